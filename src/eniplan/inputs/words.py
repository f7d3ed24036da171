"""The words of a shell script: literal text and unknown expressions, with their places."""

from __future__ import annotations

import re
from typing import TypeAlias

from eniplan.values import NamedTuple


class Part(NamedTuple):
    """A part of a word: literal text, or an unknown expression."""

    text: str
    at: int
    """The offset in the script."""
    unknown: str = ""
    file: str = ""
    """The file that the expression prints."""
    note: str = ""
    """The source of the text: the default of a variable."""


Word: TypeAlias = "list[Part]"
UNKNOWN = "\0"
"""Replaces an unknown part in `text`."""


def spelled(word: Word) -> str:
    """Return a word's text, with unknown expressions as they are in the script."""
    return "".join(part.unknown or part.text for part in word)


def text(word: Word) -> str:
    """Return a word's text, with `UNKNOWN` for each unknown part."""
    return "".join(UNKNOWN if part.unknown else part.text for part in word)


NAME = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
"""A variable."""


def file_name(word: Word) -> str:
    """Return a word as the name of a file: equal for two words only if they name the same file."""
    return "".join(f"{UNKNOWN}{_identity(part)}{UNKNOWN}" if part.unknown else part.text for part in word)


def _identity(part: Part) -> str:
    """Return the name of a variable, or the place of another expression, at which variables keep its value."""
    found = NAME.fullmatch(part.unknown)
    return str(part.at) if found is None else f"{found[1] or found[2]}="


_CREATES = rb"/clusters|CreateCluster|create-cluster|ModifyCluster|modify-cluster"


def is_worth(data: bytes) -> bool:
    """Return whether a script may create a node pool or cluster, or apply a manifest that it has."""
    is_call = b"aliyun" in data and re.search(_CREATES, data) and re.search(rb"\bcs\b", data)
    return bool(is_call or (b"<<" in data and b"apiVersion" in data))
