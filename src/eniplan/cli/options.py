"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from eniplan import clock, resources, terminal
from eniplan.catalog.record import old_days, old_words
from eniplan.catalog.store import Catalog
from eniplan.errors import usage
from eniplan.messages import named, say

if TYPE_CHECKING:
    from datetime import date

    from eniplan.rules.base import Settings


class Format(StrEnum):
    """Output formats of commands without a report."""

    TEXT = "text"
    JSON = "json"


class ReportFormat(StrEnum):
    """Formats of reports; `show.WRITERS` maps each to its module."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    GITLAB = "gitlab"
    MARKDOWN = "markdown"
    HTML = "html"
    METRICS = "metrics"


class Level(StrEnum):
    """Levels of findings."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


def is_given(context: typer.Context, name: str) -> bool:
    """Return whether the command line itself gives an option, so that conflicts with it are usage errors."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


PlanArgument = Annotated[str, typer.Argument(metavar="[PLAN]", help="A plan file, or - for stdin.")]
FormatOption = Annotated[
    Format, typer.Option("--format", "-f", help="text: a view on a terminal, plain lines in a pipe.")
]
ReportFormatOption = Annotated[
    ReportFormat,
    typer.Option("--format", "-f", help="Format of stdout. text: a view on a terminal, otherwise plain lines."),
]
ConciseOption = Annotated[bool, typer.Option("--concise", help="With text: one line per finding.")]
ExplainOption = Annotated[bool, typer.Option("--explain", help="With text: why each finding matters, and its sources.")]
OutputOption = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FORMAT=FILE", help="Also write the report to a file. Repeatable."),
]
FailOnOption = Annotated[Level, typer.Option(help="Exit with 1 if there are findings of this level or above.")]
ContextOption = Annotated[str | None, typer.Option(metavar="NAME", help="kubectl's context. Default: the current one.")]
KubeconfigOption = Annotated[str | None, typer.Option(metavar="FILE", help="kubectl's kubeconfig.")]
ClusterContextOption = Annotated[
    str | None, typer.Option("--context", metavar="NAME", help="With --from-cluster: kubectl's context.")
]
ClusterKubeconfigOption = Annotated[
    str | None, typer.Option("--kubeconfig", metavar="FILE", help="With --from-cluster: kubectl's kubeconfig.")
]
BUNDLED = "bundled"
"""`--specs bundled`: use only the data bundled with eniplan."""


def day_of(specs_date: str | None) -> date:
    """Return the day on which to compute the age of the instance data: --specs-date, or else today.

    Raises:
        UsageError: --specs-date is not a date.

    """
    if specs_date is None:
        return clock.today()
    from datetime import date  # noqa: PLC0415 - few runs pass a date

    try:
        return date.fromisoformat(specs_date)
    except ValueError:
        message = say("--specs-date is {text!r}; it must be a date", text=specs_date)
        raise usage(message, say("such as 2026-11-25")) from None


def judged_by(
    specs: str | None, specs_date: str | None, *, strict: bool, max_age: int | None = None
) -> tuple[Catalog, Settings]:
    """Return the instance data and the settings of the rules.

    Args:
        specs: the value of --specs.
        specs_date: the value of --specs-date.
        strict: the value of --strict.
        max_age: the age of limits, in days, from which rules warn; None: never.

    Raises:
        UsageError: --specs-date is not a date.
        InputError: the instance data cannot be read, or is malformed.

    """
    from eniplan.rules.base import Settings  # noqa: PLC0415 - imports all rules; some commands judge nothing

    day = day_of(specs_date)
    return instance_data(specs, day), Settings(strict, max_age, clock.today(), day)


def instance_data(given: str | None, day: date) -> Catalog:
    """Return the instance data in layers: bundled, then kept by `specs update`, then the file of `--specs`.

    If the data is old, print a note with its age to stderr.

    Args:
        given: the value of `--specs`.
        day: the day on which to compute its age.

    Raises:
        InputError: a file cannot be read, or is not instance data.

    """
    catalog = Catalog() if given == BUNDLED else Catalog(specs=given, kept=resources.kept_specs())
    age = old_days(catalog.date, catalog.own, day)
    if age is not None:
        terminal.err(say("note: {what}", what=old_words(age, catalog.date)))
    for own in () if catalog.own is None else catalog.own.stack():
        if own.odd:
            terminal.err(say("note: {file}: left out: {odd}", file=own.file, odd=named(own.odd)))
    return catalog


SpecsOption = Annotated[
    str | None,
    typer.Option(
        "--specs",
        metavar="FILE",
        help="Your own instance data: rows of `specs show`, or a DescribeInstanceTypes response. `bundled`: only "
        "eniplan's. Default: the data of `specs update`, if any.",
    ),
]
SpecsDateOption = Annotated[
    str | None,
    typer.Option(
        "--specs-date",
        metavar="DATE",
        help="Compute the age of the instance data on this date, YYYY-MM-DD. Default: $SOURCE_DATE_EPOCH, then today.",
    ),
]
StrictOption = Annotated[
    bool,
    typer.Option(
        "--strict/--no-strict", help="Use the strictest document where they disagree; fail if a rule is undecided."
    ),
]
EndpointOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Send all calls to the account to this address, such as a private gateway. Default: $ENIPLAN_ENDPOINT, "
        "then the region's own.",
    ),
]
EcsRoleOption = Annotated[
    bool, typer.Option("--ecs-role", help="Also use the RAM role of the ECS instance that eniplan runs on.")
]


def seconds(option: str, text: str) -> float:
    """Return a duration such as `90s`, `30m` or `1h30m` in seconds.

    Raises:
        UsageError: the text is not a duration.

    """
    from eniplan.k8s.numbers import SECOND, go_duration  # noqa: PLC0415 - few runs wait

    duration = go_duration(text)
    if duration is None or duration < 0:
        raise usage(say("{option} {text!r} is not a duration", option=option, text=text), say("write 90s, 30m or 1h"))
    return duration / SECOND


TimeoutOption = Annotated[
    str, typer.Option(metavar="DURATION", help="How long to check and wait after the request, such as 90s or 1h30m.")
]
LONGEST = "30m"
"""The default time to wait for a create. ACK takes a few minutes for nodes in stock."""
WaiversOption = Annotated[
    str | None,
    typer.Option(
        "--waivers", metavar="FILE", help="Waivers for any file. Default: .eniplan/waivers.yaml, if it exists."
    ),
]
GateOption = Annotated[
    Level, typer.Option("--fail-on", help="Write nothing if there are findings of this level or above.")
]
"""For commands that use only plans that pass the check."""
