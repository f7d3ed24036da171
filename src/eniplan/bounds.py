"""How deep and how large what others have written may be: one place for every reader.

Nothing that a cluster or a person writes comes near these bounds. Without them hostile input overflows stacks, and
Python refuses to print what it has read.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 40
"""Levels of lists and maps; a plan has fewer than ten."""
MAX_DIGITS = 300
"""Digits of a number: a longer run is no number that anybody means."""
MAX_NAMED_FILE = 2**20
"""Bytes of a file that a configuration reads by itself: a table of pools, a template."""
MAX_TEXT = 100_000
"""Characters of a text that functions of a template put together."""
MAX_VALUES = 400_000
"""Values of one YAML document, about 10 MB of manifests. Each takes some 600 bytes while it is read."""


MAX_PROBLEMS = 100
"""Problems that are told of one document: who has made more has made one of them very often."""


def parse_json(text: str | bytes, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a JSON text.

    Args:
        text: the JSON.
        pairs: makes a map of its keys and values; None: a dict.

    Raises:
        ValueError: it is malformed (then a `json.JSONDecodeError`), or too deep.

    """
    try:
        value = json.loads(text, **JSON_NUMBERS, object_pairs_hook=pairs)
    except RecursionError:
        raise ValueError(MAX_DEPTH) from None
    if is_deep(value):
        raise ValueError(MAX_DEPTH)
    return value


def is_deep(value: object) -> bool:
    """Return whether a value has more levels than anybody writes. Level by level, so that depth is no problem here."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            item
            for outer in level
            if isinstance(outer, (dict, list))
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, (dict, list))
        ]
    return bool(level)


def integer(text: str) -> int | str:
    """Return an integer; one that is too long stays the text that it is."""
    return int(text) if len(text) <= MAX_DIGITS else text


def decimal(text: str) -> float | str:
    """Return a number with a fraction or an exponent; one that is too large stays the text that it is."""
    value = float(text)
    return value if isfinite(value) else text


JSON_NUMBERS: dict[str, Any] = {"parse_int": integer, "parse_float": decimal, "parse_constant": str}
"""What a JSON decoder is told, so that NaN and numbers that are too large stay text: an odd value costs itself only."""
