"""Policy and rule say the same of the same manifest: of thousands of random ones, and of every rule's own examples."""

from __future__ import annotations

import json
import os
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.catalog.store import Catalog
from eniplan.guard.evaluate import judge
from eniplan.guard.render import Guard, guard
from eniplan.k8s.terway import ENI, IGNORE_LABEL, MEMBER_ENI, POD_ENI
from eniplan.plan.model import EXCLUSIVE_LABEL, plan_from
from eniplan.rules import BY_ID
from eniplan.rules.base import Settings
from eniplan.rules.examples import ABSENT, LINGJUN_POOL, POD_NETWORKING, example
from eniplan.rules.view import PlanView
from tests.inputs.support import judge_files

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = int(os.environ.get("ENIPLAN_MANIFESTS", "5000"))
"""Random manifests of each test."""
TOGETHER = 250
"""Manifests that are judged in one run."""
PLAN = example({
    "cluster.vSwitches": ABSENT,  # policies do not know the zones of pools
    "podNetworkings": [
        {**POD_NETWORKING, "namespaceSelector": {"matchLabels": {"team": "trading"}}},
        {**POD_NETWORKING, "name": "wide", "podSelector": {"matchLabels": {"network": "wide"}}},
    ],
    "nodePools[0].labels": {"team": "trading"},
    "nodePools[1]": {
        "name": "gateway",
        "instanceTypes": ["ecs.g8i.8xlarge"],
        "vSwitchIds": ["vsw-j"],
        "desiredSize": 1,
        "labels": {"team": "gateway"},
        "taints": [{"key": "gateway", "effect": "NoSchedule"}, {"key": "soft", "effect": "PreferNoSchedule"}],
    },
})  # fmt: skip
NAMESPACES: dict[str, dict[str, str]] = {
    "trading": {"team": "trading"},
    "quiet": {"team": "trading", POD_ENI: "false"},
    "web": {},
}
BESIDE = "WL010"
POD_RULES = frozenset(("WL001", "WL002", "WL007", "WL009", "WL011", "WL012", "WL015"))
NETWORKING_RULES = frozenset(("NET003", "PN001", "PN002", "PN004", "PN006", "PN007"))


def guard_of(plan: dict[str, Any]) -> Guard:
    return guard([PlanView(plan_from(plan), Catalog(), Settings())])


def spoken(found: Guard, value: dict[str, Any]) -> set[str]:
    namespaces = {name: {"metadata": {"name": name, "labels": labels}} for name, labels in NAMESPACES.items()}
    return {verdict.policy.rule for verdict in judge(found, value, namespaces)}


def rules_of(
    here: Path,
    plan: dict[str, Any],
    values: list[dict[str, Any]],
    rules: frozenset[str],
    namespaces: dict[str, dict[str, str]] = NAMESPACES,
) -> list[tuple[set[str], bool]]:
    """Return which of some rules speak of each manifest, and whether something of it is undecided.

    `eniplan check` judges all of them beside a plan.
    """
    others = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in namespaces.items()
    ]
    lines = [json.dumps(value) for value in (*values, *others)]
    report = judge_files(here, {"plan.yaml": json.dumps(plan), "all.yaml": "\n---\n".join(lines)}).report
    out: list[set[str]] = [set() for _ in values]
    for finding in report.findings:
        # From 6 security groups on the rule warns that ECS takes them only by quota; the policy tells the error.
        is_same = finding.rule.id != "NET003" or finding.level == "error"
        if finding.rule.id in rules and is_same and finding.place.file.endswith("all.yaml"):
            out[(finding.place.line - 1) // 2].add(finding.rule.id)
    open_lines = {item.place.line for item in report.undecided if item.place.file.endswith("all.yaml")}
    return [(told, i * 2 + 1 in open_lines) for i, told in enumerate(out)]


# --- random manifests ----------------------------------------------------------------------------------------------


def drawn_pod(random: Random, number: int) -> dict[str, Any]:  # noqa: C901 - one chance for each field
    """Draw a workload: everything that a policy looks at, right and wrong."""
    chance = random.random
    labels = {"app": f"a{number}"}
    if chance() < 0.4:
        labels["network"] = random.choice(["trading-eni", "wide", "other"])
    if chance() < 0.1:
        labels[IGNORE_LABEL] = random.choice(["true", "false"])
    annotations = {}
    if chance() < 0.1:
        annotations[random.choice(["kubernetes.io/ingress-bandwidth", "k8s.aliyun.com/network-priority", "x/y"])] = (
            "10M"
        )
    if chance() < 0.06:
        annotations[POD_ENI] = random.choice(["true", "false"])
    spec: dict[str, Any] = {"containers": [drawn_container(random, i) for i in range(random.choice([1, 1, 2]))]}
    if chance() < 0.2:
        spec["initContainers"] = [drawn_container(random, 7)]
    if chance() < 0.1:
        spec["hostNetwork"] = True
    if chance() < 0.5:
        spec["nodeSelector"] = dict(random.sample([
            (EXCLUSIVE_LABEL, random.choice(["eniOnly", "eniOnly", "enionly", "default"])),
            ("team", random.choice(["trading", "gateway", "none"])),
            ("topology.kubernetes.io/zone", "cn-hangzhou-j"),
            ("disk", "ssd"),
        ], random.choice([1, 1, 2])))  # fmt: skip
    if chance() < 0.4:
        terms = [drawn_term(random) for _ in range(random.choice([1, 1, 2]))]
        spec["affinity"] = {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        }
    if chance() < 0.6:
        spec["tolerations"] = [drawn_toleration(random) for _ in range(random.choice([1, 1, 2]))]
    metadata = {"name": f"w{number}", "namespace": random.choice(["trading", "quiet", "web"])}
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": spec}
    kind = random.choice(["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"])
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": {**metadata, **template["metadata"]}, "spec": spec}
    if kind == "Job":
        return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": {"template": template}}
    if kind == "CronJob":
        job = {"spec": {"template": template}}
        return {
            "apiVersion": "batch/v1",
            "kind": kind,
            "metadata": metadata,
            "spec": {"schedule": "0 0 * * *", "jobTemplate": job},
        }
    selector = {"matchLabels": {"app": labels["app"]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"selector": selector, "template": template},
    }


def drawn_container(random: Random, number: int) -> dict[str, Any]:
    container: dict[str, Any] = {"name": f"c{number}", "image": "x"}
    if random.random() < 0.3:
        asked = {random.choice([ENI, ENI, MEMBER_ENI]): random.choice([1, "1", 0])}
        container["resources"] = random.choice([{"limits": asked}, {"limits": asked, "requests": asked}])
    if random.random() < 0.1:
        container["ports"] = [random.choice([{"containerPort": 80}, {"containerPort": 80, "hostPort": 80}])]
    return container


def drawn_term(random: Random) -> dict[str, Any]:
    if random.random() < 0.05:
        return {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}
    return {"matchExpressions": [drawn_expression(random) for _ in range(random.choice([1, 1, 2]))]}


def drawn_expression(random: Random) -> dict[str, Any]:
    key, values = random.choice([
        (EXCLUSIVE_LABEL, ["eniOnly", "enionly", "default"]),
        ("team", ["trading", "gateway", "none"]),
        ("topology.kubernetes.io/zone", ["cn-hangzhou-j", "cn-hangzhou-k"]),
        ("disk", ["ssd"]),
    ])  # fmt: skip
    operator = random.choice(["In", "In", "In", "NotIn", "Exists", "DoesNotExist"])
    chosen = random.sample(values, random.randint(1, len(values)))
    return {"key": key, "operator": operator, **({"values": chosen} if operator in {"In", "NotIn"} else {})}


def drawn_toleration(random: Random) -> dict[str, Any]:
    return random.choice([
        {"operator": "Exists"},
        {"key": "exclusive-eni", "operator": "Exists"},
        {"key": "exclusive-eni", "operator": "Equal", "value": "true", "effect": "NoSchedule"},
        {"key": "exclusive-eni", "value": "true"},
        {"key": "exclusive-eni", "value": "yes"},
        {"key": "exclusive-eni", "value": "true", "effect": "NoExecute"},
        {"key": "gateway", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "gateway"},
        {"key": "other", "operator": "Exists"},
    ])  # fmt: skip


def test_policies_and_rules_agree_on_random_pods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found, wrong = guard_of(PLAN), []
    for start in range(0, SEEDS, TOGETHER):
        values = [drawn_pod(Random(f"pod {i}"), i) for i in range(start, start + TOGETHER)]  # noqa: S311 - to draw tests
        for i, (spoke, is_open) in enumerate(rules_of(tmp_path, PLAN, values, POD_RULES | {BESIDE})):
            policy, told = spoken(found, values[i]) & POD_RULES, spoke - {BESIDE}
            # Where several pools, or none, would take the pods, a rule waits for the answer, and a policy need not.
            early = {"WL002", "WL009"} if is_open else set()
            # The policy of WL002 also tells of a request beside the webhook's, for which there is another rule.
            early |= {"WL002"} if BESIDE in spoke else set()
            if policy != told and not (policy > told and policy - told <= early):
                wrong.append(
                    f"seed {start + i}: policies {sorted(policy)}, rules {sorted(told)}: {json.dumps(values[i])}"
                )
    assert wrong == []


# --- PodNetworkings ------------------------------------------------------------------------------------------------


def drawn_networking(random: Random, number: int) -> dict[str, Any]:
    spec: dict[str, Any] = {"eniOptions": {"eniType": "ENI"}, "vSwitchOptions": ["vsw-j"]}
    spec["securityGroupIDs"] = [f"sg-{i}" for i in range(random.choice([1, 2, 10, 11, 12]))]
    if random.random() < 0.7:
        allocation: dict[str, Any] = {"type": random.choice(["Fixed", "Elastic"])}
        if random.random() < 0.6:
            allocation["releaseStrategy"] = random.choice(["TTL", "Never"])
        if random.random() < 0.4:
            allocation["releaseAfter"] = random.choice(["10m", "1h", ""])
        spec["allocationType"] = allocation
    selectors = {
        key: drawn_selector(random, number) for key in ("podSelector", "namespaceSelector") if random.random() < 0.7
    }
    if selectors:
        spec["selector"] = selectors
    return {
        "apiVersion": "network.alibabacloud.com/v1beta1",
        "kind": "PodNetworking",
        "metadata": {"name": f"pn{number}"},
        "spec": spec,
    }


def drawn_selector(random: Random, number: int) -> dict[str, Any]:
    out: dict[str, Any] = {}
    if random.random() < 0.5:
        key = random.choice(["network", "a.b/network", "Bad/x", "-x", "x" * 64, "ok" * 20])
        out["matchLabels"] = random.choice([{}, {key: random.choice([f"n{number}", "", "not ok", "-", "y" * 64])}])
    if random.random() < 0.4:
        item: dict[str, Any] = {
            "key": "team",
            "operator": random.choice(["In", "NotIn", "Exists", "DoesNotExist", "Equals", "in"]),
        }
        if random.random() < 0.6:
            item["values"] = random.choice([[], ["a"], ["a", "b c"]])
        out["matchExpressions"] = random.choice([[], [item]])
    return out


def test_policies_and_rules_agree_on_random_pod_networkings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found, wrong = guard_of(PLAN), []
    for start in range(0, SEEDS, TOGETHER):
        values = [drawn_networking(Random(f"pn {i}"), i) for i in range(start, start + TOGETHER)]  # noqa: S311 - to draw tests
        for i, (told, _) in enumerate(rules_of(tmp_path, PLAN, values, NETWORKING_RULES)):
            policy = spoken(found, values[i])
            if policy != told:
                wrong.append(
                    f"seed {start + i}: policies {sorted(policy)}, rules {sorted(told)}: {json.dumps(values[i])}"
                )
    assert wrong == []


# --- the examples of the rules, and what no manifest has ----------------------------------------------------------


def objects_of(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the PodNetworkings and workloads of an example plan as the objects that they are."""
    out = [networking_of(item) for item in plan.get("podNetworkings", ())]
    networkings = {item["name"]: item for item in plan.get("podNetworkings", ())}
    return out + [workload_of(item, networkings) for item in plan.get("workloads", ())]


def networking_of(item: dict[str, Any]) -> dict[str, Any]:
    selector = {key: item[key] for key in ("podSelector", "namespaceSelector") if key in item}
    spec = {
        "eniOptions": {"eniType": item.get("eniType", "ENI")},
        "securityGroupIDs": item.get("securityGroupIds", []),
        **({"allocationType": item["allocation"]} if "allocation" in item else {}),
        **({"selector": selector} if selector else {}),
    }
    return {
        "apiVersion": "network.alibabacloud.com/v1beta1",
        "kind": "PodNetworking",
        "metadata": {"name": item["name"]},
        "spec": spec,
    }


def workload_of(item: dict[str, Any], networkings: dict[str, dict[str, Any]]) -> dict[str, Any]:
    asked = {ENI: item["eniRequest"]} if item.get("eniRequest") else {}
    spec: dict[str, Any] = {"containers": [{"name": "c", "resources": {"requests": asked, "limits": asked}}]}
    spec["tolerations"] = item.get("tolerations", [{"operator": "Exists"}])
    template = json.loads(json.dumps(item.get("template") or {"spec": spec}))
    networking = networkings.get(item.get("podNetworking", ""), {})
    labels = template.setdefault("metadata", {}).setdefault("labels", {})
    labels |= networking.get("podSelector", {}).get("matchLabels", {})
    if "affinity" not in template["spec"]:
        template["spec"].setdefault("nodeSelector", {EXCLUSIVE_LABEL: "eniOnly"})
    metadata = {"name": item["name"], "namespace": "example"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": template}}


def namespaces_of(plan: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [item["namespaceLabels"] for item in plan.get("workloads", ()) if "namespaceLabels" in item]
    return {"example": {"metadata": {"labels": found[0]}}} if found else {}


@pytest.mark.parametrize("rule", sorted(POD_RULES | NETWORKING_RULES - {"NET003"}))
def test_policy_speaks_of_the_failing_example_and_not_of_the_passing_one(rule: str) -> None:
    for changes, speaks in ((BY_ID[rule].fails, True), (BY_ID[rule].passes, False)):
        plan = example(changes)
        found = guard_of(plan)
        told = {v.policy.rule for value in objects_of(plan) for v in judge(found, value, namespaces_of(plan))}
        assert (rule in told) is speaks, (speaks, told)


DIFFERENCES = {
    ("WL008", "WL002"): "the API server refuses requests unlike limits; the policy reads the limit",
    ("WL020", "WL002"): "pods that fit both pools leave the rule undecided; the policy asks for any exclusive node",
}
"""By the rule whose failing example it is, and the policy that speaks of it unlike the rule: why."""


@pytest.mark.parametrize("rule", sorted(r for r in BY_ID if not r.startswith(("VER", "LIVE", "WV"))))
def test_policies_and_rules_agree_on_the_examples_of_every_rule(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    every = POD_RULES | NETWORKING_RULES
    for changes in (BY_ID[rule].fails, BY_ID[rule].passes):
        plan = example(changes)
        found, values, homes = guard_of(plan), objects_of(plan), namespaces_of(plan) or {"example": {"metadata": {}}}
        for value in values:
            if value["kind"] == "Deployment":
                value["spec"]["selector"] = {"matchLabels": {"app": "x"}}
                value["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {})["app"] = "x"
                for container in value["spec"]["template"]["spec"]["containers"]:
                    container.setdefault("image", "x")
        labels = {name: home["metadata"].get("labels", {}) for name, home in homes.items()}
        told = rules_of(tmp_path, {**plan, "workloads": []}, values, every, labels) if values else []
        for value, (rules, _) in zip(values, told, strict=True):
            policies = {v.policy.rule for v in judge(found, value, homes)} & every
            assert {one for one in policies ^ rules if (rule, one) not in DIFFERENCES} == set(), (policies, rules)


LINGJUN: dict[str, Any] = {
    "nodePools[1]": {**LINGJUN_POOL, "labels": {"team": "ai"}}, "nodePools[0].labels": {"team": "trading"},
}  # fmt: skip


@pytest.mark.parametrize("host", [False, True])
@pytest.mark.parametrize(
    ("team", "resources", "told"),
    [
        ("ai", {"limits": {ENI: "1"}}, {"WL002"}), ("ai", {"requests": {ENI: 2}, "limits": {ENI: 2}}, {"WL002"}),
        ("ai", {}, set()), ("ai", {"limits": {ENI: "0"}}, set()), ("ai", {"limits": {"cpu": "1"}}, set()),
        ("trading", {"limits": {ENI: "1"}}, set()), (None, {"limits": {ENI: "1"}}, set()), (None, {}, set()),
    ],
)  # fmt: skip
def test_lingjun_pods_request_no_eni(
    team: str | None, resources: dict[str, Any], told: set[str], *, host: bool
) -> None:
    selector = {EXCLUSIVE_LABEL: "eniOnly"} | ({} if team is None else {"team": team})
    spec = {"containers": [{"name": "c", "image": "i", "resources": resources}], "nodeSelector": selector,
            "tolerations": [{"operator": "Exists"}], "hostNetwork": host}  # fmt: skip
    value = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "web"}, "spec": spec}
    found = {verdict.policy.rule for verdict in judge(guard_of(example(LINGJUN)), value, {"web": {"metadata": {}}})}
    if not host or team == "ai":
        assert found & {"WL002"} == told


def test_what_is_beyond_the_bounds_is_let_through() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "trading"}}
    expression = {"key": EXCLUSIVE_LABEL, "operator": "In", "values": ["eniOnly"]}

    def told(terms: int, expressions: int, values: int) -> set[str]:
        wide = {**expression, "values": ["eniOnly", *(f"v{i}" for i in range(values - 1))]}
        term = {"matchExpressions": [wide] * expressions}
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term] * terms}}
        spec = {"containers": [{"name": "c"}], "affinity": {"nodeAffinity": required}}
        return spoken(guard_of(PLAN), {**pod, "spec": spec})

    assert told(8, 8, 16) == {"WL001", "WL002"}
    assert told(9, 8, 16) == told(8, 9, 16) == told(8, 8, 17) == set()


def node(**labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "labels": labels}}


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ({EXCLUSIVE_LABEL: "eniOnly"}, set()),
        ({EXCLUSIVE_LABEL: "default"}, set()),
        ({"team": "trading"}, set()),
        ({EXCLUSIVE_LABEL: "enionly"}, {"NP001"}),
        ({EXCLUSIVE_LABEL: "ENI"}, {"NP001"}),
        ({"k8s.aliyun.com/exclusive_mode_eni_type": "eniOnly"}, {"NP001"}),
        ({"alibabacloud.com/exclusive-mode-eni-type": "eniOnly"}, {"NP001"}),
        ({EXCLUSIVE_LABEL: "eniOnly", IGNORE_LABEL: "true"}, {"NP010"}),
        ({IGNORE_LABEL: "true"}, set()),
    ],
)
def test_policies_on_the_labels_of_nodes(labels: dict[str, str], told: set[str]) -> None:
    found = guard_of(PLAN)
    assert {v.policy.rule for v in judge(found, node(**labels), {})} == told
    # kubelet's own updates, which change no label, are never judged.
    assert list(judge(found, node(**labels), {}, old=node(**labels))) == []


def config(**data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "eni-config", "namespace": "kube-system"},
        "data": data,
    }


@pytest.mark.parametrize(
    ("new", "is_told"),
    [
        ({"eni_conf": '{"vswitches": {"z": ["v"]}, "security_group": "sg"}', "10-terway.conf": "{}"}, False),
        ({"eni_conf": '{"vswitches": {}, "security_groups": ["sg"]}', "10-terway.conf": "{}", "more": "1"}, False),
        ({"eni_conf": '{"security_group": "sg"}', "10-terway.conf": "{}"}, True),
        ({"eni_conf": '{"vswitches": {}}', "10-terway.conf": "{}"}, True),
        ({"10-terway.conf": "{}"}, True),
        ({"eni_conf": '{"vswitches": {}, "security_group": "sg"}'}, True),
        ({}, True),
    ],
)
def test_policy_on_the_keys_of_eni_config(new: dict[str, str], is_told: bool) -> None:  # noqa: FBT001 - a table
    old = config(eni_conf='{"vswitches": {"z": ["v"]}, "security_group": "sg"}', **{"10-terway.conf": "{}"})
    told = {v.policy.rule for v in judge(guard_of(PLAN), config(**new), {}, old=old)}
    assert told == ({"VER035"} if is_told else set())


def test_system_pods_and_other_kinds_are_left_alone() -> None:
    found = guard_of(PLAN)
    pod = drawn_pod(Random("pod 65"), 65)  # noqa: S311 - to draw tests
    assert spoken(found, {**pod, "metadata": {**pod["metadata"], "namespace": "trading"}})
    assert not spoken(found, {**pod, "metadata": {**pod["metadata"], "namespace": "kube-system"}})
    assert not spoken(found, {**pod, "kind": "Rollout", "apiVersion": "argoproj.io/v1alpha1"})
