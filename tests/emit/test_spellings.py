"""The same pool in other words: each spelling is read back and compared with the body."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import unicodedata
from typing import TYPE_CHECKING, Any

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.emit import ros, terraform
from eniplan.emit.body import body_json, pool_body
from eniplan.emit.command import command
from eniplan.emit.refusal import RefusalError
from eniplan.plan.model import plan_from
from eniplan.rules.examples import LINGJUN_POOL, example
from tests.emit.support import (
    CLUSTER_ID,
    FULL,
    FULL_POOL,
    HOSTILE,
    bodies,
    example_plans,
    needs,
    view_of_plan,
)  # fmt: skip

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.emit.body import Body
    from eniplan.plan.model import NodePool

PLANS = example_plans()
ROS_NEEDS = {"runtime": "containerd", "systemDisk": {"size": 120}}
TYPES = ["ecs.g8i.8xlarge"]


def pool_and_body(**changes: Any) -> tuple[NodePool, Body]:  # noqa: ANN401 - keys of a pool
    (pool,) = plan_from(example({f"nodePools[0].{key}": value for key, value in changes.items()})).node_pools
    return pool, pool_body(pool, TYPES)


# --- Reading back, written apart from the writers -----------------------------------------------------------


def hcl_value(value: Any) -> Any:  # noqa: ANN401 - what python-hcl2 gives
    """Turn python-hcl2's literals (`'"a$${b}"'`) into the values that Terraform would see."""
    if isinstance(value, str):
        assert value[:1] == value[-1:] == '"', value
        # A doubled introducer is the escape of a template; the other escapes are those of JSON.
        return json.loads(value.replace("$${", "${").replace("%%{", "%{"))
    if isinstance(value, list):
        return [hcl_value(item) for item in value]
    if isinstance(value, dict):
        return {hcl_name(key): hcl_value(item) for key, item in value.items() if key != "__is_block__"}
    return value


def hcl_name(key: str) -> str:
    return hcl_value(key) if key.startswith('"') else key


def read_hcl(text: str) -> list[dict[str, Any]]:
    resources = hcl2.loads(text)["resource"]
    found = []
    for resource in resources:
        ((kind, labelled),) = hcl_value(resource).items()
        assert kind == "alicloud_cs_kubernetes_node_pool"
        found += labelled.values()
    return found


def read_tf_json(text: str) -> list[dict[str, Any]]:
    def literal(value: Any) -> Any:  # noqa: ANN401 - a JSON value
        if isinstance(value, str):
            return value.replace("$${", "${").replace("%%{", "%{")
        if isinstance(value, list):
            return [literal(item) for item in value]
        if isinstance(value, dict):
            return {literal(key): literal(item) for key, item in value.items()}
        return value

    return [literal(found) for found in json.loads(text)["resource"]["alicloud_cs_kubernetes_node_pool"].values()]


def from_terraform(found: dict[str, Any]) -> dict[str, Any]:
    """Return what the spellings have in common: the pool in neutral words."""

    def one(name: str) -> dict[str, Any]:
        value = found.get(name, {})
        return value[0] if isinstance(value, list) else value  # type: ignore[no-any-return]  # a block

    scaling, lingjun = one("scaling_config"), one("eflo_node_group")
    return {
        "name": found["node_pool_name"],
        "type": found["type"],
        "labels": [(label["key"], label["value"]) for label in found["labels"]],
        "taints": [(taint["key"], taint["value"], taint["effect"]) for taint in found.get("taints", [])],
        "types": found.get("instance_types"),
        "v_switches": found.get("vswitch_ids"),
        "security_groups": found.get("security_group_ids", []),
        "size": int(found["desired_size"]) if "desired_size" in found else None,
        "scaling": (scaling["min_size"], scaling["max_size"]) if scaling.get("enable") else None,
        "disk": (found.get("system_disk_category"), found.get("system_disk_size")),
        "charge": found.get("instance_charge_type"),
        "key": found.get("key_name"),
        "image": found.get("image_type"),
        "runtime": found.get("runtime_name"),
        "tags": found.get("tags", {}),
        "lingjun": (lingjun.get("cluster_id"), lingjun.get("group_id")),
    }


def from_body(body: Body) -> dict[str, Any]:
    group, kubernetes = body.get("scaling_group", {}), body["kubernetes_config"]
    scaling, lingjun = body.get("auto_scaling", {}), body.get("eflo_node_group", {})
    return {
        "name": body["nodepool_info"]["name"],
        "type": body["nodepool_info"]["type"],
        "labels": [(label["key"], label["value"]) for label in kubernetes["labels"]],
        "taints": [(taint["key"], taint["value"], taint["effect"]) for taint in kubernetes.get("taints", [])],
        "types": group.get("instance_types"),
        "v_switches": group.get("vswitch_ids"),
        "security_groups": group.get("security_group_ids", []),
        "size": group.get("desired_size"),
        "scaling": (scaling["min_instances"], scaling["max_instances"]) if scaling.get("enable") else None,
        "disk": (group.get("system_disk_category"), group.get("system_disk_size")),
        "charge": group.get("instance_charge_type"),
        "key": group.get("key_pair"),
        "image": group.get("image_type"),
        "runtime": kubernetes.get("runtime"),
        "tags": {tag["key"]: tag["value"] for tag in group.get("tags", [])},
        "lingjun": (lingjun.get("cluster_id"), lingjun.get("group_id")),
    }


def from_ros(found: dict[str, Any]) -> dict[str, Any]:
    group, kubernetes, scaling = found["ScalingGroup"], found["KubernetesConfig"], found.get("AutoScaling", {})
    return {
        "name": found["NodePoolInfo"]["Name"],
        "type": "ess",
        "labels": [(label["Key"], label["Value"]) for label in kubernetes["Labels"]],
        "taints": [(taint["Key"], taint["Value"], taint["Effect"]) for taint in kubernetes.get("Taints", [])],
        "types": group["InstanceTypes"],
        "v_switches": group["VSwitchIds"],
        "security_groups": [group["SecurityGroupId"]] if "SecurityGroupId" in group else [],
        "size": found.get("Count"),
        "scaling": (scaling["MinInstances"], scaling["MaxInstances"]) if scaling.get("Enable") else None,
        "disk": (group.get("SystemDiskCategory"), group["SystemDiskSize"]),
        "charge": group["InstanceChargeType"],
        "key": group.get("KeyPair"),
        "image": group.get("ImageType"),
        "runtime": kubernetes["Runtime"],
        "tags": {tag["Key"]: tag["Value"] for tag in group.get("Tags", [])},
        "lingjun": (None, None),
    }


@pytest.mark.parametrize("plan", PLANS)
def test_every_spelling_is_the_same_pool(plan: dict[str, Any]) -> None:
    pools = bodies(view_of_plan(plan))
    meant = [from_body(body) for _, body in pools]
    resources = [terraform.arguments(pool, body, CLUSTER_ID) for pool, body in pools]
    assert list(map(from_terraform, read_hcl(terraform.hcl(resources)))) == meant
    assert list(map(from_terraform, read_tf_json(terraform.tf_json(resources)))) == meant
    for (_, body), wanted in zip(pools, meant, strict=True):
        words = shlex.split(command(body, "cn-hangzhou", CLUSTER_ID))
        options = dict(zip(words[3::2], words[4::2], strict=True))
        assert words[:3] == ["aliyun", "cs", "CreateClusterNodePool"]
        assert options["--body"] == body_json(body)
        assert (options["--region"], options["--ClusterId"]) == ("cn-hangzhou", CLUSTER_ID)
        assert from_body(json.loads(options["--body"])) == wanted
    for (pool, body), wanted in zip(pools, meant, strict=True):
        if not pool.is_lingjun and len(wanted["security_groups"]) < 2 and wanted["runtime"] and wanted["disk"][1]:
            text = ros.template([ros.properties(pool, body, CLUSTER_ID)])
            (resource,) = json.loads(text)["Resources"].values()
            assert resource["Type"] == "ALIYUN::CS::ClusterNodePool"
            assert from_ros(resource["Properties"]) == wanted


@pytest.mark.parametrize("plan", PLANS)
def test_terraform_fmt_leaves_it_alone(plan: dict[str, Any], tmp_path: Path) -> None:
    program = needs("terraform")
    file = tmp_path / "pools.tf"
    pools = bodies(view_of_plan(plan))
    file.write_text(terraform.hcl(terraform.arguments(*pool, CLUSTER_ID) for pool in pools), encoding="utf-8")
    done = subprocess.run([program, "fmt", "-check", "-diff", file], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_terraform_reads_hostile_texts_as_they_are() -> None:
    program = needs("terraform")
    texts = ", ".join(map(terraform.quoted, HOSTILE))
    expression = f"jsonencode([for text in [{texts}] : base64encode(text)])"
    done = subprocess.run([program, "console"], input=expression.encode(), capture_output=True, check=True)
    found = [base64.b64decode(text).decode() for text in json.loads(json.loads(done.stdout))]
    # Terraform normalizes all text to NFC.
    assert found == [unicodedata.normalize("NFC", text) for text in HOSTILE]


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text('$%{}"\\\na~'))
def test_any_text_survives_hcl(text: str) -> None:
    pool, body = pool_and_body(overrides={"scaling_group": {"tags": [{"key": "k", "value": text}]}})
    (found,) = read_hcl(terraform.hcl([terraform.arguments(pool, body, CLUSTER_ID)]))
    assert found["tags"] == {"k": text}


SMALL: dict[str, Any] = {
    "autoScaling": {"min": 0, "max": 2, "type": "cpu"},
    "runtime": "containerd",
    "systemDisk": {"category": "cloud_essd", "size": 120},
    "overrides": {
        "scaling_group": {
            "tags": [{"key": "a ${b}", "value": "${x} %{y} \b\f \\b ${"}, {"key": "c", "value": ""}],
            "data_disks": [{}, {"size": 50, "encrypted": "false"}],
        },
        "management": {"enable": True},
    },
}


def test_hcl_byte_for_byte() -> None:
    """Not every machine has terraform, whose `fmt` decides about the layout."""
    group = {**SMALL["overrides"]["scaling_group"], "on_demand_base_capacity": 1,
             "on_demand_percentage_above_base_capacity": 50}  # fmt: skip
    overrides = {"scaling_group": group, "management": {"auto_repair_policy": {"restart_node": False}}}
    found = terraform.arguments(*pool_and_body(**{**SMALL, "overrides": overrides}), CLUSTER_ID)
    assert (
        terraform.hcl([found])
        == """\
resource "alicloud_cs_kubernetes_node_pool" "trading" {
  cluster_id                               = "c0123456789abcdef0123456789abcdef"
  node_pool_name                           = "trading"
  type                                     = "ess"
  instance_types                           = ["ecs.g8i.8xlarge"]
  vswitch_ids                              = ["vsw-j"]
  instance_charge_type                     = "PostPaid"
  system_disk_category                     = "cloud_essd"
  system_disk_size                         = 120
  on_demand_base_capacity                  = "1"
  on_demand_percentage_above_base_capacity = "50"
  runtime_name                             = "containerd"
  tags                                     = { "a $${b}" = "$${x} %%{y} \\u0008\\u000c \\\\b $\\u007b", "c" = "" }

  scaling_config {
    enable   = true
    min_size = 0
    max_size = 2
    type     = "cpu"
  }

  data_disks {
  }

  data_disks {
    size      = 50
    encrypted = "false"
  }

  labels {
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = "eniOnly"
  }

  taints {
    key    = "exclusive-eni"
    value  = "true"
    effect = "NoSchedule"
  }

  management {
    auto_repair_policy {
      restart_node = false
    }
  }
}
"""
    )
    two = terraform.hcl([{"node_pool_name": "a"}, {"node_pool_name": "a"}])
    one = 'resource "alicloud_cs_kubernetes_node_pool" "a{}" {{\n  node_pool_name = "a"\n}}\n'
    assert two == one.format("") + "\n" + one.format("_2")


def test_terraforms_json_byte_for_byte() -> None:
    found = terraform.arguments(*pool_and_body(**SMALL), CLUSTER_ID)
    assert json.loads(terraform.tf_json([found]))["resource"] == {
        "alicloud_cs_kubernetes_node_pool": {
            "trading": {
                "cluster_id": "c0123456789abcdef0123456789abcdef",
                "node_pool_name": "trading",
                "type": "ess",
                "scaling_config": {"enable": True, "min_size": 0, "max_size": 2, "type": "cpu"},
                "instance_types": ["ecs.g8i.8xlarge"],
                "vswitch_ids": ["vsw-j"],
                "instance_charge_type": "PostPaid",
                "system_disk_category": "cloud_essd",
                "system_disk_size": 120,
                "data_disks": [{}, {"size": 50, "encrypted": "false"}],
                "labels": [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eniOnly"}],
                "taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}],
                "runtime_name": "containerd",
                "management": {"enable": True},
                "tags": {"a $${b}": "$${x} %%{y} \x08\x0c \\b $${", "c": ""},
            }
        }
    }
    plain = terraform.arguments(*pool_and_body(), CLUSTER_ID)
    assert "tags" not in plain
    assert terraform.tf_json([{"node_pool_name": "a"}]) == (
        '{\n  "resource": {\n    "alicloud_cs_kubernetes_node_pool": {\n'
        '      "a": {\n        "node_pool_name": "a"\n      }\n    }\n  }\n}\n'
    )


def test_ros_template_byte_for_byte() -> None:
    pool, body = pool_and_body(**SMALL, securityGroupIds=["sg-pods"])
    found = ros.properties(pool, body, CLUSTER_ID)
    template = json.loads(ros.template([found, found, found]))
    names = ["NodePoolTrading", "NodePoolTradingx2", "NodePoolTradingx3"]
    assert template == {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Resources": {
            name: {
                "Type": "ALIYUN::CS::ClusterNodePool",
                "Properties": {
                    "ClusterId": "c0123456789abcdef0123456789abcdef",
                    "NodePoolInfo": {"Name": "trading"},
                    "AutoScaling": {"Enable": True, "MinInstances": 0, "MaxInstances": 2, "Type": "cpu"},
                    "ScalingGroup": {
                        "InstanceTypes": ["ecs.g8i.8xlarge"],
                        "VSwitchIds": ["vsw-j"],
                        "InstanceChargeType": "PostPaid",
                        "SystemDiskCategory": "cloud_essd",
                        "SystemDiskSize": 120,
                        "Tags": [{"Key": "a ${b}", "Value": "${x} %{y} \x08\x0c \\b ${"}, {"Key": "c", "Value": ""}],
                        "DataDisks": [{}, {"Size": 50, "Encrypted": False}],
                        "SecurityGroupId": "sg-pods",
                    },
                    "KubernetesConfig": {
                        "Labels": [{"Key": "k8s.aliyun.com/exclusive-mode-eni-type", "Value": "eniOnly"}],
                        "Taints": [{"Key": "exclusive-eni", "Value": "true", "Effect": "NoSchedule"}],
                        "Runtime": "containerd",
                    },
                    "Management": {"Enable": True},
                },
            }
            for name in names
        },
        "Outputs": {f"{name}Id": {"Value": {"Fn::GetAtt": [name, "NodePoolId"]}} for name in names},
    }
    assert ros.template([]) == (
        '{\n  "ROSTemplateFormatVersion": "2015-09-01",\n  "Resources": {},\n  "Outputs": {}\n}\n'
    )


def test_terraform_names_and_types() -> None:
    (pool, body), *_ = bodies(view_of_plan(FULL))
    found = terraform.arguments(pool, body, CLUSTER_ID)
    assert found["desired_size"] == "3"
    assert found["install_cloud_monitor"] is True
    assert found["data_disks"][1] == {"category": "cloud_auto", "size": 200, "encrypted": "false"}
    assert found["management"] == {"enable": True, "auto_repair": False}
    assert found["tee_config"] == {"tee_enable": False}
    assert (found["period"], found["resource_group_id"]) == (1, "rg-1")


def test_terraform_resources_have_names_of_their_own() -> None:
    found = [{"node_pool_name": name} for name in ("a b", "a.b", "a/b", "1", "-x", "二")]
    assert list(json.loads(terraform.tf_json(found))["resource"][terraform.RESOURCE]) == [
        "a_b", "a_b_2", "a_b_3", "pool_1", "pool_-x", "_",
    ]  # fmt: skip


def test_empty_lists_and_maps_need_no_words() -> None:
    pool, body = pool_and_body(overrides={"scaling_group": {"rds_instances": [], "new_list": []}, "node_config": {}})
    assert "rds_instances" not in terraform.arguments(pool, body, CLUSTER_ID)


def test_automatic_format_of_a_data_disk_is_text_in_terraform() -> None:
    disks = [{"size": 40, "auto_format": True}, {"disk_name": "d", "auto_format": False}]
    found = terraform.arguments(*pool_and_body(overrides={"scaling_group": {"data_disks": disks}}), CLUSTER_ID)
    assert found["data_disks"] == [{"size": 40, "auto_format": "true"}, {"name": "d", "auto_format": "false"}]


@pytest.mark.parametrize(
    ("overrides", "path"),
    [
        ({"node_config": {"kubelet_configuration": {"maxPods": 64}}}, "node_config.kubelet_configuration.maxPods"),
        ({"scaling_group": {"instance_patterns": [{"cores": 4}]}}, "scaling_group.instance_patterns[].cores"),
        ({"eflo_node_group": {"auto_attach_enabled": True}}, "eflo_node_group.auto_attach_enabled"),
    ],
)
def test_what_terraform_cannot_say_is_refused(overrides: dict[str, Any], path: str) -> None:
    with pytest.raises(RefusalError) as caught:
        terraform.arguments(*pool_and_body(overrides=overrides), CLUSTER_ID)
    (problem,) = caught.value.problems
    assert path in problem.message
    assert problem.place.path.startswith("nodePools[0].overrides.")


TERRAFORM = "Terraform's alicloud_cs_kubernetes_node_pool cannot express scaling_group."
TAGS = "tags of pool 'trading': {}"
FORM = TAGS.format("each item must be {key, value}, both strings")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tags", "a", TAGS.format("it must be a list of {key, value}")),
        ("tags", [1], FORM),
        ("tags", [["key", "value"]], FORM),
        ("tags", [{"key": "a"}], FORM),
        ("tags", [{"key": "a", "value": 1}], FORM),
        ("tags", [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], TAGS.format("the key 'a' occurs twice")),
        ("data_disks", [{"size": 40}, 1], "data_disks[] of pool 'trading'"),
        ("data_disks", [1], "data_disks of pool 'trading'"),
    ],
)
def test_what_terraform_cannot_say_and_why(key: str, value: object, message: str) -> None:
    with pytest.raises(RefusalError) as caught:
        terraform.arguments(*pool_and_body(overrides={"scaling_group": {key: value}}), CLUSTER_ID)
    (problem,) = caught.value.problems
    assert problem.message == TERRAFORM + message
    assert problem.place.path == f"nodePools[0].overrides.scaling_group.{key}"


@pytest.mark.parametrize(
    ("changes", "message", "place"),
    [
        ({"securityGroupIds": ["sg-1", "sg-2"]}, "one security group", "nodePools[0].securityGroupIds"),
        ({"kind": "lingjun", "lingjun": LINGJUN_POOL["lingjun"]}, "ECS pools only", "nodePools[0].kind"),
        ({"runtime": None}, "ROS needs KubernetesConfig.Runtime", "nodePools[0].runtime"),
        ({"systemDisk": {}}, "ROS needs ScalingGroup.SystemDiskSize", "nodePools[0].systemDisk"),
        ({"name": "{{resolve:kms-secret:x}}"}, "would resolve", "nodePools[0]"),
        (
            {"overrides": {"kubernetes_config": {"pre_user_data": "x"}}},
            "cannot express kubernetes_config.pre_user_data",
            "nodePools[0].overrides.kubernetes_config.pre_user_data",
        ),
    ],
)
def test_what_ros_cannot_say_is_refused(changes: dict[str, Any], message: str, place: str) -> None:
    with pytest.raises(RefusalError, match=message) as caught:
        ros.properties(*pool_and_body(**{**ROS_NEEDS, **changes}), CLUSTER_ID)
    assert caught.value.problems[0].place.path == place


@pytest.mark.parametrize(
    ("missing", "hint"),
    [("runtime", "add runtime: containerd to the pool"), ("systemDisk", "add systemDisk: {size: 120} to the pool")],
)
def test_ros_hints(missing: str, hint: str) -> None:
    with pytest.raises(RefusalError) as caught:
        ros.properties(*pool_and_body(**{**ROS_NEEDS, missing: None}), CLUSTER_ID)
    assert caught.value.problems[0].hint == hint


def test_ros_names() -> None:
    overrides = {**FULL_POOL["overrides"], "management": {"enable": False}}
    pool, body = pool_and_body(**{**FULL_POOL, "overrides": overrides})
    found = ros.properties(pool, body, CLUSTER_ID)
    assert found["Count"] == 3
    assert found["NodePoolInfo"] == {"Name": "trading", "ResourceGroupId": "rg-1"}
    assert [disk["Encrypted"] for disk in found["ScalingGroup"]["DataDisks"]] == [True, False]
    assert found["KubernetesConfig"]["CmsEnabled"] is True
    template = json.loads(ros.template([found, found]))
    assert list(template["Resources"]) == ["NodePoolTrading", "NodePoolTradingx2"]
    assert template["Outputs"]["NodePoolTradingId"] == {"Value": {"Fn::GetAtt": ["NodePoolTrading", "NodePoolId"]}}


def test_lists_of_hostile_texts() -> None:
    found = [{"node_pool_name": "a", "ids": ["${b}", "c"]}]
    assert '  ids            = ["$${b}", "c"]\n' in terraform.hcl(found)
    (resource,) = json.loads(terraform.tf_json(found))["resource"][terraform.RESOURCE].values()
    assert resource["ids"] == ["$${b}", "c"]


def test_ros_resources_have_names_of_letters_and_digits() -> None:
    found = [{"NodePoolInfo": {"Name": name}} for name in ("my pool-1", "MyPool1", "二")]
    assert list(json.loads(ros.template(found))["Resources"]) == ["NodePoolMyPool1", "NodePoolMypool1", "NodePool"]
