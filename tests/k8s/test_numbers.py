"""Quantities against Decimal, durations against a model that works in fractions of a nanosecond."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eniplan.k8s.numbers import SECOND, go_duration, quantity, whole

UNITS = {
    "ns": Fraction(1, 10**9), "us": Fraction(1, 10**6), "µs": Fraction(1, 10**6), "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600),
}  # fmt: skip
DIGITS = r"[0-9]{1,9}\.?[0-9]{0,12}|\.[0-9]{1,12}"
NUMBERS = st.from_regex(DIGITS, fullmatch=True, alphabet=st.characters(codec="ascii"))
SCALES = {
    "": Decimal(1), "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "k": Decimal("1e3"),
    "M": Decimal("1e6"), "G": Decimal("1e9"), "T": Decimal("1e12"), "P": Decimal("1e15"), "E": Decimal("1e18"),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40), "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}  # fmt: skip
POWERS = st.builds(lambda letter, power: f"{letter}{power}", st.sampled_from("eE"), st.integers(-30, 30))


@given(st.sampled_from(["", "+", "-"]), NUMBERS, st.sampled_from(sorted(SCALES)) | POWERS)
def test_quantities_are_exact(sign: str, number: str, suffix: str) -> None:
    with localcontext(prec=200):
        scale = SCALES[suffix] if suffix in SCALES else Decimal(f"1{suffix}")
        size = (Decimal(number.rstrip(".")) * scale * 10**9).to_integral_value(ROUND_UP)
        size = -size if sign == "-" else min(size, Decimal((2**63 - 1) * 10**9))
    assert quantity(sign + number + suffix) == int(size)


@pytest.mark.parametrize("value", ["1000m", "1.0", "1", "1e0", "1E0", "+1", 1, 1.0, "0.001k", "1000000u"], ids=repr)
def test_spellings_of_one(value: object) -> None:
    assert whole(value) == 1


NONE: list[object] = [
    "", "m", "1 ", " 1", "1mm", "1e", "1e1.5", "0x1", "1,0", "٣", "1\n", ".", None, True, [], {}, float("nan"),
    float("inf"), "1" * 1001,
]  # fmt: skip


@pytest.mark.parametrize("value", NONE, ids=lambda value: repr(value)[:9])
def test_what_is_no_quantity(value: object) -> None:
    assert quantity(value) is None
    assert whole(value) is None


@pytest.mark.parametrize("value", ["1500m", "-1", "0.5", "1n", -1, 0.1], ids=repr)
def test_what_counts_nothing(value: object) -> None:
    assert quantity(value) is not None
    assert whole(value) is None


@pytest.mark.parametrize(
    "value", ["9e99", 10**5000, "1e999999999999", "9223372036854775808"], ids=["text", "int", "power", "limit"]
)
def test_the_largest(value: object) -> None:
    assert quantity(value) == (2**63 - 1) * 10**9


def test_the_smallest() -> None:
    """What is finer than a billionth rounds away from zero, and nothing stays nothing."""
    assert quantity("1e-999999999999") == 1
    assert quantity("-1e-999999999999") == -1
    assert quantity("0e999999999999") == 0
    assert quantity(-(10**5000)) == -9 * 10**108


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_are_read_as_their_text(value: float) -> None:
    assert quantity(value) == quantity(str(value)) or abs(value) >= 2**63


@given(st.sampled_from(["", "+", "-"]), st.lists(st.tuples(NUMBERS, st.sampled_from(sorted(UNITS))), min_size=1))
def test_durations_are_added_up(sign: str, parts: list[tuple[str, str]]) -> None:
    text = sign + "".join(number + unit for number, unit in parts)
    exact = sum((Fraction(number.rstrip(".")) * UNITS[unit] for number, unit in parts), Fraction())
    nanoseconds = go_duration(text)
    # Go cuts each part to nanoseconds, in floating point.
    slack = len(parts) * (1 + exact * SECOND / 2**52)
    if nanoseconds is None:
        assert exact * SECOND + slack > 2**63 - 1
    else:
        assert abs(nanoseconds - (-exact if sign == "-" else exact) * SECOND) <= slack


@given(st.text(alphabet="0123456789.nusmhd+- µ", max_size=8))
def test_what_go_reads_and_nothing_else(text: str) -> None:
    """The grammar of time.ParseDuration: numbers with units, a digit in every number, one sign in front; or 0."""
    grammar = re.fullmatch(r"[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)", text, re.ASCII)
    assert (go_duration(text) is not None) == (grammar is not None and _is_small(text))


def _is_small(text: str) -> bool:
    return sum(Fraction(n or "0") * UNITS[u] for n, u in re.findall(r"(\d*)\.?\d*(ns|us|µs|μs|ms|s|m|h)", text)) < 2**33


@pytest.mark.parametrize(
    "text", ["", "1d", "1", "h", "1 h", "1h ", "--1h", "1H", "1.2.3h", ".h", "1h-1m", "٣h", "1h\n"]
)
def test_go_refuses(text: str) -> None:
    assert go_duration(text) is None


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [  # of Go's own tests
        ("9223372036854775807ns", 2**63 - 1), ("9223372036854775808ns", None), ("-9223372036854775808ns", -(2**63)),
        ("-9223372036854775809ns", None), ("9223372036854775.807us", 2**63 - 1), ("9223372036854775.808us", None),
        ("9223372036s854ms775us807ns", 2**63 - 1), ("9223372036s854ms775us808ns", None),
        ("2562047h", 9223369200 * 10**9),
        ("2562048h", None), ("0.3333333333333333333h", 20 * 60 * 10**9), ("39h9m14.425s", 140954425 * 10**6),
        ("0.9223372036854775807h", 3320413933267), ("0.100000000000000000000h", 6 * 60 * 10**9), ("1.s", 10**9),
        ("99999999999999999999ns", None), ("0000000000000000000000001s", 10**9), ("-0", 0), ("+0", 0), ("0", 0),
        ("0." + "3" * 400 + "s", 333333333), ("0." + "9" * 400 + "ns", 1),
    ],
)  # fmt: skip
def test_the_limits_of_go(text: str, nanoseconds: int | None) -> None:
    assert go_duration(text) == nanoseconds
