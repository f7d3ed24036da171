"""LJ rules: Lingjun node pools, which differ from ECS in much of exclusive mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan import facts
from eniplan.catalog.limits import lingjun_pods
from eniplan.messages import Key, say
from eniplan.rules.base import Hit, Outcome, Unknown, rule
from eniplan.rules.examples import LINGJUN_POOL, POD_NETWORKING
from eniplan.rules.sources import CODE_LINGJUN, CREATE_API, EXCL, LINGJUN_POOLS, WWT
from eniplan.suggest import did_you_mean

if TYPE_CHECKING:
    from eniplan.rules.view import PlanView

_POOL: dict[str, Any] = {"nodePools[1]": LINGJUN_POOL}
_LINGJUN: dict[str, Any] = LINGJUN_POOL["lingjun"]


@rule(
    "LJ001",
    "error",
    "A PodNetworking targets a Lingjun pool",
    needs=(facts.KIND, *facts.MEANT),
    effect="Lingjun does not support PodNetworking, and its nodes never offer aliyun/eni: the pods stay Pending.",
    sources=(EXCL, WWT, CODE_LINGJUN),
    passes={**_POOL, "podNetworkings": [POD_NETWORKING]},
    fails={**_POOL, "podNetworkings": [{**POD_NETWORKING, "nodePools": ["trading", "training"]}]},
)
def lj001(view: PlanView) -> Outcome:
    """A PodNetworking or a workload that combines the two."""
    lingjun = {pool.pool.name for pool in view.lingjun_pools}
    hint = say("place the workload with a node affinity for the exclusive label, and remove the aliyun/eni request")
    for pn in view.plan.pod_networkings:
        for i, name in enumerate(pn.node_pools):
            if name in lingjun:
                message = say(
                    "PodNetworking {podNetworking!r} targets the Lingjun pool {pool!r}",
                    podNetworking=pn.name,
                    pool=name,
                )
                yield Hit((*pn.path, "nodePools", i), message, hint)
    for workload in view.plan.workloads:
        if workload.pod_networking is not None and workload.node_pool in lingjun:
            message = say(
                "workload {workload!r} uses a PodNetworking on the Lingjun pool {pool!r}",
                workload=workload.name,
                pool=workload.node_pool,
            )
            yield Hit((*workload.path, "podNetworking"), message, hint)


@rule(
    "LJ002",
    "error",
    "A Lingjun pool has no Lingjun cluster and group",
    needs=(facts.KIND, facts.LINGJUN),
    effect="ACK cannot create the pool: it does not know which Lingjun nodes belong to it.",
    sources=(CREATE_API, LINGJUN_POOLS),
    passes=_POOL,
    fails={"nodePools[1]": {**LINGJUN_POOL, "lingjun": {"nodeType": "ebs-enhanced", "nodeCount": 4}}},
)
def lj002(view: PlanView) -> Outcome:
    """`lingjun.clusterId` and `lingjun.groupId`."""
    for pool in view.lingjun_pools:
        missing = tuple(Key(f"lingjun.{key}") for key in ("clusterId", "groupId") if not pool.pool.lingjun.get(key))
        if missing:
            message = say("Lingjun pool {pool!r} lacks {missing}", pool=pool.pool.name, missing=missing)
            hint = say("the Lingjun console shows them (i1169…, ng-…)")
            yield Hit((*pool.path, "lingjun"), message, hint, {"missing": list(map(str, missing))})


@rule(
    "LJ003",
    "error",
    "A Lingjun pool has ECS instance types or a size",
    needs=(facts.KIND, facts.TYPES, facts.FAMILIES, facts.DESIRED_SIZE, facts.AUTO_SCALING),
    effect="The API ignores them on Lingjun: nodes come from the Lingjun group.",
    sources=(CREATE_API, LINGJUN_POOLS),
    passes=_POOL,
    fails={"nodePools[1]": {**LINGJUN_POOL, "desiredSize": 2}},
)
def lj003(view: PlanView) -> Outcome:
    """Fields of ECS pools on a Lingjun pool."""
    for pool in view.lingjun_pools:
        given = {
            "instanceTypes": pool.pool.instance_types,
            "instanceFamilies": pool.pool.instance_families,
            "desiredSize": pool.pool.desired_size,
            "autoScaling": pool.pool.auto_scaling,
        }
        for key, value in given.items():
            if value is not None:
                message = say("Lingjun pool {pool!r} has {key}", pool=pool.pool.name, key=Key(key))
                hint = say("remove {key}; size the Lingjun node group instead", key=Key(key))
                yield Hit((*pool.path, key), message, hint)


@rule(
    "LJ004",
    "warning",
    "The limits of the Lingjun node type are unpublished, or taken from an example",
    needs=(facts.KIND, facts.LINGJUN_TYPE, facts.ENIS),
    effect="How many pods a node carries cannot be verified.",
    sources=(WWT, CODE_LINGJUN),
    passes=_POOL,
    fails={"nodePools[1]": {**LINGJUN_POOL, "lingjun": {**_LINGJUN, "nodeType": "standard"}}},
)
def lj004(view: PlanView) -> Outcome:
    """Node types without documented limits, and unknown ones."""
    for pool in view.lingjun_pools:
        name = pool.pool.lingjun.get("nodeType")
        path = (*pool.path, "lingjun", "nodeType")
        hint = say("call eflo-controller DescribeNodeType; a node carries EniQuantity - 1 pods")
        record = pool.lingjun_type
        if name is None:
            yield Unknown(path, facts.LINGJUN_TYPE, say("Lingjun pool {pool!r}", pool=pool.pool.name))
        elif record is None:
            known = view.catalog.all_lingjun()
            message = say("the specs have no Lingjun node type {nodeType!r}", nodeType=name)
            yield Hit(path, message, did_you_mean(name, known) or hint)
        elif record.limits_status == "example":
            origin = view.catalog.source(record.sources.get("EniQuantity"))
            message = say(
                "the limits of {nodeType!r} ({pods} exclusive pods) come from an example on an API page",
                nodeType=name,
                pods=lingjun_pods(record),
            )
            yield Hit(path, message, hint, {"EniQuantity": record.EniQuantity}, sources=(origin,))
        elif record.EniQuantity is None:
            yield Hit(
                path, say("the limits of the Lingjun node type {nodeType!r} are not published", nodeType=name), hint
            )
