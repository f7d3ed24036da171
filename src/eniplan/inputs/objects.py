"""Kubernetes objects of a run, and their places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan.inputs.places import STAND_IN, NotKnown, Origin
from eniplan.k8s.kinds import objects as listed
from eniplan.k8s.values import mapping
from eniplan.plan.document import value_at
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.plan.document import Document, JsonList, Path


class Object(NamedTuple):
    """A Kubernetes object, and its place."""

    document: Document
    path: Path
    value: dict[str, Any]
    number: int | None = None
    """The index of its document in the file; None if the file cannot be read again."""

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.value["kind"])

    @property
    def name(self) -> str:
        """Its name or its `generateName`; empty if it has neither."""
        return str(self.at("metadata", "name") or self.at("metadata", "generateName") or "").rstrip("-")

    @property
    def title(self) -> str:
        """Its kind and name in messages."""
        return f"{self.kind} {self.name!r}" if self.name else self.kind

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return str(self.at("metadata", "namespace") or "default")

    @property
    def states_namespace(self) -> bool:
        """Whether it states its namespace; else it gets one when it is applied."""
        return bool(self.at("metadata", "namespace"))

    @property
    def is_placed_later(self) -> bool:
        """Whether its namespace is known only when it is applied."""
        return not self.states_namespace or self.namespace.startswith(STAND_IN)

    def at(self, *path: str | int) -> Any:  # noqa: ANN401 - a manifest may hold anything
        """Return the value at a path, or None."""
        return value_at(self.value, path)

    def known(self, *path: str | int) -> Any:  # noqa: ANN401 - as `at`
        """Return the value at a path, or the unknown value above it."""
        above = (self.at(*path[:n]) for n in range(1, len(path)))
        return next((found for found in above if isinstance(found, NotKnown)), self.at(*path))

    def texts(self, *path: str | int) -> dict[str, str]:
        """Return the entries of the map at a path whose values are text."""
        found = self.at(*path)
        return {k: v for k, v in mapping(found).items() if isinstance(v, str)}

    def origin(self, *path: str | int) -> Origin:
        """Return the place of a value of the object."""
        return Origin(self.document, (*self.path, *path))


def objects(document: Document, number: int | None = None) -> Iterator[Object]:
    """Yield the objects of a document; for a List, its items."""
    return _judged(document, listed(document.value), number)


def objects_of(found: JsonList, number: int | None) -> Iterator[Object]:
    """Yield the objects of a list. Only one of them is in memory at a time."""
    each = ((("items", i, *path), value) for i, item in enumerate(found.items()) for path, value in listed(item))
    return _judged(found.document, each, number)


def _judged(document: Document, each: Iterable[tuple[Path, Any]], number: int | None) -> Iterator[Object]:
    for path, value in each:
        if isinstance(value.get("kind"), str) and isinstance(value.get("apiVersion"), str):
            yield Object(document, path, value, number)
