from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from eniplan.cli.work import KNOWN
from eniplan.cloud import receipt as receipts
from eniplan.cloud.receipt import HIDDEN, Receipt, Target
from eniplan.errors import InputError
from tests.harness import REPO

TARGET = Target("c1", "cn-hangzhou", None, "trading")
BODY = '{\n  "nodepool_info": {"name": "trading"},\n  "x": "二"\n}\n'
WAIVERS = ({"rule": "ENI002", "path": "nodePools[0]", "reason": "joined in staging"},)


def prepared(body: str = BODY) -> Receipt:
    return receipts.prepare(TARGET, "plan.yaml", body, WAIVERS)


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    path = str(tmp_path / "r.json")
    receipt = prepared().then("sent").then("accepted", request_id="R-1", note="二 é")
    receipt = receipt._replace(node_pool_id="np1", task_id="T-1")
    receipts.save(path, receipt)
    assert receipts.read(path) == receipt
    assert receipts.read(str(tmp_path / "none.json")) is None


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text("{}")
    path.chmod(0o644)
    old = os.umask(0)
    try:
        receipts.save(str(path), prepared())
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_what_a_killed_run_has_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / f".r.json.{os.getpid()}.tmp").write_text("half")
    receipts.save(str(tmp_path / "r.json"), prepared())
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_the_body_is_kept_as_it_is_sent() -> None:
    assert prepared().body == BODY
    assert prepared().body == BODY
    assert receipts.matches(prepared(), BODY)
    assert not receipts.matches(prepared(), BODY + " ")


@pytest.mark.parametrize(
    ("body", "secret"),
    [
        ({"scaling_group": {"login_password": "Planted-1"}}, "Planted-1"),
        ({"kubernetes_config": {"user_data": "UGxhbnRlZA=="}}, "UGxhbnRlZA=="),
        ({"kubernetes_config": {"pre_user_data": "UGxhbnRlZA=="}}, "UGxhbnRlZA=="),
        ({"scaling_group": {"registry-token": "Planted-3"}}, "Planted-3"),
        ({"kubernetes_config": {"accessKey": "Planted-4"}}, "Planted-4"),
        ({"node_components": [{"name": "a", "config": {"envs": [{"name": "T", "value": "Planted-2"}]}}]}, "Planted-2"),
    ],
)
def test_what_may_be_secret_is_left_out(body: dict[str, Any], secret: str, tmp_path: Path) -> None:
    text = json.dumps({"nodepool_info": {"name": "trading"}, **body})
    receipt = prepared(text)
    path = tmp_path / "r.json"
    receipts.save(str(path), receipt)
    assert secret not in path.read_text()
    assert secret in receipts.secrets(text)
    assert HIDDEN in receipt.body
    assert receipts.matches(receipt, text)
    assert receipts.read(str(path)) == receipt


def test_what_is_hidden_is_no_secret() -> None:
    body = {"secret": ["a", HIDDEN, 1, {"b": "long-enough"}], "keyPair": "ops"}
    assert receipts.secrets(json.dumps(body)) == {"a", "long-enough"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"schema": 1}',
        '{"schema": "other/v1"}',
        '{"schema": "eniplan.receipt/v2"}',
        "\xff",
    ],
)
def test_what_is_no_receipt_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"r\.json: this (is not a receipt|receipt has the form)"):
        receipts.read(str(path))
    assert path.read_bytes() == text.encode("latin-1")


DAMAGE: list[tuple[str, Any]] = [
    ("state", "sent"), ("state", 1), ("cluster", []), ("cluster", {}), ("pool", "other"), ("plan", None),
    ("nodePoolId", 1),
    ("events", []), ("events", [{"time": "now", "state": "prepared", "requestId": None, "note": ""}]),
    ("events", [{"time": "2026-01-01T00:00:00", "state": "prepared", "requestId": None, "note": ""}]),
    ("events", [{"time": "2026-01-01T00:00:00+00:00", "state": "done", "requestId": None, "note": ""}]),
    ("waivers", ["x"]), ("waivers", None), ("body", {"sha256": "0", "text": BODY}),
    ("body", {"sha256": "0", "text": "{"}),
    ("eniplan", 2),
    # Where it would lead.
    ("cluster", {"id": "c1", "region": "evil.example/", "endpoint": None}),
    ("cluster", {"id": "c1", "region": "cn-hangzhou", "endpoint": "gateway"}),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), DAMAGE)
def test_a_damaged_receipt_is_refused(key: str, value: object, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    receipts.save(str(path), prepared())
    whole = json.loads(path.read_text())
    path.write_text(json.dumps({**whole, key: value}))
    with pytest.raises(InputError, match="this receipt is damaged"):
        receipts.read(str(path))
    del whole[key]
    path.write_text(json.dumps(whole))
    with pytest.raises(InputError, match="this receipt is damaged"):
        receipts.read(str(path))


@pytest.mark.parametrize(
    ("parents", "key"),
    [
        ((), "termz"),
        (("terms",), "fail-on"),
        (("cluster",), "Region"),
        (("body",), "txt"),
        (("events", 0), "requestID"),
    ],
)
def test_a_key_that_no_receipt_has_is_refused(parents: tuple[Any, ...], key: str, tmp_path: Path) -> None:
    """A term that is spelled wrong would be no term at all, and something else might be sent."""
    path = tmp_path / "r.json"
    receipts.save(str(path), prepared())
    whole = json.loads(path.read_text())
    inner = whole
    for step in parents:
        inner = inner[step]
    inner[key] = "error"
    path.write_text(json.dumps(whole))
    with pytest.raises(InputError, match=f"does not know the key {key} of this receipt"):
        receipts.read(str(path))


@pytest.mark.parametrize("odd", [["a", "b"], {"a": 1}, 7, None])
def test_what_nobody_reads_of_a_receipt_may_be_anything(odd: object, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    saved = prepared()
    receipts.save(str(path), saved)
    path.write_text(json.dumps({**json.loads(path.read_text()), "updated": odd}))
    assert receipts.read(str(path)) == saved


def test_a_folder_is_no_receipt(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read it: is a directory"):
        receipts.read(str(tmp_path))
    with pytest.raises(InputError, match="cannot write it"):
        receipts.save(str(tmp_path / "no" / "r.json"), prepared())


def test_every_pool_has_a_receipt_of_its_own() -> None:
    names = ["a", "a/b", "a%2fb", "a\\b", "../../x", "二 é", "a b"]
    paths = {receipts.default_path(TARGET._replace(pool=name)) for name in names}
    assert len(paths) == len(names)
    assert {str(Path(path).parent) for path in paths} == {receipts.FOLDER}


def test_one_run_at_a_time(tmp_path: Path) -> None:
    path = str(tmp_path / "new" / "r.json")
    lines = ["with receipt.locked(sys.argv[1]):", "    print('mine', flush=True)", "    input()"]
    other = "\n".join(["import sys", "from eniplan.cloud import receipt", *lines])
    with subprocess.Popen([sys.executable, "-c", other, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        with (
            pytest.raises(InputError, match="another eniplan process is working on this create"),
            receipts.locked(path),
        ):
            pass
        holder.kill()
    with receipts.locked(path):  # whoever was killed holds it no longer
        pass


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written here"), receipts.locked(str(tmp_path / "file" / "r.json")):
        pass


def test_a_receipt_is_set_aside_and_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    for text in "ab":
        path.write_text(text)
        receipts.set_aside(str(path))
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"r.1.json": "a", "r.2.json": "b"}
    with pytest.raises(InputError, match="cannot rename it"):
        receipts.set_aside(str(path))


def test_the_guide_names_every_state() -> None:
    guide = (REPO / "docs" / "create.md").read_text("utf-8")
    rows = re.findall(
        r"^\| `(\w+)` \| ", guide.partition("| state | what is known |")[2].partition("\n\n")[0], re.MULTILINE
    )
    assert rows == ["prepared", "sent", "unknown", "rejected", *rows[4:]]
    assert set(rows) == set(get_args(receipts.State)) == set(KNOWN)


def test_how_long_ago_it_was_sent() -> None:
    receipt = prepared()
    assert receipt.sent_for(datetime.now(UTC)) == 0
    later = datetime.fromisoformat(receipt.then("sent").then("unknown").events[-2].time) + timedelta(seconds=5)
    assert receipt.then("sent").sent_for(later) == pytest.approx(5, abs=0.1)
