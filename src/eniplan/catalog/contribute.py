"""Builds rows of types that the bundled data lacks, as a source for `./dev specs`: see `instance_specs/README.md`.

Rows hold only what the API returns to every account: no account, region, stock or price.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from eniplan.catalog.record import DEFAULT_SOURCE, LIMITS
from eniplan.catalog.refresh import OF_NODES, Disagreement, merged
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.catalog.rows import Own
    from eniplan.catalog.store import Catalog

PUBLIC = (
    "InstanceTypeId", "InstanceTypeFamily", "CpuCoreCount", "MemorySize", "CpuArchitecture",
    "GPUAmount", "GPUSpec", "GPUMemorySize", *LIMITS,
)  # fmt: skip
"""The fields that a row may have."""
_TEXTS = {
    "InstanceTypeId": r"ecs\.[a-z0-9-]+\.[a-z0-9-]+",
    "InstanceTypeFamily": r"ecs\.[a-z0-9-]+",
    "CpuArchitecture": "X86|ARM|Arm",
    "GPUSpec": r"[A-Za-z0-9][A-Za-z0-9 ./*+-]{0,39}",
}
"""The accepted form of each text field. Other texts are left out: they could reveal anything."""
API = "real API output"
BY_HAND = "approximate"
"""The origin of rows that no API response backs; the build uses them only where no other source has a value."""


class Part(NamedTuple):
    """Rows from one origin."""

    title: str
    date: str | None
    """The day of the API response, ISO 8601; None if unknown."""
    is_api: bool
    rows: tuple[tuple[str, Mapping[str, Any]], ...]
    """(source, row) pairs; the source is a file or a node."""
    odd: tuple[str, ...] = ()
    """Invalid values that reading the file already dropped."""


class Contribution(NamedTuple):
    """The rows to contribute, and what was left out of them."""

    text: str
    """Empty if there is nothing to contribute."""
    types: int
    by_hand: tuple[str, ...]
    """Types with a number whose source is not an API response."""
    sizeless: tuple[str, ...]
    """Types without a MemorySize in any source: the build skips them."""
    odd: tuple[str, ...]
    disagreements: tuple[Disagreement, ...]
    """Fields left out because two sources disagree."""


def parts(layer: Own) -> Iterator[Part]:
    """Yield the rows of an instance data file, grouped by whether they come from the API."""
    api = {key for key, source in layer.sources.items() if source.quality.startswith("API response")}
    title = "DescribeInstanceTypes" if layer.about.kind != "nodes" else OF_NODES
    for is_api in (True, False):
        rows = tuple((layer.about.file, row) for row in layer.all_rows() if _is_of(row, api) == is_api)
        if rows:
            yield Part(title if is_api else "rows by hand", layer.about.date, is_api, rows, layer.about.odd)


def _is_of(row: Mapping[str, Any], keys: set[str]) -> bool:
    sources = row.get("Sources") or {}
    stated = (field for field in PUBLIC[2:] if row.get(field) is not None)
    return all(sources.get(field, sources.get(DEFAULT_SOURCE)) in keys for field in stated)


def contribution(bundled: Catalog, given: Iterable[Part]) -> Contribution:
    """Return what the bundled data lacks: whole types, and the ENI limits of types."""
    given = tuple(given)
    told = (item for part in given for item in part.rows)
    found = merged((place, {field: row.get(field) for field in PUBLIC}) for place, row in told)
    disputed = {(told.type, told.field) for told in found.disagreements}
    odd = [*dict.fromkeys(value for part in given for value in part.odd), *found.odd]
    rows = []
    for name, row in sorted(found.rows.items()):
        public = {field: row[field] for field in PUBLIC if field in row and (name, field) not in disputed}
        known = bundled.get(name)
        if known is not None and (known.EniQuantity is not None or "EniQuantity" not in public):
            continue
        texts = {field: public[field] for field in _TEXTS if field in public}
        strange = [field for field, text in texts.items() if not re.fullmatch(_TEXTS[field], text)]
        odd += [f"{name}: {field} is {texts[field]!r}" for field in strange]
        if "InstanceTypeId" not in strange and not set(public) <= set(PUBLIC[:2]):
            rows.append({field: value for field, value in public.items() if field not in strange})
    names = {row["InstanceTypeId"] for row in rows}
    used = [part for part in given if any(row["InstanceTypeId"] in names for _, row in part.rows)]
    hand = {row["InstanceTypeId"] for part in used if not part.is_api for _, row in part.rows} & names
    sizeless = [n for n in sorted(names) if bundled.get(n) is None and "MemorySize" not in found.rows[n]]
    left_out = tuple(item for item in found.disagreements if item.type in names)
    text = _document(rows, used, API if not hand else BY_HAND) if rows else ""
    return Contribution(text, len(rows), tuple(sorted(hand)), tuple(sizeless), tuple(odd), left_out)


def _document(rows: list[dict[str, Any]], used: list[Part], quality: str) -> str:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    dates = [part.date for part in used]
    day = min(filter(None, dates)) if all(dates) else None
    about = {
        "title": "; ".join(dict.fromkeys(part.title for part in used)),
        "quality": quality,
        **({} if day is None else {"date": day}),
        "licence": "facts of a public API",
        "form": "rows",
        "taken": "printed by eniplan specs contribute",
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    head = "".join(f"{name}: {value}\n" for name, value in about.items())
    return f"---\n{head}---\n{text}"
