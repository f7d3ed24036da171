"""Reads untrusted JSON values: one of the wrong type counts as absent."""

from __future__ import annotations

from sys import intern
from typing import Any


def mapping(value: object) -> dict[str, Any]:
    """Return a value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    """Return a value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """Return a value if it is text, else the empty string. Texts are interned: most of them repeat."""
    return intern(value) if type(value) is str else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(text(item) for item in listing(value) if isinstance(item, str))
