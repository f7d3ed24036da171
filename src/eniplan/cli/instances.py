"""`eniplan instances`: find types that fit, explain why others do not, and size pools for a number of pods.

Annotations are not postponed in this file: typer would evaluate each from its text, 2 ms at every start.
"""

import re
from enum import StrEnum
from math import inf
from typing import Annotated

import typer

from eniplan import terminal
from eniplan.bounds import MAX_DIGITS
from eniplan.catalog.order import ORDERS, nearest_to
from eniplan.catalog.record import InstanceType
from eniplan.catalog.select import Range, Wanted, range_from
from eniplan.catalog.sizing import Loss, Request
from eniplan.catalog.store import Catalog
from eniplan.cli.options import SpecsDateOption, SpecsOption, StrictOption, judged_by
from eniplan.emit.sized_plan import Facts, sized_plan_text, to_fill_in
from eniplan.errors import FINDINGS, usage
from eniplan.judging.check import check
from eniplan.judging.find import Question, find
from eniplan.messages import Message, named, say
from eniplan.plan.document import read_documents
from eniplan.plan.load import load_document
from eniplan.report import listing_formats, plain
from eniplan.report.listing import Listing, summary
from eniplan.rules.base import Settings
from eniplan.rules.by_type import Demands
from eniplan.rules.np import MAX_V_SWITCHES
from eniplan.suggest import did_you_mean
from eniplan.values import NamedTuple

NEAREST = 10
"""The number of types that --like shows by default."""

_RANGES = say("such as 8, 8..32, 8.. or ..32")
_ZONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


class Arch(StrEnum):
    """Architecture of the processor."""

    X86 = "x86"
    ARM = "arm"


class PodMode(StrEnum):
    """The network mode of pods."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"
    TRUNK = "trunk"


class Sort(StrEnum):
    """The order of the types."""

    PODS = "pods"
    PODS_PER_VCPU = "pods-per-vcpu"
    VCPU = "vcpu"
    MEMORY = "memory"
    PRICE = "price"


class Survive(StrEnum):
    """What may fail while all pods still have room."""

    NOTHING = "nothing"
    NODE = "node"
    ZONE = "zone"


class ListFormat(StrEnum):
    """The output format."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    NAMES = "names"
    HTML = "html"


class Zones(NamedTuple):
    """The zones that nodes spread over: their number, and their ids if the user named them."""

    number: int
    names: tuple[str, ...]


def instances(
    families: Annotated[
        list[str] | None, typer.Option("--family", metavar="FAMILY", help="Only this family. Repeatable.")
    ] = None,
    vcpus: Annotated[str | None, typer.Option(metavar="RANGE", help="8, 8..32, 8.. or ..32.")] = None,
    memory: Annotated[str | None, typer.Option(metavar="RANGE", help="In GiB, as a range like --vcpus.")] = None,
    arch: Annotated[Arch | None, typer.Option(help="Architecture.")] = None,
    gpus: Annotated[
        str | None,
        typer.Option(metavar="RANGE", help="GPUs; 0.25 is a quarter of a card."),
    ] = None,
    gpu_model: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Model of the GPUs, such as A10 or 'nvidia t4'.")
    ] = None,
    min_pods: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="At least this many pods per node, in --mode.")
    ] = None,
    dual_stack: Annotated[bool, typer.Option("--dual-stack", help="For a dual-stack cluster.")] = False,
    min_eni_bandwidth: Annotated[
        float | None,
        typer.Option(metavar="GBPS", help="At least this many Gbit/s per ENI when all of them are busy."),
    ] = None,
    mode: Annotated[
        PodMode, typer.Option(help="The network of the pods: an ENI of their own, or another mode.")
    ] = PodMode.EXCLUSIVE,
    on_sale: Annotated[bool, typer.Option("--on-sale", help="Only types that are on sale.")] = False,
    like: Annotated[
        str | None, typer.Option(metavar="TYPE", help=f"The {NEAREST} types nearest to this one that pass.")
    ] = None,
    sort: Annotated[
        Sort | None,
        typer.Option(
            help="Most pods, or least vCPUs, memory or price per pod, first. Default: vcpu; with --price-file: price.",
            show_default=False,
        ),
    ] = None,
    price_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Your own prices: CSV of type and price per hour, in any currency."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", "-n", min=1, metavar="N", help="Only the first N, and with --why as many rejected ones."
        ),
    ] = None,
    why: Annotated[bool, typer.Option("--why", help="Also show the types that rules reject, and why.")] = False,
    pods: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Size a pool of each type for N exclusive pods.")
    ] = None,
    daemonsets: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="With --pods: DaemonSet pods per node that use an ENI.")
    ] = None,
    spread: Annotated[
        str | None,
        typer.Option(metavar="ZONES", help="With --pods: number of zones, or their ids separated by commas."),
    ] = None,
    survive: Annotated[
        Survive | None,
        typer.Option(
            help="With --pods: what may fail while all pods still run. Default: a zone with --spread, otherwise a "
            "node.",
            show_default=False,
        ),
    ] = None,
    emit_plan: Annotated[
        bool, typer.Option("--emit-plan", help="With --pods: print the plan of a pool of the first type instead.")
    ] = False,
    terway: Annotated[
        str | None, typer.Option(metavar="VERSION", help="With --emit-plan: the cluster's Terway version.")
    ] = None,
    erdma: Annotated[
        bool | None, typer.Option("--erdma/--no-erdma", help="enable_erdma of eni-config: it uses one slot per node.")
    ] = None,
    output: Annotated[
        ListFormat,
        typer.Option("--format", "-f", help="text: a table. names: one type per line."),
    ] = ListFormat.TEXT,
    strict: StrictOption = False,
    specs: SpecsOption = None,
    specs_date: SpecsDateOption = None,
) -> None:
    """Find instance types, see why others are rejected, and size pools for a number of pods.

    \b
    Examples:
      eniplan instances --family ecs.g8i --on-sale
      eniplan instances --vcpus 8..32 --arch arm --min-pods 7 --sort pods-per-vcpu
      eniplan instances --like ecs.g7.2xlarge --dual-stack --why
      eniplan instances --pods 40 --daemonsets 1 --spread 3 --on-sale --limit 5
      eniplan instances --on-sale --price-file prices.csv --limit 5   # lowest price per exclusive pod first
      eniplan instances --pods 40 --spread cn-hangzhou-j,cn-hangzhou-k --terway v1.16.4 --emit-plan > plan.yaml

    Lists the types that pass; exits with 1 if there are none. Types missing a value that a filter needs are skipped,
    and counted on stderr. Only ECS types are listed; for Lingjun node types, whose limits are mostly unpublished, see
    `eniplan specs show ebs-enhanced`.
    """
    catalog, settings = judged_by(specs, specs_date, strict=strict)
    sizing = (daemonsets, spread, survive) != (None, None, None)
    _refuse_when(
        (emit_plan and pods is None, say("--emit-plan requires --pods, for the size of the pool")),
        (sizing and pods is None, say("--daemonsets, --spread and --survive require --pods")),
        (pods is not None and mode is not PodMode.EXCLUSIVE, say("--pods sizes pools for exclusive pods only")),
        (terway is not None and not emit_plan, say("--terway requires --emit-plan")),
        (
            emit_plan and (why or output is not ListFormat.TEXT),
            say("--emit-plan prints a plan: remove --why and --format"),
        ),
        (why and output is ListFormat.NAMES, say("--format names lists only types that pass: remove --why")),
        (
            price_file is not None and mode is not PodMode.EXCLUSIVE,
            say("--price-file shows the price of an exclusive pod: remove --mode"),
        ),
        (gpu_model is not None and not gpu_model.strip(), say("--gpu-model needs a word of the model, such as A10")),
        (sort is Sort.PRICE and price_file is None, say("--sort price requires --price-file")),
        (
            min_eni_bandwidth is not None and not 0 < min_eni_bandwidth < inf,
            say("--min-eni-bandwidth must be more than 0, in Gbit/s"),
        ),
        (like is not None and sort is not None, say("--like sorts by likeness: remove --sort")),
        (dual_stack and bool(erdma), say("--dual-stack cannot be combined with --erdma (DS003)")),
    )
    zones = _zones(spread)
    facts = None
    if emit_plan:
        if terway is None or not zones.names:
            message = say("--emit-plan requires --terway VERSION and --spread with zone ids, for the plan")
            raise usage(message, say("such as --terway v1.16.4 --spread cn-hangzhou-j"))
        if not terway.isprintable():  # a plan cannot hold it; the rules judge the rest
            raise usage(say("{version!r} is not a Terway version", version=terway))
        facts = Facts(terway, zones.names, dual_stack, erdma)
    question = Question(
        Wanted(
            mode.value,
            bool(erdma),
            _families(catalog, families or []),
            _range("--vcpus", vcpus),
            _range("--memory", memory),
            None if arch is None else arch.value,
            _range("--gpus", gpus),
            gpu_model,
            min_pods,
            on_sale,
            min_eni_bandwidth,
        ),
        Demands(dual_stack, strict, erdma, mode is PodMode.EXCLUSIVE),
        ORDERS.get(sort or "", ORDERS["vcpu"]) if like is None else nearest_to(_model(catalog, like)),
        limit or (None if like is None else NEAREST),
        why,
        None if pods is None else Request(pods, daemonsets or 0, zones.number, _loss(survive, zones)),
        None if price_file is None else _prices(catalog, price_file),
        by_price=price_file is not None and like is None and sort in {None, Sort.PRICE},
    )
    listing = find(catalog, question, settings)
    if facts is None:
        _show(listing, output)
    elif listing.rows:
        _emit(listing, facts, catalog, settings)
    listing = listing._replace(specs=listing.specs._replace(age=None))  # a note on stderr already shows their age
    terminal.err(summary(listing))
    raise typer.Exit(0 if listing.rows else FINDINGS)


def _prices(catalog: Catalog, path: str) -> dict[str, float]:
    """Read the user's prices by type; report types that the instance data lacks."""
    from eniplan.cli.passed import named_input  # noqa: PLC0415 - few runs have prices
    from eniplan.inputs.prices import read_prices  # noqa: PLC0415 - the same

    file, data = named_input(path)
    prices = read_prices(file, data)
    unknown = sorted(set(prices) - set(catalog.names()))
    if unknown:
        terminal.err(
            say("note: {file} has prices of types that the specs lack: {types}", file=file, types=named(unknown))
        )
    return prices


def _refuse_when(*found: tuple[bool, Message]) -> None:
    for holds, message in found:
        if holds:
            raise usage(message)


def _range(option: str, text: str | None) -> Range | None:
    if text is None:
        return None
    found = range_from(text)
    if found is None:
        raise usage(
            say("{option} is {text!r}; it must be a number or an ascending range", option=option, text=text), _RANGES
        )
    return found


def _families(catalog: Catalog, names: list[str]) -> tuple[str, ...]:
    known = catalog.family_names() if names else []
    for name in names:
        if name not in known:
            raise usage(
                say("the specs of {specs} have no family {name!r}", specs=catalog.words, name=name),
                did_you_mean(name, known),
            )
    return tuple(names)


def _model(catalog: Catalog, name: str) -> InstanceType:
    record = catalog.get(name)
    if record is None:
        raise usage(
            say("the specs of {specs} have no type {name!r}", specs=catalog.words, name=name),
            did_you_mean(name, catalog.names()),
        )
    if not record.CpuCoreCount or not record.MemorySize:
        raise usage(say("the size of {name} is unknown, so no type can be compared with it", name=name))
    return record


def _zones(text: str | None) -> Zones:
    if text is None:
        return Zones(1, ())
    if text.isascii() and text.isdecimal():
        found = Zones(int(text[:MAX_DIGITS]), ())  # Python refuses to parse thousands of digits
    else:
        names = tuple(part.strip() for part in text.split(","))
        if len(set(names)) < len(names) or not all(map(_ZONE.fullmatch, names)):
            raise usage(
                say(
                    "--spread is {text!r}; it must be a number of zones, or different zone ids separated by commas",
                    text=text,
                )
            )
        found = Zones(len(names), names)
    if not 1 <= found.number <= MAX_V_SWITCHES:
        raise usage(
            say(
                "--spread asks for {number} zones; a pool has 1 to {max_v_switches} vSwitches, one per zone",
                number=found.number,
                max_v_switches=MAX_V_SWITCHES,
            )
        )
    return found


def _loss(survive: Survive | None, zones: Zones) -> Loss:
    if survive is Survive.ZONE and zones.number == 1:
        raise usage(say("--survive zone needs two zones or more"), say("such as --spread 3"))
    default = Survive.ZONE if zones.number > 1 else Survive.NODE
    return (survive or default).value


def _show(listing: Listing, output: ListFormat) -> None:
    if output is ListFormat.TEXT and terminal.is_rich():
        from eniplan.report import terminal_listing  # noqa: PLC0415 - imports rich

        terminal.out(terminal_listing.write(listing, width=terminal.width(), colour=terminal.has_colour()))
    elif output is ListFormat.HTML:
        from eniplan.report import listing_html  # noqa: PLC0415 - one format per run

        terminal.out(listing_html.write(listing))
    else:
        terminal.out(_WRITERS[output](listing))


_WRITERS = {
    ListFormat.TEXT: listing_formats.plain,
    ListFormat.JSON: listing_formats.as_json,
    ListFormat.CSV: listing_formats.comma_separated,
    ListFormat.NAMES: listing_formats.names,
}


def _emit(listing: Listing, facts: Facts, catalog: Catalog, settings: Settings) -> None:
    """Print the plan of the first type, if it passes. The zones and Terway version come from the user.

    Raises:
        Exit: 1 if a rule rejects the plan; already reported.

    """
    row = listing.rows[0]
    assert listing.request is not None  # noqa: S101 - --emit-plan requires --pods
    assert row.size is not None  # noqa: S101 - only types with room are listed
    text = sized_plan_text(row.record.InstanceTypeId, row.size, listing.request, facts, catalog.words)
    loaded = [load_document(document) for document in read_documents("plan", text.encode())]
    report = check(loaded, catalog, settings)
    terminal.problems(report.problems)
    if report.problems or report.total("error"):
        for line in plain.write(report._replace(undecided=(), pools=())).splitlines():
            terminal.err(line)
        terminal.err(say("nothing was written: the plan would not pass"))
        raise typer.Exit(FINDINGS)
    terminal.out(to_fill_in(text))
