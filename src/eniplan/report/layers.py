"""The layer of the instance data that a number comes from: by name for programs, as a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.limits import Capacity, made_of
from eniplan.messages import named, say
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from eniplan.catalog.record import OwnData
    from eniplan.messages import Message

BUNDLED = "bundled"
"""The name of the lowest layer."""


class Origin(NamedTuple):
    """The origin of an instance type's numbers, if not all come from the bundled data."""

    known: Mapping[str, object]
    """The type's record, by API field."""
    over: Mapping[str, OwnData]
    """The layer of each field that does not come from the bundled data."""
    erdma: bool
    """Whether eRDMA takes one ENI slot from the pods."""

    def of(self, mode: str) -> str:
        """Return the layers behind the pods per node in a mode."""
        return name_of(made_of(mode, erdma=self.erdma), self.known, self.over)

    def fields(self) -> dict[str, None]:
        """Return the limits from which the pods per node are computed."""
        return dict.fromkeys(field for mode in Capacity._fields for field in made_of(mode, erdma=self.erdma))


def name(layer: OwnData) -> str:
    """Return the name for programs of a layer above the bundled data; each account has its own."""
    return layer.file if layer.kind == "account" else layer.kind


def name_of(fields: Iterable[str], known: Mapping[str, object], over: Mapping[str, OwnData]) -> str:
    """Return the names of the layers that a number is computed from, joined with a plus.

    Args:
        fields: the API fields that the number is computed from.
        known: the record of the type, by API field.
        over: the layer of each field that does not come from the bundled data.

    """
    found = (over.get(field) for field in fields if known.get(field) is not None)
    return "+".join(dict.fromkeys(BUNDLED if layer is None else name(layer) for layer in found))


def as_map(date: str, own: OwnData | None, more: Iterable[OwnData] = ()) -> dict[str, dict[str, str | None]]:
    """Return all layers by name for programs, lowest first. Those in `more` may override the user's own data.

    The date is that of the bundled data.
    """
    found: dict[str, dict[str, str | None]] = {}
    for layer in (*more, *(() if own is None else own.stack())):
        found[name(layer)] = {"file": layer.file, "date": layer.date, "region": layer.region}
    found[BUNDLED] = {"file": None, "date": date, "region": None}
    return dict(reversed(found.items()))


def in_words(layer: OwnData) -> Message:
    """Return the name and date of a layer for people."""
    if layer.region is not None:
        return say("{file} ({region} on {day})", file=layer.file, region=layer.region, day=layer.date)
    return say("{file} ({day})", file=layer.file, day=say("no date") if layer.date is None else layer.date)


def notes(
    numbers: Iterable[tuple[str, Mapping[str, Iterable[str]]]], over: Mapping[str, Mapping[str, OwnData]]
) -> Iterator[Message]:
    """Yield notes on which numbers come from which layer, except those of the bundled data.

    Args:
        numbers: for each type, the names of its numbers, with the API fields that each is computed from.
        over: for each type, the layer of each field that does not come from the bundled data.

    """
    groups: dict[tuple[OwnData, tuple[str, ...]], list[str]] = {}
    for type_id, called in numbers:
        layers: dict[OwnData, dict[str, None]] = {}
        for number, fields in called.items():
            for field in fields:
                layer = over.get(type_id, {}).get(field)
                if layer is not None:
                    layers.setdefault(layer, {})[number] = None
        for layer, its_numbers in layers.items():
            groups.setdefault((layer, tuple(its_numbers)), []).append(type_id)
    for (layer, told), types in groups.items():
        yield say("{numbers} of {types}: from {layer}", numbers=told, types=named(types), layer=in_words(layer))
