"""WL020: what keeps the pods of a workload in their pool."""

from __future__ import annotations

from typing import Any

import pytest

from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K, WORKLOAD
from tests.judge import found, judge, only
from tests.rules.test_wl import POOL, templated

OTHER: dict[str, Any] = {
    "name": "other",
    "instanceTypes": ["ecs.g8i.4xlarge"],
    "vSwitchIds": ["vsw-j"],
    "desiredSize": 3,
}
TAINT = {"key": "other", "value": "true", "effect": "NoSchedule"}


def beside(*others: dict[str, Any], **workload: Any) -> dict[str, Any]:  # noqa: ANN401 - any key of a workload
    """Return changes to the example plan: more pools, and one workload of the first."""
    pools = {f"nodePools[{i}]": other for i, other in enumerate(others, 1)}
    return {**pools, "workloads": [{**WORKLOAD, **workload}]}


class TestWL020:
    @pytest.mark.parametrize(
        ("changes", "others"),
        [
            (beside(), None),
            (beside(OTHER), "pool other"),
            (beside({**OTHER, "name": "b"}, {**OTHER, "name": "a"}), "pools a, b"),
            (beside({**OTHER, "labels": {"team": "b"}}), "pool other"),  # the own pool has none to select
            ({**beside(OTHER), f"{POOL}.labels": {"team": "a"}}, None),
            ({**beside({**OTHER, "labels": {"team": "b"}}), f"{POOL}.labels": {"team": "a"}}, None),
            ({**beside({**OTHER, "labels": {"team": "a"}}), f"{POOL}.labels": {"team": "a"}}, "pool other"),
            (beside({**OTHER, "taints": [TAINT]}), None),
            (beside({**OTHER, "taints": []}), "pool other"),
            (beside({**OTHER, "taints": [TAINT]}, tolerations=[{"operator": "Exists"}]), "pool other"),
            (beside(OTHER, tolerations=[]), None),
            (beside(OTHER, hostNetwork=True), None),  # such pods take no ENI
            (
                {
                    **beside({**OTHER, "labels": {"team": "c"}}, {**OTHER, "name": "b", "labels": {"team": "a"}}),
                    f"{POOL}.labels": {"team": "a"},
                },
                "pool b",
            ),
            (beside(OTHER, kind="DaemonSet", replicas=1), "pool other"),
            (beside(LINGJUN_POOL), None),
            ({**beside(OTHER), "workloads": []}, None),
        ],
    )
    def test_what_eniplan_renders(self, changes: dict[str, Any], others: str | None) -> None:
        said = [finding.message for finding in found(judge(changes), "WL020")]
        told = f"nothing keeps the pods of matcher in pool 'trading': they can also run in {others}"
        assert said == ([] if others is None else [told])

    def test_pods_of_lingjun_nodes(self) -> None:
        """Without a request for an ENI, they also fit on ECS nodes."""
        workloads = [{**WORKLOAD, "name": "train", "nodePool": "training"}]
        finding = only(judge({"nodePools[1]": LINGJUN_POOL, "workloads": workloads}), "WL020")
        assert (
            finding.message == "nothing keeps the pods of train in pool 'training': they can also run in pool trading"
        )
        assert finding.place.path == "nodePools[1].name"

    def test_pods_of_ecs_pools_request_what_lingjun_nodes_never_offer(self) -> None:
        changes = templated(tolerations=[{"operator": "Exists"}]) | {"nodePools[1]": LINGJUN_POOL}
        assert found(judge(changes), "WL020") == []

    def test_workloads_of_one_pool_are_told_together(self) -> None:
        workloads = [WORKLOAD, {**WORKLOAD, "name": "auditor", "replicas": 1}]
        finding = only(judge({"nodePools[1]": OTHER, "workloads": workloads}), "WL020")
        assert finding.message.startswith("nothing keeps the pods of auditor, matcher in pool 'trading'")
        assert finding.hint == (
            "give each pool a label or a taint of its own; `eniplan render-manifests` then steers by it"
        )

    def test_workloads_that_may_all_run_in_any_of_their_pools_are_told_once(self) -> None:
        workloads = [WORKLOAD, {**WORKLOAD, "name": "auditor", "nodePool": "other", "replicas": 1}]
        pools = {"nodePools[1]": OTHER, "nodePools[2]": {**OTHER, "name": "third"}}
        finding = only(judge({**pools, "workloads": workloads}), "WL020")
        assert finding.message == (
            "nothing keeps the pods of auditor, matcher in their pools, other, trading: they can run in pools other, "
            "third, trading"
        )
        assert finding.place.path == "nodePools[1].name"

    @pytest.mark.parametrize(
        ("affinity", "told"),
        [({"operator": "NotIn", "values": ["a"]}, True), ({"operator": "In", "values": ["a"]}, False)],
    )
    def test_pods_that_select_by_affinity(self, affinity: dict[str, Any], told: bool) -> None:  # noqa: FBT001 - a parameter of the test
        """`NotIn` leads elsewhere, which WL007 says, too."""
        term = {"matchExpressions": [{"key": "team", **affinity}]}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        changes = templated(tolerations=[{"operator": "Exists"}], affinity={"nodeAffinity": required})
        pools = {"nodePools[1]": OTHER, f"{POOL}.labels": {"team": "a"}}
        assert bool(found(judge({**changes, **pools}), "WL020")) == told

    @pytest.mark.parametrize(
        ("labels", "pod", "hint"),
        [
            ({}, {}, "give each pool a label"),
            ({"team": "a", "tier": "1"}, {}, "select team=a: `eniplan render-manifests --patch` prints it"),
            ({"team": "a"}, {"nodeSelector": {"team": "a"}}, None),
            ({"team": "a"}, {"tolerations": []}, None),
            ({"team": "a"}, {"nodeSelector": {"team": "b"}}, None),
        ],
    )
    def test_a_manifest(self, labels: dict[str, str], pod: dict[str, Any], hint: str | None) -> None:
        tolerations = [{"key": "exclusive-eni", "operator": "Exists"}]
        changes = templated(**{"tolerations": tolerations, **pod}) | {"nodePools[1]": OTHER, f"{POOL}.labels": labels}
        findings = found(judge(changes), "WL020")
        assert [finding.hint[: len(hint or "")] for finding in findings] == ([] if hint is None else [hint])

    def test_a_daemon_set_of_a_manifest(self) -> None:
        changes = templated(tolerations=[{"operator": "Exists"}]) | {"nodePools[1]": OTHER}
        changes["workloads"] = [{**changes["workloads"][0], "kind": "DaemonSet", "replicas": 1}]
        assert found(judge(changes), "WL020") == []

    @pytest.mark.parametrize(
        ("zone", "ids", "told", "waits"),
        [
            ("vsw-j", ["vsw-j"], True, False),
            ("vsw-k", ["vsw-j"], False, False),  # the webhook keeps the pods in the zones of the PodNetworking
            ("vsw-k", ["vsw-j", "vsw-k"], True, False),
            ("vsw-k", [], False, False),  # as the cluster's eni-config
            ("vsw-x", ["vsw-j"], False, True),
            ("vsw-k", ["vsw-x"], False, True),
        ],
    )
    def test_zones_of_a_pod_networking(self, zone: str, ids: list[str], told: bool, waits: bool) -> None:  # noqa: FBT001 - parameters of the test
        changes = beside({**OTHER, "vSwitchIds": [zone]}, podNetworking="trading-eni") | {
            "cluster.vSwitches": [VSWITCH_J, VSWITCH_K],
            "podNetworkings": [{**POD_NETWORKING, "vSwitchIds": ids}],
        }
        report = judge(changes)
        assert bool(found(report, "WL020")) == told
        assert any("WL020" in item.rules for item in report.undecided) == waits

    def test_what_a_pod_networking_leaves_to_unknown_defaults(self) -> None:
        changes = beside(OTHER, podNetworking="trading-eni") | {
            "cluster.podDefaults": ABSENT,
            "podNetworkings": [{**POD_NETWORKING, "vSwitchIds": []}],
        }
        report = judge(changes)
        assert found(report, "WL020") == []
        assert any("WL020" in item.rules for item in report.undecided)

    def test_a_pod_networking_that_does_not_exist(self) -> None:
        assert found(judge(beside(OTHER, podNetworking="absent")), "WL020")

    def test_a_zone_that_depends_on_unknown_vswitches(self) -> None:
        zone = {"topology.kubernetes.io/zone": "cn-hangzhou-j"}
        other = {**OTHER, "vSwitchIds": ["vsw-x"]}
        changes = templated(tolerations=[{"operator": "Exists"}], nodeSelector=zone) | {"nodePools[1]": other}
        report = judge(changes)
        assert found(report, "WL020") == []
        assert any("WL020" in item.rules for item in report.undecided)
