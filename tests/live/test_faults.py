"""The fault matrix: whatever fails at whichever call, there are never two pools, and a second run ends in one.

Runs of one test go side by side, each against a cloud and in a folder of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

from tests.live import plans
from tests.live.plans import RECEIPT, let_a_minute_pass, pools, written
from tests.loopback.faults import Fault
from tests.loopback.server import Cloud

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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
READ_TIMEOUT = {"ENIPLAN_READ_TIMEOUT": "1"}


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


class Tries(Protocol):
    """Makes one try for each name."""

    def __call__(self, names: Iterable[str]) -> list[Try]: ...


@pytest.fixture
def tries(tmp_path: Path) -> Iterator[Tries]:
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


@dataclass(slots=True)
class Later(Fault):
    """A fault that begins when something has happened."""

    since: Callable[[], object] = bool

    def strikes(self, action: str) -> bool:
        return bool(self.since()) and Fault.strikes(self, action)


def has_arrived(cloud: Cloud, action: str) -> bool:
    return bool(cloud.calls(action))


def has_answered(cloud: Cloud, action: str) -> bool:
    return any(request.status is not None for request in cloud.calls(action))


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


def check_ends_well(live: Live, tried: list[Try]) -> None:
    """Repair everything, run once more, and find exactly one right pool."""
    for one in tried:
        one.repair()
    runs = [one.go_on(live) for one in tried]
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


def test_every_read_is_tried_again(live: Live, tries: Tries) -> None:
    """Each kind strikes each read once, all in one run."""
    tried = tries(KINDS)
    for one in tried:
        fault = KINDS[one.name]
        # A port that is closed is closed for all, so one read stands for the others there.
        actions = ["DescribeClusterDetail", TASK] if one.name == "refused" else [*OF_THE_CHECK, TASK, DETAIL]
        for action in actions:
            one.cloud.fault(action, **fault, call=1, **({"seconds": 0.05} if one.name == "refused" else {}))
    for one, done in zip(tried, run_all(live, tried), strict=True):
        # An answer that is complete but makes no sense is not asked for again before anything is created.
        wanted = 4 if one.name == "wrong types" else 0
        assert done.code == wanted, f"{one.name}: {done}"
        assert len(one.cloud.calls(CREATE)) == (wanted == 0)


def test_no_fact_can_be_read(live: Live, tries: Tries) -> None:
    """Each kind strikes every read of the check but that of the cluster, again and again, all in one run."""
    tried = tries(KINDS)
    for one in tried:
        for action in OF_THE_CHECK[1:]:
            one.cloud.fault(action, **KINDS[one.name])
    for one, done in zip(tried, run_all(live, tried), strict=True):
        assert done.code == 4, f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []
    check_ends_well(live, tried[:1])


def test_the_cluster_cannot_be_read(live: Live, tries: Tries) -> None:
    tried = tries(KINDS)
    for one in tried:
        one.cloud.fault(OF_THE_CHECK[0], **KINDS[one.name])
    for one, done in zip(tried, run_all(live, tried), strict=True):
        assert done.code == 4, f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []


def test_one_fact_cannot_be_read(live: Live, tries: Tries) -> None:
    tried = tries(OF_THE_CHECK)
    for one in tried:
        one.cloud.fault(one.name, "500")
    for one, done in zip(tried, run_all(live, tried), strict=True):
        assert done.code == 4, f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []


@pytest.mark.parametrize("is_written", [False, True], ids=["before the question", "right before the request"])
def test_the_name_cannot_be_looked_up(live: Live, tries: Tries, is_written: bool) -> None:  # noqa: FBT001 - a parameter
    tried = tries(KINDS)
    for one in tried:
        since = (one.folder / RECEIPT).exists if is_written else partial(has_answered, one.cloud, LIST)
        one.cloud.faults.append(Later(LIST, **KINDS[one.name], since=since))
    for one, done in zip(tried, run_all(live, tried), strict=True):
        assert done.code == 4, f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []
        assert (one.folder / RECEIPT).exists() == is_written
    check_ends_well(live, tried[:2])


@pytest.mark.parametrize("looks", ["work", "fail", "come late"])
def test_the_request_fails(live: Live, tries: Tries, looks: str) -> None:
    acted = {"reset after", "time-out", "502", "empty", "truncated", "wrong types", "a list"}
    tried = tries(KINDS if looks != "come late" else ["reset after", "502"])
    for one in tried:
        one.cloud.fault(CREATE, **KINDS[one.name])
        since = partial(has_arrived, one.cloud, CREATE)
        if looks == "fail":
            one.cloud.faults.append(Later(LIST, "500", since=since))
        elif looks == "come late":
            one.cloud.faults.append(Later(LIST, "answer", status=200, body={"nodepools": []}, call=1, since=since))
    for one, done in zip(tried, run_all(live, tried, "--timeout", "3s"), strict=True):
        (request,) = one.cloud.calls(CREATE)
        assert request.acted == (one.name in acted)
        state = plans.receipt(one.folder)["state"]
        if one.name.startswith("throttled"):
            assert (done.code, state) == (5, "rejected"), f"{one.name}: {done}"
            assert "nothing was created" in done.err
        elif looks == "fail" or one.name not in acted:
            assert (done.code, state) == (5, "unknown"), f"{one.name}: {done}"
            assert "whether it made the pool is not known" in done.err
        else:
            assert (done.code, state) == (0, "proved"), f"{one.name}: {done}"
    check_ends_well(live, tried)


def test_the_request_keeps_failing(live: Live, tries: Tries) -> None:
    """Each time it is sent only after the name was looked up, and what is known stays right."""
    tried = tries(["reset before", "500"])
    for one in tried:
        one.cloud.fault(CREATE, **KINDS[one.name])
    run_all(live, tried, "--timeout", "0s")
    for _ in range(2):
        for one in tried:
            let_a_minute_pass(one.folder)
            done = one.start(live, "resume", RECEIPT, "--timeout", "0s").wait()
            check_is_whole(one, done)
            assert (done.code, plans.receipt(one.folder)["state"]) == (5, "unknown")
    for one in tried:
        calls = one.cloud.actions
        sent = [at for at, action in enumerate(calls) if action == CREATE]
        assert len(sent) == 3
        assert all(calls[at - 1] == LIST for at in sent)
    check_ends_well(live, tried)


@pytest.mark.parametrize("action", [TASK, DETAIL])
def test_the_pool_cannot_be_watched(live: Live, tries: Tries, action: str) -> None:
    tried = tries(KINDS)
    for one in tried:
        one.cloud.fault(action, **KINDS[one.name])
    for one, done in zip(tried, run_all(live, tried, "--timeout", "1s"), strict=True):
        assert done.code == 5, f"{one.name}: {done}"
        # A closed port hides the task as well.
        assert plans.receipt(one.folder)["state"] == ("accepted" if action == TASK else "created"), one.name
        assert pools(one.cloud)[0]["nodepool_info"]["nodepool_id"] in done.err
        assert f"go on with: eniplan resume {RECEIPT}" in done.err
    check_ends_well(live, tried)
