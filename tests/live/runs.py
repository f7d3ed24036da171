"""Run eniplan against the loopback cloud: start it quickly, watch it, kill it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path  # noqa: TC003 - read by dataclasses
from typing import TYPE_CHECKING, BinaryIO, Protocol

from tests.harness import REPO, TIMEOUT, Result, clean_env, eniplan_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

KEY, SECRET = "LTAI-loopback", "loopback-secret"
"""The access key of the account in `tests/loopback/sample.yaml`."""
CREDENTIALS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY,
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
    "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
}
_READ_AT_IMPORT = ("ALIBABA", "HOME", "DEBUG", "PYTHON")
"""Prefixes of variables that take effect at import, too early for a fork of the zygote."""


class LiveRun:
    """One run of eniplan: a process with its streams in files, or on a terminal."""

    def __init__(self, pid: int, folder: Path, wait: Callable[[float], int], keyboard: int | None = None) -> None:
        """Store the process.

        Args:
            pid: its process id.
            folder: the folder of its streams.
            wait: waits for its exit code, at most the given seconds.
            keyboard: the other side of its terminal, if it has one.

        """
        self.pid = pid
        self._folder = folder
        self._wait = wait
        self._keyboard = keyboard
        self.code: int | None = None
        """The exit code, negative for a signal as in `subprocess`; None before `wait` returns."""

    @property
    def out(self) -> str:
        """Its output on stdout so far."""
        return (self._folder / "stdout").read_text("utf-8")

    @property
    def err(self) -> str:
        """Its output on stderr so far."""
        return (self._folder / "stderr").read_text("utf-8")

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the run has ended."""
        if self.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def type(self, text: str) -> None:
        """Type on its terminal."""
        assert self._keyboard is not None, "this run has no terminal"
        os.write(self._keyboard, text.encode())

    def kill(self) -> None:
        """Kill it, as `kill -9` does."""
        self.send_signal(signal.SIGKILL)

    def interrupt(self) -> None:
        """Send Ctrl-C."""
        self.send_signal(signal.SIGINT)

    def wait(self, timeout: float = TIMEOUT) -> Result:
        """Wait for it to end.

        Raises:
            TimeoutError: it did not end within `timeout` seconds.

        """
        if self.code is None:
            self.code = self._wait(timeout)
        return Result(self.code, self.out, self.err)

    def wait_for_text(self, text: str, timeout: float = TIMEOUT) -> None:
        """Wait until stdout or stderr contains a text.

        Raises:
            TimeoutError: neither did within `timeout` seconds.

        """
        end = time.monotonic() + timeout
        while text not in self.out + self.err:
            if time.monotonic() > end:
                msg = f"no {text!r} within {timeout} s, only {self.out + self.err!r}"
                raise TimeoutError(msg)
            time.sleep(0.01)


class Zygote:
    """The client of `tests.live.zygote`, one per test worker.

    It and its children are the only processes whose coverage is measured: each new process would take three times as
    long.
    """

    def __init__(self, home: Path) -> None:
        """Start it with the credentials of the sample account and this home, which the SDK reads when imported."""
        self._control, theirs = socket.socketpair()
        self._codes: dict[int, int] = {}
        self._pids: list[int] = []
        self._rest = b""
        measured = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.live.zygote", str(theirs.fileno())],
                cwd=REPO, env=clean_env(home, {**CREDENTIALS, **measured}), pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def close(self) -> None:
        """Let it end by itself, so that it saves its coverage."""
        self._control.close()
        self._process.wait(TIMEOUT)

    def fork(  # noqa: PLR0913 - the parts of a run
        self, args: list[str], env: Mapping[str, str], cwd: Path, folder: Path, stdin: bytes, *, terminal: bool
    ) -> LiveRun:
        """Start a run whose streams are files in `folder`, or a terminal that is recorded in `folder / "stdout"`."""
        asked = json.dumps({"args": args, "env": dict(env), "cwd": str(cwd), "terminal": terminal}).encode()
        if terminal:
            ours, theirs = pty.openpty()
            for name in ("stdout", "stderr"):
                (folder / name).touch()
            pid = self._ask(asked, [theirs] * 3)
            os.close(theirs)
            copying = threading.Thread(target=_copy, args=(ours, folder / "stdout"), daemon=True)
            copying.start()

            def wait(timeout: float) -> int:
                code = self._code(pid, timeout)
                copying.join()
                return code

            return LiveRun(pid, folder, wait, ours)
        with _files(folder, stdin) as streams:
            pid = self._ask(asked, [stream.fileno() for stream in streams])
        return LiveRun(pid, folder, lambda timeout: self._code(pid, timeout))

    def _ask(self, asked: bytes, streams: list[int]) -> int:
        socket.send_fds(self._control, [asked], streams)
        self._receive(TIMEOUT, lambda: bool(self._pids))
        return self._pids.pop()

    def _code(self, pid: int, timeout: float) -> int:
        self._receive(timeout, lambda: pid in self._codes)
        return self._codes.pop(pid)

    def _receive(self, timeout: float, done: Callable[[], bool]) -> None:
        end = time.monotonic() + timeout
        while not done():
            self._control.settimeout(max(0.001, end - time.monotonic()))
            text = self._control.recv(65536)
            assert text, "the zygote has ended; its own words are on stderr"
            *lines, self._rest = (self._rest + text).split(b"\n")
            for line in lines:
                told = json.loads(line)
                if "status" in told:
                    self._codes[told["pid"]] = told["status"]
                else:
                    self._pids.append(told["pid"])


@contextlib.contextmanager
def _files(folder: Path, stdin: bytes) -> Iterator[tuple[BinaryIO, BinaryIO, BinaryIO]]:
    (folder / "stdin").write_bytes(stdin)
    with (
        (folder / "stdin").open("rb") as source,
        (folder / "stdout").open("wb") as out,
        (folder / "stderr").open("wb") as err,
    ):
        yield source, out, err


def _copy(terminal: int, file: Path) -> None:
    """Record the output of a terminal until the last process closes it."""
    with file.open("ab", buffering=0) as out:
        while True:
            try:
                text = os.read(terminal, 65536)
            except OSError:  # the last process closed it
                return
            out.write(text)


def start_process(args: list[str], env: Mapping[str, str], cwd: Path, folder: Path, stdin: bytes) -> LiveRun:
    """Start a run as a new process whose streams are files in `folder`."""
    with _files(folder, stdin) as (source, out, err):
        process = subprocess.Popen(eniplan_command(*args), cwd=cwd, env=dict(env), stdin=source, stdout=out, stderr=err)

    def wait(timeout: float) -> int:
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            msg = f"process {process.pid} has not ended within {timeout} s"
            raise TimeoutError(msg) from None

    return LiveRun(process.pid, folder, wait)


def needs_true_process(env: Mapping[str, str | None] | None) -> bool:
    """Return whether changes of the environment would come too late for a fork."""
    return any(name.startswith(_READ_AT_IMPORT) for name in env or {})


_ASK = frozenset(("--live", "--apply", "--lang", "doctor", "update", "resume", "completion"))
_LANGUAGES = ("ENIPLAN_LANG", "LC_", "LANG", "_ENIPLAN")


def asks_or_translates(words: Sequence[str], env: Mapping[str, str], cwd: Path) -> bool:
    """Return whether a run may query an account, whose credentials the zygote has read, or use another language."""
    is_set = (cwd / ".eniplan").exists() or any(name.startswith(_LANGUAGES) for name in env)
    return is_set or not _ASK.isdisjoint(word.partition("=")[0] for word in words)


class Live(Protocol):
    """The `live` fixture: starts `eniplan ARGS` against the `cloud` of the same test."""

    def __call__(
        self,
        *args: str | Path,
        env: Mapping[str, str | None] | None = None,
        stdin: bytes = b"",
        cwd: Path | None = None,
        terminal: bool = False,
        true_process: bool = False,
    ) -> LiveRun:
        """Start it; `.wait()` returns its result. `env` adds variables, or removes those with value None.

        `cwd` defaults to an empty folder, the same for all runs of a test, like HOME. The environment has the
        credentials of the sample account, and ENIPLAN_ENDPOINT. With `terminal`, all three streams are a terminal, and
        `out` is its output. The run is a fork of the zygote, unless `env` has variables that only a new process can
        honour, or `true_process` is set.
        """
