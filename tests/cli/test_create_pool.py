from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from eniplan.rules.examples import LINGJUN_POOL, example
from tests.emit.support import CLUSTER_ID, FULL, HOSTILE, needs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

ONE = example({"cluster.id": CLUSTER_ID})
TWO = example({"cluster.id": CLUSTER_ID, "nodePools[1]": LINGJUN_POOL})


def written(folder: Path, plan: dict[str, Any], name: str = "plan.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(plan), encoding="utf-8")
    return file


def test_the_body_is_all_that_stdout_holds(run: Run, tmp_path: Path) -> None:
    done = run("create-pool", written(tmp_path, ONE))
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["nodepool_info"] == {"name": "trading", "type": "ess"}
    assert run("create-pool", "-", stdin=json.dumps(ONE).encode()).out == done.out
    assert run("create-pool", tmp_path / "plan.json").out == done.out


def test_one_request_creates_one_pool(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, TWO)
    done = run("create-pool", plan)
    assert (done.code, done.out) == (2, "")
    assert "trading, training" in done.err
    assert json.loads(run("create-pool", plan, "--pool", "training").out)["nodepool_info"]["type"] == "lingjun"
    missing = run("create-pool", plan, "--pool", "tradin")
    assert missing.code == 2
    assert "did you mean 'trading'?" in missing.err


def test_a_plan_with_findings_is_refused(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, example({"nodePools[0].instanceTypes": ["ecs.c6.large"]}))
    out = tmp_path / "body.json"
    done = run("create-pool", plan, "--out", out)
    assert (done.code, done.out) == (1, "")
    assert "ENI001" in done.err
    assert "nothing was written" in done.err
    assert not out.exists()
    assert run("create-pool", tmp_path / "none.yaml").code == 3


def test_fail_on_strict_and_waivers_apply(run: Run, tmp_path: Path) -> None:
    plan = example({"nodePools[0].taints": []})
    file = written(tmp_path, plan)
    assert run("create-pool", file).code == 0
    assert "NP002" in run("create-pool", file).err
    assert run("create-pool", file, "--fail-on", "warning").code == 1
    plan["waivers"] = [{"rule": "NP002", "path": "nodePools[0]", "reason": "on purpose"}]
    waived = run("create-pool", written(tmp_path, plan), "--fail-on", "warning")
    assert (waived.code, waived.err) == (0, "")
    del plan["cluster"]["kubernetesVersion"]
    strict = run("create-pool", written(tmp_path, plan), "--strict")
    assert strict.code == 1
    assert "undecided" in strict.err


@pytest.mark.parametrize("emit", ["cli", "terraform", "terraform-json", "ros"])
def test_spellings_need_the_cluster(emit: str, run: Run, tmp_path: Path) -> None:
    done = run("create-pool", written(tmp_path, example({})), "--emit", emit)
    assert (done.code, done.out) == (3, "")
    assert "the plan has no cluster." in done.err
    assert "plan.json:" in done.err


def test_an_id_that_would_be_an_option_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("create-pool", written(tmp_path, example({"cluster.id": "--force"})), "--emit", "cli")
    assert (done.code, done.out) == (3, "")
    assert "[cluster.id]" in done.err


def test_what_a_spelling_cannot_say_is_told_with_its_place(run: Run, tmp_path: Path) -> None:
    done = run("create-pool", written(tmp_path, TWO), "--emit", "ros")
    assert (done.code, done.out) == (3, "")
    assert "plan.json:1:" in done.err


def test_a_password_is_never_printed(run: Run, tmp_path: Path) -> None:
    overrides = {"scaling_group": {"login_password": "Secret-123"}}
    done = run("create-pool", written(tmp_path, example({"nodePools[0].overrides": overrides})))
    assert done.code == 1
    assert "NP012" in done.err
    assert "Secret-123" not in done.out + done.err


def test_the_command_runs_in_a_shell_as_it_is(run: Run, tmp_path: Path) -> None:
    done = run("create-pool", written(tmp_path, FULL), "--emit", "cli")
    assert done.code == 0
    # The shell itself says what it would hand to the program; `aliyun` only prints its arguments.
    script = "aliyun() { for word; do printf '%s\\0' \"$word\"; done; }\n" + done.out
    shell = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, cwd=tmp_path)
    words = shell.stdout.decode().split("\0")[:-1]
    assert words == [word for line in _commands(done.out) for word in line]
    body = json.loads(words[words.index("--body") + 1])
    assert [tag["value"] for tag in body["scaling_group"]["tags"]] == list(HOSTILE)
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]


def _commands(text: str) -> list[list[str]]:
    words = shlex.split(text)
    starts = [i for i, word in enumerate(words) if word == "aliyun"]
    return [words[i + 1 : end] for i, end in zip(starts, [*starts[1:], len(words)], strict=True)]


def test_terraform_files_are_valid(run: Run, tmp_path: Path) -> None:
    program = needs("terraform")
    folder = tmp_path / "tf"
    folder.mkdir()
    plan = written(tmp_path, FULL)
    for emit, name in (("terraform", "a.tf"), ("terraform-json", "b.tf.json")):
        assert run("create-pool", plan, "--emit", emit, "--out", folder / name).code == 0
    done = subprocess.run([program, "fmt", "-check", folder], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_out_writes_the_whole_file_or_nothing(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, ONE)
    out = tmp_path / "body.json"
    out.write_text("old", encoding="utf-8")
    out.chmod(0o600)
    done = run("create-pool", plan, "--out", out)
    assert (done.code, done.out) == (0, "")
    assert out.read_text(encoding="utf-8") == run("create-pool", plan).out
    assert out.stat().st_mode & 0o777 == 0o600
    assert run("create-pool", plan, "--out", tmp_path / "no" / "x").code == 3
    assert run("create-pool", plan, "--out", tmp_path).code == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["body.json", "plan.json"]


def test_out_does_not_replace_what_is_no_file(run: Run, tmp_path: Path) -> None:
    done = run("create-pool", written(tmp_path, ONE), "--out", "/dev/stdout")
    assert json.loads(done.out)["nodepool_info"]["name"] == "trading"


def test_nothing_heavy_is_imported(run: Run, tmp_path: Path) -> None:
    plan = written(tmp_path, ONE)
    for command in ("create-pool", "render-manifests"):
        done = run(command, plan, env={"PYTHONPROFILEIMPORTTIME": "1"})
        loaded = {line.rpartition("|")[2].strip() for line in done.err.splitlines() if "|" in line}
        assert "yaml" in loaded
        assert not [
            n for n in loaded if n.split(".")[0] in {"rich", "jsonschema", "ruamel", "alibabacloud_tea_openapi"}
        ]
