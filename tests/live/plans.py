"""The plan for tests of creates, for the sample account."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from eniplan.emit.body import body_json, pool_body
from eniplan.plan.model import plan_from

if TYPE_CHECKING:
    from pathlib import Path

    from tests.loopback.server import Cloud

CLUSTER = "c0000000000000000000000000000ipv4"
NAME = "trading"
RECEIPT = f".eniplan/receipts/{CLUSTER}-{NAME}.json"


def plan(**pool: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return a plan that passes, with one pool of three nodes."""
    pods = {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]}
    one = {
        "name": NAME, "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-nodes"],
        "desiredSize": 3, "keyPair": "ops",
    }  # fmt: skip
    cluster = {
        "id": CLUSTER, "region": "cn-hangzhou", "ipStack": "ipv4", "terway": {"version": "v1.16.4", "erdma": False},
        "podDefaults": pods,
    }  # fmt: skip
    return {"apiVersion": "eniplan/v1", "cluster": cluster, "nodePools": [one | pool]}


def written(folder: Path, content: dict[str, Any] | None = None) -> Path:
    """Write a plan into a folder."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan() if content is None else content), "utf-8")
    return file


def body() -> str:
    """Return the request of the plan's pool, as `create-pool` prints it."""
    pool = plan_from(plan()).node_pools[0]
    return body_json(pool_body(pool, pool.instance_types or ()))


def pools(cloud: Cloud) -> list[dict[str, Any]]:
    """Return the account's pools with the plan's pool name."""
    return [pool for pool in cloud.pools(CLUSTER) if pool["nodepool_info"]["name"] == NAME]


def receipt(folder: Path) -> dict[str, Any]:
    """Return the receipt of the create that ran in a folder."""
    found: dict[str, Any] = json.loads((folder / RECEIPT).read_text("utf-8"))
    return found


def states(folder: Path) -> list[str]:
    """Return all steps of that create."""
    return [event["state"] for event in receipt(folder)["events"]]


def let_a_minute_pass(folder: Path) -> None:
    """Make a receipt a minute older: after that time, a pool that is not listed no longer appears."""
    found = receipt(folder)
    for event in found["events"]:
        event["time"] = (datetime.fromisoformat(event["time"]) - timedelta(minutes=1)).isoformat()
    (folder / RECEIPT).write_text(json.dumps(found), "utf-8")
