"""The entry point. Handles `--version` before anything else is imported."""

from __future__ import annotations

import gc
import os
import sys


def main() -> int:
    """Run eniplan with the arguments of the process; return the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from eniplan._version import __version__  # noqa: PLC0415 - and nothing else

        try:
            os.write(1, f"eniplan {__version__}\n".encode())
        except OSError:
            pass  # told below, where errors are told
        else:
            return 0
    import signal  # noqa: PLC0415 - typer brings it along, and --version goes without

    # Ignored when it was started under nohup or in the background, and then it stays so.
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _leave)
    # What is imported stays to the end: collecting it again and again costs a check 7 % of its time.
    gc.disable()
    from eniplan import terminal  # noqa: PLC0415 - --version goes without

    terminal.keep_streams()
    from eniplan.cli import run  # noqa: PLC0415 - imports typer, 40 ms that --version does not pay

    try:
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return _interrupted()
    finally:
        gc.freeze()  # all goes with the process: to look for cycles once more costs a large check a sixth of its time


def _interrupted() -> int:
    """Report Ctrl-C for commands that have nothing to add; return the exit code."""
    try:  # noqa: SIM105 - contextlib is not imported for this
        # A terminal has shown ^C in the same line.
        os.write(2, (b"\n" if os.isatty(2) else b"") + b"interrupted: run the same command again\n")
    except OSError:
        pass  # nobody listens
    return 130


def _leave(*_: object) -> None:
    """Exit at once: nothing has started, and a KeyboardInterrupt can get lost during imports."""
    os._exit(_interrupted())


if __name__ == "__main__":
    sys.exit(main())
