"""Write Terraform inputs: `python bench/terraform.py FOLDER`.

The same call produces the same files: `one.tf`, `pools-2000/`, `pools-20000/`, `others/` (one pool among 10,000 other
resources), `plan-3000.json`, `plan-12000.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

LABEL = {"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eniOnly"}
TAINT = {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}
TYPES = ("ecs.g8i.8xlarge", "ecs.c8i.8xlarge", "ecs.r8i.8xlarge")
POOL = "alicloud_cs_kubernetes_node_pool"


def pool(i: int) -> str:
    """Return a node pool in HCL."""
    blocks = "".join(
        f"  {name} {{\n" + "".join(f'    {key} = "{value}"\n' for key, value in block.items()) + "  }\n"
        for name, block in (("labels", LABEL), ("taints", TAINT))
    )
    return (
        f'resource "{POOL}" "p{i}" {{\n  node_pool_name = "pool-{i}"\n  cluster_id     = "c1"\n'
        f'  instance_types = ["{TYPES[i % len(TYPES)]}"]\n  vswitch_ids    = ["vsw-j"]\n  desired_size   = {i % 9}\n'
        f"{blocks}}}\n"
    )


def other(i: int) -> str:
    """Return a resource other than a node pool."""
    return f'resource "alicloud_instance" "i{i}" {{\n  name = "web-{i}"\n  tags = {{\n    team = "a"\n  }}\n}}\n'


def plan(pools: int) -> dict[str, Any]:
    """Return a plan in the form of `terraform show -json`."""
    changes, resources = [], []
    for i in range(pools):
        after = {
            "node_pool_name": f"pool-{i}",
            "cluster_id": "c1",
            "instance_types": [TYPES[i % len(TYPES)]],
            "vswitch_ids": ["vsw-j"],
            "desired_size": str(i % 9),
            "labels": [LABEL],
            "taints": [TAINT],
        }
        head = {"address": f"{POOL}.p{i}", "mode": "managed", "type": POOL, "name": f"p{i}"}
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"id": True}}
        changes.append({**head, "change": change})
        resources.append({**head, "expressions": {key: {"constant_value": value} for key, value in after.items()}})
    configuration = {"root_module": {"resources": resources}}
    return {"format_version": "1.2", "resource_changes": changes, "configuration": configuration}


def main(folder: str) -> None:
    """Write all inputs."""
    top = Path(folder)
    top.mkdir(parents=True, exist_ok=True)
    (top / "one.tf").write_text(pool(0), encoding="utf-8")
    for count in (2_000, 20_000):
        inner = top / f"pools-{count}"
        inner.mkdir()
        (inner / "main.tf").write_text("".join(map(pool, range(count))), encoding="utf-8")
    (top / "others").mkdir()
    resources = "".join(map(other, range(10_000)))
    (top / "others" / "main.tf").write_text(resources + pool(0), encoding="utf-8")
    for count in (3_000, 12_000):
        (top / f"plan-{count}.json").write_text(json.dumps(plan(count)), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
