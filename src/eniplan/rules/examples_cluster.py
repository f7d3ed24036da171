"""Example clusters: one that matches the example plan, and the changes with which it does not.

The lists hold objects as the API server returns them, with all fields that verify reads and some others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eniplan.k8s.terway import ENI, MEMBER_ENI
from eniplan.observed import NODE_POOL_LABEL, TYPE_LABEL, ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.rules.examples import POD_NETWORKING, WORKLOAD, changed, example

if TYPE_CHECKING:
    from collections.abc import Mapping

_TERWAY = "network.alibabacloud.com/v1beta1"
_TAINT = {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}
NODES = ("cn-hangzhou.10.0.0.1", "cn-hangzhou.10.0.0.2", "cn-hangzhou.10.0.0.3")
IMAGE = "registry-cn-hangzhou-vpc.ack.aliyuncs.com/acs/terway:v1.16.4"
STEERED = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {"matchExpressions": [{"key": EXCLUSIVE_LABEL, "operator": "In", "values": [EXCLUSIVE_VALUE]}]}
            ]
        }
    }
}
"""A node affinity to exclusive nodes."""


def node(name: str, **labels: str) -> dict[str, Any]:
    """Return a node of the example pool."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                NODE_POOL_LABEL: "np0123456789abcdef0123456789abcdef",
                TYPE_LABEL: "ecs.g8i.8xlarge",
                ZONE_LABEL: "cn-hangzhou-j",
                EXCLUSIVE_LABEL: EXCLUSIVE_VALUE,
                **labels,
            },
        },
        "spec": {"providerID": "cn-hangzhou.i-1", "taints": [_TAINT]},
        "status": {
            "capacity": {"cpu": "32", "pods": "213", ENI: "7"},
            "allocatable": {"cpu": "31850m", "memory": "120Gi", "pods": "213", ENI: "7"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    }


def pod(number: int, on: str, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a pod's spec
    """Return a pod with an ENI from a PodNetworking. `on` is its node; empty if it is unscheduled."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"matcher-{number}",
            "namespace": "trading",
            "uid": f"00000000-0000-4000-8000-{number:012}",
            "labels": {"network": "trading-eni"},
            "annotations": {"k8s.aliyun.com/pod-eni": "true", "k8s.aliyun.com/pod-networking": "trading-eni"},
            "ownerReferences": [{"kind": "StatefulSet", "name": "matcher", "controller": True}],
        },
        "spec": {
            **({"nodeName": on} if on else {}),
            "containers": [
                {"name": "app", "image": "matcher", "resources": {"limits": {ENI: "1"}, "requests": {ENI: "1"}}}
            ],
            "tolerations": [{**_TAINT, "operator": "Equal"}],
            **spec,
        },
        "status": _running(number) if on else {"phase": "Pending"},
    }


def _running(number: int) -> dict[str, Any]:
    """Return the status of a healthy pod."""
    return {
        "phase": "Running",
        "conditions": [{"type": "Ready", "status": "True"}],
        "podIP": f"10.0.1.{number + 1}",
    }


def system_pod(kind: str, owner: str, on: str) -> dict[str, Any]:
    """Return a hostNetwork pod of Terway: of the DaemonSet on a node, or of the control plane."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{owner}-{on[-1:]}",
            "namespace": "kube-system",
            "uid": f"uid-{owner}-{on[-1:]}",
            "labels": {"app": owner},
            "ownerReferences": [{"kind": kind, "name": owner, "controller": True}],
        },
        "spec": {
            "nodeName": on,
            "hostNetwork": True,
            "initContainers": [{"name": "terway-init", "image": IMAGE}],
            "containers": [{"name": "terway", "image": IMAGE}],
            "tolerations": [{"operator": "Exists"}],
        },
        "status": _running(0),
    }


def pod_eni(number: int, on: str) -> dict[str, Any]:
    """Return the PodENI of a pod."""
    return {
        "apiVersion": _TERWAY,
        "kind": "PodENI",
        "metadata": {
            "name": f"matcher-{number}",
            "namespace": "trading",
            "labels": {"k8s.aliyun.com/node": on},
            "annotations": {"k8s.aliyun.com/pod-uid": f"00000000-0000-4000-8000-{number:012}"},
        },
        "spec": {
            "allocations": [
                {
                    "eni": {"id": f"eni-{number}", "vSwitchID": "vsw-j", "securityGroupIDs": ["sg-pods"]},
                    "ipv4": f"10.0.1.{number + 1}",
                }
            ],
            "zone": "cn-hangzhou-j",
        },
        "status": {
            "phase": "Bind",
            "instanceID": "i-1",
            "eniInfos": {f"eni-{number}": {"id": f"eni-{number}", "type": "Secondary", "status": "Bind"}},
        },
    }


def event(reason: str, kind: str, name: str, message: str, namespace: str = "") -> dict[str, Any]:
    """Return a Warning event of an object."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.17a", "namespace": namespace or "default"},
        "type": "Warning",
        "reason": reason,
        "message": message,
        "count": 3,
        "involvedObject": {"kind": kind, "name": name, **({"namespace": namespace} if namespace else {})},
    }


def daemon_pod(owner: str, on: str, name: str = "", **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return a pod of a DaemonSet in kube-system without a PodNetworking or requests."""
    name = name or f"{owner}-{on[-1:]}"
    found = pod(0, on, containers=[{"name": "app", "image": owner}], **spec)
    found["metadata"] = {
        "name": name,
        "namespace": "kube-system",
        "uid": f"uid-{name}",
        "ownerReferences": [{"kind": "DaemonSet", "name": owner, "controller": True}],
    }
    return found


def config_map(name: str, **zones: list[str] | None) -> dict[str, Any]:
    """Return a ConfigMap of Terway. A node-level one has only vSwitches, or nothing if none are given."""
    conf: dict[str, Any] = {"vswitches": zones} if zones else {}
    if name == "eni-config":
        conf = {"version": "1", "ipam_type": "crd", "ip_stack": "ipv4", **conf}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "kube-system"},
        "data": {"eni_conf": json.dumps(conf)},
    }


SHARED_NODE = node("shared", **{EXCLUSIVE_LABEL: "default", NODE_POOL_LABEL: "np2"})
CLUSTER: dict[str, Any] = {
    "nodes": [node(name) for name in NODES],
    "pods": [
        *(pod(number, name) for number, name in enumerate(NODES)),
        daemon_pod("kube-proxy", NODES[0], hostNetwork=True),
        *(system_pod("DaemonSet", "terway-eniip", name) for name in NODES),
    ],
    "podNetworkings": [
        {
            "apiVersion": _TERWAY,
            "kind": "PodNetworking",
            "metadata": {"name": "trading-eni"},
            "spec": {
                "eniOptions": {"eniType": "ENI"},
                "selector": {"podSelector": {"matchLabels": {"network": "trading-eni"}}},
                "vSwitchOptions": ["vsw-j"],
                "securityGroupIDs": ["sg-pods"],
            },
            "status": {"status": "Ready", "vSwitches": [{"id": "vsw-j", "zone": "cn-hangzhou-j"}]},
        }
    ],
    "podENIs": [pod_eni(number, name) for number, name in enumerate(NODES)],
    "events": [{**event("Scheduled", "Pod", "matcher-0", "assigned", "trading"), "type": "Normal"}],
    "daemonSets": [
        {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": {"name": "terway-eniip", "namespace": "kube-system"},
            "spec": {"template": {"spec": {"initContainers": [{"name": "terway-init", "image": IMAGE}]}}},
            "status": {"desiredNumberScheduled": 3, "numberReady": 3},
        }
    ],
    "configMaps": [config_map("eni-config", **{"cn-hangzhou-j": ["vsw-j"]})],
}
MEMBER_REQUEST = [
    {"name": "app", "image": "a", "resources": {"limits": {MEMBER_ENI: "1"}, "requests": {MEMBER_ENI: "1"}}}
]


def cluster_plan() -> dict[str, Any]:
    """Return the plan for judging the example clusters."""
    workload = {**WORKLOAD, "namespace": "trading", "podNetworking": "trading-eni", "replicas": 3}
    return example({"podNetworkings": [POD_NETWORKING], "workloads": [workload]})


def cluster_example(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the example cluster with changes (see `examples.changed`) as a List, as kubectl prints it."""
    return dump(changed(CLUSTER, changes))


def dump(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """Return the objects of a cluster as a List."""
    items = [item for found in cluster.values() for item in found]
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
