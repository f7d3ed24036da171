"""The way in. `--version` is answered before anything else is imported."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run eniplan with the arguments of the process; return the exit code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from eniplan._version import __version__  # noqa: PLC0415 - and nothing else

        sys.stdout.write(f"eniplan {__version__}\n")
        return 0
    # What is imported stays to the end: collecting it again and again costs a check 7 % of its time.
    gc.disable()
    from eniplan.cli import run  # noqa: PLC0415 - imports typer, 40 ms that --version does not pay

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
