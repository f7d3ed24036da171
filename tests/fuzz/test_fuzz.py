"""A few hundred malformed inputs of each kind; `./dev fuzz` runs any number."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.kinds import KINDS
from tests.harness import clean_env, eniplan_command

RUNS = 100
WATCH = """\
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""A small process that starts another: the peak memory of a child includes its parent's, and a worker is large."""


@pytest.mark.parametrize("kind", [*(kind.name for kind in KINDS), "strings"])
def test_nothing_breaks_it(kind: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", str(RUNS), "--kind", kind]
    env = clean_env(tmp_path, {"TMPDIR": os.fspath(tmp_path)})
    done = subprocess.run(command, cwd=Path(__file__).parents[2], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{kind}: 0 of {RUNS} broken" in done.stdout


def test_a_long_list_of_unknown_maps_takes_little_memory(tmp_path: Path) -> None:
    """7 MB of input once took 1.5 GB; a document keeps at most a hundred problems."""
    lines = "- {a: 1, b: 2, c: 3, d: 4, e: 55}\n" * 200_000
    (tmp_path / "plan.yaml").write_text(f"apiVersion: eniplan/v1\nnodePools:\n{lines}")
    command = [sys.executable, "-c", WATCH, *eniplan_command("check", "plan.yaml")]
    done = subprocess.run(command, cwd=tmp_path, env=clean_env(tmp_path), capture_output=True, text=True, check=True)
    code, kilobytes = map(int, done.stdout.split()[-2:])
    assert code == 3
    assert kilobytes < 400 * 1024
