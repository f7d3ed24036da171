"""A create that is killed, or interrupted, at any moment: nothing is lost, nothing is made twice."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from eniplan.cloud.receipt import Target, Terms, prepare, save
from tests.harness import REPO, TIMEOUT, clean_env
from tests.live import plans
from tests.live.plans import RECEIPT, let_a_minute_pass, pools, written
from tests.live.runs import CREDENTIALS
from tests.live.tries import CREATE, DETAIL, LIST, TASK, check_ends_well, check_is_whole

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.runs import Live, LiveRun
    from tests.live.tries import Tries
    from tests.loopback.server import Cloud

AT_ONCE = 60
"""Seconds: far longer than the second that it may take, so that busy machines pass; what would end a run otherwise,
the time-out of a read, is set to ten times as much."""
INTERRUPTED = REPO / "tests" / "live" / "interrupted.py"
PATIENT = {"ENIPLAN_READ_TIMEOUT": "600"}


def test_killed_between_any_two_steps(live: Live, tries: Tries) -> None:
    """`kill -9` before each lock, each part of a request and each write of the receipt."""
    # The first ten requests are those of the check, in any order.
    steps = [1, 6, *range(10, 28)]
    tried = tries(map(str, steps))
    results = [run.wait() for run in [one.create(live, env={"DIE_BEFORE": one.name}) for one in tried]]
    assert {done.code for done in results} == {-9, 0}, "the last steps are beyond the end"
    assert {one.state for one in tried} == {None, "prepared", "sent", "accepted", "created", "proved"}
    for one, done in zip(tried, results, strict=True):
        assert len(pools(one.cloud)) == len([r for r in one.cloud.calls(CREATE) if r.acted]) <= 1
        if one.cloud.calls(CREATE):
            assert one.state in {"sent", "accepted", "created", "proved"}, f"{one.name}: {done}"
    again = [one for one in tried if int(one.name) % 2]
    check_ends_well(live, [one for one in tried if one not in again])
    for one in again:
        if one.state is not None:
            let_a_minute_pass(one.folder)
    for one, run in [(one, one.create(live)) for one in again]:
        done = run.wait()
        assert done.code == 0, f"{one.name}: {done}"
        check_is_whole(one, done)
        assert len(pools(one.cloud)) == 1
        assert one.state == "proved"


def test_resume_killed_between_any_two_steps(live: Live, tries: Tries) -> None:
    """From a receipt whose request was lost before it reached the server."""
    tried = tries(map(str, range(1, 24)))
    for one in tried:
        target = Target(plans.CLUSTER, "cn-hangzhou", one.cloud.url, plans.NAME)
        (one.folder / RECEIPT).parent.mkdir(parents=True)
        save(str(one.folder / RECEIPT), prepare(target, "plan.json", plans.body(), (), Terms(yes=True)).then("sent"))
        let_a_minute_pass(one.folder)
    runs = [one.start(live, "resume", RECEIPT, env={"DIE_BEFORE": one.name}) for one in tried]
    assert {run.wait().code for run in runs} == {-9, 0}
    assert {one.state for one in tried} == {"sent", "accepted", "created", "proved"}
    check_ends_well(live, tried)


MOMENTS = {
    "in the check": ("DescribeClusterDetail", 1, None),
    "at another fact": ("DescribeUserQuota", 1, None),
    "looking before the question": (LIST, 2, None),
    "looking before the request": (LIST, 3, "prepared"),
    "sending": (CREATE, 1, "sent"),
    "at the task": (TASK, 1, "accepted"),
    "at the pool": (DETAIL, 1, "accepted"),
    "proving": (LIST, 4, "created"),
}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupted_while_the_server_is_silent(live: Live, tries: Tries, how: signal.Signals) -> None:
    tried = tries(MOMENTS if how is signal.SIGINT else ["in the check", "sending", "at the task"])
    for one in tried:
        action, call, _ = MOMENTS[one.name]
        one.cloud.fault(action, "hold", call=call, acted=True)
    runs = [one.create(live, env=PATIENT) for one in tried]
    for one, run in zip(tried, runs, strict=True):
        action, call, state = MOMENTS[one.name]
        one.cloud.wait_for(action, call)
        run.send_signal(how)
        done = run.wait(AT_ONCE)
        assert (done.code, done.out) == (130, ""), f"{one.name}: {done}"
        assert one.state == state, one.name
        *_, told, hint = done.err.splitlines()
        if state is None:
            assert told == "plan.json: error: interrupted: nothing was sent, and nothing was created"
            assert hint == "    continue with: eniplan create-pool plan.json --apply --yes"
        else:
            assert told.startswith(f"{RECEIPT}: error: interrupted: ")
            assert hint == f"    continue with: eniplan resume {RECEIPT}"
    check_ends_well(live, [one for one in tried if one.state is not None])


def python(folder: Path, cloud: Cloud, *args: str) -> subprocess.Popen[str]:
    """Start a Python process of its own, because forks of the zygote do not end as Python does."""
    env = clean_env(folder, {**CREDENTIALS, "ENIPLAN_ENDPOINT": cloud.url})
    return subprocess.Popen(
        [sys.executable, *args], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_interrupted_while_it_starts(tries: Tries) -> None:
    """Before typer is there, while options are built, plans read, the SDK imported: no traceback, and it can be run."""
    tried = tries(["1", "40", "700", "2500", "6000"])
    create = ["create-pool", "plan.json", "--apply", "--yes"]
    runs = [python(one.folder, one.cloud, str(INTERRUPTED), one.name, *create) for one in tried]
    for one, run in zip(tried, runs, strict=True):
        out, err = run.communicate(timeout=TIMEOUT)
        assert (run.returncode, out) == (130, ""), f"{one.name}: {err}"
        assert len(err.splitlines()) <= 3
        assert "interrupted: run the same command again\n" in err or "continue with: eniplan create-pool" in err
        assert one.cloud.calls(CREATE) == []


def test_no_normal_exit_while_calls_go_on(cloud: Cloud, tmp_path: Path) -> None:
    """A normal exit frees OpenSSL's memory: if a call reads certificates then, the process ends with SIGSEGV."""
    written(tmp_path)
    cloud.fault("DescribeClusterDetail", "hold", call=1)
    code = "import atexit, sys, eniplan.__main__ as program; atexit.register(print, 'exit'); sys.exit(program.main())"
    run = python(tmp_path, cloud, "-c", code, "create-pool", "plan.json", "--apply", "--yes")
    cloud.wait_for("DescribeClusterDetail")
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=AT_ONCE)
    assert (run.returncode, out) == (130, ""), err


def test_the_command_to_go_on_with_asks_the_same_account(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    cloud.fault("DescribeClusterDetail", "hold", call=1)
    words = ("create-pool", "plan.json", "--apply", "--yes", "--no-wait", "--ecs-role", "--endpoint", cloud.url)
    run = live(*words, cwd=tmp_path, env={"ENIPLAN_ENDPOINT": None})
    cloud.wait_for("DescribeClusterDetail")
    run.interrupt()
    assert run.wait(AT_ONCE).err.endswith(f"continue with: eniplan {' '.join(words)}\n")
    done = live(*words, cwd=tmp_path, env={"ENIPLAN_ENDPOINT": None}).wait()
    assert done.err.endswith(f"next: eniplan resume {RECEIPT} --ecs-role\n")


def test_interrupted_between_two_looks(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    cloud.state["taskScript"] = ["running"]
    run = live("create-pool", "plan.json", "--apply", "--yes", cwd=tmp_path)
    run.wait_for_text("of 3 nodes ready")
    run.interrupt()
    done = run.wait(AT_ONCE)
    assert done.code == 130
    assert "interrupted: the pool is being created" in done.err
    assert plans.receipt(tmp_path)["state"] == "accepted"


def test_interrupted_while_looking_for_a_lost_pool(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    cloud.fault(CREATE, "reset")
    run = live("create-pool", "plan.json", "--apply", "--yes", cwd=tmp_path)
    run.wait_for_text("checking whether the pool exists")
    run.interrupt()
    done = run.wait(AT_ONCE)
    assert done.code == 130
    assert "interrupted: the request was being sent: the pool may exist" in done.err
    again = live("resume", RECEIPT, cwd=tmp_path)
    again.wait_for_text("looking for a pool with that name")
    again.interrupt()
    assert again.wait(AT_ONCE).code == 130
    assert len(cloud.calls(CREATE)) == 1


class TestOnATerminal:
    def start(self, live: Live, folder: Path, **env: str) -> LiveRun:
        written(folder)
        run = live("create-pool", "plan.json", "--apply", cwd=folder, terminal=True, env=env)
        run.wait_for_text("create it? [y/N] ")
        return run

    def test_yes(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        run = self.start(live, tmp_path)
        assert cloud.calls(CREATE) == []
        assert not (tmp_path / RECEIPT).exists()
        run.type("y\n")
        done = run.wait()
        assert done.code == 0
        assert len(pools(cloud)) == 1
        # One line, written again and again, and then an end of its own.
        shown = done.out.partition("create it?")[2]
        assert shown.count("\x1b[K") >= 3
        assert "3 of 3 nodes ready\x1b[K\n" in shown

    @pytest.mark.parametrize("env", [{"TERM": "dumb"}, {"CI": "true"}], ids=["dumb", "CI"])
    def test_where_lines_cannot_be_rewritten(self, live: Live, tmp_path: Path, env: dict[str, str]) -> None:
        run = self.start(live, tmp_path, **env)
        run.type("YES\n")
        done = run.wait()
        assert done.code == 0
        assert "\x1b" not in done.out
        assert re.search(r"^\d:\d\d  scaling, 3 of 3 nodes ready$", done.out, re.MULTILINE)

    @pytest.mark.parametrize("answer", ["n\n", "\n", "maybe\n", "\x04"])
    def test_anything_else_is_no(self, live: Live, cloud: Cloud, tmp_path: Path, answer: str) -> None:
        run = self.start(live, tmp_path)
        run.type(answer)
        done = run.wait()
        assert done.code == 130
        assert "\nnothing was created" in done.out
        assert cloud.calls(CREATE) == []
        assert not (tmp_path / RECEIPT).exists()

    def test_ctrl_c_at_the_question(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        run = self.start(live, tmp_path)
        run.type("\x03")
        done = run.wait(AT_ONCE)
        assert done.code == 130
        assert "\nplan.json: error: interrupted: nothing was sent, and nothing was created" in done.out
        assert cloud.calls(CREATE) == []
