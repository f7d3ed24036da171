"""Writes fixes into embedded texts: code blocks of Markdown, and Terraform files in ROS templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.emit.splice import parse
from eniplan.fixing import source
from eniplan.fixing.wish import CannotFixError
from eniplan.inputs import markdown as blocks_of
from eniplan.plan.load import HCL_ENDINGS
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eniplan.fixing.wish import Wish

_WORKSPACE = "Workspace"


class _Part(NamedTuple):
    """The lines of a file that hold an embedded text. Offsets count characters."""

    start: int
    end: int
    line: int
    """The number of lines before the part."""
    lines: int
    """The number of lines in the part."""
    prefix: str
    """The prefix of each line."""
    mended: Callable[[str, str, list[Wish], int], str]
    """Applies fixes; takes the file name, the text, the fixes and the number of lines before the part."""


def markdown(file: str, text: str, wishes: list[Wish]) -> str:
    """Apply fixes to the text of a Markdown file.

    Raises:
        CannotFixError: a fix cannot be written.

    """
    return _mended(file, text, wishes, list(_blocks(text)))


def _blocks(text: str) -> Iterator[_Part]:
    lines = text.splitlines(keepends=True)
    for block in blocks_of.blocks(text):
        count = block.text.count("\n")
        mended = _hcl if block.language in blocks_of.HCL else _script if block.language in blocks_of.SHELL else _yaml
        start = sum(map(len, lines[: block.line]))
        inner = lines[block.line : block.line + count]
        prefix = inner[0][: block.indent] if inner else ""
        yield _Part(start, start + sum(map(len, inner)), block.line, count, prefix, mended)


def structured(file: str, text: str, wishes: list[Wish]) -> str:
    """Apply fixes to a YAML or JSON text and to the Terraform files inside it.

    Raises:
        CannotFixError: a fix cannot be written.

    """
    parts = list(_workspace(file, text)) if _WORKSPACE in text else []
    inner = [wish for wish in wishes if any(part.line < wish.line <= part.line + part.lines for part in parts)]
    if inner:
        text = _mended(file, text, inner, parts)
    others = [wish for wish in wishes if wish not in inner]
    return source.mended(file, text, others) if others else text


def _workspace(file: str, text: str) -> Iterator[_Part]:
    """Yield the Terraform files in a ROS template whose lines are lines of the template."""
    for root in parse(file, text):
        files = root.child(_WORKSPACE)
        for name, node in zip(files.keys, files.items, strict=True) if files is not None else ():
            if not name.text.endswith(HCL_ENDINGS) or text[node.start : node.start + 1] != "|":
                continue
            start = text.find("\n", node.start) + 1
            inner = text[start : node.end].split("\n")
            first = next((line for line in inner if line.strip()), "")
            prefix = first[: len(first) - len(first.lstrip())]
            yield _Part(start, node.end, node.line + 1, len(inner), prefix, _hcl)


def _mended(file: str, text: str, wishes: list[Wish], parts: list[_Part]) -> str:
    for part in reversed(parts):
        own = [wish for wish in wishes if part.line < wish.line <= part.line + part.lines]
        if own:
            old = text[part.start : part.end]
            inner = "\n".join(line.removeprefix(part.prefix) for line in old.split("\n"))
            if _indented(inner, part.prefix) != old:
                raise CannotFixError
            new = _indented(part.mended(file, inner, own, part.line), part.prefix)
            text = text[: part.start] + new + text[part.end :]
    return text


def _indented(text: str, prefix: str) -> str:
    return "\n".join(prefix + line if line.strip() else line for line in text.split("\n"))


def _moved(wishes: list[Wish], before: int) -> list[Wish]:
    return [wish._replace(line=wish.line - before) for wish in wishes]


def _yaml(file: str, text: str, wishes: list[Wish], before: int) -> str:
    return source.mended(file, text, _moved(wishes, before))


def _hcl(file: str, text: str, wishes: list[Wish], before: int) -> str:
    from eniplan.fixing import hcl  # noqa: PLC0415 - loads a parser that few need

    return hcl.mended(file, text, wishes, before + 1)


def _script(file: str, text: str, wishes: list[Wish], before: int) -> str:
    from eniplan.fixing import script  # noqa: PLC0415 - few files hold one

    return script.mended(file, text, _moved(wishes, before))
