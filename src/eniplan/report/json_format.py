"""The JSON report, `eniplan.report/v1`. Keys are only ever added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from eniplan._version import __version__
from eniplan.rules.base import LEVELS
from eniplan.text import json_text

if TYPE_CHECKING:
    from eniplan.catalog.record import Source
    from eniplan.errors import Place
    from eniplan.report.model import Account, Addresses, Finding, PoolSheet, Report

SCHEMA = "eniplan.report/v1"


def write(report: Report) -> str:
    """Return the report as one JSON document, one finding and one pool a line, with a final newline."""
    parts = []
    for key, value in report_map(report).items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n  ".join(json_text(item) for item in value)
            parts.append(f'"{key}": [\n  {items}\n ]')
        else:
            parts.append(f'"{key}": {json_text(value)}')
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def report_map(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "eniplan", "version": __version__},
        "specs": {
            "date": report.specs_date,
            "types": report.specs_types,
            **({"own": report.own_specs._asdict()} if report.own_specs else {}),
        },
        **({"accounts": list(map(_account, report.accounts))} if report.accounts else {}),
        "inputs": list(report.inputs),
        "summary": {
            **{level: report.total(level) for level in LEVELS},
            "waived": report.waived,
            "undecided": len(report.undecided),
        },
        "exitCode": report.exit_code,
        "problems": [{**_place(p.place), "message": p.message, "hint": p.hint} for p in report.problems],
        "findings": [_finding(finding) for finding in report.findings],
        "undecided": [
            {"fact": u.fact, "rules": list(u.rules), **_place(u.place), "hint": u.hint} for u in report.undecided
        ],
        "pools": [_pool(pool) for pool in report.pools],
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
        "facts": finding.facts,
        "sources": [source_map(source) for source in finding.sources],
        "waived": finding.waived is not None,
    }
    if finding.waived is not None:
        out["waiver"] = finding.waived
    if finding.waived_at is not None:
        out["waivedAt"] = _place(finding.waived_at)
    return out


def source_map(source: Source) -> dict[str, object]:
    """Return a source as plain values."""
    return {"title": source.title, "url": source.url, "date": source.date}


def _pool(pool: PoolSheet) -> dict[str, object]:
    proven = pool.proven
    return {
        "name": pool.name,
        "kind": pool.kind,
        "file": pool.file,
        "podsPerNode": {name: found.exclusive for name, found in pool.capacity.items()},
        "sharedPodsPerNode": {name: found.shared for name, found in pool.capacity.items()},
        "trunkPodsPerNode": {name: found.trunk for name, found in pool.capacity.items()},
        "nodes": {"desired": pool.nodes[0], "max": pool.nodes[1]},
        "exclusivePods": {"desired": pool.pods[0], "max": pool.pods[1]},
        "addresses": {name: _addresses(found) for name, found in pool.addresses.items()},
        "zones": {name: _addresses(found) for name, found in pool.zones.items()},
        **({} if proven is None else {"proven": proven._asdict()}),
    }


def _addresses(found: Addresses) -> dict[str, int | None]:
    return {"needed": found.needed, "max": found.largest, "nodes": found.nodes, "available": found.available}
