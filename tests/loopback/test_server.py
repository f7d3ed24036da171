"""The loopback cloud as the published SDK sees it: nothing here knows eniplan."""
# ruff: noqa: ANN401 - JSON values and the SDK have no types

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

import pytest
import yaml

from tests.harness import REPO, TIMEOUT, clean_env, run_process
from tests.live.runs import KEY, SECRET
from tests.loopback import Cloud, Fault
from tests.loopback.faults import KINDS, wrong_types

if TYPE_CHECKING:
    from pathlib import Path

# The SDK still calls datetime.utcnow, which newer Pythons warn of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

IPV4, DUAL = "c0000000000000000000000000000ipv4", "c0000000000000000000000000000dual"
POOLS = f"/clusters/{IPV4}/nodepools"
BODY: dict[str, Any] = {
    "nodepool_info": {"name": "trading"},
    "scaling_group": {
        "instance_types": ["ecs.g8i.8xlarge"], "vswitch_ids": ["vsw-j"], "desired_size": 3,
        "login_password": "Aa1!aaaa",
    },
    "kubernetes_config": {
        "labels": [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eniOnly"}],
        "taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}],
    },
}  # fmt: skip


class Sdk(Protocol):
    """One call by the SDK: the answer's body, or the SDK's exception."""

    def __call__(
        self, action: str, path: str = "/", *, method: str = "", version: str = "", body: Any = None, **query: Any
    ) -> Any: ...


VERSIONS = {"DescribeVSwitches": "2016-04-28", "DescribeNodeGroup": "2022-12-15", "ListClusterNodes": "2022-12-15",
            "DescribeNodeType": "2022-12-15"}  # fmt: skip


@pytest.fixture
def sdk(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Sdk:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return sdk_of(cloud)


def sdk_of(
    cloud: Cloud, key: str = KEY, secret: str = SECRET, token: str | None = None, *, timeout: int = 30_000
) -> Sdk:
    """Return calls with these credentials and this read time-out in milliseconds."""
    # Read by the SDK when it is imported: no question to a metadata service.
    os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
    from alibabacloud_tea_openapi.client import Client  # noqa: PLC0415 - half a second that other tests do not pay
    from alibabacloud_tea_openapi.utils import Utils  # noqa: PLC0415 - the same
    from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params  # noqa: PLC0415 - the same
    from darabonba.runtime import RuntimeOptions  # noqa: PLC0415 - the same

    client = Client(
        Config(endpoint=f"127.0.0.1:{cloud.port}", protocol="HTTP", region_id="cn-hangzhou", access_key_id=key,
               access_key_secret=secret, security_token=token, read_timeout=timeout)
    )  # fmt: skip

    def call(
        action: str, path: str = "/", *, method: str = "", version: str = "", body: Any = None, **query: Any
    ) -> Any:
        roa = path != "/"
        version = version or VERSIONS.get(action, "2015-12-15" if roa else "2014-05-26")
        style, sends = ("ROA", "json") if roa else ("RPC", "formData")
        params = Params(
            action=action, version=version, protocol="HTTPS", pathname=path, auth_type="AK", style=style,
            method=method or ("GET" if roa else "POST"), req_body_type=sends, body_type="json",
        )  # fmt: skip
        if version == "2022-12-15":
            request = OpenApiRequest(body=query)
        else:
            request = OpenApiRequest(query=Utils.query(query), body=body)
        return client.call_api(params, request, RuntimeOptions())["body"]

    return call


def refusal(sdk: Sdk, *args: Any, **kwargs: Any) -> Any:
    """Return the exception of a call that the server answers with an error."""
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException  # noqa: PLC0415 - as above

    with pytest.raises(AlibabaCloudException) as caught:
        sdk(*args, **kwargs)
    return caught.value


def broken(sdk: Sdk, *args: Any, **kwargs: Any) -> str:
    """Return what is known of a call without an answer that can be read."""
    from darabonba.exceptions import UnretryableException  # noqa: PLC0415 - as above

    with pytest.raises(UnretryableException) as caught:
        sdk(*args, **kwargs)
    return f"{caught.value.inner_exception!r} {caught.value.inner_exception}"


class TestSignature:
    @pytest.mark.parametrize(
        ("action", "path", "query"),
        [
            ("DescribeClusterNodePools", POOLS, {"NodepoolName": "a b+c/ä~*"}),
            ("DescribeSecurityGroups", "/", {"RegionId": "cn-hangzhou", "SecurityGroupIds": '["sg-1","sg-2"]'}),
            ("DescribeInstanceTypes", "/", {"InstanceTypes": ["ecs.g7.xlarge"], "NextToken": ""}),
            ("ListClusterNodes", "/", {"ClusterId": "i 1/ä", "NodeGroupId": "ng-gpu"}),
        ],
    )
    def test_the_sdks_own_is_right(self, sdk: Sdk, cloud: Cloud, action: str, path: str, query: dict[str, Any]) -> None:
        sdk(action, path, **query)
        (request,) = cloud.requests
        assert (request.action, request.key, request.acted, request.status) == (action, KEY, True, 200)

    def test_odd_ids_in_paths_are_read_back(self, sdk: Sdk, cloud: Cloud) -> None:
        error = refusal(sdk, "DescribeClusterDetail", "/clusters/c%2F1%20%C3%A4")
        assert (error.code, error.status_code) == ("ErrorClusterNotFound", 404)
        assert "c/1 ä" in error.message
        assert cloud.requests[0].path == "/clusters/c%2F1%20%C3%A4"

    def test_another_secret_is_refused(self, cloud: Cloud) -> None:
        error = refusal(sdk_of(cloud, secret="guessed"), "DescribeUserQuota", "/quota")  # noqa: S106 - a wrong one
        assert (error.code, error.status_code) == ("SignatureDoesNotMatch", 400)
        assert not cloud.requests[0].acted

    def test_another_key_is_refused(self, cloud: Cloud) -> None:
        assert (
            refusal(sdk_of(cloud, key="LTAI-none"), "DescribeUserQuota", "/quota").code == "InvalidAccessKeyId.NotFound"
        )

    def test_temporary_credentials_need_their_token(self, cloud: Cloud) -> None:
        right = sdk_of(cloud, "STS.loopback", "loopback-sts-secret", "loopback-token")
        assert right("DescribeUserQuota", "/quota")["node_quota"] == 100
        for token in (None, "another"):
            error = refusal(sdk_of(cloud, "STS.loopback", "loopback-sts-secret", token), "DescribeUserQuota", "/quota")
            assert error.code == "InvalidSecurityToken.MismatchWithAccessKey"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"authorization": None}, "IncompleteSignature"),
            ({"authorization": "Basic bG9vcA=="}, "IncompleteSignature"),
            ({"x-acs-content-sha256": "0" * 64}, "IncompleteSignature"),
            ({"x-acs-unsigned": "1"}, "IncompleteSignature"),
            ({"x-acs-action": "DescribeClusterTasks"}, "SignatureDoesNotMatch"),
            ({"x-acs-date": "2026-01-01T00:00:00Z"}, "SignatureDoesNotMatch"),
            ({}, "SignatureNonceUsed"),
        ],
    )
    def test_a_request_that_was_changed_or_sent_again_is_refused(
        self, sdk: Sdk, cloud: Cloud, change: dict[str, str | None], code: str
    ) -> None:
        sdk("DescribeUserQuota", "/quota")
        (request,) = cloud.requests
        headers = {name: value for name, value in {**request.headers, **change}.items() if value is not None}
        connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=TIMEOUT)
        connection.request(request.method, request.path, headers=headers)
        answer = connection.getresponse()
        assert code in answer.read().decode()
        connection.close()


class TestClusters:
    def test_a_cluster_with_its_network(self, sdk: Sdk) -> None:
        found = sdk("DescribeClusterDetail", f"/clusters/{DUAL}")
        assert (found["ip_stack"], found["vpc_id"], found["state"]) == ("dual", "vpc-1", "running")
        assert found["meta_data"] == '{"Capabilities": {"Network": "terway-eniip"}}'

    def test_add_ons_with_their_config_as_text(self, sdk: Sdk) -> None:
        listed = sdk("ListClusterAddonInstances", f"/clusters/{IPV4}/addon_instances")["addons"]
        assert {"name": "terway-eniip", "version": "v1.16.4", "state": "active"} in listed
        found = sdk("GetClusterAddonInstance", f"/clusters/{IPV4}/addon_instances/terway-eniip")
        assert yaml.safe_load(found["config"])["ENITrunking"] == "true"
        missing = refusal(sdk, "GetClusterAddonInstance", f"/clusters/{IPV4}/addon_instances/flannel")
        assert (missing.code, missing.status_code) == ("AddonNotFound", 404)

    def test_the_name_filter_finds_parts_of_names(self, sdk: Sdk) -> None:
        names = [p["nodepool_info"]["name"] for p in sdk("DescribeClusterNodePools", POOLS)["nodepools"]]
        assert names == ["default-nodepool", "trading-shared"]
        found = sdk("DescribeClusterNodePools", POOLS, NodepoolName="trading")["nodepools"]
        assert [pool["nodepool_info"]["name"] for pool in found] == ["trading-shared"]

    def test_clusters_of_the_sample_do_not_share_what_yaml_anchors_share(self, cloud: Cloud) -> None:
        cloud.state["clusters"][IPV4]["addons"]["terway-eniip"]["version"] = "v1.1.0"
        assert cloud.state["clusters"][DUAL]["addons"]["terway-eniip"]["version"] == "v1.16.4"


class TestCreate:
    def test_a_pool_becomes_ready_while_its_task_goes_on(self, sdk: Sdk, cloud: Cloud) -> None:
        made = sdk("CreateClusterNodePool", POOLS, method="POST", body=BODY)
        assert re.fullmatch("np[a-z0-9]{32}", made["nodepool_id"])
        where = f"{POOLS}/{made['nodepool_id']}"
        pool = sdk("DescribeClusterNodePoolDetail", where)
        assert pool["kubernetes_config"]["labels"] == BODY["kubernetes_config"]["labels"]
        assert pool["kubernetes_config"]["taints"] == BODY["kubernetes_config"]["taints"]
        assert (pool["nodepool_info"]["type"], pool["auto_scaling"]["enable"]) == ("ess", False)
        assert "login_password" not in pool["scaling_group"]
        assert pool["status"]["state"] == "scaling"
        seen = []
        for _ in range(4):
            state = sdk("DescribeTaskInfo", f"/tasks/{made['task_id']}")["state"]
            status = sdk("DescribeClusterNodePoolDetail", where)["status"]
            seen.append((state, status["state"], status["total_nodes"], status["healthy_nodes"]))
        assert seen == [("running", "scaling", 3, 0), ("running", "scaling", 3, 1), *[("success", "active", 3, 3)] * 2]
        (task,) = sdk("DescribeClusterTasks", f"/clusters/{IPV4}/tasks")["tasks"]
        assert (task["task_id"], task["state"]) == (made["task_id"], "success")
        assert [p["nodepool_info"]["name"] for p in cloud.pools(IPV4)] == [
            "default-nodepool",
            "trading-shared",
            "trading",
        ]

    @pytest.mark.parametrize("end", ["fail", "failed", "canceled"])
    def test_a_task_can_end_badly(self, sdk: Sdk, cloud: Cloud, end: str) -> None:
        error = {"code": "OutOfStock", "message": "no stock"}
        cloud.state["taskScript"] = ["running", "pausing", {"state": end, "error": error}]
        made = sdk("CreateClusterNodePool", POOLS, method="POST", body=BODY)
        tasks = [sdk("DescribeTaskInfo", f"/tasks/{made['task_id']}") for _ in range(4)]
        assert [task["state"] for task in tasks] == ["running", "pausing", end, end]
        assert (tasks[0]["error"]["code"], tasks[3]["error"]) == ("", error)
        status = cloud.pools(IPV4)[-1]["status"]
        assert (status["healthy_nodes"], status["failed_nodes"]) == (1, 2)

    def test_a_name_is_given_once(self, sdk: Sdk, cloud: Cloud) -> None:
        sdk("CreateClusterNodePool", POOLS, method="POST", body=BODY)
        error = refusal(sdk, "CreateClusterNodePool", POOLS, method="POST", body=BODY)
        assert (error.code, error.status_code) == ("InvalidParameter.Name", 400)
        assert "is already exist in cluster" in error.message
        assert len(cloud.pools(IPV4)) == 3
        # In another cluster it is free.
        sdk("CreateClusterNodePool", f"/clusters/{DUAL}/nodepools", method="POST", body=BODY)

    @pytest.mark.parametrize(
        ("group", "change", "code"),
        [
            ("scaling_group", {"instance_types": [f"t{n}" for n in range(11)]}, "InvalidParameter"),
            ("scaling_group", {"instance_types": []}, "InvalidParameter"),
            ("scaling_group", {"vswitch_ids": [f"v{n}" for n in range(9)]}, "InvalidParameter"),
            ("scaling_group", {"data_disks": [{"encrypted": True}]}, "InvalidParameter.Body"),
            ("auto_scaling", {"enable": True, "min_instances": 0}, "InvalidDesiredSizeOrCount.NotNull"),
            ("nodepool_info", {"name": ""}, "InvalidParameter.Name"),
        ],
    )
    def test_what_the_service_refuses(
        self, sdk: Sdk, cloud: Cloud, group: str, change: dict[str, Any], code: str
    ) -> None:
        body = {**BODY, group: {**BODY.get(group, {}), **change}}
        assert refusal(sdk, "CreateClusterNodePool", POOLS, method="POST", body=body).code == code
        assert len(cloud.pools(IPV4)) == 2

    def test_lingjun_pools_need_no_types(self, sdk: Sdk) -> None:
        body = {"nodepool_info": {"name": "gpu", "type": "lingjun"}, "eflo_node_group": {"group_id": "ng-gpu"}}
        assert sdk("CreateClusterNodePool", POOLS, method="POST", body=body)["task_id"]


class TestReads:
    def test_types_have_the_limits_of_the_instance_data(self, sdk: Sdk) -> None:
        (row,) = sdk("DescribeInstanceTypes", InstanceTypes=["ecs.g8i.8xlarge"])["InstanceTypes"]["InstanceType"]
        assert (row["EniQuantity"], row["MemorySize"], row["InstanceTypeFamily"]) == (8, 128.0, "ecs.g8i")
        assert "Sources" not in row

    def test_types_of_the_state_go_first(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.state["instanceTypes"] |= {"ecs.g8i.8xlarge": {"EniQuantity": 5}, "ecs.g7.xlarge": None, "ecs.new": {}}
        wanted = ["ecs.g8i.8xlarge", "ecs.g7.xlarge", "ecs.new"]
        rows = sdk("DescribeInstanceTypes", InstanceTypes=wanted)["InstanceTypes"]["InstanceType"]
        assert [(row["InstanceTypeId"], row.get("EniQuantity")) for row in rows] == [
            ("ecs.g8i.8xlarge", 5),
            ("ecs.new", None),
        ]

    def test_all_types_page_by_page(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.state["pageSizes"] = {"DescribeInstanceTypes": 500}
        found, token, pages = [], "", 0
        while pages == 0 or token:
            answer = sdk("DescribeInstanceTypes", NextToken=token)
            found += [row["InstanceTypeId"] for row in answer["InstanceTypes"]["InstanceType"]]
            token, pages = answer["NextToken"], pages + 1
        assert pages == 3
        assert len(set(found)) == len(found) == 1241

    def test_a_family(self, sdk: Sdk) -> None:
        rows = sdk("DescribeInstanceTypes", InstanceTypeFamily="ecs.i4")["InstanceTypes"]["InstanceType"]
        assert {row["InstanceTypeFamily"] for row in rows} == {"ecs.i4"}

    def test_more_than_ten_types_are_refused(self, sdk: Sdk) -> None:
        error = refusal(sdk, "DescribeInstanceTypes", InstanceTypes=[f"ecs.{n}" for n in range(11)])
        assert error.code == "InvalidParameter.InstanceTypes"

    def test_stock_by_zone(self, sdk: Sdk) -> None:
        def zones(name: str) -> dict[str, tuple[str, bool]]:
            answer = sdk(
                "DescribeAvailableResource", RegionId="r", DestinationResource="InstanceType", InstanceType=name
            )
            rows = answer["AvailableZones"]["AvailableZone"]
            return {row["ZoneId"][-1]: (row["StatusCategory"], "AvailableResources" in row) for row in rows}

        assert zones("ecs.g7.8xlarge") == {
            "i": ("ClosedWithoutStock", True), "j": ("WithStock", True), "k": ("WithoutStock", True)
        }  # fmt: skip
        assert zones("ecs.i4.8xlarge")["i"] == ("ClosedWithoutStock", False)

    def test_security_groups_by_ids(self, sdk: Sdk) -> None:
        ids = '["sg-pods","sg-none","sg-advanced"]'
        answer = sdk("DescribeSecurityGroups", RegionId="cn-hangzhou", SecurityGroupIds=ids, MaxResults="1")
        rows = answer["SecurityGroups"]["SecurityGroup"]
        answer = sdk(
            "DescribeSecurityGroups", RegionId="cn-hangzhou", SecurityGroupIds=ids, NextToken=answer["NextToken"]
        )
        rows += answer["SecurityGroups"]["SecurityGroup"]
        found = [(row["SecurityGroupId"], row["SecurityGroupType"]) for row in rows]
        assert found == [("sg-pods", "normal"), ("sg-advanced", "enterprise")]
        assert (answer["NextToken"], "TotalCount" in answer) == ("", False)

    @pytest.mark.parametrize("ids", ["sg-1", "[]", str([f"sg-{n}" for n in range(101)]).replace("'", '"')])
    def test_security_group_ids_are_a_json_array_of_at_most_a_hundred(self, sdk: Sdk, ids: str) -> None:
        error = refusal(sdk, "DescribeSecurityGroups", RegionId="cn-hangzhou", SecurityGroupIds=ids)
        assert error.code == "InvalidParameter.SecurityGroupIds"

    def test_v_switches_page_by_number(self, sdk: Sdk) -> None:
        pages = [sdk("DescribeVSwitches", VpcId="vpc-1", PageSize=50, PageNumber=number) for number in (1, 2, 3)]
        assert [len(page["VSwitches"]["VSwitch"]) for page in pages] == [50, 7, 0]
        assert {page["TotalCount"] for page in pages} == {57}
        rows = {row["VSwitchId"]: row for page in pages for row in page["VSwitches"]["VSwitch"]}
        assert (rows["vsw-k"]["EnabledIpv6"], rows["vsw-j-ipv4"]["EnabledIpv6"]) == (True, False)

    @pytest.mark.parametrize(
        "query", [{"VpcId": "vpc-1", "PageSize": 51}, {"PageSize": 50}, {"VpcId": "v", "PageSize": 0}]
    )
    def test_v_switches_need_a_place_and_small_pages(self, sdk: Sdk, query: dict[str, Any]) -> None:
        assert refusal(sdk, "DescribeVSwitches", **query).status_code == 400

    def test_lingjun_from_group_to_limits(self, sdk: Sdk) -> None:
        group = sdk("DescribeNodeGroup", NodeGroupId="ng-gpu")
        assert (group["NodeCount"], group["ClusterId"]) == ("2", "i1169130516630001")
        nodes = sdk("ListClusterNodes", ClusterId=group["ClusterId"], NodeGroupId="ng-gpu")["Nodes"]
        limits = sdk("DescribeNodeType", NodeType=nodes[0]["NodeType"])
        assert (limits["EniQuantity"], "LimitsStatus" in limits) == (12, False)
        assert sdk("ListClusterNodes", ClusterId=group["ClusterId"], NodeGroupId="ng-empty")["Nodes"] == []

    @pytest.mark.parametrize(
        ("action", "query"), [("DescribeNodeGroup", {"NodeGroupId": "ng-x"}), ("DescribeNodeType", {"NodeType": "x"})]
    )
    def test_lingjun_things_that_do_not_exist(self, sdk: Sdk, action: str, query: dict[str, str]) -> None:
        assert refusal(sdk, action, **query).status_code == 404

    def test_unknown_actions_and_wrong_methods(self, sdk: Sdk) -> None:
        assert refusal(sdk, "DescribeWeather").code == "InvalidAction.NotFound"
        assert refusal(sdk, "DescribeUserQuota", "/quota", method="POST").code == "InvalidAction.NotFound"
        assert refusal(sdk, "DescribeTaskInfo", "/tasks/T-none").code == "ErrorTaskNotFound"


class TestDenied:
    @pytest.mark.parametrize(
        ("ram", "code", "query"),
        [
            ("vpc:DescribeVSwitches", "Forbidden.RAM", {"VpcId": "vpc-1"}),
            ("eflo:DescribeNodeType", "NoPermission", {"NodeType": "ebs-enhanced"}),
        ],
    )
    def test_the_missing_action_is_named(self, sdk: Sdk, cloud: Cloud, ram: str, code: str, query: Any) -> None:
        cloud.deny(ram)
        error = refusal(sdk, ram.partition(":")[2], **query)
        assert (error.status_code, error.code) == (403, code)
        assert ram in error.message
        assert "RequestId" in error.data

    def test_container_service_answers_in_lower_case(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.deny("cs:DescribeUserQuota")
        error = refusal(sdk, "DescribeUserQuota", "/quota")
        assert (error.data["code"], error.request_id) == ("Forbidden.RAM", error.data["requestId"])


def create(sdk: Sdk) -> Any:
    return sdk("CreateClusterNodePool", POOLS, method="POST", body=BODY)


class TestFaults:
    @pytest.mark.parametrize("kind", ["reset", "hold", "500", "502", "throttle", "echo-secret", "answer", "refuse"])
    @pytest.mark.parametrize("acted", [False, True])
    def test_the_server_acts_or_does_not(self, sdk: Sdk, cloud: Cloud, kind: str, acted: bool) -> None:  # noqa: FBT001 - pytest passes it by name
        cloud.fault("Create*", kind, acted=acted, seconds=0.01)
        with pytest.raises(Exception):  # noqa: B017, PT011 - which one is for the tests below
            create(sdk)
        assert len(cloud.pools(IPV4)) == (3 if acted else 2)
        assert (cloud.requests[0].acted, cloud.requests[0].faults) == (acted, (kind,))

    def test_only_the_call_that_was_asked_for(self, sdk: Sdk, cloud: Cloud) -> None:
        sdk("DescribeUserQuota", "/quota")
        cloud.fault("DescribeUser*", "500", call=2)
        sdk("DescribeUserQuota", "/quota")
        assert refusal(sdk, "DescribeUserQuota", "/quota").status_code == 500
        sdk("DescribeUserQuota", "/quota")
        assert cloud.actions == ["DescribeUserQuota"] * 4

    def test_refused_connections_until_the_port_opens_again(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("DescribeUserQuota", "refuse", call=1)
        assert "ConnectionResetError" in broken(sdk, "DescribeUserQuota", "/quota")
        assert "Connection refused" in broken(sdk, "DescribeUserQuota", "/quota")
        cloud.reopen()
        assert sdk("DescribeUserQuota", "/quota")["node_quota"] == 100

    def test_the_call_after_this_one_is_refused(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("DescribeUserQuota", "refuse-next", call=1, seconds=0.2)
        assert sdk("DescribeUserQuota", "/quota")["node_quota"] == 100
        assert "Connection refused" in broken(sdk, "DescribeUserQuota", "/quota")
        assert len(cloud.requests) == 1
        time.sleep(0.3)
        assert sdk("DescribeUserQuota", "/quota")["node_quota"] == 100

    def test_reset(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "reset")
        assert "Connection" in broken(sdk, "DescribeUserQuota", "/quota")

    def test_no_answer(self, cloud: Cloud) -> None:
        cloud.fault("*", "hold")
        assert "Read timed out" in broken(sdk_of(cloud, timeout=100), "DescribeUserQuota", "/quota")

    def test_a_proxys_page(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "502")
        assert "Failed to parse the value as json" in broken(sdk, "DescribeUserQuota", "/quota")
        assert cloud.requests[0].status == 502

    def test_throttling_with_and_without_a_time_to_wait(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "throttle", call=1, retry_after=250)
        cloud.fault("*", "throttle", call=2)
        assert refusal(sdk, "DescribeUserQuota", "/quota").retry_after == 250
        cloud.faults.pop(0)
        error = refusal(sdk, "DescribeUserQuota", "/quota")
        assert (error.code, error.status_code, error.retry_after) == ("Throttling.User", 429, None)

    def test_secrets_in_an_error(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "echo-secret")
        error = refusal(sdk, "CreateClusterNodePool", POOLS, method="POST", body=BODY)
        assert SECRET in error.message
        assert "Aa1!aaaa" in error.message

    def test_exactly_what_is_asked_for(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "answer", status=202, body={"nodepool_id": "np1", "new": [None]})
        assert create(sdk) == {"nodepool_id": "np1", "new": [None]}
        assert len(cloud.pools(IPV4)) == 2

    @pytest.mark.parametrize("kind", ["empty", "truncated"])
    def test_half_an_answer_to_a_create_that_worked(self, sdk: Sdk, cloud: Cloud, kind: str) -> None:
        cloud.fault("*", kind)
        assert "Failed to parse the value as json" in broken(
            sdk, "CreateClusterNodePool", POOLS, method="POST", body=BODY
        )
        assert len(cloud.pools(IPV4)) == 3

    def test_wrong_types(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "wrong-types")
        assert create(sdk) == {"nodepool_id": [34], "task_id": [26], "request_id": [36]}
        assert wrong_types({"a": [True, None], "b": {"c": 2}}) == {"a": {"0": ["seven", 0]}, "b": {"c": "seven"}}

    def test_a_list(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "list")
        (answer,) = sdk("DescribeUserQuota", "/quota")
        assert answer["node_quota"] == 100

    def test_a_trickle(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "trickle", seconds=0.001)
        assert sdk("DescribeUserQuota", "/quota")["node_quota"] == 100

    def test_delays_go_together_with_others_and_side_by_side(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("*", "delay", seconds=0.3)
        cloud.fault("*", "500")
        started = time.monotonic()
        threads = [threading.Thread(target=refusal, args=(sdk, "DescribeUserQuota", "/quota")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Eight after each other would take 2.4 s at least.
        assert 0.3 <= time.monotonic() - started < 2.4
        assert [request.status for request in cloud.requests] == [500] * 8

    def test_a_fault_that_does_not_exist_is_an_error(self, cloud: Cloud) -> None:
        with pytest.raises(ValueError, match="no such fault: 'explode'"):
            cloud.fault("*", "explode")

    def test_faults_of_a_state_file(self) -> None:
        fault = Fault.from_map({"action": "*", "kind": "throttle", "retryAfter": 100, "call": 2})
        assert (fault.retry_after, fault.strikes("A"), fault.strikes("B"), fault.strikes("C")) == (
            100,
            False,
            True,
            False,
        )

    def test_waiting_for_a_call(self, sdk: Sdk, cloud: Cloud) -> None:
        cloud.fault("DescribeUserQuota", "hold")
        thread = threading.Thread(target=broken, args=(sdk, "DescribeUserQuota", "/quota"))
        thread.start()
        assert cloud.wait_for("DescribeUserQuota").status is None
        cloud.close_port()
        thread.join()
        with pytest.raises(TimeoutError, match="no call 2 of DescribeUserQuota"):
            cloud.wait_for("DescribeUserQuota", 2, timeout=0.01)


def test_every_fault_is_tried() -> None:
    with open(__file__, encoding="utf-8") as file:  # noqa: PTH123 - this very file
        text = file.read()
    assert [kind for kind in KINDS if f'"{kind}"' not in text] == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("[]", "has no accounts and clusters"),
        ("accounts: {a: b}", "has no accounts and clusters"),
        ("{", "expected the node content"),
        ("accounts: {a: b}\nclusters: {}\nfaults: [{action: A, kind: explode}]", "no such fault: 'explode'"),
        ("accounts: {a: b}\nclusters: {}\nfaults: [{action: A}]", "missing 1 required positional argument: 'kind'"),
    ],
)
def test_a_state_that_cannot_be_served_is_told(tmp_path: Path, state: str, words: str) -> None:
    file = tmp_path / "state.yaml"
    file.write_text(state)
    command = [sys.executable, "-m", "tests.loopback", "--state", str(file)]
    done = run_process(command, cwd=REPO, env=clean_env(tmp_path))
    assert done.code == 2
    assert words in done.err
    assert "Traceback" not in done.err


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    state = tmp_path / "state.yaml"
    state.write_text("accounts: {LTAI-mine: secret}\nclusters: {}\nquota: {node_quota: 7}\n")
    command = [sys.executable, "-u", "-m", "tests.loopback", "--state", str(state)]
    with subprocess.Popen(command, cwd=REPO, env=clean_env(tmp_path), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3)]
        port = int(said[0].split(":")[2].split(";")[0])
        assert "ALIBABA_CLOUD_ACCESS_KEY_ID=LTAI-mine ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret" in said[1]
        assert f"ENIPLAN_ENDPOINT=http://127.0.0.1:{port}" in said[2]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        connection.request(
            "GET", "/quota", headers={"x-acs-action": "DescribeUserQuota", "x-acs-version": "2015-12-15"}
        )
        assert connection.getresponse().status == 400
        assert process.stdout.readline() == "400 DescribeUserQuota GET /quota\n"
        connection.close()
        process.terminate()
