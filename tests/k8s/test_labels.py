from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from eniplan.k8s.labels import Index, read_selector, selects

if TYPE_CHECKING:
    from collections.abc import Mapping


class TestIndex:
    @pytest.mark.parametrize(
        "rules",
        [
            (),
            (("In", ["x"]),),
            (("In", ["x", "y"]),),
            (("NotIn", ["x"]),),
            (("Exists", []),),
            (("Exists", []), ("In", ["x"])),
            (("NotIn", ["y"]), ("In", ["x", "y"])),
        ],
    )
    @pytest.mark.parametrize("labels", [{}, {"a": "x"}, {"a": "y"}, {"b": "x"}])
    def test_what_selects_is_near(self, rules: tuple[tuple[str, list[str]], ...], labels: Mapping[str, str]) -> None:
        expressions = [{"key": "a", "operator": operator, "values": values} for operator, values in rules]
        selector = read_selector({"matchExpressions": expressions})
        assert selector is not None
        index: Index[str] = Index()
        index.add(selector, "one")
        assert index.all == ["one"]
        near = [*index.near(labels)]
        assert near in ([], ["one"])
        assert near or not selects(selector, labels)

    def test_few_are_near(self) -> None:
        index: Index[int] = Index()
        for i in range(9):
            selector = read_selector({"matchLabels": {"a": str(i)}})
            assert selector is not None
            index.add(selector, i)
        assert [*index.near({"a": "3"})] == [3]
