"""What each way of running eniplan imports: start-up time is imports, and the cloud's SDK alone is half a second."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests.harness import clean_env, run_process
from tests.inputs.support import BODY, hcl, text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Result

PLAN = b"apiVersion: eniplan/v1\nnodePools: [{name: a, instanceTypes: [ecs.g7.2xlarge]}]\n"
NEVER = {
    "Tea", "aiohttp", "alibabacloud_credentials", "alibabacloud_cs20151215", "alibabacloud_ecs20140526",
    "alibabacloud_tea_openapi", "alibabacloud_tea_util", "click", "darabonba", "pydantic", "requests",
}  # fmt: skip
"""What no offline command may load."""
LIVE = {"eniplan.plan.live", "eniplan.cli.account"}
"""What only a check with --live loads, besides eniplan.cloud."""
OWN_SPECS = {"eniplan.catalog.own", "eniplan.catalog.refresh", "eniplan.catalog.diff", "eniplan.catalog.contribute"}
"""What only users load who have instance data of their own."""
CHILD = """
import json, os, sys
import eniplan.__main__
sys.argv[0] = "eniplan"
code = eniplan.__main__.main()
with open(os.environ["MODULES"], "w") as file:
    json.dump(sorted({n if n.startswith("eniplan.") else n.partition(".")[0] for n in sys.modules}), file)
sys.exit(code)
"""


def loaded(tmp_path: Path, *args: str, stdin: bytes = b"", **env: str) -> tuple[Result, set[str]]:
    """Run eniplan in a process of its own; return what it left, and its own and all top-level modules it loaded."""
    modules = tmp_path / "modules.json"
    result = run_process(
        [sys.executable, "-c", CHILD, *args],
        stdin=stdin,
        cwd=tmp_path,
        env=clean_env(tmp_path, {"MODULES": str(modules), **env}),
    )
    return result, set(json.loads(modules.read_text()))


@pytest.mark.parametrize("output", ["text", "json"])
def test_check_in_a_pipe(tmp_path: Path, output: str) -> None:
    result, modules = loaded(tmp_path, "check", "-", "--format", output, stdin=PLAN)
    assert result.code == 1
    assert "ENI001" in result.out
    assert modules & (NEVER | {"rich", "jsonschema", "eniplan.inputs"}) == set()
    assert {"typer", "yaml"} <= modules
    assert not {name for name in modules if name.startswith("eniplan.cloud") or name in LIVE | OWN_SPECS}


def test_check_of_a_type(tmp_path: Path) -> None:
    result, modules = loaded(tmp_path, "check", "--type", "ecs.g8i.8xlarge", "--terway", "v1.16.4")
    assert result.code == 0
    assert modules & (NEVER | {"rich", "jsonschema"}) == set()


def test_only_a_plan_that_does_not_fit_costs_jsonschema(tmp_path: Path) -> None:
    result, modules = loaded(tmp_path, "check", "-", stdin=PLAN + b"nodePool: []\n")
    assert result.code == 3
    assert "jsonschema" in modules
    assert modules & (NEVER | {"rich"}) == set()


@pytest.mark.parametrize(("file", "costs"), [("body.json", set()), ("main.tf", {"tree_sitter"})])
def test_only_hcl_costs_its_library(tmp_path: Path, file: str, costs: set[str]) -> None:
    forms = {"body.json": text(BODY), "main.tf": hcl('node_pool_name = "a"')}
    result, modules = loaded(tmp_path, "check", "-", stdin=forms[file].encode())
    assert "exclusive pods per node" in result.out
    assert modules & {"tree_sitter"} == costs
    assert modules & (NEVER | {"rich", "jsonschema"}) == set()


def test_a_terminal_gets_rich(tmp_path: Path) -> None:
    result, modules = loaded(tmp_path, "check", "-", stdin=PLAN, FORCE_COLOR="1")
    assert result.code == 1
    assert "rich" in modules
    assert modules & (NEVER | {"jsonschema"}) == set()


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version_imports_next_to_nothing(tmp_path: Path, option: str) -> None:
    result, modules = loaded(tmp_path, option)
    assert result.code == 0
    assert modules & (NEVER | {"typer", "yaml", "rich", "jsonschema"}) == set()


@pytest.mark.parametrize(
    "args",
    [
        ("explain",),
        ("explain", "ENI001"),
        ("ram-policy", "check"),
        ("schema",),
        ("specs",),
        ("init", "-"),
        ("instances", "-n", "1"),
        ("check", "--help"),
        ("-h",),
    ],
)
def test_other_offline_commands(tmp_path: Path, args: tuple[str, ...]) -> None:
    result, modules = loaded(tmp_path, *args)
    assert result.code == 0
    assert modules & (NEVER | {"rich", "jsonschema"}) == set()


def test_a_check_does_not_pay_for_verify(tmp_path: Path) -> None:
    code = (
        "import eniplan.cli.check, sys; "
        "sys.exit(any(name.startswith(('eniplan.kube', 'eniplan.rules.ver')) for name in sys.modules))"
    )
    assert run_process([sys.executable, "-c", code], cwd=tmp_path, env=clean_env(tmp_path)).code == 0
