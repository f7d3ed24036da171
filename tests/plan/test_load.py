"""Whatever a plan holds, it is judged as far as it can be, and never ends in a fault of eniplan's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator

from eniplan.plan.document import read_documents
from eniplan.plan.load import LoadedPlan, load, load_document, plans_of
from eniplan.plan.schema import SCHEMA
from eniplan.report import json_format, plain
from eniplan.rules.examples import POD_NETWORKING, WORKLOAD
from tests.judge import judge, judge_plan
from tests.plans import SMALLEST, VALID, mutated

if TYPE_CHECKING:
    from pathlib import Path

JUDGE = Draft7Validator(SCHEMA)


@given(VALID)
@settings(max_examples=40)
def test_every_plan_of_the_right_form_is_judged(plan: dict[str, Any]) -> None:
    report = judge_plan(plan)
    assert report.problems == ()
    assert report.exit_code in (0, 1)
    assert len(report.pools) == len(plan["nodePools"])
    json.loads(json_format.write(report))
    plain.write(report)
    for finding in report.findings:
        assert finding.place.line > 0
        # What a finding compares is known: no value of ours shows through where a number is missing.
        assert "None" not in finding.message


@given(mutated())
@settings(max_examples=60)
def test_every_other_plan_is_judged_as_far_as_it_fits(plan: Any) -> None:  # noqa: ANN401 - may be anything
    (document,) = read_documents("plan.json", json.dumps(plan).encode())
    loaded = load_document(document)
    assert bool(loaded.problems) == (not JUDGE.is_valid(plan))
    report = judge_plan(plan)
    assert (report.exit_code == 3) == bool(loaded.problems)
    assert [problem for problem in report.problems if problem.place.line < 1] == []
    assert len(set(report.problems)) == len(report.problems)
    told = {problem.place.path for problem in report.problems}
    # What did not fit has been told once; nobody complains about it a second time, or that it is missing.
    assert told.isdisjoint({finding.place.path for finding in report.findings})
    assert told.isdisjoint({item.place.path for item in report.undecided})
    json.loads(json_format.write(report))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"nodePools[0].instanceTypes": ["ecs.g8i.8xlarge", 7]}, "nodePools[0].instanceTypes"),
        ({"nodePools[0].vSwitchIds": [7]}, "nodePools[0].vSwitchIds"),
        ({"nodePools[0].taints": ["a=b:NoSchedule"]}, "nodePools[0].taints"),
        ({"cluster.podDefaults.securityGroupIds": [7]}, "cluster.podDefaults.securityGroupIds"),
        ({"podNetworkings": [{**POD_NETWORKING, "nodePools": [7]}]}, "podNetworkings[0].nodePools"),
        ({"podNetworkings": [{**POD_NETWORKING, "vSwitchIds": ["<id>"]}]}, "podNetworkings[0].vSwitchIds"),
        ({"workloads": [{**WORKLOAD, "tolerations": [7]}]}, "workloads[0].tolerations"),
    ],
)
def test_a_list_with_one_wrong_item_is_not_called_empty(changes: dict[str, Any], path: str) -> None:
    report = judge(changes)
    assert [problem.place.path.rpartition("[")[0] for problem in report.problems] == [path]
    assert [finding.place.path for finding in report.findings] == []


@pytest.mark.parametrize(("key", "wrong"), [("nodePools", "nodepools"), ("name", "nme"), ("apiVersion", "apiversion")])
def test_a_misspelt_key_is_told_once(key: str, wrong: str) -> None:
    text = json.dumps(SMALLEST).replace(f'"{key}"', f'"{wrong}"', 1)
    (document,) = read_documents("plan.json", text.encode())
    told = [f"{problem.message} {problem.hint}" for problem in load_document(document).problems]
    assert told == [f"unknown key {wrong!r} did you mean {key!r}?"]


@pytest.mark.parametrize(
    ("name", "text", "is_told"),
    [
        ("main.tf", "locals {}\n", True),
        ("pool.sh", "aliyun cs POST /clusters/c1/nodepools\n", True),
        ("body.json", '{"nodepool_info": {"name": "a"}, "scaling_group": {}}', True),
        ("plan.json", '{"format_version": "1.2", "resource_changes": []}', True),
        ("pod.yaml", "apiVersion: v1\nkind: Pod\n", True),
        ("plan.yaml", "nodePools: []\n", False),
        ("plan.yaml", "apiVersion: eniplan/v2\nnodePool: []\n", False),
        ("plan.yaml", "[]\n", False),
        ("plan.yaml", "{}\n", False),
    ],
)
def test_an_input_of_another_command_is_told_at_once(tmp_path: Path, name: str, text: str, *, is_told: bool) -> None:
    (tmp_path / name).write_text(text)
    _, problems = plans_of(load([str(tmp_path / name)]))
    assert ([problem.message for problem in problems] == ["this is no plan"]) == is_told


class TestInputs:
    def names(self, *paths: Path) -> list[str]:
        """Return the first pool's name of every plan found."""
        found = [item for item in load(map(str, paths)) if isinstance(item, LoadedPlan)]
        return [item.plan.node_pools[0].name for item in found if item.plan is not None]

    def plan(self, name: str) -> str:
        return json.dumps({**SMALLEST, "nodePools": [{"name": name}]})

    def test_folder_is_read_in_order_and_recursively(self, tmp_path: Path) -> None:
        for file in ("b.yaml", "a/z.yml", "a/y.json", "c.json", "a.yaml", "d/e/f.yaml"):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(self.plan(file))
        assert self.names(tmp_path) == ["a.yaml", "b.yaml", "c.json", "a/y.json", "a/z.yml", "d/e/f.yaml"]

    def test_folder_leaves_out_what_is_no_plan(self, tmp_path: Path) -> None:
        for file in ("plan.txt", ".hidden.yaml", ".git/plan.yaml"):
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(self.plan(file))
        (tmp_path / "manifest.yaml").write_text("apiVersion: v1\nkind: Pod\n")
        (tmp_path / "docs.yaml").write_text("about: how to write eniplan/v1 files\n")
        (tmp_path / "plan.yaml").write_text(f"kind: Pod\napiVersion: v1\n---\n{self.plan('second')}\n")
        assert self.names(tmp_path) == ["second"]

    def test_several_documents_and_several_files(self, tmp_path: Path) -> None:
        (tmp_path / "two.yaml").write_text(f"{self.plan('one')}\n---\n---\n{self.plan('two')}\n")
        (tmp_path / "three.yaml").write_text(self.plan("three"))
        assert self.names(tmp_path / "two.yaml", tmp_path / "three.yaml") == ["one", "two", "three"]

    def test_link_to_a_folder_is_not_followed_round_and_round(self, tmp_path: Path) -> None:
        (tmp_path / "plan.yaml").write_text(self.plan("one"))
        (tmp_path / "again").symlink_to(tmp_path)
        assert self.names(tmp_path) == ["one"]
