"""Names, labels and what Kubernetes accepts as such."""

from __future__ import annotations

import re

from eniplan.messages import NOTHING, Message, say

# Patterns and not compiled ones: compiling what one run does not use would cost every start.
_NAME_PART = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_DNS_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DNS_LABEL_PART = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
LONGEST_NAME = 253
LONGEST_LABEL = 63
_LONGEST = {"CronJob": 52, "StatefulSet": 52, "Job": LONGEST_LABEL}
_WHY_SHORT = {
    "CronJob": say("Kubernetes adds 11 characters for the name of each Job"),
    "StatefulSet": say("its pods need the name and a hash in a label; with a longer name no pod is created"),
    "Job": say("its pods need the name in a label"),
}
_GENERATED = 5
"""The number of characters that Kubernetes adds to a generateName, which it truncates to fit a label."""


def label_key_problem(key: str) -> Message:
    """Say what is wrong with a label or taint key, or nothing.

    An optional DNS prefix and a slash, then up to 63 letters, digits, `-`, `_` and `.`.
    """
    prefix, slash, name = key.rpartition("/")
    if slash and not is_subdomain(prefix):
        return say("the prefix {prefix!r} is not a DNS name", prefix=prefix)
    if not re.fullmatch(_NAME_PART, name):
        return say("the name part needs 1 to 63 letters, digits, '-', '_' or '.', and a letter or digit at both ends")
    return NOTHING


def label_value_problem(value: str) -> Message:
    """Say what is wrong with a label or taint value, or nothing. Empty values are fine."""
    if value and not re.fullmatch(_NAME_PART, value):
        return say("a value needs at most 63 letters, digits, '-', '_' or '.', and a letter or digit at both ends")
    return NOTHING


def is_subdomain(name: str) -> bool:
    """Return whether a name can be that of a Kubernetes object (RFC 1123 subdomain)."""
    return len(name) <= LONGEST_NAME and all(re.fullmatch(_DNS_LABEL_PART, part) for part in name.split("."))


def is_dns_label(name: str) -> bool:
    """Return whether a name can be that of a namespace (RFC 1123 label)."""
    return re.fullmatch(_DNS_LABEL, name) is not None


def name_problem(kind: str, name: str) -> Message:
    """Say why an object of a kind cannot have a name, or nothing."""
    if not is_subdomain(name):
        return say(
            "a name needs at most {most} lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
            most=LONGEST_NAME,
        )
    if kind == "StatefulSet" and "." in name:
        return say("a StatefulSet cannot have a dot in its name: its pods use it as their host name")
    most = _LONGEST.get(kind, LONGEST_NAME)
    if len(name) > most:
        return say(
            "the name of a {kind} has at most {most} characters, this one {length}: {why}",
            kind=kind, most=most, length=len(name), why=_WHY_SHORT[kind],
        )  # fmt: skip
    return NOTHING


def generated(prefix: str) -> str:
    """Return a name as Kubernetes makes it of a `generateName`."""
    return prefix[: LONGEST_LABEL - _GENERATED] + "x" * _GENERATED
