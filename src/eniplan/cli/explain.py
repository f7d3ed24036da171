"""`eniplan explain`: what a rule checks, why it matters, and its sources."""

from __future__ import annotations

import string
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from eniplan import terminal
from eniplan.cli.options import Format, FormatOption
from eniplan.errors import usage
from eniplan.libyaml import yaml
from eniplan.messages import say
from eniplan.plan.model import ExistingPool
from eniplan.report.words import remedy
from eniplan.rules import BY_ID
from eniplan.rules.base import AccountRule, ClusterRule
from eniplan.rules.examples import ABSENT, example
from eniplan.rules.examples_cluster import cluster_example, cluster_plan
from eniplan.rules.remedies import remedy_of
from eniplan.suggest import did_you_mean
from eniplan.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from eniplan.rules.base import AnyRule


class Example(StrEnum):
    """Which example of a rule."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    PLAN = "plan"


def explain(
    rule: Annotated[str | None, typer.Argument(metavar="[RULE]", help="A rule id, such as ENI001.")] = None,
    show: Annotated[Example | None, typer.Option("--example", help="Print the rule's example instead.")] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Explain a rule, or list all rules.

    \b
    Examples:
      eniplan explain
      eniplan explain ENI001
      eniplan explain ENI001 --example fail | eniplan check -
      eniplan explain VER001 --example fail | eniplan verify --from -

    Examples of VER rules are clusters; --example plan prints the plan to verify them against.
    """
    if rule is None:
        if show is not None:
            raise usage(say("--example requires a rule id"))
        _list(output)
        return
    found = BY_ID.get(rule.upper())
    if found is None:
        letters, digits = rule.upper().rstrip("0123456789"), rule.lstrip(string.ascii_letters)
        padded = f"{letters}{digits:0>3}"
        hint = say("did you mean {padded!r}?", padded=padded) if padded in BY_ID else did_you_mean(rule, BY_ID)
        hint = hint or say("`eniplan explain` lists all rules")
        raise usage(say("there is no rule {rule!r}", rule=rule), hint)
    if show is not None:
        terminal.out(_yaml(_example(found, show)))
    elif output is Format.JSON:
        terminal.out(_json(_rule_map(found)))
    else:
        terminal.out(_text(found))


def _list(output: Format) -> None:
    if output is Format.JSON:
        terminal.out(_json([_rule_map(rule) for rule in BY_ID.values()]))
    else:
        terminal.out("".join(f"{rule.id}  {rule.level:<7}  {rule.title}\n" for rule in BY_ID.values()))


def _json(value: object) -> str:
    return json_text(value, indent=1) + "\n"


def _rule_map(rule: AnyRule) -> dict[str, object]:
    of_account = isinstance(rule, AccountRule)
    return {
        "rule": rule.id,
        "level": rule.level,
        "title": rule.title,
        "needs": [fact.key for fact in rule.needs],
        "effect": rule.effect,
        "remedy": remedy_of(rule).as_map(),
        "sources": [source.as_map() for source in rule.sources],
        "waivable": rule.waivable,
        "passes": _example(rule, Example.PASS),
        "fails": _example(rule, Example.FAIL),
        "account": {path: _plain(value) for path, value in rule.account.items()} if of_account else None,
    }


def _example(rule: AnyRule, which: Example) -> dict[str, object]:
    """Return an example of a rule: a plan, or the dump of a cluster."""
    if which is Example.PLAN:
        return cluster_plan() if isinstance(rule, ClusterRule) else example({})
    changes = rule.passes if which is Example.PASS else rule.fails
    return cluster_example(changes) if isinstance(rule, ClusterRule) else example(changes)


def _text(rule: AnyRule) -> str:
    head = say("{rule} ({level}): {title}", rule=rule.id, level=rule.level, title=rule.title)
    lines: list[str] = [head, "", rule.effect, "", *_remedy(rule), ""]
    if rule.needs:
        lines += [say("Decided by: {facts}", facts=tuple(fact.key for fact in rule.needs))]
    if not rule.waivable:
        lines += [say("It cannot be waived.")]
    if rule.sources:
        lines += ["", say("Sources:")]
        lines += [f"  {s.title} ({s.date})" + (f"\n    {s.url}" if s.url else "") for s in rule.sources]
    is_cluster = isinstance(rule, ClusterRule)
    lines += ["", say("The example cluster breaks it with:") if is_cluster else say("The example plan breaks it with:")]
    lines += _changes(rule.fails)
    lines += [say("  in the account:{change}", change=change[1:]) for change in _changes(rule.account)]
    lines += [say("and passes with:") if rule.passes else say("and passes unchanged."), *_changes(rule.passes), ""]
    if isinstance(rule, AccountRule):
        lines += [say("Only --live finds it: it compares the plan with the account.")]
    elif is_cluster:
        plan = f"eniplan explain {rule.id} --example plan > plan.yaml"
        clusters = f"eniplan explain {rule.id} --example fail | eniplan verify plan.yaml --from -"
        lines += [
            say("The plan to verify it against: {command}", command=plan),
            say("The clusters in full: {command}", command=clusters),
        ]
    else:
        command = f"eniplan explain {rule.id} --example fail | eniplan check -"
        lines += [say("The plans in full: {command}   (or pass)", command=command)]
    return "\n".join(lines) + "\n"


def _remedy(rule: AnyRule) -> Iterator[str]:
    do, *forms = remedy(rule)
    yield say("Remedy: {what}", what=do)
    yield from forms


def _changes(changes: Mapping[str, object]) -> list[str]:
    """Return the changes to the example, one per line; whole objects of a cluster are shortened."""
    spelled = ((path, "(absent)" if value is ABSENT else json_text(_plain(value))) for path, value in changes.items())
    return [f"  {path}: {text if len(text) <= _LONGEST else text[:_LONGEST] + ' ...'}" for path, text in spelled]


_LONGEST = 400


def _plain(value: object) -> object:
    """Convert named tuples to maps, for JSON."""
    return value._asdict() if isinstance(value, ExistingPool) else value


def _yaml(plan: dict[str, object]) -> str:
    return yaml.safe_dump(plan, sort_keys=False, allow_unicode=True)
