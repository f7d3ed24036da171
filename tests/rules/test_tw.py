from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.plan.document import path_text
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, example
from eniplan.rules.tw import TAKEN
from tests.judge import facts_missing, found, judge, judge_plan, only, places, unknown

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

VERSION = "cluster.terway.version"
LINGJUN_ONLY = {"nodePools[0]": LINGJUN_POOL}
NODE_CONFIG: dict[str, Any] = {
    "nodePools[0].terwayConfig": "gpu-net",
    "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}},
}


@pytest.mark.parametrize(
    ("version", "pools", "rules"),
    [
        ("v1.10.9", "ecs", {"TW001"}),
        ("v1.11.0-rc.1", "ecs", {"TW001"}),
        ("1.11.0", "ecs", {"TW003"}),
        ("v1.13.99", "ecs", {"TW003"}),
        ("v1.14.0", "ecs", set()),
        ("v1.17.0-d7c63c9e", "ecs", set()),
        ("v1.14.2", "lingjun", {"TW002"}),
        ("v1.10.0", "lingjun", {"TW002"}),
        ("v1.14.3", "lingjun", set()),
        ("v1.10.9", "both", {"TW001", "TW002"}),
        ("v1.12.0", "both", {"TW002", "TW003"}),
        ("latest", "both", {"TW007"}),
        ("d7c63c9e", "ecs", {"TW007"}),
    ],
)
def test_minimum_versions(version: str, pools: str, rules: set[str]) -> None:
    changes: dict[str, Any] = {
        "ecs": {}, "lingjun": LINGJUN_ONLY, "both": {"nodePools[1]": LINGJUN_POOL},
    }[pools]  # fmt: skip
    report = judge({**changes, VERSION: version})
    assert {finding.rule.id for finding in report.findings} == rules
    assert set(places(report, "TW001") + places(report, "TW002") + places(report, "TW003")) <= {VERSION}


def test_upgrade_is_named() -> None:
    finding = only(judge({VERSION: "v1.10.9"}), "TW001")
    assert finding.message == "Terway v1.10.9 is older than v1.11.0: no exclusive ENI on ECS nodes"
    assert finding.hint == "upgrade Terway to v1.11.0 or later"
    why = "no exclusive ENI on ECS nodes"
    assert finding.facts == {"version": "v1.10.9", "required": "v1.11.0", "why": why}


@pytest.mark.parametrize("version", [ABSENT, "latest"])
def test_without_a_version_the_thresholds_are_not_decided(version: object) -> None:
    report = judge({VERSION: version, "nodePools[1]": LINGJUN_POOL})
    for rule in ("TW001", "TW002", "TW003"):
        assert facts_missing(report, rule) == [VERSION]
        assert found(report, rule) == []
    assert bool(found(report, "TW008")) == (version is ABSENT)
    assert bool(found(report, "TW007")) == (version == "latest")
    assert report.exit_code == 1


class TestTW004:
    @pytest.mark.parametrize(("version", "hits"), [("v1.14.4", 1), ("v1.14.5", 0)])
    def test_threshold(self, version: str, hits: int) -> None:
        assert len(found(judge({**NODE_CONFIG, VERSION: version}), "TW004")) == hits

    def test_by_label(self) -> None:
        changes = {"nodePools[0].labels": {"terway-config": "gpu-net"}, VERSION: "v1.14.4"}
        report = judge({"cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}}, **changes})
        assert places(report, "TW004") == ["nodePools[0].labels.terway-config"]

    def test_version_not_known(self) -> None:
        report = judge({**NODE_CONFIG, VERSION: ABSENT})
        assert facts_missing(report, "TW004") == [VERSION]
        assert [item.place.path for item in unknown(report, "TW004")] == [VERSION]


class TestTW006:
    @pytest.mark.parametrize(
        ("ipam", "version", "hit", "missing"),
        [
            ("crd", "v1.16.4", False, []),
            ("default", "v1.17.4", True, []),
            ("default", "v1.17.5", False, []),
            (None, "v1.17.4", False, ["cluster.terway.ipamType"]),
            (None, "v1.17.5", False, []),
            (None, None, False, ["cluster.terway.ipamType"]),
            ("default", None, False, [VERSION]),
        ],
    )
    def test_all_combinations(self, ipam: str | None, version: str | None, hit: bool, missing: list[str]) -> None:  # noqa: FBT001 - a parameter of the test
        changes = {"cluster.terway.ipamType": ABSENT if ipam is None else ipam, VERSION: version or ABSENT}
        report = judge(changes)
        assert places(report, "TW006") == (["cluster.terway.ipamType"] if hit else [])
        assert facts_missing(report, "TW006") == missing
        assert [item.place.path for item in unknown(report, "TW006")] == missing

    def test_lingjun_nodes_are_not_of_the_mode_with_the_bug(self) -> None:
        assert found(judge({**LINGJUN_ONLY, VERSION: "v1.12.0"}), "TW003") == []

    def test_lingjun_nodes_offer_no_aliyun_eni_anyway(self) -> None:
        report = judge({**LINGJUN_ONLY, "cluster.terway.ipamType": "default"})
        assert found(report, "TW006") == []


class TestSwitches:
    @pytest.mark.parametrize(
        ("rule", "key", "bad"),
        [("TW009", "networkPolicy", True), ("TW009", "virtualType", "ipvlan"), ("TW010", "customCniChain", True)],
    )
    def test_hit_and_unknown(self, rule: str, key: str, bad: object) -> None:
        path = f"cluster.terway.{key}"
        assert places(judge({path: bad}), rule) == [path]
        report = judge({path: ABSENT})
        assert found(report, rule) == []
        assert facts_missing(report, rule) == [path]
        assert facts_missing(judge({"cluster.terway.customCniChain": False}), rule) == []

    def test_datapath_v2_and_network_policy_are_two_findings(self) -> None:
        report = judge({"cluster.terway.networkPolicy": True, "cluster.terway.virtualType": "datapathv2"})
        assert places(report, "TW009") == ["cluster.terway.networkPolicy", "cluster.terway.virtualType"]


class TestTW011:
    @pytest.mark.parametrize(
        ("version", "hits", "missing"),
        [("1.30.7-aliyun.1", 1, 0), ("1.31.0", 0, 0), ("v1.34", 0, 0), ("new", 0, 1), (ABSENT, 0, 1)],
    )
    def test_threshold(self, version: object, hits: int, missing: int) -> None:
        report = judge({"cluster.kubernetesVersion": version})
        assert len(found(report, "TW011")) == hits
        assert len(facts_missing(report, "TW011")) == missing


class TestTW012:
    def test_typing_mistake(self) -> None:
        report = judge({**NODE_CONFIG, "nodePools[0].terwayConfig": "gpu-nett"})
        assert only(report, "TW012").hint == "did you mean 'gpu-net'?"

    def test_like_none(self) -> None:
        report = judge({**NODE_CONFIG, "nodePools[0].terwayConfig": "x"})
        finding = only(report, "TW012")
        assert (finding.hint, finding.fix) == ("add it to cluster.terwayConfigs", None)

    def test_configs_not_stated(self) -> None:
        report = judge({"nodePools[0].terwayConfig": "gpu-net"})
        assert "cluster.terwayConfigs.gpu-net" in facts_missing(report, "TW012")

    def test_label_contradicts(self) -> None:
        report = judge({**NODE_CONFIG, "nodePools[0].labels": {"terway-config": "other"}})
        assert "has terwayConfig 'gpu-net' and label terway-config=other" in only(report, "TW012").message


class TestTW013:
    @pytest.mark.parametrize(("version", "hits"), [("1.33.9", 0), ("1.34.0", 1), (ABSENT, 0)])
    def test_threshold(self, version: object, hits: int) -> None:
        changes = {"cluster.terway.virtualType": "datapathv2", "cluster.kubernetesVersion": version}
        assert len(found(judge(changes), "TW013")) == hits

    def test_what_is_not_known(self) -> None:
        kind, version = "cluster.terway.virtualType", "cluster.kubernetesVersion"
        for changes, missing in (
            ({kind: ABSENT}, [kind]),
            ({kind: ABSENT, version: ABSENT}, [kind]),
            ({kind: "datapathv2", version: ABSENT}, [version]),
        ):
            assert facts_missing(judge(changes), "TW013") == missing

    def test_only_datapath_v2(self) -> None:
        assert found(judge(), "TW013") == []


def test_nothing_stated_at_all_is_said_not_guessed() -> None:
    pool = {"name": "trading", "instanceTypes": ["ecs.g8i.8xlarge"]}
    report = judge_plan({"apiVersion": "eniplan/v1", "nodePools": [pool]})
    assert {item.fact for item in report.undecided} == {
        VERSION, "cluster.terway.ipamType", "cluster.terway.networkPolicy", "cluster.terway.virtualType",
        "cluster.terway.customCniChain", "cluster.kubernetesVersion", "cluster.podDefaults", "cluster.terway.erdma",
    }  # fmt: skip
    assert {f.rule.id for f in report.findings} == {"TW008", "NP005"}


def test_a_networkpolicy_that_selects_exclusive_pods_does_nothing() -> None:
    workload = {"name": "matcher", "kind": "StatefulSet", "nodePool": "trading", "networkPolicies": ["deny", "allow"]}
    report = judge({"workloads": [workload]})
    assert places(report, "TW009") == ["workloads[0].networkPolicies[0]", "workloads[0].networkPolicies[1]"]
    assert "'deny' selects StatefulSet 'matcher', and has no effect" in found(report, "TW009")[0].message


class TestTW014:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            *[(name, "is the name of another ConfigMap") for name in TAKEN],
            ("GPU_net", "is not a valid ConfigMap name"), ("gpu-", "is not a valid"), ("a..b", "is not a valid"),
            ("a" * 254, "is not a valid"), ("a" * 253, "at most 63 characters; this one has 253"),
            ("a" * 64, "at most 63 characters; this one has 64"), ("a" * 63, None), ("gpu.net-1", None),
            ("eni-config2", None),
        ],
    )  # fmt: skip
    def test_wherever_it_is_named(self, name: str, words: str | None) -> None:
        config = {"cluster.terwayConfigs": {name: {"vSwitchIds": ["vsw-j"]}}}
        label = {"key": "terway-config", "value": name}
        mode = {"key": EXCLUSIVE_LABEL, "value": "eniOnly"}
        everywhere: dict[str, dict[str, Any]] = {
            path_text(("cluster", "terwayConfigs", name)): config,
            "nodePools[0].terwayConfig": {"nodePools[0].terwayConfig": name},
            "nodePools[0].labels.terway-config": {"nodePools[0].labels": {"terway-config": name}},
            "nodePools[0].overrides.kubernetes_config.labels[1]": {
                "nodePools[0].overrides": {"kubernetes_config": {"labels": [mode, label]}}
            },
        }
        for where, changes in everywhere.items():
            report = judge(changes)
            assert places(report, "TW014") == ([] if words is None else [where])
            if words is not None:
                assert words in only(report, "TW014").message
                assert report.exit_code == 1

    def test_no_file_is_rendered(self, run: Run, tmp_path: Path) -> None:
        plan = tmp_path / "plan.json"
        plan.write_text(json.dumps(example({"cluster.terwayConfigs": {"eni-config": {"vSwitchIds": ["vsw-j"]}}})))
        result = run("render-manifests", plan)
        assert (result.code, result.out) == (1, "")
        assert "eni-config is the name of another ConfigMap in kube-system" in result.err
