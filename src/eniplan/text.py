"""Text functions that several writers share."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, AnyStr

if TYPE_CHECKING:
    from collections.abc import Iterable


def printable(text: str) -> str:
    """Escape line breaks, control characters and direction marks in user text, for terminals and logs."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


# Not compiled here: most documents are ASCII and never need it.
_UNSAFE = "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
"""Characters up to U+FFFF that JSON allows: control characters, direction marks, invisible ones and surrogates."""


# Separate, because YAML and HCL escape characters beyond U+FFFF differently from JSON.
_UNSAFE_PAIRS = "[\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
"""The same beyond U+FFFF: tags, which are invisible to people but not to language models, and musical marks."""


def literal(value: object, indent: int | None = None) -> str:
    """Return JSON that is also valid YAML, with `_UNSAFE` characters escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isascii() and "\x7f" not in text:
        return text
    return re.sub(_UNSAFE, _escape, text)


def json_text(value: object, indent: int | None = None) -> str:
    """Return JSON with all unsafe characters escaped, beyond U+FFFF too."""
    text = literal(value, indent)
    return text if text.isascii() else re.sub(_UNSAFE_PAIRS, _escape, text)


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def without_halves(text: str) -> str:
    """Replace lone surrogates, which JSON can contain, with U+FFFD, as Go does (Terraform, Kubernetes, Terway)."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def edited(text: AnyStr, edits: Iterable[tuple[int, int, AnyStr]]) -> AnyStr:
    """Return a text with other words between some offsets. Edits at the same offset keep their order.

    Raises:
        ValueError: two edits overlap.

    """
    out: list[AnyStr] = []
    at = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        if start < at:
            raise ValueError
        out += [text[at:start], new]
        at = end
    out.append(text[at:])
    return text[:0].join(out)


def file_name(name: str) -> str:
    """Return a name as part of a file name. What would lead to another folder is escaped as in URLs.

    Two names never become one.
    """
    return re.sub(r"[%/\\\0]", lambda found: f"%{ord(found[0]):02x}", name)


def columns(text: str) -> int:
    """Return the terminal columns that a text takes: Chinese characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # noqa: PLC0415 - most texts are ASCII

    return sum(0 if category(c) in {"Mn", "Me"} else 2 if east_asian_width(c) in "WF" else 1 for c in text)


_HIDDEN = "user[_-]?data|passw|secret|token|node[_-]?components|credential|access[_-]?key|private[_-]?key|authoriz"
"""Matches names of secrets. Not compiled, because few runs need it."""


def may_be_secret(text: str) -> bool:
    """Return whether a key looks like the name of a secret, whose value must not be shown.

    Node scripts and settings of add-ons count, because they can contain secrets.
    """
    return re.search(_HIDDEN, text, re.IGNORECASE) is not None
