"""Explains why a text is not valid YAML, from the text at the parser's marks rather than from its message.

libyaml changes its messages between releases, but not its marks.
"""

from __future__ import annotations

import re
from typing import Any

from eniplan.bounds import MAX_DEPTH, MAX_VALUES
from eniplan.errors import Place, Problem
from eniplan.libyaml import yaml
from eniplan.messages import NOTHING, Message, say
from eniplan.plan.full_width import find_in_line, hint_for
from eniplan.values import NamedTuple

_OPENING = frozenset("[{")
_CLOSING = frozenset("]}")
_BRACKETS = re.compile(
    r"""(?:^|(?<=[\s,:[{]))(?:"(?:\\.|[^"\\])*(?:"|\Z)|'[^']*(?:'|\Z))|(?:^|(?<=\s))#[^\n]*|[][{}]""", re.DOTALL
)
"""Matches a quoted text, a comment, or a bracket."""


class _At(NamedTuple):
    """A position in a text, counted from 0, with the attribute names of the parser's marks."""

    line: int
    column: int


class TooDeepError(yaml.MarkedYAMLError):
    """A document has more levels than `MAX_DEPTH`."""


class TooLargeError(yaml.MarkedYAMLError):
    """A document has more values than `MAX_VALUES`."""


class _Cause(NamedTuple):
    mark: Any
    """A mark of the parser, which has no type, or an `_At`; None if the place is unknown."""
    message: Message
    hint: Message


def yaml_problem(file: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    """Return why a text is not valid YAML, at the place to fix."""
    if isinstance(error, TooLargeError):
        message = say("more than {values} values in one YAML document", values=MAX_VALUES)
        return Problem(message, Place(file), say("split it, or give it as JSON: kubectl get -o json"))
    deep = _too_deep(text, error)
    if deep is not None:
        hint = say("a plan has fewer than 10 levels: is this the right file?")
        message = say("nested deeper than {levels} levels", levels=MAX_DEPTH)
        return Problem(message, Place(file, deep.line + 1, deep.column + 1), hint)
    mark, message, hint = _cause(text, error)
    place = Place(file) if mark is None else Place(file, mark.line + 1, mark.column + 1)
    return Problem(say("not valid YAML: {message}", message=message), place, hint)


def _cause(text: str, error: yaml.MarkedYAMLError) -> _Cause:
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    if mark is None:
        return _Cause(None, say("{words}", words=str(error.problem or "malformed")), NOTHING)
    wide = _full_width(text, mark)
    if wide is not None:
        return wide
    opening = "" if began is None else text[began.index : began.index + 1]
    if opening in {'"', "'"}:
        return _Cause(began, say("this quote is never closed"), say("close the quote that opens here"))
    return _at_character(text, error, mark) or _in_structure(text, error, mark)


def _full_width(text: str, mark: yaml.Mark) -> _Cause | None:
    """Return full-width punctuation at the mark or in the line before it: the parser may notice it a line late."""
    lines = text.split("\n")
    for number in (mark.line, mark.line - 1):
        line = lines[number] if 0 <= number < len(lines) else ""
        column = None if line.isascii() else find_in_line(line)
        if column is not None:
            message = say("{character!r} is not YAML punctuation", character=line[column])
            return _Cause(_At(number, column), message, hint_for(line[column]))
    return None


def _at_character(text: str, error: yaml.MarkedYAMLError, mark: yaml.Mark) -> _Cause | None:
    """Return the cause, from the character at the mark; None if that does not tell."""
    here = text[mark.index : mark.index + 1]
    if isinstance(error, yaml.composer.ComposerError) and here == "*":
        hint = say("define the anchor (&name) before its alias (*name), or quote text that starts with *")
        return _Cause(mark, say("this alias has no anchor"), hint)
    if isinstance(error, yaml.composer.ComposerError) and here == "&" and error.context_mark:
        line = error.context_mark.line + 1
        return _Cause(
            mark, say("this anchor has the name of the one in line {line}", line=line), say("rename one of them")
        )
    if here in {"\t", "@", "`", "%"}:
        hint = say("indent with spaces, not tabs; quote text that starts with @, ` or %")
        return _Cause(mark, say("nothing can start with {character!r}", character=here), hint)
    return None


def _in_structure(text: str, error: yaml.MarkedYAMLError, mark: yaml.Mark) -> _Cause:
    began = error.context_mark
    opening = "" if began is None else text[began.index : began.index + 1]
    unclosed = _unclosed(text, mark.index)
    if unclosed is not None:
        return _Cause(unclosed, say("this bracket is never closed"), say("close the bracket that opens here"))
    if opening in _OPENING:
        hint = say("put commas between the items, and quote text with a comma, a colon or a bracket")
        return _Cause(mark, say("this does not fit into the brackets around it"), hint)
    if text[mark.index : mark.index + 1] == ":":
        return _Cause(mark, say("a colon is not allowed here"), say("quote a value that contains a colon and a space"))
    if began is not None and not isinstance(error, yaml.scanner.ScannerError):
        hint = say("align it with the keys or items that it belongs to")
        return _Cause(mark, say("this line does not fit the lines above it"), hint)
    if began is not None and opening.isalnum():
        hint = say("write `key: value`, or quote a text of several lines")
        return _Cause(began, say("this key has no colon"), hint)
    return _Cause(mark, say("{words}", words=str(error.problem or "malformed")), NOTHING)


def _too_deep(text: str, error: yaml.MarkedYAMLError) -> Any:  # noqa: ANN401 - a mark of the parser has no type
    """Return the place of the deepest allowed level, if the fault is deeper; otherwise None."""
    if isinstance(error, TooDeepError):
        return error.problem_mark
    mark = error.problem_mark or error.context_mark
    opened = () if mark is None else _opened(text[: mark.index])
    return _at(text, opened[MAX_DEPTH - 1]) if len(opened) > MAX_DEPTH else None


def _unclosed(text: str, end: int) -> _At | None:
    """Return the innermost bracket before a place that the text never closes; None if there is none."""
    opened = [index for index in _opened(text) if index < end]
    return _at(text, opened[-1]) if opened else None


def _opened(text: str) -> list[int]:
    """Return the offsets of the brackets that are open at the end of a text, outermost first."""
    opened: list[int] = []
    for found in _BRACKETS.finditer(text):
        if found[0] in _OPENING:
            opened.append(found.start())
        elif found[0] in _CLOSING and opened:
            opened.pop()
    return opened


def _at(text: str, index: int) -> _At:
    return _At(text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1))
