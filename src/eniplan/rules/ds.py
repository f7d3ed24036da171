"""DS rules: dual stack. Pods lose IPv6 without an error, so these rules report every cause in advance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.messages import say
from eniplan.rules.base import Hit, Outcome, lacking, rule
from eniplan.rules.examples import LINGJUN_POOL, VSWITCH_J
from eniplan.rules.sources import CODE_DUAL, CODE_POD, EXCL, WWT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.model import VSwitch
    from eniplan.rules.base import Unknown
    from eniplan.rules.view import PlanView, PodConfig, PoolView

_DUAL = {"cluster.ipStack": "dual"}


@rule(
    "DS002",
    "error",
    "Dual stack on Lingjun",
    needs=(facts.KIND, facts.IP_STACK),
    effect="Lingjun nodes do not support dual stack: Terway turns IPv6 off there, and pods get IPv4 only.",
    sources=(EXCL, CODE_DUAL),
    passes={"nodePools[1]": LINGJUN_POOL},
    fails={**_DUAL, "nodePools[1]": LINGJUN_POOL},
)
def ds002(view: PlanView) -> Outcome:
    """A Lingjun pool in a dual-stack cluster."""
    for pool in view.lingjun_pools:
        if view.dual is None:
            yield lacking(facts.IP_STACK)
        elif view.dual:
            yield Hit(
                (*pool.path, "kind"),
                say(
                    "Lingjun pool {pool!r} is in a dual-stack cluster; Lingjun does not support dual stack",
                    pool=pool.pool.name,
                ),
                say("use an ipv4 cluster for Lingjun"),
                {"ipStack": "dual"},
            )


@rule(
    "DS003",
    "error",
    "Dual stack with eRDMA",
    needs=(facts.IP_STACK, facts.ERDMA),
    effect="The two cannot be combined: nodes come up without one of them.",
    sources=(WWT,),
    passes={**_DUAL},
    fails={**_DUAL, "cluster.terway.erdma": True},
)
def ds003(view: PlanView) -> Outcome:
    """enable_erdma in a dual-stack cluster."""
    path = ("cluster", "terway", "erdma")
    if view.dual and view.cluster.terway.erdma:
        message = say("dual stack does not work together with eRDMA")
        yield Hit(path, message, say("set enable_erdma to false"), {"ipStack": "dual"})
    elif view.dual and view.cluster.terway.erdma is None:
        yield lacking(facts.ERDMA)
    elif view.dual is None and view.cluster.terway.erdma:
        yield lacking(facts.IP_STACK)


@rule(
    "DS004",
    "error",
    "Dual stack: a pod vSwitch has no IPv6 CIDR",
    needs=(*facts.POD_V_SWITCHES, facts.IP_STACK, facts.IPV6_CIDR),
    effect="The ENI of a pod in this vSwitch cannot get an IPv6 address: creating the ENI fails, and the pod stays "
    "in ContainerCreating.",
    sources=(EXCL, CODE_POD),
    passes={**_DUAL},
    fails={
        **_DUAL,
        "cluster.vSwitches": [{key: value for key, value in VSWITCH_J.items() if key != "ipv6Cidr"}],
    },
)
def ds004(view: PlanView) -> Outcome:
    """Every vSwitch that exclusive pods may get in a zone where the pool has nodes. Terway skips other zones."""
    if view.dual is False:
        return
    told = set()
    for pool in view.ecs_pools:
        for config in pool.configs:
            if not config.in_use:
                continue
            yield from _unseen(pool, config)
            here = pool.config_v_switches(config)
            for v_switch in (v for zone in pool.zones for v in here.get(zone, ())):
                if v_switch.ipv6_cidr is not None or v_switch.id in told:
                    continue
                if view.dual is None:
                    yield lacking(facts.IP_STACK)
                    continue
                told.add(v_switch.id)
                yield _without_ipv6(v_switch, config)


def _unseen(pool: PoolView, config: PodConfig) -> Iterator[Unknown]:
    """Yield the unknown facts that may hide a vSwitch: the ids that pods get, their vSwitches, or the nodes' zones."""
    stated = pool.config_v_switches(config)
    elsewhere = (v for zone, here in stated.items() if zone not in pool.zones for v in here)
    if config.v_switch_ids is None:
        yield config.missing
    elif sum(map(len, stated.values())) < len(config.v_switch_ids) or (
        not pool.zones_are_known and any(v.ipv6_cidr is None for v in elsewhere)
    ):
        yield lacking(facts.V_SWITCHES)


def _without_ipv6(v_switch: VSwitch, config: PodConfig) -> Hit:
    return Hit(
        v_switch.path,
        say(
            "dual stack: {config} gives pods vSwitch {vSwitch} in {zone}, which has no ipv6Cidr",
            config=config.label, vSwitch=v_switch.id, zone=v_switch.zone
        ),
        say("give the vSwitch an IPv6 CIDR block (VPC console or API), or state the one that it has"),
    )  # fmt: skip
