"""Fixtures for the tests of the live commands."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from tests.live.plans import written
from tests.live.tries import Tries, Try
from tests.loopback.server import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@pytest.fixture
def tries(tmp_path: Path) -> Iterator[Tries]:
    """Yield a maker of tries by name, each with a cloud whose tasks end at once, and a folder with the plan."""
    with contextlib.ExitStack() as clouds:

        def make(names: Iterable[str]) -> list[Try]:
            made = []
            for name in names:
                cloud = clouds.enter_context(Cloud())
                cloud.state["taskScript"] = ["success"]
                folder = tmp_path / name.replace(" ", "-")
                folder.mkdir()
                written(folder)
                made.append(Try(name, cloud, folder))
            return made

        yield make
