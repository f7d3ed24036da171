from __future__ import annotations

import copy
from typing import Any

import pytest

from eniplan.cloud.compare import Difference, differences, has_other_mode, is_being_deleted
from eniplan.cloud.receipt import HIDDEN

EXCLUSIVE = "k8s.aliyun.com/exclusive-mode-eni-type"
BODY: dict[str, Any] = {
    "nodepool_info": {"name": "trading", "type": "ess"},
    "scaling_group": {
        "instance_types": ["ecs.g8i.8xlarge", "ecs.g8i.4xlarge"],
        "vswitch_ids": ["vsw-j", "vsw-k"],
        "desired_size": 3,
        "system_disk_size": 120,
        "data_disks": [{"category": "cloud_essd", "size": 100, "encrypted": "true"}],
    },
    "kubernetes_config": {
        "labels": [{"key": EXCLUSIVE, "value": "eniOnly"}, {"key": "team", "value": "trading"}],
        "taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"},
                   {"key": "soft", "value": "", "effect": "PreferNoSchedule"}],
    },
}  # fmt: skip


def changed(path: str, value: object) -> dict[str, Any]:
    pool = copy.deepcopy(BODY)
    inner, *_, last = pool, *path.split(".")
    for key in path.split(".")[:-1]:
        inner = inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return pool


def told(pool: dict[str, Any], body: dict[str, Any] = BODY) -> list[str]:
    return [str(difference) for difference in differences(body, pool)]


def test_equal() -> None:
    assert told(BODY) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("scaling_group.instance_types", ["ecs.g8i.4xlarge", "ecs.g8i.8xlarge"]),
        ("scaling_group.desired_size", "3"),
        (
            "scaling_group.data_disks",
            [{"category": "cloud_essd", "size": "100", "encrypted": True, "device": "/dev/xvdb"}],
        ),
        ("scaling_group.scaling_group_id", "asg-1"),
        ("status", {"state": "active"}),
        ("nodepool_info.nodepool_id", "np1"),
        ("auto_scaling", {"enable": False}),
        # Not all fields are known to be reported.
        ("scaling_group.system_disk_size", ...),
        ("scaling_group.system_disk_size", None),
        ("kubernetes_config.labels", [*BODY["kubernetes_config"]["labels"], {"key": "ack.aliyun.com", "value": "c1"}]),
        (
            "kubernetes_config.taints",
            [
                {"key": "exclusive-eni", "value": "true"},
                {"key": "soft", "effect": "PreferNoSchedule"},
                {"key": "node-role.alibabacloud.com/lingjun", "value": "", "effect": "NoSchedule"},
            ],
        ),
    ],
)
def test_what_the_api_adds_or_spells_otherwise_is_no_difference(path: str, value: object) -> None:
    if path == "kubernetes_config.taints":
        value = [{"effect": "", **taint} for taint in value]  # type: ignore[attr-defined] # a list of maps, see above
    assert told(changed(path, value)) == []


@pytest.mark.parametrize(
    ("path", "value", "difference"),
    [
        ("nodepool_info", ..., "nodepool_info.name is none, but the plan asks for 'trading'"),
        ("nodepool_info.type", "lingjun", "nodepool_info.type is 'lingjun', but the plan asks for 'ess'"),
        ("scaling_group.desired_size", 2, "scaling_group.desired_size is 2, but the plan asks for 3"),
        ("scaling_group.desired_size", ..., "scaling_group.desired_size is none, but the plan asks for 3"),
        ("scaling_group.system_disk_size", 40, "scaling_group.system_disk_size is 40, but the plan asks for 120"),
        ("scaling_group.vswitch_ids", ["vsw-j"],
         "scaling_group.vswitch_ids is vsw-j, but the plan asks for vsw-j, vsw-k"),
        ("scaling_group.vswitch_ids", [], "scaling_group.vswitch_ids is [], but the plan asks for vsw-j, vsw-k"),
        ("scaling_group.vswitch_ids", 7, "scaling_group.vswitch_ids is 7, but the plan asks for vsw-j, vsw-k"),
        ("scaling_group.data_disks", [{"category": "cloud_essd", "size": 40, "encrypted": "true"}],
         "scaling_group.data_disks[0].size is 40, but the plan asks for 100"),
        ("auto_scaling", {"enable": True}, "auto_scaling.enable is True, but the plan asks for False"),
    ],
)  # fmt: skip
def test_what_differs(path: str, value: object, difference: str) -> None:
    pool = changed(path, value)
    assert difference in told(pool)
    assert not has_other_mode(differences(BODY, pool))


@pytest.mark.parametrize("value", [..., None, [], "x", 7, {"0": []}, [1], [{"value": "eniOnly"}], [{"key": EXCLUSIVE}]])
def test_a_pool_without_the_label_is_of_another_mode(value: object) -> None:
    found = differences(BODY, changed("kubernetes_config.labels", value))
    assert found
    # A pool that does not report any labels may have them.
    assert has_other_mode(found) == (value not in (..., None))


@pytest.mark.parametrize(("wanted", "found"), [("eniOnly", "enionly"), ("None", None), ("none", "")])
def test_labels_are_compared_as_kubernetes_does(wanted: str, found: str | None) -> None:
    key = "kubernetes_config.labels"
    body = changed(key, [{"key": EXCLUSIVE, "value": wanted}])
    assert len(told(changed(key, [{"key": EXCLUSIVE, "value": found}]), body)) == 1
    assert len(told(changed(key, []), body)) == 1


@pytest.mark.parametrize(
    ("status", "is_it"), [("deleting", True), ("delete_failed", True), ("removing", False), (None, False), (7, False)]
)
def test_a_pool_on_its_way_out(status: object, is_it: bool) -> None:  # noqa: FBT001 - a case
    assert is_being_deleted({"status": {"state": status}}) == is_it
    assert not is_being_deleted({"status": status})


def test_taints_are_compared_both_ways() -> None:
    key = "kubernetes_config.taints"
    more = [*BODY["kubernetes_config"]["taints"], {"key": "other", "value": "x", "effect": "NoExecute"}]
    assert told(changed(key, more)) == [f"{key}[other:NoExecute] is 'x', but the plan asks for none"]
    other = [{"key": "exclusive-eni", "value": "true", "effect": "NoExecute"}]
    assert len(told(changed(key, other))) == 3


def test_a_label_that_chooses_another_network_is_a_difference() -> None:
    labels = [*BODY["kubernetes_config"]["labels"], {"key": "terway-config", "value": "gpu-net"}]
    assert len(told(changed("kubernetes_config.labels", labels))) == 1


def test_auto_scaling_is_part_of_the_sizes() -> None:
    body = {**BODY, "auto_scaling": {"enable": True, "min_instances": 0, "max_instances": 9}}
    assert told(body, body) == []
    assert told({**body, "auto_scaling": {"enable": True, "min_instances": 0}}, body) == [
        "auto_scaling.max_instances is none, but the plan asks for 9"
    ]
    assert len(told({**body, "auto_scaling": []}, body)) == 3


def test_what_is_not_known_any_more_is_not_compared() -> None:
    body = changed("kubernetes_config.user_data", HIDDEN)
    assert told(changed("kubernetes_config.user_data", "IyEv"), body) == []
    assert told(BODY, body) == []


def test_what_is_not_there_is_none() -> None:
    assert differences({"nodepool_info": {"name": "a"}}, {}) == [Difference("nodepool_info.name", "a", None)]
