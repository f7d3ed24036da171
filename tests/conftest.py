"""Fixtures for all tests, and the settings of the tools that run them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import coverage
import hypothesis
import pytest

from tests.harness import Result, Run, clean_env, eniplan_command, run_process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

hypothesis.settings.register_profile(
    "eniplan",
    # A deadline is a timed test, and those fail on busy machines.
    deadline=None,
    # In CI the same inputs every time, so that a red run can be repeated. Elsewhere new ones: they find bugs.
    derandomize="CI" in os.environ,
)
hypothesis.settings.load_profile("eniplan")


def pytest_sessionfinish() -> None:
    """Save a worker's coverage now: xdist may end workers so that they get no chance to do it on exit."""
    measuring = coverage.Coverage.current()
    if measuring is not None and "PYTEST_XDIST_WORKER" in os.environ:
        measuring.save()


@pytest.fixture
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run `eniplan ARGS` as a process, in a clean environment; see `tests.harness.Run`."""
    home = tmp_path_factory.mktemp("home")
    empty = tmp_path_factory.mktemp("cwd")

    def run_eniplan(
        *args: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Result:
        return run_process(eniplan_command(*args), stdin=stdin, cwd=cwd or empty, env=clean_env(home, env))

    return run_eniplan
