"""All instance data: the bundled `instance_specs/`, before it a user's own file, before both what an account says."""

from __future__ import annotations

import copy
import json
import os
from typing import TYPE_CHECKING, Any

from eniplan import resources
from eniplan.catalog.record import DEFAULT_SOURCE, Conflict, InstanceType, LingjunNodeType, Source, specs_words
from eniplan.catalog.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from eniplan.catalog.record import OwnData


class Catalog:
    """All instance data that is known. Reads files when they are first needed; never writes."""

    def __init__(self, folder: str | None = None, specs: str | None = None) -> None:
        """Take the data folder (default: the bundled one) and a user's own file; see `catalog.own`.

        Raises:
            InputError: the specs file cannot be read or is no instance data.

        """
        self._folder = folder or resources.folder("instance_specs")
        self._text: dict[str, bytes] = {}
        self._types: dict[str, InstanceType | None] = {}
        self._conflicts: dict[str, tuple[Conflict, ...]] = {}
        self._families: dict[str, tuple[InstanceType, ...]] = {}
        self._sources: dict[str, Source] | None = None
        self._date = ""
        self._bundled: Rows | None = None
        self._over: dict[str, dict[str, Any]] = {}
        """Rows of single types, to be laid over all others."""
        self._own_rows = Rows(b"")
        self._own_lingjun: dict[str, LingjunNodeType] = {}
        self._own_sources: dict[str, Source] = {}
        self.own: OwnData | None = None
        """The user's own file."""
        if specs is not None:
            from eniplan.catalog.own import read_own  # noqa: PLC0415 - only for calls with such a file

            self.own, self._over, self._own_rows, self._own_sources = read_own(specs)

    def with_account(
        self,
        types: Mapping[str, Mapping[str, Any]],
        families: Mapping[str, tuple[str, ...]],
        node_types: Mapping[str, Mapping[str, Any]],
        source: Source,
    ) -> Catalog:
        """Return this catalog with an account's own numbers, which win over all others.

        Args:
            types: rows of DescribeInstanceTypes by type.
            families: which of them are a whole family; an empty one stays as it is known.
            node_types: answers of DescribeNodeType by Lingjun node type.
            source: where all these numbers come from.

        """
        key = source.title
        rows = {name: laid_over(self.get(name), row, key) for name, row in types.items()}
        own = {name: InstanceType.from_map(row) for name, row in rows.items()}
        whole = {family: sorted((own[n] for n in names), key=_by_size) for family, names in families.items() if names}
        lingjun = {name: LingjunNodeType.from_map(_node_type(name, row, key)) for name, row in node_types.items()}
        out = copy.copy(self)
        vars(out).update(
            _over={**self._over, **rows},
            _own_lingjun={**self._own_lingjun, **lingjun},
            _own_sources={**self._own_sources, key: source},
            _types=dict(own),
            _families={family: tuple(rows) for family, rows in whole.items()},
        )
        return out

    @property
    def date(self) -> str:
        """The day as of which the bundled list of types stands, ISO 8601."""
        self._load_sources()
        return self._date

    @property
    def words(self) -> str:
        """What the types are known from, to be read behind "the specs of"."""
        return specs_words(self.date, self.own)

    def count(self) -> int:
        """Return how many ECS types are known."""
        return len(self.names()) if self.own is not None or self._over else self._rows().count()

    def get(self, name: str) -> InstanceType | None:
        """Return an ECS type by its id, None when it is not known.

        Raises:
            InputError: the user's own file has a line for it that is no instance data.

        """
        if name not in self._types:
            self._types[name] = self._laid(name, self._own_rows.find(name) or self._rows().find(name))
        return self._types[name]

    def _laid(self, name: str, known: InstanceType | None) -> InstanceType | None:
        return InstanceType.from_map(laid_over(known, self._over[name])) if name in self._over else known

    def _overlaid(self, known: Iterable[InstanceType], names: Iterable[str]) -> list[InstanceType]:
        """Return types with what is laid over them; those of these names come in addition."""
        below: dict[str, InstanceType | None] = {record.InstanceTypeId: record for record in known}
        order = dict.fromkeys((*below, *names))
        found = (self._laid(name, below.get(name)) for name in order)
        return [record for record in found if record is not None]

    def family(self, family: str) -> tuple[InstanceType, ...]:
        """Return all types of a family, by vCPU and id; empty when the family is not known."""
        if family not in self._families:
            found = _joined(self._rows().of_family(family), self._own_rows.of_family(family))
            found = self._overlaid(found, (name for name in self._over if self._family(name) == family))
            self._families[family] = tuple(sorted(found, key=_by_size))
        return self._families[family]

    def all(self) -> list[InstanceType]:
        """Return every ECS type, in the order of the data file; a user's own rows replace bundled ones."""
        return self._overlaid(_joined(self._rows().all(), self._own_rows.all()), self._over)

    def own_types(self) -> list[InstanceType]:
        """Return the ECS types of the user's own file."""
        return [*self._own_rows.all(), *(record for name in self._over if (record := self.get(name)) is not None)]

    def names(self) -> list[str]:
        """Return the ids of all ECS types."""
        return list(dict.fromkeys([*self._rows().names(), *self._own_rows.names(), *self._over]))

    def family_names(self) -> list[str]:
        """Return the ids of all families."""
        mine = map(self._family, self._over)
        return list(dict.fromkeys([*self._rows().families(), *self._own_rows.families(), *mine]))

    def _family(self, name: str) -> str:
        record = self.get(name)
        return "" if record is None else record.InstanceTypeFamily

    def same_size(self, vcpus: int, memory: float) -> list[InstanceType]:
        """Return the ECS types with this many vCPUs and this much memory (GiB), without those of single own rows."""
        return _joined(self._rows().of_size(vcpus, memory), self._own_rows.of_size(vcpus, memory))

    def lingjun(self, node_type: str) -> LingjunNodeType | None:
        """Return a Lingjun node type, None when it is not known."""
        return self.all_lingjun().get(node_type)

    def all_lingjun(self) -> dict[str, LingjunNodeType]:
        """Return every Lingjun node type by name."""
        rows = (LingjunNodeType.from_map(json.loads(line)) for line in self._read("lingjun.jsonl").splitlines())
        return {row.NodeType: row for row in rows} | self._own_lingjun

    def source(self, key: str | None) -> Source | None:
        """Return a source by the key that records use."""
        if key is None:
            return None
        return self._own_sources.get(key) or self._load_sources().get(key)

    def conflicts(self, name: str) -> tuple[Conflict, ...]:
        """Return the recorded disagreements on a type, without those that own data has settled."""
        if name not in self._conflicts:
            start = b'{"InstanceTypeId": %s,' % json.dumps(name).encode()
            text = self._read("conflicts.jsonl")
            lines = text.splitlines() if start in text else []
            found = (_conflict(json.loads(line)) for line in lines if line.startswith(start))
            old, new = self._rows().find(name), self.get(name)
            self._conflicts[name] = tuple(each for each in found if not _settled(each.field, old, new))
        return self._conflicts[name]

    def all_conflicts(self) -> list[tuple[str, str]]:
        """Return (type, field) of every recorded disagreement."""
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


def _joined(*layers: Iterable[InstanceType]) -> list[InstanceType]:
    """Return the types of all layers; a later layer's row takes the place of an earlier one's."""
    return list({record.InstanceTypeId: record for layer in layers for record in layer}.values())


def laid_over(known: InstanceType | None, row: Mapping[str, Any], key: str | None = None) -> dict[str, Any]:
    """Lay a row over what is known: what it does not tell, such as whether the type is on sale, stays.

    Args:
        known: what is known of the type.
        row: a row of DescribeInstanceTypes, or of instance data; null is not known.
        key: of the source of the row's numbers, unless it names them itself.

    """
    old = {} if known is None else dict(known.raw)
    named = row.get("Sources") or {}
    new = {field: value for field, value in row.items() if value is not None and field != "Sources"}
    if "EniIpv6AddressQuantity" in new:
        old.pop("EniIpv6AddressQuantityDerived", None)  # said of the old number
    sources = {} if known is None else {field: known.source_of(field) for field in old if field != "Sources"}
    sources |= {field: key or named.get(field) or named.get(DEFAULT_SOURCE) for field in new}
    status = {"LimitsStatus": "documented"} if "EniQuantity" in new and "LimitsStatus" not in new else {}
    stated = {field: source for field, source in sources.items() if source is not None}
    return {**old, **new, **status, "Sources": stated}


def _node_type(name: str, answer: Mapping[str, Any], key: str) -> dict[str, Any]:
    sources = {field: key for field in answer if field.endswith("Quantity")}
    return {**answer, "NodeType": name, "LimitsStatus": "documented", "Sources": sources}


def _conflict(row: dict[str, Any]) -> Conflict:
    return Conflict(row["field"], row["chosen"], {value: tuple(keys) for value, keys in row["values"].items()})


def _settled(field: str, old: InstanceType | None, own: InstanceType | None) -> bool:
    """Return whether own data states a field by another source than the bundled data, which has chosen from some."""
    return old is not None and own is not None and old.source_of(field) != own.source_of(field)
