"""`eniplan config`: the defaults in force, and the source of each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from eniplan import resources, terminal
from eniplan.cli.options import Format, FormatOption
from eniplan.cli.waivers import DEFAULT_FILE as WAIVERS
from eniplan.config import FILE, KEYS, Config, parameter
from eniplan.messages import say
from eniplan.text import json_text, printable

if TYPE_CHECKING:
    from eniplan.config import Setting


def config(output: FormatOption = Format.TEXT) -> None:
    """Show the defaults of options in force, and where each comes from.

    \b
    Examples:
      eniplan config
      eniplan config --format json
      ENIPLAN_FAIL_ON=warning eniplan config

    The command line wins over ENIPLAN_ variables (ENIPLAN_FAIL_ON), and these win over .eniplan/config.yaml. That file
    is the nearest one from the working folder up to the root of the repository; outside a repository, only the working
    folder's. Its keys are option names without dashes; its paths are relative to its own folder. ENIPLAN_CONFIG names
    another file.
    """
    own = Config(os.environ)
    settings = {key: own.setting(key) for key in KEYS}
    for problem in own.unknown_variables():
        warning = say("{place}: warning: {message}; {hint}",
                      place=str(problem.place), message=problem.message, hint=problem.hint)  # fmt: skip
        terminal.err(warning)
    terminal.out(_json(own, settings) if output is Format.JSON else _text(own, settings))


def _json(own: Config, settings: dict[str, Setting | None]) -> str:
    rows = {
        key: {"value": _default(key), "from": "default"}
        if setting is None
        else {"value": setting.value, "from": str(setting.place)}
        for key, setting in settings.items()
    }
    return json_text({"file": own.file, "settings": rows}, indent=1) + "\n"


def _text(own: Config, settings: dict[str, Setting | None]) -> str:
    none = say("config file: none (no {file} from here up to the root of the repository)", file=FILE)
    lines: list[str] = [say("config file: {file}", file=own.file) if own.file else none]
    for key, setting in settings.items():
        value, place = (_default(key), say("default")) if setting is None else (setting.value, str(setting.place))
        lines.append(f"{key:<9} {_words(value)}  [{place}]")
    return "".join(printable(line) + "\n" for line in lines)


def _words(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "-" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _default(key: str) -> object:
    """Return the default of an option: a file that eniplan looks for, or else the default of `check`."""
    if key == "specs":
        return resources.kept_specs() or None
    if key == "waivers":
        return WAIVERS if os.path.exists(WAIVERS) else None
    from eniplan.cli.check import check  # noqa: PLC0415 - most settings come from elsewhere

    app = typer.Typer()
    app.command()(check)
    command = typer.main.get_command(app)
    return next((option.default for option in command.params if option.name == parameter(key)), None)
