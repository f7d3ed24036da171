"""Reports for the tests of formats: of every size, and with everything that a report can contain."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from eniplan.rules.examples import LINGJUN_POOL, POD_NETWORKING, VSWITCH_J, VSWITCH_K, example
from tests.judge import judge, judge_plan

if TYPE_CHECKING:
    from eniplan.report.model import Report

MANY: dict[str, Any] = {
    "cluster.ipStack": "dual",
    "cluster.terway.erdma": True,
    "cluster.terway.virtualType": "datapathv2",
    "cluster.vSwitches": [{**VSWITCH_J, "availableIps": 20}, VSWITCH_K],
    "nodePools[0].instanceTypes": ["ecs.g7.2xlarge", "ecs.g8i.8xlarge", "ecs.i4.8xlarge"],
    "nodePools[0].taints": [],
    "nodePools[1]": {**LINGJUN_POOL, "vSwitchIds": ["vsw-k"]},
    "nodePools[2]": {"name": "big-data", "instanceFamilies": ["ecs.g8i"], "vSwitchIds": ["vsw-j", "vsw-k"],
                     "autoScaling": {"min": 0, "max": 10}},
    "podNetworkings": [{**POD_NETWORKING, "nodePools": ["trading", "big-data"]}],
    "waivers": [{"rule": "NP002", "path": "nodePools[0]", "reason": "nobody else runs here"}],
}  # fmt: skip
UNKNOWN: dict[str, Any] = {"cluster": {"terway": {"version": "v1.16.4"}}}
TAINTLESS: dict[str, Any] = {"nodePools[0].taints": []}
WAIVER = {"rule": "NP002", "path": "nodePools[0]", "reason": "nobody else runs here"}
NASTY = (
    "%0A::error::x\n::error file=a::b\r]]>&amp;<b>&\"' --> \x1b[31m\x00\x07\u202eevil\u2066\ufeff\ufffe\u2028"
    "|`*_[x](http://e.example){0} @everyone #1 $x$ ~~y~~ \\ \U0001f600 \udc80"
)
"""A hostile name: for every format, it has characters that would start or end something."""


def nasty() -> dict[str, Any]:
    """Return changes to the example plan that put hostile text into every name in a report."""
    return {
        "cluster.kubernetesVersion": "1.30" + NASTY,
        "nodePools[0].name": NASTY,
        "nodePools[0].instanceTypes": [NASTY, "ecs.g7.2xlarge"],
        "nodePools[0].taints": [],
        "nodePools[0].terwayConfig": NASTY,
        "podNetworkings": [{"name": NASTY, "nodePools": [NASTY], "vSwitchIds": [NASTY]}],
        "workloads": [{"name": NASTY, "kind": "Deployment", "nodePool": NASTY, "podNetworking": NASTY}],
        "waivers": [{**WAIVER, "reason": NASTY}, {**WAIVER, "rule": NASTY}],
    }


def thousands() -> dict[str, Any]:
    """Return a plan with 1,000 pools, with two findings each, of which one is waived."""
    plan = example({})
    pool = {**plan["nodePools"][0], "instanceTypes": ["ecs.g7.2xlarge"], "taints": []}
    plan["nodePools"] = [{**pool, "name": f"pool-{number}"} for number in range(1000)]
    plan["waivers"] = [{**WAIVER, "path": f"nodePools[{number}]"} for number in range(0, 1000, 2)]
    return plan


@cache
def reports() -> dict[str, Report]:
    """Return the reports by name."""
    return {
        "clean": judge(),
        "one": judge(TAINTLESS),
        "waived": judge({**TAINTLESS, "waivers": [WAIVER]}),
        "many": judge(MANY),
        "unknown": judge(UNKNOWN),
        "strict": judge(UNKNOWN, strict=True),
        "misfit": judge_plan({"apiVersion": "eniplan/v1", "nodePools": 3, "x": NASTY}),
        "half": judge({"nodePools[0].desiredSize": -1, **TAINTLESS}),
        "nasty": judge(nasty()),
        "thousands": judge_plan(thousands()),
    }
