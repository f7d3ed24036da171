"""Add values to a YAML text, and keep its spacing, quotes, comments and line breaks.

Parsing and dumping would lose them, even with a library that keeps comments. Instead, this edits the text at the
positions that the parser reports, then parses the result: it must have exactly the wanted values, or nothing changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.bounds import MAX_DEPTH
from eniplan.emit.yaml_text import block, flow
from eniplan.errors import InputError, Place, Problem
from eniplan.libyaml import yaml
from eniplan.messages import say
from eniplan.plan.document import path_text, values_in
from eniplan.plan.yaml_faults import TooDeepError, yaml_problem
from eniplan.text import edited, literal
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.document import Path


class Node(NamedTuple):
    """A node of the text. Offsets count characters."""

    kind: str
    """`map`, `list`, `text` or `alias`."""
    start: int
    end: int
    line: int
    column: int
    is_flow: bool = False
    text: str = ""
    """The text of a scalar, or the anchor name of an alias."""
    is_plain: bool = False
    """Whether it is a scalar without quotes, which may be a number, true or null."""
    anchor: str | None = None
    keys: tuple[Node, ...] = ()
    items: tuple[Node, ...] = ()

    def child(self, key: str) -> Node | None:
        """Return the value under a key, ignoring merges."""
        return next((v for k, v in zip(self.keys, self.items, strict=True) if k.text == key), None)

    def place(self, file: str, path: Path = ()) -> Place:
        """Return its place, with its key path if that is worth telling."""
        return Place(file, self.line + 1, self.column + 1, path_text(path))

    @property
    def last(self) -> int:
        """The offset after its last character; `end` of a block is after the comments that follow it."""
        return self.items[-1].last if self.items and not self.is_flow else self.end


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


# --- Reading ------------------------------------------------------------------------------------------------


def parse(file: str, text: str) -> list[Node]:
    """Parse all documents of a text.

    Raises:
        InputError: the text is not YAML.

    """
    loader = yaml.CSafeLoader(text)
    try:
        return list(_documents(loader))
    except yaml.MarkedYAMLError as error:
        problem = yaml_problem(file, text, error)
        hint = say("charts and overlays must be rendered first: helm template, kubectl kustomize")
        raise InputError(problem._replace(hint=problem.hint or hint)) from None
    except yaml.reader.ReaderError:
        raise InputError(Problem(say("not readable as YAML"), Place(file))) from None
    finally:
        loader.dispose()


def _documents(loader: yaml.CSafeLoader) -> Iterator[Node]:
    """Yield the documents, built from events, because composed nodes lack the positions of aliases."""
    while not loader.check_event(yaml.StreamEndEvent):
        if isinstance(loader.get_event(), yaml.DocumentStartEvent):
            yield _node(loader, 1)


def _node(loader: yaml.CSafeLoader, depth: int) -> Node:
    event: Any = loader.get_event()
    mark = event.start_mark
    if depth > MAX_DEPTH:
        raise TooDeepError(None, None, None, mark)
    at = (mark.index, event.end_mark.index, mark.line, mark.column)
    if isinstance(event, yaml.AliasEvent):
        return Node("alias", *at, text=str(event.anchor))
    if isinstance(event, yaml.ScalarEvent):
        return Node("text", *at, text=event.value, is_plain=event.implicit[0], anchor=event.anchor)
    children: list[Node] = []
    while not loader.check_event(yaml.MappingEndEvent, yaml.SequenceEndEvent):
        children.append(_node(loader, depth + 1))
    closing: Any = loader.get_event()
    end = closing.end_mark.index
    is_map = isinstance(event, yaml.MappingStartEvent)
    keys, items = (children[::2], children[1::2]) if is_map else ([], children)
    kind = "map" if is_map else "list"
    is_flow = bool(event.flow_style)
    return Node(
        kind, mark.index, end, mark.line, mark.column, is_flow,
        anchor=event.anchor, keys=tuple(keys), items=tuple(items),
    )  # fmt: skip


# --- Writing ------------------------------------------------------------------------------------------------


def splice(file: str, text: str, old: list[Any], new: list[Any]) -> tuple[str, list[tuple[str, ...]]]:
    """Return a text whose documents have new values, and the key paths with additions of each document.

    Args:
        file: the name to show in places.
        text: the text to change.
        old: the values of its documents, from `values_in`.
        new: the wanted values: with more keys in maps, more items at the end of lists, or content for empty values.

    Raises:
        InputError: the additions would require rewriting the text.

    """
    edits: list[_Edit] = []
    paths: list[tuple[str, ...]] = []
    for node, before, after in zip(parse(file, text), old, new, strict=True):
        writer = _Writer(text, file, node)
        edits += writer.edits(node, before, after, ())
        paths.append(tuple(writer.paths))
    if not edits:
        return text, paths
    out = edited(text, edits)
    if not _is(file, out, new):
        hint = say("add it by hand: {paths}", paths="; ".join(path for document in paths for path in document))
        raise InputError(Problem(say("what is missing cannot be added without rewriting this file"), Place(file), hint))
    return out, paths


def _is(file: str, text: str, values: list[Any]) -> bool:
    try:
        return values_in(file, text) == values
    except InputError:
        return False


class _Writer:
    """Edits that turn one value into another, in the style of the text around them."""

    def __init__(self, text: str, file: str, root: Node) -> None:
        self._text = text
        self._file = file
        self._sequence_indent = _sequence_indent(root)
        self._is_json = root.is_flow
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self.paths: list[str] = []

    def edits(self, node: Node, old: Any, new: Any, path: Path) -> Iterator[_Edit]:  # noqa: ANN401 - any values
        """Yield the edits, inner ones first, which is their order if two insert at the same position."""
        if old == new:
            return
        if isinstance(new, dict) and node.items:
            yield from self._map_edits(node, old, new, path)
        elif isinstance(new, list) and node.items:
            for i, item in enumerate(node.items):
                yield from self.edits(item, old[i], new[i], (*path, i))
            if len(new) > len(old):
                self.paths.append(path_text(path))
                yield self._insert(node, new[len(old) :])
        elif node.kind == "alias":
            message = say("this is the alias *{text}, and needs more than its original", text=node.text)
            raise InputError(Problem(message, node.place(self._file, path), say("write the values here instead")))
        else:
            # An empty value: insert at its position, so that a comment after it stays there.
            self.paths.append(path_text(path))
            space = " " if node.start == node.end else ""
            yield _Edit(node.start, node.end, space + self._flow(new))

    def _map_edits(self, node: Node, old: dict[str, Any], new: dict[str, Any], path: Path) -> Iterator[_Edit]:
        added = {}
        for key, value in new.items():
            written = node.child(key)
            if written is not None:
                yield from self.edits(written, old[key], value, (*path, key))
            elif key not in old or old[key] != value:
                # The value comes from a merge key: write it out in full next to the merge, which it overrides.
                added[key] = value
                self.paths.append(path_text((*path, key)))
        if added:
            yield self._insert(node, added)

    def _insert(self, node: Node, value: dict[str, Any] | list[Any]) -> _Edit:
        if node.is_flow:
            at = node.items[-1].end
            return _Edit(at, at, ", " + self._flow(value)[1:-1])
        indent = " " * self._column(node)
        lines = [indent + line for line in block(value, self._sequence_indent)]
        at = node.last
        if self._text[at - 1] == "\n":  # after a block scalar, which includes its last line break
            return _Edit(at, at, "".join(line + self._newline for line in lines))
        end = self._text.find("\n", at)
        at = len(self._text) if end < 0 else end - self._text[:end].endswith("\r")
        return _Edit(at, at, "".join(self._newline + line for line in lines))

    def _flow(self, value: Any) -> str:  # noqa: ANN401 - any value
        return literal(value) if self._is_json else flow(value)

    def _column(self, node: Node) -> int:
        """Return the column of a map's keys or a list's dashes, which may follow an anchor or a tag."""
        if node.kind == "map":
            return node.keys[0].column
        first = node.items[0]
        dash = self._text.rfind("-", 0, first.start)
        return dash - (self._text.rfind("\n", 0, dash) + 1)


def _sequence_indent(root: Node) -> int:
    """Return the indentation of list items relative to their key in this document, 0 or 2. Default: 2."""
    found = _first_sequence_indent(root, 0)
    return 2 if found is None else found


def _first_sequence_indent(node: Node, column: int) -> int | None:
    if node.is_flow:
        return None
    if node.kind == "list":
        return 2 if node.column > column else 0
    pairs = zip(node.keys, node.items, strict=True)
    found = (_first_sequence_indent(item, key.column) for key, item in pairs)
    return next((indent for indent in found if indent is not None), None)
