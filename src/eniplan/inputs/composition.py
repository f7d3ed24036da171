"""Node pools in Crossplane Compositions. Values that a patch writes are unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.inputs.places import NotKnown
from eniplan.k8s.values import listing
from eniplan.messages import say
from eniplan.plan.document import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.document import Path

_STEP = re.compile(r"[^.\[\]]+|\[([^\]]*)\]")
_INTO_OTHERS = ("ToCompositeFieldPath", "CombineToComposite", "ToEnvironmentFieldPath", "CombineToEnvironment")
"""Types of patches that do not change the resource itself."""


def bases(value: Any, kind: str) -> Iterator[tuple[str, Path, Any]]:  # noqa: ANN401 - values of a document
    """Yield the name, the path and the arguments of each resource of a kind, with `NotKnown` for patched values.

    Args:
        value: a Composition.
        kind: the kind of resource.

    """
    steps = value_at(value, ("spec", "pipeline"))
    at: list[Path] = [("spec",)]
    at += (("spec", "pipeline", i, "input") for i in range(len(listing(steps))))
    for part in at:
        sets = value_at(value, (*part, "patchSets"))
        for i, resource in enumerate(listing(value_at(value, (*part, "resources")))):
            found = value_at(resource, ("base", "spec", "forProvider"))
            if value_at(resource, ("base", "kind")) != kind or not isinstance(found, dict):
                continue
            for patch in _patches(resource, sets):
                found = _patched(found, patch)
            name = str(resource.get("name", f"resources[{i}]"))
            yield name, (*part, "resources", i, "base", "spec", "forProvider"), found


def _patches(holder: Any, sets: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - values of a document
    for patch in listing(value_at(holder, ("patches",))):
        if not isinstance(patch, dict) or patch.get("type") in _INTO_OTHERS:
            continue
        if patch.get("type") == "PatchSet":
            named = [item for item in listing(sets) if isinstance(item, dict)]
            for item in named:
                if item.get("name") == patch.get("patchSetName"):
                    yield from _patches(item, None)
        else:
            yield patch


def _patched(value: Any, patch: dict[str, Any]) -> Any:  # noqa: ANN401 - values of a document
    """Return arguments with `NotKnown` for the field that a patch writes."""
    target = patch.get("toFieldPath", patch.get("fromFieldPath"))
    found = [step[1].strip("\"'") if step[1] else step[0] for step in _STEP.finditer(str(target))]
    if found[:2] != ["spec", "forProvider"]:
        return value
    return _replaced(value, found[2:], NotKnown(say("a patch writes {target}", target=target)))


def _replaced(value: Any, steps: list[str], made: NotKnown) -> Any:  # noqa: ANN401 - values of a document
    if not steps or steps[0] == "*":
        return made
    first, *rest = steps
    if isinstance(value, list):
        at = int(first) if first.isdecimal() and len(first) < 5 else len(value)  # noqa: PLR2004 - no list is that long
        if at >= len(value):
            return made
        return [*value[:at], _replaced(value[at], rest, made), *value[at + 1 :]]
    if isinstance(value, dict):
        return {**value, first: _replaced(value.get(first), rest, made)}
    return made
