"""Packing pods onto nodes, against a search through all arrangements."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.catalog.store import Catalog
from eniplan.k8s.nodes import Placement, requirement
from eniplan.plan.model import Guest, plan_from
from eniplan.rules.base import Settings
from eniplan.rules.examples import WORKLOAD, example
from eniplan.rules.packing import (
    Load,
    Taker,
    added,
    distinct,
    enis_of,
    fewest,
    injected,
    load_of,
    packed,
    rivals,
    takers,
)
from eniplan.rules.view import PlanView, PoolView


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


def unlucky(nodes: tuple[int, ...], pods: tuple[int, ...]) -> bool:
    """Return whether some order, and some choice of nodes with room, leaves a pod without a node."""
    if any(size > max(nodes) for size in pods):
        return True
    return any(
        unlucky(tuple(sorted((*nodes[:i], free - size, *nodes[i + 1 :]))), (*pods[:k], *pods[k + 1 :]))
        for k, size in enumerate(pods)
        for i, free in enumerate(nodes)
        if size <= free and size not in pods[:k] and free not in nodes[:i]
    )


@settings(deadline=None)
@given(st.integers(1, 3), st.integers(1, 7), st.integers(0, 2), st.lists(st.integers(1, 3), max_size=6))
def test_pods_that_always_find_room(nodes: int, per_node: int, every_node: int, pods: list[int]) -> None:
    load = Load(nodes, per_node, every_node, Counter(pods))
    if load.fits() and nodes >= load.safe_nodes():
        assert not unlucky((load.free_per_node,) * nodes, tuple(sorted(pods)))


@given(st.integers(1, 3), st.integers(1, 7), st.integers(2, 3), st.integers(1, 3), st.integers(1, 6))
def test_pods_beside_small_ones_are_decided_exactly(
    nodes: int, per_node: int, size: int, large: int, ones: int
) -> None:
    load = Load(nodes, per_node, 0, Counter({size: large, 1: ones}))
    if load.fits() and ones >= nodes * (per_node - size + 1):
        assert load.safe_nodes() > nodes
        assert load._replace(nodes=load.safe_nodes()).fits()


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


@pytest.mark.parametrize(("per_node", "pods", "fits"), [(7, {2: 2, 3: 2, 4: 1}, True), (8, {2: 3, 3: 2, 4: 1}, False)])
def test_the_fullest_node_comes_first(per_node: int, pods: dict[int, int], fits: bool) -> None:  # noqa: FBT001 - a parameter of the test
    load = Load(2, per_node, 0, pods)
    assert load.fits() == one_by_one(load) == fits


def test_large_numbers_take_no_time() -> None:
    load = Load(1_000_000, 50, 3, {1: 10_000_000, 7: 3_000_000, 20: 500_000})
    assert load.fits()
    assert load.room == 50_000_000


def test_pods_that_take_nothing_are_not_packed() -> None:
    pods = Taker("a", 3, 2, per_node=False)
    assert packed([pods, pods._replace(pods=1), pods._replace(enis=0)]) == (0, Counter({2: 4}))
    assert packed([pods._replace(enis=0)]) == (0, Counter())


def one_by_one(load: Load) -> bool:
    """Place each pod on the fullest node that has room, the largest pods first."""
    left = [load.free_per_node] * load.nodes
    for size in sorted(Counter(load.pods).elements(), reverse=True):
        room = [free for free in left if free >= size]
        if not room:
            return False
        left[left.index(min(room))] -= size
    return load.every_node <= load.per_node


loads = st.builds(
    Load,
    st.integers(0, 6),
    st.integers(0, 12),
    st.integers(0, 3),
    st.dictionaries(st.integers(1, 6), st.integers(0, 8), max_size=4),
)


@given(loads)
def test_pods_are_placed_as_if_one_by_one(load: Load) -> None:
    assert load.fits() == one_by_one(load)


@given(loads)
def test_spare_nodes_are_those_without_which_all_fits(load: Load) -> None:
    spare = load.spare_nodes()
    if not load.pods or not load.fits():
        assert spare is None
    else:
        fitting = [n for n in range(load.nodes + 1) if load._replace(nodes=n).fits()]
        assert spare == load.nodes - min(fitting)


def test_the_largest_pods_without_room_are_named() -> None:
    assert Load(1, 4, 0, {1: 5, 3: 2}).too_many() == 3
    assert Load(1, 4, 0, {1: 5, 3: 1}).too_many() == 1
    assert Load(1, 4, 0, {1: 1, 3: 1}).too_many() is None


def test_nodes_that_are_just_full_of_what_all_have_do() -> None:
    assert Load(2, 3, 3, {}).fits()
    assert not Load(2, 3, 4, {}).fits()


def test_each_of_three_reasons_alone_makes_a_pool_full() -> None:
    assert Load(1, 7, 0, {4: 1, 3: 1, 1: 1}).is_full()  # eight ENIs, of which each size has room
    assert Load(0, 7, 8, {}).is_full()  # no node could hold what every node has
    assert Load(2, 3, 0, {2: 3}).is_full()  # six ENIs of six, but one pod a node
    assert not Load(1, 7, 0, {4: 1, 3: 1}).is_full()


def test_what_is_left_on_a_node_is_for_smaller_pods() -> None:
    assert Load(1, 7, 0, {3: 1, 2: 2}).fits()  # four are left for two of two
    assert not Load(1, 7, 0, {3: 1, 2: 3}).fits()


NETWORKS = '[{"interfaceName":"eth0","network":"a"},{"interfaceName":"eth1","network":"b"}]'
OWN = json.dumps({"podNetworks": [{"interface": "eth0", "eniOptions": {"eniType": "ENI"}}, {"interface": "eth1"}]})


def of(workload: dict[str, Any], changes: dict[str, Any] | None = None, guests: tuple[Guest, ...] = ()) -> PoolView:
    """Return the pool of the example plan with one workload."""
    plan = plan_from(example({"workloads": [{**WORKLOAD, "replicas": 2, **workload}], **(changes or {})}))._replace(
        guests=guests
    )
    (pool,) = PlanView(plan, Catalog(), Settings()).pools
    return pool


def pod(
    request: str | None = None, annotations: dict[str, str] | None = None, *, host: bool = False, labels: bool = False
) -> dict[str, Any]:
    """Return a workload with a template of its own."""
    asks = {} if request is None else {"resources": {"limits": {"aliyun/eni": request}}}
    metadata: dict[str, Any] = {
        "annotations": {f"k8s.aliyun.com/{key}": value for key, value in (annotations or {}).items()}
    }
    if labels:
        metadata["labels"] = {"k8s.aliyun.com/ignore-by-terway": "true"}
    spec = {"containers": [{"name": "app", "image": "app", **asks}], "hostNetwork": host}
    return {"template": {"metadata": metadata, "spec": spec}}


@pytest.mark.parametrize(
    ("workload", "by_webhook", "on_ecs", "on_lingjun"),
    [
        ({}, 0, 1, 1),  # it asks for none, and takes one all the same
        ({"eniRequest": 1}, 0, 1, 1),
        ({"eniRequest": 3}, 0, 3, 1),
        ({"podNetworking": "trading-eni"}, 1, 1, 1),
        ({"podNetworking": "trading-eni", "eniRequest": 3}, 1, 3, 1),
        (pod(), 0, 1, 1),
        (pod("2"), 0, 2, 1),
        (pod("2", labels=True), 0, 2, 0),
        (pod(labels=True), 0, 0, 0),
        (pod(None, {"pod-eni": "true"}), 1, 1, 1),
        (pod("3", {"pod-eni": "true"}), 1, 1, 1),  # the webhook's request replaces its own
        (pod(None, {"pod-eni": "false"}), 0, 1, 1),
        (pod(None, {"pod-eni": "true"}, host=True), 0, 0, 0),
        (pod("2", host=True), 0, 2, 0),  # it gets none, but the scheduler keeps them for it
        (pod("2", {"pod-eni": "true"}, labels=True), 1, 2, 0),  # the webhook leaves it alone
        (pod(None, {"pod-networks": OWN}), 2, 2, 1),
        (pod("1", {"pod-networks": OWN}), 2, 2, 1),
        (pod(None, {"pod-networks": "{}"}), 0, 1, 1),
        (pod(None, {"pod-networks": OWN}, host=True), 0, 0, 0),
        (pod(None, {"pod-networks-request": NETWORKS}), 2, 2, 1),
    ],
)
def test_what_one_pod_takes(workload: dict[str, Any], by_webhook: int, on_ecs: int, on_lingjun: int) -> None:
    (found,) = of(workload).view.plan.workloads
    assert injected(found) == by_webhook
    assert enis_of(found, is_lingjun=False) == on_ecs
    assert enis_of(found, is_lingjun=True) == on_lingjun


def test_pods_of_every_node_are_counted_a_node() -> None:
    pool = of({"kind": "DaemonSet", "replicas": 2, "eniRequest": 3})
    assert packed(takers(pool)) == (6, Counter())
    load = load_of(pool)
    assert load is not None
    assert (load.every_node, load.pods) == (6, {})


def test_who_takes_enis() -> None:
    guests = (
        Guest("log agent", "trading", 2, None),
        Guest("maybe", "trading", 1, 3),
        Guest("elsewhere", "trading", 1, None, Placement((requirement((), "kubernetes.io/arch", "arm64"),))),
    )
    pool = of({"eniRequest": 2}, {"nodePools[0].systemPodsPerNode": 1}, guests)
    assert [tuple(taker) for taker in takers(pool)] == [
        ("matcher", 2, 2, False),
        ("system pods", 1, 1, True),
        ("log agent", 1, 2, True),
    ]
    load = load_of(pool)
    assert load is not None
    assert (load.nodes, load.per_node, load.every_node, load.pods) == (3, 7, 3, {2: 2})


def test_pods_that_take_none_are_not_added() -> None:
    assert added(of({"maxReplicas": 5})) == (Taker("matcher", 3, 1, per_node=False),)
    assert added(of({**pod(labels=True), "maxReplicas": 5})) == ()


def test_pods_that_take_none() -> None:
    assert packed(takers(of(pod(labels=True)))) == (0, Counter())
    assert takers(of({"replicas": 0})) == ()
    assert takers(of({})) == (Taker("matcher", 2, 1, per_node=False),)


@pytest.mark.parametrize(("apart", "spare"), [(0, 2), (1, 2), (2, 1), (3, 0), (4, 0)])
def test_nodes_that_pods_need_for_themselves_cannot_be_lost(apart: int, spare: int) -> None:
    assert Load(3, 7, 0, {1: 4}, apart).spare_nodes() == spare


def arranged(places: tuple[tuple[int, int], ...], pods: tuple[int, ...], room: int, alone: tuple[bool, bool]) -> bool:
    """Return whether some arrangement keeps the pods of two workloads apart, and those of `alone` each by itself."""
    if not pods:
        return True
    first, *rest = pods
    for i, counts in enumerate(places):
        mine, theirs = counts[first], counts[1 - first]
        if not theirs and mine < (1 if alone[first] else room):
            more = (mine + 1, 0) if first == 0 else (0, mine + 1)
            if arranged((*places[:i], more, *places[i + 1 :]), tuple(rest), room, alone):
                return True
    return False


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.booleans())
def test_rivals_need_what_a_search_needs(nodes: int, first: int, second: int, is_alone: bool, are_both: bool) -> None:  # noqa: FBT001 - parts of the test
    def pods(name: str, replicas: int, tiers: list[str]) -> dict[str, Any]:
        labels = {"matchExpressions": [{"key": "tier", "operator": "In", "values": tiers}]}
        term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": labels}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
        spec = {"containers": [], "affinity": {"podAntiAffinity": required}}
        template = {"metadata": {"labels": {"tier": name}}, "spec": spec}
        return {**WORKLOAD, "name": name, "replicas": replicas, "template": template}

    workloads = [pods("x", first, ["x", "y"] if is_alone else ["y"]), pods("y", second, ["y"] if are_both else ["z"])]
    view = PlanView(plan_from(example({"workloads": workloads})), Catalog(), Settings())
    (found,) = distinct(rivals(view.pools[0], nodes, by_zone=False))
    least = fewest(view.pools[0], found, nodes, 2, by_zone=False)
    kept = (0,) * first + (1,) * second
    assert arranged(((0, 0),) * nodes, kept, 2, (is_alone, are_both)) == (least <= nodes)
    assert found.most > nodes or least <= nodes
