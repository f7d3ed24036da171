"""`eniplan schema`: the JSON Schema of plans."""

from __future__ import annotations

import json

import typer

from eniplan import terminal
from eniplan.plan.schema import SCHEMA


def register(app: typer.Typer, name: str, about: str) -> None:
    """Add the command to the program."""
    app.command(name, short_help=about)(schema)


def schema() -> None:
    """Print the JSON Schema (draft-07) of plans, for editors.

    \b
    Examples:
      eniplan schema > eniplan.schema.json
      # in a plan:  # yaml-language-server: $schema=./eniplan.schema.json
    """
    terminal.out(json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n")
