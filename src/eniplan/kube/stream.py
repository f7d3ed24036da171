"""Stream Kubernetes objects from JSON, so that a dump of half a gigabyte is never in memory as a whole.

It parses what kubectl prints: an object, a List, a PodList (`kubectl get --raw`), and several of these in sequence.
Only one object at a time is a Python value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from eniplan.bounds import JSON_NUMBERS, is_deep
from eniplan.errors import InputError, Place, Problem
from eniplan.messages import Message, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import TextIOBase

_CHUNK = 1 << 18
_AHEAD = 1 << 16
"""Characters to read ahead. Most objects are shorter, so few are decoded twice."""
_BLANK = " \t\r\n"
_ITEMS = "items"
_LEVELS = 200
"""Maximum levels of lists and maps. What the decoder itself refuses depends on the version of Python."""
_TOO_DEEP = say("nested deeper than any object of a cluster")


class Listed(NamedTuple):
    """The head of a list, after its items."""

    kind: str
    """`PodList`, or `List` for a list of any kinds."""
    more: str
    """The token of the next page (`metadata.continue`); empty on the last page."""


def read(stream: TextIOBase, name: str) -> Iterator[dict[str, Any] | Listed]:
    """Yield every object of a stream, and a `Listed` after the items of each list.

    Raises:
        InputError: the text is not JSON, or not objects. Its place is `name`.

    """
    text = _Text(stream, name)
    while text.peek():
        yield from _document(text)
        if text.peek() not in {"{", ""}:
            text.refuse(say("there is other text after the JSON: were errors written into it, as with 2>&1?"))


def _document(text: _Text) -> Iterator[dict[str, Any] | Listed]:
    """Yield one top-level object, or the items of one list."""
    text.expect("{")
    head: dict[str, Any] = {}
    late: list[dict[str, Any]] = []
    is_list = False
    while text.peek() != "}":
        if head or is_list:
            text.expect(",")
        key = text.value()
        text.expect(":")
        if key == _ITEMS and text.peek() == "[":
            is_list = True
            yield from _items(text, head, late)
        elif isinstance(key, str):
            head[key] = text.value()
        else:
            text.refuse(say("a key of an object must be a string"))
    text.expect("}")
    if is_list:
        yield from (of_kind(item, head) for item in late)
        yield listed(head)
    else:
        yield head


def listed(head: dict[str, Any]) -> Listed:
    """Return the head of a list from its keys."""
    meta = head.get("metadata")
    more = meta.get("continue") if isinstance(meta, dict) else ""
    return Listed(str(head.get("kind", "")), str(more or ""))


def of_kind(item: dict[str, Any], head: dict[str, Any]) -> dict[str, Any]:
    """Return an item of a list with its kind, which items of a PodList lack."""
    kind = str(head.get("kind", "")).removesuffix("List")
    return {"kind": kind, **item} if kind else item


def _items(text: _Text, head: dict[str, Any], late: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the items of a list; items whose kind follows with the keys after them are added to `late`."""
    text.expect("[")
    first = True
    while text.peek() != "]":
        if not first:
            text.expect(",")
        first = False
        item = text.value()
        if not isinstance(item, dict):
            text.refuse(say("an item of a list must be an object"))
        if "kind" in item:
            yield item
        elif "kind" in head:
            yield of_kind(item, head)
        else:
            late.append(item)
    text.expect("]")


_CAREFUL = json.JSONDecoder(**JSON_NUMBERS).raw_decode
_FAST = json.JSONDecoder(**{**JSON_NUMBERS, "parse_int": int}).raw_decode
"""Parses integers fast, and raises ValueError for those with thousands of digits."""


class _Text:
    """A window on a stream of JSON text."""

    def __init__(self, stream: TextIOBase, name: str) -> None:
        self._stream = stream
        self._name = name
        self._window = ""
        self._at = 0
        self._before = 0  # characters before the window
        self._line, self._column = 1, 1  # the start of the window, for streams that cannot be read again
        self._start = stream.tell() if stream.seekable() else None
        self._ended = False
        self._decode = _FAST

    def peek(self) -> str:
        """Return the next character that is not white space, or an empty string at the end."""
        while True:
            window, at = self._window, self._at
            while at < len(window) and window[at] in _BLANK:
                at += 1
            self._at = at
            if at < len(window):
                return window[at]
            if not self._more(_CHUNK):
                return ""

    def expect(self, character: str) -> None:
        """Consume the character that must come next."""
        if self.peek() != character:
            self.refuse(say("{character!r} is missing here", character=character))
        self._at += 1

    def value(self) -> Any:  # noqa: ANN401 - any JSON value
        """Parse one value of any length."""
        self.peek()
        wanted = _CHUNK
        if len(self._window) - self._at < _AHEAD:
            self._more(_CHUNK)
        while True:
            try:
                value, end = self._decode(self._window, self._at)
            except json.JSONDecodeError as error:
                # The value is either incomplete or malformed; more text decides. Doubling the amount limits how often
                # a malformed text is parsed again.
                if self._more(wanted):
                    wanted *= 2
                    continue
                self._at = error.pos
                self.refuse(say("not valid JSON: {error}", error=error.msg))
            except ValueError:  # a number with thousands of digits
                self._decode = _CAREFUL
                continue
            except RecursionError:
                self.refuse(_TOO_DEEP)
            if self._opens(end) > _LEVELS and is_deep(value, _LEVELS):
                self.refuse(_TOO_DEEP)
            # A number at the end of the window may be incomplete: `1.` or `1e+` parse as 1.
            if end + 2 < len(self._window) or not self._more(_CHUNK):
                self._at = end
                return value

    def _opens(self, end: int) -> int:
        """Return how many lists and maps open before a position: at least as many as levels."""
        return self._window.count("{", self._at, end) + self._window.count("[", self._at, end)

    def refuse(self, message: Message) -> NoReturn:
        """Raise the error for the current position."""
        early = not self.peek()
        self._step_over()
        if self._start is not None:
            self._count_again(self._start)
        hint = say("pass kubectl's complete output with -o json")
        place = Place(self._name, self._line, self._column)
        raise InputError(Problem(say("it is truncated") if early else message, place, hint)) from None

    def _more(self, size: int) -> bool:
        """Read more text and drop consumed text; return whether there was more."""
        if self._ended:
            return False
        try:
            chunk = self._stream.read(size)
        except UnicodeDecodeError as error:
            raise InputError(Problem(say("not UTF-8 text: {reason}", reason=error.reason), Place(self._name))) from None
        if chunk:
            self._step_over()
            self._window += chunk
        self._ended = not chunk
        return bool(chunk)

    def _step_over(self) -> None:
        """Drop consumed text from the window."""
        self._before += self._at
        if self._start is None:
            self._count(self._window[: self._at])
        self._window = self._window[self._at :]
        self._at = 0

    def _count(self, passed: str) -> None:
        """Advance line and column over consumed text."""
        newline = passed.rfind("\n")
        self._line += passed.count("\n")
        self._column = self._column + len(passed) if newline < 0 else len(passed) - newline

    def _count_again(self, start: int) -> None:
        """Recompute line and column from the start, on errors only: counting lines always costs a tenth of the time."""
        self._stream.seek(start)
        left = self._before
        while left and (passed := self._stream.read(min(left, _CHUNK))):
            left -= len(passed)
            self._count(passed)
