"""Failures on demand: their kind, the call that fails, and whether the server acts on it."""

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
"""Every kind of fault, and whether the server acts on the request by default (`acted` overrides it).

refuse: reset the connection and close the port, for `seconds` or until `Cloud.reopen`.
refuse-next: respond to this call, then close the port: the next call gets "connection refused".
reset: reset the connection instead of responding.
hold: send nothing for `seconds` (default: until the server stops); the client gets a read time-out.
500, 502: an error in JSON; an HTML page of a proxy.
throttle: 429 `Throttling.User`, with `x-acs-retry-after` if `retryAfter` (milliseconds) is set.
echo-secret: 403 with a text that contains the access key secret, the security token and the body of the request.
answer: exactly `status`, `headers` and `body` (a string, or a value to send as JSON).
empty, truncated: a response without a body; the first half of the correct body.
wrong-types: the correct response with every value of another type.
list: the correct response inside a JSON list.
trickle: the correct response, one byte every `seconds` (default: 0.1).
delay: the correct response, `seconds` late. It combines with other faults, and delays them.
"""


@dataclass(slots=True)
class Fault:
    """One failure; in state files a mapping with these names (`retryAfter` for `retry_after`)."""

    action: str
    """The action's name, or a pattern: `*`, `Describe*`, `[!C]*`."""
    kind: str
    """One of `KINDS`."""
    call: int | None = None
    """1: only the first matching request since the fault was set, and so on; None: all of them."""
    acted: bool | None = None
    """Whether the server acts on the request before it fails; None: the default in `KINDS`."""
    seconds: float | None = None
    retry_after: int | None = None
    status: int = 400
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = ""
    seen: int = 0
    """The number of matching requests so far."""

    def __post_init__(self) -> None:
        """Refuse unknown kinds: a test with a fault that never strikes cannot fail."""
        if self.kind not in KINDS:
            msg = f"no such fault: {self.kind!r}; there are {', '.join(KINDS)}"
            raise ValueError(msg)

    @classmethod
    def from_map(cls, row: dict[str, Any]) -> Fault:
        """Return the fault in an entry of a state file."""
        return cls(
            **{re.sub("[A-Z]", lambda upper: "_" + upper[0].lower(), name): value for name, value in row.items()}
        )

    def strikes(self, action: str) -> bool:
        """Count a request, and return whether it fails."""
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
    """Return a value with strings and numbers swapped, lists turned into maps, and only the keys of maps."""
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
