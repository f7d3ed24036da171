"""VER012-VER021, VER025-VER030: the pods of a running cluster, their ENIs, and what Terway has reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.observed import ENI, MEMBER_ENI, SYSTEM_NAMESPACE
from eniplan.plan.scheduling import tolerates
from eniplan.rules.base import Hit, Outcome, Unknown, cluster_rule
from eniplan.rules.examples_cluster import (
    CLUSTER,
    MEMBER_REQUEST,
    NODES,
    SHARED_NODE,
    STEERED,
    daemon_pod,
    event,
    pod,
    pod_eni,
)
from eniplan.rules.sources import (
    CODE_ATTACH,
    CODE_DUAL,
    CODE_EVENTS,
    CODE_MATCH,
    CODE_MODE,
    CODE_POD,
    CODE_PODENI,
    CODE_PREDICT,
    CODE_READY,
    CODE_RESOURCE,
    CODE_STALE,
    EXCL,
    PN,
)
from eniplan.text import named, plural

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from typing import TypeVar

    from eniplan.observed import Event, Node, Pod, PodEni
    from eniplan.plan.model import Taint
    from eniplan.rules.base import Level
    from eniplan.rules.cluster_view import ClusterView

    K = TypeVar("K", bound=Hashable)

_WAITING = pod(9, "")
_SURPLUS = [daemon_pod("agent", NODES[0], name=f"agent-{number}") for number in range(7)]
_SURPLUS_ENIS = [
    {**pod_eni(0, NODES[0]), "metadata": {
        "name": item["metadata"]["name"], "namespace": "kube-system",
        "annotations": {"k8s.aliyun.com/pod-uid": item["metadata"]["uid"]},
    }}
    for item in _SURPLUS
]  # fmt: skip


def _at_pods(pods: list[Pod], message: str, hint: str, **facts: object) -> Hit:
    """Return a hit about some pods; it points at the first and names some."""
    names = [f"{item.namespace}/{item.name}" for item in pods]
    return Hit(pods[0].path, f"{message}: {named(names)}", hint, {**facts, "pods": names})


def _by(pairs: Iterable[tuple[K, Pod]]) -> dict[K, list[Pod]]:
    """Put pods together of which the same is to be said."""
    found: dict[K, list[Pod]] = {}
    for key, item in pairs:
        found.setdefault(key, []).append(item)
    return found


def _unseen(view: ClusterView) -> tuple[Unknown, ...]:
    """Return what could not be read of pods and their PodENIs."""
    return (*view.unseen("Pod"), *view.unseen("PodENI"))


def _having(view: ClusterView) -> Iterator[tuple[Pod, Node, PodEni]]:
    """Yield the placed pods that have a PodENI."""
    for item, node in view.placed:
        found = view.pod_eni(item)
        if found is not None:
            yield item, node, found


def _bound(view: ClusterView) -> Iterator[tuple[Pod, Node, PodEni]]:
    """Yield the placed pods whose PodENI is bound."""
    return (found for found in _having(view) if found[2].is_bound)


@cluster_rule(
    "VER012",
    "error",
    "A pod on an exclusive node has no PodENI",
    needs=(facts.PODS, facts.POD_ENIS),
    effect="The pod has no ENI and stays in ContainerCreating; Terway's control plane has not acted on it.",
    sources=(EXCL, CODE_POD),
    fails={"podENIs[0].metadata.name": "matcher-8"},
)
def ver012(view: ClusterView) -> Outcome:
    """Every pod there that is not hostNetwork; those whose lack another rule explains are left to it."""
    unseen = _unseen(view)
    yield from unseen
    if unseen:
        return
    bare = [
        item
        for item, _ in view.placed
        if view.pod_eni(item) is None
        and item.path not in view.zoneless
        and not (item.pending and item.node in view.overfull)
    ]
    for group, found in _by((item.owner, item) for item in bare).items():
        what = f"{plural(len(found), 'pod')} on exclusive nodes without a PodENI"
        hint = "read the events of the pod; is terway-controlplane running?"
        yield _at_pods(found, what, hint, owner=group)


@cluster_rule(
    "VER013",
    "error",
    "A PodENI is not bound",
    needs=(facts.PODS, facts.POD_ENIS),
    effect="The pod waits in ContainerCreating for its ENI.",
    sources=(EXCL, CODE_PODENI),
    fails={"podENIs[0].status": {"phase": "Binding", "msg": "attach in progress"}, "pods[0].status.phase": "Pending"},
)
def ver013(view: ClusterView) -> Outcome:
    """Any phase but Bind, or an interface with another status."""
    yield from _unseen(view)
    pairs = (((eni.phase, eni.loose, eni.message), item) for item, _, eni in _having(view) if not eni.is_bound)
    for (phase, loose, message), found in _by(pairs).items():
        what = f"{plural(len(found), 'PodENI')} in phase {phase or '(none)'}"
        what += f", with an interface {loose}" if loose else ""
        what += f" ({message})" if message else ""
        yield _at_pods(found, what, "read the events of the pod and of its PodENI", phase=phase)


@cluster_rule(
    "VER014",
    "error",
    "A pod on an exclusive node has no exclusive ENI",
    needs=(facts.PODS, facts.POD_ENIS, facts.ENI_INFOS, facts.DENSE_TYPE),
    effect="The pod shares the trunk ENI of the node: it does not have the bandwidth, the multicast and the isolation "
    "that it was placed there for.",
    sources=(CODE_PODENI, CODE_ATTACH),
    fails={
        "podENIs[0].status.eniInfos": {"eni-0": {"id": "eni-0", "type": "Member", "vid": 7, "status": "Bind"}},
        "podENIs[0].status.trunkENIID": "eni-trunk",
    },
)
def ver014(view: ClusterView) -> Outcome:
    """Every interface is Secondary, and there is no trunk ENI."""
    yield from _unseen(view)
    shared = []
    for item, node, eni in _bound(view):
        if node.is_lingjun and eni.is_dense:
            yield Unknown(("PodENI",), facts.DENSE_TYPE)
        elif not eni.types:
            yield Unknown(("PodENI", *item.path[1:]), facts.ENI_INFOS)
        elif eni.trunk or any(kind != "Secondary" for kind in eni.types):
            shared.append(((eni.types, eni.trunk), item))
    for (types, trunk), found in _by(shared).items():
        by = f" on trunk ENI {trunk}" if trunk else ""
        what = f"{plural(len(found), 'pod')} with an ENI of type {', '.join(types)}{by}, where exclusive is Secondary"
        yield _at_pods(found, what, "recreate the pod; was the node exclusive when it started?", types=list(types))


@cluster_rule(
    "VER015",
    "error",
    "A PodENI belongs to an earlier pod",
    needs=(facts.PODS, facts.POD_ENIS, facts.POD_UIDS),
    effect="The record is stale: the ENI that it names is not the one of the running pod.",
    sources=(CODE_STALE,),
    fails={'podENIs[0].metadata.annotations["k8s.aliyun.com/pod-uid"]': "00000000-0000-4000-8000-00000000dead"},
)
def ver015(view: ClusterView) -> Outcome:
    """The pod's UID against the one that the PodENI notes."""
    yield from _unseen(view)
    known = [(item, eni) for item, _, eni in _having(view) if eni.pod_uid and item.uid]
    stale = [item for item, eni in known if eni.pod_uid != item.uid and eni.is_bound]
    if sum(1 for _ in _having(view)) > len(known):
        yield Unknown(("PodENI",), facts.POD_UIDS)
    if stale:
        what = f"{plural(len(stale), 'PodENI')} of an earlier pod with the same name"
        yield _at_pods(stale, what, "wait for Terway; if it stays, recreate the pod")


@cluster_rule(
    "VER016",
    "error",
    "Dual stack: an exclusive pod has no IPv6 address",
    needs=(facts.PODS, facts.POD_ENIS, facts.SEEN_STACK, facts.IP_STACK),
    effect="The cluster is dual stack, and the pod is reached by IPv4 only. Terway refuses nothing.",
    sources=(CODE_DUAL, EXCL),
    fails={
        "configMaps[0].data.eni_conf": '{"ipam_type": "crd", "ip_stack": "dual", "vswitches": {"cn-hangzhou-j": ["v"]}}'
    },
)
def ver016(view: ClusterView) -> Outcome:
    """Bound PodENIs on ECS nodes without an IPv6 address; Lingjun has no dual stack."""
    if view.dual is None:
        yield Unknown(("ConfigMap", "kube-system", "eni-config"), facts.SEEN_STACK)
    elif view.dual:
        yield from _unseen(view)
        single = [item for item, node, eni in _bound(view) if not eni.has_ipv6 and not node.is_lingjun]
        if single:
            what = f"{plural(len(single), 'pod')} without an IPv6 address in a dual-stack cluster"
            yield _at_pods(
                single, what, "use a type with as many IPv6 as IPv4 addresses per ENI, and vSwitches with IPv6"
            )


@cluster_rule(
    "VER017",
    "warning",
    "A pod takes an exclusive ENI without asking for one",
    needs=(facts.NODES, facts.PODS, facts.SYSTEM_PODS),
    effect="The scheduler does not count it: it believes that the node has more free ENIs than there are, and the pods "
    "that it places there get stuck in ContainerCreating.",
    sources=(EXCL, CODE_PREDICT),
    fails={"pods[4]": daemon_pod("log-agent", NODES[0]), "podENIs[3]": {
        **pod_eni(0, NODES[0]),
        "metadata": {"name": "log-agent-1", "namespace": "kube-system",
                     "annotations": {"k8s.aliyun.com/pod-uid": "uid-log-agent-1"}},
    }},
)  # fmt: skip
def ver017(view: ClusterView) -> Outcome:
    """Pods without an aliyun/eni request; what the plan's systemPodsPerNode counts is worth an info only.

    On Lingjun nothing can be requested: only system pods and those of DaemonSets are told there.
    """
    yield from view.unseen("Pod")
    eaters = [
        ((item.namespace, item.owner or f"Pod {item.name}"), item)
        for item, node in view.placed
        if not item.eni and not item.member_eni and (not node.is_lingjun or _is_system(item))
    ]
    for (namespace, owner), found in _by(eaters).items():
        system = _is_system(found[0])
        nodes = len({item.node for item in found})
        hint = "request aliyun/eni: 1, as request and as limit"
        if system:
            hint = "keep it off with a node affinity, or count it: systemPodsPerNode of the pool"
        what = f"{owner} in {namespace} takes {plural(len(found), 'exclusive ENI')} on {plural(nodes, 'node')}"
        level: Level | None = "info" if system and _is_counted(view, found) else None
        yield _at_pods(found, what, hint, owner=owner, namespace=namespace, nodes=nodes)._replace(level=level)


def _is_system(item: Pod) -> bool:
    return item.namespace == SYSTEM_NAMESPACE or item.owner.startswith("DaemonSet ")


def _is_counted(view: ClusterView, found: list[Pod]) -> bool:
    """Return whether the plan has room for all system pods on the nodes of these."""
    for group in view.groups:
        counted = 0 if group.pool is None else group.pool.pool.system_pods_per_node
        mine = {node.name for node in group.nodes}
        for name in {item.node for item in found} & mine:
            if sum(_is_system(item) and not item.eni for item in view.pods_by_node[name]) > counted:
                return False
    return True


@cluster_rule(
    "VER018",
    "error",
    "A node has more pods than exclusive ENIs",
    needs=(facts.NODES, facts.PODS),
    effect="The surplus pods stick in ContainerCreating: the scheduler counts only what is requested, and kubelet's "
    "maxPods knows nothing of ENIs.",
    sources=(EXCL, CODE_PREDICT),
    fails={
        "pods": [*CLUSTER["pods"], *_SURPLUS],
        "podENIs": [*CLUSTER["podENIs"], *_SURPLUS_ENIS],
    },
)
def ver018(view: ClusterView) -> Outcome:
    """Pods that are not hostNetwork against the ENIs that the node has."""
    yield from view.unseen("Pod")
    for name, (pods, room) in view.overfull.items():
        yield Hit(
            ("Node", name),
            f"{plural(pods, 'exclusive ENI')} wanted by the pods on {name}, which has {room}",
            "let every pod request aliyun/eni: 1, and keep system pods away",
            {"wanted": pods, "available": room},
        )


@cluster_rule(
    "VER019",
    "error",
    "A pending pod asks for aliyun/member-eni",
    needs=(facts.PODS, facts.NETWORKING_NAME),
    effect="No exclusive node ever offers it: the pod stays Pending for ever. Terway's webhook asks for it when the "
    "eniType of the PodNetworking is Default or Trunk in a trunk cluster.",
    sources=(PN, CODE_RESOURCE),
    fails={"pods[4]": pod(9, "", affinity=STEERED, containers=MEMBER_REQUEST)},
)
def ver019(view: ClusterView) -> Outcome:
    """Pods that wait for a node; a warning when nothing says that they are meant for exclusive ones."""
    yield from view.unseen("Pod")
    planned = () if view.plan is None else view.plan.pod_networkings
    pairs = (
        ((item.networking, item.steered or item.networking in planned), item)
        for item in view.waiting
        if item.member_eni
    )
    for (networking, meant), found in _by(pairs).items():
        by = f" (PodNetworking {networking})" if networking else ""
        what = f"{plural(len(found), 'pending pod')} asking for {MEMBER_ENI}{by}, which no exclusive node offers"
        hint = "set eniType of the PodNetworking to ENI, and recreate the pods"
        yield _at_pods(found, what, hint, podNetworking=networking)._replace(level=None if meant else "warning")


@cluster_rule(
    "VER020",
    "error",
    "A pending pod has no vSwitch in its zone",
    needs=(facts.NODES, facts.PODS, facts.POD_NETWORKINGS, facts.ENI_CONFIG),
    effect="Without a PodNetworking the ENI cannot be created and the pod sticks in ContainerCreating; with one "
    "the pod is kept away from the zone. Terway does not fall back to the vSwitch of the node.",
    sources=(EXCL, CODE_POD),
    fails={
        "podNetworkings[1]": {
            **CLUSTER["podNetworkings"][0],
            "metadata": {"name": "other-zone"},
            "status": {"status": "Ready", "vSwitches": [{"id": "vsw-k", "zone": "cn-hangzhou-k"}]},
        },
        "pods[4]": {**_WAITING, "metadata": {
            **_WAITING["metadata"],
            "annotations": {"k8s.aliyun.com/pod-networking": "other-zone"}, "ownerReferences": [],
        }},
    },
)  # fmt: skip
def ver020(view: ClusterView) -> Outcome:
    """The zones of the vSwitches that it gets, against those of the nodes that it could run on, or of its own."""
    yield from view.unseen("Pod")
    for (source, zones, wanted), found in _by((why[1:], why.pod) for why in view.zoneless.values()).items():
        have = f"in {', '.join(zones)}" if zones else "at all"
        where = "its node is" if len(wanted) == 1 and found[0].node else "the exclusive nodes are"
        what = (
            f"{plural(len(found), 'pending pod')}: {source} has {'' if zones else 'no '}vSwitches {have}; {where} in "
        )
        hint = f"add a vSwitch of {wanted[0]} to it, and recreate the pods"
        yield _at_pods(found, what + ", ".join(wanted), hint, zones=list(zones), nodeZones=list(wanted))


@cluster_rule(
    "VER021",
    "error",
    "A pending pod fits on no exclusive node",
    needs=(facts.NODES, facts.PODS, facts.POD_NETWORKINGS),
    effect="It stays Pending until what keeps it away is mended.",
    sources=(EXCL,),
    fails={"pods[4]": pod(9, "", tolerations=[])},
)
def ver021(view: ClusterView) -> Outcome:
    """What keeps a pod away that asks for an ENI or for exclusive nodes; a warning when that is nothing about ENIs."""
    yield from view.unseen("Pod")
    told: dict[tuple[int, str, str], tuple[str, str, Level | None]] = {}  # pods of one workload are all alike
    pairs = []
    for item in view.waiting:
        if (item.eni or item.steered) and not item.member_eni and item.path not in view.zoneless:
            shape = (item.eni, item.networking, str(item.tolerations))
            if shape not in told:
                told[shape] = _obstacle(view, item)
            pairs.append((told[shape], item))
    for (why, hint, level), found in _by(pairs).items():
        yield _at_pods(found, f"{plural(len(found), 'pending pod')}: {why}", hint)._replace(level=level)


def _obstacle(view: ClusterView, item: Pod) -> tuple[str, str, Level | None]:
    """Say why a pod fits on no exclusive node, what to do, and how bad it is when that is not an error."""
    if not view.all_exclusive:
        return "there is no exclusive node", "create the pool, and look at the label of its nodes", None
    nodes = [node for node in view.reachable(item) if (node.allocatable or 0) >= item.eni]
    if not nodes and all(node.is_lingjun for node in view.all_exclusive):
        return f"Lingjun nodes never offer {ENI}", "remove the request, and place the pod by node affinity", None
    if not nodes:
        return f"no exclusive node offers {item.eni} {ENI}", "see VER006: has Terway come up on the nodes?", None
    open_to = [node for node in nodes if not _repelling(item, node)]
    if not open_to:
        taint = _repelling(item, nodes[0])[0]
        return f"it does not tolerate the taint {taint}", "add a toleration: Terway's webhook does not", None
    if item.eni and all(view.free[node.name] < item.eni for node in open_to):
        total = sum(node.allocatable or 0 for node in open_to)
        why = f"all {total} {ENI} of the nodes open to it are taken"
        return why, "scale the pool out, or remove pods from it", None
    where = f"{open_to[0].name} has room for it, as far as ENIs and taints go"
    return where, f"kubectl -n {item.namespace} describe pod {item.name}: CPU, memory, affinity, volumes?", "warning"


def _repelling(item: Pod, node: Node) -> list[Taint]:
    """Return the taints of a node that keep a pod away."""
    return [
        taint
        for taint in node.taints
        if taint.effect in {"NoSchedule", "NoExecute"} and not any(tolerates(t, taint) for t in item.tolerations)
    ]


@cluster_rule(
    "VER030",
    "warning",
    "The ENI of a pod is not in the network of its PodNetworking",
    needs=(facts.NODES, facts.PODS, facts.POD_ENIS, facts.POD_NETWORKINGS),
    effect="The pod was created before the PodNetworking named these vSwitches and security groups, and keeps what it "
    "got then: an edit reaches no pod that exists.",
    sources=(PN, CODE_MATCH),
    fails={"podENIs[0].spec.allocations[0].eni.vSwitchID": "vsw-old"},
)
def ver030(view: ClusterView) -> Outcome:
    """The vSwitch and the security groups of each bound PodENI; of a pod without a PodNetworking nobody stated them."""
    yield from _unseen(view)
    if any(item.networking for item, _, _ in _bound(view)):
        yield from view.unseen("PodNetworking")
    pairs = []
    for item, _, eni in _bound(view):
        named_by = view.observed.pod_networkings.get(item.networking)
        if named_by is not None:
            lists = ((eni.v_switch_ids, named_by.v_switch_ids), (eni.security_group_ids, named_by.security_group_ids))
            strange = tuple(name for have, wanted in lists for name in have if wanted and name not in wanted)
            if strange:
                pairs.append(((item.networking, strange), item))
    for (networking, strange), found in _by(pairs).items():
        what = f"{plural(len(found), 'pod')} in {', '.join(strange)}, which PodNetworking {networking} does not name"
        hint = "recreate the pods; a pod with a fixed address keeps its ENI until that is released"
        yield _at_pods(found, what, hint, podNetworking=networking, strange=list(strange))


# --- events ---------------------------------------------------------------------------------------------------


def _told(item: Event, *, healed: bool) -> Hit:
    where = (item.kind, *([item.namespace] if item.namespace and item.kind != "Node" else []), item.name)
    times = f" ({item.times} times)" if item.times > 1 else ""
    over = ", and it is well by now" if healed else ""
    message = f"{item.reason} on {'/'.join(where)}{times}{over}: {item.message}"
    facts = {"reason": item.reason, "count": item.times}
    return Hit(where, message, "", facts, "info" if healed else None)


@cluster_rule(
    "VER025",
    "error",
    "Terway refuses the configuration of a node",
    needs=(facts.NODES, facts.EVENTS),
    effect="The node keeps its earlier mode, or runs without IPv6: what the event says is not in force.",
    sources=(CODE_EVENTS, CODE_MODE, CODE_DUAL),
    fails={
        "events[1]": event(
            "ConfigError", "Node", NODES[0], "node exclusive mode changed to eniOnly, this is not allowd"
        )
    },
)
def ver025(view: ClusterView) -> Outcome:
    """ConfigError; events live for an hour."""
    yield from view.unseen("Event")
    judged = {node.name for group in view.groups for node in group.nodes}
    for item in view.observed.events:
        if item.reason == "ConfigError" and (item.kind != "Node" or item.name in judged):
            yield _told(item, healed=False)


@cluster_rule(
    "VER026",
    "error",
    "Terway cannot give a pod its ENI",
    needs=(facts.NODES, facts.PODS, facts.EVENTS),
    effect="The pod sticks in ContainerCreating. Usual reasons: no address left in the vSwitch, the account's quota of "
    "ENIs, missing RAM rights, a security group of another VPC.",
    sources=(CODE_EVENTS, CODE_ATTACH),
    fails={"events[1]": event("AttachENIFailed", "Pod", "matcher-9", "InvalidOperation.EniCount", "trading"),
           "pods[4]": {**pod(9, NODES[2]), "status": {"phase": "Pending"}}, "podENIs[3]": {
               **pod_eni(9, NODES[2]), "status": {"phase": "Bind", "eniInfos": {"e": {"type": "Secondary"}}}}},
)  # fmt: skip
def ver026(view: ClusterView) -> Outcome:
    """CreateENIFailed, AttachENIFailed, PodCreateFailed of pods that are still there; of running ones an info."""
    yield from view.unseen("Event")
    told = {
        (item.namespace, item.name): item
        for item in view.observed.events
        if item.reason in {"CreateENIFailed", "AttachENIFailed", "PodCreateFailed"}
    }
    for item in view.observed.pods if told else ():
        found = told.get((item.namespace, item.name))
        if found is not None and view.concerns(item):
            yield _told(found, healed=not item.pending)


@cluster_rule(
    "VER027",
    "error",
    "Terway cannot read the vSwitches of a PodNetworking",
    needs=(facts.POD_NETWORKINGS, facts.EVENTS),
    effect="It does not become Ready, and pods are created without it.",
    sources=(CODE_EVENTS, CODE_READY),
    fails={
        "podNetworkings[0].status": {"status": ""},
        "events[1]": event("SyncPodNetworkingFailed", "PodNetworking", "trading-eni", "vsw-j: forbidden by RAM"),
    },
)
def ver027(view: ClusterView) -> Outcome:
    """SyncPodNetworkingFailed; an info when it is Ready by now."""
    yield from view.unseen("Event")
    ready = {item.name: item.status == "Ready" for item in view.networkings}
    for item in view.observed.events:
        if item.reason == "SyncPodNetworkingFailed" and item.name in ready:
            yield _told(item, healed=ready[item.name])


# --- workloads ------------------------------------------------------------------------------------------------


@cluster_rule(
    "VER028",
    "error",
    "A pod of a workload did not get its PodNetworking",
    needs=(facts.PODS, facts.WORKLOAD_NETWORKING),
    effect="It has the vSwitch and security groups of the cluster, no fixed address, and no aliyun/eni request. Terway "
    "matches when a pod is created: the PodNetworking was not Ready then, or its selectors do not match the labels.",
    sources=(PN, CODE_MATCH),
    fails={"pods[0].metadata.annotations": {}},
)
def ver028(view: ClusterView) -> Outcome:
    """Workloads of the plan that name a PodNetworking; their pods are told by namespace and owner."""
    if view.plan is not None and view.plan.plan.workloads:
        yield from view.unseen("Pod")
    pairs = (
        ((workload.pod_networking, item.networking), item)
        for workload, item in view.workload_pods
        if workload.pod_networking is not None and item.networking != workload.pod_networking
    )
    for (wanted, have), found in _by(pairs).items():
        what = (
            f"{plural(len(found), 'pod')} with {f'PodNetworking {have}' if have else 'no PodNetworking'}, not {wanted}"
        )
        hint = "wait until it is Ready, compare its selectors with the labels, and recreate the pods"
        yield _at_pods(found, what, hint, podNetworking=have, planned=wanted)


@cluster_rule(
    "VER029",
    "error",
    "A pod of a workload runs outside of its pool",
    needs=(facts.NODES, facts.PODS, facts.WORKLOAD_POOL),
    effect="On a shared node it has no ENI of its own. Only affinity or an aliyun/eni request keeps it in the pool.",
    sources=(EXCL,),
    fails={
        "nodes[3]": SHARED_NODE,
        "pods[4]": pod(9, "shared"),
    },
)
def ver029(view: ClusterView) -> Outcome:
    """Workloads of the plan whose pool has nodes; their pods are told by namespace and owner."""
    if view.plan is not None and view.plan.plan.workloads:
        yield from view.unseen("Pod")
    nodes = {group.name: {item.name for item in group.nodes} for group in view.groups if group.nodes}
    pairs = (
        ((workload.node_pool, item.node), item)
        for workload, item in view.workload_pods
        if item.node and workload.node_pool in nodes and item.node not in nodes[workload.node_pool]
    )
    for (pool, where), found in _by(pairs).items():
        what = f"{plural(len(found), 'pod')} of pool {pool!r} on node {where}, which is not in it"
        yield _at_pods(
            found, what, "add the node affinity to the pod template: eniplan render-manifests --patch", node=where
        )
