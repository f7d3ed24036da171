"""Example plans: one valid plan, and the changes with which each rule reports something or nothing.

Rules state changes instead of whole plans, so that readers see at once what makes the difference, and so that
every example stays valid when plans get new keys.
"""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ABSENT: Any = object()
"""A change that removes the key."""

VSWITCH_J: dict[str, Any] = {
    "id": "vsw-j", "zone": "cn-hangzhou-j", "vpcId": "vpc-1", "ipv6Cidr": "2408:4005:39c:1::/64", "availableIps": 4000,
}  # fmt: skip
VSWITCH_K: dict[str, Any] = {
    "id": "vsw-k", "zone": "cn-hangzhou-k", "vpcId": "vpc-1", "ipv6Cidr": "2408:4005:39c:2::/64", "availableIps": 4000,
}  # fmt: skip
POD_NETWORKING: dict[str, Any] = {
    "name": "trading-eni",
    "nodePools": ["trading"],
    "podSelector": {"matchLabels": {"network": "trading-eni"}},
    "vSwitchIds": ["vsw-j"],
    "securityGroupIds": ["sg-pods"],
}
WORKLOAD: dict[str, Any] = {"name": "matcher", "kind": "StatefulSet", "replicas": 12, "nodePool": "trading"}
LINGJUN_POOL: dict[str, Any] = {
    "name": "training",
    "kind": "lingjun",
    "vSwitchIds": ["vsw-j"],
    "lingjun": {
        "clusterId": "i116913051663373010",
        "groupId": "ng-ec3c96ff0aa1",
        "nodeType": "ebs-enhanced",
        "nodeCount": 4,
    },
}
GATEWAY_POOL: dict[str, Any] = {
    "name": "gateway", "instanceTypes": ["ecs.g8i.4xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1,
}  # fmt: skip
BOTH_V_SWITCHES = ["vsw-j", "vsw-k"]
TWO_ZONES: dict[str, Any] = {
    "cluster.vSwitches": [VSWITCH_J, VSWITCH_K],
    "cluster.podDefaults.vSwitchIds": BOTH_V_SWITCHES,
    "nodePools[0].vSwitchIds": BOTH_V_SWITCHES,
}
"""Changes with which nodes and pods are in two zones."""
TYPE = "ecs.g8i.8xlarge"
BASE: dict[str, Any] = {
    "apiVersion": "eniplan/v1",
    "cluster": {
        "region": "cn-hangzhou",
        "kubernetesVersion": "1.34.3-aliyun.1",
        "ipStack": "ipv4",
        "terway": {
            "version": "v1.16.4",
            "ipamType": "crd",
            "erdma": False,
            "networkPolicy": False,
            "virtualType": "veth",
            "customCniChain": False,
        },
        "vpcId": "vpc-1",
        "vSwitches": [VSWITCH_J],
        "securityGroups": [{"id": "sg-pods", "type": "enterprise", "vpcId": "vpc-1"}],
        "podDefaults": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]},
    },
    "nodePools": [
        {"name": "trading", "instanceTypes": [TYPE], "vSwitchIds": ["vsw-j"], "desiredSize": 3},
    ],
}

_STEP = r'\["([^"]+)"\]|([^.\[\]]+)'


def example(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the example plan with changes, a map from key path (`nodePools[0].taints`) to new value or `ABSENT`."""
    return changed(BASE, changes)


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a value with changes. Keys with dots are written as `labels["k8s.aliyun.com/x"]`."""
    plan: dict[str, Any] = copy.deepcopy(dict(base))
    for path, value in changes.items():
        words = [quoted or plain for quoted, plain in re.findall(_STEP, path)]
        *parents, last = (int(step) if step.isdecimal() else step for step in words)
        inner: Any = plan
        for step in parents:
            inner = inner[step] if isinstance(step, int) else inner.setdefault(step, {})
        if value is ABSENT:
            del inner[last]
        elif isinstance(inner, list) and last == len(inner):
            inner.append(copy.deepcopy(value))
        else:
            inner[last] = copy.deepcopy(value)
    return plan
