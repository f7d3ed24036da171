"""Signed calls to an account: send them, retry reads, and report exactly how a call failed.

A write is sent once. `CallError.reached` tells whether a failed write may have had an effect, because
CreateClusterNodePool has no idempotency token: the caller must look up the name instead.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit
from urllib.request import proxy_bypass

from eniplan.cloud import place
from eniplan.cloud.calls import DESCRIBE_CLUSTER
from eniplan.cloud.diagnosis import failure_of
from eniplan.cloud.failures import CallError, without
from eniplan.errors import Place, Problem, UsageError
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.cloud.calls import Call, Service
    from eniplan.cloud.failures import Reason

_T = TypeVar("_T")

CONNECT_TIMEOUT = 5.0
"""Seconds to connect."""
READ_TIMEOUT = 20.0
"""Seconds for a whole response, unless `READ_TIMEOUT_VARIABLE` is set."""
READ_TIMEOUT_VARIABLE = "ENIPLAN_READ_TIMEOUT"
_MOST_SECONDS = 3600
ATTEMPTS = 4
"""Maximum times to send a read."""
FIRST_PAUSE = 0.2
"""Seconds before the second attempt; doubled each time, with jitter."""
LONGEST_PAUSE = 20.0
"""Seconds; if a server asks for more, the read fails instead of waiting silently."""
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables with a file or folder of additional trusted certificates; the first one that is set applies."""
_RETRIED: frozenset[Reason] = frozenset(("throttled", "server", "network", "answer"))


class Answer(NamedTuple):
    """The response of a call: plain values, with all fields that the server sent."""

    body: dict[str, Any]
    request_id: str | None
    date: str | None = None
    """The server's time, from the HTTP header `Date`."""


class Session:
    """Signed calls to one region, or to one endpoint for all services. Safe to share between threads."""

    def __init__(self, region: str, *, endpoint: str | None = None, ecs_role: bool = False) -> None:
        """Import the SDK and find credentials with its default chain; call no service yet.

        Args:
            region: the region id, which determines the endpoints.
            endpoint: `http://host:port` or `https://host[:port]`, for all services.
            ecs_role: whether to query the instance's metadata service for credentials, too. Off by default: elsewhere
                that query takes seconds to fail.

        Raises:
            CallError: there are no credentials (reason `credentials`).
            UsageError: the environment sets an invalid time-out, or certificates that do not exist.

        """
        if not ecs_role:
            # The SDK reads it once, when imported.
            os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
        # DEBUG=sdk makes the SDK print every header, the Authorization one included.
        os.environ.pop("DEBUG", None)
        logging.getLogger("credentials").disabled = True  # it logs tracebacks of providers without credentials
        _mind_no_proxy(urlsplit(endpoint).hostname or "" if endpoint else f"cs.{region}.aliyuncs.com")
        from alibabacloud_credentials.client import Client  # noqa: PLC0415 - the SDK, half a second
        from alibabacloud_credentials.exceptions import CredentialException  # noqa: PLC0415 - the SDK

        self.region = region
        self.endpoint = endpoint
        self._read_timeout = _read_timeout()
        self._certificates = _certificates()
        self._credential = _Remembering(Client())
        try:
            self._credential.get_credential()
        except CredentialException:
            raise CallError(DESCRIBE_CLUSTER, "credentials", reached=False) from None
        _follow_no_redirects()
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def source(self) -> str:
        """Where the SDK found the credentials, in its own words, without the credentials."""
        return str(self._credential.get_credential().provider_name or say("an unnamed source"))

    def read(
        self, call: Call, *, path: Mapping[str, str] | None = None, query: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send a read; retry after throttling, 5xx, network failures and truncated responses.

        Args:
            call: an entry of `calls`.
            path: values for the `{names}` of the call's path.
            query: parameters, or the fields of a form call; lists become `Name.N`.

        Raises:
            CallError: the last attempt failed, or a retry cannot help.

        """
        attempt = 1
        while True:
            try:
                return self._send(call, path or {}, query or {}, None)
            except CallError as error:
                pause = _pause(error, attempt)
                if pause is None:
                    raise
                time.sleep(pause)
                attempt += 1

    def write(self, call: Call, *, path: Mapping[str, str], body: str) -> Answer:
        """Send a write once, with exactly this text as its body.

        Raises:
            CallError: the write failed, or its outcome is unknown; see `CallError.reached`.

        """
        return self._send(call, path, {}, body)

    def _send(self, call: Call, path: Mapping[str, str], query: Mapping[str, Any], body: str | None) -> Answer:
        from alibabacloud_tea_openapi.utils import Utils  # noqa: PLC0415 - the SDK
        from alibabacloud_tea_openapi.utils_models import OpenApiRequest, Params  # noqa: PLC0415 - the SDK
        from darabonba.runtime import RuntimeOptions  # noqa: PLC0415 - the SDK

        pathname = call.path.format_map({name: quote(value, safe="") for name, value in path.items()})
        params = Params(
            action=call.action, version=call.service.version, protocol="HTTPS", pathname=pathname, method=call.method,
            auth_type="AK", style="ROA" if call.is_roa else "RPC", body_type="json",
            req_body_type="json" if call.is_roa else "formData",
        )  # fmt: skip
        request = OpenApiRequest()
        if body is not None:
            request.body = body
        elif call.form:
            request.body = dict(query)
        else:
            request.query = Utils.query(dict(query))
        try:
            sent = start(self._client(call.service).call_api, params, request, RuntimeOptions())
            # The SDK's time-outs apply to each read of the socket, not to the whole response.
            answer = sent.result(CONNECT_TIMEOUT + self._read_timeout)
        except TimeoutError:
            raise CallError(call, "network", message=say("no complete answer in time")) from None
        except Exception as error:
            failure = failure_of(call, error)
            if failure is None:
                raise
            raise self._without_secrets(failure) from None  # the SDK's text can contain the whole response
        found = answer.get("body")
        headers = answer.get("headers") or {}
        if not isinstance(found, dict):
            raise CallError(call, "answer", message=say("the answer is not a JSON object"))
        request_id = found.get("RequestId") or found.get("request_id") or headers.get("x-acs-request-id")
        return Answer(found, request_id if isinstance(request_id, str) else None, headers.get("date"))

    def _without_secrets(self, failure: CallError) -> CallError:
        """Mask credentials that a server may repeat in its message; `create` masks values of bodies."""
        failure.message = without(failure.message, self._credential.secrets)
        failure.code = without(failure.code, self._credential.secrets)
        failure.request_id = failure.request_id and without(failure.request_id, self._credential.secrets)
        return failure

    def _client(self, service: Service) -> Any:  # noqa: ANN401 - the SDK has no types
        with self._lock:
            if service.name not in self._clients:
                self._clients[service.name] = self._new_client(service)
            return self._clients[service.name]

    def _new_client(self, service: Service) -> Any:  # noqa: ANN401 - the SDK has no types
        from alibabacloud_tea_openapi.utils_models import Config  # noqa: PLC0415 - the SDK

        config = Config(
            region_id=self.region, credential=self._credential, user_agent="eniplan",
            connect_timeout=int(CONNECT_TIMEOUT * 1000), read_timeout=int(self._read_timeout * 1000),
            ca=self._certificates,
        )  # fmt: skip
        if self.endpoint is not None:
            scheme, _, host = self.endpoint.partition("://")
            config.endpoint = host.rstrip("/")
            config.protocol = scheme.upper()
        elif service.name not in ("cs", "ecs"):
            # VPC and Lingjun calls use the client of the ECS package: importing their own packages takes 0.15 s.
            config.endpoint = place.host(service.name, self.region)
        if service.name == "cs":
            from alibabacloud_cs20151215.client import Client as CsClient  # noqa: PLC0415 - the SDK

            return CsClient(config)
        from alibabacloud_ecs20140526.client import Client as EcsClient  # noqa: PLC0415 - the SDK

        return EcsClient(config)


def _mind_no_proxy(host: str) -> None:
    """Remove proxies from the environment for a host in NO_PROXY, which the SDK ignores.

    One host decides for all services: they share an endpoint or a domain. A loopback address never uses a proxy.
    """
    is_loopback = host in {"localhost", "::1"} or host.startswith("127.")
    if is_loopback or proxy_bypass(host):
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
            os.environ.pop(name, None)


def _read_timeout() -> float:
    text = os.environ.get(READ_TIMEOUT_VARIABLE)
    if not text:
        return READ_TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _MOST_SECONDS:
        message = say("{variable}={text} is not a number of seconds", variable=READ_TIMEOUT_VARIABLE, text=text)
        raise UsageError(Problem(message, Place("environment"), say("such as 30")))
    return seconds


def _certificates() -> str | None:
    """Return the file or folder of certificates from the environment, which the SDK ignores.

    Raises:
        UsageError: the path does not exist.

    """
    name = next((name for name in CA_VARIABLES if os.environ.get(name)), None)
    if name is None:
        return None
    path = os.environ[name]
    if not os.path.exists(path):
        message = say("{variable}={path} does not exist", variable=name, path=path)
        raise UsageError(Problem(message, Place("environment"), say("name a file of certificates, or unset it")))
    return path


def _follow_no_redirects() -> None:
    """Make the SDK's sessions refuse redirects: each call is signed for one host, and may carry a token.

    The SDK has no setting for this, and creates its sessions while it sends.
    """
    from darabonba.core import DaraCore  # noqa: PLC0415 - the SDK

    class Sessions(dict[str, Any]):
        def __setitem__(self, key: str, session: Any) -> None:  # noqa: ANN401 - the SDK has no types
            session.max_redirects = 0
            super().__setitem__(key, session)

    DaraCore._sessions = Sessions()  # noqa: SLF001 - see above; a test sends redirects


class _Remembering:
    """The SDK's credentials, with every secret so far for masking: the SDK may renew them during a run."""

    def __init__(self, credential: Any) -> None:  # noqa: ANN401 - the SDK has no types
        self._credential = credential
        self.secrets: set[str] = set()

    def get_credential(self) -> Any:  # noqa: ANN401 - the SDK has no types
        """Return the credentials for the next request, and remember their secrets."""
        found = self._credential.get_credential()
        self.secrets.update(filter(None, (found.access_key_secret, found.security_token)))
        return found


def start(function: Callable[..., _T], *args: object) -> Future[_T]:
    """Run a function in a daemon thread. A `ThreadPoolExecutor` would keep the process alive until its threads end."""
    future: Future[_T] = Future()

    def run() -> None:
        try:
            future.set_result(function(*args))
        except BaseException as error:  # noqa: BLE001 - `Future.result` raises it again
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def _pause(error: CallError, attempt: int) -> float | None:
    """Return the seconds to wait before retrying a read; None if it must not be retried."""
    if error.reason not in _RETRIED or attempt >= ATTEMPTS:
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_PAUSE else None
    longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
    return float(longest * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not cryptography
