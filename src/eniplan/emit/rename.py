"""Translate a request body to a format with other names; refuse a value that the format cannot express.

The walk starts from the body, not from the table of names, so that no value is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.emit.refusal import RefusalError
from eniplan.messages import NOTHING, say
from eniplan.plan.document import value_at
from eniplan.plan.fields import KEYS, steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.plan.model import NodePool


def rename(pool: NodePool, body: Mapping[str, Any], names: Mapping[str, str], spelling: str) -> dict[str, Any]:
    """Return the values of a body under other names.

    Args:
        pool: the pool that the body creates, for the places of errors.
        body: the request body.
        names: dotted key paths in the body to dotted key paths in the result; `[]` follows the key of a list of
            objects: `kubernetes_config.labels[].key`. Empty lists and maps need no name.
        spelling: the name of the format, for people.

    Raises:
        RefusalError: the format has no name for a value of the body.

    """
    out: dict[str, Any] = {}
    for path, indexes, value in _leaves(body, "", ()):
        if path not in names:
            raise cannot_say(pool, path, spelling)
        put(out, names[path], indexes, value)
    return out


def cannot_say(pool: NodePool, path: str, spelling: str, why: str = "") -> RefusalError:
    """Return the error for a field of the body that a format cannot express."""
    overridden = steps(path)
    key = KEYS.get(overridden) if value_at(pool.overrides, overridden) is None else None
    place = (*pool.path, *(key or ("overrides", *overridden)))
    message = say(
        "{spelling} cannot express {path} of pool {pool_name!r}{part}",
        spelling=spelling,
        path=path,
        pool_name=pool.name,
        part=say(": {why}", why=why) if why else NOTHING,
    )
    return RefusalError(
        place, message, say("use --emit api or cli, which support everything, or remove it from the plan")
    )


def _leaves(value: Any, path: str, indexes: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...], Any]]:  # noqa: ANN401 - a body may hold anything
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else key, indexes)
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        for i, item in enumerate(value):
            yield from _leaves(item, f"{path}[]", (*indexes, i))
    elif value != []:
        yield path, indexes, value


def put(out: dict[str, Any], target: str, indexes: tuple[int, ...], value: object) -> None:
    """Put a value at a dotted key path, where each `[]` takes the next index."""
    *parents, last = target.split(".")
    left = list(indexes)
    for parent in parents:
        out = _items(out, parent, left[0])[left.pop(0)] if parent.endswith("[]") else out.setdefault(parent, {})
    if last.endswith("[]"):
        _items(out, last, left[0])[left[0]] = value
    else:
        out[last] = value


def _items(out: dict[str, Any], name: str, index: int) -> list[Any]:
    """Return the list of a name, which has an item at the index."""
    items: list[Any] = out.setdefault(name.removesuffix("[]"), [])
    # Items without values have no leaf, but must not shift the items after them.
    items.extend({} for _ in range(index + 1 - len(items)))
    return items
