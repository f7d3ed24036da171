from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eniplan.catalog.record import InstanceType
from eniplan.rules.base import Settings
from eniplan.rules.by_type import Demands, too_small
from eniplan.rules.choice import TypeJudge, type_judge
from tests.judge import catalog, judge, own, row

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.catalog.store import Catalog

TYPES = "nodePools[0].instanceTypes"


def judge_of(specs: Catalog) -> TypeJudge:
    return type_judge(specs, Settings())


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
@pytest.mark.parametrize("stack", ["ipv4", "dual"])
def test_plans_and_lists_of_types_hear_the_same(stack: str, strict: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A plan of all types: what its types are told is what `instances` says, and what families are chosen by."""
    names = catalog().names()
    report = judge({"cluster.ipStack": stack, TYPES: names}, strict=strict)
    told: dict[str, set[str]] = {name: set() for name in names}
    for finding in report.findings:
        if finding.level == "error" and finding.place.path.startswith(TYPES + "["):
            told[names[int(finding.place.path.removeprefix(TYPES)[1:-1])]].add(finding.rule.id)
    demands = Demands(stack == "dual", strict, erdma=False)
    assert len(told) == 1241
    assert {r.InstanceTypeId: set(judge_of(catalog()).errors(r, demands)) for r in catalog().all()} == told


@pytest.mark.parametrize("dual", [False, True, None])
def test_every_alternative_that_is_named_passes(dual: bool | None) -> None:  # noqa: FBT001 - a parameter of the test
    demands = Demands(dual, strict=False)
    strict = Demands(dual, strict=True)
    for record in catalog().all()[::7]:  # all would take seconds, and teach nothing more
        if judge_of(catalog()).errors(record, demands):
            words = judge_of(catalog()).alternatives(record, demands).replace(",", " ").replace(":", " ").split()
            named = [word for word in words if word.startswith("ecs.") and word.count(".") == 2]
            for name in named:
                other = catalog().get(name)
                assert other is not None, name
                assert judge_of(catalog()).errors(other, strict) == ()
                assert other.on_sale is not False
                assert other.InstanceTypeFamily == record.InstanceTypeFamily or (
                    other.CpuCoreCount, other.MemorySize,
                ) == (record.CpuCoreCount, record.MemorySize)  # fmt: skip


def test_nearest_in_the_family_is_by_size() -> None:
    record = catalog().get("ecs.g7.2xlarge")
    assert record is not None
    text = judge_of(catalog()).alternatives(record, Demands(dual=False, strict=False))
    assert text.startswith("closest in the family: ecs.g7.3xlarge (8 ENIs, 12 vCPU, 48 GiB)")


def test_no_alternative_at_all() -> None:
    tiny = catalog().get("ecs.t6-c4m1.large")
    assert tiny is not None
    text = judge_of(catalog()).alternatives(tiny, Demands(dual=False, strict=False))
    assert "passes: choose a larger size of another family" in text
    assert "of 2 vCPU" in text


def test_size_not_known(tmp_path: Path) -> None:
    specs = own(tmp_path, row(EniQuantity=2, CpuCoreCount=None, MemorySize=None))
    record = specs.get("ecs.mine.8xlarge")
    assert record is not None
    text = judge_of(specs).alternatives(record, Demands(dual=False, strict=False))
    assert text == "no type of ecs.mine and none of this size passes: choose a larger size of another family"


def test_alternatives_of_a_family_like_none() -> None:
    """Families with the same letters come first, and of those the later generations."""
    record = catalog().get("ecs.g5.8xlarge")
    assert record is not None
    text = judge_of(catalog()).alternatives(record, Demands(dual=True, strict=False))
    names = text.partition("GiB): ")[2].split(", ")
    assert names
    assert all(name.startswith("ecs.g") for name in names)


def test_choose_keeps_the_order_of_sizes() -> None:
    choice = judge_of(catalog()).choose(0, "ecs.g8i", Demands(dual=False, strict=False))
    sizes = [record.CpuCoreCount or 0 for record in choice.selected]
    assert sizes == sorted(sizes)
    assert {r.InstanceTypeId for r in choice.selected} | {r.InstanceTypeId for r, _ in choice.rejected} == {
        record.InstanceTypeId for record in catalog().family("ecs.g8i")
    }


@pytest.mark.parametrize(
    ("vcpus", "memory", "small"),
    [
        (4, 8, False),
        (3, 8, True),
        (4, 7.5, True),
        (None, 7.5, True),
        (3, None, True),
        (4, None, None),
        (None, 8, None),
    ],
)
def test_the_floor_for_workers(vcpus: int | None, memory: float | None, small: bool | None) -> None:  # noqa: FBT001 - a parameter of the test
    record = InstanceType.from_map({"InstanceTypeId": "ecs.x.large", "CpuCoreCount": vcpus, "MemorySize": memory})
    assert too_small(record) is small
