"""`eniplan init`: write a commented starter plan, the plan of a running cluster, or CI jobs."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from eniplan import resources, terminal
from eniplan.cli.options import ClusterContextOption, ClusterKubeconfigOption, EcsRoleOption, EndpointOption
from eniplan.emit import cluster_plan
from eniplan.errors import Place, Problem, UsageError, usage
from eniplan.kube import dump, kubectl
from eniplan.kube.kubectl import Kubectl
from eniplan.messages import Message, say, told
from eniplan.plan.load import DEFAULT_FILE
from eniplan.terminal import STDIN
from eniplan.values import NamedTuple


class CI(StrEnum):
    """A CI service."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITHUB_SPECS = "github-specs"
    GITLAB_SPECS = "gitlab-specs"


class _New(NamedTuple):
    """A file to write into the user's repository."""

    template: str
    """Its name in templates/."""
    path: str
    """Its path from the root of the repository."""
    todo: Message
    """What the user must do next."""


_SEE_THERE = say("complete it as its first lines say: pip packages, regions, plans, and keys")
_FILES = {
    CI.GITHUB: (
        _New(
            "ci/github-workflow.yml",
            ".github/workflows/eniplan.yml",
            say("replace OWNER/REPOSITORY@COMMIT with the repository and commit of eniplan's action"),
        ),
        _New(
            "ci/github-matcher.json",
            ".github/eniplan-matcher.json",
            say(
                "needed only by steps of your own that run eniplan; they begin with "
                "`echo ::add-matcher::.github/eniplan-matcher.json`"
            ),
        ),
    ),
    CI.GITLAB: (
        _New(
            "ci/gitlab.yml",
            ".gitlab/eniplan.yml",
            say(
                "set the pip packages in it, and add to .gitlab-ci.yml: `include: {include}`",
                include="[{local: /.gitlab/eniplan.yml}]",
            ),
        ),
    ),
    CI.GITHUB_SPECS: (_New("ci/github-specs.yml", ".github/workflows/eniplan-specs.yml", _SEE_THERE),),
    CI.GITLAB_SPECS: (_New("ci/gitlab-specs.yml", ".gitlab/eniplan-specs.yml", _SEE_THERE),),
}


def init(
    file: Annotated[
        str | None,
        typer.Argument(metavar="[FILE]", help=f"Where to write it; - for stdout.  [default: {DEFAULT_FILE}]"),
    ] = None,
    ci: Annotated[
        CI | None,
        typer.Option(
            "--ci",
            help="Write a CI job instead: the check, or a monthly refresh. Run it in the root of the repository.",
        ),
    ] = None,
    from_cluster: Annotated[
        bool,
        typer.Option("--from-cluster", help="Write the plan of a running cluster: its exclusive pools and pods."),
    ] = False,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="With --from-cluster: saved kubectl output, as for verify."),
    ] = None,
    context: ClusterContextOption = None,
    kubeconfig: ClusterKubeconfigOption = None,
    cluster_facts: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="With --from-cluster: write only the cluster's facts, for check --cluster."),
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="With --from-cluster: also query the account, for what kubectl does not show."),
    ] = False,
    endpoint: EndpointOption = None,
    ecs_role: EcsRoleOption = False,
) -> None:
    """Write a commented starter plan. Existing files are never overwritten.

    \b
    Examples:
      eniplan init
      eniplan init - > pools/trading.yaml
      eniplan init --ci github
      eniplan init --ci github-specs                    # a pull request each month with newer instance data
      eniplan init --from-cluster --context prod        # the plan of the running exclusive pools
      eniplan init --from-cluster --live                # adds ids, zones and addresses from the account
      eniplan init --from-cluster --from dump.json --cluster-facts cluster.yaml
    """
    if from_cluster:
        if ci is not None:
            raise usage(say("--ci and --from-cluster write different files: use one of them"))
        asked = (endpoint, ecs_role) if live else None
        if asked is None and (endpoint is not None or ecs_role):
            raise usage(say("--endpoint and --ecs-role require --live; without it the account is not queried"))
        _from_cluster(file, from_, Kubectl(context, kubeconfig), cluster_facts, asked)
        return
    if (from_, context, kubeconfig, cluster_facts, endpoint) != (None,) * 5 or live or ecs_role:
        raise usage(say("--from, --context, --kubeconfig, --cluster-facts and --live require --from-cluster"))
    if ci is not None:
        if file is not None:
            raise usage(say("CI files have fixed names: use --ci without FILE"))
        _write_ci(_FILES[ci])
        return
    if file == STDIN:
        terminal.out(resources.template(told("plan.yaml")))
        return
    file = DEFAULT_FILE if file is None else file
    _write(resources.template(told("plan.yaml")), file, hint=_ANOTHER)
    terminal.err(say("wrote {file}: fill in the <angle brackets>, then run `eniplan check {file}`", file=file))


_ANOTHER = say("pass another name, or - to print it")


def _from_cluster(
    file: str | None, dumped: str | None, access: Kubectl, facts: str | None, asked: tuple[str | None, bool] | None
) -> None:
    """Write the plan of a running cluster, or only the cluster's facts.

    With --live, `asked` has --endpoint and --ecs-role.
    """
    if dumped is not None and access != Kubectl():
        raise usage(say("--from reads no cluster: remove --context and --kubeconfig"))
    if facts is not None and file is not None:
        raise usage(say("--cluster-facts names the file: remove FILE"))
    seen = kubectl.observe(access) if dumped is None else dump.observe(dumped)
    write = cluster_plan.plan_text if facts is None else cluster_plan.facts_text
    if asked is None:
        text = write(seen)
    else:
        from eniplan.cli import account  # noqa: PLC0415 - imports the SDK, half a second

        endpoint, ecs_role = asked
        text = write(seen, account.of_cluster(seen, account.access(endpoint, ecs_role=ecs_role)))
    file = facts or file or DEFAULT_FILE
    if file == STDIN:
        terminal.out(text)
        return
    _write(text, file, hint=_ANOTHER)
    terminal.err(say("wrote {file}: complete what its comments ask for, then run `eniplan check {file}`", file=file))


def _write_ci(files: tuple[_New, ...]) -> None:
    hint = say("move it away to get a new one; no other file was written either")
    for new in files:
        if os.path.lexists(new.path):
            raise _exists(new.path, hint)
    for new in files:
        terminal.make_folder(os.path.dirname(new.path))
        _write(resources.template(new.template), new.path, hint=hint)
        terminal.err(say("wrote {path}: {todo}", path=new.path, todo=new.todo))
    if not os.path.lexists(".git"):
        terminal.err(say("this folder is not the root of a Git repository; these files work only there"))


def _write(text: str, path: str, *, hint: Message) -> None:
    try:
        terminal.save_new(path, text)
    except FileExistsError:
        raise _exists(path, hint) from None


def _exists(path: str, hint: Message) -> UsageError:
    return UsageError(Problem(say("the file already exists"), Place(path), hint))
