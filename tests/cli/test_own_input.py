"""Outputs never take the place of an input, by whatever name it is reached; a link is written through."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Run

REFUSED = "error: this is an input of the run, so it was not overwritten"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    copy = tmp_path / "plan.yaml"
    shutil.copy(EXAMPLES / "trading-ipv4.yaml", copy)
    return copy


def same(plan: Path, _: Path) -> Path:
    return plan


def by_symlink(plan: Path, other: Path) -> Path:
    other.symlink_to(plan)
    return other


def by_hard_link(plan: Path, other: Path) -> Path:
    os.link(plan, other)
    return other


@pytest.mark.parametrize("name", [same, by_symlink, by_hard_link])
@pytest.mark.parametrize(
    "words", ["check . --output json=", "check plan.yaml --output json=", "create-pool plan.yaml --out "]
)
def test_an_input_stays(run: Run, plan: Path, words: str, name: Callable[[Path, Path], Path]) -> None:
    before = plan.read_bytes()
    output = name(plan, plan.parent / "link.txt")
    result = run(*f"{words}{output}".split(" "), cwd=plan.parent)
    assert result.code == 3
    assert REFUSED in result.err
    assert plan.read_bytes() == before


POOL = """
variable "types" { type = list(string) }
resource "alicloud_cs_kubernetes_node_pool" "a" {
  node_pool_name = "a"
  instance_types = var.types
  labels {
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = "eniOnly"
  }
}
"""
BODY = '{"nodepool_info": {"name": "a"}, "scaling_group": {"instance_types": ["ecs.g8i.8xlarge"]}}'
CREATE = "aliyun cs POST /clusters/c1/nodepools --body file://body.json\n"
VALUES = 'types = ["ecs.g8i.8xlarge"]\n'


@pytest.mark.parametrize(
    ("words", "name", "content"),
    [
        ("check plan.yaml --waivers w.yaml", "w.yaml", "waivers: []\n"),
        ("check plan.yaml --waivers w.yaml", "w.yaml", "waivers: [\n"),
        ("check plan.yaml --specs s.json", "s.json", '{"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 8}'),
        ("check tf --cluster c.yaml", "c.yaml", "ipStack: ipv4\n"),
        ("check tf --var-file v.tfvars", "v.tfvars", VALUES),
        ("check tf", "tf/main.tf", POOL),
        ("check tf/main.tf", "tf/other.tf", "locals {}\n"),
        ("check tf", "tf/terraform.tfvars", VALUES),
        ("check tf", "tf/a.auto.tfvars.json", '{"types": ["ecs.g8i.8xlarge"]}'),
        ("check create.sh", "body.json", BODY),
    ],
)
def test_whatever_a_run_goes_by_is_an_input(run: Run, plan: Path, words: str, name: str, content: str) -> None:
    (plan.parent / "tf").mkdir()
    (plan.parent / "tf" / "main.tf").write_text(POOL)
    (plan.parent / "create.sh").write_text(CREATE)
    file = plan.parent / name
    file.write_text(content)
    result = run(*words.split(), "--output", f"json={name}", cwd=plan.parent)
    assert result.code == 3
    assert f"{name}: {REFUSED}" in result.err
    assert file.read_text() == content


def test_rendered_files_are_written_all_or_none(run: Run, plan: Path) -> None:
    folder = plan.parent / "out"
    assert run("render-manifests", plan.name, "--out-dir", "out", cwd=plan.parent).code == 0
    first = min(folder.iterdir())
    first.unlink()
    os.link(plan, first)
    others = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    result = run("render-manifests", plan.name, "--out-dir", "out", cwd=plan.parent)
    assert result.code == 3
    assert REFUSED in result.err
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == others


def test_the_report_of_a_folder_may_be_written_again(run: Run, plan: Path) -> None:
    for _ in range(2):
        assert run("check", ".", "--output", "json=report.json", cwd=plan.parent).code == 0


def test_a_link_is_written_through(run: Run, plan: Path) -> None:
    report, link = plan.parent / "kept" / "report.json", plan.parent / "report.json"
    report.parent.mkdir()
    link.symlink_to(report)  # leads nowhere yet
    for _ in range(2):
        assert run("check", plan.name, "--output", f"json={link}", cwd=plan.parent).code == 0
        assert link.is_symlink()
        assert json.loads(report.read_text())["exitCode"] == 0
