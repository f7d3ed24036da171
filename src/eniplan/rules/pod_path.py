"""Finds how far a pod got on its way to its ENI, and why it stopped. One rule reports each stop.

The way: the scheduler finds a node, Terway runs there, creates a PodENI, attaches its ENI and sets an address, and
the pod starts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eniplan.k8s.terway import CLUSTER_CONFIG, MEMBER_ENI
from eniplan.messages import NOTHING, Message, named, say, together
from eniplan.observed import OUT_OF_MEMORY, UNTOLD, ZONE_LABEL
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.rules.cluster_view import Stop
from eniplan.rules.commands import delete_pod, describe_pod, edit_config, terway_on
from eniplan.rules.obstacles import advice, obstacles

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.observed import Event, Node, Pod, PodEni, Trouble
    from eniplan.plan.model import Workload
    from eniplan.rules.base import Level
    from eniplan.rules.cluster_view import ClusterView
    from eniplan.rules.obstacles import Obstacle

BEFORE_BIND = (
    "CreateENIFailed", "AttachENIFailed", "CniCreateENIError", "CniPodCreateError", "PodCreateFailed",
    "DetachENIFailed",
)  # fmt: skip
AFTER_BIND = ("AllocIPFailed", "FailedCreatePodSandBox")
"""Event reasons of Terway and kubelet if a pod gets no ENI, or no address on it."""
STARTING = frozenset(("", "ContainerCreating", "PodInitializing"))
"""The reasons of containers that wait for their turn: they do not say what is wrong."""
_VOLUMES = ("FailedAttachVolume", "FailedMount")
_IMAGE = frozenset(
    ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError",
     "RegistryUnavailable", "SignatureValidationFailed")
)  # fmt: skip
"""kubelet's reasons for a container whose image cannot be used."""


def _event(view: ClusterView, pod: Pod, *reasons: str) -> Event | None:
    """Return the event of a pod with one of these reasons, the first that it has; None if it has none."""
    found = {event.reason: event for event in view.events_of(pod)}
    return next((found[reason] for reason in reasons if reason in found), None)


def _message(view: ClusterView, pod: Pod, *reasons: str) -> str:
    event = _event(view, pod, *reasons)
    return "" if event is None else event.message


def stops(view: ClusterView) -> dict[str, dict[str, tuple[Stop, list[Pod]]]]:
    """Return the stopped pods by the rule that reports them, then by the key of their stop."""
    out: dict[str, dict[str, tuple[Stop, list[Pod]]]] = {}
    elsewhere = (
        pod
        for pod in view.observed.pods
        if pod.node and pod.node not in view.exclusive and not pod.leaving and pod.trouble is not None
    )
    for pods in (view.waiting, (pod for pod, _ in view.placed), elsewhere):
        for pod in pods:
            stop = stop_of(view, pod)
            if stop is not None:
                out.setdefault(stop.rule, {}).setdefault(stop.key, (stop, []))[1].append(pod)
    return out


def _told(_: ClusterView) -> dict[tuple[object, ...], Obstacle | None]:
    """Return an empty cache of the obstacles of unscheduled pods, because pods of a workload share theirs."""
    return {}


def stop_of(view: ClusterView, pod: Pod) -> Stop | None:
    """Return where a pod has stopped; None if it runs, as far as known."""
    if not pod.node:
        return _unplaced(view, pod)
    node = view.exclusive.get(pod.node)
    if node is None:
        return _not_started(view, pod, say("on {node}, which is not judged", node=pod.node))
    if pod.starting and node.name in view.terway_down:
        return Stop("VER033")
    if pod.starting and node.name in view.overfull:
        return Stop("VER018")
    return _on_its_way(view, pod, node)


def _on_its_way(view: ClusterView, pod: Pod, node: Node) -> Stop | None:
    if "PodENI" in view.observed.unseen:
        return _failed(view, pod, (*BEFORE_BIND, *AFTER_BIND)) or _not_started(view, pod, NOTHING)
    eni = view.pod_eni(pod)
    if eni is None:
        return _without(view, pod)
    return _with(view, pod, node, eni) or _not_started(view, pod, say("the ENI is attached"))


def _without(view: ClusterView, pod: Pod) -> Stop:
    """Return why a placed pod has no PodENI."""
    zoneless = view.zoneless.get(pod.path)
    if zoneless is not None:
        return zoneless
    failed = _failed(view, pod, BEFORE_BIND)
    if failed is not None:
        return failed
    if view.controllers_down:
        return Stop("VER034")
    told = _message(view, pod, *AFTER_BIND)
    fix = say("is terway-controlplane running, and can it read the pod? kubectl -n {namespace} describe pod {name}",
              namespace=pod.namespace, name=pod.name)  # fmt: skip
    why = say("on exclusive nodes without a PodENI")
    if told:
        fix = together(filter(None, (known_cure(view, told, pod), fix)))
        why = say("on exclusive nodes without a PodENI ({event})", event=told)
    return Stop("VER012", why, fix, alike="without")


def _with(view: ClusterView, pod: Pod, node: Node, eni: PodEni) -> Stop | None:
    """Return what is wrong with the PodENI of a placed pod; None if nothing is."""
    describe = say("kubectl -n {namespace} describe podeni {name}", namespace=pod.namespace, name=pod.name)
    recreate = delete_pod(pod.namespace, pod.name)
    if not eni.is_bound:
        found = _failed(view, pod, BEFORE_BIND)
        if found is not None:
            return found
        why = say("with a PodENI in phase {phase}", phase=eni.phase or "(none)")
        if eni.loose not in {"", UNTOLD}:
            why = say("{why}, and an interface {status}", why=why, status=eni.loose)
        if eni.message:
            why = say("{why} ({message})", why=why, message=eni.message)
        fix = say("it may be under way: verify again with --wait 10m; if it stays, read its events: {command}",
                  command=describe)  # fmt: skip
        cured = known_cure(view, eni.message, pod)
        if cured is not None:
            fix = say("{fix}; {recreate}; {command}", fix=cured, recreate=recreate, command=describe)
        return Stop("VER013", why, fix, {"phase": eni.phase})
    if eni.pod_uid and pod.uid and eni.pod_uid != pod.uid:
        why = say("with the PodENI of an earlier pod of the same name")
        return Stop("VER015", why, say("wait for Terway; if it stays like this: {command}", command=recreate))
    if pod.address and eni.address and pod.address != eni.address:
        why = say("with an address that is not the one in the PodENI")
        fix = say("recreate the pod: {command}", command=recreate)
        return Stop("VER015", why, fix)
    dense = node.is_lingjun and eni.is_dense
    if eni.types and not dense and (eni.trunk or any(kind != "Secondary" for kind in eni.types)):
        by = say(" on trunk ENI {trunk}", trunk=eni.trunk) if eni.trunk else NOTHING
        why = say("with an ENI of type {types}{by}, where exclusive means Secondary", types=eni.types, by=by)
        fix = say("was the node exclusive when it started? Recreate the pod: {command}", command=recreate)
        return Stop("VER014", why, fix, {"types": list(eni.types)})
    return None


# --- before scheduling -------------------------------------------------------------------------------------------


def _unplaced(view: ClusterView, pod: Pod) -> Stop | None:
    if pod.trouble is None:
        return None
    workload = view.workload_of(pod)
    planned = () if view.plan is None else view.plan.pod_networkings
    if pod.member_eni:
        meant = pod.steered or pod.networking in planned or workload is not None
        by = say(" (PodNetworking {name})", name=pod.networking) if pod.networking else NOTHING
        why = say("pending, requesting {resource}{by}, which no exclusive node offers", resource=MEMBER_ENI, by=by)
        fix = say("set eniType of the PodNetworking to ENI: kubectl edit podnetworking {name}; then recreate the pods",
                  name=pod.networking or "NAME")  # fmt: skip
        return Stop("VER019", why, fix, {"podNetworking": pod.networking}, None if meant else "warning")
    zoneless = view.zoneless.get(pod.path)
    return _scaled(view, pod, _unscheduled(view, pod, pod.trouble, workload)) if zoneless is None else zoneless


def _unscheduled(view: ClusterView, pod: Pod, trouble: Trouble, workload: Workload | None) -> Stop:
    """Return why the scheduler has found no node."""
    assert pod.wants is not None  # noqa: S101 - it is unscheduled
    only = pod.wants.placement.node_name
    level: Level | None = None if workload or pod.eni or pod.steered or pod.networking else "warning"
    told = trouble.message or _message(view, pod, "FailedScheduling")
    if trouble.reason == "SchedulingGated":
        why = say("held back by a scheduling gate")
        fix = say("what removes the gate? kubectl -n {namespace} get pod {name} -o jsonpath='{path}'",
                  namespace=pod.namespace, name=pod.name, path="{.spec.schedulingGates}")  # fmt: skip
        return Stop("VER021", why, fix, level=level)
    candidates = view.candidates(pod, workload)
    if only:
        candidates = tuple(node for node in candidates if node.name == only)
    elif not candidates:
        return Stop("VER021", *_no_node(view, pod), level=level)
    shape = (pod.eni, pod.networking, workload and workload.identity, pod.wants)
    alike = view.once(_told)
    if shape not in alike:
        alike[shape] = obstacles(view, pod, pod.wants, candidates) if candidates else None
    found = alike[shape]
    facts = {"scheduler": told} if told else {}
    if found is not None:
        return Stop("VER021", say("pending: {why}", why=found.why), found.fix, facts, level)
    describe = describe_pod(pod.namespace, pod.name)
    if told:
        fix = together((advice(told), describe))
        why = say("pending; the scheduler reports: {message}", message=told)
        return Stop("VER021", why, fix, facts, level, _alike(told))
    if pod.wants.scheduler:
        why = say("pending, not processed by scheduler {scheduler}", scheduler=pod.wants.scheduler)
        fix = say("is schedulerName right, and is that scheduler running? {describe}", describe=describe)
    elif candidates:
        why = say("pending, although ENIs, pods, CPU, memory and taints leave room")
        fix = say("is the scheduler running? {command}", command=describe)
    else:
        why = say("pending, only allowed on {node}, which is no exclusive node in its zones", node=only)
        fix = say("does it exist? kubectl get node {node}; {describe}", node=only, describe=describe)
    return Stop("VER021", why, fix, level=level)


def _scaled(view: ClusterView, pod: Pod, stop: Stop) -> Stop:
    """Add to the stop of an unscheduled pod what an autoscaler reports about it."""
    event = _event(view, pod, *_UNSCALED, *_SCALING, "NotTriggerScaleUp")
    if event is None:
        return stop
    if event.reason in _SCALING:
        return stop._replace(fix=say("an autoscaler adds a node: verify again with --wait 10m; if it stays, {fix}",
                                     fix=stop.fix))  # fmt: skip
    why = say("{why}; the autoscaler reports: {message}", why=stop.why, message=event.message)
    return stop._replace(why=why, alike=f"{stop.key} {_alike(event.message)}")


_UNSCALED = ("FailedScaleUp", "ProvisionNodeFailed")
_SCALING = ("TriggeredScaleUp", "ProvisionNode")
"""Event reasons of autoscalers: the first of each is Kubernetes' own, the second that of ACK's GOATScaler."""


def _no_node(view: ClusterView, pod: Pod) -> tuple[Message, Message]:
    """Return that no node is exclusive, naming nodes that were perhaps meant to be, and the fix."""
    if view.all_exclusive:
        why = say("pending, and no exclusive node has a label with a zone of PodNetworking {name}", name=pod.networking)
        return why, say("compare: kubectl get podnetworking {name} -o yaml; kubectl get nodes -L {label}",
                        name=pod.networking, label=ZONE_LABEL)  # fmt: skip
    if view.claims:
        first = view.claims[0]
        why = say("pending, and no node is exclusive: {nodes} have {claim}",
                  nodes=named([claim.node.name for claim in view.claims]), claim=first.said)  # fmt: skip
        return why, say("correct the label of {pool}: kubectl get nodes -L {key}", pool=first.pool, key=first.key)
    return (
        say("pending, and no node is exclusive"),
        say("is the pool scaled out, with the label {label}={value}? kubectl get nodes -L {label}",
            label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE),
    )  # fmt: skip


# --- while it is being deleted ------------------------------------------------------------------------------------


def released(view: ClusterView, leaving: list[Pod]) -> Message:
    """Return what to do about pods that do not go away, first about one that its node or kubelet holds back."""
    ready = {"", *(node.name for node in view.observed.nodes if node.ready)}
    told = {pod.path: _message(view, pod, "FailedKillPod") for pod in leaving}
    pod = min(leaving, key=lambda pod: (pod.node in ready, not told[pod.path]))
    describe = describe_pod(pod.namespace, pod.name)
    if pod.node not in ready:
        return say("{pod} ends when its node is Ready again, or is removed from the cluster: kubectl get node {node}; "
            "{describe}", pod=pod.name, node=pod.node, describe=describe)  # fmt: skip
    if told[pod.path]:
        return say("kubelet cannot end {pod}: {message}; {describe}; {terway}", pod=pod.name, message=told[pod.path],
                   describe=describe, terway=terway_on(pod.node))  # fmt: skip
    return say("if {pod} does not go: has it a finalizer, or a long terminationGracePeriodSeconds? {describe}",
               pod=pod.name, describe=describe)  # fmt: skip


# --- after its ENI -----------------------------------------------------------------------------------------------


def _not_started(view: ClusterView, pod: Pod, so_far: Message) -> Stop | None:
    """Return why a pod does not start although its ENI shows no fault; None if it runs."""
    trouble, workload = pod.trouble, view.workload_of(pod)
    if trouble is None or (trouble.phase == "Running" and not trouble.reason):
        return None
    if pod.node not in view.exclusive and workload is None:
        return _failed(view, pod, (*BEFORE_BIND, *AFTER_BIND)) if view.concerns(pod) else None
    if trouble.phase == "Running":
        if trouble.reason == "NotReady" and workload is None:
            return None
        level: Level | None = "warning" if workload is None or trouble.reason == "NotReady" else None
    else:
        level = None
        if trouble.reason in STARTING:
            failed = _failed(view, pod, (*AFTER_BIND, *BEFORE_BIND)) or _unmounted(view, pod)
            if failed is not None:
                return failed
    so_far = say("; {so_far}", so_far=so_far) if so_far else NOTHING
    why = say("not running: {state}{so_far}", state=state_of(trouble), so_far=so_far)
    if trouble.reason == "NotReady":
        why = say("running and not Ready{so_far}", so_far=so_far)
    return Stop("VER032", why, _cure(pod, trouble), {"reason": trouble.reason, "phase": trouble.phase}, level)


def _unmounted(view: ClusterView, pod: Pod) -> Stop | None:
    """Return what kubelet reports about the volumes of a pod, which it mounts before it sets up the network."""
    event = _event(view, pod, *_VOLUMES)
    if event is None:
        return None
    why = say("without volumes: {reason}: {message}", reason=event.reason, message=event.message)
    fix = say("does each volume exist, and is it free? kubectl -n {namespace} describe pod {name}; kubectl -n "
        "{namespace} get pvc,configmap", namespace=pod.namespace, name=pod.name)  # fmt: skip
    return Stop("VER032", why, fix, {"reason": event.reason}, alike=f"{event.reason} {_alike(event.message)}")


def state_of(trouble: Trouble) -> Message:
    """Return a pod's state in kubectl's terms: `CrashLoopBackOff in container app`."""
    if trouble.container and trouble.init:
        return say("{reason} in init container {container}", reason=trouble.reason, container=trouble.container)
    if trouble.container:
        return say("{reason} in container {container}", reason=trouble.reason, container=trouble.container)
    return say("{reason}", reason=trouble.reason or trouble.phase or "no phase")


def _cure(pod: Pod, trouble: Trouble) -> Message:
    names = {"namespace": pod.namespace, "name": pod.name}
    if trouble.container and trouble.reason in _IMAGE:
        return say("its image cannot be pulled: kubectl -n {namespace} describe pod {name}", **names)
    if trouble.message == OUT_OF_MEMORY:
        return say("it uses more memory than its limit: raise limits.memory; kubectl -n {namespace} describe pod "
            "{name}", **names)  # fmt: skip
    if trouble.container and "Config" not in trouble.reason:
        return say("its network is up; find out why the container exits: kubectl -n {namespace} logs {name} -c "
            "{container} --previous",
                   container=trouble.container, **names)  # fmt: skip
    describe = describe_pod(**names)
    if trouble.container or pod.address:
        return describe
    return say("{describe}; what does Terway say there? {command}", describe=describe, command=terway_on(pod.node))


def _failed(view: ClusterView, pod: Pod, reasons: tuple[str, ...]) -> Stop | None:
    """Return what an event reports about a pod that waits for its network; None without such an event."""
    if not pod.starting:
        return None
    event = _event(view, pod, *reasons)
    if event is None:
        return None
    times = say(" ({times} times)", times=event.times) if event.times > 1 else NOTHING
    why = say("without a network: {reason}{times}: {message}", reason=event.reason, times=times,
              message=event.message)  # fmt: skip
    facts, alike = {"reason": event.reason, "count": event.times}, f"{event.reason} {_alike(event.message)}"
    return Stop("VER026", why, network_advice(view, event, pod), facts, alike=alike)


def _alike(message: str) -> str:
    """Return a message without the parts that differ between pods: ids, addresses and counts."""
    return " ".join("#" if re.search(r"\d", word) else word for word in message.split())[:200]


def network_advice(view: ClusterView, event: Event, pod: Pod) -> Message:
    """Return how to fix a failure that Terway reports."""
    where, fix = describe_pod(pod.namespace, pod.name), known_cure(view, event.message, pod)
    if fix is None:
        return say("{where}; {terway}", where=where, terway=terway_on(pod.node))
    return say("{fix}; {where}", fix=fix, where=where)


def known_cure(view: ClusterView, message: str, pod: Pod) -> Message | None:
    """Return the fix for a known failure message about a pod; None for others."""
    found = next((fix for pattern, fix in _ADVICE if re.search(pattern, message, re.IGNORECASE)), None)
    if found is None:
        return None
    node = view.exclusive.get(pod.node)
    edit = edit_config(CLUSTER_CONFIG if node is None else node.config)
    if pod.networking:
        edit = say("kubectl edit podnetworking {name}", name=pod.networking)
    return found(edit)


_ADVICE: tuple[tuple[str, Callable[[Message], Message]], ...] = (
    (
        "throttl|flow control|rate.?limit|Operation.Conflict|ServiceUnavailable|InternalError",
        lambda _: say("the API rejects requests, and Terway retries: wait, or start fewer pods at once"),
    ),
    (
        r"ip ?not ?enough|PrivateIPAddress",
        lambda edit: say("no address is left: add a vSwitch of the zone, and recreate the pods: {edit}", edit=edit),
    ),
    (
        "can not found available vSwitch",
        lambda edit: say("add a vSwitch of the node's zone: {edit}", edit=edit),
    ),
    (
        r"VSwitch\w*\.NotFound",
        lambda edit: say("replace the vSwitch that does not exist, and recreate the pods: {edit}", edit=edit),
    ),
    (
        "AvailabilityZoneMismatch",
        lambda _: say("its ENI is in another zone than its node, and cannot move: keep pods with a fixed address in "
            "the zone of their ENI"),
    ),
    (
        "trunk eni is not allowed",
        lambda _: say(
            "place the pod on exclusive nodes with a node affinity: `eniplan render-manifests --patch` prints it"
        ),
    ),
    (
        "security groups? .*more than",
        lambda edit: say("remove security groups: those of the cluster and of the node-level config add up: {edit}",
                         edit=edit),
    ),
    (
        "SecurityGroupInstanceLimit",
        lambda edit: say("its security group is full: use an advanced one, which holds more addresses: {edit}",
                         edit=edit),
    ),
    (
        r"security ?group|VpcMismatch",
        lambda edit: say("its security groups must exist, be of one type and belong to the VPC: {edit}", edit=edit),
    ),
    (
        r"InvalidEniId|NetworkInterface\w*\.?NotFound",
        lambda _: say("its ENI was deleted outside Terway: recreate the pod"),
    ),
    (
        "previous podENI",
        lambda _: say("the PodENI of an earlier pod is in the way: wait until Terway has removed it, and recreate the "
            "pod"),
    ),
    (
        "get podNetworking",
        lambda _: say("does its PodNetworking exist? kubectl get podnetworking"),
    ),
    (
        r'configmaps? "[^"]*" not found',
        lambda _: say("create the ConfigMap that the node's label terway-config names: kubectl -n kube-system get "
            "configmap"),
    ),
    (
        "ipv6",
        lambda edit: say("a dual-stack cluster needs vSwitches with IPv6, and an instance type with IPv6 addresses: "
            "{edit}", edit=edit),
    ),
    (
        "EniPerInstance",
        lambda _: say("the node has as many ENIs as its type allows: detach those that were attached by hand, and let "
            "every pod request aliyun/eni: 1"),
    ),
    (
        r"quota|EniCount|Limit|CountExceeded",
        lambda _: say(
            "request a higher ENI quota in Quota Center, or detach ENIs that were attached to the node by hand"
        ),
    ),
    (
        "SecurityToken|AccessKeyId|SignatureDoesNotMatch",
        lambda _: say("Terway's credentials are not valid: does its Secret exist? kubectl -n kube-system get secret "
            "addon.network.token"),
    ),
    (
        "being terminated",
        lambda _: say("the namespace is being deleted: kubectl get namespace"),
    ),
    (
        "cannot .* resource",
        lambda _: say("Kubernetes denies it to Terway's service account: restore the role that came with the add-on"),
    ),
    (
        r"forbidden|NoPermission|not authorized|\bRAM\b",
        lambda _: say("grant Terway's RAM role the missing permission"),
    ),
    (
        "sandbox image",
        lambda _: say("the node cannot pull the image of the sandbox: does it reach the registry?"),
    ),
)  # fmt: skip
"""The fix, by a phrase in the failure message. It receives the command that edits the pod's vSwitches and groups."""
