"""Plans and helpers that the tests of emit share."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.emit.body import pool_body
from eniplan.plan.document import read_documents
from eniplan.plan.load import load_document
from eniplan.rules.base import Settings
from eniplan.rules.examples import LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K, example
from eniplan.rules.view import PlanView
from tests.harness import EXAMPLES
from tests.judge import TODAY, catalog, judge_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.emit.body import Body
    from eniplan.plan.model import NodePool

CLUSTER_ID = "c0123456789abcdef0123456789abcdef"
HOSTILE = (
    'say "hi"', "a\\b", "${path.module}", "%{ if true }x%{ endif }", "$${a}", "$$${b}", "%%{c}", "line\nbreak\r\n\ttab",
    "$(id)", "`id`", "{{ .Values.x }}", "!!python/object:os.system x", "--help", "'; rm -rf x; '", "二 é \U0001f600",
    "\b\f\x1b[31m", "# no comment", "<<EOT", "*alias", "&anchor", "%", "$", "{", "\u202e", "\\b\\f", "~",
)  # fmt: skip
"""Texts with special meaning in one of the output formats."""

FULL_POOL: dict[str, Any] = {
    "name": "trading",
    "instanceTypes": ["ecs.g8i.8xlarge", "ecs.g8i.4xlarge"],
    "vSwitchIds": ["vsw-j"],
    "securityGroupIds": ["sg-pods"],
    "desiredSize": 3,
    "multiAzPolicy": "BALANCE",
    "chargeType": "PrePaid",
    "terwayConfig": "gpu-net",
    "labels": {"team": "trading"},
    "taints": [
        {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"},
        {"key": "soft", "effect": "PreferNoSchedule"},
    ],
    "systemDisk": {"category": "cloud_essd", "size": 120, "performanceLevel": "PL1"},
    "keyPair": "ops",
    "imageType": "AliyunLinux3ContainerOptimized",
    "runtime": "containerd",
    "overrides": {
        "nodepool_info": {"resource_group_id": "rg-1"},
        "scaling_group": {
            "tags": [{"key": f"tag {i}", "value": text} for i, text in enumerate(HOSTILE)],
            "data_disks": [
                {"category": "cloud_essd", "size": 100, "encrypted": "true"},
                {"category": "cloud_auto", "size": 200, "encrypted": "false"},
            ],
            "period": 1,
            "period_unit": "Month",
        },
        "kubernetes_config": {"cms_enabled": True, "user_data": HOSTILE[0]},
        "management": {"enable": True, "auto_repair": False},
        "tee_config": {"tee_enable": False},
    },
}
"""A pool with every key, and hostile texts in its overrides."""
FAMILY_POOL: dict[str, Any] = {
    "name": "二 pool ${x}",
    "instanceFamilies": ["ecs.g8i"],
    "vSwitchIds": ["vsw-j"],
    "autoScaling": {"min": 0, "max": 2, "type": "cpu"},
    "taints": [],
    "runtime": "containerd",
    "systemDisk": {"size": 100},
}
WORKLOADS: list[dict[str, Any]] = [
    {"name": "matcher", "namespace": "trading", "kind": "StatefulSet", "replicas": 2, "nodePool": "trading",
     "podNetworking": "trading-eni"},
    {"name": "web", "kind": "Deployment", "nodePool": "trading"},
    {"name": "agent", "kind": "DaemonSet", "nodePool": "trading", "hostNetwork": True},
    {"name": "batch", "kind": "Job", "nodePool": "training"},
    {"name": "nightly", "kind": "CronJob", "nodePool": "trading", "eniRequest": 1},
    {"name": "one", "kind": "Pod", "nodePool": "trading",
     "tolerations": [{"operator": "Exists"}]},
]  # fmt: skip
FULL: dict[str, Any] = example({
    "cluster.id": CLUSTER_ID,
    "cluster.vSwitches": [VSWITCH_J, VSWITCH_K],
    "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j", "vsw-k"], "securityGroupIds": ["sg-pods"]}},
    "nodePools": [FULL_POOL, FAMILY_POOL, LINGJUN_POOL],
    "podNetworkings": [
        {**POD_NETWORKING, "allocation": {"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "10m"}},
    ],
    "workloads": WORKLOADS,
})  # fmt: skip
"""A plan that passes and uses every feature."""


def view_of_plan(plan: Mapping[str, Any]) -> PlanView:
    """Return the view of a passing plan, as commands get it."""
    report = judge_plan(plan)
    assert report.exit_code == 0, report.findings + report.problems
    (document,) = read_documents("plan.json", json.dumps(plan).encode())
    loaded = load_document(document)
    assert loaded.plan is not None
    return PlanView(loaded.plan, catalog(), Settings(today=TODAY))


def bodies(view: PlanView) -> list[tuple[NodePool, Body]]:
    """Return each pool with the body that creates it."""
    return [(pool.pool, pool_body(pool.pool, [use.name for use in pool.types])) for pool in view.pools]


def example_plans() -> list[Any]:
    """Return the documents of all passing examples, and the plan that uses every feature."""
    found = [FULL]
    for file in sorted(EXAMPLES.glob("*")):
        if file.suffix in {".yaml", ".yml", ".json"}:
            for document in read_documents(file.name, file.read_bytes()):
                value = document.value
                is_plan = isinstance(value, dict) and value.get("apiVersion") == "eniplan/v1"
                if is_plan and judge_plan(value).exit_code == 0:  # type: ignore[arg-type]  # a map, by the line above
                    found.append(value)  # type: ignore[arg-type]  # the same
    return found


def needs(program: str) -> str:
    """Return the path of a third-party program, or skip the test if it is not installed."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found
