"""`eniplan specs`: show what the instance data contains, how old it is, and what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from eniplan import terminal
from eniplan.catalog.limits import capacity, has_parity, lingjun_pods
from eniplan.catalog.record import LIMITS, aged_words, old_days
from eniplan.catalog.select import PODS
from eniplan.catalog.store import Catalog
from eniplan.cli.options import Format, FormatOption, SpecsDateOption, SpecsOption, day_of, instance_data
from eniplan.cli.specs_contribute import contribute
from eniplan.cli.specs_diff import diff
from eniplan.cli.specs_update import update
from eniplan.errors import usage
from eniplan.messages import NOTHING, say, together
from eniplan.suggest import did_you_mean
from eniplan.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeAlias

    from eniplan.catalog.record import InstanceType, LingjunNodeType, Source

    _Layers: TypeAlias = dict[str, dict[str, str | None]]


def overview(
    context: typer.Context,
    output: FormatOption = Format.TEXT,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
) -> None:
    """Show the instance data: date, counts and gaps.

    \b
    Examples:
      eniplan specs
      eniplan specs show ecs.g8i.8xlarge
      eniplan specs update --region cn-hangzhou     # from your account
      eniplan specs diff plan.yaml                  # what it changes
    """
    if context.invoked_subcommand is not None:
        return
    day = day_of(specs_date)
    catalog = instance_data(specs, day)
    age = old_days(catalog.date, catalog.own, day)
    types = catalog.all()
    counts = {
        "types": len(types),
        "families": len(catalog.family_names()),
        "onSale": sum(t.on_sale is True for t in types),
        **{f"with {field}": sum(getattr(t, field) is not None for t in types) for field in LIMITS},
        "approximate": sum(t.limits_status == "approximate" for t in types),
        "disputed": sum(t.limits_status == "disputed" for t in types),
        "with GPUs": sum(bool(t.gpus) for t in types),
        "conflicts": len(catalog.all_conflicts()),
        "lingjunNodeTypes": len(catalog.all_lingjun()),
    }
    gaps: dict[str, list[str]] = {}
    for record in types:
        if record.limits_status == "unpublished":
            gaps.setdefault(record.InstanceTypeFamily, []).append(record.InstanceTypeId)
    if output is Format.JSON:
        own = {} if catalog.own is None else {"own": catalog.own.as_map()}
        aged = {} if age is None else {"ageDays": age}
        _print_json({"date": catalog.date, **aged, **own, "counts": counts, "unpublished": gaps})
        return
    lines: list[str] = [say("instance data as of {specs}", specs=aged_words(catalog.date, age))]
    for layer in () if catalog.own is None else catalog.own.stack():
        of = layer.read_from
        file = say("{file}", file=layer.file)
        read = say("{region} on {date}", region=of, date=layer.date) if of else NOTHING
        lines.append(say("before it: {layer}", layer=together((file, read), ", ")))
    lines += [f"  {name}: {number}" for name, number in counts.items()]
    unpublished = sum(map(len, gaps.values()))
    lines += [say("ENI limits are not published for {n} types of these families:", n=unpublished)]
    lines += [f"  {family} ({len(names)})" for family, names in gaps.items()]
    terminal.out("\n".join(lines) + "\n")


def show(
    name: Annotated[str, typer.Argument(metavar="TYPE", help="An ECS instance type or a Lingjun node type.")],
    output: FormatOption = Format.TEXT,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
) -> None:
    """Show one type with the source and date of every number, and any recorded conflict.

    \b
    Examples:
      eniplan specs show ecs.g7a.16xlarge
      eniplan specs show ebs-enhanced --format json
    """
    catalog = instance_data(specs, day_of(specs_date))
    record = catalog.get(name)
    lingjun = catalog.lingjun(name)
    if record is not None:
        layers = _layers(catalog, record)
        raw: Mapping[str, object] = {**record.raw, **({"Layers": layers} if layers else {})}
        lines = _ecs_lines(catalog, record, layers)
    elif lingjun is not None:
        raw, lines = lingjun.raw, _lingjun_lines(catalog, lingjun)
    else:
        hint = did_you_mean(name, [*catalog.names(), *catalog.all_lingjun()])
        raise usage(say("the specs of {specs} have no type {name!r}", specs=catalog.words, name=name), hint)
    if output is Format.JSON:
        _print_json(raw)
    else:
        terminal.out("\n".join(lines) + "\n")


def _print_json(value: object) -> None:
    terminal.out(json_text(value) + "\n")


def _ecs_lines(catalog: Catalog, record: InstanceType, layers: _Layers) -> Iterator[str]:
    sale = {True: say("on sale"), False: say("no longer on sale"), None: say("on sale or not: unknown")}
    keys: dict[str, None] = {}
    yield say("{type} ({family}, {sale}, limits {status})", type=record.InstanceTypeId,
              family=record.InstanceTypeFamily, sale=sale[record.on_sale], status=record.limits_status)  # fmt: skip
    for field, value in record.raw.items():
        if field not in ("InstanceTypeId", "InstanceTypeFamily", "LimitsStatus", "OnSale", "Sources"):
            key = record.source_of(field)
            source = key or say("no source")
            keys[source] = None
            # The documentation's word for "no burst bandwidth".
            yield f"  {field}: {str(value).replace('无', say('no burst'))}  [{source}; {layers[field]['layer']}]"
    for field in LIMITS:
        if getattr(record, field) is None:
            yield "  " + say("{field}: unknown", field=field)
    for conflict in catalog.conflicts(record.InstanceTypeId):
        chosen = say("none") if conflict.chosen is None else conflict.chosen
        yield "  " + say("sources disagree on {field}; taken: {chosen}", field=conflict.field, chosen=chosen)
        for stated, stating in conflict.values.items():
            keys |= dict.fromkeys(stating)
            yield f"    {stated}  [{', '.join(stating)}]"
    pods = capacity(record, erdma=False)
    for mode, number in pods._asdict().items():
        yield "  " + say("{name}: {value}", name=PODS[mode], value=say("unknown") if number is None else number)
    parity = {True: say("yes"), False: say("no"), None: say("unknown")}[has_parity(record)]
    same = say("as many IPv6 as IPv4 addresses per ENI (dual stack)")
    yield "  " + say("{name}: {value}", name=same, value=parity)
    yield from _legend(catalog, keys)
    yield say("layers:")
    for layer in {found["layer"]: found for found in layers.values()}.values():
        file, day = layer["file"] or say("with eniplan"), layer["date"] or say("no date")
        yield "  " + say("{layer}: {file}, {date}", layer=layer["layer"], file=file, date=day)


def _layers(catalog: Catalog, record: InstanceType) -> _Layers:
    """Return the layer of each field of a type, and the layer's date."""
    found = catalog.layers_of(record.InstanceTypeId)
    bundled = {"layer": "bundled", "file": None, "date": catalog.date}
    return {
        field: bundled if layer is None else {"layer": layer.kind, "file": layer.file, "date": layer.date}
        for field, layer in found.items()
        if field in record.raw and field not in ("InstanceTypeId", "Sources")
    }


def _legend(catalog: Catalog, keys: Iterable[str]) -> Iterator[str]:
    yield say("sources:")
    for key in keys:
        yield f"  [{key}] {_origin(catalog.source(key))}"


def _lingjun_lines(catalog: Catalog, record: LingjunNodeType) -> Iterator[str]:
    yield say("{type} (Lingjun node type, limits {status})", type=record.NodeType, status=record.limits_status)
    for field, value in record.raw.items():
        if field.endswith("Quantity"):
            yield f"  {field}: {value}  [{record.sources[field]}]"
    pods = lingjun_pods(record)
    number = say("unknown") if pods is None else pods
    yield "  " + say("{name}: {value}", name=PODS["exclusive"], value=number)
    yield from _legend(catalog, dict.fromkeys(record.sources.values()))


def _origin(source: Source | None) -> str:
    if source is None:
        return say("no source")
    dated = source.date or say("no date")
    return f"{source.title}, {dated}" + (f", {source.quality}" if source.quality else "")


specs = typer.Typer(rich_markup_mode=None, invoke_without_command=True)
specs.callback()(overview)
specs.command("show", short_help="Show one type with the source of every number.")(show)
specs.command("update", short_help="Get limits from the account or from nodes, and keep them.")(update)
specs.command("contribute", short_help="Print what the bundled data lacks, to contribute it.")(contribute)
specs.command("diff", short_help="Show what newer data changes, including verdicts on plans.")(diff)
