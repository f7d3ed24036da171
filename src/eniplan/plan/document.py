"""YAML and JSON text to plain values, with the line, column and key path of each of them.

What the user wrote is what comes out: scalars follow the YAML 1.2 core schema, so `on`, `010`, `1:30` and bare
dates stay the text they are. Duplicate keys are problems. Anchors may not multiply a file beyond reason.
PyYAML's C parser composes the nodes; only the places that are asked for are computed, because most never are.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias

from eniplan.bounds import MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES, decimal, integer, parse_json
from eniplan.errors import InputError, Place, Problem, few
from eniplan.libyaml import CParser, MappingNode, Node, ScalarNode, SequenceNode, yaml
from eniplan.messages import NOTHING, Message, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]

MAX_ALIASED = 100_000
"""How many values a document may get through aliases: far beyond any plan, far below an anchor bomb."""


class Tree(Protocol):
    """What a document needs to say where a value stands."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """Return the 1-based line and column of a value (or of its key), or of its nearest existing parent."""

    def text(self, path: Path) -> str | None:
        """Return a scalar as the user spelled it (`1.30`), None when the path leads to no scalar."""


class Document(NamedTuple):
    """One YAML or JSON document of an input."""

    file: str
    value: Value
    tree: Tree

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where the value at `path` stands; with `key`, where its key does."""
        return Place(self.file, *self.tree.find(path, key=key), path_text(path))

    def word(self, path: Path, key: str) -> str:
        """Return what the user's own form calls a key of the object that `path` is in."""
        word = getattr(self.tree, "word", None)
        return key if word is None else word(path, key)

    def source(self, path: Path, *, is_named: bool = False) -> Path | None:
        """Return where the value at `path` stands in the file, if it is changed there: YAML and JSON.

        What `is_named` by an address is HCL, which says so itself, or Terraform's own output, which nobody edits.
        """
        source = getattr(self.tree, "named_source" if is_named else "source", None)
        found: Path | None = None if source is None else source(path)
        return found

    def note(self, path: Path) -> Message:
        """Say where the value at `path` comes from, if it is not written there."""
        note = getattr(self.tree, "note", None)
        return NOTHING if note is None else note(path)


def path_text(path: Path) -> str:
    """Spell a key path for people: `nodePools[0].labels["k8s.aliyun.com/a"]`."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        elif re.fullmatch(_PLAIN_KEY, step):
            out += f".{step}" if out else step
        else:
            out += f"[{json.dumps(step, ensure_ascii=False)}]"
    return out


_PLAIN_KEY = r"[A-Za-z_][A-Za-z0-9_-]*"


def value_at(value: Any, path: Iterable[str | int]) -> Any:  # noqa: ANN401 - a value may hold anything
    """Return what stands at a key path inside a value; None where the form is another."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def read_documents(file: str, data: bytes) -> list[Document]:
    """Parse all documents of one input; empty documents beside others are left out.

    Args:
        file: the name to show in places, `-` for stdin.
        data: the bytes of the input, UTF-8 with or without a byte order mark.

    Raises:
        InputError: the input is no text, no YAML or JSON, empty, or has duplicate keys; one problem each.

    """
    text = decode(file, data)
    if text.lstrip()[:1] in ("{", "["):
        document = _read_json(file, text)
        if document is not None:
            return [document]
    documents = [d for d in _read_yaml(file, text) if d.value is not None]
    if not documents:
        raise InputError(
            Problem(say("the file is empty"), Place(file), say("write a plan: `eniplan init` prints a starter"))
        )
    return documents


def decode(file: str, data: bytes) -> str:
    """Return the text of an input.

    Raises:
        InputError: it is no UTF-8, or a binary file.

    """
    data = data.removeprefix(BOM_UTF8)  # the codec "utf-8-sig" is a module more to import
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if b"\0" in data[:8192]:
            raise InputError(_binary(file, data)) from None
        line, column = _line_column(data[: error.start].decode("utf-8", "replace"))
        message = say("byte 0x{data:02x} is not UTF-8", data=data[error.start])
        raise InputError(Problem(message, Place(file, line, column), say("save the file as UTF-8"))) from None
    if "\0" in text[:8192]:
        raise InputError(_binary(file, data))
    return text


def _binary(file: str, data: bytes) -> Problem:
    hint = say("give a plan file, or a folder of them")
    if data.startswith(b"PK\x03\x04"):  # a ZIP file, as which Terraform saves its plans
        hint = say("if Terraform has saved it: `terraform show -json` prints what eniplan reads")
    return Problem(say("this is a binary file, not YAML or JSON"), Place(file), hint)


def _line_column(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


# --- YAML ---------------------------------------------------------------------------------------------------

_PLAIN = "plain"
"""Our own tag of scalars without quotes: they are resolved when their value is built."""
_TEXT = "tag:yaml.org,2002:str"
_COLLECTION = "collection"
_NATIVE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")}

_CONSTANTS: dict[str, Value] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_NUMBER_STARTS = frozenset("+-.0123456789")
_INT = r"[-+]?(?:0|[1-9][0-9]*)"
_FLOAT = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_ZERO_LED = r"[-+]?0[0-9].*"


def plain_scalar(text: str) -> Value:
    """Resolve a scalar without quotes by the YAML 1.2 core schema.

    Numbers with leading zeros, underscores, colons, or a `0x` stay text: YAML 1.1 would change them.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in _NUMBER_STARTS:
        if re.fullmatch(_INT, text):
            return integer(text)
        if re.fullmatch(_FLOAT, text) and not re.fullmatch(_ZERO_LED, text):
            return decimal(text)
    return text


class _Loader(CParser):
    """The C parser with a bound on depth, and with tags that say only whether a scalar was quoted."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.count = 0

    def descend_resolver(self, current_node: Node | None, _index: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            from eniplan.plan.yaml_faults import TooDeepError  # noqa: PLC0415 - valid plans go without it

            mark = current_node.start_mark if current_node is not None else None
            raise TooDeepError(None, None, None, mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, kind: type[Node], _value: str | None, implicit: object) -> str:
        self.count += 1
        if self.count > MAX_VALUES:
            from eniplan.plan.yaml_faults import TooLargeError  # noqa: PLC0415 - likewise

            raise TooLargeError
        if kind is not ScalarNode:
            return _COLLECTION
        return _PLAIN if isinstance(implicit, tuple) and implicit[0] else _TEXT


def _read_yaml(file: str, text: str) -> Iterator[Document]:
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:  # only before the stream's end has been seen, says the parser's contract
                break
            builder = _Builder(file, with_functions=_ROS in text)
            value = builder.build(node)
            if builder.problems:
                raise InputError(*builder.problems)
            yield Document(file, value, _YamlTree(node))
    except yaml.MarkedYAMLError as error:
        from eniplan.plan.yaml_faults import yaml_problem  # noqa: PLC0415 - likewise

        raise InputError(yaml_problem(file, text, error)) from None
    except yaml.reader.ReaderError as error:
        line, column = _line_column(text[: error.position])
        message = say("the character U+{character:04X} is not allowed in YAML", character=error.character)
        raise InputError(Problem(message, Place(file, line, column), say("remove it"))) from None
    finally:
        loader.dispose()


_ROS = "ROSTemplateFormatVersion"
"""In a ROS template a tag is the short form of a function: `!Ref x` is `{Ref: x}`."""


class _Builder:
    """Values from the nodes of one document; collects problems so that all are told in one run."""

    def __init__(self, file: str, *, with_functions: bool) -> None:
        self.file = file
        self._with_functions = with_functions
        self.problems: list[Problem] = []
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self._aliased = 0
        self._in_alias = 0

    def build(self, node: Node) -> Value:
        if self._with_functions and node.tag[:1] == "!":
            tag, node.tag = node.tag, _TEXT if isinstance(node, ScalarNode) else _COLLECTION
            value = self.build(node)
            node.tag = tag  # an alias may come back to it
            return {"Ref" if tag == "!Ref" else f"Fn::{tag[1:]}": value}
        if isinstance(node, ScalarNode):
            if self._in_alias:
                self._count(node)
            return self._scalar(node)
        identity = id(node)
        if identity in self._open:
            self._stop(say("an anchor contains itself"), node, say("write the values out"))
        again = identity in self._seen
        self._in_alias += again
        if self._in_alias:
            self._count(node)
        self._open.add(identity)
        self._seen.add(identity)
        value = self._mapping(node) if isinstance(node, MappingNode) else self._sequence(node)
        self._open.remove(identity)
        self._in_alias -= again
        return value

    def _sequence(self, node: Node) -> Value:
        if node.tag not in (_COLLECTION, "tag:yaml.org,2002:seq"):
            self._unknown_tag(node)
        return [self.build(item) for item in node.value]

    def _mapping(self, node: MappingNode) -> Value:
        if node.tag not in (_COLLECTION, "tag:yaml.org,2002:map"):
            self._unknown_tag(node)
        out: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        firsts: dict[str, ScalarNode] = {}
        for key, item in node.value:
            if not isinstance(key, ScalarNode):
                self._add(say("a key must be text, not a list or a map"), key, say("quote it"))
            elif key.tag == _PLAIN and key.value == "<<":
                merged.update(self._merge(item))
            elif key.value in out:
                firsts = firsts or {k.value: k for k, _ in reversed(node.value) if isinstance(k, ScalarNode)}
                line = firsts[key.value].start_mark.line + 1
                message = say("the key {key!r} is given twice; first in line {line}", key=key.value, line=line)
                self._add(message, key, say("keep one of them: YAML readers silently take the last"))
            else:
                out[key.value] = self.build(item)
        return {**merged, **out} if merged else out

    def _merge(self, node: Node) -> dict[str, Value]:
        """Return what `<<: *base` or `<<: [*a, *b]` brings; the first of several wins."""
        merged: dict[str, Value] = {}
        for part in reversed(node.value) if isinstance(node, SequenceNode) else [node]:
            value = self.build(part)
            if isinstance(value, dict):
                merged.update(value)
            else:
                self._add(say("`<<` merges maps only"), part, say("give an alias of a map"))
        return merged

    def _scalar(self, node: ScalarNode) -> Value:
        text: str = node.value
        tag: str = node.tag
        if tag == _PLAIN:
            return plain_scalar(text)
        if tag == _TEXT:
            return text
        if tag in _NATIVE_TAGS:
            return plain_scalar(text)
        self._unknown_tag(node)
        return text

    def _unknown_tag(self, node: Node) -> None:
        self._add(say("the YAML tag {tag!r} has no meaning here", tag=node.tag), node, say("remove the tag"))

    def _count(self, node: Node) -> None:
        self._aliased += 1
        if self._aliased > MAX_ALIASED:
            self._stop(
                say("aliases expand this document to more than {max_aliased} values", max_aliased=MAX_ALIASED),
                node,
                say("write them out"),
            )

    def _add(self, message: Message, node: Node, hint: Message) -> None:
        mark = node.start_mark
        self.problems.append(Problem(message, Place(self.file, mark.line + 1, mark.column + 1), hint))
        if len(self.problems) > MAX_PROBLEMS:
            raise InputError(*few(self.problems))

    def _stop(self, message: Message, node: Node, hint: Message) -> NoReturn:
        self._add(message, node, hint)
        raise InputError(*self.problems)


class _YamlTree:
    def __init__(self, root: Node) -> None:
        self._root = root
        self._children: dict[int, dict[str, tuple[Node, Node]]] = {}
        """By map, for those that were asked for: value and key node of each key."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        node, key_node = self._walk(path)
        mark = (key_node if key and key_node is not None else node).start_mark
        return mark.line + 1, mark.column + 1

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        node, _ = self._walk(path)
        return node.value if isinstance(node, ScalarNode) else None

    def source(self, path: Path) -> Path:
        """See `Document.source`."""
        return path

    def _walk(self, path: Path) -> tuple[Node, Node | None]:
        node, key_node = self._root, None
        for step in path:
            found = self._child(node, step)
            if found is None:
                break
            node, key_node = found
        return node, key_node

    def _child(self, node: Node, step: str | int) -> tuple[Node, Node | None] | None:
        if isinstance(step, int):
            has_it = isinstance(node, SequenceNode) and step < len(node.value)
            return (node.value[step], None) if has_it else None
        return self._index(node).get(step)

    def _index(self, node: Node) -> dict[str, tuple[Node, Node]]:
        """Return the entries of a map, and behind its own those that it merges; nothing for anything else."""
        if not isinstance(node, MappingNode):
            return {}
        found = self._children.get(id(node))
        if found is None:
            found = self._children[id(node)] = {}
            pairs = [(key, item) for key, item in node.value if isinstance(key, ScalarNode)]
            for key, item in pairs:
                found.setdefault(key.value, (item, key))
            for key, item in pairs:
                if key.value == "<<":
                    for part in item.value if isinstance(item, SequenceNode) else [item]:
                        for name, entry in self._index(part).items():
                            found.setdefault(name, entry)
        return found


# --- JSON ---------------------------------------------------------------------------------------------------


def _read_json(file: str, text: str) -> Document | None:
    """Read JSON; None when the text is YAML that merely starts like JSON."""
    try:
        value = _without_duplicates(file, text)
    except json.JSONDecodeError as error:
        if not file.endswith(".json"):
            return None
        place = Place(file, error.lineno, error.colno)
        # Progress of Terraform, a message a line, is easily taken for the plan.
        hint = say("`terraform show -json` of a saved plan prints it") if '"@level":' in text else NOTHING
        raise InputError(Problem(say("not valid JSON: {msg}", msg=error.msg), place, hint)) from None
    except ValueError:
        # Too deep, a number of thousands of digits, NaN or 1e999: the YAML reader has a clear word for each.
        return None
    return Document(file, value, _JsonTree(text))


def _without_duplicates(file: str, text: str) -> Value:
    try:
        value: Value = parse_json(text, _object)
    except _DuplicateKeyError:
        parse_json(text)  # what follows the first object may be malformed, or too deep
        raise InputError(*few(_duplicate_problems(file, text))) from None
    return value


class _DuplicateKeyError(Exception):
    """Stops the JSON decoder; the places are found by the scanner, which only this rare case needs."""


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _DuplicateKeyError
    return value


def _duplicate_problems(file: str, text: str) -> Iterator[Problem]:
    tree = _JsonTree(text)
    for name, first, second in tree.duplicates():
        message = say("the key {key!r} is given twice; first in line {line}", key=name, line=tree.position(first)[0])
        yield Problem(
            message, Place(file, *tree.position(second)), say("keep one of them: JSON readers silently take the last")
        )


_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+')
"""Commas and colons are passed over: the text is known to be JSON."""


class _JsonNode(NamedTuple):
    start: int
    """Offset of the value in the text."""
    end: int
    keys: dict[str, tuple[int, _JsonNode]] | None = None
    """For objects: the offset of each key, and its value."""
    items: list[_JsonNode] | None = None


class _JsonTree:
    """Places in a JSON text that `json.loads` has accepted, found by a second pass when one is needed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._duplicates: list[tuple[str, int, int]] = []
        self._root: _JsonNode | None = None
        self._lines: list[int] = []
        """Where each line begins: found once, and not once for each place."""

    def duplicates(self) -> list[tuple[str, int, int]]:
        """Return every key that its object gives twice, with the offsets of the first and the later one."""
        self._scan()
        return self._duplicates

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        node, key_start = self._walk(path)
        return self.position(key_start if key and key_start is not None else node.start)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of an offset."""
        if not self._lines:
            self._lines = [0, *(found.end() for found in re.finditer("\n", self._text))]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        node, _ = self._walk(path)
        return None if node.keys is not None or node.items is not None else self._text[node.start : node.end]

    def source(self, path: Path) -> Path:
        """See `Document.source`."""
        return path

    def _walk(self, path: Path) -> tuple[_JsonNode, int | None]:
        node = self._scan()
        key_start: int | None = None
        for step in path:
            if isinstance(step, int):
                if node.items is None or step >= len(node.items):
                    break
                node, key_start = node.items[step], None
            else:
                if node.keys is None or step not in node.keys:
                    break
                key_start, node = node.keys[step]
        return node, key_start

    def _scan(self) -> _JsonNode:
        if self._root is None:
            tokens = _LEXEME.finditer(self._text)
            self._root = self._value(next(tokens), tokens)
        return self._root

    def _value(self, token: re.Match[str], tokens: Iterator[re.Match[str]]) -> _JsonNode:
        start, end = token.span()
        sign = self._text[start]
        if sign == "{":
            return self._object(start, tokens)
        if sign == "[":
            items: list[_JsonNode] = []
            for inner in tokens:
                if inner[0] == "]":
                    return _JsonNode(start, inner.end(), None, items)
                items.append(self._value(inner, tokens))
        return _JsonNode(start, end)

    def _object(self, start: int, tokens: Iterator[re.Match[str]]) -> _JsonNode:
        keys: dict[str, tuple[int, _JsonNode]] = {}
        end = start
        for token in tokens:
            word = token[0]
            if word == "}":
                end = token.end()
                break
            name = json.loads(word) if "\\" in word else word[1:-1]
            value = self._value(next(tokens), tokens)
            if name in keys:
                self._duplicates.append((name, keys[name][0], token.start()))
            keys[name] = (token.start(), value)
        return _JsonNode(start, end, keys)
