"""Which rules wait for what an input does not know."""

from __future__ import annotations

from typing import Any

import pytest

from eniplan import facts
from eniplan.judging.gaps import fact_at, owner, seeks_pool, waiting
from eniplan.rules import ALL, BY_ID

PLAN: Any = {
    "nodePools": [{"name": "trading"}],
    "podNetworkings": [{"name": "eni"}],
    "workloads": [{"name": "matcher", "kind": "Deployment"}],
    "cluster": {"vSwitches": [{"id": "vsw-j"}]},
}


def asked(path: tuple[str | int, ...]) -> list[str]:
    """Return the rules that wait for a value, in a plan that names only the pools that it has."""
    return list(waiting(ALL, path, seeks_pool=False))


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("nodePools", 0), "whether pool 'trading' is an exclusive node pool"),
        (("nodePools", 0, "taints", 0, "key"), "taints of pool 'trading'"),
        (("nodePools", 0, "labels", "team"), "labels of pool 'trading'"),
        (("nodePools", 0, "labels", "terway-config"), "the label terway-config of pool 'trading'"),
        (("podNetworkings", 0, "nodePools"), "which pools PodNetworking 'eni' is for"),
        (("workloads", 0, "nodePool"), "the node pool of Deployment 'matcher'"),
        (("cluster", "terway", "version"), "cluster.terway.version"),
    ],
)
def test_words(path: tuple[str | int, ...], words: str) -> None:
    fact = fact_at(path)
    assert fact is not None
    assert fact.called(owner(PLAN, path)) == words


def test_what_is_no_fact_of_any_rule() -> None:
    assert fact_at(("nope",)) is None
    assert not list(asked(("nodePools", 0, "keyPair")))


def test_a_whole_that_is_not_known_leaves_its_parts_open() -> None:
    assert "NP010" in asked(("nodePools", 0, "labels"))
    assert "NP010" not in asked(("nodePools", 0, "labels", "team"))
    assert "NP005" in asked(("nodePools", 0, "labels", "team"))


def test_one_value_of_a_workload_leaves_the_list_known() -> None:
    assert "ENI008" in asked(("workloads",))
    assert "ENI008" in asked(("workloads", 0, "replicas"))
    assert "ENI008" not in asked(("workloads", 0, "strategy"))


NAMING: dict[str, tuple[str, dict[str, Any], tuple[str | int, ...]]] = {
    "a workload": ("workloads", {"nodePool": "gateway"}, ("workloads", 0, "nodePool")),
    "a PodNetworking": ("podNetworkings", {"nodePools": ["trading", "gateway"]}, ("podNetworkings", 0, "nodePools")),
}


@pytest.mark.parametrize("name", NAMING)
def test_a_name_of_a_pool_that_is_not_known_may_be_one_that_the_plan_lacks(name: str) -> None:
    section, item, path = NAMING[name]
    assert seeks_pool({"nodePools": [{"name": "trading"}], section: [item]}, set())
    assert seeks_pool({section: [item]}, {("workloads", 1, "nodePool")})
    assert not seeks_pool({"nodePools": [{"name": "trading"}, {"name": "gateway"}], section: [item]}, set())
    assert not seeks_pool({"nodePools": [{"name": "trading"}], section: [item]}, {path})
    assert not seeks_pool({"nodePools": [{"name": "trading"}], section: [{}, "odd"]}, set())


def test_the_name_of_a_pool_matters_to_what_may_name_it() -> None:
    path = ("nodePools", 0, "name")
    assert "NET001" not in asked(path)
    assert "NET001" in waiting(ALL, path, seeks_pool=True)
    assert "NP006" in asked(path)


def test_whether_a_pool_is_exclusive_is_asked_by_those_that_name_it() -> None:
    assert {*asked(("nodePools", 0))} == {"NP001", "NP003"}
    assert facts.POOL in BY_ID["NP001"].needs
