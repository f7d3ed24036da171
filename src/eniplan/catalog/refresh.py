"""Writes the files of `eniplan specs update`: rows from an account or from nodes, which `catalog.own` reads.

They do not repeat the bundled data, which still provides what the API lacks, such as whether a type is on sale.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eniplan.catalog.record import DEFAULT_SOURCE, LIMITS
from eniplan.catalog.rows import SCHEMA, without_odd_values
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from eniplan.catalog.store import Catalog

_FIRST = ("InstanceTypeId", "InstanceTypeFamily", "CpuCoreCount", "MemorySize")
"""The first fields of a row: `catalog.rows` finds types, families and sizes by their bytes in this order."""
KEPT = (
    *_FIRST, "CpuArchitecture", "GPUAmount", "GPUSpec", "GPUMemorySize", *LIMITS, "PrimaryEniQueueNumber",
    "SecondaryEniQueueNumber", "JumboFrameSupport", "NetworkCardQuantity",
)  # fmt: skip
"""The DescribeInstanceTypes fields (of about sixty) that checks, searches or readers use."""
_PAIR = ("EniPrivateIpAddressQuantity", "EniIpv6AddressQuantity")
"""Dual stack requires them to be equal."""


class Disagreement(NamedTuple):
    """A field of a type on which two sources disagree."""

    type: str
    field: str
    values: Mapping[str, Any]
    """The value of each source."""
    kept: Any
    """The value that gives fewer pods; None if none is used."""


class Merged(NamedTuple):
    """Rows merged from several sources, one per type."""

    rows: Mapping[str, Mapping[str, Any]]
    odd: tuple[str, ...]
    """Invalid values that were left out."""
    disagreements: tuple[Disagreement, ...]


def merged(told: Iterable[tuple[str, Mapping[str, Any]]]) -> Merged:
    """Merge DescribeInstanceTypes rows field by field. Where sources disagree, keep the value that is safe for all.

    Args:
        told: (source, row) pairs; the source is a region or a node. Later rows of the same type and source win.

    """
    said: dict[str, dict[str, dict[str, Any]]] = {}
    odd: dict[str, None] = {}
    for place, row in told:
        known, left_out = without_odd_values({field: row[field] for field in KEPT if row.get(field) is not None})
        odd |= dict.fromkeys(left_out)
        places = said.setdefault(known["InstanceTypeId"], {})
        places[place] = places.get(place, {}) | known
    rows: dict[str, Mapping[str, Any]] = {}
    disagreements: list[Disagreement] = []
    for name, places in said.items():
        differ = [field for field in KEPT if len({row[field] for row in places.values() if field in row}) > 1]
        row = {field: value for one in places.values() for field, value in one.items()}
        row = {field: _safest(field, places.values()) if field in differ else value for field, value in row.items()}
        if row.get(_PAIR[0]) == row.get(_PAIR[1]):
            # The two minima may be equal although no source has an equal pair: then use the pair of one source.
            pairs = [tuple(map(one.get, _PAIR)) for one in places.values() if set(_PAIR) <= set(one)]
            unequal = sorted(pair for pair in pairs if pair[0] != pair[1])
            row |= zip(_PAIR, unequal[0], strict=True) if unequal else ()
        for field in differ:
            values = {place: one[field] for place, one in places.items() if field in one}
            disagreements.append(Disagreement(name, field, values, row[field]))
        rows[name] = {field: value for field, value in row.items() if value is not None}
    return Merged(rows, tuple(odd), tuple(disagreements))


def _safest(field: str, rows: Iterable[Mapping[str, Any]]) -> Any:  # noqa: ANN401 - numbers and flags
    """Return the number that gives fewer pods, which is safe for every source; None for texts."""
    values = [row[field] for row in rows if field in row]
    if isinstance(values[0], str):
        return None
    return max(values) if field == "EriQuantity" else min(values)  # eRDMA uses an ENI


def refreshed(bundled: Catalog, rows: Mapping[str, Mapping[str, Any]], asked: Asked) -> str:
    """Return the text of the file of `specs update`. The bundled data knows families that rows do not name."""
    lines = []
    for name, found in sorted(rows.items()):
        row = dict(found)
        known = bundled.get(name)
        family = name.rpartition(".")[0] if known is None else known.InstanceTypeFamily
        size = row.get("MemorySize")
        if isinstance(size, float) and size.is_integer():
            row["MemorySize"] = int(size)  # the API writes 128.0
        new = {"InstanceTypeFamily": family, **row, "Sources": {DEFAULT_SOURCE: asked.key}}
        lines.append(json.dumps({field: new[field] for field in _FIRST if field in new} | new, ensure_ascii=False))
    header = {
        "schema": SCHEMA, "date": asked.date, "region": asked.region, "types": len(lines),
        "sources": {asked.key: {"title": asked.title, "url": None, "date": asked.date, "quality": "API response"}},
    }  # fmt: skip
    return "\n".join([json.dumps(header, ensure_ascii=False), *lines]) + "\n"


class Asked(NamedTuple):
    """The source of rows."""

    title: str
    key: str
    date: str
    """The day of the query, ISO 8601."""
    region: str | None
    """The regions that offer exactly these types; None if the rows do not cover whole regions."""


def of_regions(regions: Sequence[str], today: str) -> Asked:
    """Return the source of rows that are all types of some regions."""
    names = ", ".join(regions)
    return Asked(f"DescribeInstanceTypes, asked in {names}", f"account-{'-'.join(regions)}-{today}", today, names)


OF_NODES = "annotation alibabacloud.com/instance-type-info of nodes"
"""The source title of rows from nodes."""


def of_nodes(today: str) -> Asked:
    """Return the source of rows from the annotations of a cluster's nodes."""
    return Asked(OF_NODES, f"nodes-{today}", today, None)
