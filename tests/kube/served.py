"""An API server for the real kubectl: the transport and a kubeconfig. Subclasses provide the responses."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Answer = tuple[int, dict[str, Any] | list[dict[str, Any]]]
"""The status and the body; a list: the events of a watch, which ends after them."""
VERSION = {"major": "1", "minor": "34", "gitVersion": "v1.34.3-aliyun.1"}
"""The server's version; some distributions of kubectl select their own version by it."""


class Served(ABC):
    """A server on 127.0.0.1 that calls `respond` for each request. A subclass calls `serve` when it is ready."""

    @abstractmethod
    def respond(self, method: str, target: str, body: Any) -> Answer:  # noqa: ANN401 - any JSON
        """Return the status and the body for a request; `target` is its path with the query."""

    def serve(self) -> None:
        """Start serving."""
        respond = self.respond

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, found = respond(self.command, self.path, json.loads(body) if body else None)
                lines = found if isinstance(found, list) else [found]
                data = "\n".join(map(json.dumps, lines)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - names of the library

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Log nothing: eniplan ends kubectl processes that it no longer needs, which breaks connections."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def kubeconfig(self, folder: Path, *, current: bool = False) -> Path:
        """Write a kubeconfig with one context, `fake`; `current` says whether it is the current one."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fake", "cluster": {"server": f"http://127.0.0.1:{self._server.server_port}"}}],
            "users": [{"name": "fake", "user": {"token": "a-secret-token"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
            **({"current-context": "fake"} if current else {}),
        }
        file = folder / "kubeconfig"
        file.write_text(json.dumps(config), encoding="utf-8")
        return file


def refusal(code: int, reason: str, message: str) -> Answer:
    """Return the response of an API server that refuses a request."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return code, {**status, "message": message, "reason": reason, "details": {}, "code": code}
