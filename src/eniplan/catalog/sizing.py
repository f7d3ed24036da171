"""Computes the nodes and addresses that a number of exclusive pods needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from eniplan.messages import count, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message

Loss: TypeAlias = Literal["nothing", "node", "zone"]


class Request(NamedTuple):
    """The pods to run, and the failure (a node or a zone) after which all of them must still fit."""

    pods: int
    """Exclusive pods, at least 1."""
    daemon_pods: int
    """Pods on every node that do not use hostNetwork: each also uses an ENI."""
    zones: int
    """The number of zones, over which nodes spread evenly: at least 1, or 2 if a zone may be lost."""
    loss: Loss


def asked(request: Request) -> Iterator[Message]:
    """Yield the request in words, without the number of pods."""
    if request.zones > 1:
        yield say("spread over {n} zones", n=request.zones)
    if request.daemon_pods:
        pods = count(request.daemon_pods, "{n} DaemonSet pod", "{n} DaemonSet pods")
        yield say("beside {pods} on each node", pods=pods)
    losses = {
        "nothing": say("nothing to spare"),
        "node": say("one node may be lost"),
        "zone": say("a whole zone may be lost"),
    }
    yield losses[request.loss]


class Size(NamedTuple):
    """The counts of a pool of one type that is large enough."""

    nodes: int
    nodes_per_zone: int
    """Nodes in the zone with the most nodes."""
    pods_per_node: int
    """Exclusive pods that fit on a node beside its DaemonSet pods."""
    pod_addresses: int
    """IPv4 addresses if every ENI is used; dual stack needs the same number of IPv6 addresses."""
    pod_addresses_per_zone: int
    """`pod_addresses` in the zone with the most nodes."""
    node_addresses: int
    """IPv4 addresses of the nodes' own primary ENIs."""


def size(request: Request, exclusive: int) -> Size | None:
    """Return the smallest pool of nodes with `exclusive` pods each; None if DaemonSet pods leave no room."""
    room = exclusive - request.daemon_pods
    if room < 1:
        return None
    nodes = _ceil(request.pods, room)
    if request.loss == "node":
        nodes += 1
    elif request.loss == "zone":
        # Without the largest zone, n - ceil(n / zones) nodes remain; this is the smallest n that leaves enough.
        nodes += _ceil(nodes, request.zones - 1)
    per_zone = _ceil(nodes, request.zones)
    return Size(nodes, per_zone, room, nodes * exclusive, per_zone * exclusive, nodes)


def price_per_pod(price: float, exclusive: int, request: Request | None, pool: Size | None) -> float | None:
    """Return the price of one exclusive pod: its share of a full node, or of the whole requested pool."""
    if request is not None:
        return None if pool is None else price * pool.nodes / request.pods
    return None if exclusive < 1 else price / exclusive


def _ceil(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
