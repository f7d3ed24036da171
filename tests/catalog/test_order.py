from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.catalog.order import ORDERS, nearest_to
from eniplan.catalog.record import InstanceType
from tests.judge import catalog

if TYPE_CHECKING:
    from eniplan.catalog.order import Key


def like(name: str) -> Key:
    model = catalog().get(name)
    assert model is not None
    return nearest_to(model)


def pods_of(record: InstanceType) -> int | None:
    return None if record.EniQuantity is None else record.EniQuantity - 1


def ordered(key: Key, records: list[InstanceType]) -> list[InstanceType]:
    return sorted(records, key=lambda record: key(record, pods_of(record)))


EVERY: dict[str, Key] = {**ORDERS, "like": like("ecs.g7.2xlarge"), "like ARM": like("ecs.g8y.4xlarge")}


@pytest.mark.parametrize("name", EVERY)
def test_every_order_is_total_and_the_same_whatever_came_before(name: str) -> None:
    records = catalog().all()
    expected = ordered(EVERY[name], records)
    keys = [EVERY[name](record, pods_of(record)) for record in expected]
    assert all(first < second for first, second in pairwise(keys))  # no two are equal
    for seed in range(3):
        shuffled = random.Random(seed).sample(records, len(records))  # noqa: S311 - no secret
        assert ordered(EVERY[name], shuffled) == expected


def test_most_pods_first() -> None:
    counts = [pods_of(record) for record in ordered(ORDERS["pods"], catalog().all())]
    known = [count for count in counts if count is not None]
    assert known == sorted(known, reverse=True)
    assert counts[len(known) :] == [None] * (len(counts) - len(known))


def test_most_pods_per_vcpu_first() -> None:
    rates = []
    for record in ordered(ORDERS["pods-per-vcpu"], catalog().all()):
        pods = pods_of(record)
        rates.append(None if pods is None or record.CpuCoreCount is None else pods / record.CpuCoreCount)
    known = [rate for rate in rates if rate is not None]
    assert known == sorted(known, reverse=True)
    assert rates[len(known) :] == [None] * (len(rates) - len(known))


@pytest.mark.parametrize(("name", "field"), [("vcpu", "CpuCoreCount"), ("memory", "MemorySize")])
def test_smallest_first(name: str, field: str) -> None:
    sizes: list[Any] = [getattr(record, field) for record in ordered(ORDERS[name], catalog().all())]
    known = [size for size in sizes if size is not None]
    assert known == sorted(known)
    assert sizes[len(known) :] == [None] * (len(sizes) - len(known))


def test_a_type_is_nearest_to_itself() -> None:
    for record in catalog().all()[::50]:
        if record.CpuCoreCount and record.MemorySize:
            assert ordered(nearest_to(record), catalog().all())[0] == record


def test_other_machines_come_last() -> None:
    arches = [record.CpuArchitecture for record in ordered(EVERY["like ARM"], catalog().all())]
    assert arches[: arches.count("ARM")] == ["ARM"] * arches.count("ARM")


def test_twice_as_large_is_as_near_as_half() -> None:
    model = InstanceType.from_map({"InstanceTypeId": "ecs.a1.x", "CpuCoreCount": 8, "MemorySize": 32})
    half, twice, far, unknown = (
        InstanceType.from_map({"InstanceTypeId": f"ecs.a1.{name}", "CpuCoreCount": vcpus, "MemorySize": memory})
        for name, vcpus, memory in (("half", 4, 16), ("twice", 16, 64), ("far", 2, 16), ("unknown", None, 32))
    )
    key = nearest_to(model)
    assert key(half, None)[:3] == key(twice, None)[:3]
    assert ordered(key, [unknown, far, twice, half, model]) == [model, half, twice, far, unknown]
