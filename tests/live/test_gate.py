"""The gate before the request: what cannot be known, a "no" and an open receipt are no way round."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.cloud.receipt import Target, Terms, prepare, save
from tests.live import plans
from tests.live.plans import CLUSTER, NAME, RECEIPT, let_a_minute_pass, pools, written
from tests.live.tries import AGAIN, CREATE, DETAIL, LIST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result
    from tests.live.runs import Live
    from tests.live.tries import Tries
    from tests.loopback.server import Cloud

RIGHTS = {
    "cs:DescribeClusterDetail": "DescribeClusterDetail",
    "cs:GetClusterAddonInstance": "GetClusterAddonInstance",
    "cs:DescribeUserQuota": "DescribeUserQuota",
    "ecs:DescribeInstanceTypes": "DescribeInstanceTypes",
    "ecs:DescribeAvailableResource": "DescribeAvailableResource",
    "ecs:DescribeSecurityGroups": "DescribeSecurityGroups",
    "vpc:DescribeVSwitches": "DescribeVSwitches",
}
"""What may be refused while a pool can still be looked up, and the fact that is not known then."""
LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
APPLY = ("create-pool", "plan.json", "--apply")


@pytest.fixture(autouse=True)
def quick_task(cloud: Cloud, tmp_path: Path) -> None:
    cloud.state["taskScript"] = ["success"]
    written(tmp_path)


def apply(live: Live, folder: Path, *more: str) -> Result:
    return live(*APPLY, "--yes", *more, cwd=folder).wait()


def sent(folder: Path, cloud: Cloud, state: Any = "sent", *, minutes: int = 1, yes: bool = True) -> None:  # noqa: ANN401 - a State
    """Leave the receipt of a request that never reached the server."""
    target = Target(CLUSTER, "cn-hangzhou", cloud.url, NAME)
    (folder / RECEIPT).parent.mkdir(parents=True, exist_ok=True)
    receipt = prepare(target, "plan.json", plans.body(), (), Terms(yes=yes)).then("sent")
    save(str(folder / RECEIPT), receipt if state == "sent" else receipt.then(state))
    for _ in range(minutes):
        let_a_minute_pass(folder)


def test_a_right_that_is_missing_stops_it_and_is_told(live: Live, tries: Tries) -> None:
    tried = tries([*RIGHTS.values(), LIST])
    for one in tried:
        one.cloud.deny(next((right for right in RIGHTS if right.endswith(one.name)), f"cs:{LIST}"))
    for one, run in [(one, one.create(live)) for one in tried]:
        done = run.wait()
        assert (done.code, done.out) == (1, ""), f"{one.name}: {done}"
        assert one.cloud.calls(CREATE) == []
        assert one.state is None
        assert re.search(rf"error: .*nothing was sent: the account's answer .* is unknown: .*{one.name}\b", done.err)
        assert f"--allow-undecided {one.name}; {AGAIN}\n" in done.err
    # Which VPC it is, only the cluster says.
    more = {"DescribeClusterDetail": ("--allow-undecided", "DescribeVSwitches")}
    allowed = [one.create(live, "--allow-undecided", one.name, *more.get(one.name, ())) for one in tried]
    for one, run in zip(tried, allowed, strict=True):
        done = run.wait()
        if one.name == LIST:  # without the name there is no guard
            assert (done.code, one.cloud.calls(CREATE)) == (4, []), done
            continue
        assert done.code == 0, f"{one.name}: {done}"
        assert "unknown, and allowed with --allow-undecided: the account's answer" in done.err
        fact = plans.receipt(one.folder)["undecided"][0]
        assert fact["fact"] == one.name
        assert "RAM denies" in fact["reason"]
        assert len(pools(one.cloud)) == 1


def test_only_what_is_named_may_be_unknown(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.deny("cs:DescribeUserQuota", "vpc:DescribeVSwitches")
    words = ("--allow-undecided", "vpc:DescribeVSwitches")
    done = apply(live, tmp_path, *words)
    assert (done.code, cloud.calls(CREATE)) == (1, [])
    assert "--allow-undecided DescribeUserQuota" in done.err
    assert "--allow-undecided DescribeVSwitches" not in done.err
    assert apply(live, tmp_path, *words, "--allow-undecided", "DescribeUserQuota").code == 0
    assert len(plans.receipt(tmp_path)["undecided"]) == 2
    assert plans.receipt(tmp_path)["terms"]["allowed"] == ["DescribeVSwitches", "DescribeUserQuota"]


def test_a_fact_that_nobody_asks_for(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    done = apply(live, tmp_path, "--allow-undecided", "DescribeVSwitch")
    assert (done.code, cloud.requests) == (2, [])
    assert "did you mean 'DescribeVSwitches'?" in done.err


class TestAnOpenReceipt:
    @pytest.mark.parametrize("state", ["sent", "unknown"])
    @pytest.mark.parametrize("command", ["resume", "apply"])
    def test_is_no_way_round_the_check(self, live: Live, tries: Tries, state: str, command: str) -> None:
        tried = tries(["denied", "an error", "whole"])
        for one in tried:
            sent(one.folder, one.cloud, state)
        tried[0].cloud.deny("cs:DescribeUserQuota")
        tried[1].cloud.state["clusters"][CLUSTER]["detail"]["state"] = "updating"
        runs = [one.start(live, "resume", RECEIPT) if command == "resume" else one.create(live) for one in tried]
        results = {one.name: run.wait() for one, run in zip(tried, runs, strict=True)}
        assert {name: done.code for name, done in results.items()} == {"denied": 1, "an error": 1, "whole": 0}
        assert [len(pools(one.cloud)) for one in tried] == [0, 0, 1]
        assert [one.state for one in tried] == [state, state, "proved"]
        assert "--allow-undecided DescribeUserQuota" in results["denied"].err
        assert "LIVE002" in results["an error"].err

    def test_a_resume_may_know_less_than_the_create_when_told_so(
        self, live: Live, cloud: Cloud, tmp_path: Path
    ) -> None:
        sent(tmp_path, cloud, "unknown")
        cloud.deny("cs:DescribeUserQuota")
        words = ("resume", RECEIPT, "--yes")
        assert live(*words, "--allow-undecided", "DescribeUserQuotas", cwd=tmp_path).wait().code == 2
        assert live(*words, cwd=tmp_path).wait().code == 1
        assert cloud.calls(CREATE) == []
        assert live(*words, "--allow-undecided", "DescribeUserQuota", cwd=tmp_path).wait().code == 0
        assert len(cloud.calls(CREATE)) == 1
        kept = plans.receipt(tmp_path)
        assert kept["terms"]["allowed"] == ["DescribeUserQuota"]
        assert [fact["fact"] for fact in kept["undecided"]] == ["DescribeUserQuota"]

    @pytest.mark.parametrize("words", [("resume", RECEIPT), APPLY])
    @pytest.mark.parametrize("answer", ["n", "y"])
    def test_is_no_way_round_the_question(
        self, live: Live, cloud: Cloud, tmp_path: Path, words: tuple[str, ...], answer: str
    ) -> None:
        sent(tmp_path, cloud, "unknown")
        run = live(*words, cwd=tmp_path, terminal=True)
        run.wait_for_text("create it? [y/N] ")
        assert cloud.calls(CREATE) == []
        run.type(f"{answer}\n")
        done = run.wait()
        assert done.code == (0 if answer == "y" else 130)
        assert ("nothing was sent again" in done.out) == (answer == "n")
        assert len(pools(cloud)) == (answer == "y")

    def test_is_not_sent_again_when_nobody_can_be_asked(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        sent(tmp_path, cloud, yes=False)
        done = live("resume", RECEIPT, cwd=tmp_path).wait()
        assert (done.code, done.out, cloud.calls(CREATE)) == (5, "", [])
        assert "was not sent again: there is no terminal for the confirmation" in done.err
        assert live("resume", RECEIPT, "--yes", cwd=tmp_path).wait().code == 0

    def test_needs_no_plan_to_find_the_pool(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        sent(tmp_path, cloud)
        cloud.state["clusters"][CLUSTER]["nodepools"].append(pool_as_asked())
        (tmp_path / "plan.json").unlink()
        cloud.deny("cs:DescribeUserQuota")
        done = live("resume", RECEIPT, cwd=tmp_path).wait()
        assert (done.code, done.out, cloud.calls(CREATE)) == (0, "np1\n", [])

    @pytest.mark.parametrize("plan", ["gone", "changed", "stdin"])
    def test_is_not_sent_again_without_its_plan(self, live: Live, cloud: Cloud, tmp_path: Path, plan: str) -> None:
        sent(tmp_path, cloud)
        if plan == "gone":
            (tmp_path / "plan.json").unlink()
        elif plan == "changed":
            written(tmp_path, plans.plan(desiredSize=4))
        else:
            found = plans.receipt(tmp_path)
            (tmp_path / RECEIPT).write_text(json.dumps(found | {"plan": "-"}))
        done = live("resume", RECEIPT, cwd=tmp_path).wait()
        assert (done.code, done.out, cloud.calls(CREATE)) == (5, "", [])
        assert "there is no such pool, and the request was not sent again" in done.err
        if plan == "changed":
            assert "scaling_group.desired_size was 3 and is now 4" in done.err
            assert "--discard-receipt" in done.err

    @pytest.mark.parametrize("seen", ["not there", "just sent", "there"])
    def test_of_another_body(self, live: Live, cloud: Cloud, tmp_path: Path, seen: str) -> None:
        sent(tmp_path, cloud, minutes=seen != "just sent")
        written(tmp_path, plans.plan(desiredSize=4, name=NAME))
        if seen == "there":
            cloud.state["clusters"][CLUSTER]["nodepools"].append(pool_as_asked())
        done = apply(live, tmp_path, "--timeout", "0s")
        assert (done.code, done.out, cloud.calls(CREATE)) == (3, "", [])
        assert "the plan now asks for something else: scaling_group.desired_size was 3 and is now 4; " in done.err
        assert ("--discard-receipt" in done.err) == (seen == "not there")
        assert f"eniplan resume {RECEIPT}" in done.err
        given_up = apply(live, tmp_path, "--discard-receipt", "--timeout", "9s")
        if seen == "not there":
            assert given_up.code == 0, given_up
            assert f"the receipt of the earlier create is now {RECEIPT.replace('.json', '.1.json')}" in given_up.err
            assert pools(cloud)[0]["scaling_group"]["desired_size"] == 4
        else:
            assert (given_up.code, given_up.out, cloud.calls(CREATE)) == (5, "", [])
            assert "its receipt is kept" in given_up.err

    def test_of_another_secret(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        first, second = ({"kubernetes_config": {"user_data": text}} for text in ("IyEvYmluL3No", "IyEvYmluL2Jh"))
        written(tmp_path, plans.plan(overrides=first))
        cloud.fault(CREATE, "reset")
        assert apply(live, tmp_path, "--timeout", "0s").code == 5
        let_a_minute_pass(tmp_path)
        written(tmp_path, plans.plan(overrides=second))
        done = apply(live, tmp_path)
        assert done.code == 3
        assert "a value that receipts do not store differs" in done.err

    def test_of_the_future_is_not_waited_for(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        sent(tmp_path, cloud)
        found = plans.receipt(tmp_path)
        for event in found["events"]:
            event["time"] = event["time"].replace("20", "29", 1)
        (tmp_path / RECEIPT).write_text(json.dumps(found))
        done = live("resume", RECEIPT, "--timeout", "20s", cwd=tmp_path).wait()
        assert done.code == 0, done
        assert len(pools(cloud)) == 1

    def test_takes_what_killed_runs_have_left_away(self, live: Live, cloud: Cloud, tmp_path: Path) -> None:
        sent(tmp_path, cloud)
        folder, name = (tmp_path / RECEIPT).parent, (tmp_path / RECEIPT).name
        (folder / f".{name}.123456.tmp").write_text("half")
        (folder / "other.json.7.tmp").write_text("of somebody else")
        assert live("resume", RECEIPT, cwd=tmp_path).wait().code == 0
        assert sorted(file.name for file in folder.iterdir()) == [f".{name}.lock", name, "other.json.7.tmp"]


def pool_as_asked(pool_id: str = "np1", **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return the pool that the plan asks for, as the API reports it when all is well."""
    body = json.loads(plans.body())
    status = {"state": "active", "total_nodes": 3, "healthy_nodes": 3, "failed_nodes": 0}
    return {
        **body,
        "nodepool_info": body["nodepool_info"] | {"nodepool_id": pool_id, "type": "ess"},
        "auto_scaling": {"enable": False},
        "status": status,
        **changes,
    }


TRAPS: dict[str, tuple[list[dict[str, Any]], int, str]] = {
    "as asked": ([pool_as_asked()], 0, "nothing to do; 3 of 3 nodes ready"),
    "tags of the server": (
        [
            pool_as_asked(
                scaling_group=json.loads(plans.body())["scaling_group"] | {"tags": [{"key": "acs", "value": "1"}]}
            )
        ],
        0,
        "nothing to do",
    ),
    "failed nodes": ([pool_as_asked(status={"state": "active", "healthy_nodes": 2, "failed_nodes": 1})], 1, "1 failed"),
    "a failed pool": ([pool_as_asked(status={"state": "failed", "healthy_nodes": 3})], 1, "its state is failed"),
    "a twin": ([pool_as_asked(), pool_as_asked("np2")], 1, "exists more than once: np1, np2"),
    "no label": ([pool_as_asked(kubernetes_config={"labels": [], "taints": []})], 1, "NP003"),
    "no configuration": ([pool_as_asked(kubernetes_config=None)], 1, ""),
    "nodes that are missing": (
        [pool_as_asked(status={"state": "active", "healthy_nodes": 2})],
        5,
        "2 of 3 nodes ready",
    ),
    "still scaling": ([pool_as_asked(status={"state": "scaling", "healthy_nodes": 3})], 5, "its state is scaling"),
    "no word of its nodes": (
        [pool_as_asked(status={"state": "active"})],
        5,
        "does not report how many of its 3 nodes are ready",
    ),
    "no status": ([pool_as_asked(status=None)], 5, "does not report how many of its 3 nodes"),
    "auto scaling": ([pool_as_asked(auto_scaling={"enable": True, "max_instances": 9})], 1, "auto_scaling.enable"),
}
"""Pools of the plan's name that are there before anything is sent: the exit code, and what is told."""


def test_only_a_pool_that_is_right_is_nothing_to_do(live: Live, tries: Tries) -> None:
    tried = tries(TRAPS)
    for one in tried:
        one.cloud.state["clusters"][CLUSTER]["nodepools"] += TRAPS[one.name][0]
    for one, run in [(one, one.create(live, "--timeout", "0s")) for one in tried]:
        _, code, told = TRAPS[one.name]
        done = run.wait()
        assert (done.code, one.cloud.calls(CREATE)) == (code, []), f"{one.name}: {done}"
        assert told in done.err, f"{one.name}: {done}"
        assert ("nothing to do" in done.err) == (code == 0)
        assert done.out == ("np1\n" if code == 0 else "")


LATE: dict[str, tuple[dict[str, Any], int, str]] = {
    "missing": ({"state": "active", "total_nodes": 2, "healthy_nodes": 2}, 5, "is not ready yet; 2 of 3 nodes ready"),
    "failed": ({"state": "active", "healthy_nodes": 2, "failed_nodes": 1}, 5, "not as requested: 2 of 3 nodes ready"),
    "a failed pool": ({"state": "failed", "healthy_nodes": 3}, 5, "is not as requested: its state is failed"),
    "scaling": ({"state": "scaling", "healthy_nodes": 3}, 5, "is not ready yet; its state is scaling"),
    "not told": ({"state": "active"}, 5, "does not report how many"),
}
"""What a pool reports although its task has succeeded."""


@pytest.mark.parametrize("has_task", [True, False], ids=["a task", "no task"])
def test_a_task_that_succeeds_is_not_yet_a_pool(live: Live, tries: Tries, has_task: bool) -> None:  # noqa: FBT001 - a case
    tried = tries([*LATE, "a twin", "late"])
    for one in tried:
        status = LATE["missing" if one.name == "late" else one.name][0] if one.name != "a twin" else None
        if status is not None:
            one.cloud.fault(
                DETAIL, "answer", status=200, body=pool_as_asked(status=status), call=1 if one.name == "late" else None
            )
        if one.name == "late":
            one.cloud.fault(DETAIL, "answer", status=200, body=pool_as_asked())
        if one.name == "a twin":
            one.cloud.fault(DETAIL, "answer", status=200, body=pool_as_asked())
            one.cloud.fault(
                LIST, "answer", status=200, body={"nodepools": [pool_as_asked(), pool_as_asked("np2")]}, call=4
            )
        task = {"task_id": "T-1"} if has_task else {}
        one.cloud.fault(CREATE, "answer", status=200, body={"nodepool_id": "np1", **task})
        one.cloud.fault("DescribeTaskInfo", "answer", status=200, body={"task_id": "T-1", "state": "success"})
    wait = {"late": "30s"}
    runs = [(one, one.create(live, "--timeout", wait.get(one.name, "0s"))) for one in tried]
    for one, run in runs:
        done = run.wait()
        if one.name == "late":
            assert (done.code, done.out, one.state) == (0, "np1\n", "proved"), f"{one.name}: {done}"
            continue
        _, code, told = LATE.get(one.name, ({}, 5, "another pool has the same name: np2"))
        assert (done.code, done.out) == (code, ""), f"{one.name}: {done}"
        assert told in done.err, f"{one.name}: {done}"
        assert f"continue with: eniplan resume {RECEIPT}" in done.err
