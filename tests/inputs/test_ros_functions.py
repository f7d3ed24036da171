"""The functions of ROS, with whatever stands behind them."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from eniplan.inputs.places import NotKnown
from eniplan.inputs.ros import resolved
from eniplan.plan.document import read_documents

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
    found: Any = resolved(document, lambda _: True).value
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
