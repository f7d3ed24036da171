"""Found instance types as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.report.html_page import Cell, bar, code, page, sections, table, text, tiles
from eniplan.report.listing import brief_columns, layer_notes, shown, summary
from eniplan.report.listing_formats import rejections
from eniplan.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.catalog.sizing import Request
    from eniplan.report.listing import Column, Listing, Row

_LOSSES = {
    "nothing": "nothing to spare",
    "node": "one node may be lost",
    "zone": "a whole zone may be lost",
}


def write(listing: Listing) -> str:
    """Return the listing as a page of its own."""
    return page("eniplan: instance types", _body(listing))


def _body(listing: Listing) -> Iterator[str]:
    style = "good" if listing.rows else "error"
    what, asked = "Instance types", ""
    if listing.request is not None:
        what = f"Nodes for {plural(listing.request.pods, 'exclusive pod')}"
        asked = f"<p>{', '.join(_asked(listing.request))}</p>\n"
    yield f'<header class="card {style}"><h1>{what}</h1>\n{asked}'
    yield f'<p class="soft">{text(summary(listing))}</p></header>\n'
    yield tiles(
        (
            (f"pass for {listing.mode} pods", len(listing.rows) + listing.left, style),
            ("rejected", listing.rejected_total, ""),
            ("left out, a fact unknown", sum(listing.unknown.values()), ""),
        )
    )
    yield from sections((("Types", _types(listing)), ("Rejected", _rejected(listing))))


def _types(listing: Listing) -> Iterator[str]:
    if listing.rows:
        columns = brief_columns(listing)
        most = max(row.pods or 0 for row in listing.rows)
        headings = [*(column.heading for column in columns), "pods per node"]
        rows = ([*(_cell(column, row) for column in columns), Cell(_picture(row, most))] for row in listing.rows)
        notes = "".join(f'<p class="soft">{text(note)}</p>\n' for note in layer_notes(listing))
        yield f'<section class="card">{table(headings, rows)}{notes}</section>\n'


def _rejected(listing: Listing) -> Iterator[str]:
    if listing.rejected:
        rows = (
            (Cell(code(row.record.InstanceTypeId)), Cell("<br>".join(map(text, rejections(row)))))
            for row in listing.rejected
        )
        yield f'<section class="card">{table(("type", "why"), rows)}</section>\n'


def _asked(request: Request) -> Iterator[str]:
    if request.zones > 1:
        yield f"spread over {request.zones} zones"
    if request.daemon_pods:
        yield f"beside {plural(request.daemon_pods, 'DaemonSet pod')} on each node"
    yield _LOSSES[request.loss]


def _cell(column: Column, row: Row) -> Cell:
    seen = shown(column.value(row))
    if column.name == "type":
        return Cell(code(seen))
    return Cell(f'<span class="soft">{seen}</span>' if seen == "unknown" else text(seen), not column.is_text)


def _picture(row: Row, most: int) -> str:
    return bar(f"{shown(row.pods)} pods per node", row.pods, None, scale=most)
