"""How many ENIs the pods of a pool take, and whether they fit its nodes: a pod's ENIs are all of one node."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.terway import ENI, POD_ENI
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.plan.model import Workload
    from eniplan.rules.view import PoolView


def injected(workload: Workload) -> int:
    """Return the request that Terway's webhook writes into the first container: one for each network; 0: none."""
    asks = workload.pod is not None and workload.pod.annotations.get(POD_ENI) == "true"
    return len(workload.networks) or int(asks and not workload.host_network)


def enis_of(workload: Workload, *, is_lingjun: bool) -> int:
    """Return how many exclusive ENIs one pod takes from the scheduler's count, or from the node behind its back.

    A pod that asks for none gets one all the same; what it asks for beyond those that it gets is taken from others.
    """
    pod = workload.pod
    if is_lingjun:
        return 0 if pod is not None and pod.is_ignored else 1
    written = injected(workload)
    asked = (workload.eni_request or 0) if pod is None else pod.request(ENI, first=written or None)
    return asked if pod is not None and pod.is_ignored else max(asked, written, 1)


class Load(NamedTuple):
    """The pods of a pool, by the ENIs that each takes, and its nodes."""

    nodes: int
    per_node: int
    every_node: int
    """ENIs that are taken on every node: of DaemonSets, and of system pods."""
    pods: Mapping[int, int]
    """ENIs of a pod -> number of other pods."""

    @property
    def room(self) -> int:
        """All ENIs."""
        return self.nodes * self.per_node

    @property
    def free_per_node(self) -> int:
        """The ENIs of a node that other pods can have; never negative."""
        return max(self.per_node - self.every_node, 0)

    @property
    def needed(self) -> int:
        """All ENIs that all pods take."""
        return self.nodes * self.every_node + sum(size * number for size, number in self.pods.items())

    def too_many(self) -> int | None:
        """Return the size of pods for which no arrangement has room; None: nothing proves that.

        All pods of at least a size: no node has more of them than its ENIs hold of that size.
        """
        for size in sorted(self.pods, reverse=True):
            larger = sum(number for other, number in self.pods.items() if other >= size)
            if larger > self.nodes * (self.free_per_node // size):
                return size
        return None

    def is_full(self) -> bool:
        """Return whether it is certain that not all pods have room."""
        return self.needed > self.room or self.every_node > self.per_node or self.too_many() is not None

    def fits(self) -> bool:
        """Return whether all pods have room with the largest placed first, on the fullest nodes that will do."""
        left = Counter({self.free_per_node: self.nodes})
        for size in sorted(self.pods, reverse=True):
            number = self.pods[size]
            for free in sorted(left):
                each = free // size
                used = min(left[free], -(-number // each)) if each else 0
                if used:
                    number = self._place(left, free, size, number, used)
            if number:
                return False
        return self.every_node <= self.per_node

    @staticmethod
    def _place(left: Counter[int], free: int, size: int, number: int, used: int) -> int:
        """Fill some nodes with pods of a size; return how many pods are left over."""
        each = free // size
        left[free] -= used
        full = min(used, number // each)
        left[free - each * size] += full
        rest = number - full * each
        if used > full:
            left[free - rest * size] += 1
            rest = 0
        return rest

    def spare_nodes(self) -> int | None:
        """Return how many nodes may be lost while all pods still have room; None when they have none even so.

        Pods that every node has go with it; where there are no others, nothing is at stake.
        """
        if not self.pods or not self.fits():
            return None
        fitting, failing = self.nodes, -1
        while fitting - failing > 1:
            middle = (fitting + failing) // 2
            if self._replace(nodes=middle).fits():
                fitting = middle
            else:
                failing = middle
        return self.nodes - fitting

    def with_more(self, size: int, number: int = 1) -> Load:
        """Return the same with more pods."""
        return self._replace(pods=Counter(self.pods) + Counter({size: number}))


def spread(pool: PoolView, size: Callable[[Workload], int]) -> tuple[int, Counter[int]]:
    """Return what the listed pods of a pool take of every node, and how many others there are of each size.

    Args:
        pool: with its workloads that are not of the host network.
        size: what one pod of a workload takes.

    """
    every_node, pods = pool.pool.system_pods_per_node, Counter[int]()
    for workload in pool.workloads:
        taken = size(workload)
        if workload.kind in PER_NODE:
            every_node += taken * workload.replicas
        elif taken:
            pods[taken] += workload.replicas
    return every_node, pods


class Taker(NamedTuple):
    """Pods that take ENIs of a pool."""

    name: str
    pods: int
    """In all, or on each node."""
    enis: int
    """Of one pod."""
    per_node: bool
    """Whether every node has these pods."""


def takers(pool: PoolView) -> tuple[Taker, ...]:
    """Return the pods that are sure to take ENIs of a pool."""
    found = []
    for workload in pool.workloads:
        enis = enis_of(workload, is_lingjun=pool.pool.is_lingjun)
        found.append(Taker(workload.name, workload.replicas, enis, workload.kind in PER_NODE))
    found.append(Taker(say("system pods"), pool.pool.system_pods_per_node, 1, per_node=True))
    found += [Taker(guest.title, 1, guest.enis, per_node=True) for guest in pool.guests if guest.is_certain]
    return tuple(taker for taker in found if taker.pods and taker.enis)


def load_of(pool: PoolView) -> Load | None:
    """Return the pods and nodes of a pool at its largest size; None when its nodes are not known."""
    nodes, per_node = pool.pool.largest_size, pool.least_pods_per_node
    if nodes is None or per_node is None:
        return None
    every_node, pods = 0, Counter[int]()
    for taker in takers(pool):
        if taker.per_node:
            every_node += taker.pods * taker.enis
        else:
            pods[taker.enis] += taker.pods
    return Load(nodes, per_node, every_node, pods)
