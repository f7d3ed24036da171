"""Errors of emitting: what a form or an object cannot express is reported, never silently left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eniplan.errors import InputError, Place, Problem
from eniplan.messages import NOTHING, Message
from eniplan.plan.document import path_text

if TYPE_CHECKING:
    from eniplan.plan.document import Document, Path


class RefusalError(InputError):
    """A plan asks for something that cannot be written as asked (exit code 3)."""

    def __init__(self, path: Path, message: Message, hint: Message = NOTHING) -> None:
        """Take the key path in the plan that the message is about."""
        super().__init__(Problem(message, Place("plan", path=path_text(path)), hint))
        self.path = path

    def at(self, document: Document) -> InputError:
        """Return the same error with the line and column of its key path."""
        return InputError(*(problem._replace(place=document.place(self.path)) for problem in self.problems))
