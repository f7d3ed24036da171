"""`eniplan migrate`: what it writes, and what it refuses. tests/migration/ carries migrations out."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from tests.harness import Run

PLAN = EXAMPLES / "trading-ipv4.yaml"


def workload(kind: str, name: str, replicas: int, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    own = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    metadata = {"name": name, "namespace": "trading"}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": own}


MATCHER = workload("StatefulSet", "matcher", 8, serviceName="matcher")
FEED = workload("Deployment", "feed-handler", 4, strategy={"rollingUpdate": {"maxSurge": 1}})
BUDGET = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "matcher", "namespace": "trading"},
    "spec": {"maxUnavailable": "10%", "selector": {"matchLabels": {"app": "matcher"}}},
}
SCALER = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "feed", "namespace": "trading"},
    "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "feed-handler"}, "maxReplicas": 9},
}


def manifests(folder: Path, *items: dict[str, Any]) -> Path:
    file = folder / "now.yaml"
    file.write_text("\n---\n".join(json.dumps(item) for item in items))
    return file


def test_runbook(run: Run, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    file = manifests(tmp_path, MATCHER, FEED, BUDGET, SCALER)
    result = run("migrate", PLAN, "--from", "np-old", "--manifests", file, "--dry-run", cwd=tmp_path)
    assert result.code == 0, result.err
    assert result.out == snapshot
    assert not (tmp_path / "migration").exists()


def test_writes_a_folder_with_a_script_that_a_shell_can_read(run: Run, tmp_path: Path) -> None:
    file = manifests(tmp_path, MATCHER, FEED, BUDGET)
    result = run("migrate", PLAN, "--from", "np-old", "--manifests", file, cwd=tmp_path)
    assert result.code == 0, result.err
    folder = tmp_path / "migration"
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert names == {
        "RUNBOOK.md", "migrate.sh", "plan.yaml", "networking.yaml",
        "plans/1-pool.yaml", "plans/2-networking.yaml", "plans/3.yaml", "plans/4.yaml",
        "patches/3-forth.json", "patches/3-back.json",
        "patches/4-forth.json", "patches/4-back.json", "patches/4-settle.json",
        "pool/trading.json", "pool/create.sh", "pool/pools.tf", "pool/stack.json", "manifests/now.yaml",
    }  # fmt: skip
    shellcheck = shutil.which("shellcheck")
    if shellcheck is not None:
        subprocess.run([shellcheck, str(folder / "migrate.sh")], check=True)
    for plan in ("plan.yaml", "plans/1-pool.yaml", "plans/2-networking.yaml", "plans/3.yaml", "plans/4.yaml"):
        assert run("check", folder / plan).code == 0
    forth = json.loads((folder / "patches/4-forth.json").read_text())["spec"]
    assert forth["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 4, "maxUnavailable": 0}}
    back = json.loads((folder / "patches/4-back.json").read_text())["spec"]
    assert back == {"template": {"metadata": {"labels": {"network": None}},
                                 "spec": {"affinity": None, "tolerations": None}}}  # fmt: skip
    settled = json.loads((folder / "patches/4-settle.json").read_text())["spec"]["strategy"]
    assert settled == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": "25%"}}
    # A second time the same bytes are written.
    before = {name: (folder / name).read_bytes() for name in names}
    assert run("migrate", PLAN, "--from", "np-old", "--manifests", file, cwd=tmp_path).code == 0
    assert before == {name: (folder / name).read_bytes() for name in names}


def test_a_dump_of_live_objects_is_not_made_a_manifest(run: Run, tmp_path: Path) -> None:
    live = [{**item, "metadata": {**item["metadata"], "uid": "u"}} for item in (MATCHER, FEED)]
    file = manifests(tmp_path, {"apiVersion": "v1", "kind": "List", "items": live})
    assert run("migrate", PLAN, "--from", "np-old", "--manifests", file, cwd=tmp_path).code == 0
    assert not (tmp_path / "migration" / "manifests").exists()


def test_what_no_script_can_move_is_told(run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.read_text().replace("name: feed-handler, namespace: trading, kind: Deployment",
                                             "name: feed-handler, namespace: trading, kind: Job"))  # fmt: skip
    job = {**FEED, "apiVersion": "batch/v1", "kind": "Job"}
    file = manifests(tmp_path, MATCHER, job)
    result = run("migrate", plan, "--from", "np-old", "--manifests", file, cwd=tmp_path)
    assert result.code == 0, result.err
    assert "note: Job trading/feed-handler: the template of a Job cannot be changed" in result.err
    assert "## By hand" in (tmp_path / "migration" / "RUNBOOK.md").read_text()


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ((MATCHER,), "there is no manifest of Deployment trading/feed-handler"),
        (
            ({**MATCHER, "spec": {**MATCHER["spec"], "replicas": 9}}, FEED),
            "has 9 replicas, and the plan has room for 8",
        ),
    ],
)
def test_refuses(run: Run, tmp_path: Path, items: tuple[dict[str, Any], ...], message: str) -> None:
    file = manifests(tmp_path, *items)
    result = run("migrate", PLAN, "--from", "np-old", "--manifests", file, cwd=tmp_path)
    assert (result.code, message in result.err) == (3, True), result.err
    assert not (tmp_path / "migration").exists()


def test_a_plan_without_workloads_moves_nothing(run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.read_text().partition("workloads:")[0])
    result = run("migrate", plan, "--from", "np-old", "--manifests", manifests(tmp_path, FEED), cwd=tmp_path)
    assert (result.code, "nothing moves" in result.err) == (3, True)


@pytest.mark.parametrize(
    "options",
    [
        (),
        ("--from", "not an id"),
        ("--from", "np", "--manifests", "x", "--context", "y"),
    ],
)
def test_usage(run: Run, options: tuple[str, ...]) -> None:
    assert run("migrate", PLAN, *options).code == 2
