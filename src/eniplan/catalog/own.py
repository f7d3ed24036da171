"""Reads a user's own instance data (`--specs`), which stands before the bundled data.

It has one of three forms:

- what `eniplan specs update` writes: a line about the whole (`HEADER`), then rows in the form of `ecs.jsonl`;
- such rows alone, one a line, or one over several lines as `eniplan specs show TYPE --format json` prints it;
- the response of DescribeInstanceTypes as the aliyun CLI prints it.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from eniplan.catalog.record import InstanceType, OwnData, Source
from eniplan.catalog.rows import SCHEMA, SPECS_HINT, Rows, row_problem
from eniplan.errors import InputError, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = f'{{"schema": "{SCHEMA}"'
"""How a file begins that `eniplan specs update` has written."""
_AGAIN = "write it again with `eniplan specs update`, or go without it: `--specs bundled`"


class Own(NamedTuple):
    """What a file holds: rows that were parsed, or lines that are parsed when they are asked for."""

    about: OwnData
    parsed: dict[str, InstanceType]
    rows: Rows
    sources: dict[str, Source]


def read_own(file: str) -> Own:
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
    if text.startswith(HEADER):
        return _refreshed(file, text)
    parsed, sources = _parsed(file, text)
    return Own(OwnData(file, None, None), parsed, Rows(b""), sources)


def _refreshed(file: str, text: str) -> Own:
    """Read what `specs update` has written; its 1,200 rows are parsed when they are asked for."""
    rows = Rows(text.encode(), file)
    try:
        about = json.loads(text[: text.find("\n")])
        sources = {key: Source(**source) for key, source in about["sources"].items()}
        own = OwnData(file, str(about["date"]), str(about["region"]))
        is_whole = about["types"] == rows.count()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_whole = False
    if not is_whole:
        message = "this file of `eniplan specs update` has been changed or cut off"
        raise InputError(Problem(message, Place(file), _AGAIN))
    return Own(own, {}, rows, sources)


def _parsed(file: str, text: str) -> tuple[dict[str, InstanceType], dict[str, Source]]:
    rows, sources = _rows(file, text)
    found = {}
    for line, row in rows:
        problem = row_problem(row)
        if problem:
            raise InputError(Problem(problem, Place(file, line, 1 if line else 0), SPECS_HINT))
        found[row["InstanceTypeId"]] = InstanceType.from_map(row)
    if not found:
        raise InputError(Problem("no instance type in this file", Place(file), SPECS_HINT))
    return found, sources


def _rows(file: str, text: str) -> tuple[Iterable[tuple[int, Any]], dict[str, Source]]:
    """Return (line, row) pairs. Line 0: the row stands somewhere in an API response."""
    try:
        response = json.loads(text)
    except json.JSONDecodeError:
        return _json_lines(file, text), {}
    except RecursionError:
        raise InputError(Problem("nested too deep for instance data", Place(file), SPECS_HINT)) from None
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
                problem = Problem(f"not valid JSON: {error.msg}", Place(file, number, error.colno), SPECS_HINT)
                raise InputError(problem) from None
    return out
