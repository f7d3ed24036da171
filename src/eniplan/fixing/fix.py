"""Decides which fixes to write: only those that a second check confirms, without new findings."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import TYPE_CHECKING, TypeAlias, cast

from eniplan import terminal
from eniplan.fixing.files import mended
from eniplan.fixing.wish import CannotFixError, Wish
from eniplan.rules.base import LEVELS
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from eniplan.report.model import Finding, Report
    from eniplan.rules.base import Level

Files: TypeAlias = "Mapping[str, bytes]"
"""Contents of files, by canonical path."""
_ROUNDS = 3
"""An added taint requires tolerations; longer chains of fixes do not occur."""
_MOST_CHECKS = 200
"""The maximum number of second checks: each costs as much as the first."""


class Outcome(NamedTuple):
    """The result of fixing the findings of a report."""

    files: Files
    """The files to write."""
    fixed: tuple[Finding, ...]
    refused: tuple[Finding, ...]
    """Findings whose fix does not clear them, adds a new one, or cannot be written."""
    report: Report
    """The report of the last successful check, without refused fixes."""


def fixable(report: Report, *, unsafe: bool) -> Iterator[Finding]:
    """Yield the findings to fix."""
    wanted = ("safe", "unsafe") if unsafe else ("safe",)
    return (finding for finding in report.findings if finding.fixable in wanted)


def fix(report: Report, check: Callable[[], Report], *, unsafe: bool) -> Outcome:
    """Fix findings in memory, and check the result.

    Args:
        report: the report of the unchanged files.
        check: checks the same inputs again, as `terminal` reads them.
        unsafe: also apply fixes that may change the intent of the file.

    """
    run = _Run(report, check, unsafe=unsafe)
    run.solve([_identity(finding) for finding in fixable(report, unsafe=unsafe)])
    tried = set(map(_identity, run.refused))
    left = tuple(f._replace(fix=None) if _identity(f) in tried else f for f in run.report.findings)
    return Outcome(run.files, tuple(run.fixed), tuple(run.refused), run.report._replace(findings=left))


_Identity: TypeAlias = "tuple[str, str, str, str]"


def _identity(finding: Finding) -> _Identity:
    """Return what identifies a finding while fixes move lines."""
    return finding.rule.id, finding.place.file, finding.place.path, finding.message


class _Run:
    """The state of the files, and the report of the last check."""

    def __init__(self, report: Report, check: Callable[[], Report], *, unsafe: bool) -> None:
        self.report = report
        self.files: dict[str, bytes] = {}
        self.fixed: list[Finding] = []
        self.refused: list[Finding] = []
        self._check = check
        self._unsafe = unsafe
        self._checks = 0

    def solve(self, wanted: list[_Identity]) -> None:
        """Fix all of these findings, or else try each half."""
        among = set(wanted)
        found = [finding for finding in fixable(self.report, unsafe=self._unsafe) if _identity(finding) in among]
        if not found or self._attempt(found):
            return
        if len(found) == 1 or self._checks >= _MOST_CHECKS:
            self.refused += found
            return
        middle = len(found) // 2
        self.solve([_identity(finding) for finding in found[:middle]])
        self.solve([_identity(finding) for finding in found[middle:]])

    def _attempt(self, found: list[Finding]) -> bool:
        """Apply fixes, and the fixes of findings that they cause. Return whether a check confirmed them."""
        files: Files = self.files
        todo, done = found, []
        # A fixed label may make rules ask for facts that nobody stated. A new instance type must be as well known as
        # the old one.
        is_open = all(finding.fixable == "safe" for finding in found)
        before = _count(self.report, is_open=is_open)
        for _ in range(_ROUNDS):
            try:
                files = self._mended(files, todo)
            except CannotFixError:
                return False
            done += todo
            report = self._checked(files)
            after = _count(report, is_open=is_open)
            new = _worse(after - before, found)
            if not new:
                break
            todo = [f for f in fixable(report, unsafe=self._unsafe) if not new.keys().isdisjoint(_keys(f))]
            if not todo:
                return False
        gone = before - Counter(key for finding in found for key in _keys(finding))
        if new or _worse(after - gone, found):
            return False
        self.files, self.report = dict(files), report
        self.fixed += done
        return True

    def _checked(self, files: Files) -> Report:
        """Check the inputs with new contents for some files. Later reads get the unchanged files again."""
        self._checks += 1
        piped = terminal.read_again(terminal.STDIN)  # the run has read it, and nobody can read it twice
        terminal.read_instead(files if piped is None else {terminal.STDIN: piped, **files})
        try:
            return self._check()
        finally:
            terminal.read_instead({})

    def _mended(self, files: Files, found: Iterable[Finding]) -> Files:
        out = dict(files)
        by_file: dict[str, list[Finding]] = {}
        for finding in found:
            by_file.setdefault(terminal.true_path(finding.place.file), []).append(finding)
        for true, findings in by_file.items():
            name = findings[0].place.file
            data = out[true] if true in out else terminal.read_again(name, inf)
            if data is None:
                raise CannotFixError
            wishes = [Wish(f.place.line, f.fix) for f in findings if f.fix is not None]
            out[true] = mended(name, data, wishes)
        return out


_Key: TypeAlias = "tuple[str, ...]"


def _keys(finding: Finding) -> Iterator[_Key]:
    """Yield the keys of a finding: it counts at its own level and at each lower one."""
    for level in LEVELS[LEVELS.index(finding.level) :]:
        yield "finding", finding.rule.id, level, finding.place.file, finding.place.path


def _worse(new: Counter[_Key], fixed: list[Finding]) -> Counter[_Key]:
    """Return what a fix must not bring: all but findings that are milder than those it clears.

    Pods that get a toleration may run in another pool as well, a warning. Without it they never start, an error.
    """
    mildest = max(LEVELS.index(finding.level) for finding in fixed)
    return Counter(
        {
            key: times
            for key, times in new.items()
            if key[0] != "finding" or LEVELS.index(cast("Level", key[2])) <= mildest
        }
    )


def _count(report: Report, *, is_open: bool) -> Counter[_Key]:
    """Count findings and problems, ignoring the numbers in them; `is_open` also ignores undecided facts."""
    return Counter(
        (
            *(key for finding in report.findings for key in _keys(finding)),
            *(("problem", p.place.file, p.place.path, p.message) for p in report.problems),
            *(("undecided", item.fact, item.place.file) for item in (() if is_open else report.undecided)),
        )
    )
