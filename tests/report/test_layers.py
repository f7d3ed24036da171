"""Which layer of the instance data the numbers of a report come from: in JSON of each, else where it is not ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eniplan.catalog.refresh import of_regions, refreshed
from eniplan.catalog.store import Catalog
from eniplan.judging.verify import verify
from eniplan.plan.live import LiveFacts
from eniplan.report import html_format, json_format, markdown, plain, terminal_view
from eniplan.report.model import Detail
from eniplan.rules.base import Settings
from eniplan.rules.examples import LINGJUN_POOL
from eniplan.rules.examples_cluster import cluster_example
from tests.judge import TODAY, judge, own
from tests.kube.support import observe
from tests.report.test_ci_formats import report_problems

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.report.model import Report

TYPES = {"nodePools[0].instanceTypes": ["ecs.i4.8xlarge", "ecs.g8i.8xlarge"]}
ANSWER = {"InstanceTypeId": "ecs.i4.8xlarge", "EniQuantity": 8}


def pool_of(report: Report) -> dict[str, dict[str, str]]:
    found = json.loads(json_format.write(report))
    assert report_problems(found) == []
    layers: dict[str, dict[str, str]] = found["pools"][0]["layers"]
    return layers


def test_nothing_is_told_of_our_own() -> None:
    report = judge(TYPES)
    assert pool_of(report) == {
        "podsPerNode": {"ecs.g8i.8xlarge": "bundled"},
        "sharedPodsPerNode": {"ecs.g8i.8xlarge": "bundled"},
        "trunkPodsPerNode": {},
    }
    for text in texts(report).values():
        assert ": from " not in text


def texts(report: Report) -> dict[str, str]:
    return {
        "text": plain.write(report),
        "terminal": terminal_view.write(report, terminal_view.Screen(300, colour=False)),
        "markdown": markdown.write(report),
        "html": html_format.write(report),
    }


@pytest.mark.parametrize("form", ["text", "terminal", "markdown", "html"])
def test_an_answer(tmp_path: Path, form: str) -> None:
    report = judge(TYPES, specs=own(tmp_path, ANSWER))
    assert pool_of(report)["podsPerNode"] == {"ecs.i4.8xlarge": "specs", "ecs.g8i.8xlarge": "bundled"}
    told = f"ENI limits of ecs.i4.8xlarge: from {tmp_path}/specs.jsonl (no date)"
    assert texts(report)[form].replace("\\", "").count(told) == 1
    assert told not in plain.write(report, Detail(concise=True))


def test_a_number_of_two_layers_names_both(tmp_path: Path) -> None:
    answer = {"InstanceTypeId": "ecs.g8i.8xlarge", "EniPrivateIpAddressQuantity": 30}
    found = pool_of(judge(TYPES, specs=own(tmp_path, answer)))
    assert found["podsPerNode"]["ecs.g8i.8xlarge"] == "bundled"
    assert found["sharedPodsPerNode"]["ecs.g8i.8xlarge"] == "bundled+specs"


def test_what_specs_update_has_kept_beneath_an_answer(tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    row = {"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 8, "EniPrivateIpAddressQuantity": 30}
    kept.write_text(refreshed(Catalog(), {"ecs.g8i.8xlarge": row}, of_regions(("cn-hangzhou",), "2026-11-20")))
    answer = tmp_path / "answer.json"
    rows_of_answer = [ANSWER, {"InstanceTypeId": "ecs.g8i.8xlarge", "EniPrivateIpAddressQuantity": 30}]
    answer.write_text(json.dumps(rows_of_answer))
    report = judge(TYPES, specs=Catalog(specs=str(answer), kept=[str(kept)]))
    assert pool_of(report)["sharedPodsPerNode"]["ecs.g8i.8xlarge"] == "refreshed+specs"
    assert list(json.loads(json_format.write(report))["specs"]["layers"]) == ["bundled", "refreshed", "specs"]
    told = f"ENI limits of ecs.g8i.8xlarge: from {kept} (cn-hangzhou on 2026-11-20)\n"
    assert told in plain.write(report)


def test_an_account(tmp_path: Path) -> None:
    del tmp_path
    changes = {**TYPES, "nodePools[1]": LINGJUN_POOL}
    live = LiveFacts(
        region="cn-hangzhou", read_on="2026-11-25", types={"ecs.i4.8xlarge": ANSWER},
        node_types={LINGJUN_POOL["lingjun"]["nodeType"]: {"EniQuantity": 9}},
    )  # fmt: skip
    report = judge(changes, live=live)
    name = "the account, asked in cn-hangzhou"
    found = json.loads(json_format.write(report))
    assert found["specs"]["layers"][name] == {"file": name, "date": "2026-11-25", "region": None}
    assert found["pools"][0]["layers"]["podsPerNode"]["ecs.i4.8xlarge"] == name
    assert set(found["pools"][1]["layers"]["podsPerNode"].values()) == {name}
    assert f"ENI limits of ecs.i4.8xlarge, {LINGJUN_POOL['lingjun']['nodeType']}: from {name} (2026-11-25)\n" in (
        plain.write(report)
    )


def test_a_running_cluster(tmp_path: Path) -> None:
    specs = own(tmp_path, {"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 8})
    report = verify(observe(cluster_example({})), None, specs, Settings(today=TODAY))
    assert pool_of(report)["podsPerNode"] == {"ecs.g8i.8xlarge": "specs"}
    assert ": from " in plain.write(report)
