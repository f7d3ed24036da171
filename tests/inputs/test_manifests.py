from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import yaml

from eniplan.emit.manifests import render, text
from eniplan.emit.skeletons import Skeletons
from eniplan.k8s.terway import NETWORKS_REQUEST
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.report.words import takers
from eniplan.rules.examples import example
from tests.emit.support import FULL, view_of_plan
from tests.harness import EXAMPLES
from tests.inputs.support import AFTER, BODY, CLUSTER, LABEL, TAINT, judge_files, terraform_plan

if TYPE_CHECKING:
    from pathlib import Path

TOLERATION = {**TAINT, "operator": "Equal"}
EXCLUSIVE: dict[str, Any] = {"nodeSelector": {EXCLUSIVE_LABEL: "eniOnly"}}
REQUEST = {"resources": {"limits": {"aliyun/eni": "1"}}}


def networking(name: str = "trading-eni", **spec: object) -> dict[str, Any]:
    whole = {
        "eniOptions": {"eniType": "ENI"},
        "vSwitchOptions": ["vsw-j"],
        "securityGroupIDs": ["sg-pods"],
        "selector": {"podSelector": {"matchLabels": {"network": "trading"}}},
    } | spec
    return {
        "apiVersion": "network.alibabacloud.com/v1beta1",
        "kind": "PodNetworking",
        "metadata": {"name": name},
        "spec": {key: value for key, value in whole.items() if value is not None},
    }


def workload(
    kind: str = "StatefulSet", labels: dict[str, str] | None = None, notes: dict[str, str] | None = None, **spec: object
) -> dict[str, Any]:
    pod = {"tolerations": [TOLERATION], "containers": [{"name": "a", "image": "b", **REQUEST}]} | spec
    template = {"metadata": {"labels": labels or {}}, "spec": pod}
    outer: dict[str, Any] = {"replicas": 3, "selector": {"matchLabels": {}}, "template": template}
    if kind == "Job":
        outer = {"parallelism": 3, "template": template}
    elif kind == "CronJob":
        outer = {"jobTemplate": {"spec": {"parallelism": 3, "template": template}}}
    metadata = {"name": "matcher", "namespace": "trading", "annotations": notes or {}}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": {**metadata, "labels": labels or {}}, "spec": pod}
    version = "batch/v1" if kind in {"Job", "CronJob"} else "apps/v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": outer}


def policy(namespace: str = "trading", **spec: object) -> dict[str, Any]:
    metadata = {"name": "deny", "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def namespace(**labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "trading", "labels": labels}}


def stream(*items: dict[str, Any]) -> str:
    return "\n---\n".join(json.dumps(item, indent=1) for item in items)


def pool(name: str = "trading", *, taint: dict[str, str] | None = TAINT, **labels: str) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    body["nodepool_info"]["name"] = name
    body["kubernetes_config"]["labels"] += [{"key": key, "value": value} for key, value in labels.items()]
    body["kubernetes_config"]["taints"] = [] if taint is None else [taint]
    return body


KINDS = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_fits_its_pool_passes(here: Path, kind: str) -> None:
    judged = judge_files(
        here, {"m.yaml": stream(networking(), workload(kind, {"network": "trading"})), "p.json": pool()}
    )
    assert (judged.rules, judged.problems, judged.facts) == (set(), [], {})
    assert judged.report.inputs == ("m.yaml", "p.json", "facts/cluster.json")


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_toleration_is_found_in_every_kind(here: Path, kind: str) -> None:
    judged = judge_files(here, {"m.yaml": stream(workload(kind, tolerations=None)), "p.json": pool()})
    assert judged.rules == {"WL001"}
    assert judged.places["WL001"].endswith("spec.tolerations")
    assert judged.places["WL001"].startswith("m.yaml:")


@pytest.mark.parametrize(
    ("items", "rules"),
    [
        # the PodNetworking
        ([networking(eniOptions=None), workload(labels={"network": "trading"}, **EXCLUSIVE)], {"PN001"}),
        ([networking(eniOptions={"eniType": "Trunk"})], set()),  # its pods are for other nodes
        ([networking(vSwitchOptions=None)], {"PN010"}),
        ([networking(securityGroupIDs=["sg-x"])], {"NP007"}),
        ([networking(selector=None)], {"PN005"}),
        ([networking(selector={"podSelector": {}})], {"PN006"}),
        ([networking(selector={"podSelector": {"matchExpressions": [{"key": "a", "operator": "Is"}]}})], {"PN007"}),
        ([networking(allocationType={"type": "Fixed"})], {"PN002"}),
        ([networking(allocationType={"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1d"})], {"PN003"}),
        ([networking(), networking("other")], {"PN008"}),
        ([networking(), networking()], {"PN008", "PN011"}),
        (
            [
                networking(allocationType={"type": "Fixed", "releaseStrategy": "Never"}),
                workload("Deployment", {"network": "trading"}),
            ],
            {"PN009"},
        ),
        # the workload
        ([workload(containers=[{"name": "a"}], **EXCLUSIVE)], {"WL002"}),
        (
            [workload(containers=[{"name": "a", **REQUEST}, {"name": "b", **REQUEST}])],
            {"WL002"},
        ),
        ([networking(), workload(labels={"network": "trading"}, containers=[{"name": "a"}])], set()),
        ([workload(hostNetwork=True, containers=[{"name": "a"}], **EXCLUSIVE)], set()),
        ([workload(notes={"eniplan.dev/node-pool": "other"})], {"WL003"}),
        ([workload(notes={"eniplan.dev/node-pool": "trading", "eniplan.dev/pod-networking": "other"})], {"WL003"}),
        ([workload(), workload()], {"WL004"}),
        ([workload() | {"spec": workload()["spec"] | {"replicas": 22}}], {"ENI008"}),
        # the NetworkPolicy
        ([policy(podSelector={}), workload()], {"TW009"}),
        ([policy(), workload(labels={"a": "b"})], {"TW009"}),
        ([policy(podSelector={"matchLabels": {"a": "b"}}), workload(labels={"a": "b"})], {"TW009"}),
        ([policy(podSelector={"matchLabels": {"a": "c"}}), workload(labels={"a": "b"})], set()),
        ([policy("other", podSelector={}), workload()], set()),
    ],
)
def test_mistakes_beside_a_pool(here: Path, items: list[dict[str, Any]], rules: set[str]) -> None:
    judged = judge_files(here, {"m.yaml": stream(*items), "p.json": pool()})
    assert (judged.rules, judged.problems) == (rules, [])
    assert {finding.place.file for finding in judged.report.findings if finding.rule.id != "ENI008"} <= {"m.yaml"}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (EXCLUSIVE, "gateway"),
        ({"nodeSelector": {"team": "a"}}, "trading"),
        ({"nodeSelector": {"team": "b"}}, "gateway"),
        ({"nodeSelector": {EXCLUSIVE_LABEL: "eniOnly", "team": "b"}}, "gateway"),
        ({"nodeSelector": {EXCLUSIVE_LABEL: "eniOnly", "alibabacloud.com/ecs": "z", "team": "b"}}, "gateway"),
        ({"nodeSelector": {"topology.kubernetes.io/zone": "cn-hangzhou-j", "team": "b"}}, "gateway"),
        ({"nodeSelector": {"topology.kubernetes.io/zone": "cn-hangzhou-k", "team": "b"}}, None),
        ({"nodeSelector": {"team": "c"}}, None),
        ({"nodeSelector": {"other": "c"}}, None),
        ({"containers": [{"name": "a"}]}, None),
        ({"tolerations": [{"key": "g", "operator": "Exists"}], **EXCLUSIVE}, "gateway"),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {"matchExpressions": [{"key": "team", "operator": "In", "values": ["c"]}]},
                                {"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["a", "c"]}]},
                            ]
                        }
                    }
                }
            },
            "gateway",
        ),
        (
            {
                "affinity": {
                    "nodeAffinity": {
                        "requiredDuringSchedulingIgnoredDuringExecution": {
                            "nodeSelectorTerms": [
                                {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]},
                            ]
                        }
                    }
                }
            },
            None,
        ),
    ],
)
def test_which_pool_a_workload_runs_on(here: Path, spec: dict[str, Any], wanted: str | None) -> None:
    gateway = pool("gateway", taint={"key": "g", "effect": "NoSchedule"}, team="b")
    one = workload(**({"tolerations": []} | spec))
    one["spec"]["replicas"] = 22
    judged = judge_files(here, {"m.yaml": stream(one), "p.json": pool(team="a"), "g.json": gateway})
    names = [finding.message for finding in judged.report.findings if finding.rule.id == "ENI008"]
    assert [name.split("'")[1] for name in names] == ([] if wanted is None else [wanted])


SPREAD = "how the pods of StatefulSet 'matcher' spread over its node pools"
WHICH = "the node pool of StatefulSet 'matcher'"


def test_a_workload_that_several_pools_take(here: Path) -> None:
    files = {"m.yaml": stream(workload()), "p.json": pool(), "q.json": pool("other")}
    judged = judge_files(here, files)
    assert judged.rules == set()
    (found,) = judged.report.undecided
    assert (found.fact, found.place.path) == (SPREAD, "metadata")
    assert not {"ENI008", "WL001", "WL002", "WL007", "WL020"} & {*found.rules}
    assert {"ENI012", "NET002", "WL016", "WL018", "WL019"} < {*found.rules}
    assert str(found.hint) == (
        "it may run on nodes of other, trading; the annotation eniplan.dev/node-pool: POOL states that one of them "
        "is meant"
    )
    annotated = workload(notes={"eniplan.dev/node-pool": "other"})
    judged = judge_files(here, files | {"m.yaml": stream(annotated)})
    assert judged.facts == {}


def test_pools_of_which_one_repels_pods_are_not_shared(here: Path) -> None:
    """What keeps pods off one pool only would be missed."""
    files = {"m.yaml": stream(workload()), "p.json": pool(), "q.json": pool("other", taint=None)}
    assert WHICH in judge_files(here, files).facts
    one = workload(nodeSelector={"node.kubernetes.io/some": "1"})  # whether nodes have it is unknown
    files = {"m.yaml": stream(one), "p.json": pool(), "q.json": pool("other")}
    assert WHICH in judge_files(here, files).facts


def sized(replicas: int, name: str = "matcher", **spec: object) -> dict[str, Any]:
    one = workload(labels={"app": name})
    one["spec"]["template"]["spec"] |= spec
    one["metadata"]["name"] = name
    one["spec"]["replicas"] = replicas
    return one


def scaling_to(most: int) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "matcher"}
    about = {"name": "matcher", "namespace": "trading"}
    spec = {"scaleTargetRef": target, "maxReplicas": most}
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": about, "spec": spec}


TWO_EACH: dict[str, Any] = {"containers": [{"name": "a", "image": "b", "resources": {"limits": {"aliyun/eni": "2"}}}]}
APART: dict[str, Any] = {
    "affinity": {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "matcher"}}}
            ]
        }
    }
}
ATTRACTED: dict[str, Any] = {
    "affinity": {"podAffinity": APART["affinity"]["podAntiAffinity"]},
}
EVENLY: dict[str, Any] = {
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "matcher"}},
        }
    ]
}
FILLED = [sized(21, "here", nodeSelector={"team": "a"}), sized(21, "there", nodeSelector={"team": "b"})]


def passed_by(replicas: int) -> dict[str, Any]:
    one = sized(replicas, **EXCLUSIVE, containers=[{"name": "a", "image": "b"}])
    one["spec"]["template"]["metadata"]["labels"]["k8s.aliyun.com/ignore-by-terway"] = "true"
    return one


ROOM: dict[str, tuple[list[dict[str, Any]], str | None, bool]] = {
    # The manifests; the level of ENI008 for what 6 nodes with 7 ENIs each have; and whether there may be too few.
    "as many": ([sized(42)], None, False),
    "one more": ([sized(43)], "error", False),
    "one more of two workloads": ([sized(30), sized(13, "feed")], "error", False),
    "once scaled": ([sized(42), scaling_to(43)], "warning", False),
    "two ENIs a pod": ([sized(18, **TWO_EACH)], None, False),
    "two ENIs a pod, and no place for one": ([sized(19, **TWO_EACH)], None, True),
    "of two sizes": ([sized(2, **TWO_EACH), sized(2, "feed")], None, True),
    "apart": ([sized(3, **APART)], None, True),
    "two ENIs a pod, once scaled": ([sized(18, **TWO_EACH), scaling_to(19)], None, True),
    "attracted": ([sized(3, **ATTRACTED)], None, True),
    "evenly": ([sized(3, **EVENLY)], None, True),
    "full without them": ([sized(1), *FILLED], "error", False),
    "passed by": ([passed_by(43)], None, False),
    "passed by, beside others": ([passed_by(43), sized(42, "feed")], None, False),
    "beside pods of one of the pools": ([sized(3), sized(2, "feed", nodeSelector={"team": "b"})], None, True),
    "on the host network": ([sized(43, hostNetwork=True, containers=[{"name": "a", "image": "b"}])], None, False),
}


@pytest.mark.parametrize("name", ROOM)
def test_the_room_that_several_pools_have_together(here: Path, name: str) -> None:
    manifests, level, is_open = ROOM[name]
    files = {"m.yaml": stream(*manifests), "p.json": pool(team="a"), "q.json": pool("other", team="b")}
    report = judge_files(here, files).report
    assert [finding.level for finding in report.findings if finding.rule.id == "ENI008"] == ([level] if level else [])
    assert any("ENI008" in item.rules for item in report.undecided) == is_open


def test_what_is_told_of_pools_that_share_pods(here: Path) -> None:
    files = {"m.yaml": stream(sized(43)), "p.json": pool(), "q.json": pool("other")}
    (finding,) = judge_files(here, files).report.findings
    assert str(finding.message) == (
        "the pods of matcher need 43 exclusive ENIs; the pools that can run them (other, trading) have 42 left "
        "together at their largest size"
    )
    assert finding.place.path == "metadata.name"
    assert (finding.facts["needed"], finding.facts["left"]) == (43, 42)
    scaled = judge_files(here, files | {"m.yaml": stream(sized(42), scaling_to(44))}).report.findings[0]
    assert "need 44 exclusive ENIs once autoscalers have scaled them to maxReplicas" in str(scaled.message)
    both = judge_files(here, files | {"m.yaml": stream(sized(43), scaling_to(50))}).report.findings[0]
    assert "need 43 exclusive ENIs;" in str(both.message)


def test_pools_that_share_pods_with_some_more(here: Path) -> None:
    """Pods that only some of the pools may run can take the place of the others."""
    arm, pools = pool("arm"), {"p.json": pool(), "q.json": pool("other")}
    arm["scaling_group"]["instance_types"] = ["ecs.c8y.8xlarge"]
    some = sized(1, "feed", nodeSelector={"kubernetes.io/arch": "amd64"})
    files = {"m.yaml": stream(sized(2), some), **pools, "r.json": arm}
    found = {item.fact: item.rules for item in judge_files(here, files).report.undecided}
    assert all("ENI008" in rules for rules in found.values())
    assert len(found) == 2


def test_pools_of_unknown_size_that_share_pods(here: Path) -> None:
    unsized = pool("other")
    unsized["scaling_group"]["desired_size"] = "${SIZE}"
    for replicas in (2, 30):
        files = {"m.yaml": stream(sized(replicas)), "p.json": pool(), "q.json": unsized}
        judged = judge_files(here, files)
        (found,) = [item for item in judged.report.undecided if item.fact == SPREAD]
        assert ("ENI008" in found.rules, judged.rules) == (True, set())


@pytest.mark.parametrize(
    ("spec", "v_switches", "is_open"),
    [
        ({}, ["vsw-j", "vsw-k"], False),
        ({}, ["vsw-k"], True),  # Terway's webhook keeps the pods in zone k
        ({}, None, True),
        ({"nodeSelector": {"topology.kubernetes.io/zone": "cn-hangzhou-k"}}, ["vsw-j", "vsw-k"], True),
    ],
)
def test_zones_that_pods_of_several_pools_may_not_use(
    here: Path,
    spec: dict[str, Any],
    v_switches: list[str] | None,
    is_open: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    facts = {**CLUSTER, "vSwitches": [*CLUSTER["vSwitches"], {"id": "vsw-k", "zone": "cn-hangzhou-k"}]}
    pools = {"p.json": pool(), "q.json": pool("other")}
    for body in pools.values():
        body["scaling_group"]["vswitch_ids"] = ["vsw-j", "vsw-k"]
    own = networking(selector={"podSelector": {"matchLabels": {"app": "matcher"}}}, vSwitchOptions=v_switches)
    found = judge_files(here, {"m.yaml": stream(own, sized(2, **spec)), **pools}, cluster=facts).report.undecided
    assert any("ENI008" in item.rules for item in found) == is_open


ZONE = "topology.kubernetes.io/zone"


def test_the_zone_of_pods_tells_their_pool(here: Path) -> None:
    """One pool for each zone, as the autoscaler of ACK wants it."""
    facts = {**CLUSTER, "vSwitches": [*CLUSTER["vSwitches"], {"id": "vsw-k", "zone": "cn-hangzhou-k"}]}
    other = pool("other")
    other["scaling_group"]["vswitch_ids"] = ["vsw-k"]
    one = workload(nodeSelector={ZONE: "cn-hangzhou-k"})
    one["spec"]["replicas"] = 22
    judged = judge_files(here, {"m.yaml": stream(one), "p.json": pool(), "q.json": other}, cluster=facts)
    (finding,) = [f for f in judged.report.findings if f.rule.id == "ENI008"]
    assert finding.facts["pool"] == "other"


@pytest.mark.parametrize(("arch", "name"), [("arm64", "arm"), ("amd64", "trading")])
def test_the_architecture_of_pods_tells_their_pool(here: Path, arch: str, name: str) -> None:
    arm = pool("arm")
    arm["scaling_group"]["instance_types"] = ["ecs.c8y.8xlarge"]
    one = workload(nodeSelector={"kubernetes.io/arch": arch})
    one["spec"]["replicas"] = 50
    judged = judge_files(here, {"m.yaml": stream(one), "p.json": pool(), "q.json": arm})
    (finding,) = [f for f in judged.report.findings if f.rule.id == "ENI008"]
    assert finding.facts["pool"] == name


@pytest.mark.parametrize(
    ("selector", "why"),
    [
        (
            {ZONE: "z"},
            f"no node pool that was passed has nodes with {ZONE} In (z); correct it, or pass the pool that has",
        ),
        ({"a": "1", EXCLUSIVE_LABEL: "eniOnly", "team": "b"}, "has nodes with a In (1), team In (b); correct it"),
        ({"b": "1", "team": "a"}, "its node selector and node affinity match no node pool that was passed; pass"),
        (None, "pass the node pools together with the manifests"),
    ],
)
def test_why_the_pool_is_unknown(here: Path, selector: dict[str, str] | None, why: str) -> None:
    files: dict[str, Any] = {"m.yaml": stream(workload(nodeSelector=selector or {"a": "1"}))}
    if selector is not None:
        files |= {"p.json": pool(team="a"), "q.json": pool("q", b="1")}
    judged = judge_files(here, files)
    (open_,) = [item for item in judged.report.undecided if item.fact == "the node pool of StatefulSet 'matcher'"]
    assert why in open_.hint


def test_pools_of_several_inputs(here: Path) -> None:
    one = workload(notes={"eniplan.dev/node-pool": "other"}, tolerations=[])
    judged = judge_files(here, {"m.yaml": stream(networking(), one), "a/p.json": pool(), "b/q.json": pool("other")})
    assert judged.rules == {"WL001"}
    assert len(judged.report.findings) == 1
    assert [sheet.name for sheet in judged.report.pools] == ["trading", "other"]


def test_what_nothing_leads_to_exclusive_nodes_is_left_alone(here: Path) -> None:
    plain = workload("Deployment", containers=[{"name": "a"}], tolerations=[])
    judged = judge_files(here, {"m.yaml": stream(plain, policy()), "p.json": pool()})
    assert judged.rules == set()
    assert judged.skipped == [("m.yaml: Deployment 'matcher'", "its pods do not ask for exclusive nodes")]


@pytest.mark.parametrize(
    ("labels", "rules", "facts"),
    [
        (None, set(), {"the PodNetworking of StatefulSet 'matcher'"}),
        ({"team": "trading"}, set(), set()),
        ({"team": "other"}, {"WL002"}, set()),
    ],
)
def test_a_selector_of_namespaces_needs_their_labels(
    here: Path, labels: dict[str, str] | None, rules: set[str], facts: set[str]
) -> None:
    selector = {"podSelector": {}, "namespaceSelector": {"matchLabels": {"team": "trading"}}}
    one = workload(containers=[{"name": "a"}], **EXCLUSIVE)
    items = [networking(selector=selector), one] + ([] if labels is None else [namespace(**labels)])
    judged = judge_files(here, {"m.yaml": stream(*items), "p.json": pool()})
    assert (judged.rules, set(judged.facts)) == (rules, facts)


@pytest.mark.parametrize(
    ("key", "rules"),
    [
        (
            "vSwitchOptions",
            {"DS004", "ENI008", "NET001", "NET002", "NP007", "PN010", "WL016", "WL018", "WL019", "WL020"},
        ),
        ("securityGroupIDs", {"NET003", "NET004", "NET005", "NP007", "PN010"}),
    ],
)
@pytest.mark.parametrize("ids", ["${IDS}", ["${ID}"], ["{{ id }}", "known"]])
def test_ids_that_another_program_fills_in(here: Path, key: str, rules: set[str], ids: Any) -> None:  # noqa: ANN401 - any value
    item = networking()
    item["spec"][key] = ids
    judged = judge_files(here, {"m.yaml": stream(item, workload(containers=[{"name": "a"}])), "p.json": pool()})
    assert (judged.rules, judged.problems) == (set(), [])
    (found,) = judged.report.undecided
    assert (found.fact, {*found.rules}) == (f"spec.{key} of PodNetworking 'trading-eni'", rules)
    assert bool(judged.report.pools[0].addresses) == (key != "vSwitchOptions")


def test_a_namespace_is_known_by_its_name(here: Path) -> None:
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "trading"}}}
    one = workload(containers=[{"name": "a"}])
    judged = judge_files(here, {"m.yaml": stream(networking(selector=selector), one), "p.json": pool()})
    assert (judged.rules, judged.facts) == (set(), {})


@pytest.mark.parametrize(
    ("first", "beside", "requested"),
    [
        ([], "0", 0),
        ([{"resources": {"requests": {"aliyun/eni": "1"}}}], "0", 1),
        ([REQUEST, {"resources": {"limits": {"aliyun/eni": 2}}}], "1", 2),
        ([{**REQUEST, "restartPolicy": "Always"}, REQUEST], "1", 2),
        ([REQUEST, {**REQUEST, "restartPolicy": "Always"}], "2", 3),
        ({"no": "list"}, "1", 1),
    ],
)
def test_eni_requests_of_init_containers_count(here: Path, first: Any, beside: str, requested: int) -> None:  # noqa: ANN401 - any value
    """On a Lingjun node nothing offers the resource: pods that request it stay Pending."""
    body = {
        "nodepool_info": {"name": "ai", "type": "lingjun"},
        "eflo_node_group": {"cluster_id": "i1", "group_id": "g"},
        "kubernetes_config": {"labels": [LABEL]},
    }
    containers = [{"name": "a", "resources": {"limits": {"aliyun/eni": beside}}}]
    one = workload(**EXCLUSIVE, initContainers=first, containers=containers)
    judged = judge_files(here, {"m.yaml": stream(one), "p.json": body})
    told = [finding.facts["eniRequest"] for finding in judged.report.findings if finding.rule.id == "WL002"]
    assert told == ([requested] if requested else [])


def test_lingjun_takes_no_podnetworking(here: Path) -> None:
    body = {
        "nodepool_info": {"name": "ai", "type": "lingjun"},
        "eflo_node_group": {"cluster_id": "i1", "group_id": "g"},
        "scaling_group": {"vswitch_ids": ["vsw-j"]},
        "kubernetes_config": {"labels": [LABEL]},
    }
    one = workload(labels={"network": "trading"}, tolerations=[{"operator": "Exists"}])
    judged = judge_files(here, {"m.yaml": stream(networking(), one), "p.json": body})
    assert judged.rules == {"LJ001", "WL002"}
    judged = judge_files(here, {"m.yaml": stream(networking(), one), "p.json": body, "q.json": pool()})
    assert (judged.rules, "the node pool of StatefulSet 'matcher'" in judged.facts) == (set(), False)


def test_pods_that_ask_for_an_eni_themselves_need_the_toleration(here: Path) -> None:
    """Whether or not a PodNetworking selects them: its namespace is not known here."""
    selector = {
        "podSelector": {"matchLabels": {"network": "trading"}},
        "namespaceSelector": {"matchLabels": {"a": "b"}},
    }
    maybe = networking(selector=selector)
    for containers, rules in (([{"name": "a", **REQUEST}], {"WL001"}), ([{"name": "a"}], set())):
        one = workload(labels={"network": "trading"}, tolerations=None, containers=containers)
        judged = judge_files(here, {"m.yaml": stream(maybe, one), "p.json": pool()})
        assert judged.rules == rules
        assert ("the node pool of StatefulSet 'matcher'" in judged.facts) is not bool(rules)


@pytest.mark.parametrize(
    "selected",
    [
        [
            {"key": EXCLUSIVE_LABEL, "operator": "In", "values": ["default"]},
            {"key": "team", "operator": "In", "values": ["a"]},
        ],
        [
            {"key": EXCLUSIVE_LABEL, "operator": "Exists"},
            {"key": EXCLUSIVE_LABEL, "operator": "NotIn", "values": ["eniOnly"]},
        ],
    ],
)
def test_pods_that_select_shared_nodes_by_the_exclusive_label(here: Path, selected: list[dict[str, Any]]) -> None:
    terms = {"nodeSelectorTerms": [{"matchExpressions": selected}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    one = workload(affinity=affinity, containers=[{"name": "a"}])
    judged = judge_files(here, {"m.yaml": stream(one), "p.json": pool()})
    assert (judged.rules, judged.facts) == (set(), {})
    assert judged.skipped == [("m.yaml: StatefulSet 'matcher'", "its pods do not ask for exclusive nodes")]


def test_manifests_alone_are_judged_as_far_as_they_go(here: Path) -> None:
    files: dict[str, object] = {"m.yaml": stream(networking(eniOptions=None), workload(tolerations=None))}
    for cluster in (CLUSTER, None):
        judged = judge_files(here, files, cluster=cluster)
        assert (judged.rules, judged.problems, judged.report.pools) == (set(), [], ())
        assert "the node pool of StatefulSet 'matcher'" in judged.facts
    annotated = {"m.yaml": stream(workload(notes={"eniplan.dev/node-pool": "x"}))}
    assert judge_files(here, annotated).rules == set()


def plan_with(**changes: object) -> dict[str, Any]:
    return example({key.replace("_", "."): value for key, value in changes.items()})


def test_manifests_beside_a_plan(here: Path) -> None:
    planned = [
        {
            "name": "matcher",
            "namespace": "trading",
            "kind": "StatefulSet",
            "nodePool": "trading",
            "podNetworking": "trading-eni",
        }
    ]
    networkings = [
        {
            "name": "trading-eni",
            "nodePools": ["trading"],
            "podSelector": {"matchLabels": {"network": "trading"}},
            "vSwitchIds": ["vsw-j"],
            "securityGroupIds": ["sg-pods"],
        }
    ]
    plan = plan_with(podNetworkings=networkings, workloads=planned)
    waiver = {"rule": "PN010", "path": "podNetworkings[0]", "reason": "the manifest has it"}
    files: dict[str, object] = {
        "plan.json": {**plan, "waivers": [waiver]},
        "m.yaml": stream(networking(eniOptions=None), workload(containers=[{"name": "a"}], tolerations=[])),
    }
    judged = judge_files(here, files, cluster=None)
    # The plan's own findings are told once; the workload runs where the plan says.
    assert judged.rules == {"WV003", "PN001", "WL001"}
    assert len(judged.report.findings) == 3
    assert {f.place.file for f in judged.report.findings if f.rule.id != "WV003"} == {"m.yaml"}
    assert [sheet.file for sheet in judged.report.pools] == ["plan.json"]
    assert judged.report.inputs == ("plan.json", "m.yaml")


def test_a_plan_in_the_file_of_its_manifests(here: Path) -> None:
    judged = judge_files(here, {"all.yaml": stream(plan_with(), workload(tolerations=[]))}, cluster=None)
    assert judged.rules == {"WL001"}
    assert judged.report.inputs == ("all.yaml",)


def test_a_plan_that_does_not_fit_leaves_its_manifests_alone(here: Path) -> None:
    files: dict[str, object] = {"plan.json": plan_with() | {"more": 1}, "m.yaml": stream(workload())}
    judged = judge_files(here, files, cluster=None)
    assert [problem.place.file for problem in judged.report.problems] == ["plan.json"]


def test_pools_that_do_not_fit_leave_the_manifests_alone(here: Path) -> None:
    body = {**pool(), "nodepool_info": {}}
    judged = judge_files(here, {"m.yaml": stream(networking(eniOptions=None), workload()), "p.json": body})
    assert (judged.rules, len(judged.problems)) == (set(), 1)


def test_a_podnetworking_may_name_its_pool(here: Path) -> None:
    one = networking(vSwitchOptions=["vsw-k"])
    one["metadata"]["annotations"] = {"eniplan.dev/node-pool": "trading"}
    cluster = {**CLUSTER, "vSwitches": [*CLUSTER["vSwitches"], {"id": "vsw-k", "zone": "cn-hangzhou-k"}]}
    files = {"m.yaml": stream(one), "p.json": pool(), "q.json": pool("other")}
    assert judge_files(here, files, cluster=cluster).places == {"NET001": "m.yaml:14:21 spec.vSwitchOptions"}
    one["metadata"]["annotations"] = {"eniplan.dev/node-pool": "trade"}
    files["m.yaml"] = stream(one)
    assert judge_files(here, files, cluster=cluster).rules == {"PN012"}


def test_what_is_rendered_from_a_plan_fits_it(here: Path) -> None:
    view = view_of_plan(FULL)
    rendered = "---\n".join(text(item) for item in render(view.plan, Skeletons(), workloads=True))
    alone = judge_files(here, {"plan.json": FULL}, cluster=None)
    judged = judge_files(here, {"plan.json": FULL, "m.yaml": rendered}, cluster=None)
    assert judged.rules == alone.rules
    assert judged.problems == []


def places_of(name: str) -> str:
    return f"where the pods of {name} run, and how many there are"


def test_patches_of_a_kustomization_are_not_judged_alone(here: Path) -> None:
    """Alone they look like objects that lack what the base has."""
    part = {"metadata": {"name": "trading-eni"}, "kind": "PodNetworking", "spec": {"securityGroupIDs": ["sg-pods"]}}
    quiet = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "quiet"}}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}}
    files = {
        "infra/base/all.yaml": stream(networking(), workload(labels={"network": "trading"})),
        "infra/base/kustomization.yaml": "resources: [all.yaml]\n",
        "infra/pool.json": pool(),
        "infra/prod/kustomization.yml": json.dumps(
            {"patches": [{"path": "pn.yaml"}, {"patch": "x"}, 1], "patchesStrategicMerge": ["more/w.yaml"]}
        ),
        "infra/prod/pn.yaml": stream({"apiVersion": "network.alibabacloud.com/v1beta1", **part}),
        "infra/prod/more/w.yaml": stream(
            workload(tolerations=[]),
            {**quiet, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template}},
        ),
    }
    judged = judge_files(here, files, "infra")
    assert judged.rules == set()
    (open_,) = judged.report.undecided
    why = "a patch: check what it is applied to: kubectl kustomize infra/prod"
    assert (open_.fact, str(open_.place), str(open_.hint)) == (
        places_of("Kustomization 'infra/prod'"), "infra/prod/more/w.yaml:1:1", why
    )  # fmt: skip
    assert judged.skipped[-2:] == [
        ("infra/prod/pn.yaml: PodNetworking 'trading-eni'", why),
        ("infra/prod/more/w.yaml: Deployment 'quiet'", why),
    ]
    del files["infra/prod/kustomization.yml"]
    (here / "infra/prod/kustomization.yml").unlink()
    assert {"PN001", "WL001"} < judge_files(here, files, "infra").rules


STEERING = {"nodeSelector": {EXCLUSIVE_LABEL: "eniOnly"}}
API = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}}
ROLE = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "a"}}
AT_LABEL = f"/spec/template/spec/nodeSelector/{EXCLUSIVE_LABEL.replace('/', '~1')}"


@pytest.mark.parametrize(
    ("file", "value", "name"),
    [
        ("patch.yaml", {**API, "spec": {"template": {"spec": STEERING}}}, "Deployment 'api'"),
        ("patch.yaml", {**API, "spec": {"template": {"spec": {"nodeSelector": {"team": "a"}}}}}, "Deployment 'api'"),
        ("patch.yaml", {"spec": {"template": {"spec": STEERING}}}, "file './patch.yaml'"),
        ("patch.json", [{"op": "add", "path": AT_LABEL, "value": "eniOnly"}], "file './patch.json'"),
        ("patch.json", [{"op": "remove"}, {"op": "add", "path": "/a", "value": STEERING}], "file './patch.json'"),
        ("chart/values.yaml", {"workers": [{"replicas": 2, **STEERING}]}, "file './chart/values.yaml'"),
        ("chart/values.yaml", {"resources": {"limits": {"aliyun/eni": 1}}}, "file './chart/values.yaml'"),
        ("chart/values.yaml", {"nodeSelector": {"team": "a"}}, "file './chart/values.yaml'"),
        ("chart/values.yaml", {"podLabels": {"network": "trading"}, "nodeSelector": {}}, "file './chart/values.yaml'"),
        ("chart/values.yaml", {"podLabels": {"network": "other"}, "nodeSelector": {}}, None),
        ("chart/values.yaml", {"nodeSelector": {"team": "b"}}, None),
        ("chart/values.yaml", {"nodeSelector": {EXCLUSIVE_LABEL: "default"}}, None),
        ("chart/values.yaml", {"nodeSelector": {}, "resources": {"limits": {"cpu": 1}}}, None),
        (
            "kustomization.yaml",
            {"patches": [{"patch": json.dumps([{"op": "add", "path": AT_LABEL, "value": "eniOnly"}])}]},
            "Kustomization '.'",
        ),
        (
            "kustomization.yaml",
            {"patchesJson6902": [{"patch": json.dumps([{"op": "add", "path": AT_LABEL, "value": "eniOnly"}])}]},
            "Kustomization '.'",
        ),
        (
            "kustomization.yaml",
            {"patchesStrategicMerge": ["x.yaml", json.dumps({**API, "spec": {"template": {"spec": STEERING}}})]},
            "Kustomization '.'",
        ),
        ("kustomization.yaml", {"helmCharts": [{"name": "a", "valuesInline": STEERING}]}, "Kustomization '.'"),
        ("kustomization.yaml", {"patches": [{"patch": "a: [", "target": {"kind": "a"}}]}, None),
        # Half a character, which JSON can contain, and a path that is deeper than any object.
        ("kustomization.yaml", {"patches": [f"spec: {json.dumps(STEERING)} # \ud800"]}, "Kustomization '.'"),
        ("x.json", {**ROLE, "text": f"spec: {json.dumps(STEERING)} # \ud800"}, "Role 'a'"),
        ("patch.json", [{"op": "add", "path": "/a" * 5000, "value": STEERING}], "file './patch.json'"),
        ("kustomization.yaml", {"commonAnnotations": {"a": "b"}, "metadata": STEERING}, None),
    ],
)
def test_pods_that_something_else_steers_are_undecided(here: Path, file: str, value: object, name: str | None) -> None:
    """Property 5: what is taken out of a manifest and put into a patch or a chart is not ok."""
    files = {"p.json": pool(team="a"), "pn.yaml": stream(networking()), file: json.dumps(value)}
    judged = judge_files(here, files, ".")
    assert (judged.problems, set(judged.facts)) == ([], {places_of(name)} if name else set())
    assert {rule for item in judged.report.undecided for rule in item.rules} == (
        {"ENI008", "ENI012"} if name else set()
    )


def test_a_kustomization_with_several_patches_is_told_once(here: Path) -> None:
    patch = {**API, "spec": {"template": {"spec": STEERING}}}
    quiet = {**API, "metadata": {"name": "web"}, "spec": {"template": {"spec": {"tolerations": []}}}}
    inline = [{"path": "a.yaml"}, {"path": "b.yaml"}, {"path": "c.yaml"}, {"patch": json.dumps(patch)}]
    files = {
        "p.json": pool(),
        "base/w.yaml": stream(workload(labels={"network": "trading"}), networking()),
        "base/kustomization.yaml": "resources: [w.yaml]\n",
        "prod/kustomization.yaml": json.dumps({"resources": ["../base"], "patches": inline}),
        "prod/a.yaml": stream(quiet),
        "prod/b.yaml": stream(patch),
        "prod/c.yaml": stream(patch),
    }
    (open_,) = judge_files(here, files, ".").report.undecided
    assert (open_.fact, str(open_.place)) == (places_of("Kustomization 'prod'"), "./prod/b.yaml:9:12")


TOLERATING = {"tolerations": [{"operator": "Exists"}]}
TOLERATE = [{"op": "add", "path": "/spec/template/spec/tolerations", "value": TOLERATING["tolerations"]}]
SCALE = [{"op": "replace", "path": "/spec/replicas", "value": 2}]


@pytest.mark.parametrize(
    ("patches", "is_judged"),
    [
        ([{"patch": json.dumps({**API, "spec": {"template": {"spec": TOLERATING}}})}], False),
        ([{"path": "patch.yaml"}], False),
        ([{"path": "patch.json", "target": {"kind": "Deployment", "name": "api"}}], False),
        ([{"path": "patch.json", "target": {"kind": "Deployment", "name": "a.*"}}], False),
        ([{"path": "patch.json", "target": {"labelSelector": "app=a"}}], False),
        ([{"path": "patch.json", "target": {"kind": "Deployment", "name": "web"}}], True),
        ([{"patch": json.dumps({**API, "spec": {"replicas": 2}})}], True),
        ([{"patch": json.dumps({**API, "metadata": {"name": "b"}, "spec": {"template": {"spec": TOLERATING}}})}], True),
        ([{"path": "missing.yaml"}, 1, {"patch": "a: ["}], True),
        ([{"patch": json.dumps(TOLERATE)}], False),
        ([{"patch": json.dumps(TOLERATE), "target": {"kind": "Deployment"}}], False),
        ([{"patch": json.dumps(SCALE), "target": {"kind": "Deployment", "name": "api"}}], True),
    ],
)
@pytest.mark.parametrize("steered", [STEERING, {}])
def test_pods_that_a_patch_completes_are_not_judged_without_it(
    here: Path,
    patches: list[Any],
    is_judged: bool,  # noqa: FBT001 - a parameter of the test
    steered: dict[str, Any],
) -> None:
    """The base lacks the toleration that the overlay adds: alone it is WL001, and built it is right."""
    labels = {"app": "a", "network": "trading"}
    template = {"metadata": {"labels": labels}, "spec": {**steered, "containers": [{"name": "a", "image": "b"}]}}
    base = {**API, "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "a"}}, "template": template}}
    files = {
        "p.json": pool(),
        "pn.yaml": stream(networking()),
        "base/w.yaml": stream(base),
        "base/kustomization.yaml": "resources: [w.yaml]\n",
        "prod/kustomization.yaml": json.dumps({"resources": ["../base"], "patches": patches}),
        "prod/patch.json": json.dumps(TOLERATE),
        "prod/patch.yaml": stream({**API, "spec": {"template": {"spec": TOLERATING}}}),
    }
    judged = judge_files(here, files, ".")
    assert ("WL001" in judged.rules) == is_judged
    assert places_of("Kustomization 'prod'") in judged.facts


DELIVERY = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": "apps"}}
APP = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "apps"}}
APP_SET = {**APP, "kind": "ApplicationSet"}
ON_ALL = {"target": {"kind": "Deployment"}}


def argo(path: str, **changes: object) -> dict[str, Any]:
    return {"source": {"repoURL": "https://a", "path": path, "kustomize": changes}}


@pytest.mark.parametrize(
    ("delivery", "keys", "command"),
    [
        ({**DELIVERY, "spec": {"path": "./live/base", "patches": [{"patch": json.dumps(TOLERATE), **ON_ALL}]}},
         "patches", "flux build kustomization --path ./live/base apps"),
        ({**DELIVERY, "spec": {"path": "/live/base", "patches": [{"patch": json.dumps(SCALE), **ON_ALL}]}}, "patches",
         "flux build kustomization --path /live/base apps"),
        ({**DELIVERY, "spec": {"path": "live/base", "images": [{"name": "a", "newTag": "b"}]}}, "", ""),
        ({**DELIVERY, "spec": {"path": "elsewhere", "patches": [{"patch": json.dumps(TOLERATE), **ON_ALL}]}}, "", ""),
        ({**DELIVERY, "spec": {"path": "./", "patches": [{"patch": json.dumps(SCALE), **ON_ALL}]}}, "", ""),
        ({**DELIVERY, "apiVersion": "a/v1", "spec": {"path": "live/base", "components": ["a"]}}, "", ""),
        ({**APP, "spec": argo("live/base", replicas=[{"name": "api", "count": 9}])}, "replicas",
         "argocd app manifests apps"),
        ({**APP, "spec": {"sources": [1, argo("live/base", patches=[{"patch": json.dumps(TOLERATE)}])["source"]]}},
         "patches", "argocd app manifests apps"),
        ({**APP_SET, "spec": {"template": {"spec": argo("live/base", components=["a"])}}}, "components",
         "argocd app manifests apps"),
        ({**APP, "spec": argo("live/base", images=["a:b"])}, "", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("has_kustomization", [True, False])
def test_what_flux_and_argo_cd_change_is_undecided(
    here: Path, delivery: dict[str, Any], keys: str, command: str, *, has_kustomization: bool
) -> None:
    """They change the manifests of a folder as a kustomization does."""
    base = workload(notes=None, labels={"network": "trading"})
    files: dict[str, object] = {
        "live/p.json": pool(),
        "live/base/w.yaml": stream(networking(), base),
        "live/clusters/prod/apps.yaml": stream(delivery),
    }
    if has_kustomization:
        files["live/base/kustomization.yaml"] = "resources: [w.yaml]\n"
    judged = judge_files(here, {f"repo/{name}": value for name, value in files.items()}, "repo")
    told = {item.fact: str(item.hint).rpartition("check what it builds: ")[2] for item in judged.report.undecided}
    assert command in told.get(places_of(f"{delivery['kind']} 'apps'"), "")
    assert (keys == "") == (told == {})
    assert judged.problems == []


def test_pods_that_a_patch_completes_are_selected_as_others_are(here: Path) -> None:
    """By a PodNetworking that selects all pods of their namespace, whatever their labels."""
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "trading"}}}
    patch = [{"op": "add", "path": "/spec/template/spec/nodeSelector", "value": {"team": "b"}}]
    files = {
        "p.json": pool(team="a"),
        "pn.yaml": stream(networking(selector=selector)),
        "w.yaml": stream(workload(labels={"app": "a"}, tolerations=[], containers=[{"name": "a"}])),
        "kustomization.yaml": json.dumps({"resources": ["w.yaml"], "patches": [{"patch": json.dumps(patch)}]}),
    }
    assert places_of("Kustomization '.'") in judge_files(here, files, ".").facts


@pytest.mark.parametrize(
    ("notes", "of_pods"),
    [
        ({"eniplan.dev/node-pool": "trading"}, {}),
        ({"eniplan.dev/pod-networking": "trading-eni"}, {}),
        ({}, {"k8s.aliyun.com/pod-eni": "true"}),
    ],
)
def test_an_annotation_alone_directs_pods(here: Path, notes: dict[str, str], of_pods: dict[str, str]) -> None:
    """Nothing else says that they are for exclusive nodes, and such workloads are not kept in memory."""
    one = workload(notes=notes, tolerations=None, containers=[{"name": "a"}])
    one["spec"]["template"]["metadata"]["annotations"] = of_pods
    facts = {**CLUSTER, "terway": {**CLUSTER["terway"], "eniTrunking": False}}
    judged = judge_files(here, {"m.yaml": stream(one), "n.yaml": stream(networking()), "p.json": pool()}, cluster=facts)
    assert ("WL001" in judged.rules, judged.skipped) == (True, [])


def test_an_old_version_needs_no_selector(here: Path) -> None:
    old = workload("Deployment", tolerations=None, containers=[{"name": "a"}], **EXCLUSIVE)
    old["apiVersion"] = "extensions/v1beta1"
    del old["spec"]["selector"]
    assert "WL001" in judge_files(here, {"m.yaml": stream(old), "p.json": pool()}).rules
    old["apiVersion"] = "apps/v1"
    assert judge_files(here, {"m.yaml": stream(old), "p.json": pool()}).rules == set()


def test_patches_of_two_overlays_are_both_told(here: Path) -> None:
    patch = stream({**API, "spec": {"template": {"spec": STEERING}}})
    judged = judge_files(here, {"p.json": pool(), "a/patch.yaml": patch, "b/patch.yaml": patch}, ".")
    assert [str(item.place) for item in judged.report.undecided] == ["./a/patch.yaml:9:12", "./b/patch.yaml:9:12"]
    assert set(judged.facts) == {places_of(f"Deployment 'api' (./{folder}/patch.yaml)") for folder in "ab"}


@pytest.mark.parametrize("first", ["a.yaml", "z.yaml"])
def test_the_same_object_in_two_files_counts_once(here: Path, first: str) -> None:
    """Terraform applies manifests of the same repository, and rendered copies lie beside their sources."""
    objects = stream(networking(), workload(tolerations=[], labels={"network": "trading"}))
    (here / first).write_text(objects)
    hcl = "".join(
        f'resource "kubernetes_manifest" "m{i}" {{\n  manifest = yamldecode(split("---", file("{first}"))[{i}])\n}}\n'
        for i in range(2)
    )
    alone = judge_files(here, {"p.json": pool(), first: objects})
    judged = judge_files(here, {"p.json": pool(), "m.tf": hcl, first: objects})
    kept, left = sorted(("m.tf", first))
    assert judged.rules == alone.rules
    assert judged.report.pools == alone.report.pools
    assert judged.places["WL001"].startswith(kept)
    assert [item for item in judged.skipped if "same object" in item[1]] == [
        (f"{left}: PodNetworking 'trading-eni'", f"the same object is in {kept}"),
        (f"{left}: StatefulSet 'matcher'", f"the same object is in {kept}"),
    ]


def test_a_plan_beside_its_configuration_knows_what_that_does_not(here: Path) -> None:
    """A PodNetworking that the configuration knows in part counts once; one that says something else stays a second."""
    spec: dict[str, Any] = {
        "allocationType": {"type": "Elastic"},
        "eniOptions": {"eniType": "ENI"},
        "selector": {"podSelector": {"matchLabels": {"a": "b"}}},
        "securityGroupIDs": ["sg-pods"],
        "vSwitchOptions": ["vsw-j"],
    }
    head = {"apiVersion": "network.alibabacloud.com/v1beta1", "kind": "PodNetworking", "metadata": {"name": "pn"}}
    made = {"actions": ["create"], "before": None, "after": {"manifest": head | {"spec": spec}}, "after_unknown": {}}
    planned = terraform_plan(AFTER)
    planned["resource_changes"].append(
        {"address": "kubernetes_manifest.pn", "mode": "managed", "type": "kubernetes_manifest", "change": made}
    )
    text = json.dumps(head | {"spec": spec}).replace('"sg-pods"', "var.sg").replace(":", " =")
    main = f'resource "kubernetes_manifest" "pn" {{\n  manifest = {text}\n}}\nvariable "sg" {{}}\n'
    main = main.replace("network.alibabacloud.com/v1beta1 =", "network.alibabacloud.com/v1beta1:")
    judged = judge_files(here, {"plan.json": planned, "a.tf": main}, ".")
    assert (judged.problems, judged.rules & {"PN008", "PN011"}) == ([], set())
    assert ("./a.tf: PodNetworking 'pn'", "the same object is in plan.json") in judged.skipped
    others = [('"Elastic"', '"Fixed"'), ('["vsw-j"]', '["vsw-j", "vsw-k"]'), ('"a" =', '"x" =')]
    others += [('["vsw-j"]', '"vsw-j"'), ('["vsw-j"]', '{"a" = "b"}'), ('{"a" = "b"}', '["a"]')]
    for other in others:
        assert other[0] in main
        judged = judge_files(here, {"a.tf": main.replace(*other)}, ".")
        assert "PN011" in judged.rules


def test_objects_of_one_name_that_differ_are_both_judged(here: Path) -> None:
    one, other = (workload(replicas=n, labels={"network": "trading"}) for n in (1, 2))
    files = {"p.json": pool(), "a.yaml": stream(networking(), one), "b.yaml": stream(other)}
    assert "WL004" in judge_files(here, files).rules
    assert "WL004" in judge_files(here, {"p.json": pool(), "a.yaml": stream(networking(), one, one)}).rules


@pytest.mark.parametrize(
    ("base", "overlay", "keys"),
    [
        ("resources: [all.yaml]", "{resources: [../base], replicas: [{name: matcher, count: 90}]}", "replicas"),
        ("resources: [all.yaml]", "{bases: [../base], patches: [{patch: x}], namePrefix: a-}", "patches, namePrefix"),
        ("{resources: [.], components: [all.yaml]}", "{resources: [../base], images: [{name: a}]}", None),
        ("resources: [all.yaml]", "{resources: [../base], images: [], configMapGenerator: [], patches: []}", None),
        ("resources: [all.yaml]", "{resources: [../else], namespace: other}", None),
        (
            "resources: [all.yaml]",
            (
                "{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, metadata: {name: a},"
                " bases: [../base], configMapGenerator: [{name: a}], secretGenerator: [{name: a}],"
                " generatorOptions: {labels: {a: b}}, sortOptions: {order: fifo},"
                " buildMetadata: [originAnnotations], openapi: {path: a}, crds: [a]}"
            ),
            None,
        ),
        ("resources: 1", "{resources: [../base, 1], namespace: other}", None),
    ],
)
def test_kustomizations_that_change_what_is_checked_are_named(
    here: Path, base: str, overlay: str, keys: str | None
) -> None:
    """Only what kustomize builds is deployed; the files alone may have other replicas, labels or tolerations."""
    spec = {"nodeSelector": {"a": "b"}, "containers": [{"name": "a", "image": "b"}]}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": spec}
    about = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "other"}}
    other = {**about, "spec": {"selector": {"matchLabels": {"app": "a"}}, "template": template}}
    files = {
        "infra/base/all.yaml": stream(networking(), workload(labels={"network": "trading"})),
        "infra/base/kustomization.yaml": base,
        "infra/other/kustomization.yaml": "{resources: [quiet.yaml], namespace: a}",
        "infra/other/quiet.yaml": stream(other),
        "infra/pool.json": pool(),
        "infra/prod/kustomization.yaml": overlay,
    }
    why = "its {} may change infra/base/all.yaml; check what it builds: kubectl kustomize infra/{}"
    told = {places_of("Kustomization 'infra/prod'"): why.format(keys, "prod")}
    own = {places_of("Kustomization 'infra/base'"): why.format("components", "base")}
    judged = judge_files(here, files, "infra")
    assert {item.fact: str(item.hint) for item in judged.report.undecided} == (
        told if keys else own if "components" in base else {}
    )


@pytest.mark.parametrize(
    "text", ["{{- if .Values.on }}\nkind: a\n{{- end }}\n", "spec:\n  replicas: {{ .Values.n }}\n"]
)
def test_a_template_that_is_named_asks_to_be_rendered(here: Path, text: str) -> None:
    (problem,) = judge_files(here, {"a.yaml": text}, "a.yaml").report.problems
    assert str(problem.hint).endswith("; if it is a template, render it first: helm template")
    plain = judge_files(here, {"a.yaml": "a: b: c\n"}, "a.yaml").report.problems
    assert "template" not in str(plain[0].hint)


def test_a_kustomization_needs_no_kind(here: Path) -> None:
    """A hook passes every changed file."""
    files = {"pool.json": pool(), "kustomization.yaml": "resources: [a.yaml]\nnamespace: a\n"}
    judged = judge_files(here, files)
    assert judged.problems == []
    why = "a kustomization: check what it builds (kubectl kustomize)"
    assert judged.skipped == [("kustomization.yaml", why)]
    assert ("./kustomization.yaml", why) in judge_files(here, files, ".").skipped
    assert judged.rules == judge_files(here, {"pool.json": pool()}).rules


def test_objects_of_a_list(here: Path) -> None:
    items = {"apiVersion": "v1", "kind": "List", "items": [namespace(), workload(tolerations=[]), 3]}
    judged = judge_files(here, {"m.json": items, "p.json": pool()})
    assert judged.places["WL001"].endswith(" items[1].spec.template.spec.tolerations")


@pytest.mark.parametrize(
    ("item", "title", "why"),
    [
        ({"apiVersion": "v1", "kind": "Service"}, "Service", "nothing that eniplan checks"),
        (
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "labels": {EXCLUSIVE_LABEL: "eniOnly"}}},
            "Node 'a'",
            "it is of a running cluster: `eniplan verify --from m.json`",
        ),
        (
            {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": {"name": "a"}},
            "Job 'a'",
            "nothing that eniplan checks",
        ),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}}, "Deployment", "it has no name"),
        (
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "{{ .Release.Name }}"}},
            "Service '{{ .Release.Name }}'",
            "a template: render it first (helm template)",
        ),
        (
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replicas": 2}},
            "Deployment 'a'",
            "it is only a part (a patch?)",
        ),
        (
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "a"},
                "spec": {"template": {"spec": {}}},
            },
            "Deployment 'a'",
            "it is only a part (a patch?)",
        ),
    ],
)
def test_objects_that_are_left_alone(here: Path, item: dict[str, Any], title: str, why: str) -> None:
    judged = judge_files(here, {"m.json": item})
    assert (judged.skipped, judged.problems, judged.report.exit_code) == ([(f"m.json: {title}", why)], [], 0)


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (
            workload() | {"spec": workload()["spec"] | {"replicas": "x"}},
            "'replicas' must be a whole number, not \"x\" [spec.replicas]",
        ),
        (workload(tolerations="x"), "'tolerations' must be a list [spec.template.spec.tolerations]"),
        (
            workload(tolerations=["x"]),
            "an item of 'tolerations' must be a map [spec.template.spec.tolerations[0]]",
        ),
        (policy(podSelector="x"), "podSelector is not a label selector [spec.podSelector]"),
        (networking(vSwitchOptions="x"), "'vSwitchOptions' must be a list, not \"x\" [spec.vSwitchOptions]"),
        (
            networking(selector={"podSelector": {"matchLabels": {"a": 1}}}),
            "'a' must be text, not 1 [spec.selector.podSelector.matchLabels.a]",
        ),
    ],
)
def test_objects_of_the_wrong_form(here: Path, item: dict[str, Any], problem: str) -> None:
    judged = judge_files(
        here, {"m.yaml": stream(item, workload(notes={"a": "b"}, labels={"x": "y"})), "p.json": pool()}
    )
    assert [found.partition(": ")[2] for found in judged.problems] == [problem]
    assert judged.report.exit_code == 3


# --- pods that land there unasked, and kinds beyond the usual ----------------------------------------------------


def agent(kind: str = "DaemonSet", **spec: object) -> dict[str, Any]:
    usual: dict[str, object] = {"tolerations": [{"operator": "Exists"}], "containers": [{"name": "a"}]}
    found = workload(kind, None, None, **(usual | spec))
    found["metadata"]["name"] = "agent"
    return found


def full(replicas: int = 21) -> dict[str, Any]:
    found = workload()
    found["spec"]["replicas"] = replicas
    return found


MISSPELT = "k8s.aliyun.com/exclusive-eni-mode-type"


def term(operator: str, *values: str, key: str = EXCLUSIVE_LABEL) -> dict[str, Any]:
    rule = {"key": key, "operator": operator, **({"values": list(values)} if values else {})}
    required = {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


@pytest.mark.parametrize(
    ("guest", "rules", "facts"),
    [
        (agent(), {"ENI008"}, 0),
        (agent(nodeSelector={"kubernetes.io/os": "linux"}), {"ENI008"}, 0),
        (agent(nodeSelector={"kubernetes.io/arch": "amd64"}), {"ENI008"}, 0),
        (agent(tolerations=[TOLERATION]), {"ENI008"}, 0),
        # kept away
        (agent(hostNetwork=True), set(), 0),
        (agent(tolerations=[]), set(), 0),
        (agent(**term("NotIn", "eniOnly")), set(), 0),
        (agent(**term("DoesNotExist")), set(), 0),
        (agent(nodeSelector={"disk": "ssd"}), set(), 0),
        (agent(nodeSelector={"kubernetes.io/os": "windows"}), set(), 0),
        (agent(nodeSelector={"kubernetes.io/arch": "arm64"}), set(), 0),
        # perhaps
        (agent(nodeSelector={"kubernetes.io/hostname": "node-1"}), set(), 1),
        (agent("Deployment"), set(), 1),
    ],
)
def test_guests(here: Path, guest: dict[str, Any], rules: set[str], facts: int) -> None:
    judged = judge_files(here, {"m.yaml": stream(full(), guest), "p.json": pool()})
    assert (judged.rules, judged.problems, len(judged.facts)) == (rules, [], facts)
    if rules:
        assert "including DaemonSet 'agent' on every node" in judged.report.findings[0].message
        assert judged.skipped == []


@pytest.mark.parametrize("key", ["aliyun.accelerator/nvidia_name", "nvidia.com/gpu.present"])
@pytest.mark.parametrize(
    ("types", "may"),
    [(["ecs.g8i.8xlarge"], False), (["ecs.gn7i-c32g1.8xlarge"], True), (["ecs.g8i.8xlarge", "ecs.x9.large"], True)],
)
def test_labels_of_nodes_with_gpus(here: Path, key: str, types: list[str], may: bool) -> None:  # noqa: FBT001 - a parameter
    """ACK and NVIDIA's operator set them, and no pool says so. Instance data say which types have none."""
    body = pool()
    body["scaling_group"]["instance_types"] = types
    judged = judge_files(here, {"m.yaml": stream(full(), agent(nodeSelector={key: "x"})), "p.json": body})
    open_ = "the node pool of DaemonSet 'agent': whether its nodes are those of pool 'trading'"
    assert (open_ in judged.facts or "ecs.x9.large" in types) == may
    judged = judge_files(here, {"m.yaml": stream(workload(nodeSelector={key: "x"})), "p.json": body})
    assert ("the node pool of StatefulSet 'matcher'" in judged.facts) == (not may)


def test_pools_with_and_without_gpus_are_not_alike(here: Path) -> None:
    plan = yaml.safe_load((EXAMPLES / "trading-ipv4.yaml").read_text("utf-8"))
    (one,) = plan["nodePools"]
    del one["instanceTypes"]
    families = {"a": "ecs.ebmg7", "b": "ecs.gn7s"}
    plan |= {"nodePools": [{**one, "name": n, "instanceFamilies": [f]} for n, f in families.items()], "workloads": []}
    plan["podNetworkings"] = []
    item = workload(nodeSelector={"nvidia.com/gpu.present": "true"})
    judged = judge_files(here, {"plan.yaml": yaml.safe_dump(plan), "m.yaml": stream(item)})
    assert "the node pool of StatefulSet 'matcher'" not in judged.facts
    used = {sheet.name: [taker.name for taker in sheet.use.takers] for sheet in judged.report.pools if sheet.use}
    assert ["matcher" in used.get(name, ()) for name in "ab"] == [False, True]


def test_guests_that_find_room_leave_nothing_open(here: Path) -> None:
    for guest in (agent(), agent("Deployment")):
        judged = judge_files(here, {"m.yaml": stream(full(18), guest), "p.json": pool()})
        assert (judged.rules, judged.facts) == (set(), {})


@pytest.mark.parametrize("replicas", [["x"], "3", None, 10**30])
def test_guests_of_an_unknown_number_may_fill_the_pool(here: Path, replicas: object) -> None:
    guest = agent("Deployment")
    guest["spec"]["replicas"] = replicas
    judged = judge_files(here, {"m.yaml": stream(full(18), guest), "p.json": pool()})
    assert (judged.rules, judged.problems, len(judged.facts)) == (set(), [], 0 if replicas is None else 1)


@pytest.mark.parametrize(
    ("own", "replicas", "facts"), [(20, None, 0), (21, None, 1), (20, 1, 0), (20, 2, 1), (21, 0, 0)]
)
def test_as_many_guests_as_there_is_room_for(here: Path, own: int, replicas: int | None, facts: int) -> None:
    guest = agent("Deployment")
    guest["spec"]["replicas"] = replicas
    judged = judge_files(here, {"m.yaml": stream(full(own), guest), "p.json": pool()})
    assert (judged.rules, len(judged.facts)) == (set(), facts)


def test_a_daemon_set_for_a_pool_that_was_not_passed(here: Path) -> None:
    daemons = agent(**EXCLUSIVE, containers=[{"name": "a", **REQUEST}], nodeName="x")
    judged = judge_files(here, {"m.yaml": stream(daemons), "pn.yaml": stream(networking())})
    assert judged.problems == []
    assert any("node pool" in fact for fact in judged.facts)


@pytest.mark.parametrize(("most", "facts"), [(3, 0), (4, 1)])
def test_guests_that_an_autoscaler_adds_may_fill_the_pool(here: Path, most: int, facts: int) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "agent"}
    scaler = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "agent", "namespace": "trading"},
        "spec": {"scaleTargetRef": target, "maxReplicas": most},
    }
    judged = judge_files(here, {"m.yaml": stream(full(18), agent("Deployment"), scaler), "p.json": pool()})
    assert (judged.rules, len(judged.facts)) == (set(), facts)


def test_a_daemon_set_for_exclusive_nodes_is_on_all_of_them(here: Path) -> None:
    """It has a home in one pool, and takes an ENI of each node of the other as well."""
    for name in ("a", "b"):
        full_of = full()
        full_of["spec"]["template"]["spec"]["nodeSelector"] = {"team": name}
        items = stream(full_of, agent(**EXCLUSIVE, containers=[{"name": "a", **REQUEST}]))
        judged = judge_files(here, {"m.yaml": items, "p.json": pool(team="a"), "q.json": pool("web", team="b")})
        assert (judged.rules, judged.facts) == ({"ENI008"}, {})


@pytest.mark.parametrize("word", ["${APP}", "$APP", "{{ app }}", "__APP__", "app-__APP__", "@APP@", "<app>"])
def test_labels_that_another_program_fills_in_may_be_any(here: Path, word: str) -> None:
    for label, selected in ((word, word), (word, "web"), ("web", word)):
        item = workload(labels={"app": label})
        item["spec"]["selector"] = {"matchLabels": {"app": selected}}
        judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool()})
        assert (judged.rules, judged.facts) == (set(), {})


def test_a_name_that_kubernetes_completes(here: Path) -> None:
    one = workload("Job")
    del one["metadata"]["name"]
    one["metadata"]["generateName"] = "batch-"
    judged = judge_files(here, {"m.yaml": stream(one, one), "p.json": pool()})
    assert (judged.rules, judged.facts) == (set(), {})
    one["metadata"]["name"] = "batch-x7f2k"  # as it is read from the cluster
    (found,) = judge_files(here, {"m.yaml": stream(one), "p.json": pool()}).report.pools
    assert found.use is not None
    assert [taker.name for taker in found.use.takers] == ["batch-x7f2k"]


def test_a_namespace_that_keeps_the_webhook_away(here: Path) -> None:
    off = namespace(**{"k8s.aliyun.com/pod-eni": "false"})
    pods = workload(labels={"network": "trading"}, tolerations=[], containers=[{"name": "a"}])
    judged = judge_files(here, {"m.yaml": stream(off, networking(), pods), "p.json": pool()})
    assert (judged.rules, judged.facts) == (set(), {})  # then they are pods like others
    pods = workload(labels={"network": "trading"})
    judged = judge_files(here, {"m.yaml": stream(off, networking(), pods), "p.json": pool()})
    assert judged.rules == {"WL015"}


@pytest.mark.parametrize(
    ("pods", "spec", "told"),
    [
        (workload(labels={"network": "trading"}, containers=[{"name": "a"}]), {}, True),  # and they tolerate the taint
        (workload("DaemonSet", {"network": "trading"}, containers=[{"name": "a"}]), {}, False),
        (workload(labels={"network": "trading"}, containers=[{"name": "a"}]), {"podSelector": {}}, False),
        (workload(labels={"network": "other"}, containers=[{"name": "a"}]), {}, False),
        (workload(labels={"network": "trading"}, containers=[{"name": "a"}]), None, True),
    ],
)
def test_pods_that_only_a_webhook_kept_away_would_direct(
    here: Path,
    pods: dict[str, Any],
    spec: dict[str, Any] | None,
    told: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    off = namespace(**{"k8s.aliyun.com/pod-eni": "false"})
    pods = copy.deepcopy(pods)
    if spec is None:  # they name their network themselves
        note = {"k8s.aliyun.com/pod-networks-request": '[{"network": "trading-eni"}]'}
        pods["spec"]["template"]["metadata"] = {"annotations": note}
    item = networking(selector=spec) if spec != {} else networking()
    judged = judge_files(here, {"m.yaml": stream(off, item, pods), "p.json": pool()})
    assert ("WL015" in judged.rules) == told
    if told:
        assert judged.places["WL015"].endswith("metadata.namespace")


def test_a_label_of_a_namespace_without_quotes(here: Path) -> None:
    off = namespace()
    off["metadata"]["labels"] = {"k8s.aliyun.com/pod-eni": False}
    pods = workload(labels={"network": "trading"})
    judged = judge_files(here, {"m.yaml": stream(off, networking(), pods), "p.json": pool()})
    (problem,) = judged.report.problems
    assert (problem.message, problem.hint) == ("'k8s.aliyun.com/pod-eni' must be text", "write it in quotes")
    assert problem.place.path == 'metadata.labels["k8s.aliyun.com/pod-eni"]'
    assert judged.rules == {"WL015"}


def test_a_webhook_kept_away_where_no_pool_has_a_taint(here: Path) -> None:
    off = namespace(**{"k8s.aliyun.com/pod-eni": "false"})
    pods = workload(labels={"network": "trading"}, containers=[{"name": "a"}])
    judged = judge_files(here, {"m.yaml": stream(off, networking(), pods), "p.json": pool(taint=None)})
    assert "WL015" not in judged.rules


def test_an_annotation_asks_for_an_eni_where_nothing_is_trunked(here: Path) -> None:
    pods = workload(containers=[{"name": "a"}])
    pods["spec"]["template"]["metadata"]["annotations"] = {"k8s.aliyun.com/pod-eni": "true"}
    facts = copy.deepcopy(CLUSTER)
    facts["terway"]["eniTrunking"] = False
    judged = judge_files(here, {"m.yaml": stream(pods), "p.json": pool()}, cluster=facts)
    assert (judged.rules, judged.skipped) == (set(), [])
    assert judge_files(here, {"m.yaml": stream(pods), "p.json": pool()}).facts == {}


def test_a_pool_without_taints_takes_every_daemon_set(here: Path) -> None:
    items = stream(full(), agent(tolerations=[]), agent("Deployment", tolerations=[]))
    judged = judge_files(here, {"m.yaml": items, "p.json": pool(taint=None)})
    assert (judged.rules, judged.facts) == ({"ENI008", "NP002"}, {})


@pytest.mark.parametrize(
    ("spec", "rules"),
    [
        (term("In", "enionly"), {"WL007"}),
        ({**term("In", "enionly"), "containers": [{"name": "a"}]}, {"WL007"}),
        ({"nodeSelector": {EXCLUSIVE_LABEL: "ENI"}}, {"WL007"}),
        ({"nodeSelector": {MISSPELT: "eniOnly"}}, {"WL007"}),
        ({"nodeSelector": {MISSPELT: "eniOnly"}, "containers": [{"name": "a"}]}, {"WL007"}),
        ({**term("Exists", key=MISSPELT), "containers": [{"name": "a"}]}, {"WL007"}),
        ({**term("In", "default", key=MISSPELT), "containers": [{"name": "a"}]}, set()),
        (term("NotIn", "eniOnly"), {"WL007"}),  # it asks for an ENI, and for nodes without any
        ({**term("In", "default"), "containers": [{"name": "a"}]}, set()),  # nothing of it is meant for exclusive nodes
        (term("In", "eniOnly", "x"), set()),
        (term("Gt", "1", key="generation"), set()),
    ],
)
def test_labels_are_compared_exactly(here: Path, spec: dict[str, Any], rules: set[str]) -> None:
    judged = judge_files(here, {"m.yaml": stream(workload(**spec)), "p.json": pool(generation="2")})
    assert (judged.rules, judged.facts) == (rules, {})


def test_a_trunk_networking_leads_nowhere(here: Path) -> None:
    trunk = networking(eniOptions={"eniType": "Trunk"})
    pods = workload("Deployment", {"network": "trading"}, tolerations=[], containers=[{"name": "a"}])
    judged = judge_files(here, {"m.yaml": stream(trunk, pods), "p.json": pool()})
    assert (judged.rules, judged.facts) == (set(), {})
    facts = copy.deepcopy(CLUSTER)
    facts["terway"]["eniTrunking"] = False
    judged = judge_files(here, {"m.yaml": stream(trunk, pods), "p.json": pool()}, cluster=facts)
    assert judged.rules == {"PN001", "WL001"}  # without trunking the webhook asks for exclusive ENIs


def test_a_fixed_networking_is_passed_by_for_another(here: Path) -> None:
    fixed = networking("kept", allocationType={"type": "Fixed", "releaseStrategy": "Never"})
    pods = workload("Deployment", {"network": "trading"})
    judged = judge_files(here, {"m.yaml": stream(fixed, networking(), pods), "p.json": pool()})
    assert "PN009" not in judged.rules
    pods = workload("StatefulSet", {"network": "trading"})
    judged = judge_files(here, {"m.yaml": stream(fixed, networking(), pods), "p.json": pool()})
    assert [fact for fact in judged.facts if "podNetworking" in fact or "PodNetworking" in fact]


def of_kind(version: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "own", "namespace": "trading"}, "spec": spec}


TEMPLATE = workload(tolerations=[])["spec"]["template"]


@pytest.mark.parametrize(
    ("item", "title"),
    [
        (of_kind("apps/v1", "ReplicaSet", {"selector": {}, "template": TEMPLATE}), "ReplicaSet 'own'"),
        (of_kind("apps.kruise.io/v1alpha1", "CloneSet", {"selector": {}, "template": TEMPLATE}), "CloneSet 'own'"),
        (of_kind("apps.kruise.io/v1beta1", "StatefulSet", {"selector": {}, "template": TEMPLATE}), "StatefulSet 'own'"),
        (of_kind("apps.kruise.io/v1alpha1", "DaemonSet", {"selector": {}, "template": TEMPLATE}), "DaemonSet 'own'"),
        (of_kind("apps.kruise.io/v1alpha1", "BroadcastJob", {"template": TEMPLATE}), "BroadcastJob 'own'"),
        (of_kind("game.kruise.io/v1alpha1", "GameServerSet", {"gameServerTemplate": TEMPLATE}), "GameServerSet 'own'"),
        (of_kind("argoproj.io/v1alpha1", "Rollout", {"selector": {}, "template": TEMPLATE}), "Rollout 'own'"),
        (of_kind("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": {"Worker": {"template": TEMPLATE}}}),
         "PyTorchJob 'own-worker'"),
        ({"apiVersion": "v1", "kind": "List", "items": [of_kind(
            "v1", "List", {}) | {"items": [of_kind("apps/v1", "ReplicaSet", {"selector": {}, "template": TEMPLATE})]}]},
         "ReplicaSet 'own'"),
    ],
)  # fmt: skip
def test_kinds_beyond_the_usual(here: Path, item: dict[str, Any], title: str) -> None:
    judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool()})
    assert (judged.rules, judged.problems) == ({"WL001"}, [])
    assert judged.report.findings[0].message.startswith(title)


@pytest.mark.parametrize(
    ("kind", "numbers", "needed"),
    [
        ("Job", {"parallelism": 50, "completions": 22}, 22),
        ("Job", {"parallelism": 50, "completions": 21}, None),
        ("Job", {"parallelism": 22, "completions": 50}, 22),
        ("Job", {"parallelism": 22, "completions": None}, 22),
        ("Job", {"completions": 50}, None),
        ("CronJob", {"parallelism": 50, "completions": 22}, 22),
        ("CronJob", {"parallelism": 50, "completions": 3}, None),
    ],
)
def test_a_job_never_runs_more_pods_than_it_completes(
    here: Path, kind: str, numbers: dict[str, Any], needed: int | None
) -> None:
    job = workload(kind)
    inner = job["spec"] if kind == "Job" else job["spec"]["jobTemplate"]["spec"]
    del inner["parallelism"]
    inner |= numbers
    judged = judge_files(here, {"m.yaml": stream(job), "p.json": pool()})
    assert [f.facts["needed"] for f in judged.report.findings] == ([] if needed is None else [needed])
    assert not judged.problems


def test_the_place_of_a_number_that_caps_a_job(here: Path) -> None:
    job = workload("Job")
    job["spec"] |= {"parallelism": 3, "completions": -1}
    (problem,) = judge_files(here, {"m.yaml": stream(job), "p.json": pool()}).problems
    assert problem.endswith("[spec.completions]")


ARGO = "argoproj.io/v1alpha1"


class TestRollouts:
    """Rollouts of Argo, on a pool of 21 exclusive ENIs."""

    @pytest.mark.parametrize(
        ("strategy", "replicas", "told"),
        [
            ({"blueGreen": {"activeService": "a"}}, 21, True),
            ({"blueGreen": {"activeService": "a"}}, 11, True),
            ({"blueGreen": {"activeService": "a"}}, 10, False),
            ({"canary": {}}, 21, False),
            ({"canary": {"maxUnavailable": 0}}, 21, True),
            ({"canary": {"maxUnavailable": 0}}, 20, False),
        ],
    )
    def test_updates(self, here: Path, strategy: dict[str, Any], replicas: int, told: bool) -> None:  # noqa: FBT001 - a parameter
        template = workload()["spec"]["template"]
        spec = {"selector": {}, "template": template, "replicas": replicas, "strategy": strategy}
        judged = judge_files(here, {"m.yaml": stream(of_kind(ARGO, "Rollout", spec)), "p.json": pool()})
        assert judged.rules == ({"WL016"} if told else set())
        if told and "blueGreen" in strategy:
            (finding,) = judged.report.findings
            assert finding.message == (
                f"a blue-green update of Rollout 'own' runs {replicas} new pods beside those that it replaces, and "
                f"the pods of pool 'trading' leave too few ENIs for them: {replicas} of 21 are used"
            )
            assert finding.hint.startswith(f"leave room for {replicas} more pods, ")
            assert judged.places["WL016"].endswith("spec.strategy")

    @pytest.mark.parametrize(
        ("own", "spec", "found"),
        [
            (0, {"replicas": 22}, (22, "error")),
            (0, {"replicas": 21}, None),
            (None, {"replicas": 22}, (22, "error")),
            (3, {}, None),
            (0, {"replicas": 1}, None),
        ],
    )
    def test_one_that_runs_the_pods_of_a_deployment(
        self, here: Path, own: int | None, spec: dict[str, Any], found: tuple[int, str] | None
    ) -> None:
        pods = workload("Deployment")
        del pods["spec"]["replicas"]
        pods["spec"] |= {} if own is None else {"replicas": own}
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "matcher"}
        argo = of_kind(ARGO, "Rollout", {"workloadRef": reference, **spec})
        judged = judge_files(here, {"m.yaml": stream(argo, pods), "p.json": pool()})
        assert [(f.facts["needed"], f.level) for f in judged.report.findings] == ([] if found is None else [found])
        assert (judged.skipped, judged.problems) == ([], [])
        (sheet,) = judged.report.pools
        assert sheet.use is not None
        assert sheet.use.used[1] == max(own if own is not None else 1, spec.get("replicas", 1))

    def test_an_autoscaler_of_such_a_rollout(self, here: Path) -> None:
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "matcher"}
        argo = of_kind(ARGO, "Rollout", {"workloadRef": reference})
        pods = workload("Deployment")
        judged = judge_files(here, {"m.yaml": stream(argo, pods, scaler(30, "Rollout", "own")), "p.json": pool()})
        assert [(f.facts["needed"], f.level) for f in judged.report.findings] == [(30, "warning")]

    def test_a_part_of_one_is_a_patch(self, here: Path) -> None:
        argo = of_kind(ARGO, "Rollout", {"replicas": 3})
        judged = judge_files(here, {"m.yaml": stream(argo, workload()), "p.json": pool()})
        assert judged.skipped == [("m.yaml: Rollout 'own'", "it is only a part (a patch?)")]


@pytest.mark.parametrize(
    ("kind", "strategy", "told"),
    [
        ("CloneSet", {"maxSurge": 1, "maxUnavailable": 0}, True),
        ("CloneSet", {"type": "InPlaceIfPossible", "maxSurge": 1, "maxUnavailable": 0}, True),
        ("CloneSet", {"maxUnavailable": 1}, False),
        ("CloneSet", {}, False),
        ("DaemonSet", {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, True),
        ("DaemonSet", {"type": "RollingUpdate"}, False),
    ],
)
def test_updates_of_open_kruise(here: Path, kind: str, strategy: dict[str, Any], told: bool) -> None:  # noqa: FBT001 - a parameter
    template = workload()["spec"]["template"]
    item = of_kind("apps.kruise.io/v1alpha1", kind, {"selector": {}, "template": template, "updateStrategy": strategy})
    item["spec"] |= {"replicas": 21} if kind == "CloneSet" else {}
    rest = workload()
    rest["spec"]["replicas"] = 0 if kind == "CloneSet" else 18
    judged = judge_files(here, {"m.yaml": stream(item, rest), "p.json": pool()})
    assert judged.rules == ({"WL016"} if told else set())
    if told:
        assert judged.places["WL016"].endswith("spec.updateStrategy")


def test_a_list_of_one_kind(here: Path) -> None:
    """As the API server answers: its items have no kind."""
    one = workload("Deployment")
    one["spec"]["replicas"] = 22
    items = [{key: item for key, item in one.items() if key not in {"apiVersion", "kind"}}, "x"]
    whole = {"apiVersion": "apps/v1", "kind": "DeploymentList", "metadata": {}, "items": items}
    judged = judge_files(here, {"m.json": whole, "p.json": pool()})
    assert (judged.rules, judged.skipped) == ({"ENI008"}, [])
    assert judged.report.pools[0].use is not None
    named = {"apiVersion": "x/v1", "kind": "ThingList", "items": [one]}
    assert judge_files(here, {"m.json": named, "p.json": pool()}).rules == {"ENI008"}


def test_a_version_of_pod_networkings_that_does_not_exist(here: Path) -> None:
    item = networking() | {"apiVersion": "network.alibabacloud.com/v1"}
    judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool()})
    (problem,) = judged.report.problems
    assert (problem.message, judged.skipped) == ("Terway's PodNetworking has no version 'v1'", [])
    assert (problem.place.path, problem.hint) == ("apiVersion", "write network.alibabacloud.com/v1beta1")
    other = networking() | {"apiVersion": "network.ucloud.cn/v1beta1"}
    judged = judge_files(here, {"m.yaml": stream(other), "p.json": pool()})
    assert (judged.problems, judged.skipped) == (
        [],
        [("m.yaml: PodNetworking 'trading-eni'", "nothing that eniplan checks")],
    )
    assert judge_files(here, {"m.yaml": stream(item | {"kind": "PodENI"}), "p.json": pool()}).problems == []


def test_every_role_is_counted(here: Path) -> None:
    template = workload()["spec"]["template"]
    roles = {"Master": {"replicas": 1, "template": template}, "Worker": {"replicas": 21, "template": template}}
    judged = judge_files(
        here, {"m.yaml": stream(of_kind("kubeflow.org/v1", "TFJob", {"tfReplicaSpecs": roles})), "p.json": pool()}
    )
    assert judged.rules == {"ENI008"}
    assert judged.report.findings[0].facts["needed"] == 22


@pytest.mark.parametrize(("stated", "name", "scales"), [
    (True, "own", True), (False, "own", True), (True, "own-worker", False), (True, "own-master", False),
])  # fmt: skip
def test_an_autoscaler_of_a_job_scales_its_workers(here: Path, stated: bool, name: str, scales: bool) -> None:  # noqa: FBT001 - parameters
    """Its scale is that of the workers, 3 here."""
    template = workload()["spec"]["template"]
    roles = {"Master": {"replicas": 1, "template": template}, "Worker": {"replicas": 3, "template": template}}
    job = of_kind("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": roles})
    target = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "name": name}
    about = {"name": "own"} | ({"namespace": job["metadata"].get("namespace", "default")} if stated else {})
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 20}
    scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": about, "spec": spec}
    for most in (20, 21):
        items = stream(job, scaler | {"spec": {**spec, "maxReplicas": most}})
        judged = judge_files(here, {"m.yaml": items, "p.json": pool()})
        assert (judged.rules == {"ENI008"}) == (scales and most > 20)


@pytest.mark.parametrize(
    ("policy", "rules"),
    [
        ({"maxReplicas": 20, "metrics": []}, set()),
        ({"maxReplicas": 21, "metrics": []}, {"ENI008"}),
        ({"maxReplicas": 21}, set()),
        ({"minReplicas": 21, "maxReplicas": 21, "metrics": []}, {"ENI008"}),
        ({"metrics": []}, set()),
        (None, set()),
        ("x", set()),
    ],
)
def test_kubeflow_scales_an_elastic_job(here: Path, policy: object, rules: set[str]) -> None:
    template = workload()["spec"]["template"]
    roles = {"Master": {"replicas": 1, "template": template}, "Worker": {"replicas": 3, "template": template}}
    job = of_kind("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": roles, "elasticPolicy": policy})
    judged = judge_files(here, {"m.yaml": stream(job), "p.json": pool()})
    assert (judged.rules, judged.facts) == (rules, {})
    levels = {finding.level for finding in judged.report.findings}
    assert levels <= ({"error"} if isinstance(policy, dict) and "minReplicas" in policy else {"warning"})


@pytest.mark.parametrize(("names", "takers"), [
    (["own"], [("own-master", 1), ("own-worker", 3)]),
    (["own-master", "own-worker"], [("own-master", 1), ("own-worker", 3)]),
    (["own-worker"], [("own-worker", 3)]),
    (["other"], [("other", 9)]),
])  # fmt: skip
@pytest.mark.parametrize("stated", [True, False])
def test_a_plan_may_have_a_job_or_its_roles(
    here: Path,
    names: list[str],
    takers: list[tuple[str, int]],
    stated: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Its pods count once, and are judged by the manifest, which itself asks for nothing."""
    plan = yaml.safe_load((EXAMPLES / "trading-ipv4.yaml").read_text("utf-8"))
    item = {"kind": "TFJob", "namespace": "trading", "replicas": 9, "nodePool": "trading"}
    plan["workloads"] = [{**item, "name": name} for name in names]
    bare = {"metadata": {"labels": {"a": "b"}}, "spec": BARE_POD}
    roles = {"Master": {"replicas": 1, "template": bare}, "Worker": {"replicas": 3, "template": bare}}
    job = of_kind("kubeflow.org/v1", "TFJob", {"tfReplicaSpecs": roles})
    if stated:
        job["metadata"]["namespace"] = "trading"
    else:
        del job["metadata"]["namespace"]
    judged = judge_files(here, {"plan.yaml": yaml.safe_dump(plan), "m.yaml": stream(job)})
    (found,) = judged.report.pools
    assert found.use is not None
    assert [(taker.name, taker.pods) for taker in found.use.takers if taker.name != "system pods"] == takers
    assert [f.rule.id for f in judged.report.findings].count("WL001") == (0 if names == ["other"] else len(takers))


@pytest.mark.parametrize("beside", [True, False])
def test_kinds_that_nobody_knows_are_told(here: Path, beside: bool) -> None:  # noqa: FBT001 - a parameter of the test
    ray = of_kind("ray.io/v1", "RayCluster", {"headGroupSpec": {"template": TEMPLATE}})
    other = of_kind(
        "batch.volcano.sh/v1alpha1", "Job", {"tasks": [{"template": {"spec": EXCLUSIVE | {"containers": []}}}]}
    )
    calm = of_kind("x.io/v1", "Thing", {"template": {"spec": {"containers": []}}})
    bare = of_kind("x.io/v1", "Bare", {"name": "containers"})
    schema = of_kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"template": TEMPLATE})
    files: dict[str, Any] = {"m.yaml": stream(ray, other, calm, bare, schema)} | ({"p.json": pool()} if beside else {})
    judged = judge_files(here, files)
    assert set(judged.facts) == {
        "where the pods of RayCluster 'own' run, and how many there are",
        "where the pods of Job 'own' run, and how many there are",
    }
    nothing = "nothing that eniplan checks"
    assert sorted(judged.skipped) == [
        ("m.yaml: Bare 'own'", nothing),
        ("m.yaml: CustomResourceDefinition 'own'", nothing),
        ("m.yaml: Thing 'own'", NOT_ASKING),
    ]


def affinity_to(value: str) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": EXCLUSIVE_LABEL, "operator": "In", "values": [value]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


NOT_ASKING = "its pods do not ask for exclusive nodes"
TERM = affinity_to("eniOnly")["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]
BARE_POD: dict[str, Any] = {"containers": [{"name": "c"}]}


@pytest.mark.parametrize(
    ("metadata", "spec", "told"),
    [
        ({"labels": {"network": "trading"}}, {}, True),
        ({"labels": {"network": "other"}}, {}, False),
        ({}, {"nodeSelector": {"team": "a"}}, True),
        ({}, {"nodeSelector": {"team": "b"}}, False),
        ({}, {"nodeSelector": {EXCLUSIVE_LABEL: "default"}}, False),
        ({"annotations": {"k8s.aliyun.com/pod-networks-request": '[{"network": "nets"}]'}}, {}, True),
        ({"labels": {"a": "b"}}, {"tolerations": [TOLERATION | {"value": "other"}]}, False),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_pods_of_unknown_kinds_are_directed_as_others_are(
    here: Path,
    first: bool,  # noqa: FBT001 - a parameter of the test
    metadata: dict[str, Any],
    spec: dict[str, Any],
    told: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """By a PodNetworking, by its name, or by a label of the pool; also the second of two templates."""
    asking = {"metadata": metadata, "spec": BARE_POD | spec}
    calm = {"metadata": {"labels": {"x": "y"}}, "spec": BARE_POD}
    leader, worker = (asking, calm) if first else (calm, asking)
    group = {"leaderTemplate": leader, "workerTemplate": worker, "size": 2}
    item = of_kind("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", {"leaderWorkerTemplate": group})
    files = {"m.yaml": stream(networking(), networking("nets", selector=None), item), "p.json": pool(team="a")}
    judged = judge_files(here, files)
    whole = "where the pods of LeaderWorkerSet 'own' run, and how many there are"
    assert (whole in judged.facts) == told
    if told:
        template = "leaderTemplate" if first else "workerTemplate"
        assert judged.facts[whole] == f"spec.leaderWorkerTemplate.{template}"
    assert judged.skipped == ([] if told else [("m.yaml: LeaderWorkerSet 'own'", NOT_ASKING)])


TERM_OF_MODE = {"matchExpressions": [{"key": EXCLUSIVE_LABEL, "operator": "In", "values": ["eniOnly"]}]}


@pytest.mark.parametrize(
    ("driver", "told"),
    [
        ({"nodeSelector": {EXCLUSIVE_LABEL: "eniOnly"}}, True),
        ({"affinity": affinity_to("eniOnly")}, True),
        ({"resources": {"limits": {"aliyun/eni": 1}}}, True),
        ({"nodeSelector": {EXCLUSIVE_LABEL: "default"}}, False),
        ({"affinity": affinity_to("default")}, False),
        ({"nodeSelector": {"team": "a"}}, True),
        ({"nodeSelector": {"team": "b"}}, False),
        ({"resources": {"requests": {"storage": "1Gi"}}}, None),
        ({"nodeSelector": "x", "affinity": [], "resources": {"limits": []}}, None),
        # labels
        ({"labels": {"network": "trading"}, "cores": 1}, True),
        ({"labels": {"network": "other"}, "cores": 1}, False),
        ({"labels": {"network": "${NETWORK}"}, "cores": 1}, True),
        ({"labels": {"network": "trading"}, "port": 1}, None),  # such as those of a Service
        ({"nodeLabels": {"team": "a"}}, True),  # of a ResourceFlavor
        ({"nodeSelectorTerm": TERM}, True),  # of a UnitedDeployment
        ({"requiredNodeSelectorTerm": TERM}, True),  # of a WorkloadSpread
        ({"preferredNodeSelectorTerms": [{"weight": 1, "preference": TERM}]}, None),
        ({"on": {EXCLUSIVE_LABEL: "eniOnly"}}, True),  # of a policy that overrides it
        ({"on": {EXCLUSIVE_LABEL: "default"}}, False),
        ({"required": TERM_OF_MODE}, True),  # of a trait of OAM
        ({"required": {**TERM_OF_MODE, "preference": TERM_OF_MODE}}, True),
        ({"preference": TERM_OF_MODE}, None),
        ({"match": {"key": EXCLUSIVE_LABEL, "value": "eniOnly"}}, None),  # such as a label of a machine
        ({"match": {"key": "team", "operator": "In", "values": ["a"]}}, None),  # any label of the pool
        ({"nodeLabels": {"team": "b"}}, False),
        ({"nodeLabels": {"team": "a"}, "nodeSelector": {"team": "b"}}, False),
        ({"podLabels": {"network": "trading"}}, True),
        ({"podMetadata": {"labels": {"network": "trading"}}}, True),
        ({"annotations": {"k8s.aliyun.com/pod-networks-request": '[{"network": "nets"}]'}, "cores": 1}, True),
    ],
)
def test_pods_without_a_template(here: Path, driver: dict[str, Any], told: bool | None) -> None:  # noqa: FBT001 - a parameter of the test
    """As a SparkApplication and the values of a HelmRelease spell them."""
    item = of_kind("sparkoperator.k8s.io/v1beta2", "SparkApplication", {"driver": {"cores": 1}, "executor": driver})
    item["metadata"]["labels"] = {"network": "trading", EXCLUSIVE_LABEL: "eniOnly"}  # of the object, not of its pods
    networks = stream(networking(), networking("nets", selector=None))
    judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool(team="a"), "n.yaml": networks})
    whole = "where the pods of SparkApplication 'own' run, and how many there are"
    assert {fact: path[:13] for fact, path in judged.facts.items()} == ({whole: "spec.executor"} if told else {})
    why = [NOT_ASKING] if told is False else ["nothing that eniplan checks"] if told is None else []
    assert judged.skipped == [("m.yaml: SparkApplication 'own'", each) for each in why]
    assert [item for item in judged.report.undecided if "does not tolerate" in item.hint] == []  # maybe elsewhere


@pytest.mark.parametrize(
    ("tolerations", "path"),
    [
        (([], []), "head"),
        (([TOLERATION], []), "worker"),
        (([TOLERATION], [TOLERATION]), None),
        (([], [{"operator": "Exists"}]), "head"),
        (("${TOLERATIONS}", "${TOLERATIONS}"), None),
    ],
)
def test_pods_of_unknown_kinds_that_no_pool_lets_in(
    here: Path, tolerations: tuple[object, object], path: str | None
) -> None:
    head, worker = ({"spec": BARE_POD | EXCLUSIVE | {"tolerations": each}} for each in tolerations)
    item = of_kind("ray.io/v1", "RayCluster", {"head": head, "worker": worker})
    judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool()})
    asked = judged.report.undecided[0]
    told = "; this pod template does not tolerate exclusive-eni=true:NoSchedule of pool 'trading'"
    assert (asked.hint.endswith(told), asked.place.path) == (path is not None, f"spec.{path or 'head'}")


def test_pods_that_may_be_for_another_pool_are_let_in_there(here: Path) -> None:
    item = of_kind("ray.io/v1", "RayCluster", {"head": {"spec": BARE_POD | EXCLUSIVE}})
    files = {"m.yaml": stream(item), "p.json": pool(), "q.json": pool("web", taint=None)}
    (asked,) = judge_files(here, files).report.undecided
    assert "tolerate" not in asked.hint
    beside = judge_files(here, {"m.yaml": stream(item)}).report.undecided
    assert not any("tolerate" in each.hint for each in beside)


@pytest.mark.parametrize("key", ["podTemplate", "pod"])
def test_labels_in_a_part_of_a_pod_template(here: Path, key: str) -> None:
    """As Flink's and Elastic's operators, and Strimzi's, take them."""
    item = of_kind("x.io/v1", "Thing", {"group": {key: {"metadata": {"labels": {"network": "trading"}}}}})
    judged = judge_files(here, {"m.yaml": stream(networking(), item), "p.json": pool()})
    assert judged.facts == {"where the pods of Thing 'own' run, and how many there are": f"spec.group.{key}"}


@pytest.mark.parametrize(("version", "kind", "told"), [
    ("serving.kserve.io/v1beta1", "InferenceService", True), ("x.io/v1", "Thing", False),
])  # fmt: skip
@pytest.mark.parametrize("asked", [{"matchLabels": {"network": "trading"}}, {}])
def test_kinds_that_pass_their_labels_on(
    here: Path,
    version: str,
    kind: str,
    told: bool,  # noqa: FBT001 - a parameter of the test
    asked: dict[str, Any],
) -> None:
    item = of_kind(version, kind, {"predictor": {"model": {"storageUri": "x"}}})
    item["metadata"]["labels"] = {"network": "trading"}
    networks = networking(selector={"podSelector": asked})
    judged = judge_files(here, {"d/m.yaml": stream(networks, item), "d/p.json": pool()}, "d")
    assert list(judged.facts) == ([f"where the pods of {kind} 'own' run, and how many there are"] if told else [])


@pytest.mark.parametrize("anchor", ["{}", "({})", "+({})", "^({})", "=({})", "<({})", "X({})"])
@pytest.mark.parametrize(("version", "told"), [("kyverno.io/v1", True), ("x.io/v1", False)])
def test_what_a_policy_adds_to_pods(here: Path, anchor: str, version: str, told: bool) -> None:  # noqa: FBT001 - a parameter of the test
    patch = {anchor.format("nodeSelector"): {anchor.format(EXCLUSIVE_LABEL): "eniOnly"}}
    item = of_kind(version, "ClusterPolicy", {"rules": [{"mutate": {"patchStrategicMerge": {"spec": patch}}}]})
    judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool()})
    whole = "where the pods of ClusterPolicy 'own' run, and how many there are"
    assert judged.facts == (
        {whole: "spec.rules[0].mutate.patchStrategicMerge.spec"} if told or anchor == "{}" else {}
    )  # fmt: skip


def test_labels_count_only_if_a_network_selects_by_them(here: Path) -> None:
    """Else each object with labels would have pods of a PodNetworking that selects all."""
    catch_all = networking(selector={"podSelector": {}})
    labels = of_kind("x.io/v1", "Thing", {"cores": 1, "labels": {"a": "b"}})
    pods = of_kind("x.io/v1", "Things", {"template": {"spec": BARE_POD}})
    judged = judge_files(here, {"m.yaml": stream(catch_all, labels, pods), "p.json": pool()})
    assert set(judged.facts) == {"where the pods of Things 'own' run, and how many there are"}


VALUES = f"""agent:
  nodeSelector:
    {EXCLUSIVE_LABEL}: eniOnly
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (VALUES, True),
        (json.dumps({"nodeSelector": {EXCLUSIVE_LABEL: "eniOnly"}}), True),
        (VALUES.replace("eniOnly", "default"), False),
        (f"echo 'nodeSelector: {EXCLUSIVE_LABEL}'", False),
        (f"{{{{- {EXCLUSIVE_LABEL} }}}}\nnodeSelector:", False),
        (json.dumps({"metadata": {"labels": {"network": "trading"}}, "spec": {"containers": []}}), False),
    ],
)
def test_pods_in_the_text_of_a_value(here: Path, text: str, told: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """As the values of a chart in an Application of Argo CD, or a pod template in a ConfigMap."""
    app = of_kind("argoproj.io/v1alpha1", "Application", {"sources": [{"helm": {"values": text}}] * 2})
    app["metadata"]["annotations"] = {"last-applied": VALUES}
    judged = judge_files(here, {"m.yaml": stream(networking(), app), "p.json": pool()})
    whole = "where the pods of Application 'own' run, and how many there are"
    assert judged.facts == ({whole: "spec.sources[0].helm.values"} if told else {})
    assert judged.problems == []


@pytest.mark.parametrize("template", [True, False])
@pytest.mark.parametrize(
    ("spec", "open_"),
    [
        ({"tolerations": [TOLERATION]}, True),
        ({"tolerations": [{"operator": "Exists"}]}, True),
        ({"tolerations": [TOLERATION], "nodeSelector": {"team": "b"}}, False),
        ({"tolerations": [TOLERATION], "hostNetwork": True}, False),
        ({"tolerations": [TOLERATION | {"value": "x"}]}, False),
    ],
)
def test_pods_of_unknown_kinds_may_fill_the_pool(
    here: Path,
    template: bool,  # noqa: FBT001 - a parameter of the test
    spec: dict[str, Any],
    open_: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """How many there are is not known."""
    inner = {"template": {"spec": BARE_POD | spec}} if template else spec
    item = of_kind("x.io/v1", "Thing", {"head": inner, "workers": [inner]})
    judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool(team="a")})
    assert judged.facts == (
        {"the node pool of Thing 'own': whether its nodes are those of pool 'trading'": "nodepool_info.name"}
        if open_ else {}
    )  # fmt: skip
    assert judged.skipped == ([] if open_ else [("m.yaml: Thing 'own'", NOT_ASKING)])


def test_a_plan_may_have_the_visitors_of_an_unknown_kind(here: Path) -> None:
    plan = (EXAMPLES / "trading-ipv4.yaml").read_text("utf-8")
    item = of_kind("x.io/v1", "Thing", {"tolerations": [{"operator": "Exists"}]})
    item["metadata"]["name"] = "matcher"
    assert judge_files(here, {"plan.yaml": plan, "m.yaml": stream(item)}).facts == {}
    item["metadata"]["name"] = "else"
    assert judge_files(here, {"plan.yaml": plan, "m.yaml": stream(item)}).facts


@pytest.mark.parametrize("spec", [{"template": TEMPLATE}, {"driver": {"cores": 1, "labels": {"network": "trading"}}}])
def test_pods_of_unknown_kinds_in_a_folder(here: Path, spec: dict[str, Any]) -> None:
    """Also if their file does not name exclusive nodes: a PodNetworking in another one directs them."""
    item = of_kind("x.io/v1", "Thing", copy.deepcopy(spec))
    if "template" in spec:
        item["spec"]["template"] = {"metadata": {"labels": {"network": "trading"}}, "spec": BARE_POD}
    files = {"d/m.yaml": stream(item), "d/n.yaml": stream(networking()), "d/p.json": pool()}
    judged = judge_files(here, files, "d")
    assert list(judged.facts) == ["where the pods of Thing 'own' run, and how many there are"]
    assert judged.facts == judge_files(here, files, *files).facts


def test_values_without_objects_in_a_folder_are_not_parsed(here: Path) -> None:
    values = "containers: [\n"
    judged = judge_files(here, {"d/values.yaml": values, "d/p.json": pool()}, "d")
    assert (judged.problems, judged.skipped) == ([], [("d/values.yaml", "nothing that eniplan checks")])


def test_pods_of_an_unknown_kind_without_pools(here: Path) -> None:
    template = {"metadata": {"labels": {"network": "trading"}}, "spec": BARE_POD}
    item = of_kind("batch.volcano.sh/v1alpha1", "Job", {"tasks": [{"template": template}]})
    whole = "where the pods of Job 'own' run, and how many there are"
    assert whole in judge_files(here, {"m.yaml": stream(networking(), item)}).facts
    alone = judge_files(here, {"m.yaml": stream(item)})
    assert (alone.facts, alone.skipped) == ({}, [("m.yaml: Job 'own'", NOT_ASKING)])


def test_a_plan_may_have_the_pods_of_an_unknown_kind(here: Path) -> None:
    plan = (EXAMPLES / "trading-ipv4.yaml").read_text("utf-8")
    template = {"spec": EXCLUSIVE | BARE_POD}
    item = of_kind("batch.volcano.sh/v1alpha1", "Job", {"tasks": [{"template": template}]})
    item["metadata"]["name"] = "matcher"
    judged = judge_files(here, {"plan.yaml": plan, "m.yaml": stream(item)})
    assert judged.facts == {}
    assert judged.skipped == [("m.yaml: Job 'matcher'", "the plan has a workload of its name")]
    item["metadata"]["namespace"] = "else"
    assert judge_files(here, {"plan.yaml": plan, "m.yaml": stream(item)}).facts


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"vSwitchIds": ["vsw-j"]}, "has no field 'vSwitchIds' [spec.vSwitchIds]: did you mean 'vSwitchOptions'?"),
        ({"vSwitchOption": []}, "has no field 'vSwitchOption' [spec.vSwitchOption]: did you mean 'vSwitchOptions'?"),
        ({"securityGroupIds": []}, "[spec.securityGroupIds]: did you mean 'securityGroupIDs'?"),
        ({"eniType": "ENI"}, "has no field 'eniType' [spec.eniType]: did you mean 'eniOptions.eniType'?"),
        ({"podSelector": {}}, "[spec.podSelector]: did you mean 'selector.podSelector'?"),
        ({"eniOptions": {"eniType": "ENI", "qq": 1}}, "has no field 'qq' [spec.eniOptions.qq]: known here: eniType"),
    ],
)  # fmt: skip
def test_a_field_that_kubernetes_would_drop(here: Path, spec: dict[str, Any], told: str) -> None:
    judged = judge_files(here, {"pn.json": networking(**spec)})
    (problem,) = judged.report.problems
    assert f"{problem.message} [{problem.place.path}]: {problem.hint}".endswith(told)
    lines = json.dumps(networking(**spec), indent=1).splitlines()
    key = problem.place.path.rpartition(".")[2]
    assert lines[problem.place.line - 1][problem.place.column - 1 :].startswith(f'"{key}":')


def test_the_pool_that_a_podnetworking_names(here: Path) -> None:
    named = networking()
    named["metadata"]["annotations"] = {"other": "x", "eniplan.dev/node-pool": "web"}
    judged = judge_files(here, {"m.json": named, "p.json": pool()})
    assert judged.places == {"PN012": 'm.json:8:29 metadata.annotations["eniplan.dev/node-pool"]'}


def scaler(most: object, kind: str = "Deployment", name: str = "matcher", **spec: object) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": kind, "name": name}
    metadata = {"name": "hpa", "namespace": "trading"}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": {"scaleTargetRef": target, "maxReplicas": most} | spec,
    }


def cron(size: int, kind: str, name: str) -> dict[str, Any]:
    found = scaler(None, kind, name, jobs=[{"name": "up", "schedule": "0 0 9 * * *", "targetSize": size}])
    return {**found, "apiVersion": "autoscaling.alibabacloud.com/v1beta1", "kind": "CronHorizontalPodAutoscaler"}


def within(namespace: str | None, item: dict[str, Any]) -> dict[str, Any]:
    """Return an object in another namespace, or with none."""
    metadata = {**item["metadata"], "namespace": namespace}
    return {**item, "metadata": {key: value for key, value in metadata.items() if value is not None}}


SCALED = workload("Deployment", **EXCLUSIVE)
"""Three replicas, on a pool of 21 exclusive ENIs."""
UNSCALED = copy.deepcopy(SCALED)
del UNSCALED["spec"]["replicas"]


class TestAutoscalers:
    """Pods that nobody has planned, but an autoscaler may start."""

    @pytest.mark.parametrize(
        ("items", "needed"),
        [
            ([SCALED, scaler(21)], None),
            ([SCALED, scaler(22)], (22, "warning")),
            ([scaler(22), SCALED], (22, "warning")),
            ([SCALED, scaler(22, name="other")], None),
            ([SCALED, scaler(22, kind="StatefulSet")], None),
            ([SCALED, {**scaler(22), "metadata": {"name": "hpa", "namespace": "else"}}], None),
            ([SCALED, scaler(22, minReplicas=21)], (22, "warning")),
            ([SCALED, scaler(30, minReplicas=22)], (22, "error")),
            ([UNSCALED, scaler(30, minReplicas=22)], (22, "error")),
            ([UNSCALED, scaler(22)], (22, "warning")),
            ([SCALED, scaler(5), cron(25, "Deployment", "matcher")], (25, "warning")),
            ([SCALED, cron(25, "Deployment", "matcher"), scaler(26)], (26, "warning")),
            ([cron(25, "HorizontalPodAutoscaler", "hpa"), SCALED, scaler(5)], (25, "warning")),
            ([cron(25, "HorizontalPodAutoscaler", "else"), SCALED, scaler(5)], None),
            ([SCALED, {**scaler(22), "spec": {"maxReplicas": 22}}], None),
        ],
    )  # fmt: skip
    def test_pods_at_the_most(self, here: Path, items: list[dict[str, Any]], needed: tuple[int, str] | None) -> None:
        judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(*items)})
        found = [(f.facts["needed"], f.level) for f in judged.report.findings if f.rule.id == "ENI008"]
        assert found == ([] if needed is None else [needed])
        assert not judged.problems

    @pytest.mark.parametrize(
        ("items", "needed"),
        [
            ([SCALED, within(None, scaler(22))], 22),
            ([within(None, SCALED), scaler(22)], 22),
            ([within(None, SCALED), within(None, scaler(22))], 22),
            ([within(None, SCALED), within("default", scaler(22))], 22),
            ([within("unknown-a", SCALED), scaler(22)], 22),  # Terraform will know it
            ([SCALED, within("unknown-a", scaler(22))], 22),
            ([within("unknown-a", SCALED), within("unknown-b", scaler(22))], 22),
            ([SCALED, within(None, SCALED), within(None, scaler(19))], 22),  # it is for the other that states none
            ([SCALED, scaler(5), within(None, scaler(30))], None),  # it has one of its own
            ([SCALED, scaler(5), within(None, cron(25, "HorizontalPodAutoscaler", "hpa"))], 25),
            ([SCALED, within("a", SCALED), within(None, scaler(22))], "open"),
            ([within(None, SCALED), scaler(22), within("a", scaler(2))], "open"),
        ],
    )
    def test_one_of_them_states_no_namespace(
        self, here: Path, items: list[dict[str, Any]], needed: int | str | None
    ) -> None:
        """It gets one when it is applied: whether that is the other's may be unknown, but nothing else is then ok."""
        for order in (items, items[::-1]):
            judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(*order)})
            found: list[object] = [f.facts["needed"] for f in judged.report.findings if f.rule.id == "ENI008"]
            found += ["open" for item in judged.report.undecided if "ENI008" in item.rules]
            assert set(found) == (set() if needed is None else {needed})

    def test_a_number_that_is_none(self, here: Path) -> None:
        judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(SCALED, scaler("x"))})
        (problem,) = judged.problems
        assert problem.endswith("'maxReplicas' must be a whole number, not \"x\" [spec.maxReplicas]")

    def test_replicas_that_are_no_number(self, here: Path) -> None:
        pods = copy.deepcopy(SCALED)
        pods["spec"]["replicas"] = "x"
        judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(pods, scaler(5, minReplicas=2))})
        (problem,) = judged.problems
        assert problem.endswith("'replicas' must be a whole number, not \"x\" [spec.replicas]")

    def test_one_for_other_pods_is_no_concern(self, here: Path) -> None:
        judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(SCALED, scaler("x", name="other"))})
        assert not judged.problems


def test_the_pods_of_manifests_are_counted_in_the_capacity_of_a_plan(here: Path) -> None:
    """The plan is judged alone first, and again beside the manifests: the report shows one number, that of both."""
    plan = (EXAMPLES / "trading-ipv4.yaml").read_text("utf-8")
    files = {"plan.yaml": plan, "all.yaml": stream(workload("Deployment", **EXCLUSIVE))}
    alone, both = judge_files(here, {"plan.yaml": plan}), judge_files(here, files)
    (before,), (after,) = alone.report.pools, both.report.pools
    assert after.use is not None
    assert [taker.name for taker in after.use.takers] == ["matcher", "feed-handler", "matcher", "system pods"]
    assert (before.free, after.free) == ((6, 6), (3, 3))
    assert both.report.zones == alone.report.zones


def test_each_plan_of_a_file_counts_its_own_manifests(here: Path) -> None:
    """The second pool of the same name is another one."""
    plan = (EXAMPLES / "trading-ipv4.yaml").read_text("utf-8")
    other = plan.replace("id: c", "id: d").replace("desiredSize: 3", "desiredSize: 4")
    files = {"plan.yaml": f"{plan}---\n{other}", "all.yaml": stream(workload("Deployment", **EXCLUSIVE))}
    judged = judge_files(here, files)
    assert [sheet.free[1] for sheet in judged.report.pools] == [3, 9]


class TestAPlanJudgedAgain:
    """What is said of a plan alone holds beside manifests only if they do not tell more."""

    NETWORKED: ClassVar[dict[str, Any]] = {
        "name": "matcher", "namespace": "trading", "kind": "Deployment", "nodePool": "trading", "replicas": 3,
        "podNetworking": "trading-eni",
    }  # fmt: skip

    @staticmethod
    def _networkings(*names: str) -> list[dict[str, Any]]:
        return [
            {
                "name": name, "nodePools": ["trading"], "podSelector": {"matchLabels": {"network": name}},
                "vSwitchIds": ["vsw-few"], "securityGroupIds": ["sg-pods"],
            }
            for name in names
        ]  # fmt: skip

    def _plan(self, **changes: object) -> dict[str, Any]:
        """Return a plan of two PodNetworkings, of which nothing says how many pods they have."""
        few = {"id": "vsw-few", "zone": "cn-hangzhou-j", "vpcId": "vpc-1", "availableIps": 8}
        plan = plan_with(podNetworkings=self._networkings("a", "b"), **changes)
        plan["cluster"]["vSwitches"].append(few)
        return plan

    def _pods(self, name: str, replicas: int = 4) -> dict[str, Any]:
        item = workload("Deployment", {"network": name}, **EXCLUSIVE)
        item["metadata"]["name"] = name
        return {**item, "spec": {**item["spec"], "replicas": replicas}}

    @pytest.mark.parametrize(("replicas", "told"), [(4, []), (5, ["9"])])
    def test_manifests_tell_who_uses_the_addresses(self, here: Path, replicas: int, told: list[str]) -> None:
        alone = judge_files(here, {"plan.json": self._plan()}, cluster=None)
        assert [f.facts["needed"] for f in alone.report.findings if f.rule.id == "NET002"] == [21]
        files = {"plan.json": self._plan(), "m.yaml": stream(self._pods("a"), self._pods("b", replicas))}
        both = judge_files(here, files, cluster=None)
        assert [str(f.facts["needed"]) for f in both.report.findings if f.rule.id == "NET002"] == told

    def test_a_pod_networking_may_be_in_a_manifest(self, here: Path) -> None:
        plan = plan_with(workloads=[self.NETWORKED])
        assert "WL003" in judge_files(here, {"plan.json": plan}, cluster=None).rules
        assert "WL003" not in judge_files(here, {"plan.json": plan, "m.yaml": networking()}, cluster=None).rules

    def test_what_manifests_replace_is_judged_all_the_same(self, here: Path) -> None:
        """The plan renders its own version."""
        wrong = {**self._networkings("trading-eni")[0], "eniType": "Trunk"}
        workloads = [{**self.NETWORKED, "podNetworking": "none"}, {**self.NETWORKED, "name": "x", "podNetworking": "y"}]
        plan = plan_with(podNetworkings=[wrong], workloads=workloads)
        plan["cluster"]["vSwitches"].append({"id": "vsw-few", "zone": "cn-hangzhou-j", "vpcId": "vpc-1"})
        files = {"plan.json": plan, "m.yaml": stream(networking(), workload("Deployment", **EXCLUSIVE))}
        found = {(f.rule.id, f.place.path) for f in judge_files(here, files, cluster=None).report.findings}
        assert {("PN001", "podNetworkings[0].eniType"), ("WL003", "workloads[0].podNetworking")} <= found
        assert ("WL003", "workloads[1].podNetworking") in found

    def test_a_waiver_of_what_only_both_have_is_used(self, here: Path) -> None:
        waiver = {"rule": "ENI008", "path": "nodePools[0]", "reason": "it grows"}
        plan = {**self._plan(), "waivers": [waiver]}
        files = {"plan.json": plan, "m.yaml": stream(self._pods("a", 30))}
        judged = judge_files(here, files, cluster=None)
        assert [f.waived for f in judged.report.findings if f.rule.id == "ENI008"] == ["it grows"]
        assert "WV003" not in judged.rules


def made(kind: str, name: str, by: tuple[str, str], *, template: dict[str, Any], **labels: str) -> dict[str, Any]:
    """Return what a controller makes of a pod template, as `kubectl get -o json` prints it."""
    owner = {"apiVersion": "x/v1", "kind": by[0], "name": by[1], "uid": "u", "controller": True}
    metadata = {"name": name, "namespace": "trading", "labels": labels, "ownerReferences": [owner]}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": template["spec"], "status": {}}
    spec = {"replicas": 3, "selector": {"matchLabels": {}}, "template": template}
    return {"apiVersion": "batch/v1" if kind == "Job" else "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


class TestWhatRunsAlready:
    """`kubectl get all -o json`: a Deployment, its ReplicaSet and its pods are the same pods."""

    TEMPLATE = workload("Deployment", **EXCLUSIVE)["spec"]["template"]

    @staticmethod
    def _used(judged: Any) -> int | None:  # noqa: ANN401 - what judge_files returns
        (sheet,) = judged.report.pools
        return None if sheet.use is None else sheet.use.used[1]

    def _check(self, here: Path, *items: dict[str, Any]) -> Any:  # noqa: ANN401 - what judge_files returns
        return judge_files(here, {"p.json": pool(), "all.yaml": stream(*items)})

    def test_pods_are_counted_once(self, here: Path) -> None:
        own = [made("Pod", f"m-7d4b9c-{i}", ("ReplicaSet", "matcher-7d4b9c"), template=self.TEMPLATE) for i in "abc"]
        middle = made("ReplicaSet", "matcher-7d4b9c", ("Deployment", "matcher"), template=self.TEMPLATE)
        whole = workload("Deployment", **EXCLUSIVE)
        assert self._used(self._check(here, *own, middle, whole)) == 3
        assert self._used(self._check(here, whole, *own)) == 3  # kubectl get deployments,pods
        assert self._used(self._check(here, *own, middle)) == 3
        judged = self._check(here, *own)
        assert (self._used(judged), judged.skipped) == (3, [])

    @pytest.mark.parametrize(
        ("pods", "told"),
        [
            (6, ", ".join(f"p-{i} 1" for i in range(6))),
            (7, "p-0 1, p-1 1, p-2 1, p-3 1, p-4 1, p-5 1, 1 more workload"),
        ],
    )
    def test_only_the_largest_of_many_are_shown(self, here: Path, pods: int, told: str) -> None:
        own = [made("Pod", f"p-{i}", ("ReplicaSet", "p"), template=self.TEMPLATE) for i in range(pods)]
        assert takers(self._check(here, *own).report.pools[0]) == told
        judged = self._check(here, *own, workload("Deployment", **EXCLUSIVE), workload("DaemonSet", **EXCLUSIVE))
        assert takers(judged.report.pools[0]).startswith("matcher 3, matcher 3 (one per node), p-0 1, ")

    def test_an_owner_in_another_namespace_or_that_does_not_control_is_none(self, here: Path) -> None:
        own = made("Pod", "matcher-0", ("StatefulSet", "matcher"), template=self.TEMPLATE)
        assert self._used(self._check(here, workload(**EXCLUSIVE), own)) == 3
        loose = copy.deepcopy(own)
        del loose["metadata"]["ownerReferences"][0]["controller"]
        assert self._used(self._check(here, workload(**EXCLUSIVE), loose)) == 4
        own["metadata"]["namespace"] = "else"
        assert self._used(self._check(here, workload(**EXCLUSIVE), own)) == 4

    def test_pods_of_a_workload_of_the_plan_are_those_of_the_plan(self, here: Path) -> None:
        plan = (EXAMPLES / "trading-ipv4.yaml").read_text("utf-8")
        own = made("Pod", "matcher-0", ("StatefulSet", "matcher"), template=self.TEMPLATE)
        judged = judge_files(here, {"plan.yaml": plan, "pods.json": own})
        assert self._used(judged) == 15
        assert judged.skipped == [("pods.json: Pod 'matcher-0'", "StatefulSet matcher makes it")]

    @pytest.mark.parametrize(
        ("item", "used"),
        [
            ({"status": {"phase": "Running"}}, 1),
            ({"status": {"phase": "Pending"}}, 1),
            ({"status": {"phase": "Succeeded"}}, None),
            ({"status": {"phase": "Failed"}}, None),
            ({"status": "x"}, 1),
            ({"status": {"phase": {}}}, 1),
        ],
    )
    def test_a_pod_that_has_ended_has_no_eni(self, here: Path, item: dict[str, Any], used: int | None) -> None:
        assert self._used(self._check(here, {**workload("Pod", **EXCLUSIVE), **item})) == used

    @pytest.mark.parametrize(
        ("conditions", "used"),
        [
            ([{"type": "Complete", "status": "True"}], None),
            ([{"type": "Suspended", "status": "True"}, {"type": "Failed", "status": "True"}], None),
            ([{"type": "Complete", "status": "False"}], 3),
            ("x", 3),
            ([{"type": {}, "status": "True"}], 3),
        ],
    )
    def test_a_job_that_has_ended(self, here: Path, conditions: object, used: int | None) -> None:
        job = {**workload("Job", **EXCLUSIVE), "status": {"conditions": conditions}}
        assert self._used(self._check(here, job)) == used


@pytest.mark.parametrize(
    ("namespace", "pods"), [("trading", 3), (None, 3), ("other", 6)], ids=["stated", "left open", "another"]
)
def test_the_manifest_of_a_planned_workload(here: Path, namespace: str | None, pods: int) -> None:
    planned = {"name": "matcher", "namespace": "trading", "kind": "Deployment", "replicas": 3, "nodePool": "trading"}
    plan = example({"workloads": [planned]})
    judged = judge_files(here, {"plan.json": plan, "all.yaml": stream(within(namespace, SCALED))})
    (found,) = judged.report.pools
    assert found.use is not None
    assert sum(taker.pods for taker in found.use.takers) == pods


@pytest.mark.parametrize(
    ("its", "of_policy", "told"),
    [
        ("trading", "trading", "found"),
        (None, None, "found"),
        (None, "default", "found"),
        ("trading", None, "open"),
        (None, "trading", "open"),
        ("trading", "other", "nothing"),
    ],
)
def test_a_policy_whose_namespace_is_left_open(here: Path, its: str | None, of_policy: str | None, told: str) -> None:
    items = within(of_policy, policy(podSelector={})), within(its, SCALED)
    judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(*items)})
    is_open = any("TW009" in item.rules for item in judged.report.undecided)
    assert ("found" if "TW009" in judged.rules else "open" if is_open else "nothing") == told


@pytest.mark.parametrize("request_", ["0.5", "500m", "-1"])
@pytest.mark.parametrize("steered", [True, False])
def test_a_request_that_kubernetes_refuses_is_one(here: Path, request_: str, steered: bool) -> None:  # noqa: FBT001 - a parameter
    asks = {"resources": {"requests": {"aliyun/eni": request_}, "limits": {"aliyun/eni": request_}}}
    item = workload("Deployment", containers=[{"name": "a", **asks}], **(EXCLUSIVE if steered else {}))
    judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(item)})
    assert judged.rules == {"WL008"}


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"apiVersion": "apps/v1beta2"}, {"WL008"}),
        ({"apiVersion": "extensions/v1beta1"}, {"WL008"}),
        ({"spec": {**SCALED["spec"], "selector": {"matchLabels": {"app": "other"}}}}, {"WL008"}),
        ({"spec": {**SCALED["spec"], "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}}}, {"WL008"}),
        ({}, set()),
    ],
)
def test_what_the_api_server_refuses_at_once(here: Path, changes: dict[str, Any], rules: set[str]) -> None:
    judged = judge_files(here, {"p.json": pool(), "all.yaml": stream({**SCALED, **changes})})
    assert judged.rules == rules


def test_an_old_version_of_pods_for_other_nodes_is_no_concern(here: Path) -> None:
    old = {**workload("Deployment", containers=[{"name": "a"}], tolerations=[]), "apiVersion": "extensions/v1beta1"}
    judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(old)})
    assert (judged.rules, judged.report.undecided) == (set(), ())


OWN = {"podNetworks": [{"interface": "eth0", "eniOptions": {"eniType": "ENI"}}, {"interface": "eth1"}]}


@pytest.mark.parametrize(
    ("own", "rules"),
    [
        (OWN, set()),
        ({"podNetworks": [{"interface": "eth0"}]}, {"WL014"}),
        ({"podNetworks": []}, {"WL002"}),
        ({"podNetworks": [{"interface": "eth0123", "eniOptions": {"eniType": "ENI"}}]}, {"WL008"}),
        ({"podNetworks": [{"eniOptions": {"eniType": "ENI"}}]}, {"WL008"}),
        ({"podNetworks": "x"}, {"WL002", "WL008"}),
        ([], {"WL002", "WL008"}),
    ],
)
def test_networks_that_pods_define_themselves(here: Path, own: object, rules: set[str]) -> None:
    """The webhook requests an ENI for each; their eniType decides which."""
    item = workload("Deployment", containers=[{"name": "a"}], **EXCLUSIVE)
    item["spec"]["template"]["metadata"]["annotations"] = {"k8s.aliyun.com/pod-networks": json.dumps(own)}
    judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(item)})
    assert judged.rules == rules


def test_their_pods_need_no_other_sign_of_exclusive_nodes(here: Path) -> None:
    item = workload("Deployment", containers=[{"name": "a"}], tolerations=[])
    item["spec"]["template"]["metadata"]["annotations"] = {"k8s.aliyun.com/pod-networks": json.dumps(OWN)}
    judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(item)})
    assert judged.rules == {"WL001"}


@pytest.mark.parametrize(("kind", "host", "full"), [("DaemonSet", True, True), ("DaemonSet", False, True)])
def test_requests_of_the_host_network_are_held_on_every_pool(here: Path, kind: str, host: bool, full: bool) -> None:  # noqa: FBT001 - parameters
    agents = within("kube-system", workload(kind, hostNetwork=host, **EXCLUSIVE))
    pods = workload("StatefulSet", nodeSelector={"team": "b"})
    pods["spec"]["replicas"] = 19
    for name, item in (("agents", agents), ("pods", pods)):
        item["metadata"]["name"] = name
    files = {"a.json": pool("a", team="a"), "b.json": pool("b", team="b"), "all.yaml": stream(agents, pods)}
    assert ("ENI008" in judge_files(here, files).rules) == full


@pytest.mark.parametrize(("host", "more"), [(True, 0), (False, 3)])
def test_requests_of_the_host_network_take_no_addresses(here: Path, host: bool, more: int) -> None:  # noqa: FBT001 - a parameter
    """Also on pools besides the one that is the home of a DaemonSet: neither of a vSwitch, nor of any at all."""
    agents = within("kube-system", workload("DaemonSet", hostNetwork=host, **EXCLUSIVE))
    agents["metadata"]["name"] = "agents"
    files: dict[str, Any] = {"a.json": pool("a", team="a"), "b.json": pool("b", team="b")}
    items = []
    for name in ("one", "two", "own"):
        items.append(workload("StatefulSet", {"network": name}, nodeSelector={"team": "b"}))
        items[-1]["metadata"]["name"] = name
    networks = [networking(n, selector={"podSelector": {"matchLabels": {"network": n}}}) for n in ("one", "two")]
    for pods, needed in ((items[:2], 6), (items, 9)):
        judged = judge_files(here, files | {"all.yaml": stream(*networks, agents, *pods)})
        found = next(each for each in judged.report.pools if each.name == "b")
        assert {key: use.needed for key, use in found.addresses.items()} == {"vsw-j": needed + more}


def test_the_pods_of_an_argo_rollout_are_those_of_its_replica_set(here: Path) -> None:
    rollout = {**SCALED, "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    one = workload("Pod", **EXCLUSIVE)
    one["metadata"] |= {
        "name": "matcher-5d4f8c7b9-x",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "matcher-5d4f8c7b9", "controller": True}],
    }
    judged = judge_files(here, {"p.json": pool(), "all.yaml": stream(rollout, one)})
    (found,) = judged.report.pools
    assert found.use is not None
    assert [(taker.name, taker.pods) for taker in found.use.takers] == [("matcher", 3)]


def running(chosen: str = "trading-eni", uid: str = "u", labels: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a pod as `kubectl get` shows it, with what Terway's webhook has written."""
    item = workload("Pod", labels)
    notes = {"k8s.aliyun.com/pod-eni": "true", "k8s.aliyun.com/pod-networking": chosen}
    item["metadata"] |= {"uid": uid, "annotations": notes | {"k8s.aliyun.com/pod-networks": json.dumps(OWN)}}
    return item


@pytest.mark.parametrize(
    ("pod", "rules", "network"),
    [
        (running(), set(), "trading-eni"),  # whatever its labels are now
        (running(labels={"network": "trading"}), set(), "trading-eni"),
        (running(chosen="gone"), set(), None),
        (running(uid=""), {"WL008"}, ""),  # a manifest with annotations that exclude each other
    ],
)
def test_pods_that_exist_have_got_their_network(
    here: Path, pod: dict[str, Any], rules: set[str], network: str | None
) -> None:
    judged = judge_files(here, {"m.yaml": stream(networking(), pod), "p.json": pool()})
    fact = {"the PodNetworking of Pod 'matcher'": "metadata.labels"} if network is None else {}
    assert (judged.rules - {"WL014"}, judged.facts) == (rules, fact)
    (sheet,) = judged.report.pools
    assert sheet.use is not None
    assert [(taker.name, taker.enis) for taker in sheet.use.takers] == [("matcher", 2 if rules else 1)]


def test_only_pods_have_got_a_network(here: Path) -> None:
    item = workload(labels={"network": "trading"})
    item["metadata"] |= {"uid": "u", "annotations": {"k8s.aliyun.com/pod-networking": "gone"}}
    judged = judge_files(here, {"m.yaml": stream(networking(), item), "p.json": pool()})
    assert (judged.rules, judged.facts) == (set(), {})


def test_pods_of_another_network_that_exist(here: Path) -> None:
    shared = running(chosen="shared")
    containers = [{"name": "a", "resources": {"limits": {"aliyun/member-eni": "1"}}}]
    shared["spec"] |= {"containers": containers, "tolerations": []}
    items = stream(networking(), networking("shared", eniOptions={"eniType": "Trunk"}, selector=None), shared)
    judged = judge_files(here, {"m.yaml": items, "p.json": pool()})
    assert judged.skipped == [("m.yaml: Pod 'matcher'", "its pods do not ask for exclusive nodes")]


# --- what another program fills in -------------------------------------------------------------------------------

WHOLE = "where the pods of Deployment 'matcher' run, and how many there are"
ON_POOL = "the node pool of Deployment 'matcher': whether its nodes are those of pool 'trading'"


def blank(changes: dict[str, Any]) -> dict[str, Any]:
    """Return a workload that asks for nothing, with parts that `envsubst` or Flux fill in."""
    item = workload("Deployment", {"a": "b"}, containers=[{"name": "a"}], tolerations=[])
    for path, value in changes.items():
        *above, last = path.split(".")
        inner: Any = item
        for step in above:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[last] = value
    return item


POD_SPEC = "spec.template.spec."


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        # on which nothing depends
        ({"spec.template.metadata.labels": {"a": "b", "version": "${TAG}"}}, []),
        ({"metadata.name": "${NAME}", "metadata.namespace": "${NS}"}, []),
        ({"spec.template.spec.containers.0.image": "{{ image }}", POD_SPEC + "containers.0.args": ["echo ${A}"]}, []),
        ({POD_SPEC + "containers.0.resources": {"limits": {"cpu": "${CPU}"}, "requests": {"memory": "$MEM"}}}, []),
        ({POD_SPEC + "containers.0.ports": [{"name": "${P}", "containerPort": "${PORT}", "protocol": "$TCP"}]}, []),
        ({POD_SPEC + "containers.0.name": "${APP}"}, []),
        # where they run
        ({POD_SPEC + "nodeSelector": {"team": "${TEAM}"}}, [WHOLE]),
        ({POD_SPEC + "nodeSelector": {"team": "$TEAM"}}, [WHOLE]),
        ({POD_SPEC + "nodeSelector": {"disk": "${DISK}"}}, []),
        ({POD_SPEC + "nodeSelector": {"disk": "ssd", "team": "${TEAM}"}}, []),
        ({POD_SPEC + "nodeSelector": {EXCLUSIVE_LABEL: "${MODE}"}}, [WHOLE]),
        ({POD_SPEC + "nodeSelector": "${SELECTOR}"}, [WHOLE]),
        ({POD_SPEC + "nodeSelector": {"${KEY}": "eniOnly"}}, [WHOLE]),
        ({POD_SPEC + "nodeSelector": {"disk": "ssd", "{{ key }}": "eniOnly"}}, [WHOLE]),
        ({"spec.template.metadata": {"labels": {"${A}": "b"}, "annotations": {"${B}": "c"}}}, []),
        ({POD_SPEC + "affinity": "${AFFINITY}"}, [WHOLE]),
        ({POD_SPEC + "affinity": term("In", "${MODE}")["affinity"]}, [WHOLE]),
        ({POD_SPEC + "affinity": term("In", "default", "${MODE}")["affinity"]}, [WHOLE]),
        ({POD_SPEC + "affinity": term("NotIn", "${MODE}")["affinity"]}, []),
        ({POD_SPEC + "affinity": term("Exists", key="${KEY}")["affinity"]}, [WHOLE]),
        ({POD_SPEC + "affinity": term("${OP}")["affinity"]}, [WHOLE]),
        ({POD_SPEC + "affinity": term("In", "${DISK}", key="disk")["affinity"]}, []),
        # which taints they tolerate
        ({POD_SPEC + "tolerations": "${TOLERATIONS}"}, [ON_POOL]),
        ({POD_SPEC + "tolerations": [{"key": "${KEY}", "operator": "Exists"}]}, [ON_POOL]),
        ({POD_SPEC + "tolerations": [TOLERATION | {"value": "${VALUE}"}]}, [ON_POOL]),
        ({POD_SPEC + "tolerations": [TOLERATION | {"operator": "${OPERATOR}"}]}, [ON_POOL]),
        ({POD_SPEC + "tolerations": [TOLERATION | {"effect": "${EFFECT}"}]}, [ON_POOL]),
        ({POD_SPEC + "tolerations": [TOLERATION | {"key": "x", "value": "${VALUE}"}]}, []),
        ({POD_SPEC + "tolerations": [TOLERATION | {"value": "x", "effect": "${EFFECT}"}]}, []),
        # what they request, and which networks select them
        ({POD_SPEC + "containers.0.resources": {"limits": {"aliyun/eni": "${N}"}}}, [WHOLE]),
        ({POD_SPEC + "containers.0.resources": {"limits": {"cpu": "${CPU}"}}}, []),
        (
            {"spec.template.metadata.labels": {"network": "${NETWORK}"}},
            ["the node pool of Deployment 'matcher'", "the PodNetworking of Deployment 'matcher'"],
        ),
        ({"spec.template.metadata.labels": {"network": "${NETWORK}"}, POD_SPEC + "hostNetwork": "${HOST}"}, [WHOLE]),
    ],
)
def test_parts_of_a_manifest_that_another_program_fills_in(
    here: Path, changes: dict[str, Any], facts: list[str]
) -> None:
    """Unknown is unknown: no error, and not passed by where it may lead pods to exclusive nodes."""
    items = stream(networking(), blank(changes))
    judged = judge_files(here, {"m.yaml": items, "p.json": pool(team="a")})
    found = [fact for fact in judged.facts if not fact.startswith("podNetworkings")]
    assert (judged.rules, judged.problems, found) == (set(), [], facts)


def test_what_is_filled_in_is_told(here: Path) -> None:
    for changes, told in (
        ({POD_SPEC + "nodeSelector": {"disk": "${DISK}"}}, "part of it is unknown: ${DISK}"),
        ({POD_SPEC + "tolerations": [{"key": "${KEY}", "operator": "Exists"}]}, "part of it is unknown: ${KEY}"),
    ):
        judged = judge_files(here, {"m.yaml": stream(blank(changes)), "p.json": pool()})
        assert judged.skipped == [("m.yaml: Deployment 'matcher'", told)]
    item = blank({POD_SPEC + "nodeSelector": {"team": "${TEAM}"}})
    judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool(team="a")})
    (asked,) = judged.report.undecided
    assert (asked.hint, judged.skipped) == ("part of it is unknown: ${TEAM}", [])


def test_a_selector_with_a_key_that_another_program_fills_in(here: Path) -> None:
    item = networking(selector={"podSelector": {"matchLabels": {"${KEY}": "trading"}}})
    pods = workload("Deployment", {"network": "trading"}, containers=[{"name": "a"}])
    judged = judge_files(here, {"m.yaml": stream(item, pods), "p.json": pool()})
    assert (judged.rules & {"PN005", "PN007"}, judged.problems) == (set(), [])
    assert "spec.selector.podSelector of PodNetworking 'trading-eni'" in judged.facts


@pytest.mark.parametrize("part", ["selector", "eniOptions", "vSwitchOptions", "securityGroupIDs", "allocationType"])
def test_parts_of_a_podnetworking_that_another_program_fills_in(here: Path, part: str) -> None:
    item = networking(**{part: f"${{{part.upper()}}}"})
    pods = workload("Deployment", {"network": "trading"}, containers=[{"name": "a"}])
    judged = judge_files(here, {"m.yaml": stream(item, pods), "p.json": pool()})
    assert (judged.rules - {"WL001"}, judged.problems, judged.skipped) == (set(), [], [])
    assert judged.facts


def test_a_podnetworking_whose_name_is_filled_in(here: Path) -> None:
    """It selects pods all the same, and those that name one may mean it."""
    item = networking(eniOptions={"eniType": "Trunk"})
    item["metadata"]["name"] = "${NAME}"
    pods = workload("Deployment", {"network": "trading"}, containers=[{"name": "a"}], **EXCLUSIVE)
    assert judge_files(here, {"m.yaml": stream(item, pods), "p.json": pool()}).rules == {"PN001"}
    item = networking(selector=None)
    item["metadata"]["name"] = "${NAME}"
    fact = "the PodNetworking of Deployment 'matcher'"
    for notes, own in (({"eniplan.dev/pod-networking": "nets"}, {}), ({}, {NETWORKS_REQUEST: '[{"network": "nets"}]'})):
        pods = workload("Deployment", notes=notes, containers=[{"name": "a"}])
        pods["spec"]["template"]["metadata"]["annotations"] = own
        judged = judge_files(here, {"m.yaml": stream(item, pods), "p.json": pool()})
        assert (judged.rules & {"WL003", "WL013"}, set(judged.facts)) == (set(), {fact})
        known = stream(item, networking("nets", selector=None), pods)
        assert fact not in judge_files(here, {"m.yaml": known, "p.json": pool()}).facts


def test_a_daemon_set_that_may_tolerate_is_not_sure_to_run_there(here: Path) -> None:
    known = agent()
    open_ = agent(tolerations="${TOLERATIONS}")
    for found, rules_, number in ((known, {"ENI008"}, 0), (open_, set(), 1)):
        judged = judge_files(here, {"m.yaml": stream(full(), found), "p.json": pool()})
        assert (judged.rules, len(judged.facts)) == (rules_, number)


@pytest.mark.parametrize(
    ("networks", "told"),
    [
        ([networking(selector={"namespaceSelector": {"matchLabels": {"team": "x"}}})], set()),
        ([networking(), networking("more")], {"WL001", "PN008"}),
        (
            [networking(), networking("more", selector={"namespaceSelector": {"matchLabels": {"a": "b"}}})],
            {"WL001", "PN008"},
        ),
    ],
)
def test_pods_that_a_podnetworking_may_select_may_need_no_toleration(
    here: Path, networks: list[dict[str, Any]], told: set[str]
) -> None:
    pods = workload("Deployment", {"network": "trading"}, containers=[{"name": "a"}], tolerations=[])
    judged = judge_files(here, {"m.yaml": stream(*networks, pods), "p.json": pool()})
    assert judged.rules == told
    led = workload("Deployment", {"network": "trading"}, containers=[{"name": "a"}], tolerations=[], **EXCLUSIVE)
    assert "WL001" in judge_files(here, {"m.yaml": stream(*networks, led), "p.json": pool()}).rules


def test_when_pods_run_decides_nothing(here: Path) -> None:
    item = workload("CronJob", tolerations=[])
    item["spec"] |= {"schedule": "${CRON}", "timeZone": "${ZONE}", "suspend": "${OFF}"}
    item["spec"]["jobTemplate"]["spec"] |= {"backoffLimit": "${RETRIES}", "ttlSecondsAfterFinished": "${TTL}"}
    judged = judge_files(here, {"m.yaml": stream(item), "p.json": pool()})
    assert (judged.rules, judged.facts) == ({"WL001"}, {})
    item["spec"]["jobTemplate"]["spec"]["completions"] = "${N}"
    assert judge_files(here, {"m.yaml": stream(item), "p.json": pool()}).facts


@pytest.mark.parametrize("part", [
    {"containers": [{"name": "${APP}"}]},
    {"containers": [{"name": "a", "ports": [{"name": "${NAME}", "containerPort": "${PORT}"}]}]},
    {"containers": [{"name": "a", "resources": {"requests": {"ephemeral-storage": "${DISK}"}}}]},
])  # fmt: skip
def test_what_nothing_depends_on_hides_nothing(here: Path, part: dict[str, Any]) -> None:
    pods = workload(tolerations=[], **EXCLUSIVE, **part)
    judged = judge_files(here, {"m.yaml": stream(pods), "p.json": pool()})
    assert (judged.rules, judged.facts) == ({"WL001", "WL002"}, {})
    hidden = workload(tolerations=[], **EXCLUSIVE, containers=[{"name": "a", "ports": [{"hostPort": "${PORT}"}]}])
    assert judge_files(here, {"m.yaml": stream(hidden), "p.json": pool()}).facts


@pytest.mark.parametrize("key", ["requests", "limits"])
def test_requests_of_cpu_and_memory(here: Path, key: str) -> None:
    """Seven pods of 8 vCPU on each of three nodes of 32; an amount that is not known leaves only one rule open."""

    def files(amount: str) -> dict[str, object]:
        resources = {"limits": {"aliyun/eni": 1}, key: {"cpu": amount, "aliyun/eni": 1}}
        item = workload(containers=[{"name": "a", "resources": resources}], **EXCLUSIVE)
        resources.setdefault("requests", {"aliyun/eni": 1})
        item["spec"]["replicas"] = 21
        return {"m.yaml": stream(item), "p.json": pool()}

    assert judge_files(here, files("4")).rules == set()
    assert judge_files(here, files("8")).rules == {"ENI012"}
    judged = judge_files(here, files("${CPU}"))
    assert (judged.rules, [item.rules for item in judged.report.undecided]) == (set(), [("ENI012",)])
    assert judged.report.undecided[0].hint == (
        "write quantities such as 500m and 4Gi, or pass the values of the variables"
    )


@pytest.mark.parametrize(
    ("change", "rules", "facts", "told"),
    [
        ({"minReplicas": "${LEAST}", "metrics": [{"target": "${USE}"}]}, {"ENI008"}, 0, 0),
        ({"maxReplicas": "${MOST}"}, set(), 1, 0),
        ({"scaleTargetRef": {"kind": "StatefulSet", "name": "${NAME}"}}, set(), 0, 1),
    ],
)
def test_an_autoscaler_that_another_program_completes(
    here: Path, change: dict[str, Any], rules: set[str], facts: int, told: int
) -> None:
    """It is never passed by without a word."""
    spec = {"scaleTargetRef": {"kind": "StatefulSet", "name": "matcher"}, "maxReplicas": 22} | change
    about = {"name": "s", "namespace": "trading"}
    scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": about, "spec": spec}
    judged = judge_files(here, {"m.yaml": stream(workload(), scaler), "p.json": pool()})
    assert (judged.rules, bool(judged.facts), len(judged.skipped)) == (rules, facts, told)
    assert judged.skipped == [("m.yaml: HorizontalPodAutoscaler 's'", "part of it is unknown: ${NAME}")] * told


POD_ENI = "k8s.aliyun.com/pod-eni"


@pytest.mark.parametrize(
    ("labels", "waits"),
    [
        ({POD_ENI: "${MODE}"}, True),
        ("${LABELS}", True),
        ({POD_ENI: "true", "team": "${TEAM}"}, False),
        ({"team": "a"}, False),
    ],
)
def test_wl015_waits_for_an_unknown_label_of_the_namespace(here: Path, labels: object, *, waits: bool) -> None:
    space = {**namespace(), "metadata": {"name": "trading", "labels": labels}}
    items = [space, networking(), workload(labels={"network": "trading"})]
    judged = judge_files(here, {"m.yaml": stream(*items), "p.json": pool()})
    assert judged.rules == set()
    assert any("WL015" in item.rules for item in judged.report.undecided) == waits


@pytest.mark.parametrize("value", ["var.mode", "null"])
def test_wl015_waits_for_a_namespace_of_terraform(here: Path, value: str) -> None:
    space = json.dumps(namespace(**{POD_ENI: "MODE"})).replace('"MODE"', value)
    main = f'resource "kubernetes_manifest" "n" {{\n  manifest = {space}\n}}\n'
    items = stream(networking(), workload(labels={"network": "trading"}))
    judged = judge_files(here, {"m.yaml": items, "p.json": pool(), "main.tf": main})
    assert any("WL015" in item.rules for item in judged.report.undecided) == (value == "var.mode")


def test_wl005_does_not_speak_of_a_pool_that_is_not_known(here: Path) -> None:
    """The pods select nodes that no pool of the run has; their pool may be the one of the PodNetworking."""
    items = stream(networking(), workload(labels={"network": "trading"}, nodeSelector={"team": "b"}))
    judged = judge_files(here, {"m.yaml": items, "p.json": pool(team="a")})
    assert judged.rules == set()
    assert any("WL005" in item.rules for item in judged.report.undecided)


@pytest.mark.parametrize(
    "more", [{"metadata": "${X}"}, {"metadata": {"name": "a", "labels": "${X}"}}, {"spec": "${X}"}]
)
def test_a_namespace_of_which_a_part_is_unknown(here: Path, more: dict[str, Any]) -> None:
    """Whatever the part is; with a name, WL015 waits for its labels."""
    item = {"apiVersion": "v1", "kind": "Namespace", **more}
    judged = judge_files(here, {"pool.json": pool(), "m.json": json.dumps(item)})
    assert (judged.problems, judged.rules) == ([], set())
    tf = {"resource": {"kubernetes_manifest": {"a": {"manifest": item}}}}
    files = {"pool.json": pool(), "m.tf.json": json.dumps(tf).replace("${X}", "${var.x}")}
    judged = judge_files(here, files)
    assert (judged.problems, judged.rules) == ([], set())


def test_values_that_select_nodes_under_a_key_of_their_own(here: Path) -> None:
    """Labels alone may be those of a pool."""
    for value, is_open in (({"gateway": {"on": TERM_OF_MODE}}, True), ({"on": {EXCLUSIVE_LABEL: "eniOnly"}}, False)):
        judged = judge_files(here, {"c/values.yaml": yaml.safe_dump(value), "c/p.json": pool()}, "c")
        assert any(fact.startswith("where the pods of file") for fact in judged.facts) is is_open
        assert bool(judged.skipped) is not is_open
