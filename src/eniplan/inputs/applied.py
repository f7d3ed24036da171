"""Kubernetes objects that Terraform resources apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.errors import InputError
from eniplan.k8s.terway import ENI
from eniplan.messages import say
from eniplan.plan.document import Document, read_documents
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.text import without_halves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
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


class Within:
    """The tree of a document embedded in another one; see `plan.document.Tree`."""

    def __init__(self, outer: Document, path: Path) -> None:
        """Store the outer document, and the path of the embedded one."""
        self._outer = outer
        self._path = path

    def _at(self, path: Path) -> Path:
        return (*self._path, *path)

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `plan.document.Tree.find`."""
        return self._outer.tree.find(self._at(path), key=key)

    def text(self, path: Path) -> str | None:
        """See `plan.document.Tree.text`."""
        return self._outer.tree.text(self._at(path))

    def note(self, path: Path) -> Message:
        """See `plan.document.Document.note`."""
        return self._outer.note(self._at(path))


def objects_of(file: str, value: Any, place: Within) -> Iterator[Document]:  # noqa: ANN401 - a value
    """Yield the objects in an argument: a map, or YAML text. All lines of the text have the place of the argument."""
    if isinstance(value, dict):
        yield Document(file, value, place)
    elif isinstance(value, str):
        try:
            data = without_halves(value).encode()
            yield from (document._replace(tree=place) for document in read_documents(file, data))
        except InputError:
            return  # the tool that applies it reports invalid YAML


def named_in(text: str) -> str:
    """Return the exclusive label or the ENI resource, if a text mentions it."""
    return next((name for name in ("PodNetworking", EXCLUSIVE_LABEL, ENI) if name in text), "")
