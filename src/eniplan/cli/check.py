"""`eniplan check`: judge plans, or instance types straight from the command line."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eniplan import engine, terminal
from eniplan.catalog.store import Catalog
from eniplan.cli.options import Format, FormatOption, Level, SpecsOption
from eniplan.errors import INPUT, Place, Problem, UsageError
from eniplan.plan.document import Document
from eniplan.plan.load import DEFAULT_FILE, LoadedPlan, load
from eniplan.plan.model import plan_from
from eniplan.plan.schema import API_VERSION
from eniplan.rules import ALL
from eniplan.rules.view import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.plan.document import Path
    from eniplan.report.model import Report
    from eniplan.rules.base import Rule

COMMAND_LINE = "command line"
_TYPES_ONLY: tuple[Rule, ...] = tuple(rule for rule in ALL if rule.types_only)


def register(app: typer.Typer, name: str, about: str) -> None:
    """Add the command to the program."""
    app.command(name, short_help=about)(check)


def check(
    plans: Annotated[
        list[str] | None, typer.Argument(metavar="[PLAN]...", help="Plan files, folders of them, or - for stdin.")
    ] = None,
    output: FormatOption = Format.TEXT,
    fail_on: Annotated[Level, typer.Option(help="Exit with 1 from this level on.")] = Level.ERROR,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Take the strictest document where they disagree; fail on what is not decided."),
    ] = False,
    specs: SpecsOption = None,
    max_age: Annotated[
        int | None, typer.Option(min=0, metavar="DAYS", help="Warn about limits whose source is older than this.")
    ] = None,
    types: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Without a plan: judge this type. Repeatable.")
    ] = None,
    families: Annotated[
        list[str] | None,
        typer.Option("--family", metavar="FAMILY", help="Without a plan: judge this family. Repeatable."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="With --type: ecs (default) or lingjun.")] = None,
    terway: Annotated[str | None, typer.Option(metavar="VERSION", help="With --type: the cluster's Terway.")] = None,
    ip_stack: Annotated[str | None, typer.Option(help="With --type: ipv4 or dual.")] = None,
) -> None:
    """Judge plans: will these node pools work?

    \b
    Examples:
      eniplan check plan.yaml
      eniplan check plans/ --format json --fail-on warning
      cat plan.yaml | eniplan check -
      eniplan check --type ecs.g8i.8xlarge --terway v1.16.4 --ip-stack dual
    """
    catalog = Catalog(specs=specs)
    settings = Settings(strict, max_age, date.today())  # noqa: DTZ011 - waivers expire on the user's own day
    if types or families:
        if plans:
            message = "--type and --family judge without a plan: give either them or plan files"
            raise UsageError(Problem(message, Place(COMMAND_LINE)))
        loaded: Iterable[LoadedPlan | Problem] = [_from_types(types or [], families or [], kind, terway, ip_stack)]
        rules = _TYPES_ONLY
    else:
        for option, value in (("--kind", kind), ("--terway", terway), ("--ip-stack", ip_stack)):
            if value is not None:
                message = f"{option} goes with --type or --family; a plan states it itself"
                raise UsageError(Problem(message, Place(COMMAND_LINE)))
        loaded = load(plans or _default())
        rules = ALL
    report = engine.check(loaded, catalog, settings, fail_on=fail_on.value, rules=rules)
    show(report, output)
    raise typer.Exit(report.exit_code)


def _default() -> list[str]:
    if os.path.exists(DEFAULT_FILE):
        return [DEFAULT_FILE]
    hint = f"name a plan file, a folder, or - for stdin; `eniplan init` writes {DEFAULT_FILE}"
    terminal.problems([Problem(f"there is nothing to check, and no {DEFAULT_FILE} here", Place("."), hint)])
    raise typer.Exit(INPUT)


def show(report: Report, output: Format) -> None:
    """Write a report in the format asked for; problems and the summary go to stderr."""
    terminal.problems(report.problems)
    if output is Format.JSON:
        from eniplan.report import json_format  # noqa: PLC0415 - one format a run

        terminal.out(json_format.write(report))
    elif terminal.is_rich():
        from eniplan.report import terminal_view  # noqa: PLC0415 - imports rich

        terminal.out(terminal_view.write(report, width=terminal.width(), colour=terminal.has_colour()))
    else:
        from eniplan.report import plain  # noqa: PLC0415 - one format a run

        terminal.out(plain.write(report))
        terminal.err(plain.summary(report))


class _CommandLine:
    """The tree of a plan that was never a file: its values have no line."""

    def find(self, path: Path, *, key: bool) -> tuple[int, int]:
        """See `Tree.find`."""
        del path, key
        return 0, 0

    def text(self, path: Path) -> str | None:
        """See `Tree.text`."""
        del path
        return None


def _from_types(
    types: list[str], families: list[str], kind: str | None, terway: str | None, ip_stack: str | None
) -> LoadedPlan:
    """Make the plan that the options of a check without a file describe."""
    for option, value, allowed in (("--kind", kind, ("ecs", "lingjun")), ("--ip-stack", ip_stack, ("ipv4", "dual"))):
        if value is not None and value not in allowed:
            message = f"{option} is {value!r}; it must be one of {', '.join(allowed)}"
            raise UsageError(Problem(message, Place(COMMAND_LINE)))
    cluster: dict[str, Any] = {"terway": {} if terway is None else {"version": terway}}
    if ip_stack is not None:
        cluster["ipStack"] = ip_stack
    pools: list[dict[str, Any]] = [{"name": COMMAND_LINE, "instanceTypes": types, "instanceFamilies": families}]
    if kind == "lingjun":
        if families:
            raise UsageError(Problem("--family is for ECS; name Lingjun node types with --type", Place(COMMAND_LINE)))
        pools = [{"name": node_type, "kind": "lingjun", "lingjun": {"nodeType": node_type}} for node_type in types]
    plan: dict[str, Any] = {"apiVersion": API_VERSION, "cluster": cluster, "nodePools": pools}
    return LoadedPlan(Document(COMMAND_LINE, plan, _CommandLine()), plan_from(plan))
