"""Finds full-width punctuation, as Chinese keyboards write it, where YAML needs ASCII."""

from __future__ import annotations

import re

from eniplan.messages import NOTHING, Message, say

_TWINS = 0xFEE0
"""How far the full-width twin of an ASCII character is behind it."""
_ASCII = {chr(ord(character) + _TWINS): character for character in ":,;[]{}()#-\"'"} | {
    "“": '"', "”": '"', "\u2018": "'", "\u2019": "'", "【": "[", "】": "]", "\u3000": " ",
}  # fmt: skip
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|(?:^|(?<=\s))#.*""")
"""A text in quotes, or a comment: there every character is the user's own."""


def hint_for(text: str) -> Message:
    """Return what to write in the place of the first full-width character of a text; nothing if it has none."""
    wide = next((character for character in text if character in _ASCII), None)
    if wide is None:
        return NOTHING
    return say("{wide!r} is full-width punctuation: write {ascii!r}", wide=wide, ascii=_ASCII[wide])


def find_in_line(line: str) -> int | None:
    """Return where a line of YAML has full-width punctuation in the place of its own; None if nowhere.

    In a value it is text, unless the value begins with it or stands in brackets.
    """
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), line)
    for index, character in enumerate(bare):
        if character in _ASCII:
            before = bare[:index].lstrip(" -")
            if not before or ": " not in before or before.endswith(": ") or "[" in before or "{" in before:
                return index
    return None
