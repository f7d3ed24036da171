"""`eniplan check --live` as a process against the loopback cloud: what is asked, what wins, and what goes wrong."""

from __future__ import annotations

import copy
import json
import threading
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from eniplan.cloud.policy import calls_of
from tests.harness import Result
from tests.inputs.support import BODY, LABEL, terraform_plan
from tests.live.runs import SECRET
from tests.loopback import Cloud

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.cloud.calls import Call
    from tests.live.runs import Live
    from tests.loopback.server import Request

CLUSTER = "c0000000000000000000000000000ipv4"
PLAN: dict[str, Any] = {
    "apiVersion": "eniplan/v1",
    "cluster": {"id": CLUSTER, "region": "cn-hangzhou"},
    "nodePools": [
        {
            "name": "trading",
            "instanceTypes": ["ecs.g8i.8xlarge"],
            "vSwitchIds": ["vsw-j"],
            "securityGroupIds": ["sg-nodes"],
            "desiredSize": 3,
        }
    ],
    "podNetworkings": [
        {
            "name": "trading-eni",
            "nodePools": ["trading"],
            "podSelector": {"matchLabels": {"network": "trading-eni"}},
            "vSwitchIds": ["vsw-j"],
            "securityGroupIds": ["sg-pods"],
        }
    ],
}
LINGJUN: dict[str, Any] = {
    "name": "training",
    "kind": "lingjun",
    "vSwitchIds": ["vsw-j"],
    "lingjun": {"clusterId": "i1169130516630001", "groupId": "ng-gpu"},
}
READS = calls_of(["check"], lingjun=False)
ALL_READS = calls_of(["check"], lingjun=True)
IDS = [call.action for call in READS]
OTHERS = [call.action for call in READS[1:]]


def changed(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - values of a plan
    """Return the plan with changes: `cluster__region`, `pool__vSwitchIds`, or a key of the plan."""
    plan = copy.deepcopy(PLAN)
    for name, value in changes.items():
        part, _, key = name.rpartition("__")
        inner = {"": plan, "cluster": plan["cluster"], "pool": plan["nodePools"][0]}[part]
        inner[key] = value
    return plan


def start(live: Live, plan: dict[str, Any], *args: str, **options: Any) -> Any:  # noqa: ANN401 - a LiveRun
    return live("check", "-", "--live", *args, stdin=json.dumps(plan, indent=1).encode(), **options)


def check(live: Live, plan: dict[str, Any], *args: str, **options: Any) -> Result:  # noqa: ANN401 - those of `live`
    result: Result = start(live, plan, *args, **options).wait()
    assert "fault" not in result.err, result.err
    return result


def report(live: Live, plan: dict[str, Any], **options: Any) -> dict[str, Any]:  # noqa: ANN401 - those of `live`
    found: dict[str, Any] = json.loads(check(live, plan, "--format", "json", **options).out)
    return found


def rules(found: dict[str, Any]) -> set[str]:
    return {finding["rule"] for finding in found["findings"]}


class TestGood:
    def test_id_and_region_are_enough(self, live: Live, cloud: Cloud) -> None:
        found = report(live, PLAN)
        assert (found["exitCode"], found["findings"]) == (0, [])
        # What stands in ConfigMaps of the cluster, ACK's API does not tell.
        missing = {f"cluster.terway.{key}" for key in ("erdma", "ipamType", "virtualType", "customCniChain")}
        assert {item["fact"] for item in found["undecided"]} == missing | {"cluster.podDefaults"}
        assert found["pools"][0]["addresses"]["vsw-j"]["available"] == 4000
        (account,) = found["accounts"]
        assert (account["cluster"], account["region"]) == (CLUSTER, "cn-hangzhou")
        assert all(request.key and request.status == 200 for request in cloud.requests)

    def test_the_number_comes_from_the_account_and_says_so(self, live: Live, cloud: Cloud) -> None:
        cloud.state["instanceTypes"]["ecs.g8i.8xlarge"] = {"EniQuantity": 5}
        found = report(live, PLAN)
        assert found["exitCode"] == 1
        (finding,) = [finding for finding in found["findings"] if finding["rule"] == "ENI001"]
        source = finding["sources"][0]
        assert source["title"] == "the account, asked in cn-hangzhou"
        assert source["date"] == found["accounts"][0]["readOn"]
        assert "LIVE009" in rules(found)

    def test_a_type_that_no_document_has_limits_for(self, live: Live) -> None:
        plan = changed(pool__instanceTypes=["ecs.i4.8xlarge"])
        assert rules(report(live, plan)) == set()

    def test_a_family_is_what_the_account_offers_of_it(self, live: Live, cloud: Cloud) -> None:
        cloud.state["instanceTypes"]["ecs.g8i.6xlarge"] = None
        plan = changed(pool__instanceFamilies=["ecs.g8i"])
        del plan["nodePools"][0]["instanceTypes"]
        found = report(live, plan)
        assert "ecs.g8i.8xlarge" in found["pools"][0]["podsPerNode"]
        assert "ecs.g8i.6xlarge" not in found["pools"][0]["podsPerNode"]
        assert "LIVE005" not in rules(found)

    def test_lingjun(self, live: Live) -> None:
        plan = changed(nodePools=[LINGJUN], podNetworkings=[])
        plan["cluster"]["id"] = "c0000000000000000000000000lingjun"
        found = report(live, plan)
        assert "LJ004" not in rules(found)
        assert list(found["pools"][0]["podsPerNode"]) == ["ebs-enhanced"]
        assert found["pools"][0]["nodes"] == {"desired": 2, "max": 2}

    @pytest.mark.parametrize(
        ("action", "status", "said"),
        [
            ("DescribeNodeGroup", 404, {"LIVE010", "LJ004"}),  # the plan's own node type is judged, and nobody knows it
            ("DescribeNodeType", 404, {"LIVE001"}),  # that of the nodes is taken, with the limits of the instance data
            ("ListClusterNodes", 200, {"LJ004"}),  # there are no nodes to tell of a type
        ],
    )
    def test_lingjun_things_that_are_not_there(
        self, live: Live, cloud: Cloud, action: str, status: int, said: set[str]
    ) -> None:
        cloud.fault(action, "answer", status=status, body={"Code": "RESOURCE_NOT_FOUND", "Nodes": []})
        lingjun = {**LINGJUN, "lingjun": {**LINGJUN["lingjun"], "nodeType": "efg.unknown"}}
        found = report(live, changed(nodePools=[lingjun], podNetworkings=[]))
        assert found["problems"] == []
        assert rules(found) == said

    def test_two_plans_for_one_cluster_ask_once(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        for name in ("a", "b"):
            plan = changed(podNetworkings=[])
            plan["nodePools"][0]["name"] = name
            (tmp_path / f"{name}.json").write_text(json.dumps(plan))
        result = live("check", tmp_path, "--live").wait()
        assert result.code == 0, result
        assert len(cloud.calls("DescribeClusterDetail")) == 1
        assert len(cloud.calls("DescribeAvailableResource")) == 1

    def test_one_plan_that_cannot_be_read_does_not_stop_another(self, live: Live, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text(json.dumps(PLAN))
        result = live("check", tmp_path / "a.json", tmp_path / "none.json", "--live", "--format", "json").wait()
        assert result.code == 3
        assert [pool["name"] for pool in json.loads(result.out)["pools"]] == ["trading"]


TYPE, ZONE = "ecs.g8i.8xlarge", "cn-hangzhou-j"
TERWAY = "addons/terway-eniip"
FIRST_TYPE = "nodePools[0].instanceTypes[0]"
CONTRADICTIONS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("LIVE001", "cluster.ipStack", {"cluster__ipStack": "dual"}, {}),
    ("LIVE001", "cluster.terway.version", {"cluster__terway": {"version": "v1.10.0"}}, {}),
    ("LIVE002", "cluster.id", {}, {"detail/state": "updating"}),
    ("LIVE003", "cluster.region", {}, {"detail/region_id": "cn-beijing"}),
    ("LIVE004", "cluster.terway", {}, {"addons": {}}),
    ("LIVE004", "cluster.terway", {}, {f"{TERWAY}/state": "deleting"}),
    ("TW001", "cluster.terway.version", {}, {f"{TERWAY}/version": "v1.10.0"}),
    ("TW009", "cluster.terway.networkPolicy", {}, {f"{TERWAY}/config": {"NetworkPolicy": "true"}}),
    ("DS001", FIRST_TYPE, {"pool__instanceTypes": ["ecs.g6.8xlarge"]}, {"detail/ip_stack": "dual"}),
    ("LIVE005", FIRST_TYPE, {}, {f"stock/{TYPE}": {ZONE: None}}),
    ("LIVE005", FIRST_TYPE, {"pool__instanceTypes": ["ecs.g8i.9xlarge"]}, {}),
    ("LIVE006", FIRST_TYPE, {}, {f"stock/{TYPE}": {ZONE: "WithoutStock"}}),
    ("LIVE007", "nodePools[0].vSwitchIds[0]", {"pool__vSwitchIds": ["vsw-other-vpc"]}, {}),
    ("LIVE007", "nodePools[0].securityGroupIds[0]", {"pool__securityGroupIds": ["sg-other-vpc"]}, {}),
    ("LIVE007", "nodePools[0].securityGroupIds[0]", {"pool__securityGroupIds": ["sg-none"]}, {}),
    ("LIVE008", "nodePools", {}, {"quota/cluster_nodepool_quota": 2}),
    ("LIVE008", "nodePools", {"pool__desiredSize": 98}, {}),
    ("NET002", "cluster.vSwitches", {"pool__desiredSize": 9000 // 8}, {"quota/node_quota": 5000}),
    ("NP003", "nodePools[0].name", {"pool__name": "trading-shared"}, {}),
]
"""(rule, place, changes of the plan, changes of the account)"""


def alter(cloud: Cloud, path: str, value: object) -> None:
    """Change the state of the account, or of the plan's cluster in it."""
    *steps, last = path.split("/")
    inner = cloud.state["clusters"][CLUSTER] if path.startswith(("detail", "addons")) else cloud.state
    for step in steps:
        inner = inner[step]
    inner[last] = value


@pytest.mark.parametrize("case", CONTRADICTIONS, ids=[f"{case[0]}-{i}" for i, case in enumerate(CONTRADICTIONS)])
def test_what_the_account_says_is_judged(
    live: Live, cloud: Cloud, case: tuple[str, str, dict[str, Any], dict[str, Any]]
) -> None:
    rule, place, plan, account = case
    for path, value in account.items():
        alter(cloud, path, value)
    found = report(live, changed(**plan))
    (finding, *_) = [finding for finding in found["findings"] if finding["rule"] == rule]
    assert finding["path"] == place
    assert found["exitCode"] == (1 if finding["level"] == "error" else 0)


class TestDenied:
    @pytest.mark.parametrize("call", ALL_READS, ids=[call.action for call in ALL_READS])
    def test_each_fact_names_the_missing_action_and_the_rest_is_judged(
        self, live: Live, cloud: Cloud, call: Call
    ) -> None:
        cloud.deny(call.ram_action)
        plan = changed(nodePools=[*PLAN["nodePools"], LINGJUN], cluster__vpcId="vpc-1")
        plan["nodePools"][0] = {**plan["nodePools"][0], "instanceTypes": ["ecs.g7.2xlarge"]}
        found = report(live, plan)
        assert any(f"RAM denies {call.ram_action}" in item["hint"] for item in found["undecided"])
        assert "ENI001" in rules(found)
        assert (found["problems"], found["exitCode"]) == ([], 1)

    @pytest.mark.parametrize(
        "code", ["AccessDenied", "Unauthorized.RAM", "403", "", "Forbidden.SubUser", "NoPermission"]
    )
    def test_in_the_words_of_other_services(self, live: Live, cloud: Cloud, code: str) -> None:
        body = {"Code": code, "Message": "not authorized", "RequestId": "R1"}
        cloud.fault("DescribeVSwitches", "answer", status=403, body=body)
        found = report(live, PLAN)
        assert any("RAM denies vpc:DescribeVSwitches" in item["hint"] for item in found["undecided"])
        assert (found["problems"], found["exitCode"]) == ([], 0)

    def test_what_is_refused_for_another_reason_is_no_missing_permission(self, live: Live, cloud: Cloud) -> None:
        body = {"Code": "InvalidVSwitchId.IpNotEnough", "Message": "full", "RequestId": "R1"}
        cloud.fault("DescribeVSwitches", "answer", status=403, body=body)
        result = check(live, PLAN)
        assert (result.code, "RAM denies" in result.out + result.err) == (4, False)

    def test_everything(self, live: Live, cloud: Cloud) -> None:
        cloud.deny(*(call.ram_action for call in READS))
        found = report(live, PLAN)
        said = " ".join(item["hint"] for item in found["undecided"])
        # The vSwitches are not asked for: nobody knows the VPC.
        for call in READS[:-1]:
            assert call.ram_action in said
        assert rules(found) == {"TW008"}

    def test_strict_fails(self, live: Live, cloud: Cloud) -> None:
        cloud.deny("cs:DescribeUserQuota")
        assert check(live, PLAN, "--strict").code == 1


class TestFaults:
    @pytest.mark.parametrize("kind", ["reset", "500", "502", "empty", "truncated", "throttle"])
    def test_what_passes_is_tried_again(self, live: Live, cloud: Cloud, kind: str) -> None:
        for call in READS:
            cloud.fault(call.action, kind, call=1)
        assert check(live, PLAN).code == 0
        for call in READS:
            assert [kind in request.faults for request in cloud.calls(call.action)][:2] == [True, False]

    def test_the_server_says_how_long_to_wait(self, live: Live, cloud: Cloud) -> None:
        cloud.fault("DescribeUserQuota", "throttle", call=1, retry_after=700)
        assert check(live, PLAN).code == 0
        first, second = cloud.calls("DescribeUserQuota")
        assert second.at - first.at >= 0.7

    def test_nobody_waits_for_an_hour(self, live: Live, cloud: Cloud) -> None:
        cloud.fault("DescribeUserQuota", "throttle", retry_after=3_600_000)
        result = check(live, PLAN)
        assert result.code == 4
        assert len(cloud.calls("DescribeUserQuota")) == 1
        assert "DescribeUserQuota is throttled: Throttling.User" in result.err

    @pytest.mark.parametrize("kind", ["reset", "502", "list"])
    def test_without_the_cluster_nothing_is_judged(self, live: Live, cloud: Cloud, kind: str) -> None:
        cloud.fault("*", kind)
        result = check(live, PLAN)
        assert (result.code, result.out) == (4, "")
        assert result.err.startswith(f"the account in cn-hangzhou at {cloud.url}: error: DescribeClusterDetail")
        assert result.err.count("\n") <= 2
        assert len(cloud.calls("DescribeClusterDetail")) == 4

    def test_no_connection(self, live: Live, cloud: Cloud) -> None:
        cloud.close_port()
        result = check(live, PLAN)
        assert (result.code, result.out) == (4, "")
        assert "DescribeClusterDetail: no connection\n" in result.err
        assert "--endpoint" in result.err

    def test_a_token_that_ends_while_it_is_used(self, live: Live, cloud: Cloud) -> None:
        body = {"Code": "InvalidSecurityToken.Expired", "Message": "it has expired", "RequestId": "R1"}
        cloud.fault("DescribeVSwitches", "answer", status=403, body=body)
        result = check(live, PLAN)
        assert (result.code, result.out) == (4, "")
        said = "the credentials are not accepted: InvalidSecurityToken.Expired: it has expired (request R1)"
        assert said in result.err
        assert len(cloud.calls("DescribeVSwitches")) == 1

    def test_a_temporary_key_without_its_token(self, live: Live, cloud: Cloud) -> None:
        body = {"Code": "MissingSecurityToken", "Message": "SecurityToken is mandatory", "RequestId": "R1"}
        cloud.fault("*", "answer", status=400, body=body)
        result = check(live, PLAN)
        assert result.code == 4
        assert result.err.endswith("\n    a temporary access key needs its token: set ALIBABA_CLOUD_SECURITY_TOKEN\n")
        assert len(cloud.calls("DescribeClusterDetail")) == 1

    def test_a_cluster_without_a_vpc(self, live: Live, cloud: Cloud) -> None:
        alter(cloud, "detail/vpc_id", "")
        result = check(live, PLAN)
        assert result.code == 4
        assert "about the vSwitches of the VPC: DescribeClusterDetail: the answer names no VPC" in result.err

    def test_a_cluster_that_is_not_there(self, live: Live, cloud: Cloud) -> None:
        plan = changed(cluster__id="c0000000000000000000000000000none")
        result = check(live, plan)
        assert (result.code, result.out) == (4, "")
        assert result.err.startswith("-:4:9: error: the account has no cluster c0000000000000000000000000000none in")
        assert len(cloud.calls("DescribeClusterDetail")) == 1

    @pytest.mark.parametrize("action", OTHERS)
    def test_wrong_types_in_one_answer_leave_that_fact_unknown(self, live: Live, cloud: Cloud, action: str) -> None:
        cloud.fault(action, "wrong-types")
        result = check(live, changed(pool__instanceTypes=["ecs.g7.2xlarge"]))
        assert result.code == 4
        assert f"{action}: the answer cannot be used:" in result.err
        assert "ENI001" in result.out

    def test_wrong_types_in_all_answers(self, live: Live, cloud: Cloud) -> None:
        cloud.fault("*", "wrong-types")
        result = check(live, PLAN)
        assert (result.code, result.out) == (4, "")
        assert "DescribeClusterDetail: the answer cannot be used: state is not a string" in result.err

    @pytest.mark.parametrize(
        ("action", "body"),
        [
            ("DescribeClusterNodePools", {}),
            ("DescribeVSwitches", {"TotalCount": 10**9, "VSwitches": {"VSwitch": []}}),
            ("DescribeInstanceTypes", {"NextToken": "again", "InstanceTypes": {"InstanceType": []}}),
            ("GetClusterAddonInstance", {"version": "v1.16.4", "config": "{"}),
            ("GetClusterAddonInstance", {"version": "v1.16.4", "config": "[]"}),
        ],
    )
    def test_answers_that_mean_nothing(self, live: Live, cloud: Cloud, action: str, body: dict[str, Any]) -> None:
        cloud.fault(action, "answer", status=200, body=body)
        result = check(live, PLAN)
        assert result.code == 4
        assert action in result.err

    def test_an_account_that_does_not_know_the_type_of_stock(self, live: Live, cloud: Cloud) -> None:
        body = {"Code": "InvalidInstanceType.ValueNotSupported", "Message": "no", "RequestId": "1"}
        cloud.fault("DescribeAvailableResource", "answer", status=403, body=body)
        assert "LIVE005" in rules(report(live, PLAN))


class Gated(Cloud):
    """A cloud that answers nothing until the test lets a whole wave of requests pass."""

    def __init__(self) -> None:
        """Take the sample account."""
        super().__init__()
        self._gate = threading.Condition()
        self._waiting: list[str] = []
        self._wave = 0

    def handle(self, request: Request, exchange: Any) -> None:  # noqa: ANN401 - the server's own
        """Wait for the wave, then do as any cloud."""
        with self._gate:
            self._waiting.append(request.action)
            self._gate.notify_all()
            wave = self._wave
            self._gate.wait_for(lambda: self._wave > wave)
        super().handle(request, exchange)

    def wave(self, size: int) -> list[str]:
        """Wait until this many requests wait together, let them pass, and return their actions."""
        with self._gate:
            assert self._gate.wait_for(lambda: len(self._waiting) >= size, 60), self._waiting
            found, self._waiting = sorted(self._waiting), []
            self._wave += 1
            self._gate.notify_all()
        return found


def test_three_round_trips(live: Live) -> None:
    """No call waits for more than two others: with nothing answered in between, three waves bring all of them."""
    types = [f"ecs.{family}.8xlarge" for family in ("g8i", "c8i", "r8i", "g7", "c7", "r7", "g8y", "c8y", "r8y", "g6")]
    switches = ["vsw-j", "vsw-k", "vsw-i", *(f"vsw-team-0{n}" for n in range(5))]
    plan = changed(pool__instanceTypes=types, pool__vSwitchIds=switches)
    plan["nodePools"].append(LINGJUN)
    with Gated() as cloud:
        run = start(live, plan, env={"ENIPLAN_ENDPOINT": cloud.url})
        first = cloud.wave(7 + len(types))
        assert first.count("DescribeAvailableResource") == len(types)
        assert cloud.wave(2) == ["DescribeVSwitches", "ListClusterNodes"]
        assert cloud.wave(2) == ["DescribeNodeType", "DescribeVSwitches"]
        assert run.wait().code in (0, 1)
        assert len(cloud.requests) == 7 + len(types) + 4


def test_ctrl_c_does_not_wait_for_answers(live: Live, cloud: Cloud) -> None:
    cloud.fault("*", "hold")
    run = start(live, PLAN, env={"ENIPLAN_READ_TIMEOUT": "60"})
    cloud.wait_for("DescribeClusterDetail")
    run.interrupt()
    # Every answer is still held back when it has ended.
    assert run.wait(10) == Result(130, "", "interrupted: run the same command again\n")


class TestSecrets:
    TOKEN = "loopback-token"  # noqa: S105 - planted
    PASSWORD = "Pl4nted-Passw0rd"  # noqa: S105 - planted

    def test_a_server_that_repeats_them(self, live: Live, cloud: Cloud) -> None:
        cloud.fault("*", "echo-secret")
        env = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.loopback",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "loopback-sts-secret",
            "ALIBABA_CLOUD_SECURITY_TOKEN": self.TOKEN,
            "ENIPLAN_DEBUG": "1",
            "DEBUG": "sdk",
        }
        for form in ("text", "json"):
            result = start(live, PLAN, "--format", form, env=env).wait()
            for secret in ("loopback-sts-secret", self.TOKEN):
                assert secret not in result.out + result.err
        assert "RAM denies cs:DescribeClusterDetail" in result.out

    def test_in_a_message_that_is_shown(self, live: Live, cloud: Cloud) -> None:
        body = {"code": f"Odd.{SECRET}", "message": f"signed with {SECRET}", "requestId": SECRET}
        cloud.fault("DescribeClusterDetail", "answer", status=400, body=body)
        result = start(live, PLAN, env={"ENIPLAN_DEBUG": "1"}).wait()
        assert result.code == 4
        assert "signed with ***" in result.err
        assert SECRET not in result.out + result.err

    def test_a_password_in_the_plan_is_not_shown(self, live: Live, cloud: Cloud) -> None:
        cloud.fault("DescribeUserQuota", "echo-secret")
        plan = changed(pool__overrides={"scaling_group": {"login_password": self.PASSWORD}})
        for form in ("text", "json"):
            result = start(live, plan, "--format", form).wait()
            assert result.code == 1
            assert self.PASSWORD not in result.out + result.err
        assert not any(self.PASSWORD.encode() in request.body for request in cloud.requests)


def test_the_calls_are_those_of_the_policy(live: Live, cloud: Cloud) -> None:
    check(live, PLAN)
    assert set(cloud.actions) == {call.action for call in READS}
    plan = changed(nodePools=[*PLAN["nodePools"], LINGJUN])
    check(live, plan)
    assert set(cloud.actions) == {call.action for call in ALL_READS}


class TestOtherInputs:
    """What no plan states, the account tells."""

    AFTER: ClassVar = {
        "cluster_id": CLUSTER, "node_pool_name": "trading", "instance_types": ["ecs.g8i.8xlarge"], "desired_size": "3",
        "vswitch_ids": ["vsw-j"], "labels": [LABEL], "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}],
    }  # fmt: skip

    def test_a_terraform_plan_names_its_cluster(self, live: Live) -> None:
        region = {"ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}
        found = report(live, terraform_plan(self.AFTER), env=region)
        assert (found["exitCode"], found["findings"], found["accounts"][0]["cluster"]) == (0, [], CLUSTER)
        found = report(live, terraform_plan(self.AFTER | {"node_pool_name": "trading-shared"}), env=region)
        assert rules(found) == {"NP003"}

    def test_a_body_needs_to_be_told_the_cluster(self, live: Live, tmp_path: Path) -> None:
        result = check(live, BODY)
        assert (result.code, "the plan has no cluster.id" in result.err) == (3, True)
        assert "for inputs other than plans, in the file passed with --cluster\n" in result.err
        other = tmp_path / "plan.json"
        other.write_text(json.dumps(PLAN), encoding="utf-8")
        beside = check(live, BODY, str(other))
        assert (beside.code, "pool trading: exclusive pods" in beside.out) == (3, True)
        (tmp_path / "cluster.json").write_text(json.dumps(PLAN["cluster"]), encoding="utf-8")
        assert check(live, BODY, "--cluster", str(tmp_path / "cluster.json")).code == 0
