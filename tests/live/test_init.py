"""`eniplan init --from-cluster --live`: what kubectl does not tell of a cluster comes from the account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan.cloud.policy import calls_of
from eniplan.rules.examples_cluster import NODES, cluster_example

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.runs import Live
    from tests.loopback import Cloud

CLUSTER_ID = "c0000000000000000000000000000ipv4"
POOL_ID = "np0123456789abcdef0123456789abcdef"
LABELS = {"ack.aliyun.com": CLUSTER_ID, "topology.kubernetes.io/region": "cn-hangzhou"}
CONFIG = {"ipam_type": "crd", "vswitches": {"cn-hangzhou-j": ["vsw-j"]}, "security_groups": ["sg-pods"]}
CHAIN = {"plugins": [{"type": "terway", "eniip_virtual_type": "Veth"}]}


def dumped(folder: Path, **labels: str | None) -> Path:
    """Write the dump of a cluster that the sample account has."""
    changes: dict[str, Any] = {
        f'nodes[{n}].metadata.labels["{key}"]': value
        for n in range(len(NODES))
        for key, value in {**LABELS, **labels}.items()
        if value is not None
    }
    changes["configMaps[0].data"] = {
        "eni_conf": json.dumps(CONFIG), "10-terway.conflist": json.dumps(CHAIN), "disable_network_policy": "true",
    }  # fmt: skip
    file = folder / "dump.json"
    file.write_text(json.dumps(cluster_example(changes)), encoding="utf-8")
    return file


@pytest.fixture
def account(cloud: Cloud) -> Cloud:
    """Return the sample account, with the node pool of the example cluster."""
    pools = cloud.state["clusters"][CLUSTER_ID]["nodepools"]
    own = json.loads(json.dumps(pools[1]))
    own["nodepool_info"] |= {"name": "trading", "nodepool_id": POOL_ID}
    own["scaling_group"] |= {"desired_size": 3}
    own["kubernetes_config"]["labels"] = [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eniOnly"}]
    pools.append(own)
    return cloud


def test_check_accepts_the_plan_and_verify_proves_it(account: Cloud, live: Live, tmp_path: Path) -> None:
    dump = dumped(tmp_path)
    done = live("init", "--from-cluster", "--from", dump, "--live", "-").wait()
    assert (done.code, done.err) == (0, "")
    plan = yaml.safe_load(done.out)
    cluster, (pool,) = plan["cluster"], plan["nodePools"]
    assert (cluster["id"], cluster["region"], cluster["vpcId"]) == (CLUSTER_ID, "cn-hangzhou", "vpc-1")
    assert cluster["kubernetesVersion"] == "1.34.3-aliyun.1"
    assert cluster["vSwitches"] == [
        {"id": "vsw-j", "zone": "cn-hangzhou-j", "vpcId": "vpc-1", "ipv6Cidr": "2408:4005:39c:1::/64",
         "availableIps": 4000}
    ]  # fmt: skip
    groups = [{"id": name, "type": "normal", "vpcId": "vpc-1"} for name in ("sg-nodes", "sg-pods")]
    assert cluster["securityGroups"] == groups
    assert cluster["terway"] == {
        "version": "v1.16.4", "eniTrunking": True, "ipamType": "crd", "erdma": False, "networkPolicy": False,
        "virtualType": "veth", "customCniChain": False,
    }  # fmt: skip
    assert (pool["name"], pool["vSwitchIds"], pool["securityGroupIds"]) == ("trading", ["vsw-j"], ["sg-nodes"])
    assert "your-" not in done.out
    assert "# vpcId:" not in done.out
    assert "# terway." not in done.out
    file = tmp_path / "plan.yaml"
    file.write_text(done.out, encoding="utf-8")
    report = json.loads(live("check", file, "--live", "--format", "json").wait().out)
    told = [(item["rule"], item["level"], item["message"]) for item in report["findings"]]
    assert (report["exitCode"], report["undecided"]) == (0, []), (told, report["undecided"])
    assert live("verify", file, "--from", dump, "--strict").wait().code == 0
    reads = {call.action for call in calls_of(["init"], lingjun=False)}
    assert {request.action for request in account.requests} <= reads


def test_what_may_not_be_read_is_a_comment(account: Cloud, live: Live, tmp_path: Path) -> None:
    account.deny("ecs:DescribeSecurityGroups")
    account.deny("cs:DescribeClusterNodePools")
    done = live("init", "--from-cluster", "--from", dumped(tmp_path), "--live", "-").wait()
    assert done.code == 0
    plan = yaml.safe_load(done.out)
    assert plan["nodePools"][0]["name"] == "exclusive"
    assert plan["cluster"]["securityGroups"] == [{"id": "sg-pods"}]
    assert "  # securityGroups[].type: `aliyun ecs DescribeSecurityGroups`" in done.out
    assert "  # the account's answer about the security groups: " in done.out
    assert "ecs:DescribeSecurityGroups" in done.out


def test_autoscaling_and_facts_alone(account: Cloud, live: Live, tmp_path: Path) -> None:
    pool = account.state["clusters"][CLUSTER_ID]["nodepools"][-1]
    pool["auto_scaling"] = {"enable": True, "min_instances": 1, "max_instances": 9}
    dump, facts = dumped(tmp_path), tmp_path / "facts.yaml"
    plan = yaml.safe_load(live("init", "--from-cluster", "--from", dump, "--live", "-").wait().out)
    assert plan["nodePools"][0]["autoScaling"] == {"min": 1, "max": 9}
    assert live("init", "--from-cluster", "--from", dump, "--live", "--cluster-facts", facts).wait().code == 0
    assert yaml.safe_load(facts.read_text(encoding="utf-8")) == {"cluster": plan["cluster"]}


@pytest.mark.parametrize(
    ("labels", "code", "told"),
    [
        ({"ack.aliyun.com": None}, 3, "the nodes do not show which cluster it is: the label ack.aliyun.com"),
        ({"topology.kubernetes.io/region": None}, 3, "the nodes do not show their region"),
        ({"ack.aliyun.com": "c0000000000000000000000000000none"}, 4, "the account has no cluster c0000"),
    ],
)
def test_which_cluster_is_asked(
    labels: dict[str, str | None], code: int, told: str, live: Live, tmp_path: Path
) -> None:
    done = live("init", "--from-cluster", "--from", dumped(tmp_path, **labels), "--live", "-").wait()
    assert (done.code, done.out) == (code, "")
    assert told in done.err


def test_options_of_the_account_go_with_live(live: Live, tmp_path: Path) -> None:
    done = live("init", "--from-cluster", "--from", dumped(tmp_path), "--ecs-role", "-").wait()
    assert done.code == 2
    assert live("init", "--live", "-").wait().code == 2
