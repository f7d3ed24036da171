"""The plugin of kubectl that a release gets: an archive with a launcher, and krew's manifest of it."""

from __future__ import annotations

import hashlib
import runpy
import subprocess
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan._version import __version__
from tests.harness import REPO, TOOLS

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://example.com/eniplan/releases/download/v1/kubectl-eniplan.tar.gz"


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    krew: dict[str, Any] = runpy.run_path(str(REPO / ".ci" / "krew.py"))
    monkeypatch.setattr(sys, "argv", ["krew.py", URL])
    monkeypatch.setitem(krew["main"].__globals__, "DIST", tmp_path)
    assert krew["main"]() == 0
    return tmp_path


def test_manifest_names_the_archive(made: Path) -> None:
    manifest = yaml.safe_load((made / "eniplan.yaml").read_text())
    (platform,) = manifest["spec"]["platforms"]
    assert (manifest["kind"], manifest["metadata"]["name"]) == ("Plugin", "eniplan")
    assert manifest["spec"]["version"] == f"v{__version__}"
    assert len(manifest["spec"]["shortDescription"]) < 50
    assert platform["uri"] == URL
    assert platform["sha256"] == hashlib.sha256((made / "kubectl-eniplan.tar.gz").read_bytes()).hexdigest()


def test_launcher_runs_the_installed_program_or_says_what_is_missing(made: Path, tmp_path: Path) -> None:
    with tarfile.open(made / "kubectl-eniplan.tar.gz") as tar:
        assert tar.getnames() == ["kubectl-eniplan", "LICENSE"]
    (tmp_path / "bin").mkdir()
    subprocess.run(["/bin/tar", "-xzf", made / "kubectl-eniplan.tar.gz", "-C", tmp_path / "bin"], check=True)
    launcher = tmp_path / "bin" / "kubectl-eniplan"

    def run(path: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([launcher, "--version"], env={"PATH": path}, capture_output=True, text=True, check=False)

    assert run(f"{TOOLS}:/usr/bin:/bin").stdout == f"eniplan {__version__}\n"
    missing = run("/nonexistent")
    assert (missing.returncode, f"pip install eniplan=={__version__}" in missing.stderr) == (2, True)


def test_refuses_what_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    krew = runpy.run_path(str(REPO / ".ci" / "krew.py"))
    monkeypatch.setattr(sys, "argv", ["krew.py", "file:///x"])
    assert krew["main"]() == 2
