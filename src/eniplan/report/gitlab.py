"""GitLab Code Quality: a list with one entry per finding, for the widget of a merge request.

The format cannot express "waived" or "unknown": such entries have severity `info` and say so in their text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.errors import Place
from eniplan.messages import NOTHING, Message, say
from eniplan.report import words
from eniplan.report.fingerprint import fingerprints, key
from eniplan.text import json_text, printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.report.model import Report

_SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


class _Entry(NamedTuple):
    name: str
    severity: str
    place: Place
    message: str
    more: str
    """Text after the message that is not part of the fingerprint."""


def write(report: Report) -> str:
    """Return the report as one JSON list."""
    entries = list(_entries(report))
    marks = fingerprints(key(entry.name, entry.place, entry.message) for entry in entries)
    out = [
        {
            "description": printable(entry.message + entry.more),
            "check_name": entry.name,
            "fingerprint": mark,
            "severity": entry.severity,
            # The format requires a line even for a whole file.
            "location": {"path": printable(entry.place.file), "lines": {"begin": max(1, entry.place.line)}},
        }
        for entry, mark in zip(entries, marks, strict=True)
    ]
    return json_text(out, indent=1) + "\n"


def _entries(report: Report) -> Iterator[_Entry]:
    for problem in report.problems:
        yield _Entry("input", "blocker", problem.place, problem.message, _fix(problem.hint))
    for finding in report.findings:
        severity, more = _SEVERITIES[finding.level], _fix(words.cure(finding))
        if finding.waived is not None:
            severity, more = "info", say(" (waived: {why})", why=finding.waived)
        yield _Entry(finding.rule.id, severity, finding.place, finding.message, more)
    for item in report.undecided:
        yield _Entry("undecided", "info", item.place, words.not_known(item), _fix(item.hint))
    if report.specs.old and report.inputs:
        # The fingerprint excludes the age, which would make a new entry every day.
        told = say(": {what}", what=report.specs.old)
        yield _Entry("age", "info", Place(report.inputs[0]), say("instance data"), told)


def _fix(hint: str) -> Message:
    return say("; fix: {hint}", hint=hint) if hint else NOTHING
