"""Container Service (ACK), 2015-12-15: clusters, add-ons, node pools, tasks. ROA, JSON, snake_case."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.loopback.answers import ApiError, Asked, Operation

if TYPE_CHECKING:
    from tests.loopback.answers import State

VERSION = "2015-12-15"

MOST_TYPES = 10
MOST_V_SWITCHES = 8


def _cluster(state: State, asked: Asked) -> dict[str, Any]:
    cluster: dict[str, Any] | None = state["clusters"].get(asked.path["ClusterId"])
    if cluster is None:
        raise ApiError(404, "ErrorClusterNotFound", f"cluster {asked.path['ClusterId']} not found")
    return cluster


def _describe_cluster(state: State, asked: Asked) -> dict[str, Any]:
    cluster = _cluster(state, asked)
    addons = cluster.get("addons", {})
    network = "terway-eniip" if "terway-eniip" in addons else "Flannel" if "flannel" in addons else None
    # The real service sends this as a JSON string, and omits what a new cluster does not have yet.
    known = {"Capabilities": {"Network": network} if network else {}}
    return {"cluster_id": asked.path["ClusterId"], "meta_data": json.dumps(known), **cluster["detail"]}


def _addon(name: str, addon: dict[str, Any]) -> dict[str, Any]:
    config = addon.get("config", {})
    # The service sends a string: dump a mapping, and pass a string unchanged, so that tests can use malformed ones.
    text = config if isinstance(config, str) else json.dumps(config)
    return {"name": name, "version": addon["version"], "state": addon.get("state", "active"), "config": text}


def _list_addons(state: State, asked: Asked) -> dict[str, Any]:
    rows = [_addon(name, addon) for name, addon in _cluster(state, asked).get("addons", {}).items()]
    return {"addons": [{field: row[field] for field in ("name", "version", "state")} for row in rows]}


def _get_addon(state: State, asked: Asked) -> dict[str, Any]:
    name = asked.path["name"]
    addon = _cluster(state, asked).get("addons", {}).get(name)
    if addon is None:
        raise ApiError(404, "AddonNotFound", f"addon {name} not found")
    return _addon(name, addon)


def _describe_pools(state: State, asked: Asked) -> dict[str, Any]:
    wanted = asked.parameters.get("NodepoolName", "")
    pools = _cluster(state, asked).get("nodepools", [])
    # The filter matches parts of names, so that callers cannot rely on the first match.
    return {"nodepools": [pool for pool in pools if wanted in pool["nodepool_info"]["name"]]}


def _describe_pool(state: State, asked: Asked) -> dict[str, Any]:
    wanted = asked.path["NodepoolId"]
    for pool in _cluster(state, asked).get("nodepools", []):
        if pool["nodepool_info"].get("nodepool_id") == wanted:
            for task in state.get("tasks", {}).values():
                if task["nodepool_id"] == wanted:
                    _go_on_unasked(state, task)
            return dict(pool)
    raise ApiError(404, "ErrorNodePoolNotFound", f"nodepool {wanted} not found")


def _create_pool(state: State, asked: Asked) -> dict[str, Any]:
    cluster, body = _cluster(state, asked), asked.body
    if not isinstance(body, dict):
        raise ApiError(400, "InvalidParameter.Body", "The body must be a JSON object.")
    _check_body(cluster, body)
    name = body["nodepool_info"]["name"]
    pools = cluster.setdefault("nodepools", [])
    number = hashlib.sha256(f"{asked.path['ClusterId']} {name} {len(state.get('tasks', {}))}".encode()).hexdigest()
    pool_id, task_id = f"np{number[:32]}", f"T-{number[:24]}"
    scaling = {k: v for k, v in body.get("scaling_group", {}).items() if k != "login_password"}
    pools.append(
        {
            **body,
            "nodepool_info": {"type": "ess", "is_default": False, "region_id": cluster["detail"]["region_id"],
                              "created": _now(), "updated": _now(), **body["nodepool_info"], "nodepool_id": pool_id},
            "scaling_group": {"instance_charge_type": "PostPaid", **scaling, "scaling_group_id": f"asg-{number[:20]}"},
            "auto_scaling": {"enable": False, **body.get("auto_scaling", {})},
            "kubernetes_config": {"labels": [], "taints": [], **body.get("kubernetes_config", {})},
            "status": _status("scaling", 0, 0),
        }
    )  # fmt: skip
    state.setdefault("tasks", {})[task_id] = {
        "cluster_id": asked.path["ClusterId"], "nodepool_id": pool_id, "created": _now(), "polls": 0,
        "script": list(state.get("taskScript") or ["running", "running", "success"]),
    }  # fmt: skip
    return {"nodepool_id": pool_id, "task_id": task_id}


def _check_body(cluster: dict[str, Any], body: dict[str, Any]) -> None:
    """Refuse bodies that the real service is known to refuse."""
    name = (body.get("nodepool_info") or {}).get("name")
    scaling = body.get("scaling_group") or {}
    if not isinstance(name, str) or not name:
        raise ApiError(400, "InvalidParameter.Name", "nodepool name is required")
    pools = cluster.get("nodepools", [])
    if any(pool["nodepool_info"]["name"] == name for pool in pools):
        raise ApiError(400, "InvalidParameter.Name", f"nodepool name {name} is already exist in cluster")
    automatic = (body.get("auto_scaling") or {}).get("enable")
    if automatic and (scaling.get("desired_size") is not None or body.get("count") is not None):
        text = "desired_size or count must be null when auto scaling is enabled"
        raise ApiError(400, "InvalidDesiredSizeOrCount.NotNull", text)
    for disk in scaling.get("data_disks") or ():
        if isinstance(disk.get("encrypted"), bool):
            raise ApiError(400, "InvalidParameter.Body", "Unmarshal type error: expected=string, got=bool")
    if body["nodepool_info"].get("type", "ess") == "lingjun":
        return
    for field, most in (("instance_types", MOST_TYPES), ("vswitch_ids", MOST_V_SWITCHES)):
        if not 1 <= len(scaling.get(field) or ()) <= most:
            raise ApiError(400, "InvalidParameter", f"{field} must have 1 to {most} items")


def _status(state: str, total: int, healthy: int, failed: int = 0) -> dict[str, Any]:
    return {"state": state, "total_nodes": total, "healthy_nodes": healthy, "serving_nodes": healthy,
            "failed_nodes": failed, "initial_nodes": total - healthy - failed, "offline_nodes": 0, "removing_nodes": 0,
            "conditions": []}  # fmt: skip


def _task(task_id: str, task: dict[str, Any]) -> dict[str, Any]:
    step = _step(task)
    error = step.get("error") or {"code": "", "message": ""}
    stage = step.get("stage", "scaling")
    return {
        "task_id": task_id, "cluster_id": task["cluster_id"], "task_type": "nodepool_create", "state": step["state"],
        "current_stage": stage, "stages": [{"state": step["state"]}], "events": step.get("events", []), "error": error,
        "target": {"id": task["nodepool_id"], "type": "nodepool"}, "created": task["created"], "updated": _now(),
    }  # fmt: skip


def _step(task: dict[str, Any]) -> dict[str, Any]:
    """Return the current step of a task: the entry of its script for the last poll, or the last entry."""
    script = task["script"]
    step = script[min(max(task["polls"], 1), len(script)) - 1]
    return {"state": step} if isinstance(step, str) else dict(step)


def _describe_task(state: State, asked: Asked) -> dict[str, Any]:
    task_id = asked.path["task_id"]
    task = state.get("tasks", {}).get(task_id)
    if task is None:
        raise ApiError(404, "ErrorTaskNotFound", f"task {task_id} not found")
    task["polls"] += 1
    _let_nodes_come(state, task)
    return _task(task_id, task)


def _go_on_unasked(state: State, task: dict[str, Any]) -> None:
    """Advance a task when only its pool is read: a caller that lost the task's id has nothing else."""
    task["reads"] = task.get("reads", 0) + 1
    if task["reads"] > task["polls"] + 1:
        task["polls"] += 1
        _let_nodes_come(state, task)


def _let_nodes_come(state: State, task: dict[str, Any]) -> None:
    """Make as many nodes of a pool ready as its task has reached."""
    pools = state["clusters"][task["cluster_id"]].get("nodepools", [])
    pool = next((each for each in pools if each["nodepool_info"]["nodepool_id"] == task["nodepool_id"]), None)
    if pool is None:  # deleted while its task ran
        return
    automatic = pool["auto_scaling"]
    wanted = pool["scaling_group"].get("desired_size") or 0
    total = automatic.get("min_instances", 0) if automatic["enable"] else wanted
    step, script = _step(task), task["script"]
    if step["state"] == "success":
        pool["status"] = _status("active", total, total)
    elif step["state"] in ("fail", "failed", "canceled"):
        pool["status"] = _status(
            "active", total, pool["status"]["healthy_nodes"], total - pool["status"]["healthy_nodes"]
        )
    else:
        pool["status"] = _status("scaling", total, total * min(task["polls"], len(script)) // (len(script) + 1))


def _describe_tasks(state: State, asked: Asked) -> dict[str, Any]:
    _cluster(state, asked)
    size, number = asked.number("page_size", 50, 50), asked.number("page_number", 1, 10**6)
    mine = [_task(name, task) for name, task in state.get("tasks", {}).items()
            if task["cluster_id"] == asked.path["ClusterId"]]  # fmt: skip
    mine.reverse()  # newest first
    page = {"page_number": number, "page_size": size, "total_count": len(mine)}
    return {"tasks": mine[(number - 1) * size : number * size], "page_info": page}


def _describe_quota(state: State, _: Asked) -> dict[str, Any]:
    return dict(state.get("quota") or {})


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


_CLUSTER = "/clusters/{ClusterId}"
OPERATIONS = {
    "DescribeClusterDetail": Operation(_describe_cluster, "GET", _CLUSTER),
    "ListClusterAddonInstances": Operation(_list_addons, "GET", f"{_CLUSTER}/addon_instances"),
    "GetClusterAddonInstance": Operation(_get_addon, "GET", _CLUSTER + "/addon_instances/{name}"),
    "DescribeClusterNodePools": Operation(_describe_pools, "GET", f"{_CLUSTER}/nodepools"),
    "DescribeClusterNodePoolDetail": Operation(_describe_pool, "GET", _CLUSTER + "/nodepools/{NodepoolId}"),
    "CreateClusterNodePool": Operation(_create_pool, "POST", f"{_CLUSTER}/nodepools"),
    "DescribeClusterTasks": Operation(_describe_tasks, "GET", f"{_CLUSTER}/tasks"),
    "DescribeTaskInfo": Operation(_describe_task, "GET", "/tasks/{task_id}"),
    "DescribeUserQuota": Operation(_describe_quota, "GET", "/quota"),
}
