"""How many addresses the pods of each pool can need, zone by zone. One owner for NET002 and the capacity sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.plan.model import VSwitch
    from eniplan.rules.view import PlanView, PodConfig, PoolView


class Need(NamedTuple):
    """Addresses at one size of a pool, or of several; None when a size or the pods per node are unknown."""

    pods: int | None
    """IPv4 addresses of exclusive pods (one each; one IPv6 beside it in dual stack)."""
    nodes: int
    """Addresses of the nodes' own primary ENIs in the same vSwitches."""

    @property
    def total(self) -> int | None:
        """All addresses."""
        return None if self.pods is None else self.pods + self.nodes


class Needs(NamedTuple):
    """What is needed at the desired size, and at the largest."""

    desired: Need
    largest: Need


class Demand(NamedTuple):
    """The pods that one network configuration of a pool can put into one zone."""

    pool: PoolView
    config: PodConfig
    zone: str
    v_switches: tuple[VSwitch, ...]
    """The pod vSwitches of the zone; empty when the configuration has none there."""
    pods: tuple[int | None, int | None]
    """At the desired and at the largest size; None when unknown."""


def free_addresses(v_switches: Iterable[VSwitch]) -> int | None:
    """Return the free addresses of several vSwitches together; None when any is not stated."""
    free = 0
    for v_switch in v_switches:
        if v_switch.available_ips is None:
            return None
        free += v_switch.available_ips
    return free


def demands(view: PlanView) -> tuple[Demand, ...]:
    """Return the demand of every pool, configuration in use, and zone of the pool."""
    return tuple(demand for pool in view.pools for demand in _of_pool(pool))


def pool_needs(pool: PoolView, zone: str, wanted: Iterable[Demand], places: Iterable[VSwitch]) -> Needs:
    """Return what some configurations of one pool can need together in the vSwitches of one zone.

    They share the ENIs of the nodes: together they never need more than those.
    """
    sizes = (pool.pool.planned_size, pool.pool.largest_size)
    mine = [demand.pods for demand in wanted]
    ids = {v_switch.id for v_switch in places}
    beside = not pool.pool.is_lingjun and any(v.id in ids and v.zone == zone for v in pool.node_v_switches)
    found = []
    for index, size in enumerate(sizes):
        nodes = 0 if size is None else pool.nodes_per_zone(size)
        most = None if size is None else pool.most_pods(nodes)
        asked = [pods[index] for pods in mine]
        known = [pods for pods in asked if pods is not None]
        pods = None if most is None or len(known) < len(asked) else min(most, sum(known))
        found.append(Need(pods if mine else 0, nodes if beside else 0))
    return Needs(*found)


def together(needs: Iterable[Needs]) -> Needs:
    """Return the needs of several pools together."""
    listed = list(needs)
    return Needs(_sum(need.desired for need in listed), _sum(need.largest for need in listed))


def _sum(needs: Iterable[Need]) -> Need:
    pods: int | None = 0
    nodes = 0
    for need in needs:
        pods = None if pods is None or need.pods is None else pods + need.pods
        nodes += need.nodes
    return Need(pods, nodes)


def _of_pool(pool: PoolView) -> Iterator[Demand]:
    for config in pool.configs:
        if not config.in_use or config.v_switch_ids is None:
            continue  # NET001 says that it is not known
        pod_v_switches = pool.config_v_switches(config)
        for zone in pool.zones:
            here = tuple(v for v in pod_v_switches if v.zone == zone)
            sizes = (pool.pool.planned_size, pool.pool.largest_size)
            yield Demand(pool, config, zone, here, (_pods(pool, config, sizes[0]), _pods(pool, config, sizes[1])))


def _pods(pool: PoolView, config: PodConfig, size: int | None) -> int | None:
    """Return the pods that a configuration can put into one zone.

    The only PodNetworking of a pool, or the only configuration, can use every ENI, listed workloads or not: they
    may be scaled. Where several share a pool, the listed workloads say how.
    """
    if size is None:
        return None
    nodes = pool.nodes_per_zone(size)
    most = pool.most_pods(nodes)
    fallback = config is pool.configs[-1]
    alone = len(pool.configs) == 1 if fallback else len(pool.configs) == 2  # noqa: PLR2004 - itself and the fallback
    mine = [w for w in pool.workloads if _uses(pool, config, w.pod_networking)]
    if most is None or alone or not (mine or fallback):
        return most
    every_node = sum(w.replicas for w in mine if w.kind == "DaemonSet")
    if fallback:
        every_node += pool.pool.system_pods_per_node
    return min(most, sum(w.replicas for w in mine if w.kind != "DaemonSet") + nodes * every_node)


def _uses(pool: PoolView, config: PodConfig, name: str | None) -> bool:
    """Return whether a workload with this PodNetworking gets this configuration; the last one is that without."""
    return config is pool.configs[-1] if name is None else config.label == f"PodNetworking {name}"
