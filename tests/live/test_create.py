"""`create-pool --apply` and `resume` when nothing fails, and when the account is not as expected."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.live import plans
from tests.live.plans import CLUSTER, RECEIPT, let_a_minute_pass, pools, states, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result
    from tests.live.runs import Live
    from tests.loopback.server import Cloud

CREATE = "CreateClusterNodePool"


@pytest.fixture(autouse=True)
def quick_task(cloud: Cloud) -> None:
    cloud.state["taskScript"] = ["success"]


def apply(live: Live, folder: Path, *more: str) -> Result:
    return live("create-pool", "plan.json", "--apply", "--yes", *more, cwd=folder).wait()


def test_a_pool_is_created_proved_and_written_down(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    done = apply(live, tmp_path)
    (pool,) = pools(cloud)
    pool_id = pool["nodepool_info"]["nodepool_id"]
    assert (done.code, done.out) == (0, f"{pool_id}\n")
    assert "as requested: " in done.err
    assert "3 of 3 nodes ready" in done.err
    assert "next: eniplan verify plan.json" in done.err
    assert f"receipt: {RECEIPT}" in done.err
    # What is to be created is shown before: the body, nodes, pods and addresses.
    assert '"desired_size": 3' in done.err
    assert "nodes 3, exclusive pods 21" in done.err
    assert "vsw-j: up to 21 addresses for pods" in done.err
    receipt = plans.receipt(tmp_path)
    assert states(tmp_path) == ["prepared", "sent", "accepted", "created", "proved"]
    assert receipt["nodePoolId"] == pool_id
    assert receipt["taskId"] in cloud.state["tasks"]
    assert [e["requestId"] for e in receipt["events"]].count(None) == 4
    assert (tmp_path / RECEIPT).stat().st_mode & 0o777 == 0o600


OVERRIDES: list[dict[str, Any]] = [
    {},
    {"overrides": {"scaling_group": {"tags": [{"key": "Größe", "value": "二 é \U0001f600 \u202e\n"}]}}},
    {"overrides": {"kubernetes_config": {"user_data": "IyEvYmluL3No", "cms_enabled": True}}},
    {"desiredSize": None, "autoScaling": {"min": 0, "max": 3}},
]  # fmt: skip


@pytest.mark.parametrize("pool", OVERRIDES, ids=["plain", "unicode", "user data", "auto scaling"])
def test_what_is_sent_is_what_is_shown_byte_for_byte(
    live: Live, cloud: Cloud, tmp_path: Path, pool: dict[str, Any]
) -> None:
    plan = plans.plan(**pool)
    plan["nodePools"][0] = {key: value for key, value in plan["nodePools"][0].items() if value is not None}
    written(tmp_path, plan)
    shown = live("create-pool", "plan.json", "--emit", "api", "--out", "body.json", cwd=tmp_path).wait()
    assert shown.code == 0, shown.err
    done = apply(live, tmp_path)
    assert done.code == 0, done.err
    (request,) = cloud.calls(CREATE)
    assert request.body == (tmp_path / "body.json").read_bytes()


def test_running_it_again_finds_nothing_to_do(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    first = apply(live, tmp_path)
    kept = (tmp_path / RECEIPT).read_bytes()
    for name in (RECEIPT, "other.json"):
        again = apply(live, tmp_path, "--receipt", name)
        assert (again.code, again.out) == (0, first.out)
        assert "nothing to do" in again.err
    assert (tmp_path / RECEIPT).read_bytes() == kept
    assert not (tmp_path / "other.json").exists()
    assert len(cloud.calls(CREATE)) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"scaling_group": {"desired_size": 5}},
            ["scaling_group.desired_size is 5, but the plan asks for 3", "delete the pool"],
        ),
        (
            {"kubernetes_config": {"labels": [], "taints": []}},
            ["error NP003", "nothing was sent: the check with the account fails"],
        ),
    ],
)
def test_a_pool_that_differs_is_left_as_it_is(
    live: Live, cloud: Cloud, tmp_path: Path, change: dict[str, dict[str, Any]], told: list[str]
) -> None:
    written(tmp_path)
    assert apply(live, tmp_path).code == 0
    (pool,) = pools(cloud)
    for part, values in change.items():
        pool[part] |= values
    again = apply(live, tmp_path, "--receipt", "other.json")
    assert (again.code, again.out) == (1, "")
    assert not [words for words in told if words not in again.err]
    assert re.search(r"^plan\.json:1:\d+: error: pool 'trading' in cluster", again.err, re.MULTILINE)
    assert "nothing to do" not in again.err
    assert len(cloud.calls(CREATE)) == 1
    assert not (tmp_path / "other.json").exists()


def test_a_label_of_another_case_is_not_the_label(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    assert apply(live, tmp_path).code == 0
    (pool,) = pools(cloud)
    pool["kubernetes_config"]["labels"][0]["value"] = "enionly"
    again = apply(live, tmp_path)
    assert (again.code, again.out) == (1, "")
    assert "error NP003" in again.err
    assert "enionly" in again.err


def test_a_pool_that_is_being_deleted_is_not_there_already(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    assert apply(live, tmp_path).code == 0
    (pool,) = pools(cloud)
    state = pool | {"status": {**pool["status"], "state": "deleting"}}
    cloud.fault("DescribeClusterNodePoolDetail", "answer", status=200, body=state)
    again = apply(live, tmp_path)
    assert (again.code, again.out) == (1, "")
    assert "is being deleted" in again.err
    assert "run this again after it is gone" in again.err


def test_a_plan_with_errors_creates_nothing(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    for pool, code, told in (
        ({"instanceTypes": ["ecs.c6.large"]}, 1, "ENI001"),
        ({"overrides": {"kubernetes_config": {"labels": []}}}, 1, "NP001"),
        ({"overrides": {"kubernetes_config": []}}, 1, "NP011"),
        ({"name": 7}, 3, "name"),
    ):
        written(tmp_path, plans.plan(**pool))
        done = apply(live, tmp_path)
        assert (done.code, done.out) == (code, "")
        assert told in done.err
    assert cloud.calls(CREATE) == []


def test_findings_do_not_keep_a_create_from_its_end(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    assert apply(live, tmp_path, "--no-wait").code == 0
    assert states(tmp_path) == ["prepared", "sent", "accepted"]
    # The new nodes have taken what was left.
    next(v for v in cloud.state["vSwitches"] if v["VSwitchId"] == "vsw-j")["AvailableIpAddressCount"] = 1
    again = apply(live, tmp_path)
    assert "NET002" in again.err
    assert again.code == 0
    assert states(tmp_path)[-1] == "proved"
    # Whoever asks for it again is told first what is wrong with it.
    again = apply(live, tmp_path)
    assert (again.code, "nothing to do" in again.err) == (1, False)
    assert len(cloud.calls(CREATE)) == 1


def test_without_waiting(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    done = apply(live, tmp_path, "--no-wait", "--receipt", "mine.json")
    assert done.code == 0
    assert done.out.strip() == pools(cloud)[0]["nodepool_info"]["nodepool_id"]
    assert "next: eniplan resume mine.json" in done.err
    assert cloud.calls("DescribeTaskInfo") == []
    again = live("resume", "mine.json", cwd=tmp_path).wait()
    assert (again.code, again.out) == (0, done.out)
    assert "as requested: " in again.err


def test_the_receipt_says_which_findings_were_waived(live: Live, tmp_path: Path) -> None:
    waiver = {"rule": "NP002", "path": "nodePools[0]", "reason": "nobody else is there"}
    written(tmp_path, plans.plan(taints=[]) | {"waivers": [waiver]})
    done = apply(live, tmp_path)
    assert done.code == 0, done.err
    (kept,) = plans.receipt(tmp_path)["waivers"]
    assert (kept["rule"], kept["reason"]) == ("NP002", "nobody else is there")
    assert kept["path"].startswith("nodePools[0]")
    assert kept["waiver"].startswith("plan.json:1:")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--apply",), "there is no terminal for the confirmation"),
        (("--apply", "--yes", "--timeout", "soon"), "is not a duration"),
        (("--apply", "--yes", "--out", "x"), "--emit and --out only print it"),
        (("--apply", "--yes", "--emit", "ros"), "--emit and --out only print it"),
        (("--apply", "--yes", "--endpoint", "ftp://x"), "--endpoint"),
        (("--apply", "--yes", "--pool", "tradin"), "did you mean 'trading'?"),
        (("--yes",), "--yes requires --apply"),
        (("--receipt", "x"), "--receipt requires --apply"),
        (("--no-wait",), "--no-wait requires --apply"),
        (("--timeout", "1m"), "--timeout requires --apply"),
        (("--endpoint", "http://x"), "--endpoint requires --apply"),
        (("--ecs-role",), "--ecs-role requires --apply"),
    ],
)
def test_what_cannot_be_asked_for(live: Live, cloud: Cloud, tmp_path: Path, args: tuple[str, ...], told: str) -> None:
    written(tmp_path)
    done = live("create-pool", "plan.json", *args, cwd=tmp_path).wait()
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert cloud.calls(CREATE) == []


@pytest.mark.parametrize("text", ["soon", "nan"])
def test_a_time_out_that_is_none(live: Live, cloud: Cloud, tmp_path: Path, text: str) -> None:
    written(tmp_path)
    run = live("create-pool", "plan.json", "--apply", "--yes", cwd=tmp_path, env={"ENIPLAN_READ_TIMEOUT": text})
    done = run.wait()
    assert done.code == 2
    assert f"ENIPLAN_READ_TIMEOUT={text} is not a number of seconds" in done.err
    assert cloud.requests == []


def test_one_pool_at_a_time(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    plan = plans.plan()
    plan["nodePools"].append(plan["nodePools"][0] | {"name": "second"})
    written(tmp_path, plan)
    done = apply(live, tmp_path)
    assert done.code == 2
    assert "trading, second" in done.err
    assert apply(live, tmp_path, "--pool", "second").code == 0
    assert [request.json["nodepool_info"]["name"] for request in cloud.calls(CREATE)] == ["second"]


def test_a_plan_from_stdin(live: Live, tmp_path: Path) -> None:
    plan = json.dumps(plans.plan()).encode()
    done = live("create-pool", "-", "--apply", "--yes", stdin=plan, cwd=tmp_path).wait()
    assert done.code == 0, done.err
    assert live("create-pool", "-", "--apply", stdin=plan, cwd=tmp_path).wait().code == 2


def test_a_server_without_tls(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    done = apply(live, tmp_path, "--endpoint", cloud.url.replace("http:", "https:"))
    assert done.code == 4
    assert "TLS failed" in done.err
    assert not (tmp_path / RECEIPT).exists()


def test_what_cannot_be_resumed(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    written(tmp_path)
    for name, told in (
        ("none.json", "there is no receipt"),
        ("plan.json", "this is not a receipt of eniplan"),
        (".", "is a directory"),
    ):
        done = live("resume", name, cwd=tmp_path).wait()
        assert (done.code, done.out) == (3, "")
        assert told in done.err
    assert live("resume", "plan.json", "--timeout", "1", cwd=tmp_path).wait().code == 2
    assert cloud.requests == []


def test_a_waived_finding_can_still_be_refused(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    waiver = {"rule": "NP011", "path": "nodePools[0]", "reason": "to see what happens"}
    for overrides, told in (
        ({"kubernetes_config": []}, "kubernetes_config must be a map"),
        ({"nodepool_info": {"name": "other"}}, "nodepool_info.name bypasses the checks"),
    ):
        written(tmp_path, plans.plan(overrides=overrides) | {"waivers": [waiver]})
        done = apply(live, tmp_path)
        assert done.code == 3
        assert told in done.err
    assert cloud.calls(CREATE) == []


class TestReceipts:
    def test_of_another_pool_or_another_form_are_never_overwritten(
        self, live: Live, cloud: Cloud, tmp_path: Path
    ) -> None:
        written(tmp_path, plans.plan(name="other"))
        assert apply(live, tmp_path, "--receipt", "r.json").code == 0
        (tmp_path / "letter.json").write_text("{}")
        (tmp_path / "newer.json").write_text('{"schema": "eniplan.receipt/v9"}')
        written(tmp_path)
        for name, told in (
            ("r.json", "this is the receipt of pool 'other'"),
            ("letter.json", "this is not a receipt of eniplan"),
            ("newer.json", "'eniplan.receipt/v9', but eniplan"),
            ("plan.json", "this is not a receipt of eniplan"),
        ):
            kept = (tmp_path / name).read_bytes()
            done = apply(live, tmp_path, "--receipt", name)
            assert (done.code, done.out) == (3, "")
            assert told in done.err
            assert (tmp_path / name).read_bytes() == kept
        assert len(cloud.calls(CREATE)) == 1

    def test_of_a_create_that_is_not_settled_keep_another_plan_out(
        self, live: Live, cloud: Cloud, tmp_path: Path
    ) -> None:
        written(tmp_path)
        assert apply(live, tmp_path, "--no-wait").code == 0
        kept = (tmp_path / RECEIPT).read_bytes()
        written(tmp_path, plans.plan(desiredSize=4))
        done = apply(live, tmp_path)
        assert done.code == 3
        assert "the plan now asks for something else" in done.err
        assert f"eniplan resume {RECEIPT}" in done.err
        assert (tmp_path / RECEIPT).read_bytes() == kept
        assert len(cloud.calls(CREATE)) == 1

    def test_of_an_earlier_create_are_set_aside(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        written(tmp_path)
        assert apply(live, tmp_path).code == 0
        kept = (tmp_path / RECEIPT).read_bytes()
        cloud.state["clusters"][CLUSTER]["nodepools"] = []
        again = apply(live, tmp_path)
        assert again.code == 0
        aside = RECEIPT.replace(".json", ".1.json")
        assert aside in again.err
        assert (tmp_path / aside).read_bytes() == kept
        assert len(pools(cloud)) == 1

    def test_are_locked(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        written(tmp_path)
        cloud.fault(CREATE, "delay", seconds=3)
        first = live("create-pool", "plan.json", "--apply", "--yes", cwd=tmp_path)
        cloud.wait_for(CREATE)
        second = apply(live, tmp_path)
        assert second.code == 3
        assert "another eniplan process is working on this create" in second.err
        assert live("resume", RECEIPT, cwd=tmp_path).wait().code == 3
        assert first.wait().code == 0
        assert len(pools(cloud)) == 1

    def test_that_cannot_be_written_keep_the_request_back(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        written(tmp_path)
        for name in ("plan.json/r.json", "/dev/null/r.json", "."):
            assert apply(live, tmp_path, "--receipt", name).code == 3
        assert cloud.calls(CREATE) == []


class TestResume:
    @pytest.mark.parametrize(
        ("state", "told"),
        [
            ("prepared", "could not be sent, and nothing was created: CreateClusterNodePool: no connection"),
            (
                "unknown",
                "whether it created the pool is unknown: CreateClusterNodePool: the connection broke; no pool",
            ),
            ("rejected", "the API refused the request, and nothing was created"),
        ],
    )
    def test_what_is_told_and_where_it_goes_on(
        self, live: Live, cloud: Cloud, tmp_path: Path, state: str, told: str
    ) -> None:
        written(tmp_path)
        match state:
            case "prepared":
                cloud.fault(CREATE, "refuse")
                cloud.fault("DescribeClusterNodePools", "refuse-next", call=3)
            case "unknown":
                cloud.fault(CREATE, "reset")
            case _:
                cloud.fault(CREATE, "answer", status=400, body={"code": "InvalidKeyPair", "message": "no such key"})
        done = apply(live, tmp_path, "--timeout", "1s")
        assert (done.code, done.out) == (4 if state == "prepared" else 5, "")
        assert told in done.err
        assert f"continue with: eniplan resume {RECEIPT}" in done.err
        assert states(tmp_path)[-1] == state
        assert pools(cloud) == []
        cloud.faults.clear()
        cloud.reopen()
        if state == "unknown":  # too early to send it again
            early = live("resume", RECEIPT, "--timeout", "0s", cwd=tmp_path).wait()
            assert early.code == 5
            assert "no pool with that name has appeared yet" in early.err
            assert len(cloud.calls(CREATE)) == 1
            let_a_minute_pass(tmp_path)
        again = live("resume", RECEIPT, cwd=tmp_path).wait() if state != "rejected" else apply(live, tmp_path)
        assert again.code == 0, again.err
        assert len(pools(cloud)) == 1
        assert plans.receipt(tmp_path)["state"] == "proved"
