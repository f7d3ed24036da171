"""A move of workloads from one node pool to exclusive ones: what changes in each, in which order, and how to go back.

Each workload is changed by strategic merge patches of `kubectl patch`, which leave alone what others have changed in
the meantime, and do nothing the second time. A Deployment first brings up its new pods and then takes the old ones
away (maxUnavailable 0), so that it never falls below its PodDisruptionBudget; its own strategy is put back afterwards.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from eniplan.emit.pods import PodError, complete, wanted
from eniplan.emit.refusal import RefusalError
from eniplan.k8s.kinds import holder, objects, templates
from eniplan.k8s.labels import selector_from, selects
from eniplan.k8s.rollout import share
from eniplan.messages import Message, say
from eniplan.plan.document import value_at
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.plan.model import Plan, Workload

Object = dict[str, Any]
PARALLEL = 100
"""Exclusive pods that Terway gives ENIs at once (docs: work-with-terway); more wait."""
_ROLLED = frozenset(("Deployment", "StatefulSet", "DaemonSet"))
_BY_HAND = {
    "Job": say("the template of a Job cannot be changed: let it end, and create the next one from manifests/"),
    "Pod": say("the placement of a Pod cannot be changed: delete it, and create it anew from manifests/"),
}
_FOREIGN = say("kubectl cannot patch lists of this kind: apply it from manifests/")
_ROLLING: Mapping[str, object] = {"maxSurge": "25%", "maxUnavailable": "25%"}
_DEFAULT: Object = {"type": "RollingUpdate", "rollingUpdate": _ROLLING}
"""The strategy of a Deployment that names none."""


class Move(NamedTuple):
    """One workload on its way. Patches are strategic merge patches; None: there is nothing to patch."""

    kind: str
    namespace: str
    name: str
    pool: str
    replicas: int | None
    """None: one on each node, or not known."""
    forth: Object | None = None
    """Makes its pods exclusive; for a Deployment with a strategy that never takes one away too early."""
    back: Object | None = None
    """Undoes `forth`, but for the strategy."""
    settle: Object | None = None
    """Puts back the strategy."""
    surge: int = 0
    """Pods that are started at once."""
    lowest: int | None = None
    """Pods that run at any time during the move; None: not known."""
    floor: int = 0
    """Pods that its PodDisruptionBudgets ask for; 0: none does."""
    by_hand: Message | None = None
    """Why no script moves it, and what to do; None: the script does."""
    notes: tuple[Message, ...] = ()

    @property
    def resource(self) -> str:
        """What kubectl calls it."""
        return f"{self.kind.lower()}/{self.name}"

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def is_rolled(self) -> bool:
        """Whether patching it replaces its pods one after the other."""
        return self.forth is not None and self.kind in _ROLLED

    @property
    def dips(self) -> bool:
        """Whether it falls below what its PodDisruptionBudgets ask for."""
        return self.floor > 0 and (self.lowest is None or self.lowest < self.floor)


class Room(NamedTuple):
    """What an exclusive pool has room for; None: not known."""

    pods: int | None
    addresses: int | None


def moves(plan: Plan, values: Iterable[object], rooms: Mapping[str, Room]) -> tuple[Move, ...]:
    """Work out the moves of the workloads of a plan, in the order of the plan.

    Args:
        plan: a plan that passes; its workloads are what moves.
        values: documents of manifests, a dump, or answers of the API: the workloads as they are, and their
            PodDisruptionBudgets and HorizontalPodAutoscalers.
        rooms: by name of an exclusive pool.

    Raises:
        RefusalError: the plan has no workload, there is no object of one, or it contradicts its pool.

    """
    if not plan.workloads:
        raise RefusalError(("workloads",), say("the plan has no workloads: nothing moves"),
                           say("name those that are to move"))  # fmt: skip
    every = [item for value in values for _, item in objects(value)]
    found = {_identity(item): item for item in every}
    out: list[Move] = []
    taken: dict[str, int] = {}
    for workload in plan.workloads:
        item = found.get((workload.kind, workload.namespace, workload.name))
        if item is None or not isinstance(value_at(item, ("spec", "template", "spec")), dict):
            message = say("there is no manifest of {kind} {namespace}/{name}", **workload.identity._asdict())
            raise RefusalError(workload.path, message, say("give it with --manifests, or read the cluster"))
        room = rooms.get(workload.node_pool, Room(None, None))
        left = [n - taken.get(workload.node_pool, 0) for n in room if n is not None]
        move = _move(plan, workload, item, every, min((PARALLEL, *left)))
        taken[workload.node_pool] = taken.get(workload.node_pool, 0) + (move.replicas or 0)
        out.append(move)
    return tuple(out)


def _identity(item: Object) -> tuple[str, str, str]:
    metadata = item.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return str(item.get("kind")), str(metadata.get("namespace") or "default"), str(metadata.get("name"))


def _move(plan: Plan, workload: Workload, item: Object, every: list[Object], most: int) -> Move:
    live = value_at(item, ("spec", "replicas"))
    replicas = None if workload.kind == "DaemonSet" else live if isinstance(live, int) else workload.replicas
    if workload.kind != "DaemonSet" and replicas is not None and replicas > (workload.replicas or 0):
        message = say(
            "{kind} {name!r} has {replicas} replicas, and the plan has room for {planned}",
            kind=workload.kind, name=workload.name, replicas=replicas, planned=workload.replicas,
        )  # fmt: skip
        raise RefusalError((*workload.path, "replicas"), message, say("plan for as many as there are"))
    after, labels = _completed(plan, workload, item)
    staying = Move(
        workload.kind,
        workload.namespace,
        workload.name,
        workload.node_pool,
        replicas,
        floor=_floor(every, workload.namespace, labels, replicas),
        by_hand=_by_hand(workload.kind),
        notes=tuple(_notes(workload, every, replicas)),
    )
    if staying.by_hand is not None:
        return staying
    before, lowest, surge, settle = copy.deepcopy(item), replicas, 1, None
    if workload.kind == "Deployment" and replicas is not None:
        surge = max(min(replicas, most), 1)
        own: Object = value_at(item, ("spec", "strategy")) or _DEFAULT
        if own.get("type", "RollingUpdate") == "RollingUpdate":
            rolling = {**_ROLLING, **(own.get("rollingUpdate") or {})}
            settle = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}}
            early = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0}}
            before["spec"]["strategy"] = after["spec"]["strategy"] = early
        else:
            lowest = 0
    elif workload.kind == "StatefulSet" and replicas is not None:
        lowest = max(replicas - 1, 0)
    return staying._replace(
        forth=difference(item, after), back=difference(after, before), settle=settle, surge=surge, lowest=lowest
    )


def _completed(plan: Plan, workload: Workload, item: Object) -> tuple[Object, Mapping[str, str]]:
    """Return a workload with all that its pods need on their pool, and the labels of its pods."""
    after = copy.deepcopy(item)
    held = holder(item.get("apiVersion"), item.get("kind"))
    pool = next(pool for pool in plan.node_pools if pool.name == workload.node_pool)
    networking = next((pn for pn in plan.pod_networkings if pn.name == workload.pod_networking), None)
    want = wanted(pool, networking, host_network=workload.host_network, eni_request=workload.stated_request)
    labels: Mapping[str, str] = {}
    for template in templates(held, after) if held is not None else ():
        value = value_at(after, template.path)
        about = {"kind": workload.kind, "name": workload.name}
        if not isinstance(value, dict):
            raise RefusalError(workload.path, say("{kind} {name!r} has no pod template", **about))
        try:
            complete(value, want, is_bare=not template.path)
        except PodError as error:
            message = say("{kind} {name!r}: {problem}", **about, problem=error.message)
            raise RefusalError(workload.path, message, error.hint) from None
        labels = (value.get("metadata") or {}).get("labels") or {}
    return after, labels


def _by_hand(kind: str) -> Message | None:
    return _BY_HAND.get(kind) or (None if kind in {*_ROLLED, "CronJob"} else _FOREIGN)


def _floor(every: list[Object], namespace: str, labels: Mapping[str, str], replicas: int | None) -> int:
    """Return how many pods the PodDisruptionBudgets that select them ask for."""
    found = [0]
    for item in every:
        spec = item.get("spec")
        if item.get("kind") != "PodDisruptionBudget" or _identity(item)[1] != namespace or not isinstance(spec, dict):
            continue
        selector = selector_from((), spec.get("selector") or {})
        if not selects(selector, labels) or replicas is None:
            continue
        least = share(spec.get("minAvailable"), replicas, up=True)
        most = share(spec.get("maxUnavailable"), replicas, up=True)
        found.append(least if least is not None else 0 if most is None else replicas - most)
    return max(found)


def _notes(workload: Workload, every: list[Object], replicas: int | None) -> Iterable[Message]:
    own = next(item for item in every if _identity(item) == (workload.kind, workload.namespace, workload.name))
    if value_at(own, ("spec", "strategy", "type")) == "Recreate":
        yield say("its strategy is Recreate: all its pods stop before the new ones start")
    if replicas == 1 and workload.kind in {"StatefulSet", "Pod"}:
        yield say("it is a single replica: it is away until its new pod runs")
    if workload.kind == "DaemonSet":
        yield say("it leaves all nodes but the exclusive ones")
    if workload.kind == "CronJob":
        yield say("its next run is the first on exclusive nodes")
    for item in every:
        target = value_at(item, ("spec", "scaleTargetRef"))
        same = isinstance(target, dict) and (target.get("kind"), target.get("name")) == (workload.kind, workload.name)
        if item.get("kind") == "HorizontalPodAutoscaler" and same and _identity(item)[1] == workload.namespace:
            yield say("HorizontalPodAutoscaler {name} may bring it to {most} pods: hold it still during the move",
                      name=_identity(item)[2], most=value_at(item, ("spec", "maxReplicas")))  # fmt: skip


def difference(before: Any, after: Any) -> Any:  # noqa: ANN401 - any value of an object
    """Return the strategic merge patch from one object to another. Lists are replaced whole, but for containers."""
    out: Object = {}
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if key not in after:
            out[key] = None
        elif isinstance(old, dict) and isinstance(new, dict):
            out[key] = difference(old, new)
        elif key in {"containers", "initContainers"} and isinstance(old, list) and isinstance(new, list):
            out[key] = [{"name": b["name"], **difference(a, b)} for a, b in zip(old, new, strict=True) if a != b]
        else:
            out[key] = new
    return out
