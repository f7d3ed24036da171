"""Shell completion: the scripts, in the shells that source them, and the values that are offered."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer

from eniplan.cli import COMMANDS, add
from eniplan.cli.completion import BY_METAVAR, BY_OPTION
from tests.harness import EXAMPLES, REPO, TIMEOUT, TOOLS, clean_env, run_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.harness import Run

PLAN = EXAMPLES / "trading-ipv4.yaml"
LINES = {
    "eniplan ch": "eniplan check ",
    "eniplan check --fo": "eniplan check --format ",
    "eniplan check --format=js": "eniplan check --format=json ",
    "eniplan check --type ecs.ebmhfg6": "eniplan check --type ecs.ebmhfg6.",
    "eniplan check --type ecs.g8i.12": "eniplan check --type ecs.g8i.12xlarge ",
    "eniplan check exam": "eniplan check examples/",
    "eniplan check --output sar": "eniplan check --output sarif=",
    "eniplan check --output sarif=exam": "eniplan check --output sarif=examples/",
    "eniplan create-pool examples/trading-ipv4.yaml --pool tr": (
        "eniplan create-pool examples/trading-ipv4.yaml --pool trading "
    ),
    "eniplan check my": "eniplan check my\\ plan.yaml ",
}
"""Lines, and what a press of Tab makes of them."""


def answers(run: Run, line: str, cwd: Path | None = None, for_: str = "fish", **env: str) -> list[str]:
    done = run(cwd=cwd, env={"_ENIPLAN_COMPLETE": for_, "_ENIPLAN_LINE": line, **env})
    assert (done.code, done.err) == (0, "")
    return done.out.splitlines()


def words(run: Run, line: str, cwd: Path | None = None, **env: str) -> list[str]:
    return [answer.partition("\t")[0] for answer in answers(run, line, cwd, **env)]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder to complete in, beside a `bin` with the program: scripts start it by name."""
    program = tmp_path / "bin" / "eniplan"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m eniplan "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    here = tmp_path / "here"
    shutil.copytree(EXAMPLES, here / "examples")
    shutil.copy(PLAN, here / "my plan.yaml")
    return here


def completed(place: Path, command: list[str], lines: Iterable[str], **changes: str) -> dict[str, str]:
    """Type lines into an interactive shell, press Tab once, and return what has become of them.

    The shell is told to print its line at Ctrl-T, and to empty it.
    """
    env = clean_env(place.parent, {"TERM": "xterm", **changes})
    env["PATH"] = f"{place.parent / 'bin'}:{env['PATH']}"
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, cwd=place, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as shell:
        os.close(theirs)
        made = {}
        try:
            for line in lines:
                os.write(ours, f"{line}\t\x14".encode())
                text = ""
                while (found := re.search(r"LINE<(.*)>", text)) is None:
                    ready, _, _ = select.select([ours], [], [], TIMEOUT)
                    assert ready, text
                    text += os.read(ours, 4096).decode(errors="replace")
                made[line] = found[1]
        finally:
            shell.kill()
            os.close(ours)
    return made


SHOWS = {
    "bash": (
        "bind 'set bell-style none'\nbind 'set enable-bracketed-paste off'\n"
        """_show() { echo "LINE<$READLINE_LINE>"; READLINE_LINE=; }\nbind -x '"\\C-t": _show'\n"""
    ),
    "zsh": """unsetopt beep\nshow() { print -r -- "LINE<$BUFFER>"; BUFFER= }\nzle -N show\nbindkey '^T' show\n""",
}
ZSH = ("zsh", "-o", "no_global_rcs", "-i")
needs_zsh = pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
needs_fish = pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")


def test_bash(place: Path) -> None:
    (place / "rc").write_text("source <(eniplan completion bash)\n" + SHOWS["bash"], encoding="utf-8")
    assert completed(place, ["bash", "--noprofile", "--rcfile", "rc", "-i"], LINES) == LINES


@needs_zsh
def test_zsh(place: Path) -> None:
    (place / ".zshrc").write_text("source <(eniplan completion zsh)\n" + SHOWS["zsh"], encoding="utf-8")
    assert completed(place, [*ZSH], LINES, ZDOTDIR=str(place)) == LINES


@needs_zsh
def test_zsh_completes_at_the_first_tab_from_a_folder_of_functions(place: Path) -> None:
    (place / "functions").mkdir()
    shutil.copy(REPO / "templates" / "completion" / "eniplan.zsh", place / "functions" / "_eniplan")
    script = "fpath+=($PWD/functions); autoload -Uz compinit; compinit -u\n" + SHOWS["zsh"]
    (place / ".zshrc").write_text(script, encoding="utf-8")
    first = "eniplan ch"
    assert completed(place, [*ZSH], [first], ZDOTDIR=str(place)) == {first: LINES[first]}


@needs_fish
def test_fish(place: Path) -> None:
    asked = "; echo ====; ".join(f"complete --do-complete {shlex.quote(line)}" for line in LINES)
    env = clean_env(place.parent)
    env["PATH"] = f"{place.parent / 'bin'}:{env['PATH']}"
    command = ["fish", "--no-config", "-c", f"eniplan completion fish | source; {asked}"]
    done = run_process(command, cwd=place, env=env)
    assert (done.code, done.err) == (0, "")
    offered = [part.split("\t")[0].strip() for part in done.out.split("====\n")]
    for (line, made), word in zip(LINES.items(), offered, strict=True):
        assert line[: line.rindex(" ") + 1] + word == made.strip().replace("\\ ", " ")


def test_script_is_that_of_the_shell_in_use(run: Run) -> None:
    assert run("completion", env={"SHELL": "/usr/bin/zsh"}).out.startswith("#compdef eniplan\n")
    unknown = run("completion", env={"SHELL": "/bin/sh"})
    assert (unknown.code, unknown.out) == (2, "")
    assert unknown.err == (
        "command line: error: $SHELL is not one of bash, zsh, fish\n    name one: eniplan completion bash\n"
    )


def test_shellcheck(tmp_path: Path) -> None:
    script = REPO / "templates" / "completion" / "eniplan.bash"
    done = run_process([str(TOOLS / "shellcheck"), "--shell=bash", str(script)], cwd=tmp_path, env=clean_env(tmp_path))
    assert (done.code, done.out) == (0, "")


# --- What is offered ----------------------------------------------------------------------------------------------


def test_commands_and_options_come_with_what_they_are_for(run: Run) -> None:
    assert [line.split("\t") for line in answers(run, "eniplan ")] == [[n, c] for n, c in COMMANDS.items()]
    assert answers(run, "eniplan check --fo") == [
        "--format\tFormat of stdout. text: a view on a terminal, otherwise plain lines."
    ]
    assert words(run, "sudo eniplan specs sh") == ["show"]


def test_types_come_by_family_first(run: Run) -> None:
    families = words(run, "eniplan check --type ecs.g8i")
    assert families[0] == "ecs.g8i."
    sizes = words(run, "eniplan specs show ecs.g8i.")
    assert {"ecs.g8i.large", "ecs.g8i.48xlarge"} <= set(sizes)
    assert all(size.startswith("ecs.g8i.") for size in sizes)
    assert words(run, "eniplan instances --like ecs.g8i.8") == ["ecs.g8i.8xlarge"]
    assert words(run, "eniplan instances --family ecs.g8i") == [f.rstrip(".") for f in families]


def test_rules_come_with_their_titles(run: Run) -> None:
    assert answers(run, "eniplan explain ENI001") == ["ENI001\tThe instance type has six ENIs or fewer"]


def test_pools_are_those_of_the_plan(run: Run, place: Path) -> None:
    line = "eniplan create-pool examples/streaming-dual-stack.yaml --emit cli --pool "
    assert words(run, line, place) == ["streaming"]
    assert words(run, "eniplan create-pool --pool ", place) == []
    shutil.copy(PLAN, place / "eniplan.yaml")
    assert words(run, "eniplan create-pool --pool ", place) == ["trading"]
    assert words(run, "eniplan verify examples/trading-ipv4.yaml --pool ", place) == ["trading="]


def test_files_come_by_their_endings(run: Run, place: Path) -> None:
    for name in ("a.yaml", "a.tf", "a.tfvars", "a.jsonl", "a.txt", ".hidden.yaml"):
        (place / name).touch()
    assert words(run, "eniplan check a", place) == ["a.tf", "a.yaml"]
    assert words(run, "eniplan check --var-file a", place) == ["a.tfvars"]
    assert words(run, "eniplan check --specs ", place) == ["bundled", "a.jsonl", "examples/"]
    assert words(run, "eniplan render-manifests --out-dir ", place) == ["examples/"]
    assert words(run, "eniplan check nowhere/", place) == []
    assert words(run, "eniplan check .h", place) == [".hidden.yaml"]


def test_contexts_are_those_of_kubectl(run: Run, tmp_path: Path) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text("#!/bin/sh\nprintf 'prod\\nstaging\\n'\n", encoding="utf-8")
    kubectl.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    assert words(run, "eniplan verify --context ", PATH=path) == ["prod", "staging"]
    assert words(run, "eniplan verify --context ", PATH=str(tmp_path / "none")) == []


@pytest.mark.parametrize(
    "line", ["", "eniplan check 'open", "eniplan nope --x ", "eniplan create-pool gone.yaml --pool "]
)
def test_what_cannot_be_answered_is_no_message(run: Run, line: str, tmp_path: Path) -> None:
    (tmp_path / ".eniplan").mkdir()
    (tmp_path / ".eniplan" / "config.yaml").write_text("nope: 1\n", encoding="utf-8")
    answers(run, line, tmp_path)


def test_the_language_is_taken_anywhere_and_spoken(run: Run) -> None:
    assert words(run, "eniplan check --lang ") == ["en", "zh"]
    assert words(run, "eniplan check --la") == ["--lang"]
    assert words(run, "eniplan check --lang zh --fo") == ["--format"]
    assert words(run, "eniplan --lang en check --fo") == ["--format"]
    (english,) = answers(run, "eniplan explain ENI001")
    (chinese,) = answers(run, "eniplan explain ENI001", ENIPLAN_LANG="zh")
    assert chinese.startswith("ENI001\t")
    assert chinese != english


def test_bash_gets_words_without_what_it_holds_for_the_word_before(run: Run) -> None:
    assert answers(run, "eniplan check --format=js", for_="bash") == ["json"]
    assert answers(run, "eniplan check --format=js", for_="zsh") == ["--format=json"]


def _parameters(command: Any, name: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a type of typer's own
    for parameter in command.params:
        yield name, parameter
    for inner in getattr(command, "commands", {}).items():
        yield from _parameters(inner[1], f"{name} {inner[0]}")


FREE = (
    "DATE", "DAYS", "DURATION", "GBPS", "GLOB", "ID", "N", "NAME", "NAME=VALUE", "[NAMESPACE/]NAME", "RANGE", "URL",
    "VERSION", "WORDS", "ZONES",
)  # fmt: skip
"""Metavars of values that cannot be listed."""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_with_a_value_is_decided(name: str) -> None:
    app = typer.Typer()
    add(app, name)
    app.callback()(lambda: None)
    undecided = [
        f"{command} {parameter.opts}"
        for command, parameter in _parameters(typer.main.get_command(app), "eniplan")
        if not getattr(parameter, "is_flag", False)
        and not hasattr(parameter.type, "choices")
        and not BY_OPTION.keys() & set(parameter.opts)
        and parameter.metavar not in (*BY_METAVAR, *FREE, "NAME=ID")
    ]
    assert undecided == []
