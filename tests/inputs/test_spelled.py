"""Objects of Kubernetes in blocks of Terraform's provider: the same verdict as of their manifests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.rules.examples import example
from tests.inputs.support import judge_files, terraform_plan

if TYPE_CHECKING:
    from pathlib import Path

POOL = """\
resource "alicloud_cs_kubernetes_node_pool" "eni" {
  cluster_id     = "c1"
  node_pool_name = "eni"
  vswitch_ids    = ["vsw-j"]
  instance_types = ["ecs.g8i.8xlarge"]
  desired_size   = 1
  labels {
    key   = "k8s.aliyun.com/exclusive-mode-eni-type"
    value = "eniOnly"
  }
  taints {
    key    = "exclusive-eni"
    value  = "true"
    effect = "NoSchedule"
  }
}
"""
WEB = """\
resource "kubernetes_deployment_v1" "web" {
  metadata {
    name      = "web"
    namespace = "trading"
  }
  spec {
    replicas = 7
    selector {
      match_labels = { app = "web" }
    }
    strategy {
      type = "Recreate"
    }
    template {
      metadata {
        labels = { app = "web" }
      }
      spec {
        toleration {
          key      = "exclusive-eni"
          operator = "Exists"
        }
        node_selector = { "k8s.aliyun.com/exclusive-mode-eni-type" = "eniOnly" }
        container {
          name  = "web"
          image = var.image
          env {
            name = "TOKEN"
            value = data.x_secret.this.value
          }
          resources {
            limits   = { "aliyun/eni" = "1" }
            requests = { "aliyun/eni" = 1 }
          }
        }
      }
    }
  }
}
"""
RECREATE = 'type = "Recreate"\n'
AFFINITY = """\
        affinity {
          node_affinity {
            required_during_scheduling_ignored_during_execution {
              node_selector_term {
                match_expressions {
                  key      = "k8s.aliyun.com/exclusive-mode-eni-type"
                  operator = "In"
                  values   = ["eniOnly"]
                }
              }
            }
          }
        }
"""
SELECTOR = '        node_selector = { "k8s.aliyun.com/exclusive-mode-eni-type" = "eniOnly" }\n'
APART = """\
        affinity {
          pod_anti_affinity {
            required_during_scheduling_ignored_during_execution {
              topology_key = "kubernetes.io/zone"
              label_selector {
                match_labels = { app = "web" }
              }
            }
            required_during_scheduling_ignored_during_execution {
              topology_key = "kubernetes.io/hostname"
              label_selector {
                match_expressions {
                  key      = "app"
                  operator = "Exists"
                }
              }
            }
          }
        }
"""
SCALER = """\
resource "kubernetes_horizontal_pod_autoscaler_v2" "web" {
  metadata {
    name      = "web"
    namespace = "trading"
  }
  spec {
    min_replicas = 2
    max_replicas = 9
    scale_target_ref {
      api_version = "apps/v1"
      kind        = "Deployment"
      name        = "web"
    }
  }
}
"""


UNCOUNTED = ("ENI008", "ENI012", "NET002", "NP016", "WL016", "WL018", "WL019")
"""The rules that wait for the number of pods of a workload."""


def rules(here: Path, *parts: str, **more: object) -> set[str]:
    return judge_files(here, {"main.tf": POOL + "".join(parts), **more}).rules


def test_what_it_says_is_read(here: Path) -> None:
    assert rules(here, WEB) == set()
    judged = judge_files(here, {"main.tf": POOL + WEB})
    (sheet,) = judged.report.pools
    assert sheet.use is not None
    assert [(taker.name, taker.pods) for taker in sheet.use.takers] == [("web", 7)]


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("replicas = 7", "replicas = 8", {"ENI008"}),
        ("replicas = 7", 'replicas = "8"', {"ENI008"}),
        ("exclusive-eni", "other", {"WL001"}),
        ('operator = "Exists"\n', 'operator = "Exists"\n          toleration_seconds = "60"\n', {"WL008"}),
        (SELECTOR, SELECTOR + APART, {"ENI008"}),
        (SELECTOR, SELECTOR + APART.replace("topology", 'namespaces = ["other"]\n topology'), set()),
        (SELECTOR, AFFINITY, set()),
        (SELECTOR, AFFINITY.replace("eniOnly", "enionly"), {"WL007"}),
        ('{ "aliyun/eni" = 1 }', '{ "aliyun/eni" = 2 }', {"ENI008", "WL002", "WL008"}),
        ("_deployment_v1", "_deployment", set()),
        (RECREATE, RECREATE.replace("Recreate", "RollingUpdate"), set()),
        (RECREATE, 'rolling_update {\n max_surge = "1"\n max_unavailable = "0"\n }\n', {"WL016"}),
    ],
)
def test_what_is_wrong_is_told(here: Path, old: str, new: str, wrong: set[str]) -> None:
    parts = POOL, WEB.replace(old, new)
    assert parts[1] != WEB
    judged = judge_files(here, {"main.tf": "".join(parts)})
    assert judged.rules == wrong


def test_a_number_that_is_too_long(here: Path) -> None:
    judged = judge_files(here, {"main.tf": POOL + WEB.replace("replicas = 7", f'replicas = "{"9" * 5000}"')})
    (problem,) = judged.report.problems
    assert str(problem.message).startswith("'replicas' must be a whole number")
    assert str(problem.hint) == ""


def test_its_places_are_those_of_the_blocks(here: Path) -> None:
    wrong = WEB.replace("replicas = 7", "replicas = 3").replace('"aliyun/eni" = 1', '"aliyun/eni" = 2')
    wrong = wrong.replace("exclusive-eni", "other")
    judged = judge_files(here, {"main.tf": POOL, "web.tf": wrong})
    lines = {f.rule.id: wrong.splitlines()[f.place.line - 1].strip() for f in judged.report.findings}
    requests = 'requests = { "aliyun/eni" = 2 }'
    assert lines == {"WL001": "toleration {", "WL002": "resources {", "WL008": requests}
    none = wrong.replace("toleration {", "other {")
    (found,) = (f for f in judge_files(here, {"web.tf": none}, ".").report.findings if f.rule.id == "WL001")
    assert found.hint.endswith("to its tolerations; in a toleration block")


def test_an_autoscaler_counts(here: Path) -> None:
    assert rules(here, WEB, SCALER) == {"ENI008"}
    assert rules(here, WEB, SCALER.replace("= 9", "= 7")) == set()


def test_what_is_not_known_and_matters_is_undecided(here: Path) -> None:
    judged = judge_files(here, {"main.tf": POOL + WEB.replace('operator = "Exists"', "operator = var.operator")})
    assert judged.skipped == []
    (item,) = judged.report.undecided
    assert item.fact == "where the pods of Deployment 'web' run, and how many there are"
    assert item.hint.startswith("part of it is unknown: ")
    assert rules(here, WEB.replace('"web" {', '"web" {\n  count = 0', 1), SCALER) == set()


def test_a_plan_settles_what_is_not_known(here: Path) -> None:
    lost = WEB.replace('operator = "Exists"', "operator = var.operator")
    for name, facts in (("web", 0), ("other", 1)):
        workload = {"name": name, "namespace": "trading", "kind": "Deployment", "replicas": 1, "nodePool": "trading"}
        plan = example({"workloads": [workload]})
        judged = judge_files(here, {"web.tf": lost, "plan.json": plan})
        assert len([item for item in judged.report.undecided if "Deployment 'web'" in item.fact]) == facts
        assert [why for _, why in judged.skipped] == ["the plan has a workload of its name"] * (1 - facts)


def test_the_plan_of_terraform(here: Path) -> None:
    """Terraform shows every block as a list, what is left out as null, and numbers of this provider as text."""
    toleration = {"key": "exclusive-eni", "operator": "Exists", "effect": "", "value": "", "toleration_seconds": ""}
    limits, requests = {"aliyun/eni": "1"}, {"aliyun/eni": "1"}
    container = {"name": "a", "env": [], "resources": [{"limits": limits, "requests": requests}]}
    pods: dict[str, Any] = {"node_selector": {"k8s.aliyun.com/exclusive-mode-eni-type": "eniOnly"}, "affinity": []}
    pods |= {"toleration": [toleration], "container": [container], "host_network": False, "init_container": []}
    template = {"metadata": [{"labels": {"app": "web"}, "name": None}], "spec": [pods]}
    strategy = {"type": "RollingUpdate", "rolling_update": [{"max_surge": "0", "max_unavailable": "1"}]}
    after = {
        "metadata": [{"name": "web", "namespace": "trading", "labels": None}],
        "spec": [{"replicas": "8", "selector": [None], "template": [template], "strategy": [strategy]}],
    }
    unknown: dict[str, Any] = {
        "id": True,
        "metadata": [{"uid": True}],
        "spec": [{"template": [{"spec": [{"hostname": True}]}]}],
    }
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
    resource = {"address": "kubernetes_deployment_v1.web", "mode": "managed", "type": "kubernetes_deployment_v1"}
    plan = terraform_plan({
        "node_pool_name": "eni", "desired_size": "1", "instance_types": ["ecs.g8i.8xlarge"], "vswitch_ids": ["vsw-j"],
        "labels": [{"key": "k8s.aliyun.com/exclusive-mode-eni-type", "value": "eniOnly"}],
        "taints": [{"key": "exclusive-eni", "value": "true", "effect": "NoSchedule"}],
    })  # fmt: skip
    plan["resource_changes"].append({**resource, "change": change})
    judged = judge_files(here, {"plan.json": plan})
    assert (judged.rules, judged.problems) == ({"ENI008"}, [])
    limits["aliyun/eni"] = "2"
    judged = judge_files(here, {"plan.json": plan})
    (line,) = {f.place.line for f in judged.report.findings if f.rule.id == "WL008"}
    assert '"aliyun/eni": "1"' in (here / "plan.json").read_text().splitlines()[line - 1]
    unknown["spec"][0]["replicas"] = True
    judged = judge_files(here, {"plan.json": plan})
    assert [item.rules for item in judged.report.undecided if "replicas" in item.fact] == [UNCOUNTED]
    unknown["spec"][0]["template"][0]["spec"][0]["host_network"] = True
    judged = judge_files(here, {"plan.json": plan})
    assert [item.hint for item in judged.report.undecided] == ["parts of it are known only after apply"]


def test_json_of_terraform(here: Path) -> None:
    """A block that stands alone is a map there, and not a list of one."""
    resources = {"limits": {"aliyun/eni": "1"}, "requests": {"aliyun/eni": "1"}}
    pods = {
        "node_selector": {"k8s.aliyun.com/exclusive-mode-eni-type": "eniOnly"},
        "toleration": {"operator": "Exists"},
        "container": {"name": "a", "resources": resources},
    }
    template = {"metadata": {"labels": {"app": "a"}}, "spec": pods}
    spec = {"replicas": 8, "selector": {"match_labels": {"app": "a"}}, "template": template}
    web = {"metadata": {"name": "web", "namespace": "trading"}, "spec": {**spec, "strategy": {"type": "Recreate"}}}
    found = {"resource": {"kubernetes_deployment_v1": {"web": web}}}
    assert rules(here, **{"web.tf.json": json.dumps(found)}) == {"ENI008"}


CHART = """\
resource "helm_release" "web" {
  name   = "web"
  chart  = "./chart"
  values = [yamlencode({ nodeSelector = { "k8s.aliyun.com/exclusive-mode-eni-type" = "eniOnly" } })]
}
"""


SET = """\
resource "helm_release" "web" {
  for_each = toset(["a", "b"])
  name     = each.key
  chart    = "./chart"
  set {
    name  = "nodeSelector.k8s\\\\.aliyun\\\\.com/exclusive-mode-eni-type"
    value = "eniOnly"
  }
}
"""
FROM_FILE = """\
resource "helm_release" "web" {
  name   = "web"
  chart  = "./chart"
  values = [file("values.yaml")]
}
"""
WHOLE = "where the pods of {} run, and how many there are"


def test_a_chart_for_exclusive_nodes_is_undecided(here: Path) -> None:
    why = "only Helm knows its objects: check what `helm template` renders"
    judged = judge_files(here, {"main.tf": POOL + CHART})
    ((fact, hint),) = [(item.fact, str(item.hint)) for item in judged.report.undecided]
    assert (fact, hint, judged.skipped) == (WHOLE.format("helm_release.web"), why, [])
    assert not judge_files(here, {"main.tf": POOL + CHART.replace("exclusive-mode-eni-type", "x")}).facts
    judged = judge_files(here, {"main.tf": POOL + SET})
    assert set(judged.facts) == {WHOLE.format(f'helm_release.web["{key}"]') for key in "ab"}
    values = "nodeSelector: {k8s.aliyun.com/exclusive-mode-eni-type: eniOnly}"
    judged = judge_files(here, {"main.tf": POOL + FROM_FILE, "values.yaml": values}, ".")
    assert set(judged.facts) == {WHOLE.format("helm_release.web")}
    plan = terraform_plan({"node_pool_name": "eni"})
    change = {"actions": ["create"], "after": {"chart": "./chart", "values": [values]}, "after_unknown": {}}
    chart = {"address": "helm_release.web", "mode": "managed", "type": "helm_release", "change": change}
    plan["resource_changes"].append(chart)
    text_of_plan = json.dumps(plan, indent=1)
    (open_,) = [item for item in judge_files(here, {"plan.json": text_of_plan}).report.undecided if "helm" in item.fact]
    line = next(i for i, line in enumerate(text_of_plan.splitlines(), 1) if '"helm_release.web"' in line)
    assert (open_.fact, open_.place.line, str(open_.hint)) == (WHOLE.format("helm_release.web"), line, why)
