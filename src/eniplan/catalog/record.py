"""Records of instance types and Lingjun node types, with the source of each number.

Field names are those of DescribeInstanceTypes (ECS) and DescribeNodeType (eflo-controller). None
means that no source states the number: unknown is never zero.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.k8s.nodes import ARCHITECTURES
from eniplan.messages import NOTHING, count, say
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
"""The limits of an ECS type. Each known limit names its own source."""
DEFAULT_SOURCE = "*"
"""The key in `Sources` for numbers without a source of their own."""


class Source(NamedTuple):
    """The source of a number or a statement. `date` is ISO 8601, None if the source has none."""

    title: str
    url: str | None
    date: str | None
    quality: str = ""

    def as_map(self) -> dict[str, str | None]:
        """Return what reports show of it."""
        return {"title": self.title, "url": self.url, "date": self.date}


KINDS = ("refreshed", "nodes", "specs", "account")
"""Kinds of layers over the bundled data, lowest first: `specs update` from an account or nodes, `--specs`, live."""


class OwnData(NamedTuple):
    """A layer over the bundled data: a user's file, or API responses of an account."""

    file: str
    date: str | None
    """The day of the data, ISO 8601; None if the file does not state it."""
    region: str | None
    """The queried region; the file then lists every type of that region."""
    odd: tuple[str, ...] = ()
    """Invalid values that were left out."""
    kind: str = "specs"
    """One of `KINDS`."""
    beneath: OwnData | None = None
    """The next layer below."""

    def as_map(self) -> dict[str, Any]:
        """Return the layer as JSON values."""
        return {**self._asdict(), "beneath": None if self.beneath is None else self.beneath.as_map()}

    @property
    def read_from(self) -> Message | str | None:
        """What was queried: a region, or nodes; None for a user's own file."""
        return self.region or (say("nodes") if self.kind == "nodes" else None)

    def stack(self) -> Iterator[OwnData]:
        """Yield this layer, then those below it."""
        layer: OwnData | None = self
        while layer is not None:
            yield layer
            layer = layer.beneath


OLD_AFTER = 180
"""Days after which reports state the age of the instance data."""


def old_days(day: str, own: OwnData | None, today: date | None) -> int | None:
    """Return the age of the instance data in days; None if not old enough to report.

    Args:
        day: the day of the bundled data, ISO 8601.
        own: the user's own data. Data of a whole region counts like new bundled data.
        today: the day of this run; None if unknown.

    """
    for layer in () if own is None else own.stack():
        day = max(day, layer.date or "") if layer.region is not None else day
    if today is None:
        return None
    from datetime import date  # noqa: PLC0415 - seldom needed

    age = (today - date.fromisoformat(day)).days
    return age if age >= OLD_AFTER else None


def old_words(days: int, day: str) -> Message:
    """Return the age of the instance data and how to update it, in words."""
    return say(
        "the instance data is {days} days old ({date}); `eniplan specs update` asks your account for newer",
        days=days, date=day,
    )  # fmt: skip


def aged_words(words: Message | str, days: int | None) -> Message | str:
    """Add the age of the instance data, if old enough to report."""
    return words if days is None else say("{specs} ({days} days old)", specs=words, days=days)


def specs_words(date: str, own: OwnData | None) -> Message | str:
    """Return which instance data was used, in words that follow "specs of"."""
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


class Specs(NamedTuple):
    """The instance data of a run, as reports name it."""

    date: str
    """The day of the bundled data, ISO 8601."""
    types: int
    """The number of known ECS types."""
    own: OwnData | None
    """The user's data that overrode the bundled data."""
    age: int | None
    """Its age in days; None if not old enough to report."""

    @property
    def words(self) -> Message | str:
        """The data, in words that follow "specs of"."""
        return aged_words(specs_words(self.date, self.own), self.age)

    @property
    def old(self) -> Message:
        """The age of old data and how to update it, in words; empty for other data."""
        return NOTHING if self.age is None else old_words(self.age, self.date)


def family_of(name: str, row: Mapping[str, Any]) -> str:
    """Return the family of a type: as its row says, or else from its name."""
    return row.get("InstanceTypeFamily") or name.rpartition(".")[0]


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
    """ENIs per instance, including the primary ENI."""
    EniPrivateIpAddressQuantity: int | None
    """IPv4 addresses per ENI."""
    EniIpv6AddressQuantity: int | None
    """IPv6 addresses per ENI."""
    EniTotalQuantity: int | None
    """ENIs of all kinds, including trunk member ENIs."""
    EniTrunkSupported: bool | None
    EriQuantity: int | None
    """eRDMA interfaces."""
    eri_stated: bool
    """Whether the family's page states eRDMA support, with or without a number."""
    limits_status: str
    """documented, approximate, unpublished, or disputed (sources disagree on the ENIs, so none is used)."""
    on_sale: bool | None
    CpuArchitecture: str | None
    """X86 or ARM."""
    GPUAmount: int | None
    """Whole GPUs. For types with a share of a GPU the API returns 1: see `gpus`."""
    GPUFraction: str | None
    """The share of a GPU, such as 1/4, of types that share one."""
    GPUSpec: str | None
    """The model of the GPUs, such as NVIDIA A10."""
    GPUMemorySize: float | None
    """GiB of each GPU, or of the share."""
    NetworkBandwidthGbps: str | None
    """As the page writes it: base, and burst after a slash."""
    NetworkCardQuantity: int | None
    sources: Mapping[str, str]
    raw: Mapping[str, Any]
    """The record as in the data, for display."""

    @property
    def architecture(self) -> str | None:
        """The value of the label kubernetes.io/arch on its nodes; None if unknown."""
        return ARCHITECTURES.get((self.CpuArchitecture or "").upper())

    @classmethod
    def from_map(cls, row: Mapping[str, Any]) -> InstanceType:
        """Build a record from a row of `instance_specs/ecs.jsonl` or of a DescribeInstanceTypes response."""
        name = str(row["InstanceTypeId"])
        found = {
            **row,
            "InstanceTypeId": name,
            "InstanceTypeFamily": family_of(name, row),
            "eri_stated": bool(row.get("EriStated")),
            "limits_status": row.get("LimitsStatus") or "documented",
            "on_sale": row.get("OnSale"),
            "sources": row.get("Sources") or {},
            "raw": row,
        }
        return cls._make(map(found.get, cls._fields))

    @property
    def bandwidth(self) -> tuple[str, str | None] | None:
        """The base bandwidth in Gbit/s, and the burst bandwidth if any; None if unknown."""
        found = re.fullmatch(_BANDWIDTH, self.NetworkBandwidthGbps or "")
        return None if found is None else (found[1], found[2])

    @property
    def gpus(self) -> float | None:
        """The number of GPUs, with a share as a fraction; None if unknown."""
        if self.GPUFraction is None:
            return self.GPUAmount
        part, _, whole = self.GPUFraction.partition("/")
        return int(part) / int(whole)

    def source_of(self, field: str) -> str | None:
        """Return the key of a field's source."""
        return self.sources.get(field) or self.sources.get(DEFAULT_SOURCE)


class LingjunNodeType(NamedTuple):
    """A Lingjun node type, as eflo-controller's DescribeNodeType returns it."""

    NodeType: str
    EniQuantity: int | None
    EniHighDenseQuantity: int | None
    limits_status: str
    """documented, example (values of an example on an API page) or unpublished."""
    sources: Mapping[str, str]
    raw: Mapping[str, Any]

    @classmethod
    def from_map(cls, row: Mapping[str, Any]) -> LingjunNodeType:
        """Build a record from a row of `instance_specs/lingjun.jsonl`."""
        get = row.get
        return cls(
            row["NodeType"],
            get("EniQuantity"),
            get("EniHighDenseQuantity"),
            get("LimitsStatus", "documented"),
            get("Sources", {}),
            row,
        )


class Conflict(NamedTuple):
    """A limit on which sources disagree: each value with its sources. `chosen` is the value used."""

    field: str
    chosen: int | None
    values: Mapping[str, tuple[str, ...]]
