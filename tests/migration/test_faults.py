"""What goes wrong during a move: the script stops at the gate and says why, and the way back that it names works."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.migration.stage import Stage
from tests.migration.world import is_exclusive

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
RUN = "sh migration/migrate.sh"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage("plan", tmp_path)
    done = made.shell("eniplan migrate plan.yaml --from np-old")
    assert done.returncode == 0, done.stderr
    yield made
    made.close()


def run(stage: Stage, mode: str = "") -> subprocess.CompletedProcess[str]:
    return stage.shell(f"{RUN}{mode}", WAIT="1s")


def test_the_new_pool_is_out_of_enis(stage: Stage) -> None:
    stage.world.taken = 6  # of seven on each node, and the scheduler knows nothing of it
    done = run(stage)
    assert done.returncode == 1
    # The StatefulSet has lost no more than one pod, and what it waits for is told.
    assert "stopped in step 3: kubectl -n trading rollout status statefulset/matcher" in done.stderr
    assert "no free ENI" in done.stderr
    assert f"Fix the cause, then continue: {RUN}" in done.stderr
    assert (stage.world.lowest["statefulsets/matcher"], stage.world.broken) == (7, [])
    back = stage.shell(f"cd migration && {stage.way_back(done.stderr)}")
    assert back.returncode == 0, back.stderr
    assert all(p["spec"]["nodeName"].startswith(("old", "other")) for p in stage.world.pods_of("statefulsets/matcher"))
    assert stage.world.broken == []
    stage.world.taken = 0
    assert run(stage).returncode == 0
    assert stage.elsewhere() == []


def test_a_pod_of_a_deployment_does_not_start(stage: Stage) -> None:
    stage.world.ailing = lambda pod: "feed-handler" in pod["metadata"]["name"] and "new-" in pod["spec"]["nodeName"]
    done = run(stage)
    assert "stopped in step 4: kubectl -n trading rollout status deployment/feed-handler" in done.stderr
    assert "it is ailing" in done.stderr
    assert stage.world.lowest["deployments/feed-handler"] == 4  # its old pods go on
    back = stage.shell(f"cd migration && {stage.way_back(done.stderr)}")
    assert back.returncode == 0, back.stderr
    pods = stage.world.pods_of("deployments/feed-handler")
    assert (len(pods), {p["spec"]["nodeName"].partition("-")[0] for p in pods} <= {"old", "other"}) == (4, True)
    # What had moved before stays where it is.
    assert {p["spec"]["nodeName"].partition("-")[0] for p in stage.world.pods_of("statefulsets/matcher")} == {"new"}


def test_a_node_goes_not_ready(stage: Stage) -> None:
    done = stage.shell(RUN, FAILS="5")  # the pool is there
    assert done.returncode == 1
    name = next(n["metadata"]["name"] for n in stage.world.all("nodes") if is_exclusive(n))
    stage.world.set_ready(name, is_ready=False)
    done = run(stage)
    assert (done.returncode, "stopped in step" in done.stderr, name in done.stderr + done.stdout) == (1, True, True)
    assert "not Ready" in done.stdout
    stage.world.set_ready(name, is_ready=True)
    assert run(stage).returncode == 0
    assert stage.elsewhere() == []


def test_the_creation_of_the_pool_fails(stage: Stage) -> None:
    why = {"code": "QuotaExceeded", "message": "no quota for ENIs"}
    stage.cloud.state["taskScript"] = ["running", {"state": "failed", "error": why}]
    done = run(stage)
    assert (done.returncode, "--apply --yes (exit code 5)" in done.stderr) == (1, True), done.stderr
    assert "no quota for ENIs" in done.stderr
    rows = stage.cloud.state["clusters"][stage.plan["cluster"]["id"]]["nodepools"]
    # Run again, it makes no second pool; deleted, as the runbook says, the pool is made anew.
    assert (run(stage).returncode, len(rows)) == (1, 1)
    rows.clear()
    stage.cloud.state["taskScript"] = ["running", "success"]
    done = run(stage)  # create-pool looks for the pool that it has made, and notes that it is gone
    assert (done.returncode, "no longer exists" in done.stderr) == (1, True)
    done = run(stage)
    assert done.returncode == 0, done.stderr
    assert (len(rows), stage.elsewhere()) == (1, [])


def test_an_eviction_is_refused_for_ever(stage: Stage) -> None:
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "stranger"}}}
    stage.world.put("poddisruptionbudgets", {"metadata": {"name": "stranger", "namespace": "default"}, "spec": spec})
    assert run(stage).returncode == 0
    done = run(stage, " retire")
    assert (done.returncode, "would violate the pod's disruption budget" in done.stderr) == (1, True), done.stderr
    assert "stopped in step 1: kubectl drain" in done.stderr
    assert f"Fix the cause, then continue: {RUN} retire" in done.stderr
    old = [n for n in stage.world.all("nodes") if n["metadata"]["name"].startswith("old-")]
    assert all(n["spec"].get("unschedulable") for n in old)
    back = stage.shell(f"cd migration && {stage.way_back(done.stderr)}")
    assert back.returncode == 0, back.stderr
    old = [n for n in stage.world.all("nodes") if n["metadata"]["name"].startswith("old-")]
    assert not any(n["spec"].get("unschedulable") for n in old)
    stage.world.objects["poddisruptionbudgets", "default", "stranger"]["spec"]["minAvailable"] = 1
    assert run(stage, " retire").returncode == 0
