from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from eniplan.rules import ALL, BY_ID, CLUSTER
from eniplan.rules.base import AccountRule
from eniplan.rules.examples import example
from eniplan.rules.examples_cluster import cluster_example, cluster_plan

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from eniplan.rules.base import AnyRule
    from tests.harness import Run

OFFLINE = [rule for rule in ALL if not isinstance(rule, AccountRule)]


def test_list(run: Run) -> None:
    result = run("explain")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line.split()[:2] for line in lines] == [[rule.id, rule.level] for rule in BY_ID.values()]
    assert all(rule.title in line for rule, line in zip(BY_ID.values(), lines, strict=True))


def test_one(run: Run, snapshot: SnapshotAssertion) -> None:
    result = run("explain", "ENI002")
    assert (result.code, result.err) == (0, "")
    assert result.out == snapshot
    assert run("explain", "eni002") == result


def test_not_waivable_and_without_sources(run: Run, snapshot: SnapshotAssertion) -> None:
    assert run("explain", "WV003").out == snapshot
    assert "It cannot be waived." in run("explain", "NP001").out


def test_json(run: Run) -> None:
    rules = json.loads(run("explain", "--format", "json").out)
    assert [rule["rule"] for rule in rules] == list(BY_ID)
    one = json.loads(run("explain", "ENI001", "-f", "json").out)
    assert one == rules[0]
    keys = ["rule", "level", "title", "needs", "effect", "remedy", "sources", "waivable", "passes", "fails", "account"]
    assert list(one) == keys
    assert (one["fails"], one["account"]) == (example(ALL[0].fails), None)
    (about,) = [rule for rule in rules if rule["rule"] == "LIVE002"]
    assert about["account"] == {"cluster.state": "updating"}


def test_a_rule_about_the_account(run: Run) -> None:
    out = run("explain", "LIVE002").out
    assert '  in the account: cluster.state: "updating"\n' in out
    assert out.endswith("Only --live finds it: it compares the plan with the account.\n")
    assert "eniplan check -" not in out


@pytest.mark.parametrize(
    ("args", "err"),
    [
        (("ENI01",), "command line: error: there is no rule 'ENI01'\n    did you mean 'ENI0"),
        (("xyz",), "command line: error: there is no rule 'xyz'\n    `eniplan explain` lists all rules\n"),
        (("--example", "fail"), "command line: error: --example requires a rule id\n"),
        (
            ("ENI001", "--example", "maybe"),
            "command line: error: invalid value for '--example': choose one of",
        ),
    ],
)
def test_usage(run: Run, args: tuple[str, ...], err: str) -> None:
    result = run("explain", *args)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(err)


@pytest.mark.parametrize(
    "rule", [rule for rule in ALL if not isinstance(rule, AccountRule)][::25], ids=lambda rule: rule.id
)
def test_examples_go_into_check(run: Run, rule: AnyRule) -> None:
    """The pipeline that the help shows. Every rule's examples are tried in tests/rules; here the way through text."""
    failing = run("explain", rule.id, "--example", "fail")
    passing = run("explain", rule.id, "--example", "pass")
    assert (failing.err, passing.err) == ("", "")
    assert yaml.safe_load(failing.out) == example(rule.fails)
    report = json.loads(run("check", "-", "--format", "json", stdin=failing.out.encode()).out)
    assert rule.id in {finding["rule"] for finding in report["findings"]}
    assert run("check", "-", stdin=passing.out.encode()).code == 0


@pytest.mark.parametrize("rule", CLUSTER[::13], ids=lambda rule: rule.id)
def test_examples_go_into_verify(run: Run, rule: AnyRule, tmp_path: Path) -> None:
    """The pipeline that the text of a VER rule shows."""
    failing, passing = (run("explain", rule.id, "--example", which).out for which in ("fail", "pass"))
    plan = tmp_path / "plan.yaml"
    plan.write_text(run("explain", rule.id, "--example", "plan").out, encoding="utf-8")
    assert yaml.safe_load(failing) == cluster_example(rule.fails)
    assert yaml.safe_load(plan.read_text(encoding="utf-8")) == cluster_plan()
    assert "eniplan verify plan.yaml --from -" in run("explain", rule.id).out
    report = json.loads(run("verify", plan, "--from", "-", "--format", "json", stdin=failing.encode()).out)
    assert rule.id in {finding["rule"] for finding in report["findings"]}
    assert run("verify", plan, "--from", "-", stdin=passing.encode()).code == 0


def test_the_plan_behind_the_examples(run: Run) -> None:
    assert yaml.safe_load(run("explain", "ENI001", "--example", "plan").out) == example({})


def test_one_about_clusters(run: Run, snapshot: SnapshotAssertion) -> None:
    assert run("explain", "VER012").out == snapshot
