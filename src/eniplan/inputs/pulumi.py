"""Resolves the references in a Pulumi YAML program from its variables and the defaults of its configuration.

Outputs of resources and results of unsupported functions are unknown. The stacks beside a program (`Pulumi.prod.yaml`)
override defaults; other stacks may, too, so values that depend on a configuration have a note. Source: https://www.pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference/
"""

from __future__ import annotations

import json
import os
import re
from glob import escape as glob_escape
from glob import glob
from typing import TYPE_CHECKING, Any

from eniplan.bounds import MAX_TEXT
from eniplan.inputs.beside import Made
from eniplan.inputs.composition import nothing_known
from eniplan.inputs.places import NotKnown, unknown_in
from eniplan.inputs.ros import Noted, split, two
from eniplan.inputs.spelling import as_text
from eniplan.k8s.values import mapping
from eniplan.messages import say
from eniplan.plan.document import documents_in, value_at
from eniplan.terminal import read_beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.plan.document import Document, Path

_MAX_VALUES = 100_000
"""Maximum values that references may add; a value that is used twice counts twice."""
_REFERENCE = re.compile(r"\$\{([^{}]*)\}")
_PARTS = re.compile(r"\$(\$\{[^{}]*\})|\$\{([^{}]*)\}")
"""Matches an escaped reference, or a reference."""
_STEP = re.compile(r"\.?([A-Za-z_][\w-]*)|\[(?:\"([^\"]*)\"|([0-9]{1,6}))\]")


def resolved(document: Document) -> Document:
    """Return a program with resolved values in its resources, and `NotKnown` for values that only Pulumi knows."""
    value: Any = document.value
    program = _Program(value, _stacks(document.file))
    made = {
        name: {**item, "properties": _arguments(program.value(item["properties"], ("resources", name, "properties")))}
        if isinstance(item, dict) and isinstance(item.get("properties"), dict | str)
        else item
        for name, item in value["resources"].items()
    }
    return document._replace(value={**value, "resources": made}, tree=Noted(document, program.notes))


def _arguments(found: Any) -> Any:  # noqa: ANN401 - values of a document
    """Return the arguments of a resource; if they are unknown as a whole, those that most rules are about are."""
    return nothing_known(found) if isinstance(found, NotKnown) else found


def _stacks(file: str) -> list[tuple[str, Any]]:
    """Return the files of the stacks beside a program, and their configurations; None for one that is not valid."""
    found: list[tuple[str, Any]] = []
    for path in sorted(glob(os.path.join(glob_escape(os.path.dirname(file)), "Pulumi.*.y*ml"))):
        data = read_beside(path)
        if data is not None:
            documents = documents_in(path, data.decode(errors="replace"))
            found.append((os.path.basename(path), value_at(documents[0].value, ("config",)) if documents else None))
    return found


class _Program:
    """The state of resolving one program."""

    def __init__(self, program: dict[str, Any], stacks: list[tuple[str, Any]]) -> None:
        self.notes: dict[Path, tuple[str, ...]] = {}
        self._name = str(program.get("name", ""))
        self._resources = program["resources"]
        self._variables = mapping(program.get("variables"))
        config = program.get("config", program.get("configuration"))
        self._config = {
            key.removeprefix(f"{self._name}:"): item
            for key, item in (config.items() if isinstance(config, dict) else ())
        }
        self._stacks = stacks
        self._known: dict[str, tuple[Any, tuple[str, ...], int]] = {}
        """Resolved names: the value, the configuration defaults that it depends on, and its size."""
        self._open: set[str] = set()
        self._used: list[str] = []
        self._left = _MAX_VALUES

    def value(self, raw: Any, path: Path) -> Any:  # noqa: ANN401 - values of a document
        """Return a value with its references resolved, and record the defaults that it depends on."""
        if isinstance(raw, dict) and _function(raw) is None:
            return {key: self.value(item, (*path, key)) for key, item in raw.items()}
        if isinstance(raw, list):
            return [self.value(item, (*path, i)) for i, item in enumerate(raw)]
        self._used = []
        found = self._computed(raw)
        if self._used:
            self.notes[path] = tuple(dict.fromkeys(self._used))
        return found

    def _computed(self, raw: Any) -> Any:  # noqa: ANN401 - values of a document
        self._left -= 1
        if isinstance(raw, str):
            return self._text(raw)
        if isinstance(raw, list):
            return [self._computed(item) for item in raw]
        if not isinstance(raw, dict):
            return raw
        name = _function(raw)
        if name is None:
            return {key: self._computed(item) for key, item in raw.items()}
        function = _FUNCTIONS.get(name.lower())
        found = None if function is None else function(self._computed(raw[name]))
        return NotKnown(name) if found is None else found

    def _text(self, raw: str) -> Any:  # noqa: ANN401 - values of a document
        if "${" not in raw:
            return raw
        alone = _REFERENCE.fullmatch(raw)
        if alone is not None:
            return self._referred(alone[1], raw)
        out: list[str] = []
        at = 0
        for found in _PARTS.finditer(raw):
            out.append(raw[at : found.start()])
            at = found.end()
            part = found[1] or self._referred(found[2], found[0])
            if isinstance(part, NotKnown | dict | list) or part is None:
                return NotKnown(raw)
            out.append(str(as_text(part)))
        words = "".join([*out, raw[at:]])
        return words if len(words) <= MAX_TEXT and self._left > 0 else NotKnown(raw)

    def _referred(self, words: str, raw: str) -> Any:  # noqa: ANN401 - values of a document
        """Return the value of a reference. An unknown value has the text of the reference."""
        steps: list[str | int] = []
        at = 0
        while at < len(words):
            step = _STEP.match(words, at)
            if step is None:
                return NotKnown(raw)
            steps.append(int(step[3]) if step[3] else step[2] if step[2] is not None else step[1])
            at = step.end()
        if not steps:
            return NotKnown(raw)
        if steps == ["pulumi", "project"] and self._name:
            return self._name
        found = self._named(str(steps[0]), raw)
        for step_ in steps[1:]:
            if isinstance(found, Made):
                return Made(raw, found.instance, "" if steps[1:] == ["id"] else words)
            if isinstance(found, NotKnown):
                return found if str(found).startswith("${") else NotKnown(raw)
            found = value_at(found, (step_,))
        return NotKnown(raw) if found is None else found

    def _named(self, name: str, raw: str) -> Any:  # noqa: ANN401 - values of a document
        if name in self._open:
            return NotKnown(say("{raw} refers to itself", raw=raw))
        if name not in self._known:
            before, self._used = self._used, []
            self._open.add(name)
            left = self._left
            found = self._found(name, raw)
            self._open.discard(name)
            self._known[name] = found, tuple(self._used), left - self._left + 1
            self._used = before
        found, used, size = self._known[name]
        self._left -= size
        self._used += used
        return found if self._left > 0 else NotKnown(say("{raw} needs more computation than eniplan allows", raw=raw))

    def _found(self, name: str, raw: str) -> Any:  # noqa: ANN401 - values of a document
        if name in self._variables:
            return self._computed(self._variables[name])
        if name not in self._config:
            return Made(raw, name, "") if name in self._resources else NotKnown(raw)
        declared = self._config[name]
        told = {file: self._told(name, config) for file, config in self._stacks}
        if any(value is not None for value in told.values()):
            return self._of_stacks(name, raw, told, declared)
        return self._default(name, raw, declared)

    def _told(self, name: str, config: Any) -> Any:  # noqa: ANN401 - values of a document
        """Return what a stack says of a configuration; None if nothing."""
        value = mapping(config).get(f"{self._name}:{name}", mapping(config).get(name))
        is_secret = isinstance(value, dict) and "secure" in value
        return NotKnown(say("{name} is a secret", name=name)) if is_secret else value

    def _of_stacks(self, name: str, raw: str, told: dict[str, Any], declared: Any) -> Any:  # noqa: ANN401 - values of a document
        """Return the value that a configuration has in every stack."""
        values = [self._default(name, raw, declared) if value is None else value for value in told.values()]
        files = tuple(file for file, value in told.items() if value is not None)
        if any(value != values[0] for value in values):
            return NotKnown(say("{raw} depends on the stack: {files}", raw=raw, files=files))
        self._used += files
        return values[0]

    def _default(self, name: str, raw: str, declared: Any) -> Any:  # noqa: ANN401 - values of a document
        if not isinstance(declared, dict):
            self._used.append(f"config {name}")
            return declared
        if declared.get("value") is not None:
            self._used.append(f"config {name}")
            return declared["value"]
        if declared.get("default") is None:
            return NotKnown(say("{raw} has no default", raw=raw))
        self._used.append(say("the default of {name}", name=name))
        return declared["default"]


def _function(raw: dict[str, Any]) -> str | None:
    return next((key for key in raw if key[:4].lower() == "fn::"), None)


# --- Functions; they return None if the result is unknown ---------------------------------------------------------


def _join(argument: Any) -> Any:  # noqa: ANN401 - values of a document
    by, items = two(argument)
    if (lost := unknown_in(argument)) is not None or not isinstance(by, str) or not isinstance(items, list):
        return lost
    words = by.join(str(as_text(item)) for item in items)
    return words if len(words) <= MAX_TEXT else None


def _select(argument: Any) -> Any:  # noqa: ANN401 - values of a document
    which, items = two(argument)
    is_index = isinstance(which, int) and isinstance(items, list) and 0 <= which < len(items)
    return items[which] if is_index else unknown_in(argument)


def _to_json(argument: Any) -> Any:  # noqa: ANN401 - values of a document
    lost = unknown_in(argument)
    return json.dumps(argument, separators=(",", ":")) if lost is None else lost


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "fn::join": _join, "fn::select": _select, "fn::split": split, "fn::tojson": _to_json,
    "fn::secret": lambda argument: argument,
}  # fmt: skip
