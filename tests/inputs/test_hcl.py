from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.inputs.hcl.module import Module
from eniplan.inputs.hcl.parse import Text
from eniplan.inputs.hcl.pools import arguments
from eniplan.inputs.hcl.values import Budget
from eniplan.inputs.places import NotKnown
from eniplan.plan.model import EXCLUSIVE_LABEL
from tests.inputs.support import LABEL, RESOURCE, hcl, judge_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

FINE = (
    'node_pool_name = "trading"',
    'instance_types = ["ecs.g8i.8xlarge"]',
    'vswitch_ids = ["vsw-j"]',
    'desired_size = "3"',
    "taints {",
    '  key = "a"',
    '  value = "b"',
    '  effect = "NoSchedule"',
    "}",
)


def values(*lines: str) -> dict[str, Any]:
    module = Module("", [Text("main.tf", hcl(*lines))], Budget(10_000), given={}, read=lambda _: [])
    (block,) = module.resources(RESOURCE)
    return arguments(block, module, module.scope)[0]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('"a"', "a"),
        ('""', ""),
        (r'"a\"b\\n\n\t\u00e9\U0001F600"', 'a"b\\n\n\té\U0001f600'),
        ('"$${a} %%{b}"', "${a} %{b}"),
        (r'"\ud800"', "\ufffd"),
        ('"$5 50% {x}"', "$5 50% {x}"),
        ("3", 3),
        ("3.5", 3.5),
        ("1e3", 1000),
        ("true", True),
        ("false", False),
        ("null", None),
        ("(3)", 3),
        ("[]", []),
        ('["a", 2,]', ["a", 2]),
        ('[\n"a", # one\n"b"\n]', ["a", "b"]),
        ("{}", {}),
        ('{a = 1, "b" : "c"}', {"a": 1, "b": "c"}),
    ],
)
def test_literals(expression: str, value: object) -> None:
    found = values(f"x = {expression}")["x"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("var.x", "var.x is not declared"),
        ('"a-${var.x}"', "var.x is not declared"),
        ("local.x", "local.x is not declared"),
        ("module.a.b[0]", "module.a is not declared"),
        ("[for x in var.y : x]", "var.y is not declared"),
        ("{for k, v in var.y : k => v}", "var.y is not declared"),
        ("var.x[*].id", "var.x is not declared"),
        ("-var.x", "var.x is not declared"),
        ("data.alicloud_zones.z.zones[0].id", "data.alicloud_zones.z is not declared"),
        ("timestamp()", "timestamp() is not computed"),
        ("9e999", "9e999 is too large"),
        ('{a = 1}["b"]', '{...}["b"]: there is no attribute b'),
        ("[1][5]", "[...][5]: there is no item 5"),
        ("1 / 0", "division by zero"),
        (f"{'(' * 3000}1{')' * 3000}", "nested deeper than 100 levels"),
    ],
)
def test_what_cannot_be_computed_is_not_known(expression: str, why: str) -> None:
    found = values(f"x = {expression}")["x"]
    assert (type(found), found) == (NotKnown, why)


def test_a_list_with_a_variable_keeps_the_rest() -> None:
    assert values("x = [1, var.a, 3]")["x"] == [1, "var.a is not declared", 3]


def test_blocks_are_lists_and_dynamic_ones_are_not_known() -> None:
    found = values(
        "management {",
        "  enable = true",
        "  auto_repair_policy {",
        "    restart_node = true",
        "  }",
        "}",
        'dynamic "taints" {',
        "  for_each = var.taints",
        "  content {",
        "    key = taints.key",
        "  }",
        "}",
    )
    assert found["management"] == [{"enable": True, "auto_repair_policy": [{"restart_node": True}]}]
    assert found["taints"] == ["var.taints is not declared"]
    assert found["labels"] == [LABEL]


def test_findings_have_line_and_column(here: Path) -> None:
    lines = [*FINE[:1], "instance_types = [", '  "ecs.g8i.8xlarge",', '  "ecs.g7.2xlarge",', "]", *FINE[2:]]
    judged = judge_files(here, {"main.tf": "# pools\n" + hcl(*lines)})
    assert judged.places == {
        "ENI001": f"main.tf:10:5 {RESOURCE}.eni.instance_types[1]",
        "ENI007": f"main.tf:8:20 {RESOURCE}.eni.instance_types",
    }


def test_a_pool_that_will_work(here: Path) -> None:
    judged = judge_files(here, {"main.tf": hcl(*FINE)})
    assert (judged.rules, judged.problems, judged.facts) == (set(), [], {})


@pytest.mark.parametrize(
    ("old", "new", "facts"),
    [
        ('["ecs.g8i.8xlarge"]', "var.types", {"instance_types of pool 'trading'": "instance_types"}),
        ('["vsw-j"]', "alicloud_vswitch.x[*].id", {"vswitch_ids of pool 'trading'": "vswitch_ids"}),
        ('"vsw-j"', "var.a", {"vswitch_ids of pool 'trading'": "vswitch_ids"}),
        ('"3"', "var.size", {"the size of pool 'trading'": "desired_size"}),
        ('"trading"', '"eni-${var.env}"', {f"node_pool_name of pool '{RESOURCE}.eni'": "node_pool_name"}),
        ('  key = "a"', "  key = var.key", {"taints of pool 'trading'": "taints"}),
        ("taints {", 'dynamic "taints" {', {"taints of pool 'trading'": "taints"}),
    ],
)
def test_what_is_no_literal_is_open_and_not_missing(here: Path, old: str, new: str, facts: dict[str, str]) -> None:
    judged = judge_files(here, {"main.tf": hcl(*FINE).replace(old, new)})
    assert (judged.rules, judged.problems) == (set(), [])
    assert judged.facts.items() >= {fact: f"{RESOURCE}.eni.{path}" for fact, path in facts.items()}.items()


@pytest.mark.parametrize(
    ("labels", "rules", "facts"),
    [
        ('dynamic "labels" {\n for_each = var.labels\n content {\n key = labels.key\n }\n}', set(), 1),
        ('labels {\n key = var.key\n value = "eniOnly"\n}', set(), 1),
        (f'labels {{\n key = "{EXCLUSIVE_LABEL}"\n value = var.mode\n}}', set(), 1),
        (f'labels {{\n key = "{EXCLUSIVE_LABEL}"\n value = "eni"\n}}', {"NP001"}, 0),
        (
            f'labels {{\n key = "{EXCLUSIVE_LABEL}"\n value = "eniOnly"\n}}\ndynamic "labels" {{\n content {{}}\n}}',
            set(),
            1,
        ),
        # a public module makes the label in this way
        (
            (
                'dynamic "labels" {\n for_each = var.exclusive ? [1] : []\n content {\n'
                f' key = "{EXCLUSIVE_LABEL}"\n value = "eniOnly"\n }}\n}}'
            ),
            set(),
            0,
        ),
        ('labels {\n key = "k8s.aliyun.com/exclusive-mode-eni-typ"\n value = "eniOnly"\n}', {"NP001"}, 0),
        ("", None, 0),
    ],
)
def test_which_pools_are_judged(here: Path, labels: str, rules: set[str] | None, facts: int) -> None:
    text = f'resource "{RESOURCE}" "a" {{\n' + "\n".join(FINE) + f"\n{labels}\n}}\n"
    judged = judge_files(here, {"main.tf": text})
    assert judged.rules == (rules or set())
    assert len(judged.facts) == facts
    assert len(judged.skipped) == (rules is None)


@pytest.mark.parametrize(
    "labels",
    [
        "labels {\n key = var.key\n value = var.value\n}",
        'dynamic "labels" {\n for_each = var.labels\n content {\n key = labels.key\n value = labels.value\n }\n}',
    ],
)
@pytest.mark.parametrize("is_sure", [True, False])
def test_rules_about_labels_wait_for_a_label_of_unknown_key(here: Path, labels: str, *, is_sure: bool) -> None:
    """Without --var, `type = virtual-kubelet` and a terway-config that does not exist could hide there."""
    text = hcl(*FINE, labels)
    if not is_sure:
        text = text.replace(f'"{EXCLUSIVE_LABEL}"', "var.mode")
    judged = judge_files(here, {"main.tf": text})
    assert (judged.rules, judged.problems) == (set(), [])
    (waiting,) = judged.report.undecided
    assert {"NP010", "TW012", "NET001", "WL007"} <= set(waiting.rules)


def test_a_count_of_none_makes_no_pool(here: Path) -> None:
    judged = judge_files(here, {"main.tf": hcl("count = 0")})
    assert judged.skipped == [(f"main.tf: {RESOURCE}.eni", "its count is 0")]
    assert judge_files(here, {"main.tf": hcl("count = var.on ? 1 : 0", *FINE[:4])}).rules == {"NP002"}


def test_the_files_of_a_folder_are_one_plan(here: Path) -> None:
    files: dict[str, object] = {"a/x.tf": hcl(*FINE), "a/y.tf": hcl(*FINE, name="b"), "b/x.tf": hcl(*FINE)}
    assert judge_files(here, files).places == {"NP006": f"a/y.tf:6:20 {RESOURCE}.b.node_pool_name"}


def test_a_file_without_pools_is_an_input_all_the_same(here: Path) -> None:
    judged = judge_files(here, {"variables.tf": 'variable "x" {}\n', "empty.tf": ""})
    assert (judged.report.exit_code, judged.report.inputs) == (0, ("variables.tf", "empty.tf"))
    assert judged.skipped == [("variables.tf", "no node pool in it"), ("empty.tf", "no node pool in it")]


def test_other_resources_are_passed_over(here: Path) -> None:
    others = 'resource "alicloud_vpc" "x" {\n  name = "a"\n}\ndata "alicloud_zones" "z" {}\nlocals {\n  a = 1\n}\n'
    assert judge_files(here, {"main.tf": others + hcl(*FINE)}).rules == set()


def test_a_module_that_is_given_the_label_makes_pools_that_are_not_known(here: Path) -> None:
    given = f'module "ack" {{\n  source = "x/y"\n  labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}\n}}\n'
    files = {"a.tf": given + 'module "other" {\n  source = "z"\n}\n', "b.tf": f"# {EXCLUSIVE_LABEL}\n"}
    judged = judge_files(here, files)
    assert judged.facts == {"whether pool 'module.ack' is an exclusive node pool": "module.ack"}
    assert [item.place.line for item in judged.report.undecided] == [1]
    assert judged.skipped == [
        ("b.tf", "no node pool in it"),
        ("a.tf: module.other", "a remote module: run `terraform init`, which installs it, or check the plan"),
    ]


@pytest.mark.parametrize("beside", [{}, {"modules/pool/README.md": "x"}])
def test_a_module_that_is_not_there_is_open(here: Path, beside: dict[str, str]) -> None:
    given = f'module "ack" {{\n  source = "./modules/pool"\n  labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}\n}}\n'
    other = 'module "other" {\n  source = "./modules/pool"\n}\n'
    judged = judge_files(here, {"a.tf": given + other + hcl(*FINE), **beside}, "a.tf")
    assert judged.facts == {"whether pool 'module.ack' is an exclusive node pool": "module.ack"}
    assert "no Terraform files in modules/pool" in str(judged.report.undecided[0].hint)
    assert judged.skipped == [("a.tf: module.other", "no Terraform files in modules/pool")]
    assert judge_files(here, {"a.tf": given.replace("source", "count = 0\n  source")}, "a.tf").facts == {}
    types = hcl(*FINE).replace('["ecs.g8i.8xlarge"]', "module.other.types")
    judged = judge_files(here, {"a.tf": other + types}, "a.tf")
    assert str(judged.report.undecided[0].hint) == "module.other: no Terraform files in modules/pool"


@pytest.mark.parametrize("ending", ["", ".json"])
def test_a_file_of_opentofu_replaces_the_one_of_terraform(here: Path, ending: str) -> None:
    both = {f"main.tf{ending}": "{" if ending else hcl(*FINE, 'desired_size = "x"'), f"main.tofu{ending}": "{}"}
    judged = judge_files(here, {**both, "pool.tofu": hcl(*FINE)}, ".")
    assert (judged.problems, judged.rules, len(judged.report.pools)) == ([], set(), 1)
    if not ending:
        assert ("./main.tf", "OpenTofu reads the file ./main.tofu instead") in judged.skipped


def test_a_file_of_values_that_is_named(here: Path) -> None:
    (problem,) = judge_files(here, {"prod.tfvars": 'a = "b"\n'}).problems
    assert problem == "prod.tfvars: this file has values of Terraform variables []"


def test_hcl_is_never_read_as_yaml(here: Path) -> None:
    text = "# see eniplan/plan.yaml\n" + hcl('instance_types = ["ecs.g7.2xlarge"]')
    for name in ("main.tf", "other.tofu"):
        judged = judge_files(here, {f"infra/{name}": text}, f"infra/{name}")
        assert "ENI001" in judged.rules
    assert set(judge_files(here, {}, "infra").report.inputs) >= {"infra/main.tf", "infra/other.tofu"}


def test_hcl_is_known_by_its_content(here: Path) -> None:
    assert judge_files(here, {"pools.txt": hcl(*FINE[:4])}).rules == {"NP002"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (hcl("a = = 3"), "main.tf:6:7: not valid HCL: this is not expected here []"),
        (hcl()[:-3], "main.tf:6:1: not valid HCL: this is not expected here []"),
        (hcl('a = "\\'), "main.tf:6:8: not valid HCL: this is not expected here []"),
    ],
)
def test_text_that_is_no_hcl(here: Path, text: str, problem: str) -> None:
    judged = judge_files(here, {"main.tf": text})
    assert (judged.problems, judged.report.exit_code) == ([problem], 3)


def test_terraform_converts_texts_numbers_and_flags(here: Path) -> None:
    lines = (*FINE[:3], "desired_size = 3", 'system_disk_size = "120"', "scaling_config {", '  enable = "false"', "}",
             "taints {", '  key = "a"', "  value = true", "}",
             "labels {", '  key = "tier"', "  value = 1", "}")  # fmt: skip
    judged = judge_files(here, {"main.tf": hcl(*lines)})
    assert (judged.rules, judged.problems) == (set(), [])


def test_a_value_of_another_type_is_told_as_it_is_spelled(here: Path) -> None:
    judged = judge_files(here, {"main.tf": hcl(*FINE).replace('["vsw-j"]', '[["vsw-j"]]')})
    assert judged.problems == [
        f"main.tf:8:18: an item of 'vswitch_ids' must be text, not [\"vsw-j\"] [{RESOURCE}.eni.vswitch_ids[0]]"
    ]


def test_what_no_plan_can_hold_is_told_at_its_place(here: Path) -> None:
    again = f'labels {{\n    key = "{EXCLUSIVE_LABEL}"\n  }}'
    judged = judge_files(here, {"main.tf": hcl(*FINE, again)})
    assert judged.problems == [
        f"main.tf:15:3: the label '{EXCLUSIVE_LABEL}' is given twice [{RESOURCE}.eni.labels[1]]",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "types = [data.alicloud_instance_types.default.instance_types.0.id]",
        'types = split(",", join(",", alicloud_vswitch.vswitches.*.id))',
        "types = length(var.a) > 0 ? var.a : null",
        'tags = merge(local.tags, { NodePool = "a" })',
        "kubelet_configuration {\n    pod_pids_limit = tostring(var.limit)\n  }",
        "# 节点池\n  // one\n  /* two\n */",
        "lifecycle {\n    ignore_changes = [desired_size]\n  }",
        'user_data = base64encode(templatefile("${path.module}/a.sh", { a = "b" }))',
        'x = "a${var.b == "c" ? "d" : "e"}f"',
        "x = <<-EOT\n    a ${var.b}\n  EOT",
        "x = try(var.a[0].b, null)",
        'x = { for k, v in var.a : k => v if v != "" }',
        "x = provider::alicloud::f(1)",
    ],
)
def test_hcl_that_people_write(here: Path, line: str) -> None:
    judged = judge_files(here, {"main.tf": hcl(*FINE, line)})
    assert (judged.rules, judged.problems, judged.facts) == (set(), [], {})


def test_a_module_that_can_give_the_label_is_judged_as_one_that_does(here: Path) -> None:
    dynamic = ('dynamic "labels" {', "  for_each = var.exclusive ? [1] : []", "  content {",
               f'    key   = "{EXCLUSIVE_LABEL}"', '    value = "eniOnly"', "  }", "}")  # fmt: skip
    lines = ("count = var.on ? 1 : 0", 'instance_types = ["ecs.g7.2xlarge"]', "vswitch_ids = local.ids", *dynamic)
    text = f'resource "{RESOURCE}" "default" {{\n' + "\n".join(lines) + "\n}\n"
    judged = judge_files(here, {"main.tf": text}, cluster=None)
    assert judged.places == {
        "NP002": f"main.tf:1:1 {RESOURCE}.default.taints",
        "ENI001": f"main.tf:3:19 {RESOURCE}.default.instance_types[0]",
    }


def test_an_override_that_is_not_known_leaves_its_rule_open(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pool.tf").write_text('variable "cordoned" {}\n' + hcl("unschedulable = var.cordoned"))
    report = json.loads(run("check", "pool.tf", "--format", "json", cwd=tmp_path).out)
    (gap,) = [found for found in report["undecided"] if "come up unschedulable" in found["fact"]]
    assert "NP015" in gap["rules"]
    assert gap["hint"] == "var.cordoned has no value"


ADOPTED = "which labels pool 'trading' has"


@pytest.mark.parametrize(
    ("to", "more", "is_open"),
    [
        (f"{RESOURCE}.eni", (), True),
        (f"{RESOURCE}.other", (), False),
        (f"{RESOURCE}.eni[0]", ("count = 1",), True),
        (f"{RESOURCE}.eni[1]", ("count = 1",), False),
        (f'{RESOURCE}.eni["a"]', ('for_each = toset(["a"])',), True),
        (f'{RESOURCE} . eni [ "b" ]', ('for_each = toset(["a"])',), False),
        (f"{RESOURCE}.eni[each.key]", ('for_each = toset(["a"])',), True),
        (f"{RESOURCE}.eni[var.which]", ("count = 1",), True),
    ],
)
def test_the_labels_of_a_pool_that_an_import_block_adopts(
    here: Path,
    to: str,
    more: tuple[str, ...],
    is_open: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """The mode of a pool is that of its creation."""
    text = f'import {{\n  to = {to}\n  id = "c1,np1"\n}}\n{hcl(*FINE, *more)}'
    judged = judge_files(here, {"main.tf": text})
    assert (ADOPTED in judged.facts) is is_open
    if is_open:
        assert judged.facts[ADOPTED].startswith(f"{RESOURCE}.eni")
    data = {"import": [{"to": to.replace(" ", ""), "id": "c1,np1"}]}
    pair = {"main.tf": hcl(*FINE, *more), "import.tf.json": json.dumps(data)}
    assert (ADOPTED in judge_files(here, {f"b/{name}": part for name, part in pair.items()}, "b").facts) is is_open


def test_the_labels_of_a_pool_of_a_module_that_an_import_block_adopts(here: Path) -> None:
    main = f'module "m" {{\n  source = "./m"\n}}\nimport {{\n  to = module.m.{RESOURCE}.eni\n  id = "c1,np1"\n}}\n'
    judged = judge_files(here, {"main.tf": main, "m/main.tf": hcl(*FINE)}, ".")
    assert ADOPTED in judged.facts
