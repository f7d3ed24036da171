"""Terraform's values and how they turn into each other.

Text, flags, whole numbers (int), others (Fraction: a float would not be what Terraform computes), null, lists, maps and
sets are Python's own; what is not known is `NotKnown`, with the reason. Lists and tuples, and maps and objects, are
one here: where the difference decides, the result is not known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.inputs.hcl.nodes import Call, Entries, Items, Literal, Name
from eniplan.inputs.hcl.parse import number
from eniplan.inputs.places import NotKnown
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from eniplan.inputs.hcl.nodes import Expression

    Compute = Callable[[Expression], Any]

MAX_TEXT = 100_000
"""Characters of a text that is computed."""
MAX_ITEMS = 20_000
"""Items of a collection that is computed."""


class RefusedError(Exception):
    """Terraform would refuse this: `try` and `can` see it."""


class TooMuchError(Exception):
    """More work than the size of the files allows."""


class Set(list[Any]):
    """A set: its items in Terraform's order, each once."""

    __slots__ = ()


class OneOf(NotKnown):
    """A value that somebody else chooses among some; what these have in common is known."""

    __slots__ = ("values",)
    values: tuple[Any, ...]

    def member(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return what all of them have behind a dot."""
        return self.each(lambda value: value[name] if isinstance(value, dict) and name in value else None)

    def each(self, pick: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - a value
        """Return what `pick` takes of each of them; one of which it takes nothing is none that can be meant."""
        found = [picked for value in self.values if (picked := pick(value)) is not None]
        return one_of(str(self), found) if found else NotKnown(str(self))


def one_of(why: str, found: list[Any]) -> Any:  # noqa: ANN401 - a value
    """Return the one of some values that is chosen elsewhere: known, where all of them are the same.

    Args:
        why: why it is not known which.
        found: what it may be; at least one.

    """
    if any(unknown(value) is not None for value in found):
        return NotKnown(why)
    if all(same(found[0], other) for other in found[1:]) and not _is_lost(found[0]):
        return found[0]
    made = OneOf(why)
    made.values = tuple(found)
    return made


def _is_lost(value: Any) -> bool:  # noqa: ANN401 - any value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return unknown(value) is not None or any(map(_is_lost, inner))


def _no_words(_value: Any) -> str | None:  # noqa: ANN401 - any value
    return None


class Budget:
    """How much more may be computed. Work is counted, not timed, so that a verdict never hangs on the machine."""

    def __init__(self, left: int) -> None:
        """Take the number of steps."""
        self.left = left
        self.words_of: Callable[[Any], str | None] = _no_words
        """What stands for a value that comes later where text is made of it; None: nothing does."""

    def spend(self, steps: int) -> None:
        """Take steps away.

        Raises:
            TooMuchError: there are none left.

        """
        self.left -= steps
        if self.left < 0:
            raise TooMuchError

    def size(self, value: Any) -> None:  # noqa: ANN401 - any value
        """Pay for a value by the number of its parts: one that is used twice counts twice."""
        self.spend(1)
        if isinstance(value, str):
            self.spend(len(value) // 100)
        elif isinstance(value, dict):
            for item in value.values():
                self.size(item)
        elif isinstance(value, list):
            for item in value:
                self.size(item)

    def lost(self, value: Any) -> NotKnown | None:  # noqa: ANN401 - any value
        """Return the first part of a value that is not known."""
        self.spend(1)
        if isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                found = self.lost(item)
                if found is not None:
                    return found
            return None
        return unknown(value)


def unknown(value: Any) -> NotKnown | None:  # noqa: ANN401 - any value
    """Return why a value is not known; None: it is, though parts of it may not be."""
    if isinstance(value, NotKnown):
        # What is made of it is neither the same thing nor one of the same choices.
        return value if type(value) is NotKnown else NotKnown(str(value))
    if value is None or isinstance(value, str | int | dict | list) or type(value).__name__ == "Fraction":
        return None
    return NotKnown(say("{value} is known only after apply", value=value))


def is_text(value: Any) -> bool:  # noqa: ANN401 - any value
    """Return whether a value is one text, and no list: an id is, whatever it will be."""
    return isinstance(value, str) if unknown(value) is None else getattr(value, "is_text", False)


def text(value: Any) -> str:  # noqa: ANN401 - any value
    """Convert to text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if value is None or isinstance(value, dict | list):
        raise RefusedError(say("text is needed here"))
    return _decimal(value)


def _decimal(value: Any) -> str:  # noqa: ANN401 - a Fraction
    """Return a fraction as Terraform writes it; one without an end is not known."""
    digits, rest = 0, value.denominator
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        digits = max(digits, count)
    if rest != 1 or digits > 100:  # noqa: PLR2004 - Terraform itself keeps about 150
        return NotKnown(say("a fraction without an end"))
    whole = str(abs(value.numerator) * 10**digits // value.denominator).rjust(digits + 1, "0")
    return ("-" if value < 0 else "") + f"{whole[:-digits]}.{whole[-digits:]}"


def numeric(value: Any) -> Any:  # noqa: ANN401 - any value, and a number
    """Convert to a number."""
    if isinstance(value, str):
        found = number(value.removeprefix("-")) if re.fullmatch(_NUMERIC, value) else None
        if found is None:
            raise RefusedError(say("a number is needed here"))
        return -found if value[0] == "-" else found
    if value is None or isinstance(value, bool | dict | list):
        raise RefusedError(say("a number is needed here"))
    return value


_NUMERIC = r"-?[0-9].*"


def whole(value: Any) -> int:  # noqa: ANN401 - any value
    """Convert to a whole number."""
    found = numeric(value)
    if not isinstance(found, int):
        raise RefusedError(say("a whole number is needed here"))
    return found


def flag(value: Any) -> bool:  # noqa: ANN401 - any value
    """Convert to true or false."""
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False}.get(value)
    if not isinstance(value, bool):
        raise RefusedError(say("true or false is needed here"))
    return value


def items(value: Any) -> list[Any]:  # noqa: ANN401 - any value
    """Return the items of a list, a tuple or a set."""
    if not isinstance(value, list):
        raise RefusedError(say("a list is needed here"))
    return value


def entries(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any value
    """Return the entries of a map or an object."""
    if not isinstance(value, dict):
        raise RefusedError(say("a map is needed here"))
    return value


def pairs(value: Any) -> list[tuple[Any, Any]]:  # noqa: ANN401 - any value
    """Return what an iteration over a collection meets: maps in the order of their keys."""
    if isinstance(value, dict):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, Set):
        return [(item, item) for item in value]
    return list(enumerate(items(value)))


def kind(value: Any) -> str:  # noqa: ANN401 - any value
    """Return what a value is, for comparisons."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    return (
        "set"
        if isinstance(value, Set)
        else "list"
        if isinstance(value, list)
        else "map"
        if isinstance(value, dict)
        else "number"
    )


def same(left: Any, right: Any) -> bool:  # noqa: ANN401 - any values
    """Return whether two values of one type are the same."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return kind(left) == kind(right) and bool(left == right)


def equal(left: Any, right: Any) -> bool | NotKnown:  # noqa: ANN401 - any values
    """Return what `==` says."""
    if isinstance(left, dict | list) and isinstance(right, dict | list) and same(left, right):
        return NotKnown(say("whether two collections are of the same type"))
    return same(left, right)


def unique(values: Iterable[Any]) -> list[Any]:
    """Return values without repetitions, in their order."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(repr((kind(value), value)), value)
    return list(found.values())


def unordered(value: Any) -> NotKnown | None:  # noqa: ANN401 - any value
    """Return why the order of a set is not known: what is in it is not."""
    if not isinstance(value, Set) or len(value) < 2:  # noqa: PLR2004 - one has its order
        return None
    return next((lost for item in value if (lost := unknown(item)) is not None), None)


def set_of(values: list[Any]) -> Set:
    """Return a set in Terraform's order: texts by their bytes, numbers by size, flags false first."""
    found = unique(alike(values))
    try:
        found.sort(key=lambda item: item.encode() if isinstance(item, str) else item)
    except TypeError:
        # The order of other sets is that of their hashes, which nobody can foresee.
        if len(found) > 1:
            return Set([NotKnown(say("the order of a set"))])
    return Set(found)


def alike(values: list[Any]) -> list[Any]:
    """Bring values to one type, as the items of a list are."""
    known = [value for value in values if value is not None and unknown(value) is None]
    kinds = {kind(value) for value in known}
    if len(kinds) < 2:  # noqa: PLR2004 - one is nothing to settle
        if kinds == {"list"}:
            return _lists(values, known)
        if kinds == {"map"}:
            return _maps(values, known)
        return values
    if kinds <= {"string", "number", "bool"} and "string" in kinds:
        return [value if value is None or unknown(value) is not None else text(value) for value in values]
    raise RefusedError(say("values of one type are needed here"))


def _lists(values: list[Any], known: list[Any]) -> list[Any]:
    """Bring lists to one type: tuples of one length item by item, others by all of their items."""
    if all(len(value) == len(known[0]) for value in known):
        columns = [iter(alike(list(column))) for column in zip(*known, strict=True)]
        return [[next(column) for column in columns] if isinstance(value, list) else value for value in values]
    left = iter(alike([item for value in known for item in value]))
    return [[next(left) for _ in value] if isinstance(value, list) else value for value in values]


def _maps(values: list[Any], known: list[Any]) -> list[Any]:
    """Bring maps to one type: objects of the same keys by key, others by all of their values."""
    if all(value.keys() == known[0].keys() for value in known):
        columns = {key: iter(alike([value[key] for value in known])) for key in known[0]}
        return [{key: next(columns[key]) for key in value} if isinstance(value, dict) else value for value in values]
    left = iter(alike([item for value in known for item in value.values()]))
    return [{key: next(left) for key in value} if isinstance(value, dict) else value for value in values]


def unified(chosen: Any, other: Any) -> Any:  # noqa: ANN401 - any values
    """Return one branch of a conditional in the type that both branches have."""
    if isinstance(chosen, list) and isinstance(other, list) and len(chosen) == len(other):
        return type(chosen)(map(unified, chosen, other))
    return alike([chosen, other])[0]


# --- Types of variables -------------------------------------------------------------------------------------------


def fitted(value: Any, wanted: Expression, compute: Compute) -> Any:  # noqa: ANN401 - any value
    """Convert a value to the type that a variable declares.

    Args:
        value: the value.
        wanted: the type, as it is written.
        compute: computes the default of an optional attribute.

    """
    if isinstance(wanted, Literal):  # an old form: "string"
        wanted = Name(wanted.start, wanted.end, str(wanted.value))
    if value is None or unknown(value) is not None:
        return value
    if isinstance(wanted, Name):
        convert = _CONVERTED.get(wanted.name)
        return value if convert is None else convert(value)
    fit = _FITTED.get(wanted.name) if isinstance(wanted, Call) else None
    return fit(value, wanted.arguments[0], compute) if fit and isinstance(wanted, Call) and wanted.arguments else value


def _list(value: Any, inner: Expression, compute: Compute) -> Any:  # noqa: ANN401 - any value
    return _alike_if_any([fitted(item, inner, compute) for item in items(value)], inner)


def _set(value: Any, inner: Expression, compute: Compute) -> Any:  # noqa: ANN401 - any value
    return set_of([fitted(item, inner, compute) for item in items(value)])


def _map(value: Any, inner: Expression, compute: Compute) -> Any:  # noqa: ANN401 - any value
    found = _alike_if_any([fitted(item, inner, compute) for item in entries(value).values()], inner)
    return dict(zip(value, found, strict=True))


def _tuple(value: Any, inner: Expression, compute: Compute) -> Any:  # noqa: ANN401 - any value
    parts = inner.items if isinstance(inner, Items) else ()
    if len(items(value)) != len(parts):
        raise RefusedError(say("a tuple of another length is needed here"))
    return [fitted(item, part, compute) for item, part in zip(value, parts, strict=True)]


def _alike_if_any(found: list[Any], inner: Expression) -> list[Any]:
    return alike(found) if isinstance(inner, Name) and inner.name == "any" else found


def _object(value: Any, inner: Expression, compute: Compute) -> Any:  # noqa: ANN401 - any value
    """Keep the attributes that are declared; those that are optional may be absent."""
    out: dict[str, Any] = {}
    for key, declared in inner.items if isinstance(inner, Entries) else ():
        name = str(key.value) if isinstance(key, Literal) else ""
        part = declared
        default: Any = None
        is_optional = isinstance(part, Call) and part.name == "optional" and bool(part.arguments)
        if isinstance(part, Call) and is_optional:
            default = compute(part.arguments[1]) if len(part.arguments) > 1 else None
            part = part.arguments[0]
        if name not in entries(value) and not is_optional:
            raise RefusedError(say("the attribute {name} is missing", name=name))
        found = value.get(name)
        out[name] = fitted(default if found is None else found, part, compute)
    return out


_CONVERTED: dict[str, Callable[[Any], Any]] = {
    "string": text, "number": numeric, "bool": flag, "list": items, "map": entries, "set": lambda v: set_of(items(v)),
}  # fmt: skip
_FITTED: dict[str, Callable[[Any, Expression, Compute], Any]] = {
    "list": _list, "set": _set, "map": _map, "tuple": _tuple, "object": _object,
}  # fmt: skip
