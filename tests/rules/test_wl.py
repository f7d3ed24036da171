from __future__ import annotations

from typing import Any, ClassVar

import pytest

from eniplan.rules.examples import LINGJUN_POOL, POD_NETWORKING, WORKLOAD
from tests.judge import found, judge, only, places

POOL = "nodePools[0]"
NETWORKED: dict[str, Any] = {"podNetworkings": [POD_NETWORKING]}


def workload(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a workload
    """Return changes to the example plan: one workload."""
    return {"workloads": [{**WORKLOAD, **changes}]}


class TestWL001:
    def test_hint_is_the_toleration(self) -> None:
        finding = only(judge(workload(tolerations=[])), "WL001")
        assert finding.hint == (
            "add {key: exclusive-eni, operator: Equal, value: 'true', effect: NoSchedule} to its tolerations"
        )
        assert finding.place.path == "workloads[0].tolerations"

    def test_a_taint_without_value(self) -> None:
        changes = {f"{POOL}.taints": [{"key": "a", "effect": "NoExecute"}], **workload(tolerations=[])}
        assert "operator: Exists" in only(judge(changes), "WL001").hint

    def test_prefer_no_schedule_keeps_nobody_away(self) -> None:
        taints = [{"key": "a", "effect": "PreferNoSchedule"}, {"key": "b", "effect": "NoSchedule"}]
        report = judge({f"{POOL}.taints": taints, **workload(tolerations=[])})
        assert only(report, "WL001").facts["taint"] == "b:NoSchedule"

    def test_lingjun_nodes_carry_a_taint_of_their_own(self) -> None:
        changes = {"nodePools[1]": {**LINGJUN_POOL, "taints": []}}
        report = judge({**changes, **workload(nodePool="training", tolerations=[])})
        assert only(report, "WL001").facts["taint"] == "node-role.alibabacloud.com/lingjun:NoSchedule"

    def test_left_out_is_rendered_right(self) -> None:
        assert judge(workload()).findings == ()

    def test_unknown_pool_is_another_rule(self) -> None:
        assert found(judge(workload(nodePool="x", tolerations=[])), "WL001") == []


class TestWL002:
    LINGJUN: ClassVar[dict[str, Any]] = {"nodePools[1]": LINGJUN_POOL}

    @pytest.mark.parametrize(
        ("changes", "level", "words"),
        [
            ({"eniRequest": 0}, "warning", "requests no aliyun/eni: the scheduler over-places it"),
            ({"eniRequest": 1}, None, ""),
            ({"eniRequest": 2}, "warning", "requests 2 aliyun/eni for each pod"),
            ({"eniRequest": 0, "podNetworking": "trading-eni"}, None, ""),
            ({"eniRequest": 3, "podNetworking": "trading-eni"}, "warning", "requests 3"),
            ({"eniRequest": 0, "hostNetwork": True}, None, ""),
            ({"eniRequest": 1, "nodePool": "training"}, "error", "Lingjun nodes never offer"),
            ({"eniRequest": 0, "nodePool": "training"}, None, ""),
            ({"eniRequest": 2, "nodePool": "none"}, None, ""),
        ],
    )
    def test_requests(self, changes: dict[str, Any], level: str | None, words: str) -> None:
        report = judge({**NETWORKED, **self.LINGJUN, **workload(**changes)})
        findings = found(report, "WL002")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        assert all(words in finding.message for finding in findings)


class TestWL003:
    def test_did_you_mean(self) -> None:
        report = judge({**NETWORKED, **workload(podNetworking="trading-en", nodePool="tradin")})
        assert [finding.hint for finding in found(report, "WL003")] == [
            "did you mean 'trading'?", "did you mean 'trading-eni'?",
        ]  # fmt: skip


class TestWL004:
    def test_namespace(self) -> None:
        assert places(judge(workload(namespace="a.b")), "WL004") == ["workloads[0].namespace"]

    def test_taken(self) -> None:
        one = {**WORKLOAD, "replicas": 1}
        same_name = [one, {**one, "kind": "Job"}, {**one, "namespace": "other"}]
        assert found(judge({"workloads": same_name}), "WL004") == []
        finding = only(judge({"workloads": [*same_name, one]}), "WL004")
        assert finding.message == "two workloads are StatefulSet default/matcher"
        assert finding.place.path == "workloads[3].name"


class TestWL005:
    def test_a_pod_networking_for_no_named_pool_is_for_all(self) -> None:
        changes = {"podNetworkings": [{**POD_NETWORKING, "nodePools": []}], **workload(podNetworking="trading-eni")}
        assert found(judge(changes), "WL005") == []
