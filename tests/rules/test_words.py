"""All that each rule's failing example is told, word by word: a change of any of it is seen and meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eniplan.rules import BY_ID
from eniplan.rules.base import ClusterRule
from tests.judge import fails, found
from tests.kube.support import judge_cluster

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from eniplan.rules.base import AnyRule, Fix


def _fix(fix: Fix | None) -> list[str]:
    return [] if fix is None else [fix.what, str(fix.value), f"safe: {fix.safe}", str(fix.path)]


@pytest.mark.parametrize("rule", BY_ID.values(), ids=BY_ID)
def test_what_a_rule_says_of_its_failing_example(rule: AnyRule, snapshot: SnapshotAssertion) -> None:
    report = judge_cluster(rule.fails) if isinstance(rule, ClusterRule) else fails(rule)
    assert [
        {
            "place": str(finding.place),
            "path": finding.place.path,
            "level": finding.level,
            "message": str(finding.message),
            "hint": str(finding.hint),
            "facts": {name: str(value) for name, value in finding.facts.items()},
            "fix": _fix(finding.fix),
            "sources": [source.title for source in finding.sources],
        }
        for finding in found(report, rule.id)
    ] == snapshot
