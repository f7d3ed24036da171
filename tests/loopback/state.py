"""The initial state of a server, and its instance data."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.harness import REPO

if TYPE_CHECKING:
    from tests.loopback.answers import State

SAMPLE = Path(__file__).with_name("sample.yaml")

_NOT_OF_THE_API = ("EniIpv6AddressQuantityDerived", "EriStated", "LimitsStatus", "NetworkBandwidthGbps", "NicQueues",
                   "OnSale", "Sources")  # fmt: skip
"""Fields that `instance_specs/` adds to those of DescribeInstanceTypes and DescribeNodeType."""


def read_state(file: Path) -> State:
    """Return the state in a YAML or JSON file."""
    state = yaml.safe_load(file.read_text("utf-8"))
    if not isinstance(state, dict) or not state.get("accounts") or not isinstance(state.get("clusters"), dict):
        message = f"{file} has no accounts and clusters; {SAMPLE} shows the form"
        raise ValueError(message)
    return _separated(json.dumps(state))


@cache
def _sample() -> str:
    return json.dumps(read_state(SAMPLE))


def sample() -> State:
    """Return a fresh copy of `sample.yaml`."""
    return _separated(_sample())


def _separated(text: str) -> State:
    # YAML aliases share one object; make copies, so that each can change independently.
    state: State = json.loads(text)
    return state


@cache
def _rows(file: str, name: str) -> dict[str, dict[str, Any]]:
    rows = map(json.loads, (REPO / "instance_specs" / file).read_text("utf-8").splitlines())
    return {row[name]: {k: v for k, v in row.items() if k not in _NOT_OF_THE_API} for row in rows}


def instance_types(state: State) -> dict[str, dict[str, Any]]:
    """Return the ECS types of an account by id: those of `instance_specs/` with the changes of the state."""
    return _changed(_rows("ecs.jsonl", "InstanceTypeId"), "InstanceTypeId", state.get("instanceTypes") or {})


def node_types(state: State) -> dict[str, dict[str, Any]]:
    """Return the Lingjun node types of an account by name, in the same way."""
    return _changed(_rows("lingjun.jsonl", "NodeType"), "NodeType", state.get("nodeTypes") or {})


def _changed(rows: dict[str, dict[str, Any]], key: str, changes: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = dict(rows) if "*" in changes else {}
    for name, change in changes.items():
        if name == "*":
            continue
        if change is None:
            found.pop(name, None)
        else:
            found[name] = {key: name, **rows.get(name, {}), **change}
    return found
