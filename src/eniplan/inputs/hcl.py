"""Terraform's own language, as far as its values are literal: the only module that imports python-hcl2.

The library's syntax tree has the line and column of every token; its values have none, so they are made here, from the
tree. Anything that Terraform would have to evaluate (variables, functions, templates, dynamic blocks) is `NotKnown`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.emit.terraform import RESOURCE
from eniplan.errors import InputError, Place, Problem
from eniplan.inputs.places import NotKnown
from eniplan.plan.document import Document, decode
from eniplan.plan.load import HCL_ENDINGS
from eniplan.plan.model import EXCLUSIVE_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Token, Tree

    from eniplan.plan.document import Path, Value

_RESOURCE = re.compile(
    rb'^(?:\xef\xbb\xbf)?[ \t]*resource[ \t]+"?' + RESOURCE.encode() + rb'"?[ \t]+"?[\w-]+"?[ \t]*\{', re.MULTILINE
)
"""How the resource begins in HCL, wherever the text comes from."""
_MODULE = re.compile(rb'^[ \t]*module[ \t]+"?[\w-]+"?[ \t]*\{', re.MULTILINE)
_BY_MODULE = NotKnown("a module makes its pools; give the plan, from `terraform show -json plan.out`")
_SHOWN = 40
"""Characters of an expression that a message shows."""


class _Node(NamedTuple):
    """Where a value stands, and what is inside."""

    place: tuple[int, int]
    key: tuple[int, int]
    inner: dict[str | int, _Node]
    spelling: str | None = None
    """Of a literal: its text in the file."""


class _HclTree:
    def __init__(self, root: _Node) -> None:
        self._root = root

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        node = self._walk(path)
        return node.key if key else node.place

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        return self._walk(path).spelling

    def _walk(self, path: Path) -> _Node:
        node = self._root
        for step in path:
            if step not in node.inner:
                break
            node = node.inner[step]
        return node


def is_worth(path: str, data: bytes) -> bool:
    """Return whether a text is HCL with a node pool, or with a module that is given the exclusive label."""
    if data.lstrip()[:1] in (b"{", b"["):
        return False
    by_module = path.endswith(HCL_ENDINGS) and EXCLUSIVE_LABEL.encode() in data and _MODULE.search(data)
    return bool(by_module or _RESOURCE.search(data))


def read_hcl(file: str, data: bytes) -> Document:
    """Return the node pools of a `.tf` file: a map of addresses to arguments, blocks being lists of maps.

    Raises:
        InputError: the text is no UTF-8 or no HCL.

    """
    # The import takes 80 ms, and the first run of an installation builds the parser's tables in 1.5 s.
    import hcl2  # noqa: PLC0415 - only files with HCL need it
    from lark.exceptions import LarkError, UnexpectedInput  # noqa: PLC0415 - what python-hcl2 raises

    text = decode(file, data)
    try:
        tree = hcl2.parses_to_tree(text)
        value, node = _pools(text, tree)
    except UnexpectedInput as error:
        place = Place(file, max(error.line, 0), max(error.column, 0)) if error.line > 0 else Place(file)
        raise InputError(Problem("not valid HCL: this is not expected here", place, _FMT)) from None
    except (LarkError, RecursionError):
        raise InputError(Problem("not valid HCL", Place(file), _FMT)) from None
    return Document(file, value, _HclTree(node))


def nothing(file: str) -> Document:
    """Return a file of HCL without any node pool."""
    return Document(file, {}, _HclTree(_Node((1, 1), (1, 1), {})))


_FMT = "if `terraform validate` takes it, check its plan instead: `terraform show -json plan.out`"


def _pools(text: str, tree: Tree[Token]) -> tuple[dict[str, Value], _Node]:
    values: dict[str, Value] = {}
    root = _Node((1, 1), (1, 1), {})
    (body,) = tree.find_data("body") if not tree.children else (tree.children[0],)
    for block in _children(body, "block"):
        names = [_name(child) for child in block.children if _kind(child) in ("identifier", "string")]
        if names[:2] == ["resource", RESOURCE] and len(names) == 3:  # noqa: PLR2004 - resource, type, name
            address = f"{RESOURCE}.{names[2]}"
            values[address], root.inner[address] = _body(text, block)
        elif names[:1] == ["module"] and EXCLUSIVE_LABEL in text[block.meta.start_pos : block.meta.end_pos]:
            address = ".".join(names)
            values[address], root.inner[address] = {"labels": _BY_MODULE}, _Node(_at(block), _at(block), {})
    return values, root


def _kind(node: Tree[Token] | Token) -> str:
    return str(getattr(node, "data", ""))


def _children(tree: Any, kind: str) -> Iterator[Any]:  # noqa: ANN401 - lark's trees hold trees and tokens
    return (child for child in tree.children if _kind(child) == kind)


def _name(node: Any) -> str:  # noqa: ANN401 - see _children
    """Return the text of an identifier or of a label in quotes."""
    return "".join(str(token) for token in node.scan_values(lambda token: token.type != "DBLQUOTE"))


def _at(node: Any) -> tuple[int, int]:  # noqa: ANN401 - see _children
    return node.meta.line, node.meta.column


def _body(text: str, block: Any) -> tuple[dict[str, Any], _Node]:  # noqa: ANN401 - see _children
    """Return what a block holds. A block inside it that Terraform computes is one item that is not known."""
    values: dict[str, Any] = {}
    node = _Node(_at(block), _at(block), {})
    (body,) = _children(block, "body")
    for child in body.children:
        if _kind(child) == "attribute":
            key, expression = child.children[0], child.children[-1]
            value, inner = _value(text, expression)
            values[_name(key)] = value
            node.inner[_name(key)] = inner._replace(key=_at(key))
        elif _kind(child) == "block":
            names = [_name(part) for part in child.children if _kind(part) in ("identifier", "string")]
            if names[0] == "dynamic" and len(names) > 1:
                name = names[1]
                item, inner = _dynamic(text, child, name)
            else:
                name = names[0]
                item, inner = _body(text, child)
            items = values.setdefault(name, [])
            if isinstance(items, list):
                outer = node.inner.setdefault(name, _Node(inner.place, inner.key, {}))
                outer.inner[len(items)] = inner
                items.append(item)
    return values, node


def _dynamic(text: str, block: Any, name: str) -> tuple[Any, _Node]:  # noqa: ANN401 - see _children
    """Return one of the blocks that Terraform makes of a dynamic one: how many there will be is not known.

    Of labels one is enough: a module that can give the exclusive label is judged as one that does.
    """
    if name == "labels":
        values, node = _body(text, block)
        contents = values.get("content")
        if isinstance(contents, list) and isinstance(contents[0], dict) and "key" in contents[0]:
            return contents[0], node.inner["content"].inner[0]
    return NotKnown("a dynamic block"), _Node(_at(block), _at(block), {})


def _value(text: str, node: Any) -> tuple[Any, _Node]:  # noqa: ANN401 - see _children
    """Return the value of an expression, `NotKnown` when it is no literal."""
    place = _Node(_at(node), _at(node), {})
    kind = _kind(node)
    if kind == "expr_term":
        inner = [child for child in node.children if _kind(child) not in ("", "new_line_or_comment")]
        if len(inner) == 1:
            return _value(text, inner[0])
    elif kind in _LITERALS:
        found = _LITERALS[kind](node)
        if found is not _NONE:
            return found, place._replace(spelling=text[node.meta.start_pos : node.meta.end_pos])
    elif kind == "tuple":
        items = [_value(text, child) for child in node.children if _kind(child) not in ("", "new_line_or_comment")]
        place.inner.update({i: inner for i, (_, inner) in enumerate(items)})
        return [value for value, _ in items], place
    elif kind == "object":
        out = {}
        for element in _children(node, "object_elem"):
            key = _name(element.children[0]).strip()
            out[key], place.inner[key] = _value(text, element.children[-1])
        return out, place
    source = " ".join(text[node.meta.start_pos : node.meta.end_pos].split())
    return NotKnown("no literal: " + (source if len(source) <= _SHOWN else source[: _SHOWN - 3] + "...")), place


_NONE: Any = object()
"""Of a node that is no literal after all."""


def _string(node: Any) -> Any:  # noqa: ANN401 - see _children
    out = ""
    for part in _children(node, "string_part"):
        (token,) = part.children
        kind = getattr(token, "type", "")
        if kind == "STRING_CHARS":
            out += re.sub(_ESCAPE, _unescaped, token)
        elif kind in ("ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE"):
            out += token[1:]  # $${ and %%{ stand for one sign
        else:
            return _NONE
    return out


_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code is None:
        return _ESCAPES.get(found[3], found[3])
    number = int(code, 16)
    is_character = number <= 0x10FFFF and not 0xD800 <= number < 0xE000  # noqa: PLR2004 - Unicode's own limits
    return chr(number) if is_character else "\ufffd"


def _number(node: Any) -> Any:  # noqa: ANN401 - see _children
    text = _name(node)
    number = float(text)
    return int(text) if re.fullmatch(r"-?[0-9]{1,300}", text) else number if abs(number) != float("inf") else _NONE


def _constant(node: Any) -> Any:  # noqa: ANN401 - see _children
    return {"true": True, "false": False, "null": None}[_name(node)]


_LITERALS = {
    "string": _string, "int_lit": _number, "float_lit": _number, "literal_value": _constant,
}  # fmt: skip
