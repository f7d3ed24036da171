"""Values that are added to a user's own text: what is new, where it stands, and what every reader makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from eniplan.emit.splice import Node, parse, splice
from eniplan.errors import InputError, Place
from eniplan.plan.document import read_documents, values_in


def values(text: str) -> list[Any]:
    return values_in("f.yaml", text)


@pytest.mark.parametrize(
    ("before", "new", "after", "paths"),
    [
        ("a: 1\n", {"a": 1, "b": {"c": [1, 2]}},
         "a: 1\nb:\n  c:\n    - 1\n    - 2\n", ("b",)),
        ("a: 1", {"a": 1, "b": 2},
         "a: 1\nb: 2", ("b",)),
        ("a: 1\r\nb:\r\n  c: 1\r\nd: 2\r\n", {"a": 1, "b": {"c": 1, "x": [1]}, "d": 2},
         "a: 1\r\nb:\r\n  c: 1\r\n  x:\r\n    - 1\r\nd: 2\r\n", ("b.x",)),
        ("a: 1\r\nb: 2", {"a": 1, "b": 2, "c": 3},
         "a: 1\r\nb: 2\r\nc: 3", ("c",)),
        ("a: {b: 1}  # c\n", {"a": {"b": 1, "c": "x"}},
         "a: {b: 1, c: x}  # c\n", ("a.c",)),
        ("a: {b: 1, }\n", {"a": {"b": 1, "c": 2}},
         "a: {b: 1, c: 2, }\n", ("a.c",)),
        ("a: [1]  # c\n", {"a": [1, "x"]},
         "a: [1, x]  # c\n", ("a",)),
        ("a:\n", {"a": {"b": 1}},
         "a: {b: 1}\n", ("a",)),
        ("a: # c\n", {"a": {"b": 1}},
         "a: {b: 1} # c\n", ("a",)),
        ("a: ~ # c\n", {"a": [1]},
         "a: [1] # c\n", ("a",)),
        ("a: {}  # c\nb: []\n", {"a": {"b": 1}, "b": [2]},
         "a: {b: 1}  # c\nb: [2]\n", ("a", "b")),
        ("a:\n- 1\n- 2\nb: 3\n", {"a": [1, 2, 3], "b": 3},
         "a:\n- 1\n- 2\n- 3\nb: 3\n", ("a",)),
        ("a:\n  - 1\nb: 3\n", {"a": [1, {"x": [2]}], "b": 3},
         "a:\n  - 1\n  - x:\n      - 2\nb: 3\n", ("a",)),
        ("a:\n- x: 1\n  y: 2\n- z\n", {"a": [{"x": 1, "y": 2, "w": [1]}, "z", {"q": [3]}]},
         "a:\n- x: 1\n  y: 2\n  w:\n  - 1\n- z\n- q:\n  - 3\n", ("a[0].w", "a")),
        ("a:\n- - 1\n- &n b: 1\n", {"a": [[1, 2], {"b": 1, "c": 2}]},
         "a:\n- - 1\n  - 2\n- &n b: 1\n  c: 2\n", ("a[0]", "a[1].c")),
        ("a:\n-   b: 1\n", {"a": [{"b": 1, "c": 2}, 4]},
         "a:\n-   b: 1\n    c: 2\n- 4\n", ("a[0].c", "a")),
        ("a:\n-\n    b: 1\n", {"a": [{"b": 1, "c": 2}, 4]},
         "a:\n-\n    b: 1\n    c: 2\n- 4\n", ("a[0].c", "a")),
        ("a:\n  - !!map\n    b: 1\n", {"a": [{"b": 1, "c": 2}, 4]},
         "a:\n  - !!map\n    b: 1\n    c: 2\n  - 4\n", ("a[0].c", "a")),
        ("a: |\n  x\nb: 1\n", {"a": "x\n", "b": 1, "c": 1},
         "a: |\n  x\nb: 1\nc: 1\n", ("c",)),
        ("b:\n  a: |\n    x\n", {"b": {"a": "x\n", "c": {"d": 1}}},
         "b:\n  a: |\n    x\n  c:\n    d: 1\n", ("b.c",)),
        ("b:\n  a: |\n    x\nc: 1\n", {"b": {"a": "x\n", "c": {"d": 1}}, "c": 1},
         "b:\n  a: |\n    x\n  c:\n    d: 1\nc: 1\n", ("b.c",)),
        ("b:\r\n  a: |\r\n    x\r\nc: 1\r\n", {"b": {"a": "x\n", "c": {"d": 1}}, "c": 1},
         "b:\r\n  a: |\r\n    x\r\n  c:\r\n    d: 1\r\nc: 1\r\n", ("b.c",)),
        ("b:\n  a: 1\n  # of b\n# of c\nc: 1\n", {"b": {"a": 1, "x": 2}, "c": 1},
         "b:\n  a: 1\n  x: 2\n  # of b\n# of c\nc: 1\n", ("b.x",)),
        ('{"a": 1,\n "b": {}}\n', {"a": 1, "b": {"on": "on"}, "c": [True]},
         '{"a": 1,\n "b": {"on": "on"}, "c": [true]}\n', ("b", "c")),
        ('{"a": [1],\n "b": []}', {"a": [1, {"x": None}], "b": []},
         '{"a": [1, {"x": null}],\n "b": []}', ("a",)),
        ("{a: 1}", {"a": 1, "on": "on"},
         '{a: 1, "on": "on"}', ("on",)),
        ("m: &m\n  a: 1\nn:\n  <<: *m\n  b: 2\n", {"m": {"a": 1}, "n": {"a": 3, "b": 2, "c": 4}},
         "m: &m\n  a: 1\nn:\n  <<: *m\n  b: 2\n  a: 3\n  c: 4\n", ("n.a", "n.c")),
        ("m: &m\n  a: 1\nn:\n  <<: *m\n  b: 2\n", {"n": {"a": 1, "c": 4, "b": 2}, "m": {"a": 1}},
         "m: &m\n  a: 1\nn:\n  <<: *m\n  b: 2\n  c: 4\n", ("n.c",)),
        ("a: {b: 1}\nc: {d: 1}\n", {"c": {"d": 1, "x": 1}, "a": {"b": 1, "x": 2}},
         "a: {b: 1, x: 2}\nc: {d: 1, x: 1}\n", ("c.x", "a.x")),
        ("\n- a: 1\n", [{"a": 1}, 3],
         "\n- a: 1\n- 3\n", ("",)),
        ("a: &x\n  b: 1\nc: 2\n", {"a": {"b": 1, "d": 1}, "c": 2},
         "a: &x\n  b: 1\n  d: 1\nc: 2\n", ("a.d",)),
        ("a:\n  b:\n    c: 1\n", {"a": {"b": {"c": 1, "d": 2}, "e": 3}, "f": 4},
         "a:\n  b:\n    c: 1\n    d: 2\n  e: 3\nf: 4\n", ("a.b.d", "a.e", "f")),
        ("- a: 1\n", [{"a": 1, "b": 2}, 3],
         "- a: 1\n  b: 2\n- 3\n", ("[0].b", "")),
        ("a:\n  b: {c: [x]}\n  d:\n  - 1\n", {"a": {"b": {"c": ["x", "y"], "z": 1}, "d": [1, [2]]}},
         'a:\n  b: {c: [x, "y"], z: 1}\n  d:\n  - 1\n  - - 2\n', ("a.b.c", "a.b.z", "a.d")),
        ("x: {y: {z: 1}}\nl: [{a: 1}]\nm:\n- 1\n", {"x": {"y": {"z": 1}}, "l": [{"a": 1, "b": 2}], "m": [1], "n": [5]},
         'x: {y: {z: 1}}\nl: [{a: 1, b: 2}]\nm:\n- 1\n"n":\n- 5\n', ("l[0].b", "n")),

    ],
)  # fmt: skip
def test_what_is_added_stands_in_the_style_of_its_text(
    before: str, new: object, after: str, paths: tuple[str, ...]
) -> None:
    assert splice("f.yaml", before, values(before), [new]) == (after, [paths])
    assert values(after) == [new]


def test_each_document_gets_its_own() -> None:
    text = "a: 1\n---\nb: 2\n---\n{c: 3}\n"
    out, paths = splice("f.yaml", text, values(text), [{"a": 1, "x": 1}, {"b": 2}, {"c": 3, "y": {"z": [2]}}])
    assert out == 'a: 1\nx: 1\n---\nb: 2\n---\n{c: 3, "y": {"z": [2]}}\n'
    assert paths == [("x",), (), ("y",)]
    assert splice("f.yaml", text, values(text), values(text)) == (text, [(), (), ()])


@pytest.mark.parametrize(
    ("text", "new", "paths"),
    [
        ("? a\n: b\n", [{"a": "b", "c": 1}], "c"),
        ("a: &x\n  b: 1\nc:\n  <<: *x\n", [{"a": {"b": 1, "d": [1]}, "c": {"b": 1}}], "a.d"),
        ("? a\n: b\n---\nd: {e: 1}\n---\nx: 1\n", [{"a": "b", "c": 1}, {"d": {"e": 1, "f": 2}, "g": 3}, {"x": 1}],
         "c; d.f; g"),
    ],
)  # fmt: skip
def test_what_would_need_another_text_is_refused(text: str, new: list[Any], paths: str) -> None:
    with pytest.raises(InputError) as caught:
        splice("f.yaml", text, values(text), new)
    (problem,) = caught.value.problems
    assert problem.message == "what is missing cannot be added without rewriting this file"
    assert (problem.hint, problem.place) == (f"add it by hand: {paths}", Place("f.yaml"))


def test_an_alias_that_needs_more_is_refused() -> None:
    text = "a: &x {b: 1}\nc:\n  - *x\n"
    with pytest.raises(InputError) as caught:
        splice("f.yaml", text, values(text), [{"a": {"b": 1}, "c": [{"b": 1, "d": 1}]}])
    (problem,) = caught.value.problems
    assert problem.message == "this is the alias *x, and needs more than its original"
    assert (problem.hint, problem.place) == ("write the values here instead", Place("f.yaml", 3, 5, "c[0]"))


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: '1'\nc: true\nd: ~\ne:\nf: !!str 1\n", {"a": 1, "b": "1", "c": True, "d": None, "e": None,
                                                            "f": "1"}),
        ("m: &m {a: 1, b: 2}\nn: {<<: *m, b: 3}\n", {"m": {"a": 1, "b": 2}, "n": {"a": 1, "b": 3}}),
        ("n:\n  b: 3\n  <<: {b: 2, c: 4}\n", {"n": {"c": 4, "b": 3}}),
        ("<<: [{a: 1}, {a: 2, b: 3}]\n", {"a": 1, "b": 3}), ("a: !!bool true\n", {"a": True}),
        ("'<<': {a: 1}\n", {"<<": {"a": 1}}), ('"<<": 1\n<<: {b: 2}\n', {"b": 2, "<<": 1}),
        ("x: &x [1, &y 2]\ny: [*x, *y]\n", {"x": [1, 2], "y": [[1, 2], 2]}),
    ],
)  # fmt: skip
def test_values_are_those_that_kubectl_reads(text: str, value: object) -> None:
    assert values(text) == [value]


def test_a_key_twice_is_told_at_the_second() -> None:
    with pytest.raises(InputError) as caught:
        values("a: 1\nb:\n  - d: 1\n    c: 1\n    c: 2\n")
    (problem,) = caught.value.problems
    assert (problem.message, problem.place) == ("duplicate key 'c'; first in line 4", Place("f.yaml", 5, 5))


def test_empty_documents_have_values_too() -> None:
    assert values("---\n---\na: 1\n---\n") == [None, {"a": 1}, None]
    assert len(parse("f.yaml", "---\n---\na: 1\n---\n")) == 3


def test_forty_levels_are_read_as_everywhere() -> None:
    most = f"x: {'[' * 39}{']' * 39}"
    assert values(most) == [document.value for document in read_documents("f.yaml", most.encode())]
    for text in (most.replace("[]", "[[]]"), most.replace("[]", "[1]")):
        with pytest.raises(InputError, match="nested deeper than 40 levels"):
            parse("f.yaml", text)
        with pytest.raises(InputError, match="nested deeper than 40 levels"):
            read_documents("f.yaml", text.encode())


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a: [", "close the bracket that opens here"),
        ("a: &", "charts and overlays must be rendered first: helm template, kubectl kustomize"), ("a: \0", ""),
    ],
)  # fmt: skip
def test_what_is_no_yaml_has_a_hint(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse("f.yaml", text)
    assert [problem.hint for problem in caught.value.problems] == [hint]


def test_where_nodes_are() -> None:
    (root, other) = parse("f.yaml", "a: &x  # c\n  - 'b'\n  - {c: *x}\n  # after\n---\n- |\n  d\n")
    (key,) = root.keys
    assert key == Node("text", 0, 1, 0, 0, text="a", is_plain=True)
    (items,) = root.items
    assert (items.kind, items.is_flow, items.anchor, items.line, items.column) == ("list", False, "x", 0, 3)
    text, flow = items.items
    assert text == Node("text", 15, 18, 1, 4, text="b")
    assert flow._replace(keys=(), items=()) == Node("map", 23, 30, 2, 4, is_flow=True)
    assert flow.items == (Node("alias", 27, 29, 2, 8, text="x"),)
    assert (root.last, items.last, flow.last, root.end > 30) == (30, 30, 30, True)
    assert root.child("a") is items
    assert root.child("x") is None
    assert other.items[0].text == "d\n"
