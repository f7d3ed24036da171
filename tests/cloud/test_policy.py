from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eniplan.cloud import calls
from eniplan.cloud.calls import Call
from eniplan.cloud.policy import COMMANDS, calls_of, policy

if TYPE_CHECKING:
    from tests.harness import Run

TABLE = {call for call in vars(calls).values() if isinstance(call, Call)}


def actions(document: dict[str, list[dict[str, list[str]]]]) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


def test_every_call_of_the_table_is_made_by_some_command() -> None:
    assert set(calls_of(COMMANDS, lingjun=True)) == TABLE


def test_a_check_never_writes() -> None:
    assert {call.method for call in COMMANDS["check"] if call.is_roa} == {"GET"}
    assert all(call.action.startswith(("Describe", "Get", "List")) for call in calls_of(["check"], lingjun=True))


def test_lingjun_only_where_plans_are_judged() -> None:
    assert len(calls_of(["check"], lingjun=True)) == len(COMMANDS["check"]) + 3
    assert calls_of(["specs update"], lingjun=True) == calls_of(["specs update"], lingjun=False)


def test_narrow() -> None:
    document = policy(COMMANDS["resume"], region="cn-hangzhou", cluster_id="c1")
    resources = [statement["Resource"] for statement in document["Statement"]]
    assert resources == [["acs:cs:cn-hangzhou:*:cluster/c1"], ["*"]]


def test_command(run: Run) -> None:
    result = run("ram-policy", "check", "specs", "update", "--lingjun", "--region", "cn-hangzhou")
    assert (result.code, result.err) == (0, "")
    document = json.loads(result.out)
    assert document["Version"] == "1"
    assert actions(document) == {call.ram_action for call in calls_of(["check", "specs update"], lingjun=True)}
    assert run("ram-policy", "specs update").out == run("ram-policy", "specs", "update").out


@pytest.mark.parametrize("words", [("chek",), ("check", "verify"), ("specs",), ("update",)])
def test_unknown_command(run: Run, words: tuple[str, ...]) -> None:
    result = run("ram-policy", *words)
    assert (result.code, result.out) == (2, "")
    assert f"{words[-1]!r} is not a command that queries the account" in result.err
