"""The result of a check, independent of any format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from eniplan.errors import CLOUD, FINDINGS, INPUT, OK
from eniplan.plan.model import UNSIZED, Sizes
from eniplan.rules.base import LEVELS
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.catalog.limits import Capacity
    from eniplan.catalog.record import Source, Specs
    from eniplan.errors import Place, Problem
    from eniplan.messages import Message
    from eniplan.report.layers import Origin
    from eniplan.rules.base import AnyRule, Fix, Level
    from eniplan.rules.packing import Taker


FailedBy: TypeAlias = Literal["problems", "findings", "undecided"]
"""Why a run fails: an unreadable input or account, findings at or above --fail-on, or unknown facts with --strict."""


class Detail(NamedTuple):
    """How much of a report its text shows."""

    concise: bool = False
    """Only one line per finding."""
    explain: bool = False
    """Add effects and sources, and unfold everything."""


NORMAL = Detail()


class Finding(NamedTuple):
    """One finding of a rule at one place."""

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
    """The place of that waiver."""
    fix: Fix | None = None
    """The fix in the user's own file."""

    @property
    def fixable(self) -> str | None:
        """`safe` or `unsafe` if --fix can probably fix it. Only trying the fix tells for certain."""
        if self.fix is None or self.fix.why_not or self.waived is not None:
            return None
        return "safe" if self.fix.safe else "unsafe"


class Undecided(NamedTuple):
    """An unknown fact, and the rules that are undecided without it."""

    fact: str
    place: Place
    rules: tuple[str, ...]
    hint: Message
    others: tuple[Place, ...] = ()
    """Other places that lack the fact; the hint mentions them."""


class Addresses(NamedTuple):
    """Addresses that one pool may need in a vSwitch or zone, and how many are free there."""

    needed: int | None
    """For exclusive pods at the desired size."""
    largest: int | None
    """For exclusive pods at the largest size."""
    nodes: int
    """For the nodes at the desired size, if they share the vSwitch."""
    available: int | None
    largest_nodes: int
    """For the nodes at the largest size."""


class Proven(NamedTuple):
    """The observed state of one pool (`verify`); None for values that cannot be read, or that Lingjun lacks."""

    nodes: int
    ready: int
    enis: int | None
    """`aliyun/eni` that the nodes offer."""
    expected: int | None
    """`aliyun/eni` that their types should offer."""
    pods: int | None
    """Pods on its exclusive nodes that take an ENI."""
    bound: int | None
    """The number of these pods with a bound PodENI."""

    @property
    def free(self) -> int | None:
        """The number of exclusive ENIs that no pod uses."""
        return None if self.enis is None or self.pods is None else max(self.enis - self.pods, 0)


class PoolUse(NamedTuple):
    """How the pods of a plan use a pool."""

    takers: tuple[Taker, ...]
    used: Sizes
    """Exclusive ENIs that they use; more than available if they do not fit."""
    spare: Sizes
    """Nodes that may be lost while all pods still fit; None if they do not fit, or if unknown."""


class ZoneUse(NamedTuple):
    """The addresses that all pools of a cluster may need in the vSwitches of a zone, as NET002 counts them."""

    zone: str
    v_switches: tuple[str, ...]
    desired: int
    """The minimum addresses of pods and nodes at the desired size."""
    largest: int
    """The same at the largest size."""
    free: int | None
    pools: tuple[str, ...]
    """The pools that need them."""
    unknown: tuple[str, ...]
    """The pools whose need is unknown and not counted."""

    @property
    def is_short(self) -> bool:
        """Whether more addresses may be needed than are free."""
        return self.free is not None and max(self.desired, self.largest) > self.free


class PoolSheet(NamedTuple):
    """The capacity of one pool, in nodes and pods; None where a fact is missing."""

    file: str
    name: str
    kind: str
    capacity: Mapping[str, Capacity]
    """Pods per node in each mode, by instance type."""
    nodes: Sizes
    pods: Sizes
    """Exclusive pods; with several types, the guaranteed number."""
    addresses: Mapping[str, Addresses]
    """The addresses of everything that may use a vSwitch, by vSwitch."""
    zones: Mapping[str, Addresses]
    proven: Proven | None = None
    """The observed state; only for a running cluster."""
    use: PoolUse | None = None
    """The planned use; only if the plan states the pool's pods."""
    zone_names: tuple[str, ...] = ()
    """The known zones of its nodes."""
    per_zone: Sizes = UNSIZED
    """The maximum nodes of one zone."""
    is_balanced: bool = False
    """Whether nodes spread evenly over the zones."""
    origins: Mapping[str, Origin] = {}
    """The origins of types whose limits do not all come from the bundled data."""

    @property
    def free(self) -> Sizes:
        """Free exclusive ENIs; negative if there are too few."""
        pairs = zip(self.pods, UNSIZED if self.use is None else self.use.used, strict=True)
        desired, largest = (None if room is None or used is None else room - used for room, used in pairs)
        return Sizes(desired, largest)

    @property
    def is_short(self) -> bool:
        """Whether its pods need more than its largest size offers."""
        return (self.free.largest or 0) < 0


class Account(NamedTuple):
    """An account whose facts were used, by cluster; `read_on` is the date, ISO 8601."""

    cluster: str | None
    region: str
    read_on: str


class Report(NamedTuple):
    """The complete result of a run."""

    inputs: tuple[str, ...]
    findings: tuple[Finding, ...]
    """Ordered by file, line, column and rule."""
    undecided: tuple[Undecided, ...]
    problems: tuple[Problem, ...]
    """Inputs, or parts of them, that could not be judged."""
    pools: tuple[PoolSheet, ...]
    specs: Specs
    exit_code: int = OK
    fail_on: Level = "error"
    """The lowest level that fails the run."""
    strict: bool = False
    """Whether an unknown fact also fails the run."""
    rules: tuple[AnyRule, ...] = ()
    """The rules that were applied, in the order of the rule reference."""
    accounts: tuple[Account, ...] = ()
    """The accounts that were queried; empty without `--live`."""
    failures: tuple[Problem, ...] = ()
    """The failed calls to an account; they are part of `problems`, too."""
    zones: tuple[ZoneUse, ...] = ()
    """The addresses that all pools need in the vSwitches of each zone."""

    def fails(self, finding: Finding) -> bool:
        """Return whether a finding fails the run."""
        return finding.waived is None and LEVELS.index(finding.level) <= LEVELS.index(self.fail_on)

    def judged(self) -> Report:
        """Return the same report with the exit code that follows from what it says."""
        return self._replace(exit_code=self._verdict())

    def _verdict(self) -> int:
        if set(self.problems) - set(self.failures):
            return INPUT
        if self.failures:
            return CLOUD
        if any(map(self.fails, self.findings)):
            return FINDINGS
        return FINDINGS if self.strict and self.undecided else OK

    @property
    def failed_by(self) -> FailedBy | None:
        """Why the run fails; None if it passes."""
        if self.exit_code == OK:
            return None
        if self.exit_code != FINDINGS:
            return "problems"
        return "findings" if any(map(self.fails, self.findings)) else "undecided"

    def renamed(self, name: Callable[[str], str]) -> Report:
        """Return the same report with its file names replaced by `name(file)`."""

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
