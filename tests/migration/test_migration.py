"""A migration carried out by its own script: real kubectl, a cluster that lives, and the loopback cloud."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.harness import clean_env
from tests.live.runs import CREDENTIALS
from tests.loopback.state import SAMPLE
from tests.migration.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.loopback import Cloud

pytestmark = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
PLAN = yaml.safe_load(SAMPLE.with_name("plan.yaml").read_text("utf-8"))
PLAN["cluster"]["terway"]["version"] = "v1.16.4"
PLAN["cluster"]["vSwitches"] = [{"id": "vsw-j", "zone": "cn-hangzhou-j", "availableIps": 4000}]
PLAN["nodePools"][0]["vSwitchIds"] = PLAN["podNetworkings"][0]["vSwitchIds"] = ["vsw-j"]
WORKLOADS = [
    {"name": "matcher", "namespace": "trading", "kind": "StatefulSet", "replicas": 4, "nodePool": "trading",
     "podNetworking": "trading-eni"},
    {"name": "feed", "namespace": "trading", "kind": "Deployment", "replicas": 6, "nodePool": "trading",
     "podNetworking": "trading-eni"},
    {"name": "web", "namespace": "default", "kind": "Deployment", "replicas": 3, "nodePool": "trading"},
]  # fmt: skip


def workload(name: str, namespace: str, replicas: int, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    own = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": own}


def budget(name: str, namespace: str, least: int) -> dict[str, Any]:
    spec = {"minAvailable": least, "selector": {"matchLabels": {"app": name}}}
    return {"metadata": {"name": name, "namespace": namespace}, "spec": spec}


class Stage:
    """The cluster, the cloud, and a PATH on which each program may be made to fail."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        """Start with all pods on shared nodes."""
        self.cloud, self.folder = cloud, folder
        self.world = World(lambda: any(self._names()))
        self.world.start("statefulsets", workload("matcher", "trading", 4, serviceName="matcher"))
        self.world.start("deployments", workload("feed", "trading", 6))
        self.world.start("deployments", workload("web", "default", 3))
        self.world.start("deployments", workload("stranger", "default", 2))
        for item in (budget("matcher", "trading", 3), budget("feed", "trading", 6), budget("web", "default", 2)):
            self.world.put("poddisruptionbudgets", item)
        programs = folder / "bin"
        programs.mkdir()
        self.calls = folder / "calls"
        for name, command in (
            ("eniplan", f"{shlex.quote(sys.executable)} -m eniplan"),
            ("kubectl", str(shutil.which("kubectl"))),
        ):
            program = programs / name
            program.write_text(
                f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n'
                f'if [ "$(wc -l <{self.calls})" = "${{FAILS:-0}}" ]; then exit 9; fi\n'
                f'PATH="$REAL" exec {command} "$@"\n'
            )
            program.chmod(0o755)
        home = folder / "home"
        home.mkdir()
        self.env = clean_env(home, {
            **CREDENTIALS,
            "ENIPLAN_ENDPOINT": cloud.url,
            "KUBECONFIG": str(self.world.kubeconfig(folder, current=True)),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "REAL": os.environ["PATH"],  # what eniplan itself calls is not counted
            "WAIT": "5s",
        })  # fmt: skip
        (folder / "plan.yaml").write_text(yaml.safe_dump({**PLAN, "workloads": WORKLOADS}))

    def _names(self) -> Iterator[bool]:
        for cluster in self.cloud.state["clusters"].values():
            yield from (pool["nodepool_info"]["name"] == "trading" for pool in cluster["nodepools"])

    def shell(self, command: str, **env: str) -> subprocess.CompletedProcess[str]:
        self.calls.write_text("")
        whole = {**self.env, **env}
        return subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=whole,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def nodes_of(self, name: str) -> set[str]:
        return {pod["spec"].get("nodeName", "") for pod in self.world.pods_of(name)}

    @property
    def is_moved(self) -> bool:
        names = ("statefulsets/matcher", "deployments/feed", "deployments/web")
        return all(n.startswith("cn-hangzhou.") for name in names for n in self.nodes_of(name))


@pytest.fixture
def stage(cloud: Cloud, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(cloud, tmp_path)
    yield made
    made.world.close()


def test_moves_everything_and_leaves_the_old_pool(stage: Stage) -> None:
    done = stage.shell("eniplan migrate plan.yaml --from np-old")
    assert done.returncode == 0, done.stderr
    before = dict(stage.world.lowest)
    assert before == {"statefulsets/matcher": 4, "deployments/feed": 6, "deployments/web": 3, "deployments/stranger": 2}
    done = stage.shell("sh migration/migrate.sh")
    assert done.returncode == 0, done.stderr + done.stdout
    assert stage.is_moved
    # Never below what the budgets ask for; Deployments have not lost a single pod.
    assert stage.world.lowest == {**before, "statefulsets/matcher": 3}
    feed = stage.world.objects["deployments", "trading", "feed"]
    assert feed["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": "25%", "maxUnavailable": "25%"}
    # A second run changes nothing.
    state = [o["metadata"]["name"] for o in stage.world.all("pods")]
    done = stage.shell("sh migration/migrate.sh")
    assert (done.returncode, [o["metadata"]["name"] for o in stage.world.all("pods")]) == (0, state), done.stderr
    done = stage.shell("sh migration/migrate.sh retire")
    assert done.returncode == 0, done.stderr
    assert not [p for p in stage.world.all("pods") if p["spec"].get("nodeName") in {"old-1", "old-2"}
                and p["metadata"]["namespace"] != "kube-system"]  # fmt: skip
    assert stage.nodes_of("deployments/stranger") == {"other-1"}
    assert stage.shell("eniplan verify plan.yaml").returncode == 0


def test_undo_takes_everything_back(stage: Stage) -> None:
    assert stage.shell("eniplan migrate plan.yaml --from np-old && sh migration/migrate.sh").returncode == 0
    before = dict(stage.world.lowest)
    done = stage.shell("sh migration/migrate.sh undo")
    assert done.returncode == 0, done.stderr
    assert not stage.is_moved
    names = ("statefulsets/matcher", "deployments/feed", "deployments/web")
    assert not any(n.startswith("cn-hangzhou.") for name in names for n in stage.nodes_of(name))
    assert stage.world.lowest == before
    feed = stage.world.objects["deployments", "trading", "feed"]
    assert feed["spec"]["template"] == workload("feed", "trading", 6)["spec"]["template"] | {
        "spec": {"containers": [{"name": "c", "image": "x"}]}
    }


def test_can_be_stopped_at_every_command_and_gone_on_with(stage: Stage) -> None:
    assert stage.shell("eniplan migrate plan.yaml --from np-old").returncode == 0
    failing = 2  # the first only looks whether the pool is there
    while True:
        done = stage.shell("sh migration/migrate.sh", FAILS=str(failing))
        if done.returncode == 0:
            break
        assert "stopped in step" in done.stderr
        failing += 1
        assert failing < 60
    assert failing > 10
    assert stage.is_moved
    assert stage.world.lowest["deployments/feed"] == 6
    assert sum(stage._names()) == 1  # noqa: SLF001 - the pool was created once


def test_asks_before_it_falls_below_a_budget(stage: Stage) -> None:
    stage.world.put("poddisruptionbudgets", budget("matcher", "trading", 4))
    done = stage.shell("eniplan migrate plan.yaml --from np-old")
    assert "StatefulSet trading/matcher falls below its PodDisruptionBudget" in done.stderr
    done = stage.shell("sh migration/migrate.sh")
    assert (done.returncode, stage.world.lowest["statefulsets/matcher"]) == (1, 4)
    assert "ACCEPT='StatefulSet trading/matcher'" in done.stderr
    done = stage.shell("sh migration/migrate.sh", ACCEPT="StatefulSet trading/matcher")
    assert (done.returncode, stage.is_moved) == (0, True), done.stderr
