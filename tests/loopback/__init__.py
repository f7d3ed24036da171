"""A cloud on this machine: CS, ECS, VPC and eflo-controller as one stateful HTTP server, for tests and trials.

It responds like the real services (according to their published clients and documentation), checks every signature with
its own code, records all requests, and fails on demand. See `sample.yaml` for the form of its state.

Run it with `python -m tests.loopback --port 8080`; in tests, use the fixture `cloud`.
"""

from tests.loopback.faults import Fault
from tests.loopback.server import Cloud, Request
from tests.loopback.state import read_state, sample

__all__ = ["Cloud", "Fault", "Request", "read_state", "sample"]
