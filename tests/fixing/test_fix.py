"""Property: a fix changes what it says and nothing else, clears its finding, adds none, and is done once."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import date
from random import Random
from typing import TYPE_CHECKING

import pytest

from eniplan import terminal
from eniplan.catalog.store import Catalog
from eniplan.fixing.fix import fix, fixable
from eniplan.inputs.collect import Collected
from eniplan.inputs.hcl.files import Options
from eniplan.judging.check import check
from eniplan.plan.load import MARKDOWN_ENDINGS, load
from eniplan.rules.base import Settings
from tests.fixing.broken import KINDS, LABEL

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.fixing.fix import Outcome
    from eniplan.report.model import Report

POOL = {
    "nodepool_info": {"name": "trading"},
    "kubernetes_config": {
        "labels": [{"key": LABEL, "value": "eniOnly"}],
        "taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}],
    },
    "scaling_group": {"instance_types": ["ecs.g8i.8xlarge"], "vswitch_ids": ["vsw-j"], "desired_size": 3},
}
COUNT = int(os.environ.get("ENIPLAN_FIXES", "40"))
"""Broken files of each kind."""
CATALOG = Catalog()


def judged(path: Path) -> Report:
    taken = load([str(path)], lambda: Collected(CATALOG, None, Options()), more_endings=MARKDOWN_ENDINGS)
    return check(taken, CATALOG, Settings(today=date(2026, 11, 25)))


def fixed(path: Path, report: Report, *, unsafe: bool = False) -> Outcome:
    return fix(report, lambda: judged(path), unsafe=unsafe)


def said(report: Report) -> Counter[tuple[str, str, str]]:
    return Counter((f.rule.id, f.level, f.place.path) for f in report.findings)


@pytest.mark.parametrize("kind", KINDS)
def test_random_files(kind: str, tmp_path: Path) -> None:
    mended = 0
    if kind == "manifests":
        (tmp_path / "pool.json").write_text(json.dumps(POOL))
    for seed in range(COUNT):
        case = KINDS[kind](Random(f"{kind} {seed}"))  # noqa: S311 - the same files in each run
        for left in tmp_path.glob("template.*"):  # a template of ROS has one of two names
            left.unlink()
        path = tmp_path / case.name
        path.write_bytes(case.broken)
        before = judged(tmp_path)
        outcome = fixed(tmp_path, before)
        assert not outcome.refused, (seed, outcome.refused)
        for true, data in outcome.files.items():
            terminal.rewrite(true, data)
        # Every byte is either what it was, or the one right answer.
        assert path.read_bytes() == case.right, seed
        after = judged(tmp_path)
        assert not list(fixable(after, unsafe=False)), seed
        assert not said(after) - said(before), seed
        assert not after.problems, seed
        assert said(after) == said(outcome.report), seed
        again = fixed(tmp_path, after)
        assert not again.files, seed
        mended += len(outcome.fixed)
        assert bool(outcome.fixed) == (case.broken != case.right), seed
    assert mended > COUNT
