from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from eniplan.catalog.store import Catalog
from eniplan.k8s.nodes import Placement
from eniplan.plan.model import Guest
from eniplan.rules.base import Hit, Unknown
from eniplan.rules.eni import eni008
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, TWO_ZONES, VSWITCH_J, VSWITCH_K
from eniplan.rules.view import PlanView
from tests.judge import SOMEWHERE, TODAY, facts_missing, found, judge, only, own, places, row, view_of

if TYPE_CHECKING:
    from pathlib import Path

TYPES = "nodePools[0].instanceTypes"
FAMILIES = "nodePools[0].instanceFamilies"
WORKLOAD = {"name": "matcher", "kind": "Deployment", "nodePool": "trading"}


class TestENI001:
    def test_numbers_and_nearest_types(self) -> None:
        finding = only(judge({TYPES: ["ecs.g7.2xlarge"]}), "ENI001")
        assert finding.message == "ecs.g7.2xlarge has 4 ENIs; exclusive ENI mode needs more than 6"
        assert {"EniQuantity": 4, "required": 7}.items() <= finding.facts.items()
        assert "closest in the family: ecs.g7.3xlarge (8 ENIs, 12 vCPU, 48 GiB)" in finding.hint
        assert "EniQuantity" not in finding.sources[0].title
        assert finding.sources[0].date

    def test_one_eni_is_singular(self, tmp_path: Path) -> None:
        report = judge({TYPES: ["ecs.mine.8xlarge"]}, specs=own(tmp_path, row(EniQuantity=1)))
        assert "has 1 ENI;" in only(report, "ENI001").message

    @pytest.mark.parametrize(("enis", "rules"), [(6, ["ENI001"]), (7, ["ENI002"]), (8, [])])
    def test_thresholds(self, tmp_path: Path, enis: int, rules: list[str]) -> None:
        report = judge({TYPES: ["ecs.mine.8xlarge"]}, specs=own(tmp_path, row(EniQuantity=enis)))
        assert [finding.rule.id for finding in report.findings] == rules

    def test_a_type_listed_twice_is_told_once(self) -> None:
        assert places(judge({TYPES: ["ecs.g7.2xlarge", "ecs.g7.2xlarge"]}), "ENI001") == [f"{TYPES}[0]"]


class TestENI002:
    def test_strict_makes_it_an_error(self) -> None:
        changes = {TYPES: ["ecs.g6.13xlarge"]}
        assert only(judge(changes), "ENI002").level == "warning"
        assert judge(changes).exit_code == 0
        assert only(judge(changes, strict=True), "ENI002").level == "error"
        assert judge(changes, strict=True).exit_code == 1
        numbers = {"EniQuantity": 7, "pods": 6, "undisputed": 8}
        assert numbers.items() <= only(judge(changes), "ENI002").facts.items()

    def test_hint_never_offers_seven(self) -> None:
        assert "(7 ENIs" not in only(judge({TYPES: ["ecs.g6.13xlarge"]}), "ENI002").hint


class TestENI003:
    def test_typing_mistake(self) -> None:
        finding = only(judge({TYPES: ["ecs.g8i.8xlarg"]}), "ENI003")
        assert finding.hint.startswith("did you mean 'ecs.g8i.8xlarge'? If not, prove it: ")
        assert "--InstanceTypes.1 ecs.g8i.8xlarg`" in finding.hint
        assert finding.fix is not None
        assert (finding.fix.value, finding.fix.safe) == ("ecs.g8i.8xlarge", False)

    def test_nothing_like_it(self) -> None:
        finding = only(judge({TYPES: ["m5.large"]}), "ENI003")
        assert finding.fix is None
        assert finding.hint.startswith("prove it: ")

    def test_unpublished(self) -> None:
        finding = only(judge({TYPES: ["ecs.i4.8xlarge"]}), "ENI003")
        assert finding.message == "the ENI limits of ecs.i4.8xlarge are not published"
        assert {"LimitsStatus": "unpublished"}.items() <= finding.facts.items()
        assert "DescribeInstanceTypes" in finding.hint

    def test_unknown_family(self) -> None:
        finding = only(judge({TYPES: [], FAMILIES: ["ecs.g8ii"]}), "ENI003")
        assert finding.place.path == f"{FAMILIES}[0]"
        assert finding.hint == "did you mean 'ecs.g8i'?"

    def test_unknown_family_like_none(self) -> None:
        assert only(judge({TYPES: [], FAMILIES: ["xx"]}), "ENI003").hint == "name the types in instanceTypes"


class TestUnknownTypes:
    """Types that the specs do not know and that are named like those of a family."""

    def hint(self, name: str) -> str:
        return only(judge({TYPES: [name]}), "ENI003").hint

    def test_a_size_of_a_known_family_is_no_slip_of_the_pen(self) -> None:
        hint = self.hint("ecs.g8i.7xlarge")
        assert "its name fits ecs.g8i, which has ecs.g8i.large, " in hint
        assert "did you mean" not in hint
        assert "--InstanceTypes.1 ecs.g8i.7xlarge" in hint
        assert "its name fits ecs.gn6i" in self.hint("ecs.gn6i-c99g1.4xlarge")

    def test_a_newer_generation_of_a_known_series(self) -> None:
        assert "its name fits the series of ecs.g5, ecs.g6, ecs.g7" in self.hint("ecs.g17.8xlarge")
        assert "its name fits the series of ecs.g8i" in self.hint("ecs.g10i.8xlarge")

    def test_a_slip_of_the_pen_is_told_as_such(self) -> None:
        assert "did you mean 'ecs.g8i.8xlarge'?" in self.hint("ecs.g8i.8xlagre")
        assert "did you mean 'ecs.g8i.8xlarge'?" in self.hint("ecs.g8ii.8xlarge")

    def test_no_enis_are_proven_where_sources_contradict_each_other(self) -> None:
        finding = only(judge({TYPES: ["ecs.f2-c28f1.7xlarge"]}), "ENI003")
        assert "none is verified: 8 by ecs-docs-2018-12-20, 2 by terway-2020-01" in finding.message
        assert finding.facts["LimitsStatus"] == "disputed"


class TestENI004:
    def test_approximate(self) -> None:
        finding = only(judge({TYPES: ["ecs.i2ne.20xlarge"]}), "ENI004")
        assert "approximate" in finding.message
        assert finding.facts["LimitsStatus"] == "approximate"

    def test_older_than_two_years(self) -> None:
        report = judge({TYPES: ["ecs.d1.4xlarge"]})
        finding = only(report, "ENI004")
        assert "older than two years before 2026-11-22" in finding.message
        assert finding.facts["oldestAllowed"] == "2024-11-22"
        assert finding.sources[0].date == finding.facts["date"]

    def test_max_age_counts_from_today(self) -> None:
        good = {TYPES: ["ecs.g8i.8xlarge"]}
        assert found(judge(good), "ENI004") == []
        finding = only(judge(good, max_age=30), "ENI004")
        assert "older than 30 days" in finding.message
        assert finding.facts["oldestAllowed"] == "2026-10-23"
        assert found(judge(good, max_age=30, today=date(2026, 7, 1)), "ENI004") == []
        several = only(judge({TYPES: ["ecs.d1.4xlarge"]}, max_age=30), "ENI004")
        assert (several.facts["field"], several.facts["date"]) == ("EniQuantity", "2021-07-17")

    def test_another_day_for_the_data(self) -> None:
        good = {TYPES: ["ecs.g8i.8xlarge"]}
        assert only(judge(good, specs_day=date(2029, 1, 1)), "ENI004").facts["oldestAllowed"] == "2027-01-02"
        assert found(judge(good, max_age=30, specs_day=date(2026, 7, 1)), "ENI004") == []

    @pytest.mark.parametrize(("more", "told"), [(0, False), (-1, True)])
    def test_max_age_to_the_day(self, more: int, told: bool) -> None:  # noqa: FBT001 - a parameter of the test
        """A number that is exactly as old as it may be is not too old."""
        types = {TYPES: ["ecs.g8i.8xlarge"]}
        age = (TODAY - date.fromisoformat(str(only(judge(types, max_age=0), "ENI004").facts["date"]))).days
        assert bool(found(judge(types, max_age=age + more), "ENI004")) == told

    def test_max_age_beyond_the_calendar(self) -> None:
        assert found(judge({TYPES: ["ecs.d1.4xlarge"]}, max_age=10**9), "ENI004") == []

    def test_max_age_without_today(self) -> None:
        assert found(judge(max_age=1, today=None), "ENI004") == []

    def test_a_users_own_response_has_no_date(self, tmp_path: Path) -> None:
        file = tmp_path / "response.json"
        rows = [row(EniQuantity=8, EniPrivateIpAddressQuantity=30, EniIpv6AddressQuantity=30)]
        file.write_text(json.dumps({"InstanceTypes": {"InstanceType": rows}}))
        report = judge({TYPES: ["ecs.mine.8xlarge"]}, specs=Catalog(specs=str(file)), max_age=0)
        assert report.findings == ()


class TestENI005:
    def test_names_what_is_on_sale(self) -> None:
        finding = only(judge({TYPES: ["ecs.c4.4xlarge"]}), "ENI005")
        assert finding.message == "ecs.c4.4xlarge was not on sale on 2026-07-16"
        assert "ecs.c4." not in finding.hint


class TestENI006:
    ON: ClassVar[dict[str, Any]] = {"cluster.terway.erdma": True}

    def test_pods_per_node(self) -> None:
        report = judge(self.ON)
        finding = only(report, "ENI006")
        assert finding.message == "with eRDMA ecs.g8i.8xlarge carries 6 exclusive pods per node, not 7"
        assert report.pools[0].capacity["ecs.g8i.8xlarge"].exclusive == 6

    def test_not_known_whether_erdma_is_on(self) -> None:
        report = judge({"cluster.terway": {"version": "v1.16.4", "ipamType": "crd"}})
        assert "cluster.terway.erdma" in facts_missing(report, "ENI006")

    def test_types_without_erdma_lose_nothing(self) -> None:
        report = judge({**self.ON, TYPES: ["ecs.ebmg5.24xlarge"]})
        assert found(report, "ENI006") == []
        assert facts_missing(report, "ENI006") == []

    def test_erdma_of_a_type_not_known(self, tmp_path: Path) -> None:
        rows = own(tmp_path, row(EniQuantity=8))
        report = judge({**self.ON, TYPES: ["ecs.mine.8xlarge"]}, specs=rows)
        assert facts_missing(report, "ENI006") == ["EriQuantity of ecs.mine.8xlarge"]
        # The smaller number is planned with.
        assert report.pools[0].capacity["ecs.mine.8xlarge"].exclusive == 6

    def test_unknown_type_and_unknown_enis_are_other_rules_business(self) -> None:
        report = judge({**self.ON, TYPES: ["ecs.i4.8xlarge", "ecs.none.large"]})
        assert found(report, "ENI006") == []
        assert len(found(report, "ENI003")) == 2


class TestENI007:
    def test_erdma_alone_can_make_the_numbers_differ(self) -> None:
        types = {TYPES: ["ecs.ebmc9i.48xlarge", "ecs.ebmg5.24xlarge"]}  # 32 ENIs each, eRDMA interfaces on the first
        assert facts_missing(judge({**types, "cluster.terway.erdma": ABSENT}), "ENI007") == ["cluster.terway.erdma"]
        assert facts_missing(judge({**types, "cluster.terway.erdma": False}), "ENI007") == []
        assert found(judge({**types, "cluster.terway.erdma": True}), "ENI007")
        assert facts_missing(judge({"cluster.terway.erdma": ABSENT}), "ENI007") == []  # one type

    def test_smallest_counts(self) -> None:
        report = judge({TYPES: ["ecs.g8i.8xlarge", "ecs.g8i.24xlarge"]})
        finding = only(report, "ENI007")
        assert finding.place.path == TYPES
        assert "carry 7 to 14 exclusive pods" in finding.message
        assert finding.facts == {**finding.facts, "podsPerNode": {"ecs.g8i.8xlarge": 7, "ecs.g8i.24xlarge": 14}}
        assert report.pools[0].pods == (21, 21)
        assert report.exit_code == 0

    def test_points_at_families_when_no_type_is_named(self) -> None:
        assert places(judge({TYPES: [], FAMILIES: ["ecs.g8i"]}), "ENI007") == [FAMILIES]

    def test_unknown_counts_are_left_out(self) -> None:
        assert found(judge({TYPES: ["ecs.g8i.8xlarge", "ecs.i4.8xlarge"]}), "ENI007") == []


class TestENI008:
    @pytest.mark.parametrize(
        ("changes", "needed"),
        [
            ({"maxReplicas": 21}, None),
            ({"maxReplicas": 22}, 22),
            ({"maxReplicas": 11}, None),  # those that there are count, not fewer
            ({"maxReplicas": 22, "kind": "DaemonSet", "replicas": 1}, None),
            ({"maxReplicas": 22, "hostNetwork": True}, None),
            ({"maxReplicas": 11, "eniRequest": 2, "replicas": 9}, 22),
            ({"maxReplicas": 10, "eniRequest": 2, "replicas": 9}, 20),  # three of two on each node of seven
        ],
    )
    def test_pods_that_autoscalers_start(self, changes: dict[str, Any], needed: int | None) -> None:
        report = judge({"workloads": [{**WORKLOAD, **changes}, {**WORKLOAD, "name": "b", "replicas": 0}]})
        if needed is None:
            assert found(report, "ENI008") == []
            return
        finding = only(report, "ENI008")
        assert (finding.level, finding.facts["needed"]) == ("warning", needed)
        assert finding.message == (
            f"pool 'trading' has 21 exclusive ENIs at its largest size (3 nodes x 7); its pods need {needed} once "
            "autoscalers have scaled matcher to maxReplicas"
        )
        assert finding.hint == "use 4 nodes, or a type with more ENIs, or lower maxReplicas"

    def test_daemon_sets_and_system_pods_count_on_every_node(self) -> None:
        workloads: list[dict[str, Any]] = [
            {**WORKLOAD, "replicas": 15},
            {**WORKLOAD, "name": "agent", "kind": "DaemonSet"},
        ]
        changes = {"workloads": workloads, "nodePools[0].systemPodsPerNode": 1}
        assert found(judge(changes), "ENI008") == []
        workloads[0]["replicas"] = 16
        finding = only(judge(changes), "ENI008")
        numbers = {"needed": 22, "capacity": 21, "nodes": 3, "podsPerNode": 7, "everyNode": 2}
        assert finding.facts == {**numbers, "pool": "trading", "beside": ""}
        assert finding.hint == "use 4 nodes, or a type with more ENIs"

    def test_nodes_that_are_full_of_daemon_sets(self) -> None:
        changes = {"workloads": [{**WORKLOAD, "replicas": 1}], "nodePools[0].systemPodsPerNode": 7}
        assert only(judge(changes), "ENI008").hint.startswith("DaemonSets and system pods alone fill every node")

    def test_nodes_without_any_room_are_not_called_full(self) -> None:
        changes = {TYPES: ["ecs.c6.large"], "cluster.terway.erdma": True, "workloads": [{**WORKLOAD, "replicas": 1}]}
        finding = only(judge(changes), "ENI008")
        assert finding.facts["podsPerNode"] == 0
        assert finding.hint == "no node has 1 ENI for a pod: choose a type with more ENIs"

    def test_host_network_takes_no_eni(self) -> None:
        changes = {"workloads": [{**WORKLOAD, "replicas": 99, "hostNetwork": True}]}
        assert found(judge(changes), "ENI008") == []

    def test_autoscaling_counts_its_largest_size(self) -> None:
        scaling = {"nodePools[0].autoScaling": {"min": 0, "max": 3}, "nodePools[0].desiredSize": 3}
        assert found(judge({**scaling, "workloads": [{**WORKLOAD, "replicas": 21}]}), "ENI008") == []
        assert only(judge({**scaling, "workloads": [{**WORKLOAD, "replicas": 22}]}), "ENI008").facts["nodes"] == 3

    @pytest.mark.parametrize(
        ("v_switches", "policy", "zones", "replicas", "level", "there"),
        [
            ("jk", "BALANCE", "j", 7, None, ""),  # three nodes in two zones: one at least is in each
            ("jk", "BALANCE", "j", 8, "warning", "1 node"),
            ("jk", "BALANCE", "j", 14, "warning", "1 node"),
            ("jk", "BALANCE", "j", 15, "error", "1 node"),
            ("jk", "BALANCE", "jk", 21, None, ""),
            ("jk", "PRIORITY", "j", 21, None, ""),
            ("jk", None, "j", 21, None, ""),
            ("kj", "PRIORITY", "j", 1, "warning", "0 nodes"),
            ("jk", "COST_OPTIMIZED", "j", 1, "warning", "0 nodes"),
            ("j", "PRIORITY", "j", 21, None, ""),
        ],
    )
    def test_pods_that_select_a_zone(  # noqa: PLR0913, PLR0917 - the parameters of the test
        self, v_switches: str, policy: str | None, zones: str, replicas: int, level: str | None, there: str
    ) -> None:
        expression = {"key": "topology.kubernetes.io/zone", "operator": "In"}
        terms = [{"matchExpressions": [{**expression, "values": [f"cn-hangzhou-{zone}" for zone in zones]}]}]
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        pods = {"spec": {"containers": [{"name": "c"}], "affinity": {"nodeAffinity": required}}}
        agent = {**WORKLOAD, "name": "agent", "kind": "DaemonSet", "template": pods, "replicas": 0}
        changes = {
            **TWO_ZONES,
            "nodePools[0].vSwitchIds": [f"vsw-{zone}" for zone in v_switches],
            "workloads": [{**WORKLOAD, "template": pods, "replicas": replicas}, agent],
            **({} if policy is None else {"nodePools[0].multiAzPolicy": policy}),
        }
        findings = found(judge(changes), "ENI008")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        for finding in findings:
            assert finding.message == (
                f"the pods of matcher can run only in cn-hangzhou-j, where only {there} of pool 'trading' are certain "
                f"at its largest size: they need {replicas} exclusive ENIs there, and {7 * int(there[0])} are left for "
                "them"
            )
            assert finding.hint.startswith("use more nodes" if policy == "BALANCE" else "set multiAzPolicy to BALANCE")

    @pytest.mark.parametrize(("replicas", "level"), [(7, None), (8, "warning"), (14, "warning"), (15, "error")])
    def test_pods_that_a_pod_networking_keeps_to_a_zone(self, replicas: int, level: str | None) -> None:
        """Of three nodes, one or two are in the zone of its vSwitch."""
        workload = {**WORKLOAD, "podNetworking": "trading-eni", "replicas": replicas}
        changes = {
            **TWO_ZONES, "nodePools[0].multiAzPolicy": "BALANCE", "podNetworkings": [POD_NETWORKING],
            "workloads": [workload],
        }  # fmt: skip
        assert [finding.level for finding in found(judge(changes), "ENI008")] == ([] if level is None else [level])
        unknown = {**POD_NETWORKING, "vSwitchIds": ["vsw-j", "vsw-x"]}
        defaults = {key: value for key, value in POD_NETWORKING.items() if key != "vSwitchIds"}
        for networking in (unknown, defaults):
            assert found(judge({**changes, "podNetworkings": [networking]}), "ENI008") == []

    def test_pods_of_lingjun_nodes_have_no_pod_networking(self) -> None:
        pool = {**LINGJUN_POOL, "vSwitchIds": ["vsw-j", "vsw-k"]}
        networking = {**POD_NETWORKING, "nodePools": ["training"], "vSwitchIds": ["vsw-k"]}
        workload = {**WORKLOAD, "podNetworking": "trading-eni", "nodePool": "training", "replicas": 2}
        changes = {**TWO_ZONES, "nodePools[1]": pool, "podNetworkings": [networking], "workloads": [workload]}
        assert found(judge(changes), "ENI008") == []

    @pytest.mark.parametrize(("replicas", "names"), [(7, []), (8, [["a", "b"]])])
    def test_pods_that_select_one_of_the_zones_of_others(self, replicas: int, names: list[list[str]]) -> None:
        third = {**VSWITCH_K, "id": "vsw-i", "zone": "cn-hangzhou-i"}
        ids = ["vsw-j", "vsw-k", "vsw-i"]

        def pods(name: str, replicas: int, zones: list[str]) -> dict[str, Any]:
            expression = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": zones}
            terms = [{"matchExpressions": [expression]}]
            required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
            spec = {"containers": [], "affinity": {"nodeAffinity": required}}
            return {**WORKLOAD, "name": name, "replicas": replicas, "template": {"spec": spec}}

        changes = {
            **TWO_ZONES,
            "cluster.vSwitches": [VSWITCH_J, VSWITCH_K, third],
            "cluster.podDefaults.vSwitchIds": ids,
            "nodePools[0].vSwitchIds": ids,
            "nodePools[0].multiAzPolicy": "BALANCE",
            "workloads": [
                pods("a", 7, ["cn-hangzhou-j"]),
                pods("b", replicas, ["cn-hangzhou-j", "cn-hangzhou-k"]),
            ],
        }
        assert [finding.facts["workloads"] for finding in found(judge(changes), "ENI008")] == [
            {"names": each} for each in names
        ]

    def test_pods_that_select_no_zone_of_the_pool(self) -> None:
        pods = {"spec": {"containers": [], "nodeSelector": {"topology.kubernetes.io/zone": "cn-hangzhou-x"}}}
        report = judge({**TWO_ZONES, "workloads": [{**WORKLOAD, "template": pods}]})
        assert found(report, "ENI008") == []
        assert found(report, "WL007") != []

    def test_size_not_stated(self) -> None:
        pool = {"name": "trading", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"]}
        report = judge({"nodePools[0]": pool, "workloads": [WORKLOAD]})
        assert facts_missing(report, "ENI008") == ["the size of pool 'trading'"]

    @pytest.mark.parametrize(
        ("sizes", "level", "words", "hint"),
        [
            ({2: 9}, None, "", ""),
            ({2: 10}, "error", "for pods that need 2 each: only 9 of 10 fit", "use 4 nodes"),
            ({8: 1}, "error", "for pods that need 8 each: only 0 of 1 fit", "no node has 8 ENIs for one pod"),
            (
                {5: 2, 3: 2, 2: 2},
                "warning",
                "pods of 5 ENIs may find no room",
                "use 6 nodes, or give these pods a pool",
            ),
            ({2: 1, 1: 18}, "warning", "it has 21 exclusive ENIs and its pods need 20, but the scheduler may", ""),
            ({2: 1, 1: 17}, None, "", ""),  # then one node at least has two free
            ({3: 7}, "error", "for pods that need 3 each: only 6 of 7 fit", "use 4 nodes"),
            ({4: 4, 1: 1}, "error", "for pods that need 4 each: only 3 of 4 fit", "use 4 nodes"),
            ({4: 3, 2: 4}, "warning", "some do not fit", "use 4 nodes"),
            ({7: 4}, "error", "its pods need 28", "use 4 nodes"),  # a pod may take a whole node
            ({8: 1, 1: 1}, "error", "need 8 each", "no node has 8 ENIs for one pod: choose a type with more ENIs"),
            ({3: 4, 4: 4}, "error", "its pods need 28", "use 4 nodes"),  # too many in all, and of each size
            ({1: 1000}, "error", "its pods need 1000", "use 143 nodes"),
            ({1: 700_001}, "error", "its pods need 700001", "use 100001 nodes"),
        ],
    )
    def test_the_enis_of_a_pod_are_of_one_node(
        self, sizes: dict[int, int], level: str | None, words: str, hint: str
    ) -> None:
        workloads = [
            {**WORKLOAD, "name": f"of-{size}", "replicas": number, "eniRequest": size} for size, number in sizes.items()
        ]
        findings = found(judge({"workloads": workloads}), "ENI008")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        assert all(words in finding.message and hint in finding.hint for finding in findings)

    def test_pods_that_may_be_stranded_if_erdma_takes_an_eni(self) -> None:
        """A node of eRDMA has six left, and 17 pods of one ENI can leave one on each."""
        workloads = [
            {**WORKLOAD, "name": f"of-{size}", "replicas": n, "eniRequest": size} for size, n in ((2, 1), (1, 15))
        ]
        changes = {"nodePools[0].instanceTypes": ["ecs.g8i.8xlarge"], "workloads": workloads}
        for erdma, level, waits in ((False, [], False), (True, ["warning"], False), (ABSENT, [], True)):
            report = judge({**changes, "cluster.terway.erdma": erdma})
            assert [finding.level for finding in found(report, "ENI008")] == level
            assert ("ENI008" in {rule for item in report.undecided for rule in item.rules}) == waits

    def test_a_daemon_set_too_large_for_nodes_that_are_not_there_yet(self) -> None:
        agent = {"name": "agent", "kind": "DaemonSet", "replicas": 1, "nodePool": "trading", "eniRequest": 8}
        finding = only(judge({"nodePools[0].desiredSize": 0, "workloads": [agent]}), "ENI008")
        assert "has 0 exclusive ENIs at its largest size (0 nodes x 7)" in finding.message

    def test_limits_not_known(self) -> None:
        report = judge({TYPES: ["ecs.i4.8xlarge"], "workloads": [WORKLOAD]})
        assert facts_missing(report, "ENI008") == ["EniQuantity of the nodes of pool 'trading'"]

    @pytest.mark.parametrize(
        ("pool", "path", "fact"),
        [
            ({"desiredSize": ABSENT}, "nodePools[0].desiredSize", "the size of pool 'trading'"),
            ({"instanceTypes": ["ecs.i4.8xlarge"]}, "nodePools[0].instanceTypes", "EniQuantity of the nodes of pool"),
            ({"instanceTypes": [], "instanceFamilies": ["ecs.i4"]}, "nodePools[0].instanceTypes", "EniQuantity of the"),
        ],
    )
    def test_the_missing_fact_has_its_place(self, pool: dict[str, Any], path: str, fact: str) -> None:
        changes = {f"nodePools[0].{key}": value for key, value in pool.items()}
        open_ = [item for item in judge({**changes, "workloads": [WORKLOAD]}).undecided if "ENI008" in item.rules]
        assert [item.place.path for item in open_] == [path]
        assert fact in open_[0].fact

    @pytest.mark.parametrize(
        ("key", "where"),
        [("nodeCount", "nodePools[1].lingjun.nodeCount"), ("nodeType", "nodePools[1].lingjun.nodeType")],
    )
    def test_a_lingjun_pool_lacks_facts_of_its_own(self, key: str, where: str) -> None:
        lingjun = {**LINGJUN_POOL, "lingjun": {k: v for k, v in LINGJUN_POOL["lingjun"].items() if k != key}}
        workload = {**WORKLOAD, "nodePool": "training"}
        report = judge({"nodePools[1]": lingjun, "workloads": [workload]})
        assert [item.place.path for item in report.undecided if "ENI008" in item.rules] == [where]

    @pytest.mark.parametrize(
        ("request_", "ids"),
        [(None, []), (0, []), (1, [("ENI008", "error"), ("WL002", "warning")])],
    )
    def test_the_host_network_uses_what_it_requests(self, request_: int | None, ids: list[tuple[str, str]]) -> None:
        asks = {} if request_ is None else {"eniRequest": request_}
        report = judge({"workloads": [{**WORKLOAD, "replicas": 22, "hostNetwork": True, **asks}]})
        assert [(finding.rule.id, finding.level) for finding in report.findings] == ids
        assert report.undecided == ()

    def test_its_pods_take_no_address(self) -> None:
        free = {"cluster.vSwitches[0].availableIps": 24}
        host = {**WORKLOAD, "kind": "StatefulSet", "name": "agent", "replicas": 3, "hostNetwork": True, "eniRequest": 1}
        pods = {**WORKLOAD, "kind": "StatefulSet", "replicas": 18}
        report = judge({**free, "workloads": [pods, host]})
        assert [finding.rule.id for finding in report.findings] == ["WL002"]

    def test_erdma_decides_only_where_its_slot_is_needed(self) -> None:
        open_ = {"cluster.terway.erdma": ABSENT, TYPES: ["ecs.g8i.8xlarge"]}
        said = {
            replicas: facts_missing(judge({**open_, "workloads": [{**WORKLOAD, "replicas": replicas}]}), "ENI008")
            for replicas in (18, 19, 21)
        }
        assert said == {18: [], 19: ["cluster.terway.erdma"], 21: ["cluster.terway.erdma"]}
        assert only(judge({**open_, "workloads": [{**WORKLOAD, "replicas": 22}]}), "ENI008").level == "error"


def guest(enis: int = 1, replicas: int | None = None, *, certain: bool = True, title: str = "log agent") -> Guest:
    return Guest(title, "trading", enis, replicas, Placement() if certain else SOMEWHERE)


def test_autoscaled_workloads_are_named_in_order() -> None:
    workloads = [{**WORKLOAD, "name": name, "replicas": 1, "maxReplicas": 12} for name in "ba"]
    finding = only(judge({"workloads": workloads}), "ENI008")
    assert finding.message.endswith("once autoscalers have scaled a, b to maxReplicas")


def test_every_limit_names_its_source() -> None:
    for rule, name in (("ENI001", "ecs.g7.2xlarge"), ("ENI002", "ecs.g6.13xlarge")):
        assert [source.title for source in only(judge({TYPES: [name]}), rule).sources]


def test_a_pool_without_pods_asks_nothing_of_its_capacity() -> None:
    assert facts_missing(judge({TYPES: ["ecs.none.large"]}), "ENI008") == []
    workload = {"workloads": [WORKLOAD]}
    assert facts_missing(judge({TYPES: ["ecs.none.large"], **workload}), "ENI008") != []


class TestGuests:
    """Pods that nobody planned: what is sure counts, what may be leaves open what it could change."""

    @pytest.mark.parametrize(
        ("guests", "replicas", "outcome"),
        [
            ((), 21, None),
            ((guest(),), 18, None),
            ((guest(),), 19, "error"),
            ((guest(2),), 15, None),
            ((guest(2),), 16, "error"),
            ((guest(certain=False),), 18, None),
            ((guest(certain=False),), 19, "open"),
            ((guest(2, certain=False),), 16, "open"),
            ((guest(1, 3, certain=False),), 18, None),
            ((guest(1, 4, certain=False),), 18, "open"),
            ((guest(2, 0, certain=False),), 21, None),
            ((guest(), guest(certain=False)), 15, None),
            ((guest(), guest(certain=False)), 16, "open"),
            ((guest(7),), 0, None),
            ((guest(8),), 0, "error"),
        ],
    )
    def test_they_take_room(self, guests: tuple[Guest, ...], replicas: int, outcome: str | None) -> None:
        changes: dict[str, Any] = {"workloads": [{**WORKLOAD, "replicas": replicas}]} if replicas else {}
        view = view_of(changes)
        view = PlanView(view.plan._replace(guests=guests), view.catalog, view.settings)
        said = list(eni008.check(view))
        kinds = ["open" if isinstance(item, Unknown) else item.level or "error" for item in said]
        assert kinds == ([] if outcome is None else [outcome])

    def test_who_they_are_is_said(self) -> None:
        view = view_of({"workloads": [{**WORKLOAD, "replicas": 19}]})
        sure, maybe = guest(), guest(certain=False, title="shipper")
        (hit,) = eni008.check(PlanView(view.plan._replace(guests=(sure, maybe)), view.catalog, view.settings))
        assert isinstance(hit, Hit)
        assert "including log agent on every node" in hit.message
        assert "shipper" not in hit.message
        (item,) = eni008.check(PlanView(view.plan._replace(guests=(maybe,)), view.catalog, view.settings))
        assert isinstance(item, Unknown)
        assert "shipper" in item.about
        assert item.path == ("nodePools", 0, "name")
        view = view_of({"workloads": [{**WORKLOAD, "replicas": 16}]})
        (item,) = eni008.check(PlanView(view.plan._replace(guests=(sure, maybe)), view.catalog, view.settings))
        assert isinstance(item, Unknown)
        assert item.about == "shipper: whether its nodes are those of pool 'trading'"

    def test_one_pool_without_pods_hides_no_other(self) -> None:
        second = {"name": "second", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1}
        workload = {**WORKLOAD, "nodePool": "second", "replicas": 8}
        assert only(judge({"nodePools[1]": second, "workloads": [workload]}), "ENI008").facts["pool"] == "second"


class TestFamilies:
    def test_family_brings_the_types_that_pass_and_says_why_not_the_others(self) -> None:
        report = judge({TYPES: [], FAMILIES: ["ecs.g8i"]})
        finding = only(report, "ENI009")
        selected = finding.facts["selected"]
        assert isinstance(selected, list)
        assert "ecs.g8i.8xlarge" in selected
        rejected = finding.facts["rejected"]
        assert isinstance(rejected, dict)
        assert rejected["ecs.g8i.large"] == ["ENI001", "NP008"]
        assert "; not for ecs.g8i.large (ENI001+NP008)" in finding.message
        assert set(report.pools[0].capacity) == set(selected)

    def test_family_of_which_every_type_passes(self, tmp_path: Path) -> None:
        rows = own(tmp_path, row(EniQuantity=8, EniPrivateIpAddressQuantity=30, EniIpv6AddressQuantity=30))
        finding = only(judge({TYPES: [], FAMILIES: ["ecs.mine"]}, specs=rows), "ENI009")
        assert finding.message == "ecs.mine stands for ecs.mine.8xlarge"

    def test_dual_stack_not_stated_matters_to_a_family(self) -> None:
        cluster = {"terway": {"version": "v1.16.4"}}
        report = judge({"cluster": cluster, TYPES: [], FAMILIES: ["ecs.g6"]})
        assert "cluster.ipStack" in facts_missing(report, "ENI009")

    @pytest.mark.parametrize(
        ("family", "ip_stack", "is_missing"),
        [("ecs.g7", ABSENT, False), ("ecs.g6", ABSENT, True), ("ecs.g6", "ipv4", False), ("ecs.i4", ABSENT, False)],
    )
    def test_dual_stack_matters_to_families_without_parity(
        self,
        family: str,
        ip_stack: object,
        is_missing: bool,  # noqa: FBT001 - a parameter of the test
    ) -> None:
        report = judge({"cluster.ipStack": ip_stack, TYPES: [], FAMILIES: [family]})
        assert ("cluster.ipStack" in facts_missing(report, "ENI009")) == is_missing

    def test_dual_stack_matters_if_some_types_have_parity(self, tmp_path: Path) -> None:
        limits = {"EniQuantity": 8, "EniPrivateIpAddressQuantity": 30}
        rows = own(
            tmp_path,
            row(**limits, EniIpv6AddressQuantity=30),
            row(**limits, EniIpv6AddressQuantity=10, InstanceTypeId="ecs.mine.16xlarge"),
        )
        report = judge({"cluster.ipStack": ABSENT, TYPES: [], FAMILIES: ["ecs.mine"]}, specs=rows)
        assert "cluster.ipStack" in facts_missing(report, "ENI009")

    def test_one_of_both_rules_speaks_of_a_known_family(self) -> None:
        told = {}
        for family in ("ecs.g8i", "ecs.i4", "ecs.none"):
            report = judge({TYPES: [], FAMILIES: [family]})
            told[family] = [rule for rule in ("ENI009", "ENI010") if found(report, rule)]
        assert told == {"ecs.g8i": ["ENI009"], "ecs.i4": ["ENI010"], "ecs.none": []}

    def test_dual_stack_rejects(self) -> None:
        report = judge({"cluster.ipStack": "dual", TYPES: [], FAMILIES: ["ecs.g6"]})
        assert "DS001" in only(report, "ENI010").message

    def test_off_sale_rejects(self) -> None:
        report = judge({TYPES: [], FAMILIES: ["ecs.c4"]})
        assert "ENI005" in only(report, "ENI010").message

    def test_a_family_beside_types(self) -> None:
        report = judge({TYPES: ["ecs.g7.8xlarge"], FAMILIES: ["ecs.i4"]})
        assert places(report, "ENI010") == [f"{FAMILIES}[0]"]
        assert set(report.pools[0].capacity) == {"ecs.g7.8xlarge"}


class TestENI011:
    def test_conflict_that_matters(self) -> None:
        finding = only(judge({TYPES: ["ecs.c6r.16xlarge"]}), "ENI011")
        assert finding.facts == {**finding.facts, "field": "EniQuantity", "chosen": 8, "values": [8, 7]}
        assert "8 by overview-2026-06; 7 by ecs-docs-2021-07-17" in finding.message

    def test_conflict_on_the_size_does_not_matter(self) -> None:
        assert found(judge({TYPES: ["ecs.c6r.2xlarge"]}), "ENI011") == []

    def test_conflict_on_addresses_matters_to_dual_stack_alone(self, tmp_path: Path) -> None:
        """Sources disagree on the IPv4 addresses of this type; with as many IPv6 ones it passes by one of them."""
        types = {TYPES: ["ecs.i3.4xlarge"]}
        specs = own(tmp_path, {"InstanceTypeId": "ecs.i3.4xlarge", "EniIpv6AddressQuantity": 30})
        told = only(judge({**types, "cluster.ipStack": "dual"}, specs=specs), "ENI011")
        assert told.facts["field"] == "EniPrivateIpAddressQuantity"
        assert found(judge({**types, "cluster.ipStack": "ipv4"}, specs=specs), "ENI011") == []
        assert found(judge({**types, "cluster.ipStack": "dual"}), "ENI011") == []  # DS005 tells
