"""The command line: one file per command, each one read, call, print.

Only the command that is asked for is imported: building the others' options costs more than many checks.
Annotations are not postponed in this file, as in `check`.
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
from eniplan.errors import INPUT, INTERRUPTED, EniplanError, Place, Problem
from eniplan.messages import say
from eniplan.values import NamedTuple

SOFTWARE = 70
"""Exit code of a bug in eniplan itself (EX_SOFTWARE): never that of a finding or of bad input."""

_COMPLETE = "_ENIPLAN_COMPLETE"
"""The variable by which a shell asks for completion."""


class _Command(NamedTuple):
    module: str
    about: str


COMMANDS = {
    "check": _Command("check", "Check plans: will these node pools work?"),
    "completion": _Command("completion", "Print the completion script of a shell."),
    "config": _Command("config", "Show the defaults in force, from the environment and the config file."),
    "create-pool": _Command("create_pool", "Create a pool, or print its API body, Terraform or ROS template."),
    "doctor": _Command("doctor", "Find out what keeps eniplan from working here."),
    "explain": _Command("explain", "Explain a rule, or list all rules."),
    "guard": _Command("guard", "Write admission policies that keep a cluster true to its plan."),
    "init": _Command("init", "Write a commented starter plan."),
    "instances": _Command("instances", "Find instance types, and size pools for a number of pods."),
    "migrate": _Command("migrate", "Plan how to move workloads to an exclusive pool."),
    "ram-policy": _Command("ram_policy", "Print the minimal RAM policy for commands that call the account."),
    "render-manifests": _Command("render_manifests", "Write the PodNetworkings and workloads, or complete your own."),
    "resume": _Command("resume", "Continue an interrupted create from its receipt."),
    "schema": _Command("schema", "Print the JSON Schema of plans, waivers, config or reports."),
    "verify": _Command("verify", "Verify a running cluster against its plan."),
    # Last, because the help lists commands with subcommands behind the others.
    "specs": _Command("specs", "Show the instance data: dates, gaps, one type."),
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
    """Run one command and return its exit code. Every error is told here, in one place, without a traceback.

    Raises:
        KeyboardInterrupt: Ctrl-C has ended a command that has said nothing to it.

    """
    terminal.prepare(sys.stdout)
    terminal.prepare(sys.stderr)
    if _COMPLETE in os.environ:
        from eniplan.cli.completion import answer  # noqa: PLC0415 - asked for by a shell only

        return answer(os.environ[_COMPLETE], _completed)
    try:
        if not _HELP_WORDS.isdisjoint(argv):
            terminal.out("")  # typer would write its help to a closed stdout, and say that all is well
        config = Config(os.environ)
        argv = language.settle(argv, config)  # before messages are made, be it while modules are imported
        app = _app(argv)
        gc.freeze()  # `__main__` has switched collection off while everything was imported
        gc.enable()
        # A plan is thousands of values that die together: looking for cycles after each 700 costs a fifth of a check.
        # All of them are rarely looked at: otherwise large inputs cost more than their size says.
        gc.set_threshold(10_000, 10, 100)
        _call(app, argv, config)
    except SystemExit as done:
        if done.code == INTERRUPTED and isinstance(getattr(done.__context__, "__cause__", None), KeyboardInterrupt):
            raise KeyboardInterrupt from None  # typer has made a silent exit of it
        return done.code if isinstance(done.code, int) else 0
    except EniplanError as error:
        faults.tell(error, argv)
        return error.exit_code
    except OSError as error:
        return _lost(error)
    except Exception as error:  # noqa: BLE001 - the edge: a bug must not look like a finding
        return _bug(error)
    return 0


def _completed(argv: list[str]) -> Any:  # noqa: ANN401 - a type of typer's own Click
    """Return the program that a command line is completed by, in the user's language."""
    command = typer.main.get_command(_app(language.settle(argv, Config(os.environ))))
    language.tell(command)
    return command


def _lost(error: OSError) -> int:
    """Tell what the system has taken away: a stream to which typer writes, or the working folder."""
    code = getattr(error.__context__, "exit_code", None)
    if isinstance(code, int):  # it was telling a mistake of the command line, and nobody hears it
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
    """Run the command; only meanwhile do Ctrl-C and its like raise KeyboardInterrupt: it may have something to say."""
    for number in terminal.INTERRUPTIONS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # under nohup
            signal.signal(number, signal.default_int_handler)
    try:
        command = typer.main.get_command(app)
        language.tell(command)
        if _HELP_WORDS.isdisjoint(argv):  # help is shown whatever stands in the config file
            _give(command, _Defaults(config))
        command(args=argv, prog_name=_program())
    finally:
        for number in terminal.INTERRUPTIONS:
            signal.signal(number, signal.SIG_IGN)  # its end is known, and being told


def _program() -> str:
    """Return by which words the user has called us: kubectl runs a plugin under its own name."""
    return "kubectl eniplan" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "eniplan"


def _app(argv: list[str]) -> typer.Typer:
    app = typer.Typer(
        cls=faults.Group,
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,  # `eniplan completion` is ours
        rich_markup_mode=None,  # rich help takes twice as long
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    wanted = next((word for word in argv if not word.startswith("-")), "")
    if wanted in COMMANDS:
        importlib.import_module(f"eniplan.cli.{COMMANDS[wanted].module}").register(app, wanted, COMMANDS[wanted].about)
    else:  # the help, or a command that does not exist: only names are told
        for name, command in COMMANDS.items():
            app.command(name, short_help=command.about)(_told)
    return app


class _Defaults(dict[str, Any]):
    """What options are that the command line does not give."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._config = config

    def get(self, name: str, default: object = None) -> Any:  # noqa: ANN401 - a value of any option
        """Return what the environment or the config file says of an option."""
        setting = self._config.setting(_BY_PARAMETER[name]) if name in _BY_PARAMETER else None
        return default if setting is None else setting.value


_BY_PARAMETER = {parameter(key): key for key in KEYS}


def _give(command: Any, defaults: _Defaults) -> None:  # noqa: ANN401 - a type of typer's own Click
    """Have a command and its subcommands take their defaults from there."""
    command.context_settings["default_map"] = defaults
    for inner in getattr(command, "commands", {}).values():
        _give(inner, defaults)


def _told() -> None:
    """Stand for a command of which only the name is told."""


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
    """Hold the options of eniplan itself."""
