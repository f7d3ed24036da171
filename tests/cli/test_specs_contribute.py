"""`specs contribute`: what it prints is a source that the build of the instance data reads."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.catalog.refresh import of_nodes, of_regions
from eniplan.observed import TYPE_INFO, TYPE_LABEL
from tests.catalog.support import updated
from tests.harness import REPO, clean_env, run_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result, Run

NEW: dict[str, Any] = {
    "InstanceTypeId": "ecs.new.8xlarge", "InstanceTypeFamily": "ecs.new", "CpuCoreCount": 32, "MemorySize": 128.0,
    "CpuArchitecture": "X86", "GPUAmount": 2, "GPUSpec": "NVIDIA A10", "EniQuantity": 8,
    "EniPrivateIpAddressQuantity": 30, "EniIpv6AddressQuantity": 30, "EniTotalQuantity": 40,
    "EniTrunkSupported": True, "EriQuantity": 1,
}  # fmt: skip
PRIVATE = {"RegionId": "cn-a", "AccountId": "1234567890", "Price": 3.1, "Stock": "WithStock", "Tags": [{"Key": "team"}]}
KNOWN = {"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 9, "MemorySize": 128}
I4 = {"InstanceTypeId": "ecs.i4.8xlarge", "EniQuantity": 8}


def answer(*rows: dict[str, Any]) -> str:
    return json.dumps({"RequestId": "473469C7-AA6F", "InstanceTypes": {"InstanceType": rows}})


def document(result: Result) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return what is said about the source, and its rows."""
    assert result.code == 0, result
    start, head, text = result.out.split("---\n", 2)
    assert start == ""
    about = dict(line.split(": ", 1) for line in head.splitlines())
    return about, [json.loads(line) for line in text.splitlines()]


def types(data: Path) -> dict[str, dict[str, Any]]:
    rows = map(json.loads, (data / "ecs.jsonl").read_text("utf-8").splitlines())
    return {row["InstanceTypeId"]: row for row in rows}


def test_dev_specs_reads_what_it_prints(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "instance_specs"
    shutil.copytree(REPO / "instance_specs", data, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPO / "CHANGELOG.md", tmp_path)
    (tmp_path / "answer.json").write_text(answer({**NEW, **PRIVATE}, KNOWN, I4))
    printed = run("specs", "contribute", "--specs", tmp_path / "answer.json")
    assert printed.err == "2 types for the bundled data: save it in instance_specs/inputs/, and run ./dev specs\n"
    (data / "inputs" / "new.jsonl").write_text(printed.out)
    before = types(data)
    done = run_process([sys.executable, str(data / "build.py")], cwd=tmp_path, stdin=b"", env=clean_env(tmp_path, None))
    assert done.code == 0, done
    after = types(data)
    assert {name for name in after if after[name] != before.get(name)} == {"ecs.new.8xlarge", "ecs.i4.8xlarge"}
    new = after["ecs.new.8xlarge"]
    assert {field: new[field] for field in NEW} == NEW
    assert (new["LimitsStatus"], set(new["Sources"].values())) == ("documented", {"new"})
    i4 = after["ecs.i4.8xlarge"]
    assert (i4["EniQuantity"], i4["Sources"]["EniQuantity"], i4["OnSale"]) == (8, "new", True)
    assert json.loads((data / "sources.json").read_text())["sources"]["new"]["quality"] == "real API output"


def test_only_public_facts_of_types_that_are_lacking(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    file.write_text(answer({**NEW, **PRIVATE}, KNOWN))
    printed = run("specs", "contribute", "--specs", file)
    about, rows = document(printed)
    assert rows == [NEW]
    assert about.keys() == {"title", "quality", "licence", "form", "taken", "sha256"}, "nobody knows its day"
    assert (about["title"], about["quality"], about["form"]) == ("DescribeInstanceTypes", "real API output", "rows")
    for word in ("cn-a", "1234567890", "3.1", "WithStock", "team", "473469C7", str(tmp_path), "answer.json"):
        assert word not in printed.out


def test_what_was_kept_of_an_account_and_of_nodes(run: Run, tmp_path: Path) -> None:
    kept = tmp_path / "eniplan"
    kept.mkdir()
    (kept / "specs.jsonl").write_text(updated([NEW], of_regions(["cn-secret"], "2026-11-24")))
    (kept / "nodes.jsonl").write_text(updated([{**I4, "EniTotalQuantity": 20}], of_nodes("2026-11-25")))
    printed = run("specs", "contribute", env={"XDG_DATA_HOME": str(tmp_path)})
    about, rows = document(printed)
    assert [row["InstanceTypeId"] for row in rows] == ["ecs.i4.8xlarge", "ecs.new.8xlarge"]
    assert (about["date"], about["quality"]) == ("2026-11-24", "real API output")
    assert "cn-secret" not in printed.out
    assert "Sources" not in rows[0]


def test_nodes_of_a_dump(run: Run, tmp_path: Path) -> None:
    def node(name: str, count: int) -> dict[str, Any]:
        told = json.dumps({**NEW, "EniQuantity": count})
        meta = {"name": name, "labels": {TYPE_LABEL: "ecs.new.8xlarge"}, "annotations": {TYPE_INFO: told}}
        return {"kind": "Node", "metadata": meta}

    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps({"kind": "List", "items": [node("secret-1", 8), node("secret-2", 7)]}))
    printed = run("specs", "contribute", "--from", dump)
    about, rows = document(printed)
    assert about["title"] == "annotation alibabacloud.com/instance-type-info of nodes"
    assert rows == [{field: value for field, value in NEW.items() if field != "EniQuantity"}], (
        "nobody knows which is right"
    )
    assert "ecs.new.8xlarge EniQuantity differs: 8 in secret-1, 7 in secret-2; left out\n" in printed.err
    assert "secret" not in printed.out


def test_rows_by_hand_are_said_to_be_such(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({**NEW, "InstanceTypeId": "ecs.mine.8xlarge", "MemorySize": None}) + answer(NEW))
    printed = run("specs", "contribute", "--specs", file)
    about, rows = document(printed)
    assert about["title"] == "DescribeInstanceTypes; rows by hand"
    assert (about["quality"], len(rows)) == ("approximate", 2)
    assert "the source of ecs.mine.8xlarge is not an API response" in printed.err
    assert "without MemorySize, so `./dev specs` skips them: ecs.mine.8xlarge\n" in printed.err


@pytest.mark.parametrize(
    ("field", "value", "types"),
    [
        ("InstanceTypeId", "i-bp1abc", 0),
        ("InstanceTypeId", "ecs.new.8xlarge\n---\nquality: official page", 0),
        ("GPUSpec", "ask bob@example.com", 1),
        ("InstanceTypeFamily", "of team A", 1),
        ("CpuArchitecture", "X86 in cn-a", 1),
        ("EniQuantity", "many", 1),
    ],
)
def test_texts_that_tell_something_else_are_left_out(
    run: Run, tmp_path: Path, field: str, value: str, types: int
) -> None:
    file = tmp_path / "answer.json"
    file.write_text(answer({**NEW, field: value}))
    printed = run("specs", "contribute", "--specs", file)
    assert printed.code == 0
    assert f"{field} is " in printed.err
    rows = document(printed)[1] if types else []
    assert [set(row) for row in rows] == [set(NEW) - {field}] * types


def test_nothing_to_contribute(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "answer.json"
    bare = {"InstanceTypeId": "ecs.bare.large", "InstanceTypeFamily": "ecs.bare"}
    file.write_text(answer(KNOWN, bare, {**I4, "EniQuantity": None, "EriQuantity": 1}))
    printed = run("specs", "contribute", "--specs", file)
    assert (printed.code, printed.out, printed.err) == (0, "", "the bundled data already has all of these types\n")
    printed = run("specs", "contribute")
    assert (printed.code, printed.out) == (3, "")
    assert "there is no instance data of your own" in printed.err
