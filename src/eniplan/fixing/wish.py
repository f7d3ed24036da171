"""A fix to write into a file, and the error when that is impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.rules.base import Fix


class Wish(NamedTuple):
    """A fix, and the line of its finding, which identifies the document in the file. A map is a tuple of its items."""

    line: int
    fix: Fix


class CannotFixError(Exception):
    """The fix cannot be written into this text."""
