"""The JSON Schema (draft-07) of a plan, and a validator that is fast enough for every run.

`SCHEMA` is the only definition of the format. Two validators use it: `is_valid`, compiled from it below, returns a
bool; `explain_schema` asks the jsonschema library for the reasons. jsonschema would cost a valid plan 77 ms to import
and 30 ms per thousand pools, more than the budget of the whole command. A test compares both on random documents.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from eniplan.k8s.kinds import HOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.plan.document import Value

Schema: TypeAlias = dict[str, Any]
Check: TypeAlias = "Callable[[Value], bool]"

API_VERSION = "eniplan/v1"
SCHEMA_ID = "https://eniplan.dev/schema/plan-v1.json"


FILLED = "^[^<]"
"""Matches text that is neither empty nor a placeholder such as `<vpc id>`, which `eniplan init` writes."""


def _text(about: str, **more: object) -> Schema:
    return {"type": "string", "pattern": FILLED, "description": about, **more}


def _flag(about: str) -> Schema:
    return {"type": "boolean", "description": about}


def _number(about: str, **more: object) -> Schema:
    return {"type": "integer", "description": about, **more}


def _enum(about: str, *values: str) -> Schema:
    return {"type": "string", "enum": list(values), "description": about}


def _list(items: Schema, about: str, **more: object) -> Schema:
    return {"type": "array", "items": items, "description": about, **more}


def _texts(about: str, item: str, **more: object) -> Schema:
    return _list(_text(item), about, **more)


def _object(about: str, required: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    schema: Schema = {
        "type": "object", "description": about, "additionalProperties": False, "properties": properties,
    }  # fmt: skip
    if required:
        schema["required"] = list(required)
    return schema


def _map_of(value: Schema, about: str) -> Schema:
    return {"type": "object", "additionalProperties": value, "description": about}


_LABELS = _map_of({"type": "string"}, "Kubernetes labels: text to text; quote numbers and true/false.")
SELECTOR = _object(
    "A Kubernetes LabelSelector. An empty selector, {}, matches everything.",
    matchLabels=_LABELS,
    matchExpressions=_list(
        _object(
            "One requirement; a label set must meet all of them.",
            ("key", "operator"),
            key=_text("Label key."),
            operator=_text("In, NotIn, Exists or DoesNotExist."),
            values=_list({"type": "string"}, "Label values; only for In and NotIn."),
        ),
        "Requirements on labels.",
    ),
)
_NETWORK = {
    "vSwitchIds": _texts("vSwitches of the pods' ENIs.", "vSwitch id."),
    "securityGroupIds": _texts("Security groups of the pods' ENIs.", "Security group id."),
}
_TAINT = _object(
    "A Kubernetes taint.",
    ("key", "effect"),
    key=_text("Taint key."),
    value={"type": "string", "description": "Taint value."},
    effect=_text("NoSchedule, NoExecute or PreferNoSchedule."),
)
_TOLERATION = _object(
    "A Kubernetes toleration, as in the workload's own manifest.",
    key={"type": "string", "description": "Taint key. An empty key with operator Exists tolerates every taint."},
    operator=_enum("Default Equal.", "Equal", "Exists"),
    value={"type": "string", "description": "Taint value, for Equal."},
    effect={"type": "string", "description": "Taint effect. Empty for all effects."},
    tolerationSeconds=_number("Seconds that pods stay on a node with a NoExecute taint. Default: forever."),
)

_TERWAY = _object(
    "Terway in the cluster.",
    version=_text("Version as the cluster reports it, e.g. v1.16.4; an image reference also works."),
    addon=_text("Network add-on. Default terway-eniip, the only one with exclusive-ENI node pools."),
    eniTrunking=_flag("Whether trunk ENI is on. Default true, as in new managed clusters."),
    ipamType=_enum("ipam_type of eni-config.", "crd", "default"),
    erdma=_flag("enable_erdma of eni-config."),
    networkPolicy=_flag("Whether NetworkPolicy is enabled."),
    virtualType=_enum("Data path of shared pods.", "veth", "ipvlan", "datapathv2"),
    customCniChain=_flag("Whether a custom CNI chain is configured."),
)
_CLUSTER = _object(
    "Facts of the cluster. A rule that needs a missing fact is undecided.",
    id=_text("Cluster id; only needed to query the account or create pools."),
    region=_text("Region id, e.g. cn-hangzhou."),
    kubernetesVersion=_text("Kubernetes version, e.g. 1.34.3-aliyun.1; quote it."),
    ipStack=_enum("ip_stack of the cluster.", "ipv4", "dual"),
    terway=_TERWAY,
    vpcId=_text("VPC id."),
    vSwitches=_list(
        _object(
            "A vSwitch.",
            ("id", "zone"),
            id=_text("vSwitch id."),
            zone=_text("Zone id."),
            vpcId=_text("VPC id."),
            ipv6Cidr=_text("IPv6 CIDR block; leave out if the vSwitch has none."),
            availableIps=_number("Free IPv4 addresses.", minimum=0),
        ),
        "Every vSwitch that nodes or pods may use.",
    ),
    securityGroups=_list(
        _object(
            "A security group.",
            ("id",),
            id=_text("Security group id."),
            type=_enum("normal: basic security group; enterprise: advanced security group.", "normal", "enterprise"),
            vpcId=_text("VPC id."),
        ),
        "Every security group that nodes or pods may use.",
    ),
    podDefaults=_object("Pod network of the cluster-level eni-config.", **_NETWORK),
    terwayConfigs=_map_of(
        _object("Pod network of one node-level ConfigMap.", **_NETWORK),
        "Node-level Terway ConfigMaps in kube-system, by name.",
    ),
)
_POOL = _object(
    "An exclusive-ENI node pool to create. eniplan adds the label that sets the mode.",
    ("name",),
    name=_text("Node pool name, unique in the cluster."),
    kind=_enum("Kind of nodes. Default ecs.", "ecs", "lingjun"),
    instanceTypes=_texts("ECS instance types, by priority.", "ECS instance type, e.g. ecs.g8i.8xlarge."),
    instanceFamilies=_texts("Use all passing types of these families.", "Instance family, e.g. ecs.g8i."),
    vSwitchIds=_texts("vSwitches of the nodes.", "vSwitch id."),
    securityGroupIds=_texts("Security groups of the nodes. Default: ACK's own.", "Security group id."),
    desiredSize=_number("Number of nodes, without auto scaling.", minimum=0),
    autoScaling=_object(
        "Limits of auto scaling. Replaces desiredSize.",
        ("min", "max"),
        min=_number("Smallest number of nodes.", minimum=0),
        max=_number("Largest number of nodes.", minimum=0),
        type=_enum("Type of auto scaling. Default cpu.", "cpu", "gpu", "gpushare", "spot"),
    ),
    multiAzPolicy=_enum("How nodes spread over zones. Default PRIORITY.", "PRIORITY", "COST_OPTIMIZED", "BALANCE"),
    chargeType=_enum("Billing method. Default PostPaid.", "PostPaid", "PrePaid"),
    terwayConfig=_text("Name of a node-level Terway ConfigMap (node label terway-config)."),
    labels=_LABELS,
    taints=_list(_TAINT, "Taints of the nodes. Default: exclusive-eni=true:NoSchedule. [] for none."),
    systemDisk=_object(
        "System disk.",
        category=_text("Disk category, e.g. cloud_essd."),
        size=_number("Size in GiB."),
        performanceLevel=_enum("ESSD performance level.", "PL0", "PL1", "PL2", "PL3"),
    ),
    keyPair=_text("Name of the SSH key pair."),
    imageType=_text("Image type, e.g. AliyunLinux3ContainerOptimized."),
    runtime=_text("Container runtime, e.g. containerd."),
    systemPodsPerNode=_number(
        "Pods per node that are not hostNetwork and not listed as workloads (agents, DaemonSets of others). "
        "Each takes one ENI. Default 0.",
        minimum=0,
    ),
    instances=_texts(
        "Existing instances: always a finding, because exclusive ENI only works on new nodes.", "ECS instance id."
    ),
    overrides={
        "type": "object",
        "description": "Any other field of the CreateClusterNodePool body, merged in last.",
    },
    lingjun=_object(
        "The Lingjun nodes; only for kind lingjun.",
        clusterId=_text("Lingjun cluster id (i1169…)."),
        groupId=_text("Lingjun node group id (ng-…)."),
        nodeType=_text("Lingjun node type, from DescribeNode, e.g. ebs-enhanced."),
        nodeCount=_number("Number of nodes in the group, to compute the capacity.", minimum=0),
    ),
    existingLabels=_map_of(
        {"type": "string"},
        "Labels of the existing pool of this name, if there is one: its mode cannot be changed.",
    ),
)
_POD_NETWORKING = _object(
    "A PodNetworking (cluster-scoped) for exclusive pods.",
    ("name",),
    name=_text("metadata.name."),
    nodePools=_texts("Names of the pools that it is for.", "Node pool name."),
    podSelector=SELECTOR,
    namespaceSelector=SELECTOR,
    **_NETWORK,
    vSwitchSelectionPolicy=_enum("How Terway chooses a vSwitch. Default ordered.", "ordered", "random", "most"),
    eniType=_text("ENI type. Default ENI; any other value is a finding."),
    allocation=_object(
        "Allocation of pod addresses.",
        type=_enum("Allocation type. Default Elastic.", "Elastic", "Fixed"),
        releaseStrategy=_enum("When to release a fixed ENI after its pod is deleted.", "TTL", "Never"),
        releaseAfter={"type": "string", "description": "For TTL: a Go duration, e.g. 10m or 1h30m."},
    ),
)
_WORKLOAD = _object(
    "A workload that runs on one of the pools.",
    ("name", "kind", "nodePool"),
    name=_text("metadata.name."),
    generateName=_flag("Whether name is metadata.generateName, which Kubernetes completes. Default false."),
    namespace=_text("Namespace. Default: default."),
    kind=_enum("Kind of workload.", *HOLDERS),
    replicas=_number("Number of pods at the same time (a DaemonSet has one per node). Default 1.", minimum=0),
    maxReplicas=_number(
        "The largest number of pods that an autoscaler may set. Leave out if none scales it.", minimum=0
    ),
    nodePool=_text("Name of the pool that it runs on."),
    podNetworking=_text("Name of its PodNetworking. Leave out to use node affinity only."),
    hostNetwork=_flag("Whether its pods use the host network and take no ENI. Default false."),
    eniRequest=_number(
        "The aliyun/eni request in its own manifest. Default: what eniplan renders (1 on ECS, none on Lingjun).",
        minimum=0,
    ),
    tolerations=_list(_TOLERATION, "Tolerations in its own manifest. Default: what eniplan renders."),
    networkPolicies=_texts("NetworkPolicies that select its pods.", "metadata.name of a NetworkPolicy."),
    template={
        "type": "object",
        "description": "The pod template of its own manifest (metadata and spec). Replaces hostNetwork, eniRequest "
        "and tolerations.",
    },
    apiVersion=_text("apiVersion of its own manifest. Default: one that Kubernetes knows."),
    selector={
        "type": "object",
        "description": "The selector in its own manifest, which must select the labels of its template.",
    },
    strategy={
        "type": "object",
        "description": "The update strategy in its own manifest: spec.strategy of a Deployment, "
        "spec.updateStrategy of a DaemonSet.",
    },
    namespaceLabels=_map_of({"type": "string"}, "Labels of its namespace that Terway reads."),
)
_WAIVED: dict[str, Schema] = {
    "rule": _text("Rule id."),
    "path": _text("Key path of the finding, or of a part of the plan that contains it, e.g. nodePools[0]."),
    # Any text: a waiver without a reason is a finding, not a schema violation.
    "reason": {
        "type": "string",
        "description": "Why it is accepted. A waiver without a reason waives nothing.",
    },
    "expires": _text("Last day on which the waiver applies, YYYY-MM-DD.", pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
}
_WAIVER = _object("An accepted finding, with a reason.", ("rule", "path"), **_WAIVED)

WAIVERS_SCHEMA: Schema = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "https://eniplan.dev/schema/waivers-v1.json",
    "title": "eniplan waivers",
    **_object(
        "Accepted findings in other files.",
        ("waivers",),
        waivers=_list(
            {
                **_object(
                    "An accepted finding, with a reason; selected by file, key path, or both.",
                    ("rule",),
                    **_WAIVED,
                    file=_text("Glob of files from the current folder, e.g. plans/*.yaml; ** matches any folders."),
                ),
                "anyOf": [{"required": ["file"]}, {"required": ["path"]}],
            },
            "The waivers.",
        ),
    ),
}
"""The JSON Schema of `.eniplan/waivers.yaml`."""

SCHEMA: Schema = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": SCHEMA_ID,
    "title": "eniplan plan",
    **_object(
        "Exclusive-ENI node pools of one ACK cluster that runs Terway.",
        ("apiVersion", "nodePools"),
        apiVersion={"const": API_VERSION, "description": "Version of the plan format."},
        cluster=_CLUSTER,
        nodePools=_list(_POOL, "The pools to create.", minItems=1),
        podNetworkings=_list(_POD_NETWORKING, "Pod networks of the pools."),
        workloads=_list(_WORKLOAD, "Workloads that run on the pools."),
        waivers=_list(_WAIVER, "Accepted findings."),
    ),
}


def compile_schema(schema: Schema) -> Check:
    """Return a function that tells whether a value fits a schema.

    Supports only the keywords in the schemas of this file, and rejects others, so that none is silently ignored.
    """
    kind = schema.get("type")
    if "const" in schema:
        return _compile_const(schema["const"])
    compiler = _COMPILERS.get(str(kind))
    if compiler is None:
        message = f"compile_schema knows no type {kind!r}"
        raise ValueError(message)
    return compiler(schema)


def _keywords(schema: Schema, *known: str) -> None:
    unknown = set(schema) - {"type", "description", "$schema", "$id", "title", *known}
    if unknown:
        message = f"compile_schema does not know {sorted(unknown)}"
        raise ValueError(message)


def _compile_const(const: object) -> Check:
    return lambda value: value == const and type(value) is type(const)


def _compile_string(schema: Schema) -> Check:
    _keywords(schema, "enum", "pattern")
    if "enum" in schema:
        allowed = frozenset(schema["enum"])
        return lambda value: type(value) is str and value in allowed
    pattern = schema.get("pattern")
    if pattern == FILLED:  # most texts of a plan: faster without a regex
        return lambda value: type(value) is str and value[:1] not in ("", "<")
    if pattern is not None:
        match = re.compile(pattern).search
        return lambda value: type(value) is str and match(value) is not None
    return lambda value: type(value) is str


def _compile_integer(schema: Schema) -> Check:
    _keywords(schema, "minimum")
    minimum = schema.get("minimum", float("-inf"))
    # In JSON Schema 3.0 is an integer.
    return lambda value: (type(value) is int or (type(value) is float and value.is_integer())) and value >= minimum


def _compile_boolean(schema: Schema) -> Check:
    _keywords(schema)
    return lambda value: type(value) is bool


def _compile_array(schema: Schema) -> Check:
    _keywords(schema, "items", "minItems")
    item = compile_schema(schema["items"])
    least = schema.get("minItems", 0)

    def check(value: Value) -> bool:
        return type(value) is list and len(value) >= least and all(map(item, value))

    return check


def _compile_object(schema: Schema) -> Check:
    _keywords(schema, "properties", "required", "additionalProperties", "anyOf")
    known = {name: compile_schema(part) for name, part in schema.get("properties", {}).items()}
    required = schema.get("required", ())
    choices = [set(choice["required"]) for choice in schema.get("anyOf", ())]
    other = schema.get("additionalProperties", True)
    fallback: Check | None = None
    if isinstance(other, dict):
        fallback = compile_schema(other)
    elif other:
        fallback = _anything

    def check(value: Value) -> bool:
        if type(value) is not dict:
            return False
        for name in required:
            if name not in value:
                return False
        for name, part in value.items():
            fits = known.get(name, fallback)
            if fits is None or not fits(part):
                return False
        return not choices or any(choice <= value.keys() for choice in choices)

    return check


def _anything(_: Value) -> bool:
    return True


_COMPILERS: dict[str, Callable[[Schema], Check]] = {
    "string": _compile_string,
    "integer": _compile_integer,
    "boolean": _compile_boolean,
    "array": _compile_array,
    "object": _compile_object,
}

is_valid: Check = compile_schema(SCHEMA)
"""Returns whether a value fits the schema of a plan."""
