from __future__ import annotations

from typing import Any

import pytest

from eniplan.k8s.autoscalers import Scaling, scaling

WEB = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def scaler(version: str, kind: str, **spec: object) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, "spec": {"scaleTargetRef": WEB} | spec}


@pytest.mark.parametrize("version", ["autoscaling/v1", "autoscaling/v2beta2", "autoscaling/v2"])
@pytest.mark.parametrize(("least", "kept"), [(None, 0), (2, 2), ("2", 0)])
def test_the_borders_of_kubernetes(version: str, least: object, kept: int) -> None:
    found = scaling(scaler(version, "HorizontalPodAutoscaler", minReplicas=least, maxReplicas=9))
    assert found == Scaling("Deployment", "web", kept, 9, ("spec", "maxReplicas"))


def test_the_borders_of_alibaba_cloud() -> None:
    group = "autoscaling.alibabacloud.com/v1beta1"
    found = scaling(scaler(group, "AdvancedHorizontalPodAutoscaler", minReplicas=2, maxReplicas=9))
    assert found == Scaling("Deployment", "web", 2, 9, ("spec", "maxReplicas"))
    jobs = [{"targetSize": 3}, {"targetSize": 7}, {"targetSize": 5}, {"targetSize": "x"}, None]
    found = scaling(scaler(group, "CronHorizontalPodAutoscaler", jobs=jobs))
    assert found == Scaling("Deployment", "web", 0, 7, ("spec", "jobs", 1, "targetSize"))
    assert scaling(scaler(group, "CronHorizontalPodAutoscaler", jobs=[])) is None


def test_the_borders_of_keda() -> None:
    """It scales a Deployment to 100 unless it is told otherwise."""
    found = scaling(scaler("keda.sh/v1alpha1", "ScaledObject", scaleTargetRef={"name": "web"}))
    assert found == Scaling("Deployment", "web", 0, 100, ("spec", "maxReplicaCount"))
    found = scaling(scaler("keda.sh/v1alpha1", "ScaledObject", minReplicaCount=3, maxReplicaCount=30))
    assert found == Scaling("Deployment", "web", 3, 30, ("spec", "maxReplicaCount"))


@pytest.mark.parametrize(("replicas", "least"), [(None, None), (7, 7), ("x", 0)])
def test_a_rollout_of_another_workload(replicas: object, least: int | None) -> None:
    spec = {"workloadRef": WEB} if replicas is None else {"workloadRef": WEB, "replicas": replicas}
    item = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": spec}
    most = 1 if replicas is None else replicas
    assert scaling(item) == Scaling("Deployment", "web", 1 if least is None else least, most, ("spec", "replicas"))
    assert scaling({**item, "spec": {"replicas": 3, "template": {}}}) is None


@pytest.mark.parametrize(
    "value",
    [
        scaler("autoscaling/v2", "HorizontalPodAutoscaler"),  # a patch of its metrics
        scaler("autoscaling/v2", "HorizontalPodAutoscaler", maxReplicas=3, scaleTargetRef="web"),
        scaler("example.com/v1", "HorizontalPodAutoscaler", maxReplicas=3),
        scaler("apps/v1", "Deployment", maxReplicas=3),
        {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": "x"},
        {},
    ],
)
def test_what_scales_nothing(value: dict[str, Any]) -> None:
    assert scaling(value) is None
