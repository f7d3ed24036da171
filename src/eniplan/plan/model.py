"""The plan as immutable values. Field names are the plan's keys in snake_case; ids and enums keep the APIs' meaning.

Objects that a finding can point at carry their key path. None means that the plan does not state a value. The
values come from a document that fits the schema, so nothing here checks types. `load` replaced invalid list items by
None; these are skipped, and the other items keep their index.

These are named tuples because 15 dataclasses would add 15 ms to every start.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from eniplan.k8s.labels import selector_from
from eniplan.k8s.nodes import (
    ARCH_LABELS,
    NO_SCHEDULE,
    REGION_LABELS,
    TYPE_LABELS,
    ZONE_LABELS,
    NodeLabels,
    Placement,
    Taint,
    repelling,
    toleration_from,
    toleration_of,
)
from eniplan.k8s.pods import read_pod
from eniplan.k8s.terway import ENI
from eniplan.messages import say
from eniplan.suggest import nearest
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from eniplan.k8s.labels import Selector
    from eniplan.k8s.nodes import Toleration
    from eniplan.k8s.pods import Pod
    from eniplan.plan.document import Path

EXCLUSIVE_LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
EXCLUSIVE_VALUE = "eniOnly"
LINGJUN_LABEL = "alibabacloud.com/lingjun-worker"
ANOTHER_POOL = say(
    "choose another name for a new pool, move the pods there (`eniplan migrate` writes a runbook), and delete the "
    "old pool when it is empty"
)
"""The hint for a pool in another mode: its mode cannot be changed, and deleting it stops its pods."""
POOL_ANNOTATION = "eniplan.dev/node-pool"
"""The annotation of a workload's manifest that names its pool in the plan."""
NETWORKING_ANNOTATION = "eniplan.dev/pod-networking"
"""The annotation of a workload's manifest that names its PodNetworking in the plan."""
TERWAY_CONFIG_LABEL = "terway-config"
TERWAY_ADDON = "terway-eniip"
LINGJUN_TAINT_KEY = "node-role.alibabacloud.com/lingjun"
"""The key of the NoSchedule taint of every Lingjun node, which must not be removed."""


@lru_cache(maxsize=4096)
def looks_exclusive(key: str) -> bool:
    """Return whether a label key is the exclusive one or a misspelling of it."""
    name = key.rpartition("/")[2].lower().replace("_", "-").replace(".", "-")
    wanted = EXCLUSIVE_LABEL.rpartition("/")[2]
    if name.startswith("exclusive-mode") or wanted in name:
        return True
    if "eni" not in name and "exclusive" not in name:
        return False
    return bool(nearest(name, (wanted,), cutoff=0.8) or nearest(key, (EXCLUSIVE_LABEL,), cutoff=0.85))


class Terway(NamedTuple):
    """Terway's version and configuration."""

    version: str | None = None
    addon: str = TERWAY_ADDON
    eni_trunking: bool | None = None
    """None if the plan does not say: Terway's default is on."""
    ipam_type: str | None = None
    erdma: bool | None = None
    network_policy: bool | None = None
    virtual_type: str | None = None
    custom_cni_chain: bool | None = None


class VSwitch(NamedTuple):
    """A vSwitch; `available_ips` is the number of free IPv4 addresses."""

    path: Path
    id: str
    zone: str
    vpc_id: str | None = None
    ipv6_cidr: str | None = None
    available_ips: int | None = None


class SecurityGroup(NamedTuple):
    """A security group; type `normal` is a basic group, `enterprise` an advanced one."""

    path: Path
    id: str
    type: str | None = None
    vpc_id: str | None = None


class Network(NamedTuple):
    """The vSwitches and security groups that one configuration gives to pods."""

    path: Path
    v_switch_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()


class Cluster(NamedTuple):
    """The facts of a cluster."""

    id: str | None = None
    region: str | None = None
    kubernetes_version: str | None = None
    ip_stack: str | None = None
    terway: Terway = Terway()
    vpc_id: str | None = None
    v_switches: tuple[VSwitch, ...] | None = None
    security_groups: tuple[SecurityGroup, ...] | None = None
    pod_defaults: Network | None = None
    terway_configs: Mapping[str, Network] | None = None

    @property
    def zones(self) -> dict[str, str]:
        """The zone of each stated vSwitch, by its id."""
        return {v.id: v.zone for v in self.v_switches or ()}


DEFAULT_TAINT = Taint("exclusive-eni", "true", NO_SCHEDULE)
_GPU_LABELS = ("aliyun.accelerator", "nvidia.com")
"""Domains of labels that nodes with GPUs get from ACK and from NVIDIA's operator."""
OTHERS_LABELS = ("kubernetes.io", "k8s.io", "aliyun.com", "alibabacloud.com", *_GPU_LABELS)
"""Domains of labels that nodes do not get from their pool, so their values are unknown."""
_SYSTEM = {"kubernetes.io/os": "linux", "beta.kubernetes.io/os": "linux"}
"""Labels of all exclusive nodes: the mode is documented for Linux only."""
EXCLUSIVE_NODE = NodeLabels({**_SYSTEM, EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}, looks_exclusive)
"""The known labels of any exclusive node. A misspelling of the exclusive label means nothing to anyone."""


class Sizes(NamedTuple):
    """A number at the desired size of a pool, at which it is created, and at its largest; None if unknown."""

    desired: int | None
    largest: int | None

    def each(self, of: Callable[[int], int | None]) -> Sizes:
        """Return what a function makes of each known number."""
        desired, largest = self
        first = None if desired is None else of(desired)
        if largest == desired:
            return Sizes(first, first)
        return Sizes(first, None if largest is None else of(largest))


UNSIZED = Sizes(None, None)


class NodePool(NamedTuple):
    """A node pool to create. Sizes are numbers of nodes; `system_disk` keeps the plan's keys."""

    path: Path
    name: str
    kind: str = "ecs"
    instance_types: tuple[str, ...] | None = None
    instance_families: tuple[str, ...] | None = None
    v_switch_ids: tuple[str, ...] | None = None
    security_group_ids: tuple[str, ...] | None = None
    desired_size: int | None = None
    auto_scaling: Mapping[str, Any] | None = None
    multi_az_policy: str | None = None
    charge_type: str = "PostPaid"
    terway_config: str | None = None
    labels: Mapping[str, str] = {}
    taints: tuple[Taint, ...] | None = None
    system_disk: Mapping[str, Any] = {}
    key_pair: str | None = None
    image_type: str | None = None
    runtime: str | None = None
    system_pods_per_node: int = 0
    instances: tuple[str, ...] | None = None
    overrides: Mapping[str, Any] = {}
    lingjun: Mapping[str, Any] = {}
    existing_labels: Mapping[str, str] | None = None
    """The labels of the live pool of this name; None if there is none, or if the account was not queried."""

    @property
    def is_lingjun(self) -> bool:
        """Whether the nodes are Lingjun nodes."""
        return self.kind == "lingjun"

    @property
    def effective_taints(self) -> tuple[Taint, ...]:
        """The taints that the pool is created with: the plan's, or the default."""
        return (DEFAULT_TAINT,) if self.taints is None else self.taints

    @property
    def node_taints(self) -> tuple[Taint, ...]:
        """All taints of its nodes, including Lingjun's own."""
        own = self.effective_taints
        return (*own, Taint(LINGJUN_TAINT_KEY, "", NO_SCHEDULE)) if self.is_lingjun else own

    def node_labels(
        self,
        region: str | None,
        zones: Mapping[str, str],
        architectures: tuple[str, ...] = (),
        *,
        lack_gpus: bool = False,
    ) -> NodeLabels:
        """Return the known labels of its nodes.

        Args:
            region: the cluster's region; None if unknown.
            zones: the zones of the cluster's vSwitches.
            architectures: those of its nodes; empty if unknown.
            lack_gpus: whether its nodes certainly have no GPUs.

        """
        own = {**_SYSTEM, **self.labels, EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}
        among: dict[str, tuple[str, ...]] = {} if region is None else dict.fromkeys(REGION_LABELS, (region,))
        if not self.is_lingjun:  # what the labels of Lingjun nodes say is not documented
            ids = self.v_switch_ids or ()
            if ids and all(name in zones for name in ids):
                among |= dict.fromkeys(ZONE_LABELS, tuple(dict.fromkeys(zones[name] for name in ids)))
            types = self.instance_types or ()
            # A type that the input leaves open is some other text.
            if types and not self.instance_families and all(name.startswith("ecs.") for name in types):
                among |= dict.fromkeys(TYPE_LABELS, types)
            if architectures:
                among |= dict.fromkeys(ARCH_LABELS, architectures)
        return NodeLabels(own, _never_others_nor_gpus if lack_gpus else _never_others, among=among)

    @property
    def effective_terway_config(self) -> str | None:
        """The name of the node-level ConfigMap, from `terwayConfig` or the label."""
        return self.terway_config or self.labels.get(TERWAY_CONFIG_LABEL)

    @property
    def sizes(self) -> Sizes:
        """The numbers of nodes; None if the plan does not say."""
        if self.auto_scaling is not None and not self.is_lingjun:
            return Sizes(int(self.auto_scaling["min"]), int(self.auto_scaling["max"]))
        nodes = self.lingjun.get("nodeCount") if self.is_lingjun else self.desired_size
        return Sizes(nodes, nodes)


def _never_others(key: str) -> bool:
    return not key.partition("/")[0].endswith(OTHERS_LABELS) or looks_exclusive(key)


def _never_others_nor_gpus(key: str) -> bool:
    return _never_others(key) or key.partition("/")[0].endswith(_GPU_LABELS)


class ExistingPool(NamedTuple):
    """An existing node pool, from an account or the state of another tool. None: the source does not say."""

    name: str
    id: str | None = None
    kind: str | None = None
    """`ess` (ECS), `lingjun`, or another kind of the API."""
    labels: Mapping[str, str] | None = None
    instance_types: tuple[str, ...] = ()
    v_switch_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    desired_size: int | None = None
    auto_scaling: tuple[int, int] | None = None
    """The smallest and the largest number of nodes; None without auto scaling."""


class PodNetworking(NamedTuple):
    """A PodNetworking; `network` has its own vSwitches and security groups, if any."""

    path: Path
    name: str
    network: Network
    node_pools: tuple[str, ...] = ()
    pod_selector: Selector | None = None
    namespace_selector: Selector | None = None
    v_switch_selection_policy: str = "ordered"
    eni_type: str = "ENI"
    allocation: Mapping[str, str] | None = None

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """Its selectors, of pods and of namespaces; without one, only pods that name it get it."""
        return tuple(one for one in (self.pod_selector, self.namespace_selector) if one is not None)

    def asks_for_eni(self, cluster: Cluster) -> bool:
        """Return whether Terway's webhook requests exclusive ENIs for its pods: always, if trunking is off."""
        return self.eni_type not in {"Default", "Trunk"} or cluster.terway.eni_trunking is False

    @property
    def is_fixed(self) -> bool:
        """Whether its pods keep their IP addresses."""
        return (self.allocation or {}).get("type") == "Fixed"


_IN_TEMPLATE: Mapping[str, Path] = {
    "hostNetwork": ("spec", "hostNetwork"),
    "eniRequest": ("spec", "containers", 0, "resources"),
    "tolerations": ("spec", "tolerations"),
}
"""Where a pod template has the values of a plan's own keys."""


class Identity(NamedTuple):
    """Identifies a workload: two workloads with the same identity are one object."""

    kind: str
    namespace: str
    name: str


class Workload(NamedTuple):
    """A workload; `replicas` is the number of pods at the same time, for a DaemonSet per node."""

    path: Path
    name: str
    kind: str
    node_pool: str
    namespace: str = "default"
    replicas: int = 1
    pod_networking: str | None = None
    host_network: bool = False
    eni_request: int | None = None
    tolerations: tuple[Toleration, ...] | None = None
    network_policies: tuple[str, ...] = ()
    """Names of the NetworkPolicies that select its pods."""
    template: Mapping[str, Any] | None = None
    """The pod template of its own manifest."""
    pod: Pod | None = None
    """The parsed template."""
    repeated: tuple[str, ...] = ()
    """The workload's keys that repeat what its template says."""
    api_version: str = ""
    selector: Mapping[str, Any] | None = None
    strategy: Mapping[str, Any] | None = None
    namespace_labels: Mapping[str, str] = {}
    is_prefix: bool = False
    """Whether the name is a `generateName`, which Kubernetes completes."""
    max_replicas: int = 0
    """The largest number of pods an autoscaler may set; 0: none scales it."""
    more_pools: tuple[str, ...] = ()
    """Further pools that the scheduler may put its pods on. Only inputs find them: a plan names one pool."""

    def at(self, key: str) -> Path:
        """Return the key path of the value of a plan's key: in the template, if the workload has one."""
        inner = _IN_TEMPLATE.get(key) if self.pod is not None else None
        return (*self.path, key) if inner is None else (*self.path, "template", *inner)

    @property
    def is_passed_by(self) -> bool:
        """Whether Terway passes its pods by, and they take no ENI: on the host network, or with the label for that."""
        return self.host_network or (self.pod is not None and self.pod.is_ignored)

    @property
    def takes_enis(self) -> bool:
        """Whether its pods may use or request ENIs. On the host network, few do."""
        return not self.host_network or bool(self.eni_request)

    @property
    def networks(self) -> tuple[str, ...]:
        """The PodNetworkings of its pods: one, several, or none: on the host network, and of pods with their own."""
        if self.host_network or (self.pod is not None and self.pod.own_networks):
            return ()
        several = None if self.pod is None else self.pod.networks
        return (() if self.pod_networking is None else (self.pod_networking,)) if several is None else several

    @property
    def most_replicas(self) -> int:
        """Pods at the same time at the most."""
        return max(self.replicas, self.max_replicas)

    @property
    def stated_request(self) -> int | None:
        """The `aliyun/eni` request that the plan states in addition to the pod template."""
        return self.eni_request if self.pod is None else None

    @property
    def identity(self) -> Identity:
        """The identity, which no other workload may share."""
        return Identity(self.kind, self.namespace, self.name)


class Guest(NamedTuple):
    """Pods that can run on a pool's nodes although they do not select them: each takes an exclusive ENI there."""

    title: str
    pool: str
    enis: int
    """The ENIs of one pod."""
    replicas: int | None
    """The number of pods; None: one on every node."""
    placement: Placement = Placement()
    """The nodes that they ask for."""
    is_passed_by: bool = False
    """Whether Terway gives them no address: they only reserve the ENIs that they request."""
    is_sure: bool = True
    """Whether they are known well enough to say that they run there."""


class Waiver(NamedTuple):
    """An accepted finding; `until` is the last day on which the waiver applies, ISO 8601."""

    path: Path
    rule: str
    target: str
    """The key path that the waiver covers; empty for the whole file."""
    reason: str
    """A waiver without a reason, or with a placeholder as its reason, waives nothing."""
    until: str | None = None
    file: str = ""
    """The glob of the files that the waiver covers; if empty, its own plan, or any file for a waivers file."""

    def covers(self, path: str) -> bool:
        """Return whether a key path is the target, or inside it."""
        return not self.target or path == self.target or path.startswith(tuple(self.target + mark for mark in ".[/"))


class Plan(NamedTuple):
    """One plan."""

    cluster: Cluster
    node_pools: tuple[NodePool, ...]
    pod_networkings: tuple[PodNetworking, ...] = ()
    workloads: tuple[Workload, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    leaving: tuple[NodePool, ...] = ()
    """Existing pools that the change makes non-exclusive."""
    doubled: tuple[NodePool, ...] = ()
    """Pools that the change creates while a pool of the same name exists."""
    doubling: tuple[NodePool, ...] = ()
    """Pools of which that is true for each replacement."""
    guests: tuple[Guest, ...] = ()
    """Pods that do not select the pools, but can run there."""

    @property
    def networks(self) -> tuple[Network, ...]:
        """All configurations that give vSwitches and security groups to pods."""
        defaults = self.cluster.pod_defaults
        return (
            *(() if defaults is None else (defaults,)),
            *(self.cluster.terway_configs or {}).values(),
            *(pn.network for pn in self.pod_networkings),
        )

    def apart(self, pool: NodePool) -> dict[str, str]:
        """Return the own labels of a pool that keep its pods off the other pools, whose taints they tolerate."""
        tolerations = [toleration_of(taint) for taint in pool.node_taints]
        others = [item for item in self.node_pools if item is not pool and not repelling(item.node_taints, tolerations)]
        found = {}
        for key, value in sorted(pool.labels.items()):
            alike = [item for item in others if item.labels.get(key) == value]
            if key != EXCLUSIVE_LABEL and len(alike) < len(others):
                found[key], others = value, alike
        return found


_Object = TypeVar("_Object", VSwitch, SecurityGroup, Network, NodePool)


def plan_from(value: Mapping[str, Any]) -> Plan:
    """Build a plan from a value that fits the schema."""
    return Plan(
        _cluster(value.get("cluster", {})),
        tuple(_pool(("nodePools", i), v) for i, v in _items(value, "nodePools")),
        tuple(_pod_networking(("podNetworkings", i), v) for i, v in _items(value, "podNetworkings")),
        tuple(_workload(("workloads", i), v) for i, v in _items(value, "workloads")),
        waivers_from(value),
    )


def waivers_from(value: Mapping[str, Any]) -> tuple[Waiver, ...]:
    """Build the waivers of a plan or a waivers file."""
    return tuple(
        Waiver(("waivers", i), v["rule"], v.get("path", ""), v.get("reason", ""), v.get("expires"), v.get("file", ""))
        for i, v in _items(value, "waivers")
    )


def _items(value: Mapping[str, Any], key: str) -> Iterator[tuple[int, Any]]:
    return ((i, item) for i, item in enumerate(value.get(key, ())) if item is not None)


@cache
def _by_key(fields: tuple[str, ...]) -> dict[str, str]:
    """Return fields by the plan's keys: `v_switch_ids` by `vSwitchIds`."""
    words = ((field, field.split("_")) for field in fields)
    return {first + "".join(map(str.capitalize, more)): field for field, (first, *more) in words}


def _given(fields: tuple[str, ...], value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of those fields that an object of a plan gives."""
    return {field: _frozen(value[key]) for key, field in _by_key(fields).items() if key in value}


def _frozen(value: Any) -> Any:  # noqa: ANN401 - any value of a plan
    if isinstance(value, list):
        return tuple(value)
    return int(value) if isinstance(value, float) else value  # in JSON Schema 3.0 is an integer


def _object(kind: type[_Object], path: Path, value: Mapping[str, Any]) -> _Object:
    """Build an object whose first field is its path."""
    return kind(path, **_given(kind._fields[1:], value))


def _cluster(value: Mapping[str, Any]) -> Cluster:
    found = _given(("id", "region", "kubernetes_version", "ip_stack", "vpc_id"), value)
    if "terway" in value:
        found["terway"] = Terway(**_given(Terway._fields, value["terway"]))
    if "vSwitches" in value:
        items = _items(value, "vSwitches")
        found["v_switches"] = tuple(_object(VSwitch, ("cluster", "vSwitches", i), v) for i, v in items)
    if "securityGroups" in value:
        items = _items(value, "securityGroups")
        found["security_groups"] = tuple(_object(SecurityGroup, ("cluster", "securityGroups", i), v) for i, v in items)
    if "podDefaults" in value:
        found["pod_defaults"] = _object(Network, ("cluster", "podDefaults"), value["podDefaults"])
    if "terwayConfigs" in value:
        configs = value["terwayConfigs"].items()
        found["terway_configs"] = {k: _object(Network, ("cluster", "terwayConfigs", k), v) for k, v in configs}
    return Cluster(**found)


def _pool(path: Path, value: Mapping[str, Any]) -> NodePool:
    found = _object(NodePool, path, value)
    if "taints" not in value:
        return found
    return found._replace(taints=tuple(Taint(t["key"], t.get("value", ""), t["effect"]) for t in value["taints"] if t))


_OF_NETWORKING = ("name", "node_pools", "v_switch_selection_policy", "eni_type", "allocation")
_NOT_STATED = {"path", "pod", "repeated", "is_prefix", "more_pools"}
_OF_WORKLOAD = tuple(field for field in Workload._fields if field not in _NOT_STATED)


def _pod_networking(path: Path, value: Mapping[str, Any]) -> PodNetworking:
    found = PodNetworking(path, network=_object(Network, path, value), **_given(_OF_NETWORKING, value))
    return found._replace(
        pod_selector=selector_from((*path, "podSelector"), value.get("podSelector")),
        namespace_selector=selector_from((*path, "namespaceSelector"), value.get("namespaceSelector")),
    )


def _workload(path: Path, value: Mapping[str, Any]) -> Workload:
    found = Workload(path, is_prefix=value.get("generateName", False), **_given(_OF_WORKLOAD, value))
    if "tolerations" in value:
        found = found._replace(tolerations=tuple(toleration_from(t) for t in value["tolerations"] if t is not None))
    if found.template is None:
        return found
    pod = read_pod(found.template, found.namespace)
    return found._replace(
        host_network=pod.host_network,
        eni_request=pod.request(ENI),
        tolerations=pod.tolerations,
        pod=pod,
        repeated=tuple(key for key in _IN_TEMPLATE if key in value),
    )
