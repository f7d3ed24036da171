"""`eniplan check`: judge plans, or instance types named on the command line.

Annotations are not postponed in this file: typer would evaluate each from its text, 2 ms at every start.
"""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from eniplan import facts
from eniplan.cli.fixes import Fixes
from eniplan.cli.options import (
    ConciseOption,
    EcsRoleOption,
    EndpointOption,
    ExplainOption,
    FailOnOption,
    Level,
    OutputOption,
    ReportFormat,
    ReportFormatOption,
    SpecsDateOption,
    SpecsOption,
    StrictOption,
    WaiversOption,
    is_given,
    judged_by,
)
from eniplan.cli.others import OtherInputs
from eniplan.cli.quick import ClusterOptions, plan_of_types
from eniplan.cli.show import detail_of, outputs, show
from eniplan.cli.waivers import waivers as waivers_of
from eniplan.errors import InputError, Place, Problem, usage
from eniplan.judging.check import check as judge_plans
from eniplan.messages import say
from eniplan.plan.load import DEFAULT_FILE, MARKDOWN_ENDINGS, LoadedPlan, load
from eniplan.rules import ALL

if TYPE_CHECKING:
    from eniplan.report.model import Report


def check(
    context: typer.Context,
    plans: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PLAN]...", help="Plans or other inputs: files, folders of them, or - for stdin."),
    ] = None,
    form: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = None,
    concise: ConciseOption = False,
    explain: ExplainOption = False,
    fail_on: FailOnOption = Level.ERROR,
    strict: StrictOption = False,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Facts of the cluster for inputs without them: a plan, or its cluster part."),
    ] = None,
    var: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Set a variable of Terraform's HCL. Repeatable."),
    ] = None,
    var_file: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="File of such variables, in addition to terraform.tfvars. Repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Skip these in folders, in addition to what Git ignores. Repeatable."),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Also read the code blocks of Markdown files in folders.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show what was skipped, and why.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Query the account: its facts win; contradictions become findings.")
    ] = False,
    endpoint: EndpointOption = None,
    ecs_role: EcsRoleOption = False,
    kube_context: Annotated[
        str | None,
        typer.Option(
            "--context", metavar="NAME", help="With --live: read Terway's ConfigMaps through this kubectl context."
        ),
    ] = None,
    kubeconfig: Annotated[
        str | None, typer.Option(metavar="FILE", help="With --live: read them through this kubeconfig.")
    ] = None,
    waivers: WaiversOption = None,
    baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Report only findings that are not in this baseline.")
    ] = None,
    write_baseline: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write the findings of this run as the baseline.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Fix what has exactly one right answer, in your files.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print what --fix would change, without writing.")] = False,
    unsafe_fixes: Annotated[
        bool, typer.Option("--unsafe-fixes", help="With --fix or --diff: also fixes that may not be what you meant.")
    ] = False,
    max_age: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Warn about limits whose source is older than this.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Without a plan: check this type. Repeatable.")
    ] = None,
    families: Annotated[
        list[str] | None,
        typer.Option("--family", metavar="FAMILY", help="Without a plan: check this family. Repeatable."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="With --type: ecs (default) or lingjun.")] = None,
    terway: Annotated[
        str | None, typer.Option(metavar="VERSION", help="With --type: the cluster's Terway version.")
    ] = None,
    ip_stack: Annotated[str | None, typer.Option(help="With --type: ipv4 or dual.")] = None,
    erdma: Annotated[
        bool | None, typer.Option("--erdma/--no-erdma", help="With --type: enable_erdma of eni-config.")
    ] = None,
) -> None:
    """Check whether node pools will work, from plans, Terraform, ROS, request bodies, scripts or manifests.

    \b
    Examples:
      eniplan check plan.yaml
      eniplan check plans/ --format json --fail-on warning
      eniplan check plans/ --format github --output sarif=eniplan.sarif
      cat plan.yaml | eniplan check -
      terraform show -json plan.out | eniplan check - --cluster cluster.yaml
      eniplan check infrastructure/ --cluster cluster.yaml --verbose
      eniplan check plan.yaml --live
      eniplan check plan.yaml --diff  # what `eniplan check plan.yaml --fix` would change
      eniplan check infrastructure/ --write-baseline baseline.json  # from then on: --baseline baseline.json
      eniplan check --type ecs.g8i.8xlarge --terway v1.16.4 --ip-stack dual
    """
    files = outputs(output or [])
    detail = detail_of(form, concise=concise, explain=explain)
    catalog, settings = judged_by(specs, specs_date, strict=strict, max_age=max_age)
    fixes = Fixes(write=fix, diff=diff, unsafe=unsafe_fixes)
    fixes.refuse(form, has_files=not (live or types or families))
    stated = ClusterOptions(kind, terway, ip_stack, erdma)
    values = _assignments(var or [])
    others = OtherInputs(catalog, cluster, values, var_file or [], asks=live)
    loaded: Iterable[LoadedPlan | Problem]
    if not live and (endpoint is not None or ecs_role or kube_context is not None or kubeconfig is not None):
        message = say(
            "--endpoint, --ecs-role, --context and --kubeconfig require --live; without it the account is not queried"
        )
        raise usage(message)
    if types or families:
        _refuse_plans(context, plans, live=live)
        baseline = baseline if is_given(context, "baseline") else None  # a default is about the files of a repository
        loaded = [plan_of_types(types or [], families or [], stated, catalog)]
        rules = tuple(rule for rule in ALL if facts.OF_TYPES.issuperset(rule.needs))
    else:
        stated.refuse()
        if cluster is not None or var_file:
            others.make()  # reports unreadable files of facts or values first
        more = MARKDOWN_ENDINGS if markdown else ()
        paths = plans or _default()
        loaded = load(paths, others.make, eager=verbose, more_endings=more, exclude=tuple(exclude or ()))
        if live:
            from eniplan.cli import account  # noqa: PLC0415 - imports the SDK, half a second
            from eniplan.kube.kubectl import Kubectl  # noqa: PLC0415 - few runs have a cluster

            kube = None if (kube_context, kubeconfig) == (None, None) else Kubectl(kube_context, kubeconfig)
            loaded = account.with_live(loaded, account.access(endpoint, ecs_role=ecs_role), kube)
        rules = ALL
    accepted = () if types or families else waivers_of(waivers)
    report = judge_plans(loaded, catalog, settings, fail_on=fail_on.value, rules=rules, waivers=accepted)
    others.tell(report, verbose=verbose)

    def again() -> "Report":
        anew = OtherInputs(catalog, cluster, values, var_file or [], asks=False)
        read = load(paths, anew.make, more_endings=more, exclude=tuple(exclude or ()))
        return judge_plans(read, catalog, settings, fail_on=fail_on.value, waivers=waivers_of(waivers))

    report = fixes.made(report, again)
    if baseline is not None or write_baseline is not None:
        from eniplan.cli.baseline import apply  # noqa: PLC0415 - most checks have none

        report = apply(report, baseline, write_baseline)
    show(report, None if diff else form, files, detail)
    raise typer.Exit(report.exit_code)


def _refuse_plans(context: typer.Context, plans: list[str] | None, *, live: bool) -> None:
    """Refuse plans, and options that require plans, with --type and --family."""
    if plans:
        raise usage(say("--type and --family work without a plan: pass either these or plan files"))
    if live:
        raise usage(say("--live requires a plan, which names the cluster"))
    if is_given(context, "waivers"):
        raise usage(say("--waivers requires plan files"))
    if is_given(context, "cluster"):
        message = say("--cluster is for inputs other than plans; with --type use --terway and --ip-stack")
        raise usage(message)


def _assignments(values: list[str]) -> list[str]:
    """Check that each value of --var has the form NAME=VALUE, as Terraform requires."""
    for value in values:
        if not value.partition("=")[1]:
            raise usage(say("--var needs NAME=VALUE, not {value}", value=value))
    return values


def _default() -> list[str]:
    if os.path.exists(DEFAULT_FILE):
        return [DEFAULT_FILE]
    hint = say(
        "name a plan file, a folder, or - for stdin; `eniplan init` writes {default_file}", default_file=DEFAULT_FILE
    )
    message = say("nothing to check: there is no {default_file} here", default_file=DEFAULT_FILE)
    raise InputError(Problem(message, Place("."), hint))
