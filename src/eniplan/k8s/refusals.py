"""Why Kubernetes refuses an object with pods, apart from the pods: its version, its selector, its update strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.k8s.labels import Flaw, meets, read_selector, requirement_flaw
from eniplan.k8s.rollout import BORDERS, defaults, share
from eniplan.k8s.values import mapping
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_GROUPS: Mapping[str, str] = {
    "Deployment": "apps", "StatefulSet": "apps", "DaemonSet": "apps", "ReplicaSet": "apps", "Job": "batch",
    "CronJob": "batch", "ReplicationController": "", "Pod": "",
}  # fmt: skip
"""Kubernetes' own kinds with pods by their group; `v1` is the only version left of each since Kubernetes 1.25."""
_TYPES: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("RollingUpdate", "Recreate"), "DaemonSet": ("RollingUpdate", "OnDelete"),
}  # fmt: skip
"""The update strategies of Kubernetes' own kinds that can add pods."""


def is_own(api_version: str, kind: str) -> bool:
    """Return whether a kind is Kubernetes' own, in any version that it has had; not of another project, or unstated."""
    group = api_version.rpartition("/")[0]
    return bool(api_version) and kind in _GROUPS and group in {_GROUPS[kind], "extensions"}


def known_version(api_version: str, kind: str) -> str:
    """Return the version under which Kubernetes knows one of its own kinds today; of others, the given one."""
    return "/".join(filter(None, (_GROUPS[kind], "v1"))) if is_own(api_version, kind) else api_version


def version_flaw(api_version: str, kind: str) -> Flaw | None:
    """Return why Kubernetes does not know the version of a kind; None if it does, or the kind is not its own."""
    right = known_version(api_version, kind)
    if api_version == right:
        return None
    wrong = say("Kubernetes has no {kind} of {apiVersion} any more", kind=kind, apiVersion=api_version)
    return Flaw((), wrong, say("write {apiVersion}", apiVersion=right))


def selector_flaws(selector: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[Flaw]:
    """Yield what is wrong with the selector of an object whose pods have these labels.

    Kubernetes refuses an empty one, too; but in files it stands for labels that Kustomize fills in.
    """
    for key, value in mapping(selector.get("matchLabels")).items():
        if not isinstance(value, str):
            yield Flaw(("matchLabels", key), say("{key!r} must be text", key=key), say("write it in quotes"))
            return
    found = read_selector(selector)
    asked = () if found is None else found.requirements
    flaws = [flaw for each in asked if (flaw := requirement_flaw(each)) is not None]
    yield from (flaw._replace(path=()) for flaw in flaws)
    missed = [str(each) for each in asked if not meets(each, labels.get(each.key))]
    if missed and not flaws:
        wrong = say("its selector does not select its own pods: {requirements}", requirements=tuple(missed))
        yield Flaw((), wrong, say("write the same labels in the selector and in the template"))


def strategy_flaws(kind: str, strategy: Mapping[str, Any]) -> Iterator[Flaw]:
    """Yield what is wrong with the update strategy of one of Kubernetes' own kinds, or of an Argo Rollout."""
    how, types = strategy.get("type") or "RollingUpdate", _TYPES.get(kind, ())
    is_rollout = kind == "Rollout"
    if types and how not in types:
        yield Flaw(("type",), say("Kubernetes has no update strategy {type!r} for a {kind}", type=how, kind=kind),
                   say("one of {types}", types=types))  # fmt: skip
        return
    key = "canary" if is_rollout else "rollingUpdate"
    if how == "Recreate" and strategy.get(key) is not None:
        yield Flaw((key,), say("{key} cannot be set with the update strategy {type}", key=key, type=how),
                   say("remove one of them"))  # fmt: skip
    if not (types or is_rollout) or how != "RollingUpdate":
        return
    rolling = mapping(strategy.get(key))
    sizes = []
    for border, usual in zip(BORDERS, defaults(kind), strict=True):
        given = rolling.get(border)
        found = share(usual if given is None else given, 100, up=True)
        size = -1 if found is None else found
        if size < 0:
            yield Flaw((key, border), say("{key} must be a number of pods or a percentage", key=border),
                       say("write a number such as 1, or a percentage such as 25%"))  # fmt: skip
        sizes.append(size)
    surge, unavailable = sizes
    if surge == 0 and unavailable == 0:
        yield Flaw((key, "maxUnavailable"), say("maxSurge and maxUnavailable are both 0: no pod could be replaced"),
                   say("set maxUnavailable to 1"))  # fmt: skip
    if kind == "DaemonSet" and surge > 0 and unavailable > 0:
        wrong = say("a DaemonSet cannot have both maxSurge and maxUnavailable, which is 1 by default")
        yield Flaw((key, "maxSurge"), wrong, say("set maxUnavailable to 0, or remove maxSurge"))
