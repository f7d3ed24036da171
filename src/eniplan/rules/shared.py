"""What several plans of one cluster share: the names of its pools and PodNetworkings, kept when a plan is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.errors import Place
    from eniplan.plan.document import Document, Path
    from eniplan.plan.model import PodNetworking
    from eniplan.rules.view import PlanView


class Share(NamedTuple):
    """What one plan has in common with others of its cluster. Plans are ordered by their places."""

    place: Place
    pools: Mapping[str, Path]
    """Names of node pools, and where they stand."""
    networkings: tuple[PodNetworking, ...]
    places: Mapping[Path, Place]
    """Where the user finds what findings point at."""


def share(document: Document, view: PlanView) -> Share:
    """Return what a plan shares; nothing else of it is kept."""
    pools = {name: (*pool.path, "name") for name, pool in view.pools_by_name.items()}
    paths = [*pools.values(), *(path for pn in view.plan.pod_networkings for path in (pn.path, (*pn.path, "name")))]
    places = {path: document.place(path) for path in paths}
    return Share(document.place(()), pools, view.plan.pod_networkings, places)


def repeated(plans: Iterable[Share], names: Iterable[Mapping[str, Path]]) -> Iterator[tuple[int, str, Path, Place]]:
    """Yield the names of a plan that an earlier one has: which plan, the name, where it stands, and the earlier one.

    Args:
        plans: all plans of a cluster.
        names: those of each plan.

    """
    first: dict[str, tuple[int, Place]] = {}
    for i, (plan, own) in enumerate(zip(plans, names, strict=True)):
        for name, path in own.items():
            earlier, place = first.setdefault(name, (i, plan.places[path]))
            if earlier != i:
                yield i, name, path, place
