"""Metrics in Prometheus' text format. Unknown values have no sample, because 0 would mean none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan._version import __version__
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.report.model import PoolSheet, Report


class _Sample(NamedTuple):
    name: str
    value: int | None
    labels: tuple[tuple[str, str], ...] = ()


_HELP = {
    "eniplan_info": "Version of eniplan and date of its instance data.",
    "eniplan_specs_age_days": "Days since the instance data was made, once they are 180 or more.",
    "eniplan_exit_code": "Exit code of this run: 0 clean, 1 findings, 3 an input that cannot be judged.",
    "eniplan_findings": "Findings by rule and level.",
    "eniplan_undecided_facts": "Unknown facts that a rule needs.",
    "eniplan_problems": "Inputs, or parts of them, that could not be judged.",
    "eniplan_pool_nodes": "Nodes of a node pool: planned at its desired and largest size, seen, and seen Ready.",
    "eniplan_pool_exclusive_pods": "Exclusive pods that a node pool is planned for, at its desired and largest size.",
    "eniplan_pool_exclusive_enis": "Exclusive ENIs that the nodes of a node pool offer (offered), that pods take "
    "(used), and that are free.",
    "eniplan_addresses": "Addresses in a vSwitch: needed by exclusive pods at the largest size, and available.",
}


def write(report: Report) -> str:
    """Return the metrics of a report."""
    samples = sorted(_samples(report), key=lambda sample: list(_HELP).index(sample.name))
    lines: list[str] = []
    told = ""
    for sample in samples:
        if sample.value is None:
            continue
        if sample.name != told:
            told = sample.name
            lines += [f"# HELP {told} {_HELP[told]}", f"# TYPE {told} gauge"]
        labels = ",".join(f'{key}="{_escaped(value)}"' for key, value in sample.labels)
        lines.append(f"{sample.name}{{{labels}}} {sample.value}" if labels else f"{sample.name} {sample.value}")
    return "".join(f"{line}\n" for line in lines)


def _samples(report: Report) -> Iterator[_Sample]:
    yield _Sample("eniplan_info", 1, (("version", __version__), ("specs", report.specs.date)))
    yield _Sample("eniplan_specs_age_days", report.specs.age)
    yield _Sample("eniplan_exit_code", report.exit_code)
    counts: dict[tuple[str, str, str], int] = {}
    for finding in report.findings:
        key = (finding.rule.id, finding.level, "true" if finding.waived is not None else "false")
        counts[key] = counts.get(key, 0) + 1
    for (rule, level, waived), number in sorted(counts.items()):
        yield _Sample("eniplan_findings", number, (("rule", rule), ("level", level), ("waived", waived)))
    yield _Sample("eniplan_undecided_facts", len(report.undecided))
    yield _Sample("eniplan_problems", len(report.problems))
    for pool in report.pools:
        yield from _of_pool(pool)


def _of_pool(pool: PoolSheet) -> Iterator[_Sample]:
    own = (("file", pool.file), ("pool", pool.name))
    for size, nodes, pods in zip(("desired", "largest"), pool.nodes, pool.pods, strict=True):
        yield _Sample("eniplan_pool_nodes", nodes, (*own, ("state", size)))
        yield _Sample("eniplan_pool_exclusive_pods", pods, (*own, ("size", size)))
    for name, found in pool.addresses.items():
        for state, number in (("needed", found.largest), ("available", found.available)):
            yield _Sample("eniplan_addresses", number, (*own, ("vswitch", name), ("state", state)))
    seen = pool.proven
    if seen is not None:
        yield _Sample("eniplan_pool_nodes", seen.nodes, (*own, ("state", "seen")))
        yield _Sample("eniplan_pool_nodes", seen.ready, (*own, ("state", "ready")))
        for state, number in (("offered", seen.enis), ("used", seen.pods), ("free", seen.free)):
            yield _Sample("eniplan_pool_exclusive_enis", number, (*own, ("state", state)))


def _escaped(value: str) -> str:
    """Escape the value of a label, as the format requires."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
