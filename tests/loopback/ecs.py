"""ECS, 2014-05-26: instance types, stock, security groups. RPC, parameters in the query, PascalCase."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.loopback.answers import ApiError, Asked, Operation, page_by_token
from tests.loopback.state import instance_types

if TYPE_CHECKING:
    from tests.loopback.answers import State

VERSION = "2014-05-26"

MOST_TYPES = 10
LARGEST_TYPES_PAGE = 1600
MOST_GROUPS = 100


def _describe_types(state: State, asked: Asked) -> dict[str, Any]:
    names, family = asked.numbered("InstanceTypes"), asked.parameters.get("InstanceTypeFamily")
    here = (state.get("instanceTypesOf") or {}).get(asked.parameters.get("RegionId"))
    state = state if here is None else {**state, "instanceTypes": here}
    if len(names) > MOST_TYPES:
        raise ApiError(400, "InvalidParameter.InstanceTypes", f"At most {MOST_TYPES} InstanceTypes, not {len(names)}.")
    rows = [
        # The API returns sizes as floats.
        {**row, "MemorySize": float(row["MemorySize"])} if "MemorySize" in row else row
        for row in instance_types(state).values()
        if (not names or row["InstanceTypeId"] in names) and family in (None, "", row.get("InstanceTypeFamily"))
    ]
    largest = (state.get("pageSizes") or {}).get("DescribeInstanceTypes")
    page, token = page_by_token(asked, rows, LARGEST_TYPES_PAGE, LARGEST_TYPES_PAGE, largest)
    return {"InstanceTypes": {"InstanceType": page}, "NextToken": token}


def _describe_stock(state: State, asked: Asked) -> dict[str, Any]:
    region = asked.required("RegionId")
    if asked.required("DestinationResource") != "InstanceType":
        raise ApiError(400, "InvalidDestinationResource", "Only InstanceType is known here.")
    name, zone = asked.parameters.get("InstanceType", ""), asked.parameters.get("ZoneId")
    known = instance_types(state)
    if name and name not in known:
        raise ApiError(404, "InvalidInstanceType.NotFound", f"The specified InstanceType {name} does not exist.")
    stock = (state.get("stock") or {}).get(name) or {}
    zones = [_zone(region, each, name, stock.get(each, "WithStock")) for each in state["zones"] if zone in (None, each)]
    return {"AvailableZones": {"AvailableZone": zones}}


def _zone(region: str, zone: str, name: str, category: str | None) -> dict[str, Any]:
    # A zone that does not offer the type lacks AvailableResources.
    if category is None:
        return {"RegionId": region, "ZoneId": zone, "Status": "SoldOut", "StatusCategory": "ClosedWithoutStock"}
    status = "SoldOut" if category.endswith("WithoutStock") else "Available"
    resource = {"Value": name, "Status": status, "StatusCategory": category}
    return {
        "RegionId": region, "ZoneId": zone, "Status": status, "StatusCategory": category,
        "AvailableResources": {"AvailableResource": [
            {"Type": "InstanceType", "SupportedResources": {"SupportedResource": [resource]}}]},
    }  # fmt: skip


def _describe_groups(state: State, asked: Asked) -> dict[str, Any]:
    asked.required("RegionId")
    wanted = _ids(asked.parameters.get("SecurityGroupIds"))
    vpc = asked.parameters.get("VpcId")
    rows = [
        row
        for row in state.get("securityGroups") or ()
        if (wanted is None or row["SecurityGroupId"] in wanted) and vpc in (None, row["VpcId"])
    ]
    page, token = page_by_token(
        asked, rows, 10, MOST_GROUPS, (state.get("pageSizes") or {}).get("DescribeSecurityGroups")
    )
    return {"SecurityGroups": {"SecurityGroup": page}, "NextToken": token}


def _ids(text: str | None) -> list[str] | None:
    """Return the ids in a parameter that holds a JSON array."""
    if text is None:
        return None
    try:
        ids = json.loads(text)
    except ValueError:
        ids = None
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_GROUPS:
        raise ApiError(400, "InvalidParameter.SecurityGroupIds", f"A JSON array of 1 to {MOST_GROUPS} ids, not {text}.")
    return ids


OPERATIONS = {
    "DescribeInstanceTypes": Operation(_describe_types),
    "DescribeAvailableResource": Operation(_describe_stock),
    "DescribeSecurityGroups": Operation(_describe_groups),
}
