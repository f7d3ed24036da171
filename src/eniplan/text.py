"""Functions for text that several writers share."""

from __future__ import annotations

import json
import re


def printable(text: str) -> str:
    """Escape line breaks, control and direction characters of a user's text for terminals and logs."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


# A pattern and not a compiled one: most documents are ASCII, and never need it.
_UNSAFE = "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
"""Characters that JSON allows and that control terminals, change direction, are invisible, or are not UTF-8."""


# YAML and HCL spell what is beyond U+FFFF in another way than JSON.
_UNSAFE_PAIRS = "[\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
"""The same beyond U+FFFF: tags, which are invisible but read by language models, and musical marks."""


def literal(value: object, indent: int | None = None) -> str:
    """Return JSON that is also YAML, without control, direction, invisible or half characters up to U+FFFF."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    if text.isascii() and "\x7f" not in text:
        return text
    return re.sub(_UNSAFE, _escape, text)


def json_text(value: object, indent: int | None = None) -> str:
    """Return JSON without control, direction, invisible or half characters."""
    text = literal(value, indent)
    return text if text.isascii() else re.sub(_UNSAFE_PAIRS, _escape, text)


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def without_halves(text: str) -> str:
    """Replace half characters, which JSON can contain, as Go does, and so Terraform, Kubernetes and Terway."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: Chinese characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width  # noqa: PLC0415 - most texts are ASCII

    return sum(0 if category(c) in {"Mn", "Me"} else 2 if east_asian_width(c) in "WF" else 1 for c in text)


_HIDDEN = "user[_-]?data|passw|secret|token|node[_-]?components|credential|access[_-]?key|private[_-]?key|authoriz"
"""Matches names of secrets. Not compiled, as above."""


def may_be_secret(text: str) -> bool:
    """Return whether a name may be that of a secret, whose value is not shown."""
    return re.search(_HIDDEN, text, re.IGNORECASE) is not None
