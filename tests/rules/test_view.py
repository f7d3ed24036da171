"""What rules see of a plan: its pools and the networks of their pods, with references resolved."""

from __future__ import annotations

from typing import Any

import pytest

from eniplan.plan.model import Guest
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, TYPE, VSWITCH_J, VSWITCH_K, WORKLOAD
from eniplan.rules.view import PlanView
from tests.judge import SOMEWHERE, view_of

POOL = "nodePools[0]"
NOBODY_KNOWS = {"cluster.terway.erdma": ABSENT}
DEFAULTS = {"vSwitchIds": ["vsw-d"], "securityGroupIds": ["sg-d"]}


@pytest.mark.parametrize(
    ("own", "v_switches", "groups"),
    [
        ({}, ("vsw-d",), ("sg-d",)),
        ({"vSwitchIds": ["vsw-j"]}, ("vsw-j",), ("sg-d",)),
        ({"securityGroupIds": ["sg-pods"]}, ("vsw-d",), ("sg-pods",)),
    ],
)
def test_terway_fills_in_the_lists_that_a_pod_networking_lacks(
    own: dict[str, Any], v_switches: tuple[str], groups: tuple[str]
) -> None:
    name, selector = POD_NETWORKING["name"], POD_NETWORKING["podSelector"]
    changes = {"podNetworkings": [{"name": name, "podSelector": selector, "nodePools": ["trading"], **own}]}
    config = view_of({**changes, "cluster.podDefaults": DEFAULTS}).pools[0].configs[0]
    assert (config.v_switch_ids, config.security_group_ids, config.in_use) == (v_switches, groups, True)
    config = view_of({**changes, "cluster.podDefaults": ABSENT}).pools[0].configs[0]
    assert config.v_switch_ids == (v_switches if "vSwitchIds" in own else None)
    assert config.security_group_ids == (groups if "securityGroupIds" in own else None)


def test_a_whole_number_may_have_a_point() -> None:
    pool = view_of({f"{POOL}.desiredSize": 3.0, f"{POOL}.systemPodsPerNode": 1.0}).pools[0].pool
    assert (repr(pool.desired_size), repr(pool.system_pods_per_node)) == ("3", "1")


def test_pods_beside_erdma() -> None:
    types = {f"{POOL}.instanceTypes": [TYPE, "ecs.none.large"]}
    assert view_of({**types, **NOBODY_KNOWS}).pools[0].pods_beside_erdma == {TYPE: 6}
    assert view_of(types).pools[0].pods_beside_erdma == {}
    lingjun = {"nodePools[1]": {**LINGJUN_POOL, "instanceTypes": [TYPE]}, **NOBODY_KNOWS}
    assert view_of(lingjun).pools[1].pods_beside_erdma == {}


def test_one_unknown_type_leaves_open_how_many_pods_fit() -> None:
    types = {f"{POOL}.instanceTypes": [TYPE, "ecs.g8i.48xlarge"]}
    (pool,) = view_of(types).pools
    assert (pool.least_pods(3), pool.most_pods(3)) == (21, 42)
    (pool,) = view_of({f"{POOL}.instanceTypes": [TYPE, "ecs.none.large"]}).pools
    assert (pool.least_pods(3), pool.most_pods(3)) == (None, None)


def test_nodes_of_one_zone() -> None:
    even = {f"{POOL}.multiAzPolicy": "BALANCE"}
    two = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K], f"{POOL}.vSwitchIds": ["vsw-j", "vsw-k"]}
    assert [view_of(changes).pools[0].nodes_per_zone(3) for changes in ({}, two, {**two, **even})] == [3, 3, 2]
    assert view_of({**even, "cluster.vSwitches": ABSENT}).pools[0].nodes_per_zone(3) == 3


@pytest.mark.parametrize(
    ("changes", "guests", "in_use"),
    [
        ({}, (), False),
        ({f"{POOL}.systemPodsPerNode": 1}, (), True),
        ({"workloads": [WORKLOAD]}, (), True),
        ({"workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}]}, (), False),
        ({}, (Guest("log agent", "trading", 1, None),), True),
        ({}, (Guest("log agent", "trading", 1, None, SOMEWHERE),), False),
        ({}, (Guest("log agent", "two", 1, None),), False),
        ({"podNetworkings": []}, (), True),
    ],
)
def test_which_pods_have_no_pod_networking(changes: dict[str, Any], guests: tuple[Guest, ...], *, in_use: bool) -> None:
    view = view_of({"podNetworkings": [POD_NETWORKING], **changes})
    view = PlanView(view.plan._replace(guests=guests), view.catalog, view.settings)
    assert view.pools[0].configs[-1].in_use is in_use


@pytest.mark.parametrize(
    ("own", "v_switches", "groups"),
    [
        ({"vSwitchIds": ["vsw-j2"]}, ("vsw-j2", "vsw-k", "vsw-unlisted"), ("sg-pods",)),
        ({"vSwitchIds": [], "securityGroupIds": ["sg-own"]}, ("vsw-j", "vsw-k", "vsw-unlisted"), ("sg-own",)),
    ],
)
def test_a_node_level_config_replaces_the_zones_that_it_names(
    own: dict[str, Any], v_switches: tuple[str, ...], groups: tuple[str, ...]
) -> None:
    changes = {
        "cluster.vSwitches": [VSWITCH_J, {**VSWITCH_J, "id": "vsw-j2"}, VSWITCH_K],
        "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-k", "vsw-unlisted"],
        "cluster.terwayConfigs": {"own": own}, f"{POOL}.terwayConfig": "own",
    }  # fmt: skip
    (config,) = view_of(changes).pools[0].configs
    assert (config.v_switch_ids, config.security_group_ids) == (v_switches, groups)
    (config,) = view_of({**changes, "cluster.podDefaults": ABSENT}).pools[0].configs
    assert (config.v_switch_ids, config.security_group_ids) == (
        tuple(own["vSwitchIds"]), tuple(own.get("securityGroupIds", ())) or None,
    )  # fmt: skip
