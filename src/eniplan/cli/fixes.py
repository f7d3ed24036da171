"""`check --fix` and `--diff`: write fixes and report them, or only show them."""

from __future__ import annotations

import sys
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from eniplan import terminal
from eniplan.cli.options import ReportFormat
from eniplan.errors import do_all, usage
from eniplan.messages import say
from eniplan.text import printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from eniplan.messages import Message
    from eniplan.report.model import Finding, Report

_MOST_TOLD = 20


class Fixes(NamedTuple):
    """The fix options of the command line."""

    write: bool
    """--fix."""
    diff: bool
    """--diff: print what would change, and write nothing."""
    unsafe: bool
    """--unsafe-fixes: include fixes that may not be what the user meant."""

    def refuse(self, form: ReportFormat, *, has_files: bool) -> None:
        """Refuse invalid combinations of options.

        Args:
            form: the format of the report.
            has_files: whether the run judges files only, without --live, --type and --family.

        Raises:
            UsageError: the options do not go together.

        """
        if self.unsafe and not (self.write or self.diff):
            raise usage(say("--unsafe-fixes requires --fix or --diff"))
        if (self.write or self.diff) and not has_files:
            raise usage(say("--fix and --diff work on files: remove --live, --type and --family"))
        if self.diff and (self.write or form is not ReportFormat.TEXT):
            raise usage(say("--diff prints a diff to stdout and writes no file: remove --fix and --format"))

    def made(self, report: Report, again: Callable[[], Report]) -> Report:
        """Apply the fixes; return the report of the fixed files.

        Args:
            report: the report of the unchanged files.
            again: judges the same inputs again.

        Raises:
            UsageError: --fix cannot write to stdin.
            InputError: a file cannot be written; all others were written.

        """
        if not (self.write or self.diff):
            return report
        from eniplan.fixing.fix import fix, fixable  # noqa: PLC0415 - most checks change nothing

        if self.write and any(f.place.file == terminal.STDIN for f in fixable(report, unsafe=self.unsafe)):
            raise usage(say("--fix cannot write to stdin"), say("--diff prints what it would change"))

        found = fix(report, again, unsafe=self.unsafe)
        if self.write:
            do_all(partial(terminal.rewrite, true, data) for true, data in found.files.items())
            _tell([say("fixed {finding}", finding=_line(f)) for f in found.fixed])
        else:
            names = {terminal.true_path(f.place.file): f.place.file for f in found.fixed}
            _tell([say("would fix {finding}", finding=_line(f)) for f in found.fixed])
            terminal.out("".join(_changes(names[true], data) for true, data in sorted(found.files.items())))
        _tell([say("not fixed, fix it by hand: {finding}", finding=_line(f)) for f in found.refused])
        open_fixes = ((f, f.fix) for f in found.report.findings if f.waived is None and f.fix is not None)
        elsewhere = [(f, own.why_not) for f, own in open_fixes if own.why_not and (own.safe or self.unsafe)]
        _tell([say("not fixed: {finding}: {why}", finding=_line(f), why=why) for f, why in elsewhere])
        return found.report if self.write else report


def _tell(lines: Sequence[Message]) -> None:
    for line in lines[:_MOST_TOLD]:
        terminal.err(line)
    if len(lines) > _MOST_TOLD:
        terminal.err(say("and {n} more", n=len(lines) - _MOST_TOLD))


def _line(finding: Finding) -> Message:
    return say("{place}: {rule} {message}", place=str(finding.place), rule=finding.rule.id, message=finding.message)


def _changes(name: str, data: bytes) -> str:
    """Return a unified diff that keeps the line endings of the file."""
    import difflib  # noqa: PLC0415 - the same

    old, new = (_lines(text) for text in (terminal.read_again(name, inf) or b"", data))
    text = "".join(_whole(difflib.unified_diff(old, new, name, name)))
    if sys.stdout is not None and sys.stdout.isatty():
        return "\n".join(map(printable, text.split("\n")))
    return terminal.for_log(text)


def _lines(data: bytes) -> list[str]:
    codec = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    lines = data.decode(codec, "replace").split("\n")
    return [line + "\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]


def _whole(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else line + "\n\\ No newline at end of file\n"
