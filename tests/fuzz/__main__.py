"""Run eniplan on inputs that are wrong, and say which of them break it.

    python -m tests.fuzz [--kind KIND]... [--seed N] [RUNS]

Each run is a fork of a process that has imported everything. Broken is: a bug that eniplan owns up to (exit code 70), a
traceback, a signal, more than 10 seconds of CPU, or more than 500 MB. What broke it is kept, and named.
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
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import eniplan
from tests.fuzz.kinds import KINDS, Kind

SECONDS = 10
MEGABYTES = 500
ALLOWED = frozenset(range(6))
"""The exit codes of the contract."""


class Ended(NamedTuple):
    """How a run has ended."""

    code: int
    megabytes: int
    told: str


def warm() -> None:
    """Import all that a run may import, but for the cloud's SDK, which none of these inputs needs."""
    for module in pkgutil.walk_packages(eniplan.__path__, "eniplan."):
        if not module.name.startswith(("eniplan.cloud.session", "eniplan.__main__")):
            importlib.import_module(module.name)
    importlib.import_module("jsonschema")
    gc.freeze()


def run(kind: Kind, words: tuple[str, ...], folder: Path) -> Ended:
    """Run eniplan in a fork, as a process of its own would."""
    child = os.fork()
    if not child:
        _become(kind, words, folder)
    _, status, usage = os.wait4(child, 0)
    told = (folder / ".told").read_text("utf-8", "replace")
    return Ended(os.waitstatus_to_exitcode(status), usage.ru_maxrss // 1024, told)


def _become(kind: Kind, words: tuple[str, ...], folder: Path) -> None:
    code = 99
    try:
        os.chdir(folder)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(".told", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(1, 2)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a descriptor; stays to the end
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - the same
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - the same
        code = kind.call(list(words))
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - whatever comes out is what we look for
        import traceback  # noqa: PLC0415 - rarely needed

        os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)


def is_broken(ended: Ended) -> bool:
    """Return whether a run has ended as none may."""
    traced = "Traceback (most recent call last)" in ended.told
    return ended.code not in ALLOWED or traced or ended.megabytes > MEGABYTES


def fuzz(kind: Kind, runs: int, seed: int, kept: Path) -> tuple[list[str], Counter[int]]:
    """Return what broke eniplan, a line each, and how many runs have ended with each exit code."""
    broken = []
    codes: Counter[int] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for number in range(runs):
            folder = Path(name, str(number))
            folder.mkdir()
            random = Random(f"{kind.name} {seed} {number}")  # noqa: S311 - what is wanted is that it comes again
            words = kind.make(random, folder)
            ended = run(kind, words, folder)
            codes[ended.code] += 1
            if is_broken(ended):
                copy = kept / f"{kind.name}-{seed}-{number}"
                shutil.copytree(folder, copy, dirs_exist_ok=True)
                last = (ended.told.strip() or "(nothing told)").splitlines()[-2:]
                broken.append(f"{copy}: {words}: exit {ended.code}, {ended.megabytes} MB: {' | '.join(last)}")
            shutil.rmtree(folder)
    return broken, codes


def main() -> int:
    """Fuzz some kinds, or all."""
    parser = argparse.ArgumentParser(prog="./dev fuzz", description="Run eniplan on inputs that are wrong.")
    parser.add_argument("runs", nargs="?", type=int, default=300, help="of each kind; default 300")
    parser.add_argument("--kind", action="append", choices=[kind.name for kind in KINDS])
    parser.add_argument("--seed", type=int, default=0)
    args: Any = parser.parse_args()
    warm()
    kept = Path(tempfile.mkdtemp(prefix="eniplan-fuzz-"))
    broken: list[str] = []
    for kind in KINDS:
        if not args.kind or kind.name in args.kind:
            found, codes = fuzz(kind, args.runs, args.seed, kept)
            ends = ", ".join(f"{count} x {code}" for code, count in sorted(codes.items()))
            sys.stdout.write(f"{kind.name}: {len(found)} of {args.runs} broken; exit codes: {ends}\n")
            sys.stdout.write("".join(f"  {line}\n" for line in found))
            sys.stdout.flush()
            broken += found
    if not broken:
        kept.rmdir()
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
