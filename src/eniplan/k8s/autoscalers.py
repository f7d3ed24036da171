"""Autoscalers of workloads: what they scale, and how far. Kubernetes' own, KEDA's, and the two of Alibaba Cloud.

A Rollout of Argo that names a Deployment (`workloadRef`) runs the Deployment's pods, whose own number is then 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.k8s.values import listing, mapping, text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.k8s.labels import Path

_HPA = "HorizontalPodAutoscaler"
_ALIBABA_CLOUD = "autoscaling.alibabacloud.com"
_CRON = (_ALIBABA_CLOUD, "CronHorizontalPodAutoscaler")
_ROLLOUT = ("argoproj.io", "Rollout")
_ELASTIC = ("kubeflow.org", "PyTorchJob")
"""Kubeflow makes an autoscaler of its own for one with an elasticPolicy that has metrics."""


class _Keys(NamedTuple):
    """Where a kind has its borders, in its spec."""

    least: str
    most: str
    default: int | None = None
    """The largest number of pods of an object that gives none."""


_KINDS: Mapping[tuple[str, str], _Keys] = {
    ("autoscaling", _HPA): _Keys("minReplicas", "maxReplicas"),
    (_ALIBABA_CLOUD, "AdvancedHorizontalPodAutoscaler"): _Keys("minReplicas", "maxReplicas"),
    ("keda.sh", "ScaledObject"): _Keys("minReplicaCount", "maxReplicaCount", 100),
}
"""By group and kind. Source of the default: KEDA's specification of ScaledObject."""
KINDS = frozenset(kind for _, kind in (_CRON, *_KINDS))


class Scaling(NamedTuple):
    """How an autoscaler scales its target."""

    kind: str
    """Of the target; a CronHorizontalPodAutoscaler may move the borders of a HorizontalPodAutoscaler."""
    name: str
    least: int
    """Pods that it always keeps; 0: it says nothing of that."""
    most: Any
    """Pods to which it scales, as written: it may be no number."""
    path: Path
    """Where `most` is."""


def scaling(value: Mapping[str, Any]) -> Scaling | None:
    """Read an object; None if it is no autoscaler, or only a part of one, such as a patch."""
    key = (str(value.get("apiVersion")).rpartition("/")[0], str(value.get("kind")))
    keys, spec = _KINDS.get(key), mapping(value.get("spec"))
    target = mapping(spec.get("scaleTargetRef"))
    kind = text(target.get("kind")) or "Deployment"
    if keys is not None:
        least, most = spec.get(keys.least), spec.get(keys.most, keys.default)
        found = Scaling(kind, text(target.get("name")), _least(least), most, ("spec", keys.most))
    elif key == _CRON:
        jobs = enumerate(listing(spec.get("jobs")))
        sizes = [(size, i) for i, job in jobs if type(size := mapping(job).get("targetSize")) is int]
        most, at = max(sizes, default=(None, 0))
        found = Scaling(kind, text(target.get("name")), 0, most, ("spec", "jobs", at, "targetSize"))
    elif key == _ROLLOUT:
        target, size = mapping(spec.get("workloadRef")), spec.get("replicas", 1)
        found = Scaling(text(target.get("kind")), text(target.get("name")), _least(size), size, ("spec", "replicas"))
    elif key == _ELASTIC and mapping(spec.get("elasticPolicy")).get("metrics") is not None:
        policy, name = mapping(spec.get("elasticPolicy")), text(mapping(value.get("metadata")).get("name"))
        most, path = policy.get("maxReplicas"), ("spec", "elasticPolicy", "maxReplicas")
        found = Scaling(key[1], name, _least(policy.get("minReplicas")), most, path)
    else:
        return None
    return found if found.name and found.most is not None else None


def _least(size: object) -> int:
    return size if type(size) is int else 0
