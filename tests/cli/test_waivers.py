"""Waivers in `.eniplan/waivers.yaml`, or in the file that `--waivers` names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan.plan.schema import WAIVERS_SCHEMA
from eniplan.rules.examples import example

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result, Run

TAINTLESS: dict[str, Any] = {"nodePools[0].taints": []}
WAIVER = {"rule": "NP002", "file": "plan.yaml", "reason": "nobody else runs here"}


def write(folder: Path, *waivers: dict[str, str], name: str = ".eniplan/waivers.yaml") -> None:
    """Write a file of waivers, one in a line, from line 2 on."""
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("waivers:\n" + "".join(f"- {json.dumps(waiver)}\n" for waiver in waivers))


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(example(TAINTLESS), sort_keys=False))
    return file


def check(run: Run, folder: Path, *args: str) -> tuple[int, list[dict[str, Any]]]:
    """Check with `--fail-on warning`; return the exit code and the findings."""
    result = run("check", *(args or ("plan.yaml",)), "--fail-on", "warning", "--format", "json", cwd=folder)
    return result.code, json.loads(result.out)["findings"]


def said(findings: list[dict[str, Any]]) -> list[tuple[str, str, int, int, str]]:
    """Return what is not waived."""
    return [(f["rule"], f["file"], f["line"], f["column"], f["message"]) for f in findings if not f["waived"]]


def test_waives(run: Run, plan: Path, tmp_path: Path) -> None:
    assert check(run, tmp_path)[0] == 1
    write(tmp_path, WAIVER)
    code, (finding,) = check(run, tmp_path)
    assert code == 0
    assert (finding["rule"], finding["file"], finding["waiver"]) == ("NP002", plan.name, "nobody else runs here")
    assert finding["waivedAt"] == {"file": ".eniplan/waivers.yaml", "line": 2, "column": 3, "path": "waivers[0]"}


def test_only_in_the_current_folder(run: Run, plan: Path, tmp_path: Path) -> None:
    write(tmp_path, {**WAIVER, "file": "**"})
    below = tmp_path / "below"
    below.mkdir()
    code, findings = check(run, below, str(plan))
    assert (code, [f["rule"] for f in findings]) == (1, ["NP002"])


def test_a_file_of_another_name(run: Run, plan: Path, tmp_path: Path) -> None:
    write(tmp_path, WAIVER, name="accepted.yaml")
    write(tmp_path, {**WAIVER, "reason": "not this one"})
    code, (finding,) = check(run, tmp_path, plan.name, "--waivers", "accepted.yaml")
    assert (code, finding["waiver"]) == (0, "nobody else runs here")


@pytest.mark.parametrize(
    ("waiver", "rule", "message"),
    [
        ({"expires": "2026-01-31"}, "WV002", "the waiver of NP002 expired on 2026-01-31"),
        ({"path": "nodePools[1]"}, "WV003", "no finding of NP002 at nodePools[1] in plan.yaml"),
        ({"file": "gone.yaml"}, "WV003", "no finding of NP002 in gone.yaml"),
        ({"file": "**/*.yaml"}, "WV004", "the waiver of NP002 covers any file: **/*.yaml"),
        ({"path": "nodePools"}, "WV004", "the waiver of NP002 covers all of nodePools"),
        ({"reason": " "}, "WV005", "the waiver of NP002 has no reason"),
        ({"rule": "NP02"}, "WV001", "there is no rule 'NP02'"),
    ],
)
def test_findings_about_waivers(  # noqa: PLR0913, PLR0917 - fixtures, and the parts of a case
    run: Run, plan: Path, tmp_path: Path, waiver: dict[str, str], rule: str, message: str
) -> None:
    write(tmp_path, {**WAIVER, **waiver})
    code, findings = check(run, tmp_path)
    assert code == 1
    ((_, file, line, column, text),) = [entry for entry in said(findings) if entry[0] == rule]
    assert (file, line, text) == (".eniplan/waivers.yaml", 2, message)
    (value,) = waiver.values()
    pointed = (tmp_path / file).read_text().splitlines()[1][column - 1 :]
    assert pointed.startswith("{" if rule == "WV003" else json.dumps(value))
    # What is only too wide still waives.
    assert ("NP002" in [entry[0] for entry in said(findings)]) == (rule != "WV004")
    assert plan.name in [f["file"] for f in findings]


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("NP001", {"nodePools[0].labels": {"k8s.aliyun.com/exclusive-mode-eni-type": "eniMultiIP"}}),
        ("TW005", {"cluster.terway.addon": "flannel"}),
        ("PN007", {"podNetworkings": [{"name": "a", "podSelector": {"matchExpressions": [
            {"key": "a", "operator": "Is"}]}}]}),
    ],
)  # fmt: skip
def test_some_rules_cannot_be_waived(run: Run, tmp_path: Path, rule: str, changes: dict[str, Any]) -> None:
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(example(changes), sort_keys=False))
    write(tmp_path, {**WAIVER, "rule": rule})
    code, findings = check(run, tmp_path)
    assert code == 1
    assert {rule, "WV001"} <= {entry[0] for entry in said(findings)}


def test_a_run_of_one_file_says_nothing_about_waivers_of_others(run: Run, plan: Path, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(plan.read_text())
    write(tmp_path, WAIVER, {**WAIVER, "file": "other.yaml"})
    assert check(run, tmp_path)[0] == 0
    assert check(run, tmp_path, "other.yaml")[0] == 0
    assert check(run, tmp_path, ".")[0] == 0


def test_a_path_alone_is_too_wide_once_it_holds_in_two_files(run: Run, plan: Path, tmp_path: Path) -> None:
    waiver = {"rule": "NP002", "path": "nodePools[0]", "reason": "x"}
    write(tmp_path, waiver)
    assert check(run, tmp_path)[0] == 0
    (tmp_path / "other.yaml").write_text(plan.read_text())
    code, findings = check(run, tmp_path, ".")
    assert code == 1
    ((rule, *_, message),) = said(findings)
    assert rule == "WV004"
    assert message == "the waiver of NP002 at nodePools[0] matches in 2 files: ./other.yaml, ./plan.yaml"


def test_a_waiver_of_the_plan_comes_first(run: Run, tmp_path: Path) -> None:
    own = {"rule": "NP002", "path": "nodePools[0]", "reason": "in the plan"}
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(example({**TAINTLESS, "waivers": [own]}), sort_keys=False))
    write(tmp_path, WAIVER)
    _, findings = check(run, tmp_path)
    assert [f["waiver"] for f in findings if f["waived"]] == ["in the plan"]
    assert [entry[0] for entry in said(findings)] == ["WV003"]


class TestMalformed:
    def assert_judged(self, result: Result, message: str) -> None:
        assert result.code == 3
        assert "NP002" in result.out  # the verdict is not lost
        assert message in result.err

    def test_form(self, run: Run, plan: Path, tmp_path: Path) -> None:
        write(tmp_path, {**WAIVER, "resaon": "x"})
        result = run("check", plan.name, cwd=tmp_path)
        self.assert_judged(result, ".eniplan/waivers.yaml:2:77: error: unknown key 'resaon' [waivers[0].resaon]\n")
        assert "(waived: nobody else runs here)" in result.out

    def test_no_yaml(self, run: Run, plan: Path, tmp_path: Path) -> None:
        (tmp_path / ".eniplan").mkdir()
        (tmp_path / ".eniplan" / "waivers.yaml").write_text("waivers: [\n")
        self.assert_judged(run("check", plan.name, cwd=tmp_path), ".eniplan/waivers.yaml:1:10: error: not valid YAML")

    def test_not_there(self, run: Run, plan: Path, tmp_path: Path) -> None:
        result = run("check", plan.name, "--waivers", "none.yaml", cwd=tmp_path)
        self.assert_judged(result, "none.yaml: error: cannot read it: no such file or directory\n")


class TestOtherCommands:
    def test_what_is_waived_stops_none(self, run: Run, plan: Path, tmp_path: Path) -> None:
        for command in (("create-pool", plan.name), ("render-manifests", plan.name)):
            assert run(*command, "--fail-on", "warning", cwd=tmp_path).code == 1
        write(tmp_path, WAIVER)
        write(tmp_path, WAIVER, name="accepted.yaml")
        assert run("create-pool", plan.name, "--fail-on", "warning", cwd=tmp_path).code == 0
        args = ("--waivers", "accepted.yaml", "--fail-on", "warning")
        assert run("render-manifests", plan.name, *args, cwd=tmp_path).code == 0

    def test_a_type_has_no_waivers(self, run: Run, tmp_path: Path) -> None:
        write(tmp_path, {"rule": "ENI001", "path": "nodePools[0]", "reason": "x"})
        assert run("check", "--type", "ecs.g7.2xlarge", cwd=tmp_path).code == 1
        result = run("check", "--type", "ecs.g7.2xlarge", "--waivers", ".eniplan/waivers.yaml", cwd=tmp_path)
        assert (result.code, result.err) == (2, "command line: error: --waivers requires plan files\n")

    def test_schema(self, run: Run) -> None:
        assert json.loads(run("schema", "waivers").out) == WAIVERS_SCHEMA


def test_visible_in_every_format(run: Run, plan: Path, tmp_path: Path) -> None:
    write(tmp_path, WAIVER)
    forms = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown")
    files = [word for form in forms for word in ("-o", f"{form}={form}")]
    assert (
        run("check", plan.name, *files, cwd=tmp_path, env={"FORCE_COLOR": "1"}).out.count("nobody else runs here") == 1
    )
    for form in forms:
        text = (tmp_path / form).read_text()
        assert "NP002" in text
        assert "nobody else runs here" in text
    (entry,) = json.loads((tmp_path / "sarif").read_text())["runs"][0]["results"]
    assert entry["suppressions"][0]["kind"] == "external"
