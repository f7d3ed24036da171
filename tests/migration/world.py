"""A simulated cluster: an API server for the real kubectl that schedules, replaces and evicts pods.

It simulates what a migration needs: patches, controllers, the scheduler, evictions under PodDisruptionBudgets, an
autoscaler, Terway's webhook and PodENIs. After each change it runs one event after the other until the cluster is
stable. After every event it compares the PodDisruptionBudgets, and `broken` records violations. Exclusive nodes come
from the node pools of the loopback cloud, with the labels and taints of their requests.
"""

from __future__ import annotations

import copy
import itertools
import json
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from eniplan.k8s.labels import selector_from, selects
from eniplan.k8s.rollout import share
from eniplan.k8s.terway import ENI, NETWORKS_REQUEST
from eniplan.observed import NODE_POOL_LABEL, TYPE_LABEL, ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL, LINGJUN_LABEL
from eniplan.rules.examples_cluster import CLUSTER, IMAGE, node, pod_eni, system_pod
from tests.kube.served import VERSION, Served, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.kube.served import Answer

Object = dict[str, Any]
Key = tuple[str, str, str]
_TERWAY = "network.alibabacloud.com/v1beta1"
KINDS = {
    "nodes": ("v1", "Node", False),
    "namespaces": ("v1", "Namespace", False),
    "pods": ("v1", "Pod", True),
    "configmaps": ("v1", "ConfigMap", True),
    "events": ("v1", "Event", True),
    "daemonsets": ("apps/v1", "DaemonSet", True),
    "deployments": ("apps/v1", "Deployment", True),
    "statefulsets": ("apps/v1", "StatefulSet", True),
    "jobs": ("batch/v1", "Job", True),
    "cronjobs": ("batch/v1", "CronJob", True),
    "poddisruptionbudgets": ("policy/v1", "PodDisruptionBudget", True),
    "horizontalpodautoscalers": ("autoscaling/v2", "HorizontalPodAutoscaler", True),
    "podnetworkings": (_TERWAY, "PodNetworking", False),
    "podenis": (_TERWAY, "PodENI", True),
}
"""apiVersion, kind, and whether it is namespaced, by resource."""
CONTROLLERS = ("deployments", "statefulsets", "daemonsets", "jobs")
_OWNER, _TEMPLATE = "world/owner", "world/template"


class Pool(NamedTuple):
    """An exclusive node pool in the cloud."""

    id: str
    labels: dict[str, str]
    taints: tuple[Object, ...]
    type: str
    enis: int
    """The number of exclusive ENIs of a node."""
    is_lingjun: bool
    zones: tuple[str, ...]
    nodes: tuple[int, int]
    """The current number of nodes, and the autoscaler's maximum."""


class World(Served):
    """The simulated cluster."""

    def __init__(self, plan: Object, pools: Callable[[], Iterable[Pool]]) -> None:
        """Start with shared nodes only: of pool np-old, and of another pool."""
        self._plan, self._pools = plan, pools
        self._numbers = itertools.count(100)
        self._zones = {v["id"]: v["zone"] for v in plan["cluster"]["vSwitches"]}
        self._is_dual = plan["cluster"]["ipStack"] == "dual"
        self._held: dict[Key, int] = {}
        """The number of healthy pods after the last event, by PodDisruptionBudget."""
        self.broken: list[str] = []
        """The events that left fewer healthy pods than a PodDisruptionBudget requires."""
        self.lowest: dict[str, int] = {}
        """The minimum number of running pods of each workload since all of its pods ran."""
        self.taken = 0
        """The number of ENIs on each exclusive node that others use without the scheduler's knowledge."""
        self.ailing: Callable[[Object], bool] = lambda _: False
        """Whether a pod never becomes ready on its node."""
        self.objects: dict[Key, Object] = {}
        zones = sorted(set(self._zones.values()))
        for number, (name, pool) in enumerate(
            (("old-1", "np-old"), ("old-2", "np-old"), ("old-3", "np-old"), ("other-1", "np-other"))
        ):
            self._add_node(name, zones[number % len(zones)], {NODE_POOL_LABEL: pool, EXCLUSIVE_LABEL: "default"}, 0)
        daemon = self._with_terway(CLUSTER["daemonSets"][0])
        daemon["spec"]["template"]["spec"] |= {"hostNetwork": True, "tolerations": [{"operator": "Exists"}]}
        daemon["spec"]["updateStrategy"] = {"type": "OnDelete"}  # new nodes come with its pods
        self.put("daemonsets", daemon)
        stack = "dual" if self._is_dual else "ipv4"
        conf = {"version": "1", "ipam_type": "crd", "ip_stack": stack, "vswitches": self._by_zone("podDefaults")}
        self._config("eni-config", conf)
        self.lock = threading.Lock()
        self.serve()

    def _by_zone(self, *path: str) -> dict[str, list[str]]:
        network = self._plan["cluster"]
        for key in path:
            network = network.get(key) or {}
        found: dict[str, list[str]] = {}
        for name in network.get("vSwitchIds", ()):
            found.setdefault(self._zones[name], []).append(name)
        return found

    def _config(self, name: str, conf: Object) -> None:
        metadata = {"name": name, "namespace": "kube-system"}
        self.put("configmaps", {"metadata": metadata, "data": {"eni_conf": json.dumps(conf)}})

    def _with_terway(self, item: Object) -> Object:
        """Return an object with the images of the plan's version of Terway."""
        image = f"{IMAGE.rpartition(':')[0]}:{self._plan['cluster']['terway']['version']}"
        found: Object = json.loads(json.dumps(item).replace(IMAGE, image))
        return found

    def _add_node(self, name: str, zone: str, labels: dict[str, str], enis: int, taints: Iterable[Object] = ()) -> None:
        made = node(name, **{ZONE_LABEL: zone, **labels})
        made["spec"]["taints"] = list(taints)
        for key in ("capacity", "allocatable"):
            made["status"][key].pop(ENI)
            if enis:
                made["status"][key][ENI] = str(enis)
        self.put("nodes", made)
        agent = self._with_terway(system_pod("DaemonSet", "terway-eniip", name))
        agent["metadata"] |= {"name": f"terway-eniip-{name}", "uid": f"uid-terway-{name}"}
        self.put("pods", agent)

    def respond(self, method: str, target: str, body: Any) -> Answer:  # noqa: ANN401 - any JSON
        """Respond to one request at a time."""
        with self.lock:
            self._bring_nodes()
            return self.answer(method, target, body)

    # --- objects -----------------------------------------------------------------------------------------------

    def put(self, resource: str, item: Object) -> Object:
        """Create an object, or replace the one with its name."""
        item["metadata"] = {"resourceVersion": "1", "uid": f"uid-{next(self._numbers)}", **item["metadata"]}
        key = (resource, item["metadata"].get("namespace", "") if KINDS[resource][2] else "", item["metadata"]["name"])
        api_version, kind, _ = KINDS[resource]
        self.objects[key] = {**item, "apiVersion": api_version, "kind": kind}
        return self.objects[key]

    def all(self, resource: str, namespace: str = "") -> list[Object]:
        """Return the objects of a resource."""
        return [v for (r, n, _), v in self.objects.items() if r == resource and namespace in {"", n}]

    def pods_of(self, name: str) -> list[Object]:
        """Return the unfinished pods of a workload, such as `deployments/feed` or `pods/probe`."""
        pods = [p for p in self.all("pods") if p["status"]["phase"] != "Succeeded"]
        return [p for p in pods if name in {_note(p, _OWNER), f"pods/{p['metadata']['name']}"}]

    def start(self, resource: str, item: Object) -> None:
        """Create a workload with its pods on the old nodes, or another object."""
        for namespace in {item["metadata"].get("namespace", "default")} if KINDS[resource][2] else ():
            if ("namespaces", "", namespace) not in self.objects:
                self.put("namespaces", {"metadata": {"name": namespace, "labels": {}}})
        self.answer("POST", _path(resource, item["metadata"].get("namespace", "")), copy.deepcopy(item))

    def finish(self, job: str) -> None:
        """Finish the pods of a Job."""
        with self.lock:
            for pod in self.pods_of(job):
                pod["status"]["phase"] = "Succeeded"
                self._free(pod)
            resource, _, name = job.partition("/")
            for found in self.all(resource):
                if found["metadata"]["name"] == name:
                    found["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}

    def tick(self) -> None:
        """Run each CronJob once."""
        with self.lock:
            for item in self.all("cronjobs"):
                metadata = {**item["metadata"], "name": f"{item['metadata']['name']}-{next(self._numbers)}"}
                metadata["ownerReferences"] = [{"kind": "CronJob", "name": item["metadata"]["name"]}]
                metadata.pop("uid")
                self.put("jobs", {"metadata": metadata, "spec": copy.deepcopy(item["spec"]["jobTemplate"]["spec"])})
            self.settle()

    # --- the API -----------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, body: Any) -> Answer:  # noqa: ANN401, PLR0911 - any JSON; one return per kind of request
        """Return the status and the body for a request."""
        url = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        parts = url.path.strip("/").split("/")
        if parts[0] in {"version", "openapi"} or len(parts) <= (2 if parts[0] == "api" else 3):
            return _discovered(url.path)
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
            return (
                (201, self._created(resource, body)) if method == "POST" else self._listed(resource, namespace, query)
            )
        key = (resource, namespace if KINDS[resource][2] else "", name)
        found = self.objects.get(key)
        if found is None:
            return refusal(404, "NotFound", f"{resource} {name!r} not found")
        if method == "DELETE":
            self._remove(key)
        if method == "PATCH":
            return self._patch(resource, found, body)
        return 200, copy.deepcopy(found)

    def _created(self, resource: str, item: Object) -> Object:
        if resource == "podnetworkings":
            zones = [{"id": name, "zone": self._zones[name]} for name in item["spec"]["vSwitchOptions"]]
            item["status"] = {"status": "Ready", "vSwitches": zones}
        if resource == "pods":
            item = {**item, "status": {"phase": "Pending"}}
            self._admit(item)
        if resource in CONTROLLERS:
            item["metadata"]["generation"] = 1
        found = self.put(resource, item)
        self.settle()
        return found

    def _listed(self, resource: str, namespace: str, query: dict[str, str]) -> Answer:
        items = self.all(resource, namespace)
        for selector in filter(None, query.get("labelSelector", "").split(",")):
            key, _, value = selector.partition("=")
            items = [i for i in items if i["metadata"].get("labels", {}).get(key) == value]
        for selector in filter(None, query.get("fieldSelector", "").split(",")):
            key, _, value = selector.partition("=")
            field = {"metadata.name": ("metadata", "name"), "spec.nodeName": ("spec", "nodeName"),
                     "status.phase": ("status", "phase")}[key]  # fmt: skip
            items = [i for i in items if i[field[0]].get(field[1]) == value]
        if query.get("watch"):
            return 200, [{"type": "MODIFIED", "object": copy.deepcopy(item)} for item in items]
        api_version, kind, _ = KINDS[resource]
        listed = {"apiVersion": api_version, "kind": f"{kind}List", "metadata": {"resourceVersion": "9"}}
        return 200, {**listed, "items": copy.deepcopy(items)}

    def _patch(self, resource: str, found: Object, patch: Object) -> Answer:
        wished = copy.deepcopy(found)
        merge(wished, patch)
        if resource == "jobs" and wished["spec"].get("template") != found["spec"].get("template"):
            return refusal(422, "Invalid", "spec.template: Invalid value: field is immutable")
        if resource == "pods" and wished["spec"] != found["spec"]:
            return refusal(422, "Invalid", "spec: Forbidden: pod updates may not change fields")
        changed = wished["spec"] != found["spec"] if "spec" in wished else False
        found.clear()
        found.update(wished)
        found["metadata"]["resourceVersion"] = str(next(self._numbers))
        if changed and resource in CONTROLLERS:
            found["metadata"]["generation"] = found["metadata"].get("generation", 1) + 1
        self.settle()
        return 200, copy.deepcopy(found)

    def _remove(self, key: Key) -> None:
        found = self.objects.pop(key)
        if key[0] == "pods":
            self._free(found)
        if key[0] in CONTROLLERS:
            for pod in [p for p in self.all("pods") if _note(p, _OWNER) == f"{key[0]}/{key[2]}"]:
                self._drop(pod)
        self.settle()

    def _evict(self, namespace: str, name: str) -> Answer:
        found = self.objects.get(("pods", namespace, name))
        if found is None:
            return refusal(404, "NotFound", f"pods {name!r} not found")
        for budget in self._budgets_of(found):
            healthy, least = self.health(budget)
            if is_healthy(found) and healthy - 1 < least:
                message = "Cannot evict pod as it would violate the pod's disruption budget."
                return refusal(429, "TooManyRequests", message)
        self._drop(found)
        self.settle()
        return 201, {"kind": "Status", "apiVersion": "v1", "status": "Success"}

    # --- PodDisruptionBudgets ------------------------------------------------------------------------------------

    def _budgets_of(self, pod: Object) -> list[Object]:
        budgets = self.all("poddisruptionbudgets", pod["metadata"]["namespace"])
        return [item for item in budgets if _selects(item["spec"]["selector"], pod["metadata"].get("labels", {}))]

    def health(self, budget: Object) -> tuple[int, int]:
        """Return the number of healthy pods of a PodDisruptionBudget, and the required number."""
        spec = budget["spec"]
        pods = [p for p in self.all("pods", budget["metadata"]["namespace"])
                if _selects(spec["selector"], p["metadata"].get("labels", {}))]  # fmt: skip
        total = 0
        for owner in {_note(p, _OWNER) for p in pods}:
            resource, _, name = owner.partition("/")
            item = self.objects.get((resource, budget["metadata"]["namespace"], name))
            total += 0 if item is None else item["spec"].get("replicas", 0)
        least = share(spec.get("minAvailable"), total, up=True)
        if least is None:
            least = total - (share(spec.get("maxUnavailable"), total, up=True) or 0)
        return sum(map(is_healthy, pods)), least

    def _look(self, event: str) -> None:
        """After an event, compare all PodDisruptionBudgets and count the running pods."""
        for key, budget in list(self.objects.items()):
            if key[0] == "poddisruptionbudgets":
                healthy, least = self.health(budget)
                if healthy < min(least, self._held.get(key, 0)):
                    self.broken.append(f"{event}: {healthy} of {least} of {key[1]}/{key[2]}")
                self._held[key] = healthy
            if key[0] in {"deployments", "statefulsets"}:
                name, replicas = f"{key[0]}/{key[2]}", budget["spec"].get("replicas", 1)
                running = sum(map(is_healthy, self.pods_of(name)))
                if name in self.lowest or running >= replicas:
                    self.lowest[name] = min(self.lowest.get(name, running), running)

    # --- controllers -----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Run events until the cluster is stable."""
        while self._step():
            pass
        for resource in CONTROLLERS:
            for item in self.all(resource):
                self._report(resource, item)

    def _step(self) -> bool:
        """Run one event; return whether there was one."""
        if any(getattr(self, f"_{resource}")(item) for resource in CONTROLLERS for item in self.all(resource)):
            return True
        return any(self._start_pod(pod) for pod in self.all("pods") if pod["status"]["phase"] == "Pending")

    def _pods(self, resource: str, item: Object) -> tuple[list[Object], list[Object]]:
        """Return the old and the new pods of a workload."""
        mark = json.dumps(item["spec"]["template"], sort_keys=True)
        pods = self.pods_of(f"{resource}/{item['metadata']['name']}")
        return [p for p in pods if _note(p, _TEMPLATE) != mark], [p for p in pods if _note(p, _TEMPLATE) == mark]

    def _deployments(self, item: Object) -> bool:
        spec, replicas = item["spec"], item["spec"].get("replicas", 1)
        if spec.get("paused"):
            return False
        old, new = self._pods("deployments", item)
        strategy = spec.get("strategy") or {}
        rolling = strategy.get("rollingUpdate") or {}
        surge = share(rolling.get("maxSurge", "25%"), replicas, up=True) or 0
        unavailable = share(rolling.get("maxUnavailable", "25%"), replicas, up=False) or 0
        if strategy.get("type") == "Recreate":
            surge, unavailable = 0, replicas
            if old:
                return self._drop(old[-1])
        elif not surge and not unavailable:
            unavailable = 1
        if len(new) > replicas:
            return self._drop(min(new, key=is_healthy))
        sick = [p for p in old if not is_healthy(p)]
        if old and (sick or sum(map(is_healthy, (*old, *new))) - 1 >= replicas - unavailable):
            return self._drop((sick or old)[-1])
        if len(new) < replicas and len(old) + len(new) < replicas + surge:
            return self._new_pod("deployments", item, f"{item['metadata']['name']}-abc12-{next(self._numbers)}")
        return False

    def _statefulsets(self, item: Object) -> bool:
        spec, replicas = item["spec"], item["spec"].get("replicas", 1)
        old, new = self._pods("statefulsets", item)
        pods = {int(p["metadata"]["name"].rpartition("-")[2]): p for p in (*old, *new)}
        for number in range(replicas):  # OrderedReady: in order; a pod that is not ready blocks the others
            if number not in pods:
                return self._new_pod("statefulsets", item, f"{item['metadata']['name']}-{number}")
            if not is_healthy(pods[number]):
                return False
        update = spec.get("updateStrategy") or {}
        partition = (update.get("rollingUpdate") or {}).get("partition", 0)
        late = [number for number, pod in pods.items() if pod in old and number >= partition]
        return bool(late) and update.get("type") != "OnDelete" and self._drop(pods[max(late)])

    def _daemonsets(self, item: Object) -> bool:
        name = item["metadata"]["name"]
        if name == "terway-eniip":
            return False
        old, new = self._pods("daemonsets", item)
        by_node = {p["spec"]["nodeName"]: p for p in (*old, *new)}
        fitting = {n["metadata"]["name"] for n in self.all("nodes") if _allows(item["spec"]["template"]["spec"], n)}
        for on, pod in by_node.items():
            if on not in fitting:
                return self._drop(pod)
        for on in sorted(fitting - set(by_node)):
            return self._new_pod("daemonsets", item, f"{name}-{next(self._numbers)}", on)
        is_held = (item["spec"].get("updateStrategy") or {}).get("type") == "OnDelete"
        return bool(old) and not is_held and all(map(is_healthy, new)) and self._drop(old[-1])

    def _jobs(self, item: Object) -> bool:
        old, new = self._pods("jobs", item)
        if item.get("status") or len(old) + len(new) >= item["spec"].get("parallelism", 1):
            return False
        return self._new_pod("jobs", item, f"{item['metadata']['name']}-{next(self._numbers)}")

    def _report(self, resource: str, item: Object) -> None:
        old, new = self._pods(resource, item)
        replicas, ready = item["spec"].get("replicas", 1), sum(map(is_healthy, (*old, *new)))
        updated = sum(map(is_healthy, new)) if resource == "deployments" else len(new)
        if resource == "jobs" or item["metadata"]["name"] == "terway-eniip":
            return
        item["status"] = {
            "observedGeneration": item["metadata"].get("generation", 1),
            "replicas": len(old) + len(new),
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentRevision": "r",
            "updateRevision": "r" if len(new) >= replicas and ready >= replicas else "s",
        }
        if resource == "daemonsets":
            item["spec"].setdefault("updateStrategy", {"type": "RollingUpdate"})
            item["status"] |= {"desiredNumberScheduled": len(old) + len(new), "numberAvailable": ready,
                               "updatedNumberScheduled": len(new), "numberReady": ready}  # fmt: skip
        if resource == "statefulsets":
            item["spec"].setdefault("updateStrategy", {"type": "RollingUpdate"})

    # --- pods: Terway's webhook, the scheduler, Terway on the node ---------------------------------------------------

    def _new_pod(self, resource: str, item: Object, name: str, on: str = "") -> bool:
        template = copy.deepcopy(item["spec"]["template"])
        metadata, own = template.get("metadata", {}), item["metadata"]["name"]
        number, kind = next(self._numbers), KINDS[resource][1]
        behind = {"kind": "ReplicaSet", "name": f"{own}-abc12"} if kind == "Deployment" else {"kind": kind, "name": own}
        notes = {_OWNER: f"{resource}/{own}", _TEMPLATE: json.dumps(item["spec"]["template"], sort_keys=True)}
        pod: Object = {
            "metadata": {
                **metadata,
                "name": name,
                "namespace": item["metadata"]["namespace"],
                "uid": f"00000000-0000-4000-8000-{number:012}",
                "annotations": {**metadata.get("annotations", {}), **notes},
                "ownerReferences": [{**behind, "controller": True}],
            },
            "spec": {**template["spec"], **({"nodeName": on} if on else {})},
            "status": {"phase": "Pending"},
        }
        self._admit(pod)
        self.put("pods", pod)
        self._look(f"new pod {name}")
        return True

    def _drop(self, pod: Object) -> bool:
        self.objects.pop(("pods", pod["metadata"]["namespace"], pod["metadata"]["name"]), None)
        self._free(pod)
        self._look(f"pod {pod['metadata']['name']} goes")
        return True

    def _free(self, pod: Object) -> None:
        self.objects.pop(("podenis", pod["metadata"]["namespace"], pod["metadata"]["name"]), None)

    def _admit(self, pod: Object) -> None:
        """Simulate Terway's webhook: add the annotation, and a request to the first container."""
        metadata = pod["metadata"]
        home = self.objects.get(("namespaces", "", metadata["namespace"]), {"metadata": {}})
        names = [each["network"] for each in json.loads(_note(pod, NETWORKS_REQUEST) or "[]")]
        for item in () if names else self.all("podnetworkings"):
            wanted = item["spec"].get("selector", {})
            if wanted and all(
                _selects(wanted[key], labels)
                for key, labels in (("podSelector", metadata.get("labels", {})),
                                    ("namespaceSelector", home["metadata"].get("labels", {})))
                if key in wanted
            ):  # fmt: skip
                names = [item["metadata"]["name"]]
                metadata.setdefault("annotations", {})["k8s.aliyun.com/pod-networking"] = names[0]
        if names and not pod["spec"].get("hostNetwork"):
            metadata.setdefault("annotations", {})["k8s.aliyun.com/pod-eni"] = "true"
            resources = pod["spec"]["containers"][0].setdefault("resources", {})
            for key in ("requests", "limits"):
                resources.setdefault(key, {})[ENI] = str(len(names))

    def _start_pod(self, pod: Object) -> bool:
        """Schedule a waiting pod, or start it on its node; return whether something changed."""
        if "nodeName" not in pod["spec"]:
            fitting = [n for n in self.all("nodes") if self._fits(pod, n)]
            found = min(fitting, key=self._pods_on) if fitting else self._grown(pod)
            if found is None:
                return False
            pod["spec"]["nodeName"] = found["metadata"]["name"]
        target = self.objects["nodes", "", pod["spec"]["nodeName"]]
        number = int(str(next(self._numbers)))
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        enis = 0 if pod["spec"].get("hostNetwork") or not is_exclusive(target) else max(_asked(pod), 1)
        if enis and self._used(target) + enis > _offered(target):
            return self._fail(pod, "no free ENI")
        if self.ailing(pod):
            return self._fail(pod, "it is ailing")
        conditions = [{"type": "Ready", "status": "True"}]
        pod["status"] = {"phase": "Running", "podIP": address, "conditions": conditions}
        if enis:
            self._attach(pod, target, number, enis)
        self._look(f"pod {pod['metadata']['name']} runs")
        return True

    def _fail(self, pod: Object, why: str) -> bool:
        about = {key: pod["metadata"][key] for key in ("name", "namespace")}
        self.put("events", {
            "metadata": {"name": f"{about['name']}.1", "namespace": about["namespace"]}, "type": "Warning", "count": 1,
            "reason": "AllocIPFailed", "message": why, "involvedObject": {"kind": "Pod", **about},
        })  # fmt: skip
        return False

    def _used(self, target: Object) -> int:
        on = target["metadata"]["name"]
        enis = [e for e in self.all("podenis") if e["metadata"]["labels"]["k8s.aliyun.com/node"] == on]
        return self.taken + sum(len(e["spec"]["allocations"]) for e in enis)

    def _fits(self, pod: Object, target: Object) -> bool:
        """Decide like the scheduler: by requests, not by the ENIs that Terway has attached."""
        name, asked = target["metadata"]["name"], _asked(pod)
        offered = int(target["status"]["allocatable"].get(ENI, 0))
        here = sum(_asked(p) for p in self.all("pods") if p["spec"].get("nodeName") == name) if asked else 0
        is_ready = target["status"]["conditions"][0]["status"] == "True"
        fits = is_ready and not target["spec"].get("unschedulable") and (not asked or here + asked <= offered)
        return fits and _allows(pod["spec"], target) and self._is_in_zone(pod, target)

    def _pods_on(self, target: Object) -> int:
        return sum(p["spec"].get("nodeName") == target["metadata"]["name"] for p in self.all("pods"))

    def _is_in_zone(self, pod: Object, target: Object) -> bool:
        """Decide by the zones that the webhook adds to pods of a PodNetworking."""
        found = self.objects.get(("podnetworkings", "", _note(pod, "k8s.aliyun.com/pod-networking")))
        zones = {each["zone"] for each in found["status"]["vSwitches"]} if found else None
        return zones is None or target["metadata"]["labels"][ZONE_LABEL] in zones

    def _attach(self, pod: Object, target: Object, number: int, enis: int) -> None:
        zone = target["metadata"]["labels"][ZONE_LABEL]
        names = [each["network"] for each in json.loads(_note(pod, NETWORKS_REQUEST) or "[]")]
        names = names or [_note(pod, "k8s.aliyun.com/pod-networking")] * enis
        made = pod_eni(number, target["metadata"]["name"])
        made["metadata"] |= {key: pod["metadata"][key] for key in ("name", "namespace")}
        made["metadata"]["annotations"] = {"k8s.aliyun.com/pod-uid": pod["metadata"]["uid"]}
        made["spec"]["zone"] = zone
        made["spec"]["allocations"], infos = [], {}
        for each in range(enis):
            found = self.objects.get(("podnetworkings", "", names[each]))
            groups = found["spec"]["securityGroupIDs"] if found else ["sg-nodes"]
            v_switches = [v["id"] for v in found["status"]["vSwitches"] if v["zone"] == zone] if found else ["vsw"]
            eni = {"id": f"eni-{number}-{each}", "vSwitchID": v_switches[0], "securityGroupIDs": groups}
            row = {
                "eni": eni,
                "ipv4": pod["status"]["podIP"],
                **({"ipv6": f"2408::{number:x}"} if self._is_dual else {}),
            }
            made["spec"]["allocations"].append(row)
            infos[eni["id"]] = {"id": eni["id"], "type": "Secondary", "status": "Bind"}
        made["status"]["eniInfos"] = infos
        self.put("podenis", made)

    def set_ready(self, name: str, *, is_ready: bool) -> None:
        """Make a node and its pods unready, or ready again."""
        with self.lock:
            status = "True" if is_ready else "False"
            on = [p for p in self.all("pods") if p["spec"].get("nodeName") == name and p["status"].get("conditions")]
            for item in (self.objects["nodes", "", name], *on):
                item["status"]["conditions"] = [{"type": "Ready", "status": status, "reason": "KubeletNotReady"}]

    # --- nodes -----------------------------------------------------------------------------------------------------

    def _bring_nodes(self) -> None:
        """Add the nodes of the cloud's exclusive pools."""
        before = len(self.objects)
        for pool in self._pools():
            while len(self._nodes_of(pool)) < pool.nodes[0]:
                self._bring(pool)
        if len(self.objects) != before:
            self.settle()

    def _nodes_of(self, pool: Pool) -> list[Object]:
        return [n for n in self.all("nodes") if n["metadata"]["labels"][NODE_POOL_LABEL] == pool.id]

    def _bring(self, pool: Pool) -> Object:
        number = len(self._nodes_of(pool))
        name = f"new-{pool.id[-6:]}-{number}"
        labels = {**pool.labels, NODE_POOL_LABEL: pool.id, TYPE_LABEL: pool.type}
        labels |= {LINGJUN_LABEL: "true"} if pool.is_lingjun else {}
        enis = 0 if pool.is_lingjun else pool.enis
        own = [{"key": "node-role.alibabacloud.com/lingjun", "effect": "NoSchedule"}] if pool.is_lingjun else []
        self._add_node(name, pool.zones[number % len(pool.zones)], labels, enis, [*pool.taints, *own])
        made = self.objects["nodes", "", name]
        made["metadata"]["annotations"] = {"world/enis": str(pool.enis)}
        return made

    def _grown(self, pod: Object) -> Object | None:
        """Simulate the autoscaler: add a node that a waiting pod fits on."""
        for pool in self._pools():
            if len(self._nodes_of(pool)) < pool.nodes[1]:
                made = self._bring(pool)
                if self._fits(pod, made):
                    return made
                self.objects.pop(("nodes", "", made["metadata"]["name"]))
                self.objects.pop(("pods", "kube-system", f"terway-eniip-{made['metadata']['name']}"))
        return None


# --- reading objects -------------------------------------------------------------------------------------------------


def is_healthy(pod: Object) -> bool:
    """Return whether a pod counts for a PodDisruptionBudget."""
    ready = [c for c in pod["status"].get("conditions", ()) if (c["type"], c["status"]) == ("Ready", "True")]
    return pod["status"]["phase"] == "Running" and bool(ready)


def is_exclusive(target: Object) -> bool:
    """Return whether a node gives each pod its own ENI."""
    return bool(target["metadata"]["labels"].get(EXCLUSIVE_LABEL) == "eniOnly")


def _note(item: Object, name: str) -> str:
    return str(item["metadata"].get("annotations", {}).get(name, ""))


def _offered(target: Object) -> int:
    return int(_note(target, "world/enis"))


def _asked(pod: Object) -> int:
    return sum(int(c.get("resources", {}).get("requests", {}).get(ENI, 0)) for c in pod["spec"]["containers"])


def _selects(value: Object, labels: dict[str, str]) -> bool:
    return selects(selector_from((), value), labels)


def _path(resource: str, namespace: str) -> str:
    api, _, is_namespaced = KINDS[resource]
    root = "/api/v1" if api == "v1" else f"/apis/{api}"
    return f"{root}/namespaces/{namespace}/{resource}" if is_namespaced else f"{root}/{resource}"


def _allows(spec: Object, target: Object) -> bool:
    labels = target["metadata"]["labels"]
    if not spec.get("nodeSelector", {}).items() <= labels.items():
        return False
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution", {}).get("nodeSelectorTerms")
    if terms and not any(_selects({"matchExpressions": t["matchExpressions"]}, labels) for t in terms):
        return False
    return all(
        any((t.get("operator") == "Exists" and t.get("key") in {None, taint["key"]}) or
            (t.get("key"), t.get("value")) == (taint["key"], taint.get("value")) for t in spec.get("tolerations") or ())
        for taint in target["spec"].get("taints", ())
    )  # fmt: skip


def merge(into: Object, patch: Object) -> None:
    """Apply a strategic merge patch: maps merge, null removes, containers merge by name, other lists are replaced."""
    for key, value in patch.items():
        if value is None:
            into.pop(key, None)
        elif isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        elif key in {"containers", "initContainers"} and key in into:
            for item in value:
                merge(next(c for c in into[key] if c["name"] == item["name"]), item)
        else:
            into[key] = copy.deepcopy(value)


# --- discovery -------------------------------------------------------------------------------------------------------


def _discovered(path: str) -> Answer:
    groups = sorted({api for api, _, _ in KINDS.values() if api != "v1"})
    if path == "/version":
        return 200, dict(VERSION)
    if path == "/api":
        return 200, {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        listed = [{"groupVersion": g, "version": g.partition("/")[2]} for g in groups]
        items = [{"name": g["groupVersion"].partition("/")[0], "versions": [g], "preferredVersion": g} for g in listed]
        return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": items}
    if path.startswith("/openapi/v3"):
        return _openapi(path.removeprefix("/openapi/v3").strip("/"))
    version = path.removeprefix("/apis/").removeprefix("/api/")
    return 200, {"kind": "APIResourceList", "groupVersion": version, "resources": list(_resources(version))}


def _openapi(version: str) -> Answer:
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
    verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
    for resource, (api, kind, namespaced) in KINDS.items():
        if api == version:
            about = {"singularName": kind.lower(), "namespaced": namespaced, "kind": kind, "verbs": verbs}
            yield {"name": resource, **about}
            if resource == "pods":
                eviction = {"group": "policy", "version": "v1", "kind": "Eviction", "verbs": ["create"]}
                yield {"name": "pods/eviction", "singularName": "", "namespaced": True, **eviction}
