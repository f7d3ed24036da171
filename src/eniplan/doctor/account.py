"""Checks of `doctor` that query the account. They only read."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from eniplan.cloud import calls
from eniplan.cloud.failures import SET_THE_CLOCK, CallError, problem, words
from eniplan.cloud.policy import COMMANDS
from eniplan.cloud.session import start
from eniplan.doctor.results import Result
from eniplan.messages import count, say
from eniplan.plan.model import TERWAY_ADDON
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future
    from datetime import datetime

    from eniplan.cloud.calls import Call
    from eniplan.cloud.session import Answer, Session
    from eniplan.errors import Place

MOST_SKEW = 900
"""Maximum seconds of clock skew; the services refuse signatures that are off by 15 minutes."""
WORTH_TELLING = 60
"""Minimum seconds of clock skew to warn about."""
_TYPE = "ecs.g8i.large"
_NOWHERE = "eniplan-doctor"
"""An id that does not exist: callers with permission get "not found" instead of "denied"."""


class _Probe(NamedTuple):
    """The smallest request that shows whether a call is allowed."""

    path: Mapping[str, str]
    query: Mapping[str, Any]


def _probes(region: str, cluster_id: str | None) -> dict[Call, _Probe]:
    here = {"RegionId": region}
    stock = {**here, "DestinationResource": "InstanceType", "InstanceType": _TYPE, "IoOptimized": "optimized"}
    found = {
        calls.DESCRIBE_QUOTA: _Probe({}, {}),
        calls.DESCRIBE_TYPES: _Probe({}, {"InstanceTypes": [_TYPE], "MaxResults": 10}),
        calls.DESCRIBE_STOCK: _Probe({}, stock),
        calls.DESCRIBE_GROUPS: _Probe({}, {**here, "MaxResults": 10}),
        calls.DESCRIBE_V_SWITCHES: _Probe({}, {**here, "PageSize": 1}),
        calls.DESCRIBE_TASK: _Probe({"task_id": _NOWHERE}, {}),
    }
    if cluster_id is not None:
        cluster = {"ClusterId": cluster_id}
        found |= {
            calls.DESCRIBE_CLUSTER: _Probe(cluster, {}),
            calls.GET_ADDON: _Probe({**cluster, "name": TERWAY_ADDON}, {}),
            calls.DESCRIBE_POOLS: _Probe(cluster, {}),
            calls.DESCRIBE_POOL: _Probe({**cluster, "NodepoolId": _NOWHERE}, {}),
        }
    return found


def look(session: Session, place: Place, cluster_id: str | None, now: datetime) -> Iterator[Result]:
    """Check the identity, the clock, and the permissions of each command.

    Args:
        session: for calls to the account.
        place: the place to report for failed calls.
        cluster_id: the cluster to read; None: skip calls about a cluster.
        now: this machine's time.

    """
    try:
        who = session.read(calls.WHO_AM_I)
    except CallError as error:
        told = problem(error, place)
        yield Result(say("account"), "error", told.message, told.hint)
        return
    arn, account = who.body.get("Arn"), who.body.get("AccountId")
    yield Result(
        say("account"),
        "ok",
        say("{arn} of account {account}, by {source}", arn=arn, account=account, source=session.source),
    )
    yield clock(who, now)
    asked = {call: start(_allowed, session, call, probe) for call, probe in _probes(session.region, cluster_id).items()}
    for command, needed in COMMANDS.items():
        if command != "doctor":
            yield _permissions(command, needed, asked)


def clock(answer: Answer, now: datetime) -> Result:
    """Compare this machine's time with that of a response."""
    try:
        there = parsedate_to_datetime(answer.date or "").replace(tzinfo=UTC)  # HTTP dates are always UTC
    except ValueError:
        return Result(say("clock"), "unknown", say("the response has no time"))
    skew = round(abs((now - there).total_seconds()))
    seconds = count(skew, "{n} second from the service's", "{n} seconds from the service's")
    if skew < WORTH_TELLING:
        return Result(say("clock"), "ok", seconds)
    return Result(say("clock"), "error" if skew >= MOST_SKEW else "warning", seconds, SET_THE_CLOCK)


def _allowed(session: Session, call: Call, probe: _Probe) -> CallError | None:
    """Return the failure of a call, or None if it is allowed. "Not found" proves that it is allowed."""
    try:
        session.read(call, path=probe.path, query=probe.query)
    except CallError as error:
        return None if error.is_not_found else error
    return None


def _permissions(command: str, needed: tuple[Call, ...], asked: Mapping[Call, Future[CallError | None]]) -> Result:
    name = say("permissions of {command}", command=command)
    failed = [error for call in needed if call in asked and (error := asked[call].result()) is not None]
    denied = [error.call.ram_action for error in failed if error.reason == "denied"]
    if denied:
        hint = say("to print the policy it needs: eniplan ram-policy {command}", command=command)
        return Result(name, "error", say("RAM denies {actions}", actions=tuple(denied)), hint)
    if failed:
        return Result(name, "unknown", words(failed[0]), say("run it again"))
    untried = [call for call in needed if call not in asked]
    if not untried:
        return Result(name, "ok", say("all calls are allowed"))
    names = tuple(call.ram_action for call in untried)
    if calls.DESCRIBE_CLUSTER in untried:
        hint = say("set the cluster with --cluster-id, or pass its plan")
        return Result(name, "unknown", say("all tested calls are allowed; not tested: {names}", names=names), hint)
    hint = say("{names} cannot be tested without creating a pool", names=names)
    return Result(name, "ok", say("all read calls are allowed"), hint)
