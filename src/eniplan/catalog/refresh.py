"""What `eniplan specs update` writes: the rows of an account or of nodes, in a form that `catalog.own` reads.

The bundled data is no part of it: it stays beneath for what the API does not tell, such as whether a type is on sale.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eniplan.catalog.record import DEFAULT_SOURCE, LIMITS
from eniplan.catalog.rows import SCHEMA
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from eniplan.catalog.store import Catalog

_FIRST = ("InstanceTypeId", "InstanceTypeFamily", "CpuCoreCount", "MemorySize")
"""Types, families and sizes are found by these bytes in this order."""
KEPT = (
    *_FIRST, "CpuArchitecture", "GPUAmount", "GPUSpec", *LIMITS, "PrimaryEniQueueNumber", "SecondaryEniQueueNumber",
    "JumboFrameSupport", "NetworkCardQuantity",
)  # fmt: skip
"""The fields of DescribeInstanceTypes that a check, a choice of types or their reader can use, of about sixty."""


def refreshed(bundled: Catalog, rows: Iterable[Mapping[str, Any]], asked: Asked) -> str:
    """Return the text of the file.

    Args:
        bundled: the bundled data, for the families that rows do not name.
        rows: rows of DescribeInstanceTypes; later ones of a type lie over earlier ones.
        asked: where they are from.

    """
    merged: dict[str, dict[str, Any]] = {}
    for row in rows:
        stated = {field: row[field] for field in KEPT if row.get(field) is not None}
        merged[row["InstanceTypeId"]] = merged.get(row["InstanceTypeId"], {}) | stated
    lines = []
    for name, row in sorted(merged.items()):
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
    """Where rows are from."""

    title: str
    key: str
    date: str
    """The day on which they were read, ISO 8601."""
    region: str | None
    """The regions that list these types and no others; None: it is no whole region."""


def of_regions(regions: Sequence[str], today: str) -> Asked:
    """Return what says that rows are all types of some regions."""
    names = ", ".join(regions)
    return Asked(f"DescribeInstanceTypes, asked in {names}", f"account-{'-'.join(regions)}-{today}", today, names)


def of_nodes(today: str) -> Asked:
    """Return what says that rows are from the annotations of a cluster's nodes."""
    return Asked("annotation alibabacloud.com/instance-type-info of nodes", f"nodes-{today}", today, None)
