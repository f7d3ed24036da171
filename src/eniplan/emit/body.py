"""From a node pool to the CreateClusterNodePool body, and to the very text that is shown and sent.

The body is a plain dict in a fixed key order. It holds what the plan says, the exclusive label, the default
taint, and what the API documents as required; nothing is invented. The SDK's typed models are not used for it:
they add an empty list for every list of models that is unset.
Source: CreateClusterNodePool of API version 2015-12-15, request model of alibabacloud-cs20151215 7.2.3.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from eniplan.emit.refusal import RefusalError
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, TERWAY_CONFIG_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eniplan.plan.model import NodePool

Body: TypeAlias = dict[str, Any]

_UNSAFE = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that JSON allows as they are and that steer terminals, turn text around, or are no UTF-8."""


def pool_body(pool: NodePool, instance_types: Sequence[str]) -> Body:
    """Return the body that creates a pool.

    Args:
        pool: the pool of a plan that has passed the rules.
        instance_types: ECS instance types, by priority: those that the pool names and those that its families
            stand for. A Lingjun pool has none, and they are not looked at.

    Returns:
        A new dict with the API's own (snake_case) keys, in a fixed order; `overrides` are merged in last.

    Raises:
        RefusalError: the overrides leave no exclusive label.

    """
    body: Body = {"nodepool_info": {"name": pool.name, "type": "lingjun" if pool.is_lingjun else "ess"}}
    if pool.is_lingjun:
        keys = {"cluster_id": "clusterId", "group_id": "groupId"}
        given = pool.lingjun or {}
        body["eflo_node_group"] = {name: given[key] for name, key in keys.items() if key in given}
        scaling_group = _lingjun_group(pool)
    else:
        scaling_group = _ecs_group(pool, instance_types)
        if pool.auto_scaling is not None:
            body["auto_scaling"] = _auto_scaling(pool.auto_scaling)
    scaling_group |= _nodes(pool)
    if scaling_group:
        body["scaling_group"] = scaling_group
    body["kubernetes_config"] = _kubernetes_config(pool)
    _merge(body, pool.overrides or {})
    if not _has_label(body):
        # NP001 cannot be waived, but NP011, which finds overrides of the wrong form, can be.
        message = f"the overrides of pool {pool.name!r} drop the label {EXCLUSIVE_LABEL}={EXCLUSIVE_VALUE}"
        raise RefusalError((*pool.path, "overrides"), message, "remove kubernetes_config.labels from the overrides")
    return body


def body_json(body: Body) -> str:
    """Return the text of a body: what is printed, written to files, and sent, byte for byte once encoded as UTF-8."""
    return json_text(body) + "\n"


def json_text(value: object, indent: int | None = 2) -> str:
    """Return JSON that reads well and does nothing to a terminal: no control, direction or half characters."""
    return _UNSAFE.sub(lambda c: f"\\u{ord(c[0]):04x}", json.dumps(value, ensure_ascii=False, indent=indent))


def _ecs_group(pool: NodePool, instance_types: Sequence[str]) -> dict[str, Any]:
    group: dict[str, Any] = {"instance_types": list(instance_types), "vswitch_ids": list(pool.v_switch_ids or ())}
    if pool.security_group_ids:
        group["security_group_ids"] = list(pool.security_group_ids)
    if pool.desired_size is not None and pool.auto_scaling is None:
        group["desired_size"] = pool.desired_size
    # Required by the API's text, though it documents PostPaid as the default.
    group["instance_charge_type"] = pool.charge_type
    return group


def _lingjun_group(pool: NodePool) -> dict[str, Any]:
    """Return what is shared with ECS pools: types, sizes and prices are those of the Lingjun node group."""
    group: dict[str, Any] = {}
    if pool.v_switch_ids:
        group["vswitch_ids"] = list(pool.v_switch_ids)
    if pool.security_group_ids:
        group["security_group_ids"] = list(pool.security_group_ids)
    return group


def _nodes(pool: NodePool) -> dict[str, Any]:
    disk = pool.system_disk or {}
    fields = {
        "multi_az_policy": pool.multi_az_policy,
        "image_type": pool.image_type,
        "system_disk_category": disk.get("category"),
        "system_disk_size": int(disk["size"]) if "size" in disk else None,
        "system_disk_performance_level": disk.get("performanceLevel"),
        "key_pair": pool.key_pair,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _auto_scaling(scaling: Mapping[str, Any]) -> dict[str, Any]:
    found = {"enable": True, "min_instances": int(scaling["min"]), "max_instances": int(scaling["max"])}
    return found | ({"type": scaling["type"]} if "type" in scaling else {})


def _kubernetes_config(pool: NodePool) -> dict[str, Any]:
    labels = {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}
    if pool.terway_config is not None:
        labels[TERWAY_CONFIG_LABEL] = pool.terway_config
    for key, value in (pool.labels or {}).items():
        labels.setdefault(key, value)
    config: dict[str, Any] = {"labels": [{"key": key, "value": value} for key, value in labels.items()]}
    taints = pool.effective_taints
    if taints:
        config["taints"] = [{"key": t.key, "value": t.value, "effect": t.effect} for t in taints]
    if pool.runtime is not None:
        config["runtime"] = pool.runtime
    return config


def _has_label(body: Body) -> bool:
    config = body["kubernetes_config"]
    labels = config.get("labels") if isinstance(config, dict) else None
    wanted = {"key": EXCLUSIVE_LABEL, "value": EXCLUSIVE_VALUE}
    return isinstance(labels, list) and labels.count(wanted) == 1


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Merge maps into maps; anything else replaces. A null says nothing: it must not be able to drop the label."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif value is not None:
            into[key] = _without_nulls(value)


def _without_nulls(value: Any) -> Any:  # noqa: ANN401 - overrides may hold anything
    """Return a copy of its own: the plan is not the body's to share."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value
