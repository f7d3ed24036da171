"""What plans of one cluster share: names, PodNetworkings and addresses, kept after a plan is read."""

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
    """What a plan shares with other plans of its cluster. Plans are ordered by their places."""

    place: Place
    pools: Mapping[str, Path]
    """The key path of each node pool, by name."""
    networkings: tuple[PodNetworking, ...]
    v_switches: Mapping[str, VSwitch]
    parts: tuple[Part, ...]
    """The addresses that the pools can need."""
    places: Mapping[Path, Place]
    """The place in the user's input of each path that findings point at."""


def share(document: Document, view: PlanView) -> Share:
    """Return what a plan shares, without keeping the rest of the plan in memory."""
    pools = {name: (*pool.path, "name") for name, pool in view.pools_by_name.items()}
    paths = [*pools.values(), *(path for pn in view.plan.pod_networkings for path in (pn.path, (*pn.path, "name")))]
    found = view.once(parts)
    used = {name for item in found for ids, _ in item.asked for name in ids}
    v_switches = {name: v_switch for name, v_switch in view.v_switches.items() if name in used}
    paths += [v_switch.path for v_switch in v_switches.values()]
    places = {path: document.place(path) for path in paths}
    return Share(document.place(()), pools, view.plan.pod_networkings, v_switches, found, places)


def free_together(plans: Iterable[Share]) -> dict[str, int | None]:
    """Return the free addresses of each vSwitch; None if unknown. If plans state different counts, the smallest one."""
    free: dict[str, int | None] = {}
    for plan in plans:
        for name, v_switch in plan.v_switches.items():
            counts = [count for count in (free.get(name), v_switch.available_ips) if count is not None]
            free[name] = min(counts, default=None)
    return free


def repeated(plans: Iterable[Share], names: Iterable[Mapping[str, Path]]) -> Iterator[tuple[int, str, Path, Place]]:
    """Yield (plan index, name, path, earlier place) for each name that an earlier plan already has.

    `names` has the names of each plan, with their paths.
    """
    first: dict[str, tuple[int, Place]] = {}
    for i, (plan, own) in enumerate(zip(plans, names, strict=True)):
        for name, path in own.items():
            earlier, place = first.setdefault(name, (i, plan.places[path]))
            if earlier != i:
                yield i, name, path, place
