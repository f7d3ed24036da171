"""Failures on demand: what goes wrong, at which call, and whether the server had acted by then."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS: dict[str, bool] = {
    "refuse": False,
    "refuse-next": True,
    "reset": False,
    "hold": False,
    "500": False,
    "502": False,
    "throttle": False,
    "echo-secret": False,
    "answer": False,
    "empty": True,
    "truncated": True,
    "wrong-types": True,
    "list": True,
    "delay": True,
    "trickle": True,
}
"""Every kind of fault, and whether the server acts on the request unless the fault says otherwise (`acted`).

refuse: the connection is reset and the port closed, until `seconds` are over or `Cloud.reopen` is called.
refuse-next: this call is answered, then the port is closed: the next call gets "connection refused".
reset: the connection is reset instead of an answer.
hold: no answer, for `seconds` (default: as long as the server lives); a read time-out for the client.
500, 502: an error in JSON, an HTML page of a proxy.
throttle: 429 `Throttling.User`, with `x-acs-retry-after` when `retryAfter` (milliseconds) is given.
echo-secret: 403 with a text that holds the access key secret, the security token and the body that was sent.
answer: exactly `status`, `headers` and `body` (text, or a value that is sent as JSON).
empty, truncated: an answer without a body; the first half of the right body.
wrong-types: the right answer, in which every value has another type than it should.
list: the right answer inside a JSON list.
trickle: the right answer, a byte every `seconds` (default: 0.1).
delay: the right answer, `seconds` late. Goes together with the others, which then are late.
"""


@dataclass(slots=True)
class Fault:
    """One failure; in state files a mapping with these names (`retryAfter` for `retry_after`)."""

    action: str
    """The action's name, or a pattern: `*`, `Describe*`, `[!C]*`."""
    kind: str
    """One of `KINDS`."""
    call: int | None = None
    """1 = only the first request of that pattern since the fault was set, and so on; None = each of them."""
    acted: bool | None = None
    """Whether the server acts on the request before it fails; None = as `KINDS` says."""
    seconds: float | None = None
    retry_after: int | None = None
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = ""
    seen: int = 0
    """How many requests have matched the pattern so far."""

    def __post_init__(self) -> None:
        """Refuse kinds that do not exist: a fault that never strikes makes a test that cannot fail."""
        if self.kind not in KINDS:
            msg = f"no such fault: {self.kind!r}; there are {', '.join(KINDS)}"
            raise ValueError(msg)

    @classmethod
    def from_map(cls, row: dict[str, Any]) -> Fault:
        """Return the fault that a state file describes."""
        return cls(
            **{re.sub("[A-Z]", lambda upper: "_" + upper[0].lower(), name): value for name, value in row.items()}
        )

    def strikes(self, action: str) -> bool:
        """Count a request, and tell whether it is one that fails."""
        if not fnmatchcase(action, self.action):
            return False
        self.seen += 1
        return self.call in (None, self.seen)

    @property
    def acts(self) -> bool:
        """Whether the server acts on the request."""
        return KINDS[self.kind] if self.acted is None else self.acted


HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def wrong_types(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value in which texts are numbers, numbers are texts, lists are maps, and maps keep only their keys."""
    if isinstance(value, dict):
        return {name: wrong_types(item) for name, item in value.items()}
    if isinstance(value, list):
        return {"0": [wrong_types(item) for item in value]}
    if isinstance(value, str):
        return [len(value)]
    return "seven" if value is not None else 0


def encoded(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return a value as the services send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
