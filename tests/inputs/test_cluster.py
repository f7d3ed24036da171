from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.errors import InputError
from eniplan.inputs.cluster_file import read_cluster
from eniplan.inputs.collect import Collected
from eniplan.judging.check import check
from eniplan.plan.load import load
from eniplan.rules.base import Settings
from eniplan.rules.examples import example
from tests.inputs.support import BODY, CLUSTER, judge_files
from tests.judge import TODAY, catalog

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run


@pytest.mark.parametrize("value", [CLUSTER, {"cluster": CLUSTER}, example({}), {"cluster": {}}])
def test_the_part_alone_and_the_whole_plan(here: Path, value: dict[str, Any]) -> None:
    (here / "facts.json").write_text(json.dumps(value), encoding="utf-8")
    origin = read_cluster("facts.json")
    assert origin.path == (("cluster",) if "cluster" in value else ())


def test_findings_about_the_cluster_point_into_its_file(here: Path) -> None:
    cluster = {**CLUSTER, "terway": {**CLUSTER["terway"], "version": "v1.9.0"}, "id": "c1"}
    judged = judge_files(here, {"a/p.json": BODY, "b/p.json": BODY}, cluster=cluster)
    assert judged.rules == {"TW001"}  # an id would make two pools of one name of them (NP006)
    assert judged.places["TW001"].startswith("facts/cluster.json:1:")
    assert judged.places["TW001"].endswith(" cluster.terway.version")


def test_without_facts_they_are_open(here: Path) -> None:
    judged = judge_files(here, {"p.json": BODY}, cluster=None)
    assert judged.rules == set()
    assert judged.facts["cluster.terway.version"] == "cluster.terway.version"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ('{"cluster": {"ipStack": "both"}}', """facts.json:1:25: 'ipStack' is "both"; it must be one of ipv4, dual"""),
        ('{"ipStak": "dual"}', "facts.json:1:2: unknown key 'ipStak'"),
        ("- a\n", "facts.json:1:1: 'cluster' must be a map, not [\"a\"]"),
        ('{"cluster": {}, "nodePolls": []}', "facts.json:1:17: unknown key 'nodePolls'"),
        ('{"nodePools": []}', "facts.json: this plan has no cluster part"),
        (
            '{"apiVersion": "v1", "kind": "ConfigMap"}',
            "facts.json: these are Kubernetes objects, not the facts of a cluster",
        ),
        (
            '{"cluster_id": "c1", "meta_data": "{}"}',
            "facts.json: this is an answer of DescribeClusterDetail, not the facts of a cluster",
        ),
        ("ipStack: dual\n---\nipStack: ipv4\n", "facts.json: several documents"),
        ("", "facts.json: the file is empty"),
    ],
)
def test_facts_of_the_wrong_form(here: Path, data: str, problem: str) -> None:
    (here / "facts.json").write_text(data, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_cluster("facts.json")
    assert [f"{found.place}: {found.message}" for found in caught.value.problems] == [problem]


def test_facts_that_are_not_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(BODY), encoding="utf-8")
    result = run("check", "p.json", "--cluster", "none.yaml", cwd=tmp_path)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("none.yaml: error: cannot read it: no such file or directory\n")


def test_types_state_their_cluster_themselves(run: Run) -> None:
    result = run("check", "--type", "ecs.g8i.8xlarge", "--cluster", "x.yaml")
    assert result.code == 2
    assert "--cluster is for inputs" in result.err


ENI_CONF = {
    "ipam_type": "crd",
    "enable_erdma": True,
    "vswitches": {"cn-hangzhou-j": ["vsw-j"]},
    "security_groups": ["sg"],
}
CONFIG_MAP: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "eni-config", "namespace": "kube-system"},
    "data": {"eni_conf": json.dumps({**ENI_CONF, "access_key": "secret"}), "disable_network_policy": "false"},
}


def test_the_configmap_of_terway_states_facts(here: Path) -> None:
    (here / "eni-config.json").write_text(json.dumps(CONFIG_MAP), encoding="utf-8")
    origin = read_cluster("eni-config.json")
    terway = {"ipamType": "crd", "erdma": True, "networkPolicy": True}
    assert origin.document.value == {
        "terway": terway, "podDefaults": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg"]}
    }  # fmt: skip
    (here / "p.json").write_text(json.dumps(BODY), encoding="utf-8")
    collected = Collected(catalog(), origin)
    report = check(load(["p.json"], lambda: collected), catalog(), Settings(today=TODAY))
    facts = {item.fact for item in report.undecided}
    assert "cluster.terway.version" in facts  # it has no place there, so it is not missing (TW008)
    assert not facts & {"cluster.terway.ipamType", "cluster.terway.networkPolicy", "cluster.podDefaults"}
    assert {item.place.file for item in report.undecided} == {"eni-config.json"}
    assert not any("secret" in str(item) for item in (*report.findings, *report.undecided))


def test_a_configmap_that_nobody_names_as_the_clusters_is_only_told_of(here: Path) -> None:
    for paths in ((".",), ("p.json", "c.json")):
        judged = judge_files(here, {"p.json": BODY, "c.json": CONFIG_MAP}, *paths, cluster=None)
        assert judged.rules == set()
        assert any("--cluster" in why and "c.json" in why for _, why in judged.skipped)


def test_a_configmap_that_terway_cannot_read(here: Path) -> None:
    (here / "c.json").write_text(json.dumps({**CONFIG_MAP, "data": {"eni_conf": "{"}}), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_cluster("c.json")
    assert "cannot be read" in str(caught.value.problems[0].message)
