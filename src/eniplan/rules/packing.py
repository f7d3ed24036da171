"""Computes the ENIs that the pods of a pool use, and whether they fit. All ENIs of a pod are on one node."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING

from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.labels import Index
from eniplan.k8s.pods import NOT_APART
from eniplan.k8s.rollout import rollout, starts_whole
from eniplan.k8s.terway import ENI, POD_ENI
from eniplan.messages import count, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.k8s.pods import Apart, PodTerm
    from eniplan.k8s.rollout import Rollout
    from eniplan.messages import Message
    from eniplan.plan.model import Workload
    from eniplan.rules.view import PoolView


def injected(workload: Workload) -> int:
    """Return the `aliyun/eni` that Terway's webhook requests in the first container: one per network, or 0."""
    pod = workload.pod
    if pod is None or workload.host_network:
        return len(workload.networks)
    return len(pod.own_networks or workload.networks) or int(pod.annotations.get(POD_ENI) == "true")


def enis_of(workload: Workload, *, is_lingjun: bool) -> int:
    """Return how many exclusive ENIs a pod uses, whether the scheduler counts them or not.

    A pod without a request still gets one, unless Terway passes it by. A request above what the pod gets is lost to
    other pods.
    """
    pod = workload.pod
    if is_lingjun:
        return 0 if workload.is_passed_by else 1
    asked, written = workload.eni_request or 0, injected(workload)
    if workload.is_passed_by:
        return asked
    if pod is not None and written:
        asked = pod.request(ENI, first=written)
    return max(asked, written, 1)


def adding(workload: Workload, replicas: int) -> Rollout | None:
    """Return the update of a workload if new pods have to fit beside all old ones; else None."""
    if workload.kind not in {"Deployment", "Rollout", "DaemonSet", "CloneSet"} or not replicas:
        return None
    found = rollout(workload.kind, workload.strategy, replicas)
    return found if found is not None and not found.unavailable else None


def enis_in(pods: Mapping[int, int]) -> int:
    """Return the ENIs that pods use, given their number by ENIs per pod."""
    return sum(size * number for size, number in pods.items())


def started_first(workload: Workload, replicas: int) -> int:
    """Return how many pods an update of a workload must start before it removes any."""
    if adding(workload, replicas) is None:
        return 0
    return replicas if starts_whole(workload.strategy) else 1


class Load(NamedTuple):
    """The pods of a pool by the ENIs that each uses, and the nodes of the pool."""

    nodes: int
    per_node: int
    every_node: int
    """ENIs used on every node, by DaemonSets and system pods."""
    pods: Mapping[int, int]
    """The number of other pods, by ENIs per pod."""
    apart: int = 0
    """The most pods of a workload that need a node each."""

    @property
    def room(self) -> int:
        """All ENIs."""
        return self.nodes * self.per_node

    @property
    def free_per_node(self) -> int:
        """The ENIs of a node that are left for other pods; never negative."""
        return max(self.per_node - self.every_node, 0)

    @property
    def asked(self) -> int:
        """The ENIs that the pods use which are not on every node."""
        return enis_in(self.pods)

    @property
    def needed(self) -> int:
        """The ENIs that all pods use."""
        return self.nodes * self.every_node + self.asked

    def larger(self) -> dict[int, int]:
        """Return how many pods are of each size or larger, largest first."""
        sizes = sorted(self.pods, reverse=True)
        return dict(zip(sizes, accumulate(map(self.pods.__getitem__, sizes)), strict=True))

    def fit(self, size: int) -> int:
        """Return how many pods of a size (ENIs per pod) the nodes hold."""
        return self.nodes * (self.free_per_node // size)

    def too_many(self) -> int | None:
        """Return a pod size (ENIs per pod) for which no arrangement has room; None if nothing proves that.

        The proof: a node holds at most (free ENIs // size) pods of that size or larger.
        """
        return next((size for size, pods in self.larger().items() if pods > self.fit(size)), None)

    def least_nodes(self) -> int | None:
        """Return a number of nodes below which the same proof says that not all pods fit; None if it says so of any."""
        least = 0 if self.every_node <= self.per_node else None
        for size, pods in self.larger().items():
            each = self.free_per_node // max(size, 1)
            if least is None or not each:
                return None
            least = max(least, -(-pods // each))
        return least and max(least, -(-self.asked // self.free_per_node))

    def is_full(self) -> bool:
        """Return whether some pods certainly do not fit."""
        return self.needed > self.room or self.every_node > self.per_node or self.too_many() is not None

    def safe_nodes(self) -> int:
        """Return on how many nodes each pod finds room, wherever the scheduler puts the others: it does not move them.

        On fewer, all nodes may have less free than the largest pod needs. Pods of one size leave no such gaps.
        """
        size = max(self.pods, default=0)
        if len(self.pods) == 1 or not 0 < size <= self.free_per_node:
            return 0
        return (self.asked - size) // (self.free_per_node - size + 1) + 1

    def fits(self) -> bool:
        """Return whether all pods fit by best fit, largest pods first."""
        if len(self.pods) <= 1:  # no gaps
            return self.every_node <= self.per_node and self.too_many() is None
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
        """Put pods of a size on some nodes; return how many pods are left over."""
        each = free // size
        left[free] -= used
        full = min(used, number // each)
        left[free - each * size] += full
        rest = number - full * each
        if used > full:
            left[free - rest * size] += 1
            rest = 0
        return rest

    def fewest_nodes(self) -> int:
        """Return the smallest number of nodes on which all pods fit, if enough nodes make them fit."""
        few, enough = 0, sum(self.pods.values())  # a node for each pod is enough
        if len(self.pods) == 1:
            enough = -(-enough // max(self.free_per_node // max(self.pods), 1))
            return max(enough, self.apart)
        while enough - few > 1:
            middle = (few + enough) // 2
            few, enough = (few, middle) if self._replace(nodes=middle).fits() else (middle, enough)
        return max(enough, self.apart)

    def spare_nodes(self) -> int | None:
        """Return how many nodes can be lost while all pods still fit; None if they never fit, or there are no pods.

        DaemonSet and system pods go away with their node, so they do not count as pods here.
        """
        if not self.pods or not self.fits():
            return None
        return self.nodes - min(self.fewest_nodes(), self.nodes)

    def with_more(self, size: int, number: int = 1) -> Load:
        """Return the load with more pods."""
        return self._replace(pods=Counter(self.pods) + Counter({size: number}))


class Taker(NamedTuple):
    """Pods of a pool."""

    name: str
    pods: int
    """The number of pods: in total, or per node if `per_node`."""
    enis: int
    """ENIs per pod."""
    per_node: bool
    """Whether these pods run on every node."""


def takers(pool: PoolView) -> tuple[Taker, ...]:
    """Return the pods that certainly run in a pool and use its ENIs, or that only Terway's label keeps from them."""
    found = takers_of(pool, pool.workloads)
    found.append(Taker(say("system pods"), pool.pool.system_pods_per_node, 1, per_node=True))
    found += [Taker(guest.title, 1, guest.enis, per_node=True) for guest in pool.guests]
    return tuple(taker for taker in found if taker.pods)


def takers_of(pool: PoolView, workloads: Iterable[Workload]) -> list[Taker]:
    """Return the pods of these workloads in a pool."""
    lingjun = pool.pool.is_lingjun
    return [Taker(w.name, w.replicas, enis_of(w, is_lingjun=lingjun), w.kind in PER_NODE) for w in workloads]


def packed(found: Iterable[Taker]) -> tuple[int, Counter[int]]:
    """Return the ENIs that pods use on every node, and the number of other pods by their ENIs."""
    every_node, pods = 0, Counter[int]()
    for taker in found:
        if taker.per_node:
            every_node += taker.pods * taker.enis
        elif taker.enis:
            pods[taker.enis] += taker.pods
    return every_node, pods


def added(pool: PoolView) -> tuple[Taker, ...]:
    """Return the pods that autoscalers may add to those of the workloads."""
    found = []
    for workload in pool.workloads:
        enis = enis_of(workload, is_lingjun=pool.pool.is_lingjun)
        if workload.kind not in PER_NODE:
            found.append(Taker(workload.name, workload.most_replicas - workload.replicas, enis, per_node=False))
    return tuple(taker for taker in found if taker.pods and taker.enis)


def load_of(pool: PoolView) -> Load | None:
    """Return the pods and nodes of a pool at its largest size; None if its nodes are unknown."""
    nodes, per_node = pool.pool.sizes.largest, pool.least_pods_per_node
    if nodes is None or per_node is None:
        return None
    every_node, pods = packed(pool.once(takers))
    alone = max((w.replicas for w in pool.workloads if apart(w).always), default=0)
    return Load(nodes, per_node, every_node, pods, alone)


def with_erdma(load: Load, pool: PoolView) -> Load:
    """Return the load of nodes on which eRDMA takes an ENI, if it may."""
    return load._replace(per_node=min((load.per_node, *pool.pods_beside_erdma.values())))


def with_possible(load: Load, pool: PoolView) -> Load:
    """Return the load including pods that may land there too."""
    for guest in pool.possible_guests:
        if guest.replicas is None:
            load = load._replace(every_node=load.every_node + guest.enis)
        else:
            load = load.with_more(guest.enis, guest.replicas)
    return load


def count_nodes(number: int) -> Message:
    """Return a number of nodes, in words."""
    return count(number, "{n} node", "{n} nodes")


def apart(workload: Workload) -> Apart:
    """Return whether each pod of a workload needs a node that has no other one."""
    return NOT_APART if workload.pod is None or workload.kind in PER_NODE else workload.pod.apart


class Beyond(NamedTuple):
    """The pods of a workload for which there is no room."""

    pods: int
    is_now: bool
    """Whether its replicas have no room; else only those that autoscalers may add."""

    @property
    def in_words(self) -> Message:
        """The number of pods."""
        return count(self.pods, "{n} pod", "{n} pods") if self.is_now else say("maxReplicas of {n}", n=self.pods)


def beyond(workload: Workload, room: int) -> Beyond | None:
    """Return the pods of a workload if they are more than there is room for; None if there is room for all."""
    if workload.most_replicas <= room:
        return None
    is_now = workload.replicas > room
    return Beyond(workload.replicas if is_now else workload.most_replicas, is_now)


def zones_apart(workload: Workload) -> Apart:
    """Return whether each pod of a workload needs a zone that has no other one."""
    return NOT_APART if workload.pod is None or workload.kind in PER_NODE else workload.pod.zones_apart


class Rivals(NamedTuple):
    """A workload, and the others of its pool with pods that may not share a node, or a zone, with its own."""

    workloads: tuple[Workload, ...]
    most: int
    """The nodes or zones that their pods can take if the scheduler spreads them."""
    positions: tuple[int, ...]
    """The positions of the workloads in the pool."""
    rivals: Mapping[int, Mapping[int, None]]
    """The positions of the rivals of each workload of the pool."""

    @property
    def clique(self) -> list[int]:
        """The positions of workloads of which no two may share one, the first among them."""
        found = [self.positions[0]]
        for other in self.positions[1:]:
            others = self.rivals[other]
            if all(each in others for each in found):
                found.append(other)
        return found

    @property
    def owner(self) -> Workload:
        """The first one with a podAntiAffinity to another one."""
        pods = [(w, w.pod) for w in self.workloads if w.pod is not None]
        return next(
            workload
            for workload, pod in pods
            for other, near in pods
            if other is not workload and any(t.selects(near.labels, other.namespace) for t in pod.separations)
        )


def rivals(pool: PoolView, domains: int, *, by_zone: bool) -> Iterator[Rivals]:
    """Yield each workload that a required podAntiAffinity keeps off others, with these.

    Args:
        pool: the pool.
        domains: the number of its nodes, or of its zones.
        by_zone: whether zones count; else nodes.

    """
    found = _kept_off(pool, by_zone=by_zone)
    taken = [domains if w.kind in PER_NODE else min(w.replicas, domains) for w in pool.workloads] if found else []
    for position, others in found.items():
        positions = (position, *others)
        workloads = tuple(pool.workloads[each] for each in positions)
        yield Rivals(workloads, sum(taken[each] for each in positions), positions, found)


def distinct(found: Iterable[Rivals]) -> Iterator[Rivals]:
    """Yield each group of rivals once."""
    yield from {frozenset(group.positions): group for group in found}.values()


def fewest(pool: PoolView, group: Rivals, domains: int, room: int, *, by_zone: bool) -> int:
    """Return the nodes or zones that the pods of rivals need at least, of `domains` with room for so many ENIs."""
    members = (pool.workloads[each] for each in group.clique)
    return sum(_fewest(pool, member, domains, room, by_zone=by_zone) for member in members)


def _fewest(pool: PoolView, workload: Workload, domains: int, room: int, *, by_zone: bool) -> int:
    """Return the nodes or zones that the pods of a workload need at least."""
    if workload.kind in PER_NODE:
        return domains
    if (zones_apart if by_zone else apart)(workload).always:
        return workload.replicas
    enis = max(enis_of(workload, is_lingjun=pool.pool.is_lingjun), 1)
    return -(-workload.replicas // max(room // enis, 1))


def _kept_off(pool: PoolView, *, by_zone: bool) -> dict[int, dict[int, None]]:
    """Return the positions of workloads with a podAntiAffinity to others, and of these others."""
    index = Index[tuple[int, "PodTerm"]]()
    pods = {i: (w, w.pod) for i, w in enumerate(pool.workloads) if w.pod is not None and w.replicas}
    for i, (_, pod) in pods.items():
        for each in pod.separations:
            # A term about one version of its owner selects no pods of other workloads.
            if not each.is_of_one_version and (each.by_zone or not by_zone):
                index.add(each.selector, (i, each))
    found: dict[int, dict[int, None]] = {}
    for i, (workload, pod) in pods.items() if index.all else ():
        for owner, separation in index.near(pod.labels):
            if owner != i and separation.selects(pod.labels, workload.namespace):
                found.setdefault(owner, {})[i] = None
                found.setdefault(i, {})[owner] = None
    return found
