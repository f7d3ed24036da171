"""Inputs inside of texts of other documents, and commands that are lists of words."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan.inputs.collect import Collected
from eniplan.inputs.scalars import offsets
from eniplan.plan.load import load
from tests.inputs.support import BODY, LABEL, hcl, judge_files
from tests.judge import catalog

if TYPE_CHECKING:
    from pathlib import Path

BAD: dict[str, Any] = BODY | {"scaling_group": {**BODY["scaling_group"], "instance_types": ["ecs.g7.2xlarge"]}}
TEXT = json.dumps(BAD)
PATH = "/clusters/c1/nodepools"


def job(**container: object) -> str:
    """Return a Job with one container."""
    pod = {"containers": [{"name": "a", "image": "ops/aliyun-cli", **container}]}
    found = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": {"template": {"spec": pod}}}
    return yaml.safe_dump(found, width=10_000)


def kept(**data: str) -> str:
    """Return a ConfigMap."""
    found = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "pools"}, "data": data}
    return yaml.safe_dump(found, width=10_000)


SEVERAL = json.dumps(BAD, indent=1)
EXEC = {
    "Job": job(command=["aliyun", "cs", "POST", PATH, "--body", TEXT]),
    "Job of two parts": job(command=["aliyun", "cs"], args=["POST", PATH, "--body", TEXT]),
    "arguments of an image": job(args=["cs", "CreateClusterNodePool", "--ClusterId", "c1", "--body", TEXT]),
    "options first": job(args=["--profile", "a", "cs", "create-cluster-node-pool", "--body", TEXT]),
    "joined by =": job(command=["aliyun", "cs", "POST", PATH, f"--body={TEXT}"]),
    "several lines": job(command=["aliyun", "cs", "POST", PATH, "--body", SEVERAL]),
    "JSON": json.dumps(yaml.safe_load(job(command=["aliyun", "cs", "POST", PATH, "--body", TEXT]))),
    "Argo": yaml.safe_dump({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "a-"},
        "spec": {"templates": [{"name": "a", "container": {
            "command": ["aliyun"],
            "args": ["cs", "POST", "/clusters/{{ inputs.parameters.id }}/nodepools", "--body", TEXT],
        }}]},
    }, width=10_000),
    "Compose": yaml.safe_dump({"services": {"a": {"command": ["cs", "POST", PATH, "--body", TEXT],
                                                  "entrypoint": ["aliyun"]}}}, width=10_000),
    "entrypoint that is a word": yaml.safe_dump(
        {"steps": [{"args": ["cs", "POST", PATH, "--body", TEXT], "entrypoint": "aliyun"}]}, width=10_000
    ),
    "words of Ansible": yaml.safe_dump(
        [{"tasks": [{"command": {"argv": ["aliyun", "cs", "POST", PATH, "--body", TEXT]}}]}], width=10_000
    ),
    "a number": job(command=["aliyun", "cs", "create-cluster-node-pool", "--timeout", 60, "--body", TEXT]),
}  # fmt: skip
INSIDE = {
    "body": kept(**{"pool.json": SEVERAL}),
    "body in one line": kept(**{"pool.json": TEXT}),
    "body in YAML": kept(**{"pool.yaml": yaml.safe_dump(BAD)}),
    "body in double quotes": json.dumps(yaml.safe_load(kept(**{"pool.json": SEVERAL}))),
    "list of bodies": kept(**{"pools.json": json.dumps([BAD])}),
    "cluster": kept(**{"a.json": json.dumps({"name": "c", "cluster_type": "ManagedKubernetes", "nodepools": [BAD]})}),
    "Secret": kept(**{"pool.json": SEVERAL}).replace("ConfigMap", "Secret").replace("data:", "stringData:"),
    "ROS": kept(t=yaml.safe_dump({
        "ROSTemplateFormatVersion": "2015-09-01",
        "Resources": {"P": {"Type": "ALIYUN::CS::ClusterNodePool", "Properties": {
            "ClusterId": "c", "ScalingGroup": {"InstanceTypes": ["ecs.g7.2xlarge"], "VSwitchIds": ["vsw-j"],
                                               "DesiredSize": 3},
            "KubernetesConfig": {"Labels": [{"Key": LABEL["key"], "Value": LABEL["value"]}],
                                 "Taints": [{"Key": "exclusive-eni", "Value": "true", "Effect": "NoSchedule"}]},
        }}},
    })),
    "content of Ansible": yaml.safe_dump([{"tasks": [{"copy": {"dest": "/a", "content": SEVERAL}}]}], width=10_000),
    "variable": job(env=[{"name": "BODY", "value": TEXT}]),
}  # fmt: skip


@pytest.mark.parametrize("name", [*EXEC, *INSIDE])
def test_what_a_text_inside_of_a_document_asks_for(here: Path, name: str) -> None:
    """One pool, one verdict: the place is that of the value in the file."""
    text = {**EXEC, **INSIDE}[name]
    file = "a.json" if text.startswith("{") else "a.yaml"
    for path in (file, "."):
        judged = judge_files(here, {file: text}, path)
        assert (judged.problems, judged.rules - {"NP002"}) == ([], {"ENI001"})
        assert len(judged.report.pools) == 1
        place = next(f.place for f in judged.report.findings if f.rule.id == "ENI001")
        found = text.splitlines()[place.line - 1][place.column - 1 :].lstrip('\\"[')
        assert found.startswith("ecs.g7.2xlarge")


ELSEWHERE = {
    "two parts": job(args=["POST", PATH, "--body-file", "/a.json"], command=["aliyun", "cs"]),
    "entrypoint": yaml.safe_dump({"a": {"command": ["cs", "POST", PATH, "--body-file", "/a.json"],
                                        "entrypoint": ["/usr/bin/aliyun", "--profile", "a"]}}),
    "arguments of an image": job(args=["cs", "POST", PATH, "--body-file", "/a.json"]),
    "options first": job(args=["--profile", "a", "cs", "POST", PATH, "--body-file=/a.json"]),
    "argv": yaml.safe_dump({"a": [{"argv": ["aliyun", "cs", "POST", PATH, "--body-file", "/a.json"]}]}),
    "list in a list": yaml.safe_dump({"runcmd": [["aliyun", "cs", "POST", PATH, "--body-file", "/a.json"]]}),
}  # fmt: skip


@pytest.mark.parametrize("text", ELSEWHERE.values(), ids=ELSEWHERE)
def test_words_that_name_a_file(here: Path, text: str) -> None:
    judged = judge_files(here, {"a.yaml": f"# aliyun\n{text}"})
    assert list(judged.facts) == ["whether pool 'the file /a.json' is an exclusive node pool"]


def test_the_words_name_the_cluster(here: Path) -> None:
    """Pools of two clusters may share a name."""
    for first, second in (("c1", "c2"), ("c1", "c1")):
        calls = [job(command=["aliyun", "cs", "POST", f"/clusters/{name}/nodepools", "--body", json.dumps(body)])
                 for name, body in ((first, BODY), (second, {**BODY, "count": 1}))]  # fmt: skip
        judged = judge_files(here, {"a.yaml": "---\n".join(calls)})
        assert len(judged.report.pools) == 2
        assert ("NP006" in judged.rules) == (first == second)


@pytest.mark.parametrize("left", ["$(BODY)", "$BODY", "${BODY}", "{{ inputs.parameters.body }}", "$(params.body)"])
def test_words_that_another_program_fills_in_are_open(here: Path, left: str) -> None:
    judged = judge_files(here, {"a.yaml": job(command=["aliyun", "cs", "POST", PATH, "--body", left])})
    assert list(judged.facts) == [f"whether pool {left!r} is an exclusive node pool"]
    body = TEXT.replace('"ecs.g7.2xlarge"', json.dumps(left))
    judged = judge_files(here, {"a.yaml": job(command=["aliyun", "cs", "POST", f"/clusters/{left}/nodepools",
                                                       "--body", body])})  # fmt: skip
    assert (judged.rules, list(judged.facts)) == (set(), ["scaling_group.instance_types of pool 'trading'"])


@pytest.mark.parametrize(
    "words",
    [
        ["kubectl", "cs", "POST", PATH, "--body", "x"],
        ["cs", "GET", PATH],
        ["cs"],
        ["aliyun", "ecs", "RunInstances"],
        ["sh", "-c", "echo aliyun cs CreateCluster"],
    ],
)
def test_words_that_ask_for_nothing(here: Path, words: list[str]) -> None:
    judged = judge_files(here, {"a.yaml": "# aliyun cs CreateCluster\n" + job(command=words)})
    assert (judged.problems, judged.report.undecided, judged.report.pools) == ([], (), ())


def test_a_body_of_words_that_is_no_json(here: Path) -> None:
    judged = judge_files(here, {"a.yaml": job(command=["aliyun", "cs", "POST", PATH, "--body", TEXT[:-1]])})
    (problem,) = judged.problems
    assert problem.startswith("a.yaml:15:335: not valid JSON")
    assert judged.report.exit_code == 3


def test_a_file_that_a_config_map_has(here: Path) -> None:
    call = job(command=["aliyun", "cs", "POST", PATH, "--body-file", "/etc/pools/pool.json"])
    judged = judge_files(here, {"a.yaml": call})
    assert list(judged.facts) == ["whether pool 'the file /etc/pools/pool.json' is an exclusive node pool"]
    both = f"{call}---\n{kept(**{'pool.json': SEVERAL})}"
    judged = judge_files(here, {"a.yaml": both})
    assert (judged.rules, judged.facts, len(judged.report.pools)) == ({"ENI001"}, {}, 1)
    same = job(command=["aliyun", "cs", "POST", PATH, "--body", SEVERAL])
    judged = judge_files(here, {"a.yaml": f"{same}---\n{both}"})
    assert (judged.rules, judged.facts, len(judged.report.pools)) == ({"ENI001"}, {}, 1)
    other = f"{call}---\n{kept(**{'other.json': SEVERAL})}"
    assert len(judge_files(here, {"a.yaml": other}).facts) == 1


def test_which_texts_are_no_inputs(here: Path) -> None:
    encoded = base64.b64encode(TEXT.encode()).decode()
    values: dict[str, object] = {
        "a.json": json.dumps({"kind": "Secret", "apiVersion": "v1", "metadata": {}, "data": {"a": encoded}}),
        "b.json": json.dumps({"schema": "eniplan.x/v1", "sent": TEXT, "aliyun cs CreateCluster": 1}),
        "c.yaml": kept(a="def x(nodepool_info, scaling_group): { pass"),
        "d.yaml": yaml.safe_dump({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"annotations": {"a": TEXT}}}),
    }
    judged = judge_files(here, values, ".")
    assert judged.report.pools == ()


def test_what_is_told_of_texts_that_are_read(here: Path) -> None:
    """A text that has been judged is not told as one that names exclusive nodes and was passed over."""

    def told(text: str) -> list[str]:
        (here / "a.yaml").write_text(text, encoding="utf-8")
        collected = Collected(catalog())
        list(load(["a.yaml"], lambda: collected))
        return [item.names for item in collected.skipped]

    assert told(kept(**{"pool.json": SEVERAL})) == [""]
    assert told(kept(**{"pool.json": SEVERAL, "a.py": f"label = '{LABEL['key']}'"})) == [LABEL["key"]]
    assert told(kept(**{"a.sh": f"aliyun cs POST {PATH} --body '{SEVERAL}'\n"})) == [""]


SCALARS = {
    "plain": "a: one two\n",
    "plain lines": "a: one\n  two\n\n  three\n",
    "single": "a: 'it''s \"x\"'\n",
    "double": 'a: "a\\n\\tb \\"c\\" \\u00e9 \\x41 \\\\"\n',
    "double lines": 'a: "one\n   two\\\n   three"\n',
    "literal": "a: |\n   one\n     two\n\n   three\n",
    "folded": "a: >-\n   one\n   two\n\n   three\n",
}


@pytest.mark.parametrize("text", SCALARS.values(), ids=SCALARS)
def test_the_places_of_characters(text: str) -> None:
    value = yaml.safe_load(text)["a"]
    start = text.index(" ") + 1
    found = offsets(value, text, start)
    assert len(found) == len(value)
    assert found == sorted(found)
    for char, at in zip(value, found, strict=True):
        assert char.isspace() or text[at] == char or text[at] == "\\"


def test_a_spelling_that_is_not_known_has_the_place_of_its_start() -> None:
    assert offsets("ab", "x: &a cd", 3) == [3, 3]


def test_a_script_in_quotes_has_its_line_ends(here: Path) -> None:
    script = f"set -e\naliyun cs POST {PATH} --body '{TEXT}'\n"
    text = json.dumps({"make": {"script": script}})
    for file in ("a.json", "a.yaml"):
        judged = judge_files(here, {file: text})
        assert judged.rules == {"ENI001"}
        place = judged.report.findings[0].place
        assert text[place.column - 1 :].startswith('\\"ecs.g7.2xlarge')


def test_a_workspace_of_ros_is_read_once(here: Path) -> None:
    pool = hcl('node_pool_name = "a"', 'instance_types = ["ecs.g7.2xlarge"]', 'vswitch_ids = ["vsw-j"]')
    template = {
        "ROSTemplateFormatVersion": "2015-09-01", "Transform": "Aliyun::Terraform-v1.5", "Workspace": {"main.tf": pool},
    }  # fmt: skip
    assert len(judge_files(here, {"a.yaml": template}).report.pools) == 1


DEPLOYMENT = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: a}}
spec:
  replicas: 3
  selector: {{matchLabels: {{a: b}}}}
  template:
    metadata: {{labels: {{a: b}}}}
    spec:
      nodeSelector: {{{LABEL["key"]}: eniOnly}}
      containers: [{{name: a, image: b}}]
"""


@pytest.mark.parametrize("is_filled_in", [True, False])
def test_what_ros_applies_to_a_cluster(here: Path, is_filled_in: bool) -> None:  # noqa: FBT001 - of parametrize
    content = {"Fn::Sub": DEPLOYMENT} if is_filled_in else DEPLOYMENT
    properties = {"ClusterId": "c", "YamlContent": content}
    template = {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Resources": {"A": {"Type": "ALIYUN::CS::ClusterApplication", "Properties": properties}},
    }
    assert list(judge_files(here, {"a.json": template}).facts) == ["the node pool of Deployment 'a'"]


def test_resources_that_a_function_of_ros_makes_are_open(here: Path) -> None:
    pool = {"KubernetesConfig": {"Labels": [{"Key": LABEL["key"], "Value": LABEL["value"]}]}}
    for made, facts in ((pool, ["whether pool 'Fn::ForEach::P' is an exclusive node pool"]), ({}, [])):
        each = ["A", ["a"], {"P${A}": {"Type": "ALIYUN::CS::ClusterNodePool", "Properties": made}}]
        template = {"ROSTemplateFormatVersion": "2015-09-01", "Resources": {"Fn::ForEach::P": each}}
        assert list(judge_files(here, {"a.json": template}).facts) == facts


def test_the_steps_of_tekton_ask_for_enis(here: Path) -> None:
    steps = [{"image": "a", "computeResources": {"limits": {"aliyun/eni": "1"}}}]
    task = {"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": {"name": "a"}, "spec": {"steps": steps}}
    judged = judge_files(here, {"a.json": task})
    assert list(judged.facts) == ["where the pods of Task 'a' run, and how many there are"]


@pytest.mark.parametrize("name", [*EXEC, *INSIDE])
def test_documents_in_a_runbook(here: Path, name: str) -> None:
    """In a list, so that the block is indented."""
    inner = "".join(f"  {line}\n" for line in {**EXEC, **INSIDE}[name].splitlines())
    text = f"# Runbook\n\n* Apply\n\n  ```yaml\n{inner}  ```\n"
    judged = judge_files(here, {"a.md": text})
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    assert len(judged.report.pools) == 1
    place = judged.report.findings[0].place
    found = text.splitlines()[place.line - 1][place.column - 1 :].lstrip('\\"[')
    assert found.startswith("ecs.g7.2xlarge")


def test_a_broken_body_in_a_runbook_is_a_note(here: Path) -> None:
    for inner in (job(command=["aliyun", "cs", "POST", PATH, "--body", "{…}"]),
                  "a:\n  - aliyun cs CreateCluster --body '{…}'\n"):  # fmt: skip
        judged = judge_files(here, {"a.md": f"```yaml\n{inner}```\n"})
        assert (judged.problems, judged.report.exit_code) == ([], 0)


def test_a_script_with_manifests_in_a_runbook(here: Path) -> None:
    script = f"kubectl apply -f - <<EOF\n{DEPLOYMENT}EOF\n"
    text = f"```yaml\n{yaml.safe_dump({'a': {'script': [script]}}, width=10_000)}```\n"
    judged = judge_files(here, {"a.md": text})
    assert list(judged.facts) == ["the node pool of Deployment 'a'"]


def test_a_text_is_checked_apart_from_the_files_of_its_folder(here: Path) -> None:
    """It may be a copy of one of them."""
    files: dict[str, object] = {"cm.yaml": kept(**{"pool.json": json.dumps(BODY)}), "pool.json": BODY}
    assert judge_files(here, files, ".").rules == set()
    two = kept(**{"a.json": json.dumps(BODY), "b.json": json.dumps(BODY, indent=1).replace("3", "4")})
    assert judge_files(here, {"cm.yaml": two}, "cm.yaml").rules == {"NP006"}


@pytest.mark.parametrize("key", ["path", "dest"])
def test_a_file_that_a_document_writes(here: Path, key: str) -> None:
    written = {"tasks": [{"copy": {key: "/etc/pool.json", "content": TEXT}}, {"raw": {"a": 1}}]}
    files = {"a.yaml": written, "make.sh": f"aliyun cs POST {PATH} --body-file /etc/pool.json\n"}
    judged = judge_files(here, files)
    assert (judged.rules, judged.facts, len(judged.report.pools)) == ({"ENI001"}, {}, 1)


def test_a_request_in_a_text_that_is_no_json(here: Path) -> None:
    for inner, problems in (
        (TEXT[:-1], 1),
        (f"[{TEXT},", 1),
        (TEXT[:-1].replace(LABEL["key"], "a"), 0),
        ('{"nodepool_info": 1', 0),
        (f"{{ nodepool_info }} {LABEL['key']}: [", 0),
    ):
        text = kept(**{"pool.json": inner})
        judged = judge_files(here, {"a.yaml": text})
        assert len(judged.problems) == problems
        assert judged.report.exit_code == (3 if problems else 0)
        if problems:
            assert judged.problems[0].startswith("a.yaml:3:")
        assert judge_files(here, {"a.md": f"```yaml\n{text}```\n"}).problems == []


def of_ros(properties: dict[str, Any]) -> dict[str, Any]:
    """Return a template with a cluster."""
    return {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {"P": {"Type": "Json"}, "Q": {"Type": "String"}},
        "Conditions": {"A": {"Fn::Equals": [{"Ref": "Q"}, "a"]}},
        "Resources": {"C": {"Type": "ALIYUN::CS::ManagedKubernetesCluster", "Properties": properties}},
    }


CLUSTERS: dict[str, tuple[str, object]] = {
    "filled in": ("nodepools", '{"cluster_type": "a", "nodepools": ${POOLS}}'),
    "Jinja": ("nodepools", '{"cluster_type": "a", "nodepools": {{ pools | to_json }}}'),
    "one of them": ("nodepools[0]", '{"cluster_type": "a", "nodepools": [{{ pool | to_json }}]}'),
    "other case": ("nodepools", '{"clusterType": "a", "nodepools": "${POOLS}"}'),
    "ROS": ("C.NodePools", of_ros({"NodePools": {"Ref": "P"}})),
    "one of ROS": ("C.NodePools[0]", of_ros({"NodePools": [{"Fn::If": ["A", {"Count": 1}, {"Count": 2}]}]})),
    "whole request of ROS": ("C", of_ros({"ClusterConfig": {"Ref": "P"}})),
    "in a request of ROS": ("C.nodepools", of_ros({"ClusterConfig": {"cluster_type": "a", "nodepools": {"Ref": "P"}}})),
    "text": ("nodepools", kept(**{"a.json": '{"cluster_type": "a", "nodepools": ${POOLS}}'})),
    "option": ("nodepools", job(command=["aliyun", "cs", "create-cluster", "--vpcid", "a", "--nodepools", "$(POOLS)"])),
}


@pytest.mark.parametrize("name", CLUSTERS)
def test_the_pools_of_a_cluster_that_are_filled_in_are_open(here: Path, name: str) -> None:
    address, value = CLUSTERS[name]
    file = "a.yaml" if str(value).startswith("api") else "a.json"
    for path in (file, "."):
        judged = judge_files(here, {file: value}, path)
        assert (judged.problems, list(judged.facts)) == ([], [f"whether pool {address!r} is an exclusive node pool"])


@pytest.mark.parametrize("left", ["${SIZE}", "$SIZE", "{{ size }}"])
def test_what_is_filled_in_into_a_request_in_a_text(here: Path, left: str) -> None:
    filled = json.dumps(BODY, indent=1).replace('"desired_size": 3', f'"desired_size": {left}')
    judged = judge_files(here, {"a.yaml": kept(**{"pool.json": filled})})
    assert (judged.problems, list(judged.facts)) == ([], ["the size of pool 'trading'"])


@pytest.mark.parametrize(
    "command", ["[aliyun, cs, POST, %s, --body-file, /a.json]", "aliyun cs POST %s --body-file /a.json"]
)
def test_a_call_without_a_body_in_a_folder_is_read(here: Path, command: str) -> None:
    judged = judge_files(here, {"ci.yml": f"services: {{a: {{command: {command % PATH}}}}}\n"}, ".")
    assert list(judged.facts) == ["whether pool 'the file /a.json' is an exclusive node pool"]


def test_a_document_that_is_one_text(here: Path) -> None:
    judged = judge_files(here, {"a.yaml": f"{json.dumps(TEXT)}\n---\n{kept(a='b')}"})
    assert judged.rules == {"ENI001"}
