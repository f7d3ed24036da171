"""Reads a user's price list: CSV rows with an instance type and its price per hour, in any currency."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eniplan.errors import InputError, Place, Problem, few
from eniplan.messages import NOTHING, say
from eniplan.plan.document import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.messages import Message

_CELL = re.compile(r'[ \t]*(?:"((?:[^"]|"")*)"[ \t]*|([^",]*))(?:,|$)')
_PRICE = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_HINT = say(
    "a row is an instance type and its price per hour, such as ecs.g8i.8xlarge,1.25; the first row may be a heading"
)


def read_prices(path: str, data: bytes) -> dict[str, float]:
    """Return the price per hour by instance type, in the user's currency.

    Raises:
        InputError: the file is not text or has no prices, or a row is invalid. Holds a problem for each invalid row.

    """
    prices: dict[str, float] = {}
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    first = True
    for number, line in enumerate(decode(path, data).split("\n"), 1):
        if not line.strip():
            continue
        cells, is_first = list(_cells(line)), first
        first = False
        if is_first and _is_heading([text for _, text in cells]):
            continue
        column, message = _problem(cells, lines)
        if message:
            problems.append(Problem(message, Place(path, number, column), _HINT))
            continue
        (_, name), (_, price) = cells
        prices[name], lines[name] = float(price), number
    if problems:
        raise InputError(*few(problems))
    if not prices:
        raise InputError(Problem(say("no prices in this file"), Place(path), _HINT))
    return prices


def _cells(line: str) -> Iterator[tuple[int, str]]:
    """Yield the 1-based column and the text of each cell in a row."""
    at = 0
    while True:
        found = _CELL.match(line, at)
        if found is None:
            yield at + 1, line[at:]  # an unclosed quotation mark, or one in the middle of a word
            return
        quoted, bare = found.groups()
        text = bare.strip() if quoted is None else quoted.replace('""', '"')
        yield at + 1 + len(found[0]) - len(found[0].lstrip()), text
        at = found.end()
        if not found[0].endswith(","):
            return


def _is_heading(texts: list[str]) -> bool:
    return len(texts) > 1 and not texts[0].startswith("ecs.") and not _PRICE.fullmatch(texts[1])


def _problem(cells: list[tuple[int, str]], lines: dict[str, int]) -> tuple[int, Message]:
    """Return the column of an error in a row, and the message; the message is empty if the row is valid."""
    if len(cells) != 2:  # noqa: PLR2004 - type and price
        column = cells[2][0] if len(cells) > 2 else cells[0][0]  # noqa: PLR2004 - the first extra cell
        return column, say("a row of prices has 2 cells, not {cells}", cells=len(cells))
    (name_at, name), (price_at, price) = cells
    if not name.startswith("ecs.") or re.search(r"\s", name):
        return name_at, say("{name!r} is not an instance type", name=name)
    if not _PRICE.fullmatch(price):
        return price_at, say(
            "the price of {type} is {price!r}; it must be a number, such as 1.25", type=name, price=price
        )
    if name in lines:
        return name_at, say("{type} already has a price in line {line}", type=name, line=lines[name])
    return 0, NOTHING
