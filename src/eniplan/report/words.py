"""The wording of reports: summaries, headings, and capacity of pools, the same in every format.

All functions return messages, made on each call, so that they are in the user's language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from eniplan.errors import FINDINGS, OK
from eniplan.messages import NOTHING, Message, count, named, say, together, told
from eniplan.report import layers
from eniplan.rules.base import LEVELS, ClusterRule
from eniplan.terminal import STDIN
from eniplan.text import columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.catalog.record import Source
    from eniplan.report.model import Addresses, Finding, PoolSheet, Proven, Report, Undecided, ZoneUse
    from eniplan.rules.base import AnyRule
    from eniplan.rules.packing import Taker

Heading = Literal["problems", "findings", "seen", "capacity", "addresses", "undecided", "waived"]


def heading(of: Heading) -> Message:
    """Return the title of a part of a report."""
    return {
        "problems": say("Cannot be judged"),
        "findings": say("Findings"),
        "seen": say("Seen in the cluster"),
        "capacity": say("Capacity"),
        "addresses": say("Addresses"),
        "undecided": say("Not decided, because a fact is not known"),
        "waived": say("Waived"),
    }[of]


def verdict(report: Report) -> Message:
    """Return the verdict in a few words."""
    is_cluster = _is_of_cluster(report)
    if is_cluster and report.exit_code == OK and report.undecided:
        return say("passes as far as known")
    one = is_cluster or len(report.inputs) == 1
    if report.exit_code == OK:
        return say("passes") if one else say("pass")
    if report.exit_code == FINDINGS:
        return say("fails") if one else say("fail")
    return say("cannot be judged")


def subject(report: Report) -> Message:
    """Return the subject of the verdict."""
    if _is_of_cluster(report):
        return say("The cluster")
    return say("The plan") if len(report.inputs) == 1 else say("The plans")


def _is_of_cluster(report: Report) -> bool:
    return any(isinstance(rule, ClusterRule) for rule in report.rules)


def summary(report: Report) -> Message:
    """Return what was judged, what was found, and why the run failed, in one line."""
    return together((_judged(report), together(_found(report), ", "), why_failed(report)), ": ")


def _judged(report: Report) -> Message:
    if report.problems and not report.pools:
        return say("nothing could be judged")
    pools = count(len(report.pools), "{n} pool", "{n} pools")
    regions = tuple(dict.fromkeys(f"{account.region} on {account.read_on}" for account in report.accounts))
    if regions:
        return say(
            "{pools} checked with specs of {specs} and the account in {regions}",
            pools=pools, specs=report.specs.words, regions=regions,
        )  # fmt: skip
    return say("{pools} checked with specs of {specs}", pools=pools, specs=report.specs.words)


def _found(report: Report) -> Iterator[Message]:
    problems = len(report.problems)
    if problems:
        yield count(problems, "{n} problem", "{n} problems")
    errors, warnings, infos = map(report.total, LEVELS)
    # Without problems, "0 errors" is good news; with problems it would mislead.
    if errors or not problems:
        yield count(errors, "{n} error", "{n} errors")
    if warnings or not problems:
        yield count(warnings, "{n} warning", "{n} warnings")
    if infos:
        yield say("{n} info", n=infos)
    if report.waived:
        yield say("{n} waived", n=report.waived)
    if report.undecided:
        yield count(len(report.undecided), "{n} fact unknown", "{n} facts unknown")


def why_failed(report: Report) -> Message:
    """Return the option that makes the run fail, if the counts do not explain it."""
    by = report.failed_by
    if by == "undecided":
        return say("fails by --strict, which allows no unknown facts")
    if by == "findings" and not report.total("error"):
        return say("fails by --fail-on {level}", level=report.fail_on)
    return NOTHING


FIXABLE = "[*]"
"""Marks a finding that `check --fix` can fix."""


def fixable(report: Report) -> Message:
    """Say how many findings `check --fix` can fix; nothing if none."""
    found = [finding.fixable for finding in report.findings if finding.place.file != STDIN]
    safe, unsafe = found.count("safe"), found.count("unsafe")
    if unsafe and not safe:
        return say("{n} fixable with `eniplan check --fix --unsafe-fixes`; look at --diff first", n=unsafe)
    return together((
        say("{mark} {n} fixable with `eniplan check --fix`", mark=FIXABLE, n=safe) if safe else NOTHING,
        say("{n} more with --unsafe-fixes", n=unsafe) if unsafe else NOTHING,
    ))  # fmt: skip


def is_marked(finding: Finding) -> bool:
    """Return whether a finding gets the mark; findings in stdin cannot be fixed."""
    return finding.fixable == "safe" and finding.place.file != STDIN


def cure(finding: Finding) -> Message:
    """Say how to fix a finding, for formats without room for a mark and its legend."""
    return together((finding.hint, say("fixable with `eniplan check --fix`") if is_marked(finding) else NOTHING))


def remedy(rule: AnyRule) -> Iterator[str]:
    """Yield the remedy of a rule, then an example in each form."""
    from eniplan.rules.remedies import remedy_of  # noqa: PLC0415 - only for --explain and `explain`

    found = remedy_of(rule)
    yield found.do
    for form, text in found.forms():
        first, *more = text.split("\n")
        label = f"{form}{told(': ')}"
        yield f"  {label}{' ' * (_FORM - columns(label))}{first}"
        yield from (" " * (_FORM + 2) + line for line in more)


_FORM = 11
"""Columns of the name of a form, with its colon and space."""


def not_known(item: Undecided) -> Message:
    """Say that rules are undecided because a fact is unknown."""
    return say("{fact} is not known: {rules} undecided", fact=item.fact, rules=item.rules)


def source(found: Source) -> Message:
    """Name a source, with its date if known."""
    if found.date is None:
        return say("{title}", title=found.title)
    return say("{title} ({date})", title=found.title, date=found.date)


def number(value: int | None) -> Message:
    """Format a number, or "unknown"."""
    return say("unknown") if value is None else say("{n}", n=value)


def span(values: tuple[int | None, int | None]) -> Message:
    """Format a number at the desired and at the largest size, once if equal."""
    first, last = values
    return number(first) if first == last else say("{first} to {last}", first=number(first), last=number(last))


def proven(found: Proven) -> Message:
    """Format the observed state of a pool."""
    enis = NOTHING
    if found.enis is not None:
        enis = say("aliyun/eni {enis} of {expected}", enis=found.enis, expected=number(found.expected))
    pods = say("{bound} of {pods} pods with a bound PodENI", bound=number(found.bound), pods=number(found.pods))
    return together((ready(found), enis, pods), ", ")


def ready(found: Proven) -> Message:
    """Say how many nodes of a pool are Ready."""
    return say("{ready} of {nodes} Ready", ready=found.ready, nodes=count(found.nodes, "{n} node", "{n} nodes"))


def proven_headings() -> tuple[Message, Message, Message]:
    """Return the headings above `proven_cells`."""
    return say("nodes Ready"), say("aliyun/eni"), say("pods with a bound PodENI")


def proven_cells(found: Proven) -> tuple[Message, Message, Message]:
    """Format the observed state of a pool for a table. `aliyun/eni` is n/a for Lingjun nodes, which never offer it."""
    enis = say("n/a")
    if found.enis is not None:
        enis = say("{enis} of {expected}", enis=found.enis, expected=number(found.expected))
    return (
        say("{ready} of {nodes}", ready=found.ready, nodes=found.nodes),
        enis,
        say("{bound} of {pods}", bound=number(found.bound), pods=number(found.pods)),
    )


def used(pool: PoolSheet) -> Message:
    """Say how much of a pool's largest size its pods use: `15 of 21 exclusive pods used`."""
    use, room = pool.use, pool.pods.largest
    if room is None:
        return say("room for exclusive pods unknown")
    if use is None or use.used.largest is None:
        return say("room for {pods} exclusive pods", pods=span(pool.pods))
    said = say("{used} of {room} exclusive pods used", used=use.used.largest, room=room)
    if any(taker.enis > 1 for taker in use.takers):
        said = say("{used} of {room} exclusive ENIs used", used=use.used.largest, room=room)
    if pool.is_short:
        said = say("{used} exclusive ENIs needed, {room} available", used=use.used.largest, room=room)
    return said if pool.pods.desired == room else say("{used} at the largest size", used=said)


def takers(pool: PoolSheet) -> Message:
    """Say which pods use a pool, the largest if there are many: `matcher 12, node-agent 3 (one per node)`."""
    found, nodes = () if pool.use is None else pool.use.takers, pool.nodes.largest
    if len(found) > _MOST_TAKERS:
        found = tuple(sorted(found, key=lambda t: (-t.pods * ((nodes or 1) if t.per_node else 1), t.name)))
    more = len(found) - _MOST_TAKERS
    others = count(more, "{n} more workload", "{n} more workloads") if more > 0 else NOTHING
    return together((*(_taker(taker, nodes) for taker in found[:_MOST_TAKERS]), others), ", ")


_MOST_TAKERS = 6
"""Workloads shown by name. Pods without their controllers, from `kubectl get pods`, are a workload each."""


def _taker(taker: Taker, nodes: int | None) -> Message:
    if not taker.per_node:
        pods = say("{name} {pods}", name=taker.name, pods=taker.pods)
    elif nodes is None:
        pods = say("{name} {each} per node", name=taker.name, each=taker.pods)
    elif taker.pods == 1:
        pods = say("{name} {pods} (one per node)", name=taker.name, pods=nodes)
    else:
        pods = say("{name} {pods} ({each} per node)", name=taker.name, pods=nodes * taker.pods, each=taker.pods)
    return pods if taker.enis == 1 else say("{pods} x {enis} ENIs", pods=pods, enis=taker.enis)


def left(pool: PoolSheet) -> Message:
    """Say how many ENIs are free at a pool's largest size, and how many nodes may be lost."""
    free = pool.free.largest
    if free is None:
        return NOTHING
    if free < 0:
        return say("{n} too few", n=-free)
    return together((say("{n} free", n=free), may_be_lost(pool)))


def may_be_lost(pool: PoolSheet) -> Message:
    """Say how many nodes may be lost while all pods still fit; nothing if they do not, or if unknown."""
    if pool.use is None or pool.use.spare.largest is None:
        return NOTHING
    spare = pool.use.spare.largest
    per_zone = pool.per_zone.largest
    if spare == 0:
        return say("no node may be lost")
    if pool.is_balanced and len(pool.zone_names) > 1 and per_zone is not None and spare >= per_zone:
        return say("{nodes}, or a zone, may be lost", nodes=count(spare, "{n} node", "{n} nodes"))
    return count(spare, "{n} node may be lost", "{n} nodes may be lost")


def nodes(pool: PoolSheet) -> Message:
    """Say how many nodes there are, their types, and the pods of each: `3 nodes x 7 (ecs.g8i.8xlarge)`."""
    total = nodes_alone(pool)
    counts = {found.exclusive for found in pool.capacity.values()}
    if len(counts) == 1 and None not in counts:
        return say("{nodes} x {pods} ({types})", nodes=total, pods=counts.pop(), types=named(list(pool.capacity)))
    return together((total, named(_per_node(pool))), ": ") if pool.capacity else total


def nodes_alone(pool: PoolSheet) -> Message:
    """Say how many nodes there are: `3 nodes`, `0 to 10 nodes`."""
    first, last = pool.nodes
    if first is not None and first == last:
        return count(first, "{n} node", "{n} nodes")
    return say("{nodes} nodes", nodes=span(pool.nodes))


def each_per_node(pool: PoolSheet) -> Message:
    """Say how many exclusive pods a node of each type holds."""
    return say("{types}", types=tuple(_per_node(pool))) if pool.capacity else say("unknown")


def _per_node(pool: PoolSheet) -> list[Message]:
    return [say("{type} {pods}", type=t, pods=number(found.exclusive)) for t, found in pool.capacity.items()]


def origins(report: Report) -> Iterator[Message]:
    """Yield notes on limits that do not come from the bundled data."""
    found = {name: origin for pool in report.pools for name, origin in pool.origins.items()}
    limits: list[tuple[str, dict[str, dict[str, None]]]] = [
        (name, {say("ENI limits"): origin.fields()}) for name, origin in found.items()
    ]
    return layers.notes(limits, {name: origin.over for name, origin in found.items()})


def other_modes(pool: PoolSheet) -> Message:
    """Say how many pods a node would hold in the other modes, if known."""
    found = []
    for name, carries in pool.capacity.items():
        shared = NOTHING if carries.shared is None else say("{pods} shared", pods=carries.shared)
        trunk = NOTHING if carries.trunk is None else say("{pods} trunk", pods=carries.trunk)
        both = together((shared, trunk), ", ")
        if both:
            found.append(say("{type} {pods}", type=name, pods=both))
    return say("in other modes: {types}", types=named(found)) if found else NOTHING


def zones(pool: PoolSheet) -> Message:
    """Say what each zone may get of a pool: nodes, exclusive pods, addresses."""
    return together(_zone(name, pool) for name in pool.zones)


def _zone(name: str, pool: PoolSheet) -> Message:
    size = NOTHING
    if len(pool.zone_names) > 1 and pool.per_zone.largest is not None:
        size = count(pool.per_zone.largest, "up to {n} node", "up to {n} nodes")
    return say("{zone} {what}", zone=name, what=together((size, in_zone(pool.zones[name])), ", "))


def in_zone(found: Addresses) -> Message:
    """Say how many addresses one pool needs in a zone, and how many are free."""
    if found.largest is None:
        return say("needs an unknown number of addresses, {free} free", free=number(found.available))
    needed = say("{n}", n=found.largest + found.largest_nodes)
    if found.available is None:
        return say("needs {needed} addresses, unknown how many are free", needed=needed)
    return say("needs {needed} of {free} addresses", needed=needed, free=found.available)


def addresses(found: Addresses) -> Message:
    """Format the needed and the free addresses."""
    parts = [say("up to {pods} addresses for pods", pods=number(found.largest))]
    if found.needed != found.largest:
        parts = [
            say(
                "up to {pods} addresses for pods ({desired} at the desired size)",
                pods=number(found.largest), desired=number(found.needed),
            )
        ]  # fmt: skip
    if found.nodes:
        parts.append(say("{nodes} for nodes", nodes=found.nodes))
    return say("{needed}, {free} free", needed=together(parts, " and "), free=number(found.available))


def zone_use(found: ZoneUse) -> Message:
    """Say how many addresses all pools may need in some vSwitches, and how many are free."""
    needed = span((found.desired, found.largest))
    if found.unknown and not found.pools:
        return say("need unknown, {free} free", free=number(found.free))
    if found.unknown:
        needed = say("at least {needed}", needed=needed)
    return say("{needed} needed, {free} free", needed=needed, free=number(found.free))


def zone_pools(found: ZoneUse) -> Message:
    """Name the pools that need addresses there, marking those whose need is unknown."""
    unknown = [say("{pool} (unknown)", pool=name) for name in found.unknown]
    return named([*(name for name in found.pools if name not in found.unknown), *unknown])
