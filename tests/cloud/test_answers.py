"""Reading answers: the documented forms, and anything else that a server may send."""

from __future__ import annotations

import contextlib
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.cloud import answers
from eniplan.cloud.answers import AnswerError
from eniplan.plan.live import LingjunGroup, LiveCluster, LiveTerway, Quota
from eniplan.plan.model import ExistingPool, SecurityGroup, VSwitch

if TYPE_CHECKING:
    from collections.abc import Callable

READERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "cluster": answers.cluster,
    "terway": answers.terway,
    "types": answers.types,
    "stock": partial(answers.stock, instance_type="ecs.g7.large"),
    "v_switches": answers.v_switches,
    "security_groups": answers.security_groups,
    "pools": answers.pools,
    "quota": answers.quota,
    "lingjun_group": answers.lingjun_group,
    "node_type_of_first": answers.node_type_of_first,
    "node_type": answers.node_type,
    "next_token": answers.next_token,
}
NAMES = (
    "state", "config", "version", "size", "InstanceTypes", "InstanceType", "InstanceTypeId", "EniQuantity", "NextToken",
    "AvailableZones", "AvailableZone", "ZoneId", "AvailableResources", "AvailableResource", "SupportedResources",
    "SupportedResource", "Value", "StatusCategory", "VSwitches", "VSwitch", "VSwitchId", "TotalCount", "SecurityGroups",
    "SecurityGroup", "SecurityGroupId", "nodepools", "nodepool_info", "name", "kubernetes_config", "labels", "key",
    "cluster_nodepool_quota", "NodeCount", "ClusterId", "Nodes", "NodeType",
)  # fmt: skip
ANSWERS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 3)
    | st.floats()
    | st.sampled_from(["", "1", "{}", "ecs.g7.large", "²"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)


@given(body=st.dictionaries(st.sampled_from(NAMES), ANSWERS), reader=st.sampled_from(sorted(READERS)))
def test_anything_is_read_or_refused(body: dict[str, Any], reader: str) -> None:
    with contextlib.suppress(AnswerError):
        READERS[reader](body)


def test_cluster() -> None:
    body = {"state": "running", "region_id": "cn-hangzhou", "vpc_id": "vpc-1", "ip_stack": "dual", "size": 3,
            "current_version": "1.34.3-aliyun.1", "meta_data": "{"}  # fmt: skip
    assert answers.cluster(body) == LiveCluster("running", "cn-hangzhou", "vpc-1", "dual", "1.34.3-aliyun.1", 3)
    assert answers.cluster({"state": "", "size": None}) == LiveCluster()


@pytest.mark.parametrize(
    ("config", "switches"),
    [
        ({"ENITrunking": "true", "NetworkPolicy": "False", "IPVlan": True}, (True, False, True)),
        ({"ENITrunking": "yes", "NetworkPolicy": 1, "IPVlan": None, "MaxPoolSize": 3}, (None, None, None)),
        ({}, (None, None, None)),
    ],
)
def test_switches_of_the_add_on_are_texts(config: dict[str, Any], switches: tuple[bool | None, ...]) -> None:
    body = {"name": "terway-eniip", "version": "v1.16.4", "state": "active", "config": json.dumps(config)}
    assert answers.terway(body) == LiveTerway(True, "active", "v1.16.4", *switches)  # noqa: FBT003 - installed


def test_an_add_on_without_a_configuration() -> None:
    assert answers.terway({"version": "v1.16.4", "config": ""}) == LiveTerway(installed=True, version="v1.16.4")


@pytest.mark.parametrize("config", ["{", "[1]", '"text"', "[" * 100_000])
def test_a_configuration_that_cannot_be_read(config: str) -> None:
    with pytest.raises(AnswerError, match="config is no"):
        answers.terway({"config": config})


@pytest.mark.parametrize("row", [{}, {"InstanceTypeId": 7}])
def test_rows_that_are_no_types(row: dict[str, Any]) -> None:
    with pytest.raises(AnswerError):
        answers.types({"InstanceTypes": {"InstanceType": [row]}})


def test_a_value_that_is_none_of_a_type_is_not_known() -> None:
    body = {"InstanceTypes": {"InstanceType": [{"InstanceTypeId": "a", "EniQuantity": "8"}]}}
    assert answers.types(body) == [{"InstanceTypeId": "a"}]


def test_stock_by_zone() -> None:
    offers = [{"Value": "other"}, {"Value": "ecs.g7.large", "Status": "Available", "StatusCategory": "WithStock"}]
    resources = {"AvailableResource": [{"Type": "InstanceType", "SupportedResources": {"SupportedResource": offers}}]}
    only_status = {"AvailableResource": [{"SupportedResources": {"SupportedResource": [
        {"Value": "ecs.g7.large", "Status": "SoldOut"}]}}]}  # fmt: skip
    zones = [
        {"ZoneId": "cn-hangzhou-j", "AvailableResources": resources},
        {"ZoneId": "cn-hangzhou-k"},
        {"ZoneId": "cn-hangzhou-i", "AvailableResources": only_status},
    ]
    found = answers.stock({"AvailableZones": {"AvailableZone": zones}}, "ecs.g7.large")
    assert found == {"cn-hangzhou-j": "WithStock", "cn-hangzhou-i": "SoldOut"}
    assert answers.stock({}, "ecs.g7.large") == {}


def test_v_switches() -> None:
    row = {"VSwitchId": "vsw-1", "ZoneId": "z", "VpcId": "vpc-1", "Ipv6CidrBlock": "", "AvailableIpAddressCount": 0}
    body: dict[str, Any] = {"VSwitches": {"VSwitch": [row]}, "TotalCount": 51}
    assert answers.v_switches(body) == ([VSwitch((), "vsw-1", "z", "vpc-1", None, 0)], 51)
    del body["TotalCount"]
    assert answers.v_switches(body)[1] == 1


def test_security_groups() -> None:
    row = {"SecurityGroupId": "sg-1", "SecurityGroupType": "normal", "VpcId": "vpc-1"}
    assert answers.security_groups({"SecurityGroups": {"SecurityGroup": [row]}}) == [
        SecurityGroup((), "sg-1", "normal", "vpc-1")
    ]


def test_pools() -> None:
    row = {
        "nodepool_info": {"name": "a", "nodepool_id": "np-1", "type": "ess"},
        "kubernetes_config": {
            "labels": [{"key": "team", "value": "x"}, {"key": "bare"}],
        },
    }
    bare = {"nodepool_info": {"name": "b"}, "kubernetes_config": None}
    assert answers.pools({"nodepools": [row, bare]}) == {
        "a": ExistingPool("a", "np-1", "ess", {"team": "x", "bare": ""}),
        "b": ExistingPool("b", None, None, {}),
    }
    assert answers.pools({"nodepools": None}) == {}


@pytest.mark.parametrize(
    ("reader", "key"),
    [
        ("types", "InstanceTypes"),
        ("v_switches", "VSwitches"),
        ("security_groups", "SecurityGroups"),
        ("pools", "nodepools"),
    ],
)
def test_no_list_is_not_an_empty_list(reader: str, key: str) -> None:
    with pytest.raises(AnswerError, match=f"{key} is missing"):
        READERS[reader]({"RequestId": "1"})


def test_quota() -> None:
    assert answers.quota({"cluster_nodepool_quota": 20, "node_quota": 100, "quotas": {}}) == Quota(20, 100)


@pytest.mark.parametrize(("count", "nodes"), [("2", 2), (3, 3), ("", None), (None, None)])
def test_lingjun_groups_count_in_texts(count: object, nodes: int | None) -> None:
    assert answers.lingjun_group({"ClusterId": "i1", "NodeCount": count}) == LingjunGroup("i1", None, nodes)


@pytest.mark.parametrize("count", ["two", "-1", -2, True, 1.5])
def test_no_count(count: object) -> None:
    with pytest.raises(AnswerError, match="NodeCount is"):
        answers.lingjun_group({"NodeCount": count})


def test_lingjun_nodes_and_types() -> None:
    assert answers.node_type_of_first({"Nodes": [{"NodeType": ""}, {"NodeType": "efg1"}]}) == "efg1"
    assert answers.node_type_of_first({"Nodes": []}) is None
    assert answers.node_type({"EniQuantity": 22, "EniIpv6AddressQuantity": None, "RequestId": "1"}) == {
        "EniQuantity": 22
    }


@pytest.mark.parametrize(
    ("read", "missing"),
    [
        (answers.quota, "cluster_nodepool_quota"), (answers.cluster, "state"), (answers.terway, "version"),
        (answers.pools, "nodepools"), (answers.types, "InstanceTypes"), (answers.v_switches, "VSwitches"),
        (answers.security_groups, "SecurityGroups"),
    ],
)  # fmt: skip
def test_an_answer_that_says_nothing_is_no_answer(read: Any, missing: str) -> None:  # noqa: ANN401 - a function
    with pytest.raises(answers.AnswerError, match=f"{missing} is missing"):
        read({})
