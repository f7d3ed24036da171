"""Compare a request body with the pool that the API reports. Pure functions.

Only fields of the body are compared. Fields that the API adds are differences only where they change the purpose of
the pool: taints, the labels that select its network, and auto scaling.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eniplan.cloud.receipt import HIDDEN
from eniplan.k8s.values import listing, mapping
from eniplan.messages import say
from eniplan.plan.model import EXCLUSIVE_LABEL, LINGJUN_TAINT_KEY, TERWAY_CONFIG_LABEL
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.messages import Message

_PROVED = frozenset((
    "nodepool_info.name", "kubernetes_config.labels", "kubernetes_config.taints", "scaling_group.instance_types",
    "scaling_group.vswitch_ids", "scaling_group.desired_size", "auto_scaling.enable",
    "auto_scaling.min_instances", "auto_scaling.max_instances",
))  # fmt: skip
"""Fields that a pool must report. The API may not return other fields."""
_NETWORK_LABELS = (EXCLUSIVE_LABEL, TERWAY_CONFIG_LABEL)


class Difference(NamedTuple):
    """One field that differs from the request; None: the field is absent."""

    path: str
    wanted: object
    found: object

    def __str__(self) -> str:
        """Return one line for people."""
        return str(self.told)

    @property
    def told(self) -> Message:
        """The difference in words."""
        found, wanted = _told(self.found), _told(self.wanted)
        return say("{path} is {found}, but the plan asks for {wanted}", path=self.path, found=found, wanted=wanted)


def differences(body: Mapping[str, Any], pool: Mapping[str, Any]) -> list[Difference]:
    """Return the differences between a request body and the response of DescribeClusterNodePoolDetail.

    Args:
        body: the body as sent; values that a receipt hides are not compared.
        pool: the pool as reported.

    """
    found = [d for name, wanted in body.items() for d in _compare(name, wanted, pool.get(name))]
    scaling = pool.get("auto_scaling")
    if "auto_scaling" not in body and isinstance(scaling, dict) and _same(scaling.get("enable"), True):  # noqa: FBT003 - a value
        found.append(Difference("auto_scaling.enable", False, True))  # noqa: FBT003 - values
    return found


def changes(before: str, after: str) -> list[Message]:
    """Return the differences between two request bodies, key by key.

    Args:
        before: the earlier body, as stored in a receipt.
        after: the later body, with the same values hidden.

    """
    old, new = dict(_leaves("", json.loads(before))), dict(_leaves("", json.loads(after)))
    found = [
        say(
            "{path} was {before} and is now {after}", path=path, before=_told(old.get(path)), after=_told(new.get(path))
        )
        for path in dict.fromkeys((*old, *new))
        if old.get(path) != new.get(path)
    ]
    if not found and HIDDEN in (*old.values(), *new.values()):
        found.append(say("a value that receipts do not store differs"))
    return found


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON value
    """Yield each value of a body with its path; a list is one value."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else key, item)
    else:
        yield path, value


def is_being_deleted(pool: Mapping[str, Any]) -> bool:
    """Return whether the pool is being deleted, or its deletion failed."""
    return str(mapping(pool.get("status")).get("state")).startswith("delet")


def has_other_mode(found: list[Difference]) -> bool:
    """Return whether the pool has another network mode than the plan. The mode of a pool cannot change."""
    return any(d.path == f"kubernetes_config.labels[{EXCLUSIVE_LABEL}]" for d in found)


def _compare(path: str, wanted: Any, found: Any) -> Iterator[Difference]:  # noqa: ANN401 - any JSON value
    if wanted == HIDDEN:
        return
    if isinstance(wanted, dict):
        inner = mapping(found)
        for name, item in wanted.items():
            yield from _compare(f"{path}.{name}", item, inner.get(name))
    elif found is None:
        if path in _PROVED and wanted != []:
            yield Difference(path, wanted, None)
    elif path in {"kubernetes_config.labels", "kubernetes_config.taints", "scaling_group.tags"}:
        yield from _keyed(path, wanted, found)
    elif isinstance(wanted, list):
        yield from _listed(path, wanted, found)
    elif not _same(wanted, found):
        yield Difference(path, wanted, found)


def _keyed(path: str, wanted: object, found: object) -> Iterator[Difference]:
    """Compare labels, taints or tags by key, taints also by effect. Values are case-sensitive, as in Kubernetes."""
    mine, theirs = _by_key(wanted), _by_key(found)
    for key, value in mine.items():
        if value != theirs.get(key):
            yield Difference(f"{path}[{key}]", value, theirs.get(key))
    for key in theirs.keys() - mine.keys():
        is_taint = path.endswith("taints") and not key.startswith(LINGJUN_TAINT_KEY)
        if is_taint or key in _NETWORK_LABELS:
            yield Difference(f"{path}[{key}]", None, theirs[key])


def _by_key(items: object) -> dict[str, str]:
    rows = [item for item in listing(items) if isinstance(item, dict)]
    # A missing effect is the API's default.
    return {
        f"{row.get('key')}" + (f":{row.get('effect') or 'NoSchedule'}" if "effect" in row else ""): str(
            row.get("value") or ""
        )
        for row in rows
    }


def _listed(path: str, wanted: list[Any], found: object) -> Iterator[Difference]:
    theirs = listing(found)
    if all(isinstance(item, dict) for item in wanted) and len(wanted) == len(theirs):
        for index, (item, other) in enumerate(zip(wanted, theirs, strict=True)):
            yield from _compare(f"{path}[{index}]", item, other)
    # The order is one of preference, which the API may not keep.
    elif sorted(map(str, wanted)) != sorted(map(str, theirs)):
        yield Difference(path, wanted, found)


def _same(wanted: object, found: object) -> bool:
    """Compare with the API's types: it returns some numbers and booleans as strings."""
    return None not in (wanted, found) and str(wanted).lower() == str(found).lower()


def _told(value: object) -> str:
    if value is None:
        return say("none")
    return ", ".join(map(str, value)) if isinstance(value, list) and value else repr(value)
