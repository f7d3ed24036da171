"""`eniplan specs diff`: show what newer instance data changes, in the data and in the verdicts on plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from eniplan import terminal
from eniplan.catalog.store import Catalog
from eniplan.cli.options import Format, FormatOption, SpecsDateOption, SpecsOption, StrictOption, judged_by
from eniplan.errors import COMMAND_LINE, INPUT, InputError, Place, Problem
from eniplan.messages import NOTHING, Message, count, named, say, together
from eniplan.text import json_text, printable
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from eniplan.catalog.diff import Change, Difference, Stated
    from eniplan.report.model import Report
    from eniplan.rules.base import Settings

SCHEMA = "eniplan.specs-diff/v1"
_SHOWN = 10
"""Maximum names in one line of text; JSON has all."""


class _Judged(NamedTuple):
    """A pool, or the rest of a plan, whose verdict differs between the two sets of data."""

    file: str
    pool: str | None
    appear: tuple[str, ...]
    vanish: tuple[str, ...]


def diff(
    plans: Annotated[
        list[str] | None, typer.Argument(metavar="[PLAN]...", help="Plans to check with both, as for check.")
    ] = None,
    output: FormatOption = Format.TEXT,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
    strict: StrictOption = False,
) -> None:
    """Show how `specs update`, or --specs FILE, changes the bundled data and the verdicts on plans.

    \b
    Examples:
      eniplan specs diff
      eniplan specs diff plans/ --format json
      eniplan specs diff plan.yaml --specs specs/cn-hangzhou.jsonl

    For each plan and pool: rules that get findings (appear) or lose them (vanish).
    """
    from eniplan.catalog.diff import difference  # noqa: PLC0415 - needed only here

    own, settings = judged_by(specs, specs_date, strict=strict)
    bundled = Catalog()
    if own.own is None:
        hint = say("create it with `eniplan specs update`, or pass a file with --specs")
        raise InputError(Problem(say("there is nothing to compare with the bundled data"), Place(COMMAND_LINE), hint))
    found = difference(bundled, own)
    judged, problems = _judged(plans, bundled, own, settings) if plans else ([], [])
    if output is Format.JSON:
        terminal.out(json_text(_document(bundled, own, found, judged), indent=1) + "\n")
    else:
        lines = [*_data_lines(bundled, own, found), *_plan_lines(plans or [], judged)]
        terminal.out("".join(f"{printable(line)}\n" for line in lines))
    if problems:
        terminal.problems(problems)
        raise typer.Exit(INPUT)


def _judged(
    plans: list[str], bundled: Catalog, own: Catalog, settings: Settings
) -> tuple[list[_Judged], list[Problem]]:
    """Judge plans with both sets of data; return the differences, and the plans that cannot be judged."""
    from eniplan.judging.check import check  # noqa: PLC0415 - the same
    from eniplan.plan.load import load  # noqa: PLC0415 - the same

    judged: list[_Judged] = []
    problems: list[Problem] = []
    for item in load(plans):
        before, after = (check([item], catalog, settings) for catalog in (bundled, own))
        problems += before.problems  # `after` has the same: they concern the plan, not the data
        if not isinstance(item, Problem) and item.plan is not None:
            names = {f"nodePools[{i}]": pool.name for i, pool in enumerate(item.plan.node_pools)}
            judged += _different(item.document.file, names, _rules(before), _rules(after))
    return judged, problems


def _rules(report: Report) -> dict[str, set[str]]:
    """Return the rules with findings, by the first segment of the finding's path, such as `nodePools[0]`."""
    found: dict[str, set[str]] = {}
    for finding in report.findings:
        found.setdefault(finding.place.path.partition(".")[0], set()).add(finding.rule.id)
    return found


def _different(
    file: str, names: Mapping[str, str], before: dict[str, set[str]], after: dict[str, set[str]]
) -> Iterator[_Judged]:
    for step in sorted({*before, *after}):
        was, now = before.get(step, set()), after.get(step, set())
        if was != now:
            yield _Judged(file, names.get(step), tuple(sorted(now - was)), tuple(sorted(was - now)))


def _data_lines(bundled: Catalog, own: Catalog, found: Difference) -> Iterator[str]:
    yield say("specs of {specs}, compared with those of {bundled}", specs=own.words, bundled=bundled.date)
    if not any(found):
        yield say("no difference")
    for record in found.added:
        limits = tuple(say("unknown") if value is None else value for value in record[4:7])
        yield say("added {type}: ENIs, IPv4 and IPv6 addresses per ENI: {limits}",
                  type=record.InstanceTypeId, limits=limits)  # fmt: skip
    if found.removed and own.own is not None:
        yield say("not in {region}: {types}: {names}", region=own.own.region, types=_types(found.removed),
                  names=named(found.removed, _SHOWN))  # fmt: skip
    for change in found.changed:
        yield say("changed {type} {field}: {before}, now {after}", type=change.type, field=change.field,
                  before=_value(change.bundled), after=_value(change.own))  # fmt: skip
    learned: dict[str, list[str]] = {}
    for change in found.learned:
        learned.setdefault(change.field, []).append(change.type)
    for field, names in learned.items():
        yield say(
            "now known: {field} of {types}: {names}", field=field, types=_types(names), names=named(names, _SHOWN)
        )


def _types(names: Sequence[str]) -> Message:
    return count(len(names), "{n} type", "{n} types")


def _plan_lines(plans: list[str], judged: list[_Judged]) -> Iterator[str]:
    for item in judged:
        where = (
            say("{file}: pool {pool}", file=item.file, pool=item.pool) if item.pool else say("{file}", file=item.file)
        )
        appear = say("appear {rules}", rules=item.appear) if item.appear else NOTHING
        vanish = say("vanish {rules}", rules=item.vanish) if item.vanish else NOTHING
        yield together((where, together((appear, vanish))), ": ")
    if plans and not judged:
        yield say("no plan is judged differently")


def _value(stated: Stated) -> Message:
    if stated.value is None:
        return say("unknown")
    source = stated.source
    said = say("no source") if source is None else tuple(filter(None, (source.title, source.date)))
    return say("{value} [{source}]", value=stated.value, source=said)


def _document(bundled: Catalog, own: Catalog, found: Difference, judged: list[_Judged]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "bundled": {"date": bundled.date, "types": bundled.count()},
        "own": None if own.own is None else own.own.as_map(),
        "added": [record.InstanceTypeId for record in found.added],
        "removed": list(found.removed),
        "changed": [_change(change) for change in found.changed],
        "learned": [_change(change) for change in found.learned],
        "plans": [item._asdict() for item in judged],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"type": change.type, "field": change.field, "bundled": _side(change.bundled), "own": _side(change.own)}


def _side(stated: Stated) -> dict[str, Any]:
    return {"value": stated.value, "source": None if stated.source is None else stated.source.as_map()}
