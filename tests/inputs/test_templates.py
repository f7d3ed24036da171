from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.inputs.support import BODY, LABEL, judge_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GOOD = ["ecs.g8i.8xlarge"]
BAD = ["ecs.g8i.8xlarge", "ecs.g7.2xlarge"]

ROS = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Type: {Type: String, Default: ecs.g7.2xlarge}
Resources:
  Fast:
    Type: ALIYUN::CS::ClusterNodePool
    Properties:
      ClusterId: %s
      NodePoolInfo: {Name: fast}
      Count: 2
      ScalingGroup:
        VSwitchIds: [vsw-j]
        InstanceTypes: %s
        SystemDiskSize: '120'
      KubernetesConfig:
        Runtime: containerd
        Labels:
          - {Key: k8s.aliyun.com/exclusive-mode-eni-type, Value: eniOnly}
        Taints: [{Key: a, Value: b, Effect: NoSchedule}]
"""
CLUSTER_RESOURCE = """\
  Cluster:
    Type: ALIYUN::CS::ManagedKubernetesCluster
    Properties:
      KubernetesVersion: 1.34.3-aliyun.1
      VpcId: vpc-1
      PodVswitchIds: [vsw-j]
      Addons: [{Name: terway-eniip, Config: '{"NetworkPolicy": "true"}', Version: v1.10.0}]
"""
POOL_OF_CLUSTER = """\
      NodePools:
        - NodePoolInfo: {Name: inner}
          ScalingGroup: {VSwitchIds: [vsw-j], InstanceTypes: [ecs.g7.2xlarge]}
          KubernetesConfig: {Labels: [{Key: k8s.aliyun.com/exclusive-mode-eni-type, Value: eniOnly}]}
        - NodePoolInfo: {Name: shared}
"""
PULUMI = """\
name: ack
runtime: yaml
resources:
  cluster:
    type: alicloud:cs:ManagedKubernetes
    properties: {version: 1.34.3-aliyun.1, podVswitchIds: [vsw-j], addons: [{name: terway-eniip, version: v1.10.0}]}
  fast:
    type: alicloud:cs:NodePool
    properties:
      clusterId: ${cluster.id}
      nodePoolName: fast
      instanceTypes: [ecs.g8i.8xlarge, ecs.g7.2xlarge]
      vswitchIds: [vsw-j]
      desiredSize: "2"
      labels: [{key: k8s.aliyun.com/exclusive-mode-eni-type, value: eniOnly}]
      taints: [{key: a, value: b, effect: NoSchedule}]
"""
CROSSPLANE = """\
apiVersion: ack.alibabacloud.crossplane.io/v1alpha1
kind: KubernetesNodePool
metadata: {name: fast}
spec:
  forProvider:
    clusterIdRef: {name: ack}
    nodePoolName: fast
    instanceTypes: [ecs.g8i.8xlarge, ecs.g7.2xlarge]
    vswitchIds: [vsw-j]
    desiredSize: "2"
    labels: [{key: k8s.aliyun.com/exclusive-mode-eni-type, value: eniOnly}]
    taints: [{key: a, value: b, effect: NoSchedule}]
"""
REQUEST: dict[str, Any] = {
    "name": "ack",
    "cluster_type": "ManagedKubernetes",
    "kubernetes_version": "1.34.3-aliyun.1",
    "region_id": "cn-hangzhou",
    "ip_stack": "ipv4",
    "vpcid": "vpc-1",
    "pod_vswitch_ids": ["vsw-j"],
    "security_group_id": "sg-pods",
    "addons": [
        {"name": "csi-plugin"},
        {"name": "terway-eniip", "version": "v1.10.0", "config": '{"IPVlan":"false","NetworkPolicy":"False"}'},
    ],
    "nodepools": [BODY, {"nodepool_info": {"name": "shared"}}],
}


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("ros.yml", ROS % ("c1", BAD), "ros.yml:13:44 Fast.ScalingGroup.InstanceTypes[1]"),
        ("p/Pulumi.yaml", PULUMI, "p/Pulumi.yaml:12:40 fast.instanceTypes[1]"),
        ("pool.yaml", CROSSPLANE, "pool.yaml:8:38 fast.instanceTypes[1]"),
    ],
)
def test_a_pool_in_the_words_of_another_tool(here: Path, name: str, text: str, place: str) -> None:
    judged = judge_files(here, {name: text})
    assert (judged.problems, judged.rules) == ([], {"ENI001", "ENI007"})
    assert judged.places["ENI001"] == place
    (pool,) = judged.report.pools
    assert (pool.name, pool.nodes) == ("fast", (2, 2))
    assert not judged.skipped


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("ros.yml", (ROS % ("c1", BAD)).replace("vsw-j]", "]"), "ScalingGroup.VSwitchIds"),
        (
            "Pulumi.yaml",
            PULUMI.replace("[vsw-j]\n      desired", "[]\n      desired"),
            "vswitchIds",
        ),
        ("pool.yaml", CROSSPLANE.replace("[vsw-j]", "[]"), "vswitchIds"),
    ],
)
def test_advice_is_in_the_words_of_the_tool(here: Path, name: str, text: str, hint: str) -> None:
    judged = judge_files(here, {name: text})
    (found,) = [f.hint for f in judged.report.findings if f.rule.id == "NP005"]
    assert found == f"list the vSwitches of the nodes in {hint}"


@pytest.mark.parametrize("kind", ["KubernetesNodePool", "Composition", "List"])
def test_arguments_that_crossplane_only_sets_at_creation(here: Path, kind: str) -> None:
    """What `forProvider` says wins, and a label in `initProvider` makes the pool exclusive."""
    head, always, rest = CROSSPLANE.partition("  forProvider:\n")
    rest = rest.replace("nodePoolName: fast", "nodePoolName: other")
    text = f"{head}  initProvider:\n{rest}{always}    nodePoolName: fast\n"
    inner = "".join(f"          {line}\n" for line in text.splitlines())
    if kind == "List":
        text = f"kind: List\nitems:\n        -\n{inner}"
    if kind == "Composition":
        text = f"kind: Composition\nspec:\n  resources:\n    - name: fast\n      base:\n{inner}"
    judged = judge_files(here, {"pool.yaml": text})
    assert judged.rules == {"ENI001", "ENI007"}
    line = text[: text.index("instanceTypes")].count("\n") + 1
    assert judged.places["ENI001"].startswith(f"pool.yaml:{line}:")
    (pool,) = judged.report.pools
    assert pool.name == "fast"
    patch = "      patches:\n        - {fromFieldPath: spec.l, toFieldPath: spec.initProvider%s}\n"
    for part in (".labels", "") if kind == "Composition" else ():
        judged = judge_files(here, {"pool.yaml": text + patch % part})
        assert "whether pool 'fast' is an exclusive node pool" in judged.facts


def test_a_pool_of_crossplane_whose_labels_are_always_others(here: Path) -> None:
    text = CROSSPLANE.replace("k8s.aliyun.com/exclusive-mode-eni-type", "tier")
    judged = judge_files(here, {"pool.yaml": f"{text}  initProvider: {{labels: [{LABEL}]}}\n"})
    assert (judged.report.pools, judged.skipped[0][1]) == ((), "a node pool without the exclusive label")


@pytest.mark.parametrize("value", ["c1:np1", "{{ id }}"])
def test_a_live_pool_that_crossplane_adopts(here: Path, value: str) -> None:
    """The mode of a pool is that of its creation."""
    text = CROSSPLANE.replace("metadata: {", f'metadata: {{annotations: {{crossplane.io/external-name: "{value}"}}, ')
    assert text != CROSSPLANE
    found = judge_files(here, {"pool.yaml": text})
    assert found.facts["which labels pool 'fast' has"]
    assert {item.rules for item in found.report.undecided if item.fact.startswith("which")} == {("NP003",)}


def test_a_list_of_objects_of_crossplane(here: Path) -> None:
    inner = "".join("    " + line + "\n" for line in CROSSPLANE.splitlines())
    judged = judge_files(here, {"list.yaml": "apiVersion: v1\nkind: List\nitems:\n  -\n" + inner})
    assert judged.places["ENI001"].endswith("fast.instanceTypes[1]")


PULUMI_CONFIG = """\
config:
  types: {type: List<String>, default: [ecs.g8i.8xlarge, ecs.g7.2xlarge]}
  ack:family: ecs.g7
  size: {default: 2xlarge}
  open: {type: String}
  plain: {value: ecs.g7.2xlarge}
variables:
  all: ['${family}.${size}']
  tree: {few: [{type: '${family}.${size}'}]}
  same: ${all}
  circle: ${ring}
  ring: ${circle}
  read: {fn::invoke: {function: alicloud:ecs:getInstanceTypes}}
"""
FAMILY = "config family, the default of size"


@pytest.mark.parametrize(
    ("types", "by"),
    [
        ("${types}", "the default of types"),
        ("['${types[1]}']", "the default of types"),
        ("${all}", FAMILY),
        ("${same}", FAMILY),
        ("['${tree.few[0].type}']", FAMILY),
        ("['${tree[\"few\"][0].type}']", FAMILY),
        ("['ecs.g7.${size}']", "the default of size"),
        ("['${plain}']", "config plain"),
        ("[fn::join: [., [ecs, g7, '${size}']]]", "the default of size"),
        ("{fn::split: [',', 'ecs.g7.2xlarge,ecs.g8i.8xlarge']}", ""),
        ("[fn::select: [1, '${types}']]", "the default of types"),
        ("[fn::secret: ecs.g7.2xlarge]", ""),
        ("['${open}']", None),
        ("['${gone}']", None),
        ("['${circle}']", None),
        ("['${read.ids[0]}']", None),
        ("['x${read}']", None),
        ("['${cluster.name}']", None),
        ("['${pulumi.stack}']", None),
        ("['${types[7]}']", None),
        ("['${a b}']", None),
        ("['${}']", None),
        ("[fn::join: [., ['${open}']]]", None),
        ("[fn::split: [',', '${open}']]", None),
        ("[fn::select: [0, '${open}']]", None),
        ("[fn::readFile: x]", None),
    ],
)
def test_references_of_pulumi(here: Path, types: str, by: str | None) -> None:
    text = PULUMI.replace("[ecs.g8i.8xlarge, ecs.g7.2xlarge]", types) + PULUMI_CONFIG
    judged = judge_files(here, {"Pulumi.yaml": text})
    assert judged.problems == []
    if by is None:
        assert "ENI001" not in judged.rules
        assert judged.facts["instanceTypes of pool 'fast'"] == "fast.instanceTypes"
        return
    (hint,) = [str(found.hint) for found in judged.report.findings if found.rule.id == "ENI001"]
    assert hint.endswith(f"; the value comes from {by}") if by else "comes from" not in hint


def test_names_of_pulumi(here: Path) -> None:
    text = PULUMI.replace("nodePoolName: fast", "nodePoolName: ${pulumi.project}-$${x}-${on}-${n}")
    text += "config: {on: true, n: {default: 2}}\n"
    assert [pool.name for pool in judge_files(here, {"Pulumi.yaml": text}).report.pools] == ["ack-${x}-true-2"]


def test_the_cluster_of_a_pool_through_a_variable(here: Path) -> None:
    text = PULUMI.replace("clusterId: ${cluster.id}", "clusterId: ${id}") + "variables: {id: '${cluster.id}'}\n"
    assert "TW001" in judge_files(here, {"Pulumi.yaml": text}, cluster=None).rules


def test_labels_of_pulumi_as_text(here: Path) -> None:
    text = PULUMI.replace("[{name: terway-eniip, version: v1.10.0}]", "'${addons}'") + (
        "variables:\n  addons: [{name: terway-eniip, config: {fn::toJSON: {NetworkPolicy: 'true'}}}]\n"
    )
    assert "TW009" in judge_files(here, {"Pulumi.yaml": text}, cluster=None).rules


def test_references_that_multiply_are_not_followed_for_ever(here: Path) -> None:
    doubled = "".join(f"  v{i}: ['${{v{i + 1}}}', '${{v{i + 1}}}']\n" for i in range(60))
    text = PULUMI.replace("[ecs.g8i.8xlarge, ecs.g7.2xlarge]", "${v0}") + f"variables:\n{doubled}  v60: x\n"
    judged = judge_files(here, {"Pulumi.yaml": text})
    assert (judged.problems, "ENI001" in judged.rules) == ([], False)


PARAMETERS = """\
Parameters:
  Type: {Type: String, Default: ecs.g7.2xlarge}
  Types: {Type: CommaDelimitedList, Default: 'ecs.g7.2xlarge, ecs.g8i.8xlarge'}
  Size: {Type: Number, Default: 2}
  Env: {Type: String, Default: prod}
  Open: {Type: String}
Mappings:
  Sizes: {prod: {type: ecs.g7.2xlarge}, dev: {type: ecs.g8i.8xlarge}}
Conditions:
  IsProd: {'Fn::Equals': [!Ref Env, prod]}
  IsOther: {'Fn::Or': [{'Fn::Not': [IsProd]}, {'Fn::And': [IsProd, {'Fn::Equals': [!Ref Size, '3']}]}]}
  IsOpen: {'Fn::Equals': [!Ref Open, '']}
  IsCircle: {'Fn::Not': [IsCircle]}
"""


@pytest.mark.parametrize(
    ("types", "by"),
    [
        ("[{Ref: Type}]", "Type"),
        ("[!Ref Type]", "Type"),
        ("!Ref Types", "Types"),
        ("[!Select [0, !Ref Types]]", "Types"),
        ("[!Sub 'ecs.g7.${Size}xlarge']", "Size"),
        ("[!Sub ['ecs.${f}.${Size}xlarge', {f: g7}]]", "Size"),
        ("[!Join ['.', [ecs, g7, !Sub '${Size}xlarge']]]", "Size"),
        ("!Split [',', !Join [',', !Ref Types]]", "Types"),
        ("[{'Fn::FindInMap': [Sizes, !Ref Env, type]}]", "Env"),
        ("[!If [IsProd, ecs.g7.2xlarge, x]]", "Env"),
        ("[!If [IsOther, x, ecs.g7.2xlarge]]", "Env, Size"),
    ],
)
def test_functions_with_the_defaults_of_parameters(here: Path, types: str, by: str) -> None:
    text = ROS.replace(ROS[ROS.index("Parameters") : ROS.index("Resources")], PARAMETERS) % ("c1", types)
    judged = judge_files(here, {"ros.yml": text})
    assert judged.rules - {"ENI007"} == {"ENI001"}
    (finding,) = [item for item in judged.report.findings if item.rule.id == "ENI001"]
    where = ", ".join(f"the default of {name}" for name in by.split(", "))
    assert str(finding.hint).endswith(f"; the value comes from {where}")


@pytest.mark.parametrize(
    ("types", "why"),
    [
        ("[!Ref Open]", "Ref Open"),
        ("[!Sub '${Open}.${Size}xlarge']", "Ref Open"),
        ("[!Sub '${Fast.NodePoolId}']", "${Fast.NodePoolId}"),
        ("[!Join ['', [!Ref Open]]]", "Ref Open"),
        ("[!Select [7, !Ref Types]]", "the function Fn::Select"),
        ("[!GetAtt [Fast, NodePoolId]]", "Fn::GetAtt Fast.NodePoolId"),
        ("[!If [IsOpen, a, b]]", "the function Fn::If"),
        ("[!If [IsCircle, a, b]]", "the function Fn::If"),
        ("[!FindInMap [Sizes, !Ref Open, type]]", "Ref Open"),
    ],
)
def test_what_a_template_is_given_is_open(here: Path, types: str, why: str) -> None:
    text = ROS.replace(ROS[ROS.index("Parameters") : ROS.index("Resources")], PARAMETERS) % ("c1", types)
    judged = judge_files(here, {"ros.yml": text})
    assert judged.rules == set()
    (fact,) = [item for item in judged.report.undecided if item.fact.startswith("ScalingGroup.InstanceTypes")]
    assert ("ENI001" in fact.rules, fact.hint) == (True, why)


@pytest.mark.parametrize("given", ["SecurityGroupId: sg-x", "SecurityGroupIds: [sg-x]"])
def test_security_groups_of_a_pool(here: Path, given: str) -> None:
    text = (ROS % ("c1", GOOD)).replace("VSwitchIds:", f"{given}\n        VSwitchIds:")
    (finding,) = judge_files(here, {"ros.yml": text}).report.findings
    assert (finding.rule.id, finding.place.path.partition("[")[0]) == (
        "NP007", f"Fast.ScalingGroup.{given.partition(':')[0]}"
    )  # fmt: skip


@pytest.mark.parametrize("reference", ["!Ref Cluster", "{Ref: Cluster}", "{'Fn::GetAtt': [Cluster, ClusterId]}"])
def test_a_cluster_in_the_same_template(here: Path, reference: str) -> None:
    judged = judge_files(here, {"ros.yml": ROS % (reference, GOOD) + CLUSTER_RESOURCE}, cluster=None)
    assert judged.places["TW001"] == "ros.yml:26:83 Cluster.Addons[0].Version"
    assert judged.rules == {"TW001", "TW009"}
    assert any(fact == "Cluster.SecurityGroupId" for fact in judged.facts)


def test_pools_of_a_cluster_resource(here: Path) -> None:
    judged = judge_files(
        here, {"ros.yml": "ROSTemplateFormatVersion: x\nResources:\n" + CLUSTER_RESOURCE + POOL_OF_CLUSTER}
    )
    assert judged.places["ENI001"].endswith(" Cluster.NodePools[0].ScalingGroup.InstanceTypes[0]")
    assert [what for what, _ in judged.skipped] == ["ros.yml: Cluster.NodePools[1]"]


def test_a_cluster_of_any_kind_holds_a_request(here: Path) -> None:
    cluster = {"Type": "ALIYUN::CS::AnyCluster", "Properties": {"ClusterConfig": REQUEST}}
    judged = judge_files(here, {"ros.json": {"ROSTemplateFormatVersion": "x", "Resources": {"C": cluster}}})
    assert [pool.name for pool in judged.report.pools] == ["trading"]


def test_a_request_that_creates_a_cluster_states_facts(here: Path) -> None:
    judged = judge_files(here, {"cluster.json": REQUEST}, cluster=None)
    assert judged.places["TW001"].endswith("addons[1].version")
    assert (judged.problems, judged.rules) == ([], {"TW001"})
    facts = set(judged.facts)
    assert {"cluster.securityGroups", "cluster.vSwitches", "cluster.terway.ipamType"} <= facts
    assert not facts & {"cluster.ipStack", "cluster.terway.networkPolicy", "cluster.terway.virtualType"}
    assert judged.skipped == [("cluster.json: nodepools[1]", "a node pool without the exclusive label")]


def test_given_facts_go_before_those_of_a_request(here: Path) -> None:
    judged = judge_files(here, {"cluster.json": REQUEST})
    assert (judged.problems, judged.rules) == ([], set())


def test_the_network_addon_of_a_request(here: Path) -> None:
    judged = judge_files(here, {"cluster.json": REQUEST | {"addons": [{"name": "flannel"}]}}, cluster=None)
    assert judged.places["TW005"].endswith("addons[0].name")


@pytest.mark.parametrize(
    ("more", "flannel"),
    [
        ({}, True),
        ({"addons": [{"name": "csi-plugin"}]}, True),
        ({"addons": [{"name": "terway-eniip"}]}, False),
        ({"addons": [{"name": "kube-flannel-ds", "disabled": True}]}, False),
        ({"pod_vswitch_ids": ["vsw-p"]}, False),
        ({"container_cidr": ""}, False),
    ],
)
def test_a_pod_cidr_without_a_network_addon_is_flannels(here: Path, more: dict[str, Any], *, flannel: bool) -> None:
    request = {name: said for name, said in REQUEST.items() if name not in {"addons", "pod_vswitch_ids"}}
    judged = judge_files(here, {"cluster.json": request | {"container_cidr": "172.20.0.0/16"} | more}, cluster=None)
    assert ("TW005" in judged.rules) is flannel
    assert not flannel or judged.places["TW005"].endswith("container_cidr")


TRANSFORM = """\
ROSTemplateFormatVersion: '2015-09-01'
Transform: Aliyun::Terraform-v1.5
Workspace:
  vars.tf: |
    variable "type" { default = "ecs.g7.2xlarge" }
  main.tf: |-

    resource "alicloud_cs_kubernetes_node_pool" "fast" {
      node_pool_name = "fast"
      instance_types = [var.type, "ecs.g6.large"]
      vswitch_ids    = ["vsw-j"]
      desired_size   = 2
      labels {
        key   = "k8s.aliyun.com/exclusive-mode-eni-type"
        value = "eniOnly"
      }
    }
  main.tf.md: nothing
"""


@pytest.mark.parametrize("name", ["ack.yml", "ack"])
def test_terraform_inside_of_ros_is_read_at_its_lines(here: Path, name: str) -> None:
    judged = judge_files(here, {name: TRANSFORM})
    assert judged.problems == []
    places = {str(f.place) for f in judged.report.findings if f.rule.id == "ENI001"}
    assert places == {f"{name}:10:25", f"{name}:10:35"}


def test_terraform_inside_of_json(here: Path) -> None:
    tf = (
        TRANSFORM.partition("|-\n")[2]
        .partition("  main.tf.md")[0]
        .replace("\n    ", "\n")
        .replace("var.type", '"ecs.g7.2xlarge"')
    )
    value = {"ROSTemplateFormatVersion": "x", "Transform": "Aliyun::Terraform-v1.5", "Workspace": {"a.tf": tf}}
    judged = judge_files(here, {"ack.json": value})
    assert {str(f.place) for f in judged.report.findings if f.rule.id == "ENI001"} == {"ack.json:5:11"}


def test_a_template_without_pools_is_read(here: Path) -> None:
    judged = judge_files(here, {"ros.json": {"ROSTemplateFormatVersion": "x", "Resources": None}})
    assert (judged.problems, judged.rules, judged.report.exit_code) == ([], set(), 0)


def test_forms_that_share_words(here: Path) -> None:
    """Tags of a plan stay errors, and lists of live pools are no requests."""
    judged = judge_files(here, {"plan.yaml": "apiVersion: eniplan/v1\nnodePools: !Ref x\n"})
    assert "has no meaning here" in judged.problems[0]
    judged = judge_files(here, {"live.json": {"nodepools": [BODY]}})
    assert (judged.report.pools, judged.problems) == (
        (),
        ["live.json:1:1: these are live node pools, not a request []"],
    )


COMPOSED = """\
      name: pool
      base:
        kind: KubernetesNodePool
        spec:
          forProvider:
            nodePoolName: fast
            clusterId: c1
            instanceTypes: [ecs.g7.2xlarge]
            vswitchIds: [vsw-j]
            desiredSize: "1"
            labels: [{key: k8s.aliyun.com/exclusive-mode-eni-type, value: eniOnly}]
            taints: [{key: a, value: b, effect: NoSchedule}]
      patches:
        - %s
"""
HEAD = "apiVersion: apiextensions.crossplane.io/v1\nkind: Composition\nmetadata: {name: x}\nspec:\n"
SETS = "  patchSets: [{name: types, patches: [{fromFieldPath: spec.t, toFieldPath: spec.forProvider.instanceTypes}]}]\n"


@pytest.mark.parametrize(
    ("patch", "fact"),
    [
        ("{type: ToCompositeFieldPath, fromFieldPath: spec.forProvider.instanceTypes}", None),
        ("{fromFieldPath: spec.size, toFieldPath: metadata.name}", None),
        ("{fromFieldPath: spec.a, toFieldPath: 'spec.forProvider.instanceTypes[0]'}", "instanceTypes of pool 'fast'"),
        ("{fromFieldPath: spec.forProvider.instanceTypes}", "instanceTypes of pool 'fast'"),
        ("{type: PatchSet, patchSetName: types}", "instanceTypes of pool 'fast'"),
        (
            "{fromFieldPath: spec.l, toFieldPath: spec.forProvider.labels}",
            "whether pool 'fast' is an exclusive node pool",
        ),
    ],
)
@pytest.mark.parametrize("pipeline", [False, True])
def test_compositions(here: Path, patch: str, fact: str | None, pipeline: bool) -> None:  # noqa: FBT001 - a parameter
    inner = f"  resources:\n    -\n{COMPOSED % patch}{SETS}"
    if pipeline:
        deep = "".join(f"      {line}\n" for line in inner.splitlines())
        inner = f"  mode: Pipeline\n  pipeline:\n    - step: a\n      input:\n{deep}"
    judged = judge_files(here, {"x.yaml": HEAD + inner})
    assert judged.rules == ({"ENI001"} if fact is None else set())
    assert fact is None or fact in judged.facts


# --- vSwitches and security groups of the same document ---

ROS_BESIDE = """\
  Vpc: {Type: ALIYUN::ECS::VPC, Properties: {CidrBlock: 10.0.0.0/8}}
  SwitchJ:
    Type: ALIYUN::ECS::VSwitch
    Properties: {VpcId: !Ref Vpc, ZoneId: cn-hangzhou-j, CidrBlock: 10.0.0.0/16%s}
  SwitchK:
    Type: ALIYUN::ECS::VSwitch
    Properties: {VpcId: !Ref Vpc, ZoneId: cn-hangzhou-k, CidrBlock: 10.1.0.0/16}
  Enterprise:
    Type: ALIYUN::ECS::SecurityGroup
    Properties: {VpcId: !Ref Vpc, SecurityGroupType: enterprise}
  Cluster:
    Type: ALIYUN::CS::ManagedKubernetesCluster
    Properties:
      KubernetesVersion: 1.34.3-aliyun.1
      IpStack: %s
      VpcId: !Ref Vpc
      PodVswitchIds: [!GetAtt SwitchJ.VSwitchId]
      SecurityGroupId: !Ref Enterprise
      Addons: [{Name: terway-eniip, Version: v1.16.4}]
"""
PULUMI_BESIDE = """\
  switchJ:
    type: alicloud:vpc:Switch
    properties: {vpcId: "${vpc.id}", zoneId: cn-hangzhou-j, cidrBlock: 10.0.0.0/16%s}
  switchK:
    type: alicloud:vpc/switch:Switch
    properties: {vpcId: "${vpc.id}", zoneId: cn-hangzhou-k, cidrBlock: 10.1.0.0/16}
  vpc: {type: alicloud:vpc:Network, properties: {cidrBlock: 10.0.0.0/8}}
  enterprise:
    type: alicloud:ecs:SecurityGroup
    properties: {vpcId: "${vpc.id}", securityGroupType: enterprise}
"""


def with_beside(form: str, *, ipv6: bool, dual: bool, switches: str) -> dict[str, str]:
    stack = "dual" if dual else "ipv4"
    if form == "ros":
        beside = ROS_BESIDE % (", Ipv6CidrBlock: 7" if ipv6 else "", stack)
        return {"ros.yml": (ROS % ("!Ref Cluster", GOOD)).replace("[vsw-j]", switches) + beside}
    beside = PULUMI_BESIDE % (", ipv6CidrBlockMask: 7" if ipv6 else "")
    switches = switches.replace("!Ref S", "${s").replace("!GetAtt S", "${s").replace(".VSwitchId", "")
    switches = "[" + ", ".join(f'"{item}.id}}"' for item in switches.strip("[]").split(", ")) + "]"
    cluster = f'ipStack: {stack}, podVswitchIds: ["${{switchJ.id}}"], securityGroupId: "${{enterprise.id}}", '
    pool = PULUMI.replace("vswitchIds: [vsw-j]\n", f"vswitchIds: {switches}\n")
    pool = (
        pool.replace("podVswitchIds: [vsw-j], ", cluster).replace("v1.10.0", "v1.16.4").replace(", ecs.g7.2xlarge", "")
    )
    return {"Pulumi.yaml": pool.replace(", ecs.g7.2xlarge", "") + beside}


@pytest.mark.parametrize("form", ["ros", "pulumi"])
def test_v_switches_of_the_same_document_are_facts(here: Path, form: str) -> None:
    """Their zones and IPv6 blocks decide, as those of Terraform do."""
    by_id, by_attribute = "[!Ref SwitchJ]", "[!GetAtt SwitchJ.VSwitchId]"
    one = judge_files(here, with_beside(form, ipv6=False, dual=True, switches=by_id), cluster=None)
    assert "DS004" in one.rules
    assert "cluster.vSwitches" not in one.facts
    assert one.places["DS004"].split()[1].lower().startswith("switchj")
    dual = judge_files(here, with_beside(form, ipv6=True, dual=True, switches=by_attribute), cluster=None)
    assert "DS004" not in dual.rules
    single = judge_files(here, with_beside(form, ipv6=False, dual=False, switches=by_id), cluster=None)
    assert "DS004" not in single.rules
    assert not [fact for fact in single.facts if fact.startswith(("cluster.vSwitches", "cluster.securityGroups"))]
    zones = judge_files(
        here, with_beside(form, ipv6=False, dual=False, switches="[!Ref SwitchJ, !Ref SwitchK]"), cluster=None
    )
    assert zones.rules - single.rules == {"NET001"}
    assert zones.problems == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[!Ref SwitchJ]", "[!Ref SwitchJ, vsw-other]"),  # one that is made elsewhere
        ("ZoneId: cn-hangzhou-j", "ZoneId: !Select [0, !GetAZs cn-hangzhou]"),
        (", Ipv6CidrBlock: 7", ", Ipv6CidrBlock: !GetAtt Vpc.Ipv6"),
        ("VSwitchIds: [!Ref SwitchJ]", "VSwitchIds: [!Ref Vpc]"),
        ("VSwitchIds: [!Ref SwitchJ]", "VSwitchIds: [!GetAtt SwitchJ.CidrBlock]"),
    ],
)
def test_v_switches_of_which_too_little_is_known_are_no_facts(here: Path, old: str, new: str) -> None:
    files = with_beside("ros", ipv6=True, dual=True, switches="[!Ref SwitchJ]")
    assert old in files["ros.yml"]
    judged = judge_files(here, {"ros.yml": files["ros.yml"].replace(old, new)}, cluster=None)
    assert judged.problems == []
    assert "DS004" not in judged.rules
    assert any(fact.startswith(("cluster.vSwitches", "vSwitchIds")) for fact in judged.facts)


def test_references_to_one_cluster_make_one_plan(here: Path) -> None:
    """`Ref` and its attribute are the same cluster, so that two pools of one name clash."""
    second = ROS[ROS.index("  Fast:") :].replace("  Fast:", "  Other:") % ("!GetAtt Cluster.ClusterId", GOOD)
    judged = judge_files(here, {"ros.yml": ROS % ("!Ref Cluster", GOOD) + second + CLUSTER_RESOURCE}, cluster=None)
    assert "NP006" in judged.rules


def test_given_v_switches_go_before_those_of_a_template(here: Path) -> None:
    """Nobody knows which of the listed ones a template makes."""
    files = with_beside("ros", ipv6=False, dual=False, switches="[!Ref SwitchJ]")
    judged = judge_files(here, files)
    assert not judged.rules & {"NET001", "DS004"}
    assert "ScalingGroup.VSwitchIds of pool 'fast'" in judged.facts


# --- Bodies inside of other documents ---

FEW_ENIS = BODY | {"scaling_group": BODY["scaling_group"] | {"instance_types": ["ecs.g7.2xlarge"]}}


@pytest.mark.parametrize(
    ("around", "path"),
    [
        (
            lambda body: [{"hosts": "localhost", "tasks": [{"name": "a", "uri": {"method": "POST", "body": body}}]}],
            "[0].tasks[0].uri.body",
        ),
        (lambda body: {"vars": {"pool": body}, "more": [1, None]}, "vars.pool"),
        (lambda body: {"apiVersion": "acme.io/v1", "kind": "AckPool", "spec": {"request": body}}, "spec.request"),
    ],
    ids=["Ansible", "variables", "an object"],
)
def test_a_body_inside_of_another_document(here: Path, around: Callable[[object], object], path: str) -> None:
    text = json.dumps(around(FEW_ENIS), indent=1)
    judged = judge_files(here, {"a.yaml": text})
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    place = judged.report.findings[0].place
    assert place.path == f"{path}.scaling_group.instance_types[0]"
    assert "ecs.g7.2xlarge" in text.splitlines()[place.line - 1]
    live = FEW_ENIS | {"nodepool_info": {"name": "trading", "nodepool_id": "np1"}}
    plain = FEW_ENIS | {"kubernetes_config": {"labels": "a schema"}}
    for other in (live, plain):
        (here / "b.json").write_text(json.dumps(BODY), encoding="utf-8")
        judged = judge_files(here, {"a.yaml": json.dumps(around(other))}, ".")
        assert (judged.rules, [pool.name for pool in judged.report.pools]) == (set(), ["trading"])


def test_a_document_of_eniplan_itself_is_no_request(here: Path) -> None:
    judged = judge_files(here, {"r.json": {"schema": "eniplan.receipt/v1", "request": FEW_ENIS}, "b.json": BODY}, ".")
    assert (judged.rules, [what for what, _ in judged.skipped][:1]) == (set(), ["./r.json"])


# --- Templates inside of ROS templates ---


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("MODULE::Acme::Ack::Pool", "{Labels: [{Key: LABEL, Value: eniOnly}]}"),
        ("MODULE::Acme::Ack::Pool", "{Labels: {Ref: Labels}}"),
        ("ALIYUN::ROS::Stack", "{TemplateURL: 'oss://a/b.yml', Parameters: {Label: LABEL}}"),
        ("ALIYUN::ROS::Stack", "{TemplateBody: {Resources: {P: {Type: x, Labels: [{Key: LABEL, Value: eniOnly}]}}}}"),
    ],
)
def test_a_nested_template_that_gets_the_label_is_open(here: Path, kind: str, properties: str) -> None:
    text = (
        "ROSTemplateFormatVersion: '2015-09-01'\n"
        "Parameters: {Labels: {Type: Json, Default: [{Key: LABEL, Value: eniOnly}]}}\n"
        f"Resources:\n  Inner:\n    Type: {kind}\n    Properties: {properties}\n"
    )
    judged = judge_files(here, {"ros.yml": text.replace("LABEL", LABEL["key"])})
    assert (judged.problems, judged.rules) == ([], set())
    assert [(item.fact, str(item.place)) for item in judged.report.undecided] == [
        ("whether pool 'Inner' is an exclusive node pool", "ros.yml:6:17")
    ]
    assert not judge_files(here, {"ros.yml": text.replace("LABEL", "tier")}).report.undecided


# --- Previews of Pulumi ---


def step(inputs: dict[str, Any], op: str = "create", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - of a step
    kind = "alicloud:cs/nodePool:NodePool"
    return {"op": op, "urn": f"urn:pulumi:dev::ack::{kind}::fast", "newState": {"type": kind, "inputs": inputs}, **more}


POOL: dict[str, Any] = {
    "__defaults": ["x"],
    "clusterId": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "nodePoolName": "fast",
    "instanceTypes": ["ecs.g8i.8xlarge", "ecs.g7.2xlarge"],
    "vswitchIds": ["vsw-j"],
    "desiredSize": "2",
    "labels": [LABEL | {"__defaults": []}],
    "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}],
    "password": {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": "x"},
}
PREVIEW = {"config": {}, "steps": [{"op": "same", "urn": "urn:pulumi:dev::ack::pulumi:pulumi:Stack::ack-dev"}]}


def previewed(*steps: object) -> dict[str, Any]:
    return PREVIEW | {"steps": [*PREVIEW["steps"], *steps]}


def test_a_preview_of_pulumi(here: Path) -> None:
    """It has the values of programs in every language."""
    text = json.dumps(previewed(step(POOL)), indent=1)
    judged = judge_files(here, {"preview.json": text})
    assert (judged.problems, judged.rules) == ([], {"ENI001", "ENI007"})
    place = judged.report.findings[0].place
    assert (place.path, text.splitlines()[place.line - 1].strip()) == ("fast.instanceTypes", '"instanceTypes": [')
    assert "x" not in {str(finding.message) for finding in judged.report.findings}
    for key, value in (("vswitchIds", [POOL["clusterId"]]), ("labels", [{"key": POOL["clusterId"]}])):
        judged = judge_files(here, {"preview.json": previewed(step(POOL | {key: value}))})
        (item,) = judged.report.undecided
        assert (item.place.path, "known only after apply" in item.hint) == (
            "fast.vswitchIds" if key[0] == "v" else "fast",
            True,
        )


@pytest.mark.parametrize(
    ("op", "before", "after", "rules"),
    [
        ("create-replacement", None, [LABEL], {"ENI001", "ENI007"}),
        ("update", [], [LABEL], {"ENI001", "ENI007", "NP003"}),
        ("update", [LABEL], [LABEL], {"ENI001", "ENI007"}),
        ("update", [LABEL], [], {"NP003"}),
        ("update", [], [], set()),
        ("same", [LABEL], [LABEL], set()),
        ("delete", [LABEL], [LABEL], set()),
    ],
)
def test_what_pulumi_does_to_a_pool(here: Path, op: str, before: object, after: object, rules: set[str]) -> None:
    made = step(POOL | {"labels": after}, op, oldState={"inputs": {"labels": before}})
    judged = judge_files(here, {"preview.json": previewed(made)})
    assert (judged.problems, judged.rules) == ([], rules)
    told = [(what, why) for what, why in judged.skipped if "Pulumi does not change" in why]
    assert told == ([("preview.json: fast", f"Pulumi does not change it ({op})")] if op in ("same", "delete") else [])


def test_steps_of_another_program(here: Path) -> None:
    judged = judge_files(here, {"a.json": {"steps": [{"op": "x"}, 1], "alicloud:cs": 1}, "b.json": BODY}, ".")
    assert (judged.problems, judged.skipped[0]) == ([], ("./a.json", "nothing that eniplan checks"))


STACKED = PULUMI.replace("resources:", "config: {type: {default: ecs.g8i.8xlarge}}\nresources:").replace(
    "[ecs.g8i.8xlarge, ecs.g7.2xlarge]", "['${type}']"
)


@pytest.mark.parametrize(
    ("stacks", "rules", "waits"),
    [
        ({}, set(), False),
        ({"prod": "config: {'ack:type': ecs.g7.2xlarge}"}, {"ENI001"}, False),
        ({"prod": "config: {type: ecs.g7.2xlarge}", "dev": "config: {type: ecs.g7.2xlarge}"}, {"ENI001"}, False),
        ({"prod": "config: {'ack:type': ecs.g7.2xlarge}", "dev": "config: {}"}, set(), True),
        ({"prod": "config: {'ack:type': ecs.g8i.8xlarge}", "dev": "config: {}"}, set(), False),
        ({"prod": "config: {'ack:type': {secure: AAAB}}"}, set(), True),
        ({"prod": "config: {'ack:other': a}"}, set(), False),
        ({"prod": "config: [a"}, set(), False),
        ({"prod": ""}, set(), False),
    ],
)
def test_the_stacks_beside_a_pulumi_program_set_its_configuration(
    here: Path, stacks: dict[str, str], rules: set[str], *, waits: bool
) -> None:
    files = {f"Pulumi.{name}.yaml": text for name, text in stacks.items()}
    judged = judge_files(here, {**files, "Pulumi.yaml": STACKED}, "Pulumi.yaml")
    assert judged.rules & {"ENI001"} == rules
    assert any("ENI001" in item.rules for item in judged.report.undecided) == waits
    if rules:
        (hint,) = (str(found.hint) for found in judged.report.findings if found.rule.id == "ENI001")
        assert "Pulumi.prod.yaml" in hint


def test_the_arguments_of_a_pulumi_resource_may_be_one_expression(here: Path) -> None:
    head, _, arguments = PULUMI.partition("    properties:\n      clusterId")
    program = f"{head}    properties: ${{fast_}}\nvariables:\n  fast_:\n      clusterId{arguments}"
    assert "ENI001" in judge_files(here, {"Pulumi.yaml": program}).rules
    judged = judge_files(here, {"Pulumi.yaml": program.replace("  fast_:", "  other:")})
    (waiting,) = judged.report.undecided
    assert {"ENI001", "NET001", "NP013", "NP015"} <= set(waiting.rules)


PATCH = "apiVersion: ack.alibabacloud.crossplane.io/v1alpha1\nkind: KubernetesNodePool\nmetadata: {name: fast}\n"
LABELS = "{labels: [{key: k8s.aliyun.com/exclusive-mode-eni-type, value: eniOnly}]}"
JSON_PATCH = """\
patches:
  - target: {kind: KubernetesNodePool}
    patch: |
      - {op: replace, path: /spec/forProvider/instanceTypes, value: [ecs.g7.2xlarge]}
"""


@pytest.mark.parametrize(
    ("patches", "patch", "waits"),
    [
        ("patches: [{path: p.yaml}]\n", PATCH + "spec: {forProvider: {instanceTypes: [ecs.g7.2xlarge]}}", True),
        ("patches: [{path: p.yaml}]\n", PATCH + f"spec: {{forProvider: {LABELS}}}", True),
        ("patchesStrategicMerge: [p.yaml]\n", PATCH + "spec: {forProvider: {desiredSize: '900'}}", True),
        (JSON_PATCH, "", True),
        ("patches: [{path: p.yaml}]\n", PATCH.replace("KubernetesNodePool", "KubernetesAddon"), False),
        ("patches: [{path: none.yaml}]\n", "", False),
    ],
)
def test_what_a_kustomization_makes_of_node_pools_is_unknown(
    here: Path, patches: str, patch: str, *, waits: bool
) -> None:
    files = {
        "base/pool.yaml": CROSSPLANE.replace(", ecs.g7.2xlarge", ""),
        "base/kustomization.yaml": "resources: [pool.yaml]\n",
        "prod/kustomization.yaml": f"resources: [../base]\n{patches}",
        "prod/p.yaml": patch,
    }
    judged = judge_files(here, files, ".")
    assert judged.rules == set()
    told = [set(item.rules) for item in judged.report.undecided if "prod" in str(item.hint)]
    assert [{"ENI001", "NET001", "NP005", "NP013"} <= rules for rules in told] == [True] * waits


@pytest.mark.parametrize("target", ["spec", "spec.forProvider"])
def test_a_patch_of_a_whole_pool_leaves_nothing_known(here: Path, target: str) -> None:
    patch = {"fromFieldPath": "spec.pool", "toFieldPath": target}
    base = yaml.safe_load(CROSSPLANE)
    spec = {"resources": [{"name": "fast", "base": base, "patches": [patch]}]}
    judged = judge_files(here, {"c.json": {"apiVersion": "a/v1", "kind": "Composition", "spec": spec}})
    (waiting,) = judged.report.undecided
    assert {"ENI001", "NET001", "NP001", "NP013", "NP015"} <= set(waiting.rules)
