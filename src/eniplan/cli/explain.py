"""`eniplan explain`: what a rule means, why it matters, and who says so."""

from __future__ import annotations

import string
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
import yaml

from eniplan import terminal
from eniplan.cli.options import Format, FormatOption
from eniplan.errors import usage
from eniplan.messages import say
from eniplan.plan.model import ExistingPool
from eniplan.rules import BY_ID
from eniplan.rules.base import AccountRule, ClusterRule
from eniplan.rules.examples import ABSENT, example
from eniplan.rules.examples_cluster import cluster_example, cluster_plan
from eniplan.suggest import did_you_mean
from eniplan.text import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from eniplan.rules.base import AnyRule


class Example(StrEnum):
    """Which example of a rule."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    PLAN = "plan"


def register(app: typer.Typer, name: str, about: str) -> None:
    """Add the command to the program."""
    app.command(name, short_help=about)(explain)


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

    \b
    Examples of VER rules are clusters; --example plan is the plan that they are verified by.
    """
    if rule is None:
        if show is not None:
            raise usage(say("--example needs a rule id"))
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
        terminal.out(_json([_rule_map(found)][0]))
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
        "sources": [{"title": s.title, "url": s.url, "date": s.date} for s in rule.sources],
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
    lines = [f"{rule.id} ({rule.level}): {rule.title}", "", rule.effect, ""]
    if rule.needs:
        lines += [f"Decided by: {', '.join(fact.key for fact in rule.needs)}"]
    if not rule.waivable:
        lines += ["It cannot be waived."]
    if rule.sources:
        lines += ["", "Sources:"]
        lines += [f"  {s.title} ({s.date})" + (f"\n    {s.url}" if s.url else "") for s in rule.sources]
    what = "cluster" if isinstance(rule, ClusterRule) else "plan"
    lines += ["", f"The example {what} breaks it with:", *_changes(rule.fails)]
    lines += [f"  in the account:{change[1:]}" for change in _changes(rule.account)]
    lines += ["and passes " + ("with:" if rule.passes else "as it is."), *_changes(rule.passes), ""]
    if isinstance(rule, AccountRule):
        lines += ["Only --live shows it: it is about what the account says."]
    elif isinstance(rule, ClusterRule):
        lines += [
            f"The plan that it is verified by: eniplan explain {rule.id} --example plan > plan.yaml",
            f"The clusters in full: eniplan explain {rule.id} --example fail | eniplan verify plan.yaml --from -",
        ]
    else:
        lines += [f"The plans in full: eniplan explain {rule.id} --example fail | eniplan check -   (or pass)"]
    return "\n".join(lines) + "\n"


def _changes(changes: Mapping[str, object]) -> list[str]:
    """Spell the changes to the example, one a line; whole objects of a cluster would fill the screen."""
    spelled = ((path, "(absent)" if value is ABSENT else json_text(_plain(value))) for path, value in changes.items())
    return [f"  {path}: {text if len(text) <= _LONGEST else text[:_LONGEST] + ' ...'}" for path, text in spelled]


_LONGEST = 400


def _plain(value: object) -> object:
    """Return facts, which are named tuples, as maps."""
    return value._asdict() if isinstance(value, ExistingPool) else value


def _yaml(plan: dict[str, object]) -> str:
    return yaml.safe_dump(plan, sort_keys=False, allow_unicode=True)
