"""ENI rules about pools: pods per node, capacity, and instance families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan import facts
from eniplan.catalog.limits import has_parity
from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.pods import ANTI_AFFINITY, POD_AFFINITY
from eniplan.messages import NOTHING, count, named, say, together
from eniplan.rules.base import Hit, Outcome, Unknown, lacking, rule
from eniplan.rules.examples import WORKLOAD
from eniplan.rules.packing import (
    added,
    apart,
    beyond,
    count_nodes,
    distinct,
    enis_of,
    fewest,
    load_of,
    packed,
    rivals,
    takers_of,
    with_erdma,
    with_possible,
)
from eniplan.rules.requests import fits, requests_of
from eniplan.rules.sources import CODE_LIMITS, CODE_PREDICT, CREATE_API, EXCL, KUBERNETES_REQUESTS, WWT
from eniplan.rules.spread import beyond_pools

if TYPE_CHECKING:
    from eniplan.k8s.pods import PodTerm
    from eniplan.messages import Message
    from eniplan.plan.model import Workload
    from eniplan.rules.base import Level
    from eniplan.rules.packing import Load
    from eniplan.rules.requests import Requests, Resource
    from eniplan.rules.view import PlanView, PoolView

_TYPE = "nodePools[0].instanceTypes"
_FAMILY = "nodePools[0].instanceFamilies"


def unknown_capacity(pool: PoolView) -> Unknown:
    """Return the unknown fact for counting the pods of a pool: its size, or the ENIs of its nodes."""
    name, lingjun = pool.pool.name, pool.pool.is_lingjun
    if pool.pool.sizes.desired is None:
        if lingjun:
            return Unknown((*pool.path, "lingjun", "nodeCount"), facts.LINGJUN_SIZE, say("pool {name!r}", name=name))
        return Unknown((*pool.path, "desiredSize"), facts.DESIRED_SIZE, say("pool {name!r}", name=name))
    key = ("lingjun", "nodeType") if lingjun else ("instanceTypes",)
    return Unknown((*pool.path, *key), facts.ENIS, say("the nodes of pool {name!r}", name=name))


@rule(
    "ENI007",
    "info",
    "Instance types of one pool carry different numbers of pods",
    needs=(*facts.ALL_TYPES, facts.ENIS, facts.ERDMA, facts.ERIS),
    effect="Capacity depends on which types are in stock; only the smallest number is guaranteed.",
    sources=(CODE_LIMITS,),
    passes={_TYPE: ["ecs.g8i.8xlarge", "ecs.g7.8xlarge"]},
    fails={_TYPE: ["ecs.g8i.8xlarge", "ecs.g8i.24xlarge"]},
)
def eni007(view: PlanView) -> Outcome:
    """Different pods per node in one pool."""
    for pool in view.ecs_pools:
        counts = {name: count for name, count in pool.pods_per_node.items() if count is not None}
        if len(set(counts.values())) > 1:
            least, most = min(counts.values()), max(counts.values())
            key = "instanceTypes" if pool.pool.instance_types else "instanceFamilies"
            yield Hit(
                (*pool.path, key),
                say(
                    "nodes of pool {pool!r} carry {least} to {most} exclusive pods, depending on the type",
                    pool=pool.pool.name,
                    least=least,
                    most=most,
                ),
                say("capacity is counted with {least} per node", least=least),
                {"podsPerNode": counts},
            )
        elif len(set(pool.pods_beside_erdma.values())) > 1:
            yield lacking(facts.ERDMA)


@rule(
    "ENI008",
    "error",
    "The workloads need more exclusive ENIs than the pool has at its largest size",
    needs=(
        *facts.LOAD, facts.MAX_REPLICAS, facts.WORKLOADS, facts.ZONE_POLICY, *facts.ZONES, facts.NETWORKING_V_SWITCHES,
    ),
    effect="The surplus pods stay Pending, or in ContainerCreating if the scheduler does not count ENIs. Every pod "
    "outside the host network uses a whole ENI, DaemonSet and system pods included.",
    sources=(WWT, CODE_PREDICT),
    passes={"workloads": [WORKLOAD]},
    fails={"workloads": [{**WORKLOAD, "replicas": 22}]},
)  # fmt: skip
def eni008(view: PlanView) -> Outcome:
    """Pods of workloads and guests against the nodes at the largest size. All ENIs of a pod are on one node."""
    for pool in view.pools:
        if not (pool.workloads or pool.guests or pool.possible_guests):
            continue
        load = pool.once(load_of)
        if load is None:
            yield unknown_capacity(pool)
            continue
        fits = load.fits()
        if load.is_full():
            yield Hit(pool.path, _shortage(pool, load), _remedy(load), _numbers(load))
        elif not fits:
            message = say(
                "pool {pool!r} has {capacity} exclusive ENIs and its pods need {needed}, but all ENIs of a pod must "
                "be on one node: even with the largest pods placed first, some do not fit",
                pool=pool.pool.name, capacity=load.room, needed=load.needed,
            )  # fmt: skip
            yield Hit(pool.path, message, _remedy(load), _numbers(load), level="warning")
        elif not with_erdma(load, pool).fits():
            yield lacking(facts.ERDMA)
        elif not with_possible(load, pool).fits():
            titles = named([guest.title for guest in pool.possible_guests])
            about = say("{titles}: whether its nodes are those of pool {pool!r}", titles=titles, pool=pool.pool.name)
            hint = say("they tolerate the pool's taints: pin them with a node affinity, or remove the toleration")
            yield Unknown((*pool.path, "name"), facts.WORKLOAD_POOL, about, hint)
        for report in (_scaled_up, _stranded, _in_zones, _rivals, _together) if fits else ():
            yield from report(pool, load)
        yield from _kept_apart(pool, load)
    yield from beyond_pools(view)


def _stranded(pool: PoolView, load: Load) -> Outcome:
    """Report pods of several ENIs that fit only if the scheduler happens to place the others well."""
    enough = load.safe_nodes()
    if load.nodes >= enough:
        if load.nodes < with_erdma(load, pool).safe_nodes():
            yield lacking(facts.ERDMA)
        return
    message = say(
        "pods of {enis} ENIs may find no room in pool {pool!r}: it has {capacity} exclusive ENIs and its pods need "
        "{needed}, but the scheduler may leave fewer than {enis} free on every node, and does not move pods",
        enis=max(load.pods), pool=pool.pool.name, capacity=load.room, needed=load.needed,
    )  # fmt: skip
    hint = count(enough, "use {n} node, or give these pods a pool of their own",
                 "use {n} nodes, or give these pods a pool of their own")  # fmt: skip
    yield Hit(pool.path, message, hint, level="warning")


def _kept_apart(pool: PoolView, load: Load) -> Outcome:
    """Report workloads that have more pods than the pool has nodes, and may have only one on each."""
    for workload in pool.workloads:
        lost = beyond(workload, load.nodes)
        if lost is None or not apart(workload).always:
            continue
        message = say(
            "no two pods of {kind} {name!r} may share a node, and pool {pool!r} has {nodes} at its largest size for "
            "its {pods}",
            kind=workload.kind, name=workload.name, pool=pool.pool.name, nodes=count_nodes(load.nodes),
            pods=lost.in_words,
        )  # fmt: skip
        hint = say("use {n} nodes, or prefer the podAntiAffinity instead of requiring it", n=lost.pods)
        yield Hit(
            (*workload.path, "template", "spec", *ANTI_AFFINITY),
            message,
            hint,
            level=None if lost.is_now else "warning",
        )


def _rivals(pool: PoolView, load: Load) -> Outcome:
    """Report workloads of which pods may not share a node, and that can take more nodes than the pool has."""
    for found in distinct(rivals(pool, load.nodes, by_zone=False)):
        if found.most <= load.nodes or any(beyond(w, load.nodes) and apart(w).always for w in found.workloads):
            continue  # `_kept_apart` reports a single workload
        least = fewest(pool, found, load.nodes, load.free_per_node, by_zone=False)
        names = named(sorted(w.name for w in found.workloads))
        about = {"workloads": names, "pool": pool.pool.name, "nodes": count_nodes(load.nodes)}
        message = say(
            "pods of {workloads} may not share a node and need {fewest}, and pool {pool!r} has {nodes} at its largest "
            "size",
            fewest=count_nodes(least), **about,
        )  # fmt: skip
        if least <= load.nodes:
            message = say(
                "pods of {workloads} may not share a node and may find none: they can take {most}, and pool {pool!r} "
                "has {nodes} at its largest size",
                most=count_nodes(found.most), **about,
            )  # fmt: skip
        hint = say("use more nodes, or let the podAntiAffinity select fewer pods")
        path = (*found.owner.path, "template", "spec", *ANTI_AFFINITY)
        yield Hit(path, message, hint, level=None if least > load.nodes else "warning")


def _together(pool: PoolView, load: Load) -> Outcome:
    """Report pods that must share a node or a zone, which has no room for all of them."""
    zones = max(len(pool.zones), 1)
    zone = pool.nodes_per_zone(load.nodes)
    least = load.nodes // zones if pool.balanced else zone
    terms = ((w, term) for w in pool.workloads if w.pod and w.kind not in PER_NODE for term in w.pod.attractions)
    for workload, term in terms:
        enis = enis_of(workload, is_lingjun=pool.pool.is_lingjun)
        each = load.free_per_node // max(enis, 1)
        lost = beyond(workload, each * (least if term.by_zone else 1))
        if lost is None or not _selects_only(term, workload, pool):
            continue
        about = {"kind": workload.kind, "name": workload.name, "pool": pool.pool.name, "pods": lost.in_words}
        hint = say("prefer the podAffinity instead of requiring it, or choose a type with more ENIs")
        message = say(
            "all pods of {kind} {name!r} must share a node (podAffinity), and each of pool {pool!r} has room for "
            "{room} of its {pods}",
            room=each, **about,
        )  # fmt: skip
        if term.by_zone:
            hint = say("use more nodes, or prefer the podAffinity instead of requiring it")
            message = say(
                "all pods of {kind} {name!r} must share a zone (podAffinity), and one of pool {pool!r} has room for "
                "{room} of its {pods}",
                room=each * least, **about,
            )  # fmt: skip
        is_certain = lost.is_now and (not term.by_zone or workload.replicas > each * zone)
        path = (*workload.path, "template", "spec", *POD_AFFINITY)
        yield Hit(path, message, hint, level=None if is_certain else "warning")


def _selects_only(term: PodTerm, workload: Workload, pool: PoolView) -> bool:
    """Return whether a term selects the pods of a workload, and those of no other that is known."""
    found = [w for w in pool.view.plan.workloads if w.pod is not None and term.selects(w.pod.labels, w.namespace)]
    return len(found) == 1 and found[0] is workload


def _in_zones(pool: PoolView, load: Load) -> Outcome:
    """Report pods that can run only in some zones of the pool, which may have too few of its nodes."""
    choosing: dict[tuple[str, ...], list[Workload]] = {}
    for workload in pool.workloads:
        zones = pool.zones_for(workload)
        if zones != pool.zones and workload.kind not in PER_NODE:
            choosing.setdefault(zones, []).append(workload)
    for zones in choosing:
        bound = [w for inner, several in choosing.items() if set(inner) <= set(zones) for w in several]
        nodes = pool.nodes_in(zones, load.nodes)
        here = load._replace(nodes=nodes, pods=packed(takers_of(pool, bound))[1])
        if not zones or here.fits():  # WL007 and NET001 report pods that no zone suits
            continue
        message = say(
            "the pods of {workloads} can run only in {zones}, where only {nodes} of pool {pool!r} are certain at its "
            "largest size: they need {needed} exclusive ENIs there, and {capacity} are left for them",
            workloads=named(sorted(w.name for w in bound)), zones=named(zones), nodes=count_nodes(nodes),
            pool=pool.pool.name, needed=here.asked,
            capacity=nodes * load.free_per_node,
        )  # fmt: skip
        hint = say("use more nodes, or let the pods run in other zones too")
        if not pool.balanced:
            hint = say("set multiAzPolicy to BALANCE, or put the vSwitches of these zones first")
        most = here._replace(nodes=pool.nodes_in(zones, load.nodes, most=True))
        yield Hit(pool.path, message, hint, level=None if most.is_full() else "warning")


def _scaled_up(pool: PoolView, load: Load) -> Outcome:
    """Report autoscalers that want more pods than have room."""
    more = added(pool)
    for taker in more:
        load = load.with_more(taker.enis, taker.pods)
    if load.fits():
        return
    names = named(sorted(taker.name for taker in more))
    message = say(
        "pool {pool!r} has {capacity} exclusive ENIs at its largest size ({nodes} x {podsPerNode}); its pods need "
        "{needed} once autoscalers have scaled {names} to maxReplicas",
        pool=pool.pool.name, capacity=load.room, nodes=count_nodes(load.nodes), podsPerNode=load.per_node,
        needed=load.needed, names=names,
    )  # fmt: skip
    hint = together((_remedy(load), say("or lower maxReplicas")), ", ")
    yield Hit(pool.path, message, hint, _numbers(load), level="warning")


def _shortage(pool: PoolView, load: Load) -> Message:
    """Return which pods have no room, in words."""
    guests = [guest.title for guest in pool.guests]
    beside = say(", including {titles} on every node", titles=named(guests)) if guests else NOTHING
    size = load.too_many()
    if size is not None and load.needed <= load.room:
        return say(
            "pool {pool!r} has {nodes} x {podsPerNode} exclusive ENIs, {free} of them free on each node for "
            "pods that need {enis} each: only {fit} of {pods} fit{beside}",
            pool=pool.pool.name, nodes=count_nodes(load.nodes), podsPerNode=load.per_node,
            free=load.free_per_node, enis=size, fit=load.fit(size), beside=beside, pods=load.larger()[size],
        )  # fmt: skip
    return say(
        "pool {pool!r} has {capacity} exclusive ENIs at its largest size ({nodes} x {podsPerNode}); "
        "its pods need {needed}{beside}",
        pool=pool.pool.name, capacity=load.room, nodes=count_nodes(load.nodes), podsPerNode=load.per_node,
        needed=load.needed, beside=beside,
    )  # fmt: skip


def _remedy(load: Load) -> Message:
    """Return how many nodes would be enough, if any number is."""
    if load.every_node and load.every_node >= load.per_node:
        return say("DaemonSets and system pods alone fill every node: choose a type with more ENIs")
    largest = max(load.pods, default=0)
    if largest > load.free_per_node:
        return count(
            largest,
            "no node has {n} ENI for a pod: choose a type with more ENIs",
            "no node has {n} ENIs for one pod: choose a type with more ENIs",
        )
    enough = load.fewest_nodes()
    return count(enough, "use {n} node, or a type with more ENIs", "use {n} nodes, or a type with more ENIs")


def _numbers(load: Load) -> dict[str, object]:
    return {
        "needed": load.needed, "capacity": load.room, "nodes": load.nodes, "podsPerNode": load.per_node,
        "everyNode": load.every_node,
    }  # fmt: skip


@rule(
    "ENI009",
    "info",
    "What an instance family stands for",
    needs=(facts.KIND, facts.FAMILIES, facts.IP_STACK, *facts.LIMITS, facts.CORES, facts.MEMORY, facts.ON_SALE),
    effect="The pool is created with these types only; the others of the family would not work.",
    sources=(CREATE_API,),
    passes={},
    fails={_TYPE: [], _FAMILY: ["ecs.g8i"]},
)
def eni009(view: PlanView) -> Outcome:
    """Selected and rejected types of each family."""
    for pool in view.ecs_pools:
        for choice in pool.families:
            if view.dual is None and not all(map(has_parity, choice.selected)):
                yield lacking(facts.IP_STACK)
            if choice.selected:
                rejected = choice.reasons
                names = [r.InstanceTypeId for r in choice.selected]
                yield Hit(
                    (*pool.path, "instanceFamilies", choice.position),
                    say(
                        "{family} stands for {names}{part}",
                        family=choice.family,
                        names=tuple(names),
                        part=say("; not for {rejected}", rejected=rejected) if rejected else NOTHING,
                    ),
                    facts={"selected": names, "rejected": choice.broken},
                )


@rule(
    "ENI010",
    "error",
    "No type of the instance family passes",
    needs=(facts.KIND, facts.FAMILIES, facts.IP_STACK, *facts.LIMITS, facts.CORES, facts.MEMORY, facts.ON_SALE),
    effect="The family adds no type to the pool.",
    sources=(EXCL,),
    fails={_TYPE: [], _FAMILY: ["ecs.i4"]},
)
def eni010(view: PlanView) -> Outcome:
    """Known families of which no type passes."""
    for pool in view.ecs_pools:
        for choice in pool.families:
            if choice.rejected and not choice.selected:
                yield Hit(
                    (*pool.path, "instanceFamilies", choice.position),
                    say("no type of {family} passes: {rejected}", family=choice.family, rejected=choice.reasons),
                    say("choose another family"),
                    {"rejected": choice.broken},
                )


_LARGE: dict[str, Any] = {
    **WORKLOAD,
    "template": {
        "spec": {
            "tolerations": [{"key": "exclusive-eni", "operator": "Exists", "effect": "NoSchedule"}],
            "containers": [{
                "name": "a", "image": "b",
                "resources": {"requests": {"cpu": "8", "aliyun/eni": 1}, "limits": {"aliyun/eni": 1}},
            }],
        }
    },
}  # fmt: skip


@rule(
    "ENI012",
    "error",
    "The pods request more CPU or memory than the nodes of the pool have",
    needs=(
        *facts.ALL_TYPES, facts.LINGJUN_TYPE, facts.CORES, facts.MEMORY, *facts.SIZES, facts.POOL_NAME,
        facts.WORKLOAD_POOL, facts.WORKLOAD_POOLS, facts.WORKLOAD_KIND, facts.REPLICAS, facts.MAX_REPLICAS,
        facts.TEMPLATE, facts.AMOUNTS, facts.WORKLOADS,
    ),
    effect="The surplus pods stay Pending, although ENIs are free. The requests are compared with the whole size of "
    "the instances: nodes offer less, since they keep some for themselves, and for pods that the plan does not have.",
    sources=(KUBERNETES_REQUESTS,),
    passes={"workloads": [{**_LARGE, "replicas": 12}]},
    fails={"workloads": [{**_LARGE, "replicas": 13}]},
)  # fmt: skip
def eni012(view: PlanView) -> Outcome:
    """The requests of one pod, and of all pods at the largest size, against the CPU and memory of the types."""
    for name in view.requesting:
        pool = view.pools_by_name.get(name)
        if pool is not None:
            for asked in pool.once(requests_of):
                yield from _beyond_nodes(pool, asked)


def _beyond_nodes(pool: PoolView, asked: Requests) -> Outcome:
    """Compare what pods request of a resource with what the nodes have."""
    yield from asked.unknown(pool)
    known = asked.known
    if known is None or not asked.pods:
        return
    for workload, each in asked.pods.values():
        if each > known[0]:
            yield _too_large(pool, asked.resource, known, workload, each)
    nodes = pool.pool.sizes.largest
    if nodes is None:
        yield unknown_capacity(pool)
        return
    least, most = known
    smallest = say("if all its nodes are of the smallest type")
    scaled = say("once autoscalers have scaled them to maxReplicas")
    for size, is_scaled, when in ((most, False, NOTHING), (least, False, smallest), (least, True, scaled)):
        load = asked.load(nodes, size, scaled=is_scaled)
        if load.is_full():
            message = together((_too_much(pool, load, asked.resource), when), ", ")
            yield _surplus(pool, load, asked.resource, message, "warning" if when else None)
            return
    load = asked.load(nodes, least)
    if not fits(load):
        amount = asked.resource.amount
        message = say(
            "pool {pool!r} has {capacity} and its pods request {needed}, but all that a pod requests must be on one "
            "node: even with the largest pods placed first, some do not fit",
            pool=pool.pool.name, capacity=amount(load.room), needed=amount(load.needed),
        )  # fmt: skip
        yield _surplus(pool, load, asked.resource, message, "warning")


def _surplus(pool: PoolView, load: Load, resource: Resource, message: Message, level: Level | None) -> Hit:
    """Report pods for which a pool has too little of a resource."""
    numbers = {
        "resource": resource.name, "needed": load.needed / resource.scale, "capacity": load.room / resource.scale,
        "nodes": load.nodes,
    }  # fmt: skip
    return Hit(pool.path, message, _more_of(load, resource), numbers, level)


def _too_large(pool: PoolView, resource: Resource, known: tuple[int, int], workload: Workload, each: int) -> Hit:
    """Report a pod that is too large for a single node: of the smallest type, or of all."""
    least, most = known
    about = {
        "kind": workload.kind, "name": workload.name, "pool": pool.pool.name, "asked": resource.amount(each),
    }  # fmt: skip
    message = say(
        "a pod of {kind} {name!r} requests {asked}, and the largest node of pool {pool!r} has {capacity}",
        capacity=resource.amount(most), **about,
    )  # fmt: skip
    if each <= most:
        message = say(
            "a pod of {kind} {name!r} requests {asked}, and nodes of pool {pool!r} may have only {capacity}: that "
            "depends on their type",
            capacity=resource.amount(least), **about,
        )  # fmt: skip
    hint = say("choose types with more {resource}, or request less", resource=resource.words)
    return Hit(workload.at("eniRequest"), message, hint, level="warning" if each <= most else None)


def _too_much(pool: PoolView, load: Load, resource: Resource) -> Message:
    """Return which pods find too little of a resource, in words."""
    about = {
        "pool": pool.pool.name, "nodes": count_nodes(load.nodes), "each": resource.amount(load.per_node),
    }  # fmt: skip
    size = load.too_many()
    if size is None or load.needed > load.room:
        return say(
            "pool {pool!r} has {capacity} at its largest size ({nodes} x {each}), and its pods request {needed}",
            capacity=resource.amount(load.room), needed=resource.amount(load.needed), **about,
        )  # fmt: skip
    return say(
        "pool {pool!r} has {nodes} x {each} at its largest size, each with {free} left for pods that request {asked} "
        "or more: only {fit} of {pods} fit",
        free=resource.amount(load.free_per_node), asked=resource.amount(size),
        fit=load.fit(size), pods=load.larger()[size], **about,
    )  # fmt: skip


def _more_of(load: Load, resource: Resource) -> Message:
    """Return what would give pods room."""
    least = load.least_nodes()
    if least is None:
        return say("choose types with more {resource}, or request less", resource=resource.words)
    nodes = count_nodes(max(least, load.nodes + 1))
    return say("use at least {nodes}, or types with more {resource}", nodes=nodes, resource=resource.words)
