"""The CronJob of docs/operate.md may read what verify reads, and nothing else."""

from __future__ import annotations

import re

import yaml

from eniplan.kube import kubectl
from tests.harness import REPO

PAGE = REPO / "docs" / "operate.md"


def test_roles_are_what_verify_reads() -> None:
    text = PAGE.read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    objects = {(item["kind"], item["metadata"]["name"]): item for item in yaml.safe_load_all(block)}
    rules = objects["ClusterRole", "eniplan-verify"]["rules"] + objects["Role", "eniplan-verify"]["rules"]
    allowed = {
        (group, resource, verb)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    needed = set()
    for read in kubectl._READS:  # noqa: SLF001 - the one list of what is read
        parts = read.path.strip("/").split("/")
        group = "" if parts[0] == "api" else parts[1]
        rest = [part for part in parts[2 if parts[0] == "api" else 3 :] if part not in {"namespaces", "kube-system"}]
        needed.add((group, rest[0], "list" if read.listed else "get"))
    assert allowed == needed
    assert "create" not in str(rules)
    assert "secrets" not in str(rules)
