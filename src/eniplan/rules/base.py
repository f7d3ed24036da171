"""What a rule is: one small pure unit with everything that is ever said about it.

`explain`, the rule reference, the report and the tests' examples all come from these objects. A check yields
`Hit` for what is wrong and `Unknown` for what it would need to know and does not: never a guess.
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
    """How the user wants to be judged."""

    strict: bool = False
    """Where documents disagree the strictest holds, and what is not decided fails."""
    max_age: int | None = None
    """Days after which a number's source counts as too old, from `aged_on`; None: two years."""
    today: date | None = None
    specs_day: date | None = None
    """As of which the age of the instance data is told and judged; None: `today`. Waivers expire by `today` alone."""

    @property
    def aged_on(self) -> date | None:
        """The day as of which the age of the instance data is told and judged."""
        return self.specs_day or self.today


class Fix(NamedTuple):
    """The one right answer: what stands at a place of a finding once it is mended."""

    what: Literal["label", "value", "item", "request"]
    """A label and its value; a single value; one item more in a list; how many `aliyun/eni` a pod asks for."""
    value: object
    safe: bool = True
    """Whether nothing but the answer can have been meant; otherwise it is taken with --unsafe-fixes only."""
    path: Path = ()
    """Where it stands in the user's own document; rules leave it to their judge."""
    why_not: Message = NOTHING
    """Why it is not written there, where it is not; likewise."""


class Hit(NamedTuple):
    """Something is wrong at a key path of the plan, or with an object (`("Pod", "trading", "matcher-0")`)."""

    path: Path
    message: Message
    """What is wrong, with the numbers compared."""
    hint: Message = NOTHING
    """The nearest fix."""
    facts: Mapping[str, object] = {}
    """The numbers compared, for machines."""
    level: Level | None = None
    """When it is not the rule's own level."""
    sources: tuple[Source | None, ...] = ()
    """Where the numbers come from; the rule's own sources are added."""
    fix: Fix | None = None
    """What mends it, where there is one right answer."""


class Unknown(NamedTuple):
    """A fact that the rule needs and that is not known."""

    path: Path
    """Where the plan would state it, or what it is about."""
    fact: Fact
    about: str = ""
    """Whose fact it is, where there are several."""
    hint: Message = NOTHING
    """How to find it out here, when that is not the fact's own way."""

    @property
    def words(self) -> str:
        """What a report calls it."""
        return self.fact.called(self.about)

    @property
    def find(self) -> Message:
        """How to find it out."""
        return self.hint or self.fact.hint


def lacking(fact: Fact) -> Unknown:
    """Return that a fact is not known for which a plan has one place."""
    return Unknown(fact.path, fact)


Outcome: TypeAlias = "Iterator[Hit | Unknown]"


Across: TypeAlias = "Callable[[tuple[Any, ...]], Iterator[tuple[int, Hit]]]"
"""Takes what plans share (`rules.shared`); yields the index of a plan, and what is wrong there."""

Subject = TypeVar("Subject")
Found = TypeVar("Found")


class View:
    """What checks look at: pure and lazy."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[object, object] = {}

    def once(self, work: Callable[[Self], Found]) -> Found:
        """Return what a function works out of this view, which several checks ask for."""
        if work not in self._known:
            self._known[work] = work(self)
        return cast("Found", self._known[work])


class Rule(NamedTuple, Generic[Subject]):
    """A rule. `needs`, `effect` and `sources` are shown to people; the examples are run by the tests.

    Its kind says what it judges: each is a class of its own below.
    """

    id: str
    level: Level
    title: str
    needs: tuple[Fact, ...]
    """The facts it is decided by."""
    effect: str
    """What happens in the cluster."""
    sources: tuple[Source, ...]
    passes: Mapping[str, Any]
    """Changes to its example (`rules.examples`, `rules.examples_cluster`) under which the rule is content."""
    fails: Mapping[str, Any]
    """Changes to its example under which the rule speaks."""
    account: Mapping[str, Any]
    """Changes to the example account under which, with `fails`, it speaks; empty where no account is asked."""
    waivable: bool
    check: Callable[[Subject], Outcome]
    across: Across | None
    """Judges what several plans of one cluster share, beyond what each of them says alone; None: nothing."""


AnyRule: TypeAlias = "Rule[Any]"


class PlanRule(Rule[Subject]):
    """Judges a plan: takes a PlanView."""

    __slots__ = ()


class AccountRule(Rule[Subject]):
    """Judges a plan by what an account says: takes a PlanView and LiveFacts."""

    __slots__ = ()


class ClusterRule(Rule[Subject]):
    """Judges a running cluster (`eniplan verify`): takes a ClusterView."""

    __slots__ = ()


class TypeRule(Rule[Subject]):
    """Judges one instance type, wherever it is named: takes a TypeView. A path () is that of the type."""

    __slots__ = ()


class WaiverRule(Rule[Subject]):
    """Judges the waivers of a document when all findings are known: takes a WaiverView."""

    __slots__ = ()


class _Kind:
    """A decorator that makes a rule of a check function."""

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
