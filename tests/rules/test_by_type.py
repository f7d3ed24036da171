from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eniplan.rules.by_type import Cluster, Word, judge_types
from eniplan.rules.types import Demands, type_errors
from eniplan.rules.view import Settings
from tests.judge import catalog, own, row

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.catalog.store import Catalog

IPV4 = Cluster(dual=False, erdma=False, exclusive=True)


def said(specs: Catalog, name: str, cluster: Cluster = IPV4, *, strict: bool = False) -> list[tuple[str, str | None]]:
    record = specs.get(name)
    assert record is not None
    return [(word.rule.id, word.level) for word in judge_types([record], cluster, specs, Settings(strict))[name]]


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
@pytest.mark.parametrize("dual", [False, True], ids=["ipv4", "dual"])
def test_errors_are_those_that_choosing_from_a_family_finds(dual: bool, strict: bool) -> None:  # noqa: FBT001 - parameters of the test
    records = catalog().all()
    words = judge_types(records, Cluster(dual, erdma=False, exclusive=True), catalog(), Settings(strict))
    errors = {name: {w.rule.id for w in said if w.level == "error"} for name, said in words.items()}
    assert errors == {r.InstanceTypeId: set(type_errors(r, Demands(dual, strict))) for r in records}


def test_warnings_and_their_words() -> None:
    record = catalog().get("ecs.g6.13xlarge")
    assert record is not None
    (word,) = judge_types([record], IPV4, catalog(), Settings())[record.InstanceTypeId]
    assert (word.rule.id, word.level) == ("ENI002", "warning")
    assert word.message.startswith("ecs.g6.13xlarge has 7 ENIs")
    assert said(catalog(), "ecs.g6.13xlarge", strict=True) == [("ENI002", "error")]


def test_other_modes_need_not_have_the_enis_of_exclusive_nodes() -> None:
    assert said(catalog(), "ecs.g7.xlarge") == [("ENI001", "error")]
    assert said(catalog(), "ecs.g7.xlarge", IPV4._replace(exclusive=False)) == []
    assert said(catalog(), "ecs.g6.xlarge", IPV4._replace(exclusive=False, dual=True)) == [("DS001", "error")]
    assert said(catalog(), "ecs.g7.large", IPV4._replace(exclusive=False)) == [("NP008", "error")]


def test_what_cannot_be_decided_is_said(tmp_path: Path) -> None:
    specs = own(tmp_path, row(EniQuantity=9, EriStated=True, CpuCoreCount=None))
    record = specs.get("ecs.mine.8xlarge")
    assert record is not None
    words = judge_types([record], IPV4._replace(erdma=True), specs, Settings())[record.InstanceTypeId]
    assert [(word.rule.id, word.level, word.message) for word in words] == [
        ("ENI006", "warning", "with eRDMA ecs.mine.8xlarge carries 7 exclusive pods per node, not 8"),
        ("NP008", None, "CpuCoreCount of ecs.mine.8xlarge"),
    ]


def test_what_is_said_about_the_cluster_is_not_said_about_a_type() -> None:
    unknown: tuple[Word, ...] = judge_types(
        [record for record in catalog().family("ecs.g8i") if record.InstanceTypeId == "ecs.g8i.8xlarge"],
        IPV4._replace(erdma=None),
        catalog(),
        Settings(),
    )["ecs.g8i.8xlarge"]
    assert unknown == ()
