"""Whole processes, measured from outside: wall time, processor time and peak memory of each run."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class Sample(NamedTuple):
    """What one run of a process took."""

    cpu: float
    """Seconds of processor time, user and system."""
    wall: float
    """Seconds from start to end."""
    rss: float
    """Peak resident memory in MB."""


@dataclass(slots=True)
class Command:
    """A program to be measured, and its samples so far."""

    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    @property
    def median(self) -> Sample:
        """The median of each quantity by itself."""
        cpu, wall, rss = zip(*self.samples, strict=True)
        return Sample(statistics.median(cpu), statistics.median(wall), statistics.median(rss))


class FailedError(Exception):
    """A program that was to be measured did not succeed."""


def clean_env() -> dict[str, str]:
    """Return an environment in which only what is measured decides: no coverage, no switches of Python or of colour.

    PYTHONDONTWRITEBYTECODE above all: with it, Python compiles eniplan anew at every start. No folder of data
    either: what `eniplan specs update` has kept there would be read as well.
    """
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "XDG_DATA_HOME": os.devnull}


def measure(commands: Iterable[Command], *, runs: int, cwd: Path) -> None:
    """Run all commands in turn, `runs` times after a first round that does not count.

    In turn, so that a slow minute of the machine falls on all of them alike.
    """
    commands = list(commands)
    for turn in range(runs + 1):
        for command in commands:
            sample = run_once(command, cwd)
            if turn:
                command.samples.append(sample)


def run_once(command: Command, cwd: Path) -> Sample:
    """Run a command to its end.

    Raises:
        FailedError: its exit code is not 0.

    """
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command.argv,
            cwd=cwd,
            env={**clean_env(), **command.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            message = f"{command.name} ended with {process.returncode}: {errors.read().decode(errors='replace')}"
            raise FailedError(message)
    # ru_maxrss is in KiB on Linux and in bytes on macOS.
    unit = 1024 if os.uname().sysname == "Linux" else 1
    return Sample(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * unit / 1e6)
