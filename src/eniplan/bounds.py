"""Limits on the depth and size of inputs, shared by every reader.

Real input stays far below these bounds. Without them, hostile input overflows the stack, or holds integers that Python
refuses to print.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEPTH = 40
"""Maximum levels of lists and maps; a plan has fewer than ten."""
MAX_DIGITS = 300
"""Maximum digits of a number."""
MAX_NAMED_FILE = 2**20
"""Maximum bytes of a file that a Terraform configuration reads, such as a table of pools or a template."""
MAX_TEXT = 100_000
"""Maximum characters of a text that template functions build."""
MAX_VALUES = 400_000
"""Maximum values of one YAML document, about 10 MB of manifests. The parser needs about 600 bytes for each."""


MAX_PROBLEMS = 100
"""Maximum problems reported for one document: more are usually the same mistake repeated."""


def parse_json(text: str | bytes, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a JSON text.

    Args:
        text: the JSON.
        pairs: makes a map from a list of key-value pairs; None: a dict.

    Raises:
        ValueError: the text is malformed (`json.JSONDecodeError`), or has more than `MAX_DEPTH` levels.

    """
    try:
        value = json.loads(text, **JSON_NUMBERS, object_pairs_hook=pairs)
    except RecursionError:
        raise ValueError(MAX_DEPTH) from None
    if is_deep(value):
        raise ValueError(MAX_DEPTH)
    return value


def is_deep(value: object, levels: int = MAX_DEPTH) -> bool:
    """Return whether a value has more levels than these. Goes level by level: depth cannot overflow the stack."""
    level: list[object] = [value]
    for _ in range(levels):
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
    """Return an integer, or the text itself if it has more than `MAX_DIGITS` characters."""
    return int(text) if len(text) <= MAX_DIGITS else text


def decimal(text: str) -> float | str:
    """Return a float, or the text itself if the number is too large for one."""
    value = float(text)
    return value if isfinite(value) else text


JSON_NUMBERS: dict[str, Any] = {"parse_int": integer, "parse_float": decimal, "parse_constant": str}
"""Options of `json.loads` that keep NaN and oversized numbers as text."""
