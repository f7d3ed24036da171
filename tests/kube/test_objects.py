from __future__ import annotations

import copy
import json
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.k8s.terway import ENI, MEMBER_ENI
from eniplan.observed import TerwayConfig, Trouble
from eniplan.rules.examples import changed
from eniplan.rules.examples_cluster import CLUSTER, NODES, STEERED, daemon_pod, dump, event, pod
from tests.kube.support import NO_PLAN, judge_observed, observe
from tests.plans import ANYTHING, Where, at_path, places

if TYPE_CHECKING:
    from eniplan.observed import Observed, Pod


def seen(changes: dict[str, Any]) -> Observed:
    return observe(dump(changed(CLUSTER, changes)))


def only_pod(**spec: Any) -> Pod:  # noqa: ANN401 - any field of a pod's spec
    (found,) = seen({"pods": [pod(0, NODES[0], **spec)]}).pods
    return found


def only_pod_with(status: dict[str, Any]) -> Pod:
    (found,) = seen({"pods": [{**pod(0, NODES[0]), "status": status}]}).pods
    return found


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({}, True),
        ({"status.phase": "Succeeded"}, False),
        ({"status.phase": "Failed"}, False),
        ({"spec.hostNetwork": True}, False),
        ({'metadata.labels["k8s.aliyun.com/ignore-by-terway"]': "true"}, False),
        ({'metadata.labels["k8s.aliyun.com/ignore-by-terway"]': "false"}, True),
    ],
)
def test_pods_that_take_no_eni_are_not_kept(change: dict[str, Any], kept: bool) -> None:  # noqa: FBT001 - a parameter
    found = seen({"pods": [changed(pod(0, NODES[0]), change)]})
    assert bool(found.pods) == kept
    assert "Pod" not in found.unseen


@pytest.mark.parametrize(
    ("resources", "counts"),
    [
        ({}, (0, 0)),
        ({"limits": {ENI: "1"}}, (1, 0)),
        ({"limits": {ENI: 2}, "requests": {ENI: 2}}, (2, 0)),
        ({"requests": {MEMBER_ENI: "1", "cpu": "1"}}, (0, 1)),
        ({"requests": {ENI: "one"}}, (0, 0)),
        ("lots", (0, 0)),
    ],
)
def test_requests(resources: object, counts: tuple[int, int]) -> None:
    found = only_pod(containers=[{"resources": resources}, {"resources": resources}, "none"])
    assert (found.eni, found.member_eni) == (counts[0] * 2, counts[1] * 2)


@pytest.mark.parametrize(
    ("spec", "steered"),
    [
        ({}, False),
        ({"affinity": STEERED}, True),
        ({"affinity": {"podAffinity": {}}}, False),
        ({"nodeSelector": {"k8s.aliyun.com/exclusive-mode-eni-type": "eniOnly"}}, True),
        ({"nodeSelector": {"k8s.aliyun.com/exclusive-mode-eni-type": "default"}}, False),
    ],
)
def test_steering(spec: dict[str, Any], steered: bool) -> None:  # noqa: FBT001 - a parameter
    assert only_pod(**spec).steered is steered


def test_pods_of_a_deployment_belong_to_it_and_not_to_its_replica_set() -> None:
    change = {
        "metadata.labels": {"pod-template-hash": "7d9f"},
        "metadata.ownerReferences": [
            {"kind": "Other", "name": "x"},
            {"kind": "ReplicaSet", "name": "web-7d9f", "controller": True},
        ],
    }
    (found,) = seen({"pods": [changed(pod(0, ""), change)]}).pods
    assert found.owner == "Deployment web"
    (found,) = seen({"pods": [changed(pod(0, ""), {**change, "metadata.labels": {}})]}).pods
    assert found.owner == "ReplicaSet web-7d9f"
    (found,) = seen({"pods": [changed(pod(0, ""), {"metadata.ownerReferences": []})]}).pods
    assert found.owner == ""


def test_the_version_of_terway_comes_from_its_pods_where_the_daemon_set_was_not_dumped() -> None:
    terway = daemon_pod("terway-eniip", NODES[0], hostNetwork=True)
    terway["spec"]["containers"][0]["image"] = "acs/terway:v1.15.0"
    report = judge_observed(seen({"daemonSets": [], "pods[7]": terway}))
    assert report.findings[0].message == "Terway is v1.15.0, older than the plan's v1.16.4"
    report = judge_observed(seen({"daemonSets": [], "pods": CLUSTER["pods"][:4]}))
    assert [(item.fact, item.rules) for item in report.undecided] == [("the list of DaemonSets", ("VER023",))]


def test_kinds_of_another_cloud_are_none_of_ours() -> None:
    foreign = {"podNetworkings[0].apiVersion": "vpc.uk8s.ucloud.cn/v1beta1"}
    assert seen(foreign).pod_networkings == {}
    assert "PodNetworking" in seen(foreign).unseen


@pytest.mark.parametrize("turned", [False, True])
def test_a_failure_that_repeats_is_one_event(turned: bool) -> None:  # noqa: FBT001 - a parameter
    first = {**event("ConfigError", "Node", NODES[0], "wait"), "lastTimestamp": "2026-11-27T18:09:00Z"}
    last = {**first, "message": "last", "count": 4, "lastTimestamp": "2026-11-27T18:10:00Z"}
    events = [first, last, {**first, "reason": "Pulled"}]
    found = seen({"events": events[::-1] if turned else events})
    assert [(item.message, item.times) for item in found.events] == [("last", 7)]


@pytest.mark.parametrize(
    "time",
    [
        {"series": {"count": 4, "lastObservedTime": "2026-11-27T18:10:00Z"}, "eventTime": "2026-11-27T17:00:00Z"},
        {"deprecatedLastTimestamp": "2026-11-27T18:10:00Z", "series": None},
        {"lastTimestamp": None, "eventTime": "2026-11-27T18:10:00.000001Z"},
    ],
)
def test_the_newest_event_is_told_by_the_time_of_either_api(time: dict[str, Any]) -> None:
    other = {**event("AllocIPFailed", "Pod", "a", "z: the earlier one"), "lastTimestamp": "2026-11-27T18:09:00Z"}
    note = {"regarding": other["involvedObject"], "note": "the newer one", **time}
    newer = {key: other[key] for key in ("apiVersion", "kind", "metadata", "type", "reason")} | note
    oldest = {**other, "lastTimestamp": "2026-11-27T18:08:00Z"}
    for events in permutations((oldest, other, newer)):
        assert [item.message for item in seen({"events": list(events)}).events] == ["the newer one"]


def test_an_event_without_a_count_has_occurred_once() -> None:
    found = event("AllocIPFailed", "Pod", "a", "no address")
    del found["count"]
    assert [item.times for item in seen({"events": [found]}).events] == [1]


@pytest.mark.parametrize(
    ("phase", "ready", "trouble"),
    [
        ("Running", {"status": "True"}, None),
        (
            "Running",
            {"status": "False", "message": "a  readiness gate"},
            Trouble("Running", "NotReady", "a readiness gate"),
        ),
        ("Running", {"status": "Unknown"}, Trouble("Running", "NotReady", "")),
        ("Running", {}, Trouble("Running", "", "")),
        ("Pending", {"status": "False", "message": "no containers"}, Trouble("Pending", "", "")),
    ],
)
def test_why_a_pod_is_not_ready(phase: str, ready: dict[str, str], trouble: Trouble | None) -> None:
    status = {"phase": phase, "conditions": [{"type": "Ready", **ready}]}
    assert only_pod_with(status).trouble == trouble


INIT, MAIN = "initContainerStatuses", "containerStatuses"
WAITING = {"state": {"waiting": {"reason": "PodInitializing"}}}
PULLING = {"name": "b", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}}
FAILED = {"reason": "Error", "exitCode": 1, "message": "no  route"}


@pytest.mark.parametrize(
    ("containers", "trouble"),
    [
        ({INIT: [{"name": "a", "state": {"terminated": FAILED}}], MAIN: [WAITING]}, ("Error", "no route", "a", True)),
        ({INIT: [{"name": "a", "state": {"terminated": {"reason": "Completed", "exitCode": 0}}}], MAIN: [PULLING]},
         ("ImagePullBackOff", "not found", "b")),
        ({INIT: [{"name": "a", "state": {"running": {}}}], MAIN: [WAITING]}, ("Running", "", "a", True)),
        ({INIT: [{"name": "a", "state": {"running": {}}, "started": True}], MAIN: [PULLING]},
         ("ImagePullBackOff", "not found", "b")),
        ({INIT: [{"name": "a", "state": {}}], MAIN: [{"name": "b", "state": {"running": {}}}, WAITING]},
         ("PodInitializing", "")),
        ({INIT: [{**WAITING, "name": "a"}]}, ("PodInitializing", "")),
        ({MAIN: [{**WAITING, "name": "a"}, PULLING]}, ("ImagePullBackOff", "not found", "b")),
        ({MAIN: [{"name": "a", "state": {"terminated": {**FAILED, "reason": "OOMKilled"}}}]},
         ("OOMKilled", "OOMKilled", "a")),
        ({MAIN: [{**PULLING, "lastState": {"terminated": FAILED}}]}, ("ImagePullBackOff", "no route", "b")),
        ({MAIN: [{"name": "a", "state": {"waiting": {"reason": "X", "message": "m" * 501}}}]}, ("X", "m" * 500, "a")),
    ],
)  # fmt: skip
def test_which_container_keeps_a_pod_from_running(containers: dict[str, Any], trouble: tuple[Any, ...]) -> None:
    status = {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False"}], **containers}
    assert only_pod_with(status).trouble == Trouble("Pending", *trouble)


@pytest.mark.parametrize("message", [None, "", ", elapsedTime: 12.4ms"])
def test_an_event_without_a_message_says_so(message: str | None) -> None:
    found = {**event("FailedMount", "Pod", "a", ""), "message": message}
    assert [item.message for item in seen({"events": [found]}).events] == ["no message"]


def test_how_long_an_attempt_took_is_not_told() -> None:
    found = event("CniPodCreateError", "Pod", "a", "PodCreateError: no vSwitch, elapsedTime: 12.4ms")
    assert [item.message for item in seen({"events": [found]}).events] == ["PodCreateError: no vSwitch"]


@pytest.mark.parametrize(
    ("conf", "config"),
    [
        (
            '{"enable_erdma": true, "vswitches": {"z": ["v"], "y": null}}',
            TerwayConfig({"enable_erdma": True, "vswitches": {"z": ["v"], "y": None}}),
        ),
        ("{}", TerwayConfig({})),
        ('{"access_key": "LTAI", "security_group": "sg-1"}', TerwayConfig({"security_group": "sg-1"})),
        ('{"vswitches": null}', TerwayConfig({"vswitches": None})),
        ('{"vswitches": ["v"]}', None),
        ('{"vswitches": {"z": "v"}}', None),
        ("[]", None),
        ("[" * 100_000, None),
        ("{", None),
        (7, None),
    ],
)
def test_eni_conf(conf: object, config: TerwayConfig | None) -> None:
    assert seen({"configMaps[0].data.eni_conf": conf}).configs.get("eni-config") == config


def test_configs_elsewhere_are_not_terways() -> None:
    assert seen({"configMaps[0].metadata.namespace": "default"}).configs == {}


def test_node_level_configuration_is_laid_over_the_clusters() -> None:
    base = TerwayConfig(
        {"enable_erdma": True, "ip_stack": "dual", "vswitches": {"a": ["v"], "b": ["v"]}, "security_group": "sg-1"}
    )
    assert TerwayConfig({}).over(base) == base
    own = TerwayConfig({"enable_erdma": False, "vswitches": {"b": None, "c": ["w"]}, "security_groups": ["sg-2"]})
    over = own.over(base)
    assert (over.erdma, over.ip_stack, over.v_switches) == (False, "dual", {"a": ("v",), "c": ("w",)})
    assert over.security_group_ids == ("sg-1", "sg-2")
    none = TerwayConfig({"vswitches": None, "security_group": None}).over(base)
    assert (none.v_switches, none.security_group_ids) == ({}, ())


def test_what_pods_ask_for_is_read_of_each() -> None:
    pods = [pod(n, NODES[0], containers=[{"resources": {"requests": {"cpu": f"{n}m"}}}]) for n in range(5000)]
    assert seen({"pods": pods}).used[NODES[0]].cpu == sum(range(5000))


OBJECTS: list[dict[str, Any]] = dump(CLUSTER)["items"]
WHERE: list[Where] = [(index, *path) for index, item in enumerate(OBJECTS) for path in places(item) if path]


@given(st.lists(st.tuples(st.sampled_from(WHERE), ANYTHING), min_size=1, max_size=4))
@settings(max_examples=100)
def test_no_object_breaks_verify(replaced: list[tuple[Where, Any]]) -> None:
    """Whatever stands in a dump: there is a report, and its places are text."""
    items = copy.deepcopy(OBJECTS)
    for path, value in replaced:
        try:
            at_path(items, path[:-1])[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier replacement has taken this place away
    for plan in (None, NO_PLAN):
        report = judge_observed(observe({"items": items}), plan)
        assert report.exit_code in {0, 1}
        json.dumps([finding.facts for finding in report.findings])
