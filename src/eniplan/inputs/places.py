"""Maps the values of a translated plan to their places in the user's files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from eniplan.errors import Place
from eniplan.k8s.kinds import PLACING
from eniplan.k8s.values import listing
from eniplan.plan.document import Document, Tagged, path_text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.messages import Message
    from eniplan.plan.document import Path, Value


class NotKnown(str):
    """Replaces an unknown value. Its text is the reason, or a name to show."""

    __slots__ = ()


STAND_IN = "unknown-"
"""The beginning of a text that stands for an unknown namespace, label or PodNetworking: equal ones are the same."""


def is_known_text(value: object) -> bool:
    """Return whether a value is text and not a `NotKnown`."""
    return isinstance(value, str) and not isinstance(value, NotKnown)


def unknown_in(value: object) -> NotKnown | None:
    """Return the first unknown part of a value; None if it is known."""
    if isinstance(value, NotKnown):
        return value
    inner = value.values() if isinstance(value, dict) else listing(value)
    return next((lost for item in inner if (lost := unknown_in(item)) is not None), None)


def put(value: dict[str, Any], path: Path, found: object) -> None:
    """Put something into nested maps, at a path of their keys."""
    *parents, last = map(str, path)
    for parent in parents:
        value = value.setdefault(parent, {})
    value[last] = found


BLANKS = r"\$\{\w[^{}]*\}|\{\{[^{}]+\}\}|\b__[A-Z][A-Z0-9_]{0,60}__\b|@[A-Z][A-Z0-9_]{0,60}@"
"""What `envsubst`, Flux, Ansible, `sed` and the like fill in later; `$NAME`, too, where nothing else stands."""
BLANK = re.compile(rf"{BLANKS}|^\$[A-Za-z_]\w*$|^<[^<>]{{1,100}}>$")
MAY_BE_BLANK = re.compile(rb"\$|\{\{|__[A-Z]|@[A-Z]|<[^<>]")
"""Matches in every file that has a `BLANK`."""


def blanked(value: Any) -> Any:  # noqa: ANN401 - a body or an object may hold anything
    """Return a value with `NotKnown` for each text that another program completes, and for maps with such a key."""
    if isinstance(value, dict):
        return {key: blanked(item) if key in _NAMED else _filled(item) for key, item in value.items()}
    if isinstance(value, list):
        return list(map(_filled, value))
    is_lost = isinstance(value, Tagged) or (type(value) is str and BLANK.search(value))
    return NotKnown(value) if is_lost else value


_NAMED = ("annotations", "labels")
"""Maps of which few keys mean anything to eniplan, and an unknown key is taken for another one."""
_AROUND_PODS = frozenset(("containers", "jobTemplate", "spec", "template"))
"""Keys of maps of which the known keys count, too: a pod's spec, and what has it."""


def _filled(value: Any) -> Any:  # noqa: ANN401 - a body or an object may hold anything
    """Return a value as `blanked` does; of a map that may have any key, at most the part that places pods."""
    key = lost_key(value)
    if key is None or _AROUND_PODS.isdisjoint(value):
        return blanked(value) if key is None else key
    own = {name: item for name, item in blanked(value).items() if name not in ("<<", key)}
    return {**dict.fromkeys(PLACING if "containers" in own else (), key), **own, "<<": key}


def lost_key(value: object) -> NotKnown | None:
    """Return a key of a map that another program completes: the map may have any key."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("<<"), Tagged | NotKnown):
        return NotKnown(f"<<: {value['<<']}")
    return next((NotKnown(key) for key in value if isinstance(key, str) and BLANK.search(key)), None)


class Skipped(NamedTuple):
    """An input or a part of one that was not checked, and the reason."""

    what: str
    why: str
    names: str = ""
    """The exclusive label or the ENI resource, if it mentions one: then users may expect it to be checked."""
    is_shown: bool = False
    """Whether it changes what was checked: then it is listed like one that mentions the label."""
    part: Document | None = None
    """The Kubernetes object that it is, with `NotKnown` where it is unknown."""


class Places(Protocol):
    """The places of a part of a plan and of the values in it."""

    @property
    def document(self) -> Document:
        """The document with the part."""

    def inner(self, path: Path) -> Origin:
        """Return the place of a value inside it."""


class Origin(NamedTuple):
    """A place in a user's document."""

    document: Document
    path: Path
    name: str = ""
    """The name of the place, if it is not its key path: a Terraform address."""

    def place(self, *, key: bool = False) -> Place:
        """Return its file, line and column."""
        return Place(*self.document.located(self.path, key=key), self.name or path_text(self.path))

    def inner(self, path: Path) -> Origin:
        """Return a place inside this one."""
        if not self.name or not path:
            return self._replace(path=(*self.path, *path))
        text = path_text(path)
        return Origin(self.document, (*self.path, *path), self.name + ("" if text.startswith("[") else ".") + text)


class Elsewhere:
    """The tree of a document whose values stand in another document, maybe at other paths; see `Tree`."""

    def __init__(self, outer: Document) -> None:
        """Store the other document."""
        self._outer = outer

    def _at(self, path: Path) -> Path:
        """Return the path in the other document."""
        return path

    def of(self, path: Path) -> Origin:
        """Return the place of a value."""
        return Origin(self._outer, self._at(path))

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

    def note(self, path: Path) -> Message:
        """See `Document.note`."""
        origin = self.of(path)
        return origin.document.note(origin.path)


class Origins(Elsewhere):
    """The tree of a translated document: maps each key path of the plan to the place of its value."""

    def __init__(self, origins: Mapping[Path, Places]) -> None:
        """Store the places, which must include the root. Deeper keys are the same in the plan and the document."""
        super().__init__(origins[()].document)
        self._origins = origins

    def of(self, path: Path) -> Origin:
        """Return the place of a value, or of its nearest known parent."""
        count = next(n for n in range(len(path), -1, -1) if path[:n] in self._origins)
        return self._origins[path[:count]].inner(path[count:])

    def word(self, path: Path, key: str) -> str:
        """See `Document.word`: the last key of the path in the user's document; for a cluster the whole path."""
        if path[:1] == ("cluster",):
            known = self._origins.get(path)
            return key if known is None or key != path_text(path) else known.inner(()).place().path
        base, inner = self.of(path[:2]), self.of((*path[:2], *key.split(".")))
        own = inner.path[len(base.path) :]
        if inner.document is not base.document or inner.path[: len(base.path)] != base.path or not own:
            return key
        return re.sub(r"\[\d+\]", "", path_text(own))


class Printed(Elsewhere):
    """The tree of a program's output, which has places but is not edited."""

    def __init__(self, outer: Document, unwritable: Message) -> None:
        """Store the output, and where to change it instead."""
        super().__init__(outer)
        self.unwritable = unwritable
        """See `Document.unwritable`."""

    def written(self, path: Path) -> None:
        """See `Document.written`."""


class Translated(Document):
    """A translated plan, whose places are in the files that it came from."""

    __slots__ = ()

    def unwritable(self, path: Path) -> Message:
        """See `Document.unwritable`."""
        assert isinstance(self.tree, Origins)  # noqa: S101 - as below
        origin = self.tree.of(path)
        return origin.document.unwritable(origin.path)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """See `Document.place`."""
        assert isinstance(self.tree, Origins)  # noqa: S101 - only `translated` creates instances
        return self.tree.of(path).place(key=key)

    def located(self, path: Path, *, key: bool = False) -> tuple[str, int, int]:
        """See `Document.located`."""
        return self.place(path, key=key)[:3]


def translated(value: Value, origins: Mapping[Path, Places]) -> Translated:
    """Return a document with a value, and the places of its parts in other documents."""
    return Translated(origins[()].document.file, value, Origins(origins))
