"""Type data of nodes, which Terway prefers over the API (limit.go:212-226 at commit 89aadf8b)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.bounds import parse_json
from eniplan.catalog.rows import row_problem
from eniplan.k8s.values import mapping, text
from eniplan.messages import NOTHING, Message, say
from eniplan.observed import TYPE_INFO, TYPE_LABEL
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class TypeInfo(NamedTuple):
    """The row of an annotation."""

    row: Mapping[str, Any]
    """Its values are as they stand there; empty when there is none that counts."""
    fault: Message = NOTHING
    """Why there is none."""


def type_info(told: str, name: str) -> TypeInfo:
    """Read a node's annotation about its instance type. Terway only uses it if it is of the node's own type."""
    try:
        row = parse_json(told)
    except ValueError:
        return TypeInfo({}, say("it is not valid JSON"))
    if row_problem(row):
        return TypeInfo({}, say("it is no row of DescribeInstanceTypes"))
    if not name:
        return TypeInfo({}, say("no label of the node says its type"))
    if row["InstanceTypeId"] != name:
        return TypeInfo({}, say("it is of {other}, and the node is of {type}", other=row["InstanceTypeId"], type=name))
    return TypeInfo(row)


class Learned(NamedTuple):
    """What the nodes of a cluster say of their types."""

    told: tuple[tuple[str, Mapping[str, Any]], ...]
    """Rows, and the first node of each; what nodes say alike is here once."""
    nodes: int
    without: int
    """Nodes that have no such annotation."""
    unreadable: Mapping[str, Message]
    """Why the annotation of a node counts for nothing, by the node's name."""


def learned(nodes: Iterable[Mapping[str, Any]]) -> Learned:
    """Read the annotations of nodes."""
    found: dict[tuple[str, str], tuple[str, TypeInfo]] = {}
    total, without = 0, 0
    unreadable: dict[str, Message] = {}
    for node in nodes:
        total += 1
        meta = mapping(node.get("metadata"))
        annotations, name = mapping(meta.get("annotations")), text(meta.get("name"))
        if TYPE_INFO not in annotations:
            without += 1
            continue
        told, type_ = annotations[TYPE_INFO], text(mapping(meta.get("labels")).get(TYPE_LABEL))
        key = told if isinstance(told, str) else "", type_
        if key not in found:
            found[key] = name, type_info(*key)
        if found[key][1].fault:
            unreadable[name] = found[key][1].fault
    rows = tuple((name, info.row) for name, info in found.values() if info.row)
    return Learned(rows, total, without, unreadable)
