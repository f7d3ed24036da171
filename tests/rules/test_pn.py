from __future__ import annotations

import time
from itertools import combinations, permutations, product
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.k8s.labels import selector_from
from eniplan.rules import overlap
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K, WORKLOAD
from tests.judge import facts_missing, found, judge, only, places


def pn(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a PodNetworking
    """Return changes to the example plan: one PodNetworking with other fields."""
    merged = {**POD_NETWORKING, **changes}
    return {"podNetworkings": [{key: value for key, value in merged.items() if value is not ABSENT}]}


def ttl(after: str | None) -> dict[str, Any]:
    given_after = {} if after is None else {"releaseAfter": after}
    return pn(allocation={"type": "Fixed", "releaseStrategy": "TTL", **given_after})


class TestPN001:
    @pytest.mark.parametrize("eni_type", ["Default", "Trunk"])
    @pytest.mark.parametrize(
        ("trunking", "level", "words"),
        [(True, "error", "aliyun/member-eni"), (ABSENT, "error", "member-eni"), (False, "warning", "trunking is off")],
    )
    def test_where_exclusive_pods_would_get_it(self, eni_type: str, trunking: object, level: str, words: str) -> None:
        stated = {} if trunking is ABSENT else {"cluster.terway.eniTrunking": trunking}
        finding = only(judge({**pn(eniType=eni_type), **stated}), "PN001")
        assert words in finding.message
        assert finding.level == level
        assert finding.facts == {
            "podNetworking": "trading-eni", "eniType": eni_type, "eniTrunking": trunking is not False,
        }  # fmt: skip

    @pytest.mark.parametrize("trunking", [True, False])
    @pytest.mark.parametrize("pools", [["trading"], []])
    @pytest.mark.parametrize(
        ("eni_type", "hint"), [("eni", "did you mean 'ENI'?"), ("Exclusive", "write eniType: ENI")]
    )
    def test_what_kubernetes_refuses(self, eni_type: str, hint: str, pools: list[str], trunking: bool) -> None:  # noqa: FBT001 - a parameter of the test
        changes = {**pn(eniType=eni_type, nodePools=pools), "cluster.terway.eniTrunking": trunking}
        finding = only(judge(changes), "PN001")
        assert finding.level == "error"
        assert finding.hint.startswith(hint)
        assert "Kubernetes accepts only ENI, Default, Trunk" in finding.message

    @pytest.mark.parametrize(
        ("eni_type", "pools", "hint", "fix"),
        [
            ("Defualt", ["trading"], "write eniType: ENI", "ENI"),  # Default would be the next mistake
            ("Defualt", [], "did you mean 'Default'?", "Default"),
            ("Exclusive", ["trading"], "write eniType: ENI", "ENI"),
            ("Exclusive", [], "write eniType: ENI", None),
        ],
    )
    def test_a_slip_is_mended_to_what_works(self, eni_type: str, pools: list[str], hint: str, fix: str | None) -> None:
        finding = only(judge(pn(eniType=eni_type, nodePools=pools)), "PN001")
        assert finding.hint == hint
        assert (None if finding.fix is None else ["value", finding.fix.value]) == (fix and ["value", fix])

    @pytest.mark.parametrize("eni_type", ["Default", "Trunk"])
    @pytest.mark.parametrize("trunking", [True, False])
    @pytest.mark.parametrize(
        "workload", [None, {**WORKLOAD, "podNetworking": "trading-eni", "hostNetwork": True}, WORKLOAD]
    )
    def test_other_nodes_are_none_of_our_business(self, eni_type: str, trunking: bool, workload: object) -> None:  # noqa: FBT001 - a parameter of the test
        changes = {
            **pn(eniType=eni_type, nodePools=ABSENT), "cluster.terway.eniTrunking": trunking,
            "workloads": [workload] if workload else [],
        }  # fmt: skip
        report = judge(changes)
        assert found(report, "PN001") == []
        # Without trunking these pods request aliyun/eni, and only exclusive nodes offer that.
        assert facts_missing(report, "NET001") == (
            [] if trunking else ["which pools PodNetworking 'trading-eni' is for"]
        )

    def test_a_workload_leads_to_the_pool(self) -> None:
        workload = {**WORKLOAD, "podNetworking": "trading-eni"}
        report = judge({**pn(eniType="Trunk", nodePools=ABSENT), "workloads": [workload]})
        assert places(report, "PN001") == ["podNetworkings[0].eniType"]

    def test_lingjun_pools_are_for_another_rule(self) -> None:
        report = judge({**pn(eniType="Default", nodePools=["training"]), "nodePools[1]": LINGJUN_POOL})
        assert found(report, "PN001") == []
        assert len(found(report, "LJ001")) == 1

    def test_eni(self) -> None:
        assert judge(pn(eniType="ENI")).findings == ()


def test_pn002_only_for_fixed() -> None:
    assert found(judge(pn(allocation={"type": "Elastic"})), "PN002") == []
    assert found(judge(pn(allocation={})), "PN002") == []
    assert places(judge(pn(allocation={"type": "Fixed"})), "PN002") == ["podNetworkings[0].allocation"]


class TestPN003:
    @pytest.mark.parametrize(
        ("after", "level", "words"),
        [
            ("5m", None, ""), ("300s", None, ""), ("1.5h", None, ""), ("1h30m", None, ""), ("+10m", None, ""),
            ("4m59s", "warning", "below the documented minimum of 5m"), ("1ns", "warning", "minimum"),
            ("0", "error", "is not positive"), ("0s", "error", "is not positive"), ("-10m", "error", "is not positive"),
            ("1d", "error", "is not a Go duration"), ("10", "error", "is not a Go duration"),
            ("10 m", "error", "is not a Go duration"), ("", "error", "TTL needs releaseAfter"),
            (None, "error", "TTL needs releaseAfter"),
        ],
    )  # fmt: skip
    def test_durations(self, after: str | None, level: str | None, words: str) -> None:
        findings = found(judge(ttl(after)), "PN003")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        assert all(words in finding.message for finding in findings)

    def test_whatever_the_type(self) -> None:
        assert len(found(judge(pn(allocation={"releaseStrategy": "TTL"})), "PN003")) == 1

    def test_the_seconds_are_facts(self) -> None:
        assert only(judge(ttl("1m30s")), "PN003").facts == {
            "podNetworking": "trading-eni", "text": "1m30s", "seconds": 90, "minimum": 300,
        }  # fmt: skip

    def test_warning_does_not_fail(self) -> None:
        assert judge(ttl("1m")).exit_code == 0


def test_pn004_empty_release_after_is_none() -> None:
    assert found(judge(pn(allocation={"releaseStrategy": "Never", "releaseAfter": ""})), "PN004") == []


class TestPN005And006:
    @pytest.mark.parametrize(
        ("pod", "namespace", "rule", "place"),
        [
            (ABSENT, ABSENT, "PN005", "podNetworkings[0]"),
            ({}, ABSENT, "PN006", "podNetworkings[0].podSelector"),
            (ABSENT, {}, "PN006", "podNetworkings[0].namespaceSelector"),
            ({}, {}, "PN006", "podNetworkings[0].podSelector"),
            ({"matchLabels": {}}, {"matchExpressions": []}, "PN006", "podNetworkings[0].podSelector"),
            ({}, {"matchLabels": {"a": "b"}}, None, ""),
            ({"matchLabels": {"a": "b"}}, ABSENT, None, ""),
        ],
    )
    def test_selectors(self, pod: object, namespace: object, rule: str | None, place: str) -> None:
        report = judge(pn(podSelector=pod, namespaceSelector=namespace))
        assert [f.rule.id for f in report.findings] == ([] if rule is None else [rule])
        assert rule is None or places(report, rule) == [place]

    @pytest.mark.parametrize(
        ("version", "eni_type", "level", "words"),
        [
            ("v1.12.1", "ENI", "error", "Terway v1.12.1 refuses"), ("v1.16.0", "ENI", "error", "refuses"),
            ("v1.16.1", "ENI", "warning", "it matches no pod"), ("v1.16.0", "Trunk", "error", "refuses"),
            ("v1.13.5", "Default", "error", "refuses"), ("v1.13.6", "Default", "warning", "it matches no pod"),
        ],
    )  # fmt: skip
    def test_terway_refuses_or_ignores_it(self, version: str, eni_type: str, level: str, words: str) -> None:
        changes = pn(podSelector=ABSENT, eniType=eni_type, nodePools=[])
        finding = only(judge({**changes, "cluster.terway.version": version}), "PN005")
        assert finding.level == level
        assert words in finding.message
        refused = {"required": "v1.13.6" if eni_type == "Default" else "v1.16.1", "version": version}
        assert finding.facts == {"podNetworking": "trading-eni"} | (refused if level == "error" else {})

    def test_which_of_both_is_open_without_a_version(self) -> None:
        report = judge({**pn(podSelector=ABSENT), "cluster.terway.version": ABSENT})
        assert only(report, "PN005").level == "warning"
        assert facts_missing(report, "PN005") == ["cluster.terway.version"]
        assert facts_missing(judge({**pn(), "cluster.terway.version": ABSENT}), "PN005") == []


class TestPN007:
    @pytest.mark.parametrize(
        ("requirement", "key", "words"),
        [
            ({"key": "a", "operator": "In"}, "values", "In needs at least one value"),
            ({"key": "a", "operator": "NotIn", "values": []}, "values", "NotIn needs at least one value"),
            ({"key": "a", "operator": "Exists", "values": ["x"]}, "values", "Exists takes no values"),
            ({"key": "a", "operator": "DoesNotExist", "values": ["x"]}, "values", "DoesNotExist takes no values"),
            ({"key": "a b", "operator": "Exists"}, "key", "label key 'a b'"),
            ({"key": "a", "operator": "In", "values": ["ok", "not ok"]}, "values", "label value 'not ok'"),
            ({"key": "a", "operator": "in", "values": ["x"]}, "operator", "Kubernetes has no operator 'in'"),
            ({"key": "a", "operator": "~", "values": ["x"]}, "operator", "Kubernetes has no operator '~'"),
        ],
    )
    def test_requirements(self, requirement: dict[str, Any], key: str, words: str) -> None:
        finding = only(judge(pn(podSelector={"matchExpressions": [requirement]})), "PN007")
        assert words in finding.message
        assert finding.place.path == f"podNetworkings[0].podSelector.matchExpressions[0].{key}"

    @pytest.mark.parametrize(("operator", "hint"), [("in", "did you mean 'In'?"), ("~", "one of In, NotIn, ")])
    def test_hint(self, operator: str, hint: str) -> None:
        requirement = {"key": "a", "operator": operator, "values": ["x"]}
        assert only(judge(pn(podSelector={"matchExpressions": [requirement]})), "PN007").hint.startswith(hint)

    def test_match_labels_and_namespaces(self) -> None:
        report = judge(pn(podSelector={"matchLabels": {"a": "b c"}}, namespaceSelector={"matchLabels": {"-": "x"}}))
        assert places(report, "PN007") == [
            "podNetworkings[0].podSelector.matchLabels.a", 'podNetworkings[0].namespaceSelector.matchLabels["-"]',
        ]  # fmt: skip

    def test_an_empty_value_is_a_value(self) -> None:
        assert judge(pn(podSelector={"matchLabels": {"a": ""}})).findings == ()


KEYS = ("a", "b")
VALUES = ("1", "2")
REQUIREMENTS = st.lists(
    st.builds(
        lambda key, operator, values: {
            "key": key, "operator": operator, **({"values": values} if operator in ("In", "NotIn") else {}),
        },
        st.sampled_from(KEYS),
        st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]),
        st.lists(st.sampled_from(VALUES), min_size=1, unique=True),
    ),
    max_size=4,
)  # fmt: skip


def _matches(requirements: list[dict[str, Any]], labels: dict[str, str]) -> bool:
    """Match as Kubernetes documents it, one requirement after the other."""
    for requirement in requirements:
        value = labels.get(requirement["key"])
        holds = {
            "In": value is not None and value in requirement.get("values", ()),
            "NotIn": value is None or value not in requirement.get("values", ()),
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }[requirement["operator"]]
        if not holds:
            return False
    return True


def _all_labels() -> list[dict[str, str]]:
    # "3" stands for every value that no requirement names.
    return [
        {key: value for key, value in zip(KEYS, values, strict=True) if value is not None}
        for values in product((None, *VALUES, "3"), repeat=len(KEYS))
    ]


class TestPN008:
    @given(REQUIREMENTS, REQUIREMENTS, REQUIREMENTS, REQUIREMENTS)
    def test_as_trying_all_labels_would_say(
        self,
        pod1: list[dict[str, Any]],
        pod2: list[dict[str, Any]],
        namespace1: list[dict[str, Any]],
        namespace2: list[dict[str, Any]],
    ) -> None:
        first = {**POD_NETWORKING, "podSelector": {"matchExpressions": pod1}}
        second = {**POD_NETWORKING, "name": "other", "podSelector": {"matchExpressions": pod2}}
        first["namespaceSelector"] = {"matchExpressions": namespace1}
        second["namespaceSelector"] = {"matchExpressions": namespace2}
        overlap = any(_matches(pod1, labels) and _matches(pod2, labels) for labels in _all_labels()) and any(
            _matches(namespace1, labels) and _matches(namespace2, labels) for labels in _all_labels()
        )
        assert bool(found(judge({"podNetworkings": [first, second]}), "PN008")) == overlap

    def test_an_unknown_operator_keeps_nothing_apart(self) -> None:
        strange = {"matchExpressions": [{"key": "network", "operator": "Is", "values": ["x"]}]}
        second = {**POD_NETWORKING, "name": "other", "podSelector": strange}
        assert places(judge({"podNetworkings": [POD_NETWORKING, second]}), "PN008") == ["podNetworkings[1]"]

    def test_one_without_selectors_matches_nothing(self) -> None:
        second = {**{k: v for k, v in POD_NETWORKING.items() if k != "podSelector"}, "name": "other"}
        assert found(judge({"podNetworkings": [POD_NETWORKING, second]}), "PN008") == []

    def test_by_namespaces_alone(self) -> None:
        anywhere = {k: v for k, v in POD_NETWORKING.items() if k != "podSelector"}
        anywhere |= {"name": "other", "namespaceSelector": {"matchLabels": {"team": "a"}}}
        finding = only(judge({"podNetworkings": [POD_NETWORKING, anywhere]}), "PN008")
        assert finding.message == "a pod can match both PodNetworking 'other' and 'trading-eni'"

    def test_namespaces_keep_apart(self) -> None:
        one, two = ({"namespaceSelector": {"matchLabels": {"team": team}}} for team in "ab")
        report = judge({"podNetworkings": [{**POD_NETWORKING, **one}, {**POD_NETWORKING, "name": "other", **two}]})
        assert found(report, "PN008") == []

    def test_a_group_is_told_once(self) -> None:
        """C and d share no pod, but both share some with b."""
        selectors = {
            "e": {"team": "e"}, "d": {"network": "x", "team": "d"}, "b": {"network": "x"},
            "c": {"network": "x", "team": "c"}, "z": {"network": "z", "team": "z"},
        }  # fmt: skip
        items = [
            {**POD_NETWORKING, "name": n, "podSelector": {"matchLabels": labels}} for n, labels in selectors.items()
        ]
        report = judge({"podNetworkings": items[1:]})
        finding = only(report, "PN008")
        assert finding.place.path == "podNetworkings[1]"
        assert finding.facts["podNetworkings"] == ["b", "c", "d"]
        assert finding.message == "a pod can match more than one of 3 PodNetworkings: b, c, d"
        assert only(judge({"podNetworkings": items}), "PN008").facts["podNetworkings"] == ["b", "c", "d", "e"]

    def test_the_order_changes_nothing(self) -> None:
        items = [{**POD_NETWORKING, "name": name} for name in "abc"]
        told = {only(judge({"podNetworkings": list(order)}), "PN008").message for order in permutations(items)}
        assert told == {"a pod can match more than one of 3 PodNetworkings: a, b, c"}

    def test_what_matches_nothing_shares_nothing(self) -> None:
        never = {"matchExpressions": [{"key": "network", "operator": o} for o in ("Exists", "DoesNotExist")]}
        second = {**POD_NETWORKING, "name": "other", "podSelector": never}
        assert found(judge({"podNetworkings": [POD_NETWORKING, second]}), "PN008") == []

    @given(st.lists(st.tuples(REQUIREMENTS, REQUIREMENTS), min_size=2, max_size=12))
    def test_groups_as_comparing_each_with_each_would_say(self, selectors: list[tuple[Any, Any]]) -> None:
        labels = _all_labels()
        taken = [
            {(side, i) for side, one in enumerate(pair) for i, one_of in enumerate(labels) if _matches(one, one_of)}
            for pair in selectors
        ]
        able = [i for i, found_ in enumerate(taken) if {side for side, _ in found_} == {0, 1}]
        wanted = {frozenset([i]) for i in able}
        for first, second in combinations(able, 2):
            if {side for side, _ in taken[first] & taken[second]} == {0, 1}:
                joined = [group for group in wanted if first in group or second in group]
                wanted = (wanted - set(joined)) | {frozenset().union(*joined)}
        asked = [
            {(str(side), key): values for side, one in enumerate(selectors[i]) for key, values in asked_of(one).items()}
            for i in able
        ]
        told = {frozenset(able[i] for i in group) for group in overlap.groups(asked)}
        assert told == {group for group in wanted if len(group) > 1}

    def test_two_of_many_that_share_a_value(self) -> None:
        own_value: list[overlap.Asked] = [
            {("pod", "network"): overlap.Values(frozenset([value]), present=True)} for value in "abcdef"
        ]
        second = {**own_value[3], ("pod", "team"): overlap.Values(frozenset("x"), present=True)}
        assert overlap.groups([*own_value, second]) == [[3, 6]]

    def test_thousands_take_no_longer_than_they_must(self) -> None:
        own_value = [{("pod", "network"): overlap.Values(frozenset([str(i)]), present=True)} for i in range(4000)]
        start = time.process_time()
        assert overlap.groups(own_value) == []
        assert overlap.groups([*own_value, {("pod", "team"): overlap.Values(absent=True)}]) == [list(range(4001))]
        assert time.process_time() - start < 5  # each with each takes more than a minute


def asked_of(requirements: list[dict[str, Any]]) -> dict[str, overlap.Values]:
    selector = selector_from((), {"matchExpressions": requirements})
    assert selector is not None
    return overlap.asked(selector)


class TestPN014:
    @given(REQUIREMENTS, REQUIREMENTS)
    def test_as_trying_all_labels_would_say(self, pod: list[dict[str, Any]], namespace: list[dict[str, Any]]) -> None:
        selectors = {"podSelector": {"matchExpressions": pod}, "namespaceSelector": {"matchExpressions": namespace}}
        wanted = [
            f"podNetworkings[0].{key}"
            for key, one in (("podSelector", pod), ("namespaceSelector", namespace))
            if not any(_matches(one, labels) for labels in _all_labels())
        ]
        report = judge(pn(**selectors))
        assert places(report, "PN014") == wanted
        assert all(finding.level == "error" for finding in found(report, "PN014"))

    def test_what_kubernetes_refuses_is_told_once(self) -> None:
        refused = {"matchExpressions": [{"key": "network", "operator": "In", "values": []}]}
        report = judge(pn(podSelector=refused))
        assert (len(found(report, "PN007")), len(found(report, "PN014"))) == (1, 0)
        never = [{"key": "team", "operator": operator} for operator in ("Exists", "DoesNotExist")]
        both = {"matchExpressions": [*never, *refused["matchExpressions"]]}
        report = judge(pn(podSelector=both, namespaceSelector={"matchExpressions": never}))
        assert places(report, "PN014") == ["podNetworkings[0].namespaceSelector"]

    def test_the_label_is_named(self) -> None:
        selector = {"matchLabels": {"a": "b", "c": "d"}, "matchExpressions": [{"key": "c", "operator": "DoesNotExist"}]}
        finding = only(judge(pn(podSelector=selector)), "PN014")
        assert finding.message.endswith("no value of the label c can satisfy the selector")
        assert finding.hint == "remove one of the requirements on c"


class TestPN009:
    @pytest.mark.parametrize(
        ("kind", "hits"),
        [("StatefulSet", 0), ("Pod", 0), ("Deployment", 1), ("DaemonSet", 1), ("Job", 1), ("CronJob", 1)],
    )
    def test_kinds(self, kind: str, hits: int) -> None:
        workload = {**WORKLOAD, "kind": kind, "replicas": 1, "podNetworking": "trading-eni"}
        fixed = pn(allocation={"type": "Fixed", "releaseStrategy": "Never"})
        assert len(found(judge({**fixed, "workloads": [workload]}), "PN009")) == hits
        assert found(judge({**pn(), "workloads": [workload]}), "PN009") == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vSwitchIds": []}, "leaves vSwitchIds to"),
        ({"securityGroupIds": ABSENT}, "leaves securityGroupIds to"),
        ({"vSwitchIds": ABSENT, "securityGroupIds": []}, "leaves vSwitchIds, securityGroupIds to"),
    ],
)
def test_pn010(changes: dict[str, Any], message: str) -> None:
    finding = only(judge(pn(**changes)), "PN010")
    assert message in finding.message
    assert finding.place.path.endswith("vSwitchIds" if "vSwitchIds" in changes else "securityGroupIds")


def test_pn011_names_are_unique() -> None:
    second = {**POD_NETWORKING, "podSelector": {"matchLabels": {"network": "x"}}}
    finding = only(judge({"podNetworkings": [POD_NETWORKING, second]}), "PN011")
    assert finding.place.path == "podNetworkings[1].name"
    assert finding.message == "two PodNetworkings are named 'trading-eni'"


def test_pn012_did_you_mean() -> None:
    assert only(judge(pn(nodePools=["trading", "tradin"])), "PN012").hint == "did you mean 'trading'?"


class TestPN013:
    FIXED: ClassVar = {"allocation": {"type": "Fixed", "releaseStrategy": "Never"}, "vSwitchIds": ["vsw-j", "vsw-k"]}
    TWO_ZONES: ClassVar = {
        "cluster.vSwitches": [VSWITCH_J, VSWITCH_K],
        "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-k"],
        "nodePools[0].vSwitchIds": ["vsw-j", "vsw-k"],
    }
    SECOND: ClassVar = {"instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-k", "vsw-j"], "desiredSize": 1}

    def test_one(self) -> None:
        finding = only(judge({**pn(**self.FIXED), **self.TWO_ZONES}), "PN013")
        assert finding.message == (
            "pods of the Fixed PodNetworking 'trading-eni' stay in the zone where they first start; "
            "the nodes of trading are in cn-hangzhou-j, cn-hangzhou-k"
        )
        assert finding.facts["zones"] == ["cn-hangzhou-j", "cn-hangzhou-k"]

    @pytest.mark.parametrize(
        ("nodes", "allocation", "is_open"),
        [
            (["vsw-j", "vsw-x"], FIXED["allocation"], True),
            (["vsw-j", "vsw-x"], {"type": "Elastic"}, False),
            (["vsw-x"], FIXED["allocation"], False),  # one vSwitch is in one zone, whichever it is
            (["vsw-j", "vsw-j2"], FIXED["allocation"], False),
        ],
    )
    def test_zones_that_are_unknown(self, nodes: list[str], allocation: dict[str, str], is_open: bool) -> None:  # noqa: FBT001 - a parameter of the test
        same = {**VSWITCH_J, "id": "vsw-j2", "ipv6Cidr": "2408:4005:39c:3::/64"}
        changes = {"nodePools[0].vSwitchIds": nodes, "cluster.vSwitches": [VSWITCH_J, same]}
        report = judge({**pn(allocation=allocation), **changes})
        assert found(report, "PN013") == []
        assert facts_missing(report, "PN013") == ["cluster.vSwitches"] * is_open

    def test_a_group_is_told_once(self) -> None:
        names = {"b": ["trading"], "a": ["trading"], "c": ["trading", "two"], "d": ["two"], "e": ["one"]}
        items = [
            {
                **POD_NETWORKING,
                **self.FIXED,
                "name": name,
                "nodePools": pools,
                "podSelector": {"matchLabels": {"n": name}},
            }
            for name, pools in names.items()
        ]
        items.append({**POD_NETWORKING, "podSelector": {"matchLabels": {"n": "f"}}})  # an Elastic one
        report = judge(
            {
                **self.TWO_ZONES,
                "podNetworkings": items,
                "nodePools[1]": {**self.SECOND, "name": "two"},
                "nodePools[2]": {**self.SECOND, "name": "one", "vSwitchIds": ["vsw-j"]},
            }
        )
        told = {finding.place.path: finding for finding in found(report, "PN013")}
        assert {path: finding.facts["podNetworkings"] for path, finding in told.items()} == {
            "podNetworkings[1].allocation": ["a", "b"],
            "podNetworkings[2].allocation": ["c"],
            "podNetworkings[3].allocation": ["d"],
        }
        assert told["podNetworkings[1].allocation"].message.startswith("pods of 2 Fixed PodNetworkings (a, b) stay in")
        assert "the nodes of trading, two are in" in told["podNetworkings[2].allocation"].message
