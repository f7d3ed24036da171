"""The receipt: what a create was, and how far it has come. Written before anything is sent, and after every step.

Whoever finds one can go on from it after Ctrl-C, kill -9, a lost network or a CI time-out. It is all or nothing
on the disk, only its owner may read it, and it holds no secret.
"""

from __future__ import annotations

import glob
import hashlib
import itertools
import json
import math
import os
import re
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from eniplan import terminal
from eniplan._version import __version__
from eniplan.bounds import parse_json
from eniplan.cloud import place
from eniplan.errors import InputError, Place, Problem, reason, unreadable
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = "eniplan.receipt/v1"
FOLDER = os.path.join(".eniplan", "receipts")
HIDDEN = "(kept out of this receipt)"
"""What stands in a receipt for a value that may be a secret."""

State: TypeAlias = Literal[
    "prepared", "sent", "unknown", "rejected", "accepted", "created", "proved", "failed", "different", "gone"
]
"""How far a create has come:

`prepared`: nothing was sent · `sent`: the request may be on its way · `unknown`: the answer was lost, and no pool of
that name was seen · `rejected`: the API has refused it · `accepted`: the pool has an id · `created`: its task has
ended well · `proved`: it was read back and is as asked · `failed`: its task has failed · `different`: it was read
back and is not as asked · `gone`: it was there, and somebody has deleted it.
"""
Level: TypeAlias = Literal["error", "warning", "info"]
OPEN: frozenset[State] = frozenset(("sent", "unknown", "accepted", "created", "failed", "different"))
"""There may be a pool of which nobody knows yet that it is as asked."""

_SECRET = re.compile("user_?data|passw|secret|node_components", re.IGNORECASE)
"""Keys of a body whose values can hold secrets: scripts for the nodes, and settings of add-ons."""


class Target(NamedTuple):
    """Which pool, and where."""

    cluster_id: str
    region: str
    endpoint: str | None
    """The one address that stands for all services; None: the region's own."""
    pool: str

    def __str__(self) -> str:
        """Return the words that messages use."""
        return say("pool {pool!r} in cluster {cluster}", pool=self.pool, cluster=self.cluster_id)


class Event(NamedTuple):
    """One step. `time` is UTC, ISO 8601."""

    time: str
    state: State
    request_id: str | None = None
    note: str = ""


class Terms(NamedTuple):
    """What a create was asked for with: what is sent again passes the same check and the same question."""

    yes: bool = False
    """Whether it was to be sent without a question."""
    fail_on: Level = "error"
    strict: bool = False
    specs: str | None = None
    waivers: str | None = None
    allowed: tuple[str, ...] = ()
    """The facts without which it may be sent."""
    specs_date: str | None = None


class Receipt(NamedTuple):
    """One create."""

    target: Target
    plan: str
    """The plan as it was named on the command line."""
    sha256: str
    """Of the request body, as sent."""
    body: str
    """The request body; values that may be secret are replaced by `HIDDEN`."""
    waivers: tuple[Mapping[str, str], ...]
    events: tuple[Event, ...]
    node_pool_id: str | None = None
    task_id: str | None = None
    version: str = __version__
    terms: Terms = Terms()
    undecided: tuple[Mapping[str, str], ...] = ()
    """`fact` and `reason` of everything that was not known, and allowed to be so, when the request was sent."""

    @property
    def state(self) -> State:
        """How far it has come."""
        return self.events[-1].state

    @property
    def is_whole(self) -> bool:
        """Whether the body is here as it was sent, so that it can be sent."""
        return _hash(self.body) == self.sha256

    def sent_for(self, now: datetime) -> float:
        """Return the seconds since the request was last sent; 0 when it never was.

        A time in the future is that of another clock, and says nothing: nobody waits for it to come.
        """
        times = [event.time for event in self.events if event.state == "sent"]
        passed = (now - datetime.fromisoformat(times[-1])).total_seconds() if times else 0.0
        return passed if passed >= 0 else math.inf

    def then(self, state: State, *, request_id: str | None = None, note: str = "") -> Receipt:
        """Return the receipt with one more step, taken now."""
        return self._replace(events=(*self.events, Event(_now(), state, request_id, note)))


_EARLIER = Terms()
"""Those of receipts that say nothing of them, which earlier versions have written."""


def prepare(
    target: Target, plan: str, body: str, waivers: tuple[Mapping[str, str], ...], terms: Terms = _EARLIER
) -> Receipt:
    """Return the receipt of a create of which nothing was sent.

    Args:
        target: which pool, and where.
        plan: the plan as it was named.
        body: the very text of the request.
        waivers: `rule`, `path` and `reason` of each accepted finding, and the place of its `waiver`.
        terms: what it was asked for with.

    """
    value = json.loads(body)
    hidden = _hide(value)
    shown = body if hidden == value else json.dumps(hidden, ensure_ascii=False, indent=2) + "\n"
    return Receipt(target, plan, _hash(body), shown, waivers, (Event(_now(), "prepared"),), terms=terms)


def default_path(target: Target) -> str:
    """Return where the receipt of a create is when nobody says: one place for each pool, in the current folder."""
    # A percent sign before each other character: two names never share a file.
    name = re.sub(r"[%/\\\0]", lambda found: f"%{ord(found[0]):02x}", f"{target.cluster_id}-{target.pool}")
    return os.path.join(FOLDER, f"{name}.json")


def matches(receipt: Receipt, body: str) -> bool:
    """Return whether a receipt is of this very body."""
    return receipt.sha256 == _hash(body)


def save(path: str, receipt: Receipt) -> None:
    """Write it: on the disk when this returns, and readable by its owner only.

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
    """Return the receipt of a file; None when there is no such file.

    Raises:
        InputError: it cannot be read, is damaged, or is no receipt that this version understands.

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
        # A term with a typing mistake would be no term at all.
        message = say("eniplan {version} does not know the key {key} of this receipt", version=__version__, key=stray)
        raise InputError(Problem(message, Place(path), say("correct it, or use the eniplan that wrote it")))
    return found


_ELSEWHERE = say("without a receipt nothing is sent: name a file in another folder with --receipt")
_NO_RECEIPT = say("look for the pool in the console, or name another file with --receipt; nothing was changed")


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold a receipt for oneself: two runs at once would both see that there is no pool.

    The lock is a file beside the receipt, which stays, and ends with the process, however that ends.

    Raises:
        InputError: another run holds it, or it cannot be made.

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
    """Remove what runs that were killed while they wrote this receipt have left; whoever holds the lock may."""
    folder, name = os.path.split(path)
    for left in glob.glob(os.path.join(glob.escape(folder), f".{glob.escape(name)}.*.tmp"), include_hidden=True):
        with suppress(OSError):
            os.unlink(left)


def set_aside(path: str) -> str:
    """Rename the receipt of a finished create, so that the next one finds its place free; return the new name.

    Raises:
        InputError: it cannot be renamed.

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
    """Return the values of a request body that may be secret."""
    return frozenset(_texts(json.loads(body), inside=False)) - {HIDDEN}


def _receipt(value: Mapping[str, Any]) -> Receipt:
    cluster, body = value["cluster"], value["body"]
    events = tuple(
        Event(_text(e["time"]), _state(e["state"]), _text_or_none(e["requestId"]), _text(e["note"]))
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
    if found.state != value["state"] or not (is_of_pool and leads and (found.is_whole or HIDDEN in found.body)):
        raise ValueError(found.state)
    return found


def _stray(value: Any, known: Any) -> Iterator[str]:  # noqa: ANN401 - JSON values
    """Yield the keys of a receipt that one written by this version does not have."""
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
        _level(given["fail_on"]),
        given["strict"],
        _text_or_none(given["specs"]),
        _text_or_none(given["waivers"]),
        tuple(map(_text, given["allowed"])),
        _text_or_none(given["specs_date"]),
    )


def _level(value: object) -> Level:
    for level in get_args(Level):
        if value == level:
            return level  # type: ignore[no-any-return] # get_args has no types
    raise ValueError(value)


def _state(value: object) -> State:
    for state in get_args(State):
        if value == state:
            return state  # type: ignore[no-any-return] # get_args has no types
    raise ValueError(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _hide(value: Any) -> Any:  # noqa: ANN401 - a body may hold any JSON value
    if isinstance(value, dict):
        return {key: HIDDEN if _SECRET.search(key) else _hide(item) for key, item in value.items()}
    return [_hide(item) for item in value] if isinstance(value, list) else value


def _texts(value: Any, *, inside: bool) -> Iterator[str]:  # noqa: ANN401 - the same
    """Yield all texts at, or below, keys that can hold secrets."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, inside=inside or _SECRET.search(key) is not None)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, inside=inside)
    elif inside and isinstance(value, str):
        yield value


def _hash(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
