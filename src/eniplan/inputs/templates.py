"""Reads node pools in request bodies, ROS templates, Pulumi YAML programs and Crossplane objects.

Values that a document does not contain (parameters, functions, references) are `NotKnown`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import TYPE_CHECKING, Any

from eniplan.emit.ros import RESOURCE_TYPE
from eniplan.errors import InputError
from eniplan.inputs.beside import Made, all_made, named, security_group, state, v_switch
from eniplan.inputs.cluster import facts_of
from eniplan.inputs.places import BLANKS, NotKnown, Origin, blanked, lost_key
from eniplan.inputs.spelling import (
    BODY,
    CASED,
    CROSSPLANE_POOL,
    PULUMI,
    PULUMI_POOL,
    ROS,
    Resource,
    as_text,
    camel,
    snake,
)
from eniplan.k8s.kinds import objects
from eniplan.k8s.values import mapping
from eniplan.messages import say
from eniplan.plan.document import Tagged, decode, path_text, read_tagged, value_at
from eniplan.plan.fields import api_name, pascal
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from eniplan.inputs.spelling import Body
    from eniplan.inputs.units import Stated
    from eniplan.messages import Message
    from eniplan.plan.document import Document, Path

_PULUMI_SWITCH = ("alicloud:vpc:Switch", "alicloud:vpc/switch:Switch")
_PULUMI_GROUP = ("alicloud:ecs:SecurityGroup", "alicloud:ecs/securityGroup:SecurityGroup")
_ROS_FORMAT = "ROSTemplateFormatVersion"
CLUSTER_REQUEST = ("cluster_type", "kubernetes_version", "region_id", "vpcid", "addons", "profile")
"""Fields of a CreateCluster body; one of them identifies it."""
_BODY_PARTS = frozenset(("nodepool_info", "scaling_group", "kubernetes_config", "eflo_node_group"))
"""Fields of a CreateClusterNodePool body; two of them identify it."""
_SECTIONS = ("nodepool_info", "scaling_group", "kubernetes_config")
"""Those of every pool that is not of Lingjun."""
_CASED = tuple(case(name) for name in sorted(_BODY_PARTS) for case in (camel, pascal))
MARKS = (
    *sorted(_BODY_PARTS),
    *_CASED,
    "NodePoolInfo",
    "nodepools",
    "ALIYUN::CS::",
    "alicloud:cs",
    CROSSPLANE_POOL,
    _ROS_FORMAT,
)
"""A file with one of these documents contains at least one of these texts."""


def is_any(data: bytes) -> bool:
    """Return whether a file may hold one of these documents."""
    return any(mark.encode() in data for mark in MARKS)


def is_ros(value: object) -> bool:
    """Return whether a document is a template of ROS."""
    return isinstance(value, dict) and _ROS_FORMAT in value


class Group(NamedTuple):
    """Pools of one cluster that have the same origin."""

    key: tuple[str, ...]
    """The origin: pools with the same key form one plan."""
    pools: list[Resource]
    stated: Stated | None = None
    """The facts of the cluster that the document states."""
    left: tuple[tuple[Resource, Message], ...] = ()
    """Pools that are not created, and why."""
    is_certain: bool = True
    """Whether the pools certainly exist."""


def groups(document: Document, *, is_closed: bool, changed: str = "") -> list[Group] | None:
    """Return the node pools of a document, exclusive or not; None if the document is of another kind.

    Args:
        document: one document.
        is_closed: whether this document is the only source of facts about the cluster.
        changed: the live pool that the document is sent for, to change it.

    """
    value: Any = document.value
    if isinstance(value, list) or changed or _case(value) is not None or _is_label(value):
        return _bodies(document, changed) or _nested(document)
    if is_ros(value):
        return list(_ros(document, is_closed=is_closed))
    if _asks_for_any(value) and _names_a_cluster(value):
        return [_request(document._replace(value=blanked(value)), (), "")]
    if "steps" in value:
        from eniplan.inputs.preview import is_preview, pools  # noqa: PLC0415 - most runs have none

        if is_preview(value):
            found = list(pools(document))
            left = tuple((pool, why) for pool, why in found if why is not None)
            return [Group((document.file,), [pool for pool, why in found if why is None], left=left)]
    resources = value.get("resources")
    if isinstance(resources, dict) and any(_type(item).startswith("alicloud:") for item in resources.values()):
        return list(_pulumi(document, is_closed=is_closed))
    return _crossplane(document) or _nested(document)


def _nested(document: Document) -> list[Group] | None:
    """Return the exclusive pools of bodies inside a document of another kind, such as a play of Ansible.

    Schemas have the same keys, so only the exclusive label tells that it is a request. Receipts and the like of eniplan
    itself are none.
    """
    is_own = isinstance(document.value, dict) and str(document.value.get("schema")).startswith("eniplan.")
    found = [] if is_own else list(_inner(document.value, ()))
    pools = [_pool(document, path, item, case) for path, item, case in found]
    return [Group(("body", os.path.dirname(document.file)), pools)] if pools else None


def _inner(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any], Body]]:  # noqa: ANN401 - of a document
    case = _case(value)
    if case is not None:
        if EXCLUSIVE_LABEL in str(value) and not is_live(value):
            yield path, value, case
    elif isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(item, dict | list):
                yield from _inner(item, (*path, step))


_EXTERNAL = "crossplane.io/external-name"
_ADOPTED = NotKnown(say("the annotation {annotation} names a live pool", annotation=_EXTERNAL))


def _crossplane(document: Document) -> list[Group] | None:
    """Return the pools of Crossplane objects; None if there are none."""
    value: Any = document.value
    items = [(path, item) for path, item in objects(value) if item.get("kind") == CROSSPLANE_POOL]
    specs: list[tuple[str, Path, Any]] = [
        (str(value_at(item, ("metadata", "name"))), (*path, "spec"), item.get("spec")) for path, item in items
    ]
    adopted = {(*path, "spec") for path, item in items if value_at(item, ("metadata", "annotations", _EXTERNAL))}
    if not specs and value.get("kind") != "Composition":
        return None
    from eniplan.inputs.composition import bases, pool_of  # noqa: PLC0415 - most runs have none

    specs += bases(value)
    found = [
        pool_of(name, document, path, spec, existing=_ADOPTED if path in adopted else None)
        for name, path, spec in specs
    ]
    pools = [pool for pool in found if pool is not None]
    return [Group((document.file,), pools)] if pools else None


def _bodies(document: Document, changed: str) -> list[Group] | None:
    """Return the pools of a body, or of a list of bodies; None if the document has neither."""
    value: Any = document.value
    items: list[tuple[Path, Any]] = (
        [((i,), item) for i, item in enumerate(value)] if isinstance(value, list) else [((), value)]
    )
    cased = [(path, item, BODY if changed or _is_label(item) else _case(item)) for path, item in items]
    pools = [_pool(document, path, _asked(item), case, changed) for path, item, case in cased if case is not None]
    left = tuple(
        (Resource(path_text(path), document, path, item, BODY), _NO_REQUEST)
        for path, item, case in cased
        if case is None
    )
    return [Group(("body", os.path.dirname(document.file)), pools, left=left)] if pools else None


_NO_REQUEST = say("not a request for a node pool")


def _case(value: Any) -> Body | None:  # noqa: ANN401 - a document may hold anything
    """Return the spelling of a CreateClusterNodePool body; None if it is another document."""
    if not isinstance(value, dict):
        return None
    if len(_BODY_PARTS.intersection(value)) > 1:
        return BODY
    return CASED if len(_BODY_PARTS.intersection(map(api_name, value))) > 1 else None


def is_answer(value: dict[str, Any]) -> bool:
    """Return whether a document is an answer of DescribeClusterNodePools."""
    pools = value.get("nodepools")
    has_pools = isinstance(pools, list) and any(isinstance(item, dict) and _BODY_PARTS & {*item} for item in pools)
    return has_pools and not _names_a_cluster(value)


def is_live(value: Any) -> bool:  # noqa: ANN401 - a value of a document
    """Return whether a value is a live pool, as DescribeClusterNodePoolDetail answers it."""
    return value_at(value, ("nodepool_info", "nodepool_id")) is not None


_ANSWERED = {
    "nodepool_info": ("nodepool_id", "is_default", "region_id", "created", "updated"),
    "scaling_group": ("scaling_group_id", "ram_policy"),
}
"""Fields of an answer of DescribeClusterNodePoolDetail that a request does not have; it also adds `status`."""


def _asked(value: dict[str, Any]) -> dict[str, Any]:
    """Return a live pool as the request that asks for such a pool; other values as they are."""
    if not is_live(value):
        return value
    return {
        section: {key: item for key, item in found.items() if key not in _ANSWERED.get(section, ())}
        if isinstance(found, dict)
        else found
        for section, found in value.items()
        if section != "status"
    }


TOKENS = re.compile(rf"(?P<blank>{BLANKS}|\$[A-Za-z_]\w*)" + r'|\\.|"|[^\\"${]+|[${\\]', re.DOTALL)
"""The tokens of JSON as far as it matters which quotes begin or end a text, and what is filled in later."""


def read(path: str, data: bytes) -> list[Document]:
    """Return the documents of a file that may hold requests. In JSON, what is filled in later may have no quotes.

    Raises:
        InputError: it is not valid, whatever is filled in.

    """
    try:
        return read_tagged(path, data)
    except InputError:
        filled = _filled(decode(path, data)).encode() if data.lstrip()[:1] in (b"{", b"[") else data
        if filled == data:
            raise
        with contextlib.suppress(InputError):  # tell what is wrong with the file itself
            return read_tagged(path, filled)
        raise


def _filled(text: str) -> str:
    """Return JSON with quotes around what is filled in later: `"size": ${SIZE}`."""
    out: list[str] = []
    in_string = False
    for token in TOKENS.finditer(text):
        blank = "" if in_string else token["blank"]
        out.append(json.dumps(blank, ensure_ascii=False) if blank else token[0])
        in_string ^= token[0] == '"'
    return "".join(out)


def _names_a_cluster(value: dict[str, Any]) -> bool:
    return any(api_name(key) in CLUSTER_REQUEST for key in value)


def _asks_for(value: dict[str, Any]) -> Any:  # noqa: ANN401 - a value of a document
    """Return the node pools of a CreateCluster body, in any case."""
    return value_at(value, CASED.path(("nodepools",), value))


def _type(item: Any) -> str:  # noqa: ANN401 - a value of a document
    found = item.get("type", item.get("Type")) if isinstance(item, dict) else None
    return found if isinstance(found, str) else ""


def _asks_for_any(value: dict[str, Any]) -> bool:
    return isinstance(blanked(_asks_for(value)), list | NotKnown)


def _each(asked: Any, sections: tuple[str, ...]) -> Iterator[tuple[Path, dict[str, Any]]]:  # noqa: ANN401 - of a document
    """Yield the pools of a cluster with their paths in its list; of what is not known, a pool of unknown sections."""
    if isinstance(asked, NotKnown):
        yield (), dict.fromkeys(sections, asked)
    for i, pool in enumerate(asked if isinstance(asked, list) else ()):
        if isinstance(pool, dict | NotKnown):
            yield (i,), dict.fromkeys(sections, pool) if isinstance(pool, NotKnown) else pool


def _request(document: Document, at: Path, address: str) -> Group:
    """Return the pools of a CreateCluster body."""
    body = value_at(document.value, at)
    spelling = CASED if any(key != api_name(key) for key in body) else BODY
    (name,) = CASED.path(("nodepools",), body)
    found = [
        Resource(f"{address}{path_text((name, *inner))}", document, (*at, name, *inner), pool, _case(pool) or BODY)
        for inner, pool in _each(_asks_for(body), _SECTIONS)
    ]
    origin = Origin(document, at)
    stated = facts_of(spelling.body_of(body), lambda path: origin.inner(spelling.path(path, body)))
    return Group((document.file, address), found, stated)


# --- Requests that change a live pool -----------------------------------------------------------------------------

_OF_CHANGES = frozenset(("update_nodes", "concurrency"))
"""Fields that only ModifyClusterNodePool has."""
_LIVE = NotKnown(say("the request changes a live pool, and a label does not change the mode of its nodes"))
_LEFT = NotKnown(say("the request leaves it as it is"))
_KEPT = (
    ("scaling_group", "instance_types"), ("scaling_group", "vswitch_ids"), ("kubernetes_config", "taints"),
    ("scaling_group", "desired_size"),
)  # fmt: skip
"""What such a request may leave out."""


def _is_label(value: Any) -> bool:  # noqa: ANN401 - a document may hold anything
    """Return whether a document only gives a live pool the exclusive label."""
    if not isinstance(value, dict) or not {"kubernetes_config"} <= {*value} <= {"kubernetes_config", *_OF_CHANGES}:
        return False
    labels = value_at(value, ("kubernetes_config", "labels"))
    return isinstance(labels, list) and EXCLUSIVE_LABEL in str(labels)


def _pool(document: Document, path: Path, item: dict[str, Any], case: Body, changed: str = "") -> Resource:
    """Return the pool of a body, or the live pool that it changes."""
    value = blanked(item)
    if (lost := lost_key(item)) is not None and value.pop("<<", None):
        value = {**{str(case.path((part,), item)[0]): lost for part in _SECTIONS}, **value}
    found = Resource("", document, path, value, case)
    if changed or _is_label(item) or not _OF_CHANGES.isdisjoint(map(api_name, item)):
        return _changing(found, changed or os.path.basename(document.file))
    return found


def _changing(resource: Resource, name: str) -> Resource:
    """Return the pool that a request changes: what it leaves out stays as it is in the live pool."""
    value = {key: item for key, item in resource.value.items() if api_name(key) not in _OF_CHANGES}
    info, labels, *kept = (resource.spelling.path(path, value) for path in (_NAME, _LABELS, *_KEPT))
    if _case(value) is None:
        return resource._replace(value=_completed({}, {info: name, labels: _LIVE}))
    if isinstance(resource.spelling.body_of(value).get("auto_scaling"), dict):
        kept.pop()
    return resource._replace(
        value=_completed(value, {info: NotKnown(name), **dict.fromkeys(kept, _LEFT)}), existing=_LIVE
    )


_NAME, _LABELS = ("nodepool_info", "name"), ("kubernetes_config", "labels")


def _completed(value: dict[str, Any], lost: Mapping[Path, str]) -> dict[str, Any]:
    """Return a body with values that it does not have."""
    out = {key: dict(item) if isinstance(item, dict) else item for key, item in value.items()}
    for (section, key), item in lost.items():
        inner = out.setdefault(str(section), {})
        if isinstance(inner, dict):
            inner.setdefault(str(key), item)
    return out


# --- ROS ----------------------------------------------------------------------------------------------------------

_ROS_SWITCH, _ROS_GROUP = ("ALIYUN::ECS::VSwitch",), ("ALIYUN::ECS::SecurityGroup",)
_ROS_SECTIONS = ("KubernetesConfig", "ScalingGroup")
_ROS_NESTED = ("MODULE::", "ALIYUN::ROS::Stack")
"""Resources with a template of their own."""
_BY_NESTED = NotKnown(say("a nested template creates its pools: check that one, too"))
_BY_FUNCTION = NotKnown(say("only ROS knows which resources it makes of this"))


def _ros(document: Document, *, is_closed: bool) -> Iterator[Group]:
    from eniplan.inputs.ros import resolved  # noqa: PLC0415 - most runs have none

    kinds = ("ALIYUN::CS::", *_ROS_SWITCH, *_ROS_GROUP, *_ROS_NESTED)
    found = resolved(document, lambda item: _type(item).startswith(kinds))
    document = found.document
    template = _Template(document, ("Resources",), "Properties", _ROS_SWITCH, _ROS_GROUP, pascal, is_closed)
    loose: list[Resource] = []
    alone: set[str] = set()
    for copy in found.copies:
        path: Path = ("Resources", copy.name, "Properties")
        known = value_at(copy.value, ("Properties",))
        name = copy.name + copy.suffix
        lost = _only_ros_knows(_type(copy.value), known)
        if lost is not None:
            yield _lost_group(document, name, path, lost)
        elif not isinstance(known, dict):
            continue
        elif _type(copy.value) == RESOURCE_TYPE:
            loose.append(Resource(name, document, path, known, ROS))
            alone |= set() if copy.is_certain else {name}
        elif isinstance(known.get("ClusterConfig"), dict):
            yield _request(document, (*path, "ClusterConfig"), f"{name}.")
        elif isinstance(known.get("NodePools"), list | NotKnown):
            each = ((("NodePools", *i), pool) for i, pool in _each(known["NodePools"], _ROS_SECTIONS))
            pools = [Resource(f"{name}.{path_text(i)}", document, (*path, *i), pool, ROS) for i, pool in each]
            yield template.group((document.file, name), pools, copy.name)
    for name, item in template.resources.items():
        if not _type(item) and EXCLUSIVE_LABEL in str(item):
            yield _lost_group(document, name, ("Resources", name), _BY_FUNCTION)
    yield from template.groups(loose, alone)
    left = (
        (Resource(name, document, ("Resources", name), template.resources[name], ROS), why)
        for name, why in found.left.items()
    )
    yield Group((document.file, ""), [], left=tuple(left))


def _only_ros_knows(kind: str, properties: Any) -> NotKnown | None:  # noqa: ANN401 - a value of a document
    """Return why only ROS knows the pools of a resource; None if the template says it, or if it has none."""
    whole = properties if kind == RESOURCE_TYPE else value_at(properties, ("ClusterConfig",))
    if isinstance(whole, NotKnown):
        return whole
    return _BY_NESTED if kind.startswith(_ROS_NESTED) and EXCLUSIVE_LABEL in str(properties) else None


def _lost_group(document: Document, name: str, path: Path, why: NotKnown) -> Group:
    """Return a pool of which only ROS knows whether it exists, and what it is."""
    lost = dict.fromkeys(_ROS_SECTIONS, why)
    return Group((document.file, name), [Resource(name, document, path, lost, ROS)], is_certain=False)


# --- Pulumi -------------------------------------------------------------------------------------------------------


def _pulumi(document: Document, *, is_closed: bool) -> Iterator[Group]:
    from eniplan.inputs import pulumi  # noqa: PLC0415 - most runs have none
    from eniplan.inputs.composition import opened  # noqa: PLC0415 - most runs have none

    document = pulumi.resolved(document)
    template = _Template(document, ("resources",), "properties", _PULUMI_SWITCH, _PULUMI_GROUP, camel, is_closed)
    pools = [
        Resource(name, document, ("resources", name, "properties"), opened(item["properties"]), PULUMI)
        for name, item in template.resources.items()
        if _type(item) in PULUMI_POOL and isinstance(value_at(item, ("properties",)), dict | Tagged)
    ]
    yield from template.groups(pools)


# --- Other resources in a template --------------------------------------------------------------------------------


class _Template(NamedTuple):
    """A document with resources that reference each other."""

    document: Document
    at: Path
    """The path of its resources."""
    arguments: str
    """The key of a resource's arguments."""
    v_switch: tuple[str, ...]
    """The resource types of a vSwitch."""
    security_group: tuple[str, ...]
    case: Callable[[str], str]
    """Converts a name of the API to the document's case."""
    is_closed: bool
    """See `groups`."""

    @property
    def resources(self) -> dict[str, Any]:
        """Its resources by name; references are `Made`."""
        return mapping(value_at(self.document.value, self.at))

    def groups(self, pools: list[Resource], alone: Collection[str] = ()) -> Iterator[Group]:
        """Yield pools by the cluster that they join; those that may not exist are alone."""
        by_cluster: dict[tuple[str, bool, str], list[Resource]] = {}
        for pool in pools:
            cluster = value_at(pool.value, pool.spelling.cluster)
            is_made = isinstance(cluster, Made) and not cluster.name
            key = (
                cluster.instance if is_made else str(cluster),
                is_made,
                pool.address if pool.address in alone else "",
            )
            by_cluster.setdefault(key, []).append(pool)
        for (cluster, is_made, address), joined in by_cluster.items():
            found = self.group((self.document.file, cluster, address), joined, cluster if is_made else "")
            yield found._replace(is_certain=not address)

    def group(self, key: tuple[str, ...], pools: list[Resource], cluster: str) -> Group:
        """Return pools with the facts about their cluster, vSwitches and security groups in the document.

        Args:
            key: see `Group`.
            pools: the pools of the cluster.
            cluster: the name of the cluster's resource; empty if the document does not create the cluster.

        """
        raw = self._arguments(cluster)
        about = {} if raw is None else {key: as_text(item) for key, item in snake(raw).items()}
        fields = ("security_group_ids", "security_group_id")
        beside = (
            ("vSwitches", v_switch, self._made(self.v_switch, pools, ("vswitch_ids",), about.get("pod_vswitch_ids"))),
            ("securityGroups", _group, self._made(self.security_group, pools, fields, about.get("security_group_id"))),
        )
        told = beside if raw is not None and self.is_closed else ()
        known = {cluster, *(name for *_, made in told for name in made)}
        pools = [pool._replace(value=named(pool.value, known)) for pool in pools]
        if raw is None:
            return Group(key, pools)
        stated = facts_of(named(about, known), lambda path: self._origin(cluster, path))
        for section, read, made in told:
            state(stated, section, ((read(name, snake(self._arguments(name))), self._origin(name)) for name in made))
        return Group(key, pools, stated)

    def _path(self, name: str) -> Path:
        return (*self.at, name, self.arguments)

    def _origin(self, name: str, path: Path = ()) -> Origin:
        """Return the place of a resource, or of one of its arguments, given by the names of the API."""
        own = tuple(self.case(step) if isinstance(step, str) else step for step in path)
        return Origin(self.document, self._path(name), name).inner(own)

    def _arguments(self, name: str) -> dict[str, Any] | None:
        found = value_at(self.document.value, self._path(name))
        return found if isinstance(found, dict) else None

    def _made(
        self, kinds: tuple[str, ...], pools: list[Resource], fields: tuple[str, ...], other: object
    ) -> dict[str, Any]:
        """Return the resources of a kind that pools and their cluster use, if the document creates all of them."""
        paths = [(pool, pool.spelling.path(("scaling_group", field), pool.value)) for pool in pools for field in fields]
        used = [value_at(pool.value, path) for pool, path in paths]
        return all_made([*used, other], lambda item: self._is_id(item, kinds))

    def _is_id(self, item: Any, kinds: tuple[str, ...]) -> bool:  # noqa: ANN401 - a value of a document
        is_id = isinstance(item, Made) and not item.name and self._arguments(item.instance) is not None
        return is_id and _type(self.resources[item.instance]) in kinds


def _group(name: str, said: dict[str, Any]) -> dict[str, Any]:
    return security_group(name, {"security_group_type": "normal", **said})
