"""Every rule's own examples, judged by all rules together: what `explain --example` shows is what happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator

from eniplan import rules
from eniplan.plan.schema import SCHEMA, is_valid
from eniplan.rules import ALL, BY_ID, CLUSTER, remedies
from eniplan.rules.base import LEVELS, AccountRule, AnyRule, ClusterRule
from eniplan.rules.examples import BASE, POD_NETWORKING, VSWITCH_J, WORKLOAD, example
from eniplan.rules.examples_cluster import cluster_example, cluster_plan
from tests.judge import example_account, fails, found, judge, judge_plan, passes, unknown
from tests.kube.support import judge_cluster

if TYPE_CHECKING:
    from eniplan.report.model import Report

RULES = pytest.mark.parametrize("rule", BY_ID.values(), ids=BY_ID)
PLAN_RULES = pytest.mark.parametrize("rule", ALL, ids=[rule.id for rule in ALL])
CLUSTER_RULES = pytest.mark.parametrize("rule", CLUSTER, ids=[rule.id for rule in CLUSTER])

OTHER_ERRORS = {
    "NP008": {"ENI001"},  # a type below 4 vCPU has three ENIs at most: no type breaks only the one rule
    "VER027": {"VER010"},  # an event about a PodNetworking that is Ready by now is worth an info only
}
"""Errors besides the rule's own that its failing example has, because it cannot be broken without them."""
UNDECIDED = {
    "ENI003": "EniQuantity of the nodes of pool 'trading'",  # the rule is about limits that nobody knows
    "ENI010": "EniQuantity of the nodes of pool 'trading'",  # the pool has no type at all
    "TW007": "cluster.terway.version",  # a version that cannot be read is not known
    "TW008": "cluster.terway.version",
    "TW012": "cluster.terwayConfigs.gpu-nett",  # a config that does not exist states nothing
    "NP007": "cluster.vSwitches",  # a vSwitch that is not listed has no zone
}
"""Facts that the failing example lacks; every other one decides all rules."""


def failing(rule: AnyRule) -> Report:
    """Judge a rule's failing example: a plan, or a cluster by the plan that belongs to it."""
    return judge_cluster(rule.fails) if isinstance(rule, ClusterRule) else fails(rule)


def passing(rule: AnyRule) -> Report:
    """Judge a rule's passing example."""
    return judge_cluster(rule.passes) if isinstance(rule, ClusterRule) else passes(rule)


def test_example_cluster_is_right() -> None:
    report = judge_cluster()
    assert (report.findings, report.undecided, report.problems, report.exit_code) == ((), (), (), 0)
    plan = judge_plan(cluster_plan())
    assert (plan.findings, plan.undecided, plan.problems, plan.exit_code) == ((), (), (), 0)


def test_example_plan_is_right_in_the_example_account() -> None:
    report = judge_plan(BASE, live=example_account({}))
    assert (report.findings, report.undecided, report.problems, report.exit_code) == ((), (), (), 0)


def test_example_plan_is_right() -> None:
    report = judge_plan(BASE)
    assert (report.findings, report.undecided, report.problems, report.exit_code) == ((), (), (), 0)


@RULES
def test_failing_example_breaks_its_rule(rule: AnyRule) -> None:
    report = failing(rule)
    findings = found(report, rule.id)
    assert findings
    assert {finding.level for finding in findings} == {rule.level}
    assert all(finding.waived is None for finding in findings)
    assert report.problems == ()


@RULES
def test_failing_example_breaks_no_other_rule_at_error(rule: AnyRule) -> None:
    errors = {f.rule.id for f in failing(rule).findings if f.level == "error"}
    assert errors - {rule.id} == OTHER_ERRORS.get(rule.id, set())


@RULES
def test_failing_example_is_decided(rule: AnyRule) -> None:
    facts = {item.fact for item in failing(rule).undecided}
    assert facts == ({UNDECIDED[rule.id]} if rule.id in UNDECIDED else set())


@CLUSTER_RULES
def test_finding_points_to_an_object_of_the_cluster_or_into_the_plan(rule: AnyRule) -> None:
    items = {
        "/".join((item["kind"], *([meta["namespace"]] if "namespace" in meta else []), meta["name"]))
        for item in cluster_example(rule.fails)["items"]
        for meta in (item["metadata"],)
    }
    for finding in found(judge_cluster(rule.fails), rule.id):
        if finding.place.line:
            assert _exists(cluster_plan(), finding.place.path, missing=0)
        else:
            # VER023 is about an object that should be there.
            assert finding.place.path in items or rule.id == "VER023"


@PLAN_RULES
def test_finding_points_into_the_plan(rule: AnyRule) -> None:
    for finding in found(fails(rule), rule.id):
        assert finding.place.line > 0
        assert finding.place.column > 0
        assert finding.place.path
        # The path leads to something in the plan, or to a key that is missing in something that is there.
        assert _exists(example(rule.fails), finding.place.path, missing=1)


def _exists(value: object, path: str, *, missing: int) -> bool:
    steps = [step.rstrip("]").strip('"') for step in path.replace("[", "\0").replace(".", "\0").split("\0")]
    if '["' in path:  # a key with dots in it stands last
        head, _, key = path.partition('["')
        steps = [s.rstrip("]") for s in head.replace("[", "\0").replace(".", "\0").split("\0")] + [key.rstrip('"]')]
    for at, step in enumerate(steps):
        if isinstance(value, list) and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return len(steps) - at <= missing
    return True


@RULES
def test_passing_example_is_silent(rule: AnyRule) -> None:
    report = passing(rule)
    assert [finding for finding in found(report, rule.id) if finding.waived is None] == []
    assert unknown(report, rule.id) == []
    assert report.problems == ()
    assert report.exit_code == 0


@PLAN_RULES
def test_examples_have_the_form_of_a_plan(rule: AnyRule) -> None:
    validator = Draft7Validator(SCHEMA)
    for changes in (rule.passes, rule.fails):
        plan = example(changes)
        assert [error.message for error in validator.iter_errors(plan)] == []
        assert is_valid(plan)


@RULES
def test_rule_says_what_people_need(rule: AnyRule) -> None:
    assert rule.level in LEVELS
    assert rule.title
    assert not rule.title.endswith(".")
    assert rule.effect.endswith(".")
    assert rule.needs
    for source in rule.sources:
        assert source.title
        assert source.date
        assert source.url is None or source.url.startswith("https://")
    for finding in found(failing(rule), rule.id):
        assert finding.message
        assert not finding.message.endswith(".")
        # Either the rule rests on documents, or the finding names the source of its number, or it is about the plan.
        assert finding.sources or rule.id.startswith("WV") or rule.id in {"ENI005", "ENI011"}


def test_nothing_else_can_be_asked_of_the_rules() -> None:
    with pytest.raises(AttributeError, match="no attribute 'EVERY'"):
        _ = rules.EVERY


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(ALL) + len(CLUSTER)


def test_all_rules_of_the_design_exist() -> None:
    numbers = {
        "ENI": range(1, 9), "DS": range(1, 6), "TW": range(1, 12), "LJ": range(1, 5), "NP": range(1, 10),
        "NET": range(1, 5), "PN": range(1, 11), "WL": range(1, 4),
    }  # fmt: skip
    wanted = {f"{prefix}{number:03}" for prefix, some in numbers.items() for number in some}
    assert wanted <= set(BY_ID)


@pytest.mark.parametrize("rule_id", ["NP001", "NP003", "TW005", "PN007"])
def test_what_breaks_a_whole_cluster_cannot_be_waived(rule_id: str) -> None:
    rule = BY_ID[rule_id]
    assert not rule.waivable
    path = found(fails(rule), rule_id)[0].place.path
    waiver = {"rule": rule_id, "path": path, "reason": "we know better"}
    live = None if not isinstance(rule, AccountRule) else example_account(rule.account)
    report = judge({**rule.fails, "waivers": [waiver]}, live=live)
    assert [finding.waived for finding in found(report, rule_id)] == [None]
    assert [finding.place.path for finding in found(report, "WV001")] == ["waivers[0].rule"]
    assert report.exit_code == 1


@pytest.mark.parametrize("rule", [r for r in ALL if r.waivable], ids=[r.id for r in ALL if r.waivable])
def test_every_other_rule_can_be_waived(rule: AnyRule) -> None:
    paths = sorted({finding.place.path for finding in found(fails(rule), rule.id)})
    waivers = [{"rule": rule.id, "path": path, "reason": "agreed"} for path in paths]
    live = None if not isinstance(rule, AccountRule) else example_account(rule.account)
    report = judge({**rule.fails, "waivers": waivers}, live=live)
    assert [finding.waived for finding in found(report, rule.id)] == ["agreed"] * len(paths)
    assert report.waived == len(paths)
    assert report.total(rule.level) == sum(f.level == rule.level and f.rule is not rule for f in report.findings)
    assert found(report, "WV001") == found(report, "WV003") == []


@CLUSTER_RULES
def test_a_finding_about_a_cluster_can_be_waived_in_the_plan(rule: AnyRule) -> None:
    paths = sorted({finding.place.path for finding in found(judge_cluster(rule.fails), rule.id)})
    waivers = [{"rule": rule.id, "path": path, "reason": "agreed"} for path in paths]
    report = judge_cluster(rule.fails, {"waivers": waivers})
    assert [finding.waived for finding in found(report, rule.id)] == ["agreed"] * len(paths)
    # A check of the plan cannot know what the cluster would say.
    plan = judge_plan({**cluster_plan(), "waivers": waivers})
    assert found(plan, "WV001") == found(plan, "WV003") == []


def test_every_rule_has_a_remedy_with_an_example() -> None:
    assert remedies.REMEDIES.keys() == BY_ID.keys()
    assert [rule_id for rule_id, remedy in remedies.REMEDIES.items() if not (remedy.do and remedy.forms())] == []


def test_rules_share_a_remedy_and_do_not_copy_it() -> None:
    values = set(map(id, remedies.REMEDIES.values()))
    assert len(values) == len(set(remedies.REMEDIES.values()))


def test_plans_of_remedies_are_yaml() -> None:
    for remedy in remedies.REMEDIES.values():
        for text in filter(None, (remedy.plan, remedy.manifest)):
            assert isinstance(yaml.safe_load(text), dict)


_ELSEWHERE: dict[str, Any] = {**POD_NETWORKING, "nodePools": [], "podSelector": {"matchLabels": {"network": "a"}}}
NEIGHBOURS: dict[str, list[dict[str, Any]]] = {
    "podNetworkings": [
        {**_ELSEWHERE, "name": "a-fixed", "allocation": {"type": "Fixed", "releaseStrategy": "Never"}},
        {**_ELSEWHERE, "name": "a-trunk", "eniType": "Trunk"},
    ],
    "workloads": [
        {"name": "a-host", "kind": "Deployment", "replicas": 1, "nodePool": "trading", "hostNetwork": True},
        {**WORKLOAD, "name": "a-pool", "replicas": 1, "nodePool": "a-pool"},
    ],
    "nodePools": [{**BASE["nodePools"][0], "name": "a-pool"}],
    "cluster.vSwitches": [{**VSWITCH_J, "id": "vsw-a", "ipv6Cidr": "2408:4005:39c:3::/64"}],
    "cluster.securityGroups": [{"id": "sg-a", "type": "enterprise", "vpcId": "vpc-1"}],
}
"""Items that break no rule, by the list that they stand in."""


@PLAN_RULES
@pytest.mark.parametrize("where", NEIGHBOURS)
def test_items_in_front_hide_nothing(rule: AnyRule, where: str) -> None:
    """A rule that stops at the first good item says nothing of the bad one behind it."""
    plan = example(rule.fails)
    *parents, last = where.split(".")
    inner = plan
    for parent in parents:
        inner = inner[parent]
    inner[last] = NEIGHBOURS[where] + inner.get(last, [])
    if where == "workloads":
        plan["nodePools"] = plan["nodePools"] + NEIGHBOURS["nodePools"]
    live = example_account(rule.account) if isinstance(rule, AccountRule) else None
    assert len(found(judge_plan(plan, live=live), rule.id)) >= len(found(fails(rule), rule.id))
