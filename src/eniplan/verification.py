"""A running cluster + plan + rules -> report. Knows no format, reads nothing and prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.limits import Capacity, capacity
from eniplan.engine import waive
from eniplan.errors import OK, Place, Problem
from eniplan.messages import facts_of
from eniplan.observed import KINDS
from eniplan.report.model import Finding, PoolSheet, Proven, Report, Undecided
from eniplan.rules import ALL, CLUSTER
from eniplan.rules.base import Hit
from eniplan.rules.cluster_view import ClusterView
from eniplan.rules.view import PlanView, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from eniplan.catalog.store import Catalog
    from eniplan.observed import Observed
    from eniplan.plan.document import Document, Path
    from eniplan.plan.model import Plan
    from eniplan.plan.waivers import WaiverFile
    from eniplan.rules.base import Level, Rule, Unknown
    from eniplan.rules.cluster_view import Group


def verify(  # noqa: PLR0913 - what is judged, by what, and how strictly
    observed: Observed,
    plan: tuple[Document, Plan] | None,
    catalog: Catalog,
    settings: Settings,
    *,
    fail_on: Level = "error",
    pool_ids: Mapping[str, str] | None = None,
    waivers: Iterable[WaiverFile | Problem] = (),
) -> Report:
    """Judge a running cluster.

    Args:
        observed: what was seen of it.
        plan: what it should be; without one every exclusive node is judged for itself.
        catalog: the instance data.
        settings: how strictly.
        fail_on: the level from which on a finding fails.
        pool_ids: the id of a node pool by the name of its pool in the plan, where the user states it.
        waivers: waivers that do not stand in the plan.

    """
    document, plan_view = (None, None) if plan is None else (plan[0], PlanView(plan[1], catalog, settings))
    view = ClusterView(observed, plan_view, catalog, pool_ids)
    findings: list[Finding] = []
    unknown: dict[str, tuple[Unknown, dict[str, None]]] = {}
    for rule in CLUSTER:
        for outcome in rule.check(view):
            if isinstance(outcome, Hit):
                findings.append(_finding(rule, outcome, _place(observed, document, outcome.path)))
            else:
                unknown.setdefault(outcome.words, (outcome, {}))[1][rule.id] = None
    inputs = (*(() if document is None else (document.file,)), observed.source)
    rules = (*CLUSTER, *(rule for rule in ALL if rule.id.startswith("WV")))
    findings, problems = waive(findings, (*_waivers_of(plan), *waivers), inputs, catalog, settings, rules)
    report = Report(
        inputs,
        tuple(sorted(findings, key=lambda f: _order(f, observed))),
        tuple(
            Undecided(item.words, _place(observed, document, item.path), tuple(sorted(rules)), item.find)
            for item, rules in unknown.values()
        ),
        tuple(problems),
        tuple(_sheet(view, group, inputs[0]) for group in view.groups),
        catalog.date,
        catalog.count(),
        OK,
        fail_on,
        settings.strict,
        rules,
        own_specs=catalog.own,
    )
    return report._replace(exit_code=report.verdict())


def _order(finding: Finding, observed: Observed) -> tuple[int, bool, int, int, str, str]:
    """Put causes before their symptoms, and of one rule the plan before the cluster: whatever their names are."""
    place = finding.place
    cause = CLUSTER.index(finding.rule) if finding.rule.on_cluster else -1
    return cause, place.file == observed.source, place.line, place.column, place.path, finding.message


def _place(observed: Observed, document: Document | None, path: Path) -> Place:
    """Return where a finding points: to an object of the cluster, or into the plan."""
    if document is None or path[0] in KINDS:
        return Place(observed.source, path="/".join(map(str, path)))
    return document.place(path)


def _finding(rule: Rule, hit: Hit, place: Place) -> Finding:
    facts = {**facts_of(hit.message), **hit.facts}
    return Finding(rule, hit.level or rule.level, place, hit.message, hit.hint, facts, rule.sources)


def _waivers_of(plan: tuple[Document, Plan] | None) -> tuple[WaiverFile, ...]:
    """Return the waivers that stand in the plan."""
    if plan is None or not plan[1].waivers:
        return ()
    from eniplan.plan.waivers import WaiverFile  # noqa: PLC0415 - compiles a schema of its own

    return (WaiverFile(plan[0], plan[1].waivers),)


def _sheet(view: ClusterView, group: Group, file: str) -> PoolSheet:
    """Return what the nodes of a group carry, and how much of it was seen."""
    pool = group.pool
    types: dict[str, Capacity] = {}
    expected: list[int | None] = []
    for node in group.exclusive:
        name = node.instance_type or "unknown"
        if name not in types:
            record = None if node.is_lingjun else view.catalog.get(name)
            nothing = Capacity(view.room(node), None, None)
            types[name] = nothing if record is None else capacity(record, erdma=bool(view.erdma(node)))
        if not node.is_lingjun:
            expected.append(types[name].exclusive)
    if pool is not None and not types:  # no node yet: what the plan's types would give
        types = {name: Capacity(pods, None, None) for name, pods in pool.pods_per_node.items()}
    ecs = [node for node in group.exclusive if not node.is_lingjun]
    placed = [pod for node in group.exclusive for pod in view.pods_by_node[node.name] if not pod.leaving]
    bound = [found for pod in placed if (found := view.pod_eni(pod)) is not None and found.is_bound]
    unseen = view.observed.unseen
    total = _total(expected)
    return PoolSheet(
        file,
        group.name or group.label,
        pool.pool.kind if pool else "ecs" if ecs else "lingjun",
        types,
        (pool.pool.planned_size, pool.pool.largest_size) if pool else (len(group.nodes), len(group.nodes)),
        (pool.least_pods(pool.pool.planned_size), pool.least_pods(pool.pool.largest_size)) if pool else (total, total),
        {},
        {},
        Proven(
            len(group.nodes),
            sum(node.ready for node in group.nodes),
            sum(node.allocatable or 0 for node in ecs) if ecs else None,
            total if ecs else None,
            None if "Pod" in unseen else len(placed),
            None if {"Pod", "PodENI"} & set(unseen) else len(bound),
        ),
    )


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
