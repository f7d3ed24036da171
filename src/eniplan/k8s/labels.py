"""Requirements on labels: selectors of pods and namespaces, and node affinity."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from eniplan.k8s.names import label_key_problem, label_value_problem
from eniplan.k8s.values import listing, mapping, text, texts
from eniplan.messages import NOTHING, Message, say
from eniplan.suggest import did_you_mean
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path: TypeAlias = "tuple[str | int, ...]"
Found = TypeVar("Found")

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
NODE_OPERATORS = (*OPERATORS, "Gt", "Lt")
_WHOLE = r"[-+]?[0-9]{1,19}"


class Requirement(NamedTuple):
    """One label requirement, such as `key In (values)`; a matchLabels entry is In with one value."""

    path: Path
    key: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return `key In (a, b)`, the same for equal requirements."""
        return f"{self.key} {self.operator} ({', '.join(sorted(self.values))})"

    def written(self) -> dict[str, Any]:
        """Return it as an item of matchExpressions."""
        return {"key": self.key, "operator": self.operator, **({"values": list(self.values)} if self.values else {})}


class Selector(NamedTuple):
    """A Kubernetes LabelSelector: all requirements must match. An empty one selects everything."""

    path: Path
    requirements: tuple[Requirement, ...]


def selector_from(path: Path, value: Mapping[str, Any] | None) -> Selector | None:
    """Build a selector from a LabelSelector value; None items were invalid and are skipped."""
    if value is None:
        return None
    labels = value.get("matchLabels", {})
    return Selector(
        path,
        tuple(Requirement((*path, "matchLabels", key), key, "In", (label,)) for key, label in labels.items())
        + tuple(
            Requirement((*path, "matchExpressions", i), v["key"], v["operator"], tuple(v.get("values", ())))
            for i, v in enumerate(value.get("matchExpressions", ()))
            if v is not None
        ),
    )


def read_selector(value: object) -> Selector | None:
    """Read an untrusted LabelSelector; None if it is absent."""
    if not isinstance(value, dict):
        return None
    labels = (Requirement((), text(k), "In", (text(v),)) for k, v in mapping(value.get("matchLabels")).items())
    more = (
        Requirement((), text(item.get("key")), text(item.get("operator")), texts(item.get("values")))
        for item in map(mapping, listing(value.get("matchExpressions")))
    )
    return Selector((), (*labels, *more))


def meets(requirement: Requirement, value: object) -> bool:
    """Return whether a label's value matches a requirement on its key; None: the label is missing.

    No value matches an unknown operator.
    """
    operator, values = requirement.operator, requirement.values
    if operator == "In":
        return value in values
    if operator == "NotIn":  # also matches if the label is missing
        return value not in values
    if operator in {"Gt", "Lt"}:
        have, than = _number(value), _number(values[0] if len(values) == 1 else None)
        return have is not None and than is not None and (have > than if operator == "Gt" else have < than)
    return operator in OPERATORS and (value is not None) == (operator == "Exists")


def _number(value: object) -> int | None:
    """Parse a number as Go's strconv.ParseInt does; None if invalid."""
    number = int(value) if isinstance(value, str) and re.fullmatch(_WHOLE, value) else None
    return number if number is not None and -(2**63) <= number < 2**63 else None


def selects(selector: Selector | None, labels: Mapping[str, str]) -> bool:
    """Return whether a selector selects an object with these labels; None selects everything."""
    return selector is None or all(meets(r, labels.get(r.key)) for r in selector.requirements)


class Index(Generic[Found]):
    """Things with selectors, by a label that the selector requires: few of many have to be compared with an object."""

    def __init__(self) -> None:
        """Start with none."""
        self.all: list[Found] = []
        self._by_label: dict[tuple[str, str], list[Found]] = {}
        self._others: list[Found] = []

    def add(self, selector: Selector, found: Found) -> None:
        """Add a thing."""
        self.all.append(found)
        required = next((r for r in selector.requirements if r.operator == "In"), None)
        if required is None:
            self._others.append(found)
            return
        for value in dict.fromkeys(required.values):
            self._by_label.setdefault((required.key, value), []).append(found)

    def near(self, labels: Mapping[str, str]) -> Iterator[Found]:
        """Yield the things that may select an object with these labels."""
        yield from self._others
        for label in labels.items():
            yield from self._by_label.get(label, ())


class Flaw(NamedTuple):
    """Something that Kubernetes rejects, with its path."""

    path: Path
    message: Message
    hint: Message = NOTHING


def requirement_flaw(requirement: Requirement, operators: tuple[str, ...] = OPERATORS) -> Flaw | None:
    """Return why Kubernetes rejects a requirement, with the path of the invalid key; None if it is valid."""
    operator, values = requirement.operator, requirement.values
    if operator not in operators:
        hint = did_you_mean(operator, operators) or say("one of {operators}", operators=operators)
        return Flaw(("operator",), say("Kubernetes has no operator {operator!r}", operator=operator), hint)
    return _values_flaw(operator, values) or _syntax_flaw(requirement.key, values)


def _values_flaw(operator: str, values: tuple[str, ...]) -> Flaw | None:
    if operator in {"In", "NotIn"} and not values:
        return Flaw(("values",), say("{operator} needs at least one value", operator=operator), say("add values"))
    if operator in {"Exists", "DoesNotExist"} and values:
        return Flaw(("values",), say("{operator} takes no values", operator=operator), say("remove values"))
    if operator in {"Gt", "Lt"} and (len(values) != 1 or _number(values[0]) is None):
        return Flaw(("values",), say("{operator} takes one integer", operator=operator), say("write one"))
    return None


def _syntax_flaw(key: str, values: tuple[str, ...]) -> Flaw | None:
    problem = label_key_problem(key)
    if problem:
        return Flaw(("key",), say("label key {key!r}: {problem}", key=key, problem=problem))
    for value in values:
        problem = label_value_problem(value)
        if problem:
            return Flaw(("values",), say("label value {value!r}: {problem}", value=value, problem=problem))
    return None
