"""`eniplan resume`: go on with a create from its receipt."""

from __future__ import annotations

from typing import Annotated

import typer

from eniplan.cli.options import LONGEST, EcsRoleOption, TimeoutOption


def register(app: typer.Typer, name: str, about: str) -> None:
    """Add the command to the program."""
    app.command(name, short_help=about)(resume)


def resume(
    receipt: Annotated[str, typer.Argument(metavar="RECEIPT", help="The file that create-pool --apply has named.")],
    timeout: TimeoutOption = LONGEST,
    ecs_role: EcsRoleOption = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask no question when the request has to be sent again.")
    ] = False,
) -> None:
    """Continue an interrupted create: find out what became of it, wait, and verify the pool.

    The pool is looked up by its name first. Only when it is not there is the request sent again, by the plan that it
    came of, and behind the same check and the same question. It is safe at any point, any number of times.

    \b
    Examples:
      eniplan resume .eniplan/receipts/c0123456789abcdef0123456789abcdef-trading.json
      eniplan resume create.json --timeout 1h
    """
    from eniplan.cli import apply  # noqa: PLC0415 - brings the SDK along, and --help does not need it

    apply.resume(receipt, timeout, ecs_role=ecs_role, yes=yes)
