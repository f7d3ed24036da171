"""`eniplan doctor`: find what keeps eniplan from working here, and how to fix it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from eniplan import clock, terminal
from eniplan.cli.options import EcsRoleOption, EndpointOption, Format, FormatOption
from eniplan.doctor import machine
from eniplan.doctor.results import Result
from eniplan.errors import FINDINGS, OK, EniplanError, InputError, usage
from eniplan.messages import in_english, say
from eniplan.plan.load import DEFAULT_FILE, load, plans_of
from eniplan.text import json_text, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.plan.model import Plan


def doctor(
    plan: Annotated[
        str | None, typer.Argument(metavar="[PLAN]", help="With --live: the plan with the cluster and region.")
    ] = None,
    output: FormatOption = Format.TEXT,
    live: Annotated[
        bool, typer.Option("--live", help="Also check the account: whose credentials, the clock, permissions.")
    ] = False,
    region: Annotated[
        str | None, typer.Option(metavar="REGION", help="With --live: the region. Default: the plan's.")
    ] = None,
    cluster_id: Annotated[
        str | None, typer.Option(metavar="ID", help="With --live: the cluster's id. Default: the plan's.")
    ] = None,
    endpoint: EndpointOption = None,
    ecs_role: EcsRoleOption = False,
) -> None:
    """Find what keeps eniplan from working here, and how to fix it. Exits with 1 on errors.

    \b
    Examples:
      eniplan doctor
      eniplan doctor --live
      eniplan doctor plan.yaml --live --format json

    Without --live, eniplan sends no calls; with it, only read-only calls. It never shows secrets.
    """
    online = {"[PLAN]": plan, "--region": region, "--cluster-id": cluster_id, "--endpoint": endpoint}
    alone = next((name for name, value in online.items() if value is not None), "--ecs-role" if ecs_role else None)
    if alone is not None and not live:
        raise usage(say("{option} requires --live; without it the account is not queried", option=alone))
    results = list(machine.look(os.environ, clock.today()))
    if live:
        results += _live(_plan(plan), region, cluster_id, endpoint, ecs_role=ecs_role)
    code = FINDINGS if any(result.state == "error" for result in results) else OK
    terminal.out(_json(results, code) if output is Format.JSON else "".join(map(_text, results)))
    raise typer.Exit(code)


def _plan(path: str | None) -> Plan | None:
    """Return the plan with the cluster and region: the named one, or that of this folder, if it can be used.

    Raises:
        InputError: the named plan cannot be used.

    """
    if path is None and not os.path.exists(DEFAULT_FILE):
        return None
    plans, problems = plans_of(load([path or DEFAULT_FILE]))
    if path is not None and problems and not plans:
        raise InputError(*problems)
    return plans[0][1] if plans else None


def _live(
    plan: Plan | None, region: str | None, cluster_id: str | None, endpoint: str | None, *, ecs_role: bool
) -> Iterator[Result]:
    from eniplan.cli import account  # noqa: PLC0415 - imports the SDK, half a second
    from eniplan.cloud import place  # noqa: PLC0415 - the same
    from eniplan.doctor import account as looks  # noqa: PLC0415 - the same

    name = place.region(region or (None if plan is None else plan.cluster.region))
    if name is None or not place.is_region(name):
        hint = say("pass --region, such as cn-hangzhou, or a plan with cluster.region")
        yield Result(say("account"), "error", say("no region"), hint)
        return
    try:
        how = account.access(endpoint, ecs_role=ecs_role)
        session = account.open_session(name, how)
    except EniplanError as error:
        yield Result(say("account"), "error", error.problems[0].message, error.problems[0].hint)
        return
    cluster = cluster_id or (None if plan is None else plan.cluster.id)
    yield from looks.look(session, account.account_place(name, how), cluster, datetime.now(UTC))


def _text(result: Result) -> str:
    to_do = f"    {printable(result.to_do)}\n" if result.to_do else ""
    return printable(f"{result.state:<7} " + say("{name}: {says}", name=result.name, says=result.says)) + "\n" + to_do


def _json(results: list[Result], code: int) -> str:
    checks = [{"name": in_english(r.name), "state": r.state, "says": r.says, "toDo": r.to_do or None} for r in results]
    return json_text({"schema": "eniplan.doctor/v1", "exitCode": code, "checks": checks}, indent=1) + "\n"
