"""Random inputs with faults that have one right answer, and the same inputs after the fix.

Each text is written in two versions at once, broken and right, which are otherwise identical byte for byte.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
KEYS = (
    "k8s.aliyun.com/exclusive-mode-eni-typ", "k8s.aliyun.com/exclusive-mode-eni_type", "exclusive-mode-eni-type",
    "k8s.aliyun.com/Exclusive-Mode-Eni-Type", "alibabacloud.com/exclusive-mode-eni-type",
)  # fmt: skip
VALUES = ("enionly", "ENIOnly", "eni-only", "eniOnyl", "EniOnly", "eni_only")
ENI_TYPES = ("Eni", "eni", "Trunk", "Default", "ENII")
TAINT = '{key: exclusive-eni, value: "true", effect: NoSchedule}'
TOLERATION = '{key: exclusive-eni, operator: Equal, value: "true", effect: NoSchedule}'
COMMENTS = ("", "  # keep me", "   # für 交易 🙂", "\t# a tab before")
_MARKS = ((b"", "utf-8"), (b"", "utf-8"), (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"))


class Case(NamedTuple):
    """A file."""

    name: str
    broken: bytes
    right: bytes


class Text:
    """Two texts, of which one is wrong."""

    def __init__(self, random: Random, *, utf_16: bool = True) -> None:
        """Start both versions."""
        self.marks = _MARKS if utf_16 else _MARKS[:-1]
        self.random = random
        self.parts: list[tuple[str, str]] = []
        self.is_broken = False

    def same(self, text: str) -> None:
        self.parts.append((text, text))

    def line(self, text: str = "") -> None:
        self.same(text + self.comment() + "\n")

    def comment(self) -> str:
        return self.random.choice(COMMENTS) if self.random.random() < 0.4 else ""

    def either(self, wrong: str, right: str, chance: float = 0.5) -> bool:
        broken = self.random.random() < chance
        self.is_broken = self.is_broken or broken
        self.parts.append((wrong if broken else right, right))
        return broken

    def scalar(self, wrong: str, right: str, chance: float = 0.5) -> None:
        quote = self.random.choice(('"', "'", ""))
        self.either(f"{quote}{wrong}{quote}", f"{quote}{right}{quote}", chance)

    def case(self, name: str, *, is_script: bool = False) -> Case:
        broken, right = ("".join(side) for side in zip(*self.parts, strict=True))
        end = "\n" if is_script else self.random.choice(("\n", "\n", "\r\n"))
        mark, codec = self.random.choice(self.marks)
        if self.random.random() < 0.2:
            broken, right = broken.rstrip("\n"), right.rstrip("\n")
        return Case(name, *(mark + text.replace("\n", end).encode(codec) for text in (broken, right)))


CLUSTER = """\
cluster:
  kubernetesVersion: 1.34.3-aliyun.1
  ipStack: ipv4
  terway:
    {version: v1.16.4, erdma: false, networkPolicy: false, ipamType: crd, virtualType: veth, customCniChain: false}
  vpcId: vpc-1
  vSwitches: [{id: vsw-j, zone: cn-hangzhou-j, vpcId: vpc-1, availableIps: 4000}]
  securityGroups: [{id: sg-1, type: enterprise, vpcId: vpc-1}]
  podDefaults: {vSwitchIds: [vsw-j], securityGroupIds: [sg-1]}
  terwayConfigs:
    gpu-net: {vSwitchIds: [vsw-j], securityGroupIds: [sg-1]}
"""


def plan(random: Random) -> Case:
    """A plan in YAML."""
    text = Text(random)
    count = random.randint(1, 3)
    text.same("apiVersion: eniplan/v1\n")
    text.same(CLUSTER)
    text.line("nodePools:")
    for i in range(count):
        _plan_pool(text, i)
    text.line("podNetworkings:")
    for i in range(count):
        text.line(f"  - name: pn-{i}")
        text.line(f"    nodePools: [pool-{i}]")
        text.line(f"    podSelector: {{matchLabels: {{network: n-{i}}}}}")
        text.same("    eniType: ")
        text.scalar(random.choice(ENI_TYPES), "ENI")
        text.line()
    text.line("workloads:")
    for i in range(count):
        text.same(
            f"  - {{name: app-{i}, namespace: ns, kind: StatefulSet, replicas: 2, nodePool: pool-{i}, tolerations: "
        )
        text.either("[]", f"[{TOLERATION}]")
        text.same(random.choice((", ", " , ")) + "eniRequest: ")
        text.either(random.choice(("0", "2", "7")), "1")
        text.line("}")
    return text.case("plan.yaml")


def _plan_pool(text: Text, i: int) -> None:
    random = text.random
    text.line(f"  - name: pool-{i}")
    text.line("    instanceTypes: [ecs.g8i.8xlarge]")
    text.line("    vSwitchIds: [vsw-j]")
    text.line("    securityGroupIds: [sg-1]")
    text.line("    desiredSize: 3")
    if random.random() < 0.5:
        text.same("    terwayConfig: ")
        text.scalar(random.choice(("gpu-nett", "gpunet", "GPU-net")), "gpu-net")
        text.line()
    text.line("    labels:")
    text.line(f"      team: team-{i}")  # keeps the pods of the pools apart
    if random.random() < 0.8:
        text.same("      ")
        quote = random.choice(('"', "'", ""))
        text.either(quote + random.choice(KEYS) + quote, quote + LABEL + quote)
        text.same(random.choice((": ", ":   ")))
        text.scalar(random.choice(VALUES), "eniOnly")
        text.line()
    text.same("    taints: ")
    text.either("[]", f"[{TAINT}]")
    text.line()


def body(random: Random) -> Case:
    """A request body in JSON, in one line or several."""
    text = Text(random)
    end = random.choice(("\n", "", "\n   "))
    text.same('{"nodepool_info": {"name": "trading"},' + end + '"kubernetes_config": {"labels": [')
    if random.random() < 0.5:
        text.same('{"key": "team", "value": "a\\u00e9"}, ')
    text.same('{"key": ')
    text.either(json.dumps(random.choice(KEYS)), json.dumps(LABEL))
    text.same(random.choice((', "value": ', ',"value" : ')))
    text.either(json.dumps(random.choice(VALUES)), '"eniOnly"')
    text.same("}]")
    taint = '"taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}]'
    text.either("", f", {taint}")
    text.same("}," + end + '"scaling_group": {"instance_types": ["ecs.g8i.8xlarge"], "vswitch_ids": ["vsw-j"],' + end)
    text.same('"desired_size": 3, "security_group_ids": ["sg-1"], "x": [1.50, 1e3]}}\n')
    return text.case("body.json")


def manifests(random: Random) -> Case:
    """A PodNetworking and a workload; the pool stands beside them."""
    text = Text(random)
    documents = [_networking, _workload]
    random.shuffle(documents)
    for i, write in enumerate(documents):
        text.same("---\n" if i or random.random() < 0.5 else "")
        write(text)
    return text.case("manifests.yaml")


def _networking(text: Text) -> None:
    text.line("apiVersion: network.alibabacloud.com/v1beta1")
    text.line("kind: PodNetworking")
    text.line("metadata: {name: trading-eni}")
    text.line("spec:")
    text.line("  eniOptions:")
    text.same("    eniType: ")
    text.scalar(text.random.choice(("Eni", "eni", "ENII")), "ENI")
    text.line()
    text.line("  selector: {podSelector: {matchLabels: {network: e}}}")
    text.line("  vSwitchOptions: [vsw-j]")
    text.line("  securityGroupIDs: [sg-1]")


def _workload(text: Text) -> None:
    random = text.random
    kind = random.choice(("Deployment", "StatefulSet", "DaemonSet"))
    text.line("apiVersion: apps/v1")
    text.line(f"kind: {kind}")
    text.line("metadata: {name: matcher, namespace: trading}")
    text.line("spec:")
    text.line("  selector: {matchLabels: {app: m}}")
    text.line("  template:")
    text.line("    metadata: {labels: {app: m}}")
    text.line("    spec:")
    dash = "        "
    if random.random() < 0.5:
        text.line("      nodeSelector:")
        text.same(f"        {LABEL}: ")
        text.scalar(random.choice(VALUES), "eniOnly")
        text.line()
    else:
        dash = "      "  # as the first list of the document
        text.line("      affinity:")
        text.line("        nodeAffinity:")
        text.line("          requiredDuringSchedulingIgnoredDuringExecution:")
        text.line("            nodeSelectorTerms:")
        text.same(f"            - matchExpressions: [{{key: {LABEL}, operator: In, values: [")
        text.scalar(random.choice(VALUES), "eniOnly")
        text.line("]}]")
    text.line("      containers:")
    text.line("        # the only one")
    text.line("        - name: c")
    text.line("          image: x")
    if random.random() < 0.5:
        text.same("          resources: {requests: {aliyun/eni: 1, cpu: 500m}")
        text.either("", ", limits: {aliyun/eni: 1}")
        text.line("}")
    else:
        text.same("          resources: {requests: {aliyun/eni: 1}, limits: {aliyun/eni: ")
        text.either(random.choice(("2", "3")), "1")
        text.line("}}")
    lines = ("- key: exclusive-eni", "  operator: Equal", '  value: "true"', "  effect: NoSchedule")
    text.either("", "      tolerations:\n" + "".join(f"{dash}{line}\n" for line in lines))


def terraform(random: Random) -> Case:
    """Pools in HCL; UTF-16 is none of its encodings."""
    text = Text(random, utf_16=False)
    text.same(random.choice(("", "# für 交易 🙂\n", "/* of trading */\n", 'variable "v" {}\n')))
    for i in range(random.randint(1, 3)):
        _resource(text, i)
    return text.case("pools.tf")


def _resource(text: Text, i: int) -> None:
    random = text.random
    text.same(f'resource "alicloud_cs_kubernetes_node_pool" "pool_{i}" {{\n')
    text.same(f'  node_pool_name = "pool-{i}"{text.comment()}\n')
    text.same('  cluster_id     = "c123"\n  vswitch_ids    = ["vsw-j"]\n  desired_size   = 3\n')
    text.same('  instance_types = ["ecs.g8i.8xlarge"]\n')
    if random.random() < 0.4:
        text.same('\n  labels {\n    key   = "team"\n    value = "${upper("a")}"\n  }\n')
    text.same("\n  labels {" + text.comment() + "\n    key" + random.choice(("   ", " ")) + "= ")
    text.either(json.dumps(random.choice(KEYS)), json.dumps(LABEL))
    text.same(text.comment() + "\n    value = ")
    text.either(json.dumps(random.choice(VALUES)), '"eniOnly"')
    text.same("\n  }" + text.comment())
    lines = ("taints {", '  key    = "exclusive-eni"', '  value  = "true"', '  effect = "NoSchedule"', "}")
    text.either("", "\n" + "".join(f"\n  {line}" for line in lines))
    text.same("\n" + random.choice(("", "  # the end\n", '  multi_az_policy = "BALANCE"\n')) + "}\n")


def terraform_json(random: Random) -> Case:
    """Pools in Terraform's JSON syntax, with blocks as maps and as lists."""
    text = Text(random, utf_16=False)
    end = random.choice(("\n", "", "\n\t"))
    text.same('{"//": "für 交易 🙂", "variable": {"v": {"default": 1.50}},' + end + '"resource": ')
    text.same('{"alicloud_cs_kubernetes_node_pool": {')
    count = random.randint(1, 3)
    for i in range(count):
        is_list = random.random() < 0.3
        text.same(f'"pool_{i}": ' + ("[{" if is_list else "{") + end)
        text.same(f'"node_pool_name": "pool-{i}", "cluster_id": "c123", "vswitch_ids": ["vsw-j"],' + end)
        text.same('"desired_size": 3, "instance_types": ["ecs.g8i.8xlarge"],' + end + '"labels": ')
        _json_labels(text)
        _json_taints(text, end)
        text.same(("}]" if is_list else "}") + ("" if i + 1 == count else ", "))
    text.same("}}}\n")
    return text.case("pools.tf.json")


def _json_labels(text: Text) -> None:
    random = text.random
    form = random.choice(("map", "list", "several"))
    text.same({"map": "", "list": "[", "several": '[{"key": "team", "value": "${upper(\\"a\\")}"}, '}[form])
    text.same('{"key": ')
    text.either(json.dumps(random.choice(KEYS)), json.dumps(LABEL))
    text.same(random.choice((', "value": ', ',"value" : ')))
    text.either(json.dumps(random.choice(VALUES)), '"eniOnly"')
    text.same("}" if form == "map" else "}]")


def _json_taints(text: Text, end: str) -> None:
    random = text.random
    right = '{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}'
    other = '{"key": "${upper(\\"a\\")}", "value": "x", "effect": "PreferNoSchedule"}'
    wrong, mended = random.choice((
        ("", f', "taints": [{right}]'),
        (f',{end}"taints": []', f',{end}"taints": [{right}]'),
        (f',{end}"taints": {other}', f',{end}"taints": [{other}, {right}]'),
        (f',{end}"taints": [{other}]', f',{end}"taints": [{other}, {right}]'),
    ))  # fmt: skip
    text.either(wrong, mended)


def ros(random: Random) -> Case:
    """A template of ROS in YAML or JSON."""
    return _ros_json(random) if random.random() < 0.4 else _ros_yaml(random)


def _ros_yaml(random: Random) -> Case:
    text = Text(random)
    text.line("ROSTemplateFormatVersion: '2015-09-01'")
    text.line("Resources:")
    for i in range(random.randint(1, 2)):
        text.line(f"  Pool{i}:")
        text.line("    Type: ALIYUN::CS::ClusterNodePool")
        text.line("    Properties:")
        text.line("      ClusterId: c123")
        text.line(f"      NodePoolInfo: {{Name: pool-{i}}}")
        text.line("      ScalingGroup: {InstanceTypes: [ecs.g8i.8xlarge], VSwitchIds: [vsw-j], DesiredSize: 3}")
        text.line("      KubernetesConfig:")
        text.line("        Labels:")
        if random.random() < 0.4:
            text.line("          - {Key: team, Value: !Ref Team}")
        text.same("          - Key: ")
        text.scalar(random.choice(KEYS), LABEL)
        text.line()
        text.same("            Value: ")
        text.scalar(random.choice(VALUES), "eniOnly")
        text.line()
        taint = '{Key: exclusive-eni, Value: "true", Effect: NoSchedule}'
        text.same("        Taints: ")
        text.either("[]", f"[{taint}]")
        text.line()
    return text.case("template.yaml")


def _ros_json(random: Random) -> Case:
    text = Text(random)
    end = random.choice(("\n", "", "\n  "))
    text.same('{"ROSTemplateFormatVersion": "2015-09-01",' + end + '"Resources": {"Pool": {' + end)
    text.same('"Type": "ALIYUN::CS::ClusterNodePool", "Properties": {"ClusterId": {"Ref": "Cluster"},' + end)
    text.same('"NodePoolInfo": {"Name": "trading"}, "ScalingGroup": {"InstanceTypes": ["ecs.g8i.8xlarge"],' + end)
    text.same('"VSwitchIds": ["vsw-j"], "DesiredSize": 3},' + end + '"KubernetesConfig": {"Labels": [{"Key": ')
    text.either(json.dumps(random.choice(KEYS)), json.dumps(LABEL))
    text.same(', "Value": ')
    text.either(json.dumps(random.choice(VALUES)), '"eniOnly"')
    text.same("}]")
    text.either("", ', "Taints": [{"Key": "exclusive-eni", "Value": "true", "Effect": "NoSchedule"}]')
    text.same("}}}}}\n")
    return text.case("template.json")


def cluster(random: Random) -> Case:
    """A request that creates a cluster with its pools."""
    text = Text(random)
    end = random.choice(("\n", "", "\n   "))
    text.same('{"name": "c", "cluster_type": "ManagedKubernetes", "kubernetes_version": "1.34.3-aliyun.1",' + end)
    text.same('"region_id": "cn-hangzhou", "nodepools": [')
    count = random.randint(1, 2)
    for i in range(count):
        text.same(f'{{"nodepool_info": {{"name": "pool-{i}"}}, "kubernetes_config": ')
        _body_labels(text)
        text.same("," + end + '"scaling_group": {"instance_types": ["ecs.g8i.8xlarge"], "vswitch_ids": ["vsw-j"], ')
        text.same('"desired_size": 3}}' + ("" if i + 1 == count else ", "))
    text.same("]}\n")
    return text.case("cluster.json")


def _body_labels(text: Text, quote: str = '"') -> None:
    """Write labels and taints of a body, with a quote as the text around it has it."""
    random = text.random
    text.same('{"labels": [{"key": '.replace('"', quote))
    text.either(f"{quote}{random.choice(KEYS)}{quote}", f"{quote}{LABEL}{quote}")
    text.same(', "value": '.replace('"', quote))
    text.either(f"{quote}{random.choice(VALUES)}{quote}", f"{quote}eniOnly{quote}")
    text.same("}]")
    taint = ', "taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}]'
    text.either("", taint.replace('"', quote))
    text.same("}")


def script(random: Random) -> Case:
    """Calls of the aliyun CLI with bodies in quotes of both kinds, in variables, and in here-documents."""
    text = Text(random, utf_16=False)
    text.same("#!/bin/bash\nset -eu  # as usual\n")
    for i in range(random.randint(1, 2)):
        _call(text, i)
    return text.case("create.sh", is_script=True)


def _call(text: Text, i: int) -> None:
    random = text.random
    form = random.choice(("single", "double", "variable", "document"))
    quote = '\\"' if form == "double" else '"'
    around = {"single": "'", "double": '"', "variable": "'", "document": ""}[form]
    command = "aliyun cs POST /clusters/c123/nodepools --header 'Content-Type: application/json' "
    text.same({
        "single": command + "--body ", "double": command + "\\\n  --body ", "variable": f"BODY_{i}=",
        "document": command + '--body "$(cat <<EOF\n',
    }[form] + around)  # fmt: skip
    text.same(f'{{"nodepool_info": {{"name": "pool-{i}"}},'.replace('"', quote) + random.choice(("\n  ", " ")))
    text.same('"kubernetes_config": '.replace('"', quote))
    _body_labels(text, quote)
    text.same(
        ', "scaling_group": {"instance_types": ["ecs.g8i.8xlarge"], "vswitch_ids": ["vsw-j"], '.replace('"', quote)
    )
    text.same('"desired_size": 3}}'.replace('"', quote) + around + "\n")
    if form == "variable":
        text.same(f'{command}--body "$BODY_{i}"\n')
    elif form == "document":
        text.same('EOF\n)"\n')


def markdown(random: Random) -> Case:
    """A runbook with code blocks of every kind."""
    text = Text(random)
    text.same("# Runbook\n\nTake `eniOnly`, not enionly.\n\n")
    makers = [("json", cluster), ("hcl", terraform), ("yaml", ros), ("sh", script)]
    for language, make in random.sample(makers, random.randint(1, 2)):
        inner = make(random)
        sides = [_plain(side) for side in (inner.broken, inner.right)]
        indent = random.choice(("", "", "   "))
        text.same(f"{indent}```{language}\n")
        text.parts.append(tuple(_indented(side, indent) for side in sides))  # type: ignore[arg-type]
        text.is_broken = text.is_broken or sides[0] != sides[1]
        text.same(f"{indent}```\n\nAnd then:\n\n")
    return text.case("runbook.md", is_script=True)


def _plain(side: bytes) -> str:
    codec = "utf-16" if side[:2] == b"\xff\xfe" else "utf-8-sig"
    return side.decode(codec).replace("\r\n", "\n").rstrip("\n") + "\n"


def _indented(text: str, indent: str) -> str:
    return "".join(indent + line if line.strip() else line for line in text.splitlines(keepends=True))


def workspace(random: Random) -> Case:
    """Terraform inside of a template of ROS."""
    text = Text(random)
    inner = terraform(random)
    text.line("ROSTemplateFormatVersion: '2015-09-01'")
    text.line("Transform: Aliyun::Terraform-v1.5")
    text.same("Workspace:\n  main.tf: |-\n" if random.random() < 0.5 else "Workspace:\n  main.tf: |\n")
    text.parts.append(tuple(_indented(_plain(side), "    ") for side in (inner.broken, inner.right)))  # type: ignore[arg-type]
    text.line("Outputs: {}")
    return text.case("template.yaml")


KINDS: dict[str, Callable[[Random], Case]] = {
    "plan": plan,
    "body": body,
    "manifests": manifests,
    "terraform": terraform,
    "terraform_json": terraform_json,
    "ros": ros,
    "cluster": cluster,
    "script": script,
    "markdown": markdown,
    "workspace": workspace,
}
