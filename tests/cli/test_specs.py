from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from eniplan.catalog.refresh import of_regions
from tests.catalog.support import updated
from tests.harness import EXAMPLES, REPO
from tests.judge import row

if TYPE_CHECKING:
    from pathlib import Path

    from syrupy.assertion import SnapshotAssertion

    from tests.harness import Run

ROWS = [json.loads(line) for line in (REPO / "instance_specs" / "ecs.jsonl").read_text().splitlines()]


def test_overview(run: Run, snapshot: SnapshotAssertion) -> None:
    result = run("specs")
    assert (result.code, result.err) == (0, "")
    assert result.out == snapshot


def test_overview_in_json_counts_what_the_file_holds(run: Run) -> None:
    report = json.loads(run("specs", "--format", "json").out)
    assert report["date"] == "2026-07-16"
    assert report["counts"] == {
        "types": len(ROWS),
        "families": len({r["InstanceTypeFamily"] for r in ROWS}),
        "onSale": sum(r["OnSale"] is True for r in ROWS),
        **{
            f"with {field}": sum(field in r for r in ROWS)
            for field in (
                "EniQuantity", "EniPrivateIpAddressQuantity", "EniIpv6AddressQuantity", "EniTotalQuantity",
                "EniTrunkSupported", "EriQuantity",
            )
        },
        "approximate": sum(r["LimitsStatus"] == "approximate" for r in ROWS),
        "disputed": sum(r["LimitsStatus"] == "disputed" for r in ROWS),
        "with GPUs": sum(bool(r.get("GPUAmount") or r.get("GPUFraction")) for r in ROWS),
        "conflicts": len((REPO / "instance_specs" / "conflicts.jsonl").read_text().splitlines()),
        "lingjunNodeTypes": len((REPO / "instance_specs" / "lingjun.jsonl").read_text().splitlines()),
    }  # fmt: skip
    gaps = {name for names in report["unpublished"].values() for name in names}
    assert gaps == {r["InstanceTypeId"] for r in ROWS if r["LimitsStatus"] == "unpublished"}


@pytest.mark.parametrize("name", ["ecs.c6r.16xlarge", "ecs.i4.8xlarge", "ecs.c4.4xlarge", "ebs-enhanced", "standby-v2"])
def test_show(run: Run, name: str, snapshot: SnapshotAssertion) -> None:
    result = run("specs", "show", name)
    assert (result.code, result.err) == (0, "")
    assert result.out == snapshot


def test_every_number_shows_its_source(run: Run) -> None:
    lines = run("specs", "show", "ecs.g8i.8xlarge").out.splitlines()
    numbers = [line for line in lines if ": " in line and "  [" in line]
    assert len(numbers) >= 5
    assert not [line for line in lines if "no source" in line]


def test_show_in_json_is_a_row_that_check_takes(run: Run, tmp_path: Path) -> None:
    result = run("specs", "show", "ecs.g7.2xlarge", "-f", "json")
    shown = json.loads(result.out)
    layers = shown.pop("Layers")
    assert layers["EniQuantity"] == {"layer": "bundled", "file": None, "date": "2026-07-16"}
    assert set(layers) == set(shown) - {"InstanceTypeId", "Sources"}
    assert shown == next(r for r in ROWS if r["InstanceTypeId"] == "ecs.g7.2xlarge")
    file = tmp_path / "specs.json"
    file.write_text(json.dumps({**shown, "Layers": layers, "EniQuantity": 8}))
    assert run("check", "--type", "ecs.g7.2xlarge", "--specs", file).code == 0


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ecs.g8i.8xlarg", "    did you mean 'ecs.g8i.8xlarge'?\n"),
        ("ebs-enhance", "    did you mean 'ebs-enhanced'?\n"),
        ("zz", ""),
    ],
)
def test_unknown(run: Run, name: str, hint: str) -> None:
    result = run("specs", "show", name)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"command line: error: the specs of 2026-07-16 have no type {name!r}\n{hint}"


def test_own_specs(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(json.dumps(row(EniQuantity=9, EniTrunkSupported=False)) + "\n")
    report = json.loads(run("specs", "--specs", file, "-f", "json").out)
    assert report["counts"]["types"] == len(ROWS) + 1
    text = run("specs", "show", "ecs.mine.8xlarge", "--specs", file).out
    assert "EniQuantity: 9  [no source; specs]" in text
    assert "exclusive pods per node: 8" in text
    assert "trunk pods per node: 0" in text
    assert "on sale or not: unknown" in text


def test_an_answer_keeps_what_we_know_and_each_number_says_where_it_is_from(run: Run, tmp_path: Path) -> None:
    answer = {"InstanceTypeId": "ecs.i4.8xlarge", "EniQuantity": 8, "EniPrivateIpAddressQuantity": 30}
    (tmp_path / "answer.json").write_text(json.dumps({"InstanceTypes": {"InstanceType": [answer]}}))
    show = ("specs", "show", "ecs.i4.8xlarge", "--specs", "answer.json")
    before = json.loads(run("specs", "show", "ecs.i4.8xlarge", "--format", "json").out)
    after = json.loads(run(*show, "--format", "json", cwd=tmp_path).out)
    changed = {"LimitsStatus": "documented", **answer}
    for field in set(before) - {"Sources", "Layers", *changed}:
        assert (after[field], after["Sources"].get(field), after["Layers"].get(field)) == (
            before[field], before["Sources"].get(field), before["Layers"].get(field)
        )  # fmt: skip
    assert {field: after[field] for field in changed} == changed
    for field in ("EniQuantity", "EniPrivateIpAddressQuantity"):
        assert after["Sources"][field] == "DescribeInstanceTypes in answer.json"
        assert after["Layers"][field] == {"layer": "specs", "file": "answer.json", "date": None}
    lines = run(*show, cwd=tmp_path).out.splitlines()
    assert "  EniQuantity: 8  [DescribeInstanceTypes in answer.json; specs]" in lines
    assert "  CpuCoreCount: 32  [overview-2026-06; bundled]" in lines
    assert lines[-3:] == ["layers:", "  bundled: with eniplan, 2026-07-16", "  specs: answer.json, no date"]


def test_unknown_subcommand(run: Run) -> None:
    result = run("specs", "list")
    assert (result.code, result.out) == (2, "")
    assert "no such command 'list'" in result.err


def test_how_old_the_data_is_is_told_once_from_half_a_year_on(run: Run, tmp_path: Path) -> None:
    young, old = {"SOURCE_DATE_EPOCH": "1799625600"}, {"SOURCE_DATE_EPOCH": "1799712000"}  # 2027-01-11, 2027-01-12
    assert "days old" not in run("specs", env=young).err
    told = "note: the instance data is 180 days old (2026-07-16); `eniplan specs update` asks your account for newer\n"
    assert run("specs", env=old).err == told
    options = ("check", "--type", "ecs.g8i.8xlarge", "--terway", "v1.16.4", "--ip-stack", "ipv4", "--no-erdma")
    done = run(*options, "--format", "json", env=old)
    assert done.err.count("180 days old") == 1
    assert json.loads(done.out)["specs"]["ageDays"] == 180
    assert run(*options, env=old).err.count("180 days old") == 1  # in the note, and not in the summary below it again
    assert run("instances", "--limit", "1", env=old).err.count("180 days old") == 1
    file = tmp_path / "kept.jsonl"
    rows = [{"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 8}]
    file.write_text(updated(rows, of_regions(("cn-hangzhou",), "2027-01-01")))
    assert run("specs", "--specs", file, env=old).err == ""
    assert "ageDays" not in run("specs", "--format", "json", env=young).out
    assert json.loads(run("specs", "--format", "json", env=old).out)["ageDays"] == 180
    assert run("specs", env=old).out.startswith("instance data as of 2026-07-16 (180 days old)\n")
    unreadable = {"SOURCE_DATE_EPOCH": "9" * 30}
    assert run(*options, env=unreadable).code == 0


@pytest.mark.parametrize(
    "command",
    [
        ("specs",),
        ("specs", "show", "ecs.g8i.8xlarge"),
        ("specs", "diff", "--specs", "answer.json"),
        ("instances", "--limit", "1"),
        ("check", "plan.yaml"),
        ("create-pool", "plan.yaml"),
        ("render-manifests", "plan.yaml"),
        ("guard", "plan.yaml"),
    ],
    ids=" ".join,
)
def test_another_day_for_the_age(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    shutil.copy(EXAMPLES / "trading-ipv4.yaml", tmp_path / "plan.yaml")
    (tmp_path / "answer.json").write_text(json.dumps(row()))
    old = run(*command, "--specs-date", "2027-01-12", cwd=tmp_path)
    assert old.err.count("180 days old") == 1
    young = run(*command, "--specs-date", "2027-01-11", cwd=tmp_path)
    assert "days old" not in young.err
    # What is applied is the same from day to day.
    assert command[0] not in {"create-pool", "render-manifests", "guard"} or old.out == young.out


def test_the_day_for_the_age_is_not_that_of_waivers(run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    waiver = "\nwaivers: [{rule: NP001, path: 'nodePools[0]', reason: agreed, expires: 2026-11-24}]\n"
    plan.write_text((EXAMPLES / "trading-ipv4.yaml").read_text() + waiver)
    assert "WV002" in run("check", plan, "--specs-date", "2026-07-16").out


@pytest.mark.parametrize("day", ["", "today", "2026-02-30", "11/25/2026", "2026-11-25T00:00"])
def test_no_day(run: Run, day: str) -> None:
    done = run("specs", "--specs-date", day)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"command line: error: --specs-date is {day!r}; it must be a date\n    such as 2026-11-25\n"
