"""`eniplan migrate`: what it writes, and what it refuses. tests/migration/ carries migrations out."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.harness import EXAMPLES, TOOLS

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
        "plans/pool.yaml", "plans/networking.yaml", "plans/3.yaml", "plans/4.yaml",
        "patches/3-forth.json", "patches/3-back.json",
        "patches/4-forth.json", "patches/4-back.json", "patches/4-settle.json",
        "pool/trading.json", "pool/create.sh", "pool/pools.tf", "pool/stack.json", "manifests/now.yaml",
    }  # fmt: skip
    subprocess.run([TOOLS / "shellcheck", folder / "migrate.sh"], check=True)
    for plan in ("plan.yaml", "plans/pool.yaml", "plans/networking.yaml", "plans/3.yaml", "plans/4.yaml"):
        assert run("check", folder / plan).code == 0
    forth = json.loads((folder / "patches/4-forth.json").read_text())["spec"]
    assert forth["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 4, "maxUnavailable": 0}}
    back = json.loads((folder / "patches/4-back.json").read_text())["spec"]
    assert back == {"template": {"metadata": {"labels": {"network": None}},
                                 "spec": {"affinity": None, "tolerations": None}},
                    "strategy": forth["strategy"]}  # fmt: skip
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
        ((MATCHER,), "there is no Deployment trading/feed-handler"),
        (
            ({**MATCHER, "spec": {**MATCHER["spec"], "replicas": 9}}, FEED),
            "has 9 replicas, but the plan has room for 8",
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
    assert (result.code, "no workloads to move" in result.err) == (3, True)


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


def written(run: Run, folder: Path, *items: dict[str, Any], plan: Path = PLAN, options: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - a Result
    """Write a migration from manifests."""
    file = manifests(folder, *items)
    return run("migrate", plan, "--from", "np-old", "--manifests", file, *options, cwd=folder)


def loaded(folder: Path, name: str) -> Any:  # noqa: ANN401 - any document
    return yaml.safe_load((folder / "migration" / name).read_text())


def test_fewer_pods_than_planned_are_what_is_verified(run: Run, tmp_path: Path) -> None:
    few, none = workload("StatefulSet", "matcher", 5), workload("Deployment", "feed-handler", 0)
    assert written(run, tmp_path, few, none).code == 0
    for name in ("plan.yaml", "plans/3.yaml", "plans/4.yaml"):
        found = [(w["name"], w["replicas"]) for w in loaded(tmp_path, name)["workloads"]]
        assert found == [("matcher", 5)]


def test_what_holds_pods_on_the_old_pool_is_taken_out(run: Run, tmp_path: Path) -> None:
    pinned, by_term = workload("StatefulSet", "matcher", 8), workload("Deployment", "feed-handler", 4)
    pinned["spec"]["template"]["spec"]["nodeSelector"] = {"alibabacloud.com/nodepool-id": "np-old"}
    terms = [{"matchExpressions": [{"key": "alibabacloud.com/nodepool-id", "operator": "In", "values": ["np-old"]}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    by_term["spec"]["template"]["spec"]["affinity"] = {"nodeAffinity": required}
    assert written(run, tmp_path, pinned, by_term).code == 0
    forth = loaded(tmp_path, "patches/3-forth.json")["spec"]["template"]["spec"]
    assert forth["nodeSelector"] is None
    back = loaded(tmp_path, "patches/3-back.json")["spec"]["template"]["spec"]
    assert back["nodeSelector"] == {"alibabacloud.com/nodepool-id": "np-old"}
    required = loaded(tmp_path, "patches/4-forth.json")["spec"]["template"]["spec"]["affinity"]["nodeAffinity"]
    exclusive = {"key": "k8s.aliyun.com/exclusive-mode-eni-type", "operator": "In", "values": ["eniOnly"]}
    assert required["requiredDuringSchedulingIgnoredDuringExecution"] == {
        "nodeSelectorTerms": [{"matchExpressions": [exclusive]}]
    }
    assert "bound to node pool np-old" in (tmp_path / "migration" / "RUNBOOK.md").read_text()


@pytest.mark.parametrize(
    ("own", "early", "settled"),
    [
        ({"type": "OnDelete"}, {"type": "RollingUpdate"}, {"type": "OnDelete", "rollingUpdate": None}),
        (
            {"type": "RollingUpdate", "rollingUpdate": {"partition": 6}},
            {"rollingUpdate": {"partition": 0}},
            {"rollingUpdate": {"partition": 6}},
        ),
    ],
)
def test_a_statefulset_that_holds_its_pods_back(
    run: Run, tmp_path: Path, own: dict[str, Any], early: dict[str, Any], settled: dict[str, Any]
) -> None:
    held = workload("StatefulSet", "matcher", 8, updateStrategy=own)
    assert written(run, tmp_path, held, FEED).code == 0
    for name, strategy in (("forth", early), ("back", early), ("settle", settled)):
        assert loaded(tmp_path, f"patches/3-{name}.json")["spec"]["updateStrategy"] == strategy


def test_a_paused_deployment_moves_by_hand(run: Run, tmp_path: Path) -> None:
    result = written(run, tmp_path, MATCHER, workload("Deployment", "feed-handler", 4, paused=True))
    assert (result.code, "its rollout is paused" in result.err) == (0, True), result.err
    assert not (tmp_path / "migration" / "by-hand").exists()


def test_a_live_pod_becomes_a_manifest_of_a_new_one(run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.read_text() + "  - {name: probe, namespace: trading, kind: Pod, nodePool: trading}\n")
    pod = {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "probe", "namespace": "trading", "uid": "u", "labels": {"app": "probe"},
                     "annotations": {"k8s.aliyun.com/pod-eni": "true", "own": "x"}, "managedFields": []},
        "spec": {"nodeName": "old-1", "containers": [{"name": "c", "image": "x"}]},
        "status": {"phase": "Running"},
    }  # fmt: skip
    assert written(run, tmp_path, MATCHER, FEED, pod, plan=plan).code == 0
    made = loaded(tmp_path, "by-hand/pod.trading.probe.yaml")
    assert made["metadata"] == {
        "name": "probe", "namespace": "trading", "labels": {"app": "probe"}, "annotations": {"own": "x"}
    }  # fmt: skip
    assert ("status" in made, "nodeName" in made["spec"]) == (False, False)
    assert made["spec"]["nodeSelector"] == {"k8s.aliyun.com/exclusive-mode-eni-type": "eniOnly"}
    runbook = (tmp_path / "migration" / "RUNBOOK.md").read_text()
    assert "kubectl -n trading delete pod/probe\nkubectl apply -f by-hand/pod.trading.probe.yaml\n" in runbook


def test_a_budget_that_two_workloads_share(run: Run, tmp_path: Path) -> None:
    """Of 12 pods 11 must run: with all others there, eight less one are enough of the StatefulSet."""
    shared = {"minAvailable": 11, "selector": {"matchExpressions": [{"key": "app", "operator": "Exists"}]}}
    result = written(run, tmp_path, MATCHER, FEED, {**BUDGET, "spec": shared})
    assert (result.code, "falls below" in result.err) == (0, False)
    result = written(run, tmp_path, MATCHER, FEED, {**BUDGET, "spec": {**shared, "minAvailable": 12}})
    assert "note: StatefulSet trading/matcher falls below its PodDisruptionBudget" in result.err
    assert "feed-handler falls" not in result.err  # it loses no pod at any time


def test_namespaces_get_the_labels_that_they_lack(run: Run, tmp_path: Path) -> None:
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "trading", "labels": {"team": "trading"}}}
    assert written(run, tmp_path, MATCHER, FEED).code == 0
    script = tmp_path / "migration" / "migrate.sh"
    assert "run kubectl label namespace trading team=trading" in script.read_text()
    assert written(run, tmp_path, MATCHER, FEED, home).code == 0
    assert "label namespace" not in script.read_text()
    home["metadata"] = {"name": "trading", "labels": {"team": "other"}}
    result = written(run, tmp_path, MATCHER, FEED, home)
    assert (result.code, "namespace trading: with its label team=other" in result.err) == (3, True), result.err


def test_the_script_judges_as_migrate_did(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(
        '{"InstanceTypeId": "ecs.own", "EniQuantity": 8, "EniPrivateIpAddressQuantity": 30, "CpuCoreCount": 32, '
        '"MemorySize": 128}\n'
    )
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.read_text().replace("ecs.g8i.8xlarge", "ecs.own"))
    options = ("--specs", "rows.jsonl", "--fail-on", "error")
    result = written(run, tmp_path, MATCHER, FEED, plan=plan, options=options)
    assert result.code == 0, result.err
    folder = tmp_path / "migration"
    script = (folder / "migrate.sh").read_text()
    assert "run eniplan create-pool plan.yaml --pool trading --specs=specs.jsonl --apply --yes" in script
    assert "run eniplan verify plans/3.yaml --specs=specs.jsonl --wait" in script
    assert (folder / "specs.jsonl").read_bytes() == (tmp_path / "rows.jsonl").read_bytes()


def test_no_file_takes_the_place_of_another(run: Run, tmp_path: Path) -> None:
    """Names of pools and of the user's files may be alike, and a name of a pool may lead out of the folder."""
    text = (
        PLAN.read_text("utf-8")
        .replace("name: trading\n", "name: POOL\n", 1)
        .replace("nodePool: trading", "nodePool: POOL")
    )
    text = text.replace("nodePools: [trading]", "nodePools: [POOL]")
    folder = tmp_path / "run"
    for name, value in (("a", MATCHER), ("b", FEED)):
        (folder / name).mkdir(parents=True)
        (folder / name / "app.yaml").write_text(yaml.safe_dump(value))
    files = ("--manifests", "a/app.yaml", "--manifests", "b/app.yaml")
    for name, file in (("stack", "stack-2.json"), ("../../out", "..%2f..%2fout.json")):
        (folder / "plan.yaml").write_text(text.replace("POOL", name))
        done = run("migrate", "plan.yaml", "--from", "np1", *files, cwd=folder)
        assert done.code == 0, done.err
        made = folder / "migration"
        assert "ROSTemplateFormatVersion" in json.loads((made / "pool" / "stack.json").read_text())
        assert json.loads((made / "pool" / file).read_text())["nodepool_info"]["name"] == name
        kinds = {path.name: yaml.safe_load(path.read_text())["kind"] for path in (made / "manifests").iterdir()}
        assert kinds == {"app.yaml": "StatefulSet", "app-2.yaml": "Deployment"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_comes_from_stdin_is_applied_with_its_folder(run: Run, tmp_path: Path) -> None:
    text = yaml.safe_dump_all([MATCHER, FEED])
    done = run("migrate", PLAN.absolute(), "--from", "np1", "--manifests", "-", stdin=text.encode(), cwd=tmp_path)
    assert done.code == 0, done.err
    assert [path.name for path in (tmp_path / "migration" / "manifests").iterdir()] == ["stdin.yaml"]
