"""VER022-VER025, VER033-VER035, VER038: Terway in a running cluster, and its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts, versions
from eniplan.k8s.terway import CLUSTER_CONFIG, SYSTEM_NAMESPACE
from eniplan.messages import NOTHING, count, named, say
from eniplan.observed import CONTROL_PLANE
from eniplan.plan.model import TERWAY_ADDON
from eniplan.rules.base import Hit, Outcome, Unknown, cluster_rule
from eniplan.rules.cluster_view import grouped
from eniplan.rules.commands import edit_config
from eniplan.rules.examples import ABSENT
from eniplan.rules.examples_cluster import CLUSTER, IMAGE, NODES, event, system_pod
from eniplan.rules.pod_path import STARTING, state_of, stops
from eniplan.rules.sources import (
    CODE_DUAL,
    CODE_DYNAMIC,
    CODE_EVENTS,
    CODE_MODE,
    CODE_POD,
    CODE_PUBLISH,
    EXCL,
    NODECFG,
    REL,
    WWT,
)
from eniplan.rules.tw import ECS_MINIMUM, LINGJUN_MINIMUM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
    from eniplan.observed import Agent, Event, Node, TerwayConfig
    from eniplan.plan.document import Path
    from eniplan.plan.model import Network
    from eniplan.rules.cluster_view import ClusterView, Group
    from eniplan.rules.view import PlanView, PodConfig


@cluster_rule(
    "VER022",
    "error",
    "The Terway version differs from the plan's, or is too old",
    needs=(facts.TERWAY_IMAGE, facts.TERWAY_VERSION),
    effect="The plan was checked for another Terway: its verdict may not hold here.",
    sources=(EXCL, REL),
    fails={"daemonSets[0].spec.template.spec.initContainers[0].image": IMAGE.replace("v1.16.4", "v1.15.2")},
)
def ver022(view: ClusterView) -> Outcome:
    """The image tag against the plan: an older version is an error, a newer one a warning."""
    kinds = {item.is_lingjun for item in view.exclusive.values()}
    needed = [(LINGJUN_MINIMUM, "Lingjun")] * (True in kinds) + [(ECS_MINIMUM, "ECS")] * (False in kinds)
    planned = None if view.plan is None else view.plan.terway
    for image in view.observed.images:
        have = versions.terway(image)
        if have is None:
            yield Unknown(_DAEMON_SET, facts.TERWAY_IMAGE, image)
            continue
        seen = {"image": image}
        too_old = next(((minimum, kind) for minimum, kind in needed if have < minimum), None)
        if too_old is not None:
            minimum, kind = too_old
            message = say("Terway is {version}; exclusive ENI on {kind} nodes needs {minimum}", version=str(have),
                          kind=kind, minimum=str(minimum))  # fmt: skip
            yield Hit(_DAEMON_SET, message, _upgrade(str(minimum)), seen)
        elif planned is not None and have != planned:
            message = say(
                "Terway is {version}, newer than the plan's {planned}", version=str(have), planned=str(planned)
            )
            hint = say("put it into the plan as cluster.terway.version, and check again: eniplan check PLAN")
            if have < planned:
                message = say("Terway is {version}, older than the plan's {planned}", version=str(have),
                              planned=str(planned))  # fmt: skip
                hint = _upgrade(str(planned))
            yield Hit(_DAEMON_SET, message, hint, seen, None if have < planned else "warning")


def _upgrade(version: str) -> Message:
    return say("upgrade the add-on terway-eniip to {version} or later, in the console or with: aliyun cs "
               "UpgradeClusterAddons; then: kubectl -n kube-system rollout status ds terway-eniip",
               version=version)  # fmt: skip


_DAEMON_SET: Path = ("DaemonSet", "kube-system", TERWAY_ADDON)


@cluster_rule(
    "VER023",
    "error",
    "There is no DaemonSet terway-eniip",
    needs=(facts.DAEMON_SET,),
    effect="Only terway-eniip has exclusive-ENI node pools; with another network add-on the label has no effect.",
    sources=(EXCL, WWT),
    fails={"daemonSets[0].metadata.name": "terway-eni", "pods": CLUSTER["pods"][:4]},
)
def ver023(view: ClusterView) -> Outcome:
    """Neither the DaemonSet nor any of its pods exists."""
    if view.observed.daemon_set is None and not view.observed.agents:
        unseen = tuple(view.unseen("DaemonSet"))
        yield from unseen
        if not unseen:
            hint = say("a network add-on cannot be replaced: use a cluster that was created with terway-eniip; "
                "kubectl -n kube-system get ds")  # fmt: skip
            yield Hit(_DAEMON_SET, say("DaemonSet kube-system/terway-eniip does not exist"), hint)
    elif not view.observed.images:
        yield Unknown(_DAEMON_SET, facts.TERWAY_IMAGE, "(none)")


@cluster_rule(
    "VER024",
    "warning",
    "The cluster's eni-config differs from the plan",
    needs=(facts.ENI_CONFIG, facts.CONFIG_MAPS, facts.ERDMA, facts.IPAM_TYPE, facts.IP_STACK),
    effect="The plan was checked with other facts: its verdict may not hold here.",
    sources=(CODE_DYNAMIC,),
    fails={
        "configMaps[0].data.eni_conf": '{"ipam_type": "default", "vswitches": {"cn-hangzhou-j": ["vsw-j"]}}',
    },
)
def ver024(view: ClusterView) -> Outcome:
    """eRDMA, IPAM type and IP stack, if the plan states them."""
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
            message = say("{field} is {cluster!r}; the plan states {plan!r}", field=what, cluster=have, plan=planned)
            yield Hit(path, message, _RESTATE)
    if view.plan.cluster.pod_defaults is not None:
        zones = {node.zone for node in view.exclusive.values() if node.zone and node.config == CLUSTER_CONFIG}
        for field, message in _differences(view.plan, config, zones, view.plan.cluster.pod_defaults):
            yield Hit(path, message, _RESTATE, {"field": field})


_RESTATE = say(
    "put the cluster's value into the plan, and check it again: kubectl -n kube-system get configmap eni-config -o yaml"
)


def _differences(
    plan: PlanView, config: TerwayConfig, zones: set[str], planned: Network | PodConfig
) -> Iterator[tuple[str, Message]]:
    """Yield (field, message) for each stated value of the plan that differs from the configuration in force."""
    homes = {i: plan.v_switches[i].zone if i in plan.v_switches else None for i in planned.v_switch_ids or ()}
    for zone in sorted(zones):
        have = config.v_switches.get(zone)
        wanted = tuple(i for i, home in homes.items() if home in {zone, None})
        sure = {i for i in wanted if homes[i]}  # the others may be in another zone
        if have and wanted and not sure <= set(have) <= set(wanted):
            yield "vswitches", say("vswitches of {zone} are {cluster}; the plan has {plan}", zone=zone, cluster=have,
                                   plan=wanted)  # fmt: skip
    groups, stated = config.security_group_ids, planned.security_group_ids
    if groups and stated and set(groups) != set(stated):
        yield "security_groups", say("security groups are {cluster}; the plan has {plan}", cluster=groups, plan=stated)


def _no_config(view: ClusterView, path: Path) -> Iterator[Hit | Unknown]:
    """Yield why Terway's configuration is unknown."""
    if CLUSTER_CONFIG in view.observed.configs:
        yield Hit(path, _unreadable(CLUSTER_CONFIG), _correct(CLUSTER_CONFIG), level="error")
    elif "ConfigMap" not in view.observed.unseen:
        yield Unknown(path, facts.ENI_CONFIG)
    elif view.plan is not None:
        yield from view.unseen("ConfigMap")


def _unreadable(name: str) -> Message:
    return say("Terway cannot read eni_conf of ConfigMap kube-system/{name}: it must be a JSON object with vswitches "
        "by zone",
               name=name)  # fmt: skip


def _correct(name: str) -> Message:
    return say("correct it: kubectl -n kube-system edit configmap {name}", name=name)


@cluster_rule(
    "VER025",
    "error",
    "Terway rejects the configuration of a node",
    needs=(facts.NODES, facts.EVENTS),
    effect="The rejected setting is not in force: the node keeps its earlier mode, or its pods on shared ENIs get no "
    "IPv6. Exclusive pods still get theirs.",
    sources=(CODE_EVENTS, CODE_MODE, CODE_DUAL),
    fails={
        "events[1]": event(
            "ConfigError", "Node", NODES[0], "node exclusive mode changed to eniOnly, this is not allowd"
        )
    },
)
def ver025(view: ClusterView) -> Outcome:
    """ConfigError events of nodes, which live for an hour. Other programs use the reason for other kinds."""
    yield from view.unseen("Event")
    judged = {node.name for group in view.groups for node in group.nodes} & view.rejected
    for item in view.observed.events:
        if item.reason == "ConfigError" and item.kind == "Node" and item.name in judged:
            hint = say("replace the node if it says so; a mode cannot be switched: kubectl describe node {name}",
                       name=item.name)  # fmt: skip
            yield event_hit(item, hint, healed=False)


def event_hit(item: Event, hint: Message, *, healed: bool) -> Hit:
    """Return a hit for an event of an object; an info if the object has recovered."""
    where = (item.kind, *([item.namespace] if item.namespace and item.kind != "Node" else []), item.name)
    times = say(" ({times} times)", times=item.times) if item.times > 1 else NOTHING
    over = say(", since recovered") if healed else NOTHING
    message = say("{reason} on {object}{times}{over}: {message}", reason=item.reason, object="/".join(where),
                  times=times, over=over, message=item.message)  # fmt: skip
    return Hit(where, message, hint, {"count": item.times}, "info" if healed else None)


# --- Terway on the nodes ------------------------------------------------------------------------------------------


@cluster_rule(
    "VER033",
    "error",
    "Terway does not run on an exclusive node",
    needs=(facts.NODES, facts.PODS, facts.DAEMON_SET, facts.AGENT_READY),
    effect="Pods placed there get no address, and aliyun/eni is not published, or goes stale.",
    sources=(EXCL, CODE_PUBLISH, CODE_MODE),
    fails={"pods[4]": ABSENT},
)
def ver033(view: ClusterView) -> Outcome:
    """The pod of terway-eniip on each exclusive node, or the DaemonSet as a whole if pods are not visible."""
    yield from view.unseen("Pod")
    stuck = [pod.node for _, pods in view.once(stops).get("VER033", {}).values() for pod in pods]
    for group in view.groups:
        alike: dict[str, tuple[Agent | None, list[Node]]] = {}
        for node in group.exclusive:
            if node.name in view.terway_down:
                agent = view.terway_down[node.name]
                alike.setdefault(_shape(agent), (agent, []))[1].append(node)
        for agent, nodes in alike.values():
            yield _down(group, agent, nodes, stuck)
    vague = [
        agent for agent in view.agents.values() if agent.trouble is not None and agent.trouble[:2] == ("Running", "")
    ]
    if any(agent.node in view.exclusive for agent in vague):
        yield Unknown(_DAEMON_SET, facts.AGENT_READY)
    yield from _daemon_set(view)


def _daemon_set(view: ClusterView) -> Iterator[Hit]:
    """Yield a hit if the DaemonSet is not ready and no hit about its nodes says so."""
    found = view.observed.daemon_set
    if found is None or found.desired is None or found.ready is None or view.terway_down:
        return
    if found.ready < found.desired:
        message = say("{ready} of {desired} pods of DaemonSet kube-system/terway-eniip are ready", ready=found.ready,
                      desired=found.desired)  # fmt: skip
        hint = say("kubectl -n kube-system get pods -l app=terway-eniip -o wide")
        yield Hit(_DAEMON_SET, message, hint, {}, None if "Pod" in view.observed.unseen else "warning")


def _shape(agent: Agent | None) -> str:
    if agent is None or agent.leaving or agent.trouble is None:
        return ""
    return f"{agent.trouble.reason} {agent.trouble.container} {agent.trouble.message}"


def _down(group: Group, agent: Agent | None, nodes: list[Node], stuck: list[str]) -> Hit:
    """Return a hit for nodes without a running Terway, with the number of pods that wait there."""
    names = [node.name for node in nodes]
    waiting = sum(map(set(names).__contains__, stuck))
    what = say("without a pod of terway-eniip")
    hint = say("does the DaemonSet select the node and tolerate its taints? kubectl -n kube-system describe ds "
        "terway-eniip; kubectl describe node {node}", node=names[0])  # fmt: skip
    if agent is not None and not agent.leaving and agent.trouble is not None:
        trouble, logs = agent.trouble, say("kubectl -n kube-system logs {agent} --all-containers", agent=agent.name)
        what = say("where terway-eniip does not run: {state}", state=state_of(trouble))
        if trouble.message:
            what = say("{what}: {told}", what=what, told=trouble.message)
        hint = say("find out why: {logs}; kubectl -n kube-system describe pod {agent}", logs=logs, agent=agent.name)
        if trouble.reason in STARTING and not trouble.message:
            hint = say("it may still be starting: verify again with --wait 10m; if it stays, {hint}", hint=hint)
        if "mode changed" in trouble.message:
            hint = say("the label was changed after Terway first saw the node, which cannot be undone: replace it; "
                       "kubectl drain {node}", node=names[0])  # fmt: skip
        elif trouble.init:
            hint = say("find out why; if it says `exclusive eni mode changed`, the node's label was changed later: "
                "replace the node. kubectl -n kube-system logs {agent} -c {container}", agent=agent.name,
                       container=trouble.container)  # fmt: skip
    message = group.told(nodes, what)
    if waiting:
        message = say("{message}; {pods} there", message=message, pods=count(waiting, "{n} pod waits", "{n} pods wait"))
    return Hit(("Node", names[0]), message, hint, {"nodes": names, "waiting": waiting})


@cluster_rule(
    "VER034",
    "error",
    "terway-controlplane does not run",
    needs=(facts.PODS,),
    effect="No PodENIs are created: pods on exclusive nodes stay in ContainerCreating.",
    sources=(CODE_POD,),
    fails={"pods[7]": {
        **system_pod("ReplicaSet", f"{CONTROL_PLANE}-7d5f9c4b6d", NODES[0]),
        "status": {"phase": "Pending", "containerStatuses": [
            {"name": "terway", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
        ]},
    }},
)  # fmt: skip
def ver034(view: ClusterView) -> Outcome:
    """Its pods, if visible: managed clusters hide them."""
    yield from view.unseen("Pod")
    down = view.controllers_down
    if down:
        stuck = sum(len(pods) for _, pods in view.once(stops).get("VER034", {}).values())
        state = NOTHING if down[0].trouble is None else state_of(down[0].trouble)
        message = say("no pod of terway-controlplane runs ({state}); {pods} for a PodENI", state=state,
                      pods=count(stuck, "{n} pod waits", "{n} pods wait"))  # fmt: skip
        hint = say("kubectl -n kube-system describe pod {agent}; kubectl -n kube-system logs {agent} --previous",
                   agent=down[0].name)  # fmt: skip
        path = ("Pod", SYSTEM_NAMESPACE, down[0].name)
        yield Hit(path, message, hint, {"waiting": stuck})


@cluster_rule(
    "VER038",
    "warning",
    "Several versions of Terway run at once",
    needs=(facts.PODS, facts.DAEMON_SET),
    effect="An upgrade is in progress, or stuck: nodes behave differently.",
    sources=(REL,),
    fails={"pods[4].spec.initContainers[0].image": IMAGE.replace("v1.16.4", "v1.16.5")},
)
def ver038(view: ClusterView) -> Outcome:
    """The images of the DaemonSet and of its pods, without terminating ones."""
    if len(view.observed.images) > 1:
        message = say("{n} images of terway-eniip are in use: {images}", n=len(view.observed.images),
                      images=named(view.observed.images))  # fmt: skip
        hint = say("kubectl -n kube-system rollout status ds terway-eniip; kubectl -n kube-system get pods "
                   "-l app=terway-eniip -o wide")  # fmt: skip
        yield Hit(_DAEMON_SET, message, hint, {"images": list(view.observed.images)})


# --- node-level configuration -------------------------------------------------------------------------------------


@cluster_rule(
    "VER035",
    "error",
    "The configuration in force on a node gives its pods no network, or not the planned one",
    needs=(
        facts.NODES, facts.NODE_ZONE, facts.CONFIG_MAPS, facts.ENI_CONFIG,
        facts.TERWAY_CONFIGS, facts.POD_DEFAULTS, facts.V_SWITCHES,
    ),
    effect="A pod without a PodNetworking, such as any DaemonSet pod, gets other vSwitches and security groups than "
        "planned; without a vSwitch in the node's zone it gets no ENI at all: Terway does not fall back.",
    sources=(NODECFG, CODE_DYNAMIC, EXCL),
    fails={"configMaps[0].data.eni_conf": '{"ipam_type": "crd", "vswitches": {"cn-hangzhou-k": ["vsw-k"]}}'},
)  # fmt: skip
def ver035(view: ClusterView) -> Outcome:
    """eni-config merged with the node-level ConfigMap: readable, a vSwitch in each zone, and the plan's lists."""
    for group in view.groups:
        for name, nodes in grouped((node.config, node) for node in group.exclusive).items():
            yield from _in_force(view, group, name, nodes)


def _in_force(view: ClusterView, group: Group, name: str, nodes: list[Node]) -> Outcome:
    path = ("ConfigMap", SYSTEM_NAMESPACE, name)
    config = view.config_of(nodes[0])
    if config is None:  # VER024 reports eni-config, VER008 a missing ConfigMap
        configs = view.observed.configs
        if name != CLUSTER_CONFIG and name in configs and configs[name] is None:
            yield Hit(path, _unreadable(name), _correct(name), {"nodes": [node.name for node in nodes]})
        return
    edit = edit_config(name)
    zones = {node.zone for node in nodes if node.zone}
    zoneless = [node.name for node in nodes if not node.zone]
    if zoneless:
        yield Unknown(("Node", zoneless[0]), facts.NODE_ZONE)
    for zone in sorted(zones - view.zones_of(config, nodes[0])):
        message = say("ConfigMap {name} leaves {zone} without a vSwitch, where {pool} has nodes", name=name, zone=zone,
                      pool=group.label)  # fmt: skip
        if not config.v_switches:
            message = say(
                "ConfigMap {name} leaves the nodes of {pool} without any vSwitch", name=name, pool=group.label
            )
        yield Hit(path, message, say("add a vSwitch of {zone}: {edit}", zone=zone, edit=edit), {"zone": zone})
    if group.pool is not None and name != CLUSTER_CONFIG:
        hint = say(
            "apply the plan's: eniplan render-manifests PLAN | kubectl apply -f -; or correct it: {edit}", edit=edit
        )
        for field, message in _differences(group.pool.view, config, zones, group.pool.fallback):
            yield Hit(path, message, hint, {"field": field})
