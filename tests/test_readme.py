"""What the README and the pages of docs/ show is what the program prints.

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

from eniplan.rules import BY_ID, CLUSTER
from tests.harness import EXAMPLES, REPO, clean_env, run_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.harness import Run

README = REPO / "README.md"
CHINESE = [REPO / "README.zh-CN.md", *sorted((REPO / "docs" / "zh-CN").glob("*.md"))]
PAGES = [README, *sorted((REPO / "docs").glob("*.md")), *CHINESE]
CONSOLE = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)


@pytest.fixture
def shell(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], tuple[str, int]]:
    """Run a shell command where `eniplan` is on the PATH and the examples are at hand; stdout and exit code."""
    shutil.copytree(EXAMPLES, tmp_path / "cwd" / "examples")
    program = tmp_path / "bin" / "eniplan"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m eniplan "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    env = clean_env(tmp_path)
    env["PATH"] = f"{program.parent}:{env['PATH']}"
    page = request.node.callspec.params.get("page") if hasattr(request.node, "callspec") else None
    if page in CHINESE:
        env["ENIPLAN_LANG"] = "zh"

    def run_command(command: str) -> tuple[str, int]:
        result = run_process(["/bin/sh", "-c", command], cwd=tmp_path / "cwd", env=env)
        assert "rror:" not in result.err, f"{command}\n{result.err}"
        return result.out, result.code

    return run_command


def assert_current(page: Path, text: str, current: str, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("update_snapshots"):
        page.write_text(current, encoding="utf-8")
        return
    assert text == current


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if CONSOLE.search(page.read_text(encoding="utf-8"))],
    ids=lambda page: str(page.relative_to(REPO)),
)
def test_console_blocks_show_what_the_program_prints(
    page: Path, shell: Callable[[str], tuple[str, int]], request: pytest.FixtureRequest
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

    text = page.read_text(encoding="utf-8")
    assert_current(page, text, CONSOLE.sub(replay, text), request)


def test_references_are_what_the_program_says(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    script = [sys.executable, str(REPO / "docs" / "generate.py"), str(tmp_path)]
    result = run_process(script, cwd=tmp_path, env=clean_env(tmp_path))
    assert (result.code, result.err) == (0, "")
    for made in sorted(tmp_path.glob("*.*")):
        page = REPO / "docs" / made.name
        assert_current(page, page.read_text(encoding="utf-8"), made.read_text(encoding="utf-8"), request)


def test_every_rule_about_clusters_has_its_symptom() -> None:
    """The guide leads from what people see to the rule, in the rule's own words."""
    text = (REPO / "docs" / "verify.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .+ \| (VER\d+) \| (.+) \|$", text, re.MULTILINE)
    assert rows == sorted((rule.id, rule.title) for rule in CLUSTER)


def test_every_example_is_introduced() -> None:
    linked = re.findall(r"^\| \[(.+?)\]\(examples/\1\) \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(linked) == sorted(file.name for file in EXAMPLES.iterdir())


def test_waivers_have_the_form_of_a_plan_or_of_a_file_of_their_own(run: Run, tmp_path: Path) -> None:
    page = (REPO / "docs" / "waivers.md").read_text(encoding="utf-8")
    in_plan, alone = re.findall(r"^```yaml\n(waivers:.*?)^```$", page, re.DOTALL | re.MULTILINE)
    plan, waivers = tmp_path / "plan.yaml", tmp_path / "waivers.yaml"
    plan.write_text((EXAMPLES / "trading-ipv4.yaml").read_text(encoding="utf-8") + in_plan, encoding="utf-8")
    waivers.write_text(alone, encoding="utf-8")
    assert json.loads(run("check", plan, "--waivers", waivers, "--format", "json").out)["problems"] == []


LINKED = [*PAGES, *(REPO / name for name in ("CONTRIBUTING.md", "bench/README.md", "instance_specs/README.md"))]


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.relative_to(REPO).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not leads_somewhere(page, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = page.parent / path if path else page
    return target.exists() and (not heading or heading in headings(target))


def headings(page: Path) -> set[str]:
    """Return the names by which links find the headings of a page, as GitHub and GitLab make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.relative_to(REPO).as_posix())
def test_rules_that_are_named_exist(page: Path) -> None:
    named = set(re.findall(r"\b[A-Z]{2,4}\d{3}\b", page.read_text(encoding="utf-8")))
    assert named <= set(BY_ID)


def test_symptoms_lead_to_rules() -> None:
    """A symptom has at least one rule; one that has several reasons repeats nothing but the reason."""
    text = (REPO / "docs" / "troubleshoot.md").read_text(encoding="utf-8").partition("\n## eniplan itself")[0]
    rows = [tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in text.splitlines() if line[:2] == "| "]
    symptoms: dict[str, str] = {}
    symptom = ""
    for seen, _, rules in rows:
        symptom = seen or symptom
        symptoms[symptom] = symptoms.get(symptom, "") + rules
    symptoms.pop("symptom")
    assert [symptom for symptom, rules in symptoms.items() if "rules.md#" not in rules] == []


def test_every_page_is_in_the_index() -> None:
    index = (REPO / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (REPO / "docs").glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"\]\(([\w-]+\.md)\)", index))


def test_every_chinese_page_is_found_and_leads_to_the_english_one() -> None:
    readme = CHINESE[0].read_text(encoding="utf-8")
    for page in CHINESE[1:]:
        assert f"](docs/zh-CN/{page.name})" in readme
        assert page.read_text(encoding="utf-8").splitlines()[2] == f"[English](../{page.name})"
        assert (REPO / "docs" / page.name).exists()


CHINESE_ONLY = re.compile(r"^## 全角标点$.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
"""A section about a mistake that only a Chinese keyboard makes."""


def skeleton(page: Path) -> list[str]:
    """Return what a page and its translation share: levels of headings, commands, the rules of each row of a table."""
    text = CHINESE_ONLY.sub("", page.read_text(encoding="utf-8"))
    parts, kind = [], ""
    for line in text.splitlines():
        if line.startswith("```"):
            kind = "" if kind else line
            parts += [line] if kind else []
        elif kind == "```console":
            parts += [line] if line.startswith("$ ") else []
        elif kind != "```text":
            parts += [re.sub(r" *#.*", "", line)] if kind else re.findall(r"^#+ ", line)
            parts += [str(re.findall(r"\b[A-Z]{2,4}\d{3}\b", line))] if not kind and line.startswith("|") else []
    # Placeholders, and what a script says, are translated like comments.
    return [re.sub(r'<[^>]+>|(?<=echo )".*?"', "<>", part) for part in parts if part]


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_a_chinese_page_has_the_sections_and_commands_of_the_english_one(page: Path) -> None:
    english = README if page == CHINESE[0] else REPO / "docs" / page.name
    assert skeleton(page) == skeleton(english)


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.read_bytes()) <= 12 * 1024


def test_counts_of_the_instance_data_are_those_of_the_data() -> None:
    folder = REPO / "instance_specs"
    rows = [json.loads(line) for line in (folder / "ecs.jsonl").read_text(encoding="utf-8").splitlines()]
    counts = (
        (len(rows), "ECS types"),
        (sum(row["OnSale"] for row in rows), "of them on sale"),
        (sum(row["LimitsStatus"] == "unpublished" for row in rows), "types on sale publish no ENI limits"),
    )
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert [what for count, what in counts if f"{count:,} {what}" not in text] == []
