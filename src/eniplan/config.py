"""Defaults of options, from the environment or else from `.eniplan/config.yaml`.

`KEYS` lists them all; to add a key, add a line. A run without a config file costs one `stat` or two per folder.
"""

from __future__ import annotations

import os
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from eniplan.errors import InputError, Place, Problem, UsageError, few
from eniplan.messages import NOTHING, say
from eniplan.suggest import did_you_mean
from eniplan.terminal import read_named
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.plan.document import Document

FILE = os.path.join(".eniplan", "config.yaml")
FILE_VARIABLE = "ENIPLAN_CONFIG"
"""Names another config file."""
PREFIX = "ENIPLAN_"
OTHER_VARIABLES = (FILE_VARIABLE, "ENIPLAN_ARGUMENTS", "ENIPLAN_DEBUG", "ENIPLAN_ENDPOINT", "ENIPLAN_READ_TIMEOUT")
"""Variables of eniplan and of its GitLab job that have no key in the file."""
SCHEMA_ID = "https://eniplan.dev/schema/config-v1.json"

Value: TypeAlias = "str | bool | list[str]"


class Kind(Enum):
    """The type of a value."""

    FLAG = "flag"
    WORD = "word"
    WORDS = "words"
    PATH = "path"
    PATHS = "paths"
    NEW_PATH = "new path"
    """A file that a run may create."""


_LISTS = (Kind.WORDS, Kind.PATHS)
_FILES = (Kind.PATH, Kind.PATHS, Kind.NEW_PATH)


class Key(NamedTuple):
    """An option that the environment and the file can set for every command that has it."""

    kind: Kind
    about: str
    choices: tuple[str, ...] = ()
    """The allowed values; empty: any."""
    words: tuple[str, ...] = ()
    """Values of a path option that are not paths."""


KEYS = {
    "baseline": Key(Kind.NEW_PATH, "Report only findings that are not in this baseline."),
    "cluster": Key(Kind.PATH, "Facts of the cluster for inputs without them: a plan, or its cluster part."),
    "exclude": Key(Kind.WORDS, "Globs of files to skip in folders, besides those that Git ignores."),
    "fail-on": Key(
        Kind.WORD, "Exit with 1 if there are findings of this level or above.", choices=("error", "warning", "info")
    ),
    "lang": Key(Kind.WORD, "Language of messages and reports. Default: from the locale.", choices=("en", "zh")),
    "specs": Key(Kind.PATH, "Your own instance data, or `bundled`.", words=("bundled",)),
    "strict": Key(Kind.FLAG, "Use the strictest document where they disagree; fail if a rule is undecided."),
    "var-file": Key(Kind.PATHS, "Values of Terraform variables, besides terraform.tfvars."),
    "waivers": Key(Kind.PATH, "Waivers for any file."),
}
"""By option name, without dashes."""


class Setting(NamedTuple):
    """A value and its place."""

    value: Value
    place: Place
    """In the config file, or the name of the environment variable in place of a file."""


def variable(key: str) -> str:
    """Return the environment variable of a key: `ENIPLAN_FAIL_ON` for `fail-on`."""
    return PREFIX + parameter(key).upper()


def parameter(key: str) -> str:
    """Return the parameter name of an option in the functions of commands: `fail_on`."""
    return key.replace("-", "_")


class Config:
    """The settings of one run. Finds and reads the file on first use."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Store the environment; read nothing yet."""
        self._environment = environment

    @cached_property
    def file(self) -> str | None:
        """The config file in effect: $ENIPLAN_CONFIG, or else the nearest one up to the root of the repository."""
        return self._environment.get(FILE_VARIABLE) or _nearest_file()

    def setting(self, key: str) -> Setting | None:
        """Return the value from the environment, or else from the file, or None.

        Raises:
            UsageError: the variable has an invalid value.
            InputError: the file cannot be read, does not fit the schema, or names a file that does not exist.

        """
        text = self._environment.get(variable(key), "")
        return Setting(_read(key, text), Place(variable(key))) if text else self._of_file.get(key)

    @cached_property
    def _of_file(self) -> dict[str, Setting]:
        document = None if self.file is None else _document(self.file)
        if document is None or not isinstance(document.value, dict):
            return {}
        return {str(key): _stated(str(key), document) for key in document.value}

    def unknown_variables(self) -> Iterator[Problem]:
        """Yield a problem for each `ENIPLAN_…` variable that eniplan does not read."""
        known = [*map(variable, KEYS), *OTHER_VARIABLES]
        for name in sorted(self._environment):
            if name.startswith(PREFIX) and name not in known:
                hint = did_you_mean(name, known) or say("known: {known}", known=tuple(known))
                yield Problem(say("eniplan reads no variable of this name"), Place(name), hint)


def _nearest_file() -> str | None:
    """Look for the file here and, inside a repository, in parent folders; elsewhere, other users could plant one."""
    if os.path.exists(FILE):
        return FILE
    above, inner, found = "", os.getcwd(), None
    while not os.path.exists(os.path.join(above, ".git")):
        outer = os.path.dirname(inner)
        if outer == inner:
            return None  # no repository
        above, inner = os.path.join(above, os.pardir), outer
        path = os.path.join(above, FILE)
        if found is None and os.path.exists(path):
            found = path
    return found


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": SCHEMA_ID,
        "title": "eniplan config",
        "type": "object",
        "description": f"Defaults of options, in {FILE}. Paths are relative to this file's folder.",
        "additionalProperties": False,
        "properties": {name: _schema(key) for name, key in KEYS.items()},
    }


def _schema(key: Key) -> dict[str, Any]:
    if key.kind is Kind.FLAG:
        return {"type": "boolean", "description": key.about}
    text: dict[str, Any] = {"type": "string", "description": key.about}
    text |= {"enum": list(key.choices)} if key.choices else {"pattern": "^[^<]"}
    return {"type": "array", "items": text, "description": key.about} if key.kind in _LISTS else text


def _document(path: str) -> Document | None:
    """Read the file; None if it is empty or holds only comments."""
    from eniplan.plan.document import decode, read_documents  # noqa: PLC0415 - most runs have no file

    data = read_named(path)
    if all(not line or line.startswith("#") for line in map(str.strip, decode(path, data).splitlines())):
        return None
    document, *more = read_documents(path, data)
    if more:
        hint = say("keep one document")
        raise InputError(Problem(say("a config file must be one document"), more[0].place(()), hint))
    from eniplan.plan.schema import compile_schema  # noqa: PLC0415 - most runs have no file

    form = schema()
    if not compile_schema(form)(document.value):
        from eniplan.plan.explain_schema import schema_problems, told  # noqa: PLC0415 - imports jsonschema

        raise InputError(*few(told(schema_problems(document, form))))
    return document


def _stated(name: str, document: Document) -> Setting:
    from eniplan.plan.document import value_at  # noqa: PLC0415 - most runs have no file

    key, value = KEYS[name], value_at(document.value, (name,))
    place = document.place((name,))
    if key.kind not in _FILES or value in key.words:
        return Setting(value, place)
    folder = os.path.dirname(document.file)
    paths = []
    for index, word in enumerate(value if isinstance(value, list) else [value]):
        path = os.path.normpath(os.path.join(folder, word))
        if not os.path.exists(path) and (key.kind is not Kind.NEW_PATH or "\0" in path):
            at = document.place((name, index)) if isinstance(value, list) else place
            hint = say("paths are relative to the file's folder, {folder}", folder=folder or os.curdir)
            raise InputError(Problem(say("there is no file {path}", path=path), at, hint))
        paths.append(path)
    return Setting(paths if isinstance(value, list) else paths[0], place)


_FLAGS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _read(name: str, text: str) -> Value:
    """Return the value of a variable; lists are separated by commas."""
    key = KEYS[name]
    if key.kind in _LISTS:
        return [word for word in text.split(",") if word]
    allowed = tuple(_FLAGS) if key.kind is Kind.FLAG else key.choices
    if allowed and text.lower() not in allowed:
        allowed = ("true", "false") if key.kind is Kind.FLAG else allowed
        message = say("{text!r} is not valid; use one of {allowed}", text=text, allowed=allowed)
        raise UsageError(Problem(message, Place(variable(name)), did_you_mean(text, allowed) or NOTHING))
    if key.kind is Kind.FLAG:
        return _FLAGS[text.lower()]
    return text.lower() if key.choices else text
