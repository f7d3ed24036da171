"""The CronJob of docs/operate.md may read what verify reads, and nothing else."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import yaml

from eniplan.plan.model import TERWAY_CONFIG_LABEL
from eniplan.rules.examples import changed
from eniplan.rules.examples_cluster import CLUSTER, cluster_plan, config_map
from tests.emit.support import needs
from tests.harness import REPO
from tests.kube.served import refusal
from tests.kube.support import FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.harness import Run
    from tests.kube.served import Answer

PAGE = REPO / "docs" / "operate.md"
Grant = tuple[str, str, str, str, str]
"""API group, resource, verb, the one namespace, and the one name; empty: all."""


def objects() -> dict[tuple[str, str], Any]:
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return {(item["kind"], item["metadata"]["name"]): item for item in yaml.safe_load_all(block)}


def grants() -> set[Grant]:
    """Return what the roles that are bound to the CronJob's service account allow."""
    found = objects()
    out = set()
    for kind, namespace in (("ClusterRole", ""), ("Role", "kube-system")):
        role, binding = found[kind, "eniplan-verify"], found[f"{kind}Binding", "eniplan-verify"]
        assert role["metadata"].get("namespace", "") == binding["metadata"].get("namespace", "") == namespace
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) == (kind, "eniplan-verify")
        account = found["CronJob", "eniplan-verify"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        assert binding["subjects"] == [
            {"kind": "ServiceAccount", "name": account["serviceAccountName"], "namespace": "kube-system"}
        ]
        for rule in role["rules"]:
            for group in rule["apiGroups"]:
                out |= {
                    (group, resource, verb, namespace, name)
                    for resource in rule["resources"]
                    for verb in rule["verbs"]
                    for name in rule.get("resourceNames", [""])
                }
    return out


class Authorizing(FakeApi):
    """A fake API server that allows what is granted, and notes what was used and what was refused."""

    def __init__(self, allowed: set[Grant]) -> None:
        """Take what is granted."""
        self.allowed = allowed
        self.used: set[Grant] = set()
        self.refused: list[str] = []
        super().__init__()

    def answer(self, target: str) -> Answer:
        """Answer what is granted."""
        path = urlsplit(target).path
        parts = path.strip("/").split("/")
        if parts[0] in {"api", "apis"}:
            group = "" if parts[0] == "api" else parts[1]
            rest = parts[2 if parts[0] == "api" else 3 :]
            namespace = rest.pop(1) if rest[0] == "namespaces" and len(rest) > 2 else ""
            resource, name = (*(rest[1:] if namespace else rest), "")[:2]
            verb = "get" if name else "list"
            asked = {(group, resource, verb, n, m) for n in ("", namespace) for m in ("", name)} & self.allowed
            if not asked:
                self.refused.append(path)
                return refusal(403, "Forbidden", f"{path} is forbidden")
            self.used |= asked
        return super().answer(target)


@pytest.fixture
def api() -> Iterator[Authorizing]:
    needs("kubectl")
    found = Authorizing(grants())
    yield found
    found.close()


def test_roles_are_what_verify_reads(api: Authorizing, run: Run, tmp_path: Path) -> None:
    """Each grant is used, by a plan with workloads of each kind, and nothing that is asked for is refused."""
    plan = cluster_plan()
    (first,) = plan["workloads"]
    kinds = ["Deployment", "DaemonSet", "Job", "CronJob"]
    plan["workloads"] += [{**first, "name": kind.lower(), "kind": kind, "replicas": 1} for kind in kinds]
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    labels = CLUSTER["nodes"][0]["metadata"]["labels"]
    api.states = [changed(CLUSTER, {
        "nodes[0].metadata.labels": {**labels, TERWAY_CONFIG_LABEL: "gpu-net"},
        "configMaps[1]": config_map("gpu-net", **{"cn-hangzhou-j": ["vsw-j"]}),
    })]  # fmt: skip
    job = objects()["CronJob", "eniplan-verify"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    args = [word.replace("/plan/", f"{tmp_path}/") for word in job["args"]]
    result = run(*args, "--context", "fake", "--kubeconfig", api.kubeconfig(tmp_path))
    assert (api.refused, api.allowed - api.used) == ([], set())
    assert "cannot" not in result.err
    # The same as with every right.
    api.allowed |= {(group, resource, verb, "", "") for group, resource, verb, _, _ in api.allowed}
    again = run(*args, "--context", "fake", "--kubeconfig", api.kubeconfig(tmp_path))
    assert (again.code, again.out) == (result.code, result.out)


def test_nothing_is_written_and_no_secret_is_read() -> None:
    assert {verb for _, _, verb, _, _ in grants()} == {"get", "list"}
    assert "secrets" not in {resource for _, resource, _, _, _ in grants()}
