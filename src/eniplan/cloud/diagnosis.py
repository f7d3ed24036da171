"""What an exception of the SDK says of a call: the one reading of its exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.cloud.failures import CallError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.cloud.calls import Call
    from eniplan.cloud.failures import Reason

_REFUSED = (
    "InvalidAccessKeyId", "InvalidSecurityToken", "SignatureDoesNotMatch", "InvalidTimeStamp", "IncompleteSignature",
)  # fmt: skip
"""Codes that are about the key, the token or the clock, whatever the call."""
_DENIED = ("Forbidden", "NoPermission", "NotAuthorized", "StatusForbidden", "SubAccountForbidden")


def failure_of(call: Call, error: Exception) -> CallError | None:
    """Return what is known of an exception of the SDK; None when it is none of the SDK's."""
    from alibabacloud_credentials.exceptions import CredentialException  # noqa: PLC0415 - the SDK
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException  # noqa: PLC0415 - the SDK
    from Tea.exceptions import TeaException  # noqa: PLC0415 - the SDK

    if isinstance(error, AlibabaCloudException):
        return _answered(call, error)
    if not isinstance(error, TeaException):
        return None
    causes = list(_causes(error))
    if any(isinstance(cause, CredentialException) for cause in causes):
        return CallError(call, "credentials", reached=False)  # its text may hold what the provider got: new keys
    return _unanswered(call, {type(cause).__name__ for cause in causes})


def _unanswered(call: Call, names: set[str]) -> CallError:
    """Tell a failure by the kinds of exceptions that led to it: the SDK gives nothing better."""
    if names & {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "SSLCertVerificationError"}:
        return CallError(call, "network", message="no connection", reached=False)
    if "ReadTimeoutError" in names or "ReadTimeout" in names:
        return CallError(call, "network", message="no answer in time")
    if "SSLError" in names:  # may be while the answer is read
        return CallError(call, "network", message="TLS has failed")
    if "RetryError" in names:
        return CallError(call, "network", message="the connection broke")
    return CallError(call, "answer", message="the answer cannot be read")


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
    elif "Throttling" in code or status == 429:  # noqa: PLR2004 - HTTP's own number
        reason = "throttled"
    elif (status or 0) >= 500 or code == "ServiceUnavailable":  # noqa: PLR2004 - HTTP's own number
        reason = "server"  # with or without a time to wait: only throttling says that nothing was done
    elif retry_after is not None:
        reason = "throttled"
    elif code.startswith(_DENIED) or (status == 403 and not code):  # noqa: PLR2004 - HTTP's own number
        reason = "denied"
    return CallError(
        call, reason, code=code, message=message, status=status, request_id=request_id,
        retry_after=None if retry_after is None else retry_after / 1000,
    )  # fmt: skip


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that led to it: the SDK keeps some in `inner_exception`, requests in its arguments."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [cause.__cause__, cause.__context__, getattr(cause, "inner_exception", None)]
            waiting += [getattr(cause, "reason", None), *cause.args]
