"""The moves of a migration: their patches, what they keep running, and what stays to be done by hand."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from eniplan.emit.migration import Move, Room, difference, moves, namespace_labels
from eniplan.emit.refusal import RefusalError
from eniplan.k8s.terway import NETWORKS_REQUEST
from eniplan.messages import say
from eniplan.observed import NODE_POOL_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, plan_from
from eniplan.rules.examples import LINGJUN_POOL, POD_NETWORKING, WORKLOAD, changed, example

Object = dict[str, Any]
GROUPS = {"Job": "batch/v1", "CronJob": "batch/v1", "Pod": "v1", "CloneSet": "apps.kruise.io/v1alpha1",
          "TFJob": "kubeflow.org/v1"}  # fmt: skip
ASKS = {"requests": {"aliyun/eni": 1}, "limits": {"aliyun/eni": 1}}
TOLERATION = {"key": "exclusive-eni", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
RULE = {"key": EXCLUSIVE_LABEL, "operator": "In", "values": [EXCLUSIVE_VALUE]}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
AFFINITY = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [RULE]}]}}}
ADDED = {"containers": [{"name": "a", "resources": ASKS}], "tolerations": [TOLERATION], "affinity": AFFINITY}
TAKEN = {"containers": [{"name": "a", "resources": None}], "tolerations": None, "affinity": None}
"""What the patches add to the pods of an example, and take away again."""


def planned(kind: str = "Deployment", name: str = "m", replicas: int = 12, **more: object) -> Object:
    """Return a workload of a plan."""
    return {**WORKLOAD, "kind": kind, "name": name, "replicas": replicas, **more}


def live(kind: str = "Deployment", changes: Object | None = None, name: str = "m") -> Object:
    """Return a workload as it runs on shared nodes, with changes by key path."""
    template: Object = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "a"}]}}
    spec: Object = {"selector": {"matchLabels": {"app": name}}, "template": template}
    if kind in {"Deployment", "StatefulSet", "CloneSet"}:
        spec["replicas"] = 12
    if kind == "CronJob":
        spec = {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template}}}
    if kind == "TFJob":
        spec = {"tfReplicaSpecs": {"Worker": {"replicas": 12, "template": template}}}
    metadata = {"name": name, **(template["metadata"] if kind == "Pod" else {})}
    found = {"apiVersion": GROUPS.get(kind, "apps/v1"), "kind": kind, "metadata": metadata,
             "spec": template["spec"] if kind == "Pod" else spec}  # fmt: skip
    return changed(found, changes or {})


def budget(spec: object, namespace: str | None = None, app: str = "m") -> Object:
    """Return a PodDisruptionBudget for the pods of a workload."""
    own = {"selector": {"matchLabels": {"app": app}}, **spec} if isinstance(spec, dict) else spec
    metadata = {"name": "b", **({} if namespace is None else {"namespace": namespace})}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata, "spec": own}


def made(
    workloads: list[Object], *values: object, rooms: dict[str, Room] | None = None, **plan: object
) -> tuple[Move, ...]:
    """Return the moves of workloads from the pool np-old."""
    return moves(plan_from(example({"workloads": workloads, **plan})), values, rooms or {}, "np-old")


def one(kind: str = "Deployment", changes: Object | None = None, *others: object, **plan: Any) -> Move:  # noqa: ANN401 - sections of a plan
    """Return the move of one workload, 12 pods of which are planned."""
    (found,) = made([planned(kind)], live(kind, changes), *others, **plan)
    return found


def rolling(surge: object, unavailable: object) -> Object:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}


def test_a_deployment() -> None:
    strategy = {"strategy": rolling(12, 0)}
    assert one() == Move(
        "Deployment", "default", "m", "trading", 12,
        forth={"spec": {"template": {"spec": ADDED}, **strategy}},
        back={"spec": {"template": {"spec": TAKEN}, **strategy}},
        settle={"spec": {"strategy": rolling("25%", "25%")}},
        surge=12, lowest=12,
    )  # fmt: skip


def test_a_stateful_set() -> None:
    found = one("StatefulSet", {"spec.selector.matchLabels.tier": "x"})
    assert found == Move(
        "StatefulSet", "default", "m", "trading", 12,
        forth={"spec": {"template": {"spec": ADDED}}}, back={"spec": {"template": {"spec": TAKEN}}},
        surge=1, lowest=11, selector="app=m,tier=x",
    )  # fmt: skip


def test_a_daemon_set() -> None:
    assert one("DaemonSet") == Move(
        "DaemonSet", "default", "m", "trading", None,
        forth={"spec": {"template": {"spec": ADDED}}}, back={"spec": {"template": {"spec": TAKEN}}},
        surge=1, leaves=True, notes=(say("it leaves all nodes except those of its new pool"),),
    )  # fmt: skip


def test_a_cron_job() -> None:
    assert one("CronJob") == Move(
        "CronJob", "default", "m", "trading", 12,
        forth={"spec": {"jobTemplate": {"spec": {"template": {"spec": ADDED}}}}},
        back={"spec": {"jobTemplate": {"spec": {"template": {"spec": TAKEN}}}}},
        surge=1, lowest=12, notes=(say("its next run is the first on exclusive nodes"),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "settled"),
    [
        ({}, rolling("25%", "25%")), (None, rolling("25%", "25%")),
        ({"type": "RollingUpdate"}, rolling("25%", "25%")),
        ({"rollingUpdate": {"maxSurge": 1}}, rolling(1, "25%")),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": "50%"}}, rolling(0, "50%")),
    ],
)  # fmt: skip
def test_a_deployment_gets_its_own_strategy_back(strategy: object, settled: Object) -> None:
    found = one("Deployment", {"spec.strategy": strategy})
    assert found.settle == {"spec": {"strategy": settled}}
    for patch in (found.forth, found.back):
        assert patch is not None
        assert patch["spec"]["strategy"] == rolling(12, 0)
    assert (found.surge, found.lowest, found.notes) == (12, 12, ())


def test_a_deployment_that_is_exclusive_already_only_gets_a_strategy() -> None:
    found = one("Deployment", {"spec.template.spec": ADDED})
    assert found.forth == found.back == {"spec": {"strategy": rolling(12, 0)}}


def test_recreate_stays() -> None:
    found = one("Deployment", {"spec.strategy": {"type": "Recreate"}})
    assert (found.forth, found.back) == (
        {"spec": {"template": {"spec": ADDED}}},
        {"spec": {"template": {"spec": TAKEN}}},
    )
    assert (found.settle, found.surge, found.lowest) == (None, 12, 0)
    assert found.notes == ("its strategy is Recreate: all its pods stop before the new ones start",)


HELD = "it holds its pods back (OnDelete, or a partition); the move suspends that"


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_on_delete_is_suspended(kind: str) -> None:
    found = one(kind, {"spec.updateStrategy": {"type": "OnDelete"}})
    suspended = {"updateStrategy": {"type": "RollingUpdate"}}
    assert found.forth == {"spec": {"template": {"spec": ADDED}, **suspended}}
    assert found.back == {"spec": {"template": {"spec": TAKEN}, **suspended}}
    assert found.settle == {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}
    assert found.notes[0] == HELD


def test_a_partition_is_suspended() -> None:
    update = {"type": "RollingUpdate", "rollingUpdate": {"partition": 3}}
    found = one("StatefulSet", {"spec.updateStrategy": update})
    suspended, restored = ({"updateStrategy": {"rollingUpdate": {"partition": n}}} for n in (0, 3))
    assert found.forth == {"spec": {"template": {"spec": ADDED}, **suspended}}
    assert found.back == {"spec": {"template": {"spec": TAKEN}, **suspended}}
    assert (found.settle, found.notes) == ({"spec": restored}, (HELD,))


@pytest.mark.parametrize(
    ("kind", "update"),
    [
        ("StatefulSet", {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}),
        ("StatefulSet", {"type": "RollingUpdate"}), ("StatefulSet", None),
        ("DaemonSet", {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}),
    ],
)  # fmt: skip
def test_other_strategies_stay(kind: str, update: object) -> None:
    found = one(kind, {"spec.updateStrategy": update})
    assert found.forth == {"spec": {"template": {"spec": ADDED}}}
    assert (found.settle, HELD in found.notes) == (None, False)


def test_a_daemon_set_has_no_partition() -> None:
    found = one("DaemonSet", {"spec.updateStrategy": {"rollingUpdate": {"partition": 3}}})
    assert (found.forth, found.settle) == ({"spec": {"template": {"spec": ADDED}}}, None)


# --- the old pool ---------------------------------------------------------------------------------------------------

OLD = {"key": NODE_POOL_LABEL, "operator": "In", "values": ["np-x", "np-old"]}
OTHER = {"key": "zone", "operator": "In", "values": ["np-old"]}
BOUND = "its pods are bound to node pool np-old: the move removes that"
TERMS = f"spec.template.spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"


@pytest.mark.parametrize(
    ("wishes", "left"),
    [
        ([OLD], [RULE]), ([OLD, OTHER], [OTHER, RULE]), ([OTHER, OLD], [OTHER, RULE]), ([RULE, OLD], [RULE]),
    ],
)  # fmt: skip
def test_pods_let_go_of_the_old_pool(wishes: list[Object], left: list[Object]) -> None:
    found = one("Deployment", {TERMS: [{"matchExpressions": wishes}, {"matchExpressions": [RULE]}]})
    assert found.notes == (BOUND,)
    assert found.forth is not None
    terms = found.forth["spec"]["template"]["spec"]["affinity"]["nodeAffinity"][REQUIRED]["nodeSelectorTerms"]
    assert terms == [{"matchExpressions": left}, {"matchExpressions": [RULE]}]


@pytest.mark.parametrize(
    "wish", [{**OLD, "key": "kubernetes.io/hostname"}, {**OLD, "operator": "NotIn"}, {**OLD, "values": ["np-x", "np"]}]
)
def test_pods_keep_what_is_not_of_the_old_pool(wish: Object) -> None:
    found = one("Deployment", {TERMS: [{"matchExpressions": [wish]}, {"matchFields": []}]})
    assert (found.notes, found.forth is None) == ((), False)
    assert found.forth is not None
    (term, _) = found.forth["spec"]["template"]["spec"]["affinity"]["nodeAffinity"][REQUIRED]["nodeSelectorTerms"]
    assert term == {"matchExpressions": [wish, RULE]}


@pytest.mark.parametrize(
    ("selector", "forth", "is_bound"),
    [
        ({NODE_POOL_LABEL: "np-old"}, None, True),
        ({NODE_POOL_LABEL: "np-old", EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}, {NODE_POOL_LABEL: None}, True),
        ({NODE_POOL_LABEL: "np-old", "disk": "ssd"}, {NODE_POOL_LABEL: None}, True),
        ({"disk": "ssd"}, "absent", False),
    ],
)  # fmt: skip
def test_a_node_selector_lets_go_of_the_old_pool(selector: Object, forth: object, is_bound: bool) -> None:  # noqa: FBT001 - drawn
    found = one("DaemonSet", {"spec.template.spec.nodeSelector": selector}, **{"nodePools[0].labels": {"disk": "ssd"}})
    assert found.forth is not None
    assert found.forth["spec"]["template"]["spec"].get("nodeSelector", "absent") == forth
    assert (BOUND in found.notes, found.leaves) == (is_bound, not is_bound)


def test_a_daemon_set_that_is_exclusive_already_leaves_no_node() -> None:
    there = {"containers": [{"name": "a", "resources": ASKS}], "tolerations": [TOLERATION], "affinity": AFFINITY}
    found = one("DaemonSet", {"spec.template.spec": there})
    assert (found.forth, found.back, found.leaves, found.asks) == ({}, {}, False, None)


# --- how many at once -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replicas", "room", "surge"),
    [
        (12, Room(None, None), 12), (12, Room(5, None), 5), (12, Room(None, 7), 7),
        (12, Room(5, 7), 5), (12, Room(7, 5), 5),
        (12, Room(0, None), 1), (0, Room(None, None), 1), (100, Room(None, None), 100), (101, Room(None, None), 100),
    ],
)  # fmt: skip
def test_as_many_pods_start_at_once_as_there_is_room_for(replicas: int, room: Room, surge: int) -> None:
    (found,) = made([planned(replicas=200)], live(changes={"spec.replicas": replicas}), rooms={"trading": room})
    assert (found.replicas, found.surge, found.lowest) == (replicas, surge, replicas)
    assert found.forth is not None
    assert found.forth["spec"]["strategy"] == rolling(surge, 0)


def test_what_has_moved_takes_room_of_its_pool() -> None:
    pools = {"nodePools[1]": {"name": "other", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"]}}
    workloads = [
        planned("DaemonSet", "d"),
        *(planned(name=name) for name in "abc"),
        planned(name="e", nodePool="other"),
    ]
    values = [live("DaemonSet", name="d"), *(live(changes={"spec.replicas": 3}, name=name) for name in "abce")]
    found = made(workloads, *values, rooms={"trading": Room(8, 9)}, **pools)
    assert [(move.name, move.surge) for move in found] == [("d", 1), ("a", 3), ("b", 3), ("c", 2), ("e", 3)]


def test_daemon_sets_go_first_then_pods_with_several_enis_then_the_order_of_the_plan() -> None:
    def of(name: str, networks: int) -> Object:
        asked = [{"network": f"n{i}", "interfaceName": f"eth{i}"} for i in range(networks)]
        template = {"metadata": {"annotations": {NETWORKS_REQUEST: json.dumps(asked)}},
                    "spec": {"containers": [{"name": "a"}]}}  # fmt: skip
        return planned(name=name, template=template)

    workloads = [
        planned(name="host", hostNetwork=True), planned(name="one", podNetworking="trading-eni"), planned(name="none"),
        of("two", 2), planned("DaemonSet", "last"), of("three", 3), planned("DaemonSet", "daemon"),
    ]  # fmt: skip
    values = [live(w["kind"], name=w["name"]) for w in workloads]
    pns = [POD_NETWORKING, *({**POD_NETWORKING, "name": f"n{i}"} for i in range(3))]
    found = made(workloads, *values, podNetworkings=pns)
    assert [move.name for move in found] == ["last", "daemon", "three", "two", "host", "one", "none"]


# --- what pods need -------------------------------------------------------------------------------------------------

NETWORKS = json.dumps([{"network": "trading-eni", "interfaceName": "eth0"}, {"network": "b", "interfaceName": "eth1"}])


@pytest.mark.parametrize("metadata", [None, {}, {"annotations": None}, {"annotations": {"own": "x"}}])
def test_pods_with_several_networks_ask_for_as_many_enis(metadata: object) -> None:
    template = {"metadata": {"annotations": {NETWORKS_REQUEST: NETWORKS}}, "spec": {"containers": [{"name": "a"}]}}
    item = live(changes={"spec.template.metadata": metadata})
    (found,) = made(
        [planned(template=template)], item, podNetworkings=[POD_NETWORKING, {**POD_NETWORKING, "name": "b"}]
    )
    assert found.forth is not None
    pods = found.forth["spec"]["template"]
    assert pods["metadata"]["annotations"] == {NETWORKS_REQUEST: NETWORKS}
    asks = {"requests": {"aliyun/eni": 2}, "limits": {"aliyun/eni": 2}}
    assert pods["spec"]["containers"] == [{"name": "a", "resources": asks}]


def test_networks_that_pods_name_themselves_stay() -> None:
    template = {"metadata": {"annotations": {NETWORKS_REQUEST: NETWORKS}}, "spec": {"containers": [{"name": "a"}]}}
    own = NETWORKS.replace("eth1", "eth2")
    item = live(changes={"spec.template.metadata.annotations": {NETWORKS_REQUEST: own}})
    (found,) = made([planned(template=template)], item)
    assert found.forth is not None
    assert "metadata" not in found.forth["spec"]["template"]


@pytest.mark.parametrize("more", [{}, {"template": live()["spec"]["template"]}])
def test_pods_of_a_pod_networking_get_its_labels(more: Object) -> None:
    other = {**POD_NETWORKING, "name": "other", "podSelector": {"matchLabels": {"x": "y"}}}
    plan: Object = {"podNetworkings": [other, POD_NETWORKING]}
    (found,) = made([planned(podNetworking="trading-eni", **more)], live(), **plan)
    assert found.forth is not None
    pods = found.forth["spec"]["template"]
    assert pods["metadata"] == {"labels": {"network": "trading-eni"}}
    assert "containers" not in pods["spec"]  # Terway adds the request


@pytest.mark.parametrize(("more", "resources"), [
    ({"eniRequest": 2}, {"requests": {"aliyun/eni": 2}, "limits": {"aliyun/eni": 2}}), ({"hostNetwork": True}, None),
    ({"eniRequest": 0}, None),
])  # fmt: skip
def test_pods_ask_for_what_the_plan_states(more: Object, resources: object) -> None:
    (found,) = made([planned(**more)], live())
    assert found.forth is not None
    spec = found.forth["spec"]["template"]["spec"]
    assert spec.get("containers") == (None if resources is None else [{"name": "a", "resources": resources}])


def test_pods_of_every_role_are_completed() -> None:
    roles = {"spec.tfReplicaSpecs.Chief": {"replicas": 1, "template": live()["spec"]["template"]}}
    found = one("TFJob", roles)
    assert found.by_hand == "kubectl cannot patch lists of this kind: apply it"
    assert found.manifest is not None
    for role in ("Worker", "Chief"):
        assert found.manifest["spec"]["tfReplicaSpecs"][role]["template"]["spec"] == ADDED


# --- by hand --------------------------------------------------------------------------------------------------------

SERVER = {"uid": "u", "resourceVersion": "1", "creationTimestamp": "t", "generation": 2, "managedFields": [],
          "selfLink": "s", "ownerReferences": []}  # fmt: skip
OF_JOBS = {"controller-uid": "u", "job-name": "m", "batch.kubernetes.io/controller-uid": "u",
           "batch.kubernetes.io/job-name": "m"}  # fmt: skip
OF_TERWAY = {"k8s.aliyun.com/pod-ips": "1", "kubectl.kubernetes.io/last-applied-configuration": "{}"}


def test_a_job_is_created_again_without_what_controllers_wrote() -> None:
    found = one("Job", {
        "metadata": {"name": "m", **SERVER, "labels": {**OF_JOBS, "app": "m"}, "annotations": OF_TERWAY},
        "spec.template.metadata": {"labels": OF_JOBS, "annotations": {**OF_TERWAY, NETWORKS_REQUEST: NETWORKS}},
        "status": {"active": 1},
    })  # fmt: skip
    assert found.by_hand == "the template of a Job cannot be changed: let it end, and create the next one"
    assert (found.forth, found.back, found.settle, found.surge, found.lowest, found.selector) == (
        None,
        None,
        None,
        0,
        None,
        "",
    )
    assert found.manifest == {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "m", "labels": {"app": "m"}},
        "spec": {"template": {"metadata": {"annotations": {NETWORKS_REQUEST: NETWORKS}}, "spec": ADDED}},
    }  # fmt: skip


def test_a_job_with_a_selector_of_its_own_keeps_it() -> None:
    found = one("Job", {"spec.manualSelector": True})
    assert found.manifest is not None
    assert found.manifest["spec"]["selector"] == {"matchLabels": {"app": "m"}}


def test_a_pod_is_created_again_on_any_node() -> None:
    (found,) = made([planned("Pod", replicas=1)], live("Pod", {"spec.nodeName": "old-1", "metadata.annotations": None}))
    assert found.by_hand == "the placement of a Pod cannot be changed: delete and recreate it"
    assert found.notes == ("it has a single replica: it is down until its new pod runs",)
    assert found.manifest == {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "m", "labels": {"app": "m"}, "annotations": None},
        "spec": {"containers": [{"name": "a", "resources": ASKS}], "tolerations": [TOLERATION],
                 "nodeSelector": {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}},
    }  # fmt: skip


def test_a_kind_that_kubectl_cannot_patch_is_applied() -> None:
    found = one("CloneSet", {"spec.nodeName": "x"})
    assert found.by_hand == "kubectl cannot patch lists of this kind: apply it"
    assert found.manifest is not None
    assert found.manifest["spec"]["template"]["spec"] == ADDED
    assert (found.manifest["spec"]["nodeName"], "selector" in found.manifest["spec"]) == ("x", True)


def test_a_paused_deployment_does_not_move() -> None:
    found = one("Deployment", {"spec.paused": True})
    assert found == Move("Deployment", "default", "m", "trading", 12,
                         by_hand=say("its rollout is paused: resume it, and write the migration again"))  # fmt: skip
    assert one("Deployment", {"spec.paused": False}).by_hand is None
    assert one("StatefulSet", {"spec.paused": True}).by_hand is None


def test_a_job_that_ended_has_no_object() -> None:
    found, other = made([planned("Job"), planned(name="n")], live(name="n"))
    assert (other.name, other.surge) == ("n", 12)
    assert found == Move(
        "Job", "default", "m", "trading", None,
        by_hand=say("it no longer exists: its next manifest needs what `eniplan render-manifests --patch` adds"),
    )  # fmt: skip


# --- PodDisruptionBudgets -------------------------------------------------------------------------------------------

ALL: Object = {"minAvailable": 12}


@pytest.mark.parametrize(
    ("spec", "floor"),
    [
        ({"minAvailable": 7}, 7), ({"minAvailable": "50%"}, 6), ({"minAvailable": "51%"}, 7), ({"minAvailable": 0}, 0),
        ({"maxUnavailable": 2}, 10), ({"maxUnavailable": 0}, 12), ({"maxUnavailable": "25%"}, 9),
        ({"maxUnavailable": "26%"}, 8), ({}, 0), ({"minAvailable": "x"}, 0), (None, 0), ([], 0),
        ({**ALL, "selector": {}}, 12), ({**ALL, "selector": None}, 0), ({**ALL, "selector": {"matchLabels": None}}, 12),
        ({**ALL, "selector": {"matchLabels": {"app": "x"}}}, 0),
        ({**ALL, "selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["m"]}]}}, 12),
        ({**ALL, "selector": {"matchExpressions": [{}, "x", {"key": []}]}}, 0),
    ],
)  # fmt: skip
def test_budgets_require_pods(spec: object, floor: int) -> None:
    assert one("Deployment", {}, budget(spec)).floor == floor


@pytest.mark.parametrize(
    "item",
    [
        budget(ALL, "other"),
        {**budget(ALL), "kind": "Widget"},
        budget(ALL, app="other"),
        {"kind": "PodDisruptionBudget"},
    ],
)
def test_budgets_of_others_require_nothing(item: Object) -> None:
    assert one("Deployment", {}, item, budget({"minAvailable": 2})).floor == 2
    assert one("Deployment", {}, budget({"minAvailable": 2}), item).floor == 2


def test_a_budget_counts_the_pods_of_other_workloads() -> None:
    def other(kind: str, name: str, changes: Object) -> Object:
        return live(kind, {"spec.template.metadata.labels": {"app": "m"}, **changes}, name)

    others = [
        other("Deployment", "a", {"spec.replicas": 3}), other("StatefulSet", "b", {"spec.replicas": 4}),
        other("Deployment", "default", {"spec.replicas": None}), other("Deployment", "odd", {"spec.replicas": True}),
    ]  # fmt: skip
    unrelated = [
        other("DaemonSet", "c", {"spec.replicas": 5}), other("Deployment", "d", {"metadata.namespace": "x"}),
        live("Deployment", name="e"),
    ]  # fmt: skip
    assert one("Deployment", {}, *others, *unrelated, budget({"maxUnavailable": 5})).floor == 12 - 5
    assert one("Deployment", {}, *others, *unrelated, budget({"minAvailable": 12})).floor == 12 - 9
    assert one("Deployment", {}, *others, *unrelated, budget({"minAvailable": "100%"})).floor == 12
    assert one("Deployment", {}, *others, *unrelated, budget({"minAvailable": 3})).floor == 0


def test_the_strictest_budget_counts_and_daemon_sets_have_none() -> None:
    budgets = [budget({"minAvailable": n}) for n in (3, 8, 5)]
    assert one("Deployment", {}, *budgets).floor == 8
    assert one("DaemonSet", {}, *budgets).floor == 0
    assert one("StatefulSet", {}, {"kind": "List", "items": budgets}).floor == 8


@pytest.mark.parametrize(
    ("kind", "changes", "least", "dips"),
    [
        ("Deployment", {}, 12, False), ("StatefulSet", {}, 11, False), ("StatefulSet", {}, 12, True),
        ("Deployment", {"spec.strategy.type": "Recreate"}, 1, True),
        ("Deployment", {"spec.strategy.type": "Recreate"}, 0, False),
        # What the budget requires is not there anyway.
        ("Deployment", {"spec.replicas": 3}, 12, False), ("StatefulSet", {"spec.replicas": 0}, 1, False),
        ("StatefulSet", {"spec.replicas": 1}, 1, True), ("Job", {}, 1, True),
    ],
)  # fmt: skip
def test_a_move_that_falls_below_a_budget_is_asked_about(kind: str, changes: Object, least: int, dips: bool) -> None:  # noqa: FBT001 - drawn
    found = one(kind, changes, budget({"minAvailable": least}))
    assert found.dips == dips
    assert found.asks == ("falls below its PodDisruptionBudget" if dips else None)


@pytest.mark.parametrize(("replicas", "lowest"), [(0, 0), (1, 0), (2, 1)])
def test_a_stateful_set_replaces_one_pod_at_a_time(replicas: int, lowest: int) -> None:
    found = one("StatefulSet", {"spec.replicas": replicas})
    assert (found.surge, found.lowest) == (1, lowest)


def test_a_daemon_set_that_leaves_nodes_is_asked_about() -> None:
    assert one("DaemonSet").asks == "leaves all nodes but those of its new pool"


def test_names_of_a_move() -> None:
    move = Move("StatefulSet", "a", "b", "p", 1, forth={})
    assert (move.resource, move.title, move.is_rolled) == ("statefulset/b", "StatefulSet a/b", True)
    assert not Move("StatefulSet", "a", "b", "p", 1).is_rolled
    assert not Move("CronJob", "a", "b", "p", 1, forth={}).is_rolled


# --- notes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "replicas", "told"), [
    ("StatefulSet", 1, True), ("StatefulSet", 2, False), ("Deployment", 1, False), ("StatefulSet", 0, False),
])  # fmt: skip
def test_a_single_replica_is_down_for_a_while(kind: str, replicas: int, told: bool) -> None:  # noqa: FBT001 - drawn
    found = one(kind, {"spec.replicas": replicas})
    assert found.notes == (("it has a single replica: it is down until its new pod runs",) if told else ())


def scaler(kind: str = "Deployment", name: str = "m", namespace: str = "default") -> Object:
    spec = {"scaleTargetRef": {"kind": kind, "name": name}, "maxReplicas": 9}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "h", "namespace": namespace}, "spec": spec}  # fmt: skip


def test_who_may_undo_the_move_is_told() -> None:
    owners = [{"kind": "App", "name": "x"}, {"kind": "Release", "name": "y"}]
    others = [scaler(), scaler("StatefulSet"), scaler(name="n"), scaler(namespace="other")]
    assert one("Deployment", {"metadata.ownerReferences": owners}, *others).notes == (
        "App x manages it and may undo the move: change it there, too",
        "Release y manages it and may undo the move: change it there, too",
        "HorizontalPodAutoscaler h may scale it to 9 pods: pause it during the move",
    )


# --- refusals -------------------------------------------------------------------------------------------------------

NOTHING_THERE = "there is no Deployment default/m"


@pytest.mark.parametrize(
    ("item", "message", "path", "hint"),
    [
        (live(name="n"), NOTHING_THERE, "workloads[0]", "pass its manifest with --manifests, or create it first"),
        (live(changes={"metadata.namespace": "x"}), NOTHING_THERE, "workloads[0]", None),
        (live("StatefulSet"), NOTHING_THERE, "workloads[0]", None),
        (live(changes={"apiVersion": "x/v1"}), NOTHING_THERE, "workloads[0]", None),
        (live(changes={"spec.template": None}), NOTHING_THERE, "workloads[0]", None),
        (live(changes={"spec.template.spec": None}), NOTHING_THERE, "workloads[0]", None),
        (live(changes={"spec.replicas": 13}), "Deployment 'm' has 13 replicas, but the plan has room for 12",
         "workloads[0].replicas", "plan for all of them"),
        (live(changes={"spec.template.spec.containers": []}), "Deployment 'm': the pod has no container",
         "workloads[0]", "add one"),
        (live(changes={"spec.template.spec.containers": [{"image": "x"}]}),
         "a container of Deployment 'm' has no name", "workloads[0]", ""),
        (live(changes={"spec.template.spec.initContainers": [{"image": "x"}]}),
         "a container of Deployment 'm' has no name", "workloads[0]", ""),
    ],
)  # fmt: skip
def test_what_cannot_move_is_told(item: Object, message: str, path: str, hint: str | None) -> None:
    with pytest.raises(RefusalError) as caught:
        made([planned()], item)
    (problem,) = caught.value.problems
    assert (problem.message, problem.place.path) == (message, path)
    assert hint is None or problem.hint == hint


def test_a_role_without_pods_is_told() -> None:
    for template in (None, {"spec": 1}):
        with pytest.raises(RefusalError) as caught:
            one("TFJob", {"spec.tfReplicaSpecs.Chief": {"template": template}})
        (problem,) = caught.value.problems
        told = "TFJob 'm' has no pod template" if template is None else "TFJob 'm': 'spec' must be a map"
        assert (problem.message, problem.place.path) == (told, "workloads[0]")


def test_a_plan_without_workloads_moves_nothing() -> None:
    with pytest.raises(RefusalError) as caught:
        made([], live())
    (problem,) = caught.value.problems
    assert (problem.message, problem.place.path) == ("the plan has no workloads to move", "workloads")
    assert problem.hint == "name the workloads to move"


def test_replicas_that_an_object_does_not_state_are_those_of_the_plan() -> None:
    assert one("Deployment", {"spec.replicas": None}).replicas == 12
    assert one("Job", {"spec.completions": 4}).replicas == 4
    assert one("Job", {"spec.completions": 4, "spec.parallelism": 3}).replicas == 3


# --- namespaces -----------------------------------------------------------------------------------------------------


def lacking(labels: Object, *namespaces: Object, workloads: list[Object] | None = None) -> Object:
    pns = [{**POD_NETWORKING, "namespaceSelector": {"matchLabels": labels}}, {**POD_NETWORKING, "name": "free"}]
    own = [planned(podNetworking="trading-eni", namespace="a"), planned(podNetworking="free", namespace="b"),
           planned(namespace="c")]  # fmt: skip
    plan = plan_from(example({"workloads": workloads or own, "podNetworkings": pns}))
    return namespace_labels(plan, namespaces)


def namespace(name: str, labels: object, kind: str = "Namespace") -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels}}


def test_namespaces_get_the_labels_that_a_pod_networking_selects() -> None:
    both = {"x": "1", "y": "2"}
    assert lacking(both) == {"a": both}
    assert lacking(both, namespace("a", {"x": "1"})) == {"a": {"y": "2"}}
    assert lacking(both, namespace("a", both)) == {}
    assert lacking(both, namespace("a", both, "Widget"), namespace("b", both)) == {"a": both}
    assert lacking(both, namespace("a", None)) == {"a": both}


def test_a_namespace_that_cannot_be_selected_is_told() -> None:
    with pytest.raises(RefusalError) as caught:
        lacking({"x": "1"}, namespace("a", {"x": "2"}))
    (problem,) = caught.value.problems
    told = "namespace a: with its label x=2, its PodNetworking cannot select the pods"
    assert (problem.message, problem.place.path) == (told, "workloads[0]")
    assert problem.hint == "change the label, or the podSelector"


# --- patches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({"a": 1}, {"a": 1}, {}), ({"a": 1}, {"a": 2}, {"a": 2}), ({"a": 1}, {}, {"a": None}), ({}, {"a": 1}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a": {"c": 3}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}), ({"a": 2}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": [1, 2]}, {"a": [1, 3]}, {"a": [1, 3]}),
        ({"containers": [{"name": "x", "b": 1}, {"name": "y"}]}, {"containers": [{"name": "x", "b": 2}, {"name": "y"}]},
         {"containers": [{"name": "x", "b": 2}]}),
        ({"initContainers": [{"name": "x"}]}, {"initContainers": [{"name": "x", "b": 2}]},
         {"initContainers": [{"name": "x", "b": 2}]}),
        ({}, {"containers": [{"name": "x"}]}, {"containers": [{"name": "x"}]}),
    ],
)  # fmt: skip
def test_the_patch_from_one_object_to_another(before: Object, after: Object, patch: Object) -> None:
    kept = copy.deepcopy((before, after))
    assert difference(before, after) == patch
    assert (before, after) == kept


def test_lingjun_pods_ask_for_no_eni() -> None:
    (found,) = made([planned(nodePool="training")], live(), **{"nodePools[1]": LINGJUN_POOL})
    assert found.forth is not None
    assert "containers" not in found.forth["spec"]["template"]["spec"]


VOLUMES = (
    "its volumes do not move: a disk must be in a zone of the new pool{}, or its pod stays Pending; kubectl describe pv"
)
ONE_NODE = (
    "new pods cannot start with a volume that only one node can mount (ReadWriteOnce) while an old pod uses it: set "
    "its strategy to Recreate, and write the migration again"
)
CLAIM = [{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}]


@pytest.mark.parametrize(
    ("kind", "changes", "notes"),
    [
        ("StatefulSet", {"spec.volumeClaimTemplates": [{"metadata": {"name": "d"}}]}, [VOLUMES]),
        ("StatefulSet", {"spec.template.spec.volumes": CLAIM}, [VOLUMES]),
        ("Deployment", {"spec.template.spec.volumes": CLAIM}, [VOLUMES, ONE_NODE]),
        ("Deployment", {"spec.template.spec.volumes": CLAIM, "spec.strategy": {"type": "RollingUpdate"}},
         [VOLUMES, ONE_NODE]),
        ("Deployment", {"spec.template.spec.volumes": CLAIM, "spec.strategy": {"type": "Recreate"}}, [VOLUMES]),
        ("Deployment", {"spec.template.spec.volumes": [{"name": "d", "emptyDir": {}}, "odd"]}, []),
        ("CronJob", {"spec.jobTemplate.spec.template.spec.volumes": CLAIM}, [VOLUMES]),
        ("StatefulSet", {"spec.volumeClaimTemplates": []}, []),
    ],
)  # fmt: skip
def test_volumes_do_not_move(kind: str, changes: Object, notes: list[str]) -> None:
    others = {"its next run is", "its strategy is"}
    found = [note for note in one(kind, changes).notes if note[:15] not in others]
    assert found == [note.format(" (cn-hangzhou-j)") for note in notes]


def test_volumes_where_the_zones_are_unknown() -> None:
    plan = {**example({}), "cluster": {"id": "c"}, "workloads": [planned("StatefulSet")]}
    (found,) = moves(plan_from(plan), [live("StatefulSet", {"spec.template.spec.volumes": CLAIM})], {}, "np-old")
    assert found.notes == (VOLUMES.format(""),)
