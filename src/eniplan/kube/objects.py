"""From Kubernetes' objects to what verify keeps of them.

Objects come from files that anybody may have written: a field of another type than Kubernetes gives it counts as
absent, and an object without a name is left out.
"""

from __future__ import annotations

import json
from sys import intern
from typing import TYPE_CHECKING, Any

from eniplan.observed import (
    CLUSTER_CONFIG,
    ENI,
    IGNORE_LABEL,
    KINDS,
    MEMBER_ENI,
    SYSTEM_NAMESPACE,
    Event,
    Node,
    Observed,
    Pod,
    PodEni,
    PodNetworking,
    TerwayConfig,
)
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, TERWAY_ADDON, Requirement, Taint

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.kube.stream import Listed

TERWAY_GROUP = "network.alibabacloud.com/"
"""Another cloud has kinds of the same names; theirs are none of ours."""
POD_UID = "k8s.aliyun.com/pod-uid"
NETWORKING = "k8s.aliyun.com/pod-networking"
REASONS = frozenset(("ConfigError", "CreateENIFailed", "AttachENIFailed", "PodCreateFailed", "SyncPodNetworkingFailed"))
"""Terway's events that say that something failed."""


def mapping(value: object) -> dict[str, Any]:
    """Return a value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listing(value: object) -> list[Any]:
    """Return a value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """Return a value if it is text, else the empty string. Equal texts are one: most of them come back often."""
    return intern(value) if type(value) is str else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list."""
    return tuple(text(item) for item in listing(value) if isinstance(item, str))


def quantity(value: object) -> int | None:
    """Return a whole Kubernetes quantity (`"7"`); None for anything else."""
    word = str(value)
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 10 else None  # noqa: PLR2004 - no node has 10^9 ENIs


class Collector:
    """Takes objects in any order and keeps of each what verify needs."""

    def __init__(self, source: str) -> None:
        """Take what the findings name as their file."""
        self._source = source
        self._nodes: list[Node] = []
        self._pods: list[Pod] = []
        self._pod_networkings: dict[str, PodNetworking] = {}
        self._pod_enis: dict[tuple[str, str], PodEni] = {}
        self._events: dict[tuple[str, ...], Event] = {}
        self._configs: dict[str, TerwayConfig | None] = {}
        self._images: dict[str, None] = {}
        self._unseen = dict.fromkeys(KINDS, "")
        self._add: dict[str, Callable[[str, dict[str, Any], dict[str, Any]], None]] = {
            "Node": self._node,
            "Pod": self._pod,
            "PodNetworking": self._pod_networking,
            "PodENI": self._pod_eni,
            "Event": self._event,
            "DaemonSet": self._daemon_set,
            "ConfigMap": self._config_map,
        }

    def add(self, value: dict[str, Any]) -> None:
        """Take one object. Kinds that verify does not read are left out."""
        kind = text(value.get("kind"))
        foreign = kind in {"PodNetworking", "PodENI"} and TERWAY_GROUP not in text(value.get("apiVersion"))
        if kind in self._add and not foreign:
            self._unseen.pop(kind, None)
            meta = mapping(value.get("metadata"))
            name = text(meta.get("name"))
            if name:
                self._add[kind](name, meta, value)

    def listed(self, head: Listed) -> None:
        """Note that a kind has been read, even when there is none of it."""
        self._unseen.pop(head.kind.removesuffix("List"), None)

    def seen(self, kind: str) -> None:
        """Note that a kind has been read."""
        self._unseen.pop(kind, None)

    def unseen(self, kind: str, why: str) -> None:
        """Note that a kind could not be read."""
        self._unseen[kind] = why

    @property
    def configs_wanted(self) -> list[str]:
        """The node-level ConfigMaps that nodes name and that have not been taken yet."""
        return sorted({node.config for node in self._nodes} - {CLUSTER_CONFIG, *self._configs})

    def observed(self) -> Observed:
        """Return everything, in an order that does not depend on that of the input."""
        return Observed(
            self._source,
            tuple(sorted(self._nodes, key=lambda node: node.name)),
            tuple(sorted(self._pods, key=lambda pod: (pod.namespace, pod.name))),
            dict(sorted(self._pod_networkings.items())),
            self._pod_enis,
            tuple(sorted(self._events.values())),
            self._configs,
            tuple(sorted(self._images)),
            self._unseen,
        )

    def _node(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        status = mapping(value.get("status"))
        self._nodes.append(
            Node(
                name,
                {text(key): text(item) for key, item in mapping(meta.get("labels")).items()},
                tuple(
                    Taint(text(t.get("key")), text(t.get("value")), text(t.get("effect")))
                    for t in listing(mapping(value.get("spec")).get("taints"))
                    if isinstance(t, dict)
                ),
                quantity(mapping(status.get("capacity")).get(ENI)),
                quantity(mapping(status.get("allocatable")).get(ENI)),
                any(
                    (mapping(c).get("type"), mapping(c).get("status")) == ("Ready", "True")
                    for c in listing(status.get("conditions"))
                ),
            )
        )

    def _pod(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        spec, phase = mapping(value.get("spec")), text(mapping(value.get("status")).get("phase"))
        namespace, owner = text(meta.get("namespace")), _owner(meta)
        if namespace == SYSTEM_NAMESPACE and owner == f"DaemonSet {TERWAY_ADDON}":
            self._images.update(dict.fromkeys(_image(spec)))
        ignored = mapping(meta.get("labels")).get(IGNORE_LABEL) == "true"
        if spec.get("hostNetwork") is True or ignored or phase in {"Succeeded", "Failed"}:
            return
        node = text(spec.get("nodeName"))
        eni, member_eni = _requests(spec)
        self._pods.append(
            Pod(
                namespace,
                name,
                meta["uid"] if isinstance(meta.get("uid"), str) else "",
                node,
                phase == "Pending",
                "deletionTimestamp" in meta,
                intern(owner),
                eni,
                member_eni,
                text(mapping(meta.get("annotations")).get(NETWORKING)),
                _is_steered(spec),
                () if node else tuple(t for t in listing(spec.get("tolerations")) if isinstance(t, dict)),
            )
        )

    def _pod_networking(self, name: str, _meta: dict[str, Any], value: dict[str, Any]) -> None:
        spec, status = mapping(value.get("spec")), mapping(value.get("status"))
        kept = mapping(spec.get("allocationType"))
        allocation = text(kept.get("type")), text(kept.get("releaseStrategy")), text(kept.get("releaseAfter"))
        self._pod_networkings[name] = PodNetworking(
            name,
            text(status.get("status")),
            text(status.get("message")),
            text(mapping(spec.get("eniOptions")).get("eniType")),
            allocation,
            texts(spec.get("vSwitchOptions")),
            text(mapping(spec.get("vSwitchSelectOptions")).get("vSwitchSelectionPolicy")),
            texts(spec.get("securityGroupIDs")),
            (_selector(spec, "podSelector"), _selector(spec, "namespaceSelector")),
            tuple(sorted({text(mapping(v).get("zone")) for v in listing(status.get("vSwitches"))} - {""})),
        )

    def _pod_eni(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        status = mapping(value.get("status"))
        infos = [mapping(info) for info in mapping(status.get("eniInfos")).values()]
        allocations = [mapping(item) for item in listing(mapping(value.get("spec")).get("allocations"))]
        enis = [mapping(allocation.get("eni")) for allocation in allocations]
        uid = mapping(meta.get("annotations")).get(POD_UID)
        self._pod_enis[text(meta.get("namespace")), name] = PodEni(
            text(status.get("phase")),
            text(status.get("msg")),
            uid if isinstance(uid, str) else "",
            tuple(text(info.get("type")) for info in infos),
            next((told for info in infos if (told := text(info.get("status"))) not in {"", "Bind"}), ""),
            text(status.get("trunkENIID")),
            texts([eni["vSwitchID"] for eni in enis if "vSwitchID" in eni]),
            tuple(group for eni in enis for group in texts(eni.get("securityGroupIDs"))),
            any(allocation.get("ipv6") for allocation in allocations),
            any("vfID" in info for info in infos),
        )

    def _event(self, _name: str, _meta: dict[str, Any], value: dict[str, Any]) -> None:
        reason, message = text(value.get("reason")), value.get("message")
        if reason not in REASONS:
            return
        target = mapping(value.get("involvedObject")) or mapping(value.get("regarding"))
        what = (text(target.get("kind")), text(target.get("namespace")), text(target.get("name")))
        # One failure that repeats is one: only its count grows.
        key = (reason, *what)
        before = self._events.get(key)
        count = (quantity(value.get("count")) or 1) + (0 if before is None else before.times)
        self._events[key] = Event(reason, str(message or ""), *what, count)

    def _daemon_set(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        if (text(meta.get("namespace")), name) == (SYSTEM_NAMESPACE, TERWAY_ADDON):
            template = mapping(mapping(value.get("spec")).get("template"))
            self._images.update(dict.fromkeys(_image(mapping(template.get("spec")))))

    def _config_map(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        if text(meta.get("namespace")) != SYSTEM_NAMESPACE:
            return
        data = mapping(value.get("data"))
        # A node-level ConfigMap without the key changes nothing; one for something else is never named by a node.
        self._configs[name] = terway_config(data.get("eni_conf", "{}"))


def terway_config(conf: object) -> TerwayConfig | None:
    """Read the text of key `eni_conf`; None when it cannot be read. Credentials in it go no further than this."""
    try:
        value = mapping(json.loads(text(conf)))
    except ValueError:
        return None
    return TerwayConfig(
        value["enable_erdma"] if isinstance(value.get("enable_erdma"), bool) else None,
        text(value.get("ipam_type")) or None,
        text(value.get("ip_stack")) or None,
        {text(zone): bool(listing(ids)) for zone, ids in mapping(value.get("vswitches")).items()},
    )


def _selector(spec: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """Spell the requirements of a label selector as the plan's are spelled (`plan.model.Requirement`)."""
    selector = mapping(spec.get("selector")).get(key)
    if not isinstance(selector, dict):
        return None
    labels = (Requirement((), text(k), "In", (text(v),)) for k, v in mapping(selector.get("matchLabels")).items())
    more = (
        Requirement((), text(e.get("key")), text(e.get("operator")), texts(e.get("values")))
        for e in map(mapping, listing(selector.get("matchExpressions")))
    )
    return tuple(sorted(map(str, (*labels, *more))))


def _image(spec: dict[str, Any]) -> list[str]:
    """Return the image that carries Terway's version: of the first init container, else of the first container."""
    for key in ("initContainers", "containers"):
        for container in listing(spec.get(key))[:1]:
            image = text(mapping(container).get("image"))
            if image:
                return [image]
    return []


def _owner(meta: dict[str, Any]) -> str:
    for owner in listing(meta.get("ownerReferences")):
        if mapping(owner).get("controller") is True:
            kind, name = text(owner.get("kind")), text(owner.get("name"))
            # A Deployment owns its pods through a ReplicaSet that it names NAME-HASH.
            hashed = kind == "ReplicaSet" and mapping(meta.get("labels")).get("pod-template-hash")
            if hashed and name.endswith(f"-{hashed}"):
                return f"Deployment {name.removesuffix(f'-{hashed}')}"
            return f"{kind} {name}"
    return ""


def _requests(spec: dict[str, Any]) -> tuple[int, int]:
    """Return the `aliyun/eni` and `aliyun/member-eni` of all containers together."""
    counts = [0, 0]
    for container in listing(spec.get("containers")):
        resources = mapping(mapping(container).get("resources"))
        # For such a resource both are equal; a manifest may state the limits only.
        asked = mapping(resources.get("limits")) | mapping(resources.get("requests"))
        for index, name in enumerate((ENI, MEMBER_ENI)):
            if name in asked:
                counts[index] += quantity(asked[name]) or 0
    return counts[0], counts[1]


def _is_steered(spec: dict[str, Any]) -> bool:
    if mapping(spec.get("nodeSelector")).get(EXCLUSIVE_LABEL) == EXCLUSIVE_VALUE:
        return True
    affinity = spec.get("affinity")
    if not affinity:
        return False
    required = mapping(mapping(affinity).get("nodeAffinity")).get("requiredDuringSchedulingIgnoredDuringExecution")
    return any(
        (mapping(e).get("key"), mapping(e).get("operator")) == (EXCLUSIVE_LABEL, "In")
        and EXCLUSIVE_VALUE in listing(mapping(e).get("values"))
        for term in listing(mapping(required).get("nodeSelectorTerms"))
        for e in listing(mapping(term).get("matchExpressions"))
    )
