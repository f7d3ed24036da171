"""`eniplan specs contribute`: print public facts of types that the bundled data lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from eniplan import clock, resources, terminal
from eniplan.catalog.store import Catalog
from eniplan.errors import COMMAND_LINE, InputError, Place, Problem
from eniplan.messages import count, named, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.catalog.contribute import Contribution, Part
    from eniplan.messages import Message


def contribute(
    specs: Annotated[
        list[str] | None,
        typer.Option("--specs", metavar="FILE", help="Instance data of your own, as for check. Repeatable."),
    ] = None,
    from_: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="FILE", help="Nodes that kubectl has printed, as for verify. Repeatable."),
    ] = None,
) -> None:
    """Print the rows of types that the bundled data lacks, as a source for instance_specs/inputs/.

    \b
    Examples:
      eniplan specs contribute                      # from data kept by specs update
      eniplan specs contribute --specs i4.json > instance_specs/inputs/i4.jsonl
      eniplan specs contribute --from nodes.json    # from the nodes of a cluster

    \b
    Only public facts of types are printed: limits, vCPU, memory, GPUs. No ids, regions, stock, prices, or anything else
    of an account. `./dev specs` reads the output unchanged; instance_specs/README.md explains how the data is built.
    """
    from eniplan.catalog.contribute import contribution  # noqa: PLC0415 - needed only here

    given = list(_parts(specs or [], from_ or []))
    if not given:
        hint = say("write it with `eniplan specs update`, or name a file with --specs or --from")
        raise InputError(Problem(say("there is no instance data of your own"), Place(COMMAND_LINE), hint))
    found = contribution(Catalog(), given)
    terminal.out(found.text)
    for line in _lines(found):
        terminal.err(line)


def _parts(specs: list[str], dumps: list[str]) -> Iterator[Part]:
    """Read the named files, or else those that `specs update` kept."""
    from eniplan.catalog.contribute import Part, parts  # noqa: PLC0415 - needed only here
    from eniplan.catalog.own import read_own  # noqa: PLC0415 - the same
    from eniplan.catalog.refresh import OF_NODES  # noqa: PLC0415 - the same

    for file in specs if specs or dumps else resources.kept_specs():
        yield from parts(read_own(file))
    if dumps:
        from eniplan.kube import dump  # noqa: PLC0415 - most have no dump
        from eniplan.kube.type_info import learned  # noqa: PLC0415 - the same

        for file in dumps:
            yield Part(OF_NODES, clock.day_of_reading(), is_api=True, rows=learned(dump.nodes(file)).told)


def _lines(found: Contribution) -> Iterator[Message]:
    if found.odd:
        yield say("{values} left out: {odd}", values=count(len(found.odd), "{n} odd value", "{n} odd values"),
                  odd=named(found.odd))  # fmt: skip
    for told in found.disagreements:
        values = tuple(say("{value} in {place}", value=value, place=place) for place, value in told.values.items())
        yield say("{type} {field} differs: {values}; left out", type=told.type, field=told.field, values=named(values))
    if found.by_hand:
        yield say("quality is approximate, because the source of {types} is not an API response: contribute these "
                  "separately, with the page they come from", types=named(found.by_hand))  # fmt: skip
    if found.sizeless:
        yield say("without MemorySize, so `./dev specs` skips them: {types}", types=named(found.sizeless))
    if found.types:
        many = count(found.types, "{n} type", "{n} types")
        yield say("{types} for the bundled data: save it in instance_specs/inputs/, and run ./dev specs", types=many)
    else:
        yield say("the bundled data already has all of these types")
