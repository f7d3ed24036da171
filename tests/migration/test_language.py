"""A migration in Chinese: what people read is Chinese, and the commands are the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import yaml

from tests.harness import EXAMPLES
from tests.migration.test_patches import shared

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness import Run

HAN = re.compile("[一-鿿]")


def migrate(run: Run, folder: Path, language: str) -> Path:
    plan = EXAMPLES / "trading-ipv4.yaml"
    workloads = yaml.safe_load(plan.read_text("utf-8"))["workloads"]
    (folder / "now.yaml").write_text("\n---\n".join(json.dumps(shared(item)) for item in workloads))
    done = run("migrate", plan, "--from", "np-old", "--manifests", "now.yaml", "--lang", language, cwd=folder)
    assert done.code == 0, done.err
    return folder / "migration"


def test_a_migration_in_chinese_has_the_same_commands(run: Run, tmp_path: Path) -> None:
    texts = {}
    for language in ("en", "zh"):
        folder = migrate(run, tmp_path, language)
        texts[language] = (folder / "RUNBOOK.md").read_text("utf-8"), (folder / "migrate.sh").read_text("utf-8")
        assert subprocess.run(["/bin/sh", "-n", folder / "migrate.sh"], check=False).returncode == 0
        shutil.rmtree(folder)
    english, chinese = texts["en"][0], texts["zh"][0]
    assert re.findall("```sh\n.*?```", chinese, re.DOTALL) == re.findall("```sh\n.*?```", english, re.DOTALL)
    prose = re.sub("```sh\n.*?```|`[^`]*`", "", chinese, flags=re.DOTALL)
    left = [line for line in prose.splitlines() if len(re.findall("[A-Za-z]{3,}", line)) > 3 and not HAN.search(line)]
    assert not left
    pairs = zip(texts["en"][1].splitlines(), texts["zh"][1].splitlines(), strict=True)
    assert [a for a, b in pairs if a != b and not HAN.search(b)] == []
    run_lines = [
        [line for line in text.splitlines() if re.match(r" +(run|rolled) ", line)] for _, text in texts.values()
    ]
    assert run_lines[0] == run_lines[1]


def test_a_step_that_fails_is_told_in_chinese(run: Run, tmp_path: Path) -> None:
    migrate(run, tmp_path, "zh")
    (tmp_path / "bin").mkdir()
    for name in ("eniplan", "kubectl"):
        (tmp_path / "bin" / name).write_text("#!/bin/sh\nexit 7\n")
        (tmp_path / "bin" / name).chmod(0o755)
    words, env = ["/bin/sh", "migration/migrate.sh"], {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "== 1. 创建独占 ENI 节点池" in done.stderr
    assert re.search("停在第 1 步.eniplan create-pool .*退出码 7", done.stderr)
    assert re.search("请排除原因后继续.sh migration/migrate.sh", done.stderr)
