"""The gate of commands that use a plan: only plans that pass the check go on."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from eniplan import terminal
from eniplan.cli.options import judged_by
from eniplan.cli.waivers import waivers as waivers_of
from eniplan.emit.refusal import RefusalError
from eniplan.errors import InputError, unreadable
from eniplan.judging.check import check
from eniplan.messages import say
from eniplan.plan.load import load, plans_of
from eniplan.report import plain, words
from eniplan.rules.base import LEVELS
from eniplan.rules.view import PlanView
from eniplan.terminal import STDIN
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.cli.account import Access
    from eniplan.plan.document import Document
    from eniplan.report.model import Report
    from eniplan.rules.base import Level


class Passed(NamedTuple):
    """One judged plan, with its references resolved."""

    document: Document
    view: PlanView


class Gate(NamedTuple):
    """How strictly to judge a plan before a command goes on."""

    fail_on: Level
    """The lowest level of findings that stop the command."""
    strict: bool
    """As for a check."""
    specs: str | None
    """The user's own instance data."""
    waivers: str | None = None
    """A file of waivers; None: that of the current folder, if it exists."""
    specs_date: str | None = None
    """The day on which to compute the age of the instance data; None: today."""


def passed_plans(path: str, gate: Gate) -> tuple[list[Passed], Report]:
    """Read and judge the plans of an input, and print warnings; return only if all pass.

    Args:
        path: a plan file, a folder of plans, or `-`.
        gate: how strictly to judge them.

    Raises:
        Exit: 1 if findings or, with `strict`, undecided rules stop it; 3 if an input cannot be judged. Both are already
            reported.

    """
    plans, report = judged(path, gate)
    if report.exit_code:
        ageless = report._replace(specs=report.specs._replace(age=None))
        terminal.err(say("{summary}; nothing was written", summary=words.summary(ageless)))
        raise typer.Exit(report.exit_code)
    return plans, report


def named_input(path: str) -> tuple[str, bytes]:
    """Read an input other than a plan; return its name in messages, and its bytes.

    Raises:
        InputError: it cannot be read.

    """
    shown = "stdin" if path == STDIN else path
    try:
        return shown, terminal.read_input(path)
    except OSError as error:
        raise InputError(unreadable(shown, error)) from None


def judged(path: str, gate: Gate, how: Access | None = None) -> tuple[list[Passed], Report]:
    """Read and judge the plans of an input, and print the findings; `Report.exit_code` says whether to go on.

    Args:
        path: a plan file, a folder of plans, or `-`.
        gate: how strictly to judge them.
        how: how to query the account; None: stay offline.

    """
    catalog, settings = judged_by(gate.specs, gate.specs_date, strict=gate.strict)
    loaded = list(load([path]))
    if how is not None:
        from eniplan.cli import account  # noqa: PLC0415 - imports the SDK

        loaded = account.with_live(loaded, how)
    report = check(loaded, catalog, settings, fail_on=gate.fail_on, waivers=waivers_of(gate.waivers))
    terminal.problems(report.problems)
    # Waived and informational findings belong to `eniplan check`.
    shown = LEVELS[: max(LEVELS.index(gate.fail_on), LEVELS.index("warning")) + 1]
    findings = tuple(f for f in report.findings if f.waived is None and f.level in shown)
    undecided = report.undecided if report.exit_code and gate.strict else ()
    told = report._replace(findings=findings, pools=(), undecided=undecided)
    for line in plain.write(told).splitlines():
        terminal.err(line)
    plans, _ = plans_of(loaded)
    return [Passed(item.document, PlanView(plan, catalog, settings, item.live)) for item, plan in plans], report


@contextmanager
def placed(document: Document) -> Iterator[None]:
    """Add the line and column in the plan to refusals raised by `emit`."""
    try:
        yield
    except RefusalError as error:
        raise error.at(document) from None
