"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


class Level(StrEnum):
    """Levels of findings."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


FormatOption = Annotated[
    Format, typer.Option("--format", "-f", help="text: a view on a terminal, plain lines in a pipe.")
]
SpecsOption = Annotated[
    str | None,
    typer.Option(
        "--specs",
        metavar="FILE",
        help="Your own instance data: rows of `specs show`, or a DescribeInstanceTypes response.",
    ),
]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", help="Take the strictest document where they disagree; fail on what is not decided."),
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
    bool, typer.Option("--ecs-role", help="For the account, also take the role of the ECS instance this runs on.")
]
TimeoutOption = Annotated[
    str, typer.Option(metavar="DURATION", help="How long to look and wait after the request, such as 90s or 1h30m.")
]
LONGEST = "30m"
"""How long creates are waited for when nobody says. ACK takes some minutes for nodes that are on sale."""
GateOption = Annotated[
    Level, typer.Option("--fail-on", help="Write nothing when there are findings from this level on.")
]
"""For commands that go beyond a check: only a plan that passes goes on."""
