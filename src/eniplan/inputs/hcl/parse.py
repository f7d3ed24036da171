"""Parses `.tf` files into blocks and expressions. Only this module imports tree-sitter.

The parser is tolerant: it reports syntax errors with their places, and reads the rest of the file. A file is split into
its top-level blocks first, so that only needed blocks are parsed, and a syntax error affects only its own block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, cached_property
from sys import intern
from typing import TYPE_CHECKING, Any, ClassVar

from eniplan.bounds import MAX_DIGITS
from eniplan.inputs.hcl.nodes import (
    Call,
    Choice,
    Entries,
    For,
    Index,
    Items,
    Literal,
    Member,
    Name,
    Operation,
    Splat,
    Template,
    TemplateFor,
    TemplateIf,
    Unread,
)
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node, Parser

    from eniplan.inputs.hcl.nodes import Expression
    from eniplan.messages import Message
    from eniplan.plan.document import Path

MAX_DEPTH = 100
"""Maximum depth of nested brackets and operators; real files have a handful."""
_KINDS = b"resource|data|ephemeral|module|variable|locals|output|provider|terraform|moved|import|removed|check"
_HEAD = re.compile(rb"^([ \t]*)(" + _KINDS + rb')((?:[ \t]+(?:"[^"\n]*"|[\w-]+))*)[ \t]*\{', re.MULTILINE)
"""The beginning of a top-level block."""
_LABEL = re.compile(rb'"([^"\n]*)"|([\w-]+)')
_HEREDOC = rb"(?ms)<<-?(\w+)[ \t]*\r?\n.*?^[ \t]*\1[ \t]*\r?$"
_SIMPLE = re.compile(rb'"([^"\\$%%\n]*)"|([0-9]{1,%d})|(true)|(false)|(null)' % MAX_DIGITS)
"""Most expressions, which need no syntax tree."""
_SIMPLE_LIST = re.compile(rb'\[\s*(?:"[^"\\$%\n]*"\s*(?:,\s*"[^"\\$%\n]*"\s*)*,?\s*)?\]')
_NUMBER = r"([0-9]+)(?:\.[0-9]+)?(?:[eE]([+-]?[0-9]{1,9}))?"
_EXPONENT = rb"(?<![\w.])[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+(?!\w)"
_CONSTANTS = {"true": True, "false": False, "null": None}
_ESCAPE = r"(?s)\$\$\{|%%\{|\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))"
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_UNDOUBLED = r"\$\$\{|%%\{"
_NAMES = ("identifier", "string_lit")
_COMPUTED = ("template_interpolation", "template_directive")
_WRAPPERS = ("expression", "collection_value", "for_expr", "operation", "template_expr")
_BRACKETS = ("(", ")")
_IGNORED = ("comment", "strip_marker")


def _simple(found: re.Match[bytes]) -> Any:  # noqa: ANN401 - any value
    if found[1] is not None:
        return found[1].decode(errors="replace")
    return int(found[2]) if found[2] else True if found[3] else False if found[4] else None


class Attribute:
    """`name = expression`. Reads the expression on first use, because most are never needed."""

    def __init__(self, text: Text, base: int, name: Node, value: Node) -> None:
        """Store the places of the nodes; `base` is the offset in the file of the parsed text."""
        self.text = text
        self.start = base + name.start_byte
        self.name = text.at(self.start, base + name.end_byte)
        # Offsets, because a node keeps its whole tree in memory, which is a hundred times the size of its text.
        self._at = base + value.start_byte, base + value.end_byte

    @cached_property
    def expression(self) -> Expression:
        """The expression."""
        start, end = self._at
        data = self.text.data
        simple = _SIMPLE.fullmatch(data, start, end)
        if simple is not None:
            return Literal(start, end, _simple(simple))
        if _SIMPLE_LIST.fullmatch(data, start, end):
            found = _SIMPLE.finditer(data, start, end)
            return Items(start, end, tuple(Literal(*item.span(), _simple(item)) for item in found))
        # Parse the text again: few attributes come here, and few of these are long.
        root = _tree(_ASSIGNED + data[start:end] + b"\n")
        value = root.children[0].children[0].children[-1]
        return _Reader(self.text, start - len(_ASSIGNED)).expression(value, 0)


class Block(NamedTuple):
    """A block, with its attributes and nested blocks."""

    text: Text
    files: tuple[str, ...]
    """The files that define it: several with override files."""
    start: int
    end: int
    kind: str
    labels: tuple[str, ...]
    attributes: dict[str, Attribute]
    """Its attributes, by name."""
    blocks: list[Block]
    """Its nested blocks, in order."""


def _block(text: Text, base: int, node: Node) -> Block:
    """Read the node of a block; `base` is the offset in the file of the parsed text."""
    names = [child for child in node.children if child.type in _NAMES]
    words = [text.at(base + name.start_byte, base + name.end_byte).strip('"') for name in names]
    kind, *labels = words or [""]
    start, end = base + node.start_byte, base + node.end_byte
    block = Block(text, (text.file,), start, end, kind, tuple(labels), {}, [])
    for body in node.children:
        if body.type == "body":
            _take(text, base, body, block.attributes, block.blocks)
    return block


def overlaid(block: Block, over: Block) -> Block:
    """Return a block with another one merged over it, like an override file: by argument, and by kind of block.

    Of nested blocks, Terraform merges the arguments only of `lifecycle`.
    """
    gone = {called(inner) for inner in over.blocks}
    merged = next((inner for inner in block.blocks if inner.kind == "lifecycle"), None)
    blocks = [inner for inner in block.blocks if called(inner) not in gone]
    blocks += (overlaid(merged, new) if merged and new.kind == "lifecycle" else new for new in over.blocks)
    attributes = {**block.attributes, **over.attributes}
    return block._replace(files=(*block.files, *over.files), attributes=attributes, blocks=blocks)


def called(block: Block) -> str:
    """Return the kind of the blocks that a block is or, if it is dynamic, creates."""
    return block.labels[0] if block.kind == "dynamic" and block.labels else block.kind


def _take(text: Text, base: int, body: Node, attributes: dict[str, Attribute], blocks: list[Block]) -> None:
    for node in body.children:
        kind = node.type
        if kind == "attribute":
            parts = node.children
            attribute = Attribute(text, base, parts[0], parts[-1])
            attributes.setdefault(attribute.name, attribute)
        elif kind == "block":
            blocks.append(_block(text, base, node))


class Part:
    """A part of a file that is parsed on first use: usually one top-level block.

    A large repository has hundreds of thousands of parts, and most are never read: keep them small.
    """

    __slots__ = ("_made", "end", "kind", "labels", "start", "text")

    def __init__(self, text: Text, start: int, end: int, kind: str = "", labels: tuple[str, ...] = ()) -> None:
        """Store its place, and the kind and labels of its block. Without a kind it may contain anything."""
        self.text = text
        self.start = start
        self.end = end
        self.kind = kind
        self.labels = labels
        self._made: tuple[dict[str, Attribute], list[Block], int | None] | None = None

    @property
    def _read(self) -> tuple[dict[str, Attribute], list[Block], int | None]:
        if self._made is None:
            self._made = self._parsed()
        return self._made

    def _parsed(self) -> tuple[dict[str, Attribute], list[Block], int | None]:
        root = _tree(self.text.data[self.start : self.end])
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for body in root.children:
            if body.type == "body":
                _take(self.text, self.start, body, attributes, blocks)
        found = _fault(root)
        return attributes, blocks, None if found is None else self.start + found.start_byte

    @property
    def attributes(self) -> dict[str, Attribute]:
        """Its attributes outside blocks, as in a `.tfvars` file."""
        return self._read[0]

    @property
    def blocks(self) -> list[Block]:
        """Its blocks."""
        return self._read[1]

    @property
    def fault(self) -> int | None:
        """The offset of the first syntax error, or None."""
        return self._read[2]

    def first_fault(self) -> int | None:
        """Return `fault` without keeping the result, for parts that are not needed otherwise."""
        if self._made is not None:
            return self.fault
        found = _fault(_tree(self.text.data[self.start : self.end]))
        return None if found is None else self.start + found.start_byte


def _tree(data: bytes) -> Node:
    root = _parser().parse(data).root_node
    if root.has_error and re.search(_EXPONENT, data):
        # The grammar does not support exponents. It only yields the structure, so digits of the same length will do.
        root = _parser().parse(re.sub(_EXPONENT, lambda found: b"1" * len(found[0]), data)).root_node
    return root


_ASSIGNED = b"x = "
"""Turns an expression into an attribute, because the grammar cannot parse a bare expression."""


def _fault(node: Node) -> Node | None:
    """Return the first and innermost node with a syntax error."""
    while node.has_error:
        inner = next((child for child in node.children if child.has_error or child.is_missing), None)
        if inner is None or node.is_missing:
            return node
        node = inner
    return node if node.is_missing else None


class Text:
    """The text of a file, and the places in it."""

    def __init__(self, file: str, text: str, first: tuple[int, int] = (1, 1)) -> None:
        """Store the text, and the line and column at which it begins, if it is embedded in another file."""
        self.file = file
        self.data = text.encode(errors="replace")  # JSON and command lines may contain lone surrogates
        self._first = first

    def place(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column, in characters, of an offset in bytes."""
        line = bisect_right(self._lines, offset) - 1
        column = len(self.data[self._lines[line] : offset].decode(errors="replace"))
        return line + self._first[0], column + self._first[1]

    def at(self, start: int, end: int) -> str:
        """Return the text between two offsets in bytes."""
        return self.data[start:end].decode(errors="replace")

    def written(self, block: Block, path: Path) -> Path | None:
        """Return where a fix can change the value at a path of a block: the line of the block, and the path in it."""
        return self.place(block.start)[0], *path

    def broken(self, part: Part) -> Message:
        """Return the message for a part with a syntax error."""
        del part
        return say("not valid HCL: this is not expected here")

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer(b"\n", self.data))]

    @cached_property
    def whole(self) -> Part:
        """The whole file as one part."""
        return Part(self, 0, len(self.data))

    @cached_property
    def parts(self) -> list[Part]:
        """The top-level blocks of the file."""
        heads = [head for head in _HEAD.finditer(self.data) if not self._in_heredoc(head.start())]
        before = self.data[: heads[0].start()] if heads else self.data
        is_plain = b"/*" not in self.data and not any(head[1] for head in heads) and not _says_more(before)
        if not is_plain and self.whole.fault is None:
            return [self.whole]
        ends = [*(head.start() for head in heads[1:]), len(self.data)]
        cut = [
            Part(self, head.start(), end, intern(head[2].decode()), tuple(map(intern, self._labels(head[3]))))
            for head, end in zip(heads, ends, strict=False)
        ]
        return [Part(self, 0, len(before)), *cut] if _says_more(before) else cut

    def _labels(self, labels: bytes) -> Iterator[str]:
        return ((quoted or bare).decode(errors="replace") for quoted, bare in _LABEL.findall(labels))

    @cached_property
    def _heredocs(self) -> list[tuple[int, int]]:
        return [found.span() for found in re.finditer(_HEREDOC, self.data)] if b"<<" in self.data else []

    def _in_heredoc(self, offset: int) -> bool:
        at = bisect_right(self._heredocs, (offset, offset)) - 1
        return at >= 0 and offset < self._heredocs[at][1]


def _says_more(data: bytes) -> bool:
    """Return whether there is anything but comments."""
    lines = (line.strip() for line in data.splitlines())
    return any(line and not line.startswith((b"#", b"//")) for line in lines)


def template(text: str) -> Expression:
    """Parse a text that may contain `${ }` and `%{ }`, such as a template file or a text in JSON."""
    if "${" not in text and "%{" not in text:
        return Literal(0, 0, text)
    mark = "END"
    while mark in text:
        mark += "D"
    source = Text("", f"x = <<{mark}\n{text}\n{mark}\n")
    attribute = None if "\r" in text or source.whole.fault is not None else source.whole.attributes.get("x")
    found = None if attribute is None else attribute.expression
    if not isinstance(found, Template):
        return Unread(0, 0, say("a template that is not read"))
    parts = found.parts
    if parts and isinstance(parts[-1], str):  # the final newline belongs to the heredoc
        last = parts[-1].removesuffix("\n")
        parts = (*parts[:-1], last) if last else parts[:-1]
    return Template(0, 0, parts, unwraps=False)


@cache
def _parser() -> Parser:
    import tree_sitter_hcl  # noqa: PLC0415 - only files with HCL need it
    from tree_sitter import Language, Parser  # noqa: PLC0415 - the same

    return Parser(Language(tree_sitter_hcl.language()))


# --- Expressions --------------------------------------------------------------------------------------------------


class _Reader:
    """Turns the syntax nodes of one parsed text into expressions."""

    def __init__(self, text: Text, base: int) -> None:
        self._text = text
        self._base = base

    def _span(self, node: Node) -> tuple[int, int]:
        return self._base + node.start_byte, self._base + node.end_byte

    def _words(self, node: Node) -> str:
        return self._text.at(*self._span(node))

    def expression(self, node: Node, depth: int) -> Expression:
        """Return the expression of a node, without its wrapper nodes."""
        span = self._span(node)
        if depth > MAX_DEPTH:
            return Unread(*span, say("nested deeper than {n} levels", n=MAX_DEPTH))
        if node.is_error or node.is_missing:
            return Unread(*span, say("not valid HCL"))
        make = self._makers.get(node.type)
        if make is not None:
            return make(self, node, depth + 1)
        if node.type in _WRAPPERS and node.children:
            return self._group(node.children, depth + 1)
        return Unread(*span, say("not read"))

    def _group(self, nodes: list[Node], depth: int) -> Expression:
        """Return a value, which may be in parentheses, with the steps after it."""
        nodes = [node for node in nodes if node.type != "comment"]
        has_brackets = nodes[0].type == "(" and len(nodes) > 1
        found = self.expression(nodes[1 if has_brackets else 0], depth)
        for step in nodes[3:] if has_brackets else nodes[1:]:
            depth += 1
            if depth > MAX_DEPTH:
                return Unread(found.start, self._span(step)[1], say("nested deeper than {n} levels", n=MAX_DEPTH))
            found = self._step(found, step, depth)
        return found

    def _literal(self, node: Node, _depth: int) -> Expression:
        inner = _meaningful(node)
        if inner and inner[0].type == "string_lit":
            return self._string(inner[0])
        start, end = self._span(node)
        words = self._words(node)
        constant = _CONSTANTS.get(words, words)
        if constant is not words:
            return Literal(start, end, constant)
        found = number(words)
        return (
            Unread(start, end, say("{number} is too large", number=words[:40]))
            if found is None
            else Literal(start, end, found)
        )

    def _string(self, node: Node, _depth: int = 0) -> Expression:
        start, end = self._span(node)
        return Literal(start, end, _unescaped(self._text.at(start + 1, end - 1)))

    def _variable(self, node: Node, _depth: int) -> Expression:
        return Name(*self._span(node), self._words(node))

    # --- Templates ---

    def _quoted(self, node: Node, depth: int) -> Expression:
        start, end = self._span(node)
        inner = [child for child in node.children if child.type in _COMPUTED]
        parts = self._parts(inner, start + 1, end - 1, _unescaped, depth)
        only = len(inner) == 1 and inner[0].type == "template_interpolation" and len(parts) == 1
        return Template(start, end, tuple(parts), only)

    def _heredoc(self, node: Node, depth: int) -> Expression:
        start, end = self._span(node)
        data = self._text.data
        first = data.find(b"\n", start, end) + 1
        last = data.rfind(b"\n", start, end) + 1
        inner = [child for child in node.children if child.type in _COMPUTED]
        ranges = [self._span(child) for child in inner]  # their lines do not count for indentation
        cut = _indent(data, first, last, ranges) if data.startswith(b"<<-", start) else 0
        parts = self._parts(inner, first, last, _undoubled, depth, cut)
        return Template(start, end, tuple(parts), unwraps=False)

    def _parts(  # noqa: PLR0913, PLR0917 - a range, its nodes, and how to read its text
        self, inner: list[Node], start: int, end: int, read: Callable[[str], str], depth: int, cut: int = 0
    ) -> list[str | Expression]:
        """Return the text and expressions between two offsets. Reads text from the file: the parser drops blanks."""
        out: list[str | Expression] = []
        at, trims = start, False
        for node in [*inner, None]:
            begins, ends = self._span(node) if node is not None else (end, end)
            text = _flushed(self._text.data, at, begins, cut)
            text = text.lstrip() if trims else text
            is_trimmed, trims = self._trims(node) if node is not None else (False, False)
            text = text.rstrip() if is_trimmed else text
            if text:
                out.append(read(text))
            if node is not None:
                out.append(self._computed(node, read, depth, cut))
            at = ends
        return out

    def _trims(self, node: Node) -> tuple[bool, bool]:
        """Return whether a part of a template strips the blanks before and after it (`~`)."""
        first, last = node, node
        while first.type in ("template_directive", "template_if", "template_for"):
            first = first.children[0]
        while last.type in ("template_directive", "template_if", "template_for"):
            last = last.children[-1]
        data = self._text.data
        start, end = self._span(first)[0], self._span(last)[1]
        return data[start + 2 : start + 3] == b"~", data[end - 2 : end - 1] == b"~"

    def _computed(self, node: Node, read: Callable[[str], str], depth: int, cut: int) -> Expression:
        start, end = self._span(node)
        if node.type == "template_interpolation":
            inner = _of_type(node, "expression")
            return self.expression(inner[0], depth + 1) if inner else Unread(start, end, say("not read"))
        (directive,) = node.children[:1]
        children = directive.children
        if directive.type == "template_for" and len(children) > 1:
            intro, *_, close = children
            (key, value), source = self._intro(intro, depth + 1)
            body = self._segment(children, intro, close, read, depth, cut)
            return TemplateFor(start, end, key, value, source, body)
        if directive.type == "template_if" and len(children) > 1:
            intro, *_, close = children
            otherwise = next(iter(_of_type(directive, "template_else_intro")), None)
            condition = self.expression(_of_type(intro, "expression")[0], depth + 1)
            yes = self._segment(children, intro, otherwise or close, read, depth, cut)
            no = Template(end, end, (), unwraps=False)
            if otherwise is not None:
                no = self._segment(children, otherwise, close, read, depth, cut)
            return TemplateIf(start, end, condition, yes, no)
        return Unread(start, end, say("not read"))

    def _segment(  # noqa: PLR0913, PLR0917 - as for `_parts`
        self, children: list[Node], after: Node, before: Node, read: Callable[[str], str], depth: int, cut: int
    ) -> Template:
        """Return the template between two marks of a directive."""
        start, end = self._span(after)[1], self._span(before)[0]
        inner = [
            child
            for child in children
            if child.type in _COMPUTED and after.end_byte <= child.start_byte and child.end_byte <= before.start_byte
        ]
        parts = self._parts(inner, start, end, read, depth + 1, cut)
        if parts and isinstance(parts[0], str) and self._trims(after)[1]:
            parts[0] = parts[0].lstrip()
        if parts and isinstance(parts[-1], str) and self._trims(before)[0]:
            parts[-1] = parts[-1].rstrip()
        return Template(start, end, tuple(parts), unwraps=False)

    # --- Collections ---

    def _items(self, node: Node, depth: int) -> Expression:
        items = tuple(self.expression(child, depth) for child in _of_type(node, "expression"))
        return Items(*self._span(node), items)

    def _entries(self, node: Node, depth: int) -> Expression:
        items = []
        for element in _of_type(node, "object_elem"):
            key, *_, value = _meaningful(element)
            items.append((self._key(key, depth), self.expression(value, depth)))
        return Entries(*self._span(node), tuple(items))

    def _key(self, node: Node, depth: int) -> Expression:
        """Return the key of an object. A bare word is text, not a reference."""
        found = self.expression(node, depth)
        return Literal(*self._span(node), found.name) if isinstance(found, Name) and _is_bare(node) else found

    def _for(self, node: Node, depth: int) -> Expression:
        names, source = self._intro(_of_type(node, "for_intro")[0], depth)
        results = [self.expression(child, depth) for child in _of_type(node, "expression")]
        kept = [inner for child in _of_type(node, "for_cond") for inner in _of_type(child, "expression")]
        return For(
            *self._span(node),
            names,
            source,
            results[0] if node.type == "for_object_expr" else None,
            results[-1],
            self.expression(kept[0], depth) if kept else None,
            bool(_of_type(node, "ellipsis")),
        )

    def _intro(self, node: Node, depth: int) -> tuple[tuple[str, str], Expression]:
        """Return the names of the key and of the value in `for key, value in source`, and the source."""
        names = [self._words(child) for child in _of_type(node, "identifier")]
        source = self.expression(_of_type(node, "expression")[0], depth)
        return (names[0] if len(names) > 1 else "", names[-1]), source

    def _call(self, node: Node, depth: int) -> Expression:
        given = _of_type(node, "function_arguments")
        arguments = tuple(self.expression(part, depth) for each in given for part in _of_type(each, "expression"))
        expands = any(_of_type(each, "ellipsis") for each in given)
        return Call(*self._span(node), self._words(node.children[0]), arguments, expands)

    # --- Operators ---

    def _choice(self, node: Node, depth: int) -> Expression:
        """Return a conditional. The grammar reads `a ? b : c ? d : e` as `(a ? b : c) ? d : e`, unlike Terraform."""
        condition, yes, no = (self.expression(part, depth) for part in _meaningful(node)[:3])
        start, end = self._span(node)
        first = _meaningful(node)[0]
        has_brackets = any(child.type == "(" for child in first.children)
        return Choice(start, end, condition, yes, no) if has_brackets else _rotated(condition, yes, no, start, end)

    def _binary(self, node: Node, depth: int) -> Expression:
        children = [child for child in node.children if child.type != "comment"]
        at = next(i for i, child in enumerate(children) if not child.is_named and child.type not in _BRACKETS)
        left, right = self._group(children[:at], depth), self._group(children[at + 1 :], depth)
        return Operation(*self._span(node), self._words(children[at]), left, right)

    def _unary(self, node: Node, depth: int) -> Expression:
        # The operator binds less tightly than the steps after its operand: -a.b is -(a.b).
        operator, *operand = node.children
        return Operation(*self._span(node), self._words(operator), None, self._group(operand, depth))

    # --- Steps after a value ---

    def _step(self, found: Expression, step: Node, depth: int) -> Expression:
        start, end = found.start, self._span(step)[1]
        if step.type == "get_attr":
            return Member(start, end, found, self._words(step.children[-1]))
        if step.type == "index":
            (inner,) = step.children[:1]
            if inner.type == "legacy_index":
                return self._legacy(found, self._words(inner), start, end)
            keys = _of_type(inner, "expression")
            if keys:
                return Index(start, end, found, self.expression(keys[0], depth + 1))
        if step.type == "splat":
            (inner,) = step.children[:1]
            rest: Expression = Name(end, end, "*")
            after: list[Node] = []
            for part in inner.children[1:]:
                # After a legacy splat (`.*`), an index selects an item of the resulting list.
                is_index = part.type == "index" and part.children[0].type != "legacy_index"
                if inner.type == "attr_splat" and (after or is_index):
                    after.append(part)
                else:
                    rest = self._step(rest, part, depth)
            out: Expression = Splat(start, end, found, rest)
            for part in after:
                out = self._step(out, part, depth)
            return out
        return Unread(start, end, say("not read"))

    def _legacy(self, found: Expression, words: str, start: int, end: int) -> Expression:
        for digits in words.strip(".").split("."):
            found = Index(start, end, found, Literal(end, end, int(digits)))
        return found

    _makers: ClassVar[dict[str, Callable[[_Reader, Node, int], Expression]]] = {
        "literal_value": _literal, "numeric_lit": _literal, "string_lit": _string,
        "quoted_template": _quoted, "heredoc_template": _heredoc, "tuple": _items,
        "object": _entries, "for_tuple_expr": _for, "for_object_expr": _for,
        "function_call": _call, "conditional": _choice, "binary_operation": _binary,
        "unary_operation": _unary, "variable_expr": _variable,
    }  # fmt: skip


def _rotated(condition: Expression, yes: Expression, no: Expression, start: int, end: int) -> Expression:
    if isinstance(condition, Choice):
        return Choice(
            start, end, condition.condition, condition.yes, _rotated(condition.no, yes, no, condition.no.start, end)
        )
    return Choice(start, end, condition, yes, no)


def _of_type(node: Node, type_: str) -> list[Node]:
    return [child for child in node.children if child.type == type_]


def _meaningful(node: Node) -> list[Node]:
    """Return the children of a node without brackets, commas and comments."""
    return [child for child in node.children if child.is_named and child.type not in _IGNORED]


def _is_bare(node: Node) -> bool:
    """Return whether an expression is a bare word, without parentheses."""
    while node.type == "expression":
        if len(node.children) != 1:
            return False
        node = node.children[0]
    return True


def number(words: str) -> Any:  # noqa: ANN401 - an int, a Fraction, or None
    """Return a number; None if it has too many digits."""
    found = re.fullmatch(_NUMBER, words)
    if found is None or len(words) > MAX_DIGITS or abs(int(found[2] or 0)) > MAX_DIGITS:
        return None
    if words.isdecimal():
        return int(words)
    from fractions import Fraction  # noqa: PLC0415 - few files have such numbers

    exact = Fraction(words)
    return exact.numerator if exact.denominator == 1 else exact


def _unescaped(text: str) -> str:
    return re.sub(_ESCAPE, _unescape, text) if "\\" in text or "{" in text else text


def _undoubled(text: str) -> str:
    """Return a text of a heredoc, in which only the beginnings of expressions are escaped."""
    return re.sub(_UNDOUBLED, lambda found: found[0][1:], text)


def _unescape(found: re.Match[str]) -> str:
    if found[0][0] != "\\":
        return found[0][1:]  # $${ and %%{ are escapes
    code = found[1] or found[2]
    if code is None:
        return _ESCAPES.get(found[3], found[3])
    value = int(code, 16)
    is_character = value <= 0x10FFFF and not 0xD800 <= value < 0xE000  # noqa: PLR2004 - Unicode's own limits
    return chr(value) if is_character else "\ufffd"


def _indent(data: bytes, start: int, end: int, computed: list[tuple[int, int]]) -> int:
    """Return the number of blanks with which all lines of a heredoc begin."""
    least: int | None = None
    at = start
    for line in data[start:end].splitlines(keepends=True):
        inside = any(first < at < last for first, last in computed)
        if not inside and line.strip(b" \r\n"):
            blanks = len(line) - len(line.lstrip(b" "))
            least = blanks if least is None else min(least, blanks)
        at += len(line)
    return least or 0


def _flushed(data: bytes, start: int, end: int, cut: int) -> str:
    """Return a text with `cut` blanks removed from the beginning of each line."""
    text = data[start:end].decode(errors="replace").replace("\r\n", "\n")
    if not cut:
        return text
    lines = text.split("\n")
    begins = start == 0 or data[start - 1 : start] == b"\n"
    return "\n".join(
        line[min(cut, len(line) - len(line.lstrip(" "))) :] if i or begins else line for i, line in enumerate(lines)
    )
