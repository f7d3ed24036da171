"""What a check has to say, before anybody decides how it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.catalog.limits import Capacity
    from eniplan.catalog.record import Source
    from eniplan.errors import Place, Problem
    from eniplan.rules.base import Level, Rule


class Finding(NamedTuple):
    """One rule that speaks at one place. `waived` is the reason of the waiver that accepts it."""

    rule: Rule
    level: Level
    place: Place
    message: str
    hint: str
    facts: Mapping[str, object]
    sources: tuple[Source, ...]
    waived: str | None = None


class Undecided(NamedTuple):
    """A fact that nobody has stated, and the rules that could not be decided without it."""

    fact: str
    place: Place
    rules: tuple[str, ...]
    hint: str


class Addresses(NamedTuple):
    """Addresses that one pool can need in a vSwitch or zone, and what is free there."""

    needed: int | None
    """By exclusive pods at the desired size."""
    largest: int | None
    """By exclusive pods at the largest size."""
    nodes: int
    """By the nodes themselves at the desired size, when they share the vSwitch."""
    available: int | None


class PoolSheet(NamedTuple):
    """What one pool can carry. Numbers of nodes and pods; None where a fact is missing."""

    file: str
    name: str
    kind: str
    capacity: Mapping[str, Capacity]
    """Pods per node in each mode, by instance type."""
    nodes: tuple[int | None, int | None]
    """Desired and largest."""
    pods: tuple[int | None, int | None]
    """Exclusive pods at the desired and at the largest size; with several types, what can be counted on."""
    addresses: Mapping[str, Addresses]
    """By vSwitch: what could all land in it."""
    zones: Mapping[str, Addresses]


class Account(NamedTuple):
    """An account whose facts went into the verdict, by the cluster; `read_on` is the day, ISO 8601."""

    cluster: str | None
    region: str
    read_on: str


class Report(NamedTuple):
    """The whole verdict."""

    inputs: tuple[str, ...]
    findings: tuple[Finding, ...]
    """Ordered by file, line, column and rule."""
    undecided: tuple[Undecided, ...]
    problems: tuple[Problem, ...]
    """Inputs, or parts of them, that could not be judged."""
    pools: tuple[PoolSheet, ...]
    specs_date: str
    specs_types: int
    exit_code: int
    accounts: tuple[Account, ...] = ()
    """Empty for a check without `--live`."""

    def total(self, level: Level) -> int:
        """Return the number of findings of a level that are not waived."""
        return sum(finding.level == level and finding.waived is None for finding in self.findings)

    @property
    def waived(self) -> int:
        """The number of waived findings."""
        return sum(finding.waived is not None for finding in self.findings)
