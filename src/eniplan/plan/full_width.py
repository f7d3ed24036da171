"""Finds full-width punctuation, as Chinese keyboards write it, where YAML needs ASCII."""

from __future__ import annotations

import re

from eniplan.messages import NOTHING, Message, say

_TWINS = 0xFEE0
"""The code point of a full-width character minus that of its ASCII counterpart."""
_ASCII = {chr(ord(character) + _TWINS): character for character in ":,;[]{}()#-\"'"} | {
    "“": '"', "”": '"', "\u2018": "'", "\u2019": "'", "【": "[", "】": "]", "\u3000": " ",
}  # fmt: skip
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|(?:^|(?<=\s))#.*""")
"""A quoted text or a comment, in which full-width characters are fine."""


def hint_for(text: str) -> Message:
    """Return a hint about the first full-width character of a text; empty if there is none."""
    wide = next((character for character in text if character in _ASCII), None)
    if wide is None:
        return NOTHING
    return say("{wide!r} is full-width punctuation: write {ascii!r}", wide=wide, ascii=_ASCII[wide])


def find_in_line(line: str) -> int | None:
    """Return the column, counted from 0, where a line has full-width punctuation instead of YAML's; None if nowhere.

    Inside a value, full-width punctuation is text, unless the value begins with it or is in brackets.
    """
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), line)
    for index, character in enumerate(bare):
        if character in _ASCII:
            before = bare[:index].lstrip(" -")
            if not before or ": " not in before or before.endswith(": ") or "[" in before or "{" in before:
                return index
    return None
