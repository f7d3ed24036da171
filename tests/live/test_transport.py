"""What lies between eniplan and an account: slow answers, redirects, gateways, clocks, certificates, streams."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from eniplan.cloud.place import host
from tests.harness import TIMEOUT, clean_env, eniplan_command
from tests.live import plans
from tests.live.plans import RECEIPT, pools, written
from tests.live.runs import CREDENTIALS
from tests.live.tries import CREATE, DETAIL, TASK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Result
    from tests.live.runs import Live
    from tests.live.tries import Tries
    from tests.loopback.server import Cloud

APPLY = ("create-pool", "plan.json", "--apply", "--yes")


@pytest.fixture(autouse=True)
def quick_task(cloud: Cloud, tmp_path: Path) -> None:
    cloud.state["taskScript"] = ["success"]
    written(tmp_path)


def apply(live: Live, folder: Path, *more: str, env: dict[str, str] | None = None) -> Result:
    return live(*APPLY, *more, cwd=folder, env=env).wait()


class TestAnswers:
    def test_that_trickle_have_a_deadline(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        cloud.fault(CREATE, "trickle")
        start = time.monotonic()
        done = apply(live, tmp_path, env={"ENIPLAN_READ_TIMEOUT": "1"})
        assert (done.code, len(pools(cloud))) == (0, 1), done
        assert time.monotonic() - start < TIMEOUT / 2
        assert [e["note"] for e in plans.receipt(tmp_path)["events"] if "no complete answer in time" in e["note"]]

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_that_lead_elsewhere_are_not_followed(self, live: Live, tries: Tries, cloud: Cloud, status: int) -> None:
        tried = tries(["a read", "the request"])
        for one, action in zip(tried, ("DescribeUserQuota", CREATE), strict=True):
            where = {"location": f"{cloud.url}/elsewhere"}
            one.cloud.fault(action, "answer", status=status, headers=where, body={})
        runs = [one.create(live, "--timeout", "0s") for one in tried]
        read, request = (run.wait() for run in runs)
        assert cloud.requests == [], "the signature, and a token, went to another host"
        assert (read.code, request.code) == (4, 5)
        assert [one.state for one in tried] == [None, "unknown"]
        for done in (read, request):
            assert (
                f"it was redirected to {cloud.url}; eniplan does not send a request signed for one host to another"
                in done.err
            )
        assert len(tried[1].cloud.calls(CREATE)) == 1

    def test_of_gateways_are_no_refusal(self, live: Live, tries: Tries) -> None:
        tried = tries(["408", "409", "425", "499", "409 acted", "408 acted"])
        for one in tried:
            status, _, acted = one.name.partition(" ")
            body = {"code": "Conflict", "message": "busy"}
            one.cloud.fault(CREATE, "answer", status=int(status), body=body, acted=bool(acted))
        runs = [one.create(live, "--timeout", "2s") for one in tried]
        for one, run in zip(tried, runs, strict=True):
            done = run.wait()
            assert (done.code, one.state) == ((0, "proved") if "acted" in one.name else (5, "unknown")), (
                f"{one.name}: {done}"
            )
            assert len(one.cloud.calls(CREATE)) == 1

    @pytest.mark.parametrize("action", ["DescribeClusterDetail", CREATE])
    def test_that_tell_of_a_wrong_clock(self, live: Live, cloud: Cloud, tmp_path: Path, action: str) -> None:
        body = {"code": "InvalidTimeStamp.Expired", "message": "Specified time stamp or date value is expired."}
        cloud.fault(action, "answer", status=400, body=body)
        done = apply(live, tmp_path)
        assert done.code == (5 if action == CREATE else 4)
        assert "according to the service, this machine's clock is wrong: InvalidTimeStamp.Expired" in done.err
        assert "credentials are not accepted" not in done.err
        assert pools(cloud) == []

    def test_never_show_keys_that_were_renewed(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        soon = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        program = tmp_path / "keys"
        keys = [
            {"mode": "StsToken", "access_key_id": f"STS.{n}", "access_key_secret": f"planted-secret-{n}",
             "sts_token": f"planted-token-{n}", "expiration": soon}
            for n in "12"
        ]  # fmt: skip
        for one in keys:
            cloud.state["accounts"][one["access_key_id"]] = one["access_key_secret"]
            cloud.state.setdefault("securityTokens", {})[one["access_key_id"]] = one["sts_token"]
        program.write_text(
            f"#!/bin/sh\necho >> asked\ntest $(wc -l < asked) -gt 1 && echo '{json.dumps(keys[1])}' && exit\n"
            f"echo '{json.dumps(keys[0])}'\n"
        )
        program.chmod(0o755)
        (tmp_path / ".aliyun").mkdir()
        profile = {"name": "work", "mode": "External", "process_command": str(program)}
        (tmp_path / ".aliyun" / "config.json").write_text(json.dumps({"current": "work", "profiles": [profile]}))
        cloud.fault("DescribeClusterDetail", "echo-secret")
        env = {"ALIBABA_CLOUD_ACCESS_KEY_ID": None, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": None, "HOME": str(tmp_path)}
        done = live("check", "plan.json", "--live", "--strict", cwd=tmp_path, env=env).wait()
        assert {request.key for request in cloud.requests} - {""} == {"STS.2"}
        assert "RAM denies cs:DescribeClusterDetail" in done.err + done.out
        assert "planted" not in done.err + done.out


@pytest.mark.parametrize(
    ("service", "region", "name"),
    [
        ("vpc", "cn-hangzhou", "vpc.aliyuncs.com"),
        ("vpc", "cn-shanghai-finance-1", "vpc.aliyuncs.com"),
        ("vpc", "cn-shenzhen-finance-1", "vpc.aliyuncs.com"),
        ("vpc", "cn-north-2-gov-1", "vpc.aliyuncs.com"),
        ("vpc", "cn-beijing", "vpc.cn-beijing.aliyuncs.com"),
        ("eflo-controller", "cn-hangzhou", "eflo-controller.cn-hangzhou.aliyuncs.com"),
    ],
)
def test_hosts_are_those_of_the_sdk(service: str, region: str, name: str) -> None:
    assert host(service, region) == name


class TestCertificates:
    @pytest.fixture
    def gateway(self, tmp_path: Path) -> Iterator[str]:
        """A gateway with TLS, and a certificate of a CA of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = serialization.Encoding.PEM
        (tmp_path / "ca.pem").write_bytes(made.public_bytes(pem))
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (tmp_path / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")

        class Refusing(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = b'{"code": "ErrorClusterNotFound", "message": "seen through TLS"}'
                self.send_response(404)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - the name is http.server's

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = HTTPServer(("127.0.0.1", 0), Refusing)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_address[1]}"
        server.shutdown()
        server.server_close()

    def test_of_an_unknown_ca(self, live: Live, gateway: str, tmp_path: Path) -> None:
        done = apply(live, tmp_path, "--endpoint", gateway)
        assert done.code == 4
        assert "the certificate is not trusted: self-signed certificate" in done.err
        assert "set REQUESTS_CA_BUNDLE or SSL_CERT_FILE" in done.err

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
    def test_of_a_ca_that_is_named(self, live: Live, gateway: str, tmp_path: Path, variable: str) -> None:
        done = apply(live, tmp_path, "--endpoint", gateway, env={variable: str(tmp_path / "ca.pem")})
        assert done.code == 4
        assert "the account has no cluster" in done.err

    def test_that_are_not_there(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        done = apply(live, tmp_path, env={"REQUESTS_CA_BUNDLE": "nowhere.pem"})
        assert (done.code, cloud.requests) == (2, [])
        assert "REQUESTS_CA_BUNDLE=nowhere.pem does not exist" in done.err


class TestFamilies:
    def written(self, folder: Path) -> None:
        plan = plans.plan(instanceFamilies=["ecs.g6e"])
        del plan["nodePools"][0]["instanceTypes"]
        written(folder, plan)

    def test_what_is_sent_is_what_is_printed(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        self.written(tmp_path)
        shown = live("create-pool", "plan.json", cwd=tmp_path).wait()
        assert shown.code == 0, shown
        # The account knows one more, which nobody has printed.
        types = json.loads(shown.out)["scaling_group"]["instance_types"]
        cloud.state.setdefault("instanceTypes", {"*": {}})["ecs.g6e.one-more"] = {
            "InstanceTypeFamily": "ecs.g6e", "EniQuantity": 8, "EniPrivateIpAddressQuantity": 20,
            "EniIpv6AddressQuantity": 20, "CpuCoreCount": 8, "MemorySize": 32.0,
        }  # fmt: skip
        done = apply(live, tmp_path)
        assert done.code == 0, done
        assert cloud.calls(CREATE)[0].body.decode() == shown.out
        assert "ecs.g6e.one-more" not in types

    def test_what_the_account_does_not_have_is_not_sent(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        self.written(tmp_path)
        shown = live("create-pool", "plan.json", cwd=tmp_path).wait()
        gone = json.loads(shown.out)["scaling_group"]["instance_types"][0]
        cloud.state.setdefault("instanceTypes", {"*": {}})[gone] = None
        done = apply(live, tmp_path)
        assert (done.code, cloud.calls(CREATE)) == (3, [])
        assert f"of the types that pass, the account does not have {gone}" in done.err


class TestAfterTheRequest:
    """Whatever fails then, the exit code is 0 or 5, the pool's id is told, and how to go on."""

    def run(self, cloud: Cloud, folder: Path, **streams: Any) -> subprocess.CompletedProcess[bytes]:  # noqa: ANN401 - those of subprocess
        env = clean_env(folder, {**CREDENTIALS, "ENIPLAN_ENDPOINT": cloud.url})
        return subprocess.run(eniplan_command(*APPLY), cwd=folder, env=env, timeout=TIMEOUT, check=False, **streams)

    @pytest.mark.parametrize("moment", [CREATE, TASK, DETAIL])
    def test_the_folder_vanishes(self, live: Live, cloud: Cloud, tmp_path: Path, moment: str) -> None:
        cloud.fault(moment, "delay", seconds=1, call=1)
        run = live(*APPLY, cwd=tmp_path)
        cloud.wait_for(moment)
        shutil.rmtree(tmp_path / ".eniplan")
        done = run.wait()
        (pool,) = pools(cloud)
        pool_id = pool["nodepool_info"]["nodepool_id"]
        assert (done.code, done.out) == (0, f"{pool_id}\n"), done
        assert f"the receipt does not record that the pool was created as requested; pool {pool_id}" in done.err
        assert "continue with: eniplan create-pool plan.json --apply --yes" in done.err
        again = apply(live, tmp_path)
        assert (again.code, again.out, len(cloud.calls(CREATE))) == (0, done.out, 1)

    def test_the_receipt_cannot_be_written_and_the_answer_is_lost(
        self, live: Live, cloud: Cloud, tmp_path: Path
    ) -> None:
        cloud.fault(CREATE, "reset")
        cloud.fault(CREATE, "delay", seconds=1)
        run = live(*APPLY, "--timeout", "2s", cwd=tmp_path)
        cloud.wait_for(CREATE)
        shutil.rmtree(tmp_path / ".eniplan")
        done = run.wait()
        assert (done.code, done.out) == (5, ""), done
        assert "whether it created the pool is unknown" in done.err
        assert "continue with: eniplan create-pool plan.json --apply --yes" in done.err

    def test_stdout_is_full(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        with Path("/dev/full").open("wb") as full:
            done = self.run(cloud, tmp_path, stdout=full, stderr=subprocess.PIPE)
        (pool,) = pools(cloud)
        assert done.returncode == 5
        told = done.stderr.decode()
        assert f"as requested: {pool['nodepool_info']['nodepool_id']}" in told
        assert f"continue with: eniplan resume {RECEIPT}" in told
        assert live("resume", RECEIPT, cwd=tmp_path).wait().code == 0

    @pytest.mark.parametrize("how", ["full", "closed", "a closed pipe"])
    def test_stderr_is_of_no_use(self, cloud: Cloud, tmp_path: Path, how: str) -> None:
        if how == "closed":
            done = self.run(cloud, tmp_path, stdout=subprocess.PIPE, preexec_fn=lambda: os.close(2))
        elif how == "full":
            with Path("/dev/full").open("wb") as full:
                done = self.run(cloud, tmp_path, stdout=subprocess.PIPE, stderr=full)
        else:
            reads, writes = os.pipe()
            os.close(reads)
            done = self.run(cloud, tmp_path, stdout=subprocess.PIPE, stderr=writes)
            os.close(writes)
        (pool,) = pools(cloud)
        assert (done.returncode, done.stdout.decode()) == (0, f"{pool['nodepool_info']['nodepool_id']}\n")
        assert plans.receipt(tmp_path)["state"] == "proved"


def test_a_run_that_is_to_survive_its_terminal(cloud: Cloud, tmp_path: Path) -> None:
    """Under nohup SIGHUP is ignored, and stays so."""
    cloud.fault("DescribeClusterDetail", "delay", seconds=1)
    env = clean_env(tmp_path, {**CREDENTIALS, "ENIPLAN_ENDPOINT": cloud.url})
    run = subprocess.Popen(
        ["/usr/bin/env", "nohup", *eniplan_command(*APPLY)],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    cloud.wait_for("DescribeClusterDetail")
    run.send_signal(signal.SIGHUP)
    out, _ = run.communicate(timeout=TIMEOUT)
    assert (run.returncode, out.decode()) == (0, f"{pools(cloud)[0]['nodepool_info']['nodepool_id']}\n")


def test_killed_at_random_moments(live: Live, tries: Tries) -> None:
    """Together with the moments that `test_stops` counts: here nothing but the clock decides."""
    moments = int(os.environ.get("ENIPLAN_KILLS", "8"))
    for first in range(0, moments, 8):
        tried = tries([f"{n}" for n in range(first, min(first + 8, moments))])
        runs = [(one, one.create(live)) for one in tried]
        start = time.monotonic()
        for one, run in runs:
            time.sleep(max(0.0, start + 0.15 + (int(one.name) * 37 % 97) / 97 * 2.5 - time.monotonic()))
            run.kill()
            run.wait()
            assert len(pools(one.cloud)) == len([r for r in one.cloud.calls(CREATE) if r.acted]) <= 1
        again = [(one, one.go_on(live)) for one, _ in runs]
        for one, run in again:
            done = run.wait()
            assert (done.code, len(pools(one.cloud))) == (0, 1), f"{one.name}: {done}"
            left = [f.name for f in (one.folder / RECEIPT).parent.iterdir() if f.name.endswith(".tmp")]
            assert left == []
