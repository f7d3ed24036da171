"""Kustomizations: what they build is not what the files of a folder say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from eniplan.k8s.values import listing
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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

    file: str
    folder: str
    resources: tuple[str, ...]
    """The files and folders that it builds from."""
    patches: tuple[str, ...]
    changes: tuple[str, ...]
    """Its keys that change what it builds from."""


def read(file: str, value: Mapping[str, Any]) -> Kustomization:
    """Read a kustomization."""
    folder = os.path.dirname(file)

    def paths(*keys: str) -> Iterator[str]:
        for item in (item for key in keys for item in listing(value.get(key))):
            path = item.get("path") if isinstance(item, dict) else item
            if isinstance(path, str):
                yield os.path.normpath(os.path.join(folder, path))

    changes = tuple(key for key, item in value.items() if key not in _UNCHANGED and item)
    return Kustomization(file, os.path.normpath(folder), (*paths(*_RESOURCES),), (*paths(*_PATCHES),), changes)


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
