"""The fault matrix: whatever fails at whichever call, there are never two pools, and a second run ends in one."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.harness import TIMEOUT, Result, clean_env, eniplan_command
from tests.live import plans
from tests.live.plans import CLUSTER, RECEIPT, let_a_minute_pass, pools
from tests.live.runs import CREDENTIALS
from tests.live.test_gate import sent
from tests.live.tries import AGAIN, CREATE, DETAIL, LIST, RESUME, TASK, VERIFY, check_ends_well, check_is_whole
from tests.loopback.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.runs import Live, LiveRun
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


# --- The matrix: each cell says how many pools there are, the exit code, what is told, the receipt and what is next ---


class Cell(NamedTuple):
    """What goes wrong, and all that has to come of it."""

    arrange: Callable[[Try], object]
    code: int
    own: int
    """How many pools there are."""
    state: str | None
    told: str
    next: str
    more: tuple[str, ...] = ("--timeout", "0s")
    patience: str = "600"
    """Seconds to wait for an answer: a busy machine may run the whole matrix before it looks at a run that waits."""
    streams: str = ""
    """What a shell does with its streams."""
    stop: tuple[str, signal.Signals] | None = None
    """The signal that comes when this request has arrived."""


class InShell(NamedTuple):
    """A run that a shell has started, which closes streams or sends them to a disk that is full."""

    process: subprocess.Popen[str]

    def wait(self) -> Result:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=TIMEOUT)
        return Result(self.process.returncode, out, err)


def start(one: Try, cell: Cell, live: Live) -> LiveRun | InShell:
    """Start the create of a cell, and stop it where the cell says so."""
    env = {"ENIPLAN_READ_TIMEOUT": cell.patience}
    if cell.streams:
        command = shlex.join(eniplan_command("create-pool", "plan.json", "--apply", "--yes", *cell.more))
        return InShell(subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command} {cell.streams}"], cwd=one.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_env(one.folder, {**CREDENTIALS, "ENIPLAN_ENDPOINT": one.cloud.url, **env}),
        ))  # fmt: skip
    return one.create(live, *cell.more, env=env)


def answers(  # noqa: PLR0913 - those of a fault
    action: str,
    status: int,
    body: object = None,
    *,
    acted: bool = False,
    call: int | None = None,
    headers: dict[str, str] | None = None,
) -> Callable[[Try], object]:
    said = body or {"code": "Conflict", "message": "busy"}
    return lambda one: one.cloud.fault(
        action, "answer", status=status, acted=acted, call=call, body=said, headers=headers or {}
    )


def denies(right: str) -> Callable[[Try], object]:
    return lambda one: one.cloud.deny(right)


@dataclass(slots=True)
class Doing(Fault):
    """A fault that does something to the folder of the run first."""

    do: Callable[[], object] = bool

    def strikes(self, action: str) -> bool:
        if action == self.action:
            self.do()
        return Fault.strikes(self, action)


def when(action: str, do: Callable[[Path], object], kind: str = "delay") -> Callable[[Try], object]:
    """Do something to the folder of the run when a request arrives, and let that request fail."""
    return lambda one: one.cloud.faults.append(Doing(action, kind, seconds=0.01, do=partial(do, one.folder)))


def _vanish(folder: Path) -> None:
    shutil.rmtree(folder / ".eniplan", ignore_errors=True)


def _block(folder: Path) -> None:
    _vanish(folder)
    (folder / ".eniplan").touch()


def _left(state: str = "sent", *, minutes: int = 1, size: int | None = None) -> Callable[[Try], None]:
    def arrange(one: Try) -> None:
        sent(one.folder, one.cloud, state, minutes=minutes)
        if size is not None:
            plans.written(one.folder, plans.plan(desiredSize=size))

    return arrange


def _both(*steps: Callable[[Try], object]) -> Callable[[Try], object]:
    return lambda one: [step(one) for step in steps]


def _hold(one: Try, *, action: str, acted: bool) -> None:
    one.cloud.fault(action, "hold", acted=acted)


def _is_updating(one: Try) -> None:
    one.cloud.state["clusters"][CLUSTER]["detail"]["state"] = "updating"


def _is_there(one: Try) -> None:
    wanted = json.loads(plans.body())
    info = wanted["nodepool_info"] | {"nodepool_id": "np1"}
    status = {"state": "active", "total_nodes": 3, "healthy_nodes": 3, "failed_nodes": 0}
    one.cloud.state["clusters"][CLUSTER]["nodepools"].append(wanted | {"nodepool_info": info, "status": status})


RIGHTS = (
    "cs:DescribeClusterDetail", "cs:GetClusterAddonInstance", "cs:DescribeClusterNodePools", "cs:DescribeUserQuota",
    "ecs:DescribeInstanceTypes", "ecs:DescribeAvailableResource", "ecs:DescribeSecurityGroups", "vpc:DescribeVSwitches",
)  # fmt: skip
CLOCK = {"code": "InvalidTimeStamp.Expired", "message": "Specified time stamp or date value is expired."}
WRONG_CLOCK = "according to the service, this machine's clock is wrong: InvalidTimeStamp.Expired"
ENDED = {"code": "InvalidSecurityToken.Expired", "message": "Specified SecurityToken is expired."}
EXPIRED = "the credentials are not accepted: InvalidSecurityToken.Expired"
FRESH = "use another access key or a fresh token; "
POLICY = "`eniplan ram-policy` prints the policy that a command needs; "
NOT_KNOWN = "whether it created the pool is unknown"
SENT_ON = "it was redirected to http://127.0.0.1:9; eniplan does not send a request signed for one host to another"
LOST = "the receipt does not record that the pool was created as requested; pool np"
ELSEWHERE = {"location": "http://127.0.0.1:9/x"}
WAITING = ("--timeout", "60s")
INTERRUPTED = {
    "the check": ("DescribeClusterDetail", 0, None, "interrupted: nothing was sent", AGAIN),
    "the request, lost": (CREATE, 0, "sent", "interrupted: the request was being sent: the pool may exist", RESUME),
    "the request": (CREATE, 1, "sent", "interrupted: the request was being sent: the pool may exist", RESUME),
    "the task": (TASK, 1, "accepted", "interrupted: the pool is being created", RESUME),
}
CELLS: dict[str, Cell] = {
    # Streams that are full or closed.
    **{
        f"stdout is {how}": Cell(lambda _: None, 5, 1, "proved", " as requested: np", RESUME, WAITING, streams=stream)
        for how, stream in (("full", ">/dev/full"), ("closed", ">&-"))
    },
    **{
        f"stderr is {how}": Cell(lambda _: None, 0, 1, "proved", "", "", WAITING, streams=stream)
        for how, stream in (("full", "2>/dev/full"), ("closed", "2>&-"))
    },
    "stderr is full, and the request is lost": Cell(
        lambda one: one.cloud.fault(CREATE, "reset"), 5, 0, "unknown", "", "", streams="2>/dev/full"
    ),
    "all streams are closed": Cell(lambda _: None, 5, 1, "proved", "", "", WAITING, streams="<&- >&- 2>&-"),
    "stdin is closed": Cell(lambda _: None, 0, 1, "proved", " as requested: np", VERIFY, WAITING, streams="<&-"),
    # Signals, while the server is silent.
    **{
        f"{how.name} at {moment}": Cell(
            partial(_hold, action=action, acted=bool(own)), 130, own, state, told, following, stop=(action, how)
        )
        for how, moments in (
            (signal.SIGINT, ("the check", "the request, lost", "the request", "the task")),
            (signal.SIGTERM, ("the request, lost", "the request", "the task")),
            (signal.SIGHUP, ("the request",)),
        )
        for moment in moments
        for action, own, state, told, following in (INTERRUPTED[moment],)
    },
    # Rights, one by one.
    **{
        f"no right to {right}": Cell(denies(right), 1, 0, None, f"RAM denies {right}", AGAIN)
        for right in RIGHTS
    },
    "no right to create": Cell(
        denies("cs:CreateClusterNodePool"), 5, 0, "rejected", "RAM denies cs:CreateClusterNodePool", POLICY + RESUME
    ),
    "no right to see the task": Cell(
        denies("cs:DescribeTaskInfo"), 0, 1, "proved", " as requested: np", VERIFY, ("--timeout", "60s")
    ),
    "no right to see the pool": Cell(
        denies("cs:DescribeClusterNodePoolDetail"), 5, 1, "accepted",
        "cannot be read: RAM denies cs:DescribeClusterNodePoolDetail", POLICY + RESUME,
    ),
    # Credentials that end.
    "the token, at the last look": Cell(
        answers(LIST, 400, call=3, body=ENDED), 4, 0, "prepared", EXPIRED, FRESH + RESUME
    ),
    "the token, at the request": Cell(answers(CREATE, 400, body=ENDED), 5, 0, "rejected", EXPIRED, FRESH + RESUME),
    "the token, at the pool": Cell(answers(DETAIL, 400, body=ENDED), 5, 1, "accepted", EXPIRED, FRESH + RESUME),
    # The clock.
    "the clock, at a read": Cell(answers("DescribeUserQuota", 400, body=CLOCK), 4, 0, None, WRONG_CLOCK, AGAIN),
    "the clock, at the cluster": Cell(answers("DescribeClusterDetail", 400, CLOCK), 4, 0, None, WRONG_CLOCK, AGAIN),
    "the clock, at the last look": Cell(answers(LIST, 400, call=3, body=CLOCK), 4, 0, "prepared", WRONG_CLOCK, RESUME),
    "the clock, at the request": Cell(answers(CREATE, 400, body=CLOCK), 5, 0, "rejected", WRONG_CLOCK, RESUME),
    "the clock, at the task": Cell(answers(TASK, 400, body=CLOCK), 5, 1, "accepted", WRONG_CLOCK, RESUME),
    "the clock, at the pool": Cell(answers(DETAIL, 400, body=CLOCK), 5, 1, "accepted", WRONG_CLOCK, RESUME),
    # Gateways.
    **{
        f"{status}, the request {'acted' if acted else 'lost'}": Cell(
            answers(CREATE, status, acted=acted), 0 if acted else 5, int(acted), "proved" if acted else "unknown",
            " as requested: np" if acted else NOT_KNOWN, VERIFY if acted else RESUME,
            ("--timeout", "60s" if acted else "0s"),
        )
        for status in (408, 409, 425, 499)
        for acted in (False, True)
    },
    **{
        f"{status}, a read": Cell(answers("DescribeUserQuota", status), 4, 0, None, "DescribeUserQuota: ", AGAIN)
        for status in (408, 425, 499)
    },
    **{
        f"{status}, a read is sent on": Cell(
            answers("DescribeUserQuota", status, headers=ELSEWHERE), 4, 0, None, SENT_ON, AGAIN
        )
        for status in (301, 302, 303, 307, 308)
    },
    **{
        f"{status}, the request is sent on": Cell(
            answers(CREATE, status, headers=ELSEWHERE), 5, 0, "unknown", SENT_ON, RESUME
        )
        for status in (301, 302, 303, 307, 308)
    },
    # Answers that come a byte after the other.
    "a read trickles": Cell(
        lambda one: one.cloud.fault("DescribeUserQuota", "trickle"), 4, 0, None, "no complete answer in time", AGAIN,
        patience="1",
    ),
    "the request trickles": Cell(
        lambda one: one.cloud.fault(CREATE, "trickle"), 0, 1, "proved", " as requested: np", VERIFY,
        ("--timeout", "60s"), patience="1",
    ),
    "the pool trickles": Cell(
        lambda one: one.cloud.fault(DETAIL, "trickle"), 5, 1, "accepted", "no complete answer in time", RESUME,
        patience="1",
    ),
    # Lists.
    "not a list of pools": Cell(
        answers(LIST, 200, body={"nodepools": None}), 0, 1, "proved", " as requested: np", VERIFY,
        ("--timeout", "60s"),
    ),
    # Receipts that cannot be written, before and after.
    "no folder for the receipt": Cell(
        lambda one: _block(one.folder), 3, 0, None, "the receipt cannot be written here", "with --receipt"
    ),
    "the folder vanishes at the request": Cell(
        when(CREATE, _vanish), 0, 1, None, LOST, AGAIN, ("--timeout", "60s")
    ),
    "the folder is a file at the request": Cell(
        when(CREATE, _block), 0, 1, None, LOST, AGAIN, ("--timeout", "60s")
    ),
    "the folder vanishes at the task": Cell(when(TASK, _vanish), 0, 1, None, LOST, AGAIN, ("--timeout", "60s")),
    "the folder vanishes, and the answer": Cell(when(CREATE, _vanish, "reset"), 5, 0, None, NOT_KNOWN, AGAIN),
    "the folder vanishes, and no pool is shown": Cell(
        when(DETAIL, _vanish, "500"), 5, 1, None, "is not ready yet; the last check failed", AGAIN
    ),
    # Receipts of requests whose outcome nobody knows.
    **{
        f"{state}, and a right is missing": Cell(
            _both(_left(state), denies("cs:DescribeUserQuota")), 1, 0, state, "--allow-undecided DescribeUserQuota",
            RESUME,
        )
        for state in ("sent", "unknown")
    },
    **{
        f"{state}, and the check fails": Cell(
            _both(_left(state), _is_updating), 1, 0, state, "the check with the account fails", RESUME
        )
        for state in ("sent", "unknown")
    },
    **{
        f"{state}, and the pool is there": Cell(
            _both(_left(state), _is_there), 0, 1, "proved", "as requested: np1", VERIFY, ("--timeout", "60s")
        )
        for state in ("sent", "unknown")
    },
    "just sent": Cell(_left(minutes=0), 5, 0, "unknown", "no pool with that name has appeared yet", RESUME),
    "another plan": Cell(
        _left(size=4), 3, 0, "sent", "scaling_group.desired_size was 3 and is now 4; no pool with that name exists",
        f"resolve it first: eniplan resume {RECEIPT}, or abandon the earlier request and create what the plan "
        "says now: --discard-receipt",
    ),
    "another plan, and the pool is there": Cell(
        _both(_left(size=4), _is_there), 3, 1, "sent", "a pool with that name exists: np1",
        f"resolve it first: eniplan resume {RECEIPT}",
    ),
    "another plan, and the receipt is given up": Cell(
        _both(_left(size=4), _is_there), 5, 1, "sent", "exists (np1): its receipt is kept",
        f"resolve it first: eniplan resume {RECEIPT}", ("--discard-receipt", "--timeout", "0s"),
    ),
    "another plan, given up too early": Cell(
        _left(minutes=0, size=4), 5, 0, "sent", "may still appear: its receipt is kept",
        "run this again in 30 seconds", ("--discard-receipt", "--timeout", "0s"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("part", range(4))
def test_the_matrix(live: Live, tries: Tries, part: int) -> None:
    tried = tries([name for at, name in enumerate(CELLS) if at % 4 == part])
    for first in range(0, len(tried), 8):
        some = tried[first : first + 8]
        for one in some:
            CELLS[one.name].arrange(one)
        runs = [start(one, CELLS[one.name], live) for one in some]
        for one, run in zip(some, runs, strict=True):
            cell = CELLS[one.name]
            if cell.stop is not None and not isinstance(run, InShell):
                action, how = cell.stop
                one.cloud.wait_for(action)
                run.send_signal(how)
            done = run.wait()
            assert (done.code, len(pools(one.cloud)), one.state) == (cell.code, cell.own, cell.state), (
                f"{one.name}: {one.state}: {done}"
            )
            assert cell.told in done.err, f"{one.name}: {done}"
            assert cell.next in done.err, f"{one.name}: {done}"
            assert "because of a bug" not in done.err
            assert len(one.cloud.calls(CREATE)) <= 1, one.name
            if "2>" in cell.streams:
                assert done.err == ""
            if cell.code == 0:
                assert done.out == f"{pools(one.cloud)[0]['nodepool_info']['nodepool_id']}\n", f"{one.name}: {done}"
            else:
                assert (done.out, "error: " in done.err) == ("", "2>" not in cell.streams), f"{one.name}: {done}"
