"""Work grows linearly with the input, counted in function calls, which other load on the machine does not change."""

from __future__ import annotations

import io
import json
import sys
import time
from typing import TYPE_CHECKING

import pytest

from eniplan.catalog.select import range_from
from eniplan.cli.others import OtherInputs
from eniplan.errors import InputError
from eniplan.inputs.embedded import exec_forms
from eniplan.inputs.hcl.functions import _ODD_YAML, _YAML_COMMENT
from eniplan.inputs.jq import _TOKEN
from eniplan.inputs.markdown import _FENCE, scripts
from eniplan.inputs.places import BLANK
from eniplan.inputs.scalars import Source
from eniplan.inputs.templates import TOKENS
from eniplan.inputs.terraform import _Configured, _without_indexes
from eniplan.inputs.words import is_worth
from eniplan.k8s.numbers import go_duration, quantity
from eniplan.kube.stream import read
from eniplan.plan.document import plain_scalar, read_documents, read_inputs, read_tagged
from eniplan.plan.folders import patterns
from eniplan.plan.load import LoadedPlan, load
from eniplan.plan.waivers import WaiverFile, _pattern
from eniplan.rules.examples import POD_NETWORKING, VSWITCH_J, WORKLOAD, example
from eniplan.rules.examples_cluster import node, pod
from tests.fuzz.kinds import _seed
from tests.judge import catalog, judge
from tests.kube.support import judge_cluster

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Work = Callable[[int], object]

FEW, MANY = 100, 800


def steps(work: Work, size: int) -> int:
    """Return how many function calls a piece of work makes, in Python and in C."""
    count = 0

    def tick(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        work(size)
    finally:
        sys.setprofile(before)
    return count


def documents(text: str, file: str = "a.yaml") -> None:
    try:
        for document in read_documents(file, text.encode()):
            value = document.value
            for key in value if isinstance(value, (dict, list)) else ():
                document.place((key if isinstance(key, str) else 0,), key=True)
    except InputError:
        pass


def plan(tmp_path: Path, text: str) -> list[LoadedPlan | object]:
    file = tmp_path / "plan.yaml"
    file.write_text(f"apiVersion: eniplan/v1\n{text}")
    return [*load([str(file)])]


def networkings(count: int) -> None:
    selector = {"podSelector": {"matchLabels": {"a": "b"}}}
    rows = [{"name": f"p{i}", "nodePools": ["trading"], **selector} for i in range(count)]
    found = judge({"podNetworkings": rows}).findings
    assert len([f for f in found if f.rule.id == "PN008"]) <= 1


def own_addresses(count: int) -> None:
    """Judge as many pools as vSwitches, each with a PodNetworking and a workload, in one zone or in many."""
    plan = example({})
    for zone in ("j", "%d"):
        v_switch = {**VSWITCH_J, "availableIps": 4}
        rows = [{**v_switch, "id": f"v{i}", "zone": "cn-hangzhou-" + zone.replace("%d", str(i))} for i in range(count)]
        (pool,) = plan["nodePools"]
        ids = [row["id"] for row in rows]
        changes = {
            "cluster.vSwitches": rows,
            "cluster.podDefaults.vSwitchIds": ids,
            "nodePools": [{**pool, "name": f"p{i}", "vSwitchIds": [ids[i]]} for i in range(count)],
            "podNetworkings": [
                {**POD_NETWORKING, "name": f"n{i}", "nodePools": [f"p{i}"], "vSwitchIds": [ids[i]]}
                for i in range(count)
            ],
            "workloads": [
                {**WORKLOAD, "name": f"w{i}", "nodePool": f"p{i}", "podNetworking": f"n{i}"} for i in range(count)
            ],
        }
        assert len([f for f in judge(changes).findings if f.rule.id == "NET002"]) == count


def on_one_pool(count: int) -> None:
    """Judge a pool whose workloads have a PodNetworking and a vSwitch each."""
    rows = [{**VSWITCH_J, "id": f"v{i}"} for i in range(count)]
    pods = [{**POD_NETWORKING, "name": f"n{i}", "vSwitchIds": [f"v{i}"]} for i in range(count)]
    work = [{**WORKLOAD, "name": f"w{i}", "podNetworking": f"n{i}"} for i in range(count)]
    judge({"cluster.vSwitches": [VSWITCH_J, *rows], "podNetworkings": pods, "workloads": work})


def waiting(count: int) -> None:
    """Verify a cluster with as many nodes as pods that wait for their zone's nodes."""
    nodes = [node(f"cn-hangzhou.10.1.{i}") for i in range(count)]
    found = judge_cluster({"nodes": nodes, "pods": [pod(i, "") for i in range(count)], "podENIs": []}).findings
    assert {f.rule.id for f in found} >= {"VER021"}


def waived(count: int) -> None:
    judge({"waivers": [{"rule": "NP002", "path": f"nodePools[{i}]", "reason": "x"} for i in range(count)]})


def terraform(tmp_path: Path, count: int) -> None:
    plan = json.loads(_seed("terraform-plan.json")())
    (change, *_), (resource,) = plan["resource_changes"], plan["configuration"]["root_module"]["resources"]
    names = [f"b{i}" for i in range(count)]
    pool = resource["address"].partition(".")[0]
    plan["resource_changes"] = [{**change, "address": f"{pool}.{name}", "name": name} for name in names]
    plan["configuration"]["root_module"]["resources"] = [{**resource, "address": f"{pool}.{name}"} for name in names]
    del plan["deferred_changes"]
    file = tmp_path / "tf.json"
    file.write_text(json.dumps(plan))
    found = [*load([str(file)], OtherInputs(catalog(), None, [], [], asks=False).make)]
    assert sum(len(one.plan.node_pools) for one in found if isinstance(one, LoadedPlan) and one.plan) == count


HCL_POOL = """resource "alicloud_cs_kubernetes_node_pool" "p%d" {
  node_pool_name = "p%d"
  instance_types = ["ecs.g8i.8xlarge"]
  labels {
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = "eniOnly"
  }
}
"""
APPLIED = """\
variable "a" {}
resource "kubectl_manifest" "m" {
  yaml_body = <<EOT
kind: ConfigMap
%s
EOT
}
"""
OTHER = 'resource "alicloud_vpc" "v%d" {\n  name = "a"\n}\n'


def read_all(folder: Path, pools: int) -> None:
    found = [*load([str(folder)], OtherInputs(catalog(), None, [], [], asks=False).make)]
    assert not [one for one in found if not isinstance(one, LoadedPlan)]
    assert sum(len(one.plan.node_pools) for one in found if isinstance(one, LoadedPlan) and one.plan) == pools


def in_folders(folder: Path, count: int) -> None:
    """Read `count` folders with pools, and as many that call modules and have no pools."""
    top = folder / str(count)
    for i in range(count):
        for kind, text in (
            ("ours", HCL_POOL % (i, i)),
            ("others", OTHER % i + 'module "m" {\n  source = "../net"\n}\n'),
        ):
            (top / kind / f"f{i}").mkdir(parents=True, exist_ok=True)
            (top / kind / f"f{i}" / "main.tf").write_text(text)
    (top / "others" / "net").mkdir(exist_ok=True)
    (top / "others" / "net" / "main.tf").write_text(OTHER % 0)
    read_all(top, count)


def in_one_file(folder: Path, count: int, text: str, name: str, pools: int | None = None) -> None:
    top = folder / f"of-{count}"
    top.mkdir(exist_ok=True)
    (top / name).write_text(text)
    read_all(top, count if pools is None else pools)


def chosen(folder: Path, count: int, by: str) -> None:
    """Read workloads that each have a PodNetworking of their own, by label or by namespace, and a NetworkPolicy."""
    chooser = {"podSelector": "{matchLabels: {app: %d}}", "namespaceSelector": "{matchLabels: {team: t%d}}"}[by]
    row = f"""\
apiVersion: v1
kind: Namespace
metadata: {{name: s%d, labels: {{team: t%d}}}}
---
apiVersion: network.alibabacloud.com/v1beta1
kind: PodNetworking
metadata: {{name: n%d}}
spec: {{eniOptions: {{eniType: ENI}}, selector: {{{by}: {chooser}}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: a%d, namespace: s0}}
spec: {{podSelector: {{matchLabels: {{app: "%d"}}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: w%d, namespace: {"s0" if by == "podSelector" else "s%d"}}}
spec: {{selector: {{}}, template: {{metadata: {{labels: {{app: "%d"}}}}, spec: {{containers: []}}}}}}
"""
    row = row.replace("app: %d", 'app: "%d"')
    in_one_file(folder, count, "---\n".join(row.replace("%d", str(i)) for i in range(count)), "all.yaml", 0)


def manifests(folder: Path, count: int, spec: str, *, is_json: bool) -> None:
    """Read `count` workloads with as many pools."""
    pods = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": f"d{i}"},
            "spec": {"selector": {}, "template": {"spec": {"containers": [], **json.loads(spec)}}},
        }
        for i in range(count)
    ]
    top = folder / f"beside-{count}"
    top.mkdir(exist_ok=True)
    text = (
        "\n---\n".join(map(json.dumps, pods))
        if not is_json
        else json.dumps({"apiVersion": "v1", "kind": "List", "items": pods})
    )
    (top / ("list.json" if is_json else "all.yaml")).write_text(text)
    in_one_file(top, count, "".join(HCL_POOL % (i, i) for i in range(count)), "main.tf")


QUIET, LOUD = "{}", '{"tolerations": [{"key": "a", "operator": "Exists"}]}'
WORK: dict[str, Callable[[Path], Work]] = {
    "places in YAML": lambda _: lambda n: documents("".join(f"k{i}: 1\n" for i in range(n))),
    "places in JSON": lambda _: lambda n: documents(json.dumps({f"k{i}": 1 for i in range(n)}, indent=0), "a.json"),
    "keys that are there twice": lambda _: lambda n: documents("".join(f"k{i}: 1\n" for i in range(n)) * 2),
    "keys that are there twice in JSON": lambda _: (
        lambda n: documents("{" + ",".join(f'"k{i}": 1' for i in [*range(n)] * 2) + "}", "a.json")
    ),
    "brackets that are not closed": lambda _: lambda n: documents("[" + "a, " * n),
    "unknown keys": lambda folder: lambda n: plan(folder, "".join(f"k{i}: 1\n" for i in range(n))),
    "PodNetworkings that match the same pods": lambda _: networkings,
    "pools with vSwitches of their own": lambda _: own_addresses,
    "workloads with vSwitches of their own": lambda _: on_one_pool,
    "workloads with PodNetworkings by label": lambda folder: lambda n: chosen(folder, n, "podSelector"),
    "workloads with PodNetworkings by namespace": lambda folder: lambda n: chosen(folder, n, "namespaceSelector"),
    "pods that wait": lambda _: waiting,
    "waivers": lambda _: waived,
    "resources of a Terraform plan": lambda folder: lambda n: terraform(folder, n),
    "pools of HCL": lambda folder: (
        lambda n: in_one_file(folder, n, "".join(HCL_POOL % (i, i) for i in range(n)), "main.tf")
    ),
    "other resources of HCL": lambda folder: (
        lambda n: in_one_file(folder, n, HCL_POOL % (0, 0) + "".join(OTHER % i for i in range(n)), "main.tf", 1)
    ),
    "unknown parts of a line": lambda folder: (
        lambda n: in_one_file(folder, n, HCL_POOL % (0, 0) + APPLIED % ("a: " + "${var.a}" * n), "main.tf", 1)
    ),
    "unknown parts of many lines": lambda folder: (
        lambda n: in_one_file(folder, n, HCL_POOL % (0, 0) + APPLIED % ("a: ${var.a}\n" * n), "main.tf", 1)
    ),
    "folders of HCL": lambda folder: lambda n: in_folders(folder, n),
    "a List beside pools": lambda folder: lambda n: manifests(folder, n, QUIET, is_json=True),
    "workloads beside pools": lambda folder: lambda n: manifests(folder, n, QUIET, is_json=False),
    "workloads with tolerations beside pools": lambda folder: lambda n: manifests(folder, n, LOUD, is_json=True),
    "an array of maps": lambda _: (
        lambda n: read_inputs("a.json", json.dumps([{"a": {"b": i}} for i in range(n)]).encode())
    ),
    "objects of a dump": lambda _: (
        lambda n: [*read(io.StringIO(json.dumps({"kind": "List", "items": [{"a": i} for i in range(n)]})), "dump")]
    ),
    "pools that do not fit": lambda folder: lambda n: plan(folder, "nodePools:\n" + "- {name: 1}\n" * n),
}


@pytest.mark.parametrize("name", WORK)
def test_steps_grow_as_the_input(tmp_path: Path, name: str) -> None:
    work = WORK[name](tmp_path)
    work(FEW)  # exclude imports and compiled patterns from the count
    few, many = steps(work, FEW), steps(work, MANY)
    assert many < few * MANY / FEW * 1.5


def _walk(folder: Path) -> Work:
    for name in "abc":
        (folder / name).symlink_to(folder)
    (folder / "w.yaml").write_text("waivers: []\n")

    def work(_: int) -> list[object]:
        waiver = {"rule": "ENI001", "file": f"{folder}/**/**/**/no*.yaml", "reason": "x"}
        file = folder / "w.yaml"
        file.write_text(json.dumps({"waivers": [waiver]}))
        from eniplan.plan.waivers import load_waivers  # noqa: PLC0415 - as the program does

        (found,) = load_waivers(str(file))
        assert isinstance(found, WaiverFile)
        return [*found.elsewhere([])]

    return work


def test_links_in_circles_are_not_followed(tmp_path: Path) -> None:
    work = _walk(tmp_path)
    work(0)
    assert steps(work, 0) < 5_000


PATTERNS: dict[str, Work] = {
    "number": lambda n: plain_scalar("1" * n + "x"),
    "number with a point": lambda n: plain_scalar("." + "1" * n + "x"),
    "quantity": lambda n: quantity("1" * n + "x"),
    "duration": lambda n: go_duration("1" * n),
    "durations": lambda n: go_duration("1h" * n + "x"),
    "range": lambda n: range_from("1" * n + "x"),
    "open range": lambda n: range_from("1" * n + ".."),
    "Terraform address": lambda n: _Configured({}).expressions('module.a["x"]' * (n // 12) + "["),
    "Terraform address that is not closed": lambda n: _without_indexes("[" * n),
    "Terraform key that is not closed": lambda n: _without_indexes('["\\"' * (n // 4) + "x"),
    "glob": lambda n: _pattern("**/*a" * (n // 5)),
    "glob of folders": lambda n: [p.matches("a/" * 50) for p in patterns(".", ["[" * n])],
    "variable of a body": lambda n: BLANK.search("${" + "a" * n),
    "variables of a body": lambda n: BLANK.search("${a" * (n // 3) + "{{ a " * (n // 5)),
    "comment of YAML": lambda n: _YAML_COMMENT.sub("", "a " * (n // 2) + "'"),
    "words of YAML": lambda n: _ODD_YAML.search("- a: " * (n // 5)),
    "fence": lambda n: _FENCE.match("> " * n + "x"),
    "script": lambda n: is_worth(b"aliyun " * n + b"\nCreateCluster"),
    "tokens of a body": lambda n: list(TOKENS.finditer("{{ a" * (n // 8) + "${a" * (n // 6))),
    "program of jq": lambda n: list(_TOKEN.finditer('"' + "\\\\(" * (n // 4) + "1e" * (n // 4))),
    "lines in YAML": lambda n: list(scripts("".join(f"{' ' * (i % 200)}- a: b\n" for i in range(n // 50)), bool)),
    "scripts in YAML": lambda n: list(scripts("a: |\n" * (2 * n), bool)),
    "lines of a script in YAML": lambda n: list(scripts("a: |\n" + " b\n" * (n // 3), bool)),
    "escapes in YAML": lambda n: list(scripts('a: "' + "\\n" * (n // 2) + '"', bool)),
    "words of a command": lambda n: _exec("a: [cs" + ",\n b" * (n // 4) + "]"),
    "what is filled in": lambda n: _exec(f"a: [cs, '{'$(a' * (n // 6)}{'{{a' * (n // 6)}']"),
}


def _exec(text: str) -> list[object]:
    (document,) = read_tagged("a.yaml", text.encode())
    return list(exec_forms(document, Source(text)))


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_is_quadratic(name: str) -> None:
    """The work of a pattern cannot be counted; on 40,000 characters, a linear one takes a tenth of the allowed time."""
    start = time.process_time()
    PATTERNS[name](40_000)
    assert time.process_time() - start < 2
