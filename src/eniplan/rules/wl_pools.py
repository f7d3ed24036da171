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
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable

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
    """What the pods tolerate and select, or will once eniplan completes them, against the nodes of all pools."""
    alike: dict[_Asked, list[tuple[str, str]]] = {}
    for pool in view.pools if len(view.pools) > 1 else ():
        for workload in pool.workloads:
            # A DaemonSet of a manifest that fits several pools counts in each of them.
            if workload.kind not in PER_NODE or workload.pod is None:
                zones = yield from _zones(view, workload)
                asked = _asked(pool, workload, zones)
                alike.setdefault(asked, []).append((pool.pool.name, workload.name))
    for asked, workloads in alike.items():
        homes = {name for name, _ in workloads}
        others = [pool for pool in view.once(_Index).candidates(asked) if homes != {pool.pool.name}]
        reached = yield from _reached(asked, others)
        if reached:
            yield _hit(view, sorted({name for _, name in workloads}), homes, reached)


class _Asked(NamedTuple):
    """What pods ask of their nodes."""

    tolerations: tuple[Toleration, ...]
    placement: Placement
    zones: frozenset[str] | None
    """The zones of their PodNetworkings, which Terway's webhook adds to the placement; None: any."""
    is_lingjun: bool


def _asked(pool: PoolView, workload: Workload, zones: frozenset[str] | None) -> _Asked:
    """Return what the pods of a workload ask for; without a template, as eniplan renders them."""
    pod, own = workload.pod, pool.pool
    if pod is not None:
        return _Asked(pod.tolerations, pod.placement, zones, own.is_lingjun)
    labels = {**own.labels, EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}
    selector = tuple(Requirement((), key, "In", (value,)) for key, value in sorted(labels.items()))
    tolerations = workload.tolerations
    if tolerations is None:
        tolerations = tuple(map(toleration_of, own.node_taints))
    return _Asked(tolerations, Placement(selector), zones, own.is_lingjun)


def _zones(view: PlanView, workload: Workload) -> Generator[Hit | Unknown, None, frozenset[str] | None]:
    """Return the zones in which all PodNetworkings of a workload have a vSwitch; None: any. Yield what is unknown."""
    found: frozenset[str] | None = None
    for networking in filter(None, map(view.pod_networkings.get, workload.networks)):
        ids = view.configs[networking.path].v_switch_ids
        if ids is None or not view.v_switches.keys() >= {*ids}:
            yield lacking(facts.POD_DEFAULTS if ids is None else facts.V_SWITCHES)
            return frozenset()
        zones = frozenset(view.zoned(ids))
        found = zones if found is None else found & zones
    return found


class _Index:
    """The pools of a plan by what pods may ask for, so that few are looked at for each workload."""

    def __init__(self, view: PlanView) -> None:
        self._all = view.pools
        self._by_label: dict[tuple[str, tuple[str, ...]], list[PoolView]] = {}
        self._by_zone: dict[str, list[PoolView]] = {}
        """Those of which a zone is unknown are under an empty name."""
        for pool in view.pools:
            for key, value in pool.pool.labels.items():
                self._by_label.setdefault((key, (value,)), []).append(pool)
            for zone in pool.zones if pool.zones_are_known else ("",):
                self._by_zone.setdefault(zone, []).append(pool)

    def candidates(self, asked: _Asked) -> Collection[PoolView]:
        """Return the pools among which are all that can run the pods."""
        found: list[Collection[PoolView]] = [self._all]
        for item in asked.placement.selector:
            alike = self._by_label.get((item.key, item.values))
            found += [alike] if alike and item.operator == "In" else []
        if asked.zones is not None:
            zoned = (pool for zone in (*asked.zones, "") for pool in self._by_zone.get(zone, ()))
            found.append(dict.fromkeys(zoned))
        return min(found, key=len)


def _reached(asked: _Asked, candidates: Iterable[PoolView]) -> Generator[Hit | Unknown, None, set[str]]:
    """Return the names of the pools with nodes for pods; yield what is unknown."""
    found = set()
    for pool in candidates:
        # Pods of ECS pools request aliyun/eni, which Lingjun nodes never offer.
        is_away = pool.pool.is_lingjun and not asked.is_lingjun
        if is_away or repelling(pool.pool.node_taints, asked.tolerations):
            continue
        fits = asked.placement.allows(pool.node_labels)
        if fits is None:
            yield from unknown_places(asked.placement, pool)
        elif fits and asked.zones is not None and not pool.zones_are_known:
            yield from pool.unseen_zones()
        elif fits and (asked.zones is None or not asked.zones.isdisjoint(pool.zones)):
            found.add(pool.pool.name)
    return found


def _hit(view: PlanView, workloads: list[str], homes: set[str], reached: set[str]) -> Hit:
    home = view.pools_by_name[min(homes)]
    if len(homes) == 1:
        others = sorted(reached - homes)
        message = say(
            "nothing keeps the pods of {workloads} in pool {pool!r}: they can also run in {others}",
            workloads=named(workloads), pool=home.pool.name, others=_pools(others),
        )  # fmt: skip
    else:
        message = say(
            "nothing keeps the pods of {workloads} in their pools, {homes}: they can run in {others}",
            workloads=named(workloads), homes=named(sorted(homes)), others=_pools(sorted(reached)),
        )  # fmt: skip
    own = view.plan.apart(home.pool)
    hint = say("give each pool a label or a taint of its own; `eniplan render-manifests` then steers by it")
    if own:
        labels = tuple(f"{key}={value}" for key, value in own.items())
        hint = say("select {labels}: `eniplan render-manifests --patch` prints it", labels=labels)
    return Hit((*home.path, "name"), message, hint)


def _pools(names: list[str]) -> Message:
    pools = named(names)
    return say("pool {pools}", pools=pools) if len(names) == 1 else say("pools {pools}", pools=pools)
