from __future__ import annotations

import json
import os
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan.rules.examples import BASE, VSWITCH_J, example
from tests.judge import row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

ENI = "nodePools[0].instanceTypes"
BAD = {ENI: ["ecs.g7.2xlarge"]}
SEVEN = {ENI: ["ecs.g6.13xlarge"]}
MIXED = {ENI: ["ecs.g8i.8xlarge", "ecs.g8i.24xlarge"]}
"""Types with different counts of pods: an info."""


def plan(changes: dict[str, Any] | None = None) -> bytes:
    """Return the example plan with changes as YAML."""
    return yaml.safe_dump(example(changes or {}), sort_keys=False).encode()


def check(run: Run, changes: dict[str, Any] | None = None, *args: str) -> tuple[int, dict[str, Any]]:
    """Check the example plan with changes; return the exit code and the JSON report."""
    result = run("check", "-", "--format", "json", *args, stdin=plan(changes))
    return result.code, json.loads(result.out)


class TestContract:
    """The keys of the JSON report: programs of users rest on them."""

    def test_top(self, run: Run) -> None:
        code, report = check(run, BAD)
        assert list(report) == [
            "schema", "tool", "specs", "inputs", "summary", "exitCode", "problems", "findings", "remedies",
            "undecided", "pools", "zones",
        ]  # fmt: skip
        assert report["schema"] == "eniplan.report/v1"
        assert report["tool"].keys() == {"name", "version"}
        bundled = {"file": None, "date": "2026-07-16", "region": None}
        assert report["specs"] == {"date": "2026-07-16", "types": 1241, "layers": {"bundled": bundled}}
        assert report["inputs"] == ["-"]
        assert report["summary"] == {
            "error": 1, "warning": 0, "info": 0, "waived": 0, "undecided": 0, "problems": 0, "failing": 1,
            "failedBy": "findings",
        }  # fmt: skip
        assert report["exitCode"] == code == 1

    def test_finding(self, run: Run) -> None:
        (finding,) = check(run, BAD)[1]["findings"]
        assert list(finding) == [
            "rule", "level", "file", "line", "column", "path", "message", "effect", "hint", "fixable", "facts",
            "sources", "waived",
        ]  # fmt: skip
        assert finding["rule"] == "ENI001"
        assert (finding["file"], finding["path"], finding["waived"]) == ("-", "nodePools[0].instanceTypes[0]", False)
        assert plan(BAD).decode().splitlines()[finding["line"] - 1][finding["column"] - 1 :] == "ecs.g7.2xlarge"
        assert finding["facts"] == {"type": "ecs.g7.2xlarge", "EniQuantity": 4, "forbidden": 6, "required": 7}
        assert all(source.keys() == {"title", "url", "date"} for source in finding["sources"])

    def test_pool(self, run: Run) -> None:
        (pool,) = check(run)[1]["pools"]
        assert pool == {
            "name": "trading",
            "kind": "ecs",
            "file": "-",
            "podsPerNode": {"ecs.g8i.8xlarge": 7},
            "sharedPodsPerNode": {"ecs.g8i.8xlarge": 210},
            "trunkPodsPerNode": {"ecs.g8i.8xlarge": None},
            "layers": {
                "podsPerNode": {"ecs.g8i.8xlarge": "bundled"},
                "sharedPodsPerNode": {"ecs.g8i.8xlarge": "bundled"},
                "trunkPodsPerNode": {},
            },
            "nodes": {"desired": 3, "max": 3},
            "exclusivePods": {"desired": 21, "max": 21},
            "nodesPerZone": {"desired": 3, "max": 3},
            "addresses": {"vsw-j": {"needed": 21, "max": 21, "nodes": 3, "available": 4000}},
            "zones": {"cn-hangzhou-j": {"needed": 21, "max": 21, "nodes": 3, "available": 4000}},
        }

    def test_undecided(self, run: Run) -> None:
        _, report = check(run, {"cluster.terway.virtualType": None, "cluster.kubernetesVersion": "new"})
        assert [list(item) for item in report["undecided"]] == [
            ["fact", "rules", "file", "line", "column", "path", "hint"]
        ]
        assert report["problems"][0].keys() == {"file", "line", "column", "path", "message", "hint"}

    def test_order_is_by_place(self, run: Run, tmp_path: Path) -> None:
        for name in ("b.yaml", "a.yaml"):
            (tmp_path / name).write_bytes(plan({**BAD, "nodePools[0].taints": [], "cluster.terway.version": "v1.10.0"}))
        result = run("check", "b.yaml", "a.yaml", "--format", "json", cwd=tmp_path)
        report = json.loads(result.out)
        keys = [(f["file"], f["line"], f["column"], f["rule"]) for f in report["findings"]]
        assert keys == sorted(keys)
        assert [pool["file"] for pool in report["pools"]] == ["b.yaml", "a.yaml"]

    def test_twice_the_same_bytes(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "plan.yaml").write_bytes(plan({**BAD, "nodePools[0].instanceFamilies": ["ecs.g8i", "ecs.g7"]}))
        for args in ((), ("--format", "json")):
            one, two = (run("check", tmp_path, *args, env={"PYTHONHASHSEED": seed}) for seed in ("1", "2"))
            assert one == two


class TestExitCodes:
    @pytest.mark.parametrize(
        ("changes", "args", "code"),
        [
            ({}, (), 0), (BAD, (), 1), (SEVEN, (), 0), (SEVEN, ("--strict",), 1), (SEVEN, ("--fail-on", "warning"), 1),
            (SEVEN, ("--fail-on", "info"), 1), (MIXED, (), 0), (MIXED, ("--fail-on", "warning"), 0),
            (MIXED, ("--fail-on", "info"), 1), ({}, ("--fail-on", "info", "--strict"), 0),
            ({}, ("--max-age", "10"), 0), ({}, ("--max-age", "10", "--fail-on", "warning"), 1),
            ({}, ("--max-age", "100000", "--fail-on", "warning"), 0),
        ],
    )  # fmt: skip
    def test_levels(self, run: Run, changes: dict[str, Any], args: tuple[str, ...], code: int) -> None:
        found, report = check(run, changes, *args)
        assert found == report["exitCode"] == code

    def test_strict_fails_on_what_is_not_decided(self, run: Run) -> None:
        changes = {"cluster.kubernetesVersion": "new"}
        assert check(run, changes)[0] == 0
        assert check(run, changes, "--strict")[0] == 1

    @pytest.mark.parametrize("args", [("--fail-on", "fatal"), ("--nope",), ("--max-age", "-1"), ("--format", "xml")])
    def test_usage(self, run: Run, args: tuple[str, ...]) -> None:
        result = run("check", "-", *args)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("command line: error: ")
        assert result.err.endswith("\n    `eniplan check --help` lists its options and arguments\n")
        assert args[0] in result.err


class TestSummary:
    """The summary, the document and the exit code say the same, however the run fails."""

    @pytest.mark.parametrize(
        ("changes", "args", "failed_by", "told"),
        [
            ({}, (), None, "0 errors, 0 warnings\n"),
            (BAD, (), "findings", "1 error, 0 warnings\n"),
            ({"nodePools[0].taints": []}, (), None, "0 errors, 1 warning\n"),
            ({"nodePools[0].taints": []}, ("--fail-on", "warning"), "findings",
             "0 errors, 1 warning: fails by --fail-on warning\n"),
            ({"cluster.kubernetesVersion": "new"}, ("--strict",), "undecided",
             "1 fact unknown: fails by --strict, which allows no unknown facts\n"),
            ({"nodePools": 3}, (), "problems", "nothing could be judged: 1 problem\n"),
            ({"nodePools[0].desiredSize": -1}, (), "problems", "1 problem"),
        ],
    )  # fmt: skip
    def test_why_it_failed(
        self, run: Run, changes: dict[str, Any], args: tuple[str, ...], failed_by: str | None, told: str
    ) -> None:
        code, report = check(run, changes, *args)
        summary = report["summary"]
        assert (report["exitCode"], summary["failedBy"]) == (code, failed_by)
        assert (code == 0) == (failed_by is None)
        assert (code == 3) == (summary["problems"] > 0)
        assert (failed_by == "findings") == (summary["failing"] > 0)
        text = run("check", "-", *args, stdin=plan(changes))
        assert text.code == code
        assert told in text.err

    @pytest.mark.parametrize(
        ("args", "schema"),
        [
            (("check", "--nope"), "eniplan.report/v1"), (("check", "--type", "x", "plan.yaml"), "eniplan.report/v1"),
            (("check",), "eniplan.report/v1"), (("check", "--specs", "nowhere"), "eniplan.report/v1"),
            (("verify", "nowhere.yaml"), "eniplan.report/v1"), (("instances", "--pods", "x"), "eniplan.failure/v1"),
            (("explain", "ENI"), "eniplan.failure/v1"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("asked", [("--format", "json"), ("-fjson",), ("-f", "text", "--format=json")])
    def test_a_failure_is_a_document_too(
        self, run: Run, args: tuple[str, ...], schema: str, asked: tuple[str, ...]
    ) -> None:
        result = run(*args, *asked)
        document = json.loads(result.out)
        assert (document["schema"], document["exitCode"]) == (schema, result.code)
        assert result.code in {2, 3}
        (problem,) = document["problems"]
        assert problem["message"] in result.err
        assert problem["hint"] in result.err

    def test_no_document_follows_another(self, run: Run, tmp_path: Path) -> None:
        result = run("check", "-", "-f", "json", "-o", f"text={tmp_path}/no/where", stdin=plan())
        assert result.code == 3
        assert json.loads(result.out)["exitCode"] == 0


class TestInputs:
    def test_default_file(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "eniplan.yaml").write_bytes(plan(BAD))
        result = run("check", cwd=tmp_path)
        assert result.code == 1
        assert result.out.startswith("eniplan.yaml:")

    def test_no_default_file(self, run: Run) -> None:
        result = run("check")
        assert (result.code, result.out) == (3, "")
        assert result.err.splitlines() == [
            ".: error: nothing to check: there is no eniplan.yaml here",
            "    name a plan file, a folder, or - for stdin; `eniplan init` writes eniplan.yaml",
        ]

    def test_folder_files_and_documents(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "plans").mkdir()
        (tmp_path / "plans" / "one.yaml").write_bytes(plan() + b"---\n" + plan({"nodePools[0].name": "second"}))
        (tmp_path / "plans" / "two.json").write_text(json.dumps(example({"nodePools[0].name": "third"})))
        (tmp_path / "three.yaml").write_bytes(plan({"nodePools[0].name": "fourth"}))
        result = run("check", "plans", "three.yaml", "--format", "json", cwd=tmp_path)
        report = json.loads(result.out)
        assert result.code == 0
        assert report["inputs"] == ["plans/one.yaml", "plans/two.json", "three.yaml"]
        assert [pool["name"] for pool in report["pools"]] == ["trading", "second", "third", "fourth"]

    def test_places_in_a_second_document(self, run: Run) -> None:
        first = plan()
        result = run("check", "-", "--format", "json", stdin=first + b"---\n" + plan(BAD))
        (finding,) = json.loads(result.out)["findings"]
        assert finding["line"] > first.count(b"\n") + 1

    def test_pools_of_one_cluster_in_two_files(self, run: Run, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / f"{name}.yaml").write_bytes(plan({"cluster.id": "c1"}))
        result = run("check", "one.yaml", "two.yaml", cwd=tmp_path)
        assert result.code == 1
        (line,) = [line for line in result.out.splitlines() if "NP006" in line]
        assert re.fullmatch(
            r"two\.yaml:\d+:9: error NP006 the name 'trading' is already used in the same cluster by one\.yaml:\d+:9 "
            r"\[nodePools\[0\]\.name\]", line,
        )  # fmt: skip
        (tmp_path / "two.yaml").write_bytes(plan({"cluster.id": "c2"}))
        assert run("check", "one.yaml", "two.yaml", cwd=tmp_path).code == 0

    def test_named_pipe(self, run: Run, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe.yaml"
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(plan(BAD),))
        writer.start()
        result = run("check", pipe)
        writer.join()
        assert result.code == 1
        assert f"{pipe}:" in result.out

    def test_byte_order_mark_and_windows_lines(self, run: Run) -> None:
        text = plan(BAD).replace(b"\n", b"\r\n")
        assert check(run, BAD)[1]["findings"] == json.loads(
            run("check", "-", "--format", "json", stdin=b"\xef\xbb\xbf" + text).out
        )["findings"]  # fmt: skip

    def test_json_and_yaml_say_the_same(self, run: Run) -> None:
        in_json = json.loads(run("check", "-", "--format", "json", stdin=json.dumps(example(BAD)).encode()).out)
        in_yaml = check(run, BAD)[1]
        for report in (in_json, in_yaml):
            for finding in report["findings"]:
                del finding["line"], finding["column"]
        assert in_json == in_yaml


class TestQuickCheck:
    def test_first_minute(self, run: Run) -> None:
        result = run("check", "--type", "ecs.g8i.8xlarge", "--terway", "v1.16.4", "--ip-stack", "dual")
        assert result.code == 0
        assert "ecs.g8i.8xlarge 7" in result.out
        assert result.err == "1 pool checked with specs of 2026-07-16: 0 errors, 0 warnings, 1 fact unknown\n"

    @pytest.mark.parametrize(
        ("args", "rules"),
        [
            (("--type", "ecs.g7.2xlarge"), {"ENI001"}),
            (("--type", "ecs.g7.2xlarge", "--type", "ecs.i4.8xlarge"), {"ENI001", "ENI003"}),
            (("--type", "ecs.g6.8xlarge", "--ip-stack", "dual"), {"DS001"}),
            (("--type", "ecs.g6.8xlarge", "--ip-stack", "ipv4"), set()),
            (("--type", "ecs.g6.13xlarge", "--strict"), {"ENI002"}),
            (("--type", "ecs.g8i.8xlarge", "--terway", "v1.10.0"), {"TW001"}),
            (("--type", "ecs.g8i.8xlarge", "--terway", "latest"), {"TW007"}),
            (("--family", "ecs.g8i"), {"ENI007", "ENI009"}),
            (("--family", "ecs.i4"), {"ENI010"}),
            (("--family", "ecs.nope"), {"ENI003"}),
            (("--type", "ebs-enhanced", "--kind", "lingjun", "--ip-stack", "dual"), {"DS002"}),
            (("--type", "ebs-enhanced", "--type", "ecs.g7.2xlarge", "--ip-stack", "dual"), {"DS002", "ENI001"}),
            (("--type", "ebs-enhanced", "--kind", "lingjun", "--terway", "v1.14.2"), {"TW002"}),
            (("--type", "standard", "--kind", "lingjun"), {"LJ004"}),
            (("--type", "ecs.g8i.8xlarge", "--max-age", "1"), {"ENI004"}),
        ],
    )
    def test_same_rules(self, run: Run, args: tuple[str, ...], rules: set[str]) -> None:
        result = run("check", *args, "--format", "json")
        report = json.loads(result.out)
        assert {finding["rule"] for finding in report["findings"]} == rules
        assert {(f["file"], f["line"], f["column"]) for f in report["findings"]} <= {("command line", 0, 0)}
        assert result.code == report["exitCode"] == any(f["level"] == "error" for f in report["findings"])

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("--kind", "ecs"), "--kind requires --type or --family; a plan states it itself"),
            (("--terway", "v1"), "--terway requires --type or --family; a plan states it itself"),
            (("--ip-stack", "dual"), "--ip-stack requires --type or --family; a plan states it itself"),
            (("plan.yaml", "--type", "a"), "--type and --family work without a plan: pass either these or plan files"),
            (("--type", "a", "--kind", "gpu"), "--kind is 'gpu'; it must be one of ecs, lingjun"),
            (("--type", "a", "--ip-stack", "6"), "--ip-stack is '6'; it must be one of ipv4, dual"),
            (("--family", "a", "--kind", "lingjun"), "--family is for ECS; pass Lingjun node types with --type"),
        ],
    )
    def test_usage(self, run: Run, args: tuple[str, ...], message: str) -> None:
        result = run("check", *args)
        assert (result.code, result.out, result.err) == (2, "", f"command line: error: {message}\n")

    def test_hint_leads_from_a_typing_mistake_to_the_type(self, run: Run) -> None:
        assert "did you mean 'ecs.g8i.8xlarge'?" in run("check", "--type", "ecs.g8i.8xlarg").out


class TestSpecs:
    def test_own_numbers_win(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "specs.json"
        mine = row(InstanceTypeId="ecs.i4.8xlarge", EniQuantity=8, EniPrivateIpAddressQuantity=20)
        file.write_text(json.dumps({"InstanceTypes": {"InstanceType": [mine]}, "RequestId": "x"}))
        assert run("check", "--type", "ecs.i4.8xlarge").code == 1
        result = run("check", "--type", "ecs.i4.8xlarge", "--specs", str(file))
        assert result.code == 0
        assert "ecs.i4.8xlarge 7" in result.out

    def test_its_source_is_named(self, run: Run, tmp_path: Path) -> None:
        file = tmp_path / "specs.json"
        file.write_text(json.dumps({"InstanceTypes": {"InstanceType": [row(EniQuantity=4)]}}))
        result = run("check", "--type", "ecs.mine.8xlarge", "--specs", file, "--format", "json")
        (finding,) = json.loads(result.out)["findings"]
        assert finding["sources"][0] == {"title": "DescribeInstanceTypes in specs.json", "url": None, "date": None}

    def test_unreadable(self, run: Run, tmp_path: Path) -> None:
        result = run("check", "--type", "a", "--specs", tmp_path)
        assert (result.code, result.out) == (3, "")
        assert result.err == f"{tmp_path}: error: cannot read the instance data: is a directory\n"


class TestText:
    def test_one_finding_a_line(self, run: Run) -> None:
        result = run("check", "-", stdin=plan({**BAD, "nodePools[0].taints": []}))
        findings = [
            line for line in result.out.splitlines() if re.match(r"-:\d+:\d+: (error|warning) [A-Z]+\d{3} ", line)
        ]
        assert len(findings) == 2
        assert result.err == "1 pool checked with specs of 2026-07-16: 1 error, 1 warning\n"

    @pytest.mark.parametrize(
        ("env", "rich", "colour"),
        [
            ({}, False, False), ({"FORCE_COLOR": "1"}, True, True),
            ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
            ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True, True), ({"FORCE_COLOR": ""}, False, False),
            ({"NO_COLOR": "1"}, False, False), ({"TERM": "dumb"}, False, False), ({"CI": "true"}, False, False),
        ],
    )  # fmt: skip
    def test_colour(self, run: Run, env: dict[str, str | None], rich: bool, colour: bool) -> None:  # noqa: FBT001 - parameters of the test
        result = run("check", "-", stdin=plan(BAD), env=env)
        assert ("error[ENI001]" in re.sub(r"\x1b\[[0-9;]*m", "", result.out)) == rich
        assert ("\x1b[" in result.out) == colour
        assert "\x1b" not in result.err

    @pytest.mark.parametrize(
        ("columns", "most"), [("60", 60), ("120", 120), ("", 100), ("x", 100), ("-3", 100), ("0", 100)]
    )
    def test_columns(self, run: Run, columns: str, most: int) -> None:
        env = {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": columns}
        result = run("check", "-", stdin=plan({**BAD, "cluster.vSwitches": [VSWITCH_J]}), env=env)
        longest = max(len(line) for line in result.out.splitlines())
        assert most - 20 <= longest <= most

    @pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
    def test_any_locale(self, run: Run, locale: str) -> None:
        env = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "FORCE_COLOR": "1", "NO_COLOR": "1"}
        result = run("check", "-", stdin=plan({**BAD, "nodePools[0].name": "börse"}), env=env)
        assert result.code == 1
        assert "✗" in result.out
        assert "börse" in result.out


HOSTILE = "a\x1b[31mred\x07\u202eevil\u2028line\n::error::x [bold]b[/bold] \u200b\ud7ff"


class TestHostileText:
    """Names are other people's text: they may not reach a terminal or a log as anything but text."""

    def given(self) -> bytes:
        network = [{"name": HOSTILE, "nodePools": [HOSTILE]}]
        hostile = {"nodePools[0].name": HOSTILE, "nodePools[0].instanceTypes": [HOSTILE], "podNetworkings": network}
        return json.dumps(example(hostile)).encode()

    def test_plain(self, run: Run) -> None:
        result = run("check", "-", stdin=self.given())
        assert result.code == 1
        for line in (*result.out.split("\n"), *result.err.split("\n")):
            assert line.isprintable(), line
        assert "\n::error::" not in result.out
        assert "a\\x1b[31mred\\x07\\u202eevil\\u2028line\\n::error::x [bold]b[/bold] \\u200b" in result.out

    def test_terminal(self, run: Run) -> None:
        result = run("check", "-", stdin=self.given(), env={"FORCE_COLOR": "1", "COLUMNS": "300"})
        text = re.sub(r"\x1b\[[0-9;]*m", "", result.out)
        assert all(line.isprintable() for line in text.split("\n"))
        assert "[bold]b[/bold]" in text

    def test_json(self, run: Run) -> None:
        result = run("check", "-", "--format", "json", stdin=self.given())
        report = json.loads(result.out)
        assert report["pools"][0]["name"] == HOSTILE
        # A terminal that shows the JSON is safe from escapes as well: JSON escapes control characters.
        assert "\x1b" not in result.out
        assert "\x07" not in result.out

    def test_problems(self, run: Run) -> None:
        bad = {**BASE, HOSTILE: 1, "cluster": {HOSTILE: HOSTILE, "ipStack": HOSTILE}}
        result = run("check", "-", stdin=json.dumps(bad).encode())
        assert result.code == 3
        assert all(line.isprintable() for line in result.err.split("\n"))
        assert len(result.err.splitlines()) <= 7

    def test_file_names(self, run: Run, tmp_path: Path) -> None:
        name = "plan\x1b[2J\n.yaml"
        (tmp_path / name).write_bytes(plan(BAD))
        result = run("check", name, f"no{name}", cwd=tmp_path)
        assert result.code == 3
        assert "\x1b" not in result.out + result.err
        assert result.out.startswith("plan\\x1b[2J\\n.yaml:")
