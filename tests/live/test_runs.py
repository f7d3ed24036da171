"""The runs that tests of the live commands are made of are processes like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.harness import Result

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.runs import Live

CHECK = ("check", "--type", "ecs.g8i.8xlarge", "--terway", "v1.16.4", "--ip-stack", "ipv4")


@pytest.mark.parametrize("env", [{}, {"ALIBABA_CLOUD_PROFILE": "none"}], ids=["forked", "true process"])
def test_a_run_leaves_what_a_process_leaves(live: Live, tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "plan.yaml").write_text("apiVersion: eniplan/v1\n")
    done = live("check", "plan.yaml", cwd=tmp_path, env=env).wait()
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("plan.yaml:1:1: error: 'nodePools' is missing")
    assert live("check", "-", stdin=b"[]", env=env).wait().code == 3
    assert live(*CHECK, env=env).wait() == live(*CHECK, true_process=True).wait()


def test_a_run_can_be_killed_and_interrupted(live: Live) -> None:
    # Both wait for a plan to be typed.
    killed, interrupted = live("check", "-", terminal=True), live("check", "-", terminal=True)
    killed.kill()
    assert killed.wait() == Result(-9, "", "")
    interrupted.interrupt()
    assert interrupted.wait() == Result(130, "\ninterrupted: run the same command again\n", "")


def test_a_run_can_have_a_terminal(live: Live) -> None:
    run = live("check", "-", terminal=True, env={"TERM": "xterm"})
    run.type("apiVersion: eniplan/v1\n\x04")
    run.wait_for_text("nodePools")
    done = run.wait()
    assert done.code == 3
    assert "\x1b[" in done.out


def test_a_run_that_does_not_end_is_told(live: Live) -> None:
    run = live("check", "-", terminal=True)
    with pytest.raises(TimeoutError):
        run.wait(0.05)
    with pytest.raises(TimeoutError, match="no 'never' within"):
        run.wait_for_text("never", 0.05)
