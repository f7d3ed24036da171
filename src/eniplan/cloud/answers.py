"""Parse API responses without trusting that they match their documentation.

Every function takes the body of a response and returns values of `plan.live`. A field that is absent, null or empty is
None; a field of another type than documented raises an `AnswerError` that names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from eniplan.bounds import parse_json
from eniplan.catalog.rows import row_problem, without_odd_values
from eniplan.cloud.failures import CallError
from eniplan.messages import say
from eniplan.plan.live import LingjunGroup, LiveCluster, LiveTerway, Quota
from eniplan.plan.model import ExistingPool, SecurityGroup, VSwitch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.cloud.calls import Call
    from eniplan.cloud.session import Answer
    from eniplan.messages import Message

_T = TypeVar("_T")
_KINDS = {str: say("a string"), int: say("a number"), dict: say("a map"), list: say("a list")}
_NOWHERE = ()
"""Facts of the account have no path in a plan; `plan.live` gives them the path of the plan's statement."""


class AnswerError(Exception):
    """A response does not have its documented form."""

    def __init__(self, message: Message) -> None:
        """Take what is wrong with which field."""
        super().__init__(message)
        self.message = message


def parsed(call: Call, answer: Answer, parse: Callable[[Mapping[str, Any]], _T]) -> _T:
    """Return what a parser reads from the answer of a call.

    Raises:
        CallError: the answer does not have its documented form.

    """
    try:
        return parse(answer.body)
    except AnswerError as error:
        message = say("the answer cannot be used: {error}", error=error.message)
        raise CallError(call, "answer", message=message, request_id=answer.request_id) from None


def cluster(body: Mapping[str, Any]) -> LiveCluster:
    """Parse DescribeClusterDetail."""
    return LiveCluster(
        _text(_with(body, "state"), "state"), _text(body, "region_id"), _text(body, "vpc_id"), _text(body, "ip_stack"),
        _text(body, "current_version"), _count(body, "size"),
    )  # fmt: skip


def terway(body: Mapping[str, Any]) -> LiveTerway:
    """Parse GetClusterAddonInstance. Its configuration is a JSON string whose values are strings, too."""
    key = "config"
    text = _text(body, key)
    config: Any = {}
    if text is not None:
        try:
            config = parse_json(text)
        except ValueError:
            raise AnswerError(say("{field} is not JSON", field=key)) from None
        if not isinstance(config, dict):
            raise AnswerError(say("{field} is not {kind}", field=key, kind=_KINDS[dict]))
    return LiveTerway(
        True,  # noqa: FBT003 - the add-on exists
        _text(body, "state"),
        _text(_with(body, "version"), "version"),
        _switch(config, "ENITrunking"),
        _switch(config, "NetworkPolicy"),
        _switch(config, "IPVlan"),
    )


def types(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Parse DescribeInstanceTypes: rows in the form of instance data."""
    return [without_odd_values(row)[0] for row in type_rows(body)]


def type_rows(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Parse DescribeInstanceTypes: rows as the API returns them."""
    rows = _items(_map(_with(body, "InstanceTypes"), "InstanceTypes"), "InstanceType")
    problem = next(filter(None, map(row_problem, rows)), None)
    if problem is not None:
        raise AnswerError(problem)
    return rows


def stock(body: Mapping[str, Any], instance_type: str) -> dict[str, str]:
    """Parse DescribeAvailableResource: StatusCategory by zone. Zones without the type are absent."""
    out: dict[str, str] = {}
    for zone in _items(_map(body, "AvailableZones"), "AvailableZone"):
        for resource in _items(_map(zone, "AvailableResources"), "AvailableResource"):
            for offer in _items(_map(resource, "SupportedResources"), "SupportedResource"):
                if _text(offer, "Value") == instance_type:
                    status = _text(offer, "StatusCategory") or _text(offer, "Status")
                    out[_need(zone, "ZoneId")] = status or ""
    return out


def v_switches(body: Mapping[str, Any]) -> tuple[list[VSwitch], int]:
    """Parse a page of DescribeVSwitches; return its vSwitches, and the total on all pages."""
    found = [
        VSwitch(
            _NOWHERE, _need(row, "VSwitchId"), _need(row, "ZoneId"), _text(row, "VpcId"), _text(row, "Ipv6CidrBlock"),
            _count(row, "AvailableIpAddressCount"),
        )
        for row in _items(_map(_with(body, "VSwitches"), "VSwitches"), "VSwitch")
    ]  # fmt: skip
    total = _count(body, "TotalCount")
    return found, len(found) if total is None else total


def security_groups(body: Mapping[str, Any]) -> list[SecurityGroup]:
    """Parse a page of DescribeSecurityGroups."""
    return [
        SecurityGroup(_NOWHERE, _need(row, "SecurityGroupId"), _text(row, "SecurityGroupType"), _text(row, "VpcId"))
        for row in _items(_map(_with(body, "SecurityGroups"), "SecurityGroups"), "SecurityGroup")
    ]


def pools(body: Mapping[str, Any]) -> dict[str, ExistingPool]:
    """Parse DescribeClusterNodePools; return the pools by name."""
    found = (_pool(row) for row in _items(_with(body, "nodepools"), "nodepools"))
    return {item.name: item for item in found}


def _pool(row: Mapping[str, Any]) -> ExistingPool:
    info, labels = _map(row, "nodepool_info"), _items(_map(row, "kubernetes_config"), "labels")
    scaling, auto = _map(row, "scaling_group"), _map(row, "auto_scaling")
    least, most = _count(auto, "min_instances"), _count(auto, "max_instances")
    return ExistingPool(
        _need(info, "name"),
        _text(info, "nodepool_id"),
        _text(info, "type"),
        {_need(label, "key"): _text(label, "value") or "" for label in labels},
        _texts(scaling, "instance_types"),
        _texts(scaling, "vswitch_ids"),
        _texts(scaling, "security_group_ids"),
        _count(scaling, "desired_size"),
        None if auto.get("enable") is not True or least is None or most is None else (least, most),
    )


def quota(body: Mapping[str, Any]) -> Quota:
    """Parse DescribeUserQuota."""
    pools, nodes = "cluster_nodepool_quota", "node_quota"
    return Quota(_count(_with(body, pools), pools), _count(_with(body, nodes), nodes))


def lingjun_group(body: Mapping[str, Any]) -> LingjunGroup:
    """Parse DescribeNodeGroup, whose count is a string. The node type comes from a node of the group."""
    count = body.get("NodeCount")
    if isinstance(count, str) and count.isdecimal() and count.isascii():
        count = int(count)
    return LingjunGroup(_text(body, "ClusterId"), None, _count({"NodeCount": count}, "NodeCount"))


def node_type_of_first(body: Mapping[str, Any]) -> str | None:
    """Parse ListClusterNodes; return the node type of the first node. All nodes of a group have the same."""
    found = (_text(node, "NodeType") for node in _items(body, "Nodes"))
    return next(filter(None, found), None)


def node_type(body: Mapping[str, Any]) -> dict[str, Any]:
    """Parse DescribeNodeType; return its counts by API name."""
    names = [name for name in body if name.endswith("Quantity")]
    return {name: count for name in names if (count := _count(body, name)) is not None}


def next_token(body: Mapping[str, Any]) -> str | None:
    """Return the token of the next page; None on the last page."""
    return _text(body, "NextToken")


def _with(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return the body if it has a key. Without the key, an empty list would not mean that nothing exists."""
    if key not in body:
        raise AnswerError(say("{field} is missing", field=key))
    return body


def _as(value: Mapping[str, Any], key: str, kind: type[_T]) -> _T | None:
    found = value.get(key)
    if found is None or found == "":
        return None
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise AnswerError(say("{field} is not {kind}", field=key, kind=_KINDS[kind]))
    return found


def _text(value: Mapping[str, Any], key: str) -> str | None:
    return _as(value, key, str)


def _need(value: Mapping[str, Any], key: str) -> str:
    found = _text(value, key)
    if found is None:
        raise AnswerError(say("{field} is missing", field=key))
    return found


def _count(value: Mapping[str, Any], key: str) -> int | None:
    found = _as(value, key, int)
    if found is not None and found < 0:
        raise AnswerError(say("{field} is negative", field=key))
    return found


def _map(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    return _as(value, key, dict) or {}


def _items(value: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = _as(value, key, list) or []
    if not all(isinstance(item, dict) for item in found):
        raise AnswerError(say("{field} is not a list of maps", field=key))
    return found


def _texts(value: Mapping[str, Any], key: str) -> tuple[str, ...]:
    found = _as(value, key, list) or []
    if not all(isinstance(item, str) for item in found):
        raise AnswerError(say("{field} is not a list of strings", field=key))
    return tuple(found)


def _switch(config: Mapping[str, Any], key: str) -> bool | None:
    """Parse a switch of an add-on's configuration: a boolean, or its name in any case; None for other values."""
    return {"true": True, "false": False}.get(str(config.get(key)).lower())
