"""The state of a cluster in a few lines: one per pool, one per rule with findings, and the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.messages import count, say
from eniplan.report.words import number, ready, summary
from eniplan.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.report.model import Finding, PoolSheet, Report

_SHOWN = 8
"""Maximum rules to show; the rest are counted."""


def write(report: Report) -> str:
    """Return the state. Waived findings are counted in the verdict only."""
    return "".join(f"{printable(line)}\n" for line in lines(report))


def lines(report: Report) -> Iterator[str]:
    """Yield the lines of the state."""
    for pool in report.pools:
        yield _pool(pool)
    by_rule: dict[str, list[Finding]] = {}
    for finding in report.findings:
        if finding.waived is None:
            by_rule.setdefault(finding.rule.id, []).append(finding)
    for rule, found in list(by_rule.items())[:_SHOWN]:
        times = "" if len(found) == 1 else f" ({len(found)} times)"
        yield f"{found[0].level} {rule}{times}: {found[0].message}"
    if len(by_rule) > _SHOWN:
        yield str(count(len(by_rule) - _SHOWN, "and {n} more rule", "and {n} more rules"))
    yield summary(report)


def _pool(pool: PoolSheet) -> str:
    seen = pool.proven
    if seen is None:
        return str(say("{pool}: not seen", pool=pool.name))
    about = {"pool": pool.name, "ready": ready(seen), "used": number(seen.pods)}
    if seen.enis is None:
        return str(say("{pool}: {ready}, {used} exclusive pods", **about))
    free = number(seen.free)
    return str(
        say("{pool}: {ready}, {used} of {enis} exclusive ENIs used, {free} free", enis=seen.enis, free=free, **about)
    )
