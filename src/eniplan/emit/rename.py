"""Translates a body to a form with other names: every value has a place, or the form is refused.

Nothing of a body may be lost on the way, so the walk starts from the body and not from the table of names.
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
        pool: the pool that the body creates, for the places of what cannot be said.
        body: the request body.
        names: dotted key path in the body to dotted key path in the result; `[]` stands behind a list of objects:
            `kubernetes_config.labels[].key`. Empty lists and maps need no name: they say nothing.
        spelling: the name of the other form, for people.

    Raises:
        RefusalError: a value of the body has no name there.

    """
    out: dict[str, Any] = {}
    for path, indexes, value in _leaves(body, "", ()):
        if path not in names:
            raise cannot_say(pool, path, spelling)
        put(out, names[path], indexes, value)
    return out


def cannot_say(pool: NodePool, path: str, spelling: str, why: str = "") -> RefusalError:
    """Return the error for a field of the body that a spelling has no word for."""
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
        if parent.endswith("[]"):
            items = out.setdefault(parent.removesuffix("[]"), [])
            index = left.pop(0)
            # Items whose every field is empty have no leaf, and must not shift those behind them.
            items.extend({} for _ in range(index + 1 - len(items)))
            out = items[index]
        else:
            out = out.setdefault(parent, {})
    out[last] = value
