"""What several plans of one cluster share: names, PodNetworkings and addresses, kept when a plan has been read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.rules.addresses import parts
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.errors import Place
    from eniplan.plan.document import Document, Path
    from eniplan.plan.model import PodNetworking, VSwitch
    from eniplan.rules.addresses import Part
    from eniplan.rules.view import PlanView


class Share(NamedTuple):
    """What one plan has in common with others of its cluster. Plans are ordered by their places."""

    place: Place
    pools: Mapping[str, Path]
    """Names of node pools, and where they stand."""
    networkings: tuple[PodNetworking, ...]
    v_switches: Mapping[str, VSwitch]
    parts: tuple[Part, ...]
    """The addresses that its pools can need."""
    places: Mapping[Path, Place]
    """Where the user finds what findings point at."""


def share(document: Document, view: PlanView) -> Share:
    """Return what a plan shares; nothing else of it is kept."""
    pools = {name: (*pool.path, "name") for name, pool in view.pools_by_name.items()}
    paths = [*pools.values(), *(path for pn in view.plan.pod_networkings for path in (pn.path, (*pn.path, "name")))]
    found = view.once(parts)
    used = {name for item in found for ids, _ in item.asked for name in ids}
    v_switches = {name: v_switch for name, v_switch in view.v_switches.items() if name in used}
    paths += [v_switch.path for v_switch in v_switches.values()]
    places = {path: document.place(path) for path in paths}
    return Share(document.place(()), pools, view.plan.pod_networkings, v_switches, found, places)


def free_together(plans: Iterable[Share]) -> dict[str, int | None]:
    """Return the free addresses of each vSwitch. Of counts that plans state differently the smallest holds."""
    free: dict[str, int | None] = {}
    for plan in plans:
        for name, v_switch in plan.v_switches.items():
            counts = [count for count in (free.get(name), v_switch.available_ips) if count is not None]
            free[name] = min(counts, default=None)
    return free


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
