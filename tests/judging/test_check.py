from __future__ import annotations

import json
from typing import Any

import pytest

from eniplan.errors import Place, Problem
from eniplan.judging.check import check
from eniplan.messages import say
from eniplan.plan.document import read_documents
from eniplan.plan.load import LoadedPlan, load_document
from eniplan.report.model import Addresses, Report
from eniplan.rules import ALL
from eniplan.rules.base import Settings
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K, example
from tests.judge import catalog, found, judge, only

TYPES = "nodePools[0].instanceTypes"


def loaded(file: str, changes: dict[str, Any] | None = None) -> LoadedPlan:
    (document,) = read_documents(file, json.dumps(example(changes or {}), indent=1).encode())
    return load_document(document)


class TestSeveralPlans:
    def test_findings_stand_by_file_and_place(self) -> None:
        bad = {TYPES: ["ecs.g7.2xlarge"], "cluster.terway.version": "v1.10.0"}
        report = check([loaded("b", bad), loaded("a", bad)], catalog(), Settings())
        keys = [(f.place.file, f.place.line, f.place.column, f.rule.id) for f in report.findings]
        assert keys == sorted(keys)
        assert report.inputs == ("b", "a")

    def test_one_input_with_several_documents_is_listed_once(self) -> None:
        report = check([loaded("a"), loaded("a"), Problem(say("x"), Place("a"))], catalog(), Settings())
        assert report.inputs == ("a",)
        assert report.exit_code == 3

    def test_no_input_at_all(self) -> None:
        report = check([], catalog(), Settings())
        assert [problem.message for problem in report.problems] == ["nothing to check"]
        assert report.exit_code == 3

    @pytest.mark.parametrize(("one", "two", "hits"), [("c1", "c1", 1), ("c1", "c2", 0), (None, None, 0)])
    def test_pool_names_of_one_cluster(self, one: str | None, two: str | None, hits: int) -> None:
        plans = [loaded(f, {} if name is None else {"cluster.id": name}) for f, name in (("a", one), ("b", two))]
        report = check(plans, catalog(), Settings())
        assert len(found(report, "NP006")) == hits
        assert report.exit_code == (1 if hits else 0)
        without = tuple(rule for rule in ALL if rule.id != "NP006")
        assert found(check(plans, catalog(), Settings(), rules=without), "NP006") == []

    def test_waivers_hold_for_their_own_plan_only(self) -> None:
        waiver = {"rule": "ENI001", "path": "nodePools[0]", "reason": "agreed"}
        bad = {TYPES: ["ecs.g7.2xlarge"]}
        plans = [loaded("a", {**bad, "waivers": [waiver]}), loaded("b", bad)]
        report = check(plans, catalog(), Settings())
        assert [(f.place.file, f.waived) for f in found(report, "ENI001")] == [("a", "agreed"), ("b", None)]


class TestCapacitySheet:
    def test_one_pool(self) -> None:
        (sheet,) = judge().pools
        assert (sheet.nodes, sheet.pods) == ((3, 3), (21, 21))
        assert sheet.capacity["ecs.g8i.8xlarge"] == (7, 210, None)
        assert sheet.addresses == {"vsw-j": Addresses(21, 21, 3, 4000, 3)}
        assert sheet.zones == {"cn-hangzhou-j": Addresses(21, 21, 3, 4000, 3)}

    def test_autoscaling_has_two_sizes(self) -> None:
        scaling = {"nodePools[0].desiredSize": ABSENT, "nodePools[0].autoScaling": {"min": 2, "max": 10}}
        (sheet,) = judge(scaling).pools
        assert (sheet.nodes, sheet.pods) == ((2, 10), (14, 70))
        assert sheet.addresses == {"vsw-j": Addresses(14, 70, 2, 4000, 10)}

    def test_addresses_are_counted_by_zone(self) -> None:
        both = {
            "cluster.vSwitches": [VSWITCH_J, {**VSWITCH_J, "id": "vsw-j2", "availableIps": 10}, VSWITCH_K],
            "nodePools[0].vSwitchIds": ["vsw-j", "vsw-k"],
            "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-j2", "vsw-k"],
        }
        (sheet,) = judge(both).pools
        assert {name: found.available for name, found in sheet.zones.items()} == {
            "cn-hangzhou-j": 4010, "cn-hangzhou-k": 4000,
        }  # fmt: skip
        assert set(sheet.addresses) == {"vsw-j", "vsw-j2", "vsw-k"}

    def test_two_configurations_of_one_pool_need_the_larger_number_not_the_sum(self) -> None:
        workload = {"name": "a", "kind": "Deployment", "nodePool": "trading", "replicas": 2}
        changes = {"podNetworkings": [POD_NETWORKING], "workloads": [workload]}
        (sheet,) = judge(changes).pools
        assert sheet.addresses["vsw-j"].needed == 21

    def test_unknown_stays_unknown(self) -> None:
        (sheet,) = judge(
            {TYPES: ["ecs.i4.8xlarge", "ecs.none.large"], "cluster.vSwitches[0].availableIps": ABSENT}
        ).pools
        assert set(sheet.capacity.values()) == {(None, None, None)}
        assert sheet.pods == (None, None)
        assert sheet.addresses == {"vsw-j": Addresses(None, None, 3, None, 3)}

    def test_two_pools_with_one_name_have_a_sheet_each(self) -> None:
        report = judge({"nodePools[1]": {**example({})["nodePools"][0], "desiredSize": 1}})
        assert [sheet.pods for sheet in report.pools] == [(21, 21), (7, 7)]
        assert [sheet.addresses["vsw-j"].needed for sheet in report.pools] == [21, 7]

    def test_lingjun(self) -> None:
        sheet = judge({"nodePools[1]": LINGJUN_POOL}).pools[1]
        assert sheet.capacity == {"ebs-enhanced": (11, None, None)}
        assert sheet.addresses == {"vsw-j": Addresses(44, 44, 0, 4000, 0)}


class TestUndecided:
    def test_one_fact_is_asked_for_once(self) -> None:
        report = judge({"cluster.terway.version": ABSENT, "nodePools[1]": LINGJUN_POOL})
        (item,) = [u for u in report.undecided if u.fact == "cluster.terway.version"]
        assert item.rules == ("TW001", "TW002", "TW003")

    @pytest.mark.parametrize(("strict", "code"), [(False, 0), (True, 1)])
    def test_strict(self, strict: bool, code: int) -> None:  # noqa: FBT001 - a parameter of the test
        assert judge({"cluster.kubernetesVersion": "new"}, strict=strict).exit_code == code


class TestPlansOfOneCluster:
    """What plans of one cluster share is judged together, whatever the order of their files."""

    @staticmethod
    def judged(first: dict[str, Any], second: dict[str, Any]) -> Report:
        same = {"cluster.id": "c1"}
        plans = [loaded("a", {**same, **first}), loaded("b", {**same, "nodePools[0].name": "other", **second})]
        report = check(plans, catalog(), Settings())
        assert check(plans[::-1], catalog(), Settings()).findings == report.findings
        return report

    def test_names_of_pod_networkings(self) -> None:
        networking = {"podNetworkings": [POD_NETWORKING]}
        other = {**POD_NETWORKING, "nodePools": ["other"]}
        finding = only(self.judged(networking, {"podNetworkings": [other]}), "PN011")
        assert (finding.place.file, finding.place.path) == ("b", "podNetworkings[0].name")
        assert finding.message.startswith("the name 'trading-eni' is already used in the same cluster by a:")
        assert found(self.judged(networking, {"podNetworkings": [other]}), "PN008") == []

    @pytest.mark.parametrize(("labels", "hits"), [({"team": "x"}, 1), ({"network": "x"}, 0)])
    def test_overlaps(self, labels: dict[str, str], hits: int) -> None:
        other = {**POD_NETWORKING, "name": "x", "nodePools": ["other"], "podSelector": {"matchLabels": labels}}
        report = self.judged({"podNetworkings": [POD_NETWORKING]}, {"podNetworkings": [other]})
        assert [f.facts["podNetworkings"] for f in found(report, "PN008")] == [["trading-eni", "x"]] * hits
        alone = self.judged({"podNetworkings": [POD_NETWORKING, other]}, {})
        assert len(found(alone, "PN008")) == hits

    @pytest.mark.parametrize(("name", "file"), [("x", "a"), ("a", "b")])
    def test_an_overlap_is_told_at_the_first_name(self, name: str, file: str) -> None:
        other = {**POD_NETWORKING, "name": name, "nodePools": ["other"], "podSelector": {"matchLabels": {"team": "x"}}}
        before = {**other, "name": "0", "podSelector": {"matchLabels": {"network": "0", "team": "0"}}}
        report = self.judged({"podNetworkings": [POD_NETWORKING]}, {"podNetworkings": [before, other]})
        place = only(report, "PN008").place
        assert (place.file, place.path) == (file, f"podNetworkings[{int(file == 'b')}]")

    @pytest.mark.parametrize(("free", "hits"), [(47, 1), (48, 0)])
    def test_addresses(self, free: int, hits: int) -> None:
        """Each needs 21 pods and 3 nodes; the second plan does not state how many are free."""
        report = self.judged({"cluster.vSwitches[0].availableIps": free}, {"cluster.vSwitches[0].availableIps": ABSENT})
        told = [(f.facts["needed"], f.facts["pools"]) for f in found(report, "NET002")]
        assert told == [(48, ["other", "trading"])] * hits

    def test_what_one_plan_lacks_alone_is_told_of_both(self) -> None:
        report = self.judged({"cluster.vSwitches[0].availableIps": 20}, {})
        assert [f.facts["needed"] for f in found(report, "NET002")] == [24, 48]

    def test_the_same_file_given_twice_is_one_plan(self) -> None:
        plan = loaded("a", {"cluster.id": "c1", "podNetworkings": [POD_NETWORKING]})
        assert check([plan, plan], catalog(), Settings()).findings == ()

    def test_waivers_of_its_plan_hold(self) -> None:
        waiver = {"rule": "PN011", "path": "podNetworkings[0]", "reason": "one replaces the other on purpose"}
        networking = {"podNetworkings": [POD_NETWORKING]}
        report = self.judged(networking, {"podNetworkings": [POD_NETWORKING], "waivers": [waiver]})
        assert only(report, "PN011").waived == waiver["reason"]
        assert found(report, "WV003") == []
