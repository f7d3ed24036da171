"""A call that has failed: what is known of it, and how it is told to people."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote

from eniplan.errors import Place, Problem
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.cloud.calls import Call

Reason: TypeAlias = Literal[
    "denied", "rejected", "throttled", "server", "network", "answer", "credentials", "clock", "certificate"
]

_LOOKED_FOR = (
    "looked for ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, an OIDC role "
    "(ALIBABA_CLOUD_OIDC_TOKEN_FILE), the aliyun CLI's profile in ~/.aliyun/config.json and "
    "~/.alibabacloud/credentials.ini; an instance's role only with --ecs-role"
)
_FILES = ("~/.aliyun/config.json", "~/.alibabacloud/credentials.ini")
_SHORTEST_SECRET = 6
"""Characters. Whatever is shorter is no secret of these services, and stands in many words."""
_HINTS = {
    "denied": "`eniplan ram-policy` prints the policy that a command needs",
    "throttled": "try again later",
    "server": "try again later",
    "answer": "is there a proxy or a gateway that answers in the service's place?",
    "clock": "set the clock of this machine: requests are signed with the time",
    "certificate": "for a CA of your own, name its file in REQUESTS_CA_BUNDLE or SSL_CERT_FILE; a certificate that "
    "is not valid yet, or no more, may also be the fault of this machine's clock",
    "network": "check the network, the proxy variables, --endpoint and the region",
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


def words(error: CallError) -> str:
    """Say in one clause what has happened; never holds a header, a key or a whole answer."""
    action = error.call.action
    said = ": ".join(filter(None, (error.code, error.message)))
    request = f"request {error.request_id}" if error.request_id else ""
    traced = f" ({request})" if request else ""
    if error.reason == "denied":
        details = ", ".join(filter(None, (error.code, request)))
        return f"RAM denies {error.call.ram_action}" + (f" ({details})" if details else "")
    if error.reason == "credentials":
        return f"the credentials are not accepted: {said}{traced}" if error.code else "there are no credentials"
    if error.reason == "clock":
        return f"the clock of this machine is wrong, says the service: {said}{traced}"
    if error.reason == "throttled":
        return f"{action} is throttled: {said or 'too many requests'}{traced}"
    if error.reason == "server":
        return f"{action}: the service has failed: {said or error.status}{traced}"
    return f"{action}: {said or 'it was refused'}{traced}"


def problem(error: CallError, place: Place) -> Problem:
    """Return what has happened, where, and what to do next."""
    hint = _HINTS.get(error.reason, "")
    if error.reason == "credentials":
        hint = say("use another access key or a fresh token") if error.code else _looked_for()
    return Problem(words(error), place, hint)


def without(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which `***` stands for every secret, as it is or as JSON and URLs spell it."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            for spelt in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
                text = text.replace(spelt, "***")
    return text


def _looked_for() -> str:
    there = [file for file in _FILES if os.path.exists(os.path.expanduser(file))]
    return _LOOKED_FOR + (f"; {' and '.join(there)} gave none that can be used" if there else "")
