"""Broken clusters, each a few changes to the healthy one, and the expected findings.

They complement the failing examples of the VER rules, which are such states, too.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from eniplan.k8s.terway import ENI, IGNORE_LABEL
from eniplan.observed import NODE_POOL_LABEL, TYPE_LABEL, ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL, LINGJUN_LABEL
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING
from eniplan.rules.examples_cluster import (
    CLUSTER,
    IMAGE,
    MEMBER_REQUEST,
    NODES,
    SHARED_NODE,
    STEERED,
    daemon_pod,
    event,
    node,
    pod,
    pod_eni,
    system_pod,
)
from tests.kube.support import NO_PLAN

AGENTS = CLUSTER["pods"][4:]
"""Terway's own pods of the example cluster."""

ONE, TWO, THREE = (f"Node/{name}" for name in NODES)
CONFIG = "ConfigMap/kube-system"
SYSTEM_DAEMON = "DaemonSet/kube-system/terway-eniip"


def label(number: int) -> str:
    """Return the path of a node's exclusive label."""
    return f'nodes[{number}].metadata.labels["{EXCLUSIVE_LABEL}"]'


def type_label(number: int) -> str:
    """Return the path of a node's instance type."""
    return f'nodes[{number}].metadata.labels["{TYPE_LABEL}"]'


def conf(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of eni_conf
    """Return the change that gives eni-config these fields."""
    fields = {"ipam_type": "crd", "vswitches": {"cn-hangzhou-j": ["vsw-j"]}, **fields}
    return {"configMaps[0].data.eni_conf": json.dumps(fields)}


def zones_jk() -> dict[str, Any]:
    """Return the change that gives eni-config a vSwitch in a second zone."""
    return conf(vswitches={"cn-hangzhou-j": ["vsw-j"], "cn-hangzhou-k": ["vsw-k"]})


def agent(on: str) -> dict[str, Any]:
    """Return Terway's pod of a node."""
    return system_pod("DaemonSet", "terway-eniip", on)


def fallback(number: int, on: str, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a pod's spec
    """Return a pod that no PodNetworking has matched."""
    found = pod(number, on, **spec)
    found["metadata"]["annotations"] = {}
    return loner(found)


def loner(found: dict[str, Any]) -> dict[str, Any]:
    """Return a pod without its owner: it belongs to no workload of the plan."""
    found["metadata"]["ownerReferences"] = []
    return found


def lingjun(name: str) -> dict[str, Any]:
    """Return an exclusive Lingjun node: it never offers aliyun/eni, and its type label proves nothing."""
    taints = [
        *CLUSTER["nodes"][0]["spec"]["taints"],
        {"key": "node-role.alibabacloud.com/lingjun", "effect": "NoSchedule"},
    ]
    found = node(name, **{LINGJUN_LABEL: "true", TYPE_LABEL: "ebs-enhanced"})
    status = {"capacity": {}, "allocatable": {"pods": "64"}, "conditions": [{"type": "Ready", "status": "True"}]}
    return {**found, "spec": {"taints": taints}, "status": status}


LINGJUN: dict[str, Any] = {
    "nodes": [lingjun(name) for name in NODES],
    "pods": [*(fallback(n, name, containers=[{"name": "app"}]) for n, name in enumerate(NODES)), *AGENTS],
    "podNetworkings": [],
}
LINGJUN_PLAN: dict[str, Any] = {
    "nodePools": [{**LINGJUN_POOL, "lingjun": {**LINGJUN_POOL["lingjun"], "nodeCount": 3}}],
    "podNetworkings": [],
    "workloads": [],
}
FULL = [pod(number, NODES[number % 3]) for number in range(21)]
FULL_ENIS = [pod_eni(number, NODES[number % 3]) for number in range(21)]


def enis(count: str) -> dict[str, Any]:
    """Return the change that lets all nodes publish this many ENIs."""
    return {
        f'nodes[{number}].status.{field}["{ENI}"]': count
        for number in range(3)
        for field in ("capacity", "allocatable")
    }


GPU_PLAN: dict[str, Any] = {
    "nodePools[0].terwayConfig": "gpu-net", "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}},
}  # fmt: skip
"""A plan whose pool has a node-level configuration."""
AVERSE = json.loads(json.dumps(STEERED).replace('"In"', '"NotIn"'))
"""The affinity that keeps a pod off exclusive nodes."""
SCALED: dict[str, Any] = {
    "nodePools[0].desiredSize": ABSENT, "nodePools[0].autoScaling": {"min": 0, "max": 3}, "workloads": [],
}  # fmt: skip
"""A plan whose pool may be empty."""


BIG = {type_label(number): "ecs.g8i.48xlarge" for number in range(3)}
"""Nodes of a type with 15 ENIs whose family has eRDMA."""


class State(NamedTuple):
    """A cluster and the verdict on it."""

    changes: dict[str, Any]
    said: set[tuple[str, str, str]]
    """Rule, level and place of every finding."""
    plan: dict[str, Any] | None = None
    undecided: set[str] = set()  # noqa: RUF012 - never changed
    """The facts that are not known."""


DUMPS: dict[str, State] = {
    "eni-config was not dumped: eRDMA may take an ENI, and the IP stack is not known": State(
        {"configMaps": [], **BIG, **enis("13")},
        set(),
        NO_PLAN,
        {"whether eRDMA takes one ENI of each node", "the cluster's IP stack"},
    ),
    "eni-config was not dumped: nobody knows whether the node's configuration exists": State(
        {"configMaps": [], **{f'nodes[{n}].metadata.labels["terway-config"]': "gpu-net" for n in range(3)},
         "pods[7]": {**fallback(9, NODES[0]), "status": {"phase": "Pending"}}},
        {("VER012", "error", "Pod/trading/matcher-9")},
        GPU_PLAN,
        {"the list of ConfigMaps"},
    ),
    "eni-config cannot be read": State(
        {"configMaps[0].data.eni_conf": "{", "pods[7]": {**fallback(9, NODES[0]), "status": {"phase": "Pending"}}},
        {("VER012", "error", "Pod/trading/matcher-9"), ("VER024", "error", "ConfigMap/kube-system/eni-config")},
    ),
}  # fmt: skip
"""States of incomplete dumps. A live read would get the missing part, or find that it does not exist."""

STATES: dict[str, State] = {
    "PodNetworking that the plan leaves to the defaults of the cluster": State(
        {}, set(), {"podNetworkings[0].vSwitchIds": ABSENT, "podNetworkings[0].securityGroupIds": ABSENT}
    ),
    "PodNetworking whose selectors are not the planned ones": State(
        {"podNetworkings[0].spec.selector": {
            "podSelector": {"matchExpressions": [{"key": "network", "operator": "In", "values": ["trading-eni"]}]},
            "namespaceSelector": {},
        }},
        {("VER009", "error", "PodNetworking/trading-eni")},
    ),
    "a workload that was created before its PodNetworking was Ready": State(
        {f"pods[{n}].metadata.annotations": {} for n in range(2)}, {("VER028", "error", "Pod/trading/matcher-0")}
    ),
    "a PodNetworking ties a pod to a zone that is full": State(
        {"nodes[3]": node("zone-k", **{ZONE_LABEL: "cn-hangzhou-k"}),
         "pods": [*FULL, pod(99, ""), *AGENTS, agent("zone-k")],
         **zones_jk(),
         "podENIs": FULL_ENIS},
        {("VER011", "error", "PodNetworking/trading-eni"), ("VER021", "error", "Pod/trading/matcher-99")},
    ),
    "PodNetworking of another type of allocation": State(
        {"podNetworkings[0].spec.allocationType": {"type": "Fixed"}},
        {("VER009", "error", "PodNetworking/trading-eni")},
    ),
    "nodes of another mode in the same cluster, told apart by the plan's own labels": State(
        {"nodes[3]": lingjun("e01-a"),
         "nodes[4]": node("shared", **{EXCLUSIVE_LABEL: "default", NODE_POOL_LABEL: "np2"}),
         **{f'nodes[{n}].metadata.labels["team"]': "trading" for n in range(3)}, label(0): ABSENT,
         'nodes[3].metadata.labels["alibabacloud.com/nodepool-id"]': "np3"},
        {("VER004", "error", ONE)},
        {"nodePools[0].labels": {"team": "trading"}},
    ),
    "nodes that Terway leaves alone": State(
        {"nodes[3]": node("virtual", type="virtual-kubelet"), "nodes[4]": node("other", **{IGNORE_LABEL: "true"})},
        set(),
    ),
    "a failure of a pod of somebody else": State(
        {"events[1]": event("CreateENIFailed", "Pod", "matcher-7", "IpNotEnough", "trading"),
         "nodes[3]": node("theirs", **{NODE_POOL_LABEL: "np2", TYPE_LABEL: "ecs.g7.8xlarge"}),
         "pods[7]": loner(pod(7, "theirs"))},
        set(),
    ),
    "a failure of a pod that wants an ENI of its own on a shared node": State(
        {"events[1]": event("AttachENIFailed", "Pod", "matcher-7", "trunk eni is not allowed", "trading"),
         "pods[7]": {**loner(pod(7, "shared")), "status": {"phase": "Pending"}}},
        {("VER026", "error", "Pod/trading/matcher-7")},
    ),
    "a pod of a PodNetworking that asks for nothing": State(
        {"pods[7]": pod(9, "", containers=[{"name": "app"}])}, {("VER021", "error", "Pod/trading/matcher-9")}
    ),
    "good": State({}, set()),
    "good, without a plan": State({}, set(), NO_PLAN),
    "good Lingjun nodes: no aliyun/eni, PodENI is the proof": State(LINGJUN, set(), LINGJUN_PLAN),
    "label in other letters: exclusive for Terway, not for the scheduler": State(
        {label(0): "enionly"}, {("VER004", "error", ONE)}
    ),
    "label forgotten on one node": State({label(1): ABSENT}, {("VER004", "error", TWO)}),
    "label forgotten on one node, without a plan": State({label(1): ABSENT}, {("VER004", "error", TWO)}, NO_PLAN),
    "label misspelt on the whole pool": State(
        {label(n): "ENI" for n in range(3)}, {("VER004", "error", ONE)}
    ),
    "no exclusive node, without a plan": State(
        {label(n): "default" for n in range(3)}, {("VER001", "error", "Node")}, NO_PLAN
    ),
    "no taint, without a plan": State({"nodes[0].spec.taints": []}, {("VER005", "warning", ONE)}, NO_PLAN),
    "another taint than planned": State(
        {"nodes[0].spec.taints": [{"key": "exclusive-eni", "value": "yes", "effect": "NoSchedule"}]},
        {("VER005", "error", ONE)},
    ),
    "allocatable is less than capacity": State(
        {f'nodes[0].status.allocatable["{ENI}"]': "5"}, {("VER007", "error", ONE)}
    ),
    "eRDMA takes a slot of the nodes, and the plan does not know": State(
        {**conf(enable_erdma=True), **BIG, **enis("13")},
        {("VER024", "warning", "ConfigMap/kube-system/eni-config")},
        {"nodePools[0].instanceTypes": ["ecs.g8i.48xlarge"]},
    ),
    "eRDMA is on, and takes nothing": State(
        {**conf(enable_erdma=True), **BIG, **enis("14")}, {("VER007", "info", ONE)}, NO_PLAN
    ),
    "one ENI more than any way to count gives": State(
        {**conf(enable_erdma=True), **BIG, **enis("15")}, {("VER007", "error", ONE)}, NO_PLAN
    ),
    "a type that nobody knows": State(
        {type_label(n): "ecs.new.8xlarge" for n in range(3)},
        set(),
        NO_PLAN,
        {"EniQuantity of ecs.new.8xlarge"},
    ),
    "node-level configuration is not used": State(
        {}, {("VER008", "error", ONE)},
        {"nodePools[0].terwayConfig": "gpu-net", "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}}},
    ),
    "PodNetworking missing": State(
        {"podNetworkings[0].metadata.name": "trading"}, {("VER009", "error", "podNetworkings[0]")}
    ),
    "PodNetworking of eniType Default in a trunk cluster": State(
        {"podNetworkings[0].spec.eniOptions.eniType": "Default", "pods[7]": pod(9, "", containers=MEMBER_REQUEST)},
        {("VER009", "error", "PodNetworking/trading-eni"), ("VER019", "error", "Pod/trading/matcher-9")},
    ),
    "PodNetworking without status: pods are created without it": State(
        {"podNetworkings[0].status": {}}, {("VER010", "error", "PodNetworking/trading-eni")}
    ),
    "PodNetworking without a vSwitch in one of two zones, without a plan": State(
        {f'nodes[2].metadata.labels["{ZONE_LABEL}"]': "cn-hangzhou-k", **zones_jk()},
        {("VER011", "warning", "PodNetworking/trading-eni")},
        NO_PLAN,
    ),
    "terway-controlplane does nothing": State(
        {"podENIs": [pod_eni(8, NODES[0])]}, {("VER012", "error", "Pod/trading/matcher-0")}
    ),
    "PodENI without a phase": State({"podENIs[1].status": {}}, {("VER013", "error", "Pod/trading/matcher-1")}),
    "PodENI that lists no interface": State(
        {"podENIs[1].status.eniInfos": {}}, set(), None, {"which interfaces bound PodENIs have"}
    ),
    "high-density ENI on Lingjun": State(
        {**LINGJUN, "podENIs[0].status": {
            "phase": "Bind", "trunkENIID": "DenseModeTrunkEniId",
            "eniInfos": {"e": {"type": "Member", "vfID": 3, "status": "Bind"}},
        }},
        set(), LINGJUN_PLAN, {"the type of high-density ENIs"},
    ),
    "a workload steered by affinity that requests nothing": State(
        {"pods[7]": fallback(7, NODES[1], containers=[{"name": "app"}]), "podENIs[3]": pod_eni(7, NODES[1])},
        {("VER017", "warning", "Pod/trading/matcher-7")},
    ),
    "a DaemonSet that the plan counts": State(
        {"pods[7]": daemon_pod("log-agent", NODES[0]), "podENIs[3]": {
            **pod_eni(0, NODES[0]), "metadata": {
                "name": "log-agent-1", "namespace": "kube-system",
                "annotations": {"k8s.aliyun.com/pod-uid": "uid-log-agent-1"},
            },
        }},
        {("VER017", "info", "Pod/kube-system/log-agent-1")},
        {"nodePools[0].systemPodsPerNode": 1},
    ),
    "member-eni, and nothing says that it is meant for exclusive nodes": State(
        {"pods[7]": fallback(9, "", containers=MEMBER_REQUEST)},
        {("VER019", "warning", "Pod/trading/matcher-9")},
        NO_PLAN,
    ),
    "no vSwitch of eni-config in the zone of the node": State(
        {**conf(vswitches={"cn-hangzhou-k": ["vsw-k"]}),
         "pods[7]": {**fallback(9, NODES[0]), "status": {"phase": "Pending"}}},
        {("VER020", "error", "Pod/trading/matcher-9"), ("VER035", "error", f"{CONFIG}/eni-config")},
    ),
    "a node-level config that takes the zone's vSwitch away": State(
        {
            **{f'nodes[{n}].metadata.labels["terway-config"]': "gpu-net" for n in range(3)},
            "configMaps[1]": {
                **CLUSTER["configMaps"][0], "metadata": {"name": "gpu-net", "namespace": "kube-system"},
                "data": {"eni_conf": json.dumps({"vswitches": {"cn-hangzhou-j": None, "cn-hangzhou-k": ["vsw-k"]}})},
            },
            "pods[7]": {**fallback(9, NODES[0]), "status": {"phase": "Pending"}},
        },
        {("VER020", "error", "Pod/trading/matcher-9"), ("VER035", "error", f"{CONFIG}/gpu-net")},
        GPU_PLAN,
    ),
    "every ENI is taken": State(
        {"pods": [*FULL, pod(98, ""), pod(99, ""), *AGENTS], "podENIs": FULL_ENIS},
        {("VER021", "error", "Pod/trading/matcher-98")},
    ),
    "dual stack, and every pod has both addresses": State(
        {**conf(ip_stack="dual"), **{f"podENIs[{n}].spec.allocations[0].ipv6": "2408::1" for n in range(3)}},
        set(), NO_PLAN,
    ),
    "a pod that waits for something else than an ENI": State(
        {"pods[7]": pod(9, "")}, {("VER021", "error", "Pod/trading/matcher-9")}
    ),
    "a pod that waits, and that is kept off exclusive nodes": State(
        {"pods[7]": fallback(9, "", containers=[{"name": "app"}], tolerations=[], affinity=AVERSE)}, set()
    ),
    "aliyun/eni requested where there are Lingjun nodes only": State(
        {**LINGJUN, "pods[6]": fallback(9, "", affinity=STEERED)}, {("VER021", "error", "Pod/trading/matcher-9")},
        LINGJUN_PLAN,
    ),
    "aliyun/eni requested where there are Lingjun nodes only, and all is tolerated": State(
        {**LINGJUN, "pods[6]": fallback(9, "", affinity=STEERED, tolerations=[{"operator": "Exists"}])},
        {("VER021", "error", "Pod/trading/matcher-9")}, LINGJUN_PLAN,
    ),
    "a pod for exclusive nodes where there are none": State(
        {**{label(n): "default" for n in range(3)}, "pods[7]": pod(9, "")},
        {("VER001", "error", "Node"), ("VER021", "error", "Pod/trading/matcher-9")},
        NO_PLAN,
    ),
    "a pod that wants more ENIs than any node has": State(
        {"pods[7]": pod(9, "", containers=[{"name": "app", "resources": {"limits": {ENI: "8"}}}])},
        {("VER021", "error", "Pod/trading/matcher-9")},
    ),
    "a newer Terway than planned": State(
        {"daemonSets[0].spec.template.spec.initContainers[0].image": "host:5000/acs/terway:v1.17.5@sha256:00"},
        {("VER022", "warning", SYSTEM_DAEMON), ("VER038", "warning", SYSTEM_DAEMON)},
    ),
    "a Terway that knows no exclusive nodes": State(
        {"daemonSets[0].spec.template.spec.initContainers[0].image": IMAGE.replace("v1.16.4", "v1.10.0")},
        {("VER022", "error", SYSTEM_DAEMON), ("VER038", "warning", SYSTEM_DAEMON)}, NO_PLAN,
    ),
    "a Terway image without a version": State(
        {"daemonSets[0].spec.template.spec.initContainers[0].image": IMAGE.replace("v1.16.4", "0a1b2c3d")},
        {("VER038", "warning", SYSTEM_DAEMON)}, None,
        {f"the version of Terway's image {IMAGE.replace('v1.16.4', '0a1b2c3d')}"},
    ),
    "an attach that failed and went well later": State(
        {"events[1]": event("CreateENIFailed", "PodENI", "matcher-0", "IpNotEnough in vsw-j", "trading")},
        {("VER026", "info", "PodENI/trading/matcher-0")},
    ),
    "an event about a pod that is gone": State(
        {"events[1]": event("CreateENIFailed", "Pod", "matcher-77", "QuotaExceeded", "trading")}, set()
    ),
    "a PodNetworking that failed and is Ready by now": State(
        {"events[1]": event("SyncPodNetworkingFailed", "PodNetworking", "trading-eni", "timeout")},
        {("VER027", "info", "PodNetworking/trading-eni")},
    ),
    "two pools of the plan that the nodes fit alike": State(
        {}, {("VER001", "error", "nodePools[0]"), ("VER001", "error", "nodePools[1]")},
        {"nodePools[1]": {"name": "second", "instanceTypes": ["ecs.g8i.8xlarge"], "desiredSize": 3},
         "podNetworkings": [POD_NETWORKING]},
    ),
    "two pools of the plan: one has nodes of its own, and both fit others": State(
        {"nodes[3]": node("own", **{NODE_POOL_LABEL: "np2", "team": "second"}),
         "nodes[4]": node("either", **{NODE_POOL_LABEL: "np3", "team": "second", "app": "trading"}),
         "pods[7]": agent("own")},
        {("VER001", "error", "nodePools[0]")},
        {"nodePools[0].labels": {"app": "trading"},
         "nodePools[1]": {"name": "second", "instanceTypes": ["ecs.g8i.8xlarge"], "labels": {"team": "second"},
                          "autoScaling": {"min": 0, "max": 9}},
         "podNetworkings": [POD_NETWORKING], "workloads": []},
        {"which pool of the plan (trading, second) node pool np3 belongs to"},
    ),
    "a PodNetworking that is meant for the nodes of one zone only": State(
        {"nodes[3]": node("own", **{NODE_POOL_LABEL: "np2", ZONE_LABEL: "cn-hangzhou-k", "team": "second"}),
         "pods[7]": agent("own"), **zones_jk()},
        set(),
        {"nodePools[1]": {"name": "second", "instanceTypes": ["ecs.g8i.8xlarge"], "labels": {"team": "second"},
                          "desiredSize": 1},
         "podNetworkings": [{**POD_NETWORKING, "nodePools": ["trading"]}]},
    ),
    "a pod that was put on a node where its PodNetworking has no vSwitch": State(
        {f'nodes[1].metadata.labels["{ZONE_LABEL}"]': "cn-hangzhou-k", **zones_jk(),
         "pods[7]": {**pod(9, NODES[1]), "status": {"phase": "Pending"}}},
        {("VER011", "error", "PodNetworking/trading-eni"), ("VER020", "error", "Pod/trading/matcher-9")},
    ),
    "a pod that was created with an older security group of its PodNetworking": State(
        {"podENIs[1].spec.allocations[0].eni.securityGroupIDs": ["sg-pods", "sg-old"]},
        {("VER030", "warning", "Pod/trading/matcher-1")}, NO_PLAN,
    ),
    "pods of a PodNetworking that names no vSwitches may have any": State(
        {"podNetworkings[0].spec.vSwitchOptions": [], "podENIs[1].spec.allocations[0].eni.vSwitchID": "vsw-x"},
        set(), NO_PLAN,
    ),
    "two node pools of the cluster fit one pool of the plan": State(
        {f'nodes[2].metadata.labels["{NODE_POOL_LABEL}"]': "np2"}, set(), None,
        {"which of np0123456789abcdef0123456789abcdef, np2 pool 'trading' is; all of them are judged as that pool"},
    ),
    "another exclusive node pool of the same type, told apart by the labels of the plan": State(
        {**{f'nodes[{n}].metadata.labels["team"]': "trading" for n in range(3)},
         "nodes[3]": {**node("theirs", **{NODE_POOL_LABEL: "np2"}), "spec": {}}},
        set(), {"nodePools[0].labels": {"team": "trading"}},
    ),
    "no node yet, as the plan allows": State(
        {"nodes": [SHARED_NODE]}, {("VER001", "info", "nodePools[0]")}, SCALED
    ),
    "no node that is exclusive though one is labelled, and the plan allows none": State(
        {"nodes": [node("typo", **{EXCLUSIVE_LABEL: "eni-only"})]}, {("VER004", "error", "Node/typo")}, SCALED,
    ),
    "label forgotten on the whole pool": State(
        {label(n): ABSENT for n in range(3)}, {("VER001", "error", "nodePools[0]")}
    ),
    "PodENI that is bound, with an interface that is not": State(
        {"podENIs[1].status.eniInfos.eni-1.status": "Unbind"}, {("VER013", "error", "Pod/trading/matcher-1")}
    ),
    "PodENI that does not say which pod it is of": State(
        {"podENIs[1].metadata.annotations": {}}, set(), None,
        {"by which UIDs some pods and their PodENIs belong together"},
    ),
    "the plan is dual stack, and the cluster is not": State(
        {}, {("VER016", "error", "Pod/trading/matcher-0"), ("VER024", "warning", "ConfigMap/kube-system/eni-config")},
        {"cluster.ipStack": "dual"},
    ),
    "PodNetworking that is Ready and lists no vSwitch": State(
        {"podNetworkings[0].status.vSwitches": []}, set(), None,
        {"in which zones PodNetworking trading-eni has vSwitches"},
    ),
    "PodNetworking that keeps addresses for another time, and chooses vSwitches otherwise": State(
        {"podNetworkings[0].spec.allocationType": {
            "type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1h"},
         "podNetworkings[0].spec.vSwitchSelectOptions": {"vSwitchSelectionPolicy": "most"}},
        {("VER009", "error", "PodNetworking/trading-eni")},
        {"podNetworkings[0].allocation": {"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "10m"}},
    ),
    "PodNetworking that fills another vSwitch first": State(
        {"podNetworkings[0].spec.vSwitchOptions": ["vsw-k", "vsw-j"]},
        {("VER009", "error", "PodNetworking/trading-eni")}, {"podNetworkings[0].vSwitchIds": ["vsw-j", "vsw-k"]},
    ),
    "PodNetworking whose vSwitches stand in another order, which means nothing": State(
        {"podNetworkings[0].spec.vSwitchOptions": ["vsw-k", "vsw-j"],
         "podNetworkings[0].spec.vSwitchSelectOptions": {"vSwitchSelectionPolicy": "most"}},
        set(),
        {"podNetworkings[0].vSwitchIds": ["vsw-j", "vsw-k"], "podNetworkings[0].vSwitchSelectionPolicy": "most"},
    ),
    "a pod that still runs an older Terway than the DaemonSet names": State(
        {"pods[7]": {**daemon_pod("terway-eniip", NODES[0], hostNetwork=True), "spec": {
            "hostNetwork": True, "nodeName": NODES[0],
            "initContainers": [{"name": "terway-init", "image": IMAGE.replace("v1.16.4", "v1.10.0")}]}}},
        {("VER022", "error", SYSTEM_DAEMON), ("VER038", "warning", SYSTEM_DAEMON)},
    ),
    "a pending pod with a PodENI has found a vSwitch, whatever the keys of eni-config": State(
        {**conf(vswitches={"cn-hangzhou-x": ["vsw-j"]}),
         "pods[7]": {**fallback(9, NODES[0]), "status": {"phase": "Pending"}},
         "podENIs[3]": {**pod_eni(9, NODES[0]), "status": {"phase": "Binding"}}},
        {("VER013", "error", "Pod/trading/matcher-9")},
    ),
    "no eni-config, though other ConfigMaps are there": State(
        {"configMaps[0].metadata.name": "gpu-net"}, set(), None, {"ConfigMap kube-system/eni-config"}
    ),
}  # fmt: skip
