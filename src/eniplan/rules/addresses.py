"""How many addresses the pods of each pool can need, zone by zone. One owner for NET002 and the capacity sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.model import VSwitch
    from eniplan.rules.view import PlanView, PodConfig, PoolView


class Need(NamedTuple):
    """Addresses at one size of a pool; None when the size or the pods per node are unknown."""

    pods: int | None
    """IPv4 addresses of exclusive pods (one each; one IPv6 beside it in dual stack)."""
    nodes: int
    """Addresses of the nodes' own primary ENIs in the same vSwitches."""

    @property
    def total(self) -> int | None:
        """All addresses."""
        return None if self.pods is None else self.pods + self.nodes


class Demand(NamedTuple):
    """What one network configuration of a pool can need in one zone."""

    pool: PoolView
    config: PodConfig
    zone: str
    v_switches: tuple[VSwitch, ...]
    """The pod vSwitches of the zone; empty when the configuration has none there."""
    desired: Need
    largest: Need

    @property
    def free(self) -> int | None:
        """Free addresses of the zone's pod vSwitches; None when any of them is not stated."""
        return free_addresses(self.v_switches)


def free_addresses(v_switches: tuple[VSwitch, ...]) -> int | None:
    """Return the free addresses of several vSwitches together; None when any is not stated."""
    known = [v.available_ips for v in v_switches if v.available_ips is not None]
    return sum(known) if len(known) == len(v_switches) else None


def demands(view: PlanView) -> tuple[Demand, ...]:
    """Return the demand of every pool, configuration in use, and zone of the pool."""
    return tuple(demand for pool in view.pools for demand in _of_pool(pool))


def _of_pool(pool: PoolView) -> Iterator[Demand]:
    for config in pool.configs:
        if not config.in_use or config.v_switch_ids is None:
            continue  # NET001 says that it is not known
        pod_v_switches = pool.config_v_switches(config)
        for zone in pool.zones:
            here = tuple(v for v in pod_v_switches if v.zone == zone)
            desired = _need(pool, config, here, pool.pool.planned_size)
            largest = _need(pool, config, here, pool.pool.largest_size)
            yield Demand(pool, config, zone, here, desired, largest)


def _need(pool: PoolView, config: PodConfig, here: tuple[VSwitch, ...], size: int | None) -> Need:
    if size is None:
        return Need(None, 0)
    nodes = pool.nodes_per_zone(size)
    pods = pool.most_pods(nodes)
    if pods is not None:
        pods = min(pods, _listed_pods(pool, config, nodes, otherwise=pods))
    shared = {v.id for v in here} & set(pool.pool.v_switch_ids or ())
    return Need(pods, nodes if shared and not pool.pool.is_lingjun else 0)


def _listed_pods(pool: PoolView, config: PodConfig, nodes: int, *, otherwise: int) -> int:
    """Return the pods that the listed workloads put on a configuration, when the pool has several of them.

    With one configuration every ENI of the pool may be used through it, listed or not.
    """
    if sum(other.in_use for other in pool.configs) == 1:
        return otherwise
    mine = [w for w in pool.workloads if _uses(pool, config, w.pod_networking)]
    every_node = sum(w.replicas for w in mine if w.kind == "DaemonSet")
    if config is pool.configs[-1]:
        every_node += pool.pool.system_pods_per_node
    elif not mine:
        return otherwise
    return sum(w.replicas for w in mine if w.kind != "DaemonSet") + nodes * every_node


def _uses(pool: PoolView, config: PodConfig, name: str | None) -> bool:
    """Return whether a workload with this PodNetworking gets this configuration; the last one is that without."""
    return config is pool.configs[-1] if name is None else config.label == f"PodNetworking {name}"
