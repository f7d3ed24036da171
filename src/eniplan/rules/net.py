"""NET rules: vSwitches, zones, addresses and security groups of the pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.rules.addresses import demands, parts, shortages
from eniplan.rules.base import Hit, Outcome, Unknown, lacking, rule
from eniplan.rules.eni import unknown_capacity
from eniplan.rules.examples import VSWITCH_J, VSWITCH_K
from eniplan.rules.sources import CODE_POD, CODE_VALIDATE, EXCL, PN, REL, SG_DOC
from eniplan.text import named
from eniplan.versions import TerwayVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.plan.document import Path
    from eniplan.rules.addresses import Shortage
    from eniplan.rules.shared import Share
    from eniplan.rules.view import PlanView, PodConfig, PoolView

MAX_GROUPS = 10
USUAL_GROUPS = 5
"""ECS's own default quota of security groups per ENI; it can be raised."""
TEN_GROUPS = TerwayVersion((1, 13, 6))
BASIC_GROUP_ADDRESSES = 2000
"""Private IPv4 addresses that a basic security group holds by default (can be raised to 6,000)."""

_TWO_ZONES = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K], "nodePools[0].vSwitchIds": ["vsw-j", "vsw-k"]}
_BOTH = ["vsw-j", "vsw-k"]


@rule(
    "NET001",
    "error",
    "A zone of the pool has no pod vSwitch",
    needs=(*facts.ZONES, *facts.POD_V_SWITCHES),
    effect="Exclusive pods cannot be created on nodes of this zone: they stay Pending or in ContainerCreating. "
    "There is no fallback to the node's own vSwitch.",
    sources=(EXCL, PN, CODE_POD),
    passes={**_TWO_ZONES, "cluster.podDefaults.vSwitchIds": _BOTH},
    fails=_TWO_ZONES,
)
def net001(view: PlanView) -> Outcome:
    """Zones of the nodes against the zones of the vSwitches of every configuration that pods may get."""
    for pool in view.pools:
        if not pool.zones_are_known:
            if pool.pool.v_switch_ids:
                yield lacking(facts.V_SWITCHES)
            elif pool.pool.is_lingjun:
                about = f"Lingjun pool {pool.pool.name!r}"
                yield Unknown((*pool.path, "vSwitchIds"), facts.NODE_V_SWITCHES, about, "name a vSwitch of its zone")
        for config in pool.configs:
            if config.v_switch_ids is None:
                yield config.missing
                continue
            yield from _uncovered_zones(view, pool, config)
    for pn in view.plan.pod_networkings:
        if view.asks_for_eni(pn) and not any(
            pn in networkings for networkings in view.pod_networkings_by_pool.values()
        ):
            yield Unknown((*pn.path, "nodePools"), facts.NETWORKING_POOLS, f"PodNetworking {pn.name!r}")


def _uncovered_zones(view: PlanView, pool: PoolView, config: PodConfig) -> Outcome:
    v_switches = pool.config_v_switches(config)
    covered = {v.zone for v in v_switches}
    for zone in pool.zones:
        if zone in covered:
            continue
        if len(v_switches) < len(config.v_switch_ids or ()):
            yield lacking(facts.V_SWITCHES)
            continue
        known = [v.id for v in view.v_switches.values() if v.zone == zone]
        hint = f"add a vSwitch of {zone} to {config.label}" + (f", such as {known[0]}" if known else "")
        numbers = {"zone": zone, "covered": sorted(covered)}
        if config.in_use:
            message = f"pool {pool.pool.name!r} has nodes in {zone}, and {config.label} has no vSwitch there"
            yield Hit(_config_place(pool, config, zone), message, hint, numbers)
        else:
            message = (
                f"pods without a PodNetworking (DaemonSets, for one) cannot start on nodes of pool {pool.pool.name!r} "
                f"in {zone}: {config.label} has no vSwitch there"
            )
            yield Hit(_config_place(pool, config, zone), message, hint, numbers, level="warning")


def _config_place(pool: PoolView, config: PodConfig, zone: str) -> Path:
    """Point at the PodNetworking's list, or at the node vSwitch that opens the zone."""
    if config.path != pool.path:
        return (*config.path, "vSwitchIds")
    v_switch = next(v for v in pool.node_v_switches if v.zone == zone)
    return (*pool.path, "vSwitchIds", (pool.pool.v_switch_ids or ()).index(v_switch.id))


def _short_together(plans: tuple[Share, ...]) -> Iterator[tuple[int, Hit]]:
    """Yield the shortages that no plan has alone. Of counts that plans state differently the smallest holds."""
    owners = [(i, item) for i, plan in enumerate(plans) for item in plan.parts]
    free: dict[str, int | None] = {}
    stated: dict[str, int] = {}
    for i, plan in enumerate(plans):
        for name, v_switch in plan.v_switches.items():
            counts = [count for count in (free.get(name), v_switch.available_ips) if count is not None]
            free[name] = min(counts, default=None)
            stated.setdefault(name, i)
    for found in shortages([item for _, item in owners], free):
        who = [owners[i] for i in found.pools]
        if len({i for i, _ in who}) > 1:
            i = stated[found.v_switches[0]]
            yield (
                i,
                _shortage(found, sorted(item.pool for _, item in who), plans[i].v_switches[found.v_switches[0]].path),
            )


@rule(
    "NET002",
    "error",
    "A zone has fewer free addresses than pods can land there",
    needs=(
        *facts.ZONES,
        *facts.POD_V_SWITCHES,
        facts.FREE_IPS,
        *facts.PODS_PER_NODE,
        *facts.SIZES,
        facts.ZONE_POLICY,
        facts.WORKLOAD_KIND,
        facts.REPLICAS,
    ),
    effect="The surplus pods stay in ContainerCreating (ip not enough). Every exclusive pod takes one address, "
    "and nodes in the same vSwitch take one each.",
    sources=(EXCL, CODE_POD),
    passes={"cluster.vSwitches": [{**VSWITCH_J, "availableIps": 24}]},
    fails={"cluster.vSwitches": [{**VSWITCH_J, "availableIps": 23}]},
    across=_short_together,
)
def net002(view: PlanView) -> Outcome:
    """Need at the desired size (error) and at the largest (warning), in every set of vSwitches that pods share."""
    for pool in view.pools:
        yield from _unseen(view, pool)
    for demand in view.once(demands):
        if not demand.v_switches:
            continue  # NET001 says so
        if demand.pods[0] is None:
            yield unknown_capacity(demand.pool)
            continue
        for v_switch in demand.v_switches:
            if v_switch.available_ips is None:
                yield Unknown((*v_switch.path, "availableIps"), facts.FREE_IPS, v_switch.id)
    found = view.once(parts)
    free = {name: v_switch.available_ips for name, v_switch in view.v_switches.items()}
    for shortage in shortages(found, free):
        names = sorted(found[i].pool for i in shortage.pools)
        yield _shortage(shortage, names, view.v_switches[shortage.v_switches[0]].path)


def _unseen(view: PlanView, pool: PoolView) -> Iterator[Unknown]:
    """Yield what hides where nodes and pods of a pool take addresses."""
    for config in pool.configs:
        ids = (*(pool.pool.v_switch_ids or ()), *(config.v_switch_ids or ()))
        if config.in_use and config.v_switch_ids is None:
            yield config.missing
        if config.in_use and not view.v_switches.keys() >= set(ids):
            yield lacking(facts.V_SWITCHES)


def _shortage(found: Shortage, names: list[str], path: Path) -> Hit:
    need, zone = found.need, found.zone
    who = f"pool {names[0]!r}" if len(names) == 1 else f"the pools {named(names)} together"
    what = f"{need.pods} pods" + (f" and {need.nodes} nodes" if need.nodes else "")
    return Hit(
        path,
        f"at the {found.size} size {who} can need {need.total} addresses in {zone} ({what}); "
        f"{', '.join(found.v_switches)} has {found.free} free",
        f"give the pods another vSwitch of {zone}, or make the pool smaller",
        {"needed": need.total, "available": found.free, "zone": zone, "size": found.size, "pools": names},
        level="error" if found.size == "desired" else "warning",
    )


def _group_lists(view: PlanView) -> Iterator[tuple[PodConfig, Path]]:
    """Yield each configuration that ENIs of pods get their security groups from, and where it names them."""
    for pn in view.plan.pod_networkings:
        owner = pn.path if pn.network.security_group_ids else ("cluster", "podDefaults")
        yield view.config_of(pn), (*owner, "securityGroupIds")
    seen = set()
    for pool in view.pools:
        config = pool.configs[-1]  # the one for pods without a PodNetworking
        if config.in_use and config.label not in seen:
            seen.add(config.label)
            yield config, _fallback_place(view, pool)


def _fallback_place(view: PlanView, pool: PoolView) -> Path:
    name = pool.pool.effective_terway_config
    own = (view.cluster.terway_configs or {}).get(name or "")
    if own is not None and own.security_group_ids:
        return (*own.path, "securityGroupIds")
    return ("cluster", "podDefaults", "securityGroupIds")


@rule(
    "NET003",
    "error",
    "No security group for pods, or too many",
    needs=(*facts.POD_GROUPS, facts.TERWAY_VERSION),
    effect="The ENIs of the pods cannot be created, or the PodNetworking is refused.",
    sources=(CODE_VALIDATE, REL, PN),
    fails={"cluster.podDefaults.securityGroupIds": []},
)
def net003(view: PlanView) -> Outcome:
    """0 or more than 10 is an error; more than 5 a warning, and an error with Terway < 1.13.6."""
    for config, path in _group_lists(view):
        label, ids = config.label, config.security_group_ids
        count = len(ids or ())
        counted = {"securityGroups": count, "limit": MAX_GROUPS}
        if ids is None:
            yield config.missing
        elif count == 0:
            yield Hit(path, f"{label} has no security group", "name at least one in securityGroupIds", counted)
        elif count > MAX_GROUPS:
            yield Hit(
                path, f"{label} has {count} security groups; Terway takes {MAX_GROUPS}", "merge their rules", counted
            )
        elif count > USUAL_GROUPS:
            if view.terway is None:
                yield lacking(facts.TERWAY_VERSION)
            old = view.terway is not None and view.terway < TEN_GROUPS
            reason = f"Terway before {TEN_GROUPS} takes {USUAL_GROUPS}" if old else (
                f"documents and ECS's default quota say {USUAL_GROUPS} for an ENI, Terway's code {MAX_GROUPS}"
            )  # fmt: skip
            message = f"{label} has {count} security groups: {reason}"
            hint = f"use {USUAL_GROUPS} or fewer, or have the ECS quota raised"
            yield Hit(path, message, hint, {**counted, "usual": USUAL_GROUPS}, level="error" if old else "warning")


@rule(
    "NET004",
    "error",
    "Basic and advanced security groups are mixed",
    needs=(*facts.POD_GROUPS, facts.NODE_GROUPS, facts.GROUP_TYPE),
    effect="ECS refuses an ENI with groups of both kinds: the pods, or the nodes, cannot be created.",
    sources=(SG_DOC,),
    passes={
        "cluster.securityGroups[1]": {"id": "sg-more", "type": "enterprise", "vpcId": "vpc-1"},
        "cluster.podDefaults.securityGroupIds": ["sg-pods", "sg-more"],
    },
    fails={
        "cluster.securityGroups[1]": {"id": "sg-more", "type": "normal", "vpcId": "vpc-1"},
        "cluster.podDefaults.securityGroupIds": ["sg-pods", "sg-more"],
    },
)
def net004(view: PlanView) -> Outcome:
    """The types of the groups of each list, for pods and for nodes."""
    lists = [(config.label, path, config.security_group_ids) for config, path in _group_lists(view)]
    lists += [(f"pool {p.pool.name!r}", (*p.path, "securityGroupIds"), p.pool.security_group_ids) for p in view.pools]
    for label, path, ids in lists:
        if len(ids or ()) > 1 and view.cluster.security_groups is None:
            yield lacking(facts.GROUPS)
        groups = [view.security_groups[name] for name in sorted(ids or ()) if name in view.security_groups]
        kinds = {group.type for group in groups}
        if {"normal", "enterprise"} <= kinds:
            listed = ", ".join(f"{group.id} ({group.type})" for group in groups)
            yield Hit(path, f"{label} mixes basic and advanced security groups: {listed}", "use groups of one kind")
        elif len(groups) > 1 and None in kinds:
            for group in groups:
                if group.type is None:
                    yield Unknown((*group.path, "type"), facts.GROUP_TYPE, group.id)


@rule(
    "NET005",
    "warning",
    "More pods than a basic security group holds",
    needs=(*facts.POD_GROUPS, facts.GROUP_TYPE, *facts.PODS_PER_NODE, *facts.SIZES),
    effect="A basic group holds 2,000 private addresses (6,000 when raised); beyond that ENIs cannot be created.",
    sources=(SG_DOC,),
    passes={"nodePools[0].desiredSize": 250},
    fails={
        "nodePools[0].desiredSize": 300,
        "cluster.securityGroups": [{"id": "sg-pods", "type": "normal", "vpcId": "vpc-1"}],
    },
)
def net005(view: PlanView) -> Outcome:
    """Pods of all pools at their largest size, for each basic group."""
    pods = {pool: pool.most_pods(pool.pool.largest_size) for pool in view.pools}
    most = sum(count or 0 for count in pods.values())
    enough = None in pods.values() or most > BASIC_GROUP_ADDRESSES
    users: dict[str, list[PoolView]] = {}
    for pool in pods:
        for config in pool.configs:
            if enough and config.in_use and config.security_group_ids is None:
                yield config.missing
        names = {name for config in pool.configs if config.in_use for name in config.security_group_ids or ()}
        for name in names:
            users.setdefault(name, []).append(pool)
    for name, pools in sorted(users.items()) if enough else ():
        yield from _crowded(view, name, {pool: pods[pool] for pool in pools})


def _crowded(view: PlanView, name: str, uses: Mapping[PoolView, int | None]) -> Outcome:
    """Compare the pods of some pools with what a group holds that they use, if it is a basic one."""
    group = view.security_groups.get(name)
    if group is not None and group.type == "enterprise":
        return
    pods = sum(count or 0 for count in uses.values())
    if pods <= BASIC_GROUP_ADDRESSES:
        yield from (unknown_capacity(pool) for pool, count in uses.items() if count is None)
    elif group is None:
        if view.cluster.security_groups is None:
            yield lacking(facts.GROUPS)
    elif group.type is None:
        yield Unknown((*group.path, "type"), facts.GROUP_TYPE, group.id)
    else:
        yield Hit(
            group.path,
            f"up to {pods} exclusive pods use the basic security group {name}; it holds {BASIC_GROUP_ADDRESSES}",
            "use an advanced group (65,536 addresses), or have the quota raised",
            {"pods": pods, "limit": BASIC_GROUP_ADDRESSES},
        )
