"""One instance type, one Lingjun node type, and where their numbers come from.

Field names are those of the ECS API's DescribeInstanceTypes and of eflo-controller's DescribeNodeType. None
means that no source states the number: unknown is never zero.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.messages import count, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from eniplan.messages import Message

LIMITS = (
    "EniQuantity",
    "EniPrivateIpAddressQuantity",
    "EniIpv6AddressQuantity",
    "EniTotalQuantity",
    "EniTrunkSupported",
    "EriQuantity",
)
"""The limits of an ECS type; each one that is known names its own source."""
DEFAULT_SOURCE = "*"
"""In `Sources`: where the numbers come from that name no source of their own."""


class Source(NamedTuple):
    """The source of a number or a statement. `date` is ISO 8601, None if the source has none."""

    title: str
    url: str | None
    date: str | None
    quality: str = ""


KINDS = ("refreshed", "nodes", "specs", "account")
"""Layers above the bundled data, lowest first: `specs update` of an account and of nodes, `--specs`, this run's."""


class OwnData(NamedTuple):
    """A layer above the bundled data: a user's file, or the answers of an account."""

    file: str
    date: str | None
    """The day as of which it stands, ISO 8601; None for a file that does not say."""
    region: str | None
    """Where the account was asked; the file then lists every type of that region."""
    odd: tuple[str, ...] = ()
    """Values that were left out, because no such field has them."""
    kind: str = "specs"
    """One of `KINDS`."""
    beneath: OwnData | None = None
    """The user's own file beneath this one."""

    def as_map(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**self._asdict(), "beneath": None if self.beneath is None else self.beneath.as_map()}

    @property
    def read_from(self) -> Message | str | None:
        """What was queried: a region or nodes; None: a user's own file."""
        return self.region or (say("nodes") if self.kind == "nodes" else None)

    def stack(self) -> Iterator[OwnData]:
        """Yield it, and then those beneath it."""
        layer: OwnData | None = self
        while layer is not None:
            yield layer
            layer = layer.beneath


OLD_AFTER = 180
"""Days after which it is told how old the instance data is."""


def old_days(day: str, own: OwnData | None, today: date | None) -> int | None:
    """Return the age of the instance data in days; None if not old enough to report.

    Args:
        day: as of which the bundled data stands, ISO 8601.
        own: the user's own data; that of a whole region is as good as new bundled data.
        today: the day of this run; None: not known.

    """
    for layer in () if own is None else own.stack():
        day = max(day, layer.date or "") if layer.region is not None else day
    if today is None:
        return None
    from datetime import date  # noqa: PLC0415 - for the few that ask

    age = (today - date.fromisoformat(day)).days
    return age if age >= OLD_AFTER else None


def old_words(days: int, day: str) -> Message:
    """Say how old the instance data is, and how to get newer."""
    return say(
        "the instance data is {days} days old ({date}); `eniplan specs update` asks your account for newer",
        days=days, date=day,
    )  # fmt: skip


def aged_words(words: Message | str, days: int | None) -> Message | str:
    """Add how old the instance data is, where that should be told."""
    return words if days is None else say("{specs} ({days} days old)", specs=words, days=days)


def specs_words(date: str, own: OwnData | None) -> Message | str:
    """Say which instance data was used, to be read behind "specs of"."""
    if own is None:
        return date
    words = specs_words(date, own.beneath)
    if own.region is not None:
        return say("{specs} and of {region} on {date}", specs=words, region=own.region, date=own.date)
    if own.kind == "nodes":
        return say("{specs} and of nodes on {date}", specs=words, date=own.date)
    if not own.odd:
        return say("{specs} and {file}", specs=words, file=own.file)
    odd = count(len(own.odd), "{n} odd value", "{n} odd values")
    return say("{specs} and {file} without {odd}", specs=words, file=own.file, odd=odd)


_GBPS = r"([0-9]+(?:\.[0-9]+)?)"
_BANDWIDTH = rf"{_GBPS}(?:/+无|/+(?:up to )?{_GBPS}|（[0-9.]+\*[0-9]+）)?"  # noqa: RUF001 - brackets of the page
"""`12/up to 25`, `32/无` (no burst), `160（80*2）` (of two network cards)."""  # noqa: RUF001 - the same


class InstanceType(NamedTuple):
    """An ECS instance type. Quantities are per instance or per ENI as the API defines them; memory is in GiB."""

    InstanceTypeId: str
    InstanceTypeFamily: str
    CpuCoreCount: int | None
    MemorySize: float | None
    EniQuantity: int | None
    """ENIs per instance, the primary one included."""
    EniPrivateIpAddressQuantity: int | None
    """IPv4 addresses per ENI."""
    EniIpv6AddressQuantity: int | None
    """IPv6 addresses per ENI."""
    EniTotalQuantity: int | None
    """ENIs of all kinds, trunk members included."""
    EniTrunkSupported: bool | None
    EriQuantity: int | None
    """eRDMA interfaces."""
    eri_stated: bool
    """The family's page says that eRDMA is supported, with or without a number."""
    limits_status: str
    """documented, approximate, unpublished, or disputed: sources contradict each other on the ENIs; none is taken."""
    on_sale: bool | None
    CpuArchitecture: str | None
    """X86 or ARM."""
    GPUAmount: int | None
    """Whole GPUs. The API says 1 of types that have a share of one: see `gpus`."""
    GPUFraction: str | None
    """The share of a card, such as 1/4, of types that share one."""
    GPUSpec: str | None
    """The model of the GPUs, such as NVIDIA A10."""
    GPUMemorySize: float | None
    """GiB of each GPU, or of the share of one."""
    NetworkBandwidthGbps: str | None
    """In the words of the page: base, and burst behind a slash."""
    NetworkCardQuantity: int | None
    sources: Mapping[str, str]
    raw: Mapping[str, Any]
    """The record as it stands in the data, for display."""

    @classmethod
    def from_map(cls, row: Mapping[str, Any]) -> InstanceType:
        """Build a record from a row of `instance_specs/ecs.jsonl` or of a DescribeInstanceTypes response."""
        get = row.get
        name = str(row["InstanceTypeId"])
        return cls(
            name,
            get("InstanceTypeFamily") or name.rpartition(".")[0],
            get("CpuCoreCount"),
            get("MemorySize"),
            get("EniQuantity"),
            get("EniPrivateIpAddressQuantity"),
            get("EniIpv6AddressQuantity"),
            get("EniTotalQuantity"),
            get("EniTrunkSupported"),
            get("EriQuantity"),
            bool(get("EriStated")),
            get("LimitsStatus") or "documented",
            get("OnSale"),
            get("CpuArchitecture"),
            get("GPUAmount"),
            get("GPUFraction"),
            get("GPUSpec"),
            get("GPUMemorySize"),
            get("NetworkBandwidthGbps"),
            get("NetworkCardQuantity"),
            get("Sources") or {},
            row,
        )

    @property
    def bandwidth(self) -> tuple[str, str | None] | None:
        """The base bandwidth in Gbit/s, and the burst bandwidth if there is any; None when not known."""
        found = re.fullmatch(_BANDWIDTH, self.NetworkBandwidthGbps or "")
        return None if found is None else (found[1], found[2])

    @property
    def gpus(self) -> float | None:
        """GPUs, a share of a card counted as a fraction; None when not known."""
        if self.GPUFraction is None:
            return self.GPUAmount
        part, _, whole = self.GPUFraction.partition("/")
        return int(part) / int(whole)

    def source_of(self, field: str) -> str | None:
        """Return the key of the source of a field."""
        return self.sources.get(field) or self.sources.get(DEFAULT_SOURCE)


class LingjunNodeType(NamedTuple):
    """A Lingjun node type, as eflo-controller's DescribeNodeType gives it."""

    NodeType: str
    EniQuantity: int | None
    EniPrivateIpAddressQuantity: int | None
    EniIpv6AddressQuantity: int | None
    EniHighDenseQuantity: int | None
    limits_status: str
    """documented, example (the values of an API page's example) or unpublished."""
    sources: Mapping[str, str]
    raw: Mapping[str, Any]

    @classmethod
    def from_map(cls, row: Mapping[str, Any]) -> LingjunNodeType:
        """Build a record from a row of `instance_specs/lingjun.jsonl`."""
        get = row.get
        return cls(
            row["NodeType"],
            get("EniQuantity"),
            get("EniPrivateIpAddressQuantity"),
            get("EniIpv6AddressQuantity"),
            get("EniHighDenseQuantity"),
            get("LimitsStatus", "documented"),
            get("Sources", {}),
            row,
        )


class Conflict(NamedTuple):
    """Sources that disagree on a limit: each value with its sources; `chosen` is the one used."""

    field: str
    chosen: int | None
    values: Mapping[str, tuple[str, ...]]
