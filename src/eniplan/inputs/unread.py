"""Pods that eniplan does not judge: of unsupported kinds, of patches and charts, and partly unknown ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from eniplan.inputs.places import STAND_IN, NotKnown, Origin, blanked
from eniplan.inputs.steering import Pools, steer
from eniplan.inputs.workloads import Part, Workload
from eniplan.k8s.kinds import PASSING_ON, hidden_specs, hidden_templates, maps, without_anchors
from eniplan.k8s.labels import Requirement
from eniplan.k8s.nodes import Placement, Toleration, repelling
from eniplan.k8s.patches import patched
from eniplan.k8s.pods import read_pod
from eniplan.k8s.terway import ENI
from eniplan.k8s.values import leaves, mapping
from eniplan.messages import say
from eniplan.plan.document import documents_in
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from eniplan.inputs.objects import Object
    from eniplan.k8s.pods import Pod
    from eniplan.messages import Message
    from eniplan.plan.document import Path

KUSTOMIZATION = "Kustomization"
FILE = "file"
"""The kind of values and patches, which are no objects."""
MARKS = {mark: name for name in (EXCLUSIVE_LABEL, ENI) for mark in (name, name.replace("/", "~1"))}
"""Manifests of pods for exclusive nodes contain at least one of them, whatever their kind; JSON patches escape it."""


class Hidden(NamedTuple):
    """Pods of an object of an unsupported kind."""

    workload: Workload
    is_whole: bool
    """Whether they have a pod template; else a part of the object is like one."""

    def asks(self, pools: Pools) -> bool:
        """Return whether the pods ask for exclusive nodes. Mere labels do if a PodNetworking selects by them."""
        if steer(self.workload, pools) is None:
            return False
        bare = self.workload._replace(pod=self.workload.pod._replace(labels={}))
        return self.is_whole or not self.workload.is_quiet or steer(bare, pools) is None


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
    part: str = ""
    """What is partly unknown: it is listed with the reason also if the pods do not ask for exclusive nodes."""
    is_part: bool = True
    """Whether something else may add to the pods, such as what a patch is applied to."""

    @property
    def file(self) -> str:
        """The file that describes them, a normalized path."""
        return os.path.normpath(self.origin.document.file)


class Patched(NamedTuple):
    """The objects whose pods the patches of a kustomization may place elsewhere."""

    files: Collection[str]
    names: Collection[str]
    """An empty name is any."""
    title: str
    """The kustomization, in messages."""
    why: str

    def may_place(self, workload: Workload) -> bool:
        """Return whether it may place the pods of a workload in one of its files."""
        return "" in self.names or workload.object.name in self.names


def located(item: Unread, asking: list[Hidden], plans: Collection[Pools]) -> Unread:
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


def as_unread(workload: Workload, title: str, why: str) -> Unread:
    """Return a workload as pods that are not judged."""
    item = workload.object
    pods = (Hidden(workload, is_whole=True),)
    return Unread(title, workload.part.origins[()], why, (item.namespace, item.name), pods)


def of_kustomization(item: Unread, patches: Mapping[str, str], why: Callable[[str], Message]) -> Unread:
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
        labels={k: STAND_IN if isinstance(v, NotKnown) else v for k, v in pod.labels.items()},
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
    yield from ((path, {"spec": spec}, False) for path, spec in _naming(item, own))


def _naming(item: Object, value: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield specs of pods for parts that select by the exclusive label under keys of their own, such as OAM traits."""
    for path, found in maps(value):
        if path[:1] == ("metadata",) or "preference" in path:
            continue
        if EXCLUSIVE_LABEL in found and item.kind != FILE:
            yield path, {"nodeSelector": {EXCLUSIVE_LABEL: found[EXCLUSIVE_LABEL]}}
        elif found.get("key") == EXCLUSIVE_LABEL and "operator" in found:
            term = {"nodeSelectorTerms": [{"matchExpressions": [found]}]}
            yield path, {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}}


def _texts(item: Object) -> Iterator[tuple[Path, object]]:
    """Yield what is written in texts that name exclusive nodes: values of a chart, a patch, a template."""
    for at, value in leaves(item.value):
        if at[0] != "metadata" and isinstance(value, str) and any(mark in value for mark in MARKS):
            # A program or a template is no YAML. Below a key, as the text is in its object.
            yield from ((at, {"": patched(found.value)}) for found in documents_in(item.document.file, value))
