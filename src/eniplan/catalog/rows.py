"""Instance data as text, one type per line. Types are found by their bytes, and only their lines are parsed."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from eniplan.catalog.record import LIMITS, InstanceType, family_of
from eniplan.errors import InputError, Place, Problem
from eniplan.messages import NOTHING, Message, say
from eniplan.suggest import nearest
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from eniplan.catalog.record import OwnData, Source

SCHEMA = "eniplan.specs/v1"
"""The schema of the file that `eniplan specs update` writes."""
SPECS_HINT = say(
    "save the output of `aliyun ecs DescribeInstanceTypes --InstanceTypes.1 TYPE`, "
    "or rows like `eniplan specs show TYPE --format json`"
)


_ID = rb'\{"InstanceTypeId": "([^"]+)"'
_FAMILY = rb'\{"InstanceTypeId": "[^"]+", "InstanceTypeFamily": "([^"]+)"'


class Rows:
    """Lines as in `instance_specs/ecs.jsonl`.

    Methods that return types raise InputError if a line is not valid instance data.
    """

    def __init__(self, text: bytes, file: str | None = None) -> None:
        """Take the lines and their file; None for bundled lines, which are known to be valid."""
        self._text = text
        self._file = file
        self._bundled: dict[str, InstanceType] = {}

    def find(self, name: str) -> InstanceType | None:
        """Return a type by its id.

        Raises:
            InputError: The line of the type is not valid instance data.

        """
        if name in self._bundled:
            return self._bundled[name]
        start = self._text.find(b'{"InstanceTypeId": %s,' % json.dumps(name).encode())
        return None if start < 0 else self._row(start)

    def of_family(self, family: str) -> list[InstanceType]:
        """Return the types of a family."""
        return self._having(b'"InstanceTypeFamily": %s,' % json.dumps(family).encode())

    def of_size(self, vcpus: int, memory: float) -> list[InstanceType]:
        """Return the types with this many vCPUs and this much memory (GiB)."""
        # The API writes 128.0 where the data files write 128.
        size = json.dumps(int(memory) if memory == int(memory) else memory)
        return self._having(b'"CpuCoreCount": %d, "MemorySize": %s,' % (vcpus, size.encode()))

    def count(self) -> int:
        """Return the number of types."""
        return self._text.count(b'{"InstanceTypeId": ')

    def all(self) -> list[InstanceType]:
        """Return every type, in the order of the lines."""
        return self._having(b'{"InstanceTypeId": ')

    def names(self) -> list[str]:
        """Return the ids of all types."""
        return self._column(_ID)

    def families(self) -> list[str]:
        """Return the family of every type."""
        return self._column(_FAMILY)

    def _column(self, pattern: bytes) -> list[str]:
        return [name.decode() for name in re.findall(pattern, self._text)]

    def _having(self, needle: bytes) -> list[InstanceType]:
        found = []
        at = self._text.find(needle)
        while at >= 0:
            start = self._text.rfind(b"\n", 0, at) + 1
            found.append(self._row(start))
            at = self._text.find(needle, self._end(at))
        return found

    def _end(self, at: int) -> int:
        end = self._text.find(b"\n", at)
        return len(self._text) if end < 0 else end

    def _row(self, start: int) -> InstanceType:
        line = self._text[start : self._end(start)]
        if self._file is None:
            # Kept, because a search of the whole text takes longer than reading a line.
            record = InstanceType.from_map(json.loads(line))
            return self._bundled.setdefault(record.InstanceTypeId, record)
        try:
            row = json.loads(line)
            problem = row_problem(row)
            row = row if problem else without_odd_values(row)[0]
        except (ValueError, RecursionError):
            problem = say("not valid JSON")
        if problem:
            place = Place(self._file, self._text.count(b"\n", 0, start) + 1, 1)
            raise InputError(Problem(problem, place, SPECS_HINT))
        return InstanceType.from_map(row)


class Own(NamedTuple):
    """A layer over the bundled data: parsed rows, or lines that are parsed on demand."""

    about: OwnData
    over: Mapping[str, Mapping[str, Any]]
    rows: Rows
    sources: Mapping[str, Source]

    def row(self, name: str) -> Mapping[str, Any] | None:
        """Return the layer's row of a type; None if it has none."""
        if name in self.over:
            return self.over[name]
        found = self.rows.find(name)
        return None if found is None else found.raw

    def names(self) -> list[str]:
        """Return the ids of all types in the layer."""
        return [*self.rows.names(), *self.over]

    def all_rows(self) -> list[Mapping[str, Any]]:
        """Return all rows of the layer."""
        return [*(record.raw for record in self.rows.all()), *self.over.values()]

    def names_of(self, family: str) -> list[str]:
        """Return the types that may belong to a family."""
        found = [record.InstanceTypeId for record in self.rows.of_family(family)]
        return [*found, *(name for name, row in self.over.items() if family_of(name, row) == family)]

    def names_of_size(self, vcpus: int, memory: float) -> list[str]:
        """Return the types with this many vCPUs and this much memory (GiB) in the layer."""
        found = [record.InstanceTypeId for record in self.rows.of_size(vcpus, memory)]
        size = vcpus, memory
        return [
            *found,
            *(n for n, row in self.over.items() if (row.get("CpuCoreCount"), row.get("MemorySize")) == size),
        ]

    def family_names(self) -> list[str]:
        """Return the family of each type, from its row or its name."""
        return [*self.rows.families(), *(family_of(name, row) for name, row in self.over.items())]


def row_problem(row: object) -> Message:
    """Return why a value is not a row of instance data; empty if it is."""
    if not isinstance(row, dict) or not isinstance(row.get("InstanceTypeId"), str):
        return say("a row of instance data needs an InstanceTypeId")
    return NOTHING


def without_odd_values(row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a row without its invalid values, and those values. Null means unknown."""
    known: dict[str, Any] = {}
    odd = []
    for field, value in row.items():
        if type(value) is int and value < 0 and field in _CLAMPED:
            known[field] = 0
        elif field not in _FIELDS and (meant := _meant(field)) is not None and meant not in row:
            odd.append(f"{row['InstanceTypeId']}: {field} is not a field; did you mean {meant}?")
        elif value is None or field not in _FIELDS or _FIELDS[field](value):
            known[field] = value
        else:
            odd.append(f"{row['InstanceTypeId']}: {field} is {value!r}")
    return known, odd


@cache
def _meant(field: str) -> str | None:
    """Return the field that a misspelt name stands for; None if it is just an unused field."""
    return nearest(field, _FIELDS, cutoff=0.9)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_size(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value < float("inf")  # type: ignore[operator]  # a number here


def _is_fraction(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[1-9][0-9]?/[1-9][0-9]?", value) is not None


def _is_map_of_texts(value: object) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


_FIELDS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(LIMITS, _is_count),
    "EniTrunkSupported": _is_flag,
    "CpuArchitecture": _is_text,
    "GPUAmount": _is_count,
    "GPUFraction": _is_fraction,
    "GPUSpec": _is_text,
    "GPUMemorySize": _is_size,
    "NetworkBandwidthGbps": _is_text,
    "CpuCoreCount": _is_count,
    "MemorySize": _is_size,
    "InstanceTypeFamily": _is_text,
    "LimitsStatus": _is_text,
    "OnSale": _is_flag,
    "PrimaryEniQueueNumber": _is_count,
    "SecondaryEniQueueNumber": _is_count,
    "NetworkCardQuantity": _is_count,
    "JumboFrameSupport": _is_flag,
    "Sources": _is_map_of_texts,
}
"""The fields that are read, with their checks; other fields are only shown."""
_CLAMPED = ("EniPrivateIpAddressQuantity", "EniIpv6AddressQuantity")
"""Negative values from the API mean zero, as in Terway (pkg/aliyun/client/limit.go at commit 89aadf8b)."""
