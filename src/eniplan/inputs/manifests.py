"""Kubernetes manifests in the words of a plan: PodNetworkings, workloads, and the NetworkPolicies that select them.

A workload names no node pool. It belongs to the pools that its pods can land on: those whose labels meet its node
selector and its required node affinity, if anything of it asks for exclusive nodes at all. Where that leaves several
pools, or depends on labels that nobody has given, it is left open.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.emit.patch import NETWORKING_ANNOTATION, POOL_ANNOTATION
from eniplan.emit.skeletons import SHAPES
from eniplan.errors import Problem
from eniplan.inputs.places import Origin
from eniplan.k8s.labels import meets, selector_from, selects
from eniplan.k8s.nodes import NodeLabels, repelling
from eniplan.k8s.pods import read_pod
from eniplan.k8s.terway import ENI
from eniplan.plan.document import value_at
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.plan.schema import SELECTOR, compile_schema

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from eniplan.k8s.labels import Selector
    from eniplan.k8s.pods import Pod
    from eniplan.plan.document import Document, Path
    from eniplan.plan.model import NodePool, PodNetworking

NETWORK_POLICY = ("networking.k8s.io/v1", "NetworkPolicy")
_POD_NETWORKING = (SHAPES["PodNetworking"].api_version, "PodNetworking")
_WORKLOADS = {(shape.api_version, kind): shape for kind, shape in SHAPES.items() if shape.template is not None}
KINDS = frozenset((_POD_NETWORKING, NETWORK_POLICY, ("v1", "Namespace"), *_WORKLOADS))
"""The apiVersion and kind of all objects that are read: others use the same words for kinds of another form."""
_NAME_OF_NAMESPACE = "kubernetes.io/metadata.name"
"""A label that Kubernetes gives to every namespace."""
_fits_selector = compile_schema(SELECTOR)


class Object(NamedTuple):
    """One object of Kubernetes, and where it stands."""

    document: Document
    path: Path
    value: dict[str, Any]

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.value["kind"])

    @property
    def name(self) -> str:
        """Its name, or how its name begins; empty when it has none."""
        return str(self.at("metadata", "name") or self.at("metadata", "generateName") or "").rstrip("-")

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.at("metadata", "namespace") or "default")

    def at(self, *path: str | int) -> Any:  # noqa: ANN401 - a manifest may hold anything
        """Return what stands at a path; None when nothing does."""
        return value_at(self.value, path)

    def texts(self, *path: str | int) -> dict[str, str]:
        """Return the entries of a map that are text."""
        found = self.at(*path)
        return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}

    def origin(self, *path: str | int) -> Origin:
        """Return the place of a value of the object."""
        return Origin(self.document, (*self.path, *path))


def objects(document: Document) -> Iterator[Object]:
    """Yield the objects of a document that are read; those of a List one by one."""
    value: Any = document.value
    items: list[tuple[Path, Any]] = [((), value)]
    if isinstance(value, dict) and value.get("kind") == "List" and isinstance(value.get("items"), list):
        items = [(("items", i), item) for i, item in enumerate(value["items"])]
    for path, item in items:
        if isinstance(item, dict) and (str(item.get("apiVersion")), str(item.get("kind"))) in KINDS:
            yield Object(document, path, item)


class Part(NamedTuple):
    """One item of a section of a plan, and where each of its keys came from, relative to the item."""

    value: dict[str, Any]
    origins: dict[Path, Origin]

    def is_of(self, files: Collection[str]) -> bool:
        """Return whether it stands in one of these files."""
        return os.path.normpath(self.origins[()].document.file) in files


class Workload(NamedTuple):
    """A workload, and what decides where its pods run."""

    object: Object
    part: Part
    pod: Pod

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{self.object.kind} {self.object.name!r}"


class Undecidable(NamedTuple):
    """What the manifests do not tell of a workload."""

    key: str
    """The key of a workload of a plan."""
    why: str
    """What would tell it."""


class Steering(NamedTuple):
    """Where the pods of a workload go, among the pools of one plan."""

    pool: str | None
    """None: not known."""
    networking: str | None
    open: tuple[Undecidable, ...] = ()
    missing: str | None = None
    """The pool that it names, when there is none of that name."""


class Manifests:
    """All manifests of one run."""

    def __init__(self) -> None:
        """Start with none."""
        self.networkings: list[Part] = []
        self.workloads: list[Workload] = []
        self.problems: list[Problem] = []
        self._policies: list[Object] = []
        self._namespaces: dict[str, dict[str, str]] = {}

    def __bool__(self) -> bool:
        """Whether there is anything to judge."""
        return bool(self.networkings or self.workloads)

    def add(self, item: Object) -> str:
        """Take an object; return why not, when it is none that can be judged."""
        kind = item.kind
        if not item.name:
            return f"a {kind} without a name"
        if kind == "PodNetworking":
            self.networkings.append(_networking(item))
        elif kind == "Namespace":
            self._namespaces[item.name] = item.texts("metadata", "labels")
        elif kind == "NetworkPolicy":
            self._policy(item)
        else:
            return self._workload(item)
        return ""

    def _policy(self, item: Object) -> None:
        selector = item.at("spec", "podSelector")
        if selector is None or _fits_selector(selector):
            self._policies.append(item)
        else:
            place = item.origin("spec", "podSelector").place()
            self.problems.append(Problem("podSelector is no label selector", place, "write matchLabels: {…}"))

    def _workload(self, item: Object) -> str:
        shape = SHAPES[item.kind]
        template = shape.template or ()
        if not isinstance(item.at(*template, "spec"), dict) or (shape.selects and item.at("spec", "selector") is None):
            return f"a part of the {item.kind} {item.name} (a patch?)"
        pod = read_pod(item.at(*template))
        for flaw in pod.misread:
            place = item.origin(*template, *flaw.path).place()
            self.problems.append(Problem(flaw.message, place, flaw.hint))
        self.workloads.append(Workload(item, _workload_part(item, template, pod), pod))
        return ""

    def leave_out(self, files: Collection[str]) -> Iterator[str]:
        """Take the PodNetworkings and workloads of some files out again; yield what they are."""
        named = [(part, f"PodNetworking {part.value['name']!r}") for part in self.networkings]
        named += [(workload.part, workload.title) for workload in self.workloads]
        for part, title in named:
            if part.is_of(files):
                yield f"{part.origins[()].document.file}: {title}"
        self.networkings = [part for part in self.networkings if not part.is_of(files)]
        self.workloads = [workload for workload in self.workloads if not workload.part.is_of(files)]

    def first(self) -> Origin:
        """Return where the first PodNetworking or workload stands."""
        return [*self.networkings, *(workload.part for workload in self.workloads)][0].origins[()]

    def policies(self, workload: Workload) -> dict[str, Origin]:
        """Return the NetworkPolicies that select the pods of a workload, by name."""
        return {
            policy.name: policy.origin("spec", "podSelector")
            for policy in self._policies
            if policy.namespace == workload.object.namespace
            and selects(selector_from((), policy.at("spec", "podSelector") or {}), workload.pod.labels)
        }

    def steer(
        self, workload: Workload, pools: tuple[NodePool, ...], networkings: tuple[PodNetworking, ...]
    ) -> Steering | None:
        """Work out which of these pools a workload runs on; None: on none of them.

        Args:
            workload: a workload of these manifests.
            pools: the node pools that are known.
            networkings: the PodNetworkings that are known.

        """
        notes = workload.object.texts("metadata", "annotations")
        networking, unsure = self._networking(workload, networkings, notes.get(NETWORKING_ANNOTATION))
        named = notes.get(POOL_ANNOTATION)
        if named is not None:
            return Steering(named, networking, unsure)
        able = [pool for pool in pools if workload.pod.placement.allows(pool.node_labels) is not False]
        if not (networking or unsure or _asks(workload, able)):
            return None
        # Where a PodNetworking or a request for an ENI leads, no Lingjun node can follow.
        if networking or workload.part.value["eniRequest"]:
            able = [pool for pool in able if not pool.is_lingjun] or able
        fitting = [pool for pool in able if not repelling(pool.node_taints, workload.pod.tolerations)] or able[:1]
        if len(fitting) == 1:
            return Steering(fitting[0].name, networking, unsure)
        if not able:
            return Steering(None, networking, (*unsure, _NO_POOL))
        return Steering(None, networking, (*unsure, _several([pool.name for pool in fitting])))

    def _networking(
        self, workload: Workload, networkings: tuple[PodNetworking, ...], named: str | None
    ) -> tuple[str | None, tuple[Undecidable, ...]]:
        """Return the PodNetworking that selects the pods, as Terway's webhook would; and what leaves it open."""
        if workload.part.value["hostNetwork"]:
            return None, ()
        if named is not None:
            return named, ()
        unsure: list[str] = []
        for networking in networkings:
            if networking.pod_selector is None and networking.namespace_selector is None:
                continue
            if not selects(networking.pod_selector, workload.pod.labels):
                continue
            matches = self._in_namespace(networking.namespace_selector, workload.object.namespace)
            if matches:
                return networking.name, ()
            if matches is None:
                unsure.append(networking.name)
        if not unsure:
            return None, ()
        why = f"{unsure[0]!r} may select its pods: give the manifest of the namespace {workload.object.namespace}"
        return None, (Undecidable("podNetworking", why + " with its labels"),)

    def _in_namespace(self, selector: Selector | None, namespace: str) -> bool | None:
        if selector is None:
            return True
        labels = {_NAME_OF_NAMESPACE: namespace, **self._namespaces.get(namespace, {})}
        known = namespace in self._namespaces
        unknown = [r for r in selector.requirements if not known and r.key not in labels]
        if not all(meets(r, labels.get(r.key)) for r in selector.requirements if r not in unknown):
            return False
        return None if unknown else True


def _several(pools: list[str]) -> Undecidable:
    return Undecidable("nodePool", f"it fits {', '.join(pools)}: say which in the annotation {POOL_ANNOTATION}: POOL")


_NO_POOL = Undecidable("nodePool", "give the node pools beside the manifests")


def _networking(item: Object) -> Part:
    """Read a PodNetworking. Without eniOptions its eniType is Default: the CRD says so."""
    paths: dict[str, Path] = {
        "podSelector": ("spec", "selector", "podSelector"),
        "namespaceSelector": ("spec", "selector", "namespaceSelector"),
        "vSwitchIds": ("spec", "vSwitchOptions"),
        "securityGroupIds": ("spec", "securityGroupIDs"),
        "vSwitchSelectionPolicy": ("spec", "vSwitchSelectOptions", "vSwitchSelectionPolicy"),
        "eniType": ("spec", "eniOptions", "eniType"),
        "allocation": ("spec", "allocationType"),
        "name": ("metadata", "name"),
    }
    value = {key: found for key, path in paths.items() if (found := item.at(*path)) is not None}
    value = {**value, "name": item.name, "eniType": value.get("eniType", "Default")}
    pool = item.texts("metadata", "annotations").get(POOL_ANNOTATION)
    if pool is not None:
        value["nodePools"] = [pool]
        paths["nodePools"] = ("metadata", "annotations")
    return Part(value, {(): item.origin(), **{(key,): item.origin(*path) for key, path in paths.items()}})


def _workload_part(item: Object, template: Path, pod: Pod) -> Part:
    spec = (*template, "spec")
    replicas = SHAPES[item.kind].replicas
    value: dict[str, Any] = {
        "name": item.name,
        "namespace": item.namespace,
        "kind": item.kind,
        "hostNetwork": pod.host_network,
        "tolerations": [toleration.written() for toleration in pod.tolerations],
        "eniRequest": pod.request(ENI),
    }
    number = item.at(*replicas[0]) if replicas else None
    if number is not None:
        value["replicas"] = number
    origins: dict[Path, Origin] = {
        (): item.origin(),
        ("name",): item.origin("metadata", "name"),
        ("namespace",): item.origin("metadata", "namespace"),
        ("kind",): item.origin("kind"),
        ("replicas",): item.origin(*(replicas[0] if replicas else ())),
        ("hostNetwork",): item.origin(*spec, "hostNetwork"),
        ("tolerations",): item.origin(*spec, "tolerations"),
        ("eniRequest",): item.origin(*spec, "containers", 0, "resources"),
        ("nodePool",): item.origin("metadata"),
        ("podNetworking",): item.origin(*template, "metadata", "labels"),
    }
    return Part(value, origins)


def _asks(workload: Workload, able: list[NodePool]) -> bool:
    """Return whether anything leads the pods to exclusive nodes: a request, the label, or a label of a pool."""
    if workload.part.value["eniRequest"]:
        return True
    leading = {EXCLUSIVE_LABEL}.union(*(pool.labels or {} for pool in able))
    return workload.pod.placement.allows(NodeLabels({}, leading.__contains__)) is False
