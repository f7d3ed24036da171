"""LIVE rules: where the plan contradicts the account, and facts that only an account has.

The other rules already judge by the account's facts. These rules report the differences, and judge quotas, stock
and other facts that no plan states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts, versions
from eniplan.catalog.record import LIMITS
from eniplan.messages import say
from eniplan.plan.model import TERWAY_ADDON, Cluster, Terway
from eniplan.rules.base import Hit, Outcome, Unknown, account_rule
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, TYPE
from eniplan.rules.sources import (
    CLUSTER_API,
    CODE_DYNAMIC,
    EXCL,
    LINGJUN_POOLS,
    NODE_GROUP_API,
    QUOTA_API,
    STOCK_API,
    TYPES_API,
    V_SWITCHES_API,
)
from eniplan.suggest import did_you_mean
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.facts import Fact
    from eniplan.plan.document import Path
    from eniplan.plan.live import LiveFacts
    from eniplan.plan.model import Network
    from eniplan.rules.view import PlanView, PoolView

_IN_STOCK = ("WithStock", "ClosedWithStock", "Available")
"""In-stock values of StatusCategory in DescribeAvailableResource; responses without it are in stock if Available."""
_RAISE = say("request a higher quota in Quota Center")
OTHER_CLUSTER = say(
    "a network add-on cannot be replaced: use a cluster that was created with {addon}", addon=TERWAY_ADDON
)
_ON_THE_WAY = ("initial", "updating", "upgrading", "waiting")
_CLUSTER: Path = ("cluster",)


def unread(live: LiveFacts, fact: Fact, path: Path = _CLUSTER) -> Outcome:
    """Yield the unknown fact if a failed call is the reason."""
    found = live.unread_fact(fact)
    if found is not None:
        yield Unknown(path, fact, hint=say("{reason}", reason=found.reason))


class _Statement(NamedTuple):
    """A fact in the plan and in the account."""

    path: Path
    name: str
    stated: object
    account: object


@account_rule(
    "LIVE001",
    "warning",
    "The account contradicts the plan",
    needs=(facts.CLUSTER, facts.POOL_NAME, facts.LINGJUN, *facts.ASKED),
    effect="The plan is judged by the account's values. The plan misleads its readers, and a check without --live "
    "uses the wrong values.",
    sources=(CLUSTER_API, V_SWITCHES_API),
    fails={"cluster.kubernetesVersion": "1.33.1-aliyun.1"},
    account={},
)
def live001(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """Every stated fact against the account's value."""
    view, live = asked
    for lacking in live.unread:
        yield from unread(live, lacking.fact)
    for path, name, stated, found in (*_cluster_facts(view, live), *_listed_facts(view, live), *_lingjun(view, live)):
        if stated is not None and found is not None and not _same(stated, found):
            message = say(
                "the plan says {name} is {stated}, the account says {account}",
                name=name,
                stated=_word(stated),
                account=_word(found),
            )
            hit = Hit(path, message, say("write {account}", account=_word(found)), {"stated": stated, "account": found})
            if path[-1] == "availableIps":
                hit = hit._replace(
                    hint=say("the number changes constantly: leave it out when you use --live"), level="info"
                )
            yield hit


def _word(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value if value != "" else say("nothing")


def _same(stated: object, found: object) -> bool:
    """Return whether two values agree. A shortened version agrees with the full one."""
    return stated == found or versions.agree(str(stated), str(found))


def _cluster_facts(view: PlanView, live: LiveFacts) -> Iterator[_Statement]:
    cluster, found = view.stated.cluster, live.cluster
    if found is not None:
        values: dict[str, tuple[object, object]] = {
            "kubernetesVersion": (cluster.kubernetes_version, found.kubernetes_version),
            "ipStack": (cluster.ip_stack, found.ip_stack),
            "vpcId": (cluster.vpc_id, found.vpc_id),
        }
        for key, (stated, account) in values.items():
            yield _Statement(("cluster", key), f"cluster.{key}", stated, account)
    if live.terway is not None and live.terway.installed:
        ours, theirs = cluster.terway, live.terway
        pairs: dict[str, tuple[object, object]] = {
            "version": (ours.version, theirs.version),
            "addon": (ours.addon, TERWAY_ADDON),
            "eniTrunking": (ours.eni_trunking, theirs.eni_trunking),
            "networkPolicy": (ours.network_policy, theirs.network_policy),
            "virtualType": (ours.virtual_type, "ipvlan" if theirs.ipvlan else None),
        }
        for key, (stated, account) in pairs.items():
            yield _Statement(("cluster", "terway", key), f"cluster.terway.{key}", stated, account)


def _listed_facts(view: PlanView, live: LiveFacts) -> Iterator[_Statement]:
    for v_switch in view.stated.cluster.v_switches or ():
        found = (live.v_switches or {}).get(v_switch.id)
        if found is not None:
            pairs: dict[str, tuple[object, object]] = {
                "zone": (v_switch.zone, found.zone),
                "vpcId": (v_switch.vpc_id, found.vpc_id),
                "ipv6Cidr": (v_switch.ipv6_cidr, found.ipv6_cidr or ""),
                "availableIps": (v_switch.available_ips, found.available_ips),
            }
            for key, (stated, account) in pairs.items():
                name = say("{key} of {id}", key=key, id=v_switch.id)
                yield _Statement((*v_switch.path, key), name, stated, account)
    for group in view.stated.cluster.security_groups or ():
        there = (live.security_groups or {}).get(group.id)
        if there is not None:
            for key, stated, account in (("type", group.type, there.type), ("vpcId", group.vpc_id, there.vpc_id)):
                yield _Statement((*group.path, key), say("{key} of {id}", key=key, id=group.id), stated, account)


def _lingjun(view: PlanView, live: LiveFacts) -> Iterator[_Statement]:
    for pool in view.stated.node_pools:
        group = live.lingjun.get(pool.lingjun.get("groupId", ""))
        if group is not None:
            known = {"nodeType": group.node_type, "nodeCount": group.nodes}  # LIVE011 reports clusterId
            for key, account in known.items():
                name = say("lingjun.{key} of pool {pool!r}", key=key, pool=pool.name)
                yield _Statement((*pool.path, "lingjun", key), name, pool.lingjun.get(key), account)


@account_rule(
    "LIVE012",
    "warning",
    "A ConfigMap of Terway contradicts the plan",
    needs=(
        facts.IP_STACK, facts.ENI_TRUNKING, facts.IPAM_TYPE, facts.ERDMA, facts.NETWORK_POLICY, facts.VIRTUAL_TYPE,
        facts.CNI_CHAIN, facts.POD_DEFAULTS, facts.TERWAY_CONFIGS, facts.ENI_CONFIG,
    ),
    effect="The plan is judged by the ConfigMap, which is what Terway reads; the plan misleads its readers.",
    sources=(CODE_DYNAMIC,),
    fails={"cluster.terway.erdma": False},
    account={"configs": Cluster(terway=Terway(erdma=True))},
)  # fmt: skip
def live012(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """The plan against eni-config and the node-level ConfigMaps, if `--context` gives access to them."""
    view, live = asked
    yield from unread(live, facts.ENI_CONFIG)
    for name, path, key, stated, found in _configured(view.stated.cluster, live.configs or Cluster()):
        if stated not in (None, ()) and found not in (None, ()) and _unordered(stated) != _unordered(found):
            message = say("the plan says {name} is {stated}, ConfigMap {configMap} says {cluster}", name=key,
                          stated=_word(stated), cluster=_word(found), configMap=name)  # fmt: skip
            hint = say("write {cluster}; kubectl -n kube-system get configmap {configMap} -o yaml",
                       cluster=_word(found), configMap=name)  # fmt: skip
            yield Hit(path, message, hint, {"stated": _plain(stated), "cluster": _plain(found)})


def _unordered(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _configured(stated: Cluster, found: Cluster) -> Iterator[tuple[str, Path, str, object, object]]:
    """Yield (ConfigMap, path, name, stated value, actual value) for each fact in Terway's ConfigMaps."""
    ours, theirs = stated.terway, found.terway
    pairs: dict[str, tuple[object, object]] = {
        "eniTrunking": (ours.eni_trunking, theirs.eni_trunking),
        "ipamType": (ours.ipam_type, theirs.ipam_type),
        "erdma": (ours.erdma, theirs.erdma),
        "networkPolicy": (ours.network_policy, theirs.network_policy),
        "virtualType": (ours.virtual_type, theirs.virtual_type),
        "customCniChain": (ours.custom_cni_chain, theirs.custom_cni_chain),
    }
    yield "eni-config", ("cluster", "ipStack"), "cluster.ipStack", stated.ip_stack, found.ip_stack
    for key, (ours_of, theirs_of) in pairs.items():
        yield "eni-config", ("cluster", "terway", key), f"cluster.terway.{key}", ours_of, theirs_of
    networks: dict[tuple[str, ...], tuple[str, Network | None, Network | None]] = {
        ("podDefaults",): ("eni-config", stated.pod_defaults, found.pod_defaults)
    }
    for name, network in (found.terway_configs or {}).items():
        networks["terwayConfigs", name] = (name, (stated.terway_configs or {}).get(name), network)
    for where, (name, our, their) in networks.items():
        if our is not None and their is not None:
            path: Path = ("cluster", *where)
            word = ".".join(where)
            yield name, (*path, "vSwitchIds"), f"{word}.vSwitchIds", our.v_switch_ids, their.v_switch_ids
            groups = our.security_group_ids, their.security_group_ids
            yield name, (*path, "securityGroupIds"), f"{word}.securityGroupIds", *groups


@account_rule(
    "LIVE002",
    "error",
    "The cluster is not running",
    needs=(facts.CLUSTER_ID, facts.ACCOUNT_CLUSTER, facts.CLUSTER_STATE),
    effect="ACK refuses to create a node pool, or the nodes do not join.",
    sources=(CLUSTER_API,),
    fails={},
    account={"cluster.state": "updating"},
)
def live002(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """The cluster's state."""
    _, live = asked
    yield from unread(live, facts.ACCOUNT_CLUSTER)
    state = None if live.cluster is None else live.cluster.state
    if state is not None and state != "running":
        wait, repair = say("wait until it is running"), say("repair it first, or use another cluster")
        message = say("the cluster is {state}, not running", state=state)
        yield Hit(("cluster", "id"), message, wait if state in _ON_THE_WAY else repair)
    elif live.cluster is not None and state is None:
        yield Unknown(("cluster", "id"), facts.CLUSTER_STATE)


@account_rule(
    "LIVE003",
    "error",
    "The cluster is in another region",
    needs=(facts.REGION, facts.ACCOUNT_CLUSTER),
    effect="Types, stock, vSwitches and security groups were read from the wrong region.",
    sources=(CLUSTER_API,),
    fails={"cluster.region": "cn-beijing"},
    account={"region": "cn-beijing"},
)
def live003(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """The queried region against the cluster's own."""
    _, live = asked
    if live.cluster is not None and live.cluster.region not in (None, live.region):
        own = live.cluster.region
        message = say("the cluster is in {account}; the request went to {asked}", account=own, asked=live.region)
        yield Hit(("cluster", "region"), message, say("write {account}", account=own))


@account_rule(
    "LIVE004",
    "error",
    "The Terway add-on is missing or not active",
    needs=(facts.ACCOUNT_TERWAY, facts.ADDON_STATE),
    effect="Without terway-eniip the label has no effect; while the add-on changes, new nodes may come up with "
    "either version.",
    sources=(EXCL,),
    fails={},
    account={"terway.installed": False},
)
def live004(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """Whether terway-eniip is installed and active."""
    _, live = asked
    yield from unread(live, facts.ACCOUNT_TERWAY)
    terway, path = live.terway, ("cluster", "terway")
    if terway is None:
        return
    if not terway.installed:
        yield Hit(path, say("the cluster has no add-on {addon}", addon=TERWAY_ADDON), OTHER_CLUSTER)
    elif terway.state is None:
        yield Unknown(path, facts.ADDON_STATE, TERWAY_ADDON)
    elif terway.state in ("updating", "upgrading"):
        message = say("the add-on {addon} is {state}", addon=TERWAY_ADDON, state=terway.state)
        yield Hit(path, message, say("wait until it is active"), level="warning")
    elif terway.state != "active":
        message = say("the add-on {addon} is {state}, not active", addon=TERWAY_ADDON, state=terway.state)
        yield Hit(path, message, say("repair the add-on first"))


@account_rule(
    "LIVE005",
    "error",
    "The instance type is not offered in the zones of the pool",
    needs=(*facts.ALL_TYPES, *facts.ZONES, facts.ACCOUNT_TYPES, facts.ACCOUNT_STOCK),
    effect="No node of this type can be created there; a pool with only such types stays empty.",
    sources=(STOCK_API, TYPES_API),
    fails={},
    account={"stock": {TYPE: {"cn-hangzhou-k": "WithStock"}}},
)
def live005(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """Types missing in the region, or in all zones of the pool, are errors; missing in some zones, warnings."""
    view, live = asked
    yield from unread(live, facts.ACCOUNT_TYPES)
    yield from unread(live, facts.ACCOUNT_STOCK)
    for pool in view.ecs_pools:
        if live.unread_fact(facts.ACCOUNT_TYPES) is None:
            yield from _unknown_to_region(pool, live)
        for use in pool.types:
            offered = sorted(live.stock.get(use.name, pool.zones))  # without an answer, nothing is missing
            missing = [zone for zone in pool.zones if zone not in offered]
            is_told = live.unread_fact(facts.ACCOUNT_TYPES) is None and use.name not in live.types  # above
            if missing and (offered or not is_told):
                some = len(missing) < len(pool.zones)
                message = say(
                    "{type} is not offered in {zones}, where pool {pool!r} has vSwitches",
                    type=use.name,
                    zones=tuple(missing),
                    pool=pool.pool.name,
                )
                hint = say("no zone of the region offers it")
                if offered:
                    hint = say("it is offered in {zones}", zones=tuple(offered))
                hit = Hit(use.path, message, hint, {"offered": offered})
                yield hit._replace(level="warning") if some else hit


def _unknown_to_region(pool: PoolView, live: LiveFacts) -> Iterator[Hit]:
    for use in pool.distinct_types:
        if use.name not in live.types:
            hint = did_you_mean(use.name, live.types) or say("choose another type, or another region")
            yield Hit(use.path, say("{region} does not offer {type}", region=live.region, type=use.name), hint)
    for choice in pool.families:
        if not live.families.get(choice.family):
            path = (*pool.path, "instanceFamilies", choice.position)
            message = say("{region} offers no type of the family {family}", region=live.region, family=choice.family)
            yield Hit(path, message, say("choose another family, or another region"))


@account_rule(
    "LIVE006",
    "error",
    "No instance type of the pool is in stock",
    needs=(*facts.ALL_TYPES, *facts.ZONES, facts.ACCOUNT_STOCK),
    effect="Nodes cannot be created until the types are back in stock: the pool stays below its size.",
    sources=(STOCK_API,),
    fails={},
    account={"stock": {TYPE: {"cn-hangzhou-j": "WithoutStock"}}},
)
def live006(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """The stock of every type of a pool by zone: an error if all are out of stock, else a warning."""
    view, live = asked
    yield from unread(live, facts.ACCOUNT_STOCK)
    for pool in view.ecs_pools:
        cells = [
            (use, zone, live.stock[use.name][zone])
            for use in pool.types
            for zone in pool.zones
            if zone in live.stock.get(use.name, {})
        ]
        out = [cell for cell in cells if cell[2] not in _IN_STOCK]
        nothing_left = len(out) == len(cells) and all(use.name in live.stock for use in pool.types)
        for use, zone, status in out:
            message = say(
                "{type} is out of stock in {zone} ({status})",
                type=use.name,
                zone=zone,
                status=status or say("no status"),
            )
            hint = say("add another type, or a vSwitch of another zone")
            yield Hit(use.path, message, hint, {"status": status}, None if nothing_left else "warning")


@account_rule(
    "LIVE007",
    "error",
    "A vSwitch or security group does not exist, or is in another VPC",
    needs=(
        facts.NODE_V_SWITCHES,
        facts.NODE_GROUPS,
        facts.POD_DEFAULTS,
        facts.TERWAY_CONFIGS,
        facts.NETWORKING_V_SWITCHES,
        facts.NETWORKING_GROUPS,
        facts.VPC,
        facts.ACCOUNT_V_SWITCHES,
        facts.ACCOUNT_GROUPS,
    ),
    effect="Nodes or ENIs cannot be created there.",
    sources=(V_SWITCHES_API, EXCL),
    fails={"cluster.securityGroups": ABSENT},
    account={"security_groups.sg-pods.vpc_id": "vpc-2"},
)
def live007(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """Every id in the plan against the vSwitches of the cluster's VPC and the security groups of the account."""
    view, live = asked
    yield from unread(live, facts.ACCOUNT_V_SWITCHES)
    yield from unread(live, facts.ACCOUNT_GROUPS)
    vpc = view.cluster.vpc_id
    for path, key, name in view.references:
        if key == "vSwitchIds" and live.v_switches is not None and name not in live.v_switches:
            message = say("the cluster's VPC {vpcId} has no vSwitch {vSwitchId!r}", vpcId=vpc, vSwitchId=name)
            hint = did_you_mean(name, live.v_switches) or say("use one in this VPC that the credentials can list")
            yield Hit(path, message, hint)
        elif key == "securityGroupIds" and live.security_groups is not None:
            group = live.security_groups.get(name)
            if group is None:
                message = say("{region} has no security group {id!r}", region=live.region, id=name)
                yield Hit(path, message, say("check the id, and whether the credentials may list it"))
            elif None not in (group.vpc_id, vpc) and group.vpc_id != vpc:
                message = say(
                    "security group {id} is in VPC {vpcId}, the cluster in {cluster}",
                    id=name,
                    vpcId=group.vpc_id,
                    cluster=vpc,
                )
                yield Hit(path, message, say("use one in the cluster's VPC"))


@account_rule(
    "LIVE008",
    "error",
    "The plan exceeds a quota",
    needs=(facts.POOL_NAME, facts.KIND, *facts.SIZES, facts.ACCOUNT_QUOTA, facts.ACCOUNT_POOLS, facts.ACCOUNT_CLUSTER),
    effect="ACK refuses the node pool, or the nodes above the quota.",
    sources=(QUOTA_API,),
    fails={},
    account={"quota.pools": 1},
)
def live008(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """Existing and planned node pools and nodes against the quotas of a cluster."""
    view, live = asked
    yield from unread(live, facts.ACCOUNT_QUOTA)
    yield from unread(live, facts.ACCOUNT_POOLS)
    if live.quota is None:
        return
    new = [pool for pool in view.pools_by_name.values() if pool.pool.name not in view.existing_pools]
    if live.pools is not None and live.quota.pools is not None and new:
        total = len(live.pools) + len(new)
        if total > live.quota.pools:
            message = say(
                "the cluster has {pools} node pools, the plan adds {new}; the quota is {quota}",
                pools=len(live.pools),
                new=len(new),
                quota=live.quota.pools,
            )
            yield Hit(("nodePools",), message, _RAISE)
    nodes = None if live.cluster is None else live.cluster.nodes
    if nodes is not None and live.quota.nodes is not None and live.pools is not None:
        yield from _nodes_beyond(new, nodes, live.quota.nodes)


def _nodes_beyond(new: list[PoolView], nodes: int, quota: int) -> Iterator[Hit]:
    for size, counts in (
        ("desired", [pool.pool.sizes.desired or 0 for pool in new]),
        ("largest", [pool.pool.sizes.largest or 0 for pool in new]),
    ):
        if sum(counts) and nodes + sum(counts) > quota:
            message = say(
                "the cluster has {nodes} nodes, the plan adds {new} at the {size} size; the quota is {quota}",
                nodes=nodes,
                new=sum(counts),
                size=say("desired") if size == "desired" else say("largest"),
                quota=quota,
            )
            yield Hit(("nodePools",), message, _RAISE, level=None if size == "desired" else "warning")
            return


@account_rule(
    "LIVE009",
    "info",
    "The account's limits differ from the instance data",
    needs=(*facts.ALL_TYPES, facts.ACCOUNT_TYPES),
    effect="The verdict uses the account's numbers; a check without --live uses the others.",
    sources=(TYPES_API,),
    fails={},
    account={"types": {TYPE: {"InstanceTypeId": TYPE, "EniQuantity": 9}}},
)
def live009(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """Each limit of each type that both the account and the instance data have."""
    view, _ = asked
    for pool in view.ecs_pools:
        for use in pool.types:
            known = view.stated_catalog.get(use.name)
            if known is None or use.record is None:
                continue
            for field in LIMITS:
                bundled, account = getattr(known, field), getattr(use.record, field)
                if bundled not in (None, account):  # a number that the account lacks is the bundled one
                    yield Hit(
                        use.path,
                        say(
                            "{field} of {type}: the account says {account}, the instance data {instanceData}",
                            field=field,
                            type=use.name,
                            account=account,
                            instanceData=bundled,
                        ),
                        say("the account's number is used"),
                        sources=(
                            view.catalog.source_for(use.record, field),
                            view.stated_catalog.source_for(known, field),
                        ),
                    )


@account_rule(
    "LIVE010",
    "error",
    "The Lingjun node group does not exist, or has no nodes",
    needs=(facts.KIND, facts.LINGJUN, facts.ACCOUNT_LINGJUN),
    effect="ACK cannot create the pool, or the pool stays without nodes.",
    sources=(LINGJUN_POOLS, NODE_GROUP_API),
    fails={"nodePools[1]": LINGJUN_POOL},
    account={"lingjun.ng-ec3c96ff0aa1": None},
)
def live010(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """Each `lingjun.groupId` in the account."""
    view, live = asked
    for pool in view.lingjun_pools:
        name = pool.pool.lingjun.get("groupId")
        path = (*pool.path, "lingjun", "groupId")
        if name is None:
            continue  # LJ002
        if name not in live.lingjun:
            yield from unread(live, facts.ACCOUNT_LINGJUN, path)
            continue
        group = live.lingjun[name]
        if group is None:
            message = say("the account has no Lingjun node group {groupId}", groupId=name)
            yield Hit(path, message, say("check the id"))
        elif group.nodes == 0:
            hint = say("add nodes to the group: they are the pool's capacity")
            message = say("the Lingjun node group {groupId} has no nodes", groupId=name)
            yield Hit(path, message, hint, {"nodes": 0}, level="warning")


@account_rule(
    "LIVE011",
    "error",
    "The Lingjun node group belongs to another Lingjun cluster",
    needs=(facts.KIND, facts.LINGJUN, facts.ACCOUNT_LINGJUN),
    effect="ACK cannot create the pool, or takes nodes from the wrong cluster.",
    sources=(LINGJUN_POOLS, NODE_GROUP_API),
    fails={"nodePools[1]": LINGJUN_POOL},
    account={f"lingjun.{LINGJUN_POOL['lingjun']['groupId']}.cluster_id": "i119999999999999999"},
)
def live011(asked: tuple[PlanView, LiveFacts]) -> Outcome:
    """`lingjun.clusterId` against that of the group."""
    view, live = asked
    for pool in view.lingjun_pools:
        stated, name = pool.pool.lingjun.get("clusterId"), pool.pool.lingjun.get("groupId")
        path = (*pool.path, "lingjun", "clusterId")
        if stated is None or name is None:
            continue  # LJ002
        group = live.lingjun.get(name)
        if name not in live.lingjun:
            yield from unread(live, facts.ACCOUNT_LINGJUN, path)
        elif group is not None and group.cluster_id is None:
            yield Unknown(path, facts.ACCOUNT_LINGJUN)
        elif group is not None and group.cluster_id != stated:
            message = say(
                "pool {pool!r} names the Lingjun cluster {stated}; node group {groupId} belongs to {account}",
                pool=pool.pool.name,
                stated=stated,
                groupId=name,
                account=group.cluster_id,
            )
            yield Hit(
                path,
                message,
                say("write {account}, or name a group of {stated}", account=group.cluster_id, stated=stated),
            )
