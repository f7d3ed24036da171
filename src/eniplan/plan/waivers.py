"""Waivers in a separate file, for findings in any input of a run."""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eniplan.errors import InputError
from eniplan.plan.document import read_documents
from eniplan.plan.load import read, unreadable_file, without_gaps, without_misfits
from eniplan.plan.model import waivers_from
from eniplan.plan.schema import WAIVERS_SCHEMA, compile_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.errors import Place, Problem
    from eniplan.plan.document import Document, Path
    from eniplan.plan.model import Waiver

_fits = compile_schema(WAIVERS_SCHEMA)


class WaiverFile:
    """The waivers of one document. File globs are relative to the current folder."""

    def __init__(
        self,
        document: Document,
        waivers: tuple[Waiver, ...],
        problems: tuple[Problem, ...] = (),
        left_out: frozenset[Path] = frozenset(),
    ) -> None:
        """Store the valid waivers; `problems` and `left_out` describe the invalid ones."""
        self.document = document
        self.waivers = waivers
        self.problems = problems
        self.left_out = left_out

    @cached_property
    def _globs(self) -> dict[str, re.Pattern[str]]:
        return {waiver.file: _pattern(os.path.normpath(waiver.file)) for waiver in self.waivers if waiver.file}

    def about(self, rule: str, place: Place) -> Iterator[Waiver]:
        """Yield the waivers that name a rule and cover a place."""
        for waiver in self._by_rule.get(rule, ()):
            if waiver.covers(place.path) and self._is_named(waiver, place.file):
                yield waiver

    @cached_property
    def _by_rule(self) -> dict[str, list[Waiver]]:
        by_rule: dict[str, list[Waiver]] = {}
        for waiver in self.waivers:
            by_rule.setdefault(waiver.rule, []).append(waiver)
        return by_rule

    def elsewhere(self, inputs: Iterable[str]) -> Iterator[Waiver]:
        """Yield the waivers of existing files that are not in these inputs: whether they are needed is unknown."""
        names = list(inputs)
        for waiver in self.waivers:
            named = not waiver.file or any(self._is_named(waiver, name) for name in names)
            if not named and _exists(waiver.file):
                yield waiver

    def _is_named(self, waiver: Waiver, file: str) -> bool:
        return not waiver.file or self._globs[waiver.file].fullmatch(os.path.relpath(file)) is not None


def _exists(file: str) -> bool:
    """Return whether a glob matches a file. Does not follow links to folders, unlike `glob`: they may form a loop."""
    if "\0" in file:
        return False  # not a valid file name
    fixed = re.split(r"[*?]", file, maxsplit=1)[0]
    if fixed == file:
        return os.path.lexists(file)
    pattern = _pattern(os.path.normpath(file))
    walked = os.walk(os.path.dirname(fixed) or os.curdir)
    found = (os.path.normpath(os.path.join(folder, name)) for folder, _, names in walked for name in names)
    return any(map(pattern.fullmatch, found))


def load_waivers(path: str) -> Iterator[WaiverFile | Problem]:
    """Read a waivers file. Reports and leaves out invalid waivers; the others apply."""
    try:
        documents = read_documents(path, read(path))
    except OSError as error:
        yield unreadable_file(path, error)
        return
    except InputError as error:
        yield from error.problems
        return
    for document in documents:
        value: Any = document.value
        if _fits(value):
            yield WaiverFile(document, waivers_from(value))
        else:
            rest, problems, left_out = without_misfits(document, WAIVERS_SCHEMA)
            waivers = waivers_from(rest) if _fits(without_gaps(rest)) else ()
            yield WaiverFile(document, waivers, problems, left_out)


def _pattern(file: str) -> re.Pattern[str]:
    """Return a glob as a regular expression: `*` and `?` do not match a slash, `**` matches any folders."""
    out = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", re.sub(r"(\*\*/)+", "**/", file)):
        out += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
    return re.compile(out, re.DOTALL)
