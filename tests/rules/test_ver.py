"""What the rules about nodes and PodNetworkings of a running cluster say, word by word, and of which objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.k8s.terway import ENI
from eniplan.observed import NODE_POOL_LABEL, TYPE_INFO, TYPE_LABEL, ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL, TERWAY_CONFIG_LABEL
from eniplan.rules.examples import ABSENT, POD_NETWORKING, TYPE
from eniplan.rules.examples_cluster import CLUSTER, NODES, SHARED_NODE, config_map, event, node
from tests.judge import facts_missing, found, only, places, unknown
from tests.kube.causes import each, taint
from tests.kube.states import (
    BIG,
    GPU_PLAN,
    LINGJUN,
    LINGJUN_PLAN,
    SCALED,
    conf,
    enis,
    label,
    type_label,
    zones_jk,
)
from tests.kube.support import NO_PLAN, judge_cluster

if TYPE_CHECKING:
    from eniplan.report.model import Report

ONE, TWO, THREE = NODES
NP = "np0123456789abcdef0123456789abcdef"
TAINTS = CLUSTER["nodes"][0]["spec"]["taints"]
MISSING_LABEL = f"{EXCLUSIVE_LABEL}=eniOnly"
SECOND = {"name": "second", "instanceTypes": [TYPE], "desiredSize": 3}
"""A pool that the nodes fit as well as they fit the example's."""
ELSEWHERE = {"name": "third", "instanceTypes": ["ecs.g7.8xlarge"], "desiredSize": 1}
"""A pool that no node of the example fits."""
POOLS: dict[str, Any] = {"podNetworkings": [POD_NETWORKING], "workloads": []}
"""The parts of a plan that do not name all its pools."""
REPLACE = (
    "replace its nodes, because Terway keeps the mode that it saw first; the documentation asks for a new node pool, "
    f"which `eniplan create-pool` prints; kubectl get nodes -L {EXCLUSIVE_LABEL}"
)
TERWAY_THERE = f"kubectl -n kube-system get pods -l app=terway-eniip -o wide --field-selector spec.nodeName={ONE}"


def told(report: Report, rule: str) -> list[tuple[str, str, str, str]]:
    """Return the level, place, message and hint of each finding of a rule."""
    return [(f.level, f.place.path, f.message, f.hint) for f in found(report, rule)]


def messages(report: Report, rule: str) -> list[str]:
    return [finding.message for finding in found(report, rule)]


def hints(report: Report, rule: str) -> list[str]:
    return [finding.hint for finding in found(report, rule)]


def of_pool(number: int, pool: object) -> dict[str, Any]:
    """Return the change of a node's node pool."""
    return {f'nodes[{number}].metadata.labels["{NODE_POOL_LABEL}"]': pool}


def offering(number: int, capacity: object, allocatable: object = None) -> dict[str, Any]:
    """Return the change of a node's aliyun/eni."""
    return {
        f'nodes[{number}].status.capacity["{ENI}"]': capacity,
        f'nodes[{number}].status.allocatable["{ENI}"]': capacity if allocatable is None else allocatable,
    }


class TestVER001:
    def test_no_exclusive_node_without_a_plan(self) -> None:
        assert told(judge_cluster({label(n): "default" for n in range(3)}, NO_PLAN), "VER001") == [
            (
                "error",
                "Node",
                f"no node has the exclusive label {EXCLUSIVE_LABEL}",
                f"label the node pool {MISSING_LABEL} and replace its nodes: kubectl get nodes --show-labels",
            )
        ]

    def test_only_the_pools_that_a_node_pool_fits_are_told_to_choose_it(self) -> None:
        plan = {"nodePools[1]": SECOND, "nodePools[2]": ELSEWHERE, **POOLS}
        report = judge_cluster(of_pool(0, "np1"), plan)
        assert messages(report, "VER001") == [
            (
                "no node clearly belongs to pool 'trading': node pool np1 matches trading, second equally well, so its "
                "nodes are not judged"
            ),
            (
                "no node clearly belongs to pool 'second': node pool np1 matches trading, second equally well, so its "
                "nodes are not judged"
            ),
            "pool 'third' has no node in the cluster",
        ]
        assert hints(report, "VER001") == [
            "choose one: eniplan verify PLAN --pool trading=NODE_POOL_ID",
            "choose one: eniplan verify PLAN --pool second=NODE_POOL_ID",
            (
                f"is it scaled out, and is this its cluster? kubectl get nodes -L {EXCLUSIVE_LABEL},{NODE_POOL_LABEL}; "
                "then, if necessary: eniplan verify PLAN --pool third=NODE_POOL_ID"
            ),
        ]
        assert [finding.facts["nodes"] for finding in found(report, "VER001")] == [0, 0, 0]

    def test_every_node_pool_that_fits_several_pools_is_undecided(self) -> None:
        both = {"team": "second", "app": "trading"}
        nodes = {
            "nodes[3]": node("own", **{NODE_POOL_LABEL: "np2", "team": "second"}),
            "nodes[4]": node("either", **{NODE_POOL_LABEL: "np3", **both}),
            "nodes[5]": node("or", **{NODE_POOL_LABEL: "np4", **both}),
        }
        plan = {
            "nodePools[0].labels": {"app": "trading"},
            "nodePools[1]": {**SECOND, "labels": {"team": "second"}},
            **POOLS,
        }
        assert facts_missing(judge_cluster(nodes, plan), "VER001") == [
            "which pool of the plan (trading, second) node pool np3 belongs to",
            "which pool of the plan (trading, second) node pool np4 belongs to",
        ]

    def test_a_node_without_a_node_pool_is_no_second_node_pool(self) -> None:
        report = judge_cluster(of_pool(2, ABSENT))
        assert not report.findings
        assert not report.undecided

    def test_unlabelled_nodes_of_its_types_are_named(self) -> None:
        changes = {
            **{label(n): ABSENT for n in (1, 2)},
            label(0): "default",
            "nodes[3]": node("another-type", **{TYPE_LABEL: "ecs.g7.8xlarge"}),
            f'nodes[3].metadata.labels["{EXCLUSIVE_LABEL}"]': ABSENT,
        }
        report = judge_cluster(changes)
        assert told(report, "VER001") == [
            (
                "error",
                "nodePools[0]",
                (
                    f"pool 'trading' has no node in the cluster; {TWO}, {THREE} of its instance types are without "
                    f"{EXCLUSIVE_LABEL}"
                ),
                f"set the label of the node pool of {TWO} to {MISSING_LABEL} and {REPLACE}",
            )
        ]
        assert only(report, "VER001").facts["nodes"] == 0

    @pytest.mark.parametrize("plan", [{}, SCALED])
    def test_nodes_with_one_misspelt_label_are_named_with_their_node_pool(self, plan: dict[str, Any]) -> None:
        def odd(name: str, value: str, pool: str) -> dict[str, Any]:
            return node(
                name, **{EXCLUSIVE_LABEL: value, TYPE_LABEL: "ecs.g7.8xlarge", NODE_POOL_LABEL: pool}
            )  # fmt: skip

        nodes = [odd("a", "eni-only", "np7"), odd("b", "eni", "np7"), odd("c", "eni-only", "np7"),
                 odd("d", "eni-only", "np8"), SHARED_NODE]  # fmt: skip
        report = judge_cluster({"nodes": nodes}, plan)
        assert told(report, "VER001") == [
            (
                "error",
                "nodePools[0]",
                (
                    f"pool 'trading' has no node in the cluster; a, c of node pool np7 carry "
                    f"{EXCLUSIVE_LABEL}=eni-only, which is not {MISSING_LABEL}"
                ),
                f"set the label of node pool np7 to {MISSING_LABEL} and {REPLACE}",
            )
        ]
        assert only(report, "VER001").facts["nodes"] == 0

    def test_a_misspelt_node_of_one_pool_is_not_meant_for_another(self) -> None:
        plan = {"nodePools[1]": ELSEWHERE, **POOLS}
        report = judge_cluster({label(0): "eni-only"}, plan)
        assert messages(report, "VER001") == ["pool 'third' has no node in the cluster"]
        assert not found(report, "VER002")

    def test_a_pool_that_may_be_empty(self) -> None:
        report = judge_cluster({"nodes": [SHARED_NODE]}, SCALED)
        assert told(report, "VER001") == [
            (
                "info",
                "nodePools[0]",
                "pool 'trading' has no node in the cluster, as its minimum size allows: nothing about it is verified",
                "scale it out once, and verify again: eniplan verify PLAN --wait 10m",
            )
        ]
        assert only(report, "VER001").facts["nodes"] == 0


@pytest.mark.parametrize(("nodes", "told_nodes"), [(1, "1 node"), (2, "2 nodes")])
def test_how_many_nodes_are_missing(nodes: int, told_nodes: str) -> None:
    finding = only(judge_cluster({"nodes": CLUSTER["nodes"][:nodes]}), "VER002")
    assert finding.message == f"pool 'trading' has {told_nodes}; the plan wants 3"
    assert (finding.facts["nodes"], finding.facts["planned"]) == (nodes, 3)


class TestVER003:
    @staticmethod
    def down(number: int, message: str = "") -> dict[str, Any]:
        said = {"message": message} if message else {}
        return {f"nodes[{number}].status.conditions": [{"type": "Ready", "status": "False", **said}]}

    def test_nodes_that_say_nothing_are_one_finding(self) -> None:
        assert told(judge_cluster({**self.down(0), **self.down(1)}), "VER003") == [
            (
                "error",
                f"Node/{ONE}",
                f"2 nodes of pool 'trading' not Ready: {ONE}, {TWO}",
                f"kubectl describe node {ONE}",
            )
        ]

    @pytest.mark.parametrize("message", ["CNI plugin not initialized", "Network is not ready"])
    def test_the_network_is_looked_for_in_terway(self, message: str) -> None:
        assert told(judge_cluster(self.down(0, message)), "VER003") == [
            (
                "error",
                f"Node/{ONE}",
                f"1 node of pool 'trading' not Ready ({message}): {ONE}",
                f"check Terway there: {TERWAY_THERE}; kubectl describe node {ONE}",
            )
        ]

    def test_whether_the_instance_runs_is_asked_where_kubelet_is_silent(self) -> None:
        silent = [*TAINTS, taint("node.kubernetes.io/unreachable", "NoExecute")]
        report = judge_cluster({
            **self.down(0, "silent"), **self.down(1, "silent"), **self.down(2, "full"), "nodes[0].spec.taints": silent,
        })  # fmt: skip
        assert [(f.place.path, f.hint) for f in found(report, "VER003")] == [
            (f"Node/{ONE}", f"is its instance running? kubectl describe node {ONE}"),
            (f"Node/{THREE}", f"kubectl describe node {THREE}"),
        ]
        assert only(judge_cluster(self.down(1, "full")), "VER003").facts["nodes"] == [TWO]


class TestVER004:
    def test_unlabelled_nodes(self) -> None:
        report = judge_cluster({label(0): ABSENT, label(1): ABSENT})
        assert told(report, "VER004") == [
            (
                "error",
                f"Node/{ONE}",
                f"2 nodes of pool 'trading' without the label {MISSING_LABEL}: {ONE}, {TWO}",
                f"set the label of node pool {NP} to {MISSING_LABEL} and {REPLACE}",
            )
        ]
        assert only(report, "VER004").facts["label"] == ""

    def test_a_label_that_resembles_it(self) -> None:
        near = 'nodes[1].metadata.labels["k8s.aliyun.com/exclusive-mode-eni"]'
        report = judge_cluster({label(1): ABSENT, near: "eniOnly"})
        finding = only(report, "VER004")
        assert finding.message == (
            f"1 node of pool 'trading' with the label k8s.aliyun.com/exclusive-mode-eni=eniOnly, where exclusive is "
            f"{MISSING_LABEL}: {TWO}"
        )
        assert finding.facts["label"] == "eniOnly"

    def test_a_pool_is_named_by_the_plan_if_no_node_has_an_id(self) -> None:
        report = judge_cluster({label(2): "eni", **of_pool(2, ABSENT)})
        assert hints(report, "VER004") == [f"set the label of pool 'trading' to {MISSING_LABEL} and {REPLACE}"]

    def test_node_pools_are_named_once_whatever_else_has_no_id(self) -> None:
        report = judge_cluster({**{label(n): "eni" for n in range(3)}, **of_pool(0, ABSENT)})
        (hint,) = hints(report, "VER004")
        assert hint == f"set the label of node pool {NP} to {MISSING_LABEL} and {REPLACE}"


class TestVER005:
    def test_every_node_pool_without_a_plan(self) -> None:
        kept = [taint("theirs", "PreferNoSchedule")]
        report = judge_cluster({**each("spec.taints", kept), **of_pool(2, "np2")}, NO_PLAN)
        assert told(report, "VER005") == [
            (
                "warning",
                f"Node/{ONE}",
                f"2 nodes of node pool {NP} without a taint that keeps other pods away: {ONE}, {TWO}",
                (
                    "set exclusive-eni=true:NoSchedule on the node pool, and on its nodes: kubectl taint node "
                    f"{ONE} exclusive-eni=true:NoSchedule"
                ),
            ),
            (
                "warning",
                f"Node/{THREE}",
                f"1 node of node pool np2 without a taint that keeps other pods away: {THREE}",
                (
                    "set exclusive-eni=true:NoSchedule on the node pool, and on its nodes: kubectl taint node "
                    f"{THREE} exclusive-eni=true:NoSchedule"
                ),
            ),
        ]

    def test_any_taint_that_repels_is_enough_without_a_plan(self) -> None:
        more = {"nodes[3]": node("shared", **{EXCLUSIVE_LABEL: "default"}), "nodes[3].spec.taints": []}
        changes = {**each("spec.taints", [taint("soft", "PreferNoSchedule"), taint("theirs", "NoExecute")]), **more}
        assert not found(judge_cluster(changes, NO_PLAN), "VER005")

    def test_each_planned_taint(self) -> None:
        planned = [*TAINTS, {"key": "team", "value": "trading", "effect": "NoExecute"}]
        report = judge_cluster({"nodes[0].spec.taints": []}, {"nodePools[0].taints": planned})
        assert told(report, "VER005") == [
            (
                "error",
                f"Node/{ONE}",
                f"1 node of pool 'trading' without the taint exclusive-eni=true:NoSchedule: {ONE}",
                (
                    "set the taint on the node pool, and on its nodes: kubectl taint node "
                    f"{ONE} exclusive-eni=true:NoSchedule"
                ),
            ),
            (
                "error",
                f"Node/{ONE}",
                f"3 nodes of pool 'trading' without the taint team=trading:NoExecute: {ONE}, {TWO}, {THREE}",
                f"set the taint on the node pool, and on its nodes: kubectl taint node {ONE} team=trading:NoExecute",
            ),
        ]
        assert found(report, "VER005")[1].facts["taint"] == "team=trading:NoExecute"


class TestVER006:
    NONE = {**offering(0, ABSENT), **offering(1, "0")}  # noqa: RUF012 - never changed
    LATE = "Terway publishes it some time after the node is Ready: verify again with --wait 10m; if it stays"

    @pytest.mark.parametrize("config", [{}, {"configMaps": []}])
    def test_nodes_that_offer_none(self, config: dict[str, Any]) -> None:
        report = judge_cluster({**self.NONE, **config})
        assert told(report, "VER006") == [
            (
                "error",
                f"Node/{ONE}",
                f"2 nodes of pool 'trading' without aliyun/eni: {ONE}, {TWO}",
                f"{self.LATE}, check Terway there: {TERWAY_THERE}",
            )
        ]
        assert not found(report, "VER007")

    def test_legacy_ipam_needs_a_newer_terway(self) -> None:
        assert hints(judge_cluster({**self.NONE, **conf(ipam_type="default")}), "VER006") == [
            (
                f"ipam_type of eni-config is not crd, which needs Terway v1.17.5; else {self.LATE}, check Terway "
                f"there: {TERWAY_THERE}"
            )
        ]

    def test_where_terway_does_not_run_waiting_is_no_advice(self) -> None:
        assert hints(judge_cluster({**self.NONE, "pods[4]": ABSENT}), "VER006") == [
            f"check Terway there: {TERWAY_THERE}"
        ]

    @pytest.mark.parametrize(("kind", "late"), [("Node", False), ("Other", True)])
    def test_where_terway_rejects_the_configuration_waiting_is_no_advice(self, kind: str, *, late: bool) -> None:
        told = event("ConfigError", kind, ONE, "node exclusive mode changed to eniOnly, this is not allowd")
        (hint,) = hints(judge_cluster({**self.NONE, "events[1]": told}), "VER006")
        assert hint.startswith(self.LATE) == late


class TestVER007:
    def test_a_number_that_the_type_does_not_give(self) -> None:
        report = judge_cluster({**offering(0, "6"), **offering(1, "6")})
        assert told(report, "VER007") == [
            (
                "error",
                f"Node/{ONE}",
                (
                    f"2 nodes of pool 'trading' with aliyun/eni 6 (allocatable 6), where ecs.g8i.8xlarge gives 7: "
                    f"{ONE}, {TWO}"
                ),
                (
                    "look for ENIs attached by hand, max_eni and enable_erdma in eni-config, and ConfigError events: "
                    f"kubectl describe node {ONE}"
                ),
            )
        ]
        facts = only(report, "VER007").facts
        assert {key: facts[key] for key in ("capacity", "allocatable", "expected", "instanceType")} == {
            "capacity": 6, "allocatable": 6, "expected": [7], "instanceType": "ecs.g8i.8xlarge",
        }  # fmt: skip

    def test_both_numbers_that_erdma_may_leave(self) -> None:
        report = judge_cluster({**conf(enable_erdma=True), **BIG, **enis("12")}, NO_PLAN)
        assert only(report, "VER007").message == (
            f"3 nodes of node pool {NP} with aliyun/eni 12 (allocatable 12), where ecs.g8i.48xlarge gives 13 or 14: "
            f"{ONE}, {TWO}, {THREE}"
        )

    def test_erdma_that_uses_no_eni(self) -> None:
        report = judge_cluster({**conf(enable_erdma=True), **BIG, **enis("14")}, NO_PLAN)
        assert told(report, "VER007") == [
            (
                "info",
                f"Node/{ONE}",
                (
                    f"3 nodes of node pool {NP} with aliyun/eni 14: enable_erdma is set, but uses no ENI there: {ONE}, "
                    f"{TWO}, {THREE}"
                ),
                (
                    "do the operating system and every size of the type's family support eRDMA? kubectl describe node "
                    f"{ONE}"
                ),
            )
        ]

    @pytest.mark.parametrize(("count", "missing"), [("13", ["whether eRDMA takes one ENI of each node"]), ("14", [])])
    def test_erdma_matters_only_where_an_eni_is_missing(self, count: str, missing: list[str]) -> None:
        report = judge_cluster({**BIG, **enis(count), "configMaps": []}, NO_PLAN)
        assert not found(report, "VER007")
        assert facts_missing(report, "VER007") == missing

    def test_nodes_of_one_type_whose_configurations_differ_in_erdma(self) -> None:
        own = {**config_map("no-erdma"), "data": {"eni_conf": json.dumps({"enable_erdma": False})}}
        changes = {f'nodes[2].metadata.labels["{TERWAY_CONFIG_LABEL}"]': "no-erdma", "configMaps[1]": own}
        report = judge_cluster({**conf(enable_erdma=True), **BIG, **enis("13"), **changes}, NO_PLAN)
        assert messages(report, "VER007") == [
            f"1 node of node pool {NP} with aliyun/eni 13 (allocatable 13), where ecs.g8i.48xlarge gives 14: {THREE}"
        ]

    def test_types_that_are_not_known(self) -> None:
        report = judge_cluster({**{type_label(n): "ecs.new.large" for n in (0, 2)}, type_label(1): ABSENT}, NO_PLAN)
        assert [(item.fact, item.place.path) for item in unknown(report, "VER007")] == [
            ("EniQuantity of ecs.new.large", f"Node/{ONE}"),
            ("the label node.kubernetes.io/instance-type", f"Node/{TWO}"),
        ]

    def test_lingjun_nodes_are_not_asked_for_any(self) -> None:
        report = judge_cluster({**LINGJUN, **offering(0, "7")}, LINGJUN_PLAN)
        assert not found(report, "VER006")
        assert not found(report, "VER007")
        assert not unknown(report, "VER007")


class TestVER039:
    @staticmethod
    def says(number: int, **limits: object) -> dict[str, Any]:
        told_type = json.dumps({"InstanceTypeId": TYPE, **limits})
        return {f'nodes[{number}].metadata.annotations["{TYPE_INFO}"]': told_type}

    def test_each_limit_that_differs(self) -> None:
        changes = {
            **self.says(0, EniQuantity=8, EniIpv6AddressQuantity=1),
            **self.says(1, EniQuantity=8, EniIpv6AddressQuantity=1),
            **self.says(2, EniQuantity=9, EniPrivateIpAddressQuantity=30), **offering(2, "8"),
        }  # fmt: skip
        hint = (
            "check the plan with what the nodes say: eniplan specs update --from-cluster --out nodes.jsonl; "
            "eniplan check PLAN --specs nodes.jsonl"
        )
        report = judge_cluster(changes)
        assert told(report, "VER039") == [
            (
                "warning",
                f"Node/{ONE}",
                (
                    "2 nodes of pool 'trading' with EniIpv6AddressQuantity 1 in their annotation, where eniplan has "
                    f"30: {ONE}, {TWO}"
                ),
                hint,
            ),
            (
                "warning",
                f"Node/{THREE}",
                f"1 node of pool 'trading' with EniQuantity 9 in their annotation, where eniplan has 8: {THREE}",
                hint,
            ),
        ]
        assert [finding.facts["instanceType"] for finding in found(report, "VER039")] == [TYPE, TYPE]

    def test_a_type_that_eniplan_does_not_know_differs_from_nothing(self) -> None:
        changes = {type_label(0): "ecs.new.large", type_label(1): ABSENT, **self.says(0, EniQuantity=8)}
        assert not found(judge_cluster(changes, NO_PLAN), "VER039")


class TestVER008:
    @staticmethod
    def uses(number: int, name: str) -> dict[str, Any]:
        return {f'nodes[{number}].metadata.labels["{TERWAY_CONFIG_LABEL}"]': name}

    def test_nodes_without_the_planned_label(self) -> None:
        assert told(judge_cluster({}, GPU_PLAN), "VER008") == [
            (
                "error",
                f"Node/{ONE}",
                (
                    "3 nodes of pool 'trading' without the label terway-config, where the plan has gpu-net: "
                    f"{ONE}, {TWO}, {THREE}"
                ),
                (
                    "put the label on the node pool, and replace the nodes or label them: kubectl label node "
                    f"{ONE} terway-config=gpu-net --overwrite"
                ),
            )
        ]

    def test_nodes_with_another_label_whose_configuration_is_missing(self) -> None:
        own = {"configMaps[1]": config_map("gpu-net")}
        report = judge_cluster({**self.uses(0, "x"), **self.uses(1, "x"), **self.uses(2, "gpu-net"), **own}, GPU_PLAN)
        assert told(report, "VER008") == [
            (
                "error",
                f"Node/{ONE}",
                f"2 nodes of pool 'trading' whose ConfigMap kube-system/x does not exist: {ONE}, {TWO}",
                "create it: eniplan render-manifests PLAN | kubectl apply -f -; kubectl -n kube-system get configmap x",
            ),
            (
                "error",
                f"Node/{ONE}",
                f"2 nodes of pool 'trading' with the label terway-config=x, where the plan has gpu-net: {ONE}, {TWO}",
                (
                    "put the label on the node pool, and replace the nodes or label them: kubectl label node "
                    f"{ONE} terway-config=gpu-net --overwrite"
                ),
            ),
        ]

    def test_a_label_that_is_not_planned(self) -> None:
        own = {"configMaps[1]": config_map("gpu-net")}
        assert told(judge_cluster({**self.uses(0, "gpu-net"), **self.uses(1, "gpu-net"), **own}), "VER008") == [
            (
                "error",
                f"Node/{ONE}",
                (
                    f"2 nodes of pool 'trading' with the label terway-config=gpu-net, where the plan has none: {ONE}, "
                    f"{TWO}"
                ),
                (
                    "put terwayConfig into the plan and check it again, or remove the label from the node pool: "
                    f"kubectl get node {ONE} --show-labels"
                ),
            )
        ]

    def test_without_a_plan_only_a_missing_configuration_is_wrong(self) -> None:
        own = {"configMaps[1]": config_map("gpu-net")}
        report = judge_cluster({**self.uses(0, "gpu-net"), **self.uses(1, "x"), **own}, NO_PLAN)
        assert messages(report, "VER008") == [
            f"1 node of node pool {NP} whose ConfigMap kube-system/x does not exist: {TWO}"
        ]

    def test_whether_a_configuration_exists_is_undecided_if_none_was_dumped(self) -> None:
        report = judge_cluster({**self.uses(0, "gpu-net"), **self.uses(1, "gpu-net"), "configMaps": []}, GPU_PLAN)
        assert messages(report, "VER008") == [
            f"1 node of pool 'trading' without the label terway-config, where the plan has gpu-net: {THREE}"
        ]
        assert facts_missing(report, "VER008") == ["the list of ConfigMaps"]


SPEC = "podNetworkings[0].spec"
RECREATE = (
    "apply it, wait for Ready, and recreate its pods, because it takes effect when a pod is created: "
    "eniplan render-manifests PLAN | kubectl apply -f -"
)


class TestVER009:
    def test_each_that_is_missing(self) -> None:
        second = {**POD_NETWORKING, "name": "second", "podSelector": {"matchLabels": {"a": "b"}}}
        report = judge_cluster({"podNetworkings[0].metadata.name": "x"}, {"podNetworkings[1]": second})
        hint = "create it: eniplan render-manifests PLAN | kubectl apply -f -"
        assert told(report, "VER009") == [
            ("error", "podNetworkings[0]", "PodNetworking trading-eni does not exist", hint),
            ("error", "podNetworkings[1]", "PodNetworking second does not exist", hint),
        ]

    def test_one_that_is_missing_does_not_hide_another_that_differs(self) -> None:
        first = {**POD_NETWORKING, "name": "first", "podSelector": {"matchLabels": {"a": "b"}}}
        plan = {"podNetworkings": [first, POD_NETWORKING]}
        report = judge_cluster({f"{SPEC}.securityGroupIDs": ["sg-x"]}, plan)
        assert places(report, "VER009") == ["podNetworkings[0]", "PodNetworking/trading-eni"]

    @pytest.mark.parametrize(
        ("plan", "rules"),
        [
            ({}, ["VER009", "VER010"]),
            ({"podNetworkings": [], "workloads": []}, []),
            (NO_PLAN, ["VER010"]),
        ],
    )
    def test_what_is_undecided_if_none_was_dumped(self, plan: dict[str, Any], rules: list[str]) -> None:
        report = judge_cluster({"podNetworkings": ABSENT}, plan)
        assert not found(report, "VER009")
        open_rules = [rule for rule in ("VER009", "VER010") if facts_missing(report, rule)]
        assert open_rules == rules
        assert {fact for rule in rules for fact in facts_missing(report, rule)} <= {"the list of PodNetworkings"}

    def test_fields_that_are_empty_or_absent(self) -> None:
        changes = {
            f"{SPEC}.selector": {"namespaceSelector": {}}, f"{SPEC}.vSwitchOptions": [],
            f"{SPEC}.securityGroupIDs": [], f"{SPEC}.eniOptions": {},
        }  # fmt: skip
        report = judge_cluster(changes)
        assert messages(report, "VER009") == [
            "eniType is empty; the plan has ENI",
            "namespaceSelector is empty; the plan has absent",
            "podSelector is absent; the plan has network In (trading-eni)",
            "securityGroupIDs is empty; the plan has sg-pods",
            "vSwitchOptions is empty; the plan has vsw-j",
        ]
        assert {(f.level, f.place.path, f.hint) for f in found(report, "VER009")} == {
            ("error", "PodNetworking/trading-eni", RECREATE)
        }
        facts = found(report, "VER009")[0].facts
        assert (facts["field"], facts["cluster"], facts["plan"]) == ("eniType", "", "ENI")

    def test_an_allocation_and_a_policy_that_the_plan_leaves_out(self) -> None:
        fixed = {"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1h"}
        policy = f"{SPEC}.vSwitchSelectOptions.vSwitchSelectionPolicy"
        assert messages(judge_cluster({f"{SPEC}.allocationType": fixed, policy: "random"}), "VER009") == [
            "allocationType is Fixed; the plan has Elastic",
            "releaseAfter is 1h; the plan has none",
            "releaseStrategy is TTL; the plan has none",
            "vSwitchSelectionPolicy is random; the plan has ordered",
        ]
        defaults = {f"{SPEC}.allocationType": {"type": "Elastic"}, policy: "ordered"}
        assert not found(judge_cluster(defaults), "VER009")

    def test_an_allocation_and_a_policy_that_the_cluster_leaves_out(self) -> None:
        plan = {
            "podNetworkings[0].allocation": {"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "10m"},
            "podNetworkings[0].vSwitchSelectionPolicy": "most",
        }
        assert messages(judge_cluster({}, plan), "VER009") == [
            "allocationType is Elastic; the plan has Fixed",
            "releaseAfter is empty; the plan has 10m",
            "releaseStrategy is empty; the plan has TTL",
            "vSwitchSelectionPolicy is ordered; the plan has most",
        ]

    @pytest.mark.parametrize(
        ("cluster", "plan", "same"),
        [("10m0s", "10m", True), ("1h", "60m", True), ("10m", "11m", False), ("1d", "24h", False), ("1d", "2d", False)],
    )
    def test_durations_of_equal_length_are_equal(self, cluster: str, plan: str, *, same: bool) -> None:
        fixed = {"type": "Fixed", "releaseStrategy": "TTL"}
        changes = {f"{SPEC}.allocationType": {**fixed, "releaseAfter": cluster}}
        report = judge_cluster(changes, {"podNetworkings[0].allocation": {**fixed, "releaseAfter": plan}})
        assert messages(report, "VER009") == ([] if same else [f"releaseAfter is {cluster}; the plan has {plan}"])

    def test_the_order_of_security_groups_means_nothing_that_of_vswitches_does(self) -> None:
        changes = {
            f"{SPEC}.securityGroupIDs": ["sg-b", "sg-pods", "sg-b"],
            f"{SPEC}.vSwitchOptions": ["vsw-k", "vsw-j"],
        }
        plan = {
            "podNetworkings[0].vSwitchIds": ["vsw-j", "vsw-k"],
            "podNetworkings[0].securityGroupIds": ["sg-pods", "sg-b"],
        }
        assert messages(judge_cluster(changes, plan), "VER009") == [
            "vSwitchOptions is vsw-k, vsw-j; the plan has vsw-j, vsw-k"
        ]
        spread = {f"{SPEC}.vSwitchSelectOptions.vSwitchSelectionPolicy": "most"}
        unordered = {**plan, "podNetworkings[0].vSwitchSelectionPolicy": "most"}
        assert not found(judge_cluster({**changes, **spread}, unordered), "VER009")

    def test_lists_without_an_order_are_told_sorted_and_each_item_once(self) -> None:
        groups = [f"sg-{letter}" for letter in "fbdgaceb"]
        assert messages(judge_cluster({f"{SPEC}.securityGroupIDs": groups}), "VER009") == [
            "securityGroupIDs is sg-a, sg-b, sg-c, sg-d, sg-e, sg-f, sg-g; the plan has sg-pods"
        ]

    def test_a_selector_that_selects_everything_is_not_an_absent_one(self) -> None:
        report = judge_cluster({}, {"podNetworkings[0].namespaceSelector": {}})
        assert messages(report, "VER009") == ["namespaceSelector is absent; the plan has empty"]

    def test_selectors_are_equal_in_any_order(self) -> None:
        two = {"network": "trading-eni", "app": "matcher"}
        changes = {f"{SPEC}.selector": {"podSelector": {"matchLabels": dict(reversed(two.items()))}}}
        plan = {"podNetworkings[0].podSelector": {"matchLabels": two}}
        assert not found(judge_cluster(changes, plan), "VER009")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({}, "PodNetworking trading-eni has no status yet"),
        ({"message": "busy"}, "PodNetworking trading-eni has no status yet: busy"),
        ({"status": "Fail"}, "PodNetworking trading-eni is Fail"),
        ({"status": "Fail", "message": "vsw-j not found"}, "PodNetworking trading-eni is Fail: vsw-j not found"),
    ],
)
def test_the_status_of_a_pod_networking(status: dict[str, str], message: str) -> None:
    report = judge_cluster({"podNetworkings[0].status": status})
    assert told(report, "VER010") == [
        (
            "error",
            "PodNetworking/trading-eni",
            message,
            (
                "each of its vSwitches must exist and be readable by Terway, which retries every 30 s: kubectl "
                "describe podnetworking trading-eni"
            ),
        )
    ]
    assert only(report, "VER010").facts["status"] == status.get("status", "")


class TestVER011:
    IN_K = {f'nodes[2].metadata.labels["{ZONE_LABEL}"]': "cn-hangzhou-k", **zones_jk()}  # noqa: RUF012 - never changed

    @pytest.mark.parametrize(
        ("plan", "level", "pool"), [({}, "error", "pool 'trading'"), (NO_PLAN, "warning", f"node pool {NP}")]
    )
    def test_a_zone_without_a_vswitch(self, plan: dict[str, Any], level: str, pool: str) -> None:
        report = judge_cluster(self.IN_K, plan)
        assert told(report, "VER011") == [
            (
                level,
                "PodNetworking/trading-eni",
                f"{pool} has nodes in cn-hangzhou-k; PodNetworking trading-eni has vSwitches in cn-hangzhou-j",
                (
                    "add a vSwitch of cn-hangzhou-k to vSwitchOptions, and recreate its pods: kubectl edit "
                    "podnetworking trading-eni"
                ),
            )
        ]
        facts = only(report, "VER011").facts
        assert (facts["zone"], facts["zones"]) == ("cn-hangzhou-k", ["cn-hangzhou-j"])

    @pytest.mark.parametrize(
        ("status", "missing"),
        [("Ready", ["in which zones PodNetworking trading-eni has vSwitches"]), ("Fail", []), ("", [])],
    )
    def test_without_zones_only_a_ready_one_is_undecided(self, status: str, missing: list[str]) -> None:
        report = judge_cluster({**self.IN_K, "podNetworkings[0].status": {"status": status}})
        assert not found(report, "VER011")
        assert facts_missing(report, "VER011") == missing


class TestVER036:
    def test_cordoned_nodes_that_are_ready(self) -> None:
        changes = {f"nodes[{n}].spec.unschedulable": True for n in range(3)}
        report = judge_cluster({**changes, "nodes[2].status.conditions": []})
        assert told(report, "VER036") == [
            (
                "warning",
                f"Node/{ONE}",
                f"2 nodes of pool 'trading' cordoned: {ONE}, {TWO}",
                f"when maintenance is done: kubectl uncordon {ONE}",
            )
        ]

    def test_the_first_taint_of_kubernetes_on_each_node(self) -> None:
        disk, memory = taint("node.kubernetes.io/disk-pressure"), taint("node.kubernetes.io/memory-pressure")
        report = judge_cluster({
            "nodes[0].spec.taints": [*TAINTS, taint("node.kubernetes.io/unschedulable")],
            "nodes[1].spec.taints": [*TAINTS, disk, memory],
            "nodes[2].spec.taints": [*TAINTS, disk],
        })  # fmt: skip
        assert told(report, "VER036") == [
            (
                "warning",
                f"Node/{ONE}",
                f"1 node of pool 'trading' cordoned: {ONE}",
                f"when maintenance is done: kubectl uncordon {ONE}",
            ),
            (
                "warning",
                f"Node/{TWO}",
                (
                    "2 nodes of pool 'trading' with the taint node.kubernetes.io/disk-pressure: its disk is full: "
                    f"{TWO}, {THREE}"
                ),
                f"free its disk, or enlarge systemDisk of the pool: kubectl describe node {TWO}",
            ),
        ]
        assert found(report, "VER036")[1].facts["taint"] == "node.kubernetes.io/disk-pressure"


class TestVER037:
    @staticmethod
    def admits(number: int, pods: object) -> dict[str, Any]:
        return {f"nodes[{number}].status.allocatable.pods": pods}

    def test_nodes_with_equal_numbers_are_one_finding(self) -> None:
        report = judge_cluster({**self.admits(0, "8"), **self.admits(1, "7"), **self.admits(2, "7")})
        assert told(report, "VER037") == [
            (
                "warning",
                f"Node/{ONE}",
                f"1 node of pool 'trading' admitting 8 pods, fewer than 2 hostNetwork pods and 7 ENIs: {ONE}",
                (
                    "raise maxPods in the kubelet configuration of the node pool, or plan 1 fewer pods per node: "
                    f"kubectl describe node {ONE}"
                ),
            ),
            (
                "warning",
                f"Node/{TWO}",
                f"2 nodes of pool 'trading' admitting 7 pods, fewer than 1 hostNetwork pod and 7 ENIs: {TWO}, {THREE}",
                (
                    "raise maxPods in the kubelet configuration of the node pool, or plan 1 fewer pods per node: "
                    f"kubectl describe node {TWO}"
                ),
            ),
        ]
        facts = found(report, "VER037")[1].facts
        assert (facts["pods"], facts["hostNetwork"], facts["enis"]) == (7, 1, 7)

    def test_the_nodes_that_do_not_say_how_many_are_named(self) -> None:
        report = judge_cluster({**self.admits(0, "9"), **self.admits(1, ABSENT), **self.admits(2, ABSENT)})
        assert not found(report, "VER037")
        assert [(item.fact, item.place.path) for item in unknown(report, "VER037")] == [
            ("how many pods some nodes admit", f"Node/{TWO}")
        ]

    def test_without_pods_it_is_not_decided(self) -> None:
        assert facts_missing(judge_cluster({"pods": ABSENT}), "VER037") == ["the list of pods"]

    def test_a_node_that_offers_no_enis_needs_room_for_its_other_pods_only(self) -> None:
        changes = {**self.admits(0, "0"), **self.admits(1, "0"), **self.admits(2, "1")}
        report = judge_cluster({**changes, **offering(1, ABSENT), **offering(2, ABSENT)})
        assert messages(report, "VER037") == [
            f"1 node of pool 'trading' admitting 0 pods, fewer than 2 hostNetwork pods and 7 ENIs: {ONE}",
            f"1 node of pool 'trading' admitting 0 pods, fewer than 1 hostNetwork pod and 0 ENIs: {TWO}",
        ]
