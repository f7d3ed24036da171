"""`eniplan resume`: continue a create from its receipt."""

from __future__ import annotations

from typing import Annotated

import typer

from eniplan.cli.options import LONGEST, EcsRoleOption, TimeoutOption


def resume(
    receipt: Annotated[str, typer.Argument(metavar="RECEIPT", help="The file that create-pool --apply printed.")],
    timeout: TimeoutOption = LONGEST,
    ecs_role: EcsRoleOption = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask for confirmation if the request must be sent again.")
    ] = False,
    allow_undecided: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FACT",
            help="Send the request again even if this fact is unknown because RAM denies the call.",
        ),
    ] = None,
) -> None:
    """Continue an interrupted create: look up its result, wait, and verify the pool.

    First, eniplan looks up the pool by name. If the pool does not exist, it sends the request again, from the same plan
    and after the same check and confirmation. It is safe to run at any time, any number of times.

    \b
    Examples:
      eniplan resume .eniplan/receipts/c0123456789abcdef0123456789abcdef-trading.json
      eniplan resume create.json --timeout 1h
    """
    from eniplan.cli import apply  # noqa: PLC0415 - imports the SDK, which --help does not need

    apply.resume(receipt, timeout, tuple(allow_undecided or ()), ecs_role=ecs_role, yes=yes)
