"""An eniplan that presses Ctrl-C on itself: `interrupted.py N ARGS`, at the N-th thing that happens.

What happens are Python's audit events since `main` has begun: each import, each file that is opened, each part of a
request. A moment is so the same in every run, and no clock decides.
"""

from __future__ import annotations

import os
import signal
import sys

from eniplan.__main__ import main

STEP = int(sys.argv.pop(1))
taken = 0


def count(_event: str, _: object) -> None:
    """Press it when the moment has come."""
    global taken  # noqa: PLW0603 - a hook cannot be taken away, and has no other memory
    taken += 1
    if taken == STEP:
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # test runners ignore it, and children inherit that
    sys.addaudithook(count)
    sys.exit(main())
