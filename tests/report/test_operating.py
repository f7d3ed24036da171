"""The state in a few lines, and metrics: what is not known is told as such, or left out."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from eniplan.report import brief, metrics
from eniplan.rules import BY_ID
from eniplan.rules.examples import BASE, example
from eniplan.rules.examples_cluster import CLUSTER
from tests.judge import judge_plan
from tests.kube.states import LINGJUN, LINGJUN_PLAN
from tests.kube.support import NO_PLAN, judge_cluster, judge_observed, observe


def samples(text: str) -> dict[str, float]:
    """Return the samples by name and labels, as Prometheus reads them."""
    return {
        " ".join((sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()) if k != "file"))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_plan_has_what_is_planned() -> None:
    found = samples(metrics.write(judge_plan(BASE)))
    assert found["eniplan_pool_exclusive_pods pool=trading size=largest"] == 21
    assert found["eniplan_addresses pool=trading state=available vswitch=vsw-j"] == 4000
    assert not any("exclusive_enis" in name for name in found)
    assert brief.write(judge_plan(BASE)).startswith("trading: not seen\n")


def test_what_is_not_known_has_no_sample() -> None:
    report = judge_observed(observe({"apiVersion": "v1", "kind": "List", "items": CLUSTER["nodes"]}), NO_PLAN)
    found = samples(metrics.write(report))
    assert [name.rpartition("state=")[2] for name in found if "exclusive_enis" in name] == ["offered"]
    assert found["eniplan_undecided_facts"] > 0
    assert "unknown of 21 exclusive ENIs used, unknown free" in brief.write(report)


def test_lingjun_nodes_offer_no_enis() -> None:
    report = judge_cluster(LINGJUN, LINGJUN_PLAN)
    assert "exclusive pods\n" in brief.write(report)
    assert not any("state=offered" in name for name in samples(metrics.write(report)))


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb"])
def test_names_are_escaped(name: str) -> None:
    report = judge_plan(example({"nodePools[0].name": name}))
    assert any(f"pool={name}" in sample for sample in samples(metrics.write(report)))


def test_many_rules_are_counted() -> None:
    report = judge_cluster(BY_ID["VER018"].fails, NO_PLAN)
    finding = report.findings[0]
    rules = [rule for rule in BY_ID.values() if rule.id.startswith("VER")][:10]
    many = report._replace(findings=tuple(finding._replace(rule=rule) for rule in (*rules, rules[0])))
    text = brief.write(many)
    assert f"{finding.level} {rules[0].id} (2 times): " in text
    assert "and 2 more rules\n" in text
    waived = report._replace(findings=tuple(f._replace(waived="accepted") for f in report.findings))
    assert len(brief.write(waived).splitlines()) == 2
