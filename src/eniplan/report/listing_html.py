"""Listings of instance types as one HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.sizing import asked
from eniplan.messages import count, say, together
from eniplan.report.html_page import Cell, bar, code, page, sections, table, text, tiles
from eniplan.report.listing import brief_columns, layer_notes, shown, summary
from eniplan.report.listing_formats import rejections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.report.listing import Column, Listing, Row


def write(listing: Listing) -> str:
    """Return the listing as a complete page."""
    return page(say("eniplan: instance types"), _body(listing))


def _body(listing: Listing) -> Iterator[str]:
    style = "good" if listing.rows else "error"
    what, about = say("Instance types"), ""
    if listing.request is not None:
        what = count(listing.request.pods, "Nodes for {n} exclusive pod", "Nodes for {n} exclusive pods")
        about = f"<p>{text(together(asked(listing.request), ', '))}</p>\n"
    yield f'<header class="card {style}"><h1>{text(what)}</h1>\n{about}'
    yield f'<p class="soft">{text(summary(listing))}</p></header>\n'
    yield tiles(
        (
            (say("pass for {mode} pods", mode=listing.mode), len(listing.rows) + listing.left, style),
            (say("rejected"), listing.rejected_total, ""),
            (say("skipped, a fact unknown"), sum(listing.unknown.values()), ""),
        )
    )
    yield from sections(((say("Types"), _types(listing)), (say("Rejected"), _rejected(listing))))


def _types(listing: Listing) -> Iterator[str]:
    if listing.rows:
        columns = brief_columns(listing)
        most = max(row.pods or 0 for row in listing.rows)
        headings = [*(column.heading for column in columns), say("pods per node")]
        rows = ([*(_cell(column, row) for column in columns), Cell(_picture(row, most))] for row in listing.rows)
        notes = "".join(f'<p class="soft">{text(note)}</p>\n' for note in layer_notes(listing))
        yield f'<section class="card">{table(headings, rows)}{notes}</section>\n'


def _rejected(listing: Listing) -> Iterator[str]:
    if listing.rejected:
        rows = (
            (Cell(code(row.record.InstanceTypeId)), Cell("<br>".join(map(text, rejections(row)))))
            for row in listing.rejected
        )
        yield f'<section class="card">{table((say("type"), say("why")), rows)}</section>\n'


def _cell(column: Column, row: Row) -> Cell:
    value = column.value(row)
    if column.name == "type":
        return Cell(code(shown(value)))
    seen = text(shown(value))
    return Cell(f'<span class="soft">{seen}</span>' if value is None else seen, not column.is_text)


def _picture(row: Row, most: int) -> str:
    return bar(say("{pods} pods per node", pods=shown(row.pods)), row.pods, None, scale=most)
