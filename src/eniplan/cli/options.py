"""Options that several commands share."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from eniplan import resources


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
BUNDLED = "bundled"
"""`--specs bundled`: nothing stands before the data that came with eniplan."""


def chosen_specs(given: str | None) -> str | None:
    """Return what stands before the bundled instance data: `--specs`, else what `specs update` has kept; or None."""
    if given is None:
        kept = resources.refreshed_specs()
        return kept if os.path.exists(kept) else None
    return None if given == BUNDLED else given


SpecsOption = Annotated[
    str | None,
    typer.Option(
        "--specs",
        metavar="FILE",
        callback=chosen_specs,
        help="Your own instance data: rows of `specs show`, or a DescribeInstanceTypes response. `bundled`: only "
        "eniplan's. Default: what `specs update` has kept, if anything.",
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
        help="With --live: send all calls to this address, such as a private gateway. Default: $ENIPLAN_ENDPOINT, "
        "then the region's own.",
    ),
]
EcsRoleOption = Annotated[
    bool, typer.Option("--ecs-role", help="With --live: also take the role of the ECS instance this runs on.")
]
GateOption = Annotated[
    Level, typer.Option("--fail-on", help="Write nothing when there are findings from this level on.")
]
"""For commands that go beyond a check: only a plan that passes goes on."""
