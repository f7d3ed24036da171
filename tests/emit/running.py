"""The running cluster of a plan, as kubectl prints it."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.catalog.limits import capacity, lingjun_pods
from eniplan.k8s.terway import ENI
from eniplan.observed import NODE_POOL_LABEL, TYPE_LABEL, ZONE_LABEL
from eniplan.plan.model import LINGJUN_LABEL, TERWAY_CONFIG_LABEL
from eniplan.rules.base import Settings
from eniplan.rules.examples_cluster import CLUSTER, dump, node, pod, pod_eni, system_pod
from eniplan.rules.view import PlanView
from tests.judge import TODAY, catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.model import Network, NodePool, Plan, PodNetworking, Workload

_OWNERS = {"Deployment": ("ReplicaSet", "{}-7d5f9c4b6d"), "CronJob": ("Job", "{}-29384756")}


class Wanted(NamedTuple):
    """A pod to run."""

    namespace: str
    name: str
    owner: tuple[str, str]
    networking: PodNetworking | None = None
    enis: int = 0
    """The number of ENIs that it requests."""


class Running:
    """Makes the cluster of a plan: each pool at its largest size, and every pod on a node with a free ENI."""

    def __init__(self, plan: Plan) -> None:
        """Build the cluster of the plan."""
        self._plan = plan
        self._types = {pool.pool.name: [use.name for use in pool.types]
                       for pool in PlanView(plan, catalog(), Settings(today=TODAY)).pools}  # fmt: skip
        self._numbers = itertools.count()
        self._zones = {item.id: item.zone for item in plan.cluster.v_switches or ()}
        self._nodes: list[dict[str, Any]] = []
        self._free: dict[str, int] = {}
        self._pools: dict[str, list[dict[str, Any]]] = {}
        self._pods: list[dict[str, Any]] = []
        self._enis: list[dict[str, Any]] = []

    def dump(self) -> dict[str, Any]:
        """Return the cluster as one List."""
        for pool in self._plan.node_pools:
            self._add_pool(pool)
        for workload in sorted(self._plan.workloads, key=lambda item: item.kind != "DaemonSet"):
            self._add_workload(workload)
        image = f"registry/acs/terway:{self._plan.cluster.terway.version}"
        agents = [system_pod("DaemonSet", "terway-eniip", item["metadata"]["name"]) for item in self._nodes]
        for number, item in enumerate(agents):
            item["metadata"]["name"] = f"terway-eniip-{number}"
            item["spec"]["initContainers"][0]["image"] = image
        (daemon_set,) = json.loads(json.dumps(CLUSTER["daemonSets"]))
        daemon_set["spec"]["template"]["spec"]["initContainers"][0]["image"] = image
        daemon_set["status"] = {"desiredNumberScheduled": len(agents), "numberReady": len(agents)}
        return dump(
            {"nodes": self._nodes, "pods": [*self._pods, *agents], "podENIs": self._enis, "daemonSets": [daemon_set],
             "podNetworkings": [self._networking(item) for item in self._plan.pod_networkings],
             "configMaps": list(self._configs()), "events": CLUSTER["events"]}
        )  # fmt: skip

    def _add_pool(self, pool: NodePool) -> None:
        size = pool.sizes.largest or 0
        zones = itertools.cycle(dict.fromkeys(self._zones[name] for name in pool.v_switch_ids or ()))
        types = itertools.cycle(self._types[pool.name] or [(pool.lingjun or {}).get("nodeType", "")])
        own = self._pools.setdefault(pool.name, [])
        for number, zone, kind in zip(range(size), zones, types, strict=False):
            name = f"{pool.name}-{number}"
            labels = {NODE_POOL_LABEL: f"np-{pool.name}", TYPE_LABEL: kind, ZONE_LABEL: zone, **(pool.labels or {}),
                      "topology.kubernetes.io/region": self._plan.cluster.region or ""}  # fmt: skip
            labels |= {TERWAY_CONFIG_LABEL: pool.effective_terway_config} if pool.effective_terway_config else {}
            found = node(name, **labels, **({LINGJUN_LABEL: "true"} if pool.is_lingjun else {}))
            found["spec"]["taints"] = [
                {key: text for key, text in taint._asdict().items() if text} for taint in pool.node_taints
            ]
            enis = self._enis_of(pool, kind)
            counted = {} if pool.is_lingjun else {ENI: str(enis)}
            version = {"kubeletVersion": f"v{self._plan.cluster.kubernetes_version}"}
            found["status"] |= {"capacity": counted, "allocatable": {"pods": "213", **counted}, "nodeInfo": version}
            self._free[name] = enis
            self._nodes.append(found)
            own.append(found)
            for agent in range(pool.system_pods_per_node):
                self._add_pod(Wanted("kube-system", f"agent-{agent}-{name}", ("DaemonSet", f"agent-{agent}")), found)

    def _enis_of(self, pool: NodePool, kind: str) -> int:
        if pool.is_lingjun:
            lingjun = catalog().lingjun(kind)
            assert lingjun is not None
            return lingjun_pods(lingjun) or 0
        record = catalog().get(kind)
        assert record is not None
        return capacity(record, erdma=False).exclusive or 0

    def _add_workload(self, workload: Workload) -> None:
        nodes = self._pools[workload.node_pool]
        networking = next((n for n in self._plan.pod_networkings if n.name == workload.pod_networking), None)
        kind, pattern = _OWNERS.get(workload.kind, (workload.kind, "{}"))
        owner = (kind, pattern.format(workload.name))
        asked = workload.stated_request
        asked = asked if asked is not None else int(networking is not None)
        per_node = workload.kind == "DaemonSet"
        for number in range(len(nodes) if per_node else workload.replicas):
            free = lambda item: self._free[item["metadata"]["name"]]  # noqa: E731 - a key
            on = nodes[number] if per_node else max(nodes, key=free)
            self._add_pod(Wanted(workload.namespace, f"{workload.name}-{number}", owner, networking, asked), on)

    def _add_pod(self, wanted: Wanted, on: dict[str, Any]) -> None:
        namespace, name, owner, networking, asked = wanted
        number, where = next(self._numbers), on["metadata"]["name"]
        self._free[where] -= 1
        assert self._free[where] >= 0, f"no ENI is left on {where}"
        requests = {ENI: str(asked)} if asked else {}
        container = {"name": "app", "resources": {"requests": requests, "limits": requests}}
        found = pod(number, where, containers=[container])
        address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        found["metadata"] |= {"namespace": namespace, "name": name, "annotations": {}, "ownerReferences": [
            {"kind": owner[0], "name": owner[1], "controller": True}]}  # fmt: skip
        if networking is not None:
            found["metadata"]["annotations"]["k8s.aliyun.com/pod-networking"] = networking.name
        found["status"]["podIP"] = address
        eni = pod_eni(number, where)
        eni["metadata"] |= {"namespace": namespace, "name": name}
        network = networking.network if networking else self._defaults(on)
        zone = on["metadata"]["labels"][ZONE_LABEL]
        (allocation,) = eni["spec"]["allocations"]
        allocation["ipv4"] = address
        allocation["eni"] |= {"vSwitchID": next(v for v in network.v_switch_ids if self._zones[v] == zone),
                              "securityGroupIDs": list(network.security_group_ids)}  # fmt: skip
        if self._plan.cluster.ip_stack == "dual":
            allocation["ipv6"] = f"2408::{number:x}"
        self._pods.append(found)
        self._enis.append(eni)

    def _defaults(self, on: dict[str, Any]) -> Network:
        config = on["metadata"]["labels"].get(TERWAY_CONFIG_LABEL)
        cluster = self._plan.cluster
        found = (cluster.terway_configs or {})[config] if config else cluster.pod_defaults
        assert found is not None
        return found

    def _networking(self, item: PodNetworking) -> dict[str, Any]:
        selectors = {"podSelector": item.pod_selector, "namespaceSelector": item.namespace_selector}
        spec: dict[str, Any] = {
            "eniOptions": {"eniType": item.eni_type},
            "selector": {
                key: {"matchLabels": {r.key: r.values[0] for r in selector.requirements}}
                for key, selector in selectors.items()
                if selector is not None
            },
            "vSwitchOptions": list(item.network.v_switch_ids),
            "securityGroupIDs": list(item.network.security_group_ids),
            "vSwitchSelectOptions": {"vSwitchSelectionPolicy": item.v_switch_selection_policy},
        }
        if item.allocation:
            spec["allocationType"] = dict(item.allocation)
        seen = [{"id": name, "zone": self._zones[name]} for name in item.network.v_switch_ids]
        found: dict[str, Any] = json.loads(json.dumps(CLUSTER["podNetworkings"][0]))
        return {
            **found,
            "metadata": {"name": item.name},
            "spec": spec,
            "status": {"status": "Ready", "vSwitches": seen},
        }

    def _configs(self) -> Iterator[dict[str, Any]]:
        cluster = self._plan.cluster
        known = {"eni-config": cluster.pod_defaults, **(cluster.terway_configs or {})}
        for name, network in known.items():
            assert network is not None
            zones: dict[str, list[str]] = {}
            for v_switch in network.v_switch_ids:
                zones.setdefault(self._zones[v_switch], []).append(v_switch)
            conf: dict[str, Any] = {"vswitches": zones, "security_groups": list(network.security_group_ids)}
            data: dict[str, Any] = {}
            if name == "eni-config":
                terway = cluster.terway
                conf |= {"ipam_type": terway.ipam_type, "ip_stack": cluster.ip_stack, "enable_erdma": terway.erdma}
                chain = {"plugins": [{"type": "terway", "eniip_virtual_type": terway.virtual_type}]}
                data = {"10-terway.conflist": json.dumps(chain),
                        "disable_network_policy": "false" if terway.network_policy else "true"}  # fmt: skip
            yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "kube-system"},
                   "data": {**data, "eni_conf": json.dumps(conf)}}  # fmt: skip
