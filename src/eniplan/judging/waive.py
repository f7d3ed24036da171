"""Applies the waivers of plans and files to findings, and runs the WV rules on the waivers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.judging.judge import Judge
from eniplan.rules.base import WaiverRule
from eniplan.rules.wv import WaiverView, holds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from eniplan.plan.model import Waiver
    from eniplan.plan.waivers import WaiverFile
    from eniplan.report.model import Finding
    from eniplan.rules.base import AnyRule


def waive(
    findings: list[Finding],
    file: WaiverFile,
    rules: Iterable[AnyRule],
    inputs: Iterable[str],
    today: date | None,
) -> list[Finding]:
    """Return the findings, waived ones with their reasons, and the findings about the waivers.

    Args:
        findings: the findings that the waivers may cover.
        file: the document with the waivers.
        rules: the rules that were applied. Waivers of other rules are not judged as unused.
        inputs: the files that were read. Waivers of other files are not judged as unused.
        today: the day of this run; None if unknown.

    """
    used: dict[Waiver, set[str]] = {}
    out = [_waived(found, file, today, used) for found in findings]
    asked = {rule.id: rule for rule in rules}
    every = asked if all(waiver.rule in asked for waiver in file.waivers) else _every_rule()
    idle = {waiver for waiver in file.waivers if waiver.rule in every and waiver.rule not in asked}
    judge = Judge(file.document.place, file.left_out)
    view = WaiverView(file.waivers, today, every, used, idle.union(file.elsewhere(inputs)))
    for rule in asked.values():
        if isinstance(rule, WaiverRule):
            judge.ask(rule, view)
    return out + judge.findings


def _every_rule() -> Mapping[str, AnyRule]:
    from eniplan.rules import BY_ID  # noqa: PLC0415 - loads the cluster rules, which most checks do not need

    return BY_ID


def _waived(finding: Finding, file: WaiverFile, today: date | None, used: dict[Waiver, set[str]]) -> Finding:
    if finding.rule.waivable and finding.waived is None:
        for waiver in file.about(finding.rule.id, finding.place):
            if holds(waiver, today):
                used.setdefault(waiver, set()).add(finding.place.file)
                return finding._replace(waived=waiver.reason, waived_at=file.document.place(waiver.path))
    return finding
