"""The verdict on every ECS type, against a computation of its own that knows the data files and nothing of eniplan.

So that a slip in the catalog, in a formula or in a rule cannot hide behind the same slip in its test.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import REPO

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

DATA = REPO / "instance_specs"
JUDGED = {"ENI001", "ENI002", "ENI003", "ENI004", "ENI005", "DS001", "DS005"}
POOL_SIZE = 10

ROWS: list[dict[str, Any]] = [json.loads(line) for line in (DATA / "ecs.jsonl").read_text().splitlines()]
SOURCES: dict[str, Any] = json.loads((DATA / "sources.json").read_text())
OLDEST = (date.fromisoformat(SOURCES["date"]) - timedelta(days=730)).isoformat()


def expected(row: dict[str, Any], stack: str) -> set[str]:
    """Return the rules that speak about a type, by the words of the documents alone."""
    enis = row.get("EniQuantity")
    ipv4, ipv6 = row.get("EniPrivateIpAddressQuantity"), row.get("EniIpv6AddressQuantity")
    rules = set()
    if enis is None:
        rules.add("ENI003")
    elif enis <= 6:
        rules.add("ENI001")
    elif enis == 7:
        rules.add("ENI002")
    if row["LimitsStatus"] == "approximate" or _is_old(row):
        rules.add("ENI004")
    if row.get("OnSale") is False:
        rules.add("ENI005")
    if stack == "dual":
        if ipv4 is None or ipv6 is None:
            rules.add("DS005")
        elif ipv4 != ipv6 or ipv6 == 0:
            rules.add("DS001")
    return rules


def _is_old(row: dict[str, Any]) -> bool:
    for field in ("EniQuantity", "EniPrivateIpAddressQuantity", "EniIpv6AddressQuantity"):
        if field in row:
            dated = SOURCES["sources"][row["Sources"][field]]["date"]
            if dated is not None and dated < OLDEST:
                return True
    return False


def plan(stack: str) -> dict[str, Any]:
    names = [row["InstanceTypeId"] for row in ROWS]
    pools = [
        {"name": f"pool-{at}", "instanceTypes": names[at : at + POOL_SIZE], "vSwitchIds": ["vsw-j"], "desiredSize": 1}
        for at in range(0, len(names), POOL_SIZE)
    ]
    return {"apiVersion": "eniplan/v1", "cluster": {"ipStack": stack}, "nodePools": pools}


def verdicts(findings: list[dict[str, Any]], pools: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the judged rules by type, from the findings of a JSON report."""
    out: dict[str, set[str]] = {row["InstanceTypeId"]: set() for row in ROWS}
    for finding in findings:
        if finding["rule"] in JUDGED:
            _, pool, _, index = finding["path"].replace("]", "").replace(".", "[").split("[")
            out[pools[int(pool)]["instanceTypes"][int(index)]].add(finding["rule"])
    return out


@pytest.mark.parametrize("stack", ["ipv4", "dual"])
def test_every_type(run: Run, tmp_path: Path, stack: str) -> None:
    assert len(ROWS) == 1241
    given = plan(stack)
    file = tmp_path / "all.json"
    file.write_text(json.dumps(given))
    result = run("check", file, "--format", "json")
    assert (result.code, result.err) == (1, "")
    report = json.loads(result.out)
    found = verdicts(report["findings"], given["nodePools"])
    wanted = {row["InstanceTypeId"]: expected(row, stack) for row in ROWS}
    assert {name: rules for name, rules in found.items() if rules != wanted[name]} == {}
    # The comparison has seen both sides of every rule.
    for rule in JUDGED - ({"DS001", "DS005"} if stack == "ipv4" else set()):
        assert 0 < sum(rule in rules for rules in found.values()) < len(ROWS)
    pods = {name: count for pool in report["pools"] for name, count in pool["podsPerNode"].items()}
    assert pods == {row["InstanceTypeId"]: row["EniQuantity"] - 1 if "EniQuantity" in row else None for row in ROWS}


def test_histogram_of_the_facts() -> None:
    """The counts that the documents' readers worked out by hand: 1,185 types with an ENI count, 35 of them with 7."""
    counts: dict[int, int] = {}
    for row in ROWS:
        if "EniQuantity" in row:
            counts[row["EniQuantity"]] = counts.get(row["EniQuantity"], 0) + 1
    assert counts == {
        1: 8, 2: 126, 3: 120, 4: 201, 5: 1, 6: 38, 7: 35, 8: 457, 10: 1, 12: 1, 15: 124, 16: 7, 31: 10, 32: 41, 38: 13,
        72: 2,
    }  # fmt: skip
