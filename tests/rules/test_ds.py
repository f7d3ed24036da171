from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K
from tests.judge import facts_missing, found, judge, only, own, places, row

if TYPE_CHECKING:
    from pathlib import Path

TYPES = "nodePools[0].instanceTypes"
DUAL: dict[str, Any] = {"cluster.ipStack": "dual"}
NOT_STATED: dict[str, Any] = {"cluster": {"terway": {"version": "v1.16.4"}}}
WITHOUT_IPV6 = {key: value for key, value in VSWITCH_J.items() if key != "ipv6Cidr"}


class TestParity:
    @pytest.mark.parametrize(
        ("ipv4", "ipv6", "rules"),
        [
            (30, 30, []), (30, 1, ["DS001"]), (30, 0, ["DS001"]), (0, 0, ["DS001"]), (1, 30, ["DS001"]),
            (30, None, ["DS005"]), (None, 30, ["DS005"]), (None, None, ["DS005"]),
        ],
    )  # fmt: skip
    def test_dual(self, tmp_path: Path, ipv4: int | None, ipv6: int | None, rules: list[str]) -> None:
        record = row(EniQuantity=8, EniPrivateIpAddressQuantity=ipv4, EniIpv6AddressQuantity=ipv6)
        specs = own(tmp_path, record)
        report = judge({**DUAL, TYPES: ["ecs.mine.8xlarge"]}, specs=specs)
        assert [f.rule.id for f in report.findings] == rules
        assert judge({TYPES: ["ecs.mine.8xlarge"]}, specs=specs).findings == ()
        unknown = judge({**NOT_STATED, TYPES: ["ecs.mine.8xlarge"]}, specs=specs)
        for rule in ("DS001", "DS005"):
            assert ("cluster.ipStack" in facts_missing(unknown, rule)) == (rule in rules)

    def test_numbers_are_named(self) -> None:
        finding = only(judge({**DUAL, TYPES: ["ecs.g6.8xlarge"]}), "DS001")
        assert "an ENI of ecs.g6.8xlarge has 20 IPv4 and 1 IPv6 addresses; ACK's documents" in finding.message
        numbers = {"EniPrivateIpAddressQuantity": 20, "EniIpv6AddressQuantity": 1}
        assert finding.facts == {**numbers, "type": "ecs.g6.8xlarge"}
        assert finding.hint.endswith("; or use an ipv4 cluster")
        assert finding.level == "error"

    def test_which_number_is_missing(self, tmp_path: Path) -> None:
        for field, word in (("EniPrivateIpAddressQuantity", "IPv6"), ("EniIpv6AddressQuantity", "IPv4")):
            specs = own(tmp_path, row(EniQuantity=8, **{field: 30}))
            finding = only(judge({**DUAL, TYPES: ["ecs.mine.8xlarge"]}, specs=specs), "DS005")
            assert f"the number of {word} addresses" in finding.message


class TestDS002:
    def test_lingjun_in_a_cluster_whose_stack_is_not_stated(self) -> None:
        report = judge({**NOT_STATED, "nodePools[1]": LINGJUN_POOL})
        assert "cluster.ipStack" in facts_missing(report, "DS002")
        assert found(report, "DS002") == []


class TestDS003:
    @pytest.mark.parametrize(
        ("stack", "erdma", "verdict"),
        [
            ("dual", True, "hit"), ("dual", False, ""), ("dual", None, "cluster.terway.erdma"),
            ("ipv4", True, ""), ("ipv4", None, ""), (None, True, "cluster.ipStack"), (None, False, ""),
            (None, None, ""),
        ],
    )  # fmt: skip
    def test_all_combinations(self, stack: str | None, erdma: bool | None, verdict: str) -> None:  # noqa: FBT001 - a parameter of the test
        terway: dict[str, Any] = {"version": "v1.16.4"} | ({} if erdma is None else {"erdma": erdma})
        cluster = {"terway": terway} | ({} if stack is None else {"ipStack": stack})
        report = judge({"cluster": cluster})
        assert bool(found(report, "DS003")) == (verdict == "hit")
        assert facts_missing(report, "DS003") == ([verdict] if verdict.startswith("cluster") else [])


class TestDS004:
    def test_told_once_for_each_v_switch(self) -> None:
        second = {"name": "two", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1}
        report = judge({**DUAL, "cluster.vSwitches": [WITHOUT_IPV6], "nodePools[1]": second})
        assert places(report, "DS004") == ["cluster.vSwitches[0]"]

    @pytest.mark.parametrize(("zone", "speaks"), [("cn-hangzhou-j", True), ("cn-hangzhou-k", False)])
    def test_a_v_switch_of_a_pod_networking(self, zone: str, speaks: bool) -> None:  # noqa: FBT001 - a parameter of the test
        other = {**WITHOUT_IPV6, "id": "vsw-other", "zone": zone}
        pn = {**POD_NETWORKING, "vSwitchIds": ["vsw-j", "vsw-other"]}
        report = judge({**DUAL, "cluster.vSwitches": [VSWITCH_J, other], "podNetworkings": [pn]})
        assert places(report, "DS004") == (["cluster.vSwitches[1]"] if speaks else [])
        assert facts_missing(report, "DS004") == []
        if speaks:
            assert only(report, "DS004").message == (
                "dual stack: PodNetworking trading-eni gives pods vSwitch vsw-other in cn-hangzhou-j, "
                "which has no ipv6Cidr"
            )

    @pytest.mark.parametrize(
        ("v_switches", "nodes", "defaults", "missing"),
        [
            ([WITHOUT_IPV6], ["vsw-x"], {"vSwitchIds": ["vsw-j"]}, ["cluster.vSwitches"]),
            ([VSWITCH_J], ["vsw-x"], {"vSwitchIds": ["vsw-j"]}, []),
            ([VSWITCH_J], ["vsw-j"], {"vSwitchIds": ["vsw-j", "vsw-x"]}, ["cluster.vSwitches"]),
            (None, ["vsw-j"], {"vSwitchIds": ["vsw-j"]}, ["cluster.vSwitches"]),
            ([VSWITCH_J], ["vsw-j"], None, ["cluster.podDefaults"]),
        ],
    )
    def test_where_the_nodes_or_the_v_switches_are_is_not_known(
        self, v_switches: object, nodes: list[str], defaults: object, missing: list[str]
    ) -> None:
        changes = {
            **DUAL,
            "cluster.vSwitches": ABSENT if v_switches is None else v_switches,
            "cluster.podDefaults": ABSENT if defaults is None else defaults,
            "nodePools[0].vSwitchIds": nodes,
        }
        report = judge(changes)
        assert found(report, "DS004") == []
        assert facts_missing(report, "DS004") == missing

    def test_v_switches_that_no_pod_gets_may_be_ipv4(self) -> None:
        k = {key: value for key, value in VSWITCH_K.items() if key != "ipv6Cidr"}
        assert found(judge({**DUAL, "cluster.vSwitches": [VSWITCH_J, k]}), "DS004") == []

    def test_a_configuration_that_no_pod_uses(self) -> None:
        # All workloads go through the PodNetworking; the cluster's own configuration is not in use.
        pn = {**POD_NETWORKING, "vSwitchIds": ["vsw-k"]}
        changes = {
            **DUAL, "cluster.vSwitches": [WITHOUT_IPV6, {**VSWITCH_K, "zone": "cn-hangzhou-j"}], "podNetworkings": [pn],
        }  # fmt: skip
        assert found(judge(changes), "DS004") == []

    def test_stack_not_stated(self) -> None:
        report = judge(
            {
                "cluster.vSwitches": [WITHOUT_IPV6],
                "cluster.ipStack": "ipv4",
            }
        )
        assert report.findings == ()
        cluster = {
            "terway": {"version": "v1.16.4"}, "vSwitches": [WITHOUT_IPV6], "podDefaults": {"vSwitchIds": ["vsw-j"]},
        }  # fmt: skip
        report = judge({"cluster": cluster})
        assert "cluster.ipStack" in facts_missing(report, "DS004")
        assert found(report, "DS004") == []

    def test_one_zone_of_two_is_known(self) -> None:
        changes = {**DUAL, "cluster.vSwitches": [WITHOUT_IPV6], "nodePools[0].vSwitchIds": ["vsw-j", "vsw-x"]}
        report = judge({**changes, "cluster.podDefaults": {"vSwitchIds": ["vsw-j"]}})
        assert places(report, "DS004") == ["cluster.vSwitches[0]"]
        assert facts_missing(report, "DS004") == []

    def test_two_configurations_with_one_v_switch(self) -> None:
        networkings = [POD_NETWORKING, {**POD_NETWORKING, "name": "second", "podSelector": {"matchLabels": {"a": "b"}}}]
        report = judge({**DUAL, "cluster.vSwitches": [WITHOUT_IPV6], "podNetworkings": networkings})
        assert places(report, "DS004") == ["cluster.vSwitches[0]"]
