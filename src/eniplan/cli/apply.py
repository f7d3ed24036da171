"""The create of one pool for `create-pool --apply` and `resume`, from the plan or its receipt to the verified pool.

Commands import it only when they create a pool: it imports the SDK.
"""

from __future__ import annotations

import json
import os
import shlex
from typing import TYPE_CHECKING

import typer

from eniplan import facts, terminal
from eniplan.cli import account
from eniplan.cli.account import Access
from eniplan.cli.chosen import chosen_pools, named, refuse_several
from eniplan.cli.options import seconds
from eniplan.cli.passed import Gate, judged
from eniplan.cli.work import KNOWN, Work, interruptible
from eniplan.cloud import receipt as receipts
from eniplan.cloud.compare import changes
from eniplan.cloud.create import Creation, Order, StoppedError
from eniplan.cloud.receipt import Target, Terms
from eniplan.emit.body import body_json
from eniplan.errors import (
    CLOUD,
    FINDINGS,
    INTERRUPTED,
    OK,
    CloudError,
    CreateError,
    InputError,
    Place,
    Problem,
    usage,
)
from eniplan.messages import NOTHING, say, together
from eniplan.report import plain
from eniplan.suggest import which_one
from eniplan.text import literal, printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eniplan.cli.chosen import Chosen
    from eniplan.cli.passed import Passed
    from eniplan.cloud.receipt import Receipt
    from eniplan.cloud.session import Session
    from eniplan.plan.live import Unread
    from eniplan.report.model import Report


def go_through(
    session: Session, receipt: Receipt, order: Callable[[], Order], work: Work, timeout: float, *, wait: bool
) -> None:
    """Continue a create from its current state to the end, and report the result. The caller holds the receipt's lock.

    Args:
        session: for calls to the account.
        receipt: the create, in any state.
        order: judges the plan before a request is sent; not called if none needs to be sent.
        work: reports progress, and how to continue.
        timeout: seconds to wait for the pool.
        wait: whether to wait until the pool is ready.

    Raises:
        Exit: 130 if the user answers no; already reported.
        StoppedError: the gate stopped the request, or a different pool has the name.
        CloudError: the account cannot be queried, and nothing was sent.
        CreateError: the create failed, or its outcome is unknown. Its hint says how to continue.

    """
    creation = Creation(session, receipt, keep=work.keep, tell=work.tell, timeout=timeout)
    work.creation = creation
    try:
        is_news = creation.run(order, wait=wait)
    except StoppedError as error:
        if error.exit_code != INTERRUPTED:
            raise StoppedError(*map(work.with_next, error.problems), exit_code=error.exit_code) from None
        work.progress.close()
        for problem in error.problems:
            terminal.err(problem.message)  # no place or hint: the user chose to stop
        raise typer.Exit(INTERRUPTED) from None
    except (CloudError, CreateError) as error:
        raise type(error)(*map(work.with_next, error.problems), *work.lost) from None
    finally:
        work.progress.close()
    done = creation.receipt
    target, pool_id, nodes = str(done.target), done.node_pool_id, done.events[-1].note
    command = shlex.join(["eniplan", "verify", done.plan])
    if not is_news:
        told = say("{target} already exists ({id}) and matches the plan: nothing to do", target=target, id=pool_id)
        told = together((told, say("{nodes}", nodes=nodes)))
    elif done.state == "proved":
        told = say("created {target} as requested: {id}", target=target, id=pool_id)
        told = together((told, say("{nodes}", nodes=nodes)), ", ")
    else:
        told = say("creating {target}: {id}", target=target, id=pool_id)
        command = work.next_command
    terminal.err(told)
    terminal.err(say("next: {command}", command=command))
    terminal.problems(work.lost)
    try:
        terminal.out(f"{printable(str(pool_id))}\n")  # last: a full disk must not hide the result
    except InputError as error:
        # The pool exists, but the reader of stdout did not get its id.
        raise CreateError(*map(work.with_next, error.problems)) from None


class Wish(NamedTuple):
    """The options of `create-pool --apply`, besides the plan."""

    pool: str | None
    yes: bool
    timeout: str
    wait: bool
    receipt: str | None
    allowed: tuple[str, ...] = ()
    """The facts that may be unknown."""
    discard: bool = False
    """Whether to abandon an earlier request that left no pool."""


class Judged(NamedTuple):
    """One pool, judged with the account."""

    chosen: Chosen
    report: Report
    target: Target
    body: str

    def order(self, terms: Terms, ask: Callable[[Receipt], bool]) -> Order:
        """Return the judged pool for the gate."""
        place = self.chosen.source.document.place((*self.chosen.pool.path, "name"))
        return Order(self.body, place, self.report.exit_code, self.denied, frozenset(terms.allowed), ask)

    @property
    def denied(self) -> tuple[Unread, ...]:
        """The facts that RAM denies."""
        live = self.chosen.source.view.live
        return () if live is None else tuple(unread for unread in live.unread if unread.denied)


def apply(plan: str, wish: Wish, how: Access, gate: Gate) -> None:
    """Create one pool of a plan, continue an earlier create, or find that there is nothing to do.

    Args:
        plan: as named on the command line.
        wish: what to create, and how.
        how: how to query the account.
        gate: how strictly to judge the plan.

    Raises:
        Exit: 3 for inputs that cannot be judged, 130 for an interruption; already reported.
        StoppedError: the gate stopped the request, or a different pool has the name.
        CloudError: the account cannot be queried, and nothing was sent.
        CreateError: the create failed, or its outcome is unknown.

    """
    timeout = seconds("--timeout", wish.timeout)
    if not wish.yes and not terminal.can_ask():
        hint = say("add --yes to create it without confirmation; without --apply it is only printed")
        raise usage(say("there is no terminal for the confirmation"), hint)
    terms = Terms(wish.yes, gate.fail_on, gate.strict, gate.specs, gate.waivers, _facts(wish.allowed), gate.specs_date)
    work = Work(plan, ecs_role=how.ecs_role)
    with interruptible(work):
        work.tell(say("querying the account"))
        judged = _judge(plan, wish.pool, gate, how)
        work.progress.close()
        target = judged.target
        path = wish.receipt or receipts.default_path(target)
        with receipts.locked(path):
            work.path = path
            session = account.open_session(target.region, how)
            earlier = _earlier(path, target)
            receipt = receipts.prepare(target, plan, judged.body, _waivers(judged.report), terms)
            if earlier is not None and earlier.state in receipts.OPEN:
                going_on = Creation(session, earlier, keep=work.keep, tell=work.tell, timeout=timeout)
                if wish.discard:
                    _discard(going_on, path)
                elif _is_same(going_on, judged.body, path):
                    receipt = earlier._replace(terms=terms)
                    terminal.err(say("{path}: {known}; continuing", path=path, known=KNOWN[earlier.state]))
                work.progress.close()
            work.has_earlier = earlier is not None and earlier.events != receipt.events
            made = None if earlier is None else earlier.node_pool_id
            order = judged.order(terms, lambda wanted: _ask(wanted, judged, work, yes=wish.yes))._replace(made=made)
            go_through(session, receipt, lambda: order, work, timeout, wait=wish.wait)


def resume(path: str, timeout: str, allowed: tuple[str, ...], *, ecs_role: bool, yes: bool) -> None:
    """Continue a create from its receipt.

    Args:
        path: the receipt.
        timeout: how long to wait, such as `30m`.
        allowed: facts that may be unknown, in addition to those in the receipt.
        ecs_role: whether to use the instance's RAM role.
        yes: whether to skip the confirmation.

    Raises:
        Exit: 130 for an interruption; already reported.
        InputError: the receipt is missing or malformed.
        StoppedError: the request must be sent again, but the gate stopped it.
        CloudError: the account cannot be queried, and nothing was sent.
        CreateError: the create failed, or its outcome is unknown.

    """
    longest, more = seconds("--timeout", timeout), _facts(allowed)
    work = Work(path, ecs_role=ecs_role)
    if not os.path.exists(path):  # check first: the lock would leave a file
        hint = say("create-pool --apply prints the name of the receipt that it writes")
        raise InputError(Problem(say("there is no receipt"), Place(path), hint))
    with interruptible(work), receipts.locked(path):
        receipt = receipts.read(path)
        assert receipt is not None  # noqa: S101 - it exists, and nothing deletes receipts
        work.path = path
        known = tuple(dict.fromkeys((*receipt.terms.allowed, *more)))
        receipt = receipt._replace(terms=receipt.terms._replace(allowed=known))
        if receipt.state == "gone":
            command = shlex.join(["eniplan", "create-pool", receipt.plan, "--apply"])
            hint = say("create it again with: {command}", command=command)
            raise CreateError(Problem(KNOWN["gone"], Place(path), hint))
        terminal.err(say("{target}: {known}; continuing", target=str(receipt.target), known=KNOWN[receipt.state]))
        how = Access(receipt.target.endpoint, ecs_role)
        session = account.open_session(receipt.target.region, how)
        go_through(session, receipt, lambda: _again(receipt, how, work, yes=yes), work, longest, wait=True)


def _again(receipt: Receipt, how: Access, work: Work, *, yes: bool) -> Order:
    """Judge the plan of a receipt again, so that a second request passes the same gate as the first.

    Raises:
        CreateError: the plan is gone, cannot be judged, or asks for something else; or there is no terminal for the
            confirmation.

    """
    place, terms, plan = Place(receipt.plan), receipt.terms, receipt.plan
    nothing = say("there is no such pool, and the request was not sent again")
    again = say("run create-pool with the plan again")
    if plan == "-":
        raise CreateError(Problem(say("{nothing}: the plan came from stdin", nothing=nothing), place, again))
    is_agreed = yes or (terms.yes and not terminal.can_ask())
    if not is_agreed and not terminal.can_ask():
        message = say("{nothing}: there is no terminal for the confirmation", nothing=nothing)
        raise CreateError(Problem(message, place, say("add --yes")))
    work.tell(say("querying the account"))
    try:
        gate = Gate(terms.fail_on, terms.strict, terms.specs, terms.waivers, terms.specs_date)
        judged = _judge(plan, receipt.target.pool, gate, how)
    except typer.Exit:
        message = say("{nothing}: the plan cannot be judged", nothing=nothing)
        raise CreateError(Problem(message, place, again)) from None
    finally:
        work.progress.close()
    if judged.target != receipt.target or not receipts.matches(receipt, judged.body):
        told = together(changes(receipt.body, receipts.shown(judged.body)))
        told = told or say("another cluster, region or address")
        message = say("{nothing}: the plan now asks for something else: {told}", nothing=nothing, told=told)
        command = shlex.join(["eniplan", "create-pool", plan, "--apply", "--discard-receipt"])
        raise CreateError(Problem(message, place, say("to create what the plan says now: {command}", command=command)))
    return judged.order(terms, lambda wanted: _ask(wanted, judged, work, yes=is_agreed))


def _judge(plan: str, pool: str | None, gate: Gate, how: Access) -> Judged:
    """Judge one pool of a plan with its account.

    Raises:
        Exit: the plan cannot be judged; already reported.
        CloudError: the account cannot be queried.

    """
    plans, report = judged(plan, gate, how)
    if report.exit_code not in {OK, FINDINGS, CLOUD}:
        raise typer.Exit(report.exit_code)
    chosen = _chosen(plans, plan, pool, report)
    live = chosen.source.view.live
    assert live is not None  # noqa: S101 - it was judged with the account
    target = Target(named(chosen.source, "id"), live.region, how.endpoint, chosen.pool.name)
    return Judged(chosen, report, target, body_json(chosen.body))


def _facts(names: Sequence[str]) -> tuple[str, ...]:
    """Return the keys of the facts that may be unknown. Users may name a fact by its RAM action, too.

    Raises:
        UsageError: a fact does not exist.

    """
    known = [fact.key for fact in facts.ASKED]
    keys = [name.rpartition(":")[2] for name in names]
    wrong = next((key for key in keys if key not in known), None)
    if wrong is not None:
        message = say("--allow-undecided {name!r}: eniplan does not query this", name=wrong)
        raise usage(message, which_one(wrong, known))
    return tuple(dict.fromkeys(keys))


def _chosen(plans: list[Passed], plan: str, pool: str | None, report: Report) -> Chosen:
    """Return the one pool to create."""
    try:
        found = chosen_pools(plans, pool)
    except InputError:
        if report.exit_code:  # the reported findings explain it
            raise typer.Exit(report.exit_code) from None
        raise
    refuse_several(found, plan)
    return found[0]


def _earlier(path: str, target: Target) -> Receipt | None:
    """Return the receipt of an earlier create of this pool.

    Raises:
        InputError: the file is malformed, or the receipt of another pool.

    """
    found = receipts.read(path)
    if found is None:
        return None
    if (found.target.cluster_id, found.target.pool) != (target.cluster_id, target.pool):
        message = say("this is the receipt of {target}, and is not overwritten", target=str(found.target))
        raise InputError(Problem(message, Place(path), say("name another file with --receipt")))
    return found._replace(target=target)  # the endpoint may have changed


def _is_same(earlier: Creation, body: str, path: str) -> bool:
    """Return whether an unfinished create has the request body that the plan asks for.

    Raises:
        InputError: it has a different body, and its outcome is still unknown.

    """
    receipt = earlier.receipt
    if receipts.matches(receipt, body):
        return True
    if receipt.state == "different":
        return False  # the pool is known; the plan may have been changed to match it
    settle = say("resolve it first: {command}", command=shlex.join(["eniplan", "resume", path]))
    try:
        found = earlier.look()
        is_free = not found and not earlier.was_just_sent
        seen = (
            say("a pool with that name exists: {ids}", ids=tuple(found))
            if found
            else say("no pool with that name exists")
        )
    except CreateError as error:
        is_free, seen = False, say("{said}", said=error.problems[0].message)
    message = say(
        "an earlier create of {target} is unresolved, and the plan now asks for something else: {told}; {seen}",
        target=str(receipt.target),
        told=together(changes(receipt.body, receipts.shown(body))),
        seen=seen,
    )
    give_up = say("or abandon the earlier request and create what the plan says now: --discard-receipt")
    raise InputError(Problem(message, Place(path), together((settle, give_up if is_free else NOTHING), ", ")))


def _discard(earlier: Creation, path: str) -> None:
    """Abandon an earlier create that left no pool.

    Raises:
        CreateError: its pool exists, may still appear, or cannot be looked up.

    """
    found = earlier.look()
    target = str(earlier.receipt.target)
    settle = say("resolve it first: {command}", command=shlex.join(["eniplan", "resume", path]))
    if found:
        message = say("{target} exists ({ids}): its receipt is kept", target=target, ids=tuple(found))
        raise CreateError(Problem(message, Place(path), settle))
    if earlier.was_just_sent:
        message = say("{target} may still appear: its receipt is kept", target=target)
        raise CreateError(Problem(message, Place(path), say("run this again in 30 seconds")))


def _waivers(report: Report) -> tuple[dict[str, str], ...]:
    return tuple(
        {"rule": f.rule.id, "path": f.place.path, "reason": f.waived, "waiver": str(f.waived_at)}
        for f in report.findings
        if f.waived is not None
    )


def _ask(receipt: Receipt, judged: Judged, work: Work, *, yes: bool) -> bool:
    """Show the request, and the unknown facts that were allowed; return whether the user wants it."""
    work.progress.close()
    terminal.err(
        say("to be created: {target}, region {region}", target=str(receipt.target), region=receipt.target.region)
    )
    for line in literal(json.loads(receipts.shown(judged.body)), 2).splitlines():
        terminal.err(f"  {line}")
    report = judged.report
    sheets = tuple(sheet for sheet in report.pools if sheet.name == receipt.target.pool)
    for line in plain.write(report._replace(findings=(), undecided=(), pools=sheets)).splitlines():
        terminal.err(line)
    for unread in judged.denied:
        terminal.err(
            say(
                "unknown, and allowed with --allow-undecided: {fact}: {reason}",
                fact=unread.fact.words,
                reason=unread.reason,
            )
        )
    terminal.err(say("receipt: {path}", path=work.path))
    return yes or terminal.ask(say("create it?"))
