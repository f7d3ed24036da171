"""Markdown for people: job summaries, comments on a pull request, wikis.

Values of users are text and nothing else: no markup, no mention, no HTML, no cell of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eniplan.report.plain import PROVEN, number, proven_cells, span, summary
from eniplan.text import plural, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.report.model import Finding, PoolSheet, Report

_SIGNS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}  # noqa: RUF001 - the sign for information
_ACTIVE = re.compile(r"[\\`*_\[\]|~$]")
_MENTION = re.compile(r"@(?=\w)")


def write(report: Report, *, room: int | None = None) -> str:
    """Return the report in GitHub's dialect of Markdown, which GitLab and most others read too.

    Args:
        report: what is written.
        room: cut after this many bytes of UTF-8 and say how much is missing.

    """
    lines = list(_lines(report))
    if room is not None:
        lines = _cut(lines, room)
    return "".join(line + "\n" for line in lines)


def _lines(report: Report) -> Iterator[str]:
    yield f"### eniplan: {'passed' if report.exit_code == 0 else 'failed'}"
    yield ""
    yield _text(summary(report))
    for (title, *columns), rows in _tables(report):
        if rows:
            yield from ("", f"**{title}**", "", _row(*columns), _row(*("---" for _ in columns)))
            yield from (_row(*row) for row in rows)


def _tables(report: Report) -> Iterator[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Yield title and columns, and rows."""
    yield (
        ("Cannot be judged", "place", "problem", "what to do"),
        [(_code(str(p.place)), _text(p.message), _text(p.hint)) for p in report.problems],
    )
    yield (
        ("Findings", "", "rule", "place", "finding", "fix"),
        [(_SIGNS[f.level], *_of_finding(f), _text(f.hint)) for f in report.findings if f.waived is None],
    )
    yield (
        ("Waived", "rule", "place", "finding", "reason"),
        [(*_of_finding(f), _text(f.waived)) for f in report.findings if f.waived is not None],
    )
    yield (
        ("Not decided, because a fact is not known", "rules", "fact", "how to find out"),
        [(", ".join(u.rules), _text(u.fact), _text(u.hint)) for u in report.undecided],
    )
    yield (
        ("Capacity", "pool", "exclusive pods per node", "nodes", "exclusive pods"),
        [(_text(pool.name), _per_node(pool), span(pool.nodes), span(pool.pods)) for pool in report.pools],
    )
    yield (
        ("Cluster", "pool", *PROVEN),
        [(_text(pool.name), *proven_cells(pool.proven)) for pool in report.pools if pool.proven is not None],
    )


def _per_node(pool: PoolSheet) -> str:
    return _text(", ".join(f"{name} {number(found.exclusive)}" for name, found in pool.capacity.items()) or "unknown")


def _of_finding(finding: Finding) -> tuple[str, str, str]:
    return finding.rule.id, _code(str(finding.place)), _text(finding.message)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """Take the meaning from every character that has one in Markdown or HTML."""
    escaped = _ACTIVE.sub(r"\\\g<0>", printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return _MENTION.sub("@<!-- -->", escaped)


def _code(text: str) -> str:
    """Show a file's name as code: in HTML, because a backtick or pipe in it would end Markdown's own."""
    return f"<code>{_text(text)}</code>"


def _cut(lines: list[str], room: int) -> list[str]:
    kept: list[str] = []
    used = 0
    note = "The rest does not fit here: {} are missing."
    room -= len(note) + 40
    for position, line in enumerate(lines):
        used += len(line.encode("utf-8", "backslashreplace")) + 1
        if used > room:
            return [*kept, "", note.format(plural(len(lines) - position, "more line"))]
        kept.append(line)
    return kept
