"""The kinds of objects with pod templates, and the paths of these, by group: no version has ever moved a template.

Other groups use the same kind for another structure (a Volcano Job).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.k8s.values import listing, mapping, text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.k8s.labels import Path


class Holder(NamedTuple):
    """Describes a kind with pods."""

    group: str
    template: Path = ("spec", "template")
    """The path of the pod template; () for a Pod itself."""
    replicas: tuple[Path, ...] = (("spec", "replicas"),)
    """The paths of the replica count, and of the number that caps it; empty: one pod, or one per node."""
    selects: bool = False
    """Whether the kind must have a selector."""
    strategy: Path | None = None
    """The path of the update strategy, if a rolling update may need room for extra pods."""
    roles: Path | None = None
    """The path of the templates by role, each with its own replicas, if the kind has several."""


class Template(NamedTuple):
    """One pod template of an object."""

    path: Path
    role: str
    """Empty if the kind has one template."""
    replicas: Path | None
    cap: Path | None = None
    """The path of a number of pods that never run at once in excess: the completions of a Job."""


_JOB = ("spec", "jobTemplate", "spec")
_KRUISE = "apps.kruise.io"
_KUBEFLOW = "kubeflow.org"


def _job(key: str) -> Holder:
    return Holder(_KUBEFLOW, roles=("spec", key))


HOLDERS: Mapping[str, tuple[Holder, ...]] = {
    "Deployment": (Holder("apps", selects=True, strategy=("spec", "strategy")),),
    "StatefulSet": (Holder("apps", selects=True), Holder(_KRUISE, selects=True)),
    "DaemonSet": (
        Holder("apps", replicas=(), selects=True, strategy=("spec", "updateStrategy")),
        Holder(_KRUISE, replicas=(), selects=True, strategy=("spec", "updateStrategy")),
    ),
    "ReplicaSet": (Holder("apps", selects=True),),
    "ReplicationController": (Holder(""),),
    "Job": (Holder("batch", replicas=(("spec", "parallelism"), ("spec", "completions"))),),
    "CronJob": (
        Holder("batch", (*_JOB, "template"), ((*_JOB, "parallelism"), (*_JOB, "completions"))),
    ),
    "Pod": (Holder("", (), ()),),
    "CloneSet": (Holder(_KRUISE, selects=True, strategy=("spec", "updateStrategy")),),
    "BroadcastJob": (Holder(_KRUISE, replicas=()),),
    "GameServerSet": (Holder("game.kruise.io", ("spec", "gameServerTemplate")),),
    "Rollout": (Holder("argoproj.io", selects=True, strategy=("spec", "strategy")),),
    "JAXJob": (_job("jaxReplicaSpecs"),),
    "MPIJob": (_job("mpiReplicaSpecs"),),
    "MXJob": (_job("mxReplicaSpecs"),),
    "PaddleJob": (_job("paddleReplicaSpecs"),),
    "PyTorchJob": (_job("pytorchReplicaSpecs"),),
    "TFJob": (_job("tfReplicaSpecs"),),
    "XGBoostJob": (_job("xgbReplicaSpecs"),),
}  # fmt: skip
"""By kind; two entries if two groups have a kind of that name."""
PER_NODE = frozenset(("DaemonSet", "BroadcastJob"))
"""Kinds that run a pod on every matching node."""
ENDING = frozenset(("Job", "CronJob", "BroadcastJob", *(kind for kind, (each, *_) in HOLDERS.items() if each.roles)))
"""Kinds whose pods run to completion."""
BEHIND: Mapping[str, str] = {"Rollout": "Deployment", "GameServerSet": "StatefulSet"}
"""Kinds that make pods as another kind does, through an object of their own name. Sources: Argo, OpenKruiseGame."""
PASSING_ON = frozenset(("InferenceService",))
"""Kinds that give their pods their own labels and annotations. Source: KServe."""
FIXED_NAMES = frozenset(("StatefulSet", "Pod", "GameServerSet"))
"""Kinds whose pods keep their names."""


def holder(api_version: object, kind: object) -> Holder | None:
    """Return the description of a kind; None if it is not a known kind with pods."""
    if not isinstance(api_version, str) or not isinstance(kind, str) or not api_version:
        return None
    group, slash, _ = api_version.rpartition("/")
    found = HOLDERS.get(kind, ())
    return next((item for item in found if item.group == group and bool(slash) == bool(group)), None)


def templates(found: Holder, value: Mapping[str, Any]) -> Iterator[Template]:
    """Yield the pod templates of an object."""
    if found.roles is None:
        yield Template(found.template, "", *(*found.replicas, None)[:2])
        return
    roles: Any = value
    for step in found.roles:
        roles = roles.get(step) if isinstance(roles, dict) else None
    for role, item in roles.items() if isinstance(roles, dict) else ():
        if isinstance(role, str) and isinstance(item, dict):
            yield Template((*found.roles, role, "template"), role, (*found.roles, role, "replicas"))


PLACING = ("nodeSelector", "affinity", "tolerations", "hostNetwork")
"""The keys of a pod's spec that also objects without pod templates use, such as the `driver` of a SparkApplication."""
_TERM = ("nodeSelectorTerm", "requiredNodeSelectorTerm")
"""A term of a node affinity in OpenKruise's UnitedDeployment and WorkloadSpread."""
OF_PODS = (
    *PLACING, *_TERM, "container", "containers", "cores", "inheritedMetadata", "pod", "podAnnotations", "podLabels",
    "podMetadata", "podTemplate", "priorityClassName", "schedulerName", "serviceAccount", "serviceAccountName",
)  # fmt: skip
"""Keys by which one recognizes pods in objects of unknown kinds: without one, labels are not those of pods."""


def hidden_templates(value: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield possible pod templates in an object of any kind: maps whose spec has containers."""
    return ((path, item) for path, item in maps(value) if _has_containers(item))


def may_have_pods(value: object) -> bool:
    """Return whether an object of any kind seems to say something of pods."""
    return any(_has_containers(item) or (path and not item.keys().isdisjoint(OF_PODS)) for path, item in maps(value))


def hidden_specs(value: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield templates made of maps that are like a pod or its spec, such as the `driver` of a SparkApplication.

    The metadata of the object itself is not that of its pods.
    """
    for path, found in maps(value):
        step, item = (path[-1], found) if path else ("", {**found, "metadata": None})
        if _has_containers(item):
            continue
        is_of_pods = step in OF_PODS or not item.keys().isdisjoint(OF_PODS)
        metadata = {key: _of_pods(item, key, *short) for key, *short in _NOTES if is_of_pods}
        spec = {**_added(item), **{key: item[key] for key in PLACING if item.get(key)}}
        resources = mapping(item.get("resources")) or mapping(item.get("computeResources"))  # of a step of Tekton
        if spec or resources or any(metadata.values()):
            yield path, {"metadata": metadata, "spec": {**spec, "containers": [{"resources": resources}]}}


def _added(item: dict[str, Any]) -> dict[str, Any]:
    """Return what a ResourceFlavor of Kueue, or a subset of a UnitedDeployment or WorkloadSpread adds to pods."""
    labels, term = item.get("nodeLabels"), next((item[key] for key in _TERM if item.get(key)), None)
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return {
        **({"nodeSelector": labels} if labels else {}),
        **({"affinity": {"nodeAffinity": required}} if term else {}),
    }


def without_anchors(value: Any) -> Any:  # noqa: ANN401 - any part of an object
    """Return a part of a Kyverno policy with plain keys: `+(nodeSelector)` adds one where there is none."""
    if isinstance(value, dict):
        return {re.sub(_ANCHOR, r"\1", str(key)): without_anchors(inner) for key, inner in value.items()}
    return [*map(without_anchors, value)] if isinstance(value, list) else value


_ANCHOR = r"^[+^=<X]?\((.+)\)$"
_METADATA = ("metadata", "podMetadata", "inheritedMetadata")
_NOTES = (("labels", "podLabels"), ("annotations", "podAnnotations"))


def _of_pods(item: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Return the labels or annotations of pods that a map has under these keys, itself or in its metadata."""
    found = [mapping(item.get(outer)).get(keys[0]) for outer in _METADATA] + [item.get(key) for key in keys]
    return {key: value for each in found for key, value in mapping(each).items()}


def _has_containers(item: dict[str, Any]) -> bool:
    return isinstance(mapping(item.get("spec")).get("containers"), list)


def maps(value: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the maps in a value with their paths; of one with containers, only itself. In their order."""
    todo: list[tuple[Path, object]] = [((), value)]
    while todo:
        at, item = todo.pop()
        if isinstance(item, dict):
            yield at, item
            if not _has_containers(item):
                todo += reversed([((*at, key), inner) for key, inner in item.items() if isinstance(key, str)])
        elif isinstance(item, list):
            todo += reversed([((*at, i), inner) for i, inner in enumerate(item)])


ENDED = frozenset(("Succeeded", "Failed"))
"""The phases of pods that do not run any more, and have no ENI."""


def has_ended(value: Mapping[str, Any]) -> bool:
    """Return whether an object is a pod or a Job that has run and is not started again."""
    status = mapping(value.get("status"))
    if value.get("kind") == "Job":
        return bool(job_end(status))
    return value.get("kind") == "Pod" and text(status.get("phase")) in ENDED


def job_end(status: Mapping[str, Any]) -> str:
    """Return how a Job has ended, from its status: `Complete` or `Failed`; empty if it has not."""
    found = map(mapping, listing(status.get("conditions")))
    on = {text(condition.get("type")) for condition in found if condition.get("status") == "True"}
    names = (("Complete", "Complete"), ("Succeeded", "Complete"), ("Failed", "Failed"))  # Kubeflow's jobs succeed
    return next((name for type_, name in names if type_ in on), "")


def controller_of(metadata: Mapping[str, Any]) -> str:
    """Return the kind and name of the controller that makes an object, from its metadata; empty if none does.

    Of a job with roles, the role follows: `PyTorchJob train/worker`.
    """
    for owner in map(mapping, listing(metadata.get("ownerReferences"))):
        if owner.get("controller") is True:
            return _maker(text(owner.get("kind")), text(owner.get("name")), mapping(metadata.get("labels")))
    return ""


def _maker(kind: str, name: str, labels: Mapping[str, Any]) -> str:
    """Return the controller of a pod with these labels: its owner, or what has made the owner."""
    # A Deployment owns its pods through a ReplicaSet that it names NAME-HASH.
    hashed = kind == "ReplicaSet" and labels.get("pod-template-hash")
    if hashed and name.endswith(f"-{hashed}"):
        return f"Deployment {name.removesuffix(f'-{hashed}')}"
    # A LeaderWorkerSet has a StatefulSet of its name for the leaders, and one for the workers of each group.
    group = kind == "StatefulSet" and text(labels.get("leaderworkerset.sigs.k8s.io/name"))
    if group and name.startswith(f"{group}-"):
        return f"{kind} {group}"
    app = kind == "Pod" and text(labels.get("sparkoperator.k8s.io/app-name"))
    if app:
        return f"SparkApplication {app}"  # its driver makes the executors
    role = next((text(labels[key]).lower() for key in _ROLE if labels.get(key)), "")
    job = text(labels.get("training.kubeflow.org/job-name"))
    if kind == "Job" and role and name == called(job, role):
        return f"MPIJob {job}/{role}"  # it runs its launcher as a Job
    return f"{kind} {name}/{role}" if role and any(each.roles for each in HOLDERS.get(kind, ())) else f"{kind} {name}"


_ROLE = ("training.kubeflow.org/replica-type", "training.kubeflow.org/job-role")
"""The labels of pods of Kubeflow's jobs. The second says `master` of some roles; MPIJobs have only this one."""
_HASHED = r"ReplicaSet (.+)-[a-z0-9]{1,16}"
_TIMED = r"Job (.+)-[0-9]{1,12}"


def called(name: str, role: str) -> str:
    """Return what eniplan calls the pods of an object: of one with roles, those of each are a workload."""
    return f"{name}-{role.lower()}" if role else name


def standing_behind(owner: str) -> Iterator[str]:
    """Yield the owner of a pod, then its controller (a Deployment or CronJob), derived from the owner's name."""
    whole, _, role = owner.partition("/")
    if role:
        yield called(whole, role)
    yield whole
    for pattern, kind in ((_HASHED, "Deployment"), (_TIMED, "CronJob")):
        found = re.fullmatch(pattern, owner)
        if found is not None:
            yield f"{kind} {found[1]}"


def objects(document: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the objects of a document with their paths: the document itself, or the items of a list.

    In a list of one kind, such as a DeploymentList of the API server, the items do not repeat the kind.
    """
    if not isinstance(document, dict):
        return
    items, kind = document.get("items"), text(document.get("kind"))
    if not kind.endswith("List") or not isinstance(items, list):
        yield (), document
        return
    about = {"apiVersion": document.get("apiVersion"), "kind": kind.removesuffix("List")} if kind != "List" else {}
    for i, item in enumerate(items):
        inner = {**about, **item} if about and isinstance(item, dict) else item
        yield from ((("items", i, *path), found) for path, found in objects(inner))
