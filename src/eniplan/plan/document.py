"""Parses YAML and JSON into plain values, with the line, column and key path of each.

Scalars follow the YAML 1.2 core schema, so `on`, `010`, `1:30` and bare dates stay text, as the user wrote them.
Duplicate keys are problems. The number of values that aliases may add is limited. PyYAML's C parser composes the
nodes. Places are computed on request, because most are never needed.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias

from eniplan.bounds import JSON_NUMBERS, MAX_DEPTH, MAX_PROBLEMS, MAX_VALUES, decimal, integer, is_deep, parse_json
from eniplan.errors import InputError, Place, Problem, few
from eniplan.k8s.values import leaves
from eniplan.libyaml import CParser, MappingNode, Node, ScalarNode, SequenceNode, yaml
from eniplan.messages import NOTHING, Message, say
from eniplan.text import without_halves
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]

MAX_ALIASED = 100_000
"""Maximum values that aliases may add to a document: far above any plan, far below an alias bomb."""


class Tagged(str):
    """Replaces a value with a YAML tag that only another program understands: `!reference`, `!Ref`, `!vault`."""

    __slots__ = ()


class Tree(Protocol):
    """What a document needs to locate its values."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """Return the 1-based line and column of a value (or of its key), or of its nearest existing parent."""

    def text(self, path: Path) -> str | None:
        """Return a scalar as the user wrote it (`1.30`); None if there is no scalar at the path."""


class NoPlaces:
    """The tree of a document whose values have no place: of the command line, or of a file that holds no plan."""

    def find(self, _path: Path, *, key: bool) -> tuple[int, int]:  # noqa: ARG002 - part of `Tree`
        """See `Tree.find`."""
        return 0, 0

    def text(self, _path: Path) -> str | None:
        """See `Tree.text`."""
        return None


class Document(NamedTuple):
    """One YAML or JSON document of an input."""

    file: str
    value: Value
    tree: Tree
    has_tags: bool = False
    """Whether it has `Tagged` values."""

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return the place of the value at `path`; with `key`, the place of its key."""
        return Place(*self.located(path, key=key), path_text(path))

    def located(self, path: Path, *, key: bool = False) -> tuple[str, int, int]:
        """Return the file, line and column of the value at `path`, or of its key."""
        file = getattr(self.tree, "file", None)  # several files may make one value
        return self.file if file is None else file(path), *self.tree.find(path, key=key)

    def word(self, path: Path, key: str) -> str:
        """Return what the user's format calls a key of the object at `path`."""
        word = getattr(self.tree, "word", None)
        return key if word is None else word(path, key)

    def written(self, path: Path) -> Path | None:
        """Return the key path in the user's file at which to change the value at `path`; None if there is none."""
        written = getattr(self.tree, "written", None)
        found: Path | None = None if written is None else written(path)
        return found

    def unwritable(self, path: Path) -> Message:
        """Say why the value at `path` cannot be changed where it was read."""
        why: Message | None = getattr(self.tree, "unwritable", None)
        return why or self.note(path) or say("its value is not written here")

    def note(self, path: Path) -> Message:
        """Say where the value at `path` comes from, if it is not written at its place."""
        note = getattr(self.tree, "note", None)
        return NOTHING if note is None else note(path)


def path_text(path: Path) -> str:
    """Return a key path as text: `nodePools[0].labels["k8s.aliyun.com/a"]`."""
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
    """Return the value at a key path, or None."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


KEEP_ONE = say("keep one of them: YAML parsers silently use the last")


def duplicate_key(key: str, line: int) -> Message:
    """Say that a map gives a key twice; the line is that of the first."""
    return say("duplicate key {key!r}; first in line {line}", key=key, line=line)


def read_documents(file: str, data: bytes) -> list[Document]:
    """Parse all documents of a file in which YAML tags have no meaning; see `read_tagged`.

    Raises:
        InputError: see `read_tagged`, or a value has a tag.

    """
    documents = read_tagged(file, data)
    problems = few(problem for document in documents for problem in tag_problems(document))
    if problems:
        raise InputError(*problems)
    return documents


def tag_problems(document: Document) -> Iterator[Problem]:
    """Yield a problem for each `Tagged` value."""
    for path, value in leaves(document.value) if document.has_tags else ():
        if isinstance(value, Tagged):
            message = say("the YAML tag {tag!r} has no meaning here", tag=value.partition(" ")[0])
            yield Problem(message, document.place(path), say("remove the tag"))


def read_tagged(file: str, data: bytes) -> list[Document]:
    """Parse all documents of one input. Skips empty documents if there are others.

    Args:
        file: the name to show in places, `-` for stdin.
        data: the bytes of the input, UTF-8 with or without a byte order mark.

    Raises:
        InputError: the input is not UTF-8 text, not YAML or JSON, empty, or has duplicate keys. Holds all problems.

    """
    text = decode(file, data)
    start = text.lstrip()[:2]
    if start[:1] in ("{", "[") or (file.endswith(".json") and start in _COMMENTS):
        document = _read_json(file, text)
        if document is not None:
            return [document]
    try:
        documents = [d for d in _read_yaml(file, text) if d.value is not None]
    except InputError:
        is_json = file.endswith(".json") and start[:1] not in ("{", "[")
        if is_json and re.search(r"^[{\[]", text, re.MULTILINE):
            hint = say("JSON starts with {{ or [")
            raise InputError(Problem(say("there is other text before the JSON"), Place(file, 1, 1), hint)) from None
        raise
    if not documents:
        hint = say("is it the right file? `eniplan init` prints a starter plan")
        raise InputError(Problem(say("the file is empty"), Place(file), hint))
    return documents


def documents_in(file: str, text: str) -> list[Document]:
    """Parse the documents of a text inside of another document; none if it is not YAML or JSON."""
    with suppress(InputError):
        return read_tagged(file, without_halves(text).encode())
    return []


def values_in(file: str, text: str) -> list[Value]:
    """Return the value of each YAML document of a text, also of empty ones.

    Raises:
        InputError: see `read_tagged`.

    """
    return [document.value for document in _read_yaml(file, text)]


def read_inputs(file: str, data: bytes) -> list[Document]:
    """Parse an input like `read_tagged`, but only as much of it as needed to recognize it.

    No input is a JSON array, so the first items of an array are enough for a message.

    Raises:
        InputError: see `read_tagged`.

    """
    text = decode(file, data)
    if text.lstrip()[:1] == "[":
        first: list[Value] = []
        with suppress(ValueError, RecursionError):
            items = _Items(text, _blank(text, 0))
            for item in items:
                if len(first) < _SHOWN:
                    first.append(item)
            if not text[items.end :].strip():
                return [Document(file, first, _JsonTree(text))]
    return read_tagged(file, data)  # also raises for malformed input


_SHOWN = 100
"""Items to parse of a JSON array, which is never an input."""


def decode(file: str, data: bytes) -> str:
    """Return the text of an input.

    Raises:
        InputError: the input is not UTF-8, or a binary file.

    """
    data = data.removeprefix(BOM_UTF8)  # the codec "utf-8-sig" would import another module
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


UTF_16 = (BOM_UTF16_LE, BOM_UTF16_BE)
"""The beginning of a text in UTF-16."""


def _binary(file: str, data: bytes) -> Problem:
    hint = say("pass a plan file, or a folder with plans")
    if data[:2] in UTF_16 or (b"\0" not in data[:64:2] and not data[1:64:2].strip(b"\0")):
        hint = say("save it as UTF-8; `iconv -f UTF-16 -t UTF-8` converts it")
        return Problem(say("this file is UTF-16, not UTF-8"), Place(file), hint)
    if data.startswith(b"PK\x03\x04"):  # ZIP, the format of saved Terraform plans
        hint = say("if it is a saved Terraform plan, pass the output of `terraform show -json`")
    return Problem(say("this is a binary file, not YAML or JSON"), Place(file), hint)


def _line_column(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


# --- YAML ---------------------------------------------------------------------------------------------------

_PLAIN = "plain"
"""The tag of unquoted scalars, which `_Builder` resolves."""
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
    """Resolve an unquoted scalar by the YAML 1.2 core schema.

    Numbers with leading zeros, underscores, colons or `0x` stay text, because YAML 1.1 gives them another value.
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
    """The C parser with limits on depth and size. Its tags only say whether a scalar was quoted."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.count = 0

    def descend_resolver(self, current_node: Node | None, _index: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            from eniplan.plan.yaml_faults import TooDeepError  # noqa: PLC0415 - valid plans do not need it

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
            if node is None:  # never happens before the stream's end; the type allows it
                break
            builder = _Builder(file, with_functions=_ROS in text)
            value = builder.build(node)
            if builder.problems:
                raise InputError(*builder.problems)
            yield Document(file, value, _YamlTree(node), builder.has_tags)
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
"""Marks a ROS template, in which a tag is the short form of a function: `!Ref x` is `{Ref: x}`."""


class _Builder:
    """Builds values from the nodes of one document. Collects all problems, so that one run reports them."""

    def __init__(self, file: str, *, with_functions: bool) -> None:
        self.file = file
        self._with_functions = with_functions
        self.problems: list[Problem] = []
        self.has_tags = False
        self._open: set[int] = set()
        self._seen: set[int] = set()
        self._aliased = 0
        self._in_alias = 0

    def build(self, node: Node) -> Value:
        if self._with_functions and node.tag[:1] == "!":
            tag, node.tag = node.tag, _TEXT if isinstance(node, ScalarNode) else _COLLECTION
            value = self.build(node)
            node.tag = tag  # an alias may use the node again
            return {"Ref" if tag == "!Ref" else f"Fn::{tag[1:]}": value}
        if isinstance(node, ScalarNode):
            if self._in_alias:
                self._count(node)
            return self._scalar(node)
        identity = id(node)
        if identity in self._open:
            self._stop(say("an anchor contains itself"), node, say("write the values instead"))
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
        items = [self.build(item) for item in node.value]
        return items if node.tag in (_COLLECTION, "tag:yaml.org,2002:seq") else self._tagged(node)

    def _mapping(self, node: MappingNode) -> Value:
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
                self._add(duplicate_key(key.value, line), key, KEEP_ONE)
            else:
                out[key.value] = self.build(item)
        if node.tag not in (_COLLECTION, "tag:yaml.org,2002:map"):
            return self._tagged(node)
        return {**merged, **out} if merged else out

    def _merge(self, node: Node) -> dict[str, Value]:
        """Return the entries that `<<: *base` or `<<: [*a, *b]` adds; the first map wins.

        What only another program can merge stays below `<<`: the map may have any key.
        """
        merged: dict[str, Value] = {}
        is_several = isinstance(node, SequenceNode) and not self._is_tagged(node)
        for part in reversed(node.value) if is_several else [node]:
            value = self.build(part)
            if self._is_tagged(part):
                merged["<<"] = self._tagged(part)
            elif isinstance(value, dict):
                merged.update(value)
            else:
                self._add(say("`<<` merges maps only"), part, say("give an alias of a map"))
        return merged

    def _scalar(self, node: ScalarNode) -> Value:
        text: str = node.value
        tag: str = node.tag
        if tag == _PLAIN or tag in _NATIVE_TAGS:
            return plain_scalar(text)
        return text if tag == _TEXT else self._tagged(node)

    @staticmethod
    def _is_tagged(node: Node) -> bool:
        """Return whether a node that is merged has a tag of another program, which may also make text a map."""
        return node.tag not in (_COLLECTION, _PLAIN, _TEXT) and not node.tag.startswith("tag:yaml.org,2002:")

    def _tagged(self, node: Node) -> Tagged:
        self.has_tags = True
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        return Tagged(f"{tag} {node.value}" if isinstance(node, ScalarNode) else tag)

    def _count(self, node: Node) -> None:
        self._aliased += 1
        if self._aliased > MAX_ALIASED:
            self._stop(
                say("aliases expand this document to more than {max_aliased} values", max_aliased=MAX_ALIASED),
                node,
                say("write the values instead"),
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
        """The value and key node of each key, for each map looked up so far."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        node, key_node = self._walk(path)
        mark = (key_node if key and key_node is not None else node).start_mark
        return mark.line + 1, mark.column + 1

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        node, _ = self._walk(path)
        return node.value if isinstance(node, ScalarNode) else None

    def written(self, path: Path) -> Path:
        """See `Document.written`."""
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
        """Return the entries of a map, followed by merged ones; empty for other nodes."""
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


_COMMENTS = ("//", "/*")
_LAST_COMMA = re.compile(r",\s*[]}]")


def _read_json(file: str, text: str) -> Document | None:
    """Read JSON; None if the text is YAML that merely starts like JSON."""
    try:
        value = _without_duplicates(file, text)
    except json.JSONDecodeError as error:
        if not file.endswith(".json"):
            return None
        comma = _last_comma(text, error.pos)
        if comma is not None:
            wrong = say("not valid JSON: no item follows this comma")
            raise InputError(Problem(wrong, Place(file, *_line_column(text[:comma])), say("remove it"))) from None
        # Users mistake Terraform's progress log, which has a JSON object per line, for the plan.
        hint = (
            say("this is a log of Terraform; `terraform show -json plan.out` prints the plan")
            if '"@level":' in text
            else say("JSON has no comments: remove it")
            if text[error.pos : error.pos + 2] in _COMMENTS
            else NOTHING
        )
        place = Place(file, error.lineno, error.colno)
        raise InputError(Problem(say("not valid JSON: {msg}", msg=error.msg), place, hint)) from None
    except ValueError:
        # Too deep, a number of thousands of digits, NaN or 1e999: the YAML reader has a clear message for each.
        return None
    return Document(file, value, _JsonTree(text))


def _last_comma(text: str, position: int) -> int | None:
    """Return the position of a comma before a closing bracket; None if the fault there is another.

    Up to Python 3.12 the decoder stops at the bracket, later at the comma.
    """
    at = position if text[position : position + 1] == "," else len(text[:position].rstrip()) - 1
    return at if _LAST_COMMA.match(text, max(at, 0)) else None


def _without_duplicates(file: str, text: str) -> Value:
    try:
        value: Value = parse_json(text, _object)
    except _DuplicateKeyError:
        parse_json(text)  # the text after the first object may be malformed, or too deep
        raise InputError(*few(_duplicate_problems(file, text))) from None
    return value


class _DuplicateKeyError(ValueError):
    """Stops the JSON decoder at a duplicate key. Only then does `_duplicates` look for the places."""


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _DuplicateKeyError
    return value


def _duplicate_problems(file: str, text: str) -> Iterator[Problem]:
    tree = _JsonTree(text)
    for name, first, second in _duplicates(text):
        message = duplicate_key(name, tree.position(first)[0])
        yield Problem(
            message, Place(file, *tree.position(second)), say("keep one of them: JSON parsers silently use the last")
        )


_LEXEME = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s{}\[\],:"]+')
"""A token of valid JSON; skips commas and colons."""
_BLANKS = re.compile(r"[ \t\n\r]*")
_decode = json.JSONDecoder(**JSON_NUMBERS, object_pairs_hook=_object).raw_decode


def _duplicates(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each duplicate key, with the offsets of its first and its later occurrence."""
    open_maps: list[dict[str, int] | None] = []
    is_key = False
    for token in _LEXEME.finditer(text):
        sign = token[0][0]
        keys = open_maps[-1] if open_maps else None
        if sign in "]}":
            open_maps.pop()
        elif keys is not None and is_key:
            name = json.loads(token[0])
            if name in keys:
                yield name, keys[name], token.start()
            keys[name] = token.start()
            is_key = False
            continue
        elif sign in "[{":
            open_maps.append({} if sign == "{" else None)
        is_key = bool(open_maps) and open_maps[-1] is not None


class _JsonTree:
    """Finds places in a text that `json.loads` accepts. Scans the children of a map or a list on first use."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._children: dict[int, dict[str | int, tuple[int, int | None]]] = {}
        """By offset of a map or a list: the offset of each value in it, and of its key."""
        self._lines: list[int] = []
        """The start of each line, computed once."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        start, key_start = self._walk(path)
        return self.position(key_start if key and key_start is not None else start)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the 1-based line and column of an offset."""
        if not self._lines:
            self._lines = [0, *(found.end() for found in re.finditer("\n", self._text))]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        start, _ = self._walk(path)
        found = _LEXEME.match(self._text, start)
        return None if found is None or found[0] in "{[" else found[0]

    def written(self, path: Path) -> Path:
        """See `Document.written`."""
        return path

    def _walk(self, path: Path) -> tuple[int, int | None]:
        found: tuple[int, int | None] = _lexeme(self._text, 0).start(), None
        for step in path:
            inner = self._inside(found[0]).get(step)
            if inner is None:
                break
            found = inner
        return found

    def _inside(self, start: int) -> dict[str | int, tuple[int, int | None]]:
        """Return the offsets of the children of a map or a list; empty for other values."""
        known = self._children.get(start)
        if known is not None:
            return known
        found, end = self._listed(start)
        if end - start > _SHORT:
            self._children[start] = found
        return found

    def _listed(self, start: int) -> tuple[dict[str | int, tuple[int, int | None]], int]:
        """Return the offsets of the children, and the offset of the closing bracket."""
        found: dict[str | int, tuple[int, int | None]] = {}
        sign = self._text[start]
        if sign not in "{[":
            return found, start
        token = _lexeme(self._text, start + 1)
        while token[0] not in "}]":
            if sign == "{":
                value = _lexeme(self._text, token.end())
                found[json.loads(token[0])] = value.start(), token.start()
            else:
                value = token
                found[len(found)] = value.start(), None
            _, end = _decode(self._text, value.start())
            token = _lexeme(self._text, end)
        return found, token.start()


_SHORT = 1000
"""Characters of a map or a list that is scanned again for each place in it: offsets take more memory than the text."""


def _lexeme(text: str, offset: int) -> re.Match[str]:
    found = _LEXEME.search(text, offset)
    assert found is not None  # noqa: S101 - the text is valid JSON, so every bracket is closed
    return found


# --- Kubernetes lists in JSON, read item by item ------------------------------------------------------------------


class JsonList(NamedTuple):
    """A `List` as kubectl prints it. Only one item is in memory as a value at a time."""

    document: Document
    """The keys of the list other than its items."""
    text: str
    start: int
    """The offset of its items."""

    def items(self) -> Iterator[Value]:
        """Yield the items."""
        return iter(_Items(self.text, self.start))


def read_list(file: str, data: bytes) -> JsonList | None:
    """Read a `List` of Kubernetes in JSON item by item; None if it is another document or malformed.

    Raises:
        InputError: the input is not UTF-8 text.

    """
    if b'"items"' not in data or b'"List"' not in data or data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] != b"{":
        return None
    text = decode(file, data)
    try:
        head, start = _head(text)
    except (ValueError, RecursionError):
        return None
    is_list = start is not None and head.get("kind") == "List" and isinstance(head.get("apiVersion"), str)
    return JsonList(Document(file, head, _JsonTree(text)), text, start) if is_list and start is not None else None


def _head(text: str) -> tuple[dict[str, Value], int | None]:
    """Return the keys of a JSON object other than `items`, and the offset of `items`.

    Raises:
        ValueError: the text is not JSON, too deep, or has duplicate keys.

    """
    pairs: list[tuple[str, Value]] = []
    start: int | None = None
    at = _behind(text, "{", _blank(text, 0))
    while text[at : at + 1] != "}":
        at = _behind(text, ",", at) if pairs or start is not None else at
        key, at = _decode(text, at)
        at = _behind(text, ":", at)
        if key == "items" and text[at : at + 1] == "[":
            if start is not None:
                raise _DuplicateKeyError
            start = at
            items = _Items(text, at)
            for _ in items:
                pass
            at = items.end
        else:
            value, at = _decode(text, at)
            pairs.append((key, value))
        at = _blank(text, at)
    if text[at + 1 :].strip():
        raise ValueError(at)
    head = _object(pairs)
    if is_deep(head) or not all(isinstance(key, str) for key in head):
        raise ValueError(MAX_DEPTH)
    return head, start


class _Items:
    """Iterates over a JSON array in a text, and decodes one item at a time."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self.end = start
        """The offset of the array; after all items are read, the offset after it."""

    def __iter__(self) -> Iterator[Value]:
        text = self._text
        at = _behind(text, "[", self.end)
        while text[at : at + 1] != "]":
            value, at = _decode(text, at)
            if is_deep([[value]]):
                raise ValueError(MAX_DEPTH)
            yield value
            at = _blank(text, at)
            if text[at : at + 1] != "]":
                at = _behind(text, ",", at)
        self.end = at + 1


def _blank(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def _behind(text: str, sign: str, at: int) -> int:
    """Return the offset of the next token after a sign that must come next.

    Raises:
        ValueError: something else comes next.

    """
    at = _blank(text, at)
    if text[at : at + 1] != sign:
        raise ValueError(at)
    return _blank(text, at + 1)
