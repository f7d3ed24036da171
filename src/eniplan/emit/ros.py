"""A node pool as resource ALIYUN::CS::ClusterNodePool of a ROS template.

The resource has no pool type (so no Lingjun), only one security group, and a count instead of a desired size.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.emit.refusal import RefusalError
from eniplan.emit.rename import cannot_say, rename
from eniplan.k8s.values import leaves
from eniplan.messages import say
from eniplan.plan.fields import written
from eniplan.text import literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.emit.body import Body
    from eniplan.plan.model import NodePool

RESOURCE_TYPE = "ALIYUN::CS::ClusterNodePool"
_SPELLING = f"ROS ({RESOURCE_TYPE})"

NAMES = written("ros")


def properties(pool: NodePool, body: Body, cluster_id: str) -> dict[str, Any]:
    """Return the properties of the resource.

    Raises:
        RefusalError: ROS cannot express a field of the body, or requires one that the plan lacks.

    """
    info = dict(body["nodepool_info"])
    if info.pop("type", "ess") != "ess":
        raise cannot_say(pool, "nodepool_info.type", _SPELLING, say("it creates ECS pools only"))
    group = dict(body.get("scaling_group", {}))
    groups = group.pop("security_group_ids", [])
    if len(groups) > 1:
        raise cannot_say(pool, "scaling_group.security_group_ids", _SPELLING, say("it takes one security group"))
    if groups:
        group["security_group_id"] = groups[0]
    found: dict[str, Any] = {"ClusterId": cluster_id}
    found |= rename(pool, {**body, "nodepool_info": info, "scaling_group": group}, NAMES, _SPELLING)
    for disk in found["ScalingGroup"].get("DataDisks", ()):
        # A string in the API, a boolean in ROS.
        disk |= {key: disk[key] == "true" for key in ("Encrypted",) if disk.get(key) in {"true", "false"}}
    _require(pool, found, ("KubernetesConfig", "Runtime"), "runtime", "runtime: containerd")
    _require(pool, found, ("ScalingGroup", "SystemDiskSize"), "systemDisk", "systemDisk: {size: 120}")
    for _, text in leaves(found):
        if isinstance(text, str) and "{{resolve:" in text:
            message = say(
                "ROS would resolve {text!r} of pool {pool_name!r} when it creates the stack",
                text=text,
                pool_name=pool.name,
            )
            raise RefusalError(pool.path, message, say("remove the braces"))
    return found


def _require(pool: NodePool, found: dict[str, Any], keys: tuple[str, str], key: str, hint: str) -> None:
    if keys[1] not in found.get(keys[0], {}):
        message = say(
            "ROS needs {keys}, but pool {pool_name!r} does not set it", keys=".".join(keys), pool_name=pool.name
        )
        raise RefusalError((*pool.path, key), message, say("add {hint} to the pool", hint=hint))


def template(resources: Iterable[dict[str, Any]]) -> str:
    """Return a ROS template (JSON) that creates these node pools."""
    labelled = {}
    for found in resources:
        base = "NodePool" + re.sub(r"[^A-Za-z0-9]", "", found["NodePoolInfo"]["Name"].title())
        label, number = base, 2
        while label in labelled:
            label, number = f"{base}x{number}", number + 1
        labelled[label] = {"Type": RESOURCE_TYPE, "Properties": found}
    outputs = {f"{label}Id": {"Value": {"Fn::GetAtt": [label, "NodePoolId"]}} for label in labelled}
    return literal({"ROSTemplateFormatVersion": "2015-09-01", "Resources": labelled, "Outputs": outputs}, 2) + "\n"
