"""A cluster that lives: an API server for the real kubectl, behind which pods are placed, replaced and evicted.

It knows as much as a migration needs: patches, rollouts with their surge, evictions under PodDisruptionBudgets,
Terway's webhook and PodENIs. Its nodes of the exclusive pool are there as soon as the loopback cloud has the pool.
"""

from __future__ import annotations

import copy
import itertools
import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from eniplan.k8s.terway import ENI
from eniplan.observed import NODE_POOL_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.rules.examples_cluster import CLUSTER, NODES, node, pod_eni, system_pod
from tests.kube.served import VERSION, Served, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.kube.served import Answer

Object = dict[str, Any]
_TERWAY = "network.alibabacloud.com/v1beta1"
KINDS = {
    "nodes": ("v1", "Node", False),
    "pods": ("v1", "Pod", True),
    "configmaps": ("v1", "ConfigMap", True),
    "events": ("v1", "Event", True),
    "daemonsets": ("apps/v1", "DaemonSet", True),
    "deployments": ("apps/v1", "Deployment", True),
    "statefulsets": ("apps/v1", "StatefulSet", True),
    "cronjobs": ("batch/v1", "CronJob", True),
    "poddisruptionbudgets": ("policy/v1", "PodDisruptionBudget", True),
    "horizontalpodautoscalers": ("autoscaling/v2", "HorizontalPodAutoscaler", True),
    "podnetworkings": (_TERWAY, "PodNetworking", False),
    "podenis": (_TERWAY, "PodENI", True),
}
"""By resource: apiVersion, kind, and whether it lives in a namespace."""
SLOTS = 7
"""Exclusive ENIs of a node."""


class World(Served):
    """The cluster. `has_pool` says whether the exclusive node pool is there."""

    def __init__(self, has_pool: Callable[[], bool]) -> None:
        """Start with shared nodes only, of the pool np-old and another."""
        self._has_pool = has_pool
        self._numbers = itertools.count(100)
        self.lowest: dict[str, int] = {}
        """The fewest pods of each workload that ran at any time since it was there."""
        self.objects: dict[tuple[str, str, str], Object] = {}
        for name, pool in (("old-1", "np-old"), ("old-2", "np-old"), ("other-1", "np-other")):
            shared = node(name, **{NODE_POOL_LABEL: pool, EXCLUSIVE_LABEL: "default"})
            shared["spec"].pop("taints")
            for key in ("capacity", "allocatable"):
                shared["status"][key].pop(ENI)
            self.put("nodes", shared)
            self.put("pods", system_pod("DaemonSet", "terway-eniip", name))
        for key in ("daemonSets", "configMaps"):
            for item in CLUSTER[key]:
                self.put(key.lower(), copy.deepcopy(item))
        self.lock = threading.Lock()
        self.serve()

    def respond(self, method: str, target: str, body: Any) -> Answer:  # noqa: ANN401 - any JSON
        """Answer one request after the other."""
        with self.lock:
            return self.answer(method, target, body)

    # --- what is there -----------------------------------------------------------------------------------------

    def put(self, resource: str, item: Object) -> Object:
        """Create an object, or take it in the place of the one of its name."""
        metadata = item["metadata"]
        metadata.setdefault("resourceVersion", "1")
        metadata.setdefault("uid", f"uid-{next(self._numbers)}")
        key = (resource, metadata.get("namespace", "") if KINDS[resource][2] else "", metadata["name"])
        api_version, kind, _ = KINDS[resource]
        self.objects[key] = {**item, "apiVersion": api_version, "kind": kind}
        return self.objects[key]

    def all(self, resource: str, namespace: str = "") -> list[Object]:
        """Return the objects of a resource."""
        self._grow()
        return [v for (r, n, _), v in self.objects.items() if r == resource and namespace in {"", n}]

    def pods_of(self, name: str) -> list[Object]:
        """Return the pods of a workload."""
        return [p for p in self.all("pods") if p["metadata"].get("annotations", {}).get("owner") == name]

    def _grow(self) -> None:
        """Bring up the nodes of the exclusive pool, once the cloud has it."""
        if self._has_pool() and ("nodes", "", NODES[0]) not in self.objects:
            for name in NODES:
                self.put("nodes", node(name))
                self.put("pods", system_pod("DaemonSet", "terway-eniip", name))

    def start(self, resource: str, item: Object) -> None:
        """Create a workload, with its pods running on the old nodes."""
        found = self.put(resource, item)
        found["metadata"]["generation"] = 1
        self._roll(resource, found)

    # --- the API -----------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, body: Any) -> tuple[int, Object]:  # noqa: ANN401, PLR0911 - any JSON; one answer for each kind of request
        """Return the status and the body for a request."""
        url = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        parts = url.path.strip("/").split("/")
        if parts[0] in {"version", "openapi"} or len(parts) <= (2 if parts[0] == "api" else 3):
            return self._discovered(url.path)
        rest = parts[2:] if parts[0] == "api" else parts[3:]
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        resource, name, inner = (*rest, "", "")[:3]
        if resource not in KINDS:
            return refusal(404, "NotFound", f"{resource} not found")
        if inner == "eviction":
            return self._evict(namespace, name)
        if not name:
            if method == "POST":
                return 201, self._created(resource, body)
            return 200, self._listed(resource, namespace, query)
        found = self.objects.get((resource, namespace if KINDS[resource][2] else "", name))
        if found is None:
            return refusal(404, "NotFound", f"{resource} {name!r} not found")
        if method == "PATCH":
            self._patch(resource, found, body)
        return 200, found

    def _created(self, resource: str, item: Object) -> Object:
        found = self.put(resource, item)
        if resource == "podnetworkings":
            zones = [{"id": name, "zone": "cn-hangzhou-j"} for name in item["spec"]["vSwitchOptions"]]
            found["status"] = {"status": "Ready", "vSwitches": zones}
        return found

    def _listed(self, resource: str, namespace: str, query: dict[str, str]) -> Object:
        items = self.all(resource, namespace)
        for selector in filter(None, query.get("labelSelector", "").split(",")):
            key, _, value = selector.partition("=")
            items = [i for i in items if i["metadata"].get("labels", {}).get(key) == value]
        for selector in filter(None, query.get("fieldSelector", "").split(",")):
            key, _, value = selector.partition("=")
            field = {"metadata.name": ("metadata", "name"), "spec.nodeName": ("spec", "nodeName")}[key]
            items = [i for i in items if i[field[0]].get(field[1]) == value]
        api_version, kind, _ = KINDS[resource]
        return {"apiVersion": api_version, "kind": f"{kind}List", "metadata": {"resourceVersion": "9"}, "items": items}

    def _patch(self, resource: str, found: Object, patch: Object) -> None:
        before = copy.deepcopy(found)
        merge(found, patch)
        found["metadata"]["resourceVersion"] = str(next(self._numbers))
        if resource in {"deployments", "statefulsets"} and before["spec"] != found["spec"]:
            found["metadata"]["generation"] += 1
            self._roll(resource, found)

    def _evict(self, namespace: str, name: str) -> tuple[int, Object]:
        found = self.objects[("pods", namespace, name)]
        owner = found["metadata"].get("annotations", {}).get("owner")
        budget = self.floor(namespace, found["metadata"].get("labels", {}))
        running = [p for p in self.pods_of(owner or "-") if p["status"]["phase"] == "Running"]
        if owner and len(running) - 1 < budget:
            return refusal(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.")
        del self.objects[("pods", namespace, name)]
        if owner:
            resource, _, own = owner.partition("/")
            self._roll(resource, self.objects[(resource, namespace, own)])
        return 201, {"kind": "Status", "apiVersion": "v1", "status": "Success"}

    def floor(self, namespace: str, labels: dict[str, str]) -> int:
        """Return how many pods with these labels must run."""
        found = [
            int(item["spec"]["minAvailable"])
            for item in self.all("poddisruptionbudgets", namespace)
            if item["spec"]["selector"]["matchLabels"].items() <= labels.items()
        ]
        return max(found, default=0)

    # --- controllers, the scheduler and Terway -------------------------------------------------------------------

    def _roll(self, resource: str, found: Object) -> None:
        """Bring the pods of a workload to its template, as its strategy has it."""
        owner, spec = f"{resource}/{found['metadata']['name']}", found["spec"]
        mark = json.dumps(spec["template"], sort_keys=True)
        replicas = spec["replicas"]

        def pods(*, new: bool | None = None) -> list[Object]:
            every = self.pods_of(owner)
            return [p for p in every if new is None or (p["metadata"]["annotations"]["template"] == mark) is new]

        def running() -> int:
            return sum(p["status"]["phase"] == "Running" for p in pods())

        def note() -> None:
            if owner in self.lowest or running() == replicas:
                self.lowest[owner] = min(self.lowest.get(owner, replicas), running())

        rolling = spec.get("strategy", {}).get("rollingUpdate", {})
        surge, unavailable = (
            _share(rolling.get(key, "25%" if resource == "deployments" else other), replicas, up=up)
            for key, other, up in (("maxSurge", 0, True), ("maxUnavailable", 1, False))
        )
        while True:
            note()
            old = pods(new=False)
            waiting = [p for p in pods(new=True) if p["status"]["phase"] != "Running"]
            if len(pods()) < replicas + (surge if old else 0) and len(pods(new=True)) < replicas and not waiting:
                self._new_pod(resource, found, owner, mark)
            elif old and not waiting and running() - 1 >= replicas - unavailable:
                self._drop(old[-1])
            else:
                break
        note()
        updated = len([p for p in pods(new=True) if p["status"]["phase"] == "Running"])
        found["status"] = {
            "observedGeneration": found["metadata"]["generation"],
            "replicas": len(pods()),
            "updatedReplicas": updated,
            "readyReplicas": running(),
            "availableReplicas": running(),
            "currentRevision": "r",
            "updateRevision": "r" if updated == replicas else "s",
        }
        spec.setdefault("updateStrategy", {"type": "RollingUpdate"})

    def _drop(self, pod: Object) -> None:
        metadata = pod["metadata"]
        del self.objects[("pods", metadata["namespace"], metadata["name"])]
        self.objects.pop(("podenis", metadata["namespace"], metadata["name"]), None)

    def _new_pod(self, resource: str, found: Object, owner: str, mark: str) -> None:
        number, kind = next(self._numbers), KINDS[resource][1]
        template, name = copy.deepcopy(found["spec"]["template"]), found["metadata"]["name"]
        metadata = template.get("metadata", {})
        behind = (
            {"kind": kind, "name": name} if kind == "StatefulSet" else {"kind": "ReplicaSet", "name": f"{name}-abc12"}
        )
        pod: Object = {
            "metadata": {
                **metadata,
                "name": f"{name}-abc12-{number}" if kind == "Deployment" else f"{name}-{number}",
                "namespace": found["metadata"]["namespace"],
                "uid": f"00000000-0000-4000-8000-{number:012}",
                "annotations": {**metadata.get("annotations", {}), "owner": owner, "template": mark},
                "ownerReferences": [{**behind, "controller": True}],
            },
            "spec": template["spec"],
            "status": {"phase": "Pending"},
        }
        self._webhook(pod)
        target = self._scheduled(pod)
        if target is not None:
            pod["spec"]["nodeName"] = target["metadata"]["name"]
            conditions = [{"type": "Ready", "status": "True"}]
            pod["status"] = {"phase": "Running", "podIP": f"10.0.1.{number % 250 + 1}", "conditions": conditions}
            if _is_exclusive(target):
                self._attach(pod, number)
        self.put("pods", pod)

    def _webhook(self, pod: Object) -> None:
        """Do as Terway's webhook: the annotation, and a request of the first container."""
        labels = pod["metadata"].get("labels", {})
        for item in self.all("podnetworkings"):
            wanted = item["spec"].get("selector", {}).get("podSelector", {}).get("matchLabels")
            if wanted and wanted.items() <= labels.items():
                pod["metadata"]["annotations"] |= {
                    "k8s.aliyun.com/pod-networking": item["metadata"]["name"],
                    "k8s.aliyun.com/pod-eni": "true",
                }
                resources = pod["spec"]["containers"][0].setdefault("resources", {})
                for key in ("requests", "limits"):
                    resources.setdefault(key, {})[ENI] = "1"

    def _scheduled(self, pod: Object) -> Object | None:
        asks = any(ENI in c.get("resources", {}).get("requests", {}) for c in pod["spec"]["containers"])
        for target in self.all("nodes"):
            name = target["metadata"]["name"]
            here = [
                p for p in self.all("pods") if p["spec"].get("nodeName") == name and not p["spec"].get("hostNetwork")
            ]
            fits = not asks or (_is_exclusive(target) and len(here) < SLOTS)
            if fits and not target["spec"].get("unschedulable") and _allows(pod["spec"], target):
                return target
        return None

    def _attach(self, pod: Object, number: int) -> None:
        eni = pod_eni(number, pod["spec"]["nodeName"])
        eni["metadata"] |= {key: pod["metadata"][key] for key in ("name", "namespace")}
        eni["spec"]["allocations"][0]["ipv4"] = pod["status"]["podIP"]
        self.put("podenis", eni)

    # --- discovery -----------------------------------------------------------------------------------------------

    def _discovered(self, path: str) -> tuple[int, Object]:
        groups = sorted({api for api, _, _ in KINDS.values() if api != "v1"})
        if path == "/version":
            return 200, dict(VERSION)
        if path == "/api":
            return 200, {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            listed = [{"groupVersion": g, "version": g.partition("/")[2]} for g in groups]
            items = [
                {"name": g["groupVersion"].partition("/")[0], "versions": [g], "preferredVersion": g} for g in listed
            ]
            return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": items}
        if path.startswith("/openapi/v3"):
            return self._openapi(path.removeprefix("/openapi/v3").strip("/"))
        version = path.removeprefix("/apis/").removeprefix("/api/")
        return 200, {
            "kind": "APIResourceList",
            "groupVersion": version,
            "resources": list(_resources(version)),
        }

    def _openapi(self, version: str) -> tuple[int, Object]:
        paths = {("api/v1" if api == "v1" else f"apis/{api}"): api for api, _, _ in KINDS.values()}
        if not version:
            return 200, {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in paths}}
        out = {}
        for resource, (api, kind, _) in KINDS.items():
            if paths.get(version) == api:
                group, _, short = api.rpartition("/")
                words = {"group": group, "version": short, "kind": kind}
                takes = {"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}
                patch = {"parameters": [takes], "x-kubernetes-group-version-kind": words, "responses": {}}
                out[f"/{version}/{resource}/{{name}}"] = {"patch": patch}
        return 200, {"openapi": "3.0.0", "info": {"title": "K", "version": "1"}, "paths": out}


def _resources(version: str) -> Iterator[Object]:
    for resource, (api, kind, namespaced) in KINDS.items():
        if api == version:
            verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
            yield {
                "name": resource,
                "singularName": kind.lower(),
                "namespaced": namespaced,
                "kind": kind,
                "verbs": verbs,
            }
            if resource == "pods":
                eviction = {"group": "policy", "version": "v1", "kind": "Eviction", "verbs": ["create"]}
                yield {"name": "pods/eviction", "singularName": "", "namespaced": True, **eviction}


def _is_exclusive(target: Object) -> bool:
    return bool(target["metadata"]["labels"].get(EXCLUSIVE_LABEL) == "eniOnly")


def _allows(spec: Object, target: Object) -> bool:
    labels = target["metadata"]["labels"]
    if not spec.get("nodeSelector", {}).items() <= labels.items():
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms")
    if terms and not any(all(labels.get(e["key"]) in e["values"] for e in t["matchExpressions"]) for t in terms):
        return False
    return all(
        any((t.get("operator") == "Exists" and t.get("key") in {None, taint["key"]}) or
            (t.get("key"), t.get("value")) == (taint["key"], taint.get("value")) for t in spec.get("tolerations") or ())
        for taint in target["spec"].get("taints", ())
    )  # fmt: skip


def _share(value: int | str, replicas: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    share = int(value.removesuffix("%")) * replicas
    return -(-share // 100) if up else share // 100


def merge(into: Object, patch: Object) -> None:
    """Apply a strategic merge patch: maps merge, null removes, containers merge by name, other lists are replaced."""
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        elif key == "containers" and key in into:
            for item in value:
                merge(next(c for c in into[key] if c["name"] == item["name"]), item)
        else:
            into[key] = copy.deepcopy(value)
