"""The subject of plan rules: the plan with resolved references and computed numbers.

Pure and lazy. What the plan does not state is None here, and a rule that needs it yields `Unknown`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from eniplan import facts, versions
from eniplan.catalog.limits import UNKNOWN, capacity, lingjun_pods
from eniplan.catalog.record import Source
from eniplan.k8s.nodes import TYPE_LABELS, ZONE_LABELS
from eniplan.k8s.pods import CPU, MEMORY
from eniplan.messages import say
from eniplan.rules.base import Unknown, View, lacking
from eniplan.rules.by_type import Demands
from eniplan.rules.choice import type_judge
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from eniplan.catalog.limits import Capacity
    from eniplan.catalog.record import InstanceType, LingjunNodeType
    from eniplan.catalog.store import Catalog
    from eniplan.k8s.nodes import NodeLabels, Placement
    from eniplan.messages import Message
    from eniplan.plan.document import Path
    from eniplan.plan.live import LiveFacts, Unread
    from eniplan.plan.model import (
        Cluster,
        ExistingPool,
        Guest,
        Network,
        NodePool,
        Plan,
        PodNetworking,
        SecurityGroup,
        VSwitch,
        Workload,
    )
    from eniplan.rules.base import Settings
    from eniplan.rules.choice import FamilyChoice, TypeJudge


class TypeUse(NamedTuple):
    """An instance type of a pool, with its record if the specs have it."""

    path: Path
    name: str
    record: InstanceType | None


class PodConfig(NamedTuple):
    """A network configuration that pods of a pool may get, by Terway's precedence."""

    label: Message
    networking: str | None
    """The name of its PodNetworking; None: for pods without one."""
    path: Path
    """The path for findings: the PodNetworking, or the pool for the configuration without one."""
    v_switch_ids: tuple[str, ...] | None
    """None: not stated."""
    security_group_ids: tuple[str, ...] | None
    groups_at: Path
    """The path of the list of security groups."""
    in_use: bool
    """Whether a listed workload or the pool itself depends on it."""
    missing: Unknown
    """The unknown fact to report if a list is not stated."""


_DEFAULTS = lacking(facts.POD_DEFAULTS)


def _groups(own: Network | None, base: Network | None) -> tuple[tuple[str, ...] | None, Path]:
    """Return the security groups in force, and the path of their list: a configuration's own, or the cluster's."""
    if own is not None and own.security_group_ids:
        return own.security_group_ids, (*own.path, "securityGroupIds")
    return None if base is None else base.security_group_ids, ("cluster", "podDefaults", "securityGroupIds")


class PlanView(View):
    """A plan with its references resolved."""

    def __init__(
        self,
        plan: Plan,
        catalog: Catalog,
        settings: Settings,
        live: LiveFacts | None = None,
    ) -> None:
        """Take a plan as stated, the instance data, the settings, and an account's facts, which replace stated ones."""
        super().__init__()
        self._zoned: dict[tuple[str, ...], Mapping[str, tuple[VSwitch, ...]]] = {}
        self.stated = plan
        """The plan as written; `plan` holds the account's facts instead, where they are known."""
        self.stated_catalog = catalog
        """The instance data without what the account says."""
        self.plan = plan
        self.catalog = catalog
        self.live = live
        self.existing_pools: Mapping[str, ExistingPool] = {}
        """The pools that exist, by name, as far as the account says."""
        if live is not None:
            from eniplan.plan.live import effective  # noqa: PLC0415 - not needed offline

            self.plan = effective(plan, live)
            source = Source(f"the account, asked in {live.region}", None, live.read_on, "API response")
            self.catalog = catalog.with_account(live.types, live.families, live.node_types, source)
            self.existing_pools = live.pools or {}
        self.settings = settings

    def free(self) -> None:
        """Forget everything. Its pools refer to it, so that otherwise only the garbage collector frees it, and late."""
        vars(self).clear()

    def unread(self, path: Path) -> Unread | None:
        """Return why the account did not provide the fact at a path; None if it did, or was not queried."""
        return None if self.live is None else self.live.unread_at(path)

    @property
    def cluster(self) -> Cluster:
        """The cluster's facts."""
        return self.plan.cluster

    @cached_property
    def terway(self) -> versions.TerwayVersion | None:
        """Terway's version; None if unknown or invalid."""
        text = self.cluster.terway.version
        return None if text is None else versions.terway(text)

    @cached_property
    def kubernetes(self) -> tuple[int, int] | None:
        """Kubernetes' (major, minor) version; None if unknown or invalid."""
        text = self.cluster.kubernetes_version
        return None if text is None else versions.kubernetes(text)

    @cached_property
    def dual(self) -> bool | None:
        """Whether the cluster is dual stack; None if unknown."""
        stack = self.cluster.ip_stack
        return None if stack is None else stack == "dual"

    @cached_property
    def types(self) -> TypeJudge:
        """The judge of instance types."""
        return type_judge(self.catalog, self.settings)

    @cached_property
    def demands(self) -> Demands:
        """The requirements on instance types."""
        return Demands(self.dual, self.settings.strict, self.cluster.terway.erdma)

    @cached_property
    def v_switches(self) -> dict[str, VSwitch]:
        """The vSwitches that the plan states, by id."""
        return {v.id: v for v in self.cluster.v_switches or ()}

    @cached_property
    def zones(self) -> dict[str, str]:
        """The zones of the vSwitches that the plan states, by id."""
        return self.cluster.zones

    @cached_property
    def v_switches_by_zone(self) -> Mapping[str, tuple[VSwitch, ...]]:
        """The vSwitches that the plan states, by zone."""
        return self.zoned(tuple(self.v_switches))

    def zoned(self, ids: tuple[str, ...]) -> Mapping[str, tuple[VSwitch, ...]]:
        """Return the stated ones of these vSwitches by zone. Many pools share one list: each list is read once."""
        found = self._zoned.get(ids)
        if found is None:
            by_zone: dict[str, list[VSwitch]] = {}
            for v in map(self.v_switches.get, ids):
                if v is not None:
                    by_zone.setdefault(v.zone, []).append(v)
            found = self._zoned[ids] = {zone: tuple(here) for zone, here in by_zone.items()}
        return found

    @cached_property
    def security_groups(self) -> dict[str, SecurityGroup]:
        """The security groups that the plan states, by id."""
        return {g.id: g for g in self.cluster.security_groups or ()}

    @cached_property
    def references(self) -> tuple[tuple[Path, str, str], ...]:
        """Every vSwitch and security group that the plan names: (path, key, id)."""
        lists = [
            (pool.path, pool.v_switch_ids or (), pool.security_group_ids or ()) for pool in self.plan.node_pools
        ]  # fmt: skip
        lists += [(n.path, n.v_switch_ids, n.security_group_ids) for n in self.plan.networks]
        return tuple(
            ((*path, key, i), key, name)
            for path, v_switches, groups in lists
            for key, ids in (("vSwitchIds", v_switches), ("securityGroupIds", groups))
            for i, name in enumerate(ids)
        )

    @cached_property
    def pools(self) -> tuple[PoolView, ...]:
        """All node pools."""
        return tuple(PoolView(self, pool) for pool in self.plan.node_pools)

    @cached_property
    def ecs_pools(self) -> tuple[PoolView, ...]:
        """The ECS node pools."""
        return tuple(view for view in self.pools if not view.pool.is_lingjun)

    @cached_property
    def lingjun_pools(self) -> tuple[PoolView, ...]:
        """The Lingjun node pools."""
        return tuple(view for view in self.pools if view.pool.is_lingjun)

    @cached_property
    def pools_by_name(self) -> dict[str, PoolView]:
        """The pools by name; of pools with the same name, the first."""
        return {view.pool.name: view for view in reversed(self.pools)}

    @cached_property
    def pod_networkings(self) -> dict[str, PodNetworking]:
        """The PodNetworkings by name."""
        return {pn.name: pn for pn in self.plan.pod_networkings}

    @cached_property
    def workloads_by_pool(self) -> dict[str, list[Workload]]:
        """The workloads that use or request ENIs, by their only pool. On the host network, few do."""
        out: dict[str, list[Workload]] = {}
        for workload in self.plan.workloads:
            if workload.takes_enis and not workload.more_pools:
                out.setdefault(workload.node_pool, []).append(workload)
        return out

    @cached_property
    def requesting(self) -> dict[str, list[Workload]]:
        """The workloads of which each pod requests CPU or memory, by their only pool. Most plans state none."""
        out: dict[str, list[Workload]] = {}
        for workload in self.plan.workloads:
            pod = workload.pod
            if workload.more_pools:
                continue
            if pod is not None and (pod.unmeasured or pod.request(CPU) or pod.request(MEMORY)):
                out.setdefault(workload.node_pool, []).append(workload)
        return out

    @cached_property
    def guests_by_pool(self) -> dict[str, list[Guest]]:
        """The pods that can land on the nodes of a pool although the plan does not place them there, by pool."""
        out: dict[str, list[Guest]] = {}
        for guest in self.plan.guests:
            out.setdefault(guest.pool, []).append(guest)
        return out

    @cached_property
    def pod_networkings_by_pool(self) -> dict[str, list[PodNetworking]]:
        """The PodNetworkings meant for each pool, by their nodePools or by a workload."""
        out: dict[str, dict[str, PodNetworking]] = {}
        for pn in self.plan.pod_networkings:
            for name in pn.node_pools:
                out.setdefault(name, {})[pn.name] = pn
        for workload in self.plan.workloads:
            for name in () if workload.more_pools else workload.networks:
                if name in self.pod_networkings:
                    out.setdefault(workload.node_pool, {})[name] = self.pod_networkings[name]
        return {pool: list(found.values()) for pool, found in out.items()}

    def asks_for_eni(self, pn: PodNetworking) -> bool:
        """Return whether its pods request aliyun/eni, which only exclusive nodes offer; if not, other nodes fit too."""
        return pn.asks_for_eni(self.cluster)

    @cached_property
    def configs(self) -> dict[Path, PodConfig]:
        """The configuration of each PodNetworking, by path: its own lists, or those that Terway fills in."""
        defaults = self.cluster.pod_defaults
        return {
            pn.path: PodConfig(
                say("PodNetworking {podNetworking}", podNetworking=pn.name),
                pn.name,
                pn.path,
                pn.network.v_switch_ids or (None if defaults is None else defaults.v_switch_ids),
                *_groups(pn.network, defaults),
                in_use=True,
                missing=_DEFAULTS,
            )
            for pn in self.plan.pod_networkings
        }


class PoolView(View):
    """A node pool with its references resolved."""

    def __init__(self, view: PlanView, pool: NodePool) -> None:
        """Take the plan's view and the pool."""
        super().__init__()
        self.view = view
        self.pool = pool

    @property
    def path(self) -> Path:
        """The key path of the pool."""
        return self.pool.path

    @cached_property
    def node_labels(self) -> NodeLabels:
        """The known labels of its nodes."""
        names = tuple(use.name for use in self.types) if all(choice.selected for choice in self.families) else ()
        catalog, cluster = self.view.catalog, self.view.cluster
        known, lack_gpus = catalog.architectures(names), catalog.lack_gpus(names)
        nodes = self.pool.node_labels(cluster.region, self.view.zones, known, lack_gpus=lack_gpus)
        if not (self.families and names):
            return nodes
        return nodes._replace(among={**nodes.among, **dict.fromkeys(TYPE_LABELS, names)})

    @cached_property
    def named_types(self) -> tuple[TypeUse, ...]:
        """The types of `instanceTypes`, as written."""
        return tuple(
            TypeUse((*self.path, "instanceTypes", i), name, self.view.catalog.get(name))
            for i, name in enumerate(self.pool.instance_types or ())
        )

    @cached_property
    def families(self) -> tuple[FamilyChoice, ...]:
        """The types of each family in `instanceFamilies`."""
        return tuple(
            self.view.types.choose(i, family, self.view.demands)
            for i, family in enumerate(self.pool.instance_families or ())
        )

    @cached_property
    def distinct_types(self) -> tuple[TypeUse, ...]:
        """The types of `instanceTypes`, each at its first position."""
        uses: dict[str, TypeUse] = {}
        for use in self.named_types:
            uses.setdefault(use.name, use)
        return tuple(uses.values())

    @cached_property
    def types(self) -> tuple[TypeUse, ...]:
        """All types of the pool, each once: those in `instanceTypes`, then those of the families."""
        out = {use.name: use for use in self.distinct_types}
        for choice in self.families:
            for record in choice.selected:
                path = (*self.path, "instanceFamilies", choice.position)
                out.setdefault(record.InstanceTypeId, TypeUse(path, record.InstanceTypeId, record))
        return tuple(out.values())

    @cached_property
    def lingjun_type(self) -> LingjunNodeType | None:
        """The Lingjun node type, if stated and known."""
        name = self.pool.lingjun.get("nodeType")
        return None if name is None else self.view.catalog.lingjun(name)

    @cached_property
    def capacity(self) -> dict[str, Capacity]:
        """Pods per node in each mode, by type."""
        if not self.pool.is_lingjun:
            return self._capacity(erdma=bool(self.view.cluster.terway.erdma))
        name = self.pool.lingjun.get("nodeType")
        return {} if name is None else {name: UNKNOWN._replace(exclusive=lingjun_pods(self.lingjun_type))}

    def _capacity(self, *, erdma: bool) -> dict[str, Capacity]:
        return {use.name: capacity(use.record, erdma=erdma) for use in self.types}

    @cached_property
    def pods_per_node(self) -> dict[str, int | None]:
        """Exclusive pods per node by type; None if the limits are unknown."""
        return {name: found.exclusive for name, found in self.capacity.items()}

    @cached_property
    def pods_beside_erdma(self) -> dict[str, int]:
        """Exclusive pods per node by type if eRDMA uses its slot; empty if it is known whether eRDMA is on."""
        if self.pool.is_lingjun or self.view.cluster.terway.erdma is not None:
            return {}
        found = self._capacity(erdma=True).items()
        return {name: carries.exclusive for name, carries in found if carries.exclusive is not None}

    @cached_property
    def known_pods_per_node(self) -> list[int]:
        """The exclusive pods per node of each type; empty if unknown for any."""
        known = [count for count in self.pods_per_node.values() if count is not None]
        return known if len(known) == len(self.pods_per_node) else []

    @property
    def least_pods_per_node(self) -> int | None:
        """The fewest exclusive pods that a node of the pool can carry; None if unknown for any type."""
        return min(self.known_pods_per_node, default=None)

    def least_pods(self, nodes: int) -> int | None:
        """Return the exclusive pods that this many nodes carry at least, which is the guaranteed capacity."""
        return nodes * min(self.known_pods_per_node) if self.known_pods_per_node else None

    def most_pods(self, nodes: int) -> int | None:
        """Return the exclusive pods that this many nodes carry at most, which is the largest need for addresses."""
        return nodes * max(self.known_pods_per_node) if self.known_pods_per_node else None

    @cached_property
    def node_v_switches(self) -> tuple[VSwitch, ...]:
        """The stated vSwitches of the nodes."""
        found = (self.view.v_switches.get(name) for name in self.pool.v_switch_ids or ())
        return tuple(v for v in found if v is not None)

    @cached_property
    def zones(self) -> tuple[str, ...]:
        """The zones of the pool's nodes, from their stated vSwitches."""
        return tuple(dict.fromkeys(v.zone for v in self.node_v_switches))

    @property
    def zones_are_known(self) -> bool:
        """Whether every vSwitch of the nodes is stated."""
        return bool(self.pool.v_switch_ids) and len(self.node_v_switches) == len(self.pool.v_switch_ids or ())

    def unstated_v_switches(self) -> Iterator[Unknown]:
        """Yield the unknown list of vSwitches for each vSwitch of the nodes that it lacks."""
        for i, name in enumerate(self.pool.v_switch_ids or ()):
            if name not in self.view.v_switches:
                yield lacking(facts.V_SWITCHES)._replace(behind=(*self.path, "vSwitchIds", i))

    def unseen_zones(self) -> Iterator[Unknown]:
        """Yield the unknown facts that hide in which zones the nodes are. NP005 reports ECS pools without vSwitches."""
        yield from self.unstated_v_switches()
        if not self.pool.v_switch_ids and self.pool.is_lingjun:
            about = say("Lingjun pool {pool!r}", pool=self.pool.name)
            yield Unknown((*self.path, "vSwitchIds"), facts.NODE_V_SWITCHES, about, say("use a vSwitch of its zone"))

    @cached_property
    def balanced(self) -> bool:
        """Whether nodes spread evenly over the zones. By default ACK fills vSwitches by priority."""
        return self.pool.multi_az_policy == "BALANCE"

    def nodes_per_zone(self, nodes: int) -> int:
        """Return the largest number of nodes that one zone can get."""
        return -(-nodes // len(self.zones)) if self.balanced and self.zones else nodes

    @property
    def may_share_a_zone(self) -> bool:
        """Whether all its nodes may come up in one of its zones."""
        return len(self.zones) > 1 and not (self.balanced or self.pool.is_lingjun)

    def nodes_in(self, zones: Collection[str], nodes: int, *, most: bool = False) -> int:
        """Return how many of its nodes are certainly in these zones of its own, or at most if they are balanced."""
        if not self.balanced:
            is_first = most or (self.zones[0] in zones and self.pool.multi_az_policy in {None, "PRIORITY"})
            return nodes if is_first else 0
        each, more = divmod(nodes, len(self.zones))
        others = 0 if most else len(self.zones) - len(zones)
        return each * len(zones) + min(max(more - others, 0), len(zones))

    def zones_of(self, placement: Placement) -> tuple[str, ...]:
        """Return the zones of its nodes in which pods may run that ask for this placement."""
        if {r.key for r in placement.requirements()}.isdisjoint(ZONE_LABELS) or not self.node_labels.among.keys() >= {
            *ZONE_LABELS
        }:
            return self.zones
        nodes = self.node_labels
        of = {zone: nodes._replace(among={**nodes.among, **dict.fromkeys(ZONE_LABELS, (zone,))}) for zone in self.zones}
        return tuple(zone for zone, labels in of.items() if placement.allows(labels) is not False)

    def zones_for(self, workload: Workload) -> tuple[str, ...]:
        """Return the zones of its nodes in which pods of a workload may run.

        Terway's webhook keeps them to the zones of their PodNetworkings' vSwitches. Not for DaemonSets, which it leaves
        alone.
        """
        zones = self.zones if workload.pod is None else self.zones_of(workload.pod.placement)
        for covered in map(self.covered.get, workload.networks):
            zones = zones if covered is None else tuple(zone for zone in zones if zone in covered)
        return zones

    @cached_property
    def covered(self) -> dict[str, Mapping[str, tuple[VSwitch, ...]]]:
        """The vSwitches of each PodNetworking by zone, if it lists some and all are stated."""
        lists = {} if self.pool.is_lingjun else {pn.name: pn.network.v_switch_ids for pn in self.networkings}
        found = {name: (ids, self.view.zoned(ids)) for name, ids in lists.items() if ids}
        return {name: here for name, (ids, here) in found.items() if sum(map(len, here.values())) == len(ids)}

    @cached_property
    def _guests(self) -> dict[bool, list[Guest]]:
        """The pods that can land on its nodes although the plan does not place them: whether they always do."""
        out: dict[bool, list[Guest]] = {True: [], False: []}
        for guest in self.view.guests_by_pool.get(self.pool.name, ()):
            allowed = guest.placement.allows(self.node_labels)
            if allowed is not False:
                out[guest.is_sure and allowed is True and guest.replicas is None].append(guest)
        return out

    @property
    def guests(self) -> list[Guest]:
        """The pods that run on all its nodes although the plan does not place them there."""
        return self._guests[True]

    @property
    def possible_guests(self) -> list[Guest]:
        """The pods that may land on its nodes although the plan does not place them there."""
        return self._guests[False]

    @cached_property
    def workloads(self) -> list[Workload]:
        """The workloads that name this pool and use or request ENIs."""
        return self.view.workloads_by_pool.get(self.pool.name, [])

    @property
    def networkings(self) -> list[PodNetworking]:
        """The PodNetworkings that are meant for it."""
        return self.view.pod_networkings_by_pool.get(self.pool.name, [])

    @cached_property
    def configs(self) -> tuple[PodConfig, ...]:
        """The network configurations of its pods: one per PodNetworking, then one for pods without a PodNetworking."""
        networkings = [] if self.pool.is_lingjun else self.networkings  # unsupported on Lingjun: LJ001 reports it
        return (
            *(self.view.configs[pn.path] for pn in networkings),
            self._fallback(in_use=self._needs_fallback(networkings)),
        )

    @property
    def fallback(self) -> PodConfig:
        """The configuration of its pods without a PodNetworking."""
        return self.configs[-1]

    def _needs_fallback(self, networkings: list[PodNetworking]) -> bool:
        return (
            not networkings
            or self.pool.system_pods_per_node > 0
            or any(not guest.is_passed_by for guest in self.guests)
            or any(not (workload.networks or workload.is_passed_by) for workload in self.workloads)
        )

    def _fallback(self, *, in_use: bool) -> PodConfig:
        base = self.view.cluster.pod_defaults
        name = self.pool.effective_terway_config
        own = None if name is None else (self.view.cluster.terway_configs or {}).get(name)
        label, ids = say("the cluster's eni-config"), None if base is None else base.v_switch_ids
        if name is not None:
            label = say("the node-level config {config}", config=name)
        if own is not None:
            ids = self._merged_v_switches(own, base)
        config = PodConfig(label, None, self.path, ids, *_groups(own, base), in_use, _DEFAULTS)
        if name is None or own is not None:
            return config
        missing = Unknown(facts.TERWAY_CONFIGS.path, facts.TERWAY_CONFIGS, name)
        return config._replace(v_switch_ids=None, security_group_ids=None, missing=missing)

    def _merged_v_switches(self, own: Network, base: Network | None) -> tuple[str, ...]:
        """Return the vSwitches after the merge patch: a zone in the patch replaces the same zone of the base."""
        zones = {v.zone for name in own.v_switch_ids if (v := self.view.v_switches.get(name))}
        kept = (
            name
            for name in (base.v_switch_ids if base is not None else ())
            if (v := self.view.v_switches.get(name)) is None or v.zone not in zones
        )
        return (*own.v_switch_ids, *kept)

    def config_v_switches(self, config: PodConfig) -> Mapping[str, tuple[VSwitch, ...]]:
        """Return the stated vSwitches of a configuration by zone."""
        return self.view.zoned(config.v_switch_ids or ())
