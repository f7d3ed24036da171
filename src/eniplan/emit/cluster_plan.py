"""Write the plan of a running cluster: what kubectl shows, and comments on how to find the rest."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from eniplan import facts, versions
from eniplan.emit.yaml_text import dump
from eniplan.k8s.kinds import HOLDERS, standing_behind
from eniplan.k8s.terway import CLUSTER_CONFIG, SYSTEM_NAMESPACE
from eniplan.messages import say
from eniplan.observed import CLUSTER_LABEL, TerwayConfig
from eniplan.plan.live import LiveCluster, LiveFacts, LiveTerway, Wanted
from eniplan.plan.model import (
    EXCLUSIVE_LABEL,
    LINGJUN_TAINT_KEY,
    TERWAY_CONFIG_LABEL,
    Cluster,
    Network,
    Terway,
)
from eniplan.plan.schema import API_VERSION
from eniplan.text import printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.k8s.labels import Selector
    from eniplan.k8s.nodes import Taint
    from eniplan.messages import Message
    from eniplan.observed import Node, Observed, Pod, PodNetworking
    from eniplan.plan.document import Path
    from eniplan.plan.model import ExistingPool, VSwitch

REGION_LABEL = "topology.kubernetes.io/region"
_FOREIGN = re.compile(r"(?:.*\.)?(?:kubernetes\.io|k8s\.io|aliyun\.com|alibabacloud\.com)")
"""Prefixes of labels that users do not set on node pools."""
_SYSTEM_TAINTS = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
_CLUSTER_GAPS = (
    ("id", facts.CLUSTER_ID.hint),
    ("vpcId", say("`aliyun cs DescribeClusterDetail --ClusterId ID`, or eniplan init --from-cluster --live")),
    (
        "terway.networkPolicy",
        say("disable_network_policy in `kubectl -n kube-system get configmap eni-config -o yaml`"),
    ),
    (
        "terway.virtualType",
        say("eniip_virtual_type of 10-terway.conf in the same ConfigMap: veth, ipvlan or datapathv2"),
    ),
    ("terway.customCniChain", say("whether its 10-terway.conflist names other plugins than terway's")),
    ("vSwitches[].availableIps", say("and ipv6Cidr for the placeholder 2001:db8: `aliyun vpc DescribeVSwitches`")),
    ("securityGroups[].type", say("`aliyun ecs DescribeSecurityGroups`: normal (basic) or enterprise (advanced)")),
)
"""Facts that a cluster does not always show, and where to find them."""
_OF_ACCOUNT = (
    facts.ACCOUNT_CLUSTER, facts.ACCOUNT_TERWAY, facts.ACCOUNT_V_SWITCHES, facts.ACCOUNT_GROUPS, facts.ACCOUNT_POOLS,
)  # fmt: skip
"""The facts to read from an account for a plan."""


_NODE_GAP = (
    "vSwitchIds",
    say(
        "names that begin with your- are placeholders for those of the nodes; eniplan init --from-cluster --live fills "
        "them in, and more"
    ),
)
_NOT_SEEN = (
    ("region", "`kubectl get nodes -L topology.kubernetes.io/region`"),
    ("kubernetesVersion", "`kubectl get nodes`"),
    (
        "ipStack",
        say("with terway.ipamType, erdma, podDefaults: `kubectl -n kube-system get configmap eni-config -o yaml`"),
    ),
    ("terway", say("version: the image in `kubectl -n kube-system get ds terway-eniip -o yaml`")),
)
"""Facts that kubectl normally shows, and where to find them."""
_NO_KIND = say("its pods on exclusive nodes are of a kind that plans do not support")


class _Batch(NamedTuple):
    """The exclusive nodes of one node pool."""

    name: str
    pool_id: str
    nodes: tuple[Node, ...]
    pool: ExistingPool | None = None
    """The pool in the account; None if the account was not queried, or does not have it."""


_NOBODY = LiveFacts("", "")
"""The account was not queried."""


def cluster_of(seen: Observed) -> tuple[str | None, str | None]:
    """Return the id and the region of a cluster from its nodes' labels; None if they are missing or disagree."""
    found = [{node.labels.get(label) for node in seen.nodes} - {None} for label in (CLUSTER_LABEL, REGION_LABEL)]
    cluster_id, region = (values.pop() if len(values) == 1 else None for values in found)
    return cluster_id, region


def wanted(seen: Observed, cluster_id: str) -> Wanted:
    """Return the facts to read from the account for the plan of a cluster."""
    types = {node.instance_type for batch in _batches(seen, _NOBODY) for node in batch.nodes if not node.is_lingjun}
    return Wanted(cluster_id, types=tuple(sorted(filter(None, types))), security_groups=tuple(_groups(seen, ())))


def groups_of(seen: Observed, live: LiveFacts) -> list[str]:
    """Return the security groups of pods and of the pools' nodes."""
    return _groups(seen, _batches(seen, live))


def _batches(seen: Observed, live: LiveFacts) -> tuple[_Batch, ...]:
    found: dict[str, list[Node]] = {}
    for node in seen.nodes:
        if node.is_exclusive and node.is_terways:
            found.setdefault(node.pool_id or "", []).append(node)
    names = ["exclusive"] if len(found) == 1 else [f"exclusive-{number}" for number in range(1, len(found) + 1)]
    pools = {pool.id: pool for pool in (live.pools or {}).values() if pool.id}
    batches = []
    for name, key in zip(names, sorted(found), strict=True):
        pool = pools.get(key)
        batches.append(_Batch(name if pool is None else pool.name, key, tuple(found[key]), pool))
    return tuple(batches)


def facts_text(seen: Observed, live: LiveFacts = _NOBODY) -> str:
    """Return the cluster's facts as a file for `--cluster`."""
    cluster = _cluster(seen, live)
    gaps = [*(gap for gap in _NOT_SEEN if gap[0] not in cluster), *(g for g in _CLUSTER_GAPS if _lacks(cluster, g[0]))]
    unread = [(item.fact.words, item.reason) for item in live.unread if item.fact in _OF_ACCOUNT]
    return dump({"cluster": cluster}) + _comments([*gaps, *unread], "  ")


def _lacks(cluster: dict[str, Any], path: str) -> bool:
    """Return whether a fact is missing: `terway.virtualType`, or `vSwitches[].availableIps` of any vSwitch."""
    key, _, inner = path.replace("[]", "").partition(".")
    found = cluster.get(key)
    if isinstance(found, list):
        return any(inner not in item for item in found)
    return found is None if not inner else inner not in (found or {})


def plan_text(seen: Observed, live: LiveFacts = _NOBODY) -> str:
    """Return the plan as YAML, with what could not be read as comments."""
    batches = _batches(seen, live)
    networkings = [item for item in seen.pod_networkings.values() if item.eni_type == "ENI"]
    if live.pools is not None:
        head = say("The cluster as seen by kubectl ({source}), and by the account.", source=seen.source)
    else:
        head = say("The cluster as seen by kubectl ({source}), which does not show the names of pools. Here they are",
                   source=seen.source)  # fmt: skip
    told = [head, *(f"  {_told_name(batch)}" for batch in batches)]
    parts = [
        "".join(f"# {printable(line)}\n" for line in told),
        dump({"apiVersion": API_VERSION}),
        facts_text(seen, live),
    ]
    pools = [_pool(batch, seen) for batch in batches]
    if not pools:
        parts.append(f"# {say('The cluster has no exclusive node: this pool is an example.')}\n")
        pools = [{"name": "exclusive", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["your-vsw-nodes"]}]
    parts.append(dump({"nodePools": pools}))
    gaps = [_NODE_GAP] if any(batch.pool is None for batch in batches) or not batches else []
    if any(batch.nodes[0].is_lingjun for batch in batches):
        how = say(
            "clusterId and groupId are placeholders, and nodeType is missing: see `aliyun eflo-controller "
            "ListClusters`, and DescribeNode of a node"
        )
        gaps.append(("lingjun", how))
    parts.append(_comments(gaps, "  "))
    ecs = [batch for batch in batches if not batch.nodes[0].is_lingjun]
    listed = [_networking(item, ecs) for item in networkings]
    workloads, left = _workloads(seen, batches, {item.name for item in networkings})
    for key, values in (("podNetworkings", listed), ("workloads", workloads)):
        parts.append(dump({key: values}) if values else "")
    parts.append(_comments([(owner, _NO_KIND) for owner in left], ""))
    return "".join(parts)


def _told_name(batch: _Batch) -> Message:
    return say(
        "{name}: {id}, so that `eniplan verify PLAN --pool {name}={given}` finds its nodes",
        name=batch.name,
        id=batch.pool_id or say("without an id"),
        given=batch.pool_id or "ID",
    )


def _comments(gaps: Iterable[tuple[str, str]], indent: str) -> str:
    return "".join(f"{indent}# {printable(say('{key}: {how}', key=key, how=how))}\n" for key, how in gaps)


# --- the cluster --------------------------------------------------------------------------------------------------


def _cluster(seen: Observed, live: LiveFacts) -> dict[str, Any]:
    config = seen.configs.get(CLUSTER_CONFIG)
    said, batches, running = live.cluster or LiveCluster(), _batches(seen, live), configured(seen)
    cluster_id, region = cluster_of(seen)
    zones, dual = _zones(seen, batches, live), config is not None and config.ip_stack == "dual"
    own = running.terway_configs or {}
    found: dict[str, Any] = {
        "id": cluster_id,
        "region": region or said.region,
        "kubernetesVersion": said.kubernetes_version or seen.nodes[0].version.removeprefix("v"),
        "ipStack": said.ip_stack if config is None else "dual" if dual else "ipv4",
        "terway": _terway(seen, running.terway, live.terway or LiveTerway(installed=False)),
        "vpcId": said.vpc_id,
        "vSwitches": [
            _v_switch(name, zone, live, f"2001:db8:0:{i:x}::/64" if dual else "")
            for i, (name, zone) in enumerate(sorted(zones.items()), 1)
        ],
        "securityGroups": [_group(name, live) for name in _groups(seen, batches)],
        "podDefaults": None if running.pod_defaults is None else _network(running.pod_defaults),
        "terwayConfigs": {name: _network(own[name]) for name in _config_names(seen) if name in own},
    }
    return {key: value for key, value in found.items() if value}


def _v_switch(name: str, zone: str, live: LiveFacts, block: str) -> dict[str, Any]:
    """Return a vSwitch, with `block` as placeholder for its IPv6 block."""
    found = (live.v_switches or {}).get(name)
    if found is None:
        return {"id": name, "zone": zone, **({"ipv6Cidr": block} if block else {})}
    told = {"vpcId": found.vpc_id, "ipv6Cidr": found.ipv6_cidr, "availableIps": found.available_ips}
    return {"id": name, "zone": zone, **{key: value for key, value in told.items() if value is not None}}


def _group(name: str, live: LiveFacts) -> dict[str, Any]:
    found = (live.security_groups or {}).get(name)
    told = {} if found is None else {"type": found.type, "vpcId": found.vpc_id}
    return {"id": name, **{key: value for key, value in told.items() if value}}


def _groups(seen: Observed, batches: tuple[_Batch, ...]) -> list[str]:
    pools = (batch.pool for batch in batches if batch.pool is not None)
    named: tuple[ExistingPool | TerwayConfig | PodNetworking, ...] = (
        *pools, *_configs(seen), *seen.pod_networkings.values(),
    )  # fmt: skip
    return sorted({name for item in named for name in item.security_group_ids})


def configured(seen: Observed) -> Cluster:
    """Return the contents of Terway's ConfigMaps as a plan states them; None where not stated."""
    base = seen.configs.get(CLUSTER_CONFIG)
    own = {
        name: _network_of(("cluster", "terwayConfigs", name), patch if base is None else patch.over(base), patch)
        for name, patch in seen.configs.items()
        if name != CLUSTER_CONFIG and patch is not None
    }
    if base is None:
        return Cluster(terway_configs=own)
    return Cluster(
        ip_stack=base.ip_stack or None,
        terway=Terway(
            eni_trunking=base.eni_trunking,
            ipam_type="crd" if base.ipam_type == "crd" else "default",
            erdma=base.erdma,
            network_policy=base.network_policy,
            virtual_type=base.virtual_type,
            custom_cni_chain=base.custom_cni_chain,
        ),
        pod_defaults=_network_of(("cluster", "podDefaults"), base, base),
        terway_configs=own,
    )


def facts_of_configs(seen: Observed) -> dict[str, Any]:
    """Return what Terway's ConfigMaps say, as the cluster part of a plan."""
    running = configured(seen)
    found = {
        "ipStack": running.ip_stack,
        "terway": _terway(seen, running.terway, LiveTerway(installed=False)),
        "podDefaults": None if running.pod_defaults is None else _network(running.pod_defaults),
    }
    return {key: value for key, value in found.items() if value}


def _network_of(path: Path, config: TerwayConfig, own: TerwayConfig) -> Network:
    """Return the network of a configuration: its own vSwitches, and the effective security groups."""
    ids = dict.fromkeys(name for listed in own.v_switches.values() for name in listed)
    return Network(path, tuple(ids), config.security_group_ids)


def _terway(seen: Observed, told: Terway, said: LiveTerway) -> dict[str, Any]:
    """Return the facts of Terway. The running configuration takes precedence over the account's add-on."""
    image = next((item for item in seen.images if versions.terway(item) is not None), "")
    found: dict[str, Any] = {
        "version": str(versions.terway(image)) if image else said.version,
        "eniTrunking": said.eni_trunking if told.eni_trunking is None else told.eni_trunking,
        "ipamType": told.ipam_type,
        "erdma": told.erdma,
        "networkPolicy": said.network_policy if told.network_policy is None else told.network_policy,
        "virtualType": told.virtual_type or ("ipvlan" if said.ipvlan else None),
        "customCniChain": told.custom_cni_chain,
    }
    return {key: value for key, value in found.items() if value is not None}


def _network(item: Network | PodNetworking | ExistingPool) -> dict[str, Any]:
    ids, groups = item.v_switch_ids, item.security_group_ids
    found = {"vSwitchIds": list(dict.fromkeys(ids)), "securityGroupIds": list(dict.fromkeys(groups))}
    return {key: value for key, value in found.items() if value}


def _config_names(seen: Observed) -> list[str]:
    return sorted({node.config for batch in _batches(seen, _NOBODY) for node in batch.nodes} - {CLUSTER_CONFIG})


def _configs(seen: Observed) -> Iterator[TerwayConfig]:
    """Yield the configurations of exclusive nodes that Terway can parse, the cluster's first."""
    return filter(None, map(seen.configs.get, (CLUSTER_CONFIG, *_config_names(seen))))


def _zones(seen: Observed, batches: tuple[_Batch, ...], live: LiveFacts) -> dict[str, str]:
    """Return the zones of the vSwitches; the names of node vSwitches are marked placeholders."""
    known: Mapping[str, VSwitch] = live.v_switches or {}
    out: dict[str, str] = {}
    for batch in batches:
        if batch.pool is None:
            out |= {_node_v_switch(node): node.zone for node in batch.nodes if node.zone}
        else:
            out |= {name: known[name].zone for name in batch.pool.v_switch_ids if name in known}
    for config in _configs(seen):
        out |= {name: zone for zone, ids in config.v_switches.items() for name in ids}
    for item in seen.pod_networkings.values():
        out |= item.v_switch_zones
    return {name: known[name].zone if name in known else zone for name, zone in out.items()}


def _node_v_switch(node: Node) -> str:
    return f"your-vsw-nodes-{node.zone}"


# --- its pools, PodNetworkings and workloads -----------------------------------------------------------------------


def _pool(batch: _Batch, seen: Observed) -> dict[str, Any]:
    nodes, first = batch.nodes, batch.nodes[0]
    types = sorted({node.instance_type for node in nodes if node.instance_type})
    out: dict[str, Any] = {"name": batch.name}
    if first.is_lingjun:
        stand_ins = {"clusterId": "your-lingjun-cluster", "groupId": "your-lingjun-group"}
        out |= {"kind": "lingjun", "lingjun": {**stand_ins, "nodeCount": len(nodes)}}
    elif batch.pool is not None:
        out |= _of_account(batch.pool, types, len(nodes))
    else:
        out |= {"instanceTypes": types, "desiredSize": len(nodes)}
    if "vSwitchIds" not in out:
        out["vSwitchIds"] = sorted({_node_v_switch(node) for node in nodes if node.zone}) or ["your-vsw-nodes"]
    labels = {key: value for key, value in first.labels.items() if _is_own(key, value, nodes)}
    config = {node.config for node in nodes} - {CLUSTER_CONFIG}
    taints = [taint for taint in first.taints if all(taint in node.taints for node in nodes) and _is_planned(taint)]
    out |= {"labels": labels} if labels else {}
    out |= {"terwayConfig": min(config)} if config else {}
    out["taints"] = [{key: text for key, text in taint._asdict().items() if text} for taint in taints]
    names = {node.name for node in nodes}
    counts = Counter(pod.node for pod in seen.pods if pod.node in names and _is_system(pod))
    most = max(counts.values(), default=0)
    out |= {"systemPodsPerNode": most} if most else {}
    return out


def _of_account(pool: ExistingPool, types: list[str], nodes: int) -> dict[str, Any]:
    """Return the account's facts of a pool: its types including running ones, its size, and its nodes' network."""
    out: dict[str, Any] = {"instanceTypes": list(dict.fromkeys([*pool.instance_types, *types]))}
    if pool.auto_scaling is not None:
        least, most = pool.auto_scaling
        out["autoScaling"] = {"min": least, "max": most}
    else:
        out["desiredSize"] = nodes if pool.desired_size is None else pool.desired_size
    return out | _network(pool)


def _is_own(key: str, value: str, nodes: tuple[Node, ...]) -> bool:
    """Return whether the user set a label on the node pool."""
    if key in {EXCLUSIVE_LABEL, TERWAY_CONFIG_LABEL, CLUSTER_LABEL, "type"} or not key:
        return False
    prefix, _, _ = key.rpartition("/")
    return _FOREIGN.fullmatch(prefix) is None and all(node.labels.get(key) == value for node in nodes)


def _is_planned(taint: Taint) -> bool:
    return not taint.key.startswith(_SYSTEM_TAINTS) and taint.key != LINGJUN_TAINT_KEY


def _is_system(pod: Pod) -> bool:
    return pod.namespace == SYSTEM_NAMESPACE and not pod.networking and not pod.leaving


def _networking(item: PodNetworking, pools: list[_Batch]) -> dict[str, Any]:
    meant = [p.name for p in pools if not item.zones or {node.zone for node in p.nodes} & set(item.zones)]
    kind, strategy, after = item.allocation
    allocation = {"type": kind, "releaseStrategy": strategy, "releaseAfter": after}
    found: dict[str, Any] = {
        "name": item.name,
        "nodePools": meant,
        "podSelector": _selector(item.selectors[0]),
        "namespaceSelector": _selector(item.selectors[1]),
        **_network(item),
        "vSwitchSelectionPolicy": "" if item.policy == "ordered" else item.policy,
        "allocation": {key: text for key, text in allocation.items() if text},
    }
    kept = {key for key in ("podSelector", "namespaceSelector") if found[key] is not None}
    return {key: value for key, value in found.items() if value or key in kept}


def _selector(selector: Selector | None) -> dict[str, Any] | None:
    if selector is None:
        return None
    single = [r for r in selector.requirements if r.operator == "In" and len(r.values) == 1]
    labels = {r.key: r.values[0] for r in single}
    others = [r.written() for r in selector.requirements if r.operator != "In" or r.values != (labels.get(r.key),)]
    return {**({"matchLabels": labels} if labels else {}), **({"matchExpressions": others} if others else {})}


def _workloads(seen: Observed, batches: tuple[_Batch, ...], known: set[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the workloads on exclusive nodes, and the owners of pods that plans do not support."""
    pools = {node.name: batch.name for batch in batches for node in batch.nodes}
    found: dict[tuple[str, str], list[Pod]] = {}
    for pod in seen.pods:
        if pod.node in pools and not pod.leaving and not _is_system(pod):
            owner = tuple(standing_behind(pod.owner or f"Pod {pod.name}"))[-1]
            found.setdefault((pod.namespace, owner), []).append(pod)
    out: list[dict[str, Any]] = []
    left = []
    for (namespace, owner), pods in sorted(found.items()):
        kind, _, name = owner.partition(" ")
        if kind not in HOLDERS:
            left.append(f"{namespace}/{owner}")
            continue
        networkings = {pod.networking for pod in pods} & known
        out.append(
            {
                "name": name,
                "namespace": namespace,
                "kind": kind,
                **({} if kind == "DaemonSet" else {"replicas": len(pods)}),
                "nodePool": pools[pods[0].node],
                **({"podNetworking": min(networkings)} if networkings else {}),
                **({} if any(pod.eni for pod in pods) or networkings else {"eniRequest": 0}),
            }
        )
    return out, left
