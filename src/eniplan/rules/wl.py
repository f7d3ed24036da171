"""WL rules: will the pods of a workload land on the pool, and get what they need there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.names import is_dns_label, name_problem
from eniplan.k8s.nodes import repelling, stays, toleration_of
from eniplan.messages import say
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.rules.base import Hit, Outcome, rule
from eniplan.rules.examples import POD_NETWORKING, WORKLOAD
from eniplan.rules.sources import CODE_LINGJUN, CODE_MATCH, CODE_PREDICT, EXCL, KUBERNETES_NAMES, KUBERNETES_TAINTS, PN
from eniplan.suggest import which_one

if TYPE_CHECKING:
    from eniplan.k8s.nodes import Taint
    from eniplan.rules.view import PlanView

_TOLERATION = {"key": "exclusive-eni", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
_NETWORKED = {"podNetworkings": [POD_NETWORKING]}


@rule(
    "WL001",
    "error",
    "A workload's pods do not tolerate the pool's taint",
    needs=(facts.WORKLOAD_POOL, facts.POOL_NAME, facts.KIND, facts.TOLERATIONS, facts.TAINTS),
    effect="The scheduler never places them on the pool; Terway's webhook adds no toleration.",
    sources=(EXCL, KUBERNETES_TAINTS),
    passes={"workloads": [{**WORKLOAD, "tolerations": [_TOLERATION]}]},
    fails={"workloads": [{**WORKLOAD, "tolerations": []}]},
)
def wl001(view: PlanView) -> Outcome:
    """Tolerations that the plan states; left out, eniplan renders the right ones."""
    for workload in view.plan.workloads:
        pool = view.pools_by_name.get(workload.node_pool)
        if pool is None or workload.tolerations is None:
            continue
        path = (*workload.path, "tolerations")
        about = {"kind": workload.kind, "name": workload.name, "pool": workload.node_pool}
        for taint in repelling(pool.pool.node_taints, workload.tolerations):
            message = say("{kind} {name!r} does not tolerate {taint} of pool {pool!r}", **about, taint=str(taint))
            yield Hit(path, message, say("add {toleration} to its tolerations", toleration=_spelled(taint)))
        for taint in pool.pool.node_taints:
            seconds = stays(taint, workload.tolerations)
            if seconds is not None:
                message = say(
                    "{kind} {name!r} tolerates {taint} of pool {pool!r} for {tolerationSeconds} s: "
                    "then its pods are evicted, and start anew",
                    **about, taint=str(taint), tolerationSeconds=seconds,
                )  # fmt: skip
                yield Hit(path, message, say("remove tolerationSeconds"))


def _spelled(taint: Taint) -> str:
    """Spell the toleration of a taint on one line."""
    fields = toleration_of(taint).written()
    words = (f"{key}: {repr(value) if key == 'value' else value}" for key, value in fields.items())
    return f"{{{', '.join(words)}}}"


@rule(
    "WL002",
    "warning",
    "The aliyun/eni request does not fit the way the pods are steered",
    needs=(
        facts.WORKLOAD_POOL,
        facts.POOL_NAME,
        facts.KIND,
        facts.ENI_REQUEST,
        facts.WORKLOAD_NETWORKING,
        facts.HOST_NETWORK,
        *facts.SELECTORS,
    ),
    effect="Without a request the scheduler does not count ENIs and places more pods than a node has: the surplus "
    "sticks in ContainerCreating. On Lingjun nobody offers aliyun/eni, so a request keeps the pods Pending.",
    sources=(EXCL, CODE_LINGJUN, CODE_PREDICT),
    passes={"workloads": [{**WORKLOAD, "eniRequest": 1}]},
    fails={"workloads": [{**WORKLOAD, "eniRequest": 0}]},
)
def wl002(view: PlanView) -> Outcome:
    """EniRequest 0 by node affinity on ECS; any request on Lingjun (error); more than the one ENI a pod gets."""
    for workload in view.plan.workloads:
        pool = view.pools_by_name.get(workload.node_pool)
        request = workload.eni_request
        if pool is None or request is None or workload.host_network:
            continue
        path = (*workload.path, "eniRequest")
        about = {"kind": workload.kind, "name": workload.name}
        numbers = {"eniRequest": request}
        if pool.pool.is_lingjun:
            if request:
                message = say("{kind} {name!r} requests aliyun/eni, which Lingjun nodes never offer", **about)
                yield Hit(path, message, say("remove the request"), numbers, level="error")
        elif request == 0 and workload.pod_networking is None:
            message = say(
                "{kind} {name!r} is steered by node affinity and requests no aliyun/eni: the scheduler over-places it",
                **about,
            )
            yield Hit(path, message, say("request aliyun/eni: 1 (limits equal requests)"), numbers)
        elif request > 1:
            message = say(
                "{kind} {name!r} requests {eniRequest} aliyun/eni for each pod, and a pod gets one", **about, **numbers
            )
            yield Hit(path, message, say("request 1"))


@rule(
    "WL003",
    "error",
    "A workload names a pool or PodNetworking that does not exist",
    needs=(facts.WORKLOAD_POOL, facts.WORKLOAD_NETWORKING, facts.POOL_NAME, facts.NETWORKING_NAME),
    effect="Its pods are judged for nothing, and in the cluster they land elsewhere or stay Pending.",
    sources=(EXCL,),
    passes={**_NETWORKED, "workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}]},
    fails={"workloads": [{**WORKLOAD, "nodePool": "tradin"}]},
)
def wl003(view: PlanView) -> Outcome:
    """References to other sections."""
    for workload in view.plan.workloads:
        references = (
            ("nodePool", say("node pool"), workload.node_pool, view.pools_by_name),
            ("podNetworking", say("PodNetworking"), workload.pod_networking, view.pod_networkings),
        )
        for key, what, name, known in references:
            if name is not None and name not in known:
                message = say(
                    "workload {workload!r} names the {what} {name!r}, which the plan does not have",
                    workload=workload.name, what=what, name=name,
                )  # fmt: skip
                yield Hit((*workload.path, key), message, which_one(name, known))


@rule(
    "WL004",
    "error",
    "The name of a workload is no Kubernetes name, or is taken",
    needs=(facts.WORKLOAD_NAME, facts.NAMESPACE, facts.WORKLOAD_KIND),
    effect="Kubernetes refuses the object, or one replaces the other.",
    sources=(KUBERNETES_NAMES,),
    passes={"workloads": [WORKLOAD]},
    fails={"workloads": [{**WORKLOAD, "name": "Matcher One"}]},
)
def wl004(view: PlanView) -> Outcome:
    """Names and namespaces, unique by kind."""
    seen = set()
    for workload in view.plan.workloads:
        problem = name_problem(workload.kind, workload.name)
        if problem:
            message = say("{name!r} is no Kubernetes object name: {problem}", name=workload.name, problem=problem)
            yield Hit((*workload.path, "name"), message, say("rename it"))
        if not is_dns_label(workload.namespace):
            message = say("{namespace!r} is no namespace name", namespace=workload.namespace)
            yield Hit((*workload.path, "namespace"), message, say("use lower-case letters, digits and '-'"))
        identity = workload.identity
        if identity in seen:
            message = say("two workloads are {kind} {namespace}/{name}", **identity._asdict())
            yield Hit((*workload.path, "name"), message, say("rename one of them"))
        seen.add(identity)


@rule(
    "WL005",
    "error",
    "A workload's PodNetworking is not meant for its pool",
    needs=(facts.WORKLOAD_POOL, facts.WORKLOAD_NETWORKING, facts.NETWORKING_POOLS, *facts.SELECTORS),
    effect="Zones and addresses of the PodNetworking may not fit the pool: its pods stay Pending.",
    sources=(EXCL, PN),
    passes={**_NETWORKED, "workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}]},
    fails={
        **_NETWORKED,
        "nodePools[1]": {
            "name": "gateway",
            "instanceTypes": ["ecs.g8i.4xlarge"],
            "vSwitchIds": ["vsw-j"],
            "desiredSize": 1,
        },
        "workloads": [{**WORKLOAD, "replicas": 3, "nodePool": "gateway", "podNetworking": "trading-eni"}],
    },
)
def wl005(view: PlanView) -> Outcome:
    """The pool of the workload is not in nodePools of its PodNetworking."""
    for workload in view.plan.workloads:
        pn = view.pod_networkings.get(workload.pod_networking or "")
        if pn is not None and pn.node_pools and workload.node_pool not in pn.node_pools:
            message = say(
                "workload {workload!r} runs on pool {pool!r}, and its PodNetworking {networking!r} "
                "is meant for {pools}",
                workload=workload.name, pool=workload.node_pool, networking=pn.name, pools=pn.node_pools,
            )  # fmt: skip
            hint = say("add {pool} to nodePools of {networking}", pool=workload.node_pool, networking=pn.name)
            yield Hit((*workload.path, "podNetworking"), message, hint)


@rule(
    "WL006",
    "warning",
    "A hostNetwork workload names a PodNetworking",
    needs=(facts.HOST_NETWORK, facts.WORKLOAD_NETWORKING, *facts.SELECTORS),
    effect=f"Pods of the host network never get an ENI: the PodNetworking and {EXCLUSIVE_LABEL} mean nothing to them.",
    sources=(CODE_MATCH, CODE_PREDICT),
    passes={"workloads": [{**WORKLOAD, "hostNetwork": True}]},
    fails={**_NETWORKED, "workloads": [{**WORKLOAD, "hostNetwork": True, "podNetworking": "trading-eni"}]},
)
def wl006(view: PlanView) -> Outcome:
    """HostNetwork together with podNetworking."""
    for workload in view.plan.workloads:
        if workload.host_network and workload.pod_networking is not None:
            message = say(
                "{kind} {name!r} uses the host network and names a PodNetworking",
                kind=workload.kind, name=workload.name,
            )  # fmt: skip
            yield Hit((*workload.path, "podNetworking"), message, say("remove one of them"))
