"""How eniplan behaves as a process: help, version, signals, closed pipes, and what goes to which stream."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from eniplan._version import __version__
from eniplan.cli import COMMANDS
from eniplan.cli.options import ReportFormat
from tests.harness import EXAMPLES, TIMEOUT, clean_env, eniplan_command

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

DOCUMENTS = [form for form in ReportFormat if form is not ReportFormat.TEXT]
"""Formats for machines."""
HELPED = [(), *((name,) for name in COMMANDS), ("specs", "show")]


@pytest.mark.parametrize("command", HELPED, ids=" ".join)
def test_help(run: Run, command: tuple[str, ...]) -> None:
    short, long = run(*command, "-h"), run(*command, "--help")
    assert (short.code, short.err) == (0, "")
    assert short == long
    # Examples come before options and arguments.
    head = re.split(r"\n(?:Options|Arguments):\n", short.out)[0]
    assert "\n  Examples:\n    eniplan " in head
    assert f"Usage: eniplan {' '.join(command)}".rstrip() in head
    assert "\b" not in short.out
    for example in re.findall(r"(?:^    |&& |\| )eniplan ([a-z-]+)", short.out, re.MULTILINE):
        assert example in COMMANDS


def test_help_lists_every_command_and_exit_code(run: Run) -> None:
    text = run("--help").out
    listed = text.partition("\nCommands:\n")[2]
    assert re.findall(r"^  ([a-z-]+) ", listed, re.MULTILINE) == list(COMMANDS)
    for code in ("0 clean", "1 findings", "2 usage", "3 input", "4 cloud", "5 the create", "130 Ctrl-C"):
        assert code in text


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(run: Run, option: str) -> None:
    assert run(option).out == f"eniplan {__version__}\n"
    assert run("check", option).code == 2
    assert run(option, "check").out == f"eniplan {__version__}\n"


def test_no_command(run: Run) -> None:
    result = run()
    assert result.code == 2
    assert "Usage: eniplan [OPTIONS] COMMAND [ARGS]..." in result.out + result.err


def test_unknown_command(run: Run) -> None:
    result = run("chek")
    assert (result.code, result.out) == (2, "")
    assert "command line: error: no such command 'chek'" in result.err
    assert "check" in result.err


def interruptible(*args: str) -> list[str]:
    """Return the command line of an eniplan that Ctrl-C reaches, whatever the test runner itself ignores.

    Workers of pytest-xdist and background jobs of a shell ignore SIGINT, and their children inherit that.
    """
    restore = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
    )
    return [sys.executable, "-c", restore, *eniplan_command(*args)]


TOLD = "interrupted: run the same command again\n"


class TestSignals:
    def interrupt(self, tmp_path: Path, *args: str, stdin: int) -> tuple[int, str]:
        """Start eniplan with a FIFO `plan.yaml`, send SIGINT when it has opened that; return exit code and stderr."""
        pipe = tmp_path / "plan.yaml"
        os.mkfifo(pipe)
        process = subprocess.Popen(
            interruptible("check", "plan.yaml", *args),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=clean_env(tmp_path),
        )
        try:
            # Opening a FIFO for writing waits for its reader.
            with pipe.open("wb") as writer:
                if "-" in args:  # let it go on to stdin, which nobody closes
                    writer.write(b"apiVersion: eniplan/v1\nnodePools: [{name: a}]\n")
                    writer.close()
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
            process.wait()
        return process.returncode, err.decode()

    def test_while_reading_a_file(self, tmp_path: Path) -> None:
        assert self.interrupt(tmp_path, stdin=subprocess.DEVNULL) == (130, TOLD)

    def test_while_reading_stdin(self, tmp_path: Path) -> None:
        read, write = os.pipe()
        try:
            assert self.interrupt(tmp_path, "-", stdin=read) == (130, TOLD)
        finally:
            os.close(read)
            os.close(write)


class TestClosedPipes:
    def pipeline(self, script: str, tmp_path: Path) -> tuple[int, str]:
        """Run a shell pipeline in which `eniplan` is this eniplan; return the first command's exit code and stderr."""
        function = f'eniplan() {{ {shlex.join([sys.executable, "-m", "eniplan"])} "$@"; }}\n'
        whole = f"{function}{{ {{ {script}; echo $? >code; }} | head -n 1; }} >out"
        done = subprocess.run(
            ["/bin/sh", "-c", whole], cwd=tmp_path, env=clean_env(tmp_path), capture_output=True, timeout=TIMEOUT,
            check=True,
        )  # fmt: skip
        return int((tmp_path / "code").read_text()), done.stderr.decode()

    @pytest.mark.parametrize("command", ["explain", "schema", "specs", "explain --format json", "init -", "--help"])
    def test_reader_that_stops_early(self, tmp_path: Path, command: str) -> None:
        code, err = self.pipeline(f"eniplan {command}", tmp_path)
        assert err == ""
        assert code == 0
        assert len((tmp_path / "out").read_text().splitlines()) == 1

    def test_a_large_report(self, tmp_path: Path) -> None:
        pools = "".join(f"- {{name: p{n}, instanceTypes: [ecs.g7.2xlarge]}}\n" for n in range(400))
        (tmp_path / "plan.yaml").write_text(f"apiVersion: eniplan/v1\nnodePools:\n{pools}")
        code, err = self.pipeline("eniplan check plan.yaml", tmp_path)
        assert code == 1  # the verdict is the exit code, whoever reads the report
        summary, offer = err.splitlines()
        assert "400 pools checked" in summary
        assert offer.startswith("400 fixable with `eniplan check --fix --unsafe-fixes`")

    @pytest.mark.parametrize("form", DOCUMENTS)
    def test_a_large_report_in_every_format(self, tmp_path: Path, form: str) -> None:
        pools = "".join(f"- {{name: p{n}, instanceTypes: [ecs.g7.2xlarge]}}\n" for n in range(400))
        (tmp_path / "plan.yaml").write_text(f"apiVersion: eniplan/v1\nnodePools:\n{pools}")
        code, err = self.pipeline(f"eniplan check plan.yaml --format {form} --output json=report.json", tmp_path)
        assert code == 1
        assert "rror:" not in err
        assert len((tmp_path / "out").read_text().splitlines()) == 1
        # What goes to a file is whole, whatever becomes of stdout.
        assert len(json.loads((tmp_path / "report.json").read_text())["pools"]) == 400

    def shell(self, args: str, tmp_path: Path) -> subprocess.CompletedProcess[bytes]:
        """Run eniplan with redirections of the shell."""
        script = f"{shlex.join([sys.executable, '-m', 'eniplan'])} {args}"
        return subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=tmp_path,
            env=clean_env(tmp_path),
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )

    @pytest.mark.parametrize("command", ["explain ENI001", "schema", "check --type ecs.g7.2xlarge"])
    @pytest.mark.parametrize(
        ("where", "reason"),
        [(">&-", "stdout is closed"), (">/dev/full", "no space left on device")],
        ids=["closed", "full"],
    )
    def test_nowhere_to_write(self, tmp_path: Path, command: str, where: str, reason: str) -> None:
        done = self.shell(f"{command} {where}", tmp_path)
        assert (done.returncode, done.stdout) == (3, b"")
        assert done.stderr.decode() == f"stdout: error: cannot write the output: {reason}\n"

    def test_nobody_listens_on_stderr(self, tmp_path: Path) -> None:
        done = self.shell("check 2>&-", tmp_path)
        assert (done.returncode, done.stdout) == (3, b"")
        done = self.shell("check --type ecs.g7.2xlarge 2>&-", tmp_path)
        assert done.returncode == 1
        assert b"ENI001" in done.stdout


class TestBytes:
    """What a format writes depends on the plan and on nothing else."""

    @pytest.mark.parametrize("form", DOCUMENTS)
    def test_two_runs_are_equal_and_plain(self, run: Run, form: str) -> None:
        args = ("check", EXAMPLES / "many-mistakes.yaml", EXAMPLES / "trading-ipv4.yaml", "--format", form)
        first = run(*args, env={"PYTHONHASHSEED": "1", "NO_COLOR": "1", "TZ": "UTC"})
        # Nor do a terminal's colours and width, the order of sets, or the hour reach into it.
        other = {"PYTHONHASHSEED": "2", "FORCE_COLOR": "1", "COLUMNS": "30", "TZ": "Asia/Shanghai", "LC_ALL": "C"}
        assert first == run(*args, env=other)
        assert first.code == 1
        assert first.out.endswith("\n")
        assert not re.search("[\\x00-\\x09\\x0b-\\x1f\\x7f]", first.out)

    def test_text_in_a_pipe(self, run: Run) -> None:
        args = ("check", EXAMPLES / "many-mistakes.yaml")
        first = run(*args, env={"PYTHONHASHSEED": "1", "CI": "true"})
        assert first == run(*args, env={"PYTHONHASHSEED": "2", "CLICOLOR_FORCE": "1", "COLUMNS": "30"})
        assert not re.search("[\\x00-\\x09\\x0b-\\x1f\\x7f]", first.out)


def shell(tmp_path: Path, command: str) -> tuple[int, str, str]:
    """Run eniplan in a shell, which can close streams; return the exit code, stdout and stderr."""
    (tmp_path / "plan.yaml").write_bytes((EXAMPLES / "trading-ipv4.yaml").read_bytes())
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace("eniplan", shlex.join(eniplan_command()))],
        cwd=tmp_path, env=clean_env(tmp_path), capture_output=True, timeout=TIMEOUT, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("nobody", ["2>/dev/full", "2>&-"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("check plan.yaml --format json", 0),
        ("check no.yaml", 3),
        ("check plan.yaml --nope", 2),
        ("chek", 2),
        ("verify --from plan.yaml", 3),
        ("--help", 0),
        ("--version", 0),
    ],
)
def test_a_stderr_that_nobody_hears_changes_nothing(tmp_path: Path, nobody: str, words: str, code: int) -> None:
    heard = shell(tmp_path, f"eniplan {words}")
    unheard = shell(tmp_path, f"eniplan {words} {nobody}")
    assert heard[0] == unheard[0] == code
    assert heard[1] == unheard[1]


@pytest.mark.parametrize("words", ["check plan.yaml", "--version", "--help", "explain ENI001", "schema"])
@pytest.mark.parametrize(("full", "why"), [(">/dev/full", "no space left on device"), (">&-", "stdout is closed")])
def test_a_stdout_that_takes_nothing_is_told(tmp_path: Path, words: str, full: str, why: str) -> None:
    code, _, err = shell(tmp_path, f"eniplan {words} {full}")
    assert code == 3
    assert why in err
    assert "fault" not in err


@pytest.mark.parametrize("words", ["check -", "verify --from -", "render-manifests -", "create-pool -"])
def test_a_closed_stdin_is_a_message(tmp_path: Path, words: str) -> None:
    code, _, err = shell(tmp_path, f"eniplan {words} <&-")
    assert code == 3
    assert err.startswith("-: error: stdin is closed\n    pipe something in, or name a file\n")


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("")
    shell(tmp_path, "eniplan check plan.yaml no.yaml --output json=report.json >&- 2>&- <&-")
    assert json.loads((tmp_path / "report.json").read_bytes())["exitCode"] == 3


def test_a_working_folder_that_is_gone_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    code, _, err = shell(tmp_path, f"cd gone && rmdir {tmp_path}/gone && eniplan check {tmp_path}/plan.yaml -o json=x")
    assert code in {2, 3}
    assert "fault" not in err
