"""Listings of instance types on a terminal. Separate from the view of reports, which does not import tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from eniplan.messages import say
from eniplan.report.listing import brief_columns, layer_notes, shown
from eniplan.report.listing_formats import rejections
from eniplan.report.terminal_view import render
from eniplan.text import columns, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from eniplan.report.listing import Column, Listing

_LABEL = "dim"
_DISPENSABLE = (
    "networkCards", "architecture", "sourceDate", "bandwidthGbps", "trunkPods", "sharedPods", "nodeAddresses",
    "podAddressesPerZone", "roomPerNode", "ipv6PerEni", "ipv4PerEni", "nodesPerZone", "gpuMemoryGiB", "enis",
    "memoryGiB", "podAddresses", "gpuModel", "vcpu", "gpus",
)  # fmt: skip
"""Columns to drop on narrow terminals, in this order."""


def write(found: Listing, *, width: int, colour: bool) -> str:
    """Return the terminal view of a listing, `width` columns wide."""
    return render(_found(found, width), width, colour=colour)


def _found(found: Listing, width: int) -> Iterator[RenderableType]:
    if found.rows:
        kept, hidden = _that_fit(found, width)
        table = Table(box=None, pad_edge=False, header_style=_LABEL, padding=(0, 1))
        for column in kept:
            table.add_column(column.heading, justify="left" if column.is_text else "right", no_wrap=True)
        for row in found.rows:
            cells = [(column.value(row) is None, printable(shown(column.value(row)))) for column in kept]
            table.add_row(*(Text(cell, style=_LABEL if is_unknown else "") for is_unknown, cell in cells))
        yield table
        yield from (Text(printable(note), style=_LABEL) for note in layer_notes(found))
        if hidden:
            narrow = say("too narrow for {columns}: --format csv has all", columns=tuple(c.heading for c in hidden))
            yield Text(narrow, style=_LABEL)
    if found.rejected:
        reasons = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
        for row in found.rejected:
            for text in rejections(row):
                rule, _, message = text.partition(": ")
                reasons.add_row(
                    Text(printable(row.record.InstanceTypeId)), Text(rule, style="red"), Text(printable(message))
                )
        yield from (Line(Text(say("rejected"), style=_LABEL), style=_LABEL, align="left"), reasons)


def _that_fit(found: Listing, width: int) -> tuple[list[Column], list[Column]]:
    """Return the columns that fit the terminal without wrapping, and the others."""
    kept = list(brief_columns(found))
    widths = {
        c: max(columns(c.heading), *(columns(printable(shown(c.value(row)))) for row in found.rows)) + 2 for c in kept
    }
    hidden = []
    for name in _DISPENSABLE:
        column = next((c for c in kept if c.name == name), None)
        if column is not None and sum(widths[c] for c in kept) - 2 > width:
            kept.remove(column)
            hidden.append(column)
    return kept, hidden
