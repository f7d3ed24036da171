"""Clusters for tests: states of the example cluster, as dumps and behind a fake API server."""

from __future__ import annotations

import io
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from eniplan.judging.verify import verify
from eniplan.kube.objects import Collector
from eniplan.kube.stream import Listed, read
from eniplan.plan.document import read_documents
from eniplan.plan.load import load_document
from eniplan.rules.base import Settings
from eniplan.rules.examples import ABSENT, changed
from eniplan.rules.examples_cluster import CLUSTER, cluster_example, cluster_plan
from tests.judge import TODAY, catalog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from eniplan.observed import Observed
    from eniplan.plan.document import Document
    from eniplan.plan.model import Plan
    from eniplan.report.model import Report

DUMP = "dump.json"
NO_PLAN: dict[str, Any] = {"": ABSENT}
"""Instead of changes to the plan: none."""


def observe(
    value: object, follow: tuple[str, str] | None = None, plan: tuple[Document, Plan] | None = None
) -> Observed:
    """Read a dump given as a value, through its text."""
    collector = Collector(DUMP, follow, wanted(plan))
    for item in read(io.StringIO(json.dumps(value)), DUMP):
        if isinstance(item, Listed):
            collector.listed(item)
        else:
            collector.add(item)
    return collector.observed()


def wanted(plan: tuple[Document, Plan] | None) -> set[tuple[str, str]]:
    """Return the workloads of a plan as the readers of clusters want them."""
    return set() if plan is None else {(w.namespace, f"{w.kind} {w.name}") for w in plan[1].workloads}


def planned_by(plan: Mapping[str, Any] | None) -> tuple[Document, Plan] | None:
    """Return the example plan with changes; `NO_PLAN`: none."""
    if plan is NO_PLAN:
        return None
    text = json.dumps(changed(cluster_plan(), plan or {}), indent=1)
    (document,) = read_documents("plan.json", text.encode())
    loaded = load_document(document)
    assert loaded.plan is not None, loaded.problems
    return document, loaded.plan


def judge_observed(
    observed: Observed,
    plan: Mapping[str, Any] | None = None,
    *,
    strict: bool = False,
    pool_ids: Mapping[str, str] | None = None,
) -> Report:
    """Verify what was observed by the example plan with changes, or with `NO_PLAN` without one."""
    return verify(observed, planned_by(plan), catalog(), Settings(strict, None, TODAY), pool_ids=pool_ids)


def judge_cluster(
    changes: Mapping[str, Any] | None = None,
    plan: Mapping[str, Any] | None = None,
    **settings: Any,  # noqa: ANN401 - those of judge_observed
) -> Report:
    """Verify the example cluster with changes."""
    return judge_observed(observe(cluster_example(changes or {}), None, planned_by(plan)), plan, **settings)


def said(report: Report) -> set[tuple[str, str, str]]:
    """Return (rule, level, place) of all findings."""
    return {(f.rule.id, f.level, f.place.path) for f in report.findings}


_CUSTOM = "/apis/network.alibabacloud.com/v1beta1"
_SYSTEM = "namespaces/kube-system"
NODES = "/api/v1/nodes"
PATHS = {
    NODES: ("nodes", "NodeList"),
    "/api/v1/pods": ("pods", "PodList"),
    "/api/v1/events": ("events", "EventList"),
    "/apis/apps/v1/daemonsets": ("daemonSets", "DaemonSetList"),
    f"{_CUSTOM}/podnetworkings": ("podNetworkings", "PodNetworkingList"),
    f"{_CUSTOM}/podenis": ("podENIs", "PodENIList"),
}
NAMED = {
    f"/apis/apps/v1/{_SYSTEM}/daemonsets/": "daemonSets",
    f"/api/v1/{_SYSTEM}/configmaps/": "configMaps",
}

_WORKLOADS = re.compile(r"/apis/(apps|batch)/v1/namespaces/(?P<namespace>[^/]+)/(?P<kind>[a-z]+)")
_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")


class FakeApi:
    """As much of a Kubernetes API server as kubectl needs for `get --raw`: lists in pages, objects, refusals."""

    def __init__(self) -> None:
        """Hold the example cluster. `states` are what one look after the other will see of the nodes; None: 503."""
        self.states: list[Mapping[str, Any] | None] = [CLUSTER]
        self.forbidden: set[str] = set()
        self.missing: set[str] = set()
        self.asked: list[str] = []
        """Every path with its query, in order."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, body = api.answer(self.path)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """Say nothing: a kubectl that is no longer needed is ended, and its connection breaks."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def kubeconfig(self, folder: Path) -> Path:
        """Write a kubeconfig with one context, `fake`, which is not the current one."""
        server = f"http://127.0.0.1:{self._server.server_port}"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "fake", "cluster": {"server": server}}],
            "users": [{"name": "fake", "user": {"token": "a-secret-token"}}],
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "fake"}}],
        }
        file = folder / "kubeconfig"
        file.write_text(json.dumps(config), encoding="utf-8")
        return file

    def answer(self, target: str) -> tuple[int, dict[str, Any]]:
        """Return the status and the body for a path."""
        url = urlsplit(target)
        if url.path == "/version":  # some distributions of kubectl choose their version by the server's
            return 200, {"major": "1", "minor": "34", "gitVersion": "v1.34.3-aliyun.1"}
        self.asked.append(target)
        return self._refused(url.path) or self._served(url.path, parse_qs(url.query))

    def _refused(self, path: str) -> tuple[int, dict[str, Any]] | None:
        if path in self.forbidden:
            return _refusal(403, "Forbidden", f'{path} is forbidden: User "fake" cannot list it')
        if path in self.missing:
            return _refusal(404, "NotFound", "the server could not find the requested resource")
        if self._state(path) is None:
            return _refusal(503, "ServiceUnavailable", "the server is currently unable to handle the request")
        return None

    def _state(self, path: str) -> Mapping[str, Any] | None:
        """Return what this look sees: its nodes change from look to look, and the rest is that of the last state.

        A look asks for all kinds side by side, so that only one of them can tell the looks apart.
        """
        if path != NODES:
            return self.states[-1]
        look = sum(urlsplit(asked).path == NODES and "continue=" not in asked for asked in self.asked)
        return self.states[min(look, len(self.states)) - 1]

    def _served(self, path: str, query: Mapping[str, list[str]]) -> tuple[int, dict[str, Any]]:
        state = self._state(path) or {}
        workloads = _WORKLOADS.fullmatch(path)
        if workloads:
            kind = next(kind for kind in _KINDS if f"{kind.lower()}s" == workloads["kind"])
            of = [item for item in state.get("controllers", ()) if item["kind"] == kind
                  and item["metadata"]["namespace"] == workloads["namespace"]]  # fmt: skip
            return 200, _page(of, f"{kind}List", int(query["limit"][0]), int(query.get("continue", ["0"])[0]))
        if path in PATHS:
            key, kind = PATHS[path]
            return 200, _page(state[key], kind, int(query["limit"][0]), int(query.get("continue", ["0"])[0]))
        for prefix, key in NAMED.items():
            for item in state[key] if path.startswith(prefix) else ():
                if item["metadata"]["name"] == path.removeprefix(prefix):
                    return 200, item
        return _refusal(404, "NotFound", f"{path} not found")


def _page(items: list[dict[str, Any]], kind: str, limit: int, start: int) -> dict[str, Any]:
    end = start + limit
    more = {"continue": str(end)} if end < len(items) else {}
    # Items of built-in kinds do not say what they are, as in the real thing.
    custom = kind.startswith("PodNet") or kind == "PodENIList"
    bare = [item if custom else {k: v for k, v in item.items() if k not in {"apiVersion", "kind"}} for item in items]
    return {"kind": kind, "apiVersion": "v1", "metadata": {"resourceVersion": "1", **more}, "items": bare[start:end]}


def _refusal(code: int, reason: str, message: str) -> tuple[int, dict[str, Any]]:
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return code, {**status, "message": message, "reason": reason, "details": {}, "code": code}
