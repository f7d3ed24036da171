"""Concurrent runs of creates, each with its own cloud and folder, and the checks that must always hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from tests.live import plans
from tests.live.plans import RECEIPT, let_a_minute_pass, pools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.harness import Result
    from tests.live.runs import Live, LiveRun
    from tests.loopback.server import Cloud

CREATE, TASK = "CreateClusterNodePool", "DescribeTaskInfo"
LIST, DETAIL = "DescribeClusterNodePools", "DescribeClusterNodePoolDetail"

AGAIN = "continue with: eniplan create-pool plan.json --apply --yes"
RESUME = f"continue with: eniplan resume {RECEIPT}"
VERIFY = "next: eniplan verify plan.json"
STATES: dict[int, set[str | None]] = {
    0: {"proved"},
    4: {None, "prepared"},
    5: {"unknown", "rejected", "accepted", "created", "failed", "different"},
}
"""The states that a receipt may have after a run, by exit code."""
TOLD = {
    "unknown": ("whether it created the pool is unknown",),
    "rejected": ("the API refused the request, and nothing was created",),
    "accepted": ("is not ready yet", "cannot be read"),
    "created": ("is not ready yet",),
    "failed": (" failed",),
    "different": ("is not as requested",),
}
"""The messages with exit code 5, by the state of the receipt."""


class Try(NamedTuple):
    """One run in a folder, against a cloud."""

    name: str
    cloud: Cloud
    folder: Path

    def start(self, live: Live, *args: str, env: Mapping[str, str] | None = None) -> LiveRun:
        """Start any command."""
        return live(*args, cwd=self.folder, env={"ENIPLAN_ENDPOINT": self.cloud.url, **(env or {})})

    def create(self, live: Live, *more: str, env: Mapping[str, str] | None = None) -> LiveRun:
        """Start the create."""
        return self.start(live, "create-pool", "plan.json", "--apply", "--yes", *more, env=env)

    @property
    def state(self) -> str | None:
        """The state of the receipt, or None."""
        return plans.receipt(self.folder)["state"] if (self.folder / RECEIPT).exists() else None

    def go_on(self, live: Live) -> LiveRun:
        """Run `resume` if there is a receipt, or else the same command again."""
        if (self.folder / RECEIPT).exists():
            let_a_minute_pass(self.folder)
            return self.start(live, "resume", RECEIPT)
        return self.create(live)

    def repair(self) -> None:
        """Remove all faults."""
        self.cloud.faults.clear()
        self.cloud.reopen()


class Tries(Protocol):
    """Makes one try for each name."""

    def __call__(self, names: Iterable[str]) -> list[Try]: ...


def check_is_whole(one: Try, done: Result) -> None:
    """Check what must always hold: no bug, no second pool, a receipt since before the request, and a next command.

    The messages must match the receipt, and the exit code must match both.
    """
    assert done.code in STATES, f"{one.name}: {done}"
    assert "because of a bug" not in done.err
    assert len(pools(one.cloud)) <= 1, one.name
    if one.cloud.calls(CREATE):
        plans.receipt(one.folder)
    assert one.state in STATES[done.code], f"{one.name}: {one.state}: {done}"
    if done.code == 0:
        assert done.out == f"{pools(one.cloud)[0]['nodepool_info']['nodepool_id']}\n"
        assert done.err.endswith(f"{VERIFY}\n"), f"{one.name}: {done}"
        return
    assert done.out == ""
    assert "error: " in done.err
    assert (AGAIN if one.state is None else RESUME) in done.err, f"{one.name}: {done}"
    if done.code == 5:  # 1 and 4 mean that nothing was sent
        assert any(told in done.err for told in TOLD[str(one.state)]), f"{one.name}: {done}"


def check_ends_well(live: Live, tried: list[Try]) -> None:
    """Remove all faults, run once more, and require exactly one correct pool."""
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
