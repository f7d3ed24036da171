"""Small things about text that more than one writer needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = 3
"""Names that a message lists before it counts."""


def printable(text: str) -> str:
    """Keep a user's text on its line, and keep control and direction characters off terminals and logs."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plural(count: int, word: str) -> str:
    """Return `1 pool`, `2 pools`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def named(names: Sequence[str]) -> str:
    """Return `a, b, c and 9 more`."""
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
