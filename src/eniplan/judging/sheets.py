"""What pools carry and need, in numbers: as a plan promises, and as a running cluster shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.limits import Capacity, capacity
from eniplan.report.model import Addresses, PoolSheet, Proven
from eniplan.rules.addresses import demands, free_addresses, part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eniplan.plan.load import LoadedPlan
    from eniplan.rules.addresses import Demand, Needs
    from eniplan.rules.cluster_view import ClusterView, Group
    from eniplan.rules.view import PlanView, PoolView


def planned(item: LoadedPlan, view: PlanView) -> Iterator[PoolSheet]:
    """Yield the sheets of the pools of a plan."""
    wanted: dict[str, list[Demand]] = {}
    for demand in view.once(demands):
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
        needs = part(pool, v_switch.zone, here).of(frozenset((v_switch.id,)))
        out[v_switch.id] = _addresses(needs, v_switch.available_ips)
    return out


def _by_zone(pool: PoolView, wanted: list[Demand]) -> dict[str, Addresses]:
    out: dict[str, Addresses] = {}
    for zone in dict.fromkeys(demand.zone for demand in wanted):
        here = [demand for demand in wanted if demand.zone == zone]
        places = dict.fromkeys(v for demand in here for v in demand.v_switches)
        out[zone] = _addresses(part(pool, zone, here).of(frozenset(v.id for v in places)), free_addresses(places))
    return out


def _addresses(needs: Needs, available: int | None) -> Addresses:
    return Addresses(needs.desired.pods, needs.largest.pods, needs.desired.nodes, available, needs.largest.nodes)


def seen(view: ClusterView, group: Group, file: str) -> PoolSheet:
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
