"""eniplan where other programs start it: pre-commit, GitHub Actions, GitLab CI, containers.

Their steps run here as they stand in the files, in new environments. pip finds what eniplan needs, and what builds it,
on PYTHONPATH, so that nothing is downloaded.
"""

from __future__ import annotations

import base64
import gzip
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.requirements import Requirement

from tests.harness import EXAMPLES, REPO, TOOLS, Result, clean_env, run_process
from tests.inputs.support import BODY, text
from tests.live.runs import CREDENTIALS
from tests.packages import link_packages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.harness import Run
    from tests.loopback import Cloud

BROKEN = EXAMPLES / "many-mistakes.yaml"
GOOD = EXAMPLES / "trading-ipv4.yaml"
"""Where the programs of the development packages are."""
ACTION = yaml.safe_load((REPO / "action.yml").read_bytes())
MATCHERS = json.loads((REPO / "templates" / "ci" / "github-matcher.json").read_bytes())["problemMatcher"]


@dataclass(frozen=True, slots=True)
class Offline:
    """Runs programs that may install eniplan, and nothing else."""

    home: Path
    python_path: str

    def run(self, *command: str | Path, cwd: Path, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Result:
        changes = {
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # as pip reads it: no isolation
            "PYTHONPATH": self.python_path,
            "GIT_CONFIG_NOSYSTEM": "1",
            "PRE_COMMIT_HOME": str(self.home / "pre-commit"),
            **(env or {}),
        }
        return run_process([str(word) for word in command], cwd=cwd, stdin=stdin, env=clean_env(self.home, changes))

    def bash(self, script: str, *, cwd: Path, env: Mapping[str, str]) -> Result:
        """Run a script as GitHub runs the steps with `shell: bash`."""
        file = self.home / "step.sh"
        file.write_text(script, encoding="utf-8")
        return self.run("bash", "--noprofile", "--norc", "-eo", "pipefail", file, cwd=cwd, env=env)


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Offline:
    root = tmp_path_factory.mktemp("offline")
    needs = [Requirement(text) for text in importlib.metadata.requires("eniplan") or ()]
    folders = (link_packages(root / "runtime", needs), link_packages(root / "build", [Requirement("hatchling")]))
    (root / "home").mkdir()
    return Offline(root / "home", os.pathsep.join(map(str, folders)))


def checkout(folder: Path, *names: str) -> Path:
    """Copy parts of this checkout, without the caches that tests beside this one may be writing."""
    for name in ("LICENSE", "README.md", "instance_specs", "pyproject.toml", "src", "templates", *names):
        source = REPO / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def repository(folder: Path, offline: Offline) -> Path:
    """Make a Git repository of a folder."""
    author = ["-c", "user.name=eniplan", "-c", "user.email=eniplan@example.com"]
    for words in (["init", "--quiet"], ["add", "--all"], [*author, "commit", "--quiet", "--message", "all of it"]):
        assert offline.run("git", *words, cwd=folder).code == 0
    return folder


class TestPreCommit:
    @pytest.mark.parametrize(
        ("name", "runs"),
        [
            ("plan.yaml", True), ("np.json", True), ("a/main.tf", True), ("main.tofu", True), ("prod.tfvars", True),
            ("a/terragrunt.hcl", True), ("create.sh", True), ("main.go", False), ("README.md", False),
        ],
    )  # fmt: skip
    def test_what_makes_the_hook_run(self, name: str, runs: bool) -> None:  # noqa: FBT001 - a parameter
        hook = (REPO / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
        (pattern,) = re.findall(r"^  files: (.+)$", hook, re.MULTILINE)
        assert (re.search(pattern, name) is not None) == runs

    @pytest.mark.slow
    def test_try_repo(self, offline: Offline, tmp_path: Path) -> None:
        for name in ("eniplan", "sample"):
            (tmp_path / name).mkdir()
        ours = repository(checkout(tmp_path / "eniplan", ".pre-commit-hooks.yaml"), offline)
        sample = tmp_path / "sample"
        shutil.copy(GOOD, sample / "plan.yaml")
        (sample / "other.yaml").write_text("is: no plan\n")
        repository(sample, offline)
        command = (TOOLS / "pre-commit", "try-repo", ours, "eniplan-check", "--all-files", "--color=never")
        good = offline.run(*command, cwd=sample)
        assert good.code == 0, good
        assert re.search(r"^eniplan check\.+Passed$", good.out, re.MULTILINE)
        # The environment is there by now: the second run only runs.
        shutil.copy(BROKEN, sample / "broken.yaml")
        offline.run("git", "add", "--all", cwd=sample)
        bad = offline.run(*command, cwd=sample)
        assert bad.code == 1
        assert re.search(r"^eniplan check\.+Failed$", bad.out, re.MULTILINE)
        assert "broken.yaml:50:25: error NET001 pool 'edge'" in bad.out


@dataclass(frozen=True, slots=True)
class Action:
    """What runs a composite action: the inputs' defaults, expressions, the files that steps write to."""

    offline: Offline
    workspace: Path
    temp: Path
    """RUNNER_TEMP."""
    programs: Path
    """Goes first on the PATH."""

    @classmethod
    def new(cls, offline: Offline, root: Path) -> Action:
        folders = [root / name for name in ("workspace", "temp", "programs")]
        for folder in folders:
            folder.mkdir()
        return cls(offline, *folders)

    @property
    def output(self) -> Path:
        return self.temp / "output"

    @property
    def summary(self) -> Path:
        return self.temp / "summary"

    def step(self, name: str, inputs: Mapping[str, str], outputs: Mapping[str, str] | None = None) -> Result:
        """Run one step of the action."""
        (step,) = (step for step in ACTION["runs"]["steps"] if step["name"] == name)
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
        known = {f"inputs.{key}": value.get("default", "") for key, value in ACTION["inputs"].items()}
        known |= {f"inputs.{key}": value for key, value in inputs.items()}
        known |= {f"steps.check.outputs.{key}": value for key, value in (outputs or {}).items()}
        env = {key: re.sub(r"\$\{\{ (.+?) \}\}", lambda m: known[m[1]], value) for key, value in step["env"].items()}
        self.output.write_text("")
        self.summary.write_text("")
        env |= {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(REPO),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "GITHUB_REPOSITORY": "acme/infra",
            "GITHUB_REF": "refs/pull/7/merge",
            "GITHUB_SHA": "0" * 40,
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temp),
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
        }
        return self.offline.bash(step["run"], cwd=self.workspace, env=env)

    def outputs(self) -> dict[str, str]:
        """Return what the last step has set."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def action(offline: Offline, tmp_path: Path) -> Action:
    """Return an action whose first step is done: eniplan itself is the one of this environment."""
    made = Action.new(offline, tmp_path)
    programs = made.temp / "eniplan" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    (programs / "eniplan").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m eniplan "$@"\n')
    (programs / "eniplan").chmod(0o755)
    return made


class TestAction:
    @pytest.mark.slow
    def test_set_up_then_check(self, offline: Offline, tmp_path: Path) -> None:
        action = Action.new(offline, tmp_path)
        done = action.step("Set up eniplan", {"python": sys.executable})
        assert done.code == 0, done
        shutil.copy(GOOD, action.workspace / "plan.yaml")
        done = action.step("Check", {})
        assert done.code == 0, done
        assert action.outputs() == {"exit-code": "0"}
        assert "::error" not in done.out

    def test_findings_are_annotations_and_fail_the_step(self, action: Action) -> None:
        shutil.copy(BROKEN, action.workspace / "plan.yaml")
        done = action.step("Check", {})
        assert done.code == 1
        assert action.outputs() == {"exit-code": "1"}
        assert re.search(r"^::error file=plan.yaml,line=14,col=14,title=TW002 ", done.out, re.MULTILINE)
        assert "| NET001 |" in action.summary.read_text()

    def test_inputs_reach_the_command(self, action: Action) -> None:
        (action.workspace / "a b").mkdir()
        shutil.copy(GOOD, action.workspace / "a b" / "-plan;exit.yaml")
        paths = "a b/-plan;exit.yaml\n\n$(touch stolen).yaml\n-V\n"
        done = action.step("Check", {"paths": paths, "fail-on": "info", "strict": "true", "sarif": "out;.sarif"})
        # The first path is a plan; the others are names of files, and of nothing else.
        assert action.outputs() == {"exit-code": "3", "sarif": "out;.sarif"}
        assert done.code == 3
        assert "$(touch stolen).yaml: error: cannot read it" in done.err
        assert "-V: error: cannot read it" in done.err
        assert sorted(path.name for path in action.workspace.iterdir()) == ["a b", "out;.sarif"]
        report = json.loads((action.workspace / "out;.sarif").read_text())
        assert report["version"] == "2.1.0"

    def test_sends_the_report_to_code_scanning(self, action: Action, tmp_path: Path) -> None:
        shutil.copy(BROKEN, action.workspace / "plan.yaml")
        inputs = {"upload-sarif": "true", "token": "secret"}
        assert action.step("Check", inputs).code == 1
        outputs = action.outputs()
        assert outputs["sarif"] == str(action.temp / "eniplan.sarif")
        # In the place of GitHub's own client: notes what it is asked to send.
        gh = action.programs / "gh"
        gh.write_text(f'#!/bin/sh\necho "$GH_TOKEN" "$@" >{tmp_path}/words\ncat >{tmp_path}/body\n')
        gh.chmod(0o755)
        done = action.step("Send the report to code scanning", inputs, outputs)
        assert (done.code, done.out, done.err) == (0, "", "")
        words = (tmp_path / "words").read_text().split()
        assert words[:2] == ["secret", "api"]
        assert words[-1] == "repos/acme/infra/code-scanning/sarifs"
        body = json.loads((tmp_path / "body").read_text())
        assert (body["commit_sha"], body["ref"]) == ("0" * 40, "refs/pull/7/merge")
        sent = gzip.decompress(base64.b64decode(body["sarif"]))
        assert sent == Path(outputs["sarif"]).read_bytes()

    def test_facts_data_waivers_and_more_arguments(self, action: Action, run: Run) -> None:
        pools = run("create-pool", GOOD, "--emit", "terraform").out
        (action.workspace / "pools.tf").write_text(pools)
        (action.workspace / "old").mkdir()
        shutil.copy(BROKEN, action.workspace / "old" / "plan.yaml")
        shutil.copy(GOOD, action.workspace / "the cluster.yaml")
        inputs = {
            "paths": ".",
            "cluster": "the cluster.yaml",
            "arguments": "--exclude=old\n--exclude\nx;y\n",
            "strict": "true",
        }
        done = action.step("Check", {**inputs, "specs": "bundled"})
        assert (done.code, "::error" in done.out) == (0, False), done
        shutil.copy(BROKEN, action.workspace / "broken.yaml")
        assert run("check", "broken.yaml", "--write-baseline", "known.json", cwd=action.workspace).code == 0
        codes = [action.step("Check", {"paths": "broken.yaml", "baseline": name}).code for name in ("", "known.json")]
        assert codes == [1, 0]
        missing = action.step("Check", {**inputs, "waivers": "no waivers.yaml"})
        assert (missing.code, "no waivers.yaml" in missing.err) == (3, True), missing

    def test_what_is_left_empty_is_left_to_the_config_file(self, action: Action) -> None:
        (action.workspace / ".eniplan").mkdir()
        (action.workspace / ".eniplan" / "config.yaml").write_text("strict: true\nfail-on: warning\n")
        (action.workspace / "body.json").write_text(text(BODY), encoding="utf-8")
        assert [action.step("Check", {"strict": strict}).code for strict in ("", "false", "true")] == [1, 0, 1]

    def test_every_input_is_used(self) -> None:
        text = (REPO / "action.yml").read_text(encoding="utf-8")
        assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in text] == []


class TestGitLab:
    @pytest.mark.slow
    def test_job(self, offline: Offline, run: Run, tmp_path: Path) -> None:
        assert run("init", "--ci", "gitlab", cwd=tmp_path).code == 0
        job = yaml.safe_load((tmp_path / ".gitlab" / "eniplan.yml").read_bytes())["eniplan"]
        assert re.fullmatch("<.+>", job["variables"]["ENIPLAN"])
        shutil.copy(BROKEN, tmp_path / "plan.yaml")
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "python").symlink_to(sys.executable)
        env = {"ENIPLAN": str(REPO), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        done = offline.bash("\n".join(job["script"]), cwd=tmp_path, env=env)
        assert done.code == 1, done
        reports = job["artifacts"]["reports"]
        assert "NET001" in (tmp_path / reports["junit"]).read_text()
        quality = json.loads((tmp_path / reports["codequality"]).read_text())
        assert "NET001" in {item["check_name"] for item in quality}


class TestRefresh:
    """The monthly jobs, against the loopback cloud, a repository to push to, and a program that stands for gh."""

    TITLE = "Update the limits of instance types"

    @pytest.fixture
    def sample(self, offline: Offline, tmp_path: Path, run: Run) -> Path:
        sample = tmp_path / "sample"
        sample.mkdir()
        for service in ("github-specs", "gitlab-specs"):
            assert run("init", "--ci", service, cwd=sample).code == 0
        (sample / "plans").mkdir()
        shutil.copy(GOOD, sample / "plans")
        repository(sample, offline)
        bare = tmp_path / "bare.git"
        hook = "#!/bin/sh\nenv | grep ^GIT_PUSH_OPTION_ > options\n"
        for words in (
            ["git", "init", "--quiet", "--bare", str(bare)],
            ["git", "-C", str(bare), "config", "receive.advertisePushOptions", "true"],
            ["git", "-C", str(sample), "remote", "add", "origin", str(bare)],
        ):
            assert offline.run(*words, cwd=tmp_path).code == 0
        (bare / "hooks" / "post-receive").write_text(hook)
        (bare / "hooks" / "post-receive").chmod(0o755)
        programs = tmp_path / "temp" / "eniplan" / "bin"
        programs.mkdir(parents=True)
        (programs / "eniplan").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m eniplan "$@"\n')
        gh = '#!/bin/bash\n[[ $2 != list ]] || cat "$OPEN"\n[[ $1 != pr ]] || printf "%s\\n" "$*" >>"$LOG"\n'
        (programs / "gh").write_text(gh)
        for program in programs.iterdir():
            program.chmod(0o755)
        return sample

    def env(self, sample: Path, cloud: Cloud, variables: Mapping[str, str]) -> dict[str, str]:
        root = sample.parent
        (root / "open").touch()
        changed = {"ecs.g8i.8xlarge": {"EniQuantity": 5}, "ecs.g7.xlarge": {}}
        cloud.state["instanceTypesOf"] = {"cn-hangzhou": changed, "cn-beijing": {"ecs.new.large": {"EniQuantity": 3}}}
        return {
            **variables,
            **CREDENTIALS,
            "ENIPLAN_ENDPOINT": cloud.url,
            "REGIONS": "cn-hangzhou cn-beijing",
            "RUNNER_TEMP": str(root / "temp"),
            "OPEN": str(root / "open"),
            "LOG": str(root / "log"),
            "PATH": f"{root / 'temp' / 'eniplan' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }

    def pushed(self, offline: Offline, sample: Path, what: str) -> str:
        done = offline.run("git", "-C", sample.parent / "bare.git", *what.split(), cwd=sample)
        assert done.code == 0, done
        return done.out

    @pytest.mark.slow
    def test_github(self, offline: Offline, cloud: Cloud, sample: Path) -> None:
        file = sample / ".github" / "workflows" / "eniplan-specs.yml"
        job = yaml.safe_load(file.read_bytes())["jobs"]["refresh"]
        steps = {step["name"]: step for step in job["steps"] if "name" in step}
        assert all("${{" not in step["run"] for step in steps.values())
        env = self.env(sample, cloud, {name: str(value) for name, value in job["env"].items()})
        root = sample.parent
        for number, expected in (("0", "pr create --head eniplan-specs"), ("1", "pr edit eniplan-specs")):
            (root / "open").write_text(f"{number}\n")
            for name in ("Ask the account", "Open a pull request"):
                done = offline.bash(steps[name]["run"], cwd=sample, env=env)
                assert done.code == 0, done
            assert (root / "log").read_text().splitlines()[-1].startswith(expected)
            body = (root / "temp" / "short.md").read_text()
            assert body.startswith("```\nspecs of ")
            assert "changed ecs.g8i.8xlarge EniQuantity: 8 [" in body
            assert "plans/trading-ipv4.yaml: pool trading: appear ENI001, ENI008\n```\n" in body
            text = self.pushed(offline, sample, "show eniplan-specs:specs.jsonl")
            assert '"region": "cn-hangzhou, cn-beijing", "types": 3' in text
            assert self.pushed(offline, sample, "log -1 --format=%s eniplan-specs").strip() == self.TITLE
            # A month later something else is new; the pull request is still open.
            cloud.state["instanceTypesOf"]["cn-beijing"]["ecs.new.large"] = {"EniQuantity": 4}
        asked = len((root / "log").read_text().splitlines())
        done = offline.bash(steps["Open a pull request"]["run"], cwd=sample, env=env)
        assert (done.code, done.out) == (0, "nothing is new\n")
        assert len((root / "log").read_text().splitlines()) == asked

    @pytest.mark.slow
    def test_gitlab(self, offline: Offline, cloud: Cloud, sample: Path) -> None:
        job = yaml.safe_load((sample / ".gitlab" / "eniplan-specs.yml").read_bytes())["eniplan-specs"]
        assert re.fullmatch("<.+>", job["variables"]["ENIPLAN"])
        check = yaml.safe_load((REPO / "templates" / "ci" / "gitlab.yml").read_bytes())["eniplan"]
        assert job["script"][:3] == check["script"][:3], "that eniplan is set up so is tested there"
        root = sample.parent
        env = self.env(sample, cloud, {name: str(value) for name, value in job["variables"].items()})
        env |= {
            "CI_DEFAULT_BRANCH": "main", "CI_SERVER_HOST": "gitlab.example.com", "CI_PROJECT_PATH": "acme/infra",
            "ENIPLAN_PUSH_TOKEN": "glpat-token", "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{root / 'bare.git'}.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://eniplan:glpat-token@gitlab.example.com/acme/infra.git",
        }  # fmt: skip
        script = [f"venv={shlex.quote(str(root / 'temp' / 'eniplan'))}", *job["script"][3:]]
        for _ in range(2):
            done = offline.bash("\n".join(script), cwd=sample, env=env)
            assert done.code == 0, done
            assert "glpat-token" not in done.out + done.err
            message = self.pushed(offline, sample, "log -1 --format=%B eniplan-specs")
            assert message.startswith(f"{self.TITLE}\n\nspecs of ")
            assert "plans/trading-ipv4.yaml: pool trading: appear ENI001, ENI008\n" in message
            assert '"types": 3' in self.pushed(offline, sample, "show eniplan-specs:specs.jsonl")
            options = (root / "bare.git" / "options").read_text()
            assert "merge_request.create\n" in options
            assert "merge_request.target=main\n" in options
            cloud.state["instanceTypesOf"]["cn-beijing"]["ecs.new.large"] = {"EniQuantity": 4}
        done = offline.bash("\n".join(script), cwd=sample, env=env)
        assert (done.code, done.out) == (0, "nothing is new\n")

    def test_what_ram_must_allow_is_what_they_say(self, run: Run, sample: Path) -> None:
        for file in (".github/workflows/eniplan-specs.yml", ".gitlab/eniplan-specs.yml"):
            assert "`eniplan ram-policy specs update`" in (sample / file).read_text()
        assert "ecs:DescribeInstanceTypes" in run("ram-policy", "specs", "update").out


class TestContainer:
    def steps(self) -> list[list[tuple[str, str]]]:
        """Return the stages of the Containerfile, each with its instructions and their words."""
        text = (REPO / "Containerfile").read_text(encoding="utf-8").replace("\\\n", "")
        lines = [line.partition(" ") for line in text.splitlines() if line and not line.startswith("#")]
        starts = [number for number, (word, _, _) in enumerate(lines) if word == "FROM"]
        steps = [(word, rest) for word, _, rest in lines]
        return [steps[start:end] for start, end in zip(starts, [*starts[1:], len(steps)], strict=True)]

    @pytest.mark.slow
    def test_what_it_builds_runs_and_reads_stdin(self, offline: Offline, tmp_path: Path) -> None:
        build, final = self.steps()
        source = tmp_path / "src"
        source.mkdir()
        for word, rest in build:
            if word == "COPY":
                *names, target = rest.split()
                for name in names:
                    assert target in {"./", name}
                    copy = shutil.copytree if (REPO / name).is_dir() else shutil.copy
                    copy(REPO / name, source / name)
        (variable,) = (rest for word, rest in build if word == "ENV")
        name, _, prefix = variable.partition("=")
        (script,) = (rest for word, rest in build if word == "RUN")
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "python").symlink_to(sys.executable)
        env = {name: str(tmp_path / "built"), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        done = offline.run("/bin/sh", "-c", script, cwd=source, env=env)
        assert done.code == 0, done
        # The final stage takes what was built to where it was built for, and starts it.
        assert ("COPY", f"--from=build {prefix} {prefix}") in final
        (entry,) = (json.loads(rest) for word, rest in final if word == "ENTRYPOINT")
        program = entry[0].replace(prefix, str(tmp_path / "built"))
        (words,) = (json.loads(rest) for word, rest in final if word == "CMD")
        assert "Usage: eniplan" in offline.run(program, *words, cwd=tmp_path).out
        done = offline.run(program, "check", "-", cwd=tmp_path, stdin=GOOD.read_bytes())
        assert done.code == 0, done
        assert "exclusive pods per node: ecs.g8i.8xlarge 7" in done.out

    def test_runs_as_a_number_that_is_not_root(self) -> None:
        _, final = self.steps()
        (user,) = (rest for word, rest in final if word == "USER")
        assert all(int(number) > 0 for number in user.split(":"))

    def test_bases_are_held_by_tag(self) -> None:
        bases = [stage[0][1].split()[0] for stage in self.steps()]
        assert all(re.fullmatch(r"docker\.io/library/python:3\.\d+-slim", base) for base in bases)
        assert len(set(bases)) == 1


class TestMatcher:
    """The problem matcher reads what eniplan writes, with the patterns that GitHub would use."""

    def matched(self, line: str) -> dict[str, str]:
        """Return what a line of a log becomes: of several matchers, at most one may take it."""
        found = []
        for matcher in MATCHERS:
            (pattern,) = matcher["pattern"]
            if match := re.search(pattern["regexp"], line):
                parts = {key: match[group] for key, group in pattern.items() if key != "regexp"}
                found.append({"severity": matcher.get("severity", ""), **parts})
        assert len(found) <= 1
        return found[0] if found else {}

    def test_findings(self, run: Run) -> None:
        report = json.loads(run("check", BROKEN, "--format", "json").out)
        lines = run("check", BROKEN).out.splitlines()
        found = [match for match in (self.matched(line) for line in lines) if match]
        assert [
            (m["file"], int(m["line"]), int(m["column"]), m["severity"], m["code"]) for m in found
        ] == [
            (f["file"], f["line"], f["column"], f["level"].replace("info", "notice"), f["rule"])
            for f in report["findings"]
        ]  # fmt: skip
        assert {m["severity"] for m in found} == {"error", "warning", "notice"}
        for match, finding in zip(found, report["findings"], strict=True):
            assert match["message"] == f"{finding['message']} [{finding['path']}]"

    def test_waived_findings_are_no_problems(self, run: Run) -> None:
        example = run("explain", "WV003", "--example", "pass").out
        waived = [line for line in run("check", "-", stdin=example.encode()).out.splitlines() if "(waived: " in line]
        assert waived
        assert [self.matched(line) for line in waived] == [{}] * len(waived)

    def test_input_that_cannot_be_read(self, run: Run) -> None:
        (line,) = run("check", "-", stdin=b"apiVersion: [\n").err.splitlines()[:1]
        match = self.matched(line)
        assert (match["file"], match["line"], match["severity"]) == ("-", "1", "error")


class TestLinters:
    """The files have the form that the services want, and nothing in them that their linters warn of."""

    @pytest.fixture
    def project(self, run: Run, tmp_path: Path) -> Path:
        """Return a repository as `eniplan init --ci` leaves it, with the placeholders filled in."""
        for service in ("github", "gitlab", "github-specs", "gitlab-specs"):
            assert run("init", "--ci", service, cwd=tmp_path).code == 0
        workflow = tmp_path / ".github" / "workflows" / "eniplan.yml"
        text = workflow.read_text()
        assert "uses: OWNER/REPOSITORY@COMMIT" in text
        workflow.write_text(text.replace("OWNER/REPOSITORY@COMMIT", f"acme/eniplan@{'0123456789' * 4}"))
        shutil.copy(REPO / "action.yml", tmp_path)
        return tmp_path

    def lint(self, *words: str | Path, cwd: Path, stdin: bytes = b"") -> None:
        done = run_process([str(TOOLS / words[0]), *map(str, words[1:])], cwd=cwd, stdin=stdin, env=clean_env(cwd))
        assert done.code == 0, done.out + done.err

    def test_zizmor(self, project: Path) -> None:
        self.lint("zizmor", "--offline", "--no-progress", "--pedantic", ".", cwd=project)

    @pytest.mark.parametrize(
        ("schema", "file"),
        [
            ("github-actions", "action.yml"),
            ("github-workflows", ".github/workflows/eniplan.yml"),
            ("github-workflows", ".github/workflows/eniplan-specs.yml"),
            ("gitlab-ci", ".gitlab/eniplan.yml"),
            ("gitlab-ci", ".gitlab/eniplan-specs.yml"),
        ],
        ids=lambda word: word,
    )
    def test_schema(self, schema: str, file: str, project: Path) -> None:
        self.lint("check-jsonschema", "--builtin-schema", f"vendor.{schema}", file, cwd=project)

    def test_hadolint(self, tmp_path: Path) -> None:
        self.lint("hadolint", REPO / "Containerfile", cwd=tmp_path)

    @pytest.mark.parametrize("step", ACTION["runs"]["steps"], ids=lambda step: step["name"])
    def test_shellcheck_of_the_action(self, step: dict[str, str], tmp_path: Path) -> None:
        self.lint("shellcheck", "--shell=bash", "-", cwd=tmp_path, stdin=step["run"].encode())

    def test_shellcheck_of_the_refresh(self, project: Path, tmp_path: Path) -> None:
        job = yaml.safe_load((project / ".github" / "workflows" / "eniplan-specs.yml").read_bytes())["jobs"]["refresh"]
        scripts = [step["run"] for step in job["steps"] if "run" in step]
        job = yaml.safe_load((project / ".gitlab" / "eniplan-specs.yml").read_bytes())["eniplan-specs"]
        # The words of $options are meant to be several.
        for script in (*scripts, "\n".join(job["script"])):
            self.lint("shellcheck", "--shell=bash", "-e", "SC2086", "-", cwd=tmp_path, stdin=script.encode())

    @pytest.mark.parametrize("script", ["dev", ".ci/run"])
    def test_shellcheck_of_scripts(self, script: str, tmp_path: Path) -> None:
        self.lint("shellcheck", REPO / script, cwd=tmp_path)
