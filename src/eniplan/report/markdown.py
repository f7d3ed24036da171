"""Markdown for people: job summaries, comments on pull requests, wikis.

User values are escaped to plain text: they cannot add markup, mentions, HTML or table cells.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eniplan.messages import NOTHING, count, say
from eniplan.report import words
from eniplan.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
    from eniplan.report.model import Finding, PoolSheet, Report

_SIGNS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}  # noqa: RUF001 - the information sign
_ACTIVE = re.compile(r"[\\`*_\[\]|~$]")
_NOTE = 200
"""Bytes reserved for the line that says how much is missing."""
_MENTION = re.compile(r"@(?=\w)")


def write(report: Report, *, room: int | None = None) -> str:
    """Return the report in GitHub's dialect of Markdown, which GitLab and most others read too.

    A text of more than `room` bytes of UTF-8 is cut, and its last line says how much is missing.
    """
    lines = list(_lines(report))
    if room is not None:
        lines = _cut(lines, room)
    return "".join(line + "\n" for line in lines)


def _lines(report: Report) -> Iterator[str]:
    yield f"### {say('eniplan: passed') if report.exit_code == 0 else say('eniplan: failed')}"
    yield ""
    yield _text(words.summary(report))
    if fixes := words.fixable(report):
        yield from ("", _text(fixes))
    for title, columns, rows in _tables(report):
        if rows:
            yield from ("", f"**{title}**", "", _row(*columns), _row(*("---" for _ in columns)))
            yield from (_row(*row) for row in rows)
            if title == words.heading("capacity"):
                yield from (line for note in words.origins(report) for line in ("", _text(note)))


def _tables(report: Report) -> Iterator[tuple[Message, tuple[Message, ...], list[tuple[str, ...]]]]:
    """Yield title, column headings and rows of each table."""
    yield (
        words.heading("problems"),
        (say("place"), say("problem"), say("what to do")),
        [(_code(str(p.place)), _text(p.message), _text(p.hint)) for p in report.problems],
    )
    rule, place, what = say("rule"), say("place"), say("finding")
    yield (
        words.heading("findings"),
        (NOTHING, rule, place, what, say("fix")),
        [(_SIGNS[f.level], *_of_finding(f), _text(f.hint)) for f in report.findings if f.waived is None],
    )
    yield (
        words.heading("waived"),
        (rule, place, what, say("reason")),
        [(*_of_finding(f), _text(f.waived)) for f in report.findings if f.waived is not None],
    )
    yield (
        words.heading("undecided"),
        (say("rules"), say("fact"), say("how to find out")),
        [(", ".join(u.rules), _text(u.fact), _text(u.hint)) for u in report.undecided],
    )
    pool = say("pool")
    yield (
        words.heading("capacity"),
        (pool, say("nodes"), say("exclusive pods"), say("used by"), say("left")),
        [_of_pool(sheet) for sheet in report.pools],
    )
    yield (
        words.heading("addresses"),
        (say("zone"), say("vSwitches"), say("addresses"), say("pools")),
        [
            (_text(u.zone), _text(", ".join(u.v_switches)), _text(words.zone_use(u)), _text(words.zone_pools(u)))
            for u in report.zones
        ],
    )
    yield (
        words.heading("seen"),
        (pool, *words.proven_headings()),
        [(_text(p.name), *words.proven_cells(p.proven)) for p in report.pools if p.proven is not None],
    )


def _of_pool(pool: PoolSheet) -> tuple[str, ...]:
    told = (pool.name, words.nodes(pool), words.used(pool), words.takers(pool), words.left(pool))
    return tuple(map(_text, told))


def _of_finding(finding: Finding) -> tuple[str, str, str]:
    rule = f"{finding.rule.id} {words.FIXABLE}" if words.is_marked(finding) else finding.rule.id
    return _text(rule), _code(str(finding.place)), _text(finding.message)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Escape every character that has a meaning in Markdown or HTML."""
    escaped = _ACTIVE.sub(r"\\\g<0>", printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return _MENTION.sub("@<!-- -->", escaped)


def _code(text: str) -> str:
    """Show a file name as HTML code, because a backtick or pipe in it would end Markdown's."""
    return f"<code>{_text(text)}</code>"


def _cut(lines: list[str], room: int) -> list[str]:
    kept: list[str] = []
    used = 0
    room -= _NOTE
    for position, line in enumerate(lines):
        used += len(line.encode("utf-8", "backslashreplace")) + 1
        if used > room:
            missing = count(len(lines) - position, "{n} more line is missing", "{n} more lines are missing")
            return [*kept, "", say("The rest does not fit here: {missing}.", missing=missing)]
        kept.append(line)
    return kept
