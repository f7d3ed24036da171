from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.k8s.labels import Requirement
from eniplan.k8s.nodes import Term, Toleration
from eniplan.k8s.pods import read_pod
from eniplan.k8s.terway import ENI, MEMBER_ENI
from tests.plans import ANYTHING


def container(request: object = None, limit: object = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return a container that asks for ENIs."""
    asked = {} if request is None else {"requests": {ENI: request}}
    limited = {} if limit is None else {"limits": {ENI: limit}}
    return {"name": "c", "resources": {**asked, **limited}, **more}


def template(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a spec
    return {"metadata": {}, "spec": {"containers": [container()], **spec}}


CONTAINERS = st.lists(st.integers(0, 3).map(lambda n: container(n, n)), max_size=3)
INITS = st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=4)


@given(CONTAINERS, INITS)
def test_the_request_is_the_most_that_runs_at_once(
    containers: list[dict[str, Any]], inits: list[tuple[int, bool]]
) -> None:
    """Play the start of the pod: sidecars stay, others of the first containers go, then all run."""
    first = [container(n, n, **({"restartPolicy": "Always"} if stays else {})) for n, stays in inits]
    running, most = 0, 0
    for number, stays in inits:
        most = max(most, running + number)
        running += number if stays else 0
    most = max(most, running + sum(c["resources"]["requests"][ENI] for c in containers))
    assert read_pod(template(containers=containers, initContainers=first)).request(ENI) == most


@pytest.mark.parametrize(
    ("request_", "limit", "count"),
    [("1", "1", 1), ("1000m", 1, 1), (1.0, "1e0", 1), (None, 2, 2), (None, None, 0), ("0", "0", 0), (0, "0m", 0)],
)
def test_equal_numbers(request_: object, limit: object, count: int) -> None:
    pod = read_pod(template(containers=[container(request_, limit)]))
    assert pod.request(ENI) == count
    assert not pod.refused
    assert not pod.misread


@pytest.mark.parametrize(("request_", "limit"), [(1, 2), ("1", None), (0, 1), ("1500m", "1500m"), ("-1", "-1")])
def test_numbers_that_kubernetes_refuses(request_: object, limit: object) -> None:
    pod = read_pod(template(containers=[container(request_, limit)]))
    assert {flaw.path[:5] for flaw in pod.refused} <= {
        ("spec", "containers", 0, "resources", key) for key in ("requests", "limits")
    }
    assert pod.refused


def test_the_whole_pod_asks_for_no_eni() -> None:
    pod = read_pod(template(resources={"requests": {ENI: 1, "cpu": 1}, "limits": {ENI: 1}}))
    assert [flaw.path for flaw in pod.refused] == [("spec", "resources", key, ENI) for key in ("requests", "limits")]
    assert pod.request(ENI) == 0


def test_other_resources_are_counted_apart() -> None:
    resources = {"requests": {MEMBER_ENI: 1}, "limits": {MEMBER_ENI: 1}}
    pod = read_pod(template(containers=[{"name": "c", "resources": resources}, container(1, 1)]))
    assert (pod.request(ENI), pod.request(MEMBER_ENI)) == (1, 1)
    assert [c.path for c in pod.asking(ENI)] == [("spec", "containers", 1)]


def test_placement() -> None:
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]},
                    {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n"]}]},
                    {},
                ]
            }
        }
    }
    placement = read_pod(template(nodeSelector={"z": "y"}, affinity=affinity)).placement
    at = ("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
    assert placement.selector == (Requirement(("spec", "nodeSelector", "z"), "z", "In", ("y",)),)
    assert placement.terms == (
        Term((Requirement((*at, 0, "matchExpressions", 0), "a", "Gt", ("1",)),)),
        Term((), (Requirement((*at, 1, "matchFields", 0), "metadata.name", "In", ("n",)),)),
        Term(()),
    )


def test_a_requirement_that_kubernetes_refuses() -> None:
    rule = {"key": "a", "operator": "In", "values": []}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}}
    pod = read_pod(template(affinity={"nodeAffinity": required}))
    assert [flaw.path[-3:] for flaw in pod.refused] == [("matchExpressions", 0, "values")]


def test_the_cpu_and_memory_of_a_pod() -> None:
    """A whole pod may state them, and its runtime takes some beside."""
    resources = {"requests": {"cpu": "250m"}, "limits": {"cpu": 2, "memory": "1Ki"}}
    pod = template(containers=[{"name": "a", "resources": resources}] * 2)
    assert (read_pod(pod).request("cpu"), read_pod(pod).request("memory")) == (500, 2048)
    pod["spec"] |= {"resources": {"requests": {"cpu": 3}}, "overhead": {"cpu": "100m", "memory": "x"}}
    assert (read_pod(pod).request("cpu"), read_pod(pod).request("memory")) == (3100, 2048)


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (False, "false"), (5, "5"), (-1, "-1")])
def test_text_without_quotes_is_told_and_taken_for_what_it_means(value: object, text: str) -> None:
    pod = read_pod({
        "metadata": {"labels": {"a": value, "b": "c"}},
        "spec": {"nodeSelector": {"a": value}, "tolerations": [{"key": "k", "value": value}]},
    })  # fmt: skip
    assert pod.labels == {"a": text, "b": "c"}
    assert [r.values for r in pod.placement.selector] == [(text,)]
    assert [t.value for t in pod.tolerations] == [text]
    assert {(str(flaw.message), str(flaw.hint)) for flaw in pod.misread} == {
        ("'a' must be text", "write it in quotes"), ("'value' must be text", "write it in quotes"),
    }  # fmt: skip
    assert len(pod.misread) == 3


@pytest.mark.parametrize("value", [1.5, ["x"], {}, 10**63, None])
def test_what_has_no_such_text_is_left_out(value: object) -> None:
    pod = read_pod({"metadata": {"labels": {"a": value, "b": ""}}})
    assert pod.labels == {"b": ""}
    assert [(str(flaw.message), flaw.hint) for flaw in pod.misread] == [("'a' must be text", "")]


def test_an_affinity_without_a_term_is_refused() -> None:
    required: dict[str, Any] = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
    pod = read_pod(template(affinity={"nodeAffinity": required}))
    assert [flaw.path[-1] for flaw in pod.refused] == ["nodeSelectorTerms"]
    assert pod.placement.terms == ()


@pytest.mark.parametrize(
    ("toleration", "wrong"),
    [
        ({"key": "a", "operator": "Exists", "value": "b"}, "value"),
        ({"key": "a", "operator": "Is"}, "operator"),
        ({"key": "a", "effect": "Never"}, "effect"),
        ({"value": "b"}, 0),
        ({"key": "a", "effect": "NoSchedule", "tolerationSeconds": 60}, "tolerationSeconds"),
        ({"key": "a", "value": "-"}, "value"),
    ],
)
def test_tolerations_that_kubernetes_refuses(toleration: dict[str, Any], wrong: object) -> None:
    pod = read_pod(template(tolerations=[toleration]))
    assert [flaw.path[-1] for flaw in pod.refused] == [wrong]
    assert not pod.misread


def test_tolerations() -> None:
    found = {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}
    assert read_pod(template(tolerations=[found])).tolerations == (Toleration("a", "Exists", "", "NoExecute", 60),)


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"tolerations": {}}, ("tolerations",)),
        ({"tolerations": ["x"]}, ("tolerations", 0)),
        ({"tolerations": [{"key": ["x"], "operator": "Exists"}]}, ("tolerations", 0, "key")),
        ({"tolerations": [{"operator": "Exists", "effect": []}]}, ("tolerations", 0, "effect")),
        ({"tolerations": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": "60"}]},
         ("tolerations", 0, "tolerationSeconds")),
        ({"nodeSelector": {"a": True}}, ("nodeSelector", "a")),
        ({"nodeSelector": {1: "a"}}, ("nodeSelector", "1")),
        ({"affinity": []}, ("affinity",)),
        ({"hostNetwork": "true"}, ("hostNetwork",)),
        ({"containers": "c"}, ("containers",)),
        ({"containers": [{"resources": {"requests": {ENI: "one"}, "limits": {ENI: "one"}}}]},
         ("containers", 0, "resources", "requests", ENI)),
    ],
)  # fmt: skip
def test_what_has_another_form_is_told_and_left_out(spec: dict[str, Any], path: tuple[object, ...]) -> None:
    pod = read_pod(template(**spec))
    assert pod.misread[0].path == ("spec", *path)
    assert " must be " in pod.misread[0].message


@given(st.recursive(ANYTHING, lambda inner: st.dictionaries(
    st.sampled_from(["metadata", "spec", "containers", "tolerations", "affinity", "nodeAffinity", "resources", "ports",
                     "requests", "annotations", "nodeSelectorTerms", "k8s.aliyun.com/pod-networks-request"]), inner)
    | st.lists(inner, max_size=2)))  # fmt: skip
def test_anything_can_be_read(value: object) -> None:
    pod = read_pod({"spec": value})
    assert pod.request(ENI) >= 0
    assert read_pod(value).misread or isinstance(value, dict) or value is None


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ('[{"network":"front","interfaceName":"eth1"},{"network":"back"}]', ("front", "back")),
        ('[{"network":"front","interfaceName":"eth1"},{"network":"back","interfaceName":""}]', ("front", "back")),
        ('[{"network":"a","interfaceName":1}]', None), ('[{"network":"a"},1]', None), ("{}", None),
        ("[]", None), ("{", None), ('{"network":"a"}', None), ('["a"]', None), ('[{"network":1}]', None),
        ('[{"network":""}]', None), ("[" * 100_000, None),
    ],
)  # fmt: skip
def test_networks(text: str, networks: tuple[str, ...] | None) -> None:
    value = {**template(), "metadata": {"annotations": {"k8s.aliyun.com/pod-networks-request": text}}}
    pod = read_pod(value)
    assert pod.networks == networks
    assert bool(pod.refused) == (networks is None)


@pytest.mark.parametrize(
    ("interfaces", "wrong"),
    [
        (["eth0", "eth1"], []),
        (["eth12"], []),
        (["eth123"], ["the interfaceName 'eth123' has more than 5 characters"]),
        ([None, None, None], ["several networks have the interface eth0"]),
        (["eth1", "eth0", "eth1"], ["several networks have the interface eth1"]),
        (["eth0", None], ["several networks have the interface eth0"]),
    ],
)
def test_interfaces_that_the_webhook_denies(interfaces: list[str | None], wrong: list[str]) -> None:
    asked = [{"network": f"n{i}", "interfaceName": name} for i, name in enumerate(interfaces)]
    pod = read_pod({"metadata": {"annotations": {"k8s.aliyun.com/pod-networks-request": json.dumps(asked)}}})
    assert pod.networks == tuple(item["network"] for item in asked)
    assert [str(flaw.message) for flaw in pod.refused] == wrong


def test_ports_of_the_node() -> None:
    pod = read_pod(template(containers=[{"name": "c", "ports": [{"containerPort": 1}, {"hostPort": 80}]}]))
    assert pod.containers[0].host_ports == (("spec", "containers", 0, "ports", 1, "hostPort"),)


OWN = {"labelSelector": {"matchLabels": {"app": "a"}}, "topologyKey": "kubernetes.io/hostname"}
EXPRESSION = {"key": "app", "operator": "In", "values": ["a", "b"]}


def in_zones(value: Any) -> Any:  # noqa: ANN401 - terms
    """Return terms with zones in place of nodes."""
    return json.loads(json.dumps(value).replace("kubernetes.io/hostname", "failure-domain.beta.kubernetes.io/zone"))


@pytest.mark.parametrize(
    ("terms", "apart"),
    [
        ([OWN], (True, True)),
        ([{**OWN, "labelSelector": {}}], (True, True)),
        ([{**OWN, "labelSelector": {"matchExpressions": [EXPRESSION]}}], (True, True)),
        ([{**OWN, "namespaces": [], "namespaceSelector": {}}], (True, True)),
        ([{**OWN, "topologyKey": "topology.kubernetes.io/zone"}, OWN], (True, True)),
        ([{**OWN, "matchLabelKeys": ["pod-template-hash"]}], (True, False)),
        ([{**OWN, "matchLabelKeys": ["pod-template-hash"]}, OWN], (True, True)),
        ([{**OWN, "topologyKey": "topology.kubernetes.io/region"}], (False, False)),
        ([{**OWN, "mismatchLabelKeys": ["app"]}], (False, False)),
        ([{**OWN, "namespaces": ["other"]}], (False, False)),
        ([{**OWN, "namespaces": ["other", "trading"]}], (True, True)),
        ([{**OWN, "namespaces": ["trading"], "namespaceSelector": {"matchLabels": {"a": "b"}}}], (True, True)),
        ([{**OWN, "namespaces": ["other"], "namespaceSelector": {}}], (True, True)),
        ([{**OWN, "namespaceSelector": {"matchLabels": {"a": "b"}}}], (False, False)),
        ([{**OWN, "labelSelector": None}], (False, False)),
        ([{**OWN, "labelSelector": {"matchLabels": {"app": "b"}}}], (False, False)),
        ([{**OWN, "labelSelector": {"matchLabels": {"app": "a", "track": "b"}}}], (False, False)),
        ([{**OWN, "labelSelector": {"matchExpressions": [EXPRESSION, {**EXPRESSION, "operator": "NotIn"}]}}],
         (False, False)),
        ([{**OWN, "labelSelector": {"matchExpressions": [{**EXPRESSION, "operator": "Is"}]}}], (False, False)),
        (["x", None], (False, False)),
        ("x", (False, False)),
    ],
)  # fmt: skip
def test_pods_that_share_no_node_and_no_zone(terms: object, apart: tuple[bool, bool]) -> None:
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    found = read_pod({"metadata": {"labels": {"app": "a"}}, "spec": {"affinity": affinity}}, "trading")
    assert found.apart == apart
    zones = read_pod({"metadata": {"labels": {"app": "a"}}, "spec": {"affinity": in_zones(affinity)}}, "trading")
    assert zones.zones_apart == apart
    preferred = {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"podAffinityTerm": OWN}]}}
    assert read_pod({"metadata": {"labels": {"app": "a"}}, "spec": {"affinity": preferred}}).apart == (False, False)
