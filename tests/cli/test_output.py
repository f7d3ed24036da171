"""`--format` and `--output`: which documents a run writes, and where to."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from eniplan.cli.options import ReportFormat
from eniplan.cli.show import WRITERS, Output, outputs
from eniplan.errors import UsageError
from tests.harness import TIMEOUT, clean_env, eniplan_command

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
        (["jsn=a"], "--output has no format 'jsn'", "did you mean 'json'?"),
        (["=a"], "--output has no format ''", f"it must be one of {', '.join(ReportFormat)}"),
        (["JSON=a"], "--output has no format 'JSON'", "did you mean 'json'?"),
        (["json=-"], "--output 'json=-' is for files", "--format json writes to stdout"),
        (["json=/dev/stdout"], "--output 'json=/dev/stdout' is for files", "--format json writes to stdout"),
        (["json=a", "text=./a"], "two reports would go to ./a", "use a different file for each --output"),
        (["json=a", "json=a"], "two reports would go to a", "use a different file for each --output"),
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
    assert result.err.startswith("command line: error: --output has no format 'yaml'\n")
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


FORMS = [form.value for form in ReportFormat if form != "text"]


def test_stdout_has_the_same_document_as_a_file_and_nothing_else(run: Run, tmp_path: Path) -> None:
    files = [word for form in FORMS for word in ("-o", f"{form}={form}")]
    assert run(*BAD, *files, cwd=tmp_path, env={"PYTHONHASHSEED": "1"}).code == 1
    for form in FORMS:
        result = run(*BAD, "--format", form, env={"PYTHONHASHSEED": "2", "FORCE_COLOR": "1"})
        assert (result.code, result.err) == (1, "")
        assert result.out == (tmp_path / form).read_text()
        assert "\x1b" not in result.out


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_that_stops_early(tmp_path: Path, form: str) -> None:
    script = f"{shlex.join(eniplan_command(*BAD, '--format', form))}; echo $? >code"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{{ {script}; }} | head -c 1"],
        cwd=tmp_path, env=clean_env(tmp_path), capture_output=True, timeout=TIMEOUT, check=True,
    )  # fmt: skip
    assert (done.stderr, (tmp_path / "code").read_text()) == (b"", "1\n")


@pytest.mark.parametrize("colour", ["", "1"])
def test_the_log_of_a_github_job_obeys_no_name(run: Run, tmp_path: Path, colour: str) -> None:
    """Its runner takes a line that begins with `::`, and `##[` anywhere, for a command."""
    hostile = "::add-mask::##[add-path]x.yaml"
    (tmp_path / hostile).write_text("apiVersion: eniplan/v1\nnodePools: [{name: a, instanceTypes: [ecs.g7.2xlarge]}]\n")
    env = {"GITHUB_ACTIONS": "true", "FORCE_COLOR": colour, "NO_COLOR": "1", "COLUMNS": "400"}
    result = run("check", hostile, "::gone", cwd=tmp_path, env=env)
    assert result.code == 3
    for text in (result.out, result.err):
        assert "##[" not in text
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert "::add-mask::#\\#[add-path]x.yaml" in result.out
    assert result.out.startswith("\\::add-mask")
    assert "\\::gone: error: cannot read it" in result.err
    assert run("check", hostile, cwd=tmp_path, env={"NO_COLOR": "1"}).out.startswith(hostile)


class TestGithubSummary:
    def test_is_added_to_the_file_of_the_job(self, run: Run, tmp_path: Path) -> None:
        summary = tmp_path / "summary.md"
        summary.write_text("# Before\n")
        env = {"GITHUB_STEP_SUMMARY": str(summary)}
        result = run(*BAD, "--format", "github", env=env)
        assert result == run(*BAD, "--format", "github")
        assert summary.read_text() == "# Before\n" + run(*BAD, "--format", "markdown").out
        for other in (("--format", "json"), ("-o", f"github={tmp_path}/annotations")):
            assert run(*BAD, *other, env=env).code == 1
        assert summary.read_text().count("###") == 1

    def test_that_cannot_be_written(self, run: Run, tmp_path: Path) -> None:
        result = run(*BAD, "--format", "github", env={"GITHUB_STEP_SUMMARY": str(tmp_path)})
        assert result.code == 3
        assert result.out.startswith("::error ")
        assert result.err == f"{tmp_path}: error: cannot write it: is a directory\n"


class TestFilesOfTheRepository:
    """Code scanning, annotations and merge requests look for files from the root of the repository."""

    @pytest.fixture
    def plan(self, tmp_path: Path) -> Path:
        file = tmp_path / "infra" / "plans" / "a b.yaml"
        file.parent.mkdir(parents=True)
        file.write_text("apiVersion: eniplan/v1\nnodePools: [{name: a, instanceTypes: [ecs.g7.2xlarge]}]\n")
        return file

    def named(self, run: Run, form: str, file: object, cwd: Path, **env: str) -> str:
        out = run("check", str(file), "--format", form, cwd=cwd, env=env).out
        if form == "sarif":
            location: dict[str, str] = json.loads(out)["runs"][0]["artifacts"][0]["location"]
            return location["uri"]
        if form == "gitlab":
            path: str = json.loads(out)[0]["location"]["path"]
            return path
        return out.partition("file=")[2].partition(",")[0]

    def test_started_at_its_root(self, run: Run, plan: Path, tmp_path: Path) -> None:
        assert self.named(run, "gitlab", "./infra/plans/a b.yaml", tmp_path) == "infra/plans/a b.yaml"
        assert self.named(run, "github", plan, tmp_path) == "infra/plans/a b.yaml"

    @pytest.mark.parametrize(
        ("form", "variable"),
        [("sarif", "GITHUB_WORKSPACE"), ("github", "GITHUB_WORKSPACE"), ("gitlab", "CI_PROJECT_DIR")],
    )
    def test_started_in_a_folder_of_it(self, run: Run, plan: Path, tmp_path: Path, form: str, variable: str) -> None:
        name = self.named(run, form, "plans/a b.yaml", plan.parents[1], **{variable: str(tmp_path)})
        assert name.replace("%20", " ") == "infra/plans/a b.yaml"

    def test_outside_of_it(self, run: Run, plan: Path) -> None:
        assert self.named(run, "gitlab", "../plans/a b.yaml", plan.parent) == "a b.yaml"
        (plan.parents[1] / "b.yaml").write_text(plan.read_text())
        assert self.named(run, "gitlab", "../b.yaml", plan.parent) == "../b.yaml"

    def test_stdin_and_the_command_line_are_no_files(self, run: Run, tmp_path: Path) -> None:
        env = {"GITHUB_WORKSPACE": str(tmp_path)}
        assert "file=command line," in run(*BAD, "--format", "github", env=env).out
        result = run("check", "-", "--format", "github", stdin=b"apiVersion: eniplan/v1\nnodePools: []\n", env=env)
        assert result.out.startswith("::error line=2,col=12,title=eniplan%3A input::")

    def test_people_see_the_name_that_they_gave(self, run: Run, plan: Path, tmp_path: Path) -> None:
        env = {"GITHUB_WORKSPACE": str(tmp_path)}
        for form in ("text", "json", "junit", "markdown"):
            assert (
                "./plans/a b.yaml"
                in run("check", "./plans/a b.yaml", "--format", form, cwd=plan.parents[1], env=env).out
            )
