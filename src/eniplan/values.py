"""Immutable values: `typing.NamedTuple`, with classes created in a third of the time.

A check creates a hundred such classes before it reads a byte. `typing` compiles each field's annotation, which nothing
here uses, and `collections` compiles a constructor per class: 7 ms in all. Here, classes with the same number of fields
share one constructor and one set of getters. Type checkers see `typing.NamedTuple` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple
    from functools import cache
    from types import FunctionType

    @cache
    def _pattern(size: int) -> tuple[FunctionType, dict[str, Any], list[Any]]:
        """Return a constructor for `size` fields, the methods that do not depend on names, and a getter per field."""
        made = namedtuple("_", [f"f{number}" for number in range(size)])  # noqa: PYI024 - `typing` calls it too
        own = vars(made)
        methods = {name: own[name] for name in ("_make", "_asdict", "__getnewargs__")}
        return made.__new__, methods, [own[field] for field in made._fields]

    def _replace(self: Any, /, **changes: Any) -> Any:  # noqa: ANN401 - any value
        changed = self._make(map(changes.pop, self._fields, self))
        if changes:
            msg = f"Got unexpected field names: {list(changes)!r}"
            raise ValueError(msg)
        return changed

    def _repr(self: Any) -> str:  # noqa: ANN401 - any value
        return f"{type(self).__name__}({', '.join(map('{}={!r}'.format, self._fields, self))})"

    class _Maker(type):
        """Turn a class body into a named tuple, as `typing.NamedTupleMeta` does: fields, defaults, methods."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.pop("__annotations__", ()))
            defaults = {field: body.pop(field) for field in fields if field in body}
            new, methods, getters = _pattern(len(fields))
            code = new.__code__.replace(co_varnames=("_cls", *fields))  # the same constructor, with this class's names
            shared = {
                "__slots__": (),
                "_fields": fields,
                "_field_defaults": defaults,
                "__match_args__": fields,
                "__new__": FunctionType(code, new.__globals__, "__new__", tuple(defaults.values())),
                "__repr__": _repr,
                "_replace": _replace,
            }
            return type(name, (tuple,), {**shared, **methods, **dict(zip(fields, getters, strict=True)), **body})

    class NamedTuple(metaclass=_Maker):
        """A tuple with named fields."""
