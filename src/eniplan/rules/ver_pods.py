"""VER012-VER021, VER026-VER030, VER032: the pods of a running cluster, their ENIs, and Terway's events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.terway import ENI, SYSTEM_NAMESPACE
from eniplan.messages import count, named, say
from eniplan.observed import UNTOLD
from eniplan.rules.base import Hit, Outcome, Unknown, cluster_rule
from eniplan.rules.cluster_view import grouped
from eniplan.rules.commands import delete_pod, pods_on
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
from eniplan.rules.pod_path import BEFORE_BIND, network_advice, stop_of, stops
from eniplan.rules.sources import (
    CODE_ATTACH,
    CODE_DUAL,
    CODE_EVENTS,
    CODE_MATCH,
    CODE_POD,
    CODE_PODENI,
    CODE_PREDICT,
    CODE_READY,
    CODE_RESOURCE,
    CODE_STALE,
    EXCL,
    PN,
)
from eniplan.rules.ver_terway import event_hit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
    from eniplan.observed import Node, Pod, PodEni
    from eniplan.rules.base import Level
    from eniplan.rules.cluster_view import ClusterView

_WAITING = pod(9, "")
_SURPLUS = [daemon_pod("agent", NODES[0], name=f"agent-{number}") for number in range(7)]
_SURPLUS_ENIS = [
    {**pod_eni(0, NODES[0]), "metadata": {
        "name": item["metadata"]["name"], "namespace": "kube-system",
        "annotations": {"k8s.aliyun.com/pod-uid": item["metadata"]["uid"]},
    }}
    for item in _SURPLUS
]  # fmt: skip


def _at_pods(pods: list[Pod], why: Message, hint: Message, **numbers: object) -> Hit:
    """Return a hit for pods, `3 pods WHY: a, b, c`, that points at the first."""
    names = [f"{item.namespace}/{item.name}" for item in pods]
    number = count(len(names), "{n} pod", "{n} pods")
    message = say("{pods} {why}: {names}", pods=number, why=why, names=named(names))
    return Hit(pods[0].path, message, hint, {**numbers, "pods": names})


def _stopped(view: ClusterView, rule: str) -> Iterator[Hit]:
    """Yield hits for the stopped pods that a rule reports, one per kind of stop."""
    for stop, pods in view.once(stops).get(rule, {}).values():
        yield _at_pods(pods, stop.why, stop.fix, **stop.facts)._replace(level=stop.level)


def _unseen(view: ClusterView) -> tuple[Unknown, ...]:
    """Return the unknown facts if pods or PodENIs could not be read."""
    return (*view.unseen("Pod"), *view.unseen("PodENI"))


def _having(view: ClusterView) -> Iterator[tuple[Pod, Node, PodEni]]:
    """Yield the placed pods with a PodENI."""
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
    effect="The pod has no ENI and stays in ContainerCreating; Terway's control plane has not processed it.",
    sources=(EXCL, CODE_POD),
    fails={"podENIs[0].metadata.name": "matcher-8"},
)
def ver012(view: ClusterView) -> Outcome:
    """Every pod there that is not hostNetwork, unless another rule explains the missing PodENI."""
    yield from _unseen(view)
    yield from _stopped(view, "VER012")


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
    yield from _stopped(view, "VER013")


@cluster_rule(
    "VER014",
    "error",
    "A pod on an exclusive node has no exclusive ENI",
    needs=(facts.PODS, facts.POD_ENIS, facts.ENI_INFOS, facts.DENSE_TYPE),
    effect="The pod shares the trunk ENI of the node: it lacks the bandwidth, multicast and isolation that it was "
    "placed there for.",
    sources=(CODE_PODENI, CODE_ATTACH),
    fails={
        "podENIs[0].status.eniInfos": {"eni-0": {"id": "eni-0", "type": "Member", "vid": 7, "status": "Bind"}},
        "podENIs[0].status.trunkENIID": "eni-trunk",
    },
)
def ver014(view: ClusterView) -> Outcome:
    """Interfaces that are not Secondary, or that use a trunk ENI."""
    yield from _unseen(view)
    yield from _stopped(view, "VER014")
    for item, node, eni in _bound(view):
        if node.is_lingjun and eni.is_dense:
            yield Unknown(("PodENI",), facts.DENSE_TYPE)
        elif not eni.types or eni.loose == UNTOLD:
            yield Unknown(("PodENI", *item.path[1:]), facts.ENI_INFOS)


@cluster_rule(
    "VER015",
    "error",
    "A PodENI belongs to an earlier pod",
    needs=(facts.PODS, facts.POD_ENIS, facts.POD_UIDS, facts.POD_ADDRESSES),
    effect="The record is stale: its ENI is not the ENI of the running pod.",
    sources=(CODE_STALE,),
    fails={'podENIs[0].metadata.annotations["k8s.aliyun.com/pod-uid"]': "00000000-0000-4000-8000-00000000dead"},
)
def ver015(view: ClusterView) -> Outcome:
    """The pod's UID and address against those in the PodENI."""
    yield from _unseen(view)
    yield from _stopped(view, "VER015")
    if any(not (eni.pod_uid and item.uid) for item, _, eni in _having(view)):
        yield Unknown(("PodENI",), facts.POD_UIDS)
    if any(not (eni.address and item.address) for item, _, eni in _bound(view) if not item.starting):
        yield Unknown(("PodENI",), facts.POD_ADDRESSES)


@cluster_rule(
    "VER016",
    "error",
    "Dual stack: an exclusive pod has no IPv6 address",
    needs=(facts.PODS, facts.POD_ENIS, facts.SEEN_STACK, facts.IP_STACK),
    effect="The pod is reachable over IPv4 only. In a dual-stack cluster Terway requests one IPv6 address for the "
    "ENI of every exclusive pod; a difference between a node's IPv4 and IPv6 counts only affects pods on shared "
    "ENIs.",
    sources=(CODE_POD, CODE_DUAL, EXCL),
    fails={
        "configMaps[0].data.eni_conf": '{"ipam_type": "crd", "ip_stack": "dual", "vswitches": {"cn-hangzhou-j": ["v"]}}'
    },
)
def ver016(view: ClusterView) -> Outcome:
    """Bound PodENIs on ECS nodes without an IPv6 address. Lingjun has no dual stack."""
    if view.dual is None:
        yield Unknown(("ConfigMap", "kube-system", "eni-config"), facts.SEEN_STACK)
    elif view.dual:
        yield from _unseen(view)
        single = [item for item, node, eni in _bound(view) if not eni.has_ipv6 and not node.is_lingjun]
        if single:
            hint = say("use a type with as many IPv6 as IPv4 addresses per ENI (`eniplan instances --ip-stack dual`), "
                       "and vSwitches with IPv6")  # fmt: skip
            yield _at_pods(single, say("without an IPv6 address in a dual-stack cluster"), hint)


@cluster_rule(
    "VER017",
    "warning",
    "A pod uses an exclusive ENI without requesting it",
    needs=(facts.NODES, facts.PODS, facts.SYSTEM_PODS),
    effect="The scheduler does not count it: it assumes more free ENIs than the node has, and the pods that it "
        "places there get stuck in ContainerCreating.",
    sources=(EXCL, CODE_PREDICT),
    fails={"pods[7]": daemon_pod("log-agent", NODES[0]), "podENIs[3]": {
        **pod_eni(0, NODES[0]),
        "metadata": {"name": "log-agent-1", "namespace": "kube-system",
                     "annotations": {"k8s.aliyun.com/pod-uid": "uid-log-agent-1"}},
    }},
)  # fmt: skip
def ver017(view: ClusterView) -> Outcome:
    """Pods without an aliyun/eni request; an info if the plan's systemPodsPerNode counts them.

    Lingjun pods cannot request ENIs, so only system and DaemonSet pods are reported there.
    """
    yield from view.unseen("Pod")
    eaters = [
        ((item.namespace, item.owner or f"Pod {item.name}"), item)
        for item, node in view.placed
        if not item.eni and not item.member_eni and (not node.is_lingjun or _is_system(item))
    ]
    for (namespace, owner), found in grouped(eaters).items():
        system = _is_system(found[0])
        nodes = len({item.node for item in found})
        hint = say("set {resource}: 1 as request and limit: `eniplan render-manifests --patch` prints it",
                   resource=ENI)  # fmt: skip
        if system:
            hint = say("keep it off with a node affinity (kubectl -n {namespace} edit {owner}), or count it: "
                       "systemPodsPerNode of the pool", namespace=namespace,
                       owner=owner.partition("/")[0].lower().replace(" ", "/"))  # fmt: skip
        names = [f"{item.namespace}/{item.name}" for item in found]
        message = say("{owner} in {namespace} uses {enis} on {nodes}: {pods}", owner=owner, namespace=namespace,
                      enis=count(len(found), "{n} exclusive ENI", "{n} exclusive ENIs"),
                      nodes=count(nodes, "{n} node", "{n} nodes"), pods=named(names))  # fmt: skip
        level: Level | None = "info" if system and _is_counted(view, found) else None
        yield Hit(found[0].path, message, hint, {"pods": names}, level)


def _is_system(item: Pod) -> bool:
    return item.namespace == SYSTEM_NAMESPACE or item.owner.startswith("DaemonSet ")


def _is_counted(view: ClusterView, found: list[Pod]) -> bool:
    """Return whether the plan's systemPodsPerNode covers all system pods on the nodes of these pods."""
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
    effect="The surplus pods get stuck in ContainerCreating: the scheduler counts only requested ENIs, and kubelet's "
    "maxPods ignores ENIs.",
    sources=(EXCL, CODE_PREDICT),
    fails={
        "pods": [*CLUSTER["pods"], *_SURPLUS],
        "podENIs": [*CLUSTER["podENIs"], *_SURPLUS_ENIS],
    },
)
def ver018(view: ClusterView) -> Outcome:
    """Pods that are not hostNetwork against the ENIs of their node."""
    yield from view.unseen("Pod")
    stuck = grouped((item.node, item) for _, pods in view.once(stops).get("VER018", {}).values() for item in pods)
    for name, (wanted, available) in view.overfull.items():
        message = say("{wanted} needed by the pods on {node}, which has {available}", node=name, available=available,
                      wanted=count(wanted, "{n} exclusive ENI", "{n} exclusive ENIs"))  # fmt: skip
        waiting = len(stuck.get(name, ()))
        if waiting:
            message = say("{message}; {pods} there", message=message,
                          pods=count(waiting, "{n} pod does not start", "{n} pods do not start"))  # fmt: skip
        hint = say("let every pod request {resource}: 1, and keep system pods away: {command}", resource=ENI,
                   command=pods_on(name))  # fmt: skip
        yield Hit(("Node", name), message, hint, {"wanted": wanted, "available": available})


@cluster_rule(
    "VER019",
    "error",
    "A pending pod requests aliyun/member-eni",
    needs=(facts.PODS, facts.NETWORKING_NAME),
    effect="No exclusive node ever offers it: the pod stays Pending forever. Terway's webhook requests it when the "
    "eniType of the PodNetworking is Default or Trunk in a trunk cluster.",
    sources=(PN, CODE_RESOURCE),
    fails={"pods[7]": pod(9, "", affinity=STEERED, containers=MEMBER_REQUEST)},
)
def ver019(view: ClusterView) -> Outcome:
    """Unscheduled pods; a warning if nothing shows that they are meant for exclusive nodes."""
    yield from view.unseen("Pod")
    yield from _stopped(view, "VER019")


@cluster_rule(
    "VER020",
    "error",
    "A pending pod has no vSwitch in its zone",
    needs=(facts.NODES, facts.PODS, facts.POD_NETWORKINGS, facts.ENI_CONFIG),
    effect="Without a PodNetworking the ENI cannot be created, and the pod gets stuck in ContainerCreating; with one "
        "the pod is kept out of the zone. Terway does not fall back to the vSwitch of the node.",
    sources=(EXCL, CODE_POD),
    fails={
        "podNetworkings[1]": {
            **CLUSTER["podNetworkings"][0],
            "metadata": {"name": "other-zone"},
            "status": {"status": "Ready", "vSwitches": [{"id": "vsw-k", "zone": "cn-hangzhou-k"}]},
        },
        "pods[7]": {**_WAITING, "metadata": {
            **_WAITING["metadata"],
            "annotations": {"k8s.aliyun.com/pod-networking": "other-zone"}, "ownerReferences": [],
        }},
    },
)  # fmt: skip
def ver020(view: ClusterView) -> Outcome:
    """The zones of the pod's vSwitches against those of the nodes that it could run on, or of its own node."""
    yield from view.unseen("Pod")
    yield from _stopped(view, "VER020")


@cluster_rule(
    "VER021",
    "error",
    "A pending pod fits on no exclusive node",
    needs=(facts.NODES, facts.PODS, facts.POD_NETWORKINGS),
    effect="It stays Pending until the cause is fixed.",
    sources=(EXCL,),
    fails={"pods[7]": pod(9, "", tolerations=[])},
)
def ver021(view: ClusterView) -> Outcome:
    """What keeps it off the nodes, or the scheduler's message; a warning if it may not be meant for them."""
    yield from view.unseen("Pod")
    yield from _stopped(view, "VER021")


@cluster_rule(
    "VER030",
    "warning",
    "The ENI of a pod is not in the network of its PodNetworking",
    needs=(facts.NODES, facts.PODS, facts.POD_ENIS, facts.POD_NETWORKINGS, facts.ENI_NETWORK),
    effect="The pod was created before the PodNetworking named these vSwitches and security groups, and keeps its "
    "old ones: an edit does not reach existing pods.",
    sources=(PN, CODE_MATCH),
    fails={"podENIs[0].spec.allocations[0].eni.vSwitchID": "vsw-old"},
)
def ver030(view: ClusterView) -> Outcome:
    """The vSwitch and security groups of each bound PodENI against its pod's PodNetworking, if it has one."""
    yield from _unseen(view)
    if any(item.networking for item, _, _ in _bound(view)):
        yield from view.unseen("PodNetworking")
    pairs = []
    for item, _, eni in _bound(view):
        named_by = view.observed.pod_networkings.get(item.networking)
        if named_by is not None:
            lists = ((eni.v_switch_ids, named_by.v_switch_ids), (eni.security_group_ids, named_by.security_group_ids))
            strange = tuple(name for have, wanted in lists for name in have if wanted and name not in wanted)
            if any(wanted and not have for have, wanted in lists):
                yield Unknown(("PodENI", *item.path[1:]), facts.ENI_NETWORK)
            if strange:
                pairs.append(((item.networking, strange), item))
    for (networking, strange), found in grouped(pairs).items():
        why = say("in {strange}, which PodNetworking {podNetworking} does not name", strange=strange,
                  podNetworking=networking)  # fmt: skip
        hint = say("recreate the pods: {command}; a pod with a fixed address keeps its ENI until the ENI is released",
                   command=delete_pod(found[0].namespace, found[0].name))  # fmt: skip
        yield _at_pods(found, why, hint, podNetworking=networking, strange=list(strange))


# --- events ---------------------------------------------------------------------------------------------------


@cluster_rule(
    "VER026",
    "error",
    "Terway cannot give a pod its ENI",
    needs=(facts.NODES, facts.PODS, facts.EVENTS),
    effect="The pod gets stuck in ContainerCreating. Usual causes: no free address in the vSwitch, the account's ENI "
        "quota, missing RAM permissions, a security group of another VPC.",
    sources=(CODE_EVENTS, CODE_ATTACH),
    fails={"events[1]": event("AttachENIFailed", "Pod", "matcher-9", "InvalidOperation.EniCount", "trading"),
           "pods[7]": {**pod(9, NODES[2]), "status": {"phase": "Pending"}}, "podENIs[3]": {
               **pod_eni(9, NODES[2]),
               "status": {"phase": "Bind", "eniInfos": {"e": {"type": "Secondary", "status": "Bind"}}}}},
)  # fmt: skip
def ver026(view: ClusterView) -> Outcome:
    """Events of Terway and kubelet about pods that do not start; an info for pods that run by now."""
    yield from view.unseen("Event")
    yield from _stopped(view, "VER026")
    for (namespace, name), events in view.events_by_pod.items():
        item = view.pods_by_name.get((namespace, name))
        found = next((event for event in events if event.reason in BEFORE_BIND), None)
        if found is not None and item is not None and not item.starting and view.concerns(item):
            # A pod that runs without its ENI has not got over it: the rule that reports the ENI says how bad that is.
            healed = stop_of(view, item) is None
            yield event_hit(found, network_advice(view, found, item), healed=healed)._replace(level="info")


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
    """SyncPodNetworkingFailed events; an info if the PodNetworking is Ready by now."""
    yield from view.unseen("Event")
    ready = {item.name: item.status == "Ready" for item in view.networkings}
    for item in view.observed.events:
        if item.reason == "SyncPodNetworkingFailed" and item.name in ready:
            hint = say("do its vSwitches exist, and can Terway read them? kubectl describe podnetworking {name}",
                       name=item.name)  # fmt: skip
            yield event_hit(item, hint, healed=ready[item.name])


# --- workloads ------------------------------------------------------------------------------------------------


@cluster_rule(
    "VER028",
    "error",
    "A pod of a workload did not get its PodNetworking",
    needs=(facts.PODS, facts.WORKLOAD_NETWORKING),
    effect="It has the cluster's vSwitch and security groups, no fixed address, and no aliyun/eni request. Terway "
    "matches when a pod is created: the PodNetworking was not Ready then, its selectors do not match the labels, "
    "or the webhook did not answer, which Kubernetes ignores.",
    sources=(PN, CODE_MATCH),
    fails={"pods[0].metadata.annotations": {}},
)
def ver028(view: ClusterView) -> Outcome:
    """Workloads of the plan that name a PodNetworking. Namespace and owner identify their pods."""
    if view.planned_workloads:
        yield from view.unseen("Pod")
    pairs = (
        ((workload.pod_networking, item.networking), item)
        for workload, item in view.workload_pods
        if workload.pod_networking is not None and item.networking != workload.pod_networking
    )
    for (wanted, have), found in grouped(pairs).items():
        why = say("without PodNetworking {planned}", planned=wanted)
        if have:
            why = say("with PodNetworking {podNetworking}, not {planned}", podNetworking=have, planned=wanted)
        hint = say("wait until it is Ready, compare its selectors with the labels of the pod and of its namespace, and "
                   "recreate the pods: kubectl get podnetworking {name} -o yaml; {command}", name=wanted,
                   command=delete_pod(found[0].namespace, found[0].name))  # fmt: skip
        yield _at_pods(found, why, hint, podNetworking=have, planned=wanted)


@cluster_rule(
    "VER029",
    "error",
    "A pod of a workload runs outside its pool",
    needs=(facts.NODES, facts.PODS, facts.WORKLOAD_POOL),
    effect="On a shared node it has no ENI of its own. Only an affinity or an aliyun/eni request keeps it in the pool.",
    sources=(EXCL,),
    fails={
        "nodes[3]": SHARED_NODE,
        "pods[7]": pod(9, "shared"),
    },
)
def ver029(view: ClusterView) -> Outcome:
    """Workloads of the plan whose pool has nodes. Namespace and owner identify their pods."""
    if view.planned_workloads:
        yield from view.unseen("Pod")
    yield from view.poolless(view.planned_workloads)
    nodes = {group.name: {item.name for item in group.nodes} for group in view.groups if group.nodes}
    pairs = (
        ((workload.node_pool, item.node), item)
        for workload, item in view.workload_pods
        if item.node and workload.node_pool in nodes and item.node not in nodes[workload.node_pool]
    )
    there = {node.name for node in view.observed.nodes}
    for (pool, where), found in grouped(pairs).items():
        why = say("of pool {pool!r} on node {node}, which is not in it", pool=pool, node=where)
        hint = say("add the node affinity to the pod template: `eniplan render-manifests --patch` prints it")
        if where in view.pods_by_node:
            hint = say("{hint}; it tells exclusive pools apart by their own labels, so give each pool one, or another "
                       "taint", hint=hint)  # fmt: skip
        if where not in there:
            why = say("on node {node}, which does not exist", node=where)
            hint = say("its node is gone, and the pod with it: kubectl get node {node}; kubectl -n {namespace} "
                "delete pod {name} --force", node=where, namespace=found[0].namespace, name=found[0].name)  # fmt: skip
        yield _at_pods(found, why, hint, node=where)


@cluster_rule(
    "VER032",
    "error",
    "A pod does not start",
    needs=(facts.NODES, facts.PODS, facts.POD_ENIS, facts.EVENTS, facts.POD_NODE, facts.POD_READY),
    effect="It is placed, and its ENI shows no fault; still it does not run.",
    sources=(EXCL,),
    fails={"pods[1].status": {"phase": "Pending", "containerStatuses": [
        {"name": "app", "state": {"waiting": {"reason": "ContainerCreating"}}}
    ]}},
)  # fmt: skip
def ver032(view: ClusterView) -> Outcome:
    """Pods on exclusive nodes that have not started, and pods of the plan, on any node, that do not run."""
    if view.planned_workloads:
        yield from view.unseen("Pod")
    yield from _stopped(view, "VER032")
    lost = [item for item in view.waiting if item.trouble is None]
    if lost:
        yield Unknown(lost[0].path, facts.POD_NODE)
    vague = [item for item, _ in view.placed if item.trouble is not None and item.trouble[:2] == ("Running", "")]
    if vague:
        yield Unknown(vague[0].path, facts.POD_READY)
