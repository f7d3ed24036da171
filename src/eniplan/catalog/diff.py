"""Compares the bundled instance data with a user's own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.record import LIMITS, Source
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.catalog.record import InstanceType
    from eniplan.catalog.store import Catalog

FIELDS = ("CpuCoreCount", "MemorySize", *LIMITS)
"""The compared fields: those that rules and searches depend on."""


class Stated(NamedTuple):
    """A value and its source; None if unknown."""

    value: float | None
    source: Source | None


class Change(NamedTuple):
    """One limit of one type."""

    type: str
    field: str
    bundled: Stated
    own: Stated


class Difference(NamedTuple):
    """All differences, each part in the order of the data."""

    added: tuple[InstanceType, ...]
    removed: tuple[str, ...]
    """Types that the region does not offer. Empty for a file that does not cover a whole region."""
    changed: tuple[Change, ...]
    """Limits of the bundled data that differ in, or are missing from, the user's file."""
    learned: tuple[Change, ...]
    """Limits that the bundled data lacks."""


def difference(bundled: Catalog, own: Catalog) -> Difference:
    """Compare the bundled data with the layers over it in `own`."""
    known = {record.InstanceTypeId: record for record in bundled.all()}
    mine = own.own_types()
    changes = [
        change
        for record in mine
        if (old := known.get(record.InstanceTypeId)) is not None
        for change in _changes(bundled, old, own, record)
    ]
    listed = {record.InstanceTypeId for record in mine}
    is_whole = own.own is not None and own.own.region is not None
    return Difference(
        tuple(record for record in mine if record.InstanceTypeId not in known),
        tuple(name for name in known if is_whole and name not in listed),
        tuple(change for change in changes if change.bundled.value is not None),
        tuple(change for change in changes if change.bundled.value is None),
    )


def _changes(bundled: Catalog, old: InstanceType, own: Catalog, new: InstanceType) -> list[Change]:
    pairs = ((field, _stated(bundled, old, field), _stated(own, new, field)) for field in FIELDS)
    return [Change(new.InstanceTypeId, *pair) for pair in pairs if pair[1].value != pair[2].value]


def _stated(catalog: Catalog, record: InstanceType, field: str) -> Stated:
    value = getattr(record, field)
    return Stated(value, None if value is None else catalog.source_for(record, field))
