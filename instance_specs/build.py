"""Builds the instance data from `inputs/`, byte for byte: `./dev specs`, and `./dev specs --check` writes nothing.

Each input is one source as it was taken: lines about it between two `---`, then its text. `Taken` lists what these
lines say. Nothing is worked out from a neighbour's number: what no input states is left out.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from eniplan.catalog.record import LIMITS
from eniplan.catalog.rows import SCHEMA, without_odd_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE = Path(__file__).parent
INPUTS = HERE / "inputs"
CHANGELOG = HERE.parent / "CHANGELOG.md"

PRECEDENCE = ("real API output", "official page", "approximate")
"""One table of what goes first among sources of one day; of different days the newer goes first.

An approximate source never beats another one. But where it is newer than all others and says something else, nothing
is taken: neither side proves the number. The same holds where sources of one rank and one day disagree.
"""
JUDGED: Mapping[tuple[str, str], int] = {
    # The newest archived page says both 30 and 300; the collection has looked at the pages and taken 30.
    ("ecs.i3", "EniPrivateIpAddressQuantity"): 30,
    ("ecs.i3g", "EniPrivateIpAddressQuantity"): 30,
}
"""By family and field, the value of a person's judgement; it must be one of those that sources state."""

RECORDED = (*LIMITS, "CpuCoreCount", "MemorySize")
"""The fields of which conflicts.jsonl keeps every value that a source states."""
ORDER = (
    "InstanceTypeId", "InstanceTypeFamily", "CpuCoreCount", "MemorySize", "CpuArchitecture",
    "GPUAmount", "GPUFraction", "GPUSpec", "GPUMemorySize",
    "EniQuantity", "EniPrivateIpAddressQuantity", "EniIpv6AddressQuantity", "EniIpv6AddressQuantityDerived",
    "EniTotalQuantity", "EniTrunkSupported", "EriQuantity", "EriStated", "PrimaryEniQueueNumber",
    "SecondaryEniQueueNumber", "NicQueues", "NetworkCardQuantity", "NetworkBandwidthGbps", "JumboFrameSupport",
)  # fmt: skip
"""The fields of a row. Types, families and sizes are found by the bytes of the first four."""
ABOUT = ("InstanceTypeId", "InstanceTypeFamily", "LimitsStatus", "Sources")
"""Fields that are no statement of a source."""

_HEADINGS = {
    "instancetype": "InstanceTypeId", "实例规格": "InstanceTypeId",
    "vcpu": "CpuCoreCount", "vcpus": "CpuCoreCount",
    "memory": "MemorySize", "内存": "MemorySize",
    "enis": "EniQuantity", "eni": "EniQuantity", "弹性网卡": "EniQuantity", "弹性网卡数": "EniQuantity",
    "privateipv4addressespereni": "EniPrivateIpAddressQuantity", "单网卡私有ipv4地址数": "EniPrivateIpAddressQuantity",
    "ipv6addressespereni": "EniIpv6AddressQuantity", "单网卡ipv6地址数": "EniIpv6AddressQuantity",
    "nicqueues": "NicQueues", "多队列": "NicQueues",
    "networkbaseline/burstbandwidth": "NetworkBandwidthGbps", "网络带宽基础/突发": "NetworkBandwidthGbps",
    "gpumemory": "GPUMemorySize", "gpu显存": "GPUMemorySize",
}  # fmt: skip
"""The headings of official pages, without units, blanks and capitals. A heading may also be the field's own name."""
_TEXTS = (
    "InstanceTypeFamily",
    "EniIpv6AddressQuantityDerived",
    "CpuArchitecture",
    "GPUFraction",
    "GPUSpec",
    "NetworkBandwidthGbps",
)
_FLAGS = ("EniTrunkSupported", "EriStated", "JumboFrameSupport", "OnSale")
_UNSTATED = ("", "-", "—", "N/A", "无")

Row: TypeAlias = "dict[str, Any]"


class BuildError(Exception):
    """Something keeps the data from being built; nothing is written."""


class Taken(NamedTuple):
    """One input, and what its first lines say about it."""

    key: str
    """Its file's name without the ending; rows name their sources by it."""
    title: str
    quality: str
    """Begins with a word of `PRECEDENCE`."""
    licence: str
    form: str
    """page, answer, update or rows: how the text is read."""
    sha256: str
    """Of the text."""
    address: str | None = None
    date: str | None = None
    """ISO 8601; None where the source has none. Such a source is older than any other."""
    path: str | None = None
    """Of the file in the repository that `address` names."""
    whole: str | None = None
    """"yes": it lists all types, and its date is that of the data."""
    taken: str | None = None
    """How the text came here, where it is no copy of the source."""


class Statement(NamedTuple):
    """What one source says of one field of one type."""

    value: Any
    source: Taken

    @property
    def rank(self) -> tuple[bool, str, int]:
        """How far it goes before others; the greater the further."""
        grade = next(i for i, word in enumerate(PRECEDENCE) if self.source.quality.startswith(word))
        return PRECEDENCE[grade] != "approximate", self.source.date or "", -grade


Statements: TypeAlias = "dict[str, dict[str, list[Statement]]]"
"""By type and field."""


# --- Reading -------------------------------------------------------------------------------------------------


def opened(text: str, key: str) -> tuple[Taken, str]:
    """Split an input into what is said about it, and its text, whose hash must be right."""
    found = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if found is None:
        raise BuildError(f"{key}: an input begins with lines about its source between two lines `---`")
    about = dict(line.split(": ", 1) for line in found[1].splitlines())
    try:
        taken = Taken(key, **about)
    except TypeError as error:
        raise BuildError(f"{key}: {error}".replace("Taken.__new__()", "the lines about the source:")) from None
    if taken.sha256 != digest(found[2]):
        raise BuildError(f"{key}: the text has been changed: its sha256 is {digest(found[2])}")
    if not taken.quality.startswith(PRECEDENCE):
        raise BuildError(f"{key}: the quality {taken.quality!r} begins with none of {', '.join(PRECEDENCE)}")
    return taken, found[2]


def digest(text: str) -> str:
    """Return the hash of a text that stands above it."""
    return hashlib.sha256(text.encode()).hexdigest()


def page(text: str) -> Iterator[Row]:
    """Read the tables of a page in Markdown that have a column of types. Columns go by heading, never by position."""
    columns: list[str | None] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip().strip("`*") for cell in line.strip().strip("|").split("|")]
        if not columns:
            columns = [_field(cell) for cell in cells]
            named = [column for column in columns if column]
            if "InstanceTypeId" in named and len(set(named)) < len(named):
                raise BuildError(f"line {number}: two columns are the same field")
            continue
        if "InstanceTypeId" not in columns or all(re.fullmatch(":?-+:?", cell) for cell in cells):
            continue
        if len(cells) != len(columns):
            raise BuildError(f"line {number}: {len(cells)} cells under {len(columns)} headings")
        stated = ((field, cell) for field, cell in zip(columns, cells, strict=True) if field and cell not in _UNSTATED)
        yield {field: _read(field, cell, number) for field, cell in stated}


def _field(heading: str) -> str | None:
    if heading in (*ORDER, "OnSale"):
        return heading
    plain = re.sub(r"\([^)]*\)|（[^）]*）|\s", "", heading).casefold()  # noqa: RUF001 - as pages write it
    return _HEADINGS.get(plain)


def _read(field: str, cell: str, line: int) -> Any:  # noqa: ANN401 - as many kinds as there are fields
    if field == "InstanceTypeId" or field in _TEXTS:
        return cell
    if field in _FLAGS:
        if cell in ("yes", "no", "是", "否"):
            return cell in ("yes", "是")
    elif re.fullmatch(r"[0-9]+(\.[0-9]+)?", cell):
        value = float(cell)
        return int(value) if value.is_integer() else value
    raise BuildError(f"line {line}: {field} is {cell!r}")


def answer(text: str) -> Iterator[Row]:
    """Read an answer of DescribeInstanceTypes."""
    yield from json.loads(text)["InstanceTypes"]["InstanceType"]


def update(text: str) -> Iterator[Row]:
    """Read what `eniplan specs update --out` has written; what it does not say itself is no statement of it."""
    first, *lines = text.splitlines()
    header = json.loads(first)
    keys = {key for key, source in header["sources"].items() if source["quality"] == "API response"}
    for row in map(json.loads, lines):
        sources = row.get("Sources", {})
        yield {k: v for k, v in row.items() if k in ABOUT or sources.get(k, sources.get("*")) in keys}


def rows(text: str) -> Iterator[Row]:
    """Read one row a line."""
    yield from map(json.loads, text.splitlines())


READERS = {"page": page, "answer": answer, "update": update, "rows": rows}


def statements(inputs: Iterable[tuple[Taken, str]]) -> tuple[Statements, dict[str, str], list[Row]]:
    """Return what all inputs say of ECS types, the families of the types, and the rows of Lingjun node types."""
    said: Statements = {}
    families: dict[str, str] = {}
    lingjun: list[Row] = []
    for taken, text in inputs:
        try:
            found = list(READERS[taken.form](text))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BuildError(f"{taken.key}: no {taken.form} can be read: {error!r}") from None
        except BuildError as error:
            raise BuildError(f"{taken.key}: {error}") from None
        for row in found:
            if "NodeType" in row:
                lingjun.append(
                    {**row, "Sources": {**{f: taken.key for f in row if f.endswith("Quantity")}, "*": taken.key}}
                )
                continue
            name = row["InstanceTypeId"]
            known, odd = without_odd_values(row)
            if odd:
                raise BuildError(f"{taken.key}: {odd[0]}")
            if "InstanceTypeFamily" in known:
                families[name] = known["InstanceTypeFamily"]
            for field, value in known.items():
                if field in (*ORDER, "OnSale") and field not in ABOUT and value is not None:
                    said.setdefault(name, {}).setdefault(field, []).append(Statement(value, taken))
    return said, families, lingjun


# --- Deciding ------------------------------------------------------------------------------------------------


def chosen(family: str, field: str, stated: list[Statement]) -> Statement | None:
    """Return the statement that is taken; None when nothing decides."""
    best = max(statement.rank for statement in stated)
    first = [statement for statement in stated if statement.rank == best]
    newer = [s for s in stated if s.rank[0] < best[0] and s.rank[1] > best[1]]
    if len({json.dumps(s.value) for s in (*first, *newer)}) == 1:
        return first[0]
    judged = JUDGED.get((family, field))
    return next((statement for statement in first if statement.value == judged), None)


def built(inputs: Iterable[tuple[Taken, str]]) -> dict[str, str]:
    """Return the data files: their names and texts."""
    inputs = list(inputs)
    said, families, lingjun = statements(inputs)
    types, conflicts = [], []
    for name in said:
        if "MemorySize" not in said[name]:
            continue  # a source that knows a type which no list has
        family = families.get(name) or name.rpartition(".")[0]
        taken = {field: chosen(family, field, stated) for field, stated in said[name].items()}
        types.append(
            _row(name, family, {field: found for field, found in taken.items() if found is not None}, said[name])
        )
        for field in RECORDED:
            stated = said[name].get(field, [])
            if len({statement.value for statement in stated}) > 1:
                conflicts.append(_conflict(name, field, taken[field], stated))
    types.sort(key=lambda row: (row["InstanceTypeFamily"], row.get("CpuCoreCount") or 0, row["InstanceTypeId"]))
    place = {row["InstanceTypeId"]: i for i, row in enumerate(types)}
    conflicts.sort(key=lambda row: (place[row["InstanceTypeId"]], RECORDED.index(row["field"])))
    used = {key for row in (*types, *lingjun) for key in row["Sources"].values()}
    used |= {key for row in conflicts for keys in row["values"].values() for key in keys}
    sources = {taken.key: _source(taken) for taken, _ in inputs if taken.key in used}
    date = max((taken.date or "" for taken, _ in inputs if taken.whole), default="")
    head = {"schema": SCHEMA, "date": date, "sources": dict(sorted(sources.items()))}
    return {
        "ecs.jsonl": _lines(types),
        "lingjun.jsonl": _lines(lingjun),
        "conflicts.jsonl": _lines(conflicts),
        "sources.json": json.dumps(head, ensure_ascii=False, indent=1) + "\n",
    }


def _row(name: str, family: str, taken: dict[str, Statement], said: Mapping[str, list[Statement]]) -> Row:
    ipv6 = taken.get("EniIpv6AddressQuantity")
    if ipv6 is None or ipv6.value:
        taken.pop("EniIpv6AddressQuantityDerived", None)  # said of a zero that another source has replaced
    if "PrimaryEniQueueNumber" in taken:
        taken.pop("NicQueues", None)  # the page that split them had two numbers; this one is left over from before
    fields = {field: taken[field].value for field in ORDER if field in taken}
    enis = taken.get("EniQuantity")
    if enis is not None:
        status = "approximate" if enis.source.quality.startswith("approximate") else "documented"
    else:
        status = "disputed" if "EniQuantity" in said else "unpublished"
    sale = {"OnSale": taken["OnSale"].value} if "OnSale" in taken else {}
    sources = {field: taken[field].source.key for field in (*fields, *sale)}
    about = {"InstanceTypeId": name, "InstanceTypeFamily": family}
    return {**about, **fields, "LimitsStatus": status, **sale, "Sources": sources}


def _conflict(name: str, field: str, taken: Statement | None, stated: list[Statement]) -> Row:
    values: dict[str, list[str]] = {}
    order = sorted(stated, key=lambda s: (taken is not None and s.value == taken.value, s.rank), reverse=True)
    for statement in order:
        keys = values.setdefault(str(statement.value), [])
        if statement.source.key not in keys:
            keys.append(statement.source.key)
    return {
        "InstanceTypeId": name,
        "field": field,
        "chosen": None if taken is None else taken.value,
        "values": {value: sorted(keys) for value, keys in values.items()},
    }


def _source(taken: Taken) -> Row:
    more = {"licence": taken.licence, "path": taken.path}
    stated = {key: value for key, value in more.items() if value}
    return {"date": taken.date, "quality": taken.quality, "title": taken.title, "url": taken.address, **stated}


def _lines(found: Iterable[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)


# --- Gates ---------------------------------------------------------------------------------------------------


def faults(old: Iterable[Row], new: Iterable[Row], changelog: str) -> Iterator[str]:
    """Yield what keeps new rows of ECS types from replacing old ones."""
    before = {row["InstanceTypeId"]: row for row in old}
    after = {row["InstanceTypeId"]: row for row in new}
    gone = [name for name in before if name not in after]
    if len(gone) * 100 > len(before):
        yield f"{len(gone)} of {len(before)} types are gone, more than 1 %: {', '.join(gone[:10])}"
    for name, row in after.items():
        ipv4, ipv6 = row.get("EniPrivateIpAddressQuantity"), row.get("EniIpv6AddressQuantity")
        if ipv4 is not None and ipv6 is not None and ipv6 > ipv4:
            yield f"{name}: {ipv6} IPv6 addresses per ENI are more than {ipv4} IPv4 addresses"
        known = before.get(name, {})
        enis, now = known.get("EniQuantity"), row.get("EniQuantity")
        if enis is not None and enis != now and not re.search(rf"{re.escape(name)}(?![\w-])", changelog):
            yield f"{name}: EniQuantity was {enis} and is {now}, and CHANGELOG.md does not name the type"
        lost = [field for field in LIMITS if field in known and field not in row]
        if lost and row.get("OnSale"):
            yield f"{name} is on sale and loses {', '.join(lost)}"


def _committed(name: str) -> str:
    """Return a file as the last commit has it; as it stands here, outside of a repository."""
    command = ["git", "-C", str(HERE), "show", f"HEAD:./{name}"]
    found = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603 - git, no input
    return found.stdout if found.returncode == 0 else (HERE / name).read_text(encoding="utf-8")


def read_inputs(folder: Path = INPUTS) -> list[tuple[Taken, str]]:
    """Read all inputs, in the order of their names."""
    return [opened(file.read_text(encoding="utf-8"), file.stem) for file in sorted(folder.iterdir())]


def main(arguments: list[str]) -> int:
    """Build; return 1, and write nothing, when a gate says no."""
    try:
        files = built(read_inputs())
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    old, new = rows(_committed("ecs.jsonl")), rows(files["ecs.jsonl"])
    unreleased = CHANGELOG.read_text(encoding="utf-8").partition("\n## [Unreleased]")[2].partition("\n## [")[0]
    found = list(faults(old, new, unreleased))
    changed = [name for name, text in files.items() if (HERE / name).read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        found += [f"{name} is not what its inputs give: ./dev specs" for name in changed]
    if found:
        sys.stderr.write("".join(f"{fault}\n" for fault in found))
        return 1
    for name in changed:
        (HERE / name).write_text(files[name], encoding="utf-8")
    sys.stderr.write(f"written: {', '.join(changed)}\n" if changed else "all files are what their inputs give\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
