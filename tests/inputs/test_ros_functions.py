"""The functions of ROS, with whatever stands behind them."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.inputs.beside import state
from eniplan.inputs.places import NotKnown
from eniplan.inputs.ros import resolved
from eniplan.inputs.units import Stated
from eniplan.plan.document import read_documents
from tests.inputs.support import LABEL, TAINT, judge_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.inputs.support import Judged

NAMES = (
    "Ref", "Fn::Join", "Fn::Sub", "Fn::Split", "Fn::Select", "Fn::FindInMap", "Fn::If", "Fn::Equals", "Fn::Not",
    "Fn::And", "Fn::GetAtt", "Fn::Base64",
)  # fmt: skip
ONE: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, "", "x", "${x} ${!y} ${", [], {}, ["x"], {"x": "y"}, {"Ref": "Types"},
    {"Fn::Sub": ["${x}"]},
)  # fmt: skip


def computed(value: Any) -> Any:  # noqa: ANN401 - values of a document
    template = {
        "Parameters": {"Types": {"Type": "CommaDelimitedList", "Default": "a, b"}},
        "Conditions": {"x": {"Fn::Equals": [{"Ref": "Types"}]}},
        "Resources": {"pool": {"value": value}},
    }
    (document,) = read_documents("t.json", json.dumps(template).encode())
    found: Any = resolved(document, lambda _: True).document.value
    return found["Resources"]["pool"]["value"]


@pytest.mark.parametrize("name", NAMES)
def test_no_argument_is_a_crash(name: str) -> None:
    for argument in ONE:
        computed({name: argument})
    for items in (*product(ONE, repeat=1), *product(ONE, repeat=2), *product(ONE[::3], repeat=3)):
        computed({name: list(items)})
        computed({name: [*items, None, None]})


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("a ${!b}", "a ${b}"),
        (["${x}", {"x": "y"}], "y"),
        (["only"], "only"),
        (["${x}", {"x": "y"}, "more"], None),
        ([], None),
        (["${x}", "no map"], None),
    ],
)
def test_sub(argument: Any, text: str | None) -> None:  # noqa: ANN401 - values of a document
    found = computed({"Fn::Sub": argument})
    assert found == text if text is not None else isinstance(found, NotKnown)


# --- Condition and Count of a resource ----------------------------------------------------------------------------


def judged_with(here: Path, properties: dict[str, Any] | None = None, **resources: dict[str, Any]) -> Judged:
    """Judge pools of 100 nodes each, with more properties, and more keys of the resource, such as `Count`."""
    both = [{"Key": LABEL["key"], "Value": LABEL["value"]}], [{name.title(): part for name, part in TAINT.items()}]
    pools = {
        name: {
            "Type": "ALIYUN::CS::ClusterNodePool",
            "Properties": {
                "NodePoolInfo": {"Name": {"Fn::Sub": "a${ALIYUN::Index}"} if "Count" in more else "a"},
                "Count": 100,
                "ScalingGroup": {"VSwitchIds": ["vsw-j"], "InstanceTypes": ["ecs.g8i.8xlarge"]},
                "KubernetesConfig": dict(zip(("Labels", "Taints"), both, strict=True)),
                **(properties or {}),
            },
            **more,
        }
        for name, more in resources.items()
    }
    template = {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {"On": {"Type": "Boolean", "Default": False}, "N": {"Type": "Number"}},
        "Conditions": {
            "On": {"Fn::Equals": [{"Ref": "On"}, True]},
            "Off": {"Fn::Not": ["On"]},
            "Open": {"Fn::Equals": [{"Ref": "N"}, 1]},
        },
        "Resources": pools,
    }
    return judge_files(here, {"ros.json": template})


def test_a_resource_whose_condition_is_false_is_not_created(here: Path) -> None:
    judged = judged_with(here, Yes={"Condition": "On"}, No={"Condition": "Off"})
    assert (judged.rules, len(judged.report.pools)) == (set(), 1)
    assert judged.skipped == [("ros.json: Yes", "its Condition is false, by the default of On")]


def test_a_resource_that_may_not_be_created_is_alone(here: Path) -> None:
    judged = judged_with(here, A={"Condition": "Open"}, B={"Condition": "Open"}, C={"Count": {"Ref": "N"}})
    assert (judged.rules, len(judged.report.pools)) == (set(), 3)
    assert len(judged_with(here, A={"Count": 301}).report.pools) == 1


def test_count_creates_several(here: Path) -> None:
    judged = judged_with(here, A={"Count": 6})
    assert judged.rules == {"NET002"}
    assert [pool.name for pool in judged.report.pools] == [f"a{i}" for i in range(6)]
    assert judged_with(here, A={"Count": {"Fn::If": ["On", 6, 1]}}).rules == set()
    assert judged_with(here, A={"Count": 0}).skipped == [("ros.json: A", "its Count is 0")]


@pytest.mark.parametrize("reference", [{"Ref": "B"}, {"Fn::GetAtt": ["B", "VSwitchId"]}])
def test_a_reference_to_several_is_open(reference: dict[str, Any]) -> None:
    document, *_ = read_documents("t.json", json.dumps({"Resources": {"A": reference, "B": {"Count": 2}}}).encode())
    found: Any = resolved(document, lambda _: True).document.value
    assert type(found["Resources"]["A"]) is NotKnown


def test_no_value_removes_a_property_and_an_item() -> None:
    direct = {"Ref": "ALIYUN::NoValue"}
    assert computed({"a": 1, "b": direct, "c": [1, direct, {"d": direct}]}) == {"a": 1, "c": [1, {}]}
    assert computed({"Fn::Join": [",", ["a", direct]]}) == "a"


def test_a_section_that_a_template_leaves_out(here: Path) -> None:
    scaling = {"Fn::If": ["On", {"Enable": True, "MaxInstances": 9}, {"Ref": "ALIYUN::NoValue"}]}
    more = {"AutoScaling": scaling}
    judged = judged_with(here, A={}, properties=more)
    assert (judged.problems, judged.rules, judged.facts) == ([], set(), {})
    assert judged.report.pools[0].nodes == (100, 100)


@pytest.mark.parametrize(("ids", "vpc"), [([["a"]], "vpc-1"), (["vsw-j"], ["vpc-1"])])
def test_ids_that_are_lists_are_no_ids(ids: list[Any], vpc: object) -> None:
    stated = Stated({"podDefaults": {"vSwitchIds": ids}, "vSwitches": [{"id": "vsw-j", "vpcId": vpc}]}, {})
    state(stated, "vSwitches", [])
    assert "vpcId" not in stated.value
