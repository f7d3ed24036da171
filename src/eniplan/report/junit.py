"""JUnit XML for the test views of CI: one suite per input, with one case per finding and per rule without findings.

A rule without findings is a passing case, so that a clean run does not look like an empty one. A finding that fails the
run is a failure. A waived finding is skipped. An undecided rule is skipped too, or a failure with `--strict`. A finding
below `--fail-on` passes, with its text as output. An input that cannot be judged is an error.

Elements and attributes are those that every reader supports. There are no times or host names, so that repeated runs
produce identical bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.messages import say, together
from eniplan.report import words
from eniplan.text import printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.errors import Problem
    from eniplan.report.model import Finding, Report, Undecided
    from eniplan.rules.base import AnyRule


_READ = "the input can be read"


class _Case(NamedTuple):
    name: str
    kind: str
    """The inner element: failure, error, skipped or system-out; empty for a plain pass."""
    message: str = ""
    text: str = ""


class _Suite(NamedTuple):
    """The results of one file."""

    problems: list[Problem]
    findings: list[Finding]
    undecided: list[Undecided]


def write(report: Report) -> str:
    """Return the report as one JUnit document."""
    inputs, with_pools = set(report.inputs), {pool.file for pool in report.pools}
    suites: dict[str, list[_Case]] = {}
    for file, found in _suites(report).items():
        judged = file in inputs and (not found.problems or file in with_pools)
        named = (*_cases(report, found, report.rules if judged else ()), *_seen(report, file))
        first = () if suites else _age(report)
        suites[file] = list(_numbered((*first, *named)))
    every = [case for cases in suites.values() for case in cases]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="eniplan" {_counts(every)}>']
    for file, cases in suites.items():
        lines.append(f' <testsuite name="{_attribute(file)}" {_counts(cases)} skipped="{_count(cases, "skipped")}">')
        lines += (_element(file, case) for case in cases)
        lines.append(" </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _counts(cases: list[_Case]) -> str:
    return f'tests="{len(cases)}" failures="{_count(cases, "failure")}" errors="{_count(cases, "error")}"'


def _count(cases: list[_Case], kind: str) -> int:
    return sum(case.kind == kind for case in cases)


def _suites(report: Report) -> dict[str, _Suite]:
    """Return the inputs, then other files with findings."""
    suites = {file: _Suite([], [], []) for file in report.inputs}
    for problem in report.problems:
        suites.setdefault(problem.place.file, _Suite([], [], [])).problems.append(problem)
    for finding in report.findings:
        suites.setdefault(finding.place.file, _Suite([], [], [])).findings.append(finding)
    for item in report.undecided:
        suites.setdefault(item.place.file, _Suite([], [], [])).undecided.append(item)
    return suites


def _cases(report: Report, suite: _Suite, asked: tuple[AnyRule, ...]) -> Iterator[_Case]:
    if suite.problems:
        lines = [f"{p.place}: {p.message}" + (f"; {p.hint}" if p.hint else "") for p in suite.problems]
        yield _Case(_READ, "error", suite.problems[0].message, _lines(lines))
    else:
        yield _Case(_READ, "")
    lacking: dict[str, list[str]] = {}
    for item in suite.undecided:
        for rule_id in item.rules:
            told = together((say("{fact} is not known", fact=item.fact), item.hint))
            lacking.setdefault(rule_id, []).append(told)
    spoken = {finding.rule.id for finding in suite.findings}
    for rule in asked:
        if rule.id not in spoken and rule.id not in lacking:
            yield _Case(f"{rule.id} {rule.title}", "")
    for finding in suite.findings:
        yield _of_finding(report, finding)
    titles = {rule.id: rule.title for rule in report.rules}
    for rule_id, facts in lacking.items():
        name = f"{rule_id} {titles.get(rule_id) or say('undecided')}"
        yield _Case(name, "failure" if report.strict else "skipped", facts[0], _lines(facts))


def _of_finding(report: Report, finding: Finding) -> _Case:
    name = f"{finding.rule.id} {finding.place.path or finding.rule.title}"
    fix = [say("fix: {hint}", hint=words.cure(finding))] if finding.hint else []
    text = _lines([f"{finding.place}: {finding.level} {finding.message}", *fix, finding.rule.effect])
    if finding.waived is not None:
        return _Case(name, "skipped", say("waived: {why}", why=finding.waived), text)
    if report.fails(finding):
        return _Case(name, "failure", finding.message, text)
    return _Case(name, "system-out", "", text)


def _seen(report: Report, file: str) -> Iterator[_Case]:
    """Yield the observed state of a file's pools (`verify`) as passing cases."""
    for pool in report.pools:
        if pool.proven is not None and pool.file == file:
            yield _Case(
                say("pool {pool} in the cluster", pool=pool.name),
                "system-out",
                "",
                printable(words.proven(pool.proven)),
            )


def _age(report: Report) -> Iterator[_Case]:
    """Yield the age of old instance data, as a passing case."""
    if report.specs.old:
        yield _Case(say("instance data"), "system-out", "", printable(report.specs.old))


def _numbered(cases: Iterable[_Case]) -> Iterator[_Case]:
    """Number cases with the same name; otherwise readers merge them."""
    seen: dict[str, int] = {}
    for case in cases:
        seen[case.name] = seen.get(case.name, 0) + 1
        yield case if seen[case.name] == 1 else case._replace(name=f"{case.name} ({seen[case.name]})")


def _element(file: str, case: _Case) -> str:
    head = f'  <testcase classname="{_attribute(file)}" name="{_attribute(case.name)}"'
    if not case.kind:
        return head + "/>"
    message = f' message="{_attribute(case.message)}"' if case.message else ""
    if case.kind in {"failure", "error"}:
        message += ' type="eniplan"'
    return f"{head}>\n   <{case.kind}{message}>{_escaped(case.text)}</{case.kind}>\n  </testcase>"


def _lines(lines: list[str]) -> str:
    return "\n".join(map(printable, lines))


def _attribute(text: str) -> str:
    return _escaped(printable(text))


def _escaped(text: str) -> str:
    return text.translate(_ENTITIES)


_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}
