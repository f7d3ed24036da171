"""Build the CreateClusterNodePool body of a node pool, and its text as printed and sent.

The body is a plain dict in a fixed key order. It contains the plan's values, the exclusive label, the default taint,
and the fields that the API requires; nothing else. It does not use the SDK's typed models, which add an empty list for
every unset list of models.
Source: CreateClusterNodePool of API version 2015-12-15, request model of alibabacloud-cs20151215 7.2.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from eniplan.emit.refusal import RefusalError
from eniplan.emit.rename import put
from eniplan.messages import say
from eniplan.plan.document import path_text
from eniplan.plan.fields import SECTIONS, WRITTEN
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, TERWAY_CONFIG_LABEL
from eniplan.text import literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eniplan.plan.model import NodePool

Body: TypeAlias = dict[str, Any]


def pool_body(pool: NodePool, instance_types: Sequence[str]) -> Body:
    """Return the body that creates a pool.

    Args:
        pool: a pool of a plan that passed the rules.
        instance_types: ECS instance types by priority: those that the pool names, and those of its families. Ignored
            for a Lingjun pool.

    Returns:
        A new dict with the API's snake_case keys in a fixed order; `overrides` are merged in last.

    Raises:
        RefusalError: the overrides remove the exclusive label.

    """
    body: Body = {}
    said = _said(pool, instance_types)
    for key, path in WRITTEN.items():
        if (value := said.get(path_text(key))) is not None:
            put(body, path_text(path), (), value)
    _merge(body, pool.overrides or {})
    # NP011, which finds these overrides, can be waived, but what follows needs maps, and the pool is found by its name.
    for name in (name for name in SECTIONS if name in body and not isinstance(body[name], dict)):
        message = say("the override {field} must be a map, as in the request body", field=name)
        raise RefusalError((*pool.path, "overrides", name), message, say("write its fields below it"))
    if body["nodepool_info"]["name"] != pool.name:
        message = say("the override {field} bypasses the checks", field="nodepool_info.name")
        hint = say("use the pool's key {key} instead", key="name")
        raise RefusalError((*pool.path, "overrides", "nodepool_info", "name"), message, hint)
    if not _has_label(body):
        message = say(
            "the overrides of pool {pool_name!r} drop the label {exclusive_label}={exclusive_value}",
            pool_name=pool.name,
            exclusive_label=EXCLUSIVE_LABEL,
            exclusive_value=EXCLUSIVE_VALUE,
        )
        raise RefusalError(
            (*pool.path, "overrides"), message, say("remove kubernetes_config.labels from the overrides")
        )
    return body


def body_json(body: Body) -> str:
    """Return the text of a body. `create-pool` prints, writes and sends exactly these bytes, as UTF-8."""
    return literal(body, 2) + "\n"


def _said(pool: NodePool, instance_types: Sequence[str]) -> dict[str, Any]:
    """Return a pool's values in the API's form, by the plan's keys; None if not stated."""
    disk, scaling, given = pool.system_disk or {}, pool.auto_scaling or {}, pool.lingjun or {}
    said: dict[str, Any] = {
        "name": pool.name,
        "kind": "lingjun" if pool.is_lingjun else "ess",
        "vSwitchIds": list(pool.v_switch_ids or ()) or None,
        "securityGroupIds": list(pool.security_group_ids or ()) or None,
        "multiAzPolicy": pool.multi_az_policy,
        "imageType": pool.image_type,
        "systemDisk.category": disk.get("category"),
        "systemDisk.size": _whole(disk.get("size")),
        "systemDisk.performanceLevel": disk.get("performanceLevel"),
        "keyPair": pool.key_pair,
        "labels": [{"key": key, "value": value} for key, value in _labels(pool).items()],
        "taints": [{"key": t.key, "value": t.value, "effect": t.effect} for t in pool.effective_taints] or None,
        "runtime": pool.runtime,
    }
    if pool.is_lingjun:  # the Lingjun node group determines types, sizes and prices
        return said | {f"lingjun.{key}": given.get(key) for key in ("clusterId", "groupId")}
    return said | {
        "instanceTypes": list(instance_types),
        "vSwitchIds": list(pool.v_switch_ids or ()),
        "desiredSize": pool.desired_size if pool.auto_scaling is None else None,
        # The API's documentation calls it required, but also gives the default PostPaid.
        "chargeType": pool.charge_type,
        "autoScaling": True if scaling else None,
        "autoScaling.min": _whole(scaling.get("min")),
        "autoScaling.max": _whole(scaling.get("max")),
        "autoScaling.type": scaling.get("type"),
    }


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _labels(pool: NodePool) -> dict[str, str]:
    own = {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}
    if pool.terway_config is not None:
        own[TERWAY_CONFIG_LABEL] = pool.terway_config
    return own | {key: value for key, value in (pool.labels or {}).items() if key not in own}


def _has_label(body: Body) -> bool:
    labels = body["kubernetes_config"].get("labels")
    wanted = {"key": EXCLUSIVE_LABEL, "value": EXCLUSIVE_VALUE}
    return isinstance(labels, list) and labels.count(wanted) == 1


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Merge maps into maps; other values replace. Ignore nulls, so that they cannot remove the label."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif value is not None:
            into[key] = _without_nulls(value)


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - overrides may hold anything
    """Return a deep copy without nulls, so that changes to the body do not reach the plan."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value
