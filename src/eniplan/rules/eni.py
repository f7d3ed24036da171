"""ENI rules: does an instance type have the ENIs that the exclusive mode needs, and who says so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.catalog.limits import DISPUTED_ENIS, FORBIDDEN_ENIS, erdma_slot, exclusive_pods, has_parity
from eniplan.catalog.record import LIMITS
from eniplan.messages import NOTHING, Key, Message, count, named, say, together
from eniplan.rules.base import Hit, Outcome, Unknown, lacking, rule
from eniplan.rules.examples import WORKLOAD
from eniplan.rules.packing import load_of
from eniplan.rules.sources import ADD, CODE_ERDMA, CODE_LIMITS, CODE_PREDICT, CREATE_API, EXCL, WWT
from eniplan.rules.types import alternatives
from eniplan.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.catalog.record import Conflict, InstanceType, Source
    from eniplan.messages import Message
    from eniplan.rules.packing import Load
    from eniplan.rules.view import PlanView, PoolView, TypeUse

AGE_LIMIT = timedelta(days=730)
"""How much older than the data as a whole a number's source may be."""

_TYPE = "nodePools[0].instanceTypes"
_FAMILY = "nodePools[0].instanceFamilies"


def _named(view: PlanView) -> Iterator[tuple[PoolView, TypeUse, InstanceType]]:
    """Yield the instance types that ECS pools name and the specs know."""
    for pool in view.ecs_pools:
        for use, record in pool.known_types:
            yield pool, use, record


def source(view: PlanView, record: InstanceType, field: str) -> Source | None:
    """Return where a number of a type comes from."""
    return view.catalog.source(record.source_of(field))


def unknown_capacity(pool: PoolView) -> Unknown:
    """Say which fact is missing to count the pods of a pool: its size, or the ENIs of its nodes."""
    name, lingjun = pool.pool.name, pool.pool.is_lingjun
    if pool.pool.planned_size is None:
        if lingjun:
            return Unknown((*pool.path, "lingjun", "nodeCount"), facts.LINGJUN_SIZE, say("pool {name!r}", name=name))
        return Unknown((*pool.path, "desiredSize"), facts.DESIRED_SIZE, say("pool {name!r}", name=name))
    key = ("lingjun", "nodeType") if lingjun else ("instanceTypes",)
    return Unknown((*pool.path, *key), facts.ENIS, say("the nodes of pool {name!r}", name=name))


@rule(
    "ENI001",
    "error",
    "The instance type has six ENIs or fewer",
    needs=(*facts.NAMED_TYPES, facts.ENIS),
    effect="The node does not join the cluster as an exclusive node: all documents ask for more. "
    "Terway's code has no such limit; ACK enforces it when nodes join.",
    sources=(EXCL, WWT, ADD, CODE_LIMITS),
    passes={_TYPE: ["ecs.g7.3xlarge"]},
    fails={_TYPE: ["ecs.g7.2xlarge"]},
)
def eni001(view: PlanView) -> Outcome:
    """EniQuantity <= 6: D1, D2 and D3 all forbid it."""
    for _, use, record in _named(view):
        enis = record.EniQuantity
        if enis is not None and enis <= FORBIDDEN_ENIS:
            yield Hit(
                use.path,
                say(
                    "{type} has {EniQuantity}; exclusive ENI mode needs more than {most}",
                    type=use.name,
                    EniQuantity=count(enis, "{n} ENI", "{n} ENIs"),
                    most=FORBIDDEN_ENIS,
                ),
                alternatives(view.catalog, record, view.demands),
                {"required": FORBIDDEN_ENIS + 1},
                sources=(source(view, record, "EniQuantity"),),
            )


@rule(
    "ENI002",
    "warning",
    "The instance type has exactly seven ENIs, on which documents disagree",
    needs=(*facts.NAMED_TYPES, facts.ENIS),
    effect="Two documents let a node with seven ENIs join (more than six ENIs; more than five pods), "
    "a third does not (more than six pods). If ACK follows the third, the node does not join.",
    sources=(EXCL, ADD, WWT),
    passes={_TYPE: ["ecs.g6.8xlarge"]},
    fails={_TYPE: ["ecs.g6.13xlarge"]},
)
def eni002(view: PlanView) -> Outcome:
    """EniQuantity = 7; an error with --strict."""
    for _, use, record in _named(view):
        if record.EniQuantity == DISPUTED_ENIS:
            yield Hit(
                use.path,
                say(
                    "{type} has 7 ENIs, 6 exclusive pods: allowed by two documents, forbidden by a third", type=use.name
                ),
                say(
                    "try one node first, or take 8 ENIs or more; {alternatives}",
                    alternatives=alternatives(view.catalog, record, view.demands),
                ),
                {"EniQuantity": DISPUTED_ENIS, "pods": exclusive_pods(DISPUTED_ENIS), "undisputed": DISPUTED_ENIS + 1},
                level="error" if view.settings.strict else None,
                sources=(source(view, record, "EniQuantity"),),
            )


@rule(
    "ENI003",
    "error",
    "The instance type is not known, or its ENI limits are not published",
    needs=(*facts.ALL_TYPES, facts.ENIS),
    effect="Whether the node can join and how many pods it carries cannot be proven.",
    sources=(EXCL,),
    fails={_TYPE: ["ecs.i4.8xlarge"]},
)
def eni003(view: PlanView) -> Outcome:
    """Types and families that the specs do not know, and types without EniQuantity."""
    for pool in view.ecs_pools:
        for use in pool.distinct_types:
            if use.record is None:
                meant = nearest(use.name, view.catalog.names(), cutoff=0.75)
                hint = _prove(use.name)
                if meant:
                    hint = say("did you mean {meant!r}? If not, {prove}", meant=meant, prove=hint)
                yield Hit(
                    use.path,
                    say("the specs of {words} do not know {type!r}", words=view.catalog.words, type=use.name),
                    hint,
                )
            elif use.record.EniQuantity is None:
                yield Hit(
                    use.path,
                    say("the ENI limits of {type} are not published", type=use.name),
                    together((_prove(use.name), alternatives(view.catalog, use.record, view.demands)), "; or "),
                    {"LimitsStatus": use.record.limits_status},
                    sources=(source(view, use.record, "LimitsStatus"),),
                )
        for choice in pool.families:
            if not choice.selected and not choice.rejected:
                meant = nearest(choice.family, view.catalog.family_names(), cutoff=0.6)
                yield Hit(
                    (*pool.path, "instanceFamilies", choice.position),
                    say(
                        "the specs of {words} do not know the family {family!r}",
                        words=view.catalog.words,
                        family=choice.family,
                    ),
                    say("did you mean {meant!r}?", meant=meant)
                    if meant
                    else say("name the types in {key}", key=Key("instanceTypes")),
                )


@rule(
    "ENI004",
    "warning",
    "A limit of the instance type is approximate or its source is old",
    needs=(*facts.NAMED_TYPES, *facts.LIMITS),
    effect="The verdict on this type rests on a number that may have changed.",
    sources=(),
    fails={_TYPE: ["ecs.i2ne.20xlarge"]},
)
def eni004(view: PlanView) -> Outcome:
    """LimitsStatus approximate, or a source older than the age limit."""
    oldest, wanted = _oldest_date(view)
    for _, use, record in _named(view):
        origin = source(view, record, "EniQuantity")
        if record.limits_status == "approximate":
            yield Hit(
                use.path,
                say(
                    "the ENI count of {type} ({EniQuantity}) is approximate",
                    type=use.name,
                    EniQuantity=record.EniQuantity,
                ),
                say("prove it with --specs"),
                {"EniQuantity": record.EniQuantity, "LimitsStatus": "approximate"},
                sources=(origin,),
            )
            continue
        old = [
            (field, found)
            for field in LIMITS[:3]
            if getattr(record, field) is not None
            and (found := source(view, record, field)) is not None
            and found.date is not None
            and found.date < oldest
        ]
        if old:
            field, found = min(old, key=lambda pair: str(pair[1].date))
            yield Hit(
                use.path,
                say(
                    "{field} of {type} ({value}) is from {date}, older than {wanted}",
                    field=field,
                    type=use.name,
                    value=getattr(record, field),
                    date=found.date,
                    wanted=wanted,
                ),
                say("prove it with --specs"),
                {"field": field, "date": found.date, "oldestAllowed": oldest},
                sources=(found,),
            )


def _prove(name: str) -> Message:
    """Say how a user proves the limits of a type."""
    return say(
        "prove it: save `aliyun ecs DescribeInstanceTypes --InstanceTypes.1 {type}` to a file and give it with --specs",
        type=name,
    )


def _oldest_date(view: PlanView) -> tuple[str, Message]:
    """Return the oldest date that is fresh enough, and the limit in words."""
    settings = view.settings
    if settings.max_age is not None and settings.today is not None:
        oldest = settings.today - timedelta(days=min(settings.max_age, settings.today.toordinal() - 1))
        return oldest.isoformat(), say("{days} days", days=settings.max_age)
    oldest = date.fromisoformat(view.catalog.date) - AGE_LIMIT
    return oldest.isoformat(), say("two years before the specs' own date ({specs})", specs=view.catalog.date)


@rule(
    "ENI005",
    "warning",
    "The instance type is no longer on sale",
    needs=(*facts.NAMED_TYPES, facts.ON_SALE),
    effect="New nodes of this type may not be created: the pool stays empty or stops scaling out.",
    sources=(),
    fails={_TYPE: ["ecs.c4.4xlarge"]},
)
def eni005(view: PlanView) -> Outcome:
    """Types that the page of families on sale does not list."""
    for _, use, record in _named(view):
        if record.on_sale is False:
            yield Hit(
                use.path,
                say("{type} is not among the types on sale as of {date}", type=use.name, date=view.catalog.date),
                alternatives(view.catalog, record, view.demands),
                {"OnSale": False},
                sources=(source(view, record, "OnSale"),),
            )


@rule(
    "ENI006",
    "warning",
    "eRDMA takes one exclusive pod slot of each node",
    needs=(*facts.ALL_TYPES, facts.ENIS, facts.ERDMA, facts.ERIS),
    effect="With enable_erdma in eni-config a node carries EniQuantity - 2 exclusive pods, "
    "and exclusive ENIs are never eRDMA ENIs: the slot is lost for nothing.",
    sources=(CODE_ERDMA, CODE_LIMITS),
    passes={"cluster.terway.erdma": True, _TYPE: ["ecs.ebmg5.24xlarge"]},
    fails={"cluster.terway.erdma": True},
)
def eni006(view: PlanView) -> Outcome:
    """enable_erdma on a type with eRDMA interfaces."""
    erdma = view.cluster.terway.erdma
    if erdma is False:
        return
    for pool in view.ecs_pools:
        for use in pool.types:
            record = use.record
            if record is None or record.EniQuantity is None:
                continue
            slot = erdma_slot(record)
            if slot == 0:
                continue
            if erdma is None:
                yield lacking(facts.ERDMA)
            elif slot is None:
                yield Unknown(use.path, facts.ERIS, use.name)
            else:
                enis = record.EniQuantity
                yield Hit(
                    use.path,
                    say(
                        "with eRDMA {type} carries {podsPerNode} exclusive pods per node, not {without}",
                        type=use.name,
                        podsPerNode=enis - 2,
                        without=enis - 1,
                    ),
                    say("set enable_erdma to false for this pool (node-level config), or plan with the smaller number"),
                    {"EniQuantity": enis, "EriQuantity": record.EriQuantity, "podsPerNode": enis - 2},
                    sources=(source(view, record, "EriQuantity"),),
                )


@rule(
    "ENI007",
    "info",
    "Instance types of one pool carry different numbers of pods",
    needs=(*facts.ALL_TYPES, facts.ENIS, facts.ERDMA, facts.ERIS),
    effect="Capacity depends on the types that happen to be in stock; only the smallest number can be counted on.",
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
        *facts.PODS_PER_NODE,
        *facts.SIZES,
        facts.SYSTEM_PODS,
        facts.POOL_NAME,
        facts.WORKLOAD_POOL,
        facts.WORKLOAD_KIND,
        facts.REPLICAS,
        facts.HOST_NETWORK,
        facts.ENI_REQUEST,
        facts.WORKLOAD_NETWORKING,
        facts.TEMPLATE,
        facts.WORKLOADS,
    ),
    effect="The surplus pods stay Pending, or in ContainerCreating when the scheduler does not count ENIs. "
    "Every pod that is not hostNetwork takes a whole ENI, DaemonSet and system pods included.",
    sources=(WWT, CODE_PREDICT),
    passes={"workloads": [WORKLOAD]},
    fails={"workloads": [{**WORKLOAD, "replicas": 22}]},
)
def eni008(view: PlanView) -> Outcome:
    """Pods of workloads and guests against the nodes at the largest size; a pod's ENIs are all of one node."""
    for pool in view.pools:
        if not pool.workloads and not pool.guests:
            continue
        load = load_of(pool)
        if load is None:
            yield unknown_capacity(pool)
        elif load.is_full():
            yield Hit(pool.path, _shortage(pool, load), _remedy(load), _numbers(load))
        elif not load._replace(per_node=min((load.per_node, *pool.pods_beside_erdma.values()))).fits() and load.fits():
            yield lacking(facts.ERDMA)
        elif not load.fits():
            message = say(
                "pool {pool!r} has {capacity} exclusive ENIs and its pods need {needed}, but those of one pod are on "
                "one node: with the largest pods placed first, not all find room",
                pool=pool.pool.name, capacity=load.room, needed=load.needed,
            )  # fmt: skip
            yield Hit(pool.path, message, _remedy(load), _numbers(load), level="warning")
        elif not _with_possible(load, pool).fits():
            titles = named([guest.title for guest in pool.guests if not guest.is_certain])
            about = say("{titles}: whether its nodes are those of pool {pool!r}", titles=titles, pool=pool.pool.name)
            hint = say("they tolerate the pool's taints: steer them by a node affinity, or take the toleration away")
            yield Unknown((*pool.path, "name"), facts.WORKLOAD_POOL, about, hint)


def _with_possible(load: Load, pool: PoolView) -> Load:
    """Return the same with the pods that may land there as well."""
    for guest in pool.guests:
        if not guest.is_certain and guest.replicas is None:
            load = load._replace(every_node=load.every_node + guest.enis)
        elif not guest.is_certain:
            load = load.with_more(guest.enis, guest.replicas or 0)
    return load


def _shortage(pool: PoolView, load: Load) -> Message:
    """Say what has no room."""
    guests = [guest.title for guest in pool.guests if guest.is_certain]
    beside = say(", {titles} on every node among them", titles=named(guests)) if guests else NOTHING
    size = load.too_many()
    if size is not None and load.needed <= load.room:
        return say(
            "pool {pool!r} has {nodes} nodes x {podsPerNode} exclusive ENIs, and {free} of a node are free for pods "
            "that take {enis} each: {fit} of them fit, of {pods}{beside}",
            pool=pool.pool.name, nodes=load.nodes, podsPerNode=load.per_node, free=load.free_per_node, enis=size,
            fit=load.nodes * (load.free_per_node // size), beside=beside,
            pods=sum(number for other, number in load.pods.items() if other >= size),
        )  # fmt: skip
    return say(
        "pool {pool!r} has {capacity} exclusive ENIs at its largest size ({nodes} nodes x {podsPerNode}); "
        "its pods need {needed}{beside}",
        pool=pool.pool.name, capacity=load.room, nodes=load.nodes, podsPerNode=load.per_node, needed=load.needed,
        beside=beside,
    )  # fmt: skip


def _remedy(load: Load) -> Message:
    """Say how many nodes would do, if any number does."""
    if load.every_node >= load.per_node:
        return say("DaemonSets and system pods alone fill every node: choose a type with more ENIs")
    largest = max(load.pods, default=0)
    if largest > load.free_per_node:
        return say("no node has {enis} ENIs for one pod: choose a type with more ENIs", enis=largest)
    few, enough = load.nodes, 2 * load.nodes + 1
    while not load._replace(nodes=enough).fits():
        few, enough = enough, 2 * enough
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if load._replace(nodes=middle).fits() else (middle, enough)
    return say("{nodes} nodes would do, or a type with more ENIs", nodes=enough)


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
    effect="The pool is created with these types; the others of the family would not work.",
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
                rejected = ", ".join(f"{r.InstanceTypeId} ({'+'.join(rules)})" for r, rules in choice.rejected)
                names = [r.InstanceTypeId for r in choice.selected]
                yield Hit(
                    (*pool.path, "instanceFamilies", choice.position),
                    say(
                        "{family} stands for {names}{part}",
                        family=choice.family,
                        names=tuple(names),
                        part=say("; not for {rejected}", rejected=rejected) if rejected else NOTHING,
                    ),
                    facts={
                        "selected": names,
                        "rejected": {r.InstanceTypeId: list(rules) for r, rules in choice.rejected},
                    },
                )


@rule(
    "ENI010",
    "error",
    "No type of the instance family passes",
    needs=(facts.KIND, facts.FAMILIES, facts.IP_STACK, *facts.LIMITS, facts.CORES, facts.MEMORY, facts.ON_SALE),
    effect="The family brings no type to the pool.",
    sources=(EXCL,),
    fails={_TYPE: [], _FAMILY: ["ecs.i4"]},
)
def eni010(view: PlanView) -> Outcome:
    """Families that the specs know and of which nothing is left."""
    for pool in view.ecs_pools:
        for choice in pool.families:
            if choice.rejected and not choice.selected:
                rejected = ", ".join(f"{r.InstanceTypeId} ({'+'.join(rules)})" for r, rules in choice.rejected)
                yield Hit(
                    (*pool.path, "instanceFamilies", choice.position),
                    say("no type of {family} passes: {rejected}", family=choice.family, rejected=rejected),
                    say("choose another family"),
                    {"rejected": {r.InstanceTypeId: list(rules) for r, rules in choice.rejected}},
                )


@rule(
    "ENI011",
    "warning",
    "Sources disagree on a limit, and another value would change the verdict",
    needs=(*facts.NAMED_TYPES, facts.IP_STACK, *facts.LIMITS),
    effect="The newest source was taken; if an older one is right, the node does not join or drops IPv6.",
    sources=(),
    passes={_TYPE: ["ecs.ebmre6p.26xlarge"]},
    fails={_TYPE: ["ecs.c6r.16xlarge"]},
)
def eni011(view: PlanView) -> Outcome:
    """Recorded conflicts that matter to a type that passes."""
    for _, use, record in _named(view):
        for conflict in view.catalog.conflicts(use.name):
            if _matters(conflict, record, dual=bool(view.dual)):
                stated = "; ".join(f"{value} by {', '.join(keys)}" for value, keys in conflict.values.items())
                chosen = "none" if conflict.chosen is None else conflict.chosen
                yield Hit(
                    use.path,
                    say(
                        "sources disagree on {field} of {type}: {stated}; taken: {chosen}",
                        field=conflict.field,
                        type=use.name,
                        stated=stated,
                        chosen=chosen,
                    ),
                    say("prove it with --specs"),
                    {"field": conflict.field, "chosen": conflict.chosen, "values": list(map(int, conflict.values))},
                )


def _matters(conflict: Conflict, record: InstanceType, *, dual: bool) -> bool:
    """Return whether a type passes by the value taken and would not by another."""
    if conflict.field == "EniQuantity":
        return (record.EniQuantity or 0) > FORBIDDEN_ENIS and min(map(int, conflict.values)) <= DISPUTED_ENIS
    # Where both counts are equal now, any other value of either breaks the parity.
    return conflict.field in LIMITS and dual and bool(has_parity(record))
