"""`eniplan check --live --context`: Terway's ConfigMaps are read through kubectl, of the plan's cluster only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.rules.examples import ABSENT, changed
from eniplan.rules.examples_cluster import CLUSTER
from tests.emit.support import needs
from tests.kube.support import FakeApi
from tests.live.test_check import CLUSTER as CLUSTER_ID
from tests.live.test_check import changed as planned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live.runs import Live

CONFIG: dict[str, Any] = {
    "ipam_type": "crd", "enable_erdma": True, "vswitches": {"cn-hangzhou-j": ["vsw-j"], "cn-hangzhou-k": ["vsw-k"]},
    "security_groups": ["sg-nodes-2"],
}  # fmt: skip
MAPS = "/api/v1/namespaces/kube-system/configmaps/"


@pytest.fixture
def api() -> Iterator[FakeApi]:
    needs("kubectl")
    server = FakeApi()
    yield server
    server.close()


def shown(api: FakeApi, cluster_id: object = CLUSTER_ID, **config: Any) -> dict[str, Any]:  # noqa: ANN401 - eni_conf
    """Let the API server be that of a cluster, and return it."""
    data = {"eni_conf": json.dumps({**CONFIG, **config}), "disable_network_policy": "true"}
    changes: dict[str, Any] = {"configMaps[0].data": data}
    if cluster_id is not ABSENT:
        changes |= {f'nodes[{n}].metadata.labels["ack.aliyun.com"]': cluster_id for n in range(3)}
    state = changed(CLUSTER, changes)
    api.states = [state]
    return state


def ask(live: Live, api: FakeApi, plan: dict[str, Any], folder: Path, *args: str) -> Any:  # noqa: ANN401 - a Result
    more = ("--context", "fake", "--kubeconfig", str(api.kubeconfig(folder)), "--format", "json", *args)
    return live("check", "-", "--live", *more, stdin=json.dumps(plan).encode()).wait()


class TestContext:
    def test_contradictions_are_findings_and_the_cluster_wins(self, live: Live, api: FakeApi, tmp_path: Path) -> None:
        shown(api)
        stated = {"erdma": False, "networkPolicy": True}
        plan = planned(cluster__terway=stated, cluster__podDefaults={"vSwitchIds": ["vsw-j"]})
        report = json.loads(ask(live, api, plan, tmp_path).out)
        told = {item["path"]: item for item in report["findings"] if item["rule"] == "LIVE012"}
        assert set(told) == {"cluster.terway.erdma", "cluster.terway.networkPolicy", "cluster.podDefaults.vSwitchIds"}
        assert told["cluster.podDefaults.vSwitchIds"]["facts"]["cluster"] == ["vsw-j", "vsw-k"]
        assert "get configmap eni-config" in told["cluster.terway.erdma"]["hint"]
        assert "ENI006" in {item["rule"] for item in report["findings"]}  # judged with eRDMA
        assert not [item for item in report["findings"] if "sg-nodes-2" in item["message"]]  # it exists: asked for
        asked = {path.partition("?")[0] for path in api.asked}
        assert asked == {"/api/v1/nodes", f"{MAPS}eni-config"}

    def test_what_nobody_states_is_known(self, live: Live, api: FakeApi, tmp_path: Path) -> None:
        shown(api, enable_erdma=False)
        report = json.loads(ask(live, api, planned(), tmp_path).out)
        words = {item["fact"] for item in report["undecided"]}
        assert not words & {"cluster.terway.erdma", "cluster.terway.ipamType", "cluster.podDefaults"}
        assert "LIVE012" not in {item["rule"] for item in report["findings"]}

    def test_another_cluster_is_refused(self, live: Live, api: FakeApi, tmp_path: Path) -> None:
        shown(api, "c9999999999999999999999999999ipv4")
        done = ask(live, api, planned(), tmp_path)
        assert (done.code, json.loads(done.out)["exitCode"]) == (3, 3)
        assert "context fake belongs to cluster c9999999999999999999999999999ipv4; the plan is for" in done.err

    def test_a_cluster_that_does_not_say_which_it_is(self, live: Live, api: FakeApi, tmp_path: Path) -> None:
        shown(api, ABSENT)
        report = json.loads(ask(live, api, planned(cluster__terway={"erdma": False}), tmp_path).out)
        assert "LIVE012" not in {item["rule"] for item in report["findings"]}
        (why,) = (item["hint"] for item in report["undecided"] if "LIVE012" in item["rules"])
        assert "no node of context fake has the label ack.aliyun.com" in why

    def test_what_may_not_be_read(self, live: Live, api: FakeApi, tmp_path: Path) -> None:
        shown(api)
        api.forbidden = {f"{MAPS}eni-config"}
        done = ask(live, api, planned(), tmp_path)
        (why,) = (item["hint"] for item in json.loads(done.out)["undecided"] if "LIVE012" in item["rules"])
        assert "is forbidden" in why

    def test_a_node_level_config(self, live: Live, api: FakeApi, tmp_path: Path) -> None:
        state = shown(api)
        own = {**state["configMaps"][0], "metadata": {"name": "gpu-net", "namespace": "kube-system"},
               "data": {"eni_conf": json.dumps({"vswitches": {"cn-hangzhou-j": ["vsw-j-ipv4"]}})}}  # fmt: skip
        api.states = [{**state, "configMaps": [*state["configMaps"], own]}]
        configs = {"gpu-net": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]}}
        plan = planned(cluster__terwayConfigs=configs, pool__terwayConfig="gpu-net")
        report = json.loads(ask(live, api, plan, tmp_path).out)
        told = {item["path"] for item in report["findings"] if item["rule"] == "LIVE012"}
        prefix = "cluster.terwayConfigs.gpu-net"
        assert {path.replace('["gpu-net"]', ".gpu-net") for path in told} == {
            f"{prefix}.vSwitchIds", f"{prefix}.securityGroupIds",
        }  # fmt: skip


def test_it_goes_with_live(live: Live) -> None:
    done = live("check", "-", "--context", "fake", stdin=json.dumps(planned()).encode()).wait()
    assert done.code == 2
    assert "--context and --kubeconfig require --live" in done.err
