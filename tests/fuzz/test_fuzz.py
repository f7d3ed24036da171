"""A few hundred wrong inputs of each kind; `./dev fuzz` runs as many as one likes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.kinds import KINDS
from tests.harness import clean_env

RUNS = 100


@pytest.mark.parametrize("kind", [*(kind.name for kind in KINDS), "strings"])
def test_nothing_breaks_it(kind: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", str(RUNS), "--kind", kind]
    env = clean_env(tmp_path, {"TMPDIR": os.fspath(tmp_path)})
    done = subprocess.run(command, cwd=Path(__file__).parents[2], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{kind}: 0 of {RUNS} broken" in done.stdout
