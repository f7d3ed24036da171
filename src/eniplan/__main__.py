"""The entry point. Handles `--version` before anything else is imported."""

from __future__ import annotations

import gc
import os
import sys


def main() -> int:
    """Run eniplan with `sys.argv`; return the exit code. End the process here if calls to the account go on."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from eniplan._version import __version__  # noqa: PLC0415 - and nothing else

        try:
            os.write(1, f"eniplan {__version__}\n".encode())
        except OSError:
            pass  # `run` tries again and reports the error
        else:
            return 0
    import signal  # noqa: PLC0415 - typer imports it anyway; --version does not need it

    # nohup and background shells ignore SIGINT; keep it ignored.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave)
    # Imported modules live until exit: scanning them for garbage costs a check 7 % of its time.
    gc.disable()
    from eniplan import terminal  # noqa: PLC0415 - --version does not need it

    terminal.keep_streams()
    from eniplan.cli import run  # noqa: PLC0415 - imports typer, 40 ms that --version does not pay

    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _interrupted()
    threads = sys.modules.get("threading")
    if threads is not None and threads.active_count() > 1:
        os._exit(code)  # a normal exit frees OpenSSL's memory, and a call that still uses it ends with SIGSEGV
    gc.freeze()  # the process ends: a last search for cycles costs a large check a sixth of its time
    return code


def _interrupted() -> int:
    """Report Ctrl-C for commands that have nothing to add; return the exit code."""
    try:  # noqa: SIM105 - not worth importing contextlib
        # The terminal has echoed ^C on the same line.
        os.write(2, (b"\n" if os.isatty(2) else b"") + b"interrupted: run the same command again\n")
    except OSError:
        pass  # stderr is gone
    return 130


def _leave(*_: object) -> None:
    """Exit at once: no command runs yet, and an import can swallow a KeyboardInterrupt."""
    os._exit(_interrupted())


if __name__ == "__main__":
    sys.exit(main())
