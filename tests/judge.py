"""Judge plans inside the test's own process, for tests of single rules: these are too many for a process each.

Everything is real: plans are parsed from text, so that findings have places, and the specs are the bundled ones.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from eniplan.catalog.store import Catalog
from eniplan.judging.check import check
from eniplan.k8s.nodes import Placement, requirement
from eniplan.plan.document import read_documents
from eniplan.plan.live import LingjunGroup, LiveCluster, LiveFacts, LiveTerway, Quota
from eniplan.plan.load import load_document
from eniplan.plan.model import ExistingPool, SecurityGroup, VSwitch
from eniplan.rules.base import AccountRule, Settings
from eniplan.rules.examples import LINGJUN_POOL, TYPE, VSWITCH_J, VSWITCH_K, example
from eniplan.rules.view import PlanView

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from eniplan.report.model import Finding, Report, Undecided
    from eniplan.rules.base import AnyRule, Level

TODAY = date(2026, 11, 22)
"""The date of all checks in tests."""
SOMEWHERE = Placement((requirement((), "kubernetes.io/hostname", "node-1"),))
"""What pods ask for that some node of a pool may have."""
FILE = "plan.json"


@cache
def catalog() -> Catalog:
    """Return the bundled instance data, read once for all tests of a worker."""
    return Catalog()


def judge_plan(  # noqa: PLR0913 - the options of a check
    plan: Mapping[str, Any],
    *,
    strict: bool = False,
    max_age: int | None = None,
    today: date | None = TODAY,
    specs_day: date | None = None,
    fail_on: Level = "error",
    specs: Catalog | None = None,
    live: LiveFacts | None = None,
) -> Report:
    """Judge a plan given as values."""
    settings = Settings(strict, max_age, today, specs_day)
    documents = read_documents(FILE, json.dumps(plan, indent=1).encode())
    loaded = (load_document(document)._replace(live=live) for document in documents)
    return check(loaded, specs or catalog(), settings, fail_on=fail_on)


def judge(changes: Mapping[str, Any] | None = None, **settings: Any) -> Report:  # noqa: ANN401 - those of judge_plan
    """Judge the example plan of the rules with changes (see `eniplan.rules.examples`)."""
    return judge_plan(example(changes or {}), **settings)


def example_account(changes: Mapping[str, Any]) -> LiveFacts:
    """Return the facts of an account that match the example plan, with changes such as `cluster.state` to new value."""
    keys = ("id", "zone", "vpcId", "ipv6Cidr", "availableIps")
    v_switches = [VSwitch((), *(v[key] for key in keys)) for v in (VSWITCH_J, VSWITCH_K)]
    enis = {"EniQuantity": 8, "EniPrivateIpAddressQuantity": 30, "EniIpv6AddressQuantity": 30}
    lingjun = LINGJUN_POOL["lingjun"]
    facts = LiveFacts(
        "cn-hangzhou",
        "2026-11-22",
        LiveCluster("running", "cn-hangzhou", "vpc-1", "ipv4", "1.34.3-aliyun.1", 3),
        LiveTerway(True, "active", "v1.16.4", True, False, False),  # noqa: FBT003 - five facts in their order
        {TYPE: {"InstanceTypeId": TYPE, **enis}},
        stock={TYPE: {"cn-hangzhou-j": "WithStock", "cn-hangzhou-k": "WithStock"}},
        v_switches={v.id: v for v in v_switches},
        security_groups={"sg-pods": SecurityGroup((), "sg-pods", "enterprise", "vpc-1")},
        pools={"default-nodepool": ExistingPool("default-nodepool", "np-0", "ess", {})},
        quota=Quota(20, 100),
        lingjun={lingjun["groupId"]: LingjunGroup(lingjun["clusterId"], lingjun["nodeType"], lingjun["nodeCount"])},
    )
    for path, value in changes.items():
        facts = _changed(facts, path.split("."), value)
    return facts


def _changed(value: Any, steps: list[str], new: object) -> Any:  # noqa: ANN401 - facts nest tuples and maps
    if not steps:
        return new
    if isinstance(value, tuple):
        return value._replace(**{steps[0]: _changed(getattr(value, steps[0]), steps[1:], new)})  # type: ignore[attr-defined]  # a named one
    return {**value, steps[0]: _changed(value.get(steps[0]), steps[1:], new)}


def fails(rule: AnyRule) -> Report:
    """Judge a rule's failing example."""
    return judge(rule.fails, live=None if not isinstance(rule, AccountRule) else example_account(rule.account))


def passes(rule: AnyRule) -> Report:
    """Judge a rule's passing example; for a rule about the account, with an account that matches the plan."""
    return judge(rule.passes, live=None if not isinstance(rule, AccountRule) else example_account({}))


def view_of(changes: Mapping[str, Any] | None = None, settings: Settings | None = None) -> PlanView:
    """Return the view that rules judge, for the example plan with changes."""
    (document,) = read_documents(FILE, json.dumps(example(changes or {})).encode())
    plan = load_document(document).plan
    assert plan is not None
    return PlanView(plan, catalog(), settings or Settings(today=TODAY))


def found(report: Report, rule: str) -> list[Finding]:
    """Return the findings of one rule."""
    return [finding for finding in report.findings if finding.rule.id == rule]


def only(report: Report, rule: str) -> Finding:
    """Return the only finding of a rule; fail if there is none or more than one."""
    findings = found(report, rule)
    assert len(findings) == 1, [(f.rule.id, f.place.path, f.message) for f in report.findings]
    return findings[0]


def places(report: Report, rule: str) -> list[str]:
    """Return the key paths of one rule's findings."""
    return [finding.place.path for finding in found(report, rule)]


def unknown(report: Report, rule: str) -> list[Undecided]:
    """Return the facts that one rule lacks."""
    return [item for item in report.undecided if rule in item.rules]


def facts_missing(report: Report, rule: str) -> list[str]:
    """Return the names of the facts that one rule lacks."""
    return [item.fact for item in unknown(report, rule)]


def own(tmp_path: Path, *rows: dict[str, Any]) -> Catalog:
    """Return a catalog with the user's own rows."""
    file = tmp_path / "specs.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Catalog(specs=str(file))


def row(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a row
    """Return a row of instance data for a type that the bundled data lacks."""
    return {"InstanceTypeId": "ecs.mine.8xlarge", "CpuCoreCount": 32, "MemorySize": 128, **fields}
