"""Translates node pools of Terraform, Pulumi, Crossplane and ROS into request bodies, which `inputs.body` reads.

The names come from `plan.fields`, which the writers in `emit` also use.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from eniplan.bounds import integer
from eniplan.emit.rename import put
from eniplan.inputs.body import exclusive
from eniplan.inputs.places import NotKnown, Origin
from eniplan.plan.document import value_at
from eniplan.plan.fields import WRITTEN, api_name, in_api_case, pascal, read
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.plan.document import Document, Path


class Spelling(Protocol):
    """Translates one format into request bodies."""

    cluster: Path
    """The path of the cluster's id."""

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request body. Arguments without a field in the body are dropped."""

    def path(self, body: Path, value: Mapping[str, Any]) -> Path:
        """Return the path in the format for a path in the body; that of the parent if it has none."""


class Resource(NamedTuple):
    """One node pool."""

    address: str
    """Its name in the document; empty for a body, which holds nothing else."""
    document: Document
    path: Path
    """The path of its arguments in the document."""
    value: dict[str, Any]
    """Its arguments; `NotKnown` replaces unknown values."""
    spelling: Spelling
    existing: dict[str, str] | NotKnown | None = None
    """The labels of the live pool that it changes or adopts; None if it creates a pool."""
    vanishes: bool = False
    """Whether it removes the exclusive label from a live pool."""
    is_doubled: bool | None = None
    """Whether it is created while a pool of its name exists: now, or (False) when it is replaced; None: never."""


class PoolPlaces(NamedTuple):
    """The places of a pool's values, computed on request, because most are never needed."""

    origin: Origin
    """The place of the pool."""
    resource: Resource
    body_paths: Mapping[Path, Path]
    """The path in the body for each key of the pool."""

    @property
    def document(self) -> Document:
        """The document with the pool."""
        return self.resource.document

    def of_body(self, path: Path) -> Origin:
        """Return the place for a path in the body."""
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
    """The format of the API itself."""

    cluster: Path = ()

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`."""
        return dict(value)

    def path(self, body: Path, _value: Mapping[str, Any]) -> Path:
        """See `Spelling`."""
        return body


class CasedBody(Body):
    """The format of the API in another case, as SDKs for TypeScript and Java have it: `nodepoolInfo`."""

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`. The user's own keys stay, because the API itself does not know them (NP018)."""
        body: dict[str, Any] = in_api_case(value)
        return body | {key: {} for key in value if key not in body}

    def path(self, body: Path, value: Any) -> Path:  # noqa: ANN401 - a request may hold anything
        """See `Spelling`."""
        out: list[str | int] = []
        for step in body:
            keys = value if isinstance(value, dict) and step not in value else ()
            # A missing key is spelled like those beside it.
            other = pascal(str(step)) if any(key[:1].isupper() for key in keys) else step
            own = next((key for key in keys if api_name(key) == step), other)
            out.append(own)
            value = value_at(value, (own,))
        return tuple(out)


class Names:
    """A format with other names than the API."""

    def __init__(self, names: dict[str, str], cluster: str) -> None:
        """Store the API name by the format's name, both dotted, and the format's name of the cluster's id."""
        self.cluster: Path = (cluster,)
        self._names = names
        self._blocks = {
            own[: own.rindex(mark)]: api[: api.rindex(mark)]
            for own, api in names.items()
            for mark in (("[].",) if "[]" in own else (".",))
            if mark in own
        }
        """The same for blocks: `labels` is `kubernetes_config.labels`."""
        self._lists = frozenset(name.partition("[]")[0] for name in names if "[]" in name)
        """Repeatable blocks. In Terraform any other block is a list with at most one item."""
        self._items = {f"{own}[]": f"{api}[]" for own, api in self._blocks.items() if api in (_LABELS, _TAINTS)}
        """One label or taint, which may be in a form that the format does not have."""
        self._own: dict[str, list[str]] = {}
        for own, api in (names | self._blocks).items():
            self._own.setdefault(api, []).append(own)

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`."""
        body: dict[str, Any] = {}
        for name, indexes, found in self._leaves(value, "", ()):
            target = self._names.get(name) or self._blocks.get(name) or self._items.get(name)
            if target is not None:
                put(body, target, indexes, _converted(target, found))
        return body

    def path(self, body: Path, value: Mapping[str, Any]) -> Path:
        """See `Spelling`. Of alternative names, the one in use."""
        for count in range(len(body), 0, -1):
            own = self._own.get(_dotted(body[:count]))
            if own:
                indexes = [step for step in body[:count] if isinstance(step, int)]
                places = [self._resolved(value, name, indexes) for name in own]
                said = [path for path in places if value_at(value, path) not in (None, "", [])]
                return (*(said or places)[0], *body[count:])
        return ()

    def _resolved(self, value: Any, name: str, indexes: list[int]) -> Path:  # noqa: ANN401 - the arguments
        """Return the path of a name, with an index where a block is a list with one item."""
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
            # One unknown block makes the list unknown, unless a known block has the exclusive label.
            lost = next((item for item in value if isinstance(item, NotKnown)), None)
            if lost is not None and not (self._blocks[name] == _LABELS and exclusive(value)):
                yield name, indexes, lost
                return
        if name in self._names or isinstance(value, NotKnown) or self._is_misread(name, value):
            yield name, indexes, value
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from self._leaves(item, f"{name}.{key}" if name else key, indexes)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                is_list = name in self._lists
                yield from self._leaves(item, f"{name}[]" if is_list else name, (*indexes, i) if is_list else indexes)

    def _is_misread(self, name: str, value: Any) -> bool:  # noqa: ANN401 - any argument
        """Return whether labels or taints are in a form that the format does not have, such as a map."""
        if f"{name}[]" in self._items:
            return not isinstance(value, list)
        if name not in self._items:
            return False
        # Every label and taint has a key, under one name.
        return not (
            isinstance(value, dict) and any(self._names.get(f"{name}.{key}", "").endswith("].key") for key in value)
        )


def _dotted(path: Iterable[str | int]) -> str:
    """Return a key path as in the table of fields."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


_LABELS, _TAINTS = "kubernetes_config.labels", "kubernetes_config.taints"


class Terraform(Names):
    """Terraform's names, with the provider's defaults."""

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
    """Return an auto scaling block with the provider's default."""
    if isinstance(scaling, list):
        return [_enabled(block) for block in scaling]
    if isinstance(scaling, dict) and scaling.get("enable") is None:
        return {**scaling, "enable": True}
    return scaling


class CamelCase(Terraform):
    """Terraform's names in camelCase, as in Pulumi and Crossplane: `nodePoolName`."""

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`."""
        return super().body_of(snake(value))

    def path(self, body: Path, value: Mapping[str, Any]) -> Path:
        """See `Spelling`."""
        found = super().path(body, snake(value))
        return tuple(camel(step) if isinstance(step, str) and found[0] != "tags" else step for step in found)


class Crossplane(CamelCase):
    """Crossplane's names. A reference or selector (`vswitchIdRefs`) stands for ids that Crossplane fills in."""

    def body_of(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """See `Spelling`."""
        lost = {name: NotKnown(key) for name, key in self._references(value).items()}
        return super().body_of({**value, **lost})

    def path(self, body: Path, value: Mapping[str, Any]) -> Path:
        """See `Spelling`."""
        found = super().path(body, value)
        key = self._references(value).get(str(found[0])) if found else None
        return found if key is None else (key,)

    def _references(self, value: Mapping[str, Any]) -> dict[str, str]:
        """Return the key of the reference for each field that has no value but a reference."""
        found: dict[str, str] = {}
        for key in value:
            # Releases of the provider differ: `vswitchIdRefs` and `vswitchIdsRefs` both stand for `vswitchIds`.
            stem = re.sub("(Refs?|Selector)$", "", key)
            for name in (stem, f"{stem}s") if stem != key else ():
                if not value.get(name) and snake_name(name) in self._names:
                    found.setdefault(name, key)
        return found


def camel(name: str) -> str:
    """Return a Terraform name in camelCase."""
    return re.sub("_([a-z])", lambda found: found[1].upper(), name)


def snake(value: Any) -> Any:  # noqa: ANN401 - an argument
    """Return a value with the keys of its maps in snake_case."""
    if isinstance(value, dict):
        return {snake_name(key): item if key == "tags" else snake(item) for key, item in value.items()}
    return [snake(item) for item in value] if isinstance(value, list) else value


def snake_name(name: str) -> str:
    """Return a name in snake_case."""
    return re.sub("(?<!^)[A-Z]", r"_\g<0>", name).lower()


_NUMBERS = {
    "scaling_group.desired_size", "scaling_group.system_disk_size", "auto_scaling.min_instances",
    "auto_scaling.max_instances", "count", "node_config.kubelet_configuration.maxPods",
}  # fmt: skip
_FLAG = "auto_scaling.enable"
_TEXTS = frozenset(".".join(map(str, path)) for path in WRITTEN.values()) - _NUMBERS - {_FLAG}
"""The fields that a plan reads as text; for labels and taints, each part."""


def _converted(target: str, value: Any) -> Any:  # noqa: ANN401 - an argument
    """Return a value in the API's type: other tools may use text for numbers and booleans, and vice versa."""
    if target in _NUMBERS and isinstance(value, str) and value.isdecimal():
        return integer(value)
    if target == _FLAG and value in ("true", "false"):
        return value == "true"
    is_text = target.partition("[]")[0] in _TEXTS
    if is_text and isinstance(value, list):
        return [_converted(target, item) for item in value]
    return as_text(value) if is_text else value


def as_text(value: Any) -> Any:  # noqa: ANN401 - an argument
    """Return a number or boolean as text, as other tools convert it where the API expects text."""
    return str(value).lower() if isinstance(value, int | float) else value


DECIDING = (
    "labels", "instance_types", "vswitch_ids", "security_group_ids", "desired_size", "taints", "image_type",
    "unschedulable",
)  # fmt: skip
"""The arguments of Terraform that most rules are about: unknown if nothing of a pool is known."""
BODY = Body()
CASED = CasedBody()
TERRAFORM = Terraform(read("terraform"), "cluster_id")
ROS = Names(read("ros"), "ClusterId")
PULUMI = CamelCase(
    {name.replace("spot_price_limit[]", "spot_price_limits[]"): api for name, api in read("terraform").items()},
    "clusterId",
)
PULUMI_POOL = ("alicloud:cs:NodePool", "alicloud:cs/nodePool:NodePool")
CROSSPLANE = Crossplane(read("terraform"), "clusterId")
CROSSPLANE_POOL = "KubernetesNodePool"
