"""A cloud that lies: what it says it did is not what it did, and what it shows is not what is there.

Whatever it says, one create sends one request, and 0 means that a pool is there that works.
"""

from __future__ import annotations

import json
from collections.abc import Callable  # noqa: TC003 - named tuples hold it
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.live import plans
from tests.live.plans import CLUSTER, NAME, RECEIPT, pools, written
from tests.live.tries import CREATE, DETAIL, LIST, TASK, Try
from tests.loopback.faults import encoded
from tests.loopback.server import Cloud, Request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result
    from tests.live.runs import Live

LABEL = "k8s.aliyun.com/exclusive-mode-eni-type"
DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000
Answer = dict[str, Any]


class Liar(Cloud):
    """Changes what it did, or what it says of it."""

    def __init__(self, lies: dict[str, Callable[[Liar, Answer], Any]]) -> None:
        """Take what it changes, by action: each gets the right answer, and returns what is said."""
        super().__init__()
        self.state["taskScript"] = ["success"]
        self.lies = lies

    def _carry_out(self, request: Request) -> Any:  # noqa: ANN401 - what the server calls right
        right = super()._carry_out(request)
        lie = self.lies.get(request.action)
        if lie is None:
            return right
        told = lie(self, json.loads(right.body))
        return right._replace(body=told if isinstance(told, bytes) else encoded(told))

    @property
    def pool(self) -> Answer:
        """The pool that it has made."""
        return pools(self)[0]


class Lie(NamedTuple):
    """What a cloud does, and what may come of it."""

    lies: dict[str, Callable[[Liar, Answer], Any]]
    codes: tuple[int, ...] = (5,)
    told: str = ""
    own: int = 1
    """How many pools of the name there are in the end."""
    before: Callable[[Liar], object] = bool

    @property
    def patience(self) -> str:
        """Return how long is waited: what ends by itself may take its time on a busy machine."""
        return "60s" if 0 in self.codes or self.told == "not as requested" else "2s"


def does(change: Callable[[Liar], object]) -> Callable[[Liar, Answer], Answer]:
    """Do something besides what was asked for, and say nothing of it."""

    def lie(cloud: Liar, answer: Answer) -> Answer:
        change(cloud)
        return answer

    return lie


def says(change: Callable[[Answer], object]) -> Callable[[Liar, Answer], Answer]:
    """Change what is said, in place."""

    def lie(_: Liar, answer: Answer) -> Answer:
        change(answer)
        return answer

    return lie


def tells(answer: Any) -> Callable[[Liar, Answer], Any]:  # noqa: ANN401 - any JSON value, or bytes
    """Say something else altogether."""
    return lambda _cloud, _answer: answer


def _forget(cloud: Liar) -> None:
    cloud.state["clusters"][CLUSTER]["nodepools"].remove(cloud.pool)


def _make_two(cloud: Liar) -> None:
    twin = json.loads(json.dumps(cloud.pool))
    twin["nodepool_info"]["nodepool_id"] = "np" + "2" * 32
    cloud.state["clusters"][CLUSTER]["nodepools"].append(twin)


def _another(cloud: Liar, answer: Answer) -> Answer:
    other = json.loads(json.dumps(cloud.pool))
    other["nodepool_info"] |= {"nodepool_id": "np" + "3" * 32, "name": "other"}
    other["status"] |= {"state": "active", "healthy_nodes": 3, "total_nodes": 3}
    cloud.state["clusters"][CLUSTER]["nodepools"].append(other)
    return answer | {"nodepool_id": other["nodepool_info"]["nodepool_id"]}


def _status(**status: Any) -> Callable[[Answer], object]:  # noqa: ANN401 - any JSON value
    return lambda answer: answer["status"].update(status)


def _listed(answer: Answer, **info: Any) -> None:  # noqa: ANN401 - any JSON value
    for pool in answer["nodepools"]:
        pool["nodepool_info"].update(info)


def _labels(*values: str) -> Callable[[Answer], object]:
    return lambda answer: answer["kubernetes_config"].update(labels=[{"key": LABEL, "value": v} for v in values])


LIES: dict[str, Lie] = {
    # What it says of the create.
    "an id that nobody has": Lie({CREATE: says(lambda a: a.update(nodepool_id="np" + "9" * 32))}),
    "the id of another pool": Lie({CREATE: _another}, told="not as requested"),
    "an id, and no pool": Lie({CREATE: does(_forget)}, own=0),
    "an id that is a list": Lie({CREATE: says(lambda a: a.update(nodepool_id=["np1"]))}, codes=(0,)),
    "an id that is a blank": Lie({CREATE: says(lambda a: a.update(nodepool_id=" "))}),
    "an id that is a path": Lie({CREATE: says(lambda a: a.update(nodepool_id="../../quota"))}),
    "an id that steers a terminal": Lie({CREATE: says(lambda a: a.update(nodepool_id="np\x1b[2J\u202e1"))}),
    "an error with status 200": Lie({CREATE: tells({"code": "Forbidden", "message": "no"})}, codes=(0,)),
    "a page of another site": Lie({CREATE: tells(b"<html>Please log in</html>")}, codes=(0,)),
    "Latin 1": Lie({CREATE: tells('{"message": "caf\xe9"}'.encode("latin-1"))}, codes=(0,)),
    "an answer that is deep": Lie({CREATE: tells(DEEP.encode())}, codes=(0,)),
    "a number without end": Lie({CREATE: tells(b'{"nodepool_id": ' + b"1" * 5000 + b"}")}, codes=(0,)),
    # What it did of it.
    "two pools of one request": Lie({CREATE: does(_make_two)}, own=2),
    "another name": Lie({CREATE: does(lambda c: c.pool["nodepool_info"].update(name="trading-1"))}, own=0),
    "no label": Lie({CREATE: does(lambda c: c.pool["kubernetes_config"].update(labels=[]))}, told="not as requested"),
    "no taint": Lie({CREATE: does(lambda c: c.pool["kubernetes_config"].update(taints=[]))}, told="not as requested"),
    "a soft taint": Lie({
        CREATE: does(lambda c: c.pool["kubernetes_config"]["taints"][0].update(effect="PreferNoSchedule"))
    }),
    "another mode": Lie({CREATE: does(lambda c: c.pool["kubernetes_config"]["labels"][0].update(value="eniIP"))}),
    "another vSwitch": Lie({CREATE: does(lambda c: c.pool["scaling_group"].update(vswitch_ids=["vsw-other"]))}),
    "another type": Lie({CREATE: does(lambda c: c.pool["scaling_group"].update(instance_types=["ecs.g8i.large"]))}),
    # What it shows of the pool.
    "nodes as a text": Lie({DETAIL: says(_status(healthy_nodes="3"))}, told="not ready yet"),
    "nodes as a flag": Lie({DETAIL: says(_status(healthy_nodes=True))}, told="not ready yet"),
    "fewer than none": Lie({DETAIL: says(_status(healthy_nodes=-1))}, told="not ready yet"),
    "two nodes more to come": Lie({DETAIL: says(_status(total_nodes=5))}, told="3 of 5 nodes ready"),
    "one that has failed": Lie({DETAIL: says(_status(failed_nodes=1))}, told="1 failed"),
    "a state that nobody knows": Lie({DETAIL: says(_status(state="Active"))}, told="not ready yet"),
    "no status": Lie({DETAIL: says(lambda a: a.pop("status"))}, told="not ready yet"),
    "on its way out": Lie({DETAIL: says(_status(state="deleting"))}, told="not as requested"),
    "the label twice": Lie({DETAIL: says(_labels("eniOnly", "eniIP"))}),
    "the label as a flag": Lie({DETAIL: says(lambda a: a["kubernetes_config"]["labels"][0].update(value=True))}),
    "labels as a map": Lie({DETAIL: says(lambda a: a["kubernetes_config"].update(labels={LABEL: "eniOnly"}))}),
    "a detail that is deep": Lie({DETAIL: tells(DEEP.encode())}),
    "a detail of another pool": Lie({DETAIL: says(lambda a: a["nodepool_info"].update(nodepool_id="np1"))}),
    # What it shows of all pools, and of the task.
    "a list that stays empty": Lie({LIST: tells({"nodepools": []})}, codes=(0,)),
    "an empty list and a lost answer": Lie({CREATE: tells(b""), LIST: tells({"nodepools": []})}),
    "a name with a blank": Lie({CREATE: tells(b""), LIST: says(lambda a: _listed(a, name=f"{NAME} "))}),
    "a list of a pool that is not there": Lie(
        {LIST: tells({"nodepools": [{"nodepool_info": {"name": NAME, "nodepool_id": "np1"}}]})}, codes=(1,), own=0
    ),
    "a list that is deep": Lie({LIST: tells(DEEP.encode())}, codes=(4,), own=0),
    "a task that never ends": Lie({TASK: tells({"state": "running"})}, told="its task has not ended"),
    "a task of another pool that fails": Lie({TASK: tells({"state": "failed", "error": {"message": DEEP[:99]}})}),
    # What is there already.
    "the name is taken and hidden": Lie(
        {LIST: tells({"nodepools": []})},
        before=lambda c: c.state["clusters"][CLUSTER].setdefault("nodepools", []).append(
            {"nodepool_info": {"name": NAME, "nodepool_id": "np" + "4" * 32}}
        ),
    ),
}  # fmt: skip


def _works(cloud: Cloud) -> bool:
    """Return whether what is really there is one pool that works."""
    (pool,) = pools(cloud)
    labels = {label["key"]: label["value"] for label in pool["kubernetes_config"]["labels"]}
    return labels.get(LABEL) == "eniOnly" and bool(
        pool["status"]["healthy_nodes"] == 3 and pool["kubernetes_config"]["taints"]
    )


def check(one: Try, lie: Lie, done: Result) -> None:
    cloud = one.cloud
    assert done.code in lie.codes, f"{one.name}: {done}"
    assert "because of a bug" not in done.err, f"{one.name}: {done}"
    assert "Traceback" not in done.err, f"{one.name}: {done}"
    assert lie.told in done.err, f"{one.name}: {done}"
    sent = cloud.calls(CREATE)
    assert len(sent) <= 1, f"{one.name}: {cloud.actions}"
    assert len(pools(cloud)) == lie.own, f"{one.name}: {done}"
    for text in (done.out, done.err):
        assert "\x1b" not in text, one.name
        assert "\u202e" not in text, one.name
    if done.code == 5:
        assert f"continue with: eniplan resume {RECEIPT}" in done.err or plans.receipt(one.folder)["state"] == "gone"
    if done.code:
        assert done.out == "", f"{one.name}: {done}"
        assert "error: " in done.err, f"{one.name}: {done}"
    else:
        assert done.out == f"{pools(cloud)[0]['nodepool_info']['nodepool_id']}\n", f"{one.name}: {done}"
        assert _works(cloud), one.name
    if sent:
        assert plans.receipt(one.folder)["state"] in {
            0: {"proved"}, 5: {"unknown", "accepted", "created", "different", "failed", "gone"}
        }[done.code], f"{one.name}: {done}"  # fmt: skip


def test_one_request_and_no_wrong_ok(live: Live, tmp_path: Path) -> None:
    with ExitStack() as clouds:
        tried = []
        for name, lie in LIES.items():
            cloud = clouds.enter_context(Liar(lie.lies))
            lie.before(cloud)
            folder = tmp_path / name.replace(" ", "-").replace(",", "")
            folder.mkdir()
            written(folder)
            tried.append(Try(name, cloud, folder))
        for first in range(0, len(tried), 8):
            some = tried[first : first + 8]
            runs = [one.create(live, "--timeout", LIES[one.name].patience) for one in some]
            for one, run in zip(some, runs, strict=True):
                check(one, LIES[one.name], run.wait())
            # Whoever runs it again at once, with the same lies, has no second pool either.
            again = [one.create(live, "--timeout", "0s") for one in some]
            for one, run in zip(some, again, strict=True):
                done = run.wait()
                assert done.code in {0, 1, 4, 5}, f"{one.name}: {done}"
                # By then some of them have only been about the answer to the request.
                assert done.code != 0 or _works(one.cloud), f"{one.name}: {done}"
                assert len(one.cloud.calls(CREATE)) <= 1, f"{one.name}: {done}"
                assert (one.folder / RECEIPT).exists() or not one.cloud.calls(CREATE), one.name
