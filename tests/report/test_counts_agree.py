"""Random plans in every format: no two formats count differently."""

from __future__ import annotations

import json
import re
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

import pytest

from eniplan.errors import Place, Problem
from eniplan.messages import say
from eniplan.report import (
    github,
    gitlab,
    html_format,
    json_format,
    junit,
    markdown,
    metrics,
    plain,
    sarif,
    terminal_view,
    words,
)
from eniplan.rules.base import LEVELS
from tests.inputs.support import judge_files
from tests.judging.scenarios import KINDS, draw, files_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from eniplan.report.model import PoolSheet, Report

SEEDS = range(60)
"""For each of five forms of input: 300 plans."""


class Told(NamedTuple):
    """What one format says. None where it does not say it."""

    levels: tuple[int, ...]
    """Findings by level, without those that are waived."""
    waived: int | None
    undecided: int | None
    problems: int | None
    failed: bool | None
    """Whether the exit code is another one than 0."""


def room_of(pool: PoolSheet) -> tuple[int | None, ...]:
    """Room, what is used, and what is left, at the largest size."""
    return pool.pods[1], None if pool.use is None else pool.use.used[1], pool.free[1]


def assert_room(report: Report, told: Mapping[str, list[str]]) -> None:
    """The numbers that are known of each pool stand in one of the texts about it."""
    for pool in report.pools:
        room, used, left = room_of(pool)
        wanted = {room} if used is None or left is None else {room, used, abs(left)}
        numbers = [set(map(int, re.findall(r"\d+", text))) for text in told[pool.name]]
        assert any(wanted - {None} <= found for found in numbers), (pool.name, told[pool.name])


def of_json(report: Report) -> Told:
    document = json.loads(json_format.write(report))
    counted = Counter(finding["level"] for finding in document["findings"] if not finding["waived"])
    summary = document["summary"]
    levels = tuple(counted[level] for level in LEVELS)
    assert levels == tuple(summary[level] for level in LEVELS)
    assert (len(document["undecided"]), len(document["problems"])) == (summary["undecided"], summary["problems"])
    for pool, sheet in zip(document["pools"], report.pools, strict=True):
        assert tuple(pool.get(key, {}).get("max") for key in ("exclusivePods", "used", "free")) == room_of(sheet)
    failed = document["exitCode"] != 0
    assert document["exitCode"] == report.exit_code
    return Told(levels, summary["waived"], summary["undecided"], summary["problems"], failed)


def of_plain(report: Report) -> Told:
    lines = re.findall(r"^\S+: (\w+) (?!undecided)([A-Z]+\d{3}\b.*)$", plain.write(report), re.MULTILINE)
    counted = Counter(level for level, line in lines if " (waived: " not in line)
    undecided = sum(level == "undecided" for level, _ in lines)
    waived = sum(" (waived: " in line for _, line in lines)
    return Told(tuple(counted[level] for level in LEVELS), waived, undecided, None, None)


def of_view(report: Report) -> Told:
    """The last lines of what a terminal shows."""
    text = terminal_view.write(report, terminal_view.Screen(1000, colour=False))
    (verdict,) = (line for line in text.splitlines() if line.startswith(("✓ ", "✗ ")))
    heads: Counter[str] = Counter()
    for finding in re.split(r"^(?=\w+\[\w+\])", text, flags=re.MULTILINE)[1:]:
        level = re.match(r"(\w+)\[\w+\](?: \[\*\])?:", finding)
        alike = re.search(r"^ +and (\d+) more alike", finding, re.MULTILINE)
        heads[level[1] if level else "waived"] += 1 + (int(alike[1]) if alike else 0)
    assert_room(report, {p.name: re.findall(rf"^\S+ {p.name}  .*\n.*", text, re.MULTILINE) for p in report.pools})
    said = summed(verdict[2:])
    assert (*said.levels, said.waived) == tuple(heads[level] for level in (*LEVELS, "waived"))
    return said._replace(failed=verdict[0] == "✗")


def summed(line: str) -> Told:
    """The line that most formats have."""
    found = {
        word.rstrip("s"): int(n) for n, word in re.findall(r"(\d+) (problem|error|warning|info|waived|fact)", line)
    }
    return Told(
        tuple(found.get(level, 0) for level in LEVELS),
        found.get("waived", 0),
        found.get("fact", 0),
        found.get("problem", 0),
        None,
    )


def of_junit(report: Report) -> Told:
    root = ET.fromstring(junit.write(report))  # noqa: S314 - our own
    elements = [case[0] for case in root.iter("testcase") if len(case)]
    kinds = Counter(element.tag for element in elements)
    assert (kinds["failure"], kinds["error"]) == (int(root.attrib["failures"]), int(root.attrib["errors"]))
    waived = [element for element in elements if element.get("message", "").startswith("waived: ")]
    said = [re.match(r"\S+: (error|warning|info) ", element.text or "") for element in elements]
    counted = Counter(
        found[1] for found, element in zip(said, elements, strict=True) if found and element not in waived
    )
    waiting = {(item.place.file, rule) for item in report.undecided for rule in item.rules}
    told = sum(bool(re.search(" is not known(;|$)", (element.text or "").split("\n")[0])) for element in elements)
    assert told == len(waiting)
    failed = bool(kinds["failure"] or kinds["error"])
    return Told(tuple(counted[level] for level in LEVELS), len(waived), None, None, failed)


def of_sarif(report: Report) -> Told:
    (run,) = json.loads(sarif.write(report))["runs"]
    (invocation,) = run["invocations"]
    counted = Counter(result["level"] for result in run["results"] if not result["suppressions"])
    waived = sum(bool(result["suppressions"]) for result in run["results"])
    notes = Counter(note["descriptor"]["id"] for note in invocation["toolExecutionNotifications"])
    assert invocation["exitCode"] == report.exit_code
    levels = tuple(counted[level] for level in ("error", "warning", "note"))
    return Told(levels, waived, notes["undecided"], notes["input"], invocation["exitCode"] != 0)


def of_gitlab(report: Report) -> Told:
    entries = json.loads(gitlab.write(report))
    names = Counter(entry["check_name"] for entry in entries)
    findings = [entry for entry in entries if re.fullmatch(r"[A-Z]+\d{3}", entry["check_name"])]
    waived = [entry for entry in findings if " (waived: " in entry["description"]]
    counted = Counter(entry["severity"] for entry in findings if entry not in waived)
    levels = tuple(counted[severity] for severity in ("critical", "minor", "info"))
    return Told(levels, len(waived), names["undecided"], names["input"], None)


def of_github(report: Report) -> Told:
    *lines, last = github.write(report).splitlines()
    shown = [line for line in lines if line.startswith("::")]
    more = re.search(r"(\d+) more annotation", last)
    assert len(shown) + (int(more[1]) if more else 0) == len(report.findings) + len(report.problems)
    return summed(last)


def of_markdown(report: Report) -> Told:
    text = re.sub(r"\\(.)", r"\1", markdown.write(report))
    titles = re.findall(r"^\*\*(.*)\*\*\n\n.*\n.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    rows = {title: table.splitlines() for title, table in titles}
    signs = Counter(row.split()[1] for row in rows.get(words.heading("findings"), ()))
    lines = len(rows.get(words.heading("waived"), ())), len(rows.get(words.heading("undecided"), ()))
    capacity = rows.get(words.heading("capacity"), [])
    assert_room(report, {pool.name: [row] for pool, row in zip(report.pools, capacity, strict=True)})
    levels = tuple(signs[sign] for sign in ("❌", "⚠️", "ℹ️"))  # noqa: RUF001 - the sign for information
    problems = len(rows.get(words.heading("problems"), ()))
    assert summed(text.split("\n")[2]) == Told(levels, *lines, problems, None)
    return Told(levels, *lines, problems, "eniplan: failed" in text.split("\n")[0])


def of_html(report: Report) -> Told:
    page = html_format.write(report)
    tiles = {name: int(n) for n, name in re.findall(r'<li><b class="tag \w*">(\d+)</b>([^<]*)</li>', page)}
    parts = re.findall(r"<section class=\"card[^>]*><h3>.*?</section>", page, re.DOTALL)
    sheets = [part.partition("<figure>")[2].partition("</p>")[0] for part in parts if "<figure>" in part]
    assert_room(report, {pool.name: [sheet] for pool, sheet in zip(report.pools, sheets, strict=True)})
    tags = Counter(re.findall(r'<span class="tag \w+">(\w+)</span> <code>[A-Z]+\d+</code>', page))
    levels = (tiles["errors"], tiles["warnings"], tiles["good to know"])
    assert sum(tags[level] for level in LEVELS) == sum(levels) + tiles["waived"]
    return Told(levels, tiles["waived"], tiles["facts unknown"], tiles.get("problems", 0), None)


def of_metrics(report: Report) -> Told:
    samples = re.findall(r"^(\w+)(?:\{(.*)\})? (\d+)$", metrics.write(report), re.MULTILINE)
    counted: Counter[str] = Counter()
    alone = {name: int(value) for name, labels, value in samples if not labels}
    for name, labels, value in samples:
        if name == "eniplan_findings":
            is_waived = 'waived="true"' in labels
            level = re.search(r'level="(\w+)"', labels)
            assert level is not None
            counted["waived" if is_waived else level[1]] += int(value)
    rooms = [int(value) for name, labels, value in samples if name.endswith("_pods") and 'size="largest"' in labels]
    assert rooms == [pool.pods[1] for pool in report.pools if pool.pods[1] is not None]
    return Told(
        tuple(counted[level] for level in LEVELS),
        counted["waived"],
        alone["eniplan_undecided_facts"],
        alone["eniplan_problems"],
        alone["eniplan_exit_code"] != 0,
    )


FORMATS = (of_plain, of_view, of_junit, of_sarif, of_gitlab, of_github, of_markdown, of_html, of_metrics)


def varied(random: Random, report: Report) -> Report:
    """Return a report with waivers, a problem, and options at random, and the exit code that follows."""
    findings = tuple(
        finding._replace(waived=say("accepted")) if random.random() < 0.2 else finding for finding in report.findings
    )
    problem = Problem(say("not valid YAML"), Place("other.yaml", 3, 1), say("close the bracket"))
    report = report._replace(
        findings=findings,
        problems=(*report.problems, *((problem,) if random.random() < 0.1 else ())),
        fail_on=random.choice(LEVELS),
        strict=random.random() < 0.3,
    )
    return report.judged()


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_formats_count_differently(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[bool | None, ...]] = []
    for seed in SEEDS:
        random = Random(f"{kind} {seed}")  # noqa: S311 - the same plans in each run
        files, cluster = files_of(draw(random), kind)
        report = varied(random, judge_files(tmp_path, files, cluster=cluster).report)
        wanted = of_json(report)
        for told in FORMATS:
            found = told(report)
            differs = {
                key: (value, getattr(wanted, key))
                for key, value in found._asdict().items()
                if value is not None and value != getattr(wanted, key)
            }
            assert not differs, (seed, told.__name__, differs)
        seen.append((wanted.failed, bool(wanted.waived), bool(wanted.undecided)))
    assert len(set(seen)) > 2
