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
from eniplan.judging.find import Question, find
from eniplan.report import terminal_listing
from eniplan.report.listing import all_columns, shown, summary
from eniplan.report.listing_formats import as_json, comma_separated, names, plain
from eniplan.rules.base import Settings
from eniplan.rules.types import Demands
from tests.judge import catalog, own, row

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from eniplan.catalog.store import Catalog
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
            assert {k: v for k, v in line.items() if k not in ("rules", "rejectedBy")} == {
                k: shown(v) for k, v in item.items() if k != "rules"
            }

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
    numbers = ("gpus", "sharedPods", "trunkPods", "ipv4PerEni", "ipv6PerEni", "bandwidthGbps", "onSale", "sourceDate")
    assert [line[name] for name in numbers] == ["unknown"] * len(numbers)
    (item,) = json.loads(as_json(listing))["types"]
    assert [item[name] for name in numbers] == [None] * len(numbers)
    assert plain(listing).count("unknown") == 7
    assert " 0 " not in plain(listing)


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
        ("odd words", "odd words"),
    ],
)
def test_bandwidth(tmp_path: Path, stated: str, seen: str) -> None:
    _, listing = of_own(tmp_path, NetworkBandwidthGbps=stated)
    (line,) = csv.DictReader(io.StringIO(comma_separated(listing)))
    assert line["bandwidthGbps"] == seen


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
        f"0 types found by specs of 2026-07-16 and {tmp_path / 'specs.jsonl'}; 1 have no room beside the DaemonSet pods"
    )
    some = question._replace(wanted=Wanted(gpus=Range(100, None)))
    assert summary(find(specs, some, Settings())) == (
        f"0 types found by specs of 2026-07-16 and {tmp_path / 'specs.jsonl'}; "
        "511 left out, GPUAmount not known; "
        "an answer of DescribeInstanceTypes knows more: --specs FILE, or `eniplan specs update`"
    )


def test_columns_have_names_of_their_own() -> None:
    columns = [column.name for column in all_columns(listings()["sized"])]
    assert len(set(columns)) == len(columns)
