"""Objects of Kubernetes that resources of Terraform apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.errors import InputError
from eniplan.k8s.terway import ENI
from eniplan.plan.document import Document, read_documents
from eniplan.plan.model import EXCLUSIVE_LABEL
from eniplan.text import without_halves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message
    from eniplan.plan.document import Path

MANIFESTS = {"kubernetes_manifest": "manifest", "kubectl_manifest": "yaml_body"}
"""Resources that are objects of Kubernetes, and the argument that says which."""


class Within:
    """The places of a document that stands inside of another one; see `plan.document.Tree`."""

    def __init__(self, outer: Document, path: Path) -> None:
        """Take where it stands."""
        self._outer = outer
        self._path = path

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `plan.document.Tree.find`."""
        return self._outer.tree.find((*self._path, *path), key=key)

    def text(self, path: Path) -> str | None:
        """See `plan.document.Tree.text`."""
        return self._outer.tree.text((*self._path, *path))

    def note(self, path: Path) -> Message:
        """See `plan.document.Document.note`."""
        return self._outer.note((*self._path, *path))


def objects_of(file: str, value: Any, place: Within) -> Iterator[Document]:  # noqa: ANN401 - a value
    """Yield the objects of an argument: a map, or a text of YAML, of which every line has the place of the whole."""
    if isinstance(value, dict):
        yield Document(file, value, place)
    elif isinstance(value, str):
        try:
            data = without_halves(value).encode()
            yield from (document._replace(tree=place) for document in read_documents(file, data))
        except InputError:
            return  # what is broken here is told by those who apply it


def named_in(text: str) -> str:
    """Return what of ours a text names."""
    return next((name for name in ("PodNetworking", EXCLUSIVE_LABEL, ENI) if name in text), "")
