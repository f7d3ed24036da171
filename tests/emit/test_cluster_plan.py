"""The plan that is written of a running cluster: it can be read, passes, and is proved by that cluster."""

from __future__ import annotations

from typing import Any

import pytest

from eniplan.emit.cluster_plan import facts_text, plan_text
from eniplan.judging.verify import verify
from eniplan.k8s.terway import ENI
from eniplan.observed import NODE_POOL_LABEL
from eniplan.plan.document import read_documents
from eniplan.plan.load import load_document
from eniplan.plan.model import LINGJUN_LABEL
from eniplan.rules.base import Settings
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import CLUSTER, NODES, SHARED_NODE, cluster_example, daemon_pod, node, pod, pod_eni
from tests.judge import TODAY, catalog, judge_plan
from tests.kube.causes import GPU, OWN, info, owned
from tests.kube.states import LINGJUN, agent
from tests.kube.support import observe


def loaded(changes: dict[str, Any]) -> tuple[Any, str]:
    """Return the plan of a cluster as a value, with its text."""
    text = plan_text(observe(cluster_example(changes)))
    (document,) = read_documents("plan.yaml", text.encode())
    found = load_document(document)
    assert found.problems == (), text
    return document.value, text


def of_kind(kind: str, owner: str) -> dict[str, Any]:
    """Return the change that gives the pods another owner."""
    owners = owned("", "", owner, kind)["owners"]
    return {f"pods[{n}].metadata.ownerReferences": owners for n in range(3)}


AGENT = {**pod_eni(0, NODES[0]), "metadata": {
    "name": "log-1", "namespace": "kube-system", "annotations": {"k8s.aliyun.com/pod-uid": "uid-log-1"}}}  # fmt: skip
GROUPS = {"configMaps[0].data.eni_conf": '{"ipam_type": "crd", "security_group": "sg-pods", '
          '"vswitches": {"cn-hangzhou-j": ["vsw-j"]}}'}  # fmt: skip
CLUSTERS: dict[str, dict[str, Any]] = {
    "good": {},
    "labels, region and version": {
        **{f'nodes[{n}].metadata.labels["team"]': "trading" for n in range(3)},
        **{f'nodes[{n}].metadata.labels["topology.kubernetes.io/region"]': "cn-hangzhou" for n in range(3)},
        **{f"nodes[{n}].status.nodeInfo": {"kubeletVersion": "v1.34.3-aliyun.1"} for n in range(3)},
    },
    "node-level configuration": {**OWN, "configMaps[1]": GPU},
    "dual stack": {
        "configMaps[0].data.eni_conf": '{"ip_stack": "dual", "ipam_type": "crd", "enable_eni_trunking": true, '
        '"security_group": "sg-pods", "vswitches": {"cn-hangzhou-j": ["vsw-j"]}}',
        **{f"podENIs[{n}].spec.allocations[0].ipv6": f"2408::{n}" for n in range(3)},
    },
    "a second pool": {
        "nodes[3]": node("other", **{NODE_POOL_LABEL: "np2", "topology.kubernetes.io/zone": "cn-hangzhou-k"}),
        "pods[7]": agent("other"),
        "configMaps[0].data.eni_conf": '{"ipam_type": "crd", "security_groups": ["sg-pods"], '
        '"vswitches": {"cn-hangzhou-j": ["vsw-j"], "cn-hangzhou-k": ["vsw-k"]}}',
    },
    "a shared node": {"nodes[3]": SHARED_NODE},
    "Deployment": of_kind("ReplicaSet", "web-7d5f9c4b6d"),
    "CronJob": of_kind("Job", "report-29384756"),
    "DaemonSet": of_kind("DaemonSet", "probe"),
    "a DaemonSet in kube-system": {"pods[7]": daemon_pod("log", NODES[0], name="log-1"), "podENIs[3]": AGENT,
                                   **GROUPS},
    "bare pods": {f"pods[{n}].metadata.ownerReferences": [] for n in range(3)},
    "pods of a kind that nobody knows": of_kind("Widget", "w"),
    "selectors": {"podNetworkings[0].spec.selector": {
        "podSelector": {"matchLabels": {"network": "trading-eni"}, "matchExpressions": [
            {"key": "tier", "operator": "NotIn", "values": ["a", "b"]}, {"key": "network", "operator": "Exists"}]},
        "namespaceSelector": {}}},
    "fixed addresses": {
        "podNetworkings[0].spec.allocationType": {"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1h"},
        "podNetworkings[0].spec.vSwitchSelectOptions": {"vSwitchSelectionPolicy": "most"}},
    "no configuration was dumped": {"configMaps": []},
    "nodes say what their type is": info(EniQuantity=8),
    "pods without a PodNetworking that ask for nothing": {
        **{f"pods[{n}].metadata.annotations": {} for n in range(3)},
        **{f"pods[{n}].spec.containers": [{"name": "a"}] for n in range(3)}, **GROUPS},
}  # fmt: skip


INCOMPLETE: dict[str, dict[str, Any]] = {
    "no DaemonSet was dumped, and images say no version": {
        "daemonSets": [], **{f"pods[{n}].spec.initContainers[0].image": "terway:latest" for n in (4, 5, 6)}},
    "no zone is known": {f'nodes[{n}].metadata.labels["topology.kubernetes.io/zone"]': ABSENT for n in range(3)},
}  # fmt: skip
"""Clusters of which a fact is missing that check insists on."""


@pytest.mark.parametrize("name", CLUSTERS)
def test_check_accepts_it_and_verify_proves_it(name: str) -> None:
    seen = observe(cluster_example(CLUSTERS[name]))
    value, text = loaded(CLUSTERS[name])
    report = judge_plan(value)
    assert report.exit_code == 0, [(f.rule.id, f.message) for f in report.findings]
    (document,) = read_documents("plan.yaml", text.encode())
    plan = load_document(document).plan
    assert plan is not None
    ids = {item.name: line.split("=")[1].split("`")[0] for item in plan.node_pools
           for line in text.splitlines() if line.startswith(f"#   {item.name}:")}  # fmt: skip
    proof = verify(seen, (document, plan), catalog(), Settings(today=TODAY), pool_ids=ids)
    assert proof.exit_code == 0, [(f.rule.id, f.message) for f in proof.findings]


@pytest.mark.parametrize("name", INCOMPLETE)
def test_what_is_missing_is_left_to_check(name: str) -> None:
    assert judge_plan(loaded(INCOMPLETE[name])[0]).exit_code == 1


def test_what_it_says() -> None:
    value, text = loaded(CLUSTERS["labels, region and version"])
    assert (value["cluster"]["region"], value["cluster"]["kubernetesVersion"]) == ("cn-hangzhou", "1.34.3-aliyun.1")
    assert value["nodePools"][0]["labels"] == {"team": "trading"}
    assert "  # vpcId: `aliyun cs DescribeClusterDetail" in text
    assert "# region:" not in text
    value, text = loaded(CLUSTERS["no configuration was dumped"])
    assert "  # ipStack: with terway.ipamType" in text
    assert "podDefaults" not in value["cluster"]
    value, text = loaded(CLUSTERS["pods of a kind that nobody knows"])
    assert "# trading/Widget w: its pods on exclusive nodes are of a kind that plans do not support\n" in text
    assert "workloads" not in value
    value, _ = loaded(CLUSTERS["node-level configuration"])
    assert value["cluster"]["terwayConfigs"] == {"gpu-net": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]}}
    value, _ = loaded(CLUSTERS["a DaemonSet in kube-system"])
    assert value["nodePools"][0]["systemPodsPerNode"] == 1
    value, _ = loaded(CLUSTERS["selectors"])
    assert value["podNetworkings"][0]["namespaceSelector"] == {}
    value, _ = loaded(CLUSTERS["a second pool"])
    assert [pool["name"] for pool in value["nodePools"]] == ["exclusive-1", "exclusive-2"]


def test_lingjun_and_no_exclusive_node() -> None:
    value, text = loaded(LINGJUN)
    assert value["nodePools"][0]["kind"] == "lingjun"
    stand_ins = {"clusterId": "your-lingjun-cluster", "groupId": "your-lingjun-group"}
    assert value["nodePools"][0]["lingjun"] == {**stand_ins, "nodeCount": 3}
    assert "# lingjun: clusterId" in text
    assert LINGJUN_LABEL not in text
    value, text = loaded({"nodes": [SHARED_NODE], "pods": CLUSTER["pods"][3:4], "podENIs": []})
    assert "# The cluster has no exclusive node: this pool is an example." in text
    assert ENI not in text
    assert "workloads" not in value


def test_the_facts_alone_are_those_of_the_plan() -> None:
    seen = observe(cluster_example({}))
    (document,) = read_documents("cluster.yaml", facts_text(seen).encode())
    assert document.value == {"cluster": loaded({})[0]["cluster"]}


def test_text_of_a_cluster_stays_text() -> None:
    odd = {f'nodes[{n}].metadata.labels["team"]': "on" for n in range(3)}
    assert loaded({**odd, "pods[7]": pod(9, "")})[0]["nodePools"][0]["labels"] == {"team": "on"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"10-terway.conf": '{"type": "terway", "eniip_virtual_type": "IPVlan"}', "disable_network_policy": "false"},
         {"networkPolicy": True, "virtualType": "ipvlan", "customCniChain": False}),
        ({"10-terway.conflist": '{"plugins": [{"type": "terway", "eniip_virtual_type": "datapathv2"}, '
                                '{"type": "cilium-cni"}]}', "disable_network_policy": "true"},
         {"networkPolicy": False, "virtualType": "datapathv2", "customCniChain": False}),
        ({"10-terway.conflist": '{"plugins": [{"type": "terway"}, {"type": "portmap"}]}'}, {"customCniChain": True}),
        ({"10-terway.conflist": "{", "10-terway.conf": '{"type": "terway", "eniip_virtual_type": "Veth"}'},
         {"virtualType": "veth", "customCniChain": False}),
        ({"10-terway.conflist": '{"plugins": 1}', "disable_network_policy": "maybe"}, {}),
        ({"10-terway.conf": '{"eniip_virtual_type": "unheard"}'}, {}),
        ({}, {}),
    ],
)  # fmt: skip
def test_what_stands_beside_eni_conf(data: dict[str, str], told: dict[str, Any]) -> None:
    conf = {"eni_conf": '{"ipam_type": "crd", "vswitches": {"cn-hangzhou-j": ["vsw-j"]}}'}
    value, text = loaded({"configMaps[0].data": {**conf, **data}})
    terway = value["cluster"]["terway"]
    for key in ("networkPolicy", "virtualType", "customCniChain"):
        assert terway.get(key) == told.get(key)
        assert (f"# terway.{key}: " in text) == (key not in told)
