"""`eniplan verify`: prove on the running cluster that the plan holds."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from eniplan import terminal
from eniplan.catalog.store import Catalog
from eniplan.cli.options import (
    Level,
    OutputOption,
    ReportFormat,
    ReportFormatOption,
    SpecsOption,
    StrictOption,
    WaiversOption,
)
from eniplan.cli.show import outputs, show
from eniplan.cli.waivers import waivers as waivers_of
from eniplan.errors import FINDINGS, INPUT, ClusterError, Place, Problem, UsageError, usage
from eniplan.judging.verify import verify as judge
from eniplan.k8s.numbers import SECOND, go_duration
from eniplan.kube import dump, kubectl
from eniplan.kube.kubectl import Kubectl
from eniplan.messages import say
from eniplan.plan.load import LoadedPlan, load
from eniplan.rules.view import Settings
from eniplan.suggest import which_one
from eniplan.terminal import STDIN
from eniplan.text import plural

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.observed import Observed
    from eniplan.plan.document import Document
    from eniplan.plan.model import Plan
    from eniplan.report.model import Report

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0
"""Seconds between two looks at the cluster; the pause doubles each time."""


class _Source(NamedTuple):
    """Where the cluster is read from."""

    dump: str | None
    kubectl: Kubectl

    def observe(self) -> Observed:
        return kubectl.observe(self.kubectl) if self.dump is None else dump.observe(self.dump)


def register(app: typer.Typer, name: str, about: str) -> None:
    """Add the command to the program."""
    app.command(name, short_help=about)(verify)


def verify(
    plan: Annotated[
        str | None,
        typer.Argument(metavar="[PLAN]", help="A plan file, or - for stdin. Without it: every exclusive node."),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="Read what kubectl has printed: a file, a folder, or - for stdin."),
    ] = None,
    context: Annotated[
        str | None, typer.Option(metavar="NAME", help="kubectl's context. Default: the current one.")
    ] = None,
    kubeconfig: Annotated[str | None, typer.Option(metavar="FILE", help="kubectl's kubeconfig.")] = None,
    pools: Annotated[
        list[str] | None,
        typer.Option("--pool", metavar="NAME=ID", help="The node pool's id of a pool of the plan. Repeatable."),
    ] = None,
    wait: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Look again until all holds, at most so long: 90s, 10m.")
    ] = None,
    form: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = None,
    fail_on: Annotated[Level, typer.Option(help="Exit with 1 from this level on.")] = Level.ERROR,
    strict: StrictOption = False,
    specs: SpecsOption = None,
    waivers: WaiversOption = None,
) -> None:
    """Prove on the running cluster that the plan holds: nodes, PodNetworkings, pods and their ENIs.

    \b
    Examples:
      eniplan verify plan.yaml
      eniplan verify plan.yaml --context prod --wait 10m
      eniplan verify                                  # no plan: judge every exclusive node
      eniplan verify plan.yaml --from dump.json --format json

    \b
    kubectl is asked for nodes, pods, events, PodNetworkings, PodENIs, DaemonSet terway-eniip, and Terway's ConfigMaps;
    never for Secrets. A dump for --from comes from:
      kubectl get nodes,pods,events,ds,podnetworkings,podenis -A -o json
    """
    files = outputs(output or [])
    source = _Source(from_, Kubectl(context, kubeconfig))
    patience = _patience(wait)
    if from_ is not None and (context, kubeconfig, wait) != (None, None, None):
        raise usage(say("--from reads no cluster: no --context, --kubeconfig or --wait with it"))
    if from_ == plan == STDIN:
        raise usage(say("the plan and the dump cannot both come from stdin"))
    catalog = Catalog(specs=specs)
    settings = Settings(strict, None, date.today())  # noqa: DTZ011 - waivers expire on the user's own day
    planned = None if plan is None else _plan(plan)
    ids = _pool_ids(pools or [], planned)
    accepted = tuple(waivers_of(waivers))

    def look() -> Report:
        seen = source.observe()
        return judge(seen, planned, catalog, settings, fail_on=fail_on.value, pool_ids=ids, waivers=accepted)

    report = look() if patience is None else _wait(look, patience)
    show(report, form, files)
    raise typer.Exit(report.exit_code)


def _wait(look: Callable[[], Report], patience: float) -> Report:
    """Look until all holds or the time is up, and return the last report. What has been read once may fail later."""
    began = time.monotonic()
    pause = _FIRST_PAUSE
    report = look()
    while report.exit_code == FINDINGS:
        left = began + patience - time.monotonic()
        if left <= 0:
            terminal.err(f"time is up after {patience:g} s: it does not hold")
            break
        pause = min(pause, left)
        failing = [finding.rule.id for finding in report.findings if report.fails(finding)]
        why = ", ".join(dict.fromkeys(failing)) or "facts unknown"
        terminal.err(f"{plural(len(failing), 'finding')} ({why}); looking again in {pause:.0f} s")
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
        try:
            report = look()
        except ClusterError as error:
            terminal.problems(error.problems)
    return report


def _patience(wait: str | None) -> float | None:
    """Return the seconds of --wait; None without it."""
    if wait is None:
        return None
    duration = go_duration(wait)
    if duration is None or duration < 0:
        raise usage(say("--wait {wait!r} is no duration", wait=wait), say("write 90s, 10m or 1h"))
    return duration / SECOND


def _plan(path: str) -> tuple[Document, Plan]:
    """Read the one plan; what is wrong with its form is told before anything is asked of a cluster."""
    loaded = list(load([path]))
    problems = [p for item in loaded for p in ([item] if isinstance(item, Problem) else item.problems)]
    if problems:
        terminal.problems(problems)
        if any(problem.place.path == "apiVersion" for problem in problems):
            terminal.err("    this is no plan; of a dump of a cluster: eniplan verify [PLAN] --from FILE")
        raise typer.Exit(INPUT)
    plans = [(item.document, item.plan) for item in loaded if isinstance(item, LoadedPlan) and item.plan is not None]
    if len(plans) != 1:
        message = say("a cluster is verified by one plan, and this input has {number}", number=len(plans))
        raise UsageError(Problem(message, Place(path), say("put the pools of one cluster into one plan")))
    return plans[0]


def _pool_ids(pools: list[str], plan: tuple[Document, Plan] | None) -> dict[str, str]:
    """Read --pool NAME=ID."""
    found = {}
    for text in pools:
        name, equals, pool_id = text.partition("=")
        if not (name and equals and pool_id):
            raise usage(say("--pool {text!r} is not NAME=ID", text=text), say("such as trading=np01234"))
        known = [] if plan is None else [pool.name for pool in plan[1].node_pools]
        if name not in known:
            raise usage(say("the plan has no node pool {name!r}", name=name), which_one(name, known))
        found[name] = pool_id
    return found
