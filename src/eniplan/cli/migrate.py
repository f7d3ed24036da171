"""`eniplan migrate`: write a runbook and a script that move workloads to an exclusive pool. It only writes files.

Annotations are not postponed in this file: typer would evaluate each from its text, 2 ms at every start.
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from itertools import count as count_from
from typing import Annotated, Any

import typer

from eniplan import terminal
from eniplan.cli.chosen import chosen_pools
from eniplan.cli.create_pool import Spelling, written
from eniplan.cli.options import (
    BUNDLED,
    ContextOption,
    GateOption,
    KubeconfigOption,
    Level,
    SpecsDateOption,
    SpecsOption,
    StrictOption,
    WaiversOption,
)
from eniplan.cli.passed import Gate, Passed, named_input, passed_plans, placed
from eniplan.cli.waivers import DEFAULT_FILE as WAIVERS_FILE
from eniplan.emit.manifests import render
from eniplan.emit.migration import Room, moves, namespace_labels
from eniplan.emit.patch import patch
from eniplan.emit.refusal import RefusalError
from eniplan.emit.runbook import RUNBOOK, SCRIPT, Migration, Words, files, runbook
from eniplan.emit.skeletons import Skeletons
from eniplan.errors import KUBECTL, InputError, Place, Problem, usage
from eniplan.messages import count, say
from eniplan.observed import NODE_POOL_LABEL
from eniplan.plan.document import read_documents
from eniplan.plan.load import DEFAULT_FILE
from eniplan.report.model import PoolSheet
from eniplan.rules.addresses import total
from eniplan.terminal import STDIN
from eniplan.text import file_name

_POOL_ID = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}"


def migrate(
    plan: Annotated[
        str, typer.Argument(metavar="[PLAN]", help="The plan of the exclusive pool, with the workloads that move.")
    ] = DEFAULT_FILE,
    old: Annotated[str, typer.Option("--from", metavar="ID", help="Id of the old node pool, such as np0123.")] = "",
    manifests: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="The workloads today, and their PodDisruptionBudgets: manifests, or output of kubectl get -o json. "
            "Repeatable. Default: read from the running cluster with kubectl.",
        ),
    ] = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
    out_dir: Annotated[str, typer.Option(metavar="DIR", help="Write the migration into this folder.")] = "migration",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the runbook, without writing files.")] = False,
    fail_on: GateOption = Level.ERROR,
    strict: StrictOption = False,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
    waivers: WaiversOption = None,
) -> None:
    """Plan how to move workloads to an exclusive pool: a runbook, a script with gates, and the manifests.

    \b
    Examples:
      eniplan migrate plan.yaml --from np0123 --manifests app.yaml --dry-run
      eniplan migrate plan.yaml --from np0123 --context prod
      sh migration/migrate.sh             # stops at the first gate; safe to run again
      sh migration/migrate.sh undo        # moves the workloads back

    The mode of a node pool cannot be switched. The script creates the new pool and moves one workload after the other
    without falling below its PodDisruptionBudget; `migrate.sh retire` retires the old pool.
    """
    if not re.fullmatch(_POOL_ID, old):
        raise usage(say("--from must be the id of the old node pool"),
                    say("kubectl get nodes -L alibabacloud.com/nodepool-id"))  # fmt: skip
    if manifests and (context or kubeconfig):
        raise usage(say("use either --manifests or the running cluster"), say("drop one of the two"))
    if plan == STDIN and STDIN in (manifests or ()):
        raise usage(say("the plan and the manifests cannot both be stdin"))
    how = Gate(fail_on.value, strict, specs, waivers, specs_date)
    plans, report = passed_plans(plan, how)
    if len(plans) != 1:
        raise usage(say("migrate takes one plan"), say("pass a file with one plan"))
    source = plans[0]
    texts = dict(map(named_input, manifests or ()))
    values: list[object] = [d.value for path, data in texts.items() for d in read_documents(path, data)]
    access: Words = ()
    if not manifests:
        values, access = _cluster(context, kubeconfig, source, old)
    gate, copies = _gate(how)
    with placed(source.document):
        found = Migration(
            old,
            _plain(source),
            moves(source.view.plan, values, {sheet.name: _room(sheet) for sheet in report.pools}, old),
            tuple(render(source.view.plan, Skeletons(None), workloads=False)),
            _spellings(plans),
            _patched(texts, source),
            namespace_labels(source.view.plan, values),
            access,
            gate,
            copies,
        )
    if dry_run:
        terminal.out(runbook(found))
        return
    written_files = files(found)
    terminal.save_all(out_dir, written_files)
    terminal.err(count(len(written_files), "{n} file", "{n} files"))
    for item in found.moves:
        if item.by_hand:
            terminal.err(say("note: {title}: {why}", title=item.title, why=item.by_hand))
        elif item.asks:
            terminal.err(say("note: {title} {what}", title=item.title, what=item.asks))
    terminal.err(
        say("wrote {folder}: read {runbook}, then run {script}", folder=out_dir, runbook=RUNBOOK, script=SCRIPT)
    )


def _plain(source: Passed) -> dict[str, Any]:
    value = source.document.value
    assert isinstance(value, dict)  # noqa: S101 - it passed the check as a plan
    return value


def _cluster(context: str | None, kubeconfig: str | None, source: Passed, old: str) -> tuple[list[object], Words]:
    """Read the workloads from the running cluster; return them, and the kubectl options that select it."""
    from eniplan.kube import kubectl  # noqa: PLC0415 - files do not need it

    kube = kubectl.Kubectl(context, kubeconfig and os.path.abspath(kubeconfig))
    values = list(kubectl.workloads(kube, [workload.identity for workload in source.view.plan.workloads]))
    if kubectl.has_node_of(kube, old) is False:
        message = say("no node has {label}={old}", label=NODE_POOL_LABEL, old=old)
        hint = say("--from is the id of the old node pool: kubectl get nodes -L {label}",
                   label=NODE_POOL_LABEL)  # fmt: skip
        raise InputError(Problem(message, Place(KUBECTL), hint))
    return list(values), tuple(kube.options)


def _gate(how: Gate) -> tuple[Words, Mapping[str, str]]:
    """Return the options that make the script's `eniplan` calls judge like this run, and the files they name."""
    words = [] if how.fail_on == "error" else [f"--fail-on={how.fail_on}"]
    words += ["--strict"] if how.strict else []
    words += [] if how.specs_date is None else [f"--specs-date={how.specs_date}"]
    copies = {}
    named = how.waivers or (WAIVERS_FILE if os.path.exists(WAIVERS_FILE) else None)
    for option, path in (("--specs", how.specs), ("--waivers", named)):
        if option == "--specs" and path == BUNDLED:
            words.append("--specs=bundled")
        elif path is not None:
            name = f"{option[2:]}{os.path.splitext(path)[1]}"
            copies[name] = named_input(path)[1].decode("utf-8-sig")
            words.append(f"{option}={name}")
    return tuple(words), copies


def _room(sheet: PoolSheet) -> Room:
    addresses = total(zone.available for zone in sheet.zones.values()) if sheet.zones else None
    return Room(sheet.pods[1], addresses)  # an autoscaled pool grows with the move


def _spellings(plans: Sequence[Passed]) -> Mapping[str, str]:
    """Return the new pools in every output format that can express them, by file name."""
    out: dict[str, str] = {}
    chosen = chosen_pools(plans, None)
    for spelling, name in ((Spelling.CLI, "create.sh"), (Spelling.TERRAFORM, "pools.tf"), (Spelling.ROS, "stack.json")):
        try:
            out[name] = written(chosen, spelling)
        except InputError as error:
            terminal.err(say("note: {file} was not written: {why}", file=f"pool/{name}", why=error.problems[0].message))
    for one in chosen:
        out[_unused(f"{file_name(one.pool.name)}.json", out)] = written([one], Spelling.API)
    return out


def _unused(name: str, taken: Collection[str]) -> str:
    """Return a file name that is not taken: the name itself, or else with a number."""
    stem, ending = os.path.splitext(name)
    numbered = (f"{stem}-{number}{ending}" for number in count_from(2))
    return next(each for each in chain([name], numbered) if each not in taken)


def _patched(texts: Mapping[str, bytes], source: Passed) -> Mapping[str, str]:
    """Return the user's own manifests, completed. Live objects that kubectl printed are not meant to be applied."""
    out: dict[str, str] = {}
    for path, data in texts.items():
        text = data.decode("utf-8-sig")  # cannot fail: it was read as a document
        if '"uid":' not in text and "\n  uid: " not in text:
            try:
                name, ending = os.path.splitext(os.path.basename(path))
                # kubectl reads a file of a folder by its ending, which stdin lacks.
                out[_unused(name + (ending or ".yaml"), out)] = patch(path, text, source.view.plan)[0]
            except RefusalError:
                raise
            except InputError as error:
                terminal.err(say("note: {file} was not completed: {why}", file=path, why=error.problems[0].message))
    return out
