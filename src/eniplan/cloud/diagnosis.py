"""Turn exceptions of the SDK into `CallError`s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from eniplan.cloud.failures import CallError
from eniplan.messages import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.cloud.calls import Call
    from eniplan.cloud.failures import Reason

_REFUSED = (
    "InvalidAccessKeyId", "InvalidSecurityToken", "MissingSecurityToken", "SignatureDoesNotMatch",
    "IncompleteSignature",
)  # fmt: skip
"""Error codes about the key or the token, for any call."""
_LATE = frozenset((408, 425, 499))
"""HTTP statuses of a server or gateway that gave up on a request, but may have passed it on."""
_DENIED = (
    "Forbidden", "NoPermission", "NotAuthorized", "StatusForbidden", "SubAccountForbidden", "AccessDenied",
    "Unauthorized",
)  # fmt: skip


_BROKEN = {
    "ReadTimeoutError": say("no answer in time"),
    "ReadTimeout": say("no answer in time"),
    "SSLError": say("TLS failed"),  # may happen while reading the response
    "RetryError": say("the connection broke"),
}
"""Messages by exception class, for requests that may have arrived. The first match applies."""


def failure_of(call: Call, error: Exception) -> CallError | None:
    """Return the failure of a call from an exception; None if the exception is not from the SDK."""
    from alibabacloud_credentials.exceptions import CredentialException  # noqa: PLC0415 - the SDK
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException  # noqa: PLC0415 - the SDK
    from Tea.exceptions import TeaException  # noqa: PLC0415 - the SDK

    if isinstance(error, AlibabaCloudException):
        return _answered(call, error)
    if not isinstance(error, TeaException):
        return None
    causes = list(_causes(error))
    if any(isinstance(cause, CredentialException) for cause in causes):
        return CallError(call, "credentials", reached=False)  # its text may contain new keys
    return _unanswered(call, {type(cause).__name__: cause for cause in causes})


def _unanswered(call: Call, found: Mapping[str, BaseException]) -> CallError:
    """Classify a failure without a response by the classes of its causes; the SDK has nothing better."""
    names = found.keys()
    if "SSLCertVerificationError" in names:
        why = getattr(found["SSLCertVerificationError"], "verify_message", "")
        return CallError(
            call, "certificate", message=say("the certificate is not trusted: {why}", why=why), reached=False
        )
    if "TooManyRedirects" in names:
        response = getattr(found["TooManyRedirects"], "response", None)
        where = urlsplit(str(getattr(response, "headers", {}).get("location", "")))
        other = f"{where.scheme}://{where.netloc.rpartition('@')[2]}" if where.netloc else say("another path")
        message = say(
            "it was redirected to {other}; eniplan does not send a request signed for one host to another", other=other
        )
        return CallError(call, "rejected", message=message, status=getattr(response, "status_code", None))
    if names & {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"}:
        return CallError(call, "network", message=say("no connection"), reached=False)
    for name, message in _BROKEN.items():
        if name in names:
            return CallError(call, "network", message=message)
    return CallError(call, "answer", message=say("the answer cannot be read"))


def _answered(call: Call, error: Any) -> CallError:  # noqa: ANN401 - the SDK has no types
    code = "" if error.code in (None, "None") else str(error.code)
    request_id = None if error.request_id in (None, "None") else str(error.request_id)
    retry_after = getattr(error, "retry_after", None)
    status = error.status_code if isinstance(error.status_code, int) else None
    data = error.data if isinstance(error.data, dict) else {}
    message = str(data.get("Message") or data.get("message") or "")
    reason: Reason = "rejected"
    if code.startswith(_REFUSED):
        reason = "credentials"
    elif "timestamp" in code.lower() or code == "RequestTimeTooSkewed":
        reason = "clock"
    elif "Throttling" in code or status == 429:  # noqa: PLR2004 - HTTP's own number
        reason = "throttled"
    elif status in _LATE or (status or 0) >= 500 or code == "ServiceUnavailable":  # noqa: PLR2004 - HTTP's own number
        reason = "server"  # even with Retry-After: only throttling means that nothing was done
    elif retry_after is not None:
        reason = "throttled"
    elif code.startswith(_DENIED) or (status == 403 and code in {"", "403"}):  # noqa: PLR2004 - HTTP's own number
        reason = "denied"
    return CallError(
        call, reason, code=code, message=message, status=status, request_id=request_id,
        retry_after=None if retry_after is None else retry_after / 1000,
    )  # fmt: skip


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes. The SDK keeps some in `inner_exception`, requests in the arguments."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "inner_exception", None)]
            waiting += [getattr(cause, "reason", None), *cause.args]
