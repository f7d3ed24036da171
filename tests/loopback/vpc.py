"""VPC, 2016-04-28: vSwitches. RPC, parameters in the query, paged by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.loopback.answers import ApiError, Asked, Operation

if TYPE_CHECKING:
    from tests.loopback.answers import State

VERSION = "2016-04-28"

LARGEST_PAGE = 50


def _describe_v_switches(state: State, asked: Asked) -> dict[str, Any]:
    if not (asked.parameters.get("RegionId") or asked.parameters.get("VpcId")):
        raise ApiError(400, "MissingParameter", "RegionId or VpcId is mandatory for this action.")
    size, number = asked.number("PageSize", 10, LARGEST_PAGE), asked.number("PageNumber", 1, 10**6)
    rows = [
        {"Status": "Available", "EnabledIpv6": bool(row.get("Ipv6CidrBlock")), "Ipv6CidrBlock": "", **row}
        for row in state.get("vSwitches") or ()
        if all(asked.parameters.get(name) in (None, "", row[name]) for name in ("VSwitchId", "VpcId", "ZoneId"))
    ]
    page = rows[(number - 1) * size : number * size]
    return {"TotalCount": len(rows), "PageNumber": number, "PageSize": size, "VSwitches": {"VSwitch": page}}


OPERATIONS = {"DescribeVSwitches": Operation(_describe_v_switches)}
