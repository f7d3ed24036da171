"""Folders that cannot be listed, a working folder that is gone, names that no file has: told, in every command."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.harness import EXAMPLES, TIMEOUT, clean_env, eniplan_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness import Result, Run

PLAN = (EXAMPLES / "trading-ipv4.yaml").read_bytes()
COMMANDS = ("check", "verify", "verify --from", "render-manifests", "create-pool", "create-pool --apply --yes")
CAPBSET_DROP, DAC_OVERRIDE, DAC_READ_SEARCH = 24, 1, 2


def _obey_modes() -> None:
    """Let a root obey the modes of files, as everybody else does."""
    for right in (DAC_OVERRIDE, DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(CAPBSET_DROP, right, 0, 0, 0)


def obedient(folder: Path, *args: str) -> tuple[int, str, str]:
    done = subprocess.run(
        eniplan_command(*args), cwd=folder, env=clean_env(folder), capture_output=True, timeout=TIMEOUT, check=False,
        preexec_fn=_obey_modes,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with a plan that nobody may list, in one that has a plan as well."""
    folder = tmp_path / "tree" / "closed"
    folder.mkdir(parents=True)
    for place in (folder, folder.parent):
        (place / "plan.yaml").write_bytes(PLAN)
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_may_not_be_listed(tmp_path: Path, command: str) -> None:
    for name in ("tree/closed", "tree/closed/plan.yaml"):
        code, out, err = obedient(tmp_path, *command.split(), name)
        assert (code, out) == (3, ""), err
        assert f"{name}: error: cannot read it: permission denied\n" in err


@pytest.mark.usefixtures("closed")
def test_beside_a_plan_that_can_be_read(tmp_path: Path) -> None:
    code, out, _ = obedient(tmp_path, "check", "tree", "--format", "json")
    report = json.loads(out)
    assert (code, report["exitCode"]) == (3, 3)
    assert [(problem["file"], problem["message"]) for problem in report["problems"]] == [
        ("tree/closed", "cannot read it: permission denied")
    ]
    assert [pool["name"] for pool in report["pools"]] == ["trading"]
    code, out, err = obedient(tmp_path, "create-pool", "tree")
    assert (code, out) == (3, "")
    assert "nothing was written" in err


@pytest.mark.parametrize("command", [*COMMANDS, "resume"])
def test_a_working_folder_that_is_gone(tmp_path: Path, command: str) -> None:
    (tmp_path / "plan.yaml").write_bytes(PLAN)
    gone = tmp_path / "gone"
    gone.mkdir()

    def leave() -> None:
        os.chdir(gone)
        gone.rmdir()

    done = subprocess.run(
        eniplan_command(*command.split(), tmp_path / "plan.yaml"), env=clean_env(tmp_path), capture_output=True,
        timeout=TIMEOUT, check=False, preexec_fn=leave,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, b"")
    assert done.stderr.decode() == (
        ".: error: the working folder no longer exists\n    change to a folder that exists\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        *COMMANDS, "resume", "check plan.yaml --specs", "check plan.yaml --waivers", "check plan.yaml --baseline",
        "check plan.yaml --write-baseline", "create-pool plan.yaml --out", "check plan.yaml --cluster",
    ],
)  # fmt: skip
def test_an_empty_name(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "plan.yaml").write_bytes(PLAN)
    result = run(*command.split(), "", cwd=tmp_path)
    assert result.code == 3, result
    assert "'': error: " in result.err


TERRAFORM = """
module "m" {{
  source = {}
}}
resource "alicloud_cs_kubernetes_node_pool" "a" {{
  node_pool_name = {}
  instance_types = ["ecs.g8i.8xlarge"]
  labels {{
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = "eniOnly"
  }}
}}
"""


class TestANameWithNul:
    """No argument can have it; files that name files can."""

    @pytest.mark.parametrize("key", ["waivers", "specs", "baseline"])
    @pytest.mark.parametrize("command", ["check", "create-pool", "render-manifests"])
    def test_of_the_configuration(self, run: Run, tmp_path: Path, key: str, command: str) -> None:
        (tmp_path / "plan.yaml").write_bytes(PLAN)
        (tmp_path / ".eniplan").mkdir()
        (tmp_path / ".eniplan" / "config.yaml").write_text(f'{key}: "a\\0b"\n')
        result = run(command, "plan.yaml", cwd=tmp_path)
        assert result.code == 3
        assert f"there is no file .eniplan/a\\x00b [{key}]" in result.err

    @pytest.mark.parametrize("value", ['file("a\\u0000b")', 'templatefile("${path.module}/\\u0000", {})'])
    def test_of_terraform(self, run: Run, tmp_path: Path, value: str) -> None:
        (tmp_path / "main.tf").write_text(TERRAFORM.format('"./a\\u0000b"', value))
        self.judged(run("check", "main.tf", cwd=tmp_path))

    def test_of_what_is_built_of_files(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "plan.yaml").write_bytes(PLAN)
        (tmp_path / "kustomization.yaml").write_text('resources: ["", "a\\0b"]\npatches: [{path: "a\\0b"}]\n')
        (tmp_path / "waived.yaml").write_text(
            'apiVersion: eniplan/v1\nwaivers: [{rule: NP004, file: "a\\0b", reason: x, until: 2099-01-01}]\n'
        )
        self.judged(run("check", ".", cwd=tmp_path))

    def judged(self, result: Result) -> None:
        assert result.code in {0, 1, 3}, result
        assert "because of a bug" not in result.err
