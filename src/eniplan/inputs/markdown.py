"""Reads fenced code blocks in Markdown, such as the manifests in a runbook, and scripts in YAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.inputs.places import NotKnown
from eniplan.k8s.values import rewritten
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eniplan.plan.document import Document, Path, Tree

YAML = ("yaml", "yml", "json")
HCL = ("hcl", "terraform", "tf")
SHELL = ("sh", "bash", "shell", "console")
_FENCE = re.compile(r"(?P<indent>[ \t>]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>[\w+-]*)")


class Block(NamedTuple):
    """One code block."""

    language: str
    """The language of the block, in lower case."""
    text: str
    line: int
    """The number of lines before the text of the block."""
    indent: int
    """The number of columns before each line."""

    def moved(self, line: int, column: int) -> tuple[int, int]:
        """Return the line and column in the file for those in the block."""
        return self.line + line, self.indent + column

    def placed(self, document: Document) -> Document:
        """Return a document that was parsed from the block, with places in the file."""
        return document._replace(tree=_Shifted(document.tree, self))


class _Shifted(NamedTuple):
    inner: Tree
    block: Block

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        return self.block.moved(*self.inner.find(path, key=key))

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        return self.inner.text(path)

    def written(self, path: Path) -> Path | None:
        """See `Document.written`."""
        written: Callable[[Path], Path | None] | None = getattr(self.inner, "written", None)
        return None if written is None else written(path)


_LEFT = re.compile(r"<[^<>\n]{1,100}>")


def with_blanks(document: Document) -> Document:
    """Return a request with `NotKnown` for placeholders such as `<vsw-id>`."""
    if isinstance(document.value, dict) and "apiVersion" in document.value:
        return document

    def opened(part: Any) -> Any:  # noqa: ANN401 - a request may hold anything
        return NotKnown(part) if isinstance(part, str) and _LEFT.fullmatch(part) else part

    return document._replace(value=rewritten(document.value, opened))


def blocks(text: str) -> Iterator[Block]:
    """Yield the code blocks of a text. An unclosed block ends with the text."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        at += 1
        if opening is None:
            continue
        first, prefix, fence = at, opening["indent"], opening["fence"]
        while at < len(lines) and not _closes(lines[at], fence):
            at += 1
        inner = [line[len(prefix) :] if line.startswith(prefix) else line.lstrip() for line in lines[first:at]]
        yield Block(opening["language"].lower(), "\n".join(inner) + "\n", first, len(prefix))
        at += 1


_LITERAL = re.compile(r"(?P<indent>[ \t]*)(?:- +)*(?:[^\s#:][^#:]*:[ \t]+)?\|[-+0-9]*[ \t]*(?:#.*)?")


def scripts(text: str) -> Iterator[Block]:
    """Yield the literal texts of YAML, such as the scripts in the jobs of a CI: `run: |`."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        opening = _LITERAL.fullmatch(lines[at])
        at += 1
        if opening is None:
            continue
        first = at
        while at < len(lines) and not lines[at].strip():
            at += 1
        inner = lines[at] if at < len(lines) else ""
        indent = len(inner) - len(inner.lstrip(" "))
        if indent <= len(opening["indent"]):
            continue
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith(" " * indent)):
            at += 1
        yield Block(SHELL[0], "\n".join(line[indent:] for line in lines[first:at]) + "\n", first, indent)


def _closes(line: str, fence: str) -> bool:
    bare = line.lstrip(" \t>").rstrip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}
