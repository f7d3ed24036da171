"""Writes fixes into the text of a `.tf` file: replaces literals of a resource, and adds a `taints` block.

Only string literals in the resource itself are changed. Variables, dynamic blocks and override files are left to their
author, who knows what else depends on them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eniplan.fixing.wish import CannotFixError
from eniplan.inputs.hcl.nodes import Literal, entry
from eniplan.inputs.hcl.parse import Text
from eniplan.text import edited
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.fixing.wish import Wish
    from eniplan.inputs.hcl.nodes import Expression
    from eniplan.inputs.hcl.parse import Block
    from eniplan.plan.document import Path


class _Edit(NamedTuple):
    """A replacement of bytes; offsets count bytes."""

    start: int
    end: int
    new: bytes


def mended(file: str, text: str, wishes: list[Wish], first: int = 1) -> str:
    """Apply fixes to the text of a file.

    Args:
        file: the name of the file.
        text: the content of the file.
        wishes: the fixes; each path begins with the line of its resource.
        first: the 1-based line at which the text begins, if it is embedded in another file.

    Raises:
        CannotFixError: a fix cannot be written.

    """
    source = Text(file, text, (first, 1))
    blocks = {source.place(block.start)[0]: block for part in source.parts for block in part.blocks}
    edits = {edit for wish in wishes for edit in _edits(source, _resource(blocks, wish.fix.path), wish)}
    return edited(source.data, sorted(edits)).decode()


def _resource(blocks: dict[int, Block], path: Path) -> Block:
    line = path[0]
    if not isinstance(line, int) or line not in blocks:
        raise CannotFixError
    return blocks[line]


def _edits(source: Text, block: Block, wish: Wish) -> Iterator[_Edit]:
    value, path = wish.fix.value, wish.fix.path[1:]
    if wish.fix.what == "label" and isinstance(value, tuple):
        for name, wanted in zip(("key", "value"), value, strict=True):
            yield from _word(source, _at(block, (*path, name)), wanted)
    elif wish.fix.what == "value":
        inner = (*path, "value") if path[0] == "labels" else path
        yield from _word(source, _at(block, inner), value)
    elif wish.fix.what == "item" and isinstance(value, tuple) and path == ("taints",):
        yield _taint(source, block, dict(value))
    else:
        raise CannotFixError


def _word(source: Text, node: Expression | None, wanted: object) -> Iterator[_Edit]:
    if not isinstance(node, Literal) or source.data[node.start : node.start + 1] != b'"':
        raise CannotFixError
    if node.value != wanted:
        yield _Edit(node.start, node.end, json.dumps(wanted).encode())


def _at(block: Block, path: Path) -> Expression | None:
    """Return the expression at a path of a block; None if the block does not contain it literally."""
    step, *rest = path
    if step in block.attributes:
        return _inside(block.attributes[str(step)].expression, rest)
    _refuse_dynamic(block, str(step))
    inner = [found for found in block.blocks if found.kind == step]
    if not rest or not isinstance(rest[0], int) or rest[0] >= len(inner):
        return None
    return _at(inner[rest[0]], tuple(rest[1:])) if rest[1:] else None


def _inside(node: Expression, path: list[Any]) -> Expression | None:
    for step in path:
        found = entry(node, step)
        if found is None:
            return None
        node = found[1]
    return node


def _refuse_dynamic(block: Block, name: str) -> None:
    if any(inner.kind == "dynamic" and inner.labels[:1] == (name,) for inner in block.blocks):
        raise CannotFixError


def _taint(source: Text, block: Block, taint: dict[str, str]) -> _Edit:
    """Add a `taints` block after the existing taints, after the labels, or at the end."""
    _refuse_dynamic(block, "taints")
    data = source.data
    opening = data.find(b"\n", block.start, block.end)
    before = [inner for kind in ("labels", "taints") for inner in block.blocks if inner.kind == kind]
    if "taints" in block.attributes or opening < 0 or (before and before[-1].text is not source):
        raise CannotFixError
    if before:
        start = before[-1].start
        line = data.rfind(b"\n", 0, start) + 1
        at = data.find(b"\n", before[-1].end)
        if data[line:start].strip() or at < 0 or at > block.end:
            raise CannotFixError
        indent = data[line:start]
    else:
        at = data.rfind(b"\n", 0, block.end - 1)
        first = data[opening + 1 :]
        indent = first[: len(first) - len(first.lstrip(b" \t"))]
        if data[at : block.end - 1].strip():
            raise CannotFixError
    end = b"\r\n" if data[opening - 1 : opening] == b"\r" else b"\n"
    at -= len(end) - 1
    width = max(map(len, taint))
    lines = [f"  {key:<{width}} = {json.dumps(value)}".encode() for key, value in taint.items()]
    new = b"".join(end + indent + line for line in (b"taints {", *lines, b"}"))
    return _Edit(at, at, end + new)
