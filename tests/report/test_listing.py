"""How found instance types are shown: golden files, the same numbers in every format, and hostile names."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest

from eniplan._version import __version__
from eniplan.catalog.order import ORDERS, nearest_to
from eniplan.catalog.select import Range, Wanted
from eniplan.catalog.sizing import Request
from eniplan.catalog.store import Catalog
from eniplan.judging.find import Question, find
from eniplan.report import listing_html, terminal_listing
from eniplan.report.listing import all_columns, shown, summary
from eniplan.report.listing_formats import as_json, comma_separated, names, plain
from eniplan.rules.base import Settings
from eniplan.rules.by_type import Demands
from tests.judge import catalog, own, row

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from eniplan.report.listing import Listing

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
IPV4 = Demands(dual=False, strict=False)


@cache
def listings() -> dict[str, Listing]:
    model = catalog().get("ecs.g7.2xlarge")
    assert model is not None
    questions = {
        "family": Question(Wanted(families=("ecs.g7", "ecs.c4")), IPV4, ORDERS["vcpu"], why=True),
        "sized": Question(
            Wanted(families=("ecs.g6", "ecs.g8i")), IPV4, ORDERS["pods"], limit=4, request=Request(40, 1, 3, "zone")
        ),
        "like": Question(Wanted(), IPV4._replace(dual=True), nearest_to(model), limit=5),
        "shared": Question(
            Wanted(mode="shared", families=("ecs.gn6i", "ecs.i4")),
            IPV4._replace(exclusive=False), ORDERS["pods-per-vcpu"], why=True,
        ),
        "none": Question(Wanted(gpus=Range(1, None)), IPV4, ORDERS["vcpu"]),
    }  # fmt: skip
    return {name: find(catalog(), question, Settings()) for name, question in questions.items()}


NAMES = ["family", "sized", "like", "shared", "none"]


@pytest.mark.parametrize("name", NAMES)
class TestGolden:
    def test_plain(self, name: str, snapshot: SnapshotAssertion) -> None:
        listing = listings()[name]
        assert plain(listing) + "---\n" + summary(listing) + "\n" == snapshot

    def test_terminal(self, name: str, snapshot: SnapshotAssertion) -> None:
        assert terminal_listing.write(listings()[name], width=100, colour=True) == snapshot

    def test_csv(self, name: str, snapshot: SnapshotAssertion) -> None:
        assert comma_separated(listings()[name]) == snapshot

    def test_json(self, name: str, snapshot: SnapshotAssertion) -> None:
        assert as_json(listings()[name]).replace(f'"{__version__}"', '"VERSION"') == snapshot

    def test_every_format_shows_the_same(self, name: str) -> None:
        listing = listings()[name]
        ids = [r.record.InstanceTypeId for r in listing.rows]
        assert names(listing).splitlines() == ids
        rejected = [r.record.InstanceTypeId for r in listing.rejected or ()]
        parsed = json.loads(as_json(listing))
        assert [r["type"] for r in parsed["types"]] == ids
        assert [r["type"] for r in parsed.get("rejected", [])] == rejected
        lines = list(csv.DictReader(io.StringIO(comma_separated(listing))))
        assert [line["type"] for line in lines] == ids + rejected
        for line, item in zip(lines, [*parsed["types"], *parsed.get("rejected", [])], strict=True):
            assert bool(line.get("rejectedBy")) == any(word["level"] == "error" for word in item["rules"])
            assert {k: v for k, v in line.items() if k not in ("rules", "rejectedBy", "layers")} == {
                k: shown(v) for k, v in item.items() if k not in ("rules", "layers")
            }
            assert line["layers"] == "bundled"
            assert set(item["layers"].values()) == {"bundled"}

    def test_colour_changes_no_word(self, name: str) -> None:
        listing = listings()[name]
        coloured = ESCAPES.sub("", terminal_listing.write(listing, width=100, colour=True)).rstrip()
        assert coloured == terminal_listing.write(listing, width=100, colour=False).rstrip()


@pytest.mark.parametrize("name", ["family", "sized", "like", "shared"])
@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_numbers_are_left_out_rather_than_folded(name: str, width: int) -> None:
    listing = listings()[name]._replace(rejected=None)
    assert listing.rows
    lines = terminal_listing.write(listing, width=width, colour=False).splitlines()
    table = lines[: len(listing.rows) + 1]
    assert all(len(line) <= width for line in lines)
    assert [line.split()[0] for line in table[1:]] == names(listing).splitlines()
    hidden = lines[len(table) :]
    assert bool(hidden) == (width <= 80) or width == 100
    assert "…" not in "".join(lines)
    headings = [heading for heading in plain(listing).splitlines()[0].split("  ") if heading]
    told = lines[0] + "".join(hidden)
    assert [heading for heading in headings if heading.strip() not in told] == []


def of_own(tmp_path: Path, **fields: object) -> tuple[Catalog, Listing]:
    specs = own(tmp_path, row(EniQuantity=9, InstanceTypeFamily="ecs.mine", **fields))
    return specs, find(specs, Question(Wanted(families=("ecs.mine",)), IPV4, ORDERS["pods"], why=True), Settings())


def test_unknown_is_never_zero(tmp_path: Path) -> None:
    _, listing = of_own(tmp_path)
    (line,) = csv.DictReader(io.StringIO(comma_separated(listing)))
    numbers = (
        "gpus", "sharedPods", "trunkPods", "ipv4PerEni", "ipv6PerEni", "bandwidthGbps", "gbpsPerEni", "enisWithTrunk",
        "trunkSupported", "networkCards", "onSale", "sourceDate",
    )  # fmt: skip
    assert [line[name] for name in numbers] == ["unknown"] * len(numbers)
    (item,) = json.loads(as_json(listing))["types"]
    assert [item[name] for name in numbers] == [None] * len(numbers)
    table = "".join(plain(listing).splitlines()[:2])
    assert table.count("unknown") == 7
    assert " 0 " not in table


def test_zero_is_not_unknown(tmp_path: Path) -> None:
    _, listing = of_own(tmp_path, GPUAmount=0, EniTrunkSupported=False, EniIpv6AddressQuantity=0, OnSale=False)
    (line,) = csv.DictReader(io.StringIO(comma_separated(listing)))
    assert [line[name] for name in ("gpus", "trunkPods", "ipv6PerEni", "onSale")] == ["0", "0", "0", "no"]
    assert line["rules"] == "ENI005"


def test_gpus_are_shown_where_they_are_known(tmp_path: Path) -> None:
    _, listing = of_own(tmp_path, GPUAmount=8)
    assert "GPUs" in plain(listing).splitlines()[0]
    assert "GPUs" not in plain(listings()["family"])
    headings = plain(listing).splitlines()[0].split()
    assert headings.index("GPUs") == headings.index("arch") + 1


@pytest.mark.parametrize(
    ("stated", "seen"),
    [
        ("12/up to 25", "12-25"),
        ("32/无", "32"),
        ("4//up to 15", "4-15"),
        ("1.5/10", "1.5-10"),
        ("160（80*2）", "160"),  # noqa: RUF001 - brackets of the page
        ("odd words", "odd words"),
        ("25 or so", "25 or so"),
    ],
)
def test_bandwidth(tmp_path: Path, stated: str, seen: str) -> None:
    _, listing = of_own(tmp_path, NetworkBandwidthGbps=stated)
    (line,) = csv.DictReader(io.StringIO(comma_separated(listing)))
    assert line["bandwidthGbps"] == seen
    # Of the base bandwidth alone, and only where it is certain what that is: by 9 ENIs.
    base = seen.partition("-")[0]
    assert line["gbpsPerEni"] == (f"{float(base) / 9:.3f}".rstrip("0") if base[-1].isdigit() else "unknown")


class TestWhereNumbersComeFrom:
    @pytest.fixture
    def listing(self, tmp_path: Path) -> Listing:
        rows = [
            {"InstanceTypeId": "ecs.i4.8xlarge", "EniQuantity": 8},
            {"InstanceTypeId": "ecs.g8i.8xlarge", "EniPrivateIpAddressQuantity": 30, "OnSale": True},
            {"InstanceTypeId": "ecs.g8i.12xlarge", "EriQuantity": 0},
        ]
        (tmp_path / "specs.jsonl").write_text("\n".join(map(json.dumps, rows)))
        self.file = str(tmp_path / "specs.jsonl")
        wanted = Wanted(families=("ecs.i4", "ecs.g8i"))
        return find(Catalog(specs=self.file), Question(wanted, IPV4, ORDERS["vcpu"], why=True), Settings())

    def test_programs_read_it_of_each_number(self, listing: Listing) -> None:
        found = json.loads(as_json(listing))
        assert found["specs"]["layers"] == {
            "bundled": {"file": None, "date": "2026-07-16", "region": None},
            "specs": {"file": self.file, "date": None, "region": None},
        }
        by_type = {item["type"]: item for item in found["types"]}
        of_i4 = by_type["ecs.i4.8xlarge"]["layers"]
        assert (of_i4["enis"], of_i4["exclusivePods"], of_i4["podsPerVcpu"]) == ("specs", "specs", "bundled+specs")
        assert of_i4["vcpu"] == "bundled"
        assert by_type["ecs.g8i.8xlarge"]["layers"]["sharedPods"] == "bundled+specs"
        for item in by_type.values():
            assert {key for key, value in item.items() if value is None} & set(item["layers"]) == set()
            numbers = {key for key, value in item.items() if isinstance(value, int | float)}
            assert numbers <= set(item["layers"])
        lines = {line["type"]: line["layers"] for line in csv.DictReader(io.StringIO(comma_separated(listing)))}
        assert lines["ecs.g8i.8xlarge"] == "bundled+specs:sharedPods specs:ipv4PerEni+onSale"
        assert lines["ecs.g8i.3xlarge"] == "bundled"

    def test_people_read_it_where_it_is_not_the_bundled_data(self, listing: Listing) -> None:
        of_i4 = f"exclusive, ENIs of ecs.i4.8xlarge: from {self.file} (no date)"
        of_g8i = f"shared, IPv4 of ecs.g8i.8xlarge: from {self.file} (no date)"
        text = plain(listing).splitlines()
        table = len(listing.rows) + 1
        assert text[table : table + 2] == [of_g8i, of_i4]
        assert all(": rejected by " in line for line in text[table + 2 :])
        assert of_i4 in terminal_listing.write(listing, width=400, colour=False)
        assert of_i4 in listing_html.write(listing)
        assert "from" not in plain(listing._replace(rows=listing.rows[:1]))

    def test_erdma_takes_its_slot_by_a_number_of_its_own(self, listing: Listing) -> None:
        def of(listing: Listing) -> str:
            items = json.loads(as_json(listing))["types"]
            return next(str(i["layers"]["exclusivePods"]) for i in items if i["type"] == "ecs.g8i.12xlarge")

        assert of(listing) == "bundled"
        assert of(listing._replace(erdma=True)) == "bundled+specs"

    def test_many_groups_are_cut_short(self, tmp_path: Path) -> None:
        numbers = {"CpuArchitecture": "X86", "EniPrivateIpAddressQuantity": 9, "EniIpv6AddressQuantity": 9}
        rows = [
            row(EniQuantity=9, InstanceTypeId=f"ecs.mine.{n}xlarge", InstanceTypeFamily="ecs.mine")
            | {field: value for bit, (field, value) in enumerate(numbers.items()) if n >> bit & 1}
            for n in range(8)
        ]
        question = Question(Wanted(families=("ecs.mine",)), IPV4, ORDERS["pods"])
        told = plain(find(own(tmp_path, *rows), question, Settings())).splitlines()[len(rows) + 1 :]
        assert len(told) == 6
        assert told[-1] == "and more: --format json says where each number comes from"


@pytest.fixture
def priced() -> Listing:
    prices = {"ecs.g8i.8xlarge": 10.0, "ecs.g8i.3xlarge": 14.0, "ecs.g8i.large": 0.1}
    wanted = Wanted(families=("ecs.g8i",), min_eni_bandwidth=1)
    question = Question(wanted, IPV4, ORDERS["vcpu"], why=True, prices=prices, by_price=True)
    return find(catalog(), question, Settings())


def test_prices(priced: Listing) -> None:
    first, second, *others = json.loads(as_json(priced))["types"]
    assert (first["type"], first["pricePerHour"], first["pricePerPodHour"]) == ("ecs.g8i.8xlarge", 10, 1.42857)
    assert (second["type"], second["pricePerPodHour"]) == ("ecs.g8i.3xlarge", 2)
    assert {item["pricePerPodHour"] for item in others} == {None}
    assert json.loads(as_json(priced))["unpriced"] == len(others)
    assert summary(priced).count(f"{len(others)} have no price and come last") == 1
    assert first["layers"]["pricePerPodHour"] == "bundled"
    assert "pricePerHour" not in first["layers"]
    headings = plain(priced).splitlines()[0].split()
    assert {"Gbit/s/ENI", "price/h", "price/pod/h"} <= set(headings)
    for text in (listing_html.write(priced), terminal_listing.write(priced, width=400, colour=False)):
        assert "1.42857" in text
    unpriced = priced._replace(rows=priced.rows[2:], unpriced=len(others))
    assert summary(unpriced).count(f"{len(others)} have no price") == 1
    assert "come last" not in summary(unpriced)


def test_prices_of_pools() -> None:
    prices = {"ecs.g8i.8xlarge": 10.0}
    question = Question(
        Wanted(families=("ecs.g8i",)), IPV4, ORDERS["vcpu"], request=Request(40, 0, 1, "node"), prices=prices,
        by_price=True,
    )  # fmt: skip
    first, *_ = json.loads(as_json(find(catalog(), question, Settings())))["types"]
    assert (first["nodes"], first["poolPricePerHour"], first["pricePerPodHour"]) == (7, 70, 1.75)


def test_a_fact_that_a_rule_lacks_has_a_question_mark(tmp_path: Path) -> None:
    _, listing = of_own(tmp_path, CpuCoreCount=None)
    (line,) = csv.DictReader(io.StringIO(comma_separated(listing)))
    assert (line["rules"], line["podsPerVcpu"]) == ("NP008?", "unknown")
    (item,) = json.loads(as_json(listing))["types"]
    assert item["rules"] == [{"rule": "NP008", "level": "undecided", "message": "CpuCoreCount of ecs.mine.8xlarge"}]


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31mred", "\u202eevil", "[bold]x[/bold]", 'quote",\tand comma'])
def test_hostile_names_stay_inert(tmp_path: Path, name: str) -> None:
    for enis in (9, 2):
        specs = own(tmp_path, row(InstanceTypeId=name, InstanceTypeFamily="ecs.mine", EniQuantity=enis))
        question = Question(Wanted(families=("ecs.mine",)), IPV4, ORDERS["pods"], why=True)
        listing = find(specs, question, Settings())
        assert len(listing.rows) == (enis == 9)
        texts = [plain(listing), names(listing)]
        texts += [ESCAPES.sub("", terminal_listing.write(listing, width=200, colour=c)) for c in (True, False)]
        assert all(line.isprintable() for text in texts for line in text.split("\n"))
        assert len(names(listing).splitlines()) == len(listing.rows)
        # Formats for machines keep the very text.
        assert [line["type"] for line in csv.DictReader(io.StringIO(comma_separated(listing)))] == [name]
        parsed = json.loads(as_json(listing))
        assert [item["type"] for item in parsed["types"] + parsed["rejected"]] == [name]


def test_summary_tells_what_is_not_shown(tmp_path: Path) -> None:
    specs, _ = of_own(tmp_path, GPUAmount=1)
    wanted = Wanted(gpus=Range(1, None), families=("ecs.mine",))
    question = Question(wanted, IPV4, ORDERS["pods"], request=Request(3, 8, 1, "node"), limit=1)
    assert summary(find(specs, question, Settings())) == (
        f"0 types found in specs of 2026-07-16 and {tmp_path / 'specs.jsonl'}; "
        "1 have no room besides the DaemonSet pods"
    )
    some = question._replace(wanted=Wanted(gpus=Range(100, None)))
    assert summary(find(specs, some, Settings())) == (
        f"0 types found in specs of 2026-07-16 and {tmp_path / 'specs.jsonl'}; "
        "511 skipped: GPUAmount unknown; "
        "a DescribeInstanceTypes response has more: pass --specs FILE, or run `eniplan specs update`"
    )


def test_summary_tells_how_many_of_the_rejected_are_shown() -> None:
    few = Question(Wanted(families=("ecs.g7",)), IPV4, ORDERS["pods"], limit=1, why=True)
    found = find(catalog(), few, Settings())
    assert "; 3 rejected by rules (the first 1 are shown)" in summary(found)


def test_columns_have_names_of_their_own() -> None:
    columns = [column.name for column in all_columns(listings()["sized"])]
    assert len(set(columns)) == len(columns)
