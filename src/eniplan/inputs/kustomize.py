"""Kustomizations, also those of Flux and Argo CD: what they build is not what the files of a folder say."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from eniplan.inputs.applied import Within
from eniplan.inputs.objects import Object
from eniplan.inputs.spelling import CROSSPLANE_POOL
from eniplan.inputs.unread import KUSTOMIZATION, hidden_pods
from eniplan.k8s.patches import patched
from eniplan.k8s.values import listing, mapping
from eniplan.messages import say
from eniplan.plan.document import Document, documents_in, value_at
from eniplan.terminal import read_beside
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from eniplan.messages import Message
    from eniplan.plan.document import Path

NAMES = ("kustomization.yaml", "kustomization.yml")
"""kustomize recognizes its files by name only."""
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")
_RESOURCES = ("resources", "bases", "components")
_UNCHANGED = {
    *("apiVersion", "kind", "metadata", "resources", "bases", "images", "configMapGenerator", "secretGenerator"),
    *("generatorOptions", "sortOptions", "buildMetadata", "openapi", "crds"),
}
"""Keys that change nothing that eniplan checks. Any other key may."""
_DELIVERED = (*_PATCHES, "components", "replicas", "commonLabels")
"""Keys of Flux and Argo CD that change pods."""
_FLUX, _ARGO = "kustomize.toolkit.fluxcd.io", "argoproj.io"
DELIVERING = (KUSTOMIZATION, "Application", "ApplicationSet")
"""The kinds that apply a folder of a repository."""


class Kustomization(NamedTuple):
    """A kustomization of the run. Paths are normalized."""

    document: Document
    folder: str
    """The folder to which its paths are relative."""
    changes: tuple[str, ...]
    """Its keys that change what it builds from."""
    as_object: Object
    """It as an object whose pods are those of the patches in it."""
    command: str
    """The command that shows what it builds."""

    def listed(self, *keys: str) -> list[object]:
        """Return the items of some of its lists."""
        return [item for key in keys for item in _listed(self.document, key)]

    def path_of(self, item: object) -> str:
        """Return the path that an item of a list names, or that it is; empty if it names none."""
        path = item.get("path") if isinstance(item, dict) else item
        return os.path.normpath(os.path.join(self.folder, path.lstrip("/"))) if isinstance(path, str) else ""

    @property
    def patches(self) -> Iterator[str]:
        """The paths of its patches."""
        return filter(None, map(self.path_of, self.listed(*_PATCHES)))

    @property
    def resources(self) -> Iterator[str]:
        """The files and folders that it builds from."""
        return filter(None, map(self.path_of, self.listed(*_RESOURCES)))

    def changing(self, files: tuple[str, ...] = ()) -> Message:
        """Say what it may change, and what to check instead."""
        return say(
            "its {keys} may change {files}; check what it builds: {command}",
            keys=self.changes, files=files or say("the pods"), command=self.command,
        )  # fmt: skip


def read(document: Document) -> Kustomization:
    """Read a kustomization."""
    value, folder = mapping(document.value), os.path.normpath(os.path.dirname(document.file))
    changes = tuple(key for key, item in value.items() if key not in _UNCHANGED and item)
    about = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": KUSTOMIZATION, "metadata": {"name": folder}}
    return _made(document, folder, changes, about, f"kubectl kustomize {folder}")


def delivered(item: Object) -> Iterator[Kustomization]:
    """Yield kustomizations for an object of Flux or Argo CD that changes what it applies from a folder."""
    group = item.value["apiVersion"].partition("/")[0]
    for source, inner, command in _sources(item, group):
        path, given = item.at(*source, "path"), mapping(item.at(*source, *inner))
        folder = _root(item.document.file, path)
        changes = tuple(key for key in _DELIVERED if given.get(key))
        if changes and folder is not None:
            value = {**{key: given[key] for key in changes}, "resources": [path]}
            document = Document(item.document.file, value, Within(item.document, (*item.path, *source, *inner)))
            about = {"apiVersion": group, "kind": item.kind, "metadata": item.at("metadata")}
            yield _made(document, folder, changes, about, f"{command}{item.name}")


def _sources(item: Object, group: str) -> Iterator[tuple[Path, Path, str]]:
    """Yield the paths of what an object applies, that of its changes in it, and the beginning of a command."""
    if group == _FLUX and item.kind == KUSTOMIZATION:
        yield ("spec",), (), f"flux build kustomization --path {item.at('spec', 'path')} "
    elif group == _ARGO and item.kind in DELIVERING:
        spec: Path = ("spec",) if item.kind == "Application" else ("spec", "template", "spec")
        several = len(listing(item.at(*spec, "sources")))
        for source in ((*spec, "source"), *((*spec, "sources", i) for i in range(several))):
            yield source, ("kustomize",), "argocd app manifests "


def _root(file: str, path: object) -> str | None:
    """Return the folder to which a path in a repository is relative: above the file, and with such a folder in it."""
    if not isinstance(path, str) or os.path.normpath(path) in (".", os.sep):
        return None
    folder = os.path.normpath(os.path.dirname(file))
    while not os.path.isdir(os.path.join(folder, path.lstrip("/"))):
        if folder in (".", os.path.dirname(folder)):
            return None
        folder = os.path.dirname(folder) or "."
    return folder


def _made(
    document: Document, folder: str, changes: tuple[str, ...], about: dict[str, Any], command: str
) -> Kustomization:
    value = mapping(document.value)
    changed = {key: value[key] for key in changes}
    patches = {key: [_written(item) for item in _listed(document, key)] for key in _PATCHES}
    item = Object(document, (), {**changed, **patches, **about})
    return Kustomization(document, folder, changes, item, command)


def _listed(document: Document, key: str) -> list[object]:
    return listing(mapping(document.value).get(key))


def placed(found: Kustomization, in_files: Mapping[str, Collection[str]]) -> set[str]:
    """Return the names of the objects whose pods its patches may place elsewhere; an empty name is any.

    Args:
        found: the kustomization.
        in_files: the names of the objects with such pods, by the file of the patch.

    """
    whole = found.as_object
    own = {hidden.workload.part.origins[()].path[:2] for hidden in hidden_pods(whole)}
    out: set[str] = set()
    for key in _PATCHES:
        for i, (item, texts) in enumerate(zip(found.listed(key), whole.value[key], strict=True)):
            in_text = [str(value_at(one, ("metadata", "name")) or "") for one in texts]
            names = in_files.get(found.path_of(item), ()) or (in_text if (key, i) in own else ())
            target = mapping(mapping(item).get("target")).get("name")
            out |= {target} if names and isinstance(target, str) else set(names)
    # The name of a target may be a regular expression.
    return {name if re.fullmatch(r"[\w.-]+", name) else "" for name in out}


def patches_pools(found: Kustomization) -> bool:
    """Return whether a patch of a kustomization is for node pools of Crossplane."""
    for item in found.listed(*_PATCHES):
        inline = [part for part in _written(item) if isinstance(part, dict | list)]
        parts = inline or _in_file(found.path_of(item))
        if any(value_at(part, ("kind",)) == CROSSPLANE_POOL for part in (mapping(item).get("target"), *parts)):
            return True
    return False


def _in_file(path: str) -> list[object]:
    data = read_beside(path)
    return [] if data is None else [item.value for item in documents_in(path, data.decode(errors="replace"))]


def _written(patch: object) -> list[object]:
    """Return what the text of a patch says; nothing if it is not YAML, which kustomize refuses, too."""
    text = patch if isinstance(patch, str) else mapping(patch).get("patch")
    return [patched(item.value) for item in documents_in("", text)] if isinstance(text, str) else []


def sources(found: Kustomization, by_folder: Mapping[str, Kustomization], files: Collection[str]) -> set[str]:
    """Return the paths that a kustomization builds from, directly or through other kustomizations of the run.

    Args:
        found: the kustomization.
        by_folder: those of the run.
        files: the files of the run. Flux applies all of a folder that has no kustomization.

    """
    seen: set[str] = set()
    left = [*found.resources]
    while left:
        path = left.pop()
        if path not in seen:
            seen.add(path)
            left += by_folder[path].resources if path in by_folder else ()
    whole = tuple(path + os.sep for path in found.resources if path not in by_folder and os.path.isdir(path))
    return seen | {file for file in files if file.startswith(whole)} if whole else seen
