"""Run eniplan, and send it Ctrl-C at the N-th event: `interrupted.py N ARGS`.

The events are Python's audit events since the start of `main`: each import, each opened file, each part of a request.
So an event is at the same point in every run, independent of time.
"""

from __future__ import annotations

import os
import signal
import sys

from eniplan.__main__ import main

STEP = int(sys.argv.pop(1))
taken = 0


def count(_event: str, _: object) -> None:
    """Send Ctrl-C at the N-th event."""
    global taken  # noqa: PLW0603 - audit hooks cannot be removed, and have no other state
    taken += 1
    if taken == STEP:
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # children inherit that the test runner ignores it
    sys.addaudithook(count)
    sys.exit(main())
