"""Joins manifests with the node pools of the same run: each set of pools is checked with the workloads for it."""

from __future__ import annotations

import copy
from collections import Counter
from typing import TYPE_CHECKING, Any

from eniplan.inputs.manifests import NOT_ASKING
from eniplan.inputs.places import NotKnown, Origin, translated
from eniplan.inputs.steering import Pools, Steering, pools_of, steer
from eniplan.inputs.units import Unit, add_cluster, root_of
from eniplan.inputs.workloads import Part
from eniplan.k8s.kinds import PER_NODE
from eniplan.k8s.terway import NETWORKS_REQUEST
from eniplan.k8s.values import listing
from eniplan.messages import named, say
from eniplan.plan.load import Gap, LoadedPlan, load, load_document
from eniplan.plan.model import POOL_ANNOTATION
from eniplan.plan.schema import API_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from eniplan.catalog.store import Catalog
    from eniplan.errors import Problem
    from eniplan.inputs.choosing import Chooser
    from eniplan.inputs.manifests import Manifests
    from eniplan.inputs.places import Places
    from eniplan.inputs.unread import Unread
    from eniplan.inputs.workloads import Workload
    from eniplan.plan.document import Path
    from eniplan.plan.model import Guest, Plan, PodNetworking

_STUB = {"name": "stub"}
"""A placeholder, because a valid plan has at least one pool; removed after loading."""
_NO_POOL = "(not known)"
_NETWORKS = ("template", "metadata", "annotations", NETWORKS_REQUEST)
"""The path at which WL013 reports networks that do not exist."""
_REQUEST = ("template", "spec", "containers", 0, "resources")
"""The path at which WL002 reports the request of a workload."""


def beside(plans: Mapping[str, LoadedPlan | None]) -> Iterator[Unit]:
    """Yield the plans of a run as units to join manifests with. Reads plan files again."""
    for file, kept in plans.items():
        for item in load([file]) if kept is None else [kept]:
            if isinstance(item, LoadedPlan) and item.plan is not None and not item.problems:
                value: Any = copy.deepcopy(item.document.value)
                yield Unit(value, root_of(item.document), beside=True)


def joined(  # noqa: PLR0913, PLR0917 - one call joins everything
    units: list[Unit],
    manifests: Manifests,
    cluster: Origin | None,
    catalog: Catalog,
    skip: Callable[[str, str], None],
    changing: Callable[[set[str]], Iterable[Unread]],
) -> Iterator[LoadedPlan | Problem]:
    """Join manifests with each set of pools.

    Args:
        units: the sets of pools.
        manifests: PodNetworkings and workloads.
        cluster: facts of the cluster for manifests without pools.
        catalog: the instance data, for the labels of nodes.
        skip: records a workload that is not for exclusive nodes.
        changing: returns what may change the objects in files.

    """
    read = _pod_networkings(manifests, skip)
    yield from read.problems
    own = () if read.plan is None else read.plan.pod_networkings
    judged: list[tuple[Unit, Plan, Pools]] = []
    for unit in units:
        loaded = unit.load()
        if loaded.plan is None:
            yield loaded  # too much is invalid: report only its problems
        else:
            pools = pools_of(loaded.plan, catalog, _chooser(manifests, loaded.plan, own))
            judged.append((unit, loaded.plan, pools))
    planned = [networking for _, plan, _ in judged for networking in plan.pod_networkings]
    identities = {w.identity for _, plan, _ in judged for w in plan.workloads}
    loose = {identity._replace(namespace="default") for identity in identities}
    yield from manifests.wake((*own, *planned), identities | loose)
    manifests.adopt(identities)
    planned_names = {(w.namespace, w.name) for w in identities}
    calm = manifests.settle([pools for _, _, pools in judged], planned_names) if judged else ()
    for title, why in (*manifests.drop_copies(), *manifests.drop_idle(identities), *calm):
        skip(title, why)
    homes = [_homes(manifests, plan, pools) for _, plan, pools in judged]
    settled = {i for found in homes for i, home in found.items() if home.pool is not None}
    named = {home.networking for found in homes for home in found.values()}
    guests = [tuple(_guests(manifests, pools, found)) for (_, _, pools), found in zip(judged, homes, strict=True)]
    visiting = {guest.title for several in guests for guest in several}
    placed = {i for found in homes for i in found}
    strays = [(quiet.order, quiet.full_title) for quiet in manifests.quiet]
    parts = [*manifests.networkings]
    for i, workload in enumerate(manifests.workloads):
        if workload.part.title in visiting or i in placed or not judged:
            parts.append(workload.part)
        else:
            strays.append((workload.order, workload.part.full_title))
    manifests.unread += changing({part.file for part in parts})
    for (unit, plan, _), found, visitors in zip(judged, homes, guests, strict=True):
        # Report a workload without any pool once, with the first set of pools.
        is_first = found is homes[0]
        here = {i: home for i, home in found.items() if home.pool is not None or (is_first and i not in settled)}
        draft = _with(unit, plan, manifests, own, here, named)
        if is_first:
            draft = _with_unread(draft, manifests)
        loaded = draft.load()
        yield loaded._replace(plan=None if loaded.plan is None else loaded.plan._replace(guests=visitors))
    if not judged:
        yield from _alone(manifests, own, cluster, skip)
    for _, title in sorted(strays) if judged else ():
        skip(title, NOT_ASKING)


def _guests(manifests: Manifests, pools: Pools, homes: dict[int, Steering]) -> Iterator[Guest]:
    """Yield the pods that can run on pools they do not select, including other pools that a DaemonSet runs on."""
    for i, workload in enumerate(manifests.workloads):
        home = homes.get(i)
        if home is None:
            yield from manifests.guests(workload, pools)
        elif home.pool is not None and workload.object.kind in PER_NODE:
            yield from manifests.guests(workload, pools.without(home.pool))
    for workload in manifests.visitors:
        yield from (guest._replace(is_sure=False) for guest in manifests.guests(workload, pools))


def _pod_networkings(manifests: Manifests, skip: Callable[[str, str], None]) -> LoadedPlan:
    """Load the PodNetworkings as part of a plan, which gives their selectors."""
    for title, why in manifests.drop_copied_networkings():
        skip(title, why)
    draft = _Draft({"apiVersion": API_VERSION, "nodePools": [_STUB]}, {(): manifests.first()})
    draft.append("podNetworkings", manifests.networkings)
    return load_document(translated(draft.value, draft.origins))


class _Draft:
    """A plan under construction, section by section."""

    def __init__(self, value: dict[str, Any], origins: dict[Path, Places]) -> None:
        self.value = value
        self.origins = origins
        self.gaps: list[Gap] = []

    def append(self, section: str, parts: list[Part]) -> int:
        """Add items to a section; return the index of the first."""
        items = self.value.setdefault(section, [])
        first = len(items)
        for part in parts:
            at: Path = (section, len(items))
            self.origins |= {(*at, *path): origin for path, origin in part.origins.items()}
            lost = {key: item for key, item in part.value.items() if isinstance(item, NotKnown)}
            self.gaps += (Gap((*at, key), say("{lost}", lost=why)) for key, why in lost.items())
            items.append({key: item for key, item in part.value.items() if key not in lost})
        return first

    def keep(self, unit: Unit, section: str, is_kept: Callable[[Mapping[str, Any]], bool]) -> None:
        """Copy items of a unit's section, with their places."""
        root = unit.origins[()]
        items = enumerate(unit.value.get(section, ()))
        self.append(section, [Part(item, {(): root.inner((section, i))}) for i, item in items if is_kept(item)])


def _chooser(manifests: Manifests, plan: Plan, own: tuple[PodNetworking, ...]) -> Chooser:
    """Return what chooses among the PodNetworkings of a run: those of manifests replace those of the plan."""
    taken = {pn.name for pn in own}
    return manifests.chooser((*own, *(pn for pn in plan.pod_networkings if pn.name not in taken)))


def _homes(manifests: Manifests, plan: Plan, pools: Pools) -> dict[int, Steering]:
    """Return the steering of each workload that a plan's pools may run, by its index."""
    planned = {tuple(w.identity): w for w in plan.workloads}
    names = {pool.name for pool in plan.node_pools}
    out = {}
    for i, workload in enumerate(manifests.workloads):
        home = steer(workload, pools)
        same = next((planned[each] for each in workload.identities if each in planned), None)
        if same is not None:
            home = Steering(same.node_pool, same.pod_networking or (None if home is None else home.networking))
        if home is not None:
            out[i] = home if home.pool is None or home.pool in names else home._replace(pool=None, missing=home.pool)
    return out


def _with(  # noqa: PLR0913, PLR0917 - all parts of the unit
    unit: Unit,
    plan: Plan | None,
    manifests: Manifests,
    own: tuple[PodNetworking, ...],
    here: dict[int, Steering],
    named: set[str | None],
) -> Unit:
    """Return a unit with manifests added. They replace items of the same name."""
    sections = ("podNetworkings", "workloads")
    draft = _Draft({key: item for key, item in unit.value.items() if key not in sections}, dict(unit.origins))
    ecs = [pool.name for pool in plan.node_pools if not pool.is_lingjun] if plan is not None else []
    # A PodNetworking that gives no exclusive ENIs is for other nodes, unless a workload or plan names it.
    asking = {pn.name for pn in own if plan is not None and pn.asks_for_eni(plan.cluster)}
    networkings = [_meant(part, unit, ecs if part.value["name"] in asking else []) for part in manifests.networkings]
    workloads = [_at_home(manifests, manifests.workloads[i], home) for i, home in here.items()]
    names = {part.value["name"] for part in networkings}
    identities = {each for i in here for each in manifests.workloads[i].identities}
    draft.keep(unit, "podNetworkings", lambda item: item["name"] not in names)
    draft.keep(unit, "workloads", lambda item: _identity(item) not in identities)
    first = draft.append("podNetworkings", networkings)
    # A PodNetworking may name no pool here if another set of pools has its pools.
    silent: set[Path] = {
        ("podNetworkings", first + i, "nodePools") for i, part in enumerate(networkings) if part.value["name"] in named
    }
    first_workload = draft.append("workloads", workloads)
    gaps = [*unit.gaps, *_strange_ids(unit, networkings, first), *draft.gaps]
    lost = manifests.lost_selectors()
    # PN005 speaks of the whole PodNetworking.
    gaps += (Gap(("podNetworkings", first + i)) for i, pn in enumerate(networkings) if pn.value["name"] in lost)
    more: dict[Path, tuple[str, ...]] = {}
    for i, home in enumerate(here.values()):
        at: Path = ("workloads", first_workload + i)
        if home.more:
            more[at] = home.more
            gaps.append(Gap((*at, "nodePools"), _spread((home.pool, *home.more))))
        if home.pool is None and home.missing is None:
            silent.add((*at, "nodePool"))
        if home.open:
            silent.add((*at, *_REQUEST))  # correct or not, depending on the open questions
        if "podNetworking" in home.open:
            silent.add((*at, *_NETWORKS))
        gaps += (Gap((*at, key), why) for key, why in home.open.items())
    return unit._replace(
        value=draft.value, origins=draft.origins, silent=unit.silent | silent, gaps=tuple(gaps), more_pools=more
    )


def _strange_ids(unit: Unit, networkings: list[Part], first: int) -> Iterator[Gap]:
    """Yield the ids in PodNetworkings that a unit's vSwitches or security groups do not list.

    They are no errors: resources that Terraform creates have no id yet, and others may be managed elsewhere.
    """
    why = say("whether this configuration creates it is known only after apply; list its id with --cluster FILE")
    for key, section in (("vSwitchIds", "vSwitches"), ("securityGroupIds", "securityGroups")):
        if ("cluster", section, 0) not in unit.origins:
            continue
        listed = {item["id"] for item in unit.value["cluster"][section]}
        for i, part in enumerate(networkings):
            ids = enumerate(listing(part.value.get(key)))
            strange = [j for j, name in ids if isinstance(name, str) and name not in listed]
            at: Path = ("podNetworkings", first + i, key)
            yield from (Gap(path, why) for path in (at, *((*at, j) for j in strange)) if strange)


def _identity(workload: Mapping[str, Any]) -> tuple[Any, ...]:
    return workload["kind"], workload.get("namespace", "default"), workload["name"]


def _meant(part: Part, unit: Unit, pools: list[str]) -> Part:
    """Return a PodNetworking with its pools: those that the plan names, or the only pool."""
    if "nodePools" in part.value:
        return part
    same = [item for item in unit.value.get("podNetworkings", ()) if item["name"] == part.value["name"]]
    names = same[0].get("nodePools") if same else pools if len(pools) == 1 else None
    return part if names is None else part._replace(value={**part.value, "nodePools": names})


def _spread(pools: tuple[str | None, ...]) -> str:
    return say("it may run on nodes of {pools}; the annotation {annotation}: POOL states that one of them is meant",
               pools=named(pools), annotation=POOL_ANNOTATION)  # fmt: skip


def _at_home(manifests: Manifests, workload: Workload, home: Steering) -> Part:
    part = manifests.scaled(workload)
    value = {**part.value, "nodePool": home.pool or home.missing or _NO_POOL}
    origins = dict(part.origins)
    if home.networking is not None:
        value["podNetworking"] = home.networking
    labels = manifests.namespace_labels(workload)
    if labels:
        value["namespaceLabels"] = labels
    policies = {} if workload.pod.host_network else manifests.policies(workload)
    if isinstance(policies, NotKnown):
        value["networkPolicies"] = policies
    elif policies:
        value["networkPolicies"] = list(policies)
        origins |= {("networkPolicies", i): origin for i, origin in enumerate(policies.values())}
    return Part(value, origins)


def _alone(
    manifests: Manifests, own: tuple[PodNetworking, ...], cluster: Origin | None, skip: Callable[[str, str], None]
) -> Iterator[LoadedPlan]:
    """Yield a plan of manifests without pools, for the rules that need none."""
    root = root_of(manifests.first().document)
    unit = Unit({"apiVersion": API_VERSION, "nodePools": [_STUB]}, root)
    if cluster is not None:
        add_cluster(unit.value, unit.origins, cluster)
    known = unit.load().plan
    here = {}
    if known is not None:
        pools = Pools(known.cluster, (), manifests.chooser(own))
        for title, why in manifests.settle([pools], ()):
            skip(title, why)
        homes = (steer(workload, pools) for workload in manifests.workloads)
        # It is unknown whether their pools exist.
        here = {i: home._replace(pool=None) for i, home in enumerate(homes) if home is not None}
    draft = _with(unit, None, manifests, own, here, set())
    loaded = _with_unread(draft, manifests).load()
    yield loaded._replace(plan=None if loaded.plan is None else loaded.plan._replace(node_pools=()))


def _with_unread(unit: Unit, manifests: Manifests) -> Unit:
    """Return a unit with gaps for pods for exclusive nodes that cannot be judged."""
    origins, gaps = dict(unit.origins), list(unit.gaps)
    times = Counter(item.title for item in manifests.unread)
    for item in manifests.unread:
        at: Path = (
            "workloads",
            item.title if times[item.title] == 1 else f"{item.title} ({item.origin.document.file})",
        )
        origins[at] = item.origin
        gaps.append(Gap(at, item.why))
    return unit._replace(origins=origins, gaps=tuple(gaps))
