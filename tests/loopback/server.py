"""The transport: connections, signatures, faults and the record of all requests. Other modules compute responses."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable, Mapping  # noqa: TC003 - read by dataclasses
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import parse_qsl, unquote

from tests.loopback import cs, ecs, eflo, sts, vpc
from tests.loopback.answers import ApiError, Asked, Operation
from tests.loopback.faults import HTML, Fault, encoded, wrong_types
from tests.loopback.signature import verify
from tests.loopback.state import sample

if TYPE_CHECKING:
    from tests.loopback.answers import State

SERVICES: dict[str, tuple[str, dict[str, Operation]]] = {
    cs.VERSION: ("cs", cs.OPERATIONS),
    ecs.VERSION: ("ecs", ecs.OPERATIONS),
    sts.VERSION: ("sts", sts.OPERATIONS),
    vpc.VERSION: ("vpc", vpc.OPERATIONS),
    eflo.VERSION: ("eflo", eflo.OPERATIONS),
}
"""The RAM name of each service and its operations, by `x-acs-version`."""
FOREVER = 3600.0
"""Seconds, longer than any test or trial."""


@dataclass(slots=True)
class Request:
    """One request, and its outcome."""

    action: str
    """`x-acs-action`, "" without one."""
    version: str
    method: str
    path: str
    """The raw path: percent-encoded, with the query."""
    headers: Mapping[str, str]
    """The headers, with names in lower case."""
    body: bytes
    at: float
    """`time.monotonic()` after reading it."""
    key: str = ""
    """The access key id that signed it; "" if the signature is invalid."""
    acted: bool = False
    """Whether the server acted on it."""
    status: int | None = None
    """The status of the response; None without a response."""
    faults: tuple[str, ...] = ()
    """The kinds of the faults that struck it."""

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the query, and of eflo's form."""
        query = self.path.partition("?")[2]
        form = "form-urlencoded" in self.headers.get("content-type", "")
        text = "&".join(part for part in (query, self.body.decode() if form else "") if part)
        return dict(parse_qsl(text, keep_blank_values=True))

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The body as JSON."""
        return json.loads(self.body)


class Cloud:
    """A server on 127.0.0.1 with one account's state. Use it as a context manager, or `start` and `stop` it.

    `state` may be changed at any time; so may `faults`.
    """

    def __init__(self, state: State | None = None, port: int = 0) -> None:
        """Store the state (default: a copy of the sample), and reserve the port (default: a free one)."""
        self.state = sample() if state is None else state
        self.faults = [Fault.from_map(row) for row in self.state.get("faults", ())]
        self.requests: list[Request] = []
        self._nonces: set[str] = set()
        self._news = threading.Condition()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stopped = threading.Event()
        # Bound while the server lives, but never listening: this reserves the port while it is closed.
        self._holder = _bound(port)
        self.port: int = self._holder.getsockname()[1]
        self._listener: socket.socket | None = None

    @property
    def url(self) -> str:
        """The address for `--endpoint`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def actions(self) -> list[str]:
        """The actions of all requests so far, in order."""
        return [request.action for request in self.requests]

    def calls(self, action: str) -> list[Request]:
        """Return the requests of one action so far."""
        return [request for request in self.requests if request.action == action]

    def fault(self, action: str, kind: str, **options: Any) -> Fault:  # noqa: ANN401 - those of Fault
        """Make a call fail from now on; see `Fault`."""
        fault = Fault(action, kind, **options)
        self.faults.append(fault)
        return fault

    def deny(self, *ram_actions: str) -> None:
        """Make RAM deny these actions (`cs:DescribeClusterDetail`) to every caller."""
        self.state.setdefault("denied", []).extend(ram_actions)

    def wait_for(self, action: str, call: int = 1, *, timeout: float = 60) -> Request:
        """Wait for the n-th request of an action and return it, maybe before its response.

        Raises:
            TimeoutError: it did not arrive within `timeout` seconds.

        """
        with self._news:
            if not self._news.wait_for(lambda: len(self.calls(action)) >= call, timeout):
                msg = f"no call {call} of {action} within {timeout} s, only {self.actions}"
                raise TimeoutError(msg)
        return self.calls(action)[call - 1]

    def pools(self, cluster: str | None = None) -> list[dict[str, Any]]:
        """Return the node pools of a cluster, or of all."""
        clusters = self.state["clusters"]
        chosen = clusters.values() if cluster is None else [clusters[cluster]]
        return [pool for each in chosen for pool in each.get("nodepools", ())]

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Open the port. Each connection gets a daemon thread of its own."""
        self.reopen()

    def stop(self) -> None:
        """Close the port and every connection; held requests end."""
        self._stopped.set()
        self.close_port()
        self._holder.close()

    def reopen(self) -> None:
        """Let clients connect again, if they cannot."""
        with self._lock:
            if self._listener is not None or self._stopped.is_set():
                return
            listener = _bound(self.port)
            listener.listen(128)
            self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close_port(self, keep: socket.socket | None = None) -> None:
        """Refuse new connections, and reset open ones except `keep`."""
        with self._lock:
            listener, self._listener = self._listener, None
            others = self._open - {keep}
        if listener is not None:
            with contextlib.suppress(OSError):  # no thread waits in accept()
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in others:
            reset(connection)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, address = listener.accept()
            except OSError:  # the port was closed
                return
            threading.Thread(target=self._serve, args=(connection, address), daemon=True).start()

    def _serve(self, connection: socket.socket, address: Any) -> None:  # noqa: ANN401 - as accept() gives it
        with self._lock:
            if self._listener is None:  # closed between accept() and here
                reset(connection)
                return
            self._open.add(connection)
        try:
            # Dying clients and reset connections are normal here: tests provoke them.
            with contextlib.suppress(OSError, ValueError):
                _Handler(connection, address, self)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def handle(self, request: Request, exchange: _Handler) -> None:
        """Record a request, act on it, and respond or fail according to the faults."""
        with self._news:
            struck = [fault for fault in self.faults if fault.strikes(request.action)]
            request.faults = tuple(fault.kind for fault in struck)
            self.requests.append(request)
            self._news.notify_all()
        for late in struck:
            if late.kind == "delay":
                self._stopped.wait(late.seconds or 0)
        fault = next((fault for fault in struck if fault.kind != "delay"), None)
        right = self._carry_out(request) if fault is None or fault.acts else _Right(200, {}, b"")
        if fault is None:
            exchange.answer(request, *right)
        else:
            self._fail(fault, request, exchange, right)

    def _fail(  # noqa: C901, PLR0912 - one branch per kind
        self, fault: Fault, request: Request, exchange: _Handler, right: _Right
    ) -> None:
        status, headers, body = right
        match fault.kind:
            case "refuse":
                self.close_port()
                self._reopen_after(fault.seconds)
            case "refuse-next":
                self.close_port(keep=exchange.connection)
                exchange.answer(request, status, {**headers, "connection": "close"}, body)
                self._reopen_after(fault.seconds)
            case "reset":
                reset(exchange.connection)
            case "hold":
                self._stopped.wait(FOREVER if fault.seconds is None else fault.seconds)
                reset(exchange.connection)
            case "500":
                error = {
                    "code": "InternalError",
                    "message": "The request processing has failed.",
                    "requestId": new_id(),
                }
                exchange.answer(request, 500, {}, encoded(error))
            case "502":
                exchange.answer(request, 502, {"content-type": "text/html"}, HTML)
            case "throttle":
                late = {} if fault.retry_after is None else {"x-acs-retry-after": str(fault.retry_after)}
                error = {"Code": "Throttling.User", "Message": "Request was denied due to user flow control.",
                         "RequestId": new_id()}  # fmt: skip
                exchange.answer(request, 429, late, encoded(error))
            case "echo-secret":
                exchange.answer(request, 403, {}, encoded(self._indiscreet(request)))
            case "answer":
                text = fault.body.encode() if isinstance(fault.body, str) else encoded(fault.body)
                exchange.answer(request, fault.status, fault.headers, text)
            case "empty":
                exchange.answer(request, status, headers, b"")
            case "truncated":
                exchange.answer(request, status, headers, body[: len(body) // 2])
            case "wrong-types":
                exchange.answer(request, status, headers, encoded(wrong_types(json.loads(body))))
            case "trickle":
                exchange.trickle(request, body, lambda: self._stopped.wait(fault.seconds or 0.1))
            case "list":
                exchange.answer(request, status, headers, encoded([json.loads(body)]))

    def _reopen_after(self, seconds: float | None) -> None:
        if seconds is not None:
            timer = threading.Timer(seconds, self.reopen)
            timer.daemon = True
            timer.start()

    def _indiscreet(self, request: Request) -> dict[str, Any]:
        key = request.headers.get("authorization", "").partition("Credential=")[2].partition(",")[0]
        secret = self.state["accounts"].get(key, "")
        said = f"secret {secret}, token {request.headers.get('x-acs-security-token')}, body {request.body.decode()}"
        return {"Code": "Forbidden", "Message": f"Not allowed: {said}", "RequestId": new_id()}

    def _carry_out(self, request: Request) -> _Right:
        service, operations = SERVICES.get(request.version, ("", {}))
        headers = {"x-acs-request-id": new_id()}
        with self._lock:
            try:
                request.key = self._signed_by(request)
                operation, asked = _asked(request, operations)
                self._check_allowed(service, request.action)
                answer = operation.run(self.state, asked)
            except ApiError as error:
                names = ("code", "message", "requestId") if service == "cs" else ("Code", "Message", "RequestId")
                value = dict(zip(names, (error.code, error.message, headers["x-acs-request-id"]), strict=True))
                return _Right(error.status, headers, encoded(value | error.more))
            request.acted = True
            name = "request_id" if service == "cs" else "RequestId"
            # Encode now, under the lock: the response may share objects with the state.
            return _Right(200, headers, encoded({**answer, name: headers["x-acs-request-id"]}))

    def _signed_by(self, request: Request) -> str:
        accounts, tokens = self.state["accounts"], self.state.get("securityTokens") or {}
        key = verify(request.method, request.path, request.headers, request.body, accounts, tokens)
        nonce = request.headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            raise ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._nonces.add(nonce)
        return key

    def _check_allowed(self, service: str, action: str) -> None:
        name = f"{service}:{action}"
        if name not in (self.state.get("denied") or ()):
            return
        code = "NoPermission" if service == "eflo" else "Forbidden.RAM"
        detail = {
            "AuthAction": name,
            "PolicyType": "AccountLevelIdentityBasedPolicy",
            "NoPermissionType": "ImplicitDeny",
        }
        text = f"User not authorized to operate on the specified resource: {name} is not allowed."
        raise ApiError(403, code, text, AccessDeniedDetail=detail)


class _Right(NamedTuple):
    """The response to a request if nothing fails."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Handler(BaseHTTPRequestHandler):
    """Reads the requests of one connection, and writes responses."""

    protocol_version = "HTTP/1.1"
    # Otherwise each response on a persistent connection waits 40 ms for the client's acknowledgement.
    disable_nagle_algorithm = True
    # Send headers and body together.
    wbufsize = -1

    def __init__(self, connection: socket.socket, address: Any, cloud: Cloud) -> None:  # noqa: ANN401 - as accept() gives it
        self.cloud = cloud
        super().__init__(connection, address, cloud)  # type: ignore[arg-type]  # only kept, as `server`

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        action, version = headers.get("x-acs-action", ""), headers.get("x-acs-version", "")
        request = Request(action, version, self.command, self.path, headers, body, time.monotonic())
        self.cloud.handle(request, self)

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def answer(self, request: Request, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send a response; its content type is JSON unless `headers` override it."""
        request.status = status
        self.send_response(status)
        for name, value in {"content-type": "application/json; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def trickle(self, request: Request, body: bytes, pause: Callable[[], bool]) -> None:
        """Send a correct response byte by byte, so that no single read times out."""
        request.status = 200
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        for byte in head.encode() + body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if pause():
                return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the signature is http.server's
        """Log nothing: `python -m tests.loopback` prints its own lines."""


def _asked(request: Request, operations: Mapping[str, Operation]) -> tuple[Operation, Asked]:
    operation = operations.get(request.action)
    if operation is None:
        raise ApiError(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
    where = request.path.partition("?")[0]
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(operation.path))
    found = re.fullmatch(pattern, where)
    if found is None or request.method != operation.method:
        raise ApiError(404, "InvalidAction.NotFound", f"{request.action} is no {request.method} {where}.")
    path = {name: unquote(value) for name, value in found.groupdict().items()}
    body = None
    if request.body and request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = request.json
        except ValueError:
            raise ApiError(400, "InvalidParameter.Body", "The body is not valid JSON.") from None
    return operation, Asked(path, request.parameters, body)


def _bound(port: int) -> socket.socket:
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    return made


def reset(connection: socket.socket) -> None:
    """Close a connection with RST, so that the client sees an error instead of the end."""
    with contextlib.suppress(OSError):  # the client closed it first
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)  # wakes the thread that waits for the next request
        # Not `connection.close()`, which waits for http.server's file objects.
        os.close(connection.detach())


def new_id() -> str:
    """Return a request id in the form of the services."""
    return str(uuid.uuid4()).upper()
