"""Each example that has come true: its own plan is proved, and so is the plan that is written of the cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from eniplan.plan.document import read_documents
from eniplan.plan.load import load_document
from tests.emit.running import Running
from tests.harness import EXAMPLES
from tests.test_examples import NOTES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run


@pytest.mark.parametrize("name", NOTES)
def test_check_accepts_the_plan_of_the_cluster_and_verify_proves_it(name: str, run: Run, tmp_path: Path) -> None:
    (document,) = read_documents(name, (EXAMPLES / name).read_bytes())
    planned = load_document(document).plan
    assert planned is not None
    dump, plan = tmp_path / "dump.json", tmp_path / "plan.yaml"
    dump.write_text(json.dumps(Running(planned).dump()), encoding="utf-8")
    original = run("verify", EXAMPLES / name, "--from", dump)
    assert original.code == 0, original.out
    done = run("init", "--from-cluster", "--from", dump, plan)
    assert done.code == 0, done.err
    checked = run("check", plan)
    assert checked.code == 0, checked.out
    value = yaml.safe_load(plan.read_text(encoding="utf-8"))
    ids = {pool["name"]: f"np-{own.name}" for pool, own in zip(
        value["nodePools"], sorted(planned.node_pools, key=lambda pool: pool.name), strict=True)}  # fmt: skip
    pools = [word for item in ids.items() for word in ("--pool", "=".join(item))]
    proof = run("verify", plan, "--from", dump, *pools)
    assert proof.code == 0, proof.out
    assert len(value["workloads"]) == len(planned.workloads)
    assert len(value.get("podNetworkings", [])) == len(planned.pod_networkings)
