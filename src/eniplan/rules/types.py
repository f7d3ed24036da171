"""Judging one instance type: for the rules, for choosing from a family, and for naming what would pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eniplan.catalog.limits import DISPUTED_ENIS, FORBIDDEN_ENIS, has_parity
from eniplan.catalog.order import likeness
from eniplan.messages import say, together

if TYPE_CHECKING:
    from eniplan.catalog.record import InstanceType
    from eniplan.catalog.store import Catalog
    from eniplan.messages import Message

MIN_VCPUS = 4
MIN_MEMORY = 8
"""GiB. ACK's floor for a worker node."""
_SUGGESTIONS = 3


class Demands(NamedTuple):
    """What a type is judged against. `dual` is None when the cluster's ipStack is not known."""

    dual: bool | None
    strict: bool


def type_errors(record: InstanceType, demands: Demands) -> tuple[str, ...]:
    """Return the ids of the error-level rules that a type breaks; empty when it passes.

    A test holds this to the same answer as the rules themselves.
    """
    out = []
    enis = record.EniQuantity
    if enis is None:
        out.append("ENI003")
    elif enis <= FORBIDDEN_ENIS:
        out.append("ENI001")
    elif enis == DISPUTED_ENIS and demands.strict:
        out.append("ENI002")
    if demands.dual:
        parity = has_parity(record)
        if parity is None:
            out.append("DS005")
        elif not parity:
            out.append("DS001")
    if too_small(record):
        out.append("NP008")
    return tuple(out)


def too_small(record: InstanceType) -> bool | None:
    """Return whether a type is below ACK's floor for workers; None when its size is not known."""
    vcpus, memory = record.CpuCoreCount, record.MemorySize
    if (vcpus is not None and vcpus < MIN_VCPUS) or (memory is not None and memory < MIN_MEMORY):
        return True
    return None if vcpus is None or memory is None else False


class FamilyChoice(NamedTuple):
    """What `instanceFamilies` stands for: the types that pass, and why the others do not."""

    position: int
    family: str
    selected: tuple[InstanceType, ...]
    rejected: tuple[tuple[InstanceType, tuple[str, ...]], ...]
    """With the rule ids; a type off sale is rejected by ENI005."""


def choose(catalog: Catalog, position: int, family: str, demands: Demands) -> FamilyChoice:
    """Select the types of a family that pass and are on sale."""
    selected, rejected = [], []
    for record in catalog.family(family):
        errors = type_errors(record, demands) + (("ENI005",) if record.on_sale is False else ())
        if errors:
            rejected.append((record, errors))
        else:
            selected.append(record)
    return FamilyChoice(position, family, tuple(selected), tuple(rejected))


def alternatives(catalog: Catalog, record: InstanceType, demands: Demands) -> Message:
    """Name the nearest types that pass beyond dispute: of the same family, and of the same size."""
    demands = demands._replace(strict=True)
    family = [r for r in catalog.family(record.InstanceTypeFamily) if _offered(r, demands) and r.MemorySize is not None]
    vcpus = record.CpuCoreCount or 0
    family.sort(key=lambda r: (abs((r.CpuCoreCount or 0) - vcpus), r.CpuCoreCount or 0, r.InstanceTypeId))
    parts = [_nearest(family[0])] if family else []
    if record.CpuCoreCount is not None and record.MemorySize is not None:
        same = catalog.same_size(record.CpuCoreCount, record.MemorySize)
        names = [r for r in same if _offered(r, demands) and r.InstanceTypeFamily != record.InstanceTypeFamily]
        if names:
            order = likeness(record.InstanceTypeFamily)
            names.sort(key=lambda r: (order(r.InstanceTypeFamily), r.InstanceTypeId))
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
    size = say("of {CpuCoreCount} vCPU", CpuCoreCount=vcpus) if vcpus else say("of this size")
    return say(
        "no type of {family} and none {size} passes: choose a larger size of another family",
        family=record.InstanceTypeFamily,
        size=size,
    )


def _offered(record: InstanceType, demands: Demands) -> bool:
    return record.on_sale is not False and not type_errors(record, demands)


def _nearest(record: InstanceType) -> Message:
    return say(
        "nearest in the family: {type} ({EniQuantity} ENIs, {CpuCoreCount} vCPU, {MemorySize:g} GiB)",
        type=record.InstanceTypeId,
        EniQuantity=record.EniQuantity,
        CpuCoreCount=record.CpuCoreCount,
        MemorySize=record.MemorySize,
    )
