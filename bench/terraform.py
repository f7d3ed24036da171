"""Write inputs of Terraform, and a large repository: `python bench/terraform.py FOLDER`.

The same call gives the same files: `one.tf`, `pools-2000/`, `pools-20000/`, `others/` (one pool among 10,000 other
resources), `plan-3000.json`, `plan-12000.json`, `repository-0/` to `repository-4/` (10,000 mixed files, 100 MB each).
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

LABEL = {"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eniOnly"}
TAINT = {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}
TYPES = ("ecs.g8i.8xlarge", "ecs.c8i.8xlarge", "ecs.r8i.8xlarge")
POOL = "alicloud_cs_kubernetes_node_pool"
FILES, FILE_SIZE, REPOSITORIES = 10_000, 10_000, 5


def pool(i: int) -> str:
    """Return a node pool of HCL."""
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
    """Return a resource that is no node pool."""
    return f'resource "alicloud_instance" "i{i}" {{\n  name = "web-{i}"\n  tags = {{\n    team = "a"\n  }}\n}}\n'


def plan(pools: int) -> dict[str, Any]:
    """Return what `terraform show -json` prints."""
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


def repository(folder: Path, seed: int) -> None:
    """Write files as a repository of infrastructure has them: most say nothing of node pools."""
    dice = random.Random(seed)  # noqa: S311 - variety, not secrets
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\ndata:\n"
    for i in range(FILES):
        kind = dice.choice(("tf", "yaml", "json", "md", "yaml", "tf"))
        path = folder / f"team-{i // 500:02}" / f"part-{i // 20 % 25:02}" / f"file-{i:05}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "tf":
            text = (pool(i) if dice.random() < 0.02 else "") + "".join(other(n) for n in range(FILE_SIZE // 90))  # noqa: PLR2004 - one of fifty
        elif kind == "yaml":
            text = manifest % i + "".join(f"  key-{n}: value of the key {n}\n" for n in range(FILE_SIZE // 32))
        elif kind == "json":
            text = json.dumps({f"key-{n}": {"value": n, "words": "some words"} for n in range(FILE_SIZE // 48)})
        else:
            text = "# Notes\n\n" + "Words of a page that nobody has asked for.\n" * (FILE_SIZE // 43)
        path.write_text(text, encoding="utf-8")


def main(folder: str) -> None:
    """Write everything."""
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
    for seed in range(REPOSITORIES):
        repository(top / f"repository-{seed}", seed)


if __name__ == "__main__":
    main(*sys.argv[1:])
