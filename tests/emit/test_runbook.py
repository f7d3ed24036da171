"""The folder of a migration: its runbook, its script and their files, byte for byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan._version import __version__
from eniplan.emit.manifests import render
from eniplan.emit.manifests import text as manifest_text
from eniplan.emit.migration import moves, namespace_labels
from eniplan.emit.runbook import Migration, files, steps
from eniplan.emit.skeletons import Skeletons
from eniplan.emit.yaml_text import dump
from eniplan.plan.model import plan_from
from eniplan.rules.examples import POD_NETWORKING, example

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

Object = dict[str, Any]


def live(kind: str, name: str, namespace: str = "default", **spec: object) -> Object:
    template: Object = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "a"}]}}
    metadata: Object = {"name": name, "namespace": namespace}
    api = {"Job": "batch/v1", "Pod": "v1", "CronJob": "batch/v1", "CloneSet": "apps.kruise.io/v1alpha1"}
    own: Object = {"selector": {"matchLabels": {"app": name}}, "template": template, **spec}
    if kind == "CronJob":
        own = {"jobTemplate": {"spec": {"template": template}}}
    if kind == "Pod":
        own, metadata = template["spec"], {**metadata, **template["metadata"]}
    return {"apiVersion": api.get(kind, "apps/v1"), "kind": kind, "metadata": metadata, "spec": own}


def migration(plan: Object, *values: Object, **more: Any) -> Migration:  # noqa: ANN401 - parts of a migration
    read = plan_from(plan)
    found = Migration(
        "np-old", plan, moves(read, values, {}, "np-old"), tuple(render(read, Skeletons(), workloads=False)),
        {}, {}, namespace_labels(read, values), (), (), {},
    )  # fmt: skip
    return found._replace(**more)


SMALL = migration(example({"workloads": [{"name": "m", "kind": "Deployment", "replicas": 2, "nodePool": "trading"}]}),
                  live("Deployment", "m", replicas=2))  # fmt: skip
BUDGET = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b", "namespace": "o'x"},
          "spec": {"minAvailable": 3, "selector": {"matchLabels": {"app": "s"}}}}  # fmt: skip
WORKLOADS: list[Object] = [
    {"name": "s", "namespace": "o'x", "kind": "StatefulSet", "replicas": 4, "nodePool": "trading",
     "podNetworking": "trading-eni"},
    {"name": "d", "kind": "DaemonSet", "nodePool": "trading"},
    {"name": "none", "kind": "Deployment", "replicas": 5, "nodePool": "trading"},
    {"name": "again", "kind": "Deployment", "replicas": 2, "nodePool": "it's"},
    {"name": "gone", "kind": "Job", "replicas": 2, "nodePool": "trading"},
    {"name": "job", "kind": "Job", "replicas": 2, "nodePool": "trading"},
    {"name": "cron", "kind": "CronJob", "replicas": 2, "nodePool": "trading"},
    {"name": "pod", "kind": "Pod", "replicas": 1, "nodePool": "trading"},
    {"name": "clone", "kind": "CloneSet", "replicas": 2, "nodePool": "trading"},
    {"name": "paused", "kind": "Deployment", "replicas": 2, "nodePool": "trading"},
]  # fmt: skip
LARGE = migration(
    example({
        "workloads": WORKLOADS,
        "podNetworkings": [{**POD_NETWORKING, "namespaceSelector": {"matchLabels": {"team": "t", "x": "y z"}}}],
        "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-j"], "securityGroupIds": ["sg-pods"]}},
        "nodePools[1]": {"name": "it's", "instanceTypes": ["ecs.g8i.8xlarge"], "vSwitchIds": ["vsw-j"],
                         "desiredSize": 2},
    }),
    live("StatefulSet", "s", "o'x", replicas=3, updateStrategy={"rollingUpdate": {"partition": 2}}),
    live("Deployment", "again", replicas=2, strategy={"type": "Recreate"}),
    live("DaemonSet", "d"), live("Deployment", "none", replicas=0),
    live("Job", "job"), live("CronJob", "cron"), live("Pod", "pod"), live("CloneSet", "clone"),
    live("Deployment", "paused", paused=True), BUDGET,
    spellings={"trading.json": "{}\n"}, manifests={"app.yaml": "a: b\n"}, access=("--context", "prod it"),
    gate=("--strict", "--waivers=w.yaml"), copies={"w.yaml": "w\n"},
)  # fmt: skip


@pytest.mark.parametrize("name", ["RUNBOOK.md", "migrate.sh"])
@pytest.mark.parametrize("found", [SMALL, LARGE], ids=["small", "large"])
def test_what_people_read_and_run(found: Migration, name: str, snapshot: SnapshotAssertion) -> None:
    assert files(found)[name].replace(__version__, "VERSION") == snapshot


def test_the_files_of_the_folder() -> None:
    assert list(files(SMALL)) == [
        "RUNBOOK.md", "migrate.sh", "plan.yaml", "plans/pool.yaml", "plans/networking.yaml",
        "plans/2.yaml", "patches/2-forth.json", "patches/2-back.json", "patches/2-settle.json",
    ]  # fmt: skip
    found = files(LARGE)
    assert list(found) == [
        "RUNBOOK.md", "migrate.sh", "plan.yaml", "plans/pool.yaml", "plans/networking.yaml", "terway-configs.yaml",
        "networking.yaml", "plans/4.yaml", "patches/4-forth.json", "patches/4-back.json",
        "plans/5.yaml", "patches/5-forth.json", "patches/5-back.json", "patches/5-settle.json",
        "plans/6.yaml", "patches/6-forth.json", "patches/6-back.json", "patches/6-settle.json",
        "plans/7.yaml", "patches/7-forth.json", "patches/7-back.json",
        "plans/8.yaml", "patches/8-forth.json", "patches/8-back.json",
        "by-hand/job.default.job.yaml", "by-hand/pod.default.pod.yaml", "by-hand/cloneset.default.clone.yaml",
        "pool/trading.json", "manifests/app.yaml", "w.yaml",
    ]  # fmt: skip
    assert (found["pool/trading.json"], found["manifests/app.yaml"], found["w.yaml"]) == ("{}\n", "a: b\n", "w\n")
    networking, config = LARGE.networking
    assert found["networking.yaml"] == manifest_text(networking)
    assert found["terway-configs.yaml"] == manifest_text(config)
    daemon = LARGE.moves[0]
    assert found["patches/4-forth.json"] == json.dumps(daemon.forth, indent=2) + "\n"
    assert found["patches/4-back.json"] == json.dumps(daemon.back, indent=2) + "\n"
    assert found["patches/5-settle.json"] == json.dumps(LARGE.moves[1].settle, indent=2) + "\n"
    manifests = {move.name: move.manifest for move in LARGE.moves}
    assert found["by-hand/job.default.job.yaml"] == dump(manifests["job"])


def test_several_objects_are_several_documents() -> None:
    pns = [{**POD_NETWORKING, "name": name} for name in ("a", "b")]
    plan = example({"workloads": WORKLOADS[1:2], "podNetworkings": pns})
    found = files(migration(plan, live("DaemonSet", "d")))["networking.yaml"]
    assert [item["metadata"]["name"] for item in yaml.safe_load_all(found)] == ["a", "b"]
    assert found.count("---\n") == 1


def test_nothing_is_said_of_namespaces_that_are_labelled() -> None:
    plan = example({"workloads": WORKLOADS[1:2], "podNetworkings": [POD_NETWORKING]})
    _, networking, _ = steps(migration(plan, live("DaemonSet", "d")))
    assert networking.notes == ("From now on, new pods that a PodNetworking selects get exclusive ENIs.",)


@pytest.mark.parametrize(("least", "notes"), [(0, []), (1, ["PodDisruptionBudgets require 1 pods."])])
def test_a_step_tells_what_budgets_require(least: int, notes: list[str]) -> None:
    budget = {**BUDGET, "metadata": {"name": "b"}, "spec": {"minAvailable": least, "selector": {}}}
    *_, step = steps(migration(SMALL.plan, live("Deployment", "m", replicas=2), budget))
    assert step.notes == ("At most 2 new pods start at once, and 2 run at any time.", *notes)


def test_plans_of_steps_have_what_must_hold_after_them() -> None:
    found = {name: yaml.safe_load(text) for name, text in files(LARGE).items() if name.endswith(".yaml")}
    whole = found["plan.yaml"]
    # A StatefulSet with fewer pods than planned; a Deployment without pods cannot be verified.
    fewer = [{**w, "replicas": 3} if w["name"] == "s" else w for w in WORKLOADS if w["name"] != "none"]
    assert whole == {**LARGE.plan, "workloads": fewer}
    assert list(whole) == list(LARGE.plan)
    moved = {"pool": (), "networking": (), "4": ("d",), "5": ("s", "d"), "6": ("s", "d"), "7": ("s", "d", "again"),
             "8": ("s", "d", "again")}  # fmt: skip
    for step, names in moved.items():
        wanted = {**whole, "workloads": [w for w in fewer if w["name"] in names]}
        assert found[f"plans/{step}.yaml"] == {**wanted, **({"podNetworkings": []} if step == "pool" else {})}
    assert "podNetworkings" not in yaml.safe_load(files(SMALL)["plans/pool.yaml"])


@pytest.mark.parametrize(
    ("pool", "is_looked_at"),
    [
        ({"desiredSize": 3}, True), ({"desiredSize": 0}, False), ({"autoScaling": {"min": 0, "max": 3}}, False),
        ({"autoScaling": {"min": 1, "max": 3}}, True), ({"autoScaling": None, "desiredSize": 3}, True),
    ],
)  # fmt: skip
def test_pools_are_looked_at_before_they_are_created_unless_they_start_empty(pool: Object, is_looked_at: bool) -> None:  # noqa: FBT001 - drawn
    pools = [*SMALL.plan["nodePools"], {"name": "p", **pool}]
    create, _ = steps(SMALL._replace(plan={**SMALL.plan, "nodePools": pools}))
    assert create.unless == ("eniplan verify plans/pool.yaml" if is_looked_at else "")
    assert create.does == (
        "eniplan create-pool plan.yaml --pool trading --apply --yes",
        "eniplan create-pool plan.yaml --pool p --apply --yes",
    )


def test_names_stay_in_the_comment_of_the_script() -> None:
    # A waiver may let them pass.
    pools = [{**SMALL.plan["nodePools"][0], "name": "a\nrm -rf x"}]
    lines = files(SMALL._replace(plan={**SMALL.plan, "nodePools": pools}))["migrate.sh"].splitlines()
    assert all(line.startswith("#") for line in lines[: lines.index("set -eu")])
