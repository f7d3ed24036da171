from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from eniplan.plan.folders import Left, walk

if TYPE_CHECKING:
    from pathlib import Path

FILES = (
    "a.yaml", "b.yaml", "build/a.yaml", "build/deep/c.yaml", "src/build.yaml", "src/a.yaml", "src/x/a.yaml",
    "src/x/keep.yaml", "doc/frotz/a.yaml", "a1.yaml", "a[1].yaml", "#odd.yaml", "with space.yaml",
)  # fmt: skip


def made(folder: Path, files: dict[str, str] | None = None) -> Path:
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("", encoding="utf-8")
    for name, text in (files or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def seen(folder: str, *exclude: str) -> set[str]:
    found = walk(folder, exclude, lambda _: None)
    return {os.path.relpath(path, folder) for path in found if not isinstance(path, Left) and path.endswith(".yaml")}


PATTERNS = (
    "a.yaml", "/a.yaml", "build/", "build", "*.yaml", "src/*.yaml", "src/**", "**/x", "**/x/a.yaml", "src/**/a.yaml",
    "src/x/**/a.yaml",
    "a?.yaml", "a[0-9].yaml", "a[!0-9].yaml", "a\\[1\\].yaml", "\\#odd.yaml", "#odd.yaml", "with space.yaml",
    "a.yaml  ",
    "doc/frotz", "frotz/", "/frotz", "*", "*.yaml\n!keep.yaml", "src/x/*\n!src/x/keep.yaml", "!a.yaml", "", "/",
    "a[.yaml",
    "build/\n!build/a.yaml", "x/a.yaml", "*/a.yaml",
)  # fmt: skip


@pytest.mark.skipif(shutil.which("git") is None, reason="asks git")
@pytest.mark.parametrize("lines", PATTERNS)
def test_what_git_ignores_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    monkeypatch.chdir(made(tmp_path, {".gitignore": lines + "\n"}))
    subprocess.run(["git", "init", "-q", "."], check=True)  # noqa: S607 - whatever git there is
    command = ["git", "ls-files", "-z", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert seen(".") == {name for name in listed.split("\0") if name.endswith(".yaml")}
    assert seen(str(tmp_path)) == seen(".")


def test_files_of_git_speak_of_their_own_folder(tmp_path: Path) -> None:
    made(tmp_path, {"src/.gitignore": "/a.yaml\n", "src/x/.gitignore": "!a.yaml\n*.yaml\n"})
    assert {"src/a.yaml", "src/x/a.yaml", "src/x/keep.yaml"} & seen(str(tmp_path)) == set()
    assert "a.yaml" in seen(str(tmp_path))


def test_the_folders_above_speak_in_a_repository(tmp_path: Path) -> None:
    made(tmp_path, {".gitignore": "/src/x/\n"})
    assert "x/a.yaml" in seen(str(tmp_path / "src"))
    (tmp_path / ".git" / "info").mkdir(parents=True)
    assert "x/a.yaml" not in seen(str(tmp_path / "src"))
    (tmp_path / ".git" / "info" / "exclude").write_text("build.yaml\n", encoding="utf-8")
    assert seen(str(tmp_path / "src")) == {"a.yaml"}


@pytest.mark.parametrize(
    ("globs", "gone"),
    [
        (("*.yaml",), set(FILES)),
        (("build",), {"build/a.yaml", "build/deep/c.yaml"}),
        (("src/x/", "b.yaml"), {"src/x/a.yaml", "src/x/keep.yaml", "b.yaml"}),
        (("src/*.yaml",), {"src/a.yaml", "src/build.yaml"}),
        (("nothing", ""), set()),
    ],
)
def test_globs_of_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, globs: tuple[str, ...], gone: set[str]
) -> None:
    monkeypatch.chdir(made(tmp_path))
    assert seen(".", *globs) == set(FILES) - gone


def test_globs_are_also_taken_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made(tmp_path / "infra")
    monkeypatch.chdir(tmp_path)
    assert "src/a.yaml" not in seen("infra", "infra/src/")
    left = [item for item in walk("infra", ("infra/src/",), lambda _: None) if isinstance(item, Left)]
    assert left == [Left("infra/src", "left out by --exclude")]
