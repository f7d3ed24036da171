"""The line of the user's file that a finding is about: bounded, escaped, and never a line that may hold a secret."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from eniplan.text import columns, may_be_secret, printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE_END = re.compile("\r\n|\n")
_OTHER_ENDS = re.compile("\r(?!\n)|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""Characters that only some programs treat as line ends, which makes line numbers ambiguous."""
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[^\s,:\[\]{}()"\']+(?::[^\s,:\[\]{}()"\']+)*')
_MOST_CHARACTERS = 200
"""Characters read before and after a place: a Terraform plan may be a single line of megabytes."""
_ELLIPSIS = "…"


class Excerpt(NamedTuple):
    """A part of a line: the marked text, and the text around it."""

    before: str
    marked: str
    after: str


def lines_of(data: bytes) -> Sequence[str]:
    """Return the lines of a file as `Place` counts them; none if the encoding or the line ends are uncertain."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ()
    return () if _OTHER_ENDS.search(text) else _LINE_END.split(text)


def excerpt(line: str, column: int, room: int) -> Excerpt | None:
    """Return the part of a line around a position; None if the line is shorter, or may hold a secret.

    The position counts characters from 1, and the room terminal columns.
    """
    at = column - 1
    if not 0 <= at < len(line) or may_be_secret(line):
        return None
    word = _WORD.match(line, at, at + _MOST_CHARACTERS)
    end = word.end() if word else at + 1
    start = max(0, at - _MOST_CHARACTERS)
    before, marked = _clean(line[start:at]), _clean(line[at:end])
    if start:
        before = _ELLIPSIS + before
    after = _clean(line[end : end + _MOST_CHARACTERS]).rstrip()
    marked = _cut(marked, room)
    left = room - columns(marked)
    if columns(before) + columns(after) > left:
        before = _cut(before, max(left - min(columns(after), left // 3), 0), from_end=True)
        after = _cut(after, left - columns(before))
    return Excerpt(before, marked, after)


def _clean(text: str) -> str:
    return printable(text.replace("\t", "  "))


def _cut(text: str, room: int, *, from_end: bool = False) -> str:
    """Shorten a text to a number of terminal columns, with an ellipsis for the part cut off."""
    if columns(text) <= room:
        return text
    if room < 1:
        return ""
    reach = list(accumulate(map(columns, reversed(text) if from_end else text)))
    kept = bisect_right(reach, room - columns(_ELLIPSIS))
    return _ELLIPSIS + text[len(text) - kept :] if from_end else text[:kept] + _ELLIPSIS
