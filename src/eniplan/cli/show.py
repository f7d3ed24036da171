"""The output of reports for all commands: formats and files."""

from __future__ import annotations

import importlib
import os
from functools import partial
from typing import TYPE_CHECKING

from eniplan import terminal
from eniplan.cli.options import ReportFormat
from eniplan.errors import COMMAND_LINE, KUBECTL, do_all, usage
from eniplan.messages import say
from eniplan.report.model import NORMAL, Detail
from eniplan.suggest import did_you_mean
from eniplan.terminal import STDIN
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from eniplan.report.model import Report

WRITERS = {
    ReportFormat.TEXT: "plain",
    ReportFormat.JSON: "json_format",
    ReportFormat.SARIF: "sarif",
    ReportFormat.JUNIT: "junit",
    ReportFormat.GITHUB: "github",
    ReportFormat.GITLAB: "gitlab",
    ReportFormat.MARKDOWN: "markdown",
    ReportFormat.HTML: "html_format",
    ReportFormat.METRICS: "metrics",
}
"""The module of `report` that writes each format. It has `write(report) -> str`, and is imported on use."""
_BY_REPOSITORY = frozenset((ReportFormat.SARIF, ReportFormat.GITHUB, ReportFormat.GITLAB))
"""Formats whose readers expect paths relative to the root of the repository."""
_STDOUT = ("-", "/dev/stdout")


class Output(NamedTuple):
    """A file that gets the report."""

    form: ReportFormat
    path: str


def outputs(words: Iterable[str]) -> list[Output]:
    """Read the values of `--output`, each `FORMAT=FILE`.

    Raises:
        UsageError: a value is malformed, names an unknown format or stdout, or two values name the same file.

    """
    found: dict[str, Output] = {}
    for word in words:
        file = _output(word)
        if found.setdefault(os.path.realpath(file.path), file) is not file:
            message = say("two reports would go to {file_path}", file_path=file.path)
            raise usage(message, say("use a different file for each --output"))
    return list(found.values())


def _output(word: str) -> Output:
    name, _, path = word.partition("=")
    names = [form.value for form in ReportFormat]
    if not path:
        message = say("--output is {word!r}; it must be FORMAT=FILE", word=word)
        raise usage(message, say("for example --output json=report.json"))
    if name not in names:
        hint = did_you_mean(name, names) or say("it must be one of {names}", names=tuple(names))
        raise usage(say("--output has no format {name!r}", name=name), hint)
    if path in _STDOUT:
        message = say("--output {word!r} is for files", word=word)
        raise usage(message, say("--format {name} writes to stdout", name=name))
    return Output(ReportFormat(name), path)


def show(report: Report, form: ReportFormat | None, files: Iterable[Output] = (), detail: Detail = NORMAL) -> None:
    """Write a report to files and stdout; print problems and the summary to stderr.

    Args:
        report: the report.
        form: the format on stdout; None: stdout already has other content.
        files: the files to write.
        detail: how much the text format shows.

    Raises:
        InputError: a document cannot be written; all others were written.

    """
    terminal.problems(report.problems)
    on_stdout = [] if form is None else [partial(_print, report, form, detail)]
    do_all([partial(show_files, report, files), *on_stdout])


def show_files(report: Report, files: Iterable[Output]) -> None:
    """Write a report to files.

    Raises:
        InputError: a document cannot be written; all others were written.

    """
    do_all(partial(_save, report, file) for file in files)


def _save(report: Report, file: Output) -> None:
    terminal.save(file.path, _document(report, file.form))
    terminal.err(say("wrote {file}", file=file.path))


def _print(report: Report, form: ReportFormat, detail: Detail) -> None:
    if form is not ReportFormat.TEXT:
        terminal.out(_document(report, form))
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if form is ReportFormat.GITHUB and summary:
            from eniplan.report import github  # noqa: PLC0415 - one format per run

            terminal.append(summary, github.job_summary(report.renamed(_in_repository)))
    elif terminal.is_rich():
        from eniplan.report import terminal_view  # noqa: PLC0415 - imports rich

        screen = terminal_view.Screen(terminal.width(), terminal.has_colour(), terminal.has_links())
        terminal.out(terminal.for_log(terminal_view.write(report, screen, detail, _lines)))
    else:
        from eniplan.report import plain, words  # noqa: PLC0415 - one format per run

        terminal.out(terminal.for_log(plain.write(report, detail)))
        report = report._replace(specs=report.specs._replace(age=None))  # a note on stderr already shows it
        for line in (words.summary(report), words.fixable(report)):
            if line:
                terminal.err(line)


def _lines(file: str) -> Sequence[str]:
    """Return the lines of an input for excerpts; none if it changed after it was judged."""
    from eniplan.report.excerpt import lines_of  # noqa: PLC0415 - only for terminals

    data = terminal.read_again(file)
    return () if data is None else lines_of(data)


def detail_of(form: ReportFormat, *, concise: bool, explain: bool) -> Detail:
    """Read --concise and --explain.

    Raises:
        UsageError: both are given, or the format is not text.

    """
    if concise and explain:
        raise usage(say("--concise and --explain exclude each other"))
    if (concise or explain) and form is not ReportFormat.TEXT:
        raise usage(say("--concise and --explain require --format text; {format} has everything", format=form.value))
    return Detail(concise, explain)


def _document(report: Report, form: ReportFormat) -> str:
    if form in _BY_REPOSITORY:
        report = report.renamed(_in_repository)
    writer = importlib.import_module(f"eniplan.report.{WRITERS[form]}")
    text: str = writer.write(report)
    return text


def _in_repository(file: str) -> str:
    """Return the path of a file relative to the root of the repository; outside of it, the path unchanged."""
    if file in {STDIN, COMMAND_LINE, KUBECTL}:
        return file
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or os.curdir
    name = os.path.relpath(file, root)
    return file if name.startswith(os.pardir) else name
