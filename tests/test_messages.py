"""Templates are literals that name exactly the facts that they are given."""

from __future__ import annotations

import ast
import json
from string import Formatter
from typing import TYPE_CHECKING

import pytest

from eniplan.messages import NOTHING, Key, Message, count, facts_of, in_words, named, say, together
from tests.harness import REPO

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = sorted((REPO / "src" / "eniplan").rglob("*.py"))
_MAKERS = {"say": 1, "count": 2}
"""How many templates a maker takes, by its name."""


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MAKERS:
                yield f"{path.relative_to(REPO)}:{node.lineno}", node


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def test_every_template_is_a_literal_that_names_its_facts() -> None:
    wrong = []
    for where, call in _calls():
        assert isinstance(call.func, ast.Name)
        templates = call.args[: _MAKERS[call.func.id]] if call.func.id == "say" else call.args[1:3]
        for template in templates:
            if not (isinstance(template, ast.Constant) and isinstance(template.value, str)):
                wrong.append(f"{where}: the template is no literal")
            elif call.func.id == "say" and all(item.arg for item in call.keywords):
                given = {item.arg for item in call.keywords}
                if _fields(template.value) != given:
                    wrong.append(f"{where}: names {_fields(template.value)}, is given {given}")
            elif call.func.id == "count" and _fields(template.value) - {"n"}:
                wrong.append(f"{where}: a count names only n")
    assert not wrong, "\n".join(wrong)


def test_a_message_is_its_english_text() -> None:
    message = say("{type} has {EniQuantity} ENIs", type="ecs.x", EniQuantity=4)
    assert message == "ecs.x has 4 ENIs"
    assert (message.template, message.facts) == ("{type} has {EniQuantity} ENIs", {"type": "ecs.x", "EniQuantity": 4})
    assert json.dumps(message) == '"ecs.x has 4 ENIs"'


def test_braces_of_users_mean_nothing() -> None:
    assert say("{name!r} is taken", name="{0} {x.y}") == "'{0} {x.y}' is taken"


def test_a_fact_that_is_not_given_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("{name}")


@pytest.mark.parametrize(("number", "text"), [(0, "0 pods"), (1, "1 pod"), (2, "2 pods")])
def test_counting(number: int, text: str) -> None:
    message = count(number, "{n} pod", "{n} pods")
    assert message == text
    assert facts_of(say("needs {pods}", pods=message)) == {"pods": number}


def test_several_messages_become_one() -> None:
    first, second = say("do {a}", a=1), say("or {b}", b=2)
    assert together((first, NOTHING, second)) == "do 1; or 2"
    assert together((first, NOTHING)) is first
    assert together(()) == ""
    assert facts_of(together((first, second), ", ")) == {"part1": {"a": 1}, "part2": {"b": 2}}


def test_long_lists_are_counted() -> None:
    assert named(["a"]) == "a"
    assert named(list("abc")) == "a, b, c"
    assert named(list("abcde")) == "a, b, c and 2 more"
    assert facts_of(named(list("abcde"))) == {"names": ["a", "b", "c"], "more": 2}


def test_facts_are_plain_values() -> None:
    message = say("{a} {b} {c} {d}", a=(1, say("{x}", x=2)), b=say("none"), c=None, d=frozenset())
    assert facts_of(message) == {"a": [1, {"x": 2}], "b": "none", "c": None, "d": "frozenset()"}
    assert facts_of("the words of a service") == {}


def test_a_message_keeps_its_kind() -> None:
    assert isinstance(together([say("a"), say("b")]), Message)


def test_keys_have_other_words_in_other_forms() -> None:
    inner = say("in {key}", key=Key("a.b"))
    message = say("{n} of {keys}, {inner}", n=3, keys=(Key("c"), "d"), inner=inner)
    changed = in_words(message, str.upper)
    assert changed == "3 of C, d, in A.B"
    assert message == "3 of c, d, in a.b"
    assert facts_of(changed) == facts_of(message) == {"n": 3}
    plain = say("{n}", n=1)
    assert in_words(plain, str.upper) is plain
