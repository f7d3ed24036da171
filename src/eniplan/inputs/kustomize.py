"""Kustomizations: what they build is not what the files of a folder say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from eniplan.inputs.manifests import KUSTOMIZATION, Object
from eniplan.k8s.values import listing, mapping
from eniplan.messages import say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.messages import Message
    from eniplan.plan.document import Document

NAMES = ("kustomization.yaml", "kustomization.yml")
"""kustomize recognizes its files by name only."""
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
_RESOURCES = ("resources", "bases", "components")
_UNCHANGED = {
    *("apiVersion", "kind", "metadata", "resources", "bases", "images", "configMapGenerator", "secretGenerator"),
    *("generatorOptions", "sortOptions", "buildMetadata", "openapi", "crds"),
}
"""Keys that change nothing that eniplan checks. Any other key may."""


class Kustomization(NamedTuple):
    """A kustomization of the run. Paths are normalized."""

    document: Document
    folder: str
    resources: tuple[str, ...]
    """The files and folders that it builds from."""
    patches: tuple[str, ...]
    changes: tuple[str, ...]
    """Its keys that change what it builds from."""

    @property
    def object(self) -> Object:
        """It as an object whose pods are those of the patches in it."""
        value = {key: item for key, item in mapping(self.document.value).items() if key in self.changes}
        about = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": KUSTOMIZATION}
        return Object(self.document, (), {**value, **about, "metadata": {"name": self.folder}})

    def changing(self, files: tuple[str, ...] = ()) -> Message:
        """Say what it may change, and what to check instead."""
        return say(
            "its {keys} may change {files}; check what it builds: kubectl kustomize {folder}",
            keys=self.changes, files=files or say("the pods"), folder=self.folder,
        )  # fmt: skip


def read(document: Document) -> Kustomization:
    """Read a kustomization."""
    value = mapping(document.value)
    folder = os.path.dirname(document.file)

    def paths(*keys: str) -> Iterator[str]:
        for item in (item for key in keys for item in listing(value.get(key))):
            path = item.get("path") if isinstance(item, dict) else item
            if isinstance(path, str):
                yield os.path.normpath(os.path.join(folder, path))

    changes = tuple(key for key, item in value.items() if key not in _UNCHANGED and item)
    return Kustomization(document, os.path.normpath(folder), (*paths(*_RESOURCES),), (*paths(*_PATCHES),), changes)


def sources(found: Kustomization, by_folder: Mapping[str, Kustomization]) -> set[str]:
    """Return the paths that a kustomization builds from, directly or through other kustomizations of the run."""
    seen: set[str] = set()
    left = [*found.resources]
    while left:
        path = left.pop()
        if path not in seen:
            seen.add(path)
            left += by_folder[path].resources if path in by_folder else ()
    return seen
