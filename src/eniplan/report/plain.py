"""Plain lines for pipes and logs: one finding per line, `file:line:column: level RULE message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.messages import Message, say
from eniplan.report import words
from eniplan.report.model import NORMAL
from eniplan.text import printable as one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.report.model import Detail, Finding, PoolSheet, Report, Undecided


def write(report: Report, detail: Detail = NORMAL) -> str:
    """Return findings, undecided facts, and the capacity sheet. Problems and the summary go to stderr instead."""
    told: set[str] = set()
    lines: list[str] = []
    for finding in report.findings:
        lines.append(finding_line(finding))
        if not detail.concise:
            lines += map("    {}".format, _more(finding, explain=detail.explain and finding.rule.id not in told))
        told.add(finding.rule.id)
    lines += map(_undecided, report.undecided)
    if not detail.concise:
        lines += (line for pool in report.pools for line in _pool(pool))
        lines += words.origins(report)
    return "".join(one_line(line) + "\n" for line in lines)


def finding_line(finding: Finding) -> Message:
    """Return a finding in one line."""
    rule = f"{finding.rule.id} {words.FIXABLE}" if words.is_marked(finding) else finding.rule.id
    said = say(
        "{place}: {level} {rule} {message}",
        place=str(finding.place), level=finding.level, rule=rule, message=finding.message,
    )  # fmt: skip
    if finding.place.path:
        said = say("{finding} [{path}]", finding=said, path=finding.place.path)
    return said if finding.waived is None else say("{finding} (waived: {why})", finding=said, why=finding.waived)


def _more(finding: Finding, *, explain: bool) -> Iterator[str]:
    if finding.hint:
        yield say("fix: {hint}", hint=finding.hint)
    if explain:
        yield say("why: {effect}", effect=finding.rule.effect)
        do, *forms = words.remedy(finding.rule)
        yield say("remedy: {what}", what=do)
        yield from forms
        yield from (say("source: {source}", source=words.source(source)) for source in finding.sources)


def _undecided(item: Undecided) -> Message:
    said = say(
        "{place}: undecided {rules}: {fact} is not known", place=str(item.place), rules=item.rules, fact=item.fact
    )
    return say("{undecided}: {hint}", undecided=said, hint=item.hint) if item.hint else said


def _pool(pool: PoolSheet) -> Iterator[Message]:
    types = say("exclusive pods per node: {types}", types=words.each_per_node(pool))
    if pool.kind == "lingjun":
        yield say("Lingjun pool {pool}: {what}", pool=pool.name, what=types)
    else:
        yield say("pool {pool}: {what}", pool=pool.name, what=types)
    if pool.free.largest is not None:
        what = say("{used}: {takers}; {left}", used=words.used(pool), takers=words.takers(pool), left=words.left(pool))
        yield say("pool {pool}: {nodes}, {what}", pool=pool.name, nodes=words.nodes_alone(pool), what=what)
    elif pool.nodes != (None, None):  # otherwise the line would only say "unknown" twice
        yield say(
            "pool {pool}: nodes {nodes}, exclusive pods {pods} (desired, largest size)",
            pool=pool.name, nodes=words.span(pool.nodes), pods=words.span(pool.pods),
        )  # fmt: skip
    for name, found in pool.addresses.items():
        yield say("pool {pool}: {vSwitch}: {what}", pool=pool.name, vSwitch=name, what=words.addresses(found))
    if pool.proven is not None:
        yield say("pool {pool}: {what}", pool=pool.name, what=words.proven(pool.proven))
