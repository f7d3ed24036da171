"""How every command shows a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import terminal
from eniplan.cli.options import Format

if TYPE_CHECKING:
    from eniplan.report.model import Report


def show(report: Report, output: Format) -> None:
    """Write a report in the format asked for; problems and the summary go to stderr."""
    terminal.problems(report.problems)
    if output is Format.JSON:
        from eniplan.report import json_format  # noqa: PLC0415 - one format a run

        terminal.out(json_format.write(report))
    elif terminal.is_rich():
        from eniplan.report import terminal_view  # noqa: PLC0415 - imports rich

        terminal.out(terminal_view.write(report, width=terminal.width(), colour=terminal.has_colour()))
    else:
        from eniplan.report import plain  # noqa: PLC0415 - one format a run

        terminal.out(plain.write(report))
        terminal.err(plain.summary(report))
