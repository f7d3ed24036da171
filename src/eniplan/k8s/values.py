"""Reads untrusted JSON values: a value of the wrong type counts as absent."""

from __future__ import annotations

from sys import intern
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def mapping(value: object) -> dict[str, Any]:
    """Return a value if it is an object, else an empty object."""
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    """Return a value if it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def rewritten(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - any value
    """Return a copy of a value in which `change` replaces each part that is neither a map nor a list."""
    if isinstance(value, dict):
        return {key: rewritten(item, change) for key, item in value.items()}
    return [rewritten(item, change) for item in value] if isinstance(value, list) else change(value)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:  # noqa: ANN401 - any value
    """Yield the parts of a value that are neither a map nor a list with their paths, in their order."""
    if isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, step))
    else:
        yield path, value


def text(value: object) -> str:
    """Return a value if it is a string, else the empty string. Strings are interned, because most repeat."""
    return intern(value) if type(value) is str else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the strings of a list."""
    return tuple(text(item) for item in listing(value) if isinstance(item, str))
