"""Writes fixes into request bodies that a shell script builds from pieces: changes each piece in place."""

from __future__ import annotations

import re
from contextlib import suppress
from difflib import SequenceMatcher
from itertools import pairwise
from typing import TYPE_CHECKING

from eniplan.errors import InputError
from eniplan.fixing import source
from eniplan.fixing.wish import CannotFixError
from eniplan.inputs.script import OPEN, Mapped, read
from eniplan.text import edited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from eniplan.fixing.wish import Wish

_TOKEN = re.compile(r"\w+|\W")


def mended(file: str, text: str, wishes: list[Wish]) -> str:
    """Apply fixes to the text of a script.

    Raises:
        CannotFixError: a fix cannot be written.

    """
    bodies = _bodies(file, text)
    wanted = [body.built for body in bodies]
    edits: dict[tuple[int, int], str] = {}
    left = set(wishes)
    for number, body in enumerate(bodies):
        first, last = (text.count("\n", 0, body.offsets[end]) + 1 for end in (0, -1))
        own = [wish for wish in wishes if first <= wish.line <= last]
        if own:
            left.difference_update(own)
            wanted[number] = source.mended("body.json", body.built, [wish._replace(line=1) for wish in own])
            edits.update(_edits(body, wanted[number]))
    if left:
        raise CannotFixError
    # Inside single quotes a `"` is literal, inside double quotes it needs a backslash: keep what the shell reads right.
    for quote in ('"', '\\"'):
        changed = edited(text, ((*span, new.replace('"', quote)) for span, new in edits.items()))
        with suppress(InputError):
            if [body.built for body in _bodies(file, changed)] == wanted:
                return changed
    raise CannotFixError


def _bodies(file: str, text: str) -> list[Mapped]:
    trees = (call.document.tree for call in read(file, text.encode())[0])
    return [tree for tree in trees if isinstance(tree, Mapped) and tree.built]


def _edits(body: Mapped, new: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the edits of a body: the start and end offset in the script, and the new text."""
    old, words = _TOKEN.findall(body.built), _TOKEN.findall(new)
    at = [0]
    for token in old:
        at.append(at[-1] + len(token))
    for kind, i, j, k, m in SequenceMatcher(None, old, words, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        start, end = at[i], at[j]
        offsets = body.offsets[start:end]
        is_split = any(b != a + 1 for a, b in pairwise(offsets))
        if OPEN in body.built[start:end] or is_split or not start:
            raise CannotFixError  # part of it is written elsewhere, for example in a variable
        where = body.offsets[start] if offsets else body.offsets[start - 1] + 1
        yield (where, where + len(offsets)), "".join(words[k:m])
