"""Defines rules: small pure units with all their texts.

`explain`, the rule reference, the report and the examples in tests all come from these objects. A check yields
`Hit` for a problem and `Unknown` for a fact that it needs and lacks. It never guesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Self, TypeAlias, TypeVar, cast

from eniplan.messages import NOTHING, Message, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from eniplan.catalog.record import Source
    from eniplan.facts import Fact
    from eniplan.plan.document import Path

Level: TypeAlias = Literal["error", "warning", "info"]
LEVELS: tuple[Level, ...] = ("error", "warning", "info")
"""Most severe first."""


class Settings(NamedTuple):
    """The user's settings for judging."""

    strict: bool = False
    """If documents disagree, the strictest applies; undecided rules fail the run."""
    max_age: int | None = None
    """The age in days, on `aged_on`, above which a number's source is too old; None: two years."""
    today: date | None = None
    specs_day: date | None = None
    """The day for the age of the instance data; None: `today`. Waivers always expire by `today`."""

    @property
    def aged_on(self) -> date | None:
        """The day for reporting and judging the age of the instance data."""
        return self.specs_day or self.today


class Fix(NamedTuple):
    """The fix of a finding that has exactly one: the new content of a place."""

    what: Literal["label", "value", "item", "request"]
    """A label with its value, a single value, a new list item, or the number of `aliyun/eni` that a pod requests."""
    value: object
    safe: bool = True
    """Whether the user can only have meant this; other fixes need --unsafe-fixes."""
    path: Path = ()
    """The path in the user's own document. The judge sets it, not the rule."""
    why_not: Message = NOTHING
    """Why the fix cannot be written there, if so. The judge sets it too."""


class Hit(NamedTuple):
    """A problem at a key path of the plan, or with an object (`("Pod", "trading", "matcher-0")`)."""

    path: Path
    message: Message
    """The problem, with the compared numbers."""
    hint: Message = NOTHING
    """The simplest fix, in words."""
    facts: Mapping[str, object] = {}
    """The compared numbers, for machines."""
    level: Level | None = None
    """None: the level of the rule."""
    sources: tuple[Source | None, ...] = ()
    """The sources of the numbers, beside those of the rule."""
    fix: Fix | None = None
    """The fix, if exactly one is right."""


class Unknown(NamedTuple):
    """An unknown fact that a rule needs."""

    path: Path
    """Where the plan would state the fact, or its object."""
    fact: Fact
    about: str = ""
    """The object that the fact belongs to, if there are several."""
    hint: Message = NOTHING
    """How to find it out; empty: the hint of the fact."""
    behind: Path = ()
    """A value that leads to the fact: if it is itself unknown, the rule waits for it, and not for the fact."""

    @property
    def words(self) -> Message:
        """The name of the fact in reports."""
        return self.fact.called(self.about)

    @property
    def find(self) -> Message:
        """How to find it out."""
        return self.hint or self.fact.hint


def lacking(fact: Fact) -> Unknown:
    """Return an unknown fact that has a single place in a plan."""
    return Unknown(fact.path, fact)


Outcome: TypeAlias = "Iterator[Hit | Unknown]"


Across: TypeAlias = "Callable[[tuple[Any, ...]], Iterator[tuple[int, Hit]]]"
"""Takes what plans share (`rules.shared`); yields hits with the index of their plan."""

Subject = TypeVar("Subject")
Found = TypeVar("Found")


class View:
    """The subject of checks: pure and lazy."""

    def __init__(self) -> None:
        """Create an empty cache."""
        self._known: dict[object, object] = {}

    def once(self, work: Callable[[Self], Found]) -> Found:
        """Return the cached result of a function of this view that several checks use."""
        if work not in self._known:
            self._known[work] = work(self)
        return cast("Found", self._known[work])


class Rule(NamedTuple, Generic[Subject]):
    """A rule. Users see `needs`, `effect` and `sources`; the tests run the examples.

    Each subclass below judges one kind of subject.
    """

    id: str
    level: Level
    title: str
    needs: tuple[Fact, ...]
    """The facts that decide the rule."""
    effect: str
    """What happens in the cluster."""
    sources: tuple[Source, ...]
    passes: Mapping[str, Any]
    """Changes to its example (`rules.examples`, `rules.examples_cluster`) with which the rule reports nothing."""
    fails: Mapping[str, Any]
    """Changes to its example with which the rule reports a hit."""
    account: Mapping[str, Any]
    """Changes to the example account with which, beside `fails`, it reports a hit; empty if it needs no account."""
    waivable: bool
    check: Callable[[Subject], Outcome]
    across: Across | None
    """Judges what several plans of one cluster share, beyond each plan alone; None: nothing."""


AnyRule: TypeAlias = "Rule[Any]"


class PlanRule(Rule[Subject]):
    """Judges a plan: takes a PlanView."""

    __slots__ = ()


class AccountRule(Rule[Subject]):
    """Judges a plan against an account: takes a PlanView and LiveFacts."""

    __slots__ = ()


class ClusterRule(Rule[Subject]):
    """Judges a running cluster (`eniplan verify`): takes a ClusterView."""

    __slots__ = ()


class TypeRule(Rule[Subject]):
    """Judges one instance type, wherever a plan names it: takes a TypeView. Path () is the type itself."""

    __slots__ = ()


class WaiverRule(Rule[Subject]):
    """Judges the waivers of a document, once all findings are known: takes a WaiverView."""

    __slots__ = ()


class _Kind:
    """A decorator that turns a check function into a rule."""

    def __init__(self, kind: type[AnyRule]) -> None:
        self._kind = kind

    def __call__(  # noqa: PLR0913 - a rule has this many parts, and all are named at the call
        self,
        rule_id: str,
        level: Level,
        title: str,
        *,
        needs: tuple[Fact, ...],
        effect: str,
        sources: tuple[Source, ...],
        fails: Mapping[str, Any],
        passes: Mapping[str, Any] | None = None,
        account: Mapping[str, Any] | None = None,
        waivable: bool = True,
        across: Across | None = None,
    ) -> Callable[[Callable[[Subject], Outcome]], Rule[Subject]]:
        each_once = tuple(dict.fromkeys(needs))  # groups of facts share some

        def make(check: Callable[[Subject], Outcome]) -> Rule[Subject]:
            return self._kind(
                rule_id, level, told(title), each_once, told(effect), sources, passes or {}, fails,
                account or {}, waivable, check, across,
            )  # fmt: skip

        return make


rule = _Kind(PlanRule)
account_rule = _Kind(AccountRule)
cluster_rule = _Kind(ClusterRule)
type_rule = _Kind(TypeRule)
waiver_rule = _Kind(WaiverRule)
