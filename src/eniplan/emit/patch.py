"""Add what a user's own manifests lack, and change nothing else.

A manifest belongs to the workload of the plan with the same kind, namespace and name; or it names its pool in the
annotation `eniplan.dev/node-pool`, and its PodNetworking in `eniplan.dev/pod-networking`. One of a kind that eniplan
does not know, such as a LeaderWorkerSet, must name its pool: all its pod templates are for it.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from eniplan.emit.pods import PodError, complete, wanted
from eniplan.emit.splice import parse, splice
from eniplan.errors import InputError, Place, Problem
from eniplan.k8s.kinds import called, hidden_templates, holder, may_have_pods, objects, templates
from eniplan.k8s.values import mapping
from eniplan.k8s.values import text as text_of
from eniplan.messages import NOTHING, Message, say
from eniplan.plan.document import path_text, value_at, values_in
from eniplan.plan.model import NETWORKING_ANNOTATION, POOL_ANNOTATION
from eniplan.suggest import did_you_mean
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.emit.pods import Wanted
    from eniplan.emit.splice import Node
    from eniplan.k8s.kinds import Holder
    from eniplan.plan.document import Path
    from eniplan.plan.model import Plan, Workload


class Change(NamedTuple):
    """One manifest of the input, its kind, and the key paths with additions."""

    name: str
    pool: str | None
    """None: it names no pool, so it is not changed."""
    added: tuple[str, ...]


def patch(file: str, text: str, plan: Plan) -> tuple[str, list[Change]]:
    """Return the completed manifests, and the changes.

    Args:
        file: the name to show in places.
        text: any number of YAML documents; those of other kinds are not changed.
        plan: a plan that passes.

    Raises:
        InputError: the text is not YAML, no manifest names a pool, or one contradicts its pool.

    """
    nodes = parse(file, text)
    values = values_in(file, text)
    manifests = [
        _Manifest(file, nodes[i], (i, *path), value, plan, found)
        for i, document in enumerate(values)
        for path, value in objects(document)
        if (found := holder(value.get("apiVersion"), value.get("kind"))) is not None or _names_pool(value)
    ]
    wished = copy.deepcopy(values)
    for manifest in manifests:
        manifest.complete(wished)
    if not any(manifest.pool for manifest in manifests):
        hint = say(
            "name the workloads in the plan, or annotate the manifests with {pool_annotation}: POOL",
            pool_annotation=POOL_ANNOTATION,
        )
        raise InputError(Problem(say("no manifest in this file names a node pool of the plan"), Place(file), hint))
    out, added = splice(file, text, values, wished)
    return out, [Change(manifest.name, manifest.pool, manifest.own(added)) for manifest in manifests]


def _names_pool(value: dict[str, Any]) -> bool:
    """Return whether an object of any kind names a pool for its pods. Kustomize annotates also what has none."""
    notes = mapping(mapping(value.get("metadata")).get("annotations"))
    return POOL_ANNOTATION in notes and may_have_pods(value)


class _Manifest:
    """One manifest of the user, and the pool that it names."""

    def __init__(  # noqa: PLR0913, PLR0917 - a manifest, its position, and the plan
        self, file: str, node: Node, at: Path, value: dict[str, Any], plan: Plan, found: Holder | None
    ) -> None:
        """Store the manifest and its path: the number of its document, then the path in it."""
        self._file = file
        self._node = node
        self._at = at
        self._value = value
        self._plan = plan
        self._holder = found
        self._kind: str = text_of(value.get("kind"))
        self._metadata = mapping(value.get("metadata"))
        self.name = f"{self._kind} {self._metadata.get('name', '(no name)')}"
        self.pool: str | None = None

    def complete(self, documents: list[Any]) -> None:
        """Add what its pods lack, in a copy of all documents; nothing if it names no pool."""
        for path, name in self._templates():
            want = self._wanted(name)
            if want is None:
                continue
            template = value_at(documents, (*self._at, *path))
            if not isinstance(template, dict):
                raise self._error(path, say("{name} has no pod template", name=self.name))
            try:
                complete(template, want, is_bare=not path)
            except PodError as error:
                raise self._error((*path, *error.path), error.message, error.hint) from None

    def _templates(self) -> list[tuple[Path, str]]:
        """Return the paths of its pod templates, and what a plan may call their pods."""
        name = text_of(self._metadata.get("name"))
        if self._holder is not None:
            return [(found.path, called(name, found.role)) for found in templates(self._holder, self._value)]
        found = [(path, name) for path, _ in hidden_templates(self._value) if path]
        if not found:
            message = say("{name} names a node pool, and has no pod template that eniplan finds", name=self.name)
            hint = say("add the toleration, the node affinity and the request where its kind takes them")
            raise self._error(("metadata", "annotations", POOL_ANNOTATION), message, hint)
        return found

    def own(self, added: list[tuple[str, ...]]) -> tuple[str, ...]:
        """Return the added key paths that belong to this manifest, from those of each document."""
        number, *path = self._at
        prefix = f"{path_text(tuple(path))}." if path else ""
        return tuple(text.removeprefix(prefix) for text in added[int(number)] if text.startswith(prefix))

    def _wanted(self, planned: str) -> Wanted | None:
        notes = mapping(self._metadata.get("annotations"))
        workload = self._workload(planned) or self._workload(text_of(self._metadata.get("name")))
        named = self._note(notes, POOL_ANNOTATION, None if workload is None else workload.node_pool)
        if named is None:
            return None
        pools = {pool.name: pool for pool in reversed(self._plan.node_pools)}
        networkings = {pn.name: pn for pn in self._plan.pod_networkings}
        networking = self._note(notes, NETWORKING_ANNOTATION, None if workload is None else workload.pod_networking)
        for what, name, known in (("node pool", named, pools), ("PodNetworking", networking, networkings)):
            if name is not None and name not in known:
                message = say(
                    "{name} names the {what} {name2!r}, which the plan does not have",
                    name=self.name,
                    what=what,
                    name2=name,
                )
                raise self._error(("metadata",), message, did_you_mean(name, known))
        self.pool = named
        if networking is not None and pools[named].is_lingjun:
            message = say(
                "{name} uses a PodNetworking on the Lingjun pool {named!r}, which does not support it",
                name=self.name,
                named=named,
            )
            raise self._error(("metadata",), message, say("remove the PodNetworking"))
        return wanted(
            self._plan,
            pools[named],
            None if networking is None else networkings[networking],
            host_network=workload is not None and workload.host_network,
            eni_request=None if workload is None else workload.stated_request,
        )

    def _workload(self, name: str) -> Workload | None:
        """Return the plan's workload; a manifest without a namespace matches any namespace."""
        same = [w for w in self._plan.workloads if (w.kind, w.name) == (self._kind, name)]
        namespace = self._metadata.get("namespace")
        if namespace is None and len(same) == 1:
            return same[0]
        return next((w for w in same if w.namespace == (namespace or "default")), None)

    def _note(self, notes: dict[str, Any], key: str, planned: str | None) -> str | None:
        noted = notes.get(key)
        if noted is None:
            return planned
        if planned is not None and noted != planned:
            message = say(
                "{name} has the annotation {key}: {noted}, but the plan says {planned}",
                name=self.name,
                key=key,
                noted=noted,
                planned=planned,
            )
            raise self._error(("metadata", "annotations", key), message, say("keep one of them"))
        return str(noted)

    def _error(self, path: Path, message: Message, hint: Message = NOTHING) -> InputError:
        node = self._node
        for step in (*self._at[1:], *path):
            if isinstance(step, int):
                found = node.items[step] if step < len(node.items) else None
            else:
                found = node.child(step) if node.kind == "map" else None
            if found is None:
                break
            node = found
        return InputError(Problem(message, node.place(self._file, path), hint))
