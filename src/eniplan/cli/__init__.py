"""The command line: one module per command.

A run imports only its own command: building the options of all others takes longer than most checks.
Annotations are not postponed in this file; see `check`.
"""

import errno
import gc
import importlib
import os
import signal
import sys
import traceback
from typing import Annotated, Any

import typer

from eniplan import terminal
from eniplan._version import __version__
from eniplan.cli import faults, language
from eniplan.config import KEYS, Config, parameter
from eniplan.errors import INPUT, INTERRUPTED, EniplanError, Place, Problem, usage
from eniplan.messages import say

SOFTWARE = 70
"""Exit code of a bug in eniplan itself (EX_SOFTWARE), distinct from those of findings and bad input."""

_COMPLETE = "_ENIPLAN_COMPLETE"
"""The variable with which a shell asks for completions."""


COMMANDS = {
    "check": "Check plans: will these node pools work?",
    "completion": "Print the completion script of a shell.",
    "config": "Show the defaults in force, from the environment and the config file.",
    "create-pool": "Create a pool, or print its API body, Terraform or ROS template.",
    "doctor": "Find what keeps eniplan from working here.",
    "explain": "Explain a rule, or list all rules.",
    "guard": "Write admission policies that keep a cluster true to its plan.",
    "init": "Write a commented starter plan.",
    "instances": "Find instance types, and size pools for a number of pods.",
    "migrate": "Plan how to move workloads to an exclusive pool.",
    "ram-policy": "Print the minimal RAM policy for commands that call the account.",
    "render-manifests": "Write the PodNetworkings and workloads, or complete your own.",
    "resume": "Continue an interrupted create from its receipt.",
    "schema": "Print the JSON Schema of plans, waivers, config or reports.",
    "verify": "Verify a running cluster against its plan.",
    # Last, because the help lists commands with subcommands after the others.
    "specs": "Show the instance data: dates, gaps, one type.",
}

_HELP = """Plan, check and create exclusive-ENI (Terway) node pools on Alibaba Cloud ACK.

\b
Examples:
  eniplan check --type ecs.g8i.8xlarge --terway v1.16.4 --ip-stack dual
  eniplan init      # then fill in eniplan.yaml, and: eniplan check
  eniplan check plans/ --format json
  eniplan instances --vcpus 8..32 --min-pods 7 --on-sale
  eniplan create-pool eniplan.yaml --emit terraform --out pools.tf
  eniplan create-pool eniplan.yaml --apply
  eniplan render-manifests eniplan.yaml --workloads --out-dir manifests --kustomize
  eniplan verify eniplan.yaml --wait 10m
  eniplan explain ENI001

\b
Exit codes:
  0 clean   1 findings at or above --fail-on   2 usage   3 input unreadable or malformed
  4 cloud or network   5 the create failed or its outcome is unknown   130 Ctrl-C
"""


_HELP_WORDS = frozenset(("-h", "--help"))


def run(argv: list[str]) -> int:
    """Run one command and return its exit code. Report every error here, in one place, without a traceback.

    Raises:
        KeyboardInterrupt: Ctrl-C ended a command that does not report interruptions itself.

    """
    terminal.prepare(sys.stdout)
    terminal.prepare(sys.stderr)
    if _COMPLETE in os.environ:
        from eniplan.cli.completion import answer  # noqa: PLC0415 - only shells ask for completions

        return answer(os.environ[_COMPLETE], _completed)
    try:
        if not _HELP_WORDS.isdisjoint(argv):
            terminal.out("")  # fails on a closed stdout; typer would exit with 0
        config = Config(os.environ)
        argv = language.settle(argv, config)  # first, because modules make messages when imported
        app = _app(argv)
        gc.freeze()  # `__main__` disabled the collector for the imports
        gc.enable()
        # A plan is thousands of values that die together: with the default threshold of 700, looking for cycles takes a
        # fifth of a check. Full collections are rare, so that large inputs take time in proportion to their size.
        gc.set_threshold(10_000, 10, 100)
        _call(app, argv, config)
    except SystemExit as done:
        if done.code == INTERRUPTED and isinstance(getattr(done.__context__, "__cause__", None), KeyboardInterrupt):
            raise KeyboardInterrupt from None  # typer turned it into a silent exit
        return done.code if isinstance(done.code, int) else 0
    except EniplanError as error:
        faults.tell(error, argv)
        return error.exit_code
    except OSError as error:
        return _lost(error)
    except Exception as error:  # noqa: BLE001 - a bug must not look like a finding
        return _bug(error)
    return 0


def _completed(argv: list[str]) -> Any:  # noqa: ANN401 - a type of the Click inside typer
    """Return the command that completes a command line, in the user's language."""
    command = typer.main.get_command(_app(language.settle(argv, Config(os.environ))))
    language.tell(command)
    return command


def _lost(error: OSError) -> int:
    """Report a system error outside of any input: an unwritable stream, or a deleted working folder."""
    code = getattr(error.__context__, "exit_code", None)
    if isinstance(code, int):  # typer failed to print a usage error, because stderr is gone
        terminal.give_up(sys.stderr)
        return code
    if error.filename is None and error.errno == errno.ENOENT:
        hint = say("change to a folder that exists")
        terminal.problems([Problem(say("the working folder no longer exists"), Place("."), hint)])
        return INPUT
    if error.filename is None and error.errno in _OF_STREAMS:
        if sys.stdout is not None:
            terminal.give_up(sys.stdout)
        terminal.problems(terminal.unwritable_output(error).problems)
        return INPUT
    return _bug(error)


_OF_STREAMS = frozenset((errno.ENOSPC, errno.EIO, errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EPIPE))


def _bug(error: Exception) -> int:
    if os.environ.get("ENIPLAN_DEBUG"):
        traceback.print_exception(error)
    terminal.err(say("eniplan failed because of a bug: {kind}: {said}", kind=type(error).__name__, said=error))
    terminal.err("    " + say("please report it, with the output of the same command under ENIPLAN_DEBUG=1"))
    return SOFTWARE


def _call(app: typer.Typer, argv: list[str], config: Config) -> None:
    """Run the command. Only during this call, signals raise KeyboardInterrupt, so that it can report its state."""
    for number in terminal.INTERRUPTIONS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores it
            signal.signal(number, signal.default_int_handler)
    try:
        command = typer.main.get_command(app)
        language.tell(command)
        if _HELP_WORDS.isdisjoint(argv):  # a broken config file must not prevent help
            _give(command, _Defaults(config))
            _once(command)
        command(args=argv, prog_name=_program())
    finally:
        for number in terminal.INTERRUPTIONS:
            signal.signal(number, signal.SIG_IGN)  # the result is known; let the run report it


def _program() -> str:
    """Return the name that the user typed: as a plugin, eniplan runs as `kubectl eniplan`."""
    return "kubectl eniplan" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "eniplan"


def _app(argv: list[str]) -> typer.Typer:
    app = typer.Typer(
        cls=faults.Group,
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,  # `eniplan completion` replaces it
        rich_markup_mode=None,  # rich help takes twice as long
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    wanted = next((word for word in argv if not word.startswith("-")), "")
    if wanted in COMMANDS:
        add(app, wanted)
    else:  # the help, or an unknown command: only names are needed
        for name, about in COMMANDS.items():
            app.command(name, short_help=about)(_placeholder)
    return app


def add(app: typer.Typer, name: str) -> None:
    """Add a command: the function of its module's name, or the app with its subcommands."""
    own = parameter(name)
    command = getattr(importlib.import_module(f"eniplan.cli.{own}"), own)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name, short_help=COMMANDS[name])
    else:
        app.command(name, short_help=COMMANDS[name])(command)


class _Defaults(dict[str, Any]):
    """Values of options that the command line omits."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config

    def get(self, name: str, default: object = None) -> Any:  # noqa: ANN401 - a value of any option
        """Return the value from the environment or the config file, or else `default`."""
        setting = self._config.setting(_BY_PARAMETER[name]) if name in _BY_PARAMETER else None
        return default if setting is None else setting.value


_BY_PARAMETER = {parameter(key): key for key in KEYS}


def _give(command: Any, defaults: _Defaults) -> None:  # noqa: ANN401 - a type of the Click inside typer
    """Make a command and its subcommands take their defaults from `defaults`."""
    command.context_settings["default_map"] = defaults
    for inner in getattr(command, "commands", {}).values():
        _give(inner, defaults)


def _once(command: Any) -> None:  # noqa: ANN401 - a type of the Click inside typer
    """Make a command and its subcommands refuse a second value of an option that takes one: Click takes the last.

    A second choice, such as that of a format, only overrides the first; a second file would be passed over.
    """
    make = command.make_parser

    def made(context: Any) -> Any:  # noqa: ANN401 - types of the Click inside typer
        parser = make(context)
        parse = parser.parse_args

        def parsed(args: list[str]) -> Any:  # noqa: ANN401 - types of the Click inside typer
            found = parse(args)
            given = [param for param in found[2] if getattr(param, "opts", None) and not _may_be_several(param)]
            for i, param in enumerate(given):
                if param in given[:i]:
                    option = max(param.opts, key=len)
                    raise usage(say("{option} is given twice", option=option), say("it takes one value"))
            return found

        parser.parse_args = parsed
        return parser

    command.make_parser = made
    for inner in getattr(command, "commands", {}).values():
        _once(inner)


def _may_be_several(param: Any) -> bool:  # noqa: ANN401 - a type of the Click inside typer
    is_option = param.param_type_name == "option"
    return not is_option or param.multiple or param.is_flag or param.count or hasattr(param.type, "choices")


def _placeholder() -> None:
    """Stand in for a command that is only listed."""


def _print_version(asked: bool) -> None:
    if asked:
        terminal.out(f"eniplan {__version__}\n")
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
    _lang: Annotated[
        str, typer.Option("--lang", metavar="[en|zh]", help="Language, for any command. Default: from the locale.")
    ] = "",
) -> None:
    """Define the options of eniplan itself."""
