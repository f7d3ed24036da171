"""The kinds of inputs to fuzz: a valid seed, how to break it, and the command line that reads it."""

from __future__ import annotations

import functools
import hashlib
import json
import subprocess
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from tests.fuzz import mutators
from tests.fuzz.strings import word
from tests.harness import EXAMPLES, eniplan_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

PLANS = sorted(EXAMPLES.glob("*.yaml"))
PLAN = EXAMPLES / "trading-ipv4.yaml"
_ROOT = EXAMPLES.parent
_SEEDS = Path(__file__).parent / "seeds"


def _cli(words: list[str]) -> int:
    from eniplan.cli import run  # noqa: PLC0415 - imported by the process that forks, not by pytest

    return run(words)


def _receipt(words: list[str]) -> int:
    from eniplan.cloud.receipt import read  # noqa: PLC0415 - the same
    from eniplan.errors import InputError  # noqa: PLC0415 - the same

    try:
        read(words[-1])
    except InputError as error:
        return error.exit_code
    return 0


class Kind(NamedTuple):
    """One kind of input."""

    name: str
    make: Callable[[Random, Path], tuple[str, ...]]
    """Writes an input into a folder, and returns the command line."""
    call: Callable[[list[str]], int] = _cli


@functools.cache
def _emitted(*words: str) -> bytes:
    return subprocess.run(eniplan_command(*words), check=True, capture_output=True).stdout


def _pool(form: str) -> bytes:
    return _emitted("create-pool", str(PLAN), "--emit", form)


def _seed(name: str) -> Callable[[], bytes]:
    return (_SEEDS / name).read_bytes


def _manifests() -> bytes:
    return _emitted("render-manifests", str(PLAN), "--workloads")


@functools.cache
def _documents(seed: bytes, how: str) -> tuple[Any, ...]:
    """Parse a valid input once; callers must copy a document before changing it."""
    found = [json.loads(seed)] if how == "json" else yaml.load_all(seed, yaml.CSafeLoader)
    return tuple(document for document in found if document is not None)


def _file(random: Random, folder: Path, name: str, seed: bytes, how: str) -> None:
    """Write an input with broken values or broken text."""
    if how != "text" and random.random() < 0.7:
        documents = [*_documents(seed, how)]
        at = random.randrange(len(documents))
        documents[at] = mutators.value(random, documents[at])
        spell = mutators.json_bytes if how == "json" or random.random() < 0.2 else mutators.yaml_bytes
        seed = b"---\n".join(spell(document) for document in documents)
    else:
        seed = mutators.text(random, seed)
    (folder / name).write_bytes(seed)


def _reads(name: str, file: str, seed: Callable[[], bytes], how: str, words: str) -> Kind:
    def make(random: Random, folder: Path) -> tuple[str, ...]:
        (folder / "plan.yaml").write_bytes(PLAN.read_bytes())
        _file(random, folder, file, seed(), how)
        return tuple(words.replace("FILE", file).split(" "))

    return Kind(name, make)


def _plan(random: Random, folder: Path) -> tuple[str, ...]:
    _file(random, folder, "plan.yaml", random.choice(PLANS).read_bytes(), "yaml")
    form = random.choice(("text", "json", "sarif", "junit", "gitlab", "markdown", "html", "github"))
    checks = f"check plan.yaml --format {form}"
    others = (
        "create-pool plan.yaml --emit terraform",
        "create-pool plan.yaml --emit ros",
        "render-manifests plan.yaml",
    )
    return tuple(random.choice((checks, checks, *others)).split(" "))


def _fix(random: Random, folder: Path) -> tuple[str, ...]:
    """Write an input for `--fix` that is also broken elsewhere."""
    seed, name = random.choice(
        (((EXAMPLES / "many-mistakes.yaml").read_bytes(), "plan.yaml"), (_seed("more.tf")(), "pool.tf"))
    )
    _file(random, folder, name, seed, "text" if name == "pool.tf" else "yaml")
    return ("check", name, *random.choice((("--fix",), ("--fix", "--unsafe-fixes"), ("--diff",))))


def _hcl(random: Random, folder: Path) -> tuple[str, ...]:
    """Write a Terraform configuration with a module, and values of its variables."""
    (folder / "more").mkdir()
    wrong = random.choice(("main.tf", "main.tf", "more/more.tf", "values.tfvars"))
    for name in ("main.tf", "more/more.tf", "values.tfvars"):
        data = _seed(name.rpartition("/")[2])()
        (folder / name).write_bytes(mutators.text(random, data) if name == wrong else data)
    return ("check", ".", "--var-file", "values.tfvars")


def _terragrunt(random: Random, folder: Path) -> tuple[str, ...]:
    """Write a module, and the Terragrunt file that sets its inputs."""
    return _around_module(random, folder, "terragrunt.hcl")


def _stack(random: Random, folder: Path) -> tuple[str, ...]:
    """Write a module, and the component of a stack that sets its inputs."""
    return _around_module(random, folder, "stack.tfcomponent.hcl")


def _around_module(random: Random, folder: Path, name: str) -> tuple[str, ...]:
    (folder / "more").mkdir()
    (folder / "more" / "main.tf").write_bytes(_seed("main.tf")())
    _file(random, folder, name, _seed(name)(), "text")
    return ("check", ".")


def _values(random: Random, folder: Path) -> tuple[str, ...]:
    """Write broken values of variables, in a values file, in JSON, or on the command line."""
    (folder / "more").mkdir()
    for name in ("main.tf", "more/more.tf"):
        (folder / name).write_bytes(_seed(name.rpartition("/")[2])())
    how = random.choice(("values.tfvars", "terraform.tfvars.json", "line"))
    if how == "values.tfvars":
        _file(random, folder, how, _seed(how)(), "text")
        return ("check", ".", "--var-file", how)
    if how == "line":
        name = random.choice(("types=", "pools=", "", "names="))
        return ("check", ".", "--var", f"{name}{_argument(random)}")
    values = {"types": ["ecs.g8i.8xlarge"], "pools": {"a": {"size": 3, "zone": "j"}, "b": {"zone": "k"}}}
    _file(random, folder, how, json.dumps(values).encode(), "json")
    return ("check", ".")


def _eni_conf(random: Random, folder: Path) -> tuple[str, ...]:
    """Write a valid dump with a broken eni-config."""
    dump = json.loads(_dump())
    (conf,) = (item for item in dump["items"] if item["kind"] == "ConfigMap")
    key = random.choice([*conf["data"]])
    _file(random, folder, "conf", conf["data"][key].encode(), "json")
    conf["data"][key] = (folder / "conf").read_bytes().decode("utf-8", "replace")
    (folder / "dump.json").write_text(json.dumps(dump), "utf-8")
    words = ("verify plan.yaml --from dump.json", "init --from-cluster --from dump.json -", "verify --from dump.json")
    (folder / "plan.yaml").write_bytes(PLAN.read_bytes())
    return tuple(random.choice(words).split(" "))


def _templates(random: Random, folder: Path) -> tuple[str, ...]:
    (folder / "plan.yaml").write_bytes(PLAN.read_bytes())
    (folder / "kinds").mkdir()
    files = sorted((_ROOT / "templates" / "manifests").glob("*.yaml"))
    wrong = random.choice(files)
    for file in files:
        (folder / "kinds" / file.name).write_bytes(file.read_bytes())
    _file(random, folder, f"kinds/{wrong.name}", wrong.read_bytes(), "yaml")
    return ("render-manifests", "plan.yaml", "--workloads", "--template-dir", "kinds")


def _make_receipt(random: Random, folder: Path) -> tuple[str, ...]:
    body = json.dumps({"nodepool_info": {"name": "trading"}, "scaling_group": {"instance_types": ["ecs.g8i.8xlarge"]}})
    receipt = {
        "schema": "eniplan.receipt/v1",
        "eniplan": "0.1.0",
        "state": "sent",
        "updated": "2026-11-25T00:00:00+00:00",
        "cluster": {"id": "c1", "region": "cn-hangzhou", "endpoint": None},
        "pool": "trading",
        "plan": "plan.yaml",
        "nodePoolId": None,
        "taskId": None,
        "body": {"sha256": hashlib.sha256(body.encode()).hexdigest(), "text": body},
        "waivers": [{"rule": "ENI002"}],
        "events": [{"time": "2026-11-25T00:00:00+00:00", "state": "sent", "requestId": None, "note": ""}],
    }
    _file(random, folder, "receipt.json", json.dumps(receipt).encode(), "json")
    return ("receipt.json",)


_WORDS = (
    "check", "create-pool", "explain", "init", "instances", "ram-policy", "render-manifests", "schema", "specs",
    "show", "diff", "--format", "json", "sarif", "html", "csv", "--output", "json=out.json", "json=plan.yaml", "=",
    "--fail-on", "warning", "--strict", "--specs", "bundled", "--waivers", "--cluster", "plan.yaml", "nowhere.yaml",
    ".", "", "-", "--", "\udcff", "--type", "ecs.g8i.8xlarge", "ecs.", "--family", "ecs.g8i", "--terway", "v1.16.4",
    "v1..", "--ip-stack", "dual", "--vcpus", "8..32", "8..", "..", "9" * 5000, "1.." + "9" * 400, "--min-pods", "7",
    "-1", "--pods", "0", "10" * 20, "--emit", "terraform", "ros", "--pool", "trading", "--out", "out.txt",
    "/nowhere/x", "--workloads", "--out-dir", "out", "--kustomize", "--patch", "--from", "--help", "ENI001", "eni1",
    "report", "waivers", "--arch", "arm", "--gpus", "--memory", "--zones", "3", "-h", "-x", "--why", "--emit-plan",
    "--sort", "--var", "a=b", "a\nb", "\u202e", "*", "--verbose", "--markdown",
)  # fmt: skip


_LINES = (
    "check plan.yaml --format json --output json=out.json --fail-on warning --strict --verbose",
    "check plan.yaml pool.tf --specs bundled --waivers plan.yaml --cluster plan.yaml --format text",
    "check --type ecs.g8i.8xlarge --family ecs.g8i --terway v1.16.4 --ip-stack dual",
    "check pool.tf --var a=1 --var-file plan.yaml --format sarif",
    "create-pool plan.yaml --pool trading --emit terraform --out out.tf --fail-on warning",
    "create-pool plan.yaml --emit ros --strict",
    "resume plan.yaml --timeout 90s --yes",
    "render-manifests plan.yaml --workloads --out-dir out --kustomize",
    "render-manifests plan.yaml --patch plan.yaml",
    "check plan.yaml --baseline plan.yaml --fail-on info",
    "check plan.yaml --write-baseline out.json",
    "guard plan.yaml --action deny --test plan.yaml",
    "migrate plan.yaml --from np0123 --manifests plan.yaml --dry-run",
    "config --format json",
    "completion zsh",
    "explain ENI001 --format json",
    "init out.yaml",
    "init --from-cluster --from plan.yaml --cluster-facts out.yaml",
    "instances --vcpus 8..32 --memory 32..64 --min-pods 7 --arch arm --on-sale --limit 5 --format csv",
    "instances --pods 50 --daemonsets 1 --spread 3 --survive zone --sort pods",
    "instances --pods 40 --spread cn-hangzhou-j,cn-hangzhou-k --emit-plan --terway v1.16.4",
    "instances --why --gpus 1.. --dual-stack --family ecs.g8i --limit 3 --format json",
    "specs show ecs.g8i.8xlarge --format json",
    "specs diff plan.yaml plan.yaml",
    "schema report",
    "ram-policy check",
    "verify plan.yaml --from plan.yaml --format json --pool trading=np1",
    "verify --from plan.yaml --pod trading/a",
)


_NO_ARGUMENT = {0: None, 0xD800: None}
"""Characters that cannot be in an argument."""


def _argument(random: Random) -> str:
    made = word(random).translate(_NO_ARGUMENT)
    return made if normpath(made).strip("/.") else "nowhere"  # do not read the whole machine


def _line(random: Random, folder: Path) -> tuple[str, ...]:
    """Write a valid command line with a few broken words."""
    (folder / "plan.yaml").write_bytes(PLAN.read_bytes())
    (folder / "pool.tf").write_bytes(_pool("terraform"))
    words = random.choice(_LINES).split(" ")
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(words) + 1)
        kept = random.choice((at, at + 1, at + 2))
        words[at:kept] = random.choice(([], [random.choice(_WORDS)], [_argument(random)]))
    return tuple(words)


def _dump() -> bytes:
    label = {"k8s.aliyun.com/exclusive-mode-eni-type": "eniOnly", "alibabacloud.com/nodepool-id": "np1"}
    metadata = {"name": "n", "namespace": "kube-system", "labels": label, "creationTimestamp": "2026-11-25T00:00:00Z"}
    ready = [
        {"type": "Ready", "status": "True", "reason": "x", "message": "y", "lastTransitionTime": "2026-11-25T00:00:00Z"}
    ]
    status = {
        "allocatable": {"aliyun/eni": "7", "cpu": "32"},
        "conditions": ready,
        "phase": "Running",
        "hostIP": "1.1.1.1",
    }
    container = {
        "name": "a",
        "image": "terway:v1.16.4",
        "resources": {"limits": {"aliyun/eni": "1"}, "requests": {"aliyun/eni": 1}},
    }
    pod = {
        "nodeName": "n",
        "containers": [container],
        "tolerations": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}],
    }
    owner = [{"kind": "ReplicaSet", "name": "a-1", "uid": "u"}]
    conf = json.dumps({"vswitches": {"cn-hangzhou-j": ["vsw-j"]}, "security_groups": ["sg-a"], "max_pool_size": 5})
    items = [
        {
            "kind": "Node",
            "metadata": metadata,
            "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]},
            "status": status,
        },
        {
            "kind": "Pod",
            "metadata": {**metadata, "annotations": {"k8s.aliyun.com/pod-eni": "true"}, "ownerReferences": owner},
            "spec": pod,
            "status": status,
        },
        {"kind": "ConfigMap", "metadata": {**metadata, "name": "eni-config"}, "data": {"eni_conf": conf}},
        {
            "kind": "PodNetworking",
            "metadata": metadata,
            "spec": {
                "vSwitchOptions": ["vsw-j"],
                "eniOptions": {"eniType": "ENI"},
                "selector": {"podSelector": {"matchLabels": {"a": "b"}}},
                "allocationType": {"type": "Fixed", "releaseAfter": "10m"},
            },
            "status": {"status": "Ready", "vSwitches": [{"id": "vsw-j", "zone": "cn-hangzhou-j"}]},
        },
        {
            "kind": "PodENI",
            "metadata": metadata,
            "spec": {"allocations": [{"eni": {"id": "eni-1"}}]},
            "status": {"phase": "Bind"},
        },
        {
            "kind": "Event",
            "metadata": metadata,
            "reason": "FailedScheduling",
            "message": "0/3 nodes: Insufficient aliyun/eni",
            "involvedObject": {"kind": "Pod", "name": "n", "namespace": "kube-system"},
            "count": 3,
            "lastTimestamp": "x",
        },
        {
            "kind": "DaemonSet",
            "metadata": {**metadata, "name": "terway-eniip"},
            "spec": {"template": {"spec": pod}},
            "status": {},
        },
    ]
    return json.dumps({"kind": "List", "items": items}).encode()


def _specs() -> bytes:
    row = {
        "InstanceTypeId": "ecs.g8i.8xlarge",
        "InstanceTypeFamily": "ecs.g8i",
        "EniQuantity": 8,
        "EniTotalQuantity": 8,
        "EniPrivateIpAddressQuantity": 30,
        "EniIpv6AddressQuantity": 30,
        "CpuCoreCount": 32,
        "MemorySize": 128.0,
        "EniTrunkSupported": True,
        "CpuArchitecture": "X86",
    }
    return json.dumps({"InstanceTypes": {"InstanceType": [row]}}).encode()


def _baseline() -> bytes:
    finding = {
        "rule": "ENI001",
        "file": "plan.yaml",
        "path": "nodePools[0].instanceTypes[0]",
        "message": "ecs.g8i.xlarge has 4 ENIs; exclusive ENI mode needs more than 6",
        "fingerprint": "986c4975038295be59b3c756482572a3d907e4a26dfdc99806a098202c3d1cd2",
    }
    return json.dumps({"schema": "eniplan.baseline/v1", "findings": [finding, finding]}).encode()


def _config(random: Random, folder: Path) -> tuple[str, ...]:
    (folder / "plan.yaml").write_bytes(PLAN.read_bytes())
    (folder / ".eniplan").mkdir()
    settings = b"fail-on: warning\nstrict: true\nexclude: [a, b]\nformat: json\ncluster: plan.yaml\n"
    _file(random, folder, ".eniplan/config.yaml", settings, "yaml")
    return tuple(random.choice(("config", "check plan.yaml", "config --format json", "explain ENI001")).split(" "))


_WAIVERS = b"""\
waivers:
  - {rule: NP002, path: "nodePools[0]", reason: x, expires: 2099-01-01}
  - {rule: ENI002, file: "**/plan*.yaml", reason: y, expires: 2099-01-01}
  - {rule: ENI001, file: "a/*/b?.yaml", reason: z}
"""
_SCRIPT = b"""\
#!/bin/sh
NAME=trading
aliyun cs POST /clusters/c1/nodepools --header "Content-Type=application/json" --body "$(cat <<EOF
{"nodepool_info": {"name": "$NAME"}, "scaling_group": {"instance_types": ["ecs.g8i.8xlarge"], "vswitch_ids": ["vsw-j"]},
 "kubernetes_config": {"labels": [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eniOnly"}]}}
EOF
)"
"""


def _markdown() -> bytes:
    quoted = b"".join(b"> " + line for line in _SCRIPT.splitlines(keepends=True))
    plan, hcl = PLAN.read_bytes(), _pool("terraform")
    return b"# Pools\n\n> ```sh\n" + quoted + b"> ```\n\n```yaml\n" + plan + b"```\n\n```hcl\n" + hcl + b"```\n"


KINDS = (
    Kind("plan", _plan),
    _reads("plan-json", "plan.json", (EXAMPLES / "plan.json").read_bytes, "json", "check FILE"),
    Kind("fix", _fix),
    _reads("manifests", "all.yaml", _manifests, "yaml", "check plan.yaml FILE"),
    _reads("terraform", "tf.json", _seed("terraform-plan.json"), "json", "check FILE"),
    _reads("terraform-json", "pool.tf.json", lambda: _pool("terraform-json"), "json", "check FILE"),
    _reads("terraform-json-module", "module.tf.json", _seed("module.tf.json"), "json", "check FILE"),
    _reads("hcl", "pool.tf", lambda: _pool("terraform"), "text", "check FILE"),
    Kind("hcl-module", _hcl),
    Kind("variables", _values),
    Kind("terragrunt", _terragrunt),
    Kind("stack", _stack),
    _reads("texts", "texts.yaml", _seed("texts.yaml"), "text", "check FILE"),
    _reads("body", "pool.json", lambda: _pool("api"), "json", "check FILE"),
    _reads("create-cluster", "cluster.json", _seed("create-cluster.json"), "json", "check FILE"),
    _reads("ros", "ros.json", lambda: _pool("ros"), "json", "check FILE"),
    _reads("ros-functions", "ros.yaml", _seed("ros.yaml"), "yaml", "check FILE"),
    _reads("pulumi", "Pulumi.yaml", _seed("pulumi.yaml"), "yaml", "check FILE"),
    _reads("crossplane", "pools.yaml", _seed("crossplane.yaml"), "yaml", "check FILE"),
    _reads("script", "pool.sh", lambda: _SCRIPT, "text", "check FILE"),
    _reads("markdown", "pools.md", _markdown, "text", "check FILE"),
    _reads("cluster", "cluster.yaml", PLAN.read_bytes, "yaml", "check plan.yaml --cluster FILE"),
    _reads("dump", "dump.json", _dump, "json", "verify plan.yaml --from FILE"),
    _reads("dump-alone", "dump.json", _dump, "json", "verify --from FILE"),
    Kind("eni-conf", _eni_conf),
    _reads("specs", "specs.json", _specs, "json", "check plan.yaml --specs FILE"),
    _reads("waivers", "waivers.yaml", lambda: _WAIVERS, "yaml", "check plan.yaml --waivers FILE"),
    _reads("patch", "all.yaml", _manifests, "yaml", "render-manifests plan.yaml --patch FILE"),
    _reads("baseline", "known.json", _baseline, "json", "check plan.yaml --baseline FILE"),
    _reads("guarded", "all.yaml", _manifests, "yaml", "guard plan.yaml --test FILE"),
    _reads("guard", "plan.yaml", PLAN.read_bytes, "yaml", "guard FILE"),
    _reads("moved", "all.yaml", _manifests, "yaml", "migrate plan.yaml --from np0123 --manifests FILE --dry-run"),
    Kind("config", _config),
    Kind("templates", _templates),
    Kind("receipt", _make_receipt, _receipt),
    Kind("line", _line),
)
