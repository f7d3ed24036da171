"""What `create-pool --apply` and `resume` do: go through with one create, and always say how far it has come."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import typer

from eniplan import terminal
from eniplan.cloud import receipt as receipts
from eniplan.cloud.create import Creation, nodes_ready
from eniplan.emit.body import json_text
from eniplan.errors import INTERRUPTED, CreateError, Place, Problem, UsageError
from eniplan.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from eniplan.cloud.receipt import Receipt, State
    from eniplan.cloud.session import Session

KNOWN: dict[State, str] = {
    "prepared": "nothing was sent, and nothing was created",
    "sent": "the request was on its way: the pool may exist",
    "unknown": "the request was sent, and whether it made the pool is not known",
    "rejected": "the API has refused the request, and nothing was created",
    "accepted": "the pool is being created",
    "created": "the pool was created, and is not yet proved to be as asked",
    "proved": "the pool was created, and is as asked",
    "failed": "the task that creates the pool has failed",
    "different": "the pool exists, and is not as asked",
    "gone": "the pool was created, and is not there any more",
}
"""What is known in each state, for somebody who was not there."""
_UNITS = {"s": 1, "m": 60, "h": 3600}


class Work:
    """What an interruption has to tell: the create that is being worked on, once there is one."""

    def __init__(self, command: str) -> None:
        """Take the words that start the same command again."""
        self.command = command
        self.path: str | None = None
        self.receipt: Receipt | None = None
        self.progress = terminal.Progress()
        self._start = time.monotonic()

    def tell(self, text: str) -> None:
        """Show a stage and the time since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        self.progress.show(text, f"{minutes}:{seconds:02}")

    def keep(self, receipt: Receipt) -> None:
        """Write the receipt down before anybody relies on it."""
        assert self.path is not None  # noqa: S101 - a create has one from its start
        receipts.save(self.path, receipt)
        self.receipt = receipt

    @property
    def next_command(self) -> str:
        """How to go on."""
        if self.receipt is None or self.path is None or self.receipt.state == "gone":
            return self.command
        return shlex.join(["eniplan", "resume", self.path])


@contextmanager
def interruptible(work: Work) -> Iterator[None]:
    """Let Ctrl-C, and the SIGTERM of a CI time-out, end the command with what is known and how to go on."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # who is told needs no second interruption
        work.progress.close()
        known = KNOWN["prepared" if work.receipt is None else work.receipt.state]
        place = Place("interrupted" if work.path is None or work.receipt is None else work.path)
        terminal.problems([Problem(f"interrupted: {known}", place, f"go on with: {work.next_command}")])
        raise typer.Exit(INTERRUPTED) from None
    finally:
        work.progress.close()
        signal.signal(signal.SIGTERM, before)


def seconds(text: str) -> float:
    """Return the seconds of a duration such as `90s`, `30m` or `1h30m`.

    Raises:
        UsageError: it is none.

    """
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise UsageError(Problem(f"--timeout {text!r} is no duration", Place("command line"), "write 90s, 30m or 1h"))
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def go_through(session: Session, receipt: Receipt, body: str | None, work: Work, timeout: float, *, wait: bool) -> None:
    """Take a create from wherever it is to its end, and say what has come of it. The receipt is locked.

    Raises:
        CloudError: the account cannot be asked, and nothing was sent.
        CreateError: it has failed, or its outcome is not known; says how to go on.

    """
    creation = Creation(session, receipt, body, keep=work.keep, tell=work.tell, timeout=timeout)
    try:
        creation.run(wait=wait)
    except CreateError as error:
        raise CreateError(*(_with_next(problem, work) for problem in error.problems)) from None
    finally:
        work.progress.close()
    done = creation.receipt
    terminal.out(f"{done.node_pool_id}\n")
    if done.state == "proved":
        nodes = done.events[-1].note
        terminal.err(f"{done.target} is created as asked: {done.node_pool_id}{', ' if nodes else ''}{nodes}")
        terminal.err(f"next: {shlex.join(['eniplan', 'verify', done.plan])}")
    else:
        terminal.err(f"{done.target} is being created: {done.node_pool_id}")
        terminal.err(f"next: {work.next_command}")


def _with_next(problem: Problem, work: Work) -> Problem:
    hint = f"go on with: {work.next_command}"
    return problem._replace(hint=f"{problem.hint}; {hint}" if problem.hint else hint)


def show_body(receipt: Receipt) -> None:
    """Show what will be sent; what may be secret is left out."""
    terminal.err(printable(f"to be created: {receipt.target}, region {receipt.target.region}"))
    for line in json_text(json.loads(receipt.body)).splitlines():
        terminal.err(f"  {line}")
