"""`eniplan specs update`: ask the account for the limits of all its instance types, and keep them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated

import typer

from eniplan import resources, terminal
from eniplan.catalog.store import Catalog
from eniplan.cli.options import EcsRoleOption, EndpointOption
from eniplan.errors import CloudError, Problem, usage
from eniplan.messages import say
from eniplan.text import plural


def update(
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="Default: the aliyun CLI's variables, then its profile.")
    ] = None,
    out: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write here, for --specs. Default: what every command then uses.")
    ] = None,
    endpoint: EndpointOption = None,
    ecs_role: EcsRoleOption = False,
) -> None:
    """Ask the account for the limits of all its instance types, and keep them for this user.

    \b
    Examples:
      eniplan specs update --region cn-hangzhou
      eniplan specs update --region cn-hangzhou --out specs/cn-hangzhou.jsonl
      eniplan specs diff plans/          # which plans does it change?
      eniplan check plan.yaml --specs bundled   # as if nothing had been kept

    \b
    Without --out the rows go to $XDG_DATA_HOME/eniplan/specs.jsonl (~/.local/share). From then on they stand before
    the bundled data in every command, until --specs names other data. For the same verdict on every machine use --out,
    commit the file, and name it with --specs.
    """
    # The bundled data, whatever was kept before: an old refresh must not shine through.
    text, count, asked = _ask(region, Catalog(), endpoint, ecs_role=ecs_role)
    file = out or resources.refreshed_specs()
    if out is None:
        terminal.make_folder(os.path.dirname(file))
    terminal.save(file, text)
    terminal.err(f"{plural(count, 'instance type')} of {asked} written to {file}")
    terminal.err("what has changed: eniplan specs diff" + ("" if out is None else f" --specs {out}"))


def _ask(region: str | None, bundled: Catalog, endpoint: str | None, *, ecs_role: bool) -> tuple[str, int, str]:
    """Return the text of the new file, how many types it has, and the region."""
    from eniplan.catalog.refresh import of_regions, refreshed  # noqa: PLC0415 - needed only here
    from eniplan.cli import account  # noqa: PLC0415 - imports the cloud's SDK, half a second
    from eniplan.cloud import place  # noqa: PLC0415 - the same
    from eniplan.cloud.failures import CallError, problem  # noqa: PLC0415 - the same
    from eniplan.cloud.types import all_types  # noqa: PLC0415 - the same

    how = account.access(endpoint, ecs_role=ecs_role)
    name = place.region(region)
    if name is None:
        looked = say(
            "looked at {REGION_VARIABLES} and the profile in {PROFILES}",
            REGION_VARIABLES=tuple(place.REGION_VARIABLES),
            PROFILES=place.PROFILES,
        )
        raise usage(say("no region to ask: give --region, such as cn-hangzhou"), looked)
    if not place.is_region(name):
        raise usage(say("{name!r} is no region id", name=name), say("such as cn-hangzhou"))
    rows = []
    asked = account.account_place(name, how)
    try:
        for page in all_types(account.open_session(name, how)):
            rows += page
    except CallError as error:
        raise CloudError(problem(error, asked)) from None
    if not rows:
        raise CloudError(
            Problem(say("the account lists no instance type"), asked, say("nothing was written; check the region"))
        )
    today = datetime.now(UTC).date().isoformat()
    return refreshed(bundled, rows, of_regions((name,), today)), len(rows), name
