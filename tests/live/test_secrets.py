"""Planted secrets: whatever a server repeats of a request, nothing of them is shown or written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live import plans
from tests.live.plans import RECEIPT, let_a_minute_pass, written
from tests.live.runs import SECRET
from tests.live.tries import CREATE, DETAIL, LIST, TASK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result
    from tests.live.runs import Live
    from tests.loopback.server import Cloud

SCRIPT = "UGxhbnRlZC1zY3JpcHQ="
TOKEN = "loopback-token"  # noqa: S105 - planted
STS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "STS.loopback",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "loopback-sts-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN,
}
PLANTED = (SECRET, "loopback-sts-secret", TOKEN, SCRIPT, "Planted-1!")
PLAN = plans.plan(overrides={"kubernetes_config": {"user_data": SCRIPT}})


def check_keeps_quiet(done: Result, folder: Path) -> None:
    files = [path.read_text("utf-8") for path in folder.rglob("*") if path.is_file() and path.name != "plan.json"]
    for secret in PLANTED:
        assert secret not in done.out + done.err
        assert not [text for text in files if secret in text]


DEBUG = {"ENIPLAN_DEBUG": "1", "DEBUG": "sdk"}


@pytest.mark.parametrize(
    ("action", "env"),
    [
        *((action, DEBUG) for action in ("DescribeClusterDetail", LIST, CREATE, TASK, DETAIL)),
        (CREATE, STS),
        (DETAIL, STS),
    ],
)
def test_a_server_that_repeats_them(live: Live, cloud: Cloud, tmp_path: Path, action: str, env: dict[str, str]) -> None:
    written(tmp_path, PLAN)
    cloud.state["taskScript"] = ["success"]
    cloud.fault(action, "echo-secret")
    allow = [
        word for fact in ("DescribeClusterDetail", "DescribeVSwitches", LIST) for word in ("--allow-undecided", fact)
    ]
    done = live("create-pool", "plan.json", "--apply", "--yes", "--timeout", "9s", *allow, cwd=tmp_path, env=env).wait()
    # Without the cluster's detail the plan's own facts hold, without the task the pool's state.
    assert done.code == {LIST: 4, CREATE: 5, DETAIL: 5}.get(action, 0), done
    assert ("RAM denies" in done.err) == (action != TASK)
    check_keeps_quiet(done, tmp_path)


def test_a_task_that_repeats_them(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, PLAN)
    cloud.state["taskScript"] = [{"state": "failed", "error": {"code": "BadScript", "message": f"cannot run {SCRIPT}"}}]
    done = live("create-pool", "plan.json", "--apply", "--yes", cwd=tmp_path).wait()
    assert done.code == 5
    assert "failed: cannot run ***" in done.err
    check_keeps_quiet(done, tmp_path)


def test_a_password_in_the_plan(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, plans.plan(overrides={"scaling_group": {"login_password": "Planted-1!"}}))
    done = live("create-pool", "plan.json", "--apply", "--yes", cwd=tmp_path).wait()
    assert done.code == 1
    assert "NP012" in done.err
    assert cloud.calls(CREATE) == []
    check_keeps_quiet(done, tmp_path)


@pytest.mark.parametrize("action", [CREATE, TASK, DETAIL])
def test_a_password_that_somebody_waives(live: Live, cloud: Cloud, tmp_path: Path, action: str) -> None:
    """It is sent, and stands in nothing that is shown or kept, although the server repeats it."""
    waiver = {"rule": "NP012", "path": "nodePools[0]", "reason": "to see what happens"}
    content = plans.plan(overrides={"scaling_group": {"login_password": "Planted-1!"}})
    del content["nodePools"][0]["keyPair"]
    written(tmp_path, content | {"waivers": [waiver]})
    cloud.state["taskScript"] = ["success"]
    body = {"code": "Bad.Planted-1!", "message": 'in {"login_password":"Planted-1!"}', "requestId": "R-Planted-1!"}
    cloud.fault(action, "answer", status=400, body=body)
    done = live(
        "create-pool", "plan.json", "--apply", "--yes", "--timeout", "5s", cwd=tmp_path, env={"ENIPLAN_DEBUG": "1"}
    ).wait()
    (request,) = cloud.calls(CREATE)
    assert b'"Planted-1!"' in request.body
    assert done.code == (0 if action == TASK else 5), done.err
    assert ("***" in done.err) == (action != TASK)
    check_keeps_quiet(done, tmp_path)


def test_a_request_that_held_them_is_only_sent_with_the_plan(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path, PLAN)
    cloud.state["taskScript"] = ["success"]
    cloud.fault(CREATE, "reset", call=1)
    lost = live("create-pool", "plan.json", "--apply", "--yes", "--timeout", "0s", cwd=tmp_path).wait()
    assert lost.code == 5
    let_a_minute_pass(tmp_path)
    (tmp_path / "plan.json").rename(tmp_path / "elsewhere")
    done = live("resume", RECEIPT, cwd=tmp_path).wait()
    assert (done.code, len(cloud.calls(CREATE))) == (5, 1)
    assert "run create-pool with the plan again" in done.err
    (tmp_path / "elsewhere").rename(tmp_path / "plan.json")
    again = live("resume", RECEIPT, cwd=tmp_path).wait()
    assert again.code == 0, again.err
    assert SCRIPT.encode() in cloud.calls(CREATE)[1].body
    check_keeps_quiet(again, tmp_path)
    assert live("resume", RECEIPT, cwd=tmp_path).wait().code == 0
