"""The report on a terminal. Returns text, prints nothing.

Values from users or APIs are always `Text`, never markup: rich would swallow `[brackets]`.
"""

from __future__ import annotations

import io
import os
import re
from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.style import Style
from rich.text import Text

from eniplan.errors import COMMAND_LINE, KUBECTL, Place
from eniplan.messages import NOTHING, count, named, say, together, told
from eniplan.report import words
from eniplan.report.excerpt import excerpt
from eniplan.report.model import NORMAL
from eniplan.rules.base import LEVELS
from eniplan.terminal import STDIN
from eniplan.text import columns, may_be_secret, printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from eniplan.messages import Message
    from eniplan.report.model import Detail, Finding, PoolSheet, Report

_STYLES = {"error": "bold red", "warning": "bold yellow", "info": "bold blue"}
_LABEL = "dim"
_MOST_OPEN = 6
"""Maximum findings in a file before similar ones are folded."""
_MOST_ALIKE = 2
"""Maximum similar findings before they are folded."""
_MOST_UNDECIDED = 6
_FEW_UNDECIDED = 2
"""Maximum unknown facts that are each shown with place and hint."""
_MOST_POOLS = 12
_WIDEST_NAME = 24
"""Maximum columns for names of pools."""


class Screen(NamedTuple):
    """The properties of a terminal."""

    width: int
    colour: bool = True
    links: bool = False
    """Whether it supports OSC 8 links."""


def write(
    report: Report, screen: Screen, detail: Detail = NORMAL, lines: Callable[[str], Sequence[str]] = lambda _: ()
) -> str:
    """Return the terminal view of a report. `lines` returns the lines of an input that can be shown."""
    return render(_View(report, screen, detail, lines).blocks(), screen.width, colour=screen.colour)


def render(blocks: Iterable[RenderableType], width: int, *, colour: bool) -> str:
    """Render blocks with rich for a terminal of this width."""
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=True, no_color=not colour, color_system="standard", highlight=False,
        legacy_windows=False, _environ={},
    )  # fmt: skip
    for block in blocks:
        console.print(block)
    text = out.getvalue() if colour else Text.from_ansi(out.getvalue()).plain.rstrip("\n") + "\n"
    text = re.sub(r"\x1b]8;id=[^;]*;", "\x1b]8;;", text)  # rich gives links random ids
    # rich pads lines with spaces, which are unwanted in copied text
    return re.sub(r"(?: |\x1b\[[0-9;]*m)+$", lambda end: end[0].replace(" ", ""), text, flags=re.MULTILINE)


class _View:
    """One report on one terminal."""

    def __init__(self, report: Report, screen: Screen, detail: Detail, lines: Callable[[str], Sequence[str]]) -> None:
        self._report = report
        self._screen = screen
        self._detail = detail
        self._lines = lines
        self._files = Counter(name for name, _ in {(pool.name, pool.file) for pool in report.pools})
        """The number of files with a pool of each name."""
        self._told: set[str] = set()
        """Rules whose effect and sources have been shown."""

    def blocks(self) -> Iterator[RenderableType]:
        """Yield findings by file, undecided facts, capacity of pools, and the verdict."""
        report = self._report
        if self._detail.concise:
            for finding in report.findings:
                yield self._hanging(Text.assemble(*self._concise(finding)), 2)
        else:
            yield from self._findings()
        if report.undecided:
            yield from self._undecided()
        if report.pools and not self._detail.concise:
            yield from self._pools()
        yield self._hanging(_verdict(report), 2)
        if fixes := words.fixable(report):
            yield self._hanging(Text(fixes, style=_LABEL), 4)
        if report.findings and not self._detail.explain:
            more = say(
                "reasons and sources: {command}, or everything with {option}",
                command=f"eniplan explain {self._worst()}", option="--explain",
            )  # fmt: skip
            yield self._hanging(Text(more, style=_LABEL), 2)

    def _worst(self) -> str:
        return min(self._report.findings, key=lambda f: (f.waived is not None, LEVELS.index(f.level))).rule.id

    def _concise(self, finding: Finding) -> Iterator[str | tuple[str, str | Style]]:
        place = finding.place
        yield (printable(str(place)), self._link(place))
        yield (f": {finding.level} {finding.rule.id}", _style(finding))
        yield _mark(finding)
        waived = say(" (waived: {why})", why=finding.waived) if finding.waived is not None else NOTHING
        yield printable(f" {finding.message}{waived}")

    def _link(self, place: Place) -> Style:
        """Return the style of a place: a link to the file, if the terminal supports it."""
        if not self._screen.links or place.file in {STDIN, COMMAND_LINE, KUBECTL}:
            return Style(color="cyan")
        from urllib.parse import quote  # noqa: PLC0415 - most runs do not need it

        url = f"file://{quote(os.fsencode(os.path.abspath(place.file)))}" + (f"#L{place.line}" if place.line else "")
        return Style(color="cyan", link=url)

    def _findings(self) -> Iterator[RenderableType]:
        by_file: dict[str, list[Finding]] = {}
        for finding in self._report.findings:
            by_file.setdefault(finding.place.file, []).append(finding)
        for file, findings in by_file.items():
            yield Text(printable(file), style=self._link(Place(file)), overflow="fold")
            lines = self._lines(file)
            gutter = len(str(max(finding.place.line for finding in findings)))
            for first, *others in self._alike(findings):
                yield from self._finding(first, lines, gutter)
                if others:
                    yield self._hanging(self._folded(others), 4)
                yield ""

    def _alike(self, findings: list[Finding]) -> list[list[Finding]]:
        """Group similar findings if there are many of them."""
        groups: dict[tuple[str, str, bool, str], list[Finding]] = {}
        for finding in findings:
            key = finding.rule.id, finding.level, finding.waived is None, finding.message.template
            groups.setdefault(key, []).append(finding)
        folds = len(findings) > _MOST_OPEN and not self._detail.explain
        out: list[list[Finding]] = []
        for group in groups.values():
            out += [group] if folds and len(group) > _MOST_ALIKE else [[finding] for finding in group]
        return sorted(out, key=lambda group: findings.index(group[0]))

    def _folded(self, others: list[Finding]) -> Text:
        at = [say("{line}:{column}", line=f.place.line, column=f.place.column) for f in others if f.place.line]
        more = count(len(others), "and {n} more alike", "and {n} more alike")
        return Text("  ") + Text(together((more, named(at) if at else NOTHING), ": "), style=_LABEL)

    def _finding(self, finding: Finding, lines: Sequence[str], gutter: int) -> Iterator[RenderableType]:
        """Yield one finding, with effect and sources only at the first finding of its rule."""
        place = finding.place
        head = f"{finding.level}[{finding.rule.id}]"
        waived = say(" (waived): ") if finding.waived is not None else say(": ")
        message = Text(printable(finding.message), style="bold" if finding.waived is None else "")
        yield self._hanging(Text.assemble((head, _style(finding)), _mark(finding), waived) + message, 2)
        width = self._screen.width
        line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
        found = None if may_be_secret(place.path) else excerpt(line, place.column, width - gutter - 4)
        number = (f" {place.line:>{gutter}} ", self._link(place))
        bar = ("| ", _LABEL)
        if found is None:
            where = Text.assemble(number if place.line else "", bar, (printable(place.path or place.file), _LABEL))
            yield self._hanging(where, gutter + 4)
        else:
            under = " " * columns(found.before)
            marks = "^" * max(1, columns(found.marked))
            yield Text.assemble(number, bar, found.before, found.marked, found.after, no_wrap=True)
            yield Text.assemble(" " * (gutter + 2), bar, under, (marks, _style(finding)), no_wrap=True)
        yield from self._told_of(finding)

    def _told_of(self, finding: Finding) -> Iterator[RenderableType]:
        if finding.waived is not None:
            yield self._labelled(say("waived"), finding.waived)
        elif finding.hint:
            yield self._labelled(say("fix"), finding.hint, "green")
        if self._detail.explain and finding.rule.id not in self._told:
            self._told.add(finding.rule.id)
            yield self._labelled(say("why"), finding.rule.effect)
            do, *forms = words.remedy(finding.rule)
            yield self._labelled(say("remedy"), do)
            yield from (self._hanging(Text(f"  {printable(form)}", style=_LABEL), 17) for form in forms)
            for source in finding.sources:
                link = source.url if self._screen.links else None
                yield self._labelled(say("source"), words.source(source), Style(dim=True, link=link))

    def _labelled(self, label: Message, text: str, style: str | Style = "") -> RenderableType:
        return self._beside(Text(f"  {label}{told(': ')}", style=_LABEL), Text(printable(text), style=style))

    def _beside(self, head: Text, body: Text) -> Text:
        """Put a text after a heading, wrapped at words, with the following lines aligned to the first."""
        indent = min(head.cell_len, self._screen.width // 2)
        first, *others = wrapped(body, max(self._screen.width - indent, 1))
        blank = Text(" " * indent)
        return Text("\n").join((head + first, *(blank + line for line in others)))

    def _undecided(self) -> Iterator[RenderableType]:
        mark = ("? ", "bold magenta")
        undecided = self._report.undecided
        if self._report.findings and not self._detail.explain and len(undecided) > _FEW_UNDECIDED:
            # With findings, show one line only: the findings need the space.
            facts = say("undecided: {facts}", facts=named([item.fact for item in undecided], most=2))
            yield self._hanging(Text.assemble(mark, printable(facts)), 2)
            return
        yield Text.assemble(mark, (words.heading("undecided"), _LABEL))
        shown = undecided if self._detail != NORMAL else undecided[:_MOST_UNDECIDED]
        for item in shown:
            rules = ", ".join(item.rules)
            yield self._hanging(Text.assemble("  ", printable(item.fact), (f"  {rules}", _LABEL)), 4)
            if self._detail.explain or len(undecided) <= _FEW_UNDECIDED:
                more = printable(": ".join(filter(None, (str(item.place), item.hint))))
                yield self._hanging(Text.assemble("    ", (more, _LABEL)), 6)
        if len(shown) < len(undecided):
            more = say("and {n} more: {option} shows all", n=len(undecided) - len(shown), option="--explain")
            yield self._hanging(Text.assemble("  ", (more, _LABEL)), 4)
        yield ""

    def _pools(self) -> Iterator[RenderableType]:
        """Yield the capacity of each pool, its usage, and what is left."""
        pools = self._report.pools
        shown = pools if self._detail.explain else pools[:_MOST_POOLS]
        widest = min(max(columns(printable(pool.name)) for pool in shown), _WIDEST_NAME)
        label = say("pool") + " "
        for pool in shown:
            name = printable(pool.name)
            head = Text.assemble((label, _LABEL), (name, "bold"), " " * max(widest + 2 - columns(name), 2))
            for part in self._pool(pool):
                yield self._beside(head, part)
                head = Text(" " * (columns(label) + widest + 2))
        if len(shown) < len(pools):
            more = say("and {n} more pools: {option} shows all", n=len(pools) - len(shown), option="--explain")
            yield Text.assemble("  ", (more, _LABEL))
        for note in words.origins(self._report):
            yield self._hanging(Text.assemble("  ", (printable(note), _LABEL)), 4)
        short = [use for use in self._report.zones if use.is_short or self._detail.explain]
        for use in short:
            where = say("{zone} {vSwitches}", zone=use.zone, vSwitches=use.v_switches)
            what = together((where, words.zone_use(use), words.zone_pools(use)), ": ")
            yield self._hanging(Text.assemble("  ", (printable(what), "red" if use.is_short else "")), 4)

    def _pool(self, pool: PoolSheet) -> Iterator[Text]:
        """Yield the text after the name of a pool: one line if its pods are unknown."""
        room = Text(printable(together((words.used(pool), words.takers(pool)), ": ")))
        room.stylize("red" if pool.is_short else "")
        more = [words.nodes(pool), words.left(pool)]
        if self._files[pool.name] > 1:
            more.append(say("{file}", file=pool.file))
        if self._detail.explain:
            more += [words.zones(pool), words.other_modes(pool)]
        about = Text(printable(together(more)), style=_LABEL)
        if pool.use is None and about:
            yield Text.assemble(room, told("; "), about)
        else:
            yield from (room, about)
        if pool.proven is not None:
            yield Text(printable(words.proven(pool.proven)))

    def _hanging(self, text: Text, indent: int) -> Text:
        """Wrap a text at its words; lines after the first are indented."""
        indent = min(indent, self._screen.width // 2)
        first, *others = wrapped(text, self._screen.width, indent)
        blank = Text(" " * indent)
        return Text("\n").join((first, *(blank + line for line in others)))


_WIDE = "\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7a3\uf900-\ufaff"
"""Characters that allow a line break before and after; rich breaks only at spaces."""
_OPENING = "\uff08\u300c\u300e\u3010\u300a\u3008\u201c\u2018"
_CLOSING = "\uff0c\u3002\u3001\uff1b\uff1a\uff01\uff1f\uff09\u300d\u300f\u3011\u300b\u3009\u201d\u2019"
"""Opening marks must not end a line, and closing ones must not begin one."""
_UNIT = rf"\s*[{_OPENING}]*(?:[{_WIDE}][,.;:!?)\]}}'\"]*|[^\s{_WIDE}{_OPENING}{_CLOSING}]*)[{_CLOSING}]*\s*"
"""An unbreakable unit. Compiled only for Chinese text, because that takes 3 ms."""


def wrapped(text: Text, width: int, indent: int = 0) -> list[Text]:
    """Wrap a text at words and between Chinese characters; lines after the first are shorter by an indent."""
    lines = text.divide(_breaks(text.plain, width, indent))
    for line in lines:
        line.rstrip()
    return list(lines) or [Text()]


def _breaks(text: str, width: int, indent: int) -> Iterator[int]:
    """Yield the offset of each line after the first."""
    used = 0
    pattern = _UNIT if max(text, default="") >= _WIDE[0] else r"\s*\S+\s*"
    for found in re.finditer(pattern, text):
        unit, start = found[0], found.start()
        long = columns(unit.rstrip())
        if used and used + long > width:
            yield start
            used, width, indent = 0, max(width - indent, 1), 0
        for index, char in enumerate(unit if long > width else "", start):  # a word longer than a line
            used += columns(char)
            if used > width:
                yield index
                used, width, indent = columns(char), max(width - indent, 1), 0
        if long <= width:
            used += columns(unit)


def _style(finding: Finding) -> str:
    return _STYLES[finding.level] if finding.waived is None else "dim"


def _mark(finding: Finding) -> tuple[str, str]:
    return (f" {words.FIXABLE}", "bold cyan") if words.is_marked(finding) else ("", "")


def _verdict(report: Report) -> Text:
    good = report.exit_code == 0
    sign = ("✓ ", "bold green") if good else ("✗ ", "bold red")
    return Text.assemble(sign, printable(words.summary(report)))
