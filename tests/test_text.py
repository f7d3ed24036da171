"""Texts for machines hold nothing that steers whoever looks at them, and are what was written all the same."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.text import json_text, printable
from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

STEERING = "\x7f\x9b\x85\xad\u061c\u200b\u200d\u200e\u200f\u202e\u2028\u2066\u2069\u2060\ufeff\U000e0041\U0001d173"


@given(st.text(st.characters(codec=None), max_size=40))
def test_json_text_is_json_and_harmless(text: str) -> None:
    shown = json_text({"a": [text]})
    assert json.loads(shown) == {"a": [text]}
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs"}]
    for character in STEERING:
        assert character not in shown


def test_json_text_leaves_words_alone() -> None:
    assert json_text(["vSwitch «ü» 中文 😀"], indent=1) == '[\n "vSwitch «ü» 中文 😀"\n]'


@pytest.mark.parametrize("form", ["json", "sarif", "gitlab", "junit", "markdown", "html", "github", "text"])
def test_no_format_lets_them_through(run: Run, tmp_path: Path, form: str) -> None:
    plan = (EXAMPLES / "trading-ipv4.yaml").read_text()
    value = STEERING.encode("unicode_escape").decode()
    (tmp_path / "plan.yaml").write_text(plan.replace("name: trading\n", f'name: "trading{value}"\n', 1) + "odd: 1\n")
    result = run("check", "plan.yaml", "--format", form, cwd=tmp_path)
    assert result.code == 3
    for shown in (result.out, result.err):
        assert not set(STEERING) & set(shown)
    assert printable(STEERING).isprintable()
