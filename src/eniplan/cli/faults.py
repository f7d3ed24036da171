"""Errors of the command line and of inputs: printed in one style, and as a JSON document if JSON was requested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from eniplan import terminal
from eniplan.errors import EniplanError, InputError, usage
from eniplan.messages import NOTHING, say
from eniplan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from eniplan.messages import Message

_Fault: Any = typer.BadParameter.__mro__[2]
"""The base class of typer's usage errors. Its name is in a private package of typer."""
_ASKS_FOR_HELP = "NoArgsIsHelpError"
_REPORTS = frozenset(("check", "verify"))
"""Commands whose JSON is a report."""


class Group(TyperGroup):
    """The commands; usage errors are reported like all other errors."""

    def make_context(self, *args: Any, **more: Any) -> Any:  # noqa: ANN401 - types of the Click inside typer
        """Read the options of eniplan itself."""
        try:
            return super().make_context(*args, **more)
        except _Fault as fault:
            raise _told(fault, self) from None

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - the same
        """Read the options of a command, and run it."""
        try:
            return super().invoke(ctx)
        except _Fault as fault:
            raise _told(fault, self) from None


def _told(fault: Any, group: Group) -> Exception:  # noqa: ANN401 - the same
    """Return a usage error in eniplan's words where its cause is known, otherwise in typer's."""
    kind = type(fault).__name__
    if kind == _ASKS_FOR_HELP:
        return fault  # type: ignore[no-any-return]
    text = fault.format_message().strip().removesuffix(".")
    message = _cause(kind, fault, group) or say("{message}", message=text[:1].lower() + text[1:])
    context = getattr(fault, "ctx", None)
    hint = NOTHING
    if kind == "NoSuchOption":  # the dashes make all options look similar
        hint = did_you_mean(fault.option_name, fault.possibilities or (), cutoff=0.75)
    if context is not None and not hint:
        hint = say("`{command} --help` lists its options and arguments", command=context.command_path)
    return usage(message, hint)


def _cause(kind: str, fault: Any, group: Group) -> Message:  # noqa: ANN401 - the same
    """Return what is wrong, from the class of the fault and its option; empty if these do not tell."""
    if kind == "NoSuchOption":
        return say("no such option: {option}", option=fault.option_name)
    if kind == "BadOptionUsage":
        options = (option for command in (group, *group.commands.values()) for option in command.params)
        if any(fault.option_name in option.opts and getattr(option, "is_flag", False) for option in options):
            return say("option {option} takes no value", option=fault.option_name)
        return say("option {option} needs a value", option=fault.option_name)
    param = getattr(fault, "param", None)
    if param is None:
        is_command = kind == "UsageError" and fault.ctx is not None and not hasattr(fault.ctx.command, "commands")
        return say("too many arguments") if is_command else NOTHING
    named = param.get_error_hint(fault.ctx)
    return say("{name} is missing", name=named) if kind == "MissingParameter" else _of_value(named, param.type, fault)


def _of_value(named: str, kind: Any, fault: Any) -> Message:  # noqa: ANN401 - the same
    """Return what is wrong with the value of an option."""
    if choices := tuple(getattr(kind, "choices", ())):
        return say("invalid value for {option}: choose one of {words}", option=named, words=choices)
    least = getattr(kind, "min", None)
    if least is not None:
        return say("invalid value for {option}: use a whole number, {least} or more", option=named, least=least)
    return say("invalid value for {option}: {reason}", option=named, reason=fault.message.removesuffix("."))


def tell(error: EniplanError, argv: Sequence[str]) -> None:
    """Print an error to stderr, and as a JSON document if JSON was requested and nothing has been written yet."""
    terminal.problems(error.problems)
    if terminal.has_written() or not _wants_json(argv):
        return
    from eniplan.report import json_format  # noqa: PLC0415 - only for this case

    command = next((word for word in argv if not word.startswith("-")), "")
    text = json_format.failure(error.problems, error.exit_code, is_report=command in _REPORTS)
    try:
        terminal.out(text)
    except InputError as unwritten:
        terminal.problems(unwritten.problems)


def _wants_json(argv: Sequence[str]) -> bool:
    """Return whether the last --format is json. Typer may have failed before parsing it."""
    asked = ""
    for word, after in zip(argv, (*argv[1:], ""), strict=True):
        if word in {"--format", "-f"}:
            asked = after
        elif word.startswith(("--format=", "-f")):
            asked = word.removeprefix("--format=").removeprefix("-f")
    return asked == "json"
