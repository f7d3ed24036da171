"""`eniplan init`: a commented starter plan."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from eniplan import resources, terminal
from eniplan.errors import InputError, Place, Problem, UsageError
from eniplan.plan.load import DEFAULT_FILE, STDIN


def register(app: typer.Typer, name: str, about: str) -> None:
    """Add the command to the program."""
    app.command(name, short_help=about)(init)


def init(
    file: Annotated[str, typer.Argument(metavar="[FILE]", help="Where to write it; - for stdout.")] = DEFAULT_FILE,
) -> None:
    """Write a commented starter plan. A file that exists is never overwritten.

    \b
    Examples:
      eniplan init
      eniplan init - > pools/trading.yaml
    """
    with open(os.path.join(resources.folder("templates"), "plan.yaml"), encoding="utf-8") as stream:
        text = stream.read()
    if file == STDIN:
        terminal.out(text)
        return
    try:
        with open(file, "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        hint = "give another name, or - to print the starter plan"
        raise UsageError(Problem("the file exists, and is left as it is", Place(file), hint)) from None
    except OSError as error:
        raise InputError(Problem(f"cannot write it: {(error.strerror or '').lower()}", Place(file))) from None
    terminal.err(f"wrote {file}: fill in what stands in <angle brackets>, then run `eniplan check {file}`")
