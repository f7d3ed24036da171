"""Verifies a running cluster: cluster + plan + rules -> report. Does no I/O and knows no output format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.limits import UNKNOWN
from eniplan.errors import Place, Problem
from eniplan.judging.judge import Judge, in_order
from eniplan.judging.sheets import origins
from eniplan.judging.waive import waive
from eniplan.observed import KINDS
from eniplan.plan.model import Sizes
from eniplan.report.model import PoolSheet, Proven, Report
from eniplan.rules import ALL, CLUSTER
from eniplan.rules.addresses import total
from eniplan.rules.base import ClusterRule, Settings, WaiverRule
from eniplan.rules.cluster_view import ClusterView, grouped
from eniplan.rules.view import PlanView

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.catalog.limits import Capacity
    from eniplan.catalog.store import Catalog
    from eniplan.observed import Observed
    from eniplan.plan.document import Document, Path
    from eniplan.plan.model import Plan
    from eniplan.plan.waivers import WaiverFile
    from eniplan.report.model import Finding
    from eniplan.rules.base import Level
    from eniplan.rules.cluster_view import Group


def view_of(
    observed: Observed,
    plan: tuple[Document, Plan] | None,
    catalog: Catalog,
    settings: Settings,
    pool_ids: Mapping[str, str] | None = None,
) -> ClusterView:
    """Return the view of a running cluster; `pool_ids` maps pool names in the plan to node pool ids."""
    return ClusterView(observed, None if plan is None else PlanView(plan[1], catalog, settings), catalog, pool_ids)


def verify(  # noqa: PLR0913 - subject, data and options
    observed: Observed,
    plan: tuple[Document, Plan] | None,
    catalog: Catalog,
    settings: Settings,
    *,
    fail_on: Level = "error",
    pool_ids: Mapping[str, str] | None = None,
    waivers: Iterable[WaiverFile | Problem] = (),
) -> Report:
    """Check a running cluster against a plan. Without a plan every exclusive node is judged by itself.

    `pool_ids` has the node pool ids that the user states, by pool name; `waivers` are those beside the plan's own.
    """
    document = None if plan is None else plan[0]
    view = view_of(observed, plan, catalog, settings, pool_ids)
    judge = Judge(lambda path: _place(observed, document, path))
    for rule in CLUSTER:
        judge.ask(rule, view)
    findings = judge.findings
    inputs = (*(() if document is None else (document.file,)), observed.source)
    rules = (*CLUSTER, *(rule for rule in ALL if isinstance(rule, WaiverRule)))
    problems: list[Problem] = []
    for file in (*_waivers_of(plan), *waivers):
        if isinstance(file, Problem):
            problems.append(file)
        else:
            problems += file.problems
            findings = waive(findings, file, rules, inputs, settings.today)
    return Report(
        inputs,
        tuple(sorted(findings, key=lambda f: _order(f, observed))),
        in_order(judge.undecided()),
        tuple(problems),
        tuple(_sheet(view, group, inputs[0]) for group in view.groups),
        catalog.specs(settings.aged_on),
        fail_on=fail_on,
        strict=settings.strict,
        rules=rules,
    ).judged()


def _order(finding: Finding, observed: Observed) -> tuple[int, bool, int, int, str, str]:
    """Return a sort key: causes before symptoms and, within a rule, findings in the plan before the cluster's."""
    place = finding.place
    cause = CLUSTER.index(finding.rule) if isinstance(finding.rule, ClusterRule) else -1
    return cause, place.file == observed.source, place.line, place.column, place.path, finding.message


def _place(observed: Observed, document: Document | None, path: Path) -> Place:
    """Return the place of a finding: an object of the cluster, or a line of the plan."""
    if document is None or path[0] in KINDS:
        return Place(observed.source, path="/".join(map(str, path)))
    return document.place(path)


def _waivers_of(plan: tuple[Document, Plan] | None) -> tuple[WaiverFile, ...]:
    """Return the waivers in the plan."""
    if plan is None or not plan[1].waivers:
        return ()
    from eniplan.plan.waivers import WaiverFile  # noqa: PLC0415 - compiles a schema of its own

    return (WaiverFile(plan[0], plan[1].waivers),)


def _sheet(view: ClusterView, group: Group, file: str) -> PoolSheet:
    """Return the capacity of a group of nodes, and how much of it the cluster shows to work."""
    pool = group.pool
    types: dict[str, Capacity] = {}
    expected: list[int | None] = []
    # Nodes may report other limits for their type.
    alike = grouped(((node.instance_type or "unknown", str(node.limits)), node) for node in group.exclusive)
    for (name, _), nodes in alike.items():
        one = view.capacity(nodes[0])
        # If nodes differ, the one that carries the fewest pods represents the type.
        types[name] = min(types.get(name, one), one, key=lambda found: found.exclusive or 0)
        expected += [one.exclusive for _ in nodes]
    if pool is not None and not types:  # no node yet: the types of the plan
        types = {name: UNKNOWN._replace(exclusive=pods) for name, pods in pool.pods_per_node.items()}
    ecs = [node for node in group.exclusive if not node.is_lingjun]
    placed = [pod for node in group.exclusive for pod in view.pods_by_node[node.name] if not pod.leaving]
    bound = [found for pod in placed if (found := view.pod_eni(pod)) is not None and found.is_bound]
    unseen = view.observed.unseen
    carries = total(expected)
    return PoolSheet(
        file,
        group.name or group.label,
        pool.pool.kind if pool else "ecs" if ecs else "lingjun",
        types,
        pool.pool.sizes if pool else Sizes(len(group.nodes), len(group.nodes)),
        pool.pool.sizes.each(pool.least_pods) if pool else Sizes(carries, carries),
        {},
        {},
        Proven(
            len(group.nodes),
            sum(node.ready for node in group.nodes),
            sum(node.allocatable or 0 for node in ecs) if ecs else None,
            carries if ecs else None,
            None if "Pod" in unseen else len(placed),
            None if {"Pod", "PodENI"} & set(unseen) else len(bound),
        ),
        origins=origins(view.catalog, types, erdma=any(map(view.erdma, group.exclusive))),
    )
