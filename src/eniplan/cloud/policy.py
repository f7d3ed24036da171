"""The minimal RAM policy of a command, from the same table as its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.cloud import calls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.cloud.calls import Call

_CHECK = (
    calls.DESCRIBE_CLUSTER,
    calls.GET_ADDON,
    calls.DESCRIBE_POOLS,
    calls.DESCRIBE_QUOTA,
    calls.DESCRIBE_TYPES,
    calls.DESCRIBE_STOCK,
    calls.DESCRIBE_GROUPS,
    calls.DESCRIBE_V_SWITCHES,
)
_CREATE = (*_CHECK, calls.CREATE_POOL, calls.DESCRIBE_POOL, calls.DESCRIBE_TASK)
_LINGJUN = (calls.DESCRIBE_NODE_GROUP, calls.LIST_LINGJUN_NODES, calls.DESCRIBE_NODE_TYPE)
COMMANDS: dict[str, tuple[Call, ...]] = {
    "check": _CHECK,
    "create-pool": _CREATE,
    "resume": _CREATE,
    "init": _CHECK,
    "doctor": (calls.WHO_AM_I,),
    "specs update": (calls.DESCRIBE_TYPES,),
}
"""The calls of every command that queries an account. For Lingjun pools, commands that judge plans add `_LINGJUN`."""


def calls_of(commands: Iterable[str], *, lingjun: bool) -> tuple[Call, ...]:
    """Return all calls of some commands, without duplicates.

    Args:
        commands: keys of `COMMANDS`.
        lingjun: whether the plans have Lingjun pools.

    """
    found: dict[Call, None] = {}
    for command in commands:
        found |= dict.fromkeys(COMMANDS[command])
        if lingjun and set(_CHECK) <= set(COMMANDS[command]):
            found |= dict.fromkeys(_LINGJUN)
    return tuple(found)


def policy(needed: Iterable[Call], *, region: str | None = None, cluster_id: str | None = None) -> dict[str, Any]:
    """Return a RAM policy document that allows exactly these calls; None allows any region or any cluster."""
    by_resource: dict[str, list[str]] = {}
    for call in needed:
        resource = call.resource.format(region=region or "*", ClusterId=cluster_id or "*")
        by_resource.setdefault(resource, []).append(call.ram_action)
    return {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": sorted(actions), "Resource": [resource]}
            for resource, actions in sorted(by_resource.items(), reverse=True)
        ],
    }
