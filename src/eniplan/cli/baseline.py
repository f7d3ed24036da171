"""The baseline of a check: read, apply, report, write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import terminal
from eniplan.judging import baseline
from eniplan.messages import count, named, say

if TYPE_CHECKING:
    from eniplan.report.model import Report


def apply(report: Report, path: str | None, new: str | None) -> Report:
    """Return a report in which findings of the baseline do not fail the check.

    Args:
        report: the findings.
        path: the baseline file; None: no baseline. Not read if `new` is given, which may be the same file.
        new: the file for a new baseline with the findings of this run; None: write none.

    Raises:
        InputError: the baseline cannot be read, is malformed, or cannot be written.

    """
    if new is not None:
        text = baseline.text(report, new)
        terminal.save(new, text)
        terminal.err(say("wrote {file}", file=new))
        return baseline.known(report, baseline.read(new, text.encode()), new)[0]
    if path is None:
        return report
    found, gone = baseline.known(report, baseline.read(path, terminal.read_named(path)), path)
    if gone:
        told = [f"{entry.rule} in {entry.file}" for entry in gone]
        entries = count(len(gone), "{n} entry no longer occurs", "{n} entries no longer occur")
        terminal.err(say("{path}: {entries}: {told}; --write-baseline {path} rewrites the file",
                         path=path, entries=entries, told=named(told)))  # fmt: skip
    return found
