"""PN rules: PodNetworkings that Terway refuses, ignores, or understands otherwise than meant."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.labels import requirement_flaw
from eniplan.k8s.names import is_subdomain
from eniplan.k8s.numbers import SECOND, go_duration
from eniplan.messages import say
from eniplan.rules.base import Hit, Outcome, rule
from eniplan.rules.examples import ABSENT, POD_NETWORKING, VSWITCH_J, VSWITCH_K, WORKLOAD
from eniplan.rules.sources import (
    CODE_DEFAULTS,
    CODE_GC,
    CODE_MATCH,
    CODE_RESOURCE,
    CODE_VALIDATE,
    EXCL,
    KUBERNETES_LABELS,
    KUBERNETES_NAMES,
    PN,
)
from eniplan.suggest import which_one

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.k8s.labels import Requirement, Selector
    from eniplan.plan.model import PodNetworking
    from eniplan.rules.view import PlanView

SHORTEST_TTL = 300
"""Seconds. The page's minimum; Terway's code checks none."""


def _with(**changes: object) -> dict[str, object]:
    """Return changes to the example plan: its PodNetworking with other fields."""
    merged = {**POD_NETWORKING, **changes}
    return {"podNetworkings": [{key: value for key, value in merged.items() if value is not ABSENT}]}


_FINE = _with()


@rule(
    "PN001",
    "error",
    "eniType is not ENI",
    needs=(facts.ENI_TYPE, facts.ENI_TRUNKING),
    effect="With trunking on, pods request aliyun/member-eni, which an exclusive node never offers: they stay Pending "
    "for ever. The page maps Default by the kind of cluster; the code decides by trunking and by where the pod lands.",
    sources=(EXCL, PN, CODE_RESOURCE),
    passes=_FINE,
    fails=_with(eniType="Default"),
)
def pn001(view: PlanView) -> Outcome:
    """Any eniType but ENI; the value is case-sensitive."""
    for pn in view.plan.pod_networkings:
        if pn.eni_type != "ENI":
            trunk = view.cluster.terway.eni_trunking is not False  # on by default
            what = "its pods request aliyun/member-eni and stay Pending" if trunk else "ENI says it plainly"
            message = f"PodNetworking {pn.name!r} has eniType {pn.eni_type!r}; exclusive pods need 'ENI': {what}"
            hint = "write eniType: ENI"
            yield Hit((*pn.path, "eniType"), message, hint, {"eniType": pn.eni_type, "eniTrunking": trunk})


def _strategy(pn: PodNetworking) -> str | None:
    return (pn.allocation or {}).get("releaseStrategy")


@rule(
    "PN002",
    "warning",
    "Fixed without a releaseStrategy",
    needs=(facts.ALLOCATION,),
    effect="The ENI of a pod that is gone is kept for ever, and with it an address and a place in the ENI quota.",
    sources=(CODE_GC, CODE_VALIDATE),
    passes=_with(allocation={"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1h"}),
    fails=_with(allocation={"type": "Fixed"}),
)
def pn002(view: PlanView) -> Outcome:
    """Type Fixed, no strategy."""
    for pn in view.plan.pod_networkings:
        if pn.is_fixed and _strategy(pn) is None:
            message = f"PodNetworking {pn.name!r} is Fixed and has no releaseStrategy: its ENIs are never released"
            yield Hit(
                (*pn.path, "allocation"), message, "add releaseStrategy: TTL and releaseAfter, or Never on purpose"
            )


@rule(
    "PN003",
    "error",
    "TTL without a readable, positive releaseAfter",
    needs=(facts.ALLOCATION,),
    effect="Terway's webhook refuses the object when it cannot read the duration; a negative one keeps the ENI for "
    "ever. Below 5 minutes the page forbids what the code accepts.",
    sources=(CODE_VALIDATE, CODE_GC, PN),
    passes=_with(allocation={"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1h30m"}),
    fails=_with(allocation={"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1d"}),
)
def pn003(view: PlanView) -> Outcome:
    """The Go duration of a TTL, whatever the type."""
    for pn in view.plan.pod_networkings:
        if _strategy(pn) != "TTL":
            continue
        text = (pn.allocation or {}).get("releaseAfter", "")
        path = (*pn.path, "allocation", "releaseAfter")
        duration = go_duration(text)
        hint = say("write a Go duration such as 10m, 1h or 36h (Go knows no days, and no more than 2562047h)")
        if not text:
            yield Hit(path, say("PodNetworking {name!r}: TTL needs releaseAfter", name=pn.name), hint)
        elif duration is None:
            message = say("PodNetworking {name!r}: releaseAfter {text!r} is no Go duration", name=pn.name, text=text)
            yield Hit(path, message, hint)
        elif duration <= 0:
            message = say("PodNetworking {name!r}: releaseAfter {text!r} is not positive", name=pn.name, text=text)
            yield Hit(path, message, hint)
        elif duration < SHORTEST_TTL * SECOND:
            message = say(
                "PodNetworking {name!r}: releaseAfter {text} is under the page's minimum of 5m",
                name=pn.name, text=text,
            )  # fmt: skip
            numbers = {"seconds": duration / SECOND, "minimum": SHORTEST_TTL}
            yield Hit(path, message, say("write 5m or more"), numbers, level="warning")


@rule(
    "PN004",
    "error",
    "Never together with releaseAfter",
    needs=(facts.ALLOCATION,),
    effect="Terway's webhook refuses the object (from 1.13.6 on).",
    sources=(CODE_VALIDATE,),
    passes=_with(allocation={"type": "Fixed", "releaseStrategy": "Never"}),
    fails=_with(allocation={"type": "Fixed", "releaseStrategy": "Never", "releaseAfter": "10m"}),
)
def pn004(view: PlanView) -> Outcome:
    """ReleaseStrategy Never with a duration."""
    for pn in view.plan.pod_networkings:
        if _strategy(pn) == "Never" and (pn.allocation or {}).get("releaseAfter"):
            message = f"PodNetworking {pn.name!r} never releases and has a releaseAfter"
            yield Hit((*pn.path, "allocation", "releaseAfter"), message, "remove releaseAfter, or write TTL")


@rule(
    "PN005",
    "warning",
    "No selector at all",
    needs=facts.SELECTORS,
    effect="No pod is ever matched; only pods that name it in k8s.aliyun.com/pod-networks-request use it "
    "(with eniType ENI from Terway 1.16.1 on).",
    sources=(CODE_MATCH, CODE_VALIDATE),
    passes=_FINE,
    fails=_with(podSelector=ABSENT),
)
def pn005(view: PlanView) -> Outcome:
    """Neither selector."""
    for pn in view.plan.pod_networkings:
        if pn.pod_selector is None and pn.namespace_selector is None:
            message = f"PodNetworking {pn.name!r} has no selector: it never matches a pod"
            yield Hit(pn.path, message, "add podSelector.matchLabels and give the pods that label")


@rule(
    "PN006",
    "warning",
    "An empty selector takes every pod",
    needs=facts.SELECTORS,
    effect="Every new pod of every namespace that is not hostNetwork requests an ENI of its own: on shared nodes they "
    "all stay Pending.",
    sources=(CODE_MATCH,),
    passes=_FINE,
    fails=_with(podSelector={}),
)
def pn006(view: PlanView) -> Outcome:
    """All selectors that are given are empty."""
    for pn in view.plan.pod_networkings:
        given = [s for s in (pn.pod_selector, pn.namespace_selector) if s is not None]
        if given and not any(s.requirements for s in given):
            message = f"PodNetworking {pn.name!r} matches every pod in every namespace"
            yield Hit(given[0].path, message, "select pods by a label of their own")


@rule(
    "PN007",
    "error",
    "A selector that Kubernetes refuses",
    needs=facts.SELECTORS,
    effect="The webhook answers with an error for every pod whose matching reaches this object: one bad selector can "
    "block pod creation in the whole cluster.",
    sources=(CODE_MATCH, KUBERNETES_LABELS),
    passes=_with(podSelector={"matchExpressions": [{"key": "network", "operator": "In", "values": ["trading-eni"]}]}),
    fails=_with(
        podSelector={"matchExpressions": [{"key": "network", "operator": "Equals", "values": ["trading-eni"]}]}
    ),
    waivable=False,
)
def pn007(view: PlanView) -> Outcome:
    """Operators, the presence of values, and the syntax of keys and values."""
    for pn in view.plan.pod_networkings:
        for selector in (pn.pod_selector, pn.namespace_selector):
            for requirement in () if selector is None else selector.requirements:
                flaw = requirement_flaw(requirement)
                if flaw is not None:
                    # An entry of matchLabels has no keys of its own to point at.
                    inner = flaw.path if requirement.path[-2] == "matchExpressions" else ()
                    message = say("PodNetworking {name!r}: {problem}", name=pn.name, problem=flaw.message)
                    yield Hit((*requirement.path, *inner), message, flaw.hint)


@rule(
    "PN008",
    "warning",
    "Two PodNetworkings can match the same pod",
    needs=facts.SELECTORS,
    effect="Terway takes an arbitrary one of them; no event says which.",
    sources=(PN, CODE_MATCH),
    passes={
        "podNetworkings": [
            POD_NETWORKING,
            {**POD_NETWORKING, "name": "other", "podSelector": {"matchLabels": {"network": "other"}}},
        ]
    },
    fails={
        "podNetworkings": [
            POD_NETWORKING,
            {**POD_NETWORKING, "name": "other", "podSelector": {"matchLabels": {"team": "trading"}}},
        ]
    },
)
def pn008(view: PlanView) -> Outcome:
    """Pairs whose selectors no label value keeps apart."""
    selecting = [pn for pn in view.plan.pod_networkings if pn.pod_selector or pn.namespace_selector]
    for first, second in combinations(selecting, 2):
        if _can_both_match(first, second):
            message = f"a pod can match both PodNetworking {first.name!r} and {second.name!r}"
            hint = "select by one label key with a different value in each"
            yield Hit(second.path, message, hint, {"podNetworkings": [first.name, second.name]})


def _can_both_match(first: PodNetworking, second: PodNetworking) -> bool:
    return _satisfiable(_requirements(first.pod_selector, second.pod_selector)) and _satisfiable(
        _requirements(first.namespace_selector, second.namespace_selector)
    )


def _requirements(*selectors: Selector | None) -> Iterator[Requirement]:
    for selector in selectors:
        if selector is not None:
            yield from selector.requirements


def _satisfiable(requirements: Iterable[Requirement]) -> bool:
    """Return whether any set of labels meets all requirements. Each key stands for itself."""
    allowed: dict[str, set[str]] = {}
    forbidden: dict[str, set[str]] = {}
    present: set[str] = set()
    absent: set[str] = set()
    for requirement in requirements:
        key, values = requirement.key, set(requirement.values)
        if requirement.operator == "In":
            allowed[key] = allowed[key] & values if key in allowed else values
            present.add(key)
        elif requirement.operator == "NotIn":  # holds for pods without the label as well
            forbidden.setdefault(key, set()).update(values)
        elif requirement.operator == "Exists":
            present.add(key)
        elif requirement.operator == "DoesNotExist":
            absent.add(key)
    return not (present & absent) and all(values - forbidden.get(key, set()) for key, values in allowed.items())


@rule(
    "PN009",
    "error",
    "Fixed for a workload that is not a StatefulSet",
    needs=(facts.ALLOCATION, facts.WORKLOAD_KIND, facts.WORKLOAD_NETWORKING, *facts.SELECTORS),
    effect="A Fixed PodNetworking skips pods without fixed names: they silently get another PodNetworking, or none.",
    sources=(PN, CODE_MATCH),
    passes={
        **_with(allocation={"type": "Fixed", "releaseStrategy": "Never"}),
        "workloads": [{**WORKLOAD, "podNetworking": "trading-eni"}],
    },
    fails={
        **_with(allocation={"type": "Fixed", "releaseStrategy": "Never"}),
        "workloads": [{**WORKLOAD, "kind": "Deployment", "podNetworking": "trading-eni"}],
    },
)
def pn009(view: PlanView) -> Outcome:
    """Pods have fixed names in a StatefulSet, or when nothing owns them."""
    for workload in view.plan.workloads:
        pn = view.pod_networkings.get(workload.pod_networking or "")
        if pn is not None and pn.is_fixed and workload.kind not in ("StatefulSet", "Pod"):
            message = (
                f"{workload.kind} {workload.name!r} uses the Fixed PodNetworking {pn.name!r}, which never matches it"
            )
            yield Hit(
                (*workload.path, "podNetworking"), message, "make it a StatefulSet, or use an Elastic PodNetworking"
            )


@rule(
    "PN010",
    "warning",
    "vSwitches or security groups are left to the cluster's defaults",
    needs=(facts.NETWORKING_V_SWITCHES, facts.NETWORKING_GROUPS),
    effect="Terway fills them in once, from the cluster's eni-config and never from node-level config; later changes "
    "of the defaults do not reach the object.",
    sources=(CODE_DEFAULTS, EXCL),
    passes=_FINE,
    fails=_with(vSwitchIds=ABSENT),
)
def pn010(view: PlanView) -> Outcome:
    """Either list missing or empty."""
    for pn in view.plan.pod_networkings:
        given = {"vSwitchIds": pn.network.v_switch_ids, "securityGroupIds": pn.network.security_group_ids}
        missing = [key for key, ids in given.items() if not ids]
        if missing:
            message = f"PodNetworking {pn.name!r} leaves {' and '.join(missing)} to the cluster's defaults"
            yield Hit((*pn.path, missing[0]), message, f"write {' and '.join(missing)} out")


@rule(
    "PN011",
    "error",
    "The name of a PodNetworking is no Kubernetes name, or is taken",
    needs=(facts.NETWORKING_NAME,),
    effect="Kubernetes refuses the object, or one replaces the other: PodNetworkings are cluster-scoped.",
    sources=(KUBERNETES_NAMES,),
    passes=_FINE,
    fails=_with(name="Trading_ENI"),
)
def pn011(view: PlanView) -> Outcome:
    """DNS-1123 subdomain, and unique."""
    seen: set[str] = set()
    for pn in view.plan.pod_networkings:
        path = (*pn.path, "name")
        if not is_subdomain(pn.name):
            yield Hit(path, f"{pn.name!r} is no Kubernetes object name", "use lower-case letters, digits, '-' and '.'")
        if pn.name in seen:
            yield Hit(
                path, f"two PodNetworkings are named {pn.name!r}", "PodNetworkings are cluster-scoped: rename one"
            )
        seen.add(pn.name)


@rule(
    "PN012",
    "error",
    "A PodNetworking is meant for a node pool that does not exist",
    needs=(facts.NETWORKING_POOLS, facts.POOL_NAME),
    effect="Its zones and addresses are judged for the wrong pools, or for none.",
    sources=(EXCL,),
    passes=_FINE,
    fails=_with(nodePools=["tradin"]),
)
def pn012(view: PlanView) -> Outcome:
    """Every name of nodePools."""
    for pn in view.plan.pod_networkings:
        for i, name in enumerate(pn.node_pools):
            if name not in view.pools_by_name:
                message = f"PodNetworking {pn.name!r} names the node pool {name!r}, which the plan does not have"
                yield Hit((*pn.path, "nodePools", i), message, which_one(name, view.pools_by_name))


@rule(
    "PN013",
    "info",
    "Fixed addresses in a pool of several zones",
    needs=(facts.ALLOCATION, *facts.MEANT, *facts.ZONES),
    effect="A pod with a fixed address is pinned to the zone in which it was first created: when that zone fails, it "
    "cannot start in another one.",
    sources=(PN, CODE_RESOURCE),
    passes=_with(allocation={"type": "Fixed", "releaseStrategy": "Never"}),
    fails={
        **_with(allocation={"type": "Fixed", "releaseStrategy": "Never"}, vSwitchIds=["vsw-j", "vsw-k"]),
        "cluster.vSwitches": [VSWITCH_J, VSWITCH_K],
        "cluster.podDefaults.vSwitchIds": ["vsw-j", "vsw-k"],
        "nodePools[0].vSwitchIds": ["vsw-j", "vsw-k"],
    },
)
def pn013(view: PlanView) -> Outcome:
    """Fixed, meant for a pool with nodes in more than one zone."""
    for pool in view.pools:
        for pn in view.pod_networkings_by_pool.get(pool.pool.name, ()):
            if pn.is_fixed and len(pool.zones) > 1:
                message = (
                    f"pods of the Fixed PodNetworking {pn.name!r} stay in their first zone; {pool.pool.name!r} has "
                )
                message += ", ".join(pool.zones)
                yield Hit((*pn.path, "allocation"), message, "plan for the loss of a zone", {"zones": list(pool.zones)})
