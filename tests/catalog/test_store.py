from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.catalog.own import read_own
from eniplan.catalog.record import Source
from eniplan.catalog.refresh import of_nodes, of_regions
from eniplan.catalog.rows import without_odd_values
from eniplan.catalog.store import Catalog
from eniplan.errors import InputError
from tests.catalog.support import updated
from tests.harness import REPO
from tests.judge import row

ANSWER = json.dumps({"InstanceTypes": {"InstanceType": [{"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9}]}})
ROWS = [json.loads(line) for line in (REPO / "instance_specs" / "ecs.jsonl").read_text().splitlines()]
MINE = row(EniQuantity=8, EniPrivateIpAddressQuantity=30)


@pytest.mark.parametrize(
    ("names", "families", "known"),
    [
        (["ecs.g8i.8xlarge", "ecs.g7.8xlarge"], (), ("amd64",)),
        (["ecs.g8i.8xlarge"], ["ecs.c8y"], ("amd64", "arm64")),
        ((), ["ecs.c8y"], ("arm64",)),
        (["ecs.g8i.8xlarge", "ecs.c4.2xlarge"], (), ()),  # no source states it
        (["ecs.none.large", "ecs.g8i.8xlarge"], (), ()),
        (["ecs.g8i.8xlarge"], ["ecs.none"], ()),
        ((), (), ()),
    ],
)
def test_architectures(names: list[str], families: list[str], known: tuple[str, ...]) -> None:
    assert Catalog().architectures(names, families) == known


def test_every_type_is_found_by_its_name() -> None:
    catalog = Catalog()
    for raw in ROWS:
        record = catalog.get(raw["InstanceTypeId"])
        assert record is not None
        assert dict(record.raw) == raw
    assert [record.InstanceTypeId for record in catalog.all()] == catalog.names()
    assert catalog.count() == len(ROWS)


@pytest.mark.parametrize(
    "name", ["", "ecs", "ecs.g7", "ecs.g7.2xlarg", 'ecs.g7.2xlarge", ', "ECS.G7.2XLARGE", "\n", "*"]
)
def test_nothing_else_is(name: str) -> None:
    assert Catalog().get(name) is None


def test_families() -> None:
    catalog = Catalog()
    by_family: dict[str, list[str]] = {}
    for raw in ROWS:
        by_family.setdefault(raw["InstanceTypeFamily"], []).append(raw["InstanceTypeId"])
    assert catalog.family_names() == list(by_family)
    assert {name: [r.InstanceTypeId for r in catalog.family(name)] for name in by_family} == by_family
    assert catalog.family("ecs.none") == ()


def test_same_size() -> None:
    expected = {r["InstanceTypeId"] for r in ROWS if (r.get("CpuCoreCount"), r.get("MemorySize")) == (8, 32)}
    assert {record.InstanceTypeId for record in Catalog().same_size(8, 32)} == expected
    assert {record.InstanceTypeId for record in Catalog().same_size(8, 32.0)} == expected
    halves = {r["InstanceTypeId"] for r in ROWS if (r.get("CpuCoreCount"), r.get("MemorySize")) == (1, 0.5)}
    assert {record.InstanceTypeId for record in Catalog().same_size(1, 0.5)} == halves
    assert halves
    assert Catalog().same_size(3, 1000) == []


def test_conflicts() -> None:
    catalog = Catalog()
    (first, _) = catalog.conflicts("ecs.c6r.16xlarge")
    assert (first.field, first.chosen) == ("EniQuantity", 8)
    assert first.values == {"8": ("overview-2026-06",), "7": ("ecs-docs-2021-07-17",)}
    assert catalog.conflicts("ecs.g8i.8xlarge") == ()
    wanted = {(name, conflict.field) for name, _ in catalog.all_conflicts() for conflict in catalog.conflicts(name)}
    assert wanted == set(catalog.all_conflicts())


def test_sources() -> None:
    catalog = Catalog()
    record = catalog.get("ecs.g7.2xlarge")
    assert record is not None
    source = catalog.source(record.source_of("EniQuantity"))
    assert source is not None
    assert source.date == "2026-06-27"
    assert record.source_of("CpuCoreCount") == "collection-2026-07"
    assert catalog.source(None) is None
    assert catalog.source("none") is None


class TestOwnSpecs:
    @pytest.mark.parametrize(
        "text",
        [
            json.dumps(MINE),
            json.dumps(MINE, indent=2),
            json.dumps(MINE) + "\n\n" + json.dumps({**MINE, "InstanceTypeId": "ecs.mine.large"}) + "\n",
            json.dumps({"InstanceTypes": {"InstanceType": [MINE]}}),
            json.dumps({"RequestId": "x", "NextToken": "", "InstanceTypes": {"InstanceType": [MINE]}}, indent=1),
            "\ufeff" + json.dumps(MINE),
            json.dumps([MINE]),
            json.dumps([{"InstanceTypes": {"InstanceType": [MINE]}}]),
            json.dumps({"headers": {}, "statusCode": 200, "body": {"InstanceTypes": {"InstanceType": [MINE]}}}),
            "\n".join([ANSWER, json.dumps({"InstanceTypes": {"InstanceType": [MINE]}}, indent=1)]),
        ],
        ids=[
            "one row",
            "one row over lines",
            "rows",
            "response",
            "whole response",
            "byte order mark",
            "list",
            "list of responses",
            "answer of an SDK",
            "several responses",
        ],
    )
    def test_accepted_forms(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "specs"
        file.write_text(text, encoding="utf-8")
        record = Catalog(specs=str(file)).get("ecs.mine.8xlarge")
        assert record is not None
        assert (record.EniQuantity, record.EniPrivateIpAddressQuantity, record.EniIpv6AddressQuantity) == (8, 30, None)
        assert record.InstanceTypeFamily == "ecs.mine"

    @pytest.mark.parametrize(
        ("text", "place", "message"),
        [
            ("", "", "no instance type in this file"),
            ("[]", "", "no instance type in this file"),
            ("[3]", ":1:1", "a row of instance data needs an InstanceTypeId"),
            ("3", ":1:1", "a row of instance data needs an InstanceTypeId"),
            ("{}", ":1:1", "a row of instance data needs an InstanceTypeId"),
            ('{"InstanceTypeId": 3}', ":1:1", "a row of instance data needs an InstanceTypeId"),
            ('{"InstanceTypeId": "a"}\n{"x": 1}', ":2:1", "a row of instance data needs an InstanceTypeId"),
            ('{"InstanceTypeId": "a"}\nnot json', ":2:1", "not valid JSON: Expecting value"),
            ("{", ":1:2", "not valid JSON: Expecting property name enclosed in double quotes"),
            ('{"InstanceTypes": {}}', "", "no instance type in this file"),
            ('{"InstanceTypes": {"InstanceType": []}}', "", "no instance type in this file"),
            ('{"InstanceTypes": {"InstanceType": [3]}}', "", "a row of instance data needs an InstanceTypeId"),
            ('{"InstanceTypes": {"InstanceType": 3}}', "", "no instance type in this file"),
        ],
    )
    def test_one_clear_message_for_anything_else(self, tmp_path: Path, text: str, place: str, message: str) -> None:
        file = tmp_path / "specs"
        file.write_text(text)
        with pytest.raises(InputError) as error:
            read_own(str(file))
        (problem,) = error.value.problems
        assert (str(problem.place), problem.message) == (f"{file}{place}", message)
        assert error.value.exit_code == 3

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("EniQuantity", "8"), ("EniQuantity", -1), ("EniQuantity", True), ("EniQuantity", 7.5),
            ("EniQuantity", float("nan")), ("EniTrunkSupported", 1), ("MemorySize", []), ("Sources", 3),
            ("InstanceTypeFamily", 3),
        ],
    )  # fmt: skip
    def test_an_odd_value_costs_that_value(self, tmp_path: Path, field: str, value: object) -> None:
        file = tmp_path / "specs"
        file.write_text(json.dumps({**MINE, "EniTotalQuantity": 20, field: value}))
        catalog = Catalog(specs=str(file))
        record = catalog.get("ecs.mine.8xlarge")
        assert record is not None
        assert record.EniTotalQuantity == 20
        assert field == "Sources" or record.raw.get(field) is None
        assert catalog.own is not None
        shown = "NaN" if value != value else value  # noqa: PLR0124 - only NaN differs from itself
        assert catalog.own.odd == (f"ecs.mine.8xlarge: {field} is {shown!r}",)
        assert catalog.words.endswith(" without 1 odd value")

    @pytest.mark.parametrize(
        ("field", "meant"),
        [
            ("EniQuantityy", "EniQuantity"), ("eniquantity", "EniQuantity"),
            ("EniPrivateIPAddressQuantity", "EniPrivateIpAddressQuantity"),
        ],
    )  # fmt: skip
    def test_a_misspelt_field_is_told(self, tmp_path: Path, field: str, meant: str) -> None:
        file = tmp_path / "specs"
        file.write_text(json.dumps({"InstanceTypeId": "ecs.mine.8xlarge", field: 8}))
        catalog = Catalog(specs=str(file))
        assert catalog.own is not None
        assert catalog.own.odd == (f"ecs.mine.8xlarge: {field} is not a field; did you mean {meant}?",)

    def test_below_zero_is_none_as_terway_reads_it(self, tmp_path: Path) -> None:
        file = tmp_path / "specs"
        file.write_text(json.dumps({**MINE, "EniIpv6AddressQuantity": -1}))
        catalog = Catalog(specs=str(file))
        record = catalog.get("ecs.mine.8xlarge")
        assert record is not None
        assert record.EniIpv6AddressQuantity == 0
        assert catalog.own is not None
        assert catalog.own.odd == ()

    def test_an_answer_lays_over_what_is_known(self, tmp_path: Path) -> None:
        file = tmp_path / "answer.json"
        file.write_text(ANSWER)
        catalog = Catalog(specs=str(file))
        old, new = Catalog().get("ecs.g8i.8xlarge"), catalog.get("ecs.g8i.8xlarge")
        assert old is not None
        assert new is not None
        assert (new.EniQuantity, new.EniIpv6AddressQuantity, new.on_sale) == (9, old.EniIpv6AddressQuantity, True)
        assert new.source_of("EniQuantity") == "DescribeInstanceTypes in answer.json"
        assert new.source_of("EniIpv6AddressQuantity") == old.source_of("EniIpv6AddressQuantity")
        assert new.source_of("CpuCoreCount") == old.source_of("CpuCoreCount")
        assert catalog.get("ecs.g8i.8xlarge") in catalog.family("ecs.g8i")
        assert catalog.own_types() == [new]
        assert catalog.names() == Catalog().names()

    def test_the_order_of_layers(self, tmp_path: Path) -> None:
        name = "ecs.i4.8xlarge"
        files = {}
        for kind, about, count in (
            ("refreshed", of_regions(["cn-a"], "2026-11-24"), 7), ("nodes", of_nodes("2026-11-25"), 8),
        ):  # fmt: skip
            files[kind] = str(tmp_path / kind)
            Path(files[kind]).write_text(updated([{"InstanceTypeId": name, "EniQuantity": count}], about))
        kept = [files["refreshed"], files["nodes"]]

        def enis(catalog: Catalog) -> int | None:
            record = catalog.get(name)
            return None if record is None else record.EniQuantity

        def kinds(catalog: Catalog) -> list[str]:
            own, found = catalog.own, []
            while own is not None:
                found.append(own.kind)
                own = own.beneath
            return found

        both = Catalog(kept=kept)
        assert (enis(both), kinds(both)) == (8, ["nodes", "refreshed"])
        assert both.words.endswith(" and of cn-a on 2026-11-24 and of nodes on 2026-11-25")
        mine = tmp_path / "mine.json"
        mine.write_text(json.dumps({"InstanceTypeId": name, "EniQuantity": 9}))
        over = Catalog(specs=str(mine), kept=kept)
        assert (enis(over), kinds(over)) == (9, ["specs", "nodes", "refreshed"])
        layer = over.layers_of(name)["EniQuantity"]
        assert layer is not None
        assert layer.kind == "specs"
        # A file of `specs update` takes the place of what was kept of its kind, and of what lies over that.
        assert kinds(Catalog(specs=files["nodes"], kept=kept)) == ["nodes", "refreshed"]
        region = Catalog(specs=files["refreshed"], kept=kept)
        assert (enis(region), kinds(region)) == (7, ["refreshed"])

    def test_an_answer_settles_only_what_it_tells(self, tmp_path: Path) -> None:
        file = tmp_path / "answer.json"
        name = "ecs.c6r.16xlarge"
        fields = {conflict.field for conflict in Catalog().conflicts(name)}
        file.write_text(json.dumps({"InstanceTypeId": name, "EniQuantity": 8}))
        assert {c.field for c in Catalog(specs=str(file)).conflicts(name)} == fields - {"EniQuantity"}

    def test_not_text(self, tmp_path: Path) -> None:
        file = tmp_path / "specs"
        file.write_bytes(b"\xff\xfe\0")
        with pytest.raises(InputError, match="cannot read the instance data: not UTF-8 text"):
            read_own(str(file))
        with pytest.raises(InputError, match="no such file or directory"):
            read_own(str(tmp_path / "none"))

    def test_deep_nesting_is_no_crash(self, tmp_path: Path) -> None:
        file = tmp_path / "specs"
        file.write_text("[" * 200_000)
        with pytest.raises(InputError):
            read_own(str(file))

    def test_own_rows_stand_before_the_bundled_ones(self, tmp_path: Path) -> None:
        file = tmp_path / "specs"
        changed: dict[str, Any] = {**ROWS[0], "EniQuantity": 99}
        file.write_text(json.dumps(changed) + "\n" + json.dumps(MINE))
        catalog = Catalog(specs=str(file))
        name, family = ROWS[0]["InstanceTypeId"], ROWS[0]["InstanceTypeFamily"]
        for record in (catalog.get(name), catalog.all()[0], catalog.family(family)[0]):
            assert record is not None
            assert (record.InstanceTypeId, record.EniQuantity) == (name, 99)
        assert catalog.count() == len(catalog.all()) == len(ROWS) + 1
        assert catalog.family_names()[-1] == "ecs.mine"
        assert catalog.names()[-1] == "ecs.mine.8xlarge"
        assert catalog.conflicts("ecs.mine.8xlarge") == ()
        assert catalog.all()[-1].InstanceTypeId == "ecs.mine.8xlarge"


ROW_OF_A_LAYER = st.fixed_dictionaries(
    {"InstanceTypeId": st.sampled_from(["ecs.g8i.8xlarge", "ecs.i4.8xlarge", "ecs.mine.8xlarge"])},
    optional={
        "EniQuantity": st.none() | st.integers(-1, 99) | st.just("many"),
        "EniPrivateIpAddressQuantity": st.none() | st.integers(-1, 30),
        "EniIpv6AddressQuantity": st.integers(-1, 30),
        "EniTrunkSupported": st.none() | st.booleans(),
        "OnSale": st.none() | st.booleans() | st.just("yes"),
        "LimitsStatus": st.sampled_from(["documented", "unpublished"]),
        "GPUFraction": st.sampled_from(["1/4", "0/0", 1]),
    },
)


@given(*(st.lists(ROW_OF_A_LAYER, max_size=4) for _ in ("refreshed", "nodes", "specs", "account")))
@settings(max_examples=40, deadline=None)
def test_a_later_layer_never_makes_a_known_field_unknown(
    refreshed: list[dict[str, Any]],
    nodes: list[dict[str, Any]],
    given: list[dict[str, Any]],
    asked: list[dict[str, Any]],
) -> None:
    stack = [Catalog()]
    with TemporaryDirectory() as folder:
        file, kept = Path(folder, "specs.json"), []
        for rows, about in ((refreshed, of_regions(["cn-a"], "2026-11-24")), (nodes, of_nodes("2026-11-25"))):
            if rows:
                kept.append(str(Path(folder, about.key)))
                Path(kept[-1]).write_text(updated(rows, about))
                stack.append(Catalog(kept=kept))
        if given:
            file.write_text("\n".join(map(json.dumps, given)))
            stack.append(Catalog(specs=str(file), kept=kept))
        for catalog in stack:
            catalog.all()  # files are read while they are there
    if asked:
        answer = {r["InstanceTypeId"]: without_odd_values(r)[0] for r in asked}
        stack.append(stack[-1].with_account(answer, {}, {}, Source("account", None, "2026-11-25")))
    for below, above in pairwise(stack):
        assert set(below.names()) <= set(above.names())
        assert [r.InstanceTypeId for r in above.all()] == above.names()
        for name in ("ecs.g8i.8xlarge", "ecs.i4.8xlarge", "ecs.mine.8xlarge"):
            old, new = below.get(name), above.get(name)
            if old is not None:
                assert new is not None
                assert [f for f, v in old._asdict().items() if v is not None and getattr(new, f) is None] == []
                assert new.EniQuantity is None or new.limits_status not in ("unpublished", "disputed")
                assert new in above.family(new.InstanceTypeFamily)
                stated = {field for field in new.raw if field not in ("InstanceTypeId", "Sources", "LimitsStatus")}
                assert stated <= set(above.layers_of(name))
