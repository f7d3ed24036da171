"""VER001-VER011, VER036, VER037, VER039: the nodes and PodNetworkings of a running cluster against the plan.

A finding covers all objects with the same fault and points at the first: 5,000 nodes with one fault are
one finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.numbers import go_duration
from eniplan.k8s.terway import CLUSTER_CONFIG, ENI
from eniplan.messages import count, named, say
from eniplan.observed import NODE_POOL_LABEL, TYPE_INFO
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, TERWAY_CONFIG_LABEL
from eniplan.rules.base import Hit, Outcome, Unknown, cluster_rule
from eniplan.rules.cluster_view import claimed, grouped
from eniplan.rules.commands import terway_on
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import CLUSTER, NODES, config_map, node, pod, pod_eni
from eniplan.rules.obstacles import CONDITIONS, CORDONED
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
    WWT,
)
from eniplan.rules.tw import LEGACY_IPAM_FIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from eniplan.k8s.labels import Selector
    from eniplan.messages import Message
    from eniplan.observed import Node, PodNetworking
    from eniplan.plan.model import PodNetworking as Planned
    from eniplan.rules.base import Level
    from eniplan.rules.cluster_view import ClusterView, Group
    from eniplan.rules.view import PoolView

_LABEL = f'nodes[0].metadata.labels["{EXCLUSIVE_LABEL}"]'
_ASIDE = {"nodes": [node("other", **{EXCLUSIVE_LABEL: "default"})], "pods": CLUSTER["pods"][3:4], "podENIs": [
    {**CLUSTER["podENIs"][0], "status": {}}
]}  # fmt: skip
"""The example cluster without nodes of the pool."""


def _at_nodes(group: Group, nodes: Sequence[Node], what: Message, hint: Message, **numbers: object) -> Hit:
    """Return a hit for nodes of a group."""
    names = [item.name for item in nodes]
    return Hit(("Node", names[0]), group.told(nodes, what), hint, {**numbers, "nodes": names})


@cluster_rule(
    "VER001",
    "error",
    "A node pool has no node",
    needs=(facts.NODES, facts.NODE_OWNER, facts.DESIRED_SIZE, facts.AUTO_SCALING),
    effect="Nothing in the pool runs, and nothing about it can be verified.",
    sources=(EXCL,),
    fails=_ASIDE,
)
def ver001(view: ClusterView) -> Outcome:
    """Pools of the plan without nodes, or a cluster without exclusive nodes."""
    if not view.groups:  # a plan has pools
        hint = say("label the node pool {label}={value} and replace its nodes: kubectl get nodes --show-labels",
                   label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE)  # fmt: skip
        yield Hit(("Node",), say("no node has the exclusive label {label}", label=EXCLUSIVE_LABEL), hint)
    for group in view.groups:
        if group.pool is None:
            continue
        name = group.pool.pool.name
        rivals = [(label, names) for label, names in view.ambiguous if name in names]
        ids = tuple(dict.fromkeys(item.pool_id for item in group.nodes if item.pool_id))
        if len(ids) > 1:
            about = say("of {ids} {pool} is; all of them are judged as that pool", ids=ids, pool=group.label)
            yield Unknown(group.path, facts.NODE_OWNER, about)
        if group.nodes:
            for label, names in rivals:
                about = say("pool of the plan ({names}) {label} belongs to", names=names, label=label)
                yield Unknown(("Node",), facts.NODE_OWNER, about)
        elif rivals:
            label, names = rivals[0]
            message = say("no node clearly belongs to {pool}: {label} matches {names} equally well, so its nodes are "
                "not judged", pool=group.label, label=label, names=names)  # fmt: skip
            hint = say("choose one: eniplan verify PLAN --pool {name}=NODE_POOL_ID", name=name)
            yield Hit(group.path, message, hint, {"nodes": 0})
        else:
            yield _empty(view, group, group.pool)


def _empty(view: ClusterView, group: Group, pool: PoolView) -> Hit:
    """Return a hit for a pool without nodes, naming nodes of no pool that were perhaps meant for it.

    If the plan needs no node yet, only a misspelt label is an error.
    """
    types = frozenset(use.name for use in pool.types)
    strangers = {node.name: node for node in view.strangers}
    misspelt = [claim for claim in view.claims if claim.node.name in strangers]
    bare = [
        node.name for node in view.strangers if node.labels.get(EXCLUSIVE_LABEL) is None and node.instance_type in types
    ]
    message = say("{pool} has no node in the cluster", pool=group.label)
    hint = say("is it scaled out, and is this its cluster? kubectl get nodes -L {label},{pool}; then, if necessary: "
        "eniplan verify PLAN --pool {name}=NODE_POOL_ID", label=EXCLUSIVE_LABEL, pool=NODE_POOL_LABEL,
               name=group.name)  # fmt: skip
    if misspelt:
        first = misspelt[0]
        alike = [claim.node.name for claim in misspelt if claim[1:] == first[1:]]
        message = say("{message}; {nodes} of {owner} carry {claim}, which is not {label}={value}", message=message,
                      nodes=named(alike), owner=first.pool, claim=first.said, label=EXCLUSIVE_LABEL,
                      value=EXCLUSIVE_VALUE)  # fmt: skip
        hint = _mend(first.pool)
    elif bare:
        message = say("{message}; {nodes} of its instance types are without {label}", message=message,
                      nodes=named(bare), label=EXCLUSIVE_LABEL)  # fmt: skip
        hint = _mend(say("the node pool of {node}", node=bare[0]))
    if pool.pool.sizes.desired == 0 and not misspelt:
        message = say("{message}, as its minimum size allows: nothing about it is verified", message=message)
        hint = say("scale it out once, and verify again: eniplan verify PLAN --wait 10m")
        return Hit(group.path, message, hint, {"nodes": 0}, "info")
    return Hit(group.path, message, hint, {"nodes": 0})


def _mend(pool: object) -> Message:
    """Return how to fix a wrong or missing exclusive label."""
    return say("set the label of {pool} to {label}={value} and replace its nodes, because Terway keeps the mode that "
        "it saw first; the documentation asks for a new node pool, which `eniplan create-pool` prints; kubectl get "
        "nodes -L {label}", pool=pool, label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE)  # fmt: skip


@cluster_rule(
    "VER002",
    "error",
    "A node pool has fewer nodes than the plan wants",
    needs=(facts.NODES, facts.DESIRED_SIZE, facts.AUTO_SCALING),
    effect="Fewer exclusive pods fit than planned; the others stay Pending.",
    sources=(EXCL,),
    fails={"nodes[2]": ABSENT, "pods[2]": pod(2, NODES[0]), "podENIs[2]": pod_eni(2, NODES[0])},
)
def ver002(view: ClusterView) -> Outcome:
    """Fewer nodes than desiredSize, or than autoScaling.min."""
    for group in view.groups:
        wanted = None if group.pool is None else group.pool.pool.sizes.desired
        if wanted is not None and 0 < len(group.nodes) < wanted:
            message = say("{pool} has {nodes}; the plan wants {planned}", pool=group.label,
                          nodes=count(len(group.nodes), "{n} node", "{n} nodes"), planned=wanted)  # fmt: skip
            hint = say("read its scaling activities: types sold out, quota, or vSwitches without addresses? "
                       "aliyun ess DescribeScalingActivities; kubectl get nodes -l {label}={value}",
                       label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE)  # fmt: skip
            yield Hit(group.path, message, hint)


@cluster_rule(
    "VER003",
    "error",
    "A node is not Ready",
    needs=(facts.NODES,),
    effect="No pod starts there, and Terway may not be up.",
    sources=(EXCL,),
    fails={"nodes[0].status.conditions[0].status": "False"},
)
def ver003(view: ClusterView) -> Outcome:
    """The Ready condition, with kubelet's message."""
    for group in view.groups:
        for told, down in grouped((item.told, item) for item in group.nodes if not item.ready).items():
            what = say("not Ready ({told})", told=told) if told else say("not Ready")
            name = down[0].name
            hint = say("kubectl describe node {node}", node=name)
            if "cni" in told.casefold() or "network" in told.casefold():
                hint = say("check Terway there: {command}; {hint}", command=terway_on(name), hint=hint)
            elif any(taint.key == "node.kubernetes.io/unreachable" for taint in down[0].taints):
                hint = say("is its instance running? {hint}", hint=hint)
            yield _at_nodes(group, down, what, hint)


@cluster_rule(
    "VER004",
    "error",
    "A node does not have the exclusive label",
    needs=(facts.NODES,),
    effect="A wrong value, or no label, gives a node with shared ENIs, without an error. Terway ignores case, but "
    "the scheduler does not: with another case it does not find the node.",
    sources=(EXCL, CODE_LABEL, CODE_MODE),
    fails={_LABEL: "ENI"},
)
def ver004(view: ClusterView) -> Outcome:
    """Nodes of the pool without exactly `eniOnly`, and labels that resemble the exclusive one."""
    for group in view.groups:
        for (key, value), found in grouped((_mode(item), item) for item in group.nodes).items():
            if (key, value) == (EXCLUSIVE_LABEL, EXCLUSIVE_VALUE):
                continue
            what = say("without the label {label}={value}", label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE)
            if key:
                what = say("with the label {key}={given}, where exclusive is {label}={value}", key=key, given=value,
                           label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE)  # fmt: skip
            pools = tuple(dict.fromkeys(item.pool_id for item in found if item.pool_id))
            pool = say("node pool {ids}", ids=pools) if pools else group.label
            yield _at_nodes(group, found, what, _mend(pool), label=value)


def _mode(item: Node) -> tuple[str, str]:
    """Return the label that sets a node's mode, or was meant to; the key is empty without such a label."""
    value = item.labels.get(EXCLUSIVE_LABEL)
    return (claimed(item) or ("", "")) if value is None else (EXCLUSIVE_LABEL, value)


@cluster_rule(
    "VER005",
    "error",
    "A node does not have the taint",
    needs=(facts.NODES, facts.TAINTS),
    effect="Pods that do not need their own ENI land there, and each uses one.",
    sources=(EXCL,),
    fails={"nodes[0].spec.taints": []},
)
def ver005(view: ClusterView) -> Outcome:
    """Taints of the plan. Without a plan, any taint that keeps pods away is enough, and none is a warning."""
    for group in view.groups:
        if group.pool is None:
            bare = [n for n in group.exclusive if not any(t.repels for t in n.taints)]
            if bare:
                what = say("without a taint that keeps other pods away")
                hint = say("set exclusive-eni=true:NoSchedule on the node pool, and on its nodes: kubectl taint node "
                           "{node} exclusive-eni=true:NoSchedule", node=bare[0].name)  # fmt: skip
                yield _at_nodes(group, bare, what, hint)._replace(level="warning")
            continue
        for taint in group.pool.pool.node_taints:
            bare = [item for item in group.nodes if taint not in item.taints]
            if bare:
                hint = say("set the taint on the node pool, and on its nodes: kubectl taint node {node} {taint}",
                           node=bare[0].name, taint=str(taint))  # fmt: skip
                yield _at_nodes(group, bare, say("without the taint {taint}", taint=str(taint)), hint, taint=str(taint))


@cluster_rule(
    "VER006",
    "error",
    "An exclusive node offers no aliyun/eni",
    needs=(facts.NODES, facts.ENI_CONFIG),
    effect="Pods that request it stay Pending. Terway publishes it some time after the node is Ready; if it is still "
    "missing later, Terway is not up there or, with legacy IPAM, is older than 1.17.5.",
    sources=(CODE_PUBLISH, CODE_IPAM),
    fails={f'nodes[0].status.capacity["{ENI}"]': ABSENT, f'nodes[0].status.allocatable["{ENI}"]': ABSENT},
)
def ver006(view: ClusterView) -> Outcome:
    """ECS nodes without aliyun/eni. Lingjun nodes never offer it."""
    config = view.config_of()
    legacy = config is not None and config.ipam_type != "crd"
    for group in view.groups:
        bare = [item for item in group.exclusive if not item.is_lingjun and not item.capacity]
        if bare:
            hint = say("check Terway there: {command}", command=terway_on(bare[0].name))
            if not (view.terway_down.keys() | view.rejected) & {item.name for item in bare}:
                hint = say("Terway publishes it some time after the node is Ready: verify again with --wait 10m; if it "
                    "stays, {hint}", hint=hint)  # fmt: skip
            if legacy:
                hint = say("ipam_type of eni-config is not crd, which needs Terway {version}; else {hint}",
                           version=str(LEGACY_IPAM_FIX), hint=hint)  # fmt: skip
            yield _at_nodes(group, bare, say("without {resource}", resource=ENI), hint)


@cluster_rule(
    "VER007",
    "error",
    "The aliyun/eni of a node differs from what its type gives",
    needs=(facts.NODES, facts.NODE_TYPE, facts.ENIS, facts.ERIS, facts.ENABLE_ERDMA),
    effect="The scheduler counts with a wrong number: pods get stuck in ContainerCreating, or ENIs stay unused.",
    sources=(CODE_LIMITS, CODE_PUBLISH),
    fails={f'nodes[0].status.capacity["{ENI}"]': "6", f'nodes[0].status.allocatable["{ENI}"]': "6"},
)
def ver007(view: ClusterView) -> Outcome:
    """Capacity and allocatable against EniQuantity - 1, or - 2 with eRDMA. A slot unused by eRDMA is an info."""
    for group in view.groups:
        published = [item for item in group.exclusive if not item.is_lingjun and item.capacity]
        alike = grouped(
            ((item.instance_type, item.capacity, item.allocatable, str(item.limits), view.erdma(item)), item)
            for item in published
        )
        for (name, capacity, allocatable, _, erdma), found in alike.items():
            expected = view.expected(found[0])
            if not expected:
                yield Unknown(("Node", found[0].name), facts.ENIS if name else facts.NODE_TYPE, name or "")
            elif capacity not in expected or allocatable != capacity:
                what = say("with {resource} {capacity} (allocatable {allocatable}), where {instanceType} gives "
                           "{expected}",
                           resource=ENI, capacity=capacity, allocatable=allocatable, instanceType=name,
                           expected=" or ".join(map(str, expected)))  # fmt: skip
                hint = say("look for ENIs attached by hand, max_eni and enable_erdma in eni-config, and ConfigError "
                           "events: kubectl describe node {node}", node=found[0].name)  # fmt: skip
                numbers = {"capacity": capacity, "allocatable": allocatable, "expected": list(expected)}
                yield _at_nodes(group, found, what, hint, instanceType=name, **numbers)
            elif capacity != expected[0] and erdma is None:
                yield Unknown(("ConfigMap", CLUSTER_CONFIG), facts.ENABLE_ERDMA)
            elif capacity != expected[0]:
                what = say("with {resource} {capacity}: enable_erdma is set, but uses no ENI there", resource=ENI,
                           capacity=capacity)  # fmt: skip
                hint = say("do the operating system and every size of the type's family support eRDMA? kubectl "
                    "describe node {node}", node=found[0].name)  # fmt: skip
                yield _at_nodes(group, found, what, hint, instanceType=name, capacity=capacity)._replace(level="info")


@cluster_rule(
    "VER039",
    "warning",
    "A node's limits of its instance type differ from eniplan's",
    needs=(facts.NODES, *facts.LIMITS, facts.ERIS),
    effect="Terway uses the numbers on the node, an annotation taken from the API: the plan was checked with other "
        "limits.",
    sources=(CODE_LIMITS,),
    fails={
        f'nodes[0].metadata.annotations["{TYPE_INFO}"]':
            '{"InstanceTypeId": "ecs.g8i.8xlarge", "EniQuantity": 8, "EniIpv6AddressQuantity": 1}',
    },
)  # fmt: skip
def ver039(view: ClusterView) -> Outcome:
    """The numbers of annotation alibabacloud.com/instance-type-info against the instance data."""
    for group in view.groups:
        told = grouped(((n.instance_type, str(n.limits)), n) for n in group.exclusive)
        for (name, _), found in told.items():
            known = view.catalog.get(name or "")
            ours = {} if known is None else known._asdict()
            for field, number in found[0].limits.items():
                if ours.get(field) not in {None, number}:
                    what = say("with {field} {node} in their annotation, where eniplan has {specs}", field=field,
                               node=number, specs=ours[field])  # fmt: skip
                    hint = say("check the plan with what the nodes say: eniplan specs update --from-cluster "
                               "--out nodes.jsonl; eniplan check PLAN --specs nodes.jsonl")  # fmt: skip
                    yield _at_nodes(group, found, what, hint, instanceType=name)


@cluster_rule(
    "VER008",
    "error",
    "A node does not use its node-level config",
    needs=(facts.NODES, facts.TERWAY_CONFIG, facts.CONFIG_LABEL, facts.CONFIG_MAPS),
    effect="Exclusive pods get the vSwitches and security groups of the cluster or, if the ConfigMap does not exist, "
    "no ENI at all.",
    sources=(NODECFG, CODE_DYNAMIC),
    fails={
        f'nodes[0].metadata.labels["{TERWAY_CONFIG_LABEL}"]': "gpu-net",
        "configMaps[1]": config_map("gpu-net"),
    },
)
def ver008(view: ClusterView) -> Outcome:
    """The label terway-config against the plan in both directions, and whether its ConfigMap exists."""
    for group in view.groups:
        planned = None if group.pool is None else group.pool.pool.effective_terway_config or CLUSTER_CONFIG
        for name, found in grouped((item.config, item) for item in group.nodes).items():
            if planned not in {None, name}:
                yield _at_nodes(group, found, _configured(name, planned), _relabel(planned, found[0]))
            if name != CLUSTER_CONFIG and name not in view.observed.configs:
                unseen = tuple(view.unseen("ConfigMap"))
                yield from unseen
                if not unseen:
                    hint = say("create it: eniplan render-manifests PLAN | kubectl apply -f -; "
                               "kubectl -n kube-system get configmap {name}", name=name)  # fmt: skip
                    what = say("whose ConfigMap kube-system/{name} does not exist", name=name)
                    yield _at_nodes(group, found, what, hint)


def _configured(name: str, planned: str | None) -> Message:
    if name == CLUSTER_CONFIG:
        return say(
            "without the label {label}, where the plan has {planned}", label=TERWAY_CONFIG_LABEL, planned=planned
        )
    if planned == CLUSTER_CONFIG:
        return say("with the label {label}={name}, where the plan has none", label=TERWAY_CONFIG_LABEL, name=name)
    return say("with the label {label}={name}, where the plan has {planned}", label=TERWAY_CONFIG_LABEL, name=name,
               planned=planned)  # fmt: skip


def _relabel(planned: str | None, item: Node) -> Message:
    if planned == CLUSTER_CONFIG:
        return say("put terwayConfig into the plan and check it again, or remove the label from the node pool: "
            "kubectl get node {node} --show-labels", node=item.name)  # fmt: skip
    return say("put the label on the node pool, and replace the nodes or label them: kubectl label node {node} "
               "{label}={planned} --overwrite", node=item.name, label=TERWAY_CONFIG_LABEL, planned=planned)  # fmt: skip


@cluster_rule(
    "VER009",
    "error",
    "A PodNetworking is missing, or differs from the plan",
    needs=(
        facts.POD_NETWORKINGS,
        facts.ENI_TYPE,
        facts.ALLOCATION,
        *facts.SELECTORS,
        facts.NETWORKING_V_SWITCHES,
        facts.NETWORKING_GROUPS,
    ),
    effect="Pods get another ENI than planned, or none. If its eniType is not ENI, they stay Pending in a trunk "
    "cluster.",
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
            message = say("PodNetworking {name} does not exist", name=planned.name)
            hint = say("create it: eniplan render-manifests PLAN | kubectl apply -f -")
            yield Hit(planned.path, message, hint)
            continue
        for what, wanted, have in _differences(planned, seen):
            message = say("{field} is {cluster}; the plan has {plan}", field=what, cluster=have or "empty",
                          plan=wanted or "none")  # fmt: skip
            hint = say("apply it, wait for Ready, and recreate its pods, because it takes effect when a pod is "
                "created: eniplan render-manifests PLAN | kubectl apply -f -")  # fmt: skip
            yield Hit(("PodNetworking", planned.name), message, hint, {"cluster": have, "plan": wanted})


def _differences(planned: Planned, seen: PodNetworking) -> Iterator[tuple[str, str, str]]:
    """Yield (field, planned value, actual value). Lists that the plan leaves to the cluster's defaults are skipped."""
    network = planned.network
    allocation, kept = planned.allocation or {}, seen.allocation
    ordered = planned.v_switch_selection_policy == "ordered"  # then order matters: the first one fills first
    fields = [
        ("eniType", planned.eni_type, seen.eni_type),
        ("allocationType", allocation.get("type", "Elastic"), kept[0] or "Elastic"),
        ("releaseStrategy", allocation.get("releaseStrategy", ""), kept[1]),
        ("releaseAfter", allocation.get("releaseAfter", ""), kept[2]),
        ("vSwitchSelectionPolicy", planned.v_switch_selection_policy, seen.policy or "ordered"),
        ("podSelector", _spelled(planned.pod_selector), _spelled(seen.selectors[0])),
        ("namespaceSelector", _spelled(planned.namespace_selector), _spelled(seen.selectors[1])),
    ]
    if network.v_switch_ids:
        spell = ", ".join if ordered else _listed
        fields.append(("vSwitchOptions", spell(network.v_switch_ids), spell(seen.v_switch_ids)))
    if network.security_group_ids:
        fields.append(("securityGroupIDs", _listed(network.security_group_ids), _listed(seen.security_group_ids)))
    for field, wanted, have in fields:
        if wanted != have and not (field == "releaseAfter" and go_duration(wanted) == go_duration(have) is not None):
            yield field, wanted, have


def _spelled(selector: Selector | None) -> str:
    return _listed(None if selector is None else tuple(map(str, selector.requirements)))


def _listed(words: tuple[str, ...] | None) -> str:
    """Return a list without a meaningful order as sorted text."""
    if words is None:
        return "absent"
    return ", ".join(sorted(set(words))) or "empty"


@cluster_rule(
    "VER010",
    "error",
    "A PodNetworking is not Ready",
    needs=(facts.POD_NETWORKINGS,),
    effect="Pods created now do not get it, without an error.",
    sources=(PN, CODE_READY),
    fails={"podNetworkings[0].status": {"status": "Fail", "message": "vsw-j not found"}},
)
def ver010(view: ClusterView) -> Outcome:
    """The status of each PodNetworking."""
    if view.plan is None or view.plan.pod_networkings:
        yield from view.unseen("PodNetworking")
    for item in view.networkings:
        if item.status != "Ready":
            message = say("PodNetworking {name} has no status yet", name=item.name)
            if item.status:
                message = say("PodNetworking {name} is {status}", name=item.name, status=item.status)
            if item.message:
                message = say("{message}: {told}", message=message, told=item.message)
            hint = say("each of its vSwitches must exist and be readable by Terway, which retries every 30 s: "
                "kubectl describe podnetworking {name}", name=item.name)  # fmt: skip
            yield Hit(("PodNetworking", item.name), message, hint, {"status": item.status})


@cluster_rule(
    "VER011",
    "error",
    "A PodNetworking has no vSwitch in a zone of the nodes",
    needs=(facts.POD_NETWORKINGS, facts.READY_ZONES, facts.NODES),
    effect="Its pods are kept off the nodes of that zone; they stay Pending if no other zone has room.",
    sources=(PN, EXCL),
    fails={
        'nodes[2].metadata.labels["topology.kubernetes.io/zone"]': "cn-hangzhou-k",
        "configMaps[0]": config_map("eni-config", **{"cn-hangzhou-j": ["vsw-j"], "cn-hangzhou-k": ["vsw-k"]}),
    },
)
def ver011(view: ClusterView) -> Outcome:
    """The zones of its vSwitches against those of its nodes. Without a plan, it is unknown which nodes it is for."""
    for item in view.networkings:
        if item.status == "Ready" and not item.zones:
            yield Unknown(("PodNetworking", item.name), facts.READY_ZONES, item.name)
        for zone, label in view.zones_for(item).items():
            if item.zones and zone not in item.zones:
                message = say("{pool} has nodes in {zone}; PodNetworking {name} has vSwitches in {zones}", pool=label,
                              zone=zone, name=item.name, zones=item.zones)  # fmt: skip
                hint = say("add a vSwitch of {zone} to vSwitchOptions, and recreate its pods: "
                           "kubectl edit podnetworking {name}", zone=zone, name=item.name)  # fmt: skip
                level: Level | None = "warning" if view.plan is None else None
                yield Hit(("PodNetworking", item.name), message, hint, level=level)


@cluster_rule(
    "VER036",
    "warning",
    "A node takes no new pods",
    needs=(facts.NODES,),
    effect="Running pods stay; new pods find no room on it.",
    sources=(EXCL,),
    fails={"nodes[0].spec.unschedulable": True},
)
def ver036(view: ClusterView) -> Outcome:
    """Cordoned nodes, and nodes that Kubernetes has tainted. VER003 reports nodes that are not Ready."""
    for group in view.groups:
        for reason, found in grouped((_closed(item), item) for item in group.nodes if item.ready).items():
            if reason == CORDONED.key:
                hint = say("when maintenance is done: kubectl uncordon {node}", node=found[0].name)
                yield _at_nodes(group, found, say("cordoned"), hint)
            elif reason:
                what, fix = CONDITIONS[reason]
                told = say("with the taint {taint}: {what}", taint=reason, what=what)
                yield _at_nodes(group, found, told, fix(found[0].name), taint=reason)


def _closed(item: Node) -> str:
    """Return the key of the taint by which Kubernetes keeps pods off a node; empty if there is none."""
    if item.cordoned:
        return CORDONED.key
    return next((t.key for t in item.taints if t.key == CORDONED.key or t.key in CONDITIONS), "")


@cluster_rule(
    "VER037",
    "warning",
    "A node admits fewer pods than its ENIs can carry",
    needs=(facts.NODES, facts.PODS, facts.ROOM),
    effect="kubelet counts hostNetwork pods too: at its limit further pods stay Pending with `Too many pods`, and "
    "ENIs stay unused.",
    sources=(EXCL, WWT),
    fails={f"nodes[{n}].status.allocatable.pods": "7" for n in range(3)},
)
def ver037(view: ClusterView) -> Outcome:
    """The node's `pods` against the sum of its hostNetwork pods and ENIs."""
    yield from view.unseen("Pod")
    for group in view.groups:
        alike = grouped(
            ((item.room.pods, view.host_pods(item), view.room(item) or 0), item) for item in group.exclusive
        )
        for (pods, host, enis), found in alike.items():
            if pods is None:
                yield Unknown(("Node", found[0].name), facts.ROOM)
            elif pods < host + enis:
                what = say("admitting {pods} pods, fewer than {hostNetwork} and {enis}", pods=pods,
                           hostNetwork=count(host, "{n} hostNetwork pod", "{n} hostNetwork pods"),
                           enis=count(enis, "{n} ENI", "{n} ENIs"))  # fmt: skip
                hint = say("raise maxPods in the kubelet configuration of the node pool, or plan {n} fewer pods per "
                    "node: kubectl describe node {node}", n=host + enis - pods, node=found[0].name)  # fmt: skip
                yield _at_nodes(group, found, what, hint, pods=pods, hostNetwork=host, enis=enis)
