"""How far a create has come, and how to go on: what is told while it is worked on, and whatever ends it."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from eniplan import terminal
from eniplan.cloud import receipt as receipts
from eniplan.errors import INTERRUPTED, CloudError, Place, Problem
from eniplan.messages import say, together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.cloud.create import Creation
    from eniplan.cloud.receipt import Receipt, State
    from eniplan.messages import Message

KNOWN: dict[State, Message] = {
    "prepared": say("nothing was sent, and nothing was created"),
    "sent": say("the request was being sent: the pool may exist"),
    "unknown": say("the request was sent, but whether it created the pool is unknown"),
    "rejected": say("the API refused the request, and nothing was created"),
    "accepted": say("the pool is being created"),
    "created": say("the pool was created, but is not verified yet"),
    "proved": say("the pool was created as requested"),
    "failed": say("the task that creates the pool failed"),
    "different": say("the pool exists, but not as requested"),
    "gone": say("the pool was created, but no longer exists"),
}
"""What is known in each state, for somebody who was not there."""


class Work:
    """What an interruption has to tell: the create that is being worked on, once there is one."""

    def __init__(self, source: str, *, ecs_role: bool) -> None:
        """Take the file that the command was given, and whether the instance's role counts."""
        self.source = source
        self._ecs_role = ecs_role
        self.path = ""
        self.creation: Creation | None = None
        self.has_earlier = False
        """Whether the receipt of a finished create stands where this one is going to be."""
        self.progress = terminal.Progress()
        self._start = time.monotonic()

    def tell(self, text: str) -> None:
        """Show a stage and the time since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        self.progress.show(text, f"{minutes}:{seconds:02}")

    def keep(self, receipt: Receipt) -> None:
        """Write the receipt down before anybody relies on it."""
        if self.has_earlier:
            aside = receipts.set_aside(self.path)
            self.has_earlier = False
            terminal.err(say("the receipt of the earlier create is now {path}", path=aside))
        receipts.save(self.path, receipt)

    @property
    def state(self) -> State:
        """How far the create has come."""
        return "prepared" if self.creation is None else self.creation.receipt.state

    @property
    def is_kept(self) -> bool:
        """Whether there is a receipt that says how far it has come."""
        return self.creation is not None and self.creation.is_kept

    @property
    def next_command(self) -> str:
        """How to go on."""
        if not self.is_kept or self.state == "gone" or not os.path.exists(self.path):
            return shlex.join(["eniplan", *sys.argv[1:]])
        return shlex.join(["eniplan", "resume", self.path, *(["--ecs-role"] if self._ecs_role else [])])

    def with_next(self, problem: Problem) -> Problem:
        """Return a problem that says how to go on, too; once is enough."""
        if self._go_on in problem.hint:
            return problem
        return problem._replace(hint=together((problem.hint, self._go_on)))

    @property
    def _go_on(self) -> Message:
        return say("continue with: {command}", command=self.next_command)

    @property
    def lost(self) -> tuple[Problem, ...]:
        """What is known of a create whose receipt could not be written any more."""
        if self.creation is None:
            return ()
        receipt = self.creation.receipt
        return tuple(
            Problem(
                say(
                    "{problem}: the receipt does not record that {known}; pool {id}, task {task}",
                    problem=problem.message,
                    known=KNOWN[receipt.state],
                    id=receipt.node_pool_id or say("unknown"),
                    task=receipt.task_id or say("unknown"),
                ),
                problem.place,
                self._go_on,
            )
            for problem in self.creation.lost
        )

    def interruption(self) -> Problem:
        """Return what an interruption leaves behind."""
        return Problem(
            say("interrupted: {known}", known=KNOWN[self.state]),
            Place(self.path if self.is_kept else self.source),
            self._go_on,
        )


@contextmanager
def interruptible(work: Work) -> Iterator[None]:
    """Let Ctrl-C, and the signals that mean the same, end the command with what is known and how to go on.

    Raises:
        CloudError: the account cannot be asked; says how to go on.

    """
    try:
        yield
    except CloudError as error:
        raise CloudError(*map(work.with_next, error.problems)) from None
    except KeyboardInterrupt:
        for number in terminal.INTERRUPTIONS:
            signal.signal(number, signal.SIG_IGN)  # who is told needs no second interruption
        work.progress.close()
        terminal.problems([work.interruption(), *work.lost])
        raise typer.Exit(INTERRUPTED) from None
    finally:
        work.progress.close()
