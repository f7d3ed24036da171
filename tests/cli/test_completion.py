"""Shell completion: the scripts that people source, and what these ask eniplan on each press of Tab."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

from eniplan.cli import COMMANDS
from tests.harness import clean_env, run_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result, Run

SHELLS = ("bash", "zsh", "fish")


@pytest.fixture
def bash(tmp_path: Path) -> Path:
    """Return a folder for the PATH with an `eniplan`: completion scripts start it by name."""
    program = tmp_path / "bin" / "eniplan"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m eniplan "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return program.parent


def in_bash(script: str, programs: Path) -> Result:
    env = clean_env(programs.parent)
    env["PATH"] = f"{programs}:{env['PATH']}"
    return run_process(["bash", "--noprofile", "--norc", "-c", script], cwd=programs.parent, env=env)


def test_show_completion_finds_out_which_shell_asks(bash: Path) -> None:
    shown = in_bash("eniplan --show-completion; true", bash)
    assert (shown.code, shown.err) == (0, "")
    assert "complete -o default -F _eniplan_completion eniplan" in shown.out


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("eniplan", "ch"), ["check"]),
        (("eniplan", "check", "--fo"), ["--format"]),
        (("eniplan", "check", "--format", "js"), ["json"]),
        (("eniplan", "init", "--ci", "git"), ["github", "gitlab"]),
        (("eniplan", "specs", "sh"), ["show"]),
    ],
    ids=" ".join,
)
def test_bash(bash: Path, words: tuple[str, ...], offered: list[str]) -> None:
    """The real thing: source the script, and call the function that it registers as bash does."""
    script = (
        "source <(_ENIPLAN_COMPLETE=source_bash eniplan); complete -p eniplan >&2\n"
        f"COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}\n"
        '_eniplan_completion eniplan; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = in_bash(script, bash)
    assert (done.code, done.err) == (0, "complete -o default -F _eniplan_completion eniplan\n")
    assert done.out.split() == offered


@pytest.mark.parametrize("shell", SHELLS)
def test_script_asks_in_the_words_that_eniplan_understands(run: Run, shell: str) -> None:
    script = run(env={"_ENIPLAN_COMPLETE": f"source_{shell}"})
    assert (script.code, script.err) == (0, "")
    assert f"_ENIPLAN_COMPLETE=complete_{shell}" in script.out
    assert {"bash": "complete ", "zsh": "compdef ", "fish": "complete --command "}[shell] in script.out


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_answers(run: Run, shell: str) -> None:
    """What the scripts of zsh and fish ask; their answers hold a description for each word."""

    def asked(words: str) -> str:
        env = {"_ENIPLAN_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": words}
        return run(env={**env, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}).out

    first = re.compile(r'^(?:_arguments .*\(\()?"?([a-z-]+)[":\t]*', re.MULTILINE)
    assert first.findall(asked("eniplan ")) == list(COMMANDS)
    assert first.findall(asked("eniplan check --fo")) == ["--format"]
    assert "Judge plans" in asked("eniplan che")
    assert set(COMMANDS) & set(first.findall(asked("eniplan check "))) == set()
