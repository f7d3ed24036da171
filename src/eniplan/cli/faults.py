"""How errors of the command line and of inputs are told: in one style, and as a document to whoever asked for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from eniplan import terminal
from eniplan.errors import EniplanError, InputError, usage
from eniplan.messages import NOTHING, say

if TYPE_CHECKING:
    from collections.abc import Sequence

_Fault: Any = typer.BadParameter.__mro__[2]
"""What typer raises for whatever it cannot take; its name is in a package that is private to typer."""
_ASKS_FOR_HELP = "NoArgsIsHelpError"
_REPORTS = frozenset(("check", "verify"))
"""Commands whose JSON is a report."""


class Group(TyperGroup):
    """The commands; mistakes of the command line are told as all others are."""

    def make_context(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - types of typer's own Click
        """Read the options of eniplan itself."""
        try:
            return super().make_context(*args, **more)
        except _Fault as fault:
            raise _told(fault) from None

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the same
        """Read the options of a command, and run it."""
        try:
            return super().invoke(ctx)
        except _Fault as fault:
            raise _told(fault) from None


def _told(fault: Any) -> Exception:  # noqa: ANN401 - the same
    if type(fault).__name__ == _ASKS_FOR_HELP:
        return fault  # type: ignore[no-any-return]
    text = fault.format_message().strip().removesuffix(".")
    context = getattr(fault, "ctx", None)
    hint = (
        NOTHING
        if context is None
        else say("`{command} --help` lists its options and arguments", command=context.command_path)
    )
    return usage(say("{message}", message=text[:1].lower() + text[1:]), hint)


def tell(error: EniplanError, argv: Sequence[str]) -> None:
    """Tell an error to people, and as a document where JSON was asked for and nothing has been written yet."""
    terminal.problems(error.problems)
    if terminal.has_written() or not _wants_json(argv):
        return
    from eniplan.report import json_format  # noqa: PLC0415 - for this case only

    command = next((word for word in argv if not word.startswith("-")), "")
    text = json_format.failure(error.problems, error.exit_code, is_report=command in _REPORTS)
    try:
        terminal.out(text)
    except InputError as unwritten:
        terminal.problems(unwritten.problems)


def _wants_json(argv: Sequence[str]) -> bool:
    """Return whether the last --format is json; typer may not have come to it."""
    asked = ""
    for word, after in zip(argv, (*argv[1:], ""), strict=True):
        if word in {"--format", "-f"}:
            asked = after
        elif word.startswith(("--format=", "-f")):
            asked = word.removeprefix("--format=").removeprefix("-f")
    return asked == "json"
