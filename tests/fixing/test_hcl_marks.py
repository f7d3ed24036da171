"""The mark of what can be fixed, where Terraform computes a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

POOL = """\
variable "v" {{ default = "enionly" }}
resource "alicloud_cs_kubernetes_node_pool" "p" {{
  node_pool_name = "p"
  vswitch_ids    = ["vsw-a"]
  instance_types = ["ecs.g8i.8xlarge"]
  desired_size   = 1
  labels {{
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = {value}
  }}
  {taints}
}}
"""
TAINT = 'taints {\n    key = "a"\n    value = "b"\n    effect = "NoSchedule"\n  }'
DYNAMIC = 'dynamic "taints" {\n    for_each = []\n    content {\n      key = "a"\n    }\n  }'


@pytest.mark.parametrize(
    ("value", "taints", "marked"),
    [
        ('"enionly"', TAINT, ["NP001"]),
        ("var.v", TAINT, []),
        ('"eniOnly"', "", ["NP002"]),
        ('"eniOnly"', DYNAMIC, []),
    ],
)
def test_only_what_stands_there_as_it_is_is_marked(
    run: Run, tmp_path: Path, value: str, taints: str, marked: list[str]
) -> None:
    (tmp_path / "main.tf").write_text(POOL.format(value=value, taints=taints))
    told = run("check", ".", cwd=tmp_path)
    assert [line.split()[2] for line in told.out.splitlines() if " [*] " in line] == marked
    assert ("fixable with `eniplan check --fix`" in told.err) == bool(marked)
    run("check", ".", "--fix", cwd=tmp_path)
    again = run("check", ".", cwd=tmp_path)
    assert "[*]" not in again.out
