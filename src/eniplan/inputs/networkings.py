"""Translates PodNetworkings into those of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.emit.skeletons import SHAPES
from eniplan.errors import Problem
from eniplan.inputs.places import unknown_in
from eniplan.inputs.workloads import Part
from eniplan.messages import say
from eniplan.plan.model import POOL_ANNOTATION
from eniplan.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.inputs.objects import Object
    from eniplan.inputs.places import Origin
    from eniplan.plan.document import Path

POD_NETWORKING = (SHAPES["PodNetworking"].api_version, "PodNetworking")


_NETWORKING: dict[str, Path] = {
    "podSelector": ("spec", "selector", "podSelector"),
    "namespaceSelector": ("spec", "selector", "namespaceSelector"),
    "vSwitchIds": ("spec", "vSwitchOptions"),
    "securityGroupIds": ("spec", "securityGroupIDs"),
    "vSwitchSelectionPolicy": ("spec", "vSwitchSelectOptions", "vSwitchSelectionPolicy"),
    "eniType": ("spec", "eniOptions", "eniType"),
    "allocation": ("spec", "allocationType"),
    "name": ("metadata", "name"),
}
"""The path in a PodNetworking for each key of the plan."""


_SPEC = [tuple(map(str, path[1:])) for path in _NETWORKING.values() if path[0] == "spec"]
_WORDS = {step: ".".join(field[: i + 1]) for field in _SPEC for i, step in enumerate(field)} | {
    key: ".".join(map(str, path[1:])) for key, path in _NETWORKING.items() if path[0] == "spec"
}
"""Names that users may write for a field of the spec, from the CRD or a plan, and the correct path."""


def unknown_fields(item: Object) -> Iterator[Problem]:
    """Yield the unknown fields of a PodNetworking's spec, which Kubernetes drops silently."""
    for outer in dict.fromkeys(field[:i] for field in _SPEC for i in range(len(field))):
        known = {field[len(outer)] for field in _SPEC if field[: len(outer)] == outer}
        found = item.at("spec", *outer)
        for key in found if isinstance(found, dict) else ():
            if key not in known:
                meant = nearest(key, _WORDS)
                hint = say("known here: {known}", known=tuple(sorted(known)))
                if meant is not None:
                    hint = say("did you mean {meant!r}?", meant=_WORDS[meant])
                message = say("the spec of PodNetworking {name!r} has no field {field!r}", name=item.name, field=key)
                yield Problem(message, item.origin("spec", *outer, key).place(key=True), hint)


def networking_part(item: Object) -> Part:
    """Translate a PodNetworking. Without eniOptions its eniType is Default, as in the CRD."""
    given = {key: found for key, path in _NETWORKING.items() if (found := item.known(*path)) is not None}
    value = {key: found if (lost := unknown_in(found)) is None else lost for key, found in given.items()}
    value = {**value, "name": item.name, "eniType": value.get("eniType", "Default")}
    origins: dict[Path, Origin] = {(): item.origin()}
    origins |= {(key,): item.origin(*path) for key, path in _NETWORKING.items()}
    pool = item.texts("metadata", "annotations").get(POOL_ANNOTATION)
    if pool is not None:
        value["nodePools"] = [pool]
        origins["nodePools",] = origins["nodePools", 0] = item.origin("metadata", "annotations", POOL_ANNOTATION)
    return Part(value, origins)
