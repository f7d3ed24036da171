"""`eniplan ram-policy`: the permissions that commands need to query or change the account."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from eniplan import terminal
from eniplan.cloud.policy import COMMANDS, calls_of, policy
from eniplan.errors import usage
from eniplan.messages import say
from eniplan.suggest import did_you_mean


def ram_policy(
    commands: Annotated[list[str], typer.Argument(metavar="COMMAND...", help=f"Some of: {', '.join(COMMANDS)}.")],
    lingjun: Annotated[bool, typer.Option("--lingjun", help="The plans have Lingjun pools.")] = False,
    region: Annotated[str | None, typer.Option(metavar="REGION", help="Only this region. Default: any.")] = None,
    cluster_id: Annotated[str | None, typer.Option(metavar="ID", help="Only this cluster. Default: any.")] = None,
) -> None:
    """Print the minimal RAM policy for these commands. Sends no request.

    \b
    Examples:
      eniplan ram-policy check create-pool resume > policy.json
      eniplan ram-policy check --cluster-id c0123456789abcdef0123456789abcdef --region cn-hangzhou
      eniplan ram-policy specs update

    check means `check --live`, create-pool means `create-pool --apply`. Calls without a resource of their own are
    allowed on all resources ("*"), because the services accept nothing narrower.
    """
    needed = calls_of(_known(commands), lingjun=lingjun)
    terminal.out(json.dumps(policy(needed, region=region, cluster_id=cluster_id), indent=2) + "\n")


def _known(words: list[str]) -> list[str]:
    """Return the commands that the arguments name; `specs update` may be one argument or two.

    Raises:
        UsageError: an argument is not a command that queries an account.

    """
    names = " ".join(words).replace("specs update", "specs\0update").split()
    found = [name.replace("\0", " ") for name in names]
    for name in found:
        if name not in COMMANDS:
            hint = did_you_mean(name, COMMANDS) or say("commands that do: {commands}", commands=tuple(COMMANDS))
            raise usage(say("{name!r} is not a command that queries the account", name=name), hint)
    return found
