"""NP rules: the node pool itself, its label and taints, and the limits of the API."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.names import label_key_problem, label_value_problem
from eniplan.k8s.nodes import EFFECTS
from eniplan.messages import say
from eniplan.plan.document import value_at
from eniplan.plan.fields import KEYS, SECTIONS
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_VALUE, TERWAY_CONFIG_LABEL
from eniplan.rules.base import Hit, Outcome, Unknown, lacking, rule
from eniplan.rules.eni import source
from eniplan.rules.examples import ABSENT, VSWITCH_J
from eniplan.rules.live import unread
from eniplan.rules.shared import repeated
from eniplan.rules.sources import (
    ADD,
    CODE_LABEL,
    CODE_MODE,
    CODE_PREDICT,
    CREATE_API,
    EXCL,
    KUBERNETES_LABELS,
    KUBERNETES_TAINTS,
    LIMITS_PAGE,
    WWT,
)
from eniplan.rules.types import MIN_MEMORY, MIN_VCPUS, alternatives, too_small
from eniplan.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.plan.document import Path
    from eniplan.plan.model import NodePool, SecurityGroup, VSwitch
    from eniplan.rules.shared import Share
    from eniplan.rules.view import PlanView, PoolView

MAX_TYPES = 10
MAX_V_SWITCHES = 8
MAX_LABELS = 20
MAX_NODES = 2000
DISK_SIZES = (20, 2048)
"""GiB of a system disk. The ROS page says 40 to 500, the API's own text 20 to 2048."""
DISK_CATEGORIES = ("cloud_efficiency", "cloud_ssd", "cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud")
MAX_LABEL_KEY = 64
RESERVED_PREFIXES = ("aliyun", "acs:", "http://", "https://")
_IGNORE_LABELS = {"k8s.aliyun.com/ignore-by-terway": "true", "type": "virtual-kubelet"}

_POOL = "nodePools[0]"

_ELSEWHERE = (("labels",), ("instances",))
"""Keys of a pool of which NP001 and NP009 look for an override."""


@rule(
    "NP001",
    "error",
    "The exclusive label is overridden with another key spelling or value",
    needs=(facts.POOL, facts.MODE_LABEL, facts.OVERRIDES),
    effect="Terway looks for exactly this key; any other spelling or value gives shared nodes, and nothing says so. "
    "The mode cannot be switched later: the pool must be deleted and created again.",
    sources=(EXCL, CODE_LABEL),
    passes={f"{_POOL}.labels": {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE, "team": "trading"}},
    fails={f"{_POOL}.labels": {EXCLUSIVE_LABEL: "ENI"}},
    waivable=False,
)
def np001(view: PlanView) -> Outcome:
    """Labels that look like the exclusive label, and overrides that replace all labels."""
    hint = f"write {EXCLUSIVE_LABEL}={EXCLUSIVE_VALUE}; a plan needs no label: eniplan adds it"
    for pool in view.pools:
        for path, key, value in _labels(pool.pool):
            if key == EXCLUSIVE_LABEL:
                if value != EXCLUSIVE_VALUE:
                    message = (
                        f"pool {pool.pool.name!r} sets {key} to {value!r}; only {EXCLUSIVE_VALUE!r} means exclusive"
                    )
                    yield Hit(path, message, hint, {"label": key, "value": value, "required": EXCLUSIVE_VALUE})
            elif looks_exclusive(key):
                message = f"pool {pool.pool.name!r} has the label {key!r}, which is not {EXCLUSIVE_LABEL}"
                yield Hit(path, message, hint, {"label": key, "required": EXCLUSIVE_LABEL})
        overridden = value_at(pool.pool.overrides, ("kubernetes_config", "labels"))
        if overridden is not None and not _keeps_label(overridden):
            path = (*pool.path, "overrides", "kubernetes_config", "labels")
            message = f"the override of pool {pool.pool.name!r} replaces all labels and drops the exclusive one"
            yield Hit(path, message, "write labels in the pool's own labels key")


def _labels(pool: NodePool) -> Iterator[tuple[Path, str, object]]:
    for key, value in (pool.labels or {}).items():
        yield (*pool.path, "labels", key), key, value
    overridden = value_at(pool.overrides, ("kubernetes_config", "labels"))
    for i, item in enumerate(overridden if isinstance(overridden, list) else ()):
        if isinstance(item, dict) and isinstance(item.get("key"), str):
            yield (*pool.path, "overrides", "kubernetes_config", "labels", i), item["key"], item.get("value")


def _keeps_label(labels: object) -> bool:
    # A wrong value under the right key is a finding of its own.
    return isinstance(labels, list) and any(value_at(item, ("key",)) == EXCLUSIVE_LABEL for item in labels)


@cache
def looks_exclusive(key: str) -> bool:
    """Return whether a label's key is meant to be the exclusive one."""
    name = key.rpartition("/")[2].lower().replace("_", "-").replace(".", "-")
    wanted = EXCLUSIVE_LABEL.rpartition("/")[2]
    return name.startswith("exclusive-mode") or wanted in name or nearest(name, (wanted,), cutoff=0.8) is not None


@rule(
    "NP002",
    "warning",
    "No taint keeps other pods away",
    needs=(facts.KIND, facts.TAINTS),
    effect="Any pod may land on the nodes, and each takes a whole ENI.",
    sources=(EXCL,),
    passes={f"{_POOL}.taints": [{"key": "dedicated", "value": "trading", "effect": "NoExecute"}]},
    fails={f"{_POOL}.taints": []},
)
def np002(view: PlanView) -> Outcome:
    """No taint with effect NoSchedule or NoExecute on an ECS pool; Lingjun nodes always carry one."""
    for pool in view.ecs_pools:
        taints = pool.pool.effective_taints
        if not any(taint.repels for taint in taints):
            what = "no taint with effect NoSchedule or NoExecute" if taints else "no taint"
            message = f"pool {pool.pool.name!r} has {what}: other pods can land on it and take its ENIs"
            yield Hit(
                (*pool.path, "taints"),
                message,
                "add the taint exclusive-eni=true:NoSchedule; a plan without a taints key has it",
            )


@rule(
    "NP003",
    "error",
    "A node pool of that name exists in another mode",
    needs=(facts.POOL, facts.POOL_NAME, facts.KIND, facts.MODE_LABEL, facts.EXISTING_LABELS, facts.ACCOUNT_POOLS),
    effect="The mode of a pool is chosen when it is created and cannot be switched: its nodes keep what they have, "
    "whatever label is added or removed later.",
    sources=(EXCL, CODE_MODE),
    passes={f"{_POOL}.existingLabels": {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}},
    fails={f"{_POOL}.existingLabels": {"team": "trading"}},
    waivable=False,
)
def np003(view: PlanView) -> Outcome:
    """Existing pools of the plan's names, by the account or as stated: their exclusive label, and their kind."""
    if view.live is not None:
        yield from unread(view.live, facts.ACCOUNT_POOLS)
    for pool in (*view.plan.node_pools, *view.plan.leaving):
        existing = view.existing_pools.get(pool.name)
        name = pool.name
        labels = pool.existing_labels if existing is None else existing.labels
        path = (*pool.path, "labels" if existing is None else "name")
        hint = "delete that pool and create it again, or choose another name"
        if labels is None:
            if existing is not None:
                yield Unknown(path, facts.EXISTING_LABELS, f"the existing node pool {name!r}")
            continue
        value = labels.get(EXCLUSIVE_LABEL)
        stays = (pool.labels or {}).get(EXCLUSIVE_LABEL, EXCLUSIVE_VALUE) == EXCLUSIVE_VALUE
        found = {"label": value, "required": EXCLUSIVE_VALUE, "id": None if existing is None else existing.id}
        if (value == EXCLUSIVE_VALUE) != stays:
            has = "without the exclusive label" if value is None else f"with {EXCLUSIVE_LABEL}={value}"
            lost = "" if stays else " and would lose it"
            yield Hit(path, f"the node pool {name!r} exists {has}{lost}: its mode cannot be switched", hint, found)
        elif existing is not None and existing.kind and (existing.kind == "lingjun") != pool.is_lingjun:
            message = f"the node pool {name!r} exists with the type {existing.kind}, the plan has {pool.kind}"
            yield Hit(path, message, hint, {"type": existing.kind, "id": existing.id})


@rule(
    "NP004",
    "error",
    "desiredSize together with autoScaling",
    needs=(facts.DESIRED_SIZE, facts.AUTO_SCALING),
    effect="The API refuses the pool (InvalidDesiredSizeOrCount.NotNull).",
    sources=(CREATE_API,),
    passes={f"{_POOL}.desiredSize": ABSENT, f"{_POOL}.autoScaling": {"min": 0, "max": 10}},
    fails={f"{_POOL}.autoScaling": {"min": 0, "max": 10}},
)
def np004(view: PlanView) -> Outcome:
    """Both ways to size a pool at once."""
    for pool in view.pools:
        if pool.pool.desired_size is not None and pool.pool.auto_scaling is not None:
            message = f"pool {pool.pool.name!r} has both desiredSize and autoScaling"
            yield Hit((*pool.path, "desiredSize"), message, "keep one of them")


@rule(
    "NP005",
    "error",
    "Outside the limits of the API",
    needs=(
        facts.POOL_NAME,
        facts.KIND,
        facts.TYPES,
        facts.FAMILIES,
        facts.NODE_V_SWITCHES,
        facts.AUTO_SCALING,
        facts.SYSTEM_DISK,
        facts.LABELS,
        facts.TERWAY_CONFIG,
        facts.TAINTS,
    ),
    effect="The API refuses the pool, or Kubernetes refuses its labels and taints.",
    sources=(CREATE_API, KUBERNETES_LABELS, KUBERNETES_TAINTS),
    passes={f"{_POOL}.systemDisk": {"category": "cloud_essd", "size": 120}},
    fails={f"{_POOL}.systemDisk": {"category": "cloud_essd", "size": 10}},
)
def np005(view: PlanView) -> Outcome:
    """Counts, sizes, and the syntax of names, labels and taints."""
    for pool in view.pools:
        yield from _name(pool.pool)
        if not pool.pool.is_lingjun:
            yield from _counts(pool)
            yield from _scaling(pool.pool)
            yield from _disk(pool.pool)
        yield from _label_syntax(pool.pool)
        yield from _taint_syntax(pool.pool)


def _name(pool: NodePool) -> Iterator[Hit]:
    if pool.name != pool.name.strip() or not pool.name.isprintable():
        message = f"the node pool name {pool.name!r} has white space around it or a character that does not print"
        yield Hit((*pool.path, "name"), message, "use letters, digits and dashes")


def _counts(view: PoolView) -> Iterator[Hit]:
    pool = view.pool
    types = len(view.types)
    if not pool.instance_types and not pool.instance_families:
        message = f"pool {pool.name!r} has no instance type"
        yield Hit(
            (*view.path, "instanceTypes"),
            message,
            "name 1 to 10 types in instanceTypes, or a family in instanceFamilies",
        )
    elif types > MAX_TYPES:
        key = "instanceTypes" if pool.instance_types else "instanceFamilies"
        message = f"pool {pool.name!r} has {types} instance types; the API takes {MAX_TYPES}"
        yield Hit(
            (*view.path, key), message, "name the types you want in instanceTypes", {"types": types, "limit": MAX_TYPES}
        )
    for i, name in enumerate(pool.instance_types or ()):
        if name in (pool.instance_types or ())[:i]:
            yield Hit((*view.path, "instanceTypes", i), f"{name} is listed twice", "remove one of them")
    given = len(pool.v_switch_ids or ())
    if not 1 <= given <= MAX_V_SWITCHES:
        message = f"pool {pool.name!r} has {given} vSwitches; the API takes 1 to {MAX_V_SWITCHES}"
        hint = "name those where the nodes are to live in vSwitchIds"
        yield Hit((*view.path, "vSwitchIds"), message, hint, {"vSwitches": given, "limit": MAX_V_SWITCHES})


def _scaling(pool: NodePool) -> Iterator[Hit]:
    scaling = pool.auto_scaling
    if scaling is None:
        return
    least, most = scaling["min"], scaling["max"]
    if least > most:
        message = f"autoScaling of pool {pool.name!r}: min {least} is more than max {most}"
        yield Hit((*pool.path, "autoScaling", "min"), message, "swap them")
    if most > MAX_NODES:
        message = f"autoScaling of pool {pool.name!r}: max {most} is more than {MAX_NODES}"
        yield Hit((*pool.path, "autoScaling", "max"), message, facts={"max": most, "limit": MAX_NODES})


def _disk(pool: NodePool) -> Iterator[Hit]:
    disk = pool.system_disk or {}
    size, category, least, most = disk.get("size"), disk.get("category"), *DISK_SIZES
    if size is not None and not least <= size <= most:
        message = f"the system disk of pool {pool.name!r} has {size} GiB; the API takes {least} to {most}"
        yield Hit((*pool.path, "systemDisk", "size"), message, facts={"size": size, "limits": [least, most]})
    if category is not None and category not in DISK_CATEGORIES:
        message = f"the API knows no system disk category {category!r}"
        hint = did_you_mean(category, DISK_CATEGORIES) or f"one of {', '.join(DISK_CATEGORIES)}"
        yield Hit((*pool.path, "systemDisk", "category"), message, hint)
    if "performanceLevel" in disk and category not in (None, "cloud_essd"):
        message = f"performanceLevel is for cloud_essd, not for {category}"
        yield Hit((*pool.path, "systemDisk", "performanceLevel"), message, "remove it")


def _label_syntax(pool: NodePool) -> Iterator[Hit]:
    labels = pool.labels or {}
    implied = {EXCLUSIVE_LABEL} | ({TERWAY_CONFIG_LABEL} if pool.terway_config else set())
    count = len(implied | set(labels))
    if count > MAX_LABELS:
        message = f"pool {pool.name!r} would have {count} labels, eniplan's own included; the API takes {MAX_LABELS}"
        yield Hit((*pool.path, "labels"), message, facts={"labels": count, "limit": MAX_LABELS})
    for key, value in labels.items():
        problem = _api_label_problem(key, value) or label_key_problem(key) or label_value_problem(value)
        if problem:
            yield Hit((*pool.path, "labels", key), f"label {key}={value}: {problem}")


def _api_label_problem(key: str, value: str) -> str:
    for what, text in (("key", key), ("value", value)):
        if text.startswith(RESERVED_PREFIXES):
            return f"the {what} may not start with {', '.join(RESERVED_PREFIXES)}"
    if len(key) > MAX_LABEL_KEY:
        return f"the API takes keys of at most {MAX_LABEL_KEY} characters"
    return ""


def _taint_syntax(pool: NodePool) -> Iterator[Hit]:
    seen = set()
    for i, taint in enumerate(pool.taints or ()):
        path = (*pool.path, "taints", i)
        if taint.effect not in EFFECTS:
            message = f"taint {taint}: Kubernetes knows no effect {taint.effect!r}"
            yield Hit((*path, "effect"), message, did_you_mean(taint.effect, EFFECTS) or f"one of {', '.join(EFFECTS)}")
        problem = label_key_problem(taint.key) or label_value_problem(taint.value)
        if problem:
            yield Hit(path, f"taint {taint}: {problem}")
        if (taint.key, taint.effect) in seen:
            yield Hit(path, f"taint {taint.key} with effect {taint.effect} is given twice", "remove one of them")
        seen.add((taint.key, taint.effect))


def _taken(plans: tuple[Share, ...]) -> Iterator[tuple[int, Hit]]:
    for i, name, path, place in repeated(plans, [plan.pools for plan in plans]):
        message = say("the name {name!r} is taken in the same cluster by {place}", name=name, place=str(place))
        yield i, Hit(path, message, say("give each pool its own name"), {"name": name})


@rule(
    "NP006",
    "error",
    "Two node pools share a name",
    needs=(facts.POOL_NAME, facts.CLUSTER_ID),
    effect="The name is the only guard against creating a pool twice: the API refuses the second one, "
    "or the wrong pool is taken for it.",
    sources=(CREATE_API,),
    passes={
        "nodePools[1]": {
            "name": "gateway",
            "instanceTypes": ["ecs.g8i.4xlarge"],
            "vSwitchIds": ["vsw-j"],
            "desiredSize": 1,
        }
    },
    fails={
        "nodePools[1]": {
            "name": "trading",
            "instanceTypes": ["ecs.g8i.4xlarge"],
            "vSwitchIds": ["vsw-j"],
            "desiredSize": 1,
        }
    },
    across=_taken,
)
def np006(view: PlanView) -> Outcome:
    """Equal names in one plan, and in several for one cluster."""
    seen: set[str] = set()
    for pool in view.pools:
        name = pool.pool.name
        if name in seen:
            message = f"two node pools are named {name!r}"
            yield Hit((*pool.path, "name"), message, "give each pool its own name", {"name": name})
        seen.add(name)


@rule(
    "NP007",
    "error",
    "A vSwitch or security group is unknown, or in another VPC",
    needs=(
        facts.NODE_V_SWITCHES,
        facts.NODE_GROUPS,
        facts.V_SWITCHES,
        facts.GROUPS,
        facts.VPC,
        facts.POD_DEFAULTS,
        facts.TERWAY_CONFIGS,
        facts.NETWORKING_V_SWITCHES,
        facts.NETWORKING_GROUPS,
    ),
    effect="Nodes or ENIs cannot be created there.",
    sources=(EXCL, WWT),
    fails={f"{_POOL}.vSwitchIds": ["vsw-k"]},
    passes={"cluster.vSwitches": [VSWITCH_J]},
)
def np007(view: PlanView) -> Outcome:
    """Every id of the plan against the lists of `cluster`, and the VPC of each listed one."""
    cluster = view.cluster
    lists: dict[str, tuple[str, str, Mapping[str, object] | None]] = {
        "vSwitchIds": ("vSwitch", "vSwitches", None if cluster.v_switches is None else view.v_switches),
        "securityGroupIds": (
            "security group", "securityGroups", None if cluster.security_groups is None else view.security_groups,
        ),
    }  # fmt: skip
    asked = _asked(view)
    for path, key, name in view.references:
        kind, section, known = lists[key]
        if key in asked:
            continue
        if known is None:
            yield lacking(facts.V_SWITCHES if key == "vSwitchIds" else facts.GROUPS)
        elif name not in known:
            hint = did_you_mean(name, known) or f"add it to cluster.{section}"
            yield Hit(path, f"cluster.{section} does not list the {kind} {name!r}", hint)
    items: list[VSwitch | SecurityGroup] = [
        *(() if "vSwitchIds" in asked else cluster.v_switches or ()),
        *(() if "securityGroupIds" in asked else cluster.security_groups or ()),
    ]
    for item in items:
        if cluster.vpc_id is not None and item.vpc_id is not None and item.vpc_id != cluster.vpc_id:
            message = f"{item.id} is in VPC {item.vpc_id}, the cluster in {cluster.vpc_id}"
            yield Hit((*item.path, "vpcId"), message, "use one of the cluster's VPC", {"vpcId": item.vpc_id})


def _asked(view: PlanView) -> set[str]:
    """Return what the account has told of: LIVE007 judges it, and knows more."""
    live = view.live
    if live is None:
        return set()
    found = {"vSwitchIds": live.v_switches, "securityGroupIds": live.security_groups}
    return {key for key, known in found.items() if known is not None}


@rule(
    "NP008",
    "error",
    "The instance type has fewer than 4 vCPU or 8 GiB",
    needs=(*facts.NAMED_TYPES, facts.CORES, facts.MEMORY),
    effect="ACK does not take it as a worker node.",
    sources=(LIMITS_PAGE,),
    fails={f"{_POOL}.instanceTypes": ["ecs.c6.large"]},
)
def np008(view: PlanView) -> Outcome:
    """CpuCoreCount and MemorySize against ACK's floor."""
    for pool in view.ecs_pools:
        for use, record in pool.known_types:
            small = too_small(record)
            if small:
                vcpus, memory = record.CpuCoreCount, record.MemorySize
                yield Hit(
                    use.path,
                    f"{use.name} has {vcpus} vCPU and {memory} GiB; ACK workers need {MIN_VCPUS} and {MIN_MEMORY}",
                    alternatives(view.catalog, record, view.demands),
                    {"CpuCoreCount": vcpus, "MemorySize": memory, "required": [MIN_VCPUS, MIN_MEMORY]},
                    sources=(source(view, record, "CpuCoreCount"),),
                )
            elif small is None:
                yield Unknown(use.path, facts.CORES if record.CpuCoreCount is None else facts.MEMORY, use.name)


@rule(
    "NP009",
    "error",
    "Existing instances are added to the pool",
    needs=(facts.INSTANCES, facts.OVERRIDES),
    effect="Exclusive ENI works on newly created nodes only; the ENIs of existing ones are not used.",
    sources=(EXCL, ADD, CODE_MODE),
    fails={f"{_POOL}.instances": ["i-bp1example"]},
)
def np009(view: PlanView) -> Outcome:
    """`instances`, in the pool or in its overrides."""
    for pool in view.pools:
        given = {("instances",): pool.pool.instances}
        for keys in (("instances",), ("scaling_group", "instances")):
            given["overrides", *keys] = value_at(pool.pool.overrides, keys)
        for keys, value in given.items():
            if value:
                message = f"pool {pool.pool.name!r} adds existing instances"
                yield Hit((*pool.path, *keys), message, "remove them and let the pool create new nodes")


@rule(
    "NP010",
    "error",
    "A label keeps Terway away from the nodes",
    needs=(facts.IGNORE_LABEL, facts.TYPE_LABEL, facts.OVERRIDES),
    effect="Terway skips the node and all its pods: they get no ENI.",
    sources=(CODE_PREDICT,),
    passes={f"{_POOL}.labels": {"type": "trading"}},
    fails={f"{_POOL}.labels": {"k8s.aliyun.com/ignore-by-terway": "true"}},
)
def np010(view: PlanView) -> Outcome:
    """ignore-by-terway=true and type=virtual-kubelet."""
    for pool in view.pools:
        for path, key, value in _labels(pool.pool):
            if _IGNORE_LABELS.get(key) == value:
                yield Hit(
                    path, f"pool {pool.pool.name!r} has the label {key}={value}, which Terway ignores", "remove it"
                )


@rule(
    "NP011",
    "error",
    "An override repeats what the plan has a key for",
    needs=(facts.OVERRIDES,),
    effect="What is created would not be what was checked.",
    sources=(CREATE_API,),
    passes={f"{_POOL}.overrides": {"scaling_group": {"spot_strategy": "NoSpot"}}},
    fails={f"{_POOL}.overrides": {"scaling_group": {"instance_types": ["ecs.g7.large"]}}},
)
def np011(view: PlanView) -> Outcome:
    """Overrides of covered fields, and overrides that are no map where the body has one."""
    for pool in view.pools:
        for name, value in (pool.pool.overrides or {}).items():
            if name in SECTIONS and not isinstance(value, dict):
                message = f"the override {name} must be a map: it is one in the body"
                yield Hit((*pool.path, "overrides", name), message, "see the API's request")
            for field in ((name,), *((name, key) for key in (value if isinstance(value, dict) else ()))):
                key = KEYS.get(field)
                if key is not None and key not in _ELSEWHERE:
                    message = f"the override {'.'.join(field)} passes by the checks"
                    yield Hit((*pool.path, "overrides", *field), message, f"use the pool's {'.'.join(key)} key")


@rule(
    "NP012",
    "error",
    "A password in the plan",
    needs=(facts.OVERRIDES,),
    effect="Plans are kept in version control and printed by tools: the password is known to everybody.",
    sources=(CREATE_API,),
    passes={f"{_POOL}.keyPair": "ops"},
    fails={f"{_POOL}.overrides": {"scaling_group": {"login_password": "not-a-real-one"}}},
)
def np012(view: PlanView) -> Outcome:
    """login_password in the overrides."""
    for pool in view.pools:
        if value_at(pool.pool.overrides, ("scaling_group", "login_password")) is not None:
            path = (*pool.path, "overrides", "scaling_group", "login_password")
            yield Hit(path, f"pool {pool.pool.name!r} holds a login password", "use keyPair")


@rule(
    "NP013",
    "warning",
    "Windows nodes",
    needs=(facts.IMAGE_TYPE,),
    effect="Exclusive-ENI node pools are not documented for Windows, and Terway's terway-eniip runs on Linux only.",
    sources=(EXCL, WWT),
    passes={f"{_POOL}.imageType": "AliyunLinux3ContainerOptimized"},
    fails={f"{_POOL}.imageType": "WindowsCore"},
)
def np013(view: PlanView) -> Outcome:
    """Image types that begin with Windows."""
    for pool in view.pools:
        image = pool.pool.image_type
        if image is not None and image.lower().startswith("windows"):
            message = f"pool {pool.pool.name!r} has the image type {image}: exclusive ENI is not documented for Windows"
            yield Hit((*pool.path, "imageType"), message, "use a Linux image, such as AliyunLinux3ContainerOptimized")
