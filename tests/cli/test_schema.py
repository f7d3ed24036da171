from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jsonschema import Draft7Validator

from eniplan.plan.schema import SCHEMA
from eniplan.report.schema import SCHEMA as REPORT

if TYPE_CHECKING:
    from tests.harness import Run


def test_prints_the_schema_of_plans(run: Run) -> None:
    result = run("schema")
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out) == SCHEMA
    Draft7Validator.check_schema(json.loads(result.out))
    assert run("schema", "plan") == result


def test_prints_the_schema_of_reports(run: Run) -> None:
    result = run("schema", "report")
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out) == REPORT


def test_anything_else_is_usage(run: Run) -> None:
    result = run("schema", "x")
    assert (result.code, result.out) == (2, "")
    assert "choose one of config, plan, report, waivers" in result.err
