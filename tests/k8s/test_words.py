"""Kubernetes' and Terway's own words, held as literals: a change of one of them changes verdicts."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from eniplan.k8s import terway
from eniplan.k8s.kinds import FIXED_NAMES, HOLDERS, PER_NODE, controller_of, standing_behind
from eniplan.k8s.labels import Requirement, Selector, meets, requirement_flaw, selector_from
from eniplan.k8s.names import is_subdomain, label_key_problem
from eniplan.k8s.nodes import (
    EFFECTS,
    NodeLabels,
    Placement,
    Taint,
    Term,
    Toleration,
    repelling,
    toleration_from,
    toleration_of,
)
from eniplan.k8s.numbers import go_duration, parts, quantity, whole
from eniplan.k8s.pods import read_pod, toleration_flaws
from eniplan.k8s.rollout import Rollout, rollout

NANO = 10**9


def test_kinds() -> None:
    """Group, template, replicas, selector, strategy and roles of each kind."""
    template, replicas = ("spec", "template"), (("spec", "replicas"),)
    job = ("spec", "jobTemplate", "spec")
    kruise, flow = "apps.kruise.io", "kubeflow.org"
    assert {kind: [tuple(found) for found in holders] for kind, holders in HOLDERS.items()} == {
        "Deployment": [("apps", template, replicas, True, ("spec", "strategy"), None)],
        "StatefulSet": [("apps", template, replicas, True, None, None), (kruise, template, replicas, True, None, None)],
        "DaemonSet": [
            ("apps", template, (), True, ("spec", "updateStrategy"), None),
            (kruise, template, (), True, ("spec", "updateStrategy"), None),
        ],
        "ReplicaSet": [("apps", template, replicas, True, None, None)],
        "ReplicationController": [("", template, replicas, False, None, None)],
        "Job": [("batch", template, (("spec", "parallelism"), ("spec", "completions")), False, None, None)],
        "CronJob": [
            ("batch", (*job, "template"), ((*job, "parallelism"), (*job, "completions")), False, None, None),
        ],
        "Pod": [("", (), (), False, None, None)],
        "CloneSet": [(kruise, template, replicas, True, ("spec", "updateStrategy"), None)],
        "BroadcastJob": [(kruise, template, (), False, None, None)],
        "GameServerSet": [("game.kruise.io", ("spec", "gameServerTemplate"), replicas, False, None, None)],
        "Rollout": [("argoproj.io", template, replicas, True, ("spec", "strategy"), None)],
        "JAXJob": [(flow, template, replicas, False, None, ("spec", "jaxReplicaSpecs"))],
        "MPIJob": [(flow, template, replicas, False, None, ("spec", "mpiReplicaSpecs"))],
        "MXJob": [(flow, template, replicas, False, None, ("spec", "mxReplicaSpecs"))],
        "PaddleJob": [(flow, template, replicas, False, None, ("spec", "paddleReplicaSpecs"))],
        "PyTorchJob": [(flow, template, replicas, False, None, ("spec", "pytorchReplicaSpecs"))],
        "TFJob": [(flow, template, replicas, False, None, ("spec", "tfReplicaSpecs"))],
        "XGBoostJob": [(flow, template, replicas, False, None, ("spec", "xgbReplicaSpecs"))],
    }
    assert {"DaemonSet", "BroadcastJob"} == PER_NODE
    assert {"StatefulSet", "Pod", "GameServerSet"} == FIXED_NAMES


@pytest.mark.parametrize(
    ("owner", "behind"),
    [
        ("ReplicaSet web-5d4f8c7b9", ["Deployment web"]),
        ("ReplicaSet web-a-5d4f8c7b9", ["Deployment web-a"]),
        ("Job nightly-28512345", ["CronJob nightly"]),
        ("Job nightly", []),
        ("StatefulSet web-0", []),
        ("ReplicaSet web-" + "x" * 17, []),
        ("Job nightly-" + "1" * 13, []),
    ],
)
def test_who_stands_behind_an_owner(owner: str, behind: list[str]) -> None:
    assert list(standing_behind(owner)) == [owner, *behind]


@pytest.mark.parametrize(
    ("kind", "name", "labels", "made_by", "behind"),
    [
        ("StatefulSet", "web", {}, "StatefulSet web", []),
        ("PyTorchJob", "a", {"training.kubeflow.org/replica-type": "Worker"}, "PyTorchJob a/worker",
         ["PyTorchJob a-worker", "PyTorchJob a"]),
        ("TFJob", "a", {"training.kubeflow.org/replica-type": "chief", "training.kubeflow.org/job-role": "master"},
         "TFJob a/chief", ["TFJob a-chief", "TFJob a"]),
        ("MPIJob", "a", {"training.kubeflow.org/job-role": "worker"}, "MPIJob a/worker",
         ["MPIJob a-worker", "MPIJob a"]),
        ("Job", "a-launcher", {"training.kubeflow.org/job-role": "launcher", "training.kubeflow.org/job-name": "a"},
         "MPIJob a/launcher", ["MPIJob a-launcher", "MPIJob a"]),
        ("Job", "a", {"training.kubeflow.org/job-role": "worker", "training.kubeflow.org/job-name": "a"}, "Job a", []),
        ("PyTorchJob", "a", {"training.kubeflow.org/replica-type": ""}, "PyTorchJob a", []),
        ("Deployment", "a", {"training.kubeflow.org/replica-type": "worker"}, "Deployment a", []),
        ("StatefulSet", "g-0", {"leaderworkerset.sigs.k8s.io/name": "g"}, "StatefulSet g", []),
        ("StatefulSet", "g", {"leaderworkerset.sigs.k8s.io/name": "g"}, "StatefulSet g", []),
        ("StatefulSet", "other-0", {"leaderworkerset.sigs.k8s.io/name": "g"}, "StatefulSet other-0", []),
        ("Pod", "pi-driver", {"sparkoperator.k8s.io/app-name": "pi"}, "SparkApplication pi", []),
        ("Pod", "pi-driver", {}, "Pod pi-driver", []),
    ],
)  # fmt: skip
def test_who_makes_the_pods_of_operators(
    kind: str, name: str, labels: dict[str, str], made_by: str, behind: list[str]
) -> None:
    owner = {"kind": kind, "name": name, "controller": True}
    assert controller_of({"ownerReferences": [owner], "labels": labels}) == made_by
    assert list(standing_behind(made_by)) == (behind or [made_by])


def test_words_of_terway() -> None:
    """Terway types/k8s.go and deviceplugin/eni.go."""
    assert (terway.ENI, terway.MEMBER_ENI) == ("aliyun/eni", "aliyun/member-eni")
    assert terway.IGNORE_LABEL == "k8s.aliyun.com/ignore-by-terway"
    assert terway.POD_ENI == "k8s.aliyun.com/pod-eni"
    assert terway.NETWORKING == "k8s.aliyun.com/pod-networking"
    assert terway.NETWORKS == "k8s.aliyun.com/pod-networks"
    assert terway.NETWORKS_REQUEST == "k8s.aliyun.com/pod-networks-request"


@pytest.mark.parametrize(
    ("suffix", "times"),
    [
        ("n", 1e-9), ("u", 1e-6), ("m", 1e-3), ("", 1), ("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12),
        ("P", 10**15), ("E", 10**18), ("Ki", 2**10), ("Mi", 2**20), ("Gi", 2**30), ("Ti", 2**40), ("Pi", 2**50),
        ("Ei", 2**60),
    ],
)  # fmt: skip
def test_suffixes(suffix: str, times: float) -> None:
    assert quantity(f"3{suffix}") == round(3 * times * NANO) if times < 1 else 3 * int(times) * NANO


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (0.0, 0), ("0", 0), ("-0", 0), (".5", NANO // 2), ("1.", NANO), ("0.1n", 1), ("-0.1n", -1),
        (2**63 - 1, (2**63 - 1) * NANO), (2**63, (2**63 - 1) * NANO), (-(2**63), -9 * 10**99 * NANO),
        ("9" * 1000, (2**63 - 1) * NANO), ("9" * 1001, None), ("1e3000", (2**63 - 1) * NANO), ("1e-3000", 1),
        (True, None), (inf, None), (nan, None), (None, None), ("", None), ("1x", None), (".", None),
    ],
)  # fmt: skip
def test_quantities_at_their_borders(value: object, read: int | None) -> None:
    assert quantity(value) == read


def test_parts_and_wholes_at_zero() -> None:
    assert (parts(0), parts("-1n"), parts("1n"), parts("1500m", 1000)) == (0, None, 1, 1500)
    assert (whole(0), whole("-1"), whole("1.5"), whole("2000m")) == (0, None, None, 2)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("9223372036854775807ns", 2**63 - 1), ("9223372036854775808ns", None), ("-9223372036854775808ns", -(2**63)),
        ("-9223372036854775809ns", None), ("00000000000000000000001s", NANO), ("99999999999999999999ns", None),
        ("9" * 5000 + "ns", None), ("0" * 5000 + "1s", NANO),
        ("0.9223372036854775807s", 922337203), ("0.92233720368547758079s", 922337203),
        ("1.00000000000000000000000000000000001h", 3600 * NANO), ("0", 0), ("+0", 0), ("-0", 0), ("1d", None),
        ("1h30m", 5400 * NANO), ("1.5us", 1500), ("1µs", 1000), ("1μs", 1000), (".5m", 30 * NANO), ("2562048h", None),
    ],
)  # fmt: skip
def test_durations_at_their_borders(text: str, read: int | None) -> None:
    assert go_duration(text) == read


def test_selectors_are_read_by_their_words() -> None:
    value: dict[str, Any] = {
        "matchLabels": {"a": "b"},
        "matchExpressions": [None, {"key": "c", "operator": "In", "values": ["d"]}, {"key": "e", "operator": "Exists"}],
    }
    assert selector_from(("s",), None) is None
    assert selector_from(("s",), {}) == Selector(("s",), ())
    assert selector_from(("s",), value) == Selector(
        ("s",),
        (
            Requirement(("s", "matchLabels", "a"), "a", "In", ("b",)),
            Requirement(("s", "matchExpressions", 1), "c", "In", ("d",)),
            Requirement(("s", "matchExpressions", 2), "e", "Exists"),
        ),
    )


@pytest.mark.parametrize(
    ("operator", "values", "value", "holds"),
    [
        ("In", ("a",), None, False), ("NotIn", ("a",), None, True), ("NotIn", ("a",), "a", False),
        ("NotIn", ("a",), "b", True),
        ("Gt", ("3",), "4", True), ("Gt", ("3",), "3", False), ("Lt", ("3",), "3", False), ("Lt", ("3",), "2", True),
        ("Lt", ("3",), None, False), ("Gt", ("3", "4"), "9", False), ("Gt", ("x",), "9", False),
        ("Gt", ("9223372036854775807",), "9223372036854775808", False),
        ("Gt", ("9223372036854775806",), "9223372036854775807", True),
        ("Lt", ("-9223372036854775807",), "-9223372036854775808", True),
        ("Lt", ("-9223372036854775808",), "-9223372036854775809", False),
        ("Exists", (), "", True), ("Exists", (), None, False), ("DoesNotExist", (), None, True),
        ("like", (), "a", False),
    ],
)  # fmt: skip
def test_requirements(
    operator: str,
    values: tuple[str, ...],
    value: str | None,
    holds: bool,  # noqa: FBT001 - a table
) -> None:
    assert meets(Requirement((), "k", operator, values), value) is holds


def test_an_operator_that_is_no_word_gets_all_words() -> None:
    flaw = requirement_flaw(Requirement((), "k", "~"))
    assert flaw is not None
    assert flaw.hint == "one of In, NotIn, Exists, DoesNotExist"
    flaw = requirement_flaw(Requirement((), "k", "in"))
    assert flaw is not None
    assert flaw.hint == "did you mean 'In'?"


def test_a_prefix_that_is_no_dns_name() -> None:
    assert label_key_problem("X.io/a") == "the prefix 'X.io' is not a DNS name"


def test_names_of_253_characters() -> None:
    assert is_subdomain("a" * 253)
    assert not is_subdomain("a" * 254)
    assert not is_subdomain("")


def test_taints_and_tolerations() -> None:
    with_value, without = Taint("k", "v", "NoSchedule"), Taint("k", "", "NoExecute")
    assert (str(with_value), str(without)) == ("k=v:NoSchedule", "k:NoExecute")
    assert EFFECTS == ("NoSchedule", "NoExecute", "PreferNoSchedule")
    assert toleration_of(with_value) == Toleration("k", "Equal", "v", "NoSchedule")
    assert toleration_of(without) == Toleration("k", "Exists", "", "NoExecute")
    assert Toleration("k", "Exists", "", "NoExecute", 0).written() == {
        "key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0,
    }  # fmt: skip
    assert toleration_from({"key": "k", "tolerationSeconds": 7}) == Toleration("k", "", "", "", 7)
    assert "tolerationSeconds" not in Toleration("k").written()
    # One toleration that fits is enough, and another does no harm.
    assert repelling([with_value], [Toleration("k", "Equal", "v"), Toleration("other", "Exists")]) == ()
    assert repelling([with_value], [Toleration("other", "Exists")]) == (with_value,)


def test_placements() -> None:
    named = Requirement((), "metadata.name", "In", ("n1",))
    place = Placement((), (Term((), (named,)),))
    assert (place.node_name, Placement().node_name, Placement().requirements()) == ("n1", "", ())
    assert Placement((), (Term((), (named._replace(values=("n1", "n2")),)),)).node_name == ""
    assert Placement((), (Term((), (named._replace(key="metadata.uid"),)),)).node_name == ""
    # Kept off one node, or allowed on either of two: that is no pod for one node only.
    assert Placement((), (Term((), (named._replace(operator="NotIn"),)),)).node_name == ""
    first, second = Term((), (named,)), Term((), (named._replace(values=("n2",)),))
    assert Placement((), (first, second)).node_name == ""
    assert Placement((), (first, Term((), ()))).node_name == ""
    assert Placement((), (first, first)).node_name == "n1"
    known = NodeLabels({}, lambda _: True, "n1")
    assert place.allows(known) is True
    assert place.allows(known._replace(name="n2")) is False
    assert place.allows(known._replace(name=None)) is None
    other = Placement((), (Term((), (named._replace(key="metadata.uid"),)),))
    assert other.allows(known._replace(name=None)) is None  # Kubernetes refuses it
    assert other.allows(known) is False
    asked = Requirement((), "a", "In", ("b",))
    assert Placement((asked,)).needs("a", "b") is True
    assert Placement((asked,)).needs("a", "c") is False
    assert Placement((asked, asked._replace(key="z"))).needs("a", "b") is True


def test_pods() -> None:
    def container(**asked: str) -> dict[str, Any]:
        return {"name": "c", "resources": {"requests": asked, "limits": asked}}

    pod = read_pod({
        "metadata": {"labels": {terway.IGNORE_LABEL: "true"}},
        "spec": {
            "containers": [container(**{terway.ENI: "2"}), container(**{terway.ENI: "3"}), {"name": "n"}],
            "initContainers": [container(**{terway.ENI: "4"})],
        },
    })  # fmt: skip
    assert (pod.request(terway.ENI), pod.request(terway.ENI, first=1), pod.request(terway.ENI, first=9)) == (5, 4, 12)
    assert pod.request(terway.MEMBER_ENI) == 0
    assert pod.is_ignored
    assert not read_pod({"metadata": {"labels": {terway.IGNORE_LABEL: "false"}}}).is_ignored


AFFINITY = ("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
TERM = (*AFFINITY, "nodeSelectorTerms", 0)
BOX = ("spec", "containers", 0)
MAP, LIST, TEXT = "a map", "a list", "text"


def standing_at(path: tuple[str | int, ...], value: object) -> object:
    """Return a pod that holds a value at a path, and nothing else."""
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [value]
    return value


@pytest.mark.parametrize(
    ("path", "value", "must_be"),
    [
        (("metadata",), 7, MAP), (("metadata", "annotations"), 7, MAP), (("metadata", "annotations", "a"), 7, TEXT),
        (("metadata", "labels"), 7, MAP), (("metadata", "labels", "a"), 7, TEXT), (("spec",), 7, MAP),
        (("spec", "nodeSelector"), 7, MAP), (("spec", "hostNetwork"), "yes", "true or false"),
        (("spec", "resources"), 7, MAP), (("spec", "resources", "requests"), 7, MAP),
        (("spec", "resources", "limits"), 7, MAP), (("spec", "overhead"), 7, MAP),
        (("spec", "tolerations"), 7, LIST), (("spec", "tolerations", 0, "key"), 7, TEXT),
        (("spec", "tolerations", 0, "operator"), 7, TEXT), (("spec", "tolerations", 0, "value"), 7, TEXT),
        (("spec", "tolerations", 0, "effect"), 7, TEXT),
        (("spec", "tolerations", 0, "tolerationSeconds"), "7", "a whole number"),
        (("spec", "tolerations", 0, "tolerationSeconds"), True, "a whole number"),
        (AFFINITY[:2], 7, MAP), (AFFINITY[:3], 7, MAP), (AFFINITY, 7, MAP), (TERM[:-1], 7, LIST),
        ((*TERM, "matchExpressions"), 7, LIST), ((*TERM, "matchFields"), 7, LIST),
        ((*TERM, "matchExpressions", 0, "key"), 7, TEXT), ((*TERM, "matchExpressions", 0, "values"), 7, LIST),
        (BOX[:2], 7, LIST), (("spec", "initContainers"), 7, LIST), ((*BOX, "name"), 7, TEXT),
        ((*BOX, "restartPolicy"), 7, TEXT), ((*BOX, "resources"), 7, MAP), ((*BOX, "resources", "requests"), 7, MAP),
        ((*BOX, "resources", "limits"), 7, MAP), ((*BOX, "resources", "limits", terway.ENI), "x", "a quantity"),
        ((*BOX, "resources", "requests", terway.ENI), "x", "a quantity"), ((*BOX, "ports"), 7, LIST),
    ],
)  # fmt: skip
def test_where_a_pod_cannot_be_read(path: tuple[str | int, ...], value: object, must_be: str) -> None:
    flaws = read_pod(standing_at(path, value)).misread
    assert {(flaw.path, str(flaw.message)) for flaw in flaws} == {(path, f"{path[-1]!r} must be {must_be}")}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((), 7, "a pod must be a map"), (("spec", "tolerations", 0), 7, "an item of 'tolerations' must be a map"),
        (BOX, 7, "an item of 'containers' must be a map"), ((*BOX, "ports", 0), 7, "an item of 'ports' must be a map"),
        ((*TERM, "matchFields", 0, "values", 0), 7, "an item of 'values' must be text"),
    ],
)  # fmt: skip
def test_items_of_a_pod_that_cannot_be_read(path: tuple[str | int, ...], value: object, message: str) -> None:
    flaws = read_pod(standing_at(path, value)).misread
    assert {(flaw.path, str(flaw.message)) for flaw in flaws} == {(path, message)}


@pytest.mark.parametrize(
    ("asked", "count", "wrong"),
    [
        (({"requests": 1}), 1, "aliyun/eni has a request of 1 and no limit"),
        (({"requests": 1, "limits": 2}), 1, "aliyun/eni has a request of 1 and a limit of 2"),
        (({"limits": 2}), 2, None), ({}, 0, None),
    ],
)  # fmt: skip
def test_requests_beside_limits(asked: dict[str, int], count: int, wrong: str | None) -> None:
    resources = {key: {terway.ENI: number} for key, number in asked.items()}
    pod = read_pod(standing_at(BOX, {"resources": resources}))
    assert pod.request(terway.ENI) == count
    assert [str(flaw.message) for flaw in pod.refused] == ([] if wrong is None else [wrong])


@pytest.mark.parametrize(
    ("toleration", "wrong"),
    [
        (Toleration("k", "Exists"), None), (Toleration("", "Exists"), None), (Toleration("k", "Equal", "v"), None),
        (Toleration("k", "", "v", "NoExecute", 5), None), (Toleration("k", "like"), ("operator",)),
        (Toleration("k", "Exists", "v"), ("value",)), (Toleration("k", "Exists", "-"), ("value",)),
        (Toleration("k", "Equal", "-"), ("value",)), (Toleration(), ()), (Toleration("k", "", "", "x"), ("effect",)),
        (Toleration("k", "", "", "NoSchedule", 0), ("tolerationSeconds",)),
    ],
)  # fmt: skip
def test_what_is_refused_of_a_toleration(toleration: Toleration, wrong: tuple[str, ...] | None) -> None:
    assert [flaw.path for flaw in toleration_flaws(toleration)] == ([] if wrong is None else [wrong])


def test_flaws_of_a_pod_stand_where_they_are() -> None:
    tolerations = [{"operator": "Exists"}, {"key": "k", "effect": "x"}]
    networks = {terway.NETWORKS_REQUEST: '[{"network": "a"}, {}]'}
    pod = read_pod({"metadata": {"annotations": networks}, "spec": {"tolerations": tolerations}})
    assert [(flaw.path, str(flaw.hint)) for flaw in pod.refused] == [
        (("spec", "tolerations", 1, "effect"), "one of NoSchedule, NoExecute, PreferNoSchedule"),
        (("metadata", "annotations", terway.NETWORKS_REQUEST), 'write [{"network": "NAME", "interfaceName": "eth0"}]'),
    ]
    assert pod.networks is None


def test_only_the_first_containers_stay() -> None:
    """`restartPolicy: Always` makes a sidecar of an init container; others run anyway."""
    asks = {"restartPolicy": "Always", "resources": {"limits": {terway.ENI: 1}}}
    pod = read_pod({"spec": {"containers": [asks], "initContainers": [asks]}})
    assert [container.is_sidecar for container in (*pod.containers, *pod.init_containers)] == [False, True]


def test_daemon_sets_have_one_pod_less_by_default() -> None:
    assert rollout("DaemonSet", None, 8) == Rollout(0, 1)
    assert rollout("DaemonSet", {"rollingUpdate": {"maxSurge": 1}}, 8) == Rollout(1, 1)


def test_daemon_sets_round_up_and_deployments_down() -> None:
    strategy = {"rollingUpdate": {"maxUnavailable": "25%"}}
    assert rollout("DaemonSet", strategy, 5) == Rollout(0, 2)
    assert rollout("Deployment", strategy, 5) == Rollout(2, 1)
