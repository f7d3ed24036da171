from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.errors import InputError
from eniplan.kube.stream import Listed, read
from tests.plans import ANYTHING

OBJECTS = st.dictionaries(st.sampled_from(["kind", "metadata", "a"]), ANYTHING, max_size=3)


class Trickle(io.TextIOBase):
    """A stream that gives a few characters at a time, however many are asked for."""

    def __init__(self, text: str, size: int) -> None:
        """Take the text, and how much of it comes at a time."""
        self._text = text
        self._size = size

    def read(self, _: int | None = -1, /) -> str:
        given, self._text = self._text[: self._size], self._text[self._size :]
        return given


def objects(text: str, size: int = 1 << 20) -> list[dict[str, Any] | Listed]:
    return list(read(Trickle(text, size), "dump.json"))


def problem(text: str, size: int = 7) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        objects(text, size)
    (found,) = caught.value.problems
    return found.message, str(found.place)


@given(st.lists(OBJECTS, max_size=4), st.integers(1, 40), st.sampled_from([None, 0, 4]))
@settings(max_examples=60)
def test_a_list_in_pieces_is_the_list(items: list[dict[str, Any]], size: int, indent: int | None) -> None:
    text = json.dumps({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {}}, indent=indent)
    late = sorted(items, key=lambda item: "kind" not in item)  # the kind of the list follows
    assert objects(text, size) == [*late, Listed("List", "")]


@given(st.lists(OBJECTS.filter(lambda item: "items" not in item), max_size=4), st.integers(1, 40))
@settings(max_examples=40)
def test_objects_behind_each_other(items: list[dict[str, Any]], size: int) -> None:
    assert objects("\n".join(json.dumps(item) for item in items), size) == items


def test_items_of_a_typed_list_get_its_kind_and_the_next_page_is_named() -> None:
    text = '{"kind": "PodList", "metadata": {"continue": "abc"}, "items": [{"a": 1}, {"kind": "Own"}]}'
    assert objects(text, 3) == [{"a": 1, "kind": "Pod"}, {"kind": "Own"}, Listed("PodList", "abc")]
    assert objects('{"kind": "PodENIList", "items": []}') == [Listed("PodENIList", "")]
    assert objects('{"items": 7}') == [{"items": 7}]
    assert objects("") == objects(" \n ") == []


def test_the_deepest_object() -> None:
    value: Any = 0
    for _ in range(200):
        value = [value]
    assert objects(json.dumps({"a": value, "b": [{}] * 300}), 7) == [{"a": value, "b": [{}] * 300}]


OTHER_TEXT = "there is other text after the JSON: were errors written into it, as with 2>&1?"


def test_a_kind_after_the_items_is_theirs() -> None:
    """`jq -S` sorts the keys of a NodeList, and items of a raw list have no kind of their own."""
    text = '{"items": [{"a": 1}, {"kind": "Pod"}, {"b": 2}], "kind": "NodeList"}'
    assert objects(text) == [
        {"kind": "Pod"},
        {"kind": "Node", "a": 1},
        {"kind": "Node", "b": 2},
        Listed("NodeList", ""),
    ]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ('{"items": [\n  {"a": 1},\n  {"b": tru}\n]}', "not valid JSON: Expecting value", "3:9"),
        ('{"items": [{"a": 1}', "it is truncated", "1:20"),
        ('{"items": [{"a": 1', "it is truncated", "1:19"),
        ('{"a":', "it is truncated", "1:6"),
        ("[1]", "'{' is missing here", "1:1"),
        ('{"items": [3]}', "an item of a list must be an object", "1:13"),
        ('{"items": [{} {}]}', "',' is missing here", "1:15"),
        ('{"a": 1 "b": 2}', "',' is missing here", "1:9"),
        ('{"a" 1}', "':' is missing here", "1:6"),
        ('{"a": 1}\nError from server (Forbidden): no', OTHER_TEXT, "2:1"),
        ('{"items": []} ]', OTHER_TEXT, "1:15"),
        ("{7: 1}", "a key of an object must be a string", "1:5"),
        ('{"a": ' + "[" * 201 + "]" * 201 + "}", "nested deeper than any object of a cluster", "1:7"),
        ('{"a": ' + "[" * 100_000, "nested deeper than any object of a cluster", "1:7"),
    ],
)
def test_what_is_no_dump(text: str, message: str, place: str, size: int) -> None:
    if len(text) > 1000 and size == 1:
        size = 1000  # a hundred thousand pieces are only slow
    assert problem(text, size) == (message, f"dump.json:{place}")


def test_bytes_that_are_no_text() -> None:
    stream = io.TextIOWrapper(io.BytesIO(b'{"a": "\xff"}'), encoding="utf-8")
    with pytest.raises(InputError, match="not UTF-8 text"):
        list(read(stream, "dump.json"))


@pytest.mark.parametrize(
    "text", ['{"a": 1}\n\n{"kind": "x",\n  "a" 2}', '{"items": [\n1]}', '{"a":\n\n  nul}', '{"a": [']
)
def test_the_place_is_the_same_in_a_stream_that_is_read_again(text: str) -> None:
    blank = " " * (1 << 20) + "\n"  # a chunk that has gone when the fault is found
    for whole in (text, blank + text):
        with pytest.raises(InputError) as caught:
            list(read(io.StringIO(whole), "dump.json"))
        (found,) = caught.value.problems
        assert (found.message, str(found.place)) == problem(whole, 1 << 20)


def test_a_number_of_thousands_of_digits_costs_itself_only() -> None:
    (found, other) = objects('{"a": %s, "b": 1} {"c": 2}' % ("9" * 5000))
    assert (found, other) == ({"a": "9" * 5000, "b": 1}, {"c": 2})
