"""The user's own line: bounded, inert, marked at the right place, and never one with a secret."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.report.excerpt import Excerpt, excerpt, lines_of
from eniplan.text import columns, printable


@pytest.mark.parametrize(
    ("line", "column", "found"),
    [
        ("  - ecs.g7.2xlarge  # four", 5, ("  - ", "ecs.g7.2xlarge", "  # four")),
        ('instance_types = ["ecs.g7.2xlarge"]', 19, ("instance_types = [", '"ecs.g7.2xlarge"', "]")),
        ("a: 'x y' # z", 4, ("a: ", "'x y'", " # z")),
        ("image: registry/terway:v1.2", 8, ("image: ", "registry/terway:v1.2", "")),
        ("taints: []", 9, ("taints: ", "[", "]")),
        ("\t- {name: a}", 2, ("  ", "-", " {name: a}")),
        ("a: \x1b[31mred", 4, ("a: ", "\\x1b", "[31mred")),
        ("名称: 交易池", 5, ("名称: ", "交易池", "")),
        ('a: "open', 4, ("a: ", '"', "open")),
    ],
)
def test_what_is_marked(line: str, column: int, found: tuple[str, str, str]) -> None:
    assert excerpt(line, column, 80) == Excerpt(*found)


@pytest.mark.parametrize("column", [0, -1, 4, 99])
def test_no_such_column(column: int) -> None:
    assert excerpt("abc", column, 80) is None


@pytest.mark.parametrize(
    "line",
    [
        'login_password: "hunter2"', "userData: IyEvYmlu", "user_data = base64encode(x)", "  key: {token: abc}",
        "accessKeySecret: abc", "aws_access_key = 1", "Authorization: Bearer x", "private-key: x", "credentials: x",
        '{"node_components": [], "instance_types": ["ecs.g7.2xlarge"]}',
    ],
)  # fmt: skip
def test_a_line_that_may_hold_a_secret_is_not_shown(line: str) -> None:
    assert excerpt(line, 1, 80) is None
    assert excerpt(line, len(line), 80) is None


ANY = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("\x1b\t\u202e交易池 a.b:[]\"'")), min_size=1)


@given(ANY, st.integers(1, 40), st.integers(8, 80))
@settings(max_examples=200)
def test_it_fits_and_does_nothing(line: str, column: int, room: int) -> None:
    found = excerpt(line * 5, column, room)
    if found is not None:
        assert sum(map(columns, found)) <= room
        assert "".join(found).isprintable()
        first = printable(line * 5)[:1] if column == 1 else ""
        assert found.marked.startswith(first) or found.marked.startswith("…") or line.startswith("\t")


def test_a_line_of_megabytes_is_cut_around_the_place() -> None:
    line = '{"a": "' + "x" * 3_000_000 + '", "type": "ecs.g7.2xlarge", "b": "' + "y" * 3_000_000 + '"}'
    found = excerpt(line, line.index('"ecs.') + 1, 60)
    assert found is not None
    assert found.marked == '"ecs.g7.2xlarge"'
    assert (found.before[0], found.after[-1]) == ("…", "…")
    assert sum(map(columns, found)) <= 60
    long = excerpt("k: " + "w" * 500, 4, 40)
    assert long is not None
    assert (long.before, long.marked) == ("", "w" * 39 + "…")
    assert excerpt("k: v", 4, 1) == Excerpt("", "v", "")


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\nb\r\nc", ["a", "b", "c"]),
        ("\ufeffa\n".encode(), ["a", ""]),
        ("é\n".encode("latin-1"), []),
        ("a\n".encode("utf-16"), []),
        (b"a\rb\n", []),
        ("a\u2028b\n".encode(), []),
        ("a\x85b\n".encode(), []),
    ],
)
def test_lines_are_those_that_places_count(data: bytes, lines: list[str]) -> None:
    assert list(lines_of(data)) == lines
