"""Plan the move of workloads to exclusive node pools: patches, order, and how to undo them.

`kubectl patch` changes each workload with strategic merge patches, which keep other changes made in the meantime and
have no effect the second time. A Deployment starts its new pods before it removes old ones (maxUnavailable 0), so that
it never falls below its PodDisruptionBudget. For a StatefulSet or DaemonSet that holds pods back (OnDelete, a
partition), the move suspends that strategy. It restores the original strategy of each workload afterwards.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from eniplan.emit.manifests import parties
from eniplan.emit.pods import PodError, complete, exclusive_only, map_at, missing_labels, wanted
from eniplan.emit.refusal import RefusalError
from eniplan.k8s.autoscalers import scaling
from eniplan.k8s.kinds import holder, objects, templates
from eniplan.k8s.labels import read_selector, selects
from eniplan.k8s.pods import AFFINITY, TERMS
from eniplan.k8s.rollout import share
from eniplan.k8s.terway import NETWORKS_REQUEST
from eniplan.k8s.values import listing, mapping
from eniplan.messages import NOTHING, Message, say
from eniplan.observed import NODE_POOL_LABEL
from eniplan.plan.document import value_at
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.k8s.kinds import Holder
    from eniplan.k8s.labels import Selector
    from eniplan.plan.model import Plan, Workload

Object = dict[str, Any]
PARALLEL = 100
"""The number of pods for which Terway attaches ENIs at the same time (docs: work-with-terway); others wait."""
_LISTS = ("containers", "initContainers")
"""Lists whose items a strategic merge patch finds by name."""
_ROLLED = frozenset(("Deployment", "StatefulSet", "DaemonSet"))
_BY_HAND = {
    "Job": say("the template of a Job cannot be changed: let it end, and create the next one"),
    "Pod": say("the placement of a Pod cannot be changed: delete and recreate it"),
}
_FOREIGN = say("kubectl cannot patch lists of this kind: apply it")
_PAUSED = say("its rollout is paused: resume it, and write the migration again")
_GONE = say("it no longer exists: its next manifest needs what `eniplan render-manifests --patch` adds")
_ROLLING: Mapping[str, object] = {"maxSurge": "25%", "maxUnavailable": "25%"}
"""The limits of a Deployment that states none."""


class Move(NamedTuple):
    """The move of one workload. Patches are strategic merge patches; None: nothing to patch."""

    kind: str
    namespace: str
    name: str
    pool: str
    replicas: int | None
    """None: one per node, or unknown."""
    forth: Object | None = None
    """The patch that makes its pods exclusive; for a Deployment, also sets a strategy that removes no pod too early."""
    back: Object | None = None
    """The patch that undoes `forth`, except for the strategy."""
    settle: Object | None = None
    """The patch that restores the strategy."""
    surge: int = 0
    """The number of new pods that start at once."""
    lowest: int | None = None
    """The minimum number of running pods during the move; None: unknown."""
    floor: int = 0
    """The number of pods that its PodDisruptionBudgets require; 0: no requirement."""
    by_hand: Message | None = None
    """Why the script cannot move it, and what to do; None: the script moves it."""
    manifest: Object | None = None
    """The object to create by hand; None: nothing."""
    leaves: bool = False
    """Whether it is a DaemonSet that also leaves nodes outside the old pool."""
    selector: str = ""
    """The selector of a StatefulSet's pods, because it does not replace pods that have not started."""
    notes: tuple[Message, ...] = ()

    @property
    def resource(self) -> str:
        """Its name for kubectl: `deployment/NAME`."""
        return f"{self.kind.lower()}/{self.name}"

    @property
    def title(self) -> str:
        """Its name for people."""
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def is_rolled(self) -> bool:
        """Whether a patch makes its controller replace its pods."""
        return self.forth is not None and self.kind in _ROLLED

    @property
    def dips(self) -> bool:
        """Whether the move falls below its PodDisruptionBudgets."""
        return self.floor > 0 and (self.lowest is None or self.lowest < min(self.floor, self.replicas or 0))

    @property
    def asks(self) -> Message | None:
        """What the user must accept before it moves; None: nothing."""
        if self.dips:
            return say("falls below its PodDisruptionBudget")
        return say("leaves all nodes but those of its new pool") if self.leaves else None


class Room(NamedTuple):
    """How many pods and addresses an exclusive pool has room for; None: unknown."""

    pods: int | None
    addresses: int | None


class _Given(NamedTuple):
    """The inputs of all moves."""

    plan: Plan
    every: list[Object]
    """All objects that were read."""
    old: str
    """The id of the old node pool."""


def moves(plan: Plan, values: Iterable[object], rooms: Mapping[str, Room], old: str) -> tuple[Move, ...]:
    """Return the moves of a plan's workloads, in the order to make them.

    DaemonSets come first, because each node must have room for their pods; then workloads whose pods need several ENIs
    on one node, before single ENIs fill the nodes; then the others in the order of the plan.

    Args:
        plan: a plan that passes; its workloads move.
        values: manifests, a dump, or objects of the API: the current workloads, and their PodDisruptionBudgets and
            HorizontalPodAutoscalers.
        rooms: the room of each exclusive pool, by its name.
        old: the id of the old node pool.

    Raises:
        RefusalError: the plan has no workload; or a workload has no object, or contradicts its pool.

    """
    if not plan.workloads:
        raise RefusalError(("workloads",), say("the plan has no workloads to move"),
                           say("name the workloads to move"))  # fmt: skip
    every = [item for value in values for _, item in objects(value)]
    given, found = _Given(plan, every, old), {_identity(item): item for item in every}
    out: list[Move] = []
    taken: dict[str, int] = {}
    for workload in sorted(plan.workloads, key=lambda w: (w.kind != "DaemonSet", -max(len(w.networks), 1))):
        item = found.get((workload.kind, workload.namespace, workload.name), {})
        if not item and workload.kind == "Job":  # it ended, and was removed
            out.append(Move(*workload.identity, workload.node_pool, None, by_hand=_GONE))
            continue
        held = _with_pods(item)
        if held is None:
            message = say("there is no {kind} {namespace}/{name}", **workload.identity._asdict())
            raise RefusalError(workload.path, message, say("pass its manifest with --manifests, or create it first"))
        room = rooms.get(workload.node_pool, Room(None, None))
        left = [n - taken.get(workload.node_pool, 0) for n in room if n is not None]
        move = _move(given, workload, item, held, min((PARALLEL, *left)))
        taken[workload.node_pool] = taken.get(workload.node_pool, 0) + (move.replicas or 0)
        out.append(move)
    return tuple(out)


def _with_pods(item: Object) -> Holder | None:
    """Return the description of an object's kind; None if it has no pods."""
    held = holder(item.get("apiVersion"), item.get("kind"))
    paths = (template.path for template in templates(held, item)) if held is not None else ()
    return held if any(isinstance(value_at(item, (*path, "spec")), dict) for path in paths) else None


def namespace_labels(plan: Plan, values: Iterable[object]) -> dict[str, dict[str, str]]:
    """Return, by namespace, the labels that it lacks to be selected by its workloads' PodNetworkings.

    Raises:
        RefusalError: an existing label prevents the selection.

    """
    every = [item for value in values for _, item in objects(value) if item.get("kind") == "Namespace"]
    known = {_identity(item)[2]: mapping(value_at(item, ("metadata", "labels"))) for item in every}
    selectors: dict[str | None, Selector | None] = {pn.name: pn.namespace_selector for pn in plan.pod_networkings}
    out: dict[str, dict[str, str]] = {}
    for workload in plan.workloads:
        selector = selectors.get(workload.pod_networking)
        if selector is not None:
            try:
                labels = missing_labels(selector, known.get(workload.namespace, {}))
            except PodError as error:
                message = say("namespace {name}: {problem}", name=workload.namespace, problem=error.message)
                raise RefusalError(workload.path, message, error.hint) from None
            if labels:
                out.setdefault(workload.namespace, {}).update(labels)
    return out


def _identity(item: Object) -> tuple[str, str, str]:
    metadata = mapping(item.get("metadata"))
    return str(item.get("kind")), str(metadata.get("namespace") or "default"), str(metadata.get("name"))


def _move(given: _Given, workload: Workload, item: Object, held: Holder, most: int) -> Move:
    """Plan the move of one workload; at most `most` of its pods may start at once."""
    live = [value_at(item, path) for path in held.replicas]
    known = [n for n in live if isinstance(n, int)]
    replicas = None if workload.kind == "DaemonSet" else known[0] if known else workload.replicas
    if replicas is not None and replicas > workload.replicas:
        message = say(
            "{kind} {name!r} has {replicas} replicas, but the plan has room for {planned}",
            kind=workload.kind, name=workload.name, replicas=replicas, planned=workload.replicas,
        )  # fmt: skip
        raise RefusalError((*workload.path, "replicas"), message, say("plan for all of them"))
    after, labels, was_pinned = _completed(given, workload, item, held)
    staying = Move(
        workload.kind,
        workload.namespace,
        workload.name,
        workload.node_pool,
        replicas,
        floor=_floor(given.every, workload, labels, replicas),
        by_hand=_by_hand(workload.kind, item),
        leaves=workload.kind == "DaemonSet" and not was_pinned and after != item,
        notes=(
            *_notes(workload, item, given.every, replicas, given.old if was_pinned else ""),
            *(_volumes(given.plan, workload, item) if _has_claims(item, held) else ()),
        ),
    )
    if staying.by_hand is not None:
        return staying if staying.by_hand is _PAUSED else staying._replace(manifest=_bare(after))
    surge = max(min(replicas, most), 1) if workload.kind == "Deployment" and replicas is not None else 1
    lowest = replicas
    if value_at(item, ("spec", "strategy", "type")) == "Recreate":
        lowest = 0
    elif workload.kind == "StatefulSet" and replicas:
        lowest = replicas - 1
    forth, back = difference(item, after), difference(after, item)
    early, settle = _strategy(workload.kind, item, surge)
    for patch in (forth, back) if early else ():  # no pod may be missing on the way back, either
        patch["spec"] = {**patch.get("spec", {}), **early}
    labels = mapping(value_at(item, ("spec", "selector", "matchLabels")))
    selector = ",".join(f"{key}={value}" for key, value in labels.items()) if workload.kind == "StatefulSet" else ""
    return staying._replace(
        forth=forth, back=back, settle={"spec": settle} if settle else None, surge=surge, lowest=lowest,
        selector=selector,
    )  # fmt: skip


def _strategy(kind: str, item: Object, surge: int) -> tuple[Object, Object]:
    """Return the strategy for the move, and the one to restore; both empty if its own is suitable."""
    if kind == "Deployment":
        own: Object = mapping(value_at(item, ("spec", "strategy")))
        if own.get("type", "RollingUpdate") != "RollingUpdate":
            return {}, {}
        rolling = {**_ROLLING, **mapping(own.get("rollingUpdate"))}
        early = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0}}
        return {"strategy": early}, {"strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}}
    own = mapping(value_at(item, ("spec", "updateStrategy")))
    if own.get("type") == "OnDelete":
        rolling = {"type": "RollingUpdate"}
        return {"updateStrategy": rolling}, {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}
    partition = value_at(own, ("rollingUpdate", "partition"))
    if kind == "StatefulSet" and partition:
        none, back = ({"updateStrategy": {"rollingUpdate": {"partition": n}}} for n in (0, partition))
        return none, back
    return {}, {}


def _completed(given: _Given, workload: Workload, item: Object, held: Holder) -> tuple[Object, Mapping[str, str], bool]:
    """Return a workload with everything its pods need, their labels, and whether the old pool held them."""
    after = copy.deepcopy(item)
    pool, networking = parties(given.plan, workload)
    networks = workload.networks if workload.pod is not None and workload.pod.networks else ()
    request = len(networks) or workload.stated_request
    want = wanted(given.plan, pool, networking, host_network=workload.host_network, eni_request=request)
    labels: Mapping[str, str] = {}
    was_pinned = False
    for template in templates(held, after):
        value = value_at(after, template.path)
        about = {"kind": workload.kind, "name": workload.name}
        if not isinstance(value, dict):
            raise RefusalError(workload.path, say("{kind} {name!r} has no pod template", **about))
        was_pinned |= _let_go(value, given.old)
        try:
            complete(value, want, is_bare=not template.path)
        except PodError as error:
            message = say("{kind} {name!r}: {problem}", **about, problem=error.message)
            raise RefusalError(workload.path, message, error.hint) from None
        if not all(item.get("name") for key in _LISTS for item in listing(value["spec"].get(key))):
            raise RefusalError(workload.path, say("a container of {kind} {name!r} has no name", **about))
        if networks and workload.pod is not None:  # a pod template in the plan names its networks itself
            notes = map_at(value, ("metadata", "annotations"))
            notes.setdefault(NETWORKS_REQUEST, workload.pod.annotations[NETWORKS_REQUEST])
        labels = mapping(value_at(value, ("metadata", "labels")))
    return after, labels, was_pinned


def _let_go(template: Object, old: str) -> bool:
    """Remove selectors of the old pool from a pod template; return whether there were any."""
    spec = mapping(template.get("spec"))  # `complete` refuses anything else
    selector = spec.get("nodeSelector")
    found = False
    if isinstance(selector, dict) and selector.get(NODE_POOL_LABEL) == old:
        found = True
        spec["nodeSelector"] = {key: value for key, value in selector.items() if key != NODE_POOL_LABEL}
        if not spec["nodeSelector"]:
            del spec["nodeSelector"]
    for term in map(mapping, listing(value_at(spec, (*AFFINITY, TERMS)))):
        wishes = listing(term.get("matchExpressions"))
        kept = [wish for wish in wishes if not _names(wish, old)]
        if len(kept) < len(wishes):
            found = True
            term["matchExpressions"] = kept or [exclusive_only()]
    return found


def _names(wish: object, old: str) -> bool:
    """Return whether an expression of a node affinity selects the pool."""
    found = mapping(wish)
    return (found.get("key"), found.get("operator")) == (NODE_POOL_LABEL, "In") and old in listing(found.get("values"))


_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink", "ownerReferences")
"""Keys of metadata that the API server writes."""
_OF_JOBS = re.compile(r"(batch\.kubernetes\.io/)?(controller-uid|job-name)")
_OF_TERWAY = re.compile(
    r"k8s\.aliyun\.com/(?!pod-networks-request$).*|kubectl\.kubernetes\.io/last-applied-configuration"
)


def _bare(item: Object) -> Object:
    """Return a live object as a new manifest, without fields that the API server, controllers and Terway write."""
    out = {key: copy.deepcopy(value) for key, value in item.items() if key != "status"}
    templates_of = (out, value_at(out, ("spec", "template")))
    for each in templates_of:
        metadata = each.get("metadata") if isinstance(each, dict) else None
        if isinstance(metadata, dict):
            kept = {key: value for key, value in metadata.items() if key not in _SERVER}
            for key, foreign in (("labels", _OF_JOBS), ("annotations", _OF_TERWAY)):
                if isinstance(kept.get(key), dict):
                    kept[key] = {k: v for k, v in kept[key].items() if not foreign.fullmatch(k)}
                    kept = kept if kept[key] else {k: v for k, v in kept.items() if k != key}
            each["metadata"] = kept
    spec = out["spec"]
    if out["kind"] == "Job" and not spec.get("manualSelector"):
        spec.pop("selector", None)
    if out["kind"] == "Pod":
        spec.pop("nodeName", None)
    return out


def _by_hand(kind: str, item: Object) -> Message | None:
    if kind == "Deployment" and value_at(item, ("spec", "paused")) is True:
        return _PAUSED
    return _BY_HAND.get(kind) or (None if kind in {*_ROLLED, "CronJob"} else _FOREIGN)


def _floor(every: list[Object], workload: Workload, labels: Mapping[str, str], replicas: int | None) -> int:
    """Return the number of pods that its PodDisruptionBudgets require, if all other pods run."""
    if replicas is None:
        return 0
    found = [0]
    for item in every:
        spec = item.get("spec")
        is_here = _identity(item)[1] == workload.namespace
        if item.get("kind") != "PodDisruptionBudget" or not is_here or not isinstance(spec, dict):
            continue
        selector = read_selector(spec.get("selector"))
        if selector is None or not selects(selector, labels):  # without one, a budget selects no pod
            continue
        others = sum(
            _replicas(other)
            for other in every
            if other.get("kind") in {"Deployment", "StatefulSet"}
            and _identity(other)[1] == workload.namespace
            and _identity(other) != workload.identity
            and selects(selector, mapping(value_at(other, ("spec", "template", "metadata", "labels"))))
        )
        total = others + replicas
        least = share(spec.get("minAvailable"), total, up=True)
        most = share(spec.get("maxUnavailable"), total, up=True)
        found.append((least if least is not None else 0 if most is None else total - most) - others)
    return max(found)


def _replicas(item: Object) -> int:
    """Return the replicas of a Deployment or a StatefulSet, 1 by default."""
    found = value_at(item, ("spec", "replicas"))
    return found if type(found) is int else 1


def _notes(
    workload: Workload, own: Object, every: list[Object], replicas: int | None, pinned: str
) -> Iterable[Message]:
    if pinned:
        yield say("its pods are bound to node pool {old}: the move removes that", old=pinned)
    if value_at(own, ("spec", "strategy", "type")) == "Recreate":
        yield say("its strategy is Recreate: all its pods stop before the new ones start")
    update = mapping(value_at(own, ("spec", "updateStrategy")))
    if update.get("type") == "OnDelete" or value_at(update, ("rollingUpdate", "partition")):
        yield say("it holds its pods back (OnDelete, or a partition); the move suspends that")
    if replicas == 1 and workload.kind in {"StatefulSet", "Pod"}:
        yield say("it has a single replica: it is down until its new pod runs")
    if workload.kind == "DaemonSet":
        yield say("it leaves all nodes except those of its new pool")
    if workload.kind == "CronJob":
        yield say("its next run is the first on exclusive nodes")
    for owner in map(mapping, listing(value_at(own, ("metadata", "ownerReferences")))):
        yield say("{kind} {name} manages it and may undo the move: change it there, too",
                  kind=owner.get("kind"), name=owner.get("name"))  # fmt: skip
    for item in every:
        found = scaling(item)
        if found is not None and (found.kind, _identity(item)[1], found.name) == tuple(workload.identity):
            kind, _, name = _identity(item)
            yield say("{kind} {name} may scale it to {most} pods: pause it during the move",
                      kind=kind, name=name, most=found.most)  # fmt: skip


def _has_claims(item: Object, held: Holder) -> bool:
    """Return whether pods of an object use PersistentVolumeClaims."""
    paths = ((*template.path, "spec", "volumes") for template in templates(held, item))
    volumes = [mapping(volume) for path in paths for volume in listing(value_at(item, path))]
    own = listing(value_at(item, ("spec", "volumeClaimTemplates")))
    return bool(own) or any("persistentVolumeClaim" in volume for volume in volumes)


def _volumes(plan: Plan, workload: Workload, item: Object) -> Iterable[Message]:
    """Yield what may keep pods with PersistentVolumeClaims from starting on the new nodes."""
    pool, _ = parties(plan, workload)
    known = plan.cluster.zones
    zones = tuple(dict.fromkeys(known[name] for name in pool.v_switch_ids or () if name in known))
    where = say(" ({zones})", zones=zones) if zones else NOTHING
    yield say("its volumes do not move: a disk must be in a zone of the new pool{where}, or its pod stays Pending; "
              "kubectl describe pv", where=where)  # fmt: skip
    if workload.kind == "Deployment" and value_at(item, ("spec", "strategy", "type")) != "Recreate":
        yield say("new pods cannot start with a volume that only one node can mount (ReadWriteOnce) while an old pod "
                  "uses it: set its strategy to Recreate, and write the migration again")  # fmt: skip


def difference(before: Any, after: Any) -> Any:  # noqa: ANN401 - any value of an object
    """Return the strategic merge patch from one object to another. Lists other than containers are replaced."""
    out: Object = {}
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            out[key] = difference(old, new)
        elif key in _LISTS and isinstance(old, list):
            out[key] = [{"name": b["name"], **difference(a, b)} for a, b in zip(old, new, strict=True) if a != b]
        else:
            out[key] = new  # null if it goes
    return out
