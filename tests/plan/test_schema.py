from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from eniplan.plan.schema import SCHEMA, compile_schema, is_valid
from tests.plans import ANYTHING, SMALLEST, VALID, mutated

JUDGE = Draft7Validator(SCHEMA)


def test_schema_is_a_draft_7_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"


def objects(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return every subschema with its path."""
    found = [(path, schema)]
    for name, part in schema.get("properties", {}).items():
        found += objects(part, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            found += objects(schema[key], f"{path}[{key}]")
    return found


def test_every_part_says_what_it_is_and_is_closed() -> None:
    for path, part in objects(SCHEMA):
        assert "description" in part or path.endswith(("]", ".effect")) or "const" in part, path
        if "properties" in part:
            assert part["additionalProperties"] is False, path
            assert set(part.get("required", ())) <= set(part["properties"]), path


@given(VALID)
def test_what_is_made_after_the_schema_fits(plan: object) -> None:
    assert JUDGE.is_valid(plan)
    assert is_valid(plan)  # type: ignore[arg-type]  # made after the schema


@given(mutated())
def test_both_readers_agree_on_broken_plans(plan: Any) -> None:  # noqa: ANN401 - may be anything
    assert is_valid(plan) == JUDGE.is_valid(plan)


@given(ANYTHING)
def test_both_readers_agree_on_anything(value: Any) -> None:  # noqa: ANN401 - may be anything
    assert is_valid(value) == JUDGE.is_valid(value)


@pytest.mark.parametrize(
    ("path", "value", "good"),
    [
        ("desiredSize", 3, True), ("desiredSize", 3.0, True), ("desiredSize", 3.5, False), ("desiredSize", True, False),
        ("desiredSize", -1, False), ("desiredSize", float("inf"), False), ("desiredSize", "3", False),
        ("keyPair", "", False), ("keyPair", "<key>", False), ("keyPair", "a<", True), ("keyPair", "\n", True),
        ("keyPair", 3, False), ("kind", "ecs", True), ("kind", "ECS", False), ("kind", None, False),
        ("labels", {"a": "b"}, True), ("labels", {"a": 1}, False), ("labels", [], False), ("taints", {}, False),
        ("overrides", {"a": [None, {"b": 1}]}, True), ("overrides", 1, False), ("unknown", 1, False),
    ],
)  # fmt: skip
def test_edges(path: str, value: object, good: bool) -> None:  # noqa: FBT001 - a parameter of the test
    plan = copy.deepcopy(SMALLEST)
    plan["nodePools"][0][path] = value
    assert is_valid(plan) == good
    assert JUDGE.is_valid(plan) == good


@pytest.mark.parametrize("value", ["eniplan/v2", 1, True, None, ["eniplan/v1"]])
def test_version(value: Any) -> None:  # noqa: ANN401 - may be anything
    assert is_valid(SMALLEST)
    assert not is_valid({**SMALLEST, "apiVersion": value})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 1}, {"type": "integer", "maximum": 3}, {"type": "array", "items": {}, "a": 1},
        {"type": "array", "items": {"type": "string"}, "maxItems": 1}, {"type": "boolean", "enum": [True]},
        {"type": "object", "patternProperties": {}}, {"type": "null"}, {"anyOf": []}, {},
        {"type": "object", "additionalProperties": {"type": "string", "format": "date"}},
    ],
)  # fmt: skip
def test_a_keyword_that_is_not_known_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError), match="compile_schema"):
        compile_schema(schema)


@given(st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z") | st.text(max_size=12))
def test_patterns_mean_the_same(text: str) -> None:
    schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    assert compile_schema(schema)(text) == Draft7Validator(schema).is_valid(text)
