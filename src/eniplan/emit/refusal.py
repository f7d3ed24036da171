"""Errors of `emit`: a value that a format cannot express is an error, never silently dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.errors import InputError, Place, Problem
from eniplan.messages import NOTHING, Message
from eniplan.plan.document import path_text

if TYPE_CHECKING:
    from eniplan.plan.document import Document, Path


class RefusalError(InputError):
    """A plan contains something that the output cannot express (exit code 3)."""

    def __init__(self, path: Path, message: Message, hint: Message = NOTHING) -> None:
        """Store the key path in the plan, the message and the hint."""
        super().__init__(Problem(message, Place("plan", path=path_text(path)), hint))
        self.path = path

    def at(self, document: Document) -> InputError:
        """Return the same error with the line and column of its key path."""
        return InputError(*(problem._replace(place=document.place(self.path)) for problem in self.problems))
