"""Translates objects with pods into workloads of a plan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeAlias

from eniplan.inputs.places import STAND_IN, NotKnown, Origin
from eniplan.k8s.kinds import HOLDERS, PER_NODE, called, holder
from eniplan.k8s.nodes import Placement
from eniplan.k8s.refusals import known_version
from eniplan.k8s.terway import ENI, NETWORKING, NETWORKS, POD_ENI
from eniplan.k8s.values import leaves, mapping
from eniplan.plan.model import NETWORKING_ANNOTATION, POOL_ANNOTATION
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.inputs.objects import Object
    from eniplan.k8s.kinds import Holder, Template
    from eniplan.k8s.pods import Pod
    from eniplan.plan.document import Path

WORKER = "Worker"


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
        asks = requests_eni(pod) or pod.networks is not None or pod.own_networks or POD_ENI in pod.annotations
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

    @property
    def full_title(self) -> str:
        """Its file, kind and name in messages."""
        return f"{self.file}: {self.title}"


Key: TypeAlias = "tuple[int, Path, tuple[str, str, str]]"
"""The place of a quiet workload in its file, and its identity."""


def holder_of(item: Object) -> Holder | None:
    """Return the description of an object with pods, also of a version that Kubernetes does not know any more."""
    given = item.value["apiVersion"]
    found = holder(known_version(given, item.kind), item.kind)
    # The first group of some kinds made a selector where there was none.
    return found if found is None or found.group == given.rpartition("/")[0] else found._replace(selects=False)


def as_created(item: Object) -> tuple[Object, str | None]:
    """Return a pod that exists without the annotations of Terway's webhook, and the PodNetworking that it chose."""
    notes = item.at("metadata", "annotations")
    chosen = mapping(notes).get(NETWORKING)
    if item.kind != "Pod" or not item.at("metadata", "uid") or not isinstance(chosen, str):
        return item, None
    kept = {key: note for key, note in notes.items() if key not in {NETWORKS, NETWORKING, POD_ENI}}
    return item._replace(value={**item.value, "metadata": {**item.value["metadata"], "annotations": kept}}), chosen


def may_be(value: Any, other: Any) -> bool:  # noqa: ANN401 - values of objects
    """Return whether a value that is partly unknown may be the same as a known one."""
    if isinstance(value, NotKnown) or value == other:
        return True
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(may_be(item, other[key]) for key, item in value.items())
    if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
        return all(map(may_be, value, other))
    return False


def workload_part(item: Object, found: Holder, template: Template) -> Part:
    """Translate the pods of an object at one of its templates."""
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
        ("nodePools",): item.origin("metadata"),
        ("podNetworking",): item.origin(*template.path, "metadata", "labels"),
        ("namespaceLabels",): item.origin("metadata", "namespace"),
    }
    return Part(value, origins)


def _is_open(*values: object) -> bool:
    """Return whether a text in values is unknown."""
    texts = (part for _, part in leaves([*values]) if isinstance(part, str))
    return any(isinstance(part, NotKnown) or part.startswith(STAND_IN) for part in texts)


def requests_eni(pod: Pod) -> bool:
    """Return whether pods request ENIs, also in a way that Kubernetes refuses."""
    return pod.request(ENI) > 0 or pod.is_misread
