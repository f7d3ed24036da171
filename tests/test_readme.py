"""What the README shows is what the program prints.

When the program's words change on purpose, `./dev test tests/test_readme.py --snapshot-update` writes the new ones.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from eniplan.rules import ALL
from tests.harness import EXAMPLES, REPO, clean_env, run_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Run

README = REPO / "README.md"
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
RULES = re.compile(r"(?<=^\| rule \| level \| what it finds \|\n\|---\|---\|---\|\n)(?:\|.*\n)*", re.MULTILINE)


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str], tuple[str, int]]:
    """Run a shell command where `eniplan` is on the PATH and the examples are at hand; stdout and exit code."""
    shutil.copytree(EXAMPLES, tmp_path / "cwd" / "examples")
    program = tmp_path / "bin" / "eniplan"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m eniplan "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    env = clean_env(tmp_path)
    env["PATH"] = f"{program.parent}:{env['PATH']}"

    def run_command(command: str) -> tuple[str, int]:
        result = run_process(["/bin/sh", "-c", command], cwd=tmp_path / "cwd", env=env)
        assert "rror:" not in result.err, f"{command}\n{result.err}"
        return result.out, result.code

    return run_command


def assert_current(text: str, current: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("update_snapshots"):
        README.write_text(current, encoding="utf-8")
        return
    assert text == current


def test_console_blocks_show_what_the_program_prints(
    shell: Callable[[str], tuple[str, int]], request: pytest.FixtureRequest
) -> None:
    def replay(block: re.Match[str]) -> str:
        lines, code = [], 0
        for line in block[0].splitlines():
            if not line.startswith("$ "):
                continue
            lines.append(line + "\n")
            if line == "$ echo $?":
                lines.append(f"{code}\n")
            else:
                output, code = shell(line.removeprefix("$ "))
                lines.append(output)
        return "".join(lines)

    text = README.read_text(encoding="utf-8")
    assert CONSOLE.search(text)
    assert_current(text, CONSOLE.sub(replay, text), request)


def test_table_of_rules_is_that_of_explain(request: pytest.FixtureRequest) -> None:
    rows = "".join(f"| {rule.id} | {rule.level} | {rule.title} |\n" for rule in ALL)
    text = README.read_text(encoding="utf-8")
    assert RULES.search(text)
    assert_current(text, RULES.sub(lambda _: rows, text), request)


def test_every_example_is_introduced() -> None:
    linked = re.findall(r"^\| \[(.+?)\]\(examples/\1\) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(linked) == sorted(file.name for file in EXAMPLES.iterdir())


def test_waivers_have_the_form_of_a_plan_or_of_a_file_of_their_own(run: Run, tmp_path: Path) -> None:
    in_plan, alone = re.findall(
        r"^```yaml\n(waivers:.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    plan, waivers = tmp_path / "plan.yaml", tmp_path / "waivers.yaml"
    plan.write_text((EXAMPLES / "trading-ipv4.yaml").read_text(encoding="utf-8") + in_plan, encoding="utf-8")
    waivers.write_text(alone, encoding="utf-8")
    assert json.loads(run("check", plan, "--waivers", waivers, "--format", "json").out)["problems"] == []


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "docs/live.md", "bench/README.md", "instance_specs/README.md"]
)
def test_links_lead_to_files(name: str) -> None:
    file = REPO / name
    links = re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8"))
    assert [link for link in links if not (file.parent / link).exists()] == []


def test_counts_of_the_instance_data_are_those_of_the_data() -> None:
    folder = REPO / "instance_specs"
    rows = [json.loads(line) for line in (folder / "ecs.jsonl").read_text(encoding="utf-8").splitlines()]
    counts = (
        (len(rows), "ECS types"),
        (sum(row["OnSale"] for row in rows), "of them on sale"),
        (sum("EniQuantity" not in row for row in rows), "types on sale publish no ENI limits"),
    )
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert [what for count, what in counts if f"{count:,} {what}" not in text] == []
