"""Fingerprints that identify a finding across runs, even if lines and list indexes change."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from eniplan.messages import in_english

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eniplan.errors import Place

_INDEX = re.compile(r"\[\d+\]")
_POSITION = re.compile(r":\d+:\d+")
"""Matches places in messages."""


def key(what: str, place: Place, message: str) -> tuple[str, ...]:
    """Return the identity of an entry: rule or kind, file, key path without indexes, and message.

    The message names the object, which the path without indexes cannot. It is in English for every language.
    """
    return what, place.file, _INDEX.sub("[]", place.path), _POSITION.sub("", in_english(message))


def fingerprints(keys: Iterable[tuple[str, ...]]) -> list[str]:
    """Return 64 hexadecimal digits for each key. All are different: equal keys are numbered."""
    seen: dict[tuple[str, ...], int] = {}
    out = []
    for parts in keys:
        seen[parts] = seen.get(parts, 0) + 1
        text = "\0".join((*parts, str(seen[parts])))
        out.append(hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest())
    return out
