from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.emit.manifests import NAME_LABEL, header, kustomization, render, text
from eniplan.emit.refusal import RefusalError
from eniplan.emit.skeletons import Skeletons
from eniplan.errors import Place
from eniplan.plan.document import read_documents
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, plan_from
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K, WORKLOAD, example
from tests.emit.support import FULL, example_plans, view_of_plan
from tests.judge import judge_plan

if TYPE_CHECKING:
    from eniplan.plan.model import Plan

SKELETONS = Skeletons()
TAINT = {"key": "exclusive-eni", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
RULE = {"key": EXCLUSIVE_LABEL, "operator": "In", "values": [EXCLUSIVE_VALUE]}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
AFFINITY = {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [RULE]}]}}}
LABEL_SELECTOR = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
        "matchExpressions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["key", "operator"],
                "properties": {
                    "key": {"type": "string"},
                    "operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
                    "values": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                },
            },
        },
    },
}
IDS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
POD_NETWORKING_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["apiVersion", "kind", "metadata", "spec"],
    "properties": {
        "apiVersion": {"const": "network.alibabacloud.com/v1beta1"},
        "kind": {"const": "PodNetworking"},
        "metadata": {"type": "object", "additionalProperties": False, "properties": {"name": {"type": "string"}}},
        "spec": {
            "type": "object",
            "additionalProperties": False,
            "required": ["eniOptions", "securityGroupIDs", "vSwitchOptions"],
            "properties": {
                "eniOptions": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["eniType"],
                    # The CRD allows Trunk and Default as well; eniplan writes nothing but ENI.
                    "properties": {"eniType": {"const": "ENI"}},
                },
                "allocationType": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "type": {"enum": ["Elastic", "Fixed"]},
                        "releaseStrategy": {"enum": ["TTL", "Never"]},
                        "releaseAfter": {"type": "string"},
                    },
                },
                "selector": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"podSelector": LABEL_SELECTOR, "namespaceSelector": LABEL_SELECTOR},
                },
                "securityGroupIDs": {**IDS, "maxItems": 10},
                "vSwitchOptions": IDS,
                "vSwitchSelectOptions": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {"vSwitchSelectionPolicy": {"enum": ["ordered", "random", "most"]}},
                },
            },
        },
    },
}
"""The CRD of Terway (network.alibabacloud.com_podnetworkings.yaml at commit 89aadf8b), without its status.

Stricter where its webhook is: both lists are filled, at most ten security groups, values only where they belong.
"""


def rendered(plan: Plan) -> list[dict[str, Any]]:
    """Return the objects as a reader of the written text sees them."""
    stream = "---\n".join(map(text, render(plan, SKELETONS, workloads=True)))
    assert stream == "---\n".join(map(text, render(plan, SKELETONS, workloads=True)))
    found = list(yaml.safe_load_all(stream))
    assert found == [item.object for item in render(plan, SKELETONS, workloads=True)]
    return found


def rendered_changes(**changes: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - sections of a plan
    return rendered(plan_from(example(changes)))


def pod_of(found: dict[str, Any]) -> dict[str, Any]:
    """Return the pod template of a workload."""
    if found["kind"] == "Pod":
        return {"metadata": found["metadata"], "spec": found["spec"]}
    spec = found["spec"]["jobTemplate"]["spec"] if found["kind"] == "CronJob" else found["spec"]
    return spec["template"]  # type: ignore[no-any-return]  # a map of the manifest


def read_back(plan: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the plan with what it says of pods replaced by what the objects say."""
    out = copy.deepcopy(plan)
    out.pop("workloads", None)
    out.pop("podNetworkings", None)
    planned = {(w["kind"], w.get("namespace", "default"), w["name"]): w for w in plan.get("workloads", [])}
    pools = {pn["name"]: pn.get("nodePools", []) for pn in plan.get("podNetworkings", [])}
    for item in found:
        name = item["metadata"]["name"]
        if item["kind"] == "PodNetworking":
            spec = item["spec"]
            networking = {
                "name": name,
                "nodePools": pools[name],
                "eniType": spec["eniOptions"]["eniType"],
                "vSwitchIds": spec["vSwitchOptions"],
                "securityGroupIds": spec["securityGroupIDs"],
                **spec["vSwitchSelectOptions"],
                **spec.get("selector", {}),
                **({"allocation": spec["allocationType"]} if "allocationType" in spec else {}),
            }
            out.setdefault("podNetworkings", []).append(networking)
        elif item["kind"] != "ConfigMap":
            pod = pod_of(item)
            containers = pod["spec"]["containers"]
            request = containers[0].get("resources", {}).get("requests", {}).get("aliyun/eni")
            stated = {} if request is None else {"eniRequest": request}
            workload = planned[item["kind"], item["metadata"]["namespace"], name]
            out.setdefault("workloads", []).append(
                {**workload, "tolerations": pod["spec"].get("tolerations", []), **stated}
            )
    return out


def findings(plan: dict[str, Any]) -> set[tuple[str, str]]:
    return {(finding.rule.id, finding.place.path) for finding in judge_plan(plan).findings}


@pytest.mark.parametrize("plan", example_plans())
def test_objects_describe_the_plan_and_a_check_finds_nothing_new(plan: dict[str, Any]) -> None:
    found = rendered(view_of_plan(plan).plan)
    assert findings(read_back(plan, found)) <= findings(plan)
    for item in found:
        if item["kind"] == "PodNetworking":
            jsonschema.validate(item, POD_NETWORKING_SCHEMA)


def test_order_and_names_of_files() -> None:
    items = render(view_of_plan(FULL).plan, SKELETONS, workloads=True)
    files = [item.file for item in items]
    assert files[:3] == [
        "10-podnetworking.trading-eni.yaml",
        "20-configmap.kube-system.gpu-net.yaml",
        "30-statefulset.trading.matcher.yaml",
    ]
    assert len(set(files)) == len(items) == 8
    assert [item.object["kind"] for item in render(view_of_plan(FULL).plan, SKELETONS, workloads=False)] == [
        "PodNetworking", "ConfigMap",
    ]  # fmt: skip


def test_plan_with_everything() -> None:
    found = {item["kind"]: item for item in rendered(view_of_plan(FULL).plan)}
    assert found["PodNetworking"]["spec"]["allocationType"] == {
        "type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "10m",
    }  # fmt: skip
    conf = json.loads(found["ConfigMap"]["data"]["eni_conf"])
    assert conf == {
        "vswitches": {"cn-hangzhou-j": ["vsw-j"], "cn-hangzhou-k": ["vsw-k"]},
        "security_groups": ["sg-pods"],
        "security_group": None,
    }
    assert found["ConfigMap"]["metadata"] == {"name": "gpu-net", "namespace": "kube-system"}
    assert found["StatefulSet"]["spec"]["serviceName"] == "matcher"
    assert "serviceName" not in found["Deployment"]["spec"]
    assert found["StatefulSet"]["spec"]["replicas"] == 2
    assert found["StatefulSet"]["spec"]["selector"] == {"matchLabels": {NAME_LABEL: "matcher"}}
    assert pod_of(found["StatefulSet"])["metadata"]["labels"] == {"network": "trading-eni", NAME_LABEL: "matcher"}
    assert pod_of(found["Job"])["spec"]["affinity"] == AFFINITY
    # A pool without a taint would take the pods of the other ECS pool, too: that one's own label keeps them off.
    team = {"key": "team", "operator": "In", "values": ["trading"]}
    for kind in ("StatefulSet", "Deployment", "DaemonSet", "CronJob"):
        (term,) = pod_of(found[kind])["spec"]["affinity"]["nodeAffinity"][REQUIRED]["nodeSelectorTerms"]
        assert term == {"matchExpressions": [RULE, team]}
    assert pod_of(found["Pod"])["spec"]["nodeSelector"] == {
        "k8s.aliyun.com/exclusive-mode-eni-type": "eniOnly", "team": "trading",
    }  # fmt: skip
    soft = {"key": "soft", "operator": "Exists", "effect": "PreferNoSchedule"}
    assert pod_of(found["Deployment"])["spec"]["tolerations"] == [TAINT, soft]
    lingjun = {"key": "node-role.alibabacloud.com/lingjun", "operator": "Exists", "effect": "NoSchedule"}
    assert pod_of(found["Job"])["spec"]["tolerations"] == [TAINT, lingjun]
    assert pod_of(found["Pod"])["spec"]["tolerations"] == [{"operator": "Exists"}]
    # One ENI by node affinity on ECS; by the webhook with a PodNetworking; none on Lingjun and the host network.
    one = {"requests": {"aliyun/eni": 1}, "limits": {"aliyun/eni": 1}}
    resources = {kind: pod_of(item)["spec"]["containers"][0].get("resources") for kind, item in found.items()
                 if kind not in {"PodNetworking", "ConfigMap"}}  # fmt: skip
    assert resources == {
        "StatefulSet": None, "Deployment": one, "DaemonSet": None, "Job": None, "CronJob": one, "Pod": one,
    }  # fmt: skip
    assert found["DaemonSet"]["spec"]["template"]["spec"]["hostNetwork"] is True
    assert found["CronJob"]["spec"]["jobTemplate"]["spec"]["completions"] == 1


def test_lists_left_out_are_the_clusters() -> None:
    pn = {"name": "pn", "podSelector": {"matchLabels": {"a": "b"}}}
    (found,) = rendered_changes(podNetworkings=[pn])
    assert found["spec"]["vSwitchOptions"] == ["vsw-j"]
    assert found["spec"]["securityGroupIDs"] == ["sg-pods"]
    with pytest.raises(RefusalError, match=r"nor cluster\.podDefaults has vSwitchIds"):
        rendered_changes(podNetworkings=[pn], **{"cluster.podDefaults": {"securityGroupIds": ["sg-pods"]}})


def test_selectors_that_are_empty_or_missing() -> None:
    missing, empty = ({**POD_NETWORKING, "name": name} for name in ("a", "b"))
    del missing["podSelector"]
    empty["podSelector"] = {}
    found = rendered_changes(podNetworkings=[missing, empty])
    assert "selector" not in found[0]["spec"]
    assert found[1]["spec"]["selector"] == {"podSelector": {}}


@pytest.mark.parametrize(
    ("selector", "labels"),
    [
        ([{"key": "a", "operator": "In", "values": ["x", "y"]}, {"key": "a", "operator": "NotIn", "values": ["x"]}],
         {"a": "y"}),
        ([{"key": "a", "operator": "Exists"}], {"a": "true"}),
        ([{"key": "a", "operator": "Exists"}, {"key": "a", "operator": "NotIn", "values": ["true"]}], {"a": "yes"}),
        ([{"key": "a", "operator": "DoesNotExist"}, {"key": "b", "operator": "NotIn", "values": ["x"]}], {}),
        ([{"key": NAME_LABEL, "operator": "In", "values": ["other"]}], {NAME_LABEL: "other"}),
    ],
)  # fmt: skip
def test_labels_that_expressions_select(selector: list[dict[str, Any]], labels: dict[str, str]) -> None:
    pn = {**POD_NETWORKING, "podSelector": {"matchExpressions": selector}}
    workload = {**WORKLOAD, "podNetworking": "trading-eni"}
    _, found = rendered_changes(podNetworkings=[pn], workloads=[workload])
    assert pod_of(found)["metadata"]["labels"] == {NAME_LABEL: "matcher", **labels}
    chosen = found["spec"]["selector"]["matchLabels"]
    assert chosen.items() <= pod_of(found)["metadata"]["labels"].items()


@pytest.mark.parametrize(
    "selector",
    [
        [{"key": "a", "operator": "In", "values": ["x"]}, {"key": "a", "operator": "NotIn", "values": ["x"]}],
        [{"key": "a", "operator": "Exists"}, {"key": "a", "operator": "DoesNotExist"}],
        [{"key": NAME_LABEL, "operator": "DoesNotExist"}],
    ],
)
def test_labels_that_cannot_be(selector: list[dict[str, Any]]) -> None:
    pn = {**POD_NETWORKING, "podSelector": {"matchExpressions": selector}}
    with pytest.raises(RefusalError) as caught:
        rendered_changes(podNetworkings=[pn], workloads=[{**WORKLOAD, "podNetworking": "trading-eni"}])
    assert caught.value.problems[0].place.path == "workloads[0].podNetworking"


@pytest.mark.parametrize(
    ("changes", "message", "place"),
    [
        ({"workloads": [{**WORKLOAD, "kind": "Pod", "replicas": 3}]}, "is one pod", "workloads[0].replicas"),
        ({"workloads": [{**WORKLOAD, "nodePool": "x"}]}, "does not have", "workloads[0].nodePool"),
        ({"workloads": [{**WORKLOAD, "podNetworking": "x"}]}, "does not have", "workloads[0].podNetworking"),
        ({"cluster.terwayConfigs": {"a": {"vSwitchIds": ["vsw-x"]}}}, "the zone of vSwitch 'vsw-x'",
         "cluster.terwayConfigs.a.vSwitchIds[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_rendered_is_refused(changes: dict[str, Any], message: str, place: str) -> None:
    with pytest.raises(RefusalError, match=message) as caught:
        rendered_changes(**changes)
    assert caught.value.problems[0].place.path == place


SELECTED = {"nodeSelector": {EXCLUSIVE_LABEL: "x"}, "containers": [{"name": "a"}]}


@pytest.mark.parametrize(
    ("changes", "message", "place"),
    [
        ({"kind": "CloneSet"}, "eniplan has no skeleton of a CloneSet", "workloads[0].kind"),
        (
            {"kind": "Job", "generateName": True},
            "Kubernetes generates the name of Job 'matcher', so it cannot be applied",
            "workloads[0].generateName",
        ),
        ({"template": {"spec": SELECTED}}, "StatefulSet 'matcher': this keeps the pods away", "workloads[0]"),
        ({"template": {"spec": None}}, "StatefulSet 'matcher': the pod has no container", "workloads[0]"),
    ],
)
def test_workloads_that_cannot_be_rendered(changes: dict[str, Any], message: str, place: str) -> None:
    with pytest.raises(RefusalError) as caught:
        rendered_changes(workloads=[{**WORKLOAD, **changes}])
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.place.path == place


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("Deployment", {"replicas": 3}), ("StatefulSet", {"replicas": 3}), ("DaemonSet", {}),
        ("Job", {"parallelism": 3, "completions": 3}), ("CronJob", {"parallelism": 3, "completions": 3}),
    ],
)  # fmt: skip
def test_the_plan_says_how_many_pods(kind: str, counts: dict[str, int]) -> None:
    (found,) = rendered_changes(workloads=[{**WORKLOAD, "kind": kind, "replicas": 3}])
    spec = found["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else found["spec"]
    assert {key: spec[key] for key in ("replicas", "parallelism", "completions") if key in spec} == counts
    assert ("parallelism" in found["spec"]) == (kind == "Job")


def test_a_refusal_gets_the_place_of_its_key_in_the_document() -> None:
    plan = example({"workloads": [{**WORKLOAD, "nodePool": "x"}]})
    (document,) = read_documents("plan.json", json.dumps(plan, indent=1).encode())
    with pytest.raises(RefusalError) as caught:
        render(plan_from(plan), SKELETONS, workloads=True)
    (problem,) = caught.value.problems
    assert problem.place == Place("plan", path="workloads[0].nodePool")
    line = next(i for i, text in enumerate(json.dumps(plan, indent=1).splitlines(), 1) if '"nodePool": "x"' in text)
    assert caught.value.at(document).problems == (problem._replace(place=document.place(("workloads", 0, "nodePool"))),)
    place = caught.value.at(document).problems[0].place
    assert (place.file, place.line, place.path) == ("plan.json", line, "workloads[0].nodePool")


def test_zones_are_needed_for_terway_configs() -> None:
    configs = {"cluster.vSwitches": ABSENT, "cluster.terwayConfigs": {"a": {"vSwitchIds": ["vsw-j"]}}}
    with pytest.raises(RefusalError, match="the zone of vSwitch 'vsw-j' is unknown"):
        rendered_changes(**configs)


def test_a_workloads_own_template_replaces_the_skeletons_pod() -> None:
    metadata = {"labels": {"a": "b"}, "annotations": {"c": "d"}, "name": "x"}
    spec = {"containers": [{"name": "a"}], "dnsPolicy": "None", "tolerations": [TAINT]}
    wanted = {**spec, "affinity": AFFINITY, "containers": [
        {"name": "a", "resources": {"requests": {"aliyun/eni": 1}, "limits": {"aliyun/eni": 1}}}
    ]}  # fmt: skip
    for own, labels in ((metadata, {"a": "b"}), ({"labels": None}, {}), (None, {})):
        workload = {**WORKLOAD, "kind": "Deployment", "template": {"metadata": own, "spec": spec}}
        (found,) = rendered_changes(workloads=[workload])
        pod = found["spec"]["template"]
        assert pod["metadata"]["labels"] == {NAME_LABEL: "matcher", **labels}
        assert pod["metadata"].get("annotations") == (own or {}).get("annotations")
        assert "name" not in pod["metadata"]
        assert pod["spec"] == wanted


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".hidden", "-x", "A", "a\nb", "", "二"])
def test_names_that_lead_elsewhere_are_no_file_names(name: str) -> None:
    pn = {**POD_NETWORKING, "name": name}
    (item,) = render(plan_from(example({"podNetworkings": [pn]})), SKELETONS, workloads=False)
    with pytest.raises(RefusalError):
        _ = item.file


def test_long_names_and_empty_configs() -> None:
    config, found, longer = rendered_changes(
        workloads=[{**WORKLOAD, "name": "a" * 62 + ".b"}, {**WORKLOAD, "name": "a" * 64}],
        **{"cluster.terwayConfigs": {"a": {}}},
    )
    assert longer["spec"]["selector"]["matchLabels"] == {NAME_LABEL: "a" * 63}
    assert json.loads(config["data"]["eni_conf"]) == {}
    assert found["spec"]["selector"]["matchLabels"] == {NAME_LABEL: "a" * 62}


def test_podnetworking_byte_for_byte() -> None:
    pn = {
        "name": "pn",
        "nodePools": ["trading"],
        "podSelector": {
            "matchLabels": {"a": "b"},
            "matchExpressions": [
                {"key": "c", "operator": "In", "values": ["d", "e"]},
                {"key": "f", "operator": "Exists"},
            ],
        },
        "namespaceSelector": {"matchExpressions": [{"key": "g", "operator": "DoesNotExist"}]},
        "securityGroupIds": ["sg-own"],
        "allocation": {"type": "Fixed", "releaseStrategy": "Never"},
    }
    (item,) = render(plan_from(example({"podNetworkings": [pn]})), SKELETONS, workloads=True)
    assert item.identity == ("PodNetworking", "", "pn")
    assert (
        text(item)
        == """\
apiVersion: network.alibabacloud.com/v1beta1
kind: PodNetworking
metadata:
  name: pn
spec:
  eniOptions:
    eniType: ENI
  vSwitchSelectOptions:
    vSwitchSelectionPolicy: ordered
  vSwitchOptions:
  - vsw-j
  securityGroupIDs:
  - sg-own
  selector:
    podSelector:
      matchLabels:
        a: b
      matchExpressions:
      - key: c
        operator: In
        values:
        - d
        - e
      - key: f
        operator: Exists
    namespaceSelector:
      matchExpressions:
      - key: g
        operator: DoesNotExist
  allocationType:
    type: Fixed
    releaseStrategy: Never
"""
    )


def test_deployment_byte_for_byte() -> None:
    workload = {**WORKLOAD, "kind": "Deployment", "replicas": 3}
    (item,) = render(plan_from(example({"workloads": [workload]})), SKELETONS, workloads=True)
    assert (
        text(item)
        == """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: matcher
  namespace: default
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/instance: matcher
  template:
    metadata:
      labels:
        app.kubernetes.io/instance: matcher
    spec:
      containers:
      - name: main
        image: REPLACE-WITH-YOUR-IMAGE
        resources:
          requests:
            aliyun/eni: 1
          limits:
            aliyun/eni: 1
      tolerations:
      - key: exclusive-eni
        operator: Equal
        value: "true"
        effect: NoSchedule
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions:
              - key: k8s.aliyun.com/exclusive-mode-eni-type
                operator: In
                values:
                - eniOnly
"""
    )


def test_kustomization_byte_for_byte() -> None:
    assert kustomization(["10-a.yaml", "20-b.yaml"]) == (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        'sortOptions:\n  order: fifo\nresources:\n- "10-a.yaml"\n- "20-b.yaml"\n'
    )


def test_a_networking_of_no_lists_and_a_cluster_without_defaults() -> None:
    pn = {"name": "pn", "vSwitchIds": ["vsw-j"]}
    with pytest.raises(RefusalError) as caught:
        rendered_changes(podNetworkings=[pn], **{"cluster.podDefaults": ABSENT})
    (problem,) = caught.value.problems
    assert problem.message == "neither PodNetworking 'pn' nor cluster.podDefaults has securityGroupIds"
    assert (problem.place.path, problem.hint) == ("podNetworkings[0].securityGroupIds", "add securityGroupIds")


def test_header_stays_a_comment() -> None:
    assert all(line.startswith("#") for line in header("a\nb: c\r\u2028---", "2026-07-16").splitlines())
    assert yaml.safe_load(kustomization(["10-a.yaml"]))["resources"] == ["10-a.yaml"]


# --- Random plans -------------------------------------------------------------------------------------------

label_names: st.SearchStrategy[str] = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,10}[A-Za-z0-9])?", fullmatch=True)
names: st.SearchStrategy[str] = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
requirements: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries({
        "key": label_names,
        "operator": st.sampled_from(["In", "NotIn"]),
        "values": st.lists(label_names, min_size=1, max_size=3),
    }),
    st.fixed_dictionaries({"key": label_names, "operator": st.sampled_from(["Exists", "DoesNotExist"])}),
)  # fmt: skip
selectors = st.fixed_dictionaries(
    {},
    optional={
        "matchLabels": st.dictionaries(label_names, label_names, max_size=3),
        "matchExpressions": st.lists(requirements, max_size=3),
    },
)
allocations = st.one_of(
    st.just({"type": "Elastic"}),
    st.just({"type": "Fixed", "releaseStrategy": "Never"}),
    st.builds(
        lambda n: {"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": f"{n}m"}, st.integers(5, 1000)
    ),
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a plan whose parts are valid each by itself."""
    pod_networkings: list[dict[str, Any]] = draw(st.lists(
        st.fixed_dictionaries(
            {"name": names, "nodePools": st.just(["trading"])},
            optional={
                "podSelector": selectors,
                "namespaceSelector": selectors,
                "vSwitchIds": st.just(["vsw-k", "vsw-j"]),
                "securityGroupIds": st.just(["sg-pods"]),
                "vSwitchSelectionPolicy": st.sampled_from(["ordered", "random", "most"]),
                "allocation": allocations,
            },
        ),
        max_size=3,
        unique_by=lambda pn: str(pn["name"]),
    ))  # fmt: skip
    choices = [None, *(str(pn["name"]) for pn in pod_networkings)]
    workloads = draw(st.lists(
        st.builds(
            lambda name, namespace, kind, pool, networking, host: {
                "name": name, "namespace": namespace, "kind": kind, "nodePool": pool,
                **({"podNetworking": networking} if networking and pool == "trading" else {}),
                **({"hostNetwork": True} if host else {}),
            },
            names,
            names,
            st.sampled_from(["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"]),
            st.sampled_from(["trading", "training"]),
            st.sampled_from(choices),
            st.booleans(),
        ),
        max_size=4,
        unique_by=lambda w: (w["kind"], w["namespace"], w["name"]),
    ))  # fmt: skip
    return example({
        "cluster.vSwitches": [VSWITCH_J, VSWITCH_K],
        "cluster.terwayConfigs": draw(st.dictionaries(names, st.just({"vSwitchIds": ["vsw-j"]}), max_size=2)),
        "nodePools[0].desiredSize": 100,
        "nodePools[1]": LINGJUN_POOL,
        "podNetworkings": pod_networkings,
        "workloads": workloads,
    })  # fmt: skip


@given(plans())
@settings(max_examples=200)
def test_random_plans(plan: dict[str, Any]) -> None:
    if judge_plan(plan).exit_code != 0:
        return
    try:
        found = rendered(plan_from(plan))
    except RefusalError as error:
        # No pod can be selected; a check of the plan does not look that far.
        assert "label" in error.problems[0].message  # noqa: PT017 - any other refusal would be a fault
        return
    assert len(found) == sum(
        len(part)
        for part in (plan["podNetworkings"], plan["workloads"], plan["cluster"]["terwayConfigs"])
    )  # fmt: skip
    for item in found:
        if item["kind"] == "PodNetworking":
            jsonschema.validate(item, POD_NETWORKING_SCHEMA)
    assert findings(read_back(plan, found)) <= findings(plan)
