"""What a check has to say, before anybody decides how it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from eniplan.catalog.record import aged_words, specs_words
from eniplan.errors import CLOUD, FINDINGS, INPUT, OK
from eniplan.rules.base import LEVELS
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.catalog.limits import Capacity
    from eniplan.catalog.record import OwnData, Source
    from eniplan.errors import Place, Problem
    from eniplan.messages import Message
    from eniplan.report.layers import Origin
    from eniplan.rules.base import AnyRule, Fix, Level
    from eniplan.rules.packing import Taker


FailedBy: TypeAlias = Literal["problems", "findings", "undecided"]
"""Why a run fails: an input or account cannot be read, findings from --fail-on on, or --strict with unknown facts."""


class Detail(NamedTuple):
    """How much of a report its text tells."""

    concise: bool = False
    """One line for each finding, and nothing else."""
    explain: bool = False
    """Effects and sources, too, and everything that is folded otherwise."""


NORMAL = Detail()


class Finding(NamedTuple):
    """One rule that speaks at one place."""

    rule: AnyRule
    level: Level
    place: Place
    message: Message
    hint: Message
    facts: Mapping[str, object]
    sources: tuple[Source, ...]
    waived: str | None = None
    """The reason of the waiver that accepts it."""
    waived_at: Place | None = None
    """Where that waiver stands."""
    fix: Fix | None = None
    """What mends it in the user's own file."""

    @property
    def fixable(self) -> str | None:
        """`safe` or `unsafe` when --fix can mend it, as far as one knows before it is tried."""
        if self.fix is None or self.fix.why_not or self.waived is not None:
            return None
        return "safe" if self.fix.safe else "unsafe"


class Undecided(NamedTuple):
    """A fact that nobody has stated, and the rules that could not be decided without it."""

    fact: str
    place: Place
    rules: tuple[str, ...]
    hint: Message
    others: tuple[Place, ...] = ()
    """Where else it is not stated; the hint tells of them."""


class Addresses(NamedTuple):
    """Addresses that one pool can need in a vSwitch or zone, and what is free there."""

    needed: int | None
    """By exclusive pods at the desired size."""
    largest: int | None
    """By exclusive pods at the largest size."""
    nodes: int
    """By the nodes themselves at the desired size, when they share the vSwitch."""
    available: int | None
    largest_nodes: int
    """By the nodes themselves at the largest size."""


class Proven(NamedTuple):
    """What verify has seen of one pool; None where it could not be read, or where nobody publishes it (Lingjun)."""

    nodes: int
    ready: int
    enis: int | None
    """`aliyun/eni` that the nodes offer."""
    expected: int | None
    """What their types give."""
    pods: int | None
    """Pods on its exclusive nodes that take an ENI."""
    bound: int | None
    """Those of them whose PodENI is bound."""

    @property
    def free(self) -> int | None:
        """Exclusive ENIs that no pod takes."""
        return None if self.enis is None or self.pods is None else max(self.enis - self.pods, 0)


class PoolUse(NamedTuple):
    """What the pods of a plan take of a pool. Pairs: at the desired size, and at the largest."""

    takers: tuple[Taker, ...]
    used: tuple[int | None, int | None]
    """Exclusive ENIs that they take; more than there are, when they do not fit."""
    spare: tuple[int | None, int | None]
    """Nodes that may be lost while all pods have room; None when they have none, or it is not known."""


class ZoneUse(NamedTuple):
    """What all pools of a cluster can need of some vSwitches of a zone, as NET002 counts."""

    zone: str
    v_switches: tuple[str, ...]
    desired: int
    """Addresses of pods and nodes at the desired size, at least."""
    largest: int
    """The same at the largest size."""
    free: int | None
    pools: tuple[str, ...]
    """Those that need them."""
    unknown: tuple[str, ...]
    """Those whose need is not known, and not counted."""

    @property
    def is_short(self) -> bool:
        """Whether more can be needed than is free."""
        return self.free is not None and max(self.desired, self.largest) > self.free


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
    proven: Proven | None = None
    """Only of a running cluster."""
    use: PoolUse | None = None
    """Only of a plan that says which pods run there."""
    zone_names: tuple[str, ...] = ()
    """The zones of its nodes, as far as they are known."""
    per_zone: tuple[int | None, int | None] = (None, None)
    """The most nodes that one zone can get, at the desired and at the largest size."""
    is_balanced: bool = False
    """Whether nodes spread evenly over the zones."""
    origins: Mapping[str, Origin] = {}
    """Of the types whose limits do not all come from the bundled data: where from."""

    @property
    def free(self) -> tuple[int | None, int | None]:
        """Exclusive ENIs that are left, at the desired and at the largest size; below 0 when there are too few."""
        used = (None, None) if self.use is None else self.use.used
        (a, b), (c, d) = self.pods, used
        return None if a is None or c is None else a - c, None if b is None or d is None else b - d

    @property
    def is_short(self) -> bool:
        """Whether its pods need more than it has at its largest size."""
        return (self.free[1] or 0) < 0


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
    fail_on: Level = "error"
    """The level from which on a finding fails the run."""
    strict: bool = False
    """Whether a fact that is not known fails the run too."""
    rules: tuple[AnyRule, ...] = ()
    """The rules that were asked, in the order of the rule reference."""
    accounts: tuple[Account, ...] = ()
    """Those that were asked; empty for a check without `--live`."""
    failures: tuple[Problem, ...] = ()
    """Those of `problems` that are calls to an account which have failed."""
    own_specs: OwnData | None = None
    """The user's instance data that stood before the bundled."""
    zones: tuple[ZoneUse, ...] = ()
    """What all pools together need of the vSwitches of each zone."""
    specs_age: int | None = None
    """How many days old the instance data is; None: not so old that it should be told."""

    @property
    def specs_words(self) -> str:
        """The instance data, to be read behind "specs of"."""
        return aged_words(specs_words(self.specs_date, self.own_specs), self.specs_age)

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails the run."""
        return finding.waived is None and LEVELS.index(finding.level) <= LEVELS.index(self.fail_on)

    def verdict(self) -> int:
        """Return the exit code that follows from what has been found."""
        if set(self.problems) - set(self.failures):
            return INPUT
        if self.failures:
            return CLOUD
        if any(map(self.fails, self.findings)):
            return FINDINGS
        return FINDINGS if self.strict and self.undecided else OK

    @property
    def failed_by(self) -> FailedBy | None:
        """What makes the run fail; None when nothing does."""
        if self.exit_code == OK:
            return None
        if self.exit_code != FINDINGS:
            return "problems"
        return "findings" if any(map(self.fails, self.findings)) else "undecided"

    def renamed(self, name: Callable[[str], str]) -> Report:
        """Return the same report with other names for its files."""

        def move(place: Place) -> Place:
            return place._replace(file=name(place.file))

        return self._replace(
            inputs=tuple(map(name, self.inputs)),
            findings=tuple(
                f._replace(place=move(f.place), waived_at=f.waived_at and move(f.waived_at)) for f in self.findings
            ),
            undecided=tuple(u._replace(place=move(u.place), others=tuple(map(move, u.others))) for u in self.undecided),
            problems=tuple(p._replace(place=move(p.place)) for p in self.problems),
            failures=tuple(p._replace(place=move(p.place)) for p in self.failures),
            pools=tuple(p._replace(file=name(p.file)) for p in self.pools),
        )

    def total(self, level: Level) -> int:
        """Return the number of findings of a level that are not waived."""
        return sum(finding.level == level and finding.waived is None for finding in self.findings)

    @property
    def waived(self) -> int:
        """The number of waived findings."""
        return sum(finding.waived is not None for finding in self.findings)
