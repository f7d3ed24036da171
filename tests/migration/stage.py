"""The environment of a migration: an example, its cluster, its cloud, and an operator's shell."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import yaml

from tests.harness import clean_env
from tests.live.runs import CREDENTIALS
from tests.loopback import Cloud
from tests.migration.scenarios import RESOURCES, account, pools, shared, target
from tests.migration.world import World, is_exclusive, is_healthy

if TYPE_CHECKING:
    from pathlib import Path


class Stage:
    """An example, its cluster, its cloud, and a PATH whose programs can be made to fail."""

    def __init__(self, name: str, folder: Path) -> None:
        """Start with all pods on shared nodes."""
        self.folder, self.plan = folder, target(name)
        self.cloud = Cloud(account(self.plan)).__enter__()
        self.world = World(self.plan, lambda: pools(self.plan, self.cloud.state))
        for resource, item in shared(self.plan):
            self.world.start(resource, item)
        assert self.world.broken == []
        programs = folder / "bin"
        programs.mkdir()
        self.calls = folder / "calls"
        for program, command in (
            ("eniplan", f"{shlex.quote(sys.executable)} -m eniplan"),
            ("kubectl", str(shutil.which("kubectl"))),
        ):
            file = programs / program
            file.write_text(
                f'#!/bin/sh\necho "{program} $*" >>{self.calls}\n'
                f'if [ "$(wc -l <{self.calls})" = "${{FAILS:-0}}" ]; then exit 9; fi\n'
                f'PATH="$REAL" exec {command} "$@"\n'
            )
            file.chmod(0o755)
        home = folder / "home"
        home.mkdir()
        self.env = clean_env(home, {
            **CREDENTIALS,
            "ENIPLAN_ENDPOINT": self.cloud.url,
            "KUBECONFIG": str(self.world.kubeconfig(folder, current=True)),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "REAL": os.environ["PATH"],  # calls by eniplan itself are not counted
            "WAIT": "5s",
        })  # fmt: skip
        (folder / "plan.yaml").write_text(yaml.safe_dump(self.plan))

    def close(self) -> None:
        """Stop the servers."""
        self.world.close()
        self.cloud.__exit__(None, None, None)

    def shell(self, command: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator would."""
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

    def ours(self) -> list[dict[str, Any]]:
        """Return the pods of the plan's workloads that have not finished."""
        every = [p for w in self.plan["workloads"] for p in self.world.pods_of(f"{RESOURCES[w['kind']]}/{w['name']}")]
        runs = {w["name"] for w in self.plan["workloads"] if w["kind"] == "CronJob"}
        jobs = {j["metadata"]["name"] for j in self.world.all("jobs")
                if any(o["name"] in runs for o in j["metadata"].get("ownerReferences", ()))}  # fmt: skip
        return every + [p for job in jobs for p in self.world.pods_of(f"jobs/{job}")]

    def elsewhere(self) -> list[str]:
        """Return those of these pods that lack their own exclusive ENI."""
        exclusive = {n["metadata"]["name"] for n in self.world.all("nodes") if is_exclusive(n)}
        having = {(e["metadata"]["namespace"], e["metadata"]["name"]) for e in self.world.all("podenis")}
        return [
            p["metadata"]["name"] for p in self.ours()
            if p["spec"].get("nodeName") not in exclusive or not is_healthy(p)
            or (p["metadata"]["namespace"], p["metadata"]["name"]) not in having
        ]  # fmt: skip

    def by_hand(self) -> list[str]:
        """Return the runbook's commands for workloads that the script does not move."""
        text = (self.folder / "migration" / "RUNBOOK.md").read_text().partition("## By hand")[2]
        blocks = re.findall(r"```sh\n(.*?)```", text.partition("\n## ")[0], re.DOTALL)
        return [line for block in blocks for line in block.splitlines()]

    def way_back(self, told: str) -> str:
        """Return the commands by which a step is taken back, as the script has told them when it stopped."""
        return re.split(r"or undo this step \(in .*\):\n", told)[1]

    def commands(self) -> int:
        """Return how many commands the last shell has run."""
        return len(self.calls.read_text().splitlines())
