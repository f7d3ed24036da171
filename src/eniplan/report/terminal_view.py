"""The report for a person at a terminal. The only module that imports rich; returns text, prints nothing.

Values that came from a user or an API are put in as `Text`, never as markup: rich would swallow `[brackets]`.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from eniplan.catalog.limits import Capacity
from eniplan.report.listing import brief_columns, shown
from eniplan.report.listing_formats import rejections
from eniplan.report.plain import PROVEN, number, proven_cells, span, summary
from eniplan.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.report.listing import Column, Listing
    from eniplan.report.model import Finding, PoolSheet, Report, Undecided

_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}
_SIGNS = {"error": "✗", "warning": "!", "info": "i"}
_LABEL = "dim"
_WIDE = 100
"""From so many columns on tables have room between theirs."""
_DISPENSABLE = (
    "architecture", "sourceDate", "bandwidthGbps", "trunkPods", "sharedPods", "nodeAddresses", "podAddressesPerZone",
    "roomPerNode", "ipv6PerEni", "ipv4PerEni", "nodesPerZone", "enis", "memoryGiB", "podAddresses", "vcpu", "gpus",
)  # fmt: skip
"""Columns of found types that a narrow terminal leaves out, the first one first."""


def write(report: Report, *, width: int, colour: bool) -> str:
    """Return the terminal view of a report, `width` columns wide."""
    return _render(_blocks(report, 1 if width < _WIDE else 2), width, colour=colour)


def listing(found: Listing, *, width: int, colour: bool) -> str:
    """Return the terminal view of found instance types, `width` columns wide."""
    return _render(_found(found, width), width, colour=colour)


def _render(blocks: Iterable[RenderableType], width: int, *, colour: bool) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=True, no_color=not colour, color_system="standard", highlight=False,
        legacy_windows=False, _environ={},
    )  # fmt: skip
    for block in blocks:
        console.print(block)
    text = out.getvalue() if colour else Text.from_ansi(out.getvalue()).plain.rstrip("\n") + "\n"
    # rich fills cells up to their column; nobody wants those blanks when copying from a terminal
    return re.sub(r"(?: |\x1b\[[0-9;]*m)+$", lambda end: end[0].replace(" ", ""), text, flags=re.MULTILINE)


def _blocks(report: Report, gap: int) -> Iterator[RenderableType]:
    told = set()
    for finding in report.findings:
        yield _finding(finding, first=finding.rule.id not in told)
        told.add(finding.rule.id)
    if report.undecided:
        yield _undecided(report.undecided)
    if report.pools:
        yield _capacity(report.pools, gap)
        if any(pool.addresses for pool in report.pools):
            yield _addresses(report.pools, gap)
        if any(pool.proven for pool in report.pools):
            yield _proven(report.pools, gap)
    yield _verdict(report)


def _found(found: Listing, width: int) -> Iterator[RenderableType]:
    if found.rows:
        columns, hidden = _that_fit(found, width)
        table = Table(box=None, pad_edge=False, header_style=_LABEL, padding=(0, 1))
        for column in columns:
            table.add_column(column.heading, justify="left" if column.is_text else "right", no_wrap=True)
        for row in found.rows:
            cells = [printable(shown(column.value(row))) for column in columns]
            table.add_row(*(Text(cell, style=_LABEL if cell == "unknown" else "") for cell in cells))
        yield table
        if hidden:
            yield Text(f"too narrow for {', '.join(c.heading for c in hidden)}: --format csv has all", style=_LABEL)
    if found.rejected:
        reasons = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2))
        for row in found.rejected:
            for text in rejections(row):
                rule, _, message = text.partition(": ")
                reasons.add_row(
                    Text(printable(row.record.InstanceTypeId)), Text(rule, style="red"), Text(printable(message))
                )
        yield from (Line(Text("rejected", style=_LABEL), style=_LABEL, align="left"), reasons)


def _that_fit(found: Listing, width: int) -> tuple[list[Column], list[Column]]:
    """Return the columns that a terminal has room for, and the others: folded numbers are hard to read."""
    kept = list(brief_columns(found))
    widths = {c: max(len(c.heading), *(len(printable(shown(c.value(row)))) for row in found.rows)) + 2 for c in kept}
    hidden = []
    for name in _DISPENSABLE:
        column = next((c for c in kept if c.name == name), None)
        if column is not None and sum(widths[c] for c in kept) - 2 > width:
            kept.remove(column)
            hidden.append(column)
    return kept, hidden


def _finding(finding: Finding, *, first: bool) -> RenderableType:
    """Show one finding; effect and sources belong to the rule, and stand with its first finding only."""
    style = _STYLES[finding.level] if finding.waived is None else "dim"
    sign = _SIGNS[finding.level] if finding.waived is None else "~"
    head = Text.assemble(
        (f"{sign} {finding.level} {finding.rule.id}", style), "  ", (printable(str(finding.place)), "cyan"), "  ",
        (printable(finding.place.path), _LABEL),
    )  # fmt: skip
    rows = Table.grid(padding=(0, 1))
    rows.add_column(style=_LABEL, no_wrap=True)
    rows.add_column(overflow="fold")
    rows.add_row("", Text(printable(finding.message), style="bold"))
    if finding.waived is not None:
        rows.add_row("waived", Text(printable(finding.waived)))
    else:
        if first:
            rows.add_row("effect", Text(finding.rule.effect))
        if finding.hint:
            rows.add_row("fix", Text(printable(finding.hint), style="green"))
        for source in finding.sources if first else ():
            dated = f" ({source.date})" if source.date else ""
            rows.add_row("source", Text(printable(source.title + dated), style=_LABEL))
    return Group(head, Padding(rows, (0, 0, 1, 2)))


def _undecided(undecided: tuple[Undecided, ...]) -> RenderableType:
    lines: list[RenderableType] = []
    for item in undecided:
        lines.append(Text.assemble(printable(item.fact), (f"  {', '.join(item.rules)}", _LABEL)))
        more = printable(": ".join(filter(None, (str(item.place), item.hint))))
        lines.append(Padding(Text(more, style=_LABEL), (0, 0, 0, 2)))
    head = Text.assemble(("? not decided", "bold magenta"), ", because these facts are not known:")
    return Group(head, Padding(Group(*lines), (0, 0, 1, 2)))


def _capacity(pools: tuple[PoolSheet, ...], gap: int) -> RenderableType:
    table = _table(gap, "pool", "instance type")
    for name in ("exclusive pods/node", "shared", "trunk", "nodes", "exclusive pods"):
        table.add_column(name, justify="right")
    for pool in pools:
        rows = list(pool.capacity.items()) or [("unknown", Capacity(None, None, None))]
        for index, (name, found) in enumerate(rows):
            first = index == 0
            table.add_row(
                Text(printable(pool.name) if first else ""),
                Text(printable(name)),
                number(found.exclusive),
                number(found.shared),
                number(found.trunk),
                span(pool.nodes) if first else "",
                Text(span(pool.pods) if first else "", style="bold"),
            )
    return Group(Line(Text("capacity", style=_LABEL), style=_LABEL, align="left"), table, "")


def _addresses(pools: tuple[PoolSheet, ...], gap: int) -> RenderableType:
    table = _table(gap, "pool", "vSwitch or zone")
    for name in ("pods need", "nodes need", "free"):
        table.add_column(name, justify="right")
    for pool in pools:
        first = True
        # A zone with one vSwitch would only repeat it.
        zones = pool.zones if len(pool.zones) != len(pool.addresses) else {}
        for name, found in (*pool.addresses.items(), *zones.items()):
            short = None not in (found.needed, found.available) and (found.needed or 0) + found.nodes > (
                found.available or 0
            )
            table.add_row(
                Text(printable(pool.name) if first else ""),
                Text(printable(name)),
                span((found.needed, found.largest)),
                str(found.nodes),
                Text(number(found.available), style="red" if short else ""),
            )
            first = False
    return Group(Line(Text("addresses", style=_LABEL), style=_LABEL, align="left"), table, "")


def _proven(pools: tuple[PoolSheet, ...], gap: int) -> RenderableType:
    table = _table(gap, "pool")
    for heading in PROVEN:
        table.add_column(heading, justify="right")
    for name, seen in [(pool.name, pool.proven) for pool in pools if pool.proven is not None]:
        table.add_row(Text(printable(name)), *proven_cells(seen))
    return Group(Line(Text("cluster", style=_LABEL), style=_LABEL, align="left"), table, "")


def _table(gap: int, *columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style=_LABEL, padding=(0, gap))
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _verdict(report: Report) -> RenderableType:
    good = report.exit_code == 0
    return Text.assemble(("✓ " if good else "✗ ", "bold green" if good else "bold red"), summary(report))
