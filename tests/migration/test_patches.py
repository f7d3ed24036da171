"""The patches of a migration, for the workloads of each example plan: there they fit, and back they are as before."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.harness import EXAMPLES
from tests.migration.world import merge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

PLANS = [
    path
    for path in sorted(EXAMPLES.glob("*.yaml"))
    if path.name != "many-mistakes.yaml" and "\nworkloads:" in path.read_text("utf-8")
]
GROUPS = {"Job": "batch/v1"}


def shared(workload: dict[str, Any]) -> dict[str, Any]:
    """Return a workload of a plan as it is on shared nodes, with what people have in their pods."""
    name, kind = workload["name"], workload["kind"]
    labels = {"app": name}
    pod = {
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "initContainers": [{"name": "wait", "image": "busybox"}],
        "containers": [
            {"name": "app", "image": "a", "resources": {"requests": {"cpu": "1"}}},
            {"name": "side", "image": "b"},
        ],
    }
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    if "replicas" in workload:
        spec["parallelism" if kind == "Job" else "replicas"] = workload["replicas"]
    metadata = {"name": name, "namespace": workload.get("namespace", "default")}
    return {"apiVersion": GROUPS.get(kind, "apps/v1"), "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("plan", PLANS, ids=lambda path: path.stem)
def test_patches_fit_and_can_be_taken_back(run: Run, tmp_path: Path, plan: Path) -> None:
    value = yaml.safe_load(plan.read_text("utf-8"))
    before = [shared(workload) for workload in value["workloads"]]
    (tmp_path / "now.yaml").write_text("\n---\n".join(map(json.dumps, before)))
    result = run("migrate", plan, "--from", "np-old", "--manifests", tmp_path / "now.yaml", cwd=tmp_path)
    assert result.code == 0, result.err
    folder = tmp_path / "migration"
    after = copy.deepcopy(before)
    # DaemonSets go first.
    scripted = sorted((item for item in after if item["kind"] != "Job"), key=lambda item: item["kind"] != "DaemonSet")
    moved = copy.deepcopy(scripted)
    for number, item in enumerate(moved, 3):
        merge(item, json.loads((folder / f"patches/{number}-forth.json").read_text()))
    # What the patches make is what the plan's rules ask for, and what --patch makes of the same manifests.
    (tmp_path / "after.yaml").write_text("\n---\n".join(map(json.dumps, moved)) if moved else "")
    if moved:
        checked = run("check", plan, tmp_path / "after.yaml", "--format", "json")
        findings = [f for f in json.loads(checked.out)["findings"] if f["file"].endswith("after.yaml")]
        assert [f["rule"] for f in findings if f["level"] == "error"] == []
    patched = list(yaml.safe_load_all((folder / "manifests/now.yaml").read_text()))
    others = {p["metadata"]["name"]: p for p in patched}
    for item in moved:
        assert item["spec"]["template"] == others[item["metadata"]["name"]]["spec"]["template"]
    for number, (item, was) in enumerate(zip(moved, scripted, strict=True), 3):
        settle = folder / f"patches/{number}-settle.json"
        merge(item, json.loads((folder / f"patches/{number}-back.json").read_text()))
        assert item["spec"]["template"] == was["spec"]["template"]
        if settle.exists():
            merge(item, json.loads(settle.read_text()))
            rolling = {"maxSurge": "25%", "maxUnavailable": "25%"}
            assert item["spec"]["strategy"] == {"type": "RollingUpdate", "rollingUpdate": rolling}


def test_there_are_plans_with_workloads() -> None:
    assert len(PLANS) >= 5
