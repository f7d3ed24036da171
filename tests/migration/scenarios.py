"""The example plans as targets of a migration: an account and a cluster of shared nodes for each of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from eniplan.k8s.terway import NETWORKS_REQUEST
from eniplan.plan.model import EXCLUSIVE_LABEL
from tests.harness import EXAMPLES
from tests.judge import catalog
from tests.loopback import sample
from tests.migration.world import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator

Object = dict[str, Any]
EVERY = sorted(p.stem for p in EXAMPLES.iterdir() if p.suffix in {".yaml", ".json"} and p.stem != "many-mistakes")
"""All examples that pass: `many-mistakes` cannot be the target of a migration."""
_NODE_TYPES = {"ebs-enhanced": 11}
"""The number of exclusive ENIs of a Lingjun node, by type."""


class Own(NamedTuple):
    """A workload besides those of the example: its kind, name, namespace, replicas, and its place in the plan."""

    kind: str
    name: str
    namespace: str
    replicas: int
    pool: str
    networking: str | None = None
    annotations: dict[str, str] | None = None


NETWORKS = {NETWORKS_REQUEST: json.dumps([{"network": "data", "interfaceName": "eth0", "defaultRoute": True},
                                          {"network": "feed", "interfaceName": "eth1"}])}  # fmt: skip
MORE: dict[str, tuple[Own, ...]] = {
    "bigdata-autoscaled": (Own("Deployment", "driver", "spark", 3, "spark", "spark-eni"),),
    "fixed-ip-statefulset": (Own("StatefulSet", "ranking", "games", 1, "games", "games-fixed"),),
    "lingjun-ai": (
        Own("Deployment", "serve", "ai", 5, "training"),
        Own("CronJob", "report", "ai", 1, "gateway", "gateway-eni"),
    ),
    "node-level-config": (Own("Pod", "notebook", "vision", 1, "inference"),),
    "plan": (),
    "streaming-dual-stack": (Own("Deployment", "relay", "streaming", 2, "streaming", None, NETWORKS),),
    "trading-ipv4": (
        Own("Deployment", "console", "trading", 1, "trading"),
        Own("CronJob", "settlement", "trading", 1, "trading", "trading-eni"),
        Own("Pod", "probe", "trading", 1, "trading", "trading-eni"),
    ),
}
"""Additions to each example for cases it lacks: single replicas, bare Pods, CronJobs, pods with several networks."""
LIVE = {"executors": 40, "pretrain": 20}
"""Workloads with fewer pods than planned."""
BUDGETS: dict[str, Object] = {
    "edge": {"maxUnavailable": "10%"},
    "detector": {"minAvailable": "90%"},
    "matcher": {"minAvailable": 7},
    "feed-handler": {"minAvailable": 4},
    "console": {"minAvailable": 1},
    "lobby": {"maxUnavailable": 1},
    "gateway": {"minAvailable": "100%"},
    "serve": {"maxUnavailable": 0},
    "relay": {"minAvailable": 1},
    "stranger": {"minAvailable": 1},
}
"""Values by workload name; other workloads have none."""


def target(name: str) -> Object:
    """Return the plan of an example with its additions."""
    file = next(EXAMPLES.glob(f"{name}.*"))
    plan: Object = yaml.safe_load(file.read_text("utf-8"))
    plan["cluster"]["terway"].setdefault("eniTrunking", True)
    for own in MORE[name]:
        item: Object = {"name": own.name, "namespace": own.namespace, "kind": own.kind, "replicas": own.replicas,
                        "nodePool": own.pool}  # fmt: skip
        if own.networking:
            item["podNetworking"] = own.networking
        if own.annotations:
            item["template"] = template(own.name, own.annotations)
            item["template"]["spec"] |= {
                "nodeSelector": {EXCLUSIVE_LABEL: "eniOnly"},
                "tolerations": [{"key": "exclusive-eni", "operator": "Exists"}],
            }
            networks = {"nodePools": [own.pool], "vSwitchIds": plan["podNetworkings"][0]["vSwitchIds"],
                        "securityGroupIds": plan["podNetworkings"][0]["securityGroupIds"]}  # fmt: skip
            plan["podNetworkings"] += [{"name": each, **networks} for each in ("data", "feed")]
        plan["workloads"].append(item)
    return plan


def template(name: str, annotations: dict[str, str] | None = None) -> Object:
    """Return the pod template of a workload on shared nodes."""
    metadata = {"labels": {"app": name}, **({"annotations": annotations} if annotations else {})}
    return {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "x"}]}}


RESOURCES = {"Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "Job": "jobs",
             "CronJob": "cronjobs", "Pod": "pods"}  # fmt: skip


def shared(plan: Object) -> Iterator[tuple[str, Object]]:
    """Yield a plan's workloads as they run on shared nodes, their PodDisruptionBudgets, and an unrelated workload."""
    stranger = {"name": "stranger", "namespace": "default", "kind": "Deployment", "replicas": 2}
    every = [*plan["workloads"], stranger]
    for item in every:
        name, namespace = item["name"], item.get("namespace", "default")
        if name in BUDGETS:
            own = {**BUDGETS[name], "selector": {"matchLabels": {"app": name}}}
            yield "poddisruptionbudgets", {"metadata": {"name": name, "namespace": namespace}, "spec": own}
    for item in every:
        name, kind = item["name"], item["kind"]
        metadata = {"name": name, "namespace": item.get("namespace", "default")}
        pods = template(name)
        replicas = LIVE.get(name, item.get("replicas", 1))
        spec: Object = {"selector": {"matchLabels": {"app": name}}, "template": pods}
        if kind == "Pod":
            yield "pods", {"metadata": {**metadata, **pods["metadata"]}, "spec": pods["spec"]}
            continue
        if kind in {"Deployment", "StatefulSet"}:
            spec["replicas"] = replicas
        if kind == "StatefulSet":
            spec["serviceName"] = name
        if kind == "Job":
            spec = {"parallelism": replicas, "completions": replicas, "template": pods}
        if kind == "CronJob":
            spec = {"schedule": "0 * * * *", "jobTemplate": {"spec": {"parallelism": replicas, "template": pods}}}
        yield RESOURCES[kind], {"metadata": metadata, "spec": spec}


def account(plan: Object) -> Object:
    """Return the state of a loopback cloud that can create a plan's pools."""
    cluster, state = plan["cluster"], sample()
    base = state["clusters"]["c0000000000000000000000000000ipv4"]
    base["nodepools"] = []
    base["detail"] |= {
        "region_id": cluster["region"], "current_version": cluster["kubernetesVersion"], "ip_stack": cluster["ipStack"],
        "vpc_id": cluster["vpcId"], "vswitch_ids": [v["id"] for v in cluster["vSwitches"]],
    }  # fmt: skip
    for name in ("terway-eniip", "terway-controlplane"):
        base["addons"][name]["version"] = cluster["terway"]["version"]
    state["clusters"] = {cluster["id"]: base}
    state["zones"] = sorted({v["zone"] for v in cluster["vSwitches"]})
    state["vSwitches"] = [
        {"VSwitchId": v["id"], "VpcId": v["vpcId"], "ZoneId": v["zone"], "CidrBlock": f"10.{number}.0.0/16",
         "AvailableIpAddressCount": v["availableIps"], "Ipv6CidrBlock": v.get("ipv6Cidr", "")}
        for number, v in enumerate(cluster["vSwitches"])
    ]  # fmt: skip
    state["securityGroups"] = [
        {"SecurityGroupId": g["id"], "VpcId": g["vpcId"], "SecurityGroupType": g["type"], "SecurityGroupName": g["id"]}
        for g in cluster["securityGroups"]
    ]
    state["nodeGroups"], state["lingjunNodes"] = [], []
    for pool in plan["nodePools"]:
        if pool.get("kind") == "lingjun":
            base["detail"]["profile"] = "Lingjun"
            own, zone = pool["lingjun"], state["vSwitches"][0]["ZoneId"]
            about = {"NodeGroupId": own["groupId"], "ClusterId": own["clusterId"], "MachineType": "efg1.nvga1"}
            state["nodeGroups"].append({"NodeGroupName": own["groupId"], "Az": zone, **about})
            state["lingjunNodes"] += [
                {"NodeId": f"e01-cn-{n:04}", "NodeType": own["nodeType"], "VpcId": cluster["vpcId"],
                 "VSwitchId": pool["vSwitchIds"][0], "ZoneId": zone, "OperatingState": "Using", **about}
                for n in range(own["nodeCount"])
            ]  # fmt: skip
    return state


def pools(plan: Object, state: Object) -> Iterator[Pool]:
    """Yield the cloud's exclusive pools with their current nodes."""
    zones = {v["id"]: v["zone"] for v in plan["cluster"]["vSwitches"]}
    sizes = {p["name"]: p["lingjun"]["nodeCount"] for p in plan["nodePools"] if p.get("kind") == "lingjun"}
    types = {p["name"]: p["lingjun"]["nodeType"] for p in plan["nodePools"] if p.get("kind") == "lingjun"}
    for row in state["clusters"][plan["cluster"]["id"]]["nodepools"]:
        info, group, automatic = row["nodepool_info"], row.get("scaling_group", {}), row.get("auto_scaling", {})
        config, name = row["kubernetes_config"], info["name"]
        fixed = 0 if row["status"]["failed_nodes"] else sizes.get(name, group.get("desired_size") or 0)
        least, most = (
            (automatic["min_instances"], automatic["max_instances"]) if automatic.get("enable") else (fixed, 0)
        )
        kind = types.get(name) or group["instance_types"][0]
        where = next(p["vSwitchIds"] for p in plan["nodePools"] if p["name"] == name)
        record = catalog().get(kind)
        yield Pool(
            info["nodepool_id"],
            {item["key"]: item["value"] for item in config.get("labels") or ()},
            tuple({k: v for k, v in item.items() if v is not None} for item in config.get("taints") or ()),
            kind,
            _NODE_TYPES[kind] if record is None else (record.EniQuantity or 0) - 1,
            name in sizes,
            tuple(dict.fromkeys(zones[each] for each in where)),
            (least, max(least, most)),
        )
