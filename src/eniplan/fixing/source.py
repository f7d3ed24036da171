"""Writes fixes into the text of a YAML or JSON file, and changes no other byte.

Existing values are replaced where the parser found them, in their own quoting style; `emit.splice` adds missing ones.
The result is parsed again: it must contain the fixes and no other change.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from eniplan.emit.splice import parse, splice
from eniplan.fixing.wish import CannotFixError
from eniplan.k8s.terway import ENI
from eniplan.k8s.values import mapping
from eniplan.plan.document import plain_scalar, value_at, values_in
from eniplan.text import edited, literal
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.emit.splice import Node
    from eniplan.fixing.wish import Wish
    from eniplan.plan.document import Path
    from eniplan.rules.base import Fix

_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
"""The anchor and the tag before a value."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


class _Put(NamedTuple):
    """One change: a new value at a key path, or a new name for its last key."""

    document: int
    path: Path
    value: Any
    is_key: bool = False


def mended(file: str, text: str, wishes: list[Wish]) -> str:
    """Apply fixes to the text of a file.

    Raises:
        CannotFixError: a fix cannot be written without changing something else.
        InputError: the changed text cannot be parsed.

    """
    nodes = parse(file, text)
    values = values_in(file, text)
    puts = []
    for wish in wishes:
        number = max((i for i, node in enumerate(nodes) if node.line < wish.line), default=0)
        puts += list(_puts(number, values[number], wish.fix))
    replaced = [put for put in puts if put.is_key or _is_scalar(value_at(values[put.document], put.path))]
    text = _replace(file, text, nodes, values, replaced)
    added = [put for put in puts if put not in replaced]
    if any(value_at(values[put.document], put.path) for put in added if not isinstance(put.value, list)):
        raise CannotFixError  # for example a template function: its author knows what else depends on it
    if not added:
        return text
    nodes = parse(file, text)
    text = _listed(text, nodes, added)
    old = values_in(file, text)
    return splice(file, text, old, _wished(old, added))[0]


def _puts(document: int, root: Any, fix: Fix) -> Iterator[_Put]:  # noqa: ANN401 - any document
    """Yield the changes of a fix. The form of the document decides how a label or a request is written."""
    there = value_at(root, fix.path)
    if fix.what == "label":
        assert isinstance(fix.value, tuple)  # noqa: S101 - a label is a pair
        yield from _label(document, fix.path, there, *fix.value)
    elif fix.what == "request":
        yield from _request(document, fix.path, fix.value)
    elif fix.what == "value":
        key = _own_key(there, "value")
        yield _Put(document, fix.path if key is None else (*fix.path, key), fix.value)
    else:
        assert isinstance(fix.value, tuple)  # noqa: S101 - see `Wish`
        spelled = str.capitalize if str(fix.path[-1])[:1].isupper() else str  # ROS capitalizes keys
        yield _Put(document, fix.path, [{spelled(key): value for key, value in fix.value}])


def _label(document: int, path: Path, there: object, key: str, value: str) -> Iterator[_Put]:
    if isinstance(there, dict):  # {key, value}, or a requirement of node affinity
        own, values = _own_key(there, "key"), there.get("values")
        if own is None:
            raise CannotFixError
        if there[own] != key:
            yield _Put(document, (*path, own), key)
        if isinstance(values, list):
            yield _Put(document, (*path, "values", 0), value)
            return
        name = _own_key(there, "value") or ("Value" if own == "Key" else "value")
        if there.get(name) != value:
            yield _Put(document, (*path, name), value)
        return
    if not isinstance(there, str):
        raise CannotFixError
    if there != value:
        yield _Put(document, path, value)
    if path[-1] != key:
        yield _Put(document, path, key, is_key=True)


def _own_key(there: object, word: str) -> str | None:
    """Return a key as the map spells it: ROS capitalizes keys."""
    found: dict[Any, Any] = mapping(there)
    return next((key for key in found if isinstance(key, str) and key.lower() == word), None)


def _request(document: int, path: Path, number: object) -> Iterator[_Put]:
    if path[-1] == "eniRequest":
        yield _Put(document, path, number)
        return
    at = path[:-2] if path[-1] == ENI else path
    for key in ("requests", "limits"):
        yield _Put(document, (*at, key, ENI), number)


def _is_scalar(value: object) -> bool:
    return value is not None and not isinstance(value, (dict, list))


# --- Replacing ----------------------------------------------------------------------------------------------


def _replace(file: str, text: str, nodes: list[Node], values: list[Any], puts: list[_Put]) -> str:
    if not puts:
        return text
    edits = {}
    for put in puts:
        node = _Finder(nodes[put.document]).find(put)
        edits[node.start, node.end] = _written(text[node.start : node.end], put.value, nodes[put.document])
    changed = edited(text, ((*span, new) for span, new in edits.items()))
    # A change of an anchor also changes its aliases: fixes must want those changes, too.
    if values_in(file, changed) != _wished(values, puts):
        raise CannotFixError
    return changed


def _written(old: str, value: object, root: Node) -> str:
    """Return a scalar in the quoting style of the old one.

    Raises:
        CannotFixError: the old scalar is a block scalar or a Terraform template.

    """
    start = _PROPERTIES.match(old)
    properties = start[0] if start is not None else ""
    quote = old[len(properties) : len(properties) + 1]
    spelled = str(value)
    if quote in {"|", ">", ""} or "${" in old or "%{" in old:
        raise CannotFixError
    if quote == '"' or (root.is_flow and isinstance(value, str) and quote != "'"):
        return properties + literal(spelled)
    if quote == "'":
        return properties + "'" + spelled.replace("'", "''") + "'"
    is_plain = _PLAIN.fullmatch(spelled) is not None and plain_scalar(spelled) == value
    return properties + (spelled if is_plain else literal(spelled))


def _listed(text: str, nodes: list[Node], puts: list[_Put]) -> str:
    """Wrap each map that gets a second item in a list: Terraform's JSON writes a single block without brackets."""
    found = (_Finder(nodes[put.document]).value(put.path) for put in puts if isinstance(put.value, list))
    maps = {(node.start, node.end) for node in found if node is not None and node.kind == "map" and node.child("key")}
    for start, end in sorted(maps, reverse=True):
        text = f"{text[:start]}[{text[start:end]}]{text[end:]}"
    return text


class _Finder:
    """Finds nodes of one document by key path, through aliases and merges."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._anchors: dict[str, Node] | None = None

    def find(self, put: _Put) -> Node:
        """Return the node to replace: the last key, or its value.

        Raises:
            CannotFixError: the document has no scalar there.

        """
        node = self._root
        for step in put.path[:-1]:
            node = self._child(node, step)[1]
        found = self._child(node, put.path[-1])[0 if put.is_key else 1]
        if found.kind != "text":
            raise CannotFixError
        return found

    def value(self, path: Path) -> Node | None:
        """Return the value at a path, or None."""
        node: Node | None = self._root
        for step in path:
            found = None if node is None else self._maybe(node, step)
            node = None if found is None else found[1]
        return node

    def _child(self, node: Node, step: str | int) -> tuple[Node, Node]:
        found = self._maybe(node, step)
        if found is None:
            raise CannotFixError
        return found

    def _maybe(self, node: Node, step: str | int) -> tuple[Node, Node] | None:
        if isinstance(step, int):
            item = self._true(node.items[step])
            return item, item
        merged = []
        for key, item in zip(node.keys, node.items, strict=node.kind == "map"):
            if key.text == step:
                return key, self._true(item)
            if key.text == "<<" and key.is_plain:
                part = self._true(item)
                merged += list(map(self._true, part.items)) if part.kind == "list" else [part]
        return next((found for part in merged if (found := self._maybe(part, step)) is not None), None)

    def _true(self, node: Node) -> Node:
        """Return the node that an alias stands for."""
        if node.kind != "alias":
            return node
        if self._anchors is None:
            self._anchors = dict(_anchored(self._root))
        return self._anchors[node.text]


def _anchored(node: Node) -> Iterator[tuple[str, Node]]:
    if node.anchor is not None:
        yield node.anchor, node
    for inner in (*node.keys, *node.items):
        yield from _anchored(inner)


def _wished(values: list[Any], puts: list[_Put]) -> list[Any]:
    """Return the values of all documents after the changes."""
    wished = copy.deepcopy(values)
    for put in sorted(puts, key=lambda put: put.is_key):  # values first: their paths contain the old keys
        _put(wished[put.document], put)
    return wished


def _put(value: Any, put: _Put) -> None:  # noqa: ANN401 - any document
    *parents, last = put.path
    for step in parents:
        if isinstance(value, dict) and value.get(step) is None:
            value[step] = {}
        value = value[step]
    if put.is_key:
        if put.value in value:
            raise CannotFixError
        value[put.value] = value.pop(last)
    elif isinstance(put.value, list):
        value[last] = [*(value.get(last) or ()), *put.value]
    else:
        value[last] = put.value
