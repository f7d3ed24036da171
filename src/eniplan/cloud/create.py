"""The create: one request, whose outcome is determined even if its response is lost.

CreateClusterNodePool has no idempotency token, but names are unique in a cluster. So a create looks up the name before
it sends anything, records "sent" in the receipt before the request, and looks up the name again if the response is
lost. A run sends the request at most once, and only after `Creation._pass_gate`.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from eniplan.cloud import calls
from eniplan.cloud.compare import differences, has_other_mode, is_being_deleted
from eniplan.cloud.failures import CallError, cure, without, words
from eniplan.cloud.receipt import secrets
from eniplan.errors import FINDINGS, INTERRUPTED, CloudError, CreateError, EniplanError, Place, Problem
from eniplan.k8s.values import mapping
from eniplan.messages import NOTHING, say, together
from eniplan.plan.model import ANOTHER_POOL
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from eniplan.cloud.receipt import Receipt, State
    from eniplan.cloud.session import Session
    from eniplan.messages import Message
    from eniplan.plan.live import Unread

PATIENCE = 30.0
"""Seconds after the request during which a missing pool may still appear. Only later may the request be sent again."""
FIRST_POLL = 1.0
"""Seconds between the first two polls; each pause is 1.5 times the one before."""
LONGEST_POLL = 5.0
"""Maximum seconds between polls; Terraform's provider uses the same."""

_REFUSED = frozenset(("rejected", "denied", "throttled", "credentials", "clock"))
"""Failure reasons that mean the API did not act, if the HTTP status agrees."""
_CONFLICT = 409
_CLIENT_ERRORS = range(400, 500)
_TASK_FAILED = frozenset(("fail", "failed", "canceled"))
_NOT_FOUND = 404


class Order(NamedTuple):
    """A judged pool: what the gate needs to decide whether to send its request."""

    body: str
    """The exact text of the request body."""
    place: Place
    """The pool's place in the plan."""
    exit_code: int
    """The exit code of the check with the account, whose findings are already printed."""
    denied: tuple[Unread, ...]
    """The facts that RAM denies."""
    allowed: frozenset[str]
    """The keys of facts that may be unknown."""
    ask: Callable[[Receipt], bool]
    """Shows the request, and returns whether the user wants to send it."""
    made: str | None = None
    """The id of the pool that an earlier create of this name made, from its receipt."""


class StoppedError(EniplanError):
    """The gate or an existing pool stopped a create; nothing was sent."""

    def __init__(self, *problems: Problem, exit_code: int = FINDINGS) -> None:
        """Store the reasons and the exit code."""
        super().__init__(*problems)
        self.exit_code = exit_code


class Creation:
    """One create, from the first lookup to the verified pool. `receipt` always has its current state."""

    def __init__(
        self,
        session: Session,
        receipt: Receipt,
        *,
        keep: Callable[[Receipt], None],
        tell: Callable[[str], None],
        timeout: float,
    ) -> None:
        """Store the arguments; send nothing yet.

        Args:
            session: for calls to the account.
            receipt: the receipt of this create.
            keep: saves the receipt; called before the request and after every step.
            tell: reports the stage; called repeatedly.
            timeout: seconds for the request and all waiting.

        """
        self.receipt = receipt
        self.is_kept = receipt.state != "prepared"
        """Whether the receipt on disk is current."""
        self.lost: tuple[Problem, ...] = ()
        """Why the receipt could not be saved after the request."""
        self._is_out = receipt.state not in {"prepared", "rejected"}
        """Whether this or an earlier run may have sent the request."""
        self._session = session
        self._secrets = secrets(receipt.body)
        self._keep = keep
        self._tell = tell
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._missing = NOTHING
        self._trouble: CallError | None = None

    def run(self, order: Callable[[], Order], *, wait: bool) -> bool:
        """Continue from the state of the receipt until the pool is verified.

        Args:
            order: judges the plan; not called if an earlier request already made the pool.
            wait: whether to wait until the pool is ready, and then verify it.

        Returns:
            Whether there was anything to do.

        Raises:
            StoppedError: the gate stopped the request, or a different pool has the name.
            CloudError: the account cannot be queried, and nothing was sent.
            CreateError: the create failed, or its outcome is unknown.

        """
        try:
            if self.receipt.node_pool_id is None and not self._find_or_send(order):
                return False
            if wait:
                self._follow()
        except (CreateError, StoppedError):
            raise
        except EniplanError as error:
            if not self._is_out:
                raise
            raise CreateError(*error.problems) from None
        except Exception as error:
            if not self._is_out:
                raise
            message = say(
                "eniplan failed because of a bug after the request was sent: {kind}: {said}",
                kind=type(error).__name__,
                said=self._without_secrets(str(error)),
            )
            raise CreateError(self._problem(message)) from error
        return True

    def look(self) -> list[str]:
        """Return the ids of pools with the create's name. Right after a request, wait for one to appear.

        Raises:
            CreateError: the pools cannot be looked up.

        """
        self._tell(say("looking for a pool with that name"))
        try:
            return self._look(patient=True)
        except CallError as error:
            message = say("whether the pool exists cannot be looked up: {said}", said=self._said(error))
            raise CreateError(self._problem(message, error)) from None

    @property
    def was_just_sent(self) -> bool:
        """Whether a pool that is not listed may still appear."""
        return self.receipt.sent_for(datetime.now(UTC)) < PATIENCE

    def _find_or_send(self, make: Callable[[], Order]) -> bool:
        """Find the pool, or send the request; return whether there is a pool to wait for."""
        if self.receipt.state in {"sent", "unknown"}:
            self._tell(say("looking for a pool with that name"))
            try:
                found = self._look(patient=True)
            except CallError as error:
                self._give_up(say("it cannot be looked up: {said}", said=self._said(error)))
            if found:
                self._accept(self._only(found), None, None, note=say("found by its name"))
                return True
            if self.was_just_sent:
                self._give_up(say("no pool with that name has appeared yet"))
            return self._send(make())
        order = make()
        _check(order, self.receipt)
        self._tell(say("looking for a pool with that name"))
        found = self._look_before(order)
        return self._already(found, order) if found else self._send(order)

    def _already(self, found: Sequence[str], order: Order) -> bool:
        """Compare an existing pool of this name with the plan; return whether there is anything to wait for.

        Raises:
            StoppedError: the pool differs from the plan.
            CloudError: the pool cannot be read.

        """
        target = self.receipt.target
        if len(found) > 1:
            message = say("{target} exists more than once: {ids}", target=str(target), ids=tuple(found))
            raise StoppedError(
                Problem(message, order.place, say("delete all but one: pools are identified by their names"))
            )
        try:
            pool = read_pool(self._session, target.cluster_id, found[0])
        except CallError as error:
            raise CloudError(self._unsent(error)) from None
        if is_being_deleted(pool):
            message = say("{target} exists ({id}), but is being deleted", target=str(target), id=found[0])
            raise StoppedError(Problem(message, order.place, say("run this again after it is gone")))
        wrong = faults(order.body, pool)
        if wrong:
            hint = say("change the plan, or delete the pool and run this again")
            if has_other_mode(differences(json.loads(order.body), pool)):
                hint = say("NP003: the mode of a pool cannot be switched; {advice}", advice=ANOTHER_POOL)
            message = say(
                "{target} already exists ({id}), differs from the plan, and is left unchanged: {told}",
                target=str(target),
                id=found[0],
                told=self._without_secrets(together(wrong)),
            )
            raise StoppedError(Problem(message, order.place, hint))
        if missing(order.body, pool) or self.is_kept:
            self._accept(found[0], None, None, note=say("it existed already"))
            return True
        self.receipt = self.receipt._replace(node_pool_id=found[0]).then("proved", note=nodes_ready(order.body, pool))
        return False

    def _pass_gate(self, order: Order) -> list[str]:
        """Check all conditions of a request. Every request passes here, a repeated one too.

        The check with the account passes, every unknown fact is allowed, the user confirms, the receipt is on disk, and
        after all that the name is still free.

        Returns:
            The ids of pools of this name that exist by now; if there are any, nothing may be sent.

        Raises:
            StoppedError: a condition is not met.
            CloudError: the name cannot be looked up.
            InputError: the receipt cannot be saved.

        """
        _check(order, self.receipt)
        if not order.ask(self.receipt):
            message = say("nothing was sent again") if self._is_out else say("nothing was created")
            raise StoppedError(self._problem(message), exit_code=INTERRUPTED)
        allowed = tuple({"fact": fact.fact.key, "reason": str(fact.reason)} for fact in order.denied)
        self._secrets |= secrets(order.body)
        self._deadline = time.monotonic() + self._timeout
        self._keep(self.receipt._replace(undecided=allowed))
        self.receipt, self.is_kept = self.receipt._replace(undecided=allowed), True
        return self._look_before(order)

    def _send(self, order: Order) -> bool:
        came = self._pass_gate(order)
        if came and not self._is_out:
            return self._already(came, order)
        if came:
            self._accept(self._only(came), None, None, note=say("found by its name"))
            return True
        target, was_out = self.receipt.target, self._is_out
        self._step("sent")
        self._is_out = True
        self._tell(say("creating"))
        try:
            answer = self._session.write(calls.CREATE_POOL, path={"ClusterId": target.cluster_id}, body=order.body)
        except CallError as error:
            self._after_failed_send(error, was_out=was_out)
            return True
        pool, task = answer.body.get("nodepool_id"), answer.body.get("task_id")
        if isinstance(pool, str) and pool:
            self._accept(pool, task if isinstance(task, str) and task else None, answer.request_id)
        else:
            self._look_after_send(say("the answer names no pool"), answer.request_id)
        return True

    def _after_failed_send(self, error: CallError, *, was_out: bool) -> None:
        said = self._said(error)
        if not error.reached and was_out:
            self._give_up(say("it could not be sent again: {said}", said=said), error.request_id)
        if not error.reached:
            self._step("prepared", error.request_id, said)
            self._is_out = False
            message = say("the request could not be sent, and nothing was created: {said}", said=said)
            raise CloudError(self._problem(message, error))
        if _is_refusal(error):
            self._step("rejected", error.request_id, said)
            message = say("the API refused the request, and nothing was created: {said}", said=said)
            raise CreateError(self._problem(message, error))
        self._look_after_send(said, error.request_id)

    def _look_after_send(self, said: Message, request_id: str | None) -> None:
        self._tell(say("{said}; checking whether the pool exists", said=said))
        try:
            found = self._look(patient=True)
        except CallError as error:
            why = self._said(error)
            self._give_up(say("{said}; and it cannot be looked up: {why}", said=said, why=why), request_id)
        if not found:
            self._give_up(say("{said}; no pool with that name has appeared yet", said=said), request_id)
        self._accept(self._only(found), None, request_id, note=say("found by its name: {said}", said=said))

    def _give_up(self, said: Message, request_id: str | None = None) -> NoReturn:
        self._step("unknown", request_id, said)
        message = say("the request was sent, but whether it created the pool is unknown: {said}", said=said)
        raise CreateError(self._problem(message)) from None

    def _only(self, found: Sequence[str]) -> str:
        """Return the single pool found; give up if there are several."""
        if len(found) > 1:
            self._give_up(say("there are several pools with that name: {ids}", ids=tuple(found)))
        return found[0]

    def _accept(self, pool: str, task: str | None, request_id: str | None, note: str = "") -> None:
        self._is_out = True
        self.receipt = self.receipt._replace(node_pool_id=pool, task_id=task)
        self._step("accepted", request_id, note)

    def _look_before(self, order: Order) -> list[str]:
        """Look up the name right before sending, and the pool of an earlier create, because the list may be stale.

        Raises:
            CloudError: the lookup failed, and nothing was sent.
            CreateError: the lookup failed, and an earlier request may have made the pool.

        """
        try:
            return self._look(patient=False) or self._made_before(order.made)
        except CallError as error:
            if self._is_out:
                self._give_up(say("it cannot be looked up: {said}", said=self._said(error)))
            raise CloudError(self._unsent(error)) from None

    def _made_before(self, pool_id: str | None) -> list[str]:
        """Return the pool of an earlier create, if it still exists.

        Raises:
            CallError: the pool cannot be read.

        """
        if pool_id is None:
            return []
        target = self.receipt.target
        try:
            pool = read_pool(self._session, target.cluster_id, pool_id)
        except CallError as error:
            if error.status == _NOT_FOUND or error.is_not_found:
                return []
            raise
        return [pool_id] if pool["nodepool_info"].get("name") == target.pool else []

    def _look(self, *, patient: bool) -> list[str]:
        """Return the ids of pools with the create's name. If patient, retry while the list may lack a new pool.

        Raises:
            CallError: the last lookup failed.

        """
        pause = FIRST_POLL
        while True:
            found: list[str] = []
            failure = None
            try:
                found = find(self._session, self.receipt.target.cluster_id, self.receipt.target.pool)
            except CallError as error:
                failure = error
            is_late = time.monotonic() + pause > self._deadline
            if found or is_late or not (patient and self.was_just_sent):
                break
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL)
        if failure is not None:
            raise failure
        return found

    def _follow(self) -> None:
        if self.receipt.state in {"failed", "different", "proved"}:
            # Its task ended in an earlier run; only the pool has the current state.
            self.receipt = self.receipt._replace(task_id=None)
            self._step("accepted", note=say("checking again"))
        pause = FIRST_POLL
        while not self._has_settled():
            if time.monotonic() + pause > self._deadline:
                message = say("pool {id} is not ready yet", id=self.receipt.node_pool_id)
                parts = [message, self._missing]
                if self._trouble is not None:
                    parts.append(say("the last check failed: {said}", said=self._said(self._trouble)))
                raise CreateError(self._problem(together(parts)))
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL)

    def _has_settled(self) -> bool:
        """Poll the task and the pool once; return whether the pool is ready and verified."""
        self._trouble = None
        task = self._task() if self.receipt.state == "accepted" else {}
        pool = self._pool()
        if pool is None:
            return False
        self._tell(_stage(task, pool, self.receipt.body))
        is_running = self.receipt.state == "accepted" and self.receipt.task_id is not None
        if is_running and task.get("state") != "success":
            self._missing = say("its task has not ended") if task else NOTHING
            return False
        self._missing = missing(self.receipt.body, pool)
        if self._missing and not _is_hopeless(pool):
            return False
        if self.receipt.state == "accepted" and not self._missing:
            self._step("created")
        twins = self._twins()
        if twins is None:
            return False
        self._prove(pool, twins)
        return True

    def _twins(self) -> list[str] | None:
        """Return the ids of other pools with the same name; None if they cannot be looked up now."""
        try:
            return [each for each in self._look(patient=False) if each != self.receipt.node_pool_id]
        except CallError as error:
            self._trouble = error
            return None

    def _task(self) -> Mapping[str, Any]:
        """Return the task; an empty map if there is none, or if it cannot be read.

        Raises:
            CreateError: the task failed.

        """
        if self.receipt.task_id is None:
            return {}
        try:
            task = self._session.read(calls.DESCRIBE_TASK, path={"task_id": self.receipt.task_id}).body
        except CallError as error:
            self._trouble = error
            if error.reason in {"rejected", "denied"}:
                # A retry cannot help; the pool shows its state, too.
                self.receipt = self.receipt._replace(task_id=None)
            return {}
        if str(task.get("state")) in _TASK_FAILED:
            reason = task.get("error")
            said = reason.get("message") or reason.get("code") if isinstance(reason, dict) else None
            said = self._without_secrets(str(said or say("it gives no reason")))
            self._step("failed", note=said)
            message = say(
                "task {task} of pool {id} failed: {said}",
                task=self.receipt.task_id,
                id=self.receipt.node_pool_id,
                said=said,
            )
            raise CreateError(self._problem(message))
        return task

    def _pool(self) -> Mapping[str, Any] | None:
        """Return the pool; None if it cannot be read now.

        Raises:
            CreateError: the pool no longer exists, or RAM denies reading it.

        """
        target, pool_id = self.receipt.target, self.receipt.node_pool_id or ""
        try:
            return read_pool(self._session, target.cluster_id, pool_id)
        except CallError as error:
            self._trouble = error
            if (error.status == _NOT_FOUND or error.is_not_found) and self._is_gone():
                self._step("gone", error.request_id)
                message = say("pool {id} was created, but no longer exists", id=pool_id)
                raise CreateError(self._problem(message)) from None
            if error.reason in {"denied", "credentials", "clock"}:
                message = say("pool {id} was accepted, but cannot be read: {said}", id=pool_id, said=self._said(error))
                raise CreateError(self._problem(message, error)) from None
            return None

    def _is_gone(self) -> bool:
        try:
            found = self._look(patient=True)
        except CallError as error:
            self._trouble = error
            return False
        return self.receipt.node_pool_id not in found and bool(found or not self.was_just_sent)

    def _prove(self, pool: Mapping[str, Any], twins: Sequence[str]) -> None:
        wrong = faults(self.receipt.body, pool)
        if twins:
            wrong.append(say("another pool has the same name: {ids}", ids=tuple(twins)))
        if wrong:
            told = self._without_secrets(together(wrong))
            self._step("different", note=told)
            message = say("pool {id} is not as requested: {told}", id=self.receipt.node_pool_id, told=told)
            raise CreateError(self._problem(message))
        self._step("proved", note=nodes_ready(self.receipt.body, pool))

    def _step(self, state: State, request_id: str | None = None, note: str = "") -> None:
        """Save a new state. A failure to save stops the create only before the request."""
        shown = request_id and self._without_secrets(request_id)
        receipt = self.receipt.then(state, request_id=shown, note=self._without_secrets(note))
        try:
            self._keep(receipt)
            self.lost = ()
        except EniplanError as error:
            if state == "sent" or not self._is_out:
                raise
            self.lost = error.problems
        self.receipt, self.is_kept = receipt, not self.lost

    def _problem(self, message: Message, cause: CallError | None = None) -> Problem:
        return Problem(message, Place(str(self.receipt.target)), NOTHING if cause is None else cure(cause))

    def _unsent(self, cause: CallError) -> Problem:
        return self._problem(say("nothing was sent: {said}", said=self._said(cause)), cause)

    def _said(self, error: CallError) -> Message:
        return say("{said}", said=self._without_secrets(words(error)))

    def _without_secrets(self, text: str) -> str:
        return without(text, self._secrets)


def _check(order: Order, receipt: Receipt) -> None:
    """Refuse an order that the check with the account did not pass.

    Raises:
        StoppedError: the check failed, or RAM denies a fact that is not allowed to be unknown.

    """
    nothing = say("{target}: nothing was sent: ", target=str(receipt.target))
    if order.exit_code:
        message = say("{nothing}the check with the account fails", nothing=nothing)
        raise StoppedError(Problem(message, order.place), exit_code=order.exit_code)
    problems = [
        Problem(
            say(
                "{nothing}{fact} is unknown: {reason}",
                nothing=nothing,
                fact=unread.fact.words,
                reason=unread.reason,
            ),
            order.place,
            say(
                "allow it (`eniplan ram-policy` prints the policy), or create the pool without this fact: "
                "--allow-undecided {key}",
                key=unread.fact.key,
            ),
        )
        for unread in order.denied
        if unread.fact.key not in order.allowed
    ]
    if problems:
        raise StoppedError(*problems)


def find(session: Session, cluster_id: str, name: str) -> list[str]:
    """Return the ids of pools with this name. Names are unique in a cluster, but this does not rely on it.

    Raises:
        CallError: the call failed, or its response is malformed.

    """
    answer = session.read(calls.DESCRIBE_POOLS, path={"ClusterId": cluster_id}, query={"NodepoolName": name})
    try:
        pools = answer.body["nodepools"]
        infos = [pool["nodepool_info"] for pool in ([] if pools is None else pools)]
        return [str(info["nodepool_id"]) for info in infos if info["name"] == name]
    except (TypeError, KeyError):
        raise CallError(calls.DESCRIBE_POOLS, "answer", message=say("the answer is not a list of pools")) from None


def read_pool(session: Session, cluster_id: str, pool_id: str) -> Mapping[str, Any]:
    """Return a pool as the API reports it.

    Raises:
        CallError: the call failed, or its response is malformed.

    """
    call = calls.DESCRIBE_POOL
    answer = session.read(call, path={"ClusterId": cluster_id, "NodepoolId": pool_id})
    info = answer.body.get("nodepool_info")
    if not isinstance(info, dict) or info.get("nodepool_id") != pool_id:
        raise CallError(call, "answer", message=say("the answer is not about this pool"), request_id=answer.request_id)
    return answer.body


def faults(body: str, pool: Mapping[str, Any]) -> list[Message]:
    """Return the differences between a pool and the request that waiting cannot resolve."""
    wrong = [difference.told for difference in differences(json.loads(body), pool)]
    state = _status(pool).get("state")
    if state == "failed" or is_being_deleted(pool):
        wrong.append(say("its state is {state}", state=state))
    if _failed_nodes(pool):
        wrong.append(nodes_ready(body, pool))
    return wrong


def missing(body: str, pool: Mapping[str, Any]) -> Message:
    """Return what a pool still lacks until it is ready; empty if it is ready."""
    status = _status(pool)
    state, ready, wanted = status.get("state"), _count(status, "healthy_nodes"), _wanted_nodes(body, pool)
    if ready is None and wanted:
        return say("it does not report how many of its {wanted} nodes are ready", wanted=wanted)
    if ready is not None and ready < wanted:
        return nodes_ready(body, pool)
    return NOTHING if state == "active" else say("its state is {state}", state=str(state or "unknown"))


def nodes_ready(body: str, pool: Mapping[str, Any]) -> Message:
    """Return how many nodes of a pool are ready; empty if the pool does not report it."""
    ready, failed = _count(_status(pool), "healthy_nodes"), _failed_nodes(pool)
    wanted = _wanted_nodes(body, pool)
    parts = []
    if ready is not None:
        parts.append(say("{ready} of {wanted} nodes ready", ready=ready, wanted=wanted))
    if failed:
        parts.append(say("{failed} failed", failed=failed))
    return together(parts, ", ")


def _wanted_nodes(body: str, pool: Mapping[str, Any]) -> int:
    """Return the number of nodes to wait for: the largest of the requested, the configured and the reported number."""
    asked = json.loads(body)
    numbers = [_count(_status(pool), "total_nodes")]
    for each in (asked, pool):
        numbers.append(_count(each.get("scaling_group"), "desired_size"))
        automatic = each.get("auto_scaling")
        if isinstance(automatic, dict) and automatic.get("enable"):
            numbers.append(_count(automatic, "min_instances"))
    return max((number for number in numbers if number is not None), default=0)


def _failed_nodes(pool: Mapping[str, Any]) -> int:
    return _count(_status(pool), "failed_nodes") or 0


def _status(pool: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(pool.get("status"))


def _count(value: object, key: str) -> int | None:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def _is_hopeless(pool: Mapping[str, Any]) -> bool:
    """Return whether waiting cannot help: nodes failed, and no operation is in progress."""
    state = _status(pool).get("state")
    return state == "failed" or is_being_deleted(pool) or (state == "active" and _failed_nodes(pool) > 0)


def _is_refusal(error: CallError) -> bool:
    """Return whether the API itself says that it did not act. A gateway's error or a conflict does not say so."""
    is_taken = "already exist" in error.message
    says_so = error.status in _CLIENT_ERRORS and error.status != _CONFLICT
    return error.reason in _REFUSED and says_so and not is_taken


def _stage(task: Mapping[str, Any], pool: Mapping[str, Any], body: str) -> str:
    state = _status(pool).get("state")
    stage = task.get("current_stage") or task.get("state") or state or say("waiting")
    return together((say("{stage}", stage=stage), nodes_ready(body, pool)), ", ")
