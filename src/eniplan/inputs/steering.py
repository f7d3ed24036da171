"""Finds the pool and the PodNetworking of a workload.

Manifests name no node pool. A workload that asks for exclusive nodes belongs to the pool whose labels match its node
selector and required node affinity. If several pools match, or if the match depends on unknown labels, the pool stays
undecided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.inputs.workloads import Workload, requests_eni
from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.nodes import NodeLabels, repelling
from eniplan.messages import named, say
from eniplan.plan.model import (
    EXCLUSIVE_LABEL,
    EXCLUSIVE_NODE,
    NETWORKING_ANNOTATION,
    POOL_ANNOTATION,
    looks_exclusive,
)
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.catalog.store import Catalog
    from eniplan.inputs.choosing import Chooser
    from eniplan.k8s.pods import Pod
    from eniplan.plan.model import Cluster, NodePool, Plan

_NO_MODE = "default"
"""The value of the exclusive label for shared nodes."""


class Steering(NamedTuple):
    """The pool and PodNetworking of a workload, within one plan."""

    pool: str | None
    """None if unknown."""
    networking: str | None
    open: Mapping[str, str] = {}
    """The keys of a workload of a plan whose values the manifests leave open, and why."""
    missing: str | None = None
    """The pool that the workload names, if it does not exist."""
    more: tuple[str, ...] = ()
    """Further pools that differ in nothing that keeps pods off: the scheduler chooses among all of them."""


class Alike(NamedTuple):
    """Pools whose nodes have the same taints and known labels."""

    nodes: NodeLabels
    pools: tuple[NodePool, ...]


class Pools(NamedTuple):
    """The pools of a plan, grouped: the scheduler treats nodes of the same group alike."""

    cluster: Cluster
    alike: tuple[Alike, ...]
    chooser: Chooser
    """Chooses the PodNetworkings of the pods there."""

    def without(self, name: str) -> Pools:
        """Return all pools except one."""
        kept = (each._replace(pools=tuple(pool for pool in each.pools if pool.name != name)) for each in self.alike)
        return self._replace(alike=tuple(each for each in kept if each.pools))


def pools_of(plan: Plan, catalog: Catalog, chooser: Chooser) -> Pools:
    """Return the pools of a plan."""
    zones = plan.cluster.zones
    found: dict[Any, tuple[NodeLabels, list[NodePool]]] = {}
    for pool in plan.node_pools:
        kinds = pool.instance_types or (), pool.instance_families or ()
        known, lack_gpus = catalog.architectures(*kinds), catalog.lack_gpus(*kinds)
        nodes = pool.node_labels(plan.cluster.region, zones, known, lack_gpus=lack_gpus)
        key = frozenset(nodes.labels.items()), frozenset(nodes.among.items()), lack_gpus, pool.node_taints, pool.kind
        found.setdefault(key, (nodes, []))[1].append(pool)
    return Pools(plan.cluster, tuple(Alike(nodes, tuple(pools)) for nodes, pools in found.values()), chooser)


def steer(workload: Workload, pools: Pools) -> Steering | None:
    """Return the pool and PodNetworking of a workload; None if it does not ask for exclusive nodes."""
    item, pod, chooser = workload.object, workload.pod, pools.chooser
    notes = item.texts("metadata", "annotations")
    chosen = chooser.chosen(workload.chosen, pools.cluster)
    found = chosen or chooser.choose(pod, item.kind, item.namespace, notes.get(NETWORKING_ANNOTATION), pools.cluster)
    open_ = {"podNetworking": found.why} if found.why else {}
    named = notes.get(POOL_ANNOTATION)
    if named is not None:
        return Steering(named, found.name, open_)
    allowed = [alike for alike in pools.alike if pod.placement.allows(alike.nodes) is not False]
    wants_eni = found.leads or requests_eni(pod) or (found.is_barred and _is_meant(workload, allowed))
    if not wants_eni and not _is_led(pod, [alike.pools[0] for alike in allowed]):
        return None
    able = sorted((pool for alike in allowed for pool in alike.pools), key=lambda pool: pool.name)
    if pod.placement.allows(EXCLUSIVE_NODE) is False and not any(pod.placement.allows(each.nodes) for each in allowed):
        # WL007 reports the pods that no exclusive node can run.
        return Steering(None, found.name) if wants_eni or _is_misled(pod) else None
    # Lingjun nodes support neither PodNetworkings nor ENI requests.
    if wants_eni:
        able = [pool for pool in able if not pool.is_lingjun] or able
    tolerated = [pool for pool in able if not repelling(pool.node_taints, pod.tolerations)]
    if not (tolerated or found.is_sure or requests_eni(pod) or _is_led(pod, able)):
        # Pods that no PodNetworking selects are not for these nodes, and then need no toleration.
        return Steering(None, found.name, {**open_, "nodePool": found.why})
    fitting = tolerated or able[:1]
    is_one = len(fitting) == 1 or workload.object.kind in PER_NODE  # a DaemonSet runs on all of them
    if fitting and (is_one or _are_alike(fitting, pod, allowed)):
        return Steering(fitting[0].name, found.name, open_, more=() if is_one else tuple(p.name for p in fitting[1:]))
    why = _several([pool.name for pool in fitting]) if able else _no_pool(pod, pools)
    return Steering(None, found.name, {**open_, "nodePool": why})


def _are_alike(fitting: list[NodePool], pod: Pod, groups: Iterable[Alike]) -> bool:
    """Return whether pods may certainly run on each of these pools, which differ in nothing that keeps pods off."""
    one = fitting[0]
    same = (each for each in groups if (each.pools[0].kind, each.pools[0].node_taints) == (one.kind, one.node_taints))
    return sum(len(each.pools) for each in same if pod.placement.allows(each.nodes)) == len(fitting)


def _is_meant(workload: Workload, pools: Iterable[Alike]) -> bool:
    """Return whether pods tolerate the taints of a pool, which suggests that they are meant to run there."""
    found = [alike.pools[0].node_taints for alike in pools]
    fits = any(repelling(taints, ()) and not repelling(taints, workload.pod.tolerations) for taints in found)
    return fits and workload.object.kind not in PER_NODE


def _several(pools: list[str]) -> str:
    return say("it matches {pools}: choose one with the annotation {annotation}: POOL", pools=named(pools),
               annotation=POOL_ANNOTATION)  # fmt: skip


def _no_pool(pod: Pod, pools: Pools) -> str:
    """Return why no pool can run pods, and what they ask for that the nodes of none have, if that is one thing."""
    asked = [str(r) for r in pod.placement.requirements() if all(each.nodes.meets(r) is False for each in pools.alike)]
    if not pools.alike:
        return say("pass the node pools together with the manifests")
    if asked:
        return say("no node pool that was passed has nodes with {requirements}; correct it, or pass the pool that has",
                   requirements=tuple(asked))  # fmt: skip
    return say("its node selector and node affinity match no node pool that was passed; pass the pool that they do")


def _is_led(pod: Pod, able: list[NodePool]) -> bool:
    """Return whether pods select the exclusive label or a pool's own label."""
    ours = {r.key for r in pod.placement.requirements() if looks_exclusive(r.key)}
    return pod.placement.keeps_to(ours.union(*(pool.labels for pool in able)))


def _is_misled(pod: Pod) -> bool:
    """Return whether pods select the exclusive label with a value that no exclusive node has, or misspell it."""
    asked = [r for r in pod.placement.requirements() if looks_exclusive(r.key)]
    is_misspelt = any(r.operator == "Exists" and r.key != EXCLUSIVE_LABEL for r in asked)
    return is_misspelt or any(value != _NO_MODE for r in asked if r.operator == "In" for value in r.values)
