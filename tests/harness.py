"""What tests share besides fixtures: where things are, and how eniplan is run as its users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

REPO = Path(__file__).resolve().parent.parent
EXAMPLES = REPO / "examples"

TIMEOUT = 120
"""Seconds after which a child counts as hung; far beyond what any command needs on a loaded machine."""

_KEPT = ("COVERAGE_", "PATH", "SYSTEMROOT", "TMPDIR")
"""Variables that children keep, by how their names begin: coverage's, and what starting a program needs."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a finished process has left: its exit code and its two streams."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """The `run` fixture: runs `eniplan ARGS` as a process of its own."""

    def __call__(
        self,
        *args: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Result:
        """Run it; `env` adds variables, or with None takes them away. Without `cwd`: in an empty folder."""


def clean_env(home: Path, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return an environment that owes nothing to the person or CI that runs the tests.

    Named are the variables that stay, not those that go: credentials, proxies, locales, switches for colour
    and marks of CI are too many to know.
    """
    env = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    env |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        # What a child prints is read as UTF-8, and no locale of this machine has a say in it.
        "PYTHONUTF8": "1",
        # 2026-11-25: ages do not grow while the tests grow old.
        "SOURCE_DATE_EPOCH": "1795564800",
    }
    for name, value in (changes or {}).items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


def run_process(command: list[str], *, stdin: bytes = b"", cwd: Path, env: dict[str, str]) -> Result:
    """Run a program to its end and return what it left."""
    done = subprocess.run(command, input=stdin, cwd=cwd, env=env, capture_output=True, timeout=TIMEOUT, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def eniplan_command(*args: str | Path) -> list[str]:
    """Return the command line that runs eniplan with this very interpreter."""
    return [sys.executable, "-m", "eniplan", *map(str, args)]
