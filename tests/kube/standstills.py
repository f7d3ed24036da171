"""More clusters in which a pod of the plan does not run, for reasons inside and outside of Terway."""

from __future__ import annotations

from typing import Any

from eniplan.k8s.terway import ENI
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import NODES, SHARED_NODE, event, pod, pod_eni
from tests.kube.causes import (
    NOTHING,
    PENDING,
    Cause,
    away,
    copies,
    owned,
    reported,
    tainted,
    unschedulable,
    waiting,
)

GONE: dict[str, Any] = {"pods": copies([]), "podENIs": [pod_eni(8, NODES[0])]}
"""The workload has no pods; the PodENI belongs to another workload."""


def controller(kind: str, name: str, spec: dict[str, Any], status: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a workload as the API server returns it."""
    group = "batch/v1" if kind in {"Job", "CronJob"} else "apps/v1"
    meta = {"name": name, "namespace": "trading"}
    return {"apiVersion": group, "kind": kind, "metadata": meta, "spec": spec, "status": status or {}}


def behind(kind: str, name: str, spec: dict[str, Any], fix: str, **status: Any) -> Cause:  # noqa: ANN401 - a status
    """Return the case of a workload without pods whose own object says why."""
    found = controller(kind, name, spec, status)
    return Cause({**GONE, "controllers": [found]}, "VER031", fix, alone=NOTHING, plan=owned(kind, name, "", "")["plan"])


def refused(message: str, fix: str, kind: str = "StatefulSet", name: str = "matcher") -> Cause:
    """Return the case of a workload whose pods are refused on creation, according to its events."""
    planned = {"StatefulSet": "StatefulSet", "ReplicaSet": "Deployment", "Job": "Job", "DaemonSet": "DaemonSet"}[kind]
    own = name.rpartition("-")[0] if kind == "ReplicaSet" else name
    plan = owned(planned, own, "", "", **({"replicas": 1} if planned == "DaemonSet" else {}))["plan"]
    told = event("FailedCreate", kind, name, f"create Pod {name}-0 in {kind} {name} failed error: {message}", "trading")
    return Cause({**GONE, "events[1]": told}, "VER031", fix, alone=NOTHING, plan=plan)


def condition(kind: str, message: str) -> dict[str, Any]:
    """Return the condition of a controller that creates no pods."""
    return {"conditions": [{"type": kind, "status": "True", "reason": "FailedCreate", "message": message}]}


def stuck(reason: str, message: str = "", container: str = "app", key: str = "containerStatuses") -> dict[str, Any]:
    return {"pods[1].status": waiting(reason, key, container, **({"message": message} if message else {}))}


def failed(reason: str, message: str, number: int = 1) -> dict[str, Any]:
    return {f"pods[{number}].status": {"phase": "Failed", "reason": reason, "message": message}}


def phase(name: str, message: str = "", **status: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a status
    told = {"msg": message} if message else {}
    return {**PENDING, "podENIs[1].status": {**pod_eni(1, NODES[1])["status"], "phase": name, **told, **status}}


def says(message: str, fix: str, **spec: Any) -> Cause:  # noqa: ANN401 - any field of a pod's spec
    """Return the case of a pod that waits for a reason that only the scheduler knows."""
    return Cause(away(unschedulable(message, **spec)), "VER021", fix)


def gated() -> dict[str, Any]:
    found = pod(2, "", schedulingGates=[{"name": "queue.example.com/admission"}])
    condition = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": "gated"}
    found["status"]["conditions"] = [condition]
    return found


def down(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - changes of a cluster
    ready = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting"}
    return {"nodes[1].status.conditions[0]": ready, **more}


_QUOTA = 'pods "matcher-0" is forbidden: exceeded quota: team, requested: pods=1, used: pods=9, limited: pods=9'
_WEBHOOK = (
    'Internal error occurred: failed calling webhook "mpod.k8s.io": Post "https://terway-webhook:443": no endpoints'
)
_OOM = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
STANDSTILLS: dict[str, Cause] = {
    # --- no pod is created ---
    "a quota of pods": refused(_QUOTA, "kubectl -n trading describe quota"),
    "a quota, of a Deployment": refused(_QUOTA, "kubectl -n trading describe quota", "ReplicaSet", "web-7d5f9c4b6d"),
    "a quota, of a Job": refused(_QUOTA, "kubectl -n trading describe quota", "Job", "load"),
    "a quota, of a DaemonSet": refused(_QUOTA, "kubectl -n trading describe quota", "DaemonSet", "probe"),
    "a quota of ENIs": refused(
        "is forbidden: failed quota: enis: must specify limits.aliyun/eni", "kubectl -n trading describe quota"
    ),
    "a limit range": refused("is forbidden: maximum cpu usage per Container is 2, but limit is 4", "limitrange"),
    "Terway's webhook is down": refused(_WEBHOOK, "kubectl get mutatingwebhookconfigurations"),
    "another webhook denies it": refused(
        'admission webhook "guard.example.com" denied the request: no owner', "webhookconfigurations"
    ),
    "Terway's webhook knows no such PodNetworking": refused(
        'admission webhook "mpod.k8s.io" denied the request: podNetworking not found', "kubectl get podnetworking"
    ),
    "Pod Security": refused(
        'pods "matcher-0" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
        "kubectl get namespace trading",
    ),
    "a priority class that does not exist": refused("no PriorityClass with name gold was found", "priorityclass"),
    "a service account that does not exist": refused(
        'error looking up service account trading/gold: serviceaccount "gold" not found', "serviceaccount"
    ),
    "an admission policy": refused(
        'ValidatingAdmissionPolicy "eniplan" with binding "eniplan" denied request: no', "validatingadmissionpolicies"
    ),
    "a namespace that is going": refused(
        "unable to create new content in namespace trading because it is being terminated", "kubectl get namespace"
    ),
    "a pod that is invalid": refused('Pod "matcher-0" is invalid: spec.containers[0].image', "describe statefulset"),
    "Deployment, refused an hour ago": behind(
        "Deployment", "web", {"replicas": 3}, "describe quota", **condition("ReplicaFailure", _QUOTA)
    ),
    "Deployment, paused before its first pod": behind(
        "Deployment", "web", {"replicas": 3, "paused": True}, "rollout resume deployment"
    ),
    "Deployment, scaled to 0": behind("Deployment", "web", {"replicas": 0}, "scale deployment web --replicas=3"),
    "Deployment, scaled to 0 by an autoscaler": behind("Deployment", "web", {"replicas": 0}, "get hpa"),
    "StatefulSet, scaled to 0": behind("StatefulSet", "matcher", {"replicas": 0}, "scale statefulset matcher"),
    "Deployment that exists, and nothing says why": behind(
        "Deployment", "web", {"replicas": 3}, "describe deployment web"
    ),
    "Deployment past its deadline": behind(
        "Deployment", "web", {"replicas": 3}, "describe deployment web",
        conditions=[{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
                     "message": "has timed out progressing"}],
    ),
    "Job, suspended": behind("Job", "load", {"suspend": True, "parallelism": 3}, "patch job load"),
    "Job, failed, and its pods are gone": behind(
        "Job", "load", {"parallelism": 3}, "describe job load",
        conditions=[{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "limit"}],
    ),
    "Job that makes no pods": behind("Job", "load", {"parallelism": 3}, "describe job load"),
    "CronJob, suspended": behind("CronJob", "report", {"suspend": True}, "patch cronjob report"),
    "DaemonSet that wants no node": behind(
        "DaemonSet", "probe", {}, "describe daemonset probe", desiredNumberScheduled=0
    )._replace(plan=owned("DaemonSet", "probe", "", "", replicas=1)["plan"]),
    "StatefulSet scaled below the plan": Cause(
        {**away(pod(2, "")), "pods[2]": ABSENT, "controllers": [controller("StatefulSet", "matcher", {"replicas": 2})]},
        "VER031", "scale statefulset matcher --replicas=3", alone=NOTHING,
    ),
    "StatefulSet whose first pod holds up the others": Cause(
        {"pods": copies([{**pod(0, NODES[0]), "status": waiting("ImagePullBackOff")}]),
         "podENIs": [pod_eni(0, NODES[0])]},
        "VER032", "image",
    ),
    "a rollout that is stuck": Cause(
        {"pods": copies([pod(0, NODES[0]), pod(1, NODES[1])]), "podENIs[2]": ABSENT,
         "events[1]": event("FailedCreate", "StatefulSet", "matcher", f"create Pod matcher-2 failed: {_QUOTA}",
                            "trading")},
        "VER031", "describe quota", alone=NOTHING,
    ),
    # --- no node fits ---
    "a gate that a queue holds": Cause(away(gated()), "VER021", "schedulingGates"),
    "an unbound claim": says("pod has unbound immediate PersistentVolumeClaims.", "kubectl get pvc -A"),
    "a claim that does not exist": says('persistentvolumeclaim "data-matcher-2" not found.', "get pvc"),
    "a claim that is going": says('persistentvolumeclaim "data-matcher-2" bound to non-existent pv', "get pvc"),
    "too many volumes": says("3 node(s) exceed max volume count.", "volume"),
    "anti-affinity": says("3 node(s) didn't match pod anti-affinity rules.", "podAntiAffinity"),
    "topology spread": says("3 node(s) didn't match pod topology spread constraints.", "topologySpread"),
    "a host port": says("3 node(s) didn't have free ports for the requested pod ports.", "hostPort"),
    "Insufficient disk": says("3 Insufficient ephemeral-storage.", "larger instance type"),
    "Insufficient GPUs": says("3 Insufficient nvidia.com/gpu.", "describe nodes"),
    "preemption does not help": says(
        "3 Insufficient aliyun/eni. preemption: 0/3 nodes are available: No preemption victims found.", "scale"
    ),
    "another scheduler that nobody runs": Cause(
        away(pod(2, "", schedulerName="volcano")), "VER021", "schedulerName"
    ),
    "a pod that is bound to a node that is gone": Cause(
        {"pods[2]": pod(2, "cn-hangzhou.10.9.9.9"), "podENIs[2]": ABSENT}, "VER029", "kubectl", alone=NOTHING
    ),
    "no scheduler runs at all": Cause(
        {**away(pod(2, "")), "pods[7]": pod(7, "")}, "VER021", "scheduler"
    ),
    "all nodes are shut down": Cause(tainted("node.cloudprovider.kubernetes.io/shutdown"), "VER036", "start it"),
    "the pool is scaled in": Cause({"nodes": [SHARED_NODE], **away(pod(2, ""))}, "VER001", "kubectl get nodes"),
    # --- the node ---
    "a node whose kubelet is silent": Cause(down(), "VER003", "describe node"),
    "a node whose kubelet is silent, with pods that are Unknown": Cause(
        down(**{"pods[1].status": {"phase": "Unknown", "reason": "NodeLost"}}), "VER003", "describe node"
    ),
    "a node without a status": Cause({"nodes[1].status": {}}, "VER003", "describe node"),
    "a node that has no network": Cause(
        {"nodes[1].status.conditions[0]": {"type": "Ready", "status": "False", "message": "cni plugin not initialized"},
         **PENDING}, "VER003", "terway-eniip",
    ),
    # --- the ENI ---
    "PodENI, Unbinding": Cause(phase("Unbinding"), "VER013", "describe podeni matcher-1"),
    "PodENI, Detaching": Cause(phase("Detaching"), "VER013", "describe podeni matcher-1"),
    "PodENI, Deleting": Cause(phase("Deleting"), "VER013", "describe podeni matcher-1"),
    "PodENI, Initial": Cause(phase("Initial"), "VER013", "describe podeni matcher-1"),
    "PodENI, Unbind": Cause(phase("Unbind"), "VER013", "describe podeni matcher-1"),
    "the ENI was deleted by hand": Cause(
        phase("Binding", "InvalidEniId.NotFound: eni-1 does not exist"), "VER013", "delete pod matcher-1"
    ),
    "the ENI was detached by hand": Cause(
        phase("Bind", eniInfos={"eni-1": {"id": "eni-1", "type": "Secondary", "status": "Unbind"}}), "VER013",
        "describe podeni",
    ),
    "no address, as the PodENI says": Cause(phase("Binding", "InvalidVSwitchId.IpNotEnough"), "VER013", "vSwitch"),
    "no right, as the PodENI says": Cause(phase("Binding", "Forbidden.RAM: CreateNetworkInterface"), "VER013", "RAM"),
    "a quota, as the PodENI says": Cause(phase("", "QuotaExceeded.Eni"), "VER013", "Quota Center"),
    "IpNotEnough, as kubelet says": Cause(
        {**reported("FailedCreatePodSandBox", "cmdAdd: IpNotEnough"), "podENIs[1]": ABSENT}, "VER012", "vSwitch"
    ),
    "PodENI, of a pod that is being deleted": Cause(
        {**phase("Unbinding"), "pods[1].metadata.deletionTimestamp": "2026-11-25T00:00:00Z"}, "VER031",
        "describe pod matcher-1", alone=NOTHING,
    ),
    # --- the pod itself ---
    "an image that does not exist": Cause(stuck("ErrImagePull", "manifest unknown"), "VER032", "image"),
    "an image that may not be pulled": Cause(stuck("ErrImageNeverPull"), "VER032", "image"),
    "a registry that does not answer": Cause(stuck("RegistryUnavailable"), "VER032", "image"),
    "a Secret that does not exist": Cause(
        stuck("CreateContainerConfigError", 'secret "tls" not found'), "VER032", "describe pod matcher-1"
    ),
    "a volume that cannot be mounted": Cause(
        {**reported("FailedMount", 'MountVolume.SetUp failed for volume "tls": secret "tls" not found')}, "VER032",
        "describe pod matcher-1",
    ),
    "a disk that cannot be attached": Cause(
        reported("FailedAttachVolume", "Multi-Attach error for volume pvc-1"), "VER032", "pvc"
    ),
    "a command that does not exist": Cause(stuck("RunContainerError", "exec: no such file"), "VER032", "matcher-1"),
    "an init container that waits for another service": Cause(
        {"pods[1].status": {"phase": "Pending", "initContainerStatuses": [
            {"name": "wait", "state": {"running": {}}, "started": False}]}}, "VER032", "-c wait",
    ),
    "OOMKilled again and again": Cause(
        {"pods[1].status": {**waiting("CrashLoopBackOff"), "phase": "Running", "containerStatuses": [
            {"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": _OOM}],
            "conditions": [{"type": "Ready", "status": "False"}]}},
        "VER032", "memory", alone="warning",
    ),
    "Evicted": Cause(failed("Evicted", "The node was low on resource: memory"), "VER031", "", alone=NOTHING),
    "refused by kubelet": Cause(
        failed("UnexpectedAdmissionError", "Allocate failed due to no aliyun/eni"), "VER031", "", alone=NOTHING
    ),
    "shut down with its node": Cause(failed("Terminated", "Pod was terminated"), "VER031", "", alone=NOTHING),
    "a container that has ended": Cause(
        {"pods[1].status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}],
                            "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 0,
                                                                                         "reason": "Completed"}}}]}},
        "VER032", "matcher-1", "warning", alone=NOTHING,
    ),
    "all pods have ended": Cause(
        {f"pods[{n}].status.phase": "Succeeded" for n in range(3)}, "VER031", "describe statefulset", alone=NOTHING
    ),
    "all nodes but one are full of pods of somebody else": Cause(
        {"pods": copies([*(pod(n, NODES[n % 3]) for n in range(20)), unschedulable("x", 99, containers=[
            {"name": "a", "resources": {"limits": {ENI: "2"}}}])]),
         "podENIs": [pod_eni(n, NODES[n % 3]) for n in range(20)]},
        "VER021", "scale the pool out",
    ),
}  # fmt: skip
