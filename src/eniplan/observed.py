"""What was seen of a cluster, as frozen values: only the fields that verify judges, of each object as little as that.

A large cluster has 50,000 pods of 10 kB each. What stays of one here is a few references to shared texts. Nothing in
this file reads anything: `kube` fills these values, the VER rules judge them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, TERWAY_CONFIG_LABEL, Taint

if TYPE_CHECKING:
    from collections.abc import Mapping

NODE_POOL_LABEL = "alibabacloud.com/nodepool-id"
"""ACK's label with the id of the node pool."""
LINGJUN_LABEL = "alibabacloud.com/lingjun-worker"
TYPE_LABEL = "node.kubernetes.io/instance-type"
ZONE_LABEL = "topology.kubernetes.io/zone"
IGNORE_LABEL = "k8s.aliyun.com/ignore-by-terway"
"""On a pod or a node: Terway leaves it alone when the value is "true"."""
ENI = "aliyun/eni"
MEMBER_ENI = "aliyun/member-eni"
SYSTEM_NAMESPACE = "kube-system"
CLUSTER_CONFIG = "eni-config"
"""The ConfigMap with Terway's configuration of the whole cluster."""
KINDS = ("Node", "Pod", "PodNetworking", "PodENI", "Event", "DaemonSet", "ConfigMap")
"""What verify reads. A finding's path that begins with one of them is about an object and not about the plan."""


class Node(NamedTuple):
    """A node; the counts of ENIs are `aliyun/eni`, None where the node publishes none."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    capacity: int | None
    allocatable: int | None
    ready: bool

    @property
    def is_exclusive(self) -> bool:
        """Whether Terway takes it for an exclusive node: it compares the label without case."""
        return self.labels.get(EXCLUSIVE_LABEL, "").casefold() == EXCLUSIVE_VALUE.casefold()

    @property
    def is_lingjun(self) -> bool:
        """Whether it is a Lingjun node; these never publish `aliyun/eni`."""
        return self.labels.get(LINGJUN_LABEL) == "true"

    @property
    def is_terways(self) -> bool:
        """Whether Terway looks after it at all."""
        return self.labels.get(IGNORE_LABEL) != "true" and self.labels.get("type") != "virtual-kubelet"

    @property
    def instance_type(self) -> str | None:
        """The instance type by its label."""
        return self.labels.get(TYPE_LABEL)

    @property
    def zone(self) -> str | None:
        """The zone by its label."""
        return self.labels.get(ZONE_LABEL)

    @property
    def pool_id(self) -> str | None:
        """The id of its node pool."""
        return self.labels.get(NODE_POOL_LABEL)

    @property
    def config(self) -> str:
        """The ConfigMap that configures Terway there: the node-level one, or that of the cluster."""
        return self.labels.get(TERWAY_CONFIG_LABEL) or CLUSTER_CONFIG


class Pod(NamedTuple):
    """A pod that takes an ENI when it runs on an exclusive node; others are not kept."""

    namespace: str
    name: str
    uid: str
    node: str
    """Empty while it is not scheduled."""
    pending: bool
    leaving: bool
    """Whether it is being deleted."""
    owner: str
    """`DaemonSet kube-proxy`; empty for a pod of its own."""
    eni: int
    """`aliyun/eni` that its containers request."""
    member_eni: int
    networking: str
    """The PodNetworking that the webhook gave it; empty for none."""
    steered: bool
    """Whether its node selector or affinity asks for exclusive nodes."""
    tolerations: tuple[Mapping[str, object], ...]
    """Only of pods that are not scheduled yet."""

    @property
    def path(self) -> tuple[str, str, str]:
        """Where findings about it point."""
        return ("Pod", self.namespace, self.name)


class PodNetworking(NamedTuple):
    """A PodNetworking as it stands in the cluster."""

    name: str
    status: str
    """Ready, Fail, or empty while the controller has not come to it."""
    message: str
    eni_type: str
    allocation: tuple[str, str, str]
    """Type, releaseStrategy and releaseAfter; empty where absent."""
    v_switch_ids: tuple[str, ...]
    policy: str
    """How one of its vSwitches is chosen; empty where absent."""
    security_group_ids: tuple[str, ...]
    selectors: tuple[tuple[str, ...] | None, tuple[str, ...] | None]
    """The requirements on labels of pods and of namespaces, spelled and sorted; None without a selector."""
    zones: tuple[str, ...]
    """The zones of the vSwitches in its status."""


class PodEni(NamedTuple):
    """A PodENI: the record of the ENI of one pod."""

    phase: str
    message: str
    pod_uid: str
    """Empty where it does not note the pod."""
    types: tuple[str, ...]
    """The type of each interface: Secondary, Member, ..."""
    loose: str
    """The status of an interface that is not `Bind`; empty when all are."""
    trunk: str
    """The trunk ENI that carries it; empty on an exclusive node."""
    v_switch_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    has_ipv6: bool
    is_dense: bool
    """Whether it is a high-density ENI of a Lingjun node, for which Terway's code does not tell the type."""

    @property
    def is_bound(self) -> bool:
        """Whether the ENI is attached, with every interface."""
        return self.phase == "Bind" and not self.loose


class Event(NamedTuple):
    """What Terway has reported of an object."""

    reason: str
    message: str
    kind: str
    namespace: str
    name: str
    times: int


class TerwayConfig(NamedTuple):
    """What one ConfigMap of Terway says; None where it leaves that to Terway. Credentials in it are never kept."""

    erdma: bool | None = None
    ipam_type: str | None = None
    ip_stack: str | None = None
    zones: Mapping[str, bool] = {}
    """Zone -> whether it has a vSwitch; False where a node-level config takes the cluster's away."""

    def over(self, base: TerwayConfig) -> TerwayConfig:
        """Return what holds where this one is laid over the cluster's."""
        return TerwayConfig(
            base.erdma if self.erdma is None else self.erdma,
            self.ipam_type or base.ipam_type,
            self.ip_stack or base.ip_stack,
            {**base.zones, **self.zones},
        )


class Observed(NamedTuple):
    """All that was seen of a cluster."""

    source: str
    """`kubectl`, or the name of the file."""
    nodes: tuple[Node, ...]
    pods: tuple[Pod, ...]
    pod_networkings: Mapping[str, PodNetworking]
    pod_enis: Mapping[tuple[str, str], PodEni]
    """By namespace and name, which are those of the pod."""
    events: tuple[Event, ...]
    configs: Mapping[str, TerwayConfig | None]
    """Terway's ConfigMaps by name; None for one whose text cannot be read."""
    images: tuple[str, ...]
    """The images of DaemonSet terway-eniip and of its pods: during an upgrade, or one that is stuck, these differ."""
    unseen: Mapping[str, str]
    """Kinds that could not be read, and why: no right to, or no such kind. What is not here is all there is."""
