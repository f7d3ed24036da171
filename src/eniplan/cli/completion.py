"""`eniplan completion`: scripts for shells, and the candidates that these request on each press of Tab.

A script passes the command line up to the cursor, and reads one candidate per line, optionally with a tab and a
description. The shell adds no space after a candidate that ends in `/`, `=` or `.`. Two tables map options to values.
"""

from __future__ import annotations

import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eniplan import resources, terminal
from eniplan.config import KEYS
from eniplan.errors import usage
from eniplan.messages import say, told
from eniplan.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_LANGUAGE = "--lang"
LINE = "_ENIPLAN_LINE"
"""The command line up to the cursor."""


class Shell(StrEnum):
    """Shells with a script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


class Answer(NamedTuple):
    """A candidate."""

    word: str
    about: str = ""


class Asked(NamedTuple):
    """The state of the command line."""

    word: str
    """The word at the cursor, as typed so far."""
    given: dict[str, Any]
    """The values of the command's other parameters."""


def completion(
    shell: Annotated[
        Shell | None, typer.Argument(metavar="[SHELL]", help="bash, zsh or fish. Default: $SHELL.")
    ] = None,
) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      eniplan completion bash   # in ~/.bashrc: source <(eniplan completion bash)
      eniplan completion zsh    # in ~/.zshrc: source <(eniplan completion zsh)
      eniplan completion fish > ~/.config/fish/completions/eniplan.fish
    """
    name = os.path.basename(os.environ.get("SHELL", "")) if shell is None else shell.value
    if name not in list(Shell):
        raise usage(say("$SHELL is not one of {shells}", shells=tuple(Shell)), say("name one: eniplan completion bash"))
    script = resources.template("completion", f"eniplan.{name}")
    terminal.out("".join(map(_told_comment, script.splitlines(keepends=True))))


def _told_comment(line: str) -> str:
    comment = comment_of(line)
    return line.replace(comment, told(comment)) if comment else line


def comment_of(line: str) -> str:
    """Return the words of a script's comment; empty for other lines."""
    words = line.strip()
    return words.removeprefix("# ") if words.startswith("# ") else ""


# --- Answers ------------------------------------------------------------------------------------------------------


def answer(shell: str, command_of: Callable[[list[str]], Any]) -> int:
    """Print the candidates for a script; return the exit code. On any error, print nothing.

    Args:
        shell: the shell that asks.
        command_of: returns the Click command for the words of a command line.

    """
    try:
        *words, word = _words(os.environ.get(LINE, ""))
        before = re.match(r".*[=:]", word) if shell == Shell.BASH else None
        lines = []
        for found in _answers(command_of, _without_language(words), word):
            # bash splits words at = and :, and replaces only the text after them.
            text = found.word[before.end() :] if before is not None else found.word
            if shell == Shell.BASH:
                lines.append(re.sub(r"([^\w./=:@%+,~-])", r"\\\1", text))
            else:
                about = " ".join(found.about.split())
                lines.append(f"{text}\t{about}" if about else text)
        terminal.out("".join(line + "\n" for line in lines))
    except Exception:  # a message would land in the middle of the user's line
        if os.environ.get("ENIPLAN_DEBUG"):
            raise
    return 0


def _words(line: str) -> list[str]:
    """Return the words after the program's name. The last is the word at the cursor, possibly empty."""
    import shlex  # noqa: PLC0415 - only shells ask for completions

    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    try:
        words.extend(lexer)
    except ValueError:  # an open quote
        words.append(lexer.token.lstrip("'\""))
    if not line or line[-1].isspace():
        words.append("")
    start = next((i for i, word in enumerate(words[:-1]) if os.path.basename(word) == "eniplan"), 0)
    return words[start + 1 :] or [""]


def _without_language(words: list[str]) -> list[str]:
    """Drop the language option, which may stand anywhere, unless the cursor is on it."""
    while _LANGUAGE in words[:-1]:
        at = words.index(_LANGUAGE)
        words = words[:at] + words[at + 2 :]
    return words


def _answers(command_of: Callable[[list[str]], Any], words: list[str], word: str) -> Iterator[Answer]:
    if words[-1:] == [_LANGUAGE]:
        yield from (Answer(name) for name in KEYS["lang"].choices if name.startswith(word))
        return
    # The Click inside typer resolves the parameter. It is private: typer<0.29 and the tests pin it.
    from typer._click.shell_completion import (  # noqa: PLC0415 - the same
        _resolve_context,
        _resolve_incomplete,
    )

    program = command_of(words)
    context = _resolve_context(program, {}, "eniplan", list(words))
    asked, rest = _resolve_incomplete(context, list(words), word)
    option = word[: len(word) - len(rest)]  # `--format=` of `--format=js`
    values = _values(asked)
    if values is not None:
        if words and words[-1] in getattr(
            asked, "opts", ()
        ):  # an option without its value would stop Click from parsing the words before it
            context = _resolve_context(program, {}, "eniplan", words[:-1])
        for found in values(Asked(rest, context.params)):
            if found.word.startswith(rest):
                yield found._replace(word=option + found.word)
        return
    for item in asked.shell_complete(context, rest):
        yield Answer(option + item.value, item.help or "")
    if rest and _LANGUAGE.startswith(rest) and context.parent is not None:  # every command takes it
        yield Answer(_LANGUAGE, KEYS["lang"].about)


def _values(parameter: Any) -> Callable[[Asked], Iterable[Answer]] | None:  # noqa: ANN401 - a type of the Click inside typer
    metavar = getattr(parameter, "metavar", None) or ""
    if metavar == "NAME=ID":  # of verify's --pool
        return _pool_ids
    by_name = next((BY_OPTION[name] for name in getattr(parameter, "opts", ()) if name in BY_OPTION), None)
    return by_name or BY_METAVAR.get(metavar)


def _among(*words: str) -> Callable[[Asked], Iterable[Answer]]:
    return lambda _: map(Answer, words)


def _files(*endings: str) -> Callable[[Asked], Iterable[Answer]]:
    """Return a completer for folders, and for files with these endings (all files if none is given)."""

    def found(asked: Asked) -> Iterator[Answer]:
        folder, slash, start = asked.word.rpartition("/")
        place = os.path.expanduser(folder) if folder else ("/" if slash else ".")
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in entries:
            if entry.name.startswith(".") and not start.startswith("."):
                continue
            if entry.is_dir():
                yield Answer(f"{folder}{slash}{entry.name}/")
            elif entry.name.endswith(endings or ("",)) and endings != _NO_FILES:
                yield Answer(f"{folder}{slash}{entry.name}")

    return found


_NO_FILES = ("\0",)
"""An ending that no file has: offer only folders."""
_PLAIN = (".yaml", ".yml", ".json")


def _types(asked: Asked) -> Iterator[Answer]:
    """Offer families up to the dot before the size, then types: a list of all 1,241 types helps nobody."""
    from eniplan.catalog.store import Catalog  # noqa: PLC0415 - only for this kind of value

    names = Catalog().names()
    if asked.word.count(".") < _DOTS:
        yield from map(Answer, dict.fromkeys(f"{name.rpartition('.')[0]}." for name in names))
        yield from map(Answer, Catalog().all_lingjun())
    else:
        yield from map(Answer, names)


_DOTS = 2


def _families(_: Asked) -> Iterator[Answer]:
    from eniplan.catalog.store import Catalog  # noqa: PLC0415 - only for this kind of value

    yield from map(Answer, Catalog().family_names())


def _rules(_: Asked) -> Iterator[Answer]:
    from eniplan.rules import BY_ID  # noqa: PLC0415 - only for this kind of value

    yield from (Answer(rule.id, rule.title) for rule in BY_ID.values())


def _facts(_: Asked) -> Iterator[Answer]:
    from eniplan.rules import ALL  # noqa: PLC0415 - only for this kind of value

    yield from map(Answer, sorted({fact.key for rule in ALL for fact in rule.needs}))


def _pools(asked: Asked) -> Iterator[Answer]:
    """Offer the pools of the named plan, or of the default plan in this folder."""
    from eniplan.plan.load import DEFAULT_FILE, load, plans_of  # noqa: PLC0415 - only for this kind of value

    for _, plan in plans_of(load([asked.given.get("plan") or DEFAULT_FILE]))[0]:
        yield from (Answer(pool.name, ", ".join(pool.instance_types or ())) for pool in plan.node_pools)


def _pool_ids(asked: Asked) -> Iterator[Answer]:
    yield from (Answer(f"{found.word}=", found.about) for found in _pools(asked))


def _contexts(_: Asked) -> Iterator[Answer]:
    from eniplan.kube.local import contexts  # noqa: PLC0415 - only for this kind of value

    yield from map(Answer, contexts())


def _commands(_: Asked) -> Iterator[Answer]:
    from eniplan.cloud.policy import COMMANDS  # noqa: PLC0415 - only for this kind of value

    yield from map(Answer, COMMANDS)


def _outputs(asked: Asked) -> Iterator[Answer]:
    from eniplan.cli.options import ReportFormat  # noqa: PLC0415 - only for this kind of value

    form, equals, path = asked.word.partition("=")
    if equals:
        yield from (Answer(f"{form}={file.word}") for file in _files()(Asked(path, {})))
    else:
        yield from (Answer(f"{name.value}=") for name in ReportFormat)


REGIONS = (
    "cn-hangzhou", "cn-shanghai", "cn-beijing", "cn-shenzhen", "cn-zhangjiakou", "cn-huhehaote", "cn-wulanchabu",
    "cn-qingdao", "cn-chengdu", "cn-guangzhou", "cn-heyuan", "cn-nanjing", "cn-fuzhou", "cn-wuhan-lr", "cn-hongkong",
    "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5", "ap-southeast-6",
    "ap-southeast-7", "eu-central-1", "eu-west-1", "me-central-1", "me-east-1", "na-south-1", "us-east-1", "us-west-1",
)  # fmt: skip
"""Suggestions for a region; other regions work, too."""

BY_OPTION: dict[str, Callable[[Asked], Iterable[Answer]]] = {
    "--baseline": _files(".json"),
    "--cluster": _files(*_PLAIN),
    "--context": _contexts,
    "--ip-stack": _among("ipv4", "dual"),
    "--kind": _among("ecs", "lingjun"),
    "--kubeconfig": _files(),
    "--out": _files(),
    "--price-file": _files(".csv"),
    "--specs": lambda asked: [Answer("bundled", "only eniplan's own data"), *_files(".json", ".jsonl")(asked)],
    "--var-file": _files(".tfvars", ".tfvars.json"),
    "--waivers": _files(*_PLAIN),
    "--pool": _pools,
}
"""Values of options whose metavar is too general."""
BY_METAVAR: dict[str, Callable[[Asked], Iterable[Answer]]] = {
    "COMMAND...": _commands,
    "DIR": _files(*_NO_FILES),
    "FACT": _facts,
    "FAMILY": _families,
    "FILE": _files(*_PLAIN),
    "FORMAT=FILE": _outputs,
    "MANIFEST": _files(*_PLAIN),
    "RECEIPT": _files(".json"),
    "REGION": _among(*REGIONS),
    "RULE": _rules,
    "TYPE": _types,
    "[FILE]": _files(*_PLAIN),
    "[PLAN]": _files(*_PLAIN),
    "[PLAN]...": _files(*_PLAIN, ".tf", ".tofu", ".sh", ".bash", ".md"),
    "[RULE]": _rules,
}
