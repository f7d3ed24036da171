"""Computes the addresses that each pool can need, by zone, for NET002 and for the capacity sheet."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from eniplan.k8s.kinds import PER_NODE
from eniplan.rules.packing import started_first
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from eniplan.plan.model import Sizes, VSwitch, Workload
    from eniplan.rules.view import PlanView, PoolView


class Need(NamedTuple):
    """Addresses that pools need at one size; None if a size or the pods per node are unknown."""

    pods: int | None
    """IPv4 addresses of exclusive pods: one each, plus one IPv6 address in dual stack."""
    nodes: int
    """Addresses of the nodes' own primary ENIs in the same vSwitches."""
    updating: int = 0
    """Addresses of pods that an update starts before it removes any: those of one workload, for they can take turns."""

    @property
    def at_once(self) -> int | None:
        """Addresses of pods, also while a workload is updated."""
        return None if self.pods is None else self.pods + self.updating

    @property
    def total(self) -> int | None:
        """All addresses."""
        return None if self.pods is None else self.pods + self.updating + self.nodes


class Needs(NamedTuple):
    """The needs at the desired and at the largest size."""

    desired: Need
    largest: Need


class Asked(NamedTuple):
    """The pods of a configuration in a zone, at most."""

    pods: Sizes
    updating: int
    """Those that an update of one of its workloads starts before it removes any."""


class Demand(NamedTuple):
    """The pods that get a network configuration of a pool in one zone, at most."""

    pool: PoolView
    zone: str
    v_switches: tuple[VSwitch, ...]
    """The pod vSwitches in the zone; empty if the configuration has none there."""
    asked: Asked


def total(counts: Iterable[int | None]) -> int | None:
    """Return the sum of counts; None if any is unknown."""
    listed = list(counts)
    known = [count for count in listed if count is not None]
    return sum(known) if len(known) == len(listed) else None


def demands(view: PlanView) -> tuple[Demand, ...]:
    """Return the demand of every pool, configuration in use, and zone of the pool."""
    return tuple(demand for pool in view.pools for demand in _of_pool(pool))


class Part(NamedTuple):
    """What a pool can need in a zone."""

    pool: str
    zone: str
    most: Sizes
    """The most pods that its nodes there can carry; None if unknown."""
    nodes: Sizes
    node_v_switches: frozenset[str]
    """The vSwitches of its ECS nodes there, which use addresses too."""
    asked: tuple[tuple[frozenset[str], Asked], ...]
    """For each configuration: its vSwitches there, and its pods."""

    def of(self, v_switches: frozenset[str], asked: Sequence[Asked]) -> Needs:
        """Return what these pods of the pool need, and its nodes if they are in these vSwitches.

        Configurations share the ENIs of the nodes, so together they never need more.
        """
        beside = bool(self.node_v_switches & v_switches)
        found = []
        for index, (most, nodes) in enumerate(zip(self.most, self.nodes, strict=True)):
            # What is asked is unknown only if the most is. A pool of unknown size asks for nothing in `parts`.
            together = sum(each.pods[index] or 0 for each in asked)
            pods = 0 if not asked else None if most is None else min(most, together)
            # Without a free ENI no address is needed: the new pod waits, which WL016 reports.
            updating = max((each.updating for each in asked), default=0)
            updating = min(updating, (most or 0) - (pods or 0)) if updating else 0
            found.append(Need(pods, (nodes or 0) if beside else 0, updating))
        return Needs(*found)


def part(pool: PoolView, zone: str, wanted: Iterable[Demand]) -> Part:
    """Return what these configurations of a pool can need in a zone."""
    nodes = pool.pool.sizes.each(pool.nodes_per_zone)
    own = () if pool.pool.is_lingjun else (v.id for v in pool.node_v_switches if v.zone == zone)
    asked = ((frozenset(v.id for v in demand.v_switches), demand.asked) for demand in wanted)
    return Part(pool.pool.name, zone, nodes.each(pool.most_pods), nodes, frozenset(own), tuple(asked))


def parts(view: PlanView) -> tuple[Part, ...]:
    """Return what each pool can need in each zone in which its pods use addresses, as far as known."""
    by_zone: dict[str, dict[PoolView, list[Demand]]] = {}
    for demand in view.once(demands):
        if demand.v_switches and demand.asked.pods.desired is not None:
            by_zone.setdefault(demand.zone, {}).setdefault(demand.pool, []).append(demand)
    return tuple(
        part(pool, zone, wanted.get(pool, ()))
        for zone, wanted in by_zone.items()
        for pool in view.pools
        if pool in wanted or zone in pool.zones  # the others need nothing: pools times zones would be too many
    )


class Use(NamedTuple):
    """What pools can need from a set of vSwitches of a zone."""

    zone: str
    v_switches: tuple[str, ...]
    need: Needs
    free: int | None
    """The free addresses; None if unknown for any vSwitch."""
    parts: Mapping[int, Needs]
    """What each part that needs some of them needs, by index."""
    is_whole: bool
    """Whether these are all vSwitches of the zone, and no single configuration has all of them."""

    def short(self) -> Short | None:
        """Return when addresses run out first; None if they do not, or if that is unknown."""
        now, later = self.need
        moments = (("desired", now._replace(updating=0)), ("desired", now), ("largest", later))
        for order, (size, need) in enumerate(moments):
            if self.free is not None and need.total is not None and need.total > self.free:
                return Short(order, size, need)
        return None


class Short(NamedTuple):
    """A moment at which addresses run out."""

    order: int
    """The worst is 0: at the desired size, without updates."""
    size: str
    """The size of the pools: `desired` or `largest`."""
    need: Need


def uses(found: Sequence[Part], free: Mapping[str, int | None]) -> Iterator[Use]:
    """Yield the use of each set of vSwitches that a configuration has, and of all vSwitches of a zone together.

    Pods that can use only vSwitches of a set need their addresses there (Hall's condition). Smaller sets come first.
    """
    by_zone: dict[str, dict[int, Part]] = {}
    for i, item in enumerate(found):
        by_zone.setdefault(item.zone, {})[i] = item
    for zone, here in by_zone.items():
        sets = {asked for item in here.values() for asked, _ in item.asked}
        whole = frozenset[str]().union(*sets)
        needs_in = _needs_in(here)
        for ids in sorted({*sets, whole}, key=lambda ids: (len(ids), sorted(ids))):
            needs = needs_in(ids)
            free_there = total(free[name] for name in ids)
            yield Use(zone, tuple(sorted(ids)), together(needs.values()), free_there, needs, ids not in sets)


def _needs_in(here: Mapping[int, Part]) -> Callable[[frozenset[str]], dict[int, Needs]]:
    """Return a function that tells what parts of a zone need from vSwitches: their nodes, and pods that use no others.

    Every set that is asked for is listed under one of its vSwitches: comparing all sets with all would take too long.
    """
    asking: dict[str, list[tuple[int, frozenset[str], Asked]]] = {}
    beside: dict[str, list[int]] = {}
    for i, item in here.items():
        for asked, pods in item.asked:
            asking.setdefault(min(asked), []).append((i, asked, pods))
        for name in item.node_v_switches:
            beside.setdefault(name, []).append(i)

    def needs(v_switches: frozenset[str]) -> dict[int, Needs]:
        inside: dict[int, list[Asked]] = {i: [] for name in v_switches for i in beside.get(name, ())}
        for name in v_switches:
            for i, asked, pods in asking.get(name, ()):
                if asked <= v_switches:
                    inside.setdefault(i, []).append(pods)
        return {i: here[i].of(v_switches, inside[i]) for i in sorted(inside)}

    return needs


class Shortage(NamedTuple):
    """A set of vSwitches of a zone with fewer free addresses than pools can need."""

    zone: str
    v_switches: tuple[str, ...]
    size: str
    """The size of the pools: `desired` or `largest`."""
    need: Need
    free: int
    pools: tuple[int, ...]
    """The indices of the parts that need them."""


def shortages(found: Sequence[Part], free: Mapping[str, int | None]) -> Iterator[Shortage]:
    """Yield the sets of vSwitches with too few addresses, but not those that contain a reported set."""
    told: dict[str, list[tuple[int, frozenset[str]]]] = {}
    for use in uses(found, free):
        short, ids = use.short(), frozenset(use.v_switches)
        if short is None or use.free is None:
            continue
        worse = (smaller for name in ids for order, smaller in told.get(name, ()) if order <= short.order)
        if not any(smaller <= ids for smaller in worse):
            told.setdefault(min(ids), []).append((short.order, ids))
            pools = tuple(i for i, own in use.parts.items() if getattr(own, short.size).total)
            yield Shortage(use.zone, use.v_switches, short.size, short.need, use.free, pools)


def together(needs: Iterable[Needs]) -> Needs:
    """Return the needs of several pools together."""
    listed = list(needs)
    return Needs(_sum(need.desired for need in listed), _sum(need.largest for need in listed))


def _sum(needs: Iterable[Need]) -> Need:
    listed = list(needs)
    pods, nodes = total(need.pods for need in listed), sum(need.nodes for need in listed)
    return Need(pods, nodes, max((need.updating for need in listed), default=0))


def users(pool: PoolView) -> dict[str | None, list[Workload]]:
    """Return the workloads of a pool that take addresses, by the name of each of their PodNetworkings, or None."""
    found: dict[str | None, list[Workload]] = {}
    for workload in pool.workloads:
        if not workload.is_passed_by:
            for name in dict.fromkeys(workload.networks) or (None,):
                found.setdefault(name, []).append(workload)
    return found


def _of_pool(pool: PoolView) -> Iterator[Demand]:
    for config in pool.configs:
        if not config.in_use or config.v_switch_ids is None:
            continue  # NET001 reports it as unknown
        fallback = config.networking is None
        # The only PodNetworking of a pool, or its only configuration, can use every ENI whatever the listed workloads:
        # they may be scaled. If several share a pool, the listed workloads decide.
        alone = len(pool.configs) == (1 if fallback else 2)  # itself and the fallback
        mine = pool.once(users).get(config.networking, [])
        listed = None if alone or not (mine or fallback) else mine
        pods = pool.pool.sizes.each(partial(_pods, pool, listed, fallback=fallback))
        updating = max((started_first(workload, workload.most_replicas) for workload in listed or ()), default=0)
        pod_v_switches = pool.config_v_switches(config)
        for zone in pool.zones:
            yield Demand(pool, zone, pod_v_switches.get(zone, ()), Asked(pods, updating))


def _pods(pool: PoolView, listed: Sequence[Workload] | None, size: int, *, fallback: bool) -> int | None:
    """Return the most pods that get a configuration in one zone: those of its workloads, or any if these are None."""
    nodes = pool.nodes_per_zone(size)
    most = pool.most_pods(nodes)
    if most is None or listed is None:
        return most
    every_node = sum(w.replicas for w in listed if w.kind in PER_NODE)
    if fallback:
        every_node += pool.pool.system_pods_per_node + sum(not guest.is_passed_by for guest in pool.guests)
    return min(most, sum(w.most_replicas for w in listed if w.kind not in PER_NODE) + nodes * every_node)
