"""Computes the CPU and memory that the pods of a pool request, and whether its nodes can have as much.

How much a node keeps for itself is not published: only what exceeds the whole size of an instance certainly has no
room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.pods import CPU, MEMORY
from eniplan.messages import say
from eniplan.rules.base import Unknown
from eniplan.rules.packing import Load, Taker, packed
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.facts import Fact
    from eniplan.messages import Message
    from eniplan.plan.document import Path
    from eniplan.plan.model import Workload
    from eniplan.rules.view import PoolView


class Resource(NamedTuple):
    """A resource that containers request, and instance types state."""

    name: str
    fact: Fact
    """The field of an instance type."""
    scale: int
    """The units of a request per unit of that field."""

    @property
    def words(self) -> Message:
        """Its name."""
        return say("CPU") if self.name == CPU else say("memory")

    def amount(self, number: int) -> Message:
        """Return a number of units in words."""
        n = number / self.scale
        return say("{n:.9g} vCPU", n=n) if self.name == CPU else say("{n:.9g} GiB", n=n)


RESOURCES = (Resource(CPU, facts.CORES, 1000), Resource(MEMORY, facts.MEMORY, 2**30))


class Requests(NamedTuple):
    """What the pods of a pool request of a resource, and what its nodes have."""

    resource: Resource
    pods: Mapping[Path, tuple[Workload, int]]
    """The workloads that request some, and the request of one pod, by path."""
    unmeasured: tuple[Workload, ...]
    """The workloads of which the amount is unknown. What is known of it counts."""
    sizes: Mapping[str, int | None]
    """What a node has, by type; None if unknown."""

    @property
    def known(self) -> tuple[int, int] | None:
        """What the smallest and the largest node of the pool have; None if that is unknown for any type."""
        sizes = [size for size in self.sizes.values() if size is not None]
        return (min(sizes), max(sizes)) if sizes and len(sizes) == len(self.sizes) else None

    def unknown(self, pool: PoolView) -> Iterator[Unknown]:
        """Yield the facts that are unknown of the pods and the nodes."""
        for workload in self.unmeasured:
            about = say("{kind} {name!r}", kind=workload.kind, name=workload.name)
            yield Unknown(workload.at("eniRequest"), facts.AMOUNTS, about)
        if self.pods and self.known is None:
            yield self._unsized(pool)

    def _unsized(self, pool: PoolView) -> Unknown:
        name = next((name for name, size in self.sizes.items() if size is None), "")
        about = say("{type}", type=name) if name else say("the nodes of pool {name!r}", name=pool.pool.name)
        if pool.pool.is_lingjun:
            find = say("no source states it: compare the requests of its pods with its nodes")
            return Unknown((*pool.path, "lingjun", "nodeType"), self.resource.fact, about, find)
        return Unknown((*pool.path, "instanceTypes"), self.resource.fact, about)

    def load(self, nodes: int, size: int, *, scaled: bool = False) -> Load:
        """Return the load of nodes of one size, without the pods that no such node has room for.

        Args:
            nodes: their number.
            size: what each of them has.
            scaled: whether autoscalers have added all pods that they may add.

        """
        return Load(nodes, size, *packed(self._takers(size, scaled=scaled)))

    def _takers(self, size: int, *, scaled: bool) -> Iterator[Taker]:
        for workload, asked in self.pods.values():
            if asked <= size:
                number = workload.most_replicas if scaled else workload.replicas
                yield Taker(workload.name, number, asked, workload.kind in PER_NODE)


def requests_of(pool: PoolView) -> tuple[Requests, ...]:
    """Return the resources that pods of a pool request."""
    return tuple(_requests_of(pool, pool.view.requesting.get(pool.pool.name, ())))


def _requests_of(pool: PoolView, workloads: Iterable[Workload]) -> Iterator[Requests]:
    asking = [(workload, workload.pod) for workload in workloads if workload.most_replicas]
    for resource in RESOURCES:
        found = ((w, pod.request(resource.name)) for w, pod in asking if pod is not None)
        pods = {workload.path: (workload, asked) for workload, asked in found if asked}
        unmeasured = tuple(w for w, pod in asking if pod is not None and resource.name in pod.unmeasured)
        if pods or unmeasured:
            yield Requests(resource, pods, unmeasured, dict(_sizes(pool, resource)))


def _sizes(pool: PoolView, resource: Resource) -> Iterator[tuple[str, int | None]]:
    if pool.pool.is_lingjun:
        yield pool.pool.lingjun.get("nodeType", ""), None
        return
    for use in pool.types:
        size = None if use.record is None else getattr(use.record, resource.fact.key)
        yield use.name, None if size is None else int(size * resource.scale)


_MANY = 64
"""Pods of more sizes are not packed, because that takes too long: only their sum counts."""


def fits(load: Load) -> bool:
    """Return whether all pods fit, as far as that is worked out."""
    return load.fits() if len(load.pods) <= _MANY else not load.is_full()


class Room(NamedTuple):
    """The room that the pods of a pool leave at its largest size, on nodes of its smallest type, of one resource."""

    requests: Requests
    load: Load
    free: int

    def takes(self, workload: Workload, number: int) -> bool:
        """Return whether so many more pods of a workload may have room: of a DaemonSet, on each node."""
        _, asked = self.requests.pods.get(workload.path, (workload, 0))
        load, is_agent = self.load, workload.kind in PER_NODE
        if not 0 < asked <= load.per_node:
            return True  # ENI012 reports a pod that is too large
        if len(load.pods) > _MANY:
            return self.free >= asked * (load.nodes if is_agent else number)
        more = load._replace(every_node=load.every_node + asked) if is_agent else load.with_more(asked, number)
        return more.fits()


def rooms(pool: PoolView) -> tuple[Room, ...]:
    """Return the room of each resource that pods of a pool request, if its nodes are known and have room for these."""
    nodes, found = pool.pool.sizes.largest, []
    for asked in pool.once(requests_of):
        if nodes is not None and asked.pods and asked.known is not None:
            load = asked.load(nodes, asked.known[0])
            if fits(load):
                found.append(Room(asked, load, load.room - load.needed))
    return tuple(found)
