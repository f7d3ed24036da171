"""Where in the user's own files the values of a translated plan came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from eniplan.errors import Place
from eniplan.plan.document import Document, path_text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.messages import Message
    from eniplan.plan.document import Path, Tree, Value


class NotKnown(str):
    """Stands for a value that the input does not hold yet; its text says why. Shown where a name is needed."""

    __slots__ = ()


def is_known_text(value: object) -> bool:
    """Return whether a value is a text that the input holds."""
    return isinstance(value, str) and not isinstance(value, NotKnown)


class Skipped(NamedTuple):
    """Something that was not judged, and why."""

    what: str
    why: str
    names: str = ""
    """The exclusive label, or the resource, where it names one: it may hold what its author takes for judged."""


class Places(Protocol):
    """Where a part of a plan came from, and the values inside of it."""

    @property
    def document(self) -> Document:
        """The document that it stands in."""

    def inner(self, path: Path) -> Origin:
        """Return the place of a value inside."""


class Origin(NamedTuple):
    """A place in a document of the user."""

    document: Document
    path: Path
    name: str = ""
    """What people call the place, when it is not its key path: an address of Terraform."""

    def place(self, *, key: bool = False) -> Place:
        """Return its file, line and column."""
        line, column = self.document.tree.find(self.path, key=key)
        return Place(self.document.file, line, column, self.name or path_text(self.path))

    def inner(self, path: Path) -> Origin:
        """Return a place inside this one."""
        if not self.name or not path:
            return self._replace(path=(*self.path, *path))
        text = path_text(path)
        return Origin(self.document, (*self.path, *path), self.name + ("" if text.startswith("[") else ".") + text)


class NoPlaces:
    """The tree of a document that is only known to be there."""

    def find(self, _path: Path, *, key: bool) -> tuple[int, int]:  # noqa: ARG002 - as all trees have it
        """See `Tree.find`."""
        return 1, 1

    def text(self, _path: Path) -> str | None:
        """See `Tree.text`."""
        return None


class Origins:
    """The tree of a translated document: each key path of the plan leads to where its value came from."""

    def __init__(self, origins: Mapping[Path, Places]) -> None:
        """Take the known ones; what lies deeper has the same keys in both. The root must be among them."""
        self._origins = origins

    def of(self, path: Path) -> Origin:
        """Return the place of a value, or of its nearest known parent."""
        count = next(n for n in range(len(path), -1, -1) if path[:n] in self._origins)
        return self._origins[path[:count]].inner(path[count:])

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        origin = self.of(path)
        return origin.document.tree.find(origin.path, key=key)

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        origin = self.of(path)
        return origin.document.tree.text(origin.path)

    def written(self, path: Path) -> Path | None:
        """See `Document.written`."""
        origin = self.of(path)
        return origin.document.written(origin.path)

    def word(self, path: Path, key: str) -> str:
        """See `Document.word`: it is where the form says what the key says."""
        base, inner = self.of(path[:2]), self.of((*path[:2], *key.split(".")))
        own = inner.path[len(base.path) :]
        if inner.document is not base.document or inner.path[: len(base.path)] != base.path or not own:
            return key
        return re.sub(r"\[\d+\]", "", path_text(own))

    def note(self, path: Path) -> Message:
        """See `Document.note`."""
        origin = self.of(path)
        return origin.document.note(origin.path)


class Printed(NamedTuple):
    """The tree of what a program has printed: its places are there, and nobody edits them."""

    inner: Tree
    unwritable: Message
    """See `Document.unwritable`: where it is changed instead."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        return self.inner.find(path, key=key)

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        return self.inner.text(path)


class Translated(Document):
    """A plan that no file holds; its places are those of the files that it was made from."""

    __slots__ = ()

    def unwritable(self, path: Path) -> Message:
        """See `Document.unwritable`."""
        assert isinstance(self.tree, Origins)  # noqa: S101 - as below
        origin = self.tree.of(path)
        return origin.document.unwritable(origin.path)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """See `Document.place`."""
        assert isinstance(self.tree, Origins)  # noqa: S101 - `translated` is the only one that makes them
        return self.tree.of(path).place(key=key)


def translated(value: Value, origins: Mapping[Path, Places]) -> Translated:
    """Return a document with this value, and with places in the documents that it came from."""
    return Translated(origins[()].document.file, value, Origins(origins))
