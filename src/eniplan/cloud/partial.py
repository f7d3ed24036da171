"""The pages that an interrupted `specs update` has read, in a file next to its output.

The file has a line about the run, then one line per page in reading order. Each page is linked to the previous page of
its region by the token of the request; lines that do not fit, such as half a line at the end, are ignored.
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
"""Maximum age of pages in days; older pages are read again, because types change."""


class Page(NamedTuple):
    """One response."""

    region: str
    after: str | None
    """The token of the request; None for the first page."""
    next: str | None
    """The token of the next page; None on the last page."""
    rows: Sequence[Mapping[str, Any]]


class Partial:
    """The pages of a run, in memory and, given a path, in a file that outlives the run."""

    def __init__(self, path: str | None, asked: Mapping[str, Any], today: str) -> None:
        """Load the pages of the file, if they are from the same request and recent.

        Args:
            path: the file, which may not exist; None: keep pages in memory only.
            asked: the request of the run, as JSON values.
            today: today's date, ISO 8601.

        Raises:
            InputError: the file cannot be read, or is not such a file.

        """
        self.path = path
        self.date = today
        """The date of the first page."""
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
        """Return the number of pages."""
        return sum(map(len, self._pages.values()))

    def of(self, region: str) -> Sequence[Page]:
        """Return the pages of a region in order."""
        return self._pages.get(region, ())

    def token(self, region: str) -> str | None:
        """Return the token for the next request; None: start with the first page."""
        pages = self.of(region)
        return pages[-1].next if pages else None

    def is_done(self, region: str) -> bool:
        """Return whether the last page of a region has been read."""
        pages = self.of(region)
        return bool(pages) and pages[-1].next is None

    def add(self, page: Page) -> None:
        """Keep a page. The first page of a run rewrites the file, so that half a line never stays in its middle."""
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
        """Remove the file, if it exists."""
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
        return []  # writing the output reports a missing folder
    except OSError as error:
        raise InputError(unreadable(path, error)) from None
    if not text.startswith(_HEAD):
        message = say("this is not a partial file of `eniplan specs update`")
        raise InputError(Problem(message, Place(path), say("move it away")))
    return text.splitlines()


def _day(line: str, asked: Mapping[str, Any], today: str) -> str | None:
    """Return the date of an earlier run, if this run may continue it."""
    try:
        head = parse_json(line)
        day = str(head["date"])
        days = (date.fromisoformat(today) - date.fromisoformat(day)).days
    except (ValueError, KeyError, TypeError):
        return None
    return day if head.get("asked") == asked and 0 <= days <= _MOST_DAYS else None


def _readable(lines: Iterable[str]) -> Iterator[Page]:
    """Yield the pages of lines that can be parsed."""
    for line in lines:
        try:
            value = parse_json(line)
            page = Page(**value)
        except (ValueError, TypeError):
            continue
        texts = all(isinstance(value[name], str | None) for name in ("after", "next")) and type(value["region"]) is str
        if texts and isinstance(value["rows"], list) and not any(map(row_problem, value["rows"])):
            yield page
