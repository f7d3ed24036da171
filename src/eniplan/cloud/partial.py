"""What an interrupted `specs update` has read so far, beside the file that it will write.

A line about the run, then a line for each page, in the order in which they were read. A page follows the one of its
region before it by the token that was asked with; whatever does not is left out, such as half a line at the end.
"""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, Any

from eniplan import terminal
from eniplan.bounds import parse_json
from eniplan.catalog.refresh import KEPT
from eniplan.catalog.rows import row_problem
from eniplan.errors import InputError, Place, Problem, unreadable
from eniplan.messages import say
from eniplan.text import json_text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SCHEMA = "eniplan.specs-partial/v1"
_HEAD = f'{{"schema": "{SCHEMA}"'
_MOST_DAYS = 1
"""Older pages are read again: types come and go."""


class Page(NamedTuple):
    """One answer."""

    region: str
    after: str | None
    """The token that was asked with."""
    next: str | None
    """The token of the next page; None: it is the last one."""
    rows: Sequence[Mapping[str, Any]]


class Partial:
    """The pages of a run, in memory and, unless there is no path, in a file that outlives the run."""

    def __init__(self, path: str | None, asked: Mapping[str, Any], today: str) -> None:
        """Take up the run of the file if it is the same one, and not long ago.

        Args:
            path: the file; it need not exist.
            asked: what the run asks for, as JSON has it.
            today: ISO 8601.

        Raises:
            InputError: the file cannot be read, or is something else.

        """
        self.path = path
        self.date = today
        """The day on which the first page was read."""
        self._asked = asked
        self._pages: dict[str, list[Page]] = {}
        lines = [] if path is None else _lines(path)
        day = _day(lines[0], asked, today) if lines else None
        if day is not None:
            self.date = day
            for page in _readable(lines[1:]):
                if page.after == self.token(page.region) and not self.is_done(page.region):
                    self._pages.setdefault(page.region, []).append(page)
        self._is_new = True

    def __len__(self) -> int:
        """Return how many pages there are."""
        return sum(map(len, self._pages.values()))

    def of(self, region: str) -> Sequence[Page]:
        """Return the pages of a region."""
        return self._pages.get(region, ())

    def token(self, region: str) -> str | None:
        """Return the token with which to ask on."""
        pages = self.of(region)
        return pages[-1].next if pages else None

    def is_done(self, region: str) -> bool:
        """Return whether the last page of a region has been read."""
        pages = self.of(region)
        return bool(pages) and pages[-1].next is None

    def add(self, page: Page) -> None:
        """Keep a page. The file is made anew by the first one, so that half a line is never in its midst."""
        kept = page._replace(rows=[{field: row[field] for field in KEPT if field in row} for row in page.rows])
        self._pages.setdefault(page.region, []).append(kept)
        if self.path is not None and not self._is_new:
            terminal.append(self.path, _line(kept._asdict()))
        elif self.path is not None:
            self._write(self.path)

    def drop(self, region: str) -> None:
        """Forget the pages of a region."""
        self._pages.pop(region, None)
        if self.path is not None and self._pages:
            self._write(self.path)
        else:
            self.remove()

    def remove(self) -> None:
        """Remove the file, if there is one."""
        if self.path is not None and os.path.exists(self.path):
            os.unlink(self.path)
        self._is_new = True

    def _write(self, path: str) -> None:
        head = {"schema": SCHEMA, "date": self.date, "asked": self._asked}
        pages = (page._asdict() for pages in self._pages.values() for page in pages)
        terminal.save(path, "".join(map(_line, (head, *pages))))
        self._is_new = False


def _line(value: Mapping[str, Any]) -> str:
    return json_text(value) + "\n"


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return []  # what keeps a folder from being there is told by who writes
    except OSError as error:
        raise InputError(unreadable(path, error)) from None
    if not text.startswith(_HEAD):
        message = say("this is no file in which `eniplan specs update` keeps what it has read so far")
        raise InputError(Problem(message, Place(path), say("move it away")))
    return text.splitlines()


def _day(line: str, asked: Mapping[str, Any], today: str) -> str | None:
    """Return the day of a run, if it is one that may go on."""
    try:
        head = parse_json(line)
        day = str(head["date"])
        days = (date.fromisoformat(today) - date.fromisoformat(day)).days
    except (ValueError, KeyError, TypeError):
        return None
    return day if head.get("asked") == asked and 0 <= days <= _MOST_DAYS else None


def _readable(lines: Iterable[str]) -> Iterator[Page]:
    """Yield the pages that can be read."""
    for line in lines:
        try:
            value = parse_json(line)
            page = Page(**value)
        except (ValueError, TypeError):
            continue
        texts = all(isinstance(value[name], str | None) for name in ("after", "next")) and type(value["region"]) is str
        if texts and isinstance(value["rows"], list) and not any(map(row_problem, value["rows"])):
            yield page
