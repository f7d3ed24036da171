"""VER031: the plan's workloads in a running cluster, and why their pods are not created."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.kinds import ENDED, ENDING
from eniplan.k8s.terway import IGNORE_LABEL
from eniplan.messages import NOTHING, count, named, say, together
from eniplan.rules.base import Hit, Outcome, Unknown, cluster_rule
from eniplan.rules.cluster_view import called, grouped
from eniplan.rules.examples import ABSENT
from eniplan.rules.pod_path import released
from eniplan.rules.sources import EXCL

if TYPE_CHECKING:
    from collections.abc import Callable

    from eniplan.messages import Message
    from eniplan.observed import Controller
    from eniplan.plan.model import Workload
    from eniplan.rules.cluster_view import ClusterView


@cluster_rule(
    "VER031",
    "error",
    "A workload of the plan is missing, or incomplete",
    needs=(
        facts.PODS,
        facts.EVENTS,
        facts.WORKLOAD_NAME,
        facts.NAMESPACE,
        facts.WORKLOAD_KIND,
        facts.WORKLOAD_POOL,
        facts.REPLICAS,
        facts.HOST_NETWORK,
        facts.WORKLOAD_STARTS,
        facts.WORKLOAD_RAN,
    ),
    effect="Some of the planned pods do not run.",
    sources=(EXCL,),
    fails={"pods[2]": ABSENT, "podENIs[2]": ABSENT},
)
def ver031(view: ClusterView) -> Outcome:
    """The pods of each workload, by namespace and owner, against its replicas, or against the nodes of its pool."""
    workloads = view.planned_workloads
    unseen = tuple(view.unseen("Pod")) if workloads else ()
    yield from unseen
    own = grouped((workload.path, item.node) for workload, item in view.workload_pods)
    # VER001 reports pools that should have nodes but have none.
    bare = {g.name for g in view.groups if not g.nodes and g.pool is not None and g.pool.pool.sizes.desired}
    for workload in () if unseen else (item for item in workloads if item.node_pool not in bare):
        yield from _proof(view, workload, own.get(workload.path, []), view.other_pods.get(workload.path, {}))


def _kubectl(verb: str, workload: Workload) -> Message:
    return say("kubectl -n {namespace} {verb} {kind} {name}", namespace=workload.namespace, verb=verb,
               kind=workload.kind.lower(), name=workload.name)  # fmt: skip


def _proof(view: ClusterView, workload: Workload, nodes: list[str], others: dict[str, list[str]]) -> Outcome:
    """Yield what a workload lacks. `nodes` has the node of each pod that uses an ENI; empty for unscheduled pods."""
    label, describe = called(workload), _kubectl("describe", workload)
    bare = [node for phase, found in others.items() if phase not in ENDED for node in found]
    if bare and not workload.host_network:
        message = say("{pods} of {workload} without an ENI: hostNetwork, or the label {label}",
                      pods=count(len(bare), "{n} pod", "{n} pods"), workload=label, label=IGNORE_LABEL)  # fmt: skip
        yield Hit(workload.path, message, say("remove that from the pod template: {command}", command=describe))
    for phase in sorted(others.keys() - {*ENDED, "Running"}) if workload.host_network else ():
        message = say("{pods} of {workload} not running: {phase}", workload=label, phase=phase or "no phase",
                      pods=count(len(others[phase]), "{n} pod", "{n} pods"))  # fmt: skip
        yield Hit(workload.path, message, describe)
    alive = [*nodes, *bare]
    if workload.kind == "DaemonSet":
        yield from _on_each_node(view, workload, alive)
    elif workload.kind in ENDING:
        yield from _by_time(view, workload, len(alive), others)
    elif len(alive) < workload.replicas:
        yield _too_few(view, workload, len(alive), others)


def _by_time(view: ClusterView, workload: Workload, alive: int, others: dict[str, list[str]]) -> Outcome:
    """Yield what is wrong with pods that run to completion, of which nothing may be left."""
    found, label = view.controller_of(workload), called(workload)
    failed, once = bool(others.get("Failed")), workload.kind != "CronJob"
    end = "" if found is None else found.end
    if found is not None and found.held and not once:
        yield _too_few(view, workload, alive, others)
    elif end == "Complete" or (end != "Failed" and (others.get("Succeeded") or (alive and not once))):
        return
    elif alive or failed or view.refusals.get(workload.path) or (once and found is not None):
        if alive < workload.replicas:
            yield _too_few(view, workload, alive, others)
    elif once:
        hint = say("it was not found: it ended and was removed (ttlSecondsAfterFinished), was never applied, or you "
            "may not read it: {get}; kubectl -n {namespace} get events --field-selector involvedObject.name={name}",
                   get=_kubectl("get", workload), namespace=workload.namespace, name=workload.name)  # fmt: skip
        yield Unknown(workload.path, facts.WORKLOAD_RAN, label, hint)
    else:
        hint = say("none exists now; run one: kubectl -n {namespace} create job --from=cronjob/{name} {name}-test",
                   namespace=workload.namespace, name=workload.name)  # fmt: skip
        yield Unknown(workload.path, facts.WORKLOAD_STARTS, label, hint)


def _too_few(view: ClusterView, workload: Workload, alive: int, others: dict[str, list[str]]) -> Hit:
    """Return a hit for missing pods, with the reason if the cluster shows it."""
    failed, done = len(others.get("Failed", ())), len(others.get("Succeeded", ()))
    message = say("{workload} has {pods}; the plan has {planned}", workload=called(workload),
                  pods=count(alive, "{n} pod", "{n} pods"), planned=workload.replicas)  # fmt: skip
    if done:
        message = say("{message}; {done}", message=message, done=count(done, "{n} has ended", "{n} have ended"))
    if failed:
        message = say("{message}; {failed}", message=message,
                      failed=count(failed, "{n} has failed", "{n} have failed"))  # fmt: skip
        told = view.failure_of(workload)
        message = say("{message} ({told})", message=message, told=told) if told else message
    leaving = view.leaving_pods.get(workload.path, [])
    if leaving:
        message = say("{message}; {leaving}", message=message,
                      leaving=count(len(leaving), "{n} is being deleted", "{n} are being deleted"))  # fmt: skip
    cause = _cause(view, workload)
    numbers = {"pods": alive, "planned": workload.replicas}
    if cause is not None:
        why, fix = cause
        return Hit(workload.path, say("{message}; {why}", message=message, why=why), fix, numbers)
    describe = _kubectl("describe", workload)
    if failed:
        fix = say("find out why: {describe}; kubectl -n {namespace} get pods --field-selector status.phase=Failed",
                  describe=describe, namespace=workload.namespace)  # fmt: skip
    elif leaving:
        fix = released(view, leaving)
    elif alive or done or view.controller_of(workload) is not None:
        fix = describe
    else:
        fix = say("does it exist? {get}; if not, apply it: `eniplan render-manifests --workloads` prints it",
                  get=_kubectl("get", workload))  # fmt: skip
    return Hit(workload.path, message, fix, numbers)


def _on_each_node(view: ClusterView, workload: Workload, alive: list[str]) -> Outcome:
    """Yield the nodes of its pool on which a DaemonSet has no pod. Other rules report unscheduled pods."""
    yield from view.poolless((workload,))
    group = view.group_of(workload)
    nodes = () if group is None else group.nodes
    have = Counter(alive)
    lacking = [node.name for node in nodes if have[node.name] < workload.replicas]
    if len(lacking) > have[""]:
        message = say("{workload} lacks pods on {lacking} of {nodes}: {names}", workload=called(workload),
                      lacking=len(lacking), nodes=count(len(nodes), "{n} node", "{n} nodes"),
                      names=named(lacking))  # fmt: skip
        fix = say("does it tolerate the nodes' taints, and does its node selector match them? {describe}",
                  describe=_kubectl("describe", workload))  # fmt: skip
        cause = _cause(view, workload)
        if cause is not None:
            message, fix = say("{message}; {why}", message=message, why=cause[0]), cause[1]
        yield Hit(workload.path, message, fix, {"nodes": lacking})


# --- why pods are not created --------------------------------------------------------------------------------------


def _cause(view: ClusterView, workload: Workload) -> tuple[Message, Message] | None:
    """Return why a workload has fewer pods than planned, and the fix; None if unknown."""
    found, refused = view.controller_of(workload), view.refusals.get(workload.path)
    if found is not None and found.held:
        return _held(workload)
    if found is not None and found.replicas is not None and found.replicas < workload.replicas:
        fix = say("kubectl -n {namespace} scale {kind} {name} --replicas={planned}; has an autoscaler set it? "
                  "kubectl -n {namespace} get hpa", namespace=workload.namespace, kind=workload.kind.lower(),
                  name=workload.name, planned=workload.replicas)  # fmt: skip
        return say("its spec.replicas is {replicas}", replicas=found.replicas), fix
    if refused is not None:
        times = say(" ({times} times)", times=refused.times) if refused.times > 1 else NOTHING
        why = say("its pods are refused{times}: {message}", times=times, message=refused.message)
        return why, _permitted(workload, refused.message)
    return None if found is None or not found.told else _told(workload, found)


def _held(workload: Workload) -> tuple[Message, Message]:
    if workload.kind in ENDING:
        fix = say("kubectl -n {namespace} patch {kind} {name} -p '{patch}'; a queue may have suspended it",
                  namespace=workload.namespace, kind=workload.kind.lower(), name=workload.name,
                  patch='{"spec":{"suspend":false}}')  # fmt: skip
        return say("it is suspended"), fix
    return say("it is paused"), _kubectl("rollout resume", workload)


def _told(workload: Workload, found: Controller) -> tuple[Message, Message]:
    return say("it reports: {message}", message=found.told), _permitted(workload, found.told)


_REFUSALS: tuple[tuple[str, Callable[[str], Message]], ...] = (
    (
        "quota",
        lambda ns: say("raise the quota of the namespace, or remove pods there: kubectl -n {namespace} describe quota",
                       namespace=ns),
    ),
    (
        r"(?:maximum|minimum) \w+ usage|limit to request ratio",
        lambda ns: say("bring its requests within the namespace's limits: kubectl -n {namespace} describe limitrange",
                       namespace=ns),
    ),
    (
        "PodSecurity",
        lambda ns: say("make its pods meet Pod Security, or exempt the namespace: kubectl get namespace {namespace} "
            "--show-labels", namespace=ns),
    ),
    (
        "PriorityClass",
        lambda _: say("create the class, or remove priorityClassName: kubectl get priorityclass"),
    ),
    (
        "service ?account",
        lambda ns: say("create the service account: kubectl -n {namespace} get serviceaccount", namespace=ns),
    ),
    (
        "ValidatingAdmissionPolicy",
        lambda _: say("meet the policy, or change it: kubectl get validatingadmissionpolicies"),
    ),
    (
        "podnetworking",
        lambda _: say("a PodNetworking must be Ready before its pods are created: kubectl get podnetworking"),
    ),
    (
        "failed calling webhook",
        lambda _: say("the webhook does not respond, and without it no pod is created: is its server, such as "
            "terway-controlplane, running? kubectl get mutatingwebhookconfigurations,validatingwebhookconfigurations"),
    ),
    (
        "admission webhook",
        lambda _: say("ask the owner of the webhook: kubectl get "
            "mutatingwebhookconfigurations,validatingwebhookconfigurations"),
    ),
    (
        "being terminated",
        lambda ns: say("the namespace is being deleted: kubectl get namespace {namespace} -o yaml", namespace=ns),
    ),
)  # fmt: skip
"""By a phrase in the rejection message: returns the fix for a namespace."""


def _permitted(workload: Workload, message: str) -> Message:
    """Return how to fix pods that the API server rejects."""
    describe = _kubectl("describe", workload)
    fix = next((fix for words, fix in _REFUSALS if re.search(words, message, re.IGNORECASE)), None)
    return describe if fix is None else together((fix(workload.namespace), describe))
