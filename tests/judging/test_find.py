from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.catalog.order import ORDERS
from eniplan.catalog.select import Wanted
from eniplan.catalog.sizing import Request
from eniplan.judging.find import Question, find
from eniplan.rules.base import Settings
from eniplan.rules.by_type import Demands
from tests.harness import REPO
from tests.judge import catalog

if TYPE_CHECKING:
    from eniplan.report.listing import Listing

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (REPO / "instance_specs" / "ecs.jsonl").read_text().splitlines()
]
IPV4 = Demands(dual=False, strict=False)


def names(listing: Listing) -> list[str]:
    return [row.record.InstanceTypeId for row in listing.rows]


@cache
def ask(demands: Demands = IPV4, **more: Any) -> Listing:  # noqa: ANN401 - those of Question
    return find(catalog(), Question(Wanted(), demands, ORDERS["vcpu"], **more), Settings())


@pytest.mark.parametrize("dual", [False, True], ids=["ipv4", "dual stack"])
def test_what_passes_is_what_brute_force_says(dual: bool) -> None:  # noqa: FBT001 - a parameter of the test
    def passes(r: dict[str, Any]) -> bool:
        ipv4, ipv6 = r.get("EniPrivateIpAddressQuantity", -1), r.get("EniIpv6AddressQuantity", -2)
        return bool(
            r.get("EniQuantity", 0) > 6
            and r.get("CpuCoreCount", 4) >= 4
            and r.get("MemorySize", 8) >= 8
            and (not dual or ipv4 == ipv6 > 0)
        )

    listing = ask(demands=IPV4._replace(dual=dual))
    assert set(names(listing)) == {r["InstanceTypeId"] for r in ROWS if passes(r)}
    assert len(listing.rows) + listing.rejected_total == len(ROWS)


def test_why_shows_each_rejected_type_with_its_rules() -> None:
    silent, open_ = ask(), ask(why=True)
    assert silent.rejected is None
    assert open_.rejected is not None
    assert len(open_.rejected) == open_.rejected_total == silent.rejected_total
    assert all(any(word.level == "error" for word in row.words) for row in open_.rejected)
    assert open_.rows == silent.rows
    assert not any(word.level == "error" for row in open_.rows for word in row.words)


def test_limit_keeps_the_first() -> None:
    everything, some = ask(), ask(limit=3)
    assert some.rows == everything.rows[:3]
    assert some.left == len(everything.rows) - 3
    assert everything.left == 0
    rejected = ask(why=True).rejected
    assert rejected is not None
    assert ask(limit=3, why=True).rejected == rejected[:3]


def test_the_order_is_that_of_the_mode() -> None:
    wanted = Wanted(mode="shared")
    shared = find(catalog(), Question(wanted, IPV4._replace(exclusive=False), ORDERS["pods"]), Settings())
    counts = [row.capacity.shared for row in shared.rows if row.capacity.shared is not None]
    assert counts == sorted(counts, reverse=True)
    assert [row.pods for row in shared.rows] == [row.capacity.shared for row in shared.rows]


def test_rows_say_where_the_number_of_enis_comes_from() -> None:
    (row,) = (row for row in ask().rows if row.record.InstanceTypeId == "ecs.g8i.8xlarge")
    assert row.source_date == "2026-06-27"
    assert row.size is None


def test_types_without_room_are_counted() -> None:
    listing = ask(request=Request(10, 20, 1, "node"))
    assert listing.rows
    assert all(row.size is not None and row.size.pods_per_node >= 1 for row in listing.rows)
    assert len(listing.rows) + listing.full == len(ask().rows)
    assert {row.capacity.exclusive for row in ask(request=Request(10, 1, 1, "node")).rows} > {7}
