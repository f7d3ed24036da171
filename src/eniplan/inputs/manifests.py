"""Translates manifests into parts of a plan: PodNetworkings, workloads, and the NetworkPolicies that select them.

Manifests name no node pool. A workload that asks for exclusive nodes belongs to the pool whose labels match its node
selector and required node affinity. If several pools match, or if the match depends on unknown labels, the pool stays
undecided.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from eniplan.emit.skeletons import SHAPES
from eniplan.errors import InputError, Problem
from eniplan.inputs.choosing import Chooser, Policies, Undecidable
from eniplan.inputs.places import STAND_IN, NotKnown, Origin, blanked, unknown_in
from eniplan.k8s import autoscalers
from eniplan.k8s.kinds import (
    BEHIND,
    HOLDERS,
    PASSING_ON,
    PER_NODE,
    called,
    controller_of,
    has_ended,
    hidden_specs,
    hidden_templates,
    holder,
    standing_behind,
    templates,
    without_anchors,
)
from eniplan.k8s.kinds import objects as listed
from eniplan.k8s.labels import Requirement, Selector, selector_from
from eniplan.k8s.nodes import NodeLabels, Placement, Toleration, repelling
from eniplan.k8s.patches import patched
from eniplan.k8s.pods import read_pod
from eniplan.k8s.refusals import known_version
from eniplan.k8s.terway import ENI, NETWORKING, NETWORKS, POD_ENI
from eniplan.k8s.values import mapping
from eniplan.messages import say
from eniplan.plan.document import read_documents, read_list, value_at
from eniplan.plan.load import read, unreadable_file
from eniplan.plan.model import EXCLUSIVE_LABEL, EXCLUSIVE_NODE, NETWORKING_ANNOTATION, POOL_ANNOTATION, Guest, Identity
from eniplan.plan.schema import SELECTOR, compile_schema
from eniplan.suggest import nearest
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from eniplan.catalog.store import Catalog
    from eniplan.k8s.autoscalers import Scaling
    from eniplan.k8s.kinds import Holder, Template
    from eniplan.k8s.pods import Pod
    from eniplan.messages import Message
    from eniplan.plan.document import Document, JsonList, Path
    from eniplan.plan.model import Cluster, NodePool, Plan, PodNetworking

NETWORK_POLICY = ("networking.k8s.io/v1", "NetworkPolicy")
_POD_NETWORKING = (SHAPES["PodNetworking"].api_version, "PodNetworking")
_OTHERS = frozenset((_POD_NETWORKING, NETWORK_POLICY, ("v1", "Namespace")))
"""The apiVersion and kind of supported objects without pods."""
KUSTOMIZATION = "Kustomization"
FILE = "file"
"""The kind of values and patches, which are no objects."""
KINDS = frozenset((*HOLDERS, *(kind for _, kind in _OTHERS), *autoscalers.KINDS))
"""The supported kinds."""
_WORKER = "Worker"
_NO_MODE = "default"
"""The value of the exclusive label for shared nodes."""
NOTHING = say("nothing that eniplan checks")
MARKS = {mark: name for name in (EXCLUSIVE_LABEL, ENI) for mark in (name, name.replace("/", "~1"))}
"""Manifests of pods for exclusive nodes contain at least one of them, whatever their kind; JSON patches escape it."""
_PART = say("it is only a part (a patch?): check the whole, such as what `kubectl kustomize` builds")
_fits_selector = compile_schema(SELECTOR)


class Object(NamedTuple):
    """A Kubernetes object, and its place."""

    document: Document
    path: Path
    value: dict[str, Any]
    number: int | None = None
    """The index of its document in the file; None if the file cannot be read again."""

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.value["kind"])

    @property
    def name(self) -> str:
        """Its name or its `generateName`; empty if it has neither."""
        return str(self.at("metadata", "name") or self.at("metadata", "generateName") or "").rstrip("-")

    @property
    def title(self) -> str:
        """Its kind and name in messages."""
        return f"{self.kind} {self.name!r}" if self.name else self.kind

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.at("metadata", "namespace") or "default")

    @property
    def states_namespace(self) -> bool:
        """Whether it states its namespace; else it gets one when it is applied."""
        return bool(self.at("metadata", "namespace"))

    @property
    def is_placed_later(self) -> bool:
        """Whether its namespace is known only when it is applied."""
        return not self.states_namespace or self.namespace.startswith(STAND_IN)

    def at(self, *path: str | int) -> Any:  # noqa: ANN401 - a manifest may hold anything
        """Return the value at a path, or None."""
        return value_at(self.value, path)

    def known(self, *path: str | int) -> Any:  # noqa: ANN401 - as `at`
        """Return the value at a path, or the unknown value above it."""
        above = (self.at(*path[:n]) for n in range(1, len(path)))
        return next((found for found in above if isinstance(found, NotKnown)), self.at(*path))

    def texts(self, *path: str | int) -> dict[str, str]:
        """Return the entries of the map at a path whose values are text."""
        found = self.at(*path)
        return {k: v for k, v in mapping(found).items() if isinstance(v, str)}

    def origin(self, *path: str | int) -> Origin:
        """Return the place of a value of the object."""
        return Origin(self.document, (*self.path, *path))


def objects(document: Document, number: int | None = None) -> Iterator[Object]:
    """Yield the objects of a document; for a List, its items."""
    return _judged(document, listed(document.value), number)


def objects_of(found: JsonList, number: int | None) -> Iterator[Object]:
    """Yield the objects of a list. Only one of them is in memory at a time."""
    each = ((("items", i, *path), value) for i, item in enumerate(found.items()) for path, value in listed(item))
    return _judged(found.document, each, number)


def _judged(document: Document, each: Iterable[tuple[Path, Any]], number: int | None) -> Iterator[Object]:
    for path, value in each:
        if isinstance(value.get("kind"), str) and isinstance(value.get("apiVersion"), str):
            yield Object(document, path, value, number)


class Part(NamedTuple):
    """An item of a plan's section, and the place of each of its keys, relative to the item."""

    value: dict[str, Any]
    """Its values; `NotKnown` where one is unknown."""
    origins: dict[Path, Origin]

    @property
    def file(self) -> str:
        """The file it comes from, a normalized path."""
        return os.path.normpath(self.origins[()].document.file)

    @property
    def title(self) -> str:
        """Its kind and name in messages."""
        return f"{self.value.get('kind', 'PodNetworking')} {self.value['name']!r}"

    @property
    def full_title(self) -> str:
        """Its file, kind and name in messages."""
        return f"{self.origins[()].document.file}: {self.title}"


class Workload(NamedTuple):
    """A workload, and its parsed pod template."""

    object: Object
    part: Part
    pod: Pod
    order: int = 0
    """Its position among the workloads of the run."""
    chosen: str | None = None
    """The PodNetworking that Terway's webhook chose for a pod that exists."""

    @property
    def is_quiet(self) -> bool:
        """Whether its manifest neither selects exclusive nodes nor tolerates taints, nor names a pool or network."""
        pod, notes = self.pod, self.object.texts("metadata", "annotations")
        asks = _takes(pod) or pod.networks is not None or pod.own_networks or POD_ENI in pod.annotations
        chooses = pod.tolerations or pod.placement != Placement() or self.object.kind in PER_NODE
        return not (asks or chooses or POOL_ANNOTATION in notes or NETWORKING_ANNOTATION in notes)

    def within(self, namespace: str) -> Workload:
        """Return it in a namespace."""
        metadata = {**mapping(self.object.at("metadata")), "namespace": namespace}
        item = self.object._replace(value={**self.object.value, "metadata": metadata})
        return self._replace(object=item, part=self.part._replace(value={**self.part.value, "namespace": namespace}))

    @property
    def identity(self) -> tuple[str, str, str]:
        """Its kind, namespace and name."""
        return self.object.kind, self.object.namespace, self.part.value["name"]

    @property
    def identities(self) -> tuple[tuple[str, str, str], ...]:
        """Its identity; for the role of a job also that of the job: a plan may have either."""
        whole = (*self.identity[:2], self.object.name)
        has_roles = any(each.roles for each in HOLDERS.get(self.object.kind, ()))
        return (self.identity, whole) if has_roles else (self.identity,)


class Quiet(NamedTuple):
    """The part of a quiet workload to keep in memory. `wake` reads it again if a PodNetworking or plan needs it."""

    file: str
    number: int
    path: Path
    title: str
    namespace: str
    labels: Mapping[str, str]
    identities: tuple[tuple[str, str, str], ...]
    order: int


class Hidden(NamedTuple):
    """Pods of an object of an unsupported kind."""

    workload: Workload
    is_whole: bool
    """Whether they have a pod template; else a part of the object is like one."""

    def asks(self, pools: Pools, chooser: Chooser) -> bool:
        """Return whether the pods ask for exclusive nodes. Mere labels do if a PodNetworking selects by them."""
        if steer(self.workload, pools, chooser) is None:
            return False
        bare = self.workload._replace(pod=self.workload.pod._replace(labels={}))
        return self.is_whole or not self.workload.is_quiet or steer(bare, pools, chooser) is None


class Unread(NamedTuple):
    """Pods that eniplan does not judge. If they may be for exclusive nodes, where they run is undecided."""

    title: str
    """What describes them, in messages."""
    origin: Origin
    why: str
    identity: tuple[str, str]
    """The namespace and name of a workload in a plan that stands for them."""
    pods: tuple[Hidden, ...] = ()
    """The pods as far as they can be read. Without any, they are for exclusive nodes."""

    @property
    def file(self) -> str:
        """The file that describes them, a normalized path."""
        return os.path.normpath(self.origin.document.file)

    part: str = ""
    """What is partly unknown: it is listed with the reason also if the pods do not ask for exclusive nodes."""
    is_part: bool = True
    """Whether something else may add to the pods, such as what a patch is applied to."""


class Patched(NamedTuple):
    """The objects whose pods the patches of a kustomization may place elsewhere."""

    files: Collection[str]
    names: Collection[str]
    """An empty name is any."""
    kustomization: Object
    why: str

    def may_place(self, workload: Workload) -> bool:
        """Return whether it may place the pods of a workload."""
        return workload.part.file in self.files and ("" in self.names or workload.object.name in self.names)


_Item = TypeVar("_Item")
_Key: TypeAlias = "tuple[int, Path, tuple[str, str, str]]"
"""The place of a quiet workload in its file, and its identity."""


class Steering(NamedTuple):
    """The pool and PodNetworking of a workload, within one plan."""

    pool: str | None
    """None if unknown."""
    networking: str | None
    open: tuple[Undecidable, ...] = ()
    missing: str | None = None
    """The pool that the workload names, if it does not exist."""


class Alike(NamedTuple):
    """Pools whose nodes have the same taints and known labels."""

    nodes: NodeLabels
    pools: tuple[NodePool, ...]


class Pools(NamedTuple):
    """The pools of a plan, grouped: the scheduler treats nodes of the same group alike."""

    cluster: Cluster
    alike: tuple[Alike, ...]

    def without(self, name: str) -> Pools:
        """Return all pools except one."""
        kept = (each._replace(pools=tuple(pool for pool in each.pools if pool.name != name)) for each in self.alike)
        return self._replace(alike=tuple(each for each in kept if each.pools))


def pools_of(plan: Plan, catalog: Catalog) -> Pools:
    """Return the pools of a plan."""
    zones = plan.cluster.zones
    found: dict[Any, tuple[NodeLabels, list[NodePool]]] = {}
    for pool in plan.node_pools:
        kinds = pool.instance_types or (), pool.instance_families or ()
        known, lack_gpus = catalog.architectures(*kinds), catalog.lack_gpus(*kinds)
        nodes = pool.node_labels(plan.cluster.region, zones, known, lack_gpus=lack_gpus)
        key = frozenset(nodes.labels.items()), frozenset(nodes.among.items()), lack_gpus, pool.node_taints, pool.kind
        found.setdefault(key, (nodes, []))[1].append(pool)
    return Pools(plan.cluster, tuple(Alike(nodes, tuple(pools)) for nodes, pools in found.values()))


def _holder(item: Object) -> Holder | None:
    """Return the description of an object with pods, also of a version that Kubernetes does not know any more."""
    given = item.value["apiVersion"]
    found = holder(known_version(given, item.kind), item.kind)
    # The first group of some kinds made a selector where there was none.
    return found if found is None or found.group == given.rpartition("/")[0] else found._replace(selects=False)


def _located(item: Unread, asking: list[Hidden], plans: list[Pools]) -> Unread:
    """Return pods at the place of those that ask for exclusive nodes, first of those that no pool lets in."""
    for each in asking:
        pod = each.workload.pod
        fitting = [alike for pools in plans for alike in pools.alike if pod.placement.allows(alike.nodes) is not False]
        away = [repelling(alike.pools[0].node_taints, pod.tolerations) for alike in fitting]
        if each.is_whole and not item.is_part and away and all(away):
            why = say("{why}; this pod template does not tolerate {taint} of pool {pool!r}", why=item.why,
                      taint=str(away[0][0]), pool=fitting[0].pools[0].name)  # fmt: skip
            return item._replace(origin=each.workload.part.origins[()], why=why)
    return item._replace(origin=asking[0].workload.part.origins[()]) if asking else item


def _as_created(item: Object) -> tuple[Object, str | None]:
    """Return a pod that exists without the annotations of Terway's webhook, and the PodNetworking that it chose."""
    notes = item.at("metadata", "annotations")
    chosen = mapping(notes).get(NETWORKING)
    if item.kind != "Pod" or not item.at("metadata", "uid") or not isinstance(chosen, str):
        return item, None
    kept = {key: note for key, note in notes.items() if key not in {NETWORKS, NETWORKING, POD_ENI}}
    return item._replace(value={**item.value, "metadata": {**item.value["metadata"], "annotations": kept}}), chosen


def is_judged(item: Object) -> bool:
    """Return whether eniplan judges objects of a kind."""
    known = (item.value["apiVersion"], item.kind) in _OTHERS or item.kind in autoscalers.KINDS
    return known or _holder(item) is not None


def _may_be(value: Any, other: Any) -> bool:  # noqa: ANN401 - values of objects
    """Return whether a value that is partly unknown may be the same as a known one."""
    if isinstance(value, NotKnown) or value == other:
        return True
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(_may_be(item, other[key]) for key, item in value.items())
    if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
        return all(map(_may_be, value, other))
    return False


def _once(
    items: list[_Item], said: Sequence[tuple[Part, tuple[str, ...], Any]]
) -> tuple[list[_Item], list[tuple[str, Message]]]:
    """Return items without copies of items of another file, and the titles of the copies with the reason.

    Args:
        items: the items. The first file in alphabetical order keeps an item; one that is partly unknown is a copy.
        said: the part, the name and the value of each.

    """
    files: dict[tuple[str, ...], set[str]] = {}
    for part, name, _ in said:
        files.setdefault(name, set()).add(part.file)
    first: dict[tuple[str, ...], str] = {}
    known: dict[tuple[str, ...], list[tuple[str, Any]]] = {}
    copies: dict[int, tuple[str, Message]] = {}
    several = [(i, *each) for i, each in enumerate(said) if len(files[each[1]]) > 1]
    # A Terraform plan beside its configuration knows what the configuration does not.
    several.sort(key=lambda each: (unknown_in(each[3]) is not None, each[1].file))
    for i, part, name, value in several:
        key = (*name, json.dumps(value, sort_keys=True, default=repr))
        same = first.setdefault(key, part.file)
        if same == part.file and unknown_in(value) is not None:
            same = next((file for file, other in known.get(name, ()) if _may_be(value, other)), same)
        if same != part.file:
            copies[i] = part.full_title, say("the same object is in {file}", file=same)
        elif unknown_in(value) is None:
            known.setdefault(name, []).append((part.file, value))
    return [item for i, item in enumerate(items) if i not in copies], list(copies.values())


class Manifests:
    """All manifests of one run."""

    def __init__(self) -> None:
        """Start with none."""
        self.networkings: list[Part] = []
        self.workloads: list[Workload] = []
        self.quiet: list[Quiet] = []
        self._first_quiet: Origin | None = None
        self.unread: list[Unread] = []
        self.patched: list[Patched] = []
        self.visitors: list[Workload] = []
        """Pods in `unread` that can land on exclusive nodes, and do not ask for them."""
        self.problems: list[Problem] = []
        self._policies = Policies()
        self._namespaces: dict[str, dict[str, str]] = {}
        self._scalings: dict[tuple[str, str], list[tuple[Object, Scaling]]] = {}
        """Autoscalers by the kind and name of their targets."""
        self._indexed: list[Workload] | None = None
        self._named: dict[tuple[str, str], set[str]] = {}
        """The namespaces of the workloads in `_indexed`, by their kind and name."""

    def __bool__(self) -> bool:
        """Whether there is anything to check."""
        return bool(self.networkings or self.workloads or self.quiet or self.unread)

    def add(self, item: Object) -> str:
        """Add an object. Return why it is skipped; empty if it is not."""
        kind = item.kind
        known = (item.value["apiVersion"], kind) in _OTHERS
        if not known and _holder(item) is None:
            return "" if self._scales(item) or self._is_misnamed(item) else self._stranger(item)
        if not item.name:
            return say("it has no name")
        if not known:
            return self._pods(item)
        if kind == "PodNetworking":
            self.problems += _unknown_fields(item)
            self.networkings.append(_networking(item))
        elif kind == "Namespace":
            # Its labels are read as those of a pod.
            read = read_pod({"metadata": {"labels": item.at("metadata", "labels")}})
            self.problems += (Problem(f.message, item.origin(*f.path).place(), f.hint) for f in read.misread)
            self._namespaces[item.name] = dict(read.labels)
        else:
            self._policy(item)
        return ""

    def leave_open(self, item: Object, why: str) -> bool:
        """Keep an object for exclusive nodes that is partly unknown. Return whether it has pods."""
        has_pods = _holder(item) is not None or bool(hidden_pods(item))
        self.unread += [Unread(item.title, item.origin(), why, (item.namespace, item.name))] if has_pods else []
        return has_pods

    def leave_unread(self, item: Object, why: str, part: str = "") -> bool:
        """Keep an object whose pods cannot be judged, if it may have any. Return whether it may."""
        pods = hidden_pods(item)
        self.unread += [Unread(item.title, item.origin(), why, (item.namespace, item.name), pods, part)] if pods else []
        return bool(pods)

    def forget(self, files: Collection[str]) -> None:
        """Forget whole files in `unread`."""
        self.unread = [item for item in self.unread if os.path.normpath(item.identity[1]) not in files]

    def leave_chart(self, title: str, origin: Origin, why: str) -> None:
        """Keep what is rendered elsewhere and names exclusive nodes."""
        self.unread.append(Unread(title, origin, why, ("", "")))

    def _is_misnamed(self, item: Object) -> bool:
        """Report a PodNetworking of Terway with a version that does not exist. Other clouds have this kind, too."""
        right, _ = _POD_NETWORKING
        group = right.rpartition("/")[0]
        given = item.value["apiVersion"]
        if item.kind != "PodNetworking" or given.rpartition("/")[0] != group:
            return False
        wrong = say("Terway's PodNetworking has no version {version!r}", version=given.rpartition("/")[2])
        hint = say("write {apiVersion}", apiVersion=right)
        self.problems.append(Problem(wrong, item.origin("apiVersion").place(), hint))
        return True

    def _scales(self, item: Object) -> bool:
        """Keep an object that scales a workload; return whether it is one."""
        found = autoscalers.scaling(item.value)
        if found is None:
            return False
        self._scalings.setdefault((found.kind, found.name), []).append((item, found))
        return True

    def _policy(self, item: Object) -> None:
        selector = item.known("spec", "podSelector")
        is_unknown = unknown_in(selector) is not None
        if selector is None or is_unknown or _fits_selector(selector):
            found = None if is_unknown else selector_from((), selector) or Selector((), ())
            namespace = item.namespace if item.states_namespace else ""
            self._policies.add(item.name, namespace, found, item.origin("spec", "podSelector"))
        else:
            place = item.origin("spec", "podSelector").place()
            self.problems.append(
                Problem(say("podSelector is not a label selector"), place, say("write matchLabels: {{…}}"))
            )

    def _pods(self, item: Object) -> str:
        item, chosen = _as_created(item)
        found = _holder(item)
        assert found is not None  # noqa: S101 - checked in `add`
        parts = [
            _workload_part(item, found, template)
            for template in templates(found, item.value)
            if isinstance(item.at(*template.path, "spec"), dict)
        ]
        if not parts or (found.selects and item.at("spec", "selector") is None):
            is_kept = self._scales(item) or self.leave_unread(item, _PART)
            return "" if is_kept else say("it is only a part (a patch?)")
        self._scales(item)  # some kinds scale their own pods
        for part in parts:
            order = len(self.workloads) + len(self.quiet)
            self._take(Workload(item, part, read_pod(part.value["template"]), order, chosen))
        return ""

    def _take(self, workload: Workload) -> None:
        """Keep a workload; for a quiet one, only its place and labels."""
        item = workload.object
        if item.number is None or not workload.is_quiet:
            self.workloads.append(workload)
            return
        self._first_quiet = self._first_quiet or workload.part.origins[()]
        where = item.document.file, item.number, item.path
        about = item.namespace, workload.pod.labels, workload.identities
        self.quiet.append(Quiet(*where, workload.part.title, *about, workload.order))

    def wake(self, networkings: Iterable[PodNetworking], identities: Collection[tuple[str, ...]]) -> Iterator[Problem]:
        """Read the quiet workloads again that a PodNetworking may select, or a plan names. Yield read errors."""
        chooser = self.chooser(networkings)
        asleep: list[Quiet] = []
        woken: dict[str, dict[_Key, int]] = {}
        for quiet in self.quiet:
            is_planned = any(each in identities for each in quiet.identities)
            if is_planned or chooser.may_choose(quiet.labels, quiet.namespace):
                woken.setdefault(quiet.file, {})[quiet.number, quiet.path, quiet.identities[0]] = quiet.order
            else:
                asleep.append(quiet)
        self.quiet = asleep
        for file, orders in woken.items():
            try:
                self.workloads += _again(file, orders)
            except OSError as error:
                yield unreadable_file(file, error)
            except InputError as error:
                yield from error.problems
        self.workloads.sort(key=lambda workload: workload.order)
        self._leave_patched()

    def drop_copied_networkings(self) -> list[tuple[str, Message]]:
        """Leave out copies of PodNetworkings; see `drop_copies`."""
        said = [(part, (part.value["name"],), part.value) for part in self.networkings]
        self.networkings, told = _once(self.networkings, said)
        return told

    def drop_copies(self) -> list[tuple[str, Message]]:
        """Leave out workloads that another file has, too; return them with the reason.

        Terraform may apply a manifest that lies in a folder of the run. Applying both changes nothing.
        """
        said = [(w.part, w.identity, w.object.value) for w in self.workloads]
        self.workloads, told = _once(self.workloads, said)
        return told

    def drop_idle(self, planned: Iterable[Identity]) -> Iterator[tuple[str, Message]]:
        """Leave out workloads that ask for no pods of their own; yield them with the reason.

        `kubectl get all` shows a Deployment, its ReplicaSets and its pods: they are the same pods three times. A pod
        or a Job that has ended keeps no ENI.
        """
        there = {Identity(w.object.kind, w.object.namespace, w.object.name) for w in self.workloads}
        there |= {Identity(*quiet.identities[-1]) for quiet in self.quiet} | {*planned}
        there |= {each._replace(kind=BEHIND[each.kind]) for each in there if each.kind in BEHIND}
        kept = []
        for workload in self.workloads:
            why = self._idle(workload.object, there)
            if why is None:
                kept.append(workload)
            else:
                yield workload.part.full_title, why
        self.workloads = kept

    @staticmethod
    def _idle(item: Object, there: Collection[Identity]) -> Message | None:
        if has_ended(item.value):
            return say("it has ended")
        for owner in standing_behind(controller_of(mapping(item.at("metadata")))):
            kind, _, name = owner.partition(" ")
            if Identity(kind, item.namespace, name) in there:
                return say("{maker} makes it", maker=owner)
        return None

    def _stranger(self, item: Object) -> str:
        """Keep an object of an unsupported kind, if it may have pods. Return why it is skipped."""
        if item.kind == "CustomResourceDefinition":  # describes objects with pods
            return NOTHING
        why = say("eniplan does not support {kind} of {apiVersion}: add its pods to a plan, as a workload of its name "
                  "and namespace", kind=item.kind, apiVersion=item.value["apiVersion"])  # fmt: skip
        is_kept = self.leave_unread(item, why)
        self.unread += [self.unread.pop()._replace(is_part=False)] if is_kept else []
        return "" if is_kept else NOTHING

    def settle(
        self, plans: Collection[tuple[Pools, Chooser]], planned: Collection[tuple[str, str]]
    ) -> Iterator[tuple[str, str, bool]]:
        """Keep the pods in `unread` that ask for exclusive nodes, and are not in a plan.

        Args:
            plans: the pools of each plan, and what chooses among the PodNetworkings that are known there.
            planned: the namespaces and names of the workloads of the plans.

        Yields:
            The titles of the others, why they are not judged if that is not because they ask for nothing, and whether a
            plan has their pods.

        """
        kept = []
        for item in self.unread:
            asking = [each for each in item.pods if any(each.asks(*plan) for plan in plans)]
            is_planned = item.identity in planned
            if (asking or not item.pods) and not is_planned:
                kept.append(_located(item, asking, [pools for pools, _ in plans]))
                continue
            pods = [each.workload for each in item.pods]
            visiting = [pod for pod in pods if any(any(self.guests(pod, pools)) for pools, _ in plans)]
            if visiting and not is_planned:
                self.visitors.append(visiting[0])
            if item.part or is_planned or not visiting:
                yield (
                    item.part or f"{item.origin.document.file}: {item.title}",
                    item.why if item.part else "",
                    is_planned,
                )
        # Several patches of a kustomization are told once; objects of one title in several files are not one.
        told = {(x.title, "" if x.title.startswith(KUSTOMIZATION) else x.origin.document.file): x for x in kept[::-1]}
        self.unread = [*told.values()][::-1]

    def leave_out(self, patches: Mapping[str, str]) -> Iterator[tuple[str, Message]]:
        """Do not judge the objects in patches; yield the titles of those that have no pods, with the reason.

        Args:
            patches: the folders of the kustomizations, by the files of their patches.

        """

        def why(file: str) -> Message:
            return say("a patch: check what it is applied to: kubectl kustomize {folder}", folder=patches[file])

        for part in self.networkings:
            if part.file in patches:
                yield part.full_title, why(part.file)
        for quiet in self.quiet:
            if os.path.normpath(quiet.file) in patches:
                yield f"{quiet.file}: {quiet.title}", why(os.path.normpath(quiet.file))
        self.quiet = [quiet for quiet in self.quiet if os.path.normpath(quiet.file) not in patches]
        self.networkings = [part for part in self.networkings if part.file not in patches]
        left = [workload for workload in self.workloads if workload.part.file in patches]
        self.workloads = [workload for workload in self.workloads if workload.part.file not in patches]
        self.unread += (_as_unread(workload, workload.object.title, "") for workload in left)
        self.unread = [_of_kustomization(item, patches, why) for item in self.unread]

    def in_files(self) -> dict[str, list[str]]:
        """Return the names of the objects in `unread` with pods, by file. A JSON patch names none."""
        found: dict[str, list[str]] = {}
        for item in self.unread:
            is_object = item.pods and item.pods[0].workload.object.kind != FILE
            found.setdefault(item.file, []).append(item.identity[1] if is_object else "")
        return found

    def _leave_patched(self) -> None:
        """Do not judge the workloads that patches may place elsewhere."""
        for by in self.patched:
            left = [workload for workload in self.workloads if by.may_place(workload)]
            self.workloads = [workload for workload in self.workloads if not by.may_place(workload)]
            self.unread += (_as_unread(workload, by.kustomization.title, by.why) for workload in left)

    def first(self) -> Origin:
        """Return the place of the first object."""
        parts = [*self.networkings, *(workload.part for workload in self.workloads)]
        if parts:
            return parts[0].origins[()]
        return self.unread[0].origin if self._first_quiet is None else self._first_quiet

    def policies(self, workload: Workload) -> dict[str, Origin] | NotKnown:
        """Return the NetworkPolicies that select the pods of a workload, by name; the reason, if that is unknown."""
        item = workload.object
        return self._policies.selecting(workload.pod.labels, item.namespace if item.states_namespace else "")

    def scaled(self, workload: Workload) -> Part:
        """Return what a plan says of a workload, with how far autoscalers scale it."""
        part, item = workload.part, workload.object
        # The scale of a job with roles is that of its workers. Source: the CRDs of Kubeflow.
        whole = part.value["name"] if len(workload.identities) == 1 else item.name
        is_scaled = part.value["name"] in {whole, called(whole, _WORKER)}
        direct = self._scaling(item, whole) if is_scaled else []
        # A CronHorizontalPodAutoscaler may target another autoscaler, and moves its limits.
        moving = [self._scaling(item, item.name) for item, _ in direct or ()]
        found = [each for several in (direct, *moving) for each in several or ()]
        if direct is None or None in moving:
            why = say("which autoscaler is for it: state the namespace of both")
            return part._replace(value={**part.value, "maxReplicas": NotKnown(why)})
        if not found:
            return part
        item, most = max(found, key=lambda each: each[1].most if type(each[1].most) is int else sys.maxsize)
        value = {**part.value, "maxReplicas": most.most}
        least = max(each.least for _, each in found)
        if least > 0 and type(value.get("replicas", 1)) is int:
            value["replicas"] = max(value.get("replicas", 1), least)
        return Part(value, {**part.origins, ("maxReplicas",): item.origin(*most.path)})

    def _scaling(self, item: Object, name: str) -> list[tuple[Object, Scaling]] | None:
        """Return what scales an object; None if that depends on namespaces that manifests leave to whoever applies."""
        every = self._scalings.get((item.kind, name), [])
        same = [each for each in every if each[0].namespace == item.namespace]
        if same or not every:
            return same
        targets = self._targets(item.kind, name)
        loose = [
            each
            for each in every
            if (each[0].is_placed_later or item.is_placed_later) and each[0].namespace not in targets
        ]
        return loose if len(loose) < 2 and len(targets) < 2 else None if loose else []  # noqa: PLR2004 - one of each

    def _targets(self, kind: str, name: str) -> Collection[str]:
        """Return the namespaces of the workloads of a kind and name."""
        if self._indexed is not self.workloads:  # they are complete now: read them once, not for each autoscaler
            self._indexed, self._named = self.workloads, {}
            for workload in self.workloads:
                for own, namespace, known in workload.identities:
                    self._named.setdefault((own, known), set()).add(namespace)
        return self._named.get((kind, name), set())

    def adopt(self, planned: Collection[Identity]) -> None:
        """Give workloads without a namespace that of the only workload of a plan with their kind and name."""
        own = {each for workload in self.workloads for each in workload.identities}
        there: dict[tuple[str, str], set[str]] = {}
        for kind, namespace, name in planned:
            there.setdefault((kind, name), set()).add(namespace)
        for i, workload in enumerate(self.workloads):
            for kind, _, name in () if workload.object.states_namespace else workload.identities:
                namespaces = there.get((kind, name), set())
                if len(namespaces) == 1 and (kind, *namespaces, name) not in own:
                    self.workloads[i] = workload.within(*namespaces)
                    break

    def chooser(self, networkings: Iterable[PodNetworking]) -> Chooser:
        """Return what chooses among PodNetworkings, given the namespaces of these manifests."""
        return Chooser(networkings, self._namespaces, self.lost_selectors())

    def lost_selectors(self) -> set[str]:
        """Return the names of the PodNetworkings whose selectors are unknown, or a part of them."""
        keys = ("podSelector", "namespaceSelector")
        parts = (part.value for part in self.networkings)
        return {value["name"] for value in parts if any(isinstance(value.get(key), NotKnown) for key in keys)}

    def guests(self, workload: Workload, pools: Pools) -> Iterator[Guest]:
        """Yield the pools that can run a workload that does not select them.

        A DaemonSet runs on all nodes that it tolerates. Other workloads count only if they tolerate a taint of the
        pool, which suggests that they are meant to run there.
        """
        pod, value = workload.pod, self.scaled(workload).value
        enis = pod.request(ENI)
        is_passed_by = pod.host_network or pod.is_ignored
        if is_passed_by:
            if not enis:  # Terway gives them none, and they reserve none
                return
        else:
            enis = max(enis, 1)
        numbers = (value.get("replicas", 1), value.get("maxReplicas", 0))
        # A number that is not known may be larger than any pool.
        most = max(number if type(number) is int else sys.maxsize for number in numbers)
        replicas = None if value["kind"] in PER_NODE else most
        title = workload.part.title
        for alike in pools.alike:
            taints = alike.pools[0].node_taints
            is_meant = replicas is None or any(taint.repels for taint in taints)
            fits = is_meant and not repelling(taints, pod.tolerations)
            if fits and pod.placement.allows(alike.nodes) is not False:
                for pool in alike.pools:
                    yield Guest(title, pool.name, enis, replicas, pod.placement, is_passed_by)

    def namespace_labels(self, workload: Workload) -> dict[str, str]:
        """Return the known labels of a workload's namespace."""
        return self._namespaces.get(workload.object.namespace, {})


def _as_unread(workload: Workload, title: str, why: str) -> Unread:
    item = workload.object
    pods = (Hidden(workload, is_whole=True),)
    return Unread(title, workload.part.origins[()], why, (item.namespace, item.name), pods)


def _of_kustomization(item: Unread, patches: Mapping[str, str], why: Callable[[str], Message]) -> Unread:
    """Return pods with the name of the kustomization that patches them."""
    if item.file not in patches:
        return item
    title = f"{KUSTOMIZATION} {patches[item.file]!r}"
    return item._replace(title=title, why=why(item.file), identity=("", title))


def hidden_pods(item: Object) -> tuple[Hidden, ...]:
    """Return the pods that an object of any kind may have, except those that nothing could lead to exclusive nodes."""
    value = {"name": item.name, "kind": item.kind, "replicas": None}  # not known
    found = (
        Hidden(Workload(item, Part(value, {(): item.origin(*path)}), _at_most(blanked(template))), is_whole)
        for path, template, is_whole in _hidden(item)
    )
    return tuple(each for each in found if each.is_whole or each.workload.pod.labels or not each.workload.is_quiet)


def _at_most(template: dict[str, Any]) -> Pod:
    """Read a pod template for the most that unknown parts of it may mean: wherever its pods might run."""
    pod, spec = read_pod(template), mapping(template.get("spec"))
    asked = pod.placement.selector
    if any(isinstance(spec.get(key), NotKnown) for key in ("nodeSelector", "affinity")):
        asked = (*asked, _ANY)
    terms = pod.placement.terms
    wide = None if terms is None else tuple(t._replace(expressions=tuple(map(_wide, t.expressions))) for t in terms)
    every = isinstance(spec.get("tolerations"), NotKnown)
    return pod._replace(
        labels={k: STAND_IN + v if isinstance(v, NotKnown) else v for k, v in pod.labels.items()},
        tolerations=(*map(_widely, pod.tolerations), *((Toleration(operator="Exists"),) if every else ())),
        placement=Placement(tuple(map(_wide, asked)), wide),
    )


_ANY = Requirement((), EXCLUSIVE_LABEL, "Exists")


def _wide(asked: Requirement) -> Requirement:
    """Return a requirement that nodes meet if they may meet this one. NotIn an unknown value needs no change."""
    if isinstance(asked.key, NotKnown) or isinstance(asked.operator, NotKnown):
        return _ANY
    is_open = asked.operator == "In" and any(isinstance(value, NotKnown) for value in asked.values)
    return asked._replace(operator="Exists", values=()) if is_open else asked


def _widely(given: Toleration) -> Toleration:
    """Return a toleration of all that this one may tolerate."""
    parts = given._asdict()
    unknown = {key for key, part in parts.items() if isinstance(part, NotKnown)}
    kept = {key: part for key, part in parts.items() if key not in unknown}
    return Toleration(**kept | {"operator": "Exists", "value": ""}) if unknown - {"effect"} else Toleration(**kept)


def _hidden(item: Object) -> Iterator[tuple[Path, dict[str, Any], bool]]:
    """Yield the pods of an object of an unsupported kind, and whether they have a template, also those in its texts."""
    if item.kind in PASSING_ON:
        yield (), {"metadata": item.at("metadata")}, True
    own = without_anchors(item.value) if item.value["apiVersion"].startswith("kyverno.io/") else item.value
    for at, value in ((), own), *_texts(item):
        yield from ((at or path, template, True) for path, template in hidden_templates(value))
        yield from ((at or path, template, False) for path, template in hidden_specs(value))


def _texts(item: Object) -> Iterator[tuple[Path, object]]:
    """Yield what is written in texts that name exclusive nodes: values of a chart, a patch, a template."""
    todo: list[tuple[Path, object]] = [((key,), value) for key, value in item.value.items() if key != "metadata"]
    while todo:
        at, value = todo.pop()
        if isinstance(value, dict):
            todo += [((*at, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            todo += [((*at, i), inner) for i, inner in enumerate(value)]
        elif isinstance(value, str) and any(mark in value for mark in MARKS):
            with suppress(InputError):  # else it is a program, or a template
                # Below a key, as the text is in its object.
                every = read_documents(item.document.file, value.encode())
                yield from ((at, {"": patched(found.value)}) for found in every)


def steer(workload: Workload, pools: Pools, chooser: Chooser) -> Steering | None:
    """Return the pool and PodNetworking of a workload; None if it does not ask for exclusive nodes.

    Args:
        workload: a workload.
        pools: the pools of a plan, and their cluster.
        chooser: chooses among the known PodNetworkings.

    """
    item, pod = workload.object, workload.pod
    notes = item.texts("metadata", "annotations")
    chosen = chooser.chosen(workload.chosen, pools.cluster)
    found = chosen or chooser.choose(pod, item.kind, item.namespace, notes.get(NETWORKING_ANNOTATION), pools.cluster)
    named = notes.get(POOL_ANNOTATION)
    if named is not None:
        return Steering(named, found.name, found.open)
    open_to = [alike for alike in pools.alike if pod.placement.allows(alike.nodes) is not False]
    takes_eni = found.leads or _takes(pod) or (found.is_barred and _is_meant(workload, open_to))
    if not takes_eni and not _is_led(pod, [alike.pools[0] for alike in open_to]):
        return None
    able = sorted((pool for alike in open_to for pool in alike.pools), key=lambda pool: pool.name)
    if pod.placement.allows(EXCLUSIVE_NODE) is False:
        # WL007 reports the pods that no exclusive node can run.
        return Steering(None, found.name) if takes_eni or _is_misled(pod) else None
    # Lingjun nodes support neither PodNetworkings nor ENI requests.
    if takes_eni:
        able = [pool for pool in able if not pool.is_lingjun] or able
    tolerated = [pool for pool in able if not repelling(pool.node_taints, pod.tolerations)]
    if not (tolerated or found.is_sure or _takes(pod) or _is_led(pod, able)):
        # Pods that no PodNetworking selects are not for these nodes, and then need no toleration.
        return Steering(None, found.name, (*found.open, Undecidable("nodePool", found.open[0].why)))
    fitting = tolerated or able[:1]
    if len(fitting) == 1 or (fitting and workload.object.kind in PER_NODE):  # a DaemonSet runs on all of them
        return Steering(fitting[0].name, found.name, found.open)
    why = _several([pool.name for pool in fitting]) if able else _no_pool(pod, pools)
    return Steering(None, found.name, (*found.open, why))


def _is_meant(workload: Workload, pools: Iterable[Alike]) -> bool:
    """Return whether pods tolerate the taints of a pool, which suggests that they are meant to run there."""
    found = [alike.pools[0].node_taints for alike in pools]
    fits = any(repelling(taints, ()) and not repelling(taints, workload.pod.tolerations) for taints in found)
    return fits and workload.object.kind not in PER_NODE


def _again(file: str, orders: Mapping[_Key, int]) -> Iterator[Workload]:
    """Yield some workloads of a file by reading it again."""
    data = read(file)
    found = read_list(file, data)
    every: Iterator[Object] = (
        objects_of(found, 0)
        if found is not None
        else (item for i, document in enumerate(read_documents(file, data)) for item in objects(document, i))
    )
    wanted = {(number, path) for number, path, _ in orders}
    for item in every:
        if (item.number, item.path) in wanted:
            again = Manifests()
            again.add(item._replace(number=None))
            for workload in again.workloads:
                order = orders.get((item.number or 0, item.path, workload.identity))
                if order is not None:
                    yield workload._replace(order=order)


def _several(pools: list[str]) -> Undecidable:
    why = say("it matches {pools}: choose one with the annotation {annotation}: POOL", pools=tuple(pools),
              annotation=POOL_ANNOTATION)  # fmt: skip
    return Undecidable("nodePool", why)


def _no_pool(pod: Pod, pools: Pools) -> Undecidable:
    """Return why no pool can run pods, and what they ask for that the nodes of none have, if that is one thing."""
    asked = [str(r) for r in pod.placement.requirements() if all(each.nodes.meets(r) is False for each in pools.alike)]
    if not pools.alike:
        why = say("pass the node pools together with the manifests")
    elif asked:
        why = say("no node pool that was passed has nodes with {requirements}; correct it, or pass the pool that has",
                  requirements=tuple(asked))  # fmt: skip
    else:
        why = say("its node selector and node affinity match no node pool that was passed; pass the pool that they do")
    return Undecidable("nodePool", why)


_NETWORKING: dict[str, Path] = {
    "podSelector": ("spec", "selector", "podSelector"),
    "namespaceSelector": ("spec", "selector", "namespaceSelector"),
    "vSwitchIds": ("spec", "vSwitchOptions"),
    "securityGroupIds": ("spec", "securityGroupIDs"),
    "vSwitchSelectionPolicy": ("spec", "vSwitchSelectOptions", "vSwitchSelectionPolicy"),
    "eniType": ("spec", "eniOptions", "eniType"),
    "allocation": ("spec", "allocationType"),
    "name": ("metadata", "name"),
}
"""The path in a PodNetworking for each key of the plan."""


_SPEC = [tuple(map(str, path[1:])) for path in _NETWORKING.values() if path[0] == "spec"]
_WORDS = {step: ".".join(field[: i + 1]) for field in _SPEC for i, step in enumerate(field)} | {
    key: ".".join(map(str, path[1:])) for key, path in _NETWORKING.items() if path[0] == "spec"
}
"""Names that users may write for a field of the spec, from the CRD or a plan, and the correct path."""


def _unknown_fields(item: Object) -> Iterator[Problem]:
    """Yield the unknown fields of a PodNetworking's spec, which Kubernetes drops silently."""
    for outer in dict.fromkeys(field[:i] for field in _SPEC for i in range(len(field))):
        known = {field[len(outer)] for field in _SPEC if field[: len(outer)] == outer and len(field) > len(outer)}
        found = item.at("spec", *outer)
        for key in found if isinstance(found, dict) else ():
            if key not in known:
                meant = nearest(key, _WORDS)
                hint = say("known here: {known}", known=tuple(sorted(known)))
                if meant is not None:
                    hint = say("did you mean {meant!r}?", meant=_WORDS[meant])
                message = say("the spec of PodNetworking {name!r} has no field {field!r}", name=item.name, field=key)
                yield Problem(message, item.origin("spec", *outer, key).place(key=True), hint)


def _networking(item: Object) -> Part:
    """Translate a PodNetworking. Without eniOptions its eniType is Default, as in the CRD."""
    paths = dict(_NETWORKING)
    given = {key: found for key, path in paths.items() if (found := item.known(*path)) is not None}
    value = {key: found if (lost := unknown_in(found)) is None else lost for key, found in given.items()}
    value = {**value, "name": item.name, "eniType": value.get("eniType", "Default")}
    pool = item.texts("metadata", "annotations").get(POOL_ANNOTATION)
    if pool is not None:
        value["nodePools"] = [pool]
        paths["nodePools"] = ("metadata", "annotations")
    return Part(value, {(): item.origin(), **{(key,): item.origin(*path) for key, path in paths.items()}})


def _workload_part(item: Object, found: Holder, template: Template) -> Part:
    prefix = None if item.at("metadata", "name") else item.at("metadata", "generateName")
    value: dict[str, Any] = {
        "name": called(item.name, template.role) if template.role else prefix or item.name,
        "namespace": item.namespace,
        "kind": item.kind,
        "template": item.at(*template.path),
    }
    if prefix:
        value["generateName"] = True
    number, at = None if template.replicas is None else item.at(*template.replicas), template.replicas
    cap = None if template.cap is None else item.at(*template.cap)
    if type(cap) is int and type(number) is int and cap < number:
        number, at = cap, template.cap
    if number is not None:
        value["replicas"] = number
    value["apiVersion"] = item.value["apiVersion"]
    selector = item.at("spec", "selector") if found.selects else None
    if selector is not None and not _is_open(selector, item.at(*template.path, "metadata", "labels")):
        value["selector"] = selector
    strategy = None if found.strategy is None else item.at(*found.strategy)
    if isinstance(strategy, dict):
        value["strategy"] = strategy
    origins: dict[Path, Origin] = {
        (): item.origin(),
        ("name",): item.origin("metadata", "generateName" if prefix else "name"),
        ("namespace",): item.origin("metadata", "namespace"),
        ("kind",): item.origin("kind"),
        ("replicas",): item.origin(*(at or ())),
        ("template",): item.origin(*template.path),
        ("apiVersion",): item.origin("apiVersion"),
        ("selector",): item.origin("spec", "selector"),
        ("strategy",): item.origin(*(found.strategy or ())),
        ("nodePool",): item.origin("metadata"),
        ("podNetworking",): item.origin(*template.path, "metadata", "labels"),
        ("namespaceLabels",): item.origin("metadata", "namespace"),
    }
    return Part(value, origins)


def _is_open(*values: object) -> bool:
    """Return whether a text in values is unknown."""
    todo = list(values)
    while todo:
        item = todo.pop()
        if isinstance(item, str) and (isinstance(item, NotKnown) or item.startswith(STAND_IN)):
            return True
        todo += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return False


def _takes(pod: Pod) -> bool:
    """Return whether pods request ENIs, also in a way that Kubernetes refuses."""
    return pod.request(ENI) > 0 or pod.is_misread


def _is_led(pod: Pod, able: list[NodePool]) -> bool:
    """Return whether pods select the exclusive label or a pool's own label."""
    return pod.placement.keeps_to({EXCLUSIVE_LABEL}.union(*(pool.labels or {} for pool in able)))


def _is_misled(pod: Pod) -> bool:
    """Return whether pods select the exclusive label with a value that no exclusive node has."""
    asked = [r for r in pod.placement.requirements() if r.key == EXCLUSIVE_LABEL and r.operator == "In"]
    return any(value != _NO_MODE for r in asked for value in r.values)
