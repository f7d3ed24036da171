"""The cluster that the same Terraform plan has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.inputs.support import AFTER, RESOURCE, Judged, judge_files
from tests.inputs.support import CLUSTER as CLUSTER_FACTS

if TYPE_CHECKING:
    from pathlib import Path

ACK = "alicloud_cs_managed_kubernetes"
CLUSTER = {"version": "1.28.3-aliyun.1", "ip_stack": "ipv4", "addons": [{"name": "terway-eniip", "version": "v1.5.0"}]}


def change(address: str, after: dict[str, Any], unknown: dict[str, Any], *actions: str) -> dict[str, Any]:
    kind = address.split(".")[-2]
    whole = {"actions": list(actions or ("create",)), "before": None, "after": after, "after_unknown": unknown}
    return {"address": address, "mode": "managed", "type": kind, "change": whole}


def pool(address: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - arguments
    return change(address, AFTER | more, {"cluster_id": "cluster_id" not in more})


def judge(here: Path, *changes: dict[str, Any], root: dict[str, Any] | None = None) -> Judged:
    plan = {"format_version": "1.2", "resource_changes": list(changes), "configuration": {"root_module": root or {}}}
    return judge_files(here, {"plan.json": plan}, cluster=None)


def refers(*references: str) -> dict[str, Any]:
    return {"expressions": {"cluster_id": {"references": list(references)}}}


def test_a_cluster_that_is_there(here: Path) -> None:
    ack = change(f"{ACK}.a", CLUSTER | {"id": "c1"}, {}, "no-op")
    other = change(f"{ACK}.b", CLUSTER | {"id": "c2"}, {}, "no-op")
    judged = judge(here, other, ack, pool(f"{RESOURCE}.p", cluster_id="c1"))
    assert judged.places["TW001"].endswith(f"{ACK}.a.addons[0].version")


@pytest.mark.parametrize(
    ("address", "root", "cluster"),
    [
        (
            f"{RESOURCE}.p",
            {"resources": [{"address": f"{RESOURCE}.p", **refers(f"{ACK}.a.id", f"{ACK}.a")}]},
            f"{ACK}.a",
        ),
        (
            f"{RESOURCE}.p[0]",
            {
                "resources": [{"address": f"{RESOURCE}.p", **refers("module.m.id", "module.m")}],
                "module_calls": {
                    "m": {"module": {"outputs": {"id": {"expression": {"references": [f"{ACK}.a[0].id"]}}}}}
                },
            },
            f"module.m.{ACK}.a[0]",
        ),
        (
            f'module.m["x"].{RESOURCE}.p',
            {
                "module_calls": {
                    "m": {
                        "expressions": {"ack": {"references": [f"{ACK}.a.id"]}},
                        "module": {"resources": [{"address": f"{RESOURCE}.p", **refers("var.ack")}]},
                    }
                }
            },
            f"{ACK}.a",
        ),
    ],
)
def test_a_cluster_that_is_made_with_its_pools(here: Path, address: str, root: dict[str, Any], cluster: str) -> None:
    other = change(f"{ACK}.other", {"version": "1.34.3-aliyun.1"}, {"id": True})
    judged = judge(here, other, change(cluster, CLUSTER, {"id": True}), pool(address), root=root)
    assert judged.places["TW001"].endswith(f"{cluster}.addons[0].version")


@pytest.mark.parametrize("references", [(), ("var.x",), ("module.m",), ("local.x",), ("data.x.y.id",), ("each.value",)])
def test_a_cluster_that_nobody_names_states_nothing(here: Path, references: tuple[str, ...]) -> None:
    root = {"resources": [{"address": f"{RESOURCE}.p", **refers(*references)}]}
    judged = judge(here, change(f"{ACK}.a", CLUSTER, {"id": True}), pool(f"{RESOURCE}.p"), root=root)
    assert "TW001" not in judged.rules
    assert "cluster.terway.version" in judged.facts


def test_v_switches_of_the_same_plan(here: Path) -> None:
    ack = change(f"{ACK}.a", CLUSTER | {"id": "c1", "ip_stack": "dual", "pod_vswitch_ids": ["vsw-j"]}, {}, "no-op")
    there = change("alicloud_vswitch.j", {"id": "vsw-j", "zone_id": "cn-hangzhou-j", "vpc_id": "vpc-1"}, {}, "no-op")
    wanted = pool(f"{RESOURCE}.p", cluster_id="c1")
    assert "DS004" in judge(here, ack, there, wanted).rules
    elsewhere = judge(here, ack, there, pool(f"{RESOURCE}.p", cluster_id="c1", vswitch_ids=["vsw-j", "vsw-k"]))
    assert elsewhere.rules & {"DS004", "NP007"} == set()


def test_the_vpc_of_the_v_switches_is_that_of_the_cluster(here: Path) -> None:
    ack = change(f"{ACK}.a", CLUSTER | {"id": "c1", "pod_vswitch_ids": ["vsw-j"]}, {"vpc_id": True}, "no-op")
    for vpc in ("vpc-1", "vpc-2"):
        one, two = (
            change(
                f"alicloud_vswitch.{name}",
                {"id": f"vsw-{name}", "zone_id": "cn-hangzhou-j", "vpc_id": its},
                {},
                "no-op",
            )
            for name, its in (("j", "vpc-1"), ("k", vpc))
        )
        judged = judge(here, ack, one, two, pool(f"{RESOURCE}.p", cluster_id="c1", vswitch_ids=["vsw-j", "vsw-k"]))
        assert ("NP007" in judged.rules) == (vpc == "vpc-2")
        assert "cluster.vpcId" not in judged.facts


def test_ids_that_are_no_words_cover_nothing(here: Path) -> None:
    ack = change(f"{ACK}.a", CLUSTER | {"id": "c1", "ip_stack": "dual", "pod_vswitch_ids": ["vsw-j"]}, {}, "no-op")
    there = change("alicloud_vswitch.j", {"id": "vsw-j", "zone_id": "cn-hangzhou-j", "vpc_id": "vpc-1"}, {}, "no-op")
    for odd in (["vsw-j"], {"vsw-j": 1}):
        other = change("alicloud_vswitch.k", {"id": odd, "zone_id": "cn-hangzhou-k"}, {})
        assert "DS004" in judge(here, ack, there, other, pool(f"{RESOURCE}.p", cluster_id="c1")).rules
        wanted = pool(f"{RESOURCE}.p", cluster_id="c1", vswitch_ids=["vsw-j", odd])
        assert "DS004" not in judge(here, ack, there, wanted).rules


def test_a_cluster_of_which_nothing_is_known_before_apply(here: Path) -> None:
    ack = change(f"{ACK}.a", CLUSTER, {})
    ack["change"]["after_unknown"] = True
    root = {"resources": [{"address": f"{RESOURCE}.p", **refers(f"{ACK}.a.id")}]}
    judged = judge(here, ack, pool(f"{RESOURCE}.p"), root=root)
    assert "TW001" not in judged.rules
    assert any({"TW001", "TW005", "TW008"} <= set(item.rules) for item in judged.report.undecided)


def test_a_type_that_is_no_word_is_passed_over(here: Path) -> None:
    odd = change(f"{RESOURCE}.odd", {}, {}) | {"type": {"a": 1}}
    assert judge(here, odd, pool(f"{RESOURCE}.p")).rules == judge(here, pool(f"{RESOURCE}.p")).rules


IN_HCL = """\
resource "alicloud_cs_managed_kubernetes" "a" {
  pod_vswitch_ids   = %s
  security_group_id = "sg-pods"
  addons {
    name    = %s
    version = "v1.16.4"
  }
}
resource "alicloud_cs_kubernetes_node_pool" "p" {
  node_pool_name = "p"
  cluster_id     = alicloud_cs_managed_kubernetes.a.id
  instance_types = ["ecs.g8i.8xlarge"]
  vswitch_ids    = ["vsw-j"]
  labels {
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = "eniOnly"
  }
}
"""
GIVEN = {key: CLUSTER_FACTS[key] for key in ("vSwitches", "securityGroups")}
ADDONS = """\
  dynamic "addons" {
    for_each = var.addons
    content {
      name = addons.key
    }
  }
"""


def waiting(judged: Judged) -> set[str]:
    return {rule for item in judged.report.undecided for rule in item.rules}


def test_unknown_v_switches_for_pods_are_not_taken_for_none(here: Path) -> None:
    """Before, beside a known security group, the cluster had no pod vSwitch in any zone."""
    judged = judge_files(here, {"main.tf": IN_HCL % ("var.ids", '"terway-eniip"')}, cluster=GIVEN)
    assert judged.rules == {"NP002"}
    assert {"NET001", "NET002", "NP007"} <= waiting(judged)
    assert "NET001" in judge_files(here, {"main.tf": IN_HCL % ('["vsw-k"]', '"terway-eniip"')}, cluster=GIVEN | {
        "vSwitches": [*GIVEN["vSwitches"], {"id": "vsw-k", "zone": "cn-hangzhou-k"}]
    }).rules  # fmt: skip


@pytest.mark.parametrize("addons", ["    name    = var.addon\n", ADDONS])
def test_an_unknown_add_on_may_be_another_one(here: Path, addons: str) -> None:
    text = IN_HCL % ('["vsw-j"]', "NAME")
    old = text[text.index("  addons {") : text.index("}\nresource")]
    block = addons if addons == ADDONS else old.replace("    name    = NAME\n", addons)
    text = text.replace(old, block)
    judged = judge_files(here, {"main.tf": text}, cluster=GIVEN)
    assert judged.rules == {"NP002"}
    assert {"TW001", "TW005", "TW008"} <= waiting(judged)
    known = judge_files(here, {"main.tf": text}, cluster=CLUSTER_FACTS)
    assert not {"TW001", "TW005", "TW008"} & (
        known.rules | waiting(known)
    )  # who states Terway's facts means terway-eniip
