"""A value of ours is a `typing.NamedTuple` in all that anybody can see."""

from __future__ import annotations

import inspect
import pickle
import typing

import pytest

from eniplan import values


class Ours(values.NamedTuple):
    """A place."""

    file: str
    line: int = 0

    @property
    def where(self) -> str:
        """Return both."""
        return f"{self.file}:{self.line}"

    @classmethod
    def of(cls, text: str) -> Ours:
        """Read it."""
        return cls(text)

    def __str__(self) -> str:
        """Return both."""
        return self.where


class Theirs(typing.NamedTuple):
    """A place."""

    file: str
    line: int = 0


def test_a_value_is_what_typing_makes() -> None:
    """Fields, defaults, signature, text, equality: the same, so that type checkers tell the truth."""
    assert Ours._fields == Theirs._fields
    assert Ours._field_defaults == Theirs._field_defaults == {"line": 0}
    assert inspect.signature(Ours) == inspect.signature(Theirs).replace(
        parameters=[
            p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(Theirs).parameters.values()
        ]
    )
    assert repr(Ours("a")) == repr(Theirs("a")).replace("Theirs", "Ours")
    assert Ours("a") == ("a", 0) == Theirs("a")
    assert hash(Ours("a")) == hash(Theirs("a"))
    assert Ours("a")._replace(line=2) == ("a", 2)
    assert Ours("a")._asdict() == Theirs("a")._asdict()
    assert Ours._make(["b", 2]) == Ours(line=2, file="b") == ("b", 2)
    assert Ours.__match_args__ == Theirs.__match_args__
    assert (Ours.__module__, Ours.__qualname__, Ours.__doc__) == (__name__, "Ours", "A place.")
    assert pickle.loads(pickle.dumps(Ours("a", 1))) == ("a", 1)  # noqa: S301 - our own bytes


def test_methods_stay() -> None:
    """Properties, class methods and special methods are the class's own."""
    assert str(Ours.of("a")) == "a:0"
    assert Ours.of("b").where == "b:0"


def test_a_value_cannot_change() -> None:
    """Nor can it be made without its fields."""
    with pytest.raises(AttributeError):
        Ours("a").line = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        Ours()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Ours("a", 1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Ours._make(["a"])
    with pytest.raises(ValueError, match="column"):
        Ours("a")._replace(column=2)  # type: ignore[call-arg]
