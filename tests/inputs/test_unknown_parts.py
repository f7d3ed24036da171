"""Manifests in Terraform with parts that are unknown: what nothing depends on keeps no workload from being judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.inputs.support import hcl, judge_files, terraform_plan
from tests.inputs.test_spelled import POOL, SCALER, UNCOUNTED, WEB

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

AGENT = """\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: monitoring}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      tolerations: [{operator: Exists}]
      terminationGracePeriodSeconds: 30
      volumes: [{name: v, hostPath: {path: "/var/log"}}]
      containers:
        - name: agent
          image: log-agent
          args: ["--level", "info"]
          env: [{name: A, value: b}]
"""
"""It takes the seventh ENI, which `WEB` needs: ENI008, if it is judged."""
MAP = """{
    apiVersion = "apps/v1"
    kind       = "DaemonSet"
    metadata   = { name = "agent", namespace = "monitoring" }
    spec = {
      selector = { matchLabels = { app = "agent" } }
      template = {
        metadata = { labels = { app = "agent" } }
        spec = {
          tolerations = [{ operator = "Exists" }]
          containers  = [{ name = "agent", image = "log-agent", args = ["--level", "info"] }]
        }
      }
    }
  }"""
VARIABLES = "".join(f'variable "{name}" {{}}\n' for name in ("image", "tag", "a", "b", "ns", "more"))


def resource(kind: str, value: str) -> str:
    return f'resource "{kind}" "agent" {{\n  {value}\n}}\n'


def heredoc(text: str) -> str:
    return resource("kubectl_manifest", f"yaml_body = <<-EOT\n{text}EOT")


def rules(folder: Path, resources: str, *, file: str = "") -> tuple[set[str], list[tuple[str, str]]]:
    """Return the rules that are broken, and what was skipped."""
    judged = judge_files(folder, {"main.tf": POOL + WEB + VARIABLES + resources, "agent.yaml.tftpl": file}, "main.tf")
    return judged.rules, judged.skipped


IRRELEVANT = [
    ("log-agent", "${var.image}"),
    ("log-agent", "registry/agent:${var.tag}"),
    ("log-agent", '"${var.image}:${var.tag}"'),
    ('["--level", "info"]', '["--level", "${var.a}"]'),
    ("value: b", "value: ${var.b}"),
    ('"/var/log"', "${var.a}/log"),
    ("name: agent, ", "name: ${var.a}-agent, "),
    ("monitoring", "${var.ns}"),
    (
        "metadata: {labels: {app: agent}}",
        'metadata: {labels: {app: agent}, annotations: {checksum/config: "${var.a}"}}',
    ),
    ("namespace: monitoring", 'namespace: monitoring, labels: {version: "${var.tag}"}'),
    ("{app: agent}}\n    spec", "{app: agent, app.kubernetes.io/version: '${var.tag}'}}\n    spec"),
    ("metadata: {labels", "metadata: {annotations: {kubectl.kubernetes.io/restartedAt: '${var.a}'}, labels"),
    ("{app: agent}", "{app: '${var.a}'}"),
    ("{app: agent}", "{args: '${var.a}'}"),
    ("log-agent", "${var.image}${var.tag}"),
    ("log-agent", "${var.image} ${var.tag}"),
    (
        "          env",
        "".join(
            f"          {key}: ${{var.a}}\n"
            for key in (
                "command",
                "envFrom",
                "imagePullPolicy",
                "lifecycle",
                "livenessProbe",
                "readinessProbe",
                "securityContext",
                "startupProbe",
                "volumeMounts",
                "workingDir",
            )
        )
        + "          env",
    ),
    (
        "      containers",
        "".join(
            f"      {key}: ${{var.a}}\n"
            for key in (
                "dnsConfig",
                "hostAliases",
                "imagePullSecrets",
                "priorityClassName",
                "serviceAccount",
                "serviceAccountName",
            )
        )
        + "      containers",
    ),
    ("      terminationGracePeriodSeconds: 30", "      terminationGracePeriodSeconds: ${var.a}"),
    ("  template:", "  serviceName: ${var.a}\n  volumeClaimTemplates: ${var.a}\n  template:"),
]
RELEVANT = [
    ("          image: log-agent\n", "          image: ${var.image}\n${var.more}\n"),
    ("          image: log-agent\n", "          image: log-agent\n            ${var.more}\n"),
    ("          image: log-agent\n", "          image: ${var.image}\n            ${var.more}\n"),
    ("apiVersion", "${var.more}\n---\napiVersion"),
    ("metadata: {labels", "metadata: {annotations: {k8s.aliyun.com/pod-eni: '${var.a}'}, labels"),
    ("metadata: {labels", "metadata: {annotations: '${var.a}', labels"),
    ("{app: agent}}\n    spec", "{${var.a}: agent}}\n    spec"),
    ("{operator: Exists}", "{operator: ${var.a}}"),
    ("DaemonSet", "${var.a}"),
    ("      tolerations", "      ${var.more}\n      tolerations"),
    ("      tolerations:", "      ${var.a}:"),
    ("spec:\n  sel", "spec: ${var.a}\nx:\n  sel"),
    ("{app: agent}}\n    spec", "{app: agent, k8s.aliyun.com/ignore-by-terway: '${var.a}'}}\n    spec"),
]


def test_the_agent_counts(here: Path) -> None:
    assert rules(here, heredoc(AGENT)) == ({"ENI008"}, [])
    assert rules(here, resource("kubernetes_manifest", f"manifest = {MAP}")) == ({"ENI008"}, [])


@pytest.mark.parametrize(("old", "new"), IRRELEVANT)
def test_unknown_parts_on_which_nothing_depends(here: Path, old: str, new: str) -> None:
    changed = AGENT.replace(old, new)
    assert changed != AGENT
    assert rules(here, heredoc(changed)) == ({"ENI008"}, [])
    passed = ", ".join(f"{name} = var.{name}" for name in ("image", "tag", "a", "b", "ns", "more"))
    called = f'yaml_body = templatefile("agent.yaml.tftpl", {{ {passed} }})'
    template = changed.replace("var.", "")
    assert rules(here, resource("kubectl_manifest", called), file=template) == ({"ENI008"}, [])
    decoded = called.replace("yaml_body = ", "manifest = yamldecode(") + ")"
    assert rules(here, resource("kubernetes_manifest", decoded), file=template) == ({"ENI008"}, [])


def test_a_text_behind_locals(here: Path) -> None:
    text = AGENT.replace("log-agent", "${var.image}")
    named = f"locals {{\n  one = local.two\n  two = <<-EOT\n{text}EOT\n  three = local.four\n  four = local.three\n}}\n"
    assert rules(here, named + resource("kubectl_manifest", "yaml_body = local.one")) == ({"ENI008"}, [])
    for name in ("three", "five"):
        found, skipped = rules(here, named + resource("kubectl_manifest", f"yaml_body = local.{name}"))
        assert (found, len(skipped)) == (set(), 1)


@pytest.mark.parametrize(("old", "new"), RELEVANT)
def test_unknown_parts_that_matter(here: Path, old: str, new: str) -> None:
    changed = AGENT.replace(old, new)
    assert changed != AGENT
    found, skipped = rules(here, heredoc(changed))
    assert found == set()
    ((what, why),) = skipped
    assert what.endswith("main.tf: kubectl_manifest.agent")
    assert why.startswith("part of it is unknown: var.")
    assert why.endswith(" has no value")


@pytest.mark.parametrize("written", ["kubernetes_manifest", "jsonencode", "yamlencode"])
@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ('"log-agent"', "var.image", {"ENI008"}),
        ('["--level", "info"]', "[var.a]", {"ENI008"}),
        ('["--level", "info"]', "var.a", {"ENI008"}),
        ('name = "agent", namespace', 'name = "${var.a}-agent", namespace', {"ENI008"}),
        ('"monitoring"', "var.ns", {"ENI008"}),
        ('[{ operator = "Exists" }]', "var.a", set()),
        ('"DaemonSet"', "var.a", set()),
    ],
)
def test_maps(here: Path, written: str, old: str, new: str, wrong: set[str]) -> None:
    changed = MAP.replace(old, new)
    assert changed != MAP
    if written != "kubernetes_manifest":
        made = resource("kubectl_manifest", f"yaml_body = {written}({changed})")
    else:
        made = resource(written, f"manifest = {changed}")
    found, skipped = rules(here, made)
    assert found == wrong
    assert len(skipped) == (not wrong)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name      = "web"', 'name      = "${var.a}-web"'),
        ('"trading"', "var.ns"),
        ('"trading"', '"trading"\n    annotations = { "checksum/config" = var.a }\n    labels = { version = var.tag }'),
    ],
)
def test_blocks(here: Path, old: str, new: str) -> None:
    changed = WEB.replace(old, new).replace("replicas = 7", "replicas = 8")
    assert old in WEB
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + changed}, "main.tf")
    assert (judged.rules, judged.skipped) == ({"ENI008"}, [])


@pytest.mark.parametrize("more", ["", AGENT])
def test_the_number_of_pods(here: Path, more: str) -> None:
    """Rules wait for it, and no count is shown that is none."""
    changed = WEB.replace("replicas = 7", "replicas = var.a")
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + changed + (heredoc(more) if more else "")})
    assert (judged.rules, judged.skipped) == (set(), [])
    assert [item.rules for item in judged.report.undecided if "replicas of" in item.fact] == [UNCOUNTED]
    (sheet,) = judged.report.pools
    assert sheet.use is None


def test_the_most_pods_of_an_autoscaler(here: Path) -> None:
    changed = WEB + SCALER.replace("max_replicas = 9", "max_replicas = var.a")
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + changed})
    assert (judged.rules, judged.skipped) == (set(), [])
    assert [item.rules for item in judged.report.undecided if "maxReplicas of" in item.fact] == [
        ("ENI008", "ENI012", "NET002", "WL018", "WL019")
    ]


def test_an_autoscaler_counts_although_its_minimum_is_unknown(here: Path) -> None:
    changed = SCALER.replace("min_replicas = 2", "min_replicas = var.a")
    assert changed != SCALER
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + WEB + changed})
    assert (judged.rules, judged.skipped) == ({"ENI008"}, [])


@pytest.mark.parametrize("old", ['name        = "web"', 'kind        = "Deployment"'])
def test_an_autoscaler_of_unknown_pods_is_told(run: Run, tmp_path: Path, old: str) -> None:
    """Its workload is judged with the pods that it states; what may be missing is not left to --verbose."""
    changed = SCALER.replace(old, f"{old.partition('=')[0]} = var.a")
    assert changed != SCALER
    (tmp_path / "main.tf").write_text(POOL + VARIABLES + WEB + changed, encoding="utf-8")
    told = "skipped main.tf: kubernetes_horizontal_pod_autoscaler_v2.web: part of it is unknown: var.a has no value"
    assert told in run("check", "main.tf", cwd=tmp_path).err


@pytest.mark.parametrize("kind", ["[]", "{}", "3", "[var.a]", "null"])
def test_kinds_that_are_no_words(here: Path, kind: str) -> None:
    odd = MAP.replace('"DaemonSet"', kind).replace('"log-agent"', "var.a")
    found, _ = rules(here, resource("kubernetes_manifest", f"manifest = {odd}"))
    assert found == set()


def test_names_that_are_unknown_are_apart(here: Path) -> None:
    """Of two workloads with unknown names, neither is the other one, nor too long for its kind."""
    web = WEB.replace('"web"\n    namespace', '"${var.a}"\n    namespace').replace("_deployment", "_stateful_set")
    web = web.replace("replicas = 7", "replicas = 4")
    two = web + web.replace('"web" {', f'"{"w" * 60}" {{')
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + two}, "main.tf")
    assert (judged.rules, judged.skipped) == ({"ENI008"}, [])


def test_one_of_several_objects(here: Path) -> None:
    found, skipped = rules(here, heredoc(AGENT + "---\n" + AGENT.replace("Exists", "${var.a}").replace("agent", "b")))
    assert found == {"ENI008"}
    assert len(skipped) == 1


def test_other_texts_stay_unknown(here: Path) -> None:
    for value in (
        "var.a",
        'join("", [var.a])',
        "yamlencode(var.a)",
        "yamlencode()",
        'templatefile("none", {})',
        '"${var.a}"',
    ):
        found, skipped = rules(here, resource("kubectl_manifest", f"yaml_body = {value}"))
        assert found == set()
        assert [what.endswith("main.tf: kubectl_manifest.agent") for what, _ in skipped] == [True]


NETWORKING = """\
apiVersion: network.alibabacloud.com/v1beta1
kind: PodNetworking
metadata: {name: eni}
spec:
  eniOptions: {eniType: ENI}
  vSwitchOptions: [vsw-j]
  securityGroupIDs: [sg-pods]
  selector:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: trading}}
"""


NAMESPACE = "'eni' may select its pods: their namespace is unknown"
LABEL = "'eni' may select its pods: one of their labels is unknown"


@pytest.mark.parametrize(
    ("old", "new", "selector", "why"),
    [
        ("x", "x", "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: trading}}", []),
        (
            '"trading"',
            "var.ns",
            "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: trading}}",
            [NAMESPACE],
        ),
        ('"web" }', "var.a }", "podSelector: {matchLabels: {app: web}}", [LABEL]),
        (
            '"web" }',
            "var.a }",
            "podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}",
            [LABEL],
        ),
        ('"web" }', "var.a }", "podSelector: {matchExpressions: [{key: app, operator: Exists}]}", []),
        ('"web" }', "var.a }", "podSelector: {matchLabels: {team: web, app: web}}", []),
        ('"web" }', 'var.a, team = "t" }', "podSelector: {matchLabels: {team: t}}", []),
    ],
)
def test_whether_a_networking_selects_pods(here: Path, old: str, new: str, selector: str, why: list[str]) -> None:
    networking = NETWORKING.partition("  selector:")[0] + f"  selector:\n    {selector}\n"
    files = {"main.tf": POOL + VARIABLES + WEB.replace(old, new), "pn.yaml": networking}
    judged = judge_files(here, files, "main.tf", "pn.yaml")
    assert judged.skipped == []
    assert [item.hint for item in judged.report.undecided if "may select" in item.hint] == why
    assert judged.rules <= {"PN010"}


POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: %s, namespace: trading}
spec: {podSelector: {matchLabels: {app: web}}}
"""
MET = "NetworkPolicy 'allow' may select its pods: a label, a namespace or its selector is unknown"


@pytest.mark.parametrize(
    ("old", "new", "policies", "found", "why"),
    [
        ("x", "x", POLICY % "allow", {"TW009"}, []),
        ('"web" }', "var.a }", POLICY % "allow", set(), [MET]),
        ('"web" }', "var.a }", (POLICY % "deny").replace("app: web", "") + "---\n" + POLICY % "allow", {"TW009"}, []),
        ('"web" }', "var.a }", POLICY % "deny" + "---\n" + POLICY % "allow", set(), [MET]),
        ('"web" }', "var.a }", (POLICY % "allow").replace("trading", "other"), set(), []),
        ('"web" }', 'var.a, team = "t" }', (POLICY % "allow").replace("app: web", "team: u"), set(), []),
        ('"trading"', "var.ns", POLICY % "allow", set(), [MET]),
        ('"trading"', "var.ns", (POLICY % "allow").replace("app: web", "app: db"), set(), []),
    ],
)
def test_whether_a_network_policy_selects_pods(  # noqa: PLR0913, PLR0917 - what is changed, and what that changes
    here: Path, old: str, new: str, policies: str, found: set[str], why: list[str]
) -> None:
    files = {"main.tf": POOL + VARIABLES + WEB.replace(old, new), "policies.yaml": policies}
    judged = judge_files(here, files, "main.tf", "policies.yaml")
    assert (judged.skipped, judged.rules) == ([], found)
    assert [(item.rules, item.hint) for item in judged.report.undecided if "may select" in item.hint] == [
        (("TW009",), told) for told in why
    ]


def test_a_network_policy_of_an_unknown_namespace(here: Path) -> None:
    policy = resource("kubernetes_manifest", f"manifest = yamldecode(<<EOT\n{POLICY % 'allow'}EOT\n)")
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + WEB + policy.replace("trading", "${var.ns}")})
    assert [item.hint for item in judged.report.undecided if "may select" in item.hint] == [MET]


def test_selectors_that_are_unknown(here: Path) -> None:
    networking = NETWORKING.replace("trading", "${var.ns}")
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + WEB + heredoc(networking)})
    assert (judged.skipped, judged.rules) == ([], set())
    waits = {str(item.hint): {*item.rules} for item in judged.report.undecided}
    assert {"PN005", "PN007", "PN008"} <= waits["var.ns has no value"]
    assert "WL002" in waits["'eni' may select its pods: its selector is unknown"]
    known = NETWORKING.replace("name: eni", "name: known").replace("trading", "other")
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + WEB + heredoc(networking), "a.yaml": known})
    assert (judged.skipped, judged.rules) == ([], set())


@pytest.mark.parametrize("selector", ["podSelector: ${var.ns}", 'podSelector: {matchLabels: {app: "${var.ns}"}}'])
@pytest.mark.parametrize("ingress", ["", ', ingress: [{from: [{ipBlock: {cidr: "${var.ns}"}}]}]'])
def test_a_network_policy_whose_selector_is_unknown(here: Path, selector: str, ingress: str) -> None:
    policy = (POLICY % "allow").replace("podSelector: {matchLabels: {app: web}}", selector + ingress)
    applied = resource("kubernetes_manifest", f"manifest = yamldecode(<<EOT\n{policy}EOT\n)")
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + WEB + applied})
    assert judged.skipped == []
    assert [item.hint for item in judged.report.undecided if "may select" in item.hint] == [MET]


def test_a_network_policy_whose_rules_are_unknown(here: Path) -> None:
    policy = (POLICY % "allow").replace("}}}", '}}, egress: [{to: [{ipBlock: {cidr: "${var.ns}"}}]}]}')
    applied = resource("kubernetes_manifest", f"manifest = yamldecode(<<EOT\n{policy}EOT\n)")
    judged = judge_files(here, {"main.tf": POOL + VARIABLES + WEB + applied})
    assert (judged.skipped, judged.rules) == ([], {"TW009"})


def test_pods_that_share_no_node_by_an_unknown_label(here: Path) -> None:
    term = """affinity {
          pod_anti_affinity {
            required_during_scheduling_ignored_during_execution {
              topology_key = "kubernetes.io/hostname"
              label_selector {
                match_labels = { app = var.LABEL }
              }
            }
          }
        }
        toleration {"""
    for label, rules_told in (("a", {"ENI008"}), ("b", set[str]())):
        changed = WEB.replace('"web" }', "var.a }").replace("replicas = 7", "replicas = 2")
        changed = changed.replace("toleration {", term.replace("LABEL", label))
        assert judge_files(here, {"main.tf": POOL + VARIABLES + changed}).rules == rules_told


@pytest.mark.parametrize(
    ("unknown", "is_judged"),
    [
        ({}, True),
        ({"spec": {"template": {"spec": {"containers": [{"image": True}], "volumes": True}}}}, True),
        ({"metadata": {"name": True, "namespace": True}}, True),
        ({"spec": {"template": {"spec": {"tolerations": True}}}}, False),
        ({"spec": True}, False),
    ],
)
def test_plans_of_terraform(here: Path, unknown: dict[str, Any], is_judged: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Terraform leaves out of `after` what `after_unknown` has."""
    plan = terraform_plan({
        "node_pool_name": "eni", "desired_size": "1", "instance_types": ["ecs.g7.2xlarge"], "vswitch_ids": ["vsw-j"],
        "labels": [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eniOnly"}],
    })  # fmt: skip
    manifest = yaml.safe_load(AGENT)
    change = {"actions": ["create"], "before": None, "after_unknown": {"manifest": unknown}}
    for name in "ab":
        found = manifest | {"metadata": {**manifest["metadata"], "name": name}}
        applied = {"address": f"kubernetes_manifest.{name}", "mode": "managed", "type": "kubernetes_manifest"}
        plan["resource_changes"].append({**applied, "change": {**change, "after": {"manifest": found}}})
    judged = judge_files(here, {"plan.json": plan})
    (use,) = [sheet.use for sheet in judged.report.pools]
    assert len(use.takers if use else ()) == 2 * is_judged
    assert len(judged.skipped) == 2 * (not is_judged)


def test_an_unknown_key_pair_does_not_make_it_unknown_whether_the_pool_is_exclusive(here: Path) -> None:
    lines = ('node_pool_name = "p"', 'instance_types = ["ecs.g7.xlarge"]', 'vswitch_ids = ["vsw-j"]')
    unknown = ("key_name = alicloud_key_pair.k.key_pair_name", "instance_charge_type = var.x", "runtime_name = var.x")
    judged = judge_files(here, {"main.tf": hcl(*lines, "desired_size = 1", *unknown)})
    assert {"ENI001", "NP002"} <= judged.rules
    assert not judged.facts


@pytest.mark.parametrize(
    ("selector", "asked"),
    [('"team" = var.a', True), ('"team" = "a"', False), ('"disk" = var.a', False), ('"disk" = "ssd"', False)],
)
def test_a_label_of_the_pool_may_be_meant(here: Path, selector: str, asked: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Nothing else in the manifest names exclusive nodes."""
    labels = POOL.replace("labels {", 'labels {\n    key = "team"\n    value = "b"\n  }\n  labels {', 1)
    assert labels != POOL
    changed = MAP.replace("tolerations", f"nodeSelector = {{ {selector} }}\n        tolerations")
    assert changed != MAP
    found = judge_files(
        here, {"main.tf": labels + VARIABLES + resource("kubernetes_manifest", f"manifest = {changed}")}
    )
    whole = "where the pods of DaemonSet 'agent' run, and how many there are"
    assert (whole in found.facts) == asked
    assert bool(found.skipped) == (not asked)


@pytest.mark.parametrize(("old", "new"), [("{name: eni}", "{name: '${var.a}'}"), ("spec:", "spec: ${var.a}\nx:")])
def test_a_podnetworking_of_which_little_is_known(here: Path, old: str, new: str) -> None:
    changed = NETWORKING.replace(old, new)
    assert changed != NETWORKING
    found = judge_files(here, {"main.tf": POOL + VARIABLES + heredoc(changed)})
    assert found.skipped == []
