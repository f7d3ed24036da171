"""Only what is reported of the plan's own workloads says why they have no pods."""

from __future__ import annotations

from eniplan.rules.examples_cluster import CLUSTER, event
from tests.kube.support import judge_cluster

REFUSED = 'pods "x" is forbidden: exceeded quota: compute'


def missing(*events: dict[str, object]) -> str:
    """Return what is said of the workload of the example plan, whose pods are not there."""
    pods = [pod for pod in CLUSTER["pods"] if pod["metadata"]["namespace"] != "trading"]
    report = judge_cluster({"pods": pods, "podENIs": [], "events": list(events)})
    return next(str(f.message) for f in report.findings if f.rule.id == "VER031")


def test_events_of_others_and_of_another_kind_are_none_of_its_own() -> None:
    own = event("FailedCreate", "StatefulSet", "matcher", REFUSED, "trading")
    stranger = event("FailedCreate", "StatefulSet", "stranger", REFUSED, "trading")
    other = event("FailedScheduling", "StatefulSet", "matcher", "no node", "trading")
    assert "exceeded quota" in missing(own)
    assert "exceeded quota" not in missing(stranger, other)
