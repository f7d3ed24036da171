"""Traces a pod or node step by step: how far it got, where it stopped, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.k8s.labels import selects
from eniplan.k8s.terway import ENI, POD_ENI, SYSTEM_NAMESPACE
from eniplan.k8s.values import listing
from eniplan.messages import NOTHING, count, named, say
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.report.trace import Step, Trace
from eniplan.rules import BY_ID
from eniplan.rules.base import Hit
from eniplan.rules.commands import delete_pod, describe_pod, terway_on
from eniplan.rules.pod_path import released, state_of, stop_of, stops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
    from eniplan.observed import Followed, Node, Pod, PodNetworking
    from eniplan.report.trace import State
    from eniplan.rules.cluster_view import ClusterView


# --- a pod --------------------------------------------------------------------------------------------------------

POD_STEPS = ("selector", "webhook", "request", "scheduling", "node", "PodENI", "interface", "address", "start")
_STAGES = {
    "VER019": "request", "VER020": "scheduling", "VER021": "scheduling", "VER033": "node", "VER018": "node",
    "VER012": "PodENI", "VER034": "PodENI", "VER026": "PodENI", "VER013": "interface", "VER014": "interface",
    "VER015": "address", "VER032": "start",
}  # fmt: skip
"""By rule: the step at which a pod stops."""


def trace_pod(view: ClusterView, namespace: str, name: str) -> Trace | None:
    """Trace a pod from its labels to its ENI; None if it does not exist."""
    followed = view.observed.followed
    if followed is None:
        return None
    subject = say("pod {namespace}/{name}", namespace=namespace, name=name)
    pod = next((p for p in view.observed.pods if (p.namespace, p.name) == (namespace, name)), None)
    if pod is None:
        if followed.failed:
            told = say("it has failed: {told}", told=followed.failed)
            return Trace(subject, (Step("start", "stop", told, describe_pod(namespace, name)),))
        told = say("it uses no ENI: it is hostNetwork, ignored by Terway, or finished")
        fix = say("kubectl -n {namespace} get pod {name} -o yaml", namespace=namespace, name=name)
        return Trace(subject, (Step("webhook", "ok", told, fix),))
    if pod.leaving:
        return Trace(subject, (Step("start", "stop", say("it is being deleted"), released(view, [pod])),))
    return Trace(subject, tuple(_ended(_pod_steps(view, pod, followed))))


def _ended(steps: Iterator[Step]) -> Iterator[Step]:
    """Yield the steps up to the first stop, then only the names of the later ones."""
    stopped = False
    for step in steps:
        yield step if not stopped else Step(step.name, "later", NOTHING)
        stopped = stopped or step.state == "stop"


def _pod_steps(view: ClusterView, pod: Pod, followed: Followed) -> Iterator[Step]:
    stop = stop_of(view, pod)
    at = "" if stop is None else _STAGES[stop.rule]
    if at == "PodENI" and view.pod_eni(pod) is not None:
        at = "interface"
    if at == "scheduling" and pod.node:  # no vSwitch in the zone of its node
        at = "PodENI"
    good = {
        "selector": _selector(view, pod, followed), "webhook": _webhook(view, pod, followed),
        "request": _request(pod), "scheduling": _scheduling(view, pod), "node": _node(view, pod),
        "PodENI": _pod_eni(view, pod), "interface": _interface(view, pod), "address": _address(view, pod, followed),
        "start": _start(pod),
    }  # fmt: skip
    for name in POD_STEPS:
        if stop is None or name != at:
            yield good[name]
        elif stop.rule in {"VER033", "VER018", "VER034"}:
            yield _of_the_node(view, pod, stop.rule, name)
        else:
            state: State = "warning" if stop.level else "stop"
            yield Step(name, state, stop.why, stop.fix)


def _of_the_node(view: ClusterView, pod: Pod, rule: str, name: str) -> Step:
    """Return the step at which the pod stops because of its node or of Terway."""
    found = [
        hit
        for hit in _hits(view, rule)
        if rule == "VER034" or hit.path == ("Node", pod.node) or pod.node in _nodes(hit)
    ]
    return Step(name, "stop", found[0].message, found[0].hint)


def _takes(item: PodNetworking, pod: Pod, followed: Followed) -> bool | None:
    """Return whether a PodNetworking selects a pod; None if unknown labels decide."""
    by_pod, by_namespace = item.selectors
    fixed = item.allocation[0] == "Fixed" and pod.owner and not pod.owner.startswith("StatefulSet ")
    if (by_pod is None and by_namespace is None) or fixed or not selects(by_pod, followed.labels):
        return False
    if by_namespace is None or not by_namespace.requirements:
        return True
    return None if followed.namespace_labels is None else selects(by_namespace, followed.namespace_labels)


def _taking(view: ClusterView, pod: Pod, followed: Followed, wanted: bool | None) -> tuple[str, ...]:  # noqa: FBT001 - one of three
    found = view.observed.pod_networkings.values()
    return tuple(item.name for item in found if _takes(item, pod, followed) is wanted)


def _planned(view: ClusterView, pod: Pod) -> str | None:
    workload = view.workload_of(pod)
    return None if workload is None else workload.pod_networking


def _selector(view: ClusterView, pod: Pod, followed: Followed) -> Step:
    taking, open_ = _taking(view, pod, followed, wanted=True), _taking(view, pod, followed, wanted=None)
    planned = _planned(view, pod)
    show = say("compare: kubectl get podnetworking -o yaml; kubectl -n {namespace} get pod {name} --show-labels; "
               "kubectl get namespace {namespace} --show-labels", namespace=pod.namespace, name=pod.name)  # fmt: skip
    if planned is not None and planned not in (*taking, *open_) and pod.networking != planned:
        told = say("PodNetworking {planned} of the plan does not select it", planned=planned)
        return Step("selector", "stop", told, show)
    if taking:
        return Step("selector", "ok", say("selected by PodNetworking {names}", names=taking))
    if open_:
        told = say("whether PodNetworking {names} selects it depends on the labels of its namespace", names=open_)
        return Step("selector", "unknown", told, show)
    if "PodNetworking" in view.observed.unseen:
        return Step("selector", "unknown", say("the PodNetworkings are unknown"), show)
    return Step("selector", "ok", say("no PodNetworking selects it: it gets the network of its node's ConfigMap"))


def _webhook(view: ClusterView, pod: Pod, followed: Followed) -> Step:
    if pod.networking:
        return Step("webhook", "ok", say("annotated with PodNetworking {name}", name=pod.networking))
    taking = _taking(view, pod, followed, wanted=True)
    if not taking:
        return Step("webhook", "ok", say("nothing to annotate"))
    state: State = "stop" if _planned(view, pod) is not None else "warning"
    recreate = delete_pod(pod.namespace, pod.name)
    if (followed.namespace_labels or {}).get(POD_ENI) == "false":
        told = say("not annotated: the label {label}=false of its namespace keeps the webhook away", label=POD_ENI)
        fix = say("kubectl label namespace {namespace} {label}-; then: {recreate}", namespace=pod.namespace,
                  label=POD_ENI, recreate=recreate)  # fmt: skip
        return Step("webhook", state, told, fix)
    waiting = tuple(name for name in taking if view.observed.pod_networkings[name].status != "Ready")
    if len(waiting) == len(taking):
        told = say("not annotated: PodNetworking {names} is not Ready", names=waiting)
        fix = say("kubectl describe podnetworking {name}; then: {recreate}", name=waiting[0], recreate=recreate)
        return Step("webhook", state, told, fix)
    told = say("selected by {names}, but not annotated: it was created before that was Ready, or labeled later",
               names=taking)  # fmt: skip
    return Step("webhook", state, told, say("recreate it: {recreate}", recreate=recreate))


def _request(pod: Pod) -> Step:
    if pod.eni:
        return Step("request", "ok", say("requests {resource}: {n}", resource=ENI, n=pod.eni))
    if pod.member_eni or not (pod.networking or pod.steered):
        return Step("request", "ok", say("requests no {resource}", resource=ENI))
    fix = say("`eniplan render-manifests --patch` adds the request to its manifest")
    told = say("requests no {resource}: the scheduler does not count the ENI that it uses", resource=ENI)
    return Step("request", "warning", told, fix)


def _scheduling(view: ClusterView, pod: Pod) -> Step:
    group = view.group_of(view.workload_of(pod))
    if group is not None and group.nodes and pod.node and pod.node not in {node.name for node in group.nodes}:
        told = say("on {node}, which is not in {pool}", node=pod.node, pool=group.label)
        fix = say("add the node affinity to the pod template: `eniplan render-manifests --patch` prints it")
        return Step("scheduling", "stop", told, fix)
    return Step("scheduling", "ok", say("on {node}", node=pod.node or say("no node yet")))


def _node(view: ClusterView, pod: Pod) -> Step:
    node = next((item for item in view.observed.nodes if item.name == pod.node), None)
    if node is None:
        return Step("node", "unknown", say("node {name} is not known", name=pod.node), say("kubectl get nodes"))
    if not node.is_exclusive:
        told = say("{node} is not an exclusive node: the pod has no ENI of its own there", node=node.name)
        wants = bool(pod.eni or pod.steered or view.workload_of(pod))
        fix = say("kubectl get node {node} -L {label}", node=node.name, label=EXCLUSIVE_LABEL)
        return Step("node", "stop" if wants else "ok", told, fix if wants else "")
    if not node.ready:
        return Step("node", "warning", say("{node} is not Ready", node=node.name), say("kubectl describe node {node}",
                    node=node.name))  # fmt: skip
    return Step("node", "ok", say("exclusive and Ready, and Terway runs there"))


def _pod_eni(view: ClusterView, pod: Pod) -> Step:
    eni = view.pod_eni(pod)
    if eni is None:
        if "PodENI" in view.observed.unseen:
            return Step("PodENI", "unknown", say("the PodENIs are unknown"), say("kubectl get podenis -A"))
        return Step("PodENI", "ok", say("none, because it shares the ENIs of its node"))
    return Step("PodENI", "ok", say("in phase {phase}", phase=eni.phase or "(none)"))


def _interface(view: ClusterView, pod: Pod) -> Step:
    eni = view.pod_eni(pod)
    if eni is None:
        return Step("interface", "ok", say("none of its own"))
    where = say(" in {vSwitches}", vSwitches=eni.v_switch_ids) if eni.v_switch_ids else NOTHING
    if not eni.types:
        fix = say("kubectl -n {namespace} get podeni {name} -o yaml", namespace=pod.namespace, name=pod.name)
        return Step("interface", "unknown", say("the PodENI lists none"), fix)
    return Step("interface", "ok", say("{types}, attached{where}", types=eni.types, where=where))


def _address(view: ClusterView, pod: Pod, followed: Followed) -> Step:
    if not followed.address:
        told = say("none is listed")
        return Step("address", "unknown", told, say("kubectl -n {namespace} get pod {name} -o wide",
                    namespace=pod.namespace, name=pod.name))  # fmt: skip
    eni = view.pod_eni(pod)
    same = say(", the address of its ENI") if eni is not None and eni.address == pod.address else NOTHING
    return Step("address", "ok", say("{address}{same}", address=followed.address, same=same))


def _start(pod: Pod) -> Step:
    if pod.trouble is None:
        return Step("start", "ok", say("Running and Ready"))
    return Step("start", "ok" if pod.trouble.phase == "Running" else "unknown", state_of(pod.trouble))


# --- a node -------------------------------------------------------------------------------------------------------

NODE_STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("label", ("VER004",)),
    ("Ready", ("VER003",)),
    ("open", ("VER036", "VER005")),
    ("Terway", ("VER033", "VER025")),
    (ENI, ("VER006", "VER007", "VER039")),
    ("configuration", ("VER008", "VER035", "VER024")),
    ("room", ("VER018", "VER037")),
)
"""The steps of a node, and the rules that judge each."""


def trace_node(view: ClusterView, name: str) -> Trace | None:
    """Trace a node from its label to the ENIs of its pods; None if it does not exist."""
    node = next((item for item in view.observed.nodes if item.name == name), None)
    if node is None:
        return None
    group = next((group for group in view.groups if node in group.nodes), None)
    subject = say("node {name}", name=name)
    if group is None:
        told = say("not judged: it has no label {label}={value}, and matches no pool of the plan",
                   label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE)  # fmt: skip
        return Trace(subject, (Step("label", "stop", told, say("kubectl get node {name} --show-labels", name=name)),))
    lacking = _lacking(view, node)
    steps = (*(_judged(view, node, step, rules) for step, rules in NODE_STEPS), _its_pods(view, node))
    found = tuple(
        Step(step.name, "unknown", *lacking[step.name]) if step.state == "ok" and step.name in lacking else step
        for step in steps
    )
    return Trace(say("{subject} of {pool}", subject=subject, pool=group.label), found)


def _judged(view: ClusterView, node: Node, name: str, rules: tuple[str, ...]) -> Step:
    judged = [(hit, hit.level or BY_ID[rule].level) for rule in rules for hit in _hits(view, rule)]
    found = [(hit, level) for hit, level in judged if _is_about(hit, node)]
    if not found:
        return Step(name, "ok", _well(view, node, name))
    worst, level = min(found, key=lambda pair: pair[1] != "error")
    return Step(name, "stop" if level == "error" else "warning", worst.message, worst.hint)


def _lacking(view: ClusterView, node: Node) -> dict[str, tuple[Message, Message]]:
    """Return what is unknown of a node, and what shows it, by step."""
    about = {"namespace": SYSTEM_NAMESPACE, "name": node.config}
    found: dict[str, tuple[Message, Message]] = {}
    if node.name not in view.agents:
        found["Terway"] = say("nothing is known about it"), terway_on(node.name)
    if view.config_of(node) is None:
        shown = say("kubectl -n {namespace} get configmap {name} -o yaml", **about)
        found["configuration"] = say("ConfigMap {namespace}/{name} is unknown", **about), shown
    if node.room.pods is None:
        shown = say("kubectl get node {node} -o yaml", node=node.name)
        found["room"] = say("how many pods it admits is unknown"), shown
    if "Pod" in view.observed.unseen:
        shown = say("kubectl get pods -A --field-selector spec.nodeName={node}", node=node.name)
        found |= dict.fromkeys((ENI, "room", "pods"), (say("the pods are unknown"), shown))
    return found


def _well(view: ClusterView, node: Node, name: str) -> Message:
    """Return the passed step of a node, in words."""
    config, taints = view.config_of(node), tuple(map(str, node.taints))
    ids = config.v_switches.get(node.zone or "", ()) if config is not None else ()
    return {
        "label": say("{label}={value}", label=EXCLUSIVE_LABEL, value=node.labels.get(EXCLUSIVE_LABEL, "")),
        "Ready": say("it is"),
        "open": say("to pods that tolerate {taints}", taints=taints) if taints else say("to all pods"),
        "Terway": say("runs"),
        ENI: say("{free} of {n} are free", n=node.allocatable or 0, free=view.free.get(node.name, 0)),
        "configuration": say("ConfigMap {namespace}/{name}, with vSwitches {ids} in {zone}",
                             ids=ids or say("(none known)"), namespace=SYSTEM_NAMESPACE, name=node.config,
                             zone=node.zone or say("its zone")),
        "room": say("{used} of {most} pods", used=view.used(node).pods or 0, most=node.room.pods or 0),
    }[name]  # fmt: skip


def _its_pods(view: ClusterView, node: Node) -> Step:
    pods = [pod for pod in view.pods_by_node.get(node.name, ()) if not pod.leaving]
    stopped = [
        (stop, pod) for alike in view.once(stops).values() for stop, found in alike.values() for pod in found
        if pod.node == node.name and not stop.level
    ]  # fmt: skip
    total = count(len(pods), "{n} pod that uses an ENI", "{n} pods that use ENIs")
    if not stopped:
        return Step("pods", "ok", say("{total}, and nothing is wrong with them", total=total))
    told = say("{n} of {total} stopped: {names}", n=len(stopped), total=total,
               names=named([f"{pod.namespace}/{pod.name}" for _, pod in stopped]))  # fmt: skip
    first = stopped[0][1]
    fix = say("eniplan verify --pod {namespace}/{name}", namespace=first.namespace, name=first.name)
    return Step("pods", "stop", told, fix)


def _hits(view: ClusterView, rule: str) -> list[Hit]:
    return [outcome for outcome in BY_ID[rule].check(view) if isinstance(outcome, Hit)]


def _nodes(hit: Hit) -> list[str]:
    return listing(hit.facts.get("nodes"))


def _is_about(hit: Hit, node: Node) -> bool:
    if hit.path[0] == "ConfigMap":
        return hit.path[-1] == node.config and hit.facts.get("zone", node.zone) == node.zone
    return hit.path == ("Node", node.name) or node.name in _nodes(hit)
