"""Kubernetes objects that Terraform resources apply."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from eniplan.inputs.places import STAND_IN, Elsewhere, NotKnown, Skipped, unknown_in
from eniplan.k8s.autoscalers import KINDS
from eniplan.k8s.pods import COUNTED, MEASURED
from eniplan.k8s.terway import ENI
from eniplan.messages import say
from eniplan.plan.document import Document, documents_in
from eniplan.plan.model import EXCLUSIVE_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.document import Path

MANIFESTS = {"kubernetes_manifest": "manifest", "kubectl_manifest": "yaml_body"}
"""Resource types that apply a Kubernetes object, and the argument with its manifest."""
_SPELLED = {
    "deployment": ("apps/v1", "Deployment"),
    "stateful_set": ("apps/v1", "StatefulSet"),
    "daemonset": ("apps/v1", "DaemonSet"),
    "daemon_set": ("apps/v1", "DaemonSet"),
    "replication_controller": ("v1", "ReplicationController"),
    "job": ("batch/v1", "Job"),
    "cron_job": ("batch/v1", "CronJob"),
    "pod": ("v1", "Pod"),
    "horizontal_pod_autoscaler": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "network_policy": ("networking.k8s.io/v1", "NetworkPolicy"),
    "namespace": ("v1", "Namespace"),
}
SPELLED = {
    f"kubernetes_{name}{version}": about
    for name, about in _SPELLED.items()
    for version in ("", "_v1", "_v2", "_v2beta2")
}
"""Resources that spell an object in blocks: its apiVersion and kind. See `eniplan.inputs.spelled`."""
APPLIED = (*MANIFESTS, *SPELLED)
"""The resources that apply objects of Kubernetes that are read."""
CHART = "helm_release"
ONLY_HELM = say("only Helm knows its objects: check what `helm template` renders")
"""Why a chart is not judged."""


class Within(Elsewhere):
    """The tree of an object in an argument of a resource."""

    def __init__(self, outer: Document, path: Path) -> None:
        """Store the document with the resource, and the path of the object."""
        super().__init__(outer)
        self._path = path

    def _at(self, path: Path) -> Path:
        return (*self._path, *path)

    def file(self, path: Path) -> str:
        """See `Document.located`."""
        return self._outer.located(self._at(path))[0]

    def written(self, path: Path) -> None:
        """See `Document.written`: a fix of one is not written."""


def objects_of(file: str, value: Any, place: Within) -> Iterator[Document]:  # noqa: ANN401 - a value
    """Yield the objects in an argument: a map, or YAML text. All lines of the text have the place of the argument."""
    if isinstance(value, dict):
        yield Document(file, value, place)
    elif isinstance(value, str):  # the tool that applies it reports invalid YAML
        yield from (document._replace(tree=place) for document in documents_in(file, value))


def written(file: str, parts: list[Any], place: Within) -> list[Document]:
    """Return the objects in a YAML text of which some parts are unknown; none if these may be more than a value.

    Args:
        file: the file with the text.
        parts: the text in pieces, with `NotKnown` where it is unknown.
        place: the place of the text.

    """
    lost: list[NotKnown] = []
    out: list[str] = []
    is_begun = False  # whether something stands before the part on its line
    for part in parts:
        if not isinstance(part, NotKnown):
            _, newline, line = part.rpartition("\n")
            is_begun = bool(line.strip()) or (is_begun and not newline)
            out.append(part)
        elif is_begun:
            out.append(_LOST.format(len(lost)))
            lost.append(part)
        else:
            return []  # alone on its line, it may be several lines
    return [found._replace(value=_filled(found.value, lost)) for found in objects_of(file, "".join(out), place)]


_LOST = "eniplan.unknown.{}."
"""Stands for an unknown part of a text; no text has it by itself."""
_IS_LOST = re.compile(r"eniplan\.unknown\.(\d+)\.")


def _filled(value: Any, lost: list[NotKnown]) -> Any:  # noqa: ANN401 - a value
    """Return a value in which the texts with an unknown part are unknown, and the maps with an unknown key."""
    if isinstance(value, dict):
        key = _IS_LOST.search(" ".join(map(str, value)))
        return {name: _filled(item, lost) for name, item in value.items()} if key is None else lost[int(key[1])]
    if isinstance(value, list):
        return [_filled(item, lost) for item in value]
    found = _IS_LOST.search(value) if isinstance(value, str) else None
    return value if found is None else lost[int(found[1])]


_UNREAD = frozenset((
    "activeDeadlineSeconds", "args", "backoffLimit", "command", "concurrencyPolicy", "containerPort", "dnsConfig",
    "dnsPolicy", "env", "envFrom", "failedJobsHistoryLimit", "hostAliases", "hostname", "image", "imagePullPolicy",
    "imagePullSecrets", "lifecycle", "livenessProbe", "minReadySeconds", "priorityClassName", "progressDeadlineSeconds",
    "protocol", "readinessProbe", "revisionHistoryLimit", "schedule", "securityContext", "serviceAccount",
    "serviceAccountName", "serviceName", "startingDeadlineSeconds", "startupProbe", "subdomain",
    "successfulJobsHistoryLimit", "suspend", "terminationGracePeriodSeconds", "timeZone", "ttlSecondsAfterFinished",
    "volumeClaimTemplates", "volumeMounts", "volumes", "workingDir",
))  # fmt: skip
"""Fields of workloads on which nothing depends that eniplan says."""
_OWN_KEYS = frozenset(("data", "limits", "nodeSelector", "requests"))
"""Fields whose keys are the user's own."""
_AMOUNTS = frozenset(("limits", "requests"))
"""Fields of which only the resources in `COUNTED` and `MEASURED` are read."""
_PARTS = frozenset(("containers", "initContainers", "ports"))
"""Lists of what nobody refers to by name."""
_LABELS = frozenset(("labels", "matchLabels"))
_SELECTING = frozenset(("Namespace", "NetworkPolicy", "PodNetworking"))
"""Kinds whose labels or selectors decide about pods."""
_LONGEST = 40
"""Characters of a name that stands for an unknown one: short enough for every kind."""


def as_read(value: Any, address: str) -> Any:  # noqa: ANN401 - an object
    """Return the object of a resource without what nothing depends on, if unknown, and with a name and a namespace."""
    return _identified(_read_of(value), address)


def _read_of(value: Any) -> Any:  # noqa: ANN401 - a value
    """Return a workload without the unknown fields on which nothing depends, and with words for unknown labels.

    PodNetworkings and other objects with selectors are returned as they are.
    """
    if isinstance(value, dict) and str(value.get("kind")) not in _SELECTING:
        kept = {key: item for key, item in value.items() if key not in _UNREAD or unknown_in(item) is None}
        return {key: _field_of(key, item) for key, item in kept.items()}
    return list(map(_read_of, value)) if isinstance(value, list) else value


def _field_of(key: str, item: Any) -> Any:  # noqa: ANN401 - a value
    """Return a field of an object; annotations without the unknown ones of other programs, such as checksums."""
    if key == "annotations" and isinstance(item, dict):
        return {name: note for name, note in item.items() if unknown_in(note) is None or _READ_NOTES.search(str(name))}
    if key in _LABELS and isinstance(item, dict):
        unknown = {k: v for k, v in item.items() if isinstance(v, NotKnown) and not _READ_NOTES.search(str(k))}
        return item | {name: STAND_IN + _in_a_name(label) for name, label in unknown.items()}
    if key in _AMOUNTS and isinstance(item, dict):
        known = {name: amount for name, amount in item.items() if name in COUNTED or unknown_in(amount) is None}
        return known | {name: STAND_IN for name in MEASURED if name in item and name not in known}  # no quantity
    if key in _PARTS and isinstance(item, list):
        return [_read_of(_without_unknown_name(each)) for each in item]
    return item if key in _OWN_KEYS or key in _UNREAD else _read_of(item)


def _without_unknown_name(part: Any) -> Any:  # noqa: ANN401 - a value
    is_named = not isinstance(part, dict) or unknown_in(part.get("name")) is None
    return part if is_named else {key: item for key, item in part.items() if key != "name"}


_READ_NOTES = re.compile(r"aliyun\.com/|eniplan\.dev/|^kubernetes\.io/")
"""In the keys of annotations and labels that Terway, Kubernetes' bandwidth plugin or eniplan reads."""


AWAITED = frozenset(("maxReplicas", "parallelism", "replicas"))
"""The keys of numbers of pods: if they are unknown, only some rules wait."""


def settled(value: Any) -> Any:  # noqa: ANN401 - a value
    """Return an object without the unknown values for which only some rules wait.

    Of the `_SELECTING` kinds that is all that they say of pods, and of an autoscaler all but what it scales.
    """
    if isinstance(value, dict):
        if str(value.get("kind")) in KINDS and isinstance(value.get("spec"), dict):
            value = {**value, "spec": value["spec"].get("scaleTargetRef")}
        keys = {"spec"} if str(value.get("kind")) in _SELECTING else AWAITED
        return {key: settled(item) for key, item in value.items() if key not in keys or unknown_in(item) is None}
    return list(map(settled, value)) if isinstance(value, list) else value


def left_out(what: str, item: Document, why: str, names: str) -> Skipped:
    """Return what to tell of an object that is not judged, because parts of it are unknown.

    An autoscaler is always told: the workload that it scales may have too few pods here.
    """
    is_shown = isinstance(item.value, dict) and str(item.value.get("kind")) in KINDS
    return Skipped(what, why, names, is_shown, item)


def _identified(value: Any, address: str) -> Any:  # noqa: ANN401 - an object
    """Return an object with a name from its resource's address if its own is unknown, and likewise a namespace.

    Labels of a namespace count for the objects that name it: it keeps its unknown name.
    """
    about = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(about, dict):
        return value
    known: dict[str, Any] = {}
    kind = value.get("kind")
    if isinstance(about.get("name"), NotKnown) and kind != "Namespace":
        # Workloads may name a PodNetworking, and then mean this one.
        known["name"] = (STAND_IN if kind == "PodNetworking" else "") + _in_a_name(address)
    if isinstance(about.get("namespace"), NotKnown):
        known["namespace"] = STAND_IN + _in_a_name(about["namespace"])
    return {**value, "metadata": {**about, **known}}


def _in_a_name(words: str) -> str:
    return re.sub("[^a-z0-9]+", "-", words.lower())[-_LONGEST:].strip("-")


def named_in(text: str) -> str:
    """Return the exclusive label or the ENI resource, if a text mentions it."""
    return next((name for name in ("PodNetworking", EXCLUSIVE_LABEL, ENI) if name in text), "")
