"""What every command that goes beyond a check begins with: only a plan that passes goes on."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import typer

from eniplan import engine, terminal
from eniplan.catalog.store import Catalog
from eniplan.cli.waivers import waivers as waivers_of
from eniplan.emit.refusal import RefusalError
from eniplan.plan.load import LoadedPlan, load
from eniplan.report import plain
from eniplan.rules.base import LEVELS
from eniplan.rules.view import PlanView, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.document import Document
    from eniplan.report.model import Report
    from eniplan.rules.base import Level


class Passed(NamedTuple):
    """One plan that passes, with its references resolved."""

    document: Document
    view: PlanView


def passed_plans(
    path: str, *, fail_on: Level, strict: bool, specs: str | None, waivers: str | None = None
) -> tuple[list[Passed], Report]:
    """Read and check the plans of an input; warnings are told, and the command goes on.

    Args:
        path: a plan file, a folder of them, or `-`.
        fail_on: the level from which on a finding stops the command.
        strict: as for a check.
        specs: the user's own instance data.
        waivers: a file of waivers; None: the one of the current folder, if there is one.

    Raises:
        Exit: 1 when findings or (with strict) open questions stop it, 3 when an input cannot be judged; told before.

    """
    catalog = Catalog(specs=specs)
    settings = Settings(strict, None, date.today())  # noqa: DTZ011 - waivers expire on the user's own day
    loaded = list(load([path]))
    report = engine.check(loaded, catalog, settings, fail_on=fail_on, waivers=waivers_of(waivers))
    terminal.problems(report.problems)
    # What is accepted or only good to know belongs to `eniplan check`.
    shown = LEVELS[: max(LEVELS.index(fail_on), LEVELS.index("warning")) + 1]
    findings = tuple(f for f in report.findings if f.waived is None and f.level in shown)
    undecided = report.undecided if report.exit_code and strict else ()
    told = report._replace(findings=findings, pools=(), undecided=undecided)
    for line in plain.write(told).splitlines():
        terminal.err(line)
    if report.exit_code:
        terminal.err(plain.summary(report) + "; nothing is written")
        raise typer.Exit(report.exit_code)
    plans = [p for p in loaded if isinstance(p, LoadedPlan) and p.plan is not None]
    return [
        Passed(p.document, PlanView(p.plan, catalog, settings, p.live)) for p in plans if p.plan is not None
    ], report


@contextmanager
def placed(document: Document) -> Iterator[None]:
    """Give refusals of emit the line and column of the plan that they are about."""
    try:
        yield
    except RefusalError as error:
        raise error.at(document) from None
