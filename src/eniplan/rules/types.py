"""Judging one instance type: for the rules, for choosing from a family, and for naming what would pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from eniplan.catalog.limits import DISPUTED_ENIS, FORBIDDEN_ENIS, has_parity
from eniplan.catalog.order import likeness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.catalog.record import InstanceType
    from eniplan.catalog.store import Catalog

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


def alternatives(catalog: Catalog, record: InstanceType, demands: Demands) -> str:
    """Name the nearest types that pass beyond dispute: of the same family, and of the same size."""
    demands = demands._replace(strict=True)
    family = [r for r in catalog.family(record.InstanceTypeFamily) if _offered(r, demands)]
    vcpus = record.CpuCoreCount or 0
    family.sort(key=lambda r: (abs((r.CpuCoreCount or 0) - vcpus), r.CpuCoreCount or 0, r.InstanceTypeId))
    parts = []
    if family:
        parts.append(f"nearest in the family: {_described(family[:1])}")
    if record.CpuCoreCount is not None and record.MemorySize is not None:
        same = catalog.same_size(record.CpuCoreCount, record.MemorySize)
        names = [r for r in same if _offered(r, demands) and r.InstanceTypeFamily != record.InstanceTypeFamily]
        if names:
            size = f"{record.CpuCoreCount} vCPU, {record.MemorySize:g} GiB"
            order = likeness(record.InstanceTypeFamily)
            names.sort(key=lambda r: (order(r.InstanceTypeFamily), r.InstanceTypeId))
            listed = ", ".join(r.InstanceTypeId for r in names[:_SUGGESTIONS])
            parts.append(f"same size ({size}): {listed}")
    if parts:
        return "; ".join(parts)
    size = f"of {vcpus} vCPU" if vcpus else "of this size"
    return f"no type of {record.InstanceTypeFamily} and none {size} passes: choose a larger size of another family"


def _offered(record: InstanceType, demands: Demands) -> bool:
    return record.on_sale is not False and not type_errors(record, demands)


def _described(records: Iterable[InstanceType]) -> str:
    return ", ".join(
        f"{r.InstanceTypeId} ({r.EniQuantity} ENIs, {r.CpuCoreCount} vCPU, {r.MemorySize:g} GiB)"
        for r in records
        if r.MemorySize is not None
    )
