"""`eniplan guard`: what it writes, and what its policies say of manifests."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from eniplan.rules import BY_ID
from tests.harness import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

PLAN = EXAMPLES / "trading-ipv4.yaml"
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: trading}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}
      containers: [{name: "a\\e[31mb", image: x}]
"""
FEATURES = {
    "all", "exists", "filter", "map", "has", "size", "string", "dyn", "split", "lowerAscii", "replace", "contains",
    "startsWith", "endsWith", "matches",
}  # fmt: skip
"""Functions and macros of CEL that Kubernetes 1.30 has."""


def written(run: Run, *options: str) -> list[dict[str, Any]]:
    result = run("guard", PLAN, *options)
    assert result.code == 0, result.err
    return list(yaml.safe_load_all(result.out))


def test_policies_keep_to_what_kubernetes_takes(run: Run) -> None:
    objects = written(run)
    parameters = objects[0]
    assert parameters["kind"] == "ConfigMap"
    assert len(json.dumps(parameters)) < 2**20
    kinds = [item["kind"] for item in objects[1:]]
    assert kinds == ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"] * (len(kinds) // 2)
    for policy, binding in zip(objects[1::2], objects[2::2], strict=True):
        name, spec = policy["metadata"]["name"], policy["spec"]
        rule = policy["metadata"]["annotations"]["eniplan.dev/rule"]
        assert (name, rule in BY_ID) == (f"eniplan-{rule.lower()}", True)
        assert spec["failurePolicy"] == "Ignore"
        assert spec["validations"][0]["message"].startswith(f"{rule}: ")
        assert "\n" not in spec["validations"][0]["message"]
        assert len(spec["matchConditions"]) <= 64
        assert binding["spec"]["policyName"] == name
        assert ("paramKind" in spec) == ("paramRef" in binding["spec"])
        if "paramRef" in binding["spec"]:
            assert binding["spec"]["paramRef"]["parameterNotFoundAction"] == "Allow"
            assert binding["spec"]["paramRef"]["name"] == parameters["metadata"]["name"]
        texts = [
            item["expression"] for key in ("matchConditions", "variables", "validations") for item in spec.get(key, ())
        ]
        called = {word for text in texts for word in re.findall(r"\b([A-Za-z]+)\(", re.sub(r"'[^']*'", "''", text))}
        assert called <= FEATURES, called - FEATURES
        assert max(map(len, texts)) < 10_000
        resources = {name for rule in spec["matchConstraints"]["resourceRules"] for name in rule["resources"]}
        if resources & {"pods", "deployments"}:
            own = spec["matchConstraints"]["namespaceSelector"]["matchExpressions"]
            assert own == [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}]


def test_warns_by_default_and_denies_only_errors(run: Run) -> None:
    for options, refusing in (((), "Warn"), (("--action", "deny"), "Deny")):
        bindings = [item for item in written(run, *options) if item["kind"].endswith("Binding")]
        for binding in bindings:
            level = BY_ID[binding["metadata"]["annotations"]["eniplan.dev/rule"]].level
            expected = refusing if level == "error" else "Warn"
            assert binding["spec"]["validationActions"] == [expected, "Audit"]


def test_without_trunking_any_eni_type_is_right(run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.read_text().replace("  terway:\n", "  terway:\n    eniTrunking: false\n"))
    assert "eniplan-pn001" in run("guard", PLAN).out
    assert "eniplan-pn001" not in run("guard", plan).out


def test_tests_manifests_offline(run: Run, tmp_path: Path) -> None:
    manifest = tmp_path / "app.yaml"
    manifest.write_text(MANIFEST)
    result = run("guard", PLAN, "--test", manifest)
    assert (result.code, result.err) == (1, "1 object, 2 policies match\n")
    assert [line.split(": ")[1:4] for line in result.out.splitlines()] == [
        ["error", "Deployment trading/web", "WL001"],
        ["warning", "Deployment trading/web", "WL002"],
    ]
    told = json.loads(run("guard", PLAN, "--test", manifest, "--format", "json").out)
    assert (told["schema"], told["objects"]) == ("eniplan.guard/v1", 1)
    assert [(row["rule"], row["line"]) for row in told["verdicts"]] == [("WL001", 1), ("WL002", 1)]


def test_says_nothing_of_what_is_right(run: Run) -> None:
    manifests = run("render-manifests", PLAN, "--workloads").out
    result = run("guard", PLAN, "--test", "-", stdin=manifests.encode())
    assert (result.code, result.out) == (0, "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("1.34", "1.28"), "does not serve ValidatingAdmissionPolicy"),
        (("nodePools:\n", "nodePools: []\nx:\n"), "nodePools"),
    ],
)
def test_refuses_what_it_cannot_guard(run: Run, tmp_path: Path, change: tuple[str, str], message: str) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN.read_text().replace(*change))
    result = run("guard", plan)
    assert (result.code, result.out) == (3, "")
    assert message in result.err


def test_refuses_more_kinds_of_pools_than_a_policy_looks_through(run: Run, tmp_path: Path) -> None:
    plan = yaml.safe_load(PLAN.read_text())
    first = plan["nodePools"][0]
    plan["nodePools"] = [{**first, "name": f"p{i}", "labels": {"team": f"t{i}"}} for i in range(33)]
    plan["podNetworkings"], plan["workloads"] = [], []
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    result = run("guard", tmp_path / "plan.json", "--fail-on", "error")
    assert (result.code, "33 node pools differ" in result.err) == (3, True), result.err


def test_refuses_two_inputs_from_stdin(run: Run) -> None:
    assert run("guard", "-", "--test", "-").code == 2


def test_what_is_no_object_is_not_right(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("kind: Deployment\nspec: {}\n")
    result = run("guard", PLAN, "--test", tmp_path / "app.yaml")
    assert (result.code, "this file has no Kubernetes object" in result.err) == (3, True), result.err


def test_tells_what_would_be_refused_and_what_no_policy_looks_at(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(f"{MANIFEST}---\napiVersion: v1\nkind: Service\nmetadata: {{name: web}}\n")
    result = run("guard", PLAN, "--test", tmp_path / "app.yaml", "--action", "deny")
    assert (result.code, result.err) == (
        1,
        "2 objects, 2 policies match, 1 object is of no policy's kind, 1 object would be refused\n",
    )


def test_names_a_manifest_that_is_not_there(run: Run, tmp_path: Path) -> None:
    result = run("guard", PLAN, "--test", tmp_path / "none.yaml")
    assert (result.code, "none.yaml" in result.err) == (3, True)
