"""Properties of every judgement, over thousands of random inputs of every form."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.report.fingerprint import fingerprints, key
from tests.inputs.support import Judged, judge_files
from tests.judging.scenarios import KINDS, NOT_KNOWN, draw, files_of, filled, holes, shuffled

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.report.model import Report
    from tests.judging.scenarios import Scenario

ROUNDS = range(2)
SEEDS = 200
"""For each form and round: 2,000 random inputs for each property."""
EVERY = pytest.mark.parametrize("kind", KINDS)


def judged(here: Path, scenario: Scenario, kind: str) -> Judged:
    files, cluster = files_of(scenario, kind)
    return judge_files(here, files, cluster=cluster)


def spoken(report: Report) -> set[str]:
    return {finding.rule.id for finding in report.findings}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@EVERY
@pytest.mark.parametrize("part", ROUNDS)
def test_not_knowing_never_means_ok(here: Path, kind: str, part: int) -> None:
    """Without a fact, each rule that some value of it makes speak has spoken as well, or is undecided."""
    wrong = []
    for seed in range(part * SEEDS, (part + 1) * SEEDS):
        random = Random(f"{kind} {seed}")  # noqa: S311 - to draw tests
        scenario = draw(random)
        hole = random.choice(holes(scenario, kind))
        without = judged(here, filled(scenario, hole, NOT_KNOWN), kind).report
        told = spoken(without).union(*(item.rules for item in without.undecided))
        value = random.choice(hole.values)
        silent = spoken(judged(here, filled(scenario, hole, value), kind).report) - told
        wrong += [f"seed {seed}: {sorted(silent)} without {hole.key} of {hole.where}, where {value} is wrong"] * bool(
            silent
        )
    assert wrong == []


def said(report: Report) -> dict[str, Any]:
    """Return all that a report says, without the order of its parts and the places of list items."""
    findings = report.findings
    keys = [key(f.rule.id, f.place, f.message) for f in findings]
    sheets = [(s.file, s.name, s.capacity, s.nodes, s.pods, s.addresses, s.zones) for s in report.pools]
    return {
        "findings": sorted(
            json.dumps([*one, f.level, f.hint, f.facts], sort_keys=True, default=str)
            for one, f in zip(keys, findings, strict=True)
        ),
        "fingerprints": sorted(fingerprints(keys)),
        "undecided": sorted((*key(u.fact, u.place, u.hint), u.rules) for u in report.undecided),
        "sheets": sorted(json.dumps(sheet, sort_keys=True, default=str) for sheet in sheets),
        "problems": sorted(map(str, report.problems)),
        "exit": report.exit_code,
    }


@EVERY
@pytest.mark.parametrize("part", ROUNDS)
def test_order_changes_nothing(here: Path, kind: str, part: int) -> None:
    """Files, documents, objects and keys may stand in any order."""
    wrong = []
    for seed in range(part * SEEDS, (part + 1) * SEEDS):
        random = Random(f"{kind} {seed}")  # noqa: S311 - to draw tests
        scenario = draw(random)
        if random.random() < 0.5:
            scenario = filled(scenario, random.choice(holes(scenario, kind)), NOT_KNOWN)
        files, cluster = files_of(scenario, kind)
        first = said(judge_files(here, files, cluster=cluster).report)
        again = {name: shuffled(random, files[name]) for name in random.sample(list(files), len(files))}
        second = said(judge_files(here, again, cluster=shuffled(random, cluster)).report)
        wrong += [f"seed {seed}: {part}" for part in first if first[part] != second[part]]
    assert wrong == []
