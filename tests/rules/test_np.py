from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan.k8s.nodes import Placement
from eniplan.plan.fields import FIELDS, KEYS
from eniplan.plan.model import EXCLUSIVE_LABEL, LINGJUN_LABEL, Guest
from eniplan.rules.base import Hit
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, VSWITCH_J, WORKLOAD
from eniplan.rules.np import np016
from eniplan.rules.view import PlanView
from tests.judge import SOMEWHERE, facts_missing, found, judge, judge_plan, only, own, places, row, unknown, view_of

if TYPE_CHECKING:
    from eniplan.report.model import Report

POOL = "nodePools[0]"
WRITE = "write k8s.aliyun.com/exclusive-mode-eni-type=eniOnly"
SECOND = {"name": "two", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1}


def pool(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a pool
    """Return changes to the example plan: fields of its pool."""
    return {f"{POOL}.{key}": value for key, value in changes.items()}


def label_override(*labels: object) -> dict[str, Any]:
    return pool(overrides={"kubernetes_config": {"labels": list(labels)}})


class TestNP001:
    @pytest.mark.parametrize("value", ["ENI", "enionly", "eniOnlyy", "default", ""])
    def test_any_other_value(self, value: str) -> None:
        finding = only(judge(pool(labels={EXCLUSIVE_LABEL: value})), "NP001")
        assert finding.facts["required"] == "eniOnly"

    @pytest.mark.parametrize(
        "key",
        [
            "k8s.aliyun.com/exclusive-mode-eni", "exclusive-mode-eni-type", "k8s.aliyun.com/Exclusive-Mode-ENI-Type",
            "alibabacloud.com/exclusive-mode-eni-type", "k8s.aliyun.com/exclusive_mode_eni_type",
            "k8s.aliyun.com/exlusive-mode-eni-type", "x.exclusive-mode-eni-type",
            "k8s.aliyun.com/exclusive-mod-eni", "k8s.aliyun.com.exclusive-mode-enitype",
            "exclusive-mode", "a/Exclusive_Mode", "exclusive.mode", "the-exclusive-mode-eni-type-of-the-trading-pool",
        ],
    )  # fmt: skip
    def test_other_spellings_of_the_key(self, key: str) -> None:
        assert "which is not k8s.aliyun.com/" in only(judge(pool(labels={key: "eniOnly"})), "NP001").message

    @pytest.mark.parametrize(
        "key", ["team", "eni", "mode", "k8s.aliyun.com/other", "exclusive-eni", "example.com/inclusive-mode-type"]
    )
    def test_other_labels_are_fine(self, key: str) -> None:
        assert found(judge(pool(labels={key: "eniOnly"})), "NP001") == []

    def test_override_that_drops_the_label(self) -> None:
        finding = only(judge(label_override({"key": "team", "value": "a"})), "NP001")
        assert finding.place.path == f"{POOL}.overrides.kubernetes_config.labels"
        assert finding.hint == "write labels in the pool's own key labels"

    @pytest.mark.parametrize("labels", ["team=a", {"team": "a"}, [1, {"key": 3}], 5])
    def test_override_of_another_form(self, labels: object) -> None:
        report = judge(pool(overrides={"kubernetes_config": {"labels": labels}}))
        assert places(report, "NP001") == [f"{POOL}.overrides.kubernetes_config.labels"]

    def test_override_that_keeps_the_label(self) -> None:
        ours = {"key": EXCLUSIVE_LABEL, "value": "eniOnly"}
        assert found(judge(label_override(ours)), "NP001") == []
        assert found(judge(label_override({"key": "team", "value": "a"}, ours)), "NP001") == []

    def test_override_with_a_wrong_value(self) -> None:
        report = judge(label_override({"key": EXCLUSIVE_LABEL, "value": "ENI"}))
        assert places(report, "NP001") == [f"{POOL}.overrides.kubernetes_config.labels[0]"]

    @pytest.mark.parametrize(
        ("value", "tags", "path"),
        [
            ("", [{"key": "a"}, {"key": EXCLUSIVE_LABEL, "value": "eniOnly"}], "overrides.scaling_group.tags[1]"),
            ("", [{"key": "exclusive-mode-eni-type"}], "overrides.scaling_group.tags[0]"),
            ("ENI", [{"key": EXCLUSIVE_LABEL}], f'labels["{EXCLUSIVE_LABEL}"]'),
            ("", [{"key": 5}, 1, {"key": "team"}], f'labels["{EXCLUSIVE_LABEL}"]'),
            ("", "x", f'labels["{EXCLUSIVE_LABEL}"]'),
            (None, [{"key": EXCLUSIVE_LABEL, "value": "eniOnly"}], None),
        ],
    )
    def test_a_tag_is_no_label(self, value: str | None, tags: object, path: str | None) -> None:
        labels = {} if value is None else {EXCLUSIVE_LABEL: value}
        report = judge(pool(labels=labels, overrides={"scaling_group": {"tags": tags}}))
        assert places(report, "NP001") == ([] if path is None else [f"{POOL}.{path}"])
        for finding in found(report, "NP001"):
            assert ("in its tags: these are ECS tags" in finding.message) == (".tags[" in finding.place.path)
            assert finding.hint == ("move it to labels" if ".tags[" in finding.place.path else WRITE)

    @pytest.mark.parametrize(
        ("value", "safe"), [("ENI ", True), ("eni_only", True), ("Eni-Only", True), ("default", False), ("", False)]
    )
    def test_which_values_are_meant(self, value: str, safe: bool) -> None:  # noqa: FBT001 - a row of the table
        fix = only(judge(pool(labels={EXCLUSIVE_LABEL: value})), "NP001").fix
        assert fix is not None
        assert tuple(fix)[:3] == ("label", (EXCLUSIVE_LABEL, "eniOnly"), safe)


class TestNP002:
    def test_prefer_no_schedule_keeps_nobody_away(self) -> None:
        taint = {"key": "a", "effect": "PreferNoSchedule"}
        assert "no taint with effect NoSchedule or NoExecute" in only(judge(pool(taints=[taint])), "NP002").message

    def test_words_place_and_fix(self) -> None:
        finding = only(judge(pool(taints=[])), "NP002")
        assert finding.message == "pool 'trading' has no taint: other pods can use its ENIs"
        assert finding.place.path == f"{POOL}.taints"
        assert finding.fix is not None
        taint = {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}
        assert tuple(finding.fix)[:3] == ("item", taint, True)

    def test_one_that_repels_is_enough(self) -> None:
        taints = [{"key": "a", "effect": "PreferNoSchedule"}, {"key": "b", "effect": "NoExecute"}]
        assert found(judge(pool(taints=taints)), "NP002") == []

    def test_lingjun_nodes_carry_their_own(self) -> None:
        assert found(judge({"nodePools[1]": {**LINGJUN_POOL, "taints": []}}), "NP002") == []


class TestNP005:
    @pytest.mark.parametrize(
        ("changes", "path", "message"),
        [
            ({"name": " trading"}, "name", "whitespace"),
            ({"name": "trad\ting"}, "name", "non-printing"),
            ({"instanceTypes": []}, "instanceTypes", "has no instance type"),
            ({"instanceTypes": ABSENT}, "instanceTypes", "has no instance type"),
            ({"vSwitchIds": []}, "vSwitchIds", "has 0 vSwitches; the API accepts 1 to 8"),
            ({"vSwitchIds": ABSENT}, "vSwitchIds", "has 0 vSwitches"),
            ({"vSwitchIds": ["vsw-j"] * 9}, "vSwitchIds", "has 9 vSwitches"),
            ({"instanceTypes": ["ecs.g8i.8xlarge"] * 2}, "instanceTypes[1]", "ecs.g8i.8xlarge is listed twice"),
            ({"autoScaling": {"min": 3, "max": 2}}, "autoScaling.min", "min 3 is more than max 2"),
            ({"autoScaling": {"min": 0, "max": 2001}}, "autoScaling.max", "max 2001 is more than 2000"),
            ({"systemDisk": {"size": 19}}, "systemDisk.size", "has 19 GiB; the API accepts 20 to 2048"),
            ({"systemDisk": {"size": 2049}}, "systemDisk.size", "has 2049 GiB"),
            ({"systemDisk": {"category": "cloud_esd"}}, "systemDisk.category", "no system disk category 'cloud_esd'"),
            ({"systemDisk": {"category": "x"}}, "systemDisk.category", "no system disk category 'x'"),
            (
                {"systemDisk": {"category": "cloud_auto", "performanceLevel": "PL1"}},
                "systemDisk.performanceLevel", "performanceLevel is for cloud_essd, not for cloud_auto",
            ),
            ({"labels": {"a/b/c": "x"}}, 'labels["a/b/c"]', "the prefix 'a/b' is not a DNS name"),
            ({"labels": {"-a": "x"}}, 'labels["-a"]', "the name part needs"),
            ({"labels": {"a": "x y"}}, "labels.a", "a value needs at most 63 letters"),
            ({"labels": {"a" * 64: "x"}}, f"labels.{'a' * 64}", "the name part needs"),
            ({"labels": {"b.c/" + "a" * 61: "x"}}, f'labels["b.c/{"a" * 61}"]', "at most 64 characters"),
            ({"labels": {"acs:x": "x"}}, 'labels["acs:x"]', "keys must not start with aliyun, acs:"),
            ({"labels": {"a": "aliyun"}}, "labels.a", "values must not start with aliyun"),
            ({"taints": [{"key": "a", "effect": "NoSchedul"}, {"key": "b", "effect": "NoExecute"}]},
                "taints[0].effect", "Kubernetes has no effect 'NoSchedul'"),
            ({"taints": [{"key": "a b", "effect": "NoSchedule"}]}, "taints[0]", "the name part needs"),
            ({"taints": [{"key": "a", "value": "-", "effect": "NoSchedule"}]}, "taints[0]", "a value needs"),
            ({"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "value": "x", "effect": "NoSchedule"}]},
                "taints[1]", "taint a with effect NoSchedule is listed twice"),
        ],
    )  # fmt: skip
    def test_each_limit(self, changes: dict[str, Any], path: str, message: str) -> None:
        finding = only(judge(pool(**changes)), "NP005")
        assert finding.place.path == f"{POOL}.{path}"
        assert message in finding.message

    @pytest.mark.parametrize(
        "changes",
        [
            {"systemDisk": {"size": 20}}, {"systemDisk": {"size": 2048}}, {"systemDisk": {"performanceLevel": "PL1"}},
            {"systemDisk": {"category": "cloud_essd", "performanceLevel": "PL3"}}, {"vSwitchIds": ["vsw-j"] * 8},
            {"labels": {"a": "", "b.c/d": "x"}}, {"autoScaling": {"min": 2000, "max": 2000}},
            {"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoExecute"}]},
        ],
    )  # fmt: skip
    def test_at_the_limit(self, changes: dict[str, Any]) -> None:
        assert found(judge(pool(**changes)), "NP005") == []

    def test_hints_name_the_nearest(self) -> None:
        assert only(judge(pool(systemDisk={"category": "cloud_esd"})), "NP005").hint == "did you mean 'cloud_essd'?"
        assert only(judge(pool(systemDisk={"category": "x"})), "NP005").hint.startswith("one of cloud_efficiency")
        other = {"key": "b", "effect": "NoExecute"}
        near = {"key": "a", "effect": "NoSchedul"}
        assert only(judge(pool(taints=[near, other])), "NP005").hint == "did you mean 'NoSchedule'?"
        assert only(judge(pool(taints=[{"key": "a", "effect": "zz"}, other])), "NP005").hint.startswith("one of NoS")

    def test_types_that_a_family_brings_count(self) -> None:
        finding = only(judge(pool(instanceTypes=ABSENT, instanceFamilies=["ecs.g7", "ecs.g8i"])), "NP005")
        assert finding.place.path == f"{POOL}.instanceFamilies"
        assert int(str(finding.facts["types"])) > 10

    def test_eleven_types(self) -> None:
        names = [f"ecs.g8i.{size}xlarge" for size in (3, 4, 6, 8, 12, 16, 24)]
        names += [f"ecs.g7.{size}xlarge" for size in (3, 4, 6, 8)]
        assert found(judge(pool(instanceTypes=names[:10])), "NP005") == []
        assert only(judge(pool(instanceTypes=names)), "NP005").place.path == f"{POOL}.instanceTypes"

    def test_labels_count_with_those_that_eniplan_adds(self) -> None:
        labels = {f"l{number}": "x" for number in range(19)}
        assert found(judge(pool(labels=labels)), "NP005") == []
        configs = {"cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}}}
        finding = only(judge({**pool(labels=labels, terwayConfig="gpu-net"), **configs}), "NP005")
        assert finding.facts == {"pool": "trading", "labels": 21, "limit": 20}
        own_label = {**labels, EXCLUSIVE_LABEL: "eniOnly"}
        assert found(judge(pool(labels=own_label)), "NP005") == []

    @pytest.mark.parametrize("prefix", ["aliyun", "acs:", "http://", "https://"])
    def test_reserved_prefixes(self, prefix: str) -> None:
        keys = only(judge(pool(labels={f"{prefix}a": "x"})), "NP005").message
        values = only(judge(pool(labels={"a": f"{prefix}a"})), "NP005").message
        assert "keys must not start with aliyun, acs:, http://, https://" in keys
        assert "values must not start with aliyun, acs:, http://, https://" in values

    @pytest.mark.parametrize(
        "category", ["cloud_efficiency", "cloud_ssd", "cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud"]
    )
    def test_disks_that_there_are(self, category: str) -> None:
        assert found(judge(pool(systemDisk={"category": category})), "NP005") == []

    def test_lingjun_has_names_labels_and_taints_only(self) -> None:
        bad = {**LINGJUN_POOL, "name": " x", "vSwitchIds": ABSENT, "systemDisk": {"size": 1}}
        report = judge({"nodePools[1]": {key: value for key, value in bad.items() if value is not ABSENT}})
        assert places(report, "NP005") == ["nodePools[1].name"]


def test_np006_names_the_first() -> None:
    report = judge({"nodePools[1]": SECOND, "nodePools[2]": {**SECOND, "name": "trading"}})
    assert only(report, "NP006").message == "two node pools are named 'trading'"


class TestNP007:
    def test_typing_mistake(self) -> None:
        groups = [{"id": "sg-pods"}, {"id": "sg-nodes"}]
        report = judge({"cluster.securityGroups": groups, **pool(securityGroupIds=["sg-node"])})
        finding = only(report, "NP007")
        assert finding.hint == "did you mean 'sg-nodes'?"
        assert finding.message == "cluster.securityGroups does not list the security group 'sg-node'"

    def test_every_place_that_names_an_id(self) -> None:
        wrong = {"vSwitchIds": ["vsw-0"], "securityGroupIds": ["sg-0"]}
        report = judge(
            {
                **pool(vSwitchIds=["vsw-0"], securityGroupIds=["sg-0"]),
                "cluster.podDefaults": wrong,
                "cluster.terwayConfigs": {"one": wrong},
                "podNetworkings": [{"name": "pn", "podSelector": {}, **wrong}],
            }
        )
        objects = (POOL, "cluster.podDefaults", "cluster.terwayConfigs.one", "podNetworkings[0]")
        assert sorted(places(report, "NP007")) == sorted(f"{o}.{key}[0]" for o in objects for key in wrong)

    def test_lists_not_stated(self) -> None:
        report = judge({"cluster.vSwitches": ABSENT, "cluster.securityGroups": ABSENT})
        assert facts_missing(report, "NP007") == ["cluster.securityGroups", "cluster.vSwitches"]

    def test_no_cluster_defaults(self) -> None:
        report = judge({"cluster.podDefaults": ABSENT})
        assert (found(report, "NP007"), facts_missing(report, "NP007")) == ([], ["cluster.podDefaults"])

    def test_another_vpc(self) -> None:
        report = judge({"cluster.vSwitches": [{**VSWITCH_J, "vpcId": "vpc-2"}], "cluster.securityGroups[0].vpcId": "x"})
        assert places(report, "NP007") == ["cluster.vSwitches[0].vpcId", "cluster.securityGroups[0].vpcId"]
        assert found(report, "NP007")[0].message == "vsw-j is in VPC vpc-2, the cluster in vpc-1"

    def test_vpc_not_stated(self) -> None:
        other = {"cluster.vpcId": ABSENT, "cluster.vSwitches": [{**VSWITCH_J, "vpcId": "vpc-2"}]}
        report = judge(other)
        assert (found(report, "NP007"), facts_missing(report, "NP007")) == ([], ["cluster.vpcId"])

    @pytest.mark.parametrize(
        ("changes", "fact", "where"),
        [
            ({"cluster.vSwitches[0].vpcId": ABSENT}, "vpcId of vsw-j", "VPC console, or DescribeVSwitches"),
            ({"cluster.securityGroups[0].vpcId": ABSENT}, "vpcId of sg-pods", "ECS console, or DescribeSecurityGroups"),
        ],
    )
    def test_one_of_which_the_vpc_is_not_stated(self, changes: dict[str, Any], fact: str, where: str) -> None:
        report = judge(changes)
        assert found(report, "NP007") == []
        assert [(item.fact, item.hint) for item in unknown(report, "NP007")] == [(fact, where)]
        assert facts_missing(judge({**changes, "cluster.vpcId": ABSENT}), "NP007") == ["cluster.vpcId"]

    def test_no_v_switches_are_listed(self) -> None:
        """The VPC of a group is still compared with that of another one."""
        groups = [{"id": "sg-pods", "type": "enterprise", "vpcId": "vpc-1"}, {"id": "sg-2", "type": "enterprise"}]
        report = judge({"cluster.vSwitches": ABSENT, "cluster.securityGroups": groups})
        assert facts_missing(report, "NP007") == ["cluster.vSwitches", "vpcId of sg-2"]

    def test_no_vpc_stated_but_the_clusters(self) -> None:
        """There is nothing to compare."""
        neither = {"cluster.vSwitches[0].vpcId": ABSENT, "cluster.securityGroups[0].vpcId": ABSENT}
        for changes in (neither, {**neither, "cluster.vpcId": ABSENT}):
            assert facts_missing(judge(changes), "NP007") == []

    def test_ids_that_resemble_none(self) -> None:
        finding, group = found(judge(pool(vSwitchIds=["other"], securityGroupIds=["other"])), "NP007")
        assert finding.hint == "add it to cluster.vSwitches"
        assert group.hint == "add it to cluster.securityGroups"


class TestNP008:
    @pytest.mark.parametrize(
        ("vcpus", "memory", "verdict"),
        [
            (4, 8, "passes"), (3, 8, "fails"), (4, 7.5, "fails"), (None, 4, "fails"), (2, None, "fails"),
            (None, 8, "unknown"), (4, None, "unknown"), (None, None, "unknown"),
        ],
    )  # fmt: skip
    def test_floor(self, tmp_path: Any, vcpus: int | None, memory: float | None, verdict: str) -> None:  # noqa: ANN401 - pytest's own
        specs = own(tmp_path, row(EniQuantity=8, CpuCoreCount=vcpus, MemorySize=memory))
        report = judge(pool(instanceTypes=["ecs.mine.8xlarge"]), specs=specs)
        assert bool(found(report, "NP008")) == (verdict == "fails")
        assert bool(facts_missing(report, "NP008")) == (verdict == "unknown")


class TestNP009:
    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"overrides": {"instances": ["i-1"]}}, "overrides.instances"),
            ({"overrides": {"scaling_group": {"instances": ["i-1"]}}}, "overrides.scaling_group.instances"),
        ],
    )
    def test_overrides(self, changes: dict[str, Any], path: str) -> None:
        assert places(judge(pool(**changes)), "NP009") == [f"{POOL}.{path}"]

    def test_an_empty_list_adds_none(self) -> None:
        assert found(judge(pool(instances=[])), "NP009") == []


def test_np010_in_an_override() -> None:
    keep = {"key": EXCLUSIVE_LABEL, "value": "eniOnly"}
    report = judge(label_override(keep, {"key": "type", "value": "virtual-kubelet"}))
    assert places(report, "NP010") == [f"{POOL}.overrides.kubernetes_config.labels[1]"]


class TestNP011:
    @pytest.mark.parametrize(
        ("types", "hint"), [({}, "remove it"), ({"instanceTypes": ABSENT}, "name 1 to 10 types in instanceTypes")]
    )
    def test_patterns_name_no_types(self, types: dict[str, Any], hint: str) -> None:
        report = judge(pool(overrides={"scaling_group": {"instance_patterns": [{"cores": 4}]}}, **types))
        finding = only(report, "NP011")
        assert (finding.message, finding.hint) == ("pool 'trading' takes any type of its instance_patterns", hint)
        assert found(report, "NP005") == []

    @pytest.mark.parametrize(
        ("name", "key"),
        [path for path in KEYS if len(path) == 2 and path != ("kubernetes_config", "labels")],
    )
    def test_every_covered_field(self, name: str, key: str) -> None:
        report = judge(pool(overrides={name: {key: "x"}}))
        assert places(report, "NP011") == [f"{POOL}.overrides.{name}.{key}"]

    @pytest.mark.parametrize("name", ["count", "auto_mode"])
    def test_every_covered_top_level_field(self, name: str) -> None:
        assert places(judge(pool(overrides={name: 1})), "NP011") == [f"{POOL}.overrides.{name}"]

    @pytest.mark.parametrize("name", ["scaling_group", "management", "tee_config", "node_config"])
    def test_a_map_must_stay_a_map(self, name: str) -> None:
        assert "must be a map" in only(judge(pool(overrides={name: "x"})), "NP011").message

    def test_fields_that_other_rules_judge(self) -> None:
        overrides = {"kubernetes_config": {"labels": [{"key": "team", "value": "a"}]}, "instances": ["i-1"]}
        report = judge(pool(overrides=overrides))
        assert found(report, "NP011") == []
        assert {finding.rule.id for finding in report.findings} == {"NP001", "NP009"}

    def test_other_fields_pass(self) -> None:
        overrides = {"scaling_group": {"tags": []}, "management": {"enable": True}, "interconnect_mode": "basic"}
        assert found(judge(pool(overrides=overrides)), "NP011") == []


def test_two_plans_for_one_cluster_share_no_pool_name() -> None:
    """NP006 across documents is tried in tests/judging/test_check.py."""
    report = judge_plan({"apiVersion": "eniplan/v1", "nodePools": [SECOND, SECOND]})
    assert places(report, "NP006") == ["nodePools[1].name"]


class TestNP003:
    @pytest.mark.parametrize(
        ("live", "labels", "message"),
        [
            ({}, {}, "exists without the exclusive label: its mode"),
            ({EXCLUSIVE_LABEL: "ENI"}, {}, f"exists with {EXCLUSIVE_LABEL}=ENI: its mode"),
            ({EXCLUSIVE_LABEL: "eniOnly"}, {EXCLUSIVE_LABEL: ""}, f"with {EXCLUSIVE_LABEL}=eniOnly and would lose it"),
        ],
    )
    def test_a_live_pool_of_the_other_mode(self, live: dict[str, str], labels: dict[str, str], message: str) -> None:
        finding = only(judge({"nodePools[0].existingLabels": live, "nodePools[0].labels": labels}), "NP003")
        assert message in finding.message
        assert finding.place.path == "nodePools[0].labels"

    @pytest.mark.parametrize(
        ("live", "labels"),
        [({EXCLUSIVE_LABEL: "eniOnly", "team": "a"}, {}), ({"team": "a"}, {EXCLUSIVE_LABEL: "ENI"})],
    )
    def test_a_live_pool_of_the_same_mode(self, live: dict[str, str], labels: dict[str, str]) -> None:
        assert not found(judge({"nodePools[0].existingLabels": live, "nodePools[0].labels": labels}), "NP003")

    def test_it_cannot_be_waived(self) -> None:
        waiver = {"rule": "NP003", "path": "nodePools[0]", "reason": "it will be fine"}
        report = judge({"nodePools[0].existingLabels": {}, "waivers": [waiver]})
        assert only(report, "NP003").waived is None


class TestNP014:
    @pytest.mark.parametrize(("value", "ecs", "lingjun"), [("true", 1, 0), ("false", 0, 1), ("True", 0, 1), ("", 0, 1)])
    def test_only_true_makes_a_lingjun_node(self, value: str, ecs: int, lingjun: int) -> None:
        label = {"alibabacloud.com/lingjun-worker": value}
        said = f"pool and has the label alibabacloud.com/lingjun-worker={value}"
        told = found(judge(pool(labels=label)), "NP014")
        assert [finding.message for finding in told] == [f"pool 'trading' is an ECS {said}"] * ecs
        told = found(judge({"nodePools[1]": {**LINGJUN_POOL, "labels": label}}), "NP014")
        assert [finding.message for finding in told] == [f"pool 'training' is a Lingjun {said}"] * lingjun

    def test_overrides(self) -> None:
        labels = [{"key": EXCLUSIVE_LABEL, "value": "eniOnly"}, {"key": LINGJUN_LABEL, "value": "true"}]
        assert places(judge(label_override(*labels)), "NP014") == [f"{POOL}.overrides.kubernetes_config.labels[1]"]


class TestNP015:
    @pytest.mark.parametrize(
        ("value", "hits"), [(True, 1), ("true", 1), (False, 0), (None, 0), ("false", 0), (1, 0)], ids=repr
    )
    def test_values(self, value: object, hits: int) -> None:
        report = judge(pool(overrides={"kubernetes_config": {"unschedulable": value}}))
        assert places(report, "NP015") == [f"{POOL}.overrides.kubernetes_config.unschedulable"] * hits
        assert report.exit_code == 0

    def test_lingjun(self) -> None:
        override = {"overrides": {"kubernetes_config": {"unschedulable": True}}}
        assert len(found(judge({"nodePools[1]": {**LINGJUN_POOL, **override}}), "NP015")) == 1


class TestNP016:
    """The pool has 3 nodes of 7 exclusive pods each."""

    @staticmethod
    def report(most: object, *workloads: dict[str, Any], **changes: Any) -> Report:  # noqa: ANN401 - fields of the pool
        override = {"node_config": {"kubelet_configuration": {"maxPods": most}}}
        return judge({**pool(overrides=override, **changes), "workloads": list(workloads)})

    @pytest.mark.parametrize(
        ("most", "level", "room"),
        [(10, None, 7), ("10", None, 7), (9, "warning", 6), ("9", "warning", 6), (4, "warning", 1), (3, "error", 0),
         (0, "error", 0), ("many", None, 0), (None, None, 0)],
        ids=repr,
    )  # fmt: skip
    def test_room_for_exclusive_pods(self, most: object, level: str | None, room: int) -> None:
        findings = found(self.report(most), "NP016")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        for finding in findings:
            assert (finding.facts["room"], finding.facts["podsPerNode"], finding.facts["hostPods"]) == (room, 7, 3)
            assert finding.hint == "set overrides.node_config.kubelet_configuration.maxPods to 10 or more"

    @pytest.mark.parametrize(("replicas", "level"), [(18, "warning"), (19, "error")])
    def test_listed_pods_need_the_room(self, replicas: int, level: str) -> None:
        assert only(self.report(9, {**WORKLOAD, "replicas": replicas}), "NP016").level == level

    @pytest.mark.parametrize("kind", ["DaemonSet", "BroadcastJob"])
    @pytest.mark.parametrize(("replicas", "level"), [(12, "warning"), (13, "error")])
    def test_pods_of_every_node(self, replicas: int, level: str, kind: str) -> None:
        agent = {**WORKLOAD, "name": "agent", "kind": kind, "replicas": 1}
        workload = {**WORKLOAD, "replicas": replicas}
        assert only(self.report(9, agent, workload, systemPodsPerNode=1), "NP016").level == level
        assert only(self.report(9, agent, systemPodsPerNode=6), "NP016").level == "error"

    @pytest.mark.parametrize(
        ("kind", "replicas", "hits"), [("DaemonSet", 1, 1), ("BroadcastJob", 1, 1), ("Deployment", 9, 0)]
    )
    def test_pods_of_the_host_network_are_counted_by_kubelet(self, kind: str, replicas: int, hits: int) -> None:
        agent = {**WORKLOAD, "name": "agent", "kind": kind, "replicas": replicas, "hostNetwork": True}
        assert len(found(self.report(10, agent), "NP016")) == hits
        assert found(self.report(10, {**agent, "nodePool": "other"}), "NP016") == []

    @pytest.mark.parametrize(("certain", "level"), [(True, "error"), (False, "warning")])
    @pytest.mark.parametrize("enis", [1, 2])
    def test_pods_that_nobody_planned_need_the_room_too(self, enis: int, certain: bool, level: str) -> None:  # noqa: FBT001 - a parameter of the test
        override = {"node_config": {"kubelet_configuration": {"maxPods": 9}}}
        view = view_of({**pool(overrides=override), "workloads": [{**WORKLOAD, "replicas": 16}]})
        guest = Guest("log agent", "trading", enis, None, Placement() if certain else SOMEWHERE)
        (hit,) = np016.check(PlanView(view.plan._replace(guests=(guest,)), view.catalog, view.settings))
        assert isinstance(hit, Hit)
        assert (hit.level or "error") == level

    def test_how_many_pods_a_node_has_is_not_known(self) -> None:
        for types in ([], ["ecs.none.large"]):
            report = self.report(9, instanceTypes=types)
            assert found(report, "NP016") == []
            assert facts_missing(report, "NP016") == ["EniQuantity of the nodes of pool 'trading'"]

    def test_the_size_is_not_known(self) -> None:
        report = self.report(9, {**WORKLOAD, "replicas": 1000}, desiredSize=ABSENT)
        assert only(report, "NP016").level == "warning"
        assert facts_missing(report, "NP016") == ["the size of pool 'trading'"]

    @pytest.mark.parametrize(
        ("system", "replicas", "level", "is_open"),
        [(7, 1, "error", False), (6, 1, "warning", True), (6, 0, "warning", False), (1, 0, "warning", False)],
    )
    def test_pods_of_every_node_need_no_size(self, system: int, replicas: int, level: str, is_open: bool) -> None:  # noqa: FBT001 - a column of the table
        workloads = [{**WORKLOAD, "replicas": replicas}] if replicas else []
        report = self.report(9, *workloads, desiredSize=ABSENT, systemPodsPerNode=system)
        assert only(report, "NP016").level == level
        assert facts_missing(report, "NP016") == ["the size of pool 'trading'"] * is_open

    def test_the_largest_type_decides(self) -> None:
        finding = only(self.report(10, instanceTypes=["ecs.g8i.8xlarge", "ecs.g8i.48xlarge"]), "NP016")
        assert (finding.level, finding.facts["room"], finding.facts["podsPerNode"]) == ("warning", 7, 14)
        assert finding.hint == "set overrides.node_config.kubelet_configuration.maxPods to 17 or more"
        assert only(self.report(10, instanceTypes=["ecs.g8i.48xlarge", "ecs.g8i.8xlarge"]), "NP016").facts["room"] == 7

    @pytest.mark.parametrize(
        ("most", "name"), [(None, "ecs.g8i.8xlarge"), (10, "ecs.g8i.8xlarge"), (9, "ecs.none.large")]
    )
    def test_one_pool_hides_no_other(self, most: int | None, name: str) -> None:
        override = {"overrides": {"node_config": {"kubelet_configuration": {"maxPods": 9}}}}
        first = {"node_config": {"kubelet_configuration": {"maxPods": most}}} if most else {}
        report = judge({**pool(overrides=first, instanceTypes=[name]), "nodePools[1]": {**SECOND, **override}})
        assert [finding.facts["pool"] for finding in found(report, "NP016")] == ["two"]


class TestNP017:
    @pytest.mark.parametrize(
        ("types", "system", "level"),
        [
            (["ecs.g8i.8xlarge"], 6, None), (["ecs.g8i.8xlarge"], 7, "error"), (["ecs.g8i.8xlarge"], 8, "error"),
            (["ecs.g8i.8xlarge", "ecs.g8i.48xlarge"], 7, "warning"), (["ecs.g8i.8xlarge"], 0, None),
        ],
    )  # fmt: skip
    def test_types(self, types: list[str], system: int, level: str | None) -> None:
        findings = found(judge(pool(instanceTypes=types, systemPodsPerNode=system)), "NP017")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        assert all(finding.facts["types"] == ["ecs.g8i.8xlarge"] for finding in findings)

    def test_several_types(self) -> None:
        types = ["ecs.g8i.8xlarge", "ecs.g8i.48xlarge"]
        assert only(judge(pool(instanceTypes=types, systemPodsPerNode=14)), "NP017").message == (
            "pool 'trading' has 14 system pods on each node, which leaves no room on ecs.g8i.8xlarge, ecs.g8i.48xlarge "
            "(at most 14 exclusive pods per node)"
        )

    def test_no_system_pods_need_no_enis(self) -> None:
        assert facts_missing(judge(pool(instanceTypes=["ecs.none.large"])), "NP017") == []

    @pytest.mark.parametrize(
        ("types", "level"), [([], None), (["ecs.none.large"], None), (["ecs.g8i.8xlarge"], "error")]
    )
    def test_a_type_that_is_not_known(self, types: list[str], level: str | None) -> None:
        report = judge(pool(instanceTypes=types, systemPodsPerNode=7))
        assert [finding.level for finding in found(report, "NP017")] == ([] if level is None else [level])
        assert bool(facts_missing(report, "NP017")) == (level is None)
        both = judge(pool(instanceTypes=[*types, "ecs.none.large"], systemPodsPerNode=7))
        assert [f.level for f in found(both, "NP017")] == ([] if level is None else ["warning"])
        assert facts_missing(both, "NP017")


class TestNP018:
    def test_every_field_of_the_table_is_known(self) -> None:
        for field in FIELDS:
            value: Any = "x"
            for step in reversed(field.api.split(".")):
                value = {step.removesuffix("[]"): [value] if step.endswith("[]") else value}
            assert found(judge(pool(overrides=value)), "NP018") == [], field.api

    @pytest.mark.parametrize(
        ("overrides", "place", "hint"),
        [
            ({"managment": {"enable": True}}, "managment", "'management'"),
            ({"scaling_group": {"imageId": "x"}}, "scaling_group.imageId", "'image_id'"),
            (
                {"scaling_group": {"data_disks": [{}, {"encryptd": "true"}]}},
                "scaling_group.data_disks[1].encryptd",
                "'encrypted'",
            ),
            (
                {"management": {"auto_upgrade_policy": {"auto_upgrade_kubelets": True}}},
                "management.auto_upgrade_policy.auto_upgrade_kubelets",
                "'auto_upgrade_kubelet'",
            ),
            ({"status": {}}, "status", "remove it"),
        ],
    )
    def test_what_the_api_does_not_have(self, overrides: dict[str, Any], place: str, hint: str) -> None:
        finding = only(judge(pool(overrides=overrides)), "NP018")
        assert (finding.place.path, finding.level) == (f"{POOL}.overrides.{place}", "warning")
        assert hint in finding.hint

    @pytest.mark.parametrize(
        "overrides",
        [
            {
                "node_config": {
                    "kubelet_configuration": {"featureGates": {"A": True}},
                    "node_os_config": {"sysctl": {"a": 1}},
                }
            },
            {"node_components": [{"name": "a", "config": {"envs": []}}], "scaling_group": {"cpu_options": {"x": 1}}},
            {"scaling_group": {"data_disks": "no list"}},
        ],
    )
    def test_what_it_leaves_to_others(self, overrides: dict[str, Any]) -> None:
        assert found(judge(pool(overrides=overrides)), "NP018") == []


class TestNP019:
    @pytest.mark.parametrize(("least", "told"), [(0, True), (1, False)])
    def test_pools_that_may_be_empty(self, least: int, told: bool) -> None:  # noqa: FBT001 - a parameter of the test
        changes = {"nodePools[0].desiredSize": ABSENT, "nodePools[0].autoScaling": {"min": least, "max": 3}}
        said = [(finding.level, finding.place.path) for finding in found(judge(changes), "NP019")]
        assert said == ([("info", "nodePools[0].autoScaling.min")] if told else [])

    def test_a_size_of_none_is_no_autoscaling(self) -> None:
        assert found(judge({"nodePools[0].desiredSize": 0}), "NP019") == []
