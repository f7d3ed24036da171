"""The subject of the VER rules: a running cluster, and what the plan and the instance data expect from it.

Pure and lazy, like `view` for plans. `unseen` reports what could not be read.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.catalog.limits import UNKNOWN, capacity, lingjun_pods
from eniplan.catalog.store import laid_over
from eniplan.k8s.kinds import BEHIND, HOLDERS, standing_behind
from eniplan.k8s.terway import CLUSTER_CONFIG
from eniplan.messages import NOTHING, Message, count, named, say
from eniplan.observed import NODE_POOL_LABEL, Room, TerwayConfig
from eniplan.plan.model import EXCLUSIVE_LABEL, TERWAY_CONFIG_LABEL, looks_exclusive
from eniplan.rules.base import Unknown, View
from eniplan.suggest import which_one
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeVar

    from eniplan.catalog.limits import Capacity
    from eniplan.catalog.record import InstanceType
    from eniplan.catalog.store import Catalog
    from eniplan.observed import Agent, Controller, Event, Node, Observed, Pod, PodEni, PodNetworking
    from eniplan.plan.document import Path
    from eniplan.plan.model import Workload
    from eniplan.rules.base import Level
    from eniplan.rules.view import PlanView, PoolView

    K = TypeVar("K", bound=Hashable)
    V = TypeVar("V")

_LISTS = {
    "Node": facts.NODES,
    "Pod": facts.PODS,
    "PodNetworking": facts.POD_NETWORKINGS,
    "PodENI": facts.POD_ENIS,
    "Event": facts.EVENTS,
    "DaemonSet": facts.DAEMON_SET,
    "ConfigMap": facts.CONFIG_MAPS,
}
_BY_LABELS = 2
"""How well a node fits a pool: it has the pool's labels."""


def called(workload: Workload) -> Message:
    """Return the name of a workload in messages."""
    return say("{kind} {namespace}/{name}", kind=workload.kind, namespace=workload.namespace, name=workload.name)


class Group(NamedTuple):
    """Nodes judged together: those of a pool of the plan, or of a node pool of the cluster."""

    name: str
    """The name of the pool in the plan, or the id of the node pool; empty for nodes without a pool."""
    label: str
    """The name of the group in messages."""
    path: Path
    """The path of the pool in the plan; empty without a plan."""
    pool: PoolView | None
    """None without a plan."""
    nodes: tuple[Node, ...]

    @property
    def exclusive(self) -> tuple[Node, ...]:
        """The nodes that Terway treats as exclusive."""
        return tuple(node for node in self.nodes if node.is_exclusive)

    def told(self, nodes: Sequence[Node], what: Message) -> Message:
        """Say something of some of its nodes: `2 nodes of pool 'trading' not Ready: a, b`."""
        return say("{nodes} of {pool} {what}: {names}", nodes=count(len(nodes), "{n} node", "{n} nodes"),
                   pool=self.label, what=what, names=named([node.name for node in nodes]))  # fmt: skip


class Claim(NamedTuple):
    """A node that was meant to be exclusive, by a label that Terway does not recognize."""

    node: Node
    key: str
    value: str
    pool: str
    """The name of its node pool in messages."""

    @property
    def said(self) -> Message:
        """The label, as messages show it."""
        return say("{label}={value}", label=self.key, value=self.value)


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    """Return the values of each key, in their order."""
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def claimed(node: Node) -> tuple[str, str] | None:
    """Return the wrong label by which a node was meant to be exclusive; None if there is none."""
    value = node.labels.get(EXCLUSIVE_LABEL)
    if value is not None:
        return None if value == "default" or node.is_exclusive else (EXCLUSIVE_LABEL, value)
    near = sorted(key for key, told in node.labels.items() if looks_exclusive(key) and told != "default")
    return (near[0], node.labels[near[0]]) if near else None


class Stop(NamedTuple):
    """Where a pod has stopped. A report groups pods with the same stop."""

    rule: str
    why: Message = NOTHING
    """The reason, in words that follow `3 pods`; empty if the rule has its own."""
    fix: Message = NOTHING
    facts: Mapping[str, object] = {}
    level: Level | None = None
    alike: str = ""
    """What pods with the same stop have in common, if `why` may differ between them."""

    @property
    def key(self) -> str:
        """A text that is the same for pods with the same stop."""
        return f"{self.level} {self.alike or self.why}"


class ClusterView(View):
    """A cluster with its references resolved."""

    def __init__(
        self, observed: Observed, plan: PlanView | None, catalog: Catalog, pool_ids: Mapping[str, str] | None = None
    ) -> None:
        """Take the observed cluster, the plan, the instance data, and node pool ids by pool name, as far as stated."""
        super().__init__()
        self.observed = observed
        self.plan = plan
        self.catalog = catalog
        self._pool_ids = pool_ids or {}
        self._in_zones: dict[tuple[str, ...], tuple[Node, ...]] = {}

    def unseen(self, kind: str) -> Iterator[Unknown]:
        """Yield the unknown fact if a kind could not be read. Rules that need the kind then stop."""
        why = self.observed.unseen.get(kind)
        if why is not None:
            yield Unknown((kind,), _LISTS[kind], hint=say("{why}", why=why))

    def poolless(self, workloads: Iterable[Workload]) -> Iterator[Unknown]:
        """Yield the pools of workloads that the plan does not have. Rules about their nodes know nothing then."""
        for workload in workloads:
            if self.group_of(workload) is None:
                hint = which_one(workload.node_pool, [group.name for group in self.groups])
                yield Unknown((*workload.path, "nodePool"), facts.WORKLOAD_POOL, called(workload), hint)

    # --- nodes ------------------------------------------------------------------------------------------------

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The pools of the plan with their nodes; without a plan, every node pool with an exclusive node."""
        if self.plan is None:
            return self._exclusive_batches()
        found: dict[str, list[Node]] = {}
        for key, nodes in self._batches.items():
            owners = self._owners[key]
            if len(owners) == 1:
                found.setdefault(owners[0].pool.name, []).extend(nodes)
        return tuple(
            Group(pool.pool.name, f"pool {pool.pool.name!r}", pool.path, pool, tuple(found.get(pool.pool.name, ())))
            for pool in self.plan.pools
        )

    def _exclusive_batches(self) -> tuple[Group, ...]:
        found: dict[str, list[Node]] = {}
        for nodes in self._batches.values():
            if any(node.is_exclusive or claimed(node) for node in nodes):
                found.setdefault(nodes[0].pool_id or "", []).extend(nodes)
        return tuple(Group(id_, _batch_label(id_), (), None, tuple(nodes)) for id_, nodes in found.items())

    @cached_property
    def ambiguous(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Node pools of the cluster that fit several pools of the plan equally, with the names of these."""
        return tuple(
            (_batch_label(key), tuple(pool.pool.name for pool in owners))
            for key, owners in self._owners.items()
            if len(owners) > 1
        )

    @cached_property
    def strangers(self) -> tuple[Node, ...]:
        """The nodes that are in no pool of the plan."""
        return tuple(node for key, nodes in self._batches.items() if not self._owners[key] for node in nodes)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The nodes that were meant to be exclusive but are not."""
        found = ((node, claimed(node), _batch_label(key)) for key, nodes in self._batches.items() for node in nodes)
        return tuple(Claim(node, *label, pool) for node, label, pool in found if label is not None)

    @cached_property
    def _batches(self) -> dict[str, list[Node]]:
        """The nodes by node pool id. Each node without a node pool is a batch of its own."""
        return grouped((node.pool_id or f"/{node.name}", node) for node in self.observed.nodes if node.is_terways)

    @cached_property
    def _owners(self) -> dict[str, tuple[PoolView, ...]]:
        """The pools of the plan that each batch fits best, by its best node: one wrong node does no harm."""
        pools = () if self.plan is None else self.plan.pools
        by_id = {self._pool_ids[pool.pool.name]: pool for pool in pools if pool.pool.name in self._pool_ids}
        free = [pool for pool in pools if pool.pool.name not in self._pool_ids]
        types = {pool: frozenset(use.name for use in pool.types) for pool in free}
        fits = {
            key: {pool: max(_fit(node, pool, types[pool]) for node in nodes) for pool in free}
            for key, nodes in self._batches.items()
            if key not in by_id
        }
        # If some node has the labels of a pool, a matching type alone does not assign another node pool to it.
        labelled = {pool for found in fits.values() for pool, fit in found.items() if fit == _BY_LABELS}
        out: dict[str, tuple[PoolView, ...]] = {key: (pool,) for key, pool in by_id.items()}
        for key, found in fits.items():
            likely = {pool: fit for pool, fit in found.items() if fit == _BY_LABELS or pool not in labelled}
            best = max((1, *likely.values()))  # 0 is no fit
            out[key] = tuple(pool for pool, fit in likely.items() if fit == best)
        return out

    @cached_property
    def exclusive(self) -> dict[str, Node]:
        """The judged exclusive nodes, by name."""
        return {node.name: node for group in self.groups for node in group.exclusive}

    @cached_property
    def all_exclusive(self) -> tuple[Node, ...]:
        """Every exclusive node of the cluster, judged or not: where pods could go."""
        return tuple(node for node in self.observed.nodes if node.is_exclusive and node.is_terways)

    def config_of(self, node: Node | None = None) -> TerwayConfig | None:
        """Return Terway's configuration of a node, or of the cluster; None if unknown."""
        base = self.observed.configs.get(CLUSTER_CONFIG)
        if base is None or node is None or node.config == CLUSTER_CONFIG:
            return base
        own = self.observed.configs.get(node.config)
        return None if own is None else own.over(base)

    def erdma(self, node: Node) -> bool | None:
        """Return whether eRDMA uses a slot, by the cluster, else by the plan; None if neither states it."""
        config = self.config_of(node)
        if config is not None:
            return config.erdma
        return None if self.plan is None else self.plan.cluster.terway.erdma

    @property
    def dual(self) -> bool | None:
        """Whether pods should have IPv6 addresses, by the cluster or the plan; None if neither states it."""
        planned = None if self.plan is None else self.plan.dual
        config = self.config_of()
        return planned if config is None else config.ip_stack == "dual" or bool(planned)

    def expected(self, node: Node) -> tuple[int, ...]:
        """Return the counts of `aliyun/eni` that an ECS node may publish, likeliest first; empty if unknown.

        Whether eRDMA uses an ENI depends on eni-config, the type and the operating system of the node. eniplan
        does not know the last: if eRDMA could use an ENI, both counts may be right.
        """
        record = self.record(node)
        switches = {None: (False, True), True: (True, False), False: (False,)}[self.erdma(node)]
        counts = (capacity(record, erdma=on).exclusive for on in switches)
        return tuple(dict.fromkeys(count for count in counts if count is not None))

    def record(self, node: Node) -> InstanceType | None:
        """Return the instance data of an ECS node. As in Terway, the node's own annotation takes precedence."""
        known = self.catalog.get(node.instance_type or "")
        if not node.limits:
            return known
        return laid_over(known, {"InstanceTypeId": node.instance_type, **node.limits})

    def capacity(self, node: Node) -> Capacity:
        """Return the pods that a node can carry in each mode."""
        record = None if node.is_lingjun else self.record(node)
        if record is None:
            return UNKNOWN._replace(exclusive=self.room(node))
        return capacity(record, erdma=bool(self.erdma(node)))

    def room(self, node: Node) -> int | None:
        """Return how many exclusive pods a node can carry; None if unknown."""
        if not node.is_lingjun:
            return node.allocatable
        return lingjun_pods(self.catalog.lingjun(node.instance_type or ""))

    # --- pods -------------------------------------------------------------------------------------------------

    @cached_property
    def pods_by_node(self) -> dict[str, list[Pod]]:
        """The pods that use an ENI, by exclusive node. Terminating pods still hold theirs."""
        out: dict[str, list[Pod]] = {node.name: [] for node in self.all_exclusive}
        for pod in self.observed.pods:
            if pod.node in out:
                out[pod.node].append(pod)
        return out

    @cached_property
    def free(self) -> dict[str, int]:
        """The unrequested `aliyun/eni` of each exclusive node, as the scheduler counts them."""
        return {
            node.name: (node.allocatable or 0)
            - sum(pod.eni for pod in self.pods_by_node[node.name])
            - self.observed.held.get(node.name, 0)
            for node in self.all_exclusive
        }

    @cached_property
    def placed(self) -> tuple[tuple[Pod, Node], ...]:
        """The pods on judged exclusive nodes, without terminating ones."""
        return tuple(
            (pod, node) for name, node in self.exclusive.items() for pod in self.pods_by_node[name] if not pod.leaving
        )

    @cached_property
    def waiting(self) -> tuple[Pod, ...]:
        """The unscheduled pods that need an ENI or an exclusive node, or that the plan lists."""
        return tuple(
            pod
            for pod in self.observed.pods
            if not pod.node
            and not pod.leaving
            and (
                pod.eni
                or pod.member_eni
                or pod.steered
                or pod.networking
                or self.workload_of(pod)
                or (pod.wants is not None and pod.wants.placement.node_name in self.exclusive)
            )
        )

    @cached_property
    def events_by_pod(self) -> dict[tuple[str, str], list[Event]]:
        """The failure events of pods and of their PodENIs, by namespace and name."""
        events = (event for event in self.observed.events if event.kind in {"Pod", "PodENI"})
        return grouped(((event.namespace, event.name), event) for event in events)

    @cached_property
    def pods_by_name(self) -> dict[tuple[str, str], Pod]:
        """The pods with failure events, by namespace and name."""
        named = self.events_by_pod
        return {key: pod for pod in self.observed.pods if (key := (pod.namespace, pod.name)) in named}

    def events_of(self, pod: Pod) -> list[Event]:
        """Return the failure events of a pod and of its PodENI."""
        return self.events_by_pod.get((pod.namespace, pod.name), [])

    @cached_property
    def agents(self) -> dict[str, Agent]:
        """Terway's pod by node; a terminating one only if it has no successor."""
        found = sorted(self.observed.agents, key=lambda agent: not agent.leaving)
        return {agent.node: agent for agent in found}

    @cached_property
    def terway_down(self) -> dict[str, Agent | None]:
        """The judged nodes on which Terway does not run, with its pod there; None if there is none."""
        if "Pod" in self.observed.unseen or (self.observed.daemon_set is None and not self.observed.agents):
            return {}
        found = ((name, self.agents.get(name)) for name in self.exclusive)
        return {name: agent for name, agent in found if agent is None or agent.leaving or not is_up(agent)}

    @cached_property
    def rejected(self) -> frozenset[str]:
        """The nodes whose configuration Terway rejects."""
        events = self.observed.events
        return frozenset(event.name for event in events if event.reason == "ConfigError" and event.kind == "Node")

    @cached_property
    def controllers_down(self) -> tuple[Agent, ...]:
        """The pods of terway-controlplane, if they are visible and none runs; else empty."""
        live = tuple(item for item in self.observed.controllers if not item.leaving)
        return () if any(is_up(item) for item in live) else live

    def used(self, node: Node) -> Room:
        """Return the resources that the pods of a node use."""
        return self.observed.used.get(node.name, Room(0, 0, 0))

    def host_pods(self, node: Node) -> int:
        """Return how many pods of an exclusive node use no ENI. kubelet counts them too."""
        return (self.used(node).pods or 0) - len(self.pods_by_node[node.name])

    def candidates(self, pod: Pod, workload: Workload | None) -> tuple[Node, ...]:
        """Return the nodes that a waiting pod is meant for: those of its pool, else exclusive nodes in its zones."""
        group = self.group_of(workload)
        own = () if group is None or pod.eni or pod.steered else group.nodes
        return own or self.reachable(pod)

    def group_of(self, workload: Workload | None) -> Group | None:
        """Return the nodes of the pool of a workload; None if they are not judged."""
        return next((group for group in self.groups if workload is not None and group.name == workload.node_pool), None)

    def pod_eni(self, pod: Pod) -> PodEni | None:
        """Return the PodENI of a pod."""
        return self.observed.pod_enis.get((pod.namespace, pod.name))

    def concerns(self, pod: Pod) -> bool:
        """Return whether to judge a pod: it is on a judged node, or needs its own ENI and is on no exclusive node."""
        if pod.node in self.exclusive:
            return True
        return pod.node not in self.pods_by_node and bool(pod.eni or pod.networking or pod.steered)

    def reachable(self, pod: Pod) -> tuple[Node, ...]:
        """Return the exclusive nodes in the zones of a pod's PodNetworking; without one, all of them."""
        named = self.observed.pod_networkings.get(pod.networking)
        if named is None or not named.zones:
            return self.all_exclusive
        if named.zones not in self._in_zones:  # of many pods and nodes, few differ in their zones
            self._in_zones[named.zones] = tuple(node for node in self.all_exclusive if node.zone in named.zones)
        return self._in_zones[named.zones]

    @cached_property
    def _workloads(self) -> dict[tuple[str, str], Workload]:
        as_others = {
            (item.namespace, f"{BEHIND[item.kind]} {item.name}"): item
            for item in self.planned_workloads
            if item.kind in BEHIND
        }
        return as_others | {(item.namespace, f"{item.kind} {item.name}"): item for item in self.planned_workloads}

    def workload_of(self, pod: Pod) -> Workload | None:
        """Return the workload of the plan that a pod belongs to, by its owner; None if there is none."""
        return self._owned(pod.namespace, pod.owner or f"Pod {pod.name}")

    def _owned(self, namespace: str, owner: str) -> Workload | None:
        names = standing_behind(owner) if self._workloads else ()  # saves time in a cluster of 50,000 pods
        found = (self._workloads.get((namespace, name)) for name in names)
        same = next((workload for workload in found if workload is not None), None)
        kind, _, name = owner.partition(" ")
        # In a plan, pods of a kind that eniplan does not know are a workload of another kind with the same name.
        return self._by_name.get((namespace, name)) if same is None and kind and kind not in HOLDERS else same

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Workload]:
        return {(item.namespace, item.name): item for item in self.planned_workloads}

    @property
    def planned_workloads(self) -> tuple[Workload, ...]:
        """The workloads of the plan, if there is one."""
        return () if self.plan is None else self.plan.plan.workloads

    @cached_property
    def workload_pods(self) -> tuple[tuple[Workload, Pod], ...]:
        """The pods of the plan's workloads that use an ENI."""
        pairs = ((self.workload_of(pod), pod) for pod in self.observed.pods)
        return tuple((item, pod) for item, pod in pairs if item is not None and not pod.leaving)

    @cached_property
    def leaving_pods(self) -> dict[Path, list[Pod]]:
        """The pods that are being deleted, by workload. They no longer count."""
        pairs = ((self.workload_of(pod), pod) for pod in self.observed.pods if pod.leaving)
        return grouped((workload.path, pod) for workload, pod in pairs if workload is not None)

    @cached_property
    def other_pods(self) -> dict[Path, dict[str, list[str]]]:
        """The nodes of the workload pods that use no ENI, by workload and phase."""
        out: dict[Path, dict[str, list[str]]] = {}
        for (namespace, owner, phase), nodes in self.observed.others.items():
            workload = self._owned(namespace, owner)
            if workload is not None:
                out.setdefault(workload.path, {}).setdefault(phase, []).extend(nodes)
        return out

    @cached_property
    def refusals(self) -> dict[Path, Event]:
        """The events of the plan's workloads whose pods the API server rejects."""
        out: dict[Path, Event] = {}
        for event in self.observed.events:
            if event.reason == "FailedCreate":
                workload = self._owned(event.namespace, f"{event.kind} {event.name}")
                if workload is not None:
                    out[workload.path] = event
        return out

    def controller_of(self, workload: Workload) -> Controller | None:
        """Return the controller of a workload's pods; None if it could not be read."""
        return self.observed.workloads.get((workload.namespace, f"{workload.kind} {workload.name}"))

    def failure_of(self, workload: Workload) -> str:
        """Return why a pod of a workload has failed."""
        found = (
            told
            for (namespace, owner), told in self.observed.failures.items()
            if self._owned(namespace, owner) is workload
        )
        return next(filter(None, found), "")

    @cached_property
    def overfull(self) -> dict[str, tuple[int, int]]:
        """The judged nodes with more pods than exclusive ENIs, as (pods, ENIs)."""
        out = {}
        for name, node in self.exclusive.items():
            room = self.room(node)
            taken = sum(max(pod.eni, 1) for pod in self.pods_by_node[name] if not pod.leaving)
            if room and taken > room:
                out[name] = (taken, room)
        return out

    @cached_property
    def zoneless(self) -> dict[tuple[str, ...], Stop]:
        """The pods, by path, that wait because no vSwitch is in a zone where they can run."""
        out: dict[tuple[str, ...], Stop] = {}
        reachable = tuple(sorted({n.zone for n in self.all_exclusive if n.zone and not n.is_lingjun}))
        for pod in self.waiting:
            named = self.observed.pod_networkings.get(pod.networking)
            if named and named.zones and reachable and not set(named.zones) & set(reachable):
                where = say("the exclusive nodes are in {nodeZones}", nodeZones=reachable)
                out[pod.path] = _zoneless(_of_networking(named.name, named.zones), reachable, where)
        for pod, node in self.placed:
            if pod.starting and node.zone:  # only read for pods without a PodENI: the others have found a vSwitch
                source = self._pod_zones(pod, node)
                if source is not None and node.zone not in source.zones:
                    where = say("its node is in {nodeZones}", nodeZones=(node.zone,))
                    out[pod.path] = _zoneless(source, (node.zone,), where)
        return out

    def _pod_zones(self, pod: Pod, node: Node) -> _Network | None:
        """Return the source of the vSwitches for a pod on a node, and their zones; None if unknown."""
        named = self.observed.pod_networkings.get(pod.networking)
        if pod.networking:
            return _of_networking(named.name, named.zones) if named and named.zones else None
        config = self.config_of(node)
        if config is None:
            return None
        show = say("kubectl -n kube-system get configmap {name} -o yaml", name=node.config)
        return _Network(say("ConfigMap {name}", name=node.config), tuple(sorted(self.zones_of(config, node))), show)

    def zones_of(self, config: TerwayConfig, node: Node) -> set[str]:
        """Return the zones in which pods of a node get a vSwitch. On ECS, the vSwitches decide, not the keys."""
        known = {} if self.plan is None or node.is_lingjun else self.plan.v_switches
        pairs = ((zone, known.get(name)) for zone, ids in config.v_switches.items() for name in ids)
        return {zone if found is None else found.zone for zone, found in pairs}

    # --- networks ---------------------------------------------------------------------------------------------

    @cached_property
    def networkings(self) -> tuple[PodNetworking, ...]:
        """The judged PodNetworkings: the plan's, as in the cluster; without a plan, those with eniType ENI."""
        seen = self.observed.pod_networkings
        if self.plan is None:
            return tuple(item for item in seen.values() if item.eni_type == "ENI")
        return tuple(seen[name] for name in self.plan.pod_networkings if name in seen)

    def zones_for(self, networking: PodNetworking) -> dict[str, str]:
        """Return, by zone, the label of a group of ECS nodes there that the PodNetworking is meant for."""
        out = {}
        for group in self.groups:
            if group.pool is not None and networking.name not in {item.name for item in group.pool.networkings}:
                continue
            zones = {node.zone for node in group.exclusive if node.zone and not node.is_lingjun}
            out.update(dict.fromkeys(sorted(zones), group.label))
        return out


def is_up(agent: Agent) -> bool:
    """Return whether a pod of Terway runs. Without a readiness status it counts as running."""
    return agent.trouble is None or (agent.trouble.phase == "Running" and not agent.trouble.reason)


class _Network(NamedTuple):
    """The source of a pod's vSwitches."""

    source: Message
    zones: tuple[str, ...]
    show: Message
    """The command that shows them."""


def _of_networking(name: str, zones: tuple[str, ...]) -> _Network:
    show = say("kubectl get podnetworking {name} -o yaml", name=name)
    return _Network(say("PodNetworking {name}", name=name), zones, show)


def _zoneless(network: _Network, wanted: tuple[str, ...], where: Message) -> Stop:
    """Return the stop of a pod that has no vSwitch in a zone where it can run."""
    source, zones, show = network
    why = say("pending: {source} has no vSwitch; {where}", source=source, where=where)
    if zones:
        why = say("pending: {source} has vSwitches in {zones}; {where}", source=source, zones=zones, where=where)
    fix = say("add a vSwitch of {zone} to {source} and recreate the pods: {show}", zone=wanted[0], source=source,
              show=show)  # fmt: skip
    return Stop("VER020", why, fix, {"zones": list(zones), "nodeZones": list(wanted)})


def _batch_label(key: str) -> Message:
    if key[:1] in {"", "/"}:
        return say("nodes without the label {label}", label=NODE_POOL_LABEL)
    return say("node pool {id}", id=key)


def _fit(node: Node, pool: PoolView, types: frozenset[str]) -> int:
    """Return how well a node fits a pool: `_BY_LABELS`, 1 by its mode and type, or 0 if it does not fit."""
    if node.is_lingjun != pool.pool.is_lingjun:
        return 0
    own = {k: v for k, v in pool.pool.labels.items() if k not in {EXCLUSIVE_LABEL, TERWAY_CONFIG_LABEL}}
    if own and all(node.labels.get(key) == value for key, value in own.items()):
        return _BY_LABELS
    is_type = pool.pool.is_lingjun or node.instance_type in types
    return 1 if is_type and (node.is_exclusive or claimed(node) is not None) else 0
