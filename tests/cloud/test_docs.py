from __future__ import annotations

import re

from eniplan.cloud import place
from eniplan.cloud.policy import calls_of
from tests.harness import REPO

TEXT = (REPO / "docs" / "live.md").read_text(encoding="utf-8")


def test_every_call_is_in_the_table() -> None:
    table = re.findall(r"^\|.*\|$", TEXT, re.MULTILINE)
    named = {word for row in table for word in re.findall(r"\b(?:Describe|Get|List)\w+", row.split("|")[2])}
    assert named == {call.action for call in calls_of(["check"], lingjun=True)}


def test_every_variable_of_the_region_is_named_in_its_order() -> None:
    found = re.findall(r"`([A-Z_]*REGION[A-Z_]*)`", TEXT)
    assert found == list(place.REGION_VARIABLES)
