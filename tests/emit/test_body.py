from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.emit.body import body_json, pool_body
from eniplan.emit.refusal import RefusalError
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, plan_from
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, example
from eniplan.text import literal
from tests.emit.support import FULL, FULL_POOL, bodies, example_plans, view_of_plan

if TYPE_CHECKING:
    from eniplan.emit.body import Body

LABEL = {"key": EXCLUSIVE_LABEL, "value": EXCLUSIVE_VALUE}


def body_of(**changes: Any) -> Body:  # noqa: ANN401 - keys of a pool
    (pool,) = plan_from(example({f"nodePools[0].{key}": value for key, value in changes.items()})).node_pools
    return pool_body(pool, ["ecs.g8i.8xlarge"])


def assert_keeps(sent: object, meant: object, path: str = "") -> None:
    """Every key and value of `meant` is in `sent`; the typed model may add empty lists."""
    if isinstance(meant, dict):
        assert isinstance(sent, dict), path
        for key, value in meant.items():
            assert_keeps(sent.get(key), value, f"{path}.{key}")
    elif isinstance(meant, list):
        assert isinstance(sent, list), path
        assert len(sent) == len(meant), path
        for i, (one, other) in enumerate(zip(sent, meant, strict=True)):
            assert_keeps(one, other, f"{path}[{i}]")
    else:
        assert (sent, type(sent)) == (meant, type(meant)), path


@pytest.mark.parametrize("plan", example_plans())
def test_typed_model_of_the_sdk_keeps_every_key_and_value(plan: dict[str, Any]) -> None:
    models = pytest.importorskip("alibabacloud_cs20151215.models")
    for pool, body in bodies(view_of_plan(plan)):
        assert_keeps(models.CreateClusterNodePoolRequest().from_map(body).to_map(), body)
        assert body["nodepool_info"]["name"] == pool.name
        assert body["kubernetes_config"]["labels"][0] == LABEL
        if not pool.is_lingjun:
            assert {"instance_types", "vswitch_ids", "instance_charge_type"} <= set(body["scaling_group"])


def test_plan_with_everything() -> None:
    (_, body), (_, family), (_, lingjun) = bodies(view_of_plan(FULL))
    assert list(body) == ["nodepool_info", "scaling_group", "kubernetes_config", "management", "tee_config"]
    assert body["kubernetes_config"]["labels"][1:] == [
        {"key": "terway-config", "value": "gpu-net"},
        {"key": "team", "value": "trading"},
    ]
    assert body["scaling_group"]["desired_size"] == 3
    assert body["scaling_group"]["tags"] == FULL_POOL["overrides"]["scaling_group"]["tags"]
    assert family["auto_scaling"] == {"enable": True, "min_instances": 0, "max_instances": 2, "type": "cpu"}
    assert "desired_size" not in family["scaling_group"]
    assert "taints" not in family["kubernetes_config"]
    assert "ecs.g8i.8xlarge" in family["scaling_group"]["instance_types"]
    assert lingjun["nodepool_info"] == {"name": "training", "type": "lingjun"}
    given = LINGJUN_POOL["lingjun"]
    assert lingjun["eflo_node_group"] == {"cluster_id": given["clusterId"], "group_id": given["groupId"]}
    assert lingjun["scaling_group"] == {"vswitch_ids": ["vsw-j"]}


def test_a_lingjun_pool_has_what_it_shares_with_ecs_pools() -> None:
    lingjun = {"kind": "lingjun", "lingjun": LINGJUN_POOL["lingjun"], "vSwitchIds": []}
    assert "scaling_group" not in body_of(**lingjun)
    assert "scaling_group" not in body_of(**{**lingjun, "vSwitchIds": ABSENT})
    body = body_of(**lingjun, securityGroupIds=["sg-pods"], keyPair="ops")
    assert body["scaling_group"] == {"security_group_ids": ["sg-pods"], "key_pair": "ops"}


def test_default_taint_and_nothing_else_is_added() -> None:
    assert body_of() == {
        "nodepool_info": {"name": "trading", "type": "ess"},
        "scaling_group": {
            "instance_types": ["ecs.g8i.8xlarge"],
            "vswitch_ids": ["vsw-j"],
            "desired_size": 3,
            "instance_charge_type": "PostPaid",
        },
        "kubernetes_config": {
            "labels": [LABEL],
            "taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}],
        },
    }


def test_body_of_every_key() -> None:
    keys = {key: value for key, value in FULL_POOL.items() if key != "overrides"}
    assert body_of(**keys) == {
        "nodepool_info": {"name": "trading", "type": "ess"},
        "scaling_group": {
            "instance_types": ["ecs.g8i.8xlarge"],
            "vswitch_ids": ["vsw-j"],
            "security_group_ids": ["sg-pods"],
            "desired_size": 3,
            "instance_charge_type": "PrePaid",
            "multi_az_policy": "BALANCE",
            "image_type": "AliyunLinux3ContainerOptimized",
            "system_disk_category": "cloud_essd",
            "system_disk_size": 120,
            "system_disk_performance_level": "PL1",
            "key_pair": "ops",
        },
        "kubernetes_config": {
            "labels": [LABEL, {"key": "terway-config", "value": "gpu-net"}, {"key": "team", "value": "trading"}],
            "taints": [
                {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"},
                {"key": "soft", "value": "", "effect": "PreferNoSchedule"},
            ],
            "runtime": "containerd",
        },
    }


@pytest.mark.parametrize("given", [[], ABSENT])
def test_required_fields_are_there_even_if_empty(given: object) -> None:
    assert body_of(vSwitchIds=given)["scaling_group"]["vswitch_ids"] == []


def test_of_two_that_contradict_one_is_sent() -> None:
    both = body_of(autoScaling={"min": 1, "max": 2})
    assert "desired_size" not in both["scaling_group"]
    assert both["auto_scaling"] == {"enable": True, "min_instances": 1, "max_instances": 2}
    labels = body_of(terwayConfig="gpu-net", labels={"terway-config": "other"})["kubernetes_config"]["labels"]
    assert labels == [LABEL, {"key": "terway-config", "value": "gpu-net"}]


def test_exclusive_label_stands_once_and_first() -> None:
    body = body_of(labels={"a": "b", EXCLUSIVE_LABEL: EXCLUSIVE_VALUE})
    assert body["kubernetes_config"]["labels"] == [LABEL, {"key": "a", "value": "b"}]


def test_nulls_in_overrides_say_nothing() -> None:
    unsaid = {"labels": None, "cms_enabled": None}
    body = body_of(overrides={"kubernetes_config": unsaid, "x": {"y": [None, 1], "z": None}})
    assert body["kubernetes_config"]["labels"] == [LABEL]
    assert "cms_enabled" not in body["kubernetes_config"]
    assert body["x"] == {"y": [1]}


@pytest.mark.parametrize("labels", [[], "x", [{"key": "a", "value": "b"}], [LABEL, LABEL]])
def test_overrides_cannot_drop_the_label(labels: object) -> None:
    with pytest.raises(RefusalError, match="drop the label") as caught:
        body_of(overrides={"kubernetes_config": {"labels": labels}})
    assert caught.value.problems[0].place.path == "nodePools[0].overrides"
    with pytest.raises(RefusalError):
        body_of(overrides={"kubernetes_config": labels})


@pytest.mark.parametrize(
    ("overrides", "message", "place"),
    [
        ({"scaling_group": "x"}, "the override scaling_group must be a map", "scaling_group"),
        ({"nodepool_info": []}, "the override nodepool_info must be a map", "nodepool_info"),
        ({"kubernetes_config": [LABEL]}, "the override kubernetes_config must be a map", "kubernetes_config"),
        ({"management": True}, "the override management must be a map", "management"),
        ({"nodepool_info": {"name": "b"}}, "nodepool_info.name bypasses the checks", "nodepool_info.name"),
        ({"nodepool_info": {"name": 5}}, "nodepool_info.name bypasses the checks", "nodepool_info.name"),
    ],
)
def test_what_np011_finds_and_no_waiver_helps(overrides: dict[str, Any], message: str, place: str) -> None:
    with pytest.raises(RefusalError) as caught:
        body_of(overrides=overrides)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.place.path == f"nodePools[0].overrides.{place}"
    assert problem.hint == ("use the pool's key name instead" if "." in place else "write its fields below it")


def test_body_is_not_the_plans() -> None:
    plan = plan_from(FULL)
    pool_body(plan.node_pools[0], [])["scaling_group"]["tags"].clear()
    assert plan.node_pools[0].overrides is not None
    assert plan.node_pools[0].overrides["scaling_group"]["tags"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.dictionaries(st.text(), v)))
def test_json_text_is_json_without_characters_that_steer(value: object) -> None:
    text = literal(value, 2)
    assert json.loads(text) == value
    text.encode()
    assert not any(c in text for c in "\x1b\x7f\x9b\u202e\u2028")


def test_body_json_is_stable_and_ends_its_line() -> None:
    assert body_json(body_of()) == body_json(body_of())
    assert body_json({"name": "二 \ud800\u202e"}) == '{\n  "name": "二 \\ud800\\u202e"\n}\n'
