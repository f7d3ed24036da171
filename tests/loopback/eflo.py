"""eflo-controller (Lingjun), 2022-12-15: node groups, nodes, node types. RPC, parameters in a form, PascalCase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.loopback.answers import ApiError, Asked, Operation, page_by_token
from tests.loopback.state import node_types

if TYPE_CHECKING:
    from tests.loopback.answers import State

VERSION = "2022-12-15"


def _describe_group(state: State, asked: Asked) -> dict[str, Any]:
    wanted = asked.required("NodeGroupId")
    nodes = state.get("lingjunNodes") or ()
    for row in state.get("nodeGroups") or ():
        if row["NodeGroupId"] == wanted:
            # A string, as the service sends it.
            return {"NodeCount": str(sum(node["NodeGroupId"] == wanted for node in nodes)), **row}
    raise ApiError(404, "RESOURCE_NOT_FOUND", f"The node group {wanted} is not found.")


def _list_nodes(state: State, asked: Asked) -> dict[str, Any]:
    cluster, group = asked.required("ClusterId"), asked.parameters.get("NodeGroupId")
    rows = [
        node
        for node in state.get("lingjunNodes") or ()
        if node["ClusterId"] == cluster and group in (None, "", node["NodeGroupId"])
    ]
    page, token = page_by_token(asked, rows, 20, 100, (state.get("pageSizes") or {}).get("ListClusterNodes"))
    return {"Nodes": page, "NextToken": token}


def _describe_node_type(state: State, asked: Asked) -> dict[str, Any]:
    name = asked.required("NodeType")
    row = node_types(state).get(name)
    if row is None:
        raise ApiError(404, "RESOURCE_NOT_FOUND", f"The node type {name} is not found.")
    return {field: value for field, value in row.items() if field != "NodeType"}


OPERATIONS = {
    "DescribeNodeGroup": Operation(_describe_group),
    "ListClusterNodes": Operation(_list_nodes),
    "DescribeNodeType": Operation(_describe_node_type),
}
