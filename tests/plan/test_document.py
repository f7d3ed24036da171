"""From text to values and back to places: what the user wrote comes out, and every value knows where it stood."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from eniplan.errors import InputError
from eniplan.plan.document import MAX_ALIASED, Document, path_text, plain_scalar, read_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.errors import Problem

Where = tuple["str | int", ...]


def read(text: str | bytes, file: str = "plan.yaml") -> Document:
    """Return the one document of a text."""
    (document,) = read_documents(file, text if isinstance(text, bytes) else text.encode())
    return document


def at(document: Document, *path: str | int) -> tuple[int, int]:
    place = document.place(path)
    return place.line, place.column


def told(text: str | bytes, file: str = "plan.yaml") -> list[tuple[int, int, str]]:
    """Return line, column and message of every problem of a text."""
    with pytest.raises(InputError) as error:
        read_documents(file, text if isinstance(text, bytes) else text.encode())
    return [(p.place.line, p.place.column, p.message) for p in error.value.problems]


# --- Places --------------------------------------------------------------------------------------------------

# Every scalar of a random value is a text of its own, so that it can be found again in the dump.
MARKS = st.integers(0, 10**6)
SHAPES = st.recursive(
    MARKS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=4)
        | st.dictionaries(st.text("abKxé \"'#:[]{}é\U0001f600", min_size=1, max_size=5), inner, min_size=1, max_size=4)
    ),
    max_leaves=12,
)
STYLES: list[dict[str, Any]] = [
    {"default_flow_style": False}, {"default_flow_style": True}, {"default_flow_style": None},
    {"default_flow_style": False, "indent": 7}, {"default_style": '"'}, {"default_style": "'", "width": 20},
    {"default_flow_style": True, "width": 10}, {"default_flow_style": False, "allow_unicode": True},
    {"default_flow_style": False, "explicit_start": True, "line_break": "\r\n"},
]  # fmt: skip


def unique(shape: Any, counter: list[int]) -> Any:  # noqa: ANN401 - any shape
    """Return the shape with the texts `@0@`, `@1@`, ... as its leaves."""
    if isinstance(shape, list):
        return [unique(item, counter) for item in shape]
    if isinstance(shape, dict):
        return {key: unique(item, counter) for key, item in shape.items()}
    counter[0] += 1
    return f"@{counter[0]}@"


def leaves(value: Any, path: Where = ()) -> Iterator[tuple[Where, str]]:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def check_places(text: str, value: Any, file: str) -> None:  # noqa: ANN401 - any JSON value
    """Every leaf stands where its own text does; quotes in front belong to it."""
    document = read(text, file)
    assert document.value == value
    lines = text.replace("\r\n", "\n").split("\n")
    for path, mark in leaves(value):
        place = document.place(path)
        rest = lines[place.line - 1][place.column - 1 :]
        assert rest.lstrip("'\"").startswith(mark), (path, rest)
        assert len(rest) - len(rest.lstrip("'\"")) <= 1
        assert place.path == path_text(path)
        assert document.tree.text(path) in (mark, json.dumps(mark))


class TestPlaces:
    @given(SHAPES, st.sampled_from(STYLES))
    def test_yaml(self, shape: Any, style: dict[str, Any]) -> None:  # noqa: ANN401 - any shape
        value = {"top": unique(shape, [0])}
        check_places(yaml.safe_dump(value, sort_keys=False, **style), value, "plan.yaml")

    @given(SHAPES, st.sampled_from([None, 0, 1, 4, "\t"]), st.booleans())
    def test_json(self, shape: Any, indent: int | str | None, ascii_only: bool) -> None:  # noqa: ANN401, FBT001 - any shape
        value = {"top": unique(shape, [0])}
        check_places(json.dumps(value, indent=indent, ensure_ascii=ascii_only), value, "plan.json")

    def test_collections_and_keys(self) -> None:
        document = read("a:\n  b: [x,\n    {c: y}]\n")
        assert at(document) == (1, 1)
        assert at(document, "a") == (2, 3)
        assert at(document, "a", "b") == (2, 6)
        assert at(document, "a", "b", 1) == (3, 5)
        assert at(document, "a", "b", 1, "c") == (3, 9)
        assert document.place(("a", "b", 1, "c"), key=True)[1:3] == (3, 6)
        assert document.place(("a",), key=True)[1:3] == (1, 1)
        assert document.place(("a", "b", 0), key=True)[1:3] == (2, 7)

    def test_same_in_json(self) -> None:
        document = read('{"a": {"b": ["x",\n  {"c": 1.50}]}}', "p.json")
        assert at(document, "a") == (1, 7)
        assert at(document, "a", "b", 1, "c") == (2, 9)
        assert document.place(("a", "b", 1, "c"), key=True)[1:3] == (2, 4)
        assert document.tree.text(("a", "b", 1, "c")) == "1.50"
        assert document.tree.text(("a",)) is None

    @pytest.mark.parametrize("file", ["p.yaml", "p.json"])
    @pytest.mark.parametrize(
        ("path", "place"),
        [
            (("a", "none"), (1, 7)), (("a", 0), (1, 7)), (("a", "b", 9), (1, 13)), (("a", "b", "x"), (1, 13)),
            (("a", "b", 0, "deeper"), (1, 14)), (("none", "at", "all"), (1, 1)), ((3,), (1, 1)),
        ],
    )  # fmt: skip
    def test_what_is_missing_is_shown_at_its_nearest_parent(
        self, file: str, path: Where, place: tuple[int, int]
    ) -> None:
        text = '{"a": {"b": [1]}}'
        document = read(text if file == "p.json" else text.replace('"', "'"), file)
        assert at(document, *path) == place
        assert document.place(path).path == path_text(path)

    def test_columns_count_characters(self) -> None:
        text = '{"é😀": "x", "b": "y"}'
        assert at(read(text, "p.json"), "b") == (1, 18)
        assert at(read(text, "p.yaml"), "b") == (1, 18)

    def test_behind_a_byte_order_mark(self) -> None:
        assert at(read(b"\xef\xbb\xbfa: b\n"), "a") == (1, 4)

    def test_several_documents_share_one_count_of_lines(self) -> None:
        first, second = read_documents("p.yaml", b"a: 1\n---\n# nothing\n---\nb:\n  c: 2\n...\n")
        assert (first.value, second.value) == ({"a": 1}, {"b": {"c": 2}})
        assert at(second, "b", "c") == (6, 6)


@given(st.lists(st.integers(0, 99) | st.text(max_size=6), max_size=5).map(tuple))
def test_paths_read_back(path: Where) -> None:
    """A path as people see it says exactly which path it is."""
    text = path_text(path)
    back: list[str | int] = []
    while text:
        if text.startswith("["):
            value, end = json.JSONDecoder().raw_decode(text[1:])
            back.append(value)
            assert text[1 + end] == "]"
            text = text[2 + end :]
        else:
            text = text.removeprefix(".")
            end = next((i for i, c in enumerate(text) if c in ".["), len(text))
            back.append(text[:end])
            text = text[end:]
    assert tuple(back) == path


# --- Values --------------------------------------------------------------------------------------------------


class TestScalars:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            # What YAML 1.1 readers would change, and what the user wrote comes out.
            ("on", "on"), ("off", "off"), ("yes", "yes"), ("No", "No"), ("y", "y"), ("010", "010"), ("0o10", "0o10"),
            ("0x1f", "0x1f"), ("0b1", "0b1"), ("1_000", "1_000"), ("1:30", "1:30"), ("190:20:30", "190:20:30"),
            ("2026-11-02", "2026-11-02"), ("2026-11-02 10:00:00", "2026-11-02 10:00:00"), ("1.34.3", "1.34.3"),
            ("=", "="), (".inf", ".inf"), (".nan", ".nan"), ("1e", "1e"), ("-", "-"), ("--1", "--1"), ("+", "+"),
            (".", "."), ("1e1000", "1e1000"), ("00", "00"), ("-01", "-01"), ("01.5", "01.5"), ("١٢", "١٢"),
            ("1" * 301, "1" * 301), ("1e999", "1e999"), ("-1e999", "-1e999"),
            ("9" * 310 + ".5", "9" * 310 + ".5"), ("<<", "<<"), ("none", "none"), ("nUll", "nUll"),
            # What is a value by YAML 1.2.
            ("true", True), ("True", True), ("FALSE", False), ("null", None), ("~", None), ("", None), ("0", 0),
            ("-0", 0), ("12", 12), ("+12", 12), ("-7", -7), ("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("-.5", -0.5),
            ("1e3", 1000.0), ("1.5E-3", 0.0015), ("0.5", 0.5), ("1.30", 1.3), ("9" * 18, 10**18 - 1),
            ("9" * 30, 10**30 - 1), ("1e300", 1e300),
        ],
    )  # fmt: skip
    def test_plain(self, text: str, value: object) -> None:
        assert plain_scalar(text) == value
        assert type(plain_scalar(text)) is type(value)

    @given(st.text("0123456789+-.eE_:xob", min_size=1, max_size=8))
    def test_a_number_is_what_json_or_yaml_1_2_calls_one(self, text: str) -> None:
        value = plain_scalar(text)
        if isinstance(value, str):
            assert value == text
        else:
            assert isinstance(value, (int, float))
            assert math.isfinite(value)
            assert value == float(text)
            assert "_" not in text
            assert text.lstrip("+-")[:2] in ("0", "0.", "0e", "0E") or not text.lstrip("+-").startswith("0")

    @given(
        st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
    )
    def test_json_values_mean_the_same_in_yaml(self, value: object) -> None:
        text = json.dumps(value)
        found = read(f"a: {text}\n").value
        assert isinstance(found, dict)
        assert found["a"] == value
        assert type(found["a"]) is type(value)

    @pytest.mark.parametrize("quoted", ["'{}'", '"{}"', "!!str {}", "|-\n  {}", ">-\n  {}"])
    @pytest.mark.parametrize("text", ["on", "010", "1.30", "true", "null", "2026-11-02", "12"])
    def test_quoted_is_text(self, quoted: str, text: str) -> None:
        assert read(f"a: {quoted.format(text)}\n").value == {"a": text}

    def test_spelling_is_kept_for_messages(self) -> None:
        document = read("a: 1.30\nb: 0x1f\nc: true\nd: [x]\n")
        assert document.value == {"a": 1.3, "b": "0x1f", "c": True, "d": ["x"]}
        assert [document.tree.text((key,)) for key in "abcd"] == ["1.30", "0x1f", "true", None]

    def test_native_tags(self) -> None:
        text = "a: !!int 12\nb: !!float 1.5\nc: !!bool true\nd: !!null ~\ne: !!seq [1]\nf: !!map {a: 1}\n"
        assert read(text).value == {
            "a": 12, "b": 1.5, "c": True, "d": None, "e": [1], "f": {"a": 1},
        }  # fmt: skip

    def test_keys_are_text(self) -> None:
        assert read("1: a\ntrue: b\non: c\n~: d\n2026-11-02: e\n").value == {
            "1": "a", "true": "b", "on": "c", "~": "d", "2026-11-02": "e",
        }  # fmt: skip


class TestTags:
    @pytest.mark.parametrize(
        ("text", "line", "column"),
        [
            ("a: !!python/name:os.system x\n", 1, 4), ("a: !mine x\n", 1, 4), ("a: !!set {x}\n", 1, 4),
            ("a: !!timestamp 2026-11-02\n", 1, 4), ("a: !!binary aGk=\n", 1, 4), ("!!omap\n- a: 1\n", 1, 1),
        ],
    )  # fmt: skip
    def test_unknown(self, text: str, line: int, column: int) -> None:
        ((at_line, at_column, message),) = told(text)
        assert (at_line, at_column) == (line, column)
        assert "has no meaning here" in message


class TestKeys:
    def test_every_duplicate_is_told(self) -> None:
        assert told("a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n") == [
            (2, 11, "duplicate key 'c'; first in line 2"),
            (3, 1, "duplicate key 'a'; first in line 1"),
            (4, 1, "duplicate key 'a'; first in line 1"),
        ]

    def test_in_json(self) -> None:
        assert told('{"a": 1,\n "b": {"c": 1, "c": 2},\n "a": [{"d": 1, "d": 1}]}', "p.json") == [
            (2, 16, "duplicate key 'c'; first in line 2"),
            (3, 2, "duplicate key 'a'; first in line 1"),
            (3, 17, "duplicate key 'd'; first in line 3"),
        ]

    def test_quoted_and_plain_are_the_same_key(self) -> None:
        assert len(told("a: 1\n'a': 2\n")) == 1

    @pytest.mark.parametrize("key", ["[a]", "{a: b}", "? [a]\n"])
    def test_must_be_text(self, key: str) -> None:
        ((_, _, message),) = told(f"{key} : 1\n" if "?" not in key else f"{key}: 1\n")
        assert message == "a key must be text, not a list or a map"


class TestMergeAndAlias:
    def test_alias(self) -> None:
        document = read("a: &x {k: [1]}\nb: *x\n")
        assert document.value == {"a": {"k": [1]}, "b": {"k": [1]}}
        assert at(document, "b", "k", 0) == (1, 12)

    def test_merge(self) -> None:
        document = read("base: &b {k: 1, l: 2}\na:\n  <<: *b\n  l: 3\n")
        assert document.value == {"base": {"k": 1, "l": 2}, "a": {"k": 1, "l": 3}}
        assert at(document, "a", "k") == (1, 14)
        assert at(document, "a", "l") == (4, 6)

    def test_first_of_several_wins(self) -> None:
        text = "a: &a {k: 1, m: 1}\nb: &b {k: 2, n: 2}\nc:\n  <<: [*a, *b]\n"
        document = read(text)
        assert isinstance(document.value, dict)
        assert document.value["c"] == {"k": 1, "m": 1, "n": 2}
        assert document.value == yaml.safe_load(text)
        assert at(document, "c", "k") == (1, 11)
        assert at(document, "c", "n") == (2, 17)

    @given(st.lists(st.dictionaries(st.sampled_from("klmn"), st.integers(0, 9), max_size=3), min_size=1, max_size=3),
           st.dictionaries(st.sampled_from("klmn"), st.integers(0, 9), max_size=2))  # fmt: skip
    def test_merge_as_other_readers_do(self, bases: list[dict[str, int]], own: dict[str, int]) -> None:
        lines = [f"b{i}: &b{i} {json.dumps(base)}" for i, base in enumerate(bases)]
        aliases = ", ".join(f"*b{i}" for i in range(len(bases)))
        text = "\n".join([*lines, "c:", f"  <<: [{aliases}]", *(f"  {key}: {value}" for key, value in own.items())])
        assert read(text).value == yaml.safe_load(text)

    def test_quoted_merge_key_is_a_key(self) -> None:
        assert read("a: {'<<': 1}\n").value == {"a": {"<<": 1}}

    @pytest.mark.parametrize("value", ["text", "[1]", "[{a: 1}, 2]"])
    def test_merge_of_anything_else(self, value: str) -> None:
        assert [message for _, _, message in told(f"a: {{<<: {value}}}\n")] == ["`<<` merges maps only"]

    def test_recursion(self) -> None:
        assert [m for _, _, m in told("a: &a {b: [*a]}\n")] == ["an anchor contains itself"]

    def test_bomb_of_merges(self) -> None:
        lines = ["a0: &a0 {" + ", ".join(f"k{i}: 1" for i in range(100)) + "}"]
        lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 9)]
        ((line, _, message),) = told("\n".join(lines))
        assert line == 1
        assert message == f"aliases expand this document to more than {MAX_ALIASED} values"

    def test_many_plain_values_are_no_bomb(self) -> None:
        text = "base: &b {k: 1}\nlist:\n" + "- *b\n" * 10_000
        value = read(text).value
        assert isinstance(value, dict)
        assert value["list"] == [{"k": 1}] * 10_000


# --- Whole texts ---------------------------------------------------------------------------------------------


class TestTexts:
    def test_json_with_what_yaml_refuses(self) -> None:
        assert read('{\n\t"a":\t"\\ud83d\\ude00\\u0007"\n}', "p.json").value == {"a": "😀\x07"}
        assert read('{\n\t"a":\t1\n}', "-").value == {"a": 1}

    def test_lone_surrogates_of_json(self) -> None:
        document = read('{"a\\ud800": "\\udfff", "b": 1}', "p.json")
        assert document.value == {"a\ud800": "\udfff", "b": 1}
        assert at(document, "b") == (1, 28)

    @pytest.mark.parametrize("text", ["{a: b}", "[a]", "{'a': 'b'}", '{"a": b,}', "{a: 1} # comment"])
    def test_flow_yaml_is_no_json(self, text: str) -> None:
        assert read(text).value == yaml.safe_load(text)

    def test_numbers_of_json_that_are_none(self) -> None:
        assert read('{"a": 1e999, "b": [-1e999]}', "p.json").value == {"a": "1e999", "b": ["-1e999"]}

    def test_nan_is_text(self) -> None:
        assert read('{"a": NaN, "b": -Infinity}', "p.json").value == {"a": "NaN", "b": "-Infinity"}

    @pytest.mark.parametrize("count", [301, 4000, 5000])
    def test_numbers_of_many_digits(self, count: int) -> None:
        digits = "1" * count
        assert read(f'{{"a": {digits}}}', "p.json").value == {"a": digits}

    def test_duplicate_key_in_the_deep(self) -> None:
        text = '{"a": 1, "a": ' + '{"b":' * 900 + "1" + "}" * 900 + "}"
        assert [message for _, _, message in told(text, "p.json")] == ["nested deeper than 40 levels"]

    @pytest.mark.parametrize(("depth", "good"), [(30, True), (45, False), (900, False), (5000, False)])
    @pytest.mark.parametrize("file", ["p.yaml", "p.json"])
    def test_depth(self, file: str, depth: int, good: bool) -> None:  # noqa: FBT001 - a parameter of the test
        text = "[" * depth + "1" + "]" * depth
        if good:
            assert read(text, file).value is not None
        else:
            assert [message for _, _, message in told(text, file)] == ["nested deeper than 40 levels"]

    def outcome(self, data: bytes) -> tuple[list[Document], tuple[Problem, ...]]:
        """Return the documents of an input, or its problems."""
        try:
            return read_documents("-", data), ()
        except InputError as error:
            return [], error.problems

    @given(st.binary(max_size=60))
    def test_any_bytes_give_values_or_problems(self, data: bytes) -> None:
        documents, problems = self.outcome(data)
        assert bool(documents) != bool(problems)
        assert all(problem.message for problem in problems)

    @given(st.text(st.characters(codec="utf-8") | st.sampled_from("{}[]:,-#&*!|>'\"%@`\n\t ab1"), max_size=40))
    def test_any_text_gives_values_or_problems(self, text: str) -> None:
        documents, problems = self.outcome(text.encode())
        assert bool(documents) != bool(problems)
        for document in documents:
            for path, _ in leaves(document.value):
                assert document.place(path).line > 0

    @given(st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.floats(0, 9) | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=8,
    ))  # fmt: skip
    def test_what_json_holds_comes_out(self, value: Any) -> None:  # noqa: ANN401 - any JSON value
        document = {"a": value}
        assert read(json.dumps(document), "p.json").value == document
        assert read(json.dumps(document, ensure_ascii=False), "-").value == document


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("// pools\n{}", "JSON has no comments: remove it"),
        ('{"a": 1, /* b */ "c": 2}', "JSON has no comments: remove it"),
        ("{'a': 1}", ""),
    ],
)
def test_what_json_does_not_have(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        read_documents("a.json", text.encode())
    (problem,) = caught.value.problems
    assert (problem.message.startswith("not valid JSON: "), str(problem.hint)) == (True, hint)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": [1, 2,\n]}', "a.json:1:12"),
        ('{"a":\n 1, }', "a.json:2:3"),
        ("[1,\n2 , ]", "a.json:2:3"),
        ("[[1,],\n2]", "a.json:1:4"),
    ],
)
def test_a_comma_before_a_bracket_is_the_same_in_every_python(text: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read_documents("a.json", text.encode())
    (problem,) = caught.value.problems
    assert (str(problem.place), problem.message) == (place, "not valid JSON: no item follows this comma")


@pytest.mark.parametrize("text", ["Terraform will: create\n{}", "a: b: c\n[\n]"])
def test_text_before_json(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_documents("a.json", text.encode())
    (problem,) = caught.value.problems
    assert (problem.message, str(problem.hint)) == ("there is other text before the JSON", "JSON starts with { or [")
