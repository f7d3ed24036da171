"""Terraform's JSON syntax: the same evaluator as for HCL, with places in the JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings

from eniplan.inputs.hcl.evaluate import evaluate
from eniplan.inputs.hcl.functions import call
from eniplan.inputs.hcl.json_syntax import JsonText
from eniplan.inputs.hcl.module import Module
from eniplan.inputs.hcl.parse import Text
from eniplan.inputs.hcl.values import Budget, RefusedError
from eniplan.inputs.places import NotKnown
from eniplan.plan.document import read_documents
from eniplan.plan.model import EXCLUSIVE_LABEL
from tests.inputs.support import LABEL, RESOURCE, TAINT, judge_files
from tests.inputs.test_hcl_values import JSON, NOT_KNOWN, PREAMBLE, TABLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.inputs.support import Judged

FEW = "ecs.g7.2xlarge"
ENOUGH = "ecs.g8i.8xlarge"


def module(text: object, *others: Text) -> Module:
    (document,) = read_documents("main.tf.json", json.dumps(text).encode())
    return Module("", [JsonText(document), *others], Budget(1_000_000), given={}, read=lambda _: [])


# --- Expressions ------------------------------------------------------------------------------------------------


def test_an_expression_in_a_text_is_what_terraform_says_of_it() -> None:
    unread = []
    for expression, wanted in TABLE.items():
        made = module({"locals": {"asked": f"${{{expression}}}"}}, Text("main.tf", PREAMBLE))
        try:
            value = evaluate(made.locals["asked"].expression, made.scope)
            found = made.budget.lost(value) or call("jsonencode", [value], made.budget.lost)
        except RefusedError:
            found = None
        if isinstance(found, NotKnown) and expression not in NOT_KNOWN:
            unread.append(expression)
        else:
            assert isinstance(found, NotKnown) or found == wanted, expression
    assert all("<<" in expression or "\r" in expression or "\\r" in expression for expression in unread), unread


LOCALS: dict[str, tuple[object, object]] = {
    "plain": ("a\\nb\n", "a\\nb\n"),
    "type": ("${[1, 2]}", [1, 2]),
    "text": ("n${1}", "n1"),
    "twice": ("${1}${2}", "12"),
    "doubled": ("$${x} %%{y}", "${x} %{y}"),
    "directive": ("%{if true}yes%{endif}", "yes"),
    "loop": ("%{for x in [1, 2]}<${x}>%{endfor}", "<1><2>"),
    "key": ({"${var.a}": 1, "//": 2}, {"${x}-y": 1, "//": 2}),
    "literal": ("${var.a}", "${x}-y"),
    "typed": ("${var.types}", ["1"]),
    "number": (1.50, 1.5),
    "deep": ([{"a": ["${1 + 1}"]}, None, False], [{"a": [2]}, None, False]),
    "quoted": ('${jsonencode({"a" = "b"})}', '{"a":"b"}'),
    "other": ("${local.number * 2}", 3),
}
VARIABLES = {
    "a": {"default": "${x}-y", "type": "string", "//": "a default is no template"},
    "types": [{"default": [1], "type": "list(string)"}],
}


def test_values_of_the_json_syntax() -> None:
    found = module({"//": "x", "variable": VARIABLES, "locals": [{name: said} for name, (said, _) in LOCALS.items()]})
    made = {name: json.loads(call("jsonencode", [found.local(name)], found.budget.lost)) for name in LOCALS}
    assert made == {name: wanted for name, (_, wanted) in LOCALS.items()}


@pytest.mark.skipif(shutil.which("terraform") is None, reason="asks terraform")
def test_terraform_says_the_same_of_the_json_syntax(tmp_path: Path) -> None:
    text = {"variable": VARIABLES, "locals": {name: said for name, (said, _) in LOCALS.items()}}
    (tmp_path / "main.tf.json").write_text(json.dumps(text), encoding="utf-8")
    asked = f"jsonencode([{', '.join(f'local.{name}' for name in LOCALS)}])\n"
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": "", "CHECKPOINT_DISABLE": "1"}
    command = ["terraform", "console"]
    done = subprocess.run(
        command, input=asked, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(json.loads(done.stdout)) == [wanted for _, wanted in LOCALS.values()]


@settings(max_examples=50)
@given(JSON)
def test_what_is_written_is_what_is_read(value: object) -> None:
    written = json.dumps(value)
    assume("$${" not in written and "%%{" not in written)  # the grammar does not parse `$$${`: the text is unknown
    text = json.loads(written.replace("${", "$${").replace("%{", "%%{"))
    assert module({"locals": {"x": text}}).local("x") == value


# --- Pools ------------------------------------------------------------------------------------------------------


def pool(**arguments: object) -> dict[str, Any]:
    return {
        "node_pool_name": "trading",
        "instance_types": [ENOUGH],
        "vswitch_ids": ["vsw-j"],
        "desired_size": 1,
        "labels": [LABEL],
        "taints": [TAINT],
        **arguments,
    }


def resource(value: object, name: str = "eni") -> dict[str, Any]:
    return {"resource": {RESOURCE: {name: value}}}


def names(judged: Judged) -> list[str]:
    return [found.name for found in judged.report.pools]


def test_a_value_one_step_away_has_its_place_and_its_source(here: Path) -> None:
    files = {
        "main.tf.json": {
            "variable": {"types": {"type": "list(string)", "default": [FEW]}},
            "locals": {"labels": {EXCLUSIVE_LABEL: "eniOnly", "team": '${upper("a")}'}},
            **resource(
                pool(
                    instance_types="${var.types}",
                    labels=[],
                    dynamic={
                        "labels": {
                            "for_each": "${local.labels}",
                            "iterator": "it",
                            "content": {"key": "${it.key}", "value": "${it.value}"},
                        }
                    },
                )
            ),
        }
    }
    judged = judge_files(here, files)
    assert judged.places == {"ENI001": f"main.tf.json:20:23 {RESOURCE}.eni.instance_types[0]"}
    (finding,) = judged.report.findings
    assert str(finding.hint).endswith("; the value comes from the default of var.types (main.tf.json:5)")
    judged = judge_files(here, {**files, "terraform.tfvars.json": {"types": [ENOUGH]}}, ".")
    assert (judged.rules, names(judged)) == (set(), ["trading"])


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (pool(count=2, node_pool_name="p${count.index}"), ["p0", "p1"]),
        (pool(count="${false ? 1 : 0}"), []),
        (pool(for_each='${toset(["a", "b"])}', node_pool_name="${each.key}"), ["a", "b"]),
        (pool(for_each={"a": "x", "b": "y"}, node_pool_name="${each.value}"), ["x", "y"]),
        ([pool()], ["trading"]),
        (pool(labels=LABEL, taints=TAINT, scaling_config={"enable": "${false}"}), ["trading"]),
        (pool(dynamic=[{"taints": [{"for_each": [1], "content": [TAINT]}]}], taints=[]), ["trading"]),
        (pool(dynamic={"taints": {"for_each": [1], "content": TAINT | {"key": "b"}}}, taints=TAINT), ["trading"]),
        (pool(tags={"a": "${1}"}, lifecycle={"ignore_changes": ["desired_size"]}, depends_on=["a.b"]), ["trading"]),
    ],
)
def test_what_a_resource_makes(here: Path, value: object, made: list[str]) -> None:
    judged = judge_files(here, {"main.tf.json": resource(value)})
    assert (names(judged), judged.rules, judged.problems, judged.facts) == (made, set(), [], {})


def test_lists_where_maps_may_stand(here: Path) -> None:
    value = [{"resource": [{RESOURCE: [{"a": pool(node_pool_name="a")}, {"b": [pool(node_pool_name="b")]}]}]}]
    judged = judge_files(here, {"main.tf.json": value})
    assert (names(judged), judged.rules) == (["a", "b"], set())


def test_both_syntaxes_in_one_module_call_another_one(here: Path) -> None:
    files = {
        "main.tf": f'locals {{\n  types = ["{FEW}"]\n}}\n',
        "calls.tf.json": {"module": {"pool": {"source": "./pool", "types": "${local.types}", "//": "x"}}},
        "pool/variables.tf.json": {"variable": {"types": {}}},
        "pool/main.tf.json": resource(pool(instance_types="${var.types}")),
        "pool/later_override.tf.json": resource({"node_pool_name": "other"}),
    }
    judged = judge_files(here, files, ".")
    assert names(judged) == ["other"]
    assert judged.places == {"ENI001": f"./pool/main.tf.json:6:23 module.pool.{RESOURCE}.eni.instance_types[0]"}
    assert str(judged.report.findings[0].hint).endswith("the value comes from ./calls.tf.json:5, ./main.tf:2")


def test_a_cluster_beside_its_pool(here: Path) -> None:
    cluster = {"name": "c", "version": "1.30.1-aliyun.1", "addons": [{"name": "terway-eniip", "version": "v1.10.0"}]}
    value = {
        "resource": [
            {"alicloud_cs_managed_kubernetes": {"c": cluster}},
            {RESOURCE: {"eni": pool(cluster_id="${alicloud_cs_managed_kubernetes.c.id}")}},
        ]
    }
    judged = judge_files(here, {"main.tf.json": value}, cluster=None)
    assert judged.places["TW001"] == "main.tf.json:11:19 alicloud_cs_managed_kubernetes.c.addons[0].version"


@pytest.mark.parametrize("name", ["pools.json", "pools.yaml", "main.tf.json", "main.tofu.json"])
def test_it_is_known_by_its_content(here: Path, name: str) -> None:
    assert judge_files(here, {name: resource([pool(instance_types=[FEW])])}).rules == {"ENI001"}


def test_blocks_of_markdown_are_each_for_themselves(here: Path) -> None:
    block = f"```json\n{json.dumps(resource(pool(instance_types=[FEW])))}\n```\n"
    judged = judge_files(here, {"run.md": f"{block}\n{block}"})
    assert sorted(str(found.place) for found in judged.report.findings) == ["run.md:2:108", "run.md:6:108"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f'{{"resource": {{"{RESOURCE}": {{"b": 1}}}}}}', f"main.tf.json:1:57: {RESOURCE}.b must be a map []"),
        (f'{{"resource": {{"{RESOURCE}": ', "main.tf.json:1:51: not valid JSON: Expecting value []"),
        (
            f'{{"{RESOURCE}": 1, "{RESOURCE}": 1}}',
            f"main.tf.json:1:41: duplicate key '{RESOURCE}'; first in line 1 []",
        ),
    ],
)
def test_what_is_broken_is_told_at_its_place(here: Path, text: str, problem: str) -> None:
    judged = judge_files(here, {"main.tf.json": text})
    assert (judged.problems, judged.report.exit_code) == ([problem], 3)


def test_what_is_broken_and_not_ours_is_left_out(here: Path) -> None:
    files = {"main.tf.json": resource(pool()), "other.tf.json": "{"}
    judged = judge_files(here, files, ".")
    assert (names(judged), judged.problems) == (["trading"], [])
    assert judged.skipped[-1] == (
        "./other.tf.json:1:2",
        "not valid JSON: Expecting property name enclosed in double quotes",
    )


@pytest.mark.parametrize(
    "value",
    [
        {"resource": {RESOURCE: {"eni": pool(dynamic=5)}}},
        {"resource": {RESOURCE: {"eni": pool(dynamic=[{"labels": 5}, None], labels=5)}}},
        {"resource": {RESOURCE: {"eni": pool(count="${1/0}", user_data="\ud800 ${"), "\ud800": 5}}},
        {"resource": 5, "module": [5, {"a": []}], "variable": {"a": 5}, "locals": "x", "data": None, "output": {}},
        {"resource": {RESOURCE: {"eni": pool(labels="${", taints="%{ for", dynamic={"labels": {"content": []}})}}},
    ],
)
def test_anything_in_its_places_is_judged_or_told(here: Path, value: dict[str, Any]) -> None:
    assert judge_files(here, {"main.tf.json": value}).report.exit_code in (0, 1, 3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"taints": []}, "; in a taints block"),
        ({"labels": [{"key": EXCLUSIVE_LABEL, "value": "EniOnly"}]}, "; in a labels block"),
    ],
)
def test_the_block_that_mends_it_is_named(here: Path, change: dict[str, Any], said: str) -> None:
    judged = judge_files(here, {"main.tf.json": resource(pool(**change))})
    assert [str(found.hint).endswith(said) for found in judged.report.findings] == [True]
