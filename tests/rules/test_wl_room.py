"""WL rules about zones and spreading; WL016 and nodes of their own are in `test_wl`."""

from __future__ import annotations

from typing import Any

import pytest

from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K, WORKLOAD
from tests.judge import found, judge, only
from tests.rules.test_wl import POOL, alone, templated

TWO_ZONES = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K], f"{POOL}.vSwitchIds": ["vsw-j", "vsw-k"]}

BLUE_GREEN: dict[str, Any] = {"strategy": {"blueGreen": {}}}


def one_a_zone(kind: str, replicas: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - as in `alone`
    """Return changes to the example plan: a pool of two zones, and a workload of which no two pods share a zone."""
    one = alone(kind, replicas, topologyKey="topology.kubernetes.io/zone", **changes)
    return {**TWO_ZONES, f"{POOL}.multiAzPolicy": "BALANCE", **one}


class TestWL018:
    @pytest.mark.parametrize(
        ("changes", "level", "pods"),
        [
            (one_a_zone("StatefulSet", 2), None, ""),
            (one_a_zone("StatefulSet", 3), "error", "3 pods"),
            (one_a_zone("StatefulSet", 2, more={"maxReplicas": 3}), "warning", "maxReplicas of 3"),
            (one_a_zone("StatefulSet", 2, more={"maxReplicas": 2}), None, ""),
            (one_a_zone("StatefulSet", 3, more={"maxReplicas": 9}), "error", "3 pods"),
            (one_a_zone("StatefulSet", 3, matchLabelKeys=["pod-template-hash"]), "error", "3 pods"),
            (one_a_zone("DaemonSet", 1), None, ""),
            ({**TWO_ZONES, **alone("StatefulSet", 3)}, None, ""),
        ],
    )
    def test_zones(self, changes: dict[str, Any], level: str | None, pods: str) -> None:
        findings = found(judge(changes), "WL018")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        for finding in findings:
            assert finding.message == (
                "no two pods of StatefulSet 'matcher' may share a zone, and pool 'trading' has 2 zones "
                f"(cn-hangzhou-j, cn-hangzhou-k) for its {pods}"
            )
            assert finding.hint == (
                "give the pool vSwitches in 3 zones, or prefer the podAntiAffinity instead of requiring it"
            )
            where = "workloads[0].template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
            assert finding.place.path == where

    @pytest.mark.parametrize(
        ("replicas", "policy", "told"),
        [
            (2, "PRIORITY", True),
            (2, "COST_OPTIMIZED", True),
            (2, None, True),
            (2, "BALANCE", False),
            (1, "PRIORITY", False),
        ],
    )
    def test_nodes_that_may_all_be_in_one_zone(self, replicas: int, policy: str | None, told: bool) -> None:  # noqa: FBT001 - a parameter of the test
        (pods,) = one_a_zone("StatefulSet", replicas)["workloads"]
        own = {} if policy is None else {f"{POOL}.multiAzPolicy": policy}
        findings = found(judge({**TWO_ZONES, "workloads": [pods], **own}), "WL018")
        assert [finding.level for finding in findings] == ["warning"] * told
        for finding in findings:
            assert finding.message == (
                "no two pods of StatefulSet 'matcher' may share a zone, and without multiAzPolicy BALANCE all nodes of "
                "pool 'trading' may come up in one: its 2 pods need several"
            )

    def test_one_zone(self) -> None:
        changes = alone("StatefulSet", 2, topologyKey="topology.kubernetes.io/zone")
        assert "has 1 zone (cn-hangzhou-j) for" in only(judge(changes), "WL018").message

    @pytest.mark.parametrize(("replicas", "waits"), [(1, False), (2, True)])
    def test_unknown_zones(self, replicas: int, waits: bool) -> None:  # noqa: FBT001 - a parameter of the test
        report = judge({**one_a_zone("StatefulSet", replicas), "cluster.vSwitches": [VSWITCH_J]})
        assert found(report, "WL018") == []
        assert any("WL018" in item.rules for item in report.undecided) == waits

    def test_one_pod_needs_no_known_zone(self) -> None:
        report = judge({**one_a_zone("StatefulSet", 1), "cluster.vSwitches": []})
        assert not any("WL018" in item.rules for item in report.undecided)

    def test_workloads_in_front_hide_nothing(self) -> None:
        (last,) = one_a_zone("StatefulSet", 3)["workloads"]
        report = judge({**TWO_ZONES, "workloads": [{**WORKLOAD, "name": "a", "replicas": 1}, last]})
        assert only(report, "WL018").facts["name"] == "matcher"

    def test_a_lingjun_pool_of_unknown_zone(self) -> None:
        pool = {key: value for key, value in LINGJUN_POOL.items() if key != "vSwitchIds"}
        (pods,) = one_a_zone("StatefulSet", 2)["workloads"]
        report = judge({"nodePools": [pool], "workloads": [{**pods, "nodePool": pool["name"]}]})
        assert any({"NET001", "WL018"} <= {*item.rules} for item in report.undecided)
        report = judge({"nodePools": [LINGJUN_POOL], "workloads": [{**pods, "nodePool": pool["name"]}]})
        assert "has 1 zone" in only(report, "WL018").message
        assert not any("WL018" in item.rules for item in report.undecided)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            (one_a_zone("Deployment", 2), True),  # none of two may be gone, and one more pod
            (one_a_zone("Deployment", 1), False),
            (one_a_zone("Deployment", 3), False),  # WL018
            (one_a_zone("Deployment", 2, matchLabelKeys=["pod-template-hash"]), False),
            (one_a_zone("Deployment", 2, more={"strategy": {"rollingUpdate": {"maxUnavailable": 1}}}), False),
            ({**one_a_zone("Deployment", 2), f"{POOL}.desiredSize": 2}, True),
        ],
    )
    def test_updates(self, changes: dict[str, Any], told: bool) -> None:  # noqa: FBT001 - a parameter of the test
        findings = found(judge(changes), "WL016")
        assert [finding.message.partition(", and ")[2] for finding in findings] == [
            "each of the 2 zones of pool 'trading' has one of its pods, which may not share a zone"
        ] * told
        for finding in findings:
            assert finding.hint.endswith("or give the pool a vSwitch in another zone")

    @pytest.mark.parametrize("replicas", [1, 2])
    def test_updates_in_unknown_zones(self, replicas: int) -> None:
        report = judge({**one_a_zone("Deployment", replicas), "cluster.vSwitches": [VSWITCH_J]})
        assert found(report, "WL016") == []
        assert any("WL016" in item.rules for item in report.undecided)

    @pytest.mark.parametrize(
        ("changes", "places"),
        [
            (alone("Rollout", 1, more=BLUE_GREEN), None),
            (alone("Rollout", 2, more=BLUE_GREEN), ("a node", "3 nodes", "use 4 nodes")),
            (alone("Rollout", 2, more=BLUE_GREEN, matchLabelKeys=["rollouts-pod-template-hash"]), None),
            ({**alone("Rollout", 2, more=BLUE_GREEN), f"{POOL}.desiredSize": 4}, None),
            (alone("Rollout", 4, more=BLUE_GREEN), None),  # ENI008
            (one_a_zone("Rollout", 1, more=BLUE_GREEN), None),
            (one_a_zone("Rollout", 2, more=BLUE_GREEN), ("a zone", "2 zones", "give the pool vSwitches in 4 zones")),
            (one_a_zone("Rollout", 3, more=BLUE_GREEN), None),  # WL018
        ],
    )
    def test_blue_green_updates(self, changes: dict[str, Any], places: tuple[str, str, str] | None) -> None:
        findings = found(judge(changes), "WL016")
        assert bool(findings) == (places is not None)
        for finding in findings:
            assert places is not None
            share, has, hint = places
            assert finding.message == (
                "a blue-green update of Rollout 'matcher' runs 2 new pods beside those that it replaces, none of which "
                f"may share {share}, and pool 'trading' has {has}"
            )
            assert finding.hint == f"{hint}, or update in steps (canary, with maxSurge 0 and maxUnavailable 1)"

    @pytest.mark.parametrize("replicas", [1, 2])
    def test_blue_green_updates_in_unknown_zones(self, replicas: int) -> None:
        report = judge({**one_a_zone("Rollout", replicas, more=BLUE_GREEN), "cluster.vSwitches": [VSWITCH_J]})
        assert found(report, "WL016") == []
        assert any("WL016" in item.rules for item in report.undecided)

    def test_zones_without_vswitches_of_the_pod_networking(self) -> None:
        """Terway's webhook keeps the pods away from them."""
        both = {**POD_NETWORKING, "vSwitchIds": ["vsw-j", "vsw-k"]}
        for networking, rules in ((both, set()), (POD_NETWORKING, {"WL018"})):
            changes = one_a_zone("StatefulSet", 2, more={"podNetworking": "trading-eni"})
            report = judge({**changes, "podNetworkings": [networking]})
            assert {finding.rule.id for finding in report.findings if finding.rule.id.startswith("WL01")} == rules
        changes = one_a_zone("Deployment", 1, more={"podNetworking": "trading-eni"})
        assert found(judge({**changes, "podNetworkings": [both]}), "WL016") == []
        finding = only(judge({**changes, "podNetworkings": [POD_NETWORKING]}), "WL016")
        assert "each of the 1 zone of pool 'trading' has one of its pods" in finding.message

    @pytest.mark.parametrize("policy", [None, "PRIORITY", "BALANCE", "COST_OPTIMIZED"])
    def test_the_update_of_a_pod_that_may_find_no_other_zone(self, policy: str | None) -> None:
        changes = {**one_a_zone("Deployment", 1), f"{POOL}.multiAzPolicy": policy}
        if policy is None:
            del changes[f"{POOL}.multiAzPolicy"]
        findings = found(judge(changes), "WL016")
        assert len(findings) == (policy != "BALANCE")
        for finding in findings:
            assert finding.message == (
                "a rolling update of Deployment 'matcher' adds 1 pod before it removes one (maxUnavailable is 0 of 1), "
                "which may not share a zone, and without multiAzPolicy BALANCE all nodes of pool 'trading' may come up "
                "in one"
            )
            assert finding.hint == "set maxUnavailable to 1 and maxSurge to 0, or set multiAzPolicy to BALANCE"
        third = {**VSWITCH_J, "id": "vsw-i", "zone": "cn-hangzhou-i"}
        more = {"cluster.vSwitches": [VSWITCH_J, VSWITCH_K, third], f"{POOL}.vSwitchIds": ["vsw-j", "vsw-k", "vsw-i"]}
        two = {**changes, **one_a_zone("Deployment", 2), **more, f"{POOL}.multiAzPolicy": policy or "PRIORITY"}
        report = judge(two)  # WL018 says that they may share a zone
        assert (found(report, "WL016"), len(found(report, "WL018"))) == ([], policy != "BALANCE")

    def test_an_update_without_a_zone_hides_no_other(self) -> None:
        (first,) = one_a_zone("Deployment", 2)["workloads"]
        report = judge({**TWO_ZONES, "workloads": [first, {**first, "name": "b"}]})
        assert [finding.facts["name"] for finding in found(report, "WL016")] == ["matcher", "b"]


ZONE, NODE = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
ONLY_EXCLUSIVE = {"nodeSelector": {LABEL: "eniOnly"}}


def spread(
    replicas: int,
    spec: dict[str, Any] | None = None,
    more: dict[str, Any] | None = None,
    /,
    **constraint: Any,  # noqa: ANN401 - any key
) -> dict[str, Any]:
    """Return changes to the example plan: pods that must spread, in a pool of two zones with three nodes."""
    own = {
        "maxSkew": 1,
        "topologyKey": NODE,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "a"}},
        **constraint,
    }
    changes = {"kind": "Deployment", "replicas": replicas, **(more or {})}
    pods = templated({"labels": {"app": "a"}}, more=changes, topologySpreadConstraints=[own], **(spec or {}))
    return {**TWO_ZONES, **pods}


class TestWL019:
    @pytest.mark.parametrize(
        ("changes", "level", "domains", "pods"),
        [
            (spread(3), None, "", ""),
            (spread(4), "warning", "3 nodes", "1 of its 4 pods"),
            (spread(6, maxSkew=2), None, "", ""),
            (spread(7, maxSkew=2), "warning", "3 nodes", "2 of its 7 pods"),
            (spread(3, {}, {"maxReplicas": 4}), "warning", "3 nodes", "1 of its maxReplicas of 4"),
            (spread(4, ONLY_EXCLUSIVE), None, "", ""),
            (spread(4, {"nodeSelector": {"kubernetes.io/os": "linux"}}), "warning", "3 nodes", "1 of its 4 pods"),
            (spread(4, ONLY_EXCLUSIVE, nodeAffinityPolicy="Honor"), None, "", ""),
            (spread(4, ONLY_EXCLUSIVE, nodeAffinityPolicy="Ignore"), "warning", "3 nodes", "1 of its 4 pods"),
            (spread(4, whenUnsatisfiable="ScheduleAnyway"), None, "", ""),
            (spread(4, labelSelector={"matchLabels": {"app": "b"}}), None, "", ""),
            (spread(4, labelSelector=None), None, "", ""),
            (spread(4, maxSkew="x"), None, "", ""),
            (spread(4, maxSkew=0), None, "", ""),  # Kubernetes rejects it
            (spread(4, {}, {"kind": "DaemonSet"}), None, "", ""),
            (spread(9, topologyKey=ZONE), None, "", ""),  # whether other zones have nodes is unknown
            (spread(9, topologyKey="topology.kubernetes.io/region", minDomains=9), None, "", ""),
        ],
    )
    def test_nodes_outside_the_pool(self, changes: dict[str, Any], level: str | None, domains: str, pods: str) -> None:
        findings = found(judge(changes), "WL019")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        for finding in findings:
            assert finding.message == (
                f"a topologySpreadConstraint of Deployment 'matcher' also counts nodes outside pool 'trading', which "
                f"stay empty: each of the {domains} takes at most {pods}"
            )
            assert finding.place.path == "workloads[0].template.spec.topologySpreadConstraints[0]"
            is_ignored = "'Ignore'" in repr(changes)
            start = "remove nodeAffinityPolicy" if is_ignored else "add the node affinity"
            assert finding.hint.startswith(start)

    @pytest.mark.parametrize("steered", [{}, ONLY_EXCLUSIVE])
    @pytest.mark.parametrize(
        ("replicas", "more", "constraint", "level", "told"),
        [
            (3, {}, {"topologyKey": ZONE, "minDomains": 3}, "error", ("3 zones", "2 zones", "1 of its 3 pods")),
            (2, {}, {"topologyKey": ZONE, "minDomains": 3}, None, ()),
            (9, {}, {"topologyKey": ZONE, "minDomains": 2}, None, ()),
            (2, {"maxReplicas": 3}, {"topologyKey": ZONE, "minDomains": 3}, "warning",
             ("3 zones", "2 zones", "1 of its maxReplicas of 3")),
            (5, {}, {"topologyKey": ZONE, "minDomains": 3, "maxSkew": 2}, "error",
             ("3 zones", "2 zones", "2 of its 5 pods")),
            (4, {}, {"minDomains": 5}, "error", ("5 nodes", "3 nodes", "1 of its 4 pods")),
        ],
    )  # fmt: skip
    def test_too_few_domains(  # noqa: PLR0913, PLR0917 - parameters of the test
        self,
        steered: dict[str, Any],
        replicas: int,
        more: dict[str, Any],
        constraint: dict[str, Any],
        level: str | None,
        told: tuple[str, ...],
    ) -> None:
        findings = found(judge(spread(replicas, steered, more, **constraint)), "WL019")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        for finding in findings:
            least, has, pods = told
            assert finding.message == (
                f"a topologySpreadConstraint of Deployment 'matcher' asks for {least}, and pool 'trading' has {has}: "
                f"each takes at most {pods}"
            )
            assert finding.hint == f"lower minDomains to {has[0]}, or add what is missing to the pool"

    def test_two_domains_where_one_is(self) -> None:
        changes = {**spread(2, ONLY_EXCLUSIVE, topologyKey=ZONE, minDomains=2), f"{POOL}.vSwitchIds": ["vsw-j"]}
        assert "asks for 2 zones, and pool 'trading' has 1 zone:" in only(judge(changes), "WL019").message

    def test_the_labels_of_the_pool_leave_other_nodes_out(self) -> None:
        changes = spread(4, {"nodeSelector": {"team": "a"}})
        assert found(judge({**changes, f"{POOL}.labels": {"team": "a"}}), "WL019") == []

    @pytest.mark.parametrize(
        ("changes", "waits"),
        [
            ({**spread(4), f"{POOL}.desiredSize": ABSENT}, True),
            ({**spread(1), f"{POOL}.desiredSize": ABSENT}, False),
            ({**spread(4, ONLY_EXCLUSIVE), f"{POOL}.desiredSize": ABSENT}, False),
            ({**spread(4, topologyKey=ZONE, minDomains=3), "cluster.vSwitches": [VSWITCH_J]}, True),
            ({**spread(4, topologyKey=ZONE), "cluster.vSwitches": [VSWITCH_J]}, False),
        ],
    )
    def test_unknown_domains(self, changes: dict[str, Any], waits: bool) -> None:  # noqa: FBT001 - a parameter
        report = judge(changes)
        assert found(report, "WL019") == []
        assert any("WL019" in item.rules for item in report.undecided) == waits


class TestUnevenZones:
    """The example's pool has three nodes, of seven ENIs each: in two zones, one has two of them."""

    @pytest.mark.parametrize(
        ("replicas", "skew", "nodes", "policy", "room"),
        [
            (15, 1, 3, "BALANCE", None),
            (16, 1, 3, "BALANCE", 15),
            (16, 2, 3, "BALANCE", None),
            (21, 7, 3, "BALANCE", None),
            (21, 9, 3, "BALANCE", None),
            (28, 1, 4, "BALANCE", None),
            (7, 1, 1, "BALANCE", None),  # the zone without a node does not count
            (22, 1, 3, "BALANCE", None),  # ENI008
            (21, 1, 3, "PRIORITY", None),
        ],
    )
    def test_room(self, replicas: int, skew: int, nodes: int, policy: str, room: int | None) -> None:
        changes = self.changes(replicas, skew)
        findings = found(judge({**changes, f"{POOL}.multiAzPolicy": policy, f"{POOL}.desiredSize": nodes}), "WL019")
        assert [finding.level for finding in findings] == ["warning"] * (room is not None)
        for finding in findings:
            assert finding.message == (
                f"a topologySpreadConstraint of Deployment 'matcher' lets a zone have {skew} more of its pods than "
                f"another, and the zones of pool 'trading' have 1 to 2 nodes: only {room} of its {replicas} pods have "
                "room"
            )
            assert finding.hint == "use 4 nodes, the same number in each zone, or raise maxSkew"

    def test_pods_of_one_zone(self) -> None:
        changes = self.changes(7, 1, nodeSelector={ZONE: "cn-hangzhou-j"})
        assert found(judge({**changes, f"{POOL}.multiAzPolicy": "BALANCE"}), "WL019") == []

    @pytest.mark.parametrize(("replicas", "is_unknown"), [(1, False), (2, True)])
    def test_a_pool_of_unknown_size(self, replicas: int, is_unknown: bool) -> None:  # noqa: FBT001 - a parameter of the test
        changes = {**self.changes(replicas, 1), f"{POOL}.desiredSize": ABSENT}
        report = judge({**changes, f"{POOL}.multiAzPolicy": "BALANCE"})
        assert any("WL019" in item.rules for item in report.undecided) == is_unknown

    @staticmethod
    def changes(replicas: int, skew: int, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
        constraint = {
            "topologyKey": ZONE,
            "maxSkew": skew,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "a"}},
        }
        more = {"replicas": replicas}
        one = templated({"labels": {"app": "a"}}, more=more, topologySpreadConstraints=[constraint], **spec)
        return {**TWO_ZONES, **one}
