"""Terraform's values, and the conversions between their types.

Values are `str`, `bool`, `int`, `Fraction` (Terraform's numbers are more precise than a float), None, `list`, `dict`
and `Set`; an unknown value is a `NotKnown` with the reason. Tuples are lists and objects are maps here; a result that
depends on the difference is unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.inputs.hcl.nodes import Call, Entries, Items, Literal, Name
from eniplan.inputs.hcl.parse import number
from eniplan.inputs.places import NotKnown
from eniplan.k8s.values import leaves
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from eniplan.inputs.hcl.nodes import Expression

    Compute = Callable[[Expression], Any]

MAX_TEXT = 100_000
"""Maximum characters of a computed text."""
MAX_ITEMS = 20_000
"""Maximum items of a computed collection."""


class RefusedError(Exception):
    """Terraform would reject the expression; `try` and `can` catch this."""


class TooMuchError(Exception):
    """The evaluation needs more work than the size of the files allows."""


class Set(list[Any]):
    """A set, as a list of distinct items in Terraform's order."""

    __slots__ = ()


class Unordered(NotKnown):
    """The items of a set whose order is unknown."""

    __slots__ = ("items",)
    items: tuple[Any, ...]


class OneOf(NotKnown):
    """One of several possible values, of which only the common parts are known."""

    __slots__ = ("values",)
    values: tuple[Any, ...]

    def member(self, name: str) -> Any:  # noqa: ANN401 - a value
        """Return the member of each possible value, as one value."""
        return self.each(lambda value: value[name] if isinstance(value, dict) and name in value else None)

    def each(self, pick: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - a value
        """Return `pick` of each possible value, as one value. A value for which it returns None is impossible."""
        found = [picked for value in self.values if (picked := pick(value)) is not None]
        return one_of(str(self), found) if found else NotKnown(str(self))


def one_of(why: str, found: list[Any]) -> Any:  # noqa: ANN401 - a value
    """Return one of several possible values: known if all of them are equal.

    Args:
        why: the reason why the choice is unknown.
        found: the possible values, at least one.

    """
    if first_unknown(found) is not None:
        return NotKnown(why)
    is_known = first_unknown(part for _, part in leaves(found[0])) is None
    if is_known and all(same(found[0], other) for other in found[1:]):
        return found[0]
    made = OneOf(why)
    made.values = tuple(found)
    return made


class Budget:
    """The work that may still be done. Counts steps instead of time, so that results do not depend on the machine."""

    def __init__(self, left: int) -> None:
        """Start with a number of steps."""
        self.left = left
        self.words_of: Callable[[Any], str | None] = lambda _: None
        """Returns the text that identifies a later value, for use in texts; None if there is none."""
        self.files: set[str] = set()
        """The files that functions have read."""

    def spend(self, steps: int) -> None:
        """Spend steps.

        Raises:
            TooMuchError: none are left.

        """
        self.left -= steps
        if self.left < 0:
            raise TooMuchError

    def size(self, value: Any) -> None:  # noqa: ANN401 - any value
        """Spend a step for each part of a value; a part that is used twice counts twice."""
        self.spend(1)
        if isinstance(value, str):
            self.spend(len(value) // 100)
        elif isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                self.size(item)

    def lost(self, value: Any) -> NotKnown | None:  # noqa: ANN401 - any value
        """Return the first unknown part of a value, or None."""
        self.spend(1)
        if isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                found = self.lost(item)
                if found is not None:
                    return found
            return None
        return unknown(value)


def unknown(value: Any) -> NotKnown | None:  # noqa: ANN401 - any value
    """Return why a value is unknown; None if it is known, although parts of it may not be."""
    if isinstance(value, NotKnown):
        # A derived value is neither the same value nor one of the same possible values.
        return value if type(value) is NotKnown else NotKnown(str(value))
    if value is None or isinstance(value, str | int | dict | list) or type(value).__name__ == "Fraction":
        return None
    return NotKnown(say("{value} is known only after apply", value=value))


def first_unknown(values: Iterable[Any]) -> NotKnown | None:
    """Return why the first unknown of some values is unknown; None if all are known."""
    return next((lost for value in values if (lost := unknown(value)) is not None), None)


def is_text(value: Any) -> bool:  # noqa: ANN401 - any value
    """Return whether a value is a single text. An id is, even if it is unknown."""
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
    """Return a fraction as Terraform writes it; `NotKnown` if its decimals never end."""
    digits, rest = 0, value.denominator
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest //= prime
            count += 1
        digits = max(digits, count)
    if rest != 1 or digits > 100:  # noqa: PLR2004 - Terraform itself keeps about 150
        return NotKnown(say("a fraction whose decimals never end"))
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
    """Return the keys and values of a collection in the order of iteration: maps by key."""
    if isinstance(value, dict):
        return [(key, value[key]) for key in sorted(value)]
    if isinstance(value, Set):
        return [(item, item) for item in value]
    return list(enumerate(items(value)))


def kind(value: Any) -> str:  # noqa: ANN401 - any value
    """Return the type of a value, for comparisons."""
    return next((name for type_, name in _KINDS.items() if isinstance(value, type_)), "number")


_KINDS = {type(None): "null", bool: "bool", str: "string", Set: "set", list: "list", dict: "map"}
"""A boolean is a number of Python, and a set is a list here."""


def same(left: Any, right: Any) -> bool:  # noqa: ANN401 - any values
    """Return whether two values of the same type are equal."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return kind(left) == kind(right) and bool(left == right)


def equal(left: Any, right: Any) -> bool | NotKnown:  # noqa: ANN401 - any values
    """Return the result of `==`."""
    if isinstance(left, dict | list) and isinstance(right, dict | list) and same(left, right):
        return NotKnown(say("whether two collections are of the same type"))
    return same(left, right)


def unique(values: Iterable[Any]) -> list[Any]:
    """Return the distinct values, in order."""
    found: dict[str, Any] = {}
    for value in values:
        found.setdefault(repr((kind(value), value)), value)
    return list(found.values())


def unordered(value: Any) -> NotKnown | None:  # noqa: ANN401 - any value
    """Return why the order of a set is unknown: an item is; otherwise None."""
    if not isinstance(value, Set) or len(value) < 2:  # noqa: PLR2004 - one item has one order
        return None
    return first_unknown(value)


def set_of(values: list[Any]) -> Set:
    """Return a set in Terraform's order: text by bytes, numbers by size, false before true."""
    found = unique(alike(values))
    try:
        found.sort(key=lambda item: item.encode() if isinstance(item, str) else item)
    except TypeError:
        # Terraform orders other sets by internal hashes.
        if len(found) > 1:
            lost = Unordered(say("the order of a set"))
            lost.items = tuple(found)
            return Set([lost])
    return Set(found)


def in_any_order(value: Any) -> Any:  # noqa: ANN401 - any value
    """Return a collection; a set of unknown order in one of its possible orders."""
    return Set(value[0].items) if isinstance(value, Set) and value and isinstance(value[0], Unordered) else value


def alike(values: list[Any]) -> list[Any]:
    """Convert values to one type, like the items of a list."""
    known = [value for value in values if value is not None and unknown(value) is None]
    kinds = {kind(value) for value in known}
    if len(kinds) < 2:  # noqa: PLR2004 - one type needs no conversion
        if kinds == {"list"}:
            return _lists(values, known)
        if kinds == {"map"}:
            return _maps(values, known)
        return values
    if kinds <= {"string", "number", "bool"} and "string" in kinds:
        return [value if value is None or unknown(value) is not None else text(value) for value in values]
    raise RefusedError(say("values of the same type are needed here"))


def _lists(values: list[Any], known: list[Any]) -> list[Any]:
    """Convert lists to one type: tuples of equal length item by item, others over all items."""
    if all(len(value) == len(known[0]) for value in known):
        columns = [iter(alike(list(column))) for column in zip(*known, strict=True)]
        return [[next(column) for column in columns] if isinstance(value, list) else value for value in values]
    left = iter(alike([item for value in known for item in value]))
    return [[next(left) for _ in value] if isinstance(value, list) else value for value in values]


def _maps(values: list[Any], known: list[Any]) -> list[Any]:
    """Convert maps to one type: objects with equal keys key by key, others over all values."""
    if all(value.keys() == known[0].keys() for value in known):
        columns = {key: iter(alike([value[key] for value in known])) for key in known[0]}
        return [{key: next(columns[key]) for key in value} if isinstance(value, dict) else value for value in values]
    left = iter(alike([item for value in known for item in value.values()]))
    return [{key: next(left) for key in value} if isinstance(value, dict) else value for value in values]


def unified(chosen: Any, other: Any) -> Any:  # noqa: ANN401 - any values
    """Return one branch of a conditional, converted to the common type of both branches."""
    if isinstance(chosen, list) and isinstance(other, list) and len(chosen) == len(other):
        return type(chosen)(map(unified, chosen, other))
    return alike([chosen, other])[0]


# --- Types of variables -------------------------------------------------------------------------------------------


def fitted(value: Any, wanted: Expression, compute: Compute) -> Any:  # noqa: ANN401 - any value
    """Convert a value to the declared type of a variable.

    Args:
        value: the value.
        wanted: the type expression.
        compute: evaluates the default of an optional attribute.

    Raises:
        RefusedError: the value cannot be converted.

    """
    if isinstance(wanted, Literal):  # legacy syntax: "string"
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
    """Return an object with the declared attributes; optional ones may be missing."""
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
