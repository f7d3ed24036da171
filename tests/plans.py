"""Random plans for property tests: values that fit the schema, and values that break it somewhere."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from eniplan.plan.schema import API_VERSION, FILLED, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

Where = tuple["str | int", ...]

WORDS = st.sampled_from(
    [
        "trading", "vsw-j", "vsw-k", "sg-pods", "cn-hangzhou-j", "ecs.g8i.8xlarge", "ecs.g7.2xlarge", "ecs.i4.8xlarge",
        "ecs.none.large", "v1.16.4", "latest", "In", "NoSchedule", "eniOnly", "10m", "ebs-enhanced", "ENI001", "1.34.3",
        "nodePools[0]", "k8s.aliyun.com/exclusive-mode-eni-type", "terway-config", "a b", "é", "\u202e",
    ]
)  # fmt: skip
"""Names to draw from. A small set makes names match each other, which is what rules compare."""
KEYS = st.sampled_from(["team", "terway-config", "k8s.aliyun.com/exclusive-mode-eni-type", "", "a.b", "type"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.sampled_from([0.5, 3.0, -1.0]) | WORDS | st.just(""),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS | WORDS, inner, max_size=2),
    max_leaves=4,
)
"""Any JSON value."""


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that fit a schema with the keywords that `SCHEMA` uses."""
    if "const" in schema:
        return st.just(schema["const"])
    make = {"string": _texts, "integer": _numbers, "boolean": _booleans, "array": _lists, "object": _maps}
    return make[schema["type"]](schema)


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    pattern = schema.get("pattern")
    if pattern is None:
        return WORDS | st.just("") | st.just("<")
    return WORDS if pattern == FILLED else st.sampled_from(["2026-01-31", "9999-99-99", "2030-12-01"])


def _numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least = schema.get("minimum", -5)
    return st.integers(least, 40) | st.sampled_from([least, 5000, 3.0])


def _booleans(_: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.booleans()


def _lists(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.lists(values(schema["items"]), min_size=schema.get("minItems", 0), max_size=3)


def _maps(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    known = {name: values(part) for name, part in schema.get("properties", {}).items()}
    required = {name: known[name] for name in schema.get("required", ())}
    other = schema.get("additionalProperties", True)
    if other is False:
        return st.fixed_dictionaries(required, optional={n: s for n, s in known.items() if n not in required})
    return st.dictionaries(KEYS, values(other) if isinstance(other, dict) else ANYTHING, max_size=2)


VALID = values(SCHEMA)
"""Plans that fit the schema, with any meaning."""


def places(value: Any, at: Where = ()) -> Iterator[Where]:  # noqa: ANN401 - any JSON value
    """Yield the path of every value inside a value."""
    yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*at, index))


def at_path(value: Any, path: Where) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value at a path."""
    for step in path:
        value = value[step]
    return value


@st.composite
def mutated(draw: st.DrawFn) -> Any:  # noqa: ANN401 - what comes out may be anything
    """Return a plan with one to four values replaced, removed, or moved to another key."""
    plan = copy.deepcopy(draw(VALID))
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(list(places(plan))))
        if not path:
            continue
        inner, last = at_path(plan, path[:-1]), path[-1]
        how = draw(st.sampled_from(["replace", "remove", "rename"]))
        if how == "replace":
            inner[last] = draw(ANYTHING)
        elif how == "remove":
            del inner[last]
        elif isinstance(inner, dict):
            inner[str(last)[:-1] + draw(st.sampled_from(["", "x", "S"]))] = inner.pop(last)
    return plan


SMALLEST: dict[str, Any] = {"apiVersion": API_VERSION, "nodePools": [{"name": "trading"}]}
