"""Reads fenced code blocks in Markdown, such as the manifests in a runbook, and scripts in YAML and Makefiles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.inputs.places import Elsewhere, NotKnown
from eniplan.k8s.values import rewritten
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    is_folded: bool = False
    """Whether YAML reads each line end as a space."""
    is_text: bool = True
    """Whether its characters are those of the file. In YAML with or without quotes, some need to be escaped."""

    def moved(self, line: int, column: int) -> tuple[int, int]:
        """Return the line and column in the file for those in the block."""
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


_SCALAR = re.compile(r"(?P<indent>[ \t]*)(?P<dashes>(?:- +)*)(?P<key>[^\s#:'\"][^#:]*:[ \t]+)?(?P<rest>\S.*)")
"""A line of YAML with a value."""
_BLOCK = re.compile(r"(?P<style>[|>])[-+0-9]*[ \t]*(?:#.*)?")
_ESCAPED = re.compile(r"\\(.)")


def scripts(text: str) -> Iterator[Block]:
    """Yield the texts of YAML that may be scripts, such as those in the jobs of a CI: `run: |`, `- aliyun cs …`."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        opening = _SCALAR.fullmatch(lines[at])
        first = at = at + 1
        if opening is None or not (opening["dashes"] or opening["key"]) or opening["rest"].endswith(":"):
            continue
        block = _BLOCK.fullmatch(opening["rest"])
        if block is None:
            # A value goes on in the lines that are indented more than its key or its dash.
            indent = opening.start("key") if opening["key"] else len(opening["indent"] + opening["dashes"].rstrip()) - 1
            while at < len(lines) and lines[at].strip() and _width(lines[at]) > indent:
                at += 1
            inner = _unquoted([" " * opening.start("rest") + opening["rest"], *lines[first:at]])
            yield Block(SHELL[0], inner, first - 1, 0, is_folded=True, is_text=False)
            continue
        while at < len(lines) and not lines[at].strip():
            at += 1
        inside = _width(lines[at]) if at < len(lines) else 0
        if inside <= len(opening["indent"]):
            continue
        while at < len(lines) and (not lines[at].strip() or lines[at].startswith(" " * inside)):
            at += 1
        inner = "\n".join(line[inside:] for line in lines[first:at]) + "\n"
        yield Block(SHELL[0], inner, first, inside, is_folded=block["style"] == ">")


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


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _unquoted(lines: list[str]) -> str:
    """Return a value without its quotes, in the same lines and columns as far as nothing in it is escaped."""
    words = "\n".join(lines)
    start = _width(words)
    quote, inner = words[start], words[start + 1 :].rstrip()
    if quote not in "'\"" or inner[-1:] != quote:
        return f"{words}\n"
    inner = inner[:-1].replace("''", "'") if quote == "'" else _ESCAPED.sub(r"\1", inner[:-1])
    return f"{words[:start]} {inner}\n"


def _closes(line: str, fence: str) -> bool:
    bare = line.lstrip(" \t>").rstrip()
    return len(bare) >= len(fence) and set(bare) == {fence[0]}
