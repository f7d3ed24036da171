"""Pools that are judged together, as one plan: those of a Terraform plan, of a folder of HCL or of bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.facts import CLUSTER
from eniplan.inputs.places import Origin, translated
from eniplan.plan.document import path_text, value_at
from eniplan.plan.load import LoadedPlan, OpenFact, load_document
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.plan.schema import API_VERSION
from eniplan.rules import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.document import Document, Path

ALL_RULES = frozenset(rule.id for rule in ALL)
WITHOUT_CLUSTER = ALL_RULES - {"TW008"}
"""No place in these inputs could state Terway's version: then it is open (TW001), and no mistake."""


class PoolInput(NamedTuple):
    """One pool in the form of a plan. Key paths are relative to the pool."""

    value: dict[str, Any]
    origins: dict[Path, Origin]
    """The places of its keys; that of () is its own."""
    unknown: dict[Path, str]
    """What has no value yet, and why."""


class Stated(NamedTuple):
    """What an input itself says of the cluster of its pools, in the form of a plan. Key paths are relative to it."""

    value: dict[str, Any]
    origins: dict[Path, Origin]
    """The places of its keys."""
    unknown: dict[Path, str] = {}  # noqa: RUF012 - a default that nobody changes
    """What has no value yet, and why."""


class Unit(NamedTuple):
    """A plan to be, and where its values came from."""

    value: dict[str, Any]
    origins: dict[Path, Origin]
    rules: frozenset[str]
    unknown: frozenset[Path] = frozenset()
    open_facts: tuple[OpenFact, ...] = ()
    beside: bool = False
    """See `LoadedPlan.beside`."""

    def load(self) -> LoadedPlan:
        """Return it as a plan."""
        loaded = load_document(translated(self.value, self.origins))
        return loaded._replace(
            left_out=loaded.left_out | self.unknown,
            open_facts=self.open_facts,
            files=tuple(dict.fromkeys(origin.document.file for origin in self.origins.values())),
            rules=self.rules,
            beside=self.beside,
        )


def unit_of(pools: list[PoolInput], cluster: Origin | None, stated: Stated | None = None) -> Unit:
    """Put pools together.

    Args:
        pools: at least one.
        cluster: the facts of their cluster; None: nobody gives any.
        stated: what their own input says of it. The given facts go before it.

    """
    value: dict[str, Any] = {"apiVersion": API_VERSION, "nodePools": [pool.value for pool in pools]}
    origins: dict[Path, Origin] = {(): Origin(pools[0].origins[()].document, ())}
    for i, pool in enumerate(pools):
        origins |= {("nodePools", i, *path): origin for path, origin in pool.origins.items()}
    if cluster is not None:
        add_cluster(value, origins, cluster)
    unknown: dict[Path, str] = {}
    if stated is not None:
        given = value.get("cluster", {})
        if "id" in stated.value:  # which cluster the pools are for, only they can say
            given = given | {"id": stated.value["id"]}
        value["cluster"] = _laid_over(stated.value, given)
        origins |= {
            ("cluster", *path): origin
            for path, origin in stated.origins.items()
            if cluster is None or value_at(given, path) is None or path == ("id",)
        }
        unknown = {path: why for path, why in stated.unknown.items() if value_at(given, path) is None}
    return Unit(
        value,
        origins,
        WITHOUT_CLUSTER if cluster is None else ALL_RULES,
        frozenset(("nodePools", i, *path) for i, pool in enumerate(pools) for path in pool.unknown)
        | {("cluster", *path) for path in unknown},
        tuple(fact for i, pool in enumerate(pools) for fact in _open_facts(("nodePools", i), pool))
        + tuple(_open_cluster(path, why) for path, why in unknown.items()),
    )


def _laid_over(under: Any, over: Any) -> Any:  # noqa: ANN401 - facts of a cluster
    """Lay maps over maps; anything else replaces."""
    if not isinstance(under, dict) or not isinstance(over, dict):
        return over
    return under | {key: _laid_over(under.get(key), item) for key, item in over.items()}


def unit_of_lost(pool: PoolInput, cluster: Origin | None, stated: Stated | None) -> Unit:
    """Return a pool that is to lose its mode: no other rule has anything to say, for it is no exclusive pool."""
    pool.value.setdefault("labels", {})[EXCLUSIVE_LABEL] = ""
    return unit_of([pool], cluster, stated)._replace(rules=frozenset(("NP003",)), open_facts=(), beside=True)


def add_cluster(value: dict[str, Any], origins: dict[Path, Origin], cluster: Origin) -> None:
    """Give a plan to be the facts of its cluster."""
    value["cluster"] = _at(cluster)
    origins["cluster",] = cluster


def _at(origin: Origin) -> Any:  # noqa: ANN401 - a value of a document
    value: Any = origin.document.value
    for step in origin.path:
        value = value[step]
    return value


def root_of(document: Document) -> dict[Path, Origin]:
    """Return the origins of a plan that nothing is known of but its document."""
    return {(): Origin(document, ())}


def _open_facts(at: Path, pool: PoolInput) -> Iterator[OpenFact]:
    """Yield what is not known yet and would be asked by a rule."""
    name = pool.value.get("name")
    for path, why in pool.unknown.items():
        rules = _waiting(str(path[0]))
        is_label = path[0] == "labels"  # of all labels one counts
        if rules and (path == ("labels", EXCLUSIVE_LABEL) if is_label else len(path) == 1):
            what = f"the label {EXCLUSIVE_LABEL}" if is_label else path[0]
            yield OpenFact((*at, *path), f"{what} of pool {name!r}", rules, why)


def _open_cluster(path: Path, why: str) -> OpenFact:
    key = path_text(("cluster", *path))
    waiting = (rule.id for rule in ALL if any(key.startswith(need.key) for need in rule.needs if need != CLUSTER))
    return OpenFact(("cluster", *path), key, tuple(waiting), why)


def _waiting(key: str) -> tuple[str, ...]:
    """Return the rules that ask for a key of a pool."""
    return tuple(rule.id for rule in ALL if any(need.key.startswith(f"nodePools[].{key}") for need in rule.needs))
