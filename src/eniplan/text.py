"""Small things about text that more than one writer needs."""

from __future__ import annotations


def printable(text: str) -> str:
    """Keep a user's text on its line, and keep control and direction characters off terminals and logs."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def plural(count: int, word: str) -> str:
    """Return `1 pool`, `2 pools`."""
    return f"{count} {word}{'' if count == 1 else 's'}"
