"""Rules of one instance type: they look at its record and at what its cluster demands, and at no plan.

Plans ask them of each type of each pool, families of each of their types, `instances` of all that there are.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.catalog.limits import DISPUTED_ENIS, FORBIDDEN_ENIS, erdma_slot, exclusive_pods, has_parity
from eniplan.catalog.record import LIMITS
from eniplan.messages import Key, count, named, say, together
from eniplan.rules.base import Fix, Hit, Outcome, TypeRule, Unknown, lacking, type_rule
from eniplan.rules.sources import ADD, CODE_DUAL, CODE_ERDMA, CODE_LIMITS, CODE_POD, EXCL, LIMITS_PAGE, WWT
from eniplan.suggest import nearest
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eniplan.catalog.record import Conflict, InstanceType, Source
    from eniplan.catalog.store import Catalog
    from eniplan.messages import Message
    from eniplan.rules.base import Settings

MIN_VCPUS = 4
MIN_MEMORY = 8
"""GiB: ACK's minimum for a worker node."""
AGE_LIMIT = timedelta(days=730)
"""How old a number's source may be."""

_TYPE = "nodePools[0].instanceTypes"
_DUAL = {"cluster.ipStack": "dual"}


class Demands(NamedTuple):
    """The requirements on a type. `dual` and `erdma` are None if unknown for the cluster."""

    dual: bool | None
    strict: bool
    erdma: bool | None = None
    exclusive: bool = True
    """Whether pods need exclusive ENIs: nodes in other modes need fewer."""


class TypeView(NamedTuple):
    """One instance type."""

    name: str
    record: InstanceType | None
    """None: the instance data lacks the type."""
    demands: Demands
    catalog: Catalog
    settings: Settings
    others: Callable[[], Message]
    """Returns the nearest types that pass, in words."""
    is_family: bool = False
    """Whether the name is a family without types in the instance data."""

    def source(self, field: str) -> Source | None:
        """Return the source of a number of the type."""
        return None if self.record is None else self.catalog.source_for(self.record, field)


@type_rule(
    "ENI001",
    "error",
    "The instance type has six ENIs or fewer",
    needs=(*facts.NAMED_TYPES, facts.ENIS),
    effect="The node does not join the cluster as an exclusive node: all documents require more ENIs. Terway's code "
    "has no such limit; ACK enforces it when nodes join.",
    sources=(EXCL, WWT, ADD, CODE_LIMITS),
    passes={_TYPE: ["ecs.g7.3xlarge"]},
    fails={_TYPE: ["ecs.g7.2xlarge"]},
)
def eni001(view: TypeView) -> Outcome:
    """EniQuantity <= 6: D1, D2 and D3 all forbid it."""
    enis = None if view.record is None else view.record.EniQuantity
    if view.demands.exclusive and enis is not None and enis <= FORBIDDEN_ENIS:
        message = say(
            "{type} has {EniQuantity}; exclusive ENI mode needs more than {forbidden}",
            type=view.name, EniQuantity=count(enis, "{n} ENI", "{n} ENIs"), forbidden=FORBIDDEN_ENIS,
        )  # fmt: skip
        required = {"required": FORBIDDEN_ENIS + 1}
        yield Hit((), message, view.others(), required, sources=(view.source("EniQuantity"),))


@type_rule(
    "ENI002",
    "warning",
    "The instance type has exactly seven ENIs, on which documents disagree",
    needs=(*facts.NAMED_TYPES, facts.ENIS),
    effect="Two documents let a node with seven ENIs join (more than six ENIs; more than five pods); a third does "
    "not (more than six pods). If ACK follows the third, the node does not join.",
    sources=(EXCL, ADD, WWT),
    passes={_TYPE: ["ecs.g6.8xlarge"]},
    fails={_TYPE: ["ecs.g6.13xlarge"]},
)
def eni002(view: TypeView) -> Outcome:
    """EniQuantity = 7; an error with --strict."""
    if view.demands.exclusive and view.record is not None and view.record.EniQuantity == DISPUTED_ENIS:
        yield Hit(
            (),
            say("{type} has 7 ENIs, 6 exclusive pods: allowed by two documents, forbidden by a third", type=view.name),
            together((say("try one node first, or use a type with 8 ENIs or more"), view.others())),
            {"EniQuantity": DISPUTED_ENIS, "pods": exclusive_pods(DISPUTED_ENIS), "undisputed": DISPUTED_ENIS + 1},
            level="error" if view.demands.strict else None,
            sources=(view.source("EniQuantity"),),
        )


@type_rule(
    "ENI003",
    "error",
    "The instance type is unknown, or its ENI limits are not published",
    needs=(*facts.ALL_TYPES, facts.ENIS),
    effect="Whether the node can join, and how many pods it carries, cannot be verified.",
    sources=(EXCL,),
    fails={_TYPE: ["ecs.i4.8xlarge"]},
)
def eni003(view: TypeView) -> Outcome:
    """Types and families missing in the specs, and types without EniQuantity."""
    name, record = view.name, view.record
    prove = say(
        "prove it: save the output of `aliyun ecs DescribeInstanceTypes --InstanceTypes.1 {type}` to a file and pass "
        "it with --specs",
        type=name,
    )
    if view.is_family:
        meant = nearest(name, view.catalog.family_names(), cutoff=0.6)
        message = say("the specs of {specs} have no family {name!r}", specs=view.catalog.words, name=name)
        hint = (
            say("did you mean {meant!r}?", meant=meant)
            if meant
            else say("name the types in {key}", key=Key("instanceTypes"))
        )
        yield Hit((), message, hint)
    elif record is None:
        message = say("the specs of {specs} have no type {name!r}", specs=view.catalog.words, name=name)
        meant = nearest(name, view.catalog.names(), cutoff=0.75)
        fix = None if meant is None else Fix("value", meant, safe=False)
        yield Hit((), message, _unknown_type(view, meant, prove), fix=fix)
    elif record.EniQuantity is None:
        stated = [conflict for conflict in view.catalog.conflicts(name) if conflict.field == "EniQuantity"]
        message = say("the ENI limits of {type} are not published", type=name)
        if stated:
            numbers = tuple(_stated(stated[0]))
            message = say(
                "sources disagree on the ENIs of {type}, and none is verified: {stated}", type=name, stated=numbers
            )
        yield Hit(
            (),
            message,
            together((prove, view.others()), "; or "),
            {"LimitsStatus": record.limits_status},
            sources=(view.source("CpuCoreCount"),),
        )


_SIZE = r"(?:[0-9]*x)?large|medium|small|tiny|nano"


def _unknown_type(view: TypeView, meant: str | None, prove: Message) -> Message:
    """Return what an unknown type may be: a member of a known family, or a typo."""
    family, _, size = view.name.rpartition(".")
    if re.fullmatch(_SIZE, size):
        known = view.catalog.family_names()
        stem = family.partition("-")[0]
        for candidate in (family, stem):
            if candidate in known:
                sizes = tuple(record.InstanceTypeId for record in view.catalog.family(candidate))
                return say(
                    "its name fits {family}, which has {types} in the specs; if it is newer than the specs, {prove}",
                    family=candidate, types=named(sizes), prove=prove,
                )  # fmt: skip
        others = tuple(sorted(other for other in known if _series(other) == _series(family)))
        if others:
            return say(
                "its name fits the series of {families}; if it is newer than the specs, {prove}",
                families=named(others), prove=prove,
            )  # fmt: skip
    return say("did you mean {meant!r}? If not, {prove}", meant=meant, prove=prove) if meant else prove


def _series(family: str) -> tuple[str, ...]:
    """Return a family's name without its generation: ("ecs.g", "i") of ecs.g8i."""
    return tuple(re.split("[0-9]+", family.partition("-")[0]))


def _stated(conflict: Conflict) -> Iterator[Message]:
    """Yield each value of a conflict with its sources."""
    for number, keys in conflict.values.items():
        yield say("{number} by {sources}", number=number, sources=tuple(keys))


@type_rule(
    "ENI004",
    "warning",
    "A limit of the instance type is approximate or its source is old",
    needs=(*facts.NAMED_TYPES, *facts.LIMITS),
    effect="The verdict on this type depends on a number that may have changed.",
    sources=(),
    fails={_TYPE: ["ecs.i2ne.20xlarge"]},
)
def eni004(view: TypeView) -> Outcome:
    """LimitsStatus approximate, or a source older than the age limit."""
    record = view.record
    if record is None:
        return
    if record.limits_status == "approximate":
        yield Hit(
            (),
            say(
                "the ENI count of {type} ({EniQuantity}) is approximate", type=view.name, EniQuantity=record.EniQuantity
            ),
            say("prove it with --specs"),
            {"LimitsStatus": "approximate"},
            sources=(view.source("EniQuantity"),),
        )
        return
    oldest, wanted = _oldest_date(view)
    old = [
        (field, found)
        for field in LIMITS[:3]
        if getattr(record, field) is not None
        and (found := view.source(field)) is not None
        and found.date is not None
        and found.date < oldest
    ]
    if old:
        field, found = min(old, key=lambda pair: str(pair[1].date))
        message = say(
            "{field} of {type} ({number}) is from {date}, older than {wanted}",
            field=field, type=view.name, number=getattr(record, field), date=found.date, wanted=wanted,
        )  # fmt: skip
        yield Hit((), message, say("prove it with --specs"), {"oldestAllowed": oldest}, sources=(found,))


def _oldest_date(view: TypeView) -> tuple[str, str]:
    """Return the oldest date that is recent enough, and the limit in words."""
    most, today = view.settings.max_age, view.settings.aged_on
    if most is not None and today is not None:
        oldest = today - timedelta(days=min(most, today.toordinal() - 1))
        return oldest.isoformat(), say("{days} days", days=most)
    today = today or date.fromisoformat(view.catalog.date)
    return (today - AGE_LIMIT).isoformat(), say("two years before {date}", date=today)


@type_rule(
    "ENI005",
    "warning",
    "The instance type is no longer on sale",
    needs=(*facts.NAMED_TYPES, facts.ON_SALE),
    effect="Nodes of this type may fail to be created: the pool stays empty or stops scaling out.",
    sources=(),
    fails={_TYPE: ["ecs.c4.4xlarge"]},
)
def eni005(view: TypeView) -> Outcome:
    """Types missing on the page of families on sale."""
    if view.record is not None and view.record.on_sale is False:
        message = say("{type} was not on sale on {date}", type=view.name, date=view.catalog.date)
        yield Hit((), message, view.others(), {"OnSale": False}, sources=(view.source("OnSale"),))


@type_rule(
    "ENI006",
    "warning",
    "eRDMA takes one exclusive pod slot of each node",
    needs=(*facts.ALL_TYPES, facts.ENIS, facts.ERDMA, facts.ERIS),
    effect="With enable_erdma in eni-config a node carries EniQuantity - 2 exclusive pods. Exclusive ENIs are never "
    "eRDMA ENIs, so the slot is wasted.",
    sources=(CODE_ERDMA, CODE_LIMITS),
    passes={"cluster.terway.erdma": True, _TYPE: ["ecs.ebmg5.24xlarge"]},
    fails={"cluster.terway.erdma": True},
)
def eni006(view: TypeView) -> Outcome:
    """enable_erdma on a type with eRDMA interfaces."""
    record, erdma = view.record, view.demands.erdma
    if record is None or record.EniQuantity is None or erdma is False or not view.demands.exclusive:
        return
    slot = erdma_slot(record)
    if slot == 0:
        return
    if erdma is None:
        yield lacking(facts.ERDMA)
    elif slot is None:
        yield Unknown((), facts.ERIS, view.name)
    else:
        enis = record.EniQuantity
        yield Hit(
            (),
            say(
                "with eRDMA {type} carries {podsPerNode} exclusive pods per node, not {without}",
                type=view.name, podsPerNode=enis - 2, without=enis - 1,
            ),
            say("set enable_erdma to false for this pool in a node-level config, or plan with the smaller number"),
            {"EniQuantity": enis, "EriQuantity": record.EriQuantity},
            sources=(view.source("EriQuantity"),),
        )  # fmt: skip


@type_rule(
    "ENI011",
    "warning",
    "Sources disagree on a limit, and another value would change the verdict",
    needs=(*facts.NAMED_TYPES, facts.IP_STACK, *facts.LIMITS),
    effect="The newest source is used; if an older one is right, the node does not join or loses IPv6.",
    sources=(),
    passes={_TYPE: ["ecs.ebmre6p.26xlarge"]},
    fails={_TYPE: ["ecs.c6r.16xlarge"]},
)
def eni011(view: TypeView) -> Outcome:
    """Recorded conflicts that decide whether a type passes."""
    record = view.record
    for conflict in view.catalog.conflicts(view.name):
        if record is not None and _matters(conflict, record, view):
            stated = tuple(_stated(conflict))
            yield Hit(
                (),
                say(
                    "sources disagree on {field} of {type}: {stated}; {taken} is used",
                    field=conflict.field, type=view.name, stated=together(stated), taken=conflict.chosen,
                ),
                say("prove it with --specs"),
                {"chosen": conflict.chosen, "values": list(map(int, conflict.values))},
            )  # fmt: skip


def _matters(conflict: Conflict, record: InstanceType, view: TypeView) -> bool:
    """Return whether a type passes with the chosen value and would fail with another."""
    if conflict.field == "EniQuantity":
        return (record.EniQuantity or 0) > FORBIDDEN_ENIS and min(map(int, conflict.values)) <= DISPUTED_ENIS
    # If both counts are equal now, any other value of either breaks the parity.
    return conflict.field in LIMITS and bool(view.demands.dual) and bool(has_parity(record))


@type_rule(
    "DS001",
    "error",
    "Dual stack: IPv4 and IPv6 addresses per ENI differ",
    needs=(*facts.NAMED_TYPES, facts.IP_STACK, facts.IPV4_PER_ENI, facts.IPV6_PER_ENI),
    effect="ACK's documents require equal numbers when a node joins a dual-stack cluster, in exclusive mode too: the "
    "node may not join. Terway itself refuses nothing. It requests one IPv6 address for the ENI of every "
    "exclusive pod, which fails on a type without IPv6 addresses; its ConfigError event on such a node concerns "
    "only pods on shared ENIs.",
    sources=(EXCL, WWT, CODE_DUAL, CODE_POD, CODE_LIMITS),
    passes={**_DUAL},
    fails={**_DUAL, "nodePools[0].instanceTypes": ["ecs.g6.8xlarge"]},
)
def ds001(view: TypeView) -> Outcome:
    """IPv4 per ENI against IPv6 per ENI, if both are known."""
    record = view.record
    if record is None or view.demands.dual is False or has_parity(record) is not False:
        return
    if view.demands.dual is None:
        yield lacking(facts.IP_STACK)
        return
    yield Hit(
        (),
        say(
            "dual stack: an ENI of {type} has {EniPrivateIpAddressQuantity} IPv4 and {EniIpv6AddressQuantity} IPv6 "
            "addresses; ACK's documents require equal numbers",
            type=view.name,
            EniPrivateIpAddressQuantity=record.EniPrivateIpAddressQuantity,
            EniIpv6AddressQuantity=record.EniIpv6AddressQuantity,
        ),
        together((view.others(), say("or use an ipv4 cluster"))),
        sources=(view.source("EniPrivateIpAddressQuantity"), view.source("EniIpv6AddressQuantity")),
    )


@type_rule(
    "DS005",
    "error",
    "Dual stack: addresses per ENI are not published for the type",
    needs=(*facts.NAMED_TYPES, facts.IP_STACK, facts.IPV4_PER_ENI, facts.IPV6_PER_ENI),
    effect="Whether the node joins the dual-stack cluster cannot be verified.",
    sources=(EXCL, CODE_DUAL),
    passes={**_DUAL},
    fails={**_DUAL, "nodePools[0].instanceTypes": ["ecs.re8.30xlarge"]},
)
def ds005(view: TypeView) -> Outcome:
    """IPv4 or IPv6 per ENI unknown."""
    record = view.record
    if record is None or view.demands.dual is False or has_parity(record) is not None:
        return
    if view.demands.dual is None:
        yield lacking(facts.IP_STACK)
        return
    missing = "IPv6" if record.EniIpv6AddressQuantity is None else "IPv4"
    yield Hit(
        (),
        say(
            "dual stack: the number of {family} addresses per ENI of {type} is not published",
            family=missing,
            type=view.name,
        ),
        together((say("prove it with --specs"), view.others()), "; or "),
        {
            "EniPrivateIpAddressQuantity": record.EniPrivateIpAddressQuantity,
            "EniIpv6AddressQuantity": record.EniIpv6AddressQuantity,
        },
    )


@type_rule(
    "NP008",
    "error",
    "The instance type has fewer than 4 vCPU or 8 GiB",
    needs=(*facts.NAMED_TYPES, facts.CORES, facts.MEMORY),
    effect="ACK does not accept it as a worker node.",
    sources=(LIMITS_PAGE,),
    fails={_TYPE: ["ecs.c6.large"]},
)
def np008(view: TypeView) -> Outcome:
    """CpuCoreCount and MemorySize against ACK's minimum."""
    record = view.record
    small = False if record is None else too_small(record)
    if record is None or small is False:
        return
    if small is None:
        yield Unknown((), facts.CORES if record.CpuCoreCount is None else facts.MEMORY, view.name)
        return
    message = say(
        "{type} has {CpuCoreCount} vCPU and {MemorySize} GiB; ACK workers need {vCPU} and {GiB}",
        type=view.name,
        CpuCoreCount=record.CpuCoreCount,
        MemorySize=record.MemorySize,
        vCPU=MIN_VCPUS,
        GiB=MIN_MEMORY,
    )
    required = {"required": [MIN_VCPUS, MIN_MEMORY]}
    yield Hit((), message, view.others(), required, sources=(view.source("CpuCoreCount"),))


def too_small(record: InstanceType) -> bool | None:
    """Return whether a type is below ACK's minimum for worker nodes; None if its size is unknown."""
    vcpus, memory = record.CpuCoreCount, record.MemorySize
    if (vcpus is not None and vcpus < MIN_VCPUS) or (memory is not None and memory < MIN_MEMORY):
        return True
    return None if vcpus is None or memory is None else False


TYPE_RULES = tuple(item for item in globals().values() if isinstance(item, TypeRule))
"""Every rule about a single instance type."""
