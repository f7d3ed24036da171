"""The result of one check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from eniplan.messages import NOTHING
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from eniplan.messages import Message

State: TypeAlias = Literal["ok", "warning", "error", "unknown"]


class Result(NamedTuple):
    """The result of one check. Only errors keep eniplan from working."""

    name: str
    state: State
    says: Message
    to_do: Message = NOTHING
