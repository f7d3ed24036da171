"""Finds the files of a folder, except those that Git ignores or the user excludes."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_NOT_WALKED = ("node_modules",)
_OF_CI = frozenset((
    ".buildkite", ".circleci", ".forgejo", ".gitea", ".github", ".gitlab", ".tekton", ".woodpecker", ".workflow",
    *(f"{name}.{ending}" for name in (".drone", ".gitlab-ci", ".travis", ".woodpecker") for ending in ("yaml", "yml")),
))  # fmt: skip
"""Hidden folders and files whose jobs a CI runs: these may create node pools."""
_GIT_FILES = (".gitignore", os.path.join(".git", "info", "exclude"))


class Pattern(NamedTuple):
    """A line of a `.gitignore`, or a glob from the command line."""

    base: str
    """The folder to which the pattern is relative."""
    matches: Callable[[str], object]
    folders_only: bool = False
    brings_back: bool = False


def patterns(base: str, lines: Iterable[str]) -> Iterator[Pattern]:
    """Yield the patterns of a `.gitignore` in the folder `base`; see gitignore(5)."""
    for line in lines:
        words = re.sub(r"(?<!\\)[ \t\r\n]+$", "", line)
        if not words or words.startswith("#"):
            continue
        brings_back = words.startswith("!")
        words = words.removeprefix("!").removeprefix("\\")
        core = words.rstrip("/")
        if core:
            regex = _regex(core.removeprefix("/"), is_anchored="/" in core)
            if regex is not None:
                yield Pattern(base, regex.fullmatch, words.endswith("/"), brings_back)


def _regex(glob: str, *, is_anchored: bool) -> re.Pattern[str] | None:
    out = "" if is_anchored else "(?:.*/)?"
    for piece in re.findall(r"/\*\*/|\*\*/|/\*\*|\*+|\[!?\]?[^\]/]{0,200}\]|\\.|.", glob, re.DOTALL):
        out += _piece(piece)
    try:
        return re.compile(out, re.DOTALL)
    except re.error:
        return None


def _piece(piece: str) -> str:
    if piece in _PIECES:
        return _PIECES[piece]
    if piece[0] == "*":
        return "[^/]*"
    if piece[0] == "[" and piece[-1] == "]":
        inner = re.sub(r"[\[&~|]|--", lambda found: f"\\{found[0]}", piece[1:-1])  # `re` reserves these for sets
        return f"[^{inner[1:]}]" if piece[1] == "!" else f"[{inner}]"
    return re.escape(piece[-1])


_PIECES = {"/**/": "/(?:.*/)?", "**/": "(?:.*/)?", "/**": "/.*", "?": "[^/]"}


class Left(NamedTuple):
    """A skipped path, and the reason."""

    path: str
    why: str


def walk(folder: str, exclude: tuple[str, ...], unreadable: Callable[[OSError], None]) -> Iterator[str | Left]:
    """Yield the files and the skipped paths of a folder, recursively.

    Args:
        folder: the folder to search.
        exclude: globs; a glob without a slash matches a name in any folder.
        unreadable: called for each folder that cannot be listed.

    """
    left_out = [pattern._replace(base="") for pattern in patterns("", exclude)]
    ignored: dict[str, list[Pattern]] = {folder: [*_above(folder), *_of(folder)]}
    for root, names, files in os.walk(folder, onerror=unreadable):
        here = ignored.pop(root, [])
        kept: list[str] = []
        for name in sorted(names):
            path = os.path.join(root, name)
            why = _why_not(path, name) or _left_out(path, folder, left_out, here, is_folder=True)
            if why is None:
                kept.append(name)
                ignored[path] = [*here, *_of(path)]
            else:
                yield Left(path, why)
        names[:] = kept
        for name in sorted(files):
            path = os.path.join(root, name)
            why = _left_out(path, folder, left_out, here, is_folder=False) if left_out or here else None
            why = say("a hidden file") if why is None and _is_hidden(name) else why
            yield path if why is None else Left(path, why)


_KERNEL = frozenset(("/dev", "/proc", "/sys"))
_LINK = say("a link to a folder; named on the command line it is read")


def _is_hidden(name: str) -> bool:
    return name.startswith(".") and name not in _OF_CI


def _why_not(path: str, name: str) -> str | None:
    if _is_hidden(name) or name in _NOT_WALKED:
        return say("a folder of tools")
    if f"/{name}" in _KERNEL and os.path.abspath(path) in _KERNEL:
        return say("a file system of the kernel")
    return _LINK if os.path.islink(path) else None


def _left_out(path: str, folder: str, exclude: list[Pattern], ignored: list[Pattern], *, is_folder: bool) -> str | None:
    """Return why a path is skipped, or None. A glob may match the path as written, or relative to `folder`."""
    for words in (_relative(path, folder), os.path.normpath(path).replace(os.sep, "/")) if exclude else ():
        if any(pattern.matches(words) for pattern in exclude if is_folder or not pattern.folders_only):
            return say("left out by --exclude")
    found = False
    words = base = ""
    for pattern in ignored:
        if is_folder or not pattern.folders_only:
            if not words or pattern.base != base:
                base, words = pattern.base, _relative(path, pattern.base)
            if pattern.matches(words):
                found = not pattern.brings_back
    return say("Git ignores it") if found else None


def _relative(path: str, base: str) -> str:
    """Return a path relative to a folder, with slashes."""
    start = f"{base}{os.sep}"
    inner = path[len(start) :] if base and path.startswith(start) else os.path.relpath(path, base or ".")
    return inner.replace(os.sep, "/")


def _of(folder: str) -> list[Pattern]:
    return [pattern for name in _GIT_FILES for pattern in patterns(folder, _lines(os.path.join(folder, name)))]


def _above(folder: str) -> list[Pattern]:
    """Return the ignore patterns of the folders above, up to the top of the repository."""
    found: list[list[Pattern]] = []
    inner = os.path.abspath(folder or ".")
    if os.path.exists(os.path.join(inner, ".git")):
        return []
    while True:
        outer = os.path.dirname(inner)
        if outer == inner:
            return []  # no repository
        found.append(_of(outer))
        if os.path.exists(os.path.join(outer, ".git")):
            return [pattern for part in reversed(found) for pattern in part]
        inner = outer


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.readlines()
    except OSError:
        return []
