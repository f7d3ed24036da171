"""Computes the capacity and needs of planned pools. `verify` has what is seen in a running cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.plan.model import UNSIZED
from eniplan.report.layers import Origin
from eniplan.report.model import Addresses, PoolSheet, PoolUse, ZoneUse
from eniplan.rules.addresses import demands, part, parts, total, uses
from eniplan.rules.packing import load_of, takers
from eniplan.rules.shared import free_together

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from eniplan.catalog.store import Catalog
    from eniplan.plan.load import LoadedPlan
    from eniplan.plan.model import VSwitch
    from eniplan.rules.addresses import Demand, Needs, Part
    from eniplan.rules.shared import Share
    from eniplan.rules.view import PlanView, PoolView


def planned(item: LoadedPlan, view: PlanView) -> Iterator[PoolSheet]:
    """Yield the sheets of the pools of a plan."""
    wanted: dict[PoolView, dict[str, list[Demand]]] = {}
    for demand in view.once(demands):
        wanted.setdefault(demand.pool, {}).setdefault(demand.zone, []).append(demand)
    uncounted = {gap.path[:2] for gap in item.gaps if gap.path[::2] == ("workloads", "replicas")}
    elsewhere = {gap.path[:2] for gap in item.gaps if gap.path[::2] == ("podNetworkings", "vSwitchIds")}
    for pool in view.pools:
        sizes = pool.pool.sizes
        is_elsewhere = any(pn.path in elsewhere for pn in pool.networkings)
        mine = {
            part(pool, zone, here): tuple(dict.fromkeys(v for demand in here for v in demand.v_switches))
            for zone, here in (() if is_elsewhere else wanted.get(pool, {}).items())
        }
        yield PoolSheet(
            # Finding the line is slow, and only pools from several files need it.
            item.document.place(pool.path).file if item.files else item.document.file,
            pool.pool.name,
            pool.pool.kind,
            pool.capacity,
            sizes,
            sizes.each(pool.least_pods),
            _by_v_switch(mine),
            _by_zone(mine),
            use=None if any(workload.path in uncounted for workload in pool.workloads) else _use(pool),
            zone_names=pool.zones,
            per_zone=sizes.each(pool.nodes_per_zone),
            is_balanced=pool.balanced,
            origins=origins(view.catalog, pool.pods_per_node, erdma=bool(view.cluster.terway.erdma)),
        )


def origins(catalog: Catalog, types: Iterable[str], *, erdma: bool) -> dict[str, Origin]:
    """Return the origins of the types with a limit that is not from the bundled data."""
    found = {}
    for name in types:
        over = catalog.layers_over(name)
        if over:
            record = catalog.get(name) or catalog.lingjun(name)
            found[name] = Origin({} if record is None else record.raw, over, erdma)
    return found


def _use(pool: PoolView) -> PoolUse | None:
    """Return how the plan's pods use a pool; None if no pods run there."""
    found = tuple(taker for taker in pool.once(takers) if taker.enis)
    if not found:
        return None
    load = pool.once(load_of)
    if load is None:
        return PoolUse(found, UNSIZED, UNSIZED)
    sizes = pool.pool.sizes
    return PoolUse(
        found,
        sizes.each(lambda nodes: load._replace(nodes=nodes).needed),
        sizes.each(lambda nodes: load._replace(nodes=nodes).spare_nodes()),
    )


def of_zones(
    found: Sequence[Part], free: Mapping[str, int | None], unknown: Iterable[tuple[str, tuple[str, ...], str]]
) -> Iterator[ZoneUse]:
    """Yield what pools need from the vSwitches of each zone, and from all vSwitches of a zone only if these are short.

    Args:
        found: the needs of each pool.
        free: the free addresses of each vSwitch; None if unknown.
        unknown: (zone, vSwitches, pool) of pods whose number is unknown.

    """
    uncounted: dict[str, dict[tuple[str, ...], dict[str, None]]] = {}
    for zone, v_switches, pool in unknown:
        uncounted.setdefault(zone, {}).setdefault(v_switches, {})[pool] = None
    counted = set()
    for use in uses(found, free):
        counted.add((use.zone, use.v_switches))
        if use.is_whole and use.short() is None:
            continue
        here = [pools for ids, pools in uncounted.get(use.zone, {}).items() if {*ids} <= {*use.v_switches}]
        yield ZoneUse(
            use.zone,
            use.v_switches,
            use.need.desired.total or 0,
            use.need.largest.total or 0,
            use.free,
            tuple(dict.fromkeys(found[i].pool for i, need in use.parts.items() if need.largest.total)),
            tuple(dict.fromkeys(name for pools in here for name in pools)),
        )
    for zone, unseen in uncounted.items():
        for ids, pools in unseen.items():
            if (zone, ids) not in counted:
                yield ZoneUse(zone, ids, 0, 0, total(map(free.get, ids)), (), tuple(pools))


def zones(view: PlanView) -> Iterator[ZoneUse]:
    """Yield what the pools of one plan need in each zone."""
    free = {name: v_switch.available_ips for name, v_switch in view.v_switches.items()}
    unknown = [
        (demand.zone, tuple(sorted(v.id for v in demand.v_switches)), demand.pool.pool.name)
        for demand in view.once(demands)
        if demand.v_switches and demand.asked.pods.desired is None
    ]
    yield from of_zones(view.once(parts), free, unknown)


def zones_together(plans: Sequence[Share], alone: Sequence[Sequence[ZoneUse]]) -> Iterator[ZoneUse]:
    """Yield what the pools of several plans of a cluster need together in each zone, given the needs of each plan."""
    unknown = [(use.zone, use.v_switches, name) for found in alone for use in found for name in use.unknown]
    yield from of_zones([item for plan in plans for item in plan.parts], free_together(plans), unknown)


def _by_v_switch(wanted: Mapping[Part, Sequence[VSwitch]]) -> dict[str, Addresses]:
    return {
        v.id: _addresses(
            here.of(frozenset((v.id,)), [asked for ids, asked in here.asked if v.id in ids]), v.available_ips
        )
        for here, v_switches in wanted.items()
        for v in v_switches
    }


def _by_zone(wanted: Mapping[Part, Sequence[VSwitch]]) -> dict[str, Addresses]:
    return {
        here.zone: _addresses(
            here.of(frozenset(v.id for v in v_switches), [asked for _, asked in here.asked]),
            total(v.available_ips for v in v_switches),
        )
        for here, v_switches in wanted.items()
    }


def _addresses(needs: Needs, available: int | None) -> Addresses:
    return Addresses(needs.desired.at_once, needs.largest.at_once, needs.desired.nodes, available, needs.largest.nodes)
