"""SARIF 2.1.0, for code scanning and editors.

URIs are relative to the root of the repository, without originalUriBaseIds: GitHub ignores these, and drops alerts
with absolute URIs. Every result has suppressions, which the standard requires if any result has them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from eniplan._version import __version__
from eniplan.messages import say, told
from eniplan.report import words
from eniplan.report.fingerprint import fingerprints, key
from eniplan.rules.remedies import remedy_of
from eniplan.text import json_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.errors import Place, Problem
    from eniplan.messages import Message
    from eniplan.report.model import Finding, Report, Undecided
    from eniplan.rules.base import AnyRule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def write(report: Report) -> str:
    """Return the report as one SARIF log with one run."""
    specs = report.specs
    rules = {rule.id: rule for rule in (*report.rules, *(finding.rule for finding in report.findings))}
    index = {rule_id: position for position, rule_id in enumerate(rules)}
    marks = fingerprints(key(f.rule.id, f.place, f.message) for f in report.findings)
    seen = [{"pool": pool.name, **pool.proven._asdict()} for pool in report.pools if pool.proven is not None]
    run = {
        "tool": {
            "driver": {
                "name": "eniplan",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules.values()],
                "notifications": [
                    _notification("input", say("An input, or a part of it, that cannot be judged")),
                    _notification("undecided", say("An unknown fact that rules need")),
                    _notification("age", say("Old instance data")),
                ],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.problems,
                "exitCode": report.exit_code,
                "toolExecutionNotifications": [
                    *(_problem(problem) for problem in report.problems),
                    *(_undecided(item) for item in report.undecided),
                    *_age(report),
                ],
            }
        ],
        "artifacts": [{"location": _artifact(file), "roles": ["analysisTarget"]} for file in report.inputs],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, index[finding.rule.id], mark) for finding, mark in zip(report.findings, marks, strict=True)
        ],
        "properties": {
            "specsDate": specs.date,
            **({} if specs.age is None else {"specsAgeDays": specs.age}),
            "specsTypes": specs.types,
            **({"ownSpecs": specs.own.as_map()} if specs.own else {}),
            **({"proven": seen} if seen else {}),
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_text(log, indent=1) + "\n"


def _notification(name: str, what: Message) -> dict[str, Any]:
    return {"id": name, "shortDescription": {"text": what}}


def _rule(rule: AnyRule) -> dict[str, Any]:
    sources = [(source, f" ({source.date})" if source.date else "") for source in rule.sources]
    more = say("Run `eniplan explain {rule}` for examples.", rule=rule.id)
    remedy = remedy_of(rule)
    forms = remedy.forms()
    colon = told(": ")
    fixes = [say("Remedy: {what}", what=remedy.do), *(f"{form}{colon}{written}" for form, written in forms)]
    blocks = [
        say("**Remedy**: {what}", what=remedy.do),
        *(f"{form}{colon.rstrip()}\n\n```\n{written}\n```" for form, written in forms),
    ]
    named = (say("Source: {source}", source=words.source(source)) for source in rule.sources)
    text = [rule.effect, *fixes, *named, more]
    links = [
        f"- [{source.title}]({source.url}){date}" if source.url else f"- {source.title}{date}"
        for source, date in sources
    ]
    out: dict[str, Any] = {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.effect},
        "help": {
            "text": "\n".join(text),
            "markdown": "\n\n".join(
                [rule.effect, *blocks, *(["\n".join([say("Sources:"), "", *links])] if links else []), more]
            ),
        },
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
    }
    page = next((source.url for source in rule.sources if source.url), None)
    if page is not None:
        out["helpUri"] = page
    return out


def _result(finding: Finding, rule_index: int, mark: str) -> dict[str, Any]:
    hint = "\n" + say("fix: {hint}", hint=_text(words.cure(finding))) if finding.hint else ""
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.level],
        "message": {"text": _text(finding.message) + hint},
        "locations": [_location(finding.place)],
        # GitHub compares the first. Without it, GitHub hashes the line, and merges two findings on one line into one
        # alert.
        "partialFingerprints": {"primaryLocationLineHash": mark, "eniplan/v1": mark},
        "suppressions": _suppressions(finding),
        "properties": {"facts": finding.facts},
    }


def _suppressions(finding: Finding) -> list[dict[str, Any]]:
    if finding.waived is None:
        return []
    at = finding.waived_at
    inside = at is None or at.file == finding.place.file
    out: dict[str, Any] = {
        "kind": "inSource" if inside else "external", "status": "accepted", "justification": _text(finding.waived),
    }  # fmt: skip
    if at is not None:
        out["location"] = _location(at)
    return [out]


def _location(place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(place.file)}
    if place.line:
        physical["region"] = {"startLine": place.line, "startColumn": max(1, place.column)}
    out: dict[str, Any] = {"physicalLocation": physical}
    if place.path:
        out["logicalLocations"] = [{"fullyQualifiedName": place.path}]
    return out


def _artifact(file: str) -> dict[str, Any]:
    if file == "-":
        return {"uri": "stdin"}
    # A file name may contain any bytes; a URI can encode them all.
    uri = quote(os.fsencode(file))
    return {"uri": f"file://{uri}"} if os.path.isabs(file) else {"uri": uri, "uriBaseId": "%SRCROOT%"}


def _problem(problem: Problem) -> dict[str, Any]:
    hint = f"\n{_text(problem.hint)}" if problem.hint else ""
    return {
        "descriptor": {"id": "input"},
        "level": "error",
        "message": {"text": _text(problem.message) + hint},
        "locations": [_location(problem.place)],
    }


def _undecided(item: Undecided) -> dict[str, Any]:
    hint = f"\n{_text(item.hint)}" if item.hint else ""
    return {
        "descriptor": {"id": "undecided"},
        "level": "note",
        "message": {"text": _text(words.not_known(item)) + hint},
        "locations": [_location(item.place)],
    }


def _age(report: Report) -> Iterator[dict[str, Any]]:
    if report.specs.old:
        yield {"descriptor": {"id": "age"}, "level": "note", "message": {"text": _text(report.specs.old)}}


def _text(text: str) -> str:
    """Escape a text for display: control characters, direction marks, and `[text](target)` links."""
    return printable(text).replace("](", "\\](")
