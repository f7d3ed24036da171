"""The node pools of a run that are not in plans. Pools with a common origin form one plan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from eniplan.errors import Problem
from eniplan.inputs.body import mode_of, read_pool, unknown_label
from eniplan.inputs.places import NotKnown, Origin, is_known_text
from eniplan.inputs.spelling import PoolPlaces
from eniplan.inputs.units import PoolInput, Stated, doubled, leaving, unit_of, unit_of_doubtful
from eniplan.messages import say, together
from eniplan.plan.document import value_at
from eniplan.plan.load import MARKDOWN_ENDINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from eniplan.inputs.spelling import Resource
    from eniplan.inputs.units import Unit
    from eniplan.plan.load import LoadedPlan


class PoolInputs:
    """The node pools of a run."""

    def __init__(self, cluster: Origin | None) -> None:
        """Start without any; `cluster` has the facts of the cluster for pools without any."""
        self._cluster = cluster
        self._pools: dict[tuple[str, ...], list[PoolInput]] = {}
        self._stated: dict[tuple[str, ...], Stated | None] = {}
        self._forms: dict[tuple[str, ...], str] = {}
        self._leaving: list[tuple[PoolInput, Stated | None]] = []
        self._doubled: list[tuple[PoolInput, Stated | None, bool]] = []
        self._doubtful: list[tuple[PoolInput, str, Stated | None]] = []
        self.problems: list[Problem] = []

    @property
    def lack_cluster(self) -> bool:
        """Whether nothing is stated about the cluster of some pools but its id."""
        return any(stated is None or not stated.value.keys() - {"id"} for stated in self._stated.values())

    def take(
        self, resource: Resource, body: dict[str, Any], unit: tuple[str, ...], stated: Stated | None, form: str
    ) -> None:
        """Add a node pool.

        Args:
            resource: the pool in its own form.
            body: it as a request body.
            unit: the plan that it is part of, together with the cluster that it names.
            stated: what its input says of the cluster.
            form: see `LoadedPlan.form`.

        """
        origin = Origin(resource.document, resource.path, resource.address)
        pool = read_pool(body)
        if resource.address and ("name" not in pool.value or ("name",) in pool.unknown):
            pool.value["name"] = resource.address
        elif ("name",) in pool.unknown:  # in a script: the expression for the name
            pool.value["name"] = pool.unknown["name",]
        if isinstance(resource.existing, NotKnown):
            pool.unknown["existingLabels",] = resource.existing
        elif resource.existing is not None:
            pool.value["existingLabels"] = resource.existing
        places = PoolPlaces(origin, resource, pool.body_paths)
        for item in pool.misread:
            at = places.of_body(item.path)
            hint = together(part for part in (item.hint, at.document.note(at.path)) if part)
            self.problems.append(Problem(item.message, at.place(), hint))
        found = PoolInput(pool.value, places, pool.unknown)
        if stated is None:
            stated = _named(resource, origin)
        if resource.is_doubled is not None:
            self._doubled.append((found, stated, resource.is_doubled))
        if resource.vanishes:
            self._leaving.append((found, stated))
        elif mode_of(body) is None:
            lost = unknown_label(body)
            unknown = say("its labels are not known")
            why = together((unknown, say("{lost}", lost=lost)), ": ") if lost else unknown
            self._doubtful.append((found, why, stated))
        else:
            named = resource.spelling.cluster
            key = (*unit, str(value_at(resource.value, named)) if named else "")
            self._pools.setdefault(key, []).append(found)
            self._stated[key] = stated
            # Documentation repeats what is somewhere else, and roots for several clusters may leave theirs open.
            is_own = stated is not None and "id" in stated.value
            is_sample = resource.document.file.endswith(MARKDOWN_ENDINGS)
            self._forms[key] = form if is_own and not is_sample else ""

    def leave_out(self, files: Collection[str]) -> None:
        """Remove the pools in some files."""
        for pools in self._pools.values():
            pools[:] = [pool for pool in pools if os.path.normpath(pool.places.document.file) not in files]

    def apart(self) -> Iterator[LoadedPlan]:
        """Yield the pools that are checked on their own: of unknown mode, in two places, or leaving exclusive mode."""
        for found, why, stated in self._doubtful:
            yield unit_of_doubtful(found, why, self._cluster, stated).load()
        for found, stated, is_now in self._doubled:
            yield doubled(found, stated, is_now=is_now)
        for found, stated in self._leaving:
            yield leaving(found, stated)

    def units(self) -> list[Unit]:
        """Return the other pools, as plans."""
        return [
            unit_of(pools, self._cluster, self._stated.get(key))._replace(form=self._forms[key])
            for key, pools in self._pools.items()
            if pools
        ]


def _named(resource: Resource, origin: Origin) -> Stated | None:
    """Return the cluster that a pool names, or None."""
    path = resource.spelling.cluster
    named = value_at(resource.value, path)
    return Stated({"id": named}, {("id",): origin.inner(path)}) if named and is_known_text(named) else None
