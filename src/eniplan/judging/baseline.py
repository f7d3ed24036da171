"""Baselines: files of known findings, so that only new ones fail a run.

Fingerprints identify findings; they survive moved lines and list items. File names are relative to the folder
of the baseline, so that the working directory does not matter.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from eniplan.errors import COMMAND_LINE, InputError, Place, Problem
from eniplan.k8s.values import mapping
from eniplan.messages import say
from eniplan.plan.document import read_documents
from eniplan.report.fingerprint import fingerprints, key
from eniplan.terminal import STDIN
from eniplan.text import json_text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.report.model import Finding, Report

SCHEMA = "eniplan.baseline/v1"
_KEYS = ("rule", "file", "path", "message", "fingerprint")


class Entry(NamedTuple):
    """A known finding."""

    rule: str
    file: str
    place: Place
    """Its place in the baseline."""


def text(report: Report, path: str) -> str:
    """Return the baseline of a report; waived findings are left out."""
    folder = os.path.dirname(path)
    rows = [
        dict(zip(_KEYS, (f.rule.id, _named(f.place.file, folder), f.place.path, f.message, mark), strict=True))
        for f, mark in _marked(report, folder)
        if f.waived is None
    ]
    rows.sort(key=lambda row: (row["file"], row["rule"], row["fingerprint"]))
    return json_text({"schema": SCHEMA, "findings": rows}, 2) + "\n"


def read(path: str, data: bytes) -> dict[str, Entry]:
    """Read the entries of a baseline, by fingerprint.

    Raises:
        InputError: The file is not a baseline.

    """
    (document, *more) = read_documents(path, data)
    value = document.value
    rows = value.get("findings") if isinstance(value, dict) and value.get("schema") == SCHEMA else None
    if more or not isinstance(rows, list):
        hint = say("create one with `eniplan check --write-baseline FILE`")
        raise InputError(Problem(say("this is not a baseline ({schema})", schema=SCHEMA), document.place(()), hint))
    out = {}
    for i, item in enumerate(rows):
        row = mapping(item)
        words = [row.get(name) for name in ("fingerprint", "rule", "file", "message")]
        if not all(isinstance(word, str) for word in words):
            message = say("an entry needs fingerprint, rule, file and message, all text")
            raise InputError(Problem(message, document.place(("findings", i)), say("write the baseline again")))
        for stray in (name for name in row if name not in _KEYS):
            message = say("an entry has no key {key}", key=stray)
            hint = say("use --waivers for what ends on a day or needs a reason")
            raise InputError(Problem(message, document.place(("findings", i, stray), key=True), hint))
        mark, rule, file, _ = map(str, words)
        out[mark] = Entry(rule, file, document.place(("findings", i)))
    return out


def known(report: Report, entries: dict[str, Entry], path: str) -> tuple[Report, tuple[Entry, ...]]:
    """Return the report with the findings of a baseline waived, and the entries that no longer occur."""
    left, findings = dict(entries), []
    for finding, mark in _marked(report, os.path.dirname(path)):
        entry = left.pop(mark, None)
        if entry is not None and finding.waived is None:
            finding = finding._replace(waived=say("known: it is in the baseline"), waived_at=entry.place)  # noqa: PLW2901 - the same finding
        findings.append(finding)
    return report._replace(findings=tuple(findings)).judged(), tuple(left.values())


def _marked(report: Report, folder: str) -> Iterator[tuple[Finding, str]]:
    """Yield the findings with their fingerprints, independent of the order of files."""
    keys = [key(f.rule.id, f.place._replace(file=_named(f.place.file, folder)), f.message) for f in report.findings]
    return zip(report.findings, fingerprints(keys), strict=True)


def _named(file: str, folder: str) -> str:
    if file in {STDIN, COMMAND_LINE}:
        return file
    return os.path.relpath(os.path.realpath(file), os.path.realpath(folder or os.curdir))
