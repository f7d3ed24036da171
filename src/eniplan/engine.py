"""Plan + facts + rules -> report. Knows no format and prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eniplan import facts
from eniplan.catalog.limits import Capacity, capacity
from eniplan.errors import OK, Place, Problem
from eniplan.judging.gaps import fact_at, owner, waits
from eniplan.messages import facts_of
from eniplan.plan.document import path_text
from eniplan.plan.model import Cluster, Plan
from eniplan.report.model import Account, Addresses, Finding, PoolSheet, Report, Undecided
from eniplan.rules import ALL
from eniplan.rules.addresses import free_addresses, pool_needs
from eniplan.rules.base import Hit
from eniplan.rules.np import np006
from eniplan.rules.view import PlanView, Settings
from eniplan.rules.wv import holds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from eniplan.catalog.store import Catalog
    from eniplan.plan.document import Document, Path
    from eniplan.plan.live import LiveFacts
    from eniplan.plan.load import Gap, LoadedPlan
    from eniplan.plan.model import Waiver
    from eniplan.plan.waivers import WaiverFile
    from eniplan.rules.addresses import Demand, Needs
    from eniplan.rules.base import Level, Rule, Unknown
    from eniplan.rules.view import PoolView


def check(  # noqa: PLR0913 - what is judged, with what, and how
    loaded: Iterable[LoadedPlan | Problem],
    catalog: Catalog,
    settings: Settings,
    *,
    fail_on: Level = "error",
    rules: tuple[Rule, ...] = ALL,
    waivers: Iterable[WaiverFile | Problem] = (),
) -> Report:
    """Judge plans, one at a time, so that memory does not grow with their number but with what is found.

    Args:
        loaded: the plans, and what is wrong with those that cannot be read.
        catalog: the instance data.
        settings: how strictly.
        fail_on: the level from which on a finding fails the run.
        rules: the rules that are asked.
        waivers: waivers that stand in no plan.

    """
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    problems: list[Problem] = []
    pools: list[PoolSheet] = []
    inputs: dict[str, None] = {}
    accounts: dict[Account, None] = {}
    failures: dict[Problem, None] = {}
    offline = tuple(rule for rule in rules if rule.account is None)
    names = _PoolNames()
    for item in loaded:
        if isinstance(item, Problem):
            problems.append(item)
            inputs[item.place.file] = None
            continue
        problems += item.problems
        inputs.update(dict.fromkeys(item.files or (item.document.file,)))
        asked = rules if item.live is not None else offline
        if item.plan is not None:
            view = PlanView(item.plan, catalog, settings, item.live)
            if item.live is not None:
                accounts[Account(view.stated.cluster.id, item.live.region, item.live.read_on)] = None
                failures |= dict.fromkeys(_failures(item.live, item.document.place(("cluster",))))
            view.idle_waivers = _idle(view.plan.waivers, asked)
            judged = _Judge(item.document, view, _about(item, item.plan, asked), item.left_out, item.gaps)
            findings += judged.findings()
            undecided += judged.undecided()
            if not item.files:  # two inputs may make one pool in two ways: HCL, and its Terraform plan
                findings += names.repeated(item.document, view, rules)
            if not item.beside:
                pools += _sheets(item, view)
    if not inputs:
        problems.append(Problem("there is nothing to check", Place("-"), "name a plan file, a folder, or - for stdin"))
    # One manifest is judged beside each plan of a run, and says the same of itself each time.
    findings = list({(f.place, f.rule.id, f.message): f for f in findings}.values())
    undecided = list({(u.place, u.fact): u for u in undecided}.values())
    problems = list(dict.fromkeys(problems))
    asked = rules if accounts else offline
    findings, misfits = waive(findings, waivers, inputs, catalog, settings, asked)
    problems += misfits
    findings.sort(key=lambda f: (f.place.file, f.place.line, f.place.column, f.rule.id, f.message))
    problems += failures
    problems.sort(key=lambda p: (p.place.file, p.place.line, p.place.column))
    report = Report(
        tuple(inputs),
        tuple(findings),
        tuple(undecided),
        tuple(problems),
        tuple(pools),
        catalog.date,
        catalog.count(),
        OK,
        fail_on,
        settings.strict,
        asked,
        tuple(accounts),
        tuple(failures),
        catalog.own,
    )
    return report._replace(exit_code=report.verdict())


def _about(item: LoadedPlan, plan: Plan, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Return the rules that have something to judge in an input."""
    if item.beside:
        rules = tuple(rule for rule in rules if not rule.id.startswith("WV"))
    if plan.node_pools or plan.cluster != Cluster(plan.cluster.id):
        return rules
    return tuple(rule for rule in rules if not all(fact.key.startswith("cluster") for fact in rule.needs))


def _failures(live: LiveFacts, place: Place) -> Iterator[Problem]:
    """Yield the calls that have failed; a permission that is missing is no failure, but a fact that is not known."""
    for unread in live.unread:
        if not unread.denied:
            hint = "the rules that need it are undecided: run it again"
            yield Problem(f"cannot read {unread.fact.words}: {unread.reason}", place, hint)


def waive(  # noqa: PLR0913, PLR0917 - what is waived, by what, and in which run
    findings: list[Finding],
    waivers: Iterable[WaiverFile | Problem],
    inputs: Collection[str],
    catalog: Catalog,
    settings: Settings,
    rules: tuple[Rule, ...],
) -> tuple[list[Finding], list[Problem]]:
    """Apply files of waivers to findings, and add what the WV rules say of these waivers.

    Args:
        findings: of any input.
        waivers: the files, and what is wrong with those that cannot be read.
        inputs: what was read.
        catalog: the instance data.
        settings: how strictly.
        rules: the rules that were asked: a waiver of another one is no part of the run.

    Returns:
        The findings, and what is wrong with the files.

    """
    problems: list[Problem] = []
    about_waivers = tuple(rule for rule in rules if rule.id.startswith("WV"))
    for file in waivers:
        if isinstance(file, Problem):
            problems.append(file)
            continue
        problems += file.problems
        view = PlanView(Plan(Cluster(), (), waivers=file.waivers), catalog, settings)
        findings = [_waived(finding, file, view) for finding in findings]
        view.idle_waivers = _idle(file.waivers, rules) | frozenset(file.elsewhere(inputs))
        findings += _Judge(file.document, view, about_waivers, file.left_out).findings()
    return findings, problems


def _idle(waivers: Iterable[Waiver], rules: tuple[Rule, ...]) -> frozenset[Waiver]:
    """Return the waivers of rules that were not asked: whether these waive anything, this run does not show."""
    asked = {rule.id for rule in rules}
    others = [waiver for waiver in waivers if waiver.rule not in asked]
    if not others:
        return frozenset()
    from eniplan.rules import BY_ID  # noqa: PLC0415 - makes the rules about clusters, which most checks do not need

    return frozenset(waiver for waiver in others if waiver.rule in BY_ID)


def _waived(finding: Finding, file: WaiverFile, view: PlanView) -> Finding:
    if finding.rule.waivable and finding.waived is None:
        for waiver in file.about(finding.rule.id, finding.place):
            if holds(waiver, view.settings.today):
                view.used_waivers.setdefault(waiver, set()).add(finding.place.file)
                return finding._replace(waived=waiver.reason, waived_at=file.document.place(waiver.path))
    return finding


class _Open(NamedTuple):
    """A fact that is not known, and the rules that wait for it."""

    path: Path
    hint: str
    rules: dict[str, None]


class _Judge:
    """The outcome of all rules on one plan."""

    def __init__(
        self,
        document: Document,
        view: PlanView,
        rules: tuple[Rule, ...],
        left_out: frozenset[Path],
        gaps: tuple[Gap, ...] = (),
    ) -> None:
        self._document = document
        self._view = view
        self._left_out = left_out
        self._findings: list[Finding] = []
        self._unknown: dict[str, _Open] = {}
        self._gaps: dict[Path, dict[str, None]] = {}
        """The rules that wait for what stands at a key path."""
        self._doubtful: dict[str, None] | None = None
        """The rules that would speak if the pool were an exclusive one, where nobody knows whether it is."""
        for gap in sorted(gaps, key=lambda gap: len(gap.path)):  # told at the whole, not at a part
            self._open(gap, rules)
        for rule in rules:
            for outcome in rule.check(view):
                if isinstance(outcome, Hit):
                    self._hit(rule, outcome)
                else:
                    self._lack(rule, outcome)

    def _open(self, gap: Gap, rules: tuple[Rule, ...]) -> None:
        fact = fact_at(gap.path)
        if fact is None:
            self._gaps[gap.path] = {}
            return
        words = fact.called(owner(self._document.value, gap.path)) if fact.words else path_text(gap.path)
        waiting = self._unknown.setdefault(words, _Open(gap.path, gap.why, {})).rules
        waiting.update((rule.id, None) for rule in rules if waits(rule, gap.path))
        self._gaps[gap.path] = waiting
        if fact is facts.POOL:
            self._doubtful = waiting

    def _lack(self, rule: Rule, unknown: Unknown) -> None:
        waiting = self._gaps.get(unknown.path, self._doubtful)
        if waiting is None and unknown.path in self._left_out:
            return
        if waiting is None:
            waiting = self._unknown.setdefault(unknown.words, _Open(unknown.path, self._find(unknown), {})).rules
        waiting[rule.id] = None

    def _hit(self, rule: Rule, hit: Hit) -> None:
        waiting = self._gaps.get(hit.path, self._doubtful)
        if waiting is not None:
            waiting[rule.id] = None
            return
        if hit.path in self._left_out:
            return  # the user wrote something there, and has been told that it does not fit
        place = self._document.place(hit.path)
        finding = Finding(
            rule,
            hit.level or rule.level,
            place,
            hit.message,
            hit.hint,
            {**facts_of(hit.message), **hit.facts},
            tuple(dict.fromkeys(s for s in (*hit.sources, *rule.sources) if s is not None)),
            *self._waiver(rule, place.path),
        )
        self._findings.append(finding)

    def _waiver(self, rule: Rule, path: str) -> tuple[str, Place] | tuple[()]:
        for waiver in self._view.plan.waivers if rule.waivable else ():
            if waiver.rule == rule.id and waiver.covers(path) and holds(waiver, self._view.settings.today):
                self._view.used_waivers[waiver] = {self._document.file}
                return waiver.reason, self._document.place(waiver.path)
        return ()

    def findings(self) -> list[Finding]:
        return self._findings

    def undecided(self) -> list[Undecided]:
        return [
            Undecided(words, self._document.place(found.path), tuple(sorted(found.rules)), found.hint)
            for words, found in self._unknown.items()
            if found.rules
        ]

    def _find(self, unknown: Unknown) -> str:
        """Return how to find a fact out, and why the account did not tell it, where it was asked."""
        unread = self._view.unread(unknown.path)
        if unread is None or unread.reason in unknown.find:
            return unknown.find
        return "; or ".join(filter(None, (unread.reason, unknown.find)))


class _PoolNames:
    """NP006 across plans: two plans for one cluster may not use one name."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Place] = {}

    def repeated(self, document: Document, view: PlanView, rules: tuple[Rule, ...]) -> Iterator[Finding]:
        cluster = view.cluster.id
        if cluster is None or np006 not in rules:
            return
        for name, pool in view.pools_by_name.items():
            place = document.place((*pool.path, "name"))
            first = self._first.setdefault((cluster, name), place)
            if first is not place:
                message = f"the name {name!r} is taken in the same cluster by {first}"
                yield Finding(
                    np006, np006.level, place, message, "give each pool its own name", {"name": name}, np006.sources
                )


def _sheets(item: LoadedPlan, view: PlanView) -> Iterator[PoolSheet]:
    wanted: dict[str, list[Demand]] = {}
    for demand in view.address_demands:
        wanted.setdefault(demand.pool.pool.name, []).append(demand)
    for pool in view.pools:
        sizes = (pool.pool.planned_size, pool.pool.largest_size)
        mine = [d for d in wanted.get(pool.pool.name, ()) if d.pool is pool]
        yield PoolSheet(
            # Finding a line takes time, and only pools of several files need it.
            item.document.place(pool.path).file if item.files else item.document.file,
            pool.pool.name,
            pool.pool.kind,
            _capacities(view, pool),
            sizes,
            (pool.least_pods(sizes[0]), pool.least_pods(sizes[1])),
            _by_v_switch(pool, mine),
            _by_zone(pool, mine),
        )


def _capacities(view: PlanView, pool: PoolView) -> dict[str, Capacity]:
    erdma = bool(view.cluster.terway.erdma)
    if pool.pool.is_lingjun:
        return {name: Capacity(pods, None, None) for name, pods in pool.pods_per_node.items()}
    nothing = Capacity(None, None, None)
    return {use.name: nothing if use.record is None else capacity(use.record, erdma=erdma) for use in pool.types}


def _by_v_switch(pool: PoolView, wanted: list[Demand]) -> dict[str, Addresses]:
    out: dict[str, Addresses] = {}
    for v_switch in dict.fromkeys(v for demand in wanted for v in demand.v_switches):
        here = [demand for demand in wanted if v_switch in demand.v_switches]
        out[v_switch.id] = _addresses(pool_needs(pool, v_switch.zone, here, [v_switch]), v_switch.available_ips)
    return out


def _by_zone(pool: PoolView, wanted: list[Demand]) -> dict[str, Addresses]:
    out: dict[str, Addresses] = {}
    for zone in dict.fromkeys(demand.zone for demand in wanted):
        here = [demand for demand in wanted if demand.zone == zone]
        places = dict.fromkeys(v for demand in here for v in demand.v_switches)
        out[zone] = _addresses(pool_needs(pool, zone, here, places), free_addresses(places))
    return out


def _addresses(needs: Needs, available: int | None) -> Addresses:
    return Addresses(needs.desired.pods, needs.largest.pods, needs.desired.nodes, available, needs.largest.nodes)
