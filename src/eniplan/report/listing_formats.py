"""Listings of instance types for pipes, programs, spreadsheets and shells. Pure functions."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from eniplan._version import __version__
from eniplan.messages import in_english, say
from eniplan.report import layers
from eniplan.report.listing import all_columns, brief_columns, layer_notes, layers_in, shown
from eniplan.text import columns as width_of
from eniplan.text import json_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.report.listing import Column, Listing, Row

SCHEMA = "eniplan.instances/v1"


def plain(listing: Listing) -> str:
    """Return a table with one line per type, then the rejected types with the rules that reject them."""
    lines = list(_table(brief_columns(listing), listing.rows)) if listing.rows else []
    lines += map(printable, layer_notes(listing))
    for row in listing.rejected or ():
        name = row.record.InstanceTypeId
        lines += [printable(say("{type}: rejected by {why}", type=name, why=text)) for text in rejections(row)]
    return "".join(line + "\n" for line in lines)


def rejections(row: Row) -> Iterator[str]:
    """Yield each rule that rejects a type, with its message."""
    return (f"{word.rule.id}: {word.message}" for word in row.words if word.level == "error")


def _table(columns: tuple[Column, ...], rows: Iterable[Row]) -> Iterator[str]:
    cells = [[column.heading for column in columns]]
    cells += [[printable(shown(column.value(row))) for column in columns] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        parts = (
            cell + " " * (width - width_of(cell)) if column.is_text else " " * (width - width_of(cell)) + cell
            for cell, width, column in zip(line, widths, columns, strict=True)
        )
        yield "  ".join(parts).rstrip()


def names(listing: Listing) -> str:
    """Return the ids of the types, one per line."""
    return "".join(printable(row.record.InstanceTypeId) + "\n" for row in listing.rows)


def comma_separated(listing: Listing) -> str:
    """Return all columns as CSV. With rejected types, a last column names the rules that reject them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = all_columns(listing)
    with_rejected = listing.rejected is not None
    writer.writerow([*(column.name for column in columns), "layers", *["rejectedBy"] * with_rejected])
    for row in (*listing.rows, *(listing.rejected or ())):
        rejecting = "+".join(word.rule.id for word in row.words if word.level == "error")
        cells = (in_english(shown(column.value(row))) for column in columns)
        writer.writerow([*cells, _layers(row, listing), *[rejecting] * with_rejected])
    return out.getvalue()


def _layers(row: Row, listing: Listing) -> str:
    """Return the columns from each layer, such as `specs:enis+ipv4PerEni`; others come from the bundled data."""
    found: dict[str, list[str]] = {}
    for number, layer in layers_in(row, listing).items():
        if layer != layers.BUNDLED:
            found.setdefault(layer, []).append(number)
    return " ".join(f"{layer}:{'+'.join(numbers)}" for layer, numbers in found.items()) or layers.BUNDLED


def as_json(listing: Listing) -> str:
    """Return the listing as one JSON document, one type per line; null means unknown."""
    specs = listing.specs
    head: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": {"name": "eniplan", "version": __version__},
        "specs": {
            "date": specs.date,
            **({} if specs.age is None else {"ageDays": specs.age}),
            **({"own": specs.own.as_map()} if specs.own else {}),
            "layers": layers.as_map(specs.date, specs.own),
        },
        "mode": listing.mode,
        "request": None if listing.request is None else listing.request._asdict(),
        "more": listing.left,
        "rejectedTotal": listing.rejected_total,
        "noRoom": listing.full,
        "unknown": {in_english(fact): n for fact, n in listing.unknown.items()},
        **({} if listing.unpriced is None else {"unpriced": listing.unpriced}),
    }
    parts = [f'"{key}": {json_text(value)}' for key, value in head.items()]
    parts.append(_rows("types", listing, listing.rows))
    if listing.rejected is not None:
        parts.append(_rows("rejected", listing, listing.rejected))
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _rows(key: str, listing: Listing, rows: tuple[Row, ...]) -> str:
    columns = all_columns(listing)[:-1]
    items = []
    for row in rows:
        item: dict[str, object] = {column.name: column.value(row) for column in columns}
        item["rules"] = [{"rule": w.rule.id, "level": w.level or "undecided", "message": w.message} for w in row.words]
        item["layers"] = layers_in(row, listing)
        items.append("\n  " + json_text(item))
    return f'"{key}": [' + ",".join(items) + ("\n ]" if items else "]")
