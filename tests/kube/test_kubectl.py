"""Programs of the name kubectl: one that does not end, and some that are refused what they read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from eniplan.errors import ClusterError
from eniplan.kube.kubectl import Kubectl, observe, workloads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a shell script in place of kubectl."""

    def kubectl(script: str) -> None:
        program = tmp_path / "kubectl"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    return kubectl


def test_a_kubectl_that_hangs_is_ended(tmp_path: Path, kubectl: Callable[[str], None]) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    kubectl(f"touch {pids}/$$\nexec sleep 600")
    with pytest.raises(ClusterError) as caught:
        observe(Kubectl(seconds=0.25))
    (problem,) = caught.value.problems
    assert problem.message == "kubectl did not finish within 0.5 seconds: get --raw /api/v1/nodes?limit=500"
    assert problem.hint == "nothing was judged; first make this work: kubectl get nodes"
    for file in pids.iterdir():  # as many as had the time to start
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.name), 0)


_OF_A_JOB = """\
case "$*" in
*/namespaces/batch/jobs/*) echo 'Error from server ({reason}): jobs "nightly" told' >&2; exit 1 ;;
*) echo '{{"kind": "List", "items": []}}' ;;
esac"""


def test_a_workload_that_does_not_exist_is_left_out(kubectl: Callable[[str], None]) -> None:
    kubectl(_OF_A_JOB.format(reason="NotFound"))
    assert list(workloads(Kubectl(), [("Job", "batch", "nightly")])) == []


def test_a_workload_that_may_not_be_read_is_an_error(kubectl: Callable[[str], None]) -> None:
    kubectl(_OF_A_JOB.format(reason="Forbidden"))
    with pytest.raises(ClusterError) as caught:
        list(workloads(Kubectl(), [("Job", "batch", "nightly")]))
    assert caught.value.problems[0].message == 'cannot list Job objects: jobs "nightly" told'
