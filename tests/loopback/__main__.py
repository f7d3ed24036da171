"""`python -m tests.loopback [--state FILE] [--port N]`: run the loopback cloud until Ctrl-C; print each request."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import yaml

from tests.loopback.server import Cloud
from tests.loopback.state import SAMPLE, read_state


def main() -> int:
    """Serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.loopback", description=__doc__)
    parser.add_argument(
        "--state", type=Path, default=SAMPLE, help="the account, a YAML or JSON file (default: %(default)s)"
    )
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1 (default: a free one)")
    arguments = parser.parse_args()
    try:
        cloud = Cloud(read_state(arguments.state), arguments.port)
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        parser.error(str(error))
    key, secret = next(iter(cloud.state["accounts"].items()))
    with cloud:
        say(f"listening on {cloud.url}; in another terminal:")
        say(f"  export ALIBABA_CLOUD_ACCESS_KEY_ID={key} ALIBABA_CLOUD_ACCESS_KEY_SECRET={secret}")
        say(f"  export ENIPLAN_ENDPOINT={cloud.url}")
        told = 0
        try:
            while True:
                time.sleep(0.2)
                for request in cloud.requests[told:]:
                    say(f"{request.status or '-'} {request.action} {request.method} {request.path}")
                    told += 1
        except KeyboardInterrupt:
            return 130


def say(line: str) -> None:
    """Print a line without buffering."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
