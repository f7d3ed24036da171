"""Parses quantities as Kubernetes does and durations as Go does: exactly, with their 64-bit limits."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite

# Not compiled here: that would slow down every start, even of runs that need none of them.
_QUANTITY = r"([-+]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:([eE])([-+]?[0-9]+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?))"
_TENS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_TWOS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_LARGEST = 2**63 - 1
_NANO = 9
_LONGEST = 1000
"""Maximum characters of a quantity: Kubernetes never writes as many, and longer ones are slow to parse."""

_DURATION = r"[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+"
_DURATION_PART = r"([0-9]*)\.?([0-9]*)(ns|us|µs|μs|ms|s|m|h)"
_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
SECOND = 10**9
"""Nanoseconds per second."""


def quantity(value: object) -> int | None:
    """Parse a quantity into billionths; None if invalid. `1`, `"1"`, `1.0`, `1000m` and `1e0` are equal.

    As in Kubernetes, fractions of a billionth round away from zero, and values are capped at 2^63 - 1.
    """
    if not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    # Kubernetes parses the digits in the file; the shortest digits of the float are the same.
    return _quantity(value if isinstance(value, str) else _digits(value))


@lru_cache(maxsize=4096)
def _quantity(text: str) -> int | None:
    found = re.fullmatch(_QUANTITY, text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    sign, digits, exponent, power, suffix = found.groups()
    whole, _, fraction = digits.partition(".")
    number = int(whole + fraction)
    tens = _NANO - len(fraction) + (int(power) if exponent else _TENS.get(suffix, 0))
    # Beyond these powers, a quantity is capped or rounds up to the smallest: its digits do not matter.
    scale: int = 10 ** min(abs(tens), 2 * _LONGEST)
    size: int = number << _TWOS.get(suffix, 0)
    size = size * scale if tens >= 0 else -(-size // scale)
    return -size if sign == "-" else min(size, _LARGEST * 10**_NANO)


def _digits(value: float) -> str:
    # Python refuses to print integers with thousands of digits.
    return repr(value) if abs(value) <= _LARGEST else "9e99" if value > 0 else "-9e99"


def parts(value: object, scale: int = 1) -> int | None:
    """Parse a quantity into units of 1/`scale`, rounded up; None if invalid or negative."""
    size = quantity(value)
    return None if size is None or size < 0 else -(-size * scale // 10**_NANO)


def whole(value: object) -> int | None:
    """Parse a countable quantity, such as ENIs; None if invalid, negative or fractional."""
    size = quantity(value)
    return None if size is None or size < 0 or size % 10**_NANO else size // 10**_NANO


def go_duration(text: str) -> int | None:
    """Parse a duration as Go's time.ParseDuration does, into nanoseconds; None if invalid.

    Go has no unit for days, so `1d` is invalid, and so is a value over 64 bits (about 2,562,047 hours). A bare `0` is
    valid.
    """
    if text in ("0", "+0", "-0"):
        return 0
    if not re.fullmatch(_DURATION, text):
        return None
    total = 0
    for number, fraction, unit in re.findall(_DURATION_PART, text):
        nanoseconds = _NANOSECONDS[unit]
        digits = number.lstrip("0")  # Python counts leading zeros when it refuses to parse very long numbers
        if len(digits) > _DIGITS:
            return None
        total += int(digits or "0") * nanoseconds + _part(fraction, nanoseconds)
        if total > 2**63:
            return None
    if text.startswith("-"):
        return -total
    return None if total > _LARGEST else total


_DIGITS = 19
"""Digits of the largest 64-bit number."""


def _part(fraction: str, nanoseconds: int) -> int:
    """Return the nanoseconds of the digits after the point, in floating point and so with the same rounding as Go."""
    value, scale = 0, 1.0
    for digit in fraction:
        more = value * 10 + int(digit)
        if value > _LARGEST // 10 or more > 2**63:
            break  # further digits change nothing
        value, scale = more, scale * 10
    return int(float(value) * (float(nanoseconds) / scale))
