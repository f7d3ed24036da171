"""NP rules: the node pool itself, its label and taints, and the limits of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan import facts
from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.names import label_key_problem, label_value_problem
from eniplan.k8s.nodes import EFFECTS
from eniplan.k8s.numbers import whole
from eniplan.k8s.terway import ENI
from eniplan.k8s.values import listing
from eniplan.messages import NOTHING, Key, named, say
from eniplan.plan.document import value_at
from eniplan.plan.model import (
    ANOTHER_POOL,
    DEFAULT_TAINT,
    EXCLUSIVE_LABEL,
    EXCLUSIVE_VALUE,
    LINGJUN_LABEL,
    TERWAY_CONFIG_LABEL,
    looks_exclusive,
)
from eniplan.rules.base import Fix, Hit, Outcome, Unknown, lacking, rule
from eniplan.rules.eni import unknown_capacity
from eniplan.rules.examples import ABSENT, GATEWAY_POOL, VSWITCH_J, WORKLOAD
from eniplan.rules.live import unread
from eniplan.rules.packing import Load, packed, takers
from eniplan.rules.shared import repeated
from eniplan.rules.sources import (
    ADD,
    CODE_LABEL,
    CODE_LINGJUN,
    CODE_MODE,
    CODE_PREDICT,
    CODE_PUBLISH,
    CREATE_API,
    EXCL,
    KUBERNETES_LABELS,
    KUBERNETES_TAINTS,
    WWT,
)
from eniplan.suggest import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
    from eniplan.plan.document import Path
    from eniplan.plan.model import NodePool, SecurityGroup, VSwitch
    from eniplan.rules.shared import Share
    from eniplan.rules.view import PlanView, PoolView

MAX_TYPES = 10
MAX_V_SWITCHES = 8
MAX_LABELS = 20
MAX_NODES = 2000
DISK_SIZES = (20, 2048)
"""System disk size in GiB. The ROS page says 40 to 500, the API reference 20 to 2048."""
DISK_CATEGORIES = ("cloud_efficiency", "cloud_ssd", "cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud")
MAX_LABEL_KEY = 64
RESERVED_PREFIXES = ("aliyun", "acs:", "http://", "https://")
HOST_PODS = 3
"""hostNetwork pods on every node, such as Terway and kube-proxy. The documents use the same number."""
_IGNORE_LABELS = {"k8s.aliyun.com/ignore-by-terway": "true", "type": "virtual-kubelet"}

_POOL = "nodePools[0]"

_ELSEWHERE = (("labels",), ("instances",))
"""Pool keys whose overrides NP001 and NP009 judge."""


@rule(
    "NP001",
    "error",
    "The exclusive label is overridden with another key spelling or value",
    needs=(facts.POOL, facts.MODE_LABEL, facts.OVERRIDES),
    effect="Terway looks for exactly this key; any other spelling or value gives shared nodes, without an error. The "
    "mode cannot be changed later: the pool must be deleted and created again.",
    sources=(EXCL, CODE_LABEL),
    passes={f"{_POOL}.labels": {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE, "team": "trading"}},
    fails={f"{_POOL}.labels": {EXCLUSIVE_LABEL: "ENI"}},
    waivable=False,
)
def np001(view: PlanView) -> Outcome:
    """Labels that look like the exclusive label, and overrides that replace all labels."""
    hint = say("write {label}={value}", label=EXCLUSIVE_LABEL, value=EXCLUSIVE_VALUE)
    for pool in view.pools:
        for path, key, value in stated_labels(pool.pool):
            tag = None if value else _tag(pool.pool)
            if key == EXCLUSIVE_LABEL and tag is not None:
                message = say(
                    "pool {pool!r} has {label} in its tags: these are ECS tags, not node labels",
                    pool=pool.pool.name,
                    label=key,
                )
                yield Hit(tag, message, say("move it to {labels}", labels=Key("labels")))
            elif key == EXCLUSIVE_LABEL and value != EXCLUSIVE_VALUE:
                message = say(
                    "pool {pool!r} sets {label} to {value!r}; only {required!r} means exclusive",
                    pool=pool.pool.name,
                    label=key,
                    value=value,
                    required=EXCLUSIVE_VALUE,
                )
                yield Hit(path, message, hint, fix=_label_fix(value))
            elif key != EXCLUSIVE_LABEL and looks_exclusive(key):
                message = say(
                    "pool {pool!r} has the label {label!r}, which is not {required}",
                    pool=pool.pool.name,
                    label=key,
                    required=EXCLUSIVE_LABEL,
                )
                yield Hit(path, message, hint, fix=_label_fix(value))
        overridden = value_at(pool.pool.overrides, ("kubernetes_config", "labels"))
        if overridden is not None and not _keeps_label(overridden):
            path = (*pool.path, "overrides", "kubernetes_config", "labels")
            message = say(
                "an override of pool {pool!r} replaces all labels and drops the exclusive one", pool=pool.pool.name
            )
            yield Hit(path, message, say("write labels in the pool's own key {labels}", labels=Key("labels")))


def _label_fix(value: object) -> Fix:
    """Return the exclusive label as a fix; a safe one if the value resembles `eniOnly`."""
    is_meant = nearest(str(value).strip(), (EXCLUSIVE_VALUE,)) is not None
    return Fix("label", (EXCLUSIVE_LABEL, EXCLUSIVE_VALUE), safe=is_meant)


def _tag(pool: NodePool) -> Path | None:
    """Return the path of the ECS tag that is meant to be the exclusive label; None if there is none."""
    for i, tag in enumerate(listing(value_at(pool.overrides, ("scaling_group", "tags")))):
        key = value_at(tag, ("key",))
        if isinstance(key, str) and looks_exclusive(key):
            return (*pool.path, "overrides", "scaling_group", "tags", i)
    return None


def stated_labels(pool: NodePool) -> Iterator[tuple[Path, str, object]]:
    """Yield (path, key, value) of each label of a pool's nodes, including those in overrides."""
    for key, value in pool.labels.items():
        yield (*pool.path, "labels", key), key, value
    for i, item in enumerate(listing(value_at(pool.overrides, ("kubernetes_config", "labels")))):
        if isinstance(item, dict) and isinstance(item.get("key"), str):
            yield (*pool.path, "overrides", "kubernetes_config", "labels", i), item["key"], item.get("value")


def _keeps_label(labels: object) -> bool:
    # A wrong value under the right key gets its own finding.
    return isinstance(labels, list) and any(value_at(item, ("key",)) == EXCLUSIVE_LABEL for item in labels)


@rule(
    "NP002",
    "warning",
    "No taint keeps other pods away",
    needs=(facts.KIND, facts.TAINTS),
    effect="Any pod can land on the nodes, and each uses a whole ENI.",
    sources=(EXCL,),
    passes={f"{_POOL}.taints": [{"key": "dedicated", "value": "trading", "effect": "NoExecute"}]},
    fails={f"{_POOL}.taints": []},
)
def np002(view: PlanView) -> Outcome:
    """No taint with effect NoSchedule or NoExecute on an ECS pool. Lingjun nodes always have one."""
    for pool in view.ecs_pools:
        taints = pool.pool.effective_taints
        if not any(taint.repels for taint in taints):
            what = say("no taint with effect NoSchedule or NoExecute") if taints else say("no taint")
            message = say(
                "pool {pool!r} has {taints}: other pods can use its ENIs",
                pool=pool.pool.name,
                taints=what,
            )
            hint = say("add the taint exclusive-eni=true:NoSchedule")
            fix = Fix("item", DEFAULT_TAINT._asdict())
            yield Hit((*pool.path, "taints"), message, hint, fix=fix)


@rule(
    "NP003",
    "error",
    "A node pool of that name exists in another mode",
    needs=(facts.POOL, facts.POOL_NAME, facts.KIND, facts.MODE_LABEL, facts.EXISTING_LABELS, facts.ACCOUNT_POOLS),
    effect="A pool's mode is set when it is created and cannot be changed: its nodes keep their mode, whatever label "
    "is added or removed later.",
    sources=(EXCL, CODE_MODE),
    passes={f"{_POOL}.existingLabels": {EXCLUSIVE_LABEL: EXCLUSIVE_VALUE}},
    fails={f"{_POOL}.existingLabels": {"team": "trading"}},
    waivable=False,
)
def np003(view: PlanView) -> Outcome:
    """Existing pools with names from the plan, in the account or as stated: their exclusive label and their kind."""
    if view.live is not None:
        yield from unread(view.live, facts.ACCOUNT_POOLS)
    for pool in (*view.plan.node_pools, *view.plan.leaving):
        existing = view.existing_pools.get(pool.name)
        name = pool.name
        labels = pool.existing_labels if existing is None else existing.labels
        path = (*pool.path, "labels" if existing is None else "name")
        if labels is None:
            if existing is not None:
                yield Unknown(path, facts.EXISTING_LABELS, say("the existing node pool {pool!r}", pool=name))
            continue
        value = labels.get(EXCLUSIVE_LABEL)
        stays = pool.labels.get(EXCLUSIVE_LABEL, EXCLUSIVE_VALUE) == EXCLUSIVE_VALUE
        pool_id = None if existing is None else existing.id
        if (value == EXCLUSIVE_VALUE) != stays:
            has = say("without the exclusive label")
            if value is not None:
                has = say("with {label}={value}", label=EXCLUSIVE_LABEL, value=value)
            message = say("the node pool {pool!r} exists {has}: its mode cannot be switched", pool=name, has=has)
            if not stays:
                message = say(
                    "the node pool {pool!r} exists {has} and would lose it: its mode cannot be switched",
                    pool=name,
                    has=has,
                )
            found = {"label": value, "required": EXCLUSIVE_VALUE, "id": pool_id}
            yield Hit(path, message, ANOTHER_POOL, found)
        elif existing is not None and existing.kind and (existing.kind == "lingjun") != pool.is_lingjun:
            message = say(
                "the node pool {pool!r} exists with the type {type}, the plan has {kind}",
                pool=name,
                type=existing.kind,
                kind=pool.kind,
            )
            yield Hit(path, message, ANOTHER_POOL, {"id": pool_id})


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
            message = say(
                "pool {pool!r} has both {size} and {scaling}",
                pool=pool.pool.name,
                size=Key("desiredSize"),
                scaling=Key("autoScaling"),
            )
            yield Hit((*pool.path, "desiredSize"), message, say("keep one of them"))


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


_PATTERNS = ("scaling_group", "instance_patterns")


def _name(pool: NodePool) -> Iterator[Hit]:
    if pool.name != pool.name.strip() or not pool.name.isprintable():
        message = say("the name {pool!r} has whitespace around it, or a non-printing character", pool=pool.name)
        yield Hit((*pool.path, "name"), message, say("use letters, digits and dashes"))


def _counts(view: PoolView) -> Iterator[Hit]:
    pool = view.pool
    types = len(view.types)
    if value_at(pool.overrides, _PATTERNS):
        pass  # NP011 reports it
    elif not pool.instance_types and not pool.instance_families:
        message = say("pool {pool!r} has no instance type", pool=pool.name)
        hint = say("name 1 to {limit} types in {key}", limit=MAX_TYPES, key=Key("instanceTypes"))
        yield Hit((*view.path, "instanceTypes"), message, hint)
    elif types > MAX_TYPES:
        key = "instanceTypes" if pool.instance_types else "instanceFamilies"
        message = say(
            "pool {pool!r} has {types} instance types; the API accepts {limit}",
            pool=pool.name,
            types=types,
            limit=MAX_TYPES,
        )
        yield Hit((*view.path, key), message, say("name the types you want in {key}", key=Key("instanceTypes")))
    named = pool.instance_types or ()
    for i, name in enumerate(named):
        if name in named[:i]:
            message = say("{type} is listed twice", type=name)
            yield Hit((*view.path, "instanceTypes", i), message, say("remove one of them"))
    given = len(pool.v_switch_ids or ())
    if not 1 <= given <= MAX_V_SWITCHES:
        message = say(
            "pool {pool!r} has {vSwitches} vSwitches; the API accepts 1 to {limit}",
            pool=pool.name,
            vSwitches=given,
            limit=MAX_V_SWITCHES,
        )
        yield Hit(
            (*view.path, "vSwitchIds"), message, say("list the vSwitches of the nodes in {key}", key=Key("vSwitchIds"))
        )


def _scaling(pool: NodePool) -> Iterator[Hit]:
    scaling = pool.auto_scaling
    if scaling is None:
        return
    least, most = scaling["min"], scaling["max"]
    if least > most:
        message = say(
            "{key} of pool {pool!r}: min {min} is more than max {max}",
            key=Key("autoScaling"),
            pool=pool.name,
            min=least,
            max=most,
        )
        yield Hit((*pool.path, "autoScaling", "min"), message, say("swap them"))
    if most > MAX_NODES:
        message = say(
            "{key} of pool {pool!r}: max {max} is more than {limit}",
            key=Key("autoScaling"),
            pool=pool.name,
            max=most,
            limit=MAX_NODES,
        )
        yield Hit((*pool.path, "autoScaling", "max"), message)


def _disk(pool: NodePool) -> Iterator[Hit]:
    disk = pool.system_disk
    size, category, least, most = disk.get("size"), disk.get("category"), *DISK_SIZES
    if size is not None and not least <= size <= most:
        message = say(
            "the system disk of pool {pool!r} has {size} GiB; the API accepts {least} to {most}",
            pool=pool.name,
            size=size,
            least=least,
            most=most,
        )
        yield Hit((*pool.path, "systemDisk", "size"), message, facts={"limits": [least, most]})
    if category is not None and category not in DISK_CATEGORIES:
        message = say("the API has no system disk category {category!r}", category=category)
        hint = did_you_mean(category, DISK_CATEGORIES) or say("one of {known}", known=DISK_CATEGORIES)
        yield Hit((*pool.path, "systemDisk", "category"), message, hint)
    if "performanceLevel" in disk and category not in (None, "cloud_essd"):
        message = say("performanceLevel is for cloud_essd, not for {category}", category=category)
        yield Hit((*pool.path, "systemDisk", "performanceLevel"), message, say("remove it"))


def _label_syntax(pool: NodePool) -> Iterator[Hit]:
    implied = {EXCLUSIVE_LABEL} | ({TERWAY_CONFIG_LABEL} if pool.terway_config else set())
    count = len(implied.union(pool.labels))
    if count > MAX_LABELS:
        message = say(
            "pool {pool!r} would have {labels} labels, including eniplan's own; the API accepts {limit}",
            pool=pool.name,
            labels=count,
            limit=MAX_LABELS,
        )
        yield Hit((*pool.path, "labels"), message)
    for key, value in pool.labels.items():
        problem = _api_label_problem(key, value) or label_key_problem(key) or label_value_problem(value)
        if problem:
            message = say("label {label}={value}: {problem}", label=key, value=value, problem=problem)
            yield Hit((*pool.path, "labels", key), message)


def _api_label_problem(key: str, value: str) -> Message:
    if key.startswith(RESERVED_PREFIXES):
        return say("keys must not start with {prefixes}", prefixes=RESERVED_PREFIXES)
    if value.startswith(RESERVED_PREFIXES):
        return say("values must not start with {prefixes}", prefixes=RESERVED_PREFIXES)
    if len(key) > MAX_LABEL_KEY:
        return say("the API accepts keys of at most {limit} characters", limit=MAX_LABEL_KEY)
    return NOTHING


def _taint_syntax(pool: NodePool) -> Iterator[Hit]:
    seen = set()
    for i, taint in enumerate(pool.taints or ()):
        path = (*pool.path, "taints", i)
        if taint.effect not in EFFECTS:
            message = say("taint {taint}: Kubernetes has no effect {effect!r}", taint=str(taint), effect=taint.effect)
            hint = did_you_mean(taint.effect, EFFECTS) or say("one of {known}", known=EFFECTS)
            yield Hit((*path, "effect"), message, hint)
        problem = label_key_problem(taint.key) or label_value_problem(taint.value)
        if problem:
            yield Hit(path, say("taint {taint}: {problem}", taint=str(taint), problem=problem))
        if (taint.key, taint.effect) in seen:
            message = say("taint {key} with effect {effect} is listed twice", key=taint.key, effect=taint.effect)
            yield Hit(path, message, say("remove one of them"))
        seen.add((taint.key, taint.effect))


def _taken(plans: tuple[Share, ...]) -> Iterator[tuple[int, Hit]]:
    for i, name, path, place in repeated(plans, [plan.pools for plan in plans]):
        message = say("the name {name!r} is already used in the same cluster by {place}", name=name, place=str(place))
        yield i, Hit(path, message, say("give each pool its own name"), {"name": name})


@rule(
    "NP006",
    "error",
    "Two node pools share a name",
    needs=(facts.POOL_NAME, facts.CLUSTER_ID),
    effect="Only the name guards against creating a pool twice: the API refuses the second one, or the wrong pool is "
    "mistaken for it.",
    sources=(CREATE_API,),
    passes={"nodePools[1]": GATEWAY_POOL},
    fails={"nodePools[1]": {**GATEWAY_POOL, "name": "trading"}},
    across=_taken,
)
def np006(view: PlanView) -> Outcome:
    """Equal names in one plan, in several for one cluster, and of a pool and its replacement."""
    seen: set[str] = set()
    for pool in view.pools:
        name = pool.pool.name
        if name in seen:
            message = say("two node pools are named {name!r}", name=name)
            yield Hit((*pool.path, "name"), message, say("give each pool its own name"))
        seen.add(name)
    for twin in view.plan.doubled:
        message = say("the node pool {name!r} is created before the old one of its name is deleted", name=twin.name)
        hint = say("give the new pool another name, or remove create_before_destroy")
        yield Hit((*twin.path, "name"), message, hint)
    for twin in view.plan.doubling:
        message = say(
            "if Terraform replaces the node pool {name!r}, it creates the new one before it deletes the old one of its "
            "name",
            name=twin.name,
        )
        hint = say("remove create_before_destroy, or give each replacement another name, as with random_id")
        yield Hit((*twin.path, "name"), message, hint, level="warning")


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
        facts.V_SWITCH_VPC,
        facts.GROUP_VPC,
    ),
    effect="Nodes or ENIs cannot be created there.",
    sources=(EXCL, WWT),
    fails={f"{_POOL}.vSwitchIds": ["vsw-k"]},
    passes={"cluster.vSwitches": [VSWITCH_J]},
)
def np007(view: PlanView) -> Outcome:
    """Every id of the plan against the lists of `cluster`, and the VPC of each listed one."""
    cluster = view.cluster
    asked = _asked(view)
    for path, key, name in view.references:
        if key in asked:
            continue
        if key == "vSwitchIds":
            if cluster.v_switches is None:
                yield lacking(facts.V_SWITCHES)
            elif name not in view.v_switches:
                message = say("cluster.vSwitches does not list the vSwitch {id!r}", id=name)
                yield Hit(path, message, did_you_mean(name, view.v_switches) or say("add it to cluster.vSwitches"))
        elif cluster.security_groups is None:
            yield lacking(facts.GROUPS)
        elif name not in view.security_groups:
            message = say("cluster.securityGroups does not list the security group {id!r}", id=name)
            yield Hit(
                path, message, did_you_mean(name, view.security_groups) or say("add it to cluster.securityGroups")
            )
    items: list[VSwitch | SecurityGroup] = [
        *(() if "vSwitchIds" in asked else cluster.v_switches or ()),
        *(() if "securityGroupIds" in asked else cluster.security_groups or ()),
    ]
    yield from _unseen(view, items)
    for item in items:
        if cluster.vpc_id is not None and item.vpc_id is not None and item.vpc_id != cluster.vpc_id:
            message = say(
                "{id} is in VPC {vpcId}, the cluster in {cluster}",
                id=item.id,
                vpcId=item.vpc_id,
                cluster=cluster.vpc_id,
            )
            yield Hit((*item.path, "vpcId"), message, say("use one in the cluster's VPC"))


def _unseen(view: PlanView, items: list[VSwitch | SecurityGroup]) -> Iterator[Unknown]:
    """Yield the unknown facts that may hide an item in another VPC, or an unlisted id."""
    stated = [item for item in items if item.vpc_id is not None]
    if view.cluster.vpc_id is None and stated:
        yield lacking(facts.VPC)
    for item in items if stated else ():
        if item.vpc_id is None and view.cluster.vpc_id is not None:
            kind = facts.V_SWITCH_VPC if item in (view.cluster.v_switches or ()) else facts.GROUP_VPC
            yield Unknown((*item.path, "vpcId"), kind, item.id)
    for config in (config for pool in view.pools for config in pool.configs):
        if None in (config.v_switch_ids, config.security_group_ids):
            yield config.missing


def _asked(view: PlanView) -> set[str]:
    """Return the keys whose ids the account has listed: LIVE007 judges these."""
    live = view.live
    if live is None:
        return set()
    found = {"vSwitchIds": live.v_switches, "securityGroupIds": live.security_groups}
    return {key for key, known in found.items() if known is not None}


@rule(
    "NP009",
    "error",
    "Existing instances are added to the pool",
    needs=(facts.INSTANCES, facts.OVERRIDES),
    effect="Exclusive ENI works only on newly created nodes; the ENIs of existing ones are not used.",
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
                message = say("pool {pool!r} adds existing instances", pool=pool.pool.name)
                yield Hit((*pool.path, *keys), message, say("remove them; exclusive ENI works on new nodes only"))


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
        for path, key, value in stated_labels(pool.pool):
            if _IGNORE_LABELS.get(key) == value:
                message = say(
                    "pool {pool!r} has the label {label}={value}: Terway ignores such nodes",
                    pool=pool.pool.name,
                    label=key,
                    value=value,
                )
                yield Hit(path, message, say("remove it"))


@rule(
    "NP011",
    "error",
    "An override repeats what the plan has a key for",
    needs=(facts.OVERRIDES,),
    effect="The created pool would not be the one that was checked.",
    sources=(CREATE_API,),
    passes={f"{_POOL}.overrides": {"scaling_group": {"spot_strategy": "NoSpot"}}},
    fails={f"{_POOL}.overrides": {"scaling_group": {"instance_types": ["ecs.g7.large"]}}},
)
def np011(view: PlanView) -> Outcome:
    """Overrides of fields that the plan has a key for, and overrides that should be maps."""
    for pool in view.pools:
        if not pool.pool.overrides:
            continue
        from eniplan.plan.fields import KEYS, SECTIONS  # noqa: PLC0415 - 1 ms, and few plans have overrides

        for name, value in pool.pool.overrides.items():
            if name in SECTIONS and not isinstance(value, dict):
                message = say("the override {field} must be a map, as in the request body", field=name)
                yield Hit((*pool.path, "overrides", name), message, say("write its fields below it"))
            for field in ((name,), *((name, key) for key in (value if isinstance(value, dict) else ()))):
                key = KEYS.get(field)
                if field == _PATTERNS:
                    message = say("pool {pool!r} takes any type of its {field}", pool=pool.pool.name, field=field[-1])
                    hint = say("name 1 to {limit} types in {key}", limit=MAX_TYPES, key=Key("instanceTypes"))
                    hint = say("remove it") if pool.pool.instance_types else hint
                    yield Hit((*pool.path, "overrides", *field), message, hint)
                elif key is not None and key not in _ELSEWHERE:
                    message = say("the override {field} bypasses the checks", field=".".join(field))
                    hint = say("use the pool's key {key} instead", key=Key(".".join(key)))
                    yield Hit((*pool.path, "overrides", *field), message, hint)


@rule(
    "NP012",
    "error",
    "A password in the plan",
    needs=(facts.OVERRIDES,),
    effect="Plans are kept in version control and printed by tools: anyone who reads them knows the password.",
    sources=(CREATE_API,),
    passes={f"{_POOL}.keyPair": "ops"},
    fails={f"{_POOL}.overrides": {"scaling_group": {"login_password": "not-a-real-one"}}},
)
def np012(view: PlanView) -> Outcome:
    """login_password in the overrides."""
    for pool in view.pools:
        if value_at(pool.pool.overrides, ("scaling_group", "login_password")) is not None:
            path = (*pool.path, "overrides", "scaling_group", "login_password")
            yield Hit(
                path,
                say("pool {pool!r} contains a login password", pool=pool.pool.name),
                say("use {key}", key=Key("keyPair")),
            )


@rule(
    "NP013",
    "warning",
    "Windows nodes",
    needs=(facts.IMAGE_TYPE,),
    effect="Exclusive-ENI node pools are not documented for Windows, and Terway's terway-eniip runs only on Linux.",
    sources=(EXCL, WWT),
    passes={f"{_POOL}.imageType": "AliyunLinux3ContainerOptimized"},
    fails={f"{_POOL}.imageType": "WindowsCore"},
)
def np013(view: PlanView) -> Outcome:
    """Image types that begin with Windows."""
    for pool in view.pools:
        image = pool.pool.image_type
        if image is not None and image.lower().startswith("windows"):
            message = say(
                "pool {pool!r} has the image type {imageType}; no document covers exclusive ENI on Windows",
                pool=pool.pool.name,
                imageType=image,
            )
            hint = say("use a Linux image, such as AliyunLinux3ContainerOptimized")
            yield Hit((*pool.path, "imageType"), message, hint)


@rule(
    "NP014",
    "error",
    "A label makes Terway mistake the kind of the nodes",
    needs=(facts.KIND, facts.LINGJUN_LABEL, facts.OVERRIDES),
    effect="Terway tells Lingjun nodes from ECS nodes by this label alone. An ECS node with the label never offers "
    "aliyun/eni, and a Lingjun node without it is looked up among ECS instances: pods get no ENI.",
    sources=(CODE_LINGJUN, CODE_PUBLISH),
    passes={f"{_POOL}.labels": {LINGJUN_LABEL: "false"}},
    fails={f"{_POOL}.labels": {LINGJUN_LABEL: "true"}},
    waivable=False,
)
def np014(view: PlanView) -> Outcome:
    """The label lingjun-worker=true on an ECS pool, or another value on a Lingjun pool."""
    for pool in view.pools:
        for path, key, value in stated_labels(pool.pool):
            if key == LINGJUN_LABEL and (value == "true") != pool.pool.is_lingjun:
                message = say(
                    "pool {pool!r} is {kind} pool and has the label {label}={value}",
                    pool=pool.pool.name,
                    kind=say("a Lingjun") if pool.pool.is_lingjun else say("an ECS"),
                    label=key,
                    value=value,
                )
                yield Hit(path, message, say("remove it: ACK labels Lingjun nodes itself"))


@rule(
    "NP015",
    "warning",
    "The nodes come up unschedulable",
    needs=(facts.OVERRIDES, facts.UNSCHEDULABLE),
    effect="Every new node is cordoned, including those that autoscaling adds: its pods stay Pending until it is "
    "uncordoned.",
    sources=(CREATE_API,),
    passes={f"{_POOL}.overrides": {"kubernetes_config": {"unschedulable": False}}},
    fails={f"{_POOL}.overrides": {"kubernetes_config": {"unschedulable": True}}},
)
def np015(view: PlanView) -> Outcome:
    """The override kubernetes_config.unschedulable."""
    keys = ("kubernetes_config", "unschedulable")
    for pool in view.pools:
        if str(value_at(pool.pool.overrides, keys)).lower() == "true":
            message = say("pool {pool!r} creates every node unschedulable", pool=pool.pool.name)
            hint = say("remove {key}, or uncordon each node: kubectl uncordon NODE", key=_override(keys))
            yield Hit((*pool.path, "overrides", *keys), message, hint)


@rule(
    "NP016",
    "error",
    "kubelet admits fewer pods than the nodes have ENIs for",
    needs=(
        facts.OVERRIDES,
        *facts.PODS_PER_NODE,
        *facts.SIZES,
        facts.SYSTEM_PODS,
        facts.WORKLOAD_POOL,
        facts.WORKLOAD_KIND,
        facts.REPLICAS,
        facts.HOST_NETWORK,
        facts.ENI_REQUEST,
    ),
    effect="kubelet counts all pods of a node, including hostNetwork ones. At its limit further pods stay Pending "
    'with "Too many pods", even if ENIs are free.',
    sources=(EXCL, CREATE_API),
    passes={f"{_POOL}.overrides": {"node_config": {"kubelet_configuration": {"maxPods": 10}}}},
    fails={
        f"{_POOL}.overrides": {"node_config": {"kubelet_configuration": {"maxPods": 9}}},
        "workloads": [{**WORKLOAD, "replicas": 21}],
    },
)
def np016(view: PlanView) -> Outcome:
    """Kubelet's maxPods against the exclusive pods of a node: an error if listed pods do not fit."""
    keys = ("node_config", "kubelet_configuration", "maxPods")
    for pool in view.pools:
        most = whole(value_at(pool.pool.overrides, keys))
        if most is None:
            continue
        known = pool.known_pods_per_node
        if not known:
            yield unknown_capacity(pool)
            continue
        hosts = HOST_PODS + sum(
            w.replicas
            for w in view.plan.workloads
            if w.node_pool == pool.pool.name and w.host_network and not w.eni_request and w.kind in PER_NODE
        )
        room = max(most - hosts, 0)
        if room >= max(known):
            continue
        message = say(
            "kubelet of pool {pool!r} admits {maxPods} pods, {hostPods} of them on the host network: {room} of "
            "{podsPerNode} exclusive pods fit on a node",
            pool=pool.pool.name,
            maxPods=most,
            hostPods=hosts,
            room=room,
            podsPerNode=max(known),
        )
        hint = say("set {key} to {required} or more", key=_override(keys), required=max(known) + hosts)
        short = _too_many(pool, min(room, *known))
        if short is None:
            yield unknown_capacity(pool)
        yield Hit((*pool.path, "overrides", *keys), message, hint, level=None if short or not room else "warning")


def _override(keys: tuple[str, ...]) -> Key:
    return Key(".".join(("overrides", *keys)))


def _too_many(pool: PoolView, per_node: int) -> bool | None:
    """Return whether listed pods need more than `per_node` places per node at the largest size; None if unknown."""
    every_node, others = packed(taker._replace(enis=1) for taker in pool.once(takers))  # kubelet counts pods, not ENIs
    if every_node > per_node or not others.total():
        return every_node > per_node
    nodes = pool.pool.sizes.largest
    return None if nodes is None else not Load(nodes, per_node, every_node, others).fits()


@rule(
    "NP017",
    "error",
    "The system pods fill every node",
    needs=(facts.SYSTEM_PODS, *facts.PODS_PER_NODE),
    effect="Agents and DaemonSets use all ENIs of the nodes: other pods never get one.",
    sources=(CODE_PREDICT,),
    passes={f"{_POOL}.systemPodsPerNode": 6},
    fails={f"{_POOL}.systemPodsPerNode": 7},
)
def np017(view: PlanView) -> Outcome:
    """SystemPodsPerNode against the exclusive pods of each type: an error when all types are full, else a warning."""
    for pool in view.pools:
        system = pool.pool.system_pods_per_node
        if not system:
            continue
        counts = pool.pods_per_node
        full = [name for name, count in counts.items() if count is not None and count <= system]
        if None in counts.values() or not counts:
            about = say("the nodes of pool {pool!r}", pool=pool.pool.name)
            yield Unknown((*pool.path, "systemPodsPerNode"), facts.ENIS, about)
        if full:
            message = say(
                "pool {pool!r} has {systemPodsPerNode} system pods on each node, which leaves no room on {types} "
                "(at most {podsPerNode} exclusive pods per node)",
                pool=pool.pool.name,
                systemPodsPerNode=system,
                types=named(full),
                podsPerNode=max(counts[name] or 0 for name in full),
            )
            hint = say("use a type with more ENIs, or run system pods on the host network, where they use no ENI")
            path = (*pool.path, "systemPodsPerNode")
            yield Hit(path, message, hint, {"types": full}, None if len(full) == len(counts) else "warning")


@rule(
    "NP018",
    "warning",
    "A field that the API does not have",
    needs=(facts.OVERRIDES,),
    effect="The API ignores what it does not know: the pool comes up with a default instead of what is written.",
    sources=(CREATE_API,),
    passes={f"{_POOL}.overrides": {"scaling_group": {"image_id": "aliyun_3_x64"}}},
    fails={f"{_POOL}.overrides": {"scaling_group": {"imageid": "aliyun_3_x64"}}},
)
def np018(view: PlanView) -> Outcome:
    """Keys of overrides and request bodies that CreateClusterNodePool lacks, in maps and in lists of maps."""
    for pool in view.pools:
        if not pool.pool.overrides:
            continue
        from eniplan.plan.fields import unknown  # noqa: PLC0415 - likewise

        for path, name, known in unknown(pool.pool.overrides):
            message = say("pool {pool!r}: CreateClusterNodePool has no field {field}", pool=pool.pool.name, field=name)
            hint = did_you_mean(name.rpartition(".")[2], sorted(known)) or say(
                "remove it, or waive this when the API has it by now"
            )
            yield Hit((*pool.path, "overrides", *path), message, hint)


@rule(
    "NP019",
    "info",
    "Whether the autoscaler adds a first node for exclusive pods is an open question",
    needs=(facts.KIND, facts.AUTO_SCALING),
    effect="Exclusive pods request aliyun/eni, which only a node that runs offers. Neither documents nor code show "
    "whether the autoscaler expects it of a node to come: if not, the pods stay Pending while the pool is empty.",
    sources=(EXCL,),
    passes={f"{_POOL}.desiredSize": ABSENT, f"{_POOL}.autoScaling": {"min": 1, "max": 10}},
    fails={f"{_POOL}.desiredSize": ABSENT, f"{_POOL}.autoScaling": {"min": 0, "max": 10}},
)
def np019(view: PlanView) -> Outcome:
    """ECS pools that may scale down to no node."""
    for pool in view.ecs_pools:
        if pool.pool.auto_scaling is not None and pool.pool.auto_scaling["min"] == 0:
            message = say(
                "pool {pool!r} may be empty: the autoscaler may not add a node for pods that request {resource}",
                pool=pool.pool.name, resource=ENI,
            )  # fmt: skip
            hint = say("try it before you rely on it, or keep one node: min 1")
            yield Hit((*pool.path, "autoScaling", "min"), message, hint)
