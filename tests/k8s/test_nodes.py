"""Taints and affinity against evaluators that try everything."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.k8s.labels import (
    NODE_OPERATORS,
    OPERATORS,
    Requirement,
    Selector,
    meets,
    requirement_flaw,
    selects,
)
from eniplan.k8s.nodes import (
    NodeLabels,
    Placement,
    Taint,
    Term,
    Toleration,
    repelling,
    stays,
    toleration_from,
    toleration_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = ("a", "b", "c")
VALUES = ("1", "2", "10", "x", "")
requirements = st.builds(
    lambda key, operator, values: Requirement((), key, operator, tuple(values)),
    st.sampled_from(KEYS),
    st.sampled_from(NODE_OPERATORS),
    st.lists(st.sampled_from(VALUES), max_size=2),
)
names = st.builds(
    lambda operator, value: Requirement((), "metadata.name", operator, (value,)),
    st.sampled_from(["In", "NotIn"]), st.sampled_from(["n", "m"]),
)  # fmt: skip
terms = st.builds(
    lambda expressions, fields: Term(tuple(expressions), tuple(fields)),
    st.lists(requirements, max_size=3), st.lists(names, max_size=1),
)  # fmt: skip
placements = st.builds(
    lambda selector, found: Placement(
        tuple(Requirement((), key, "In", (value,)) for key, value in selector.items()),
        None if found is None else tuple(found),
    ),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES), max_size=2),
    st.none() | st.lists(terms, max_size=3),
)
labels = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))


def brute(placement: Placement, have: Mapping[str, str], name: str) -> bool:
    """Decide as the scheduler's documentation words it, without a third value."""

    def holds(r: Requirement, value: str | None) -> bool:
        if r.operator in {"Gt", "Lt"}:
            if value is None or not value.isdecimal() or len(r.values) != 1 or not r.values[0].isdecimal():
                return False
            return int(value) > int(r.values[0]) if r.operator == "Gt" else int(value) < int(r.values[0])
        return {
            "In": value is not None and value in r.values,
            "NotIn": value is None or value not in r.values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }[r.operator]

    chosen = all(have.get(r.key) == r.values[0] for r in placement.selector)
    found = placement.terms is None or any(
        bool(term.expressions or term.fields)
        and all(holds(r, have.get(r.key)) for r in term.expressions)
        and all(holds(r, name) for r in term.fields)
        for term in placement.terms
    )
    return chosen and found


@given(placements, labels)
def test_a_known_node_is_decided_exactly(placement: Placement, have: dict[str, str]) -> None:
    assert placement.allows(NodeLabels(have, lambda _: True, "n")) is brute(placement, have, "n")


@given(placements, labels, st.sets(st.sampled_from(KEYS)))
def test_what_is_decided_of_a_half_known_node_holds_whatever_the_rest_is(
    placement: Placement, have: dict[str, str], hidden: set[str]
) -> None:
    """A verdict is that of every node that it could be."""
    known = {key: value for key, value in have.items() if key not in hidden}
    verdict = placement.allows(NodeLabels(known, lambda key: key not in hidden))
    rests = product(*([None, *VALUES] for _ in hidden))
    nodes = ({**known, **{k: v for k, v in zip(hidden, rest, strict=True) if v is not None}} for rest in rests)
    every = {brute(placement, node, name) for node in nodes for name in ("n", "m", "other")}
    if verdict is not None:
        assert every == {verdict}
    elif not hidden and not any(term.fields for term in placement.terms or ()):
        pytest.fail("everything is known, and it is not decided")


@given(placements, labels, st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(VALUES), min_size=1)))
def test_what_is_decided_of_several_nodes_holds_for_each(
    placement: Placement, have: dict[str, str], among: dict[str, list[str]]
) -> None:
    known = {key: value for key, value in have.items() if key not in among}
    nodes = NodeLabels(known, lambda _: True, "n", {key: tuple(values) for key, values in among.items()})
    verdict = placement.allows(nodes)
    every = {
        brute(placement, {**known, **dict(zip(among, values, strict=True))}, "n") for values in product(*among.values())
    }
    assert verdict is None or every == {verdict}
    assert verdict is not None or any(len(set(values)) > 1 for values in among.values())
    assert {key: nodes.values(key) for key in KEYS} == {
        key: (known[key],) if key in known else tuple(among.get(key, ())) for key in KEYS
    }


@given(placements, st.sampled_from(KEYS), st.sampled_from(VALUES))
def test_needing_a_label(placement: Placement, key: str, value: str) -> None:
    """Then no node without it will do."""
    if placement.needs(key, value):
        others = [other for other in KEYS if other != key]
        for rest in product(*([None, *VALUES] for _ in others)):
            node = {k: v for k, v in zip(others, rest, strict=True) if v is not None}
            assert not brute(placement, node, "n")


@pytest.mark.parametrize(
    ("operator", "values", "needed"),
    [("In", ("x",), True), ("In", ("y",), False), ("In", ("x", "y"), True), ("Exists", (), True),
     ("NotIn", ("x",), False), ("DoesNotExist", (), False), ("NotIn", ("y",), False)],
)  # fmt: skip
def test_what_needs_a_label(operator: str, values: tuple[str, ...], needed: bool) -> None:  # noqa: FBT001 - a parameter
    asked = Requirement((), "a", operator, values)
    assert Placement(terms=(Term((asked,)),)).needs("a", "x") is needed
    assert Placement(terms=(Term((asked,)), Term((Requirement((), "b", "Exists"),)))).needs("a", "x") is False


@pytest.mark.parametrize("operator", ["", "in", "Equals"])
def test_an_operator_that_nobody_knows_is_never_met(operator: str) -> None:
    assert not meets(Requirement((), "a", operator, ("x",)), "x")
    assert not meets(Requirement((), "a", operator), None)


@pytest.mark.parametrize(
    ("than", "value", "more"),
    [("5", "6", True), ("5", "5", False), ("-1", "+0", True), ("5", "9" * 30, False), ("5", "x", False),
     ("5", None, False)],
)  # fmt: skip
def test_greater(than: str, value: str | None, more: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert meets(Requirement((), "a", "Gt", (than,)), value) is more


@pytest.mark.parametrize(
    ("operator", "values", "wrong"),
    [("In", (), "values"), ("NotIn", (), "values"), ("Exists", ("x",), "values"), ("DoesNotExist", ("x",), "values"),
     ("Gt", (), "values"), ("Gt", ("x",), "values"), ("Lt", ("1", "2"), "values"), ("Is", ("x",), "operator"),
     ("In", ("-",), "values")],
)  # fmt: skip
def test_what_kubernetes_refuses_of_a_requirement(operator: str, values: tuple[str, ...], wrong: str) -> None:
    flaw = requirement_flaw(Requirement((), "a", operator, values), NODE_OPERATORS)
    assert flaw is not None
    assert flaw.path == (wrong,)


def test_no_selector_takes_everything() -> None:
    one = Selector((), (Requirement((), "a", "In", ("x",)),))
    assert selects(None, {})
    assert selects(Selector((), ()), {})
    assert selects(one, {"a": "x"})
    assert not selects(one, {})


def test_pods_and_namespaces_are_selected_without_numbers() -> None:
    asked = Requirement((), "a", "Gt", ("1",))
    assert requirement_flaw(asked, NODE_OPERATORS) is None
    flaw = requirement_flaw(asked, OPERATORS)
    assert flaw is not None
    assert flaw.path == ("operator",)
    key = requirement_flaw(Requirement((), "-", "Exists"))
    assert key is not None
    assert key.path == ("key",)


# --- taints ---------------------------------------------------------------------------------------------------


class TestTolerates:
    @pytest.mark.parametrize(
        ("toleration", "verdict"),
        [
            ({"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"}, True),
            ({"key": "k", "value": "v"}, True),
            ({"key": "k", "value": "w"}, False),
            ({"key": "k"}, False),
            ({"key": "k", "operator": "Exists"}, True),
            ({"operator": "Exists"}, True),
            ({"key": "", "operator": "Exists"}, True),
            ({"key": "x", "operator": "Exists"}, False),
            ({"key": "k", "operator": "Exists", "effect": "NoExecute"}, False),
            ({"key": "k", "operator": "Exists", "effect": ""}, True),
            ({"key": "k", "operator": "exists"}, False),
            ({"value": "v"}, False),
            ({}, False),
        ],
    )
    def test_as_kubernetes_decides(self, toleration: dict[str, str], verdict: bool) -> None:  # noqa: FBT001 - a parameter of the test
        taint = Taint("k", "v", "NoSchedule")
        assert toleration_from(toleration).tolerates(taint) == verdict
        assert repelling([taint], [toleration_from(toleration)]) == (() if verdict else (taint,))

    @given(st.text(), st.text(), st.sampled_from(["NoSchedule", "NoExecute"]))
    def test_a_taint_is_tolerated_by_its_own_words(self, key: str, value: str, effect: str) -> None:
        taint = Taint(key, value, effect)
        assert Toleration(key, "", value, effect).tolerates(taint)
        assert Toleration(operator="Exists").tolerates(taint)
        assert toleration_of(taint).tolerates(taint)
        assert toleration_from(toleration_of(taint).written()) == toleration_of(taint)

    def test_prefer_keeps_nobody_away(self) -> None:
        assert not repelling([Taint("k", "v", "PreferNoSchedule")], [])


NO_EXECUTE = Taint("k", "v", "NoExecute")


@pytest.mark.parametrize(
    ("taint", "tolerations", "seconds"),
    [
        (NO_EXECUTE, [Toleration("k", "Exists", seconds=60)], 60),
        (NO_EXECUTE, [Toleration("k", "Exists")], None),
        (NO_EXECUTE, [Toleration("x", "Exists", seconds=1), Toleration("k", "Exists")], None),
        (NO_EXECUTE, [Toleration("k", "Exists", seconds=60), Toleration("k", "Exists")], 60),
        (NO_EXECUTE, [Toleration("k", "Exists"), Toleration("k", "Exists", seconds=60)], None),
        (NO_EXECUTE, [Toleration("k", "Exists", seconds=-5)], 0),
        (NO_EXECUTE, [], None),
        (Taint("k", "v", "NoSchedule"), [Toleration("k", "Exists", seconds=60)], None),
    ],
)
def test_how_long_a_pod_stays(taint: Taint, tolerations: list[Toleration], seconds: int | None) -> None:
    """The first toleration that matches counts."""
    assert stays(taint, tolerations) == seconds


def test_operators_that_kubernetes_lacks_tolerate_nothing() -> None:
    taint = Taint("a", "b", "NoSchedule")
    said = {operator: Toleration("a", operator, "b", "").tolerates(taint) for operator in ("", "Equal", "equal", "In")}
    assert said == {"": True, "Equal": True, "equal": False, "In": False}


def test_equal_requirements_are_written_alike() -> None:
    assert str(Requirement((), "zone", "In", ("b", "a"))) == "zone In (a, b)"
