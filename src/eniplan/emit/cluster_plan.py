"""The plan that a running cluster is: what kubectl can see of it, and how to find out the rest."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan import versions
from eniplan.emit.yaml_text import dump
from eniplan.k8s.kinds import HOLDERS, standing_behind
from eniplan.observed import CLUSTER_CONFIG, SYSTEM_NAMESPACE
from eniplan.plan.model import EXCLUSIVE_LABEL, LINGJUN_TAINT_KEY, TERWAY_CONFIG_LABEL
from eniplan.plan.schema import API_VERSION
from eniplan.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.k8s.labels import Selector
    from eniplan.k8s.nodes import Taint
    from eniplan.observed import Node, Observed, Pod, PodNetworking, TerwayConfig

REGION_LABEL = "topology.kubernetes.io/region"
_FOREIGN = re.compile(r"(?:.*\.)?(?:kubernetes\.io|k8s\.io|aliyun\.com|alibabacloud\.com)")
"""Prefixes of labels that nobody gives to a node pool."""
_SYSTEM_TAINTS = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
_CLUSTER_GAPS = (
    ("id", "the console shows it, and `aliyun cs DescribeClustersV1`"),
    ("vpcId", "`aliyun cs DescribeClusterDetail --ClusterId ID`"),
    ("terway.networkPolicy", "disable_network_policy in `kubectl -n kube-system get configmap eni-config -o yaml`"),
    ("terway.virtualType", "eniip_virtual_type of 10-terway.conf in the same ConfigMap: veth, ipvlan or datapathv2"),
    ("terway.customCniChain", "whether its 10-terway.conflist names other plugins than terway's"),
    ("vSwitches[].availableIps", "and ipv6Cidr, which 2001:db8 stands for: `aliyun vpc DescribeVSwitches`"),
    ("securityGroups[].type", "`aliyun ecs DescribeSecurityGroups`: normal (basic) or enterprise (advanced)"),
)
"""What kubectl does not tell of a cluster, and where it stands."""


_NODE_GAP = (
    "vSwitchIds",
    "what begins with your- stands for those of the nodes; `aliyun cs DescribeClusterNodePools` tells them, and more",
)
_NOT_SEEN = (
    ("region", "`kubectl get nodes -L topology.kubernetes.io/region`"),
    ("kubernetesVersion", "`kubectl get nodes`"),
    (
        "ipStack",
        "with terway.ipamType, erdma, podDefaults: `kubectl -n kube-system get configmap eni-config -o yaml`",
    ),
    ("terway", "version: the image in `kubectl -n kube-system get ds terway-eniip -o yaml`"),
)
"""What kubectl tells, and did not this time."""
_NO_KIND = "its pods on exclusive nodes belong to no kind that a plan knows"


class _Batch(NamedTuple):
    """The exclusive nodes of one node pool."""

    name: str
    pool_id: str
    nodes: tuple[Node, ...]


def _batches(seen: Observed) -> tuple[_Batch, ...]:
    found: dict[str, list[Node]] = {}
    for node in seen.nodes:
        if node.is_exclusive and node.is_terways:
            found.setdefault(node.pool_id or "", []).append(node)
    names = ["exclusive"] if len(found) == 1 else [f"exclusive-{number}" for number in range(1, len(found) + 1)]
    return tuple(_Batch(name, key, tuple(found[key])) for name, key in zip(names, sorted(found), strict=True))


def facts_text(seen: Observed) -> str:
    """Return the cluster's facts as a file for `--cluster`."""
    cluster = _cluster(seen)
    gaps = [*(gap for gap in _NOT_SEEN if gap[0] not in cluster), *_CLUSTER_GAPS]
    return dump({"cluster": cluster}) + _comments(gaps, "  ")


def plan_text(seen: Observed) -> str:
    """Return the plan as YAML, with what could not be read as comments."""
    batches = _batches(seen)
    networkings = [item for item in seen.pod_networkings.values() if item.eni_type == "ENI"]
    head = f"What kubectl sees of the cluster ({seen.source}). Names of pools are not told: "
    told = [f"{head}by node pool, they are"] + [
        f"  {batch.name}: {batch.pool_id or 'without an id'}, so that `eniplan verify PLAN --pool {batch.name}="
        f"{batch.pool_id or 'ID'}` finds its nodes"
        for batch in batches
    ]
    parts = [
        "".join(f"# {printable(line)}\n" for line in told),
        dump({"apiVersion": API_VERSION}),
        facts_text(seen),
    ]
    pools = [_pool(batch, seen) for batch in batches]
    if not pools:
        parts.append("# There is no exclusive node: this pool is an example.\n")
        pools = [{"name": "exclusive", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["your-vsw-nodes"]}]
    parts.append(dump({"nodePools": pools}))
    gaps = [_NODE_GAP]
    if any(batch.nodes[0].is_lingjun for batch in batches):
        gaps.append(("lingjun", "clusterId, groupId and nodeType: `aliyun eflo-controller ListClusters`"))
    parts.append(_comments(gaps, "  "))
    ecs = [batch for batch in batches if not batch.nodes[0].is_lingjun]
    listed = [_networking(item, ecs) for item in networkings]
    workloads, left = _workloads(seen, batches, {item.name for item in networkings})
    for key, values in (("podNetworkings", listed), ("workloads", workloads)):
        parts.append(dump({key: values}) if values else "")
    parts.append(_comments([(owner, _NO_KIND) for owner in left], ""))
    return "".join(parts)


def _comments(gaps: Iterable[tuple[str, str]], indent: str) -> str:
    return "".join(f"{indent}# {printable(key)}: {how}\n" for key, how in gaps)


# --- the cluster --------------------------------------------------------------------------------------------------


def _cluster(seen: Observed) -> dict[str, Any]:
    config = seen.configs.get(CLUSTER_CONFIG)
    first = seen.nodes[0]
    zones, dual = _zones(seen), config is not None and config.ip_stack == "dual"
    groups = sorted({name for network in _networks(seen) for name in network[1]})
    own = {name: patch for name in _config_names(seen) if (patch := seen.configs.get(name)) is not None}
    found: dict[str, Any] = {
        "region": first.labels.get(REGION_LABEL),
        "kubernetesVersion": first.version.removeprefix("v") or None,
        "ipStack": None if config is None else "dual" if dual else "ipv4",
        "terway": _terway(seen, config),
        "vSwitches": [
            {"id": name, "zone": zone} | ({"ipv6Cidr": f"2001:db8:0:{i:x}::/64"} if dual else {})
            for i, (name, zone) in enumerate(sorted(zones.items()), 1)
        ],
        "securityGroups": [{"id": name} for name in groups],
        "podDefaults": None if config is None else _network(_ids(config), config.security_group_ids),
        "terwayConfigs": {
            name: _network(_ids(patch), (patch if config is None else patch.over(config)).security_group_ids)
            for name, patch in own.items()
        },
    }
    return {key: value for key, value in found.items() if value}


def _terway(seen: Observed, config: TerwayConfig | None) -> dict[str, Any]:
    image = next((item for item in seen.images if versions.terway(item) is not None), "")
    out: dict[str, Any] = {"version": str(versions.terway(image))} if image else {}
    if config is not None:
        trunking = config.fields.get("enable_eni_trunking")
        out |= {"eniTrunking": trunking} if isinstance(trunking, bool) else {}
        out |= {"ipamType": "crd" if config.ipam_type == "crd" else "default", "erdma": config.erdma}
    return out


def _ids(config: TerwayConfig) -> tuple[str, ...]:
    return tuple(name for ids in config.v_switches.values() for name in ids)


def _network(v_switch_ids: Iterable[str], group_ids: Iterable[str]) -> dict[str, Any]:
    found = {"vSwitchIds": list(dict.fromkeys(v_switch_ids)), "securityGroupIds": list(dict.fromkeys(group_ids))}
    return {key: value for key, value in found.items() if value}


def _config_names(seen: Observed) -> list[str]:
    return sorted({node.config for batch in _batches(seen) for node in batch.nodes} - {CLUSTER_CONFIG})


def _networks(seen: Observed) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield the vSwitches and security groups that anything names."""
    for name in (CLUSTER_CONFIG, *_config_names(seen)):
        config = seen.configs.get(name)
        if config is not None:
            yield _ids(config), config.security_group_ids
    for item in seen.pod_networkings.values():
        yield item.v_switch_ids, item.security_group_ids


def _zones(seen: Observed) -> dict[str, str]:
    """Return the zones of the vSwitches: of those of nodes the names are made up, and said to be."""
    out = {_node_v_switch(node): node.zone for batch in _batches(seen) for node in batch.nodes if node.zone}
    for config in filter(None, (seen.configs.get(name) for name in (CLUSTER_CONFIG, *_config_names(seen)))):
        out |= {name: zone for zone, ids in config.v_switches.items() for name in ids}
    for item in seen.pod_networkings.values():
        out |= item.v_switch_zones
    return out


def _node_v_switch(node: Node) -> str:
    return f"your-vsw-nodes-{node.zone}"


# --- its pools, PodNetworkings and workloads -----------------------------------------------------------------------


def _pool(batch: _Batch, seen: Observed) -> dict[str, Any]:
    nodes, first = batch.nodes, batch.nodes[0]
    types = sorted({node.instance_type for node in nodes if node.instance_type})
    out: dict[str, Any] = {"name": batch.name}
    if first.is_lingjun:
        out |= {"kind": "lingjun", "lingjun": {"nodeCount": len(nodes)}}
    else:
        out |= {"instanceTypes": types, "desiredSize": len(nodes)}
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


def _is_own(key: str, value: str, nodes: tuple[Node, ...]) -> bool:
    """Return whether a label is one that somebody gave to the node pool."""
    if key in {EXCLUSIVE_LABEL, TERWAY_CONFIG_LABEL, "type"} or not key:
        return False
    prefix, slash, _ = key.rpartition("/")
    foreign = bool(slash) and _FOREIGN.fullmatch(prefix) is not None
    return not foreign and all(node.labels.get(key) == value for node in nodes)


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
        **_network(item.v_switch_ids, item.security_group_ids),
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
    others = [r for r in selector.requirements if labels.get(r.key) not in r.values or len(r.values) != 1]
    more = [{"key": r.key, "operator": r.operator, **({"values": list(r.values)} if r.values else {})} for r in others]
    return {**({"matchLabels": labels} if labels else {}), **({"matchExpressions": more} if more else {})}


def _workloads(seen: Observed, batches: tuple[_Batch, ...], known: set[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the workloads on exclusive nodes, and the owners that a plan cannot name."""
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
