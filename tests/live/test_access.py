"""Whose credentials are used, where the calls go, and what is said when there are none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.runs import KEY, SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.runs import Live, LiveRun
    from tests.loopback import Cloud

CLUSTER = "c0000000000000000000000000000ipv4"
NO_KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": None, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": None}
STS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.loopback",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "loopback-sts-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "loopback-token",
}


def start(live: Live, *args: str, region: str | None = "cn-hangzhou", **options: Any) -> LiveRun:  # noqa: ANN401 - those of `live`
    cluster = {"id": CLUSTER} | ({} if region is None else {"region": region})
    pool = {"name": "a", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 1}
    plan = {"apiVersion": "eniplan/v1", "cluster": cluster, "nodePools": [pool]}
    return live("check", "-", "--live", *args, stdin=json.dumps(plan).encode(), **options)


def keys(cloud: Cloud) -> set[str]:
    return {request.key for request in cloud.requests}


class TestCredentials:
    def test_key_of_the_environment(self, live: Live, cloud: Cloud) -> None:
        assert start(live).wait().code == 0
        assert keys(cloud) == {KEY}

    def test_token_of_the_environment(self, live: Live, cloud: Cloud) -> None:
        assert start(live, env=STS).wait().code == 0
        assert keys(cloud) == {"STS.loopback"}

    def test_profile_of_the_aliyun_cli_with_its_region(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        profile = {
            "name": "work", "mode": "StsToken", "region_id": "cn-hangzhou", "access_key_id": "STS.loopback",
            "access_key_secret": "loopback-sts-secret", "sts_token": "loopback-token",
        }  # fmt: skip
        (tmp_path / ".aliyun").mkdir()
        (tmp_path / ".aliyun" / "config.json").write_text(json.dumps({"current": "work", "profiles": [profile]}))
        result = start(live, "--format", "json", region=None, env={**NO_KEYS, "HOME": str(tmp_path)}).wait()
        assert result.code == 0, result
        assert json.loads(result.out)["accounts"][0]["region"] == "cn-hangzhou"
        assert keys(cloud) == {"STS.loopback"}

    def test_credentials_file(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        (tmp_path / ".alibabacloud").mkdir()
        text = f"[default]\ntype = access_key\naccess_key_id = {KEY}\naccess_key_secret = {SECRET}\n"
        (tmp_path / ".alibabacloud" / "credentials.ini").write_text(text)
        assert start(live, env={**NO_KEYS, "HOME": str(tmp_path)}).wait().code == 0
        assert keys(cloud) == {KEY}

    def test_none_at_all(self, live: Live, cloud: Cloud) -> None:
        result = start(live, env=NO_KEYS).wait()
        assert (result.code, result.out) == (4, "")
        first, second = result.err.splitlines()
        assert first.endswith("error: there are no credentials")
        for place in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "~/.aliyun/config.json", "~/.alibabacloud", "--ecs-role"):
            assert place in second
        assert cloud.requests == []

    @pytest.mark.parametrize("args", [(), ("--ecs-role",)])
    def test_the_metadata_service_is_asked_only_on_request(
        self, live: Live, cloud: Cloud, args: tuple[str, ...]
    ) -> None:
        # Behind a proxy nothing stays unseen; the endpoint does not exist, and is never reached without credentials.
        env = {**NO_KEYS, "HTTP_PROXY": cloud.url, "ALIBABA_CLOUD_ECS_METADATA_DISABLED": None}
        result = start(live, "--endpoint", "http://account.invalid", *args, env=env, true_process=True).wait()
        assert (result.code, result.out) == (4, "")
        assert result.err.count("\n") == 2
        assert [request.path for request in cloud.requests if "100.100.100.200" not in request.path] == []
        assert bool(cloud.requests) == bool(args)

    def test_what_a_provider_says_is_not_shown(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        """The profile's program gives keys that are old when they are used, and then fails with its own words."""
        soon = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        program = tmp_path / "keys"
        keys = {
            "mode": "StsToken", "access_key_id": "STS.loopback", "access_key_secret": "loopback-sts-secret",
            "sts_token": "loopback-token", "expiration": soon,
        }  # fmt: skip
        program.write_text(
            f"#!/bin/sh\necho >> asked\ntest $(wc -l < asked) -gt 1 && echo planted-words >&2 && exit 1\n"
            f"echo '{json.dumps(keys)}'\n"
        )
        program.chmod(0o755)
        profile = {"name": "work", "mode": "External", "process_command": str(program)}
        (tmp_path / ".aliyun").mkdir()
        (tmp_path / ".aliyun" / "config.json").write_text(json.dumps({"current": "work", "profiles": [profile]}))
        result = start(live, env={**NO_KEYS, "HOME": str(tmp_path), "ENIPLAN_DEBUG": "1"}, cwd=tmp_path).wait()
        assert (result.code, result.out) == (4, "")
        assert "there are no credentials" in result.err
        assert "~/.aliyun/config.json have no usable credentials" in result.err
        assert "planted-words" not in result.err
        assert "loopback-sts-secret" not in result.err
        assert cloud.requests == []

    def test_a_wrong_secret_is_told_once_and_not_tried_again(self, live: Live, cloud: Cloud) -> None:
        result = start(live, env={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "planted-and-wrong"}).wait()
        assert (result.code, result.out) == (4, "")
        assert "error: the credentials are not accepted: SignatureDoesNotMatch" in result.err
        assert "planted-and-wrong" not in result.err
        assert len(cloud.calls("DescribeClusterDetail")) == 1

    def test_a_word_that_is_too_short_for_a_secret_is_not_hidden(self, live: Live) -> None:
        result = start(live, env={"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "e"}).wait()
        assert "SignatureDoesNotMatch: Specified signature does not match" in result.err


class TestRegion:
    def test_variable_of_the_cli(self, live: Live) -> None:
        assert start(live, region=None, env={"REGION_ID": "cn-hangzhou"}).wait().code == 0

    def test_none(self, live: Live, cloud: Cloud) -> None:
        result = start(live, region=None).wait()
        assert (result.code, result.out) == (3, "")
        assert result.err.startswith("-:1:41: error: no region: neither the plan's cluster.region")
        assert "REGION_ID" in result.err
        assert cloud.requests == []

    def test_what_is_no_region_does_not_become_a_host(self, live: Live, cloud: Cloud) -> None:
        result = start(live, region="evil.example/").wait()
        assert (result.code, result.out, cloud.requests) == (3, "", [])
        assert "'evil.example/' is not a region id" in result.err


class TestEndpoint:
    def test_option_before_variable(self, live: Live, cloud: Cloud) -> None:
        env = {"ENIPLAN_ENDPOINT": "http://127.0.0.1:1"}
        assert start(live, "--endpoint", cloud.url + "/", env=env).wait().code == 0

    @pytest.mark.parametrize("option", [True, False])
    def test_refused(self, live: Live, cloud: Cloud, option: bool) -> None:  # noqa: FBT001 - a case
        url = "https://me:planted-pass@gateway.example"
        run = start(live, "--endpoint", url) if option else start(live, env={"ENIPLAN_ENDPOINT": url})
        result = run.wait()
        assert (result.code, result.out, cloud.requests) == (2, "", [])
        assert "contains a user or a password" in result.err
        assert "planted-pass" not in result.err

    def test_a_loopback_address_needs_no_proxy(self, live: Live) -> None:
        env = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:1")
        assert start(live, env=env).wait().code == 0

    @pytest.mark.parametrize(("no_proxy", "through"), [("", True), ("account.invalid", False), (".invalid", False)])
    def test_no_proxy_is_honoured(self, live: Live, cloud: Cloud, no_proxy: str, through: bool) -> None:  # noqa: FBT001 - a case
        env = {"HTTP_PROXY": cloud.url, "NO_PROXY": no_proxy}
        result = start(live, "--endpoint", "http://account.invalid", env=env).wait()
        assert result.code == 4
        assert bool(cloud.requests) == through


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("check", "-", "--endpoint", "http://127.0.0.1:1"), "--kubeconfig require --live"),
        (("check", "-", "--ecs-role"), "--kubeconfig require --live"),
        (("check", "--type", "ecs.g8i.8xlarge", "--live"), "--live requires a plan"),
    ],
)
def test_usage(live: Live, args: tuple[str, ...], message: str) -> None:
    result = live(*args).wait()
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_a_plan_without_a_cluster_says_what_to_add(live: Live, cloud: Cloud) -> None:
    plan = b"apiVersion: eniplan/v1\nnodePools: [{name: a}]\n"
    result = live("check", "-", "--live", stdin=plan).wait()
    assert (result.code, result.out, cloud.requests) == (3, "", [])
    assert "the plan has no cluster.id" in result.err
