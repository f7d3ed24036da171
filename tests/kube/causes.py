"""Clusters in which a pod of the plan does not run, or will not: the rule that finds the cause, and its fix.

Each is verified with the example plan, and without a plan.
"""

from __future__ import annotations

import copy
import json
from typing import Any, NamedTuple

from eniplan.k8s.terway import ENI, MEMBER_ENI
from eniplan.observed import CONTROL_PLANE, NODE_POOL_LABEL, TYPE_LABEL, ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL, TERWAY_CONFIG_LABEL
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import (
    CLUSTER,
    IMAGE,
    NODES,
    SHARED_NODE,
    config_map,
    daemon_pod,
    event,
    node,
    pod,
    pod_eni,
    system_pod,
)

ERROR, WARNING, NOTHING = "error", "warning", ""


class Cause(NamedTuple):
    """A fault of a cluster, and the expected findings."""

    changes: dict[str, Any]
    rule: str
    """The rule of the first finding."""
    fix: str
    """A part of its fix."""
    level: str = ERROR
    alone: str | None = None
    """The level of the worst finding without a plan; None: the same."""
    plan: dict[str, Any] = {}  # noqa: RUF012 - never changed


def waiting(reason: str, key: str = "containerStatuses", name: str = "app", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the status of a scheduled pod that waits."""
    return {"phase": "Pending", key: [{"name": name, "state": {"waiting": {"reason": reason, **more}}}]}


def crashing(name: str = "app") -> dict[str, Any]:
    """Return the status of a pod that crashes repeatedly."""
    return {**waiting("CrashLoopBackOff", name=name), "phase": "Running",
            "conditions": [{"type": "Ready", "status": "False"}], "podIP": "10.0.1.2"}  # fmt: skip


def unschedulable(message: str, number: int = 2, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a spec
    """Return a pod of the plan's workload that the scheduler cannot place."""
    found = pod(number, "", **spec)
    found["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": f"0/3 nodes: {message}"}
    ]
    return found


def asking(**requests: str) -> list[dict[str, Any]]:
    """Return a container with these requests, and one for an ENI."""
    return [{"name": "app", "resources": {"requests": {ENI: "1", **requests}, "limits": {ENI: "1"}}}]


def each(path: str, value: object) -> dict[str, Any]:
    """Return the change of a field of all nodes."""
    return {f"nodes[{n}].{path}": value for n in range(3)}


def away(found: dict[str, Any]) -> dict[str, Any]:
    """Return the change that replaces matcher-2 with a pod without a node."""
    return {"pods[2]": found, "podENIs[2]": ABSENT}


def label(key: str, value: str, *, alone: bool = True) -> dict[str, Any]:
    """Return the change that gives all nodes this label instead of the exclusive one."""
    gone = each(f'metadata.labels["{EXCLUSIVE_LABEL}"]', ABSENT) if alone else {}
    return {**gone, **each(f'metadata.labels["{key}"]', value)}


def owned(kind: str, name: str, owner: str, kind_of: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - a workload
    """Return the plan with a workload of this kind, and the change that gives its pods this owner."""
    workload = {"name": name, "namespace": "trading", "kind": kind, "nodePool": "trading", "replicas": 3,
                "podNetworking": "trading-eni", **more}  # fmt: skip
    owners = [{"kind": kind_of, "name": owner, "controller": True}] if owner else []
    return {"plan": {"workloads": [workload]}, "owners": owners}


def taint(key: str, effect: str = "NoSchedule") -> dict[str, str]:
    return {"key": key, "effect": effect}


def tainted(key: str, effect: str = "NoSchedule") -> dict[str, Any]:
    """Return the change that adds a taint to all nodes while matcher-2 waits."""
    own = CLUSTER["nodes"][0]["spec"]["taints"]
    return {**each("spec.taints", [*own, taint(key, effect)]), **away(pod(2, ""))}


def agent(**status: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a status
    """Return the change that gives Terway's pod of the first node this status."""
    return {"pods[4].status": status}


PENDING: dict[str, Any] = {"pods[1].status": waiting("ContainerCreating")}
"""matcher-1 is scheduled and does not start."""
BINDING = {"podENIs[1].status": {"phase": "Binding"}}
OWN = each(f'metadata.labels["{TERWAY_CONFIG_LABEL}"]', "gpu-net")
GPU_PLAN: dict[str, Any] = {
    "nodePools[0].terwayConfig": "gpu-net",
    "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]}},
}
GPU = {**config_map("gpu-net"), "data": {"eni_conf": json.dumps(
    {"vswitches": {"cn-hangzhou-j": ["vsw-j"]}, "security_groups": ["sg-pods"], "security_group": None}
)}}  # fmt: skip


def gpu(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of eni_conf
    """Return the change that makes all nodes use a node-level ConfigMap with these fields."""
    return {**OWN, "configMaps[1]": {**GPU, "data": {"eni_conf": json.dumps(fields)}}}


def reported(reason: str, message: str, kind: str = "Pod", name: str = "matcher-1") -> dict[str, Any]:
    """Return the change that adds an event, while matcher-1 does not start."""
    return {"events[1]": event(reason, kind, name, message, "trading"), **PENDING}


def newer(reason: str, message: str) -> dict[str, Any]:
    """Return the same event in the form of events.k8s.io/v1."""
    found = {
        "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e", "namespace": "trading"},
        "type": "Warning", "reason": reason, "note": message, "series": {"count": 5, "lastObservedTime": None},
        "regarding": {"kind": "Pod", "namespace": "trading", "name": "matcher-1"},
    }  # fmt: skip
    return {"events[1]": found, **PENDING}


CONTROLLER = system_pod("ReplicaSet", f"{CONTROL_PLANE}-7d5f9c4b6d", NODES[0])
SHORT = each("status.allocatable.pods", "6")
SEVEN = [daemon_pod("agent", NODES[0], name=f"agent-{n}") for n in range(7)]
MEMBER = [{"name": "app", "resources": {"limits": {MEMBER_ENI: "1"}, "requests": {MEMBER_ENI: "1"}}}]
OTHER_ZONE = {
    **CLUSTER["podNetworkings"][0], "status": {"status": "Ready", "vSwitches": [{"id": "k", "zone": "cn-hangzhou-k"}]},
}  # fmt: skip


def probe(found: dict[str, Any]) -> dict[str, Any]:
    """Return a pod as one of a DaemonSet."""
    owners = [{"kind": "DaemonSet", "name": "probe", "controller": True}]
    return {**found, "metadata": {**found["metadata"], "ownerReferences": owners}}


def only(name: str) -> dict[str, Any]:
    """Return the affinity of a DaemonSet's pod to its node."""
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [name]}]}]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def loner(found: dict[str, Any], **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a spec
    """Return a pod with more fields in its spec."""
    return {**found, "spec": {**found["spec"], **spec}}


def info(**row: object) -> dict[str, Any]:
    """Return the change that sets the nodes' annotation about their type."""
    told = json.dumps({"InstanceTypeId": "ecs.g8i.8xlarge", **row})
    return each('metadata.annotations["alibabacloud.com/instance-type-info"]', told)


def enis(count: str) -> dict[str, Any]:
    """Return the change that makes all nodes publish this many ENIs."""
    return {**each(f'status.capacity["{ENI}"]', count), **each(f'status.allocatable["{ENI}"]', count)}


def copies(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the pods of the cluster with these instead of the workload's."""
    return [*copy.deepcopy(found), *CLUSTER["pods"][3:]]


def of_kind(kind: str, name: str, owner: str, kind_of: str, *, number: int = 3, **more: Any) -> Cause:  # noqa: ANN401
    """Return a cluster whose workload is of another kind, and whose third pod does not start."""
    made = owned(kind, name, owner, kind_of, **more)
    pods = [pod(n, on) for n, on in enumerate(NODES)][:number]
    for item in pods:
        item["metadata"]["ownerReferences"] = made["owners"]
    pods[-1]["status"] = waiting("ContainerCreating")
    return Cause({"pods": copies(pods)}, "VER032", "describe pod", plan=made["plan"])


CAUSES: dict[str, Cause] = {
    # --- 1: a workload is proved by its pods ---
    "all pods are gone": Cause(
        {"pods": CLUSTER["pods"][3:], "podENIs": []}, "VER031", "render-manifests", alone=NOTHING
    ),
    "one pod too few": Cause(
        {"pods[2]": ABSENT, "podENIs[2]": ABSENT}, "VER031", "describe statefulset", alone=NOTHING
    ),
    "a pod that is being deleted does not count": Cause(
        {"pods[2].metadata.deletionTimestamp": "2026-11-25T00:00:00Z"}, "VER031", "a finalizer", alone=NOTHING
    ),
    "a pod of another namespace does not count": Cause(
        {"pods[2].metadata.namespace": "other", "podENIs[2].metadata.namespace": "other"},
        "VER031",
        "describe statefulset",
        alone=NOTHING,
    ),
    "a pod has failed": Cause({"pods[2].status.phase": "Failed"}, "VER031", "describe statefulset", alone=NOTHING),
    "the pods are hostNetwork": Cause(
        {f"pods[{n}].spec.hostNetwork": True for n in range(3)}, "VER031", "pod template", alone=NOTHING
    ),
    "the pods are left alone by Terway": Cause(
        {f'pods[{n}].metadata.labels["k8s.aliyun.com/ignore-by-terway"]': "true" for n in range(3)},
        "VER031",
        "pod template",
        alone=NOTHING,
    ),
    "Pending, and no condition says why": Cause(
        away(pod(2, "")), "VER021", "kubectl -n trading describe pod matcher-2"
    ),
    "a scheduling gate": Cause(
        away(
            {
                **pod(2, ""),
                "status": {
                    "phase": "Pending",
                    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
                },
            }
        ),
        "VER021",
        "schedulingGates",
    ),
    "Too many pods, by the numbers of the node": Cause(
        {
            **SHORT,
            **away(unschedulable("3 Too many pods.")),
            "pods": copies([*(pod(n, NODES[n % 3]) for n in range(12)), unschedulable("3 Too many pods.", 99)]),
            "podENIs": [pod_eni(n, NODES[n % 3]) for n in range(12)],
        },
        "VER037",
        "maxPods",
    ),
    "Too many pods, as only the scheduler knows": Cause(away(unschedulable("3 Too many pods.")), "VER021", "maxPods"),
    "Insufficient cpu, by the numbers of the node": Cause(
        away(unschedulable("3 Insufficient cpu.", containers=asking(cpu="64"))), "VER021", "larger instance type"
    ),
    "Insufficient cpu, as other pods take it": Cause(
        {
            **{f"pods[{n}].spec.containers[0].resources.requests.cpu": "30" for n in (0, 1)},
            "pods[4].spec.containers[0].resources": {"requests": {"cpu": "1500m"}},
            "pods[6].spec.containers[0].resources": {"requests": {"cpu": "31"}},
            **away(unschedulable("3 Insufficient cpu.", containers=asking(cpu="2"))),
        },
        "VER021",
        "lower the request",
    ),
    "Insufficient cpu, as only the scheduler knows": Cause(
        away(unschedulable("3 Insufficient cpu.")), "VER021", "larger instance type"
    ),
    "Insufficient memory": Cause(
        away(unschedulable("3 Insufficient memory.", containers=asking(memory="200Gi"))),
        "VER021",
        "larger instance type",
    ),
    "Insufficient memory of an init container": Cause(
        away(unschedulable("x", initContainers=asking(memory="121Gi"))), "VER021", "larger instance type"
    ),
    "a sidecar and a container together": Cause(
        away(
            unschedulable(
                "x", initContainers=[{**asking(cpu="20")[0], "restartPolicy": "Always"}], containers=asking(cpu="20")
            )
        ),
        "VER021",
        "larger instance type",
    ),
    "an untolerated taint": Cause(away(unschedulable("x", tolerations=[])), "VER021", "render-manifests --patch"),
    "a taint that only the scheduler knows": Cause(
        away(unschedulable("1 node(s) had untolerated taint {a: b}")), "VER021", "toleration"
    ),
    "a volume of another zone": Cause(
        away(unschedulable("3 node(s) had volume node affinity conflict.")), "VER021", "kubectl get pvc"
    ),
    "a node selector that no node meets": Cause(
        away(unschedulable("x", nodeSelector={"disk": "ssd"})), "VER021", "--show-labels"
    ),
    "ENIs are taken": Cause(
        {
            "pods": copies([*(pod(n, NODES[n % 3]) for n in range(21)), unschedulable("x", 99)]),
            "podENIs": [pod_eni(n, NODES[n % 3]) for n in range(21)],
        },
        "VER021",
        "scale the pool out",
    ),
    "no node offers so many": Cause(
        away(unschedulable("x", containers=[{"name": "a", "resources": {"limits": {ENI: "9"}}}])),
        "VER021",
        "terway-eniip",
    ),
    "member-eni": Cause(
        away(unschedulable("x", containers=MEMBER)), "VER019", "kubectl edit podnetworking trading-eni", alone=WARNING
    ),
    "no vSwitch of the PodNetworking in the zone": Cause(
        {"podNetworkings[0]": OTHER_ZONE, **away(pod(2, ""))}, "VER011", "kubectl edit podnetworking", alone=ERROR
    ),
    "a pod that needs no ENI by its request and waits": Cause(
        away(unschedulable("x", containers=[{"name": "a"}], nodeSelector={"a": "b"})), "VER021", "--show-labels"
    ),
    "ContainerCreating, with its ENI": Cause(PENDING, "VER032", "kubectl -n kube-system get pods"),
    "CrashLoopBackOff before the network": Cause(
        {"pods[1].status": crashing(), "podENIs[1]": ABSENT}, "VER012", "describe pod matcher-1"
    ),
    "CrashLoopBackOff with its network": Cause(
        {"pods[1].status": crashing()}, "VER032", "logs matcher-1 -c app --previous", alone=WARNING
    ),
    "an init container that crashes": Cause(
        {"pods[1].status": waiting("CrashLoopBackOff", "initContainerStatuses", "setup")},
        "VER032",
        "-c setup --previous",
    ),
    "an image that cannot be pulled": Cause({"pods[1].status": waiting("ImagePullBackOff")}, "VER032", "image"),
    "a ConfigMap of the pod that does not exist": Cause(
        {"pods[1].status": waiting("CreateContainerConfigError")}, "VER032", "describe pod matcher-1"
    ),
    "the node is lost": Cause({"pods[1].status": {"phase": "Unknown"}}, "VER032", "describe pod matcher-1"),
    "no phase": Cause({"pods[1].status.phase": ABSENT}, "VER032", "describe pod matcher-1"),
    "not Ready": Cause(
        {"pods[1].status.conditions[0].status": "False"}, "VER032", "describe pod matcher-1", WARNING, NOTHING
    ),
    "on a shared node, where it waits": Cause(
        {
            "nodes[3]": SHARED_NODE,
            "pods[2]": {**pod(2, "shared"), "status": waiting("ContainerCreating")},
            "podENIs[2]": ABSENT,
        },
        "VER029",
        "render-manifests --patch",
        alone=NOTHING,
    ),
    "a pod of a Deployment": of_kind("Deployment", "web", "web-7d5f9c4b6d", "ReplicaSet"),
    "a pod of a Deployment whose hash is short": of_kind("Deployment", "web", "web-7d9f", "ReplicaSet"),
    "a pod of a CronJob": of_kind("CronJob", "report", "report-29384756", "Job"),
    "a pod of a Job": of_kind("Job", "load", "load", "Job"),
    "a bare Pod": of_kind("Pod", "matcher-0", "", "", number=1, replicas=1),
    "a pod of a DaemonSet": of_kind("DaemonSet", "probe", "probe", "DaemonSet", replicas=1),
    "a DaemonSet without a pod on one node": Cause(
        {
            "pods": copies(
                [
                    {
                        **pod(n, on),
                        "metadata": {
                            **pod(n, on)["metadata"],
                            "ownerReferences": [{"kind": "DaemonSet", "name": "probe", "controller": True}],
                        },
                    }
                    for n, on in enumerate(NODES[:2])
                ]
            ),
            "podENIs[2]": ABSENT,
        },
        "VER031",
        "tolerate",
        alone=NOTHING,
        plan=owned("DaemonSet", "probe", "", "", replicas=1)["plan"],
    ),
    "a DaemonSet without a pod": Cause(
        {"pods": copies([]), "podENIs": []},
        "VER031",
        "describe daemonset probe",
        alone=NOTHING,
        plan=owned("DaemonSet", "probe", "", "", replicas=1)["plan"],
    ),
    "a DaemonSet of hostNetwork that is not ready": Cause(
        {
            "pods[7]": {**daemon_pod("probe", NODES[0], hostNetwork=True), "status": crashing()},
            "pods[8]": daemon_pod("probe", NODES[1], hostNetwork=True),
            "pods[9]": daemon_pod("probe", NODES[2], hostNetwork=True),
        },
        "VER031",
        "describe daemonset probe",
        alone=NOTHING,
        plan={
            "workloads[1]": {
                "name": "probe",
                "namespace": "kube-system",
                "kind": "DaemonSet",
                "nodePool": "trading",
                "replicas": 1,
                "hostNetwork": True,
            }
        },
    ),
    "a Job whose pods have failed": Cause(
        {
            "pods": copies(
                [
                    {
                        **pod(0, NODES[0]),
                        "status": {"phase": "Failed"},
                        "metadata": {
                            **pod(0, "")["metadata"],
                            "ownerReferences": [{"kind": "Job", "name": "load", "controller": True}],
                        },
                    }
                ]
            ),
            "podENIs": [],
        },
        "VER031",
        "describe job load",
        alone=NOTHING,
        plan=owned("Job", "load", "", "")["plan"],
    ),
    "a CronJob whose last pod has failed": Cause(
        {
            "pods": copies(
                [
                    {
                        **pod(0, NODES[0]),
                        "status": {"phase": "Failed"},
                        "metadata": {
                            **pod(0, "")["metadata"],
                            "ownerReferences": [{"kind": "Job", "name": "load-29384756", "controller": True}],
                        },
                    }
                ]
            ),
            "podENIs": [],
        },
        "VER031",
        "describe cronjob load",
        alone=NOTHING,
        plan=owned("CronJob", "load", "", "")["plan"],
    ),
    "a Job that is done": Cause(
        {
            "pods": copies(
                [
                    {
                        **pod(0, NODES[0]),
                        "status": {"phase": "Succeeded"},
                        "metadata": {
                            **pod(0, "")["metadata"],
                            "ownerReferences": [{"kind": "Job", "name": "load", "controller": True}],
                        },
                    }
                ]
            )
        },
        "",
        "",
        NOTHING,
        plan=owned("Job", "load", "", "")["plan"],
    ),
    "a DaemonSet of a pool that may be empty, and is": Cause(
        {"nodes": [SHARED_NODE], "pods": CLUSTER["pods"][3:4], "podENIs": []},
        "VER001",
        "verify PLAN",
        "info",
        ERROR,
        plan={
            **owned("DaemonSet", "probe", "", "", replicas=1)["plan"],
            "nodePools[0].desiredSize": ABSENT,
            "nodePools[0].autoScaling": {"min": 0, "max": 3},
        },
    ),
    "two ENIs wanted, and one is left": Cause(
        {
            "pods": copies(
                [
                    *(pod(n, NODES[n % 3]) for n in range(18)),
                    unschedulable("x", 99, containers=[{"name": "a", "resources": {"limits": {ENI: "2"}}}]),
                ]
            ),
            "podENIs": [pod_eni(n, NODES[n % 3]) for n in range(18)],
        },
        "VER021",
        "scale the pool out",
    ),
    "no node is exclusive": Cause({"nodes": [SHARED_NODE], **away(pod(2, ""))}, "VER001", "--pool trading="),
    "pods run, and the PodENIs were not dumped": Cause({**PENDING, "podENIs": []}, "VER032", "describe pod matcher-1"),
    "a failure is told, and the PodENIs were not dumped": Cause(
        {**reported("CreateENIFailed", "QuotaExceeded"), "podENIs": []}, "VER026", "Quota"
    ),
    "a pod of a workload of which the plan says much": Cause(
        away(unschedulable("x", tolerations=[])),
        "VER021",
        "render-manifests --patch",
        plan={"workloads[0].namespaceLabels": {"team": "a"}},
    ),
    "a pod that waits with odd affinity": Cause(
        away(
            unschedulable(
                "x",
                affinity={
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, "b"]
                        }
                    }
                },
            )
        ),
        "VER021",
        "--show-labels",
    ),
    # --- 2: a placed pod that does not start ---
    "AllocIPFailed": Cause(reported("AllocIPFailed", "cmdAdd: error alloc ip rpc"), "VER026", "describe pod matcher-1"),
    "AllocIPFailed, as a note": Cause(newer("AllocIPFailed", "cmdAdd: error alloc ip rpc"), "VER026", "terway-eniip"),
    "FailedCreatePodSandBox": Cause(
        reported("FailedCreatePodSandBox", "plugin type terway failed (add)"), "VER026", "describe pod matcher-1"
    ),
    "no address left": Cause(
        {**reported("CreateENIFailed", "InvalidVSwitchId.IpNotEnough"), **BINDING}, "VER026", "add a vSwitch"
    ),
    "no address left, in Terway's words": Cause(
        {**reported("CreateENIFailed", "vsw-j <ip not enough>"), "podENIs[1]": ABSENT}, "VER026", "add a vSwitch"
    ),
    "a quota": Cause({**reported("CreateENIFailed", "QuotaExceeded.Eni"), **BINDING}, "VER026", "Quota Center"),
    "ENIs of the instance": Cause(
        {**reported("AttachENIFailed", "InvalidOperation.EniCountExceeded", "PodENI"), **BINDING}, "VER026", "by hand"
    ),
    "a right of RAM": Cause({**reported("CreateENIFailed", "Forbidden.RAM"), **BINDING}, "VER026", "RAM role"),
    "a security group": Cause(
        {**reported("CreateENIFailed", "InvalidSecurityGroupId.NotFound"), **BINDING}, "VER026", "security groups"
    ),
    "no vSwitch in the zone, in Terway's words": Cause(
        {**reported("PodCreateFailed", "can not found available vSwitch for zone j"), "podENIs[1]": ABSENT},
        "VER026",
        "edit podnetworking trading-eni",
    ),
    "no PodENI": Cause({**PENDING, "podENIs[1]": ABSENT}, "VER012", "terway-controlplane"),
    "no PodENI, and kubelet says what it waits for": Cause(
        {**reported("FailedCreatePodSandBox", "podENI has not ready"), "podENIs[1]": ABSENT}, "VER012", "controlplane"
    ),
    "a PodENI that is not bound": Cause({**PENDING, **BINDING}, "VER013", "describe podeni matcher-1"),
    "a PodENI of an earlier pod": Cause(
        {**PENDING, 'podENIs[1].metadata.annotations["k8s.aliyun.com/pod-uid"]': "old"},
        "VER015",
        "delete pod matcher-1",
    ),
    "a PodENI with another address": Cause(
        {"podENIs[1].spec.allocations[0].ipv4": "10.9.9.9"}, "VER015", "delete pod matcher-1"
    ),
    "a PodENI on the trunk": Cause(
        {"podENIs[1].status.eniInfos.eni-1.type": "Member"}, "VER014", "delete pod matcher-1"
    ),
    "more pods than ENIs": Cause(
        {
            "pods": [*CLUSTER["pods"], *SEVEN[:-1], {**SEVEN[-1], "status": waiting("ContainerCreating")}],
            "podENIs": [
                *CLUSTER["podENIs"],
                *(
                    {
                        **pod_eni(0, NODES[0]),
                        "metadata": {
                            "name": item["metadata"]["name"],
                            "namespace": "kube-system",
                            "annotations": {"k8s.aliyun.com/pod-uid": item["metadata"]["uid"]},
                        },
                    }
                    for item in SEVEN
                ),
            ],
        },
        "VER017",
        "keep it off",
    ),
    # --- 3: Terway on every exclusive node ---
    "no pod of Terway": Cause({"pods[4]": ABSENT}, "VER033", "describe ds terway-eniip"),
    "a pod of Terway that is going": Cause(
        {"pods[4].metadata.deletionTimestamp": "2026-11-25T00:00:00Z"}, "VER033", "describe ds terway-eniip"
    ),
    "Terway crashes": Cause(agent(**crashing("terway")), "VER033", "logs terway-eniip-1"),
    "Terway is not Ready": Cause({"pods[4].status.conditions[0].status": "False"}, "VER033", "logs terway-eniip-1"),
    "Terway's image cannot be pulled": Cause(agent(**waiting("ErrImagePull")), "VER033", "describe pod terway-eniip-1"),
    "Terway is stuck in an init container": Cause(
        agent(**waiting("CrashLoopBackOff", "initContainerStatuses", "terway-init")),
        "VER033",
        "logs terway-eniip-1 -c terway-init",
    ),
    "Terway runs an init container for ever": Cause(
        agent(phase="Pending", initContainerStatuses=[{"name": "terway-init", "state": {"running": {}}}]),
        "VER033",
        "-c terway-init",
    ),
    "the mode was changed": Cause(
        agent(
            phase="Pending",
            initContainerStatuses=[
                {
                    "name": "terway-init",
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": {"exitCode": 1, "message": "exclusive eni mode changed"}},
                }
            ],
        ),
        "VER033",
        "replace it",
    ),
    "Terway is down, and pods wait for it": Cause(
        {"pods[5]": ABSENT, **PENDING, "podENIs[1]": ABSENT}, "VER033", "describe ds terway-eniip"
    ),
    "the DaemonSet is not ready elsewhere": Cause(
        {"daemonSets[0].status.numberReady": 2}, "VER033", "get pods -l app=terway-eniip", WARNING
    ),
    "two images": Cause(
        {"pods[5].spec.initContainers[0].image": IMAGE.replace("v1.16.4", "v1.16.8")},
        "VER022",
        "eniplan check",
        WARNING,
    ),
    "two images, of a pod that is going": Cause(
        {
            "pods[7]": {
                **system_pod("DaemonSet", "terway-eniip", NODES[0]),
                "metadata": {
                    **CLUSTER["pods"][4]["metadata"],
                    "name": "old",
                    "deletionTimestamp": "2026-11-25T00:00:00Z",
                },
                "spec": {
                    **CLUSTER["pods"][4]["spec"],
                    "initContainers": [{"image": IMAGE.replace("v1.16.4", "v1.9.0")}],
                },
            }
        },
        "",
        "",
        NOTHING,
    ),
    "terway-controlplane crashes": Cause(
        {"pods[7]": {**CONTROLLER, "status": crashing()}, **PENDING, "podENIs[1]": ABSENT},
        "VER034",
        "logs terway-contro",
    ),
    "one of two of terway-controlplane crashes": Cause(
        {"pods[7]": {**CONTROLLER, "status": crashing()}, "pods[8]": CONTROLLER}, "", "", NOTHING
    ),
    # --- 4: the configuration in force ---
    "node-level configuration, as planned": Cause({**OWN, "configMaps[1]": GPU}, "", "", NOTHING, plan=GPU_PLAN),
    "node-level vSwitches": Cause(
        gpu(vswitches={"cn-hangzhou-j": ["vsw-x"]}), "VER035", "edit configmap gpu-net", alone=NOTHING, plan=GPU_PLAN
    ),
    "node-level security groups": Cause(
        gpu(security_groups=["sg-other"]), "VER035", "edit configmap gpu-net", alone=NOTHING, plan=GPU_PLAN
    ),
    "node-level configuration that is no JSON": Cause(
        {**OWN, "configMaps[1]": {**GPU, "data": {"eni_conf": "{"}}}, "VER035", "edit configmap gpu-net", plan=GPU_PLAN
    ),
    "node-level vSwitches of another form": Cause(
        gpu(vswitches=["vsw-j"]), "VER035", "edit configmap gpu-net", plan=GPU_PLAN
    ),
    "node-level zone without a vSwitch": Cause(
        gpu(vswitches={"cn-hangzhou-j": None}), "VER035", "add a vSwitch of cn-hangzhou-j", plan=GPU_PLAN
    ),
    "node-level zone with an empty list": Cause(
        gpu(vswitches={"cn-hangzhou-j": []}), "VER035", "add a vSwitch of cn-hangzhou-j", plan=GPU_PLAN
    ),
    "node-level vswitches: null": Cause(gpu(vswitches=None), "VER035", "add a vSwitch", plan=GPU_PLAN),
    "a node-level ConfigMap that does not exist": Cause(
        OWN, "VER008", "render-manifests PLAN | kubectl", plan=GPU_PLAN
    ),
    "a terway-config label that the plan does not have": Cause(
        {**OWN, "configMaps[1]": GPU}, "VER008", "terwayConfig into the plan", alone=NOTHING
    ),
    "no terway-config label, and the plan has one": Cause(
        {}, "VER008", "kubectl label node", alone=NOTHING, plan=GPU_PLAN
    ),
    "another terway-config label": Cause(
        {**each(f'metadata.labels["{TERWAY_CONFIG_LABEL}"]', "cpu-net"), "configMaps[1]": config_map("cpu-net")},
        "VER008",
        "gpu-net --overwrite",
        alone=NOTHING,
        plan=GPU_PLAN,
    ),
    "eni-config without its text": Cause({"configMaps[0].data": {}}, "VER024", "edit configmap eni-config"),
    "eni-config without a vSwitch": Cause(
        {"configMaps[0].data.eni_conf": '{"ipam_type": "crd"}'}, "VER035", "edit configmap eni-config"
    ),
    "eni-config with another vSwitch": Cause(
        {"configMaps[0]": config_map("eni-config", **{"cn-hangzhou-j": ["vsw-y"]})},
        "VER024",
        "get configmap eni-config",
        WARNING,
        NOTHING,
    ),
    # --- 5: the flagship mistake ---
    "a key with one letter too few": Cause(
        label("k8s.aliyun.com/exclusive-mode-eni-typ", "eniOnly"), "VER004", "node pool np0123"
    ),
    "a key of another domain": Cause(
        label("alibabacloud.com/exclusive-mode-eni-type", "eniOnly"), "VER004", "node pool np0123"
    ),
    "a key with its words exchanged": Cause(
        label("k8s.aliyun.com/exclusive-eni-mode-type", "eniOnly"), "VER004", "node pool np0123"
    ),
    "a key in capitals": Cause(
        label("k8s.aliyun.com/Exclusive-Mode-ENI-Type", "eniOnly"), "VER004", "node pool np0123"
    ),
    "another value": Cause(label(EXCLUSIVE_LABEL, "eni", alone=False), "VER004", "node pool np0123"),
    "another case": Cause(label(EXCLUSIVE_LABEL, "ENIOnly", alone=False), "VER004", "node pool np0123"),
    "a blank value": Cause(label(EXCLUSIVE_LABEL, "", alone=False), "VER004", "node pool np0123"),
    "a key that is near, on nodes of another type": Cause(
        {
            **label("k8s.aliyun.com/exclusive-mode-eni", "eniOnly"),
            **each(f'metadata.labels["{TYPE_LABEL}"]', "ecs.x.y"),
        },
        "VER001",
        "node pool np0123",
    ),
    "a pod waits, and the label is near": Cause(
        {**label("k8s.aliyun.com/exclusive-mode-eni-typ", "eniOnly"), **away(pod(2, ""))}, "VER004", "eniOnly"
    ),
    # --- 6: advice that helps ---
    "a cordoned node": Cause({"nodes[0].spec.unschedulable": True}, "VER036", f"kubectl uncordon {NODES[0]}", WARNING),
    "cordoned nodes, and a pod waits": Cause(
        {**each("spec.unschedulable", value=True), **away(pod(2, ""))}, "VER036", "kubectl uncordon"
    ),
    "disk pressure": Cause(tainted("node.kubernetes.io/disk-pressure"), "VER036", "free its disk"),
    "memory pressure": Cause(tainted("node.kubernetes.io/memory-pressure"), "VER036", "move or shrink"),
    "process ids": Cause(tainted("node.kubernetes.io/pid-pressure"), "VER036", "which pod"),
    "network unavailable": Cause(tainted("node.kubernetes.io/network-unavailable"), "VER036", "terway-eniip"),
    "not initialized": Cause(tainted("node.cloudprovider.kubernetes.io/uninitialized"), "VER036", "wait for it"),
    "shut down": Cause(tainted("node.cloudprovider.kubernetes.io/shutdown"), "VER036", "start it"),
    "a node that is not Ready, and whose network is not": Cause(
        {
            "nodes[0].status.conditions[0]": {
                "type": "Ready",
                "status": "False",
                "message": "cni plugin not initialized",
            }
        },
        "VER003",
        "check Terway there",
    ),
    "a node that does not answer": Cause(
        {
            "nodes[0].status.conditions[0]": {
                "type": "Ready",
                "status": "Unknown",
                "message": "stopped posting status",
            },
            "nodes[0].spec.taints[1]": taint("node.kubernetes.io/unreachable"),
        },
        "VER003",
        "is its instance running",
    ),
    "no condition of a node": Cause({"nodes[0].status.conditions": []}, "VER003", "describe node"),
    "a node with room for few pods": Cause(SHORT, "VER037", "maxPods", WARNING),
    "many pods of one cause": Cause(
        {**{f"pods[{n}].status": waiting("ContainerCreating") for n in range(3)}, "podENIs": [pod_eni(9, "")]},
        "VER012",
        "controlplane",
    ),
    "legacy IPAM, and no ENIs": Cause(
        {
            **each(f'status.capacity["{ENI}"]', ABSENT),
            **each(f'status.allocatable["{ENI}"]', ABSENT),
            "configMaps[0].data.eni_conf": '{"vswitches": {"cn-hangzhou-j": ["vsw-j"]}}',
        },
        "VER024",
        "eni-config",
    ),
    "a pod with the PodNetworking of others": Cause(
        {'pods[1].metadata.annotations["k8s.aliyun.com/pod-networking"]': "other"},
        "VER028",
        "delete pod matcher-1",
        alone=NOTHING,
    ),
    "no image of Terway is told, which is not decided": Cause(
        {
            "daemonSets[0].spec": {},
            **{f"pods[{n}].spec.{key}": [] for n in (4, 5, 6) for key in ("containers", "initContainers")},
        },
        "",
        "",
        NOTHING,
    ),
    "a plan that says nothing of the pods' network": Cause({}, "", "", NOTHING, plan={"cluster.podDefaults": ABSENT}),
    "a pod of a DaemonSet that its node does not admit": Cause(
        {
            "pods": copies([probe(pod(n, on)) for n, on in enumerate(NODES[:2])]),
            "pods[6]": probe(unschedulable("1 Too many pods.", affinity=only(NODES[2]), tolerations=[])),
            "podENIs[2]": ABSENT,
        },
        "VER021",
        "add a toleration",
        plan=owned("DaemonSet", "probe", "", "", replicas=1)["plan"],
    ),
    "a pod of a DaemonSet that nobody planned": Cause(
        {"pods[7]": loner(daemon_pod("probe", ""), affinity=only(NODES[0]))}, "VER021", "describe pod probe", WARNING
    ),
    "a CronJob that runs later, which is not decided": Cause(
        {"pods": copies([]), "podENIs": []}, "", "", NOTHING, plan=owned("CronJob", "load", "", "")["plan"]
    ),
    "one of two containers waits": Cause(
        {
            "pods[1].status": {
                "phase": "Pending",
                "containerStatuses": [
                    {"name": "side", "state": {"running": {}}},
                    {"name": "app", "state": {"waiting": {"reason": "ErrImagePull"}}},
                ],
            }
        },
        "VER032",
        "image",
    ),
    "no vSwitch at all for a pod without a PodNetworking": Cause(
        {
            "pods[1].status": waiting("ContainerCreating"),
            "pods[1].metadata.annotations": {},
            "podENIs[1]": ABSENT,
            "pods[1].metadata.ownerReferences": [],
            "configMaps[0].data.eni_conf": '{"ipam_type": "crd"}',
            "pods[7]": pod(1, NODES[1]) | {"metadata": {**pod(11, "")["metadata"]}},
            "podENIs[2]": pod_eni(11, NODES[1]),
            "podENIs[3]": pod_eni(2, NODES[2]),
        },
        "VER035",
        "add a vSwitch of cn-hangzhou-j",
    ),
    "a node that knows other limits": Cause(
        info(EniQuantity=9, EniTotalQuantity=True) | enis("8"), "VER039", "specs update --from-cluster", WARNING
    ),
    "a node that knows other limits, and whose ENIs are not of these": Cause(info(EniQuantity=9), "VER007", "max_eni"),
    "a node that knows the same limits": Cause(info(EniQuantity=8), "", "", NOTHING),
    "a node that knows the limits of another type": Cause(
        info(InstanceTypeId="ecs.other", EniQuantity=2), "", "", NOTHING
    ),
    "a node whose annotation is no JSON": Cause(
        {'nodes[0].metadata.annotations["alibabacloud.com/instance-type-info"]': "{"}, "", "", NOTHING
    ),
    "a node of a type that nobody knows, and that says it": Cause(
        {
            **each(f'metadata.labels["{TYPE_LABEL}"]', "ecs.new.8xlarge"),
            **info(InstanceTypeId="ecs.new.8xlarge", EniQuantity=8),
        },
        "VER001",
        "kubectl get nodes",
        alone=NOTHING,
    ),
    "nodes without a pool's id, misspelt": Cause(
        {**each(f'metadata.labels["{NODE_POOL_LABEL}"]', ABSENT), **label(EXCLUSIVE_LABEL, "eni", alone=False)},
        "VER004",
        "pool 'trading'",
    ),
    # --- what was there before ---
    "a pod without its PodNetworking": Cause(
        {"pods[1].metadata.annotations": {}}, "VER028", "delete pod matcher-1", alone=NOTHING
    ),
    "a pod on another pool": Cause(
        {
            "nodes[3]": node("shared", **{EXCLUSIVE_LABEL: "default", NODE_POOL_LABEL: "np2"}),
            "pods[2]": pod(2, "shared"),
            "podENIs[2]": ABSENT,
        },
        "VER029",
        "render-manifests --patch",
        alone=NOTHING,
    ),
    "no zone of a node, which is not decided": Cause(
        {f'nodes[0].metadata.labels["{ZONE_LABEL}"]': ABSENT}, "", "", NOTHING
    ),
}
