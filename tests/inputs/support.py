"""Judge other input forms inside the test's own process, and build such inputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.inputs.cluster_file import read_cluster
from eniplan.inputs.collect import Collected
from eniplan.judging.check import check
from eniplan.plan.load import load
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.rules.base import Settings
from tests.judge import TODAY, catalog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from eniplan.report.model import Report

LABEL = {"key": EXCLUSIVE_LABEL, "value": EXCLUSIVE_VALUE}
TAINT = {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}
RESOURCE = "alicloud_cs_kubernetes_node_pool"
ADDRESS = f"module.ack.{RESOURCE}.eni[0]"
CLUSTER: dict[str, Any] = {
    "kubernetesVersion": "1.34.3-aliyun.1",
    "ipStack": "ipv4",
    "terway": {
        "version": "v1.16.4",
        "ipamType": "crd",
        "erdma": False,
        "networkPolicy": False,
        "virtualType": "veth",
        "customCniChain": False,
    },
    "vSwitches": [{"id": "vsw-j", "zone": "cn-hangzhou-j", "availableIps": 4000}],
    "securityGroups": [{"id": "sg-pods", "type": "enterprise"}],
    "podDefaults": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]},
}
BODY: dict[str, Any] = {
    "nodepool_info": {"name": "trading"},
    "scaling_group": {"instance_types": ["ecs.g8i.8xlarge"], "vswitch_ids": ["vsw-j"], "desired_size": 3},
    "kubernetes_config": {"labels": [LABEL], "taints": [TAINT]},
}
AFTER: dict[str, Any] = {
    "node_pool_name": "trading",
    "instance_types": ["ecs.g8i.8xlarge"],
    "vswitch_ids": ["vsw-j"],
    "desired_size": "3",
    "labels": [LABEL],
    "taints": [TAINT],
}


class Judged(NamedTuple):
    """The result of a run."""

    report: Report
    skipped: list[tuple[str, str]]

    @property
    def rules(self) -> set[str]:
        """The rules with findings."""
        return {finding.rule.id for finding in self.report.findings}

    @property
    def places(self) -> dict[str, str]:
        """The place of each rule's finding: file, line, column and path."""
        return {f.rule.id: f"{f.place} {f.place.path}" for f in self.report.findings}

    @property
    def facts(self) -> dict[str, str]:
        """The path of each unknown fact, by fact."""
        return {item.fact: item.place.path for item in self.report.undecided}

    @property
    def problems(self) -> list[str]:
        """The problems with their places."""
        return [f"{p.place}: {p.message} [{p.place.path}]" for p in self.report.problems]


def text(value: object) -> str:
    """Return the text of a file: strings unchanged, other values as JSON."""
    return value if isinstance(value, str) else json.dumps(value, indent=1)


def judge_files(
    folder: Path, files: Mapping[str, object], *paths: str, cluster: dict[str, Any] | None = CLUSTER
) -> Judged:
    """Write files below a folder, which must be the current one, and judge those at `paths`, or else all."""
    for name, value in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text(value), encoding="utf-8")
    facts = None
    if cluster is not None:
        (folder / "facts").mkdir(exist_ok=True)
        (folder / "facts" / "cluster.json").write_text(json.dumps({"cluster": cluster}), encoding="utf-8")
        facts = read_cluster("facts/cluster.json")
    collected = Collected(catalog(), facts)
    loaded = load(paths or tuple(files), lambda: collected, eager=True)
    report = check(loaded, catalog(), Settings(today=TODAY))
    return Judged(report, [(item.what, item.why) for item in collected.skipped])


def terraform_plan(after: dict[str, Any] | None, **change: Any) -> dict[str, Any]:  # noqa: ANN401 - parts of a change
    """Return a plan in the form of `terraform show -json` that creates or changes one node pool."""
    whole = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"id": True}, **change}
    resource = {"address": ADDRESS, "mode": "managed", "type": RESOURCE, "name": "eni", "index": 0, "change": whole}
    other = {"address": "alicloud_vpc.x", "mode": "managed", "type": "alicloud_vpc", "change": {"actions": ["no-op"]}}
    return {"format_version": "1.2", "terraform_version": "1.14.7", "resource_changes": [other, resource]}


def hcl(*lines: str, name: str = "eni") -> str:
    """Return a node pool in HCL with the exclusive label and these lines."""
    body = "\n".join(f"  {line}" for line in lines)
    label = f'  labels {{\n    key   = "{EXCLUSIVE_LABEL}"\n    value = "{EXCLUSIVE_VALUE}"\n  }}'
    return f'resource "{RESOURCE}" "{name}" {{\n{label}\n{body}\n}}\n'
