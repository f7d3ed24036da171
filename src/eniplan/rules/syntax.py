"""Names, labels and durations as Kubernetes and Go read them."""

from __future__ import annotations

import re

_NAME_PART = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)
_DNS_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_DURATION = re.compile(r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_MAX_SUBDOMAIN = 253


def label_key_problem(key: str) -> str:
    """Say what is wrong with a label or taint key, or return the empty string.

    An optional DNS prefix and a slash, then up to 63 letters, digits, `-`, `_` and `.`.
    """
    prefix, slash, name = key.rpartition("/")
    if slash and not is_subdomain(prefix):
        return f"the prefix {prefix!r} is no DNS name"
    if not _NAME_PART.fullmatch(name):
        return "the name part needs 1 to 63 letters, digits, '-', '_' or '.', and a letter or digit at both ends"
    return ""


def label_value_problem(value: str) -> str:
    """Say what is wrong with a label or taint value, or return the empty string. Empty values are fine."""
    if value and not _NAME_PART.fullmatch(value):
        return "a value needs at most 63 letters, digits, '-', '_' or '.', and a letter or digit at both ends"
    return ""


def is_subdomain(name: str) -> bool:
    """Return whether a name can be that of a Kubernetes object (DNS-1123 subdomain)."""
    return 0 < len(name) <= _MAX_SUBDOMAIN and all(_DNS_LABEL.fullmatch(part) for part in name.split("."))


def is_dns_label(name: str) -> bool:
    """Return whether a name can be that of a namespace (DNS-1123 label)."""
    return _DNS_LABEL.fullmatch(name) is not None


def go_duration(text: str) -> float | None:
    """Read a duration as Go's time.ParseDuration does, in seconds; None when it would refuse.

    `1d` is refused: Go knows no days. `0` alone is a duration.
    """
    if text in ("0", "+0", "-0"):
        return 0.0
    if not _DURATION.fullmatch(text):
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    return -seconds if text.startswith("-") else seconds
