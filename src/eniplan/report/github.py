"""GitHub Actions: annotations on the changed files, and a table for the job summary.

Actions shows ten annotations per step and silently drops the others; so this writes ten, the worst first, and counts
the rest. Every command is on its own line, and user text cannot start or end a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.errors import KUBECTL
from eniplan.messages import NOTHING, count, say, together
from eniplan.report import markdown, words
from eniplan.rules.base import LEVELS
from eniplan.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.errors import Place
    from eniplan.report.model import Report

MOST = 10
"""Maximum annotations that Actions shows for a step."""
SUMMARY_ROOM = 1024 * 1024
"""Maximum bytes of a step's summary; GitHub rejects a longer one as a whole."""
_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def write(report: Report) -> str:
    """Return the annotation commands, then the observed state of pools and the verdict as plain text."""
    commands = list(_commands(report))
    more = len(commands) - MOST
    left_out = count(more, "{n} more annotation than Actions shows", "{n} more annotations than Actions shows")
    last = together((words.summary(report), left_out if more > 0 else NOTHING))
    seen = [
        say("pool {pool}: {what}", pool=pool.name, what=words.proven(pool.proven))
        for pool in report.pools
        if pool.proven is not None
    ]
    return "".join(line + "\n" for line in (*commands[:MOST], *map(printable, (*seen, last))))


def job_summary(report: Report) -> str:
    """Return the text to append to the file in GITHUB_STEP_SUMMARY."""
    return markdown.write(report, room=SUMMARY_ROOM)


def _commands(report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield _command("error", problem.place, say("eniplan: input"), problem.message, problem.hint)
    for level in LEVELS:
        for finding in report.findings:
            if finding.level == level and finding.waived is None:
                title = say("{rule} {title}", rule=finding.rule.id, title=finding.rule.title)
                yield _command(_COMMANDS[level], finding.place, title, finding.message, words.cure(finding))
    for finding in report.findings:
        if finding.waived is not None:
            title, why = say("{rule} waived", rule=finding.rule.id), say("waived: {why}", why=finding.waived)
            yield _command("notice", finding.place, title, finding.message, why)


def _command(name: str, place: Place, title: str, message: str, more: str) -> str:
    properties = {} if place.file in {"-", KUBECTL} else {"file": place.file}
    if place.line:
        properties |= {"line": str(place.line), "col": str(place.column)}
    properties["title"] = title
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = _data(message) + (f"%0A{_data(more)}" if more else "")
    return f"::{name} {listed}::{text}"


def _data(text: str) -> str:
    # `printable` leaves no line breaks, and a user's own `%0A` must stay three characters.
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
