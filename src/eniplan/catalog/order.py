"""Sort orders of instance types. Every order is total: the id breaks ties."""

from __future__ import annotations

from math import inf, log2
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.catalog.record import InstanceType

Key: TypeAlias = "Callable[[InstanceType, int | None], tuple[Any, ...]]"
"""Returns the sort key of a type and its pods per node. Unknown values sort last."""

_OTHER_KIND = 0.5
"""The distance to a family with other letters, in doublings of size."""


def _size(record: InstanceType) -> tuple[float, float, str]:
    return _or_last(record.CpuCoreCount), _or_last(record.MemorySize), record.InstanceTypeId


def _or_last(value: float | None) -> float:
    return inf if value is None else value


def _by_pods(record: InstanceType, pods: int | None) -> tuple[Any, ...]:
    return (_or_last(None if pods is None else -pods), *_size(record))


def _by_density(record: InstanceType, pods: int | None) -> tuple[Any, ...]:
    density = pods_per_vcpu(record, pods)
    return (_or_last(None if density is None else -density), *_size(record))


def _by_memory(record: InstanceType, _: int | None) -> tuple[Any, ...]:
    vcpus, memory, name = _size(record)
    return memory, vcpus, name


ORDERS: Mapping[str, Key] = {
    "pods": _by_pods, "pods-per-vcpu": _by_density, "vcpu": lambda record, _: _size(record), "memory": _by_memory,
}  # fmt: skip
"""Most pods first; least vCPUs or memory first."""


def pods_per_vcpu(record: InstanceType, pods: int | None) -> float | None:
    """Return the pods per vCPU; None if either number is unknown."""
    return None if pods is None or not record.CpuCoreCount else pods / record.CpuCoreCount


def nearest_to(model: InstanceType) -> Key:
    """Return an order by similarity to a type: first architecture, then vCPU, memory and family letters combined.

    Half the size is as near as twice the size. A family with other letters is as far as 1.4 times the vCPUs.
    """
    order, letters = likeness(model.InstanceTypeFamily), _letters(model.InstanceTypeFamily)

    def key(record: InstanceType, _: int | None) -> tuple[Any, ...]:
        family = record.InstanceTypeFamily
        distance = _ratio(record.CpuCoreCount, model.CpuCoreCount) + _ratio(record.MemorySize, model.MemorySize)
        distance += _OTHER_KIND * (_letters(family) != letters)
        other_machine = record.CpuArchitecture != model.CpuArchitecture
        # Rounded: sums of logarithms that are mathematically equal can differ in their last digits.
        return other_machine, round(distance, 6), family != model.InstanceTypeFamily, order(family), *_size(record)

    return key


def _ratio(value: float | None, other: float | None) -> float:
    return abs(log2(value / other)) if value and other else inf


def likeness(family: str) -> Callable[[str], tuple[bool, bool, int]]:
    """Return a sort key that puts families with the same letters first, and later generations before earlier ones."""
    letters = _letters(family)

    def key(other: str) -> tuple[bool, bool, int]:
        theirs = _letters(other)
        return theirs != letters, theirs[:1] != letters[:1], -_generation(other)

    return key


def _letters(family: str) -> str:
    name = family.removeprefix("ecs.")
    return "".join(c for c in name if c.isalpha())


def _generation(family: str) -> int:
    digits = "".join(c for c in family if c.isdigit())
    return int(digits[:1] or 0)
