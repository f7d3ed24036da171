"""What `eniplan specs update` writes: the account's rows over the bundled ones, in a form that `catalog.own` reads.

The bundled data stays beneath for what the API does not tell, such as whether a type is still on sale, and each number
keeps the source that states it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from eniplan.catalog.record import DEFAULT_SOURCE, LIMITS
from eniplan.catalog.rows import SCHEMA
from eniplan.catalog.store import laid_over

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.catalog.store import Catalog

_FIRST = ("InstanceTypeId", "InstanceTypeFamily", "CpuCoreCount", "MemorySize")
"""Types, families and sizes are found by these bytes in this order."""
KEPT = (
    *_FIRST, "CpuArchitecture", "GPUAmount", "GPUSpec", *LIMITS, "PrimaryEniQueueNumber", "SecondaryEniQueueNumber",
    "JumboFrameSupport", "NetworkCardQuantity",
)  # fmt: skip
"""The fields of DescribeInstanceTypes that a check, a choice of types or their reader can use, of about sixty."""


def refreshed(bundled: Catalog, rows: Iterable[Mapping[str, Any]], region: str, today: str) -> str:
    """Return the text of the file.

    Args:
        bundled: the bundled data, and nothing before it.
        rows: all rows of DescribeInstanceTypes of a region.
        region: its id.
        today: the day on which they were asked for, ISO 8601.

    """
    key = f"account-{region}-{today}"
    known = {record.InstanceTypeId: record for record in bundled.all()}
    lines, used = [], {key: None}
    for row in sorted(rows, key=lambda row: str(row["InstanceTypeId"])):
        name = row["InstanceTypeId"]
        new = laid_over(known.get(name), {field: row[field] for field in KEPT if field in row}, key)
        new["InstanceTypeFamily"] = new.get("InstanceTypeFamily") or name.rpartition(".")[0]
        size = new.get("MemorySize")
        if isinstance(size, float) and size.is_integer():
            new["MemorySize"] = int(size)  # the API writes 128.0
        new["Sources"] = _shortened(new, key)
        used |= dict.fromkeys(new["Sources"].values())
        ordered = {field: new[field] for field in _FIRST if field in new} | new
        lines.append(json.dumps(ordered, ensure_ascii=False))
    asked = {
        "title": f"DescribeInstanceTypes, asked in {region}",
        "url": None,
        "date": today,
        "quality": "API response",
    }
    others = {name: source._asdict() for name in used if (source := bundled.source(name)) is not None}
    header = {"schema": SCHEMA, "date": today, "region": region, "types": len(lines), "sources": {key: asked, **others}}
    return "\n".join([json.dumps(header, ensure_ascii=False), *lines]) + "\n"


def _shortened(row: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return the sources of a row with the account as the common one: it states most of the fields."""
    named: Mapping[str, str] = row["Sources"]
    of_fields = {field: named.get(field) or named.get(DEFAULT_SOURCE, key) for field in row if field != "Sources"}
    return {**{field: source for field, source in of_fields.items() if source != key}, DEFAULT_SOURCE: key}
