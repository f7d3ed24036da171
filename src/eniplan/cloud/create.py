"""The create itself: one request, whose outcome is found out whatever happens to its answer.

CreateClusterNodePool knows no idempotency token, but names are unique in a cluster. So a pool is looked up by name
before anything is sent, the receipt says "sent" before the request leaves, and when the answer is lost the name is
looked up again. The request is sent at most once in one run.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from eniplan.cloud import calls
from eniplan.cloud.compare import differences
from eniplan.cloud.failures import CallError, without, words
from eniplan.cloud.receipt import HIDDEN, secrets
from eniplan.errors import CloudError, CreateError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.cloud.receipt import Receipt, State
    from eniplan.cloud.session import Session

PATIENCE = 30.0
"""Seconds after the request in which a pool that is not in the list may still come; only then is it sent again."""
FIRST_POLL = 1.0
"""Seconds between the first two looks; each later pause is half as long again."""
LONGEST_POLL = 5.0
"""Seconds; what Terraform's provider takes."""

_REFUSED = frozenset(("rejected", "denied", "throttled", "credentials"))
"""Failures by which the API says that it has not acted."""
_TASK_FAILED = frozenset(("fail", "failed", "canceled"))
_NOT_FOUND = 404


class Creation:
    """One create, from the first look to the proof. `receipt` always says how far it has come."""

    def __init__(  # noqa: PLR0913 - what a create needs, each named once
        self,
        session: Session,
        receipt: Receipt,
        body: str | None,
        *,
        keep: Callable[[Receipt], None],
        tell: Callable[[str], None],
        timeout: float,
    ) -> None:
        """Take what is to be done, and do nothing yet.

        Args:
            session: the account.
            receipt: of this create.
            body: the text of the request; None when it is not known, and then nothing can be sent.
            keep: writes the receipt down; called before the request and after every step.
            tell: is told the stage, again and again.
            timeout: seconds for everything together.

        """
        self.receipt = receipt
        self._session = session
        self._body = body
        self._secrets = secrets(receipt.body if body is None else body)
        self._keep = keep
        self._tell = tell
        self._deadline = time.monotonic() + timeout
        self._trouble: CallError | None = None

    def run(self, *, wait: bool) -> None:
        """Go on from wherever the receipt is until the pool is proved to be as asked.

        Args:
            wait: follow the pool until it is there, and read it back.

        Raises:
            CloudError: the account cannot be asked, and nothing was sent.
            CreateError: it has failed, or its outcome is not known.

        """
        if self.receipt.node_pool_id is None:
            self._find_or_send()
        if wait:
            self._follow()

    def _find_or_send(self) -> None:
        self._tell("looking for a pool of that name")
        was_sent = self.receipt.state in {"sent", "unknown"}
        try:
            found = self._look(patient=was_sent)
        except CallError as error:
            if was_sent:
                self._give_up(f"it cannot be looked up: {self._said(error)}")
            raise CloudError(self._problem(f"nothing was sent: {self._said(error)}")) from None
        if found is not None:
            self._accept(found, None, None, note="found by its name")
        elif was_sent and self._was_just_sent():
            self._give_up("no pool of that name is to be seen yet")
        elif self._body is None:
            message = "there is no such pool, and the request cannot be sent again from this receipt: it held secrets"
            raise CreateError(Problem(message, Place(self.receipt.plan), "run create-pool with the plan again"))
        else:
            self._send(self._body)

    def _send(self, body: str) -> None:
        target, before = self.receipt.target, self.receipt.state
        self._step("sent")
        self._tell("creating")
        try:
            answer = self._session.write(calls.CREATE_POOL, path={"ClusterId": target.cluster_id}, body=body)
        except CallError as error:
            self._after_failed_send(error, before)
            return
        pool, task = answer.body.get("nodepool_id"), answer.body.get("task_id")
        if isinstance(pool, str) and pool:
            self._accept(pool, task if isinstance(task, str) and task else None, answer.request_id)
        else:
            self._look_after_send("the answer names no pool", answer.request_id)

    def _after_failed_send(self, error: CallError, before: State) -> None:
        said = self._said(error)
        if not error.reached and before in {"sent", "unknown"}:
            self._give_up(f"it could not be sent again: {said}", error.request_id)
        if not error.reached:
            self._step("prepared", error.request_id, said)
            raise CloudError(self._problem(f"the request could not be sent, and nothing was created: {said}"))
        is_taken = "already exist" in error.message
        if error.reason in _REFUSED and not is_taken:
            self._step("rejected", error.request_id, said)
            raise CreateError(self._problem(f"the API has refused the request, and nothing was created: {said}"))
        self._look_after_send(said, error.request_id)

    def _look_after_send(self, said: str, request_id: str | None) -> None:
        self._tell(f"{said}; looking whether the pool is there")
        try:
            found = self._look(patient=True)
        except CallError as error:
            self._give_up(f"{said}; nor can it be looked up: {self._said(error)}", request_id)
        if found is None:
            self._give_up(f"{said}; no pool of that name is to be seen yet", request_id)
        self._accept(found, None, request_id, note=f"found by its name: {said}")

    def _give_up(self, said: str, request_id: str | None = None) -> NoReturn:
        self._step("unknown", request_id, said)
        message = f"the request was sent, and whether it made the pool is not known: {said}"
        raise CreateError(self._problem(message)) from None

    def _accept(self, pool: str, task: str | None, request_id: str | None, note: str = "") -> None:
        self.receipt = self.receipt._replace(node_pool_id=pool, task_id=task)
        self._step("accepted", request_id, note)

    def _look(self, *, patient: bool) -> str | None:
        """Return the id of the pool with our name; a patient look is repeated while the list may not show it yet.

        Raises:
            CallError: the last look has failed.

        """
        pause = FIRST_POLL
        while True:
            try:
                found, failure = find(self._session, self.receipt.target.cluster_id, self.receipt.target.pool), None
            except CallError as error:
                found, failure = None, error
            is_late = time.monotonic() + pause > self._deadline
            if found is not None or is_late or not (patient and self._was_just_sent()):
                break
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL)
        if failure is not None:
            raise failure
        return found

    def _was_just_sent(self) -> bool:
        return self.receipt.sent_for(datetime.now(UTC)) < PATIENCE

    def _follow(self) -> None:
        if self.receipt.state in {"failed", "different", "proved"}:
            # Its task has ended long ago; the pool itself says how it is now.
            self.receipt = self.receipt._replace(task_id=None)
            self._step("accepted", note="looking again")
        pause = FIRST_POLL
        while not self._has_settled():
            if time.monotonic() + pause > self._deadline:
                trouble = f"; the last look has failed: {self._said(self._trouble)}" if self._trouble else ""
                told = "was created, but not yet read back" if self.receipt.state == "created" else "is not ready yet"
                raise CreateError(self._problem(f"pool {self.receipt.node_pool_id} {told}{trouble}"))
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL)

    def _has_settled(self) -> bool:
        """Look once at the task and at the pool; return whether the pool is there and proved."""
        self._trouble = None
        task = self._task() if self.receipt.state == "accepted" else {}
        pool = self._pool()
        if pool is not None or task:
            self._tell(_stage(task, pool or {}))
        if self.receipt.state == "accepted" and _has_ended(task, pool, has_task=self.receipt.task_id is not None):
            self._step("created")
            pool = self._pool()
        if self.receipt.state != "created" or pool is None:
            return False
        self._prove(pool)
        return True

    def _task(self) -> Mapping[str, Any]:
        """Return the task; nothing when it cannot be read, or when there is none.

        Raises:
            CreateError: it has failed.

        """
        if self.receipt.task_id is None:
            return {}
        try:
            task = self._session.read(calls.DESCRIBE_TASK, path={"task_id": self.receipt.task_id}).body
        except CallError as error:
            self._trouble = error
            if error.reason in {"rejected", "denied"}:
                # It will not get better; the pool itself tells how far it is, too.
                self.receipt = self.receipt._replace(task_id=None)
            return {}
        if str(task.get("state")) in _TASK_FAILED:
            reason = task.get("error")
            said = reason.get("message") or reason.get("code") if isinstance(reason, dict) else None
            said = self._without_secrets(str(said or "it gives no reason"))
            self._step("failed", note=said)
            message = f"task {self.receipt.task_id} of pool {self.receipt.node_pool_id} has failed: {said}"
            raise CreateError(self._problem(message))
        return task

    def _pool(self) -> Mapping[str, Any] | None:
        """Return the pool; None when it cannot be read now.

        Raises:
            CreateError: it is gone, or may not be read.

        """
        target, pool_id = self.receipt.target, self.receipt.node_pool_id or ""
        try:
            return read_pool(self._session, target.cluster_id, pool_id)
        except CallError as error:
            self._trouble = error
            if (error.status == _NOT_FOUND or error.is_not_found) and self._is_gone():
                self._step("gone", error.request_id)
                raise CreateError(self._problem(f"pool {pool_id} was created, and is not there any more")) from None
            if error.reason in {"denied", "credentials"}:
                message = f"pool {pool_id} was accepted, but may not be read: {self._said(error)}"
                raise CreateError(self._problem(message)) from None
            return None

    def _is_gone(self) -> bool:
        try:
            found = self._look(patient=True)
            return found != self.receipt.node_pool_id and not (found is None and self._was_just_sent())
        except CallError as error:
            self._trouble = error
            return False

    def _prove(self, pool: Mapping[str, Any]) -> None:
        found = [str(difference) for difference in differences(json.loads(self.receipt.body), pool, HIDDEN)]
        if has_failed_nodes(pool):
            found.append(nodes_ready(pool))
        if found:
            told = self._without_secrets("; ".join(found))
            self._step("different", note=told)
            raise CreateError(self._problem(f"pool {self.receipt.node_pool_id} is not as asked: {told}"))
        self._step("proved", note=nodes_ready(pool))

    def _step(self, state: State, request_id: str | None = None, note: str = "") -> None:
        shown = request_id and self._without_secrets(request_id)
        self.receipt = self.receipt.then(state, request_id=shown, note=self._without_secrets(note))
        self._keep(self.receipt)

    def _problem(self, message: str) -> Problem:
        return Problem(message, Place(str(self.receipt.target)))

    def _said(self, error: CallError) -> str:
        return self._without_secrets(words(error))

    def _without_secrets(self, text: str) -> str:
        return without(text, self._secrets)


def find(session: Session, cluster_id: str, name: str) -> str | None:
    """Return the id of the pool with this very name; None when there is none.

    Raises:
        CallError: it cannot be asked, or the answer makes no sense.

    """
    answer = session.read(calls.DESCRIBE_POOLS, path={"ClusterId": cluster_id}, query={"NodepoolName": name})
    try:
        infos = [pool["nodepool_info"] for pool in answer.body["nodepools"]]
        ids = [info["nodepool_id"] for info in infos if info["name"] == name]
    except (TypeError, KeyError):
        raise CallError(calls.DESCRIBE_POOLS, "answer", message="the answer is no list of pools") from None
    return str(ids[0]) if ids else None


def read_pool(session: Session, cluster_id: str, pool_id: str) -> Mapping[str, Any]:
    """Return all that the API reports of a pool.

    Raises:
        CallError: it cannot be read, or the answer makes no sense.

    """
    call = calls.DESCRIBE_POOL
    answer = session.read(call, path={"ClusterId": cluster_id, "NodepoolId": pool_id})
    info = answer.body.get("nodepool_info")
    if not isinstance(info, dict) or info.get("nodepool_id") != pool_id:
        raise CallError(call, "answer", message="the answer is not about this pool", request_id=answer.request_id)
    return answer.body


def has_failed_nodes(pool: Mapping[str, Any]) -> bool:
    """Return whether a pool reports nodes that have failed."""
    status = pool.get("status")
    failed = status.get("failed_nodes") if isinstance(status, dict) else None
    return isinstance(failed, int) and failed > 0


def nodes_ready(pool: Mapping[str, Any]) -> str:
    """Return how many of a pool's nodes are ready; "" when it does not say."""
    status = pool.get("status")
    if not isinstance(status, dict) or not isinstance(status.get("healthy_nodes"), int):
        return ""
    more = f", {status['failed_nodes']} failed" if has_failed_nodes(pool) else ""
    return f"{status['healthy_nodes']} of {_wanted_nodes(pool)} nodes ready{more}"


def _wanted_nodes(pool: Mapping[str, Any]) -> int:
    """Return the nodes that a pool is to have: as asked, or as many as there are."""
    group, status = pool.get("scaling_group"), pool.get("status")
    wanted = group.get("desired_size") if isinstance(group, dict) else None
    total = status.get("total_nodes") if isinstance(status, dict) else None
    return max((n for n in (wanted, total) if isinstance(n, int)), default=0)


def _has_ended(task: Mapping[str, Any], pool: Mapping[str, Any] | None, *, has_task: bool) -> bool:
    """Return whether all is there: by the task's word, or without a task by the pool's own state and nodes."""
    if has_task:
        return task.get("state") == "success"
    status = (pool or {}).get("status")
    if not isinstance(status, dict) or status.get("state") != "active":
        return False
    ready = status.get("healthy_nodes")
    return not isinstance(ready, int) or ready >= _wanted_nodes(pool or {})


def _stage(task: Mapping[str, Any], pool: Mapping[str, Any]) -> str:
    status = pool.get("status")
    state = status.get("state") if isinstance(status, dict) else None
    words = [task.get("current_stage") or task.get("state") or state or "waiting", nodes_ready(pool)]
    return ", ".join(str(word) for word in words if word)
