"""What a search for instance types has to say, and its columns: every writer shows the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from eniplan.catalog.order import pods_per_vcpu
from eniplan.catalog.record import specs_words
from eniplan.text import plural
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.catalog.limits import Capacity
    from eniplan.catalog.record import InstanceType, OwnData
    from eniplan.catalog.select import Mode
    from eniplan.catalog.sizing import Request, Size
    from eniplan.rules.choice import Word

Value: TypeAlias = "str | float | bool | None"
_RANGE = re.compile(r"([0-9.]+)/+(?:up to )?([0-9.]+)")


class Row(NamedTuple):
    """One instance type, what it carries, and what the rules say about it."""

    record: InstanceType
    capacity: Capacity
    """Pods per node in each mode."""
    pods: int | None
    """Pods per node in the mode that is asked for."""
    source_date: str | None
    """Of the source of `EniQuantity`, ISO 8601."""
    words: tuple[Word, ...]
    size: Size | None
    """The pool of this type that was asked for."""


class Listing(NamedTuple):
    """The types that fit and pass, in the order that was asked for."""

    mode: Mode
    request: Request | None
    """What the pools are sized for; None: no size is asked for."""
    rows: tuple[Row, ...]
    left: int
    """Types that pass beyond the number asked for."""
    rejected: tuple[Row, ...] | None
    """Types that fit and that a rule rejects; None: not asked for."""
    rejected_total: int
    full: int
    """Types that pass, and whose nodes have no room beside the DaemonSet pods."""
    unknown: Mapping[str, int]
    """Types left out, by the fact that is not known of them."""
    specs_date: str
    own_specs: OwnData | None
    """The user's instance data that stood before the bundled."""
    specs_age: int | None = None
    """How many days old the instance data is; None: not so old that it should be told."""


class Column(NamedTuple):
    """One number or word about a type."""

    name: str
    """For machines."""
    heading: str
    """For people."""
    value: Callable[[Row], Value]
    is_text: bool = False
    brief: bool = True
    """Whether it is shown where there is little room."""


def _bandwidth(row: Row) -> str | None:
    text = row.record.NetworkBandwidthGbps
    if text is None:
        return None
    span = _RANGE.fullmatch(text)
    # The page's own word for "no burst bandwidth".
    return f"{span[1]}-{span[2]}" if span else text.removesuffix("/无")


def _density(row: Row) -> float | None:
    density = pods_per_vcpu(row.record, row.pods)
    return None if density is None else round(density, 3)


def _notes(row: Row) -> str:
    return "+".join(word.rule.id + ("" if word.level else "?") for word in row.words)


def _gpus(row: Row) -> Value:
    return row.record.GPUFraction or row.record.GPUAmount


_GPUS = (
    Column("gpus", "GPUs", _gpus, brief=False),
    Column("gpuModel", "model", lambda row: row.record.GPUSpec, is_text=True, brief=False),
    Column("gpuMemoryGiB", "GPU GiB", lambda row: row.record.GPUMemorySize, brief=False),
)
"""Shown to people where there are any."""
_TYPE = (
    Column("type", "type", lambda row: row.record.InstanceTypeId, is_text=True),
    Column("family", "family", lambda row: row.record.InstanceTypeFamily, is_text=True, brief=False),
    Column("vcpu", "vCPU", lambda row: row.record.CpuCoreCount),
    Column("memoryGiB", "GiB", lambda row: row.record.MemorySize),
    Column("architecture", "arch", lambda row: row.record.CpuArchitecture, is_text=True),
    *_GPUS,
)
_LIMITS = (
    Column("exclusivePods", "exclusive", lambda row: row.capacity.exclusive),
    Column("sharedPods", "shared", lambda row: row.capacity.shared),
    Column("trunkPods", "trunk", lambda row: row.capacity.trunk),
    Column("podsPerVcpu", "pods/vCPU", _density, brief=False),
    Column("enis", "ENIs", lambda row: row.record.EniQuantity),
    Column("ipv4PerEni", "IPv4", lambda row: row.record.EniPrivateIpAddressQuantity),
    Column("ipv6PerEni", "IPv6", lambda row: row.record.EniIpv6AddressQuantity),
    Column("bandwidthGbps", "Gbit/s", _bandwidth),
)
_PROVENANCE = (
    Column("onSale", "on sale", lambda row: row.record.on_sale, brief=False),
    Column("limits", "limits", lambda row: row.record.limits_status, is_text=True, brief=False),
    Column("sourceDate", "source", lambda row: row.source_date, is_text=True),
)
_NOTES = Column("rules", "rules", _notes, is_text=True)


def _of_size(name: str, heading: str, value: Callable[[Size], int]) -> Column:
    return Column(name, heading, lambda row: None if row.size is None else value(row.size))


_SIZE = (
    _of_size("nodes", "nodes", lambda size: size.nodes),
    _of_size("nodesPerZone", "nodes/zone", lambda size: size.nodes_per_zone),
    _of_size("roomPerNode", "room/node", lambda size: size.pods_per_node),
    _of_size("podAddresses", "pod IPs", lambda size: size.pod_addresses),
    _of_size("podAddressesPerZone", "pod IPs/zone", lambda size: size.pod_addresses_per_zone),
    _of_size("nodeAddresses", "node IPs", lambda size: size.node_addresses),
)


def all_columns(listing: Listing) -> tuple[Column, ...]:
    """Return every column, for machines."""
    return (*_TYPE, *_LIMITS, *_PROVENANCE, *(_SIZE if listing.request else ()), _NOTES)


def brief_columns(listing: Listing) -> tuple[Column, ...]:
    """Return the columns for people: what was asked for, without what only repeats it."""
    with_gpus = any(row.record.gpus for row in listing.rows)
    rest = (_LIMITS[0], *_SIZE) if listing.request else (*_LIMITS, *_PROVENANCE)
    columns = tuple(c for c in (*_TYPE, *rest) if c.brief or (with_gpus and c in _GPUS))
    return (*columns, _NOTES) if any(row.words for row in listing.rows) else columns


def shown(value: Value) -> str:
    """Spell a value; unknown is unknown."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def summary(listing: Listing) -> str:
    """Return what was found and what was left out, in one line."""
    found = plural(len(listing.rows) + listing.left, "type")
    aged = "" if listing.specs_age is None else f" ({listing.specs_age} days old)"
    parts = [f"{found} found by specs of {specs_words(listing.specs_date, listing.own_specs)}{aged}"]
    if listing.left:
        parts.append(f"the first {len(listing.rows)} are shown")
    if listing.rejected_total:
        parts.append(f"{listing.rejected_total} rejected by rules{_rejected_shown(listing)}")
    if listing.full:
        parts.append(f"{listing.full} have no room beside the DaemonSet pods")
    parts += (f"{count} left out, {fact} not known" for fact, count in listing.unknown.items())
    if listing.unknown and not listing.rows:
        parts.append("an answer of DescribeInstanceTypes knows more: --specs FILE, or `eniplan specs update`")
    return "; ".join(parts)


def _rejected_shown(listing: Listing) -> str:
    if listing.rejected is None:
        return " (--why shows them)"
    shown_here = len(listing.rejected)
    return "" if shown_here == listing.rejected_total else f" (the first {shown_here} are shown)"
