"""JSON patches of Kubernetes objects (RFC 6902)."""

from __future__ import annotations

from functools import reduce

from eniplan.bounds import MAX_DEPTH


def patched(value: object) -> object:
    """Return what a JSON patch adds, as maps only; any other value as it is. No object is as deep as some paths."""
    operations = value if isinstance(value, list) else ()
    added = [
        reduce(lambda inner, key: {key: inner}, reversed(_steps(item["path"])), item.get("value"))
        for item in operations
        if isinstance(item, dict) and isinstance(item.get("path"), str) and item["path"].count("/") <= MAX_DEPTH
    ]
    return added or value


def _steps(pointer: str) -> list[str]:
    """Return the steps of a JSON pointer (RFC 6901)."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
