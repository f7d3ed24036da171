"""Full-width punctuation in a plan is named, at its place, with what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eniplan.plan.full_width import find_in_line, hint_for

if TYPE_CHECKING:
    from tests.harness import Run


@pytest.mark.parametrize(
    ("text", "place", "wide"),
    [
        ("nodePools\uff1a\n  - name: a\n", "2:10", "\uff1a"),
        ("nodePools:\n  - name\uff1aa\n", "3:5", "\uff1a"),
        ("nodePools:\n  - name\uff1aa\n    desiredSize: 2\n", "3:9", "\uff1a"),
        ("nodePools:\n  - {name\uff1a a}\n", "3:6", "\uff1a"),
        ("nodePools:\n  - {name: a\uff0cdesiredSize: 2}\n", "3:13", "\uff0c"),
        ("nodePools:\n  - name: a\n    instanceTypes: \uff3becs.g8i.8xlarge\uff3d\n", "4:20", "\uff3b"),
        ("nodePools:\n  - name: a\n    desiredSize\uff1a 2", "4:16", "\uff1a"),
        ("apiVersion\uff1a eniplan/v1\n", "2:11", "\uff1a"),
    ],
)
def test_it_is_named_where_it_stands(run: Run, text: str, place: str, wide: str) -> None:
    done = run("check", "-", stdin=f"apiVersion: eniplan/v1\n{text}".encode())
    assert done.code == 3
    at = done.err.index(f"-:{place}: error: ")
    assert f"{wide!r} is full-width punctuation" in done.err[at:].split("\n-:", 1)[0]


@pytest.mark.parametrize(
    "line",
    [
        "reason: a\uff0cb",
        '"a\uff1ab": c',
        "# a\uff1ab",
        "name: a  # b\uff1ac",
        "a: b",
        "reason: \u5df2\u9a8c\u8bc1\uff08a\uff09",
    ],
)
def test_text_of_the_user_is_left_alone(line: str) -> None:
    assert find_in_line(line) is None


def test_text_without_it_has_no_hint() -> None:
    assert hint_for("\u8282\u70b9\u6c60") == ""
    assert hint_for("a\u3000b") == "'\\u3000' is full-width punctuation: write ' '"
