"""The list of facts, and what rules say of those that they need."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from eniplan import facts
from eniplan.facts import Fact
from eniplan.plan.model import plan_from
from eniplan.rules import ALL, BY_ID
from eniplan.rules.base import AnyRule, PlanRule, Settings, Unknown
from eniplan.rules.examples import ABSENT, BASE, LINGJUN_POOL, POD_NETWORKING, WORKLOAD, changed
from eniplan.rules.view import PlanView
from tests.judge import TODAY, catalog
from tests.plans import VALID, places

FACTS = [item for item in vars(facts).values() if isinstance(item, Fact)]
RICH = changed(
    BASE,
    {
        "nodePools[1]": LINGJUN_POOL,
        "nodePools[0].terwayConfig": "gpu-net",
        "nodePools[0].instanceFamilies": ["ecs.g8i", "ecs.i4"],
        "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}},
        "podNetworkings": [POD_NETWORKING],
        "workloads": [WORKLOAD, {**WORKLOAD, "name": "other", "podNetworking": "trading-eni"}],
    },
)
PATHS = sorted(
    {".".join(str(s) if isinstance(s, str) else f"[{s}]" for s in p).replace(".[", "[") for p in places(RICH)}
)


def test_each_fact_has_a_key_of_its_own() -> None:
    assert len({fact.key for fact in FACTS}) == len(FACTS)


@pytest.mark.parametrize("rule", BY_ID.values(), ids=lambda rule: rule.id)
def test_needs_are_facts_of_the_list(rule: AnyRule) -> None:
    assert rule.needs
    assert set(rule.needs) <= set(FACTS)
    assert len(set(rule.needs)) == len(rule.needs)


def lacking_undeclared(plan: object) -> set[tuple[str, str]]:
    found = set()
    view = PlanView(plan_from(plan), catalog(), Settings(today=TODAY))  # type: ignore[arg-type]  # a valid one
    for rule in ALL:
        if not isinstance(rule, PlanRule):
            continue
        for outcome in rule.check(view):
            if isinstance(outcome, Unknown) and outcome.fact not in rule.needs:
                found.add((rule.id, outcome.fact.key))
    return found


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(VALID)
def test_a_rule_lacks_only_facts_that_it_names(plan: object) -> None:
    assert lacking_undeclared(plan) == set()


@pytest.mark.parametrize("path", [path for path in PATHS if path.startswith("cluster") and "[" not in path])
def test_a_rule_lacks_only_facts_that_it_names_of_the_example(path: str) -> None:
    assert lacking_undeclared(changed(RICH, {path: ABSENT})) == set()
