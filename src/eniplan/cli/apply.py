"""What `create-pool --apply` and `resume` do: go through with one create, and always say how far it has come.

Imported only by those that were told to create: it brings the SDK along.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import typer

from eniplan import terminal
from eniplan.cli import account
from eniplan.cli.account import Access
from eniplan.cli.chosen import chosen_pools, named, refuse_several
from eniplan.cli.passed import judged
from eniplan.cloud import receipt as receipts
from eniplan.cloud.compare import differences, has_other_mode, is_being_deleted
from eniplan.cloud.create import Creation, find, nodes_ready, read_pool
from eniplan.cloud.failures import CallError, problem
from eniplan.cloud.receipt import Target
from eniplan.emit.body import body_json, json_text
from eniplan.errors import (
    FINDINGS,
    INTERRUPTED,
    OK,
    CloudError,
    CreateError,
    InputError,
    Place,
    Problem,
    UsageError,
)
from eniplan.report import plain
from eniplan.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from eniplan.cli.chosen import Chosen
    from eniplan.cli.passed import Gate, Passed
    from eniplan.cloud.receipt import Receipt, State
    from eniplan.cloud.session import Session
    from eniplan.report.model import Report

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

    def __init__(self, source: str, *, ecs_role: bool) -> None:
        """Take the file that the command was given, and whether the instance's role counts."""
        self.source = source
        self._ecs_role = ecs_role
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
            return shlex.join(["eniplan", *sys.argv[1:]])
        return shlex.join(["eniplan", "resume", self.path, *(["--ecs-role"] if self._ecs_role else [])])


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
        place = Place(work.source if work.path is None or work.receipt is None else work.path)
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
    except (CloudError, CreateError) as error:
        raise type(error)(*(_with_next(problem, work) for problem in error.problems)) from None
    finally:
        work.progress.close()
    done = creation.receipt
    if done.state == "proved":
        nodes = done.events[-1].note
        terminal.err(f"{done.target} is created as asked: {done.node_pool_id}{', ' if nodes else ''}{nodes}")
        terminal.err(f"next: {shlex.join(['eniplan', 'verify', done.plan])}")
    else:
        terminal.err(f"{done.target} is being created: {done.node_pool_id}")
        terminal.err(f"next: {work.next_command}")
    terminal.out(f"{done.node_pool_id}\n")  # last: a full disk must not hide what has happened


def _with_next(problem: Problem, work: Work) -> Problem:
    hint = f"go on with: {work.next_command}"
    return problem._replace(hint=f"{problem.hint}; {hint}" if problem.hint else hint)


class Wish(NamedTuple):
    """What `create-pool --apply` was asked for, besides the plan."""

    pool: str | None
    yes: bool
    timeout: str
    wait: bool
    receipt: str | None


def apply(plan: str, wish: Wish, how: Access, gate: Gate) -> None:
    """Create one pool of a plan, or go on creating it, or find that there is nothing to do.

    Args:
        plan: as named on the command line.
        wish: what to create, and how.
        how: how the account is asked.
        gate: how strictly the plan is judged.

    Raises:
        Exit: 1 for findings, 130 for an interruption or a "no"; told before.
        CloudError: the account cannot be asked, and nothing was sent.
        CreateError: it has failed, or its outcome is not known.

    """
    timeout = seconds(wish.timeout)
    if not wish.yes and not terminal.can_ask():
        hint = "add --yes to create it without a question; without --apply it is only shown"
        raise UsageError(Problem("there is no terminal to ask on", Place("command line"), hint))
    work = Work(plan, ecs_role=how.ecs_role)
    with interruptible(work):
        work.tell("asking the account")
        plans, report = judged(plan, gate, how)
        work.progress.close()
        if report.exit_code not in {OK, FINDINGS}:
            raise typer.Exit(report.exit_code)
        chosen = _chosen(plans, plan, wish.pool, report)
        body = body_json(chosen.body)
        live = chosen.source.view.live
        assert live is not None  # noqa: S101 - it was judged with the account
        target = Target(named(chosen.source, "id"), live.region, how.endpoint, chosen.pool.name)
        path = wish.receipt or receipts.default_path(target)
        with receipts.locked(path):
            session = account.open_session(target.region, how)
            earlier = _earlier(path, target)
            work.path = path
            if earlier is not None and earlier.state in receipts.OPEN and _is_same(path, earlier, body):
                work.receipt = earlier
                terminal.err(f"{path}: {KNOWN[earlier.state]}; going on")
                go_through(session, earlier, body, work, timeout, wait=wish.wait)
                return
            receipt = receipts.prepare(target, plan, body, _waivers(report))
            if _is_there(session, receipt, chosen):
                return
            if report.exit_code:
                raise typer.Exit(report.exit_code)
            _show(receipt, report, path)
            if not wish.yes and not terminal.ask("create it?"):
                terminal.err("nothing was created")
                raise typer.Exit(INTERRUPTED)
            if earlier is not None:
                terminal.err(f"the receipt of the earlier create is now {receipts.set_aside(path)}")
            work.keep(receipt)
            go_through(session, receipt, body, work, timeout, wait=wish.wait)


def resume(path: str, timeout: str, *, ecs_role: bool) -> None:
    """Go on with a create from its receipt.

    Raises:
        Exit: 130 for an interruption; told before.
        InputError: there is no receipt that can be understood.
        CloudError: the account cannot be asked, and nothing was sent.
        CreateError: it has failed, or its outcome is not known.

    """
    longest = seconds(timeout)
    work = Work(path, ecs_role=ecs_role)
    if not os.path.exists(path):  # else the lock would be made for nothing
        hint = "create-pool --apply names the receipt that it writes"
        raise InputError(Problem("there is no receipt", Place(path), hint))
    with interruptible(work), receipts.locked(path):
        receipt = receipts.read(path)
        assert receipt is not None  # noqa: S101 - it exists, and nobody takes receipts away
        work.path, work.receipt = path, receipt
        if receipt.state == "gone":
            hint = f"create it again with: eniplan create-pool {shlex.quote(receipt.plan)} --apply"
            raise CreateError(Problem(KNOWN["gone"], Place(path), hint))
        terminal.err(printable(f"{receipt.target}: {KNOWN[receipt.state]}; going on"))
        session = account.open_session(receipt.target.region, Access(receipt.target.endpoint, ecs_role))
        go_through(session, receipt, receipt.body if receipt.is_whole else None, work, longest, wait=True)


def _chosen(plans: list[Passed], plan: str, pool: str | None, report: Report) -> Chosen:
    """Return the one pool that is asked for."""
    try:
        found = chosen_pools(plans, pool)
    except InputError:
        if report.exit_code:  # the findings, told already, say it better
            raise typer.Exit(report.exit_code) from None
        raise
    refuse_several(found, plan)
    return found[0]


def _earlier(path: str, target: Target) -> Receipt | None:
    """Return the receipt of an earlier create of this pool.

    Raises:
        InputError: the file is something else.

    """
    found = receipts.read(path)
    if found is None:
        return None
    if (found.target.cluster_id, found.target.pool) != (target.cluster_id, target.pool):
        message = f"this is the receipt of {found.target}, and is not overwritten"
        raise InputError(Problem(message, Place(path), "name another file with --receipt"))
    return found._replace(target=target)  # the address may be another one now


def _is_same(path: str, earlier: Receipt, body: str) -> bool:
    """Return whether a create that is open is of this very body.

    Raises:
        InputError: it is of another one, and nobody knows yet what has come of that.

    """
    if receipts.matches(earlier, body):
        return True
    if earlier.state == "different":
        return False  # the pool is known, and the plan may have been changed to what it is
    message = f"an earlier create of {earlier.target} is not settled, and the plan asks for something else now"
    hint = f"settle it first: {shlex.join(['eniplan', 'resume', path])}"
    raise InputError(Problem(message, Place(path), hint))


def _waivers(report: Report) -> tuple[dict[str, str], ...]:
    return tuple(
        {"rule": f.rule.id, "path": f.place.path, "reason": f.waived, "waiver": str(f.waived_at)}
        for f in report.findings
        if f.waived is not None
    )


def _is_there(session: Session, receipt: Receipt, chosen: Chosen) -> bool:
    """Return whether the pool is there and as the plan says.

    Raises:
        Exit: 1: it is there and is not; told before.
        CloudError: it cannot be looked up.

    """
    target = receipt.target
    try:
        pool_id = find(session, target.cluster_id, target.pool)
        pool = None if pool_id is None else read_pool(session, target.cluster_id, pool_id)
    except CallError as error:
        raise CloudError(problem(error, Place(str(target)))) from None
    if pool is None:
        return False
    place = chosen.source.document.place((*chosen.pool.path, "name"))
    if is_being_deleted(pool):
        hint = "run this again when it is gone"
        terminal.problems([Problem(f"{target} exists ({pool_id}), and is being deleted", place, hint)])
        raise typer.Exit(FINDINGS)
    found = differences(json.loads(receipt.body), pool, receipts.HIDDEN)
    if found:
        told = "; ".join(map(str, found))
        hint = "change the plan, or delete the pool and run this again"
        if has_other_mode(found):
            hint = "NP003: the mode of a pool cannot be switched; delete the pool and run this again"
        message = f"{target} exists already ({pool_id}), differs from the plan, and is left as it is: {told}"
        terminal.problems([Problem(message, place, hint)])
        raise typer.Exit(FINDINGS)
    nodes = nodes_ready(pool)
    told = f"{target} exists already ({pool_id}) and is as the plan says: nothing to do"
    terminal.err(printable(f"{told}{'; ' if nodes else ''}{nodes}"))
    terminal.err(f"next: {shlex.join(['eniplan', 'verify', receipt.plan])}")
    terminal.out(f"{pool_id}\n")
    return True


def _show(receipt: Receipt, report: Report, path: str) -> None:
    """Show what will be sent, and what it carries; values that may be secret are left out."""
    terminal.err(printable(f"to be created: {receipt.target}, region {receipt.target.region}"))
    for line in json_text(json.loads(receipt.body)).splitlines():
        terminal.err(printable(f"  {line}"))
    sheets = tuple(sheet for sheet in report.pools if sheet.name == receipt.target.pool)
    for line in plain.write(report._replace(findings=(), undecided=(), pools=sheets)).splitlines():
        terminal.err(line)
    terminal.err(printable(f"receipt: {path}"))
