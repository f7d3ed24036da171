"""WL rules: whether the pods of a workload land on their pool and get what they need there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan import facts
from eniplan.k8s.kinds import FIXED_NAMES
from eniplan.k8s.names import generated, is_dns_label, name_problem
from eniplan.k8s.nodes import ARCH_LABELS, REGION_LABELS, ZONE_LABELS, repelling, stays, toleration_of
from eniplan.k8s.pods import AFFINITY, TERMS
from eniplan.k8s.refusals import is_own, selector_flaws, strategy_flaws, version_flaw
from eniplan.k8s.terway import ENI, IGNORE_LABEL, MEMBER_ENI, NETWORKING, NETWORKS, NETWORKS_REQUEST, POD_ENI
from eniplan.messages import say
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_NODE, EXCLUSIVE_VALUE
from eniplan.rules.base import Fix, Hit, Outcome, Unknown, lacking, rule
from eniplan.rules.examples import GATEWAY_POOL, POD_NETWORKING, WORKLOAD
from eniplan.rules.packing import injected
from eniplan.rules.sources import (
    CODE_CHAIN,
    CODE_LABEL,
    CODE_LINGJUN,
    CODE_MATCH,
    CODE_NETWORKS,
    CODE_PREDICT,
    CODE_RESOURCE,
    CODE_WEBHOOK,
    EXCL,
    KUBERNETES_AFFINITY,
    KUBERNETES_GONE,
    KUBERNETES_NAMES,
    KUBERNETES_RESOURCES,
    KUBERNETES_ROLLOUT,
    KUBERNETES_TAINTS,
    PN,
    QOS,
    REL,
)
from eniplan.suggest import nearest, which_one

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.k8s.labels import Flaw, Path, Requirement
    from eniplan.k8s.nodes import Placement, Taint
    from eniplan.k8s.pods import Pod
    from eniplan.plan.model import Workload
    from eniplan.rules.view import PlanView, PoolView

_TOLERATION = {"key": "exclusive-eni", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
_NETWORKED = {"podNetworkings": [POD_NETWORKING]}


@rule(
    "WL001",
    "error",
    "A workload's pods do not tolerate the pool's taint",
    needs=(facts.WORKLOAD_POOL, facts.POOL_NAME, facts.KIND, facts.TOLERATIONS, facts.TAINTS, facts.TEMPLATE),
    effect="The scheduler never places them on the pool; Terway's webhook adds no toleration.",
    sources=(EXCL, KUBERNETES_TAINTS),
    passes={"workloads": [{**WORKLOAD, "tolerations": [_TOLERATION]}]},
    fails={"workloads": [{**WORKLOAD, "tolerations": []}]},
)
def wl001(view: PlanView) -> Outcome:
    """The stated tolerations. If the plan states none, eniplan renders the right ones."""
    for workload in view.plan.workloads:
        pool = view.pools_by_name.get(workload.node_pool)
        if pool is None or workload.tolerations is None:
            continue
        path = workload.at("tolerations")
        about = {"kind": workload.kind, "name": workload.name, "pool": workload.node_pool}
        for taint in repelling(pool.pool.node_taints, workload.tolerations):
            message = say("{kind} {name!r} does not tolerate {taint} of pool {pool!r}", **about, taint=str(taint))
            hint = say("add {toleration} to its tolerations", toleration=_spelled(taint))
            yield Hit(path, message, hint, fix=Fix("item", toleration_of(taint).written()))
        for taint in pool.pool.node_taints:
            seconds = stays(taint, workload.tolerations)
            if seconds is not None:
                message = say(
                    "{kind} {name!r} tolerates {taint} of pool {pool!r} for {tolerationSeconds} s: its pods are "
                    "evicted after that, and start again",
                    **about, taint=str(taint), tolerationSeconds=seconds,
                )  # fmt: skip
                yield Hit(path, message, say("remove tolerationSeconds"))


def _spelled(taint: Taint) -> str:
    """Return the toleration of a taint on one line."""
    fields = toleration_of(taint).written()
    words = (f"{key}: {repr(value) if key == 'value' else value}" for key, value in fields.items())
    return f"{{{', '.join(words)}}}"


@rule(
    "WL002",
    "warning",
    "The aliyun/eni request does not fit how the pods are placed",
    needs=(
        facts.WORKLOAD_POOL,
        facts.POOL_NAME,
        facts.KIND,
        facts.ENI_REQUEST,
        facts.WORKLOAD_NETWORKING,
        facts.HOST_NETWORK,
        *facts.SELECTORS,
    ),
    effect="Without a request the scheduler does not count ENIs and places more pods than a node can carry: the "
    "surplus gets stuck in ContainerCreating. Lingjun nodes never offer aliyun/eni, so a request keeps the pods "
    "Pending.",
    sources=(EXCL, CODE_LINGJUN, CODE_PREDICT),
    passes={"workloads": [{**WORKLOAD, "eniRequest": 1}]},
    fails={"workloads": [{**WORKLOAD, "eniRequest": 0}]},
)
def wl002(view: PlanView) -> Outcome:
    """EniRequest 0 with node affinity on ECS, any request on Lingjun (error), and requests above what a pod gets."""
    for workload in view.plan.workloads:
        pool = view.pools_by_name.get(workload.node_pool)
        request = workload.eni_request
        if pool is None or request is None:
            continue
        path = workload.at("eniRequest")
        about = {"kind": workload.kind, "name": workload.name}
        numbers = {"eniRequest": request}
        if pool.pool.is_lingjun:
            if request:
                message = say("{kind} {name!r} requests aliyun/eni, which Lingjun nodes never offer", **about)
                yield Hit(path, message, say("remove the request"), numbers, level="error")
        elif workload.host_network:
            if request:
                message = say(
                    "{kind} {name!r} uses the host network and requests {eniRequest} aliyun/eni per pod, which its "
                    "pods never get: the scheduler keeps them from other pods",
                    **about, **numbers,
                )  # fmt: skip
                yield Hit(path, message, say("remove the request"), numbers)
        elif request == 0 and not injected(workload):
            if workload.pod is not None and workload.pod.is_misread:
                continue  # WL008 reports it
            message = say(
                "{kind} {name!r} is placed by node affinity and requests no aliyun/eni: the scheduler places "
                "too many of its pods",
                **about,
            )
            hint = say("request aliyun/eni: 1 (limits equal requests)")
            yield Hit(path, message, hint, numbers, fix=Fix("request", 1))
        elif request > max(injected(workload), 1):
            yield from _excess(workload, request)


def _excess(workload: Workload, request: int) -> Outcome:
    """Report a request above what a pod gets, at the container that is to ask for less."""
    gets = max(injected(workload), 1)
    asking = () if workload.pod is None else workload.pod.asking(ENI)
    is_first = not asking or asking[0].requests[ENI] > gets
    if injected(workload) and workload.pod is not None and not (is_first and asking[0] in workload.pod.containers[:1]):
        return  # WL010 reports the requests of the other containers
    message = say(
        "{kind} {name!r} requests {eniRequest} aliyun/eni per pod; a pod gets {gets}",
        kind=workload.kind, name=workload.name, eniRequest=request, gets=gets,
    )  # fmt: skip
    if is_first:
        path = (*workload.path, "eniRequest") if not asking else in_pod(workload, (*asking[0].path, "resources"))
        yield Hit(path, message, say("request {gets}", gets=gets), fix=Fix("request", gets))
    else:
        most = max(asking[1:], key=lambda container: container.requests[ENI])
        hint = say("remove the request of container {container!r}", container=most.name)
        yield Hit(in_pod(workload, (*most.path, "resources")), message, hint)


@rule(
    "WL003",
    "error",
    "A workload names a pool or PodNetworking that does not exist",
    needs=(facts.WORKLOAD_POOL, facts.WORKLOAD_NETWORKING, facts.POOL_NAME, facts.NETWORKING_NAME),
    effect="Its pods are not judged, and in the cluster they land elsewhere or stay Pending.",
    sources=(EXCL,),
    passes={**_NETWORKED, "workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}]},
    fails={"workloads": [{**WORKLOAD, "nodePool": "tradin"}]},
)
def wl003(view: PlanView) -> Outcome:
    """References to other sections."""
    for workload in view.plan.workloads:
        references = (
            ("nodePool", workload.node_pool, view.pools_by_name),
            ("podNetworking", workload.pod_networking, view.pod_networkings),
        )
        for key, name, known in references:
            if name is not None and name not in known:
                what = say("node pool") if key == "nodePool" else say("PodNetworking")
                message = say(
                    "workload {workload!r} names the {what} {name!r}, which the plan does not have",
                    workload=workload.name, what=what, name=name,
                )  # fmt: skip
                yield Hit((*workload.path, key), message, which_one(name, known))


@rule(
    "WL004",
    "error",
    "The name of a workload is not a valid Kubernetes name, or is already used",
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
        name = generated(workload.name) if workload.is_prefix else workload.name
        problem = name_problem(workload.kind, name)
        if problem:
            message = say(
                "{name!r} is not a valid Kubernetes object name: {problem}", name=workload.name, problem=problem
            )
            yield Hit((*workload.path, "name"), message, say("rename it"))
        if not is_dns_label(workload.namespace):
            message = say("{namespace!r} is not a valid namespace name", namespace=workload.namespace)
            yield Hit((*workload.path, "namespace"), message, say("use lower-case letters, digits and '-'"))
        identity = workload.identity
        if identity in seen and not workload.is_prefix:
            message = say("two workloads are {kind} {namespace}/{name}", **identity._asdict())
            yield Hit((*workload.path, "name"), message, say("rename one of them"))
        seen.add(identity)


@rule(
    "WL005",
    "error",
    "A workload's PodNetworking does not target its pool",
    needs=(facts.WORKLOAD_POOL, facts.WORKLOAD_NETWORKING, facts.NETWORKING_POOLS, *facts.SELECTORS),
    effect="Zones and addresses of the PodNetworking may not fit the pool: its pods stay Pending.",
    sources=(EXCL, PN),
    passes={**_NETWORKED, "workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}]},
    fails={
        **_NETWORKED,
        "nodePools[1]": GATEWAY_POOL,
        "workloads": [{**WORKLOAD, "replicas": 3, "nodePool": "gateway", "podNetworking": "trading-eni"}],
    },
)
def wl005(view: PlanView) -> Outcome:
    """The pool of the workload is not in nodePools of its PodNetworking."""
    for workload in view.plan.workloads:
        pn = view.pod_networkings.get(workload.pod_networking or "")
        if workload.node_pool not in view.pools_by_name:
            continue  # WL003, or which one is not known
        if pn is not None and pn.node_pools and workload.node_pool not in pn.node_pools:
            message = say(
                "workload {workload!r} runs on pool {pool!r}, but its PodNetworking {networking!r} targets {pools}",
                workload=workload.name, pool=workload.node_pool, networking=pn.name, pools=pn.node_pools,
            )  # fmt: skip
            hint = say("add {pool} to nodePools of {networking}", pool=workload.node_pool, networking=pn.name)
            yield Hit((*workload.path, "podNetworking"), message, hint)


@rule(
    "WL006",
    "warning",
    "A hostNetwork workload names a PodNetworking",
    needs=(facts.HOST_NETWORK, facts.WORKLOAD_NETWORKING, *facts.SELECTORS),
    effect=f"Pods of the host network never get an ENI: the PodNetworking and {EXCLUSIVE_LABEL} have no effect on "
    "them.",
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


_POD: dict[str, Any] = {"containers": [{"name": "c"}], "tolerations": [_TOLERATION]}
_ASKING = {"requests": {ENI: 1}, "limits": {ENI: 1}}
_ASKING_MEMBER = {"requests": {MEMBER_ENI: 1}, "limits": {MEMBER_ENI: 1}}


def manifest(metadata: Mapping[str, Any] | None = None, **spec: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return a workload with its own manifest."""
    own = {"metadata": metadata or {}, "spec": {**_POD, **spec}}
    return {**WORKLOAD, "kind": "Deployment", "replicas": 2, "template": own}


def _affinity(value: str) -> dict[str, Any]:
    rule = {"key": EXCLUSIVE_LABEL, "operator": "In", "values": [value]}
    required = {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}


def _exclusive(view: PlanView) -> Iterator[tuple[Workload, Pod]]:
    """Yield the workloads that have their own manifest and do not use hostNetwork."""
    for workload in view.plan.workloads:
        if workload.pod is not None and not workload.host_network:
            yield workload, workload.pod


def in_pod(workload: Workload, path: Path) -> Path:
    """Return the key path of a value in the pod template of a workload."""
    return (*workload.path, "template", *path)


@rule(
    "WL007",
    "error",
    "A workload's node selector and node affinity match no node of the pool",
    needs=(
        facts.TEMPLATE,
        facts.WORKLOAD_POOL,
        facts.POOL_NAME,
        facts.KIND,
        facts.LABELS,
        facts.REGION,
        facts.NODE_V_SWITCHES,
        facts.V_SWITCHES,
        *facts.ALL_TYPES,
        facts.ARCHITECTURE,
    ),
    effect="The pods stay Pending: label values are compared exactly, and all of the selector and one term of the "
    "affinity must match.",
    sources=(KUBERNETES_AFFINITY, CODE_LABEL),
    passes={"workloads": [manifest(affinity=_affinity(EXCLUSIVE_VALUE))]},
    fails={"workloads": [manifest(affinity=_affinity("enionly"))]},
)
def wl007(view: PlanView) -> Outcome:
    """The required labels against those of the pool's nodes: its own, region, zones, instance types, architecture."""
    for workload in view.plan.workloads:
        if workload.pod is None or workload.pod.placement.terms == ():  # WL008 reports an affinity without terms
            continue
        placement, pool = workload.pod.placement, view.pools_by_name.get(workload.node_pool)
        about = {"kind": workload.kind, "name": workload.name}
        if placement.terms and not any(term.expressions or term.fields for term in placement.terms):
            message = say("{kind} {name!r} has a node affinity with an empty term, which matches no node", **about)
            path = ("spec", *AFFINITY, TERMS)
            yield Hit(in_pod(workload, path), message, say("remove the term, or add its requirements"))
        elif placement.allows(EXCLUSIVE_NODE) is False and not (pool and placement.allows(pool.node_labels)):
            asked = [r for r in placement.requirements() if EXCLUSIVE_NODE.meets(r) is False]
            key = asked[0].key if asked[0].key in EXCLUSIVE_NODE.labels else EXCLUSIVE_LABEL  # a misspelling of it
            message = say(
                "{kind} {name!r} selects nodes with {requirements}; exclusive nodes have {label}={value}, and values "
                "are compared exactly",
                **about, requirements=tuple(map(str, asked)), label=key, value=EXCLUSIVE_NODE.labels[key],
            )  # fmt: skip
            is_value = asked[0].key == EXCLUSIVE_LABEL and asked[0].operator == "In"
            hint = (
                say("write {value}", value=EXCLUSIVE_VALUE) if is_value
                else say("remove it") if key == asked[0].key
                else say("write {value}", value=EXCLUSIVE_LABEL)
            )  # fmt: skip
            fix = _value_fix(asked[0]) if is_value else None
            yield Hit(in_pod(workload, asked[0].path), message, hint, fix=fix)
        elif pool is not None:
            yield from _other_nodes(workload, placement, pool)


def _other_nodes(workload: Workload, placement: Placement, pool: PoolView) -> Outcome:
    """Report pods that exclusive nodes could run, but not those of their pool."""
    nodes, allowed = pool.node_labels, placement.allows(pool.node_labels)
    if allowed is None:
        yield from unknown_places(placement, pool)
    if allowed is not False:
        return
    asked = [r for r in placement.requirements() if nodes.meets(r) is False]
    message = say(
        "{kind} {name!r} selects labels that nodes of pool {pool!r} do not have: {requirements}",
        kind=workload.kind, name=workload.name, pool=pool.pool.name, requirements=tuple(map(str, asked)),
    )  # fmt: skip
    have = [f"{key}={value}" for key in dict.fromkeys(r.key for r in asked) for value in nodes.values(key)]
    hint = say("they have {labels}", labels=tuple(have)) if have else say("compare them with the labels of the pool")
    yield Hit(in_pod(workload, asked[0].path), message, hint)


def unknown_places(placement: Placement, pool: PoolView) -> Outcome:
    """Yield what is unknown of the region, zones and architecture that pods ask for."""
    unknown = {r.key for r in placement.requirements()} - set(pool.node_labels.among)
    if not unknown.isdisjoint(REGION_LABELS):
        yield lacking(facts.REGION)
    if not unknown.isdisjoint(ZONE_LABELS) and pool.pool.v_switch_ids and not pool.pool.is_lingjun:
        yield lacking(facts.V_SWITCHES)
    if not unknown.isdisjoint(ARCH_LABELS):
        unseen = (use for use in pool.types if not pool.view.catalog.architectures([use.name]))
        yield from (Unknown(use.path, facts.ARCHITECTURE, use.name) for use in unseen)


def _value_fix(asked: Requirement) -> Fix | None:
    """Return the exclusive label as a fix, if the requested value resembles its value."""
    near = len(asked.values) == 1 and nearest(asked.values[0], (EXCLUSIVE_VALUE,)) is not None
    return Fix("label", (EXCLUSIVE_LABEL, EXCLUSIVE_VALUE)) if near else None


@rule(
    "WL008",
    "error",
    "Kubernetes or Terway's webhook refuses a workload, or its pods",
    needs=(facts.TEMPLATE, facts.API_VERSION, facts.SELECTOR, facts.STRATEGY, facts.WORKLOAD_KIND),
    effect="No pod is created; kubectl or the controller's events say why.",
    sources=(KUBERNETES_RESOURCES, KUBERNETES_TAINTS, KUBERNETES_ROLLOUT, KUBERNETES_GONE, CODE_WEBHOOK),
    passes={"workloads": [manifest(containers=[{"name": "c", "resources": _ASKING}])]},
    fails={"workloads": [manifest(containers=[{"name": "c", "resources": {**_ASKING, "limits": {ENI: 2}}}])]},
)
def wl008(view: PlanView) -> Outcome:
    """Versions that are gone, invalid selectors, strategies, requests, tolerations, affinity and annotations."""
    for workload in view.plan.workloads:
        for flaw in _refusals(workload):
            message = say("{kind} {name!r}: {problem}", kind=workload.kind, name=workload.name, problem=flaw.message)
            yield Hit((*workload.path, *flaw.path), message, flaw.hint)
    for workload, pod in _exclusive(view):
        for flaw in pod.refused:
            message = say("{kind} {name!r}: {problem}", kind=workload.kind, name=workload.name, problem=flaw.message)
            yield Hit(in_pod(workload, flaw.path), message, flaw.hint, fix=_request_fix(workload, flaw))
        given = [key for key in (NETWORKING, NETWORKS, NETWORKS_REQUEST) if key in pod.annotations]
        if len(given) > 1:
            message = say(
                "{kind} {name!r} has the annotations {annotations}, which exclude each other",
                kind=workload.kind, name=workload.name, annotations=tuple(given),
            )  # fmt: skip
            yield Hit(in_pod(workload, ("metadata", "annotations", given[1])), message, say("keep one of them"))


def _refusals(workload: Workload) -> Iterator[Flaw]:
    """Yield why Kubernetes refuses a workload apart from its pods, with paths in it."""
    kind, version = workload.kind, workload.api_version
    gone = version_flaw(version, kind)
    if gone is not None:
        yield gone._replace(path=("apiVersion",))
    if workload.selector is not None and workload.pod is not None:
        for flaw in selector_flaws(workload.selector, workload.pod.labels):
            yield flaw._replace(path=("selector", *flaw.path))
    if workload.strategy is not None and (not version or is_own(version, kind) or kind == "Rollout"):
        for flaw in strategy_flaws(kind, workload.strategy):
            yield flaw._replace(path=("strategy", *flaw.path))


def _request_fix(workload: Workload, flaw: Flaw) -> Fix | None:
    """Return the number of ENIs that a pod gets as a fix, if either its request or its limit is that number."""
    gets = max(injected(workload), 1)
    found = flaw.message.facts
    is_one = found.get("resource") == ENI and gets in {found.get("request"), found.get("limit")}
    return Fix("request", gets) if is_one else None


@rule(
    "WL009",
    "error",
    "A workload requests aliyun/member-eni on an exclusive pool",
    needs=(facts.TEMPLATE,),
    effect="Only trunk nodes offer it: the pods stay Pending forever.",
    sources=(PN, CODE_RESOURCE),
    passes={"workloads": [manifest(containers=[{"name": "c", "resources": _ASKING}])]},
    fails={"workloads": [manifest(containers=[{"name": "c", "resources": _ASKING_MEMBER}])]},
)
def wl009(view: PlanView) -> Outcome:
    """Requests of any container."""
    for workload, pod in _exclusive(view):
        for container in pod.asking(MEMBER_ENI)[:1]:
            message = say(
                "{kind} {name!r} requests {resource}, which no exclusive node offers",
                kind=workload.kind, name=workload.name, resource=MEMBER_ENI,
            )  # fmt: skip
            path = (*container.path, "resources")
            yield Hit(in_pod(workload, path), message, say("request {resource} instead", resource=ENI))


@rule(
    "WL010",
    "warning",
    "A workload requests an ENI in addition to the webhook's",
    needs=(facts.TEMPLATE, facts.WORKLOAD_NETWORKING),
    effect="Terway's webhook sets the request of the first container, whatever the others request: each pod reserves "
    "more ENIs than it uses.",
    sources=(CODE_RESOURCE,),
    passes={
        **_NETWORKED,
        "workloads": [{**manifest(containers=[{"name": "c", "resources": _ASKING}]), "podNetworking": "trading-eni"}],
    },
    fails={
        **_NETWORKED,
        "workloads": [
            {
                **manifest(containers=[{"name": "c"}, {"name": "d", "resources": _ASKING}]),
                "podNetworking": "trading-eni",
            }
        ],
    },
)
def wl010(view: PlanView) -> Outcome:
    """Requests of other containers, including native sidecars, beside the request that the webhook adds."""
    for workload, pod in _exclusive(view):
        written = injected(workload)
        total = pod.request(ENI, first=written)
        if written and total > written:
            others = [c for c in pod.asking(ENI) if c not in pod.containers[:1]]
            most = max(others, key=lambda container: container.requests[ENI])
            message = say(
                "{kind} {name!r} uses {total} {resource} per pod: the webhook requests {written}, and container "
                "{container!r} its own",
                kind=workload.kind, name=workload.name, total=total, resource=ENI, written=written,
                container=most.name,
            )  # fmt: skip
            path = (*most.path, "resources")
            yield Hit(in_pod(workload, path), message, say("remove the request: the webhook adds it"))


@rule(
    "WL011",
    "warning",
    "A workload relies on a feature that exclusive nodes lack",
    needs=(facts.TEMPLATE,),
    effect="The CNI chain of an exclusive node has no portmap, so a hostPort is never opened; ingress bandwidth "
    "limits and packet priorities are ignored.",
    sources=(CODE_CHAIN, QOS),
    passes={"workloads": [manifest()]},
    fails={"workloads": [manifest(containers=[{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}])]},
)
def wl011(view: PlanView) -> Outcome:
    """HostPort, ingress-bandwidth and network-priority."""
    for workload, pod in _exclusive(view):
        about = {"kind": workload.kind, "name": workload.name}
        for container in (*pod.containers, *pod.init_containers):
            for path in container.host_ports[:1]:
                message = say("{kind} {name!r} has a hostPort, which nothing opens on an exclusive node", **about)
                yield Hit(in_pod(workload, path), message, say("use a Service, or the pod's address"))
        for key in pod.annotations:
            if key.partition("/")[2] in {"ingress-bandwidth", "network-priority"}:
                message = say(
                    "{kind} {name!r} has the annotation {annotation}, which exclusive nodes ignore",
                    **about, annotation=key,
                )  # fmt: skip
                yield Hit(in_pod(workload, ("metadata", "annotations", key)), message, say("remove it"))


@rule(
    "WL012",
    "error",
    "Terway ignores the pods of a workload on an exclusive pool",
    needs=(facts.TEMPLATE,),
    effect="Terway gives them no ENI and no address.",
    sources=(CODE_PREDICT, CODE_WEBHOOK),
    passes={"workloads": [manifest()]},
    fails={"workloads": [manifest({"labels": {IGNORE_LABEL: "true"}})]},
)
def wl012(view: PlanView) -> Outcome:
    """The label ignore-by-terway on pods."""
    for workload, pod in _exclusive(view):
        if pod.is_ignored:
            message = say(
                "{kind} {name!r} labels its pods {label}=true: Terway gives them no ENI",
                kind=workload.kind, name=workload.name, label=IGNORE_LABEL,
            )  # fmt: skip
            yield Hit(in_pod(workload, ("metadata", "labels", IGNORE_LABEL)), message, say("remove the label"))


@rule(
    "WL013",
    "error",
    "The networks of a workload cannot be used together, or at all",
    needs=(
        facts.TEMPLATE,
        facts.WORKLOAD_POOL,
        facts.POOL_NAME,
        facts.KIND,
        facts.NETWORKING_NAME,
        facts.ENI_TYPE,
        facts.ALLOCATION,
        facts.WORKLOAD_KIND,
        *facts.SELECTORS,
    ),
    effect="The webhook denies the pods: pods that request networks by annotation need PodNetworkings without "
    "selectors, all of one eniType. Lingjun has none.",
    sources=(CODE_NETWORKS, REL),
    passes={
        "podNetworkings": [{key: item for key, item in POD_NETWORKING.items() if key != "podSelector"}],
        "workloads": [manifest({"annotations": {NETWORKS_REQUEST: '[{"network": "trading-eni"}]'}})],
    },
    fails={
        **_NETWORKED,
        "workloads": [manifest({"annotations": {NETWORKS_REQUEST: '[{"network": "trading-eni"}]'}})],
    },
)
def wl013(view: PlanView) -> Outcome:
    """The PodNetworkings that k8s.aliyun.com/pod-networks-request names."""
    for workload, pod in _exclusive(view):
        path = in_pod(workload, ("metadata", "annotations", NETWORKS_REQUEST))
        about = {"kind": workload.kind, "name": workload.name}
        asked = {name: view.pod_networkings.get(name) for name in pod.networks or ()}
        for name, networking in asked.items():
            if networking is None:
                message = say(
                    "{kind} {name!r} requests the network {network!r}, but there is no such PodNetworking",
                    **about, network=name,
                )  # fmt: skip
                yield Hit(path, message, which_one(name, view.pod_networkings))
            elif networking.selectors:
                message = say(
                    "{kind} {name!r} requests the network {network!r}, whose PodNetworking has a selector",
                    **about, network=name,
                )  # fmt: skip
                yield Hit(path, message, say("use a PodNetworking without selectors"))
            elif networking.is_fixed and workload.kind not in FIXED_NAMES:
                message = say(
                    "{kind} {name!r} requests the Fixed network {network!r}, which is only for pods that keep their "
                    "names",
                    **about, network=name,
                )  # fmt: skip
                yield Hit(path, message, say("make it a StatefulSet, or use an Elastic PodNetworking"))
        types = dict.fromkeys(networking.eni_type for networking in asked.values() if networking is not None)
        if len(types) > 1:
            message = say("{kind} {name!r} requests networks of the eniTypes {types}", **about, types=tuple(types))
            yield Hit(path, message, say("use PodNetworkings of one eniType: ENI"))
        pool = view.pools_by_name.get(workload.node_pool)
        if asked and pool is not None and pool.pool.is_lingjun:
            message = say(
                "{kind} {name!r} requests networks on the Lingjun pool {pool!r}", **about, pool=pool.pool.name
            )
            yield Hit(path, message, say("remove the annotation"))


@rule(
    "WL014",
    "error",
    "A workload requests an ENI without a PodNetworking, and would get a shared one",
    needs=(facts.TEMPLATE, facts.WORKLOAD_NETWORKING, facts.ENI_TRUNKING),
    effect="In a cluster with trunking the webhook then requests aliyun/member-eni, which exclusive nodes never "
    "offer: the pods stay Pending.",
    sources=(CODE_WEBHOOK, CODE_RESOURCE),
    passes={
        **_NETWORKED,
        "workloads": [{**manifest({"annotations": {POD_ENI: "true"}}), "podNetworking": "trading-eni"}],
    },
    fails={"workloads": [manifest({"annotations": {POD_ENI: "true"}})]},
)
def wl014(view: PlanView) -> Outcome:
    """The annotation pod-eni, or networks of the pods' own. Trunking counts as on unless the plan turns it off."""
    for workload, pod in _exclusive(view):
        if view.cluster.terway.eni_trunking is False or workload.networks:
            continue
        if pod.own_networks:
            if "ENI" not in pod.own_networks:
                message = say(
                    "{kind} {name!r} has the annotation {annotation} without a network of eniType ENI: its pods "
                    "request {resource}",
                    kind=workload.kind, name=workload.name, annotation=NETWORKS, resource=MEMBER_ENI,
                )  # fmt: skip
                hint = say("remove it, and let a PodNetworking select the pods")
                yield Hit(in_pod(workload, ("metadata", "annotations", NETWORKS)), message, hint)
        elif pod.annotations.get(POD_ENI) == "true":
            message = say(
                "{kind} {name!r} has the annotation {annotation} and no PodNetworking: its pods request {resource}",
                kind=workload.kind, name=workload.name, annotation=POD_ENI, resource=MEMBER_ENI,
            )  # fmt: skip
            hint = say("remove it, and request {resource}: 1; or give the pods a PodNetworking", resource=ENI)
            yield Hit(in_pod(workload, ("metadata", "annotations", POD_ENI)), message, hint)


@rule(
    "WL015",
    "error",
    "The namespace of a workload disables Terway's webhook",
    needs=(facts.NAMESPACE_LABELS, facts.WORKLOAD_NETWORKING, facts.HOST_NETWORK, facts.TEMPLATE),
    effect="The webhook never sees the pods: they get no PodNetworking and no aliyun/eni request.",
    sources=(CODE_WEBHOOK,),
    passes={**_NETWORKED, "workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}]},
    fails={
        **_NETWORKED,
        "workloads": [{**WORKLOAD, "podNetworking": "trading-eni", "namespaceLabels": {POD_ENI: "false"}}],
    },
)
def wl015(view: PlanView) -> Outcome:
    """The label pod-eni on namespaces, for pods that need the webhook."""
    for workload in view.plan.workloads:
        if workload.namespace_labels.get(POD_ENI) == "false" and injected(workload):
            message = say(
                "the namespace {namespace!r} of {kind} {name!r} has the label {label}=false: its pods get no "
                "PodNetworking",
                namespace=workload.namespace, kind=workload.kind, name=workload.name, label=POD_ENI,
            )  # fmt: skip
            yield Hit((*workload.path, "namespaceLabels"), message, say("remove the label"))


@rule(
    "WL017",
    "error",
    "A workload repeats keys that its template sets",
    needs=(facts.TEMPLATE, facts.HOST_NETWORK, facts.ENI_REQUEST, facts.TOLERATIONS),
    effect="Kubernetes gets the template; the keys beside it are not judged.",
    sources=(KUBERNETES_AFFINITY,),
    passes={"workloads": [manifest()]},
    fails={"workloads": [{**manifest(), "hostNetwork": False}]},
)
def wl017(view: PlanView) -> Outcome:
    """HostNetwork, eniRequest and tolerations beside a template."""
    for workload in view.plan.workloads:
        for key in workload.repeated:
            message = say(
                "{kind} {name!r} has a template, which already sets {key}",
                kind=workload.kind, name=workload.name, key=key,
            )  # fmt: skip
            yield Hit((*workload.path, key), message, say("remove {key}", key=key))
