"""Measure whole processes from outside: wall time, CPU time and peak memory of each run."""

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
    """The resources that one run of a process used."""

    cpu: float
    """Seconds of CPU time, user and system."""
    wall: float
    """Seconds from start to end."""
    rss: float
    """Peak resident memory in MB."""


@dataclass(slots=True)
class Command:
    """A program to measure, and its samples so far."""

    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)

    @property
    def median(self) -> Sample:
        """The median of each quantity."""
        cpu, wall, rss = zip(*self.samples, strict=True)
        return Sample(statistics.median(cpu), statistics.median(wall), statistics.median(rss))


class FailedError(Exception):
    """A measured program failed."""


def clean_env() -> dict[str, str]:
    """Return an environment without variables that distort results: those of coverage, Python and colours.

    With PYTHONDONTWRITEBYTECODE, Python would compile eniplan at every start. With the user's data folder, eniplan
    would also read what `eniplan specs update` kept there.
    """
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "XDG_DATA_HOME": os.devnull}


def measure(commands: Iterable[Command], *, runs: int, cwd: Path) -> None:
    """Run all commands in turn, `runs` times after an unmeasured first round.

    Taking turns spreads a slow minute of the machine evenly over all commands.
    """
    commands = list(commands)
    for turn in range(runs + 1):
        for command in commands:
            sample = run_once(command, cwd)
            if turn:
                command.samples.append(sample)


def run_once(command: Command, cwd: Path) -> Sample:
    """Run a command to completion.

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
