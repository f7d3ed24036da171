"""How deep and how large what others have written may be: one place for every reader.

Nothing that a cluster or a person writes comes near these bounds. Without them hostile input overflows stacks, and
Python refuses to print what it has read.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 40
"""Levels of lists and maps; a plan has fewer than ten."""
MAX_DIGITS = 300
"""Digits of a number: a longer run is no number that anybody means."""


def parse_json(text: str | bytes, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a JSON text.

    Args:
        text: the JSON.
        pairs: makes a map of its keys and values; None: a dict.

    Raises:
        ValueError: it is malformed (then a `json.JSONDecodeError`), too deep, or has a number that is none.

    """
    try:
        value = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_short, object_pairs_hook=pairs
        )
    except RecursionError:
        raise ValueError(MAX_DEPTH) from None
    if is_deep(value):
        raise ValueError(MAX_DEPTH)
    return value


def is_deep(value: object) -> bool:
    """Return whether a value has more levels than anybody writes. Level by level, so that depth is no problem here."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            item
            for outer in level
            if isinstance(outer, (dict, list))
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, (dict, list))
        ]
    return bool(level)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _short(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(text)
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(text)
    return value
