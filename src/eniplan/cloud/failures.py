"""A call that has failed: what is known of it, and how it is told to people."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote

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
_FILES = ("~/.aliyun/config.json", "~/.alibabacloud/credentials.ini")
_SHORTEST_SECRET = 6
"""Characters. Whatever is shorter is no secret of these services, and stands in many words."""
_HINTS = {
    "denied": say("`eniplan ram-policy` prints the policy that a command needs"),
    "throttled": say("try again later"),
    "server": say("try again later"),
    "answer": say("does a proxy or a gateway answer instead of the service?"),
    "clock": say("set this machine's clock: requests are signed with the time"),
    "certificate": say(
        "for your own CA, set REQUESTS_CA_BUNDLE or SSL_CERT_FILE to its file; if the certificate seems expired or "
        "not yet valid, check this machine's clock"
    ),
    "network": say("check the network, the proxy variables, --endpoint and the region"),
}


class CallError(Exception):
    """A call has failed. Holds what may be shown: never headers, never the raw answer."""

    def __init__(  # noqa: PLR0913 - each part is told to people
        self, call: Call, reason: Reason, *, code: str = "", message: str = "", status: int | None = None,
        request_id: str | None = None, reached: bool = True, retry_after: float | None = None,
    ) -> None:  # fmt: skip
        """Take what is known of the failure."""
        super().__init__(f"{call.action}: {code or reason}: {message}")
        self.call = call
        self.reason: Reason = reason
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.reached = reached
        """Whether the server may have acted on it; False only when nothing was sent."""
        self.retry_after = retry_after
        """Seconds that the server asks to wait."""

    @property
    def is_not_found(self) -> bool:
        """Whether what was asked for is not there; the services spell it `AddonNotFound` and `RESOURCE_NOT_FOUND`."""
        code = self.code.replace("_", "").lower()
        return self.reason == "rejected" and "notfound" in code and not code.startswith("invalidaction")


def words(error: CallError) -> Message:
    """Say in one clause what has happened; never holds a header, a key or a whole answer."""
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
    """Return what has happened, where, and what to do next."""
    hint = _HINTS.get(error.reason, NOTHING)
    if error.reason == "credentials":
        hint = say("use another access key or a fresh token") if error.code else _looked_for()
    return Problem(words(error), place, hint)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which `***` stands for every secret, as it is or as JSON and URLs spell it."""
    clean = text
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            for spelt in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
                clean = clean.replace(spelt, "***")
    return text if clean == text else clean  # a message without secrets stays a message


def _looked_for() -> Message:
    there = " and ".join(file for file in _FILES if os.path.exists(os.path.expanduser(file)))
    useless = say("{files} have no usable credentials", files=there) if there else NOTHING
    return together((_LOOKED_FOR, useless))
