"""What is to be written into a file, and that it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.rules.base import Fix


class Wish(NamedTuple):
    """A fix, and the line of its finding, which tells documents of one file apart. A map is a tuple of its items."""

    line: int
    fix: Fix


class CannotFixError(Exception):
    """The text does not have the form that a fix needs."""
