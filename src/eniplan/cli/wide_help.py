"""Help in Chinese, wrapped by terminal columns; typer counts characters."""

from __future__ import annotations

import re
import sys
from typing import Any

from eniplan.messages import told
from eniplan.text import columns

_USAGE = "Usage: "
_UNIT = re.compile(r"\s+|[\[（《“「]*(?:[!-~]+|\S)[，。：；、）》”」！？]*")  # noqa: RUF001 - Chinese punctuation
"""An unbreakable unit: a word or one wide character, with the punctuation that must stay next to it."""


def use(command: Any) -> None:  # noqa: ANN401 - a type of the Click inside typer
    """Make typer wrap the help of a command, and of its subcommands, by columns."""
    formatting: Any = sys.modules[command.context_class.formatter_class.__module__]
    formatting.wrap_text, formatting.term_len = wrapped, columns


def wrapped(
    text: str,
    width: int = 78,
    initial_indent: str = "",
    subsequent_indent: str = "",
    preserve_paragraphs: bool = False,
) -> str:
    """Wrap a text as Click's `wrap_text` does; a paragraph that begins with `\\b` is only indented."""
    first = initial_indent.replace(_USAGE, told(_USAGE))
    rest = " " * columns(first) if first != initial_indent else subsequent_indent
    parts = told(text).split("\n\n") if preserve_paragraphs else [told(text)]
    return "\n\n".join(_paragraph(part, width, first, rest) for part in parts)


def _paragraph(text: str, width: int, first: str, rest: str) -> str:
    mark, _, raw = text.partition("\n")
    if mark.strip(" ") == "\b":
        return "\n".join(rest + line for line in raw.split("\n"))
    lines, line, space = [], first, ""
    for unit in _UNIT.findall(text):
        if unit.isspace():
            space = " "
        elif line.strip() and columns(line + space + unit) > width:
            lines.append(line)
            line, space = rest + unit, ""
        else:
            line, space = line + (space if line.strip() else "") + unit, ""
    return "\n".join([*lines, line])
