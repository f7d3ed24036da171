"""The build of the instance data: the files are what their inputs give, and the gates hold."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.catalog.record import LIMITS
from eniplan.catalog.refresh import of_regions
from tests.catalog.support import updated
from tests.harness import REPO

if TYPE_CHECKING:
    from types import ModuleType

DATA = REPO / "instance_specs"
UNDECIDED = {
    "ecs.f2-c8f1.2xlarge": "4",
    "ecs.f2-c8f1.4xlarge": "8",
    "ecs.f2-c28f1.7xlarge": "8",
    "ecs.f2-c28f1.14xlarge": "8",
    "ecs.gn6i-c32g1.8xlarge": "6",
}
"""An old page says so, a newer source another number: nobody proves the ENIs of these."""


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("instance_specs_build", DATA / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


build = _module()


def given(text: str, key: str = "a", **about: str) -> Any:  # noqa: ANN401 - a type of a script that is no module
    stated = {"title": "T", "quality": "official page", "licence": "L", "form": "page", "date": "2026-06-27", **about}
    stated["sha256"] = build.digest(text)
    head = "".join(f"{name}: {value}\n" for name, value in stated.items())
    return build.opened(f"---\n{head}---\n{text}", key)


def table(*rows: str, heads: str = "InstanceTypeId | MemorySize | EniQuantity") -> str:
    return "\n".join(f"| {row} |" for row in (heads, "---|" * heads.count("|") + "---", *rows)) + "\n"


def the_row(*inputs: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
    (row,) = map(json.loads, build.built(inputs)["ecs.jsonl"].splitlines())
    return dict(row)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return dict(build.built(build.read_inputs()))


class TestFiles:
    @pytest.mark.parametrize("name", ["ecs.jsonl", "lingjun.jsonl", "conflicts.jsonl", "sources.json"])
    def test_are_what_their_inputs_give_byte_for_byte(self, files: dict[str, str], name: str) -> None:
        assert (DATA / name).read_bytes() == files[name].encode()

    def test_no_count_differs_from_the_collection(self, files: dict[str, str]) -> None:
        """`limits.csv` is the collection of July 2026, which the inputs extract; it is never written by the build."""
        rows = {row["InstanceTypeId"]: row for row in map(json.loads, files["ecs.jsonl"].splitlines())}
        with (REPO / "tests" / "catalog" / "limits.csv").open(encoding="utf-8") as file:
            collected = list(csv.DictReader(file))
        assert len(collected) == len(rows) == 1241
        for stated in collected:
            name = stated.pop("type")
            if name in UNDECIDED:
                assert stated["EniQuantity"] == UNDECIDED[name]
                stated["EniQuantity"] = ""
            assert {field: str(rows[name].get(field, "")) for field in stated} == stated, name

    def test_every_input_says_where_it_is_from(self) -> None:
        for taken, _ in build.read_inputs():
            assert taken.title
            assert taken.licence
            assert taken.taken, "how the text came here"

    def test_old_pages_against_a_newer_source_prove_nothing(self, files: dict[str, str]) -> None:
        found = {row["InstanceTypeId"]: row for row in map(json.loads, files["conflicts.jsonl"].splitlines())}
        assert all(found[name]["chosen"] is None for name in UNDECIDED)
        assert found["ecs.f1-c8f1.4xlarge"]["chosen"] == 8  # pages of 2021 are newer than the table of 2020
        assert found["ecs.u1-c1m4.xlarge"]["chosen"] == 2  # a page of 2026 is newer than an answer of 2024


class TestPrecedence:
    def test_newer_goes_before_older_and_the_api_before_pages_of_one_day(self) -> None:
        old = given(table("ecs.a.large | 8 | 3"), "old", date="2024-01-01")
        new = given(table("ecs.a.large | 8 | 4"), "new")
        api = given(table("ecs.a.large | 8 | 5"), "api", quality="real API output")
        assert the_row(new, old)["EniQuantity"] == 4
        assert the_row(old, new, api)["EniQuantity"] == 5
        older = given(table("ecs.a.large | 8 | 6"), "older", quality="real API output", date="2024-01-02")
        assert the_row(old, new, older)["Sources"]["EniQuantity"] == "new"

    def test_an_approximate_source_wins_never_and_spoils_what_is_older(self) -> None:
        page = given(table("ecs.a.large | 8 | 3"), "page", date="2018-01-01")
        table_of_2020 = given(table("ecs.a.large | 8 | 2"), "map", quality="approximate: a map", date="2020-01-01")
        row = the_row(page, table_of_2020)
        assert "EniQuantity" not in row
        assert row["LimitsStatus"] == "disputed"
        newer = given(table("ecs.a.large | 8 | 3"), "newer", date="2021-01-01")
        assert the_row(page, table_of_2020, newer)["EniQuantity"] == 3
        assert the_row(table_of_2020)["LimitsStatus"] == "approximate"

    def test_a_page_that_contradicts_itself_decides_nothing(self) -> None:
        twice = given(table("ecs.a.large | 8 | 3", "ecs.a.large | 8 | 4"))
        assert "EniQuantity" not in the_row(twice)
        (conflict,) = build.built([twice])["conflicts.jsonl"].splitlines()
        assert json.loads(conflict)["chosen"] is None

    def test_what_no_source_states_is_left_out(self) -> None:
        row = the_row(given(table("ecs.a.large | 8 | -")))
        assert row == {
            "InstanceTypeId": "ecs.a.large",
            "InstanceTypeFamily": "ecs.a",
            "MemorySize": 8,
            "LimitsStatus": "unpublished",
            "Sources": {"MemorySize": "a"},
        }


class TestReaders:
    def test_columns_of_a_page_go_by_heading(self) -> None:
        one = "实例规格 | vCPU | 内存（GiB） | 弹性网卡 | 单网卡私有IPv4地址数 | 单网卡IPv6地址数 | 价格"  # noqa: RUF001 - as it is
        two = "Price | IPv6 addresses per ENI | Private IPv4 addresses per ENI | ENIs | Memory (GiB)"
        two += " | vCPUs | Instance type"
        here = table("ecs.a.large | 2 | 8.0 | 3 | 10 | 1 | 5", heads=one)
        there = table("5 | 1 | 10 | 3 | 8 | 2 | `ecs.a.large`", heads=two)
        assert the_row(given("# 页\n\n" + here)) == the_row(given(there))
        assert the_row(given(here))["EniPrivateIpAddressQuantity"] == 10

    def test_other_tables_and_words_are_no_data(self) -> None:
        text = "| a | b |\n|---|---|\n| 1 | 2 |\n\nwords\n\n" + table("ecs.a.large | 8 | 3")
        assert the_row(given(text))["EniQuantity"] == 3

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (table("ecs.a.large | 8"), "line 3: 2 cells under 3 headings"),
            (table("ecs.a.large | 8 | many"), "line 3: EniQuantity is 'many'"),
            (table("ecs.a.large | 8 | 3.5"), "EniQuantity is 3.5"),
            (
                table("ecs.a.large | 8 | 3", heads="InstanceTypeId | ENIs | EniQuantity"),
                "two columns are the same field",
            ),
        ],
    )
    def test_what_cannot_be_read_is_told(self, text: str, words: str) -> None:
        with pytest.raises(build.BuildError, match=words):
            build.built([given(text)])

    def test_an_answer_of_the_api(self) -> None:
        answer = {"InstanceTypes": {"InstanceType": [{"InstanceTypeId": "ecs.a.large", "MemorySize": 8, "X": 1}]}}
        row = the_row(given(json.dumps(answer), form="answer"))
        assert (row["MemorySize"], "X" in row) == (8, False)
        with pytest.raises(build.BuildError, match="no answer can be read"):
            build.built([given("{}", form="answer")])

    def test_what_specs_update_has_written(self) -> None:
        rows = [{"InstanceTypeId": "ecs.g8i.8xlarge", "MemorySize": 128, "EniQuantity": 9}]
        text = updated(rows, of_regions(("cn-hangzhou",), "2026-11-23"))
        row = the_row(given(text, "cn", form="update", quality="real API output"))
        assert (row["EniQuantity"], row["Sources"]["EniQuantity"]) == (9, "cn")
        assert "OnSale" not in row, "what the bundled data says is no statement of the account"

    def test_a_text_that_was_changed_is_told(self) -> None:
        with pytest.raises(build.BuildError, match="has been changed"):
            build.opened("---\ntitle: T\nquality: official page\nlicence: L\nform: page\nsha256: 0\n---\nx", "a")
        with pytest.raises(build.BuildError, match="begins with lines"):
            build.opened("x", "a")
        with pytest.raises(build.BuildError, match="licence"):
            build.opened("---\ntitle: T\nquality: official page\nform: page\nsha256: 0\n---\nx", "a")


OLD: dict[str, Any] = {"InstanceTypeId": "ecs.a.large", "EniQuantity": 8, "OnSale": False}


class TestGates:
    def faults(self, new: dict[str, Any], old: dict[str, Any] | None = None, changelog: str = "") -> list[str]:
        rows = [] if not new else [{"InstanceTypeId": "ecs.a.large", **new}]
        return list(build.faults([{**OLD, **(old or {})}], rows, changelog))

    def test_a_changed_count_needs_a_line_in_the_changelog(self) -> None:
        (fault,) = self.faults({"EniQuantity": 4})
        assert fault == "ecs.a.large: EniQuantity was 8 and is 4, and CHANGELOG.md does not name the type"
        assert self.faults({"EniQuantity": 4}, changelog="- `ecs.a.large` has 4") == []
        assert self.faults({"EniQuantity": 4}, changelog="- `ecs.a.large-x` has 4") != []
        assert self.faults({"EniQuantity": 8}) == []

    def test_types_do_not_vanish(self) -> None:
        assert self.faults({}) == ["1 of 1 types are gone, more than 1 %: ecs.a.large"]
        many = [{"InstanceTypeId": f"ecs.a.{i}xlarge"} for i in range(100)]
        assert list(build.faults(many, many[1:], "")) == []

    def test_more_ipv6_than_ipv4_addresses_is_a_mistake(self) -> None:
        (fault,) = self.faults({"EniQuantity": 8, "EniPrivateIpAddressQuantity": 10, "EniIpv6AddressQuantity": 30})
        assert "30 IPv6 addresses per ENI are more than 10" in fault

    @pytest.mark.parametrize("field", [field for field in LIMITS if field != "EniQuantity"])
    def test_a_type_on_sale_loses_no_limit(self, field: str) -> None:
        new = {"EniQuantity": 8, "OnSale": True}
        assert self.faults(new, {field: 1}) == [f"ecs.a.large is on sale and loses {field}"]
        assert self.faults({**new, "OnSale": False}, {field: 1}) == []
