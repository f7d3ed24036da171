"""Helpers that tests share besides fixtures: paths, and functions that run eniplan as its users do."""

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
TOOLS = Path(sys.executable).parent
"""Where the installed tools are, whatever the PATH."""

TIMEOUT = 120
"""Seconds after which a child counts as hung, far more than any command needs on a busy machine."""

_KEPT = ("PATH", "SYSTEMROOT", "TMPDIR")
"""Prefixes of variables that children keep: those needed to start a program."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a finished process: its exit code and its two streams."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """The `run` fixture: runs `eniplan ARGS` as a separate process."""

    def __call__(
        self,
        *args: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Result:
        """Run it; `env` adds variables, or removes those with value None. `cwd` defaults to an empty folder."""


def clean_env(home: Path, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """Return an environment independent of the person or CI that runs the tests.

    It keeps a list of known variables instead of dropping known ones: there are too many for credentials, proxies,
    locales, colours and CI.
    """
    env = {name: value for name, value in os.environ.items() if name.startswith(_KEPT)}
    env |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        # Children must write UTF-8 with any locale of this machine.
        "PYTHONUTF8": "1",
        # 2026-11-25: ages in outputs must not change from day to day.
        "SOURCE_DATE_EPOCH": "1795564800",
    }
    for name, value in (changes or {}).items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    return env


def run_process(command: list[str], *, stdin: bytes = b"", cwd: Path, env: dict[str, str]) -> Result:
    """Run a program to completion and return its result."""
    done = subprocess.run(command, input=stdin, cwd=cwd, env=env, capture_output=True, timeout=TIMEOUT, check=False)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def eniplan_command(*args: str | Path) -> list[str]:
    """Return the command line that runs eniplan with this interpreter."""
    return [sys.executable, "-m", "eniplan", *map(str, args)]
