"""Builds plans of pools that belong together: those of a Terraform plan, or of a folder of HCL or bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan import facts
from eniplan.inputs.places import Origin, Translated, translated
from eniplan.plan.document import value_at
from eniplan.plan.load import Gap, LoadedPlan, load_document
from eniplan.plan.model import EXCLUSIVE_LABEL, Cluster
from eniplan.plan.schema import API_VERSION
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.inputs.places import Places
    from eniplan.plan.document import Document, Path
    from eniplan.plan.model import NodePool, Plan


class PoolInput(NamedTuple):
    """A pool in the form of a plan. Key paths are relative to the pool."""

    value: dict[str, Any]
    places: Places
    """The places of its keys."""
    unknown: dict[Path, str]
    """Key paths with unknown values, and the reasons."""


class Stated(NamedTuple):
    """Facts that an input states about its pools' cluster, in the form of a plan. Key paths are relative to them."""

    value: dict[str, Any]
    origins: dict[Path, Origin]
    """The places of its keys."""
    unknown: dict[Path, str] = {}  # noqa: RUF012 - never changed
    """Key paths with unknown values, and the reasons."""


class Unit(NamedTuple):
    """The values of a plan, and their places."""

    value: dict[str, Any]
    origins: dict[Path, Places]
    gaps: tuple[Gap, ...] = ()
    silent: frozenset[Path] = frozenset()
    """Key paths where a value may be missing because another unit has it."""
    beside: bool = False
    """See `LoadedPlan.beside`."""
    form: str = ""
    """See `LoadedPlan.form`."""
    more_pools: Mapping[Path, tuple[str, ...]] = {}
    """See `Workload.more_pools`, by the paths of workloads."""

    def load(self) -> LoadedPlan:
        """Return it as a plan."""
        loaded = load_document(translated(self.value, self.origins))
        if loaded.plan is not None and self.more_pools:
            spread = (w._replace(more_pools=self.more_pools.get(w.path, ())) for w in loaded.plan.workloads)
            loaded = loaded._replace(plan=loaded.plan._replace(workloads=tuple(spread)))
        return loaded._replace(
            left_out=loaded.left_out | self.silent,
            gaps=self.gaps,
            files=tuple(dict.fromkeys(origin.document.file for origin in self.origins.values())),
            beside=self.beside,
            form=self.form,
        )


_NO_VERSION = Gap(facts.TERWAY_VERSION.path, facts.TERWAY_VERSION.hint)
"""A fact that these inputs have no field for, so TW008 must not report it as missing."""


def unit_of(pools: list[PoolInput], cluster: Origin | None, stated: Stated | None = None) -> Unit:
    """Return a unit with pools of one cluster.

    Args:
        pools: at least one pool.
        cluster: the facts of the cluster that the user gives, or None.
        stated: the facts that the input itself states. `cluster` overrides them.

    """
    value: dict[str, Any] = {"apiVersion": API_VERSION, "nodePools": [pool.value for pool in pools]}
    origins: dict[Path, Places] = {(): Origin(pools[0].places.document, ())}
    origins |= {("nodePools", i): pool.places for i, pool in enumerate(pools)}
    if cluster is not None:
        add_cluster(value, origins, cluster)
    unknown: dict[Path, str] = {}
    if stated is not None:
        given = value.get("cluster", {})
        if "id" in stated.value:  # the pools decide which cluster they are for
            given = given | {"id": stated.value["id"]}
        value["cluster"] = _laid_over(stated.value, given)
        origins |= {
            ("cluster", *path): origin
            for path, origin in stated.origins.items()
            if cluster is None or value_at(given, path) is None or path == ("id",)
        }
        unknown = {path: why for path, why in stated.unknown.items() if value_at(given, path) is None}
        if given.get("terway"):  # who states facts of Terway means its default add-on
            unknown.pop(("terway", "addon"), None)
    has_no_field = cluster is None or isinstance(cluster.document, Translated)
    return Unit(
        value,
        origins,
        (
            *(Gap(("nodePools", i, *path), why) for i, pool in enumerate(pools) for path, why in pool.unknown.items()),
            *(Gap(("cluster", *path), why) for path, why in unknown.items()),
            *([_NO_VERSION] if has_no_field and value_at(value, _NO_VERSION.path) is None else ()),
        ),
    )


def _laid_over(under: Any, over: Any) -> Any:  # noqa: ANN401 - facts of a cluster
    """Merge maps recursively; other values of `over` replace those of `under`."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return under | {key: _laid_over(under.get(key), item) for key, item in over.items()}


def leaving(pool: PoolInput, stated: Stated | None) -> LoadedPlan:
    """Return a plan with a pool that loses the exclusive label. Only NP003 applies: the pool is no longer exclusive."""
    pool.value.setdefault("labels", {})[EXCLUSIVE_LABEL] = ""
    loaded, plan, pools = _aside(pool, stated)
    return loaded if plan is None else loaded._replace(plan=plan._replace(leaving=pools))


def doubled(pool: PoolInput, stated: Stated | None, *, is_now: bool) -> LoadedPlan:
    """Return a plan with a pool that is created while one of its name exists, now or later, for NP006 alone."""
    loaded, plan, pools = _aside(pool, stated)
    now, later = (pools, ()) if is_now else ((), pools)
    return loaded._replace(plan=plan and plan._replace(doubled=now, doubling=later), problems=())


def _aside(pool: PoolInput, stated: Stated | None) -> tuple[LoadedPlan, Plan | None, tuple[NodePool, ...]]:
    """Load a pool alone: return what is loaded, and a plan without the pool."""
    loaded = unit_of([pool], None, stated)._replace(gaps=()).load()
    plan = loaded.plan
    if plan is None:
        return loaded, None, ()
    return loaded, plan._replace(cluster=Cluster(plan.cluster.id), node_pools=()), plan.node_pools


def unit_of_doubtful(pool: PoolInput, why: str, cluster: Origin | None, stated: Stated | None) -> Unit:
    """Return a unit with a pool that may or may not be exclusive."""
    unit = unit_of([pool], cluster, stated)
    return unit._replace(gaps=(Gap(("nodePools", 0), why), *unit.gaps), beside=True)


def add_cluster(value: dict[str, Any], origins: dict[Path, Places], cluster: Origin) -> None:
    """Add the facts of the cluster to a plan's values and origins."""
    value["cluster"] = value_at(cluster.document.value, cluster.path)
    origins["cluster",] = cluster


def root_of(document: Document) -> dict[Path, Places]:
    """Return origins that only have the document."""
    return {(): Origin(document, ())}
