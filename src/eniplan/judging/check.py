"""Checks plans: plans + facts + rules -> report. Knows no output format and prints nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eniplan.errors import Place, Problem
from eniplan.judging import sheets
from eniplan.judging.judge import Judge, each_once, finding, in_order
from eniplan.judging.waive import waive
from eniplan.messages import say
from eniplan.plan.model import Cluster
from eniplan.report.model import Account, Report
from eniplan.rules import ALL
from eniplan.rules.base import AccountRule, PlanRule, TypeRule
from eniplan.rules.shared import share
from eniplan.rules.view import PlanView
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from eniplan.catalog.store import Catalog
    from eniplan.plan.document import Document, Path
    from eniplan.plan.live import LiveFacts
    from eniplan.plan.load import LoadedPlan
    from eniplan.plan.model import Plan
    from eniplan.plan.waivers import WaiverFile
    from eniplan.report.model import Finding, PoolSheet, Undecided, ZoneUse
    from eniplan.rules.base import AnyRule, Fix, Level, Settings
    from eniplan.rules.shared import Share


_REPLACED = ("podNetworkings", "workloads")
"""The parts of a plan of which manifests can have another version."""


class _Own(NamedTuple):
    """The findings of a plan, and its waivers, which apply to them."""

    file: WaiverFile | None
    """None: it has no waivers."""
    findings: list[Finding]
    rules: tuple[AnyRule, ...]
    """The rules applied to the plan. Waiver rules judge waivers that are also in another file only once."""


class _Counted(NamedTuple):
    """The capacity and needs of a plan, as the report counts them."""

    pools: tuple[PoolSheet, ...]
    zones: tuple[ZoneUse, ...]
    share: Share | None
    """What it shares with other plans of its cluster; None: nothing."""
    cluster: tuple[str, str | None]
    """The form of the input, and the id of the cluster."""
    findings: list[Finding]
    """What was found in it; findings across plans are added."""


class _Run:
    """All that a check has read and found so far."""

    def __init__(self, catalog: Catalog, settings: Settings, rules: tuple[AnyRule, ...]) -> None:
        self._catalog = catalog
        self._settings = settings
        self._rules = rules
        self._offline = tuple(rule for rule in rules if not isinstance(rule, AccountRule))
        self._own: list[_Own] = []
        self._counted: list[_Counted] = []
        self._counts: dict[tuple[object, ...], int] = {}
        """The index of each plan in that list, by place. A plan judged again with manifests is counted with them."""
        self.zones: list[ZoneUse] = []
        self.undecided: list[Undecided] = []
        self.problems: list[Problem] = []
        self.inputs: dict[str, None] = {}
        self.accounts: dict[Account, None] = {}
        self.failures: dict[Problem, None] = {}

    def rules(self, *, live: bool) -> tuple[AnyRule, ...]:
        """Return the rules that apply with or without an account."""
        return self._rules if live else self._offline

    def take(self, item: LoadedPlan | Problem) -> None:
        if isinstance(item, Problem):
            self.problems.append(item)
            self.inputs[item.place.file] = None
            return
        self.problems += item.problems
        self.inputs.update(dict.fromkeys(item.files or (item.document.file,)))
        if item.plan is not None:
            view = PlanView(item.plan, self._catalog, self._settings, item.live)
            self._judge(item, view)
            view.free()

    def _judge(self, item: LoadedPlan, view: PlanView) -> None:
        live = item.live
        if live is not None:
            self.accounts[Account(view.stated.cluster.id, live.region, live.read_on)] = None
            self.failures |= dict.fromkeys(_failures(live, item.document.place(("cluster",))))
        rules = _about(view, self.rules(live=live is not None))
        document = item.document
        judge = Judge(document.place, item.left_out, view.unread, document.note, document.word, partial(_fix, document))
        judge.leave_open(item.gaps, item.document.value, rules)
        for rule in rules:
            if isinstance(rule, PlanRule):
                judge.ask(rule, view)
            elif isinstance(rule, AccountRule):
                judge.ask(rule, (view, live))
        _ask_of_types(judge, view, {rule.id for rule in rules if isinstance(rule, TypeRule)})
        self.undecided += judge.undecided()
        at = self._counts.get(item.document.place(())[:3]) if item.beside else len(self._counted)
        if at is not None and at < len(self._counted):
            findings = self._counted[at].findings
            findings[:] = [*_said_alone(findings, document, view.plan), *judge.findings]
        else:
            findings = judge.findings
            file = None
            if view.plan.waivers:
                from eniplan.plan.waivers import WaiverFile  # noqa: PLC0415 - compiles a schema of its own

                file = WaiverFile(item.document, view.plan.waivers, left_out=item.left_out)
            self._own.append(_Own(file, findings, () if item.beside else self.rules(live=live is not None)))
        if at is not None:
            self._count(item, view, findings, at)

    def _count(self, item: LoadedPlan, view: PlanView, findings: list[Finding], at: int) -> None:
        # Two inputs may define one pool: HCL and its Terraform plan.
        may_share = view.cluster.id is not None and (item.beside or item.form or not item.files)
        shared = share(item.document, view) if may_share else None
        pools, zones = tuple(sheets.planned(item, view)), tuple(sheets.zones(view))
        self._counted[at : at + 1] = [_Counted(pools, zones, shared, (item.form, view.cluster.id), findings)]
        if not item.files:
            self._counts[item.document.place(())[:3]] = at

    def finish(self, waivers: Iterable[WaiverFile | Problem]) -> list[Finding]:
        """Check what plans share, and apply all waivers."""
        shares: dict[tuple[str, str | None], list[tuple[Share, _Counted]]] = {}
        for counted in self._counted:
            if counted.share is None:
                self.zones += counted.zones
            else:
                shares.setdefault(counted.cluster, []).append((counted.share, counted))
        for (form, _), plans in shares.items():
            plans.sort(key=lambda plan: plan[0].place)
            # A plan file given twice counts once. Other inputs are read once, and may share the file of a module.
            self._across(plans if form else list({plan[0].place: plan for plan in plans}.values()))
        today = self._settings.today
        found: list[Finding] = []
        for own in self._own:
            if own.file is None:
                found += own.findings
            else:
                found += waive(own.findings, own.file, own.rules, (own.file.document.file,), today)
        found = each_once(found)
        for file in waivers:
            if isinstance(file, Problem):
                self.problems.append(file)
            else:
                self.problems += file.problems
                found = waive(found, file, self.rules(live=bool(self.accounts)), self.inputs, today)
        return found

    @property
    def pools(self) -> Iterator[PoolSheet]:
        """The pools of all plans."""
        return (pool for counted in self._counted for pool in counted.pools)

    def _across(self, once: list[tuple[Share, _Counted]]) -> None:
        """Check the plans of a cluster together."""
        shares = tuple(share for share, _ in once)
        for rule in self._rules:
            if rule.across is not None:
                for i, hit in rule.across(shares):
                    once[i][1].findings.append(finding(rule, hit, shares[i].places[hit.path]))
        each = [counted.zones for _, counted in once]
        self.zones += each[0] if len(each) == 1 else sheets.zones_together(shares, each)


def check(  # noqa: PLR0913 - subject, data and options
    loaded: Iterable[LoadedPlan | Problem],
    catalog: Catalog,
    settings: Settings,
    *,
    fail_on: Level = "error",
    rules: tuple[AnyRule, ...] = ALL,
    waivers: Iterable[WaiverFile | Problem] = (),
) -> Report:
    """Check plans one at a time, so that memory grows with the findings and not with the plans.

    `loaded` has the plans, and the problems of those that cannot be read; `waivers` are those beside the plans' own.
    """
    run = _Run(catalog, settings, rules)
    for item in loaded:
        run.take(item)
    if not run.inputs:
        hint = say("name a plan file, a folder, or - for stdin")
        run.problems.append(Problem(say("nothing to check"), Place("-"), hint))
    findings = run.finish(waivers)
    findings.sort(key=lambda f: (f.place.file, f.place.line, f.place.column, f.rule.id, f.message))
    problems = sorted(dict.fromkeys((*run.problems, *run.failures)), key=lambda p: p.place[:3])
    return Report(
        tuple(run.inputs),
        tuple(findings),
        in_order(run.undecided),
        tuple(problems),
        tuple(run.pools),
        catalog.specs(settings.aged_on),
        fail_on=fail_on,
        strict=settings.strict,
        rules=run.rules(live=bool(run.accounts)),
        accounts=tuple(run.accounts),
        failures=tuple(run.failures),
        zones=tuple(run.zones),
    ).judged()


def _about(view: PlanView, rules: tuple[AnyRule, ...]) -> tuple[AnyRule, ...]:
    """Return the rules that apply to a plan: without pools, none about a cluster that it does not state."""
    plan = view.plan
    if plan.node_pools or plan.cluster != Cluster(plan.cluster.id):
        return rules
    return tuple(rule for rule in rules if not all(fact.key.startswith("cluster") for fact in rule.needs))


def _said_alone(findings: Iterable[Finding], both: Document, plan: Plan) -> Iterator[Finding]:
    """Yield the findings of a plan alone that hold beside manifests: those about what these replace in the plan.

    Everything else is judged again with the manifests, which tell more: whose pods use which addresses, for example.
    """
    paths = (*(pn.path for pn in plan.pod_networkings), *(workload.path for workload in plan.workloads))
    kept = {both.place(path).path for path in paths}
    for found in findings:
        part = found.place.path.partition(".")[0]
        if part.startswith(_REPLACED) and part not in kept:
            yield found


def _ask_of_types(judge: Judge, view: PlanView, rules: Collection[str]) -> None:
    """Apply rules to the instance types of each pool and to unknown families."""
    for pool in view.ecs_pools:
        said = [(use.path, view.types.said(use.name, view.demands)) for use in pool.types]
        for choice in pool.families:
            if not choice.selected and not choice.rejected:
                path = (*pool.path, "instanceFamilies", choice.position)
                said.append((path, view.types.said(choice.family, view.demands, is_family=True)))
        for path, outcomes in said:
            for rule, outcome in outcomes:
                if rule.id in rules:
                    judge.take(rule, outcome, path)


def _failures(live: LiveFacts, place: Place) -> Iterator[Problem]:
    """Yield the API calls that failed. A missing permission is not a failure: its facts stay unknown."""
    for unread in live.unread:
        if not unread.denied:
            hint = say("the rules that need it are undecided: run it again")
            yield Problem(
                say("cannot read {words}: {reason}", words=unread.fact.words, reason=unread.reason), place, hint
            )


def _fix(document: Document, path: Path, fix: Fix) -> Fix:
    """Return a fix with its place in the user's file, or with the reason why it has none."""
    at = document.written(path)
    return fix._replace(why_not=document.unwritable(path)) if at is None else fix._replace(path=at)
