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
from eniplan.text import printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = """
:root {
  color-scheme: light dark;
  --back: #f5f7fa; --card: #ffffff; --line: #d5dce5; --ink: #17202c; --soft: #55606f; --link: #0b57b7;
  --error: #b3261e; --warning: #8a5300; --info: #0b57b7; --good: #146c2e;
  --now: #2b6cb0; --largest: #a9c8ea; --over: #d9534a; --track: #dfe5ed; --fixed: #b07d2b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #10151c; --card: #18202a; --line: #313c4a; --ink: #e4e9f0; --soft: #9da9b8; --link: #8ab8f5;
    --error: #ff8d83; --warning: #f2b95c; --info: #8ab8f5; --good: #7dd493;
    --now: #5a9be0; --largest: #2c4d73; --over: #e0635a; --track: #2d3947; --fixed: #d9a54a;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--back); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: anywhere;
}
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0; }
h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; }
nav { margin: .9rem 0 0; }
p { margin: .3rem 0; }
a { color: var(--link); }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
pre { margin: 0; white-space: pre-wrap; }
h3 .soft { font-weight: 400; }
.soft, figcaption, footer { color: var(--soft); font-size: .9rem; }
.card {
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; margin: .7rem 0;
}
.card.error { border-left: .3rem solid var(--error); }
.card.warning { border-left: .3rem solid var(--warning); }
.card.info { border-left: .3rem solid var(--info); }
.card.good { border-left: .3rem solid var(--good); }
.tag { font-weight: 650; }
.error > .tag, .tag.error { color: var(--error); }
.tag.warning { color: var(--warning); }
.tag.info { color: var(--info); }
.tag.good { color: var(--good); }
.tiles { display: flex; flex-wrap: wrap; gap: .5rem; margin: .9rem 0 0; padding: 0; list-style: none; }
.tiles li {
  background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .35rem .8rem;
  min-width: 5.2rem;
}
.tiles b { display: block; font-size: 1.3rem; line-height: 1.3; }
.message { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .15rem .9rem; margin: .5rem 0 0; }
dt { color: var(--soft); }
dd { margin: 0; }
dd a + .soft { white-space: nowrap; }
dd ul { margin: 0; padding: 0; list-style: none; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th { text-align: left; color: var(--soft); font-weight: 500; vertical-align: bottom; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td .bar { min-width: 4rem; margin-top: .35rem; }
figure { margin: .8rem 0 .4rem; }
figure p { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; margin: 0 0 .15rem; }
.bar { display: block; width: 100%; height: .8rem; border-radius: .25rem; }
.track { fill: var(--track); } .largest { fill: var(--largest); } .now { fill: var(--now); }
.over { fill: var(--over); } .free { fill: var(--ink); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: .15em; margin-right: .35em; }
.zones { display: flex; flex-wrap: wrap; gap: .4rem 1.6rem; margin: .3rem 0; }
.zone p { margin: 0; }
.nodes { display: flex; flex-wrap: wrap; gap: .35rem; }
figure p.nodes { justify-content: flex-start; gap: .35rem; }
.node { display: block; }
.box { fill: none; stroke: var(--soft); } .box.later { stroke-dasharray: 3 2; }
.slot { fill: var(--track); } .fixed { fill: var(--fixed); }
.key.fixed { background: var(--fixed); } .key.slot { background: var(--track); outline: 1px solid var(--line); }
.key.later { outline: 1px dashed var(--soft); }
.key.now { background: var(--now); } .key.largest { background: var(--largest); } .key.over { background: var(--over); }
.key.free { background: var(--ink); width: .2em; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1.2rem; }
summary { cursor: pointer; padding: .5rem 0; color: var(--link); }
footer { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: .8rem; }
@media (max-width: 48rem) {
  main { padding: 1rem .75rem 2rem; }
  dd dl { display: block; }
  table, tbody { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr {
    display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); grid-auto-flow: dense; column-gap: 1.5rem;
    border-bottom: 1px solid var(--line); padding: .5rem 0;
  }
  tr:last-child { border-bottom: 0; padding-bottom: 0; }
  td { display: flex; gap: .8rem; grid-column: 1 / -1; border: 0; padding: .1rem 0; }
  td.number { justify-content: space-between; grid-column: auto; }
  td::before { content: attr(data-label); color: var(--soft); flex: none; }
  td > span { min-width: 0; }
  td > span:has(.bar) { flex: 1; }
  td:first-child { font-weight: 600; }
  td:first-child::before { content: none; }
  td:empty { display: none; }
}
@media print { body { background: none; } .card, .tiles li { break-inside: avoid; } }
"""


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
<style>{_STYLE}</style>
</head>
<body>
<main>
{"".join(body)}<footer>{text(writer)}</footer>
</main>
</body>
</html>
"""
