"""What every command that goes beyond a check begins with: only a plan that passes goes on."""

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
from eniplan.plan.load import LoadedPlan, load
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
    """One plan that was judged, with its references resolved."""

    document: Document
    view: PlanView


class Gate(NamedTuple):
    """How strictly a plan is judged before a command goes on."""

    fail_on: Level
    """The level from which on a finding stops the command."""
    strict: bool
    """As for a check."""
    specs: str | None
    """The user's own instance data."""
    waivers: str | None = None
    """A file of waivers; None: the one of the current folder, if there is one."""
    specs_date: str | None = None
    """The day as of which the instance data is so and so old; None: today."""


def passed_plans(path: str, gate: Gate) -> tuple[list[Passed], Report]:
    """Read and check the plans of an input; warnings are told, and the command goes on.

    Args:
        path: a plan file, a folder of them, or `-`.
        gate: how strictly.

    Raises:
        Exit: 1 when findings or (with strict) open questions stop it, 3 when an input cannot be judged; told before.

    """
    plans, report = judged(path, gate)
    if report.exit_code:
        terminal.err(say("{summary}; nothing was written", summary=words.summary(report._replace(specs_age=None))))
        raise typer.Exit(report.exit_code)
    return plans, report


def named_input(path: str) -> tuple[str, bytes]:
    """Read an input that is no plan; return what messages call it, and its bytes.

    Raises:
        InputError: it cannot be read.

    """
    shown = "stdin" if path == STDIN else path
    try:
        return shown, terminal.read_input(path)
    except OSError as error:
        raise InputError(unreadable(shown, error)) from None


def judged(path: str, gate: Gate, how: Access | None = None) -> tuple[list[Passed], Report]:
    """Read and check the plans of an input, and tell what is wrong; `Report.exit_code` says whether to go on.

    Args:
        path: a plan file, a folder of them, or `-`.
        gate: how strictly.
        how: how the account is asked; None: it is not asked.

    """
    catalog, settings = judged_by(gate.specs, gate.specs_date, strict=gate.strict)
    loaded = list(load([path]))
    if how is not None:
        from eniplan.cli import account  # noqa: PLC0415 - brings the SDK along

        loaded = account.with_live(loaded, how)
    report = check(loaded, catalog, settings, fail_on=gate.fail_on, waivers=waivers_of(gate.waivers))
    terminal.problems(report.problems)
    # What is accepted or only good to know belongs to `eniplan check`.
    shown = LEVELS[: max(LEVELS.index(gate.fail_on), LEVELS.index("warning")) + 1]
    findings = tuple(f for f in report.findings if f.waived is None and f.level in shown)
    undecided = report.undecided if report.exit_code and gate.strict else ()
    told = report._replace(findings=findings, pools=(), undecided=undecided)
    for line in plain.write(told).splitlines():
        terminal.err(line)
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
