"""The places of the characters of a text in YAML or JSON, which the file may quote, escape, indent or fold."""

from __future__ import annotations

import re
from bisect import bisect_right

_ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_JOINED = re.compile(r"(?:\\\r?\n[ \t]*)+")
"""Two lines that are one."""


def offsets(value: str, text: str, start: int) -> list[int]:
    """Return the offset of each character of a scalar; all of its start if the file spells it in an odd way.

    Args:
        value: the scalar.
        text: the file.
        start: the offset of the scalar in the file.

    """
    sign = text[start : start + 1]
    at = text.find("\n", start) + 1 if sign in ("|", ">") else start + (sign in ("'", '"'))
    out = []
    for char in value:
        at = joined.end() if sign == '"' and (joined := _JOINED.match(text, at)) else at
        escape = _ESCAPE.match(text, at) if sign == '"' else None
        if escape is not None:
            out.append(at)
            at = escape.end()
            continue
        while not char.isspace() and text[at : at + 1].isspace():  # a line is indented, or its end reads as a blank
            at += 1
        out.append(at)
        if char.isspace():
            at += text[at : at + 1].isspace()
        elif text[at : at + 1] == char:
            at += 2 if sign == char == "'" else 1
        else:
            return [start] * len(value)
    return out


class Source:
    """The text of a file, and where its lines begin."""

    def __init__(self, text: str) -> None:
        """Find the lines."""
        self.text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a 1-based line and column."""
        return self._starts[line - 1] + column - 1

    def place(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
