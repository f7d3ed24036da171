"""PN rules: PodNetworkings that Terway rejects, ignores or understands differently than meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.kinds import FIXED_NAMES
from eniplan.k8s.labels import requirement_flaw
from eniplan.k8s.names import is_subdomain
from eniplan.k8s.numbers import SECOND, go_duration
from eniplan.messages import Key, named, say
from eniplan.rules import overlap
from eniplan.rules.base import Fix, Hit, Outcome, lacking, rule
from eniplan.rules.examples import ABSENT, BOTH_V_SWITCHES, POD_NETWORKING, TWO_ZONES, WORKLOAD
from eniplan.rules.shared import repeated
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
    REL,
)
from eniplan.suggest import did_you_mean, nearest, which_one
from eniplan.versions import TerwayVersion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.messages import Message
    from eniplan.plan.model import PodNetworking
    from eniplan.rules.shared import Share
    from eniplan.rules.view import PlanView, PoolView

SHORTEST_TTL = 300
"""Seconds: the documented minimum, which Terway's code does not check."""
SELECTORLESS = TerwayVersion((1, 16, 1))
"""The first version whose webhook accepts PodNetworkings without selectors (with eniType Default: 1.13.6)."""
SELECTORLESS_DEFAULT = TerwayVersion((1, 13, 6))
ENI_TYPES = ("ENI", "Default", "Trunk")


def _with(**changes: object) -> dict[str, object]:
    """Return changes to the example plan that change fields of its PodNetworking."""
    merged = {**POD_NETWORKING, **changes}
    return {"podNetworkings": [{key: value for key, value in merged.items() if value is not ABSENT}]}


_FINE = _with()
_ELSEWHERE = {
    **POD_NETWORKING,
    "name": "web",
    "nodePools": [],
    "podSelector": {"matchLabels": {"network": "web"}},
    "eniType": "Trunk",
}
"""A PodNetworking for pods on other nodes."""


@rule(
    "PN001",
    "error",
    "eniType is not ENI",
    needs=(facts.ENI_TYPE, facts.ENI_TRUNKING, *facts.MEANT, facts.KIND, facts.HOST_NETWORK),
    effect="With trunking on, pods request aliyun/member-eni, which an exclusive node never offers: they stay "
    "Pending forever. Without trunking they request aliyun/eni whatever the eniType. The documentation maps "
    "Default by the kind of cluster; the code decides by trunking and by the node that the pod lands on. "
    "PodNetworkings for other nodes may have any eniType.",
    sources=(EXCL, PN, CODE_RESOURCE),
    passes={"podNetworkings": [POD_NETWORKING, _ELSEWHERE]},
    fails=_with(eniType="Default"),
)
def pn001(view: PlanView) -> Outcome:
    """Default or Trunk for pods of an exclusive pool, and invalid eniTypes."""
    trunking = view.cluster.terway.eni_trunking is not False  # on by default
    exclusive = {pn.name for pool in view.ecs_pools for pn in pool.networkings}
    for pn in view.plan.pod_networkings:
        path = (*pn.path, "eniType")
        hint = say("write eniType: ENI")
        fix = Fix("value", "ENI")
        if pn.eni_type not in ENI_TYPES:
            message = say(
                "PodNetworking {podNetworking!r} has eniType {eniType!r}; Kubernetes accepts only {known}",
                podNetworking=pn.name,
                eniType=pn.eni_type,
                known=ENI_TYPES,
            )
            meant = "ENI" if pn.name in exclusive else nearest(pn.eni_type, ENI_TYPES)
            fixed = None if meant is None else Fix("value", meant)
            yield Hit(path, message, did_you_mean(pn.eni_type, [meant or ""]) or hint, fix=fixed)
        elif pn.eni_type == "ENI" or pn.name not in exclusive:
            continue
        elif trunking:
            message = say(
                "PodNetworking {podNetworking!r} has eniType {eniType!r}: its pods request aliyun/member-eni, "
                "which exclusive nodes never offer",
                podNetworking=pn.name,
                eniType=pn.eni_type,
            )
            yield Hit(path, message, hint, {"eniTrunking": True}, fix=fix)
        else:
            message = say(
                "PodNetworking {podNetworking!r} has eniType {eniType!r}, which gives exclusive ENIs only while "
                "trunking is off",
                podNetworking=pn.name,
                eniType=pn.eni_type,
            )
            yield Hit(path, message, hint, {"eniTrunking": False}, level="warning", fix=fix)


def _strategy(pn: PodNetworking) -> str | None:
    return (pn.allocation or {}).get("releaseStrategy")


@rule(
    "PN002",
    "warning",
    "Fixed without a releaseStrategy",
    needs=(facts.ALLOCATION,),
    effect="After a pod is gone its ENI is kept forever, and with it an address and a place in the ENI quota.",
    sources=(CODE_GC, CODE_VALIDATE),
    passes=_with(allocation={"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1h"}),
    fails=_with(allocation={"type": "Fixed"}),
)
def pn002(view: PlanView) -> Outcome:
    """Type Fixed, no strategy."""
    for pn in view.plan.pod_networkings:
        if pn.is_fixed and _strategy(pn) is None:
            message = say(
                "PodNetworking {podNetworking!r} is Fixed without a releaseStrategy: its ENIs are never released",
                podNetworking=pn.name,
            )
            hint = say("add releaseStrategy: TTL and a releaseAfter, or Never if you mean it")
            yield Hit((*pn.path, "allocation"), message, hint)


@rule(
    "PN003",
    "error",
    "TTL without a valid, positive releaseAfter",
    needs=(facts.ALLOCATION,),
    effect="Terway's webhook refuses the object if it cannot parse the duration; a negative one keeps the ENI "
    "forever. The documentation forbids values below 5 minutes, which the code accepts.",
    sources=(CODE_VALIDATE, CODE_GC, PN),
    passes=_with(allocation={"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1h30m"}),
    fails=_with(allocation={"type": "Fixed", "releaseStrategy": "TTL", "releaseAfter": "1d"}),
)
def pn003(view: PlanView) -> Outcome:
    """The Go duration of a TTL, for any allocation type."""
    for pn in view.plan.pod_networkings:
        if _strategy(pn) != "TTL":
            continue
        text = (pn.allocation or {}).get("releaseAfter", "")
        path = (*pn.path, "allocation", "releaseAfter")
        duration = go_duration(text)
        hint = say("write a Go duration such as 10m, 1h or 36h (Go has no unit for days, and allows at most 2562047h)")
        if not text:
            yield Hit(path, say("PodNetworking {podNetworking!r}: TTL needs releaseAfter", podNetworking=pn.name), hint)
        elif duration is None:
            message = say(
                "PodNetworking {podNetworking!r}: releaseAfter {text!r} is not a Go duration",
                podNetworking=pn.name,
                text=text,
            )
            yield Hit(path, message, hint)
        elif duration <= 0:
            message = say(
                "PodNetworking {podNetworking!r}: releaseAfter {text!r} is not positive",
                podNetworking=pn.name,
                text=text,
            )
            yield Hit(path, message, hint)
        elif duration < SHORTEST_TTL * SECOND:
            message = say(
                "PodNetworking {podNetworking!r}: releaseAfter {text} is below the documented minimum of 5m",
                podNetworking=pn.name, text=text
            )  # fmt: skip
            numbers = {"seconds": duration / SECOND, "minimum": SHORTEST_TTL}
            yield Hit(path, message, say("write 5m or more"), numbers, level="warning")


@rule(
    "PN004",
    "error",
    "Never together with releaseAfter",
    needs=(facts.ALLOCATION,),
    effect="Terway's webhook (1.13.6 and later) refuses the object.",
    sources=(CODE_VALIDATE,),
    passes=_with(allocation={"type": "Fixed", "releaseStrategy": "Never"}),
    fails=_with(allocation={"type": "Fixed", "releaseStrategy": "Never", "releaseAfter": "10m"}),
)
def pn004(view: PlanView) -> Outcome:
    """ReleaseStrategy Never with a duration."""
    for pn in view.plan.pod_networkings:
        if _strategy(pn) == "Never" and (pn.allocation or {}).get("releaseAfter"):
            message = say(
                "PodNetworking {podNetworking!r} has releaseStrategy Never and a releaseAfter", podNetworking=pn.name
            )
            yield Hit((*pn.path, "allocation", "releaseAfter"), message, say("remove releaseAfter, or write TTL"))


@rule(
    "PN005",
    "error",
    "No selector at all",
    needs=(*facts.SELECTORS, facts.ENI_TYPE, facts.TERWAY_VERSION, facts.WORKLOAD_NETWORKING, facts.TEMPLATE),
    effect="Before Terway 1.16.1 the webhook refuses the object (with eniType Default: before 1.13.6). Later "
    "versions accept it, but it matches no pod: only pods that name it in k8s.aliyun.com/pod-networks-request "
    "get it.",
    sources=(CODE_MATCH, CODE_VALIDATE, REL),
    passes=_FINE,
    fails={**_with(podSelector=ABSENT), "cluster.terway.version": "v1.16.0"},
)
def pn005(view: PlanView) -> Outcome:
    """Neither selector: an error if Terway rejects it, else a warning."""
    pods = [workload.pod for workload in view.plan.workloads if workload.pod is not None]
    asked_for = {name for pod in pods for name in pod.networks or ()}
    for pn in view.plan.pod_networkings:
        if pn.selectors:
            continue
        needed = SELECTORLESS_DEFAULT if pn.eni_type == "Default" else SELECTORLESS
        hint = say("add podSelector.matchLabels, and give the pods that label")
        if view.terway is None:
            yield lacking(facts.TERWAY_VERSION)
        if view.terway is not None and view.terway < needed:
            message = say(
                "PodNetworking {podNetworking!r} has no selector, which Terway {version} refuses",
                podNetworking=pn.name,
                version=view.cluster.terway.version,
            )
            if pn.name in asked_for:
                hint = say("upgrade Terway to {required} or later", required=str(needed))
            yield Hit(pn.path, message, hint, {"required": str(needed)})
        elif pn.name not in asked_for:
            message = say("PodNetworking {podNetworking!r} has no selector: it matches no pod", podNetworking=pn.name)
            yield Hit(pn.path, message, hint, level="warning")


@rule(
    "PN006",
    "warning",
    "An empty selector matches every pod",
    needs=facts.SELECTORS,
    effect="Every new pod of every namespace outside the host network requests its own ENI: on shared nodes they all "
    "stay Pending.",
    sources=(CODE_MATCH,),
    passes=_FINE,
    fails=_with(podSelector={}),
)
def pn006(view: PlanView) -> Outcome:
    """All stated selectors are empty."""
    for pn in view.plan.pod_networkings:
        if pn.selectors and not any(selector.requirements for selector in pn.selectors):
            message = say("PodNetworking {podNetworking!r} matches every pod in every namespace", podNetworking=pn.name)
            yield Hit(pn.selectors[0].path, message, say("select pods by a label of their own"))


@rule(
    "PN007",
    "error",
    "A selector that Kubernetes refuses",
    needs=facts.SELECTORS,
    effect="The webhook returns an error for every pod that it matches against this object: one bad selector can "
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
        for requirement in (each for selector in pn.selectors for each in selector.requirements):
            flaw = requirement_flaw(requirement)
            if flaw is not None:
                # An entry of matchLabels has no keys to point at.
                inner = flaw.path if requirement.path[-2] == "matchExpressions" else ()
                message = say("PodNetworking {podNetworking!r}: {problem}", podNetworking=pn.name, problem=flaw.message)
                yield Hit((*requirement.path, *inner), message, flaw.hint)


def _matching(plans: tuple[Share, ...]) -> Iterator[tuple[int, Hit]]:
    every = [(i, pn) for i, plan in enumerate(plans) for pn in _able(plan.networkings)]
    for group in overlap.groups([_asked(pn) for _, pn in every]):
        members = sorted((every[n] for n in group), key=lambda member: (member[1].name, member[0]))
        names = list(dict.fromkeys(pn.name for _, pn in members))
        if len({i for i, _ in members}) > 1 and len(names) > 1:  # PN011 reports equal names
            yield members[0][0], _overlap(members[0][1], names)


@rule(
    "PN008",
    "warning",
    "Two PodNetworkings can match the same pod",
    needs=facts.SELECTORS,
    effect="Terway picks one of them arbitrarily; no event says which.",
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
    across=_matching,
)
def pn008(view: PlanView) -> Outcome:
    """Groups of PodNetworkings whose selectors can match the same pod, with one hit per group."""
    able = _able(view.plan.pod_networkings)
    for group in overlap.groups([_asked(pn) for pn in able]):
        members = sorted((able[i] for i in group), key=lambda pn: pn.name)
        yield _overlap(members[0], [pn.name for pn in members])


def _able(networkings: Iterable[PodNetworking]) -> list[PodNetworking]:
    """Return the PodNetworkings that can match a pod. PN005 and PN014 report the others."""
    return [pn for pn in networkings if pn.selectors and not any(map(overlap.contradiction, pn.selectors))]


def _overlap(first: PodNetworking, names: list[str]) -> Hit:
    hint = say("select by one label key with a different value in each")
    return Hit(first.path, _shared(names), hint, {"podNetworkings": names})


def _shared(names: list[str]) -> Message:
    if len(names) == 2:  # noqa: PLR2004 - a pair
        return say("a pod can match both PodNetworking {first!r} and {second!r}", first=names[0], second=names[1])
    return say(
        "a pod can match more than one of {count} PodNetworkings: {podNetworkings}",
        count=len(names),
        podNetworkings=named(names),
    )


def _asked(pn: PodNetworking) -> dict[tuple[str, str], overlap.Values]:
    """Return the labels of pods and of namespaces that a PodNetworking allows."""
    selectors = {"pod": pn.pod_selector, "namespace": pn.namespace_selector}
    return {(whose, key): v for whose, one in selectors.items() if one for key, v in overlap.asked(one).items()}


@rule(
    "PN009",
    "error",
    "Fixed for a workload that is not a StatefulSet",
    needs=(facts.ALLOCATION, facts.WORKLOAD_KIND, facts.WORKLOAD_NETWORKING, *facts.SELECTORS),
    effect="A Fixed PodNetworking skips pods without stable names: without an error they get another PodNetworking, "
    "or none.",
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
    """Fixed PodNetworkings for pods without fixed names: those of a StatefulSet, and bare pods, have them."""
    for workload in view.plan.workloads:
        pn = view.pod_networkings.get(workload.pod_networking or "")
        if pn is not None and pn.is_fixed and workload.kind not in FIXED_NAMES:
            message = say(
                "{kind} {workload!r} uses the Fixed PodNetworking {podNetworking!r}, which never selects its pods",
                kind=workload.kind,
                workload=workload.name,
                podNetworking=pn.name,
            )
            hint = say("make it a StatefulSet, or use an Elastic PodNetworking")
            yield Hit((*workload.path, "podNetworking"), message, hint)


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
    """Either list is missing or empty."""
    for pn in view.plan.pod_networkings:
        given = {"vSwitchIds": pn.network.v_switch_ids, "securityGroupIds": pn.network.security_group_ids}
        missing = tuple(Key(key) for key, ids in given.items() if not ids)
        if missing:
            message = say(
                "PodNetworking {podNetworking!r} leaves {missing} to the cluster's defaults",
                podNetworking=pn.name,
                missing=missing,
            )
            hint = say("write {missing} explicitly", missing=missing)
            yield Hit((*pn.path, str(missing[0])), message, hint, {"missing": [str(key) for key in missing]})


def _taken(plans: tuple[Share, ...]) -> Iterator[tuple[int, Hit]]:
    names = [{pn.name: (*pn.path, "name") for pn in reversed(plan.networkings)} for plan in plans]
    for i, name, path, place in repeated(plans, names):
        if place == plans[i].places[path]:
            continue  # one object, checked with each plan
        message = say(
            "the name {podNetworking!r} is already used in the same cluster by {place}",
            podNetworking=name,
            place=str(place),
        )
        yield i, Hit(path, message, say("PodNetworkings are cluster-scoped: rename one"))


@rule(
    "PN011",
    "error",
    "The name of a PodNetworking is not a valid Kubernetes name, or is already used",
    needs=(facts.NETWORKING_NAME,),
    effect="Kubernetes refuses the object, or one replaces the other: PodNetworkings are cluster-scoped.",
    sources=(KUBERNETES_NAMES,),
    passes=_FINE,
    fails=_with(name="Trading_ENI"),
    across=_taken,
)
def pn011(view: PlanView) -> Outcome:
    """DNS-1123 subdomain, and unique."""
    seen: set[str] = set()
    for pn in view.plan.pod_networkings:
        path = (*pn.path, "name")
        if not is_subdomain(pn.name):
            message = say("{podNetworking!r} is not a valid Kubernetes object name", podNetworking=pn.name)
            yield Hit(path, message, say("use lower-case letters, digits, '-' and '.'"))
        if pn.name in seen:
            message = say("two PodNetworkings are named {podNetworking!r}", podNetworking=pn.name)
            yield Hit(path, message, say("PodNetworkings are cluster-scoped: rename one"))
        seen.add(pn.name)


@rule(
    "PN012",
    "error",
    "A PodNetworking targets a node pool that does not exist",
    needs=(facts.NETWORKING_POOLS, facts.POOL_NAME),
    effect="Its zones and addresses are checked against the wrong pools, or none.",
    sources=(EXCL,),
    passes=_FINE,
    fails=_with(nodePools=["tradin"]),
)
def pn012(view: PlanView) -> Outcome:
    """Every name in nodePools."""
    for pn in view.plan.pod_networkings:
        for i, name in enumerate(pn.node_pools):
            if name not in view.pools_by_name:
                message = say(
                    "PodNetworking {podNetworking!r} names the node pool {pool!r}, which the plan does not have",
                    podNetworking=pn.name,
                    pool=name,
                )
                yield Hit((*pn.path, "nodePools", i), message, which_one(name, view.pools_by_name))


@rule(
    "PN013",
    "info",
    "Fixed addresses in a pool with several zones",
    needs=(facts.ALLOCATION, *facts.MEANT, *facts.ZONES),
    effect="A pod with a fixed address is pinned to the zone where it was first created: if that zone fails, it "
    "cannot start in another one.",
    sources=(PN, CODE_RESOURCE),
    passes=_with(allocation={"type": "Fixed", "releaseStrategy": "Never"}),
    fails={
        **_with(allocation={"type": "Fixed", "releaseStrategy": "Never"}, vSwitchIds=BOTH_V_SWITCHES),
        **TWO_ZONES,
    },
)
def pn013(view: PlanView) -> Outcome:
    """Fixed PodNetworkings for pools in more than one zone, with one hit for all with the same pools."""
    spread: dict[str, list[PoolView]] = {}
    for pool in view.pools:
        fixed = [pn for pn in pool.networkings if pn.is_fixed]
        if len(pool.zones) > 1:
            for pn in fixed:
                spread.setdefault(pn.name, []).append(pool)
        elif fixed and len(pool.pool.v_switch_ids or ()) > 1 and not pool.zones_are_known:
            yield lacking(facts.V_SWITCHES)
    together: dict[tuple[str, ...], list[str]] = {}
    for name, pools in spread.items():
        together.setdefault(tuple(pool.pool.name for pool in pools), []).append(name)
    for pools_of, names in together.items():
        names.sort()
        zones = tuple(dict.fromkeys(zone for pool in spread[names[0]] for zone in pool.zones))
        message = say(
            "pods of {networkings} stay in the zone where they first start; the nodes of {pools} are in {zones}",
            networkings=_fixed(names),
            pools=named(pools_of),
            zones=zones,
        )
        path = (*view.pod_networkings[names[0]].path, "allocation")
        yield Hit(path, message, say("plan for the loss of a zone"), {"podNetworkings": names, "pools": list(pools_of)})


def _fixed(names: list[str]) -> Message:
    if len(names) == 1:
        return say("the Fixed PodNetworking {podNetworking!r}", podNetworking=names[0])
    return say("{count} Fixed PodNetworkings ({podNetworkings})", count=len(names), podNetworkings=named(names))


@rule(
    "PN014",
    "error",
    "A selector that nothing can satisfy",
    needs=facts.SELECTORS,
    effect="The requirements contradict each other: no pod, or no namespace, can have such labels, and the "
    "PodNetworking never matches. Its pods get another one, or none, without an error.",
    sources=(CODE_MATCH, KUBERNETES_LABELS),
    passes=_FINE,
    fails=_with(
        podSelector={
            "matchLabels": {"network": "trading-eni"},
            "matchExpressions": [{"key": "network", "operator": "NotIn", "values": ["trading-eni"]}],
        }
    ),
)
def pn014(view: PlanView) -> Outcome:
    """Requirements on one label that exclude each other. PN007 reports what Kubernetes rejects."""
    for pn in view.plan.pod_networkings:
        for selector in pn.selectors:
            if any(map(requirement_flaw, selector.requirements)):
                continue
            label = overlap.contradiction(selector)
            if label is not None:
                message = say(
                    "PodNetworking {podNetworking!r}: no value of the label {label} can satisfy the selector",
                    podNetworking=pn.name,
                    label=label,
                )
                yield Hit(selector.path, message, say("remove one of the requirements on {label}", label=label))
