"""`eniplan doctor` without an account: what it says of a machine, and what to do."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.catalog.refresh import of_regions
from eniplan.cloud.session import Answer
from eniplan.doctor import account, machine
from tests.catalog.support import updated
from tests.test_imports import NEVER, loaded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

TODAY = date(2026, 11, 25)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the home and working folder of a machine without kubectl, credentials and settings."""
    for name in list(os.environ):
        if name.startswith(("ENIPLAN_", "ALIBABA", "XDG_", "ALICLOUD")) or "PROXY" in name.upper():
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def looked(today: date = TODAY, **environment: str) -> dict[str, tuple[str, str, str]]:
    return {r.name: (r.state, r.says, r.to_do) for r in machine.look(environment, today)}


def kubectl(folder: Path, script: str) -> None:
    program = folder / "kubectl"
    program.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.usefixtures("home")
def test_bare_machine_has_no_error() -> None:
    found = looked()
    assert found.pop("kubectl") == (
        "warning", "not found, or it does not run",
        "install it for `eniplan verify`; `verify --from FILE` works without it"
    )  # fmt: skip
    assert {state for state, _, _ in found.values()} == {"ok"}
    assert found["config"][1] == "no .eniplan/config.yaml"
    assert found["credentials"][1] == "none found"
    assert found["python"][1].endswith(sys.executable)
    assert "typer 0.2" in found["parts"][1]


@pytest.mark.usefixtures("home")
def test_age_of_the_data() -> None:
    assert looked()["data"][:2] == ("ok", "1241 instance types as of 2026-07-16, 132 days old")
    assert looked(date(2027, 1, 11))["data"][0] == "ok"
    state, _, to_do = looked(date(2027, 1, 12))["data"]
    assert (state, "eniplan specs update" in to_do) == ("warning", True)


def test_data_of_the_account_makes_up_for_the_age_of_ours(home: Path) -> None:
    kept = home / ".local" / "share" / "eniplan" / "specs.jsonl"
    rows = [{"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 8}]
    kept.parent.mkdir(parents=True)
    kept.write_text(updated(rows, of_regions(("cn-hangzhou",), "2027-01-01")))
    assert looked(date(2027, 1, 12))["data"][0] == "ok"
    assert looked(date(2027, 6, 30))["data"][0] == "warning"
    kept.write_text("no instance data")
    assert looked(date(2027, 1, 12))["data"][0] == "warning"


def test_kubectl_and_its_context(home: Path) -> None:
    version = """'{"clientVersion": {"gitVersion": "v1.32.4"}}'"""
    kubectl(home, f'[ "$1" = version ] && echo {version} || echo prod\n')
    assert looked()["kubectl"][:2] == ("ok", "v1.32.4, context prod")
    kubectl(home, f'[ "$1" = version ] && echo {version}\n')
    assert looked()["kubectl"][:2] == ("warning", "v1.32.4, no current context")
    kubectl(home, "echo nonsense\n")
    assert looked()["kubectl"][0] == "warning"


def test_settings(home: Path) -> None:
    (home / ".eniplan").mkdir()
    (home / ".eniplan" / "config.yaml").write_text("strict: true\n")
    found = looked(ENIPLAN_FAIL_ON="info", ENIPLAN_STRICKT="1")
    assert found["config"][:2] == (
        "ok", ".eniplan/config.yaml; set: fail-on (ENIPLAN_FAIL_ON), strict (.eniplan/config.yaml:1:9)"
    )  # fmt: skip
    assert found["environment"] == (
        "warning", "ENIPLAN_STRICKT: eniplan reads no variable of this name", "did you mean 'ENIPLAN_STRICT'?"
    )  # fmt: skip
    (home / ".eniplan" / "config.yaml").write_text("stric: true\n")
    assert looked()["config"] == (
        "error", ".eniplan/config.yaml:1:1: unknown key 'stric'", "did you mean 'strict'?"
    )  # fmt: skip


def test_credentials_are_named_and_never_shown(home: Path) -> None:
    (home / ".aliyun").mkdir()
    (home / ".aliyun" / "config.json").write_text('{"profiles": [{"access_key_secret": "hidden"}]}')
    found = looked(ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI-secret")
    assert found["credentials"][1] == "an access key in the environment, ~/.aliyun/config.json"
    assert "secret" not in str(found)


def test_endpoint(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - the environment
    assert looked()["endpoint"][1] == "of the plan's region"
    monkeypatch.setenv("ALIBABA_CLOUD_REGION_ID", "cn-beijing")
    assert looked(NO_PROXY="x")["endpoint"][1] == "of cn-beijing, unless the plan sets a region; set: NO_PROXY"
    monkeypatch.setenv("ENIPLAN_ENDPOINT", "http://127.0.0.1:8080")
    assert looked()["endpoint"][1] == "http://127.0.0.1:8080 for all services"
    monkeypatch.setenv("ENIPLAN_ENDPOINT", "ftp://user:pass@x")
    state, says, _ = looked()["endpoint"]
    assert (state, "pass" in says) == ("error", False)


def test_own_data(home: Path) -> None:
    assert looked()["own data"][1].startswith("none")
    folder = home / ".local" / "share" / "eniplan"
    folder.mkdir(parents=True)
    (folder / "specs.jsonl").write_text('{"InstanceTypeId": "ecs.x.large", "EniQuantity": 8}\n')
    assert looked()["own data"][:2] == ("ok", f"{folder}/specs.jsonl, over the bundled data")
    (folder / "specs.jsonl").write_text("nonsense\n")
    assert looked()["own data"][0] == "error"


@pytest.mark.parametrize(
    ("told", "state", "says"),
    [
        ("Wed, 25 Nov 2026 10:00:59 GMT", "ok", "59 seconds from the service's"),
        ("Wed, 25 Nov 2026 09:59:00 GMT", "warning", "60 seconds from the service's"),
        ("Wed, 25 Nov 2026 10:15:00 GMT", "error", "900 seconds from the service's"),
        ("soon", "unknown", "the response has no time"),
        (None, "unknown", "the response has no time"),
    ],
)
def test_clock(told: str | None, state: str, says: str) -> None:
    result = account.clock(Answer({}, None, told), datetime(2026, 11, 25, 10, tzinfo=UTC))
    assert (result.state, result.says) == (state, says)
    assert ("set this machine's clock" in result.to_do) == (state in {"warning", "error"})


def test_exit_code_and_json(run: Run, tmp_path: Path) -> None:
    done = run("doctor", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    (tmp_path / ".eniplan").mkdir()
    (tmp_path / ".eniplan" / "config.yaml").write_text("stric: true\n")
    broken = run("doctor", "--format", "json", cwd=tmp_path)
    report: dict[str, Any] = json.loads(broken.out)
    assert (broken.code, report["exitCode"], report["schema"]) == (1, 1, "eniplan.doctor/v1")
    assert [check["name"] for check in report["checks"] if check["state"] == "error"] == ["config"]


def test_what_goes_with_live(run: Run) -> None:
    assert "--region requires --live" in run("doctor", "--region", "cn-hangzhou").err
    assert run("doctor", "--ecs-role").code == 2


def test_a_plan_that_is_named_must_be_one(run: Run, tmp_path: Path) -> None:
    done = run("doctor", "nowhere.yaml", "--live", cwd=tmp_path)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith("nowhere.yaml: error: cannot read it")
    (tmp_path / "eniplan.yaml").write_text("name: <to fill in>\n")  # the plan of the folder is only a default
    done = run("doctor", "--live", cwd=tmp_path)
    assert (done.code, "error   account: no region\n" in done.out) == (1, True)


def test_the_offline_part_costs_no_sdk(tmp_path: Path) -> None:
    result, modules = loaded(tmp_path, "doctor")
    assert result.code == 0
    assert modules & (NEVER | {"rich", "jsonschema"}) == set()
