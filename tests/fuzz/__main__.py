"""Run eniplan on malformed inputs, and report which of them break it.

    python -m tests.fuzz [--kind KIND]... [--seed N] [RUNS]

A fork of a process that has imported everything runs a batch of inputs, one after the other. An input breaks eniplan if
it causes exit code 70 (a bug), a traceback, a signal, more than 10 seconds of CPU time, or more than 500 MB. Such an
input runs once more in its own fork; if that breaks, too, it is kept and reported.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import pkgutil
import resource
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import eniplan
from tests.fuzz.kinds import KINDS, Kind
from tests.fuzz.strings import READERS, read_one

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SECONDS = 10
MEGABYTES = 500
ALLOWED = frozenset(range(6))
"""The documented exit codes."""
BATCH = 100
MOST_BROKEN = 20
"""Stop after this many broken inputs of a kind."""
STRINGS_AT_ONCE = 10_000
_UNENDED = 99


class Ended(NamedTuple):
    """How a run ended."""

    code: int
    megabytes: int
    told: str


def warm() -> None:
    """Import everything that a run may import, except the SDK, which none of these inputs needs."""
    for module in pkgutil.walk_packages(eniplan.__path__, "eniplan."):
        if not module.name.startswith(("eniplan.cloud.session", "eniplan.__main__")):
            importlib.import_module(module.name)
    importlib.import_module("jsonschema")
    _build_commands_once()
    gc.freeze()


def _build_commands_once() -> None:
    """Make typer build its commands once, not for each run: building takes longer than most runs."""
    import typer.main  # noqa: PLC0415 - only needed here

    from eniplan import cli  # noqa: PLC0415 - the same

    apps: dict[str, typer.Typer] = {}
    commands: dict[typer.Typer, Any] = {}
    make_app, make_command = cli._app, typer.main.get_command  # noqa: SLF001 - building commands is not under test

    def app(argv: list[str]) -> typer.Typer:
        wanted = next((word for word in argv if not word.startswith("-")), "")
        wanted = wanted if wanted in cli.COMMANDS else ""
        if wanted not in apps:
            apps[wanted] = make_app(argv)
        return apps[wanted]

    def command(made: typer.Typer) -> Any:  # noqa: ANN401 - a type of typer's own Click
        if made not in commands:
            commands[made] = make_command(made)
        return commands[made]

    cli._app, typer.main.get_command = app, command  # type: ignore[assignment]  # noqa: SLF001 - the same
    for name in ("", *cli.COMMANDS):
        command(app([name]))


def _in_fork(work: Callable[[], None]) -> tuple[int, int]:
    """Run work in a fork; return its wait status and its peak memory in MB."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:  # noqa: BLE001 - a bug of these tests, not caused by an input
            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
            os._exit(_UNENDED)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss // 1024


def _allow_seconds() -> None:
    """Make the system end this process if it uses too much CPU time from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _call(kind: Kind, words: tuple[str, ...]) -> int:
    """Run eniplan in this process, with its streams in the working folder, and return its exit code."""
    os.dup2(os.open(".told", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(1, 2)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - stays open until exit
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - the same
    code = _UNENDED
    try:
        code = kind.call(list(words))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - any exception counts
        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    return code


def _make(kind: Kind, seed: int, number: int, folder: Path) -> tuple[str, ...]:
    """Write the input of a run; the same arguments produce the same input."""
    folder.mkdir()
    return kind.make(Random(f"{kind.name} {seed} {number}"), folder)  # noqa: S311 - must be reproducible


def run_alone(kind: Kind, words: tuple[str, ...], folder: Path) -> Ended:
    """Run eniplan in its own fork."""

    def work() -> None:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _allow_seconds()
        os._exit(_call(kind, words))

    code, megabytes = _in_fork(work)
    told = (folder / ".told").read_text("utf-8", "replace") if (folder / ".told").exists() else ""
    return Ended(code, megabytes, told)


def is_broken(ended: Ended) -> bool:
    """Return whether a run ended in a forbidden way."""
    traced = "Traceback (most recent call last)" in ended.told
    return ended.code not in ALLOWED or traced or ended.megabytes > MEGABYTES


def run_batch(kind: Kind, numbers: Sequence[int], seed: int, root: Path) -> tuple[list[int], int | None]:
    """Run some inputs in one fork, until one of them breaks it.

    Returns:
        The exit codes of the inputs that did not break it, and the number of the input that did, if any.

    """
    codes = root / "codes"

    def work() -> None:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        written = os.open(codes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
        for number in numbers:
            folder = root / str(number)
            words = _make(kind, seed, number, folder)
            os.chdir(folder)
            _allow_seconds()
            code = _call(kind, words)
            megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            if is_broken(Ended(code, megabytes, (folder / ".told").read_text("utf-8", "replace"))):
                os._exit(_UNENDED)
            os.write(written, f"{code}\n".encode())
            os.chdir(root)
            shutil.rmtree(folder)

    _in_fork(work)
    ended = [int(line) for line in codes.read_text().split()]
    return ended, numbers[len(ended)] if len(ended) < len(numbers) else None


def fuzz(kind: Kind, runs: int, seed: int, kept: Path) -> tuple[list[str], Counter[int]]:
    """Return one line per input that broke eniplan, and the number of runs by exit code."""
    broken: list[str] = []
    codes: Counter[int] = Counter()
    at = 0
    with tempfile.TemporaryDirectory() as name:
        while at < runs and len(broken) < MOST_BROKEN:
            root = Path(name, str(at))
            root.mkdir()
            if not at:
                _make(kind, seed, at, root / "first")  # forks inherit the cached seed, which can take a process to make
            ended, suspect = run_batch(kind, range(at, min(at + BATCH, runs)), seed, root)
            codes.update(ended)
            at += len(ended)
            if suspect is not None:
                at += 1
                alone = root / "alone"
                words = _make(kind, seed, suspect, alone)
                done = run_alone(kind, words, alone)
                codes[done.code] += 1
                if is_broken(done):
                    copy = kept / f"{kind.name}-{seed}-{suspect}"
                    shutil.copytree(alone, copy, dirs_exist_ok=True)
                    last = (done.told.strip() or "(nothing told)").splitlines()[-2:]
                    broken.append(f"{copy}: {words}: exit {done.code}, {done.megabytes} MB: {' | '.join(last)}")
            shutil.rmtree(root)
    return broken, codes


def fuzz_strings(runs: int, seed: int) -> list[str]:
    """Return one line per string that broke a parser: an unexpected exception, a signal, or too much time."""
    broken: list[str] = []
    at = 0
    with tempfile.TemporaryDirectory() as name:
        told = Path(name, "told")
        while at < runs:
            numbers = range(at, min(at + STRINGS_AT_ONCE, runs))

            def work(numbers: range = numbers) -> None:
                written = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                for number in numbers:
                    os.pwrite(written, f"{number:12} ".encode(), 0)
                    if number % 100 == 0:
                        _allow_seconds()
                    try:
                        read_one(seed, number)
                    except BaseException as error:  # noqa: BLE001 - any exception counts
                        os.write(2, f"{error!r}\n".encode("utf-8", "backslashreplace"))
                        os._exit(_UNENDED)

            code, megabytes = _in_fork(work)
            at = int(told.read_bytes()[:13]) + 1
            if code or megabytes > MEGABYTES:
                broken.append(f"strings {seed} {at - 1}: exit {code}, {megabytes} MB")
    return broken


def main() -> int:
    """Fuzz some kinds, or all."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description="Run eniplan on malformed inputs.")
    parser.add_argument("runs", nargs="?", type=int, default=300, help="runs of each kind (default 300)")
    parser.add_argument("--kind", action="append", choices=[*(kind.name for kind in KINDS), "strings"])
    parser.add_argument("--seed", type=int, default=0)
    args: Any = parser.parse_args()
    warm()
    kept = Path(tempfile.mkdtemp(prefix="eniplan-fuzz-"))
    broken: list[str] = []
    for kind in KINDS:
        if not args.kind or kind.name in args.kind:
            found, codes = fuzz(kind, args.runs, args.seed, kept)
            ends = ", ".join(f"{count} x {code}" for code, count in sorted(codes.items()))
            _report(kind.name, found, args.runs, f"exit codes: {ends}")
            broken += found
    if not args.kind or "strings" in args.kind:
        found = fuzz_strings(args.runs, args.seed)
        _report("strings", found, args.runs, f"through {len(READERS)} readers")
        broken += found
    if not any(kept.iterdir()):
        kept.rmdir()
    return bool(broken)


def _report(name: str, found: list[str], runs: int, more: str) -> None:
    sys.stdout.write(f"{name}: {len(found)} of {runs} broken; {more}\n")
    sys.stdout.write("".join(f"  {line}\n" for line in found))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
