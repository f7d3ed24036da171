"""Whatever an input holds, it is judged as far as it can be, or told to be wrong; never is a fault of eniplan's own."""

from __future__ import annotations

import copy
import json
import os
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.rules.examples import example
from tests.inputs.support import AFTER, BODY, RESOURCE, hcl, judge_files, terraform_plan
from tests.inputs.test_manifests import networking, policy, pool, workload
from tests.plans import ANYTHING, at_path, places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLAN = terraform_plan(
    AFTER | {"scaling_config": [{"enable": True}], "eflo_node_group": [{"group_id": "a"}], "type": "lingjun"},
    actions=["update"],
    before=AFTER,
    after_unknown={"vswitch_ids": [True], "labels": [{"value": True}]},
) | {
    "configuration": {
        "root_module": {
            "module_calls": {
                "ack": {"module": {"resources": [{"address": f"{RESOURCE}.eni", "expressions": {"labels": [{}]}}]}}
            }
        }
    }
}
OBJECTS = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        networking(selector={"podSelector": {"matchLabels": {"a": "b"}}, "namespaceSelector": {}}),
        policy(podSelector={}),
        workload(
            labels={"a": "b"},
            notes={"eniplan.dev/node-pool": "trading"},
            nodeSelector={"team": "a"},
            affinity={
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "team", "operator": "In", "values": ["c"]}]}
                        ]
                    }
                }
            },
        ),
    ],
}
SEEDS: dict[str, Any] = {
    "body": BODY,
    "plan": PLAN,
    "objects": OBJECTS,
    "json": {"resource": {RESOURCE: {"eni": AFTER}}},
}


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[Path]:
    """Work in a folder of this module's own: hypothesis has one for each example otherwise."""
    from pathlib import Path as Folder  # noqa: PLC0415 - only a name for types elsewhere

    before = os.getcwd()  # noqa: PTH109 - it is given back as it is
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        yield Folder(name)
        os.chdir(before)


@st.composite
def mutated(draw: st.DrawFn) -> Any:  # noqa: ANN401 - what comes out may be anything
    """Return an input in which one to three places were replaced or removed."""
    value = copy.deepcopy(draw(st.sampled_from(list(SEEDS.values()))))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([place for place in places(value) if place] or [()]))
        if not path:
            continue
        inner = at_path(value, path[:-1])
        if draw(st.booleans()):
            inner[path[-1]] = copy.deepcopy(draw(ANYTHING | st.sampled_from([AFTER, [], {}, [None], [{}], "${var.x}"])))
        else:
            del inner[path[-1]]
    return value


@given(value=mutated())
@settings(max_examples=60)
def test_any_json_is_judged_or_told(folder: Path, value: Any) -> None:  # noqa: ANN401 - may be anything
    files: dict[str, object] = {"input.json": json.dumps(value, indent=1), "pool.json": pool(team="a")}
    judged = judge_files(folder, files | {"plan.json": example({})})
    assert bool(judged.problems) == (judged.report.exit_code == 3)
    assert all(finding.place.line > 0 for finding in judged.report.findings)
    assert all(problem.place.line > 0 for problem in judged.report.problems)
    assert "Secret" not in repr(judged.report)
    again = judge_files(folder, files | {"plan.json": example({})})
    assert repr(again.report.findings) == repr(judged.report.findings)


HCL = hcl(
    'node_pool_name = "a"',
    'instance_types = ["ecs.g7.2xlarge", var.x]',
    'tags = { a = "${b}" }',
    'dynamic "taints" {',
    "  for_each = []",
    "}",
    "user_data = <<EOT\n x\nEOT",
)


@given(st.integers(0, len(HCL)), st.integers(0, 12), st.text('{}[]"=\\$%#/<>\n a1.,?:é\x00\ufeff', max_size=4))
@settings(max_examples=60)
def test_any_hcl_is_judged_or_told(folder: Path, at: int, cut: int, more: str) -> None:
    judged = judge_files(folder, {"main.tf": HCL[:at] + more + HCL[at + cut :]})
    assert bool(judged.problems) == (judged.report.exit_code == 3)
    assert len(judged.problems) <= 1 or "must" in judged.problems[0]


BYTES = {
    b"\x00\x01resource": "this is a binary file, not YAML or JSON",
    b"\xff\xfe": "the file is empty",
    b"\xff\xfe{": "byte 0xff is not UTF-8",
    b"resource_changes: [": "not valid YAML: this bracket is never closed",
    b'{"resource_changes": [': "not valid ",
    b"kind: Deployment\nkind: Job\n": "duplicate key 'kind'",
    hcl().encode() + b"\xff": "byte 0xff is not UTF-8",
}


@pytest.mark.parametrize("name", ["input.yaml", "input.json"])
@pytest.mark.parametrize("data", BYTES)
def test_bytes_that_are_no_input(folder: Path, name: str, data: bytes) -> None:
    (folder / name).write_bytes(data)
    judged = judge_files(folder, {}, name)
    assert BYTES[data] in judged.problems[0]
    assert judged.report.exit_code == 3


@pytest.mark.parametrize("paths", [("pool.tf",), (".",)])
@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le"])
def test_terraform_in_another_encoding_is_told_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, paths: tuple[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pool.tf").write_bytes(hcl().encode(codec))
    judged = judge_files(tmp_path, {}, *paths)
    assert judged.problems[-1].endswith("pool.tf: this file is UTF-16, not UTF-8 []")
    assert judged.report.exit_code == 3


def test_a_byte_order_mark_is_no_harm(folder: Path) -> None:
    (folder / "bom.tf").write_bytes(b"\xef\xbb\xbf" + hcl('node_pool_name = "a"').encode())
    assert judge_files(folder, {}, "bom.tf").rules == {"NP002", "NP005"}


@pytest.mark.parametrize("name", ["plan.txt", "plan.yaml"])
@pytest.mark.parametrize("program", ["Terraform", "\x1b[1mOpenTofu"])
def test_the_text_of_a_terraform_plan_is_told_by_its_name(folder: Path, name: str, program: str) -> None:
    text = f"Used\n{program} will perform the following actions:\n\n  # {RESOURCE}.eni is created\n  + a: b: c\n"
    judged = judge_files(folder, {name: text})
    assert judged.problems == [f"{name}: this is the text of a Terraform plan, for people []"]
    assert judged.report.problems[0].hint == "pass the output of `terraform show -json plan.out`"
