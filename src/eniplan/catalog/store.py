"""All instance data: a stack of layers, merged field by field.

From the bottom: the bundled data, the files that `specs update` saved (from an account or from nodes), the file of
`--specs`, and the account's current API responses. Fields that a layer lacks keep the value of the layers below.
"""

from __future__ import annotations

import copy
import json
import os
from itertools import chain
from typing import TYPE_CHECKING, Any

from eniplan import resources
from eniplan.catalog.record import (
    DEFAULT_SOURCE,
    KINDS,
    Conflict,
    InstanceType,
    LingjunNodeType,
    OwnData,
    Source,
    Specs,
    old_days,
    specs_words,
)
from eniplan.catalog.rows import Own, Rows

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence


class Catalog:
    """All known instance data. Reads files on first use and writes none."""

    def __init__(self, specs: str | None = None, kept: Sequence[str] = ()) -> None:
        """Take a user's own files; see `catalog.own`.

        Args:
            specs: the file of `--specs`.
            kept: the files that `specs update` saved, lowest layer first. If `specs` is also a file of `specs update`,
                it replaces the saved file of its kind and those over it.

        Raises:
            InputError: A file cannot be read or is not instance data.

        """
        self._folder = resources.folder("instance_specs")
        self._text: dict[str, bytes] = {}
        self._types: dict[str, InstanceType | None] = {}
        self._conflicts: dict[str, tuple[Conflict, ...]] = {}
        self._families: dict[str, tuple[InstanceType, ...]] = {}
        self._over: dict[str, dict[str, OwnData]] = {}
        self._sources: dict[str, Source] | None = None
        self._date = ""
        self._bundled: Rows | None = None
        self._layers: tuple[Own, ...] = ()
        """The lowest first."""
        self._own_lingjun: dict[str, LingjunNodeType] = {}
        self._own_sources: dict[str, Source] = {}
        if specs is not None or kept:
            from eniplan.catalog.own import read_own  # noqa: PLC0415 - only needed with such a file

            given = [] if specs is None else [read_own(specs)]
            kind = given[0].about.kind if given else "specs"
            below = len(KINDS) if kind == "specs" else KINDS.index(kind)
            beneath = [layer for layer in map(read_own, kept) if KINDS.index(layer.about.kind) < below]
            for layer in (*beneath, *given):
                self.lay(layer)

    def lay(self, layer: Own) -> None:
        """Add a layer on top."""
        self._layers = (*self._layers, layer)
        self._own_sources = {**self._own_sources, **layer.sources}
        self._types, self._families, self._conflicts, self._over = {}, {}, {}, {}

    @property
    def own(self) -> OwnData | None:
        """The top layer of the user's own data, linked to those below it; None if there is none."""
        found = None
        for layer in self._layers:
            if layer.about.kind != "account":
                found = layer.about._replace(beneath=found)
        return found

    def layers_of(self, name: str) -> dict[str, OwnData | None]:
        """Return the layer of each field of a type; None: the bundled data."""
        below = self._rows().find(name)
        return {**({} if below is None else dict.fromkeys(below.raw)), **self.layers_over(name)}

    def layers_over(self, name: str) -> dict[str, OwnData]:
        """Return the layer of each field of a type or Lingjun node type, without fields of the bundled data."""
        if name not in self._over:
            found: dict[str, OwnData] = {}
            lingjun = self._own_lingjun.get(name)
            for layer in self._layers:
                row = layer.row(name) or {}
                if lingjun is not None and layer.about.kind == "account":
                    row = lingjun.raw
                found |= {field: layer.about for field, value in row.items() if value is not None}
            self._over[name] = found
        return self._over[name]

    def with_account(
        self,
        types: Mapping[str, Mapping[str, Any]],
        families: Mapping[str, tuple[str, ...]],
        node_types: Mapping[str, Mapping[str, Any]],
        source: Source,
    ) -> Catalog:
        """Return this catalog with an account's own numbers, which override all others.

        Args:
            types: DescribeInstanceTypes rows by type.
            families: the complete list of types of each family; an empty list changes nothing.
            node_types: DescribeNodeType responses by Lingjun node type.
            source: the source of all these numbers.

        """
        key = source.title
        lingjun = {name: LingjunNodeType.from_map(_node_type(name, row, key)) for name, row in node_types.items()}
        rows = {name: {**row, "Sources": {DEFAULT_SOURCE: key}} for name, row in types.items()}
        about = OwnData(source.title, source.date, None, kind="account")
        out = copy.copy(self)
        vars(out)["_own_lingjun"] = {**self._own_lingjun, **lingjun}
        out.lay(Own(about, rows, Rows(b""), {key: source}))
        whole = {family: filter(None, map(out.get, names)) for family, names in families.items() if names}
        vars(out)["_families"] = {family: tuple(sorted(found, key=_by_size)) for family, found in whole.items()}
        return out

    @property
    def date(self) -> str:
        """The day of the bundled list of types, ISO 8601."""
        self._load_sources()
        return self._date

    @property
    def words(self) -> str:
        """The instance data in use, in words that follow "the specs of"."""
        return specs_words(self.date, self.own)

    def specs(self, today: dt.date | None) -> Specs:
        """Return what reports say of the data on a day; None: its age does not matter."""
        return Specs(self.date, self.count(), self.own, old_days(self.date, self.own, today))

    def count(self) -> int:
        """Return the number of known ECS types."""
        return len(self.names()) if self._layers else self._rows().count()

    def get(self, name: str) -> InstanceType | None:
        """Return an ECS type by its id; None if unknown.

        Raises:
            InputError: Its line in the user's own file is not valid instance data.

        """
        if name not in self._types:
            found = self._rows().find(name)
            for layer in self._layers:
                found = _laid(found, layer.row(name))
            self._types[name] = found
        return self._types[name]

    def family(self, family: str) -> tuple[InstanceType, ...]:
        """Return all types of a family, sorted by vCPU and id; empty if the family is unknown."""
        if family not in self._families:
            names = [record.InstanceTypeId for record in self._rows().of_family(family)]
            names += (name for layer in self._layers for name in layer.names_of(family))
            found = (self.get(name) for name in dict.fromkeys(names))
            self._families[family] = tuple(
                sorted((r for r in found if r and r.InstanceTypeFamily == family), key=_by_size)
            )
        return self._families[family]

    def architectures(self, names: Iterable[str], families: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the architectures of types and families, each once, as nodes label them; empty if any is unknown."""
        records = self._records(names, families)
        found = dict.fromkeys(None if record is None else record.architecture for record in records)
        return tuple(name for name in found if name is not None and None not in found)

    def lack_gpus(self, names: Iterable[str], families: Iterable[str] = ()) -> bool:
        """Return whether all types and families are known to have no GPUs."""
        found = {None if record is None else record.gpus for record in self._records(names, families)}
        return found == {0}

    def _records(self, names: Iterable[str], families: Iterable[str]) -> Iterator[InstanceType | None]:
        each = chain(((self.get(name),) for name in names), (self.family(name) or (None,) for name in families))
        return chain.from_iterable(each)

    def all(self) -> list[InstanceType]:
        """Return every ECS type, in the order of the data file; a user's own rows replace bundled ones."""
        found: dict[str, InstanceType | None] = {record.InstanceTypeId: record for record in self._rows().all()}
        for layer in self._layers:
            for row in layer.all_rows():
                name = row["InstanceTypeId"]
                found[name] = _laid(found.get(name), row)
        return [record for record in found.values() if record is not None]

    def own_types(self) -> list[InstanceType]:
        """Return the ECS types of the user's own file."""
        names = dict.fromkeys(name for layer in self._layers for name in layer.names())
        return [record for name in names if (record := self.get(name)) is not None]

    def names(self) -> list[str]:
        """Return the ids of all ECS types."""
        return list(dict.fromkeys([*self._rows().names(), *(name for layer in self._layers for name in layer.names())]))

    def family_names(self) -> list[str]:
        """Return the ids of all families."""
        mine = (layer.family_names() for layer in self._layers)
        return list(dict.fromkeys([*self._rows().families(), *(name for names in mine for name in names)]))

    def same_size(self, vcpus: int, memory: float) -> list[InstanceType]:
        """Return the ECS types with this many vCPUs and this much memory (GiB)."""
        names = [record.InstanceTypeId for record in self._rows().of_size(vcpus, memory)]
        names += (name for layer in self._layers for name in layer.names_of_size(vcpus, memory))
        return [record for name in dict.fromkeys(names) if (record := self.get(name)) is not None]

    def lingjun(self, node_type: str) -> LingjunNodeType | None:
        """Return a Lingjun node type; None if unknown."""
        return self.all_lingjun().get(node_type)

    def all_lingjun(self) -> dict[str, LingjunNodeType]:
        """Return every Lingjun node type by name."""
        rows = (LingjunNodeType.from_map(json.loads(line)) for line in self._read("lingjun.jsonl").splitlines())
        return {row.NodeType: row for row in rows} | self._own_lingjun

    def source(self, key: str | None) -> Source | None:
        """Return a source by its key in records."""
        if key is None:
            return None
        return self._own_sources.get(key) or self._load_sources().get(key)

    def source_for(self, record: InstanceType, field: str) -> Source | None:
        """Return the source of a number of a type."""
        return self.source(record.source_of(field))

    def conflicts(self, name: str) -> tuple[Conflict, ...]:
        """Return the recorded conflicts on a type that no own data settles."""
        if name not in self._conflicts:
            start = b'{"InstanceTypeId": %s,' % json.dumps(name).encode()
            text = self._read("conflicts.jsonl")
            lines = text.splitlines() if start in text else []
            found = (_conflict(json.loads(line)) for line in lines if line.startswith(start))
            old, new = self._rows().find(name), self.get(name)
            self._conflicts[name] = tuple(each for each in found if not _settled(each.field, old, new))
        return self._conflicts[name]

    def all_conflicts(self) -> list[tuple[str, str]]:
        """Return (type, field) of every recorded conflict."""
        rows = (json.loads(line) for line in self._read("conflicts.jsonl").splitlines())
        return [(row["InstanceTypeId"], row["field"]) for row in rows]

    def _rows(self) -> Rows:
        if self._bundled is None:
            self._bundled = Rows(self._read("ecs.jsonl"))
        return self._bundled

    def _read(self, name: str) -> bytes:
        if name not in self._text:
            with open(os.path.join(self._folder, name), "rb") as file:
                self._text[name] = file.read()
        return self._text[name]

    def _load_sources(self) -> Mapping[str, Source]:
        if self._sources is None:
            data = json.loads(self._read("sources.json"))
            self._date = data["date"]
            self._sources = {
                key: Source(row["title"], row["url"], row["date"], row["quality"])
                for key, row in data["sources"].items()
            }
        return self._sources


def _by_size(record: InstanceType) -> tuple[int, str]:
    return record.CpuCoreCount or 0, record.InstanceTypeId


def _laid(known: InstanceType | None, row: Mapping[str, Any] | None) -> InstanceType | None:
    return known if row is None else laid_over(known, row)


def laid_over(known: InstanceType | None, row: Mapping[str, Any]) -> InstanceType:
    """Merge a row over the known data. Fields that the row lacks, such as whether the type is on sale, stay.

    Args:
        known: the type as known so far; None if unknown.
        row: a row of DescribeInstanceTypes or of instance data; null means unknown.

    """
    old = {} if known is None else dict(known.raw)
    named = row.get("Sources") or {}
    new = {field: value for field, value in row.items() if value is not None and field != "Sources"}
    if "EniQuantity" not in new and "EniQuantity" in old:
        new.pop("LimitsStatus", None)  # refers to numbers that this row lacks
    if "EniIpv6AddressQuantity" in new:
        old.pop("EniIpv6AddressQuantityDerived", None)  # refers to the old number
    sources = {} if known is None else {field: known.source_of(field) for field in old if field != "Sources"}
    sources |= {field: named.get(field) or named.get(DEFAULT_SOURCE) for field in new}
    is_stated = "EniQuantity" in new and new.get("LimitsStatus") in {None, "unpublished", "disputed"}
    status = {"LimitsStatus": "documented"} if is_stated else {}
    stated = {field: source for field, source in sources.items() if source is not None}
    return InstanceType.from_map({**old, **new, **status, "Sources": stated})


def _node_type(name: str, answer: Mapping[str, Any], key: str) -> dict[str, Any]:
    sources = {field: key for field in answer if field.endswith("Quantity")}
    return {**answer, "NodeType": name, "LimitsStatus": "documented", "Sources": sources}


def _conflict(row: dict[str, Any]) -> Conflict:
    return Conflict(row["field"], row["chosen"], {value: tuple(keys) for value, keys in row["values"].items()})


def _settled(field: str, old: InstanceType | None, own: InstanceType | None) -> bool:
    """Return whether own data has a field from a source that the bundled data did not consider."""
    return old is not None and own is not None and old.source_of(field) != own.source_of(field)
