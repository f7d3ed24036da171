"""TW rules: the cluster's Terway, its version and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.names import LONGEST_LABEL, is_subdomain
from eniplan.messages import say
from eniplan.plan.model import TERWAY_ADDON, TERWAY_CONFIG_LABEL
from eniplan.rules.base import Fix, Hit, Outcome, Unknown, lacking, rule
from eniplan.rules.examples import ABSENT, LINGJUN_POOL
from eniplan.rules.live import OTHER_CLUSTER
from eniplan.rules.np import stated_labels
from eniplan.rules.sources import (
    CODE_CHAIN,
    CODE_DYNAMIC,
    CODE_IPAM,
    EXCL,
    KUBERNETES_LABELS,
    KUBERNETES_NAMES,
    NODECFG,
    REL,
    WWT,
)
from eniplan.suggest import did_you_mean, nearest
from eniplan.versions import TerwayVersion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
    from eniplan.plan.document import Path
    from eniplan.plan.model import NodePool
    from eniplan.rules.view import PlanView

ECS_MINIMUM = TerwayVersion((1, 11))
LINGJUN_MINIMUM = TerwayVersion((1, 14, 3))
ALLOCATION_FIX = TerwayVersion((1, 14))
NODE_CONFIG = TerwayVersion((1, 14, 5))
LEGACY_IPAM_FIX = TerwayVersion((1, 17, 5))
KUBERNETES_MINIMUM = (1, 31)
NO_KUBE_PROXY = (1, 34)
TAKEN = (
    "eni-config", "ack-cluster-profile", "coredns", "extension-apiserver-authentication", "kube-root-ca.crt",
)  # fmt: skip
"""ConfigMaps of kube-system with another purpose: a node-level config of that name would overwrite them."""
_PROTECT = say("protect them with security groups")

_VERSION_PATH = ("cluster", "terway", "version")
_VERSION = "cluster.terway.version"


def _too_old(view: PlanView, needed: TerwayVersion, why: Message, path: Path = _VERSION_PATH) -> Outcome:
    """Yield a hit at a path if Terway is older than `needed`, or an unknown fact if its version is unknown."""
    have = view.terway
    if have is None:
        yield lacking(facts.TERWAY_VERSION)
    elif have < needed:
        yield Hit(
            path,
            say(
                "Terway {version} is older than {required}: {why}",
                version=view.cluster.terway.version,
                required=str(needed),
                why=why,
            ),
            say("upgrade Terway to {required} or later", required=str(needed)),
        )


@rule(
    "TW001",
    "error",
    "Terway is too old for exclusive ENI on ECS nodes",
    needs=(facts.KIND, facts.TERWAY_VERSION),
    effect="Terway does not know the label: the pool comes up with shared ENIs, without an error.",
    sources=(EXCL, WWT, REL),
    passes={_VERSION: "1.14.0"},
    fails={_VERSION: "v1.10.9"},
)
def tw001(view: PlanView) -> Outcome:
    """Terway < 1.11.0 with an ECS pool."""
    if view.ecs_pools:
        yield from _too_old(view, ECS_MINIMUM, say("no exclusive ENI on ECS nodes"))


@rule(
    "TW002",
    "error",
    "Terway is too old for exclusive ENI on Lingjun nodes",
    needs=(facts.KIND, facts.TERWAY_VERSION),
    effect="Lingjun nodes do not get exclusive ENIs.",
    sources=(EXCL, REL),
    passes={"nodePools[1]": LINGJUN_POOL},
    fails={_VERSION: "v1.14.1", "nodePools[1]": LINGJUN_POOL},
)
def tw002(view: PlanView) -> Outcome:
    """Terway < 1.14.3 with a Lingjun pool (1.14.4 in clusters that were upgraded)."""
    if view.lingjun_pools:
        why = say("no exclusive ENI on Lingjun nodes (1.14.4 in upgraded clusters)")
        yield from _too_old(view, LINGJUN_MINIMUM, why)


@rule(
    "TW003",
    "warning",
    "Terway has the pod IP allocation bug of exclusive mode",
    needs=(facts.KIND, facts.TERWAY_VERSION),
    effect="Pods on exclusive nodes may get no address; fixed in 1.14.0.",
    sources=(REL,),
    passes={_VERSION: "v1.14.0"},
    fails={_VERSION: "v1.13.7"},
)
def tw003(view: PlanView) -> Outcome:
    """1.11.0 <= Terway < 1.14.0 with an ECS pool."""
    if view.ecs_pools and (view.terway is None or view.terway >= ECS_MINIMUM):
        yield from _too_old(view, ALLOCATION_FIX, say("in exclusive mode pods may get no address"))


@rule(
    "TW004",
    "error",
    "Terway ignores node-level configuration for exclusive pods",
    needs=(facts.TERWAY_VERSION, facts.TERWAY_CONFIG, facts.CONFIG_LABEL),
    effect="Pods get the vSwitches and security groups of the cluster, not those of the node-level config, without "
    "an error.",
    sources=(REL, NODECFG, CODE_DYNAMIC),
    passes={"nodePools[0].terwayConfig": "gpu-net", "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}}},
    fails={
        "nodePools[0].terwayConfig": "gpu-net",
        "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}},
        _VERSION: "v1.14.4",
    },
)
def tw004(view: PlanView) -> Outcome:
    """A terwayConfig with Terway < 1.14.5."""
    for pool in view.pools:
        name = pool.pool.effective_terway_config
        if name is None:
            continue
        why = say("exclusive pods ignore the node-level config {config!r}", config=name)
        yield from _too_old(view, NODE_CONFIG, why, _config_path(pool.pool))


def _config_path(pool: NodePool) -> Path:
    return (*pool.path, "terwayConfig") if pool.terway_config else (*pool.path, "labels", TERWAY_CONFIG_LABEL)


@rule(
    "TW005",
    "error",
    "The network add-on is not terway-eniip",
    needs=(facts.TERWAY_ADDON,),
    effect="Only terway-eniip has exclusive-ENI node pools; with another add-on the label has no effect.",
    sources=(EXCL, WWT),
    fails={"cluster.terway.addon": "terway-eni"},
    waivable=False,
)
def tw005(view: PlanView) -> Outcome:
    """Any other add-on."""
    addon = view.cluster.terway.addon
    if addon != TERWAY_ADDON:
        yield Hit(
            ("cluster", "terway", "addon"),
            say(
                "the network add-on is {addon!r}; exclusive-ENI node pools need {required!r}",
                addon=addon,
                required=TERWAY_ADDON,
            ),
            OTHER_CLUSTER,
        )


@rule(
    "TW006",
    "warning",
    "Legacy IPAM may not publish aliyun/eni",
    needs=(facts.KIND, facts.IPAM_TYPE, facts.TERWAY_VERSION),
    effect="Nodes have the right label but do not offer aliyun/eni: pods that request it stay Pending.",
    sources=(CODE_IPAM,),
    passes={"cluster.terway.ipamType": "default", _VERSION: "v1.17.5"},
    fails={"cluster.terway.ipamType": "default"},
)
def tw006(view: PlanView) -> Outcome:
    """ipam_type is not crd and Terway < 1.17.5."""
    ipam = view.cluster.terway.ipam_type
    if not view.ecs_pools or ipam == "crd":
        return
    if ipam is None:
        if view.terway is None or view.terway < LEGACY_IPAM_FIX:
            yield lacking(facts.IPAM_TYPE)
        return
    why = say("with legacy IPAM exclusive nodes may offer no aliyun/eni")
    yield from _too_old(view, LEGACY_IPAM_FIX, why, ("cluster", "terway", "ipamType"))


@rule(
    "TW007",
    "error",
    "The Terway version cannot be read",
    needs=(facts.TERWAY_VERSION,),
    effect="Rules that depend on the version cannot be decided.",
    sources=(REL,),
    passes={_VERSION: "v1.17.0-d7c63c9e"},
    fails={_VERSION: "latest"},
)
def tw007(view: PlanView) -> Outcome:
    """A version string without three numbers, such as `latest` or a bare commit hash."""
    text = view.cluster.terway.version
    if text is not None and view.terway is None:
        yield Hit(
            _VERSION_PATH,
            say("{version!r} is not a Terway version", version=text),
            say("write at least three numbers, as in v1.16.4: the tag of the terway image, or the add-on version"),
        )


@rule(
    "TW008",
    "error",
    "The Terway version is unknown",
    needs=(facts.TERWAY_VERSION,),
    effect="An old Terway gives shared nodes without an error; nothing about the pool is certain.",
    sources=(EXCL,),
    fails={_VERSION: ABSENT},
)
def tw008(view: PlanView) -> Outcome:
    """No version stated or read: an error even if the account denies access, because nothing is certain then."""
    if view.cluster.terway.version is None:
        unread = view.unread(_VERSION_PATH)
        hint = facts.TERWAY_VERSION.hint
        if unread is not None:
            hint = say("{reason}; or {find}", reason=unread.reason, find=facts.TERWAY_VERSION.hint)
        required = {"required": str(ECS_MINIMUM)}
        yield Hit(_VERSION_PATH, say("the plan does not state the Terway version"), hint, required)


@rule(
    "TW009",
    "warning",
    "NetworkPolicy or eBPF acceleration does not apply to exclusive pods",
    needs=(facts.NETWORK_POLICY, facts.VIRTUAL_TYPE, facts.NETWORK_POLICIES),
    effect="Exclusive pods are reachable despite a NetworkPolicy, and are not accelerated. Other pods are unaffected.",
    sources=(EXCL, WWT),
    fails={"cluster.terway.networkPolicy": True},
)
def tw009(view: PlanView) -> Outcome:
    """NetworkPolicy is on, a NetworkPolicy selects the pods of a workload, or the data path uses eBPF."""
    terway = view.cluster.terway
    for workload in view.plan.workloads:
        for i, name in enumerate(workload.network_policies):
            message = say(
                "NetworkPolicy {networkPolicy!r} selects {kind} {workload!r}, and has no effect on exclusive pods",
                networkPolicy=name,
                kind=workload.kind,
                workload=workload.name,
            )
            yield Hit((*workload.path, "networkPolicies", i), message, _PROTECT)
    if not (view.pools or view.plan.workloads or view.plan.pod_networkings):
        return  # a pool that stops being exclusive
    if terway.network_policy:
        yield Hit(
            ("cluster", "terway", "networkPolicy"),
            say("NetworkPolicy is on, and has no effect on exclusive pods"),
            _PROTECT,
        )
    elif terway.network_policy is None:
        yield lacking(facts.NETWORK_POLICY)
    if terway.virtual_type in ("ipvlan", "datapathv2"):
        yield Hit(
            ("cluster", "terway", "virtualType"),
            say("the data path {virtualType} (eBPF) has no effect on exclusive pods", virtualType=terway.virtual_type),
            say("no change needed: expect plain ENIs, without eBPF acceleration and NetworkPolicy"),
        )
    elif terway.virtual_type is None:
        yield lacking(facts.VIRTUAL_TYPE)


@rule(
    "TW010",
    "error",
    "A custom CNI chain is configured",
    needs=(facts.CNI_CHAIN,),
    effect="Exclusive nodes overwrite the CNI configuration with a fixed chain: custom plugins, portmap and hostPort "
    "do not apply there.",
    sources=(EXCL, CODE_CHAIN),
    fails={"cluster.terway.customCniChain": True},
)
def tw010(view: PlanView) -> Outcome:
    """Custom CNI chain in the cluster."""
    chain = view.cluster.terway.custom_cni_chain
    path = ("cluster", "terway", "customCniChain")
    if chain:
        message = say("a custom CNI chain does not work on exclusive nodes")
        yield Hit(path, message, say("run workloads that need the chain in other pools"))
    elif chain is None:
        yield lacking(facts.CNI_CHAIN)


@rule(
    "TW011",
    "warning",
    "Kubernetes is older than 1.31",
    needs=(facts.KUBERNETES_VERSION,),
    effect="Terway 1.10 and later, and so exclusive-ENI node pools, come with Kubernetes 1.31 or later.",
    sources=(REL,),
    fails={"cluster.kubernetesVersion": "1.30.7-aliyun.1"},
)
def tw011(view: PlanView) -> Outcome:
    """A kubernetesVersion below 1.31."""
    path = ("cluster", "kubernetesVersion")
    if view.kubernetes is None:
        yield lacking(facts.KUBERNETES_VERSION)
    elif view.kubernetes < KUBERNETES_MINIMUM:
        yield Hit(
            path,
            say(
                "Kubernetes {kubernetesVersion} is older than {required}, which Terway 1.10 and later need",
                kubernetesVersion=view.cluster.kubernetes_version,
                required="1.31",
            ),
            say("upgrade the cluster to {required} or later", required="1.31"),
        )


@rule(
    "TW012",
    "error",
    "The node-level config does not exist",
    needs=(facts.TERWAY_CONFIGS, facts.TERWAY_CONFIG, facts.CONFIG_LABEL),
    effect="Pods on these nodes get stuck: Terway's control plane does not fall back when the ConfigMap is missing.",
    sources=(NODECFG, CODE_DYNAMIC),
    passes={"nodePools[0].terwayConfig": "gpu-net", "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}}},
    fails={"nodePools[0].terwayConfig": "gpu-nett", "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}}},
)
def tw012(view: PlanView) -> Outcome:
    """A terwayConfig that is missing in the plan's terwayConfigs, or that the label contradicts."""
    configs = view.cluster.terway_configs
    for pool in view.pools:
        name = pool.pool.effective_terway_config
        if name is None:
            continue
        path = _config_path(pool.pool)
        label = pool.pool.labels.get(TERWAY_CONFIG_LABEL, name)
        if label != name:
            message = say(
                "pool {pool!r} has terwayConfig {config!r} and label {label}={value}",
                pool=pool.pool.name,
                config=name,
                label=TERWAY_CONFIG_LABEL,
                value=label,
            )
            yield Hit(path, message, say("keep one of them"))
        if configs is None:
            yield Unknown(facts.TERWAY_CONFIGS.path, facts.TERWAY_CONFIGS, name)
        elif name not in configs:
            message = say(
                "pool {pool!r} names the node-level config {config!r}, which the plan does not have",
                pool=pool.pool.name,
                config=name,
            )
            meant = nearest(name, configs)
            hint = did_you_mean(name, configs) or say("add it to cluster.terwayConfigs")
            yield Hit(path, message, hint, fix=None if meant is None else Fix("value", meant))


@rule(
    "TW013",
    "info",
    "Whether Services work on exclusive nodes without kube-proxy is an open question",
    needs=(facts.KUBERNETES_VERSION, facts.VIRTUAL_TYPE),
    effect="New clusters of Kubernetes 1.34 or later with DataPath V2 run no kube-proxy on Terway nodes, and "
    "exclusive nodes run no Cilium. Neither documents nor code show how Services are reached from there.",
    sources=(WWT,),
    passes={"cluster.terway.virtualType": "datapathv2", "cluster.kubernetesVersion": "1.33.1-aliyun.1"},
    fails={"cluster.terway.virtualType": "datapathv2"},
)
def tw013(view: PlanView) -> Outcome:
    """DataPath V2 with Kubernetes >= 1.34."""
    kind = view.cluster.terway.virtual_type
    if kind not in {None, "datapathv2"} or (view.kubernetes is not None and view.kubernetes < NO_KUBE_PROXY):
        return
    if kind is None or view.kubernetes is None:
        yield lacking(facts.VIRTUAL_TYPE if kind is None else facts.KUBERNETES_VERSION)
    else:
        yield Hit(
            ("cluster", "terway", "virtualType"),
            say(
                "Kubernetes {kubernetesVersion} with DataPath V2 may run no kube-proxy on exclusive nodes",
                kubernetesVersion=view.cluster.kubernetes_version,
            ),
            say("test a ClusterIP Service from a pod of the new pool before you rely on it"),
        )


@rule(
    "TW014",
    "error",
    "A node-level config has an invalid name",
    needs=(facts.TERWAY_CONFIGS, facts.TERWAY_CONFIG, facts.CONFIG_LABEL, facts.OVERRIDES),
    effect="A config named eni-config overwrites the network configuration of the whole cluster once it is applied. "
    "Kubernetes refuses other invalid names, for the ConfigMap or for the label value by which nodes name it.",
    sources=(NODECFG, CODE_DYNAMIC, KUBERNETES_NAMES, KUBERNETES_LABELS),
    passes={"cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"]}}},
    fails={"cluster.terwayConfigs": {"eni-config": {"vSwitchIds": ["vsw-j"]}}},
    waivable=False,
)
def tw014(view: PlanView) -> Outcome:
    """The names in terwayConfigs, and those in pools, as terwayConfig, label or override."""
    for path, name in _config_names(view):
        if name in TAKEN:
            message = say("{config} is the name of another ConfigMap in kube-system", config=name)
            yield Hit(path, message, say("choose another name; to change {config} itself, edit it there", config=name))
        elif not is_subdomain(name):
            message = say("{config!r} is not a valid ConfigMap name", config=name)
            yield Hit(path, message, say("use lower-case letters, digits, '-' and '.'"))
        elif len(name) > LONGEST_LABEL:
            message = say(
                "the name of a node-level config is also a label value, of at most {limit} characters; this one has "
                "{length}",
                limit=LONGEST_LABEL,
                length=len(name),
            )
            yield Hit(path, message, say("choose a shorter name"))


def _config_names(view: PlanView) -> Iterator[tuple[Path, str]]:
    for name, config in (view.cluster.terway_configs or {}).items():
        yield config.path, name
    for pool in view.pools:
        if pool.pool.terway_config is not None:
            yield (*pool.path, "terwayConfig"), pool.pool.terway_config
        for path, key, value in stated_labels(pool.pool):
            if key == TERWAY_CONFIG_LABEL:
                yield path, str(value)
