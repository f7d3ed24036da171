"""Every test of inputs runs in its own folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, and change to it, so that findings have short file names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
