"""The fault matrix: whatever fails at whichever call, there are never two pools, and a second run ends in one."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.plans import RECEIPT, let_a_minute_pass, pools
from tests.live.tries import CREATE, DETAIL, LIST, TASK, check_ends_well, check_is_whole
from tests.loopback.faults import Fault

if TYPE_CHECKING:
    from tests.harness import Result
    from tests.live.runs import Live
    from tests.live.tries import Tries, Try
    from tests.loopback.server import Cloud

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
READS = [name for name in KINDS if name not in {"reset after", "a list"}]
"""For reads it makes no difference whether the server has acted; lists are tried with the request."""


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


def run_all(live: Live, tried: list[Try], *more: str) -> list[Result]:
    # A busy machine may take a second for any answer: only those who wait in vain wait so briefly.
    envs = [{"ENIPLAN_READ_TIMEOUT": "1"} if one.name == "time-out" else {} for one in tried]
    runs = [one.create(live, *more, env=env) for one, env in zip(tried, envs, strict=True)]
    results = [run.wait() for run in runs]
    for one, done in zip(tried, results, strict=True):
        check_is_whole(one, done)
    return results


def test_every_read_is_tried_again(live: Live, tries: Tries) -> None:
    """Each kind strikes each read once, all in one run."""
    tried = tries([*READS, "refused later", "wrong types later"])
    for one in tried:
        fault = KINDS[one.name.removesuffix(" later")]
        # Each is sent again, so that every second call is the first of a step: the name is looked up three times.
        calls = {**{action: [1] for action in OF_THE_CHECK}, LIST: [1, 3, 5], TASK: [1], DETAIL: [1, 3]}
        # A port that is closed is closed for all, so one read stands for those beside it.
        if one.name == "refused":
            calls = {"DescribeClusterDetail": [1], TASK: [1]}
        elif one.name == "refused later":
            calls = {LIST: [2, 4], DETAIL: [1]}
        elif one.name == "wrong types later":
            calls = {TASK: [1], DETAIL: [1, 2]}
        for action, strikes in calls.items():
            for call in strikes:
                one.cloud.fault(action, **fault, call=call, seconds=0.05 if fault["kind"] == "refuse" else None)
    for one, done in zip(tried, run_all(live, tried), strict=True):
        # An answer that is complete but makes no sense is not asked for again before anything is created.
        wanted = 4 if one.name == "wrong types" else 0
        assert done.code == wanted, f"{one.name}: {done}"
        assert len(one.cloud.calls(CREATE)) == (wanted == 0)


def test_no_fact_can_be_read(live: Live, tries: Tries) -> None:
    """Each kind strikes every read of the check but that of the cluster, again and again, all in one run."""
    tried = tries(READS)
    for one in tried:
        for action in OF_THE_CHECK[1:]:
            one.cloud.fault(action, **KINDS[one.name])
    for one, done in zip(tried, run_all(live, tried), strict=True):
        assert done.code == 4, f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []
    check_ends_well(live, tried[:1])


def test_the_cluster_cannot_be_read(live: Live, tries: Tries) -> None:
    tried = tries(READS)
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
    tried = tries(READS)
    for one in tried:
        since = (one.folder / RECEIPT).exists if is_written else partial(has_answered, one.cloud, LIST)
        one.cloud.faults.append(Later(LIST, **KINDS[one.name], since=since))
    for one, done in zip(tried, run_all(live, tried), strict=True):
        assert done.code == 4, f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []
        assert (one.folder / RECEIPT).exists() == is_written
    check_ends_well(live, tried[:1])


@pytest.mark.parametrize("looks", ["work", "fail", "come late"])
def test_the_request_fails(live: Live, tries: Tries, looks: str) -> None:
    acted = {"reset after", "time-out", "502", "empty", "truncated", "wrong types", "a list"}
    tried = tries(KINDS if looks == "work" else ["reset before", "reset after", "500", "502"])
    for one in tried:
        one.cloud.fault(CREATE, **KINDS[one.name])
        since = partial(has_arrived, one.cloud, CREATE)
        if looks == "fail":
            one.cloud.faults.append(Later(LIST, "500", since=since))
        elif looks == "come late":
            one.cloud.faults.append(Later(LIST, "answer", status=200, body={"nodepools": []}, call=1, since=since))
    for one, done in zip(tried, run_all(live, tried, "--timeout", "8s"), strict=True):
        (request,) = one.cloud.calls(CREATE)
        assert request.acted == (one.name in acted)
        state = one.state
        if one.name.startswith("throttled"):
            assert (done.code, state) == (5, "rejected"), f"{one.name}: {done}"
            assert "nothing was created" in done.err
        elif looks == "fail" or one.name not in acted:
            assert (done.code, state) == (5, "unknown"), f"{one.name}: {done}"
            assert "whether it created the pool is unknown" in done.err
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
            assert (done.code, one.state) == (5, "unknown")
    for one in tried:
        calls = one.cloud.actions
        sent = [at for at, action in enumerate(calls) if action == CREATE]
        assert len(sent) == 3
        assert all(calls[at - 1] == LIST for at in sent)
    check_ends_well(live, tried)


@pytest.mark.parametrize("action", [TASK, DETAIL])
def test_the_pool_cannot_be_watched(live: Live, tries: Tries, action: str) -> None:
    tried = tries(READS)
    for one in tried:
        one.cloud.fault(action, **KINDS[one.name])
    for one, done in zip(tried, run_all(live, tried, "--timeout", "1s"), strict=True):
        assert done.code == 5, f"{one.name}: {done}"
        # A closed port may hide the task as well.
        assert one.state in ({"accepted"} if action == TASK else {"created", "accepted"}), one.name
        assert pools(one.cloud)[0]["nodepool_info"]["nodepool_id"] in done.err
        assert f"continue with: eniplan resume {RECEIPT}" in done.err
    check_ends_well(live, tried[:3])
