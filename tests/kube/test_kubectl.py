"""Programs of the name kubectl that do not end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from eniplan.errors import ClusterError
from eniplan.kube.kubectl import Kubectl, observe

if TYPE_CHECKING:
    from pathlib import Path


def test_a_kubectl_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = tmp_path / "pids"
    pids.mkdir()
    program = tmp_path / "kubectl"
    program.write_text(f"#!/bin/sh\ntouch {pids}/$$\nexec sleep 600\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(ClusterError) as caught:
        observe(Kubectl(seconds=0.25))
    (problem,) = caught.value.problems
    assert problem.message == "kubectl did not finish within 0.5 seconds: get --raw /api/v1/nodes?limit=500"
    assert problem.hint == "nothing was judged; first make this work: kubectl get nodes"
    for file in pids.iterdir():  # as many as had the time to start
        with pytest.raises(ProcessLookupError):
            os.kill(int(file.name), 0)
