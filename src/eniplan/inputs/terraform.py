"""Node pools of Terraform: `terraform show -json` plans, and what HCL says of the same resource.

A resource is first brought to the names of the API with the table that `emit.terraform` writes with, and from there
to a plan. Sources: the provider's resource alicloud_cs_kubernetes_node_pool at commit 81c43b67, and Terraform's
description of its JSON output (format 1.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.emit.terraform import RESOURCE
from eniplan.errors import Problem
from eniplan.inputs.body import exclusive, is_meant
from eniplan.inputs.places import NotKnown
from eniplan.inputs.spelling import TERRAFORM, Resource
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.document import Document, Path, Value

FORMAT = 1
"""The major version of Terraform's JSON output that is known."""
AFTER_APPLY = NotKnown("known only after apply")
_CREATED = (["create"], ["delete", "create"], ["create", "delete"])


class Left(NamedTuple):
    """A node pool that is not judged, and why."""

    address: str
    why: str


def planned(document: Document) -> Iterator[Resource | Left | Problem]:
    """Yield the node pools of a `terraform show -json` plan, of all modules, in the order of the plan."""
    value: Any = document.value
    version = str(value.get("format_version", ""))
    if version.partition(".")[0] != str(FORMAT):
        message = say(
            "this Terraform plan has format_version {version!r}; eniplan reads {format}.x",
            version=version,
            format=FORMAT,
        )
        yield Problem(message, document.place(("format_version",)), say("write it with another Terraform or eniplan"))
        return
    if value.get("errored") is True:
        message = say("this Terraform plan has failed: node pools may be missing from it")
        yield Problem(message, document.place(("errored",)), say("plan again once `terraform plan` succeeds"))
    changes = value.get("resource_changes")
    if not isinstance(changes, list | None):
        yield Problem(say("resource_changes must be a list"), document.place(("resource_changes",)), _SHOW)
        return
    found: list[tuple[Path, Any]] = [(("resource_changes", i), change) for i, change in enumerate(changes or ())]
    deferred = value.get("deferred_changes")  # to a later round; each wraps a change
    found += [
        (("deferred_changes", i, "resource_change"), _map(item, "resource_change"))
        for i, item in enumerate(deferred if isinstance(deferred, list) else ())
    ]
    for path, change in found:
        if isinstance(change, dict) and change.get("type") == RESOURCE and change.get("mode", "managed") == "managed":
            yield _change(document, path, change)


_SHOW = "write it with `terraform show -json plan.out`"


def _change(document: Document, at: Path, resource: dict[str, Any]) -> Resource | Left | Problem:
    path: Path = (*at, "change")
    address = str(resource.get("address", f"{RESOURCE}[{at[1]}]"))
    change = resource.get("change")
    actions = change.get("actions") if isinstance(change, dict) else None
    if not isinstance(change, dict) or not isinstance(actions, list):
        return Problem(say("a resource change needs change.actions"), document.place(path), _SHOW)
    if actions not in (*_CREATED, ["update"]):
        return Left(address, f"Terraform does not change it ({', '.join(map(str, actions))})")
    after = change.get("after")
    if not isinstance(after, dict):
        return Problem(
            say("{address} has no map of values in change.after", address=address),
            document.place((*path, "after")),
            _SHOW,
        )
    said = _configured(document.value, address)
    unknown = change.get("after_unknown")
    value = _overlay(after, _only({"labels": True} if unknown is True else unknown, said))
    before = change.get("before")
    existing = _label_map(before.get("labels")) if actions == ["update"] and isinstance(before, dict) else None
    if said is not None and existing is not None and "desired_size" not in said:
        value.pop("desired_size", None)  # the number of nodes that an automatic scaling has come to
    was = isinstance(before, dict) and existing is not None and bool(exclusive(before.get("labels")))
    mode = is_meant(value.get("labels"), value.get("tags"))
    if mode is False and not was:
        return Left(address, "it has no exclusive label")
    return Resource(address, document, (*path, "after"), value, TERRAFORM, existing, vanishes=mode is False)


def _overlay(after: Value, unknown: Value) -> Any:  # noqa: ANN401 - a value of a resource
    """Put `NotKnown` where Terraform has true in `after_unknown`; such values are null or missing in `after`."""
    if unknown is True:
        return AFTER_APPLY
    if isinstance(unknown, dict) and isinstance(after, dict | None):
        known = after or {}
        return {key: _overlay(known.get(key), unknown.get(key)) for key in {**known, **unknown}}
    if isinstance(unknown, list) and isinstance(after, list | None):
        both = max(len(unknown), len(after or ()))
        return [_overlay(_item(after, i), _item(unknown, i)) for i in range(both)]
    return after


def _item(items: list[Value] | None, index: int) -> Value:
    return items[index] if items is not None and index < len(items) else None


def _only(unknown: Value, said: frozenset[str] | None) -> Value:
    """Leave out what nobody has written: the provider makes values of its own, and says so in the same way."""
    if said is None or not isinstance(unknown, dict):
        return unknown
    return {key: value for key, value in unknown.items() if key in said or key in _NEVER_MADE}


_NEVER_MADE = frozenset(("labels", "taints"))
"""Blocks that the provider never fills in. Terraform leaves dynamic ones out of the configuration that it prints."""


def _configured(plan: Any, address: str) -> frozenset[str] | None:  # noqa: ANN401 - a value of a plan
    """Return the arguments that the configuration of a resource has; None when the plan does not tell."""
    steps = re.sub(r'\["(?:[^"\\]|\\.)*"\]|\[[0-9]+\]', "", address).split(".")
    module = _map(_map(plan, "configuration"), "root_module")
    for step in steps[1:-2:2]:
        module = _map(_map(_map(module, "module_calls"), step), "module")
    resources = module.get("resources")
    for resource in resources if isinstance(resources, list) else ():
        if isinstance(resource, dict) and resource.get("address") == ".".join(steps[-2:]):
            expressions = resource.get("expressions")
            return frozenset(expressions) if isinstance(expressions, dict) else None
    return None


def _map(value: Any, key: str) -> dict[str, Any]:  # noqa: ANN401 - a value of a plan
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _label_map(labels: Any) -> dict[str, str]:  # noqa: ANN401 - a value of a resource
    items = labels if isinstance(labels, list) else []
    return {
        item["key"]: str(item.get("value") or "")
        for item in items
        if isinstance(item, dict) and isinstance(item.get("key"), str)
    }


def without_templates(value: Any) -> Any:  # noqa: ANN401 - an argument
    """Return arguments of Terraform's JSON syntax, where every text is a template, with those not known."""
    if isinstance(value, str):
        inert = value.replace("$${", "").replace("%%{", "")
        return NotKnown(value) if "${" in inert or "%{" in inert else value.replace("$${", "${").replace("%%{", "%{")
    if isinstance(value, dict):
        out = {key: without_templates(item) for key, item in value.items() if key != "dynamic"}
        dynamic = value.get("dynamic")
        blocks = [item for item in (dynamic if isinstance(dynamic, list) else [dynamic]) if isinstance(item, dict)]
        return out | {name: NotKnown("a dynamic block") for block in blocks for name in block}
    return [without_templates(item) for item in value] if isinstance(value, list) else value
