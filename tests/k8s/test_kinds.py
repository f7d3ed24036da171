from __future__ import annotations

from typing import Any

import pytest

from eniplan.k8s.kinds import HOLDERS, hidden_templates, holder, objects, templates

POD: dict[str, Any] = {"spec": {"containers": []}}


@pytest.mark.parametrize(
    ("version", "kind", "known"),
    [
        ("apps/v1", "Deployment", True), ("apps/v1beta2", "Deployment", True),
        ("extensions/v1beta1", "Deployment", False), ("v1", "Pod", True), ("apps/v1", "Pod", False),
        ("v1", "Deployment", False), ("batch/v1", "Job", True),
        ("batch.volcano.sh/v1alpha1", "Job", False), ("apps.kruise.io/v1beta1", "StatefulSet", True),
        ("apps.kruise.io/v1alpha1", "CloneSet", True), ("argoproj.io/v1alpha1", "Rollout", True),
        ("kubeflow.org/v1", "PyTorchJob", True), ("/v1", "Pod", False), (1, "Pod", False), ("v1", ["Pod"], False),
        ("", "Pod", False), (None, "Pod", False),
    ],
)  # fmt: skip
def test_a_kind_is_known_by_its_group(version: object, kind: object, known: bool) -> None:  # noqa: FBT001 - a parameter
    assert (holder(version, kind) is not None) == known


@pytest.mark.parametrize("kind", HOLDERS)
def test_every_kind_has_templates(kind: str) -> None:
    for found in HOLDERS[kind]:
        value: dict[str, Any] = {}
        inner = value
        path = found.roles or found.template
        for step in path:
            assert isinstance(step, str)
            inner[step] = {}
            inner = inner[step]
        if found.roles is not None:
            roles: dict[Any, Any] = {1: {"template": POD}, "Worker": {"replicas": 2, "template": POD}}
            inner |= roles | {"Master": "no map"}
            (template,) = templates(found, value)
            assert (template.role, template.path[-2:], template.replicas) == (
                "Worker", ("Worker", "template"), (*found.roles, "Worker", "replicas"),
            )  # fmt: skip
            assert list(templates(found, {"spec": []})) == []
        else:
            (template,) = templates(found, value)
            assert (template.role, template.path) == ("", found.template)
            assert template.replicas == (found.replicas[0] if found.replicas else None)


def test_templates_in_objects_that_nobody_knows() -> None:
    value = {"spec": {"groups": [{"template": POD}, {"other": {"spec": {"containers": "x"}}}], 1: POD, "head": POD}}
    found = {path: template for path, template in hidden_templates(value)}  # noqa: C416 - the types are checked
    assert found == {("spec", "groups", 0, "template"): POD, ("spec", "head"): POD}


@pytest.mark.parametrize("document", [{"kind": "PodList"}, {"kind": "Shelf", "items": [POD]}, {"items": [POD]}])
def test_what_is_no_list_is_an_object(document: dict[str, Any]) -> None:
    assert [*objects(document)] == [((), document)]
