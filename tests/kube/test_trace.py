"""`verify --pod` and `--node`: they stop where the rules say that something stopped, and nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.judging.trace import POD_STEPS, trace_node, trace_pod
from eniplan.judging.verify import view_of
from eniplan.k8s.terway import ENI
from eniplan.report.trace import as_json, text
from eniplan.rules.base import Settings
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import NODES, SHARED_NODE, cluster_example, event, pod
from eniplan.rules.pod_path import stops
from tests.judge import TODAY, catalog
from tests.kube.causes import CAUSES, GPU, waiting
from tests.kube.states import LINGJUN, STATES, label
from tests.kube.support import NO_PLAN, judge_cluster, observe, planned_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.report.trace import Trace
    from eniplan.rules.cluster_view import ClusterView


def view(
    changes: Mapping[str, Any],
    plan: Mapping[str, Any] | None = None,
    follow: tuple[str, str] | None = None,
    namespace: Mapping[str, str] | None = None,
) -> ClusterView:
    dumped = cluster_example(changes)
    if namespace is not None:
        dumped["items"].append({"kind": "Namespace", "metadata": {"name": "trading", "labels": namespace}})
    settings = Settings(today=TODAY)
    return view_of(observe(dumped, follow), planned_by(plan), catalog(), settings, {})


def traced(name: str, changes: Mapping[str, Any], plan: Mapping[str, Any] | None = None, **more: Any) -> Trace:  # noqa: ANN401
    follow = ("trading", name)
    found = trace_pod(view(changes, plan, follow, **more), *follow)
    assert found is not None
    return found


def states(trace: Trace) -> dict[str, str]:
    return {step.name: step.state for step in trace.steps}


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({}, "if matcher-1 does not go: has it a finalizer, or a long terminationGracePeriodSeconds? "),
        (
            {"nodes[1].status.conditions[0].status": "Unknown"},
            (
                "matcher-1 ends when its node is Ready again, or is removed from the cluster: kubectl get node "
                f"{NODES[1]}; "
            ),
        ),
        (
            {"events[1]": event("FailedKillPod", "Pod", "matcher-1", "error killing pod: no eni.socket", "trading")},
            "kubelet cannot end matcher-1: error killing pod: no eni.socket; ",
        ),
    ],
)
def test_a_pod_that_is_being_deleted(changes: dict[str, Any], fix: str) -> None:
    """It looks Running and Ready until it is gone."""
    trace = traced("matcher-1", {**changes, "pods[1].metadata.deletionTimestamp": "2026-11-27T18:00:00Z"})
    (step,) = trace.steps
    assert (step.name, step.state, step.told) == ("start", "stop", "it is being deleted")
    assert step.fix.startswith(f"{fix}kubectl -n trading describe pod matcher-1")


def test_a_pod_that_is_well() -> None:
    trace = traced("matcher-0", {})
    assert states(trace) == dict.fromkeys(POD_STEPS, "ok")
    assert trace.stopped is None
    for told in (
        "selector    selected by PodNetworking trading-eni", "PodENI      in phase Bind",
        "address     10.0.1.1, the address of its ENI",
    ):  # fmt: skip
        assert f"ok       {told}\n" in text(trace)


@pytest.mark.parametrize("plan", [None, NO_PLAN], ids=["plan", "alone"])
@pytest.mark.parametrize("name", CAUSES)
def test_a_trace_stops_where_verify_finds_a_pod(name: str, plan: dict[str, Any] | None) -> None:
    cause = CAUSES[name]
    plan = cause.plan if plan is None else plan
    seen = view(cause.changes, plan)
    stopped = {
        (pod.namespace, pod.name): stop
        for found in seen.once(stops).values() for stop, pods in found.values() for pod in pods
    }  # fmt: skip
    for item in seen.observed.pods:
        if not item.leaving:
            trace = trace_pod(view(cause.changes, plan, (item.namespace, item.name)), item.namespace, item.name)
            assert trace is not None
            stop = stopped.get((item.namespace, item.name))
            if stop is not None:
                elsewhere = item.node and item.node not in seen.exclusive
                assert (trace.stopped is not None) == (stop.level is None) or elsewhere, text(trace)
            step = trace.stopped
            assert step is None or step.fix
            document = json.loads(as_json(trace))
            assert document["exitCode"] == (step is not None)
            assert document["stopsAt"] == (None if step is None else step.name)


@pytest.mark.parametrize("name", [*CAUSES, *STATES])
def test_every_node_can_be_followed(name: str) -> None:
    changes, plan = (
        (CAUSES[name].changes, CAUSES[name].plan) if name in CAUSES else (STATES[name].changes, STATES[name].plan)
    )
    seen = view(changes, plan)
    errors = {
        node
        for finding in judge_cluster(changes, plan).findings
        if finding.level == "error" and isinstance(nodes := finding.facts.get("nodes"), list)
        for node in nodes
    }
    for item in seen.observed.nodes:
        trace = trace_node(seen, item.name)
        assert trace is not None
        if item.name in errors and any(item in group.nodes for group in seen.groups) and "DaemonSet" not in name:
            assert trace.stopped is not None, text(trace)
        assert all(step.fix for step in trace.steps if step.state in {"stop", "warning"})


def test_a_node_that_is_well() -> None:
    trace = trace_node(view({}), NODES[0])
    assert trace is not None
    assert {step.state for step in trace.steps} == {"ok"}
    assert f"ok       {ENI}     6 of 7 are free\n" in text(trace)
    assert "to pods that tolerate exclusive-eni=true:NoSchedule\n" in text(trace)
    bare = trace_node(view({"nodes[0].spec": {}}, {"nodePools[0].taints": []}), NODES[0])
    assert bare is not None
    assert "to all pods\n" in text(bare)


@pytest.mark.parametrize(
    ("changes", "plan", "state", "told"),
    [
        ({"nodes[0].spec.unschedulable": True}, None, "warning", "cordoned"),
        ({"nodes[0].spec": {}}, NO_PLAN, "warning", "without a taint that keeps other pods away"),
        ({"nodes[0].spec": {"unschedulable": True}}, None, "stop", "without the taint"),
    ],
    ids=["a rule of warnings", "a warning of another rule", "an error beside a warning"],
)
def test_a_step_of_a_node_is_as_bad_as_its_worst_finding(
    changes: dict[str, Any], plan: dict[str, Any] | None, state: str, told: str
) -> None:
    trace = trace_node(view(changes, plan), NODES[0])
    assert trace is not None
    (step,) = (step for step in trace.steps if step.state != "ok")
    assert (step.name, step.state) == ("open", state)
    assert told in step.told
    assert json.loads(as_json(trace))["steps"][2]["facts"]["nodes"] == 1


def test_a_node_stops_at_its_pods_that_stopped() -> None:
    failed = event("AttachENIFailed", "Pod", "matcher-0", "QuotaExceeded", "trading")
    seen = view({"pods[0].status": waiting("ContainerCreating"), "events[1]": failed})
    trace, other = trace_node(seen, NODES[0]), trace_node(seen, NODES[1])
    assert trace is not None
    assert trace.stopped is not None
    assert (trace.stopped.name, trace.stopped.told) == (
        "pods", "1 of 1 pod that uses an ENI stopped: trading/matcher-0",
    )  # fmt: skip
    assert trace.stopped.fix == "eniplan verify --pod trading/matcher-0"
    assert other is not None
    assert other.stopped is None


def test_a_configuration_is_told_of_its_own_nodes() -> None:
    broken = {**GPU, "data": {"eni_conf": "{"}}
    seen = view({'nodes[1].metadata.labels["terway-config"]': "gpu-net", "configMaps[1]": broken}, NO_PLAN)
    found = [trace_node(seen, name) for name in NODES]
    assert [trace and trace.stopped and trace.stopped.name for trace in found] == [None, "configuration", None]


NOT_SEEN: dict[str, tuple[dict[str, Any], set[str]]] = {
    "ConfigMaps": ({"configMaps": []}, {"configuration"}),
    "pods": ({"pods": []}, {"Terway", ENI, "room", "pods"}),
}


@pytest.mark.parametrize("name", NOT_SEEN)
def test_what_was_not_read_is_not_well(name: str) -> None:
    changes, unknown = NOT_SEEN[name]
    trace = trace_node(view(changes, NO_PLAN), NODES[0])
    assert trace is not None
    assert {step.name for step in trace.steps if step.state == "unknown"} == unknown
    assert all(step.fix.startswith("kubectl ") for step in trace.steps if step.state == "unknown")


def test_a_node_that_is_none_of_the_pool() -> None:
    trace = trace_node(view({"nodes[3]": SHARED_NODE}), "shared")
    assert trace is not None
    assert trace.stopped is not None
    assert trace.stopped.name == "label"
    assert trace_node(view({}), "none") is None


def test_pods_that_take_no_eni_and_pods_that_do_not_exist() -> None:
    trace = traced("matcher-0", {"pods[0].spec.hostNetwork": True})
    (step,) = trace.steps
    assert (trace.subject, step.name, step.state) == ("pod trading/matcher-0", "webhook", "ok")
    assert step.told == "it uses no ENI: it is hostNetwork, ignored by Terway, or finished"
    assert step.fix == "kubectl -n trading get pod matcher-0 -o yaml"
    assert trace_pod(view({}, None, ("trading", "none")), "trading", "none") is None


LABELS = "pods[0].metadata.labels"
ANNOTATIONS = "pods[0].metadata.annotations"
BY_NAMESPACE = {"podNetworkings[0].spec.selector.namespaceSelector": {"matchLabels": {"team": "a"}}}


@pytest.mark.parametrize(
    ("changes", "namespace", "expected"),
    [
        ({LABELS: {}, ANNOTATIONS: {}}, None, {"selector": "stop", "webhook": "later"}),
        ({ANNOTATIONS: {}}, None, {"selector": "ok", "webhook": "stop", "request": "later"}),
        ({ANNOTATIONS: {}}, {"k8s.aliyun.com/pod-eni": "false"}, {"webhook": "stop"}),
        ({ANNOTATIONS: {}, "podNetworkings[0].status": {}}, None, {"webhook": "stop"}),
        (BY_NAMESPACE, None, {"selector": "unknown", "webhook": "ok"}),
        (BY_NAMESPACE, {"team": "a"}, {"selector": "ok"}),
        (BY_NAMESPACE | {ANNOTATIONS: {}}, {"team": "b"}, {"selector": "stop"}),
        ({"podNetworkings[0].spec.selector.namespaceSelector": {}}, None, {"selector": "ok"}),
        ({"podNetworkings": [], ANNOTATIONS: {}}, None, {"selector": "stop"}),
        ({"pods[0].spec.containers[0].resources": {}}, None, {"request": "warning", "start": "ok"}),
        ({"nodes[0]": ABSENT}, None, {"scheduling": "stop"}),
        ({"podENIs": []}, None, {"PodENI": "unknown"}),
        ({"podENIs[0].status.eniInfos": {}}, None, {"interface": "unknown", "start": "ok"}),
        ({"nodes[0].status.conditions": []}, None, {"node": "warning"}),
        ({"pods[0].status.conditions": []}, None, {"start": "ok"}),
        ({"pods[0].status.podIP": ABSENT}, None, {"address": "unknown"}),
    ],
)
def test_steps(changes: dict[str, Any], namespace: dict[str, str] | None, expected: dict[str, str]) -> None:
    found = states(traced("matcher-0", changes, namespace=namespace))
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({}, "not annotated: PodNetworking trading-eni is not Ready"),
        ({"status": "Ready"}, "selected by trading-eni, but "),
    ],
)
def test_why_the_webhook_has_not_annotated(status: dict[str, str], told: str) -> None:
    trace = traced("matcher-0", {ANNOTATIONS: {}, "podNetworkings[0].status": status})
    assert trace.stopped is not None
    assert trace.stopped.told.startswith(told)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"nodes[0].status.allocatable.pods": ABSENT}, "unknown  room           how many pods it admits is unknown\n"),
        ({"nodes[0].status.allocatable.pods": "64"}, "room           3 of 64 pods\n"),
    ],
)
def test_the_room_of_a_node(changes: dict[str, Any], line: str) -> None:
    trace = trace_node(view(changes), NODES[0])
    assert trace is not None
    assert line in text(trace)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({LABELS: {}, ANNOTATIONS: {}}, {"selector": "ok", "webhook": "ok"}),
        ({ANNOTATIONS: {}}, {"webhook": "warning"}),
        ({"podNetworkings": [], ANNOTATIONS: {}, LABELS: {}}, {"selector": "unknown"}),
        ({"podNetworkings[0].spec.allocationType": {"type": "Fixed"}}, {"selector": "ok"}),
        (
            {"podNetworkings[0].spec.allocationType": {"type": "Fixed"}, ANNOTATIONS: {},
             "pods[0].metadata.ownerReferences[0].kind": "Job"}, {"selector": "ok", "webhook": "ok"},
        ),
        ({"nodes[0]": ABSENT}, {"node": "unknown"}),
        ({label(0): ABSENT, "podENIs[0]": ABSENT}, {"node": "stop"}),
        ({label(0): ABSENT, "podENIs[0]": ABSENT, "pods[0].spec.containers[0].resources": {}, ANNOTATIONS: {},
          LABELS: {}},
         {"request": "ok", "node": "ok", "PodENI": "ok", "interface": "ok"}),
    ],
)  # fmt: skip
def test_steps_without_a_plan(changes: dict[str, Any], expected: dict[str, str]) -> None:
    found = states(traced("matcher-0", changes, NO_PLAN))
    assert {name: found[name] for name in expected} == expected


def test_a_pod_on_lingjun() -> None:
    changes = {**LINGJUN, "pods[0].status": waiting("ContainerCreating")}
    assert states(traced("matcher-0", changes, NO_PLAN))["start"] == "stop"


def test_a_pod_that_waits_for_its_node() -> None:
    trace = traced("matcher-9", {"pods[7]": pod(9, "", tolerations=[])})
    assert trace.stopped is not None
    assert trace.stopped.name == "scheduling"
    assert [step.state for step in trace.steps[4:]] == ["later"] * 5


@pytest.mark.parametrize(("eni", "stage"), [({"podENIs[0]": ABSENT}, "PodENI"), ({}, "interface")])
def test_a_pod_stops_at_its_interface_if_it_has_a_podeni(eni: dict[str, Any], stage: str) -> None:
    failed = event("AttachENIFailed", "Pod", "matcher-0", "QuotaExceeded", "trading")
    trace = traced("matcher-0", {"pods[0].status": waiting("ContainerCreating"), "events[1]": failed, **eni})
    assert trace.stopped is not None
    assert trace.stopped.name == stage
