"""NET rules: the vSwitches, zones, addresses and security groups of pods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.messages import Key, count, named, say
from eniplan.rules.addresses import demands, parts, shortages
from eniplan.rules.base import Hit, Outcome, Unknown, lacking, rule
from eniplan.rules.eni import unknown_capacity
from eniplan.rules.examples import BOTH_V_SWITCHES, VSWITCH_J, VSWITCH_K
from eniplan.rules.shared import free_together
from eniplan.rules.sources import (
    CODE_POD,
    CODE_VALIDATE,
    CODE_ZONES,
    EXCL,
    KUBERNETES_ROLLOUT,
    PN,
    REL,
    SG_DOC,
    V_SWITCHES_API,
)
from eniplan.versions import TerwayVersion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.messages import Message
    from eniplan.plan.document import Path
    from eniplan.rules.addresses import Shortage
    from eniplan.rules.shared import Share
    from eniplan.rules.view import PlanView, PodConfig, PoolView

MAX_GROUPS = 10
USUAL_GROUPS = 5
"""ECS's default quota of security groups per ENI; users can request more."""
TEN_GROUPS = TerwayVersion((1, 13, 6))
BASIC_GROUP_ADDRESSES = 2000
"""Private IPv4 addresses that a basic security group holds by default; the quota can be raised to 6,000."""

_TWO_ZONES = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K], "nodePools[0].vSwitchIds": BOTH_V_SWITCHES}


@rule(
    "NET001",
    "error",
    "A zone of the pool has no pod vSwitch",
    needs=(*facts.ZONES, *facts.POD_V_SWITCHES),
    effect="Exclusive pods cannot be created on nodes of this zone: they stay in ContainerCreating, since Terway does "
    "not fall back to the node's own vSwitch. Pods with a PodNetworking, except those of DaemonSets, are kept to the "
    "zones of its vSwitches: these nodes stay empty, and pods stay Pending if the others have no room.",
    sources=(EXCL, PN, CODE_POD, CODE_ZONES),
    passes={**_TWO_ZONES, "cluster.podDefaults.vSwitchIds": BOTH_V_SWITCHES},
    fails=_TWO_ZONES,
)
def net001(view: PlanView) -> Outcome:
    """The zones of the nodes against the vSwitch zones of every configuration that pods may get."""
    for pool in view.pools:
        yield from pool.unseen_zones()
        for config in pool.configs:
            if config.v_switch_ids is None:
                yield config.missing
                continue
            yield from _uncovered_zones(view, pool, config)
    placed = {pn.name for networkings in view.pod_networkings_by_pool.values() for pn in networkings}
    for pn in view.plan.pod_networkings:
        if pn.name not in placed and view.asks_for_eni(pn):
            about = say("PodNetworking {podNetworking!r}", podNetworking=pn.name)
            yield Unknown((*pn.path, "nodePools"), facts.NETWORKING_POOLS, about)


def _uncovered_zones(view: PlanView, pool: PoolView, config: PodConfig) -> Outcome:
    v_switches = pool.config_v_switches(config)
    for zone in pool.zones:
        if zone in v_switches:
            continue
        if sum(map(len, v_switches.values())) < len(config.v_switch_ids or ()):
            yield lacking(facts.V_SWITCHES)
            continue
        # The node vSwitch there is known: the zone comes from it.
        known = view.v_switches_by_zone[zone][0].id
        hint = say(
            "add a vSwitch of {zone} to {config}, such as {vSwitch}", zone=zone, config=config.label, vSwitch=known
        )
        about = {"pool": pool.pool.name, "zone": zone, "config": config.label}
        message = say("pool {pool!r} has nodes in {zone}, and {config} has no vSwitch there", **about)
        if not config.in_use:
            message = say(
                "pods without a PodNetworking (such as DaemonSets) cannot start on nodes of pool {pool!r} in {zone}: "
                "{config} has no vSwitch there",
                **about,
            )
        numbers = {"covered": sorted(v_switches)}
        yield Hit(_config_place(pool, config, zone), message, hint, numbers, level=None if config.in_use else "warning")


def _config_place(pool: PoolView, config: PodConfig, zone: str) -> Path:
    """Return the path of the PodNetworking's list, or of the node vSwitch that brings the zone in."""
    if config.path != pool.path:
        return (*config.path, "vSwitchIds")
    v_switch = next(v for v in pool.node_v_switches if v.zone == zone)
    return (*pool.path, "vSwitchIds", (pool.pool.v_switch_ids or ()).index(v_switch.id))


def _short_together(plans: tuple[Share, ...]) -> Iterator[tuple[int, Hit]]:
    """Yield the shortages that only several plans together have."""
    owners = [(i, item) for i, plan in enumerate(plans) for item in plan.parts]
    stated: dict[str, int] = {}
    for i, plan in enumerate(plans):
        for name in plan.v_switches:
            stated.setdefault(name, i)
    for found in shortages([item for _, item in owners], free_together(plans)):
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
    "A zone has fewer free addresses than pods that can run there",
    needs=(
        *facts.ZONES,
        *facts.POD_V_SWITCHES,
        facts.FREE_IPS,
        *facts.PODS_PER_NODE,
        *facts.SIZES,
        facts.ZONE_POLICY,
        facts.WORKLOAD_KIND,
        facts.REPLICAS,
        facts.MAX_REPLICAS,
        facts.STRATEGY,
    ),
    effect="The surplus pods stay in ContainerCreating (ip not enough). Every exclusive pod uses one address, and so "
    "does each node in the same vSwitch. An update that starts a pod before it removes one needs one more, or it waits "
    "forever.",
    sources=(EXCL, CODE_POD, KUBERNETES_ROLLOUT),
    passes={"cluster.vSwitches": [{**VSWITCH_J, "availableIps": 24}]},
    fails={"cluster.vSwitches": [{**VSWITCH_J, "availableIps": 23}]},
    across=_short_together,
)
def net002(view: PlanView) -> Outcome:
    """The need at the desired size (error), in updates and at the largest size (warning), in each set of vSwitches."""
    for pool in view.pools:
        yield from _unseen(view, pool)
    for demand in view.once(demands):
        if not demand.v_switches:
            continue  # NET001 reports it
        if demand.asked.pods.desired is None:
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
    """Yield the unknown facts that hide where nodes and pods of a pool use addresses."""
    yield from pool.unstated_v_switches()
    for config in (config for config in pool.configs if config.in_use):
        if config.v_switch_ids is None:
            yield config.missing
        elif not view.v_switches.keys() >= set(config.v_switch_ids):
            yield lacking(facts.V_SWITCHES)


def _shortage(found: Shortage, names: list[str], path: Path) -> Hit:
    need, zone = found.need, found.zone
    who = say("the pools {pools} together", pools=named(names))
    if len(names) == 1:
        who = say("pool {pool!r}", pool=names[0])
    what = count(need.pods or 0, "{n} pod", "{n} pods")
    hint = say("give the pods another vSwitch in {zone}, or make the pool smaller", zone=zone)
    if need.updating:
        what = say("{pods}, {n} more in a rolling update", pods=what, n=need.updating)
        if found.size == "desired":
            hint = say(
                "give the pods another vSwitch in {zone}, or set maxSurge to 0 and maxUnavailable to 1", zone=zone
            )
    if need.nodes:
        what = say("{pods} and {nodes}", pods=what, nodes=count(need.nodes, "{n} node", "{n} nodes"))
    return Hit(
        path,
        say(
            "at the {size} size {who} can need {needed} addresses in {zone} ({what}); {available} free in {vSwitches}",
            size=say("desired") if found.size == "desired" else say("largest"),
            who=who,
            needed=need.total,
            zone=zone,
            what=what,
            vSwitches=tuple(found.v_switches),
            available=found.free,
        ),
        hint,
        {"pools": names},
        level="error" if found.size == "desired" and not need.updating else "warning",
    )


def _with_groups(view: PlanView) -> Iterator[PodConfig]:
    """Yield each configuration that provides security groups for the ENIs of pods."""
    yield from view.configs.values()
    yield from (pool.fallback for pool in view.pools if pool.fallback.in_use)


@rule(
    "NET003",
    "error",
    "Pods have no security group, or too many",
    needs=(*facts.POD_GROUPS, facts.TERWAY_VERSION),
    effect="The ENIs of the pods cannot be created, or the PodNetworking is refused.",
    sources=(CODE_VALIDATE, REL, PN),
    fails={"cluster.podDefaults.securityGroupIds": []},
)
def net003(view: PlanView) -> Outcome:
    """0 or more than 10 is an error; more than 5 a warning, and an error with Terway < 1.13.6."""
    for config in _with_groups(view):
        label, ids, path = config.label, config.security_group_ids, config.groups_at
        number = len(ids or ())
        if ids is None:
            yield config.missing
        elif number == 0:
            message = say("{config} has no security group", config=label)
            hint = say("name at least one in {key}", key=Key("securityGroupIds"))
            yield Hit(path, message, hint, {"securityGroups": 0, "limit": MAX_GROUPS})
        elif number > MAX_GROUPS:
            message = say(
                "{config} has {securityGroups} security groups; Terway accepts {limit}",
                config=label,
                securityGroups=number,
                limit=MAX_GROUPS,
            )
            yield Hit(path, message, say("merge their rules"))
        elif number > USUAL_GROUPS:
            if view.terway is None:
                yield lacking(facts.TERWAY_VERSION)
            yield _many_groups(path, label, number, old=most_groups(view.terway) == USUAL_GROUPS)


def most_groups(terway: TerwayVersion | None) -> int:
    """Return the maximum number of security groups of a PodNetworking, as far as known."""
    return USUAL_GROUPS if terway is not None and terway < TEN_GROUPS else MAX_GROUPS


def _many_groups(path: Path, label: Message, number: int, *, old: bool) -> Hit:
    hint = say("use {usual} or fewer, or request a higher ECS quota", usual=USUAL_GROUPS)
    if old:
        message = say(
            "{config} has {securityGroups} security groups; Terway before {required} accepts {usual}",
            config=label,
            securityGroups=number,
            required=str(TEN_GROUPS),
            usual=USUAL_GROUPS,
        )
        return Hit(path, message, hint, {"limit": MAX_GROUPS})
    message = say(
        "{config} has {securityGroups} security groups; documents and ECS's default quota allow {usual} per ENI, "
        "Terway's code {limit}",
        config=label,
        securityGroups=number,
        usual=USUAL_GROUPS,
        limit=MAX_GROUPS,
    )
    return Hit(path, message, hint, level="warning")


@rule(
    "NET004",
    "error",
    "Basic and advanced security groups are mixed",
    needs=(*facts.POD_GROUPS, facts.NODE_GROUPS, facts.GROUPS, facts.GROUP_TYPE),
    effect="ECS refuses an ENI with groups of both types: the pods, or the nodes, cannot be created.",
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
    """The group types in each list, for pods and for nodes."""
    yield from (config.missing for config in _with_groups(view) if config.security_group_ids is None)
    lists = [(config.label, config.groups_at, config.security_group_ids) for config in _with_groups(view)]
    lists += [
        (say("pool {pool!r}", pool=p.pool.name), (*p.path, "securityGroupIds"), p.pool.security_group_ids)
        for p in view.pools
    ]
    for label, path, ids in lists:
        if len(set(ids or ())) > 1 and view.cluster.security_groups is None:
            yield lacking(facts.GROUPS)
        groups = [view.security_groups[name] for name in sorted(ids or ()) if name in view.security_groups]
        kinds = {group.type for group in groups}
        if {"normal", "enterprise"} <= kinds:
            listed = tuple(say("{id} ({type})", id=group.id, type=group.type) for group in groups)
            message = say("{config} mixes basic and advanced security groups: {groups}", config=label, groups=listed)
            yield Hit(path, message, say("use groups of one type"))
        elif len(groups) > 1:
            for group in groups:
                if group.type is None:
                    yield Unknown((*group.path, "type"), facts.GROUP_TYPE, group.id)


@rule(
    "NET005",
    "warning",
    "More pods than a basic security group holds",
    needs=(*facts.POD_GROUPS, facts.GROUPS, facts.GROUP_TYPE, *facts.PODS_PER_NODE, *facts.SIZES),
    effect="A basic group holds 2,000 private addresses (6,000 after a quota increase); ENIs beyond that cannot be "
    "created.",
    sources=(SG_DOC,),
    passes={"nodePools[0].desiredSize": 250},
    fails={
        "nodePools[0].desiredSize": 300,
        "cluster.securityGroups": [{"id": "sg-pods", "type": "normal", "vpcId": "vpc-1"}],
    },
)
def net005(view: PlanView) -> Outcome:
    """The pods of all pools at their largest size, for each basic group."""
    pods = {pool: pool.pool.sizes.each(pool.most_pods).largest for pool in view.pools}
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
    for name, pools in sorted(users.items()):
        yield from _crowded(view, name, {pool: pods[pool] for pool in pools})


def _crowded(view: PlanView, name: str, uses: Mapping[PoolView, int | None]) -> Outcome:
    """Compare the pods of the pools that use a group with its limit, if it is a basic group."""
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
            say(
                "up to {pods} exclusive pods use the basic security group {id}; it holds {limit}",
                pods=pods,
                id=name,
                limit=BASIC_GROUP_ADDRESSES,
            ),
            say("use an advanced group (65,536 addresses), or request a higher quota"),
        )


@rule(
    "NET006",
    "warning",
    "A zone does not belong to the region",
    needs=(facts.V_SWITCHES, facts.REGION),
    effect="The id of a zone starts with the id of its region. Otherwise one of the two is wrong, and types, stock and "
    "vSwitches were read or planned for the wrong place.",
    sources=(V_SWITCHES_API,),
    passes={"cluster.vSwitches": [VSWITCH_J, VSWITCH_K]},
    fails={"cluster.region": "cn-shanghai"},
)
def net006(view: PlanView) -> Outcome:
    """Every stated zone against the stated region, or against each other. An account's own zones are right."""
    if view.live is not None and view.live.v_switches is not None:
        return
    zones: dict[str, Path] = {}
    for v_switch in view.cluster.v_switches or ():
        zones.setdefault(v_switch.zone, (*v_switch.path, "zone"))
    region = view.cluster.region
    strange = sorted(zone for zone in zones if _region(zone) != region)
    if region is None:
        if len({_region(zone) for zone in zones}) > 1:
            message = say("the zones of the vSwitches are in different regions: {zones}", zones=named(sorted(zones)))
            yield Hit(("cluster", "vSwitches"), message, say("correct the zones"), {"zones": sorted(zones)})
    elif strange and len(strange) == len(zones):
        message = say("no zone of the vSwitches is in {region}: {zones}", region=region, zones=named(strange))
        yield Hit(("cluster", "region"), message, say("correct the region, or the zones"), {"zones": strange})
    else:
        for zone in strange:
            message = say("zone {zone} is not in {region}", zone=zone, region=region)
            hint = say("zone ids of the region are {region} and a letter", region=region)
            yield Hit(zones[zone], message, hint)


def _region(zone: str) -> str | None:
    """Return the region in a zone id such as cn-hangzhou-j or us-east-1a; None if the id is not one of a zone."""
    found = re.fullmatch(r"(.*[0-9])[a-z]{1,2}|(.+)-[a-z][a-z0-9]?", zone)
    return found and (found[1] or found[2])
