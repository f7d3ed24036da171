"""Failed calls, and their messages for people."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote

from eniplan.cloud.place import PROFILES
from eniplan.errors import Place, Problem
from eniplan.messages import NOTHING, say, together

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.cloud.calls import Call
    from eniplan.messages import Message

Reason: TypeAlias = Literal[
    "denied", "rejected", "throttled", "server", "network", "answer", "credentials", "clock", "certificate"
]

_LOOKED_FOR = say(
    "looked for ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, an OIDC role "
    "(ALIBABA_CLOUD_OIDC_TOKEN_FILE), the aliyun CLI's profile in ~/.aliyun/config.json and "
    "~/.alibabacloud/credentials.ini; an instance's RAM role only with --ecs-role"
)
CREDENTIAL_FILES = (PROFILES, "~/.alibabacloud/credentials.ini")
SET_THE_CLOCK = say("set this machine's clock: the signature of requests includes the time")
_SHORTEST_SECRET = 6
"""Minimum characters of a secret to mask. No secret of these services is shorter, and short texts occur in words."""
_HINTS = {
    "denied": say("`eniplan ram-policy` prints the policy that a command needs"),
    "throttled": say("try again later"),
    "server": say("try again later"),
    "answer": say("check whether a proxy or a gateway answers instead of the service"),
    "clock": SET_THE_CLOCK,
    "certificate": say(
        "for your own CA, set REQUESTS_CA_BUNDLE or SSL_CERT_FILE to its file; if the certificate seems expired or "
        "not yet valid, check this machine's clock"
    ),
    "network": say("check the network, the proxy variables, --endpoint and the region"),
}


class CallError(Exception):
    """A call failed. Its fields are safe to show: no headers, no raw response."""

    def __init__(  # noqa: PLR0913 - messages show each part
        self, call: Call, reason: Reason, *, code: str = "", message: str = "", status: int | None = None,
        request_id: str | None = None, reached: bool = True, retry_after: float | None = None,
    ) -> None:  # fmt: skip
        """Store what is known of the failure."""
        super().__init__(f"{call.action}: {code or reason}: {message}")
        self.call = call
        self.reason: Reason = reason
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.reached = reached
        """Whether the server may have acted on the call; False only if nothing was sent."""
        self.retry_after = retry_after
        """Seconds to wait, as the server asked; None: not stated."""

    @property
    def is_not_found(self) -> bool:
        """Whether the resource does not exist; the services' codes include `AddonNotFound` and `RESOURCE_NOT_FOUND`."""
        code = self.code.replace("_", "").lower()
        return self.reason == "rejected" and "notfound" in code and not code.startswith("invalidaction")


def words(error: CallError) -> Message:
    """Return the failure in one clause, without headers, keys or a whole response."""
    action = error.call.action
    said = _joined(error.code, error.message)
    request = say("request {request}", request=error.request_id) if error.request_id else NOTHING
    traced = say(" ({request})", request=request) if request else NOTHING
    if error.reason == "denied":
        code = say("{code}", code=error.code) if error.code else NOTHING
        details = together((code, request), ", ")
        denied = say("RAM denies {action}", action=error.call.ram_action)
        return say("{denied} ({details})", denied=denied, details=details) if details else denied
    if error.reason == "credentials":
        refused = say("the credentials are not accepted: {said}{traced}", said=said, traced=traced)
        return refused if error.code else say("there are no credentials")
    if error.reason == "clock":
        return say("according to the service, this machine's clock is wrong: {said}{traced}", said=said, traced=traced)
    what = say("{action}", action=action)
    if error.reason == "throttled":
        what, said = say("{action} is throttled", action=action), said or say("too many requests")
    elif error.reason == "server":
        what, said = (
            say("{action}: the service failed", action=action),
            said or say("{status}", status=error.status),
        )
    return say("{what}: {said}{traced}", what=what, said=said or say("it was refused"), traced=traced)


def _joined(code: str, message: str) -> Message:
    if code and message:
        return say("{code}: {message}", code=code, message=message)
    return say("{said}", said=code or message) if code or message else NOTHING


def problem(error: CallError, place: Place) -> Problem:
    """Return the failure as a problem, with a hint."""
    return Problem(words(error), place, cure(error))


def cure(error: CallError) -> Message:
    """Return what to do about the failure; empty if only its own words say so."""
    if error.reason != "credentials":
        return _HINTS.get(error.reason, NOTHING)
    if not error.code:
        return _looked_for()
    if error.code.startswith("MissingSecurityToken"):
        return say("a temporary access key needs its token: set ALIBABA_CLOUD_SECURITY_TOKEN")
    return say("use another access key or a fresh token")


def without(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in a text with `***`, in plain, JSON and URL spelling."""
    clean = text
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            for spelt in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
                clean = clean.replace(spelt, "***")
    return text if clean == text else clean  # keep it a `Message` if there are none


def _looked_for() -> Message:
    there = " and ".join(file for file in CREDENTIAL_FILES if os.path.exists(os.path.expanduser(file)))
    useless = say("{files} have no usable credentials", files=there) if there else NOTHING
    return together((_LOOKED_FOR, useless))
