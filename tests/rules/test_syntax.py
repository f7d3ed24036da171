from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.rules.syntax import go_duration, is_dns_label, is_subdomain, label_key_problem, label_value_problem

UNITS = {
    "ns": Fraction(1, 10**9), "us": Fraction(1, 10**6), "µs": Fraction(1, 10**6), "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600),
}  # fmt: skip
NUMBERS = st.from_regex(r"[0-9]{1,6}\.?[0-9]{0,6}|\.[0-9]{1,6}", fullmatch=True, alphabet=st.characters(codec="ascii"))


@given(st.sampled_from(["", "+", "-"]), st.lists(st.tuples(NUMBERS, st.sampled_from(sorted(UNITS))), min_size=1))
def test_durations_are_added_up(sign: str, parts: list[tuple[str, str]]) -> None:
    text = sign + "".join(number + unit for number, unit in parts)
    exact = sum(Fraction(number.strip(".") if number.endswith(".") else number) * UNITS[unit] for number, unit in parts)
    assert go_duration(text) == pytest.approx(float(-exact if sign == "-" else exact), rel=1e-9, abs=1e-9)


@given(st.text(alphabet="0123456789.nusmhd+- µ", max_size=8))
def test_what_go_reads_and_nothing_else(text: str) -> None:
    """The grammar of time.ParseDuration: numbers with units, a digit in every number, one sign in front; or 0."""
    grammar = re.fullmatch(r"[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)", text, re.ASCII)
    assert (go_duration(text) is not None) == (grammar is not None)


@pytest.mark.parametrize(
    "text", ["", "1d", "1", "h", "1 h", "1h ", "--1h", "1H", "1.2.3h", ".h", "1h-1m", "٣h", "1h\n"]
)
def test_go_refuses(text: str) -> None:
    assert go_duration(text) is None


@pytest.mark.parametrize(
    ("key", "good"),
    [
        ("a", True), ("A-b_c.d", True), ("a" * 63, True), ("a" * 64, False), ("", False), ("-a", False), ("a-", False),
        ("x.io/a", True), ("x.io/", False), ("/a", False), ("X.io/a", False), ("a/b/c", False), ("x..io/a", False),
        (("b" * 63 + ".") * 3 + "b" * 61 + "/a", True), (("b" * 63 + ".") * 3 + "b" * 62 + "/a", False),
        ("é", False), ("a\n", False),
    ],
)  # fmt: skip
def test_label_keys(key: str, good: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert (label_key_problem(key) == "") == good


@given(st.text(max_size=70))
def test_label_values_as_kubernetes_words_it(value: str) -> None:
    """Empty, or at most 63 of [A-Za-z0-9_.-] with a letter or digit at both ends."""
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    good = not value or (
        len(value) <= 63 and set(value) <= allowed | set("_.-") and value[0] in allowed and value[-1] in allowed
    )
    assert (label_value_problem(value) == "") == good


@given(st.text(alphabet="abA0-._", max_size=12))
def test_names(name: str) -> None:
    labels = name.split(".")
    good = all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", label) for label in labels)
    assert is_subdomain(name) == good
    assert is_dns_label(name) == (good and "." not in name)


def test_length_of_names() -> None:
    assert is_dns_label("a" * 63)
    assert not is_dns_label("a" * 64)
    assert not is_subdomain("")
    assert is_subdomain(".".join(["a" * 63] * 3 + ["a" * 61]))
    assert not is_subdomain(".".join(["a" * 63] * 3 + ["a" * 62]))
