from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eniplan.rules.base import Settings
from eniplan.rules.choice import TypeJudge, Word, type_judge
from eniplan.rules.types import Demands
from tests.judge import catalog, own, row

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.catalog.store import Catalog

IPV4 = Demands(dual=False, strict=False, erdma=False)


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
def test_what_nobody_knows(is_family: bool) -> None:  # noqa: FBT001 - a parameter of the test
    ((rule, outcome),) = type_judge(catalog(), Settings()).said("ecs.nothing", IPV4, is_family=is_family)
    assert (rule.id, outcome.path) == ("ENI003", ())


def test_the_same_types_are_asked_once_for_all_plans() -> None:
    assert type_judge(catalog(), Settings()) is type_judge(catalog(), Settings())
    judge = type_judge(catalog(), Settings())
    assert judge.said("ecs.g7.2xlarge", IPV4) is judge.said("ecs.g7.2xlarge", IPV4)
