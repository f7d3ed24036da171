"""`eniplan doctor --live`: whose credentials, the clock, and what each command may do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.harness import REPO

if TYPE_CHECKING:
    from tests.live.runs import Live
    from tests.loopback import Cloud

PLAN = REPO / "tests" / "loopback" / "plan.yaml"


def checks(live: Live, *words: str, code: int = 0, **env: str) -> dict[str, dict[str, Any]]:
    run = live("doctor", *words, "--live", "--format", "json", env=env or None)
    assert run.wait().code == code, run.err
    return {check["name"]: check for check in json.loads(run.out)["checks"]}


def test_all_is_well(live: Live, cloud: Cloud) -> None:
    found = checks(live, str(PLAN))
    assert found["account"]["says"] == (
        "acs:ram::1234567890123456:user/loopback of account 1234567890123456, by default/env"
    )
    assert found["clock"]["state"] == "ok"
    assert found["permissions of check"]["says"] == "all calls are allowed"
    assert found["permissions of create-pool"]["toDo"].startswith("cs:CreateClusterNodePool cannot be tested")
    assert {request.method for request in cloud.requests if request.version == "2015-12-15"} == {"GET"}
    assert "CreateClusterNodePool" not in cloud.actions
    assert "loopback-secret" not in str(found)


def test_what_ram_denies_is_named_by_command(live: Live, cloud: Cloud) -> None:
    cloud.deny("cs:DescribeClusterNodePoolDetail")
    found = checks(live, str(PLAN), code=1)
    assert found["permissions of check"]["state"] == "ok"
    refused = found["permissions of create-pool"]
    assert (refused["state"], refused["says"]) == ("error", "RAM denies cs:DescribeClusterNodePoolDetail")
    assert refused["toDo"] == "to print the policy it needs: eniplan ram-policy create-pool"


def test_what_could_not_be_asked_is_unknown(live: Live, cloud: Cloud) -> None:
    cloud.fault("DescribeUserQuota", "answer", status=400, body={"code": "Odd", "message": "x"})
    found = checks(live, "--region", "cn-hangzhou")
    assert found["permissions of check"]["state"] == "unknown"
    assert found["permissions of specs update"]["state"] == "ok"
    assert checks(live, code=1)["account"]["says"] == "no region"


def test_credentials_that_are_refused(live: Live) -> None:
    found = checks(live, "--region", "cn-hangzhou", code=1, ALIBABA_CLOUD_ACCESS_KEY_SECRET="wrong-secret")  # noqa: S106
    assert found["account"]["state"] == "error"
    assert found["account"]["toDo"] == "use another access key or a fresh token"
    assert "permissions of check" not in found
