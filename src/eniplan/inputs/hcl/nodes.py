"""A minimal syntax tree of HCL for the evaluator. Every node begins with its start and end offset in the file."""

from __future__ import annotations

from typing import Any, TypeAlias

from eniplan.values import NamedTuple


class Literal(NamedTuple):
    """A number, a boolean, null, or a text without template parts."""

    start: int
    end: int
    value: Any


class Template(NamedTuple):
    """A text with interpolations or directives."""

    start: int
    end: int
    parts: tuple[str | Expression, ...]
    unwraps: bool
    """Whether it is only a quoted interpolation: then the value keeps its type."""


class TemplateIf(NamedTuple):
    """A `%{ if }` directive in a template."""

    start: int
    end: int
    condition: Expression
    yes: Template
    no: Template


class TemplateFor(NamedTuple):
    """A `%{ for }` directive in a template."""

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
    """A `for` expression. Without a key the result is a tuple."""

    start: int
    end: int
    names: tuple[str, str]
    """The names of the key and of the value; that of the key may be empty."""
    source: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    grouped: bool


class Call(NamedTuple):
    """A function call, and whether it expands its last argument (`...`)."""

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
    """A binary operation; unary if `left` is None."""

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
    """`source[*].rest`; in `rest` the name `*` is the item."""

    start: int
    end: int
    source: Expression
    rest: Expression


class Unread(NamedTuple):
    """Invalid or unsupported syntax, and the reason."""

    start: int
    end: int
    why: str


Expression: TypeAlias = (
    Literal | Template | TemplateIf | TemplateFor | Items | Entries | For | Call | Choice | Operation | Name | Member
    | Index | Splat | Unread
)  # fmt: skip


def entry(node: Expression | None, step: str | int) -> tuple[Expression, Expression] | None:
    """Return a value inside a literal collection, after its key, or after itself in a list; None if it is not there."""
    if isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
        return node.items[step], node.items[step]
    pairs = node.items if isinstance(node, Entries) else ()
    return next(((key, value) for key, value in pairs if isinstance(key, Literal) and key.value == step), None)


def reference(node: Expression) -> str:
    """Return a reference as text, for messages; empty for other expressions."""
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
