"""Sizes against a search that tries one pool after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.catalog.sizing import Request, Size, size

if TYPE_CHECKING:
    from eniplan.catalog.sizing import Loss


def zones_of(nodes: int, zones: int) -> list[int]:
    """Return how many nodes each zone gets when they spread evenly."""
    return [nodes // zones + (zone < nodes % zones) for zone in range(zones)]


def left(nodes: int, request: Request) -> int:
    """Return the nodes that are left after the worst loss."""
    if request.loss == "zone":
        return nodes - max(zones_of(nodes, request.zones))
    return nodes - (request.loss == "node")


@st.composite
def requests(draw: st.DrawFn) -> Request:
    zones = draw(st.integers(1, 8))
    loss: Loss = draw(st.sampled_from(["nothing", "node", "zone"] if zones > 1 else ["nothing", "node"]))
    return Request(draw(st.integers(1, 300)), draw(st.integers(0, 5)), zones, loss)


@given(requests(), st.integers(0, 40))
@settings(max_examples=200)
def test_it_is_the_smallest_pool_that_is_large_enough(request: Request, exclusive: int) -> None:
    found = size(request, exclusive)
    room = exclusive - request.daemon_pods
    if room < 1:
        assert found is None
        return
    nodes = next(n for n in range(1, 10_000) if left(n, request) * room >= request.pods)
    assert found == Size(
        nodes,
        max(zones_of(nodes, request.zones)),
        room,
        nodes * exclusive,
        max(zones_of(nodes, request.zones)) * exclusive,
        nodes,
    )


@pytest.mark.parametrize(
    ("request_", "nodes"),
    [
        (Request(7, 0, 1, "nothing"), 1),
        (Request(8, 0, 1, "nothing"), 2),
        (Request(7, 0, 1, "node"), 2),
        (Request(7, 1, 1, "node"), 3),
        (Request(21, 0, 3, "zone"), 5),
        (Request(21, 0, 2, "zone"), 6),
    ],
)
def test_nodes_of_eight_enis(request_: Request, nodes: int) -> None:
    found = size(request_, 7)
    assert found is not None
    assert found.nodes == nodes
