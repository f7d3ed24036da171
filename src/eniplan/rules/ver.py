"""VER001-VER011, VER022-VER024: a running cluster's nodes, PodNetworkings and Terway, as the plan wants them.

A finding speaks of all objects in which the same is wrong, and points at the first: 5,000 nodes with one fault are
one finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts, versions
from eniplan.observed import CLUSTER_CONFIG, ENI, SYSTEM_NAMESPACE
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, TERWAY_ADDON, TERWAY_CONFIG_LABEL
from eniplan.plan.scheduling import pool_taints
from eniplan.rules.base import Hit, Outcome, Unknown, cluster_rule
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import CLUSTER, IMAGE, node
from eniplan.rules.sources import (
    CODE_DEFAULTS,
    CODE_DYNAMIC,
    CODE_IPAM,
    CODE_LABEL,
    CODE_LIMITS,
    CODE_MODE,
    CODE_PUBLISH,
    CODE_READY,
    EXCL,
    NODECFG,
    PN,
    REL,
    WWT,
)
from eniplan.rules.tw import ECS_MINIMUM, LEGACY_IPAM_FIX, LINGJUN_MINIMUM
from eniplan.text import named, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    from eniplan.observed import Node, PodNetworking
    from eniplan.plan.document import Path
    from eniplan.plan.model import PodNetworking as Planned
    from eniplan.plan.model import Selector
    from eniplan.rules.cluster_view import ClusterView, Group

    K = TypeVar("K")

_LABEL = f'nodes[0].metadata.labels["{EXCLUSIVE_LABEL}"]'
_RECREATE = (
    "the mode of a node cannot be switched: create a pool with the exact label and delete this one; "
    "`eniplan create-pool` prints it"
)
_ASIDE = {"nodes": [node("other", **{EXCLUSIVE_LABEL: "default"})], "pods": CLUSTER["pods"][-1:], "podENIs": [
    {**CLUSTER["podENIs"][0], "status": {}}
]}  # fmt: skip
"""The cluster of the example without any node of the pool."""


def _at_nodes(group: Group, nodes: Iterable[Node], what: str, hint: str, **numbers: object) -> Hit:
    """Return a hit about some nodes of a group: `2 nodes of pool 'trading' not Ready: a, b`."""
    names = [item.name for item in nodes]
    message = f"{plural(len(names), 'node')} of {group.label} {what}: {named(names)}"
    return Hit(("Node", names[0]), message, hint, {**numbers, "nodes": names})


def _by(nodes: Iterable[Node], key: Callable[[Node], K]) -> dict[K, list[Node]]:
    """Put nodes together that share what a function says of them."""
    found: dict[K, list[Node]] = {}
    for item in nodes:
        found.setdefault(key(item), []).append(item)
    return found


@cluster_rule(
    "VER001",
    "error",
    "A node pool has no node",
    needs=(facts.NODES, facts.NODE_OWNER, facts.DESIRED_SIZE, facts.AUTO_SCALING),
    effect="Nothing of the pool runs, and nothing about it can be proven.",
    sources=(EXCL,),
    fails=_ASIDE,
)
def ver001(view: ClusterView) -> Outcome:
    """Pools of the plan without a node, or no exclusive node at all."""
    if view.plan is None and not view.groups:
        yield Hit(
            ("Node",), "no node has the exclusive label", f"it is {EXCLUSIVE_LABEL}={EXCLUSIVE_VALUE}, on the pool"
        )
    for group in view.groups:
        if group.pool is None:
            continue
        name = group.pool.pool.name
        rivals = [(label, names) for label, names in view.ambiguous if name in names]
        ids = dict.fromkeys(item.pool_id for item in group.nodes if item.pool_id)
        if len(ids) > 1:
            yield Unknown(
                group.path, facts.NODE_OWNER, f"of {', '.join(ids)} {group.label} is, so all are judged as it"
            )
        if rivals and group.nodes:
            label, names = rivals[0]
            yield Unknown(("Node",), facts.NODE_OWNER, f"pool of the plan ({', '.join(names)}) {label} belongs to")
        elif rivals:
            label, names = rivals[0]
            message = f"{group.label} has no node that is surely its own: {label} fits {', '.join(names)} alike"
            yield Hit(group.path, f"{message}, so none of its nodes is judged", facts.NODE_OWNER.find, {"nodes": 0})
        elif not group.nodes:
            yield _empty(view, group, may_be=group.pool.pool.planned_size == 0)


def _empty(view: ClusterView, group: Group, *, may_be: bool) -> Hit:
    """Tell nodes of no pool whose label says neither shared nor exclusive, or that lack it: perhaps they are the ones.

    Where the plan wants no node yet, only a misspelt label is an error.
    """
    types = frozenset(use.name for use in group.pool.types) if group.pool else ()
    values = [(item, item.labels.get(EXCLUSIVE_LABEL)) for item in view.strangers]
    misspelt = [f"{item.name}={value}" for item, value in values if value not in {None, "default"}]
    bare = [item.name for item, value in values if value is None and item.instance_type in types]
    told = f"; with another value of {EXCLUSIVE_LABEL} there are {named(misspelt)}" if misspelt else ""
    told += f"; of its instance types, without {EXCLUSIVE_LABEL}, there are {named(bare)}" if bare else ""
    hint = "is it scaled out, and is this its cluster? --pool NAME=NODE_POOL_ID names a pool that cannot be told"
    if may_be and not misspelt:
        message = f"{group.label} has no node in the cluster, as its smallest size allows: nothing of it is proven"
        return Hit(group.path, message + told, "scale it out once, and verify again", {"nodes": 0}, "info")
    return Hit(group.path, f"{group.label} has no node in the cluster{told}", hint, {"nodes": 0})


@cluster_rule(
    "VER002",
    "error",
    "A node pool has fewer nodes than the plan wants",
    needs=(facts.NODES, facts.DESIRED_SIZE, facts.AUTO_SCALING),
    effect="There is room for fewer exclusive pods than was planned; the others stay Pending.",
    sources=(EXCL,),
    fails={"nodes[2]": ABSENT, "pods[2]": ABSENT, "podENIs[2]": ABSENT},
)
def ver002(view: ClusterView) -> Outcome:
    """Fewer nodes than desiredSize, or than the smallest size of automatic scaling."""
    for group in view.groups:
        wanted = None if group.pool is None else group.pool.pool.planned_size
        if wanted is not None and 0 < len(group.nodes) < wanted:
            yield Hit(
                group.path,
                f"{group.label} has {plural(len(group.nodes), 'node')}; the plan wants {wanted}",
                "read the scaling activities of the node pool: types sold out, quota, or vSwitches without addresses",
                {"nodes": len(group.nodes), "planned": wanted},
            )


@cluster_rule(
    "VER003",
    "error",
    "A node is not Ready",
    needs=(facts.NODES,),
    effect="No pod starts there, and Terway may not have come up.",
    sources=(EXCL,),
    fails={"nodes[0].status.conditions[0].status": "False"},
)
def ver003(view: ClusterView) -> Outcome:
    """The Ready condition."""
    for group in view.groups:
        down = [item for item in group.nodes if not item.ready]
        if down:
            yield _at_nodes(group, down, "not Ready", f"kubectl describe node {down[0].name}")


@cluster_rule(
    "VER004",
    "error",
    "A node does not carry the exclusive label",
    needs=(facts.NODES,),
    effect="A wrong value, or no label at all, gives a node of shared ENIs, and nothing says so. Terway compares "
    "without case, while the scheduler does not find the node when the case differs.",
    sources=(EXCL, CODE_LABEL, CODE_MODE),
    fails={_LABEL: "ENI"},
)
def ver004(view: ClusterView) -> Outcome:
    """Nodes of the pool without exactly `eniOnly`."""
    for group in view.groups:
        for value, found in _by(group.nodes, lambda item: item.labels.get(EXCLUSIVE_LABEL, "")).items():
            if value != EXCLUSIVE_VALUE:
                what = f"with the label {EXCLUSIVE_LABEL}={value}" if value else f"without the label {EXCLUSIVE_LABEL}"
                yield _at_nodes(group, found, f"{what} (exclusive: {EXCLUSIVE_VALUE})", _RECREATE, label=value)


@cluster_rule(
    "VER005",
    "error",
    "A node does not carry the taint",
    needs=(facts.NODES, facts.TAINTS),
    effect="Pods that need no ENI of their own land there, and each takes one.",
    sources=(EXCL,),
    fails={"nodes[0].spec.taints": []},
)
def ver005(view: ClusterView) -> Outcome:
    """Taints of the plan; without a plan any taint that keeps pods away will do, and none is a warning."""
    for group in view.groups:
        if group.pool is None:
            bare = [n for n in group.exclusive if not any(t.effect in {"NoSchedule", "NoExecute"} for t in n.taints)]
            if bare:
                what, hint = (
                    "without a taint that keeps other pods away",
                    "taint the pool: exclusive-eni=true:NoSchedule",
                )
                yield _at_nodes(group, bare, what, hint)._replace(level="warning")
            continue
        for taint in pool_taints(group.pool.pool):
            bare = [item for item in group.nodes if taint not in item.taints]
            if bare:
                hint = f"set the taint on the node pool, or: kubectl taint node {bare[0].name} {taint}"
                yield _at_nodes(group, bare, f"without the taint {taint}", hint, taint=str(taint))


@cluster_rule(
    "VER006",
    "error",
    "An exclusive node offers no aliyun/eni",
    needs=(facts.NODES, facts.ENI_CONFIG),
    effect="Pods that request it stay Pending. Terway publishes it some time after the node is Ready; later it means "
    "that Terway has not come up there or, with legacy IPAM, that Terway is older than 1.17.5.",
    sources=(CODE_PUBLISH, CODE_IPAM),
    fails={"nodes[0].status.capacity": {"cpu": "32"}, "nodes[0].status.allocatable": {"cpu": "32"}},
)
def ver006(view: ClusterView) -> Outcome:
    """ECS nodes; Lingjun nodes never offer it."""
    config = view.config_of()
    legacy = config is not None and config.ipam_type != "crd"
    hint = "look at the pods of DaemonSet kube-system/terway-eniip there"
    if legacy:
        hint = f"ipam_type of eni-config is not crd, which needs Terway {LEGACY_IPAM_FIX}; else {hint}"
    for group in view.groups:
        bare = [item for item in group.exclusive if not item.is_lingjun and not item.capacity]
        if bare:
            yield _at_nodes(group, bare, f"without {ENI}", hint)


@cluster_rule(
    "VER007",
    "error",
    "The aliyun/eni of a node is not what its type gives",
    needs=(facts.NODES, facts.NODE_TYPE, facts.ENIS, facts.ERIS, facts.ENABLE_ERDMA),
    effect="The scheduler counts with a wrong number: pods get stuck in ContainerCreating, or ENIs stay unused.",
    sources=(CODE_LIMITS, CODE_PUBLISH),
    fails={f'nodes[0].status.capacity["{ENI}"]': "6", f'nodes[0].status.allocatable["{ENI}"]': "6"},
)
def ver007(view: ClusterView) -> Outcome:
    """EniQuantity - 1, less one with eRDMA, as capacity and as allocatable; a slot that eRDMA leaves is an info."""
    for group in view.groups:
        published = [item for item in group.exclusive if not item.is_lingjun and item.capacity]
        alike = _by(published, lambda item: (item.instance_type, item.capacity, item.allocatable))
        for (name, capacity, allocatable), found in alike.items():
            expected = view.expected(found[0])
            if not expected:
                yield Unknown(("Node", found[0].name), facts.NODE_TYPE if name is None else facts.ENIS, name or "")
            elif capacity not in expected or allocatable != capacity:
                wanted = " or ".join(map(str, expected))
                yield _at_nodes(
                    group,
                    found,
                    f"with {ENI} {capacity} (allocatable {allocatable}), where {name} gives {wanted}",
                    "look for ENIs attached by hand, max_eni and enable_erdma in eni-config, and ConfigError events",
                    instanceType=name,
                    capacity=capacity,
                    allocatable=allocatable,
                    expected=list(expected),
                )
            elif capacity != expected[0] and view.erdma(found[0]) is None:
                yield Unknown(("ConfigMap", CLUSTER_CONFIG), facts.ENABLE_ERDMA)
            elif capacity != expected[0]:
                what = f"with {ENI} {capacity}: enable_erdma is set, and takes no ENI there"
                hint = "is eRDMA supported by the operating system, and by every size of the type's family?"
                yield _at_nodes(group, found, what, hint, instanceType=name, capacity=capacity)._replace(level="info")


@cluster_rule(
    "VER008",
    "error",
    "A node does not use its node-level configuration",
    needs=(facts.NODES, facts.TERWAY_CONFIG, facts.CONFIG_LABEL, facts.CONFIG_MAPS),
    effect="Exclusive pods get the vSwitches and security groups of the cluster or, when the ConfigMap does not exist, "
    "no ENI at all.",
    sources=(NODECFG, CODE_DYNAMIC),
    fails={f'nodes[0].metadata.labels["{TERWAY_CONFIG_LABEL}"]': "gpu-net"},
)
def ver008(view: ClusterView) -> Outcome:
    """The label terway-config, and the ConfigMap that it names."""
    for group in view.groups:
        wanted = None if group.pool is None else group.pool.pool.effective_terway_config
        for name, found in _by(group.nodes, lambda item: item.config).items():
            if wanted is not None and name != wanted:
                yield _at_nodes(
                    group,
                    found,
                    f"with the label {TERWAY_CONFIG_LABEL}={name}, where the plan has {wanted}",
                    "put the label on the node pool; nodes that exist do not get it afterwards",
                )
            if name != CLUSTER_CONFIG and name not in view.observed.configs:
                unseen = tuple(view.unseen("ConfigMap"))
                yield from unseen
                if not unseen:
                    hint = "create it; `eniplan render-manifests` writes it"
                    yield _at_nodes(group, found, f"whose ConfigMap kube-system/{name} does not exist", hint)


@cluster_rule(
    "VER009",
    "error",
    "A PodNetworking is missing, or is not the one of the plan",
    needs=(
        facts.POD_NETWORKINGS,
        facts.ENI_TYPE,
        facts.ALLOCATION,
        *facts.SELECTORS,
        facts.NETWORKING_V_SWITCHES,
        facts.NETWORKING_GROUPS,
    ),
    effect="Pods get another ENI than was planned, or none. With another eniType "
    "than ENI they stay Pending in a trunk cluster.",
    sources=(PN, CODE_DEFAULTS),
    fails={"podNetworkings[0].spec.vSwitchOptions": ["vsw-other"]},
)
def ver009(view: ClusterView) -> Outcome:
    """Each PodNetworking of the plan: eniType, allocation, selectors, vSwitches, security groups."""
    if view.plan is None or not view.plan.plan.pod_networkings:
        return
    unseen = tuple(view.unseen("PodNetworking"))
    yield from unseen
    for planned in () if unseen else view.plan.plan.pod_networkings:
        seen = view.observed.pod_networkings.get(planned.name)
        if seen is None:
            yield Hit(
                planned.path, f"PodNetworking {planned.name} does not exist", "eniplan render-manifests | kubectl apply"
            )
            continue
        for what, wanted, have in _differences(planned, seen):
            yield Hit(
                ("PodNetworking", planned.name),
                f"{what} is {have or 'empty'}; the plan has {wanted or 'none'}",
                "apply the PodNetworking of the plan, wait for Ready, and restart its pods: it acts at their creation",
                {"field": what, "cluster": have, "plan": wanted},
            )


def _differences(planned: Planned, seen: PodNetworking) -> Iterator[tuple[str, str, str]]:
    """Yield field, planned and actual value; lists that the plan leaves to the cluster's defaults may be any."""
    network = planned.network
    allocation, kept = planned.allocation or {}, seen.allocation
    ordered = planned.v_switch_selection_policy == "ordered"  # then the first one is filled first
    fields = [
        ("eniType", planned.eni_type, seen.eni_type),
        ("allocationType", allocation.get("type", "Elastic"), kept[0] or "Elastic"),
        ("releaseStrategy", allocation.get("releaseStrategy", ""), kept[1]),
        ("releaseAfter", allocation.get("releaseAfter", ""), kept[2]),
        ("vSwitchSelectionPolicy", planned.v_switch_selection_policy, seen.policy or "ordered"),
        ("podSelector", _spelled(planned.pod_selector), _listed(seen.selectors[0])),
        ("namespaceSelector", _spelled(planned.namespace_selector), _listed(seen.selectors[1])),
    ]
    if network.v_switch_ids:
        spell = ", ".join if ordered else _listed
        fields.append(("vSwitchOptions", spell(network.v_switch_ids), spell(seen.v_switch_ids)))
    if network.security_group_ids:
        fields.append(("securityGroupIDs", _listed(network.security_group_ids), _listed(seen.security_group_ids)))
    yield from (field for field in fields if field[1] != field[2])


def _spelled(selector: Selector | None) -> str:
    return _listed(None if selector is None else tuple(map(str, selector.requirements)))


def _listed(words: tuple[str, ...] | None) -> str:
    """Spell a list whose order means nothing."""
    if words is None:
        return "absent"
    return ", ".join(sorted(set(words))) or "empty"


@cluster_rule(
    "VER010",
    "error",
    "A PodNetworking is not Ready",
    needs=(facts.POD_NETWORKINGS,),
    effect="Pods that are created now do not get it, and nothing says so.",
    sources=(PN, CODE_READY),
    fails={"podNetworkings[0].status": {"status": "Fail", "message": "vsw-j not found"}},
)
def ver010(view: ClusterView) -> Outcome:
    """Its status."""
    if view.plan is None or view.plan.pod_networkings:
        yield from view.unseen("PodNetworking")
    for item in view.networkings:
        if item.status != "Ready":
            status = f"is {item.status}" if item.status else "has no status yet"
            message = f"PodNetworking {item.name} {status}" + (f": {item.message}" if item.message else "")
            hint = "each of its vSwitches must exist and be readable to Terway; it tries again every 30 seconds"
            yield Hit(("PodNetworking", item.name), message, hint, {"status": item.status})


@cluster_rule(
    "VER011",
    "error",
    "A PodNetworking has no vSwitch in a zone of the nodes",
    needs=(facts.POD_NETWORKINGS, facts.READY_ZONES, facts.NODES),
    effect="Its pods are kept away from the nodes of that zone; they stay Pending when no other zone has room.",
    sources=(PN, EXCL),
    fails={
        'nodes[2].metadata.labels["topology.kubernetes.io/zone"]': "cn-hangzhou-k",
    },
)
def ver011(view: ClusterView) -> Outcome:
    """Zones of its vSwitches against zones of the exclusive nodes; without a plan nobody knows what it is meant for."""
    for item in view.networkings:
        if item.status == "Ready" and not item.zones:
            yield Unknown(("PodNetworking", item.name), facts.READY_ZONES, item.name)
        for zone, label in view.zones_for(item).items():
            if item.zones and zone not in item.zones:
                yield Hit(
                    ("PodNetworking", item.name),
                    f"{label} has nodes in {zone}; PodNetworking {item.name} has vSwitches in {', '.join(item.zones)}",
                    f"add a vSwitch of {zone} to it, and restart its pods",
                    {"zone": zone, "zones": list(item.zones)},
                    "warning" if view.plan is None else None,
                )


@cluster_rule(
    "VER022",
    "error",
    "Terway is not the version of the plan, or is too old",
    needs=(facts.TERWAY_IMAGE, facts.TERWAY_VERSION),
    effect="The plan was checked for another Terway: what holds there may not hold here.",
    sources=(EXCL, REL),
    fails={"daemonSets[0].spec.template.spec.initContainers[0].image": IMAGE.replace("v1.16.4", "v1.15.2")},
)
def ver022(view: ClusterView) -> Outcome:
    """The tag of the image; an older one is an error, a newer one a warning."""
    kinds = {item.is_lingjun for item in view.exclusive.values()}
    needed = [(LINGJUN_MINIMUM, "Lingjun")] * (True in kinds) + [(ECS_MINIMUM, "ECS")] * (False in kinds)
    planned = None if view.plan is None else view.plan.terway
    for image in view.observed.images:
        have = versions.terway(image)
        if have is None:
            yield Unknown(_DAEMON_SET, facts.TERWAY_IMAGE, image)
            continue
        seen = {"image": image, "version": str(have)}
        too_old = next(((minimum, kind) for minimum, kind in needed if have < minimum), None)
        if too_old is not None:
            minimum, kind = too_old
            message = f"Terway is {have}; exclusive ENI on {kind} nodes needs {minimum}"
            yield Hit(_DAEMON_SET, message, f"upgrade Terway to {minimum} or later", seen)
        elif planned is not None and have != planned:
            age = "older" if have < planned else "newer"
            hint = "upgrade Terway" if have < planned else "put it into the plan, and check the plan again"
            message = f"Terway is {have}, {age} than the plan's {planned}"
            yield Hit(_DAEMON_SET, message, hint, seen, None if have < planned else "warning")


_DAEMON_SET: Path = ("DaemonSet", "kube-system", TERWAY_ADDON)


@cluster_rule(
    "VER023",
    "error",
    "There is no DaemonSet terway-eniip",
    needs=(facts.DAEMON_SET,),
    effect="Only terway-eniip has exclusive-ENI node pools; with another network add-on the label means nothing.",
    sources=(EXCL, WWT),
    fails={"daemonSets[0].metadata.name": "terway-eni"},
)
def ver023(view: ClusterView) -> Outcome:
    """Neither the DaemonSet nor a pod of it."""
    if not view.observed.images:
        unseen = tuple(view.unseen("DaemonSet"))
        yield from unseen
        if not unseen:
            hint = "a network add-on cannot be exchanged: use a cluster that was created with terway-eniip"
            yield Hit(_DAEMON_SET, "DaemonSet kube-system/terway-eniip does not exist", hint)


@cluster_rule(
    "VER024",
    "warning",
    "The cluster's eni-config is not what the plan states",
    needs=(facts.ENI_CONFIG, facts.CONFIG_MAPS, facts.ERDMA, facts.IPAM_TYPE, facts.IP_STACK),
    effect="The plan was checked with other facts: what holds there may not hold here.",
    sources=(CODE_DYNAMIC,),
    fails={
        "configMaps[0].data.eni_conf": '{"ipam_type": "default", "vswitches": {"cn-hangzhou-j": ["vsw-j"]}}',
    },
)
def ver024(view: ClusterView) -> Outcome:
    """eRDMA, the kind of IPAM, the IP stack; what the plan does not state cannot differ."""
    config = view.config_of()
    path = ("ConfigMap", SYSTEM_NAMESPACE, CLUSTER_CONFIG)
    if config is None:
        yield from _no_config(view, path)
    if view.plan is None or config is None:
        return
    terway = view.plan.cluster.terway
    for what, planned, have in (
        ("enable_erdma", terway.erdma, bool(config.erdma)),
        ("ipam_type", terway.ipam_type, config.ipam_type or "default"),
        ("ip_stack", view.plan.cluster.ip_stack, config.ip_stack or "ipv4"),
    ):
        if planned is not None and planned != have:
            yield Hit(
                path,
                f"{what} is {have!r}; the plan states {planned!r}",
                "put what holds into the plan, and check the plan again",
                {"field": what, "cluster": have, "plan": planned},
            )


def _no_config(view: ClusterView, path: Path) -> Iterator[Hit | Unknown]:
    """Say why Terway's configuration is not known."""
    if CLUSTER_CONFIG in view.observed.configs:
        message = f"eni_conf of ConfigMap {SYSTEM_NAMESPACE}/{CLUSTER_CONFIG} cannot be read as JSON"
        yield Hit(path, message, "correct it: Terway reads the same text", level="error")
    elif "ConfigMap" not in view.observed.unseen:
        yield Unknown(path, facts.ENI_CONFIG)
    elif view.plan is not None:
        yield from view.unseen("ConfigMap")
