"""What becomes of a create after the request: tasks that fail, pools that vanish, names that are taken."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.cloud.receipt import Target, prepare, save
from tests.live import plans
from tests.live.plans import CLUSTER, RECEIPT, let_a_minute_pass, pools, states, written
from tests.live.test_faults import Later, has_arrived
from tests.live.tries import CREATE, DETAIL, LIST, TASK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result, Run
    from tests.live.runs import Live
    from tests.loopback.server import Cloud

NO_STOCK = {"state": "failed", "stage": "scaling", "error": {"code": "OutOfStock", "message": "no stock in zone j"}}


def apply(live: Live, folder: Path, *more: str) -> Result:
    return live("create-pool", "plan.json", "--apply", "--yes", *more, cwd=folder).wait()


def resume(live: Live, folder: Path, *more: str) -> Result:
    return live("resume", RECEIPT, *more, cwd=folder).wait()


@pytest.fixture(autouse=True)
def plan(tmp_path: Path) -> None:
    written(tmp_path)


@pytest.mark.parametrize("word", ["fail", "failed", "canceled"])
def test_a_task_that_fails(live: Live, cloud: Cloud, tmp_path: Path, word: str) -> None:
    cloud.state["taskScript"] = [NO_STOCK | {"state": word}]
    done = apply(live, tmp_path)
    assert (done.code, done.out) == (5, "")
    pool_id = plans.receipt(tmp_path)["nodePoolId"]
    assert f"of pool {pool_id} failed: no stock in zone j" in done.err
    assert f"continue with: eniplan resume {RECEIPT}" in done.err
    assert states(tmp_path)[-1] == "failed"
    if word != "failed":
        return
    # The pool is there, but its nodes have failed.
    waiting = resume(live, tmp_path, "--timeout", "0s")
    assert (waiting.code, states(tmp_path)[-1]) == (5, "different")
    assert f"pool {pool_id} is not as requested: 0 of 3 nodes ready, 3 failed" in waiting.err
    pools(cloud)[0]["status"] |= {"healthy_nodes": 3, "failed_nodes": 0}
    cloud.state["tasks"].clear()
    assert resume(live, tmp_path).code == 0
    assert states(tmp_path)[-2:] == ["created", "proved"]


@pytest.mark.parametrize("error", [None, {"code": "OutOfStock"}, {"message": ["list"]}])
def test_a_task_that_fails_in_other_words(live: Live, cloud: Cloud, tmp_path: Path, error: object) -> None:
    cloud.state["taskScript"] = ["success"]
    cloud.fault(TASK, "answer", status=200, body={"state": "fail", "error": error})
    done = apply(live, tmp_path)
    assert done.code == 5
    assert "failed: " in done.err


@pytest.mark.parametrize("word", ["cancelling", "a new word", None, ["success"]])
def test_other_words_are_waited_through(live: Live, cloud: Cloud, tmp_path: Path, word: object) -> None:
    cloud.state["taskScript"] = ["success"]
    cloud.fault(TASK, "answer", status=200, body={"state": word}, call=1)
    done = apply(live, tmp_path)
    assert done.code == 0, done.err
    assert len(cloud.calls(TASK)) == 2


def test_the_time_is_up(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.state["taskScript"] = ["running"]
    done = apply(live, tmp_path, "--timeout", "0s")
    assert (done.code, done.out) == (5, "")
    assert "is not ready yet" in done.err
    assert f"continue with: eniplan resume {RECEIPT}" in done.err
    for task in cloud.state["tasks"].values():
        task["script"] = ["success"]
    assert apply(live, tmp_path).code == 0
    assert len(cloud.calls(CREATE)) == 1


def test_a_task_that_may_not_be_read(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.deny("cs:DescribeTaskInfo")
    done = apply(live, tmp_path)
    assert done.code == 0, done.err
    assert len(cloud.calls(TASK)) == 1


def test_a_pool_that_may_not_be_read(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.deny("cs:DescribeClusterNodePoolDetail")
    done = apply(live, tmp_path)
    assert done.code == 5
    assert "was accepted, but cannot be read: RAM denies cs:DescribeClusterNodePoolDetail" in done.err
    cloud.state["denied"].clear()
    assert apply(live, tmp_path).code == 0


def test_a_create_that_is_denied(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.deny("cs:CreateClusterNodePool")
    done = apply(live, tmp_path)
    assert (done.code, states(tmp_path)[-1]) == (5, "rejected")
    assert "RAM denies cs:CreateClusterNodePool" in done.err
    cloud.state["denied"].clear()
    assert apply(live, tmp_path).code == 0


def test_a_pool_that_vanishes(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    assert apply(live, tmp_path, "--no-wait").code == 0
    cloud.state["clusters"][CLUSTER]["nodepools"] = []
    # The list may only be late.
    early = apply(live, tmp_path, "--timeout", "0s")
    assert (early.code, states(tmp_path)[-1]) == (5, "accepted")
    let_a_minute_pass(tmp_path)
    gone = resume(live, tmp_path)
    assert (gone.code, states(tmp_path)[-1]) == (5, "gone")
    assert "was created, but no longer exists" in gone.err
    again = resume(live, tmp_path)
    assert again.code == 5
    assert "create it again with: eniplan create-pool plan.json --apply" in again.err
    assert len(cloud.calls(CREATE)) == 1
    assert apply(live, tmp_path).code == 0
    assert len(pools(cloud)) == 1


def test_a_pool_that_cannot_be_looked_up_stays_unknown(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.fault(CREATE, "reset")
    assert apply(live, tmp_path, "--timeout", "0s").code == 5
    cloud.fault(LIST, "500")
    done = resume(live, tmp_path, "--timeout", "0s")
    assert (done.code, states(tmp_path)[-1]) == (5, "unknown")
    assert "whether it created the pool is unknown: it cannot be looked up: " in done.err


def test_a_request_that_cannot_be_sent_again_stays_unknown(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.fault(CREATE, "reset", call=1)
    assert apply(live, tmp_path, "--timeout", "0s").code == 5
    let_a_minute_pass(tmp_path)
    cloud.fault(LIST, "refuse-next", call=3)  # after that of the check
    done = resume(live, tmp_path, "--timeout", "0s")
    assert (done.code, states(tmp_path)[-1]) == (5, "unknown")
    assert "is unknown: it could not be sent again: " in done.err
    assert len(cloud.calls(CREATE)) == 1


def test_a_pool_that_is_late(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.state["taskScript"] = ["success"]
    cloud.fault(DETAIL, "answer", status=404, body={"code": "ErrorNodePoolNotFound", "message": "no"}, call=1)
    assert apply(live, tmp_path).code == 0
    cloud.fault(DETAIL, "answer", status=404, body={"code": "ErrorNodePoolNotFound", "message": "no"})
    cloud.fault(LIST, "500")
    assert resume(live, tmp_path, "--timeout", "0s").code == 5
    assert states(tmp_path)[-1] == "accepted"


@pytest.mark.parametrize("desired", [3, 5])
def test_the_name_is_taken_at_the_last_moment(live: Live, cloud: Cloud, tmp_path: Path, desired: int) -> None:
    cloud.state["taskScript"] = ["success"]
    assert apply(live, tmp_path, "--receipt", "other.json").code == 0
    pools(cloud)[0]["scaling_group"]["desired_size"] = desired
    # Seen neither before the question nor before the request, but after it.
    cloud.faults.append(
        Later(LIST, "answer", status=200, body={"nodepools": []}, since=lambda: len(cloud.calls(CREATE)) < 2)
    )
    done = apply(live, tmp_path)
    assert len(cloud.calls(CREATE)) == 2
    assert len(pools(cloud)) == 1
    if desired == 3:
        assert (done.code, states(tmp_path)[-1]) == (0, "proved")
    else:
        assert (done.code, states(tmp_path)[-1]) == (5, "different")
        assert "is not as requested: scaling_group.desired_size is 5, but the plan asks for 3" in done.err


def test_a_pool_that_came_out_otherwise(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    assert apply(live, tmp_path, "--no-wait").code == 0
    config = pools(cloud)[0]["kubernetes_config"]
    labels, config["labels"] = config["labels"], []
    done = apply(live, tmp_path)
    assert (done.code, states(tmp_path)[-1]) == (5, "different")
    assert "exclusive-mode-eni-type] is none, but the plan asks for 'eniOnly'" in done.err
    config["labels"] = labels
    assert apply(live, tmp_path).code == 0
    assert states(tmp_path)[-1] == "proved"


def test_a_plan_that_is_changed_to_what_the_pool_is(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    assert apply(live, tmp_path, "--no-wait").code == 0
    pools(cloud)[0]["scaling_group"]["desired_size"] = 5
    assert resume(live, tmp_path).code == 5
    assert states(tmp_path)[-1] == "different"
    written(tmp_path, plans.plan(desiredSize=4))
    assert apply(live, tmp_path).code == 1
    written(tmp_path, plans.plan(desiredSize=5))
    done = apply(live, tmp_path)
    assert done.code == 0
    assert "nothing to do" in done.err
    assert len(cloud.calls(CREATE)) == 1


@pytest.mark.parametrize("answer", [{}, {"nodepool_id": 7, "task_id": "T-1"}])
def test_an_answer_without_an_id(live: Live, cloud: Cloud, tmp_path: Path, answer: dict[str, Any]) -> None:
    cloud.fault(CREATE, "answer", status=200, body=answer, acted=True)
    done = apply(live, tmp_path)
    assert done.code == 0, done.err
    assert len(cloud.calls(CREATE)) == 1


def test_an_answer_without_a_task(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    cloud.state["taskScript"] = ["success"]
    pool = {"nodepool_info": {"name": "trading", "nodepool_id": "np1"}}
    cloud.state["clusters"][CLUSTER]["nodepools"] = []
    cloud.fault(CREATE, "answer", status=202, body={"nodepool_id": "np1", "task_id": 7})
    body = json.loads(live("create-pool", "plan.json", cwd=tmp_path).wait().out)
    cloud.fault(DETAIL, "answer", status=200, body=body | pool | {"status": {"state": "active", "healthy_nodes": 3}})
    done = apply(live, tmp_path)
    assert (done.code, done.out) == (0, "np1\n"), done.err
    assert cloud.calls(TASK) == []


def test_lists_that_make_no_sense(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    since = partial(has_arrived, cloud, LIST)
    nonsense: list[Any] = [7, [7], [{}], [{"nodepool_info": {"name": "trading"}}]]
    for rows in nonsense:
        cloud.faults.clear()
        cloud.requests.clear()  # the check itself reads a list that makes sense
        cloud.faults.append(Later(LIST, "answer", status=200, body={"nodepools": rows}, since=since))
        done = apply(live, tmp_path)
        assert done.code == 4, done
        assert cloud.calls(CREATE) == []


def test_a_cluster_without_pools(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    empty = cloud.fault(LIST, "answer", status=200, body={"nodepools": None})
    run = live("create-pool", "plan.json", "--apply", "--yes", cwd=tmp_path)
    cloud.wait_for(CREATE)
    cloud.faults.remove(empty)
    assert run.wait().code == 0


def policy(run: Run, *args: str) -> set[str]:
    """Return the names of the actions that `ram-policy` prints."""
    statements = json.loads(run("ram-policy", *args).out)["Statement"]
    return {action.partition(":")[2] for statement in statements for action in statement["Action"]}


LINGJUN = {
    "apiVersion": "eniplan/v1",
    "cluster": {"id": "c0000000000000000000000000lingjun", "region": "cn-hangzhou"},
    "nodePools": [
        {
            "name": plans.NAME, "kind": "lingjun", "vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-nodes"],
            "lingjun": {"clusterId": "i1169130516630001", "groupId": "ng-gpu"},
        }
    ],
}  # fmt: skip


@pytest.mark.parametrize("content", [plans.plan(), LINGJUN], ids=["ecs", "lingjun"])
def test_a_create_makes_the_calls_of_its_policy(
    live: Live, run: Run, cloud: Cloud, tmp_path: Path, content: dict[str, Any]
) -> None:
    written(tmp_path, content)
    done = apply(live, tmp_path)
    assert done.code == 0, done.err
    wanted = policy(run, "create-pool", *(["--lingjun"] if content is LINGJUN else []))
    # A plan without types asks neither for their limits nor for their stock.
    assert wanted - set(cloud.actions) == (
        {"DescribeInstanceTypes", "DescribeAvailableResource"} if content is LINGJUN else set()
    )
    assert set(cloud.actions) <= wanted


def test_a_resume_makes_the_calls_of_its_policy(live: Live, run: Run, cloud: Cloud, tmp_path: Path) -> None:
    target = Target(CLUSTER, "cn-hangzhou", cloud.url, plans.NAME)
    save(str(tmp_path / "r.json"), prepare(target, "plan.json", plans.body(), ()))
    assert live("resume", "r.json", "--yes", cwd=tmp_path).wait().code == 0
    assert set(cloud.actions) == policy(run, "resume")


def test_a_failure_that_names_a_time_to_wait_is_still_one_that_may_have_worked(
    live: Live, cloud: Cloud, tmp_path: Path
) -> None:
    cloud.state["taskScript"] = ["success"]
    body = {"code": "InternalError", "message": "try later"}
    cloud.fault(CREATE, "answer", status=503, headers={"x-acs-retry-after": "50"}, body=body, acted=True)
    assert apply(live, tmp_path).code == 0
    assert states(tmp_path)[-1] == "proved"
    assert len(cloud.calls(CREATE)) == 1


def test_nodes_that_have_failed_are_not_as_asked(live: Live, cloud: Cloud, tmp_path: Path) -> None:
    assert apply(live, tmp_path, "--no-wait").code == 0
    for task in cloud.state["tasks"].values():
        task["script"] = ["success"]
    (pool,) = pools(cloud)
    row = pool | {"status": {"state": "active", "total_nodes": 3, "healthy_nodes": 1, "failed_nodes": 2}}
    cloud.fault(DETAIL, "answer", status=200, body=row)
    done = resume(live, tmp_path)
    assert (done.code, done.out, states(tmp_path)[-1]) == (5, "", "different")
    assert "is not as requested: 1 of 3 nodes ready, 2 failed" in done.err
