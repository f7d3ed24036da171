"""VER012-VER021, VER026-VER030, VER032: the pods of a cluster, their PodENIs, and Terway's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan.k8s.terway import ENI
from eniplan.observed import NODE_POOL_LABEL, TYPE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import (
    CLUSTER,
    MEMBER_REQUEST,
    NODES,
    SHARED_NODE,
    daemon_pod,
    event,
    node,
    pod,
    pod_eni,
)
from tests.kube.states import LINGJUN, LINGJUN_PLAN, agent, conf, fallback
from tests.kube.support import NO_PLAN, judge_cluster

if TYPE_CHECKING:
    from collections.abc import Mapping

Plan = dict[str, Any] | None
PENDING = {"phase": "Pending"}
COUNTED = {"nodePools[0].systemPodsPerNode": 1}


def found(rule: str, changes: Mapping[str, Any], plan: Plan = None) -> list[tuple[str, str, str, str]]:
    """Return level, place, message and hint of a rule's findings."""
    report = judge_cluster(changes, plan)
    return [(f.level, f.place.path, str(f.message), str(f.hint)) for f in report.findings if f.rule.id == rule]


def messages(rule: str, changes: Mapping[str, Any], plan: Plan = None) -> list[tuple[str, str]]:
    """Return level and message of a rule's findings."""
    return [(level, message) for level, _, message, _ in found(rule, changes, plan)]


def undecided(changes: Mapping[str, Any], plan: Plan = None) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the place and the rules of each unknown fact."""
    return {item.fact: (item.place.path, item.rules) for item in judge_cluster(changes, plan).undecided}


def of(owner: str, name: str, on: str, namespace: str = "kube-system", **spec: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a running pod that requests no ENI; `owner` is `DaemonSet agent`, or empty."""
    made = daemon_pod("", on, name)
    made["spec"].update(spec)
    made["metadata"]["namespace"] = namespace
    kind, _, controller = owner.partition(" ")
    made["metadata"]["ownerReferences"] = [{"kind": kind, "name": controller, "controller": True}] if owner else []
    return made


def beside(*pods: dict[str, Any]) -> dict[str, Any]:
    """Return the change that adds pods to the cluster."""
    return {"pods": [*CLUSTER["pods"], *pods]}


class TestUnread:
    @pytest.mark.parametrize(
        ("kind", "plan", "rules"),
        [
            ("pods", None, "12 13 14 15 17 18 19 20 21 28 29 30 31 32 33 34 37"),
            ("pods", NO_PLAN, "12 13 14 15 17 18 19 20 21 30 33 34 37"),
            ("podENIs", None, "12 13 14 15 30"),
            ("events", None, "25 26 27"),
            ("podNetworkings", NO_PLAN, "10 30"),
        ],
    )
    def test_rules_that_need_a_list_stay_undecided_without_it(self, kind: str, plan: Plan, rules: str) -> None:
        (asked,) = undecided({kind: []}, plan).values()
        assert asked[1] == tuple(f"VER0{number}" for number in rules.split())

    @pytest.mark.parametrize("kind", ["pods", "podENIs"])
    def test_dual_stack_is_undecided_without_pods_or_their_enis(self, kind: str) -> None:
        (asked,) = undecided({**conf(ip_stack="dual"), kind: []}, NO_PLAN).values()
        assert "VER016" in asked[1]

    def test_podnetworkings_only_matter_to_pods_that_have_one(self) -> None:
        pods = [{**fallback(n, on), "spec": pod(n, on)["spec"]} for n, on in enumerate(NODES)]
        changes = {"pods": [*pods, *CLUSTER["pods"][3:]], "podNetworkings": []}
        (asked,) = undecided(changes, NO_PLAN).values()
        assert asked[1] == ("VER010",)
        changes["pods"][0] = pod(0, NODES[0])
        (asked,) = undecided(changes, NO_PLAN).values()
        assert asked[1] == ("VER010", "VER030")


class TestBound:
    def test_only_lingjun_has_high_density_enis(self) -> None:
        changes = {"podENIs[1].status.eniInfos.eni-1": {"type": "Member", "vfID": 3, "status": "Bind"}}
        (finding,) = messages("VER014", changes)
        assert finding[1].startswith("1 pod with an ENI of type Member, where exclusive means Secondary")
        assert undecided(changes) == {}

    def test_whether_a_high_density_eni_is_exclusive_is_undecided(self) -> None:
        dense = {"podENIs[1].status.eniInfos.eni-1": {"type": "Member", "vfID": 3, "status": "Bind"}}
        assert undecided({**LINGJUN, **dense}, LINGJUN_PLAN) == {
            "the type of high-density ENIs": ("PodENI", ("VER014",))
        }

    @pytest.mark.parametrize(
        "changes", [{"podENIs[1].status.eniInfos.eni-1.status": ABSENT}, {"podENIs[1].status.eniInfos": {}}]
    )
    def test_an_interface_that_is_not_told_is_undecided_for_that_podeni(self, changes: dict[str, Any]) -> None:
        assert undecided(changes) == {"which interfaces bound PodENIs have": ("PodENI/trading/matcher-1", ("VER014",))}

    @pytest.mark.parametrize(
        "changes",
        [
            {"pods[1].metadata.uid": ABSENT},
            {"podENIs[1].metadata.annotations": {}},
            {"pods[1].metadata.uid": ABSENT, "podENIs[1].metadata.annotations": {}},
        ],
    )
    def test_a_uid_that_one_side_lacks_is_undecided(self, changes: dict[str, Any]) -> None:
        asked = {"by which UIDs some pods and their PodENIs belong together": ("PodENI", ("VER015",))}
        assert undecided(changes) == asked

    @pytest.mark.parametrize(
        "changes",
        [
            {"pods[1].status.podIP": ABSENT},
            {"podENIs[1].spec.allocations[0].ipv4": ABSENT},
            {"pods[1].status.podIP": ABSENT, "podENIs[1].spec.allocations[0].ipv4": ABSENT},
        ],
    )
    def test_an_address_that_one_side_lacks_is_undecided(self, changes: dict[str, Any]) -> None:
        assert undecided(changes) == {"which addresses some pods, or their PodENIs, have": ("PodENI", ("VER015",))}

    def test_a_pod_that_starts_has_no_address_yet(self) -> None:
        assert undecided({"pods[1].status": PENDING}) == {}


WITH_IPV6 = {f"podENIs[{n}].spec.allocations[0].ipv6": "2408::1" for n in (0, 2)}


class TestDualStack:
    def test_it_names_the_pods_without_an_ipv6_address(self) -> None:
        ((level, place, message, _),) = found("VER016", {**conf(ip_stack="dual"), **WITH_IPV6}, NO_PLAN)
        assert (level, place) == ("error", "Pod/trading/matcher-1")
        assert message == "1 pod without an IPv6 address in a dual-stack cluster: trading/matcher-1"

    def test_an_ip_stack_that_nobody_states_is_undecided(self) -> None:
        asked = undecided({"configMaps": []}, NO_PLAN)["the cluster's IP stack"]
        assert asked == ("ConfigMap/kube-system/eni-config", ("VER016",))

    def test_lingjun_has_no_dual_stack(self) -> None:
        assert not found("VER016", {**LINGJUN, **conf(ip_stack="dual")}, NO_PLAN)

    def test_a_pod_whose_eni_is_not_attached_has_no_address_yet(self) -> None:
        changes = {**conf(ip_stack="dual"), **WITH_IPV6, "podENIs[1].status.phase": "Binding"}
        assert not found("VER016", changes, NO_PLAN)


class TestWithoutRequest:
    def test_pods_of_one_owner_are_told_together(self) -> None:
        pods = (of("DaemonSet log-agent", f"log-agent-{name[-1]}", name) for name in NODES[:2])
        ((level, place, message, hint),) = found("VER017", beside(*pods))
        assert (level, place) == ("warning", "Pod/kube-system/log-agent-1")
        assert message == (
            "DaemonSet log-agent in kube-system uses 2 exclusive ENIs on 2 nodes: "
            "kube-system/log-agent-1, kube-system/log-agent-2"
        )
        assert hint == (
            "keep it off with a node affinity (kubectl -n kube-system edit daemonset/log-agent), or count it: "
            "systemPodsPerNode of the pool"
        )

    def test_facts_for_machines(self) -> None:
        changes = beside(*(of("DaemonSet log-agent", f"log-agent-{name[-1]}", name) for name in NODES[:2]))
        (finding,) = (f for f in judge_cluster(changes).findings if f.rule.id == "VER017")
        assert finding.facts["nodes"] == 2
        assert finding.facts["pods"] == ["kube-system/log-agent-1", "kube-system/log-agent-2"]

    def test_pods_of_one_node_are_counted_as_one_node(self) -> None:
        pods = (of("DaemonSet log-agent", name, NODES[0]) for name in "ab")
        ((_, message),) = messages("VER017", beside(*pods))
        assert "uses 2 exclusive ENIs on 1 node:" in message

    def test_a_pod_of_the_user_gets_a_request(self) -> None:
        ((level, _, message, hint),) = found("VER017", beside(of("", "debug", NODES[0], "trading")))
        assert (level, message) == (
            "warning",
            "Pod debug in trading uses 1 exclusive ENI on 1 node: trading/debug",
        )
        assert hint == f"set {ENI}: 1 as request and limit: `eniplan render-manifests --patch` prints it"

    def test_pods_without_an_owner_are_told_one_by_one(self) -> None:
        pods = (of("", name, NODES[0], "trading") for name in "ab")
        assert [message.split(" in ")[0] for _, message in messages("VER017", beside(*pods))] == ["Pod a", "Pod b"]

    @pytest.mark.parametrize(
        "containers", [MEMBER_REQUEST, pod(0, "")["spec"]["containers"]], ids=["member ENI", "exclusive ENI"]
    )
    def test_a_pod_that_requests_an_eni_is_none(self, containers: list[dict[str, Any]]) -> None:
        assert not found("VER017", beside(of("DaemonSet agent", "agent-1", NODES[0], containers=containers)))

    @pytest.mark.parametrize(
        ("owner", "namespace", "system"),
        [
            ("DaemonSet agent", "kube-system", True),
            ("DaemonSet agent", "logging", True),
            ("ReplicaSet agent", "kube-system", True),
            ("ReplicaSet agent", "logging", False),
        ],
    )
    def test_pods_of_daemonsets_and_of_kube_system_are_system_pods(
        self,
        owner: str,
        namespace: str,
        system: bool,  # noqa: FBT001 - a parameter of the test
    ) -> None:
        ((level, _, _, hint),) = found("VER017", beside(of(owner, "agent-1", NODES[0], namespace)), COUNTED)
        assert (level, hint.startswith("keep it off")) == (("info", True) if system else ("warning", False))
        # On Lingjun no pod can request an ENI, so only these are told.
        lingjun = {**LINGJUN, "pods": [*LINGJUN["pods"], of(owner, "agent-1", NODES[0], namespace)]}
        assert bool(found("VER017", lingjun, LINGJUN_PLAN)) == system

    def test_the_role_of_a_pod_is_no_part_of_a_command(self) -> None:
        job = of("PyTorchJob train", "train-worker-0", NODES[0], "kube-system")
        job["metadata"]["labels"] = {"training.kubeflow.org/replica-type": "worker"}
        ((_, _, message, hint),) = found("VER017", beside(job))
        assert message.startswith("PyTorchJob train/worker in kube-system uses 1 exclusive ENI")
        assert "kubectl -n kube-system edit pytorchjob/train)" in hint


class TestCounted:
    """systemPodsPerNode of the plan turns the warning about system pods into an info."""

    AGENT = of("DaemonSet agent", "agent-1", NODES[0])

    @pytest.mark.parametrize(
        ("more", "level"),
        [
            ([], "info"),
            ([of("DaemonSet other", "other-1", NODES[0])], "warning"),
            ([of("ReplicaSet web", "web", NODES[0], "web")], "info"),
            ([of("DaemonSet other", "other-1", NODES[0], containers=pod(0, "")["spec"]["containers"])], "info"),
            ([of("DaemonSet other", "other-2", NODES[1]), of("DaemonSet more", "more-2", NODES[1])], "info"),
        ],
        ids=["alone", "another one", "not of the system", "with a request", "on another node"],
    )
    def test_the_system_pods_of_its_nodes_count(self, more: list[dict[str, Any]], level: str) -> None:
        told = messages("VER017", beside(self.AGENT, *more), COUNTED)
        assert next(said for said, message in told if message.startswith("DaemonSet agent ")) == level

    @pytest.mark.parametrize("plan", [None, NO_PLAN])
    def test_no_plan_counts_them_unless_it_says_so(self, plan: Plan) -> None:
        assert [level for level, _ in messages("VER017", beside(self.AGENT), plan)] == ["warning"]

    def test_each_pool_counts_its_own_nodes(self) -> None:
        second = {"nodes[3]": node("second", **{"alibabacloud.com/nodepool-id": "np2", "team": "second"})}
        pods = [of("DaemonSet agent", "agent-1", NODES[0]), of("DaemonSet agent", "agent-2", "second")]
        plan: dict[str, Any] = {
            "nodePools[1]": {
                "name": "second", "instanceTypes": ["ecs.g8i.8xlarge"], "labels": {"team": "second"},
                "desiredSize": 1,
            },
            "workloads": [],
        }  # fmt: skip
        changes = {**second, **beside(*pods, agent("second"))}
        for counts, level in ((0, "warning"), (1, "info")):
            counted = {**COUNTED, **plan, "nodePools[1]": {**plan["nodePools[1]"], "systemPodsPerNode": counts}}
            assert [said for said, _ in messages("VER017", changes, counted)] == [level]


SEVEN = [daemon_pod("agent", NODES[0], name=f"agent-{number}") for number in range(7)]


class TestOverfull:
    FULL = "8 exclusive ENIs needed by the pods on cn-hangzhou.10.0.0.1, which has 7"

    @pytest.mark.parametrize(
        ("waiting", "words"),
        [(0, ""), (1, "; 1 pod does not start there"), (2, "; 2 pods do not start there")],
    )
    def test_it_counts_the_pods_that_do_not_start(self, waiting: int, words: str) -> None:
        pods = [{**item, "status": PENDING} if n < waiting else item for n, item in enumerate(SEVEN)]
        ((_, place, message, hint),) = found("VER018", beside(*pods))
        assert (place, message) == (f"Node/{NODES[0]}", f"{self.FULL}{words}")
        assert hint.endswith(f"--field-selector spec.nodeName={NODES[0]}")

    def test_pods_that_wait_on_another_node_are_not_counted(self) -> None:
        changes = {**beside(*SEVEN), "pods[1].status": PENDING}
        assert messages("VER018", changes) == [("error", self.FULL)]

    @pytest.mark.parametrize("status", [PENDING, SEVEN[0]["status"]])
    def test_facts_for_machines(self, status: dict[str, Any]) -> None:
        pods = [{**SEVEN[0], "status": status}, *SEVEN[1:]]
        (finding,) = (f for f in judge_cluster(beside(*pods)).findings if f.rule.id == "VER018")
        assert (finding.facts["wanted"], finding.facts["available"]) == (8, 7)


class TestNetwork:
    NETWORK = "podENIs[1].spec.allocations[0].eni"

    def test_pods_with_the_same_strange_network_are_told_together(self) -> None:
        changes = {
            f"podENIs[{n}].spec.allocations[0].eni": {"vSwitchID": "vsw-old", "securityGroupIDs": ["sg-pods", "sg-old"]}
            for n in range(2)
        }
        report = judge_cluster({**changes, "podENIs[2].spec.allocations[0].eni.vSwitchID": "vsw-older"}, NO_PLAN)
        first, second = (f for f in report.findings if f.rule.id == "VER030")
        assert first.message == (
            "2 pods in vsw-old, sg-old, which PodNetworking trading-eni does not name: "
            "trading/matcher-0, trading/matcher-1"
        )
        assert first.facts["strange"] == ["vsw-old", "sg-old"]
        assert first.hint.startswith("recreate the pods: kubectl -n trading delete pod matcher-0; ")
        assert (second.place.path, second.facts["strange"]) == ("Pod/trading/matcher-2", ["vsw-older"])

    @pytest.mark.parametrize("key", ["vSwitchID", "securityGroupIDs"])
    def test_what_the_podeni_does_not_name_is_undecided(self, key: str) -> None:
        asked = {"in which vSwitches and security groups some ENIs are": ("PodENI/trading/matcher-1", ("VER030",))}
        assert undecided({f"{self.NETWORK}.{key}": ABSENT}) == asked

    @pytest.mark.parametrize(
        ("option", "key"), [("vSwitchOptions", "vSwitchID"), ("securityGroupIDs", "securityGroupIDs")]
    )
    def test_what_the_podnetworking_leaves_open_may_be_anything(self, option: str, key: str) -> None:
        changes: dict[str, Any] = {f"podNetworkings[0].spec.{option}": []}
        strange: list[object] = [ABSENT, "vsw-x" if key == "vSwitchID" else ["sg-x"]]
        for value in strange:
            seen = {**changes, f"{self.NETWORK}.{key}": value}
            assert not found("VER030", seen, NO_PLAN)
            assert undecided(seen, NO_PLAN) == {}

    def test_only_attached_enis_are_compared(self) -> None:
        changes = {f"{self.NETWORK}.vSwitchID": "vsw-old", "podENIs[1].status.phase": "Binding"}
        assert not found("VER030", changes)


def reported(reason: str, number: int, name: str = "matcher-0", message: str = "QuotaExceeded") -> dict[str, Any]:
    return {f"events[{number}]": event(reason, "Pod", name, message, "trading")}


class TestEvents:
    def test_a_failure_that_a_running_pod_got_over_is_an_info(self) -> None:
        changes = {**reported("AllocIPFailed", 1), **reported("AttachENIFailed", 2)}
        ((level, place, message, hint),) = found("VER026", changes)
        assert (level, place) == ("info", "Pod/trading/matcher-0")
        assert message == "AttachENIFailed on Pod/trading/matcher-0 (3 times), since recovered: QuotaExceeded"
        assert "Quota Center" in hint

    @pytest.mark.parametrize(
        ("changes", "rule"),
        [({"podENIs[0].metadata.name": "else"}, "VER012"), ({"podENIs[0].status.phase": "Binding"}, "VER013")],
    )
    def test_a_running_pod_without_its_eni_has_not_got_over_it(self, changes: dict[str, Any], rule: str) -> None:
        changes = {**reported("AttachENIFailed", 1), **changes}
        told = ("info", "AttachENIFailed on Pod/trading/matcher-0 (3 times): QuotaExceeded")
        assert messages("VER026", changes) == [told]
        assert [level for level, _ in messages(rule, changes)] == ["error"]

    def test_a_pod_that_is_gone_or_of_no_concern_is_not_told(self) -> None:
        assert not found("VER026", reported("CreateENIFailed", 1, "matcher-9"))
        foreign = of("", "matcher-9", "shared", "trading")
        changes = {"nodes[3]": SHARED_NODE, **beside(foreign), **reported("CreateENIFailed", 1, "matcher-9")}
        assert not found("VER026", changes)

    def test_kubelet_reports_failures_that_go_away(self) -> None:
        assert not found("VER026", reported("AllocIPFailed", 1))

    def test_a_pod_that_still_starts_is_told_once(self) -> None:
        changes = {**reported("CreateENIFailed", 1), "pods[0].status": PENDING, "podENIs[0].status.phase": "Binding"}
        ((level, message),) = messages("VER026", changes)
        assert level == "error"
        assert message == "1 pod without a network: CreateENIFailed (3 times): QuotaExceeded: trading/matcher-0"

    def test_a_podnetworking_that_is_ready_got_over_its_failure(self) -> None:
        told = {"events[1]": event("SyncPodNetworkingFailed", "PodNetworking", "trading-eni", "forbidden")}
        for status, level in (({"status": "Fail"}, "error"), (CLUSTER["podNetworkings"][0]["status"], "info")):
            changes = {**told, "podNetworkings[0].status": status}
            ((said, place, _, hint),) = found("VER027", changes)
            assert (said, place) == (level, "PodNetworking/trading-eni")
            assert hint.endswith("kubectl describe podnetworking trading-eni")

    @pytest.mark.parametrize(
        ("reason", "name"), [("SyncPodNetworkingFailed", "theirs"), ("CreateENIFailed", "trading-eni")]
    )
    def test_other_events_and_other_podnetworkings_are_not_told(self, reason: str, name: str) -> None:
        assert not found("VER027", {"events[1]": event(reason, "PodNetworking", name, "forbidden")})


class TestWorkloads:
    NAME = 'metadata.annotations["k8s.aliyun.com/pod-networking"]'

    def test_the_planned_podnetworking(self) -> None:
        assert not found("VER028", {})

    def test_each_wrong_podnetworking_is_told(self) -> None:
        changes = {"pods[0].metadata.annotations": {}, f"pods[1].{self.NAME}": "other", f"pods[2].{self.NAME}": "other"}
        told = found("VER028", changes)
        assert [(place, message) for _, place, message, _ in told] == [
            ("Pod/trading/matcher-0", "1 pod without PodNetworking trading-eni: trading/matcher-0"),
            (
                "Pod/trading/matcher-1",
                "2 pods with PodNetworking other, not trading-eni: trading/matcher-1, trading/matcher-2",
            ),
        ]
        assert told[1][3].endswith(
            "kubectl get podnetworking trading-eni -o yaml; kubectl -n trading delete pod matcher-1"
        )

    def test_a_workload_that_names_no_podnetworking_may_have_any(self) -> None:
        assert not found("VER028", {}, {"workloads[0].podNetworking": ABSENT})

    def test_pods_on_each_wrong_node_are_told(self) -> None:
        changes = {"nodes[3]": SHARED_NODE, **{f"pods[{n}].spec.nodeName": "shared" for n in (0, 1)}}
        told = found("VER029", {**changes, "pods[2].spec.nodeName": "gone"})
        assert [message for _, _, message, _ in told] == [
            "2 pods of pool 'trading' on node shared, which is not in it: trading/matcher-0, trading/matcher-1",
            "1 pod on node gone, which does not exist: trading/matcher-2",
        ]
        assert told[1][3].endswith("kubectl get node gone; kubectl -n trading delete pod matcher-2 --force")

    @pytest.mark.parametrize(("label", "apart"), [("eniOnly", True), ("default", False)])
    def test_exclusive_pools_are_told_apart_by_labels(self, label: str, *, apart: bool) -> None:
        other = node("other", **{NODE_POOL_LABEL: "np2", TYPE_LABEL: "ecs.g8i.4xlarge", EXCLUSIVE_LABEL: label})
        ((_, _, _, hint),) = found("VER029", {"nodes[3]": other, "pods[0].spec.nodeName": "other"})
        assert hint.endswith("so give each pool one, or another taint") == apart

    def test_pods_of_one_node_that_is_gone_are_told_together(self) -> None:
        ((_, place, message, hint),) = found("VER029", {f"pods[{n}].spec.nodeName": "gone" for n in (1, 2)})
        assert (place, message[:7]) == ("Pod/trading/matcher-1", "2 pods ")
        assert hint.endswith("kubectl get node gone; kubectl -n trading delete pod matcher-1 --force")

    def test_the_first_of_them_is_the_one_to_delete(self) -> None:
        changes = {**{f"pods[{n}].spec.nodeName": "gone" for n in (1, 2)}, "pods[2].metadata.namespace": "web"}
        planned = {
            "name": "matcher", "kind": "StatefulSet", "namespace": "web", "nodePool": "trading", "replicas": 1,
        }  # fmt: skip
        ((_, _, message, hint),) = found("VER029", changes, {"workloads[1]": planned})
        assert message.endswith(": trading/matcher-1, web/matcher-2")
        assert hint.endswith("kubectl -n trading delete pod matcher-1 --force")

    def test_a_pool_without_nodes_has_no_pods_outside(self) -> None:
        changes = {"nodes": [SHARED_NODE], **{f"pods[{n}].spec.nodeName": "shared" for n in range(3)}}
        assert not found("VER029", changes)

    def test_a_pod_without_a_node_is_not_outside(self) -> None:
        assert not found("VER029", {"pods[2]": pod(2, ""), "podENIs[2]": ABSENT})

    def test_the_node_of_a_pod_that_runs_must_be_told(self) -> None:
        changes = {f"pods[{n}].spec.nodeName": ABSENT for n in (1, 2)}
        assert undecided(changes)["on which node some pods run"] == ("Pod/trading/matcher-1", ("VER032",))
        assert undecided({"pods[2]": pod(2, ""), "podENIs[2]": ABSENT}) == {}

    @pytest.mark.parametrize("status", [{"phase": "Running", "podIP": "10.0.1.2"}, None])
    def test_readiness_that_is_not_told_is_undecided(self, status: dict[str, Any] | None) -> None:
        changes: dict[str, Any] = {f"pods[{n}].status.conditions": [] for n in (1, 2)} | (
            {"pods[1].status": status} if status else {}
        )
        assert undecided(changes) == {"whether some pods are Ready": ("Pod/trading/matcher-1", ("VER032",))}

    @pytest.mark.parametrize("status", [PENDING, {"phase": "Running", "reason": "NodeLost", "podIP": "10.0.1.2"}])
    def test_a_pod_that_says_why_it_does_not_run_is_decided(self, status: dict[str, Any]) -> None:
        changes = {"pods[1].status": status}
        assert undecided(changes) == {}
        assert found("VER032", changes)


def test_a_podeni_of_another_pod_is_none() -> None:
    changes = {"podENIs[0]": pod_eni(9, NODES[0])}
    assert [place for _, place, _, _ in found("VER012", changes)] == ["Pod/trading/matcher-0"]
