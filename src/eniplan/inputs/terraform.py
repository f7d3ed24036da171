"""Reads node pools and clusters in `terraform show -json` plans.

`inputs.spelling` translates a resource into a request body. Sources: the provider's resource
alicloud_cs_kubernetes_node_pool at commit 81c43b67, and Terraform's description of its JSON output (format 1.2).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.emit.terraform import RESOURCE
from eniplan.errors import Problem
from eniplan.inputs.applied import (
    CHART,
    MANIFESTS,
    ONLY_HELM,
    SPELLED,
    Within,
    as_read,
    left_out,
    named_in,
    objects_of,
    settled,
)
from eniplan.inputs.beside import ids_of, security_group, state, v_switch
from eniplan.inputs.body import exclusive, is_meant
from eniplan.inputs.cluster import CLUSTERS, facts_of
from eniplan.inputs.places import NotKnown, Origin, Skipped, is_known_text, unknown_in
from eniplan.inputs.spelling import DECIDING, TERRAFORM, Resource
from eniplan.k8s.values import listing, mapping
from eniplan.messages import say
from eniplan.plan.document import Document, value_at
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from eniplan.inputs.units import Stated
    from eniplan.plan.document import Path, Value

FORMAT = 1
"""The supported major version of Terraform's JSON output."""
AFTER_APPLY = NotKnown(say("known only after apply"))
_BEFORE_DELETE = ["create", "delete"]
_CREATED = (["create"], ["delete", "create"], _BEFORE_DELETE)


def planned(document: Document) -> Iterator[Resource | Skipped | Document | Problem]:
    """Yield the node pools and Kubernetes objects of all modules in a `terraform show -json` plan, in order."""
    value: Any = document.value
    version = str(value.get("format_version", ""))
    if version.partition(".")[0] != str(FORMAT):
        message = say(
            "this Terraform plan has format_version {version!r}; eniplan reads {format}.x",
            version=version,
            format=FORMAT,
        )
        yield Problem(message, document.place(("format_version",)), say("use another version of Terraform or eniplan"))
        return
    if value.get("errored") is True:
        message = say("this Terraform plan failed: node pools may be missing from it")
        yield Problem(message, document.place(("errored",)), say("plan again once `terraform plan` succeeds"))
    changes = value.get("resource_changes")
    if not isinstance(changes, list | None):
        yield Problem(say("resource_changes must be a list"), document.place(("resource_changes",)), _SHOW)
        return
    if changes is None and RESOURCE in str(value.get("planned_values")):  # someone has kept only a part of the plan
        message = say("this Terraform plan has no resource_changes, which tell the node pools that it creates")
        yield Problem(message, document.place(("planned_values",), key=True), _SHOW)
    found: list[tuple[Path, Any]] = [(("resource_changes", i), change) for i, change in enumerate(changes or ())]
    found += [  # changes deferred to a later apply, each in a wrapper
        (("deferred_changes", i, "resource_change"), value_at(item, ("resource_change",)))
        for i, item in enumerate(listing(value.get("deferred_changes")))
    ]
    configured = _Configured(value)
    for path, change in found:
        if not isinstance(change, dict) or change.get("mode", "managed") != "managed":
            continue
        kind = change.get("type")
        if kind == RESOURCE:
            yield _change(document, path, change, configured)
        elif isinstance(kind, str) and (kind in MANIFESTS or kind in SPELLED):
            yield from _applied(document, path, change)
        elif kind == CHART and (names := named_in(str(value_at(change, ("change", "after"))))):
            place = Document(document.file, None, Within(document, (*path, "address")))
            yield Skipped(str(change.get("address", kind)), ONLY_HELM, names, part=place)


_SHOW = say("create it with `terraform show -json plan.out`")


def _applied(document: Document, at: Path, resource: dict[str, Any]) -> Iterator[Document | Skipped]:
    """Yield the Kubernetes objects that a change applies."""
    change, kind = mapping(resource.get("change")), resource["type"]
    value = _overlay(change.get("after"), change.get("after_unknown"))
    address = str(resource.get("address", kind))
    if change.get("actions") == ["delete"]:
        return
    after: Path = (*at, "change", "after")
    if kind in SPELLED and isinstance(value, dict):
        from eniplan.inputs.spelled import Spelled, spelled  # noqa: PLC0415 - most plans have none

        item, places = spelled(kind, value)
        found: Any = item
        place: Within = Spelled(document, after, places)
    else:
        argument = MANIFESTS.get(kind, "")
        found = value.get(argument) if isinstance(value, dict) else value
        place = Within(document, (*after, argument))
    found = as_read(found, address)
    if unknown_in(settled(found)) is not None:
        why = say("parts of it are known only after apply")
        lost = Document(document.file, found, place)
        yield left_out(f"{document.file}: {address}", lost, why, named_in(str(change.get("after"))))
        return
    yield from objects_of(document.file, found, place)


def _change(
    document: Document, at: Path, resource: dict[str, Any], configured: _Configured
) -> Resource | Skipped | Problem:
    path: Path = (*at, "change")
    address = str(resource.get("address", f"{RESOURCE}[{at[1]}]"))
    change = resource.get("change")
    actions = change.get("actions") if isinstance(change, dict) else None
    if not isinstance(change, dict) or not isinstance(actions, list):
        return Problem(say("a resource change needs change.actions"), document.place(path), _SHOW)
    if actions not in (*_CREATED, ["update"]):
        why = say("Terraform does not change it ({actions})", actions=tuple(map(str, actions)))
        return Skipped(f"{document.file}: {address}", why)
    after = change.get("after")
    if not isinstance(after, dict):
        return Problem(
            say("{address} has no map of values in change.after", address=address),
            document.place((*path, "after")),
            _SHOW,
        )
    said = configured.expressions(address)
    unknown = change.get("after_unknown")
    value = _overlay(after, _only(dict.fromkeys(DECIDING, True) if unknown is True else unknown, said))
    before = change.get("before")
    existing = label_map(before.get("labels")) if actions == ["update"] and isinstance(before, dict) else None
    if said is not None and existing is not None and "desired_size" not in said:
        value.pop("desired_size", None)  # auto scaling has set the current number of nodes
    was = isinstance(before, dict) and existing is not None and bool(exclusive(before.get("labels")))
    mode = is_meant(value.get("labels"), value.get("tags"))
    if mode is False and not was:
        return Skipped(f"{document.file}: {address}", say("it has no exclusive label"))
    twice = actions == _BEFORE_DELETE and _identity(value) is not None and _identity(value) == _identity(before)
    is_lost = mode is False
    return Resource(address, document, (*path, "after"), value, TERRAFORM, existing, is_lost, is_doubled=twice or None)


def _identity(value: Any) -> tuple[str, str] | None:  # noqa: ANN401 - values of a resource
    """Return the cluster and name of a pool, if both are known."""
    found = mapping(value)
    known = found.get("cluster_id"), found.get("node_pool_name") or found.get("name")
    return (str(known[0]), str(known[1])) if all(map(is_known_text, known)) else None


def _overlay(after: Value, unknown: Value) -> Any:  # noqa: ANN401 - a value of a resource
    """Return `after` with `NotKnown` wherever `after_unknown` is true; `after` has null or no value there."""
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


def _only(unknown: Value, said: Container[str] | None) -> Value:
    """Return the unknown values of configured arguments only: arguments that the provider computes are unknown, too."""
    if said is None or not isinstance(unknown, dict):
        return unknown
    return {key: value for key, value in unknown.items() if key in said or key in _NEVER_MADE}


_NEVER_MADE = frozenset(("labels", "taints"))
"""Blocks that the provider never computes. A plan's configuration omits dynamic blocks."""


class _Configured:
    """The configuration in a plan. Reads each module once."""

    def __init__(self, plan: Any) -> None:  # noqa: ANN401 - a value of a plan
        self._plan = plan
        self._modules: dict[tuple[str, ...], dict[str, Any]] = {}

    def expressions(self, address: str) -> dict[str, Any] | None:
        """Return the expressions of a resource's arguments, by name; None if the plan does not have them."""
        block = _without_indexes(address)
        names = _modules_of(block)
        if names not in self._modules:
            self._modules[names] = {
                str(item.get("address")): item.get("expressions")
                for item in listing(_module(self._plan, names).get("resources"))
                if isinstance(item, dict)
            }
        found = self._modules[names].get(".".join(block.split(".")[-2:]))
        return found if isinstance(found, dict) else None


def _modules_of(block: str) -> tuple[str, ...]:
    """Return the names of the modules in the address of a block."""
    return tuple(block.split(".")[1:-2:2])


def label_map(labels: Any) -> dict[str, str]:  # noqa: ANN401 - a value of a resource
    """Return the labels of a live pool."""
    return {
        item["key"]: str(item.get("value") or "")
        for item in listing(labels)
        if isinstance(item, dict) and isinstance(item.get("key"), str)
    }


# --- The cluster of a pool ----------------------------------------------------------------------------------------


class Cluster(NamedTuple):
    """A cluster in the same plan."""

    address: str
    stated: Stated


class _Found(NamedTuple):
    """A resource that exists after apply."""

    path: Path
    address: str
    value: dict[str, Any]


class Clusters:
    """The clusters of a plan, with their vSwitches and security groups. Read once for all pools."""

    def __init__(self, document: Document) -> None:
        """Read the resources of a plan."""
        self._document = document
        plan: Any = document.value
        self._plan = plan
        self._configured = _Configured(plan)
        self._found: dict[str, list[_Found]] = {}
        for i, item in enumerate(listing(plan.get("resource_changes"))):
            after, unknown = (value_at(item, ("change", key)) for key in ("after", "after_unknown"))
            if isinstance(after, dict) and item.get("type") in (*CLUSTERS, _V_SWITCH, _GROUP):
                value = _overlay(after, dict.fromkeys(after, True) if unknown is True else unknown)
                path: Path = ("resource_changes", i, "change", "after")
                self._found.setdefault(item["type"], []).append(_Found(path, str(item.get("address")), value))
        self._listed: dict[str, dict[str, tuple[_Found, dict[str, Any]]]] = {}
        """The resources of each kind with all values that a plan needs, by id, in the form of a plan."""
        self._stated_before: dict[tuple[str, tuple[str, ...]], Stated] = {}
        self._named: dict[str, str | None] = {}
        """The address of the cluster that a block refers to, by the address of the block."""

    def of(self, pool: Resource) -> Cluster | None:
        """Return the cluster of a pool with its facts; None if the plan does not have it."""
        clusters = [found for kind in CLUSTERS for found in self._found.get(kind, ())]
        named = pool.value.get("cluster_id")
        if not clusters or not named:
            return None
        if isinstance(named, NotKnown):
            wanted = self._referred(_without_indexes(pool.address))
            same = (found for found in clusters if _without_indexes(found.address) == wanted)
        else:
            same = (found for found in clusters if found.value.get("id") == named)
        found = next(same, None)
        return None if found is None else Cluster(found.address, self._stated(found, pool))

    def _stated(self, found: _Found, pool: Resource) -> Stated:
        covered = tuple(kind for kind in _READ if self._covers(kind, pool, found))
        key = (found.address, covered)
        if key not in self._stated_before:
            self._stated_before[key] = self._facts(found, covered)
        return self._stated_before[key]

    def _covers(self, kind: str, pool: Resource, found: _Found) -> bool:
        """Return whether the plan has all resources of a kind that the pool and its cluster use."""
        _, names, read = _READ[kind]
        values = [user.get(name) for user in (pool.value, found.value) for name in names]
        used = ids_of(values)
        if kind not in self._listed:
            known = [item for item in self._found.get(kind, ()) if is_known_text(item.value.get("id"))]
            told = [(item, read(item.value)) for item in known]
            self._listed[kind] = {item.value["id"]: (item, made) for item, made in told if made is not None}
        return bool(used) and all(is_known_text(item) and item in self._listed[kind] for item in used)

    def _facts(self, found: _Found, covered: tuple[str, ...]) -> Stated:
        origin = Origin(self._document, found.path, found.address)
        stated = facts_of(found.value, origin.inner)
        if is_known_text(found.value.get("id")):
            stated.value["id"] = found.value["id"]
            stated.origins["id",] = origin
        for kind in covered:
            listed = self._listed[kind].values()
            places = ((made, Origin(self._document, item.path, item.address)) for item, made in listed)
            state(stated, _READ[kind][0], places)
        return stated

    def _referred(self, address: str) -> str | None:
        """Return the address of the cluster that a block refers to, through variables and outputs."""
        if address not in self._named:
            expression = value_at(self._configured.expressions(address), ("cluster_id",))
            self._named[address] = self._followed(_modules_of(address), expression)
        return self._named[address]

    def _followed(self, modules: tuple[str, ...], expression: Any) -> str | None:  # noqa: ANN401 - a value of a plan
        for _ in range(_MOST_STEPS):
            first = value_at(expression, ("references", 0))
            parts = _without_indexes(first).split(".") if isinstance(first, str) else []
            if parts[:1] == ["var"] and modules and len(parts) > 1:
                *outer, called = modules
                modules = tuple(outer)
                path: Path = ("module_calls", called, "expressions", parts[1])
                expression = value_at(_module(self._plan, modules), path)
            elif parts[:1] == ["module"] and len(parts) > 2:  # noqa: PLR2004 - the module and its output
                modules = (*modules, parts[1])
                expression = value_at(_module(self._plan, modules), ("outputs", parts[2], "expression"))
            elif parts[:1] and parts[0] in CLUSTERS:
                return ".".join([*(step for name in modules for step in ("module", name)), *parts[:2]])
            else:
                return None
        return None


def _without_indexes(address: str) -> str:
    return re.sub(r'\["(?:[^"\\]|\\.)*"\]|\[[0-9]+\]', "", address)


_V_SWITCH = "alicloud_vswitch"
_GROUP = "alicloud_security_group"
_MOST_STEPS = 20
"""Maximum variables and outputs between a pool and its cluster."""


def _module(plan: Any, names: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - a value of a plan
    steps = (step for name in names for step in ("module_calls", name, "module"))
    return mapping(value_at(plan, ("configuration", "root_module", *steps)))


def _v_switch(value: dict[str, Any]) -> dict[str, Any] | None:
    # Leave out ipv6_cidr_block_mask: a plan has a value for it even without an IPv6 block.
    said = {name: value.get(name) for name in ("zone_id", "vpc_id", "ipv6_cidr_block")}
    return v_switch(value["id"], said)


_READ: dict[str, tuple[str, tuple[str, ...], Callable[[dict[str, Any]], dict[str, Any] | None]]] = {
    _V_SWITCH: ("vSwitches", ("vswitch_ids", "pod_vswitch_ids"), _v_switch),
    _GROUP: ("securityGroups", ("security_group_ids", "security_group_id"), lambda v: security_group(v["id"], v)),
}
"""For each resource type: the plan's section, the arguments with its ids, and the function that translates it."""
