"""Write five large repositories of different kinds: `python bench/repositories.py FOLDER`.

Each has 10,000 files and 100 MB, of which eniplan judges only a few. The same call produces the same files.
`terraform` has live folders that call modules; `manifests` is GitOps; `application` has code, lock files and vendored
trees; `dumps` has outputs of tools: kubectl lists, Terraform plans and states, arrays, binaries; `mixed` has some of
everything.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terraform import LABEL, TAINT, TYPES, other, plan, pool

if TYPE_CHECKING:
    from collections.abc import Callable

FILES, SIZE = 10_000, 10_000
LARGE = 7_000_000
"""Bytes of the largest files."""


def deployment(i: int, size: int) -> dict[str, Any]:
    """Return a Deployment of about `size` bytes that does not use exclusive nodes."""
    labels = {"app": f"app-{i}", "team": f"team-{i % 40}"}
    env = [{"name": f"VARIABLE_{n}", "value": f"the value of variable {n}"} for n in range(max(size - 1000, 0) // 70)]
    container = {
        "name": "main",
        "image": f"registry.example.com/team/app-{i}:1.2.3",
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        "env": env,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"app-{i}", "namespace": f"team-{i % 40}", "labels": labels},
        "spec": {
            "replicas": 3,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def yaml(value: Any, indent: str = "") -> str:  # noqa: ANN401 - any value
    """Return a value as YAML in block style."""
    if isinstance(value, dict):
        return "".join(f"{indent}{key}:{_below(item, indent + '  ')}" for key, item in value.items())
    if isinstance(value, list):
        return "".join(f"{indent}- {yaml(item, indent + '  ').lstrip()}" for item in value)
    return f"{indent}{json.dumps(value)}\n"


def _below(value: Any, indent: str) -> str:  # noqa: ANN401 - any value
    return "\n" + yaml(value, indent) if value and isinstance(value, dict | list) else f" {json.dumps(value)}\n"


# --- Kinds of files -----------------------------------------------------------------------------------------------

HEAD = "apiVersion: {}\nkind: {}\nmetadata: {{name: n{}, namespace: team-{}}}\n"


def live(dice: random.Random, i: int) -> str:
    """Return a Terraform configuration; one in fifty has a node pool, the others call modules."""
    call = f'module "m{i}" {{\n  source = "../modules/net"\n  name   = var.name\n}}\n'
    text = call if dice.randrange(50) else pool(i)
    return text + f'variable "name{i}" {{\n  default = "a"\n}}\n' + "".join(other(n) for n in range(SIZE // 90))


def module(_: random.Random, i: int) -> str:
    """Return a file of a Terraform module."""
    return f'variable "name{i}" {{}}\n' + "".join(other(n) for n in range(SIZE // 90))


def config_map(_: random.Random, i: int) -> str:
    """Return a ConfigMap, which eniplan does not judge."""
    data = "".join(f"  key-{n}: value of the key {n}\n" for n in range(SIZE // 32))
    return HEAD.format("v1", "ConfigMap", i, i % 40) + "data:\n" + data


def definition(_: random.Random, i: int) -> str:
    """Return a CustomResourceDefinition that mentions many fields of pods."""
    fields = "".join(
        f"          field{n}:\n            type: string\n            description: a template has tolerations\n"
        for n in range(SIZE // 90)
    )
    head = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
    return (
        head
        + f"metadata: {{name: d{i}}}\nspec:\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema:\n{fields}"
    )


def workload(_: random.Random, i: int) -> str:
    """Return a Deployment and a Service."""
    return (
        yaml(deployment(i, SIZE)) + "---\n" + HEAD.format("v1", "Service", i, i % 40) + "spec: {ports: [{port: 80}]}\n"
    )


def chart(_: random.Random, i: int) -> str:
    """Return a Helm template."""
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n"
    return head + "".join(f"  {{{{- if .Values.a{n} }}}}\n  key: {i}\n  {{{{- end }}}}\n" for n in range(SIZE // 48))


def lock(_: random.Random, i: int) -> str:
    """Return a lock file."""
    packages = {f"package-{n}": {"version": f"1.{i}.{n}", "integrity": "sha512-" + "a" * 40} for n in range(SIZE // 95)}
    return json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)


def rows(_: random.Random, i: int) -> str:
    """Return a JSON array."""
    return json.dumps([{"id": n, "name": f"row {n}", "tags": ["a", "b"], "of": i} for n in range(SIZE // 58)])


def code(_: random.Random, i: int) -> str:
    """Return the source code of a program."""
    return "".join(f"export const value{n} = (a) => a + {i};\n" for n in range(SIZE // 42))


def page(_: random.Random, i: int) -> str:
    """Return a Markdown page with a code block."""
    block = "```yaml\n" + HEAD.format("v1", "Service", i, 1) + "```\n\n```sh\nkubectl get pods\n```\n"
    return f"# Notes {i}\n\n" + block + "Words of a page that nobody has asked for.\n" * (SIZE // 43)


def script(_: random.Random, i: int) -> str:
    """Return a shell script."""
    return f"#!/bin/sh\n# {i}\n" + 'echo "words that a script says"\n' * (SIZE // 31)


def binary(dice: random.Random, _: int) -> bytes:
    """Return binary data."""
    return dice.randbytes(SIZE)


def own(_: random.Random, i: int) -> str:
    """Return an eniplan plan."""
    labels = f"    labels: {{team: t{i}}}\n"
    head = "apiVersion: eniplan/v1\ncluster: {terway: {version: v1.16.4}}\nnodePools:\n"
    return head + f"  - name: pool-{i}\n    instanceTypes: [{TYPES[i % 3]}]\n    vSwitchIds: [vsw-j]\n{labels}"


Kind = tuple[str, "Callable[[random.Random, int], str | bytes]", int]

REPOSITORIES: dict[str, list[Kind]] = {
    "terraform": [("live/{}.tf", live, 60), ("modules/net/{}.tf", module, 3), ("docs/{}.md", page, 15),
                  ("charts/{}.yaml", config_map, 15), ("ci/{}.sh", script, 7)],
    "manifests": [("apps/{}.yaml", workload, 25), ("config/{}.yaml", config_map, 35), ("crds/{}.yaml", definition, 15),
                  ("charts/templates/{}.yaml", chart, 15), ("docs/{}.md", page, 9), ("pools/{}.yaml", own, 1)],
    "application": [("src/{}.ts", code, 40), ("node_modules/a/{}.json", lock, 20), ("packages/{}.json", lock, 15),
                    ("docs/{}.md", page, 10), ("deploy/{}.yaml", workload, 5), ("assets/{}.png", binary, 10)],
    "dumps": [("data/{}.json", rows, 60), ("blobs/{}.bin", binary, 25), ("old/{}.json", binary, 5),
              ("logs/{}.txt", code, 10)],
    "mixed": [("infra/{}.tf", live, 20), ("apps/{}.yaml", workload, 10), ("config/{}.yaml", config_map, 20),
              ("docs/{}.md", page, 15), ("data/{}.json", rows, 15), ("assets/{}.png", binary, 10),
              ("vendor/{}.go", code, 5), ("ci/{}.sh", script, 5)],
}  # fmt: skip
"""The repositories by name: for each kind of file its path, its writer, and its percentage."""


def _large(name: str) -> dict[str, Any]:
    """Return the large files of a repository, by name."""
    if name not in {"dumps", "mixed"}:
        return {}
    items = [deployment(i, 2_000) for i in range(LARGE // 2_200)]
    found: dict[str, Any] = {"cluster/list.json": {"apiVersion": "v1", "kind": "List", "items": items}}
    if name == "dumps":
        found["plans/plan.json"] = plan(3_000)
        found["data/maps.json"] = [{f"key-{n}": n, "more": {"words": [1, 2]}} for n in range(LARGE // 45)]
        found["data/body.json"] = {"name": "a", "labels": [LABEL], "taints": [TAINT], "count": 3}
    return found


def repository(folder: Path, name: str) -> None:
    """Write one repository."""
    dice = random.Random(name)  # noqa: S311 - variety, not secrets
    kinds = REPOSITORIES[name]
    large = {folder / where: json.dumps(value) for where, value in _large(name).items()}
    for path, text in large.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    left = FILES * SIZE - sum(map(len, large.values()))
    for i in range(FILES - len(large)):
        (where, make, _) = dice.choices(kinds, [weight for *_, weight in kinds])[0]
        top, _, last = where.rpartition("/")
        inner = "" if "modules" in top else f"/part-{i // 40:03}"
        path = folder / f"{top}{inner}" / last.format(f"file-{i:05}")
        path.parent.mkdir(parents=True, exist_ok=True)
        made = make(dice, i) if left > 0 else b""
        data = made if isinstance(made, bytes) else made.encode()
        left -= len(data)
        path.write_bytes(data)


def main(folder: str) -> None:
    """Write all repositories."""
    for name in REPOSITORIES:
        repository(Path(folder) / name, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
