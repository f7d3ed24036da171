"""What keeps a waiting pod off each node that it could run on, in the scheduler's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan.k8s.terway import ENI
from eniplan.observed import ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import CLUSTER, NODES, SHARED_NODE, STEERED, daemon_pod, pod, pod_eni
from tests.kube.causes import asking, away, each, label, owned, taint, unschedulable
from tests.kube.states import lingjun
from tests.kube.support import NO_PLAN, judge_cluster

if TYPE_CHECKING:
    from collections.abc import Mapping

Plan = dict[str, Any] | None
ALL = f"3 nodes ({', '.join(NODES)})"
OUT = f"scale the pool out, or remove pods: kubectl get pods -A -o wide --field-selector spec.nodeName={NODES[0]}"
OUTS = [OUT.replace(NODES[0], name) for name in NODES]
OWN = CLUSTER["nodes"][0]["spec"]["taints"]
WAITS = away(pod(2, ""))
TERWAY = "kubectl -n kube-system get pods -l app=terway-eniip -o wide --field-selector spec.nodeName="
AFFINITY = "leave other nodes out with the node affinity that `eniplan render-manifests --patch` prints (WL019)"
ZONES = f"kubectl get nodes -L {ZONE_LABEL}"
LARGER = "use a larger instance type, lower the request, or "
TOLERATE = (
    "add a toleration to the pod template (Terway's webhook does not add one): `eniplan render-manifests --patch`"
)


def pending(changes: Mapping[str, Any], plan: Plan = None) -> tuple[str, str]:
    """Return why one or more pods are pending, and the hint."""
    (found,) = (f for f in judge_cluster(changes, plan).findings if f.rule.id == "VER021")
    assert found.message.startswith("1 pod pending: ")
    return found.message.removeprefix("1 pod pending: ").removesuffix(": trading/matcher-2"), found.hint


def fits(changes: Mapping[str, Any], plan: Plan = None) -> bool:
    """Return whether some node can take the pod that waits."""
    (found,) = (f for f in judge_cluster(changes, plan).findings if f.rule.id == "VER021")
    return "leave room" in found.message


def wants(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a pod's spec
    """Return the change by which matcher-2 waits with this spec."""
    return away(pod(2, "", **spec))


def enis(number: str) -> list[dict[str, Any]]:
    """Return a container that asks for this many ENIs."""
    return [{"name": "a", "resources": {"limits": {ENI: number}}}]


def offers(number: int, value: str) -> dict[str, Any]:
    """Return the change by which a node offers this many ENIs."""
    return {f'nodes[{number}].status.{key}["{ENI}"]': value for key in ("capacity", "allocatable")}


class TestEveryNode:
    def test_causes_are_told_by_the_number_of_their_nodes(self) -> None:
        changes = {"nodes[0].spec.unschedulable": True, **wants(tolerations=[])}
        why, hint = pending(changes)
        assert why == (
            f"2 nodes ({NODES[1]}, {NODES[2]}): the pod does not tolerate the taint exclusive-eni=true:NoSchedule; "
            f"1 node ({NODES[0]}): cordoned"
        )
        assert hint == f"{TOLERATE} prints it; kubectl uncordon {NODES[0]}"

    def test_causes_of_as_many_nodes_are_told_in_their_order(self) -> None:
        changes = {"nodes[0].spec.unschedulable": True, **wants(nodeSelector={"disk": "ssd"})}
        changes.update({"nodes[1].spec.taints": [*OWN, taint("a")], 'nodes[0].metadata.labels["disk"]': "ssd"})
        changes['nodes[1].metadata.labels["disk"]'] = "ssd"
        assert pending(changes)[0] == (
            f"1 node ({NODES[0]}): cordoned; 1 node ({NODES[1]}): the pod does not tolerate the taint a:NoSchedule; "
            f"1 node ({NODES[2]}): the pod's node selector or affinity does not match the node's labels"
        )

    def test_the_fix_of_a_cause_is_that_of_its_first_node(self) -> None:
        assert pending({**each("spec.unschedulable", value=True), **WAITS}) == (
            f"{ALL}: cordoned",
            f"kubectl uncordon {NODES[0]}",
        )

    def test_the_same_fix_is_told_once(self) -> None:
        changes = {"nodes[0].spec.taints": [taint("a")], **wants(tolerations=[])}
        why, hint = pending(changes)
        assert why.count("the pod does not tolerate the taint") == 2
        assert hint == f"{TOLERATE} prints it"

    def test_one_node_that_can_take_it_is_enough(self) -> None:
        changes = {**{f"nodes[{n}].spec.unschedulable": True for n in (0, 1)}, **WAITS}
        assert fits(changes)

    def test_nodes_that_it_does_not_select_hide_no_other(self) -> None:
        assert fits({**wants(nodeSelector={"disk": "ssd"}), 'nodes[2].metadata.labels["disk"]': "ssd"})

    def test_nodes_in_zones_without_its_network_cannot_take_it(self) -> None:
        changes = {**{f"nodes[{n}].spec.unschedulable": True for n in (0, 1)}, **WAITS}
        changes[f'nodes[2].metadata.labels["{ZONE_LABEL}"]'] = "cn-hangzhou-k"
        assert pending(changes)[0] == f"2 nodes ({NODES[0]}, {NODES[1]}): cordoned"


class TestTaints:
    @pytest.mark.parametrize(
        ("key", "what", "fix"),
        [
            ("node.kubernetes.io/not-ready", "the node is not Ready", "kubectl describe node {}"),
            (
                "node.kubernetes.io/unreachable",
                "its kubelet does not respond",
                "is its instance running? kubectl describe node {}",
            ),
            (
                "node.kubernetes.io/network-unavailable",
                "its network is not set up",
                f"check Terway there: {TERWAY}{{}}",
            ),
            (
                "node.kubernetes.io/memory-pressure",
                "it is running out of memory",
                "move or shrink pods there: kubectl describe node {}",
            ),
            (
                "node.kubernetes.io/disk-pressure",
                "its disk is full",
                "free its disk, or enlarge systemDisk of the pool: kubectl describe node {}",
            ),
            (
                "node.kubernetes.io/pid-pressure",
                "it is running out of process ids",
                "which pod starts so many processes? kubectl describe node {}",
            ),
            (
                "node.cloudprovider.kubernetes.io/uninitialized",
                "the cloud controller has not initialized it",
                "wait for it, then: kubectl describe node {}",
            ),
            (
                "node.cloudprovider.kubernetes.io/shutdown",
                "its instance is stopped",
                "start it, or remove it from the node pool: kubectl get node {}",
            ),
        ],
    )
    def test_conditions(self, key: str, what: str, fix: str) -> None:
        changes = {**each("spec.taints", [*OWN, taint(key)]), **WAITS}
        assert pending(changes) == (f"{ALL}: {what} (taint {key})", fix.format(NODES[0]))

    def test_other_taints(self) -> None:
        changes = {**each("spec.taints", [*OWN, {**taint("team", "NoExecute"), "value": "a"}]), **WAITS}
        assert pending(changes) == (
            f"{ALL}: the pod does not tolerate the taint team=a:NoExecute",
            f"{TOLERATE} prints it",
        )

    def test_a_preference_keeps_nothing_away(self) -> None:
        changes = {**each("spec.taints", [*OWN, taint("team", "PreferNoSchedule")]), **WAITS}
        assert fits(changes)

    @pytest.mark.parametrize("more", [[], [taint("node.kubernetes.io/unschedulable")]])
    @pytest.mark.parametrize("cordoned", [True, False])
    def test_a_cordoned_node(self, more: list[dict[str, str]], cordoned: bool) -> None:  # noqa: FBT001 - a parameter of the test
        changes = {**each("spec.taints", [*OWN, *more]), **each("spec.unschedulable", cordoned), **WAITS}
        (found,) = (f for f in judge_cluster(changes).findings if f.rule.id == "VER021")
        assert ("cordoned" in found.message) == (cordoned or bool(more))

    def test_a_pod_that_tolerates_the_cordon(self) -> None:
        tolerations = [
            {"key": "exclusive-eni", "operator": "Exists"},
            {"key": "node.kubernetes.io/unschedulable", "operator": "Exists"},
        ]
        changes = {**each("spec.unschedulable", value=True), **wants(tolerations=tolerations)}
        assert fits(changes)

    @pytest.mark.parametrize(
        ("first", "told"),
        [
            ("node.kubernetes.io/disk-pressure", "its disk is full (taint node.kubernetes.io/disk-pressure)"),
            ("node.kubernetes.io/unschedulable", "cordoned"),
        ],
    )
    @pytest.mark.parametrize("order", [1, -1])
    def test_what_is_wrong_with_the_node_comes_before_what_the_pod_lacks(
        self, first: str, told: str, order: int
    ) -> None:
        changes = {**each("spec.taints", [*OWN, taint(first)][::order]), **wants(tolerations=[])}
        assert pending(changes)[0] == f"{ALL}: {told}"

    def test_a_node_that_is_cordoned_and_has_its_taint_is_told_by_the_first_taint(self) -> None:
        taints = [taint("node.kubernetes.io/disk-pressure"), taint("node.kubernetes.io/unschedulable")]
        changes = {**each("spec.unschedulable", value=True), **WAITS}
        for order, told in ((1, "its disk is full"), (-1, "cordoned")):
            assert told in pending({**changes, **each("spec.taints", taints[::order])})[0]

    def test_labels_come_before_taints_and_taints_before_room(self) -> None:
        every = {"nodeSelector": {"disk": "ssd"}, "tolerations": [], "containers": enis("9")}
        assert pending(wants(**every))[0].endswith("does not match the node's labels")
        del every["nodeSelector"]
        assert pending(wants(**every))[0].endswith("does not tolerate the taint exclusive-eni=true:NoSchedule")
        del every["tolerations"]
        assert pending(wants(**every))[0].endswith("the pod requests 9 aliyun/eni, and 7 are offered")


class TestEnis:
    def test_more_than_offered(self) -> None:
        assert pending(wants(containers=enis("8"))) == (
            f"{ALL}: the pod requests 8 aliyun/eni, and 7 are offered",
            f"is Terway up there? {TERWAY}{NODES[0]}",
        )

    def test_none_offered(self) -> None:
        changes = {key: ABSENT for number in range(3) for key in offers(number, "")}
        assert pending({**changes, **WAITS})[0] == f"{ALL}: the pod requests 1 aliyun/eni, and 0 are offered"

    def test_pods_of_the_host_network_hold_what_they_request(self) -> None:
        """They get no ENI, but the scheduler counts the request, as kubelet does."""
        agents = {
            f"pods[{7 + n}]": {**item, "spec": {**item["spec"], "hostNetwork": True, "containers": enis("2")}}
            for n, node in enumerate((*NODES, *NODES))
            if (item := pod(20 + n, node))
        }
        assert pending({**wants(containers=enis("4")), **agents})[0].startswith(
            "2 nodes (cn-hangzhou.10.0.0.1, cn-hangzhou.10.0.0.2): the pod requests 4 aliyun/eni, and 2 are free"
        )
        ended = {path: {**item, "status": {"phase": "Succeeded"}} for path, item in agents.items()}
        assert fits({**wants(containers=enis("4")), **ended})

    def test_more_than_free(self) -> None:
        changes = {**wants(containers=enis("7")), "pods[7]": pod(3, NODES[2]), "podENIs[2]": pod_eni(3, NODES[2])}
        assert pending(changes) == (f"{ALL}: the pod requests 7 aliyun/eni, and 6 are free", OUT)
        assert fits(wants(containers=enis("7")))

    @pytest.mark.parametrize("number", ["1", "2"])
    def test_all_are_in_use(self, number: str) -> None:
        full = [pod(n, NODES[n % 3]) for n in range(21)]
        changes = {
            "pods": [
                *full[:2],
                pod(2, "", containers=enis(number)),
                *CLUSTER["pods"][3:],
                *full[3:],
                pod(30, NODES[2]),
            ],
            "podENIs": [pod_eni(n, NODES[n % 3]) for n in range(31)],
        }
        assert pending(changes) == (f"{ALL}: all 7 aliyun/eni are in use", OUT)

    def test_more_in_use_than_offered(self) -> None:
        changes = {**{k: v for n in range(3) for k, v in offers(n, "1").items()}}
        pods = [*(pod(n, NODES[n % 3]) for n in (0, 1, 3, 4, 5, 8)), pod(2, ""), *CLUSTER["pods"][3:]]
        changes.update({"pods": pods, "podENIs": [pod_eni(n, NODES[n % 3]) for n in range(9)]})
        assert pending(changes)[0] == f"{ALL}: all 1 aliyun/eni are in use"
        changes["pods"][6] = pod(2, "", containers=[{"name": "a"}])
        assert fits(changes)

    def test_lingjun_nodes_never_offer_them(self) -> None:
        nodes = [lingjun(name) for name in NODES]
        everything = pod(2, "", tolerations=[{"operator": "Exists"}])
        changes = {"nodes": nodes, "pods": [everything, *CLUSTER["pods"][4:]], "podENIs": []}
        assert pending(changes, NO_PLAN) == (
            f"{ALL}: Lingjun nodes never offer aliyun/eni",
            "remove the request, and place the pod with a node affinity: `eniplan render-manifests --patch` prints it",
        )

    def test_one_is_free(self) -> None:
        changes = {
            "pods": [*(pod(n, NODES[n % 3]) for n in range(18)), *CLUSTER["pods"][3:]],
            "podENIs": [pod_eni(n, NODES[n % 3]) for n in range(18)],
        }
        waits = pod(2, "", containers=enis("2"))
        waits["metadata"]["name"] = "matcher-99"
        changes["pods"].append(waits)
        why, _ = pending(changes)
        assert why.startswith(f"{ALL}: the pod requests 2 aliyun/eni, and 1 are free")

    def test_a_pod_that_requests_none_may_run_on_lingjun(self) -> None:
        asks_none = pod(2, "", containers=[{"name": "a"}], affinity=STEERED, tolerations=[{"operator": "Exists"}])
        nodes = [lingjun(name) for name in NODES]
        changes = {"nodes": nodes, "pods": [asks_none, *CLUSTER["pods"][4:]], "podENIs": []}
        assert fits(changes, NO_PLAN)

    def test_a_pod_that_requests_none_may_run_on_nodes_that_offer_none(self) -> None:
        plan = {**owned("DaemonSet", "probe", "", "", replicas=1)["plan"], "workloads[0].podNetworking": ABSENT}
        made = daemon_pod("probe", "", "matcher-2")
        made["metadata"]["namespace"] = "trading"
        assert fits({**away(made), **label(EXCLUSIVE_LABEL, "eni", alone=False)}, plan)

    def test_a_pod_that_requests_none_needs_none(self) -> None:
        full = [pod(n, NODES[n % 3]) for n in range(21) if n != 2]
        asks_none = pod(2, "", containers=[{"name": "a"}], affinity=STEERED)
        changes = {
            "pods": [*full, pod(30, NODES[2]), asks_none, *CLUSTER["pods"][3:]],
            "podENIs": [pod_eni(n, NODES[n % 3]) for n in range(31)],
        }
        assert fits(changes)


class TestRoom:
    def test_too_many_pods(self) -> None:
        changes = {**each("status.allocatable.pods", "2"), **WAITS}
        assert fits(changes)
        # The first node has four pods, the second two, and the third one.
        changes["nodes[2].status.allocatable.pods"] = "1"
        why, hint = pending(changes)
        two = f"2 nodes ({NODES[0]}, {NODES[1]}): Too many pods: kubelet admits 2, including hostNetwork pods"
        assert why == f"{two}; 1 node ({NODES[2]}): Too many pods: kubelet admits 1, including hostNetwork pods"
        assert hint == "; ".join(f"raise maxPods of the node pool's kubelet, or {OUTS[n]}" for n in (0, 2))

    @pytest.mark.parametrize(("admits", "fitting"), [("0", False), ("1", True)])
    def test_a_node_without_pods(self, admits: str, fitting: bool) -> None:  # noqa: FBT001 - a parameter of the test
        changes = {"nodes": [CLUSTER["nodes"][2]], "nodes[0].status.allocatable.pods": admits, "podENIs": []}
        changes["pods"] = [pod(2, ""), *CLUSTER["pods"][3:6]]
        if fitting:
            assert fits(changes)
        else:
            assert pending(changes)[0].endswith("Too many pods: kubelet admits 0, including hostNetwork pods")

    @pytest.mark.parametrize(
        ("request_", "told"),
        [
            ({"cpu": "31850m"}, None),
            ({"cpu": "31851m"}, "Insufficient cpu: the pod requests 31851m, and 31850m are left"),
            ({"memory": "120Gi"}, None),
            ({"memory": "121Gi"}, "Insufficient memory: the pod requests 123904Mi, and 122880Mi are left"),
            ({"cpu": "32", "memory": "121Gi"}, "Insufficient cpu: the pod requests 32000m, and 31850m are left"),
        ],
    )
    def test_cpu_and_memory(self, request_: dict[str, str], told: str | None) -> None:
        changes = wants(containers=asking(**request_))
        if told is None:
            assert fits(changes)
        else:
            assert pending(changes) == (f"{ALL}: {told}", f"{LARGER}{OUT}")

    @pytest.mark.parametrize(("key", "value", "unit"), [("cpu", "40", "1000m"), ("memory", "130Gi", "1024Mi")])
    def test_nothing_is_left_where_pods_use_more_than_there_is(self, key: str, value: str, unit: str) -> None:
        used = {f"pods[{n}].spec.containers[0].resources.requests.{key}": value for n in (0, 1)}
        on_third = {"pods[6].spec.containers[0].resources": {"requests": {key: value}}}
        asked = {"cpu": "1"} if key == "cpu" else {"memory": "1Gi"}
        changes = {**used, **on_third, **wants(containers=asking(**asked))}
        told = f"{ALL}: Insufficient {key}: the pod requests {unit}, and 0{unit.lstrip('0123456789')} are left"
        assert pending(changes)[0] == told
        # A pod that requests nothing still fits.
        assert fits({**changes, **WAITS})

    def test_other_pods_leave_less(self) -> None:
        used = {f"pods[{n}].spec.containers[0].resources.requests.cpu": "30" for n in (0, 1)}
        changes = {**used, "pods[6].spec.containers[0].resources": {"requests": {"cpu": "30"}}}
        told = f"{ALL}: Insufficient cpu: the pod requests 1851m, and 1850m are left"
        assert pending({**changes, **wants(containers=asking(cpu="1851m"))})[0] == told
        changes.update(wants(containers=asking(cpu="1850m")))
        assert fits(changes)

    @pytest.mark.parametrize("key", ["cpu", "memory", "pods"])
    def test_what_a_node_does_not_report_is_no_obstacle(self, key: str) -> None:
        changes = {**each(f"status.allocatable.{key}", ABSENT), **wants(containers=asking(cpu="1", memory="1Gi"))}
        assert fits(changes)


class TestScheduler:
    DESCRIBE = "kubectl -n trading describe pod matcher-2"

    @pytest.mark.parametrize(
        ("message", "hint"),
        [
            ("3 Too many pods.", "raise kubelet's maxPods in the node pool's configuration, or scale it out; "),
            ("3 Insufficient aliyun/eni.", "scale the pool out: kubectl describe nodes | grep aliyun/eni; "),
            ("3 Insufficient cpu.", f"{LARGER}scale out; "),
            ("3 Insufficient memory.", f"{LARGER}scale out; "),
            ("3 Insufficient ephemeral-storage.", f"{LARGER}scale out; "),
            ("3 Insufficient nvidia.com/gpu.", "do the nodes offer it, and is any left? kubectl describe nodes; "),
            ("3 node(s) were unschedulable.", "kubectl get nodes; kubectl uncordon NODE; "),
            (
                "1 node(s) had untolerated taint {a: b}",
                "add the toleration: `eniplan render-manifests --patch` prints it; ",
            ),
            (
                "pod has unbound immediate PersistentVolumeClaims.",
                "check the claims, their volumes, and the zones of these: kubectl get pvc -A; ",
            ),
            (
                "3 node(s) exceed max volume count.",
                "check the claims, their volumes, and the zones of these: kubectl get pvc -A; ",
            ),
            (
                "3 node(s) didn't match pod topology spread constraints.",
                f"{AFFINITY}; or relax topologySpreadConstraints, or add nodes in the other zones: {ZONES}; ",
            ),
            (
                "3 node(s) didn't have free ports",
                "remove hostPort: exclusive pods cannot have one; other pods with it fit once per node; ",
            ),
            (
                "3 node(s) didn't match pod anti-affinity rules.",
                "too few nodes satisfy its podAntiAffinity: relax it, or scale the pool out; ",
            ),
            (
                "3 node(s) didn't match pod affinity rules.",
                "too few nodes satisfy its podAntiAffinity: relax it, or scale the pool out; ",
            ),
            (
                "3 node(s) didn't match Pod's node affinity/selector.",
                "compare its affinity with the labels: kubectl get nodes --show-labels; ",
            ),
            (
                "1 Insufficient cpu, 2 node(s) were unschedulable.",
                f"{LARGER}scale out; kubectl get nodes; kubectl uncordon NODE; ",
            ),
            ("no idea", ""),
        ],
    )
    def test_advice(self, message: str, hint: str) -> None:
        (found,) = (f for f in judge_cluster(away(unschedulable(message))).findings if f.rule.id == "VER021")
        assert found.hint == hint + self.DESCRIBE


def test_pods_of_the_plan_that_need_no_eni_are_meant_for_the_nodes_of_their_pool() -> None:
    plan = {**owned("DaemonSet", "probe", "", "", replicas=1)["plan"], "workloads[0].podNetworking": ABSENT}
    made = daemon_pod("probe", "", "matcher-2")
    made["metadata"]["namespace"] = "trading"
    changes = {**away(made), **each("spec.unschedulable", value=True), "nodes[3]": SHARED_NODE}
    assert pending(changes, plan)[0] == f"{ALL}: cordoned"
