"""Judges instance types once each: for pools, for families, and to suggest types that pass."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from eniplan.catalog.order import likeness
from eniplan.messages import NOTHING, say, together
from eniplan.rules.base import Fix, Hit
from eniplan.rules.by_type import TYPE_RULES, TypeView
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.catalog.record import InstanceType
    from eniplan.catalog.store import Catalog
    from eniplan.messages import Message
    from eniplan.rules.base import AnyRule, Level, Settings, Unknown
    from eniplan.rules.by_type import Demands

Said: TypeAlias = "tuple[tuple[AnyRule, Hit | Unknown], ...]"
_SUGGESTIONS = 3


class Word(NamedTuple):
    """A result of a rule for a type."""

    rule: AnyRule
    level: Level | None
    """None: undecided, because the fact that `message` names is unknown."""
    message: str


class FamilyChoice(NamedTuple):
    """The types of a family in `instanceFamilies`: those that pass, and why the others do not."""

    position: int
    family: str
    selected: tuple[InstanceType, ...]
    rejected: tuple[tuple[InstanceType, tuple[str, ...]], ...]
    """With the ids of the rules that they break; ENI005 for types no longer on sale."""

    @property
    def broken(self) -> dict[str, list[str]]:
        """The same by the name of the type."""
        return {record.InstanceTypeId: list(rules) for record, rules in self.rejected}

    @property
    def reasons(self) -> str:
        """The same as text: `ecs.i4.large (ENI003+NP008)`."""
        return ", ".join(f"{name} ({'+'.join(rules)})" for name, rules in self.broken.items())


@lru_cache(maxsize=4)
def type_judge(catalog: Catalog, settings: Settings) -> TypeJudge:
    """Return the judge for some instance data, cached because many pools and plans use the same types."""
    return TypeJudge(catalog, settings)


class TypeJudge:
    """Applies the type rules to instance types."""

    def __init__(self, catalog: Catalog, settings: Settings) -> None:
        """Take the instance data and the settings."""
        self._catalog = catalog
        self._settings = settings
        self._said: dict[tuple[str, Demands, bool], Said] = {}
        self._plain: dict[tuple[str, Demands], Said] = {}

    def said(self, name: str, demands: Demands, *, is_family: bool = False) -> Said:
        """Return the results of the rules for a type. Path () means the type, wherever a plan names it."""
        key = name, demands, is_family
        if key not in self._said:
            record = self._catalog.get(name)

            def others() -> Message:
                return NOTHING if record is None else self.alternatives(record, demands)

            view = TypeView(name, record, demands, self._catalog, self._settings, others, is_family)
            said = _ask(view)
            if record is not None and any(_is_error(rule, found) for rule, found in said):
                fix = self._fix(record, demands)
                said = tuple((rule, _with(found, fix) if _is_error(rule, found) else found) for rule, found in said)
            self._said[key] = said
        return self._said[key]

    def _fix(self, record: InstanceType, demands: Demands) -> Fix | None:
        """Return the nearest type as a fix: an unsafe one, because the choice is the user's."""
        family, same_size = self._near(record, demands._replace(strict=True))
        meant = next((r.InstanceTypeId for r in (*family, *same_size)), None)
        return None if meant is None else Fix("value", meant, safe=False)

    def _verdict(self, record: InstanceType, demands: Demands) -> Said:
        """Return the results of the rules for a type, without suggesting others."""
        key = record.InstanceTypeId, demands
        if key not in self._plain:
            view = TypeView(record.InstanceTypeId, record, demands, self._catalog, self._settings, lambda: NOTHING)
            self._plain[key] = _ask(view)
        return self._plain[key]

    def words(self, record: InstanceType, demands: Demands) -> tuple[Word, ...]:
        """Return the results of the rules for a type, without those about its cluster."""
        return tuple(
            Word(rule, found.level or rule.level, found.message)
            if isinstance(found, Hit)
            else Word(rule, None, found.words)
            for rule, found in self._verdict(record, demands)
            if not found.path
        )

    def errors(self, record: InstanceType, demands: Demands) -> tuple[str, ...]:
        """Return the ids of the rules that a type breaks at error level; empty if it passes."""
        return tuple(word.rule.id for word in self.words(record, demands) if word.level == "error")

    def choose(self, position: int, family: str, demands: Demands) -> FamilyChoice:
        """Select the types of a family that pass and are on sale."""
        selected, rejected = [], []
        for record in self._catalog.family(family):
            errors = self.errors(record, demands) + (("ENI005",) if record.on_sale is False else ())
            if errors:
                rejected.append((record, errors))
            else:
                selected.append(record)
        return FamilyChoice(position, family, tuple(selected), tuple(rejected))

    def alternatives(self, record: InstanceType, demands: Demands) -> Message:
        """Return the nearest types that pass undisputed, in words: of the same family, and of the same size."""
        family, names = self._near(record, demands._replace(strict=True))
        parts = [_nearest(family[0])] if family else []
        if names:
            parts.append(
                say(
                    "same size ({CpuCoreCount} vCPU, {MemorySize:g} GiB): {types}",
                    CpuCoreCount=record.CpuCoreCount,
                    MemorySize=record.MemorySize,
                    types=tuple(r.InstanceTypeId for r in names[:_SUGGESTIONS]),
                )
            )
        if parts:
            return together(parts)
        vcpus = record.CpuCoreCount
        size = say("of {CpuCoreCount} vCPU", CpuCoreCount=vcpus) if vcpus else say("of this size")
        return say(
            "no type of {family} and none {size} passes: choose a larger size of another family",
            family=record.InstanceTypeFamily,
            size=size,
        )

    def _near(self, record: InstanceType, demands: Demands) -> tuple[list[InstanceType], list[InstanceType]]:
        """Return the types that pass undisputed, nearest first: of the same family, and others of the same size."""
        family = [r for r in self._catalog.family(record.InstanceTypeFamily) if self._offered(r, demands)]
        vcpus = record.CpuCoreCount or 0
        family.sort(key=lambda r: (abs((r.CpuCoreCount or 0) - vcpus), r.CpuCoreCount or 0, r.InstanceTypeId))
        if record.CpuCoreCount is None or record.MemorySize is None:
            return family, []
        same = self._catalog.same_size(record.CpuCoreCount, record.MemorySize)
        names = [r for r in same if self._offered(r, demands) and r.InstanceTypeFamily != record.InstanceTypeFamily]
        order = likeness(record.InstanceTypeFamily) if names else None
        names.sort(key=lambda r: (0 if order is None else order(r.InstanceTypeFamily), r.InstanceTypeId))
        return family, names

    def _offered(self, record: InstanceType, demands: Demands) -> bool:
        is_sized = None not in (record.CpuCoreCount, record.MemorySize)
        return is_sized and record.on_sale is not False and not self.errors(record, demands)


def _ask(view: TypeView) -> Said:
    return tuple((rule, found) for rule in TYPE_RULES for found in rule.check(view))


def _is_error(rule: AnyRule, found: Hit | Unknown) -> bool:
    return isinstance(found, Hit) and (found.level or rule.level) == "error"


def _with(found: Hit | Unknown, fix: Fix | None) -> Hit | Unknown:
    return found._replace(fix=fix) if isinstance(found, Hit) else found


def _nearest(record: InstanceType) -> Message:
    return say(
        "closest in the family: {type} ({EniQuantity} ENIs, {CpuCoreCount} vCPU, {MemorySize:g} GiB)",
        type=record.InstanceTypeId,
        EniQuantity=record.EniQuantity,
        CpuCoreCount=record.CpuCoreCount,
        MemorySize=record.MemorySize,
    )
