"""Parses Terraform's JSON syntax (`.tf.json`) into the same blocks and expressions as HCL, for the same evaluator.

JSON does not distinguish blocks from maps; Terraform asks the provider's schema. Here the table of fields names the
blocks of node pools and clusters; elsewhere the values are the same either way. Places are those of the JSON document.
Source: https://developer.hashicorp.com/terraform/language/syntax/json, tested with Terraform 1.11.4.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeGuard

from eniplan.emit.terraform import RESOURCE
from eniplan.inputs.hcl.nodes import Entries, Expression, Items, Literal, Name, Template, TemplateFor, TemplateIf
from eniplan.inputs.hcl.parse import Attribute, Block, Part, Text, number, template
from eniplan.k8s.values import rewritten
from eniplan.messages import say
from eniplan.plan.document import value_at
from eniplan.plan.fields import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eniplan.messages import Message
    from eniplan.plan.document import Document, Path

_LABELS = {
    "resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "import": 0, "locals": 0,
}  # fmt: skip
"""The kinds of blocks that are read, and their number of labels."""
_COMMENT = "//"


def is_terraform(value: Any) -> bool:  # noqa: ANN401 - a value of a document
    """Return whether a document has node pools in this syntax, whatever the name of its file."""
    found = value.get("resource") if isinstance(value, dict) else None
    return any(isinstance(item, dict) and RESOURCE in item for item in (found if isinstance(found, list) else [found]))


class JsonText(Text):
    """A file in this syntax. Its offsets are numbers of recorded places."""

    def __init__(self, document: Document) -> None:
        """Store the document."""
        super().__init__(document.file, json.dumps(document.value))
        self._document = document
        self._places: list[tuple[Path, bool]] = []

    def number(self, path: Path, *, key: bool = False) -> int:
        """Return the number of the place of a value, or of its key."""
        self._places.append((path, key))
        return len(self._places) - 1

    def place(self, offset: int) -> tuple[int, int]:
        """See `Text.place`."""
        path, key = self._places[offset]
        return self._document.tree.find(path, key=key)

    def at(self, start: int, end: int) -> str:
        """See `Text.at`."""
        del end
        path, _ = self._places[start]
        name = path[-1] if path and isinstance(path[-1], str) else ""
        found = value_at(self._document.value, path)
        return found if isinstance(found, str) else f"{name} {json.dumps(found)}"

    def written(self, block: Block, path: Path) -> Path | None:
        """See `Text.written`: the key path in the document."""
        at, _ = self._places[block.start]
        if path:
            name, *rest = path
            blocks = [inner for inner in block.blocks if inner.kind == name]
            if blocks and rest and isinstance(rest[0], int):
                return self.written(blocks[rest[0]], tuple(rest[1:]))
        return self._document.written((*at, *path))

    def broken(self, part: Part) -> Message:
        """See `Text.broken`."""
        return say("{address} must be a map", address=".".join(part.labels) or part.kind)

    @cached_property
    def parts(self) -> list[Part]:
        """See `Text.parts`."""
        found: list[Part] = []
        top = self._document.value
        for at, outer in enumerate(top) if isinstance(top, list) else [(None, top)]:
            for kind, inner in outer.items() if isinstance(outer, dict) else ():
                if kind in _LABELS:
                    path: Path = (kind,) if at is None else (at, kind)
                    found += (
                        _JsonPart(self, kind, labels, body, where)
                        for labels, body, where in _bodies(inner, path, _LABELS[kind])
                    )
        return found


class _JsonPart(Part):
    def __init__(self, text: JsonText, kind: str, labels: tuple[str, ...], body: Any, path: Path) -> None:  # noqa: ANN401 - a value
        start = text.number(path)
        super().__init__(text, start, start, kind, labels)
        self._source = text
        self._body = body
        self._path = path

    def _parsed(self) -> tuple[dict[str, Attribute], list[Block], int | None]:
        if not isinstance(self._body, dict):
            return {}, [], self.start
        return {}, [_block(self._source, self.kind, self.labels, self._body, self._path)], None

    def first_fault(self) -> int | None:
        """See `Part.first_fault`: the JSON is already parsed."""
        return None if isinstance(self._body, dict) else self.start


def _block(text: JsonText, kind: str, labels: tuple[str, ...], body: dict[str, Any], path: Path) -> Block:
    start = text.number(path)
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    in_resource = kind in ("resource", "content")
    dynamic = {label for labels_, _, _ in _bodies(body.get("dynamic"), (), 1) for label in labels_}
    of_blocks = _block_names() | dynamic if in_resource else {"content"} if kind == "dynamic" else ()
    for name, value in body.items():
        inner = (*path, name)
        if name == _COMMENT:
            continue
        if name == "dynamic" and in_resource:
            found = _bodies(value, inner, 1)
            blocks += (_block(text, name, called, item, at) for called, item, at in found if isinstance(item, dict))
        elif name in of_blocks and _is_blocks(value):
            blocks += (_block(text, name, (), item, at) for _, item, at in _bodies(value, inner, 0))
        else:
            attributes[name] = _JsonAttribute(text, kind, name, value, inner)
    return Block(text, (text.file,), start, start, kind, labels, attributes, blocks)


def _bodies(value: Any, path: Path, labels: int) -> Iterator[tuple[tuple[str, ...], Any, Path]]:  # noqa: ANN401 - a value
    """Yield the labels, the body and the path of each block: nested maps by label, with bodies that may be lists."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _bodies(item, (*path, i), labels)
    elif labels and isinstance(value, dict):
        for name, inner in value.items():
            if name != _COMMENT:
                for more, body, where in _bodies(inner, (*path, name), labels - 1):
                    yield (name, *more), body, where
    elif value is not None:
        yield (), value, path


def _is_blocks(value: Any) -> TypeGuard[dict[str, Any] | list[dict[str, Any]]]:  # noqa: ANN401 - a value
    return isinstance(value, dict) or (isinstance(value, list) and all(isinstance(item, dict) for item in value))


@cache
def _block_names() -> frozenset[str]:
    """Return the names of the blocks in node pools and clusters."""
    return frozenset(name.split(".")[0].removesuffix("[]") for name in read("terraform") if "." in name) | {
        "addons",
        "lifecycle",
    }


class _JsonAttribute(Attribute):
    def __init__(self, text: JsonText, kind: str, name: str, value: Any, path: Path) -> None:  # noqa: ANN401 - a value
        self.text = text
        self.start = text.number(path, key=True)
        self.name = name
        self._source = text
        self._kind = kind
        self._value = value
        self._path = path

    @cached_property
    def expression(self) -> Expression:
        """See `Attribute.expression`. Some texts are not templates but types, references or literals."""
        at = self._source.number(self._path)
        words = self._value
        if isinstance(words, str) and self._kind == "variable" and self.name == "type":
            found = Text(self.text.file, f"x = {words}\n").whole.attributes.get("x")
            return Literal(at, at, words) if found is None else _placed(found.expression, at)
        if isinstance(words, str) and self._kind == "dynamic" and self.name == "iterator":
            return Name(at, at, words)
        if self._kind == "variable" or (self._kind == "module" and self.name in ("source", "version")):
            return _written(self._source, words, self._path, lambda text, start: Literal(start, start, text))
        return _written(self._source, words, self._path, _computed)


def _written(text: JsonText, value: Any, path: Path, read_text: Callable[[str, int], Expression]) -> Expression:  # noqa: ANN401 - a value
    """Return a value as an expression; `read_text` parses texts."""
    at = text.number(path)
    if isinstance(value, str):
        return read_text(value, at)
    if isinstance(value, dict):
        return Entries(
            at,
            at,
            tuple(
                (
                    read_text(name, text.number((*path, name), key=True)),
                    _written(text, item, (*path, name), read_text),
                )
                for name, item in value.items()
            ),
        )
    if isinstance(value, list):
        return Items(at, at, tuple(_written(text, item, (*path, i), read_text) for i, item in enumerate(value)))
    return Literal(at, at, exact(value))


def _computed(words: str, at: int) -> Expression:
    """Return the expression of a text that may be a template. A single interpolation keeps its type."""
    found = template(words)
    if isinstance(found, Template):
        is_one = len(found.parts) == 1 and not isinstance(found.parts[0], str | TemplateIf | TemplateFor)
        found = found._replace(unwraps=is_one)
    placed: Expression = _placed(found, at)
    return placed


def _placed(node: Any, at: int) -> Any:  # noqa: ANN401 - a node, or a part of one
    """Return a node with all its parts at one place."""
    if not isinstance(node, tuple):
        return node
    parts = tuple(_placed(part, at) for part in node)
    make = getattr(type(node), "_make", None)  # a node, whose first two fields are its offsets
    return parts if make is None else make((at, at, *parts[2:]))


def exact(value: Any) -> Any:  # noqa: ANN401 - a value of JSON
    """Return a value with exact numbers, as in Terraform."""
    return rewritten(value, lambda part: _exact(part) if isinstance(part, float) else part)


def _exact(value: float) -> Any:  # noqa: ANN401 - a number
    found = number(repr(abs(value)))
    return value if found is None else -found if value < 0 else found
