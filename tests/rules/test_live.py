from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from eniplan import facts
from eniplan.plan.live import LingjunGroup, LiveFacts, LiveTerway, Unread
from eniplan.plan.model import Cluster, ExistingPool, Network, SecurityGroup, Terway, VSwitch
from eniplan.rules import ALL
from eniplan.rules.base import AccountRule
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, TYPE
from tests.judge import example_account, facts_missing, found, judge, only, places

if TYPE_CHECKING:
    from eniplan.report.model import Finding, Report

GROUP_ELSEWHERE = SecurityGroup((), "sg-pods", "enterprise", "vpc-9")
LABEL = {"k8s.aliyun.com/exclusive-mode-eni-type": "eniOnly"}
OTHER = "ecs.g8i.4xlarge"
OLD = "ecs.c4.xlarge"
"""A type of whose total ENIs the instance data says nothing."""
FACTS = {
    "cluster": facts.ACCOUNT_CLUSTER,
    "terway": facts.ACCOUNT_TERWAY,
    "types": facts.ACCOUNT_TYPES,
    "stock": facts.ACCOUNT_STOCK,
    "vSwitches": facts.ACCOUNT_V_SWITCHES,
    "securityGroups": facts.ACCOUNT_GROUPS,
    "pools": facts.ACCOUNT_POOLS,
    "quota": facts.ACCOUNT_QUOTA,
    "lingjun": facts.ACCOUNT_LINGJUN,
    "eniConfig": facts.ENI_CONFIG,
}


def asked(changes: dict[str, Any] | None = None, **account: Any) -> Report:  # noqa: ANN401 - any fact
    """Judge the example plan with changes in the example account with changes (`cluster__state="failed"`)."""
    return judge(changes, live=example_account({path.replace("__", "."): value for path, value in account.items()}))


def configured(changes: dict[str, Any], configs: Cluster) -> list[Finding]:
    """Return what the example plan with changes contradicts in Terway's ConfigMaps."""
    return found(judge(changes, live=example_account({"configs": configs})), "LIVE012")


def unread(*names: str, denied: bool = True, **account: Any) -> LiveFacts:  # noqa: ANN401 - any fact
    """Return the example account, of which some facts could not be read."""
    live = example_account({path.replace("__", "."): value for path, value in account.items()})
    return live._replace(unread=tuple(Unread(FACTS[name], f"RAM denies {name}", denied) for name in names))


class TestContradictions:
    @pytest.mark.parametrize(
        ("path", "stated", "account"),
        [
            ("cluster.kubernetesVersion", "1.33.1-aliyun.1", "1.34.3-aliyun.1"),
            ("cluster.ipStack", "dual", "ipv4"),
            ("cluster.vpcId", "vpc-9", "vpc-1"),
            ("cluster.terway.version", "v1.15.0", "v1.16.4"),
            ("cluster.terway.addon", "terway-eni", "terway-eniip"),
            ("cluster.terway.eniTrunking", False, True),
            ("cluster.terway.networkPolicy", True, False),
            ("cluster.vSwitches[0].zone", "cn-hangzhou-k", "cn-hangzhou-j"),
            ("cluster.vSwitches[0].vpcId", "vpc-9", "vpc-1"),
            ("cluster.vSwitches[0].ipv6Cidr", "2408::/64", "2408:4005:39c:1::/64"),
            ("cluster.securityGroups[0].type", "normal", "enterprise"),
            ("cluster.securityGroups[0].vpcId", "vpc-9", "vpc-1"),
        ],
    )
    def test_each_stated_fact(self, path: str, stated: object, account: object) -> None:
        finding = only(asked({path: stated}), "LIVE001")
        assert finding.place.path == path
        assert dict(finding.facts) | {"stated": stated, "account": account} == finding.facts
        assert finding.level == "warning"
        for value in (stated, account):
            assert (str(value).lower() if isinstance(value, bool) else str(value)) in finding.message

    def test_the_account_wins(self) -> None:
        report = asked({"cluster.terway.version": "v1.10.0", "cluster.vSwitches[0].availableIps": 1})
        assert {f.rule.id for f in report.findings} == {"LIVE001"}
        assert report.exit_code == 0

    def test_ipvlan(self) -> None:
        report = asked(terway__ipvlan=True)
        name = "cluster.terway.virtualType"
        assert only(report, "LIVE001").facts == {"name": name, "stated": "veth", "account": "ipvlan"}
        assert only(report, "TW009").place.path == "cluster.terway.virtualType"

    def test_a_moving_count_is_only_information(self) -> None:
        finding = only(asked({"cluster.vSwitches[0].availableIps": 3999}), "LIVE001")
        assert (finding.level, finding.facts["stated"], finding.facts["account"]) == ("info", 3999, 4000)

    def test_an_ipv6_cidr_that_is_not_there(self) -> None:
        report = asked({"cluster.ipStack": "dual"}, v_switches={"vsw-j": _v_switch()}, cluster__ip_stack="dual")
        assert only(report, "LIVE001").message.endswith("the account says nothing")
        assert places(report, "DS004")

    @pytest.mark.parametrize("stated", ["1.34.3-aliyun.1", "1.34.3", "1.34", "v1.34"])
    def test_a_shorter_version_agrees(self, stated: str) -> None:
        assert found(asked({"cluster.kubernetesVersion": stated}), "LIVE001") == []

    @pytest.mark.parametrize("stated", ["1.16.4", "v1.16.4", "v1.16.4-aliyun"])
    def test_another_spelling_of_the_version_agrees(self, stated: str) -> None:
        assert found(asked({"cluster.terway.version": stated}), "LIVE001") == []

    @pytest.mark.parametrize(
        ("stated", "account", "told"),
        [
            ("v1.16.4-aliyun.1", "v1.16.4-aliyun.2", True),
            ("1.16.4-aliyun.1", "v1.16.4-aliyun.1", False),
            ("v1.16.4-aliyun", "v1.16.4-aliyun.2", False),
            ("v1.16.4", "v1.16.4-aliyun.2", False),
            ("v1.16.4-d7c63c9e", "v1.16.4-0123456", True),
            ("registry.cn-hangzhou.aliyuncs.com/acs/terway:v1.16.4-aliyun.1", "v1.16.4-aliyun.1", False),
            ("registry.cn-hangzhou.aliyuncs.com/acs/terway:v1.16.4-aliyun.1", "v1.16.4-aliyun.2", True),
        ],
    )
    def test_another_build_of_the_version_is_another(self, stated: str, account: str, told: bool) -> None:  # noqa: FBT001 - a parameter
        report = asked({"cluster.terway.version": stated}, terway__version=account)
        assert bool(found(report, "LIVE001")) == told

    def test_an_addon_that_is_not_installed_contradicts_nothing(self) -> None:
        report = asked({"cluster.terway.addon": "terway-eni"}, terway=LiveTerway(installed=False))
        assert found(report, "LIVE001") == []

    def test_lingjun(self) -> None:
        group = LingjunGroup("i2", "ebs-other", 2)
        report = asked({"nodePools[1]": LINGJUN_POOL}, lingjun={"ng-ec3c96ff0aa1": group})
        assert places(report, "LIVE001") == [f"nodePools[1].lingjun.{key}" for key in ("nodeType", "nodeCount")]
        assert places(report, "LIVE011") == ["nodePools[1].lingjun.clusterId"]
        # A pool has the nodes of its group, whatever a plan says.
        assert report.pools[1].nodes == (2, 2)

    def test_nothing_is_contradicted_that_the_account_did_not_tell(self) -> None:
        account: dict[str, Any] = {
            "cluster": None,
            "terway": None,
            "v_switches": None,
            "security_groups": None,
            "lingjun": {},
        }
        changes = {"cluster.ipStack": "dual", "cluster.terway.version": "v1.11.0", "nodePools[1]": LINGJUN_POOL}
        assert found(asked(changes, **account), "LIVE001") == []

    def test_nothing_is_contradicted_that_the_plan_does_not_state(self) -> None:
        changes = {f"cluster.{key}": ABSENT for key in ("terway", "vSwitches", "securityGroups", "vpcId", "ipStack")}
        report = asked(changes)
        assert report.findings == ()
        missing = {item.fact for item in report.undecided}
        assert missing == {f"cluster.terway.{key}" for key in ("erdma", "ipamType", "virtualType", "customCniChain")}


class TestConfigMaps:
    @pytest.mark.parametrize(
        ("path", "stated", "configs", "message"),
        [
            ("cluster.ipStack", "ipv4", Cluster(ip_stack="dual"), "cluster.ipStack is ipv4, {0} says dual"),
            ("cluster.terway.erdma", False, Cluster(terway=Terway(erdma=True)),
             "cluster.terway.erdma is false, {0} says true"),
            ("cluster.terway.ipamType", "crd", Cluster(terway=Terway(ipam_type="default")),
             "cluster.terway.ipamType is crd, {0} says default"),
            ("cluster.podDefaults.vSwitchIds", ["vsw-j"], Cluster(pod_defaults=Network((), ("vsw-k", "vsw-j"))),
             "podDefaults.vSwitchIds is vsw-j, {0} says vsw-k, vsw-j"),
            ("cluster.podDefaults.securityGroupIds", ["sg-pods"], Cluster(pod_defaults=Network((), (), ("sg-1",))),
             "podDefaults.securityGroupIds is sg-pods, {0} says sg-1"),
        ],
    )  # fmt: skip
    def test_each_stated_fact(self, path: str, stated: object, configs: Cluster, message: str) -> None:
        (finding,) = configured({path: stated}, configs)
        assert finding.place.path == path
        assert finding.message == "the plan says " + message.format("ConfigMap eni-config")
        _, _, says = finding.message.rpartition(" says ")
        assert finding.hint == f"write {says}; kubectl -n kube-system get configmap eni-config -o yaml"
        assert finding.facts["stated"] == stated

    def test_a_config_of_nodes(self) -> None:
        plan = {"vSwitchIds": ["vsw-j", "vsw-k"], "securityGroupIds": ["sg-pods"]}
        cluster = Network((), ("vsw-k",), ("sg-1", "sg-2"))
        findings = configured(
            {"cluster.terwayConfigs": {"gpu-net": plan}}, Cluster(terway_configs={"gpu-net": cluster})
        )
        assert [(f.place.path, f.message, f.facts["stated"], f.facts["cluster"]) for f in findings] == [
            (
                "cluster.terwayConfigs.gpu-net.vSwitchIds",
                "the plan says terwayConfigs.gpu-net.vSwitchIds is vsw-j, vsw-k, ConfigMap gpu-net says vsw-k",
                ["vsw-j", "vsw-k"],
                ["vsw-k"],
            ),
            (
                "cluster.terwayConfigs.gpu-net.securityGroupIds",
                "the plan says terwayConfigs.gpu-net.securityGroupIds is sg-pods, ConfigMap gpu-net says sg-1, sg-2",
                ["sg-pods"],
                ["sg-1", "sg-2"],
            ),
        ]

    def test_lists_have_no_order(self) -> None:
        changes = {"cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-k"]}
        configs = Cluster(terway=Terway(erdma=False), pod_defaults=Network((), ("vsw-k", "vsw-j"), ("sg-pods",)))
        assert configured(changes, configs) == []

    def test_what_one_side_does_not_state_is_no_contradiction(self) -> None:
        network = Network((), ("vsw-k",), ("sg-1",))
        absent = {"cluster.terway.erdma": ABSENT, "cluster.podDefaults": ABSENT}
        there = Cluster(terway=Terway(erdma=True), pod_defaults=network, terway_configs={"gpu-net": network})
        assert configured(absent, there) == []
        plan = {"cluster.podDefaults.securityGroupIds": [], "cluster.terwayConfigs": {"gpu-net": {}}}
        assert configured(plan, there._replace(terway=Terway(), pod_defaults=Network((), ("vsw-j",), ("sg-1",)))) == []
        assert configured({}, Cluster()) == []


class TestUnread:
    @pytest.mark.parametrize(
        ("rule", "names"),
        [
            ("LIVE005", ["types", "stock"]),
            ("LIVE006", ["stock"]),
            ("LIVE010", ["lingjun"]),
            ("LIVE012", ["eniConfig"]),
        ],
    )
    def test_a_rule_is_undecided_without_what_it_needs(self, rule: str, names: list[str]) -> None:
        report = judge({"nodePools[1]": LINGJUN_POOL}, live=unread(*names)._replace(lingjun={}, stock={}, types={}))
        assert sorted(facts_missing(report, rule)) == sorted(FACTS[name].words for name in names)

    def test_a_type_that_no_zone_has_is_told_without_its_limits(self) -> None:
        live = unread("types", stock={TYPE: {}})._replace(types={})
        assert places(judge(live=live), "LIVE005") == ["nodePools[0].instanceTypes[0]"]

    def test_each_fact_is_named_with_the_reason(self) -> None:
        live = unread(*FACTS, cluster=None, terway=None, v_switches=None, security_groups=None, pools=None, quota=None)
        report = judge({"nodePools[1]": LINGJUN_POOL}, live=live._replace(lingjun={}, stock={}, types={}))
        assert report.problems == ()
        hints = {item.hint for item in report.undecided}
        assert {f"RAM denies {fact}" for fact in FACTS} <= hints
        assert len([item for item in report.undecided if "LIVE001" in item.rules]) == len(FACTS)

    @pytest.mark.parametrize(
        ("fact", "field", "rules"),
        [
            ("cluster", "cluster", {"LIVE002"}),
            ("terway", "terway", {"LIVE004"}),
            ("vSwitches", "v_switches", {"LIVE007"}),
            ("securityGroups", "security_groups", {"LIVE007"}),
            ("pools", "pools", {"LIVE008", "NP003"}),
            ("quota", "quota", {"LIVE008"}),
        ],
    )
    def test_rules_that_need_it_are_undecided(self, fact: str, field: str, rules: set[str]) -> None:
        account: dict[str, Any] = {field: None}
        report = judge(live=unread(fact, **account))
        (item,) = [item for item in report.undecided if item.hint == f"RAM denies {fact}" and "LIVE001" in item.rules]
        assert set(item.rules) == {"LIVE001"} | rules
        assert report.findings == ()

    def test_the_state_of_an_unread_cluster_is_not_missing_beside_it(self) -> None:
        report = judge(live=unread("cluster", cluster=None))
        assert facts_missing(report, "LIVE002") == ["the account's answer about the cluster"]

    def test_what_the_plan_does_not_state_either_says_why(self) -> None:
        report = judge({"cluster.vSwitches": ABSENT}, live=unread("vSwitches", v_switches=None))
        (item,) = [item for item in report.undecided if item.fact == "cluster.vSwitches"]
        assert item.hint.startswith("RAM denies vSwitches; or list every vSwitch")

    def test_an_unknown_terway_stays_an_error(self) -> None:
        live = unread("terway", terway=None)
        finding = only(judge({"cluster.terway.version": ABSENT}, live=live), "TW008")
        assert finding.hint.startswith("RAM denies terway; or `kubectl")

    def test_a_call_that_has_failed_is_a_problem_and_the_rest_is_judged(self) -> None:
        report = judge(
            {"nodePools[0].instanceTypes": ["ecs.g7.2xlarge"]}, live=unread("quota", denied=False, quota=None)
        )
        assert report.exit_code == 4
        (problem,) = report.problems
        assert (
            problem.message
            == "cannot read the account's answer about the quota of node pools and nodes: RAM denies quota"
        )
        assert found(report, "ENI001")


class TestCluster:
    @pytest.mark.parametrize(("state", "hint"), [("updating", "wait"), ("failed", "repair"), ("deleted", "repair")])
    def test_not_running(self, state: str, hint: str) -> None:
        finding = only(asked(cluster__state=state), "LIVE002")
        assert (finding.level, finding.facts) == ("error", {"state": state})
        assert finding.hint.startswith(hint)

    def test_unknown(self) -> None:
        assert facts_missing(asked(cluster__state=None), "LIVE002") == ["the state of the cluster"]

    def test_another_region(self) -> None:
        finding = only(asked(region="cn-beijing"), "LIVE003")
        assert dict(finding.facts) | {"asked": "cn-beijing", "account": "cn-hangzhou"} == finding.facts
        assert found(asked(cluster__region=None), "LIVE003") == []


class TestAddon:
    @pytest.mark.parametrize(
        ("state", "level"),
        [("active", None), ("upgrading", "warning"), ("updating", "warning"), ("deleting", "error"), ("odd", "error")],
    )
    def test_states(self, state: str, level: str | None) -> None:
        assert [f.level for f in found(asked(terway__state=state), "LIVE004")] == ([level] if level else [])

    def test_unknown_state(self) -> None:
        assert facts_missing(asked(terway__state=None), "LIVE004") == ["the state of the add-on terway-eniip"]

    def test_missing(self) -> None:
        report = asked(terway__installed=False)
        assert only(report, "LIVE004").level == "error"
        assert found(report, "LIVE001") == []


TWO_ZONES = {"nodePools[0].vSwitchIds": ["vsw-j", "vsw-k"], "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-k"]}


class TestOffer:
    def test_a_type_that_the_region_does_not_know(self) -> None:
        report = asked({"nodePools[0].instanceTypes": [TYPE, OTHER]})
        assert places(report, "LIVE005") == ["nodePools[0].instanceTypes[1]"]

    @pytest.mark.parametrize(
        ("name", "hint"),
        [("ecs.g8i.9xlarge", f"did you mean '{TYPE}'?"), ("odd", "choose another type, or another region")],
    )
    def test_advice_for_it(self, name: str, hint: str) -> None:
        finding = only(asked({"nodePools[0].instanceTypes": [name]}), "LIVE005")
        assert (finding.message, finding.hint) == (f"cn-hangzhou does not offer {name}", hint)

    def test_an_unknown_type_that_has_stock_in_other_zones(self) -> None:
        stock = {"cn-hangzhou-k": "WithStock", "cn-hangzhou-i": "WithStock"}
        first, second = found(asked({"nodePools[0].instanceTypes": [OTHER]}, stock={OTHER: stock}), "LIVE005")
        assert first.message == f"cn-hangzhou does not offer {OTHER}"
        assert second.message == f"{OTHER} is not offered in cn-hangzhou-j, where pool 'trading' has vSwitches"
        assert second.hint == "it is offered in cn-hangzhou-i, cn-hangzhou-k"
        assert second.facts["offered"] == ["cn-hangzhou-i", "cn-hangzhou-k"]

    def test_a_family_that_the_region_does_not_know(self) -> None:
        changes = {"nodePools[0].instanceFamilies": ["ecs.g7"], "nodePools[0].instanceTypes": ABSENT}
        finding = only(asked(changes, families={"ecs.g7": ()}), "LIVE005")
        assert finding.message == "cn-hangzhou offers no type of the family ecs.g7"

    def test_a_family_that_it_knows(self) -> None:
        changes = {"nodePools[0].instanceFamilies": ["ecs.g8i"], "nodePools[0].instanceTypes": ABSENT}
        report = asked(changes, families={"ecs.g8i": (TYPE,)})
        assert found(report, "LIVE005") == []
        assert [list(pool.capacity) for pool in report.pools] == [[TYPE]]

    def test_no_zone(self) -> None:
        finding = only(asked(stock={TYPE: {}}), "LIVE005")
        assert (finding.level, finding.hint) == ("error", "no zone of the region offers it")
        assert finding.facts["offered"] == []

    def test_one_zone_of_two(self) -> None:
        report = asked(TWO_ZONES, stock={TYPE: {"cn-hangzhou-j": "WithStock"}})
        finding = only(report, "LIVE005")
        assert (finding.level, finding.facts["zones"]) == ("warning", ["cn-hangzhou-k"])

    def test_not_told_of_twice(self) -> None:
        report = asked({"nodePools[0].instanceTypes": [OTHER]}, stock={OTHER: {}})
        assert places(report, "LIVE005") == ["nodePools[0].instanceTypes[0]"]

    def test_types_that_could_not_be_read_are_not_called_unknown(self) -> None:
        assert found(judge(live=unread("types", types={})), "LIVE005") == []

    @pytest.mark.parametrize("status", ["WithStock", "ClosedWithStock", "Available"])
    def test_in_stock(self, status: str) -> None:
        assert found(asked(stock={TYPE: {"cn-hangzhou-j": status}}), "LIVE006") == []

    @pytest.mark.parametrize("status", ["WithoutStock", "ClosedWithoutStock", "", "odd"])
    def test_out_of_stock(self, status: str) -> None:
        finding = only(asked(stock={TYPE: {"cn-hangzhou-j": status}}), "LIVE006")
        where = {"type": TYPE, "zone": "cn-hangzhou-j"}
        assert (finding.level, finding.facts) == ("error", {**where, "status": status})
        assert finding.message == f"{TYPE} is out of stock in cn-hangzhou-j ({status or 'no status'})"

    def test_a_warning_while_another_zone_has_some(self) -> None:
        stock = {"cn-hangzhou-j": "WithoutStock", "cn-hangzhou-k": "WithStock"}
        assert only(asked(TWO_ZONES, stock={TYPE: stock}), "LIVE006").level == "warning"

    def test_a_warning_while_another_type_is_not_known(self) -> None:
        changes = {"nodePools[0].instanceTypes": [TYPE, OTHER]}
        assert only(asked(changes, stock={TYPE: {"cn-hangzhou-j": "WithoutStock"}}), "LIVE006").level == "warning"


class TestNetwork:
    @pytest.mark.parametrize(
        ("name", "hint"),
        [("vsw-x", "did you mean 'vsw-k'?"), ("odd", "use one in this VPC that the credentials can list")],
    )
    def test_a_v_switch_that_is_not_there(self, name: str, hint: str) -> None:
        report = asked({"nodePools[0].vSwitchIds": [name]})
        finding = only(report, "LIVE007")
        assert (finding.message, finding.hint) == (f"the cluster's VPC vpc-1 has no vSwitch '{name}'", hint)
        assert found(report, "NP007") == []

    def test_a_group_that_is_not_there(self) -> None:
        report = asked({"nodePools[0].securityGroupIds": ["sg-x"]})
        assert only(report, "LIVE007").message == "cn-hangzhou has no security group 'sg-x'"

    def test_a_group_without_a_vpc_is_not_blamed(self) -> None:
        group = SecurityGroup((), "sg-pods", "enterprise")
        assert found(asked(security_groups={"sg-pods": group}), "LIVE007") == []

    def test_without_an_answer_the_plan_is_judged_as_before(self) -> None:
        live = unread("vSwitches", "securityGroups", v_switches=None, security_groups=None)
        changes = {"nodePools[0].vSwitchIds": ["vsw-x"], "nodePools[0].securityGroupIds": ["sg-x"]}
        assert len(found(judge(changes, live=live), "NP007")) == 2

    def test_half_an_answer(self) -> None:
        """What the account has listed is left to LIVE007, and the rest is judged as before."""
        changes = {"nodePools[0].vSwitchIds": ["vsw-x"], "nodePools[0].securityGroupIds": ["sg-x"]}
        report = judge(changes, live=unread("securityGroups", security_groups=None))
        assert places(report, "NP007") == ["nodePools[0].securityGroupIds[0]"]
        elsewhere = asked(v_switches={"vsw-j": _v_switch(vpc_id="vpc-9")}, security_groups={"sg-pods": GROUP_ELSEWHERE})
        assert found(elsewhere, "NP007") == []

    def test_free_addresses_are_those_of_the_account(self) -> None:
        report = asked(v_switches={"vsw-j": _v_switch(available_ips=3)})
        assert only(report, "NET002").facts["available"] == 3


class TestQuota:
    def test_pools(self) -> None:
        finding = only(asked(quota__pools=1), "LIVE008")
        assert dict(finding.facts) | {"pools": 1, "new": 1, "quota": 1} == finding.facts

    def test_as_many_pools_as_the_quota(self) -> None:
        assert found(asked(quota__pools=2), "LIVE008") == []

    def test_nodes(self) -> None:
        assert found(asked(quota__nodes=6), "LIVE008") == []
        finding = only(asked(quota__nodes=5), "LIVE008")
        assert finding.message == "the cluster has 3 nodes, the plan adds 3 at the desired size; the quota is 5"
        assert finding.level == "error"

    def test_a_pool_without_a_size_counts_as_no_nodes(self) -> None:
        changes: dict[str, Any] = {"nodePools[1]": {"name": "other", "instanceTypes": [TYPE], "vSwitchIds": ["vsw-j"]}}
        assert found(asked(changes, quota__nodes=6), "LIVE008") == []
        finding = only(asked(changes, quota__nodes=5), "LIVE008")
        assert (finding.facts["new"], finding.facts["size"]) == (3, "desired")
        changes |= {"nodePools[0].desiredSize": ABSENT, "nodePools[0].autoScaling": {"min": 0, "max": 3}}
        assert found(asked(changes, quota__nodes=6), "LIVE008") == []
        finding = only(asked(changes, quota__nodes=5), "LIVE008")
        assert (finding.facts["new"], finding.facts["size"]) == (3, "largest")

    def test_nodes_at_the_largest_size(self) -> None:
        changes = {"nodePools[0].desiredSize": ABSENT, "nodePools[0].autoScaling": {"min": 0, "max": 98}}
        finding = only(asked(changes), "LIVE008")
        assert (finding.level, finding.facts["size"]) == ("warning", "largest")

    def test_a_pool_that_is_there_already_adds_nothing(self) -> None:
        pools = {"trading": ExistingPool("trading", labels=LABEL)}
        assert found(asked(pools=pools, quota__pools=1, quota__nodes=3), "LIVE008") == []
        # Not even in a cluster that is beyond its quotas already.
        assert found(asked(pools=pools, quota__pools=0, quota__nodes=2), "LIVE008") == []

    def test_unknown_numbers(self) -> None:
        assert found(asked(quota__pools=None, quota__nodes=None), "LIVE008") == []
        assert found(asked(cluster=None, quota__nodes=0), "LIVE008") == []
        assert found(judge(live=unread("pools", pools=None, quota__nodes=5)), "LIVE008") == []


class TestLimits:
    def test_the_accounts_number_is_used_and_the_difference_told(self) -> None:
        report = asked(types={TYPE: {"InstanceTypeId": TYPE, "EniQuantity": 7}})
        finding = only(report, "LIVE009")
        assert dict(finding.facts) | {"field": "EniQuantity", "account": 7, "instanceData": 8} == finding.facts
        assert finding.sources[0].title == "the account, asked in cn-hangzhou"
        assert finding.sources[0].date == "2026-11-22"
        assert places(report, "ENI002") == places(report, "LIVE009")

    def test_what_one_side_does_not_state_is_no_difference(self) -> None:
        assert found(asked(types={TYPE: {"InstanceTypeId": TYPE}}), "LIVE009") == []
        row = {"InstanceTypeId": "ecs.new.8xlarge", "EniQuantity": 8}
        changes = {"nodePools[0].instanceTypes": ["ecs.new.8xlarge"]}
        report = asked(changes, types={"ecs.new.8xlarge": row})
        assert found(report, "LIVE009") == found(report, "ENI003") == []
        row = {"InstanceTypeId": OLD, "EniTotalQuantity": 9}
        assert found(asked({"nodePools[0].instanceTypes": [OLD]}, types={OLD: row}), "LIVE009") == []

    def test_a_type_that_only_the_account_knows_hides_no_difference(self) -> None:
        new = "ecs.new.8xlarge"
        types = {new: {"InstanceTypeId": new, "EniQuantity": 8}, TYPE: {"InstanceTypeId": TYPE, "EniQuantity": 7}}
        report = asked({"nodePools[0].instanceTypes": [new, TYPE]}, types=types)
        assert places(report, "LIVE009") == ["nodePools[0].instanceTypes[1]"]


class TestWaivers:
    WAIVER: ClassVar = {"rule": "LIVE002", "path": "cluster", "reason": "the upgrade is ours"}

    def test_waived(self) -> None:
        finding = only(asked({"waivers": [self.WAIVER]}, cluster__state="upgrading"), "LIVE002")
        assert finding.waived == "the upgrade is ours"

    def test_only_an_account_can_show_that_it_waives_nothing(self) -> None:
        assert places(asked({"waivers": [self.WAIVER]}), "WV003") == ["waivers[0]"]
        assert found(judge({"waivers": [self.WAIVER]}), "WV003") == []


def test_rules_about_the_account_count_as_asked_only_when_it_was() -> None:
    about = {rule.id for rule in ALL if isinstance(rule, AccountRule)}
    assert about & {rule.id for rule in asked().rules} == about
    assert about & {rule.id for rule in judge().rules} == set()


class TestLingjun:
    def test_no_nodes(self) -> None:
        report = asked({"nodePools[1]": LINGJUN_POOL}, lingjun={"ng-ec3c96ff0aa1": LingjunGroup("i1", None, 0)})
        finding = only(report, "LIVE010")
        assert (finding.level, finding.facts["nodes"]) == ("warning", 0)

    def test_a_group_with_nodes(self) -> None:
        assert found(asked({"nodePools[1]": LINGJUN_POOL}), "LIVE010") == []

    @pytest.mark.parametrize("stated", [None, {"nodeType": "ebs-enhanced"}, {"clusterId": "i1"}])
    @pytest.mark.parametrize("rule", ["LIVE010", "LIVE011"])
    def test_no_group_in_the_plan(self, rule: str, stated: dict[str, str] | None) -> None:
        pool = {**LINGJUN_POOL, "lingjun": stated}
        if stated is None:
            del pool["lingjun"]
        report = judge({"nodePools[1]": pool}, live=unread("lingjun", lingjun={}))
        assert (found(report, rule), facts_missing(report, rule)) == ([], [])

    @pytest.mark.parametrize("first", [{"nodeType": "ebs-enhanced"}, {"clusterId": "i1", "groupId": "ng-unread"}])
    def test_each_pool_is_judged(self, first: dict[str, str]) -> None:
        changes = {"nodePools[1]": {**LINGJUN_POOL, "name": "first", "lingjun": first}, "nodePools[2]": LINGJUN_POOL}
        groups: dict[str, LingjunGroup | None] = {LINGJUN_POOL["lingjun"]["groupId"]: None}
        report = judge(changes, live=unread("lingjun", lingjun=groups))
        assert places(report, "LIVE010") == ["nodePools[2].lingjun.groupId"]
        groups = dict.fromkeys(groups, LingjunGroup("i2", None, 4))
        report = judge(changes, live=unread("lingjun", lingjun=groups))
        assert places(report, "LIVE011") == ["nodePools[2].lingjun.clusterId"]

    @pytest.mark.parametrize(
        ("stated", "group", "hits", "missing"),
        [
            ("i1", LingjunGroup("i1", None, 4), 0, []), ("i1", LingjunGroup("i2", None, 4), 1, []),
            ("i1", LingjunGroup(None, None, 4), 0, ["the account's answer about the Lingjun node group"]),
            ("i1", None, 0, []), (None, LingjunGroup("i2", None, 4), 0, []),
        ],
    )  # fmt: skip
    def test_a_group_of_another_cluster(
        self, stated: str | None, group: LingjunGroup | None, hits: int, missing: list[str]
    ) -> None:
        pool = {**LINGJUN_POOL, "lingjun": {**LINGJUN_POOL["lingjun"], "clusterId": stated}}
        if stated is None:
            del pool["lingjun"]["clusterId"]
        report = asked({"nodePools[1]": pool}, lingjun={"ng-ec3c96ff0aa1": group})
        assert [finding.level for finding in found(report, "LIVE011")] == ["error"] * hits
        assert facts_missing(report, "LIVE011") == missing

    def test_a_group_that_could_not_be_read(self) -> None:
        report = judge({"nodePools[1]": LINGJUN_POOL}, live=unread("lingjun", lingjun={}))
        assert found(report, "LIVE011") == []
        assert facts_missing(report, "LIVE011") == ["the account's answer about the Lingjun node group"]

    def test_the_groups_node_type_is_used(self) -> None:
        pool = {**LINGJUN_POOL, "lingjun": {"clusterId": "i1", "groupId": "ng-1"}}
        live = example_account({"lingjun": {"ng-1": LingjunGroup("i1", "efg1.new", 2)}})
        live = live._replace(node_types={"efg1.new": {"EniQuantity": 22}})
        report = judge({"nodePools[1]": pool}, live=live)
        assert found(report, "LJ004") == []
        assert report.pools[1].capacity["efg1.new"].exclusive == 21
        assert report.pools[1].nodes == (2, 2)


class TestExistingPools:
    def pools(self, kind: str | None, labels: dict[str, str] | None) -> dict[str, ExistingPool]:
        return {"trading": ExistingPool("trading", "np-1", kind, labels)}

    def test_the_same_mode_is_fine(self) -> None:
        assert found(asked(pools=self.pools("ess", LABEL)), "NP003") == []
        assert found(asked(pools=self.pools(None, LABEL)), "NP003") == []
        lingjun = {"nodePools[0]": {**LINGJUN_POOL, "name": "trading"}}
        assert found(asked(lingjun, pools=self.pools(None, LABEL)), "NP003") == []

    def test_another_value(self) -> None:
        finding = only(asked(pools=self.pools("ess", {next(iter(LABEL)): "eni"})), "NP003")
        assert "with k8s.aliyun.com/exclusive-mode-eni-type=eni" in finding.message
        assert (finding.place.path, finding.facts["id"]) == ("nodePools[0].name", "np-1")

    def test_another_kind(self) -> None:
        assert "with the type lingjun" in only(asked(pools=self.pools("lingjun", LABEL)), "NP003").message

    def test_unknown_labels(self) -> None:
        assert facts_missing(asked(pools=self.pools("ess", None)), "NP003") == [
            "which labels the existing node pool 'trading' has"
        ]


def _v_switch(**fields: Any) -> VSwitch:  # noqa: ANN401 - any field
    return VSwitch((), "vsw-j", "cn-hangzhou-j", "vpc-1")._replace(**{"available_ips": 4000, **fields})
