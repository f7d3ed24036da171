"""`did you mean`: the known name nearest to an unknown one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.messages import NOTHING, Message, say

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known name most similar to `name`, ignoring case; None if none is similar.

    Args:
        name: the unknown name.
        known: the candidates.
        cutoff: the minimum similarity, from 0 to 1.

    """
    from difflib import SequenceMatcher  # noqa: PLC0415 - 3 ms that only mistakes should cost

    by_folded: dict[str, str] = {}
    for candidate in filter(None, known):
        by_folded.setdefault(candidate.casefold(), candidate)
    matcher = SequenceMatcher()
    matcher.set_seq2(name.casefold())
    best, found = cutoff, ""
    for folded in by_folded:
        matcher.set_seq1(folded)
        # Not get_close_matches: it compares every candidate above the cutoff in full, which takes 20 ms for all types.
        if matcher.real_quick_ratio() >= best and matcher.quick_ratio() >= best:
            best, found = max((best, found), (matcher.ratio(), folded))
    return by_folded.get(found)


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> Message:
    """Return `did you mean 'x'?`, or an empty message."""
    found = nearest(name, known, cutoff=cutoff)
    return say("did you mean {found!r}?", found=found) if found else NOTHING


def which_one(name: str, known: Iterable[str]) -> Message:
    """Return `did you mean 'x'?`, or else the names that the plan has."""
    listed = list(known)
    has = say("the plan has {names}", names=tuple(listed)) if listed else say("the plan has none")
    return did_you_mean(name, listed) or has
