"""Quantities as Kubernetes reads them, and durations as Go does: exact, with their 64-bit limits."""

from __future__ import annotations

import re
from functools import lru_cache
from math import isfinite

# Patterns and not compiled ones: compiling what one run does not use would cost every start.
_QUANTITY = r"([-+]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:([eE])([-+]?[0-9]+)|(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]?))"
_TENS = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_TWOS = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_LARGEST = 2**63 - 1
_NANO = 9
_LONGEST = 1000
"""Maximum characters of a quantity: Kubernetes never writes as many, and longer ones take time."""

_DURATION = r"[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+"
_DURATION_PART = r"([0-9]*)\.?([0-9]*)(ns|us|µs|μs|ms|s|m|h)"
_NANOSECONDS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
}  # fmt: skip
SECOND = 10**9
"""Nanoseconds."""


def quantity(value: object) -> int | None:
    """Read a quantity, in billionths; None if invalid. `1`, `"1"`, `1.0`, `1000m` and `1e0` are one.

    As in Kubernetes, what is finer than a billionth rounds away from zero, and nothing is more than 2^63 - 1.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float) and not isfinite(value):
        return None
    # A number of a file is read by its digits, as Kubernetes reads it; a float's shortest digits are those.
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
    # Beyond these powers a quantity is the largest, or rounds up to the smallest: its digits need no counting.
    scale: int = 10 ** min(abs(tens), 2 * _LONGEST)
    size: int = number << _TWOS.get(suffix, 0)
    size = size * scale if tens >= 0 else -(-size // scale)
    return -size if sign == "-" else min(size, _LARGEST * 10**_NANO)


def _digits(value: float) -> str:
    # Python refuses to spell whole numbers of thousands of digits.
    return repr(value) if abs(value) <= _LARGEST else "9e99" if value > 0 else "-9e99"


def parts(value: object, scale: int = 1) -> int | None:
    """Read a quantity in units of one `scale`th, rounded up; None if invalid or negative."""
    size = quantity(value)
    return None if size is None or size < 0 else -(-size * scale // 10**_NANO)


def whole(value: object) -> int | None:
    """Read a countable quantity, such as ENIs; None if invalid, negative or fractional."""
    size = quantity(value)
    return None if size is None or size < 0 or size % 10**_NANO else size // 10**_NANO


def go_duration(text: str) -> int | None:
    """Read a duration as Go's time.ParseDuration does, in nanoseconds; None if invalid.

    `1d` is refused: Go knows no days; so is what 64 bits cannot hold, about 2,562,047 hours. `0` alone is a duration.
    """
    if text in ("0", "+0", "-0"):
        return 0
    if not re.fullmatch(_DURATION, text):
        return None
    total = 0
    for number, fraction, unit in re.findall(_DURATION_PART, text):
        nanoseconds = _NANOSECONDS[unit]
        digits = number.lstrip("0")  # Python counts zeros in front when it refuses to read very long numbers
        if len(digits) > _DIGITS:
            return None
        total += int(digits or "0") * nanoseconds + _part(fraction, nanoseconds)
        if total > 2**63:
            return None
    if text.startswith("-"):
        return -total
    return None if total > _LARGEST else total


_DIGITS = 19
"""Digits of the largest number in 64 bits."""


def _part(fraction: str, nanoseconds: int) -> int:
    """Return the nanoseconds of the digits after a point, with Go's rounding: it counts these in floating point."""
    value, scale = 0, 1.0
    for digit in fraction:
        more = value * 10 + int(digit)
        if value > _LARGEST // 10 or more > 2**63:
            break  # what is finer changes nothing
        value, scale = more, scale * 10
    return int(float(value) * (float(nanoseconds) / scale))
