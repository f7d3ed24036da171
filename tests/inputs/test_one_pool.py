"""One pool, one verdict: in every spelling that can say it, the same rules speak, with the same levels and numbers."""

from __future__ import annotations

import json
import os
import random
from collections import defaultdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.emit import ros, terraform
from eniplan.emit.body import body_json, pool_body
from eniplan.emit.command import command
from eniplan.emit.refusal import RefusalError
from eniplan.inputs.cluster_file import read_cluster
from eniplan.inputs.collect import Collected
from eniplan.inputs.hcl.parse import Text
from eniplan.judging.check import check
from eniplan.plan.document import read_documents
from eniplan.plan.load import Others, load_document
from eniplan.plan.model import plan_from
from eniplan.rules.base import Settings
from eniplan.rules.examples import VSWITCH_J, VSWITCH_K, example
from tests.inputs.support import terraform_plan
from tests.judge import TODAY, catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from eniplan.emit.body import Body
    from eniplan.errors import Place
    from eniplan.plan.model import NodePool
    from eniplan.report.model import Report

CLUSTER_ID = "c-of-this-pool"
CLUSTER: dict[str, Any] = example({
    "cluster.vSwitches": [VSWITCH_J, {**VSWITCH_K, "availableIps": 30}],
    "cluster.terwayConfigs": {"gpu-net": {"vSwitchIds": ["vsw-k"], "securityGroupIds": ["sg-pods"]}},
})["cluster"]  # fmt: skip
TYPES = [
    "ecs.g8i.8xlarge", "ecs.g8i.4xlarge", "ecs.g8i.24xlarge", "ecs.g7.2xlarge", "ecs.g7.3xlarge", "ecs.c6.large",
    "ecs.g6.8xlarge", "ecs.c7re.4xlarge", "ecs.xn4.small", "ebs-enhanced",
]  # fmt: skip
TAINTS = [
    {"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}, {"key": "soft", "effect": "PreferNoSchedule"},
    {"key": "a b", "value": "c", "effect": "NoExecute"}, {"key": "x", "value": "y", "effect": "Nothing"},
]  # fmt: skip
LABELS = [
    {"team": "trading"}, {"team": "a b"}, {"aliyun.com/x": "y"}, {"terway-config": "gpu-net"},
    {"terway-config": "none"}, {"k8s.aliyun.com/exclusive-mode-eni": "eniOnly"},
    {"k8s.aliyun.com/ignore-by-terway": "true"},
    {"type": "virtual-kubelet"},
    {f"l{i}": "x" for i in range(25)}, {"alibabacloud.com/lingjun-worker": "true"},
]  # fmt: skip
OVERRIDES: list[dict[str, Any]] = [
    {"scaling_group": {"tags": [{"key": "team", "value": "a"}]}}, {"kubernetes_config": {"unschedulable": True}},
    {"scaling_group": {"spot_strategy": "NoSpot", "data_disks": [{"category": "cloud_essd", "size": 100}]}},
    {"management": {"enable": True, "auto_repair": True}}, {"scaling_group": {"period": 1, "period_unit": "Month"}},
]  # fmt: skip
ROS_NEEDS = {"runtime": "containerd", "systemDisk": {"category": "cloud_essd", "size": 120}}


def pool_of(chance: random.Random) -> dict[str, Any]:
    """Return a pool of a plan that fits its form, and often breaks rules."""
    pick: Callable[[Any], Any] = chance.choice

    def often(part: float) -> bool:
        return chance.random() < part

    pool: dict[str, Any] = {"name": pick(["trading", " trading", "二"])}
    pool["vSwitchIds"] = pick([["vsw-j"], ["vsw-k", "vsw-j"]])
    is_ecs = often(0.9)
    if is_ecs and often(0.02):  # rarely, because looking for the nearest name takes a while
        pool["instanceTypes"] = ["ecs.none.large"]
    elif is_ecs:
        pool["instanceTypes"] = chance.sample(TYPES, pick([1, 1, 1, 2, 3, 10])) * pick([1] * 9 + [2])
    else:
        pool |= {"kind": "lingjun", "lingjun": {"clusterId": "i1", "groupId": "ng-1"}}
    sizes = [{"desiredSize": 3}, {"desiredSize": 900}, {"autoScaling": {"min": 0, "max": 4}}, {}]
    if is_ecs:
        pool |= pick([*sizes, {"autoScaling": {"min": 9, "max": 5000, "type": "gpu"}}])
        pool["chargeType"] = pick(["PrePaid", "PostPaid"])
    for part, key, values in (
        (0.2, "vSwitchIds", [["vsw-x"], [], [f"vsw-{i}" for i in range(9)]]),
        (0.3, "securityGroupIds", [["sg-pods"], ["sg-x"], ["sg-pods", "sg-x"]]),
        (0.3, "labels", LABELS),
        (0.3, "taints", [[], TAINTS[:1], TAINTS[1:2], TAINTS[:2], TAINTS[2:], [*TAINTS[:1], *TAINTS[:1]]]),
        (0.4, "systemDisk", [{"category": "cloud_essd", "size": 120}, {"size": 10}, {"category": "no"}]),
        (0.2, "systemDisk", [{"category": "cloud_ssd", "size": 40, "performanceLevel": "PL1"}]),
        (0.2, "imageType", ["AliyunLinux3ContainerOptimized", "WindowsCore"]),
        (0.2, "multiAzPolicy", ["BALANCE"]),
        (0.2, "terwayConfig", ["gpu-net", "none"]),
        (0.2, "keyPair", ["ops"]),
        (0.3, "overrides", OVERRIDES),
    ):
        if often(part):
            pool[key] = pick(values)
    if "terway-config" in pool.get("labels", {}):
        pool.pop("terwayConfig", None)  # two words for one label
    return pool | (ROS_NEEDS if often(0.4) else {})


# --- The spellings ----------------------------------------------------------------------------------------------


def blocks_of(pool: NodePool, body: Body) -> dict[str, Any]:
    """Return the arguments as a Terraform plan has them: every block is a list."""
    arguments = terraform.arguments(pool, body, CLUSTER_ID)
    single = {key: [value] for key, value in arguments.items() if isinstance(value, dict) and key != "tags"}
    return {**arguments, **single, "cluster_id": CLUSTER_ID}


def camel(value: Any) -> Any:  # noqa: ANN401 - arguments
    if isinstance(value, dict):
        named = {"".join(w if i == 0 else w.capitalize() for i, w in enumerate(key.split("_"))): key for key in value}
        return {new: value[key] if key == "tags" else camel(value[key]) for new, key in named.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


def pulumi(pool: NodePool, body: Body) -> str:
    properties = camel(terraform.arguments(pool, body, CLUSTER_ID))
    return json.dumps({"resources": {"p": {"type": "alicloud:cs:NodePool", "properties": properties}}})


def crossplane(pool: NodePool, body: Body) -> str:
    spec = {"forProvider": camel(blocks_of(pool, body))}
    return json.dumps({"apiVersion": "ack/v1", "kind": "KubernetesNodePool", "metadata": {"name": "p"}, "spec": spec})


def _taken_out(pool: NodePool, body: Body, name: str) -> tuple[str, dict[str, str]]:
    """Return a pool in HCL that refers to all of its arguments by this name, and what they are."""
    source = Text("", terraform.hcl([terraform.arguments(pool, body, CLUSTER_ID)]))
    text, found = source.data, {}
    for attribute in sorted(source.whole.blocks[0].attributes.values(), key=lambda a: -a.start):
        node = attribute.expression
        found[attribute.name] = text[node.start : node.end].decode()
        text = text[: node.start] + f"{name}.{attribute.name}".encode() + text[node.end :]
    return text.decode(), found


def by_variables(pool: NodePool, body: Body) -> str:
    resource, values = _taken_out(pool, body, "var")
    return "".join(f'variable "{key}" {{\n  default = {value}\n}}\n' for key, value in values.items()) + resource


def by_for_each(pool: NodePool, body: Body) -> str:
    resource, values = _taken_out(pool, body, "each.value")
    pools = "".join(f"      {key} = {value}\n" for key, value in values.items())
    head, brace, rest = resource.partition("{")
    made = f"{head}{brace}\n  for_each = local.pools{rest}"
    return f"locals {{\n  pools = {{\n    one = {{\n{pools}    }}\n  }}\n}}\n{made}"


def by_module(pool: NodePool, body: Body) -> str:
    """Return a call of the module `m` in HCL; behind `MARK` the file of that module."""
    resource, values = _taken_out(pool, body, "var")
    variables = "".join(f'variable "{key}" {{}}\n' for key in values)
    given = "".join(f"  {key} = {value}\n" for key, value in values.items())
    return f'module "m" {{\n  source = "./m"\n{given}}}\n{MARK}{variables}{resource}'


MARK = "# --- m/main.tf\n"


def ros_with_hcl(pool: NodePool, body: Body) -> str:
    files = {"main.tf": terraform.hcl([terraform.arguments(pool, body, CLUSTER_ID)])}
    head = {"ROSTemplateFormatVersion": "2015-09-01", "Transform": "Aliyun::Terraform-v1.5"}
    return json.dumps(head | {"Workspace": files})


SPELLINGS: dict[str, Callable[[NodePool, Body], str]] = {
    "body.json": lambda _, body: body_json(body),
    "cluster.json": lambda _, body: json.dumps({"name": "c", "cluster_type": "ManagedKubernetes", "nodepools": [body]}),
    "terraform.json": lambda pool, body: json.dumps(terraform_plan(blocks_of(pool, body))),
    "ros.json": lambda pool, body: ros.template([ros.properties(pool, body, CLUSTER_ID)]),
    "make.sh": lambda _, body: command(body, "cn-hangzhou", CLUSTER_ID),
    "tf.json": lambda pool, body: terraform.tf_json([terraform.arguments(pool, body, CLUSTER_ID)]),
    "pool.hcl": lambda pool, body: terraform.hcl([terraform.arguments(pool, body, CLUSTER_ID)]),
    "variables.hcl": by_variables,
    "each.hcl": by_for_each,
    "main.tf": by_module,
    "hcl.json": ros_with_hcl,
    "Pulumi.yaml": pulumi,
    "crossplane.yaml": crossplane,
}


# --- Judging ----------------------------------------------------------------------------------------------------


def told(report: Report) -> dict[str, tuple[list[str], list[str]]]:
    """Return what is said of the pool of each folder: rules with their levels and numbers, and the rules that wait."""
    assert not report.problems, report.problems
    out: dict[str, tuple[list[str], set[str]]] = defaultdict(lambda: ([], set()))
    for finding in report.findings:
        out[_folder(finding.place)][0].append(json.dumps([finding.rule.id, finding.level, finding.facts], default=str))
    for item in report.undecided:
        for place in (item.place, *item.others):
            out[_folder(place)][1].update(item.rules)
    return {folder: (sorted(said), sorted(waiting)) for folder, (said, waiting) in out.items()}


def _folder(place: Place) -> str:
    # What is said of the cluster stands in another file, once for all pools.
    return "" if place.path.startswith("cluster.") else PurePath(place.file).parts[0]


def judged(files: dict[str, str]) -> Report:
    """Judge files in memory, each apart from the others."""
    others: Others = Collected(catalog(), read_cluster("cluster.json"))

    def loaded() -> Iterator[Any]:
        for name, text in files.items():
            if name.endswith(("plan.yaml", "plan.json")):
                yield from map(load_document, read_documents(name, text.encode()))
            else:
                yield from others.file(name, text.encode(), named=True)
        yield from others.finish({})

    return check(loaded(), catalog(), Settings(today=TODAY))


def plan_with(pool: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "eniplan/v1", "cluster": {k: v for k, v in CLUSTER.items() if k != "id"}, "nodePools": [pool]}


def written(folder: Path, file: str, text: str) -> str:
    """Write a configuration with its module, and return its own file."""
    main, module = text.split(MARK)
    inner = (folder / file).parent / "m"
    inner.mkdir(parents=True)
    (inner / "main.tf").write_text(module, encoding="utf-8")
    (folder / file).write_text(main, encoding="utf-8")
    return main


SEEDS = 4
POOLS = int(os.environ.get("ENIPLAN_TEST_POOLS", "200"))
"""Random pools, of which each is tried in every spelling: 5,000 of them before a release."""


@pytest.mark.parametrize("seed", range(SEEDS))
def test_one_pool_has_one_verdict(here: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chosen, so that a failure comes again
    (here / "cluster.json").write_text(json.dumps({"cluster": plan_with({})["cluster"]}))
    pools = [pool_of(chance) for _ in range(POOLS // SEEDS)]
    plans = {f"{i}/plan.yaml": "# a plan\n" + json.dumps(plan_with(pool)) for i, pool in enumerate(pools)}
    wanted = told(judged(plans))
    for name, spell in {"plan.json": None, **SPELLINGS}.items():
        files = {}
        for i, value in enumerate(pools):
            if spell is None:
                files[f"{i}/{name}"] = json.dumps(plan_with(value))
                continue
            (pool,) = plan_from({"nodePools": [value]}).node_pools
            try:
                text = spell(pool, pool_body(pool, pool.instance_types or ()))
            except RefusalError:
                continue  # this spelling cannot say it
            files[f"{i}/{name}"] = text.replace(CLUSTER_ID, f"c{i}")  # those of one cluster are checked together
        assert len(files) > len(pools) / (8 if name == "ros.json" else 2), name
        if spell is by_module:
            files = {file: written(here, file, text) for file, text in files.items()}
        found = told(judged(files))
        for file in files:
            folder = PurePath(file).parts[0]
            assert found.get(folder) == wanted.get(folder), (name, pools[int(folder)])
