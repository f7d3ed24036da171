"""`check --baseline`: what is known fails nothing, what is new does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

BROKEN = (EXAMPLES / "many-mistakes.yaml").read_text("utf-8")


@pytest.fixture
def folder(tmp_path: Path, run: Run) -> Path:
    """A plan with mistakes, all of them in the baseline."""
    (tmp_path / "plan.yaml").write_text(BROKEN)
    written = run("check", "plan.yaml", "--write-baseline", "known.json", cwd=tmp_path)
    assert (written.code, "wrote known.json" in written.err) == (0, True)
    return tmp_path


def test_only_new_findings_fail(run: Run, folder: Path) -> None:
    found = json.loads(run("check", "plan.yaml", "--format", "json", cwd=folder).out)
    entries = json.loads((folder / "known.json").read_text())
    assert entries["schema"] == "eniplan.baseline/v1"
    assert len(entries["findings"]) == len(found["findings"]) > 10
    again = run("check", "plan.yaml", "--baseline", "known.json", "--format", "json", cwd=folder)
    report = json.loads(again.out)
    assert (again.code, report["exitCode"], report["summary"]["error"]) == (0, 0, 0)
    assert all(finding["waived"] for finding in report["findings"])
    (folder / "plan.yaml").write_text(BROKEN.replace("1.30.7-aliyun.1", "1.29.1-aliyun.1"))
    args = ("check", "plan.yaml", "--baseline", "known.json", "--fail-on", "warning", "--format", "json")
    new = json.loads(run(*args, cwd=folder).out)
    assert (new["exitCode"], [f["rule"] for f in new["findings"] if not f["waived"]]) == (1, ["TW011"])


def test_lines_items_and_folders_may_move(run: Run, folder: Path) -> None:
    (folder / "plan.yaml").write_text("# a line\n\n" + BROKEN)
    assert run("check", "plan.yaml", "--baseline", "known.json", cwd=folder).code == 0
    above = folder.parent
    assert run("check", folder.name, "--baseline", f"{folder.name}/known.json", cwd=above).code == 0
    assert run("check", folder / "plan.yaml", "--baseline", folder / "known.json").code == 0


def test_of_two_that_are_alike_one_more_is_new(run: Run, tmp_path: Path) -> None:
    pool = {"name": "p", "instanceTypes": ["ecs.g7.xlarge"], "vSwitchIds": ["v"], "desiredSize": 1}
    plan = json.dumps({"apiVersion": "eniplan/v1", "nodePools": [pool]})
    (tmp_path / "a.yaml").write_text(f"{plan}\n---\n{plan}")
    assert run("check", "a.yaml", "--write-baseline", "b.json", cwd=tmp_path).code == 0
    assert run("check", "a.yaml", "--baseline", "b.json", cwd=tmp_path).code == 0
    (tmp_path / "a.yaml").write_text(f"{plan}\n---\n{plan}\n---\n{plan}")
    again = run("check", "a.yaml", "--baseline", "b.json", "--format", "json", cwd=tmp_path)
    new = [f["rule"] for f in json.loads(again.out)["findings"] if f["rule"] == "ENI001" and not f["waived"]]
    assert (again.code, new) == (1, ["ENI001"])


def test_what_no_longer_occurs_is_told(run: Run, folder: Path) -> None:
    (folder / "plan.yaml").write_text((EXAMPLES / "trading-ipv4.yaml").read_text("utf-8"))
    result = run("check", "plan.yaml", "--baseline", "known.json", cwd=folder)
    assert result.code == 0
    assert "known.json: " in result.err
    assert "entries no longer occur: " in result.err
    assert "--write-baseline known.json rewrites the file" in result.err


def test_is_written_anew_in_its_place(run: Run, folder: Path) -> None:
    before = (folder / "known.json").read_bytes()
    args = ("check", "plan.yaml", "--baseline", "known.json", "--write-baseline", "known.json")
    assert run(*args, cwd=folder).code == 0
    assert (folder / "known.json").read_bytes() == before


def test_never_replaces_an_input(run: Run, folder: Path) -> None:
    result = run("check", "plan.yaml", "--write-baseline", "plan.yaml", cwd=folder)
    assert (result.code, (folder / "plan.yaml").read_text()) == (3, BROKEN)


def test_other_inputs_and_the_config_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pool.tf").write_text(
        'resource "alicloud_cs_kubernetes_node_pool" "p" {\n  node_pool_name = "p"\n'
        '  instance_types = ["ecs.g7.xlarge"]\n  vswitch_ids = ["v"]\n  desired_size = 1\n'
        '  labels {\n    key = "k8s.aliyun.com/exclusive-mode-eni-type"\n    value = "eniOnly"\n  }\n}\n'
    )
    assert run("check", ".", cwd=tmp_path).code == 1
    assert run("check", ".", "--write-baseline", "b.json", cwd=tmp_path).code == 0
    (tmp_path / ".eniplan").mkdir()
    (tmp_path / ".eniplan" / "config.yaml").write_text("baseline: ../b.json\n")
    assert run("check", ".", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "b.json"),
        ("{}", "b.json:1:1"),
        ('{"schema": "eniplan.baseline/v2", "findings": []}', "b.json:1:1"),
        ('{"schema": "eniplan.baseline/v1", "findings": [\n1]}', "b.json:2:1"),
        ('{"schema": "eniplan.baseline/v1", "findings": [\n{"rule": "A"}]}', "b.json:2:1"),
        ("a: [", "b.json:1"),
    ],
)
def test_what_is_no_baseline(run: Run, tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "b.json").write_text(text)
    result = run("check", EXAMPLES / "trading-ipv4.yaml", "--baseline", "b.json", cwd=tmp_path)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(place)


def test_a_baseline_that_is_not_there(run: Run, tmp_path: Path) -> None:
    result = run("check", EXAMPLES / "trading-ipv4.yaml", "--baseline", "b.json", cwd=tmp_path)
    assert (result.code, "b.json: error: cannot read it" in result.err) == (3, True)


def test_a_key_that_no_entry_has_is_told(run: Run, folder: Path) -> None:
    """Nobody must believe that an entry ends on a day."""
    text = (folder / "known.json").read_text().replace('"rule":', '"until": "2026-12-01",\n      "rule":', 1)
    (folder / "known.json").write_text(text)
    again = run("check", "plan.yaml", "--baseline", "known.json", cwd=folder)
    assert again.code == 3
    assert "known.json:5:7: error: an entry has no key until [findings[0].until]" in again.err
    assert "use --waivers" in again.err
