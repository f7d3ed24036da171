"""The same mistake is found by the same rules, whatever form it is written in."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.emit import terraform
from eniplan.emit.body import pool_body
from eniplan.plan.model import EXCLUSIVE_LABEL, plan_from
from eniplan.rules.examples import LINGJUN_POOL, VSWITCH_J, VSWITCH_K, example
from tests.inputs.support import judge_files, terraform_plan
from tests.judge import judge_plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POOL = "nodePools[0]"


def relabel(body: dict[str, Any], **label: str) -> None:
    body["kubernetes_config"]["labels"][0] |= label


def enlarge(body: dict[str, Any]) -> None:
    body["scaling_group"]["desired_size"] = 3


MISTAKES: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], object] | None]] = {
    # what it is, in the words of a plan; and what the plan's own body has no way to say
    "none": ({}, None),
    "six ENIs": ({f"{POOL}.instanceTypes": ["ecs.g7.2xlarge"]}, None),
    "unknown type": ({f"{POOL}.instanceTypes": ["ecs.none.large"]}, None),
    "small type": ({f"{POOL}.instanceTypes": ["ecs.c6.large"]}, None),
    "twice": ({f"{POOL}.instanceTypes": ["ecs.g8i.8xlarge"] * 2}, None),
    "different types": ({f"{POOL}.instanceTypes": ["ecs.g8i.8xlarge", "ecs.g8i.24xlarge"]}, None),
    "no taint": ({f"{POOL}.taints": []}, None),
    "soft taint": ({f"{POOL}.taints": [{"key": "a", "value": "b", "effect": "PreferNoSchedule"}]}, None),
    "taint effect": ({f"{POOL}.taints": [{"key": "a", "effect": "NoExecution"}]}, None),
    "label value": ({f"{POOL}.labels": {EXCLUSIVE_LABEL: "ENI"}}, lambda b: relabel(b, value="ENI")),
    "label key": (
        {f"{POOL}.labels": {EXCLUSIVE_LABEL + "s": "eniOnly"}},
        lambda b: b["kubernetes_config"]["labels"].pop(0),
    ),
    "label syntax": ({f"{POOL}.labels": {"team": "a b"}}, None),
    "ignored nodes": ({f"{POOL}.labels": {"k8s.aliyun.com/ignore-by-terway": "true"}}, None),
    "both sizes": ({f"{POOL}.autoScaling": {"min": 0, "max": 10}}, enlarge),
    "scaling backwards": ({f"{POOL}.autoScaling": {"min": 9, "max": 1}, f"{POOL}.desiredSize": 3}, enlarge),
    "small disk": ({f"{POOL}.systemDisk": {"category": "cloud_essd", "size": 10}}, None),
    "disk level": ({f"{POOL}.systemDisk": {"category": "cloud_ssd", "performanceLevel": "PL1"}}, None),
    "unknown vSwitch": ({f"{POOL}.vSwitchIds": ["vsw-x"]}, None),
    "unknown group": ({f"{POOL}.securityGroupIds": ["sg-x"]}, None),
    "zone": ({"cluster.vSwitches": [VSWITCH_J, VSWITCH_K], f"{POOL}.vSwitchIds": ["vsw-j", "vsw-k"]}, None),
    "addresses": ({f"{POOL}.desiredSize": 900}, None),
    "node-level config": ({f"{POOL}.labels": {"terway-config": "gpu"}}, None),
    "windows": ({f"{POOL}.imageType": "WindowsCore"}, None),
    "name": ({f"{POOL}.name": " trading"}, None),
    "old Terway": ({"cluster.terway.version": "v1.10.9"}, None),
    "dual stack": ({"cluster.ipStack": "dual", f"{POOL}.instanceTypes": ["ecs.g6.8xlarge"]}, None),
    "lingjun": ({POOL: {**LINGJUN_POOL, "lingjun": {}}}, None),
    "lingjun dual stack": (
        {POOL: {**LINGJUN_POOL, "lingjun": {"clusterId": "i1", "groupId": "ng-1"}}, "cluster.ipStack": "dual"},
        None,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_same_mistake_is_the_same_rule_in_every_form(here: Path, mistake: str) -> None:
    changes, spoil = MISTAKES[mistake]
    plan = example(changes)
    wanted = {finding.rule.id for finding in judge_plan(plan).findings}
    (pool,) = plan_from(plan).node_pools
    body = pool_body(pool, pool.instance_types or ())
    if spoil is not None:
        spoil(body)
    arguments = terraform.arguments(pool, body, "c1")
    blocks = {key: [value] if isinstance(value, dict) and key != "tags" else value for key, value in arguments.items()}
    forms: dict[str, object] = {
        "body.json": body,
        "main.tf": terraform.hcl([arguments]),
        "main.tf.json": terraform.tf_json([arguments]),
        "plan.json": terraform_plan(copy.deepcopy(blocks)),
    }
    for name, value in forms.items():
        judged = judge_files(here, {name: value}, cluster=plan["cluster"])
        assert (judged.problems, judged.rules) == ([], wanted), name
        assert {finding.place.file for finding in judged.report.findings} <= {name, "facts/cluster.json"}
        assert all(finding.place.line > 0 for finding in judged.report.findings)
