"""Packing pods onto nodes, against a search through all arrangements."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from eniplan.catalog.store import Catalog
from eniplan.plan.model import plan_from
from eniplan.rules.base import Settings
from eniplan.rules.examples import WORKLOAD, example
from eniplan.rules.packing import Load, spread
from eniplan.rules.view import PlanView


def possible(nodes: list[int], pods: list[int]) -> bool:
    """Try every node for every pod."""
    if not pods:
        return True
    first, *rest = pods
    return any(
        possible([*nodes[:i], free - first, *nodes[i + 1 :]], rest)
        for i, free in enumerate(nodes)
        if free >= first and free not in nodes[:i]
    )


@given(st.integers(0, 3), st.integers(0, 8), st.integers(0, 9), st.lists(st.integers(1, 5), max_size=7))
def test_what_is_said_of_a_load_is_true(nodes: int, per_node: int, every_node: int, pods: list[int]) -> None:
    load = Load(nodes, per_node, every_node, Counter(pods))
    truth = (every_node <= per_node or not nodes) and possible(
        [max(per_node - every_node, 0)] * nodes, sorted(pods, reverse=True)
    )
    if load.fits():
        assert truth
    if load.is_full() and nodes:
        assert not truth


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 12), st.integers(0, 99))
def test_pods_of_one_size_are_decided_exactly(nodes: int, per_node: int, size: int, number: int) -> None:
    load = Load(nodes, per_node, 0, {size: number})
    fits = number <= nodes * (per_node // size)
    assert load.fits() == fits
    assert load.is_full() != fits


@given(st.integers(1, 4), st.integers(1, 8), st.lists(st.integers(1, 4), max_size=8))
def test_one_more_is_one_more(nodes: int, per_node: int, pods: list[int]) -> None:
    load = Load(nodes, per_node, 0, Counter(pods))
    assert load.with_more(2).pods == Counter([*pods, 2])
    assert load.with_more(2, 3).needed == load.needed + 6
    assert not load.with_more(2).fits() or load.fits()


def test_large_numbers_take_no_time() -> None:
    load = Load(1_000_000, 50, 3, {1: 10_000_000, 7: 3_000_000, 20: 500_000})
    assert load.fits()
    assert load.room == 50_000_000


def test_pods_that_take_nothing_are_not_packed() -> None:
    view = PlanView(plan_from(example({"workloads": [{**WORKLOAD, "replicas": 3}]})), Catalog(), Settings())
    (pool,) = view.pools
    assert spread(pool, lambda _: 0) == (0, Counter())
    assert spread(pool, lambda _: 2) == (0, Counter({2: 3}))
