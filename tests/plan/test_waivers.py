from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from eniplan.errors import Place, Problem
from eniplan.plan.schema import WAIVERS_SCHEMA, compile_schema
from eniplan.plan.waivers import WaiverFile, load_waivers
from tests.plans import ANYTHING

if TYPE_CHECKING:
    from pathlib import Path


def load(tmp_path: Path, text: str) -> tuple[list[WaiverFile], list[Problem]]:
    """Read a file of waivers; return what was read, and all problems."""
    file = tmp_path / "waivers.yaml"
    file.write_text(text)
    found = list(load_waivers(str(file)))
    files = [item for item in found if isinstance(item, WaiverFile)]
    return files, [p for item in found for p in (item.problems if isinstance(item, WaiverFile) else [item])]


def one(tmp_path: Path, **waiver: str) -> WaiverFile:
    """Return a file with one waiver."""
    ((file,), problems) = load(tmp_path, json.dumps({"waivers": [{"rule": "NP002", "reason": "x", **waiver}]}))
    assert problems == []
    return file


@pytest.mark.parametrize(
    ("glob", "named", "others"),
    [
        ("plan.yaml", ["plan.yaml", "./plan.yaml", "a/../plan.yaml"], ["a/plan.yaml", "plan.yam", "plan-yaml", "-"]),
        ("./plans//plan.yaml", ["plans/plan.yaml"], ["plan.yaml"]),
        ("plans/*.yaml", ["plans/a.yaml", "plans/.yaml"], ["plans/a/b.yaml", "plans/a.yml", "a.yaml"]),
        ("plans/?.yaml", ["plans/a.yaml"], ["plans/ab.yaml", "plans/.yaml", "plans//.yaml"]),
        ("plans/**", ["plans/a.yaml", "plans/a/b.yaml"], ["a.yaml", "plans"]),
        ("**/prod.yaml", ["prod.yaml", "a/prod.yaml", "a/b/prod.yaml"], ["a/preprod.yaml"]),
        ("a/**/b.yaml", ["a/b.yaml", "a/x/y/b.yaml"], ["a/xb.yaml", "b.yaml"]),
        ("a[1].yaml", ["a[1].yaml"], ["a1.yaml"]),
        ("-", ["-"], ["a"]),
    ],
)
def test_globs(tmp_path: Path, glob: str, named: list[str], others: list[str]) -> None:
    file = one(tmp_path, file=glob)

    def is_named(name: str) -> bool:
        return list(file.about("NP002", Place(name))) != []

    assert [name for name in named if not is_named(name)] == []
    assert [name for name in others if is_named(name)] == []


def test_absolute_names_are_those_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = one(tmp_path, file="plans/*.yaml")
    assert list(file.about("NP002", Place(str(tmp_path / "plans" / "a.yaml"))))
    assert not list(file.about("NP002", Place("/plans/a.yaml")))


def test_rule_path_and_file_must_all_fit(tmp_path: Path) -> None:
    file = one(tmp_path, file="a.yaml", path="nodePools[0]")
    assert list(file.about("NP002", Place("a.yaml", path="nodePools[0].taints"))) == list(file.waivers)
    for rule, name, path in (
        ("NP001", "a.yaml", "nodePools[0]"), ("NP002", "b.yaml", "nodePools[0]"), ("NP002", "a.yaml", "nodePools[1]"),
    ):  # fmt: skip
        assert list(file.about(rule, Place(name, path=path))) == []


def test_elsewhere_is_what_exists_and_is_no_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there[1].yaml").touch()
    files = ("there[1].yaml", "*.yaml", "gone.yaml", "input.yaml")
    waivers = [{"rule": "NP002", "file": name} for name in files] + [{"rule": "NP002", "path": "x"}]
    ((file,), _) = load(tmp_path, json.dumps({"waivers": waivers}))
    assert [w.file for w in file.elsewhere(["input.yaml"])] == ["there[1].yaml"]
    assert [w.file for w in file.elsewhere(["-"])] == ["there[1].yaml", "*.yaml"]


class TestForm:
    @pytest.mark.parametrize(
        ("text", "at", "message", "hint"),
        [
            ("waivers:\n- rule: A\n", (2, 3), "an item of 'waivers' has neither 'file' nor 'path'", "add file or path"),
            ("waivers:\n- file: a\n", (2, 3), "'rule' is missing in an item of 'waivers'", "add it: Rule id."),
            ("waivers: [{rule: A, file: a, pth: b}]", (1, 30), "unknown key 'pth'", "did you mean 'path'?"),
            ("waivers: {}", (1, 10), "'waivers' must be a list, not {}", ""),
            ("[]", (1, 1), "the document must be a map, not []", ""),
            ("rules: []", (1, 1), "unknown key 'rules'", "known here: waivers"),
            ("waivers: [{rule: A, file: a, expires: soon}]", (1, 39), "'expires' is \"soon\"", "Last day on which"),
            ("waivers: [\n", (1, 10), "not valid YAML", "close the bracket that opens here"),
            ("", (0, 0), "the file is empty", ""),
        ],
    )
    def test_problems(self, tmp_path: Path, text: str, at: tuple[int, int], message: str, hint: str) -> None:
        _, problems = load(tmp_path, text)
        assert problems[0].message.startswith(message)
        assert problems[0].place[1:3] == at
        assert problems[0].hint.startswith(hint)

    def test_the_others_hold(self, tmp_path: Path) -> None:
        text = "waivers:\n- 7\n- {rule: A, file: a}\n- {rule: B}\n---\nwaivers:\n- {rule: C, file: c}\n"
        files, problems = load(tmp_path, text)
        assert [(w.rule, w.path) for file in files for w in file.waivers] == [
            ("A", ("waivers", 1)),
            ("C", ("waivers", 0)),
        ]
        assert len(problems) == 2

    def test_unreadable(self, tmp_path: Path) -> None:
        (problem,) = load_waivers(str(tmp_path / "none.yaml"))
        assert isinstance(problem, Problem)
        assert problem.message == "cannot read it: no such file or directory"


def test_schema_is_one() -> None:
    Draft7Validator.check_schema(WAIVERS_SCHEMA)


WAIVERS = st.fixed_dictionaries(
    {}, optional={key: ANYTHING | st.just("2026-01-31") for key in ("rule", "path", "file", "reason", "expires", "x")}
)


@given(st.fixed_dictionaries({"waivers": st.lists(WAIVERS, max_size=3)}) | ANYTHING)
@settings(max_examples=60)
def test_both_readers_of_the_schema_agree(value: Any) -> None:  # noqa: ANN401 - any JSON value
    assert compile_schema(WAIVERS_SCHEMA)(value) == Draft7Validator(WAIVERS_SCHEMA).is_valid(value)
