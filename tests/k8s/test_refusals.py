from __future__ import annotations

from typing import Any

import pytest

from eniplan.k8s.refusals import is_own, known_version, selector_flaws, strategy_flaws, version_flaw


@pytest.mark.parametrize(
    ("version", "kind", "right"),
    [
        ("apps/v1", "Deployment", None),
        ("apps/v1beta2", "Deployment", "apps/v1"),
        ("apps/v1beta1", "StatefulSet", "apps/v1"),
        ("extensions/v1beta1", "DaemonSet", "apps/v1"),
        ("extensions/v1beta1", "ReplicaSet", "apps/v1"),
        ("batch/v1", "CronJob", None),
        ("batch/v1beta1", "CronJob", "batch/v1"),
        ("batch/v2alpha1", "CronJob", "batch/v1"),
        ("v1", "Pod", None),
        ("v2", "Pod", "v1"),
        ("apps.kruise.io/v1beta1", "StatefulSet", None),
        ("argoproj.io/v1alpha1", "Rollout", None),
        ("", "Deployment", None),
        ("", "Pod", None),
    ],
)
def test_versions(version: str, kind: str, right: str | None) -> None:
    found = version_flaw(version, kind)
    assert (found is None) == (right is None)
    if found is not None:
        assert str(found.message) == f"Kubernetes has no {kind} of {version} any more"
        assert str(found.hint) == f"write {right}"


def test_kinds_of_others() -> None:
    assert is_own("apps/v1", "DaemonSet")
    assert not is_own("apps.kruise.io/v1alpha1", "DaemonSet")
    assert not is_own("apps/v1", "CloneSet")
    assert known_version("apps.kruise.io/v1alpha1", "DaemonSet") == "apps.kruise.io/v1alpha1"
    assert known_version("extensions/v1beta1", "DaemonSet") == "apps/v1"


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ({"matchLabels": {"app": "a"}}, []),
        ({"matchLabels": {"app": "a", "tier": "web"}}, []),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, []),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["b", "a"]}]}, []),
        ({"matchLabels": {"app": "b"}}, ["its selector does not select its own pods: app In (b)"]),
        ({"matchLabels": {"app": "a", "zone": "z"}}, ["its selector does not select its own pods: zone In (z)"]),
        ({}, []),
        ({"matchLabels": {}}, []),
        ({"matchExpressions": [{"key": "app", "operator": "in", "values": ["a"]}]},
         ["Kubernetes has no operator 'in'"]),
        ({"matchLabels": {"app": 1}}, ["'app' must be text"]),
    ],
)  # fmt: skip
def test_selectors(selector: dict[str, Any], told: list[str]) -> None:
    assert [str(flaw.message) for flaw in selector_flaws(selector, {"app": "a", "tier": "web"})] == told


BOTH = ["maxSurge and maxUnavailable are both 0: no pod could be replaced"]
NONE = ["maxSurge must be a number of pods or a percentage"]
DAEMON = ["a DaemonSet cannot have both maxSurge and maxUnavailable, which is 1 by default"]


@pytest.mark.parametrize(
    ("kind", "strategy", "told"),
    [
        ("Deployment", {}, []),
        ("Deployment", {"type": "Recreate"}, []),
        ("Deployment", {"type": "Recreate", "rollingUpdate": None}, []),
        ("Deployment", {"type": "Recreate", "rollingUpdate": {}},
         ["rollingUpdate cannot be set with the update strategy Recreate"]),
        ("Deployment", {"type": "rollingUpdate"},
         ["Kubernetes has no update strategy 'rollingUpdate' for a Deployment"]),
        ("Deployment", {"type": "OnDelete"}, ["Kubernetes has no update strategy 'OnDelete' for a Deployment"]),
        ("Deployment", {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}, BOTH),
        ("Deployment", {"rollingUpdate": {"maxSurge": "0%", "maxUnavailable": 0}}, BOTH),
        ("Deployment", {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "1%"}}, []),
        ("Deployment", {"rollingUpdate": {"maxSurge": 0}}, []),
        ("Deployment", {"rollingUpdate": {"maxSurge": "1"}}, NONE),
        ("Deployment", {"rollingUpdate": {"maxSurge": -1}}, NONE),
        ("Deployment", {"rollingUpdate": {"maxSurge": True}}, NONE),
        ("Deployment", {"rollingUpdate": {"maxSurge": [1]}}, NONE),
        ("Rollout", {"canary": {"maxSurge": 0, "maxUnavailable": 0}}, BOTH),
        ("Rollout", {"canary": {"maxSurge": 0, "maxUnavailable": 1}}, []),
        ("Rollout", {"blueGreen": {}}, []),
        ("DaemonSet", {"type": "OnDelete"}, []),
        ("DaemonSet", {"rollingUpdate": {"maxSurge": 1}}, DAEMON),
        ("DaemonSet", {"rollingUpdate": {"maxSurge": "10%", "maxUnavailable": 1}}, DAEMON),
        ("DaemonSet", {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, []),
        ("DaemonSet", {"rollingUpdate": {"maxUnavailable": 0}}, BOTH),
        ("DaemonSet", {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": None}}, BOTH),
        ("DaemonSet", {"rollingUpdate": {"maxUnavailable": 1}}, []),
        ("DaemonSet", {"rollingUpdate": {"maxSurge": 0}}, []),
        ("DaemonSet", {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": None}}, DAEMON),
        ("DaemonSet", {"rollingUpdate": {"maxSurge": "x", "maxUnavailable": 1}}, NONE),
        ("Deployment", {"rollingUpdate": {"maxSurge": "x", "maxUnavailable": 0}}, NONE),
        ("Deployment", {"rollingUpdate": {"maxSurge": -1, "maxUnavailable": 0}}, NONE),
        ("StatefulSet", {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}, []),
    ],
)  # fmt: skip
def test_strategies(kind: str, strategy: dict[str, Any], told: list[str]) -> None:
    assert [str(flaw.message) for flaw in strategy_flaws(kind, strategy)] == told
