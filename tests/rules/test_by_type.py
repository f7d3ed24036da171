from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eniplan.catalog.record import Conflict
from eniplan.catalog.store import Catalog
from eniplan.rules.base import Fix, Hit, Settings
from eniplan.rules.by_type import Demands
from eniplan.rules.choice import TypeJudge, Word, type_judge
from tests.judge import catalog, own, row

if TYPE_CHECKING:
    from pathlib import Path

IPV4 = Demands(dual=False, strict=False, erdma=False)
DUAL = IPV4._replace(dual=True)


def words(specs: Catalog, name: str, demands: Demands = IPV4) -> tuple[Word, ...]:
    record = specs.get(name)
    assert record is not None
    return TypeJudge(specs, Settings(demands.strict)).words(record, demands)


def said(specs: Catalog, name: str, demands: Demands = IPV4) -> list[tuple[str, str | None]]:
    return [(word.rule.id, word.level) for word in words(specs, name, demands)]


def test_warnings_and_their_words() -> None:
    (word,) = words(catalog(), "ecs.g6.13xlarge")
    assert (word.rule.id, word.level) == ("ENI002", "warning")
    assert word.message.startswith("ecs.g6.13xlarge has 7 ENIs")
    assert said(catalog(), "ecs.g6.13xlarge", IPV4._replace(strict=True)) == [("ENI002", "error")]


def test_other_modes_need_not_have_the_enis_of_exclusive_nodes() -> None:
    shared = IPV4._replace(exclusive=False)
    assert said(catalog(), "ecs.g7.xlarge") == [("ENI001", "error")]
    assert said(catalog(), "ecs.g7.xlarge", shared) == []
    assert said(catalog(), "ecs.g6.13xlarge", shared) == []
    assert said(catalog(), "ecs.g8i.8xlarge", shared._replace(erdma=True)) == []
    assert said(catalog(), "ecs.g6.xlarge", shared._replace(dual=True)) == [("DS001", "error")]
    assert said(catalog(), "ecs.g7.large", shared) == [("NP008", "error")]


def test_what_cannot_be_decided_is_said(tmp_path: Path) -> None:
    specs = own(tmp_path, row(EniQuantity=9, EriStated=True, CpuCoreCount=None))
    found = words(specs, "ecs.mine.8xlarge", IPV4._replace(erdma=True))
    assert [(word.rule.id, word.level, word.message) for word in found] == [
        ("ENI006", "warning", "with eRDMA ecs.mine.8xlarge carries 7 exclusive pods per node, not 8"),
        ("NP008", None, "CpuCoreCount of ecs.mine.8xlarge"),
    ]


def test_what_is_said_about_the_cluster_is_not_said_about_a_type() -> None:
    assert words(catalog(), "ecs.g8i.8xlarge", IPV4._replace(erdma=None, dual=None)) == ()


@pytest.mark.parametrize("is_family", [False, True])
@pytest.mark.parametrize("dual", [False, True])
def test_what_nobody_knows(dual: bool, is_family: bool) -> None:  # noqa: FBT001 - parameters of the test
    demands = IPV4._replace(dual=dual, erdma=True)
    ((rule, outcome),) = type_judge(catalog(), Settings()).said("ecs.nothing", demands, is_family=is_family)
    assert (rule.id, outcome.path) == ("ENI003", ())


def test_errors_alone_are_fixed_by_another_type_that_passes_undisputed() -> None:
    judge = type_judge(catalog(), Settings())

    def fixes(name: str) -> dict[str, object]:
        return {
            rule.id: found.fix and found.fix.value for rule, found in judge.said(name, IPV4) if isinstance(found, Hit)
        }

    assert fixes("ecs.c4.3xlarge") == {"ENI001": "ecs.c7.3xlarge", "ENI005": None}
    assert fixes("ecs.c4.xlarge") == {"ENI001": None, "ENI005": None}
    assert not any(
        found.fix.safe for _, found in judge.said("ecs.c4.3xlarge", IPV4) if isinstance(found, Hit) and found.fix
    )
    assert fixes("ecs.re6p.xlarge")["ENI001"] == "ecs.re6p.26xlarge"  # ecs.re6p-redis.13xlarge has 7 ENIs


@pytest.mark.parametrize("unknown", ["CpuCoreCount", "MemorySize"])
def test_types_of_unknown_size_are_not_suggested(tmp_path: Path, unknown: str) -> None:
    specs = own(
        tmp_path,
        row(EniQuantity=4, InstanceTypeId="ecs.mine.4xlarge"),
        row(EniQuantity=9, InstanceTypeId="ecs.mine.6xlarge", **{unknown: None}),
        row(EniQuantity=9, CpuCoreCount=64),
    )
    hint = hint_of(specs, "ecs.mine.4xlarge")
    assert hint.startswith("closest in the family: ecs.mine.8xlarge (9 ENIs, 64 vCPU, 128 GiB); same size")


def test_the_nearest_of_a_type_of_unknown_size(tmp_path: Path) -> None:
    small = row(EniQuantity=4, InstanceTypeId="ecs.mine.4xlarge", CpuCoreCount=None)
    larger = [row(EniQuantity=9, CpuCoreCount=n, InstanceTypeId=f"ecs.mine.{n}") for n in (64, 32)]
    hint = hint_of(own(tmp_path, small, *larger), "ecs.mine.4xlarge")
    assert hint == "closest in the family: ecs.mine.32 (9 ENIs, 32 vCPU, 128 GiB)"


def test_those_of_the_same_size_by_how_alike_their_families_are() -> None:
    assert hint_of(catalog(), "ecs.c6.3xlarge") == (
        "closest in the family: ecs.c6.4xlarge (8 ENIs, 16 vCPU, 32 GiB); "
        "same size (12 vCPU, 24 GiB): ecs.c7.3xlarge, ecs.c9i.3xlarge, ecs.c8i.3xlarge"
    )


def test_an_error_of_strict_is_fixed_too() -> None:
    ((_, found),) = TypeJudge(catalog(), Settings(strict=True)).said("ecs.g6.13xlarge", IPV4._replace(strict=True))
    assert isinstance(found, Hit)
    assert (found.level, found.fix) == ("error", Fix("value", "ecs.g6.8xlarge", safe=False))


def test_the_nearest_in_size(tmp_path: Path) -> None:
    small = row(EniQuantity=4, InstanceTypeId="ecs.mine.x", CpuCoreCount=60)
    others = [row(EniQuantity=9, CpuCoreCount=n, InstanceTypeId=f"ecs.mine.{n}") for n in (8, 64, 96)]
    assert "(9 ENIs, 64 vCPU" in hint_of(own(tmp_path, small, *others), "ecs.mine.x")


@pytest.mark.parametrize("order", [1, -1])
def test_the_smaller_of_two_that_are_equally_near(tmp_path: Path, order: int) -> None:
    small = row(EniQuantity=4, InstanceTypeId="ecs.mine.x", CpuCoreCount=48)
    others = [row(EniQuantity=9, CpuCoreCount=n, InstanceTypeId=f"ecs.mine.{n * order}") for n in (64, 32)]
    assert "(9 ENIs, 32 vCPU" in hint_of(own(tmp_path, small, *others), "ecs.mine.x")


def test_one_of_the_same_family_and_size_is_named_once(tmp_path: Path) -> None:
    specs = own(tmp_path, row(EniQuantity=4), row(EniQuantity=9, InstanceTypeId="ecs.mine.twin"))
    assert hint_of(specs, "ecs.mine.8xlarge").count("ecs.mine.twin") == 1


def hint_of(specs: Catalog, name: str) -> str:
    """Return what ENI001 suggests instead of a type."""
    (hint,) = (
        found.hint
        for rule, found in TypeJudge(specs, Settings()).said(name, IPV4)
        if rule.id == "ENI001" and isinstance(found, Hit)
    )
    return hint


def test_facts_for_machines() -> None:
    ((_, found),) = TypeJudge(catalog(), Settings()).said("ecs.c4.4xlarge", IPV4)
    assert isinstance(found, Hit)
    assert found.facts == {"OnSale": False}
    ((_, found),) = TypeJudge(catalog(), Settings()).said("ecs.g8i.8xlarge", IPV4._replace(erdma=True))
    assert isinstance(found, Hit)
    assert found.facts == {"EniQuantity": 8, "EriQuantity": None}


def test_a_dispute_about_addresses_is_none_about_enis(tmp_path: Path) -> None:
    file = tmp_path / "specs.jsonl"
    file.write_text(json.dumps(row(EniQuantity=None)), encoding="utf-8")
    specs = Disputed(specs=str(file))
    specs.dispute = Conflict("EniIpv6AddressQuantity", None, {"1": ("docs",)})
    (word,) = (word for word in words(specs, "ecs.mine.8xlarge") if word.rule.id == "ENI003")
    assert word.message == "the ENI limits of ecs.mine.8xlarge are not published"


def test_an_unknown_number_of_enis_says_nothing_of_erdma(tmp_path: Path) -> None:
    specs = own(tmp_path, row(EniQuantity=None, EriQuantity=1))
    assert said(specs, "ecs.mine.8xlarge", IPV4._replace(erdma=True)) == [("ENI003", "error")]


class Disputed(Catalog):
    """A catalog in which sources disagree on one number of each type."""

    dispute: Conflict

    def conflicts(self, _name: str) -> tuple[Conflict, ...]:
        return (self.dispute,)


@pytest.mark.parametrize(
    ("demands", "field", "values", "speaks"),
    [
        (IPV4, "EniQuantity", (8, 7), True),
        (IPV4, "EniQuantity", (8, 9, 6), True),
        (IPV4, "EniQuantity", (8, 9), False),
        (IPV4, "EniQuantity", (7, 6), True),
        (IPV4, "EniQuantity", (6, 5), False),
        (IPV4, "EniIpv6AddressQuantity", (30, 1), False),
        (DUAL, "EniPrivateIpAddressQuantity", (30, 20), True),
        (DUAL, "EniIpv6AddressQuantity", (30, 1), True),
        (DUAL, "CpuCoreCount", (32, 16), False),
    ],
)
def test_disputes_that_matter(
    tmp_path: Path, demands: Demands, field: str, values: tuple[int, ...], *, speaks: bool
) -> None:
    file = tmp_path / "specs.jsonl"
    known = {"EniQuantity": 8, "EniPrivateIpAddressQuantity": 30, "EniIpv6AddressQuantity": 30, field: values[0]}
    file.write_text(json.dumps(row(**known)), encoding="utf-8")
    specs = Disputed(specs=str(file))
    specs.dispute = Conflict(field, values[0], {str(number): ("docs",) for number in values})
    told = [word.message for word in words(specs, "ecs.mine.8xlarge", demands) if word.rule.id == "ENI011"]
    assert [message.rpartition("; ")[2] for message in told] == [f"{values[0]} is used"] * speaks


def test_the_same_types_are_asked_once_for_all_plans() -> None:
    assert type_judge(catalog(), Settings()) is type_judge(catalog(), Settings())
    judge = type_judge(catalog(), Settings())
    assert judge.said("ecs.g7.2xlarge", IPV4) is judge.said("ecs.g7.2xlarge", IPV4)
