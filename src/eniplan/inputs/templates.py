"""Node pools in requests, and in documents of other tools: ROS templates, Pulumi programs in YAML, Crossplane objects.

What such a document leaves to somebody else (parameters, functions, references) is `NotKnown`.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from eniplan.emit.ros import RESOURCE_TYPE
from eniplan.inputs.cluster import facts_of
from eniplan.inputs.places import Origin
from eniplan.inputs.spelling import BODY, CROSSPLANE, PULUMI, ROS, Resource, camel, snake
from eniplan.plan.document import value_at
from eniplan.plan.fields import pascal
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from eniplan.inputs.units import Stated
    from eniplan.plan.document import Document, Path

_PULUMI_POOL = ("alicloud:cs:NodePool", "alicloud:cs/nodePool:NodePool")
_PULUMI_CLUSTERS = ("alicloud:cs:ManagedKubernetes", "alicloud:cs/managedKubernetes:ManagedKubernetes")
_CROSSPLANE_POOL = "KubernetesNodePool"
_ROS_FORMAT = "ROSTemplateFormatVersion"
_CLUSTER_REQUEST = ("cluster_type", "kubernetes_version", "region_id", "vpcid", "addons", "profile")
"""Fields of a request that creates a cluster; one of them tells it from another list of node pools."""
_BODY_PARTS = frozenset(("nodepool_info", "scaling_group", "kubernetes_config", "eflo_node_group"))
"""Fields of a request that creates a node pool; it has two of them at least."""
MARKS = (*sorted(_BODY_PARTS), "nodepools", "ALIYUN::CS::", "alicloud:cs", _CROSSPLANE_POOL, _ROS_FORMAT)
"""What a file with one of these documents holds."""


def is_any(data: bytes) -> bool:
    """Return whether a file may hold one of these documents."""
    return any(mark.encode() in data for mark in MARKS)


class Group(NamedTuple):
    """Pools that are made together for one cluster."""

    key: tuple[str, ...]
    """What they are made by: pools of one key are judged as one plan."""
    pools: list[Resource]
    stated: Stated | None = None
    """What is said of the cluster beside them."""


def groups(document: Document) -> list[Group] | None:
    """Return the node pools of a document, exclusive ones and others; None: it is of no such form."""
    value: Any = document.value
    if len(_BODY_PARTS.intersection(value)) > 1:
        return [Group(("body", os.path.dirname(document.file)), [Resource("", document, (), value, BODY)])]
    if _ROS_FORMAT in value:
        return list(_ros(document))
    if isinstance(value.get("nodepools"), list) and any(field in value for field in _CLUSTER_REQUEST):
        return [_request(document, (), "")]
    resources = value.get("resources")
    if isinstance(resources, dict) and any(_type(item).startswith("alicloud:") for item in resources.values()):
        return list(_pulumi(document))
    if value.get("kind") == "Composition":
        from eniplan.inputs.composition import bases  # noqa: PLC0415 - most runs have none

        composed = [
            Resource(name, document, path, found, CROSSPLANE) for name, path, found in bases(value, _CROSSPLANE_POOL)
        ]
        return [Group((document.file,), composed)] if composed else None
    items = value.get("items") if value.get("kind") == "List" else [value]
    pools = [
        Resource(str(value_at(item, ("metadata", "name"))), document, path, found, CROSSPLANE)
        for i, item in enumerate(items if isinstance(items, list) else ())
        if isinstance(item, dict) and item.get("kind") == _CROSSPLANE_POOL
        for path in [(*(("items", i) if value.get("kind") == "List" else ()), "spec", "forProvider")]
        if isinstance(found := value_at(value, path), dict)
    ]
    return [Group((document.file,), pools)] if pools else None


def _type(item: Any) -> str:  # noqa: ANN401 - a value of a document
    found = item.get("type", item.get("Type")) if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


def _request(document: Document, at: Path, address: str) -> Group:
    """Return the pools of a CreateCluster body."""
    body = value_at(document.value, at)
    found = [
        Resource(f"{address}nodepools[{i}]", document, (*at, "nodepools", i), pool, BODY)
        for i, pool in enumerate(body.get("nodepools") or ())
        if isinstance(pool, dict)
    ]
    return Group((document.file, address), found, facts_of(body, Origin(document, at).inner))


def _recased(origin: Origin, case: Callable[[str], str]) -> Callable[[Path], Origin]:
    """Return the places inside of a map of which the keys are written in another case."""
    return lambda path: origin.inner(tuple(case(step) if isinstance(step, str) else step for step in path))


# --- ROS ----------------------------------------------------------------------------------------------------------


def _ros(document: Document) -> Iterator[Group]:
    from eniplan.inputs.ros import resolved  # noqa: PLC0415 - most runs have none

    raw: Any = value_at(document.value, ("Resources",))
    document = resolved(document, lambda item: _type(item).startswith("ALIYUN::CS::"))
    resources: Any = value_at(document.value, ("Resources",))
    loose: dict[str, list[Resource]] = {}
    for name, item in resources.items() if isinstance(resources, dict) else ():
        kind = _type(item)
        path: Path = ("Resources", name, "Properties")
        known = value_at(item, ("Properties",))
        if not kind.startswith("ALIYUN::CS::") or not isinstance(known, dict):
            continue
        if kind == RESOURCE_TYPE:
            loose.setdefault(str(known.get("ClusterId")), []).append(Resource(name, document, path, known, ROS))
        elif isinstance(known.get("ClusterConfig"), dict):
            yield _request(document, (*path, "ClusterConfig"), f"{name}.")
        elif isinstance(known.get("NodePools"), list):
            pools = [
                Resource(f"{name}.NodePools[{i}]", document, (*path, "NodePools", i), pool, ROS)
                for i, pool in enumerate(known["NodePools"])
                if isinstance(pool, dict)
            ]
            yield Group((document.file, name), pools, _ros_cluster(document, path, known))
    for cluster, pools in loose.items():
        path = ("Resources", _referred(value_at(raw, pools[0].path[1:-1]), resources), "Properties")
        found = value_at(document.value, path)
        stated = _ros_cluster(document, path, found) if isinstance(found, dict) else None
        yield Group((document.file, cluster), pools, stated)


def _referred(pool: Any, resources: Any) -> str:  # noqa: ANN401 - values of a document
    """Return the resource whose cluster a pool joins; empty when that stands elsewhere."""
    cluster = value_at(pool, ("Properties", "ClusterId"))
    attribute = value_at(cluster, ("Fn::GetAtt",))
    named = value_at(cluster, ("Ref",)) or value_at(attribute, (0,)) or str(attribute).partition(".")[0]
    return named if isinstance(named, str) and named in resources else ""


def _ros_cluster(document: Document, path: Path, known: dict[str, Any]) -> Stated:
    return facts_of(snake(known), _recased(Origin(document, path, str(path[1])), pascal))


# --- Pulumi -------------------------------------------------------------------------------------------------------


def _pulumi(document: Document) -> Iterator[Group]:
    from eniplan.inputs import pulumi  # noqa: PLC0415 - most runs have none

    document = pulumi.resolved(document)
    resources: Any = value_at(document.value, ("resources",))
    by_cluster: dict[str, list[Resource]] = {}
    for name, item in resources.items():
        properties = value_at(item, ("properties",))
        if _type(item) in _PULUMI_POOL and isinstance(properties, dict):
            pool = Resource(name, document, ("resources", name, "properties"), properties, PULUMI)
            by_cluster.setdefault(str(properties.get("clusterId")), []).append(pool)
    for cluster, pools in by_cluster.items():
        named = re.fullmatch(r"\$\{([^.}]+)(?:\.[^}]*)?\}", cluster)
        at: Path = ("resources", named[1] if named else "", "properties")
        found = value_at(document.value, at)
        is_cluster = _type(value_at(document.value, at[:-1])) in _PULUMI_CLUSTERS and isinstance(found, dict)
        place = _recased(Origin(document, at, str(at[1])), camel)
        stated = facts_of(snake(found), place) if is_cluster else None
        yield Group((document.file, cluster), pools, stated)
