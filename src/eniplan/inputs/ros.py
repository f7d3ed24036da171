"""Evaluates the functions of a ROS template, with the defaults of its parameters. Other values are unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.bounds import MAX_TEXT, parse_json
from eniplan.inputs.beside import Made
from eniplan.inputs.places import Elsewhere, NotKnown, lost_key, unknown_in
from eniplan.inputs.spelling import as_text
from eniplan.messages import NOTHING, say
from eniplan.plan.document import value_at
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.messages import Message
    from eniplan.plan.document import Document, Path

_FLAGS = {"true": True, "false": False}


class Noted(Elsewhere):
    """The tree of a template in which some values come from defaults."""

    def __init__(self, outer: Document, notes: dict[Path, tuple[str, ...]]) -> None:
        """Store the template, and the sources of its values, as text."""
        super().__init__(outer)
        self._notes = notes

    def written(self, path: Path) -> Path | None:
        """See `Document.written`: None for the result of a function."""
        is_made = any(path[: len(made)] == made or made[: len(path)] == path for made in self._notes)
        return None if is_made else super().written(path)

    def note(self, path: Path) -> Message:
        """Name the defaults that a value comes from."""
        for count in range(len(path), 0, -1):
            if path[:count] in self._notes:
                return say("the value comes from {sources}", sources=self._notes[path[:count]])
        return NOTHING


class Copy(NamedTuple):
    """A resource that ROS creates: with `Count`, there may be several of one name."""

    name: str
    suffix: str
    """Its index, with `Count`: `[0]`."""
    value: Any
    is_certain: bool
    """Whether it certainly exists."""


class Resolved(NamedTuple):
    """A template with evaluated values."""

    document: Document
    """The first copy of each resource."""
    copies: list[Copy]
    """The resources of ours that ROS creates."""
    left: dict[str, Message]
    """Why it creates none of a name."""


_MAX_COUNT = 300
"""The resources that a stack may have."""
_INDEX = "ALIYUN::Index"
_NO_VALUE = "ALIYUN::NoValue"
_REMOVED = NotKnown(f"Ref {_NO_VALUE}")
"""Replaces what `Ref: ALIYUN::NoValue` removes, until its map or list is complete."""


def resolved(document: Document, is_ours: Callable[[Any], bool]) -> Resolved:
    """Return a template with evaluated values in resources of ours, and `NotKnown` for values that only ROS knows."""
    value: Any = document.value
    template = _Template(value)
    resources = value.get("Resources")
    if not isinstance(resources, dict):
        return Resolved(document, [], {})
    made = dict(resources)
    copies: list[Copy] = []
    left: dict[str, Message] = {}
    for name, item in resources.items():
        if not is_ours(item):
            continue
        found, why = template.copies(name, item)
        if why:
            left[name] = why
        copies += found
        made[name] = found[0].value if found else template.value(item, ("Resources", name))
    return Resolved(
        document._replace(value={**value, "Resources": made}, tree=Noted(document, template.notes)), copies, left
    )


class _Template:
    """The state of evaluating one template."""

    def __init__(self, template: Any) -> None:  # noqa: ANN401 - a value of a document
        self.notes: dict[Path, tuple[str, ...]] = {}
        self._template = template
        self._used: list[str] = []
        self._open: set[str] = set()
        self._index: int | None = None

    def copies(self, name: str, item: dict[str, Any]) -> tuple[list[Copy], Message]:
        """Return the resources of a name that ROS creates, or why it creates none."""
        self._used = []
        lost = lost_key(item)
        if lost is not None:
            item = {"Properties": lost, **{key: value for key, value in item.items() if key not in ("<<", lost)}}
        holds = self._condition(item["Condition"]) if "Condition" in item else True
        count = self._computed(item["Count"]) if "Count" in item else 1
        is_known = isinstance(count, int) and 0 <= count <= _MAX_COUNT
        why = say("its Condition is false") if holds is False else say("its Count is 0") if count == 0 else NOTHING
        if why:
            by = tuple(dict.fromkeys(self._used))
            return [], say("{why}, by {sources}", why=why, sources=by) if by else why
        found: list[Copy] = []
        for index in range(count) if is_known else (None,):
            self._index = index
            suffix = f"[{index}]" if "Count" in item and index is not None else ""
            found.append(
                Copy(name, suffix, self.value(item, ("Resources", name)), is_known and holds is True and lost is None)
            )
        self._index = None
        return found, NOTHING

    def value(self, raw: Any, path: Path) -> Any:  # noqa: ANN401 - values of a document
        """Return a value with its functions evaluated, and record the defaults that it depends on."""
        if isinstance(raw, dict):
            if not _is_function(raw):
                return lost_key(raw) or _kept({key: self.value(item, (*path, key)) for key, item in raw.items()})
            self._used = []
            found = self._computed(raw)
            if self._used:
                self.notes[path] = tuple(dict.fromkeys(self._used))
            return found
        return _kept([self.value(item, (*path, i)) for i, item in enumerate(raw)]) if isinstance(raw, list) else raw

    def _computed(self, raw: Any) -> Any:  # noqa: ANN401 - values of a document
        """Return a value with its functions evaluated, including nested ones."""
        if isinstance(raw, list):
            return _kept([self._computed(item) for item in raw])
        if not isinstance(raw, dict):
            return raw
        if not _is_function(raw):
            return _kept({key: self._computed(item) for key, item in raw.items()})
        ((name, argument),) = raw.items()
        function = _FUNCTIONS.get(name)
        found = None if function is None else function(self, argument)
        return NotKnown(say("the function {name}", name=name)) if found is None else found

    # --- Functions; they return None if the result is unknown ---

    def ref(self, name: Any) -> Any:  # noqa: ANN401 - values of a document
        if name == _INDEX and self._index is not None:
            return self._index
        if name == _NO_VALUE:
            return _REMOVED
        if isinstance(name, str) and value_at(self._template, ("Resources", name)) is not None:
            return NotKnown(f"Ref {name}") if self._are_several(name) else Made(f"Ref {name}", name, "")
        parameter = value_at(self._template, ("Parameters", str(name)))
        if not isinstance(parameter, dict) or parameter.get("Default") is None:
            return NotKnown(f"Ref {name}")
        self._used.append(say("the default of {name}", name=name))
        return _typed(parameter["Default"], parameter.get("Type"), NotKnown(f"Ref {name}"))

    def get_att(self, argument: Any) -> Any:  # noqa: ANN401 - values of a document
        name, attribute = two(argument.split(".", 1) if isinstance(argument, str) else argument)
        if not isinstance(name, str) or not isinstance(attribute, str):
            return None
        if self._are_several(name):
            return NotKnown(f"Fn::GetAtt {name}.{attribute}")
        kind = str(value_at(self._template, ("Resources", name, "Type"))).lower()
        # `VSwitchId` of an `ALIYUN::ECS::VSwitch` is the same id that `Ref` returns.
        is_id = attribute.endswith("Id") and kind.endswith(attribute.removesuffix("Id").lower())
        return Made(f"Fn::GetAtt {name}.{attribute}", name, "" if is_id else attribute)

    def _are_several(self, name: str) -> bool:
        """Return whether a name stands for a list of resources."""
        return value_at(self._template, ("Resources", name, "Count")) is not None

    def join(self, argument: Any) -> Any:  # noqa: ANN401 - values of a document
        by, items = two(self._computed(argument))
        if isinstance(items, NotKnown):
            return items
        return _joined(str(by), items) if isinstance(items, list) else None

    def sub(self, argument: Any) -> Any:  # noqa: ANN401 - values of a document
        words, given = two([*argument, {}][: max(len(argument), 2)] if isinstance(argument, list) else [argument, {}])
        if not isinstance(words, str) or not isinstance(given, dict):
            return None
        parts: list[Any] = []
        at = 0
        for found in re.finditer(r"\$\{(!?)([^}]*)\}", words):
            parts.append(words[at : found.start()])
            at = found.end()
            name = found[2].strip()
            parts.append(
                f"${{{found[2]}}}" if found[1]
                else self._computed(given[name]) if name in given
                else NotKnown(f"${{{name}}}") if "." in name or ("::" in name and name != _INDEX)
                else self.ref(name)
            )  # fmt: skip
        return _joined("", [*parts, words[at:]])

    def split(self, argument: Any) -> Any:  # noqa: ANN401 - values of a document
        return split(self._computed(argument))

    def select(self, argument: Any) -> Any:  # noqa: ANN401 - values of a document
        found = self._computed(argument)
        which, items = two(found[:2] if isinstance(found, list) else found)
        if isinstance(items, NotKnown) or isinstance(which, NotKnown):
            return items if isinstance(items, NotKnown) else which
        if isinstance(items, dict):
            return items.get(str(which))
        is_index = isinstance(items, list) and re.fullmatch(r"[0-9]{1,6}", str(which)) is not None
        return items[int(which)] if is_index and int(which) < len(items) else None

    def find_in_map(self, argument: Any) -> Any:  # noqa: ANN401 - values of a document
        keys = self._computed(argument)
        if not isinstance(keys, list):
            return None
        lost = unknown_in(keys)
        return lost if lost is not None else value_at(self._template, ("Mappings", *map(str, keys)))

    def choose(self, argument: Any) -> Any:  # noqa: ANN401 - values of a document
        if not isinstance(argument, list) or len(argument) != 3:  # noqa: PLR2004 - a condition, and two values
            return None
        holds = self._condition(argument[0])
        return None if holds is None else self._computed(argument[1 if holds else 2])

    def _condition(self, raw: Any) -> bool | None:  # noqa: ANN401 - values of a document
        """Return whether a condition is true; None if unknown."""
        if isinstance(raw, str):
            return self._named(raw)
        ((name, argument),) = raw.items() if _is_function(raw) else (("", raw),)
        if name == "Fn::Equals":
            left, right = two(self._computed(argument))
            is_known = not isinstance(left, NotKnown) and not isinstance(right, NotKnown)
            return as_text(left) == as_text(right) if is_known else None
        if name not in ("Fn::Not", "Fn::And", "Fn::Or"):
            return _FLAGS.get(str(self._computed(raw)).lower())
        parts = [self._condition(item) for item in (argument if isinstance(argument, list) else [argument])]
        if name == "Fn::Not":
            return None if len(parts) != 1 or parts[0] is None else not parts[0]
        decides = name == "Fn::Or"
        return decides if decides in parts else None if None in parts else not decides

    def _named(self, name: str) -> bool | None:
        condition = value_at(self._template, ("Conditions", name))
        if condition is None or name in self._open:
            return None
        self._open.add(name)
        found = self._condition(condition)
        self._open.discard(name)
        return found


_FUNCTIONS: dict[str, Callable[[_Template, Any], Any]] = {
    "Ref": _Template.ref, "Fn::Join": _Template.join, "Fn::Sub": _Template.sub, "Fn::Split": _Template.split,
    "Fn::Select": _Template.select, "Fn::FindInMap": _Template.find_in_map, "Fn::If": _Template.choose,
    "Fn::GetAtt": _Template.get_att,
}  # fmt: skip


def _typed(default: Any, kind: Any, lost: NotKnown) -> Any:  # noqa: ANN401 - values of a document
    """Return the default of a parameter, converted to its type."""
    if kind == "CommaDelimitedList" and isinstance(default, str):
        return [item.strip() for item in default.split(",")]
    if kind == "Json" and isinstance(default, str):
        try:
            return parse_json(default)
        except ValueError:
            return lost
    if kind == "Boolean":
        return _FLAGS.get(str(default).lower(), default)
    return as_text(default) if kind == "String" else default


def _kept(value: Any) -> Any:  # noqa: ANN401 - values of a document
    """Return a map or list without what `ALIYUN::NoValue` removes."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if item is not _REMOVED}
    return [item for item in value if item is not _REMOVED]


def _is_function(raw: Any) -> bool:  # noqa: ANN401 - values of a document
    if not isinstance(raw, dict) or len(raw) != 1:
        return False
    (name,) = raw
    return isinstance(name, str) and (name == "Ref" or name.startswith("Fn::"))


def two(found: Any) -> tuple[Any, Any]:  # noqa: ANN401 - values of a document
    """Return the items of a list of two; None for both if it is none."""
    return tuple(found) if isinstance(found, list) and len(found) == 2 else (None, None)  # noqa: PLR2004 - two


def split(found: Any) -> Any:  # noqa: ANN401 - values of a document
    """Return the parts of a text, given its separator and the text; None if they are of other types."""
    by, words = two(found)
    if isinstance(words, NotKnown):
        return words
    return words.split(by) if isinstance(words, str) and isinstance(by, str) and by else None


def _joined(by: str, items: list[Any]) -> str | None:
    lost = next((item for item in items if isinstance(item, NotKnown)), None)
    if lost is not None or any(isinstance(item, dict | list) for item in items):
        return lost
    words = by.join("" if item is None else str(as_text(item)) for item in items)
    return words if len(words) <= MAX_TEXT else None
