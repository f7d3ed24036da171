"""The syntax tree of HCL, as small as an evaluator needs it. Every node knows where it stands in its file."""

from __future__ import annotations

from typing import Any, TypeAlias

from eniplan.values import NamedTuple


class Literal(NamedTuple):
    """A number, a flag, null, or a text without templates."""

    start: int
    end: int
    value: Any


class Template(NamedTuple):
    """A text with parts that are computed."""

    start: int
    end: int
    parts: tuple[str | Expression, ...]
    unwraps: bool
    """Whether it is one interpolation in quotes and nothing else: then its value keeps its type."""


class TemplateIf(NamedTuple):
    """The `%{ if }` of a template."""

    start: int
    end: int
    condition: Expression
    yes: Template
    no: Template


class TemplateFor(NamedTuple):
    """The `%{ for }` of a template."""

    start: int
    end: int
    key: str
    value: str
    source: Expression
    body: Template


class Items(NamedTuple):
    """A tuple: `[a, b]`."""

    start: int
    end: int
    items: tuple[Expression, ...]


class Entries(NamedTuple):
    """An object: `{a = b}`."""

    start: int
    end: int
    items: tuple[tuple[Expression, Expression], ...]


class For(NamedTuple):
    """A `for` expression; without a key it makes a tuple."""

    start: int
    end: int
    names: tuple[str, str]
    """Of the key and of the value; the former may be empty."""
    source: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    grouped: bool


class Call(NamedTuple):
    """A function, and whether its last argument stands for several (`...`)."""

    start: int
    end: int
    name: str
    arguments: tuple[Expression, ...]
    expands: bool


class Choice(NamedTuple):
    """`condition ? yes : no`."""

    start: int
    end: int
    condition: Expression
    yes: Expression
    no: Expression


class Operation(NamedTuple):
    """Two operands, or with None one."""

    start: int
    end: int
    operator: str
    left: Expression | None
    right: Expression


class Name(NamedTuple):
    """The first word of a reference."""

    start: int
    end: int
    name: str


class Member(NamedTuple):
    """`source.name`."""

    start: int
    end: int
    source: Expression
    name: str


class Index(NamedTuple):
    """`source[key]`."""

    start: int
    end: int
    source: Expression
    key: Expression


class Splat(NamedTuple):
    """`source[*].rest`; in `rest` the item is the name `*`."""

    start: int
    end: int
    source: Expression
    rest: Expression


class Unread(NamedTuple):
    """What is no expression, or not one that is read."""

    start: int
    end: int
    why: str


Expression: TypeAlias = (
    Literal | Template | TemplateIf | TemplateFor | Items | Entries | For | Call | Choice | Operation | Name | Member
    | Index | Splat | Unread
)  # fmt: skip


def reference(node: Expression) -> str:
    """Return the words of a reference, for people; empty for other expressions."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        return f"{reference(node.source)}.{node.name}"
    if isinstance(node, Index):
        inner = node.key.value if isinstance(node.key, Literal) else None
        shown = f'"{inner}"' if isinstance(inner, str) else "..." if inner is None else inner
        return f"{reference(node.source)}[{shown}]"
    if isinstance(node, Splat):
        return f"{reference(node.source)}[*]{reference(node.rest).removeprefix('*')}"
    if isinstance(node, Call):
        return f"{node.name}(...)"
    return {Items: "[...]", Entries: "{...}"}.get(type(node), "")
