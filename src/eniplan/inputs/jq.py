"""Evaluates calls of jq that build or change the body of a request: `jq -n --arg name a '{name: $name}'`.

Known are objects, lists, variables, paths, `+`, `*`, assignments, `del`, `split`, `tonumber` and `tostring`. The values
of some other functions are unknown; of a program with anything else the whole output is. Source: the manual of jq 1.8.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, TypeAlias

from eniplan.bounds import MAX_DEPTH, MAX_TEXT
from eniplan.inputs.words import UNKNOWN, Part, file_name, spelled, text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.inputs.words import Word


class Leaf(NamedTuple):
    """A text, a number, or an unknown value, as JSON."""

    word: Word


class Items(NamedTuple):
    """A list."""

    at: int
    items: list[Json]
    size: int


class Fields(NamedTuple):
    """An object: by name the key, as JSON, and the value."""

    at: int
    fields: dict[str, tuple[Word, Json]]
    size: int


Json: TypeAlias = "Leaf | Items | Fields"
_Path: TypeAlias = "tuple[str | int, ...]"


class _FailedError(Exception):
    """The program has a part that is not evaluated."""


_NULL = Leaf([Part("null", 0)])
_TOKEN = re.compile(
    r"""[\s]+|\#[^\n]*|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<variable>\$\w+)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<sign>\|=|\+=|\*=|//|==|!=|<=|>=|[\0{}\[\](),:;.|=+*?<>/%@-])""",
    re.DOTALL,
)
_OPTIONS = {"n": "null-input", "s": "slurp", "r": "raw-output", "j": "join-output", "f": "from-file", "R": "raw-input"}
_NOT_READ = frozenset(("from-file", "raw-input", "seq", "stream", "args", "jsonargs"))
_OF_ONE = frozenset((
    "add", "ascii_downcase", "ascii_upcase", "floor", "from_entries", "fromjson", "gsub", "join", "keys", "length",
    "ltrimstr", "map", "now", "rtrimstr", "sort", "sub", "to_entries", "todate", "tojson", "trim", "unique",
    "with_entries",
))  # fmt: skip
"""Functions that return one value, which is not computed."""
_LONGEST = 80
_VARIABLE = re.compile(r"\\\(\s*(\$\w+)\s*\)")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')


class _Call(NamedTuple):
    """The arguments of a call."""

    options: frozenset[str]
    variables: dict[str, Json]
    rest: list[Word]
    """The program, and the files."""


def printed(words: list[Word], read: Callable[[str], Word | None], given: Word | None) -> Word | None:
    """Return what a call of jq prints; None if unknown.

    Args:
        words: the call.
        read: returns the text of a file; None if unknown.
        given: the text of its standard input; None if unknown.

    """
    try:
        call = _call(words)
        if not call.rest or call.options & _NOT_READ:
            return None
        program, *files = call.rest
        made = _Program(program, call.variables).run(_input(call, [read(file_name(file)) for file in files] or [given]))
        if isinstance(made, Leaf):
            is_text = made.word[0].text[:1] == '"' and call.options & {"raw-output", "join-output"}
            return _bare(made) if is_text else None  # no request
    except _FailedError:
        return None
    return _dumped(made)


def _call(words: list[Word]) -> _Call:
    options: set[str] = set()
    variables: dict[str, Json] = {}
    rest: list[Word] = []
    left = words[1:]
    while left:
        word, *left = left
        name = text(word)
        if name in _SETTING and len(left) > 1:
            key, value, *left = left
            set_ = _SETTING[name]
            variables[f"${text(key)}"] = _unknown(word[0].at, f"{name} {text(key)}") if set_ is None else set_(value)
        elif name == "--indent":
            left = left[1:]
        elif name.startswith("--"):
            options.add(name[2:])
        elif name[:1] == "-" and name[1:]:
            options |= {_OPTIONS.get(letter, letter) for letter in name[1:]}
        else:
            rest.append(word)
    return _Call(frozenset(options), variables, rest)


def _input(call: _Call, texts: list[Word | None]) -> Json:
    """Return what the program reads."""
    if "null-input" in call.options:
        return _NULL
    inputs = [_parsed(words) for words in texts if words is not None]
    is_list = "slurp" in call.options
    if len(inputs) != len(texts) or (len(inputs) > 1 and not is_list):
        raise _FailedError
    return _items(0, inputs) if is_list else inputs[0]


def _items(at: int, items: list[Json]) -> Items:
    return Items(at, items, _sized(1 + sum(map(_size, items))))


def _fields(at: int, fields: dict[str, tuple[Word, Json]]) -> Fields:
    return Fields(at, fields, _sized(1 + sum(1 + _size(value) for _, value in fields.values())))


def _size(value: Json) -> int:
    return len(value.word) if isinstance(value, Leaf) else value.size


def _sized(size: int) -> int:
    """Return the size of a value. A program may double it with each `|`."""
    if size > MAX_TEXT:
        raise _FailedError
    return size


def _leaf(word: Word) -> Leaf:
    _sized(len(word))
    return Leaf(word)


def _is_null(value: Json) -> bool:
    return isinstance(value, Leaf) and value.word[0].text == "null"


def _unknown(at: int, words: str) -> Leaf:
    return Leaf([Part("", at, words)])


def _parsed(word: Word) -> Json:
    """Return the value of a JSON text, which is a program of jq, too."""
    return _Program(word, {}).run(_NULL)


def _quoted(word: Word) -> Leaf:
    """Return a text as JSON."""
    at = word[0].at if word else 0
    escaped = (part if part.unknown else part._replace(text=json.dumps(part.text)[1:-1]) for part in word)
    return Leaf([Part('"', at), *escaped, Part('"', at)])


def _bare(made: Json) -> Word:
    """Return the characters of a text."""
    if not isinstance(made, Leaf) or made.word[0].text[:1] != '"':
        raise _FailedError
    inner = [
        part if part.unknown else part._replace(text=words, at=part.at + part.text.find(words))
        for i, part in enumerate(made.word)
        for words in [part.text[i == 0 : len(part.text) - (i == len(made.word) - 1)]]
    ]
    if not all(_PLAIN.fullmatch(part.text) for part in inner):
        raise _FailedError
    return [part for part in inner if part.text or part.unknown]


def _dumped(made: Json) -> Word:
    if isinstance(made, Leaf):
        return made.word
    opening, closing = ("[", "]") if isinstance(made, Items) else ("{", "}")
    inner = (
        [_dumped(item) for item in made.items]
        if isinstance(made, Items)
        else [[*key, Part(":", key[0].at), *_dumped(value)] for key, value in made.fields.values()]
    )
    out = [Part(opening, made.at)]
    for i, words in enumerate(inner):
        out += [*([Part(",", words[0].at)] if i else []), *words]
    return [*out, Part(closing, made.at)]


def _sum(left: Json, right: Json) -> Json:
    if _is_null(left) or _is_null(right):
        return right if _is_null(left) else left
    if isinstance(left, Fields) and isinstance(right, Fields):
        return _fields(right.at, left.fields | right.fields)
    if isinstance(left, Items) and isinstance(right, Items):
        return _items(right.at, [*left.items, *right.items])
    if isinstance(left, Leaf) and isinstance(right, Leaf) and left.word[0].text[:1] == right.word[0].text[:1] == '"':
        ends = Part('"', left.word[0].at)
        return _leaf([ends, *_bare(left), *_bare(right), ends])
    return _lost(left, right)


def _product(left: Json, right: Json) -> Json:
    """Merge objects recursively."""
    if not isinstance(left, Fields) or not isinstance(right, Fields):
        return _lost(left, right)
    merged = dict(left.fields)
    for name, (key, value) in right.fields.items():
        old = merged.get(name)
        both = old is not None and isinstance(old[1], Fields) and isinstance(value, Fields)
        merged[name] = (key, _product(old[1], value) if both and old is not None else value)
    return _fields(right.at, merged)


def _lost(left: Json, right: Json) -> Leaf:
    first, second = _dumped(left), _dumped(right)
    return _unknown(first[0].at, f"{spelled(first)[:_LONGEST]} … {spelled(second)[:_LONGEST]}")


def _at(value: Json, path: _Path) -> Json:
    for step in path:
        if isinstance(value, Fields):
            value = value.fields.get(str(step), ([], _NULL))[1]
        elif isinstance(value, Items) and isinstance(step, int):
            value = value.items[step] if -len(value.items) <= step < len(value.items) else _NULL
        elif not _is_null(value) and not (isinstance(value, Leaf) and value.word[0].unknown):
            raise _FailedError  # jq reports an error
    return value


def _with(value: Json, path: _Path, new: Json | None, key: Word) -> Json:
    """Return a value with another one at a path, or without it."""
    if not path or (new is None and _is_null(value)):
        return value if new is None else new
    step, *rest = path
    old = _fields(key[0].at, {}) if _is_null(value) and isinstance(step, str) else value
    if isinstance(old, Fields) and isinstance(step, str):
        words, inner = old.fields.get(step, (_quoted([Part(step, key[0].at)]).word, _NULL))
        if new is None and (not rest or step not in old.fields):
            return _fields(old.at, {name: field for name, field in old.fields.items() if name != step})
        return _fields(old.at, old.fields | {step: (words, _with(inner, tuple(rest), new, key))})
    if (
        isinstance(old, Items)
        and isinstance(step, int)
        and 0 <= step < len(old.items)
        and not (new is None and not rest)
    ):
        items = list(old.items)
        items[step] = _with(items[step], tuple(rest), new, key)
        return _items(old.at, items)
    raise _FailedError


_SETTING: dict[str, Callable[[Word], Json] | None] = {
    "--arg": _quoted, "--argjson": _parsed, "--rawfile": None, "--slurpfile": None,
}  # fmt: skip
"""Options that set a variable, and how to read its value."""


class _Program:
    """A program, evaluated while it is parsed."""

    def __init__(self, word: Word, variables: dict[str, Json]) -> None:
        self._word = word
        self._text = text(word)
        self._variables = variables
        self._tokens = [found for found in _tokens(self._text) if found.lastgroup]
        self._next = 0
        self._depth = 0
        self._starts: list[int] = []
        at = 0
        for part in word:
            self._starts.append(at)
            at += 1 if part.unknown else len(part.text)

    def run(self, dot: Json) -> Json:
        """Return what it prints."""
        value, _ = self._pipe(dot)
        if self._next < len(self._tokens):
            raise _FailedError
        return value

    # --- Tokens ---

    def _peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _take(self) -> re.Match[str]:
        if self._next >= len(self._tokens):
            raise _FailedError
        self._next += 1
        return self._tokens[self._next - 1]

    def _skip(self, sign: str) -> bool:
        is_next = self._peek() == sign
        self._next += is_next
        return is_next

    def _expect(self, sign: str) -> None:
        if not self._skip(sign):
            raise _FailedError

    def _cut(self, start: int, end: int) -> Word:
        """Return a part of the word by the offsets in its text."""
        out = []
        for i in range(max(bisect_right(self._starts, start) - 1, 0), bisect_left(self._starts, end)):
            part, at = self._word[i], self._starts[i]
            if part.unknown:
                out += [part] if start <= at else []
                continue
            first, last = max(start - at, 0), min(end - at, len(part.text))
            if first < last:
                out.append(part._replace(text=part.text[first:last], at=part.at + first))
        return out

    # --- Expressions, by rising precedence; each returns its value, and its path if it is one ---

    def _pipe(self, dot: Json) -> tuple[Json, _Path | None]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _FailedError
        value, path = self._assigned(dot)
        if self._skip("as"):
            name = self._take()
            self._expect("|")
            outer = self._variables
            self._variables = outer | {name[0]: value}
            found = self._pipe(dot)
            self._variables = outer
        elif self._skip("|"):
            inner, further = self._pipe(value)
            found = inner, None if path is None or further is None else (*path, *further)
        else:
            found = value, path
        self._depth -= 1
        return found

    def _assigned(self, dot: Json) -> tuple[Json, _Path | None]:
        start = self._next
        value, path = self._added(dot)
        sign = self._peek()
        if sign not in ("=", "|=", "+=", "*="):
            return value, path
        key = self._cut(*self._tokens[start].span())
        self._take()
        if path is None:
            raise _FailedError
        new, _ = self._added(value if sign == "|=" else dot)
        new = _sum(value, new) if sign == "+=" else _product(value, new) if sign == "*=" else new
        return _with(dot, path, new, key), None

    def _added(self, dot: Json) -> tuple[Json, _Path | None]:
        value, path = self._multiplied(dot)
        while self._peek() in ("+", "-", "//", "==", "!=", "<", ">", "<=", ">=", "and", "or"):
            sign, path = self._take()[0], None
            other, _ = self._multiplied(dot)
            value = _sum(value, other) if sign == "+" else _lost(value, other)
        return value, path

    def _multiplied(self, dot: Json) -> tuple[Json, _Path | None]:
        value, path = self._postfixed(dot)
        while self._peek() in ("*", "/", "%"):
            sign, path = self._take()[0], None
            other, _ = self._postfixed(dot)
            value = _product(value, other) if sign == "*" else _lost(value, other)
        return value, path

    def _postfixed(self, dot: Json) -> tuple[Json, _Path | None]:
        base, path = self._term(dot)
        while True:
            step: str | int | None = None
            if self._skip("?"):
                continue
            if self._peek() == "[" or (self._peek() == "." and self._after_dot() in ("name", "text", "[")):
                self._skip(".")
                step = self._step()
            if step is None:
                return base, path
            base = _at(base, (step,))
            path = None if path is None else (*path, step)

    def _after_dot(self) -> str:
        following = self._tokens[self._next + 1] if self._next + 1 < len(self._tokens) else None
        return "" if following is None else "[" if following[0] == "[" else str(following.lastgroup)

    def _step(self) -> str | int:
        """Read the step of a path: `a`, `"a"`, `["a"]` or `[0]`."""
        is_index = self._skip("[")
        found = self._take()
        if is_index:
            self._expect("]")
        if found.lastgroup == "number" and is_index and found[0].isdecimal():
            return int(found[0][:9])
        if found.lastgroup == "text":
            return self._known(found)
        if found.lastgroup != "name" or is_index:
            raise _FailedError
        return found[0]

    def _known(self, found: re.Match[str]) -> str:
        """Return the characters of a text without expressions in it."""
        if not _PLAIN.fullmatch(found[0][1:-1]) or UNKNOWN in found[0]:
            raise _FailedError
        return found[0][1:-1]

    def _term(self, dot: Json) -> tuple[Json, _Path | None]:
        found = self._take()
        sign, at = found[0], found.start()
        if sign == ".":
            if self._after(at) and self._peek_kind() in ("name", "text"):
                step = self._step()
                return _at(dot, (step,)), (step,)
            return dot, ()
        if sign == "(":
            value, path = self._pipe(dot)
            self._expect(")")
            return value, path
        if sign == "[":
            return self._items(dot, at), None
        if sign == "{":
            return self._fields(dot, at), None
        return self._single(found, dot), None

    def _after(self, at: int) -> bool:
        """Return whether the next token follows without a blank."""
        return self._next < len(self._tokens) and self._tokens[self._next].start() == at + 1

    def _peek_kind(self) -> str:
        return str(self._tokens[self._next].lastgroup) if self._next < len(self._tokens) else ""

    def _single(self, found: re.Match[str], dot: Json) -> Json:
        word = self._cut(*found.span())
        if found[0] == UNKNOWN or found.lastgroup == "number" or found[0] in ("true", "false", "null"):
            return Leaf(word)
        if found.lastgroup == "text":
            return self._interpolated(found)
        if found.lastgroup == "variable":
            return self._variable(found[0], word)
        if found.lastgroup == "name":
            return self._called(found[0], word, dot)
        raise _FailedError

    def _variable(self, name: str, word: Word) -> Json:
        return self._variables.get(name) or _unknown(word[0].at, name)

    def _interpolated(self, found: re.Match[str]) -> Leaf:
        out: Word = []
        at = found.start()
        for each in _VARIABLE.finditer(self._text, *found.span()):
            out += self._cut(at, each.start())
            value = self._variables.get(each[1])
            is_number = isinstance(value, Leaf) and value.word[0].text[:1] not in ('"', "")
            start = self._cut(*each.span())[0].at
            out += (
                [Part("", start, each[1])]
                if not isinstance(value, Leaf) or value.word[0].unknown
                else value.word if is_number else _bare(value)
            )  # fmt: skip
            at = each.end()
        rest = self._cut(at, found.end())
        if "\\(" in text(rest):
            raise _FailedError
        return _leaf([*out, *rest])

    def _called(self, name: str, word: Word, dot: Json) -> Json:
        at = word[0].at
        given = self._arguments(name, dot)
        is_text = isinstance(dot, Leaf) and dot.word[0].text[:1] == '"'
        if name == "env" or name in _OF_ONE or (isinstance(dot, Leaf) and dot.word[0].unknown):
            return _unknown(at, name if name == "env" else f"{spelled(_dumped(dot))[:_LONGEST]} | {name}")
        if name == "del" and len(given) == 1 and given[0][1]:
            return _with(dot, given[0][1], None, word)
        if name == "split" and is_text and len(given) == 1:
            return _split(_bare(dot), spelled(_bare(given[0][0])))
        if given or name not in ("tonumber", "tostring") or not isinstance(dot, Leaf):
            raise _FailedError
        if is_text == (name == "tostring"):
            return dot
        ends = Part('"', dot.word[0].at)
        return Leaf((_bare(dot) or [Part("null", at)]) if is_text else [ends, *dot.word, ends])

    def _arguments(self, name: str, dot: Json) -> list[tuple[Json, _Path | None]]:
        given: list[tuple[Json, _Path | None]] = []
        while self._skip(";" if given else "("):
            given.append((self._unread(), None) if name in _OF_ONE else self._pipe(dot))
        if given:
            self._expect(")")
        return given

    def _unread(self) -> Json:
        """Read over the argument of a function that is not computed."""
        open_ = 0
        while open_ or self._peek() not in (";", ")"):
            open_ += {"(": 1, ")": -1}.get(self._take()[0], 0)
        return _NULL

    def _items(self, dot: Json, at: int) -> Items:
        items: list[Json] = []
        while not self._skip("]"):
            if items:
                self._expect(",")
            items.append(self._pipe(dot)[0])
        return _items(self._cut(at, at + 1)[0].at, items)

    def _fields(self, dot: Json, at: int) -> Fields:
        fields: dict[str, tuple[Word, Json]] = {}
        is_first = True
        while not self._skip("}"):
            if not is_first:
                self._expect(",")
                if self._skip("}"):  # jq 1.8 accepts it
                    break
            is_first = False
            found = self._take()
            word = self._cut(*found.span())
            if found.lastgroup == "variable":
                name, key = found[0][1:], _quoted([word[0]._replace(text=found[0][1:])]).word
                fields[name] = key, self._variable(found[0], word)
                continue
            if found.lastgroup not in ("name", "text"):
                raise _FailedError
            name = found[0] if found.lastgroup == "name" else self._known(found)
            key = _quoted(word).word if found.lastgroup == "name" else word
            fields[name] = key, self._pipe(dot)[0] if self._skip(":") else _at(dot, (name,))
        return _fields(self._cut(at, at + 1)[0].at, fields)


def _split(word: Word, by: str) -> Json:
    """Return the parts of a text; unknown if a part of it is."""
    out: list[Json] = []
    if not word:
        return _items(0, out)
    if any(part.unknown for part in word) or not by:
        return _unknown(word[0].at, spelled(word))
    words, at = text(word), 0
    offsets = [part.at + i for part in word for i in range(len(part.text))]
    for item in words.split(by):
        out.append(_quoted([Part(item, offsets[min(at, len(offsets) - 1)], note=word[0].note)]))
        at += len(item) + len(by)
    return _items(word[0].at, out)


def _tokens(words: str) -> list[re.Match[str]]:
    out: list[re.Match[str]] = []
    at = 0
    while at < len(words):
        found = _TOKEN.match(words, at)
        if found is None:
            raise _FailedError
        out.append(found)
        at = found.end()
    return out
