from __future__ import annotations

from typing import Any

import pytest

from eniplan.rules.examples import LINGJUN_POOL, POD_NETWORKING
from tests.judge import facts_missing, found, judge, only, places

WORKLOAD = {"name": "train", "kind": "Job", "nodePool": "training"}


def lingjun(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of the pool
    """Return changes to the example plan: a second pool, of Lingjun nodes."""
    return {"nodePools[1]": {**LINGJUN_POOL, **changes}}


def test_capacity_of_documented_node_type() -> None:
    report = judge(lingjun())
    assert report.findings == ()
    sheet = report.pools[1]
    assert sheet.kind == "lingjun"
    assert sheet.nodes == (4, 4)
    assert sheet.capacity["ebs-enhanced"].exclusive == 11
    assert sheet.pods == (44, 44)


def test_workload_with_pod_networking_on_lingjun() -> None:
    changes = {
        **lingjun(), "podNetworkings": [POD_NETWORKING], "workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}],
    }  # fmt: skip
    report = judge(changes)
    assert places(report, "LJ001") == ["workloads[0].podNetworking"]
    assert "node affinity" in only(report, "LJ001").hint


def test_workload_without_pod_networking_on_lingjun() -> None:
    report = judge({**lingjun(), "workloads": [WORKLOAD]})
    assert found(report, "LJ001") == []


class TestLJ002:
    @pytest.mark.parametrize(
        ("given", "missing"),
        [
            ({}, "lacks lingjun.clusterId, lingjun.groupId"),
            ({"clusterId": "i1"}, "lacks lingjun.groupId"),
            ({"groupId": "ng-1"}, "lacks lingjun.clusterId"),
        ],
    )
    def test_what_is_missing(self, given: dict[str, str], missing: str) -> None:
        assert missing in only(judge(lingjun(lingjun=given)), "LJ002").message

    def test_no_lingjun_section(self) -> None:
        report = judge({"nodePools[1]": {"name": "training", "kind": "lingjun", "vSwitchIds": ["vsw-j"]}})
        assert places(report, "LJ002") == ["nodePools[1].lingjun"]
        assert facts_missing(report, "LJ004") == ["the node type of Lingjun pool 'training'"]
        assert report.pools[1].nodes == (None, None)
        assert report.pools[1].capacity == {}


def test_each_ecs_field_on_lingjun() -> None:
    fields: dict[str, Any] = {
        "instanceTypes": ["ecs.g8i.8xlarge"], "instanceFamilies": ["ecs.g8i"], "desiredSize": 2,
        "autoScaling": {"min": 0, "max": 2},
    }  # fmt: skip
    report = judge(lingjun(**fields))
    assert set(places(report, "LJ003")) == {f"nodePools[1].{key}" for key in fields}
    # The ECS rules leave the pool alone.
    assert found(report, "NP005") == found(report, "ENI001") == []


class TestLJ004:
    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("standard", "the limits of 'standard' (21 exclusive pods) come from an example on an API page"),
            ("cpfs-enhanced", "the limits of the Lingjun node type 'cpfs-enhanced' are not published"),
            ("ebs-enhance", "the specs have no Lingjun node type 'ebs-enhance'"),
        ],
    )
    def test_node_types(self, name: str, message: str) -> None:
        report = judge(lingjun(lingjun={**LINGJUN_POOL["lingjun"], "nodeType": name}))
        assert only(report, "LJ004").message == message

    def test_did_you_mean(self) -> None:
        report = judge(lingjun(lingjun={**LINGJUN_POOL["lingjun"], "nodeType": "ebs-enhance"}))
        assert only(report, "LJ004").hint == "did you mean 'ebs-enhanced'?"

    def test_unknown_type_has_unknown_capacity(self) -> None:
        report = judge({**lingjun(lingjun={"nodeType": "zz", "nodeCount": 2}), "workloads": [WORKLOAD]})
        assert "DescribeNodeType" in only(report, "LJ004").hint
        assert facts_missing(report, "ENI008") == ["EniQuantity of the nodes of pool 'training'"]


def test_workloads_need_the_size_of_the_group() -> None:
    given = {key: value for key, value in LINGJUN_POOL["lingjun"].items() if key != "nodeCount"}
    report = judge({**lingjun(lingjun=given), "workloads": [WORKLOAD]})
    assert facts_missing(report, "ENI008") == ["the size of pool 'training'"]


def test_zone_of_a_pool_without_v_switch() -> None:
    report = judge({"nodePools[1]": {key: value for key, value in LINGJUN_POOL.items() if key != "vSwitchIds"}})
    assert facts_missing(report, "NET001") == ["vSwitchIds of Lingjun pool 'training'"]
