from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.rules.examples import ABSENT, POD_NETWORKING, WORKLOAD
from tests.judge import found, judge, only, places


def pn(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a PodNetworking
    """Return changes to the example plan: one PodNetworking with other fields."""
    merged = {**POD_NETWORKING, **changes}
    return {"podNetworkings": [{key: value for key, value in merged.items() if value is not ABSENT}]}


def ttl(after: str | None) -> dict[str, Any]:
    given_after = {} if after is None else {"releaseAfter": after}
    return pn(allocation={"type": "Fixed", "releaseStrategy": "TTL", **given_after})


class TestPN001:
    @pytest.mark.parametrize("eni_type", ["Default", "Trunk", "eni", "Exclusive"])
    @pytest.mark.parametrize(("trunking", "words"), [(True, "aliyun/member-eni"), (False, "ENI says it plainly")])
    def test_any_other(self, eni_type: str, trunking: bool, words: str) -> None:  # noqa: FBT001 - a parameter of the test
        finding = only(judge({**pn(eniType=eni_type), "cluster.terway.eniTrunking": trunking}), "PN001")
        assert words in finding.message
        assert finding.facts == {"eniType": eni_type, "eniTrunking": trunking}

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
            ("4m59s", "warning", "under the page's minimum of 5m"), ("1ns", "warning", "minimum"),
            ("0", "error", "is not positive"), ("0s", "error", "is not positive"), ("-10m", "error", "is not positive"),
            ("1d", "error", "is no Go duration"), ("10", "error", "is no Go duration"),
            ("10 m", "error", "is no Go duration"), ("", "error", "TTL needs releaseAfter"),
            (None, "error", "TTL needs releaseAfter"),
        ],
    )  # fmt: skip
    def test_durations(self, after: str | None, level: str | None, words: str) -> None:
        findings = found(judge(ttl(after)), "PN003")
        assert [finding.level for finding in findings] == ([] if level is None else [level])
        assert all(words in finding.message for finding in findings)

    def test_whatever_the_type(self) -> None:
        assert len(found(judge(pn(allocation={"releaseStrategy": "TTL"})), "PN003")) == 1

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
            ({"key": "a", "operator": "in", "values": ["x"]}, "operator", "Kubernetes knows no operator 'in'"),
            ({"key": "a", "operator": "~", "values": ["x"]}, "operator", "Kubernetes knows no operator '~'"),
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

    def test_namespaces_keep_apart(self) -> None:
        one, two = ({"namespaceSelector": {"matchLabels": {"team": team}}} for team in "ab")
        report = judge({"podNetworkings": [{**POD_NETWORKING, **one}, {**POD_NETWORKING, "name": "other", **two}]})
        assert found(report, "PN008") == []


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
        ({"vSwitchIds": ABSENT, "securityGroupIds": []}, "leaves vSwitchIds and securityGroupIds to"),
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
