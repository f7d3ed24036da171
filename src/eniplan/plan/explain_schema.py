"""Explains violations of the plan's schema. Only this module imports jsonschema.

It runs only after `schema.is_valid` returned False. Each violation becomes one problem at its own place.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from jsonschema import Draft7Validator

from eniplan.bounds import MAX_PROBLEMS, integer
from eniplan.errors import Problem
from eniplan.messages import NOTHING, Message, say
from eniplan.plan.full_width import hint_for
from eniplan.plan.schema import API_VERSION
from eniplan.suggest import did_you_mean, nearest
from eniplan.text import may_be_secret
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema import ValidationError

    from eniplan.plan.document import Document, Path

_TYPES = {
    "string": say("text"), "integer": say("a whole number"), "boolean": say("true or false"), "array": say("a list"),
    "object": say("a map"),
}  # fmt: skip


class Misfit(NamedTuple):
    """A violation of the schema."""

    path: Path
    """The invalid value, which the caller leaves out."""
    problem: Problem
    meant: Path
    """The key that the user most likely meant: rules should not report it as missing."""


def told(misfits: list[Misfit]) -> list[Problem]:
    """Return the problems of violations, without missing keys that the user gave under another name."""
    misspelt = {misfit.meant for misfit in misfits if len(misfit.path) == len(misfit.meant)}
    return [m.problem for m in misfits if len(m.path) == len(m.meant) or m.meant not in misspelt]


def schema_problems(document: Document, schema: dict[str, Any]) -> list[Misfit]:
    """Return the violations of the schema in the order of the document's keys, at most `MAX_PROBLEMS` + 1.

    If the apiVersion is wrong, this is the only violation: the document is of another kind.
    """
    errors = sorted(
        islice(Draft7Validator(schema).iter_errors(document.value), MAX_PROBLEMS + 1),
        key=lambda e: [str(p) for p in e.absolute_path],
    )
    errors = [error for error in errors if error.validator == "const"] or errors
    return [*islice((found for error in errors for found in _explain(document, error)), MAX_PROBLEMS + 1)]


class _Violation(NamedTuple):
    """A violation that jsonschema found, and what our own message about it needs."""

    document: Document
    path: Path
    name: str
    """The name of the place in messages: its last key."""
    value: Any
    schema: dict[str, Any]

    def problem(self, message: Message, hint: Message = NOTHING) -> Misfit:
        """Return a problem with this value."""
        hint = (hint_for(self.value) if isinstance(self.value, str) else NOTHING) or hint
        return Misfit(self.path, Problem(message, self.document.place(self.path), hint), self.path)


def _explain(document: Document, error: ValidationError) -> Iterator[Misfit]:
    path: Path = tuple(error.absolute_path)
    schema: Any = error.schema
    violation = _Violation(
        document, path, _called(document, path) if path else say("the document"), error.instance, schema
    )
    return _EXPLAINERS[str(error.validator)](violation)


def _unknown_keys(at: _Violation) -> Iterator[Misfit]:
    known = at.schema["properties"]
    for key in at.value:
        if key not in known:
            meant = nearest(key, known)
            hint = hint_for(key) or (
                say("did you mean {meant!r}?", meant=meant)
                if meant
                else say("known here: {known}", known=tuple(sorted(known)))
            )
            path = (*at.path, key)
            problem = Problem(say("unknown key {key!r}", key=key), at.document.place(path, key=True), hint)
            yield Misfit(path, problem, (*at.path, meant or key))


def _missing_key(at: _Violation) -> Iterator[Misfit]:
    # jsonschema reports each missing key separately, and names it only in its message. Report all, each once.
    for key in at.schema["required"]:
        if key not in at.value:
            yield _missing(at, key)


def _missing(at: _Violation, key: str) -> Misfit:
    word = at.document.word(at.path, key)
    part = say(" in {at_name}", at_name=at.name) if at.path and word == key else NOTHING
    message = say("{key!r} is missing{part}", key=word, part=part)
    about = f"apiVersion: {API_VERSION}" if key == "apiVersion" else at.schema["properties"][key]["description"]
    return at.problem(message, say("add it: {about}", about=about))._replace(meant=(*at.path, key))


def _any_of(at: _Violation) -> Iterator[Misfit]:
    names = [key for choice in at.schema["anyOf"] for key in choice["required"]]
    yield at.problem(
        say("{at_name} has neither {map}", at_name=at.name, map=" nor ".join(map(repr, names))),
        say("add {names}", names=" or ".join(names)),
    )


def _const(at: _Violation) -> Iterator[Misfit]:
    message = say(
        "{at_name} is {shown}, not {api_version}",
        at_name=at.name,
        shown=_shown(at.path, at.value),
        api_version=API_VERSION,
    )
    yield at.problem(message, say("write apiVersion: {api_version}", api_version=API_VERSION))


def _enum(at: _Violation) -> Iterator[Misfit]:
    allowed = at.schema["enum"]
    if isinstance(at.value, str):  # other values also violate `type`, which has the better message
        message = say(
            "{at_name} is {shown}; it must be one of {allowed}",
            at_name=at.name,
            shown=_shown(at.path, at.value),
            allowed=tuple(allowed),
        )
        yield at.problem(message, did_you_mean(at.value, allowed))


def _minimum(at: _Violation) -> Iterator[Misfit]:
    yield at.problem(
        say(
            "{at_name} is {value}; it must be {schema} or more",
            at_name=at.name,
            value=at.value,
            schema=at.schema["minimum"],
        )
    )


def _min_items(at: _Violation) -> Iterator[Misfit]:
    yield at.problem(
        say("{at_name} is empty", at_name=at.name), say("add one: {schema}", schema=at.schema["items"]["description"])
    )


def _pattern(at: _Violation) -> Iterator[Misfit]:
    about = at.schema["description"]
    if at.value.startswith("<"):
        yield at.problem(
            say("{at_name} still contains the placeholder {value}", at_name=at.name, value=at.value),
            say("fill it in: {about}", about=about),
        )
    else:
        message = say("{at_name} is empty", at_name=at.name)
        if at.value:
            message = say("{at_name} is {shown}", at_name=at.name, shown=_shown(at.path, at.value))
        yield at.problem(message, about)


def _wrong_type(at: _Violation) -> Iterator[Misfit]:
    expected = at.schema["type"]
    if at.value is None:
        write = _EMPTY.get(expected, say("give a value"))
        yield at.problem(
            say("{at_name} has no value; it must be {types}", at_name=at.name, types=_TYPES[expected]),
            say("{write}, or remove the key", write=write),
        )
    else:
        message = say(
            "{at_name} must be {types}, not {shown}",
            at_name=at.name,
            types=_TYPES[expected],
            shown=_shown(at.path, at.value),
        )
        yield at.problem(message, _type_hint(at, expected))


def _type_hint(at: _Violation, expected: str) -> Message:
    value = at.value
    word = str(value).lower()
    if expected == "string" and isinstance(value, (bool, int, float)):
        return say('quote it: "{text}"', text=at.document.tree.text(at.path))
    if expected == "boolean" and word in _BOOLEAN_WORDS:
        return say("write {word}", word=_BOOLEAN_WORDS[word])
    if expected == "integer" and word.isdecimal() and isinstance(number := integer(word), int):
        return say("write {number}, without quotes or leading zeros", number=number)
    if expected == "array" and not isinstance(value, dict):
        return say("write [{value}]", value=_shown(at.path, value))
    return NOTHING


_EMPTY = {"array": say("write []"), "object": say("write {{}}")}
_BOOLEAN_WORDS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
_EXPLAINERS: dict[str, Callable[[_Violation], Iterator[Misfit]]] = {
    "additionalProperties": _unknown_keys,
    "required": _missing_key,
    "anyOf": _any_of,
    "const": _const,
    "enum": _enum,
    "type": _wrong_type,
    "minimum": _minimum,
    "minItems": _min_items,
    "pattern": _pattern,
}
"""By keyword, for all keywords in the schemas of `plan.schema`."""


def _called(document: Document, path: Path) -> str:
    """Return the last key of a path, as the document's format calls it."""
    names = [step for step in path if isinstance(step, str)]
    inner = ".".join(step for step in path[2:] if isinstance(step, str))
    word = document.word(path, inner) if inner else ""
    name = repr(names[-1] if word == inner or word[-1] == "]" else word.rpartition(".")[2])
    return say("an item of {name}", name=name) if isinstance(path[-1], int) else name


def _shown(path: Path, value: object) -> str:
    """Return a value as short text; hides values that may be secrets."""
    if any(may_be_secret(str(step)) for step in path):
        return "(hidden)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - one line of a terminal
