"""The result of a search for instance types, and its columns, which are the same in every format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from eniplan.catalog.limits import eni_bandwidth, made_of
from eniplan.catalog.order import pods_per_vcpu
from eniplan.messages import NOTHING, count, say, together
from eniplan.report import layers
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from eniplan.catalog.limits import Capacity
    from eniplan.catalog.record import InstanceType, OwnData, Specs
    from eniplan.catalog.select import Mode
    from eniplan.catalog.sizing import Request, Size
    from eniplan.messages import Message
    from eniplan.rules.choice import Word

_MOST_NOTES = 5
"""Maximum lines about origins below a table."""
Value: TypeAlias = "str | float | bool | None"


class Row(NamedTuple):
    """One instance type, its capacity, and its findings."""

    record: InstanceType
    capacity: Capacity
    """Pods per node in each mode."""
    pods: int | None
    """Pods per node in the requested mode."""
    source_date: str | None
    """The date of the source of `EniQuantity`, ISO 8601."""
    words: tuple[Word, ...]
    size: Size | None
    """The size of a pool of this type, if requested."""
    price: float | None = None
    """The price per hour, from the user's own prices."""
    pod_price: float | None = None
    """The price per hour and exclusive pod."""
    over: Mapping[str, OwnData] = {}
    """The layer of each field that does not come from the bundled data."""


class Listing(NamedTuple):
    """The types that match and pass, in the requested order."""

    mode: Mode
    request: Request | None
    """The pods to size pools for; None if no size is requested."""
    rows: tuple[Row, ...]
    left: int
    """The number of passing types beyond the requested limit."""
    rejected: tuple[Row, ...] | None
    """Matching types that a rule rejects; None if not requested."""
    rejected_total: int
    full: int
    """The number of passing types whose nodes have no room besides the DaemonSet pods."""
    unknown: Mapping[str, int]
    """The number of types skipped because a fact is unknown, by fact."""
    specs: Specs
    erdma: bool = False
    """Whether eRDMA takes one slot of the exclusive pods."""
    by_eni_bandwidth: bool = False
    """Whether types were filtered by bandwidth per ENI."""
    unpriced: int | None = None
    """The number of passing types without a price; None if prices are not requested."""


class Column(NamedTuple):
    """One column of a type."""

    name: str
    """Its name for machines."""
    heading: str
    """Its heading for people."""
    value: Callable[[Row], Value]
    is_text: bool = False
    brief: bool = True
    """Whether narrow listings show it."""
    fields: tuple[str, ...] = ()
    """The API fields that it shows or is computed from."""
    pods: Mode | Literal["asked for"] | None = None
    """The mode whose pods per node it is also computed from."""


def _bandwidth(row: Row) -> str | None:
    known = row.record.bandwidth
    if known is None:
        return row.record.NetworkBandwidthGbps  # unparsed text in a form not seen so far
    base, burst = known
    return base if burst is None else f"{base}-{burst}"


def _of_eni(row: Row) -> float | None:
    each = eni_bandwidth(row.record)
    return None if each is None else round(each, 3)


def _money(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _of_pool(row: Row) -> float | None:
    return None if row.price is None or row.size is None else _money(row.price * row.size.nodes)


def _density(row: Row) -> float | None:
    density = pods_per_vcpu(row.record, row.pods)
    return None if density is None else round(density, 3)


def _notes(row: Row) -> str:
    return "+".join(word.rule.id + ("" if word.level else "?") for word in row.words)


def _gpus(row: Row) -> Value:
    return row.record.GPUFraction or row.record.GPUAmount


_GPUS = (
    Column("gpus", say("GPUs"), _gpus, brief=False, fields=("GPUAmount", "GPUFraction")),
    Column("gpuModel", say("model"), lambda row: row.record.GPUSpec, is_text=True, brief=False, fields=("GPUSpec",)),
    Column(
        "gpuMemoryGiB", say("GPU GiB"), lambda row: row.record.GPUMemorySize, brief=False, fields=("GPUMemorySize",)
    ),
)
"""Columns that people see if any type has a value."""
_TYPE = (
    Column("type", say("type"), lambda row: row.record.InstanceTypeId, is_text=True),
    Column("family", say("family"), lambda row: row.record.InstanceTypeFamily, is_text=True, brief=False),
    Column("vcpu", "vCPU", lambda row: row.record.CpuCoreCount, fields=("CpuCoreCount",)),
    Column("memoryGiB", "GiB", lambda row: row.record.MemorySize, fields=("MemorySize",)),
    Column(
        "architecture", say("arch"), lambda row: row.record.CpuArchitecture, is_text=True, fields=("CpuArchitecture",)
    ),
    *_GPUS,
)
_CARDS = Column(
    "networkCards",
    say("cards"),
    lambda row: row.record.NetworkCardQuantity,
    brief=False,
    fields=("NetworkCardQuantity",),
)
"""Columns that people see if a value is known."""
_OF_ENI = Column("gbpsPerEni", "Gbit/s/ENI", _of_eni, brief=False, fields=("NetworkBandwidthGbps", "EniQuantity"))
"""A column that people see on request."""
_LIMITS = (
    Column("exclusivePods", say("exclusive"), lambda row: row.capacity.exclusive, pods="exclusive"),
    Column("sharedPods", say("shared"), lambda row: row.capacity.shared, pods="shared"),
    Column("trunkPods", say("trunk"), lambda row: row.capacity.trunk, pods="trunk"),
    Column("podsPerVcpu", say("pods/vCPU"), _density, brief=False, fields=("CpuCoreCount",), pods="asked for"),
    Column("enis", say("ENIs"), lambda row: row.record.EniQuantity, fields=("EniQuantity",)),
    Column("enisWithTrunk", say("ENIs+trunk"), lambda row: row.record.EniTotalQuantity, brief=False,
           fields=("EniTotalQuantity",)),
    Column("trunkSupported", say("trunking"), lambda row: row.record.EniTrunkSupported, brief=False,
           fields=("EniTrunkSupported",)),
    Column("ipv4PerEni", "IPv4", lambda row: row.record.EniPrivateIpAddressQuantity,
           fields=("EniPrivateIpAddressQuantity",)),
    Column("ipv6PerEni", "IPv6", lambda row: row.record.EniIpv6AddressQuantity, fields=("EniIpv6AddressQuantity",)),
    Column("bandwidthGbps", "Gbit/s", _bandwidth, fields=("NetworkBandwidthGbps",)),
    _OF_ENI,
    _CARDS,
)  # fmt: skip
_PROVENANCE = (
    Column("onSale", say("on sale"), lambda row: row.record.on_sale, brief=False, fields=("OnSale",)),
    Column("limits", say("limits"), lambda row: row.record.limits_status, is_text=True, brief=False),
    Column("sourceDate", say("source"), lambda row: row.source_date, is_text=True),
)
_NOTES = Column("rules", say("rules"), _notes, is_text=True)


def _of_size(name: str, heading: str, value: Callable[[Size], int]) -> Column:
    return Column(name, heading, lambda row: None if row.size is None else value(row.size), pods="exclusive")


_SIZE = (
    _of_size("nodes", say("nodes"), lambda size: size.nodes),
    _of_size("nodesPerZone", say("nodes/zone"), lambda size: size.nodes_per_zone),
    _of_size("roomPerNode", say("room/node"), lambda size: size.pods_per_node),
    _of_size("podAddresses", say("pod IPs"), lambda size: size.pod_addresses),
    _of_size("podAddressesPerZone", say("pod IPs/zone"), lambda size: size.pod_addresses_per_zone),
    _of_size("nodeAddresses", say("node IPs"), lambda size: size.node_addresses),
)


_PRICES = (
    Column("pricePerHour", say("price/h"), lambda row: row.price),
    Column("pricePerPodHour", say("price/pod/h"), lambda row: _money(row.pod_price), pods="exclusive"),
)
_POOL_PRICE = Column("poolPricePerHour", say("pool/h"), _of_pool, pods="exclusive")


def all_columns(listing: Listing) -> tuple[Column, ...]:
    """Return all columns, for machines."""
    return (*_TYPE, *_LIMITS, *_PROVENANCE, *(_SIZE if listing.request else ()), *_prices(listing), _NOTES)


def brief_columns(listing: Listing) -> tuple[Column, ...]:
    """Return the columns for people: the requested ones, without redundant ones."""
    also = {
        *(_GPUS if any(row.record.gpus for row in listing.rows) else ()),
        *((_OF_ENI,) if listing.by_eni_bandwidth else ()),
        *((_CARDS,) if any(row.record.NetworkCardQuantity is not None for row in listing.rows) else ()),
    }
    limits = tuple(column for column in _LIMITS[1:] if column in also)
    rest = (_LIMITS[0], *limits, *_SIZE) if listing.request else (*_LIMITS, *_PROVENANCE)
    columns = tuple(c for c in (*_TYPE, *rest, *_prices(listing)) if c.brief or c in also)
    return (*columns, _NOTES) if any(row.words for row in listing.rows) else columns


def _prices(listing: Listing) -> tuple[Column, ...]:
    if listing.unpriced is None:
        return ()
    return (*_PRICES, _POOL_PRICE) if listing.request else _PRICES


def fields_of(column: Column, listing: Listing) -> tuple[str, ...]:
    """Return the API fields that a column is computed from; none if it is not a number of the data."""
    mode = listing.mode if column.pods == "asked for" else column.pods
    return column.fields if mode is None else (*column.fields, *made_of(mode, erdma=listing.erdma))


def layers_in(row: Row, listing: Listing) -> dict[str, str]:
    """Return the layers of each known number of a type, by column."""
    return {
        column.name: layers.name_of(fields, row.record.raw, row.over) if row.over else layers.BUNDLED
        for column in all_columns(listing)
        if (fields := fields_of(column, listing)) and column.value(row) is not None
    }


def layer_notes(listing: Listing) -> Iterator[Message]:
    """Yield notes on displayed numbers that do not come from the bundled data."""
    columns = brief_columns(listing)
    own = tuple(row for row in listing.rows if row.over)
    numbers = (
        (
            row.record.InstanceTypeId,
            {c.heading: fields_of(c, listing) for c in columns if c.value(row) is not None},
        )
        for row in own
    )
    notes = tuple(layers.notes(numbers, {row.record.InstanceTypeId: row.over for row in own}))
    yield from notes[:_MOST_NOTES]
    if len(notes) > _MOST_NOTES:
        yield say("and more: {option} says where each number comes from", option="--format json")


def shown(value: Value) -> str:
    """Format a value, or "unknown"."""
    if value is None:
        return say("unknown")
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return f"{value:g}" if isinstance(value, float) else str(value)


def summary(listing: Listing) -> Message:
    """Summarize the found and skipped types in one line."""
    return together(_summary(listing))


def _summary(listing: Listing) -> Iterator[Message]:
    every = len(listing.rows) + listing.left
    types = count(every, "{n} type", "{n} types")
    yield say("{types} found in specs of {specs}", types=types, specs=listing.specs.words)
    if listing.left:
        yield say("the first {n} are shown", n=len(listing.rows))
    if listing.rejected_total:
        yield _rejected(listing.rejected_total, listing.rejected)
    if listing.full:
        yield say("{n} have no room besides the DaemonSet pods", n=listing.full)
    if listing.unpriced == every:
        yield say("{n} have no price", n=every) if every else NOTHING
    elif listing.unpriced:
        yield say("{n} have no price and come last", n=listing.unpriced)
    yield from (say("{n} skipped: {fact} unknown", n=n, fact=fact) for fact, n in listing.unknown.items())
    if listing.unknown and not listing.rows:
        yield say("a DescribeInstanceTypes response has more: pass --specs FILE, or run `eniplan specs update`")


def _rejected(total: int, rows: tuple[Row, ...] | None) -> Message:
    if rows is None:
        return say("{n} rejected by rules (--why shows them)", n=total)
    if len(rows) == total:
        return say("{n} rejected by rules", n=total)
    return say("{n} rejected by rules (the first {shown} are shown)", n=total, shown=len(rows))
