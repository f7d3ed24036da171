"""`eniplan verify`: compare a running cluster with its plan."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from eniplan import terminal
from eniplan.cli.options import (
    ConciseOption,
    ContextOption,
    ExplainOption,
    FailOnOption,
    KubeconfigOption,
    Level,
    OutputOption,
    ReportFormat,
    ReportFormatOption,
    SpecsDateOption,
    SpecsOption,
    StrictOption,
    WaiversOption,
    judged_by,
    seconds,
)
from eniplan.cli.show import detail_of, outputs, show, show_files
from eniplan.cli.waivers import waivers as waivers_of
from eniplan.errors import FINDINGS, OK, ClusterError, InputError, Place, Problem, UsageError, usage
from eniplan.judging import trace
from eniplan.judging.verify import verify as judge
from eniplan.judging.verify import view_of
from eniplan.kube import dump, kubectl
from eniplan.kube.kubectl import Kubectl
from eniplan.messages import count, say, together
from eniplan.plan.load import load, plans_of
from eniplan.report import brief
from eniplan.report import trace as trace_report
from eniplan.suggest import did_you_mean, which_one
from eniplan.terminal import STDIN
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.observed import Observed
    from eniplan.plan.document import Document
    from eniplan.plan.model import Plan
    from eniplan.report.model import Report
    from eniplan.rules.cluster_view import ClusterView

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0
"""Seconds between two reads of the cluster; the pause doubles each time."""


_TRACED = (ReportFormat.TEXT, ReportFormat.JSON)


class _Source(NamedTuple):
    """Where to read the cluster from."""

    dump: str | None
    kubectl: Kubectl

    wanted: frozenset[tuple[str, str]] = frozenset()
    """The plan's workloads."""

    def observe(self, follow: tuple[str, str] | None = None) -> Observed:
        """Read the cluster; with `follow` (namespace and name), read more fields of that pod."""
        if self.dump is not None:
            return dump.observe(self.dump, follow, self.wanted)
        return kubectl.observe(self.kubectl, follow, self.wanted)


def verify(
    plan: Annotated[
        str | None,
        typer.Argument(metavar="[PLAN]", help="A plan file, or - for stdin. Without it: every exclusive node."),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="Read saved kubectl output: a file, a folder, or - for stdin."),
    ] = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
    pools: Annotated[
        list[str] | None,
        typer.Option("--pool", metavar="NAME=ID", help="Node pool id of a pool of the plan. Repeatable."),
    ] = None,
    pod: Annotated[
        str | None, typer.Option(metavar="[NAMESPACE/]NAME", help="Follow one pod to its ENI: where it stops, and why.")
    ] = None,
    namespace: Annotated[
        str | None,
        typer.Option(
            "--namespace", "-n", metavar="NAME", help="Namespace of --pod. Default: that of kubectl's context."
        ),
    ] = None,
    node: Annotated[str | None, typer.Option(metavar="NAME", help="Follow one node, step by step.")] = None,
    wait: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Retry until everything passes, for at most this long: 90s, 10m."),
    ] = None,
    watch: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Check again at this interval, and show what changes: 15s."),
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="A short summary on stdout: pools, rules with findings, verdict.")
    ] = False,
    form: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = None,
    concise: ConciseOption = False,
    explain: ExplainOption = False,
    fail_on: FailOnOption = Level.ERROR,
    strict: StrictOption = False,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
    waivers: WaiversOption = None,
) -> None:
    """Verify a running cluster against its plan: nodes, PodNetworkings, pods and their ENIs.

    \b
    Examples:
      eniplan verify plan.yaml
      eniplan verify plan.yaml --context prod --wait 10m
      eniplan verify                                  # no plan: judge every exclusive node
      eniplan verify plan.yaml --from dump.json --format json
      eniplan verify --pod trading/matcher-3          # why does this one not start?
      eniplan verify plan.yaml --watch 15s            # until Ctrl-C
      eniplan verify plan.yaml --format metrics > eniplan.prom

    \b
    kubectl reads nodes, pods, events, PodNetworkings, PodENIs, DaemonSet terway-eniip, and Terway's ConfigMaps;
    never Secrets. To write a dump for --from:
      kubectl get nodes,pods,events,ds,podnetworkings,podenis -A -o json
    """
    files = outputs(output or [])
    detail = detail_of(form, concise=concise, explain=explain)
    source = _Source(from_, Kubectl(context, kubeconfig))
    patience = None if wait is None else seconds("--wait", wait)
    interval = None if watch is None else seconds("--watch", watch)
    if interval == 0:
        raise usage(say("--watch {word} would query the API server without a pause", word=watch), say("such as 15s"))
    _usable(
        plan,
        source,
        wait=wait,
        watch=watch,
        pod=pod,
        node=node,
        namespace=namespace,
        summary=summary,
        form=form,
        output=output,
    )
    catalog, settings = judged_by(specs, specs_date, strict=strict)
    planned = None if plan is None else _plan(plan)
    if planned is not None:
        source = source._replace(wanted=frozenset((w.namespace, f"{w.kind} {w.name}") for w in planned[1].workloads))
    ids = _pool_ids(pools or [], planned)
    accepted = tuple(waivers_of(waivers))

    if (pod, node) != (None, None):
        followed = None if pod is None else _namespaced(pod, namespace, source)
        view = view_of(source.observe(followed), planned, catalog, settings, ids)
        found = trace.trace_node(view, node or "") if followed is None else trace.trace_pod(view, *followed)
        if found is None:
            raise InputError(_not_there(view, None if followed is None else "/".join(followed), node))
        terminal.out(trace_report.text(found) if form is ReportFormat.TEXT else trace_report.as_json(found))
        raise typer.Exit(FINDINGS if found.stopped else OK)

    def look() -> Report:
        seen = source.observe()
        return judge(seen, planned, catalog, settings, fail_on=fail_on.value, pool_ids=ids, waivers=accepted)

    if interval is not None:
        _watch(look, interval)
    report = look() if patience is None else _wait(look, patience)
    if summary:
        terminal.problems(report.problems)
        terminal.out(brief.write(report))
        show_files(report, files)
    else:
        show(report, form, files, detail)
    raise typer.Exit(report.exit_code)


_TOGETHER = (
    ({"pod"}, {"node"}, say("--pod and --node follow one object each: use one of them")),
    ({"pod", "node"}, {"wait", "watch", "summary", "output"},
     say("--pod and --node print text or json, once: remove --wait, --watch, --summary, --output and other formats")),
    ({"watch"}, {"wait", "summary", "output", "form"},
     say("--watch shows text until Ctrl-C: remove --wait, --summary, --output and --format")),
    ({"summary"}, {"form"}, say("--summary and --format are two forms of one report: use one of them")),
)  # fmt: skip
"""Pairs of conflicting option sets, with the message."""


def _usable(plan: str | None, source: _Source, **options: object) -> None:
    """Refuse invalid combinations of options."""
    given = {name for name, value in options.items() if value and value is not ReportFormat.TEXT}
    if source.dump is not None and (source.kubectl != Kubectl() or given & {"wait", "watch"}):
        raise usage(say("--from reads no cluster: remove --context, --kubeconfig, --wait and --watch"))
    if source.dump == plan == STDIN:
        raise usage(say("the plan and the dump cannot both come from stdin"))
    for some, others, why in _TOGETHER:
        if given & some and given & others - some:
            raise usage(why)
    if given & {"pod", "node"} and options["form"] not in _TRACED:
        raise usage(_TOGETHER[1][2])
    if "namespace" in given and "pod" not in given:
        raise usage(say("--namespace requires --pod"))


def _namespaced(pod: str, namespace: str | None, source: _Source) -> tuple[str, str]:
    """Return namespace and name from --pod and --namespace, with kubectl's default namespace."""
    before, slash, name = pod.rpartition("/")
    if not name or (slash and not before) or "/" in before:
        raise usage(say("--pod {word!r} is not NAMESPACE/NAME", word=pod), say("such as trading/matcher-0"))
    if slash:
        if namespace is not None and namespace != before:
            raise usage(say("--pod {word!r} and --namespace {namespace!r} differ", word=pod, namespace=namespace))
        return before, name
    if namespace is not None:
        return namespace, name
    return ("default" if source.dump is not None else kubectl.namespace(source.kubectl)), name


def _not_there(view: ClusterView, pod: str | None, node: str | None) -> Problem:
    """Return the problem of a missing pod or node, with the most similar name as a hint."""
    seen = view.observed
    if pod is None:
        known = [item.name for item in seen.nodes]
        return Problem(say("there is no node {name!r}", name=node), Place(seen.source), did_you_mean(node or "", known))
    known = [f"{item.namespace}/{item.name}" for item in seen.pods]
    return Problem(say("there is no pod {name!r}", name=pod), Place(seen.source), did_you_mean(pod, known))


def _wait(look: Callable[[], Report], patience: float) -> Report:
    """Read the cluster until everything passes or `patience` seconds are over; return the last report.

    After the first successful read, a failed read is printed and retried.
    """
    began = time.monotonic()
    pause = _FIRST_PAUSE
    report = look()
    while report.exit_code == FINDINGS:
        left = began + patience - time.monotonic()
        if left <= 0:
            terminal.err(say("timed out after {seconds} s", seconds=f"{patience:g}"))
            break
        pause = min(pause, left)
        failing = [finding.rule.id for finding in report.findings if report.fails(finding)]
        found = count(len(failing), "{n} finding", "{n} findings")
        why = tuple(dict.fromkeys(failing)) or say("facts unknown")
        terminal.err(say("{found} ({why}); retrying in {seconds} s", found=found, why=why, seconds=f"{pause:.0f}"))
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
        try:
            report = look()
        except ClusterError as error:
            terminal.problems(error.problems)
    return report


def _watch(look: Callable[[], Report], interval: float) -> NoReturn:
    """Show the state of the cluster as it changes, until Ctrl-C: in place on a terminal, as new lines elsewhere."""
    in_place, before, shown = terminal.is_rich(), "", 0
    while True:
        try:
            state = brief.write(look())
        except ClusterError as error:
            terminal.problems(error.problems)
            state, shown = before, 0
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if in_place:
            lines = [line[: terminal.width()] for line in (now, *state.splitlines())]
            up = f"\x1b[{shown}A\x1b[J" if shown else ""
            terminal.out(up + "".join(f"{line}\n" for line in lines))
            shown = len(lines)
        elif state != before:
            terminal.out("".join(f"{now} {line}\n" for line in state.splitlines()))
        before = state
        time.sleep(interval)


def _plan(path: str) -> tuple[Document, Plan]:
    """Read the one plan. Its problems are reported before the run reads the cluster."""
    plans, problems = plans_of(load([path]))
    if problems:
        if any(problem.place.path == "apiVersion" for problem in problems):
            hint = say("if it is a dump of a cluster: eniplan verify [PLAN] --from FILE")
            problems[-1] = problems[-1]._replace(hint=together((problems[-1].hint, hint), "; "))
        raise InputError(*problems)
    if len(plans) != 1:
        message = say("a cluster is verified against one plan, but this input has {number}", number=len(plans))
        raise UsageError(Problem(message, Place(path), say("put the pools of one cluster into one plan")))
    item, plan = plans[0]
    return item.document, plan


def _pool_ids(pools: list[str], plan: tuple[Document, Plan] | None) -> dict[str, str]:
    """Return the node pool ids of --pool NAME=ID, by name."""
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
