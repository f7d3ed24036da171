from __future__ import annotations

from math import ceil, floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.k8s.rollout import Rollout, rollout


@pytest.mark.parametrize(
    ("strategy", "replicas", "found"),
    [
        (None, 3, (1, 0)), (None, 4, (1, 1)), (None, 1, (1, 0)), ({}, 100, (25, 25)),
        ({"rollingUpdate": {"maxSurge": 0}}, 3, (0, 1)),
        ({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "10%"}}, 3, (0, 1)),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}}, 3, (2, 0)),
        ({"maxSurge": 1, "maxUnavailable": 0}, 3, (1, 0)),  # canary of a Rollout
        ({"canary": {"maxSurge": 1, "maxUnavailable": 0}}, 3, (1, 0)),
        ({"canary": {"steps": []}}, 4, (1, 1)),
        ({"blueGreen": {"activeService": "a", "previewReplicaCount": 1}}, 5, (5, 0)),
        ({"blueGreen": None}, 4, (1, 1)),
        ({"type": "Recreate"}, 3, None),
        ({"rollingUpdate": {"maxSurge": "x"}}, 3, None),
        ({"rollingUpdate": {"maxUnavailable": True}}, 3, None),
        ({"rollingUpdate": None}, 4, (1, 1)),
    ],
)  # fmt: skip
def test_deployments(strategy: dict[str, Any] | None, replicas: int, found: tuple[int, int] | None) -> None:
    assert rollout("Deployment", strategy, replicas) == (None if found is None else Rollout(*found))


@pytest.mark.parametrize(
    ("strategy", "found"),
    [
        (None, (0, 1)), ({"type": "OnDelete"}, None),
        ({"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, (1, 0)),
        ({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "1%"}}, (0, 1)),
    ],
)  # fmt: skip
def test_daemon_sets(strategy: dict[str, Any] | None, found: tuple[int, int] | None) -> None:
    assert rollout("DaemonSet", strategy, 3) == (None if found is None else Rollout(*found))


@pytest.mark.parametrize(
    ("strategy", "found"),
    [
        (None, (0, 3)),  # a fifth, rounded up
        ({"type": "InPlaceIfPossible", "maxUnavailable": 0, "maxSurge": 1}, (1, 0)),
        ({"type": "ReCreate", "maxSurge": "10%"}, (2, 2)),  # rounded down beside extra pods
        ({"maxUnavailable": "5%", "maxSurge": 1}, (1, 0)),
        ({"maxUnavailable": "5%"}, (0, 1)),
        ({"partition": 3}, (0, 3)),
    ],
)
def test_clone_sets(strategy: dict[str, Any] | None, found: tuple[int, int]) -> None:
    assert rollout("CloneSet", strategy, 11) == Rollout(*found)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 10**6))
def test_rounding(surge: int, unavailable: int, replicas: int) -> None:
    """More are added up, and fewer removed down, and never nothing of both."""
    given_ = {"rollingUpdate": {"maxSurge": f"{surge}%", "maxUnavailable": f"{unavailable}%"}}
    found = rollout("Deployment", given_, replicas)
    assert found is not None
    more, fewer = ceil(surge * replicas / 100), floor(unavailable * replicas / 100)
    assert found == (more, fewer if more or fewer else 1)
