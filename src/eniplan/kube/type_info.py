"""Limits of instance types from annotations of nodes, which Terway prefers to the API.

Source: Terway limit.go:212-226 at commit 89aadf8b.
"""

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
    """The parsed annotation of a node."""

    row: Mapping[str, Any]
    """Its entry of DescribeInstanceTypes, with unchecked values; empty if the annotation is invalid."""
    fault: Message = NOTHING
    """Why the annotation is invalid; empty if it is valid."""


def type_info(told: str, name: str) -> TypeInfo:
    """Parse a node's annotation about its instance type. Terway uses it only if it is about the node's own type.

    Args:
        told: the text of the annotation.
        name: the node's instance type.

    """
    try:
        row = parse_json(told)
    except ValueError:
        return TypeInfo({}, say("it is not valid JSON"))
    if row_problem(row):
        return TypeInfo({}, say("it is not an entry of DescribeInstanceTypes"))
    if not name:
        return TypeInfo({}, say("the node has no label with its type"))
    if row["InstanceTypeId"] != name:
        return TypeInfo({}, say("it is for {other}, but the node is {type}", other=row["InstanceTypeId"], type=name))
    return TypeInfo(row)


class Learned(NamedTuple):
    """The limits of instance types from a cluster's nodes."""

    told: tuple[tuple[str, Mapping[str, Any]], ...]
    """Distinct entries, with the name of the first node of each."""
    nodes: int
    without: int
    """The number of nodes without the annotation."""
    unreadable: Mapping[str, Message]
    """Why an annotation was ignored, by the node's name."""


def learned(nodes: Iterable[Mapping[str, Any]]) -> Learned:
    """Collect the annotations of nodes."""
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
