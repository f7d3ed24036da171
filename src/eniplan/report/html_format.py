"""The report as one HTML page: the verdict, the capacity of pools, the addresses they need, and all findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.errors import FINDINGS, OK
from eniplan.messages import Message, named, say
from eniplan.report import words
from eniplan.report.html_nodes import picture
from eniplan.report.html_page import Cell, bar, code, folded, link, page, path, prose, sections, table, text, tiles
from eniplan.rules.base import LEVELS
from eniplan.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from eniplan.catalog.record import Source
    from eniplan.errors import Problem
    from eniplan.report.model import Finding, PoolSheet, Report, Undecided, ZoneUse

_STYLES = {OK: "good", FINDINGS: "error"}


def write(report: Report) -> str:
    """Return the report as a complete page."""
    style = _STYLES.get(report.exit_code, "error")
    verdict = words.verdict(report)
    title = f'{text(words.subject(report))} <span class="tag {style}">{text(verdict)}</span>'
    head = f'<header class="card {style}"><h1>{title}</h1>\n'
    return page(say("eniplan: {verdict}", verdict=verdict), [head, *_body(report)])


def _body(report: Report) -> Iterator[str]:
    yield f"<p>{text(words.summary(report))}</p>\n"
    if fixes := words.fixable(report):
        yield f'<p class="soft">{text(fixes)}</p>\n'
    yield f'<p class="soft">{", ".join(map(path, report.inputs))}</p></header>\n'
    errors, warnings = report.total("error"), report.total("warning")
    counts: list[tuple[Message, int, str]] = [
        (say("errors"), errors, "error" if errors else "good"),
        (say("warnings"), warnings, "warning" if warnings else ""),
        (say("good to know"), report.total("info"), ""),
        (say("waived"), report.waived, ""),
        (say("facts unknown"), len(report.undecided), ""),
        (say("pools"), len(report.pools), ""),
    ]
    if report.problems:
        counts.insert(0, (say("problems"), len(report.problems), "error"))
    yield tiles(counts)
    yield from sections(
        (
            (words.heading("problems"), folded(map(_problem, report.problems))),
            (words.heading("findings"), _findings(f for f in report.findings if f.waived is None)),
            (words.heading("seen"), _proven(report.pools)),
            (words.heading("capacity"), _capacity(report)),
            (words.heading("addresses"), _addresses(report.zones)),
            (words.heading("undecided"), _undecided(report.undecided)),
            (words.heading("waived"), _findings(f for f in report.findings if f.waived is not None)),
        )
    )


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield findings by level, with effect and sources only at the first finding of each rule."""
    told: set[str] = set()
    by_level: dict[str, list[str]] = {level: [] for level in LEVELS}
    for finding in sorted(findings, key=lambda finding: LEVELS.index(finding.level)):
        by_level[finding.level].append(_finding(finding, first=finding.rule.id not in told))
        told.add(finding.rule.id)
    for cards in by_level.values():
        yield from folded(cards)


def _problem(problem: Problem) -> str:
    place = path(problem.place) + (f"<br>{path(problem.place.path)}" if problem.place.path else "")
    terms = [(say("where"), place), (say("fix"), text(problem.hint))]
    return f'<article class="card error"><p class="message">{text(problem.message)}</p>{_terms(terms)}</article>\n'


def _capacity(report: Report) -> Iterator[str]:
    if report.pools:
        keys = (
            ("fixed", say("pods that every node has")),
            ("now", say("other pods")),
            ("slot", say("free")),
            ("later", say("nodes beyond the desired size")),
        )
        yield _legend(keys)
    yield from folded(map(_pool, report.pools))
    yield from (f'<p class="soft">{text(note)}</p>\n' for note in words.origins(report))


def _legend(keys: Iterable[tuple[str, Message]]) -> str:
    listed = "".join(f'<span><i class="key {style}"></i>{text(what)}</span>' for style, what in keys)
    return f'<p class="legend soft">{listed}</p>\n'


def _pool(pool: PoolSheet) -> str:
    about = f'<span class="soft">{text(pool.kind)}, {path(pool.file)}</span>'
    style = ' class="tag error"' if pool.is_short else ""
    takers = words.takers(pool)
    used_by = f"<figcaption>{text(takers)}</figcaption>" if takers else ""
    others = "".join(f'<span class="soft">{text(part)}</span>' for part in (words.nodes_alone(pool), words.left(pool)))
    return (
        f'<section class="card{" error" if pool.is_short else ""}"><h3>{text(pool.name)} {about}</h3>\n'
        f"<figure><p><span{style}>{text(words.used(pool))}</span>{others}</p>"
        f"{''.join(picture(pool)) or _room(pool)}{used_by}</figure>\n{_types(pool)}</section>\n"
    )


def _room(pool: PoolSheet) -> str:
    """Draw the usage of a pool with too many nodes to draw one by one."""
    room, used = pool.pods.largest, None if pool.use is None else pool.use.used.largest
    return "" if room is None or used is None else bar(words.used(pool), used, used, room, scale=room)


def _types(pool: PoolSheet) -> str:
    """Return the pods per node by type, for each mode with a known number."""
    rows = pool.capacity.items()
    modes = [
        (say("exclusive"), [found.exclusive for _, found in rows]),
        (say("shared"), [found.shared for _, found in rows]),
        (say("trunk"), [found.trunk for _, found in rows]),
    ]
    known = [modes[0], *(mode for mode in modes[1:] if any(count is not None for count in mode[1]))]
    cells = (
        (Cell(code(name)), *(Cell(text(words.number(counts[i])), is_number=True) for _, counts in known))
        for i, name in enumerate(pool.capacity)
    )
    return table((say("pods per node"), *(name for name, _ in known)), cells) if rows else ""


def _proven(pools: tuple[PoolSheet, ...]) -> Iterator[str]:
    seen = [(pool.name, pool.proven) for pool in pools if pool.proven is not None]
    if seen:
        cells = ((name, *words.proven_cells(found)) for name, found in seen)
        rows = ((Cell(text(name)), *(Cell(text(count), is_number=True) for count in counts)) for name, *counts in cells)
        yield f'<section class="card">{table((say("pool"), *words.proven_headings()), rows)}</section>\n'


def _addresses(uses: tuple[ZoneUse, ...]) -> Iterator[str]:
    if not uses:
        return
    about = say(
        "The maximum demand: an address for each exclusive pod, and for each node of a pool that uses the vSwitch "
        "itself."
    )
    yield f'<section class="card"><p class="soft">{text(about)}</p>\n'
    keys = (
        ("now", say("at the desired size")),
        ("largest", say("at the largest size")),
        ("free", say("free")),
        ("over", say("beyond what is free")),
    )
    yield _legend(keys)
    yield from folded(map(_zone, uses))
    yield "</section>\n"


def _zone(use: ZoneUse) -> str:
    needed = words.zone_use(use)
    style = ' class="tag error"' if use.is_short else ""
    label = say("{zone}: {needed}", zone=use.zone, needed=needed)
    return (
        f"<figure><p><span>{text(use.zone)} {code(', '.join(use.v_switches))}</span>"
        f"<span{style}>{text(needed)}</span></p>{bar(label, use.desired, use.largest, use.free)}"
        f"<figcaption>{text(words.zone_pools(use))}</figcaption></figure>\n"
    )


def _finding(finding: Finding, *, first: bool) -> str:
    style = finding.level if finding.waived is None else "soft"
    mark = f" {words.FIXABLE}" if words.is_marked(finding) else ""
    place = finding.place
    # Nested messages and their facts are for machines; JSON has them.
    phrases = {key for key, fact in finding.message.facts.items() if isinstance(fact, Message)}
    numbers = {
        key: value for key, value in finding.facts.items()
        if not isinstance(value, dict) and not (key in phrases and isinstance(value, str))
    }  # fmt: skip
    facts = ", ".join(f"{text(key)} {code(_fact(value))}" for key, value in numbers.items())
    terms = [
        (say("where"), path(place) + (f"<br>{path(place.path)}" if place.path else "")),
        (say("waived"), text(finding.waived or "") + (f"<br>{path(finding.waived_at)}" if finding.waived_at else "")),
        (say("effect"), prose(finding.rule.effect) if first else ""),
        (say("fix"), prose(finding.hint)),
        (say("remedy"), _remedy(finding) if first else ""),
        (say("numbers"), facts),
        (say("sources"), "<br>".join(map(_source, finding.sources)) if first else ""),
    ]
    return (
        f'<article class="card {style}"><h3><span class="tag {style}">{finding.level}</span> '
        f'{code(finding.rule.id)}{mark} <span class="soft">{text(finding.rule.title)}</span></h3>\n'
        f'<p class="message">{prose(finding.message)}</p>{_terms(terms)}</article>\n'
    )


def _remedy(finding: Finding) -> str:
    from eniplan.rules.remedies import remedy_of  # noqa: PLC0415 - reports without findings do not need it

    found = remedy_of(finding.rule)
    forms = (f"<dt>{text(form)}</dt><dd><pre>{code(written)}</pre></dd>" for form, written in found.forms())
    return f"{text(found.do)}<dl>{''.join(forms)}</dl>"


def _fact(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return _some(value)
    return value if isinstance(value, str) else json_text(value)


def _some(names: Sequence[str]) -> str:
    """Return at most the first ten names; JSON has all of them."""
    return ", ".join(names) if len(names) <= 10 else named(names)  # noqa: PLR2004 - see the docstring


def _source(source: Source) -> str:
    dated = f' <span class="soft">{text(source.date)}</span>' if source.date else ""
    return link(source.title, source.url) + dated


def _terms(terms: Iterable[tuple[str, str]]) -> str:
    """Return a definition list, without names that have no value."""
    return "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{html}</dd>" for name, html in terms if html) + "</dl>"


def _undecided(undecided: tuple[Undecided, ...]) -> Iterator[str]:
    if undecided:
        rows = (
            (Cell(f"{text(u.fact)}<br>{path(u.place)}"), Cell(text(", ".join(u.rules))), Cell(text(u.hint)))
            for u in undecided
        )
        yield f'<section class="card">{table((say("fact"), say("rules"), say("how to find out")), rows)}</section>\n'
