"""The frame of HTML pages: self-contained, for light and dark mode, phones and print.

All values from outside go through `text`. The page's own policy forbids scripts and requests, so that even with a
mistake here, a hostile name could do nothing.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from eniplan._version import __version__
from eniplan.messages import say, told
from eniplan.resources import template
from eniplan.text import printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Cell(NamedTuple):
    """One table cell: HTML that is already escaped."""

    html: str
    is_number: bool = False


def text(value: object) -> str:
    """Return any value as escaped text, for elements and attributes."""
    return escape(printable(str(value)))


def code(value: object) -> str:
    """Return a name as code."""
    return f"<code>{text(value)}</code>"


def path(value: object) -> str:
    """Return a file name or a key path that can wrap after each part."""
    return f"<code>{prose(value)}</code>"


def prose(value: object) -> str:
    """Return a text whose long words, such as key paths, can wrap after each part."""
    return re.sub(_LONG, lambda word: re.sub(_PART, "<wbr>", word[0]), text(value))


_LONG = r"[^\s&]{21,}"
_PART = r"(?<=[./_])(?=\w)|(?<=\w)(?=\[)"


def link(title: str, url: str | None) -> str:
    """Return a link if it is a web address; otherwise return the address as text."""
    if url is None:
        return text(title)
    if not url.startswith(("https://", "http://")):
        return f"{text(title)} ({text(url)})"
    return f'<a href="{text(url)}" rel="noopener noreferrer">{text(title)}</a>'


def table(headings: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    """Return a table; on phones each row becomes a block, with the heading before each cell."""
    listed = [list(row) for row in rows]
    names = list(headings)
    numbers = [bool(listed) and listed[0][i].is_number for i in range(len(names))]
    head = "".join(
        f'<th scope="col"{_NUMBER if number else ""}>{text(name)}</th>'
        for name, number in zip(names, numbers, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{text(name)}"{_NUMBER if cell.is_number else ""}>'
            + (f"<span>{cell.html}</span>" if cell.html else "")
            + "</td>"
            for name, cell in zip(names, row, strict=True)
        )
        + "</tr>\n"
        for row in listed
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\n"


_NUMBER = ' class="number"'


def tiles(counts: Iterable[tuple[str, object, str]]) -> str:
    """Return a row of large numbers, each given as label, number and colour."""
    items = "".join(f'<li><b class="tag {style}">{text(count)}</b>{text(what)}</li>' for what, count, style in counts)
    return f'<ul class="tiles">{items}</ul>\n'


def folded(parts: Iterable[str]) -> Iterator[str]:
    """Yield the first `_OPEN` parts, and the others in a folded element."""
    listed = list(parts)
    yield from listed[:_OPEN]
    if len(listed) > _OPEN:
        more = say("{n} more", n=len(listed) - _OPEN)
        yield f"<details><summary>{text(more)}</summary>\n"
        yield from listed[_OPEN:]
        yield "</details>\n"


_OPEN = 20
"""Maximum unfolded parts: a thousand of them would bury the rest of the page."""


def sections(parts: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """Yield links to the titled parts of a page, then the parts. Parts without content are skipped."""
    found = [(title, html) for title, parts_ in parts if (html := "".join(parts_))]
    if len(found) > 1:
        links = (f'<a href="#part-{number}">{text(title)}</a>' for number, (title, _) in enumerate(found))
        yield f'<nav class="legend">{"".join(links)}</nav>\n'
    for number, (title, html) in enumerate(found):
        yield f'<h2 id="part-{number}">{text(title)}</h2>\n{html}'


def bar(label: str, now: int | None, largest: int | None, free: int | None = None, *, scale: int = 0) -> str:
    """Return a bar of an amount now and at the largest size, compared with what is free.

    Args:
        label: the same in words, for screen readers.
        now: the amount now; None: not drawn.
        largest: the amount at the largest size; None: not drawn.
        free: the position of the mark; the part of the bar beyond it has another colour.
        scale: the minimum amount for the full width; larger amounts extend it.

    """
    whole = max(scale, now or 0, largest or 0, free or 0, 1)
    parts = ['<rect class="track" width="100" height="10"/>']
    for style, amount in (("largest", largest), ("now", now)):
        if amount:
            parts.append(f'<rect class="{style}" width="{_percent(amount, whole)}" height="10"/>')
    most = max(now or 0, largest or 0)
    if free is not None:
        if most > free:
            at, end = _percent(free, whole), _percent(most, whole)
            parts.append(f'<rect class="over" x="{at}" width="{end - at:g}" height="10"/>')
        parts.append(f'<rect class="free" x="{max(min(_percent(free, whole), 99.5), 0)}" width="0.5" height="10"/>')
    return (
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="{text(label)}">'
        + "".join(parts)
        + "</svg>"
    )


def _percent(amount: int, whole: int) -> float:
    return round(100 * amount / whole, 2)


def page(title: str, body: Iterable[str]) -> str:
    """Return the whole document around a body of escaped HTML."""
    writer = say("Written by eniplan {version}", version=__version__)
    return f"""<!doctype html>
<html lang="{told("en")}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{text(title)}</title>
<link rel="icon" href="data:,">
<style>
{template("page.css")}</style>
</head>
<body>
<main>
{"".join(body)}<footer>{text(writer)}</footer>
</main>
</body>
</html>
"""
