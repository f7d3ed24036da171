"""What the evaluator says of an expression, beside what Terraform says of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from eniplan.inputs.hcl.evaluate import evaluate
from eniplan.inputs.hcl.functions import call
from eniplan.inputs.hcl.module import Module
from eniplan.inputs.hcl.parse import Text
from eniplan.inputs.hcl.values import Budget, RefusedError
from eniplan.inputs.places import NotKnown
from tests.inputs.terraform.answer import answers, expressions

HERE = Path(__file__).parent / "terraform"
TABLE: dict[str, str | None] = json.loads((HERE / "answers.json").read_text(encoding="utf-8"))
PREAMBLE = (HERE / "preamble.tf").read_text(encoding="utf-8")


def said(expression: str, preamble: str = PREAMBLE, steps: int = 1_000_000) -> str | NotKnown | None:
    """Return what we say of an expression, as JSON; None where Terraform would refuse it."""
    texts = [Text("main.tf", preamble), Text("asked.tf", f"locals {{\n  asked = {expression}\n}}\n")]
    module = Module("", texts, Budget(steps), given={}, read=lambda _: [])
    try:
        value = evaluate(module.locals["asked"].expression, module.scope)
        lost = module.budget.lost(value)
        made: Any = call("jsonencode", [value], module.budget.lost) if lost is None else lost
    except RefusedError:
        return None
    assert isinstance(made, str)
    return made


def test_the_table_is_complete() -> None:
    assert list(TABLE) == expressions()
    assert len(TABLE) > 300


@pytest.mark.skipif(shutil.which("terraform") is None, reason="asks terraform")
def test_the_table_is_what_terraform_says() -> None:
    assert dict(zip(TABLE, answers(list(TABLE)), strict=True)) == TABLE


@pytest.mark.parametrize("expression", TABLE)
def test_what_is_known_is_what_terraform_says(expression: str) -> None:
    found = said(expression)
    if expression in NOT_KNOWN:
        assert isinstance(found, NotKnown)
    else:
        assert (type(found) is NotKnown, found) == (False, TABLE[expression])


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("var.nothing != null && length(var.nothing) > 0", "false"),
        ("var.nothing == null || length(var.nothing) > 0", "true"),
        ("var.nothing == null && length(var.nothing) > 0", None),
        ("length(var.nothing) > 0 && var.nothing != null", None),
        ("true && length(null) > 0", None),
        ("try(false && length(null) > 0, 1)", "1"),
    ],
)
def test_an_operand_that_cannot_matter_is_not_computed(expression: str, answer: str | None) -> None:
    """Terraform 1.12 and later; older ones refuse all of these."""
    assert said(expression) == answer


NOT_KNOWN = {
    'format("%[2]s %[1]s", "a", "b")',
    'length("a\\r\\nb")',
}
"""What Terraform knows and we do not."""


# --- Random expressions -------------------------------------------------------------------------------------------

WORDS = st.sampled_from(('"a"', '"b-1"', '""', '"x y"', '"2"', "var.prefix", 'local.zones["j"]', "var.texts[1]"))
NUMBERS = st.sampled_from(("0", "1", "2", "-3", "1.5", "10", "var.pool.size", 'var.sizes["large"]'))
FLAGS = st.sampled_from(("true", "false", "var.on", "var.nothing == null"))


def _lists(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, max_size=3).map(lambda found: f"[{', '.join(found)}]")


def _maps(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    keys = st.lists(st.sampled_from("abc"), max_size=3, unique=True)
    return st.builds(
        lambda keys, found: "{ " + ", ".join(f"{k} = {v}" for k, v in zip(keys, found, strict=False)) + " }",
        keys,
        st.lists(items, min_size=3, max_size=3),
    )


def _more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions made of others, whether or not they fit."""
    shapes = (
        "({0}) + ({1})", "({0}) - ({1})", "({0}) * ({1})", "({0}) == ({1})", "({0}) < ({1})", "({0}) && ({1})",
        "({0}) || ({1})", "!({0})", "({0}) ? ({1}) : ({2})", '"<${{{0}}}>"', '"${{{0}}}"', "length({0})",
        "upper({0})", "join({0}, {1})", "concat({0}, {1})", "merge({0}, {1})", "lookup({0}, {1}, {2})", "keys({0})",
        "values({0})", "toset({0})", "tolist({0})", "tomap({0})", "flatten({0})", "distinct({0})", "sort({0})",
        "compact({0})", "coalesce({0}, {1})", "try({0}, {1})", "can({0})", "contains({0}, {1})", "element({0}, {1})",
        "reverse({0})", "one({0})", "tostring({0})", "tonumber({0})", "tobool({0})", 'format("%s-%v", {0}, {1})',
        "split({0}, {1})", "replace({0}, {1}, {2})", "({0})[{1}]", "[for x in {0} : x]", "[for k, x in {0} : k]",
        "{{ for k, x in {0} : k => x }}", "{{ for x in {0} : x => {1}... }}", "[for x in {0} : x if {1}]", "({0})[*]",
        "zipmap({0}, {1})", "setunion({0}, {1})", "max({0}, {1})", "floor({0})", "abs({0})", "range({0})",
        "jsonencode({0})", "slice({0}, {1}, {2})", "trimspace({0})", "startswith({0}, {1})", "alltrue({0})",
        "coalescelist({0}, {1})", "setproduct({0}, {1})", "index({0}, {1})", "transpose({0})", "chunklist({0}, {1})",
    )  # fmt: skip
    made = st.builds(lambda shape, a, b, c: shape.format(a, b, c), st.sampled_from(shapes), inner, inner, inner)
    return made | _lists(inner) | _maps(inner)


EXPRESSIONS = st.recursive(WORDS | NUMBERS | FLAGS | _lists(WORDS) | _maps(NUMBERS), _more, max_leaves=8)


@pytest.mark.skipif(shutil.which("terraform") is None, reason="asks terraform")
@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(st.lists(EXPRESSIONS, min_size=60, max_size=120, unique=True))
def test_what_is_known_of_anything_is_what_terraform_says(asked: list[str]) -> None:
    said_by_both = [
        (expression, found, answer)
        for expression, answer in zip(asked, answers_of_each(asked), strict=True)
        if not isinstance(found := said(expression), NotKnown) and answer is not None
    ]
    assert [item for item in said_by_both if item[1] != item[2]] == []


def answers_of_each(asked: list[str]) -> list[str | None]:
    """Return answers; None too for what Terraform does not even take for an expression."""
    try:
        return answers(asked)
    except RuntimeError:
        half = len(asked) // 2
        return [None] if len(asked) == 1 else answers_of_each(asked[:half]) + answers_of_each(asked[half:])


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_anything_is_computed_or_told(expression: str) -> None:
    said(expression)


WRITTEN = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WRITTEN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab-", min_size=1), inner, max_size=4),
)


@given(JSON)
def test_what_is_written_as_a_literal_is_what_is_read(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    texts = [Text("main.tf", f"locals {{\n  x = {text}\n}}\n")]
    module = Module("", texts, Budget(100_000), given={}, read=lambda _: [])
    assert module.local("x") == value


ODD = (
    "a: yes", "a: NO ", "- on", "- - off", "y: 1", "{a: n}", "[a, y]", "a: no # b", 'a: "q"\nb: [n, "c"] # d', "{n}",
    "- {on: 1}", "a: &b c", "a: *b", "a: !c d", "<<: *a", "a: 2024-01-02", "- 2024-01-02", "a: yes\r", "? on\n: 1",
    'a: ["q", no] # b',
)  # fmt: skip
PLAIN = (
    "a: runs on nodes", "# no pool is on: yes\na: b", "a: b # on, off", "a: on-demand", "a: vsw-2024-01", 'a: "yes"',
    "a: '*'", "a: not!", "a: b & c", "on_call: a", "a: northern", "a: [y1, no-one]", "a: |\n  # b\n  runs on",
)  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_yaml_that_parsers_read_differently_is_open(text: str) -> None:
    found = said(f"yamldecode({json.dumps(text)})")
    assert isinstance(found, NotKnown)
    assert found == "YAML with words that parsers read differently"


@pytest.mark.parametrize("text", PLAIN)
def test_yaml_that_only_mentions_such_words(text: str) -> None:
    found = said(f"yamldecode({json.dumps(text)})")
    assert (type(found) is NotKnown, json.loads(found or "null")) == (False, yaml.safe_load(text))
