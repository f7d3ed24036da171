"""How to fix what each rule reports: in a plan, in Terraform, in a manifest, and in the cluster.

`explain`, the rule reference and SARIF show these remedies. They are not part of the rules because checks never need
them. Rules with the same remedy share one value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.messages import say, told
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.messages import Message
    from eniplan.rules.base import AnyRule


class Remedy(NamedTuple):
    """What to do, in words and as code. The code is the same in every language."""

    do: str
    plan: str = ""
    terraform: str = ""
    """Code for `alicloud_cs_kubernetes_node_pool`."""
    manifest: str = ""
    cluster: str = ""
    """A command."""

    def forms(self) -> list[tuple[Message, str]]:
        """Return the title and the code of each form that the remedy has."""
        named = (say("plan"), say("Terraform"), say("manifest"), say("cluster"))
        return [(name, text) for name, text in zip(named, self[1:], strict=True) if text]

    def as_map(self) -> dict[str, str]:
        """Return the remedy for machines: what to do, and the code by form."""
        return {name: text for name, text in self._asdict().items() if text}


def remedy_of(rule: AnyRule) -> Remedy:
    """Return the remedy of a rule, in the user's language."""
    remedy = REMEDIES[rule.id]
    return remedy._replace(do=told(remedy.do))


_MORE_ENIS = Remedy(
    "Choose a type with eight or more ENIs. `eniplan instances` lists them.",
    plan="instanceTypes: [ecs.g8i.8xlarge]",
    terraform='instance_types = ["ecs.g8i.8xlarge"]',
    cluster="eniplan instances --min-pods 7 --on-sale",
)
_OTHER_TYPE = Remedy(
    "Choose another type or family that passes.",
    plan="instanceTypes: [ecs.g8i.8xlarge]",
    terraform='instance_types = ["ecs.g8i.8xlarge"]',
    cluster="eniplan instances --on-sale --why",
)
_PROVE = Remedy(
    "Get the type's limits from the API, and pass the response to the check.",
    cluster="aliyun ecs DescribeInstanceTypes --InstanceTypes.1 TYPE > types.json; eniplan check --specs types.json",
)
_EQUAL_ADDRESSES = Remedy(
    "Choose a type whose ENIs have as many IPv6 as IPv4 addresses, or use an IPv4 cluster.",
    plan="ipStack: ipv4",
    cluster="eniplan instances --dual-stack --on-sale",
)
_NO_ERDMA = Remedy(
    "Turn off eRDMA for the pool, in a node-level config or in eni-config.",
    plan="erdma: false",
    cluster="kubectl -n kube-system edit configmap eni-config   # enable_erdma: false",
)
_UPGRADE = Remedy(
    "Upgrade the add-on terway-eniip, and state the new version in the plan.",
    plan="terway: {version: v1.16.4}",
    cluster="aliyun cs UpgradeClusterAddons",
)
_TERWAY_VERSION = Remedy(
    "State the version that the cluster runs: the tag of the image.",
    plan="terway: {version: v1.16.4}",
    cluster="kubectl -n kube-system get ds terway-eniip -o yaml | grep image:",
)
_TERWAY_CLUSTER = Remedy(
    "A network add-on cannot be replaced. Use a cluster that was created with terway-eniip.",
    plan="terway: {addon: terway-eniip}",
    cluster="kubectl -n kube-system get ds",
)
_NAMED_CONFIG = Remedy(
    "Name a config that exists, or add it to cluster.terwayConfigs. The names eni-config and those of other "
    "ConfigMaps in kube-system cannot be used.",
    plan="terwayConfigs: {gpu-net: {vSwitchIds: [vsw-j], securityGroupIds: [sg-pods]}}",
    terraform='labels { key = "terway-config", value = "gpu-net" }',
)
_AFFINITY = Remedy(
    "On Lingjun, place pods with a node affinity for the exclusive label, without a PodNetworking or an aliyun/eni "
    "request.",
    manifest="nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}",
)
_LINGJUN_GROUP = Remedy(
    "Name a Lingjun cluster, and a node group in it that has nodes.",
    plan="lingjun: {clusterId: i116913051664500000, groupId: ng-1, nodeType: ebs-enhanced}",
)
_LABEL = Remedy("Remove the label from the pool.", plan="labels: {team: trading}")
_TAINT = Remedy(
    "Give the pool a taint, so that only pods that tolerate it land there.",
    plan='taints: [{key: exclusive-eni, value: "true", effect: NoSchedule}]',
    terraform='taints { key = "exclusive-eni", value = "true", effect = "NoSchedule" }',
    cluster="kubectl taint node NODE exclusive-eni=true:NoSchedule",
)
_NEW_POOL = Remedy(
    "Create a pool with another name and move the workloads: `eniplan migrate` writes a runbook.",
    plan="name: trading-exclusive",
    cluster="eniplan migrate plan.yaml --from NODE_POOL_ID",
)
_VPC_MEMBER = Remedy(
    "Use vSwitches and security groups of the cluster's VPC, and list them under cluster.",
    plan="vSwitches: [{id: vsw-j, zone: cn-hangzhou-j, vpcId: vpc-1}]",
    terraform='vswitch_ids = ["vsw-j"]',
    cluster="aliyun vpc DescribeVSwitches --VpcId vpc-1",
)
_ZONE_V_SWITCH = Remedy(
    "Add a vSwitch of each zone in which the pool has nodes to the config that the pods use.",
    plan="vSwitchIds: [vsw-j, vsw-k]",
    manifest="vSwitchOptions: [vsw-j, vsw-k]",
    cluster="kubectl edit podnetworking NAME",
)
_CONFIG_V_SWITCH = Remedy(
    "Add a vSwitch of the node's zone to the ConfigMap, and recreate the pods.",
    cluster="kubectl -n kube-system edit configmap eni-config",
)
_GROUPS = Remedy(
    "Give pods one to five security groups of one type.",
    plan="securityGroupIds: [sg-pods]",
    manifest="securityGroupIDs: [sg-pods]",
)
_ENI_TYPE = Remedy(
    "Set the eniType to ENI, and recreate the pods.",
    plan="eniType: ENI",
    manifest="eniType: ENI",
    cluster="kubectl edit podnetworking NAME",
)
_ALLOCATION = Remedy(
    "Give Fixed allocations a releaseStrategy: TTL with a releaseAfter of at least five minutes, or Never without one.",
    plan="allocation: {type: Fixed, releaseStrategy: TTL, releaseAfter: 10m}",
    manifest="allocationType: {type: Fixed, releaseStrategy: TTL, releaseAfter: 10m}",
)
_SELECTOR = Remedy(
    "Give the pods a label of their own that no other PodNetworking selects.",
    plan="podSelector: {matchLabels: {network: trading-eni}}",
    manifest="selector: {podSelector: {matchLabels: {network: trading-eni}}}",
)
_KUBERNETES_NAME = Remedy(
    "Use lower-case letters, digits and '-', and give each object its own name.", plan="name: trading-eni"
)
_EXISTING_REFERENCE = Remedy(
    "Correct the name, or add what it names to the plan.", plan="nodePool: trading\npodNetworking: trading-eni"
)
_ELASTIC = Remedy(
    "Use an Elastic PodNetworking, or a StatefulSet in a pool of one zone.",
    plan="allocation: {type: Elastic}",
    manifest="allocationType: {type: Elastic}",
)
_TOLERATION = Remedy(
    "Add the toleration to the pod template.",
    manifest="tolerations: [{key: exclusive-eni, operator: Equal, value: 'true', effect: NoSchedule}]",
    cluster="eniplan render-manifests plan.yaml --patch app.yaml",
)
_REQUEST = Remedy(
    "Set one aliyun/eni per pod, as request and limit. Where a PodNetworking selects the pods the webhook adds it; "
    "on Lingjun leave it out.",
    manifest="resources: {requests: {aliyun/eni: 1}, limits: {aliyun/eni: 1}}",
    cluster="eniplan render-manifests plan.yaml --patch app.yaml",
)
_POD_TEMPLATE = Remedy(
    "Correct the pod template as the finding says; `render-manifests --patch` adds what is missing.",
    cluster="eniplan render-manifests plan.yaml --patch app.yaml",
)
_WAIVER = Remedy(
    "Correct the waiver: it needs a rule that can be waived, the path of one object, a reason, and a date in the "
    "future. Remove it once the finding is gone.",
    plan='waivers: [{rule: ENI002, path: "nodePools[0]", reason: joined in staging, expires: 2027-02-01}]',
)
_ACCOUNT_WINS = Remedy(
    "Put the value from the account or the ConfigMap into the plan, and check again.",
    cluster="eniplan check plan.yaml --live",
)
_QUOTA = Remedy("Request a higher quota in Quota Center, or plan fewer nodes.", plan="desiredSize: 3")
_SCALE_OUT = Remedy(
    "Scale the pool out, and check its scaling activities if nodes do not appear.",
    cluster="kubectl get nodes -l k8s.aliyun.com/exclusive-mode-eni-type=eniOnly",
)
_SEE_NODE = Remedy(
    "Read the node's conditions and events, and check Terway on it.",
    cluster="kubectl describe node NODE; kubectl -n kube-system get pods -l app=terway-eniip -o wide",
)
_SEE_POD = Remedy("Read the events of the pod.", cluster="kubectl -n NAMESPACE describe pod NAME")
_RECREATE = Remedy(
    "Recreate the pod: its network is decided when it is created.", cluster="kubectl -n NAMESPACE delete pod NAME"
)
_POD_NETWORKING = Remedy(
    "Apply the plan's PodNetworking, wait until it is Ready, and recreate its pods.",
    cluster="eniplan render-manifests plan.yaml | kubectl apply -f -; kubectl get podnetworking",
)
_SEE_TERWAY = Remedy(
    "Find out why Terway does not run, and fix that first.",
    cluster="kubectl -n kube-system get pods -l app=terway-eniip -o wide; kubectl -n kube-system logs POD --previous",
)
_STATE_CONFIG = Remedy(
    "Put the cluster's value into the plan and check it again, or change the cluster.",
    cluster="kubectl -n kube-system get configmap eni-config -o yaml; eniplan check plan.yaml",
)
_MAX_PODS = Remedy(
    "Raise maxPods in the pool's kubelet configuration, or plan fewer exclusive pods per node.",
    terraform='kubelet_configuration { max_pods = "64" }',
    cluster="kubectl get node NODE -o jsonpath='{.status.allocatable.pods}'",
)
_ROOM = Remedy(
    "Make the pool larger, choose a type with more ENIs, or keep DaemonSets off the pool.",
    plan="autoScaling: {min: 3, max: 12}",
    terraform="desired_size = 12",
    cluster="eniplan instances --pods 40",
)

REMEDIES = {
    "ENI001": _MORE_ENIS,
    "ENI002": _MORE_ENIS,
    "ENI003": _PROVE,
    "ENI004": _PROVE,
    "ENI005": _OTHER_TYPE,
    "ENI006": _NO_ERDMA,
    "ENI007": Remedy(
        "Use types that carry the same number of pods, or plan with the smallest number.",
        plan="instanceTypes: [ecs.g8i.8xlarge, ecs.c8i.8xlarge]",
    ),
    "ENI008": _ROOM,
    "ENI009": Remedy("Nothing, or list the types that you want.", plan="instanceTypes: [ecs.r8i.4xlarge]"),
    "ENI010": _OTHER_TYPE,
    "ENI011": _PROVE,
    "ENI012": Remedy(
        "Use more nodes, or types with more CPU and memory, or request less.",
        plan="desiredSize: 4",
    ),
    "DS001": _EQUAL_ADDRESSES,
    "DS002": Remedy("Use an IPv4 cluster for Lingjun pools.", plan="ipStack: ipv4"),
    "DS003": _NO_ERDMA,
    "DS004": Remedy(
        "Give the vSwitch an IPv6 CIDR block, or name one that has it.",
        plan='vSwitches: [{id: vsw-j, zone: cn-hangzhou-j, ipv6Cidr: "2408:4005:39c:1::/64"}]',
        cluster="aliyun vpc ModifyVSwitchAttribute --VSwitchId vsw-j --Ipv6CidrBlock 1",
    ),
    "DS005": _EQUAL_ADDRESSES,
    "TW001": _UPGRADE,
    "TW002": _UPGRADE,
    "TW003": _UPGRADE,
    "TW004": _UPGRADE,
    "TW005": _TERWAY_CLUSTER,
    "TW006": Remedy(
        "Upgrade Terway to 1.17.5 or later, or use the IPAM of type crd.",
        plan="terway: {version: v1.17.5, ipamType: crd}",
    ),
    "TW007": _TERWAY_VERSION,
    "TW008": _TERWAY_VERSION,
    "TW009": Remedy(
        "Protect exclusive pods with security groups, and do not expect eBPF acceleration.",
        plan="securityGroupIds: [sg-pods]",
    ),
    "TW010": Remedy("Run workloads that need the CNI chain in another pool.", plan="terway: {customCniChain: false}"),
    "TW011": Remedy("Upgrade the cluster to Kubernetes 1.31 or later.", plan="kubernetesVersion: 1.34.3-aliyun.1"),
    "TW012": _NAMED_CONFIG,
    "TW013": Remedy(
        "Test a ClusterIP Service from a pod of the new pool before you rely on it.",
        cluster="kubectl exec POD -- wget -qO- http://SERVICE.NAMESPACE",
    ),
    "TW014": _NAMED_CONFIG,
    "LJ001": _AFFINITY,
    "LJ002": _LINGJUN_GROUP,
    "LJ003": Remedy("Remove the field, and size the Lingjun node group instead.", plan="kind: lingjun"),
    "LJ004": Remedy(
        "Call eflo-controller DescribeNodeType, and count EniQuantity - 1 pods per node.",
        cluster="aliyun eflo-controller DescribeNodeType --NodeType TYPE",
    ),
    "NP001": Remedy(
        "Remove the label from the plan: eniplan sets it. Elsewhere, spell key and value exactly.",
        terraform='labels { key = "k8s.aliyun.com/exclusive-mode-eni-type", value = "eniOnly" }',
    ),
    "NP002": _TAINT,
    "NP003": _NEW_POOL,
    "NP004": Remedy(
        "Keep only one of the two.",
        plan="autoScaling: {min: 0, max: 10}",
        terraform="scaling_config {\n  min_size = 0\n  max_size = 10\n}",
    ),
    "NP005": Remedy("Bring the field within the API's limits.", plan="instanceTypes: [ecs.g8i.8xlarge]   # 1 to 10"),
    "NP006": Remedy("Give each pool its own name.", plan="name: trading-2", terraform='node_pool_name = "trading-2"'),
    "NP007": _VPC_MEMBER,
    "NP008": _OTHER_TYPE,
    "NP009": Remedy(
        "Remove the instances, and let the pool create new nodes.", plan="desiredSize: 3", terraform="desired_size = 3"
    ),
    "NP010": _LABEL,
    "NP011": Remedy("Remove it from overrides, and use the plan's own key.", plan="labels: {team: trading}"),
    "NP012": Remedy("Use a key pair instead.", plan="keyPair: ops", terraform='key_name = "ops"'),
    "NP013": Remedy(
        "Use a Linux image.",
        plan="imageType: AliyunLinux3ContainerOptimized",
        terraform='image_type = "AliyunLinux3ContainerOptimized"',
    ),
    "NP014": _LABEL,
    "NP015": Remedy(
        "Remove the override, or uncordon each new node.",
        terraform="unschedulable = false",
        cluster="kubectl uncordon NODE",
    ),
    "NP016": _MAX_PODS,
    "NP017": _ROOM,
    "NP018": Remedy(
        "Write the field as the API spells it, or remove it.",
        plan="overrides: {scaling_group: {image_id: aliyun_3_x64}}",
    ),
    "NP019": Remedy(
        "Try whether a pending pod adds the first node before you rely on it, or keep one node.",
        plan="autoScaling: {min: 1, max: 10}",
        terraform="scaling_config {\n  min_size = 1\n  max_size = 10\n}",
    ),
    "NET001": _ZONE_V_SWITCH,
    "NET002": Remedy(
        "Give the pods another vSwitch in the zone, or make the pool smaller.",
        plan="vSwitchIds: [vsw-j, vsw-j2]",
        manifest="vSwitchOptions: [vsw-j, vsw-j2]",
    ),
    "NET003": _GROUPS,
    "NET004": _GROUPS,
    "NET005": Remedy(
        "Use an advanced security group, which holds 65,536 addresses.",
        plan="securityGroups: [{id: sg-pods, type: enterprise}]",
    ),
    "NET006": Remedy(
        "Correct the region, or the zones of the vSwitches.",
        plan="region: cn-hangzhou\nvSwitches: [{id: vsw-j, zone: cn-hangzhou-j}]",
    ),
    "PN001": _ENI_TYPE,
    "PN002": _ALLOCATION,
    "PN003": _ALLOCATION,
    "PN004": _ALLOCATION,
    "PN005": _SELECTOR,
    "PN006": _SELECTOR,
    "PN007": Remedy(
        "Correct the operator and its values: In and NotIn need values, Exists and DoesNotExist take none.",
        plan="matchExpressions: [{key: network, operator: In, values: [trading-eni]}]",
        manifest="matchExpressions: [{key: network, operator: In, values: [trading-eni]}]",
    ),
    "PN008": _SELECTOR,
    "PN009": _ELASTIC,
    "PN010": Remedy(
        "Write vSwitches and security groups explicitly.",
        plan="vSwitchIds: [vsw-j]\nsecurityGroupIds: [sg-pods]",
        manifest="vSwitchOptions: [vsw-j]\nsecurityGroupIDs: [sg-pods]",
    ),
    "PN011": _KUBERNETES_NAME,
    "PN012": _EXISTING_REFERENCE,
    "PN013": _ELASTIC,
    "PN014": _SELECTOR,
    "WL001": _TOLERATION,
    "WL002": _REQUEST,
    "WL003": _EXISTING_REFERENCE,
    "WL004": _KUBERNETES_NAME,
    "WL005": Remedy(
        "Add the pool to the nodePools of the PodNetworking, or name another one.", plan="nodePools: [trading]"
    ),
    "WL006": Remedy("Remove hostNetwork, or the PodNetworking.", manifest="hostNetwork: false"),
    "WL007": Remedy(
        "Select labels that the pool's nodes have, spelled exactly.",
        manifest="nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}",
    ),
    "WL008": _POD_TEMPLATE,
    "WL009": _REQUEST,
    "WL010": Remedy(
        "Remove the request from the template: the webhook adds it.", manifest="aliyun/eni: 1   # remove it"
    ),
    "WL011": Remedy("Use a Service, or the pod's address.", manifest="hostPort: 8080   # remove it"),
    "WL012": Remedy(
        "Remove the label that keeps Terway away.", manifest='k8s.aliyun.com/ignore-by-terway: "true"   # remove it'
    ),
    "WL013": Remedy(
        "Use PodNetworkings without selectors, all of eniType ENI.",
        manifest='k8s.aliyun.com/pod-networks-request: \'[{"network": "NAME", "interfaceName": "eth0"}]\'',
    ),
    "WL014": Remedy(
        "Request aliyun/eni in the template, or give the pods a PodNetworking.",
        manifest="resources: {requests: {aliyun/eni: 1}, limits: {aliyun/eni: 1}}",
    ),
    "WL015": Remedy(
        "Remove the label from the namespace, and recreate the pods.",
        cluster="kubectl label namespace NAMESPACE k8s.aliyun.com/pod-eni-",
    ),
    "WL016": Remedy(
        "Let the update remove a pod before it adds one, or leave room for one more pod.",
        manifest="rollingUpdate: {maxUnavailable: 1, maxSurge: 0}",
    ),
    "WL017": Remedy("Keep it in the template only.", plan="template: {spec: {hostNetwork: true}}"),
    "WL018": Remedy(
        "Give the pool vSwitches in more zones, or prefer the podAntiAffinity instead of requiring it.",
        plan="vSwitchIds: [vsw-j, vsw-k, vsw-i]",
        manifest="podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: "
        "{…}}]}",
    ),
    "WL019": Remedy(
        "Steer the pods with the node affinity of exclusive nodes, so that no others count. Do not ask for more nodes "
        "or zones than the pool has.",
        manifest="topologySpreadConstraints: [{…, nodeAffinityPolicy: Honor, minDomains: 2}]",
    ),
    "WL020": Remedy(
        "Give the pool a label of its own, and let the pods select it: `eniplan render-manifests` does.",
        plan="labels: {team: trading}",
        manifest="nodeSelector: {team: trading}",
    ),
    "LIVE001": _ACCOUNT_WINS,
    "LIVE002": Remedy(
        "Wait until the cluster is running, or use another one.",
        cluster="aliyun cs DescribeClusterDetail --ClusterId ID",
    ),
    "LIVE003": Remedy("Correct the region.", plan="region: cn-hangzhou"),
    "LIVE004": Remedy(
        "Wait until the add-on is active, or repair it.", cluster="kubectl -n kube-system get ds terway-eniip"
    ),
    "LIVE005": Remedy(
        "Choose a type that the zone offers, or vSwitches of a zone that offers it.",
        cluster="aliyun ecs DescribeAvailableResource --DestinationResource InstanceType --RegionId cn-hangzhou",
    ),
    "LIVE006": Remedy(
        "Add another type, or a vSwitch of another zone.", plan="instanceTypes: [ecs.g8i.8xlarge, ecs.g7.8xlarge]"
    ),
    "LIVE007": _VPC_MEMBER,
    "LIVE008": _QUOTA,
    "LIVE009": Remedy(
        "Nothing: the account's number is used. Update the instance data for checks without an account.",
        cluster="eniplan specs update",
    ),
    "LIVE010": _LINGJUN_GROUP,
    "LIVE011": _LINGJUN_GROUP,
    "LIVE012": _ACCOUNT_WINS,
    "WV001": _WAIVER,
    "WV002": _WAIVER,
    "WV003": _WAIVER,
    "WV004": _WAIVER,
    "WV005": _WAIVER,
    "VER001": _SCALE_OUT,
    "VER002": _SCALE_OUT,
    "VER003": _SEE_NODE,
    "VER004": Remedy(
        "Set the label on the node pool and replace its nodes: Terway keeps the mode that it saw first.",
        cluster="kubectl get nodes -L k8s.aliyun.com/exclusive-mode-eni-type",
    ),
    "VER005": _TAINT,
    "VER006": _SEE_NODE,
    "VER007": Remedy(
        "Look for ENIs attached by hand, and for max_eni and enable_erdma in eni-config.",
        cluster="kubectl -n kube-system get configmap eni-config -o yaml",
    ),
    "VER008": Remedy(
        "Apply the plan's ConfigMap, and put the label terway-config on the node pool.",
        cluster="kubectl label node NODE terway-config=NAME --overwrite",
    ),
    "VER009": _POD_NETWORKING,
    "VER010": Remedy(
        "Make sure that each of its vSwitches exists, and that Terway can read it.",
        cluster="kubectl describe podnetworking NAME",
    ),
    "VER011": _ZONE_V_SWITCH,
    "VER012": _SEE_POD,
    "VER013": Remedy("Read the events of the PodENI.", cluster="kubectl -n NAMESPACE describe podeni NAME"),
    "VER014": _RECREATE,
    "VER015": _RECREATE,
    "VER016": _EQUAL_ADDRESSES,
    "VER017": _REQUEST,
    "VER018": _REQUEST,
    "VER019": _ENI_TYPE,
    "VER020": _CONFIG_V_SWITCH,
    "VER021": _SEE_POD,
    "VER022": _UPGRADE,
    "VER023": _TERWAY_CLUSTER,
    "VER024": _STATE_CONFIG,
    "VER025": Remedy(
        "Read the event. If it says that the mode has changed, replace the node.",
        cluster="kubectl describe node NODE",
    ),
    "VER026": Remedy(
        "Read the event: add a vSwitch of the zone, raise the ENI quota, grant the missing RAM permission, or use a "
        "security group of this VPC.",
        cluster="kubectl -n NAMESPACE describe pod NAME; eniplan ram-policy",
    ),
    "VER027": Remedy(
        "Grant vpc:DescribeVSwitches to Terway's RAM role, and use vSwitches that exist.",
        cluster="kubectl describe podnetworking NAME",
    ),
    "VER028": _RECREATE,
    "VER029": Remedy(
        "Add the node affinity or the aliyun/eni request to the template, and recreate the pod.",
        cluster="eniplan render-manifests plan.yaml --patch app.yaml",
    ),
    "VER030": _RECREATE,
    "VER031": Remedy(
        "Apply the workload, or scale it.", cluster="kubectl -n NAMESPACE scale deployment NAME --replicas=N"
    ),
    "VER032": _SEE_POD,
    "VER033": _SEE_TERWAY,
    "VER034": Remedy(
        "Find out why terway-controlplane does not run.",
        cluster="kubectl -n kube-system get pods | grep terway-controlplane",
    ),
    "VER035": _CONFIG_V_SWITCH,
    "VER036": Remedy(
        "Uncordon the node, or remove the taint, once the maintenance is done.", cluster="kubectl uncordon NODE"
    ),
    "VER037": _MAX_PODS,
    "VER038": Remedy(
        "Wait for the rollout, or find out what blocks it.",
        cluster="kubectl -n kube-system rollout status ds terway-eniip",
    ),
    "VER039": Remedy(
        "Learn the limits from the nodes, and check the plan with them.",
        cluster="eniplan specs update --from-cluster --out nodes.jsonl; eniplan check PLAN --specs nodes.jsonl",
    ),
}
"""By rule id."""
