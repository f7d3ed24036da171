"""Random inputs of every form: pools, their cluster and their pods, partly wrong.

A scenario is drawn from a seed, so that a failure is reproducible from one number. It is small, with values that rules
compare; values drawn from a schema are mostly refused before a rule sees them.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from tests.inputs.support import RESOURCE

if TYPE_CHECKING:
    from random import Random

PLAN, TERRAFORM, HCL, BODY, MANIFESTS = KINDS = ("plan", "terraform plan", "hcl", "body", "manifests")

# --- Facts and their values ---------------------------------------------------------------------------------------

CLUSTER_FACTS: dict[str, tuple[Any, ...]] = {
    "kubernetesVersion": ("1.34.3-aliyun.1", "1.30.7-aliyun.1"),
    "ipStack": ("ipv4", "dual"),
    "vpcId": ("vpc-1", "vpc-2"),
    "terway.version": ("v1.16.4", "v1.17.5", "v1.14.4", "v1.13.5", "v1.10.0"),
    "terway.ipamType": ("crd", "default"),
    "terway.erdma": (False, True),
    "terway.networkPolicy": (False, True),
    "terway.virtualType": ("veth", "ipvlan", "datapathv2"),
    "terway.customCniChain": (False, True),
    "vSwitches": (
        ("vsw-j",),
        ("vsw-j", "vsw-k"),
        ("vsw-k",),
    ),
    "securityGroups": (("sg-pods", "sg-more"), ("sg-pods",)),
    "podDefaults": (
        {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]},
        {"vSwitchIds": ["vsw-k"], "securityGroupIds": ["sg-pods", "sg-more"]},
        {"vSwitchIds": ["vsw-j", "vsw-k"], "securityGroupIds": []},
    ),
    "terwayConfigs": (
        {"gpu-net": {"vSwitchIds": ["vsw-k"], "securityGroupIds": ["sg-more"]}},
        {"other": {"vSwitchIds": ["vsw-j"]}},
    ),
}
ITEM_FACTS: dict[str, tuple[Any, ...]] = {
    "vSwitches.vsw-j.availableIps": (4000, 10, 45),
    "vSwitches.vsw-k.availableIps": (4000, 10),
    "vSwitches.vsw-j.vpcId": ("vpc-1", "vpc-2"),
    "vSwitches.vsw-k.ipv6Cidr": ("2408::/64",),
    "securityGroups.sg-pods.type": ("enterprise", "normal"),
    "securityGroups.sg-more.type": ("enterprise", "normal"),
}
POOL_FACTS: dict[str, tuple[Any, ...]] = {
    "instance_types": (
        ["ecs.g8i.8xlarge"], ["ecs.g7.2xlarge"], ["ecs.g6.8xlarge", "ecs.g8i.24xlarge"], ["ecs.g6.13xlarge"],
        ["ecs.c6.large"], ["ecs.none.large"], ["ecs.i4.8xlarge"], ["ecs.ebmg5.24xlarge"],
    ),
    "vswitch_ids": (["vsw-j"], ["vsw-j", "vsw-k"], ["vsw-none"]),
    "security_group_ids": (["sg-pods"], ["sg-pods", "sg-more"], ["sg-none"]),
    "desired_size": (3, 0, 400),
    "image_type": ("AliyunLinux3ContainerOptimized", "WindowsCore"),
    "system_disk_category": ("cloud_essd", "cloud_none"),
    "system_disk_size": (120, 10),
    "taints": (
        [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}],
        [{"key": "exclusive-eni", "value": "true", "effect": "PreferNoSchedule"}],
        [{"key": "dedicated", "value": "x y", "effect": "NoExecute"}],
    ),
    "label team": ("trading", "a b", "web"),
    "label type": ("trading", "virtual-kubelet"),
    "label terway-config": ("gpu-net", "none"),
}  # fmt: skip
"""Values by Terraform argument; labels by key."""
NAMESPACE_FACTS: dict[str, tuple[Any, ...]] = {"namespace": ({"team": "trading"}, {"team": "other"})}


class Scenario(NamedTuple):
    """An input to judge, as the values of all facts."""

    cluster: dict[str, Any]
    """Values by the keys of `CLUSTER_FACTS` and `ITEM_FACTS`."""
    pools: dict[str, dict[str, Any]]
    """For each pool name, values by the keys of `POOL_FACTS`. Optional keys may be absent on purpose."""
    networkings: tuple[dict[str, Any], ...]
    workloads: tuple[dict[str, Any], ...]
    namespace: dict[str, Any] | None


def draw(random: Random) -> Scenario:
    """Draw a scenario that states all facts."""
    usual = random.random() < 0.5  # otherwise most scenarios have many faults, which hide single faults

    def one(values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - any fact
        return copy.deepcopy(values[0] if usual and random.random() < 0.7 else random.choice(values))

    cluster = {key: one(values) for key, values in {**CLUSTER_FACTS, **ITEM_FACTS}.items()}
    pools = {}
    for name in ("trading", "other")[: random.choice((1, 1, 2))]:
        pools[name] = {
            key: one(values)
            for key, values in POOL_FACTS.items()
            if not key.startswith("label") or random.random() < 0.3
        }
    networkings = tuple(_networking(random, name, pools) for name in ("net-a", "net-b")[: random.choice((0, 1, 1, 2))])
    workloads = tuple(
        _workload(random, name, pools, networkings) for name in ("matcher", "feed")[: random.choice((0, 1, 2))]
    )
    return Scenario(cluster, pools, networkings, workloads, one(NAMESPACE_FACTS["namespace"]))


def _networking(random: Random, name: str, pools: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": name,
        "nodePools": random.sample(list(pools), random.randint(0, len(pools))),
        "podSelector": {"matchLabels": {"network": random.choice(("a", name))}},
        "vSwitchIds": random.choice((["vsw-j"], ["vsw-k"], ["vsw-j", "vsw-k"], [])),
        "securityGroupIds": random.choice((["sg-pods"], ["sg-pods", "sg-more"], [])),
        "eniType": random.choice(("ENI", "ENI", "Default")),
        "allocation": random.choice(({"type": "Elastic"}, {"type": "Fixed", "releaseStrategy": "Never"})),
    }
    if random.random() < 0.3:
        out["namespaceSelector"] = {"matchLabels": {"team": random.choice(("trading", "web"))}}
    return out


def _workload(
    random: Random, name: str, pools: dict[str, Any], networkings: tuple[dict[str, Any], ...]
) -> dict[str, Any]:
    out: dict[str, Any] = {
        "name": name,
        "namespace": "trading",
        "kind": random.choice(("StatefulSet", "Deployment", "DaemonSet")),
        "nodePool": random.choice(list(pools)),
        "tolerations": random.choice(([{"key": "exclusive-eni", "operator": "Exists"}], [], [{"operator": "Exists"}])),
        "eniRequest": random.choice((1, 0)),
    }
    if out["kind"] != "DaemonSet":
        out["replicas"] = random.choice((1, 12, 22))
        if random.random() < 0.2:
            out["maxReplicas"] = random.choice((12, 22, 40))
    if networkings and random.random() < 0.6:
        out["podNetworking"] = random.choice(networkings)["name"]
    return out


# --- Unknown facts ------------------------------------------------------------------------------------------------


class Hole(NamedTuple):
    """A fact that can be removed from a scenario."""

    where: str
    """`cluster`, `namespace`, or the name of a pool."""
    key: str
    values: tuple[Any, ...]


def holes(scenario: Scenario, kind: str) -> list[Hole]:
    """Return the facts that a form of input may lack."""
    out = [Hole("cluster", key, values) for key, values in {**CLUSTER_FACTS, **ITEM_FACTS}.items()]
    if not any("label terway-config" in pool for pool in scenario.pools.values()):
        out = [hole for hole in out if hole.key != "terwayConfigs"]  # nothing refers to them
    if kind in (TERRAFORM, HCL):
        out += [Hole(name, key, POOL_FACTS[key]) for name, pool in scenario.pools.items() for key in pool]
    if kind == MANIFESTS:
        out += [Hole("namespace", "namespace", NAMESPACE_FACTS["namespace"])]
    return out


NOT_KNOWN = object()
"""Stands for an unknown value."""


def filled(scenario: Scenario, hole: Hole, value: Any) -> Scenario:  # noqa: ANN401 - any fact
    """Return the scenario with another value for a fact, or with `NOT_KNOWN`."""
    if hole.where == "namespace":
        return scenario._replace(namespace=value)
    if hole.where == "cluster":
        return scenario._replace(cluster={**scenario.cluster, hole.key: value})
    return scenario._replace(
        pools={**scenario.pools, hole.where: {**scenario.pools[hole.where], hole.key: value}}
    )  # fmt: skip


# --- Its files ----------------------------------------------------------------------------------------------------


def cluster_of(scenario: Scenario) -> dict[str, Any]:
    """Return the facts of the cluster as a plan states them."""
    found: dict[str, Any] = {"region": "cn-hangzhou", "terway": {}}
    for key in CLUSTER_FACTS:
        value = scenario.cluster[key]
        if value is NOT_KNOWN:
            continue
        if key in ("vSwitches", "securityGroups"):
            value = [_item(scenario.cluster, key, name) for name in value]
        (found["terway"] if key.startswith("terway.") else found)[key.removeprefix("terway.")] = value
    return found


def _item(cluster: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    own: dict[str, Any] = {"id": name, "vpcId": "vpc-1"}
    if section == "vSwitches":
        own |= {"zone": f"cn-hangzhou-{name[-1]}", "ipv6Cidr": "2408:1::/64"}
    prefix = f"{section}.{name}."
    for key in ITEM_FACTS:
        if key.startswith(prefix):
            own.pop(key.removeprefix(prefix), None)
            if cluster[key] is not NOT_KNOWN:
                own[key.removeprefix(prefix)] = cluster[key]
    return own


def files_of(scenario: Scenario, kind: str) -> tuple[dict[str, object], dict[str, Any] | None]:
    """Return the files of a scenario in a form of input, and the facts for --cluster."""
    cluster = cluster_of(scenario)
    plan: dict[str, Any] = {
        "apiVersion": "eniplan/v1",
        "cluster": cluster,
        "nodePools": [_plan_pool(name, pool) for name, pool in scenario.pools.items()],
    }
    if kind == PLAN:
        plan |= {"podNetworkings": list(scenario.networkings), "workloads": list(scenario.workloads)}
        return {"plan.json": plan}, None
    if kind == MANIFESTS:
        return {"pools.json": plan, **_manifests(scenario)}, None
    if kind == BODY:
        bodies = {f"{name}.json": _body(name, pool) for name, pool in scenario.pools.items()}
        return bodies | _manifests(scenario), cluster
    if kind == HCL:
        text = "\n".join(_hcl(name, pool) for name, pool in scenario.pools.items())
        return {"main.tf": text, **_manifests(scenario)}, cluster
    changes = [_change(name, pool) for name, pool in scenario.pools.items()]
    return {
        "tfplan.json": {"format_version": "1.2", "terraform_version": "1.14.7", "resource_changes": changes},
        **_manifests(scenario),
    }, cluster  # fmt: skip


_PLAN_KEYS = {
    "instance_types": "instanceTypes", "vswitch_ids": "vSwitchIds", "security_group_ids": "securityGroupIds",
    "desired_size": "desiredSize", "image_type": "imageType", "taints": "taints",
}  # fmt: skip


def _labels(pool: dict[str, Any]) -> dict[str, Any]:
    return {key.removeprefix("label "): value for key, value in pool.items() if key.startswith("label ")}


def _plan_pool(name: str, pool: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {"name": name, **{ours: pool[key] for key, ours in _PLAN_KEYS.items()}}
    out["systemDisk"] = {"category": pool["system_disk_category"], "size": pool["system_disk_size"]}
    return out | ({"labels": _labels(pool)} if _labels(pool) else {})


def _all_labels(pool: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE, **_labels(pool)}.items()]


def _body(name: str, pool: dict[str, Any]) -> dict[str, Any]:
    group = {
        key: pool[key]
        for key in pool
        if not key.startswith("label ") and key != "taints"
    }  # fmt: skip
    return {
        "nodepool_info": {"name": name},
        "scaling_group": group,
        "kubernetes_config": {"labels": _all_labels(pool), "taints": pool["taints"]},
    }


def _change(name: str, pool: dict[str, Any]) -> dict[str, Any]:
    after: dict[str, Any] = {"node_pool_name": name, **pool, "labels": _all_labels(pool)}
    unknown: dict[str, Any] = {"id": True}
    for key in pool:
        if key.startswith("label "):
            del after[key]
        elif after[key] is NOT_KNOWN:
            del after[key]
            unknown[key] = True
    if any(label["value"] is NOT_KNOWN for label in after["labels"]):
        unknown["labels"] = [{"value": True} if label["value"] is NOT_KNOWN else {} for label in after["labels"]]
        after["labels"] = [
            {key: value for key, value in label.items() if value is not NOT_KNOWN} for label in after["labels"]
        ]
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
    return {"address": f"{RESOURCE}.{name}", "mode": "managed", "type": RESOURCE, "name": name, "change": change}


def _hcl(name: str, pool: dict[str, Any]) -> str:
    lines = [f'node_pool_name = "{name}"']
    for key, value in pool.items():
        if not key.startswith("label ") and not (key == "taints" and value is not NOT_KNOWN):
            lines.append(f"{key} = {_expression(value)}")
    for label in _all_labels(pool):
        lines += ["labels {", *(f"  {key} = {_expression(value)}" for key, value in label.items()), "}"]
    for taint in pool["taints"] if pool["taints"] is not NOT_KNOWN else ():
        lines += ["taints {", *(f"  {key} = {_expression(value)}" for key, value in taint.items()), "}"]
    return "\n".join((f'resource "{RESOURCE}" "{name}" {{', *(f"  {line}" for line in lines), "}"))


def _expression(value: object) -> str:
    return "var.later" if value is NOT_KNOWN else json.dumps(value)


def _manifests(scenario: Scenario) -> dict[str, object]:
    items = [_pod_networking(item) for item in scenario.networkings]
    items += [_pods(item, scenario) for item in scenario.workloads]
    items += [_autoscaler(item) for item in scenario.workloads if "maxReplicas" in item]
    if scenario.namespace is not None and scenario.namespace is not NOT_KNOWN:
        items.append(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "trading", "labels": scenario.namespace}}
        )
    return {f"m{i}.json": item for i, item in enumerate(items)}


def _pod_networking(item: dict[str, Any]) -> dict[str, Any]:
    selector = {key: item[key] for key in ("podSelector", "namespaceSelector") if key in item}
    spec: dict[str, Any] = {"selector": selector, "eniOptions": {"eniType": item["eniType"]}}
    spec |= {"vSwitchOptions": item["vSwitchIds"], "securityGroupIDs": item["securityGroupIds"]}
    spec["allocationType"] = item["allocation"]
    metadata: dict[str, Any] = {"name": item["name"]}
    if len(item["nodePools"]) == 1:
        metadata["annotations"] = {"eniplan.dev/node-pool": item["nodePools"][0]}
    return {
        "apiVersion": "network.alibabacloud.com/v1beta1",
        "kind": "PodNetworking",
        "metadata": metadata,
        "spec": spec,
    }


def _pods(item: dict[str, Any], scenario: Scenario) -> dict[str, Any]:
    networking = next((n for n in scenario.networkings if n["name"] == item.get("podNetworking")), None)
    labels = {"app": item["name"], **({} if networking is None else networking["podSelector"]["matchLabels"])}
    resources = {"requests": {"aliyun/eni": "1"}, "limits": {"aliyun/eni": "1"}} if item["eniRequest"] else {}
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "nodeSelector": {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE},
            "tolerations": item["tolerations"],
            "containers": [{"name": "a", "image": "x", "resources": resources}],
        },
    }
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": item["name"]}}, "template": template}
    if "replicas" in item:
        spec["replicas"] = item["replicas"]
    metadata = {"name": item["name"], "namespace": "trading"}
    return {"apiVersion": "apps/v1", "kind": item["kind"], "metadata": metadata, "spec": spec}


def _autoscaler(item: dict[str, Any]) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": item["kind"], "name": item["name"]}
    spec = {"scaleTargetRef": target, "maxReplicas": item["maxReplicas"]}
    metadata = {"name": item["name"], "namespace": "trading"}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata, "spec": spec}


# --- Their order --------------------------------------------------------------------------------------------------

_ORDERED = frozenset(("instanceTypes", "instance_types", "vSwitchIds", "vswitch_ids", "vSwitchOptions", "containers"))
"""Lists whose order matters: types and vSwitches are tried in order."""


def shuffled(random: Random, value: Any, name: str = "") -> Any:  # noqa: ANN401 - a file
    """Return a file with its items and keys shuffled where the order does not matter."""
    if isinstance(value, dict) and "after_unknown" in value:
        return value  # indexes of this list are used elsewhere
    if isinstance(value, dict):
        return {key: shuffled(random, value[key], key) for key in random.sample(list(value), len(value))}
    if isinstance(value, list):
        items = [shuffled(random, item) for item in value]
        return items if name in _ORDERED else random.sample(items, len(items))
    if isinstance(value, str) and value.startswith("resource "):
        blocks = value.split("\n}\n")
        blocks[-1] = blocks[-1].removesuffix("\n}")
        return "\n}\n".join(random.sample(blocks, len(blocks))) + "\n}"
    return value
