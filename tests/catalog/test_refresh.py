from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.catalog.limits import capacity, has_parity
from eniplan.catalog.record import InstanceType
from eniplan.catalog.refresh import KEPT, merged, of_regions
from eniplan.catalog.store import Catalog, laid_over
from eniplan.errors import InputError
from tests.catalog.support import updated

if TYPE_CHECKING:
    from pathlib import Path

KEY = "account-cn-hangzhou-2026-11-23"


def lines(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    text = updated(rows, of_regions(("cn-hangzhou",), "2026-11-23"))
    return [json.loads(line) for line in text.splitlines()]


def kept(tmp_path: Path, *rows: dict[str, Any]) -> Catalog:
    file = tmp_path / "specs.jsonl"
    file.write_text(updated(rows, of_regions(("cn-hangzhou",), "2026-11-23")))
    return Catalog(specs=str(file))


def test_what_the_api_does_not_tell_stays_with_its_source(tmp_path: Path) -> None:
    asked = {"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9, "EniTotalQuantity": None}
    _, row = lines(asked)
    assert row["Sources"] == {"*": KEY}
    assert "EniPrivateIpAddressQuantity" not in row, "the bundled data may learn better: it is no part of the file"
    record = kept(tmp_path, asked).get("ecs.g8i.8xlarge")
    assert record is not None
    assert (record.EniQuantity, record.EniPrivateIpAddressQuantity, record.on_sale) == (9, 30, True)
    assert record.source_of("EniPrivateIpAddressQuantity") == "overview-2026-06"
    assert record.source_of("EniQuantity") == KEY


def test_every_source_of_the_rows_is_in_the_file() -> None:
    header, row = lines({"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9})
    assert set(row["Sources"].values()) == set(header["sources"])
    assert header["sources"][KEY]["date"] == header["date"] == "2026-11-23"
    assert (header["region"], header["types"]) == ("cn-hangzhou", 1)


def test_a_row_has_the_form_of_the_bundled_ones_whatever_order_the_api_writes() -> None:
    _, row = lines(
        {"EniQuantity": 9, "MemorySize": 64.0, "CpuCoreCount": 16, "InstanceTypeId": "ecs.new.4xlarge", "X": 1}
    )
    assert list(row) == [
        "InstanceTypeId", "InstanceTypeFamily", "CpuCoreCount", "MemorySize", "EniQuantity", "Sources",
    ]  # fmt: skip
    assert (row["InstanceTypeFamily"], row["MemorySize"]) == ("ecs.new", 64)


def test_types_families_and_sizes_are_found(tmp_path: Path) -> None:
    new = {"InstanceTypeId": "ecs.g8i.9xlarge", "InstanceTypeFamily": "ecs.g8i", "CpuCoreCount": 9, "MemorySize": 99.5}
    catalog = kept(tmp_path, new, {"InstanceTypeId": "ecs.g7.xlarge", "EniQuantity": 4})
    assert catalog.count() == Catalog().count() + 1
    assert [t.InstanceTypeId for t in catalog.same_size(9, 99.5)] == ["ecs.g8i.9xlarge"]
    assert "ecs.g8i.9xlarge" in [t.InstanceTypeId for t in catalog.family("ecs.g8i")]
    assert len(catalog.family("ecs.g8i")) == len(Catalog().family("ecs.g8i")) + 1
    assert {"ecs.g8i.9xlarge", "ecs.g7.xlarge"} < set(catalog.names())
    assert [t.InstanceTypeId for t in catalog.own_types()] == ["ecs.g7.xlarge", "ecs.g8i.9xlarge"]
    assert catalog.family_names() == Catalog().family_names()


def test_the_account_settles_what_pages_disagree_on(tmp_path: Path) -> None:
    name = "ecs.c6r.16xlarge"
    fields = {conflict.field for conflict in Catalog().conflicts(name)}
    assert "EniQuantity" in fields
    catalog = kept(tmp_path, {"InstanceTypeId": name, "EniQuantity": 8})
    assert {conflict.field for conflict in catalog.conflicts(name)} == fields - {"EniQuantity"}
    assert catalog.conflicts("ecs.c6r.8xlarge") == Catalog().conflicts("ecs.c6r.8xlarge")


def test_a_number_read_from_a_sentence_is_forgotten_with_its_mark() -> None:
    old = next(t for t in Catalog().all() if t.raw.get("EniIpv6AddressQuantityDerived"))
    new = laid_over(old, {"InstanceTypeId": old.InstanceTypeId, "EniIpv6AddressQuantity": 10})
    assert "EniIpv6AddressQuantityDerived" not in new.raw
    assert new.limits_status == old.limits_status


def broken(tmp_path: Path, old: str, new: str) -> str:
    """Change one text in a file, look the type up, and return what is told."""
    file = tmp_path / "specs.jsonl"
    text = updated(
        [{"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9}], of_regions(("cn-hangzhou",), "2026-11-23")
    )
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        Catalog(specs=str(file)).get("ecs.g8i.8xlarge")
    (problem,) = caught.value.problems
    return f"{problem.place}: {problem.message}".removeprefix(str(file))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"types": 1', '"types": 2'),
        ('"types": 1, ', ""),
        ('"date": ', '"date" '),
        ('"region": ', '"area": '),
        ('"sources": {', '"sources": 1, "more": {'),
        ('"quality": ', '"grade": '),
        ("\n", " "),
    ],
)
def test_a_header_that_was_changed_is_told(tmp_path: Path, old: str, new: str) -> None:
    assert broken(tmp_path, old, new) == ": this file of `eniplan specs update` has been modified or truncated"


def test_a_line_that_was_changed_is_told_with_its_place(tmp_path: Path) -> None:
    assert broken(tmp_path, '"EniQuantity": 9', '"EniQuantity" 9') == ":2:1: not valid JSON"


ONE = "ecs.one.large"


def merged_row(*rows: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of one type that each region tells otherwise."""
    found = merged((f"region-{number}", {"InstanceTypeId": ONE, **row}) for number, row in enumerate(rows))
    return {field: value for field, value in found.rows[ONE].items() if field != "InstanceTypeId"}


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([{"EniQuantity": 8}, {"EniQuantity": 7}, {}], {"EniQuantity": 7}),
        ([{"EniQuantity": 8}, {"EniTotalQuantity": 20}], {"EniQuantity": 8, "EniTotalQuantity": 20}),
        ([{"EriQuantity": 0}, {"EriQuantity": 1}], {"EriQuantity": 1}),
        ([{"EniTrunkSupported": True}, {"EniTrunkSupported": False}], {"EniTrunkSupported": False}),
        ([{"CpuArchitecture": "X86"}, {"CpuArchitecture": "ARM"}], {}),
        ([{"EniQuantity": None}, {"EniQuantity": "8"}, {"X": 1, "OnSale": True}], {}),
        ([{"MemorySize": 64.0}, {"MemorySize": 64}], {"MemorySize": 64}),
        (
            [
                {"EniPrivateIpAddressQuantity": 20, "EniIpv6AddressQuantity": 30},
                {"EniPrivateIpAddressQuantity": 30, "EniIpv6AddressQuantity": 20},
            ],
            {"EniPrivateIpAddressQuantity": 20, "EniIpv6AddressQuantity": 30},
        ),
    ],
)
def test_where_regions_disagree_what_holds_in_each_is_kept(rows: list[dict[str, Any]], kept: dict[str, Any]) -> None:
    assert merged_row(*rows) == kept


def test_a_disagreement_is_told_with_who_says_what() -> None:
    rows = [("a", {"InstanceTypeId": ONE, "EniQuantity": 8}), ("b", {"InstanceTypeId": ONE, "EniQuantity": 7})]
    (told,) = merged(rows).disagreements
    assert told == (ONE, "EniQuantity", {"a": 8, "b": 7}, 7)
    assert merged([rows[0], ("a", rows[1][1])]).disagreements == (), "one region lists a type once: the later row holds"
    odd = merged(
        [("a", {"InstanceTypeId": ONE, "EniQuantity": "8"}), ("b", {"InstanceTypeId": ONE, "EniQuantity": "8"})]
    )
    assert odd.odd == (f"{ONE}: EniQuantity is '8'",)


LIMITS_OF_A_REGION = st.fixed_dictionaries(
    {},
    optional={
        "EniQuantity": st.integers(1, 9),
        "EniPrivateIpAddressQuantity": st.integers(0, 3),
        "EniIpv6AddressQuantity": st.integers(0, 3),
        "EniTotalQuantity": st.integers(1, 12),
        "EniTrunkSupported": st.booleans(),
        "EriQuantity": st.integers(0, 2),
    },
)


@given(st.lists(LIMITS_OF_A_REGION, min_size=1, max_size=4))
@settings(max_examples=60)
def test_what_is_merged_promises_no_more_than_any_region_and_is_said_by_one(rows: list[dict[str, Any]]) -> None:
    row = merged_row(*rows)
    assert set(row) == {field for one in rows for field in one}
    assert all(any(one.get(field) == value for one in rows) for field, value in row.items())
    assert set(row) <= set(KEPT)
    record = InstanceType.from_map({"InstanceTypeId": ONE, **row})
    for one in rows:
        if set(one) == set(row):  # what a region does not say is taken from another
            other = InstanceType.from_map({"InstanceTypeId": ONE, **one})
            for erdma in (False, True):
                mine, its = capacity(record, erdma=erdma).exclusive, capacity(other, erdma=erdma).exclusive
                assert (mine is None) == (its is None)
                assert mine is None or its is None or mine <= its
            assert has_parity(other) or not has_parity(record)
