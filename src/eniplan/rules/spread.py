"""Pods that the scheduler may put on nodes of several pools: whether these have room for them together, for ENI008."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.messages import named, say
from eniplan.rules.base import Hit, Unknown
from eniplan.rules.packing import enis_in, enis_of, load_of, with_erdma, with_possible
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.plan.model import Workload
    from eniplan.rules.packing import Load
    from eniplan.rules.view import PlanView, PoolView


class Shared(NamedTuple):
    """Pools, and the workloads of which each pod may run on any of them."""

    pools: tuple[PoolView, ...]
    workloads: tuple[Workload, ...]

    def of_each_zones(self) -> Iterable[PoolView]:
        """Return one of the pools for each combination of zones: what keeps pods off nodes is alike in all others."""
        return {pool.zones: pool for pool in self.pools}.values()

    def pods(self, *, scaled: bool) -> Counter[int]:
        """Return the pods by the ENIs that each uses, at their replicas or as many as autoscalers may set."""
        found = Counter[int]()
        for workload in self.workloads:
            enis = enis_of(workload, is_lingjun=self.pools[0].pool.is_lingjun)
            found[enis] += workload.most_replicas if scaled else workload.replicas
        return found


def _shared(view: PlanView) -> tuple[Shared, ...]:
    """Return the sets of pools that share workloads with ENIs."""
    found: dict[tuple[str, ...], list[Workload]] = {}
    for workload in view.plan.workloads:
        pool = view.pools_by_name.get(workload.node_pool) if workload.more_pools else None
        if pool is not None and enis_of(workload, is_lingjun=pool.pool.is_lingjun):
            found.setdefault((workload.node_pool, *workload.more_pools), []).append(workload)
    return tuple(Shared(tuple(map(view.pools_by_name.__getitem__, names)), tuple(w)) for names, w in found.items())


def beyond_pools(view: PlanView) -> Iterator[Hit | Unknown]:
    """Compare what pods that several pools may run need with what is left in these pools together."""
    found = _shared(view)
    in_pool = Counter(pool.path for each in found for pool in each.pools)
    for each in found:
        loads = [pool.once(load_of) for pool in each.pools]
        known = [load for load in loads if load is not None]
        left = sum(max(load.room - load.needed, 0) for load in known)
        now, later = (enis_in(each.pods(scaled=scaled)) for scaled in (False, True))
        if len(known) == len(loads) and later > left:
            yield _shortage(each, later if now <= left else now, left, is_now=now > left)
        elif len(known) < len(loads) or not _fit(each, known, is_alone=all(in_pool[p.path] == 1 for p in each.pools)):
            # The input has told that these are unknown, and why.
            yield from (Unknown((*workload.path, "nodePools"), facts.WORKLOAD_POOL) for workload in each.workloads)


def _fit(each: Shared, loads: list[Load], *, is_alone: bool) -> bool:
    """Return whether all pods certainly find room, wherever the scheduler puts them.

    Args:
        each: the pools, and the pods that they share.
        loads: what else runs in each of these pools.
        is_alone: whether they share no other pods.

    """
    pods = each.pods(scaled=True)
    sure = [with_possible(with_erdma(load, pool), pool) for load, pool in zip(loads, each.pools, strict=True)]
    return (
        is_alone
        and not any(load.pods for load in sure)
        and len(pods) <= 1
        and sum(pods.values()) <= sum(load.fit(max(pods)) for load in sure)
        and all(_is_free(workload, pool) for workload in each.workloads for pool in each.of_each_zones())
    )


def _is_free(workload: Workload, pool: PoolView) -> bool:
    """Return whether pods may run on any node of a pool, whatever runs there."""
    pod, listed = workload.pod, pool.view.pod_networkings
    if pod is None or pod.separations or pod.attractions or pod.spreads:
        return False
    found = [listed[name].network.v_switch_ids for name in workload.networks if name in listed]
    return all({*pool.zones} <= {*pool.view.zoned(ids)} for ids in found)


def _shortage(each: Shared, needed: int, left: int, *, is_now: bool) -> Hit:
    about = {
        "workloads": named(sorted(workload.name for workload in each.workloads)),
        "pools": named([pool.pool.name for pool in each.pools]),
        "needed": needed,
        "left": left,
    }
    message = say(
        "the pods of {workloads} need {needed} exclusive ENIs; the pools that can run them ({pools}) have {left} left "
        "together at their largest size",
        **about,
    )
    if not is_now:
        message = say(
            "the pods of {workloads} need {needed} exclusive ENIs once autoscalers have scaled them to maxReplicas; "
            "the pools that can run them ({pools}) have {left} left together at their largest size",
            **about,
        )
    hint = say("use more nodes, or types with more ENIs")
    path = min(each.workloads, key=lambda workload: workload.identity).path  # whatever their order
    return Hit((*path, "name"), message, hint, level=None if is_now else "warning")
