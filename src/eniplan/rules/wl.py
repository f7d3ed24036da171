"""WL rules: will the pods of a workload land on the pool, and get what they need there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.plan.scheduling import pool_taints, tolerates
from eniplan.rules.base import Hit, Outcome, rule
from eniplan.rules.examples import POD_NETWORKING, WORKLOAD
from eniplan.rules.sources import CODE_LINGJUN, CODE_MATCH, CODE_PREDICT, EXCL, KUBERNETES_NAMES, KUBERNETES_TAINTS, PN
from eniplan.rules.syntax import is_dns_label, is_subdomain
from eniplan.suggest import which_one

if TYPE_CHECKING:
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
        for taint in pool_taints(pool.pool):
            # PreferNoSchedule keeps no pod away.
            if taint.effect != "PreferNoSchedule" and not any(
                tolerates(toleration, taint) for toleration in workload.tolerations
            ):
                message = f"{workload.kind} {workload.name!r} does not tolerate {taint} of pool {workload.node_pool!r}"
                value = f"operator: Equal, value: {taint.value!r}" if taint.value else "operator: Exists"
                hint = f"add {{key: {taint.key}, {value}, effect: {taint.effect}}} to its tolerations"
                yield Hit((*workload.path, "tolerations"), message, hint, {"taint": str(taint)})


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
        what = f"{workload.kind} {workload.name!r}"
        facts = {"eniRequest": request}
        if pool.pool.is_lingjun:
            if request:
                message = f"{what} requests aliyun/eni, which Lingjun nodes never offer"
                yield Hit(path, message, "remove the request", facts, level="error")
        elif request == 0 and workload.pod_networking is None:
            message = f"{what} is steered by node affinity and requests no aliyun/eni: the scheduler over-places it"
            yield Hit(path, message, "request aliyun/eni: 1 (limits equal requests)", facts)
        elif request > 1:
            message = f"{what} requests {request} aliyun/eni for each pod, and a pod gets one"
            yield Hit(path, message, "request 1", facts)


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
            ("nodePool", "node pool", workload.node_pool, view.pools_by_name),
            ("podNetworking", "PodNetworking", workload.pod_networking, view.pod_networkings),
        )
        for key, kind, name, known in references:
            if name is not None and name not in known:
                message = f"workload {workload.name!r} names the {kind} {name!r}, which the plan does not have"
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
        if not is_subdomain(workload.name):
            hint = "use lower-case letters, digits, '-' and '.'"
            yield Hit((*workload.path, "name"), f"{workload.name!r} is no Kubernetes object name", hint)
        if not is_dns_label(workload.namespace):
            hint = "use lower-case letters, digits and '-'"
            yield Hit((*workload.path, "namespace"), f"{workload.namespace!r} is no namespace name", hint)
        identity = (workload.kind, workload.namespace, workload.name)
        if identity in seen:
            message = f"two workloads are {workload.kind} {workload.namespace}/{workload.name}"
            yield Hit((*workload.path, "name"), message, "rename one of them")
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
            message = (
                f"workload {workload.name!r} runs on pool {workload.node_pool!r}, and its PodNetworking {pn.name!r} "
                f"is meant for {', '.join(pn.node_pools)}"
            )
            hint = f"add {workload.node_pool} to nodePools of {pn.name}"
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
            message = f"{workload.kind} {workload.name!r} uses the host network and names a PodNetworking"
            yield Hit((*workload.path, "podNetworking"), message, "remove one of them")
