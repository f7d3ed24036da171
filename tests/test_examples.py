"""Every plan in examples/ has the verdict that it is there to show."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

NOTES = {
    "bigdata-autoscaled.yaml": {"ENI007", "ENI009", "NP019"},
    "fixed-ip-statefulset.yaml": set[str](),
    "lingjun-ai.yaml": set[str](),
    "node-level-config.yaml": set[str](),
    "plan.json": set[str](),
    "streaming-dual-stack.yaml": set[str](),
    "trading-ipv4.yaml": set[str](),
}
"""The plans that pass, whatever one asks for, and the rules that have something to remark on them."""
MISTAKES = "many-mistakes.yaml"
FILES = sorted(EXAMPLES.iterdir())


def report_on(run: Run, *args: str | Path) -> dict[str, Any]:
    result = run("check", *args, "--format", "json")
    report: dict[str, Any] = json.loads(result.out)
    assert report["exitCode"] == result.code
    return report


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_example_has_a_verdict_here(file: Path) -> None:
    assert file.name in {*NOTES, MISTAKES}


@pytest.mark.parametrize("name", NOTES)
def test_example_passes_the_strictest_check(name: str, run: Run) -> None:
    report = report_on(run, EXAMPLES / name, "--strict", "--fail-on", "warning")
    assert report["exitCode"] == 0
    assert (report["problems"], report["undecided"]) == ([], [])
    assert {finding["rule"] for finding in report["findings"]} == NOTES[name]
    assert {finding["level"] for finding in report["findings"]} <= {"info"}


@pytest.mark.parametrize("name", [name for name in NOTES if name.endswith(".yaml")])
def test_example_tells_its_story_on_top(name: str) -> None:
    story = (EXAMPLES / name).read_text(encoding="utf-8").partition("apiVersion")[0].splitlines()
    assert len(story) >= 2
    assert all(line.startswith("# ") for line in story)


def rules_in_comments(text: str) -> dict[int, set[str]]:
    """Return line -> the rules that the comment at its end names, in front of the colon."""
    out = {}
    for number, line in enumerate(text.splitlines(), 1):
        value, _, comment = line.partition(" # ")
        if value.strip() and comment:
            out[number] = set(re.findall(r"\b[A-Z]+\d{3}\b", comment.partition(":")[0]))
    return out


def test_mistakes_are_found_where_the_comments_say_and_nowhere_else(run: Run) -> None:
    report = report_on(run, EXAMPLES / MISTAKES)
    assert report["exitCode"] == 1
    assert report["problems"] == []
    found = defaultdict(set)
    for finding in report["findings"]:
        found[finding["line"]].add(finding["rule"])
    assert found == rules_in_comments((EXAMPLES / MISTAKES).read_text(encoding="utf-8"))
    assert len(set.union(*found.values())) >= 15


def test_examples_do_not_disturb_each_other(run: Run) -> None:
    report = report_on(run, EXAMPLES)
    wrong = {finding["file"] for finding in report["findings"] if finding["level"] != "info"}
    assert wrong == {str(EXAMPLES / MISTAKES)}
    assert len(report["inputs"]) == len(FILES)


def test_json_example_is_the_first_one_for_another_cluster() -> None:
    spelled = json.loads((EXAMPLES / "plan.json").read_bytes())
    original = yaml.safe_load((EXAMPLES / "trading-ipv4.yaml").read_bytes())
    assert spelled["cluster"].pop("id") != original["cluster"].pop("id")
    assert spelled == original
