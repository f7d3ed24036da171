"""A plan that was sized passes the check, for any number of pods, type and zones; and its addresses are just enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eniplan.catalog.order import ORDERS
from eniplan.catalog.select import Wanted
from eniplan.catalog.sizing import Request, Size
from eniplan.emit.sized_plan import Facts, sized_plan, sized_plan_text, to_fill_in
from eniplan.judging.check import check
from eniplan.judging.find import Question, find
from eniplan.plan.document import read_documents
from eniplan.plan.load import load_document
from eniplan.rules.base import Settings
from eniplan.rules.by_type import Demands
from tests.judge import catalog, found, judge_plan, unknown

if TYPE_CHECKING:
    from eniplan.catalog.sizing import Loss
    from eniplan.report.listing import Row

ZONES = tuple(f"cn-hangzhou-{letter}" for letter in "bfghijkl")
FAMILIES = sorted(catalog().family_names())


@st.composite
def requests(draw: st.DrawFn) -> Request:
    zones = draw(st.integers(1, 8))
    loss: Loss = draw(st.sampled_from(["nothing", "node", "zone"] if zones > 1 else ["nothing", "node"]))
    return Request(draw(st.integers(1, 3000)), draw(st.integers(0, 6)), zones, loss)


def sized_row(data: st.DataObject, request: Request, facts: Facts) -> Row:
    """Return a type of a random family that passes, with its size."""
    wanted = Wanted(erdma=bool(facts.erdma), families=(data.draw(st.sampled_from(FAMILIES)),))
    cluster = Demands(facts.dual, strict=False, erdma=facts.erdma)
    question = Question(wanted, cluster, ORDERS["vcpu"], request=request)
    rows = find(catalog(), question, Settings()).rows
    assume(rows)
    row: Row = data.draw(st.sampled_from(rows))
    return row


@given(requests(), st.booleans(), st.sampled_from([None, False, True]), st.data())
@settings(max_examples=25)
def test_it_passes_the_check(request: Request, dual: bool, erdma: bool | None, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    facts = Facts("v1.16.4", ZONES[: request.zones], dual, None if dual else erdma)
    row = sized_row(data, request, facts)
    assert row.size is not None
    name = row.record.InstanceTypeId
    text = sized_plan_text(name, row.size, request, facts, catalog().date)
    (document,) = read_documents("plan.yaml", text.encode())
    report = check([load_document(document)], catalog(), Settings())
    assert (report.problems, report.total("error")) == ((), 0), [f.message for f in report.findings]

    (sheet,) = report.pools
    capacity = sheet.pods[0]
    assert capacity is not None
    assert capacity >= request.pods + row.size.nodes * request.daemon_pods
    assert capacity == row.size.pod_addresses
    assert {a.largest for a in sheet.zones.values()} == {row.size.pod_addresses_per_zone}
    assert judged_with(yaml.safe_load(text), row.size) == []
    one_less = row.size._replace(pod_addresses_per_zone=row.size.pod_addresses_per_zone - 1)
    assert set(judged_with(yaml.safe_load(text), one_less)) == {"NET002"}


def judged_with(plan: dict[str, Any], size: Size) -> list[str]:
    """Return the rules that speak as errors when just so many addresses are free."""
    for v_switch in plan["cluster"]["vSwitches"]:
        pods = "-pods-" in v_switch["id"]
        v_switch["availableIps"] = size.pod_addresses_per_zone if pods else size.nodes_per_zone
    report = judge_plan(plan)
    assert unknown(report, "NET002") == []
    return [finding.rule.id for finding in report.findings if finding.level == "error"]


FACTS = Facts("v1.16.4", ZONES[:2], dual=True, erdma=None)
SIZE = Size(12, 6, 6, 84, 42, 12)


HEAD = (
    "# 36 exclusive pods on 12 nodes of ecs.g8i.8xlarge, 6 on each; spread over 2 zones; "
    "beside 1 DaemonSet pod on each node; a whole zone may be lost\n"
    "# Sized with the specs of 2026-07-16. Fill in the <angle brackets>.\n"
    "# In each zone the vSwitch for pods needs 42 free addresses, that for nodes 6:\n"
    "# state them as availableIps, and `eniplan check` compares.\n"
)
PLAN = """\
apiVersion: eniplan/v1
cluster:
  ipStack: dual
  terway:
    version: v1.16.4
  vSwitches:
  - id: your-vsw-nodes-cn-hangzhou-b
    zone: cn-hangzhou-b
  - id: your-vsw-nodes-cn-hangzhou-f
    zone: cn-hangzhou-f
  - id: your-vsw-pods-cn-hangzhou-b
    zone: cn-hangzhou-b
    ipv6Cidr: "2001:db8:0:1::/64"
  - id: your-vsw-pods-cn-hangzhou-f
    zone: cn-hangzhou-f
    ipv6Cidr: "2001:db8:0:2::/64"
  securityGroups:
  - id: your-sg-pods
    type: enterprise
  podDefaults:
    vSwitchIds:
    - your-vsw-pods-cn-hangzhou-b
    - your-vsw-pods-cn-hangzhou-f
    securityGroupIds:
    - your-sg-pods
nodePools:
- name: exclusive
  instanceTypes:
  - ecs.g8i.8xlarge
  vSwitchIds:
  - your-vsw-nodes-cn-hangzhou-b
  - your-vsw-nodes-cn-hangzhou-f
  desiredSize: 12
  multiAzPolicy: BALANCE
  systemPodsPerNode: 1
podNetworkings:
- name: exclusive-eni
  nodePools:
  - exclusive
  podSelector:
    matchLabels:
      network: exclusive-eni
  vSwitchIds:
  - your-vsw-pods-cn-hangzhou-b
  - your-vsw-pods-cn-hangzhou-f
  securityGroupIds:
  - your-sg-pods
workloads:
- name: your-app
  kind: Deployment
  replicas: 36
  nodePool: exclusive
  podNetworking: exclusive-eni
"""


def test_a_plan_for_two_zones_byte_for_byte() -> None:
    request = Request(36, 1, 2, "zone")
    text = sized_plan_text("ecs.g8i.8xlarge", SIZE, request, FACTS, "2026-07-16")
    assert text == HEAD + PLAN
    assert yaml.safe_load(text) == sized_plan("ecs.g8i.8xlarge", SIZE, request, FACTS)


def test_placeholders_are_to_be_filled_in() -> None:
    blocks = PLAN.replace('"2001:db8:0:1::/64"', "<IPv6 CIDR>").replace('"2001:db8:0:2::/64"', "<IPv6 CIDR>")
    lines = [line.replace("your-", "<") + ">" if "your-" in line else line for line in (HEAD + blocks).splitlines()]
    assert to_fill_in(HEAD + PLAN) == "\n".join(lines) + "\n"


def test_blocks_of_many_zones_differ_and_are_hexadecimal() -> None:
    facts = Facts("v1.16.4", tuple(f"z-{n}" for n in range(11)), dual=True, erdma=False)
    plan = sized_plan("ecs.g8i.8xlarge", SIZE, Request(36, 0, 11, "node"), facts)
    blocks = [v_switch["ipv6Cidr"] for v_switch in plan["cluster"]["vSwitches"][11:]]
    assert blocks == [f"2001:db8:0:{n}::/64" for n in "123456789ab"]
    assert plan["cluster"]["terway"] == {"version": "v1.16.4", "erdma": False}


@pytest.mark.parametrize(
    ("loss", "words"),
    [("nothing", "nothing to spare"), ("node", "one node may be lost")],
)
def test_a_plan_for_one_zone(loss: Loss, words: str) -> None:
    facts = Facts("v1.16.4", ZONES[:1], dual=False, erdma=True)
    request = Request(1, 0, 1, loss)
    text = sized_plan_text("ecs.g8i.8xlarge", Size(1, 1, 7, 7, 7, 1), request, facts, "2026-07-16")
    assert text.splitlines()[0] == f"# 1 exclusive pod on 1 node of ecs.g8i.8xlarge, 7 on each; {words}"
    assert "Fill in the <angle brackets>.\n" in text
    plan = yaml.safe_load(text)
    assert plan["nodePools"] == [
        {"name": "exclusive", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["your-vsw-nodes-cn-hangzhou-b"],
         "desiredSize": 1},
    ]  # fmt: skip
    assert plan["cluster"]["ipStack"] == "ipv4"
    assert plan["cluster"]["terway"] == {"version": "v1.16.4", "erdma": True}
    assert plan["cluster"]["vSwitches"] == [
        {"id": "your-vsw-nodes-cn-hangzhou-b", "zone": "cn-hangzhou-b"},
        {"id": "your-vsw-pods-cn-hangzhou-b", "zone": "cn-hangzhou-b"},
    ]


def test_no_line_of_a_hostile_name_leaves_its_comment() -> None:
    text = sized_plan_text("x\nnodePools: []", SIZE, Request(36, 1, 2, "zone"), FACTS, "2026-07-16")
    assert yaml.safe_load(text)["nodePools"][0]["instanceTypes"] == ["x\nnodePools: []"]
    report = judge_plan(yaml.safe_load(text))
    assert len(found(report, "ENI003")) == 1
