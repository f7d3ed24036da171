"""The receipt: the request and state of a create. It is saved before the request is sent, and after every step.

With a receipt, anyone can continue a create after Ctrl-C, kill -9, a lost network or a CI time-out. It is written
atomically, only its owner can read it, and it contains no secrets.
"""

from __future__ import annotations

import glob
import hashlib
import itertools
import json
import math
import os
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from eniplan import terminal
from eniplan._version import __version__
from eniplan.bounds import parse_json
from eniplan.cloud import place
from eniplan.errors import InputError, Place, Problem, reason, unreadable
from eniplan.k8s.values import leaves
from eniplan.messages import say
from eniplan.text import file_name, may_be_secret
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = "eniplan.receipt/v1"
FOLDER = os.path.join(".eniplan", "receipts")
HIDDEN = "(kept out of this receipt)"
"""The placeholder in a receipt for a value that may be secret."""

State: TypeAlias = Literal[
    "prepared", "sent", "unknown", "rejected", "accepted", "created", "proved", "failed", "different", "gone"
]
"""The state of a create:

`prepared`: nothing was sent · `sent`: the request may be on its way · `unknown`: the response was lost, and no pool of
that name was seen · `rejected`: the API refused the request · `accepted`: the pool has an id · `created`: its task
succeeded · `proved`: the pool was read back and matches the request · `failed`: its task failed · `different`: the
pool was read back and differs from the request · `gone`: the pool was created, and then deleted.
"""
Level: TypeAlias = Literal["error", "warning", "info"]
OPEN: frozenset[State] = frozenset(("sent", "unknown", "accepted", "created", "failed", "different"))
"""States in which a pool may exist that is not verified."""


class Target(NamedTuple):
    """The pool of a create, with its cluster and region."""

    cluster_id: str
    region: str
    endpoint: str | None
    """The single endpoint for all services; None: the region's own."""
    pool: str

    def __str__(self) -> str:
        """Return its name in messages."""
        return say("pool {pool!r} in cluster {cluster}", pool=self.pool, cluster=self.cluster_id)


class Event(NamedTuple):
    """One step of a create. `time` is UTC, ISO 8601."""

    time: str
    state: State
    request_id: str | None = None
    note: str = ""


class Terms(NamedTuple):
    """The options of a create, so that a repeated request passes the same check and confirmation."""

    yes: bool = False
    """Whether to skip the confirmation."""
    fail_on: Level = "error"
    strict: bool = False
    specs: str | None = None
    waivers: str | None = None
    allowed: tuple[str, ...] = ()
    """The facts that may be unknown."""
    specs_date: str | None = None


class Receipt(NamedTuple):
    """The record of one create."""

    target: Target
    plan: str
    """The plan, as named on the command line."""
    sha256: str
    """The hash of the request body as sent."""
    body: str
    """The request body, with values that may be secret replaced by `HIDDEN`."""
    waivers: tuple[Mapping[str, str], ...]
    events: tuple[Event, ...]
    node_pool_id: str | None = None
    task_id: str | None = None
    version: str = __version__
    terms: Terms = Terms()
    undecided: tuple[Mapping[str, str], ...] = ()
    """`fact` and `reason` of each fact that was unknown, and allowed to be, when the request was sent."""

    @property
    def state(self) -> State:
        """The current state."""
        return self.events[-1].state

    def sent_for(self, now: datetime) -> float:
        """Return the seconds since the request was last sent; 0 if it was never sent.

        A time in the future comes from a wrong clock, and is ignored rather than waited for.
        """
        times = [event.time for event in self.events if event.state == "sent"]
        passed = (now - datetime.fromisoformat(times[-1])).total_seconds() if times else 0.0
        return passed if passed >= 0 else math.inf

    def then(self, state: State, *, request_id: str | None = None, note: str = "") -> Receipt:
        """Return the receipt with one more step, at the current time."""
        return self._replace(events=(*self.events, Event(_now(), state, request_id, note)))


_EARLIER = Terms()
"""The terms of receipts without any, from earlier versions."""


def prepare(
    target: Target, plan: str, body: str, waivers: tuple[Mapping[str, str], ...], terms: Terms = _EARLIER
) -> Receipt:
    """Return the receipt of a new create, in state `prepared`.

    Args:
        target: the pool.
        plan: the plan, as named on the command line.
        body: the exact text of the request body.
        waivers: `rule`, `path` and `reason` of each waived finding, and the place of its `waiver`.
        terms: the options of the create.

    """
    return Receipt(target, plan, _hash(body), shown(body), waivers, (Event(_now(), "prepared"),), terms=terms)


def shown(body: str) -> str:
    """Return the text of a request body with values that may be secret replaced by `HIDDEN`."""
    value = json.loads(body)
    hidden = _hide(value)
    return body if hidden == value else json.dumps(hidden, ensure_ascii=False, indent=2) + "\n"


def default_path(target: Target) -> str:
    """Return the default path of a receipt: one per pool, below the current folder."""
    return os.path.join(FOLDER, f"{file_name(f'{target.cluster_id}-{target.pool}')}.json")


def matches(receipt: Receipt, body: str) -> bool:
    """Return whether a receipt is for exactly this body."""
    return receipt.sha256 == _hash(body)


def save(path: str, receipt: Receipt) -> None:
    """Write a receipt atomically and sync it to disk; only its owner can read it.

    Raises:
        InputError: it cannot be written.

    """
    terminal.save(path, json.dumps(_written(receipt), ensure_ascii=False, indent=2) + "\n", private=True)


def _written(receipt: Receipt) -> dict[str, Any]:
    target, last = receipt.target, receipt.events[-1]
    return {
        "schema": SCHEMA,
        "eniplan": receipt.version,
        "state": receipt.state,
        "updated": last.time,
        "cluster": {"id": target.cluster_id, "region": target.region, "endpoint": target.endpoint},
        "pool": target.pool,
        "plan": receipt.plan,
        "nodePoolId": receipt.node_pool_id,
        "taskId": receipt.task_id,
        "body": {"sha256": receipt.sha256, "text": receipt.body},
        "waivers": list(receipt.waivers),
        "terms": receipt.terms._asdict(),
        "undecided": list(receipt.undecided),
        "events": [
            {"time": e.time, "state": e.state, "requestId": e.request_id, "note": e.note} for e in receipt.events
        ],
    }


def read(path: str) -> Receipt | None:
    """Return the receipt of a file; None if the file does not exist.

    Raises:
        InputError: the file cannot be read, is damaged, or is not a receipt that this version supports.

    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(unreadable(path, error)) from None
    try:
        value = parse_json(data)
        known = value["schema"]
    except (ValueError, TypeError, KeyError):
        raise InputError(Problem(say("this is not a receipt of eniplan"), Place(path), _NO_RECEIPT)) from None
    if known != SCHEMA:
        message = say(
            "this receipt has the form {form!r}, but eniplan {version} reads {reads}",
            form=known,
            version=__version__,
            reads=SCHEMA,
        )
        raise InputError(Problem(message, Place(path), say("use the eniplan that wrote it, or a newer one")))
    try:
        found = _receipt(value)
    except (ValueError, TypeError, AttributeError, LookupError):
        raise InputError(Problem(say("this receipt is damaged"), Place(path), _NO_RECEIPT)) from None
    stray = next(_stray(value, _written(found)), None)
    if stray is not None:
        # Do not ignore a misspelled term.
        message = say("eniplan {version} does not know the key {key} of this receipt", version=__version__, key=stray)
        raise InputError(Problem(message, Place(path), say("correct it, or use the eniplan that wrote it")))
    return found


_ELSEWHERE = say("without a receipt nothing is sent: name a file in another folder with --receipt")
_NO_RECEIPT = say("look for the pool in the console, or name another file with --receipt; nothing was changed")


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Lock a receipt: two concurrent runs would both see no pool, and both send the request.

    The lock is on a file next to the receipt. The file stays; the lock ends with the process.

    Raises:
        InputError: another run holds the lock, or the file cannot be created.

    """
    import fcntl  # noqa: PLC0415 - only here

    folder, name = os.path.split(path)
    lock = os.path.join(folder, f".{name}.lock")
    try:
        os.makedirs(folder or ".", exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = say("the receipt cannot be written here: {reason}", reason=reason(error))
        raise InputError(Problem(message, Place(path), _ELSEWHERE)) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = say("another eniplan process is working on this create")
            hint = say("wait until it ends, then run this again")
            raise InputError(Problem(message, Place(path), hint)) from None
        except OSError as error:
            message = say("the receipt cannot be locked here: {reason}", reason=reason(error))
            raise InputError(Problem(message, Place(path), _ELSEWHERE)) from None
        _remove_leftovers(path)
        yield
    finally:
        os.close(handle)


def _remove_leftovers(path: str) -> None:
    """Remove temporary files of runs killed while writing this receipt. The caller holds the lock."""
    folder, name = os.path.split(path)
    for left in glob.glob(os.path.join(glob.escape(folder), f".{glob.escape(name)}.*.tmp"), include_hidden=True):
        with suppress(OSError):
            os.unlink(left)


def set_aside(path: str) -> str:
    """Rename the receipt of a finished create to make room for the next one; return the new path.

    Raises:
        InputError: the file cannot be renamed.

    """
    stem, ending = os.path.splitext(path)
    other = next(name for n in itertools.count(1) if not os.path.lexists(name := f"{stem}.{n}{ending}"))
    try:
        os.rename(path, other)
    except OSError as error:
        message = say("cannot rename it to {other}: {reason}", other=other, reason=reason(error))
        raise InputError(Problem(message, Place(path))) from None
    return other


def secrets(body: str) -> frozenset[str]:
    """Return the texts in a request body at or below keys that may name secrets."""
    found = leaves(json.loads(body))
    hidden = (value for path, value in found if any(may_be_secret(str(step)) for step in path))
    return frozenset(value for value in hidden if isinstance(value, str)) - {HIDDEN}


def _receipt(value: Mapping[str, Any]) -> Receipt:
    cluster, body = value["cluster"], value["body"]
    events = tuple(
        Event(_text(e["time"]), _one_of(State, e["state"]), _text_or_none(e["requestId"]), _text(e["note"]))
        for e in value["events"]
    )
    for event in events:
        if datetime.fromisoformat(event.time).tzinfo is None:
            raise ValueError(event.time)
    found = Receipt(
        Target(
            _text(cluster["id"]), _text(cluster["region"]), _text_or_none(cluster["endpoint"]), _text(value["pool"])
        ),
        _text(value["plan"]),
        _text(body["sha256"]),
        _text(body["text"]),
        tuple({_text(key): _text(item) for key, item in waiver.items()} for waiver in value["waivers"]),
        events,
        _text_or_none(value["nodePoolId"]),
        _text_or_none(value["taskId"]),
        _text(value["eniplan"]),
        _terms(value.get("terms", {})),
        tuple({_text(key): _text(item) for key, item in fact.items()} for fact in value.get("undecided", ())),
    )
    wanted = parse_json(found.body)
    is_of_pool = wanted["nodepool_info"]["name"] == found.target.pool
    leads = place.is_region(found.target.region) and not place.endpoint_problem(found.target.endpoint or "http://none")
    if found.state != value["state"] or not (
        is_of_pool and leads and (matches(found, found.body) or HIDDEN in found.body)
    ):
        raise ValueError(found.state)
    return found


def _stray(value: Any, known: Any) -> Iterator[str]:  # noqa: ANN401 - JSON values
    """Yield the keys of a receipt that this version does not write."""
    if isinstance(value, dict) and isinstance(known, dict):
        yield from (key for key in value if key not in known)
        for key, item in known.items():
            yield from _stray(value.get(key), item)
    elif isinstance(value, list) and isinstance(known, list):
        for item, like in zip(value, known, strict=True):
            yield from _stray(item, like)


def _terms(value: Mapping[str, Any]) -> Terms:
    given = {**_EARLIER._asdict(), **value}
    for key in ("yes", "strict"):
        if not isinstance(given[key], bool):
            raise TypeError(key)
    return Terms(
        given["yes"],
        _one_of(Level, given["fail_on"]),
        given["strict"],
        _text_or_none(given["specs"]),
        _text_or_none(given["waivers"]),
        tuple(map(_text, given["allowed"])),
        _text_or_none(given["specs_date"]),
    )


def _one_of(known: Any, value: Any) -> Any:  # noqa: ANN401 - a `Literal`, and one of its values
    if value not in get_args(known):
        raise ValueError(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _hide(value: Any) -> Any:  # noqa: ANN401 - a body may hold any JSON value
    if isinstance(value, dict):
        return {key: HIDDEN if may_be_secret(key) else _hide(item) for key, item in value.items()}
    return [_hide(item) for item in value] if isinstance(value, list) else value


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
