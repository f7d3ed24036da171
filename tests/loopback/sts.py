"""STS, 2015-04-01: the caller's identity. RPC, without parameters or permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.loopback.answers import Asked, Operation

if TYPE_CHECKING:
    from tests.loopback.answers import State

VERSION = "2015-04-01"


def _get_caller_identity(_: State, __: Asked) -> dict[str, Any]:
    return {
        "IdentityType": "RAMUser", "AccountId": "1234567890123456", "UserId": "200000000000000001",
        "PrincipalId": "200000000000000001", "Arn": "acs:ram::1234567890123456:user/loopback",
    }  # fmt: skip


OPERATIONS = {"GetCallerIdentity": Operation(_get_caller_identity)}
