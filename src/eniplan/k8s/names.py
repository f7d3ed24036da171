"""The syntax of names and labels that Kubernetes accepts."""

from __future__ import annotations

import re

from eniplan.messages import NOTHING, Message, say

# Not compiled here: that would slow down every start, even of runs that need none of them.
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
"""The number of characters that Kubernetes appends to a generateName, after truncating it to fit a label."""


def label_key_problem(key: str) -> Message:
    """Return what is wrong with a label or taint key; empty if it is valid.

    A key is an optional DNS prefix and slash, then up to 63 letters, digits, `-`, `_` and `.`.
    """
    prefix, slash, name = key.rpartition("/")
    if slash and not is_subdomain(prefix):
        return say("the prefix {prefix!r} is not a DNS name", prefix=prefix)
    if not re.fullmatch(_NAME_PART, name):
        return say("the name part needs 1 to 63 letters, digits, '-', '_' or '.', and a letter or digit at both ends")
    return NOTHING


def label_value_problem(value: str) -> Message:
    """Return what is wrong with a label or taint value; empty if it is valid. A value may be empty."""
    if value and not re.fullmatch(_NAME_PART, value):
        return say("a value needs at most 63 letters, digits, '-', '_' or '.', and a letter or digit at both ends")
    return NOTHING


def is_subdomain(name: str) -> bool:
    """Return whether a text is a valid name of a Kubernetes object (RFC 1123 subdomain)."""
    return len(name) <= LONGEST_NAME and all(re.fullmatch(_DNS_LABEL_PART, part) for part in name.split("."))


def is_dns_label(name: str) -> bool:
    """Return whether a text is a valid name of a namespace (RFC 1123 label)."""
    return re.fullmatch(_DNS_LABEL, name) is not None


def name_problem(kind: str, name: str) -> Message:
    """Return why a name is invalid for an object of a kind; empty if it is valid."""
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
    """Return a sample name that Kubernetes could generate from a `generateName`."""
    return prefix[: LONGEST_LABEL - _GENERATED] + "x" * _GENERATED
