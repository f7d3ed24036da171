"""`eniplan create-pool`: print the request or resource that creates a pool, or create it. Offline without --apply.

Annotations are not postponed in this file: typer would evaluate each from its text, 2 ms at every start.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from eniplan import terminal
from eniplan.cli.chosen import Chosen, chosen_pools, named, refuse_several
from eniplan.cli.options import (
    LONGEST,
    EcsRoleOption,
    EndpointOption,
    GateOption,
    Level,
    PlanArgument,
    SpecsDateOption,
    SpecsOption,
    StrictOption,
    TimeoutOption,
    WaiversOption,
)
from eniplan.cli.passed import Gate, passed_plans, placed
from eniplan.emit.body import Body, body_json
from eniplan.errors import usage
from eniplan.messages import say
from eniplan.plan.load import DEFAULT_FILE
from eniplan.plan.model import NodePool


class Spelling(StrEnum):
    """The output format of a pool."""

    API = "api"
    CLI = "cli"
    TERRAFORM = "terraform"
    TERRAFORM_JSON = "terraform-json"
    ROS = "ros"


def create_pool(
    plan: PlanArgument = DEFAULT_FILE,
    pool: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this pool. Default: all pools of the plan.")
    ] = None,
    emit: Annotated[
        Spelling,
        typer.Option(
            help="api: the request body. cli: an aliyun command. terraform, terraform-json: a resource file. "
            "ros: a ROS template."
        ),
    ] = Spelling.API,
    out: Annotated[str | None, typer.Option(metavar="FILE", help="Write to this file instead of stdout.")] = None,
    fail_on: GateOption = Level.ERROR,
    strict: StrictOption = False,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
    waivers: WaiversOption = None,
    apply: Annotated[
        bool,
        typer.Option("--apply", help="Create the pool: check the account, ask for confirmation, create, wait, verify."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --apply: skip the confirmation.")] = False,
    timeout: TimeoutOption = LONGEST,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="With --apply: wait until the pool is ready, then verify it.")
    ] = True,
    receipt: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="With --apply: file for the progress of the create."),
    ] = None,
    allow_undecided: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FACT",
            help="With --apply: create the pool even if this fact is unknown because RAM denies the call.",
        ),
    ] = None,
    discard_receipt: Annotated[
        bool,
        typer.Option("--discard-receipt", help="With --apply: abandon an earlier request that has left no pool."),
    ] = False,
    endpoint: EndpointOption = None,
    ecs_role: EcsRoleOption = False,
) -> None:
    """Print exactly what creates the pools of a passing plan; with --apply, create one.

    \b
    Examples:
      eniplan create-pool plan.yaml --pool trading > trading.json
      eniplan create-pool plan.yaml --emit cli > create.sh
      eniplan create-pool plan.yaml --emit terraform --out pools.tf
      eniplan create-pool plan.yaml --emit ros --out stack.json
      eniplan create-pool plan.yaml --pool trading --apply

    One request creates one pool, so --emit api prints one body: if the plan has several pools, choose one with --pool.
    The other formats put all pools into one document.

    --apply is safe to run again at any time: it records each request before sending it, and looks up the result.
    """
    if apply:
        if out is not None or emit is not Spelling.API:
            message = say("--apply creates the pool; --emit and --out only print it")
            raise usage(message, say("drop one of the two"))
        from eniplan.cli import account  # noqa: PLC0415 - imports the SDK
        from eniplan.cli.apply import Wish  # noqa: PLC0415 - the same
        from eniplan.cli.apply import apply as create  # noqa: PLC0415 - the same

        how = account.access(endpoint, ecs_role=ecs_role)
        wish = Wish(pool, yes, timeout, wait, receipt, tuple(allow_undecided or ()), discard_receipt)
        create(plan, wish, how, Gate(fail_on.value, strict, specs, waivers, specs_date))
        return
    given = {"--yes": yes, "--timeout": timeout != LONGEST, "--no-wait": not wait, "--receipt": receipt is not None}
    given |= {"--allow-undecided": bool(allow_undecided), "--discard-receipt": discard_receipt}
    given |= {"--endpoint": endpoint is not None, "--ecs-role": ecs_role}
    alone = next((name for name, is_given in given.items() if is_given), None)
    if alone is not None:
        raise usage(say("{option} requires --apply", option=alone))
    plans, _ = passed_plans(plan, Gate(fail_on.value, strict, specs, waivers, specs_date))
    chosen = chosen_pools(plans, pool)
    if emit is Spelling.API:
        refuse_several(chosen, plan)
    text = written(chosen, emit)
    if out is None:
        terminal.out(text)
    else:
        terminal.save(out, text)
        terminal.err(say("wrote {file}", file=out))


def written(chosen: Sequence[Chosen], emit: Spelling) -> str:
    """Return pools in one output format; `Spelling.API` requires exactly one pool."""
    if emit is Spelling.API:
        return body_json(chosen[0].body)
    if emit is Spelling.CLI:
        from eniplan.emit.command import command  # noqa: PLC0415 - one format per run

        return "".join(command(c.body, named(c.source, "region"), named(c.source, "id")) for c in chosen)
    if emit is Spelling.ROS:
        from eniplan.emit import ros  # noqa: PLC0415 - one format per run

        return ros.template([_placed(ros.properties, c) for c in chosen])
    from eniplan.emit import terraform  # noqa: PLC0415 - one format per run

    resources = [_placed(terraform.arguments, c) for c in chosen]
    return terraform.hcl(resources) if emit is Spelling.TERRAFORM else terraform.tf_json(resources)


def _placed(convert: Callable[[NodePool, Body, str], dict[str, Any]], chosen: Chosen) -> dict[str, Any]:
    cluster_id = named(chosen.source, "id")
    with placed(chosen.source.document):
        return convert(chosen.pool, chosen.body, cluster_id)
