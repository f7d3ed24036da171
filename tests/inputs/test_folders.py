"""`eniplan check` on a whole infrastructure repository, as a process."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from eniplan.plan.load import MAX_BYTES
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.rules.examples import example
from tests.inputs.support import ADDRESS, AFTER, BODY, CLUSTER, LABEL, RESOURCE, hcl, judge_files, terraform_plan, text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
REPOSITORY: dict[str, object] = {
    "eniplan.yaml": example({}),
    "terraform/main.tf": hcl('node_pool_name = "a"', 'instance_types = ["ecs.g7.2xlarge"]', "vswitch_ids = var.ids"),
    "terraform/variables.tf": 'variable "ids" {}\n',
    "terraform/.terraform/modules/x/main.tf": hcl('node_pool_name = "hidden"'),
    "terraform/plan.json": terraform_plan(AFTER | {"taints": []}),
    "terraform/shared.json": terraform_plan(AFTER | {"labels": []}),
    "bodies/trading.json": BODY,
    "manifests/web.yaml": DEPLOYMENT + "spec: {selector: {}, template: {spec: {containers: [{name: a}]}}}\n",
    "manifests/patch.yaml": DEPLOYMENT + "spec: {replicas: 3}\n",
    "manifests/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
    "chart/templates/web.yaml": DEPLOYMENT + "spec: {{ .Values.spec }}\n",
    "package.json": '{"name": "x"}',
    "node_modules/x/plan.json": example({}),
    ".git/config": "",
    ".hidden.yaml": example({}),
    "README.md": "# eniplan/v1",
    "notes.yaml": "about: eniplan/v1\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, value in REPOSITORY.items():
        (tmp_path / "infra" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "infra" / name).write_text(text(value), encoding="utf-8")
    with (tmp_path / "infra" / "huge.json").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    (tmp_path / "cluster.json").write_text(text({"cluster": CLUSTER}), encoding="utf-8")
    return tmp_path


def test_a_repository_is_judged_and_the_rest_is_told(run: Run, repository: Path) -> None:
    args = ("check", "infra", "--cluster", "cluster.json", "--format", "json", "--verbose")
    result = run(*args, cwd=repository)
    report = json.loads(result.out)
    assert result.code == 1
    assert {(f["rule"], f["file"]) for f in report["findings"]} == {
        ("NP002", "infra/terraform/plan.json"),
        ("NP002", "infra/terraform/main.tf"),
        ("ENI001", "infra/terraform/main.tf"),
    }
    assert report["problems"] == []
    stacks = ".tfcomponent.hcl, .tfstack.hcl"
    assert result.err.splitlines() == [
        "skipped infra/.git: a folder of tools",
        "skipped infra/node_modules: a folder of tools",
        "skipped infra/.hidden.yaml: a hidden file",
        f"skipped infra/README.md: not .yaml, .yml, .json, .tf, .tofu, terragrunt.hcl, {stacks}, .sh, .bash, .zsh",
        "skipped infra/huge.json: larger than 32 MiB; named on the command line it is read",
        "skipped infra/notes.yaml: not a plan: it has another apiVersion",
        "skipped infra/package.json: nothing that eniplan checks",
        "skipped infra/chart/templates/web.yaml: a template: render it first (helm template)",
        "skipped infra/manifests/patch.yaml: Deployment 'web': it is only a part (a patch?)",
        "skipped infra/manifests/service.yaml: nothing that eniplan checks",
        "skipped infra/terraform/.terraform: a folder of tools",
        f"skipped infra/terraform/shared.json: {ADDRESS}: it has no exclusive label",
        "skipped infra/terraform/variables.tf: no node pool in it",
        "skipped infra/manifests/web.yaml: Deployment 'web': its pods do not ask for exclusive nodes",
    ]
    assert run(*args, cwd=repository) == result


def test_without_verbose_nothing_is_said_of_the_rest(run: Run, repository: Path) -> None:
    result = run("check", "infra", "--cluster", "cluster.json", "--format", "json", cwd=repository)
    assert (result.code, result.err) == (1, "")
    assert len(json.loads(result.out)["pools"]) == 4


def test_a_folder_with_nothing_to_judge(run: Run, tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "main.tf").write_text("locals {}\n", encoding="utf-8")
    result = run("check", "infra", "-v", cwd=tmp_path)
    assert result.code == 3
    assert "skipped infra/main.tf: no node pool in it\n" in result.err
    assert "infra: error: no plan in this folder, and no other input with" in result.err


def test_a_folder_with_odd_files(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "infra"
    folder.mkdir()
    lingjun = {
        "nodepool_info": {"name": "ai", "type": "lingjun"},
        "kubernetes_config": {"labels": [LABEL]},
        "eflo_node_group": {"cluster_id": "i1", "group_id": "ng-1"},
    }
    (folder / "lingjun.json").write_text(text(lingjun), encoding="utf-8")
    (folder / "plan.json").write_text(text(terraform_plan(AFTER)), encoding="utf-16")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "other").symlink_to(tmp_path)
    result = run("check", "infra", "-v", "--format", "json", cwd=tmp_path)
    assert [pool["name"] for pool in json.loads(result.out)["pools"]] == ["ai", "trading"]
    assert result.err.startswith(
        "skipped infra/other: a link to a folder; named on the command line it is read\n"
        "skipped infra/pipe.yaml: not a regular file\n"
    )
    (folder / "gone.yaml").symlink_to("nowhere")
    result = run("check", "infra", cwd=tmp_path)
    assert (result.code, "infra/gone.yaml: error: this link is broken\n" in result.err) == (3, True)


@pytest.mark.parametrize(
    ("name", "content", "pipe"),
    [
        ("main.tf", hcl('node_pool_name = "a"'), "pipe.tf"),
        ("main.tf", hcl('node_pool_name = "a"'), "pipe.auto.tfvars"),
        ("Pulumi.yaml", {"resources": {"a": {"type": "alicloud:cs:NodePool", "properties": BODY}}}, "Pulumi.x.yaml"),
        ("kustomization.yaml", {"patches": [{"path": "p.yaml"}]}, "p.yaml"),
        ("terragrunt.hcl", f'include {{\n  path = "p.hcl"\n}}\ninputs = {{ x = "{EXCLUSIVE_LABEL}" }}\n', "p.hcl"),
    ],
)
def test_pipes_beside_an_input_are_not_read(run: Run, tmp_path: Path, name: str, content: object, pipe: str) -> None:
    (tmp_path / name).write_text(text(content), encoding="utf-8")
    os.mkfifo(tmp_path / pipe)
    assert run("check", name, cwd=tmp_path).code < 3


def test_what_is_skipped_and_names_the_label_is_always_told(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "infra"
    folder.mkdir()
    (folder / "body.json").write_text(text(BODY), encoding="utf-8")
    (folder / "cluster.json").write_text(text({"nodepools": [BODY]}), encoding="utf-8")
    (folder / "chart.yaml").write_text(f"{DEPLOYMENT}spec: {{{{ {EXCLUSIVE_LABEL} }}}}\n", encoding="utf-8")
    service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
    (folder / "rollout.yaml").write_text("kind: Rollout\nspec: {limits: {aliyun/eni: 1}}\n", encoding="utf-8")
    (folder / "two.yaml").write_text(
        f"{DEPLOYMENT}spec: {{replicas: 2}}\n{service}# {EXCLUSIVE_LABEL}\n", encoding="utf-8"
    )
    result = run("check", "infra", "--cluster", "cluster.yaml", cwd=tmp_path)
    assert result.code == 3
    (tmp_path / "cluster.yaml").write_text(text(CLUSTER), encoding="utf-8")
    result = run("check", "infra", "--cluster", "cluster.yaml", cwd=tmp_path)
    assert result.code == 0
    fact = "where the pods of file 'infra/chart.yaml' run, and how many there are is not known"
    chart = f"infra/chart.yaml: undecided ENI008, ENI012: {fact}"
    assert f"{chart}: a template: render it first (helm template)\n" in result.out
    assert result.err.splitlines()[:-1] == [
        f"skipped infra/cluster.json: these are live node pools, not a request; it names {EXCLUSIVE_LABEL}",
        "skipped infra/rollout.yaml: nothing that eniplan checks; it names aliyun/eni",
    ]


def test_files_of_an_evaluated_module_are_not_told_for_the_label(run: Run, tmp_path: Path) -> None:
    """Its variables and locals name it in files of their own. A call in a provisioner is not read, and told."""
    pool = hcl('node_pool_name = "p"').replace(f'"{EXCLUSIVE_LABEL}"', "var.key")
    script = f"aliyun cs POST /clusters/c1/nodepools --body '{json.dumps(BODY)}'"
    call = (
        f'resource "null_resource" "x" {{\n  provisioner "local-exec" {{\n    command = <<-E\n{script}\nE\n  }}\n}}\n'
    )
    files = {
        "main.tf": f'module "m" {{\n  source = "./m"\n  key = local.key\n}}\n{call}',
        "locals.tf": f'locals {{\n  key = "{EXCLUSIVE_LABEL}"\n}}\n',
        "m/main.tf": pool,
        "m/variables.tf": f'variable "key" {{\n  description = "such as {EXCLUSIVE_LABEL}"\n}}\n',
        "other/locals.tf": f'locals {{\n  key = "{EXCLUSIVE_LABEL}"\n}}\n',
        "stack.tf": f'resource "alicloud_ros_stack" "x" {{\n  template_body = "{EXCLUSIVE_LABEL}"\n}}\n',
    }
    for name, value in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(value, encoding="utf-8")
    result = run("check", ".", cwd=tmp_path)
    assert [line for line in result.err.splitlines() if line.startswith("skipped")] == [
        f"skipped ./stack.tf: no node pool in it; it names {EXCLUSIVE_LABEL}",
        f"skipped ./other/locals.tf: no node pool in it; it names {EXCLUSIVE_LABEL}",
        f"skipped ./main.tf: null_resource.x: it calls the CLI: write its script to a file; it names {EXCLUSIVE_LABEL}",
    ]
    assert "skipped ./m/variables.tf: no node pool in it\n" in run("check", ".", "-v", cwd=tmp_path).err


def test_files_that_other_programs_read_are_told_if_they_name_the_label(run: Run, tmp_path: Path) -> None:
    variable = 'variable "labels" {\n  default = {}\n}\n'
    pool = f"""resource "{RESOURCE}" "p" {{
  dynamic "labels" {{
    for_each = var.labels
    content {{
      key   = labels.key
      value = labels.value
    }}
  }}
}}
"""
    values = f'labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}\n'
    files = {
        "main.tf": pool + variable,
        "uat.tfvars": values,
        "env/prod.tfvars.json": text({"labels": {EXCLUSIVE_LABEL: ""}}),
    }
    files |= {"a.json.j2": f"# {EXCLUSIVE_LABEL}\n", "np.json.tpl": f"{{{EXCLUSIVE_LABEL}", "root.hcl": "inputs = {}\n"}
    for name, value in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(value, encoding="utf-8")
    unused = "no configuration uses these values of Terraform variables: pass them with --var-file"
    unused = f"{unused}; it names {EXCLUSIVE_LABEL}"
    other = f"another program reads or completes it; it names {EXCLUSIVE_LABEL}"
    told = {f"skipped ./{name}: {other}" for name in ("a.json.j2", "np.json.tpl")}
    result = run("check", ".", cwd=tmp_path)
    lines = {line for line in result.err.splitlines() if line.startswith("skipped")}
    assert lines == told | {f"skipped ./{name}: {unused}" for name in ("uat.tfvars", "env/prod.tfvars.json")}
    assert "skipped ./root.hcl: another program reads or completes it\n" in run("check", ".", "-v", cwd=tmp_path).err
    result = run("check", ".", "--var-file", "uat.tfvars", cwd=tmp_path)
    assert f"skipped ./env/prod.tfvars.json: {unused}" in result.err
    assert ("uat.tfvars" in result.err, f"{RESOURCE}.p" in result.out) == (False, True)
    (tmp_path / "env/prod.tfvars.json").rename(tmp_path / "a.auto.tfvars.json")
    assert "tfvars" not in run("check", ".", "--var-file", "uat.tfvars", cwd=tmp_path).err


def test_a_file_with_nothing_to_judge_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text(text(BODY | {"kubernetes_config": {}}), encoding="utf-8")
    result = run("check", "body.json", cwd=tmp_path)
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("nothing was judged: no exclusive node pool, and no pods for one; --verbose shows")


@pytest.mark.parametrize(
    "content", [f'# resource "{RESOURCE}" "a" {{}}\n', f'import {{\n  to = {RESOURCE}.a\n  id = "c:np"\n}}\n']
)
def test_terraform_that_only_mentions_a_pool_is_told(run: Run, tmp_path: Path, content: str) -> None:
    (tmp_path / "main.tf").write_text(content, encoding="utf-8")
    result = run("check", ".", cwd=tmp_path)
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("nothing was judged: no exclusive node pool, and no pods for one\n")


def test_a_large_file_that_is_named_is_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_text(text(BODY) + " " * MAX_BYTES, encoding="utf-8")
    result = run("check", "body.json", cwd=tmp_path)
    assert (result.code, "pool trading" in result.out) == (0, True)


def test_inputs_from_a_pipe(run: Run, repository: Path) -> None:
    for value, wanted in ((terraform_plan(AFTER), 0), (BODY, 0), (hcl('node_pool_name = "a"'), 1)):
        result = run("check", "-", "--cluster", "cluster.json", stdin=text(value).encode(), cwd=repository)
        assert (result.code, "error NP005" in result.out) == (wanted, bool(wanted))


def test_a_plan_from_a_pipe_beside_manifests(run: Run, repository: Path) -> None:
    plan = text(example({})).encode()
    manifest = repository / "pod.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
        "spec: {containers: [{name: a, resources: {limits: {aliyun/eni: 1}}}]}\n",
        encoding="utf-8",
    )
    result = run("check", "-", "pod.yaml", stdin=plan, cwd=repository)
    assert result.out.startswith("pod.yaml:4:7: error WL001 [*] Pod 'a' does not tolerate exclusive-eni=true")


def test_a_broken_file_is_an_error_where_it_names_ours(run: Run, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(hcl('node_pool_name = "a"'), encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("kind: Deployment\nkind: Deployment\n", encoding="utf-8")
    result = run("check", ".", cwd=tmp_path)
    assert result.code == 1
    assert "skipped 1 unreadable file that mentions nothing eniplan checks; --verbose shows why\n" in result.err
    assert "skipped ./broken.yaml: duplicate key 'kind'" in run("check", ".", "-v", cwd=tmp_path).err
    (tmp_path / "broken.yaml").write_text(f"kind: Deployment\nkind: {EXCLUSIVE_LABEL}\n", encoding="utf-8")
    assert run("check", ".", cwd=tmp_path).code == 3
    assert run("check", ".", "--exclude", "broken.yaml", cwd=tmp_path).code == 1


def test_a_fact_that_several_modules_leave_open_is_told_once(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(hcl('node_pool_name = "a"'), encoding="utf-8")
    one = json.loads(run("check", "a", "--format", "json", cwd=tmp_path).out)["undecided"]
    many = json.loads(run("check", ".", "--format", "json", cwd=tmp_path).out)["undecided"]
    assert one
    assert [(item["fact"], item["rules"]) for item in many] == [(item["fact"], item["rules"]) for item in one]
    assert all([place["file"] for place in item["others"]] == ["./b/main.tf", "./c/main.tf"] for item in many)
    assert all(item["hint"].endswith("the same for ./b/main.tf, ./c/main.tf") for item in many)


JOB = f"""\
job:
  script:
    - |
      aliyun cs POST /clusters/c1/nodepools --body '{json.dumps(BODY | {"kubernetes_config": {"labels": [LABEL]}})}'
"""


@pytest.mark.parametrize(
    "name", [".github/workflows/a.yml", ".gitlab-ci.yml", ".gitlab/ci/a.yml", ".circleci/config.yml", ".drone.yml"]
)
def test_the_hidden_files_of_a_ci_are_read(here: Path, name: str) -> None:
    judged = judge_files(here, {f"repo/{name}": JOB}, "repo")
    column = JOB.splitlines()[3].index('{"labels"') + 1
    assert judged.places == {"NP002": f"repo/{name}:4:{column} kubernetes_config.taints"}


@pytest.mark.parametrize(
    ("name", "first", "mode", "is_read"),
    [
        ("bin/create", "#!/usr/bin/env bash\n", 0o755, True),
        ("bin/create", "#!/usr/bin/env bash\n", 0o644, False),
        ("bin/create", "#!/usr/bin/env python3\n", 0o755, False),
        ("bin/create.txt", "#!/bin/sh\n", 0o755, False),
        ("create.zsh", "", 0o644, True),
    ],
)
def test_a_script_that_is_run_by_its_name_is_read(
    here: Path, name: str, first: str, mode: int, *, is_read: bool
) -> None:
    (here / "repo" / name).parent.mkdir(parents=True)
    call = JOB.splitlines()[3].strip()
    (here / "repo" / name).write_text(first + call, encoding="utf-8")
    (here / "repo" / name).chmod(mode)
    assert judge_files(here, {"repo/b.json": BODY}, "repo").rules == ({"NP002"} if is_read else set())


@pytest.mark.parametrize("name", [".terraform/pool.yml", ".cache/.github/pool.yml", ".gitlab-ci.d.yml", ".pool.yml"])
def test_other_hidden_files_are_not(here: Path, name: str) -> None:
    judged = judge_files(here, {f"repo/{name}": JOB}, "repo")
    assert (judged.rules, len(judged.problems)) == (set(), 1)


def test_the_jobs_of_a_ci_run_in_the_folder_of_the_repository(here: Path) -> None:
    job = "job:\n  script:\n    - aliyun cs POST /clusters/c1/nodepools --body file://pools/a.json\n"
    without = {**BODY, "kubernetes_config": {"labels": [LABEL]}}
    judged = judge_files(here, {"repo/.gitlab/pool.yml": job, "repo/pools/a.json": without}, "repo/.gitlab")
    assert judged.rules == {"NP002"}
