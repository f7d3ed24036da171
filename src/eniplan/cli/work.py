"""The progress of a create, and how to continue it: reported during the create, and however it ends."""

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
"""What is known in each state of a create, in words for users."""


class Work:
    """The create in progress, if any, and what to report if it is interrupted."""

    def __init__(self, source: str, *, ecs_role: bool) -> None:
        """Store the command's input file, and whether to use the instance's RAM role."""
        self.source = source
        self._ecs_role = ecs_role
        self.path = ""
        self.creation: Creation | None = None
        self.has_earlier = False
        """Whether the receipt of a finished create is at the path of this create's receipt."""
        self.progress = terminal.Progress()
        self._start = time.monotonic()

    def tell(self, text: str) -> None:
        """Show a stage of the create, and the time since the start."""
        minutes, seconds = divmod(int(time.monotonic() - self._start), 60)
        self.progress.show(text, f"{minutes}:{seconds:02}")

    def keep(self, receipt: Receipt) -> None:
        """Save the receipt. Set aside that of an earlier create first."""
        if self.has_earlier:
            aside = receipts.set_aside(self.path)
            self.has_earlier = False
            terminal.err(say("the receipt of the earlier create is now {path}", path=aside))
        receipts.save(self.path, receipt)

    @property
    def state(self) -> State:
        """The state of the create."""
        return "prepared" if self.creation is None else self.creation.receipt.state

    @property
    def is_kept(self) -> bool:
        """Whether a receipt records the state."""
        return self.creation is not None and self.creation.is_kept

    @property
    def next_command(self) -> str:
        """The command that continues the create."""
        if not self.is_kept or self.state == "gone" or not os.path.exists(self.path):
            return shlex.join(["eniplan", *sys.argv[1:]])
        return shlex.join(["eniplan", "resume", self.path, *(["--ecs-role"] if self._ecs_role else [])])

    def with_next(self, problem: Problem) -> Problem:
        """Add the command that continues the create to a problem's hint, unless it is there already."""
        if self._go_on in problem.hint:
            return problem
        return problem._replace(hint=together((problem.hint, self._go_on)))

    @property
    def _go_on(self) -> Message:
        return say("continue with: {command}", command=self.next_command)

    @property
    def lost(self) -> tuple[Problem, ...]:
        """Problems with the state of a create whose receipt could no longer be written."""
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
        """Return the problem that reports an interruption: the state, and how to continue."""
        return Problem(
            say("interrupted: {known}", known=KNOWN[self.state]),
            Place(self.path if self.is_kept else self.source),
            self._go_on,
        )


@contextmanager
def interruptible(work: Work) -> Iterator[None]:
    """On Ctrl-C and similar signals, report the state of the create and how to continue it, and exit.

    Raises:
        CloudError: the account cannot be queried. Its hint says how to continue.
        Exit: 130 for an interruption.

    """
    try:
        yield
    except CloudError as error:
        raise CloudError(*map(work.with_next, error.problems)) from None
    except KeyboardInterrupt:
        for number in terminal.INTERRUPTIONS:
            signal.signal(number, signal.SIG_IGN)  # do not interrupt the report
        work.progress.close()
        terminal.problems([work.interruption(), *work.lost])
        raise typer.Exit(INTERRUPTED) from None
    finally:
        work.progress.close()
