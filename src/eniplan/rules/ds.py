"""Dual-stack rules: IPv6 is lost quietly, so every cause of it is told before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.catalog.limits import has_parity
from eniplan.rules.base import Hit, Outcome, lacking, rule
from eniplan.rules.eni import source
from eniplan.rules.examples import LINGJUN_POOL, VSWITCH_J
from eniplan.rules.sources import CODE_DUAL, CODE_LIMITS, CODE_POD, EXCL, WWT
from eniplan.rules.types import alternatives

if TYPE_CHECKING:
    from eniplan.rules.view import PlanView

_DUAL = {"cluster.ipStack": "dual"}


@rule(
    "DS001",
    "error",
    "Dual stack: IPv4 and IPv6 addresses per ENI differ",
    needs=(*facts.NAMED_TYPES, facts.IP_STACK, facts.IPV4_PER_ENI, facts.IPV6_PER_ENI),
    effect="By ACK's documents the two must be equal when a node joins a dual-stack cluster, in exclusive mode too. "
    "Terway refuses nothing: it emits a ConfigError event on the node and quietly gives its pods no IPv6.",
    sources=(EXCL, WWT, CODE_DUAL, CODE_LIMITS),
    passes={**_DUAL},
    fails={**_DUAL, "nodePools[0].instanceTypes": ["ecs.g6.8xlarge"]},
    types_only=True,
)
def ds001(view: PlanView) -> Outcome:
    """IPv4 per ENI against IPv6 per ENI, where both are known."""
    if view.dual is False:
        return
    for pool in view.ecs_pools:
        for use, record in pool.known_types:
            if has_parity(record) is not False:
                continue
            if view.dual is None:
                yield lacking(facts.IP_STACK)
                continue
            ipv4, ipv6 = record.EniPrivateIpAddressQuantity, record.EniIpv6AddressQuantity
            yield Hit(
                use.path,
                f"dual stack: {use.name} has {ipv4} IPv4 and {ipv6} IPv6 addresses per ENI; "
                "by ACK's documents they must be equal",
                alternatives(view.catalog, record, view.demands) + "; or an ipv4 cluster",
                {"EniPrivateIpAddressQuantity": ipv4, "EniIpv6AddressQuantity": ipv6},
                sources=(
                    source(view, record, "EniPrivateIpAddressQuantity"),
                    source(view, record, "EniIpv6AddressQuantity"),
                ),
            )


@rule(
    "DS002",
    "error",
    "Dual stack on Lingjun",
    needs=(facts.KIND, facts.IP_STACK),
    effect="Lingjun nodes have no dual stack: Terway switches IPv6 off there, pods get IPv4 only.",
    sources=(EXCL, CODE_DUAL),
    passes={"nodePools[1]": LINGJUN_POOL},
    fails={**_DUAL, "nodePools[1]": LINGJUN_POOL},
    types_only=True,
)
def ds002(view: PlanView) -> Outcome:
    """A Lingjun pool in a dual-stack cluster."""
    for pool in view.lingjun_pools:
        if view.dual is None:
            yield lacking(facts.IP_STACK)
        elif view.dual:
            yield Hit(
                (*pool.path, "kind"),
                f"pool {pool.pool.name!r} is a Lingjun pool in a dual-stack cluster; Lingjun has no dual stack",
                "use an ipv4 cluster for Lingjun",
                {"ipStack": "dual"},
            )


@rule(
    "DS003",
    "error",
    "Dual stack together with eRDMA",
    needs=(facts.IP_STACK, facts.ERDMA),
    effect="The two cannot be combined; nodes come up without one of them.",
    sources=(WWT,),
    passes={**_DUAL},
    fails={**_DUAL, "cluster.terway.erdma": True},
)
def ds003(view: PlanView) -> Outcome:
    """enable_erdma in a dual-stack cluster."""
    path = ("cluster", "terway", "erdma")
    if view.dual and view.cluster.terway.erdma:
        yield Hit(path, "dual stack cannot be combined with eRDMA", "set enable_erdma to false", {"ipStack": "dual"})
    elif view.dual and view.cluster.terway.erdma is None:
        yield lacking(facts.ERDMA)
    elif view.dual is None and view.cluster.terway.erdma:
        yield lacking(facts.IP_STACK)


@rule(
    "DS004",
    "error",
    "Dual stack: a pod vSwitch has no IPv6 CIDR",
    needs=(*facts.POD_V_SWITCHES, facts.IP_STACK, facts.IPV6_CIDR),
    effect="The ENI of a pod in this vSwitch cannot get an IPv6 address: its creation fails and the pod stays in "
    "ContainerCreating.",
    sources=(EXCL, CODE_POD),
    passes={**_DUAL},
    fails={
        **_DUAL,
        "cluster.vSwitches": [{key: value for key, value in VSWITCH_J.items() if key != "ipv6Cidr"}],
    },
)
def ds004(view: PlanView) -> Outcome:
    """Every stated vSwitch that exclusive pods may get."""
    if view.dual is False:
        return
    told = set()
    for pool in view.ecs_pools:
        for config in pool.configs:
            for v_switch in pool.config_v_switches(config) if config.in_use else ():
                if v_switch.ipv6_cidr is not None or v_switch.id in told:
                    continue
                if view.dual is None:
                    yield lacking(facts.IP_STACK)
                    continue
                told.add(v_switch.id)
                yield Hit(
                    v_switch.path,
                    f"dual stack: pods get vSwitch {v_switch.id} by {config.label}, and it states no ipv6Cidr",
                    "give the vSwitch an IPv6 CIDR block (VPC console or API), or state the one it has",
                    {"vSwitch": v_switch.id, "zone": v_switch.zone},
                )


@rule(
    "DS005",
    "error",
    "Dual stack: addresses per ENI are not published for the type",
    needs=(*facts.NAMED_TYPES, facts.IP_STACK, facts.IPV4_PER_ENI, facts.IPV6_PER_ENI),
    effect="Whether the node joins with IPv6 cannot be proven.",
    sources=(EXCL, CODE_DUAL),
    passes={**_DUAL},
    fails={**_DUAL, "nodePools[0].instanceTypes": ["ecs.re8.30xlarge"]},
    types_only=True,
)
def ds005(view: PlanView) -> Outcome:
    """IPv4 or IPv6 per ENI unknown."""
    if view.dual is False:
        return
    for pool in view.ecs_pools:
        for use, record in pool.known_types:
            if has_parity(record) is not None:
                continue
            if view.dual is None:
                yield lacking(facts.IP_STACK)
                continue
            missing = "IPv6" if record.EniIpv6AddressQuantity is None else "IPv4"
            yield Hit(
                use.path,
                f"dual stack: how many {missing} addresses an ENI of {use.name} has is not published",
                "prove it with --specs; or " + alternatives(view.catalog, record, view.demands),
                {
                    "EniPrivateIpAddressQuantity": record.EniPrivateIpAddressQuantity,
                    "EniIpv6AddressQuantity": record.EniIpv6AddressQuantity,
                },
            )
