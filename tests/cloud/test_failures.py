from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from eniplan.cloud.calls import DESCRIBE_POOLS
from eniplan.cloud.failures import CallError, problem, without, words
from eniplan.errors import Place

if TYPE_CHECKING:
    from pathlib import Path

    from eniplan.cloud.failures import Reason


@pytest.mark.parametrize(
    ("code", "is_it"),
    [
        ("ErrorClusterNotFound", True),
        ("AddonNotFound", True),
        ("RESOURCE_NOT_FOUND", True),
        ("InvalidAction.NotFound", False),
        ("InvalidParameter", False),
        ("", False),
    ],
)
def test_what_is_not_there(code: str, is_it: bool) -> None:  # noqa: FBT001 - a case
    assert CallError(DESCRIBE_POOLS, "rejected", code=code).is_not_found == is_it
    assert not CallError(DESCRIBE_POOLS, "denied", code=code).is_not_found


@pytest.mark.parametrize(
    ("reason", "parts", "said"),
    [
        ("denied", {"code": "Forbidden.RAM", "message": "long policy text", "request_id": "R1"},
         "RAM denies cs:DescribeClusterNodePools (Forbidden.RAM, request R1)"),
        ("denied", {}, "RAM denies cs:DescribeClusterNodePools"),
        ("rejected", {"code": "Bad", "message": "no"}, "DescribeClusterNodePools: Bad: no"),
        ("rejected", {}, "DescribeClusterNodePools: it was refused"),
        ("throttled", {"code": "Throttling.User"}, "DescribeClusterNodePools is throttled: Throttling.User"),
        ("throttled", {}, "DescribeClusterNodePools is throttled: too many requests"),
        ("server", {"status": 500}, "DescribeClusterNodePools: the service failed: 500"),
        ("network", {"message": "no connection"}, "DescribeClusterNodePools: no connection"),
        ("credentials", {"code": "InvalidAccessKeyId.NotFound", "message": "no", "request_id": "R1"},
         "the credentials are not accepted: InvalidAccessKeyId.NotFound: no (request R1)"),
        ("credentials", {}, "there are no credentials"),
    ],
)  # fmt: skip
def test_words(reason: Reason, parts: dict[str, Any], said: str) -> None:
    error = CallError(DESCRIBE_POOLS, reason, **parts)
    assert words(error) == said
    told = problem(error, Place("the account"))
    assert told.message == said
    assert told.hint or reason == "rejected"


def test_secrets_are_taken_out_however_they_are_spelt() -> None:
    secrets = ['p"ss/w ord', 'p"ss/w', "e"]
    said = 'the p"ss/w ord, p\\"ss/w ord and p%22ss%2Fw%20ord of p"ss/w'
    assert without(said, secrets) == "the ***, *** and *** of ***"


def test_a_file_of_credentials_that_gives_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    error = CallError(DESCRIBE_POOLS, "credentials")
    assert "have no usable" not in problem(error, Place("the account")).hint
    (tmp_path / ".aliyun").mkdir()
    (tmp_path / ".aliyun" / "config.json").write_text("{")
    assert problem(error, Place("the account")).hint.endswith("; ~/.aliyun/config.json have no usable credentials")
