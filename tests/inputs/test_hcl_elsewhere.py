"""What somebody else decides about a module of Terraform: its workspace, Terragrunt, and values that nobody gives."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eniplan.inputs.hcl.evaluate import evaluate
from eniplan.inputs.hcl.functions import call
from eniplan.inputs.hcl.module import Given, Module
from eniplan.inputs.hcl.parse import Text
from eniplan.inputs.hcl.values import Budget, RefusedError
from eniplan.inputs.places import NotKnown
from eniplan.plan.model import EXCLUSIVE_LABEL
from tests.inputs.support import RESOURCE, judge_files
from tests.inputs.test_hcl_modules import ENOUGH, FEW, LABEL, pool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run
    from tests.inputs.support import Judged

TYPES = f"instance_types of pool {'eni'!r}"
BY_WORKSPACE = pool(types="local.types[terraform.workspace]")


def locals_of(**types: str) -> str:
    return (
        "locals {\n  types = {\n" + "".join(f'    {key} = ["{value}"]\n' for key, value in types.items()) + "  }\n}\n"
    )


def hint(judged: Judged, rule: str = "ENI001") -> str:
    return next(str(found.hint) for found in judged.report.findings if found.rule.id == rule)


# --- The workspace ----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def no_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_WORKSPACE", raising=False)


def test_nobody_says_which_workspace_is_meant(here: Path) -> None:
    judged = judge_files(here, {"main.tf": locals_of(prod=FEW, dev=ENOUGH) + BY_WORKSPACE}, ".")
    assert "ENI001" not in judged.rules
    said = {item.fact: str(item.hint) for item in judged.report.undecided}
    assert said == {"instance_types of pool 'eni'": "terraform.workspace: set TF_WORKSPACE to the workspace to check"}


def test_the_environment_says_which(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_WORKSPACE", "prod")
    judged = judge_files(here, {"main.tf": locals_of(prod=FEW, dev=ENOUGH) + BY_WORKSPACE}, ".")
    assert hint(judged).endswith("the value comes from ./main.tf:2, TF_WORKSPACE")
    monkeypatch.setenv("TF_WORKSPACE", "dev")
    assert judge_files(here, {}, ".").rules == set()
    monkeypatch.setenv("TF_WORKSPACE", "gone")
    assert list(judge_files(here, {}, ".").facts) == ["instance_types of pool 'eni'"]


def test_the_chosen_workspace_of_the_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"main.tf": locals_of(prod=FEW, dev=ENOUGH) + BY_WORKSPACE, ".terraform/environment": "prod\n"}
    judged = judge_files(here, files, ".")
    assert hint(judged).endswith("the value comes from ./main.tf:2, ./.terraform/environment")
    monkeypatch.setenv("TF_WORKSPACE", "dev")  # goes before it, as in Terraform
    assert judge_files(here, {}, ".").rules == set()


@pytest.mark.parametrize(
    "types",
    [
        "local.types[terraform.workspace]",
        'lookup(local.types, terraform.workspace, ["ecs.g7.2xlarge"])',
        'terraform.workspace == "prod" ? local.types.prod : local.types.dev',
        "local.all[terraform.workspace].types",
        "[local.all[terraform.workspace].types[0]]",
        "[local.types[terraform.workspace][0]]",
        'lookup(local.all, terraform.workspace, { types = ["ecs.g7.2xlarge"] }).types',
    ],
)  # fmt: skip
def test_what_is_the_same_in_every_workspace_is_known(here: Path, types: str) -> None:
    every = f'locals {{\n  all = {{ a = {{ types = ["{FEW}"], n = 1 }}, b = {{ types = ["{FEW}"], n = 2 }} }}\n}}\n'
    judged = judge_files(here, {"main.tf": every + locals_of(prod=FEW, dev=FEW) + pool(types=types)}, ".")
    assert (judged.rules, judged.facts) == ({"ENI001"}, {})


OTHERS = st.sampled_from(('"x"', "1", "null", "[]", '["x"]', '{ t = "x" }', "local.m.a", "local.m"))
SHAPES = (
    "local.m[var.w]", "local.m[var.w].t", "local.m[var.w][0]", "lookup(local.m, var.w, {0})", "lookup(local.m, var.w)",
    'var.w == "a" ? {0} : {1}', "try(local.m[var.w], {0})", "try(local.m[var.w].t, {0})", "can(local.m[var.w].t)",
    "contains(keys(local.m), var.w) ? local.m[var.w] : {0}", "[local.m[var.w], {0}]",
    "try(lookup(local.m, var.w), {0})",
    "{0}[var.w]", "({0}).t", "[{0}][var.n]", 'try({0}, "y")', "length({0})", 'coalesce({0}, "z")', "[for x in {0} : x]",
)  # fmt: skip
ASKED = st.recursive(
    OTHERS,
    lambda inner: st.builds(lambda shape, a, b: shape.format(a, b), st.sampled_from(SHAPES), inner, inner),
    max_leaves=5,
)
MAPS = st.dictionaries(
    st.sampled_from("abc"), st.sampled_from(('"x"', '["x"]', '{ t = "x" }', '{ t = "x", u = 1 }', "null")), min_size=1
)


@settings(max_examples=300, deadline=None)
@given(ASKED, MAPS)
def test_what_is_known_without_a_value_holds_for_each(asked: str, entries: dict[str, str]) -> None:
    def said(given: dict[str, Given]) -> object:
        local = ", ".join(f"{key} = {value}" for key, value in entries.items())
        text = f'variable "w" {{}}\nvariable "n" {{}}\nlocals {{\n  m = {{ {local} }}\n  asked = {asked}\n}}\n'
        module = Module("", [Text("main.tf", text)], Budget(1_000_000), given=given, read=lambda _: [])
        try:
            value = evaluate(module.locals["asked"].expression, module.scope)
        except RefusedError:
            return None
        lost = module.budget.lost(value)
        return json.loads(str(call("jsonencode", [value], module.budget.lost))) if lost is None else lost

    known = said({})
    for word in ("a", "b", "c", "zz"):
        for number in (0, 1):
            found = said({"w": Given(word), "n": Given(number)})
            if known is None:
                assert found is None
            elif not isinstance(known, NotKnown):
                assert found in (known, None)


# --- Terragrunt -------------------------------------------------------------------------------------------------

MODULE = f"""variable "name" {{}}
variable "types" {{
  type = list(string)
}}
variable "size" {{
  default = 1
}}
resource "{RESOURCE}" "eni" {{
  node_pool_name = var.name
  instance_types = var.types
  vswitch_ids    = ["vsw-j"]
  desired_size   = var.size
  {LABEL}
  taints {{
    key    = "a"
    effect = "NoSchedule"
  }}
}}
"""


def unit(source: str, *more: str, name: str = '"p-${local.env}"', types: str = FEW) -> str:
    return f"""locals {{
  env = "prod"
}}
terraform {{
  source = {source}
}}
inputs = {{
  name  = {name}
  types = ["{types}"]
}}
""" + "".join(more)


@pytest.mark.parametrize(
    "source",
    [
        '"../../modules/pool"',
        '"../..//modules/pool"',
        '"${get_repo_root()}/modules/pool"',
        '"${get_terragrunt_dir()}/../../modules//pool?ref=v1"',
        '"${dirname(find_in_parent_folders("root.hcl"))}/modules/pool"',
    ],
)
def test_terragrunt_gives_a_module_its_values(here: Path, source: str) -> None:
    files = {"modules/pool/main.tf": MODULE, "envs/prod/terragrunt.hcl": unit(source), "root.hcl": "", ".git/x": ""}
    judged = judge_files(here, files, ".")
    assert judged.places == {"ENI001": f"./modules/pool/main.tf:10:20 ./envs/prod: {RESOURCE}.eni.instance_types[0]"}
    assert hint(judged).endswith("the value comes from ./envs/prod/terragrunt.hcl:9")
    assert [found.name for found in judged.report.pools] == ["p-prod"]


def test_each_unit_is_a_configuration_of_its_own(here: Path) -> None:
    files = {
        "modules/pool/main.tf": MODULE,
        "envs/a/terragrunt.hcl": unit('"../../modules/pool"', name='"same"'),
        "envs/b/terragrunt.hcl": unit('"../../modules/pool"', name='"same"', types=ENOUGH),
    }
    judged = judge_files(here, files, ".")
    assert (judged.rules, len(judged.report.pools)) == ({"ENI001"}, 2)
    judged = judge_files(here, {}, "envs/b/terragrunt.hcl")
    assert (judged.rules, len(judged.report.pools)) == (set(), 1)


def test_a_unit_whose_module_calls_the_one_with_the_pool(here: Path) -> None:
    between = 'variable "types" {}\nmodule "inner" {\n  source = "../pool"\n  name = "a"\n  types = var.types\n}\n'
    files = {
        "modules/pool/main.tf": MODULE,
        "modules/between/main.tf": between,
        "envs/prod/terragrunt.hcl": unit('"../../modules/between"'),
    }
    judged = judge_files(here, files, "envs/prod")
    assert (judged.problems, judged.rules) == ([], {"ENI001"})


@pytest.mark.parametrize(
    "source",
    [
        "${get_parent_terragrunt_dir()}/modules/pool",
        '${get_parent_terragrunt_dir("root")}/modules/pool',
        '${path_relative_from_include("root")}/modules/pool',
        "${path_relative_from_include()}/modules/pool",
    ],
)
def test_the_folder_of_the_file_that_a_unit_includes(here: Path, source: str) -> None:
    include = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
    files = {"modules/pool/main.tf": MODULE, "envs/prod/terragrunt.hcl": unit(f'"{source}"', include), "root.hcl": ""}
    assert judge_files(here, files, ".").rules == {"ENI001"}


@pytest.mark.parametrize("source", [".", "pool", "pool?ref=v1"])
def test_a_module_in_or_below_the_folder_of_its_unit(here: Path, source: str) -> None:
    files = {f"a/{source.partition('?')[0]}/main.tf": MODULE, "a/terragrunt.hcl": unit(f'"{source}"'), "root.hcl": ""}
    assert judge_files(here, files, ".").rules == {"ENI001"}


def test_a_module_beside_its_unit(here: Path) -> None:
    files = {"main.tf": MODULE, "terragrunt.hcl": f'inputs = merge({{ name = "a" }}, {{ types = ["{FEW}"] }})\n'}
    judged = judge_files(here, files, ".")
    assert hint(judged).endswith("the value comes from ./terragrunt.hcl:1")
    values = judge_files(here, {"terraform.tfvars": f'types = ["{ENOUGH}"]\n'}, ".")
    assert (values.rules, len(values.report.pools)) == (set(), 1)  # a file of values goes before TF_VAR_


def test_what_an_include_may_give_is_not_known(here: Path) -> None:
    files = {
        "modules/pool/main.tf": MODULE,
        "envs/terragrunt.hcl": unit(
            '"../modules/pool"', 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
        ),
    }
    judged = judge_files(here, files, ".")
    assert {item.fact: str(item.hint) for item in judged.report.undecided} == {
        "the size of pool 'p-prod'": "the include in ./envs/terragrunt.hcl:11 may set it"
    }


ROOT = (
    'inputs = merge(local.env.locals, { name = "root", size = 7 })\nlocals {\n  env = read_terragrunt_config("%s")\n}\n'
)
COMMON = """terraform {
  source = "${dirname(find_in_parent_folders("root.hcl"))}/modules/pool"
}
locals {
  env = read_terragrunt_config(find_in_parent_folders("env.hcl")).locals
}
inputs = {
  name  = "${local.env.env}-${path_relative_to_include()}"
  types = ["%s"]
}
"""
INCLUDES = """include "root" {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}
include "common" {
  path = "${dirname(find_in_parent_folders("root.hcl"))}/common/pool.hcl"
}
"""


def test_what_includes_give(here: Path) -> None:
    files = {
        "modules/pool/main.tf": MODULE,
        "root.hcl": ROOT % "${get_parent_terragrunt_dir()}/env.hcl",
        "env.hcl": 'locals {\n  env = "outer"\n}\n',
        "common/pool.hcl": COMMON % FEW,
        "live/env.hcl": 'locals {\n  env = "live"\n  types = []\n}\n',
        "live/a/terragrunt.hcl": INCLUDES,
    }
    judged = judge_files(here, files, ".")
    assert judged.places == {"ENI001": f"./modules/pool/main.tf:10:20 ./live/a: {RESOURCE}.eni.instance_types[0]"}
    assert hint(judged).endswith("the value comes from common/pool.hcl:9")
    assert [found.name for found in judged.report.pools] == ["live-../live/a"]
    assert judged.facts == {}
    own = INCLUDES + f'inputs = {{\n  name  = "${{include.root.inputs.name}}-own"\n  types = ["{ENOUGH}"]\n}}\n'
    judged = judge_files(here, {"live/a/terragrunt.hcl": own}, ".")
    assert ([found.name for found in judged.report.pools], judged.rules) == (["root-own"], set())
    for text in ("a = = 1\n", None):  # a broken include, and one that is not there
        (here / "common/pool.hcl").unlink() if text is None else (here / "common/pool.hcl").write_text(text)
        judged = judge_files(here, {"live/a/terragrunt.hcl": unit('"../../modules/pool"', INCLUDES)}, ".")
        assert {str(item.hint) for item in judged.report.undecided} <= {
            "the include in ./live/a/terragrunt.hcl:12 may set it"
        }
        assert judged.rules == {"ENI001"}


@pytest.mark.parametrize(("how", "rules"), [("deep", {"ENI001", "ENI007"}), ("shallow", set()), ("no_merge", set())])
def test_how_includes_are_merged(here: Path, how: str, rules: set[str]) -> None:
    text = f'include {{\n  path = "../root.hcl"\n  merge_strategy = "{how}"\n}}\n'
    files = {
        "modules/pool/main.tf": MODULE,
        "root.hcl": f'inputs = {{\n  types = ["{FEW}"]\n  name = "root"\n}}\n',
        "a/terragrunt.hcl": unit('"../modules/pool"', text, types=ENOUGH),
    }
    judged = judge_files(here, files, ".")
    assert (judged.rules, [found.name for found in judged.report.pools]) == (rules, ["p-prod"])


def test_files_of_terragrunt_that_read_each_other(here: Path) -> None:
    loop = 'locals {\n  x = read_terragrunt_config("%s")\n}\ninputs = {\n  name = local.x.inputs.name\n}\n'
    files = {
        "pool/main.tf": MODULE,
        "a.hcl": loop % "b.hcl",
        "b.hcl": loop % "a.hcl",
        "terragrunt.hcl": 'include "a" {\n  path = "a.hcl"\n}\n' + unit('"./pool"').replace("  name ", "  # "),
    }
    judged = judge_files(here, files, ".")
    assert (judged.problems, judged.rules) == ([], {"ENI001"})
    assert "node_pool_name of pool '.: alicloud_cs_kubernetes_node_pool.eni'" in judged.facts


def test_a_file_of_terragrunt_is_evaluated_once(here: Path) -> None:
    def level(n: int) -> str:
        lines = (f'  name{i} = read_terragrunt_config("{n + 1}.hcl").locals.name{i}\n' for i in range(9))
        return f"locals {{\n{''.join(lines)}}}\n"

    files = {
        "pool/main.tf": MODULE,
        **{f"{n}.hcl": level(n) for n in range(6)},
        "6.hcl": 'locals {\n  name8 = "last"\n}',
    }
    own = unit('"./pool"', name='read_terragrunt_config("0.hcl").locals.name8')
    judged = judge_files(here, {**files, "terragrunt.hcl": own}, ".")
    assert (judged.problems, [found.name for found in judged.report.pools]) == ([], ["last"])


def test_a_terragrunt_file_with_too_much_work(here: Path) -> None:
    text = unit('"./pool"', name='join("", [for i in range(1000) : join("", range(1000))])')
    judged = judge_files(here, {"pool/main.tf": MODULE, "terragrunt.hcl": text}, ".")
    (problem,) = judged.problems
    assert "this configuration needs more computation than eniplan allows for its size" in problem


@pytest.mark.parametrize("value", ['["a"]', "{ a = 1 }", "null"])
def test_words_of_terragrunt_that_are_no_text(here: Path, value: str) -> None:
    text = unit(value, f'include "a" {{\n  path = {value}\n  merge_strategy = {value}\n}}\n')
    judged = judge_files(here, {"terragrunt.hcl": text.replace("types", f'"{EXCLUSIVE_LABEL}"')}, ".")
    assert judged.problems == []
    assert any("text is needed here" in str(item.hint) for item in judged.report.undecided)


@pytest.mark.parametrize(
    "text",
    [
        unit('"tfr:///terraform-alicloud-modules/managed-kubernetes/alicloud?version=1.8.0"'),
        'include "root" {\n  path = "../root.hcl"\n}\ninputs = {\n  types = {}\n}\n',
        unit('"../none"'),
    ],
)
def test_a_unit_that_gives_the_label_to_a_module_that_is_not_here(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "envs").mkdir()
    label = text.replace("types =", f'labels = {{ "{EXCLUSIVE_LABEL}" = "eniOnly" }}\n  types =')
    (tmp_path / "envs" / "terragrunt.hcl").write_text(label, encoding="utf-8")
    result = run("check", ".", cwd=tmp_path)
    assert (result.code, "whether pool './envs' is an exclusive node pool is not known" in result.out) == (0, True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            unit('"git::https://example.com/modules.git//pool?ref=v1"'),
            "a remote module: check the plan (git::https://example.com/modules.git//pool?ref=v1)",
        ),
        (unit('"${include.root.locals.modules}/pool"'), "only Terragrunt knows include.root"),
        (unit('"${find_in_parent_folders()}"'), "there is no terragrunt.hcl above"),
        ('include "root" {\n  path = "../root.hcl"\n}\n', "its module comes from an include: check the plan"),
        (unit('"../none"'), "no module in"),
        (unit("= ="), "not valid HCL in line 5"),
    ],
)
def test_a_unit_whose_module_is_not_here_is_named(here: Path, text: str, why: str) -> None:
    text += f"# {EXCLUSIVE_LABEL}\n"
    judged = judge_files(here, {"envs/terragrunt.hcl": text})
    assert (judged.problems, judged.rules) == ([], set())
    ((what, said),) = judged.skipped
    assert (what, why in said) == ("envs/terragrunt.hcl", True)


def test_what_terragrunt_knows_is_told_as_that(here: Path) -> None:
    text = unit('"./pool"').replace(f'["{FEW}"]', "dependency.vpc.outputs.types")
    judged = judge_files(here, {"pool/main.tf": MODULE, "terragrunt.hcl": text}, ".")
    assert {item.fact: str(item.hint) for item in judged.report.undecided} == {
        "instance_types of pool 'p-prod'": "only Terragrunt knows dependency.vpc"
    }


def component(types: str, *more: str, source: str = '"./pool"') -> str:
    inputs = f'{{ name = "p", types = {types} }}'
    return f'component "ack" {{\n  source = {source}\n  inputs = {inputs}\n}}\n' + "".join(more)


LOCALS = f'locals {{\n  types = ["{FEW}"]\n}}\n'


@pytest.mark.parametrize("file", ["main.tfcomponent.hcl", "main.tfstack.hcl"])
@pytest.mark.parametrize("text", [component(f'["{FEW}"]'), component("local.types", LOCALS)])
def test_a_component_of_a_stack_gives_a_module_its_values(here: Path, file: str, text: str) -> None:
    judged = judge_files(here, {"pool/main.tf": MODULE, file: text}, ".")
    assert judged.places == {"ENI001": f"./pool/main.tf:10:20 component.ack: {RESOURCE}.eni.instance_types[0]"}
    assert judge_files(here, {}, file).rules == {"ENI001"}


@pytest.mark.parametrize(
    ("types", "more"),
    [
        ("var.types", f'variable "types" {{\n  type = list(string)\n  default = ["{ENOUGH}"]\n}}\n'),
        ("[each.value]", ""),
        ("component.other.types", ""),
        ("local.elsewhere", ""),
    ],
)
def test_what_only_a_deployment_knows_is_open(here: Path, types: str, more: str) -> None:
    """What a component passes is not the default of the module, nor that of the stack."""
    module = MODULE.replace('variable "types" {}', f'variable "types" {{ default = ["{ENOUGH}"] }}')
    judged = judge_files(here, {"pool/main.tf": module, "a.tfcomponent.hcl": component(types, more)}, ".")
    assert (judged.rules, list(judged.facts)) == (set(), ["instance_types of pool 'p'"])


def test_two_components_of_a_module_are_two_configurations(here: Path) -> None:
    text = component(f'["{FEW}"]') + component(f'["{ENOUGH}"]').replace("ack", "other")
    judged = judge_files(here, {"pool/main.tf": MODULE, "a.tfcomponent.hcl": text}, ".")
    assert (judged.rules, len(judged.report.pools)) == ({"ENI001"}, 2)


def test_a_component_whose_module_is_remote(here: Path) -> None:
    remote = component("[]", source='"example/pool/alicloud"')
    assert judge_files(here, {"a.tfcomponent.hcl": remote}).facts == {}
    labelled = remote.replace('name = "p"', f'name = "{EXCLUSIVE_LABEL}"')
    judged = judge_files(here, {"a.tfcomponent.hcl": labelled})
    assert list(judged.facts) == ["whether pool 'component.ack' is an exclusive node pool"]
    empty = judge_files(here, {"a.tfcomponent.hcl": 'output "a" {\n  value = 1\n}\n'})
    assert empty.skipped == [("a.tfcomponent.hcl", "no node pool in it")]


# --- Files beside a module --------------------------------------------------------------------------------------


def test_values_in_files_of_the_module(here: Path) -> None:
    main = pool(types="local.all.types") + (
        'locals {\n  file = "${path.module}/pools.yaml.tftpl"\n'
        '  all  = yamldecode(templatefile(local.file, { type = file("./type.txt") }))\n}\n'
    )
    files = {
        "main.tf": main,
        "pools.yaml.tftpl": "types:\n%{ for t in [type] ~}\n  - ${t}\n%{ endfor ~}\n",
        "type.txt": FEW,
    }
    assert judge_files(here, files, ".").rules == {"ENI001"}
