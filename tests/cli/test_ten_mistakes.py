"""A plan with many mistakes tells them all in one run, each at its own line and column."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.harness import Run

FINDINGS = b"""\
apiVersion: eniplan/v1
cluster:
  kubernetesVersion: "1.30.1-aliyun.1"
  ipStack: dual
  vpcId: vpc-1
  terway:
    version: v1.13.7
    ipamType: crd
    erdma: false
    networkPolicy: true
    virtualType: veth
    customCniChain: false
  vSwitches:
    - {id: vsw-j, zone: cn-hangzhou-j, vpcId: vpc-1, availableIps: 4000}
  securityGroups:
    - {id: sg-pods, type: enterprise, vpcId: vpc-2}
  podDefaults: {vSwitchIds: [vsw-j], securityGroupIds: [sg-pods]}
nodePools:
  - name: trading
    instanceTypes: [ecs.g7.2xlarge, ecs.g6.8xlarge]
    vSwitchIds: [vsw-j]
    desiredSize: 3
    labels: {k8s.aliyun.com/exclusive-mode-eni-type: ENI}
    systemDisk:
      size: 10
podNetworkings:
  - name: trading-eni
    nodePools: [tradin]
    eniType: Default
    podSelector: {matchLabels: {network: trading-eni}}
    vSwitchIds: [vsw-j]
    securityGroupIds: [sg-pods]
    allocation: {type: Fixed, releaseStrategy: TTL, releaseAfter: 1d}
workloads:
  - {name: matcher, kind: Deployment, nodePool: trading, podNetworking: trading-eni}
"""

WHERE = [
    (3, 22, "TW011"),
    (7, 14, "TW003"),
    (10, 20, "TW009"),
    (14, 7, "DS004"),
    (16, 46, "NP007"),
    (20, 20, "ENI007"),
    (20, 21, "ENI001"),
    (20, 37, "DS001"),
    (23, 54, "NP001"),
    (25, 13, "NP005"),
    (28, 17, "PN012"),
    (29, 14, "PN001"),
    (33, 67, "PN003"),
    (35, 73, "PN009"),
    (35, 73, "WL005"),
]

MIXED = b"""\
apiVersion: eniplan/v1
cluster:
  kubernetesVersion: 1.34
  ipStack: both
  terway: {version: v1.10.1, addon: terway-eni}
nodePool: []
nodePools:
  - name: trading
    instanceTypes: [ecs.g7.2xlarge]
    vSwitchIds: vsw-j
    desiredSize: many
    taints: [{key: a, effect: NoSchedul}]
  - instanceTypes: [ecs.g8i.8xlarge]
  - name: trading
    kind: ecs
    instanceTypes: [ecs.g8i.8xlarg, 7]
    vSwitchIds: [vsw-j]
    desiredSize: 1
waivers:
  - {rule: PN007, path: "podNetworkings[0]", reason: old, expires: tomorrow}
"""

PROBLEMS = [
    (3, 22, "cluster.kubernetesVersion"),
    (4, 12, "cluster.ipStack"),
    (6, 1, "nodePool"),
    (10, 17, "nodePools[0].vSwitchIds"),
    (11, 18, "nodePools[0].desiredSize"),
    (13, 5, "nodePools[1]"),
    (16, 37, "nodePools[2].instanceTypes[1]"),
    (20, 68, "waivers[0].expires"),
]
MIXED_FINDINGS = [
    (5, 21, "TW001"),
    (5, 37, "TW005"),
    (9, 21, "ENI001"),
    (12, 13, "NP002"),
    (12, 31, "NP005"),
    (14, 11, "NP006"),
    (20, 12, "WV001"),
]


def test_all_at_once(run: Run) -> None:
    result = run("check", "-", "--format", "json", stdin=FINDINGS)
    report = json.loads(result.out)
    assert (result.code, result.err) == (1, "")
    assert report["undecided"] == []
    assert [(f["line"], f["column"], f["rule"]) for f in report["findings"]] == WHERE
    assert len({(line, column) for line, column, _ in WHERE}) >= 10


def test_every_place_is_that_of_the_value(run: Run) -> None:
    report = json.loads(run("check", "-", "--format", "json", stdin=FINDINGS).out)
    lines = FINDINGS.decode().splitlines()
    starts = {f["rule"]: lines[f["line"] - 1][f["column"] - 1 :] for f in report["findings"]}
    assert starts["ENI001"].startswith("ecs.g7.2xlarge")
    assert starts["DS001"].startswith("ecs.g6.8xlarge")
    assert starts["NP001"].startswith("ENI}")
    assert starts["PN003"].startswith("1d")
    assert starts["PN012"].startswith("tradin]")
    assert starts["TW011"].startswith('"1.30.1')
    assert starts["WL005"].startswith("trading-eni}")


def test_text_has_a_line_for_each(run: Run) -> None:
    result = run("check", "-", stdin=FINDINGS)
    told = [line for line in result.out.splitlines() if line.startswith("-:")]
    assert [line.split(" ")[2] for line in told] == [rule for _, _, rule in WHERE]
    assert [line.split(" ")[0] for line in told] == [f"-:{line}:{column}:" for line, column, _ in WHERE]
    assert result.err == "1 pool checked with specs of 2026-07-16: 11 errors, 3 warnings, 1 info\n"


def test_mistakes_of_form_do_not_hide_the_others(run: Run) -> None:
    result = run("check", "-", "--format", "json", stdin=MIXED)
    report = json.loads(result.out)
    assert result.code == 3
    assert [(p["line"], p["column"], p["path"]) for p in report["problems"]] == PROBLEMS
    assert [(f["line"], f["column"], f["rule"]) for f in report["findings"]] == MIXED_FINDINGS
    # What is left out of a list keeps the others' places: the third pool is still nodePools[2].
    (taken,) = [f for f in report["findings"] if f["rule"] == "NP006"]
    assert taken["path"] == "nodePools[2].name"


def test_what_did_not_fit_is_not_called_missing(run: Run) -> None:
    """No finding and no undecided fact about a key that the user has written, only wrongly."""
    report = json.loads(run("check", "-", "--format", "json", stdin=MIXED).out)
    told = {(p["file"], p["path"]) for p in report["problems"]}
    for item in (*report["findings"], *report["undecided"]):
        assert (item["file"], item["path"]) not in told
