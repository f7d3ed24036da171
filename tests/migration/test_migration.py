"""Migrations carried out by their own script: real kubectl, a cluster that lives, and the loopback cloud."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.migration.scenarios import EVERY
from tests.migration.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
STOPPED = EVERY if "ENIPLAN_LONG" in os.environ else ["plan"]
"""The examples whose migration is stopped at each command: a minute for each."""
MIGRATE = "eniplan migrate plan.yaml --from np-old"


@pytest.fixture
def on_stage(tmp_path: Path) -> Iterator[Callable[[str], Stage]]:
    stages: list[Stage] = []

    def make(name: str) -> Stage:
        stages.append(Stage(name, tmp_path))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


def asked(told: str) -> str:
    """Return what ACCEPT must name, by what `eniplan migrate` has told."""
    return ",".join(re.findall(r"note: (.*) (?:falls below|leaves all)", told))


def carry_out(stage: Stage) -> str:
    """Write the migration, run it, and do by hand what is to be done by hand; return what needed consent."""
    written = stage.shell(MIGRATE)
    assert written.returncode == 0, written.stderr
    accepted = asked(written.stderr)
    done = stage.shell("sh migration/migrate.sh", ACCEPT=accepted)
    assert done.returncode == 0, done.stderr + done.stdout
    by_hand(stage)
    return accepted


def by_hand(stage: Stage) -> None:
    for job in [w["name"] for w in stage.plan["workloads"] if w["kind"] == "Job"]:
        stage.world.finish(f"jobs/{job}")
    for command in stage.by_hand():
        done = stage.shell(f"cd migration && {command}")
        assert done.returncode == 0, done.stderr
    stage.world.tick()


@pytest.mark.parametrize("name", EVERY)
def test_moves_each_example_to_exclusive_enis(on_stage: Callable[[str], Stage], name: str) -> None:
    stage = on_stage(name)
    before = len(stage.ours())
    assert set(stage.elsewhere()) == {p["metadata"]["name"] for p in stage.ours()}
    accepted = carry_out(stage)
    assert (stage.elsewhere(), len(stage.ours()) >= before) == ([], True)
    # Nothing falls below its PodDisruptionBudget, but for what somebody has agreed to.
    assert [
        event
        for event in stage.world.broken
        if not any(w.rpartition("/")[2] in event for w in accepted.split(",") if w)
    ] == []
    for item in stage.world.all("deployments"):
        assert stage.world.lowest[f"deployments/{item['metadata']['name']}"] == item["spec"]["replicas"]
        assert item["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxUnavailable", "25%") == "25%"
    done = stage.shell("sh migration/migrate.sh retire")
    assert done.returncode == 0, done.stderr + done.stdout
    left = [p["metadata"]["name"] for p in stage.world.all("pods")
            if p["spec"].get("nodeName", "").startswith("old-") and p["metadata"]["namespace"] != "kube-system"
            and p["status"]["phase"] == "Running"]  # fmt: skip
    assert left == []
    assert {p["spec"]["nodeName"] for p in stage.world.pods_of("deployments/stranger")} == {"other-1"}
    assert stage.elsewhere() == []
    assert stage.shell("eniplan verify migration/plan.yaml").returncode == 0


@pytest.mark.parametrize("name", STOPPED)
def test_can_be_stopped_at_every_command_and_gone_on_with(on_stage: Callable[[str], Stage], name: str) -> None:
    stage = on_stage(name)
    accepted = asked(stage.shell(MIGRATE).stderr)
    for mode in ("", " retire"):
        stopped = 0
        while True:
            done = stage.shell(f"sh migration/migrate.sh{mode}", ACCEPT=accepted, FAILS=str(stopped + 1))
            if done.returncode == 0 and stage.commands() <= stopped:
                break
            # The first only looks whether the pools are there.
            assert done.returncode == 0 or "stopped in step" in done.stderr
            stopped += 1
            assert stopped < 80
        assert stopped > 3
        by_hand(stage)
    assert stage.elsewhere() == []
    agreed = [word.rpartition("/")[2] for word in accepted.split(",") if word]
    assert [event for event in stage.world.broken if not any(name in event for name in agreed)] == []
    names = [
        row["nodepool_info"]["name"] for row in stage.cloud.state["clusters"][stage.plan["cluster"]["id"]]["nodepools"]
    ]
    assert sorted(names) == sorted(pool["name"] for pool in stage.plan["nodePools"])  # each was created once


def test_undo_takes_everything_back(on_stage: Callable[[str], Stage]) -> None:
    stage = on_stage("plan")
    before = {key: json.dumps(item["spec"]["template"], sort_keys=True) for key, item in stage.world.objects.items()
              if key[0] in {"deployments", "statefulsets"}}  # fmt: skip
    carry_out(stage)
    assert stage.shell("sh migration/migrate.sh retire").returncode == 0
    done = stage.shell("sh migration/migrate.sh undo")  # lets pods onto the old nodes again, first of all
    assert done.returncode == 0, done.stderr
    assert {p["spec"]["nodeName"].partition("-")[0] for p in stage.ours()} <= {"old", "other"}
    assert stage.world.broken == []
    assert before == {key: json.dumps(stage.world.objects[key]["spec"]["template"], sort_keys=True) for key in before}


def test_asks_before_it_falls_below_a_budget(on_stage: Callable[[str], Stage]) -> None:
    stage = on_stage("plan")
    stage.world.objects["poddisruptionbudgets", "trading", "matcher"]["spec"]["minAvailable"] = 8
    told = stage.shell(MIGRATE).stderr
    assert "StatefulSet trading/matcher falls below its PodDisruptionBudget" in told
    done = stage.shell("sh migration/migrate.sh")
    assert (done.returncode, stage.world.lowest["statefulsets/matcher"]) == (1, 8)
    assert "ACCEPT='StatefulSet trading/matcher' sh migration/migrate.sh" in done.stderr
    done = stage.shell("sh migration/migrate.sh", ACCEPT="StatefulSet trading/matcher")
    assert (done.returncode, stage.world.lowest["statefulsets/matcher"], stage.elsewhere()) == (0, 7, []), done.stderr
