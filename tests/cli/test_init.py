from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, ClassVar

import pytest

from eniplan.rules.examples_cluster import cluster_example

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

ANSWERS = {
    "<region, e.g. cn-hangzhou>": "cn-hangzhou",
    "<version, e.g. 1.34.3-aliyun.1>": "1.34.3-aliyun.1",
    "<VPC id>": "vpc-1",
    "<tag of the terway image, e.g. v1.16.4>": "v1.16.4",
    "<vSwitch id>": "vsw-j",
    "<its zone, e.g. cn-hangzhou-j>": "cn-hangzhou-j",
    "<security group id>": "sg-pods",
}


def filled(text: str) -> str:
    for placeholder, answer in ANSWERS.items():
        assert placeholder in text
        text = text.replace(placeholder, answer)
    return text


def test_writes_the_default_file(run: Run, tmp_path: Path) -> None:
    result = run("init", cwd=tmp_path)
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("wrote eniplan.yaml: fill in the <angle brackets>")
    first = (tmp_path / "eniplan.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=./eniplan.schema.json"


def test_never_overwrites(run: Run, tmp_path: Path) -> None:
    (tmp_path / "eniplan.yaml").write_text("mine")
    result = run("init", cwd=tmp_path)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("eniplan.yaml: error: the file already exists\n")
    assert (tmp_path / "eniplan.yaml").read_text() == "mine"


def test_does_not_write_through_a_dangling_link(run: Run, tmp_path: Path) -> None:
    (tmp_path / "eniplan.yaml").symlink_to("elsewhere")
    assert run("init", cwd=tmp_path).code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_stdout(run: Run, tmp_path: Path) -> None:
    run("init", "a.yaml", cwd=tmp_path)
    result = run("init", "-", cwd=tmp_path)
    assert (result.code, result.err) == (0, "")
    assert result.out == (tmp_path / "a.yaml").read_text()


@pytest.mark.parametrize(("name", "reason"), [("no/where.yaml", "no such file or directory"), ("x" * 300, "too long")])
def test_cannot_write(run: Run, name: str, reason: str) -> None:
    result = run("init", name)
    assert (result.code, result.out) == (3, "")
    assert reason in result.err
    assert len(result.err.splitlines()) == 1


def test_filled_in_it_passes_its_own_check(run: Run) -> None:
    text = filled(run("init", "-").out)
    assert "<" not in re.sub("#.*", "", text)
    for args in ((), ("--strict", "--fail-on", "warning")):
        result = run("check", "-", "--format", "json", *args, stdin=text.encode())
        report = json.loads(result.out)
        assert report["problems"] == report["findings"] == report["undecided"] == []
        assert result.code == 0


def test_every_placeholder_is_named(run: Run) -> None:
    text = run("init", "-").out
    result = run("check", "-", "--format", "json", stdin=text.encode())
    report = json.loads(result.out)
    assert result.code == 3
    bare = re.sub("#.*", "", text)
    wanted = [
        (number, match.start() + 1, match[0])
        for number, line in enumerate(bare.splitlines(), 1)
        for match in re.finditer("<[^>]+>", line)
    ]
    told = [(p["line"], p["column"], re.findall("<[^>]+>", p["message"])) for p in report["problems"]]
    assert told == [(line, column, [placeholder]) for line, column, placeholder in wanted]
    assert all("still contains the placeholder" in p["message"] for p in report["problems"])
    # Nobody complains that what is to be filled in is missing.
    assert report["findings"] == []


def test_its_keys_are_those_of_the_schema(run: Run) -> None:
    from jsonschema import Draft7Validator  # noqa: PLC0415 - only here
    from yaml import safe_load  # noqa: PLC0415 - only here

    schema = json.loads(run("schema").out)
    assert list(Draft7Validator(schema).iter_errors(safe_load(filled(run("init", "-").out)))) == []


class TestCI:
    FILES: ClassVar = {
        "github": [".github/eniplan-matcher.json", ".github/workflows/eniplan.yml"],
        "gitlab": [".gitlab/eniplan.yml"],
        "github-specs": [".github/workflows/eniplan-specs.yml"],
        "gitlab-specs": [".gitlab/eniplan-specs.yml"],
    }

    @pytest.mark.parametrize("service", FILES)
    def test_writes_and_says_what_to_do_next(self, run: Run, tmp_path: Path, service: str) -> None:
        (tmp_path / ".git").mkdir()
        result = run("init", "--ci", service, cwd=tmp_path)
        assert (result.code, result.out) == (0, "")
        written = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file())
        assert written == self.FILES[service]
        told = [re.match(r"wrote (\S+): \w.{40,}", line) for line in result.err.splitlines()]
        assert sorted(line[1] for line in told if line) == written
        assert len(told) == len(written)

    def test_says_where_it_would_not_work(self, run: Run, tmp_path: Path) -> None:
        err = run("init", "--ci", "gitlab", cwd=tmp_path).err
        assert err.splitlines()[1] == ("this folder is not the root of a Git repository; these files work only there")

    @pytest.mark.parametrize("name", FILES["github"])
    def test_one_that_exists_keeps_all_from_being_written(self, run: Run, tmp_path: Path, name: str) -> None:
        file = tmp_path / name
        file.parent.mkdir(parents=True)
        file.symlink_to("elsewhere")
        result = run("init", "--ci", "github", cwd=tmp_path)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"{name}: error: the file already exists\n")
        assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == [file]

    def test_its_names_are_fixed(self, run: Run, tmp_path: Path) -> None:
        result = run("init", "--ci", "github", "ci.yml", cwd=tmp_path)
        assert (result.code, result.out) == (2, "")
        assert "CI files have fixed names" in result.err
        assert list(tmp_path.iterdir()) == []

    def test_unknown_service(self, run: Run) -> None:
        result = run("init", "--ci", "jenkins")
        assert result.code == 2
        assert "choose one of github, gitlab" in result.err

    def test_no_folder_can_be_made(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / ".gitlab").write_text("a file")
        result = run("init", "--ci", "gitlab", cwd=tmp_path)
        assert (result.code, result.out) == (3, "")
        assert result.err.startswith(".gitlab: error: cannot create the folder: ")


def test_the_plan_of_a_cluster(run: Run, tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps(cluster_example({})), encoding="utf-8")
    made = run("init", "--from-cluster", "--from", dump, cwd=tmp_path)
    assert (made.code, made.out) == (0, "")
    assert made.err.startswith("wrote eniplan.yaml: complete what its comments ask for")
    assert run("check", "eniplan.yaml", cwd=tmp_path).code == 0
    assert run("verify", "eniplan.yaml", "--from", dump, cwd=tmp_path).code == 0
    assert run("init", "--from-cluster", "--from", dump, cwd=tmp_path).code == 2
    printed = run("init", "-", "--from-cluster", "--from", dump)
    assert printed.out == (tmp_path / "eniplan.yaml").read_text(encoding="utf-8")
    assert run("init", "--from-cluster", "--from", dump, "--cluster-facts", "facts.yaml", cwd=tmp_path).code == 0
    assert (tmp_path / "facts.yaml").read_text(encoding="utf-8").startswith("cluster:\n")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--from", "x"), "--from, --context, --kubeconfig, --cluster-facts and --live require --from-cluster"),
        (("--from-cluster", "--ci", "github"), "--ci and --from-cluster write different files"),
        (("--from-cluster", "--from", "x", "--context", "y"), "--from reads no cluster"),
        (("a.yaml", "--from-cluster", "--cluster-facts", "x"), "--cluster-facts names the file"),
    ],
)
def test_what_does_not_go_together(run: Run, args: tuple[str, ...], told: str) -> None:
    result = run("init", *args)
    assert (result.code, result.out) == (2, "")
    assert told in result.err
