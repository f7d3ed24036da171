"""Which nodes and pods verify judges, and against what: told by the rules that report it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from eniplan.judging.trace import trace_node
from eniplan.judging.verify import view_of
from eniplan.observed import NODE_POOL_LABEL, TYPE_INFO, TYPE_LABEL, ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL, TERWAY_CONFIG_LABEL
from eniplan.rules.base import Settings
from eniplan.rules.examples import ABSENT, POD_NETWORKING, TYPE, VSWITCH_K
from eniplan.rules.examples_cluster import (
    CLUSTER,
    MEMBER_REQUEST,
    NODES,
    SHARED_NODE,
    STEERED,
    cluster_example,
    config_map,
    daemon_pod,
    event,
    node,
    pod,
)
from tests.judge import TODAY, catalog, facts_missing, found, only
from tests.kube.causes import CONTROLLER, OTHER_ZONE, PENDING, asking, away, crashing, each, reported, unschedulable
from tests.kube.states import BIG, LINGJUN, LINGJUN_PLAN, conf, enis, fallback, label, loner, type_label
from tests.kube.support import NO_PLAN, judge_cluster, observe, planned_by

if TYPE_CHECKING:
    from eniplan.report.model import Report

ONE, TWO, THREE = NODES
NP = "np0123456789abcdef0123456789abcdef"
DELETED = "2026-11-25T00:00:00Z"
TAINT = "exclusive-eni=true:NoSchedule"
OWNER = {"kind": "Job", "controller": True}
PLAIN = [{"name": "app"}]
"""The containers of a pod that requests nothing."""
POOLS: dict[str, Any] = {"podNetworkings": [POD_NETWORKING], "workloads": []}
"""The parts of a plan that do not name all its pools."""


def messages(report: Report, rule: str) -> list[str]:
    return [finding.message for finding in found(report, rule)]


def of_pool(number: int, pool: object) -> dict[str, Any]:
    """Return the change of a node's node pool."""
    return {f'nodes[{number}].metadata.labels["{NODE_POOL_LABEL}"]': pool}


def stopped(report: Report) -> str:
    """Return what keeps the only waiting pod off its nodes."""
    return str(only(report, "VER021").message).removeprefix("1 pod pending: ").rpartition(": ")[0]


def down(*numbers: int) -> dict[str, Any]:
    """Return the change that makes nodes not Ready: VER003 names them with their pool."""
    return {f"nodes[{n}].status.conditions": [{"type": "Ready", "status": "False"}] for n in numbers}


def told_of(name: str, changes: dict[str, Any], step: str, plan: dict[str, Any] = NO_PLAN) -> list[str]:
    """Return what a trace of a node says in a step."""
    view = view_of(observe(cluster_example(changes)), planned_by(plan), catalog(), Settings(today=TODAY), {})
    trace = trace_node(view, name)
    assert trace is not None
    return [found.told for found in trace.steps if found.name == step]


class TestMisspeltLabels:
    """Labels that were meant to be the exclusive label."""

    @staticmethod
    def labelled(labels: dict[str, str]) -> str:
        """Return what VER004 says of a node that has these labels instead of the exclusive one."""
        changes = {label(1): ABSENT}
        changes |= {f'nodes[1].metadata.labels["{key}"]': value for key, value in labels.items()}
        return str(only(judge_cluster(changes), "VER004").message).partition(" of pool 'trading' ")[2]

    @pytest.mark.parametrize(
        "key",
        [
            "k8s.aliyun.com.exclusive-mode-enitype", "exclusive-mode-eni", "k8s.aliyun.com/exclusive-mode-eni-typ",
            "the-exclusive-mode-eni-type-of-the-trading-pool",
        ],
    )  # fmt: skip
    def test_a_key_that_resembles_it(self, key: str) -> None:
        said = f"with the label {key}=x, where exclusive is {EXCLUSIVE_LABEL}=eniOnly: {TWO}"
        assert self.labelled({key: "x"}) == said

    @pytest.mark.parametrize(
        "labels",
        [
            {"example.com/inclusive-mode-type": "x"},
            {"example.com/exclusive": "x"},
            {"k8s.aliyun.com/exclusive-mode-eni": "default"},
        ],
    )
    def test_other_labels_and_modes(self, labels: dict[str, str]) -> None:
        assert self.labelled(labels) == f"without the label {EXCLUSIVE_LABEL}=eniOnly: {TWO}"

    def test_the_first_of_several_is_named(self) -> None:
        labels = {f"{name}/exclusive-mode-eni": name for name in ("m.example", "a.example", "z.example")}
        assert self.labelled(labels).startswith("with the label a.example/exclusive-mode-eni=a.example, ")

    def test_an_exclusive_node_of_no_pool_is_not_misspelt(self) -> None:
        report = judge_cluster({"nodes": [node("other", **{TYPE_LABEL: "ecs.g7.8xlarge"})]})
        assert messages(report, "VER001") == ["pool 'trading' has no node in the cluster"]

    def test_a_node_without_a_node_pool(self) -> None:
        odd = node("odd", **{EXCLUSIVE_LABEL: "eni", TYPE_LABEL: "ecs.g7.8xlarge"})
        del odd["metadata"]["labels"][NODE_POOL_LABEL]
        assert messages(judge_cluster({"nodes": [odd]}), "VER001") == [
            (
                f"pool 'trading' has no node in the cluster; odd of nodes without the label {NODE_POOL_LABEL} carry "
                f"{EXCLUSIVE_LABEL}=eni, which is not {EXCLUSIVE_LABEL}=eniOnly"
            )
        ]


class TestNodePools:
    """Which node pool of the cluster belongs to which pool of the plan."""

    def test_the_stated_node_pool_belongs_to_its_pool_and_no_other_does(self) -> None:
        second = {"name": "second", "instanceTypes": [TYPE], "desiredSize": 2}
        plan = {"nodePools[0].desiredSize": 1, "nodePools[1]": second, **POOLS}
        report = judge_cluster({**down(0, 1, 2), **of_pool(2, "np2")}, plan, pool_ids={"second": NP})
        assert messages(report, "VER003") == [
            f"2 nodes of pool 'second' not Ready: {ONE}, {TWO}",
            f"1 node of pool 'trading' not Ready: {THREE}",
        ]
        assert not found(report, "VER001")
        assert not facts_missing(report, "VER001")

    @pytest.mark.parametrize("plan", [None, NO_PLAN], ids=["plan", "alone"])
    def test_a_node_without_a_node_pool_says_nothing_about_others(self, plan: dict[str, Any] | None) -> None:
        shared = node("shared", **{EXCLUSIVE_LABEL: "default"})
        del shared["metadata"]["labels"][NODE_POOL_LABEL]
        report = judge_cluster({"nodes[3]": shared, **{k: v for n in range(3) for k, v in of_pool(n, ABSENT).items()}},
                               plan)  # fmt: skip
        assert not report.findings

    @pytest.mark.parametrize(("values", "lacking"), [(["default"], 1), (["eni", "eni", "eni"], 3)])
    def test_one_exclusive_or_misspelt_node_is_enough_without_a_plan(self, values: list[str], lacking: int) -> None:
        report = judge_cluster({label(n): value for n, value in enumerate(values)}, NO_PLAN)
        assert [finding.facts["nodes"] for finding in found(report, "VER004")] == [[*NODES][:lacking]]

    def test_nodes_without_a_node_pool_are_named_so(self) -> None:
        report = judge_cluster({**down(0), **of_pool(0, ABSENT)}, NO_PLAN)
        assert messages(report, "VER003") == [f"1 node of nodes without the label {NODE_POOL_LABEL} not Ready: {ONE}"]

    def test_no_ecs_node_belongs_to_a_lingjun_pool_and_no_lingjun_node_to_an_ecs_pool(self) -> None:
        assert messages(judge_cluster({}, LINGJUN_PLAN), "VER001") == ["pool 'training' has no node in the cluster"]
        nodes = {**LINGJUN, **{type_label(n): TYPE for n in range(3)}}
        assert messages(judge_cluster(nodes), "VER001") == ["pool 'trading' has no node in the cluster"]

    @pytest.mark.parametrize(
        ("planned", "fits"),
        [
            ({EXCLUSIVE_LABEL: "eniOnly"}, False),
            ({TERWAY_CONFIG_LABEL: "gpu-net"}, False),
            ({"team": "a", "tier": "b"}, False),
            ({"team": "a"}, True),
        ],
    )
    def test_a_node_of_another_type_has_all_own_labels_of_its_pool(
        self, planned: dict[str, str], *, fits: bool
    ) -> None:
        labels = {TYPE_LABEL: "ecs.g7.8xlarge", TERWAY_CONFIG_LABEL: "gpu-net", "team": "a"}
        report = judge_cluster({"nodes": [node(ONE, **labels)]}, {"nodePools[0].labels": planned})
        assert bool(found(report, "VER001")) is not fits

    @pytest.mark.parametrize("ignored", [{"type": "virtual-kubelet"}, {"k8s.aliyun.com/ignore-by-terway": "true"}])
    def test_a_node_that_terway_does_not_manage_takes_no_pod(self, ignored: dict[str, str]) -> None:
        changes = {"nodes": [node(ONE, **ignored)], **away(unschedulable("none"))}
        assert "pending, and no node is exclusive" in only(judge_cluster(changes, NO_PLAN), "VER021").message


class TestLimits:
    """How many pods a node can carry."""

    def test_a_configuration_of_nodes_says_nothing_without_that_of_the_cluster(self) -> None:
        own = {**config_map("gpu-net"), "data": {"eni_conf": json.dumps({"enable_erdma": True})}}
        changes = {**BIG, **enis("13"), **each(f'metadata.labels["{TERWAY_CONFIG_LABEL}"]', "gpu-net")}
        report = judge_cluster({**changes, "configMaps": [own]}, NO_PLAN)
        assert facts_missing(report, "VER007") == ["whether eRDMA takes one ENI of each node"]

    def test_the_plan_says_whether_erdma_is_on_if_the_cluster_does_not(self) -> None:
        plan = {"nodePools[0].instanceTypes": ["ecs.g8i.48xlarge"]}
        report = judge_cluster({**BIG, **enis("13"), "configMaps": []}, plan)
        assert "aliyun/eni 13 (allocatable 13), where ecs.g8i.48xlarge gives 14" in only(report, "VER007").message

    def test_a_type_of_which_nobody_knows_the_enis(self) -> None:
        report = judge_cluster({type_label(n): "ecs.d3c.3xlarge" for n in range(3)}, NO_PLAN)
        assert facts_missing(report, "VER007") == ["EniQuantity of ecs.d3c.3xlarge"]
        assert not found(report, "VER007")

    def test_what_the_node_says_of_its_type_takes_precedence(self) -> None:
        limits = json.dumps({"InstanceTypeId": TYPE, "EniQuantity": 9})
        report = judge_cluster({**enis("8"), **each(f'metadata.annotations["{TYPE_INFO}"]', limits)})
        assert (found(report, "VER007"), facts_missing(report, "VER007")) == ([], [])

    def test_lingjun_nodes_carry_what_their_type_gives(self) -> None:
        crowd = [fallback(n, ONE, containers=PLAIN) for n in range(12)]
        report = judge_cluster({**LINGJUN, "pods": [*crowd, *CLUSTER["pods"][4:]], "podENIs": []}, LINGJUN_PLAN)
        assert only(report, "VER018").message == f"12 exclusive ENIs needed by the pods on {ONE}, which has 11"
        assert [pool.capacity["ebs-enhanced"].exclusive for pool in report.pools] == [11]

    def test_lingjun_nodes_count_without_a_plan(self) -> None:
        (pool,) = judge_cluster(LINGJUN, NO_PLAN).pools
        assert pool.pods == (33, 33)
        (pool,) = judge_cluster({**LINGJUN, type_label(0): "new"}, NO_PLAN).pools
        assert pool.pods == (None, None)

    def test_lingjun_nodes_of_an_unknown_type(self) -> None:
        changes = {**LINGJUN, type_label(0): "new", type_label(1): "new", type_label(2): ABSENT}
        (pool,) = judge_cluster(changes, LINGJUN_PLAN).pools
        assert {name: found.exclusive for name, found in pool.capacity.items()} == {"new": None, "unknown": None}

    def test_a_node_that_publishes_no_enis_has_none_free(self) -> None:
        assert told_of(ONE, LINGJUN, "aliyun/eni", LINGJUN_PLAN) == ["0 of 0 are free"]


class TestEmptyNode:
    """What is left of a node without any pod."""

    @staticmethod
    def asks(**requests: str) -> str:
        """Return what VER021 says of the only pod, which asks for this on a cluster of one node."""
        waits = unschedulable("none", containers=asking(**requests))
        report = judge_cluster({"nodes": CLUSTER["nodes"][:1], "pods": [waits]}, NO_PLAN)
        return stopped(report)

    def test_cpu(self) -> None:
        assert "the scheduler reports" in self.asks(cpu="31850m")
        assert "the pod requests 31851m, and 31850m are left" in self.asks(cpu="31851m")

    def test_memory(self) -> None:
        assert "the scheduler reports" in self.asks(memory="120Gi")
        assert "the pod requests 122880Mi, and 122880Mi are left" in self.asks(memory=str((120 << 30) + 1))

    @pytest.mark.parametrize(
        ("admitted", "says"), [("7", []), ("6", ["admitting 6 pods, fewer than 0 hostNetwork pods and 7 ENIs"])]
    )
    def test_pods(self, admitted: str, says: list[str]) -> None:
        changes = {"nodes": CLUSTER["nodes"][:1], "nodes[0].status.allocatable.pods": admitted, "pods": []}
        report = judge_cluster(changes, NO_PLAN)
        assert [
            text.partition(f" node pool {NP} ")[2].rpartition(": ")[0] for text in messages(report, "VER037")
        ] == says

    def test_its_trace(self) -> None:
        elsewhere = [{**CLUSTER["pods"][0], "spec": {**CLUSTER["pods"][0]["spec"], "nodeName": "none"}}]
        assert told_of(ONE, {"pods": elsewhere}, "room") == ["0 of 213 pods"]
        assert told_of(ONE, {"pods": []}, "room") == ["the pods are unknown"]


class TestPods:
    """Which pods verify judges."""

    def test_a_pod_that_is_being_deleted_is_not_told(self) -> None:
        gone = {"pods[1].metadata.deletionTimestamp": DELETED}
        assert found(judge_cluster(PENDING), "VER032")
        assert not found(judge_cluster({**PENDING, **gone}), "VER032")
        lost = away(unschedulable("none"))
        lost["pods[2]"]["metadata"]["deletionTimestamp"] = DELETED
        assert not found(judge_cluster(lost), "VER021")

    def test_a_pod_with_a_pod_networking_waits_for_an_exclusive_node(self) -> None:
        waits = loner(unschedulable("none", containers=PLAIN))
        report = judge_cluster({**away(waits), "nodes": [SHARED_NODE]}, NO_PLAN)
        assert "pending, and no node is exclusive" in only(report, "VER021").message

    def test_a_pod_that_has_nothing_to_do_with_exclusive_nodes(self) -> None:
        waits = loner(unschedulable("none", containers=PLAIN))
        waits["metadata"]["annotations"] = {}
        assert not found(judge_cluster(away(waits)), "VER021")

    def test_a_pod_that_asks_for_a_member_eni(self) -> None:
        waits = loner(unschedulable("none", containers=MEMBER_REQUEST))
        waits["metadata"]["annotations"] = {}
        assert only(judge_cluster(away(waits)), "VER019").level == "warning"

    @pytest.mark.parametrize("config", [{}, {"configMaps": []}])
    def test_the_plan_says_whether_pods_need_ipv6(self, config: dict[str, Any]) -> None:
        report = judge_cluster(config, {"cluster.ipStack": "dual"})
        assert only(report, "VER016").message.startswith("3 pods without an IPv6 address in a dual-stack cluster: ")

    def test_an_event_of_another_object_of_its_name_is_not_its_own(self) -> None:
        report = judge_cluster(reported("AttachENIFailed", "QuotaExceeded", "NetworkInterface"))
        assert only(report, "VER032").message.startswith("1 pod not running: ContainerCreating")
        assert not found(report, "VER026")

    @pytest.mark.parametrize(
        "pods",
        [
            {"containers": PLAIN},
            {"containers": PLAIN, "affinity": STEERED, "annotations": {}},
            {"annotations": {}},
        ],
        ids=["PodNetworking", "affinity", "request"],
    )
    def test_a_pod_that_needs_an_eni_is_judged_on_any_node(self, pods: dict[str, Any]) -> None:
        annotations = pods.get("annotations")
        made = loner(pod(1, "shared", **{key: value for key, value in pods.items() if key != "annotations"}))
        if annotations is not None:
            made["metadata"]["annotations"] = annotations
        changes = {"nodes[3]": SHARED_NODE, **reported("AttachENIFailed", "QuotaExceeded")}
        report = judge_cluster({**changes, "pods[1]": {**made, "status": PENDING["pods[1].status"]}}, NO_PLAN)
        assert "AttachENIFailed (3 times): QuotaExceeded" in only(report, "VER026").message

    def test_a_pod_on_an_exclusive_node_of_no_pool_is_not(self) -> None:
        theirs = node("theirs", **{TYPE_LABEL: "ecs.g7.8xlarge", NODE_POOL_LABEL: "np7"})
        made = {**loner(pod(9, "theirs")), "status": PENDING["pods[1].status"]}
        failed = event("AttachENIFailed", "Pod", "matcher-9", "QuotaExceeded", "trading")
        changes = {"nodes[3]": theirs, "pods[7]": made, "events[1]": failed}
        assert not judge_cluster(changes).findings
        assert judge_cluster(changes, NO_PLAN).findings

    def test_a_pod_networking_without_zones_rules_no_node_out(self) -> None:
        status = {"podNetworkings[0].status": {"status": "", "vSwitches": []}}
        report = judge_cluster({**away(unschedulable("none", tolerations=[])), **status})
        assert stopped(report) == f"3 nodes ({ONE}, {TWO}, {THREE}): the pod does not tolerate the taint {TAINT}"


class TestWorkloads:
    """Which pods belong to the workloads of a plan, and where these should run."""

    def test_a_pod_is_meant_for_the_nodes_of_its_pool(self) -> None:
        second = {"name": "second", "instanceTypes": [TYPE], "desiredSize": 1, "labels": {"team": "second"}}
        workload = {"name": "matcher", "kind": "StatefulSet", "namespace": "trading", "nodePool": "second"}
        plan = {"nodePools[1]": second, **POOLS, "workloads": [workload]}
        nodes = {**of_pool(2, "np2"), "nodes[2].metadata.labels.team": "second"}
        report = judge_cluster({**nodes, **away(unschedulable("none", containers=PLAIN, tolerations=[]))}, plan)
        assert stopped(report) == f"1 node ({THREE}): the pod does not tolerate the taint {TAINT}"

    def test_a_pod_with_an_affinity_only_goes_to_exclusive_nodes(self) -> None:
        waits = unschedulable("none", containers=PLAIN, tolerations=[], affinity=STEERED)
        report = judge_cluster({label(0): ABSENT, label(1): ABSENT, **away(waits)})
        assert stopped(report) == f"1 node ({THREE}): the pod does not tolerate the taint {TAINT}"

    def test_a_pod_without_a_controller(self) -> None:
        workload = {"name": "matcher-1", "kind": "Pod", "namespace": "trading", "nodePool": "trading"}
        report = judge_cluster({"pods[1]": {**loner(pod(1, TWO)), "status": crashing()}}, {"workloads": [workload]})
        assert [finding.level for finding in report.findings] == ["error"]

    def test_a_pod_that_is_being_deleted_is_none_of_its_pods(self) -> None:
        report = judge_cluster({"pods[2].metadata.deletionTimestamp": DELETED})
        message = "StatefulSet trading/matcher has 2 pods; the plan has 3; 1 is being deleted"
        assert only(report, "VER031").message == message

    def test_only_a_refused_pod_is_a_reason(self) -> None:
        workload = {"name": "solo", "kind": "Pod", "namespace": "trading", "nodePool": "trading"}
        changes = {"events[1]": event("FailedScheduling", "Pod", "solo", "none", "trading")}
        report = judge_cluster(changes, {"workloads": [workload]})
        assert only(report, "VER031").message == "Pod trading/solo has 0 pods; the plan has 1"

    def test_what_keeps_others_from_running_is_no_reason(self) -> None:
        workload = {"name": "batch", "kind": "Job", "namespace": "trading", "nodePool": "trading"}
        mine, other = daemon_pod("batch", ONE, "batch-1"), daemon_pod("other", ONE, "other-1")
        mine["metadata"] |= {"namespace": "trading", "ownerReferences": [{**OWNER, "name": "batch"}]}
        other["metadata"] |= {"namespace": "trading", "ownerReferences": [{**OWNER, "name": "other"}]}
        evicted = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory"}
        changes = {
            "pods[7]": {**other, "status": evicted},
            "pods[8]": {**mine, "status": {"phase": "Failed"}},
            "events[1]": event("FailedCreate", "Job", "other", "exceeded quota", "trading"),
        }
        report = judge_cluster(changes, {"workloads": [workload]})
        assert only(report, "VER031").message == "Job trading/batch has 0 pods; the plan has 1; 1 has failed"

    def test_pods_that_leave_need_no_eni_any_more(self) -> None:
        pods = [loner(pod(n, ONE)) for n in range(9)]
        for number in (7, 8):
            pods[number]["metadata"]["deletionTimestamp"] = DELETED
        changes = {"pods": [*pods, *CLUSTER["pods"][4:]]}
        assert not found(judge_cluster(changes, NO_PLAN), "VER018")
        del pods[7]["metadata"]["deletionTimestamp"]
        assert only(judge_cluster(changes, NO_PLAN), "VER018").facts["wanted"] == 8


class TestTerway:
    """Where Terway runs."""

    @staticmethod
    def leaving(agent: dict[str, Any]) -> dict[str, Any]:
        """Return a pod of Terway that is being deleted, under another name."""
        meta = {**agent["metadata"], "name": "old", "uid": "old", "deletionTimestamp": DELETED}
        return {**agent, "metadata": meta}

    def test_a_terminating_pod_counts_only_without_a_successor(self) -> None:
        pods = CLUSTER["pods"]
        assert not judge_cluster({"pods": [*pods, self.leaving(pods[4])]}).findings
        assert not judge_cluster({"pods": [self.leaving(pods[4]), *pods]}).findings
        report = judge_cluster({"pods[4]": self.leaving(pods[4])})
        assert [(f.rule.id, f.place.path) for f in report.findings] == [("VER033", f"Node/{ONE}")]

    @pytest.mark.parametrize(
        ("changes", "nodes"),
        [
            ({"daemonSets": [], "pods[5]": ABSENT}, [[TWO]]),
            ({"pods": CLUSTER["pods"][:4]}, [[ONE, TWO, THREE]]),
            ({"daemonSets": [], "pods": CLUSTER["pods"][:4]}, []),
        ],
        ids=["the DaemonSet is not told", "no pod of it", "neither is told"],
    )
    def test_nodes_without_it(self, changes: dict[str, Any], nodes: list[list[str]]) -> None:
        assert [finding.facts["nodes"] for finding in found(judge_cluster(changes), "VER033")] == nodes

    def test_a_terminating_controller_is_none(self) -> None:
        broken = {**CONTROLLER, "metadata": {**CONTROLLER["metadata"], "name": "b"}, "status": crashing()}
        assert not found(judge_cluster({"pods[7]": CONTROLLER, "pods[8]": broken}), "VER034")
        assert found(judge_cluster({"pods[7]": self.leaving(CONTROLLER), "pods[8]": broken}), "VER034")

    def test_a_pod_that_tells_no_readiness_runs(self) -> None:
        report = judge_cluster({"pods[4].status": {"phase": "Running"}})
        assert not found(report, "VER033")
        assert facts_missing(report, "VER033") == ["whether the pods of terway-eniip are Ready"]


class TestZones:
    """Pods without a vSwitch in a zone where they can run."""

    LOST: ClassVar = {"podNetworkings[0]": OTHER_ZONE, **PENDING, "podENIs[1]": ABSENT}
    """matcher-1 starts without a PodENI, and its PodNetworking has a vSwitch in another zone only."""

    @staticmethod
    def rules(changes: dict[str, Any]) -> list[str]:
        """Return the rules that tell of matcher-1."""
        report = judge_cluster(changes)
        return [f.rule.id for f in report.findings if f.place.path == "Pod/trading/matcher-1"]

    def test_a_starting_pod(self) -> None:
        assert self.rules(self.LOST) == ["VER020"]

    def test_a_pod_that_runs_had_a_v_switch(self) -> None:
        assert self.rules({**self.LOST, "pods[1].status": CLUSTER["pods"][1]["status"]}) == ["VER012"]

    def test_a_node_without_a_zone(self) -> None:
        assert self.rules({**self.LOST, f'nodes[1].metadata.labels["{ZONE_LABEL}"]': ABSENT}) == ["VER012"]

    def test_the_zones_of_nodes_are_in_order(self) -> None:
        zones = {f'nodes[{n}].metadata.labels["{ZONE_LABEL}"]': f"cn-hangzhou-{'jhi'[n]}" for n in range(3)}
        waits = {"podNetworkings[0]": OTHER_ZONE, **away(unschedulable("none"))}
        finding = only(judge_cluster({**zones, **waits}), "VER020")
        assert finding.message.startswith(
            "1 pod pending: PodNetworking trading-eni has vSwitches in cn-hangzhou-k; the exclusive nodes are in "
            "cn-hangzhou-h, cn-hangzhou-i, cn-hangzhou-j: "
        )
        assert finding.hint.startswith("add a vSwitch of cn-hangzhou-h to PodNetworking trading-eni ")

    def test_a_pod_networking_without_a_v_switch_or_that_does_not_exist(self) -> None:
        empty = {"podNetworkings[0].status": {"status": "", "vSwitches": []}}
        assert self.rules({**PENDING, "podENIs[1]": ABSENT, **empty}) == ["VER012"]
        assert "VER012" in self.rules({**PENDING, "podENIs[1]": ABSENT, "podNetworkings": []})

    def test_no_configuration_that_is_known(self) -> None:
        waits = {"pods[1]": {**fallback(1, TWO), "status": PENDING["pods[1].status"]}, "podENIs[1]": ABSENT}
        assert self.rules({**waits, "configMaps": []}) == ["VER012"]

    def test_the_zones_of_a_configuration_are_in_order(self) -> None:
        waits = {"pods[1]": {**fallback(1, TWO), "status": PENDING["pods[1].status"]}, "podENIs[1]": ABSENT}
        elsewhere = conf(vswitches={f"cn-hangzhou-{zone}": [f"vsw-{zone}"] for zone in "khgi"})
        message = only(judge_cluster({**waits, **elsewhere}, NO_PLAN), "VER020").message
        assert "ConfigMap eni-config has vSwitches in cn-hangzhou-g, cn-hangzhou-h, cn-hangzhou-i, cn-h" in message
        assert "its node is in cn-hangzhou-j" in message

    def test_the_zone_of_a_v_switch_counts_on_ecs_and_its_key_on_lingjun(self) -> None:
        plan = {"cluster.vSwitches[1]": VSWITCH_K}
        config = conf(vswitches={"cn-hangzhou-j": ["vsw-k"]})
        message = "ConfigMap eni-config leaves cn-hangzhou-j without a vSwitch, where pool 'trading' has nodes"
        assert messages(judge_cluster(config, plan), "VER035") == [message]
        assert not found(judge_cluster({**LINGJUN, **config}, {**LINGJUN_PLAN, **plan}), "VER035")

    def test_a_configuration_without_any_v_switch(self) -> None:
        waits = {"pods[1]": {**fallback(1, TWO), "status": PENDING["pods[1].status"]}, "podENIs[1]": ABSENT}
        message = only(judge_cluster({**waits, **conf(vswitches={})}, NO_PLAN), "VER020").message
        assert message.startswith("1 pod pending: ConfigMap eni-config has no vSwitch; its node is in cn-hangzhou-j: ")


class TestPodNetworkings:
    """Which PodNetworkings verify judges, and for which nodes."""

    FAILED: ClassVar = {**CLUSTER["podNetworkings"][0], "metadata": {"name": "other"}, "status": {"status": "Fail"}}

    def test_those_of_the_plan_or_all_with_an_eni(self) -> None:
        trunk = {**self.FAILED, "metadata": {"name": "trunk"}, "spec": {"eniOptions": {"eniType": "Trunk"}}}
        changes = {"podNetworkings[1]": self.FAILED, "podNetworkings[2]": trunk}
        assert not found(judge_cluster(changes), "VER010")
        assert messages(judge_cluster(changes, NO_PLAN), "VER010") == ["PodNetworking other is Fail"]

    def test_only_the_pools_that_it_is_for_need_its_v_switches(self) -> None:
        second = {"name": "second", "instanceTypes": [TYPE], "desiredSize": 1, "labels": {"team": "second"}}
        plan = {
            "nodePools": [second, {"name": "trading", "instanceTypes": [TYPE], "desiredSize": 2}],
            **POOLS,
            "cluster.vSwitches[1]": VSWITCH_K,
        }
        nodes = {**of_pool(0, "np2"), "nodes[0].metadata.labels.team": "second"}
        nodes[f'nodes[0].metadata.labels["{ZONE_LABEL}"]'] = "cn-hangzhou-i"
        report = judge_cluster({**nodes, "podNetworkings[0]": OTHER_ZONE}, plan)
        assert messages(report, "VER011") == [
            "pool 'trading' has nodes in cn-hangzhou-j; PodNetworking trading-eni has vSwitches in cn-hangzhou-k"
        ]

    def test_no_lingjun_node_needs_its_v_switches(self) -> None:
        changes = {**LINGJUN, "podNetworkings": [OTHER_ZONE]}
        assert not found(judge_cluster(changes, NO_PLAN), "VER011")
        assert found(judge_cluster({"podNetworkings": [OTHER_ZONE]}, NO_PLAN), "VER011")
