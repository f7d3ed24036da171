"""Inputs in the shapes in which people publish them, with what is right to say of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.inputs.spelling import camel
from eniplan.plan.fields import pascal
from eniplan.plan.model import EXCLUSIVE_LABEL, POOL_ANNOTATION
from tests.inputs.support import BODY, CLUSTER, RESOURCE, judge_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.inputs.support import Judged

FEW = "ecs.g7.2xlarge"
LABELS = f'labels {{\n    key   = "{EXCLUSIVE_LABEL}"\n    value = "eniOnly"\n  }}'


def open_of(judged: Judged, about: str) -> list[str]:
    """Return the hints of the open facts of a name, in whatever form of input."""
    words = {item.fact.replace("_", "").lower(): item.hint for item in judged.report.undecided}
    return [str(hint) for fact, hint in words.items() if about.replace("_", "").lower() in fact]


# --- vSwitches of the same configuration ------------------------------------------------------------------------

V_SWITCHES = f"""
variable "given" {{ default = [] }}
variable "none" {{ default = null }}
resource "alicloud_vswitch" "n" {{
  count   = 2
  zone_id = ["cn-hangzhou-h", "cn-hangzhou-i"][count.index]
}}
resource "alicloud_vswitch" "m" {{
  for_each = {{ h = "cn-hangzhou-h", i = "cn-hangzhou-i" }}
  zone_id  = each.value
}}
locals {{
  ids = {{ for k, v in alicloud_vswitch.m : k => v.id }}
  n   = alicloud_vswitch.n[*].id
}}
resource "alicloud_cs_managed_kubernetes" "c" {{
  version         = "1.31.1-aliyun.1"
  pod_vswitch_ids = local.n
}}
resource "{RESOURCE}" "e" {{
  node_pool_name = "e"
  cluster_id     = alicloud_cs_managed_kubernetes.c.id
  instance_types = ["{FEW}"]
  desired_size   = 1
  vswitch_ids    = %s
  {LABELS}
}}
"""
KNOWN = (
    'split(",", join(",", alicloud_vswitch.n.*.id))', "[for v in alicloud_vswitch.n : v.id]", "toset(local.n)",
    "values(alicloud_vswitch.m)[*].id", '[for k in ["h"] : alicloud_vswitch.m[k].id]', "flatten([local.n, [local.n]])",
    "concat(local.n, values(local.ids))", "compact(local.n)", "distinct(concat(local.n, local.n))", "try(local.n, [])",
    "slice(local.n, 0, 1)", "[element(local.n, 3)]", "coalescelist(var.given, local.n)", "[alicloud_vswitch.n.0.id]",
    "length(var.given) > 0 ? var.given : local.n", "[coalesce(var.none, local.n[0])]", '["${local.n[0]}"]',
    '[lookup(local.ids, "h", "")]', "[try(var.given[0], local.n[0])]", "[one([local.n[1]])]", "reverse(local.n)",
    '[for s in alicloud_vswitch.m : s.id if s.zone_id == "cn-hangzhou-h"]', "chunklist(local.n, 1)[0]",
)  # fmt: skip
"""Lists of ids that nobody knows yet, and of which it is known which they are."""
OPEN = (
    'split(",", local.n[0])', 'split("-", join(",", local.n))', '["${local.n[0]}-x"]', "[upper(local.n[0])]",
    "sort(local.n)", "tolist(toset(local.n))", "[for v in toset(local.n) : v]", '[join("", local.n)]',
    'local.n[0] == "vsw-1" ? local.n : [local.n[1]]', "[{ a = local.n[0] }[local.n[1]]]",
)  # fmt: skip


@pytest.mark.parametrize("ids", KNOWN)
def test_v_switches_that_are_made_beside_the_pool(here: Path, ids: str) -> None:
    judged = judge_files(here, {"main.tf": V_SWITCHES % ids}, cluster=None)
    assert (judged.problems, open_of(judged, "vSwitchIds of pool")) == ([], [])
    assert {item.fact.split()[-1][:17] for item in judged.report.undecided if "availableIps" in item.fact} == {
        "alicloud_vswitch."
    }


@pytest.mark.parametrize("ids", OPEN)
def test_what_is_made_of_an_id_is_no_id(here: Path, ids: str) -> None:
    judged = judge_files(here, {"main.tf": V_SWITCHES % ids}, cluster=None)
    assert (judged.problems, len(open_of(judged, "vSwitchIds of pool"))) == ([], 1)


# --- Modules that read their pools from somewhere -----------------------------------------------------------------

MODULE = f"""
variable "node_pools" {{
  type = list(object({{
    name           = string
    instance_types = list(string)
    zones          = list(string)
    size           = optional(number, 0)
    labels         = optional(map(string), {{}})
    taints         = optional(list(object({{ key = string, value = optional(string), effect = string }})), [])
  }}))
}}
variable "vsws" {{ type = map(string) }}
resource "{RESOURCE}" "this" {{
  for_each       = {{ for p in var.node_pools : p.name => p }}
  node_pool_name = substr("prod-${{each.key}}", 0, 63)
  instance_types = each.value.instance_types
  vswitch_ids    = [for z in each.value.zones : var.vsws[z]]
  desired_size   = each.value.size

  dynamic "labels" {{
    for_each = merge({{ pool = each.key }}, each.value.labels)
    content {{
      key   = labels.key
      value = labels.value
    }}
  }}
  dynamic "taints" {{
    for_each = each.value.taints
    iterator = t
    content {{
      key    = t.value.key
      value  = t.value.value
      effect = t.value["effect"]
    }}
  }}
}}
"""
CALL = f"""
module "pools" {{
  source = "./modules/node-pools"
  vsws   = {{ h = "vsw-j" }}
  node_pools = [
    {{ name = "default", instance_types = ["ecs.g7.xlarge"], zones = ["h"] }},
    {{
      name           = "multicast"
      instance_types = ["{FEW}"]
      zones          = ["h"]
      labels         = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}
      taints         = [{{ key = "exclusive-eni", effect = "NoSchedule" }}]
    }},
  ]
}}
"""


def test_a_module_with_a_list_of_pools(here: Path) -> None:
    judged = judge_files(here, {"main.tf": CALL, "modules/node-pools/main.tf": MODULE}, ".")
    assert (judged.problems, judged.rules, judged.facts) == ([], {"ENI001"}, {})
    assert [pool.name for pool in judged.report.pools] == ["prod-multicast"]
    assert str(judged.report.findings[0].hint).endswith("; the value comes from ./main.tf:5")


def test_pools_in_a_table_of_yaml(here: Path) -> None:
    table = f"pools:\n  - {{name: stream, exclusive: true, types: [{FEW}]}}\n  - {{name: web, exclusive: false}}\n"
    main = f"""
locals {{
  pools = {{ for p in yamldecode(file("${{path.module}}/pools.yaml")).pools : p.name => p }}
}}
resource "{RESOURCE}" "p" {{
  for_each       = local.pools
  node_pool_name = each.key
  vswitch_ids    = ["vsw-j"]
  instance_types = each.value.types
  desired_size   = lookup(each.value, "autoscaling", false) ? null : lookup(each.value, "size", 1)
  dynamic "labels" {{
    for_each = merge({{ a = "b" }}, each.value.exclusive ? {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }} : {{}})
    content {{
      key   = labels.key
      value = labels.value
    }}
  }}
  dynamic "taints" {{
    for_each = each.value.exclusive ? [1] : []
    content {{
      key    = "exclusive-eni"
      effect = "NoSchedule"
    }}
  }}
}}
"""
    judged = judge_files(here, {"main.tf": main, "pools.yaml": table}, ".")
    assert (judged.problems, judged.rules, judged.facts) == ([], {"ENI001"}, {})
    assert [pool.name for pool in judged.report.pools] == ["stream"]


# --- Words ------------------------------------------------------------------------------------------------------


def test_what_a_name_is_matters_only_to_what_names_it(here: Path) -> None:
    main = f"""
variable "env" {{}}
resource "{RESOURCE}" "eni" {{
  node_pool_name = "${{var.env}}-eni"
  vswitch_ids    = ["vsw-j"]
  instance_types = ["{FEW}"]
  desired_size   = 1
  {LABELS}
}}
"""
    judged = judge_files(here, {"main.tf": main})
    (gap,) = judged.report.undecided
    assert (gap.fact, set(gap.rules)) == (f"node_pool_name of pool '{RESOURCE}.eni'", {"NP003", "NP005", "NP006"})
    networking = (
        "apiVersion: network.alibabacloud.com/v1beta1\nkind: PodNetworking\nmetadata: {name: a}\n"
        "spec: {eniOptions: {eniType: ENI}, selector: {podSelector: {}}, vSwitchOptions: [vsw-j]}\n"
    )
    naming = networking.replace("{name: a}", f"{{name: a, annotations: {{{POOL_ANNOTATION}: prod-eni}}}}")
    for manifest, is_named in ((networking, False), (naming, True)):
        judged = judge_files(here, {"main.tf": main, "pn.yaml": manifest})
        (gap,) = [item for item in judged.report.undecided if item.fact.startswith("node_pool_name of")]
        assert ("NET001" in gap.rules) == is_named
    (said,) = [str(found.message) for found in judged.report.findings if found.rule.id == "PN010"]
    assert said == "PodNetworking 'a' leaves spec.securityGroupIDs to the cluster's defaults"


RUNBOOK = f"""# Runbook

```bash
export CLUSTER_ID=<your-cluster-id>
aliyun cs POST /clusters/%s/nodepools --region <region> --body '{{
  "nodepool_info": {{"name": "eni"}},
  "scaling_group": {{"instance_types": ["{FEW}"], "vswitch_ids": ["<vsw-id>"], "desired_size": 2}},
  "kubernetes_config": {{"labels": [{{"key": "{EXCLUSIVE_LABEL}", "value": "eniOnly"}}],
    "taints": [{{"key": "exclusive-eni", "effect": "NoSchedule"}}]}}
}}'
```

```hcl
resource "{RESOURCE}" "eni" {{
  # ...
  instance_types = ["{FEW}"]
  {LABELS}
  ...
}}
```
"""


@pytest.mark.parametrize("cluster", ["$CLUSTER_ID", "<cluster-id>", "${{CLUSTER_ID}}"])
def test_a_runbook_leaves_something_to_its_reader(here: Path, cluster: str) -> None:
    judged = judge_files(here, {"run.md": RUNBOOK % cluster})
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    assert open_of(judged, "vSwitchIds of pool") == ["<vsw-id>"]
    assert judged.skipped == [("run.md:13", "not valid HCL: its blocks were left out")]


def test_what_is_not_known_is_called_as_it_is_written(here: Path) -> None:
    main = f"""
variable "key" {{}}
data "alicloud_instance_types" "t" {{}}
resource "{RESOURCE}" "a" {{
  instance_types = [data.alicloud_instance_types.t.instance_types[0].id]
  {LABELS}
}}
resource "{RESOURCE}" "b" {{
  labels {{
    key = var.key
  }}
}}
"""
    judged = judge_files(here, {"main.tf": main})
    assert open_of(judged, "instanceTypes") == [
        "data.alicloud_instance_types.t.instance_types[0].id is read by Terraform"
    ]
    assert open_of(judged, "exclusive node pool") == ["its labels are not known: var.key has no value"]
    body = SCRIPT.replace("${POOL}", "$POOL-$zone")
    judged = judge_files(here, {"create.sh": body}, "create.sh")
    assert open_of(judged, "nodepool_info.name of pool 'eni-pool-$zone'") or open_of(
        judged, "name of pool '$POOL-$zone'"
    )


SCRIPT = f"""#!/usr/bin/env bash
set -euo pipefail
CLUSTER_ID="${{CLUSTER_ID:?CLUSTER_ID is required}}"
INSTANCE_TYPE=${{INSTANCE_TYPE:-"{FEW}"}}
POOL=${{POOL_NAME:-'eni-pool'}}

log() {{ echo "[$(date +%T)] $*"; }}

create_pool() {{
  local payload
  payload=$(cat <<JSON
{{"nodepool_info": {{"name": "${{POOL}}"}},
  "scaling_group": {{
    "instance_types": ["${{INSTANCE_TYPE}}"], "vswitch_ids": ["vsw-j"], "desired_size": ${{COUNT:-2}}}},
  "kubernetes_config": {{"labels": [{{"key": "{EXCLUSIVE_LABEL}", "value": "eniOnly"}}],
    "taints": [{{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}}]}}}}
JSON
)
  aliyun cs POST "/clusters/${{CLUSTER_ID}}/nodepools" --header "Content-Type=application/json" --body "$payload"
}}
create_pool
"""


def test_a_script_with_functions_and_defaults(here: Path) -> None:
    judged = judge_files(here, {"create.sh": SCRIPT})
    assert judged.places == {"ENI001": "create.sh:14:24 scaling_group.instance_types[0]"}
    assert str(judged.report.findings[0].hint).endswith("; the value comes from the default of INSTANCE_TYPE")
    assert [(pool.name, pool.nodes) for pool in judged.report.pools] == [("eni-pool", (2, 2))]
    assert judged.facts == {}
    in_markdown = judge_files(here, {"run.md": f"```sh\n{SCRIPT}```\n"}, "run.md")
    assert [finding.hint for finding in in_markdown.report.findings] == [judged.report.findings[0].hint]


# --- Labels and taints as maps ------------------------------------------------------------------------------------

AS_MAP = f"{{{EXCLUSIVE_LABEL}: eniOnly}}"
HCL_POOL = f"""
resource "{RESOURCE}" "e" {{
  node_pool_name = "e"
  instance_types = ["ecs.g8i.8xlarge"]
  vswitch_ids    = ["vsw-j"]
  desired_size   = 1
  %s
}}
"""
MAPS = {
    "main.tf": HCL_POOL % f'labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}',
    "var.tf": f'variable "l" {{ default = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }} }}' + HCL_POOL % "labels = var.l",
    "ros.yml": f"""ROSTemplateFormatVersion: '2015-09-01'
Resources:
  Pool:
    Type: ALIYUN::CS::ClusterNodePool
    Properties:
      ScalingGroup: {{VSwitchIds: [vsw-j], InstanceTypes: [ecs.g8i.8xlarge]}}
      KubernetesConfig: {{Labels: {AS_MAP}}}
""",
    "Pulumi.yaml": f"""runtime: yaml
resources:
  pool: {{type: "alicloud:cs:NodePool", properties: {{instanceTypes: [ecs.g8i.8xlarge], labels: {AS_MAP}}}}}
""",
    "crossplane.yaml": f"""kind: KubernetesNodePool
spec: {{forProvider: {{instanceTypes: [ecs.g8i.8xlarge], labels: {AS_MAP}}}}}
""",
}


@pytest.mark.parametrize("name", MAPS)
def test_labels_as_a_map_are_a_mistake_in_every_form(here: Path, name: str) -> None:
    judged = judge_files(here, {name: MAPS[name]})
    (problem,) = judged.problems
    assert "labels must be a list" in problem
    assert judged.report.exit_code == 3


def test_one_label_of_another_form(here: Path) -> None:
    label = f'[{{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}]'
    (problem,) = judge_files(here, {"main.tf": HCL_POOL % f"labels = {label}"}).problems
    assert problem == f"main.tf:7:13: a label must be {{key, value}}, both text [{RESOURCE}.e.labels[0]]"


def test_taints_as_a_map_are_a_mistake(here: Path) -> None:
    judged = judge_files(here, {"main.tf": HCL_POOL % f'{LABELS}\n  taints = {{ a = "b:NoSchedule" }}'})
    (problem,) = judged.problems
    assert problem.startswith("main.tf:11:12: 'taints' must be a list")


# --- References of Crossplane -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["vswitchIdRefs", "vswitchIdsRefs", "vswitchIdSelector", "vswitchIdsSelector"])
def test_ids_that_crossplane_fills_in_are_open(here: Path, key: str) -> None:
    pool = f"""kind: KubernetesNodePool
metadata: {{name: fast}}
spec:
  forProvider:
    nodePoolName: fast
    clusterIdRef: {{name: c}}
    instanceTypes: [ecs.g8i.8xlarge]
    {key}: [{{name: a}}]
    labels: [{{key: {EXCLUSIVE_LABEL}, value: eniOnly}}]
    taints: [{{key: a, value: b, effect: NoSchedule}}]
    %s
"""
    judged = judge_files(here, {"pool.yaml": pool % "desiredSize: 1"})
    assert (judged.problems, judged.rules, open_of(judged, f"{key} of pool")) == ([], set(), [key])
    (place,) = (item.place for item in judged.report.undecided if key in item.fact)
    assert (place.line, place.path) == (8, f"fast.{key}")
    judged = judge_files(here, {"pool.yaml": pool % "vswitchIds: [vsw-j]"})
    assert open_of(judged, "vSwitchIds of pool") == []


def test_an_unknown_v_switch_does_not_make_the_list_of_the_cluster_unknown(here: Path) -> None:
    hcl = HCL_POOL.replace('"vsw-j"', "%s") % ("var.id", LABELS)
    judged = judge_files(here, {"main.tf": hcl})
    (item,) = judged.report.undecided
    assert (item.fact, str(item.hint)) == ("vswitch_ids of pool 'e'", "var.id is not declared")
    assert {"NET001", "NET002"} <= {*item.rules}
    judged = judge_files(here, {"main.tf": hcl.replace("[var.id]", '[var.id, "vsw-x"]')})
    assert "cluster.vSwitches" in judged.facts


def test_a_file_that_terraform_reads_is_not_skipped(here: Path) -> None:
    pools = f"pools: [{{types: [{FEW}], key: {EXCLUSIVE_LABEL}}}]\n"
    hcl = HCL_POOL.replace('["ecs.g8i.8xlarge"]', 'yamldecode(file("${path.module}/pools.yaml")).pools[0].types')
    judged = judge_files(here, {"a/main.tf": hcl % LABELS, "a/pools.yaml": pools, "a/other.yaml": pools}, "a")
    assert "ENI001" in judged.rules
    assert [what for what, _ in judged.skipped] == ["a/other.yaml"]


# --- Numbers of pods that another program fills in ----------------------------------------------------------------

WORKLOAD = f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: %s
  selector: {{matchLabels: {{a: b}}}}
  template:
    metadata: {{labels: {{a: b}}}}
    spec:
      nodeSelector: {{{EXCLUSIVE_LABEL}: eniOnly}}
      tolerations: [{{operator: Exists}}]
      containers: [{{name: a, image: "${{IMAGE}}", args: ["${{A}}"], resources: {{limits: {{aliyun/eni: 1}}}}}}]
"""


@pytest.mark.parametrize("word", ["${REPLICAS}", "${REPLICAS:-3}", '"{{ replicas }}"'])
def test_replicas_that_flux_fills_in_are_open(here: Path, word: str) -> None:
    pool = HCL_POOL % f'{LABELS}\n  taints {{\n    key = "a"\n    effect = "NoSchedule"\n  }}'
    judged = judge_files(here, {"main.tf": pool, "web.yaml": WORKLOAD % word})
    assert (judged.problems, judged.rules) == ([], set())
    assert open_of(judged, "replicas of Deployment 'web'") == [word.strip('"')]
    assert judge_files(here, {"main.tf": pool, "web.yaml": WORKLOAD % 9}).rules == {"ENI008"}
    (problem,) = judge_files(here, {"main.tf": pool, "web.yaml": WORKLOAD % "three"}).problems
    assert "'replicas' must be a whole number" in problem


@pytest.mark.parametrize("labels", ["toset(local.labels)", "var.labels", "[for l in local.labels : l]"])
def test_blocks_of_a_set_of_objects(here: Path, labels: str) -> None:
    item = f'[{{ key = "team", value = "a" }}, {{ key = "{EXCLUSIVE_LABEL}", value = "eniOnly" }}]'
    head = f"""variable "labels" {{
  type    = set(object({{ key = string, value = string }}))
  default = {item}
}}
locals {{
  labels = {item}
}}
"""
    dynamic = f"""dynamic "labels" {{
    for_each = {labels}
    content {{
      key   = labels.value.key
      value = labels.value.value
    }}
  }}"""
    judged = judge_files(here, {"main.tf": head + (HCL_POOL % dynamic).replace("ecs.g8i.8xlarge", FEW)})
    assert (judged.problems, judged.rules, judged.facts) == ([], {"ENI001", "NP002"}, {})


# --- A replacement that Terraform creates first --------------------------------------------------------------------

FIRST = "lifecycle {\n    create_before_destroy = true\n  }"


@pytest.mark.parametrize(
    ("name", "lifecycle", "right"),
    [
        ('"a"', FIRST, True),
        ('"${var.env}-a"', FIRST, True),
        ('"a"', FIRST.replace("true", "false"), False),
        ('"a"', "lifecycle {\n    prevent_destroy = true\n  }", False),
        ('"a-${random_id.x.hex}"', FIRST, False),
        ("var.name", FIRST, False),
    ],
)
def test_a_replacement_of_the_same_name_is_told_before_it_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, lifecycle: str, *, right: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        'variable "env" { default = "prod" }\nvariable "name" {}\n'
        f'resource "{RESOURCE}" "p" {{\n  node_pool_name = {name}\n  {LABELS}\n  {lifecycle}\n}}\n'
    )
    judged = judge_files(tmp_path, {"main.tf": text})
    told = [(item.level, item.place.line) for item in judged.report.findings if item.rule.id == "NP006"]
    assert told == ([("warning", 4)] if right else [])


def test_json_says_the_same_of_a_replacement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    label = {"key": EXCLUSIVE_LABEL, "value": "eniOnly"}
    pool = {"node_pool_name": "a", "labels": label, "lifecycle": {"create_before_destroy": True}}
    judged = judge_files(tmp_path, {"main.tf.json": {"resource": {RESOURCE: {"p": pool}}}})
    assert "NP006" in judged.rules


@pytest.mark.parametrize(
    ("first", "second", "right"),
    [
        ("create_before_destroy = true", "ignore_changes = [tags]", True),
        ("ignore_changes = [tags]", "create_before_destroy = true", True),
        ("create_before_destroy = true", "create_before_destroy = false", False),
    ],
)
def test_an_override_file_changes_single_arguments_of_a_lifecycle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str, *, right: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    head = f'resource "{RESOURCE}" "p" {{\n  '
    files = {
        "main.tf": f'{head}node_pool_name = "a"\n  {LABELS}\n  lifecycle {{\n    {first}\n  }}\n}}\n',
        "a_override.tf": f"{head}lifecycle {{\n    {second}\n  }}\n}}\n",
    }
    assert ("NP006" in judge_files(tmp_path, files).rules) == right


# --- A size that Terraform leaves alone ----------------------------------------------------------------------------

MANY_PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: fast}
spec:
  replicas: 90
  selector: {matchLabels: {app: fast}}
  template:
    metadata: {labels: {app: fast}}
    spec:
      nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}
      tolerations: [{operator: Exists}]
      containers: [{name: a, resources: {limits: {aliyun/eni: 1}}}]
"""
_SCALED = "scaling_config {\n    min_size = 1\n    max_size = 3\n  }"


@pytest.mark.parametrize(
    ("size", "ignored", "kept"),
    [
        ("desired_size = 3", "[desired_size]", "desired_size"),
        ("desired_size = 3", "all", "desired_size"),
        (_SCALED, "[tags, scaling_config[0].max_size]", "scaling_config"),
        (_SCALED, "[tags, desired_size]", ""),
        ("desired_size = 3", "[tags]", ""),
    ],
)
def test_the_size_that_a_live_pool_keeps_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str, ignored: str, kept: str
) -> None:
    monkeypatch.chdir(tmp_path)
    lifecycle = f"lifecycle {{\n    ignore_changes = {ignored}\n  }}"
    text = (HCL_POOL % f"{LABELS}\n  {lifecycle}").replace("desired_size   = 1", size)
    judged = judge_files(tmp_path, {"main.tf": text, "pods.yaml": MANY_PODS})
    (hint,) = [str(item.hint) for item in judged.report.findings if item.rule.id == "ENI008"]
    told = f"; a live pool keeps its own {kept} (ignore_changes): `terraform show -json plan.out` has it"
    assert hint.endswith(told) if kept else "live pool" not in hint


# --- Requests in another case, and several in one file -------------------------------------------------------------

FAULTY = {**BODY, "scaling_group": {**BODY["scaling_group"], "instance_types": [FEW]}}


def cased(value: Any, case: Callable[[str], str]) -> Any:  # noqa: ANN401 - a request
    if isinstance(value, dict):
        return {case(key): cased(item, case) for key, item in value.items()}
    return [cased(item, case) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", [camel, pascal])
def test_a_request_in_another_case_is_judged_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Callable[[str], str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for paths in (("body.json",), (".",)):
        judged = judge_files(tmp_path, {"body.json": cased(FAULTY, case)}, *paths)
        assert judged.rules == {"ENI001", "NP018"}
        where = f"{case('scaling_group')}.{case('instance_types')}[0]"
        assert judged.places["ENI001"].endswith(where)
        hints = [str(item.hint) for item in judged.report.findings if item.rule.id == "NP018"]
        assert sorted(hints) == [f"did you mean {name!r}?" for name in sorted(BODY)]


def test_a_misspelt_field_is_not_taken_for_another_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    group = {**BODY["scaling_group"], "systemDiskSize": 120}
    judged = judge_files(tmp_path, {"body.json": {**BODY, "scaling_group": group}})
    assert judged.rules == {"NP018"}


@pytest.mark.parametrize("name", ["bodies.json", "bodies.yaml"])
def test_each_request_of_a_list_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    other = {**FAULTY, "nodepool_info": {"name": "other"}}
    judged = judge_files(tmp_path, {name: [BODY, other, {"about": EXCLUSIVE_LABEL}]}, name)
    assert [pool.name for pool in judged.report.pools] == ["trading", "other"]
    assert judged.places["ENI001"].endswith("[1].scaling_group.instance_types[0]")
    assert judged.skipped == [(f"{name}: [2]", "not a request for a node pool")]
    live = [{**BODY, "nodepool_info": {"name": "a", "nodepool_id": "np1"}}]
    assert "these are live node pools" in judge_files(tmp_path, {name: live}, name).problems[0]
    assert judge_files(tmp_path, {name: [{"about": EXCLUSIVE_LABEL}]}, name).report.exit_code == 3


@pytest.mark.parametrize("case", [str, camel])
def test_a_request_for_a_cluster_in_another_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Callable[[str], str]
) -> None:
    monkeypatch.chdir(tmp_path)
    addons = [{"name": "terway-eniip", "config": json.dumps({"NetworkPolicy": "true"}), "version": "v1.10.0"}]
    cluster = {"cluster_type": "ManagedKubernetes", "kubernetes_version": "1.28.3", "addons": addons}
    judged = judge_files(tmp_path, {"c.json": cased({**cluster, "nodepools": [FAULTY]}, case)}, cluster=None)
    assert {"ENI001", "TW001", "TW011"} <= judged.rules
    assert judged.places["TW011"].endswith(case("kubernetes_version"))


# --- Several inputs for one cluster --------------------------------------------------------------------------------

ID = "c0123456789abcdef0123456789abcdef"


def of_cluster(name: str = "p", cluster: str = f'"{ID}"', more: str = "") -> str:
    return (
        f'resource "{RESOURCE}" "p" {{\n  node_pool_name = "{name}"\n  cluster_id = {cluster}\n'
        f'  instance_types = ["ecs.g8i.8xlarge"]\n  vswitch_ids = ["vsw-j"]\n  desired_size = 300\n'
        f"  {LABELS}\n{more}}}\n"
    )


def crossplane(name: str) -> dict[str, Any]:
    labels = [{"key": EXCLUSIVE_LABEL, "value": "eniOnly"}]
    provider = {"nodePoolName": "p", "clusterId": ID, "labels": labels}
    kind = {"apiVersion": "cs.alibabacloud.crossplane.io/v1", "kind": "KubernetesNodePool"}
    return {**kind, "metadata": {"name": name}, "spec": {"forProvider": provider}}


TERRAGRUNT = 'terraform {\n  source = "../mod"\n}\n'
PLANNED = {"cluster_id": ID, "node_pool_name": "p", "labels": [{"key": EXCLUSIVE_LABEL, "value": "eniOnly"}]}


def planned(name: str) -> dict[str, Any]:
    change = {"actions": ["create"], "after": PLANNED, "after_unknown": {"id": True}}
    resource = {"address": f"{RESOURCE}.{name}", "mode": "managed", "type": RESOURCE, "change": change}
    return {"format_version": "1.2", "resource_changes": [resource]}


@pytest.mark.parametrize(
    "files",
    [
        {"a/main.tf": of_cluster(), "b/main.tf": of_cluster()},
        {"mod/main.tf": of_cluster(), "a/terragrunt.hcl": TERRAGRUNT, "b/terragrunt.hcl": TERRAGRUNT},
        {"mod/main.tf": of_cluster(), **{f"{n}/main.tf": 'module "m" {\n  source = "../mod"\n}\n' for n in "ab"}},
        {"a/plan.json": planned("x"), "b/plan.json": planned("y")},
        {"a.yaml": crossplane("x"), "b.yaml": crossplane("y")},
    ],
)
def test_several_inputs_that_name_one_cluster_are_checked_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    judged = judge_files(tmp_path, files, ".")
    assert [item.rule.id for item in judged.report.findings].count("NP006") == 1


def test_their_addresses_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    judged = judge_files(tmp_path, {"a/main.tf": of_cluster("p"), "b/main.tf": of_cluster("q")}, ".")
    assert "NET002" in judged.rules
    assert "NP006" not in judged.rules
    assert [zone.pools for zone in judged.report.zones] == [("p", "q")]


@pytest.mark.parametrize(
    "files",
    [
        {"a/main.tf": of_cluster(), "b/main.tf": of_cluster(cluster='"c9123456789abcdef0123456789abcdef"')},
        {"a/main.tf": of_cluster(), "b/main.tf": of_cluster(cluster="var.id")},
        {"a/main.tf": of_cluster(), "plan.json": planned("p")},
        {"a/main.tf": of_cluster(), "README.md": f"```hcl\n{of_cluster()}```\n"},
        {"a/main.tf": of_cluster(), "b/main.tf": of_cluster(more="  count = var.n\n")},
    ],
)
def test_what_may_be_another_cluster_or_the_same_pool_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "NP006" not in judge_files(tmp_path, files, ".").rules


def test_what_leaves_its_cluster_open_is_not_compared_because_of_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {f"{name}/main.tf": 'variable "id" {}\n' + of_cluster(cluster="var.id") for name in ("dev", "prod")}
    assert "NP006" not in judge_files(tmp_path, files, ".", cluster={**CLUSTER, "id": ID}).rules


def test_a_pod_networking_for_several_of_them_is_one_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    selector = {"podSelector": {"matchLabels": {"a": "b"}}}
    spec = {"vSwitchOptions": ["vsw-j"], "securityGroupIDs": ["sg-pods"], "selector": selector}
    networking = {"apiVersion": "network.alibabacloud.com/v1beta1", "kind": "PodNetworking", "spec": spec}
    files = {
        "a/main.tf": of_cluster("p"),
        "b/main.tf": of_cluster("q"),
        "n.json": {**networking, "metadata": {"name": "n"}},
    }
    assert "PN011" not in judge_files(tmp_path, files, ".").rules


# --- Labels of which only a part is known --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "right"),
    [
        ("merge(var.more, { %s })", True),
        ("merge(var.more, { a = 1 }, { %s })", True),
        ("local.labels", True),
        ("merge({ %s }, var.more)", False),
        ("merge(var.more, { a = 1 })", False),
        ("merge([var.more, { %s }]...)", False),
    ],
)
def test_what_is_laid_over_unknown_labels_is_certain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, labels: str, *, right: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    entry = f'"{EXCLUSIVE_LABEL}" = "eniOnly"'
    each = labels.replace("%s", entry)
    text = (
        f'variable "more" {{ type = map(string) }}\nlocals {{\n  labels = merge(var.more, {{ {entry} }})\n}}\n'
        f'resource "{RESOURCE}" "p" {{\n  node_pool_name = "p"\n  instance_types = ["{FEW}"]\n'
        f'  dynamic "labels" {{\n    for_each = {each}\n    content {{\n      key = labels.key\n'
        "      value = labels.value\n"
        "    }\n  }\n}\n"
    )
    judged = judge_files(tmp_path, {"main.tf": text})
    assert ("ENI001" in judged.rules) == right
    assert right or any("ENI001" in item.rules for item in judged.report.undecided)


def test_a_pool_of_which_nothing_is_known_waits_for_every_rule_about_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    change = {"actions": ["create"], "after": {}, "after_unknown": True}
    resource = {"address": f"{RESOURCE}.p", "mode": "managed", "type": RESOURCE, "change": change}
    module = f'module "m" {{\n  source = "x/y/z"\n  labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}\n}}\n'
    for files in ({"p.json": {"format_version": "1.2", "resource_changes": [resource]}}, {"main.tf": module}):
        (item,) = judge_files(tmp_path, files).report.undecided
        assert {"NP001", "ENI001", "NET001", "NP005"} <= {*item.rules}


@pytest.mark.parametrize("transform", ["Aliyun::OpenTofu-v1.8", ["Aliyun::Terraform-v1.5"]])
def test_terraform_inside_a_ros_template_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, transform: object
) -> None:
    monkeypatch.chdir(tmp_path)
    pool = f'resource "{RESOURCE}" "p" {{\n  instance_types = ["{FEW}"]\n  {LABELS}\n}}\n'
    head = {"ROSTemplateFormatVersion": "2015-09-01", "Transform": transform}
    judged = judge_files(tmp_path, {"t.json": {**head, "Workspace": {"main.tf": pool}}})
    assert "ENI001" in judged.rules


@pytest.mark.parametrize(("size", "right"), [('"2xlarge"', True), ("var.size", False)])
def test_templates_that_are_not_in_files_are_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str, *, right: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        'variable "size" {}\nlocals {\n  type = "ecs.g7.$${size}"\n}\n'
        f'resource "{RESOURCE}" "p" {{\n  instance_types = [templatestring(local.type, {{ size = {size} }})]\n'
        f"  {LABELS}\n}}\n"
    )
    assert ("ENI001" in judge_files(tmp_path, {"main.tf": text}).rules) == right
