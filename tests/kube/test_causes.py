"""No state in which a pod of the plan does not run passes: the cause is told first, and has a fix with a command."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.catalog.refresh import of_nodes
from eniplan.catalog.store import Catalog
from eniplan.judging.verify import verify
from eniplan.k8s.terway import ENI
from eniplan.rules import CLUSTER as RULES
from eniplan.rules.base import ClusterRule, Settings
from eniplan.rules.examples_cluster import CLUSTER, NODES, cluster_example, dump
from tests.catalog.support import updated
from tests.judge import TODAY
from tests.kube.causes import CAUSES as KNOWN
from tests.kube.causes import ERROR, enis, info, owned
from tests.kube.standstills import GONE, STANDSTILLS, controller
from tests.kube.states import STATES
from tests.kube.support import NO_PLAN, judge_cluster, judge_observed, observe
from tests.plans import at_path, places

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.report.model import Report

CAUSES = {**KNOWN, **STANDSTILLS}
COMMAND = re.compile(r"\bkubectl |\beniplan |\baliyun ")


def worst(report: Report) -> str:
    levels = {finding.level for finding in report.findings}
    return next((level for level in ("error", "warning", "info") if level in levels), "")


@pytest.mark.parametrize("name", CAUSES)
def test_the_cause_is_told_first_with_its_fix(name: str) -> None:
    cause = CAUSES[name]
    report = judge_cluster(cause.changes, cause.plan)
    told = [(finding.rule.id, finding.level, finding.message, finding.hint) for finding in report.findings]
    assert worst(report) == cause.level, told
    assert report.exit_code == (cause.level == ERROR)
    if cause.rule:
        assert report.findings[0].rule.id == cause.rule, told
        assert cause.fix in report.findings[0].hint, told
    else:
        assert not told


@pytest.mark.parametrize("name", CAUSES)
def test_without_a_plan(name: str) -> None:
    cause = CAUSES[name]
    report = judge_cluster(cause.changes, NO_PLAN)
    told = [(finding.rule.id, finding.level, finding.message, finding.hint) for finding in report.findings]
    assert worst(report) == (cause.level if cause.alone is None else cause.alone), told


def test_there_are_enough() -> None:
    assert len(CAUSES) == len(KNOWN) + len(STANDSTILLS)
    assert len(CAUSES) + len(STATES) + len(RULES) >= 300


ITEMS: list[dict[str, Any]] = dump(CLUSTER)["items"]
MEANS_NOTHING = re.compile(
    r"""
    .* \b (apiVersion|providerID|instanceID)             # verify reads none of these
    | Node/.* \b (capacity\.(cpu|pods) | conditions\.0\.reason)
    | Node/.* labels\.alibabacloud\.com/nodepool-id     # the pool is told by the type
    | Node/.* allocatable\.(cpu|memory)                 # matters to pods that wait, and then the scheduler says it
    | Pod/kube-proxy .*                                 # it takes no ENI, and no plan has it
    | Pod/.* metadata\.(labels|annotations\.k8s\.aliyun\.com/pod-eni) .*
    | Pod/.* spec\.tolerations .*                       # matters to pods that wait
    | Pod/.* containers\.0\.(name|image)
    | Pod/.* containers\.0\.resources\.(limits|requests) .*   # either says it
    | Pod/terway-eniip .* (uid|podIP|containers.*|initContainers.*)     # hostNetwork; the DaemonSet says the image
    | PodNetworking/.* vSwitches\.0\.id
    | PodENI/.* (metadata\.labels.* | eni\.id | spec\.zone | eni-\d\.id)
    | Event/.*                                          # a normal one
    | DaemonSet/.*                                      # its pods prove the same, on each node
    """,
    re.VERBOSE,
)
"""Paths that decide nothing in this cluster."""


@pytest.mark.parametrize("index", range(len(ITEMS)))
def test_a_right_cluster_without_something_is_no_longer_known_to_be_right(index: int) -> None:
    item = ITEMS[index]
    passed = []
    for path in ((), *(path for path in places(item) if path)):
        items = copy.deepcopy(ITEMS)
        if path:
            del at_path(items[index], path[:-1])[path[-1]]
        else:
            del items[index]
        name = f"{item['kind']}/{item['metadata']['name']} {'.'.join(map(str, path))}"
        report = judge_observed(observe({"items": items, "kind": "List"}))
        if not (report.exit_code or report.undecided or MEANS_NOTHING.fullmatch(name)):
            passed.append((name, [finding.rule.id for finding in report.findings]))
    assert [(name, rules) for name, rules in passed if "VER017" not in rules] == []


EVERYTHING: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    *((cause.changes, plan) for cause in CAUSES.values() for plan in (cause.plan, NO_PLAN)),
    *((state.changes, state.plan) for state in STATES.values()),
    *((dict(rule.fails), None) for rule in RULES),
]


def test_every_finding_has_a_fix_with_a_command() -> None:
    lacking = {
        (finding.rule.id, finding.hint)
        for changes, plan in EVERYTHING
        for finding in judge_cluster(changes, plan).findings
        if isinstance(finding.rule, ClusterRule) and not COMMAND.search(finding.hint)
    }
    assert lacking == set()


def test_every_rule_has_a_fix_with_a_command_in_its_example() -> None:
    for rule in RULES:
        told = [item for item in judge_cluster(dict(rule.fails)).findings if item.rule.id == rule.id]
        assert told, rule.id
        assert all(COMMAND.search(item.hint) for item in told), rule.id


def test_a_job_of_which_nothing_is_left_has_run_or_has_not() -> None:
    """With ttlSecondsAfterFinished it is removed, with its pods: nobody can tell that from one never applied."""
    plan = owned("Job", "load", "", "")["plan"]
    report = judge_cluster(GONE, plan)
    assert not report.findings
    (found,) = (item for item in report.undecided if item.rules == ("VER031",))
    assert found.fact == "whether the pods of Job trading/load have run"
    assert "ttlSecondsAfterFinished" in found.hint
    assert judge_cluster(GONE, plan, strict=True).exit_code == 1
    done = {"conditions": [{"type": "Complete", "status": "True"}]}
    left = {**GONE, "controllers": [controller("Job", "load", {"parallelism": 3}, done)]}
    assert not [item for item in judge_cluster(left, plan).undecided if "VER031" in item.rules]


def test_no_advice_asks_to_create_what_exists() -> None:
    for name, cause in CAUSES.items():
        for finding in judge_cluster(cause.changes, NO_PLAN).findings:
            assert "create the pool" not in finding.hint, name


def test_a_pod_is_told_once() -> None:
    """Of all rules about what keeps a pod from running, one tells it."""
    stages = {"VER012", "VER013", "VER014", "VER015", "VER019", "VER020", "VER021", "VER026", "VER032"}
    for name, cause in CAUSES.items():
        for plan in (cause.plan, NO_PLAN):
            told: list[Any] = []
            for finding in judge_cluster(cause.changes, plan).findings:
                pods = finding.facts.get("pods")
                told += pods if finding.rule.id in stages and isinstance(pods, list) else []
            assert len(told) == len(set(told)), name


def test_the_annotation_of_a_node_decides_for_that_node_alone() -> None:
    path = 'metadata.annotations["alibabacloud.com/instance-type-info"]'
    row = {"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9, "EniTrunkSupported": "odd"}
    changes = {f"nodes[1].{path}": json.dumps(row)}
    for field in ("capacity", "allocatable"):
        changes[f'nodes[1].status.{field}["{ENI}"]'] = "8"
    report = judge_cluster(changes)
    (finding,) = report.findings
    assert (finding.rule.id, finding.facts["nodes"]) == ("VER039", [NODES[1]])
    (sheet,) = report.pools
    assert sheet.proven is not None
    assert (sheet.proven.expected, sheet.capacity["ecs.g8i.8xlarge"].exclusive) == (7 + 8 + 7, 7)
    # What the others publish is wrong for a node that says otherwise, and the other way round.
    swapped = judge_cluster({f"nodes[1].{path}": json.dumps(row)})
    assert [(f.rule.id, f.facts["nodes"]) for f in swapped.findings if f.rule.id == "VER007"] == [
        ("VER007", [NODES[1]])
    ]


def test_verify_is_quiet_where_eniplan_has_learned_from_the_nodes(tmp_path: Path) -> None:
    row = {"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9}
    seen = observe(cluster_example(info(EniQuantity=9) | enis("8")))
    kept = tmp_path / "nodes.jsonl"
    kept.write_text(updated([row], of_nodes("2026-11-25")))
    settings = Settings(False, None, TODAY)  # noqa: FBT003 - not strict
    for catalog, rules in ((Catalog(), ["VER039"]), (Catalog(kept=[str(kept)]), [])):
        assert [f.rule.id for f in verify(seen, None, catalog, settings).findings] == rules
