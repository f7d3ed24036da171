"""Reads fenced code blocks in Markdown, such as the manifests in a runbook, and scripts in YAML and Makefiles."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from eniplan.inputs.places import Elsewhere
from eniplan.inputs.scalars import Source, offsets
from eniplan.libyaml import CParser, yaml
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eniplan.messages import Message
    from eniplan.plan.document import Document, Path

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
    is_text: bool = True
    """Whether its characters are those of the file. In YAML with or without quotes, some need to be escaped."""
    places: tuple[tuple[int, int], ...] = ()
    """The line and column of each character, if its lines are not those of the file."""

    def moved(self, line: int, column: int) -> tuple[int, int]:
        """Return the line and column in the file for those in the block."""
        if self.places:
            before = self.text.split("\n")[: line - 1]
            return self.places[min(sum(map(len, before)) + len(before) + column - 1, len(self.places) - 1)]
        return self.line + line, self.indent + column

    def placed(self, document: Document) -> Document:
        """Return a document that was parsed from the block, with places in the file."""
        return document._replace(tree=_Shifted(document, self))


class _Shifted(Elsewhere):
    def __init__(self, outer: Document, block: Block) -> None:
        super().__init__(outer)
        self._block = block

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        return self._block.moved(*super().find(path, key=key))

    @property
    def unwritable(self) -> Message | None:
        """See `Document.unwritable`."""
        return getattr(self._outer.tree, "unwritable", None)

    def written(self, path: Path) -> Path | None:
        """See `Document.written`."""
        return super().written(path) if self._block.is_text else None


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


def scripts(text: str, is_worth: Callable[[bytes], bool]) -> Iterator[Block]:
    """Yield the scalars of YAML that may be scripts, as in the jobs of a CI: `run: |`, `[sh, -c, "aliyun cs …"]`."""
    source = Source(text)
    with suppress(yaml.YAMLError):  # a request in which something is filled in later
        for scalar in _scalars(text):
            if is_worth(scalar.value.encode(errors="replace")):
                found = offsets(scalar.value, text, scalar.start_mark.index)
                places = tuple(map(source.place, found))
                yield Block(SHELL[0], scalar.value, 0, 0, is_text=scalar.style in ("|", ">"), places=places)


def _scalars(text: str) -> Iterator[yaml.ScalarToken]:
    parser = CParser(text)
    try:
        while parser.check_token():
            token = parser.get_token()
            if isinstance(token, yaml.ScalarToken):
                yield token
    finally:
        parser.dispose()


_OF_MAKE = re.compile(r"\$\$|\$\((\w+)\)")
"""A `$` for the shell, or a variable of make, which it fills in also inside of quotes."""


def recipes(text: str) -> Iterator[Block]:
    """Yield the recipes of a Makefile."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        first = at
        while at < len(lines) and (lines[at][:1] == "\t" or (at > first and lines[at - 1].endswith("\\"))):
            at += 1
        inner = "\n".join(lines[first:at])
        if inner:
            filled = _OF_MAKE.sub(lambda found: f"${{{found[1]}}}" if found[1] else "$", inner)
            yield Block(SHELL[0], f"{filled}\n", first, 0, is_text=False)
        at += at == first


def _closes(line: str, fence: str) -> bool:
    bare = line.lstrip(" \t>").rstrip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}
