"""Reads node pools in a preview of Pulumi, which has the values of programs in every language: `pulumi preview --json`.

Source: https://www.pulumi.com/docs/iac/cli/commands/pulumi_preview/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.inputs.body import exclusive, mode_of
from eniplan.inputs.places import NotKnown
from eniplan.inputs.spelling import PULUMI, PULUMI_POOL, Resource
from eniplan.inputs.terraform import AFTER_APPLY, label_map
from eniplan.k8s.values import listing
from eniplan.messages import say
from eniplan.plan.document import value_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
    from eniplan.plan.document import Document

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Stands for a value that is known only after the update."""
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 - no secret, but the key that marks one
_CREATED = ("create", "create-replacement")


def is_preview(value: dict[str, Any]) -> bool:
    """Return whether a document is a preview."""
    steps = listing(value.get("steps"))
    return any(isinstance(step, dict) and {"op", "urn"} <= step.keys() for step in steps)


def pools(document: Document) -> Iterator[tuple[Resource, Message | None]]:
    """Yield the node pools of a preview, each with the reason if it is neither created nor changed."""
    value: Any = document.value
    for i, step in enumerate(value["steps"]):
        made = value_at(step, ("newState", "inputs"))
        if not isinstance(made, dict) or value_at(step, ("newState", "type")) not in PULUMI_POOL:
            continue
        operation = str(step.get("op"))
        before = value_at(step, ("oldState", "inputs", "labels")) if operation == "update" else None
        known: dict[str, Any] = _known(made)
        resource = Resource(
            str(step.get("urn")).rpartition("::")[2],
            document,
            ("steps", i, "newState", "inputs"),
            known,
            PULUMI,
            label_map(before) if operation == "update" else None,
            vanishes=bool(exclusive(before)) and mode_of(PULUMI.body_of(known)) is False,
        )
        is_changed = operation in (*_CREATED, "update")
        yield resource, None if is_changed else say("Pulumi does not change it ({operation})", operation=operation)


def _known(value: Any) -> Any:  # noqa: ANN401 - a value of a resource
    """Return a value without what Pulumi notes in it, and with `NotKnown` where it is unknown or a secret."""
    if value == _UNKNOWN:
        return AFTER_APPLY
    if isinstance(value, list):
        return [_known(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _SECRET in value:
        return NotKnown(say("a secret"))
    return {key: _known(item) for key, item in value.items() if not key.startswith("__")}
