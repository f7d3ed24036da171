from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jsonschema import Draft7Validator

from eniplan.plan.schema import SCHEMA

if TYPE_CHECKING:
    from tests.harness import Run


def test_prints_the_schema(run: Run) -> None:
    result = run("schema")
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out) == SCHEMA
    Draft7Validator.check_schema(json.loads(result.out))


def test_takes_no_argument(run: Run) -> None:
    result = run("schema", "x")
    assert (result.code, result.out) == (2, "")
    assert "unexpected extra argument" in result.err
