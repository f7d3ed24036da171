"""Fixtures for all tests, and settings of the test tools."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import coverage
import hypothesis
import pytest

from tests.harness import Result, Run, clean_env, eniplan_command, run_process
from tests.live.runs import (
    CREDENTIALS,
    Live,
    LiveRun,
    Zygote,
    asks_or_translates,
    needs_true_process,
    start_process,
)
from tests.loopback import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

hypothesis.settings.register_profile(
    "eniplan",
    # A deadline is a timed test, which fails on busy machines.
    deadline=None,
    # In CI, use the same inputs every time, so that failures are reproducible. Elsewhere, new inputs find bugs.
    derandomize="CI" in os.environ,
)
hypothesis.settings.load_profile("eniplan")


# Background jobs of a shell ignore Ctrl-C, and nohup ignores a closed terminal; tests that send these signals would
# wait forever.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


def pytest_xdist_auto_num_workers() -> int:
    """Run one test more than there are processors: many wait for a server, a retry or a browser."""
    return (os.cpu_count() or 1) + 1


def pytest_sessionfinish() -> None:
    """Save a worker's coverage now: xdist may kill workers before they save it on exit."""
    measuring = coverage.Coverage.current()
    if measuring is not None and "PYTEST_XDIST_WORKER" in os.environ:
        measuring.save()


@pytest.fixture
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `eniplan ARGS` as a process in a clean environment; see `tests.harness.Run`.

    Fork it from the zygote where that makes no difference: starting Python takes most of the time of a run.
    """
    home = tmp_path_factory.mktemp("home")
    empty = tmp_path_factory.mktemp("cwd")
    streams = tmp_path_factory.mktemp("streams")

    def run_eniplan(
        *args: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Result:
        words, whole, where = list(map(str, args)), clean_env(home, env), cwd or empty
        if needs_true_process(env) or asks_or_translates(words, whole, where):
            return run_process(eniplan_command(*words), stdin=stdin, cwd=where, env=whole)
        zygote: Zygote = request.getfixturevalue("zygote")
        return zygote.fork(words, whole, where, streams, stdin, terminal=False).wait()

    return run_eniplan


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Yield a loopback cloud with a fresh copy of the sample account, on a free port."""
    with Cloud() as server:
        yield server


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """Yield the warm process of this worker that `live` forks."""
    started = Zygote(tmp_path_factory.mktemp("zygote"))
    yield started
    started.close()


@pytest.fixture
def live(cloud: Cloud, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Start `eniplan ARGS` against `cloud`; see `tests.live.runs.Live`. Kill runs that outlive the test."""
    home, empty = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("cwd")
    started: list[LiveRun] = []

    def start(
        *args: str | Path,
        env: Mapping[str, str | None] | None = None,
        stdin: bytes = b"",
        cwd: Path | None = None,
        terminal: bool = False,
        true_process: bool = False,
    ) -> LiveRun:
        whole = clean_env(home, {**CREDENTIALS, "ENIPLAN_ENDPOINT": cloud.url, **(env or {})})
        words, streams = [str(arg) for arg in args], tmp_path_factory.mktemp("streams")
        if true_process or needs_true_process(env):
            run = start_process(words, whole, cwd or empty, streams, stdin)
        else:
            forked: Zygote = request.getfixturevalue("zygote")
            run = forked.fork(words, whole, cwd or empty, streams, stdin, terminal=terminal)
        started.append(run)
        return run

    yield start
    for run in started:
        run.kill()
        run.wait()
