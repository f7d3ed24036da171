"""Decides which labels selectors allow: whether any can match, and which selectors can match the same pod."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, TypeAlias

from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from eniplan.k8s.labels import Selector

    Key: TypeAlias = tuple[str, str]
    """Whose label, and which."""
    Asked: TypeAlias = "Mapping[Key, Values]"
    """What is asked of labels; nothing: any will do."""

_FREE: frozenset[str] = frozenset()
_FEW = 4
"""Up to this many items, all pairs are compared without splitting."""
_DEPTH = 4
"""The number of labels by which to split items, one after the other."""


class Values(NamedTuple):
    """The values of one label that selectors allow."""

    allowed: frozenset[str] | None = None
    """None: any value."""
    forbidden: frozenset[str] = _FREE
    present: bool = False
    absent: bool = False

    @property
    def possible(self) -> bool:
        """Whether some value, or a missing label, matches."""
        if self.absent:
            return not self.present
        return self.allowed is None or bool(self.allowed - self.forbidden)

    def both(self, other: Values) -> Values:
        """Return the values that both allow."""
        return Values(
            _common(self.allowed, other.allowed),
            self.forbidden | other.forbidden,
            self.present or other.present,
            self.absent or other.absent,
        )


def _common(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    return second if first is None else first if second is None else first & second


def asked(selector: Selector) -> dict[str, Values]:
    """Return the label values that a selector allows, by key.

    Unknown operators are ignored: PN007 reports them.
    """
    found: dict[str, Values] = {}
    for requirement in selector.requirements:
        values = frozenset(requirement.values)
        one = {
            "In": Values(allowed=values, present=True),
            "NotIn": Values(forbidden=values),  # also matches without the label
            "Exists": Values(present=True),
            "DoesNotExist": Values(absent=True),
        }.get(requirement.operator, Values())
        found[requirement.key] = one.both(found.get(requirement.key, one))
    return found


def contradiction(selector: Selector) -> str | None:
    """Return the first label whose requirements no value can match; None if some labels match the selector."""
    return next((key for key, values in asked(selector).items() if not values.possible), None)


def groups(items: Sequence[Asked]) -> list[list[int]]:
    """Return groups of two or more items, by index: each can match the same labels as another item of its group.

    Items that require different values of a label are not compared with each other, so that many PodNetworkings
    that each select by their own label value stay fast.
    """
    alike: dict[Hashable, int] = {}
    linked = _Links(len(items))
    for index, item in enumerate(items):
        linked.join(index, alike.setdefault(frozenset(item.items()), index))
    _link(items, list(alike.values()), frozenset(), linked)
    found: dict[int, list[int]] = defaultdict(list)
    for index in range(len(items)):
        found[linked.root(index)].append(index)
    return [group for group in found.values() if len(group) > 1]


class _Links:
    """A union-find of linked indices."""

    def __init__(self, number: int) -> None:
        self._parents = list(range(number))

    def root(self, index: int) -> int:
        while self._parents[index] != index:
            self._parents[index] = index = self._parents[self._parents[index]]
        return index

    def join(self, first: int, second: int) -> None:
        self._parents[self.root(first)] = self.root(second)


def _link(items: Sequence[Asked], which: list[int], done: frozenset[Key], linked: _Links) -> None:
    """Link the items that can match the same labels, after splitting them by the label that most of them require."""
    while len(which) > _FEW and len(done) < _DEPTH:
        keys = Counter(key for i in which for key, values in items[i].items() if values.allowed and key not in done)
        if not keys:
            break
        key = keys.most_common(1)[0][0]
        by_value: dict[str, list[int]] = defaultdict(list)
        for i in which:
            for value in _allowed(items[i], key):
                by_value[value].append(i)
        for some in by_value.values():
            _link(items, some, done | {key}, linked)
        asking = dict.fromkeys(i for some in by_value.values() for i in some)
        which = [i for i in which if i not in asking]
        _compare(items, ((a, b) for a in which for b in asking), linked)
    _compare(items, ((a, b) for n, a in enumerate(which) for b in which[:n]), linked)


def _allowed(item: Asked, key: Key) -> frozenset[str]:
    return (item[key].allowed or _FREE) if key in item else _FREE


def _compare(items: Sequence[Asked], pairs: Iterable[tuple[int, int]], linked: _Links) -> None:
    for first, second in pairs:
        if linked.root(first) == linked.root(second):
            continue
        one, two = items[first], items[second]
        if all(values.both(two[key]).possible for key, values in one.items() if key in two):
            linked.join(first, second)
