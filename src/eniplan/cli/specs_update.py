"""`eniplan specs update`: get the limits of instance types from the account or from nodes, and keep them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eniplan import clock, resources, terminal
from eniplan.catalog.store import Catalog
from eniplan.cli.options import (
    ClusterContextOption,
    ClusterKubeconfigOption,
    EcsRoleOption,
    EndpointOption,
    Format,
    FormatOption,
)
from eniplan.errors import CloudError, usage
from eniplan.messages import count, named, say
from eniplan.text import json_text
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.catalog.refresh import Asked, Merged
    from eniplan.kube.type_info import Learned
    from eniplan.messages import Message

SCHEMA = "eniplan.specs-update/v1"


class _Update(NamedTuple):
    """The result of an update."""

    found: Merged
    asked: Asked
    kind: str
    """The layer of instance data."""
    nodes: Learned | None = None
    """Details of an update from nodes; None: it is from the account."""
    resumed: int = 0
    """The number of pages that an interrupted run had read."""


def update(
    region: Annotated[
        list[str] | None,
        typer.Option(metavar="REGION", help="Default: the aliyun CLI's variables, then its profile. Repeatable."),
    ] = None,
    from_cluster: Annotated[
        bool, typer.Option("--from-cluster", help="Learn from annotations of the cluster's nodes, through kubectl.")
    ] = False,
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="Learn from nodes that kubectl has printed, as for verify."),
    ] = None,
    context: ClusterContextOption = None,
    kubeconfig: ClusterKubeconfigOption = None,
    out: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write to this file, for --specs. Default: keep it for every command."),
    ] = None,
    output: FormatOption = Format.TEXT,
    endpoint: EndpointOption = None,
    ecs_role: EcsRoleOption = False,
) -> None:
    """Get the limits of instance types from the account, or from a cluster's nodes, and keep them for this user.

    \b
    Examples:
      eniplan specs update --region cn-hangzhou
      eniplan specs update --region cn-hangzhou --region cn-beijing --out specs/china.jsonl
      eniplan specs update --from-cluster --context prod    # needs no credentials
      eniplan specs update --from nodes.json --out nodes.jsonl
      eniplan specs diff plans/          # which verdicts does it change?
      eniplan check plan.yaml --specs bundled   # ignore what `specs update` kept

    Without --out the rows go to $XDG_DATA_HOME/eniplan (~/.local/share): rows of an account to specs.jsonl, rows of
    nodes to nodes.jsonl, which wins. From then on every command prefers them to the bundled data, unless --specs
    names other data. For the same verdict on every machine use --out, commit the file, and pass it with --specs.

    The update reads the account page by page, and keeps these pages in FILE.partial until it is complete: after an
    interruption, the same command continues where it stopped.

    Nodes have the limits in the annotation alibabacloud.com/instance-type-info, which Terway prefers to the API.
    """
    of_nodes = from_cluster or from_ is not None
    if of_nodes and (region or endpoint is not None or ecs_role):
        raise usage(
            say("--region, --endpoint and --ecs-role are for the account: remove them, or --from-cluster and --from")
        )
    if (from_ is not None or not from_cluster) and (context, kubeconfig) != (None, None):
        raise usage(say("--context and --kubeconfig require --from-cluster"))
    file = out or resources.specs_to_keep("nodes" if of_nodes else "refreshed")
    if of_nodes:
        learned = _of_nodes(from_, context, kubeconfig)
        _write(learned, file, make=out is None)
    else:
        learned = _of_account(region or [], file, endpoint, ecs_role=ecs_role, make=out is None)
    if output is Format.JSON:
        terminal.out(json_text(_document(learned, file), indent=1) + "\n")
    for line in _lines(learned, file, out):
        terminal.err(line)


def _write(learned: _Update, file: str, *, make: bool) -> None:
    """Write the file, unless the update is empty; with `make`, create its folder."""
    from eniplan.catalog.refresh import refreshed  # noqa: PLC0415 - needed only here

    if learned.found.rows:
        if make:
            terminal.make_folder(os.path.dirname(file))
        # Over the bundled data only: values of an earlier update must not remain.
        terminal.save(file, refreshed(Catalog(), learned.found.rows, learned.asked))


def _of_nodes(dumped: str | None, context: str | None, kubeconfig: str | None) -> _Update:
    """Read the nodes of a cluster, or of a dump."""
    from eniplan.catalog.refresh import merged, of_nodes  # noqa: PLC0415 - needed only here
    from eniplan.kube import dump, kubectl  # noqa: PLC0415 - the same
    from eniplan.kube.type_info import learned  # noqa: PLC0415 - the same

    access = kubectl.Kubectl(context, kubeconfig)
    found = learned(kubectl.nodes(access) if dumped is None else dump.nodes(dumped))
    return _Update(merged(found.told), of_nodes(clock.day_of_reading()), "nodes", found)


def _of_account(regions: list[str], file: str, endpoint: str | None, *, ecs_role: bool, make: bool) -> _Update:
    """Query the account, and write the file."""
    from eniplan.catalog.refresh import merged, of_regions  # noqa: PLC0415 - needed only here
    from eniplan.cli import account  # noqa: PLC0415 - imports the SDK, half a second
    from eniplan.cloud.failures import CallError, problem  # noqa: PLC0415 - the same
    from eniplan.cloud.partial import Partial  # noqa: PLC0415 - the same
    from eniplan.cloud.types import read_types  # noqa: PLC0415 - the same

    how = account.access(endpoint, ecs_role=ecs_role)
    names = _regions(regions)
    real = terminal.replaced_by(file)
    partial = Partial(
        None if real is None else f"{real}.partial",
        {"regions": names, "endpoint": how.endpoint},
        clock.day_of_reading(),
    )
    resumed = len(partial)
    if resumed:
        terminal.err(
            say("continuing after {pages} of an interrupted run", pages=count(resumed, "{n} page", "{n} pages"))
        )
    if make:
        terminal.make_folder(os.path.dirname(file))
    try:
        for name in names:
            try:
                read_types(account.open_session(name, how), partial)
            except CallError as error:
                raise CloudError(problem(error, account.account_place(name, how))) from None
    except (CloudError, KeyboardInterrupt):
        if partial.path is not None and len(partial):
            pages = count(len(partial), "{n} page is", "{n} pages are")
            terminal.err(say("{pages} kept in {file}: the same command continues from there", pages=pages,
                             file=partial.path))  # fmt: skip
        raise
    rows = ((name, row) for name in names for page in partial.of(name) for row in page.rows)
    learned = _Update(merged(rows), of_regions(names, partial.date), "refreshed", resumed=resumed)
    _write(learned, file, make=make)
    partial.remove()
    return learned


def _regions(given: list[str]) -> list[str]:
    """Return the regions to query."""
    from eniplan.cloud import place  # noqa: PLC0415 - needed only here

    names = list(dict.fromkeys(given)) or list(filter(None, [place.region(None)]))
    if not names:
        looked = say("looked in {looked}", looked=place.LOOKED_IN)
        raise usage(say("no region: pass --region, such as cn-hangzhou"), looked)
    for name in names:
        if not place.is_region(name):
            raise usage(say("{name!r} is not a region id", name=name), say("such as cn-hangzhou"))
    return names


def _lines(learned: _Update, file: str, out: str | None) -> list[Message]:
    """Return the lines for people."""
    found, nodes = learned.found, learned.nodes
    lines: list[Message] = []
    if nodes is not None:
        many = count(nodes.nodes, "{n} node", "{n} nodes")
        lines.append(say("{nodes} read, {without} of them without the annotation", nodes=many, without=nodes.without))
        by_fault: dict[Message, list[str]] = {}
        for name, fault in nodes.unreadable.items():
            by_fault.setdefault(fault, []).append(name)
        for fault, names in by_fault.items():
            many = count(len(names), "{n} annotation was ignored", "{n} annotations were ignored")
            lines.append(say("{annotations}, because {fault}: {names}", annotations=many, fault=fault,
                             names=named(names)))  # fmt: skip
    if found.odd:
        many = count(len(found.odd), "{n} odd value", "{n} odd values")
        lines.append(say("{values} left out: {odd}", values=many, odd=named(found.odd)))
    for told in found.disagreements:
        values = tuple(say("{value} in {place}", value=value, place=place) for place, value in told.values.items())
        kept = say("nothing") if told.kept is None else told.kept
        lines.append(say("{type} {field} differs: {values}; taken: {kept}", type=told.type, field=told.field,
                         values=named(values), kept=kept))  # fmt: skip
    if not found.rows:
        return [*lines, say("found no limits; nothing was written")]
    types = count(len(found.rows), "{n} instance type", "{n} instance types")
    where = learned.asked.region or say("nodes")
    lines.append(say("{types} of {region} written to {file}", types=types, region=where, file=file))
    command = "eniplan specs diff" + ("" if out is None else f" --specs {out}")
    return [*lines, say("to see what changed: {command}", command=command)]


def _document(learned: _Update, file: str) -> dict[str, Any]:
    nodes = learned.nodes
    read = None if nodes is None else {
        "read": nodes.nodes, "without": nodes.without, "unreadable": dict(nodes.unreadable),
    }  # fmt: skip
    return {
        "schema": SCHEMA,
        "file": file if learned.found.rows else None,
        "layer": learned.kind,
        "date": learned.asked.date,
        "region": learned.asked.region,
        "types": len(learned.found.rows),
        **({"resumedPages": learned.resumed} if read is None else {"nodes": read}),
        "odd": list(learned.found.odd),
        "disagreements": [item._asdict() for item in learned.found.disagreements],
    }
