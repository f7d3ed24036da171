"""The language of a run: from `--lang`, ENIPLAN_LANG, the config file, or the locale. English loads nothing.

An explicit choice applies to all output; the locale only to output for people, not to documents for machines.
"""

from __future__ import annotations

import gettext
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from eniplan.config import KEYS
from eniplan.errors import COMMAND_LINE, InputError, Place, Problem, UsageError
from eniplan.messages import say, speak, told
from eniplan.suggest import did_you_mean

if TYPE_CHECKING:
    from eniplan.config import Config

_OPTION = "--lang"
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first one that is set applies."""
_FOR_MACHINES = ("json", "sarif", "junit", "github", "gitlab", "csv", "yaml")
_APART = "\b"
"""Tells Click not to wrap a paragraph."""


def settle(argv: list[str], config: Config) -> list[str]:
    """Load the language's catalogue; return the command line without the language option.

    Raises:
        UsageError: the language does not exist.

    """
    asked, words = _taken(argv)
    if asked is None:
        with suppress(InputError):  # commands that use the config file report it
            found = config.setting("lang")
            asked = None if found is None else str(found.value)
    if asked is None:
        asked = "en" if any(map(_is_for_machines, words)) else _of_locale()
    if asked == "zh":
        from eniplan.po import read_catalogue  # noqa: PLC0415 - English does not need it

        speak(read_catalogue(asked))
        # typer translates its own words (Options, Commands) with gettext.
        gettext.dgettext = _of_domain
    return words


def _of_domain(domain: str, message: str) -> str:  # noqa: ARG001 - the signature of gettext's function
    return told(message)


def _taken(argv: list[str]) -> tuple[str | None, list[str]]:
    """Return the language that the command line names, or None, and the words without it."""
    end = argv.index("--") if "--" in argv else len(argv)
    asked = None
    words: list[str] = []
    rest = iter(argv[:end])
    for word in rest:
        name, equals, value = word.partition("=")
        if name != _OPTION:
            words.append(word)
            continue
        asked = value if equals else next(rest, "")
        choices = KEYS["lang"].choices
        if asked not in choices:
            message = say("{option} is {value!r}; it must be one of {words}", option=name, value=asked, words=choices)
            raise UsageError(Problem(message, Place(COMMAND_LINE), did_you_mean(asked, choices)))
    return asked, words + argv[end:]


def _is_for_machines(word: str) -> bool:
    return any(part in _FOR_MACHINES for part in word.split("="))


def _of_locale() -> str:
    named = next(filter(None, map(os.environ.get, _LOCALE)), "")
    return "zh" if named.split("_")[0].split(".")[0] == "zh" else "en"


def tell(command: Any) -> None:  # noqa: ANN401 - a type of the Click inside typer
    """Translate the help of a command, its options and its subcommands into the user's language."""
    if told(", ") == ", ":
        return
    from eniplan.cli import wide_help  # noqa: PLC0415 - English does not need it

    wide_help.use(command)
    command.help = told_help(command.help or "")
    command.short_help = told(command.short_help or "")
    for option in command.params:
        text = getattr(option, "help", None)
        if text:
            option.help = told(text)
    for inner in getattr(command, "commands", {}).values():
        tell(inner)


def told_help(text: str) -> str:
    """Translate the help of a command, one paragraph at a time; in examples, only the comments."""
    return "\n\n".join("\n".join(map(_told_line, part.split("\n"))) for part in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help text; a paragraph that Click wraps becomes one line."""
    parts = text.strip().split("\n\n")
    return [part if part.startswith(_APART) else " ".join(part.split()) for part in parts]


def texts(line: str) -> str:
    """Return the translatable part of a help line; of an example, only its comment."""
    words = line.strip()
    return words.partition("  # ")[2] if words.startswith("eniplan ") else words


def _told_line(line: str) -> str:
    words = texts(line)
    return line.replace(words, told(words)) if words else line
