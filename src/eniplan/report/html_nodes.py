"""A picture of a pool: its nodes by zone, with one square per exclusive ENI. It shows one possible placement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.messages import say
from eniplan.report.html_page import text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eniplan.messages import Message
    from eniplan.report.model import PoolSheet

MOST_NODES = 48
"""Maximum nodes to draw individually."""
MOST_SLOTS = 64
_SIDE, _GAP, _COLUMNS = 10, 2, 8
"""The size of a square and the gap between squares, in pixels, and the squares per row."""


class Node(NamedTuple):
    """The use of one node's ENIs."""

    fixed: int
    """ENIs of pods that run on every node."""
    others: int
    slots: int

    @property
    def used(self) -> int:
        """The number of used ENIs."""
        return min(self.fixed, self.slots) + self.others


def placed(pool: PoolSheet) -> list[Node] | None:
    """Return the nodes of a pool at its largest size, with its pods; None if too many, or if a number is unknown.

    This is first-fit decreasing: pods with the most ENIs first, each on the first node with room. So the nodes that may
    be lost stay empty.
    """
    nodes, room = pool.nodes.largest, pool.pods.largest
    if not nodes or nodes > MOST_NODES or room is None or room // nodes > MOST_SLOTS:
        return None
    slots = room // nodes
    takers = () if pool.use is None else pool.use.takers
    fixed = sum(taker.pods * taker.enis for taker in takers if taker.per_node)
    others = [0] * nodes
    for taker in sorted((t for t in takers if not t.per_node), key=lambda taker: -taker.enis):
        pods = taker.pods
        for index in range(nodes):
            fit = min(pods, max(slots - fixed - others[index], 0) // taker.enis)
            others[index] += fit * taker.enis
            pods -= fit
    return [Node(fixed, count, slots) for count in others]


def picture(pool: PoolSheet) -> Iterator[str]:
    """Yield the nodes of a pool as pictures by zone; nothing if there are too many."""
    nodes = placed(pool)
    if nodes is None:
        return
    yield '<div class="zones">'
    for zone, members in _by_zone(pool, nodes):
        squares = "".join(_node(number, node, later=number > (pool.nodes.desired or 0)) for number, node in members)
        yield f'<div class="zone"><p class="soft">{text(zone)}</p><p class="nodes">{squares}</p></div>'
    yield "</div>\n"


def _by_zone(pool: PoolSheet, nodes: Sequence[Node]) -> Iterator[tuple[Message, list[tuple[int, Node]]]]:
    """Yield the zones and their numbered nodes; a single group if their distribution is unknown."""
    numbered = list(enumerate(nodes, 1))
    zones = pool.zone_names
    if not zones:
        yield say("zones unknown"), numbered
    elif len(zones) == 1 or not pool.is_balanced:
        yield say("{zones}", zones=zones), numbered
    else:
        for index, zone in enumerate(zones):
            yield say("{zone}", zone=zone), numbered[index :: len(zones)]


def _node(number: int, node: Node, *, later: bool) -> str:
    columns = min(max(node.slots, 1), _COLUMNS)
    rows = -(-max(node.slots, 1) // _COLUMNS)
    step = _SIDE + _GAP
    wide, high = columns * step + 3 * _GAP, rows * step + 3 * _GAP
    parts = [
        f'<rect class="{"box later" if later else "box"}" x="1" y="1" width="{wide - 2}" height="{high - 2}" rx="3"/>'
    ]
    for index in range(node.slots):
        style = "fixed" if index < node.fixed else "now" if index < node.used else "slot"
        x, y = index % _COLUMNS * step + 2 * _GAP, index // _COLUMNS * step + 2 * _GAP
        parts.append(f'<rect class="{style}" x="{x}" y="{y}" width="{_SIDE}" height="{_SIDE}" rx="2"/>')
    label = say("node {n}: {used} of {slots} exclusive ENIs used", n=number, used=node.used, slots=node.slots)
    return (
        f'<svg class="node" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" role="img" '
        f'aria-label="{text(label)}">{"".join(parts)}</svg>'
    )
