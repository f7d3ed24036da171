from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from eniplan.plan.model import Guest, VSwitch
from eniplan.rules.addresses import demands
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K
from eniplan.rules.view import PlanView
from tests.judge import example_account, facts_missing, found, judge, only, own, places, row, unknown, view_of

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.report.model import Report

POOL = "nodePools[0]"
TWO_ZONES: dict[str, Any] = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K], f"{POOL}.vSwitchIds": ["vsw-j", "vsw-k"]}
BOTH = ["vsw-j", "vsw-k"]
PN = {**POD_NETWORKING, "vSwitchIds": ["vsw-j"]}
WORKLOAD = {"name": "app", "kind": "Deployment", "nodePool": "trading", "replicas": 2}
SECOND = {"name": "two", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 3}


def free(ips: int | None, zone: dict[str, Any] = VSWITCH_J) -> dict[str, Any]:
    """Return a vSwitch with this many free addresses; None: it does not say."""
    return {key: value for key, value in {**zone, "availableIps": ips}.items() if value is not None}


IGNORED = {"k8s.aliyun.com/ignore-by-terway": "true"}


class TestNET001:
    def test_missing_zone_is_named_with_a_v_switch_that_would_do(self) -> None:
        finding = only(judge(TWO_ZONES), "NET001")
        assert "has nodes in cn-hangzhou-k, and the cluster's eni-config has no vSwitch there" in finding.message
        assert finding.hint == "add a vSwitch of cn-hangzhou-k to the cluster's eni-config, such as vsw-k"
        assert dict(finding.facts) | {"zone": "cn-hangzhou-k", "covered": ["cn-hangzhou-j"]} == finding.facts
        assert finding.place.path == f"{POOL}.vSwitchIds[1]"

    @pytest.mark.parametrize("kind", ["Deployment", "DaemonSet", None])
    def test_pod_networking_is_used_whole(self, kind: str | None) -> None:
        """Its pods may find room in the other zone. The nodes of this one are lost to them."""
        listed = [] if kind is None else [{**WORKLOAD, "kind": kind, "podNetworking": PN["name"]}]
        changes = {**TWO_ZONES, "cluster.podDefaults.vSwitchIds": BOTH, "podNetworkings": [PN], "workloads": listed}
        finding = only(judge(changes), "NET001")
        assert (finding.place.path, finding.level) == ("podNetworkings[0].vSwitchIds", "error")
        assert finding.facts["covered"] == ["cn-hangzhou-j"]

    def test_fallback_that_no_listed_workload_uses_is_a_warning(self) -> None:
        pn = {**PN, "vSwitchIds": BOTH}
        finding = only(judge({**TWO_ZONES, "podNetworkings": [pn]}), "NET001")
        assert finding.level == "warning"
        assert "pods without a PodNetworking (such as DaemonSets)" in finding.message

    @pytest.mark.parametrize(
        "changes", [{"workloads": [WORKLOAD]}, {f"{POOL}.systemPodsPerNode": 1}], ids=["workload", "system pods"]
    )
    def test_fallback_in_use_is_an_error(self, changes: dict[str, Any]) -> None:
        pn = {**PN, "vSwitchIds": BOTH}
        assert only(judge({**TWO_ZONES, "podNetworkings": [pn], **changes}), "NET001").level == "error"

    def test_node_level_config_adds_to_the_clusters(self) -> None:
        changes = {**TWO_ZONES, f"{POOL}.terwayConfig": "k", "cluster.terwayConfigs": {"k": {"vSwitchIds": ["vsw-k"]}}}
        assert found(judge(changes), "NET001") == []

    def test_node_level_config_replaces_a_zone(self) -> None:
        k2 = {**VSWITCH_K, "id": "vsw-k2"}
        changes = {
            **TWO_ZONES, "cluster.vSwitches": [VSWITCH_J, VSWITCH_K, k2], "cluster.podDefaults.vSwitchIds": BOTH,
            f"{POOL}.terwayConfig": "k", "cluster.terwayConfigs": {"k": {"vSwitchIds": ["vsw-k2"]}},
        }  # fmt: skip
        report = judge(changes)
        assert found(report, "NET001") == []
        assert set(report.pools[0].addresses) == {"vsw-j", "vsw-k2"}

    def test_node_level_config_without_cluster_defaults(self) -> None:
        changes = {
            **TWO_ZONES, "cluster.podDefaults": ABSENT, f"{POOL}.terwayConfig": "k",
            "cluster.terwayConfigs": {"k": {"vSwitchIds": ["vsw-k"], "securityGroupIds": ["sg-pods"]}},
        }  # fmt: skip
        assert only(judge(changes), "NET001").facts["zone"] == "cn-hangzhou-j"

    def test_no_node_level_config_of_that_name(self) -> None:
        report = judge({f"{POOL}.terwayConfig": "none", "cluster.terwayConfigs": {}})
        assert facts_missing(report, "NET001") == ["cluster.terwayConfigs.none"]

    def test_nothing_stated(self) -> None:
        report = judge({"cluster.podDefaults": ABSENT, "cluster.vSwitches": ABSENT})
        assert facts_missing(report, "NET001") == ["cluster.podDefaults", "cluster.vSwitches"]

    def test_pod_networking_without_lists_and_without_defaults(self) -> None:
        pn = {key: value for key, value in PN.items() if key not in ("vSwitchIds", "securityGroupIds")}
        report = judge({"cluster.podDefaults": ABSENT, "podNetworkings": [pn]})
        assert facts_missing(report, "NET001") == ["cluster.podDefaults"]
        assert facts_missing(report, "NET003") == ["cluster.podDefaults"]

    def test_pod_networking_without_lists_takes_the_defaults(self) -> None:
        pn = {key: value for key, value in PN.items() if key not in ("vSwitchIds", "securityGroupIds")}
        report = judge({**TWO_ZONES, "podNetworkings": [pn]})
        assert places(report, "NET001") == [f"{POOL}.vSwitchIds[1]", "podNetworkings[0].vSwitchIds"]
        assert [finding.level for finding in found(report, "NET001")] == ["warning", "error"]

    def test_unlisted_v_switch_may_be_the_one(self) -> None:
        report = judge({**TWO_ZONES, "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-x"]})
        assert found(report, "NET001") == []
        assert facts_missing(report, "NET001") == ["cluster.vSwitches"]

    def test_pod_networking_that_names_no_pool(self) -> None:
        pn = {**PN, "nodePools": [], "name": "other"}
        report = judge({"podNetworkings": [pn]})
        assert facts_missing(report, "NET001") == ["which pools PodNetworking 'other' is for"]

    def test_a_workload_tells_the_pool_of_a_pod_networking(self) -> None:
        pn = {**PN, "nodePools": []}
        report = judge({**TWO_ZONES, "podNetworkings": [pn], "workloads": [{**WORKLOAD, "podNetworking": PN["name"]}]})
        assert "podNetworkings[0].vSwitchIds" in places(report, "NET001")

    def test_lingjun_ignores_pod_networkings(self) -> None:
        pn = {**PN, "nodePools": ["training"], "vSwitchIds": ["vsw-k"]}
        changes = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K], "nodePools[1]": LINGJUN_POOL, "podNetworkings": [pn]}
        assert found(judge(changes), "NET001") == []

    def test_a_lingjun_pool_that_names_no_v_switch(self) -> None:
        pool = {key: value for key, value in LINGJUN_POOL.items() if key != "vSwitchIds"}
        (item,) = unknown(judge({"nodePools[1]": pool}), "NET001")
        assert item.place.path == "nodePools[1].vSwitchIds"
        assert item.hint == "use a vSwitch of its zone"

    def test_defaults_not_stated(self) -> None:
        report = judge({**TWO_ZONES, "cluster.podDefaults": ABSENT})
        assert found(report, "NET001") == []
        assert facts_missing(report, "NET001") == ["cluster.podDefaults"]

    def test_a_pod_networking_that_names_no_pool_and_asks_for_no_eni(self) -> None:
        pn = {key: value for key, value in PN.items() if key != "nodePools"}
        for eni_type, missing in (("Trunk", 0), ("ENI", 1)):
            changes = {"cluster.terway.eniTrunking": True, "podNetworkings": [{**pn, "eniType": eni_type}]}
            assert len(unknown(judge(changes), "NET001")) == missing

    def test_one_configuration_hides_no_other(self) -> None:
        lost = {**PN, "name": "lost", "vSwitchIds": [], "podSelector": {"matchLabels": {"network": "lost"}}}
        changes = {**TWO_ZONES, "cluster.podDefaults": ABSENT, "podNetworkings": [lost, PN]}
        assert places(judge(changes), "NET001") == ["podNetworkings[1].vSwitchIds"]

    def test_an_ecs_pool_that_names_no_v_switch_is_left_to_np005(self) -> None:
        assert facts_missing(judge({f"{POOL}.vSwitchIds": []}), "NET001") == []


class TestNET002:
    def test_numbers(self) -> None:
        finding = only(judge({"cluster.vSwitches": [free(23)]}), "NET002")
        assert "can need 24 addresses in cn-hangzhou-j (21 pods and 3 nodes); 23 free in vsw-j" in finding.message
        assert dict(finding.facts) | {
            "needed": 24, "available": 23, "zone": "cn-hangzhou-j", "size": "desired", "pools": ["trading"],
        } == finding.facts  # fmt: skip

    def test_largest_size_is_a_warning(self) -> None:
        scaling = {f"{POOL}.desiredSize": ABSENT, f"{POOL}.autoScaling": {"min": 1, "max": 3}}
        finding = only(judge({"cluster.vSwitches": [free(23)], **scaling}), "NET002")
        assert finding.level == "warning"
        assert finding.facts["size"] == "largest"
        assert only(judge({"cluster.vSwitches": [free(7)], **scaling}), "NET002").level == "error"
        assert found(judge({"cluster.vSwitches": [free(24)], **scaling}), "NET002") == []

    def test_nodes_elsewhere_take_no_address_there(self) -> None:
        other = free(21, {**VSWITCH_J, "id": "vsw-pods"})
        changes = {"cluster.vSwitches": [VSWITCH_J, other], "cluster.podDefaults.vSwitchIds": ["vsw-pods"]}
        assert found(judge(changes), "NET002") == []
        less = free(20, {**VSWITCH_J, "id": "vsw-pods"})
        finding = only(judge({**changes, "cluster.vSwitches": [VSWITCH_J, less]}), "NET002")
        assert "(21 pods); 20 free in vsw-pods" in finding.message

    def test_by_priority_one_zone_may_get_all_nodes(self) -> None:
        k = free(20, VSWITCH_K)
        changes = {**TWO_ZONES, "cluster.vSwitches": [VSWITCH_J, k], "cluster.podDefaults.vSwitchIds": BOTH}
        assert places(judge(changes), "NET002") == ["cluster.vSwitches[1]"]
        balanced = {**changes, f"{POOL}.multiAzPolicy": "BALANCE"}
        assert found(judge(balanced), "NET002") == []
        less = {**balanced, "cluster.vSwitches": [VSWITCH_J, free(15, VSWITCH_K)]}
        assert only(judge(less), "NET002").facts["needed"] == 16

    def test_free_addresses_not_stated(self) -> None:
        report = judge({"cluster.vSwitches": [free(None)]})
        assert facts_missing(report, "NET002") == ["availableIps of vsw-j"]
        assert [item.place.path for item in unknown(report, "NET002")] == ["cluster.vSwitches[0].availableIps"]

    @pytest.mark.parametrize(
        ("defaults", "missing"),
        [(ABSENT, "cluster.podDefaults"), ({"vSwitchIds": ["vsw-j", "vsw-x"]}, "cluster.vSwitches")],
    )
    def test_where_pods_take_addresses_is_not_known(self, defaults: object, missing: str) -> None:
        changes = {"cluster.podDefaults": defaults}
        assert facts_missing(judge(changes), "NET002") == [missing]
        # All pods have a PodNetworking: the cluster's own configuration is not in use.
        assert facts_missing(judge({**changes, "podNetworkings": [PN]}), "NET002") == []

    def test_one_of_two_v_switches_does_not_say(self) -> None:
        more = free(None, {**VSWITCH_J, "id": "vsw-j2"})
        changes = {"cluster.vSwitches": [VSWITCH_J, more], "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-j2"]}
        report = judge(changes)
        assert facts_missing(report, "NET002") == ["availableIps of vsw-j2"]
        elsewhere = {**PN, "vSwitchIds": ["vsw-k"]}
        both = {**changes, "nodePools[1]": SECOND, "podNetworkings": [elsewhere]}
        both["cluster.vSwitches"] = [VSWITCH_J, more, VSWITCH_K]
        assert facts_missing(judge(both), "NET002") == ["availableIps of vsw-j2"]
        assert report.pools[0].zones["cn-hangzhou-j"].available is None
        few = {**changes, "cluster.vSwitches": [free(5), more]}
        assert (found(judge(few), "NET002"), facts_missing(judge(few), "NET002")) == ([], ["availableIps of vsw-j2"])
        both = {**changes, "cluster.vSwitches": [free(5), {**more, "availableIps": 19}]}
        assert judge(both).pools[0].zones["cn-hangzhou-j"].available == 24

    def test_an_unlisted_v_switch_of_the_nodes(self) -> None:
        assert facts_missing(judge({f"{POOL}.vSwitchIds": ["vsw-j", "vsw-x"]}), "NET002") == ["cluster.vSwitches"]

    def test_a_zone_without_pods_needs_no_size(self) -> None:
        changes = {**TWO_ZONES, f"{POOL}.vSwitchIds": ["vsw-j"], f"{POOL}.desiredSize": ABSENT}
        assert facts_missing(judge({**changes, "podNetworkings": [{**PN, "vSwitchIds": ["vsw-k"]}]}), "NET002") == []

    def test_size_not_stated(self) -> None:
        report = judge({f"{POOL}.desiredSize": ABSENT})
        assert facts_missing(report, "NET002") == ["the size of pool 'trading'"]
        (sheet,) = report.pools
        assert (sheet.zones["cn-hangzhou-j"].needed, sheet.zones["cn-hangzhou-j"].nodes) == (None, 0)
        evenly = {f"{POOL}.desiredSize": ABSENT, f"{POOL}.multiAzPolicy": "BALANCE"}
        assert facts_missing(judge(evenly), "NET002") == ["the size of pool 'trading'"]

    def test_lingjun_nodes_take_addresses_of_their_own(self) -> None:
        lingjun = {**LINGJUN_POOL, "vSwitchIds": ["vsw-k"]}
        changes = {
            "cluster.vSwitches": [VSWITCH_J, free(44, VSWITCH_K)], "cluster.podDefaults.vSwitchIds": BOTH,
            "nodePools[1]": lingjun,
        }  # fmt: skip
        assert found(judge(changes), "NET002") == []
        less = {**changes, "cluster.vSwitches": [VSWITCH_J, free(43, VSWITCH_K)]}
        assert "(44 pods)" in only(judge(less), "NET002").message

    def test_a_workload_without_pods_takes_no_address(self) -> None:
        networkings = [{**PN, "name": name} for name in ("a-eni", "b-eni")]
        workloads = [
            {**WORKLOAD, "name": name, "replicas": replicas, "podNetworking": f"{name}-eni"}
            for name, replicas in (("a", 2), ("b", 0))
        ]
        changes = {"podNetworkings": networkings, "workloads": workloads}
        assert found(judge({**changes, "cluster.vSwitches": [free(6)]}), "NET002") == []
        assert "(2 pods and 3" in only(judge({**changes, "cluster.vSwitches": [free(4)]}), "NET002").message

    def test_the_type_with_most_pods_decides(self) -> None:
        types = {f"{POOL}.instanceTypes": ["ecs.g8i.8xlarge", "ecs.g8i.24xlarge"]}
        assert found(judge({**types, "cluster.vSwitches": [free(45)]}), "NET002") == []
        assert only(judge({**types, "cluster.vSwitches": [free(44)]}), "NET002").facts["needed"] == 45


class TestSharedVSwitches:
    def test_two_pools_on_one_v_switch(self) -> None:
        changes = {"nodePools[1]": SECOND, "cluster.vSwitches": [free(47)]}
        finding = only(judge(changes), "NET002")
        assert "the pools trading, two together can need 48 addresses in cn-hangzhou-j" in finding.message
        assert finding.facts["pools"] == ["trading", "two"]
        assert finding.level == "error"
        assert found(judge({**changes, "cluster.vSwitches": [free(48)]}), "NET002") == []

    def test_largest_sizes_are_a_warning(self) -> None:
        second = {key: value for key, value in SECOND.items() if key != "desiredSize"}
        changes = {"nodePools[1]": {**second, "autoScaling": {"min": 0, "max": 3}}, "cluster.vSwitches": [free(47)]}
        finding = only(judge(changes), "NET002")
        assert finding.level == "warning"
        assert "at the largest size the pools" in finding.message

    def test_what_one_pool_lacks_is_told_once(self) -> None:
        report = judge({"nodePools[1]": {**SECOND, "desiredSize": 1}, "cluster.vSwitches": [free(20)]})
        assert len(found(report, "NET002")) == 1

    def test_what_a_smaller_set_lacks_is_not_told_of_a_larger_one(self) -> None:
        j1, j2 = free(20), free(5, {**VSWITCH_J, "id": "vsw-j2"})
        pn = {**PN, "name": "two-eni", "nodePools": ["two"], "vSwitchIds": ["vsw-j", "vsw-j2"]}
        changes = {"nodePools[1]": SECOND, "cluster.vSwitches": [j1, j2], "podNetworkings": [pn]}
        assert "20 free in vsw-j" in only(judge(changes), "NET002").message

    def test_nodes_of_a_pool_whose_pods_take_no_address_there(self) -> None:
        """The pods of the second pool may only use vSwitches of another zone, which NET001 refuses."""
        pn = {**PN, "nodePools": ["two"], "vSwitchIds": ["vsw-k"]}
        changes = {**TWO_ZONES, f"{POOL}.vSwitchIds": ["vsw-j"], "nodePools[1]": SECOND, "podNetworkings": [pn]}
        finding = only(judge({**changes, "cluster.vSwitches": [free(26), VSWITCH_K]}), "NET002")
        assert (
            "the pools trading, two together can need 27 addresses in cn-hangzhou-j (21 pods and 6" in finding.message
        )
        assert found(judge({**changes, "cluster.vSwitches": [free(27), VSWITCH_K]}), "NET002") == []

    def test_a_pool_that_has_no_nodes_there_takes_none(self) -> None:
        """Its own zone is another one; a PodNetworking of both zones does not bring it here."""
        second = {**SECOND, "vSwitchIds": ["vsw-k"]}
        changes = {**TWO_ZONES, f"{POOL}.vSwitchIds": ["vsw-j"], "nodePools[1]": second}
        changes["cluster.podDefaults.vSwitchIds"] = BOTH
        assert found(judge({**changes, "cluster.vSwitches": [free(24), VSWITCH_K]}), "NET002") == []

    def test_a_size_that_is_not_known_does_not_count(self) -> None:
        second = {key: value for key, value in SECOND.items() if key != "desiredSize"}
        report = judge({"nodePools[1]": second, "cluster.vSwitches": [free(47)]})
        assert found(report, "NET002") == []
        assert facts_missing(report, "NET002") == ["the size of pool 'two'"]
        assert found(judge({"nodePools[1]": second, "cluster.vSwitches": [free(24)]}), "NET002") == []
        finding = only(judge({"nodePools[1]": second, "cluster.vSwitches": [free(23)]}), "NET002")
        assert (finding.level, finding.facts["needed"], finding.facts["pools"]) == ("error", 24, ["trading"])

    def test_only_pools_that_need_addresses_there_are_named(self) -> None:
        j1, j2 = free(24), free(23, {**VSWITCH_J, "id": "vsw-j2"})
        pn = {**PN, "name": "two-eni", "nodePools": ["two"], "vSwitchIds": ["vsw-j2"]}
        changes = {
            "nodePools[1]": {**SECOND, "vSwitchIds": ["vsw-j2"]}, "cluster.vSwitches": [j1, j2], "podNetworkings": [pn],
        }  # fmt: skip
        assert only(judge(changes), "NET002").facts["pools"] == ["two"]

    def test_a_shortage_now_is_not_told_again_of_more_v_switches_later(self) -> None:
        j1, j2 = free(20), free(5, {**VSWITCH_J, "id": "vsw-j2"})
        pn = {**PN, "name": "two-eni", "nodePools": ["two"], "vSwitchIds": ["vsw-j", "vsw-j2"]}
        second = {key: value for key, value in SECOND.items() if key != "desiredSize"}
        changes = {
            "nodePools[1]": {**second, "autoScaling": {"min": 0, "max": 3}},
            "cluster.vSwitches": [j1, j2], "podNetworkings": [pn],
        }  # fmt: skip
        assert "20 free in vsw-j" in only(judge(changes), "NET002").message

    def test_what_runs_on_each_node_grows_with_the_pool(self) -> None:
        """Two pods and one of their update, and an agent and a system pod on each node; at most four nodes."""
        second = {**PN, "name": "other", "podSelector": {"matchLabels": {"network": "other"}}}
        workloads: list[dict[str, Any]] = [
            {**WORKLOAD, "name": "one", "replicas": 2, "podNetworking": PN["name"]},
            {**WORKLOAD, "name": "two", "kind": "DaemonSet", "replicas": 1, "podNetworking": "other"},
        ]
        changes = {
            f"{POOL}.desiredSize": ABSENT, f"{POOL}.autoScaling": {"min": 1, "max": 4}, f"{POOL}.systemPodsPerNode": 1,
            "podNetworkings": [PN, second], "workloads": workloads,
        }  # fmt: skip
        (sheet,) = judge(changes).pools
        assert (sheet.addresses["vsw-j"].needed, sheet.addresses["vsw-j"].largest) == (5, 11)
        unknown_type = {**changes, f"{POOL}.instanceTypes": ["ecs.new.xlarge"]}
        (sheet,) = judge(unknown_type).pools
        assert (sheet.addresses["vsw-j"].needed, sheet.addresses["vsw-j"].largest) == (None, None)

    def test_sets_that_overlap(self) -> None:
        """Each pool has enough alone, and all vSwitches of the zone together are too small."""
        j1, j2 = free(27), free(18, {**VSWITCH_J, "id": "vsw-j2"})
        pn = {**PN, "name": "two-eni", "nodePools": ["two"], "vSwitchIds": ["vsw-j", "vsw-j2"]}
        changes = {"nodePools[1]": SECOND, "cluster.vSwitches": [j1, j2], "podNetworkings": [pn]}
        finding = only(judge(changes), "NET002")
        assert "45 free in vsw-j, vsw-j2" in finding.message
        assert (finding.facts["needed"], finding.place.path) == (48, "cluster.vSwitches[0]")

    def test_pools_are_named_in_order(self) -> None:
        changes = {"nodePools[1]": {**SECOND, "name": "first"}, "cluster.vSwitches": [free(47)]}
        finding = only(judge(changes), "NET002")
        assert "the pools first, trading together" in finding.message
        assert finding.facts["pools"] == ["first", "trading"]

    def test_v_switches_apart_are_not_added_up(self) -> None:
        j1, j2 = free(24), free(24, {**VSWITCH_J, "id": "vsw-j2"})
        pn = {**PN, "name": "two-eni", "nodePools": ["two"], "vSwitchIds": ["vsw-j2"]}
        changes = {
            "nodePools[1]": {**SECOND, "vSwitchIds": ["vsw-j2"]}, "cluster.vSwitches": [j1, j2], "podNetworkings": [pn],
        }  # fmt: skip
        report = judge(changes)
        assert found(report, "NET002") == []
        assert [use.v_switches for use in report.zones] == [("vsw-j",), ("vsw-j2",)]

    @pytest.mark.parametrize(("last", "hits"), [(17, 1), (18, 0)])
    def test_all_v_switches_of_a_zone_are_listed_if_they_are_short(self, last: int, hits: int) -> None:
        """Each pool has enough alone; they share the vSwitch in the middle."""
        three = [free(10), free(20, {**VSWITCH_J, "id": "vsw-j2"}), free(last, {**VSWITCH_J, "id": "vsw-j3"})]
        pn = {**PN, "name": "two-eni", "nodePools": ["two"], "vSwitchIds": ["vsw-j2", "vsw-j3"]}
        changes = {
            "nodePools[1]": SECOND, "cluster.vSwitches": three, "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-j2"],
            "podNetworkings": [pn],
        }  # fmt: skip
        report = judge(changes)
        assert len(found(report, "NET002")) == hits
        whole = [("vsw-j", "vsw-j2", "vsw-j3")]
        assert [use.v_switches for use in report.zones][2:] == whole * hits

    def test_the_only_pod_networking_may_take_every_eni(self) -> None:
        """Its workloads may be scaled; pods without a PodNetworking need what is listed of them."""
        pods = free(21, {**VSWITCH_J, "id": "vsw-j2"})
        workloads: list[dict[str, Any]] = [
            {**WORKLOAD, "name": "networked", "replicas": 4, "podNetworking": PN["name"]},
            {**WORKLOAD, "name": "plain", "replicas": 3},
            {**WORKLOAD, "name": "agent", "kind": "DaemonSet", "replicas": 1},
        ]
        changes = {
            "cluster.vSwitches": [VSWITCH_J, pods], "podNetworkings": [{**PN, "vSwitchIds": ["vsw-j2"]}],
            "workloads": workloads, f"{POOL}.systemPodsPerNode": 1,
        }  # fmt: skip
        report = judge(changes)
        assert found(report, "NET002") == []
        # 3 replicas and one of their update, and on each of 3 nodes one agent and one system pod.
        assert report.pools[0].addresses["vsw-j"].needed == 10
        assert report.pools[0].addresses["vsw-j2"].needed == 21
        # The zone as a whole: the pods share the ENIs of the nodes.
        assert report.pools[0].zones["cn-hangzhou-j"].needed == 21
        less = {**changes, "cluster.vSwitches": [VSWITCH_J, free(20, {**VSWITCH_J, "id": "vsw-j2"})]}
        assert only(judge(less), "NET002").facts["needed"] == 21

    def test_two_pod_networkings_need_what_their_workloads_need(self) -> None:
        other = {**PN, "name": "other", "podSelector": {"matchLabels": {"network": "other"}}}
        workloads = [
            {**WORKLOAD, "name": "one", "replicas": 4, "podNetworking": PN["name"]},
            {**WORKLOAD, "name": "two", "replicas": 5, "podNetworking": "other"},
        ]
        changes = {"podNetworkings": [PN, other], "workloads": workloads}
        assert judge(changes).pools[0].addresses["vsw-j"].needed == 9
        # One that no workload names may be used by anybody.
        assert judge({**changes, "workloads": workloads[:1]}).pools[0].addresses["vsw-j"].needed == 21

    def test_configurations_that_share_a_v_switch_are_added_up(self) -> None:
        """Twelve pods of a PodNetworking and three of the system need fifteen addresses, not twelve."""
        second = {**PN, "name": "other", "podSelector": {"matchLabels": {"network": "other"}}}
        workloads = [
            {**WORKLOAD, "name": "one", "replicas": 6, "podNetworking": PN["name"]},
            {**WORKLOAD, "name": "two", "replicas": 6, "podNetworking": "other"},
        ]
        changes = {
            "podNetworkings": [PN, second], "workloads": workloads, f"{POOL}.systemPodsPerNode": 1,
            "cluster.vSwitches": [free(17)],
        }  # fmt: skip
        assert only(judge(changes), "NET002").facts["needed"] == 18  # 15 pods and 3 nodes
        assert found(judge({**changes, "cluster.vSwitches": [free(18)]}), "NET002") == []

    def test_a_warning_of_one_pool_hides_no_error_of_all(self) -> None:
        more = free(10, {**VSWITCH_J, "id": "vsw-j2"})
        pns = [PN, {**PN, "name": "two-eni", "nodePools": ["two"], "vSwitchIds": ["vsw-j", "vsw-j2"]}]
        changes = {
            f"{POOL}.desiredSize": ABSENT, f"{POOL}.autoScaling": {"min": 1, "max": 3}, "nodePools[1]": SECOND,
            "cluster.vSwitches": [free(20), more], "podNetworkings": pns,
        }  # fmt: skip
        levels = [(f.level, f.facts["needed"], f.facts["available"]) for f in found(judge(changes), "NET002")]
        assert sorted(levels) == [("error", 32, 30), ("warning", 27, 20)]

    def test_configurations_together_take_no_more_than_the_nodes_carry(self) -> None:
        changes = {
            f"{POOL}.desiredSize": ABSENT, f"{POOL}.autoScaling": {"min": 1, "max": 3}, f"{POOL}.systemPodsPerNode": 1,
            "podNetworkings": [PN],
        }  # fmt: skip
        there = judge(changes).pools[0].zones["cn-hangzhou-j"]
        assert (there.needed, there.largest) == (7, 21)

    def test_configurations_that_nothing_uses_take_nothing(self) -> None:
        other = {**PN, "name": "other", "vSwitchIds": [], "podSelector": {"matchLabels": {"network": "other"}}}
        two = [VSWITCH_J, {**VSWITCH_J, "id": "vsw-j2"}]
        changes = {"cluster.vSwitches": two, "podNetworkings": [{**PN, "vSwitchIds": ["vsw-j2"]}]}
        assert [*judge(changes).pools[0].addresses] == ["vsw-j2"]
        lost: dict[str, Any] = {"cluster.podDefaults": ABSENT}
        assert judge(lost).pools[0].zones == {}
        mixed = {**changes, **lost, "podNetworkings": [other, *changes["podNetworkings"]]}
        assert [*judge(mixed).pools[0].addresses] == ["vsw-j2"]

    def test_pods_that_nobody_planned(self) -> None:
        """They have no PodNetworking: on each node one agent, which nobody planned, and one system pod."""
        second = {**PN, "name": "other", "podSelector": {"matchLabels": {"network": "other"}}}
        view = view_of({"podNetworkings": [PN, second], f"{POOL}.systemPodsPerNode": 1, "workloads": [WORKLOAD]})
        view = PlanView(
            view.plan._replace(guests=(Guest("log agent", "trading", 1, None),)),
            view.catalog,
            view.settings,
        )
        assert [demand.asked.pods for demand in demands(view)][-1] == (8, 8)

    def test_pod_networking_without_a_listed_workload_may_take_all(self) -> None:
        changes = {"podNetworkings": [PN], "workloads": [{**WORKLOAD, "replicas": 1}]}
        report = judge(changes)
        assert report.pools[0].addresses["vsw-j"].needed == 21


class TestUpdates:
    """An update may start a pod before it removes one: for want of an address it waits forever."""

    OTHER: ClassVar[dict[str, Any]] = {**PN, "name": "other", "podSelector": {"matchLabels": {"network": "other"}}}

    def _shared(self, ips: int, *workloads: dict[str, Any], **changes: object) -> Report:
        """Judge a pool of three nodes, of which two PodNetworkings share a vSwitch, with these workloads."""
        named = [{"name": f"w{i}", "podNetworking": PN["name"], **w} for i, w in enumerate(workloads)]
        return judge({
            "podNetworkings": [PN, self.OTHER], "cluster.vSwitches": [free(ips)],
            "workloads": [{**WORKLOAD, **item} for item in named], **changes,
        })  # fmt: skip

    def test_what_is_enough_for_all_pods_is_too_few_for_their_update(self) -> None:
        pods: tuple[dict[str, Any], ...] = ({"replicas": 3}, {"replicas": 4, "podNetworking": "other"})
        finding = only(self._shared(10, *pods), "NET002")
        assert (finding.level, finding.facts["needed"], finding.facts["available"]) == ("warning", 11, 10)
        assert "can need 11 addresses in cn-hangzhou-j (7 pods, 1 more in a rolling update and 3" in finding.message
        assert finding.hint == (
            "give the pods another vSwitch in cn-hangzhou-j, or set maxSurge to 0 and maxUnavailable to 1"
        )
        assert found(self._shared(11, *pods), "NET002") == []
        worse = only(self._shared(9, *pods), "NET002")
        assert (worse.level, worse.facts["needed"]) == ("error", 10)
        assert "(7 pods and 3 nodes)" in worse.message

    @pytest.mark.parametrize(
        ("workload", "more"),
        [
            ({"kind": "Deployment", "replicas": 4}, 0),
            ({"kind": "StatefulSet"}, 0),
            ({"kind": "Deployment", "strategy": {"type": "Recreate"}}, 0),
            ({"kind": "Deployment", "strategy": {"rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 1}}}, 0),
            ({"kind": "Deployment", "strategy": {"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}}, 1),
            ({"kind": "Deployment", "maxReplicas": 3}, 1),
            ({"kind": "Deployment", "maxReplicas": 4}, 0),
            ({"kind": "CloneSet", "strategy": {"maxSurge": 1, "maxUnavailable": 0}}, 1),
            ({"kind": "Rollout", "strategy": {"canary": {"maxSurge": 1, "maxUnavailable": 0}}}, 1),
            ({"kind": "Rollout", "strategy": {"blueGreen": {}}}, 2),
            ({"kind": "Rollout", "strategy": {"blueGreen": {}}, "maxReplicas": 3}, 3),
            ({"kind": "DaemonSet", "replicas": 1}, 0),
            (
                {
                    "kind": "DaemonSet",
                    "replicas": 1,
                    "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
                },
                1,
            ),
        ],
    )
    def test_kinds(self, workload: dict[str, Any], more: int) -> None:
        (sheet,) = self._shared(4000, {"podNetworking": "other", "replicas": 4}, workload).pools
        number = 3 if workload["kind"] == "DaemonSet" else workload.get("maxReplicas") or workload.get("replicas", 2)
        assert sheet.addresses["vsw-j"].needed == 4 + number + more

    def test_updates_take_turns(self) -> None:
        """Also those of pods with other PodNetworkings, and of other pools."""
        pods: list[dict[str, Any]] = [{"replicas": 3}, {"replicas": 3}, {"replicas": 3, "podNetworking": "other"}]
        more = {"nodePools[1]": SECOND, "cluster.podDefaults.vSwitchIds": ["vsw-j"]}
        pns = [{**pn, "nodePools": ["trading", "two"]} for pn in (PN, self.OTHER)]
        pods += [{**pod, "nodePool": "two"} for pod in pods]
        finding = only(self._shared(24, *pods, **more, podNetworkings=pns), "NET002")
        assert (finding.facts["needed"], finding.level) == (25, "warning")
        assert found(self._shared(25, *pods, **more, podNetworkings=pns), "NET002") == []

    def test_without_a_free_eni_no_address_is_needed(self) -> None:
        """The new pod waits for an ENI, which WL016 reports."""
        strategy = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        report = self._shared(24, {"replicas": 17, "strategy": strategy}, {"replicas": 4, "podNetworking": "other"})
        assert found(report, "NET002") == []
        assert len(found(report, "WL016")) == 1

    def test_one_of_a_few_hides_no_shortage_of_all(self) -> None:
        more = free(6, {**VSWITCH_J, "id": "vsw-j2"})
        pns = [{**PN, "vSwitchIds": ["vsw-j2"]}, {**self.OTHER, "vSwitchIds": ["vsw-j", "vsw-j2"]}]
        pods: tuple[dict[str, Any], ...] = ({"replicas": 6, "strategy": {"rollingUpdate": {"maxUnavailable": 0}}},
                                            {"replicas": 8, "podNetworking": "other"})  # fmt: skip
        both = {"cluster.vSwitches": [free(10), more], "podNetworkings": pns}
        levels = [(f.level, f.facts["needed"]) for f in found(self._shared(0, *pods, **both), "NET002")]
        assert sorted(levels) == [("error", 17), ("warning", 7)]
        both["cluster.vSwitches"] = [free(11), more]
        assert [f.facts["needed"] for f in found(self._shared(0, *pods, **both), "NET002")] == [7]

    def test_a_larger_pool_too(self) -> None:
        scaling = {f"{POOL}.desiredSize": ABSENT, f"{POOL}.autoScaling": {"min": 1, "max": 4}}
        pods: tuple[dict[str, Any], ...] = ({"replicas": 3}, {"replicas": 3, "podNetworking": "other"})
        finding = only(self._shared(10, *pods, **scaling), "NET002")
        assert (finding.level, finding.facts["size"], finding.facts["needed"]) == ("warning", "largest", 11)
        assert finding.hint == "give the pods another vSwitch in cn-hangzhou-j, or make the pool smaller"


class TestNET003:
    def groups(self, count: int) -> dict[str, Any]:
        names = [f"sg-{number}" for number in range(count)]
        listed = [{"id": name, "type": "enterprise", "vpcId": "vpc-1"} for name in names]
        return {"cluster.podDefaults.securityGroupIds": names, "cluster.securityGroups": listed}

    @pytest.mark.parametrize(
        ("count", "version", "level"),
        [
            (0, "v1.16.4", "error"), (1, "v1.16.4", None), (5, "v1.13.5", None), (6, "v1.13.6", "warning"),
            (6, "v1.13.5", "error"), (10, "v1.16.4", "warning"), (11, "v1.16.4", "error"), (11, "v1.13.5", "error"),
            (6, None, "warning"),
        ],
    )  # fmt: skip
    def test_counts(self, count: int, version: str | None, level: str | None) -> None:
        report = judge({**self.groups(count), "cluster.terway.version": version or ABSENT})
        assert [finding.level for finding in found(report, "NET003")] == ([] if level is None else [level])
        assert facts_missing(report, "NET003") == ([] if version else ["cluster.terway.version"])

    def test_defaults_not_stated(self) -> None:
        assert facts_missing(judge({"cluster.podDefaults": ABSENT}), "NET003") == ["cluster.podDefaults"]

    def test_pod_networking(self) -> None:
        pn = {**PN, "securityGroupIds": ["sg-pods"] * 11}
        assert places(judge({"podNetworkings": [pn]}), "NET003") == ["podNetworkings[0].securityGroupIds"]

    def test_a_configuration_that_nothing_uses(self) -> None:
        """With a PodNetworking of its own groups, nobody takes those of the cluster; without, everybody."""
        nothing: dict[str, Any] = {"cluster.podDefaults.securityGroupIds": []}
        assert found(judge({**nothing, "podNetworkings": [PN]}), "NET003") == []
        finding = only(judge({**nothing, "podNetworkings": [{**PN, "securityGroupIds": []}]}), "NET003")
        assert finding.message == "PodNetworking trading-eni has no security group"
        assert (finding.place.path, finding.facts["securityGroups"]) == ("cluster.podDefaults.securityGroupIds", 0)

    def test_one_configuration_of_two_pools_is_told_once(self) -> None:
        report = judge({"cluster.podDefaults.securityGroupIds": [], "nodePools[1]": SECOND})
        assert places(report, "NET003") == ["cluster.podDefaults.securityGroupIds"]

    @pytest.mark.parametrize(
        ("own", "place"),
        [
            (["sg-pods"] * 11, "cluster.terwayConfigs.k.securityGroupIds"),
            ([], "cluster.podDefaults.securityGroupIds"),
        ],
    )
    def test_node_level_config(self, own: list[str], place: str) -> None:
        changes = {
            f"{POOL}.terwayConfig": "k", "cluster.podDefaults.securityGroupIds": [],
            "cluster.terwayConfigs": {"k": {"vSwitchIds": ["vsw-j"], "securityGroupIds": own}},
        }  # fmt: skip
        assert places(judge(changes), "NET003") == [place]


class TestNET004:
    BASIC: ClassVar[dict[str, str]] = {"id": "sg-basic", "type": "normal"}
    ADVANCED: ClassVar[dict[str, str]] = {"id": "sg-adv", "type": "enterprise"}
    UNSAID: ClassVar[dict[str, str]] = {"id": "sg-x"}

    def test_groups_of_the_nodes(self) -> None:
        changes = {
            "cluster.securityGroups": [{"id": "sg-pods", "type": "normal"}, self.BASIC, self.ADVANCED],
            f"{POOL}.securityGroupIds": ["sg-basic", "sg-adv"],
        }
        finding = only(judge(changes), "NET004")
        assert finding.place.path == f"{POOL}.securityGroupIds"
        assert "sg-adv (enterprise), sg-basic (normal)" in finding.message

    def test_type_not_stated(self) -> None:
        changes = {
            "cluster.securityGroups": [{"id": "sg-pods", "type": "normal"}, self.UNSAID],
            "cluster.podDefaults.securityGroupIds": ["sg-pods", "sg-x"],
        }
        assert facts_missing(judge(changes), "NET004") == ["the type of sg-x"]

    def test_one_group_alone_needs_no_type(self) -> None:
        report = judge({"cluster.securityGroups": [{"id": "sg-pods"}]})
        assert facts_missing(report, "NET004") == []

    def test_lists_that_are_not_stated(self) -> None:
        two = {"cluster.podDefaults.securityGroupIds": ["sg-pods", "sg-x"], "cluster.securityGroups": ABSENT}
        assert facts_missing(judge(two), "NET004") == ["cluster.securityGroups"]
        one = {**two, "cluster.podDefaults.securityGroupIds": ["sg-pods", "sg-pods"]}
        assert facts_missing(judge(one), "NET004") == []
        assert "NET004" in rules_that_wait(judge({"cluster.podDefaults": ABSENT}), "cluster.podDefaults")

    def test_a_type_that_is_not_stated_changes_nothing_where_the_others_clash(self) -> None:
        changes = {
            "cluster.securityGroups": [{"id": "sg-pods", "type": "normal"}, self.ADVANCED, self.UNSAID],
            "cluster.podDefaults.securityGroupIds": ["sg-pods", "sg-adv", "sg-x"],
        }
        report = judge(changes)
        assert places(report, "NET004") == ["cluster.podDefaults.securityGroupIds"]
        assert facts_missing(report, "NET004") == []


def rules_that_wait(report: Report, fact: str) -> set[str]:
    return {rule for item in report.undecided if item.fact == fact for rule in item.rules}


class TestNET005:
    BASIC: ClassVar[dict[str, Any]] = {"cluster.securityGroups": [{"id": "sg-pods", "type": "normal"}]}
    EIGHT: ClassVar[dict[str, Any]] = {f"{POOL}.instanceTypes": ["ecs.mine.8xlarge"]}

    def test_two_thousand_pods_fit_and_one_node_more_does_not(self, tmp_path: Path) -> None:
        specs = own(tmp_path, row(EniQuantity=9, EniPrivateIpAddressQuantity=30, EniIpv6AddressQuantity=30))
        full = {**self.BASIC, **self.EIGHT, f"{POOL}.desiredSize": 250}
        assert found(judge(full, specs=specs), "NET005") == []
        unstated = judge({**full, "cluster.podDefaults": ABSENT}, specs=specs)
        assert "NET005" not in rules_that_wait(unstated, "cluster.podDefaults")
        more = judge({**full, f"{POOL}.desiredSize": 251}, specs=specs)
        finding = only(more, "NET005")
        assert (finding.facts["pods"], finding.place.path) == (2008, "cluster.securityGroups[0]")

    @pytest.mark.parametrize(
        ("changes", "missing"),
        [
            ({"cluster.securityGroups": ABSENT}, ["cluster.securityGroups"]),
            ({"cluster.securityGroups": [{"id": "sg-pods"}]}, ["the type of sg-pods"]),
            ({"cluster.securityGroups": [{"id": "sg-other", "type": "normal"}]}, []),
            ({"cluster.securityGroups": [{"id": "sg-pods", "type": "enterprise"}]}, []),
        ],
    )
    def test_what_is_not_known_of_a_group_matters_only_to_many_pods(
        self, changes: dict[str, Any], missing: list[str]
    ) -> None:
        many = judge({**changes, f"{POOL}.desiredSize": 300})
        assert (found(many, "NET005"), facts_missing(many, "NET005")) == ([], missing)
        few = judge({**changes, f"{POOL}.desiredSize": 200})
        assert (found(few, "NET005"), facts_missing(few, "NET005")) == ([], [])

    def test_what_is_not_known_of_the_pods(self) -> None:
        unsized = {**self.BASIC, f"{POOL}.desiredSize": ABSENT}
        assert len(facts_missing(judge(unsized), "NET005")) == 1
        assert len(facts_missing(judge({**unsized, "nodePools[1]": SECOND}), "NET005")) == 1
        advanced = {"cluster.securityGroups": [{"id": "sg-pods", "type": "enterprise"}]}
        assert facts_missing(judge({**unsized, **advanced}), "NET005") == []
        beside = judge({**unsized, "nodePools[1]": {**SECOND, "desiredSize": 300}})
        assert only(beside, "NET005").facts["pods"] == 2100  # the other pool can only add to them

    def test_defaults_that_are_not_stated(self) -> None:
        many = judge({"cluster.podDefaults": ABSENT, f"{POOL}.desiredSize": 300})
        assert "NET005" in rules_that_wait(many, "cluster.podDefaults")
        few = judge({"cluster.podDefaults": ABSENT, f"{POOL}.desiredSize": 200})
        assert "NET005" not in rules_that_wait(few, "cluster.podDefaults")
        own_list = {**PN, "securityGroupIds": ["sg-pods"], "nodePools": ["trading"]}
        assert facts_missing(judge({"podNetworkings": [own_list], f"{POOL}.desiredSize": 300}), "NET005") == []

    def test_groups_that_nothing_uses(self) -> None:
        many = {**self.BASIC, f"{POOL}.desiredSize": 300}
        own = {**PN, "securityGroupIds": ["sg-own"]}
        assert found(judge({**many, "podNetworkings": [own]}), "NET005") == []
        lost = judge({**many, "cluster.podDefaults": ABSENT, "podNetworkings": [own]})
        assert "NET005" not in rules_that_wait(lost, "cluster.podDefaults")

    def test_defaults_and_sizes_that_are_not_stated(self) -> None:
        unknown = judge({**self.BASIC, f"{POOL}.desiredSize": ABSENT, "cluster.podDefaults": ABSENT})
        assert "NET005" in rules_that_wait(unknown, "cluster.podDefaults")

    def test_pools_are_added_up(self) -> None:
        changes = {
            "cluster.securityGroups": [{"id": "sg-pods", "type": "normal"}],
            f"{POOL}.desiredSize": 250, "nodePools[1]": {**SECOND, "desiredSize": 36},
        }  # fmt: skip
        finding = only(judge(changes), "NET005")
        assert dict(finding.facts) | {"pods": 2002, "limit": 2000} == finding.facts
        assert found(judge({**changes, "nodePools[1]": {**SECOND, "desiredSize": 35}}), "NET005") == []

    def test_unlisted_group_and_unknown_size(self) -> None:
        changes = {"cluster.podDefaults.securityGroupIds": ["sg-none"], f"{POOL}.desiredSize": ABSENT}
        assert found(judge(changes), "NET005") == []


def zoned(*zones: str) -> list[dict[str, Any]]:
    return [{**VSWITCH_J, "id": f"vsw-{i}", "zone": zone} for i, zone in enumerate(zones)]


class TestNET006:
    @pytest.mark.parametrize(
        ("region", "zone"),
        [
            ("cn-hangzhou", "cn-hangzhou-j"), ("cn-hangzhou", "cn-hangzhou-b"), ("us-east-1", "us-east-1a"),
            ("eu-central-1", "eu-central-1a"), ("ap-southeast-1", "ap-southeast-1c"),
            ("cn-wulanchabu", "cn-wulanchabu-c"),
            ("cn-shanghai-finance-1", "cn-shanghai-finance-1a"), ("cn-north-2-gov-1", "cn-north-2-gov-1b"),
            ("cn-hangzhou-finance", "cn-hangzhou-finance-b"), ("me-central-1", "me-central-1a"),
            ("cn-heyuan-acdr-1", "cn-heyuan-acdr-1a"), ("cn-wuhan-lr", "cn-wuhan-lr-a"),
        ],
    )  # fmt: skip
    def test_zones_of_the_region(self, region: str, zone: str) -> None:
        assert found(judge({"cluster.region": region, "cluster.vSwitches": zoned(zone)}), "NET006") == []

    @pytest.mark.parametrize(
        ("region", "zone"),
        [
            ("cn-shanghai", "cn-hangzhou-j"), ("us-east-1", "us-west-1a"), ("ap-southeast-1", "ap-southeast-2a"),
            ("cn-shanghai", "cn-shanghai-finance-1a"), ("cn-shanghai-finance-1", "cn-shanghai-b"),
            ("cn-hangzhou", "cn-hangzhou"), ("cn-hangzhou", "cn-hangzhouj"), ("cn-hangzhou-j", "cn-hangzhou-j"),
            ("cn-hangzhou", "cn-hangzhou-"), ("us-east-1", "us-east-1"), ("us-east-1", "us-east-11a"),
            ("hangzhou", "cn-hangzhou-j"), ("cn-hangzhou", "CN-hangzhou-j"), ("cn-north-2", "cn-north-2-gov-1b"),
        ],
    )  # fmt: skip
    def test_zones_of_another_region(self, region: str, zone: str) -> None:
        finding = only(judge({"cluster.region": region, "cluster.vSwitches": zoned(zone, zone)}), "NET006")
        assert (finding.level, finding.place.path) == ("warning", "cluster.region")
        assert finding.message == f"no zone of the vSwitches is in {region}: {zone}"
        assert finding.facts == {"region": region, "zones": [zone]}

    @pytest.mark.parametrize(
        ("region", "zones"),
        [
            ("cn-hangzhou", ["cn-hangzhou-j", "cn-beijing-a", "cn-beijing-a", "x"]),
            ("us-east-1", ["us-east-1b", "us-west-1a", "us-west-1a", "x"]),
        ],
    )
    def test_some_zones_of_another_region(self, region: str, zones: list[str]) -> None:
        report = judge({"cluster.region": region, "cluster.vSwitches": zoned(*zones)})
        assert places(report, "NET006") == ["cluster.vSwitches[1].zone", "cluster.vSwitches[3].zone"]
        assert found(report, "NET006")[0].message == f"zone {zones[1]} is not in {region}"
        assert found(report, "NET006")[0].hint == f"zone ids of the region are {region} and a letter"

    @pytest.mark.parametrize(
        ("zones", "hits"),
        [(["cn-hangzhou-j", "cn-hangzhou-k"], 0), (["cn-hangzhou-j", "cn-beijing-a"], 1), (["x"], 0), ([], 0)],
    )
    def test_a_region_that_is_not_stated_cannot_be_wrong(self, zones: list[str], hits: int) -> None:
        report = judge({"cluster.region": ABSENT, "cluster.vSwitches": zoned(*zones)})
        assert places(report, "NET006") == ["cluster.vSwitches"] * hits
        assert [f.message for f in found(report, "NET006")] == [
            "the zones of the vSwitches are in different regions: cn-beijing-a, cn-hangzhou-j"
        ] * hits

    def test_zones_are_named_in_order(self) -> None:
        changes = {"cluster.vSwitches": zoned("cn-shanghai-b", "cn-beijing-a")}
        finding = only(judge(changes), "NET006")
        assert finding.message == "no zone of the vSwitches is in cn-hangzhou: cn-beijing-a, cn-shanghai-b"
        finding = only(judge({**changes, "cluster.region": ABSENT}), "NET006")
        assert finding.facts["zones"] == ["cn-beijing-a", "cn-shanghai-b"]
        assert finding.message.endswith("in different regions: cn-beijing-a, cn-shanghai-b")

    def test_v_switches_that_are_not_stated(self) -> None:
        assert found(judge({"cluster.vSwitches": ABSENT}), "NET006") == []

    def test_an_account_knows_its_own_zones(self) -> None:
        changes = {"cluster.vSwitches": zoned("cn-beijing-a")}
        assert found(judge(changes, live=example_account({})), "NET006") == []
        local = VSwitch((), "vsw-j", "local-zone-1", "vpc-1")
        assert found(judge(changes, live=example_account({"v_switches": {"vsw-j": local}})), "NET006") == []
        assert found(judge(changes, live=example_account({"v_switches": None})), "NET006")
