"""The plan that is written of a running cluster: it can be read, passes, and is proved by that cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan import facts
from eniplan.emit.cluster_plan import REGION_LABEL, cluster_of, configured, facts_text, groups_of, plan_text, wanted
from eniplan.judging.verify import verify
from eniplan.k8s.terway import ENI
from eniplan.observed import CLUSTER_LABEL, NODE_POOL_LABEL, TYPE_LABEL, ZONE_LABEL, TerwayConfig
from eniplan.plan.document import read_documents
from eniplan.plan.live import LiveCluster, LiveFacts, LiveTerway, Unread, Wanted
from eniplan.plan.load import load_document
from eniplan.plan.model import (
    EXCLUSIVE_LABEL,
    LINGJUN_LABEL,
    TERWAY_CONFIG_LABEL,
    ExistingPool,
    Network,
    SecurityGroup,
    VSwitch,
)
from eniplan.rules.base import Settings
from eniplan.rules.examples import ABSENT, changed
from eniplan.rules.examples_cluster import CLUSTER, NODES, SHARED_NODE, cluster_example, daemon_pod, node, pod, pod_eni
from tests.judge import TODAY, catalog, judge_plan
from tests.kube.causes import GPU, OWN, info, owned
from tests.kube.states import LINGJUN, agent
from tests.kube.support import observe

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from eniplan.observed import Observed


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


# --- every byte -----------------------------------------------------------------------------------------------------

FIRST, SECOND, THIRD = NODES
NP1, NP2 = "np0123456789abcdef0123456789abcdef", "np2"


def label(number: int, key: str) -> str:
    return f'nodes[{number}].metadata.labels["{key}"]'


def waiting(number: int, on: str, **metadata: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of metadata
    """Return a pod that no PodNetworking has matched."""
    found = pod(number, on)
    return {**found, "metadata": {**found["metadata"], "annotations": {}, **metadata}}


def daemon(number: int, on: str, **metadata: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of metadata
    """Return a pod of a DaemonSet in kube-system that takes an ENI."""
    return waiting(number, on, namespace="kube-system", **metadata)


def owner(kind: str, name: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "name": name, "controller": True}]


SELECTOR = {"podSelector": {"matchLabels": {"network": "trading-eni"}, "matchExpressions": [
    {"key": "tier", "operator": "NotIn", "values": ["a", "b"]},
    {"key": "network", "operator": "NotIn", "values": ["x"]},
    {"key": "zone", "operator": "In", "values": ["j"]}, {"key": "zone", "operator": "In", "values": ["k"]},
    {"key": "set", "operator": "In", "values": ["p", "q"]}, {"key": "team", "operator": "Exists"},
    {"key": "team", "operator": "In", "values": ["t"]}, {"key": "team", "operator": "NotIn", "values": ["t"]},
]}, "namespaceSelector": {}}  # fmt: skip
TERWAY = "network.alibabacloud.com/v1beta1"
RICH: dict[str, Any] = {
    **{label(n, ZONE_LABEL): zone for n, zone in enumerate(("cn-hangzhou-j", "cn-hangzhou-k", "cn-hangzhou-j"))},
    **{label(n, REGION_LABEL): "cn-hangzhou" for n in range(3)},
    **{label(n, CLUSTER_LABEL): "c1" for n in range(3)},
    **{label(n, "team"): "trading" for n in range(3)},
    **{label(n, "k8s.io/x"): "y" for n in range(3)}, **{label(n, "my-k8s.io/x"): "y" for n in range(3)},
    **{label(n, "a.aliyun.com/x"): "y" for n in range(3)}, **{label(n, "type"): "ecs" for n in range(3)},
    label(0, "own"): "1", label(1, "own"): "2",
    label(1, TYPE_LABEL): "ecs.g8i.4xlarge",
    **{f"nodes[{n}].status.nodeInfo": {"kubeletVersion": "v1.34.3-aliyun.1"} for n in range(3)},
    **{f"nodes[{n}].spec.taints": [
        {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"},
        {"key": "soft", "effect": "PreferNoSchedule"}, {"key": f"n{n}", "effect": "NoSchedule"},
        {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
        {"key": "node.cloudprovider.kubernetes.io/uninitialized", "effect": "NoSchedule"},
    ] for n in range(3)},
    "nodes[3]": node("other", **{NODE_POOL_LABEL: NP2, ZONE_LABEL: "cn-hangzhou-k", TERWAY_CONFIG_LABEL: "gpu-net",
                                 EXCLUSIVE_LABEL: "ENIONLY", "": "x", CLUSTER_LABEL: "c1",
                                 REGION_LABEL: "cn-hangzhou"}),
    "nodes[4]": SHARED_NODE,
    "configMaps[0].data.eni_conf": '{"ipam_type": "crd", "ip_stack": "dual", "enable_eni_trunking": true, '
    '"security_group": "sg-a", '
    '"vswitches": {"cn-hangzhou-j": ["vsw-j", "vsw-j2"], "cn-hangzhou-k": ["vsw-k"]}}',
    "configMaps[1]": GPU,
    "podNetworkings[0].spec.selector": SELECTOR,
    "podNetworkings[0].spec.vSwitchSelectOptions": {"vSwitchSelectionPolicy": "ordered"},
    "podNetworkings[1]": {
        "apiVersion": TERWAY, "kind": "PodNetworking", "metadata": {"name": "any"},
        "spec": {"eniOptions": {"eniType": "ENI"}, "selector": {"podSelector": {}}, "vSwitchOptions": ["vsw-l"],
                 "vSwitchSelectOptions": {"vSwitchSelectionPolicy": "random"},
                 "allocationType": {"type": "Fixed", "releaseStrategy": "Never"}}},
    "podNetworkings[2]": {
        "apiVersion": TERWAY, "kind": "PodNetworking", "metadata": {"name": "trunk"},
        "spec": {"eniOptions": {"eniType": "Trunk"}, "selector": {"podSelector": {}}, "vSwitchOptions": ["vsw-t"],
                 "vSwitchSelectOptions": {"vSwitchSelectionPolicy": "ordered"}, "securityGroupIDs": ["sg-t"]},
        "status": {"vSwitches": [{"id": "vsw-t", "zone": "cn-hangzhou-t"}]}},
    "pods[7]": daemon(20, FIRST, name="d-1", ownerReferences=owner("DaemonSet", "log")),
    "pods[8]": daemon(21, FIRST, name="d-2", ownerReferences=owner("DaemonSet", "trace")),
    "pods[9]": daemon(22, SECOND, name="d-3", ownerReferences=owner("DaemonSet", "log")),
    "pods[10]": daemon(23, FIRST, name="d-4", ownerReferences=owner("DaemonSet", "log"), deletionTimestamp="t"),
    "pods[11]": daemon(24, "shared", name="d-5", ownerReferences=owner("DaemonSet", "log")),
    "pods[12]": waiting(25, "other", name="web-1", ownerReferences=owner("ReplicaSet", "web-7d5f9c4b6d")),
    "pods[13]": waiting(26, "other", name="web-2", ownerReferences=owner("ReplicaSet", "web-7d5f9c4b6d")),
    "pods[14]": waiting(27, "other", name="web-3", ownerReferences=owner("ReplicaSet", "web-7d5f9c4b6d"),
                        deletionTimestamp="t"),
    "pods[15]": {**waiting(28, FIRST, name="plain", ownerReferences=[]),
                 "spec": {"nodeName": FIRST, "containers": [{"name": "a"}]}},
    "pods[16]": waiting(29, FIRST, name="w-1", ownerReferences=owner("App", "w")),
    "pods[17]": waiting(30, "shared", name="elsewhere", ownerReferences=[]),
    "pods[18]": waiting(31, "", name="unscheduled", ownerReferences=[]),
    "pods[19]": waiting(32, FIRST, name="probe-1", namespace="a", ownerReferences=owner("DaemonSet", "probe")),
    "pods[20]": pod(33, "other"),
    "pods[21]": daemon(34, FIRST, name="x", ownerReferences=owner("Deployment", "x"),
                       annotations={"k8s.aliyun.com/pod-networking": "gone"}),
    "podENIs": [],
}  # fmt: skip
"""Two pools, a configuration of a node, and pods, labels, taints and PodNetworkings of each kind."""


ACCOUNT = LiveFacts(
        "cn-hangzhou", "2026-11-22",
        LiveCluster("running", "cn-hangzhou", "vpc-1", "dual", "1.34.4-aliyun.1", 4),
        LiveTerway(installed=True, state="active", version="v1.17.0", eni_trunking=False, network_policy=True,
               ipvlan=True),
        v_switches={
            "vsw-n": VSwitch((), "vsw-n", "cn-hangzhou-n", "vpc-1", None, 0),
            "vsw-j": VSwitch((), "vsw-j", "cn-hangzhou-z", "vpc-1", "2408::/64", 100),
        },
        security_groups={"sg-a": SecurityGroup((), "sg-a", "enterprise", "vpc-1"),
                     "sg-n": SecurityGroup((), "sg-n", "normal")},
        pools={
            "first": ExistingPool("first", NP1, "ess", {}, ("ecs.g8i.8xlarge", "ecs.c8i.8xlarge"),
                                  ("vsw-n", "vsw-unknown"), ("sg-n",), desired_size=0),
            "scaled": ExistingPool("scaled", NP2, "ess", {}, ("ecs.g8i.2xlarge",), (), (), 1, (0, 5)),
            "created by hand": ExistingPool("created by hand"),
        },
)  # fmt: skip
"""The account of that cluster."""
SEEN = observe(cluster_example(RICH))
LINGJUN_SEEN = observe(cluster_example(LINGJUN))
NOTHING_EXCLUSIVE = observe(cluster_example({"nodes": [SHARED_NODE], "pods": [], "podENIs": []}))


@pytest.mark.parametrize(
    ("cluster", "live"),
    [(SEEN, None), (SEEN, ACCOUNT), (LINGJUN_SEEN, None), (NOTHING_EXCLUSIVE, None)],
    ids=["rich", "rich with its account", "lingjun", "nothing exclusive"],
)
def test_the_plan_byte_for_byte(cluster: Observed, live: LiveFacts | None, snapshot: SnapshotAssertion) -> None:
    assert (plan_text(cluster) if live is None else plan_text(cluster, live)) == snapshot


def seen(changes: dict[str, Any]) -> Observed:
    return observe(cluster_example(changes))


def value_of(text: str) -> Any:  # noqa: ANN401 - any value
    (document,) = read_documents("plan.yaml", text.encode())
    return document.value


@pytest.mark.parametrize(
    ("ids", "found"),
    [(("c1", "c1", "c1"), "c1"), (("c1", None, None), "c1"), ((None,) * 3, None), (("c1", "c2", "c1"), None)],
)
def test_a_cluster_has_the_id_and_region_that_its_nodes_agree_on(
    ids: tuple[str | None, ...], found: str | None
) -> None:
    for key, other, expected in (
        (CLUSTER_LABEL, REGION_LABEL, (found, "r")), (REGION_LABEL, CLUSTER_LABEL, ("r", found)),
    ):  # fmt: skip
        labels = {label(n, key): each for n, each in enumerate(ids) if each is not None}
        assert cluster_of(seen({**labels, **{label(n, other): "r" for n in range(3)}})) == expected


def test_what_to_read_from_the_account() -> None:
    assert wanted(SEEN, "c1") == Wanted(
        "c1", types=("ecs.g8i.4xlarge", "ecs.g8i.8xlarge"), security_groups=("sg-a", "sg-pods", "sg-t")
    )
    assert wanted(LINGJUN_SEEN, "c1") == Wanted("c1")
    assert wanted(seen({label(n, TYPE_LABEL): ABSENT for n in range(3)}), "c1").types == ()
    assert groups_of(SEEN, ACCOUNT) == ["sg-a", "sg-n", "sg-pods", "sg-t"]


BASE = {"enable_eni_trunking": True, "enable_erdma": True, "ipam_type": "crd", "ip_stack": "dual",
        "security_group": "sg-a", "vswitches": {"cn-hangzhou-j": ["vsw-j", "vsw-j"]}}  # fmt: skip
OWN_CONFIG = TerwayConfig({"vswitches": {"cn-hangzhou-k": ["vsw-k", "vsw-l", "vsw-k"]}})


def test_what_is_configured() -> None:
    base = TerwayConfig(BASE, network_policy=False, virtual_type="veth", custom_cni_chain=True)
    found = configured(SEEN._replace(configs={"eni-config": base, "gpu": OWN_CONFIG, "broken": None}))
    assert found.terway._asdict() == {
        **found.terway._asdict(), "eni_trunking": True, "ipam_type": "crd", "erdma": True, "network_policy": False,
        "virtual_type": "veth", "custom_cni_chain": True,
    }  # fmt: skip
    assert (found.ip_stack, found.pod_defaults) == ("dual", Network(("cluster", "podDefaults"), ("vsw-j",), ("sg-a",)))
    path = ("cluster", "terwayConfigs", "gpu")
    assert found.terway_configs == {"gpu": Network(path, ("vsw-k", "vsw-l"), ("sg-a",))}
    plain = configured(SEEN._replace(configs={"eni-config": TerwayConfig({})}))
    assert (plain.ip_stack, plain.terway.ipam_type, plain.terway_configs) == (None, "default", {})
    alone = configured(SEEN._replace(configs={"gpu": OWN_CONFIG}))
    assert alone.terway_configs == {"gpu": Network(path, ("vsw-k", "vsw-l"), ())}
    assert (alone.pod_defaults, alone.terway.ipam_type) == (None, None)


def facts_of(seen_of: Observed, live: LiveFacts) -> dict[str, Any]:
    found: dict[str, Any] = value_of(facts_text(seen_of, live))["cluster"]
    return found


def test_the_account_fills_in_what_the_cluster_does_not_show() -> None:
    bare = seen(
        {"configMaps": [], "daemonSets": [], **{f"pods[{n}].spec.initContainers[0].image": "x" for n in (4, 5, 6)}}
    )
    found = facts_of(bare, ACCOUNT)
    assert found["terway"] == {
        "version": "v1.17.0",
        "eniTrunking": False,
        "networkPolicy": True,
        "virtualType": "ipvlan",
    }
    assert (found["region"], found["ipStack"], found["vpcId"]) == ("cn-hangzhou", "dual", "vpc-1")
    assert (found["kubernetesVersion"], "podDefaults" in found) == ("1.34.4-aliyun.1", False)
    plain = LiveTerway(installed=True, version="v1.17.0", ipvlan=False)
    assert facts_of(bare, ACCOUNT._replace(terway=plain))["terway"] == {"version": "v1.17.0"}
    assert "terway" not in facts_of(bare, ACCOUNT._replace(terway=None))


def test_a_configuration_comes_before_the_account() -> None:
    config = TerwayConfig(BASE, network_policy=False, virtual_type="veth", custom_cni_chain=False)
    found = facts_of(SEEN._replace(configs={"eni-config": config}), ACCOUNT)
    assert found["terway"] == {
        "version": "v1.16.4", "eniTrunking": True, "ipamType": "crd", "erdma": True, "networkPolicy": False,
        "virtualType": "veth", "customCniChain": False,
    }  # fmt: skip
    assert (
        found["terway"] | {"ipamType": "default", "erdma": False}
        == (
            facts_of(
                SEEN._replace(configs={"eni-config": config._replace(fields={"enable_eni_trunking": True})}), ACCOUNT
            )["terway"]
        )
    )


def test_what_the_account_did_not_say_is_told() -> None:
    unread = (
        Unread(facts.ACCOUNT_POOLS, "no permission", denied=True),
        Unread(facts.ACCOUNT_STOCK, "failed", denied=False),
    )
    text = facts_text(SEEN, ACCOUNT._replace(unread=unread))
    assert text.splitlines()[-1] == f"  # {facts.ACCOUNT_POOLS.words}: no permission"
    assert "failed" not in text


def told(text: str) -> list[str]:
    """Return the keys of the comments in a text."""
    return [line.strip()[2:].partition(":")[0] for line in text.splitlines() if line.startswith("  # ")]


def test_only_what_is_missing_is_told() -> None:
    v_switches = {name: VSwitch((), name, "z", "vpc-1", None, 1) for name in ("vsw-j", "vsw-n")}
    groups = {name: SecurityGroup((), name, "normal") for name in ("sg-a", "sg-n", "sg-pods")}
    live = ACCOUNT._replace(v_switches=v_switches, security_groups=groups)
    pools = {"first": ExistingPool("first", NP1, v_switch_ids=("vsw-n",), security_group_ids=("sg-n",))}
    config = TerwayConfig(BASE, custom_cni_chain=False)
    one = seen({label(n, CLUSTER_LABEL): "c1" for n in range(3)})._replace(configs={"eni-config": config})
    assert told(facts_text(one, live._replace(pools=pools))) == []
    some = live._replace(pools=pools, security_groups={**groups, "sg-n": SecurityGroup((), "sg-n")})
    assert told(facts_text(one, some)) == ["securityGroups[].type"]
    none = live._replace(pools=pools, v_switches={**v_switches, "vsw-n": VSwitch((), "vsw-n", "z")})
    assert told(facts_text(one, none)) == ["vSwitches[].availableIps"]
    nothing = one._replace(configs={}, pod_networkings={}, nodes=one.nodes[:1])
    nothing = nothing._replace(nodes=(nothing.nodes[0]._replace(labels={}),))
    assert told(facts_text(nothing, LiveFacts("", ""))) == [
        "region", "kubernetesVersion", "ipStack", "id", "vpcId", "terway.networkPolicy", "terway.virtualType",
        "terway.customCniChain", "vSwitches[].availableIps", "securityGroups[].type",
    ]  # fmt: skip


def test_nodes_that_terway_does_not_manage_or_that_are_not_exclusive_are_in_no_pool() -> None:
    for key, value in (
        ("k8s.aliyun.com/ignore-by-terway", "true"),
        ("type", "virtual-kubelet"),
        (EXCLUSIVE_LABEL, "x"),
    ):
        found = value_of(plan_text(seen({label(2, key): value})))
        assert found["nodePools"][0]["desiredSize"] == 2
    # An account's pool without an id is not theirs.
    live = ACCOUNT._replace(pools={name: ExistingPool(name, id_of) for name, id_of in (("a", ""), ("b", None))})
    without_id = plan_text(seen({label(n, NODE_POOL_LABEL): ABSENT for n in range(3)}), live)
    assert without_id.splitlines()[1] == (
        "#   exclusive: without an id, so that `eniplan verify PLAN --pool exclusive=ID` finds its nodes"
    )


def test_pools_are_in_the_order_of_their_ids() -> None:
    ids = ("np2", "np1", ABSENT)
    found = plan_text(seen({label(n, NODE_POOL_LABEL): each for n, each in enumerate(ids)}))
    assert [line.split(", so")[0] for line in found.splitlines()[1:4]] == [
        "#   exclusive-1: without an id", "#   exclusive-2: np1", "#   exclusive-3: np2",
    ]  # fmt: skip


def test_a_pool_of_the_account_without_a_name_for_nodes_stays_a_placeholder() -> None:
    found = value_of(plan_text(seen({}), ACCOUNT._replace(pools={"first": ExistingPool("first", NP1)})))
    (pool,) = found["nodePools"]
    assert (pool["name"], pool["desiredSize"], pool["vSwitchIds"]) == ("first", 3, ["your-vsw-nodes-cn-hangzhou-j"])
    assert "securityGroupIds" not in pool
    unknown = plan_text(seen({}), ACCOUNT._replace(pools={"other": ExistingPool("other", "np-x")}))
    assert value_of(unknown)["nodePools"][0]["name"] == "exclusive"
    assert "# vSwitchIds: names that begin with your-" in unknown
    assert "which does not show the names" not in unknown


def test_what_is_filled_in_by_hand_is_told_if_any_pool_is_not_in_the_account() -> None:
    live = ACCOUNT._replace(pools={"first": ACCOUNT.pools["first"]} if ACCOUNT.pools else None)
    text = plan_text(SEEN, live)
    assert [pool["name"] for pool in value_of(text)["nodePools"]] == ["first", "exclusive-2"]
    assert "  # vSwitchIds: names that begin with your-" in text


def test_pod_networkings_are_not_for_lingjun_pools() -> None:
    nodes = {f"nodes[{3 + n}]": changed(found, {f'metadata.labels["{NODE_POOL_LABEL}"]': "np-lingjun"})
             for n, found in enumerate(LINGJUN["nodes"])}  # fmt: skip
    text = plan_text(seen(nodes))
    found = value_of(text)
    assert [pool.get("kind") for pool in found["nodePools"]] == ["lingjun", None]
    assert found["podNetworkings"][0]["nodePools"] == ["exclusive-2"]
    assert "  # lingjun: clusterId and groupId are placeholders" in text


def test_what_differs_among_the_nodes_of_a_pool_is_in_the_order_of_names() -> None:
    names = ("e", "b", "d", "a", "c")
    nodes = {f"nodes[{n}]": node(f"n{n}", **{ZONE_LABEL: name, TYPE_LABEL: name, TERWAY_CONFIG_LABEL: f"config-{name}"})
             for n, name in enumerate(names)}  # fmt: skip
    cluster = seen({**nodes, label(0, TYPE_LABEL): ABSENT, label(1, ZONE_LABEL): ABSENT})
    configs = {f"config-{name}": OWN_CONFIG for name in names}
    found = value_of(plan_text(cluster._replace(configs=configs)))
    (pool,) = found["nodePools"]
    assert pool["instanceTypes"] == ["a", "b", "c", "d"]
    assert pool["vSwitchIds"] == [f"your-vsw-nodes-{name}" for name in "acde"]
    assert pool["terwayConfig"] == "config-a"
    assert list(found["cluster"]["terwayConfigs"]) == sorted(configs)


def test_a_configuration_of_nodes_takes_what_it_does_not_state_from_the_cluster() -> None:
    own = TerwayConfig({"vswitches": {"cn-hangzhou-k": ["vsw-k"]}})
    base = TerwayConfig(BASE)
    found = facts_of(SEEN._replace(configs={"eni-config": base, "gpu-net": own}), ACCOUNT)
    assert found["terwayConfigs"] == {"gpu-net": {"vSwitchIds": ["vsw-k"], "securityGroupIds": ["sg-a"]}}
    alone = facts_of(SEEN._replace(configs={"gpu-net": own}), ACCOUNT)
    assert alone["terwayConfigs"] == {"gpu-net": {"vSwitchIds": ["vsw-k"]}}
    assert "terwayConfigs" not in facts_of(SEEN._replace(configs={"eni-config": base, "gpu-net": None}), ACCOUNT)


def test_pods_of_a_workload_have_the_first_of_their_pod_networkings() -> None:
    changes: dict[str, Any] = {
        "podNetworkings[1]": {**RICH["podNetworkings[1]"], "metadata": {"name": "z"}},
        **{f"pods[{n}].spec.containers": [{"name": "a"}] for n in range(3)},
        'pods[0].metadata.annotations["k8s.aliyun.com/pod-networking"]': "z",
    }
    # Terway adds the request.
    matcher = {"name": "matcher", "namespace": "trading", "kind": "StatefulSet", "replicas": 3, "nodePool": "exclusive"}
    assert loaded(changes)[0]["workloads"] == [{**matcher, "podNetworking": "trading-eni"}]
    gone = {f'pods[{n}].metadata.annotations["k8s.aliyun.com/pod-networking"]': "gone" for n in range(3)}
    assert loaded({**changes, **gone})[0]["workloads"] == [{**matcher, "eniRequest": 0}]
    del changes["pods[1].spec.containers"]
    assert loaded({**changes, **gone})[0]["workloads"] == [matcher]


def test_nodes_without_a_zone_have_a_placeholder() -> None:
    (pool,) = loaded(INCOMPLETE["no zone is known"])[0]["nodePools"]
    assert pool["vSwitchIds"] == ["your-vsw-nodes"]


def test_a_pod_networking_of_several_zones_is_for_pools_there() -> None:
    zones = {label(n, ZONE_LABEL): zone for n, zone in enumerate("jkl")}
    pools = {label(n, NODE_POOL_LABEL): f"np{n}" for n in range(3)}
    status = {"vSwitches": [{"id": "vsw-k", "zone": "k"}, {"id": "vsw-l", "zone": "l"}]}
    found = value_of(plan_text(seen({**zones, **pools, "podNetworkings[0].status": status})))
    assert found["podNetworkings"][0]["nodePools"] == ["exclusive-2", "exclusive-3"]
    assert [pool["name"] for pool in found["nodePools"]] == ["exclusive-1", "exclusive-2", "exclusive-3"]
