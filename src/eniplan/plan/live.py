"""Facts from an account, and how they override the facts in a plan.

Pure values, which `cloud.facts` reads. Names follow the APIs. None means that the account gave no value; facts that
could not be read are in `LiveFacts.unread`, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from eniplan import facts
from eniplan.plan.model import TERWAY_ADDON, Cluster, ExistingPool, NodePool, SecurityGroup, VSwitch
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.facts import Fact
    from eniplan.plan.document import Path
    from eniplan.plan.model import Plan, Terway

_Item = TypeVar("_Item", VSwitch, SecurityGroup)

_PLACES: dict[Fact, tuple[Path, ...]] = {
    facts.ACCOUNT_CLUSTER: tuple(("cluster", key) for key in ("region", "kubernetesVersion", "ipStack", "vpcId")),
    facts.ACCOUNT_TERWAY: tuple(("cluster", "terway", key) for key in ("version", "eniTrunking", "networkPolicy")),
    facts.ACCOUNT_V_SWITCHES: (("cluster", "vSwitches"),),
    facts.ACCOUNT_GROUPS: (("cluster", "securityGroups"),),
}
"""Where a plan states each fact."""


class Unread(NamedTuple):
    """A fact that could not be read."""

    fact: Fact
    reason: str
    """What happened, as text. Names the RAM action if its permission is missing."""
    denied: bool
    """Whether a permission is missing; otherwise the call failed."""


class LiveCluster(NamedTuple):
    """The answer of DescribeClusterDetail; `nodes` is the current number of nodes."""

    state: str | None = None
    region: str | None = None
    vpc_id: str | None = None
    ip_stack: str | None = None
    kubernetes_version: str | None = None
    nodes: int | None = None


class LiveTerway(NamedTuple):
    """The add-on terway-eniip and its configuration."""

    installed: bool
    state: str | None = None
    version: str | None = None
    eni_trunking: bool | None = None
    network_policy: bool | None = None
    ipvlan: bool | None = None


class Quota(NamedTuple):
    """The answer of DescribeUserQuota: the limits of a cluster."""

    pools: int | None = None
    nodes: int | None = None


class LingjunGroup(NamedTuple):
    """A Lingjun node group. `node_type` is the type of its first node; None if it has no node."""

    cluster_id: str | None = None
    node_type: str | None = None
    nodes: int | None = None


class LiveFacts(NamedTuple):
    """All facts read for one cluster. A value that was not read is None, or missing in its map."""

    region: str
    """The region id of the queried account."""
    read_on: str
    """The date of the query, ISO 8601."""
    cluster: LiveCluster | None = None
    terway: LiveTerway | None = None
    types: Mapping[str, Mapping[str, Any]] = {}
    """Rows of DescribeInstanceTypes by type. A queried type that is missing is not on sale."""
    families: Mapping[str, tuple[str, ...]] = {}
    """The instance types of each queried family."""
    stock: Mapping[str, Mapping[str, str]] = {}
    """StatusCategory by type and zone. A missing zone does not offer the type."""
    v_switches: Mapping[str, VSwitch] | None = None
    """All vSwitches of the cluster's VPC, by id."""
    security_groups: Mapping[str, SecurityGroup] | None = None
    """The queried security groups that exist, by id."""
    pools: Mapping[str, ExistingPool] | None = None
    """The node pools of the cluster, by name."""
    quota: Quota | None = None
    lingjun: Mapping[str, LingjunGroup | None] = {}
    """Lingjun node groups by id; None if the group does not exist."""
    node_types: Mapping[str, Mapping[str, Any]] = {}
    """The answers of DescribeNodeType, by node type."""
    unread: tuple[Unread, ...] = ()
    configs: Cluster | None = None
    """The configuration in Terway's ConfigMaps, which overrides the plan; None if the cluster was not queried."""

    def unread_fact(self, fact: Fact) -> Unread | None:
        """Return why a fact could not be read; None if it was read."""
        return next((found for found in self.unread if found.fact == fact), None)

    def unread_at(self, path: Path) -> Unread | None:
        """Return why the fact at a plan's path could not be read; None if it was read, or is not read from accounts."""
        for found in self.unread:
            if any(path[: len(place)] == place for place in _PLACES.get(found.fact, ())):
                return found
        return None


class Wanted(NamedTuple):
    """What to query from an account to check plans for one cluster."""

    cluster_id: str
    vpc_id: str | None = None
    """From the plans, in case the cluster cannot be read."""
    types: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    lingjun_groups: tuple[str, ...] = ()
    node_types: tuple[str, ...] = ()


def wanted(cluster_id: str, plans: Iterable[Plan]) -> Wanted:
    """Return what to query for plans of one cluster: each name once, in the order of the plans."""
    found: dict[str, list[str]] = {key: [] for key in Wanted._fields}
    for plan in plans:
        found["vpc_id"] += filter(None, [plan.cluster.vpc_id])
        found["security_groups"] += [group.id for group in plan.cluster.security_groups or ()]
        for network in plan.networks:
            found["security_groups"] += network.security_group_ids
        for pool in plan.node_pools:
            found["security_groups"] += pool.security_group_ids or ()
            if pool.is_lingjun:
                found["lingjun_groups"] += filter(None, [pool.lingjun.get("groupId")])
                found["node_types"] += filter(None, [pool.lingjun.get("nodeType")])
            else:
                found["types"] += pool.instance_types or ()
                found["families"] += pool.instance_families or ()
    unique: dict[str, Any] = {key: tuple(dict.fromkeys(values)) for key, values in found.items()}
    return Wanted(**{**unique, "cluster_id": cluster_id, "vpc_id": next(iter(unique["vpc_id"]), None)})


def effective(plan: Plan, live: LiveFacts) -> Plan:
    """Return the plan with its facts replaced by those of the account. Facts that were not read stay."""
    return plan._replace(
        cluster=_cluster(plan.cluster, live), node_pools=tuple(_pool(pool, live) for pool in plan.node_pools)
    )


def _cluster(stated: Cluster, live: LiveFacts) -> Cluster:
    found, configs = live.cluster or LiveCluster(), live.configs or Cluster()
    # Terway runs with what its ConfigMaps say.
    running = {key: value for key, value in configs.terway._asdict().items() if value is not None and key != "addon"}
    return stated._replace(
        region=found.region or stated.region,
        vpc_id=found.vpc_id or stated.vpc_id,
        ip_stack=configs.ip_stack or found.ip_stack or stated.ip_stack,
        kubernetes_version=found.kubernetes_version or stated.kubernetes_version,
        terway=_terway(stated.terway, live.terway)._replace(**running),
        v_switches=_listed(stated.v_switches, live.v_switches, ("cluster", "vSwitches")),
        security_groups=_listed(stated.security_groups, live.security_groups, ("cluster", "securityGroups")),
        pod_defaults=configs.pod_defaults or stated.pod_defaults,
        terway_configs={**(stated.terway_configs or {}), **(configs.terway_configs or {})} or stated.terway_configs,
    )


def _terway(stated: Terway, live: LiveTerway | None) -> Terway:
    if live is None or not live.installed:
        return stated
    # The add-on's configuration only says whether IPVlan is on. If it is off, keep the plan's data path.
    data_path = "ipvlan" if live.ipvlan else stated.virtual_type
    return stated._replace(
        version=live.version or stated.version,
        addon=TERWAY_ADDON,
        eni_trunking=stated.eni_trunking if live.eni_trunking is None else live.eni_trunking,
        network_policy=stated.network_policy if live.network_policy is None else live.network_policy,
        virtual_type=data_path,
    )


def _listed(stated: tuple[_Item, ...] | None, live: Mapping[str, _Item] | None, path: Path) -> tuple[_Item, ...] | None:
    """Return the account's items, at the paths of the stated ones or of their list."""
    if live is None:
        return stated
    paths = {item.id: item.path for item in stated or ()}
    return tuple(item._replace(path=paths.get(name, path)) for name, item in live.items())


def _pool(pool: NodePool, live: LiveFacts) -> NodePool:
    group = live.lingjun.get(pool.lingjun.get("groupId") or "") if pool.is_lingjun else None
    if group is None:
        return pool
    found = {"nodeType": group.node_type, "nodeCount": group.nodes}
    return pool._replace(lingjun={**pool.lingjun, **{key: value for key, value in found.items() if value is not None}})
