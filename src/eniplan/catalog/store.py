"""Reads `instance_specs/`. The file is the index: a type is found by its bytes, and only its line is parsed.

A user's own file (`--specs`) stands before the bundled data: rows in the form of `instance_specs/ecs.jsonl`, or
the response of DescribeInstanceTypes as the aliyun CLI prints it.
"""

from __future__ import annotations

import copy
import json
import os
import re
from typing import TYPE_CHECKING, Any

from eniplan import resources
from eniplan.catalog.record import LIMITS, Conflict, InstanceType, LingjunNodeType, Source
from eniplan.errors import InputError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

SCHEMA = "eniplan.specs/v1"


class Catalog:
    """All instance data that is known. Reads files when they are first needed; never writes."""

    def __init__(self, folder: str | None = None, specs: str | None = None) -> None:
        """Take the data folder (default: the bundled one) and a user's own specs file.

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
        self._own: dict[str, InstanceType] = {}
        self._own_lingjun: dict[str, LingjunNodeType] = {}
        self._own_sources: dict[str, Source] = {}
        if specs is not None:
            self._own, self._own_sources = read_specs(specs)

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
        own = {name: InstanceType.from_map(_over(self.get(name), row, key)) for name, row in types.items()}
        whole = {family: sorted((own[n] for n in names), key=_by_size) for family, names in families.items() if names}
        lingjun = {name: LingjunNodeType.from_map(_node_type(name, row, key)) for name, row in node_types.items()}
        out = copy.copy(self)
        vars(out).update(
            _own={**self._own, **own},
            _own_lingjun={**self._own_lingjun, **lingjun},
            _own_sources={**self._own_sources, key: source},
            _types={},
            _families={family: tuple(rows) for family, rows in whole.items()},
        )
        return out

    @property
    def date(self) -> str:
        """The day as of which the bundled list of types stands, ISO 8601."""
        self._load_sources()
        return self._date

    def count(self) -> int:
        """Return how many ECS types are known."""
        text = self._read("ecs.jsonl")
        return text.count(b"\n") + sum(self._line_start(name) < 0 for name in self._own)

    def get(self, name: str) -> InstanceType | None:
        """Return an ECS type by its id, None when it is not known."""
        if name not in self._types:
            self._types[name] = self._own.get(name) or self._find(name)
        return self._types[name]

    def family(self, family: str) -> tuple[InstanceType, ...]:
        """Return all types of a family, by vCPU and id; empty when the family is not known."""
        if family not in self._families:
            needle = b'"InstanceTypeFamily": %s,' % json.dumps(family).encode()
            found = {record.InstanceTypeId: record for record in self._lines_with(needle)}
            found |= {n: r for n, r in self._own.items() if r.InstanceTypeFamily == family}
            self._families[family] = tuple(sorted(found.values(), key=_by_size))
        return self._families[family]

    def all(self) -> list[InstanceType]:
        """Return every ECS type, in the order of the data file; a user's own rows replace bundled ones."""
        rows = [InstanceType.from_map(json.loads(line)) for line in self._read("ecs.jsonl").splitlines()]
        known = {row.InstanceTypeId for row in rows}
        return [self._own.get(row.InstanceTypeId, row) for row in rows] + [
            row for name, row in self._own.items() if name not in known
        ]

    def names(self) -> list[str]:
        """Return the ids of all ECS types."""
        return self._column("InstanceTypeId") + list(self._own)

    def family_names(self) -> list[str]:
        """Return the ids of all families."""
        own = (record.InstanceTypeFamily for record in self._own.values())
        return list(dict.fromkeys([*self._column("InstanceTypeFamily"), *own]))

    def same_size(self, vcpus: int, memory: float) -> list[InstanceType]:
        """Return the bundled ECS types with this many vCPUs and this much memory (GiB)."""
        # The API writes 128.0 what the data files write 128.
        size = json.dumps(int(memory) if memory == int(memory) else memory)
        return self._lines_with(b'"CpuCoreCount": %d, "MemorySize": %s,' % (vcpus, size.encode()))

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
        """Return the recorded disagreements on a type; none for a type of a user's own file."""
        if name in self._own:
            return ()
        if name not in self._conflicts:
            start = b'{"InstanceTypeId": %s,' % json.dumps(name).encode()
            text = self._read("conflicts.jsonl")
            lines = text.splitlines() if start in text else []
            self._conflicts[name] = tuple(_conflict(json.loads(line)) for line in lines if line.startswith(start))
        return self._conflicts[name]

    def all_conflicts(self) -> list[tuple[str, str]]:
        """Return (type, field) of every recorded disagreement."""
        rows = (json.loads(line) for line in self._read("conflicts.jsonl").splitlines())
        return [(row["InstanceTypeId"], row["field"]) for row in rows]

    def _column(self, field: str) -> list[str]:
        found = re.findall(rb'"%s": "([^"]+)"' % field.encode(), self._read("ecs.jsonl"))
        return [name.decode() for name in found]

    def _lines_with(self, needle: bytes) -> list[InstanceType]:
        text = self._read("ecs.jsonl")
        found = []
        at = text.find(needle)
        while at >= 0:
            start, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
            found.append(InstanceType.from_map(json.loads(text[start:end])))
            at = text.find(needle, end)
        return found

    def _find(self, name: str) -> InstanceType | None:
        start = self._line_start(name)
        if start < 0:
            return None
        text = self._read("ecs.jsonl")
        return InstanceType.from_map(json.loads(text[start : text.find(b"\n", start)]))

    def _line_start(self, name: str) -> int:
        return self._read("ecs.jsonl").find(b'{"InstanceTypeId": %s,' % json.dumps(name).encode())

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


def _over(known: InstanceType | None, row: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Lay a row over what is known: what the API does not tell, such as whether the type is on sale, stays."""
    old = {} if known is None else known.raw
    sources = {**({} if known is None else known.sources), **{field: key for field in row if field != "Sources"}}
    return {**old, **row, "LimitsStatus": "documented", "Sources": {**sources, "LimitsStatus": key}}


def _node_type(name: str, answer: Mapping[str, Any], key: str) -> dict[str, Any]:
    sources = {field: key for field in answer if field.endswith("Quantity")}
    return {**answer, "NodeType": name, "LimitsStatus": "documented", "Sources": sources}


def _conflict(row: dict[str, Any]) -> Conflict:
    return Conflict(row["field"], row["chosen"], {value: tuple(keys) for value, keys in row["values"].items()})


def read_specs(file: str) -> tuple[dict[str, InstanceType], dict[str, Source]]:
    """Read a user's own instance data and the sources that it defines.

    Raises:
        InputError: the file cannot be read, is no instance data, or has a limit that is no count.

    """
    try:
        with open(file, encoding="utf-8-sig") as stream:
            text = stream.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InputError(Problem(f"cannot read the instance data: {reason}", Place(file))) from None
    rows, sources = _rows(file, text)
    found = {}
    for line, row in rows:
        problem = row_problem(row)
        if problem:
            raise InputError(Problem(problem, Place(file, line, 1 if line else 0), _SPECS_HINT))
        found[row["InstanceTypeId"]] = InstanceType.from_map(row)
    if not found:
        raise InputError(Problem("no instance type in this file", Place(file), _SPECS_HINT))
    return found, sources


_SPECS_HINT = (
    "save the output of `aliyun ecs DescribeInstanceTypes --InstanceTypes.1 TYPE`, "
    "or rows like `eniplan specs show TYPE --format json`"
)


def _rows(file: str, text: str) -> tuple[Iterable[tuple[int, Any]], dict[str, Source]]:
    """Return (line, row) pairs. Line 0: the row stands somewhere in an API response."""
    try:
        response = json.loads(text)
    except json.JSONDecodeError:
        return _json_lines(file, text), {}
    except RecursionError:
        raise InputError(Problem("nested too deep for instance data", Place(file), _SPECS_HINT)) from None
    if isinstance(response, dict) and isinstance(response.get("InstanceTypes"), dict):
        key = f"DescribeInstanceTypes in {os.path.basename(file)}"
        listed = response["InstanceTypes"].get("InstanceType")
        if not isinstance(listed, list):
            listed = []
        rows = [{**row, "Sources": {"*": key}} if isinstance(row, dict) else row for row in listed]
        return ((0, row) for row in rows), {key: Source(key, None, None, "API response given with --specs")}
    return [(1, response)], {}


def _json_lines(file: str, text: str) -> list[tuple[int, Any]]:
    out = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                out.append((number, json.loads(line)))
            except json.JSONDecodeError as error:
                problem = Problem(f"not valid JSON: {error.msg}", Place(file, number, error.colno), _SPECS_HINT)
                raise InputError(problem) from None
    return out


def row_problem(row: object) -> str:
    """Say what keeps a value from being a row of instance data; empty when nothing does."""
    if not isinstance(row, dict) or not isinstance(row.get("InstanceTypeId"), str):
        return "a row of instance data needs an InstanceTypeId"
    for field, fits in _FIELDS.items():
        value = row.get(field)
        if value is not None and not fits(value):
            return f"{row['InstanceTypeId']}: {field} is {value!r}"
    return ""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_size(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value < float("inf")  # type: ignore[operator]  # a number, by then


def _is_map_of_texts(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


_FIELDS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(LIMITS, _is_count),
    "EniTrunkSupported": _is_flag,
    "CpuCoreCount": _is_count,
    "MemorySize": _is_size,
    "InstanceTypeFamily": _is_text,
    "LimitsStatus": _is_text,
    "OnSale": _is_flag,
    "CpuArchitecture": _is_text,
    "GPUAmount": _is_count,
    "NetworkBandwidthGbps": _is_text,
    "Sources": _is_map_of_texts,
}
"""What is read of a row; anything else in it is only shown."""
