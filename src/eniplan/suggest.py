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
    import difflib  # noqa: PLC0415 - 3 ms that only mistakes should cost

    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), by_folded, n=1, cutoff=cutoff)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> Message:
    """Return `did you mean 'x'?`, or an empty message."""
    found = nearest(name, known, cutoff=cutoff)
    return say("did you mean {found!r}?", found=found) if found else NOTHING


def which_one(name: str, known: Iterable[str]) -> Message:
    """Return `did you mean 'x'?`, or else the names that the plan has."""
    listed = list(known)
    has = say("the plan has {names}", names=tuple(listed)) if listed else say("the plan has none")
    return did_you_mean(name, listed) or has
