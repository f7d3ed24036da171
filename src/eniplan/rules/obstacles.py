"""Explains, by the scheduler's rules, what keeps an unscheduled pod off the nodes that it could run on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eniplan.k8s.nodes import ZONE_LABELS, Taint, repelling
from eniplan.k8s.terway import ENI
from eniplan.messages import count, named, say, together
from eniplan.rules.commands import pods_on, terway_on
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from eniplan.k8s.nodes import Toleration
    from eniplan.messages import Message
    from eniplan.observed import Node, Pod, Wants
    from eniplan.rules.cluster_view import ClusterView

_APART = say("the pod's node selector or affinity does not match the node's labels")
CORDONED = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")


class Obstacle(NamedTuple):
    """What keeps a pod off a node, and how to fix it."""

    why: Message
    fix: Message


def obstacles(view: ClusterView, pod: Pod, wants: Wants, candidates: tuple[Node, ...]) -> Obstacle | None:
    """Return what keeps a pod off all candidates, most common first; None if some node can take it."""
    found: dict[Message, tuple[Message, list[Node]]] = {}
    for node in candidates:
        if not wants.placement.allows(node.known):
            if _APART not in found:  # a pod of a DaemonSet does not match any node but one
                found[_APART] = _compared(view, pod, wants, node), []
            found[_APART][1].append(node)
            continue
        first = _first(view, pod, wants, node)
        if first is None:
            return None
        found.setdefault(first.why, (first.fix, []))[1].append(node)
    likely = sorted(found.items(), key=lambda item: -len(item[1][1]))
    told = (
        say("{nodes} ({names}): {why}", why=why, nodes=count(len(nodes), "{n} node", "{n} nodes"),
            names=named([node.name for node in nodes]))
        for why, (_, nodes) in likely
    )  # fmt: skip
    return Obstacle(together(told), together(dict.fromkeys(fix for _, (fix, _) in likely)))


def _compared(view: ClusterView, pod: Pod, wants: Wants, node: Node) -> Message:
    """Return how to find out why a pod's selectors do not match a node."""
    asked = [item for item in wants.placement.requirements() if node.known.meets(item) is False]
    command = say("kubectl get node {node} --show-labels", node=node.name)
    if not asked:
        return say("compare both: {command}", command=command)
    fix = say("it asks for {asked}: {command}", asked=tuple(map(str, asked)), command=command)
    networking = view.observed.pod_networkings.get(pod.networking)
    if networking is not None and networking.allocation[0] == "Fixed" and any(r.key in ZONE_LABELS for r in asked):
        return say("{fix}; a fixed address ties it to the zone of its ENI, so add nodes there", fix=fix)
    return fix


def _first(view: ClusterView, pod: Pod, wants: Wants, node: Node) -> Obstacle | None:
    taint = _repelling(wants.tolerations, node)
    return _room(view, pod, wants, node) if taint is None else _taint(taint, node.name)


def _taint(taint: Taint, node: str) -> Obstacle:
    if taint.key == CORDONED.key:
        return Obstacle(say("cordoned"), say("kubectl uncordon {node}", node=node))
    if taint.key in CONDITIONS:
        what, fix = CONDITIONS[taint.key]
        return Obstacle(say("{what} (taint {taint})", what=what, taint=taint.key), fix(node))
    return Obstacle(
        say("the pod does not tolerate the taint {taint}", taint=str(taint)),
        say("add a toleration to the pod template (Terway's webhook does not add one): `eniplan render-manifests "
            "--patch` prints it"),
    )  # fmt: skip


CONDITIONS: dict[str, tuple[Message, Callable[[str], Message]]] = {
    "node.kubernetes.io/not-ready": (
        say("the node is not Ready"), lambda node: say("kubectl describe node {node}", node=node)
    ),
    "node.kubernetes.io/unreachable": (
        say("its kubelet does not respond"),
        lambda node: say("is its instance running? kubectl describe node {node}", node=node),
    ),
    "node.kubernetes.io/network-unavailable": (
        say("its network is not set up"), lambda node: say("check Terway there: {command}", command=terway_on(node))
    ),
    "node.kubernetes.io/memory-pressure": (
        say("it is running out of memory"),
        lambda node: say("move or shrink pods there: kubectl describe node {node}", node=node),
    ),
    "node.kubernetes.io/disk-pressure": (
        say("its disk is full"),
        lambda node: say("free its disk, or enlarge systemDisk of the pool: kubectl describe node {node}", node=node),
    ),
    "node.kubernetes.io/pid-pressure": (
        say("it is running out of process ids"),
        lambda node: say("which pod starts so many processes? kubectl describe node {node}", node=node),
    ),
    "node.cloudprovider.kubernetes.io/uninitialized": (
        say("the cloud controller has not initialized it"),
        lambda node: say("wait for it, then: kubectl describe node {node}", node=node),
    ),
    "node.cloudprovider.kubernetes.io/shutdown": (
        say("its instance is stopped"),
        lambda node: say("start it, or remove it from the node pool: kubectl get node {node}", node=node),
    ),
}  # fmt: skip
"""Taints that Kubernetes sets: what each means, and how to fix it."""


def _repelling(tolerations: Iterable[Toleration], node: Node) -> Taint | None:
    """Return the first taint of a node that keeps a pod away; a cordoned node has one."""
    cordon = (CORDONED,) if node.cordoned and CORDONED.key not in {t.key for t in node.taints} else ()
    found = repelling((*cordon, *node.taints), tolerations)
    return min(found, key=lambda taint: taint.key not in {CORDONED.key, *CONDITIONS}, default=None)


def _room(view: ClusterView, pod: Pod, wants: Wants, node: Node) -> Obstacle | None:
    """Compare a pod's requests with a node's resources and with what is left of them."""
    out = say("scale the pool out, or remove pods: {command}", command=pods_on(node.name))
    offered, free = node.allocatable or 0, max(view.free.get(node.name, 0), 0)
    if pod.eni > offered and node.is_lingjun:
        return Obstacle(
            say("Lingjun nodes never offer {resource}", resource=ENI),
            say(
                "remove the request, and place the pod with a node affinity: `eniplan render-manifests --patch` "
                "prints it"
            ),
        )
    if pod.eni > offered:
        return Obstacle(
            say("the pod requests {asked} {resource}, and {offered} are offered", asked=pod.eni, resource=ENI,
                offered=offered),
            say("is Terway up there? {command}", command=terway_on(node.name)),
        )  # fmt: skip
    if pod.eni > free:
        why = say("all {offered} {resource} are in use", offered=offered, resource=ENI)
        if free:
            why = say("the pod requests {asked} {resource}, and {free} are free", asked=pod.eni, resource=ENI,
                      free=free)  # fmt: skip
        return Obstacle(why, out)
    has, used = node.room, view.used(node)
    if has.pods is not None and (used.pods or 0) >= has.pods:
        return Obstacle(
            say("Too many pods: kubelet admits {most}, including hostNetwork pods", most=has.pods),
            say("raise maxPods of the node pool's kubelet, or {out}", out=out),
        )
    for what, asked, taken, most in (
        ("cpu", wants.cpu, used.cpu, has.cpu),
        ("memory", wants.memory, used.memory, has.memory),
    ):
        if most is not None and asked > (left := max(most - (taken or 0), 0)):
            return Obstacle(
                say("Insufficient {resource}: the pod requests {asked}, and {left} are left", resource=what,
                    asked=_shown(what, asked), left=_shown(what, left)),
                say("use a larger instance type, lower the request, or {out}", out=out),
            )  # fmt: skip
    return None


def _shown(what: str, number: int) -> str:
    return f"{number}m" if what == "cpu" else f"{number >> 20}Mi"


# --- what the scheduler reports ---------------------------------------------------------------------------------

_PHRASES: tuple[tuple[re.Pattern[str], Message], ...] = (
    (re.compile(r"Too many pods"), say("raise kubelet's maxPods in the node pool's configuration, or scale it out")),
    (re.compile(r"Insufficient aliyun/eni"), say("scale the pool out: kubectl describe nodes | grep aliyun/eni")),
    (
        re.compile(r"Insufficient (cpu|memory|ephemeral-storage)"),
        say("use a larger instance type, lower the request, or scale out"),
    ),
    (
        re.compile(r"Insufficient (?!aliyun/eni|cpu|memory|ephemeral-storage)"),
        say("do the nodes offer it, and is any left? kubectl describe nodes"),
    ),
    (re.compile(r"unschedulable"), say("kubectl get nodes; kubectl uncordon NODE")),
    (re.compile(r"untolerated taint"), say("add the toleration: `eniplan render-manifests --patch` prints it")),
    (
        re.compile(r"volume|persistentvolume", re.IGNORECASE),
        say("check the claims, their volumes, and the zones of these: kubectl get pvc -A"),
    ),
    (
        re.compile(r"topology spread"),
        say(
            "leave other nodes out with the node affinity that `eniplan render-manifests --patch` prints (WL019); or "
            "relax topologySpreadConstraints, or add nodes in the other zones: kubectl get nodes -L "
            "topology.kubernetes.io/zone"
        ),
    ),
    (
        re.compile(r"free ports"),
        say("remove hostPort: exclusive pods cannot have one; other pods with it fit once per node"),
    ),
    (
        re.compile(r"pod (anti-)?affinity"),
        say("too few nodes satisfy its podAntiAffinity: relax it, or scale the pool out"),
    ),
    (
        re.compile(r"node affinity|selector"),
        say("compare its affinity with the labels: kubectl get nodes --show-labels"),
    ),
)


def advice(message: str) -> Message:
    """Return how to fix what the scheduler reports."""
    return together(fix for pattern, fix in _PHRASES if pattern.search(message))
