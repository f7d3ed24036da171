"""The bundled instance data: every number has a source, and nothing contradicts itself."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from tests.harness import REPO

DATA = REPO / "instance_specs"
COUNTS = {"EniQuantity", "EniPrivateIpAddressQuantity", "EniIpv6AddressQuantity", "EniTotalQuantity", "EriQuantity"}
LINGJUN_LIMITS = ("EniQuantity", "EniPrivateIpAddressQuantity", "EniIpv6AddressQuantity", "EniHighDenseQuantity")
UNDATED = {
    "api-row-undated",  # responses that others quote without a date
    "gpu-en-2026",
    "gpu-zh-2026",
    "overview-en-2026",  # pages of 2026, of which the day was not recorded
    "lingjun-changenodetypes",  # an API page that names node types; no number rests on it
}
DESCRIPTIVE = {"InstanceTypeId", "InstanceTypeFamily", "NodeType", "LimitsStatus", "Sources"}

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


SOURCES: dict[str, Row] = json.loads((DATA / "sources.json").read_text(encoding="utf-8"))["sources"]
ECS = rows("ecs.jsonl")
LINGJUN = rows("lingjun.jsonl")


def unsourced(row: Row, sources: dict[str, Row]) -> list[str]:
    """Return what a row states without saying who says so, and what it names a source of without stating it."""
    named = row.get("Sources", {})
    found = [field for field in row if field not in DESCRIPTIVE and named.get(field) not in sources]
    return found + [field for field in named if field != "*" and field not in row]


def badly_described(sources: dict[str, Row]) -> list[str]:
    """Return the sources without a title, or without a date that says how old they are."""
    return [
        key
        for key, source in sources.items()
        if not source.get("title")
        or not source.get("quality")
        or (key not in UNDATED and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", source.get("date") or ""))
    ]


class TestSources:
    def test_every_number_has_one(self) -> None:
        assert {row["InstanceTypeId"]: bad for row in ECS if (bad := unsourced(row, SOURCES))} == {}
        assert {row["NodeType"]: bad for row in LINGJUN if (bad := unsourced(row, SOURCES))} == {}

    def test_each_says_what_and_when(self) -> None:
        assert badly_described(SOURCES) == []

    def test_no_number_of_lingjun_is_undated(self) -> None:
        for row in LINGJUN:
            assert all(row["Sources"][field] not in UNDATED for field in LINGJUN_LIMITS if field in row)

    def test_none_is_unused(self) -> None:
        used = {key for row in (*ECS, *LINGJUN) for key in row["Sources"].values()}
        used |= {key for row in rows("conflicts.jsonl") for keys in row["values"].values() for key in keys}
        assert set(SOURCES) - used == set()

    @pytest.mark.parametrize(
        "field", ["EniQuantity", "EniPrivateIpAddressQuantity", "EniIpv6AddressQuantity", "CpuCoreCount", "GPUAmount"]
    )
    def test_the_check_sees_a_source_that_is_missing(self, field: str) -> None:
        row = copy.deepcopy(next(r for r in ECS if r["InstanceTypeId"] == "ecs.g7.2xlarge"))
        assert unsourced(row, SOURCES) == []
        key = row["Sources"].pop(field)
        assert unsourced(row, SOURCES) != []
        row["Sources"][field] = key
        assert unsourced(row, {name: s for name, s in SOURCES.items() if name != key}) != []

    def test_the_check_sees_a_source_of_nothing(self) -> None:
        row = copy.deepcopy(ECS[0])
        row["Sources"]["EriQuantity"] = "collection-2026-07"
        assert unsourced(row, SOURCES) == ["EriQuantity"]

    @pytest.mark.parametrize("field", ["title", "date", "quality"])
    def test_the_check_sees_a_source_that_says_too_little(self, field: str) -> None:
        broken = copy.deepcopy(SOURCES)
        broken["overview-2026-06"][field] = None
        assert badly_described(broken) == ["overview-2026-06"]


class TestRows:
    def test_order_and_uniqueness(self) -> None:
        order = [(r["InstanceTypeFamily"], r.get("CpuCoreCount") or 0, r["InstanceTypeId"]) for r in ECS]
        assert order == sorted(order)
        assert len({r["InstanceTypeId"] for r in ECS}) == len(ECS) == 1241
        assert len({r["NodeType"] for r in LINGJUN}) == len(LINGJUN)

    def test_values(self) -> None:
        for row in ECS:
            assert re.fullmatch(r"ecs\.[a-z0-9-]+\.[a-z0-9-]+", row["InstanceTypeId"])
            # Some families have variants: ecs.d1-c8d3.8xlarge is of ecs.d1, ecs.vgn6i-m4-vws.xlarge of ecs.vgn6i-vws.
            assert row["InstanceTypeId"].startswith(row["InstanceTypeFamily"].partition("-")[0])
            assert all(type(row[field]) is int and row[field] >= 0 for field in COUNTS if field in row)
            assert row.get("EniTrunkSupported") in (None, True, False)
            assert row["OnSale"] in (True, False)
            assert row["LimitsStatus"] in ("documented", "approximate", "disputed", "unpublished")
            assert (row["LimitsStatus"] in ("disputed", "unpublished")) == ("EniQuantity" not in row)
            assert row.get("CpuCoreCount", 1) > 0
            assert row.get("MemorySize", 1) > 0
            assert None not in row.values()

    def test_lingjun(self) -> None:
        for row in LINGJUN:
            assert all(type(row[field]) is int for field in LINGJUN_LIMITS if field in row)
            assert row["LimitsStatus"] in ("documented", "example", "unpublished")
            assert (row["LimitsStatus"] == "unpublished") == ("EniQuantity" not in row)

    @pytest.mark.parametrize("name", ["ecs.jsonl", "lingjun.jsonl", "conflicts.jsonl"])
    def test_form_is_the_one_that_the_store_searches(self, name: str) -> None:
        """The store finds a type by its bytes: another spacing or order of keys would hide it."""
        for line in (DATA / name).read_text(encoding="utf-8").splitlines():
            assert json.dumps(json.loads(line), ensure_ascii=False) == line
            assert not re.search(r": \d+\.0[,}]", line)
            assert line.startswith(('{"InstanceTypeId": "', '{"NodeType": "'))
        for line in (DATA / "ecs.jsonl").read_text().splitlines():
            keys = list(json.loads(line))
            assert keys[:2] == ["InstanceTypeId", "InstanceTypeFamily"]
            assert "CpuCoreCount" not in keys or keys[2:4] == ["CpuCoreCount", "MemorySize"]

    def test_conflicts(self) -> None:
        by_name = {row["InstanceTypeId"]: row for row in ECS}
        for row in rows("conflicts.jsonl"):
            record = by_name[row["InstanceTypeId"]]
            assert record.get(row["field"]) == row["chosen"]
            assert row["chosen"] is None or str(row["chosen"]) in row["values"]
            assert len(row["values"]) > 1 or row["chosen"] is None
            assert all(key in SOURCES for keys in row["values"].values() for key in keys)
