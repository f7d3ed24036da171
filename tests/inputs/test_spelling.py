from __future__ import annotations

from typing import Any

import pytest

from eniplan.inputs.places import NotKnown
from eniplan.inputs.spelling import CROSSPLANE, PULUMI, ROS, TERRAFORM, Spelling
from eniplan.plan.fields import FIELDS, KEYS, read, written
from eniplan.plan.model import NodePool
from tests.inputs.support import LABEL

UNKNOWN = NotKnown("a variable")
KUBERNETES = {"labels": [LABEL]}


@pytest.mark.parametrize("spelling", ["terraform", "ros"])
def test_each_name_means_one_field(spelling: Any) -> None:  # noqa: ANN401 - one of two words
    assert len(set(written(spelling).values())) == len(written(spelling))
    assert {name: api for api, name in written(spelling).items()}.items() <= read(spelling).items()
    assert len([field for field in FIELDS if getattr(field, spelling)]) == len(read(spelling))


def test_every_key_of_the_table_is_one_of_a_pool() -> None:
    snake = {"".join("_" + c.lower() if c.isupper() else c for c in key[0]) for key in KEYS.values()}
    assert snake < set(NodePool._fields)


@pytest.mark.parametrize(
    ("spelling", "value"),
    [
        (TERRAFORM, {"node_pool_name": "a", "labels": [LABEL], "scaling_config": [{"min_size": "1"}]}),
        (TERRAFORM, {"node_pool_name": "a", "labels": [LABEL], "scaling_config": {"min_size": 1, "enable": True}}),
        (CROSSPLANE, {"nodePoolName": "a", "labels": [LABEL], "scalingConfig": [{"minSize": 1}]}),
        (PULUMI, {"nodePoolName": "a", "labels": [LABEL], "scalingConfig": {"minSize": 1, "enable": "true"}}),
        (
            ROS,
            {
                "NodePoolInfo": {"Name": "a"},
                "KubernetesConfig": {"Labels": [{"Key": LABEL["key"], "Value": LABEL["value"]}]},
                "AutoScaling": {"Enable": True, "MinInstances": "1"},
            },
        ),
    ],
)
def test_one_body_in_many_words(spelling: Spelling, value: dict[str, Any]) -> None:
    assert spelling.body_of(value) == {
        "nodepool_info": {"name": "a"},
        "kubernetes_config": KUBERNETES,
        "auto_scaling": {"enable": True, "min_instances": 1},
    }


MAP = {LABEL["key"]: LABEL["value"]}


@pytest.mark.parametrize("labels", [MAP, [MAP], [LABEL, MAP], "a=b", ["a=b"], LABEL])
def test_labels_in_another_form_are_not_lost(labels: Any) -> None:  # noqa: ANN401 - any form
    for spelling in (TERRAFORM, PULUMI, CROSSPLANE):
        assert spelling.body_of({"labels": labels, "taints": labels})["kubernetes_config"] == {
            "labels": labels,
            "taints": labels,
        }
    ros = [{"Key": LABEL["key"], "Value": LABEL["value"]}, MAP]
    body = ROS.body_of({"KubernetesConfig": {"Labels": ros, "Taints": MAP}})
    assert body == {"kubernetes_config": {"labels": [LABEL, MAP], "taints": MAP}}


@pytest.mark.parametrize(
    ("spelling", "value", "path", "wanted"),
    [
        (TERRAFORM, {"name": "a"}, ("nodepool_info", "name"), ("name",)),
        (TERRAFORM, {}, ("nodepool_info", "name"), ("node_pool_name",)),
        (TERRAFORM, {"scaling_config": [{}]}, ("auto_scaling", "min_instances"), ("scaling_config", 0, "min_size")),
        (TERRAFORM, {"scaling_config": {}}, ("auto_scaling", "min_instances"), ("scaling_config", "min_size")),
        (TERRAFORM, {"labels": [LABEL]}, ("kubernetes_config", "labels", 0, "key"), ("labels", 0, "key")),
        (TERRAFORM, {"tags": {"x": "1", "y": "2"}}, ("scaling_group", "tags", 1), ("tags", "y")),
        (
            TERRAFORM,
            {"management": [{"auto_repair_policy": [{}]}]},
            ("management", "auto_repair_policy", "restart_node"),
            ("management", 0, "auto_repair_policy", 0, "restart_node"),
        ),
        (TERRAFORM, {}, ("no", "such"), ()),
        (PULUMI, {"scalingConfig": {}}, ("auto_scaling", "min_instances"), ("scalingConfig", "minSize")),
        (PULUMI, {"tags": {"a_b": "1"}}, ("scaling_group", "tags", 0), ("tags", "a_b")),
        (PULUMI, {}, ("no", "such"), ()),
        (ROS, {}, ("scaling_group", "vswitch_ids", 1), ("ScalingGroup", "VSwitchIds", 1)),
        (ROS, {}, ("kubernetes_config", "labels", 2, "key"), ("KubernetesConfig", "Labels", 2, "Key")),
        (ROS, {"ScalingGroup": {"DesiredSize": 1}}, ("scaling_group", "desired_size"), ("ScalingGroup", "DesiredSize")),
        (ROS, {}, ("scaling_group", "desired_size"), ("Count",)),
    ],
)
def test_where_a_form_says_what_a_body_says(
    spelling: Spelling, value: dict[str, Any], path: tuple[str | int, ...], wanted: tuple[str | int, ...]
) -> None:
    assert spelling.path(path, value) == wanted


def test_one_block_that_is_not_known_hides_the_others() -> None:
    assert TERRAFORM.body_of({"labels": [{"key": "a", "value": "b"}, UNKNOWN]}) == {
        "kubernetes_config": {"labels": UNKNOWN}
    }
    assert TERRAFORM.body_of({"labels": [UNKNOWN, LABEL]}) == {"kubernetes_config": {"labels": [UNKNOWN, LABEL]}}
    assert ROS.body_of({"KubernetesConfig": UNKNOWN}) == {"kubernetes_config": UNKNOWN}


def test_tags_are_a_map_in_terraform() -> None:
    tags = [{"key": "A_b", "value": "1"}]
    assert PULUMI.body_of({"tags": {"A_b": "1"}}) == {"scaling_group": {"tags": tags}}
    assert TERRAFORM.body_of({"tags": {}}) == {}


def test_numbers_and_flags_are_text_where_the_api_has_text() -> None:
    """As Terraform converts them; sizes stay numbers, and what a plan does not read stays as it is."""
    value = {
        "node_pool_name": 1.5, "instance_types": [7, "ecs.g8i.8xlarge", UNKNOWN], "key_name": True, "desired_size": "3",
        "labels": [{"key": 1, "value": False}], "system_disk_size": 120, "period": 2, "scaling_config": {"type": 1},
    }  # fmt: skip
    assert TERRAFORM.body_of(value) == {
        "nodepool_info": {"name": "1.5"},
        "scaling_group": {
            "instance_types": ["7", "ecs.g8i.8xlarge", UNKNOWN], "key_pair": "true", "desired_size": 3,
            "system_disk_size": 120, "period": 2,
        },
        "auto_scaling": {"enable": True, "type": "1"},
        "kubernetes_config": {"labels": [{"key": "1", "value": "false"}]},
    }  # fmt: skip
