"""Clusters for tests: states of the example cluster, as dumps and behind a fake API server."""

from __future__ import annotations

import io
import json
import re
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
from tests.kube.served import VERSION, Served, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.observed import Observed
    from eniplan.plan.document import Document
    from eniplan.plan.model import Plan
    from eniplan.report.model import Report
    from tests.kube.served import Answer

DUMP = "dump.json"
NO_PLAN: dict[str, Any] = {"": ABSENT}
"""In place of changes to the plan: verify without a plan."""


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
    """Return the workloads of a plan, in the form for readers of clusters."""
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
    """Verify an observed cluster against the example plan with changes, or without a plan for `NO_PLAN`."""
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


class FakeApi(Served):
    """The parts of a Kubernetes API server that `kubectl get --raw` needs: lists in pages, objects, refusals."""

    def __init__(self) -> None:
        """Start with the example cluster. Each read of the cluster gets the next of `states`; None: status 503."""
        self.states: list[Mapping[str, Any] | None] = [CLUSTER]
        self.forbidden: set[str] = set()
        self.missing: set[str] = set()
        self.asked: list[str] = []
        """The path and query of every request, in order."""
        self.serve()

    def respond(self, method: str, target: str, body: Any) -> Answer:  # noqa: ANN401 - any JSON
        """Answer reads only."""
        if (method, body) != ("GET", None):
            return refusal(405, "MethodNotAllowed", f"{method} is not expected here")
        return self.answer(target)

    def answer(self, target: str) -> Answer:
        """Return the status and the body for a path."""
        url = urlsplit(target)
        if url.path == "/version":
            return 200, dict(VERSION)
        self.asked.append(target)
        return self._refused(url.path) or self._served(url.path, parse_qs(url.query))

    def _refused(self, path: str) -> Answer | None:
        if path in self.forbidden:
            return refusal(403, "Forbidden", f'{path} is forbidden: User "fake" cannot list it')
        if path in self.missing:
            return refusal(404, "NotFound", "the server could not find the requested resource")
        if self._state(path) is None:
            return refusal(503, "ServiceUnavailable", "the server is currently unable to handle the request")
        return None

    def _state(self, path: str) -> Mapping[str, Any] | None:
        """Return the state for a request: nodes advance to the next state, other kinds use the current one.

        eniplan reads all kinds in parallel, so only one kind can advance the state.
        """
        if path != NODES:
            return self.states[-1]
        look = sum(urlsplit(asked).path == NODES and "continue=" not in asked for asked in self.asked)
        return self.states[min(look, len(self.states)) - 1]

    def _served(self, path: str, query: Mapping[str, list[str]]) -> Answer:
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
        return refusal(404, "NotFound", f"{path} not found")


def _page(items: list[dict[str, Any]], kind: str, limit: int, start: int) -> dict[str, Any]:
    end = start + limit
    more = {"continue": str(end)} if end < len(items) else {}
    # As from a real server, items of built-in kinds lack apiVersion and kind.
    custom = kind.startswith("PodNet") or kind == "PodENIList"
    bare = [item if custom else {k: v for k, v in item.items() if k not in {"apiVersion", "kind"}} for item in items]
    return {"kind": kind, "apiVersion": "v1", "metadata": {"resourceVersion": "1", **more}, "items": bare[start:end]}
