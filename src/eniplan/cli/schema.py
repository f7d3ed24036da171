"""`eniplan schema`: the JSON Schemas of eniplan's inputs and reports."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from eniplan import terminal
from eniplan.text import json_text


class Subject(StrEnum):
    """What a schema describes."""

    CONFIG = "config"
    PLAN = "plan"
    REPORT = "report"
    WAIVERS = "waivers"


def schema(
    subject: Annotated[
        Subject,
        typer.Argument(
            metavar="[SUBJECT]", help="plan (default), waivers, config, or report (the output of --format json)."
        ),
    ] = Subject.PLAN,
) -> None:
    """Print a JSON Schema (draft-07): of inputs, for editors, or of reports, for programs.

    \b
    Examples:
      eniplan schema > eniplan.schema.json
      # in a plan:  # yaml-language-server: $schema=./eniplan.schema.json
      eniplan schema report > report.schema.json
      eniplan schema config > config.schema.json
    """
    terminal.out(json_text(_schema(subject), indent=2) + "\n")


def _schema(subject: Subject) -> dict[str, object]:
    if subject is Subject.REPORT:
        from eniplan.report.schema import SCHEMA as REPORT  # noqa: PLC0415 - one schema per run

        return REPORT
    if subject is Subject.CONFIG:
        from eniplan.config import schema as config  # noqa: PLC0415 - one schema per run

        return config()
    from eniplan.plan.schema import SCHEMA, WAIVERS_SCHEMA  # noqa: PLC0415 - one schema per run

    return SCHEMA if subject is Subject.PLAN else WAIVERS_SCHEMA
