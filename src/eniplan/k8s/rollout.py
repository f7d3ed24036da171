"""Computes how a rolling update replaces pods, with Kubernetes' rounding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Rollout(NamedTuple):
    """The number of extra pods, and of missing pods, that an update allows."""

    surge: int
    unavailable: int


BORDERS = ("maxSurge", "maxUnavailable")
_DEFAULTS: Mapping[str, tuple[object, object]] = {"DaemonSet": (0, 1), "CloneSet": (0, "20%")}
"""`BORDERS` of kinds that differ from a Deployment. Sources: Kubernetes and OpenKruise."""


def defaults(kind: str) -> tuple[object, object]:
    """Return the defaults of `BORDERS` for a kind."""
    return _DEFAULTS.get(kind, ("25%", "25%"))


def rollout(kind: str, strategy: Mapping[str, object] | None, replicas: int) -> Rollout | None:
    """Return the limits of a rolling update.

    Args:
        kind: Deployment or DaemonSet, or a kind that behaves like one of them.
        strategy: `spec.strategy` of a Deployment or an Argo Rollout, `spec.updateStrategy` of a DaemonSet; None: the
            default.
        replicas: the number of pods.

    Returns:
        None if no new pod has to fit beside the old ones (Recreate, OnDelete), or the strategy is invalid.

    """
    given = strategy or {}
    if starts_whole(strategy):
        return Rollout(replicas, 0)
    # The types of a CloneSet say whether it replaces pods or changes them; all of them add the extra pods first.
    if kind != "CloneSet" and given.get("type", "RollingUpdate") != "RollingUpdate":
        return None
    rolling = given.get("rollingUpdate", given.get("canary"))
    found = rolling if isinstance(rolling, dict) else given
    more, fewer = defaults(kind)
    surge = share(found.get("maxSurge", more), replicas, up=True)
    # A CloneSet rounds up unless it adds pods.
    up = kind == "DaemonSet" or (kind == "CloneSet" and not surge)
    unavailable = share(found.get("maxUnavailable", fewer), replicas, up=up)
    if surge is None or unavailable is None:
        return None
    # Kubernetes never allows both to be 0.
    return Rollout(surge, unavailable if surge or unavailable else 1)


def starts_whole(strategy: Mapping[str, object] | None) -> bool:
    """Return whether all new pods run beside all old ones before any goes, as in a blue-green update of a Rollout."""
    return isinstance((strategy or {}).get("blueGreen"), dict)


def share(value: object, replicas: int, *, up: bool) -> int | None:
    """Parse a number of pods, or a percentage such as `25%` rounded up or down; None if invalid."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    percent = re.fullmatch(r"([0-9]{1,9})%", value) if isinstance(value, str) else None
    if percent is None:
        return None
    share = int(percent[1]) * replicas
    return -(-share // 100) if up else share // 100
