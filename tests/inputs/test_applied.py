"""What of an object that Terraform applies may be unknown, and what then stands for it."""

from __future__ import annotations

from typing import Any

import pytest

from eniplan.inputs.applied import as_read, left_out, named_in, settled
from eniplan.inputs.places import STAND_IN, NotKnown, Skipped, unknown_in
from eniplan.plan.document import Document, NoPlaces

LOST = NotKnown("var.a has no value")


def deployment(**spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a pod's spec
    return {"kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": spec}}}


def taken(value: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of the pods of a Deployment, as it is read."""
    found: dict[str, Any] = as_read(value, "kubernetes_manifest.web")["spec"]["template"]["spec"]
    return found


def test_unread_fields_are_left_out_only_if_they_are_unknown() -> None:
    containers = [{"name": "a", "image": LOST, "args": ["-v"], "env": [{"name": "A", "value": LOST}]}]
    assert taken(deployment(containers=containers))["containers"] == [{"name": "a", "args": ["-v"]}]


@pytest.mark.parametrize("key", ["limits", "requests"])
def test_only_some_resources_are_read(key: str) -> None:
    asked = {"cpu": LOST, "memory": "1Gi", "aliyun/eni": LOST, "aliyun/member-eni": LOST, "ephemeral-storage": LOST}
    left = {name: amount for name, amount in asked.items() if name != "ephemeral-storage"}
    assert taken(deployment(**{key: asked})) == {key: {**left, "cpu": STAND_IN}}  # the one of which only one rule waits
    assert taken(deployment(**{key: LOST})) == {key: LOST}


@pytest.mark.parametrize("key", ["containers", "initContainers", "ports"])
def test_names_of_parts_are_words(key: str) -> None:
    assert taken(deployment(**{key: [{"name": LOST, "hostPort": 1}, LOST]})) == {key: [{"hostPort": 1}, LOST]}


@pytest.mark.parametrize("key", ["nodeSelector", "data"])
def test_keys_of_the_users_own_are_no_fields(key: str) -> None:
    own = {"image": LOST, "env": "prod"}
    assert taken(deployment(**{key: own})) == {key: own}


def test_what_may_be_inside_of_unread_fields_stays() -> None:
    env = [{"name": "labels", "labels": {"image": "a"}}]
    assert taken(deployment(env=env)) == {"env": env}


def test_annotations_of_other_programs() -> None:
    notes = {"checksum/config": LOST, "prometheus.io/port": "80", "k8s.aliyun.com/pod-eni": LOST}
    value = {"kind": "Deployment", "metadata": {"name": "web", "annotations": notes}}
    del notes["checksum/config"]
    assert as_read(value, "a")["metadata"]["annotations"] == notes


@pytest.mark.parametrize("kind", ["PodNetworking", "NetworkPolicy", "Namespace"])
def test_objects_that_select_keep_what_is_unknown(kind: str) -> None:
    labels = {"matchLabels": {"app": LOST}}
    value = {"kind": kind, "metadata": {"name": "a"}, "spec": {"selector": labels, "image": LOST}}
    assert as_read(value, "a") == value


def test_names() -> None:
    unknown = {"name": LOST, "namespace": NotKnown("var.Team has no value")}
    named = as_read({"kind": "Deployment", "metadata": unknown}, "module.App.kubernetes_deployment.web")["metadata"]
    assert named == {
        "name": "module-app-kubernetes-deployment-web", "namespace": f"{STAND_IN}var-team-has-no-value",
    }  # fmt: skip
    assert as_read({"kind": "Namespace", "metadata": {"name": LOST}}, "a")["metadata"] == {"name": LOST}
    named = as_read({"kind": "PodNetworking", "metadata": {"name": LOST}}, "a.b")["metadata"]
    assert named == {"name": f"{STAND_IN}a-b"}


def test_numbers_of_pods_are_settled() -> None:
    counts = {"replicas": LOST, "maxReplicas": LOST, "parallelism": 3}
    assert settled({"spec": counts, "items": [{"replicas": LOST}], "name": LOST}) == {
        "spec": {"parallelism": 3}, "items": [{}], "name": LOST,
    }  # fmt: skip
    assert unknown_in(settled([counts])) is None
    assert unknown_in(settled([{"minReplicas": LOST}])) is LOST


@pytest.mark.parametrize(
    "spec", [LOST, {"podSelector": {"matchLabels": LOST}}, {"eniOptions": LOST}, {"egress": [LOST]}]
)
@pytest.mark.parametrize(("kind", "waits"), [("PodNetworking", True), ("NetworkPolicy", True), ("Deployment", False)])
def test_all_that_some_kinds_say_of_pods_may_be_unknown(spec: object, kind: str, *, waits: bool) -> None:
    """In a pod, a podSelector says which pods it must not share a node with."""
    for key in ("spec", "metadata"):
        value = {"kind": kind, key: spec}
        for found in (value, {"kind": "List", "items": [{"kind": "PodNetworking"}, value]}):
            assert (unknown_in(settled(found)) is None) == (waits and key == "spec")


@pytest.mark.parametrize(
    ("value", "is_shown"), [({"kind": "HorizontalPodAutoscaler"}, True), ({"kind": "Deployment"}, False), (LOST, False)]
)
def test_what_is_told_of_a_lost_object(value: Any, is_shown: bool) -> None:  # noqa: ANN401, FBT001 - columns of the table
    part = Document("main.tf", value, NoPlaces())
    told = Skipped("main.tf: a", "why", "aliyun/eni", is_shown, part)
    assert left_out("main.tf: a", part, "why", "aliyun/eni") == told


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kind: PodNetworking", "PodNetworking"),
        ('"aliyun/eni": 1', "aliyun/eni"),
        ("k8s.aliyun.com/exclusive-mode-eni-type: x", "k8s.aliyun.com/exclusive-mode-eni-type"),
        ("kind: Service", ""),
    ],
)
def test_what_a_text_names(text: str, name: str) -> None:
    assert named_in(text) == name
