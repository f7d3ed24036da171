"""What verify says of each broken cluster, and that kubectl and a dump of the same cluster lead to the same report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.errors import KUBECTL
from eniplan.kube import kubectl
from eniplan.kube.kubectl import Kubectl
from eniplan.observed import NODE_POOL_LABEL, TYPE_LABEL
from eniplan.report import json_format
from eniplan.rules import CLUSTER as RULES
from eniplan.rules.examples import ABSENT, changed
from eniplan.rules.examples_cluster import CLUSTER, NODES
from tests.emit.support import needs
from tests.kube.causes import CAUSES
from tests.kube.standstills import STANDSTILLS
from tests.kube.states import DUMPS, STATES, State
from tests.kube.support import DUMP, NO_PLAN, FakeApi, judge_cluster, judge_observed, planned_by, said, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from eniplan.report.model import Report

THROUGH_KUBECTL = {
    **{f"example of {rule.id}": State(dict(rule.fails), set()) for rule in RULES},
    **{name: STATES[name] for name in list(STATES)[::4]},
    **{name: STATES[name] for name in STATES if "good" in name or "node-level" in name},
    **{
        name: State(CAUSES[name].changes, set(), CAUSES[name].plan)
        for name in list(CAUSES)[1::25]
        if "dumped" not in name
    },
    **{
        name: State(STANDSTILLS[name].changes, set(), STANDSTILLS[name].plan)
        for name in [*list(STANDSTILLS)[::12], *(name for name in STANDSTILLS if name.endswith("suspended"))]
    },
}
"""One state for each rule, and a part of the others: each costs seven processes."""


@pytest.fixture(scope="module")
def api() -> Iterator[FakeApi]:
    needs("kubectl")
    found = FakeApi()
    yield found
    found.close()


@pytest.mark.parametrize("name", [*STATES, *DUMPS])
def test_verdict(name: str) -> None:
    state = {**STATES, **DUMPS}[name]
    report = judge_cluster(state.changes, state.plan)
    assert said(report) == state.said, [(f.rule.id, f.message) for f in report.findings]
    assert {item.fact for item in report.undecided} == state.undecided
    assert report.exit_code == any(level == "error" for _, level, _ in state.said)


def test_a_node_pool_that_the_user_names_belongs_to_that_pool() -> None:
    theirs = {
        "nodes[2].metadata.labels": {NODE_POOL_LABEL: "np2", TYPE_LABEL: "ecs.g7.8xlarge"},
        "pods[2]": ABSENT,
        "podENIs[2]": ABSENT,
    }
    plan = {"nodePools[0].desiredSize": 3, "workloads": []}
    assert said(judge_cluster(theirs, plan)) == {("VER002", "error", "nodePools[0]")}
    named = judge_cluster(theirs, {**plan, "nodePools[0].desiredSize": 1}, pool_ids={"trading": "np2"})
    assert said(named) == {("VER004", "error", f"Node/{NODES[2]}")}


@pytest.mark.parametrize("plan", [None, NO_PLAN])
def test_a_misspelt_label_is_named_with_its_pool(plan: dict[str, Any] | None) -> None:
    (finding,) = judge_cluster(STATES["label misspelt on the whole pool"].changes, plan).findings
    assert "with the label k8s.aliyun.com/exclusive-mode-eni-type=ENI, where exclusive is" in finding.message
    assert "of node pool np0123456789abcdef0123456789abcdef to" in finding.hint


def test_every_rule_speaks_in_some_state() -> None:
    assert len(STATES) + len(RULES) > 20
    assert {rule.id for rule in RULES} == {
        finding.rule.id for rule in RULES for finding in judge_cluster(rule.fails).findings
    }


def without_source(report: Report) -> Any:  # noqa: ANN401 - the JSON report
    text = json_format.write(report).replace(f'"{KUBECTL}"', '"SOURCE"').replace(f'"{DUMP}"', '"SOURCE"')
    return json.loads(text)


@pytest.mark.parametrize("name", THROUGH_KUBECTL)
def test_kubectl_leads_to_the_report_of_the_dump(name: str, api: FakeApi, tmp_path: Path) -> None:
    state = THROUGH_KUBECTL[name]
    api.states, api.asked = [changed(CLUSTER, state.changes)], []
    asked = wanted(planned_by(state.plan))
    seen = kubectl.observe(Kubectl("fake", str(api.kubeconfig(tmp_path))), None, asked)
    report = judge_observed(seen, state.plan)
    dumped = judge_cluster(state.changes, state.plan)
    assert without_source(report) == without_source(dumped)
    assert report.exit_code == dumped.exit_code
