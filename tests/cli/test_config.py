"""Options that the command line does not give: from the environment, the config file, the defaults."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from eniplan.config import FILE, KEYS, Config, schema, variable
from eniplan.errors import EniplanError
from eniplan.plan.explain_schema import schema_problems
from eniplan.plan.schema import compile_schema
from tests.harness import EXAMPLES, REPO
from tests.inputs.support import BODY, text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

POOL = text(BODY).encode()
"""A request body: it says nothing of its cluster."""
HERE = ".eniplan/config.yaml"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder: a repository with facts of a cluster, two levels below it `sub/deep`."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".eniplan").mkdir()
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    shutil.copy(EXAMPLES / "trading-ipv4.yaml", tmp_path / "cluster.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(repository: Path, text: str) -> None:
    (repository / FILE).write_text(text, encoding="utf-8")


def stated(key: str, **environment: str) -> tuple[object, str] | None:
    found = Config(environment).setting(key)
    return None if found is None else (found.value, str(found.place))


def problems(**environment: str) -> list[str]:
    config = Config(environment)
    with pytest.raises(EniplanError) as caught:
        [config.setting(key) for key in KEYS]
    return [f"{p.place}: {p.message}; {p.hint}" for p in caught.value.problems]


def test_no_file_states_nothing(repository: Path) -> None:
    assert [stated(key) for key in KEYS] == [None] * len(KEYS)
    write(repository, "# nothing yet\n")
    assert [stated(key) for key in KEYS] == [None] * len(KEYS)


def test_nearest_file_up_to_the_root_of_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repository, "fail-on: info\ncluster: ../cluster.yaml\n")
    assert stated("cluster") == ("cluster.yaml", ".eniplan/config.yaml:2:10")
    monkeypatch.chdir(repository / "sub" / "deep")
    assert stated("cluster") == ("../../cluster.yaml", "../../.eniplan/config.yaml:2:10")
    nearer = repository / "sub" / FILE
    nearer.parent.mkdir()
    nearer.write_text("strict: true\n")
    assert (stated("fail-on"), stated("strict")) == (None, (True, "../.eniplan/config.yaml:1:9"))
    (repository / "sub" / "deep" / ".git").mkdir()
    assert stated("strict") is None


def test_without_a_repository_only_the_working_folder_counts(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / ".git").rmdir()
    write(repository, "strict: true\n")
    assert stated("strict") is not None
    monkeypatch.chdir(repository / "sub")
    assert stated("strict") is None


def test_environment_wins_over_the_file(repository: Path) -> None:
    write(repository, "fail-on: info\nexclude: [old]\nstrict: true\n")
    assert stated("fail-on", ENIPLAN_FAIL_ON="Warning") == ("warning", "ENIPLAN_FAIL_ON")
    assert stated("exclude", ENIPLAN_EXCLUDE="a,b c") == (["a", "b c"], "ENIPLAN_EXCLUDE")
    assert stated("strict", ENIPLAN_STRICT="0") == (False, "ENIPLAN_STRICT")
    assert stated("fail-on", ENIPLAN_FAIL_ON="") == ("info", ".eniplan/config.yaml:1:10")
    assert stated("fail-on", ENIPLAN_CONFIG="/dev/null") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("failOn: info\n", ".eniplan/config.yaml:1:1: unknown key 'failOn'; did you mean 'fail-on'?"),
        ("strict: yes\n", ".eniplan/config.yaml:1:9: 'strict' must be true or false, not \"yes\"; write true"),
        (
            "fail-on: warn\n",
            HERE + ":1:10: 'fail-on' is \"warn\"; it must be one of error, warning, info; did you mean 'warning'?",
        ),
        (
            "exclude: []\nvar-file:\n  - ../cluster.yaml\n  - prod.tfvars\n",
            HERE + ":4:5: there is no file .eniplan/prod.tfvars; paths are relative to the file's folder, .eniplan",
        ),
        ("- a\n", '.eniplan/config.yaml:1:1: the document must be a map, not ["a"]; '),
        ("strict: true\n---\n{}\n", ".eniplan/config.yaml:3:1: a config file must be one document; keep one document"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_where_it_stands(repository: Path, text: str, said: str) -> None:
    write(repository, text)
    assert problems() == [said]


def test_variable_with_a_wrong_value(repository: Path) -> None:  # noqa: ARG001 - the working folder
    assert problems(ENIPLAN_STRICT="maybe") == ["ENIPLAN_STRICT: 'maybe' is not valid; use one of true, false; "]
    assert problems(ENIPLAN_FAIL_ON="warn")[0].endswith("did you mean 'warning'?")
    assert problems(ENIPLAN_CONFIG="nowhere.yaml") == ["nowhere.yaml: cannot read it: no such file or directory; "]


def test_a_bundled_word_is_no_path(repository: Path) -> None:
    write(repository, "specs: bundled\n")
    assert stated("specs") == ("bundled", ".eniplan/config.yaml:1:8")


@pytest.mark.parametrize("value", [{}, {"strict": True}, {"strict": 1}, {"exclude": ["a"]}, {"x": 1}, [], "a"])
def test_both_readers_of_the_schema_agree(value: object) -> None:
    from eniplan.plan.document import read_documents  # noqa: PLC0415 - one test

    (document,) = read_documents("c", json.dumps(value).encode())
    assert compile_schema(schema())(document.value) == (not schema_problems(document, schema()))


def test_commands_take_their_defaults_from_there(run: Run, repository: Path) -> None:
    """As users meet it: a file, a variable above it, the command line above both."""
    write(repository, "cluster: ../cluster.yaml\nfail-on: warning\n")
    assert run("check", "--type", "ecs.g8i.8xlarge", cwd=repository).code == 0, "facts of a file do not stop --type"
    assert run("check", "--type", "ecs.g8i.8xlarge", "--cluster", "cluster.yaml", cwd=repository).code == 2
    assert "cluster.terway.version is not known" not in run("check", "-", cwd=repository, stdin=POOL).out
    aged = ("check", "cluster.yaml", "--max-age", "0")
    assert (run(*aged, cwd=repository).code, run(*aged, "--fail-on", "error", cwd=repository).code) == (1, 0)
    assert run("create-pool", "-", "--out", "x", cwd=repository).code == 3


def test_files_that_are_looked_for_are_in_force(run: Run, repository: Path) -> None:
    (repository / ".eniplan" / "waivers.yaml").write_text("waivers: []\n")
    kept = repository / "data" / "eniplan" / "specs.jsonl"
    kept.parent.mkdir(parents=True)
    kept.write_text("{}\n")
    lines = run("config", cwd=repository, env={"XDG_DATA_HOME": str(repository / "data")}).out.splitlines()
    assert {"waivers   .eniplan/waivers.yaml  [default]", f"specs     {kept}  [default]"} <= set(lines)


def test_a_baseline_may_be_made_where_the_file_says(run: Run, repository: Path) -> None:
    write(repository, "baseline: known.json\n")
    shutil.copy(EXAMPLES / "many-mistakes.yaml", repository / "plan.yaml")
    assert run("check", "plan.yaml", cwd=repository).code == 3
    assert run("check", "plan.yaml", "--write-baseline", ".eniplan/known.json", cwd=repository).code == 0
    assert run("check", "plan.yaml", cwd=repository).code == 0
    types = run("check", "--type", "ecs.g8i.8xlarge", cwd=repository)
    assert (types.code, "known.json" in types.err) == (0, False)


def test_page_tells_every_key() -> None:
    page = (REPO / "docs" / "config.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \| `(\w+)` \|", page, re.MULTILINE) == [(k, variable(k)) for k in KEYS]


def test_command_line_wins(run: Run, repository: Path) -> None:
    write(repository, "strict: true\n")
    assert run("check", "-", cwd=repository, stdin=POOL).code == 1
    assert run("check", "-", "--no-strict", cwd=repository, stdin=POOL).code == 0
    assert run("check", "-", cwd=repository, stdin=POOL, env={"ENIPLAN_STRICT": "false"}).code == 0


def test_a_broken_file_stops_what_reads_it(run: Run, repository: Path) -> None:
    write(repository, "stric: true\n")
    done = run("check", "-", cwd=repository, stdin=POOL)
    assert (done.code, done.out) == (3, "")
    assert done.err == ".eniplan/config.yaml:1:1: error: unknown key 'stric' [stric]\n    did you mean 'strict'?\n"
    assert run("check", "--help", cwd=repository).code == 0
    assert run("explain", "ENI001", cwd=repository).code == 0


def test_config_shows_what_is_in_force_and_from_where(run: Run, repository: Path) -> None:
    write(repository, "cluster: ../cluster.yaml\n")
    env = {"ENIPLAN_FAIL_ON": "info", "ENIPLAN_FALL_ON": "x"}
    done = run("config", cwd=repository / "sub", env=env)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "config file: ../.eniplan/config.yaml"
    assert "cluster   ../cluster.yaml  [../.eniplan/config.yaml:1:10]" in lines
    assert "fail-on   info  [ENIPLAN_FAIL_ON]" in lines
    assert "strict    false  [default]" in lines
    assert done.err == (
        "ENIPLAN_FALL_ON: warning: eniplan reads no variable of this name; did you mean 'ENIPLAN_FAIL_ON'?\n"
    )
    shown = json.loads(run("config", "--format", "json", cwd=repository).out)
    assert shown["file"] == ".eniplan/config.yaml"
    assert shown["settings"]["cluster"] == {"value": "cluster.yaml", "from": ".eniplan/config.yaml:1:10"}
    assert shown["settings"]["fail-on"] == {"value": "error", "from": "default"}
    assert list(shown["settings"]) == list(KEYS)
