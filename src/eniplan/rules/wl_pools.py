"""WL020: the other exclusive pools that can run the pods of a workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.labels import Requirement
from eniplan.k8s.nodes import Placement, repelling, toleration_of
from eniplan.messages import named, say
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE
from eniplan.rules.base import Hit, Outcome, lacking, rule
from eniplan.rules.examples import WORKLOAD
from eniplan.rules.sources import KUBERNETES_AFFINITY, KUBERNETES_TAINTS
from eniplan.rules.wl import unknown_places

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from eniplan.k8s.nodes import Toleration
    from eniplan.messages import Message
    from eniplan.plan.model import Workload
    from eniplan.rules.base import Unknown
    from eniplan.rules.view import PlanView, PoolView

_OTHER = {"name": "other", "instanceTypes": ["ecs.g8i.4xlarge"], "vSwitchIds": ["vsw-j"], "desiredSize": 3}


@rule(
    "WL020",
    "warning",
    "Pods of a workload can run in another exclusive pool",
    needs=(
        facts.WORKLOAD_POOL,
        facts.POOL_NAME,
        facts.KIND,
        facts.LABELS,
        facts.TAINTS,
        facts.TEMPLATE,
        facts.TOLERATIONS,
        facts.HOST_NETWORK,
        facts.ENI_REQUEST,
        facts.WORKLOAD_NETWORKING,
        facts.NETWORKING_NAME,
        facts.NETWORKING_V_SWITCHES,
        facts.POD_DEFAULTS,
        facts.REGION,
        *facts.ZONES,
        *facts.ALL_TYPES,
        facts.ARCHITECTURE,
    ),
    effect="They take ENIs and addresses that are planned for other pods, and get the node-level config of the other "
    "pool. `eniplan verify` reports them (VER029).",
    sources=(KUBERNETES_AFFINITY, KUBERNETES_TAINTS),
    passes={
        "nodePools[0].labels": {"team": "trading"},
        "nodePools[1]": {**_OTHER, "labels": {"team": "other"}},
        "workloads": [WORKLOAD],
    },
    fails={"nodePools[1]": _OTHER, "workloads": [WORKLOAD]},
)
def wl020(view: PlanView) -> Outcome:
    """What the pods tolerate and select, or will once eniplan completes them, against the nodes of the other pools."""
    alike = view.once(_alike)
    for pool in view.pools if len(view.pools) > 1 else ():
        astray: dict[tuple[str, ...], list[str]] = {}
        own, left = view.plan.apart(pool.pool) if pool.workloads else ({}, [])
        for workload in pool.workloads:
            if workload.pod is None and workload.tolerations is None and not left:
                continue  # eniplan renders what keeps its pods there
            others = yield from _others(pool, workload, own, alike)
            if others:
                astray.setdefault(tuple(sorted(others)), []).append(workload.name)
        for names, workloads in astray.items():
            message = say(
                "nothing keeps the pods of {workloads} in pool {pool!r}: they can also run in {others}",
                workloads=named(sorted(workloads)), pool=pool.pool.name, others=_pools(names),
            )  # fmt: skip
            hint = say("give the pool a label or a taint of its own; `eniplan render-manifests` then steers by it")
            if own:
                labels = tuple(f"{key}={value}" for key, value in own.items())
                hint = say("select {labels}: `eniplan render-manifests --patch` prints it", labels=labels)
            yield Hit((*pool.path, "name"), message, hint, {"others": list(names)})


def _pools(names: tuple[str, ...]) -> Message:
    pools = named(names)
    return say("pool {pools}", pools=pools) if len(names) == 1 else say("pools {pools}", pools=pools)


def _others(
    pool: PoolView, workload: Workload, own: Mapping[str, str], alike: list[list[PoolView]]
) -> Generator[Hit | Unknown, None, list[str]]:
    """Return the other pools that can run the pods of a workload; yield what is unknown."""
    found: list[str] = []
    # A DaemonSet of a manifest that fits several pools counts in each of them.
    if workload.kind in PER_NODE and workload.pod is not None:
        return found
    tolerations, placement = _asked(pool, workload, own)
    for group in alike:
        first, names = group[0], [other.pool.name for other in group if other.pool.name != pool.pool.name]
        # Pods of ECS pools request aliyun/eni, which Lingjun nodes never offer.
        is_away = first.pool.is_lingjun and not pool.pool.is_lingjun
        if not names or is_away or repelling(first.pool.node_taints, tolerations):
            continue
        fits = placement.allows(first.node_labels)
        if fits is None:
            yield from unknown_places(placement, first)
        elif fits and (yield from _has_vswitch(workload, first)):
            found += names
    return found


def _asked(pool: PoolView, workload: Workload, own: Mapping[str, str]) -> tuple[Iterable[Toleration], Placement]:
    """Return what pods tolerate and select; without a template, what eniplan renders."""
    if workload.pod is not None:
        return workload.pod.tolerations, workload.pod.placement
    rendered = map(toleration_of, pool.pool.node_taints)
    labels = {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE, **own}
    selector = tuple(Requirement((), key, "In", (value,)) for key, value in labels.items())
    return tuple(rendered if workload.tolerations is None else workload.tolerations), Placement(selector)


def _has_vswitch(workload: Workload, pool: PoolView) -> Generator[Hit | Unknown, None, bool]:
    """Return whether the PodNetworkings of a workload have a vSwitch in the zones of a pool, which the webhook adds."""
    for name in workload.networks:
        networking = pool.view.pod_networkings.get(name)
        if networking is None:  # WL003 reports it
            continue
        config = pool.view.config_of(networking)
        if config.v_switch_ids is None:
            yield config.missing
            return False
        if not pool.zones_are_known or any(v not in pool.view.v_switches for v in config.v_switch_ids):
            yield lacking(facts.V_SWITCHES)
            return False
        if pool.config_v_switches(config).keys().isdisjoint(pool.zones):
            return False
    return True


def _alike(view: PlanView) -> list[list[PoolView]]:
    """Return the pools in groups of which the nodes have the same taints and labels."""
    found: dict[object, list[PoolView]] = {}
    for pool in view.pools:
        kinds = pool.pool.kind, pool.pool.instance_types, pool.pool.instance_families, pool.pool.v_switch_ids
        key = pool.pool.node_taints, frozenset(pool.pool.labels.items()), kinds
        found.setdefault(key, []).append(pool)
    return list(found.values())
