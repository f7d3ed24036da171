"""What tells one finding from another over many runs, while lines and list indexes move."""

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
"""A message may name another place."""


def key(what: str, place: Place, message: str) -> tuple[str, ...]:
    """Return what an entry is known by: a rule or kind, the file, the key path without indexes, and the message.

    The message names the object, which its index does not, and the numbers; it is the English one in every language.
    """
    return what, place.file, _INDEX.sub("[]", place.path), _POSITION.sub("", in_english(message))


def fingerprints(keys: Iterable[tuple[str, ...]]) -> list[str]:
    """Return 64 hexadecimal digits for each key, no two alike: keys that are the same are counted."""
    seen: dict[tuple[str, ...], int] = {}
    out = []
    for parts in keys:
        seen[parts] = seen.get(parts, 0) + 1
        text = "\0".join((*parts, str(seen[parts])))
        out.append(hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest())
    return out
