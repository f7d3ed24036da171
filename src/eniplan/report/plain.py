"""Plain lines for pipes and logs: one finding a line, `file:line:column: level RULE message`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.rules.base import LEVELS
from eniplan.text import plural
from eniplan.text import printable as one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.report.model import Addresses, Finding, PoolSheet, Proven, Report, Undecided


def write(report: Report) -> str:
    """Return findings, what was not decided, and the capacity sheet; problems go to stderr with `problem_line`."""
    lines = [line for finding in report.findings for line in _finding(finding)]
    lines += [_undecided(item) for item in report.undecided]
    lines += [line for pool in report.pools for line in _pool(pool)]
    return "".join(line + "\n" for line in lines)


def summary(report: Report) -> str:
    """Return the verdict in one line."""
    if report.problems and not report.pools:
        return "nothing could be judged"
    found = [(len(report.problems), "problem"), *((report.total(level), level) for level in LEVELS[:2])]
    # Without a problem "0 errors" is good news; beside one it would be none.
    told = [plural(count, word) for count, word in found if count or (word != "problem" and not report.problems)]
    told += [f"{count} {word}" for count, word in ((report.total("info"), "info"), (report.waived, "waived")) if count]
    if report.undecided:
        told.append(f"{plural(len(report.undecided), 'fact')} unknown")
    pools = plural(len(report.pools), "pool")
    regions = ", ".join(dict.fromkeys(f"{account.region} on {account.read_on}" for account in report.accounts))
    asked = f" and the account in {regions}" if regions else ""
    return f"{pools} checked against specs of {one_line(report.specs_words)}{asked}: {', '.join(told)}"


def _finding(finding: Finding) -> Iterator[str]:
    waived = f" (waived: {finding.waived})" if finding.waived is not None else ""
    path = f" [{finding.place.path}]" if finding.place.path else ""
    yield one_line(f"{finding.place}: {finding.level} {finding.rule.id} {finding.message}{path}{waived}")
    if finding.hint:
        yield f"    fix: {one_line(finding.hint)}"


def _undecided(item: Undecided) -> str:
    hint = f": {item.hint}" if item.hint else ""
    return one_line(f"{item.place}: undecided {', '.join(item.rules)}: {item.fact} is not known{hint}")


def _pool(pool: PoolSheet) -> Iterator[str]:
    per_node = ", ".join(f"{name} {number(found.exclusive)}" for name, found in pool.capacity.items()) or "unknown"
    kind = "Lingjun pool" if pool.kind == "lingjun" else "pool"
    yield one_line(f"{kind} {pool.name}: exclusive pods per node: {per_node}")
    if pool.nodes != (None, None):  # else the sheet would only say "unknown" twice
        pods = f"exclusive pods {span(pool.pods)}"
        yield one_line(f"pool {pool.name}: nodes {span(pool.nodes)}, {pods} (desired, largest size)")
    for name, found in pool.addresses.items():
        yield one_line(f"pool {pool.name}: {name}: {addresses(found)}")
    if pool.proven is not None:
        yield one_line(f"pool {pool.name}: {proven(pool.proven)}")


def proven(found: Proven) -> str:
    """Spell what verify has seen of a pool."""
    enis = f"aliyun/eni {number(found.enis)} of {number(found.expected)}, " if found.enis is not None else ""
    return f"{found.ready} of {plural(found.nodes, 'node')} Ready, {enis}{bound(found)} pods with a bound PodENI"


def bound(found: Proven) -> str:
    """Spell how many pods have their ENI."""
    return f"{number(found.bound)} of {number(found.pods)}"


PROVEN = ("nodes Ready", "aliyun/eni", "pods with a bound PodENI")
"""The headings above `proven_cells`."""


def proven_cells(found: Proven) -> tuple[str, str, str]:
    """Spell what verify has seen of a pool for a table. Lingjun nodes never offer the resource: nothing is missing."""
    enis = "n/a" if found.enis is None else f"{number(found.enis)} of {number(found.expected)}"
    return f"{found.ready} of {found.nodes}", enis, bound(found)


def addresses(found: Addresses) -> str:
    """Spell what is needed and free in one place."""
    nodes = f" and {found.nodes} for nodes" if found.nodes else ""
    desired = "" if found.needed == found.largest else f" ({number(found.needed)} at the desired size)"
    return f"up to {number(found.largest)} addresses for pods{desired}{nodes}, {number(found.available)} free"


def number(value: int | None) -> str:
    """Spell a number; unknown is unknown."""
    return "unknown" if value is None else str(value)


def span(values: tuple[int | None, int | None]) -> str:
    """Spell a number at the desired and at the largest size, once when they are equal."""
    first, last = values
    return number(first) if first == last else f"{number(first)} to {number(last)}"
