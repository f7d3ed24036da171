"""The documents and code that rules are based on.

`date` is the date that the page states, else `read YYYY-MM`: the month in which it was read.
"""

from __future__ import annotations

from eniplan.catalog.record import Source

_GUIDE = "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/"
_READ = "read 2026-11"


def _page(title: str, slug: str, date: str = _READ) -> Source:
    return Source(title, _GUIDE + slug, date)


def _kubernetes(title: str, slug: str) -> Source:
    return Source(f"Kubernetes: {title}", f"https://kubernetes.io/docs/concepts/{slug}", _READ)


def _code(path: str, what: str, lines: str = "") -> Source:
    url = f"https://github.com/AliyunContainerService/terway/blob/89aadf8b/{path}"
    return Source(f"Terway code: {what}", url + lines, "2026-07-23")


EXCL = _page(
    "ACK: node-pool level container network (exclusive ENI)",
    "configure-a-node-pool-level-container-network",
    "2026-03-31",
)
QOS = _page("ACK: QoS of pods", "configure-qos-for-pods", "2026-06-27")
WWT = _page("ACK: work with Terway", "work-with-terway")
PN = _page(
    "ACK: static IP, separate vSwitch and security group for each pod",
    "configure-a-static-ip-address-a-separate-vswitch-and-a-separate-security-group-for-each-pod",
)
NODECFG = _page(
    "ACK: network settings of individual nodes", "configure-network-settings-for-individual-nodes-in-a-terway-cluster"
)
ADD = _page("ACK: add existing ECS instances", "add-existing-ecs-instances")
REL = Source("ACK: Terway release notes", "https://www.alibabacloud.com/help/en/ack/product-overview/terway", "2026-03")
LIMITS_PAGE = Source("ACK: limits", "https://www.alibabacloud.com/help/en/ack/product-overview/limits", _READ)
LINGJUN_POOLS = Source("ACK Lingjun managed clusters: overview of Lingjun node pools", None, _READ)
SG_DOC = Source(
    "ECS: basic and advanced security groups",
    "https://www.alibabacloud.com/help/en/ecs/user-guide/basic-security-groups-and-advanced-security-groups",
    _READ,
)
CREATE_API = Source("ACK API CreateClusterNodePool", "https://www.alibabacloud.com/help/doc-detail/184927.htm", _READ)
CLUSTER_API = Source("ACK API DescribeClusterDetail", None, _READ)
QUOTA_API = Source("ACK API DescribeUserQuota", None, _READ)
TYPES_API = Source("ECS API DescribeInstanceTypes", None, _READ)
STOCK_API = Source("ECS API DescribeAvailableResource", None, _READ)
V_SWITCHES_API = Source("VPC API DescribeVSwitches", None, _READ)
NODE_GROUP_API = Source("Lingjun API DescribeNodeGroup", None, _READ)
KUBERNETES_LABELS = _kubernetes("labels and selectors", "overview/working-with-objects/labels/")
KUBERNETES_TAINTS = _kubernetes("taints and tolerations", "scheduling-eviction/taint-and-toleration/")
KUBERNETES_RESOURCES = _kubernetes(
    "extended resources", "configuration/manage-resources-containers/#extended-resources"
)
KUBERNETES_REQUESTS = _kubernetes(
    "resource management for pods and containers",
    "configuration/manage-resources-containers/#how-pods-with-resource-requests-are-scheduled",
)
KUBERNETES_AFFINITY = _kubernetes("assigning pods to nodes", "scheduling-eviction/assign-pod-node/")
KUBERNETES_SPREAD = _kubernetes("pod topology spread constraints", "scheduling-eviction/topology-spread-constraints/")
KUBERNETES_ROLLOUT = _kubernetes(
    "rolling update of a Deployment", "workloads/controllers/deployment/#rolling-update-deployment"
)
KUBERNETES_GONE = Source(
    "Kubernetes: API versions that were removed",
    "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
    _READ,
)
KUBERNETES_NAMES = _kubernetes("object names", "overview/working-with-objects/names/")
CODE_LIMITS = _code("pkg/aliyun/client/limit.go", "limits of an instance type", "#L59-L94")
CODE_DUAL = _code("pkg/eni/node_reconcile.go", "dual-stack check of a node", "#L88-L102")
CODE_ERDMA = _code("pkg/eni/node_reconcile.go", "ENIs of a node by kind", "#L189-L213")
CODE_LABEL = _code("types/k8s.go", "the exclusive label", "#L193-L200")
CODE_MODE = _code("pkg/controller/node/node.go", "the mode of a node cannot change", "#L409-L415")
CODE_LINGJUN = _code("pkg/controller/node/node.go", "capacity of a Lingjun node", "#L437-L526")
CODE_POD = _code("pkg/controller/pod/pod_controller.go", "ENI of an exclusive pod", "#L434-L479")
CODE_PREDICT = _code("pkg/controller/pod/predict.go", "which pods get an ENI", "#L26-L50")
CODE_VALIDATE = _code("pkg/controller/webhook/validate.go", "validation of a PodNetworking", "#L39-L70")
CODE_DEFAULTS = _code("pkg/controller/webhook/mutating.go", "defaults of a PodNetworking", "#L245-L285")
CODE_MATCH = _code("pkg/controller/webhook/mutating.go", "which PodNetworking a pod gets", "#L287-L346")
CODE_WEBHOOK = _code("pkg/controller/webhook/mutating.go", "which pods the webhook changes", "#L69-L243")
CODE_NETWORKS = _code("pkg/controller/webhook/mutating.go", "pods of several networks", "#L467-L534")
CODE_RESOURCE = _code("pkg/controller/webhook/mutating.go", "which resource a pod requests", "#L373-L403")
CODE_ZONES = _code("pkg/controller/webhook/mutating.go", "zones to which pods are kept", "#L405-L445")
CODE_GC = _code("pkg/controller/pod-eni/eni_controller.go", "release of fixed ENIs", "#L632-L652")
CODE_DYNAMIC = _code("types/daemon/dynamicconfig.go", "node-level configuration", "#L27-L90")
CODE_IPAM = _code("daemon/builder.go", "aliyun/eni with legacy IPAM", "#L376-L378")
CODE_CHAIN = _code("cmd/terway-cli/node.go", "CNI chain of an exclusive node", "#L165-L197")
CODE_PUBLISH = _code("pkg/controller/node/node.go", "who publishes aliyun/eni", "#L332-L397")
CODE_ATTACH = _code("pkg/controller/pod-eni/eni_controller.go", "how an ENI is attached", "#L303-L316")
CODE_PODENI = _code("pkg/apis/network.alibabacloud.com/v1beta1/types.go", "the fields of a PodENI", "#L142-L188")
CODE_STALE = _code("pkg/controller/pod/pod_controller.go", "a PodENI of an earlier pod", "#L241-L246")
CODE_READY = _code("pkg/controller/pod-networking/networking.go", "when a PodNetworking is Ready", "#L88-L139")
CODE_EVENTS = _code("types/k8s.go", "the events of Terway", "#L94-L115")
