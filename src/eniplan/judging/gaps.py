"""Maps values that inputs lack to facts of rules. The only module that decides which rules wait for them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.values import listing, mapping
from eniplan.messages import NOTHING, say
from eniplan.plan.document import path_text, value_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from eniplan.facts import Fact
    from eniplan.messages import Message
    from eniplan.plan.document import Path, Value
    from eniplan.rules.base import AnyRule


def fact_at(path: Path) -> Fact | None:
    """Return the fact that a plan states at a key path, or at a parent of it."""
    return _fact(_key(path))


def waiting(rules: Iterable[AnyRule], path: Path, *, seeks_pool: bool) -> Iterator[str]:
    """Yield the ids of those rules that the missing value at a key path of a plan could trigger.

    Args:
        rules: the rules that are applied.
        path: the key path.
        seeks_pool: whether the plan refers to a pool that it does not have, see `seeks_pool`.

    """
    key = _key(path)
    names_nothing = key == facts.POOL_NAME.key and not seeks_pool
    near = _near(key)
    for rule in rules:
        if names_nothing and not _REFERENCES.isdisjoint(rule.needs):
            continue
        if any(need.key in near for need in rule.needs):
            yield rule.id


@cache
def _near(key: str) -> frozenset[str]:
    """Return the keys of the facts at, inside or around a key path.

    If a pool may not be exclusive, its other keys are still known, and applying the rules shows what they cause.
    Likewise for a workload of which one key is unknown.
    """
    if key == facts.POOL.key:
        return frozenset((key,))
    known = (
        fact for fact in facts.ALL if fact is not facts.POOL and (fact is not facts.WORKLOADS or fact is _fact(key))
    )
    return frozenset(fact.key for fact in known if _holds(fact.key, key) or _holds(key, fact.key))


_REFERENCES = frozenset((facts.NETWORKING_POOLS, facts.WORKLOAD_POOL))


def seeks_pool(value: Value, unknown: Collection[Path]) -> bool:
    """Return whether a plan refers to a pool by a name that none of its pools has: an unknown name may be this one.

    Args:
        value: the plan.
        unknown: key paths whose values are unknown, and may be placeholders.

    """
    has = {name for _, name in _named(value, "nodePools", "name")}
    asked = (*_named(value, "workloads", "nodePool"), *_named(value, "podNetworkings", "nodePools"))
    return any(name not in has and path not in unknown for path, name in asked)


def _named(value: Value, section: str, key: str) -> Iterator[tuple[Path, str]]:
    """Yield the names under a key of each item of a section, with their key paths."""
    for i, item in enumerate(listing(mapping(value).get(section))):
        at, found = (section, i, key), mapping(item).get(key)
        yield from ((at, name) for name in listing(found) or [found] if isinstance(name, str))


def owner(value: Value, path: Path) -> Message:
    """Return the name of the plan object that contains a key path."""
    if path[0] == "workloads" and len(path) > 1 and isinstance(path[1], str):
        return say("{name}", name=path[1])  # an object of an unsupported kind
    item = value_at(value, path[:2])
    if not isinstance(item, dict) or len(path) < 2 or not isinstance(path[1], int):  # noqa: PLR2004 - list and index
        return NOTHING
    name = item.get("name", item.get("id"))
    if path[0] == "nodePools":
        return say("pool {name!r}", name=name)
    kind = item.get("kind") if path[0] == "workloads" else "PodNetworking"
    return say("{kind} {name!r}", kind=kind, name=name)


def _key(path: Path) -> str:
    return re.sub(r"\[\d+\]", "[]", path_text(path))


@cache
def _fact(key: str) -> Fact | None:
    # A key of a pool that has no fact of its own says nothing about whether the pool is exclusive.
    known = [fact for fact in facts.ALL if _holds(fact.key, key) and (fact is not facts.POOL or fact.key == key)]
    return max(known, key=lambda fact: len(fact.key), default=None)


def _holds(outer: str, inner: str) -> bool:
    """Return whether `inner` is `outer` or inside it."""
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))
