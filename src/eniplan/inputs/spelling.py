"""Node pools in other words than the API's: each is brought to a request body, and from there to a plan.

The names are those of `plan.fields`, which the writers of `emit` use as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from eniplan.bounds import integer
from eniplan.emit.rename import put
from eniplan.inputs.body import exclusive
from eniplan.inputs.places import NotKnown, Origin
from eniplan.plan.document import value_at
from eniplan.plan.fields import WRITTEN, read
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.plan.document import Document, Path


class Spelling(Protocol):
    """How one form says what a request body says."""

    cluster: Path
    """Where it names the cluster."""

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request body; what a body has no name for goes."""

    def path(self, body: Path, value: Mapping[str, Any]) -> Path:
        """Return where it says what a body says at a path; what has no place of its own is in its parent."""


class Resource(NamedTuple):
    """One node pool."""

    address: str
    """What people call it where it stands; empty in a body, which holds nothing else."""
    document: Document
    path: Path
    """Where its arguments stand in the document."""
    value: dict[str, Any]
    """Its arguments; `NotKnown` stands for those that have no value yet."""
    spelling: Spelling
    existing: dict[str, str] | None = None
    """The labels of the live pool that it changes; None: it creates one."""
    vanishes: bool = False
    """Whether it takes the exclusive label from a live pool."""


class PoolPlaces(NamedTuple):
    """Where the values of a pool of a plan came from: most of them nobody asks for."""

    origin: Origin
    """Of the pool."""
    resource: Resource
    body_paths: Mapping[Path, Path]
    """Where a body says what a key of the pool says."""

    @property
    def document(self) -> Document:
        """The document that the pool stands in."""
        return self.resource.document

    def of_body(self, path: Path) -> Origin:
        """Return where it says what a body says at a path."""
        return self.origin.inner(self.resource.spelling.path(path, self.resource.value))

    def inner(self, path: Path) -> Origin:
        """Return the place of a key of the pool."""
        if path[:1] == ("overrides",):
            return self.of_body(path[1:])
        for count in range(len(path), 0, -1):
            if path[:count] in self.body_paths:
                return self.of_body(self.body_paths[path[:count]]).inner(path[count:])
        return self.origin.inner(path)


class Body:
    """The API's own words."""

    cluster: Path = ()

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`."""
        return dict(value)

    def path(self, body: Path, _value: Mapping[str, Any]) -> Path:
        """See `Spelling`."""
        return body


class Names:
    """A form with other names."""

    def __init__(self, names: dict[str, str], cluster: str) -> None:
        """Take its names and the API's for the same, dotted, and its name for the cluster."""
        self.cluster: Path = (cluster,)
        self._names = names
        self._blocks = {
            own[: own.rindex(mark)]: api[: api.rindex(mark)]
            for own, api in names.items()
            for mark in (("[].",) if "[]" in own else (".",))
            if mark in own
        }
        """The same for blocks: `labels` to `kubernetes_config.labels`."""
        self._lists = frozenset(name.partition("[]")[0] for name in names if "[]" in name)
        """Blocks that there may be several of. In Terraform any other comes as a list of none or one."""
        self._own: dict[str, list[str]] = {}
        for own, api in (names | self._blocks).items():
            self._own.setdefault(api, []).append(own)

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`."""
        body: dict[str, Any] = {}
        for name, indexes, found in self._leaves(value, "", ()):
            target = self._names.get(name) or self._blocks.get(name)
            if target is not None:
                put(body, target, indexes, _converted(target, found))
        return body

    def path(self, body: Path, value: Mapping[str, Any]) -> Path:
        """See `Spelling`. Of several names the one that is used."""
        for count in range(len(body), 0, -1):
            own = self._own.get(_dotted(body[:count]))
            if own:
                indexes = [step for step in body[:count] if isinstance(step, int)]
                places = [self._resolved(value, name, indexes) for name in own]
                said = [path for path in places if value_at(value, path) not in (None, "", [])]
                return (*(said or places)[0], *body[count:])
        return ()

    def _resolved(self, value: Any, name: str, indexes: list[int]) -> Path:  # noqa: ANN401 - the arguments
        """Return the path of a name, with a step into the one item of a list where a block comes as a list."""
        out: list[str | int] = []
        left = iter(indexes)
        parts = name.split(".")
        for i, part in enumerate(parts):
            step = part.removesuffix("[]")
            inner = value_at(value, (*out, step))
            out.append(step)
            if part != step:
                out.append(next(left))
            elif (
                isinstance(inner, list)
                and (block := ".".join(parts[: i + 1])) not in self._lists
                and block in self._blocks
            ):
                out.append(0)
        return tuple(out)

    def _leaves(self, value: Any, name: str, indexes: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...], Any]]:  # noqa: ANN401 - any argument
        if value in (None, "", []):
            return
        if isinstance(value, list) and name in self._blocks:
            # One block that is not known makes the others not known, unless the label is already among them.
            lost = next((item for item in value if isinstance(item, NotKnown)), None)
            known = [item for item in value if not isinstance(item, NotKnown)]
            if lost is not None and not (self._blocks[name] == _LABELS and exclusive(known)):
                yield name, indexes, lost
                return
            value = known
        if name in self._names or isinstance(value, NotKnown):
            yield name, indexes, value
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from self._leaves(item, f"{name}.{key}" if name else key, indexes)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                is_list = name in self._lists
                yield from self._leaves(item, f"{name}[]" if is_list else name, (*indexes, i) if is_list else indexes)


def _dotted(path: Iterable[str | int]) -> str:
    """Return a key path as the table of fields has it."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


_LABELS = "kubernetes_config.labels"


class Terraform(Names):
    """Terraform's names, with what the provider makes of the arguments."""

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`."""
        body = super().body_of({**value, "scaling_config": _enabled(value.get("scaling_config"))})
        tags = value.get("tags")
        if isinstance(tags, dict) and tags:
            put(body, "scaling_group.tags", (), [{"key": key, "value": item} for key, item in tags.items()])
        return body

    def path(self, body: Path, value: Mapping[str, Any]) -> Path:
        """See `Spelling`."""
        tags = value.get("tags")
        if body[:2] == ("scaling_group", "tags") and isinstance(tags, dict):
            return ("tags", *(list(tags)[step] for step in body[2:3] if isinstance(step, int)))
        return super().path(body, value)


def _enabled(scaling: Any) -> Any:  # noqa: ANN401 - an argument
    """Return a block of automatic scaling with the provider's default."""
    if isinstance(scaling, list):
        return [_enabled(block) for block in scaling]
    if isinstance(scaling, dict) and scaling.get("enable") is None:
        return {**scaling, "enable": True}
    return scaling


class CamelCase(Terraform):
    """Terraform's names as Pulumi and Crossplane write them: `nodePoolName`."""

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`."""
        return super().body_of(snake(value))

    def path(self, body: Path, value: Mapping[str, Any]) -> Path:
        """See `Spelling`."""
        found = super().path(body, snake(value))
        return tuple(camel(step) if isinstance(step, str) and found[0] != "tags" else step for step in found)


def camel(name: str) -> str:
    """Write a name of Terraform as Pulumi and Crossplane do."""
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)


def snake(value: Any) -> Any:  # noqa: ANN401 - an argument
    """Return a value with the keys of its maps as Terraform and the API write them."""
    if isinstance(value, dict):
        return {
            re.sub("(?<!^)[A-Z]", r"_\g<0>", key).lower(): item if key == "tags" else snake(item)
            for key, item in value.items()
        }
    return [snake(item) for item in value] if isinstance(value, list) else value


_NUMBERS = {
    "scaling_group.desired_size", "scaling_group.system_disk_size", "auto_scaling.min_instances",
    "auto_scaling.max_instances", "count", "node_config.kubelet_configuration.maxPods",
}  # fmt: skip
_FLAG = "auto_scaling.enable"
_TEXTS = frozenset(".".join(map(str, path)) for path in WRITTEN.values()) - _NUMBERS - {_FLAG}
"""What a plan reads as text; of labels and taints each part is."""


def _converted(target: str, value: Any) -> Any:  # noqa: ANN401 - an argument
    """Return a value in the type of the API: others make text of numbers and flags, and the other way round."""
    if target in _NUMBERS and isinstance(value, str) and value.isdecimal():
        return integer(value)
    if target == _FLAG and value in ("true", "false"):
        return value == "true"
    is_text = target in _TEXTS or target.partition("[]")[0] in _TEXTS
    if is_text and isinstance(value, list):
        return [_converted(target, item) for item in value]
    return as_text(value) if is_text else value


def as_text(value: Any) -> Any:  # noqa: ANN401 - an argument
    """Return a number or a flag as the text that other tools make of it where the API has text."""
    return str(value).lower() if isinstance(value, bool | int | float) else value


BODY = Body()
TERRAFORM = Terraform(read("terraform"), "cluster_id")
ROS = Names(read("ros"), "ClusterId")
PULUMI = CamelCase(
    {name.replace("spot_price_limit[]", "spot_price_limits[]"): api for name, api in read("terraform").items()},
    "clusterId",
)
CROSSPLANE = CamelCase(read("terraform"), "clusterId")
