"""`--format` and `--output`: which documents a run writes, and where to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from eniplan.cli.options import ReportFormat
from eniplan.cli.show import WRITERS, Output, outputs
from eniplan.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

BAD = ("check", "--type", "ecs.g7.2xlarge", "--terway", "v1.16.4")


def test_every_format_has_a_writer() -> None:
    assert list(WRITERS) == list(ReportFormat)


def test_order_is_that_of_the_command_line(tmp_path: Path) -> None:
    words = [f"json={tmp_path}/a=b.json", f"text={tmp_path}/c.txt"]
    assert outputs(words) == [
        Output(ReportFormat.JSON, f"{tmp_path}/a=b.json"),
        Output(ReportFormat.TEXT, f"{tmp_path}/c.txt"),
    ]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["json"], "--output is 'json'; it must be FORMAT=FILE", "for example --output json=report.json"),
        (["json="], "--output is 'json='; it must be FORMAT=FILE", "for example --output json=report.json"),
        (["jsn=a"], "--output knows no format 'jsn'", "did you mean 'json'?"),
        (["=a"], "--output knows no format ''", f"it must be one of {', '.join(ReportFormat)}"),
        (["JSON=a"], "--output knows no format 'JSON'", "did you mean 'json'?"),
        (["json=-"], "--output 'json=-' is for files", "--format json writes to stdout"),
        (["json=/dev/stdout"], "--output 'json=/dev/stdout' is for files", "--format json writes to stdout"),
        (["json=a", "text=./a"], "two reports would go to ./a", "give each --output its own file"),
        (["json=a", "json=a"], "two reports would go to a", "give each --output its own file"),
    ],
)
def test_usage(words: list[str], message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        outputs(words)
    (problem,) = raised.value.problems
    assert (problem.message, problem.hint) == (message, hint)


def test_one_path_by_two_names(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(UsageError):
        outputs([f"json={tmp_path}/file", f"text={tmp_path}/link"])


def test_usage_error_comes_before_the_work(run: Run, tmp_path: Path) -> None:
    result = run("check", "nowhere.yaml", "--output", f"json={tmp_path}/a", "--output", "yaml=b")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("command line: error: --output knows no format 'yaml'\n")
    assert list(tmp_path.iterdir()) == []


def test_several_documents_in_one_run(run: Run, tmp_path: Path) -> None:
    result = run(*BAD, "--format", "json", "-o", "text=report.txt", "--output", "json=report.json", cwd=tmp_path)
    assert result.code == 1
    assert (tmp_path / "report.json").read_text() == result.out
    assert (tmp_path / "report.txt").read_text() == run(*BAD).out
    assert result.err == "wrote report.txt\nwrote report.json\n"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["report.json", "report.txt"]


def test_a_file_is_plain_even_for_a_terminal(run: Run, tmp_path: Path) -> None:
    result = run(*BAD, "-o", "text=report.txt", cwd=tmp_path, env={"FORCE_COLOR": "1"})
    assert "\x1b" in result.out
    assert (tmp_path / "report.txt").read_text() == run(*BAD).out


def test_a_file_that_cannot_be_written_loses_no_other_document(run: Run, tmp_path: Path) -> None:
    args = ("-o", "json=no/a.json", "-o", "text=b.txt", "-o", "json=no/c.json")
    result = run(*BAD, "--format", "json", *args, cwd=tmp_path)
    assert result.code == 3  # the verdict is in the documents; that one is missing must not look like a verdict
    assert json.loads(result.out)["exitCode"] == 1
    assert "ENI001" in (tmp_path / "b.txt").read_text()
    assert result.err == (
        "wrote b.txt\n"
        "no/a.json: error: cannot write it: no such file or directory\n"
        "no/c.json: error: cannot write it: no such file or directory\n"
    )
