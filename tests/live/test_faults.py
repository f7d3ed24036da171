"""The fault matrix: whatever fails at whichever call, there are never two pools, and a second run ends in one.

Runs of one test go side by side, each against a cloud and in a folder of its own.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.live import plans
from tests.live.plans import RECEIPT, let_a_minute_pass, pools, written
from tests.loopback.server import Cloud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from tests.harness import Result
    from tests.live.runs import Live, LiveRun

CREATE, TASK = "CreateClusterNodePool", "DescribeTaskInfo"
LIST, DETAIL = "DescribeClusterNodePools", "DescribeClusterNodePoolDetail"
OF_THE_CHECK = (
    "DescribeClusterDetail", "GetClusterAddonInstance", LIST, "DescribeUserQuota", "DescribeInstanceTypes",
    "DescribeAvailableResource", "DescribeSecurityGroups", "DescribeVSwitches",
)  # fmt: skip

KINDS: dict[str, dict[str, Any]] = {
    "refused": {"kind": "refuse"},
    "reset before": {"kind": "reset", "acted": False},
    "reset after": {"kind": "reset", "acted": True},
    "time-out": {"kind": "hold", "acted": True},
    "500": {"kind": "500"},
    "502": {"kind": "502", "acted": True},
    "throttled": {"kind": "throttle"},
    "throttled with a header": {"kind": "throttle", "retry_after": 50},
    "empty": {"kind": "empty"},
    "truncated": {"kind": "truncated"},
    "wrong types": {"kind": "wrong-types"},
    "a list": {"kind": "list"},
}
READ_TIMEOUT = {"ENIPLAN_READ_TIMEOUT": "0.5"}


class Try(NamedTuple):
    """One run in a folder, against a cloud."""

    name: str
    cloud: Cloud
    folder: Path

    def start(self, live: Live, *args: str) -> LiveRun:
        return live(*args, cwd=self.folder, env={"ENIPLAN_ENDPOINT": self.cloud.url, **READ_TIMEOUT})

    def create(self, live: Live, *more: str) -> LiveRun:
        return self.start(live, "create-pool", "plan.json", "--apply", "--yes", *more)

    def go_on(self, live: Live) -> LiveRun:
        """Run `resume` when there is a receipt, else the same command again."""
        if (self.folder / RECEIPT).exists():
            let_a_minute_pass(self.folder)
            return self.start(live, "resume", RECEIPT)
        return self.create(live)

    def repair(self) -> None:
        self.cloud.faults.clear()
        self.cloud.reopen()


@pytest.fixture
def tries(tmp_path: Path) -> Iterator[Callable[[Iterable[str]], list[Try]]]:
    with contextlib.ExitStack() as clouds:

        def make(names: Iterable[str]) -> list[Try]:
            made = []
            for name in names:
                cloud = clouds.enter_context(Cloud())
                cloud.state["taskScript"] = ["success"]
                folder = tmp_path / name.replace(" ", "-")
                folder.mkdir()
                written(folder)
                made.append(Try(name, cloud, folder))
            return made

        yield make


Tries = "Callable[[Iterable[str]], list[Try]]"


def check_is_whole(one: Try, done: Result) -> None:
    """Check what has to hold at any time: no bug, no second pool, and a receipt from before the request on."""
    assert done.code in {0, 4, 5}, f"{one.name}: {done}"
    assert "own fault" not in done.err
    assert len(pools(one.cloud)) <= 1, one.name
    if one.cloud.calls(CREATE):
        plans.receipt(one.folder)
    if done.code == 0:
        assert done.out == f"{pools(one.cloud)[0]['nodepool_info']['nodepool_id']}\n"
    else:
        assert done.out == ""
        assert "error: " in done.err


def check_ends_well(live: Live, tried: list[Try], *, by: str = "go on") -> None:
    """Repair everything, run once more, and find exactly one right pool."""
    for one in tried:
        one.repair()
    runs = [one.go_on(live) if by == "go on" else one.create(live) for one in tried]
    for one, run in zip(tried, runs, strict=True):
        done = run.wait()
        assert done.code == 0, f"{one.name}: {done}"
        check_is_whole(one, done)
        (pool,) = pools(one.cloud)
        (label,) = pool["kubernetes_config"]["labels"]
        assert (label["key"], label["value"]) == ("k8s.aliyun.com/exclusive-mode-eni-type", "eniOnly")


def run_all(live: Live, tried: list[Try], *more: str) -> list[Result]:
    results = [run.wait() for run in [one.create(live, *more) for one in tried]]
    for one, done in zip(tried, results, strict=True):
        check_is_whole(one, done)
    return results


def test_every_read_is_tried_again(live: Live, tries: Any) -> None:
    """Each kind strikes each read once, all in one run."""
    tried = tries(KINDS)
    for one in tried:
        fault = KINDS[one.name]
        for action in (*OF_THE_CHECK, TASK, DETAIL):
            one.cloud.fault(action, **fault, call=1, **({"seconds": 0.05} if fault["kind"] == "refuse" else {}))
    for one, done in zip(tried, run_all(live, tried), strict=True):
        # An answer that is complete but makes no sense is not asked for again before anything is created.
        if one.name != "wrong types":
            assert done.code == 0, f"{one.name}: {done}"
            assert len(one.cloud.calls(CREATE)) == 1
    check_ends_well(live, tried)


@pytest.mark.parametrize("action", OF_THE_CHECK)
def test_reads_before_the_request_that_keep_failing(live: Live, tries: Any, action: str) -> None:
    tried = tries(KINDS)
    for one in tried:
        one.cloud.fault(action, **KINDS[one.name])
    for one, done in zip(tried, run_all(live, tried), strict=True):
        assert done.code == 4, f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []
    check_ends_well(live, tried[:1])


@pytest.mark.parametrize("call", [2, 3])
def test_looks_for_the_name_that_keep_failing(live: Live, tries: Any, call: int) -> None:
    """The pool is looked up before the question, and again right before the request."""
    tried = tries(KINDS)
    for one in tried:
        for number in range(call, call + 8):
            one.cloud.fault(LIST, **KINDS[one.name], call=number)
    for one, done in zip(tried, run_all(live, tried), strict=True):
        assert done.code == 4, f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []
        assert (one.folder / RECEIPT).exists() == (call == 3)
    check_ends_well(live, tried, by="the same command" if call == 2 else "go on")


@pytest.mark.parametrize("then", ["looks work", "looks fail", "looks come late"])
def test_the_request_fails(live: Live, tries: Any, then: str) -> None:
    tried = tries(KINDS)
    for one in tried:
        one.cloud.fault(CREATE, **KINDS[one.name])
        if then == "looks fail":
            for number in range(4, 20):
                one.cloud.fault(LIST, "500", call=number)
        elif then == "looks come late":
            one.cloud.fault(LIST, "answer", status=200, body={"nodepools": []}, call=4)
    acted = {name for name in KINDS if name not in {"refused", "reset before", "500", "throttled"} and "header" not in name}
    results = run_all(live, tried, "--timeout", "3s")
    for one, done in zip(tried, results, strict=True):
        (request,) = one.cloud.calls(CREATE)
        assert request.acted == (one.name in acted)
        state = plans.receipt(one.folder)["state"]
        if one.name.startswith("throttled"):
            assert (done.code, state) == (5, "rejected")
            assert "nothing was created" in done.err
        elif then == "looks fail" or one.name not in acted:
            assert (done.code, state) == (5, "unknown")
            assert "whether it made the pool is not known" in done.err
            assert RECEIPT in done.err
        else:
            assert (done.code, state) == (0, "proved"), f"{one.name}: {done}"
    # It keeps failing: nothing changes, and nothing is lost.
    for one in tried:
        if then == "looks work" and one.name not in acted:
            let_a_minute_pass(one.folder)
            one.cloud.reopen()
            done = one.start(live, "resume", RECEIPT, "--timeout", "0s").wait()
            check_is_whole(one, done)
            assert done.code in {4, 5}
    check_ends_well(live, tried)


@pytest.mark.parametrize("action", [TASK, DETAIL])
def test_looks_after_the_request_that_keep_failing(live: Live, tries: Any, action: str) -> None:
    tried = tries(KINDS)
    for one in tried:
        one.cloud.fault(action, **KINDS[one.name])
    for one, done in zip(tried, run_all(live, tried, "--timeout", "1s"), strict=True):
        # Throttled, and all the others: the task's outcome is also to be seen at the pool, but only its state is not.
        assert done.code == 5, f"{one.name}: {done}"
        assert plans.receipt(one.folder)["state"] == ("accepted" if action == TASK else "created")
        assert pools(one.cloud)[0]["nodepool_info"]["nodepool_id"] in done.err
        assert f"go on with: eniplan resume {RECEIPT}" in done.err
    check_ends_well(live, tried)
