"""Node pools of Crossplane, also in Compositions. Values that a patch writes are unknown.

`initProvider` gives the arguments that Crossplane only sets at creation; those of `forProvider` win.
Source: https://docs.crossplane.io/latest/managed-resources/managed-resources/#initprovider
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.inputs.places import Elsewhere, NotKnown, lost_key
from eniplan.inputs.spelling import CROSSPLANE, CROSSPLANE_POOL, DECIDING, Resource, camel
from eniplan.k8s.values import listing, mapping
from eniplan.messages import say
from eniplan.plan.document import Tagged, value_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from eniplan.plan.document import Document, Path

_STEP = re.compile(r"[^.\[\]]+|\[([^\]]*)\]")
_INTO_OTHERS = ("ToCompositeFieldPath", "CombineToComposite", "ToEnvironmentFieldPath", "CombineToEnvironment")
"""Types of patches that do not change the resource itself."""


def pool_of(
    address: str,
    document: Document,
    at: Path,
    spec: Any,  # noqa: ANN401 - of a document
    existing: NotKnown | None = None,
) -> Resource | None:
    """Return the node pool that a `spec` asks for; None if it has no arguments.

    Args:
        address: the name of the object.
        document: the document with the object.
        at: the path of the `spec`.
        spec: its value.
        existing: see `Resource.existing`.

    """
    always, first = (opened(value_at(spec, (part,))) for part in (_ALWAYS, _FIRST))
    if not isinstance(always, dict | NotKnown) and not isinstance(first, dict | NotKnown):
        return None
    lost = next((part for part in (always, first) if isinstance(part, NotKnown)), None)
    unknown = {} if lost is None else nothing_known(lost)
    always = mapping(always)
    initial = {name: item for name, item in mapping(first).items() if always.get(name) in (None, "", [])}
    tree = _Merged(document, at, initial) if initial else document.tree
    said, place = {**unknown, **always, **initial}, (*at, _ALWAYS)
    return Resource(address, document._replace(tree=tree), place, said, CROSSPLANE, existing)


def nothing_known(why: NotKnown) -> dict[str, Any]:
    """Return the arguments of a pool of which nothing is known, as Crossplane and Pulumi spell them."""
    return {camel(name): why for name in DECIDING}


def opened(arguments: Any) -> Any:  # noqa: ANN401 - of a document
    """Return the arguments of a pool, with unknown ones if another program may add any."""
    if isinstance(arguments, Tagged):
        return nothing_known(NotKnown(arguments))
    lost = lost_key(arguments)
    if lost is None:
        return arguments
    return {**nothing_known(lost), **{key: item for key, item in arguments.items() if key not in ("<<", lost)}}


_ALWAYS, _FIRST = "forProvider", "initProvider"


class _Merged(Elsewhere):
    """The tree of a document in which some arguments are found in `initProvider`."""

    def __init__(self, outer: Document, spec: Path, initial: Collection[str]) -> None:
        """Store the document, the path of the `spec`, and the names of the arguments."""
        super().__init__(outer)
        self._spec = spec
        self._initial = initial

    def _at(self, path: Path) -> Path:
        end = len(self._spec)
        is_initial = path[:end] == self._spec and path[end + 1 : end + 2] and path[end + 1] in self._initial
        return (*self._spec, _FIRST, *path[end + 1 :]) if is_initial else path


def bases(value: Any) -> Iterator[tuple[str, Path, Any]]:  # noqa: ANN401 - values of a document
    """Yield the name, the path and the `spec` of each pool of a Composition, with `NotKnown` for patched values."""
    steps = value_at(value, ("spec", "pipeline"))
    at: list[Path] = [("spec",)]
    at += (("spec", "pipeline", i, "input") for i in range(len(listing(steps))))
    for part in at:
        sets = value_at(value, (*part, "patchSets"))
        for i, resource in enumerate(listing(value_at(value, (*part, "resources")))):
            found = value_at(resource, ("base", "spec"))
            if value_at(resource, ("base", "kind")) != CROSSPLANE_POOL or not isinstance(found, dict):
                continue
            for patch in _patches(resource, sets):
                found = _patched(found, patch)
            name = str(resource.get("name", f"resources[{i}]"))
            yield name, (*part, "resources", i, "base", "spec"), found


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
    """Return a `spec` with `NotKnown` for the argument that a patch writes."""
    target = patch.get("toFieldPath", patch.get("fromFieldPath"))
    found = [step[1].strip("\"'") if step[1] else step[0] for step in _STEP.finditer(str(target))]
    steps = found[1:] or [_ALWAYS]
    if found[:1] != ["spec"] or steps[0] not in (_ALWAYS, _FIRST):
        return value
    return _replaced(value, steps, NotKnown(say("a patch writes {target}", target=target)))


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
