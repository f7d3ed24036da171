"""The layer of the instance data that a number comes from: by name for programs, as a line for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.catalog.limits import made_of
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
    """Its record."""
    over: Mapping[str, OwnData]
    """The layer of each field that does not come from the bundled data."""
    erdma: bool
    """Whether eRDMA takes one slot away from the pods."""

    def of(self, mode: str) -> str:
        """Return the layers behind the pods per node in a mode."""
        return name_of(made_of(mode, erdma=self.erdma), self.known, self.over)

    def fields(self) -> dict[str, None]:
        """Return the limits from which the pods per node are computed."""
        return dict.fromkeys(field for mode in _MODES for field in made_of(mode, erdma=self.erdma))


_MODES = ("exclusive", "shared", "trunk")


def name(layer: OwnData) -> str:
    """Name a layer above the bundled data for programs; each of several accounts has its own name."""
    return layer.file if layer.kind == "account" else layer.kind


def name_of(fields: Iterable[str], known: Mapping[str, object], over: Mapping[str, OwnData]) -> str:
    """Return the names of the layers that a number is computed from, joined with a plus.

    Args:
        fields: the fields of the API that it is worked out from.
        known: the record of the type.
        over: the layer of each field that is not of the bundled data.

    """
    found = (over.get(field) for field in fields if known.get(field) is not None)
    return "+".join(dict.fromkeys(BUNDLED if layer is None else name(layer) for layer in found))


def as_map(date: str, own: OwnData | None, more: Iterable[OwnData] = ()) -> dict[str, dict[str, str | None]]:
    """Return all layers by name for programs, lowest first.

    Args:
        date: of the bundled data.
        own: the user's own.
        more: those that may lie over it.

    """
    found: dict[str, dict[str, str | None]] = {}
    for layer in (*more, *(() if own is None else own.stack())):
        found[name(layer)] = {"file": layer.file, "date": layer.date, "region": layer.region}
    found[BUNDLED] = {"file": None, "date": date, "region": None}
    return dict(reversed(found.items()))


def in_words(layer: OwnData) -> Message:
    """Name a layer and its date."""
    if layer.region is not None:
        return say("{file} ({region} on {day})", file=layer.file, region=layer.region, day=layer.date)
    return say("{file} ({day})", file=layer.file, day=say("no date") if layer.date is None else layer.date)


def notes(
    numbers: Iterable[tuple[str, Mapping[str, Iterable[str]]]], over: Mapping[str, Mapping[str, OwnData]]
) -> Iterator[Message]:
    """Say which numbers come from which layer, except those of the bundled data.

    Args:
        numbers: of each type, what its numbers are called and the fields that each is worked out from.
        over: of each type, the layer of each field that is not of the bundled data.

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
