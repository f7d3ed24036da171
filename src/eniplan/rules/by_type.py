"""What the rules say about single instance types, without a plan file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eniplan import facts
from eniplan.plan.model import plan_from
from eniplan.plan.schema import API_VERSION
from eniplan.rules import ALL
from eniplan.rules.base import Hit
from eniplan.rules.view import PlanView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eniplan.catalog.record import InstanceType
    from eniplan.catalog.store import Catalog
    from eniplan.rules.base import AnyRule, Level
    from eniplan.rules.view import Settings

EXCLUSIVE_ONLY = frozenset(("ENI001", "ENI002", "ENI006"))
"""Rules about the number of ENIs of exclusive nodes: a node in another mode does not have to follow them."""
_TYPES = ("nodePools", 0, "instanceTypes")


class Word(NamedTuple):
    """What one rule says about a type."""

    rule: AnyRule
    level: Level | None
    """None: the rule cannot be decided, because `message` is not known."""
    message: str


class Cluster(NamedTuple):
    """The facts of a cluster that decide about types. `erdma` None: not stated."""

    dual: bool
    erdma: bool | None
    exclusive: bool
    """Whether pods are to own a whole ENI."""

    def plan(self, names: Sequence[str]) -> dict[str, object]:
        """Return a plan that asks about these types."""
        terway = {} if self.erdma is None else {"erdma": self.erdma}
        return {
            "apiVersion": API_VERSION,
            "cluster": {"ipStack": "dual" if self.dual else "ipv4", "terway": terway},
            "nodePools": [{"name": "(types)", "instanceTypes": list(names)}],
        }


def judge_types(
    records: Sequence[InstanceType], cluster: Cluster, catalog: Catalog, settings: Settings
) -> dict[str, tuple[Word, ...]]:
    """Return what the rules say about each type, by id, in the order of the rules."""
    names = [record.InstanceTypeId for record in records]
    view = PlanView(plan_from(cluster.plan(names)), catalog, settings)
    words: dict[str, list[Word]] = {name: [] for name in names}
    for rule in ALL:
        if not facts.OF_TYPES.issuperset(rule.needs) or (rule.id in EXCLUSIVE_ONLY and not cluster.exclusive):
            continue
        for outcome in rule.check(view):
            # What is said about the pool or the cluster as a whole is nothing about a type.
            if outcome.path[:-1] == _TYPES:
                name = names[int(outcome.path[-1])]
                if isinstance(outcome, Hit):
                    words[name].append(Word(rule, outcome.level or rule.level, outcome.message))
                else:
                    words[name].append(Word(rule, None, outcome.words))
    return {name: tuple(said) for name, said in words.items()}
