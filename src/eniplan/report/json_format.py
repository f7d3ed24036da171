"""The JSON report, `eniplan.report/v1`. Later versions only add keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan._version import __version__
from eniplan.catalog.store import Catalog
from eniplan.plan.model import Sizes
from eniplan.report import layers
from eniplan.report.model import Report
from eniplan.rules.base import LEVELS
from eniplan.text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from eniplan.catalog.record import OwnData
    from eniplan.errors import Place, Problem
    from eniplan.report.model import Account, Addresses, Finding, PoolSheet, PoolUse, Undecided, ZoneUse
    from eniplan.rules.base import AnyRule

SCHEMA = "eniplan.report/v1"
FAILURE_SCHEMA = "eniplan.failure/v1"
_NUMBERS = {"exclusive": "podsPerNode", "shared": "sharedPodsPerNode", "trunk": "trunkPodsPerNode"}
"""The keys of pods per node, by mode."""


def write(report: Report) -> str:
    """Return the report as one JSON document with one finding or pool per line and a final newline."""
    return _document(_report(report))


def failure(problems: Iterable[Problem], exit_code: int, *, is_report: bool) -> str:
    """Return the document of a failed run: a report with only the problems, if the command writes reports."""
    told = tuple(problems)
    if is_report:
        return write(Report((), (), (), told, (), Catalog().specs(None), exit_code))
    return _document(
        {
            "schema": FAILURE_SCHEMA,
            "tool": {"name": "eniplan", "version": __version__},
            "exitCode": exit_code,
            "problems": map(_problem, told),
        }
    )


def _problem(problem: Problem) -> dict[str, object]:
    return {**_place(problem.place), "message": problem.message, "hint": problem.hint}


def _document(parts_by_key: dict[str, Any]) -> str:
    return "".join(_pieces(parts_by_key))  # joining pieces keeps two copies in memory instead of five


def _pieces(parts_by_key: dict[str, Any]) -> Iterator[str]:
    before = "{\n "
    for key, value in parts_by_key.items():
        yield f'{before}"{key}": '
        before = ",\n "
        if isinstance(value, map):  # lazy: each item exists only while it is written
            start = "[\n  "
            for item in value:
                yield start + json_text(item)
                start = ",\n  "
            yield "[]" if start[0] == "[" else "\n ]"
        else:
            yield json_text(value)
    yield "\n}\n"


def _report(report: Report) -> dict[str, Any]:
    specs = report.specs
    return {
        "schema": SCHEMA,
        "tool": {"name": "eniplan", "version": __version__},
        "specs": {
            "date": specs.date,
            **({} if specs.age is None else {"ageDays": specs.age}),
            "types": specs.types,
            **({"own": specs.own.as_map()} if specs.own else {}),
            "layers": layers.as_map(specs.date, specs.own, _accounts(report)),
        },
        **({"accounts": map(_account, report.accounts)} if report.accounts else {}),
        "inputs": list(report.inputs),
        "summary": {
            **{level: report.total(level) for level in LEVELS},
            "waived": report.waived,
            "undecided": len(report.undecided),
            "problems": len(report.problems),
            "failing": sum(map(report.fails, report.findings)),
            "failedBy": report.failed_by,
        },
        "exitCode": report.exit_code,
        "problems": map(_problem, report.problems),
        "findings": map(_finding, report.findings),
        "remedies": {
            name: _remedy(rule) for name, rule in {finding.rule.id: finding.rule for finding in report.findings}.items()
        },
        "undecided": map(_undecided, report.undecided),
        "pools": map(_pool, report.pools),
        "zones": map(_zone, report.zones),
    }


def _undecided(item: Undecided) -> dict[str, object]:
    return {
        "fact": item.fact,
        "rules": list(item.rules),
        **_place(item.place),
        "hint": item.hint,
        **({"others": list(map(_place, item.others))} if item.others else {}),
    }


def _account(account: Account) -> dict[str, object]:
    return {"cluster": account.cluster, "region": account.region, "readOn": account.read_on}


def _place(place: Place) -> dict[str, object]:
    return {"file": place.file, "line": place.line, "column": place.column, "path": place.path}


def _finding(finding: Finding) -> dict[str, object]:
    out: dict[str, object] = {
        "rule": finding.rule.id,
        "level": finding.level,
        **_place(finding.place),
        "message": finding.message,
        "effect": finding.rule.effect,
        "hint": finding.hint,
        "fixable": finding.fixable,
        "facts": finding.facts,
        "sources": [source.as_map() for source in finding.sources],
        "waived": finding.waived is not None,
    }
    if finding.waived is not None:
        out["waiver"] = finding.waived
    if finding.waived_at is not None:
        out["waivedAt"] = _place(finding.waived_at)
    return out


def _remedy(rule: AnyRule) -> dict[str, str]:
    from eniplan.rules.remedies import remedy_of  # noqa: PLC0415 - reports without findings do not need it

    return remedy_of(rule).as_map()


def _pool(pool: PoolSheet) -> dict[str, object]:
    proven = pool.proven
    return {
        "name": pool.name,
        "kind": pool.kind,
        "file": pool.file,
        **{
            number: {name: getattr(found, mode) for name, found in pool.capacity.items()}
            for mode, number in _NUMBERS.items()
        },
        "layers": _layers(pool),
        "nodes": _sizes(pool.nodes),
        "exclusivePods": _sizes(pool.pods),
        "addresses": {name: _addresses(found) for name, found in pool.addresses.items()},
        "zones": {name: _addresses(found) for name, found in pool.zones.items()},
        "nodesPerZone": _sizes(pool.per_zone),
        **({} if pool.use is None else _use(pool, pool.use)),
        **({} if proven is None else {"proven": proven._asdict()}),
    }


def _use(pool: PoolSheet, use: PoolUse) -> dict[str, object]:
    return {
        "used": _sizes(use.used),
        "free": _sizes(pool.free),
        "spareNodes": _sizes(use.spare),
        "usedBy": [
            {"name": taker.name, "pods": taker.pods, "enisPerPod": taker.enis, "onEveryNode": taker.per_node}
            for taker in use.takers
        ],
    }


def _accounts(report: Report) -> dict[OwnData, None]:
    """Return the layers of accounts, which override the user's own data, without duplicates."""
    found = (layer for pool in report.pools for origin in pool.origins.values() for layer in origin.over.values())
    return dict.fromkeys(layer for layer in found if layer.kind == "account")


def _layers(pool: PoolSheet) -> dict[str, dict[str, str]]:
    """Return the layers of each known number of pods per node, by key and instance type."""
    return {
        number: {
            name: pool.origins[name].of(mode) if name in pool.origins else layers.BUNDLED
            for name, found in pool.capacity.items()
            if getattr(found, mode) is not None
        }
        for mode, number in _NUMBERS.items()
    }


def _sizes(found: Sizes) -> dict[str, int | None]:
    return {"desired": found.desired, "max": found.largest}


def _zone(use: ZoneUse) -> dict[str, object]:
    return {
        "zone": use.zone,
        "vSwitches": list(use.v_switches),
        "needed": _sizes(Sizes(use.desired, use.largest)),
        "available": use.free,
        "pools": list(use.pools),
        "unknown": list(use.unknown),
    }


def _addresses(found: Addresses) -> dict[str, int | None]:
    return {"needed": found.needed, "max": found.largest, "nodes": found.nodes, "available": found.available}
