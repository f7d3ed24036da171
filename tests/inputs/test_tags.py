"""YAML tags of other programs, such as `!reference` of GitLab and `!Ref` of CloudFormation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.inputs.support import BODY, LABEL, Judged, judge_files
from tests.inputs.test_spelled import POOL

if TYPE_CHECKING:
    from pathlib import Path

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {eniplan.dev/node-pool: eni}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}
      tolerations: [{key: exclusive-eni, operator: Exists}]
      containers:
        - name: web
          image: web
          env: [{name: A, value: plain}]
          resources: {limits: {aliyun/eni: 1}}
"""
JOB = """\
deploy:
  script:
    - !reference [.setup, script]
    - |
      aliyun cs POST /clusters/c1/nodepools --body '%s'
"""


def judge(here: Path, manifest: str) -> Judged:
    """Judge a manifest together with the pool that its pods name."""
    return judge_files(here, {"pool.tf": POOL, "web.yaml": manifest})


def test_the_jobs_of_a_ci(here: Path) -> None:
    body = BODY | {"kubernetes_config": {"labels": [LABEL | {"value": "enionly"}]}}
    judged = judge_files(here, {".gitlab-ci.yml": JOB % json.dumps(body)})
    assert judged.problems == []
    assert "NP001" in judged.rules


@pytest.mark.parametrize(
    "value", ["!secret a", "!!binary aGk=", "!!timestamp 2026-11-02", "!Sub [a, b]", "!Join {a: b}"]
)
def test_values_that_no_rule_needs(here: Path, value: str) -> None:
    judged = judge(here, WEB.replace("plain", value))
    assert (judged.problems, judged.rules) == ([], judge(here, WEB).rules)
    assert judged.facts == judge(here, WEB).facts


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tolerations: [{key: exclusive-eni, operator: Exists}]", "tolerations: !reference [.exclusive, tolerations]"),
        ("replicas: 2", "replicas: !Ref Replicas"),
        ("replicas: 2", "replicas: !!binary Mg=="),
        ("eniOnly", "!Sub '${Mode}'"),
        ("{k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}", "!Mode {a: b}"),
    ],
)
def test_values_that_matter_are_unknown(here: Path, old: str, new: str) -> None:
    judged = judge(here, WEB.replace(old, new))
    assert (judged.problems, judged.rules) == ([], judge(here, WEB).rules)
    assert len(judged.facts) > len(judge(here, WEB).facts)


def test_other_faults_behind_a_tag_are_told(here: Path) -> None:
    assert judge(here, WEB.replace("plain", "!x {a: 1, a: 2}")).problems == [
        "web.yaml:15:44: duplicate key 'a'; first in line 15 []"
    ]


def test_a_request_in_yaml(here: Path) -> None:
    judged = judge_files(here, {"body.yaml": yaml.safe_dump(BODY).replace("ecs.g8i.8xlarge", "!Ref Type")})
    assert judged.problems == []
    assert "scaling_group.instance_types" in judged.facts.values()


def test_plans_have_no_tags(here: Path) -> None:
    plan = "apiVersion: eniplan/v1\nnodePools:\n- !a {name: trading}\n- name: !!binary aGk=\n"
    block = f"```yaml\n{plan}```\n"
    judged = judge_files(here, {"plan.yaml": plan, "README.md": block})
    assert judged.problems == [
        "README.md:4:3: the YAML tag '!a' has no meaning here [nodePools[0]]",
        "README.md:5:9: the YAML tag '!!binary' has no meaning here [nodePools[1].name]",
        "plan.yaml:3:3: the YAML tag '!a' has no meaning here [nodePools[0]]",
        "plan.yaml:4:9: the YAML tag '!!binary' has no meaning here [nodePools[1].name]",
    ]


MERGE = "<<: !include base.yaml"
MERGED_BODY = f"""\
nodepool_info: {{name: a}}
scaling_group:
  instance_types: [ecs.g8i.8xlarge]
kubernetes_config:
  labels: [{{key: {LABEL["key"]}, value: eniOnly}}]
"""


@pytest.mark.parametrize("merge", [MERGE, "<<: !reference [.base, x]", "<<: [{a: 1}, !include b]", "<<: !x {a: 1}"])
def test_what_another_program_merges_is_open(here: Path, merge: str) -> None:
    text = MERGED_BODY.replace("scaling_group:\n", f"scaling_group:\n  {merge}\n")
    judged = judge_files(here, {"a.yaml": text})
    assert judged.problems == []
    assert "the size of pool 'a'" in judged.facts
    text = MERGED_BODY.replace(f"labels: [{{key: {LABEL['key']}, value: eniOnly}}]", merge)
    judged = judge_files(here, {"a.yaml": text})
    assert list(judged.facts) == ["whether pool 'a' is an exclusive node pool"]
    text = f"{merge}\n" + MERGED_BODY.partition("kubernetes_config")[0]
    judged = judge_files(here, {"a.yaml": text})
    assert list(judged.facts) == ["whether pool 'a' is an exclusive node pool"]


@pytest.mark.parametrize("before", ["spec:\n  replicas", "    spec:\n      nodeSelector", "        - name: web"])
def test_pods_into_which_another_program_merges_are_open(here: Path, before: str) -> None:
    """What they say themselves still counts, and what they do not say may be anything."""
    head, _, last = before.rpartition("\n")
    indent = " " * (len(last) - len(last.lstrip(" -")))
    text = WEB.replace(last, f"{indent}{MERGE}\n{last}") if head else WEB.replace(last, f"{last}\n{indent}{MERGE}")
    assert MERGE in text
    judged = judge_files(here, {"a.yaml": text, "pool.json": BODY})
    assert judged.problems == []
    assert list(judged.facts) == ["where the pods of Deployment 'web' run, and how many there are"]


def test_pods_that_may_get_a_node_selector_by_a_merge_are_open(here: Path) -> None:
    plain = WEB.replace("      nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}\n", "")
    plain = plain.replace("{aliyun/eni: 1}", "{}").replace(", annotations: {eniplan.dev/node-pool: eni}", "")
    judged = judge_files(here, {"a.yaml": plain.replace("      containers:", f"      {MERGE}\n      containers:")})
    assert list(judged.facts) == ["where the pods of Deployment 'web' run, and how many there are"]
    assert judge_files(here, {"a.yaml": plain}).facts == {}


def test_a_pool_of_ros_into_which_another_program_merges(here: Path) -> None:
    text = """\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  P:
    Type: ALIYUN::CS::ClusterNodePool
    Properties:
      %s
"""
    for inner in (MERGE, "Fn::If: [A, {ClusterId: c}, {ClusterId: d}]"):
        judged = judge_files(here, {"a.yaml": text % inner})
        assert list(judged.facts) == ["whether pool 'P' is an exclusive node pool"]


def test_merges_that_are_none(here: Path) -> None:
    for merge in ("<<: text", "<<: !!binary text", "<<: [1]"):
        judged = judge_files(here, {"a.yaml": f"{merge}\n{MERGED_BODY}"})
        assert [problem.partition(": ")[2] for problem in judged.problems] == ["`<<` merges maps only []"]
    judged = judge_files(here, {"a.yaml": f"apiVersion: eniplan/v1\ncluster:\n  {MERGE}\n"})
    assert judged.problems == ["a.yaml:3:7: the YAML tag '!include' has no meaning here [cluster[\"<<\"]]"]


MERGED_POOLS = {
    "Pulumi": """\
name: a
runtime: yaml
resources:
  p: {type: "alicloud:cs:NodePool", properties: {<<: !include a, instanceTypes: [ecs.g8i.8xlarge]}}
""",
    "Crossplane": """\
apiVersion: cs.alibabacloud.crossplane.io/v1alpha1
kind: KubernetesNodePool
metadata: {name: p}
spec: {forProvider: {<<: !include a, instanceTypes: [ecs.g8i.8xlarge]}}
""",
    "Pulumi as a whole": """\
name: a
runtime: yaml
resources:
  p: {type: "alicloud:cs:NodePool", properties: !include a}
""",
    "Crossplane as a whole": """\
apiVersion: cs.alibabacloud.crossplane.io/v1alpha1
kind: KubernetesNodePool
metadata: {name: p}
spec: {forProvider: !include a}
""",
    "cluster": """\
cluster_type: ManagedKubernetes
nodepools:
  - {<<: !include a, nodepool_info: {name: p}, scaling_group: {instance_types: [ecs.g8i.8xlarge]}}
""",
}


@pytest.mark.parametrize("text", MERGED_POOLS.values(), ids=MERGED_POOLS)
def test_a_pool_into_which_another_program_merges_is_open(here: Path, text: str) -> None:
    (fact,) = judge_files(here, {"a.yaml": text}).facts
    assert fact.startswith("whether pool ")
    if "<<" in text:
        assert judge_files(here, {"a.yaml": text.replace("<<: !include a, ", "")}).facts == {}


def test_a_resource_of_ros_into_which_another_program_merges(here: Path) -> None:
    """A merge adds only what the resource does not have: neither its properties nor its type."""
    text = f"""\
ROSTemplateFormatVersion: '2015-09-01'
Resources:
  P:
    {MERGE}
    Type: ALIYUN::CS::ClusterNodePool
"""
    assert list(judge_files(here, {"a.yaml": text}).facts) == ["whether pool 'P' is an exclusive node pool"]
    inner = "{ScalingGroup: {InstanceTypes: [ecs.g7.2xlarge]}, KubernetesConfig: {Labels: [{Key: %s, Value: eniOnly}]}}"
    judged = judge_files(here, {"a.yaml": f"{text}    Properties: {inner % LABEL['key']}\n"})
    assert "ENI001" in judged.rules
    alone = f"{text}    Properties: {inner % LABEL['key']}\n"
    name = "{NodePoolInfo: {Name: p}, ScalingGroup"
    two = alone + alone.partition("Resources:\n")[2].replace("  P:", "  Q:", 1).replace(f"    {MERGE}\n", "")
    judged = judge_files(here, {"a.yaml": two.replace("{ScalingGroup", name)})
    assert "NP006" not in judged.rules  # the merge may give it a condition
    judged = judge_files(here, {"a.yaml": two.replace("{ScalingGroup", name).replace(f"    {MERGE}\n", "")})
    assert "NP006" in judged.rules
