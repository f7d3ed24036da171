"""What a rule is: one small pure unit with everything that is ever said about it.

`explain`, the rule reference, the report and the tests' examples all come from these objects. A check yields
`Hit` for what is wrong and `Unknown` for what it would need to know and does not: never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from eniplan.catalog.record import Source
    from eniplan.plan.document import Path
    from eniplan.rules.view import PlanView

Level: TypeAlias = Literal["error", "warning", "info"]
LEVELS: tuple[Level, ...] = ("error", "warning", "info")
"""Most severe first."""


class Hit(NamedTuple):
    """Something is wrong at a key path of the plan."""

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
    fact: str
    """The fact, in the words of the plan or the API."""
    hint: str = ""


Outcome: TypeAlias = "Iterator[Hit | Unknown]"


class Rule(NamedTuple):
    """A rule. `needs`, `effect` and `sources` are shown to people; the examples are run by the tests."""

    id: str
    level: Level
    title: str
    needs: tuple[str, ...]
    """The facts it is decided by."""
    effect: str
    """What happens in the cluster."""
    sources: tuple[Source, ...]
    passes: Mapping[str, Any]
    """Changes to the example plan (`rules.examples`) under which the rule is content."""
    fails: Mapping[str, Any]
    """Changes to the example plan under which the rule speaks."""
    check: Callable[[PlanView], Outcome]
    waivable: bool = True
    account: Mapping[str, Any] | None = None
    """Of a rule about what the account says: the changes to the example account under which, with `fails`, it speaks.
    None: the rule looks at the plan."""
    types_only: bool = False
    """Whether an instance type and the cluster's facts are all it looks at, so that it runs without a plan file."""


def rule(  # noqa: PLR0913 - a rule has this many parts, and all are named at the call
    rule_id: str,
    level: Level,
    title: str,
    *,
    effect: str,
    sources: tuple[Source, ...],
    fails: Mapping[str, Any],
    passes: Mapping[str, Any] | None = None,
    needs: tuple[str, ...] = (),
    waivable: bool = True,
    account: Mapping[str, Any] | None = None,
    types_only: bool = False,
) -> Callable[[Callable[[PlanView], Outcome]], Rule]:
    """Make a rule of a check function."""

    def make(check: Callable[[PlanView], Outcome]) -> Rule:
        return Rule(
            rule_id, level, title, needs, effect, sources, passes or {}, fails, check, waivable, account, types_only
        )  # fmt: skip

    return make
