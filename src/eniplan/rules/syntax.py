"""Names, labels and durations as Kubernetes and Go read them."""

from __future__ import annotations

import re

# Patterns and not compiled ones: compiling what one run does not use would cost every start.
_NAME_PART = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_DNS_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DURATION = r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+"
_DURATION_PART = r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)"
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_MAX_SUBDOMAIN = 253


def label_key_problem(key: str) -> str:
    """Say what is wrong with a label or taint key, or return the empty string.

    An optional DNS prefix and a slash, then up to 63 letters, digits, `-`, `_` and `.`.
    """
    prefix, slash, name = key.rpartition("/")
    if slash and not is_subdomain(prefix):
        return f"the prefix {prefix!r} is no DNS name"
    if not re.fullmatch(_NAME_PART, name):
        return "the name part needs 1 to 63 letters, digits, '-', '_' or '.', and a letter or digit at both ends"
    return ""


def label_value_problem(value: str) -> str:
    """Say what is wrong with a label or taint value, or return the empty string. Empty values are fine."""
    if value and not re.fullmatch(_NAME_PART, value):
        return "a value needs at most 63 letters, digits, '-', '_' or '.', and a letter or digit at both ends"
    return ""


def is_subdomain(name: str) -> bool:
    """Return whether a name can be that of a Kubernetes object (DNS-1123 subdomain)."""
    return 0 < len(name) <= _MAX_SUBDOMAIN and all(re.fullmatch(_DNS_LABEL, part) for part in name.split("."))


def is_dns_label(name: str) -> bool:
    """Return whether a name can be that of a namespace (DNS-1123 label)."""
    return re.fullmatch(_DNS_LABEL, name) is not None


def go_duration(text: str) -> float | None:
    """Read a duration as Go's time.ParseDuration does, in seconds; None when it would refuse.

    `1d` is refused: Go knows no days. `0` alone is a duration.
    """
    if text in ("0", "+0", "-0"):
        return 0.0
    if not re.fullmatch(_DURATION, text):
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in re.findall(_DURATION_PART, text))
    return -seconds if text.startswith("-") else seconds
