"""ENI012, and the updates of WL016 that wait for CPU or memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan.rules.examples import ABSENT, LINGJUN_POOL, WORKLOAD
from tests.judge import facts_missing, found, judge, only, own, places, row, unknown

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.report.model import Report

POOL = "nodePools[0]"
SMALL, LARGE = "ecs.g8i.8xlarge", "ecs.g8i.24xlarge"
"""32 vCPU and 128 GiB, 96 vCPU and 384 GiB; 7 and 14 exclusive pods."""
SURGE = {"strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}}


def pods(replicas: int, cpu: object = None, memory: object = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return a Deployment of which each pod requests so much."""
    asked = {key: value for key, value in (("cpu", cpu), ("memory", memory)) if value is not None}
    spec = {"containers": [{"name": "a", "image": "b", "resources": {"requests": asked}}], **more.pop("spec", {})}
    named = {"name": f"w-{replicas}-{cpu}-{memory}", "kind": "Deployment", "replicas": replicas}
    return {**WORKLOAD, **named, "template": {"spec": spec}, **more}


def calm(replicas: int, cpu: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return pods of which each update removes the old one first."""
    return pods(replicas, cpu, **{"kind": "StatefulSet", **more})


MANY = [calm(1, f"{10 + i}m", spec={"hostNetwork": True}) for i in range(70)]


def report_of(*workloads: dict[str, Any], types: tuple[str, ...] = (SMALL,), **changes: object) -> Report:
    """Judge workloads on three nodes."""
    return judge({"workloads": list(workloads), f"{POOL}.instanceTypes": list(types), **changes})


class TestENI012:
    @pytest.mark.parametrize(
        ("fits", "surplus"),
        [
            (pods(12, "8"), pods(13, "8")),
            (pods(3, "32"), pods(4, "32")),
            (pods(3, "17"), pods(4, "17")),
            (pods(3, "32"), pods(3, "32001m")),
            (pods(3, 32), pods(3, 32.5)),
            (pods(6, memory="64Gi"), pods(7, memory="64Gi")),
            (pods(3, memory="128Gi"), pods(3, memory=2**37 + 1)),
            (pods(3, "1", "65Gi"), pods(4, "1", "65Gi")),
            (pods(1, "32", kind="DaemonSet"), pods(1, "33", kind="DaemonSet")),
            (pods(3, "16", spec={"overhead": {"cpu": "16"}}), pods(3, "16", spec={"overhead": {"cpu": "17"}})),
            (pods(3, "99", spec={"resources": {"requests": {"cpu": "32"}}}),
             pods(3, "1", spec={"resources": {"requests": {"cpu": "33"}}})),
            (pods(0, "99"), pods(1, "99")),
        ],
    )  # fmt: skip
    def test_borders(self, fits: dict[str, Any], surplus: dict[str, Any]) -> None:
        assert found(report_of(fits), "ENI012") == []
        assert only(report_of(surplus), "ENI012").level == "error"

    def test_all_pods_together(self) -> None:
        finding = only(report_of(pods(5, "10"), pods(5, "10.5")), "ENI012")
        assert finding.message == (
            "pool 'trading' has 96 vCPU at its largest size (3 nodes x 32 vCPU), and its pods request 102.5 vCPU"
        )
        assert finding.hint == "use at least 4 nodes, or types with more CPU"
        assert (finding.place.path, finding.facts["resource"]) == (POOL, "cpu")
        assert {"needed": 102.5, "capacity": 96.0, "nodes": 3}.items() <= finding.facts.items()
        memory = only(report_of(pods(7, memory="64Gi")), "ENI012")
        assert memory.message.endswith(
            "has 384 GiB at its largest size (3 nodes x 128 GiB), and its pods request 448 GiB"
        )
        assert memory.hint == "use at least 4 nodes, or types with more memory"
        assert memory.facts["needed"] == 448.0

    def test_pods_that_leave_gaps(self) -> None:
        """Four pods of 20 vCPU need a node each; the fifth of 12 has room beside one of them."""
        finding = only(report_of(pods(2, "20"), pods(2, "17"), pods(1, "2")), "ENI012")
        assert finding.message == (
            "pool 'trading' has 3 nodes x 32 vCPU at its largest size, each with 32 vCPU left for pods that request "
            "17 vCPU or more: only 3 of 4 fit"
        )
        assert finding.hint == "use at least 4 nodes, or types with more CPU"

    def test_the_nodes_that_are_needed(self) -> None:
        """Five pods of 20 vCPU need a node each, although four nodes have as much in sum."""
        assert only(report_of(pods(5, "20"), pods(1, "1")), "ENI012").hint.startswith("use at least 5 nodes")
        assert only(report_of(pods(1, "20"), pods(28, "4")), "ENI012").hint.startswith("use at least 5 nodes")

    def test_what_runs_on_every_node_comes_first(self) -> None:
        agent = pods(1, "17", kind="DaemonSet")
        finding = only(report_of(agent, pods(1, "16")), "ENI012")
        assert "each with 15 vCPU left for pods that request 16 vCPU or more: only 0 of 1 fit" in finding.message
        assert finding.hint == "choose types with more CPU, or request less"
        assert found(report_of(agent, pods(3, "15")), "ENI012") == []
        other = {**agent, "name": "other"}
        finding = only(report_of(agent, other), "ENI012")
        assert (finding.facts["needed"], finding.hint) == (102.0, "choose types with more CPU, or request less")

    def test_pods_that_find_no_arrangement(self) -> None:
        """Each node has 6 vCPU left beside the largest pods; no proof says so for pods of all sizes."""
        finding = only(report_of(pods(3, "26"), pods(1, "7")), "ENI012")
        assert (finding.level, finding.hint) == ("warning", "use at least 4 nodes, or types with more CPU")
        assert finding.message == (
            "pool 'trading' has 96 vCPU and its pods request 85 vCPU, but all that a pod requests must be on one node: "
            "even with the largest pods placed first, some do not fit"
        )
        assert found(report_of(pods(3, "26"), pods(1, "7"), *MANY), "ENI012") == []  # of so many sizes, only the sum

    def test_one_pod_that_no_node_has_room_for(self) -> None:
        finding = only(report_of(pods(2, "40")), "ENI012")
        assert finding.message == (
            "a pod of Deployment 'w-2-40-None' requests 40 vCPU, and the largest node of pool 'trading' has 32 vCPU"
        )
        assert finding.hint == "choose types with more CPU, or request less"
        assert finding.place.path == "workloads[0].template.spec.containers[0].resources"
        # The others have room without it.
        assert places(report_of(pods(2, "40"), pods(12, "8")), "ENI012") == [finding.place.path]
        assert len(found(report_of(pods(2, "40"), pods(13, "8")), "ENI012")) == 2

    def test_types_of_several_sizes(self) -> None:
        """What fits only on some of them may fit: a warning."""
        both = (LARGE, SMALL)
        finding = only(report_of(pods(2, "40"), types=both), "ENI012")
        assert finding.level == "warning"
        assert finding.message.endswith(
            "requests 40 vCPU, and nodes of pool 'trading' may have only 32 vCPU: that depends on their type"
        )
        finding = only(report_of(pods(10, "10"), types=both), "ENI012")
        assert finding.level == "warning"
        assert finding.message.endswith("its pods request 100 vCPU, if all its nodes are of the smallest type")
        assert (finding.facts["capacity"], finding.facts["needed"]) == (96.0, 100.0)
        assert only(report_of(pods(19, "16"), types=both), "ENI012").level == "error"
        assert only(report_of(pods(1, "97"), types=both), "ENI012").level == "error"
        assert only(report_of(pods(1, "96"), types=both), "ENI012").level == "warning"

    def test_autoscalers(self) -> None:
        finding = only(report_of(pods(2, "8", maxReplicas=13)), "ENI012")
        assert finding.level == "warning"
        assert finding.message.endswith("its pods request 104 vCPU, once autoscalers have scaled them to maxReplicas")
        assert found(report_of(pods(2, "8", maxReplicas=12)), "ENI012") == []
        assert only(report_of(pods(0, "40", maxReplicas=1)), "ENI012").level == "error"

    def test_pods_of_the_host_network_take_cpu_too(self) -> None:
        finding = only(report_of(pods(13, "8", spec={"hostNetwork": True})), "ENI012")
        assert finding.facts["needed"] == 104.0

    def test_each_pool_has_its_own_pods(self) -> None:
        second = {"name": "two", "instanceTypes": [SMALL], "vSwitchIds": ["vsw-j"], "desiredSize": 3}
        more: dict[str, Any] = {"nodePools[1]": second}
        assert found(report_of(pods(12, "8"), pods(11, "8", nodePool="two"), **more), "ENI012") == []
        assert places(report_of(pods(12, "8"), pods(13, "8", nodePool="two"), **more), "ENI012") == ["nodePools[1]"]
        assert found(report_of(pods(13, "8", nodePool="none")), "ENI012") == []

    def test_the_size_of_the_pool_is_not_known(self) -> None:
        unsized = {f"{POOL}.desiredSize": ABSENT}
        report = report_of(pods(2, "8"), pods(1, "40"), **unsized)
        assert facts_missing(report, "ENI012") == ["the size of pool 'trading'"]
        assert places(report, "ENI012") == ["workloads[1].template.spec.containers[0].resources"]
        assert facts_missing(report_of(pods(2), **unsized), "ENI012") == []

    def test_a_type_that_does_not_state_its_size(self, tmp_path: Path) -> None:
        specs = own(tmp_path, row(EniQuantity=8, CpuCoreCount=None))
        types: dict[str, Any] = {f"{POOL}.instanceTypes": [SMALL, "ecs.mine.8xlarge"]}
        report = judge({**types, "workloads": [pods(50, "1")]}, specs=specs)
        assert (found(report, "ENI012"), facts_missing(report, "ENI012")) == ([], ["CpuCoreCount of ecs.mine.8xlarge"])
        (item,) = unknown(report, "ENI012")
        assert item.place.path == f"{POOL}.instanceTypes"
        report = judge({**types, "workloads": [pods(1, None, "129Gi")]}, specs=specs)
        assert (len(found(report, "ENI012")), facts_missing(report, "ENI012")) == (1, [])
        assert facts_missing(judge({**types, "workloads": [pods(1)]}, specs=specs), "ENI012") == []
        alien = report_of(pods(1, "1"), types=("ecs.new.xlarge",))
        assert facts_missing(alien, "ENI012") == ["CpuCoreCount of ecs.new.xlarge"]
        untyped = judge({f"{POOL}.instanceTypes": ABSENT, "workloads": [pods(1, "1")]})
        assert facts_missing(untyped, "ENI012") == ["CpuCoreCount of the nodes of pool 'trading'"]

    def test_nobody_states_the_size_of_lingjun_nodes(self) -> None:
        item = pods(1, "8", nodePool="training")
        (missing,) = unknown(judge({"nodePools[1]": LINGJUN_POOL, "workloads": [item]}), "ENI012")
        assert missing.fact == "CpuCoreCount of ebs-enhanced"
        assert missing.hint == "no source states it: compare the requests of its pods with its nodes"
        assert missing.place.path == "nodePools[1].lingjun.nodeType"
        calm = pods(1, nodePool="training")
        assert unknown(judge({"nodePools[1]": LINGJUN_POOL, "workloads": [calm]}), "ENI012") == []

    def test_an_amount_that_is_no_quantity(self) -> None:
        """What is known counts all the same: it is the least."""
        item = pods(1, "unknown-")
        (missing,) = unknown(report_of(item), "ENI012")
        assert missing.fact == f"how much CPU and memory a pod of Deployment {item['name']!r} requests"
        assert missing.place.path == "workloads[0].template.spec.containers[0].resources"
        assert len(unknown(report_of(item, types=("ecs.new.xlarge",)), "ENI012")) == 1
        beside = [{"name": "a", "resources": {"limits": {"cpu": "${CPU}"}}}, {"resources": {"limits": {"cpu": 33}}}]
        report = report_of(pods(1, spec={"containers": beside}))
        assert (len(found(report, "ENI012")), len(unknown(report, "ENI012"))) == (1, 1)
        whole = report_of(pods(1, "unknown-", spec={"resources": {"requests": {"cpu": 1}}}))
        assert unknown(whole, "ENI012") == []
        assert len(unknown(report_of(pods(1, 1, spec={"overhead": {"memory": "much"}})), "ENI012")) == 1
        assert unknown(report_of(pods(0, "unknown-")), "ENI012") == []


class TestUpdates:
    """WL016: a new pod that finds no CPU or memory before an old one makes room."""

    def test_numbers(self) -> None:
        finding = only(report_of(pods(12, "8", **SURGE)), "WL016")
        assert finding.message == (
            "a rolling update of Deployment 'w-12-8-None' adds 1 pod before it removes one (maxUnavailable is 0 of "
            "12), and the pods of pool 'trading' leave too little CPU for it: 96 vCPU of 96 vCPU are requested"
        )
        assert finding.hint == "set maxUnavailable to 1 and maxSurge to 0, or leave room for one more pod"
        assert (finding.level, finding.place.path) == ("warning", "workloads[0].strategy")
        assert found(report_of(pods(12, "8")), "WL016") == []  # by default some of twelve may be missing
        assert found(report_of(pods(11, "8", **SURGE)), "WL016") == []
        assert (
            "too little memory for it: 390 GiB" not in only(report_of(pods(3, "1", "100Gi", **SURGE)), "WL016").message
        )

    @pytest.mark.parametrize(
        ("others", "told"),
        [
            ((calm(3, "25"),), False),
            ((calm(2, "25"), calm(1, "26")), True),
            ((calm(2, "26"), calm(1, "11")), False),
            ((calm(2, "26"), calm(1, "12")), True),
            ((pods(1, "25", kind="DaemonSet"),), False),
            ((pods(1, "25", kind="DaemonSet"), calm(1, "1")), True),
            ((*MANY, calm(2, "25"), calm(1, "20")), False),
            ((*MANY, calm(3, "24.5")), True),
        ],
    )
    def test_others_take_room(self, others: tuple[dict[str, Any], ...], told: bool) -> None:  # noqa: FBT001 - a parameter of the test
        """Two pods of 7 vCPU, and a third one of the update."""
        report = report_of(pods(2, "7", **SURGE), *others)
        assert (found(report, "ENI012"), bool(found(report, "WL016"))) == ([], told)

    def test_a_daemonset_needs_room_on_every_node(self) -> None:
        agent = pods(1, "8", kind="DaemonSet", **SURGE)
        assert found(report_of(agent, calm(3, "16")), "WL016") == []
        finding = only(report_of(agent, calm(3, "16"), calm(1, "1")), "WL016")
        assert finding.hint == "set maxUnavailable to 1 and maxSurge to 0, or leave room for one more pod on every node"

    def test_of_many_sizes_only_the_sum_counts(self) -> None:
        agent = pods(1, "8", kind="DaemonSet", **SURGE)
        assert found(report_of(agent, *MANY, calm(3, "14.9")), "WL016") == []
        assert len(found(report_of(agent, *MANY, calm(3, "15")), "WL016")) == 1

    def test_blue_green_needs_room_for_all(self) -> None:
        rollout = {"kind": "Rollout", "strategy": {"blueGreen": {}}}
        assert found(report_of(pods(6, "8", **rollout)), "WL016") == []
        finding = only(report_of(pods(7, "8", **rollout)), "WL016")
        assert finding.hint.startswith("leave room for 7 more pods, or update in steps")
        assert "adds 7 pods before it removes one" in finding.message

    def test_what_does_not_fit_at_all_is_told_by_another_rule(self) -> None:
        report = report_of(pods(13, "8", **SURGE))
        assert (len(found(report, "ENI012")), found(report, "WL016")) == (1, [])
        report = report_of(pods(1, "33", **SURGE), pods(1, "1", **SURGE))
        assert (len(found(report, "ENI012")), found(report, "WL016")) == (1, [])

    def test_facts_that_are_not_known(self) -> None:
        assert len(unknown(report_of(pods(2, "unknown-", **SURGE)), "WL016")) == 1
        assert facts_missing(report_of(pods(2, "1", **SURGE), types=("ecs.hpc8i.32xlarge",)), "WL016") == [
            "EniQuantity of the nodes of pool 'trading'"
        ]
