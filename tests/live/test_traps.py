"""States in which an unwary tool says ok: the request was accepted, the task has succeeded, the name is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from eniplan.cloud.receipt import Target, prepare, save
from tests.live import plans
from tests.live.plans import CLUSTER, NAME, RECEIPT, pools
from tests.live.test_gate import LABEL, pool_as_asked
from tests.live.tries import AGAIN, CREATE, DETAIL, LIST, RESUME, TASK

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.live.runs import Live
    from tests.live.tries import Tries, Try


class Trap(NamedTuple):
    """What is the case, how the create ends, and what it says."""

    arrange: Callable[[Try], object]
    code: int
    told: str
    next: str


def made(status: dict[str, Any] | None, *, has_task: bool = True) -> Callable[[Try], None]:
    """Accept the request, let its task succeed, and show a pool in that state; None: show nothing."""

    def arrange(one: Try) -> None:
        answer = {"nodepool_id": "np1", **({"task_id": "T-1"} if has_task else {})}
        one.cloud.fault(CREATE, "answer", status=200, body=answer)
        one.cloud.fault(TASK, "answer", status=200, body={"task_id": "T-1", "state": "success"})
        body = {} if status is None else pool_as_asked(status=status)
        one.cloud.fault(DETAIL, "answer", status=200, body=body)

    return arrange


def there(**changes: Any) -> Callable[[Try], None]:  # noqa: ANN401 - any JSON value
    """Let a pool of the name be there, as the plan asks for it but for some parts."""
    return lambda one: one.cloud.state["clusters"][CLUSTER]["nodepools"].append(pool_as_asked(**changes))


def says(action: str, body: object) -> Callable[[Try], object]:
    return lambda one: one.cloud.fault(action, "answer", status=200, body=body)


def breaks(action: str, kind: str) -> Callable[[Try], object]:
    return lambda one: one.cloud.fault(action, kind)


def both(*steps: Callable[[Try], object]) -> Callable[[Try], object]:
    return lambda one: [step(one) for step in steps]


def _old_receipt(one: Try) -> None:
    """Leave the receipt of a create that was proved, of a pool that is another one by now."""
    target = Target(CLUSTER, "cn-hangzhou", one.cloud.url, NAME)
    (one.folder / RECEIPT).parent.mkdir(parents=True)
    proved = prepare(target, "plan.json", plans.body(), ())._replace(node_pool_id="np1").then("proved")
    save(str(one.folder / RECEIPT), proved)
    there(kubernetes_config={"labels": [], "taints": []})(one)


def kubernetes(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    asked: dict[str, Any] = pool_as_asked()["kubernetes_config"]
    return asked | changes


def group(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    asked: dict[str, Any] = pool_as_asked()["scaling_group"]
    return asked | changes


MISSING = {"state": "active", "total_nodes": 2, "healthy_nodes": 2}
TRAPS: dict[str, Trap] = {
    # The task has succeeded.
    "nodes are missing": Trap(made(MISSING), 5, "is not ready yet; 2 of 3 nodes ready", RESUME),
    "nodes are missing, and there is no task": Trap(made(MISSING, has_task=False), 5, "2 of 3 nodes ready", RESUME),
    "no nodes": Trap(made({"state": "active", "total_nodes": 0, "healthy_nodes": 0}), 5, "0 of 3 nodes ready", RESUME),
    "nodes have failed": Trap(
        made({"state": "active", "healthy_nodes": 3, "failed_nodes": 1}), 5, "3 of 3 nodes ready, 1 failed", RESUME
    ),
    "the pool has failed": Trap(made({"state": "failed", "healthy_nodes": 3}), 5, "its state is failed", RESUME),
    "the pool is being deleted": Trap(made({"state": "deleting", "healthy_nodes": 3}), 5, "is deleting", RESUME),
    "an empty answer of the pool": Trap(made(None), 5, "the answer is not about this pool", RESUME),
    "the request has an empty answer": Trap(says(CREATE, {}), 5, "the answer names no pool", RESUME),
    "the request has no answer at all": Trap(breaks(CREATE, "empty"), 5, "", RESUME),
    # A pool of the name is there.
    "there without the label": Trap(there(kubernetes_config=kubernetes(labels=[])), 1, "NP003", AGAIN),
    "there with a label of another case": Trap(
        there(kubernetes_config=kubernetes(labels=[{"key": LABEL, "value": "ENIOnly"}])), 1, "NP003", AGAIN
    ),
    "there with another mode": Trap(
        there(kubernetes_config=kubernetes(labels=[{"key": LABEL, "value": "eniIP"}])), 1, "NP003", AGAIN
    ),
    "there without the taint": Trap(there(kubernetes_config=kubernetes(taints=[])), 1, "taints[exclusive-eni", AGAIN),
    "there with another type": Trap(
        there(scaling_group=group(instance_types=["ecs.g7.2xlarge"])), 1, "scaling_group.instance_types", AGAIN
    ),
    "there with other vSwitches": Trap(
        there(scaling_group=group(vswitch_ids=["vsw-k"])), 1, "scaling_group.vswitch_ids", AGAIN
    ),
    "there twice": Trap(both(there(), there(pool_id="np2")), 1, "exists more than once: np1, np2", AGAIN),
    "there, and being deleted": Trap(
        there(status={"state": "deleting", "healthy_nodes": 3}), 1, "but is being deleted", AGAIN
    ),
    "there, and failed": Trap(there(status={"state": "failed", "healthy_nodes": 3}), 1, "its state is failed", AGAIN),
    "there, and its nodes are late": Trap(there(status=MISSING), 5, "2 of 3 nodes ready", RESUME),
    "an old receipt says so": Trap(_old_receipt, 1, "NP003", AGAIN),
    # What cannot be known.
    "a read is denied": Trap(
        lambda one: one.cloud.deny("vpc:DescribeVSwitches"), 1, "RAM denies vpc:DescribeVSwitches", AGAIN
    ),
    "a page is cut off": Trap(breaks("DescribeVSwitches", "truncated"), 4, "DescribeVSwitches: ", AGAIN),
    "a page says that there are more": Trap(
        says("DescribeVSwitches", {"VSwitches": {"VSwitch": []}, "TotalCount": 3, "PageNumber": 1, "PageSize": 50}),
        4, "DescribeVSwitches: the answers list 0 of 3 vSwitches", AGAIN,
    ),
    "no quota in the answer": Trap(says("DescribeUserQuota", {}), 4, "DescribeUserQuota: ", AGAIN),
    "no add-on in the answer": Trap(says("GetClusterAddonInstance", {}), 4, "GetClusterAddonInstance: ", AGAIN),
    "no groups in the answer": Trap(says("DescribeSecurityGroups", {}), 4, "DescribeSecurityGroups: ", AGAIN),
    "no stock in the answer": Trap(says("DescribeAvailableResource", {}), 1, "LIVE", AGAIN),
    "a cluster that says nothing": Trap(
        says("DescribeClusterDetail", {"vpc_id": "vpc-1"}), 4, "DescribeClusterDetail: ", AGAIN
    ),
    "no pools in the answer": Trap(says(LIST, {}), 4, f"{LIST}: ", AGAIN),
    "no types in the answer": Trap(says("DescribeInstanceTypes", {}), 4, "DescribeInstanceTypes: ", AGAIN),
    "no cluster in the answer": Trap(says("DescribeClusterDetail", {}), 4, "DescribeClusterDetail: ", AGAIN),
}  # fmt: skip


@pytest.mark.parametrize("part", range(4))
def test_nothing_of_this_is_ok(live: Live, tries: Tries, part: int) -> None:
    tried = tries([name for at, name in enumerate(TRAPS) if at % 4 == part])
    for one in tried:
        TRAPS[one.name].arrange(one)
    runs = [one.create(live, "--timeout", "0s") for one in tried]
    for one, run in zip(tried, runs, strict=True):
        trap, done = TRAPS[one.name], run.wait()
        assert (done.code, done.out) == (trap.code, ""), f"{one.name}: {done}"
        assert trap.told in done.err, f"{one.name}: {done}"
        assert trap.next in done.err, f"{one.name}: {done}"
        assert "nothing to do" not in done.err, f"{one.name}: {done}"
        assert "as requested" not in done.err.replace("not as requested", ""), f"{one.name}: {done}"
        assert len(pools(one.cloud)) == 2 if one.name == "there twice" else len(pools(one.cloud)) <= 1
        assert (trap.code == 5) or one.cloud.calls(CREATE) == [], one.name
