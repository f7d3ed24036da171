"""ACS3-HMAC-SHA256, implemented from its specification, so that it checks signatures independently of the SDK."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from tests.loopback.answers import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

ALGORITHM = "ACS3-HMAC-SHA256"
MUST_BE_SIGNED = frozenset(
    ("host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256")
)
LONGEST_AGE = timedelta(minutes=15)
_AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{{64}})")


def verify(  # noqa: PLR0913, PLR0917 - the parts of a request
    method: str, path: str, headers: Mapping[str, str], body: bytes, keys: Mapping[str, str], tokens: Mapping[str, str]
) -> str:
    """Return the access key id that signed a request.

    Args:
        method: GET, POST, PUT or DELETE.
        path: the raw path and query of the request line.
        headers: the headers, with names in lower case.
        body: the body as received.
        keys: secrets by access key id.
        tokens: required security tokens by access key id, for temporary credentials.

    Raises:
        ApiError: the signature is missing, wrong or expired, or its key is unknown.

    """
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise ApiError(400, "IncompleteSignature", "The Authorization header is missing or malformed.")
    key, names, signature = found[1], found[2].split(";"), found[3]
    if key not in keys:
        raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    missing = {*MUST_BE_SIGNED, *(n for n in headers if n.startswith("x-acs-"))} - set(names)
    if missing:
        raise ApiError(400, "IncompleteSignature", f"Not signed: {', '.join(sorted(missing))}.")
    digest = hashlib.sha256(body).hexdigest()
    if headers.get("x-acs-content-sha256") != digest:
        raise ApiError(400, "IncompleteSignature", "x-acs-content-sha256 is not the SHA-256 of the body.")
    text = canonical_request(method, path, headers, names, digest)
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(text.encode()).hexdigest()}"
    right = hmac.new(keys[key].encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, signature):
        raise ApiError(400, "SignatureDoesNotMatch", "Specified signature does not match our calculation.")
    if key in tokens and (headers.get("x-acs-security-token"), headers.get("x-acs-accesskey-id")) != (tokens[key], key):
        raise ApiError(400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken does not match.")
    _check_date(headers["x-acs-date"])
    return key


def canonical_request(method: str, path: str, headers: Mapping[str, str], names: list[str], digest: str) -> str:
    """Return the canonical request, whose hash is signed."""
    where, _, query = path.partition("?")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "\n".join(
        [
            method,
            where,
            "&".join(f"{name}={quote(value, safe='~')}" for name, value in pairs),
            "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names),
            ";".join(names),
            digest,
        ]
    )


def _check_date(text: str) -> None:
    try:
        then = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ApiError(
            400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
        ) from None
    if abs(datetime.now(UTC) - then) > LONGEST_AGE:
        raise ApiError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
