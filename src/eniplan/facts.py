"""All facts that may be known or unknown: one list for rules, inputs, accounts and reports.

A rule names the facts that decide it, an input names those that it does not know, and `judging` derives which rules
stay undecided. The key of a fact is a key path of the plan, a field of an instance type, an API call, or an object of
the cluster.
"""

from __future__ import annotations

from eniplan.messages import Key, Message
from eniplan.values import NamedTuple


class Fact(NamedTuple):
    """A fact that a verdict may depend on."""

    key: str
    """Its key path, with `[]` for any item of a list."""
    words: str = ""
    """Its name in reports, where `{about}` is the owner, and `{key}` the key; empty: its key path."""
    find: str = ""
    """How the user can find it."""

    @property
    def path(self) -> tuple[str, ...]:
        """Its key path in a plan, for facts outside lists."""
        return tuple(self.key.split("."))

    @property
    def hint(self) -> Message:
        """How the user can find it, in the user's language."""
        return Message(self.find, {})

    def called(self, about: str = "") -> Message:
        """Return its name in reports."""
        return Message(self.words or "{key}", {"about": about, "key": Key(self.key.rpartition("[].")[2])})


_CNI = "read 10-terway.conf or 10-terway.conflist in ConfigMap kube-system/eni-config"
_SPECS = "prove it with --specs"
_OF = "{key} of {about}"

# --- The cluster --------------------------------------------------------------------------------------------------

CLUSTER = Fact("cluster")
CLUSTER_ID = Fact("cluster.id", find="the console shows it, and `aliyun cs DescribeClustersV1`")
REGION = Fact("cluster.region")
KUBERNETES_VERSION = Fact("cluster.kubernetesVersion", find="write it as 1.34.3-aliyun.1")
IP_STACK = Fact("cluster.ipStack", find="state ipv4 or dual")
TERWAY_VERSION = Fact(
    "cluster.terway.version", find="`kubectl -n kube-system get ds terway-eniip -o yaml` shows the image"
)
TERWAY_ADDON = Fact("cluster.terway.addon")
ENI_TRUNKING = Fact(
    "cluster.terway.eniTrunking", find="read enable_eni_trunking in eni_conf of ConfigMap kube-system/eni-config"
)
IPAM_TYPE = Fact("cluster.terway.ipamType", find="read ipam_type in eni_conf of ConfigMap kube-system/eni-config")
ERDMA = Fact("cluster.terway.erdma", find="read enable_erdma in eni_conf of ConfigMap kube-system/eni-config")
NETWORK_POLICY = Fact(
    "cluster.terway.networkPolicy", find="read disable_network_policy in ConfigMap kube-system/eni-config"
)
VIRTUAL_TYPE = Fact("cluster.terway.virtualType", find=_CNI)
CNI_CHAIN = Fact("cluster.terway.customCniChain", find=_CNI)
VPC = Fact("cluster.vpcId", find="the console shows it, and `aliyun cs DescribeClusterDetail`")
V_SWITCHES = Fact("cluster.vSwitches", find="list every vSwitch that nodes or pods may use")
V_SWITCH_VPC = Fact("cluster.vSwitches[].vpcId", _OF, "VPC console, or DescribeVSwitches")
IPV6_CIDR = Fact("cluster.vSwitches[].ipv6Cidr", _OF, "VPC console, or DescribeVSwitches")
FREE_IPS = Fact("cluster.vSwitches[].availableIps", _OF, "VPC console, or DescribeVSwitches")
GROUPS = Fact("cluster.securityGroups", find="list every security group that nodes or pods may use")
GROUP_TYPE = Fact("cluster.securityGroups[].type", "the type of {about}", "normal (basic) or enterprise (advanced)")
GROUP_VPC = Fact("cluster.securityGroups[].vpcId", _OF, "ECS console, or DescribeSecurityGroups")
POD_DEFAULTS = Fact("cluster.podDefaults")
TERWAY_CONFIGS = Fact("cluster.terwayConfigs", "cluster.terwayConfigs.{about}")

# --- Node pools ---------------------------------------------------------------------------------------------------

POOL = Fact("nodePools[]", "whether {about} is an exclusive node pool")
POOL_NAME = Fact("nodePools[].name", _OF)
KIND = Fact("nodePools[].kind", _OF)
TYPES = Fact("nodePools[].instanceTypes", _OF)
FAMILIES = Fact("nodePools[].instanceFamilies", _OF)
NODE_V_SWITCHES = Fact("nodePools[].vSwitchIds", _OF)
NODE_GROUPS = Fact("nodePools[].securityGroupIds", _OF)
DESIRED_SIZE = Fact("nodePools[].desiredSize", "the size of {about}")
AUTO_SCALING = Fact("nodePools[].autoScaling", _OF)
ZONE_POLICY = Fact("nodePools[].multiAzPolicy", _OF)
TERWAY_CONFIG = Fact("nodePools[].terwayConfig", _OF)
LABELS = Fact("nodePools[].labels", _OF)
MODE_LABEL = Fact(
    'nodePools[].labels["k8s.aliyun.com/exclusive-mode-eni-type"]',
    "the label k8s.aliyun.com/exclusive-mode-eni-type of {about}",
)
CONFIG_LABEL = Fact("nodePools[].labels.terway-config", "the label terway-config of {about}")
IGNORE_LABEL = Fact(
    'nodePools[].labels["k8s.aliyun.com/ignore-by-terway"]', "the label k8s.aliyun.com/ignore-by-terway of {about}"
)
LINGJUN_LABEL = Fact(
    'nodePools[].labels["alibabacloud.com/lingjun-worker"]', "the label alibabacloud.com/lingjun-worker of {about}"
)
TYPE_LABEL = Fact("nodePools[].labels.type", "the label type of {about}")
EXISTING_LABELS = Fact("nodePools[].existingLabels", "which labels {about} has", "read them in the console")
TAINTS = Fact("nodePools[].taints", _OF)
SYSTEM_DISK = Fact("nodePools[].systemDisk", "the system disk of {about}")
IMAGE_TYPE = Fact("nodePools[].imageType", _OF)
SYSTEM_PODS = Fact("nodePools[].systemPodsPerNode", _OF)
INSTANCES = Fact("nodePools[].instances", _OF)
OVERRIDES = Fact("nodePools[].overrides", _OF)
UNSCHEDULABLE = Fact(
    "nodePools[].overrides.kubernetes_config.unschedulable", "whether the nodes of {about} come up unschedulable"
)
LINGJUN = Fact("nodePools[].lingjun", _OF)
LINGJUN_TYPE = Fact(
    "nodePools[].lingjun.nodeType", "the node type of {about}", "DescribeNode of a node of the group shows it"
)
LINGJUN_SIZE = Fact("nodePools[].lingjun.nodeCount", "the size of {about}")

# --- Instance types -----------------------------------------------------------------------------------------------

_PAGE = "its page does not state it; prove it with --specs"
ENIS = Fact("EniQuantity", _OF, _SPECS)
IPV4_PER_ENI = Fact("EniPrivateIpAddressQuantity", find=_SPECS)
IPV6_PER_ENI = Fact("EniIpv6AddressQuantity", find=_SPECS)
ERIS = Fact("EriQuantity", _OF, "pods per node are counted as if eRDMA took a slot")
ON_SALE = Fact("OnSale")
CORES = Fact("CpuCoreCount", _OF, _PAGE)
MEMORY = Fact("MemorySize", _OF, _PAGE)
ARCHITECTURE = Fact("CpuArchitecture", _OF, _PAGE)

# --- PodNetworkings -----------------------------------------------------------------------------------------------

NETWORKING_NAME = Fact("podNetworkings[].name", _OF)
NETWORKING_POOLS = Fact("podNetworkings[].nodePools", "which pools {about} is for", "name them in nodePools")
POD_SELECTOR = Fact("podNetworkings[].podSelector", _OF)
NAMESPACE_SELECTOR = Fact("podNetworkings[].namespaceSelector", _OF)
NETWORKING_V_SWITCHES = Fact("podNetworkings[].vSwitchIds", _OF)
NETWORKING_GROUPS = Fact("podNetworkings[].securityGroupIds", _OF)
ENI_TYPE = Fact("podNetworkings[].eniType", _OF)
ALLOCATION = Fact("podNetworkings[].allocation", _OF)

# --- Workloads ----------------------------------------------------------------------------------------------------

WORKLOADS = Fact("workloads", "where the pods of {about} run, and how many there are")
WORKLOAD_NAME = Fact("workloads[].name", _OF)
NAMESPACE = Fact("workloads[].namespace", _OF)
WORKLOAD_KIND = Fact("workloads[].kind", _OF)
REPLICAS = Fact("workloads[].replicas", _OF)
MAX_REPLICAS = Fact("workloads[].maxReplicas", _OF)
WORKLOAD_POOL = Fact("workloads[].nodePool", "the node pool of {about}")
WORKLOAD_POOLS = Fact("workloads[].nodePools", "how the pods of {about} spread over its node pools")
WORKLOAD_NETWORKING = Fact("workloads[].podNetworking", "the PodNetworking of {about}")
ENI_REQUEST = Fact("workloads[].eniRequest", _OF)
TOLERATIONS = Fact("workloads[].tolerations", _OF)
HOST_NETWORK = Fact("workloads[].hostNetwork", _OF)
TEMPLATE = Fact("workloads[].template", _OF)
AMOUNTS = Fact(
    "workloads[].template.spec.containers[].resources",
    "how much CPU and memory a pod of {about} requests",
    "write quantities such as 500m and 4Gi, or pass the values of the variables",
)
API_VERSION = Fact("workloads[].apiVersion", _OF)
SELECTOR = Fact("workloads[].selector", _OF)
STRATEGY = Fact("workloads[].strategy", _OF)
NAMESPACE_LABELS = Fact("workloads[].namespaceLabels", _OF)
NETWORK_POLICIES = Fact("workloads[].networkPolicies", _OF)

# --- Waivers ------------------------------------------------------------------------------------------------------

WAIVER_RULE = Fact("waivers[].rule")
WAIVER_PATH = Fact("waivers[].path")
WAIVER_FILE = Fact("waivers[].file")
WAIVER_REASON = Fact("waivers[].reason")
WAIVER_EXPIRY = Fact("waivers[].expires")

# --- Answers of the account ---------------------------------------------------------------------------------------

ACCOUNT_CLUSTER = Fact("DescribeClusterDetail", "the account's answer about the cluster")
ACCOUNT_TERWAY = Fact("GetClusterAddonInstance", "the account's answer about the Terway add-on")
ACCOUNT_TYPES = Fact("DescribeInstanceTypes", "the account's answer about the limits of the instance types")
ACCOUNT_STOCK = Fact("DescribeAvailableResource", "the account's answer about the stock of the instance types")
ACCOUNT_V_SWITCHES = Fact("DescribeVSwitches", "the account's answer about the vSwitches of the VPC")
ACCOUNT_GROUPS = Fact("DescribeSecurityGroups", "the account's answer about the security groups")
ACCOUNT_POOLS = Fact("DescribeClusterNodePools", "the account's answer about the node pools of the cluster")
ACCOUNT_QUOTA = Fact("DescribeUserQuota", "the account's answer about the quota of node pools and nodes")
ACCOUNT_LINGJUN = Fact("DescribeNodeGroup", "the account's answer about the Lingjun node group")
ASKED = (
    ACCOUNT_CLUSTER, ACCOUNT_TERWAY, ACCOUNT_TYPES, ACCOUNT_STOCK, ACCOUNT_V_SWITCHES, ACCOUNT_GROUPS, ACCOUNT_POOLS,
    ACCOUNT_QUOTA, ACCOUNT_LINGJUN,
)  # fmt: skip
"""All facts that are read from an account."""
CLUSTER_STATE = Fact("state of DescribeClusterDetail", "the state of the cluster", "the account did not answer")
ADDON_STATE = Fact("state of GetClusterAddonInstance", "the state of the add-on {about}", "the account did not answer")

# --- Observations of a running cluster ----------------------------------------------------------------------------

_LIST = "the dump has none: was kubectl asked for it?"
NODES = Fact("nodes", "{about}", _LIST)
PODS = Fact("pods", "the list of pods", _LIST)
POD_ENIS = Fact("PodENIs", "the list of PodENIs", _LIST)
POD_NETWORKINGS = Fact("PodNetworkings", "the list of PodNetworkings", _LIST)
EVENTS = Fact("events", "the list of events", _LIST)
DAEMON_SET = Fact("DaemonSet terway-eniip", "the list of DaemonSets", _LIST)
TERWAY_IMAGE = Fact("image of DaemonSet terway-eniip", "the version of Terway's image {about}", "its tag is no version")
CONFIG_MAPS = Fact("ConfigMaps", "the list of ConfigMaps", _LIST)
ENI_CONFIG = Fact(
    "ConfigMap eni-config",
    "ConfigMap kube-system/eni-config",
    "Terway needs it; it does not exist, or the dump has only other ConfigMaps",
)
ENABLE_ERDMA = Fact("enable_erdma", "whether eRDMA takes one ENI of each node", ERDMA.find)
SEEN_STACK = Fact("ip_stack", "the cluster's IP stack", "state cluster.ipStack in the plan")
NODE_TYPE = Fact("node.kubernetes.io/instance-type", "the label node.kubernetes.io/instance-type", _SPECS)
NODE_OWNER = Fact(
    "node pool of nodes",
    "which {about}",
    "name it: --pool NAME=NODE_POOL_ID, or give each pool of the plan its own labels",
)
ENI_INFOS = Fact("status.eniInfos of PodENIs", "which interfaces bound PodENIs have", "the object lists none")
DENSE_TYPE = Fact(
    "type of high-density ENIs", "the type of high-density ENIs", "the documentation does not say how Terway marks them"
)
POD_UIDS = Fact(
    "UIDs of pods",
    "by which UIDs some pods and their PodENIs belong together",
    "metadata.uid, and the annotation k8s.aliyun.com/pod-uid",
)
POD_READY = Fact("conditions of pods", "whether some pods are Ready", "the condition Ready is missing in their status")
POD_ADDRESSES = Fact(
    "addresses of pods",
    "which addresses some pods, or their PodENIs, have",
    "status.podIP, and spec.allocations[].ipv4 of the PodENI",
)
AGENT_READY = Fact(
    "conditions of terway-eniip",
    "whether the pods of terway-eniip are Ready",
    "the condition Ready is missing in their status",
)
NODE_ZONE = Fact(
    "topology.kubernetes.io/zone", "in which zone some nodes are", "the label topology.kubernetes.io/zone is missing"
)
POD_NODE = Fact("spec.nodeName of pods", "on which node some pods run", "spec.nodeName is missing")
ENI_NETWORK = Fact(
    "network of PodENIs",
    "in which vSwitches and security groups some ENIs are",
    "spec.allocations[].eni of the PodENI names none",
)
ROOM = Fact("allocatable.pods", "how many pods some nodes admit", "status.allocatable.pods is missing")
WORKLOAD_RAN = Fact("Jobs", "whether the pods of {about} have run")
WORKLOAD_STARTS = Fact("pods of workloads", "whether the pods of {about} start")
READY_ZONES = Fact(
    "status.vSwitches of PodNetworkings",
    "in which zones PodNetworking {about} has vSwitches",
    "its status lists none: kubectl get podnetworking -o yaml",
)

ALL = tuple(fact for fact in globals().values() if isinstance(fact, Fact))
"""Every fact."""

# --- Groups of facts ----------------------------------------------------------------------------------------------

NAMED_TYPES = (KIND, TYPES)
"""The facts that decide which instance types ECS pools name."""
ALL_TYPES = (*NAMED_TYPES, FAMILIES, IP_STACK)
"""The same with the types of families, which depend on the IP stack."""
LIMITS = (ENIS, IPV4_PER_ENI, IPV6_PER_ENI)
OF_TYPES = frozenset((
    *ALL_TYPES, *LIMITS, ERIS, ON_SALE, CORES, MEMORY, ERDMA, TERWAY_VERSION, LINGJUN_TYPE,
))  # fmt: skip
"""The facts of instance types and their cluster that a check of single types knows, without a plan."""
PODS_PER_NODE = (*ALL_TYPES, LINGJUN_TYPE, ENIS, ERDMA, ERIS)
SIZES = (DESIRED_SIZE, AUTO_SCALING, LINGJUN_SIZE)
LOAD = (
    *PODS_PER_NODE, *SIZES, SYSTEM_PODS, POOL_NAME, WORKLOAD_POOL, WORKLOAD_KIND, REPLICAS, HOST_NETWORK, ENI_REQUEST,
    WORKLOAD_NETWORKING, TEMPLATE,
)  # fmt: skip
"""The facts that decide how many ENIs a pool has and its pods use."""
ZONES = (NODE_V_SWITCHES, V_SWITCHES)
MEANT = (POOL_NAME, NETWORKING_POOLS, NETWORKING_NAME, WORKLOAD_POOL, WORKLOAD_POOLS, WORKLOAD_NETWORKING)
"""The facts that decide which PodNetworkings the pods of a pool get."""
POD_CONFIGS = (
    *MEANT, KIND, POD_DEFAULTS, TERWAY_CONFIGS, TERWAY_CONFIG, CONFIG_LABEL, V_SWITCHES, SYSTEM_PODS, HOST_NETWORK,
)  # fmt: skip
"""The facts that decide which network configurations the pods of a pool may get."""
POD_V_SWITCHES = (*POD_CONFIGS, NETWORKING_V_SWITCHES)
POD_GROUPS = (*POD_CONFIGS, NETWORKING_GROUPS)
SELECTORS = (POD_SELECTOR, NAMESPACE_SELECTOR)
