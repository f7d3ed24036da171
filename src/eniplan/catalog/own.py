"""Reads a user's own instance data (`--specs`), which overrides the bundled data.

A file has one of two forms:

- the output of `eniplan specs update`: a header line (`HEADER`), then rows as in `ecs.jsonl`;
- JSON values in sequence or in lists: DescribeInstanceTypes responses, as the aliyun CLI prints them or as
  an SDK returns them (`body`), and rows as in `ecs.jsonl`, as `eniplan specs show TYPE --format json` prints them.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from eniplan.bounds import JSON_NUMBERS, is_deep
from eniplan.catalog.record import DEFAULT_SOURCE, OwnData, Source
from eniplan.catalog.rows import SCHEMA, SPECS_HINT, Own, Rows, row_problem, without_odd_values
from eniplan.errors import InputError, Place, Problem, reason
from eniplan.k8s.values import listing
from eniplan.messages import say
from eniplan.terminal import read_input

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = f'{{"schema": "{SCHEMA}"'
"""The start of every file that `eniplan specs update` writes."""
_AGAIN = say("write it again with `eniplan specs update`, or ignore it with `--specs bundled`")


def read_own(file: str) -> Own:
    """Read a user's own instance data and the sources that it defines.

    Raises:
        InputError: The file cannot be read or is not instance data.

    """
    try:
        text = read_input(file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = reason(error) if isinstance(error, OSError) else say("not UTF-8 text")
        raise InputError(Problem(say("cannot read the instance data: {reason}", reason=why), Place(file))) from None
    if text.startswith(HEADER):
        return _refreshed(file, text)
    return _parsed(file, text)


def _refreshed(file: str, text: str) -> Own:
    """Read a file of `specs update`. Its rows, about 1,200, are parsed on demand."""
    rows = Rows(text.encode(), file)
    try:
        about = json.loads(text[: text.find("\n")])
        sources = {key: Source(**source) for key, source in about["sources"].items()}
        region = None if about["region"] is None else str(about["region"])
        own = OwnData(file, str(about["date"]), region, kind="nodes" if region is None else "refreshed")
        is_whole = about["types"] == rows.count()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        is_whole = False
    if not is_whole:
        message = say("this file of `eniplan specs update` has been modified or truncated")
        raise InputError(Problem(message, Place(file), _AGAIN))
    return Own(own, {}, rows, sources)


def _parsed(file: str, text: str) -> Own:
    key = f"DescribeInstanceTypes in {os.path.basename(file)}"
    over: dict[str, dict[str, Any]] = {}
    odd: list[str] = []
    for line, row in _rows(file, text, key):
        problem = row_problem(row)
        if problem:
            raise InputError(Problem(problem, Place(file, line, 1 if line else 0), SPECS_HINT))
        known, left_out = without_odd_values(row)
        odd += left_out
        known.pop("Layers", None)  # `specs show` adds where it read each field
        over[known["InstanceTypeId"]] = over.get(known["InstanceTypeId"], {}) | known
    if not over:
        raise InputError(Problem(say("no instance type in this file"), Place(file), SPECS_HINT))
    source = Source(key, None, None, "API response given with --specs")
    return Own(OwnData(file, None, None, tuple(odd)), over, Rows(b""), {key: source})


def _rows(file: str, text: str, key: str) -> Iterator[tuple[int, Any]]:
    """Yield (line, row) pairs. Line 0: the row is inside an API response."""
    for line, value in _values(file, text):
        for item in value if isinstance(value, list) else [value]:
            body = item.get("body", item) if isinstance(item, dict) else item
            if isinstance(body, dict) and isinstance(body.get("InstanceTypes"), dict):
                listed = body["InstanceTypes"].get("InstanceType")
                for row in listing(listed):
                    yield 0, {**row, "Sources": {DEFAULT_SOURCE: key}} if isinstance(row, dict) else row
            else:
                yield line, item


def _values(file: str, text: str) -> Iterator[tuple[int, Any]]:
    """Yield (line, value) for each JSON value of a text; the line is where it starts."""
    decoder = json.JSONDecoder(**JSON_NUMBERS)
    at = _filled(text, 0)
    line = text.count("\n", 0, at) + 1
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            place = Place(file, error.lineno, error.colno)
            raise InputError(Problem(say("not valid JSON: {error}", error=error.msg), place, SPECS_HINT)) from None
        except RecursionError:
            raise InputError(_too_deep(file)) from None
        if is_deep(value):
            raise InputError(_too_deep(file))
        yield line, value
        end = _filled(text, end)
        line += text.count("\n", at, end)
        at = end


def _too_deep(file: str) -> Problem:
    return Problem(say("this is nested deeper than instance data"), Place(file), SPECS_HINT)


def _filled(text: str, at: int) -> int:
    """Return the position of the next value."""
    match = re.compile(r"[\s,]*").match(text, at)
    return at if match is None else match.end()
