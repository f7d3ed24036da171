"""A warm process that forks one child for each run of eniplan.

Importing the SDK takes half a second of CPU time, and the fault matrix has hundreds of runs. The zygote has imported
eniplan and the SDK, and has no threads or connections. Each child is a separate process in everything that matters to
tests: arguments, environment, folder, streams, signals, exit. Only variables that the SDK reads once, when imported
(`ALIBABA_*`, HOME), are the zygote's; runs with other values need a new process (`tests.live.runs`).

Protocol over a Unix socket: a JSON line, with the three streams as file descriptors, requests a run. The response is
`{"pid": N}`; `{"pid": N, "status": S}` follows when that child ends.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

import coverage

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_MESSAGE = 1 << 20
SDK = (
    "alibabacloud_credentials.client",
    "alibabacloud_cs20151215.client",
    "alibabacloud_ecs20140526.client",
    "alibabacloud_tea_openapi.utils_models",
    "darabonba.runtime",
)


def main() -> None:
    """Import everything, then serve until the other side closes the socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    import_all()
    save_coverage()
    # Ctrl-C is for pytest; this process ends when pytest closes the socket. Block the signal instead of ignoring it, so
    # that a child interrupted early gets it as soon as it unblocks it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    bell, ringer = socket.socketpair()
    for end in (bell, ringer):
        end.setblocking(False)  # noqa: FBT003 - the parameter has no name
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
    with selectors.DefaultSelector() as waiting:
        waiting.register(control, selectors.EVENT_READ)
        waiting.register(bell, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is bell:
                    bell.recv(4096)
                    tell_the_dead(control)
                    continue
                text, streams, _, _ = socket.recv_fds(control, LONGEST_MESSAGE, 3)
                if not text:
                    return
                asked = json.loads(text)
                assert threading.active_count() == 1, "a thread would not survive the fork"
                pid = os.fork()
                if pid == 0:
                    waiting.close()
                    for end in (control, bell, ringer):
                        end.close()
                    become_eniplan(asked, streams)
                for stream in streams:
                    os.close(stream)
                send(control, {"pid": pid})


def import_all() -> None:
    """Import the SDK and every module of eniplan, including those that only some calls need."""
    for name in SDK:
        importlib.import_module(name)
    package = importlib.import_module("eniplan")
    for module in pkgutil.walk_packages(package.__path__, "eniplan."):
        importlib.import_module(module.name)


def save_coverage() -> None:
    """Save what imports have run, so that no child has to save it again."""
    measuring = coverage.Coverage.current()
    if measuring is not None:
        measuring.save()


def tell_the_dead(control: socket.socket) -> None:
    """Report all children that ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        send(control, {"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def send(control: socket.socket, message: dict[str, int]) -> None:
    """Write one line."""
    control.sendall(json.dumps(message).encode() + b"\n")


def die_before(step: int) -> None:
    """Kill this process right before its n-th step: a lock, a part of a request, or a rename of a file."""
    taken = 0

    def count(event: str, args: tuple[object, ...]) -> None:
        nonlocal taken
        # Ignore the rename by which coverage saves its data.
        if event in {"fcntl.flock", "http.client.send", "os.rename"} and ".coverage." not in str(args[0]):
            taken += 1
            if taken == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def become_eniplan(asked: dict[str, Any], streams: list[int]) -> NoReturn:
    """Turn this child into the process that `python -m eniplan` would be, and end as it would."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    if asked["terminal"]:
        import fcntl  # noqa: PLC0415 - for terminals only
        import termios  # noqa: PLC0415 - for terminals only

        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    # Make new objects: those of the zygote remember that their streams were not terminals.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - stays open until exit
    buffering = 1 if os.isatty(1) else -1
    sys.stdout = open(1, "w", buffering, encoding="utf-8", closefd=False)  # noqa: SIM115 - the same
    sys.stderr = open(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115 - the same
    os.environ.clear()
    os.environ.update(asked["env"])
    if "DIE_BEFORE" in os.environ:
        die_before(int(os.environ.pop("DIE_BEFORE")))
    os.chdir(asked["cwd"])
    sys.argv = ["eniplan", *asked["args"]]
    from eniplan.__main__ import _leave  # noqa: PLC0415 - imported by import_all already
    from eniplan.__main__ import main as eniplan_main  # noqa: PLC0415 - the same

    # As at the start of eniplan's `main`; a pending signal arrives with the second line.
    signal.signal(signal.SIGINT, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    end_as_python_does(eniplan_main)


def end_as_python_does(program: Callable[[], int]) -> NoReturn:
    """Run a program and end this child: wait for threads, and run exit handlers, which save coverage.

    This skips the destruction of thousands of modules, which takes four fifths of the time of a short run.
    """
    code: object = 0
    try:
        code = program()
    except SystemExit as done:
        code = done.code
    except BaseException:  # noqa: BLE001 - print it as Python prints uncaught exceptions
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined] # noqa: SLF001 - the interpreter calls it, too
    atexit._run_exitfuncs()  # noqa: SLF001 - the same
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
