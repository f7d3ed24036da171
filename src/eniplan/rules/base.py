"""What a rule is: one small pure unit with everything that is ever said about it.

`explain`, the rule reference, the report and the tests' examples all come from these objects. A check yields
`Hit` for what is wrong and `Unknown` for what it would need to know and does not: never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from eniplan.catalog.record import Source
    from eniplan.facts import Fact
    from eniplan.plan.document import Path
    from eniplan.rules.cluster_view import ClusterView
    from eniplan.rules.view import PlanView

Level: TypeAlias = Literal["error", "warning", "info"]
LEVELS: tuple[Level, ...] = ("error", "warning", "info")
"""Most severe first."""


class Hit(NamedTuple):
    """Something is wrong at a key path of the plan, or with an object (`("Pod", "trading", "matcher-0")`)."""

    path: Path
    message: str
    """What is wrong, with the numbers compared."""
    hint: str = ""
    """The nearest fix."""
    facts: Mapping[str, object] = {}
    """The numbers compared, for machines."""
    level: Level | None = None
    """When it is not the rule's own level."""
    sources: tuple[Source | None, ...] = ()
    """Where the numbers come from; the rule's own sources are added."""


class Unknown(NamedTuple):
    """A fact that the rule needs and that is not known."""

    path: Path
    """Where the plan would state it, or what it is about."""
    fact: Fact
    about: str = ""
    """Whose fact it is, where there are several."""
    hint: str = ""
    """How to find it out here, when that is not the fact's own way."""

    @property
    def words(self) -> str:
        """What a report calls it."""
        return self.fact.called(self.about)

    @property
    def find(self) -> str:
        """How to find it out."""
        return self.hint or self.fact.find


def lacking(fact: Fact) -> Unknown:
    """Return that a fact is not known for which a plan has one place."""
    return Unknown(fact.path, fact)


Outcome: TypeAlias = "Iterator[Hit | Unknown]"


class Rule(NamedTuple):
    """A rule. `needs`, `effect` and `sources` are shown to people; the examples are run by the tests."""

    id: str
    level: Level
    title: str
    needs: tuple[Fact, ...]
    """The facts it is decided by."""
    effect: str
    """What happens in the cluster."""
    sources: tuple[Source, ...]
    passes: Mapping[str, Any]
    """Changes to the example plan (`rules.examples`) under which the rule is content."""
    fails: Mapping[str, Any]
    """Changes to the example plan under which the rule speaks."""
    check: Callable[[Any], Outcome]
    """Takes a PlanView, or a ClusterView where `on_cluster`: `rule` and `cluster_rule` see to that."""
    waivable: bool = True
    account: Mapping[str, Any] | None = None
    """Of a rule about what the account says: the changes to the example account under which, with `fails`, it speaks.
    None: the rule looks at the plan."""
    types_only: bool = False
    """Whether an instance type and the cluster's facts are all it looks at, so that it runs without a plan file."""
    on_cluster: bool = False
    """Whether it judges a running cluster (`eniplan verify`) and not a plan; its examples change an example cluster."""


def _each_once(needs: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Return facts without those that several groups of facts share."""
    return tuple(dict.fromkeys(needs))


def rule(  # noqa: PLR0913 - a rule has this many parts, and all are named at the call
    rule_id: str,
    level: Level,
    title: str,
    *,
    effect: str,
    sources: tuple[Source, ...],
    fails: Mapping[str, Any],
    passes: Mapping[str, Any] | None = None,
    needs: tuple[Fact, ...] = (),
    waivable: bool = True,
    account: Mapping[str, Any] | None = None,
    types_only: bool = False,
) -> Callable[[Callable[[PlanView], Outcome]], Rule]:
    """Make a rule of a check function."""

    def make(check: Callable[[PlanView], Outcome]) -> Rule:
        return Rule(
            rule_id,
            level,
            title,
            _each_once(needs),
            effect,
            sources,
            passes or {},
            fails,
            check,
            waivable,
            account,
            types_only,
        )

    return make


def cluster_rule(  # noqa: PLR0913 - as for `rule`
    rule_id: str,
    level: Level,
    title: str,
    *,
    needs: tuple[Fact, ...],
    effect: str,
    sources: tuple[Source, ...],
    fails: Mapping[str, Any],
    passes: Mapping[str, Any] | None = None,
) -> Callable[[Callable[[ClusterView], Outcome]], Rule]:
    """Make a rule of a check function that judges a running cluster."""

    def make(check: Callable[[ClusterView], Outcome]) -> Rule:
        return Rule(
            rule_id, level, title, _each_once(needs), effect, sources, passes or {}, fails, check, on_cluster=True
        )

    return make
