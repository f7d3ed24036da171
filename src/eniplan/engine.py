"""Plan + facts + rules -> report. Knows no format and prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.limits import Capacity, capacity
from eniplan.errors import CLOUD, FINDINGS, INPUT, OK, Place, Problem
from eniplan.plan.document import path_text
from eniplan.report.model import Account, Addresses, Finding, PoolSheet, Report, Undecided
from eniplan.rules import ALL, BY_ID
from eniplan.rules.addresses import free_addresses, pool_needs
from eniplan.rules.base import LEVELS, Hit
from eniplan.rules.view import PlanView, Settings
from eniplan.rules.wv import is_expired

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.catalog.store import Catalog
    from eniplan.plan.document import Document, Path
    from eniplan.plan.live import LiveFacts
    from eniplan.plan.load import LoadedPlan
    from eniplan.rules.addresses import Demand, Needs
    from eniplan.rules.base import Level, Rule, Unknown
    from eniplan.rules.view import PoolView


def check(
    loaded: Iterable[LoadedPlan | Problem],
    catalog: Catalog,
    settings: Settings,
    *,
    fail_on: Level = "error",
    rules: tuple[Rule, ...] = ALL,
) -> Report:
    """Judge plans, one at a time, so that memory does not grow with their number but with what is found."""
    findings: list[Finding] = []
    undecided: list[Undecided] = []
    problems: list[Problem] = []
    pools: list[PoolSheet] = []
    inputs: dict[str, None] = {}
    accounts: dict[Account, None] = {}
    failures: dict[Problem, None] = {}
    names = _PoolNames()
    for item in loaded:
        if isinstance(item, Problem):
            problems.append(item)
            inputs[item.place.file] = None
            continue
        problems += item.problems
        inputs[item.document.file] = None
        if item.plan is not None:
            view = PlanView(item.plan, catalog, settings, item.live)
            if item.live is not None:
                accounts[Account(view.stated.cluster.id, item.live.region, item.live.read_on)] = None
                failures |= dict.fromkeys(_failures(item.live))
            judged = _Judge(item.document, view, rules, item.left_out)
            findings += judged.findings()
            findings += names.repeated(item.document, view, rules)
            undecided += judged.undecided()
            pools += _sheets(item.document.file, view)
    if not inputs:
        problems.append(Problem("there is nothing to check", Place("-"), "name a plan file, a folder, or - for stdin"))
    findings.sort(key=lambda f: (f.place.file, f.place.line, f.place.column, f.rule.id, f.message))
    problems.sort(key=lambda p: (p.place.file, p.place.line, p.place.column))
    return Report(
        tuple(inputs),
        tuple(findings),
        tuple(undecided),
        (*problems, *failures),
        tuple(pools),
        catalog.date,
        catalog.count(),
        CLOUD if failures and not problems else _exit_code(problems, findings, undecided, settings, fail_on),
        tuple(accounts),
    )


def _failures(live: LiveFacts) -> Iterator[Problem]:
    """Yield the calls that have failed; a permission that is missing is no failure, but a fact that is not known."""
    from eniplan.plan.live import WORDS  # noqa: PLC0415 - offline runs do without

    for unread in live.unread:
        if not unread.denied:
            place, hint = Place(f"the account in {live.region}"), "the rules that need it are undecided: run it again"
            yield Problem(f"cannot read {WORDS[unread.fact]}: {unread.reason}", place, hint)


def _exit_code(
    problems: list[Problem], findings: list[Finding], undecided: list[Undecided], settings: Settings, fail_on: Level
) -> int:
    if problems:
        return INPUT
    failing = LEVELS[: LEVELS.index(fail_on) + 1]
    if any(f.level in failing and f.waived is None for f in findings):
        return FINDINGS
    return FINDINGS if settings.strict and undecided else OK


class _Judge:
    """The outcome of all rules on one plan."""

    def __init__(self, document: Document, view: PlanView, rules: tuple[Rule, ...], left_out: frozenset[Path]) -> None:
        self._document = document
        self._view = view
        self._left_out = left_out
        self._findings: list[Finding] = []
        self._unknown: dict[str, tuple[Unknown, dict[str, None]]] = {}
        for rule in rules:
            for outcome in rule.check(view):
                if isinstance(outcome, Hit):
                    self._hit(rule, outcome)
                else:
                    self._unknown.setdefault(outcome.fact, (outcome, {}))[1][rule.id] = None

    def _hit(self, rule: Rule, hit: Hit) -> None:
        if hit.path in self._left_out:
            return  # the user wrote something there, and has been told that it does not fit
        finding = Finding(
            rule,
            hit.level or rule.level,
            self._document.place(hit.path),
            hit.message,
            hit.hint,
            hit.facts,
            tuple(dict.fromkeys(s for s in (*hit.sources, *rule.sources) if s is not None)),
            self._waiver(rule, path_text(hit.path)),
        )
        self._findings.append(finding)

    def _waiver(self, rule: Rule, path: str) -> str | None:
        if rule.waivable:
            for waiver in self._view.plan.waivers:
                covers = path == waiver.target or path.startswith((waiver.target + ".", waiver.target + "["))
                if waiver.rule == rule.id and covers and not is_expired(waiver, self._view.settings.today):
                    self._view.used_waivers.add(waiver)
                    return waiver.reason
        return None

    def findings(self) -> list[Finding]:
        return self._findings

    def undecided(self) -> list[Undecided]:
        return [
            Undecided(unknown.fact, self._document.place(unknown.path), tuple(rules), self._hint(unknown))
            for unknown, rules in self._unknown.values()
            if unknown.path not in self._left_out
        ]

    def _hint(self, unknown: Unknown) -> str:
        """Add why the account did not tell, where it was asked for the fact."""
        unread = self._view.unread(unknown.path)
        if unread is None or unread.reason in unknown.hint:
            return unknown.hint
        return "; or ".join(filter(None, (unread.reason, unknown.hint)))


class _PoolNames:
    """NP006 across plans: two plans for one cluster may not use one name."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Place] = {}

    def repeated(self, document: Document, view: PlanView, rules: tuple[Rule, ...]) -> Iterator[Finding]:
        cluster = view.cluster.id
        rule = BY_ID["NP006"]
        if cluster is None or rule not in rules:
            return
        for name, pool in view.pools_by_name.items():
            place = document.place((*pool.path, "name"))
            first = self._first.setdefault((cluster, name), place)
            if first is not place:
                message = f"the name {name!r} is taken in the same cluster by {first}"
                yield Finding(
                    rule, rule.level, place, message, "give each pool its own name", {"name": name}, rule.sources
                )


def _sheets(file: str, view: PlanView) -> Iterator[PoolSheet]:
    wanted: dict[str, list[Demand]] = {}
    for demand in view.address_demands:
        wanted.setdefault(demand.pool.pool.name, []).append(demand)
    for pool in view.pools:
        sizes = (pool.pool.planned_size, pool.pool.largest_size)
        mine = [d for d in wanted.get(pool.pool.name, ()) if d.pool is pool]
        yield PoolSheet(
            file,
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
    return Addresses(needs.desired.pods, needs.largest.pods, needs.desired.nodes, available)
