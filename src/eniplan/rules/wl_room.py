"""WL rules about room: whether the pods of a workload find nodes and zones, also while they are updated."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from eniplan import facts
from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.nodes import ZONE_LABELS
from eniplan.k8s.pods import ANTI_AFFINITY
from eniplan.k8s.rollout import starts_whole
from eniplan.messages import count, named, say
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.rules.base import Hit, Outcome, rule
from eniplan.rules.eni import unknown_capacity
from eniplan.rules.examples import TWO_ZONES, WORKLOAD
from eniplan.rules.packing import (
    adding,
    apart,
    beyond,
    count_nodes,
    distinct,
    enis_of,
    fewest,
    load_of,
    rivals,
    started_first,
    zones_apart,
)
from eniplan.rules.requests import requests_of, rooms
from eniplan.rules.sources import CODE_PREDICT, KUBERNETES_AFFINITY, KUBERNETES_ROLLOUT, KUBERNETES_SPREAD
from eniplan.rules.wl import in_pod, manifest

if TYPE_CHECKING:
    from eniplan.k8s.pods import Pod, Spread
    from eniplan.k8s.rollout import Rollout
    from eniplan.messages import Message
    from eniplan.plan.document import Path
    from eniplan.plan.model import Workload
    from eniplan.rules.packing import Load
    from eniplan.rules.view import PlanView, PoolView


def _kept_apart(topology_key: str, replicas: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any key
    """Return an example Deployment whose pods may not share a node or zone."""
    labels = {"app": "matcher"}
    term = {"topologyKey": topology_key, "labelSelector": {"matchLabels": labels}}
    spec = manifest({"labels": labels}, affinity={"podAntiAffinity": {ANTI_AFFINITY[-1]: [term]}})
    return {**spec, "kind": "Deployment", "replicas": replicas, **more}


@rule(
    "WL018",
    "error",
    "No two pods of a workload may share a zone, and the pool has too few zones",
    needs=(
        facts.WORKLOAD_POOL,
        facts.WORKLOAD_POOLS,
        facts.POOL_NAME,
        facts.KIND,
        facts.TEMPLATE,
        facts.HOST_NETWORK,
        facts.WORKLOAD_KIND,
        facts.REPLICAS,
        facts.MAX_REPLICAS,
        facts.ZONE_POLICY,
        *facts.ZONES,
        facts.WORKLOAD_NETWORKING,
        facts.NETWORKING_V_SWITCHES,
    ),
    effect="A required podAntiAffinity on the zone lets one pod run in each zone. The others stay Pending.",
    sources=(KUBERNETES_AFFINITY,),
    passes={**TWO_ZONES, "nodePools[0].multiAzPolicy": "BALANCE", "workloads": [_kept_apart(ZONE_LABELS[0], 2)]},
    fails={**TWO_ZONES, "workloads": [_kept_apart(ZONE_LABELS[0], 3)]},
)
def wl018(view: PlanView) -> Outcome:
    """Pods that need a zone each, against the zones of the pool's vSwitches."""
    for pool in view.pools:
        for workload in pool.workloads:
            if not zones_apart(workload).always:
                continue
            zones = pool.zones_for(workload)
            lost = beyond(workload, max(len(zones), 1))
            if lost is None:
                yield from _one_zone(pool, workload)
                continue
            yield from pool.unseen_zones()
            if not pool.zones_are_known:
                continue
            message = say(
                "no two pods of {kind} {name!r} may share a zone, and pool {pool!r} has {zones} ({names}) for its "
                "{pods}",
                kind=workload.kind, name=workload.name, pool=pool.pool.name, zones=_zones(len(zones)), names=zones,
                pods=lost.in_words,
            )  # fmt: skip
            hint = say(
                "give the pool vSwitches in {n} zones, or prefer the podAntiAffinity instead of requiring it",
                n=lost.pods,
            )
            path = in_pod(workload, ("spec", *ANTI_AFFINITY))
            yield Hit(path, message, hint, level=None if lost.is_now else "warning")
        yield from _rivals(pool)


def _rivals(pool: PoolView) -> Outcome:
    """Report workloads of which pods may not share a zone, in a pool with too few."""
    zones = max(len(pool.zones), 1)
    # What fits into one zone is a question of nodes, which ENI008 counts.
    for found in distinct(rivals(pool, zones, by_zone=True)):
        if found.most <= zones and not pool.may_share_a_zone:
            continue
        if any(beyond(w, zones) and zones_apart(w).always for w in found.workloads):
            continue  # reported for itself
        yield from pool.unseen_zones()
        if not pool.zones_are_known:
            continue
        message = say(
            "pods of {workloads} may not share a zone, and may find none: pool {pool!r} has {zones} ({names})",
            workloads=named(sorted(w.name for w in found.workloads)), pool=pool.pool.name, zones=_zones(zones),
            names=pool.zones,
        )  # fmt: skip
        hint = say("let the podAntiAffinity select fewer pods, or give the pool vSwitches in more zones")
        if found.most <= zones:
            hint = say("set multiAzPolicy to BALANCE, or prefer the podAntiAffinity instead of requiring it")
        path = in_pod(found.owner, ("spec", *ANTI_AFFINITY))
        least = fewest(pool, found, zones, sys.maxsize, by_zone=True)
        yield Hit(path, message, hint, level=None if least > zones else "warning")


def _one_zone(pool: PoolView, workload: Workload) -> Outcome:
    """Report pods that need several zones in a pool whose nodes may all be in one."""
    lost = beyond(workload, 1)
    if lost is None or not pool.may_share_a_zone:
        return
    message = say(
        "no two pods of {kind} {name!r} may share a zone, and without multiAzPolicy BALANCE all nodes of pool {pool!r} "
        "may come up in one: its {pods} need several",
        kind=workload.kind, name=workload.name, pool=pool.pool.name, pods=lost.in_words,
    )  # fmt: skip
    hint = say("set multiAzPolicy to BALANCE, or prefer the podAntiAffinity instead of requiring it")
    yield Hit(in_pod(workload, ("spec", *ANTI_AFFINITY)), message, hint, level="warning")


def _spread(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return an example workload of which each node may have one pod more than the emptiest."""
    labels = {"app": "matcher"}
    one = {"topologyKey": "kubernetes.io/hostname", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}
    own = [{**one, "labelSelector": {"matchLabels": labels}}]
    return {**manifest({"labels": labels}, topologySpreadConstraints=own, **spec), "replicas": 4}


@rule(
    "WL019",
    "warning",
    "The pods of a workload cannot spread as they must",
    needs=(
        facts.WORKLOAD_POOL,
        facts.WORKLOAD_POOLS,
        facts.POOL_NAME,
        facts.KIND,
        facts.LABELS,
        facts.TEMPLATE,
        facts.HOST_NETWORK,
        facts.WORKLOAD_KIND,
        facts.REPLICAS,
        facts.MAX_REPLICAS,
        facts.ENI_REQUEST,
        facts.WORKLOAD_NETWORKING,
        facts.SYSTEM_PODS,
        facts.ZONE_POLICY,
        *facts.PODS_PER_NODE,
        *facts.SIZES,
        *facts.ZONES,
        facts.NETWORKING_V_SWITCHES,
    ),
    effect="A topologySpreadConstraint lets a node or zone have only maxSkew pods more than the one with the fewest. "
    "If one stays without any, the others take maxSkew pods each, and the rest stay Pending.",
    sources=(KUBERNETES_SPREAD,),
    passes={"workloads": [_spread(nodeSelector={EXCLUSIVE_LABEL: EXCLUSIVE_VALUE})]},
    fails={"workloads": [_spread()]},
)
def wl019(view: PlanView) -> Outcome:
    """Constraints that count nodes outside the pool, which stay empty, or that ask for more domains than it has."""
    for pool in view.pools:
        for workload in pool.workloads:
            if workload.pod is not None and workload.kind not in PER_NODE:
                for spread in workload.pod.spreads:
                    yield from _unspread(pool, workload, workload.pod, spread)
                    yield from _uneven(pool, workload, spread)


def _uneven(pool: PoolView, workload: Workload, spread: Spread) -> Outcome:
    """Report pods that fill the zones evenly, in a pool whose nodes cannot be spread so."""
    zones = len(pool.zones)
    if not (spread.by_zone and pool.balanced and zones > 1 and workload.most_replicas > spread.max_skew):
        return
    load = pool.once(load_of)
    if load is None:
        yield unknown_capacity(pool)
        return
    few, larger = divmod(load.nodes, zones)
    each = load.free_per_node // max(enis_of(workload, is_lingjun=pool.pool.is_lingjun), 1)
    room = (zones - larger) * few * each + larger * min((few + 1) * each, few * each + spread.max_skew)
    lost = beyond(workload, room)
    # Zones without nodes do not count.
    if lost is None or not (few and larger and load.fits()) or pool.zones_for(workload) != pool.zones:
        return
    message = say(
        "a topologySpreadConstraint of {kind} {name!r} lets a zone have {maxSkew} more of its pods than another, and "
        "the zones of pool {pool!r} have {few} to {nodes}: only {room} of its {pods} have room",
        kind=workload.kind, name=workload.name, maxSkew=spread.max_skew, pool=pool.pool.name, few=few,
        nodes=count_nodes(few + 1), room=room, pods=lost.in_words,
    )  # fmt: skip
    hint = say("use {nodes}, the same number in each zone, or raise maxSkew", nodes=count_nodes((few + 1) * zones))
    yield Hit(in_pod(workload, spread.path), message, hint)


def _unspread(pool: PoolView, workload: Workload, pod: Pod, spread: Spread) -> Outcome:
    keys = {EXCLUSIVE_LABEL, *pool.pool.labels}
    # Whether the cluster has nodes in other zones is unknown; other nodes, it has.
    is_open = not spread.by_zone and (spread.counts_all_nodes or not pod.placement.keeps_to(keys))
    if workload.most_replicas <= spread.max_skew or not (is_open or spread.min_domains > 1):
        return
    domains: int | None
    if spread.by_zone:
        yield from pool.unseen_zones()
        domains = len(pool.zones) if pool.zones_are_known else None
    else:
        domains = pool.pool.sizes.largest
        if domains is None:
            yield unknown_capacity(pool)
    if domains is None:
        return
    lacks_some = spread.min_domains > domains
    lost = beyond(workload, spread.max_skew * domains)
    if lost is None or not (is_open or lacks_some):
        return
    in_words = _zones if spread.by_zone else count_nodes
    about = {
        "kind": workload.kind, "name": workload.name, "pool": pool.pool.name, "domains": in_words(domains),
        "maxSkew": spread.max_skew, "pods": lost.in_words,
    }  # fmt: skip
    if lacks_some:
        message = say(
            "a topologySpreadConstraint of {kind} {name!r} asks for {minDomains}, and pool {pool!r} has {domains}: "
            "each takes at most {maxSkew} of its {pods}",
            minDomains=in_words(spread.min_domains), **about,
        )  # fmt: skip
        hint = say("lower minDomains to {n}, or add what is missing to the pool", n=domains)
    else:
        message = say(
            "a topologySpreadConstraint of {kind} {name!r} also counts nodes outside pool {pool!r}, which stay empty: "
            "each of the {domains} takes at most {maxSkew} of its {pods}",
            **about,
        )
        hint = say("add the node affinity of exclusive nodes: `eniplan render-manifests --patch` prints it")
        if spread.counts_all_nodes:
            hint = say("remove nodeAffinityPolicy: Ignore, and keep the node affinity of exclusive nodes")
    yield Hit(in_pod(workload, spread.path), message, hint, level="error" if lacks_some and lost.is_now else None)


def _zones(number: int) -> Message:
    return count(number, "{n} zone", "{n} zones")


@rule(
    "WL016",
    "warning",
    "A rolling update of a workload waits forever",
    needs=(
        *facts.LOAD,
        facts.WORKLOAD_POOLS,
        facts.STRATEGY,
        *facts.ZONES,
        facts.ZONE_POLICY,
        facts.NETWORKING_V_SWITCHES,
        facts.CORES,
        facts.MEMORY,
        facts.AMOUNTS,
    ),
    effect="The new pod needs an ENI, CPU and memory, or a node or zone without another pod of its workload, before an "
    "old one makes room: it stays Pending, and the update never ends.",
    sources=(KUBERNETES_ROLLOUT, CODE_PREDICT),
    passes={"workloads": [{**WORKLOAD, "kind": "Deployment", "replicas": 3}]},
    fails={
        "workloads": [
            {**WORKLOAD, "kind": "Deployment", "replicas": 21, "strategy": {"rollingUpdate": {"maxUnavailable": 0}}}
        ]
    },
)
def wl016(view: PlanView) -> Outcome:
    """Updates that remove no pod before a new one runs, in a pool without a free ENI at its largest size."""
    for pool in view.pools:
        updates = [(w, found) for w in pool.workloads if (found := adding(w, w.replicas)) is not None]
        if not updates:
            continue
        load = pool.once(load_of)
        if load is None:
            yield unknown_capacity(pool)
            continue
        if load.fits() and load.apart <= load.nodes:  # ENI008 reports pods that do not fit at all
            beside = _with_rivals(pool, load)
            for asked in pool.once(requests_of):
                yield from asked.unknown(pool)
            for workload, update in updates:
                told = tuple(_waiting(pool, workload, update, load, beside.get(workload.path)))
                yield from told or _without_room(pool, workload, update)


def _waiting(pool: PoolView, workload: Workload, update: Rollout, load: Load, beside: int | None) -> Outcome:
    """Report an update whose new pod finds no room. `beside`: see `_with_rivals`."""
    enis = enis_of(workload, is_lingjun=pool.pool.is_lingjun)
    if not enis:
        return
    if starts_whole(workload.strategy):
        yield from _second_set(pool, workload, load, enis)
    elif zones_apart(workload).in_updates and _may_lack_a_zone(pool, workload):
        yield from _without_zone(pool, workload, update)
    elif apart(workload).in_updates and load.nodes in {workload.replicas, beside}:
        hint = say("set maxUnavailable to 1 and maxSurge to 0, or add a node")
        yield Hit((*workload.path, "strategy"), _no_node(pool, workload, update, load.nodes), hint)
    elif workload.kind in PER_NODE:
        yield from _beside_old(pool, workload, update, load, enis)
    elif not load.with_more(enis).fits():
        message = say(
            "a rolling update of {kind} {name!r} adds {surge} before it removes one (maxUnavailable is "
            "{maxUnavailable} of {replicas}), and the pods of pool {pool!r} leave no ENI for it: {needed} of "
            "{capacity} are used",
            **_about(pool, workload, update), needed=load.needed, capacity=load.room,
        )  # fmt: skip
        hint = say("set maxUnavailable to 1 and maxSurge to 0, or leave room for one more pod")
        yield Hit((*workload.path, "strategy"), message, hint)


def _without_room(pool: PoolView, workload: Workload, update: Rollout) -> Outcome:
    """Report an update whose new pod finds too little CPU or memory."""
    for room in pool.once(rooms):
        if room.takes(workload, started_first(workload, workload.replicas)):
            continue
        amount, resource = room.requests.resource.amount, room.requests.resource.words
        message = say(
            "a rolling update of {kind} {name!r} adds {surge} before it removes one (maxUnavailable is "
            "{maxUnavailable} of {replicas}), and the pods of pool {pool!r} leave too little {resource} for it: "
            "{needed} of {capacity} are requested",
            **_about(pool, workload, update), resource=resource, needed=amount(room.load.needed),
            capacity=amount(room.load.room),
        )  # fmt: skip
        hint = say("set maxUnavailable to 1 and maxSurge to 0, or leave room for one more pod")
        if workload.kind in PER_NODE:
            hint = _ON_EVERY_NODE
        elif starts_whole(workload.strategy):
            hint = _in_steps(workload)
        yield Hit((*workload.path, "strategy"), message, hint)
        return


_ON_EVERY_NODE = say("set maxUnavailable to 1 and maxSurge to 0, or leave room for one more pod on every node")


def _beside_old(pool: PoolView, workload: Workload, update: Rollout, load: Load, enis: int) -> Outcome:
    """Report an update of a DaemonSet for whose new pods not every node has room: each starts beside its old one."""
    if load._replace(every_node=load.every_node + enis).fits():
        return
    message = say(
        "a rolling update of {kind} {name!r} starts each new pod on the node of the old one before it removes that "
        "(maxUnavailable is {maxUnavailable}), and the pods of pool {pool!r} do not leave {enis} free on every node: "
        "{needed} of {capacity} are used",
        **_about(pool, workload, update), enis=count(enis, "{n} ENI", "{n} ENIs"), needed=load.needed,
        capacity=load.room,
    )  # fmt: skip
    yield Hit((*workload.path, "strategy"), message, _ON_EVERY_NODE)


def _about(pool: PoolView, workload: Workload, update: Rollout) -> dict[str, object]:
    """Return the facts of a rolling update that all messages about it state."""
    return {
        "kind": workload.kind, "name": workload.name, "surge": count(update.surge, "{n} pod", "{n} pods"),
        "maxUnavailable": update.unavailable, "replicas": workload.replicas, "pool": pool.pool.name,
    }  # fmt: skip


def _second_set(pool: PoolView, workload: Workload, load: Load, enis: int) -> Outcome:
    """Report a blue-green update whose new pods do not all find room beside the old ones."""
    both = 2 * workload.replicas
    about = {
        "kind": workload.kind, "name": workload.name, "pool": pool.pool.name,
        "pods": count(workload.replicas, "{n} new pod", "{n} new pods"),
    }  # fmt: skip
    zones = len(pool.zones_for(workload))
    if zones_apart(workload).in_updates and both > zones:
        yield from pool.unseen_zones()
        if not pool.zones_are_known or workload.replicas > zones:
            return  # WL018 reports pods that find no zone at all
        message = say(
            "a blue-green update of {kind} {name!r} runs {pods} beside those that it replaces, none of which may share "
            "a zone, and pool {pool!r} has {zones}",
            zones=_zones(zones), **about,
        )  # fmt: skip
        hint = say("give the pool vSwitches in {n} zones, or update in steps (canary, with maxSurge 0 and "
                   "maxUnavailable 1)", n=both)  # fmt: skip
    elif apart(workload).in_updates and both > load.nodes:
        message = say(
            "a blue-green update of {kind} {name!r} runs {pods} beside those that it replaces, none of which may share "
            "a node, and pool {pool!r} has {nodes}",
            nodes=count_nodes(load.nodes), **about,
        )  # fmt: skip
        hint = say("use {n} nodes, or update in steps (canary, with maxSurge 0 and maxUnavailable 1)", n=both)
    elif not load.with_more(enis, workload.replicas).fits():
        message = say(
            "a blue-green update of {kind} {name!r} runs {pods} beside those that it replaces, and the pods of pool "
            "{pool!r} leave too few ENIs for them: {needed} of {capacity} are used",
            needed=load.needed, capacity=load.room, **about,
        )  # fmt: skip
        hint = _in_steps(workload)
    else:
        return
    yield Hit((*workload.path, "strategy"), message, hint)


def _in_steps(workload: Workload) -> Message:
    return count(
        workload.replicas,
        "leave room for {n} more pod, or update in steps (canary, with maxSurge 0 and maxUnavailable 1)",
        "leave room for {n} more pods, or update in steps (canary, with maxSurge 0 and maxUnavailable 1)",
    )


def _with_rivals(pool: PoolView, load: Load) -> dict[Path, int]:
    """Return the nodes that the pods of a workload take with those that may not share one, if there are such."""
    found = rivals(pool, load.nodes, by_zone=False)
    return {group.workloads[0].path: group.most for group in found}


def _no_node(pool: PoolView, workload: Workload, update: Rollout, nodes: int) -> Message:
    return say(
        "a rolling update of {kind} {name!r} adds {surge} before it removes one (maxUnavailable is {maxUnavailable} "
        "of {replicas}), and each of the {nodes} of pool {pool!r} has a pod that may not share a node with the new one",
        **_about(pool, workload, update), nodes=count_nodes(nodes),
    )  # fmt: skip


def _may_lack_a_zone(pool: PoolView, workload: Workload) -> bool:
    """Return whether a new pod may find no zone without an old one."""
    # WL018 reports several pods whose nodes may share a zone.
    return workload.replicas >= len(pool.zones_for(workload)) or (workload.replicas == 1 and pool.may_share_a_zone)


def _without_zone(pool: PoolView, workload: Workload, update: Rollout) -> Outcome:
    """Report an update whose new pod finds no zone."""
    yield from pool.unseen_zones()
    zones = len(pool.zones_for(workload))
    if not pool.zones_are_known or workload.replicas > zones:
        return  # WL018 reports pods that find no zone at all
    message = say(
        "a rolling update of {kind} {name!r} adds {surge} before it removes one (maxUnavailable is {maxUnavailable} "
        "of {replicas}), and each of the {zones} of pool {pool!r} has one of its pods, which may not share a zone",
        **_about(pool, workload, update), zones=_zones(zones),
    )  # fmt: skip
    hint = say("set maxUnavailable to 1 and maxSurge to 0, or give the pool a vSwitch in another zone")
    if workload.replicas < zones:
        message = say(
            "a rolling update of {kind} {name!r} adds {surge} before it removes one (maxUnavailable is "
            "{maxUnavailable} of {replicas}), which may not share a zone, and without multiAzPolicy BALANCE all nodes "
            "of pool {pool!r} may come up in one",
            **_about(pool, workload, update),
        )  # fmt: skip
        hint = say("set maxUnavailable to 1 and maxSurge to 0, or set multiAzPolicy to BALANCE")
    yield Hit((*workload.path, "strategy"), message, hint)
