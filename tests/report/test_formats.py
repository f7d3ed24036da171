"""What a report looks like: golden files of each format, and what must hold for any text in it."""

from __future__ import annotations

import importlib
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan._version import __version__
from eniplan.cli.options import ReportFormat
from eniplan.cli.show import WRITERS
from eniplan.judging.verify import verify
from eniplan.report import json_format, plain, sarif, terminal_view, words
from eniplan.report.model import Detail
from eniplan.report.terminal_view import Screen
from eniplan.rules import BY_ID
from eniplan.rules.base import Settings
from eniplan.rules.examples import VSWITCH_J
from eniplan.rules.examples_cluster import cluster_example
from tests.judge import TODAY, judge, judge_plan, own, row
from tests.kube.states import LINGJUN, LINGJUN_PLAN
from tests.kube.support import NO_PLAN, judge_cluster, observe
from tests.report.reports import MANY, reports

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("name", ["clean", "many", "unknown"])
class TestGolden:
    def test_json(self, name: str, snapshot: SnapshotAssertion) -> None:
        text = json_format.write(reports()[name]).replace(f'"{__version__}"', '"VERSION"')
        assert json.loads(text)["tool"] == {"name": "eniplan", "version": "VERSION"}
        assert text == snapshot

    def test_plain(self, name: str, snapshot: SnapshotAssertion) -> None:
        report = reports()[name]
        assert plain.write(report) + "---\n" + words.summary(report) + "\n" == snapshot

    def test_terminal(self, name: str, snapshot: SnapshotAssertion) -> None:
        assert terminal_view.write(reports()[name], Screen(100, colour=True)) == snapshot

    @pytest.mark.parametrize("width", [40, 80, 100, 200])
    def test_terminal_without_colour(self, name: str, width: int) -> None:
        text = terminal_view.write(reports()[name], Screen(width, colour=False))
        assert "\x1b" not in text
        # Cells of a table may be wider than a very narrow terminal; lines of text never are.
        assert width < 80 or all(len(line) <= width for line in text.splitlines())


def test_a_type_is_not_folded_on_a_terminal_of_80_columns() -> None:
    for report in (judge(), judge_cluster()):
        text = terminal_view.write(report, Screen(80, colour=False))
        assert "3 nodes x 7 (ecs.g8i.8xlarge)" in text
        assert "room for 21 exclusive pods" in text


def test_colour_changes_no_word() -> None:
    report = judge(MANY)
    coloured = terminal_view.write(report, Screen(100, colour=True))
    assert "\x1b[" in coloured
    assert ESCAPES.sub("", coloured).rstrip() == terminal_view.write(report, Screen(100, colour=False)).rstrip()


def test_a_shortage_is_marked_red() -> None:
    text = terminal_view.write(
        judge({"cluster.vSwitches": [{**VSWITCH_J, "availableIps": 5}]}), Screen(100, colour=True)
    )
    assert "\x1b[31mcn-hangzhou-j vsw-j: 24 needed, 5 free: trading\x1b[0m" in text


def test_a_waived_finding_shows_its_reason_instead_of_the_fix() -> None:
    report = judge(
        {
            "nodePools[0].taints": [],
            "waivers": [{"rule": "NP002", "path": "nodePools[0]", "reason": "nobody else runs here"}],
        }
    )
    text = terminal_view.write(report, Screen(100, colour=False))
    assert "warning[NP002] (waived): pool 'trading' has no taint" in text
    assert "nobody else runs here" in text
    assert "fix" not in text.split("Capacity")[0]
    assert "(waived: nobody else runs here)" in plain.write(report)
    (finding,) = json.loads(json_format.write(report))["findings"]
    assert (finding["waived"], finding["waiver"]) == (True, "nobody else runs here")


def test_sources_of_a_finding_without_hint_or_date(tmp_path: Path) -> None:
    """A number from a user's own file: its source is the file, without a date."""
    specs = own(tmp_path, row(EniQuantity=4, Sources={"*": "api-row-undated"}))
    report = judge({"nodePools[0].instanceTypes": ["ecs.mine.8xlarge"]}, specs=specs)
    assert "DescribeInstanceTypes response row quoted in public code\n" in re.sub(
        " +\n", "\n", terminal_view.write(report, Screen(150, colour=False), Detail(explain=True))
    )


def test_no_hint_no_fix_line() -> None:
    labels = {f"l{number}": "x" for number in range(20)}
    report = judge({"nodePools[0].labels": labels})
    assert "fix:" not in plain.write(report)
    assert "fix" not in terminal_view.write(report, Screen(100, colour=False)).split("Capacity")[0]


def test_nothing_judged() -> None:
    report = judge_plan({"apiVersion": "eniplan/v1", "nodePools": 3})
    assert words.summary(report) == "nothing could be judged: 1 problem"
    assert "nothing could be judged" in terminal_view.write(report, Screen(100, colour=False))
    assert json.loads(json_format.write(report))["problems"][0]["message"].startswith("'nodePools' must be a list")


def test_json_is_one_finding_a_line() -> None:
    report = judge(MANY)
    lines = json_format.write(report).splitlines()
    assert sum(line.startswith('  {"rule": ') for line in lines) == len(report.findings)
    assert sum(line.startswith('  {"name": ') for line in lines) == len(report.pools)


# What a hostile author may put into a name: control and direction characters, markup, escapes, line breaks.
HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(list("\x1b\x07\r\n\t\u202e\u2028\u200b\x9b[]/\\")),
    ),
    min_size=1,
    max_size=30,
).map(lambda text: text if text[0] != "<" else "x" + text)


@given(HOSTILE, HOSTILE)
@settings(max_examples=30)
def test_any_text_stays_inert(name: str, network: str) -> None:
    pool = {"name": name, "instanceTypes": [network], "vSwitchIds": ["vsw-j"], "desiredSize": 1}
    report = judge_plan({"apiVersion": "eniplan/v1", "nodePools": [pool], "cluster": {"vSwitches": [VSWITCH_J]}})
    text = plain.write(report)
    assert all(line.isprintable() for line in text.split("\n"))
    coloured = ESCAPES.sub("", terminal_view.write(report, Screen(100, colour=True)))
    assert all(line.isprintable() for line in coloured.split("\n"))
    # JSON keeps the very text.
    (sheet,) = json.loads(json_format.write(report))["pools"]
    assert sheet["name"] == name
    assert list(sheet["podsPerNode"]) == [network]


@pytest.mark.parametrize("name", ["[bold]x[/bold]", "[/]", "[zone=cn-a]", "a[0]", "[link=http://x]y[/link]", ":smile:"])
def test_markup_is_text(name: str) -> None:
    report = judge({"nodePools[0].name": name, "nodePools[0].taints": []})
    for colour in (True, False):
        assert name in ESCAPES.sub("", terminal_view.write(report, Screen(200, colour=colour)))
    assert f"pool {name}: exclusive pods" in plain.write(report)


def test_own_instance_data_is_told(tmp_path: Path) -> None:
    specs = own(tmp_path, row(EniQuantity=8))
    report = judge({"nodePools.0.instanceTypes": ["ecs.mine.8xlarge"]}, specs=specs)
    file = str(tmp_path / "specs.jsonl")
    told: dict[str, Any] = {"file": file, "date": None, "region": None, "odd": [], "kind": "specs", "beneath": None}
    found = json.loads(json_format.write(report))["specs"]
    assert found.pop("layers")["specs"] == {"file": file, "date": None, "region": None}
    assert found == {"date": "2026-07-16", "types": 1242, "own": told}
    assert json.loads(sarif.write(report))["runs"][0]["properties"]["ownSpecs"] == told
    assert f"checked with specs of 2026-07-16 and {file}: " in words.summary(report)


class TestClusters:
    """Reports of verify: the same writers, and besides what was seen of each pool."""

    def test_json(self) -> None:
        report = judge_cluster()
        (sheet,) = json.loads(json_format.write(report))["pools"]
        assert sheet["proven"] == {"nodes": 3, "ready": 3, "enis": 21, "expected": 21, "pods": 3, "bound": 3}
        assert "proven" not in json.loads(json_format.write(judge()))["pools"][0]

    @pytest.mark.parametrize("name", ["good", "broken", "unseen", "lingjun"])
    def test_text(self, name: str, snapshot: SnapshotAssertion) -> None:
        changes, plan = {
            "good": ({}, None),
            "broken": (BY_ID["VER018"].fails, NO_PLAN),
            "unseen": ({"pods": [], "podENIs": []}, None),
            "lingjun": (LINGJUN, LINGJUN_PLAN),
        }[name]
        report = judge_cluster(changes, plan)
        text = terminal_view.write(report, Screen(100, colour=False))
        assert plain.write(report) + "---\n" + words.summary(report) + "\n---\n" + text == snapshot

    @pytest.mark.parametrize("form", [form for form in WRITERS if form.value not in {"text", "json", "metrics"}])
    def test_other_formats_name_the_rule_and_the_object(self, form: ReportFormat) -> None:
        writer = importlib.import_module(f"eniplan.report.{WRITERS[form]}")
        text = writer.write(judge_cluster(BY_ID["VER006"].fails))
        assert "VER006" in text
        assert "cn-hangzhou.10.0.0.1" in text

    @pytest.mark.parametrize("form", ["html", "markdown", "junit", "github", "sarif"])
    def test_other_formats_show_what_was_seen_of_each_pool(self, form: str) -> None:
        write = importlib.import_module(f"eniplan.report.{WRITERS[ReportFormat(form)]}").write
        text = write(judge_cluster(BY_ID["VER006"].fails))
        told = '"ready": 3' if form == "sarif" else "3 of 3"
        assert told in text
        assert ('"enis": 14' if form == "sarif" else "14 of 21") in text
        assert told not in write(judge())

    def test_own_instance_data_is_told(self, tmp_path: Path) -> None:
        specs = own(tmp_path, row(EniQuantity=8))
        report = verify(observe(cluster_example({})), None, specs, Settings(today=TODAY))
        assert f"specs of 2026-07-16 and {tmp_path / 'specs.jsonl'}: " in words.summary(report)
