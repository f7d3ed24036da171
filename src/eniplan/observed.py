"""The observed state of a cluster, as immutable values with only the fields that `verify` checks.

A large cluster has 50,000 pods of 10 kB each; a pod here is a few references to shared strings. `kube` fills these
values, the VER rules judge them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.k8s.nodes import NodeLabels
from eniplan.k8s.terway import CLUSTER_CONFIG, IGNORE_LABEL
from eniplan.k8s.values import mapping, text, texts
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, LINGJUN_LABEL, TERWAY_CONFIG_LABEL
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from eniplan.k8s.labels import Selector
    from eniplan.k8s.nodes import Placement, Taint, Toleration

NODE_POOL_LABEL = "alibabacloud.com/nodepool-id"
"""ACK's label with the id of the node pool."""
CLUSTER_LABEL = "ack.aliyun.com"
"""ACK's label with the id of the cluster."""
TYPE_LABEL = "node.kubernetes.io/instance-type"
TYPE_INFO = "alibabacloud.com/instance-type-info"
"""The annotation with the DescribeInstanceTypes entry of the node's type, as JSON."""
ZONE_LABEL = "topology.kubernetes.io/zone"
CONTROL_PLANE = "terway-controlplane"
"""The Deployment that creates PodENIs; invisible in managed clusters."""
KINDS = ("Node", "Pod", "PodNetworking", "PodENI", "Event", "DaemonSet", "ConfigMap")
"""The kinds that `verify` reads. A finding whose path begins with one is about an object, not about the plan."""


class Room(NamedTuple):
    """Resources of a node besides ENIs, or the part that pods use; None where the node does not report them."""

    pods: int | None
    cpu: int | None
    """In thousandths of a core."""
    memory: int | None
    """In bytes."""


class Node(NamedTuple):
    """A node. `capacity` and `allocatable` count `aliyun/eni`, and are None where the node does not publish it."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    capacity: int | None
    allocatable: int | None
    ready: bool
    room: Room = Room(None, None, None)
    cordoned: bool = False
    told: str = ""
    """The kubelet's reason for a node that is not Ready."""
    limits: Mapping[str, int] = {}
    """The limits of its instance type from the annotation `TYPE_INFO`, by API name."""
    version: str = ""
    """Its kubelet's version: `v1.34.3-aliyun.1`."""

    @property
    def is_exclusive(self) -> bool:
        """Whether Terway treats it as an exclusive node. Terway ignores the case of the label's value."""
        return self.labels.get(EXCLUSIVE_LABEL, "").casefold() == EXCLUSIVE_VALUE.casefold()

    @property
    def is_lingjun(self) -> bool:
        """Whether it is a Lingjun node; these never publish `aliyun/eni`."""
        return self.labels.get(LINGJUN_LABEL) == "true"

    @property
    def is_terways(self) -> bool:
        """Whether Terway manages it."""
        return self.labels.get(IGNORE_LABEL) != "true" and self.labels.get("type") != "virtual-kubelet"

    @property
    def known(self) -> NodeLabels:
        """Its complete labels, for the selectors of pods."""
        return NodeLabels(self.labels, _lacks_others, self.name)

    @property
    def instance_type(self) -> str | None:
        """The instance type from its label."""
        return self.labels.get(TYPE_LABEL)

    @property
    def zone(self) -> str | None:
        """The zone from its label."""
        return self.labels.get(ZONE_LABEL)

    @property
    def pool_id(self) -> str | None:
        """The id of its node pool, from its label."""
        return self.labels.get(NODE_POOL_LABEL)

    @property
    def config(self) -> str:
        """The name of the ConfigMap that configures Terway there: the node's own, or the cluster's."""
        return self.labels.get(TERWAY_CONFIG_LABEL) or CLUSTER_CONFIG


def _lacks_others(_: str) -> bool:
    return True


OUT_OF_MEMORY = "OOMKilled"
"""Kubernetes' reason for a container that exceeded its memory limit."""


class Trouble(NamedTuple):
    """Why a pod does not run, from its status."""

    phase: str
    """Empty where the status has none."""
    reason: str
    """`Unschedulable`, `ContainerCreating`, `CrashLoopBackOff`, `NotReady`, ...; empty if not stated."""
    message: str
    container: str = ""
    """The container at fault; empty for the whole pod."""
    init: bool = False
    """Whether that is an init container."""


class Wants(NamedTuple):
    """The scheduling fields of an unscheduled pod."""

    cpu: int
    """The request in thousandths of a core."""
    memory: int
    """The request in bytes."""
    tolerations: tuple[Toleration, ...]
    placement: Placement
    scheduler: str = ""
    """The scheduler it names; empty: the default scheduler."""


class Pod(NamedTuple):
    """A pod that uses an ENI on an exclusive node. Other pods are only counted, in `Observed.others`."""

    namespace: str
    name: str
    uid: int
    """Its UID as a number, from `kube.objects.mark`: as strings, UIDs would take most of the memory."""
    node: str
    """Empty while it is not scheduled."""
    trouble: Trouble | None
    """None for a pod that runs and is ready."""
    leaving: bool
    """Whether it is being deleted."""
    owner: str
    """`DaemonSet kube-proxy`; empty for a pod without a controller."""
    eni: int
    """The number of `aliyun/eni` that its containers request."""
    member_eni: int
    """The number of `aliyun/member-eni` that its containers request."""
    networking: str
    """The PodNetworking that Terway's webhook assigned; empty for none."""
    steered: bool
    """Whether its node selector and affinity only allow exclusive nodes."""
    wants: Wants | None
    """Only for pods that are not scheduled yet."""
    address: int
    """Its IPv4 address as a number; 0 if it has none."""

    @property
    def starting(self) -> bool:
        """Whether it has neither started nor ended."""
        return self.trouble is not None and self.trouble.phase != "Running"

    @property
    def path(self) -> tuple[str, str, str]:
        """The path of findings about it."""
        return ("Pod", self.namespace, self.name)


class Agent(NamedTuple):
    """A pod of Terway: of DaemonSet terway-eniip, or of terway-controlplane."""

    name: str
    """Empty for a healthy pod."""
    node: str
    image: str
    trouble: Trouble | None
    leaving: bool


class PodNetworking(NamedTuple):
    """A PodNetworking in the cluster."""

    name: str
    status: str
    """Ready, Fail, or empty if the controller has not processed it."""
    message: str
    eni_type: str
    allocation: tuple[str, str, str]
    """Type, releaseStrategy and releaseAfter; empty where absent."""
    v_switch_ids: tuple[str, ...]
    policy: str
    """Its vSwitch selection policy; empty where absent."""
    security_group_ids: tuple[str, ...]
    selectors: tuple[Selector | None, Selector | None]
    """The selector of pods, and that of namespaces."""
    zones: tuple[str, ...]
    """The zones of the vSwitches in its status."""
    v_switch_zones: Mapping[str, str]
    """The zone of each of these vSwitches."""


class PodEni(NamedTuple):
    """A PodENI: the record of the ENI of one pod."""

    phase: str
    message: str
    pod_uid: int
    """Its pod's UID as a number; 0 if not recorded."""
    types: tuple[str, ...]
    """The type of each interface: Secondary, Member, ..."""
    loose: str
    """The status of an interface that is not `Bind`; empty if all are, UNTOLD if there is no status."""
    trunk: str
    """The trunk ENI that carries it; empty on an exclusive node."""
    v_switch_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    address: int
    """The IPv4 address of the pod's first interface as a number; 0 if there is none."""
    has_ipv6: bool
    is_dense: bool
    """Whether it is a high-density ENI of a Lingjun node, a type that Terway's public code does not define."""

    @property
    def is_bound(self) -> bool:
        """Whether the ENI is attached, with every interface."""
        return self.phase == "Bind" and self.loose in {"", UNTOLD}


UNTOLD = "?"
"""Stands for a missing status."""


class Followed(NamedTuple):
    """Additional fields of the traced pod (`verify --pod`)."""

    labels: Mapping[str, str]
    address: str
    namespace_labels: Mapping[str, str] | None
    """None: its namespace could not be read."""
    failed: str = ""
    """Why it failed; empty if it did not."""


class Event(NamedTuple):
    """An event that Terway reported about an object."""

    reason: str
    message: str
    kind: str
    namespace: str
    name: str
    times: int
    """How often it occurred."""


class TerwayConfig(NamedTuple):
    """The contents of a ConfigMap of Terway, without credentials."""

    fields: Mapping[str, Any]
    """The `CONFIG_KEYS` of its eni_conf."""
    network_policy: bool | None = None
    """From its key `disable_network_policy`. None here and below: not stated."""
    virtual_type: str | None = None
    """From its CNI configuration: veth, ipvlan or datapathv2."""
    custom_cni_chain: bool | None = None
    """Whether its CNI configuration contains plugins other than Terway's."""

    def over(self, base: TerwayConfig) -> TerwayConfig:
        """Return the cluster's configuration with this one merged over it, as a JSON merge patch (RFC 7396)."""
        return base._replace(fields=_merged(base.fields, self.fields))

    @property
    def eni_trunking(self) -> bool | None:
        """Whether trunking is on; None: Terway's default."""
        found = self.fields.get("enable_eni_trunking")
        return found if isinstance(found, bool) else None

    @property
    def erdma(self) -> bool:
        """Whether eRDMA is on."""
        return self.fields.get("enable_erdma") is True

    @property
    def ipam_type(self) -> str:
        """The IPAM type; empty: Terway's default."""
        return text(self.fields.get("ipam_type"))

    @property
    def ip_stack(self) -> str:
        """The IP stack; empty: Terway's default."""
        return text(self.fields.get("ip_stack"))

    @property
    def v_switches(self) -> dict[str, tuple[str, ...]]:
        """The vSwitches by zone, without empty zones."""
        zones = mapping(self.fields.get("vswitches"))
        return {zone: ids for zone, listed in zones.items() if (ids := _texts(listed))}

    @property
    def security_group_ids(self) -> tuple[str, ...]:
        """The security groups, sorted. Terway combines both keys."""
        one = text(self.fields.get("security_group"))
        return tuple(sorted({*_texts(self.fields.get("security_groups")), *([one] if one else [])}))


CONFIG_KEYS = (
    "enable_eni_trunking", "enable_erdma", "ipam_type", "ip_stack", "vswitches", "security_group", "security_groups",
)  # fmt: skip
"""The keys of eni_conf that eniplan reads."""


def _merged(base: object, patch: object) -> Any:  # noqa: ANN401 - a value of JSON
    if not isinstance(patch, dict):
        return patch
    out = dict(mapping(base))
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = _merged(out.get(key), value)
    return out


def _texts(value: object) -> tuple[str, ...]:
    return tuple(filter(None, texts(value)))


class Controller(NamedTuple):
    """The controller of a planned workload's pods, from its own status."""

    replicas: int | None
    """The number of pods it should keep; None if not stated."""
    held: bool
    """Whether it is paused or suspended."""
    end: str
    """`Complete` or `Failed` for a finished Job; otherwise empty."""
    told: str
    """Why it creates no pods, in its own words; empty if not stated."""


class DaemonSet(NamedTuple):
    """DaemonSet terway-eniip; the counts are None if its status lacks them."""

    image: str
    desired: int | None
    ready: int | None


class Observed(NamedTuple):
    """Everything that was observed of a cluster."""

    source: str
    """`kubectl`, or the name of the file."""
    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...]
    pod_networkings: Mapping[str, PodNetworking]
    pod_enis: Mapping[tuple[str, str], PodEni]
    """By namespace and name, which are those of the pod."""
    events: tuple[Event, ...]
    configs: Mapping[str, TerwayConfig | None]
    """Terway's ConfigMaps by name; None if the text cannot be parsed."""
    daemon_set: DaemonSet | None
    agents: tuple[Agent, ...]
    """The pods of DaemonSet terway-eniip."""
    controllers: tuple[Agent, ...]
    """The pods of terway-controlplane, if visible."""
    others: Mapping[tuple[str, str, str], Sequence[str]]
    """The nodes of pods without an ENI (host network, ignored by Terway, or finished), one entry per pod; by namespace,
    owner (`Pod NAME` without a controller) and phase, which is `NotReady` for running pods that are not ready."""
    used: Mapping[str, Room]
    """The resources that all pods of a node use, by node."""
    unseen: Mapping[str, str]
    """Kinds that could not be read, and why: no permission, or no such kind. All other kinds are complete."""

    held: Mapping[str, int] = {}
    """The `aliyun/eni` that pods without an ENI request all the same, by node: the scheduler counts them."""
    failures: Mapping[tuple[str, str], str] = {}
    """Why a pod failed, by namespace and owner: `Evicted: The node was low on resource: memory`."""
    workloads: Mapping[tuple[str, str], Controller] = {}
    """By namespace and `Deployment NAME`: the controllers of planned workloads that could be read."""
    followed: Followed | None = None
    """The details of the traced pod; None if it does not exist."""

    @property
    def images(self) -> tuple[str, ...]:
        """The images of DaemonSet terway-eniip and of its pods, except pods that are being deleted."""
        own = () if self.daemon_set is None else (self.daemon_set.image,)
        return tuple(sorted({*own, *(item.image for item in self.agents if not item.leaving)} - {""}))
