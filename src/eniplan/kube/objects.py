"""Reduce Kubernetes objects to the values of `observed`.

Objects may come from arbitrary files: a field of a wrong type counts as absent, and an object without a name is
skipped.
"""

from __future__ import annotations

import re
from sys import intern
from typing import TYPE_CHECKING, Any, TypeVar, cast

from eniplan.bounds import parse_json
from eniplan.catalog.record import LIMITS
from eniplan.catalog.rows import without_odd_values
from eniplan.k8s.kinds import ENDED, controller_of, job_end
from eniplan.k8s.labels import read_selector
from eniplan.k8s.nodes import Taint
from eniplan.k8s.numbers import parts
from eniplan.k8s.pods import CPU, MEMORY, read_pod
from eniplan.k8s.terway import CLUSTER_CONFIG, ENI, IGNORE_LABEL, MEMBER_ENI, NETWORKING, SYSTEM_NAMESPACE
from eniplan.k8s.values import listing, mapping, text, texts
from eniplan.kube.status import conditions, ended_by, trouble
from eniplan.kube.type_info import type_info
from eniplan.observed import (
    CONFIG_KEYS,
    CONTROL_PLANE,
    KINDS,
    TYPE_INFO,
    TYPE_LABEL,
    UNTOLD,
    Agent,
    Controller,
    DaemonSet,
    Event,
    Followed,
    Node,
    Observed,
    Pod,
    PodEni,
    PodNetworking,
    Room,
    TerwayConfig,
    Wants,
)
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, TERWAY_ADDON
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from eniplan.kube.stream import Listed

_T = TypeVar("_T", bound=tuple[object, ...])
TERWAY_GROUP = "network.alibabacloud.com/"
"""The API group of Terway's kinds; other clouds have kinds of the same names."""
POD_UID = "k8s.aliyun.com/pod-uid"
REASONS = frozenset((
    "AllocIPFailed", "AttachENIFailed", "CniCreateENIError", "CniPodCreateError", "ConfigError", "CreateENIFailed",
    "DetachENIFailed", "FailedAttachVolume", "FailedCreate", "FailedCreatePodSandBox", "FailedKillPod", "FailedMount",
    "FailedScaleUp", "FailedScheduling", "NotTriggerScaleUp", "PodCreateFailed", "ProvisionNode",
    "ProvisionNodeFailed", "SyncPodNetworkingFailed", "TriggeredScaleUp",
))  # fmt: skip
"""Reasons of events by Terway, kubelet, the scheduler and controllers that report a failure, and by autoscalers."""


_ELAPSED = re.compile(r", elapsedTime: \S+$")
"""What Terway appends to messages about pods."""


class _Asked(NamedTuple):
    """The resources of a pod that the scheduler counts."""

    eni: int
    member_eni: int
    cpu: int
    memory: int
    host_network: bool
    steered: bool


_COUNTED = ("hostNetwork", "nodeSelector", "affinity", "resources", "overhead")
"""The keys of a pod's spec, besides its containers, that determine its resources."""
_SHAPES = 4096
"""Maximum entries of the cache by pod spec."""


class Collector:
    """Collects objects in any order, and keeps only what `verify` needs."""

    def __init__(
        self, source: str, follow: tuple[str, str] | None = None, wanted: Collection[tuple[str, str]] = ()
    ) -> None:
        """Store what to keep.

        Args:
            source: the file name in findings.
            follow: the namespace and name of a pod to keep more fields of.
            wanted: the plan's workloads: namespace and `Deployment NAME`.

        """
        self._source = source
        self._follow = follow
        self._followed: Followed | None = None
        self._namespace_labels: dict[str, str] | None = None
        self._nodes: list[Node] = []
        self._pods: list[Pod] = []
        self._pod_networkings: dict[str, PodNetworking] = {}
        self._pod_enis: dict[tuple[str, str], PodEni] = {}
        self._events: dict[tuple[str, ...], tuple[str, Event]] = {}
        self._configs: dict[str, TerwayConfig | None] = {}
        self._daemon_set: DaemonSet | None = None
        self._agents: dict[str, list[Agent]] = {TERWAY_ADDON: [], CONTROL_PLANE: []}
        self._others: dict[tuple[str, str, str], list[str]] = {}
        self._wanted = wanted
        self._controllers: dict[tuple[str, str], Controller] = {}
        self._failures: dict[tuple[str, str], str] = {}
        self._used: dict[str, list[int]] = {}
        self._held: dict[str, int] = {}
        self._same: dict[tuple[object, ...], tuple[object, ...]] = {}
        self._read: dict[str, _Asked] = {}
        self._types: dict[tuple[str, str], Mapping[str, int]] = {}
        self._unseen = dict.fromkeys(KINDS, "")
        self._refused: set[str] = set()
        self._ends: dict[str, bool] = {}
        self._add: dict[str, Callable[[str, dict[str, Any], dict[str, Any]], None]] = {
            "Node": self._node,
            "Pod": self._pod,
            "PodNetworking": self._pod_networking,
            "PodENI": self._pod_eni,
            "Event": self._event,
            "DaemonSet": self._take_daemon_set,
            "ConfigMap": self._config_map,
            "Namespace": self._namespace,
        }
        self._kinds = {owner.partition(" ")[0] for _, owner in wanted}

    def add(self, value: dict[str, Any]) -> None:
        """Add one object. Kinds that `verify` does not read are skipped."""
        kind = text(value.get("kind"))
        foreign = kind in {"PodNetworking", "PodENI"} and TERWAY_GROUP not in text(value.get("apiVersion"))
        if kind in self._add and not foreign:
            self.seen(kind)
            meta = mapping(value.get("metadata"))
            name = text(meta.get("name"))
            if name:
                self._add[kind](name, meta, value)
        self.add_workload(value)

    def listed(self, head: Listed) -> None:
        """Record that a list was read, even if it was empty, and whether it continues on another page."""
        self._ends.setdefault(head.kind, False)
        self._ends[head.kind] |= not head.more
        self.seen(head.kind.removesuffix("List"))

    def seen(self, kind: str) -> None:
        """Record that a kind was read, unless a part of it could not be read."""
        if kind not in self._refused:
            self._unseen.pop(kind, None)

    def unseen(self, kind: str, why: str) -> None:
        """Record why a kind could not be read, except optional kinds, such as namespaces."""
        if kind in KINDS:
            self._refused.add(kind)
            self._unseen[kind] = why

    @property
    def cut(self) -> str:
        """The kind of a list whose last page is missing; empty if there is none."""
        return next((kind for kind, ended in self._ends.items() if not ended), "")

    @property
    def configs_wanted(self) -> list[str]:
        """The node-level ConfigMaps that nodes name but that are not collected yet."""
        return sorted({node.config for node in self._nodes} - {CLUSTER_CONFIG, *self._configs})

    def observed(self) -> Observed:
        """Return everything collected, in an order independent of the input's."""
        return Observed(
            self._source,
            tuple(sorted(self._nodes, key=lambda node: node.name)),
            tuple(sorted(self._pods, key=lambda pod: (pod.namespace, pod.name))),
            dict(sorted(self._pod_networkings.items())),
            self._pod_enis,
            tuple(sorted(event for _, event in self._events.values())),
            self._configs,
            self._daemon_set,
            tuple(sorted(self._agents[TERWAY_ADDON])),
            tuple(sorted(self._agents[CONTROL_PLANE])),
            self._others,
            {name: self._shared(Room(*taken)) for name, taken in self._used.items()},
            self._unseen,
            self._held,
            self._failures,
            self._controllers,
            self._followed and self._followed._replace(namespace_labels=self._namespace_labels),
        )

    def _shared(self, value: _T) -> _T:
        """Return a shared instance of equal values, to save memory: nodes of a pool and ENIs have much in common."""
        return cast("_T", self._same.setdefault(value, value))

    def _node(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        spec, status, labels = mapping(value.get("spec")), mapping(value.get("status")), mapping(meta.get("labels"))
        ready, has = conditions(status).get("Ready", {}), mapping(status.get("allocatable"))
        self._nodes.append(
            Node(
                name,
                _labels(meta),
                tuple(
                    Taint(text(t.get("key")), text(t.get("value")), text(t.get("effect")))
                    for t in listing(spec.get("taints"))
                    if isinstance(t, dict)
                ),
                parts(mapping(status.get("capacity")).get(ENI)),
                parts(has.get(ENI)),
                ready.get("status") == "True",
                self._shared(Room(parts(has.get("pods")), parts(has.get("cpu"), 1000), parts(has.get("memory")))),
                spec.get("unschedulable") is True,
                "" if ready.get("status") == "True" else text(ready.get("message")),
                self._limits(mapping(meta.get("annotations")).get(TYPE_INFO), text(labels.get(TYPE_LABEL))),
                text(mapping(status.get("nodeInfo")).get("kubeletVersion")),
            )
        )

    def _pod(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        spec, status = mapping(value.get("spec")), mapping(value.get("status"))
        namespace, owner, node = text(meta.get("namespace")), intern(controller_of(meta)), text(spec.get("nodeName"))
        phase, leaving, wrong = text(status.get("phase")), "deletionTimestamp" in meta, trouble(status)
        ended = phase in ENDED
        if (namespace, name) == self._follow:
            failed = ended_by(wrong) or phase if phase == "Failed" else ""
            self._followed = Followed(_labels(meta), text(status.get("podIP")), None, failed)
        asked = self._asked(spec)
        cpu, memory = asked.cpu, asked.memory
        if node and not ended:
            used = self._used.setdefault(node, [0, 0, 0])
            for index, count in enumerate((1, cpu, memory)):
                used[index] += count
        if namespace == SYSTEM_NAMESPACE and not ended:
            kind = _agent(owner)
            if kind:
                self._agents[kind].append(Agent(name if wrong else "", node, _image(spec), wrong, leaving))
        ignored = mapping(meta.get("labels")).get(IGNORE_LABEL) == "true"
        if asked.host_network or ignored or ended:
            if not ended:
                self._held[node] = self._held.get(node, 0) + asked.eni
            if not leaving:
                shown = "NotReady" if phase == "Running" and wrong and wrong.reason else phase
                whose = namespace, owner or f"Pod {name}"
                if phase == "Failed":  # one reason of several, whatever the order of the pods
                    reasons = self._failures.get(whose), ended_by(wrong)
                    self._failures[whose] = min(filter(None, reasons), default="")
                self._others.setdefault((*whose, shown), []).append(node)
            return
        self._pods.append(
            Pod(
                namespace,
                name,
                mark(meta.get("uid")),
                node,
                wrong,
                leaving,
                owner,
                asked.eni,
                asked.member_eni,
                text(mapping(meta.get("annotations")).get(NETWORKING)),
                asked.steered,
                None if node else _wants(spec, cpu, memory),
                mark(address) if isinstance(address := status.get("podIP"), str) and "." in address else 0,
            )
        )

    def _asked(self, spec: dict[str, Any]) -> _Asked:
        """Return the resources of a pod, cached by its spec, because computing them is slow."""
        few: dict[str, Any] = {key: spec[key] for key in _COUNTED if key in spec}
        for key in ("containers", "initContainers"):
            found = [mapping(container) for container in listing(spec.get(key))]
            few[key] = [{name: item[name] for name in ("resources", "restartPolicy") if name in item} for item in found]
        shape = repr(few)
        if shape not in self._read:
            if len(self._read) >= _SHAPES:
                self._read.clear()
            pod = read_pod({"spec": few})
            self._read[shape] = _Asked(
                pod.request(ENI),
                pod.request(MEMBER_ENI),
                pod.request(CPU),
                pod.request(MEMORY),
                pod.host_network,
                pod.placement.needs(EXCLUSIVE_LABEL, EXCLUSIVE_VALUE),
            )
        return self._read[shape]

    def _pod_networking(self, name: str, _meta: dict[str, Any], value: dict[str, Any]) -> None:
        spec, status = mapping(value.get("spec")), mapping(value.get("status"))
        kept = mapping(spec.get("allocationType"))
        v_switches = [mapping(v) for v in listing(status.get("vSwitches"))]
        selectors = mapping(spec.get("selector"))
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
            (read_selector(selectors.get("podSelector")), read_selector(selectors.get("namespaceSelector"))),
            tuple(sorted({text(v.get("zone")) for v in v_switches} - {""})),
            {text(v["id"]): text(v["zone"]) for v in v_switches if v.get("id") and v.get("zone")},
        )

    def _pod_eni(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        status = mapping(value.get("status"))
        infos = [mapping(info) for info in mapping(status.get("eniInfos")).values()]
        allocations = [mapping(item) for item in listing(mapping(value.get("spec")).get("allocations"))]
        enis = [mapping(allocation.get("eni")) for allocation in allocations]
        self._pod_enis[text(meta.get("namespace")), name] = PodEni(
            text(status.get("phase")),
            text(status.get("msg")),
            mark(mapping(meta.get("annotations")).get(POD_UID)),
            self._shared(tuple([text(info.get("type")) for info in infos])),
            next((told for info in infos if (told := text(info.get("status")) or UNTOLD) != "Bind"), ""),
            text(status.get("trunkENIID")),
            self._shared(texts([eni["vSwitchID"] for eni in enis if "vSwitchID" in eni])),
            self._shared(tuple([group for eni in enis for group in texts(eni.get("securityGroupIDs"))])),
            mark(next((a.get("ipv4") for a in allocations if text(a.get("interface")) in {"eth0", ""}), None)),
            any(allocation.get("ipv6") for allocation in allocations),
            any("vfID" in info for info in infos),
        )

    def _event(self, _name: str, _meta: dict[str, Any], value: dict[str, Any]) -> None:
        reason = text(value.get("reason"))
        if reason not in REASONS:
            return
        # The core API and events.k8s.io/v1 name these fields differently.
        target = mapping(value.get("involvedObject")) or mapping(value.get("regarding"))
        message = _ELAPSED.sub("", text(value.get("message")) or text(value.get("note"))) or "no message"
        times = value.get("count") or value.get("deprecatedCount") or mapping(value.get("series")).get("count")
        what = (text(target.get("kind")), text(target.get("namespace")), text(target.get("name")))
        # Merge repeated events into one: their counts add up, and the newest has the message, in any order.
        found = (_last_seen(value), Event(reason, message, *what, parts(times) or 1))
        before = self._events.get((reason, *what))
        if before is not None:
            newest = max(before, found)
            found = newest[0], newest[1]._replace(times=before[1].times + found[1].times)
        self._events[reason, *what] = found

    def _take_daemon_set(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        if (text(meta.get("namespace")), name) == (SYSTEM_NAMESPACE, TERWAY_ADDON):
            template = mapping(mapping(value.get("spec")).get("template"))
            status = mapping(value.get("status"))
            self._daemon_set = DaemonSet(
                _image(mapping(template.get("spec"))),
                parts(status.get("desiredNumberScheduled")),
                parts(status.get("numberReady")),
            )

    def add_workload(self, value: dict[str, Any]) -> None:
        """Add an object if it is a workload of the plan."""
        kind = text(value.get("kind"))
        if kind not in self._kinds or kind == "Pod":
            return
        meta, spec, status = (mapping(value.get(key)) for key in ("metadata", "spec", "status"))
        key = (text(meta.get("namespace")), f"{kind} {text(meta.get('name'))}")
        if key not in self._wanted:
            return
        told_by = conditions(status)
        on = {name for name, found in told_by.items() if found.get("status") == "True"}
        late = told_by.get("Progressing", {})
        told = next((told_by[name] for name in ("ReplicaFailure", "FailureTarget", "Failed") if name in on), {})
        if not told and late.get("status") == "False":
            told = late
        self._controllers[key] = Controller(
            parts(spec.get("replicas")),
            spec.get("paused") is True or spec.get("suspend") is True,
            job_end(status),
            " ".join(text(told.get("message")).split()),
        )

    def _namespace(self, name: str, meta: dict[str, Any], _value: dict[str, Any]) -> None:
        if self._follow is not None and name == self._follow[0]:
            self._namespace_labels = _labels(meta)

    def _limits(self, told: object, name: str) -> Mapping[str, int]:
        """Return the limits in a node's annotation about its type, cached by value."""
        key = (told if isinstance(told, str) else "", name)
        if key not in self._types:
            row = type_info(*key).row
            known = without_odd_values(row)[0] if row else {}
            self._types[key] = {field: known[field] for field in LIMITS if known.get(field) is not None}
        return self._types[key]

    def _config_map(self, name: str, meta: dict[str, Any], value: dict[str, Any]) -> None:
        if text(meta.get("namespace")) != SYSTEM_NAMESPACE:
            return
        data = mapping(value.get("data"))
        # A node-level ConfigMap may lack the key; with an eni-config that lacks it, Terway does not start.
        found = terway_config(data.get("eni_conf", "" if name == CLUSTER_CONFIG else "{}"))
        self._configs[name] = found if found is None or name != CLUSTER_CONFIG else _with_chain(found, data)


def _last_seen(event: dict[str, Any]) -> str:
    """Return when an event occurred last, as the API writes it; empty if it does not say."""
    series = mapping(event.get("series")).get("lastObservedTime")
    times = (series, event.get("lastTimestamp"), event.get("deprecatedLastTimestamp"), event.get("eventTime"))
    return next(filter(None, map(text, times)), "")


def _wants(spec: dict[str, Any], cpu: int, memory: int) -> Wants:
    pod = read_pod({"spec": spec})
    asked = text(spec.get("schedulerName"))
    return Wants(cpu, memory, pod.tolerations, pod.placement, "" if asked == "default-scheduler" else asked)


def _labels(meta: dict[str, Any]) -> dict[str, str]:
    return {text(key): text(item) for key, item in mapping(meta.get("labels")).items()}


def mark(value: object) -> int:
    """Return a hash of a string as a compact identity; 0 if the value is not a string."""
    return hash(value) if isinstance(value, str) else 0


def terway_config(conf: object) -> TerwayConfig | None:
    """Parse the value of key `eni_conf`, without its credentials; None if Terway cannot parse it."""
    try:
        value = parse_json(text(conf))
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    zones, groups = value.get("vswitches"), value.get("security_groups")
    lists = [groups, *(zones.values() if isinstance(zones, dict) else ())]
    readable = zones is None or isinstance(zones, dict)
    if not readable or any(not (item is None or isinstance(item, list)) for item in lists):
        return None
    return TerwayConfig({key: value[key] for key in CONFIG_KEYS if key in value})


_SWITCHED = {"true": False, "false": True}
_DATA_PATHS = frozenset(("veth", "ipvlan", "datapathv2"))
_PLUGINS = frozenset(("terway", "cilium-cni"))
"""The plugins of Terway's own CNI chain."""


def _with_chain(config: TerwayConfig, data: dict[str, Any]) -> TerwayConfig:
    """Add other keys of ConfigMap eni-config: NetworkPolicy, and the CNI chain of nodes with shared ENIs."""
    chain = [mapping(plugin) for plugin in listing(_json(data.get("10-terway.conflist")).get("plugins"))]
    chain = chain or [found for found in [_json(data.get("10-terway.conf"))] if found]
    names = [text(plugin.get("type")) for plugin in chain]
    kinds = {text(plugin.get("eniip_virtual_type")).casefold() for plugin in chain} & _DATA_PATHS
    return config._replace(
        network_policy=_SWITCHED.get(text(data.get("disable_network_policy")).casefold()),
        virtual_type=kinds.pop() if len(kinds) == 1 else None,
        custom_cni_chain=None if "terway" not in names else not _PLUGINS.issuperset(names),
    )


def _json(value: object) -> dict[str, Any]:
    """Parse a JSON object; return an empty one if it is malformed."""
    try:
        return mapping(parse_json(text(value)))
    except ValueError:
        return {}


def _image(spec: dict[str, Any]) -> str:
    """Return the image that has Terway's version: that of the first init container, or else the first container."""
    for key in ("initContainers", "containers"):
        for container in listing(spec.get(key))[:1]:
            image = text(mapping(container).get("image"))
            if image:
                return image
    return ""


def _agent(owner: str) -> str:
    """Return the part of Terway that owns a pod: the DaemonSet or the control plane; empty for other owners."""
    kind, _, name = owner.partition(" ")
    if kind == "DaemonSet":
        return name if name == TERWAY_ADDON else ""
    return CONTROL_PLANE if kind in {"Deployment", "ReplicaSet"} and name.startswith(CONTROL_PLANE) else ""
