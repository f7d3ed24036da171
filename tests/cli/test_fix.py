"""`check --fix` and `--diff`, as a process."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

BROKEN = """\
# The plan of trading.
apiVersion: eniplan/v1
cluster: {terway: {version: v1.16.4}}
nodePools:
  - name: trading
    instanceTypes: [ecs.g7.2xlarge]  # the usual one
    vSwitchIds: [vsw-j]
    desiredSize: 3
    labels:
      k8s.aliyun.com/exclusive-mode-eni-typ: 'enionly'  # the label
    taints: []
workloads:
  - {name: matcher, kind: Deployment, replicas: 2, nodePool: trading, tolerations: []}
"""
SAFE = (
    BROKEN
    .replace("eni-typ: 'enionly'", "eni-type: 'eniOnly'")
    .replace("taints: []", 'taints: [{key: exclusive-eni, value: "true", effect: NoSchedule}]')
    .replace(
        "tolerations: []", 'tolerations: [{key: exclusive-eni, operator: Equal, value: "true", effect: NoSchedule}]'
    )
)  # fmt: skip
UNSAFE = SAFE.replace("ecs.g7.2xlarge", "ecs.g7.3xlarge")


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A broken plan."""
    path = tmp_path / "plan.yaml"
    path.write_text(BROKEN)
    return path


def test_what_is_safe_is_written_and_told(run: Run, plan: Path) -> None:
    plan.chmod(0o640)
    before = run("check", plan.name, cwd=plan.parent)
    assert "[*] 2 fixable with `eniplan check --fix`; 1 more with --unsafe-fixes\n" in before.err
    assert [line.split()[2:4] for line in before.out.splitlines() if " [*] " in line] == [
        ["NP001", "[*]"],
        ["NP002", "[*]"],
    ]
    found = run("check", plan.name, "--fix", "--format", "json", cwd=plan.parent)
    assert (plan.read_text(), plan.stat().st_mode & 0o777) == (SAFE, 0o640)
    rules = [line.split()[2] for line in found.err.splitlines() if line.startswith("fixed plan.yaml:")]
    assert rules == ["NP001", "NP002", "WL001"]  # the taint asks for the toleration
    report = json.loads(found.out)
    assert (found.code, report["exitCode"]) == (1, 1)
    assert {f["rule"]: f["fixable"] for f in report["findings"]} == {"ENI001": "unsafe"}
    again = run("check", plan.name, "--fix", "--format", "json", cwd=plan.parent)
    assert (again.code, again.out, again.err, plan.read_text()) == (1, found.out, "", SAFE)


def test_another_type_is_taken_only_when_asked_for(run: Run, plan: Path) -> None:
    found = run("check", plan.name, "--fix", "--unsafe-fixes", cwd=plan.parent)
    assert (found.code, plan.read_text()) == (0, UNSAFE)


@pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")
def test_a_diff_is_what_fix_writes(run: Run, plan: Path) -> None:
    found = run("check", plan.name, "--diff", "--unsafe-fixes", cwd=plan.parent)
    assert (found.code, plan.read_text()) == (1, BROKEN)
    subprocess.run(["patch", "-s", "-p0"], cwd=plan.parent, input=found.out.encode(), check=True)  # noqa: S607
    assert plan.read_text() == UNSAFE


def test_a_diff_of_stdin(run: Run) -> None:
    found = run("check", "-", "--diff", stdin=BROKEN.encode())
    assert found.out.startswith("--- -\n+++ -\n")
    assert "\n+    taints: [{key: exclusive-eni" in found.out
    refused = run("check", "-", "--fix", stdin=BROKEN.encode())
    assert (refused.code, refused.out, "--diff prints what it would change" in refused.err) == (2, "", True)


def test_a_link_stays_one(run: Run, plan: Path) -> None:
    link = plan.parent / "link.yaml"
    link.symlink_to(plan)
    run("check", link, plan, "--fix")
    assert link.is_symlink()
    assert plan.read_text() == SAFE


def test_what_cannot_be_written_is_told(run: Run, plan: Path) -> None:
    """An anchor gives its value to a pool that is none of ours as well: that is for its author."""
    shared = BROKEN.replace("apiVersion", "x-old: &old {a: 1}\napiVersion").replace("taints: []", "taints: &none []")
    shared = shared.replace("x-old: &old {a: 1}\n", "").replace("tolerations: []", "tolerations: *none")
    plan.write_text(shared)
    found = run("check", plan.name, "--fix", cwd=plan.parent)
    assert "not fixed, fix it by hand: plan.yaml:11" in found.err
    assert plan.read_text() == shared.replace("eni-typ: 'enionly'", "eni-type: 'eniOnly'")


SHARED = BROKEN.replace("    desiredSize", "    securityGroupIds: &none []\n    desiredSize").replace(
    "tolerations: []", "tolerations: *none"
)
"""The fix of the taint asks for a toleration, which cannot be written into the anchor of something else."""


def test_a_fix_that_is_refused_does_not_keep_others_from_being_written(run: Run, plan: Path) -> None:
    wanted = SHARED.replace("eni-typ: 'enionly'", "eni-type: 'eniOnly'")
    for name in (plan.name, str(plan)):
        plan.write_text(SHARED)
        found = run("check", name, "--fix", cwd=plan.parent)
        assert f"not fixed, fix it by hand: {name}:12:13: NP002" in found.err
        assert plan.read_text() == wanted
    assert (
        "\n+      k8s.aliyun.com/exclusive-mode-eni-type: 'eniOnly'"
        in run("check", "-", "--diff", stdin=SHARED.encode()).out
    )


def test_an_error_may_become_a_warning(run: Run, plan: Path) -> None:
    """Without the toleration the pods never start; with it, they may start in the other pool as well."""
    pool = "    instanceTypes: [ecs.g8i.8xlarge]\n    vSwitchIds: [vsw-j]\n    desiredSize: 3\n"
    head, workloads = SAFE[: SAFE.index("  - name")], BROKEN[BROKEN.index("workloads:") :]
    text = f"{head}  - name: trading\n{pool}  - name: other\n{pool}{workloads}"
    plan.write_text(text)
    found = run("check", plan.name, "--fix", "--format", "json", cwd=plan.parent)
    assert plan.read_text() == text[: text.index("workloads:")] + SAFE[SAFE.index("workloads:") :]
    assert [(f["rule"], f["level"]) for f in json.loads(found.out)["findings"]] == [("WL020", "warning")]
    text = text.replace("desiredSize: 3\n", "desiredSize: 3\n    taints: []\n", 1)  # a warning, NP002
    plan.write_text(text)
    assert "not fixed, fix it by hand: plan.yaml:9:13: NP002" in run("check", plan.name, "--fix", cwd=plan.parent).err
    assert plan.read_text() == text


def test_files_beside_stdin_are_fixed(run: Run, plan: Path) -> None:
    other = SAFE.replace("trading", "streaming").replace("matcher", "player")
    found = run("check", "-", plan.name, "--fix", stdin=other.encode(), cwd=plan.parent)
    assert plan.read_text() == SAFE, found.err


def test_anchors_and_merges_are_followed(run: Run, plan: Path) -> None:
    text = BROKEN.replace("labels:\n      k8s", "labels: &ours\n      team: b\n      k8s").replace(
        "workloads:",
        "  - {name: other, instanceTypes: [ecs.g8i.8xlarge], vSwitchIds: [vsw-j], desiredSize: 1,\n"
        "     labels: {<<: *ours, team: a}}\nworkloads:",
    )
    plan.write_text(text)
    run("check", plan.name, "--fix", cwd=plan.parent)
    wanted = SAFE.replace("labels:\n      k8s", "labels: &ours\n      team: b\n      k8s").replace(
        "workloads:",
        "  - {name: other, instanceTypes: [ecs.g8i.8xlarge], vSwitchIds: [vsw-j], desiredSize: 1,\n"
        "     labels: {<<: *ours, team: a}}\nworkloads:",
    )
    assert plan.read_text() == wanted


def test_nothing_is_fixed_that_is_waived(run: Run, plan: Path) -> None:
    plan.write_text(BROKEN + "waivers:\n  - {rule: NP002, path: nodePools, reason: nobody else is here}\n")
    run("check", plan.name, "--fix", cwd=plan.parent)
    assert "taints: []" in plan.read_text()


@pytest.mark.parametrize(
    "args",
    [("--unsafe-fixes",), ("--fix", "--diff"), ("--diff", "--format", "json"), ("--fix", "--type", "ecs.g7.large")],
)
def test_words_that_do_not_go_together(run: Run, plan: Path, args: tuple[str, ...]) -> None:
    paths = () if "--type" in args else (plan,)
    found = run("check", *paths, *args)
    assert (found.code, plan.read_text()) == (2, BROKEN)


HCL = """\
variable "mode" { default = "enionly" }
resource "alicloud_cs_kubernetes_node_pool" "trading" {
  node_pool_name = "trading"
  vswitch_ids    = ["vsw-j"]
  instance_types = ["ecs.g8i.8xlarge"]
  labels {
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = VALUE
  }
}
"""


@pytest.mark.parametrize("name", ["pool.tf", "pool"])
@pytest.mark.parametrize(("value", "wanted"), [('"enionly"', '"eniOnly"'), ("var.mode", "var.mode")])
def test_hcl_is_fixed_where_the_resource_says_it(run: Run, tmp_path: Path, name: str, value: str, wanted: str) -> None:
    path = tmp_path / name
    path.write_text(HCL.replace("VALUE", value))
    assert run("check", path, "--diff").err.count("pass its facts with --cluster FILE") == 1
    found = run("check", path, "--fix")
    taint = '\n  taints {\n    key    = "exclusive-eni"\n    value  = "true"\n    effect = "NoSchedule"\n  }\n'
    assert path.read_text() == HCL.replace("VALUE", wanted).replace("  }\n}\n", "  }\n" + taint + "}\n")
    assert ("not fixed: " in found.err and "fix it by hand" in found.err) == (value == wanted)


TAINT = '{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}'
OTHER = '{"key": "a", "value": "b", "effect": "PreferNoSchedule"}'
LABEL = '{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "VALUE"}'


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (f'"labels": {LABEL}', f'"labels": {LABEL}, "taints": [{TAINT}]'),
        (f'"labels": [{LABEL}], "taints": {OTHER}', f'"labels": [{LABEL}], "taints": [{OTHER}, {TAINT}]'),
        (f'"taints": "${{var.taints}}", "labels": {LABEL}', None),
        (f'"dynamic": {{"taints": {{"for_each": [], "content": {OTHER}}}}}, "labels": {LABEL}', None),
    ],
)
@pytest.mark.parametrize("value", ["enionly", "${var.mode}"])
def test_json_syntax_is_fixed_where_the_resource_says_it(
    run: Run, tmp_path: Path, said: str, wanted: str | None, value: str
) -> None:
    right = value if "$" in value else "eniOnly"
    pool = '"node_pool_name": "trading", "vswitch_ids": ["vsw-j"], "instance_types": ["ecs.g8i.8xlarge"],\n\t'
    text = f'{{"variable": {{"mode": {{"default": "enionly"}}, "taints": {{"default": []}}}},\n"resource": {{\
"alicloud_cs_kubernetes_node_pool": {{"trading": [{{{pool}BODY}}]}}}}}}'
    path = tmp_path / "pool.tf.json"
    path.write_text(text.replace("BODY", said).replace("VALUE", value))
    found = run("check", path, "--fix")
    assert path.read_text() == text.replace("BODY", wanted or said).replace("VALUE", right)
    assert ("not fixed" in found.err) == (value == right or wanted is None)


PLAN_OF_TERRAFORM = {
    "format_version": "1.2", "planned_values": {},
    "resource_changes": [{
        "address": "alicloud_cs_kubernetes_node_pool.a", "mode": "managed", "type": "alicloud_cs_kubernetes_node_pool",
        "name": "a", "change": {"actions": ["create"], "before": None, "after_unknown": {}, "after": {
            "node_pool_name": "a", "vswitch_ids": ["vsw-j"], "instance_types": ["ecs.g8i.8xlarge"],
            "labels": [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "enionly"}],
        }},
    }],
}  # fmt: skip


def test_what_terraform_has_printed_is_changed_elsewhere(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN_OF_TERRAFORM))
    before = path.read_text()
    found = run("check", path.name, "--fix", cwd=tmp_path)
    assert (path.read_text(), "[*]" in found.out + found.err) == (before, False)
    lines = [line for line in found.err.splitlines() if line.startswith("not fixed: plan.json:1:")]
    assert [line.split()[3] for line in lines] == ["NP002", "NP001"]
    assert all(line.endswith(": this is Terraform output: change the .tf files") for line in lines)
    report = json.loads(run("check", path.name, "--format", "json", cwd=tmp_path).out)
    assert [finding["fixable"] for finding in report["findings"]] == [None, None]


ROS = """\
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Mode: {Type: String, Default: enionly}
Resources:
  Pool:
    Type: ALIYUN::CS::ClusterNodePool
    Properties:
      ClusterId: c123
      NodePoolInfo: {Name: a}
      ScalingGroup: {InstanceTypes: [ecs.g8i.8xlarge], VSwitchIds: [vsw-j], DesiredSize: 3}
      KubernetesConfig:
        Labels:
          - Key: k8s.aliyun.com/exclusive-mode-eni-type
            Value: VALUE
"""
TAINTS = '        Taints:\n          - Key: exclusive-eni\n            Value: "true"\n            Effect: NoSchedule\n'


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("enionly", "eniOnly"), ("{Ref: Mode}", ""), ("{'Fn::Join': ['', [eni, only]]}", ""), ("!Ref Mode", "")],
)
def test_ros_is_fixed_where_the_template_says_it(run: Run, tmp_path: Path, value: str, wanted: str) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(ROS.replace("VALUE", value))
    found = run("check", path, "--fix")
    assert path.read_text() == ROS.replace("VALUE", wanted or value) + TAINTS
    assert ("not fixed" in found.err) == (not wanted)


def test_a_part_of_a_body_that_stands_elsewhere_stays(run: Run, tmp_path: Path) -> None:
    """The shell puts the value of the label together: no place of it is the one to change."""
    labels = '"labels": [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eni\'"o"\'nly"}]'
    body = f'{{"nodepool_info": {{"name": "a"}}, "kubernetes_config": {{{labels}}}}}'
    text = f"aliyun cs POST /clusters/c1/nodepools --body '{body}'\n"
    path = tmp_path / "create.sh"
    path.write_text(text)
    found = run("check", path, "--fix")
    assert path.read_text() == text.replace(
        "}]}", '}], "taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}]}'
    )
    assert "not fixed, fix it by hand: " in found.err
