"""What one look has found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from eniplan.messages import NOTHING
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.messages import Message

State: TypeAlias = Literal["ok", "warning", "error", "unknown"]


class Result(NamedTuple):
    """One thing that was looked at. Only an error keeps eniplan from working."""

    name: str
    state: State
    says: Message
    to_do: Message = NOTHING
