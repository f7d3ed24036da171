from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eniplan import facts
from eniplan.rules import ALL
from eniplan.rules.base import Hit
from eniplan.rules.types import Demands, alternatives, choose, type_errors
from eniplan.rules.view import Settings
from tests.judge import catalog, own, row, view_of

if TYPE_CHECKING:
    from pathlib import Path

TYPES = "nodePools[0].instanceTypes"


def errors_of_all_types(stack: str, *, strict: bool) -> dict[str, set[str]]:
    """Return the error-level rules that speak about each type, by asking the rules themselves."""
    names = catalog().names()
    view = view_of({"cluster.ipStack": stack, TYPES: names}, Settings(strict=strict))
    out: dict[str, set[str]] = {name: set() for name in names}
    for rule in ALL:
        for outcome in rule.check(view) if facts.OF_TYPES.issuperset(rule.needs) else ():
            if isinstance(outcome, Hit) and (outcome.level or rule.level) == "error":
                assert outcome.path[2] == "instanceTypes"
                out[names[int(outcome.path[3])]].add(rule.id)
    return out


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
@pytest.mark.parametrize("stack", ["ipv4", "dual"])
def test_choosing_and_judging_agree(stack: str, strict: bool) -> None:  # noqa: FBT001 - a parameter of the test
    demands = Demands(stack == "dual", strict)
    judged = errors_of_all_types(stack, strict=strict)
    assert len(judged) == 1241
    chosen = {record.InstanceTypeId: set(type_errors(record, demands)) for record in catalog().all()}
    assert chosen == judged


@pytest.mark.parametrize("dual", [False, True, None])
def test_every_alternative_that_is_named_passes(dual: bool | None) -> None:  # noqa: FBT001 - a parameter of the test
    demands = Demands(dual, strict=False)
    strict = Demands(dual, strict=True)
    for record in catalog().all()[::7]:  # all would take seconds, and teach nothing more
        if type_errors(record, demands):
            words = alternatives(catalog(), record, demands).replace(",", " ").replace(":", " ").split()
            named = [word for word in words if word.startswith("ecs.") and word.count(".") == 2]
            for name in named:
                other = catalog().get(name)
                assert other is not None, name
                assert type_errors(other, strict) == ()
                assert other.on_sale is not False
                assert other.InstanceTypeFamily == record.InstanceTypeFamily or (
                    other.CpuCoreCount, other.MemorySize,
                ) == (record.CpuCoreCount, record.MemorySize)  # fmt: skip


def test_nearest_in_the_family_is_by_size() -> None:
    record = catalog().get("ecs.g7.2xlarge")
    assert record is not None
    text = alternatives(catalog(), record, Demands(dual=False, strict=False))
    assert text.startswith("nearest in the family: ecs.g7.3xlarge (8 ENIs, 12 vCPU, 48 GiB)")


def test_no_alternative_at_all() -> None:
    tiny = catalog().get("ecs.t6-c4m1.large")
    assert tiny is not None
    text = alternatives(catalog(), tiny, Demands(dual=False, strict=False))
    assert "passes: choose a larger size of another family" in text
    assert "of 2 vCPU" in text


def test_size_not_known(tmp_path: Path) -> None:
    specs = own(tmp_path, row(EniQuantity=2, CpuCoreCount=None, MemorySize=None))
    record = specs.get("ecs.mine.8xlarge")
    assert record is not None
    text = alternatives(specs, record, Demands(dual=False, strict=False))
    assert text == "no type of ecs.mine and none of this size passes: choose a larger size of another family"


def test_alternatives_of_a_family_like_none() -> None:
    """Families with the same letters come first, and of those the later generations."""
    record = catalog().get("ecs.g5.8xlarge")
    assert record is not None
    text = alternatives(catalog(), record, Demands(dual=True, strict=False))
    names = text.partition("GiB): ")[2].split(", ")
    assert names
    assert all(name.startswith("ecs.g") for name in names)


def test_choose_keeps_the_order_of_sizes() -> None:
    choice = choose(catalog(), 0, "ecs.g8i", Demands(dual=False, strict=False))
    sizes = [record.CpuCoreCount or 0 for record in choice.selected]
    assert sizes == sorted(sizes)
    assert {r.InstanceTypeId for r in choice.selected} | {r.InstanceTypeId for r, _ in choice.rejected} == {
        record.InstanceTypeId for record in catalog().family("ecs.g8i")
    }
