"""Read all facts of the account for a plan, with concurrent calls in at most three rounds.

1. the cluster, the add-on, the pools, the quota, types, stock, security groups, the Lingjun group
2. with the cluster's VPC: the first page of vSwitches; with a family's types: their stock; the group's nodes
3. the other pages; the node type of those nodes

Every call runs in its own daemon thread: Ctrl-C does not wait for responses.
"""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from eniplan import facts
from eniplan.cloud import answers, calls
from eniplan.cloud.failures import CallError, words
from eniplan.cloud.session import start
from eniplan.messages import say
from eniplan.plan.live import LingjunGroup, LiveFacts, LiveTerway, Unread, Wanted
from eniplan.plan.model import TERWAY_ADDON
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from eniplan.cloud.calls import Call
    from eniplan.cloud.session import Session
    from eniplan.facts import Fact
    from eniplan.plan.live import LiveCluster
    from eniplan.plan.model import SecurityGroup, VSwitch

_T = TypeVar("_T")

AT_ONCE = 32
"""Maximum concurrent calls; the API would throttle more."""
TYPES_PER_CALL = 10
GROUPS_PER_CALL = 100
PAGE = 50
"""vSwitches per page; the API's maximum."""
MAX_PAGES = 200
"""More pages than any VPC or family has; guards against a server that never ends."""


def read_facts(session: Session, wanted: Wanted, today: str) -> LiveFacts:
    """Read the wanted facts from an account. If RAM denies a call, its fact stays unknown, with the missing action.

    Args:
        session: for calls to the account.
        wanted: the facts to read.
        today: the date of the facts, ISO 8601.

    Raises:
        CallError: there are no valid credentials; or the cluster, which all other facts need, cannot be read although
            RAM allows it.

    """
    return _Reader(session, wanted).read(today)


def with_groups(session: Session, live: LiveFacts, ids: Iterable[str]) -> LiveFacts:
    """Return the facts with these security groups added; query only ids that the facts lack."""
    known = live.security_groups
    missing = [] if known is None else [name for name in ids if name not in known]
    reader = _Reader(session, Wanted(""))
    found = [group for chunk in _chunks(missing, GROUPS_PER_CALL) for group in reader.groups(chunk)]
    return live if known is None else live._replace(security_groups={**known, **{group.id: group for group in found}})


class _Family(NamedTuple):
    """The types of a family, and the pending calls for their stock."""

    rows: list[dict[str, Any]]
    stock: dict[str, Future[Mapping[str, str]]]


class _Group(NamedTuple):
    """A Lingjun node group, and the limits of its node type if it has nodes."""

    group: LingjunGroup | None
    limits: dict[str, Any]


class _Reader:
    """The calls for the facts of one cluster."""

    def __init__(self, session: Session, wanted: Wanted) -> None:
        self._session = session
        self._wanted = wanted
        self._unread: dict[Fact, Unread] = {}
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def read(self, today: str) -> LiveFacts:
        wanted = self._wanted
        path = {"ClusterId": wanted.cluster_id}
        cluster = start(self._ask, calls.DESCRIBE_CLUSTER, answers.cluster, path)
        terway = start(self._terway, path)
        pools = start(self._ask, calls.DESCRIBE_POOLS, answers.pools, path)
        quota = start(self._ask, calls.DESCRIBE_QUOTA, answers.quota)
        types = [start(self._types, {"InstanceTypes": c}) for c in _chunks(wanted.types, TYPES_PER_CALL)]
        families = {family: start(self._family, family) for family in wanted.families}
        stock = {name: start(self._stock, name) for name in wanted.types}
        groups = [start(self.groups, chunk) for chunk in _chunks(wanted.security_groups, GROUPS_PER_CALL)]
        v_switches = start(self._v_switches, cluster)
        lingjun = {name: start(self._lingjun, name) for name in wanted.lingjun_groups}
        node_types = {name: start(self._node_type, name) for name in wanted.node_types}

        found_cluster = self._cluster(cluster)
        found_families = self._all(facts.ACCOUNT_TYPES, families)
        rows = [row for part in self._each(facts.ACCOUNT_TYPES, types) for row in part]
        for family in found_families.values():
            rows += family.rows
            stock |= family.stock
        found_groups = [group for part in self._each(facts.ACCOUNT_GROUPS, groups) for group in part]
        found_lingjun = self._all(facts.ACCOUNT_LINGJUN, lingjun)
        limits = self._all(facts.ACCOUNT_LINGJUN, node_types)
        for found in found_lingjun.values():
            if found.group is not None and found.group.node_type is not None:
                limits[found.group.node_type] = found.limits
        return LiveFacts(
            self._session.region,
            today,
            found_cluster,
            self._fact(facts.ACCOUNT_TERWAY, terway),
            {row["InstanceTypeId"]: row for row in rows},
            {name: tuple(row["InstanceTypeId"] for row in family.rows) for name, family in found_families.items()},
            self._all(facts.ACCOUNT_STOCK, stock),
            self._fact(facts.ACCOUNT_V_SWITCHES, v_switches),
            None if facts.ACCOUNT_GROUPS in self._unread else {group.id: group for group in found_groups},
            self._fact(facts.ACCOUNT_POOLS, pools),
            self._fact(facts.ACCOUNT_QUOTA, quota),
            {name: found.group for name, found in found_lingjun.items()},
            {name: found for name, found in limits.items() if found},
            tuple(self._unread.values()),
        )

    def _ask(
        self,
        call: Call,
        parse: Callable[[Mapping[str, Any]], _T],
        path: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> _T:
        with self._free:
            answer = self._session.read(call, path=path, query=query)
        return answers.parsed(call, answer, parse)

    def _ask_pages(
        self, call: Call, parse: Callable[[Mapping[str, Any]], list[_T]], query: Mapping[str, Any]
    ) -> list[_T]:
        """Read all pages, one after the other, by their tokens."""
        found: list[_T] = []
        token = None
        for _ in range(MAX_PAGES):
            page = query if token is None else {**query, "NextToken": token}
            items, token = self._ask(call, lambda body: (parse(body), answers.next_token(body)), query=page)
            found += items
            if token is None:
                return found
        raise CallError(call, "answer", message=say("more than {most} pages", most=MAX_PAGES))

    def _cluster(self, cluster: Future[LiveCluster]) -> LiveCluster | None:
        try:
            return cluster.result()
        except CallError as error:
            if error.reason != "denied":
                raise
            self._note(facts.ACCOUNT_CLUSTER, error)
            return None

    def _terway(self, path: Mapping[str, str]) -> LiveTerway:
        try:
            return self._ask(calls.GET_ADDON, answers.terway, {**path, "name": TERWAY_ADDON})
        except CallError as error:
            if error.is_not_found:
                return LiveTerway(installed=False)
            raise

    def _types(self, which: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self._ask_pages(calls.DESCRIBE_TYPES, answers.types, {**which, "MaxResults": 100})

    def _family(self, family: str) -> _Family:
        rows = self._types({"InstanceTypeFamily": family})
        return _Family(rows, {row["InstanceTypeId"]: start(self._stock, row["InstanceTypeId"]) for row in rows})

    def _stock(self, name: str) -> Mapping[str, str]:
        query = {
            "RegionId": self._session.region,
            "DestinationResource": "InstanceType",
            "InstanceType": name,
            "IoOptimized": "optimized",
        }
        try:
            return self._ask(calls.DESCRIBE_STOCK, partial(answers.stock, instance_type=name), query=query)
        except CallError as error:
            if error.reason == "rejected" and error.code.startswith("InvalidInstanceType"):
                return {}  # the region does not have the type
            raise

    def groups(self, ids: Sequence[str]) -> list[SecurityGroup]:
        """Query security groups by id."""
        query = {"RegionId": self._session.region, "SecurityGroupIds": json.dumps(list(ids)), "MaxResults": 100}
        return self._ask_pages(calls.DESCRIBE_GROUPS, answers.security_groups, query)

    def _v_switches(self, cluster: Future[LiveCluster]) -> dict[str, VSwitch]:
        try:
            vpc = cluster.result().vpc_id or self._wanted.vpc_id
        except CallError:
            vpc = self._wanted.vpc_id
            if vpc is None:
                raise
        if vpc is None:
            raise CallError(calls.DESCRIBE_CLUSTER, "answer", message=say("the answer names no VPC"))
        found, total = self._v_switch_page(vpc, 1)
        pages = -(-total // PAGE)
        if pages > MAX_PAGES:
            raise CallError(
                calls.DESCRIBE_V_SWITCHES, "answer", message=say("{total} vSwitches are implausible", total=total)
            )
        for page in [start(self._v_switch_page, vpc, number) for number in range(2, pages + 1)]:
            found += page.result()[0]
        by_id = {v_switch.id: v_switch for v_switch in found}
        if len(by_id) < total:  # unlisted vSwitches may exist
            message = say("the answers list {listed} of {total} vSwitches", listed=len(by_id), total=total)
            raise CallError(calls.DESCRIBE_V_SWITCHES, "answer", message=message)
        return by_id

    def _v_switch_page(self, vpc: str, number: int) -> tuple[list[VSwitch], int]:
        query = {"RegionId": self._session.region, "VpcId": vpc, "PageNumber": number, "PageSize": PAGE}
        return self._ask(calls.DESCRIBE_V_SWITCHES, answers.v_switches, query=query)

    def _lingjun(self, name: str) -> _Group:
        try:
            group = self._ask(calls.DESCRIBE_NODE_GROUP, answers.lingjun_group, query={"NodeGroupId": name})
        except CallError as error:
            if error.is_not_found:
                return _Group(None, {})
            raise
        if group.cluster_id is None:
            return _Group(group, {})
        query = {"ClusterId": group.cluster_id, "NodeGroupId": name}
        node_type = self._ask(calls.LIST_LINGJUN_NODES, answers.node_type_of_first, query=query)
        limits = {} if node_type is None else self._node_type(node_type)
        return _Group(group._replace(node_type=node_type), limits)

    def _node_type(self, name: str) -> dict[str, Any]:
        try:
            return self._ask(calls.DESCRIBE_NODE_TYPE, answers.node_type, query={"NodeType": name})
        except CallError as error:
            if error.is_not_found:
                return {}  # LJ004 judges with the bundled data
            raise

    def _fact(self, fact: Fact, future: Future[_T]) -> _T | None:
        """Wait for a fact; if it cannot be read, note why and return None."""
        return next(iter(self._each(fact, [future])), None)

    def _all(self, fact: Fact, futures: Mapping[str, Future[_T]]) -> dict[str, _T]:
        return {name: found for name, future in futures.items() for found in self._each(fact, [future])}

    def _each(self, fact: Fact, futures: Iterable[Future[_T]]) -> Iterator[_T]:
        for future in futures:
            try:
                yield future.result()
            except CallError as error:
                self._note(fact, error)

    def _note(self, fact: Fact, error: CallError) -> None:
        if error.reason == "credentials":
            raise error
        self._unread.setdefault(fact, Unread(fact, words(error), error.reason == "denied"))


def _chunks(names: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(names[at : at + size]) for at in range(0, len(names), size))
