"""The report as one HTML page: the verdict, what the pools carry, the addresses they need, and every finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eniplan.catalog.limits import Capacity
from eniplan.errors import FINDINGS, OK
from eniplan.messages import named
from eniplan.report.html_page import Cell, bar, code, folded, link, page, sections, table, text, tiles
from eniplan.report.words import number, proven_cells, proven_headings, span, summary
from eniplan.rules.base import LEVELS, ClusterRule
from eniplan.text import json_text, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from eniplan.catalog.record import Source
    from eniplan.errors import Problem
    from eniplan.report.model import Finding, PoolSheet, Report, Undecided

_VERDICTS = {OK: ("passes", "pass", "good"), FINDINGS: ("fails", "fail", "error")}
"""Of one plan, of several, and the colour."""
_UNJUDGED = ("cannot be judged", "cannot be judged", "error")
_LEGEND = (
    '<p class="legend soft"><span><i class="key now"></i>at the desired size</span>'
    '<span><i class="key largest"></i>at the largest size</span>{}</p>\n'
)
_FREE = '<span><i class="key free"></i>free</span><span><i class="key over"></i>beyond what is free</span>'


class _Use(NamedTuple):
    """What can land in one vSwitch, of one pool or of several together."""

    now: int | None
    largest: int | None
    free: int | None
    pools: tuple[str, ...]


def write(report: Report) -> str:
    """Return the report as a page of its own."""
    one, several, style = _VERDICTS.get(report.exit_code, _UNJUDGED)
    what, verdict = ("The plan", one) if len(report.inputs) == 1 else ("The plans", several)
    if any(isinstance(rule, ClusterRule) for rule in report.rules):
        what, verdict = "The cluster", f"{one} in what is known" if report.undecided and style == "good" else one
    head = f'<header class="card {style}"><h1>{what} <span class="tag {style}">{verdict}</span></h1>\n'
    return page(f"eniplan: {verdict}", [head, *_body(report)])


def _body(report: Report) -> Iterator[str]:
    yield f"<p>{text(summary(report))}</p>\n"
    yield f'<p class="soft">{", ".join(map(code, report.inputs))}</p></header>\n'
    errors, warnings = report.total("error"), report.total("warning")
    yield tiles(
        (
            ("errors", errors, "error" if errors else "good"),
            ("warnings", warnings, "warning" if warnings else ""),
            ("good to know", report.total("info"), ""),
            ("waived", report.waived, ""),
            ("facts unknown", len(report.undecided), ""),
            ("pools", len(report.pools), ""),
        )
    )
    yield from sections(
        (
            ("Cannot be judged", folded(map(_problem, report.problems))),
            ("Findings", _findings(finding for finding in report.findings if finding.waived is None)),
            ("Seen in the cluster", _proven(report.pools)),
            ("Capacity", _capacity(report.pools)),
            ("Addresses per vSwitch", _addresses(_by_v_switch(report.pools))),
            ("Not decided, because a fact is not known", _undecided(report.undecided)),
            ("Waived", _findings(finding for finding in report.findings if finding.waived is not None)),
        )
    )


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield findings by level. Effect and sources belong to the rule, and stand with its first finding only."""
    told: set[str] = set()
    by_level: dict[str, list[str]] = {level: [] for level in LEVELS}
    for finding in sorted(findings, key=lambda finding: LEVELS.index(finding.level)):
        by_level[finding.level].append(_finding(finding, first=finding.rule.id not in told))
        told.add(finding.rule.id)
    for cards in by_level.values():
        yield from folded(cards)


def _problem(problem: Problem) -> str:
    place = code(problem.place) + (f"<br>{code(problem.place.path)}" if problem.place.path else "")
    terms = [("where", place), ("fix", text(problem.hint))]
    return f'<article class="card error"><p class="message">{text(problem.message)}</p>{_terms(terms)}</article>\n'


def _capacity(pools: tuple[PoolSheet, ...]) -> Iterator[str]:
    if any(None not in pool.pods for pool in pools):
        yield _LEGEND.format("")
    scale = max((count or 0 for pool in pools for count in pool.pods), default=0)
    yield from folded(_pool(pool, scale) for pool in pools)


def _pool(pool: PoolSheet, scale: int) -> str:
    about = f'<span class="soft">{text(pool.kind)}, {code(pool.file)}</span>'
    pods, nodes = _counted(pool.pods, "exclusive pod"), _counted(pool.nodes, "node")
    picture = "" if None in pool.pods else bar(pods, *pool.pods, scale=scale)
    rows = list(pool.capacity.items()) or [("unknown", Capacity(None, None, None))]
    types = table(
        ("pods per node", "exclusive", "shared", "trunk"),
        ((Cell(code(name)), *(Cell(number(count), is_number=True) for count in found)) for name, found in rows),
    )
    return (
        f'<section class="card"><h3>{text(pool.name)} {about}</h3>\n'
        f'<figure><p><span>{pods}</span><span class="soft">{nodes}</span></p>{picture}</figure>\n'
        f"{types}</section>\n"
    )


def _proven(pools: tuple[PoolSheet, ...]) -> Iterator[str]:
    seen = [(pool.name, pool.proven) for pool in pools if pool.proven is not None]
    if seen:
        cells = ((name, *proven_cells(found)) for name, found in seen)
        rows = ((Cell(text(name)), *(Cell(count, is_number=True) for count in counts)) for name, *counts in cells)
        yield f'<section class="card">{table(("pool", *proven_headings()), rows)}</section>\n'


def _counted(counts: tuple[int | None, int | None], word: str) -> str:
    """Return `7 nodes`, `2 to 10 nodes` or `nodes: unknown`."""
    first, last = counts
    if first is None or last is None:
        return f"{word}s: {span(counts)}"
    return plural(first, word) if first == last else f"{span(counts)} {word}s"


def _addresses(uses: Mapping[str, _Use]) -> Iterator[str]:
    if not uses:
        return
    yield '<section class="card"><p class="soft">What could all land there: an address for each exclusive pod, '
    yield "and for each node of a pool that has the vSwitch itself.</p>\n"
    yield _LEGEND.format(_FREE)
    yield from folded(_v_switch(name, use) for name, use in uses.items())
    yield "</section>\n"


def _v_switch(name: str, use: _Use) -> str:
    needed = "need unknown" if None in (use.now, use.largest) else f"{span((use.now, use.largest))} needed"
    needed += f", {number(use.free)} free"
    picture = bar(f"{name}: {needed}", use.now, use.largest, use.free)
    return (
        f"<figure><p><span>{code(name)}</span><span>{needed}</span></p>{picture}"
        f"<figcaption>{text(_some(use.pools))}</figcaption></figure>\n"
    )


def _by_v_switch(pools: tuple[PoolSheet, ...]) -> dict[str, _Use]:
    """Add up what the pools can put into each vSwitch. An id is one vSwitch in whatever plan it stands."""
    uses: dict[str, _Use] = {}
    for pool in pools:
        for name, found in pool.addresses.items():
            now, largest = _plus(found.needed, found.nodes), _plus(found.largest, found.largest_nodes)
            before = uses.get(name, _Use(0, 0, found.available, ()))
            uses[name] = _Use(
                _plus(before.now, now), _plus(before.largest, largest), before.free, (*before.pools, pool.name)
            )
    return uses


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _finding(finding: Finding, *, first: bool) -> str:
    style = finding.level if finding.waived is None else "soft"
    place = finding.place
    facts = ", ".join(f"{text(key)} {code(_fact(value))}" for key, value in finding.facts.items())
    terms = [
        ("where", code(place) + (f"<br>{code(place.path)}" if place.path else "")),
        ("waived", text(finding.waived or "") + (f"<br>{code(finding.waived_at)}" if finding.waived_at else "")),
        ("effect", text(finding.rule.effect) if first else ""),
        ("fix", text(finding.hint)),
        ("numbers", facts),
        ("sources", "<br>".join(map(_source, finding.sources)) if first else ""),
    ]
    return (
        f'<article class="card {style}"><h3><span class="tag {style}">{finding.level}</span> '
        f'{code(finding.rule.id)} <span class="soft">{text(finding.rule.title)}</span></h3>\n'
        f'<p class="message">{text(finding.message)}</p>{_terms(terms)}</article>\n'
    )


def _fact(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _some(value)
    return value if isinstance(value, str) else json_text(value)


def _some(names: Sequence[str]) -> str:
    """Return names; of more than ten only the first, because JSON has them all."""
    return ", ".join(names) if len(names) <= 10 else named(names)  # noqa: PLR2004 - said above


def _source(source: Source) -> str:
    dated = f' <span class="soft">{text(source.date)}</span>' if source.date else ""
    return link(source.title, source.url) + dated


def _terms(terms: Iterable[tuple[str, str]]) -> str:
    """Return a list of names and what stands behind them; nothing for a name with nothing behind it."""
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{html}</dd>" for name, html in terms if html) + "</dl>"


def _undecided(undecided: tuple[Undecided, ...]) -> Iterator[str]:
    if undecided:
        rows = (
            (Cell(f"{text(u.fact)}<br>{code(u.place)}"), Cell(text(", ".join(u.rules))), Cell(text(u.hint)))
            for u in undecided
        )
        yield f'<section class="card">{table(("fact", "rules", "how to find out"), rows)}</section>\n'
